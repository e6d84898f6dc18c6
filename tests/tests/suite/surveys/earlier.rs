//! Earlier surveys, made elsewhere: mapped, rehearsed, taken in whole, and counted like any other round.
use end_to_end::{Answer, Caller, Service, World, on_each_database};
use serde_json::{Value, json};

use super::{Store, survey};
use crate::satisfaction::{drawn, figures, on_day};

/// A file of so many lines: customer, day, how satisfied, and how likely to recommend.
fn file(lines: &[(&str, &str, &str, &str)]) -> String {
    let mut text = "Nr;Namn;Förvaltning;Dag;Nöjd;Rekommenderar\n".to_owned();
    for (n, (customer, day, how, recommend)) in lines.iter().enumerate() {
        text += &format!("{n};Svarande Nummer {n};{customer};{day};{how};{recommend}\n");
    }
    text
}

fn earlier(survey: &str, id: &str, file: &str) -> Value {
    let columns = json!([{"column": "Nöjd", "question": "how"}, {"column": "Rekommenderar", "question": "recommend"}]);
    json!({"reference": {"system": "enkat", "id": id}, "survey": survey, "title": {"sv": "Enkät 2025", "en": "Survey 2025"},
        "anonymity": "confidential", "invited": 40, "customer": {"kind": "column", "column": "Förvaltning"},
        "day": {"kind": "column", "column": "Dag"}, "columns": columns, "missing": ["-"], "file": file})
}

async fn import(caller: &Caller, body: &Value, dry_run: bool) -> Answer {
    caller
        .post(&format!("/survey-round-imports?dryRun={dry_run}"), body.clone())
        .await
}

fn faults(refused: &Answer) -> Vec<(&str, &str)> {
    let errors = refused.body["errors"].as_array().expect("errors").iter();
    errors
        .map(|e| {
            (
                e["pointer"].as_str().unwrap_or_default(),
                e["code"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

/// How many the mean of May rests on: of all, and of each customer.
async fn told(service: &Service) -> Vec<(String, u64)> {
    let query = "series=customer&question=how&method=mean&period=2025-05";
    let found = figures(&service.administrator(), query).await;
    let told = found
        .iter()
        .filter(|figure| figure["dimension"] == "all" || figure["dimension"] == "customer");
    let of = |figure: &Value| figure["customer"]["code"].as_str().unwrap_or("all").to_owned();
    told.map(|figure| (of(figure), figure["n"].as_u64().unwrap_or_default()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_survey_becomes_a_closed_round_once() {
    on_each_database(async |service| {
        on_day(&service, "2026-01-16");
        let world = World::build(&service).await;
        let survey = world.brm.post("/surveys", survey()).await.expect(201).id();
        let mut lines = vec![("KLK-HR", "2025-05-12", "4", "9"); 8];
        lines.extend([("KLK", "2025-05-31", "2", "-"); 6]);
        lines.push(("KLK", "2025-05-02", "", "-"));
        let body = earlier(&survey, "2025", &file(&lines));

        let events = service.events().await;
        let tried = import(&world.brm, &body, true).await.expect(200);
        assert_eq!(
            (&tried.body["dryRun"], &tried.body["created"], &tried.body["unanswered"]),
            (&json!(true), &json!(true), &json!(1))
        );
        assert_eq!(service.events().await, events, "a rehearsal leaves nothing");
        let taken = import(&world.brm, &body, false).await.expect(200);
        let round = &taken.body["round"];
        for (member, value) in [
            ("status", json!("closed")),
            ("closedOn", json!("2025-05-31")),
            ("firstDay", json!("2025-05-12")),
            ("turnout", json!({"delivered": 40, "answered": 14})),
            ("earlier", json!({"system": "enkat", "id": "2025"})),
        ] {
            assert_eq!(round[member], value, "{round:#}");
        }
        // The round, and the edition that it seals.
        let events = service.events().await;
        let again = import(&world.brm, &body, false).await.expect(200);
        assert_eq!(
            (&again.body["created"], &again.body["round"]["id"]),
            (&json!(false), &round["id"])
        );
        assert_eq!(service.events().await, events);
        import(&world.brm, &earlier(&survey, "2025", &file(&lines[1..])), false)
            .await
            .refused(409, "not_unique");

        drawn(&service).await;
        assert_eq!(
            told(&service).await,
            [("all".into(), 14), ("KLK".into(), 6), ("KLK-HR".into(), 8)]
        );
        let path = format!("/survey-rounds/{}/turnout", round["id"].as_str().expect("an id"));
        let heard = world.brm.get(&path).await.expect(200).body;
        assert_eq!(
            (&heard["responseRate"], &heard["strata"], heard.get("coverage")),
            (&json!(35.0), &json!([]), None)
        );
        assert_eq!(heard["means"][0]["customerMean"], 3.0);
        // What comes to a month that is fixed waits until five have come (R19 f).
        for (id, n, told_by_then) in [("a", 3, 14), ("b", 2, 19)] {
            let few = file(&lines[..n]);
            import(&world.brm, &earlier(&survey, id, &few), false).await.expect(200);
            drawn(&service).await;
            assert_eq!(told(&service).await[0].1, told_by_then);
        }
        let store = Store::of(&service).await;
        let kept = store.everything().await;
        assert!(
            kept.iter().all(|(_, row)| !row.contains("svarande nummer")),
            "names are not taken in"
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_earlier_survey_is_told_by_line_and_column() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let survey = world.brm.post("/surveys", survey()).await.expect(201).id();
        let mut text = file(&[
            ("KLK-HR", "2025-05-12", "6", "9"),
            ("KLK-HR", "12 maj", "4", "nio"),
            ("klk", "2025-05-12", "4", "9"),
        ]);
        text += "4;kort\n";
        let refused = import(&world.brm, &earlier(&survey, "1", &text), false)
            .await
            .expect(409);
        let wanted = [
            ("/2/Nöjd", "off_scale"),
            ("/3/Dag", "date_order"),
            ("/3/Rekommenderar", "off_scale"),
            ("/4/Förvaltning", "unknown_reference"),
            ("/5", "cells"),
        ];
        assert_eq!(faults(&refused), wanted);
        // Customers of others, and those that there are not, are told alike.
        let text = file(&[
            ("KLK-HR", "2025-05-12", "4", "9"),
            ("BUN", "2025-05-12", "4", "9"),
            ("NOPE", "2025-05-12", "4", "9"),
        ]);
        let refused = import(&world.brm, &earlier(&survey, "1", &text), false)
            .await
            .expect(409);
        assert_eq!(
            faults(&refused),
            [
                ("/3/Förvaltning", "unknown_reference"),
                ("/4/Förvaltning", "unknown_reference")
            ]
        );
        let good = file(&[("KLK-HR", "2025-05-12", "4", "9")]);
        for (member, value, why) in [
            ("anonymity", json!("named"), "R19"),
            ("invited", json!(0), "invalid"),
            ("survey", json!(world.klk), "unknown_reference"),
            (
                "columns",
                json!([{"column": "Betyg", "question": "how"}]),
                "unknown_reference",
            ),
            ("columns", json!([{"column": "Nöjd", "question": "words"}]), "off_scale"),
            (
                "columns",
                json!([{"column": "Nöjd", "question": "how"}, {"column": "Nr", "question": "how"}]),
                "not_unique",
            ),
            ("day", json!({"kind": "fixed", "day": "2999-01-01"}), "date_order"),
            (
                "customer",
                json!({"kind": "fixed", "code": "NOPE"}),
                "unknown_reference",
            ),
        ] {
            let mut body = earlier(&survey, "1", &good);
            body[member] = value;
            let status = if why == "invalid" { 422 } else { 409 };
            import(&world.brm, &body, false).await.refused(status, why);
        }
        let rounds = world.brm.get("/survey-rounds").await.expect(200);
        assert!(rounds.items().is_empty(), "nothing was taken in");
        service.stop().await;
    })
    .await;
}
