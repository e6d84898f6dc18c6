//! The evidence behind figures, as an auditor gets it.
use end_to_end::on_each_database;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::*;

async fn lines(caller: &Caller, path: &str) -> Vec<Value> {
    let answer = caller.request(Method::GET, path).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    let text = answer.text().await.expect("all of it");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line"))
        .collect()
}

fn names(lines: &[Value]) -> Vec<&str> {
    let mut names: Vec<&str> = lines
        .iter()
        .map(|line| line["sent"]["sourceId"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_the_measurements_behind_a_figure_as_they_stood() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let statement = stage.march(&agreement).await;
        let desk = &stage.desk;
        let mut told = vec![
            desk.outage("O-1", json!({"to": "2026-03-02T09:00:00Z"})),
            desk.outage(
                "O-2",
                json!({"from": "2026-04-02T08:00:00Z", "to": "2026-04-02T09:00:00Z",
                "observedAt": "2026-04-03T08:00:00Z"}),
            ),
            desk.case("C-1", json!({"resolved": "2026-03-02T11:00:00Z"})),
            desk.case(
                "C-2",
                json!({"resolved": "2026-03-02T11:00:00Z", "priority": "3 - Moderate"}),
            ),
        ];
        // More than one page of them.
        told.extend(
            (0..1500).map(|n| desk.sample(&format!("S-{n:04}"), json!({"value": format!("0.{}", n % 90 + 10)}))),
        );
        desk.send(&told).await;
        let dm = &desk.world.dm;
        let evidence = format!("{statement}/evidence");
        let open = lines(dm, &evidence).await;
        stage.through(&statement).await;
        // Corrected after the closing: the auditor sees what stood.
        desk.send(&[desk.case(
            "C-1",
            json!({"resolved": "2026-03-05T11:00:00Z", "observedAt": "2026-03-06T10:00:00Z",
                "service": desk.world.salary}),
        )])
        .await;
        let closed = lines(dm, &evidence).await;
        assert_eq!(closed.len(), 1502);
        assert_eq!(names(&open), names(&closed));
        let of = async |query: &str| lines(dm, &format!("{evidence}?{query}")).await;
        assert_eq!(names(&of("target=uptime").await), ["O-1"]);
        let cases = of("target=resolution&version=1").await;
        assert_eq!(names(&cases), ["C-1"]);
        assert_eq!(cases[0]["sent"]["resolved"], "2026-03-02T11:00:00Z");
        assert_eq!(cases[0]["service"], desk.world.mail);
        assert_eq!(of("target=answers").await.len(), 1500);
        assert!(of("target=answers&version=2").await.is_empty());
        // Each line's digest is of what was sent, and the statement's is of them all.
        let mut digests: Vec<Vec<u8>> = vec![];
        for line in &closed {
            let text = serde_json_canonicalizer::to_string(&line["sent"]).unwrap();
            let digest = Sha256::digest(text.as_bytes());
            assert_eq!(line["digest"], format!("{digest:x}"));
            digests.push(digest.to_vec());
        }
        digests.sort();
        let whole = Sha256::digest(digests.concat());
        let seen = dm.get(&statement).await.expect(200).body;
        assert_eq!(seen["figures"]["evidence"]["digest"], format!("{whole:x}"));
        assert_eq!(seen["figures"]["evidence"]["measurements"], 1502);
        service.stop().await;
    })
    .await;
}
