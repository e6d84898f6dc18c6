//! What names something unknown waits, and is matched when it becomes known.
use end_to_end::on_each_database;
use serde_json::{Value, json};

use super::{Desk, batch_events, lines, outcomes, sent};

#[tokio::test(flavor = "multi_thread")]
async fn evidence_waits_for_what_it_names() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let admin = service.administrator();
        let (web, hr, bun) = (
            json!({"system": "cmdb", "id": "web"}),
            json!({"system": "hr", "id": "7"}),
            json!({"system": "hr", "id": "8"}),
        );
        let batch = [
            desk.sample("S", json!({"service": web})),
            desk.case("C", json!({"service": web, "customer": hr})),
            desk.outage("O", json!({"customers": [hr, desk.world.klk, bun]})),
            desk.outage("N", json!({"service": uuid::Uuid::now_v7()})),
        ];
        let (told, _) = sent(&desk.caller, "early", lines(&batch)).await;
        assert_eq!(outcomes(&told), ["quarantined"; 4]);
        let waiting = async |query: &str| {
            let page = admin
                .get(&format!("/unmatched-measurements?count=true{query}"))
                .await
                .expect(200);
            assert_eq!(page.body["total"], page.items().len());
            let mut ids: Vec<String> = page
                .items()
                .iter()
                .map(|m| format!("{} {}", m["sent"]["sourceId"], m["unmatched"]))
                .collect();
            ids.sort();
            ids.join(", ").replace('"', "")
        };
        assert_eq!(
            waiting("").await,
            "C unknown_service, N unknown_service, O unknown_customer, S unknown_service"
        );
        assert_eq!(
            waiting("&reason=unknown_customer&source=desk").await,
            "O unknown_customer"
        );
        assert_eq!(waiting("&source=monitor").await, "");

        // A service that is made with the reference, and a customer that gets it.
        let body = json!({"code": "WEB", "name": "Webb", "references": [web]});
        admin.post("/services", body).await.expect(201);
        assert_eq!(
            waiting("").await,
            "C unknown_customer, N unknown_service, O unknown_customer"
        );
        let sample = desk.known("S").await;
        assert_eq!(
            (&sample["service"]["code"], &sample["version"], &sample["unmatched"]),
            (&json!("WEB"), &json!(2), &Value::Null)
        );
        let refer = async |customer: &str, reference: &Value| {
            let path = format!("/customers/{customer}");
            let etag = admin.get(&path).await.etag();
            admin
                .patch(&path, &etag, json!({"references": [reference]}))
                .await
                .expect(200);
        };
        refer(&desk.world.klk_hr, &hr).await;
        assert_eq!(waiting("").await, "N unknown_service, O unknown_customer");
        assert_eq!(desk.known("C").await["customers"][0]["code"], "KLK-HR");
        refer(&desk.world.bun, &bun).await;
        assert_eq!(waiting("").await, "N unknown_service");
        let codes = |m: &Value| {
            m["customers"]
                .as_array()
                .expect("customers")
                .iter()
                .map(|c| c["code"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(codes(&desk.known("O").await), ["BUN", "KLK", "KLK-HR"]);

        let events = batch_events(&service).await;
        let kinds: Vec<&str> = events.iter().map(|e| e["type"].as_str().expect("a type")).collect();
        assert_eq!(kinds[0], "kundansvar.measurement_batch.received.v1");
        assert_eq!(kinds[1..], ["kundansvar.measurement_batch.matched.v1"; 3]);
        let matched = events[1]["data"]["measurements"]["after"].as_object().expect("counts");
        assert_eq!(matched.values().collect::<Vec<_>>(), [2]);

        // A correction that names something known leaves quarantine; one that names something unknown goes there.
        let later = json!({"updatedAt": "2026-03-02T12:00:00Z"});
        let (told, _) = sent(
            &desk.caller,
            "late",
            lines(&[
                desk.outage("N", later),
                desk.sample(
                    "S",
                    json!({"updatedAt": "2026-03-02T12:00:00Z", "service": {"system": "cmdb", "id": "gone"}}),
                ),
            ]),
        )
        .await;
        assert_eq!(outcomes(&told), ["correction", "quarantined"]);
        assert_eq!(waiting("").await, "S unknown_service");
        // What evidence stands on is not deleted.
        let path = format!("/customers/{}", desk.world.bun);
        admin
            .delete(&path, &admin.get(&path).await.etag())
            .await
            .refused(409, "in_use");
        service.stop().await;
    })
    .await;
}

/// A line that is stored in the very moment in which its service is made sees nothing of it, nor the other way round.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_is_matched_within_the_hour() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let web = json!({"system": "cmdb", "id": "web"});
        let body = json!({"code": "WEB", "name": "Webb", "references": [web]});
        service.administrator().post("/services", body).await.expect(201);
        let early = [desk.sample("A", json!({"service": {"system": "cmdb", "id": "wab"}}))];
        sent(&desk.caller, "early", lines(&early)).await;
        // As if it had been sent a moment before.
        let missed = "update measurement_wait set external_id = 'web'";
        persistence::events::tamper(&service.state().db, missed)
            .await
            .expect("changed");
        let now = service.state().clock.now();
        let origin = persistence::store::Origin {
            actor: domain::events::Actor {
                kind: domain::events::ActorKind::Operator,
                id: "test".into(),
                acting_for: None,
            },
            request_id: "test".into(),
            now,
            today: now.date_naive(),
        };
        service.state().db.match_left_over(&origin).await.expect("matched");
        assert_eq!(desk.known("A").await["service"]["code"], "WEB");
        service.state().db.match_left_over(&origin).await.expect("nothing left");
        assert_eq!(batch_events(&service).await.len(), 2);
        service.stop().await;
    })
    .await;
}
