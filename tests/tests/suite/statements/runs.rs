//! A period proposed and closed for many agreements, each statement once, whatever ends the program meanwhile.
use std::time::Duration;

use domain::events::{Actor, ActorKind};
use end_to_end::on_each_database;
use serde_json::json;

use super::*;

/// Waits until a run has nothing left to do.
async fn done(caller: &Caller, run: &str) -> Value {
    for _ in 0..600 {
        let seen = caller.get(&format!("/statement-runs/{run}")).await.expect(200).body;
        if seen["waiting"] == 0 {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the run does not end");
}

async fn run(caller: &Caller, act: &str) -> Value {
    let body = json!({"act": act, "period": "2026-03"});
    let begun = caller.post("/statement-runs", body).await.expect(201);
    done(caller, &begun.id()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_proposed_and_closed_for_all_agreements_each_once() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let world = &stage.desk.world;
        let hr = stage.usual().await;
        let content = stage.content(vec![stage.availability()]);
        let klk = stage.agreed(&world.klk, &world.chief, "2020-01-01", content).await;
        let proposed = run(&world.dm, "proposal").await;
        assert_eq!(
            (&proposed["done"], &proposed["refused"]),
            (&json!(2), &json!(0)),
            "{proposed:#}"
        );
        // Closed too early, each says why.
        let early = run(&world.dm, "closing").await;
        assert_eq!((&early["done"], &early["refused"]), (&json!(0), &json!(2)));
        let named: Vec<&str> = early["refusals"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["agreement"]["id"].as_str().unwrap())
            .collect();
        assert!(named.contains(&hr.as_str()) && named.contains(&klk.as_str()));
        service.state().clock.advance(chrono::Duration::days(15));
        let dm = service.caller(api::identity::Kind::Person, &world.dm_id);
        // Two runs at once: every statement is closed once.
        let (first, second) = tokio::join!(run(&dm, "closing"), run(&dm, "closing"));
        assert_eq!((&first["refused"], &second["refused"]), (&json!(0), &json!(0)));
        let closed = dm
            .get("/service-level-statements?period=2026-03&state=closed")
            .await
            .expect(200);
        assert_eq!(closed.items().len(), 2);
        assert!(
            closed
                .items()
                .iter()
                .all(|statement| statement["figures"].is_null() && statement["revision"] == 1)
        );
        let events = service.auditor();
        let events = events
            .get("/events?type=kundansvar.service_level_statement.closed.v1")
            .await
            .expect(200);
        assert_eq!(events.items().len(), 2);
        // Whoever is delivery manager nowhere, runs nothing.
        world
            .brm
            .post("/statement-runs", json!({"act": "closing", "period": "2026-03"}))
            .await
            .expect(403);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn running_statements_are_opened_by_themselves() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        stage.usual().await;
        let state = service.state();
        let now = state.clock.now();
        let origin = persistence::store::Origin {
            actor: Actor {
                kind: ActorKind::Operator,
                id: "housekeeping".into(),
                acting_for: None,
            },
            request_id: "hourly".into(),
            now,
            today: state.settings.local_date(now),
        };
        for _ in 0..2 {
            persistence::service_levels::open_running(&state.db, &origin)
                .await
                .expect("opened");
        }
        let opened = stage.desk.world.dm.get("/service-level-statements").await.expect(200);
        // A month, and neither a quarter nor a year: it has no such targets.
        assert_eq!(opened.items().len(), 1);
        let period = state.settings.local_date(now).format("%Y-%m").to_string();
        assert_eq!(opened.items()[0]["period"], json!(period));
        service.stop().await;
    })
    .await;
}
