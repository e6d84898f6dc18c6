//! What was said in words: looked through, redacted, published, searched and sorted; and nothing of it told before, or of few.
use end_to_end::{World, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Store, act, answer, contacts, draft, links};

#[tokio::test(flavor = "multi_thread")]
async fn comments_are_looked_through_before_others_read_them() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        contacts(&service, &world.klk_hr, 8).await;
        let round = draft(&service, &world, "confidential", &[&world.klk_hr], json!({})).await;
        act(&world.brm, &round, "opening").await.expect(200);
        let path = format!("/survey-rounds/{}", round.id());
        for (n, line) in links(&world.brm, &round, 0).await.iter().take(9).enumerate() {
            let words = match n {
                0 => "Ärendena blir liggande, säger Åsa Hemlig på HR.".to_owned(),
                n => format!("Mening {n} om fakturor."),
            };
            let why = json!({"how": if n == 0 { 1 } else { 4 }, "why": "Ensamord.", "words": words});
            answer(&service, &line[4], why, true).await.expect(200);
        }
        let to_redact = format!("{path}/comments-to-redact?question=words");
        let ways = [
            format!("{path}/comments?question=words"),
            format!("{path}/comments?question=words&words=Hemlig"),
            format!("{path}/comments?question=words&theme=fakturor"),
            format!("{path}/comment-themes?question=words"),
        ];
        // While it is open nobody reads anything, in whatever way they ask.
        for way in ways.iter().chain([&to_redact]) {
            world.brm.get(way).await.refused(409, "R19");
        }
        act(&world.brm, &round, "closing").await.expect(200);

        // Then those who publish look it through, where there is enough to be told at all.
        for way in &ways {
            world.brm.get(way).await.refused(409, "R19");
        }
        world
            .brm
            .get(&format!("{path}/comments-to-redact?question=why"))
            .await
            .refused(409, "R19");
        world.owner.get(&to_redact).await.expect(403);
        let found = world.dm.get(&to_redact).await.expect(200);
        assert_eq!(found.items().len(), 9);
        let secret = found
            .items()
            .iter()
            .find(|c| c["text"].as_str().is_some_and(|t| t.contains("Hemlig")));
        let comment = secret.expect("the comment")["id"].clone();
        let redactions = format!("{path}/redactions");
        let redact =
            |comment: &Value, passage: &str| json!({"redactions": [{"comment": comment, "passages": [passage]}]});
        let missing = world
            .brm
            .post(&redactions, redact(&comment, "Eva"))
            .await
            .refused(409, "unknown_reference");
        assert!(
            missing.body.to_string().contains("/redactions/0/passages/0"),
            "{}",
            missing.body
        );
        world
            .brm
            .post(&redactions, redact(&json!(uuid::Uuid::now_v7()), "Åsa"))
            .await
            .refused(409, "unknown_reference");
        let before = service.events().await;
        world
            .dm
            .post(&redactions, redact(&comment, "Åsa Hemlig"))
            .await
            .expect(200);
        assert_eq!(service.events().await, before + 1);
        let acts = service
            .auditor()
            .get(&format!("/events?subject={}&limit=200", round.id()))
            .await
            .expect(200);
        let act_of = acts.items().last().expect("an event").clone();
        assert_eq!(act_of["type"], "kundansvar.survey_round.comments_redacted.v1");
        assert_eq!(act_of["data"], json!({}), "who did it, and no word");
        let store = Store::of(&service).await;
        let left: Vec<_> = store
            .everything()
            .await
            .into_iter()
            .filter(|(_, row)| row.contains("hemlig"))
            .collect();
        assert!(left.is_empty(), "gone, and not only hidden: {left:?}");

        // Published: read, searched and sorted by the team, and what was too little stays withheld in every way.
        let theme = |comment: &Value, themes: Value| json!({"comments": [{"comment": comment, "themes": themes}]});
        let themes = format!("{path}/comment-themes");
        let put = async |body: Value| world.owner.send(Method::PUT, &themes, &[], Some(body)).await;
        put(theme(&comment, json!(["Väntan"]))).await.refused(409, "R19");
        act(&world.brm, &round, "publication").await.expect(200);
        put(theme(&comment, json!(["Väntan", "VÄNTAN", "HR"])))
            .await
            .expect(200);
        let read = async |filter: &str| {
            world
                .owner
                .get(&format!("{path}/comments?question=words{filter}"))
                .await
        };
        let found = read("&words=ÄRENDENA+ligg").await.expect(200);
        assert_eq!(found.items().len(), 1);
        assert_eq!(found.items()[0]["text"], "Ärendena blir liggande, säger […] på HR.");
        assert_eq!(found.items()[0]["redacted"], true);
        assert_eq!(found.items()[0]["themes"], json!(["hr", "väntan"]));
        for (filter, n) in [
            ("", 9),
            ("&words=hemlig", 0),
            ("&words=fakturor&count=true", 8),
            ("&theme=VÄNTAN", 1),
            ("&theme=fakturor", 0),
        ] {
            assert_eq!(read(filter).await.expect(200).items().len(), n, "{filter}");
        }
        let counted = world.brm.get(&format!("{themes}?question=words")).await.expect(200);
        assert_eq!(
            counted.body["items"],
            json!([{"theme": "hr", "comments": 1}, {"theme": "väntan", "comments": 1}])
        );
        put(theme(&comment, json!([]))).await.expect(200);
        assert!(
            world
                .brm
                .get(&format!("{themes}?question=words"))
                .await
                .expect(200)
                .items()
                .is_empty()
        );
        for way in [
            "comments?question=why",
            "comments?question=why&words=Ensamord",
            "comment-themes?question=why",
        ] {
            world.brm.get(&format!("{path}/{way}")).await.refused(409, "R19");
        }
        for kept_out in [service.administrator(), service.auditor()] {
            for way in ways.iter().chain([&to_redact]) {
                kept_out.get(way).await.expect(403);
            }
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_read_what_is_protected_is_on_record() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let round = draft(
            &service,
            &world,
            "named",
            &[&world.klk_hr],
            json!({"mandates": ["customer"]}),
        )
        .await;
        act(&world.brm, &round, "opening").await.expect(200);
        let link = links(&world.brm, &round, 0).await[0][4].to_owned();
        answer(&service, &link, json!({"how": 2, "words": "Hemligord."}), true)
            .await
            .expect(200);
        let path = format!("/survey-rounds/{}", round.id());
        // A named round, too, is read once it is closed; a refused reading leaves no record.
        world.brm.get(&format!("{path}/answers")).await.refused(409, "R19");
        act(&world.brm, &round, "closing").await.expect(200);
        let scores = world.owner.get(&format!("{path}/answers")).await.expect(200);
        assert_eq!(scores.items()[0]["contact"]["name"], "Karin Kund");
        assert_eq!(scores.items()[0]["customer"]["code"], "KLK-HR");
        assert_eq!(scores.items()[0]["answers"], json!([{"question": "how", "score": 2}]));
        act(&world.brm, &round, "publication").await.expect(200);
        let whole = world.dm.get(&format!("{path}/answers")).await.expect(200);
        let said = json!([{"question": "how", "score": 2}, {"question": "words", "words": "Hemligord."}]);
        assert_eq!(whole.items()[0]["answers"], said);
        world
            .dm
            .get(&format!("{path}/comments?question=words"))
            .await
            .expect(200);
        // Where respondents were promised otherwise there is nothing to be read by name.
        let other = draft(&service, &world, "confidential", &[&world.klk_hr], json!({})).await;
        act(&world.brm, &other, "opening").await.expect(200);
        act(&world.brm, &other, "closing").await.expect(200);
        world
            .brm
            .get(&format!("/survey-rounds/{}/answers", other.id()))
            .await
            .refused(409, "R19");
        let (admin, auditor) = (service.administrator(), service.auditor());
        for kept_out in [&admin, &auditor, &world.other_brm] {
            kept_out.get(&format!("{path}/answers")).await.expect(403);
            kept_out.get(&format!("{path}/notifications")).await.expect(403);
        }

        let records = async |filter: &str| {
            let page = admin
                .get(&format!("/access-records?limit=200{filter}"))
                .await
                .expect(200);
            assert!(
                !page.body.to_string().contains("Hemligord"),
                "that it was read, not what"
            );
            let told = page.items().iter();
            told.map(|r| {
                format!(
                    "{} {}",
                    r["operation"].as_str().expect("text"),
                    r["actor"]["id"].as_str().expect("text")
                )
            })
            .collect::<Vec<_>>()
        };
        let of = |operation: &str, who: &str| format!("{operation} {who}");
        let wanted = [
            of("listSurveyComments", &world.dm_id),
            of("listNamedAnswers", &world.dm_id),
            of("listNamedAnswers", &world.owner_id),
            of("createInvitationLinks", &world.brm_id),
        ];
        assert_eq!(
            records(&format!("&subject={}", round.id())).await,
            wanted,
            "latest first"
        );
        assert_eq!(records(&format!("&actor={}", world.owner_id)).await, wanted[2..3]);
        let today = super::day(&service, 0);
        assert_eq!(
            records(&format!("&firstDay={today}&lastDay={today}&actorKind=person"))
                .await
                .len(),
            4
        );
        assert!(
            records(&format!("&firstDay={}", super::day(&service, 1)))
                .await
                .is_empty()
        );
        world.brm.get("/access-records").await.expect(403);

        // The audit trail is read over and over: once an hour that is put on record.
        for _ in 0..3 {
            auditor.get("/events?limit=1").await.expect(200);
        }
        let trail = vec![of("listEvents", "rolf.revisor")];
        assert_eq!(records("&actorKind=auditor").await, trail);
        service.state().clock.advance(chrono::Duration::hours(1));
        auditor.get("/events?limit=1").await.expect(200);
        assert_eq!(records("&actorKind=auditor").await, [trail.clone(), trail].concat());
        service.stop().await;
    })
    .await;
}
