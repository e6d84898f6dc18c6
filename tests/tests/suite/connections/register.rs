//! Connections are made and changed as all else is, and tell their secret once.
use end_to_end::on_each_database;
use reqwest::Method;
use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_made_once_and_tells_its_secret_once() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let client = client(&admin, "zammad", None).await;
        let body = json!({"name": "Zammad", "system": "zammad", "client": client, "preset": "zammad",
            "authentication": {"method": "bearer"}});
        let key = uuid::Uuid::now_v7().to_string();
        let made = async || {
            let headers = [("idempotency-key", key.as_str())];
            admin
                .send(Method::POST, "/connections", &headers, Some(body.clone()))
                .await
                .expect(201)
        };
        let (first, again) = (made().await, made().await);
        assert_eq!((first.id(), again.body.get("secret")), (again.id(), None));
        assert!(first.text("secret").len() >= 43 && first.text("mapping").contains("Zammad"));
        let path = format!("/connections/{}", first.id());
        assert_eq!(first.header("location"), format!("/kundansvar/v1{path}"));
        assert_eq!(first.body["client"]["id"], client.as_str());
        admin
            .post("/connections", body.clone())
            .await
            .refused(409, "not_unique");

        // What was read is what is changed: a second change by the same sight of it is refused.
        let changed = admin
            .patch(&path, &first.etag(), json!({"name": "Zammad skola"}))
            .await
            .expect(200);
        assert_eq!(
            (&changed.body["active"], changed.body.get("secret")),
            (&json!(true), None)
        );
        admin
            .patch(&path, &first.etag(), json!({"name": "Annat"}))
            .await
            .expect(412);
        admin
            .patch(&path, &changed.etag(), json!({"mapping": ".", "colour": 1}))
            .await
            .refused(422, "unknown");
        for (told, pointer) in [
            (json!({"method": "hmac"}), "/authentication/signature"),
            (json!({"method": "basic"}), "/authentication/user"),
            (json!({"method": "network"}), "/authentication/networks"),
            (json!({"networks": ["10.0.0.0/99"]}), "/authentication/networks/0"),
        ] {
            let told = json!({"authentication": told});
            let refused = admin.patch(&path, &changed.etag(), told).await.refused(409, "state");
            assert_eq!(refused.body["errors"][0]["pointer"], pointer);
        }
        let mut odd = body.clone();
        odd["preset"] = json!("nosuch");
        let refused = admin.post("/connections", odd).await.refused(409, "unknown_reference");
        assert_eq!(refused.body["errors"][0]["pointer"], "/preset");
        let mut odd = body.clone();
        odd["secret"] = json!("too-short");
        admin.post("/connections", odd).await.refused(422, "min_length");

        // A network has no secret to rotate; and each change stands in the log of events, by name.
        let network = json!({"authentication": {"method": "network", "networks": ["10.0.0.0/8"]}});
        let changed = admin.patch(&path, &changed.etag(), network).await.expect(200);
        let secret = format!("{path}/secret");
        admin
            .act(&secret, &changed.etag(), json!({}))
            .await
            .refused(409, "state");
        assert_eq!(admin.get("/connections").await.expect(200).items().len(), 1);
        let events = service.auditor().get("/events?limit=200").await.expect(200);
        let told = events
            .items()
            .iter()
            .filter(|event| event["subject"]["id"] == first.id().as_str());
        let told: Vec<&str> = told.filter_map(|event| event["type"].as_str()).collect();
        let changed = "kundansvar.connection.changed.v1";
        assert_eq!(told, ["kundansvar.connection.created.v1", changed, changed]);
    })
    .await;
}
