//! The database goes away and comes back; it is restored from a backup; it moves to another server.
use std::time::{Duration, Instant};

use end_to_end::{Database, Service, World, database::Cluster, databases, on_each_database};
use persistence::events::{Verdict, tamper, verify};
use reqwest::StatusCode;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

fn cluster() -> Option<Cluster> {
    let cluster = Cluster::start();
    if cluster.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "no PostgreSQL binaries for a private cluster"
        );
        eprintln!("\n*** NOT COVERED: no PostgreSQL binaries to start a private cluster ***\n");
    }
    cluster
}

/// A service on a database of the cluster.
async fn service_on(cluster: &Cluster, database: &str) -> Service {
    let url = format!("{}/{database}", cluster.url());
    Service::start_with(Database::Sqlite, |settings| {
        settings.database_url = url;
        settings.database_wait_seconds = 1;
    })
    .await
}

async fn run(cluster: &Cluster, sql: &str) {
    let db = sea_orm::Database::connect(format!("{}/postgres", cluster.url()))
        .await
        .expect("the cluster");
    db.execute_unprepared(sql).await.expect(sql);
    db.close().await.expect("left");
}

async fn health(service: &Service, what: &str) -> StatusCode {
    let address = format!("http://{}/health/{what}", service.running.address);
    service.http.get(address).send().await.expect("an answer").status()
}

fn customer(code: &str) -> Value {
    json!({"code": code, "name": "Kund", "legalEntity": {"name": "Bolag"}})
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_the_service_says_so_and_goes_on_when_it_is_back() {
    let Some(cluster) = cluster() else { return };
    run(&cluster, "create database kundansvar").await;
    let service = service_on(&cluster, "kundansvar").await;
    let (admin, auditor) = (service.administrator(), service.auditor());
    let made = admin.post("/customers", customer("ETT")).await.expect(201);
    let path = format!("/customers/{}", made.id());
    assert_eq!(health(&service, "ready").await, 200);

    cluster.down();
    for round in 0..2 {
        let gone = Instant::now();
        let key = uuid::Uuid::new_v4().to_string();
        let headers = [("idempotency-key", key.as_str())];
        let (reading, listing, events, writing, keyed, ready) = tokio::join!(
            admin.get(&path),
            admin.get("/customers"),
            auditor.get("/events"),
            admin.patch(&path, "\"1\"", json!({"name": "Nytt namn"})),
            admin.send(reqwest::Method::POST, "/customers", &headers, Some(customer("TVA"))),
            health(&service, "ready"),
        );
        for answer in [reading, listing, events, writing, keyed] {
            let answer = answer.refused(503, "unavailable");
            assert_eq!(answer.header("retry-after"), "2");
        }
        assert_eq!(ready, 503);
        assert_eq!(health(&service, "live").await, 200);
        assert!(
            gone.elapsed() < Duration::from_secs(6),
            "round {round} took {:?}",
            gone.elapsed()
        );
    }

    cluster.up();
    assert_eq!(health(&service, "ready").await, 200);
    assert_eq!(admin.get(&path).await.expect(200).etag(), made.etag());
    admin
        .patch(&path, "\"1\"", json!({"name": "Nytt namn"}))
        .await
        .expect(200);
    admin.post("/customers", customer("TVA")).await.expect(201);
    assert_eq!(service.events().await, 3);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_restored_into_another_cluster_goes_on() {
    let Some(cluster) = cluster() else { return };
    let Some(postgres) = databases()
        .await
        .into_iter()
        .find(|d| matches!(d, Database::Postgres(_)))
    else {
        return;
    };
    let old = Service::start(postgres).await;
    World::build(&old).await;
    let half = old.auditor().get("/events?limit=7").await.expect(200);
    let cursor = format!("/events?limit=200&cursor={}", half.text("next"));
    let rest = old.auditor().get(&cursor).await.expect(200);
    let head = persistence::events::head(&old.state().db).await.expect("a head");
    // What has no place yet goes along.
    let late = old
        .administrator()
        .post("/customers", customer("SENT"))
        .await
        .expect(201);

    let dump = old.settings().data_folder.join("dump.sql").display().to_string();
    cluster.client(
        "pg_dump",
        &["--no-owner", "--file", &dump, &old.settings().database_url],
    );
    run(&cluster, "create database moved").await;
    let target = format!("{}/moved", cluster.url());
    cluster.client(
        "psql",
        &["--quiet", "--set", "ON_ERROR_STOP=1", "--file", &dump, &target],
    );

    let new = service_on(&cluster, "moved").await;
    let next = new.auditor().get(&cursor).await.expect(200);
    assert_eq!(next.items().len(), rest.items().len() + 1);
    assert_eq!(next.items()[..rest.items().len()], rest.items()[..]);
    assert_eq!(next.items().last().expect("one")["subject"]["id"], late.id());
    new.administrator()
        .post("/customers", customer("NYTT"))
        .await
        .expect(201);
    let at_end = format!("/events?cursor={}", next.text("next"));
    let newest = new.auditor().get(&at_end).await.expect(200);
    assert_eq!(newest.items().len(), 1);
    assert_eq!(newest.items()[0]["position"], head.0 + 2);
    let verdict = verify(&new.state().db, Some(head)).await.expect("a verdict");
    assert!(
        matches!(verdict, Verdict::Sound { position, .. } if position == head.0 + 2),
        "{verdict:?}"
    );
    new.stop().await;
    old.stop().await;
}

/// A copy of the database as it is now; its address.
async fn backup(service: &Service) -> String {
    let settings = service.settings();
    match &service.database {
        Database::Sqlite => {
            let copy = settings.data_folder.join("backup.db").display().to_string();
            tamper(&service.state().db, &format!("vacuum into '{copy}'"))
                .await
                .expect("a copy");
            format!("sqlite://{copy}")
        }
        Database::Postgres(server) => {
            let (_, name) = settings.database_url.rsplit_once('/').expect("a name");
            // A template may have no other connections; the service gets its own back by itself.
            server
                .run(&format!("alter database {name} allow_connections false"))
                .await;
            let others = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
            server.run(&others).await;
            server
                .run(&format!("create database {name}_backup template {name}"))
                .await;
            server
                .run(&format!("alter database {name} allow_connections true"))
                .await;
            // A connection that rested for a second is tried before it is used.
            tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
            format!("{}_backup", settings.database_url)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_ahead_of_a_restored_backup_is_told() {
    on_each_database(async |service| {
        let admin = service.administrator();
        for code in ["ETT", "TVA", "TRE"] {
            admin.post("/customers", customer(code)).await.expect(201);
        }
        let cursor = |page: &end_to_end::Answer| format!("/events?cursor={}", page.text("next"));
        let within = cursor(&service.auditor().get("/events?limit=2").await.expect(200));
        let url = backup(&service).await;
        admin.post("/customers", customer("FYRA")).await.expect(201);
        let ahead = cursor(&service.auditor().get("/events").await.expect(200));
        let feed_ahead = ahead.replace("/events", "/feeds/delivery");

        let restored = Service::start_with(Database::Sqlite, |settings| settings.database_url = url.clone()).await;
        let auditor = restored.auditor();
        assert_eq!(auditor.get(&within).await.expect(200).items().len(), 1);
        auditor.get(&ahead).await.refused(410, "cursor_gone");
        // Another event stands at that place now.
        restored
            .administrator()
            .post("/customers", customer("ANNAN"))
            .await
            .expect(201);
        assert_eq!(restored.events().await, 4);
        auditor.get(&ahead).await.refused(410, "cursor_gone");
        auditor
            .get("/events?cursor=00000000000000000000000000000001")
            .await
            .refused(410, "cursor_gone");
        auditor
            .get("/events?cursor=ffffffffffffffff0000000000000000")
            .await
            .refused(410, "cursor_gone");
        let body = json!({"name": "Leverans", "scopes": ["feed.delivery"], "systems": []});
        let client = restored.administrator().post("/clients", body).await.expect(201).id();
        let delivery = restored.caller_with(api::identity::Kind::Client, &client, "feed.delivery");
        delivery.get(&feed_ahead).await.refused(410, "cursor_gone");
        assert_eq!(auditor.get("/events").await.expect(200).items().len(), 5);
        restored.stop().await;
        if let Database::Postgres(server) = &service.database {
            let (_, name) = url.rsplit_once('/').expect("a name");
            server.run(&format!("drop database {name} with (force)")).await;
        }
        service.stop().await;
    })
    .await;
}
