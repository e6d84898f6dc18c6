//! A period proposed and closed for many agreements, each statement once, whatever ends the program meanwhile.
use std::time::Duration;

use domain::{
    access::{OtherCustomers, Scope},
    events::{Actor, ActorKind},
    service_levels::{RunDeed, StatementRunInput},
};
use end_to_end::{on_each_database, world::measured};
use persistence::{UnitOfWork, service_levels, store::Origin};
use serde_json::json;

use super::*;
use crate::program::{Serving, program};

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
async fn what_was_refused_is_named_to_those_who_may_see_it() {
    for database in end_to_end::databases().await {
        let service = Service::start_with(database, |s| s.other_customers = OtherCustomers::None).await;
        let stage = Stage::set(&service).await;
        let world = &stage.desk.world;
        let agreement = stage.usual().await;
        let refused = run(&world.dm, "closing").await;
        assert_eq!(refused["refusals"][0]["agreement"]["id"], json!(agreement));
        let id = refused["id"].as_str().expect("an id");
        let elsewhere = done(&world.other_brm, id).await;
        assert_eq!((&elsewhere["refused"], &elsewhere["refusals"]), (&json!(1), &json!([])));
        service.stop().await;
    }
}

/// How many agreements the killed program closes a month for.
const MANY: usize = 16;

fn origin(service: &Service) -> Origin {
    let state = service.state();
    let now = state.clock.now();
    Origin {
        actor: Actor {
            kind: ActorKind::Operator,
            id: "housekeeping".into(),
            acting_for: None,
        },
        request_id: "test".into(),
        now,
        today: state.settings.local_date(now),
    }
}

/// Begins a run that nobody works on yet.
async fn begun(service: &Service, dm: &str) -> String {
    let told: StatementRunInput =
        serde_json::from_value(json!({"act": "proposal", "period": "2026-03"})).expect("a run");
    let by = json!({"party": "provider", "at": "2026-04-01T08:00:00Z",
        "by": {"kind": "person", "id": dm, "name": "Dan Leman"}});
    let by: RunDeed = serde_json::from_value(by).expect("a deed");
    let scope = Scope::unlimited("test");
    let db = &service.state().db;
    let origin = origin(service);
    let run = db.write(&origin, async |unit: &mut UnitOfWork| {
        service_levels::begin_run(unit, &scope, &told, by.clone()).await
    });
    let run: Result<_, persistence::Error> = run.await;
    run.expect("begun").id.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_killed_between_statements_does_each_once() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let world = &stage.desk.world;
        for n in 0..MANY {
            let body = json!({"code": format!("T{n}"), "name": format!("Tjänst {n}"), "metrics": measured()});
            let about = service.administrator().post("/services", body).await.expect(201).id();
            let body = json!({"kind": "sla", "customer": world.klk_hr, "evidence": "document", "draft": {
                "services": [about], "content": stage.content(vec![stage.answers()]),
                "terms": {"firstDay": "2020-01-01", "lastDay": "2090-12-31", "renewal": "none"}}});
            let agreement = world.brm.post("/agreements", body).await.expect(201).id();
            stage.approve(&agreement, 1, &world.decider).await;
            let sample = |id: usize| {
                let id = format!("S-{n}-{id}");
                stage
                    .desk
                    .sample(&id, json!({"service": about, "value": format!("0.{}", n + 10)}))
            };
            stage.desk.send(&(0..50).map(sample).collect::<Vec<_>>()).await;
        }
        let run = begun(&service, &world.dm_id).await;
        let path = format!("/statement-runs/{run}");
        let so_far = async || {
            world.dm.get(&path).await.expect(200).body["done"]
                .as_u64()
                .expect("a number")
        };
        for enough in [1, MANY as u64 / 2, MANY as u64] {
            let mut command = program_on(&service);
            let mut serving = tokio::task::spawn_blocking(move || Serving::start(&mut command))
                .await
                .expect("started");
            while so_far().await < enough {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            serving.process.kill().expect("killed");
            serving.process.wait().expect("gone");
        }
        let seen = world.dm.get(&path).await.expect(200).body;
        assert_eq!(
            (&seen["done"], &seen["waiting"], &seen["refused"]),
            (&json!(MANY), &json!(0), &json!(0))
        );
        let statements = world
            .dm
            .get("/service-level-statements?state=proposed&limit=200")
            .await
            .expect(200);
        assert_eq!(statements.items().len(), MANY);
        assert!(
            statements
                .items()
                .iter()
                .all(|statement| statement["version"] == 2 && statement["verdicts"]["met"] == 1)
        );
        let events = service.auditor();
        let proposed = "/events?type=kundansvar.service_level_statement.proposed.v1&limit=200";
        assert_eq!(events.get(proposed).await.expect(200).items().len(), MANY);
        service.stop().await;
    })
    .await;
}

/// The program itself, on the service's database.
fn program_on(service: &Service) -> std::process::Command {
    let settings = service.settings();
    let mut command = program();
    command.arg("--data-folder").arg(&settings.data_folder);
    if !settings.database_url.is_empty() {
        command.args(["--database-url", &settings.database_url]);
    }
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn running_statements_are_opened_by_themselves() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        stage.usual().await;
        let state = service.state();
        let now = state.clock.now();
        let origin = origin(&service);
        for _ in 0..2 {
            service_levels::open_running(&state.db, &origin).await.expect("opened");
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
