//! Statements on paper: the same figures as page, PDF and table.
use end_to_end::on_each_database;
use serde_json::json;

use super::*;

async fn fetched(caller: &Caller, path: &str) -> (String, Vec<u8>) {
    let answer = caller.request(Method::GET, path).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    let media = answer.headers()["content-type"].to_str().expect("text").to_owned();
    (media, answer.bytes().await.expect("all of it").to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_statement_is_a_page_a_pdf_and_a_table() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let desk = &stage.desk;
        // February is closed, so that March has something before it.
        let february = stage.open(&agreement, "2026-02").await.expect(201);
        stage
            .through(&format!("/service-level-statements/{}", february.id()))
            .await;
        let statement = stage.march(&agreement).await;
        desk.send(&[
            desk.outage(
                "O-1",
                json!({"from": "2026-03-02T12:00:00Z", "to": "2026-03-02T15:00:00Z"}),
            ),
            desk.case("C-1", json!({"resolved": "2026-03-02T11:00:00Z"})),
            desk.sample("S-1", json!({"value": "0.4"})),
        ])
        .await;
        stage.propose(&statement).await.expect(200);
        let objection = Some(json!({"targets": ["uptime"], "reason": "Larmet var falskt."}));
        step(&desk.world.decider, &statement, "objections", objection)
            .await
            .expect(200);
        stage.accept(&statement).await.expect(200);
        stage.close(&statement).await.expect(200);
        let dm = &desk.world.dm;
        let (media, page) = fetched(dm, &format!("{statement}/document?format=html&language=sv")).await;
        assert_eq!(media, "text/html; charset=utf-8");
        let page = String::from_utf8(page)
            .expect("text")
            .replace(['\u{a0}', '\u{202f}'], " ");
        for told in [
            "Redovisning av servicenivåer mars 2026",
            "1 mål missat",
            "Minst 99 % tillgänglighet per månad, vardagar 08–17",
            "98,484848 %",
            "702 000 av 712 800 s",
            "För lite underlag",
            "Larmet var falskt.",
            "Obesvarad",
            "Karin Kund",
            "2026-02",
        ] {
            assert!(page.contains(told), "{told} is missing in {page}");
        }
        let (_, english) = fetched(dm, &format!("{statement}/document?format=html&language=en")).await;
        let english = String::from_utf8(english).expect("text");
        assert!(english.contains("Service level statement March 2026") && english.contains("lang=\"en\""));
        let (media, pdf) = fetched(dm, &format!("{statement}/document?format=pdf")).await;
        assert!(media == "application/pdf" && pdf.starts_with(b"%PDF-"));
        let again = fetched(dm, &format!("{statement}/document?format=pdf")).await.1;
        assert!(pdf == again, "what is closed is the same document each time");
        let (media, table) = fetched(dm, &format!("{statement}/figures")).await;
        assert_eq!(media, "text/csv; charset=utf-8");
        let mut table = csv::Reader::from_reader(&table[..]);
        let head = table.headers().expect("a head").clone();
        let rows: Vec<csv::StringRecord> = table.records().map(|row| row.expect("a row")).collect();
        let cell = |row: &csv::StringRecord, name: &str| {
            let at = head.iter().position(|column| column == name).expect("a column");
            row[at].to_owned()
        };
        assert_eq!(rows.len(), 3);
        assert_eq!(
            (cell(&rows[0], "target"), cell(&rows[0], "verdict")),
            ("uptime".into(), "missed".into())
        );
        assert_eq!(
            (cell(&rows[0], "value"), cell(&rows[0], "k")),
            ("98.484848".into(), "702000".into())
        );
        service.stop().await;
    })
    .await;
}
