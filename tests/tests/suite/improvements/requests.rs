//! Requests that are routed to the register, and targets that were missed: both hear, or tell, of each other.
use super::*;
use crate::statements::Stage;

/// A wish of KLK-HR, routed to the register: its path, and the improvement's.
async fn routed(world: &World, title: &str) -> (String, String) {
    let wish = world.wish(title).await;
    let path = format!("/requests/{}", wish.id());
    let body = json!({"destination": "improvement"});
    let routed = world
        .brm
        .act(&format!("{path}/routing"), &wish.etag(), body)
        .await
        .expect(200);
    assert_eq!(
        (routed.text("status"), routed.body["handOver"]["state"].as_str()),
        ("routed".into(), Some("acknowledged"))
    );
    let found = world
        .dm
        .get(&format!("/improvements?request={}", wish.id()))
        .await
        .expect(200);
    let improvement = &found.items()[0];
    assert_eq!(
        improvement["number"], routed.body["handOver"]["acknowledgement"]["reference"],
        "linked one way"
    );
    assert_eq!(improvement["origin"]["request"]["id"], wish.id(), "and the other");
    (path, format!("/improvements/{}", improvement["id"].as_str().unwrap()))
}

async fn with_measure(world: &World, improvement: &str) {
    let etag = world.brm.get(improvement).await.etag();
    world
        .brm
        .patch(improvement, &etag, json!({"measure": measure()}))
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_hears_what_becomes_of_its_improvement() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let wish = world.wish("Kortare kö").await;
        let routing = format!("/requests/{}/routing", wish.id());
        let to_register = json!({"destination": "improvement"});
        world
            .dm
            .act(&routing, &wish.etag(), to_register)
            .await
            .refused(403, "not_permitted");
        let (request, improvement) = routed(&world, "Snabbare svar").await;
        let opened = world.brm.get(&improvement).await.expect(200);
        assert_eq!(opened.text("title"), "Snabbare svar");
        assert_eq!(
            (&opened.body["services"][0]["code"], &opened.body["owner"]["id"]),
            (&json!("MAIL"), &json!(world.brm_id))
        );
        with_measure(&world, &improvement).await;
        step(&world.dm, &improvement, "approval", Value::Null).await.expect(200);
        let heard = world.purchaser.get(&request).await.expect(200);
        let decision = &heard.body["handOver"]["decision"];
        assert_eq!(heard.text("status"), "accepted");
        assert_eq!(decision["plan"], format!("{}: Snabbare svar", opened.text("number")));
        assert_eq!(decision["plannedDay"], "2026-12-31");
        step(&world.dm, &improvement, "start", Value::Null).await.expect(200);
        step(&world.dm, &improvement, "implementation", json!({"day": "2026-01-20"}))
            .await
            .expect(200);
        measured(&world.dm, &improvement, "12", "2026-02-01").await.expect(201);
        let told = json!({"outcome": "achieved", "conclusion": "Svaren kommer samma dag."});
        step(&world.dm, &improvement, "verification", told).await.expect(200);
        assert_eq!(world.purchaser.get(&request).await.text("status"), "accepted");
        step(&world.dm, &improvement, "closing", Value::Null).await.expect(200);
        let heard = world.purchaser.get(&request).await.expect(200);
        assert_eq!(
            (heard.text("status"), &heard.body["handOver"]["fulfilment"]["note"]),
            ("fulfilled".into(), &json!("Svaren kommer samma dag."))
        );
        let timeline = world
            .purchaser
            .get(&format!("{request}/timeline?limit=100"))
            .await
            .expect(200);
        let acts: Vec<&str> = timeline.items().iter().map(|e| e["type"].as_str().unwrap()).collect();
        for act in ["routed", "acknowledged", "accepted", "fulfilled"] {
            assert!(
                acts.contains(&format!("kundansvar.hand_over.{act}.v1").as_str()),
                "{act}: {acts:#?}"
            );
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rejected_is_its_teams_again() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let (request, improvement) = routed(&world, "Snabbare svar").await;
        step(
            &world.brm,
            &improvement,
            "rejection",
            json!({"reason": "Ryms inte i år."}),
        )
        .await
        .expect(200);
        let heard = world.purchaser.get(&request).await.expect(200);
        assert_eq!(
            (heard.text("status"), &heard.body["handOver"]["decision"]["reason"]),
            ("declined".into(), &json!("Ryms inte i år."))
        );
        // Routed again, it is another entry.
        step(&world.brm, &request, "routing", json!({"destination": "improvement"}))
            .await
            .expect(200);
        let id = request.strip_prefix("/requests/").unwrap();
        let entries = world.brm.get(&format!("/improvements?request={id}")).await.expect(200);
        assert_eq!(entries.items().len(), 2);
        // What was accepted can still be declined.
        let (request, improvement) = routed(&world, "Senare öppet").await;
        step(&world.dm, &improvement, "approval", Value::Null).await.expect(200);
        step(&world.dm, &improvement, "start", Value::Null).await.expect(200);
        step(
            &world.dm,
            &improvement,
            "rejection",
            json!({"reason": "Ingen att anställa."}),
        )
        .await
        .expect(200);
        assert_eq!(world.purchaser.get(&request).await.text("status"), "declined");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_improvement_sees_that_its_request_is_gone() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let (request, improvement) = routed(&world, "Snabbare svar").await;
        let before = world.brm.get(&improvement).await;
        step(
            &world.purchaser,
            &request,
            "withdrawal",
            json!({"reason": "Löste sig."}),
        )
        .await
        .expect(200);
        let after = world.brm.get(&improvement).await.expect(200);
        assert!(after.body["origin"]["takenBackAt"].is_string() && before.body["origin"]["takenBackAt"].is_null());
        assert_ne!(after.etag(), before.etag(), "whoever had read it notices");
        // The team may go on with it; the request hears no more of it.
        step(&world.brm, &improvement, "approval", Value::Null)
            .await
            .expect(200);
        assert_eq!(world.brm.get(&request).await.text("status"), "withdrawn");

        let (request, improvement) = routed(&world, "Senare öppet").await;
        step(&world.brm, &request, "routing", json!({"destination": "strategy"}))
            .await
            .expect(200);
        assert!(world.brm.get(&improvement).await.body["origin"]["takenBackAt"].is_string());
        step(
            &world.brm,
            &improvement,
            "rejection",
            json!({"reason": "Tas om hand av strategi."}),
        )
        .await
        .expect(200);
        assert_eq!(world.brm.get(&request).await.text("status"), "routed");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_register_has_no_feed() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let (request, _) = routed(&world, "Snabbare svar").await;
        world.delivery.get("/feeds/improvement").await.refused(404, "not_found");
        service
            .auditor()
            .get("/feeds/improvement")
            .await
            .refused(404, "not_found");
        let hand_over = world.brm.get(&request).await.body["handOver"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        world.brm.get(&format!("/hand-overs/{hand_over}")).await.expect(200);
        let decision = json!({"outcome": "declined", "reason": "Nej.", "reference": "D-1"});
        let tool = &world.delivery;
        tool.post(&format!("/hand-overs/{hand_over}/decision"), decision)
            .await
            .refused(404, "not_found");
        service.stop().await;
    })
    .await;
}

/// Decided and withdrawn at once: whoever comes first, the two agree in the end, and nobody waits for the other forever.
#[tokio::test(flavor = "multi_thread")]
async fn decided_and_withdrawn_at_once() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        for n in 0..8 {
            let (request, improvement) = routed(&world, &format!("Ärende {n}")).await;
            let (etag, seen) = (
                world.brm.get(&request).await.etag(),
                world.brm.get(&improvement).await.etag(),
            );
            let (withdrawal, approval) = (format!("{request}/withdrawal"), format!("{improvement}/approval"));
            let (withdrawn, approved) = tokio::join!(
                world.purchaser.act(&withdrawal, &etag, json!({"reason": "Löste sig."})),
                world.brm.act(&approval, &seen, Value::Null),
            );
            let statuses = (withdrawn.status.as_u16(), approved.status.as_u16());
            assert!(
                matches!(statuses, (200, 412) | (412, 200)),
                "{statuses:?}: {:#} {:#}",
                withdrawn.body,
                approved.body
            );
            let (request, improvement) = (world.brm.get(&request).await, world.brm.get(&improvement).await);
            let read = (
                request.text("status"),
                improvement.text("status"),
                improvement.body["origin"]["takenBackAt"].is_string(),
            );
            let expected = match statuses {
                (200, _) => ("withdrawn".to_owned(), "identified".to_owned(), true),
                _ => ("accepted".to_owned(), "approved".to_owned(), false),
            };
            assert_eq!(read, expected);
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_target_leads_to_an_improvement() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let statement = stage.march(&agreement).await;
        let desk = &stage.desk;
        let outage = json!({"from": "2026-03-02T12:00:00Z", "to": "2026-03-02T15:00:00Z"});
        desk.send(&[desk.outage("O-1", outage)]).await;
        let world = &desk.world;
        let id = statement.rsplit('/').next().unwrap();
        let body = |target: &str, customers: &[&String]| {
            let mut body = input("Färre avbrott", customers);
            body["origin"] = json!({"kind": "missed_target", "statement": id, "target": target});
            body
        };
        let open = world
            .dm
            .post("/improvements", body("uptime", &[&world.klk_hr]))
            .await
            .refused(409, "state");
        assert_eq!(open.body["errors"][0]["pointer"], "/origin/statement");
        stage.propose(&statement).await.expect(200);
        let kept = world
            .dm
            .post("/improvements", body("answers", &[&world.klk_hr]))
            .await
            .refused(409, "state");
        assert_eq!(kept.body["errors"][0]["pointer"], "/origin/target");
        let others = world
            .owner
            .post("/improvements", body("uptime", &[&world.bun]))
            .await
            .refused(409, "state");
        assert_eq!(others.body["errors"][0]["pointer"], "/customers");
        let made = world
            .dm
            .post("/improvements", body("uptime", &[&world.klk_hr]))
            .await
            .expect(201);
        assert_eq!(
            (&made.body["origin"]["statement"], &made.body["origin"]["target"]),
            (&json!(id), &json!("uptime"))
        );
        let found = world
            .dm
            .get(&format!("/improvements?statement={id}&origin=missed_target"))
            .await
            .expect(200);
        assert_eq!(found.items().len(), 1);
        service.stop().await;
    })
    .await;
}
