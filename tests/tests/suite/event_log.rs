//! The log's one order: 16 writers, some of them slow or given up, two readers from cursors, the ordering step killed.
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::{SubsecRound, Utc};
use domain::{
    access::{Caller as As, OtherCustomers, Permission, Scope},
    events::{Actor, ActorKind},
    vocabulary::CustomerId,
};
use end_to_end::{Database, Service, databases, on_each_database, size};
use persistence::{Db, Error, UnitOfWork, customers, store::Origin};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::{Value, json};
use tokio::{
    task::{JoinSet, LocalSet},
    time::timeout,
};

const WRITERS: usize = 16;
const HELD: Duration = Duration::from_millis(50);
/// Events of one unit of work, each about another thing.
const EACH: usize = 4;

fn everything() -> Scope {
    let administrator = As::Administrator {
        subject: "anna.admin".into(),
    };
    let permission = Permission::of("changeCustomer").expect("an operation");
    permission
        .scope(&administrator, OtherCustomers::All)
        .expect("administrators may")
}

fn origin(request_id: String) -> Origin {
    let actor = Actor {
        kind: ActorKind::Administrator,
        id: "anna.admin".into(),
        acting_for: None,
    };
    Origin {
        actor,
        request_id,
        // As the service's clock cuts it.
        now: Utc::now().trunc_subsecs(6),
        today: Utc::now().date_naive(),
    }
}

/// Changes some customers in one unit of work and keeps it open behind its events.
async fn change(db: &Db, unit: usize, subjects: &[CustomerId], held: Duration) -> Result<(), Error> {
    db.write(&origin(format!("unit-{unit}")), async |work: &mut UnitOfWork| {
        for id in subjects {
            let before = customers::load(work, &everything(), *id).await?;
            let mut after = before.clone();
            after.version += 1;
            after.name = format!("Kund av {unit}").parse().expect("a name");
            customers::update(work, &before, &after, None).await?;
        }
        work.write_events().await?;
        tokio::time::sleep(held).await;
        Ok(())
    })
    .await
}

/// Some of them, in the order of their ids; others for each unit of work.
fn some(subjects: &[CustomerId], unit: usize) -> Vec<CustomerId> {
    let mut chosen: Vec<_> = (0..EACH)
        .map(|n| subjects[(unit * 7 + n * 11) % subjects.len()])
        .collect();
    chosen.sort();
    chosen
}

/// Reads from cursor to cursor until everything is written and read.
async fn read_all(auditor: end_to_end::Caller, written: Arc<AtomicUsize>) -> Vec<Value> {
    let (mut seen, mut cursor) = (vec![], String::new());
    loop {
        let all_written = written.load(Ordering::SeqCst) == usize::MAX;
        let page = auditor.get(&format!("/events?limit=200{cursor}")).await;
        // With so many writers a reader may be asked to come back; it must lose nothing by it.
        if page.status == 503 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        }
        let page = page.expect(200);
        seen.extend(page.items().iter().cloned());
        cursor = format!("&cursor={}", page.text("next"));
        if all_written && page.items().is_empty() {
            return seen;
        }
    }
}

/// Kills the ordering step again and again: its task is dropped, or its connection is terminated under it.
async fn kill_ordering(service: &Service, admin: DatabaseConnection, written: Arc<AtomicUsize>) -> usize {
    let mut settings = service.settings().database();
    settings.url += "?application_name=ordering";
    settings.connections = 2;
    let db = Db::connect(&settings).await.expect("the database");
    let mut killed = 0;
    while written.load(Ordering::SeqCst) != usize::MAX {
        let patience = Duration::from_micros(u64::from(uuid::Uuid::new_v4().as_bytes()[0]) * 40);
        match killed % 2 {
            0 => killed += usize::from(timeout(patience, db.order_events()).await.is_err()),
            _ => {
                let step = tokio::spawn({
                    let db = db.clone();
                    async move { db.order_events().await }
                });
                tokio::time::sleep(patience).await;
                let kill = "select pg_terminate_backend(pid) from pg_stat_activity \
                    where application_name = 'ordering' and state <> 'idle'";
                admin.execute_unprepared(kill).await.expect("it may");
                killed += usize::from(step.await.expect("no panic").is_err());
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    killed
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reader_sees_every_event_once_in_one_order() {
    on_each_database(async |service| {
        let total = size("END_TO_END_EVENTS", 1_200);
        let admin = service.administrator();
        let mut subjects: Vec<CustomerId> = vec![];
        for n in 0..40 {
            let body = json!({"code": format!("C{n}"), "name": "Kund", "legalEntity": {"name": "Bolag"}});
            subjects.push(
                admin
                    .post("/customers", body)
                    .await
                    .expect(201)
                    .id()
                    .parse()
                    .expect("an id"),
            );
        }
        // Counts the units of work that have been begun; the largest number means that all have ended.
        let written = Arc::new(AtomicUsize::new(0));
        let readers: Vec<_> = (0..2)
            .map(|_| tokio::spawn(read_all(service.auditor(), written.clone())))
            .collect();
        let begun = Arc::new(AtomicUsize::new(0));
        // A unit of work stays on its thread, as it does in the server.
        let (local, mut writers) = (LocalSet::new(), JoinSet::new());
        for writer in 0..WRITERS {
            let (db, subjects, begun) = (service.state().db.clone(), subjects.clone(), begun.clone());
            let write = async move {
                let (mut done, mut given_up) = (vec![], vec![]);
                loop {
                    let unit = begun.fetch_add(1, Ordering::SeqCst);
                    if unit * EACH >= total {
                        return (done, given_up);
                    }
                    let held = if writer % 4 == 0 { HELD } else { Duration::ZERO };
                    let subjects = some(&subjects, unit);
                    let work = change(&db, unit, &subjects, held);
                    // One in sixteen is given up half-way; whether it was done is then open.
                    let patience = Duration::from_millis(if unit % 16 == 5 { unit as u64 % 30 } else { 60_000 });
                    match timeout(patience, work).await {
                        Ok(Ok(())) => done.push(unit),
                        Ok(Err(Error::Unavailable(_))) | Err(_) => given_up.push(unit),
                        Ok(Err(e)) => panic!("{e}"),
                    }
                }
            };
            writers.spawn_local_on(write, &local);
        }
        let all_ended = local.run_until(async {
            let ended = writers.join_all().await;
            written.store(usize::MAX, Ordering::SeqCst);
            ended
        });
        let ended = match &service.database {
            Database::Sqlite => all_ended.await,
            Database::Postgres(_) => {
                let admin = sea_orm::Database::connect(service.settings().database_url)
                    .await
                    .expect("it");
                let (ended, killed) = tokio::join!(all_ended, kill_ordering(&service, admin, written.clone()));
                println!("the ordering step was killed {killed} times");
                assert!(killed > 3, "the step was killed {killed} times only");
                ended
            }
        };
        let done: HashSet<usize> = ended.iter().flat_map(|(done, _)| done.clone()).collect();
        let given_up: HashSet<usize> = ended.iter().flat_map(|(_, given_up)| given_up.clone()).collect();
        assert!(
            done.len() > total / EACH / 2,
            "{} of {} were done",
            done.len(),
            total / EACH
        );
        let mut logs = vec![];
        for reader in readers {
            logs.push(reader.await.expect("a reader"));
        }
        assert!(logs[0] == logs[1], "the readers saw different orders");
        in_order_and_whole(&logs[0], &done, &given_up);
        assert_eq!(logs[0].len() as i64, service.events().await);
        let verdict = persistence::events::verify(&service.state().db, None)
            .await
            .expect("a verdict");
        assert!(
            matches!(verdict, persistence::events::Verdict::Sound { .. }),
            "{verdict:?}"
        );
        service.stop().await;
    })
    .await;
}

/// Positions without gaps, each subject's versions in order, each unit of work whole or not there.
fn in_order_and_whole(log: &[Value], done: &HashSet<usize>, given_up: &HashSet<usize>) {
    let mut versions: HashMap<&str, i64> = HashMap::new();
    let mut events: HashMap<usize, usize> = HashMap::new();
    for (n, event) in log.iter().enumerate() {
        assert_eq!(event["position"], n + 1, "a gap, or one twice");
        let subject = event["subject"]["id"].as_str().expect("an id");
        let last = versions.entry(subject).or_default();
        *last += 1;
        assert_eq!(event["subject"]["version"], *last, "{subject} is out of order");
        let unit = event["requestId"]
            .as_str()
            .and_then(|id| id.strip_prefix("unit-")?.parse().ok());
        *events.entry(unit.unwrap_or(usize::MAX)).or_default() += 1;
    }
    for unit in done {
        assert_eq!(events.get(unit), Some(&EACH), "unit of work {unit} is lost or doubled");
    }
    for unit in given_up {
        assert!(
            matches!(events.get(unit), None | Some(&EACH)),
            "half of unit of work {unit}"
        );
    }
}

/// Why there is an ordering step: the same writers and reader with nothing but a sequence miss events.
#[tokio::test(flavor = "multi_thread")]
async fn a_bare_sequence_would_lose_events() {
    for database in databases().await {
        if matches!(database, Database::Sqlite) {
            // One writer at a time: its sequence is in the order of the commits.
            continue;
        }
        let service = Service::start(database).await;
        let db = sea_orm::Database::connect(service.settings().database_url)
            .await
            .expect("the database");
        let table = "create table bare (key bigint generated always as identity primary key, unit int not null)";
        db.execute_unprepared(table).await.expect("a table");
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let db = db.clone();
            writers.spawn(async move {
                for unit in 0..10 {
                    let insert = format!("insert into bare (unit) values ({unit})");
                    // The statement and the wait are one transaction.
                    let hold = if writer % 4 == 0 {
                        "select pg_sleep(0.05)"
                    } else {
                        "select 1"
                    };
                    db.execute_unprepared(&format!("begin; {insert}; {hold}; commit"))
                        .await
                        .expect("written");
                }
            });
        }
        let reading = async {
            let (mut seen, mut last) = (0, 0_i64);
            loop {
                let all_written = writers.is_empty();
                let next = format!("select key from bare where key > {last} order by key");
                let next = Statement::from_string(sea_orm::DbBackend::Postgres, next);
                let rows = db.query_all_raw(next).await.expect("rows");
                seen += rows.len();
                last = rows.last().map_or(last, |row| row.try_get("", "key").expect("a key"));
                if all_written && rows.is_empty() {
                    return seen;
                }
                while let Some(ended) = writers.try_join_next() {
                    ended.expect("a writer");
                }
            }
        };
        let seen = reading.await;
        assert!(
            seen < WRITERS * 10,
            "a bare sequence lost nothing, so the order test proves nothing"
        );
        println!("a bare sequence: {seen} of {} seen", WRITERS * 10);
        service.stop().await;
    }
}
