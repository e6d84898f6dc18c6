//! The page on which respondents answer: in their language, without script, with what does not fit said at its field.
use end_to_end::{Answer, Service, World, on_each_database};
use serde_json::json;

use super::{Store, act, contacts, draft, form, links};

const PAGE: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// The page behind a link, for a reader of these languages.
async fn page(service: &Service, link: &str, languages: &str) -> Answer {
    let request = service.http.get(link).header("accept", PAGE);
    Answer::to("the page", request.header("accept-language", languages)).await
}

/// What comes back to the filled form.
async fn sent(service: &Service, link: &str, fields: &[(&str, &str)]) -> Answer {
    let text = fields.iter().map(|(name, value)| format!("{name}={value}"));
    let request = service
        .http
        .post(link)
        .header("content-type", "application/x-www-form-urlencoded");
    Answer::to("the form", request.body(text.collect::<Vec<_>>().join("&"))).await
}

#[track_caller]
fn holds(answer: &Answer, texts: &[&str]) {
    let body = answer.body.as_str().expect("a page");
    for text in texts {
        assert!(body.contains(text), "no {text} in {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_respondent_answers_on_a_plain_page() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        contacts(&service, &world.klk_hr, 3).await;
        let round = draft(
            &service,
            &world,
            "confidential",
            &[&world.klk_hr],
            json!({"service": world.mail}),
        )
        .await;
        act(&world.brm, &round, "opening").await.expect(200);
        let link = links(&world.brm, &round, 0).await[0][4].to_owned();
        let seen = page(&service, &link, "sv-SE,sv;q=0.9,en;q=0.5").await.expect(200);
        holds(
            &seen,
            &[
                "<html lang=\"sv\">",
                "Kundenkät",
                "konfidentiellt",
                "E-post",
                "(måste besvaras)",
                "Bara om du svarade 1 eller 2 på fråga 1.",
            ],
        );
        assert!(!seen.body.as_str().expect("a page").contains("<script"));
        let policy = seen.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-") && policy.contains("form-action 'self'"),
            "{policy}"
        );
        assert_eq!(
            (seen.header("cache-control"), seen.header("content-language")),
            ("no-store", "sv")
        );
        let english = page(&service, &format!("{link}?lang=en"), "sv").await.expect(200);
        holds(
            &english,
            &[
                "<html lang=\"en\">",
                "Customer survey",
                "Only if you answered 1 or 2 to question 1.",
            ],
        );

        // What is missing or does not fit is said at its field, and what was filled in stays.
        let refused = sent(
            &service,
            &link,
            &[
                ("q.recommend", "11"),
                ("q.words", "Rad+1%0D%0A%3Cb%3E2"),
                ("act", "hand_in"),
            ],
        )
        .await
        .expect(422);
        holds(
            &refused,
            &[
                "<title>Fel: ",
                "role=\"alert\"",
                "href=\"#q1\"",
                "id=\"q1-fault\"",
                "Frågan måste besvaras.",
                "href=\"#q3\"",
                "Svara med ett heltal 0–10.",
                "Rad 1\n&lt;b&gt;2</textarea>",
            ],
        );
        // Half of it can be kept, and comes back.
        let saved = sent(&service, &link, &[("q.words", "Senare"), ("act", "save")])
            .await
            .expect(200);
        holds(&saved, &["Det du har fyllt i är sparat"]);
        holds(&page(&service, &link, "sv").await, &["Senare</textarea>"]);
        let thanks = sent(
            &service,
            &format!("{link}?lang=en"),
            &[
                ("q.how", "4"),
                ("q.why", "Nej"),
                ("q.recommend", ""),
                ("q.words", "Rad+1%0D%0ARad+2"),
                ("act", "hand_in"),
            ],
        )
        .await
        .expect(200);
        holds(&thanks, &["Thank you for your answer", "You can change it"]);
        let kept = form(&service, &link).await.expect(200);
        assert_eq!(kept.body["answers"], json!({"how": 4, "words": "Rad 1\nRad 2"}));
        holds(
            &page(&service, &link, "sv").await,
            &["Ditt svar är lämnat", "value=\"4\" checked"],
        );

        // Another site's form is refused, though it knew the link.
        let request = service
            .http
            .post(&link)
            .header("sec-fetch-site", "cross-site")
            .header("content-type", "application/x-www-form-urlencoded");
        Answer::to("another site", request.body("q.how=1"))
            .await
            .refused(403, "forbidden");
        act(&world.brm, &round, "closing").await.expect(200);
        holds(
            &page(&service, &link, "en").await.expect(200),
            &["The survey is closed"],
        );
        holds(
            &sent(&service, &link, &[("q.how", "1")]).await.expect(409),
            &["Undersökningen är stängd"],
        );
        holds(
            &page(&service, &format!("{link}x"), "sv").await.expect(404),
            &["Länken stämmer inte"],
        );
        holds(
            &sent(&service, &format!("{link}x"), &[("q.how", "1")]).await.expect(404),
            &["Länken stämmer inte"],
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anonymous_page_says_what_it_promises_and_takes_one_answer() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        contacts(&service, &world.klk_hr, 3).await;
        let round = draft(&service, &world, "anonymous", &[&world.klk_hr], json!({})).await;
        act(&world.brm, &round, "opening").await.expect(200);
        let link = links(&world.brm, &round, 0).await[0][4].to_owned();
        let seen = page(&service, &link, "en").await.expect(200);
        holds(&seen, &["Your answer is anonymous"]);
        assert!(!seen.body.as_str().expect("a page").contains("Save and go on later"));
        holds(
            &sent(&service, &link, &[("q.how", "5")]).await.expect(200),
            &["Tack för ditt svar", "Du kan stänga sidan nu."],
        );
        for again in [
            page(&service, &link, "sv").await.expect(200),
            sent(&service, &link, &[("q.how", "1")]).await.expect(409),
        ] {
            holds(&again, &["Du har redan svarat"]);
        }
        assert_eq!(Store::of(&service).await.rows("survey_answer").await.len(), 1);
        service.stop().await;
    })
    .await;
}
