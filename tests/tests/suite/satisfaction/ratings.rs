//! Ratings by the line, and through a connection: known by their source, corrected by the newer state, matched when what
//! they name becomes known, and shown to nobody one by one.
use api::identity::Kind;
use end_to_end::{Caller, Service, World, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    connections::Connected,
    measurements::{NDJSON, answered, batch_events, lines, outcomes, with},
};

const SCOPES: &str = "satisfaction.write measurements.read measurements.write events.read";

async fn desk(service: &Service, members: Value) -> Caller {
    let scopes: Vec<&str> = SCOPES.split(' ').collect();
    let body = with(
        json!({"name": "Enkäter", "scopes": scopes, "systems": ["desk"]}),
        members,
    );
    let client = service.administrator().post("/clients", body).await.expect(201).id();
    service.caller_with(Kind::Client, &client, SCOPES)
}

fn rating(world: &World, id: &str, members: Value) -> Value {
    let rating = json!({"source": "desk", "sourceId": id, "ratedAt": "2026-03-02T10:00:00Z", "service": world.mail,
        "customer": world.klk_hr, "scale": {"low": 1, "high": 5}, "score": 4});
    with(rating, members)
}

async fn sent(caller: &Caller, batch: &str, documents: &[Value]) -> (Vec<Value>, Value) {
    let request = caller.request(Method::POST, &format!("/ratings?batch={batch}"));
    answered(request.header(NDJSON.0, NDJSON.1).body(lines(documents))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_rating_is_known_by_its_source_and_the_newer_state_stands() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let desk = desk(&service, json!({})).await;
        let documents = [
            rating(&world, "1", json!({})),
            rating(&world, "1", json!({})),
            rating(&world, "2", json!({"sourceVersion": 2, "comment": "Tack Anna!"})),
            rating(&world, "2", json!({"sourceVersion": 3, "score": 5})),
            rating(&world, "2", json!({"sourceVersion": 1, "score": 1})),
            rating(&world, "3", json!({"customer": {"system": "hr", "id": "nobody"}})),
        ];
        let (told, summary) = sent(&desk, "one", &documents).await;
        let became = [
            "accepted",
            "duplicate",
            "accepted",
            "correction",
            "outdated",
            "quarantined",
        ];
        assert_eq!(outcomes(&told), became);
        // Sent again in whole, nothing changes: whatever stands is the newest.
        let (told, _) = sent(&desk, "one", &documents).await;
        assert_eq!(outcomes(&told), ["duplicate"; 6]);
        let events = batch_events(&service).await;
        assert_eq!(events.len(), 1, "one event a batch, and none for what was known");
        assert_eq!(events[0]["data"]["of"]["after"], "ratings");
        assert_eq!(events[0]["data"]["counts"]["after"], summary["counts"]);
        assert!(!events[0].to_string().contains("Anna"), "nothing personal is told of");
        // No list shows them.
        let none = desk.get("/measurements?count=true").await.expect(200);
        assert_eq!(none.body["total"], 0);
        let unmatched = service
            .auditor()
            .get("/unmatched-measurements?count=true")
            .await
            .expect(200);
        assert_eq!(unmatched.body["total"], 0);
        // A batch is of one kind.
        let outage = json!({"kind": "outage", "source": "desk", "sourceId": "O", "observedAt": "2026-03-02T10:00:00Z",
            "service": world.mail, "from": "2026-03-02T08:00:00Z"});
        let request = desk
            .request(Method::POST, "/measurements?batch=one")
            .header(NDJSON.0, NDJSON.1);
        let refused = end_to_end::Answer::to("POST /measurements", request.body(lines(&[outage]))).await;
        let problem = refused.refused(409, "state");
        assert!(problem.text("detail").contains("is made of ratings"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_rating_is_told_at_its_place() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let caller = desk(&service, json!({})).await;
        let faulty = [
            (json!({"score": 6}), "/score", "off_scale"),
            (json!({"scale": {"low": 5, "high": 5}}), "/scale/high", "off_scale"),
            (json!({"scale": {"low": 0, "high": 101}}), "/scale/high", "off_scale"),
            (
                json!({"scale": {"low": 1, "high": 3, "topBoxes": 3}}),
                "/scale/topBoxes",
                "off_scale",
            ),
            (
                json!({"scale": {"low": 1, "high": 5, "topBoxes": 1}}),
                "/scale/topBoxes",
                "off_scale",
            ),
            (json!({"ratedAt": "2099-01-01T00:00:00Z"}), "/ratedAt", "time_order"),
            (json!({"updatedAt": "2099-01-01T00:00:00Z"}), "/updatedAt", "time_order"),
            (json!({"source": "other"}), "/source", "system_not_bound"),
            (json!({"score": null}), "/score", "type"),
            (json!({"colour": "red"}), "/colour", "unknown"),
        ];
        let documents: Vec<Value> = faulty
            .iter()
            .map(|(members, ..)| rating(&world, "1", members.clone()))
            .collect();
        let (told, _) = sent(&caller, "faulty", &documents).await;
        for ((members, pointer, code), line) in faulty.iter().zip(&told) {
            let fault = &line["errors"][0];
            assert_eq!(
                (&line["outcome"], &fault["pointer"], &fault["code"]),
                (&json!("rejected"), &json!(pointer), &json!(code)),
                "{members}: {line}"
            );
        }
        // A client that is limited to customers sends those alone.
        let limited = desk(&service, json!({"name": "Skolans", "customers": [world.bun]})).await;
        let own = [
            rating(&world, "1", json!({"customer": world.bun})),
            rating(&world, "2", json!({})),
            rating(&world, "3", json!({"customer": {"system": "hr", "id": "nobody"}})),
        ];
        let (told, _) = sent(&limited, "own", &own).await;
        assert_eq!(outcomes(&told), ["accepted", "rejected", "rejected"]);
        // What another sent is not theirs to change.
        sent(&caller, "others", &[rating(&world, "4", json!({}))]).await;
        let (told, _) = sent(
            &limited,
            "others",
            &[rating(&world, "4", json!({"customer": world.bun, "score": 1}))],
        )
        .await;
        assert_eq!(told[0]["errors"][0]["code"], "not_unique");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ratings_come_through_a_connection_and_wait_for_what_they_name() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let mapping = r#"{kind: "rating", source: $system, sourceId: .id, ratedAt: .at, sourceVersion: .version,
            service: {system: "cmdb", id: .about}, customer: {system: "hr", id: .unit},
            scale: {low: 1, high: 5}, score: .stars}"#;
        let sender = Connected::with(&service, None, json!({"system": "desk", "mapping": mapping})).await;
        let document = |version: i64, stars: i64| {
            json!({"id": "77", "at": "2026-03-02T10:00:00Z", "version": version, "about": "web", "unit": "7", "stars": stars})
        };
        assert_eq!(sender.outcome(&service, &document(2, 4)).await, "applied");
        assert_eq!(sender.outcome(&service, &document(2, 4)).await, "duplicate");
        assert_eq!(sender.outcome(&service, &document(1, 1)).await, "stale");
        let told = sender.tell(&service, document(3, 5).to_string()).await.expect(202);
        let entry = sender.entry(&service, &told).await;
        let result = &entry["results"][0];
        assert_eq!((&result["kind"], &result["outcome"], &result["waits"]),
            (&json!("rating"), &json!("applied"), &json!(true)), "{entry:#}");

        let body = json!({"code": "WEB", "name": "Webb", "references": [{"system": "cmdb", "id": "web"}]});
        let web = admin.post("/services", body).await.expect(201).id();
        let matched = async || {
            let events = batch_events(&service).await;
            let matched = events.iter().filter(|e| e["type"] == "kundansvar.measurement_batch.matched.v1");
            matched.map(|e| e["data"]["ratings"]["after"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(matched().await, [json!({&web: 1})]);
        let path = format!("/customers/{}", world.klk_hr);
        let etag = admin.get(&path).await.etag();
        let reference = json!({"references": [{"system": "hr", "id": "7"}]});
        admin.patch(&path, &etag, reference).await.expect(200);
        assert_eq!(matched().await, [json!({&web: 1}), json!({&world.klk_hr: 1})]);
        // A second of the same waits for nothing.
        let other = with(document(1, 3), json!({"id": "78"}));
        let told = sender.tell(&service, other.to_string()).await.expect(202);
        let entry = sender.entry(&service, &told).await;
        assert_eq!(entry["results"][0]["waits"], Value::Null, "{entry:#}");
    })
    .await;
}
