//! The demo data: believable in its numbers, made by the rules, and only for an empty database.
use std::collections::{HashMap, HashSet};

use api::demo;
use end_to_end::on_each_database;
use persistence::events::Verdict;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_a_municipality() {
    on_each_database(async |service| {
        demo::fill(service.state()).await.expect("the fill");
        let auditor = service.auditor();
        for (path, wanted) in [
            ("/customers", 15),
            ("/customer-teams", 4),
            ("/services", 25),
            ("/service-calendars", 3),
            ("/contacts", 60),
            ("/requests", 150),
        ] {
            let page = auditor.get(&format!("{path}?count=true&limit=1")).await.expect(200);
            assert_eq!(page.body["total"], wanted, "{path}");
        }

        let page = auditor.get("/requests?limit=200").await.expect(200);
        let requests = page.items();
        let of = |member: &str| requests.iter().map(|r| r[member].to_string()).collect::<HashSet<_>>();
        assert_eq!(of("title").len(), 150, "no title twice");
        let statuses = of("status");
        for status in [
            "received",
            "investigating",
            "routed",
            "accepted",
            "declined",
            "fulfilled",
            "dismissed",
            "withdrawn",
            "answered",
            "closed",
        ] {
            assert!(
                statuses.contains(&format!("\"{status}\"")),
                "nothing is {status}: {statuses:?}"
            );
        }
        let hand_overs: HashSet<String> = requests
            .iter()
            .filter_map(|r| r.get("handOver"))
            .map(|h| format!("{} {}", h["destination"], h["state"]))
            .collect();
        for destination in ["service_portfolio", "delivery", "strategy"] {
            for state in ["handed_over", "acknowledged", "accepted", "fulfilled"] {
                let wanted = format!("\"{destination}\" \"{state}\"");
                assert!(hand_overs.contains(&wanted), "no {wanted}: {hand_overs:?}");
            }
        }
        let overdue = auditor.get("/requests?overdue=true").await.expect(200);
        assert!(!overdue.items().is_empty(), "nothing is overdue");

        let received = requests.iter().map(|r| r["receivedAt"].as_str().expect("a time"));
        let months = by_month(received);
        assert!(months.len() >= 12 && months.values().all(|n| *n <= 30), "{months:?}");
        assert!(matches!(
            persistence::events::verify(&service.state().db, None)
                .await
                .expect("a verdict"),
            Verdict::Sound { .. }
        ));
        times_do_not_run_backwards(&service).await;

        let before = service.events().await;
        let again = demo::fill(service.state()).await.err().expect("a refusal").to_string();
        assert!(again.contains("empty"), "{again}");
        assert_eq!(service.events().await, before);
        service.stop().await;
    })
    .await;
}

fn by_month<'a>(times: impl Iterator<Item = &'a str>) -> HashMap<String, usize> {
    let mut months = HashMap::new();
    for time in times {
        *months.entry(time[..7].to_owned()).or_default() += 1;
    }
    months
}

/// Acts stand in the log in the order in which they happened.
async fn times_do_not_run_backwards(service: &end_to_end::Service) {
    let auditor = service.auditor();
    let (mut cursor, mut last) = (String::new(), String::new());
    loop {
        let page = auditor.get(&format!("/events?limit=200{cursor}")).await.expect(200);
        for event in page.items() {
            let at = event["at"]
                .as_str()
                .or(event["occurredAt"].as_str())
                .or(event["time"].as_str());
            let at = at.unwrap_or_else(|| panic!("no time in {event:#}")).to_owned();
            assert!(last <= at, "{last} before {at}");
            last = at;
        }
        match &page.body["next"] {
            Value::String(next) if !page.items().is_empty() => cursor = format!("&cursor={next}"),
            _ => break,
        }
    }
}
