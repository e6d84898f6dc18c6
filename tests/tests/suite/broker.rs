//! Events at the broker: all of them, in order, once, whoever falls over meanwhile; and without personal data.
use end_to_end::{Broker, Service, World, broker::Kept, database::Database, databases};
use serde_json::{Value, json};

const STREAM: &str = "KUNDANSVAR";
const AS_USUAL: usize = 1 << 20;

async fn publishing(database: Database, broker: &Broker) -> Service {
    let url = broker.url();
    Service::start_with(database, |settings| settings.nats_url = url).await
}

async fn raise(world: &World, n: usize) {
    let body = json!({"customer": world.klk_hr, "kind": "wish", "title": format!("Hemlig önskan {n}")});
    world.decider.post("/requests", body).await.expect(201);
}

/// What the log holds, by id.
async fn logged(service: &Service) -> Vec<String> {
    let auditor = service.auditor();
    let (mut all, mut cursor) = (vec![], String::new());
    loop {
        let page = auditor.get(&format!("/events?limit=200{cursor}")).await.expect(200);
        all.extend(
            page.items()
                .iter()
                .map(|event| event["id"].as_str().expect("an id").to_owned()),
        );
        cursor = format!("&cursor={}", page.text("next"));
        if page.body["more"] == false {
            return all;
        }
    }
}

fn ids(kept: &[Kept]) -> Vec<String> {
    kept.iter().map(|message| message.id.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_there_once_in_order_though_the_broker_dies_meanwhile() {
    for database in databases().await {
        let Some(mut broker) = Broker::start(AS_USUAL).await else {
            return;
        };
        let service = publishing(database, &broker).await;
        let world = World::build(&service).await;
        for n in 0..30 {
            if n == 5 {
                broker.kill();
            }
            if n == 25 {
                broker.go_on().await;
            }
            raise(&world, n).await;
        }
        let log = logged(&service).await;
        let kept = broker.kept(STREAM, log.len() as u64).await;
        assert_eq!(ids(&kept), log);
        let auditor = service.auditor();
        let told = auditor.get("/events?limit=200").await.expect(200).body["items"].clone();
        for (n, message) in kept.iter().enumerate() {
            let event = &message.body;
            assert_eq!(message.content_type, "application/cloudevents+json");
            assert_eq!(
                (event["specversion"].as_str(), &event["id"]),
                (Some("1.0"), &json!(message.id))
            );
            assert_eq!(event["type"], json!(message.subject));
            assert_eq!(event["sequence"], json!(format!("{:019}", n + 1)));
            assert!(!event.to_string().contains("Hemlig"), "{event:#}");
            let subject = &event["data"]["subject"];
            let named = format!(
                "{}/{}",
                subject["kind"].as_str().expect("a kind"),
                subject["id"].as_str().expect("an id")
            );
            assert_eq!(event["subject"], json!(named));
            // The same as the log tells, but for the values that stay at home.
            if let Some(logged) = told.get(n) {
                assert_eq!(event["data"], without_values(logged.clone()));
            }
        }
        service.stop().await;
    }
}

/// An event without what its digests stand for.
fn without_values(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let sealed = members.contains_key("digest") && members.contains_key("value");
            let kept = members.into_iter().filter(|(name, _)| !(sealed && name == "value"));
            kept.map(|(name, value)| (name, without_values(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_values).collect(),
        plain => plain,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_share_the_work_and_one_goes_on_where_another_ended() {
    for database in databases().await {
        // One file is one program's.
        if matches!(database, Database::Sqlite) {
            continue;
        }
        let Some(broker) = Broker::start(AS_USUAL).await else {
            return;
        };
        let service = Service::start(database).await;
        let publisher = async || {
            let mut settings = service.settings();
            settings.listen = "127.0.0.1:0".parse().expect("an address");
            settings.nats_url = broker.url();
            api::start(settings).await.expect("an instance")
        };
        let world = World::build(&service).await;
        let first = publisher().await;
        broker.kept(STREAM, logged(&service).await.len() as u64).await;
        let others = [publisher().await, publisher().await];
        for n in 0..10 {
            raise(&world, n).await;
        }
        // The one that sends ends without a word.
        first.handle.stop(false).await;
        first.ended().await.expect("an end");
        for n in 0..10 {
            raise(&world, n).await;
        }
        let log = logged(&service).await;
        assert_eq!(ids(&broker.kept(STREAM, log.len() as u64).await), log);
        for other in others {
            other.handle.stop(false).await;
            other.ended().await.expect("an end");
        }
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_for_the_broker_is_told_of_and_found_at_home() {
    for database in databases().await {
        let Some(broker) = Broker::start(3000).await else {
            return;
        };
        let service = publishing(database, &broker).await;
        let admin = service.administrator();
        for (code, long) in [("A", 10), ("B", 2000), ("C", 10)] {
            let body = json!({"code": code, "name": "Tjänst", "description": "x".repeat(long)});
            admin.post("/services", body).await.expect(201);
        }
        let kept = broker.kept(STREAM, 3).await;
        let large: Vec<bool> = kept.iter().map(|message| message.body.get("data").is_none()).collect();
        assert_eq!(large, [false, true, false]);
        let address = kept[1].body["dataref"].as_str().expect("an address");
        let path = address.strip_prefix(&service.base()).expect("here").to_owned();
        let found = service.auditor().get(&path).await.expect(200);
        assert_eq!(found.items()[0]["id"], json!(kept[1].id));
        service.stop().await;
    }
}
