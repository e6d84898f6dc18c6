//! Proposed, accepted or objected to, closed for good, restated.
use end_to_end::on_each_database;
use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn closed_figures_stand_whatever_comes_later() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let statement = stage.march(&agreement).await;
        let desk = &stage.desk;
        let told = json!({"from": "2026-03-02T08:00:00Z", "to": "2026-03-02T09:00:00Z"});
        desk.send(&[desk.outage("O-1", told)]).await;
        let proposed = stage.propose(&statement).await.expect(200);
        assert_eq!(figure(&proposed.body, "uptime")["verdict"], "met");
        // Closing waits for the customer's word, or for the days to object.
        stage.close(&statement).await.refused(409, "objections");
        stage.accept(&statement).await.expect(200);
        let closed = stage.close(&statement).await.expect(200);
        assert_eq!(
            closed.body["verdicts"],
            json!({"met": 1, "missed": 0, "insufficientData": 2, "notApplicable": 0})
        );
        // More downtime, and a correction of what was told.
        let later = desk.outage(
            "O-2",
            json!({"from": "2026-03-03T08:00:00Z", "to": "2026-03-03T12:00:00Z",
            "observedAt": "2026-03-04T10:00:00Z"}),
        );
        let longer =
            json!({"from": "2026-03-02T08:00:00Z", "to": "2026-03-02T10:00:00Z", "observedAt": "2026-03-05T10:00:00Z"});
        desk.send(&[later, desk.outage("O-1", longer)]).await;
        let dm = &desk.world.dm;
        let still = dm.get(&statement).await.expect(200);
        assert_eq!(still.body, closed.body);
        let differs = dm.get(&format!("{statement}/difference")).await.expect(200).body;
        assert_eq!(
            (&differs["added"], &differs["corrected"], &differs["removed"]),
            (&json!(1), &json!(1), &json!(0))
        );
        assert_eq!(differs["figures"][0]["kept"]["verdict"], "met");
        assert_eq!(differs["figures"][0]["now"]["verdict"], "missed");
        stage.propose(&statement).await.refused(409, "state");

        // A restatement is a new revision; the one before stays as it was.
        let reason = Some(json!({"reason": "Två larm kom in i april."}));
        let restated = step(dm, &statement, "restatement", reason).await.expect(200);
        assert_eq!(
            (&restated.body["revision"], &restated.body["state"]),
            (&json!(2), &json!("proposed"))
        );
        assert_eq!(figure(&restated.body, "uptime")["verdict"], "missed");
        let first = dm.get(&format!("{statement}/revisions/1")).await.expect(200);
        assert_eq!(first.body, closed.body);
        stage.accept(&statement).await.expect(200);
        let second = stage.close(&statement).await.expect(200);
        assert_eq!(
            dm.get(&format!("{statement}/revisions/1")).await.expect(200).body,
            closed.body
        );
        assert_eq!(
            dm.get(&format!("{statement}/revisions/2")).await.expect(200).body,
            second.body
        );
        dm.get(&format!("{statement}/revisions/3")).await.expect(404);
        let same = dm.get(&format!("{statement}/difference")).await.expect(200).body;
        assert_eq!((&same["kept"], &same["figures"]), (&same["now"], &json!([])));
        // The target that was missed is an event of its own, told once.
        let events = service
            .auditor()
            .get("/events?type=kundansvar.missed_target.found.v1")
            .await
            .expect(200);
        assert_eq!(events.items().len(), 1, "{:#}", events.body);
        assert_eq!(events.items()[0]["data"]["target"]["after"]["target"], "uptime");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_objects_is_answered_and_the_days_run_out() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let statement = stage.march(&agreement).await;
        let world = &stage.desk.world;
        stage.propose(&statement).await.expect(200);
        let objection = |key: &str| Some(json!({"targets": [key], "reason": "Larmet saknas."}));
        step(&world.key_user, &statement, "objections", objection("uptime"))
            .await
            .refused(409, "exclusion_consent");
        let unknown = step(&world.decider, &statement, "objections", objection("nothing"))
            .await
            .refused(409, "unknown_reference");
        assert_eq!(unknown.body["errors"][0]["pointer"], "/targets/0");
        let objected = step(&world.purchaser, &statement, "objections", objection("uptime"))
            .await
            .expect(200);
        assert_eq!(objected.body["objections"][0]["party"], "customer");
        step(&world.decider, &statement, "objections", objection("answers"))
            .await
            .expect(200);
        let answer = Some(json!({"answer": "Larmet gällde en annan tjänst."}));
        step(&world.dm, &statement, "objections/1/answer", answer.clone())
            .await
            .expect(200);
        step(&world.dm, &statement, "objections/1/answer", answer)
            .await
            .refused(409, "state");
        // After ten days it is closed without acceptance, and the unanswered objection is printed in it.
        service.state().clock.advance(chrono::Duration::days(11));
        let dm = service.caller(api::identity::Kind::Person, &world.dm_id);
        let decider = service.caller(api::identity::Kind::Contact, &world.decider_id);
        step(&decider, &statement, "objections", objection("answers"))
            .await
            .refused(409, "objections");
        let closed = step(&dm, &statement, "closing", None).await.expect(200);
        let objections = closed.body["objections"].as_array().unwrap();
        assert!(objections[0]["answer"].is_object() && objections[1]["answer"].is_null());
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_proposed_is_what_was_read() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let statement = stage.march(&agreement).await;
        let dm = &stage.desk.world.dm;
        let seen = dm.get(&statement).await.expect(200).etag();
        let told = json!({"from": "2026-03-02T08:00:00Z", "to": "2026-03-02T09:00:00Z"});
        stage.desk.send(&[stage.desk.outage("O-1", told)]).await;
        // Evidence came in between.
        act(dm, &format!("{statement}/proposal"), &seen, None).await.expect(412);
        dm.send(Method::POST, &format!("{statement}/proposal"), &[], None)
            .await
            .expect(428);
        stage.propose(&statement).await.expect(200);
        // An acceptance of other figures is refused.
        let decider = &stage.desk.world.decider;
        let other = Some(json!({"digest": "0".repeat(64)}));
        let refused = step(decider, &statement, "acceptance", other)
            .await
            .refused(409, "objections");
        assert_eq!(refused.body["errors"][0]["pointer"], "/digest");
        service.stop().await;
    })
    .await;
}
