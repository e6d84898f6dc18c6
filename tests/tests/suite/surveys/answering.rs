//! Answers by links: looking uses nothing up, one answer an invitation, and precise refusals.
use end_to_end::{Answer, World, on_each_database};
use reqwest::Method;
use serde_json::json;

use super::{Store, act, answer, contacts, day, draft, form, links};

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_scanner_changes_nothing_and_uses_nothing_up() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        contacts(&service, &world.klk_hr, 3).await;
        let round = draft(&service, &world, "anonymous", &[&world.klk_hr], json!({})).await;
        act(&world.brm, &round, "opening").await.expect(200);
        let table = links(&world.brm, &round, 0).await;
        let store = Store::of(&service).await;
        let before = store.everything().await;
        for line in &table {
            for method in [Method::HEAD, Method::GET, Method::HEAD, Method::GET] {
                let seen = Answer::to("a scanner", service.http.request(method.clone(), &line[4]))
                    .await
                    .expect(200);
                assert_eq!(seen.header("cache-control"), "no-store");
                assert!(method != Method::GET || seen.body["state"] == "open");
            }
        }
        assert_eq!(store.everything().await, before);
        // A secret is nowhere but in the link.
        let secret = table[0][4]
            .rsplit('/')
            .next()
            .expect("a secret")
            .to_lowercase()
            .replace('-', "");
        assert!(before.iter().all(|(_, row)| !row.contains(&secret)));
        for unknown in [
            format!("{}x", &table[0][4]),
            table[0][4].replace(&table[0][4][50..60], "AAAAAAAAAA"),
        ] {
            form(&service, &unknown).await.refused(404, "not_found");
            answer(&service, &unknown, json!({"how": 3}), true)
                .await
                .refused(404, "not_found");
        }
        // The same links again; a reminder has others, and each of them works.
        assert_eq!(links(&world.brm, &round, 0).await[0][4], table[0][4]);
        let reminders = links(&world.brm, &round, 2).await;
        assert_eq!(reminders[0][0], table[0][0]);
        assert_ne!(reminders[0][4], table[0][4]);
        answer(&service, &reminders[0][4], json!({"how": 3}), true)
            .await
            .expect(200);
        for link in [&reminders[0][4], &table[0][4]] {
            assert_eq!(form(&service, link).await.expect(200).body["state"], "answered");
            answer(&service, link, json!({"how": 5}), true)
                .await
                .refused(409, "state");
        }
        answer(&service, &table[1][4], json!({"how": 3}), false)
            .await
            .refused(409, "R19");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_at_its_place() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let first_day = json!({"firstDay": day(&service, 2)});
        let round = draft(&service, &world, "confidential", &[&world.klk_hr], first_day).await;
        act(&world.brm, &round, "opening").await.expect(200);
        let link = links(&world.brm, &round, 0).await[0][4].to_owned();
        let early = form(&service, &link).await.expect(200);
        assert_eq!(early.body["state"], "not_yet");
        assert!(early.body.get("survey").is_none());
        answer(&service, &link, json!({"how": 3}), true)
            .await
            .refused(409, "state");
        service.state().clock.advance(chrono::Duration::days(2));
        let refused = answer(&service, &link, json!({"recommend": 11, "unheard": 1}), true)
            .await
            .refused(422, "invalid");
        let errors = refused.body["errors"].as_array().expect("faults");
        let told: Vec<_> = errors
            .iter()
            .map(|e| format!("{} {}", e["pointer"], e["code"]))
            .collect();
        let wanted = [
            "\"/answers/unheard\" \"unknown_reference\"",
            "\"/answers/how\" \"unanswered\"",
            "\"/answers/recommend\" \"off_scale\"",
        ];
        assert_eq!(told, wanted);
        // Half filled it is kept, comes back, can be changed, and is one answer in the end.
        answer(&service, &link, json!({"how": 2, "why": "Sent."}), false)
            .await
            .expect(200);
        let half = form(&service, &link).await.expect(200);
        assert_eq!(
            (&half.body["answers"], &half.body["handedIn"]),
            (&json!({"how": 2, "why": "Sent."}), &json!(false))
        );
        answer(&service, &link, json!({"how": 2, "why": "Sent.", "recommend": 3}), true)
            .await
            .expect(200);
        answer(&service, &link, json!({"how": 4, "why": "Sent.", "recommend": 8}), true)
            .await
            .expect(200);
        let last = form(&service, &link).await.expect(200);
        let kept = json!({"how": 4, "recommend": 8});
        assert_eq!(
            (&last.body["answers"], &last.body["handedIn"]),
            (&kept, &json!(true)),
            "what is not shown is not kept"
        );
        assert_eq!(Store::of(&service).await.rows("survey_answer").await.len(), 1);
        // Another site's page cannot answer, nor can what is no answer.
        let send = |name: &'static str, value: &'static str| {
            service
                .http
                .post(&link)
                .header(name, value)
                .json(&json!({"answers": {"how": 1}}))
        };
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            Answer::to("another site", send(name, value))
                .await
                .refused(403, "forbidden");
        }
        Answer::to("a page that tells nobody", send("origin", "null"))
            .await
            .expect(200);
        Answer::to("no JSON", service.http.post(&link).body("{}"))
            .await
            .refused(415, "unsupported_media_type");
        let broken = service
            .http
            .post(&link)
            .header("content-type", "application/json")
            .body("{");
        Answer::to("half of JSON", broken).await.refused(400, "malformed");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_answers_at_once_an_anonymous_invitation_gives_one() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        contacts(&service, &world.klk_hr, 4).await;
        let round = draft(&service, &world, "anonymous", &[&world.klk_hr], json!({})).await;
        act(&world.brm, &round, "opening").await.expect(200);
        let link = links(&world.brm, &round, 0).await[0][4].to_owned();
        let tries = (0..8).map(|n| {
            let request = service.http.post(&link).json(&json!({"answers": {"how": n % 5 + 1}}));
            tokio::spawn(async move { Answer::to("at once", request).await })
        });
        let tries: Vec<_> = tries.collect();
        let mut taken = 0;
        for one in tries {
            let told = one.await.expect("an answer");
            match told.status.as_u16() {
                200 => taken += 1,
                _ => {
                    told.refused(409, "state");
                }
            }
        }
        assert_eq!(taken, 1);
        assert_eq!(Store::of(&service).await.rows("survey_answer").await.len(), 1);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_named_round_the_team_reads_who_said_what() {
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
        let table = links(&world.brm, &round, 0).await;
        assert!(
            table[0][6].contains("inte anonymt") && table[0][8].contains("not anonymous"),
            "{:?}",
            table[0]
        );
        answer(
            &service,
            &table[0][4],
            json!({"how": 2, "words": "Säg till i tid."}),
            true,
        )
        .await
        .expect(200);
        assert!(
            links(&world.brm, &round, 1).await.is_empty(),
            "who answered is not reminded"
        );
        let closed = act(&world.brm, &round, "closing").await.expect(200);
        assert_eq!(closed.body["closedOn"], day(&service, 0));
        act(&world.brm, &round, "publication").await.expect(200);
        let path = format!("/survey-rounds/{}/comments?question=words", round.id());
        let said = world.dm.get(&path).await.expect(200);
        assert_eq!(said.items()[0]["contact"]["name"], "Karin Kund");
        world.other_dm.get(&path).await.expect(403);
        act(&world.brm, &round, "closing").await.refused(409, "state");
        act(&world.brm, &round, "publication").await.refused(409, "state");
        service.stop().await;
    })
    .await;
}
