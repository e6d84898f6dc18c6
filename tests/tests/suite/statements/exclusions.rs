//! Exclusions: by consent, or on grounds that were agreed beforehand (R23).
use end_to_end::on_each_database;
use serde_json::json;

use super::*;

fn exclusion(agreement: &str, ground: &str) -> Value {
    json!({"agreement": agreement, "target": "uptime", "from": "2026-03-02T09:00:00Z", "to": "2026-03-02T12:00:00Z",
        "ground": ground, "reason": "Avgrävd fiber på kundens sida."})
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_consented_to_leaves_the_agreed_figure() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let statement = stage.march(&agreement).await;
        let world = &stage.desk.world;
        let told = json!({"from": "2026-03-02T09:00:00Z", "to": "2026-03-02T12:00:00Z"});
        stage.desk.send(&[stage.desk.outage("O-1", told)]).await;
        let body = exclusion(&agreement, "customer_caused");
        let proposed = world.dm.post("/exclusions", body).await.expect(201);
        assert_eq!(proposed.body["state"], "proposed");
        let now = async || world.dm.get(&statement).await.expect(200).body;
        assert_eq!(figure(&now().await, "uptime")["verdict"], "missed");
        let path = format!("/exclusions/{}", proposed.id());
        step(&world.dm, &path, "consent", None)
            .await
            .refused(409, "exclusion_consent");
        step(&world.key_user, &path, "consent", None)
            .await
            .refused(409, "exclusion_consent");
        let consented = step(&world.purchaser, &path, "consent", None).await.expect(200);
        assert_eq!(
            (&consented.body["state"], &consented.body["decision"]["party"]),
            (&json!("consented"), &json!("customer"))
        );
        step(&world.decider, &path, "refusal", Some(json!({"reason": "Nej."})))
            .await
            .refused(409, "state");
        let seen = now().await;
        let uptime = figure(&seen, "uptime");
        assert_eq!(
            (&uptime["verdict"], &uptime["agreed"]["value"]),
            (&json!("met"), &json!("100"))
        );
        let lost = uptime["raw"]["n"].as_i64().unwrap() - uptime["raw"]["k"].as_i64().unwrap();
        assert_eq!(lost, 3 * 3600, "the raw figure keeps everything");
        assert_eq!(uptime["excluded"][0]["exclusion"], json!(proposed.id()));
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_possible_until_the_statement_is_closed() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let statement = stage.march(&agreement).await;
        let world = &stage.desk.world;
        let ask = async || {
            let made = world
                .dm
                .post("/exclusions", exclusion(&agreement, "force_majeure"))
                .await;
            format!("/exclusions/{}", made.expect(201).id())
        };
        let (first, second) = (ask().await, ask().await);
        stage.propose(&statement).await.expect(200);
        stage.accept(&statement).await.expect(200);
        // Decided after the figures were proposed: they are proposed again, or it would be lost.
        step(&world.decider, &first, "consent", None).await.expect(200);
        stage.close(&statement).await.refused(409, "exclusion_consent");
        stage.propose(&statement).await.expect(200);
        stage.accept(&statement).await.expect(200);
        stage.close(&statement).await.expect(200);
        step(&world.decider, &second, "consent", None)
            .await
            .refused(409, "exclusion_consent");
        let late = world
            .dm
            .post("/exclusions", exclusion(&agreement, "planned_maintenance"))
            .await;
        late.refused(409, "exclusion_consent");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exclusion_names_what_is_agreed() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let world = &stage.desk.world;
        let agreed = world
            .dm
            .post("/exclusions", exclusion(&agreement, "planned_maintenance"))
            .await
            .expect(201);
        assert_eq!(agreed.body["state"], "pre_agreed");
        for (member, value, code) in [
            ("target", json!("nothing"), "unknown_reference"),
            ("service", json!(world.salary), "unknown_reference"),
            ("to", json!("2026-03-02T09:00:00Z"), "date_order"),
            ("from", json!("2019-03-02T09:00:00Z"), "state"),
        ] {
            let mut body = exclusion(&agreement, "force_majeure");
            body[member] = value;
            let refused = world.dm.post("/exclusions", body).await.refused(409, code);
            if code != "state" {
                assert_eq!(refused.body["errors"][0]["pointer"], format!("/{member}"));
            }
        }
        service.stop().await;
    })
    .await;
}
