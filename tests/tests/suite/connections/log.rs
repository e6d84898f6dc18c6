//! The log of what came in: seen, mended and replayed; and a trial, which stores nothing.
use chrono::Duration;
use end_to_end::{World, on_each_database};
use reqwest::Method;
use serde_json::json;

use super::*;

/// The mapping that a desk's own words need; the first attempt at it asks for the wrong member.
fn mapping(world: &World, title: &str) -> String {
    format!(
        "{{kind: \"wish\", customer: \"{}\", title: {title}, references: [{{system: $system, id: .id}}], sourceVersion: .n}}",
        world.bun
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_seen_mended_and_replayed() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let sender = Connected::new(&service, &mapping(&world, ".titel")).await;
        let mut told = vec![];
        for (id, n, title) in [("1", 1, "Första"), ("1", 2, "Första, ändrad"), ("2", 1, "Andra")] {
            let document = json!({"id": id, "n": n, "title": title});
            told.push(sender.tell(&service, document.to_string()).await.expect(202));
            service.state().clock.advance(Duration::seconds(1));
        }
        let log = format!("{}/documents", sender.path);
        let failed = admin
            .get(&format!("{log}?outcome=failed&limit=2&count=true"))
            .await
            .expect(200);
        assert_eq!((failed.items().len(), &failed.body["total"]), (2, &json!(3)));
        assert_eq!(failed.items()[0]["id"], told[2].text("id"), "the newest first");
        let rest = admin
            .get(&format!("{log}?outcome=failed&limit=2&cursor={}", failed.text("next")))
            .await;
        assert_eq!(rest.expect(200).items()[0]["id"], told[0].text("id"));
        let entry = sender.entry(&service, &told[0]).await;
        assert_eq!(entry["problem"]["errors"][0]["pointer"], "/0/title", "{entry:#}");
        assert_eq!(entry["output"][0]["references"][0]["id"], "1");

        let etag = admin.get(&sender.path).await.etag();
        admin
            .patch(&sender.path, &etag, json!({"mapping": mapping(&world, ".title")}))
            .await
            .expect(200);
        // One by itself, the later state of it: the earlier one is stale by then.
        let replay = format!("{log}/{}/replay", told[1].id());
        let key = uuid::Uuid::now_v7().to_string();
        let once = admin
            .send(Method::POST, &replay, &[("idempotency-key", &key)], None)
            .await
            .expect(200);
        assert_eq!(
            (&once.body["outcome"], &once.body["replays"]),
            (&json!("applied"), &json!(1)),
            "{:#}",
            once.body
        );
        let again = admin
            .send(Method::POST, &replay, &[("idempotency-key", &key)], None)
            .await
            .expect(200);
        assert_eq!(again.header("idempotency-replayed"), "true");
        let all = admin
            .post(&format!("{}/replay", sender.path), Value::Null)
            .await
            .expect(200);
        assert_eq!(all.body, json!({"replayed": 2, "failed": 0, "more": false}));
        assert_eq!(sender.entry(&service, &told[0]).await["outcome"], "stale");
        assert_eq!(sender.entry(&service, &told[2]).await["outcome"], "applied");
        let first = request(&service, "desk", "1").await.expect("a request");
        assert_eq!(first["title"], "Första, ändrad");
        // Done by the client, whoever pressed the button.
        assert_eq!(
            first["raisedBy"],
            json!({"kind": "client", "id": sender.client, "name": first["raisedBy"]["name"]})
        );
        assert_eq!(how_many(&service, "/requests").await, 2);
        // Sent again by the product, it is known.
        let document = json!({"id": "2", "n": 1, "title": "Andra"});
        assert_eq!(sender.outcome(&service, &document).await, "duplicate");
        admin.get(&format!("{log}/{}", uuid::Uuid::now_v7())).await.expect(404);
        let other = Connected::new(&service, OWN).await;
        admin
            .get(&format!("{}/documents/{}", other.path, told[0].id()))
            .await
            .expect(404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_again_keeps_no_other_back() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let sender = Connected::new(&service, "error(\"inte än\")").await;
        for (id, title) in [("1", "Duger"), ("2", ""), ("3", "Duger också")] {
            let document = json!({"id": id, "n": 1, "title": title});
            assert_eq!(sender.outcome(&service, &document).await, "failed");
        }
        let etag = admin.get(&sender.path).await.etag();
        admin
            .patch(&sender.path, &etag, json!({"mapping": mapping(&world, ".title")}))
            .await
            .expect(200);
        let all = admin
            .post(&format!("{}/replay", sender.path), Value::Null)
            .await
            .expect(200);
        assert_eq!(all.body, json!({"replayed": 3, "failed": 1, "more": false}));
        assert_eq!(how_many(&service, "/requests").await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_replayed_by_itself() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let sender = Connected::new(&service, "error(\"inte än\")").await;
        for n in 0..8 {
            let document = own(&[wish(&world, &n.to_string(), &format!("Ärende {n}"), None)]);
            assert_eq!(sender.outcome(&service, &document).await, "failed");
        }
        // Slow enough to look at it meanwhile.
        let slowly = format!("([range(200000)] | length) as $n | {OWN}");
        let etag = admin.get(&sender.path).await.etag();
        admin
            .patch(&sender.path, &etag, json!({"mapping": slowly}))
            .await
            .expect(200);
        let path = format!("{}/replay", sender.path);
        let replay = async {
            let all = admin.post(&path, Value::Null).await.expect(200);
            assert_eq!(all.body, json!({"replayed": 8, "failed": 0, "more": false}));
        };
        let seen = async {
            loop {
                let seen = how_many(&service, "/requests").await;
                if seen > 0 {
                    break seen;
                }
            }
        };
        let ((), seen) = tokio::join!(replay, seen);
        assert!(seen < 8, "all at once");
        assert_eq!(how_many(&service, "/requests").await, 8);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_stores_nothing() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let sender = Connected::new(&service, OWN).await;
        let (events, path) = (service.events().await, format!("{}/test", sender.path));
        let outage = json!({"kind": "outage", "source": "desk", "sourceId": "O-1", "observedAt": "2026-01-01T00:00:00Z",
            "service": {"system": "desk", "id": "okänd"}, "from": "2026-01-01T00:00:00Z"});
        let content = own(&[wish(&world, "1", "På prov", Some(1)), outage]).to_string();
        let tried = admin.post(&path, json!({"content": content})).await.expect(200);
        assert_eq!(tried.body["outcome"], "applied", "{:#}", tried.body);
        let results = &tried.body["results"];
        assert_eq!(
            (&results[0]["kind"], &results[0]["reference"]),
            (&json!("request"), &json!("1"))
        );
        assert_eq!(
            (&results[1]["kind"], &results[1]["waits"]),
            (&json!("outage"), &json!(true))
        );
        let unknown = json!({"kind": "wish", "customer": uuid::Uuid::now_v7(), "title": "Okänd",
            "references": [{"system": "desk", "id": "8"}]});
        let tried = admin
            .post(&path, json!({"content": own(&[unknown]).to_string()}))
            .await
            .expect(200);
        assert_eq!(tried.body["problem"]["errors"][0]["pointer"], "/0/customer");
        assert_eq!(service.events().await, events);
        assert_eq!(how_many(&service, "/requests").await, 0);
        assert_eq!(how_many(&service, "/measurements").await, 0);
        assert_eq!(how_many(&service, &format!("{}/documents", sender.path)).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_kept_thirty_days_and_never_in_events() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let sender = Connected::new(&service, OWN).await;
        let mut document = own(&[wish(&world, "1", "Skrivaren", None)]);
        document["from"] = json!("Eskil Hemlig");
        assert_eq!(sender.outcome(&service, &document).await, "applied");
        let state = service.state();
        let forget = async |days| {
            let later = state.clock.now() + Duration::days(days);
            state.db.forget_received_documents(later).await.expect("done")
        };
        assert_eq!(forget(29).await, 0);
        let log = format!("{}/documents", sender.path);
        assert_eq!(how_many(&service, &log).await, 1);
        let events = service
            .auditor()
            .get("/events?limit=200")
            .await
            .expect(200)
            .body
            .to_string();
        assert!(events.contains("kundansvar.connection.created.v1") && !events.contains("Hemlig"));
        assert_eq!(forget(31).await, 1);
        assert_eq!(how_many(&service, &log).await, 0);
        // What came of it stays, also when the connection goes.
        let etag = admin.get(&sender.path).await.etag();
        admin.delete(&sender.path, &etag).await.expect(204);
        sender.tell(&service, document.to_string()).await.expect(401);
        assert!(request(&service, "desk", "1").await.is_some());
    })
    .await;
}
