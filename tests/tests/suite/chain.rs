//! The chain: whatever is done to the log behind the service's back is found, with the first position that is wrong.
use domain::events::Link;
use end_to_end::{Database, Service, on_each_database};
use persistence::events::{Verdict, head, tamper, verify};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::{Value, json};

use crate::program::{run, said};

const TABLES: [&str; 3] = ["event", "event_personal", "event_head"];

/// Ten events, the first four of contacts.
async fn written(service: &Service) {
    let admin = service.administrator();
    for n in 0..3 {
        let body = json!({"code": format!("C{n}"), "name": "Kund", "legalEntity": {"name": "Bolag"}});
        let customer = admin.post("/customers", body).await.expect(201).id();
        let body = json!({"customer": customer, "name": format!("Karin {n}"), "email": "karin@example.se"});
        let contact = admin.post("/contacts", body).await.expect(201);
        let path = format!("/contacts/{}", contact.id());
        let body = json!({"name": format!("Karin Berg {n}")});
        admin.patch(&path, &contact.etag(), body).await.expect(200);
    }
}

struct Log<'a> {
    service: &'a Service,
    direct: DatabaseConnection,
}

impl<'a> Log<'a> {
    async fn of(service: &'a Service) -> Self {
        let direct = sea_orm::Database::connect(service.settings().database().url)
            .await
            .expect("the database");
        head(&service.state().db).await.expect("everything has its place");
        Self { service, direct }
    }

    async fn run(&self, sql: &str) {
        tamper(&self.service.state().db, sql)
            .await
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// The triggers go, as whoever owns the database can let them; a copy is kept of everything.
    async fn open(&self) {
        let triggers: &[&str] = match self.service.database {
            Database::Sqlite => &["event_is_never_updated", "event_is_never_deleted"],
            Database::Postgres(_) => &["event_is_never_changed on event"],
        };
        for trigger in triggers {
            self.run(&format!("drop trigger {trigger}")).await;
        }
        for table in TABLES {
            self.run(&format!("create table {table}_kept as select * from {table}"))
                .await;
        }
    }

    async fn mend(&self) {
        for table in TABLES {
            self.run(&format!("delete from {table}")).await;
            self.run(&format!("insert into {table} select * from {table}_kept"))
                .await;
        }
    }

    async fn head(&self) -> (i64, Link) {
        head(&self.service.state().db).await.expect("a head")
    }

    async fn verdict(&self, kept: Option<(i64, Link)>) -> Verdict {
        verify(&self.service.state().db, kept).await.expect("a verdict")
    }

    /// Bytes as this database writes them.
    fn bytes(&self, link: &Link) -> String {
        match self.service.database {
            Database::Sqlite => format!("x'{link}'"),
            Database::Postgres(_) => format!("'\\x{link}'::bytea"),
        }
    }

    async fn bodies(&self) -> Vec<String> {
        let all = Statement::from_string(
            self.direct.get_database_backend(),
            "select body from event order by position",
        );
        let rows = self.direct.query_all_raw(all).await.expect("rows");
        rows.iter().map(|row| row.try_get("", "body").expect("text")).collect()
    }

    /// Every link and the head anew, as whoever knows how the chain is made can do.
    async fn hash_anew(&self) {
        let mut link = Link::ORIGIN;
        let bodies = self.bodies().await;
        for (n, body) in bodies.iter().enumerate() {
            link = link.next(n as i64 + 1, body);
            let set = format!(
                "update event set link = {} where position = {}",
                self.bytes(&link),
                n + 1
            );
            self.run(&set).await;
        }
        let head = format!(
            "update event_head set position = {}, link = {}",
            bodies.len(),
            self.bytes(&link)
        );
        self.run(&head).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_to_the_log_is_found_where_it_begins() {
    on_each_database(async |service| {
        written(&service).await;
        let log = Log::of(&service).await;
        log.open().await;
        let (last, kept) = log.head().await;
        assert_eq!(last, 9);
        let sound = Verdict::Sound {
            position: last,
            link: kept.to_string(),
        };
        assert_eq!(log.verdict(Some((last, kept))).await, sound);

        let to_end = "position + 100 where position >= 4";
        let back = "position - 99 where position >= 100";
        let fresh = match service.database {
            Database::Sqlite => "randomblob(16)",
            Database::Postgres(_) => "gen_random_uuid()",
        };
        let copy = "insert into event select 4, link, ID, type, subject_kind, \
            subject_id, 77, customer_id, matter_id, actor_kind, actor_id, at, destination, feed_kind, body \
            from event where position = 3"
            .replace("ID", fresh);
        let before_all = copy.replace("select 4,", "select -1,").replace("position = 3", "position = 1");
        // What is done, and the first position that is wrong then.
        let deeds: &[(&str, &[&str], i64)] = &[
            ("a body altered", &["update event set body = replace(body, 'anna.admin', 'anna.adnim') where position = 5"], 5),
            ("a row removed", &["delete from event where position = 4"], 4),
            ("the first removed", &["delete from event where position = 1"], 1),
            ("two rows swapped", &[
                "update event set position = 100 where position = 6",
                "update event set position = 6 where position = 7",
                "update event set position = 7 where position = 100",
            ], 6),
            ("a row inserted", &[
                &format!("update event set position = {to_end}"),
                &copy,
                &format!("update event set position = {back}"),
                "update event_head set position = position + 1",
            ], 4),
            ("a row before the first", &[&before_all], 1),
            ("a row behind the head", &[&copy.replace("select 4,", "select 10,")], 10),
            ("an actor's copy altered", &["update event set actor_id = 'somebody' where position = 3"], 3),
            ("a customer's copy altered", &["update event set customer_id = null where position = 2"], 2),
            ("a time's copy altered", &["update event set at = (select max(at) from event) where position = 2"], 2),
            ("a type's copy altered", &["update event set type = 'kundansvar.contact.created.v1' where position = 3"], 3),
            ("a version's copy altered", &["update event set subject_version = 9 where position = 8"], 8),
            ("a matter's copy altered", &["update event set matter_id = id where position = 7"], 7),
            ("a feed's copy altered", &["update event set feed_kind = 'routed' where position = 7"], 7),
            ("a destination's copy altered", &["update event set destination = 'delivery' where position = 7"], 7),
            ("a copy made unreadable", &["update event set subject_kind = 'nonsense' where position = 6"], 6),
            ("a link altered", &[&format!("update event set link = {} where position = 9", log.bytes(&Link::ORIGIN))], 9),
            ("a personal value altered", &[
                "update event_personal set value = '\"Eve\"' where event_id = (select id from event where position = 5)",
            ], 5),
            ("a head moved back", &["update event_head set position = position - 1"], 9),
        ];
        for (deed, statements, first_wrong) in deeds {
            for sql in *statements {
                log.run(sql).await;
            }
            match log.verdict(None).await {
                Verdict::Broken { position, finding } => assert_eq!(position, *first_wrong, "{deed}: {finding}"),
                sound => panic!("{deed} was not found: {sound:?}"),
            }
            log.mend().await;
            assert_eq!(log.verdict(Some((last, kept))).await, sound, "mended after: {deed}");
        }

        // What nobody can find without a head that was kept outside.
        log.run("update event set body = replace(body, 'anna.admin', 'anna.adnim') where position = 5").await;
        log.run("update event set actor_id = 'anna.adnim' where position = 5").await;
        log.hash_anew().await;
        assert!(matches!(log.verdict(None).await, Verdict::Sound { position: 9, .. }));
        found(&log, kept, 9).await;
        log.mend().await;
        log.run("delete from event where position > 7").await;
        log.hash_anew().await;
        assert!(matches!(log.verdict(None).await, Verdict::Sound { position: 7, .. }));
        found(&log, kept, 8).await;
        log.mend().await;
        let told = run(&service, &["events", "verify", "--head", &format!("{last}:{kept}")]);
        assert_eq!(said(&told), format!("sound: 9 events, head 9:{kept}\n"));
        assert_eq!(told.status.code(), Some(0));
        service.stop().await;
    })
    .await;
}

/// With the kept head it is found, and the command says so.
async fn found(log: &Log<'_>, kept: Link, first_wrong: i64) {
    let verdict = log.verdict(Some((9, kept))).await;
    assert!(
        matches!(verdict, Verdict::Broken { position, .. } if position == first_wrong),
        "{verdict:?}"
    );
    let told = run(log.service, &["events", "verify", "--head", &format!("9:{kept}")]);
    assert_eq!(told.status.code(), Some(1), "{}", said(&told));
    assert!(
        said(&told).starts_with(&format!("broken at position {first_wrong}: ")),
        "{}",
        said(&told)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_refuses_to_be_changed() {
    on_each_database(async |service| {
        written(&service).await;
        let before = head(&service.state().db).await.expect("a head");
        for sql in [
            "update event set actor_id = 'somebody'",
            "update event set position = position + 100",
            "delete from event where position = 9",
            "delete from event",
        ] {
            let refused = tamper(&service.state().db, sql).await.expect_err(sql).to_string();
            assert!(refused.contains("events are never"), "{sql}: {refused}");
        }
        assert!(
            verify(&service.state().db, Some(before))
                .await
                .is_ok_and(|v| matches!(v, Verdict::Sound { .. }))
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_stands_outside_the_chain_and_can_go() {
    on_each_database(async |service| {
        let world = end_to_end::World::build(&service).await;
        let admin = service.administrator();
        let wish = world.wish("Zebrarubrik").await;
        let path = format!("/requests/{}", wish.id());
        let change = json!({"title": "Nyzebrarubrik", "description": "Zebraberättelse"});
        let wish = world.purchaser.patch(&path, &wish.etag(), change).await.expect(200);
        let comment = json!({"text": "Zebrakommentar", "visibility": "customer"});
        world.brm.post(&format!("{path}/comments"), comment).await.expect(201);
        let reason = json!({"ground": "out_of_scope", "reason": "Zebraskäl"});
        world.brm.act(&format!("{path}/dismissal"), &wish.etag(), reason).await.expect(200);
        let contact = json!({"customer": world.bun, "name": "Zebra Zebrasson", "email": "zebra@example.se", "phone": "070-99887766"});
        let contact = admin.post("/contacts", contact).await.expect(201);

        let bodies = Log::of(&service).await.bodies().await;
        for body in &bodies {
            let told = body.to_lowercase();
            let personal = ["zebra", "99887766", "karin kund", "bea.ram", "bea ram", "olle"];
            assert!(personal.iter().all(|word| !told.contains(word)), "{body}");
        }
        // Readers get the values as long as they are there.
        let about = format!("/events?subject={}", contact.id());
        let name = |page: &end_to_end::Answer| page.items()[0]["data"]["name"]["after"].clone();
        let told = name(&service.auditor().get(&about).await.expect(200));
        assert_eq!(told["value"], "Zebra Zebrasson");
        let forget = format!(
            "delete from event_personal where digest = '{}'",
            told["digest"].as_str().expect("a digest")
        );
        tamper(&service.state().db, &forget).await.expect("erased");
        let told = name(&service.auditor().get(&about).await.expect(200));
        assert!(told.get("value").is_none() && told["digest"].is_string(), "{told}");
        let verdict = verify(&service.state().db, None).await.expect("a verdict");
        assert!(matches!(verdict, Verdict::Sound { .. }), "{verdict:?}");
        let kept: Value = service.auditor().get("/event-head").await.expect(200).body;
        assert_eq!(kept["position"], bodies.len());
        service.stop().await;
    })
    .await;
}
