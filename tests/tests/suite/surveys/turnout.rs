//! Whom a round heard: what R19 (d) shows of a closed round, and what only told figures do.
use end_to_end::{Answer, Service, World, on_each_database};
use serde_json::{Value, json};

use super::{act, answer, contacts, draft, links, survey};
use crate::satisfaction::{drawn, on_day};

/// A customer of the same team, of which little is heard.
async fn small(service: &Service, world: &World) -> String {
    let body = json!({"code": "KLK-EK", "name": "Ekonomi", "parent": world.klk, "legalEntity": {"name": "Kommunen"}});
    service.administrator().post("/customers", body).await.expect(201).id()
}

/// A confidential round that is closed: of each customer so many contacts gave this score, and as many to recommending.
async fn closed(service: &Service, world: &World, heard: &[(&str, usize, i32)], more: Value) -> Answer {
    let customers: Vec<&str> = heard.iter().map(|(customer, ..)| *customer).collect();
    let mut members = json!({"mandates": ["key_user"]});
    for (name, value) in more.as_object().expect("members") {
        members[name] = value.clone();
    }
    let round = draft(service, world, "confidential", &customers, members).await;
    act(&world.brm, &round, "opening").await.expect(200);
    let table = links(&world.brm, &round, 0).await;
    for (customer, n, score) in heard {
        let told = service
            .administrator()
            .get(&format!("/customers/{customer}"))
            .await
            .expect(200);
        let code = told.text("code");
        let theirs = table.iter().filter(|line| line[1] == code);
        for line in theirs.take(*n) {
            answer(service, &line[4], json!({"how": score, "recommend": score}), true)
                .await
                .expect(200);
        }
    }
    let path = format!("/survey-rounds/{}/turnout", round.id());
    world.brm.get(&path).await.refused(409, "R19");
    act(&world.brm, &round, "closing").await.expect(200);
    round
}

async fn turnout(service: &Service, round: &Answer) -> Value {
    let path = format!("/survey-rounds/{}/turnout", round.id());
    service.administrator().get(&path).await.expect(200).body
}

/// A member of each stratum, by customer.
fn each(turnout: &Value, member: &str) -> Vec<(String, Value)> {
    let strata = turnout["strata"].as_array().expect("strata").iter();
    let code = |stratum: &Value| stratum["customer"]["code"].as_str().unwrap_or("others").to_owned();
    strata.map(|stratum| (code(stratum), stratum[member].clone())).collect()
}

fn pairs(told: &[(&str, Value)]) -> Vec<(String, Value)> {
    told.iter()
        .map(|(code, value)| ((*code).to_owned(), value.clone()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_round_heard_is_told_as_far_as_its_figures_are() {
    on_each_database(async |service| {
        on_day(&service, "2026-01-16");
        let world = World::build(&service).await;
        let small = small(&service, &world).await;
        let (own, above) = (world.klk_hr.as_str(), world.klk.as_str());
        for (customer, n) in [(own, 8), (above, 6), (small.as_str(), 5)] {
            contacts(&service, customer, n).await;
        }
        let first = closed(
            &service,
            &world,
            &[(own, 8, 5), (above, 6, 2), (&small, 2, 3)],
            json!({}),
        )
        .await;
        // The world has a key user of KLK-HR of its own.
        let told = turnout(&service, &first).await;
        let whole = ["invited", "delivered", "answered", "responseRate", "coverage"].map(|m| told[m].clone());
        assert_eq!(
            whole,
            [json!(20), json!(20), json!(16), json!(80.0), json!(100.0)],
            "{told:#}"
        );
        let invited = [("KLK", json!(30.0)), ("KLK-EK", json!(25.0)), ("KLK-HR", json!(45.0))];
        assert_eq!(each(&told, "shareInvited"), pairs(&invited));
        let nobody = [("KLK", Value::Null), ("KLK-EK", Value::Null), ("KLK-HR", Value::Null)];
        assert_eq!(
            each(&told, "answered"),
            pairs(&nobody),
            "no figure of the month is told yet"
        );
        assert_eq!(told["means"], json!([]));

        // Of one customer few answered, and another is withheld beside it: here as there.
        on_day(&service, "2026-02-04");
        drawn(&service).await;
        let told = turnout(&service, &first).await;
        let heard = [("KLK", Value::Null), ("KLK-EK", Value::Null), ("KLK-HR", json!(8))];
        assert_eq!(each(&told, "answered"), pairs(&heard), "{told:#}");
        let rates = [
            ("KLK", Value::Null),
            ("KLK-EK", Value::Null),
            ("KLK-HR", json!(88.888889)),
        ];
        assert_eq!(each(&told, "responseRate"), pairs(&rates));
        let shares = [("KLK", Value::Null), ("KLK-EK", Value::Null), ("KLK-HR", json!(50.0))];
        assert_eq!(each(&told, "shareAnswered"), pairs(&shares));
        let how = json!({"question": "how", "scale": {"low": 1, "high": 5}, "customers": 1, "respondents": 8,
            "respondentMean": 5.0, "customerMean": 5.0});
        assert_eq!(told["means"][0], how);

        // By service: who answered for it is who answered of its users. Both means stand beside each other.
        let mut other = survey();
        other["kind"] = json!("other");
        let other = world.brm.post("/surveys", other).await.expect(201).id();
        let by_service = json!({"survey": other, "sample": {"kind": "stratified_by_service", "sizePerService": 9}});
        let second = closed(&service, &world, &[(own, 8, 5), (above, 6, 2)], by_service).await;
        on_day(&service, "2026-03-04");
        drawn(&service).await;
        let told = turnout(&service, &second).await;
        assert_eq!(
            each(&told, "answered"),
            pairs(&[("KLK", json!(6)), ("KLK-HR", json!(8))]),
            "{told:#}"
        );
        let services: Vec<[&Value; 3]> = told["services"]
            .as_array()
            .expect("services")
            .iter()
            .map(|one| [&one["service"]["code"], &one["invited"], &one["answered"]])
            .collect();
        assert_eq!(
            services,
            [
                [&json!("MAIL"), &json!(9), &json!(8)],
                [&json!("SALARY"), &json!(6), &json!(6)]
            ]
        );
        let how = json!({"question": "how", "scale": {"low": 1, "high": 5}, "customers": 2, "respondents": 14,
            "respondentMean": 3.714286, "customerMean": 3.5});
        assert_eq!(told["means"][0], how);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_that_is_counted_late_waits_for_enough_of_it() {
    on_each_database(async |service| {
        on_day(&service, "2026-01-16");
        let world = World::build(&service).await;
        let (own, above) = (world.klk_hr.as_str(), world.klk.as_str());
        contacts(&service, own, 8).await;
        contacts(&service, above, 6).await;
        let round = draft(
            &service,
            &world,
            "confidential",
            &[own, above],
            json!({"mandates": ["key_user"]}),
        )
        .await;
        act(&world.brm, &round, "opening").await.expect(200);
        let table = links(&world.brm, &round, 0).await;
        for (code, n) in [("KLK-HR", 9), ("KLK", 3)] {
            for line in table.iter().filter(|line| &line[1] == code).take(n) {
                answer(&service, &line[4], json!({"how": 4}), true).await.expect(200);
            }
        }
        // Nobody was there when it ended, on 30 January, nor when January was fixed.
        on_day(&service, "2026-02-10");
        drawn(&service).await;
        service
            .state()
            .db
            .keep_rounds(&service.state().housekeeping())
            .await
            .expect("it closes");
        let counted = async || {
            let query = "series=customer&question=how&method=mean&period=2026-01&dimension=all";
            let found = crate::satisfaction::figures(&service.administrator(), query).await;
            found.iter().map(|figure| figure["n"].clone()).collect::<Vec<_>>()
        };
        assert!(counted().await.is_empty());
        drawn(&service).await;
        assert_eq!(counted().await, [json!(9)], "those of one customer, whose others wait");
        service.stop().await;
    })
    .await;
}
