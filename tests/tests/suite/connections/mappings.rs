//! Mappings that loop, explode, fail or return rubbish; and what they make, by its source's word.
use std::time::{Duration, Instant};

use end_to_end::{World, on_each_database};
use serde_json::json;

use super::*;

/// A program, and what is told of why it failed.
const FAULTY: [(&str, &str); 12] = [
    ("def f: f; f", "took longer"),
    ("[range(1e12)]", "memory|took longer"),
    ("def double: . + . | double; \"xxxxxxxx\" | double", "memory"),
    ("[limit(1e9; repeat(\"abcdefgh\"))]", "memory|took longer"),
    ("reduce range(1e7) as $i (.; [.])", "The mapping"),
    ("error(\"nej\")", "nej"),
    (".title + 1", "cannot"),
    ("range(1001) | {kind: \"wish\"}", "more than 1000"),
    ("{kind: \"wish\", title: (\"x\" * 2000000)}", "more than 1048576"),
    ("nan", "no object|no JSON"),
    ("\"text\", 7", "no object"),
    ("{(0): 1} | tojson, {a: .}", "The mapping"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_runs_away_ends_alone() {
    on_each_database(async |service| {
        let sender = Connected::new(&service, OWN).await;
        let path = format!("{}/test", sender.path);
        let admin = service.administrator();
        for (program, why) in FAULTY {
            let began = Instant::now();
            let content = json!({"title": "x"}).to_string();
            let tried = admin
                .post(&path, json!({"content": content, "mapping": program}))
                .await
                .expect(200);
            assert!(
                began.elapsed() < Duration::from_secs(10),
                "{program} took {:?}",
                began.elapsed()
            );
            assert_eq!(tried.body["outcome"], "failed", "{program}: {:#}", tried.body);
            let detail = tried.body["problem"]["detail"].as_str().expect("why");
            assert!(why.split('|').any(|why| detail.contains(why)), "{program}: {detail}");
        }
        // The service is none the worse.
        admin.get(&sender.path).await.expect(200);
        assert_eq!(sender.outcome(&service, &own(&[])).await, "ignored");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_loops_keeps_no_other_connection_waiting() {
    on_each_database(async |service| {
        let (looping, other) = (
            Connected::new(&service, "def f: f; f").await,
            Connected::new(&service, OWN).await,
        );
        let flood = async {
            let mut all = tokio::task::JoinSet::new();
            for n in 0..40 {
                let request = service.http.post(&looping.address).bearer_auth(&looping.secret);
                all.spawn(Answer::to("POST /inbound", request.body(json!({"n": n}).to_string())));
            }
            all.join_all().await
        };
        let beside = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let began = Instant::now();
            for _ in 0..3 {
                assert_eq!(other.outcome(&service, &own(&[])).await, "ignored");
            }
            began.elapsed()
        };
        let (flood, beside) = tokio::join!(flood, beside);
        assert!(beside < Duration::from_secs(8), "three documents took {beside:?}");
        let refused: Vec<_> = flood.iter().filter(|told| told.status == 503).collect();
        assert!(refused.len() >= 20, "{} had no place in the line", refused.len());
        assert!(refused.iter().all(|told| told.headers.contains_key("retry-after")));
        let kept = flood.iter().filter(|told| told.status == 202).count();
        assert!(kept > 0 && kept + refused.len() == 40, "{kept}");
        // Nothing is left standing in line.
        looping.tell(&service, "{}").await.expect(202);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_reaches_nothing_but_its_document() {
    on_each_database(async |service| {
        let sender = Connected::new(&service, OWN).await;
        let admin = service.administrator();
        let path = format!("{}/test", sender.path);
        for (program, place) in [
            ("env", "Line 1, column 1"),
            ("$ENV", "Line 1, column 1"),
            ("now", "Line 1, column 1"),
            ("{kind: \"wish\"} |\n  input", "Line 2, column 3"),
            ("import \"a\" as a; .", "Line 1"),
            ("halt", "Line 1"),
            ("debug", "Line 1"),
            ("{kind:", "Line 1"),
            ("{title: .titel | nosuch}", "Line 1, column 18"),
        ] {
            let tried = admin
                .post(&path, json!({"content": "{}", "mapping": program}))
                .await
                .expect(200);
            let detail = tried.body["problem"]["detail"].as_str().unwrap_or_default();
            assert!(detail.starts_with(place), "{program}: {:#}", tried.body);
            let etag = admin.get(&sender.path).await.etag();
            let refused = admin
                .patch(&sender.path, &etag, json!({"mapping": program}))
                .await
                .refused(409, "state");
            assert_eq!(refused.body["errors"][0]["pointer"], "/mapping", "{program}");
        }
        let body = json!({"name": "Trasig", "system": "desk", "client": sender.client, "mapping": "{",
            "authentication": {"method": "bearer"}});
        admin.post("/connections", body).await.refused(409, "state");
        let bare =
            json!({"name": "Tom", "system": "desk", "client": sender.client, "authentication": {"method": "bearer"}});
        let refused = admin.post("/connections", bare).await.refused(409, "state");
        assert_eq!(refused.body["errors"][0]["pointer"], "/mapping");
        let told = json!({"content": "{}", "mapping": "{kind: \"wish\", title: $system, description: $receivedAt}"});
        let tried = admin.post(&path, told).await.expect(200);
        assert_eq!(tried.body["output"][0]["title"], "desk");
        assert!(
            tried.body["output"][0]["description"]
                .as_str()
                .is_some_and(|time| time.ends_with('Z'))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_mapping_makes_is_checked_with_each_fault_at_its_place() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let sender = Connected::new(&service, OWN).await;
        let fine = wish(&world, "7", "Duger", None);
        let faulty = own(&[
            fine.clone(),
            json!({"kind": "wish", "customer": world.bun, "colour": "red"}),
            json!({"kind": "rating", "score": 5}),
            json!({"kind": "applause"}),
            json!({"kind": "outage", "source": "desk", "sourceId": "1"}),
            json!({"kind": "wish", "customer": world.bun, "title": "Utan namn där", "references": []}),
            json!({"kind": "wish", "customer": world.bun, "title": "T", "sourceVersion": "1"}),
        ]);
        let told = sender.tell(&service, faulty.to_string()).await.expect(202);
        let entry = sender.entry(&service, &told).await;
        let errors = entry["problem"]["errors"].as_array().expect("errors");
        let has = |pointer: &str, code: &str| errors.iter().any(|e| e["pointer"] == pointer && e["code"] == code);
        for (pointer, code) in [
            ("/1/colour", "unknown"),
            ("/1/title", "required"),
            ("/2/scale", "required"),
            ("/3/kind", "unknown_value"),
            ("/4/from", "required"),
            ("/5/references", "required"),
            ("/6/sourceVersion", "type"),
        ] {
            assert!(has(pointer, code), "{pointer} {code}: {entry:#}");
        }
        // All of it or nothing: also where the fault shows only as it is applied.
        let unknown = json!({"kind": "wish", "customer": uuid::Uuid::now_v7(), "title": "Okänd",
            "references": [{"system": "desk", "id": "8"}]});
        let told = sender
            .tell(&service, own(&[fine.clone(), unknown]).to_string())
            .await
            .expect(202);
        let entry = sender.entry(&service, &told).await;
        assert_eq!(entry["problem"]["errors"][0]["pointer"], "/1/customer", "{entry:#}");
        assert_eq!(how_many(&service, "/requests").await, 0);
        assert_eq!(sender.outcome(&service, &own(&[fine])).await, "applied");
        // Not JSON at all is kept and told too: the sender's template is what has to be mended.
        let told = sender
            .tell(&service, "{\"title\": \"a \"quote\" in it\"}")
            .await
            .expect(202);
        let entry = sender.entry(&service, &told).await;
        assert_eq!(
            (&entry["outcome"], &entry["problem"]["code"]),
            (&json!("failed"), &json!("unreadable"))
        );
        assert!(entry["content"].as_str().is_some_and(|text| text.contains("quote")));
        sender
            .tell(&service, b"{\"title\": \"\xff\0\"}".to_vec())
            .await
            .expect(202);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resent_or_reordered_document_changes_nothing() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let sender = Connected::new(&service, OWN).await;
        let of = |version, title: &str| own(&[wish(&world, "42", title, Some(version))]);
        for (version, title, outcome) in [
            (2, "Andra", "applied"),
            (1, "Första", "stale"),
            (2, "Andra", "duplicate"),
            (2, "Andra igen", "duplicate"),
            (3, "Tredje", "applied"),
            (4, "Tredje", "unchanged"),
            (3, "Tredje", "duplicate"),
        ] {
            assert_eq!(
                sender.outcome(&service, &of(version, title)).await,
                outcome,
                "{version} {title}"
            );
        }
        let stands = request(&service, "desk", "42").await.expect("a request");
        assert_eq!((&stands["title"], &stands["version"]), (&json!("Tredje"), &json!(2)));
        let timed = |second: u32, title: &str| {
            let mut wish = wish(&world, "43", title, None);
            wish["sourceTime"] = json!(format!("2026-03-02T08:00:{second:02}+01:00"));
            own(&[wish])
        };
        for (second, title, outcome) in [
            (20, "Senare", "applied"),
            (10, "Tidigare", "stale"),
            // One second may hold two changes: then the later arrival stands.
            (20, "Samma sekund", "applied"),
            (30, "Sist", "applied"),
        ] {
            assert_eq!(
                sender.outcome(&service, &timed(second, title)).await,
                outcome,
                "{second} {title}"
            );
        }
        // Without its source's word, other content is what it is now; the same is nothing new.
        let plain = |title: &str| own(&[wish(&world, "44", title, None)]);
        for (title, outcome) in [("Ett", "applied"), ("Två", "applied"), ("Ett", "duplicate")] {
            assert_eq!(sender.outcome(&service, &plain(title)).await, outcome, "{title}");
        }
        assert_eq!(how_many(&service, "/requests").await, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_one_thing_at_once_leave_one_state() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let one = Connected::new(&service, OWN).await;
        let other = Connected::new(&service, OWN).await;
        let tell = async |sender: &Connected, version: i64, title: &str| {
            sender
                .outcome(&service, &own(&[wish(&world, "99", title, Some(version))]))
                .await
        };
        let outcomes = tokio::join!(
            tell(&one, 1, "Ett"),
            tell(&one, 2, "Två"),
            tell(&one, 3, "Tre"),
            tell(&one, 3, "Tre"),
            tell(&other, 2, "Två"),
            tell(&other, 3, "Tre"),
            tell(&other, 1, "Ett"),
        );
        let outcomes = [
            outcomes.0, outcomes.1, outcomes.2, outcomes.3, outcomes.4, outcomes.5, outcomes.6,
        ];
        assert!(!outcomes.iter().any(|outcome| outcome == "failed"), "{outcomes:?}");
        let stands = request(&service, "desk", "99").await.expect("a request");
        assert_eq!(stands["title"], "Tre", "{outcomes:?}");
        assert_eq!(how_many(&service, "/requests").await, 1);
        let applied = outcomes.iter().filter(|outcome| *outcome == "applied").count() as i64;
        assert_eq!(stands["version"], applied, "{outcomes:?}");
    })
    .await;
}
