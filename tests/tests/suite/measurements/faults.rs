//! Lines that cannot be taken in, each with its own answer, and none in the way of the others.
use end_to_end::{Answer, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Desk, NDJSON, answered, batch_events, lines, outcomes, sent, with};

/// Malformed lines, each with the place and the code of its fault.
fn malformed(desk: &Desk) -> Vec<(Vec<u8>, &'static str, &'static str)> {
    let text = |text: &str, at, code| (text.as_bytes().to_vec(), at, code);
    let bad = |document: Value, at, code| (document.to_string().into_bytes(), at, code);
    let without = |mut document: Value, member: &str| {
        document.as_object_mut().expect("a document").remove(member);
        document
    };
    let outage = |members| desk.outage("X", members);
    let case = |members| desk.case("X", members);
    let sample = |members| desk.sample("X", members);
    let early = "2026-03-02T07:00:00Z";
    let on = |hour: u8| format!("2026-03-02T{hour:02}:00:00Z");
    vec![
        text("nope", "", "malformed"),
        text("{", "", "malformed"),
        text("{\"kind\": \"case\",}", "", "malformed"),
        text("{\"kind\": \"case\"} {}", "", "malformed"),
        text("{\"kind\": 'case'}", "", "malformed"),
        text(&"[".repeat(200), "", "malformed"),
        (b"{\"kind\": \"case\xff\"}".to_vec(), "", "encoding"),
        text(&format!("{{\"kind\": \"{}\"}}", "x".repeat(70_000)), "", "max_length"),
        text("[]", "", "type"),
        text("null", "", "type"),
        text("17", "", "type"),
        text("{}", "/kind", "required"),
        bad(outage(json!({"kind": "nap"})), "/kind", "unknown_value"),
        bad(outage(json!({"kind": 4})), "/kind", "type"),
        bad(without(outage(json!({})), "source"), "/source", "required"),
        bad(without(outage(json!({})), "sourceId"), "/sourceId", "required"),
        bad(without(outage(json!({})), "observedAt"), "/observedAt", "required"),
        bad(without(outage(json!({})), "service"), "/service", "required"),
        bad(without(outage(json!({})), "from"), "/from", "required"),
        bad(without(case(json!({})), "customer"), "/customer", "required"),
        bad(without(sample(json!({})), "metric"), "/metric", "required"),
        bad(outage(json!({"colour": "red"})), "/colour", "unknown"),
        bad(outage(json!({"opened": early})), "/opened", "unknown"),
        bad(outage(json!({"from": "2026-03-02"})), "/from", "format"),
        bad(outage(json!({"from": "2026-02-30T00:00:00Z"})), "/from", "format"),
        bad(outage(json!({"from": "2026-03-02T08:00:00"})), "/from", "format"),
        bad(outage(json!({"from": 1772438400})), "/from", "type"),
        bad(outage(json!({"planned": "no"})), "/planned", "type"),
        bad(outage(json!({"source": "Desk"})), "/source", "pattern"),
        bad(outage(json!({"source": "monitor"})), "/source", "system_not_bound"),
        bad(outage(json!({"sourceId": ""})), "/sourceId", "min_length"),
        bad(outage(json!({"sourceId": "x".repeat(201)})), "/sourceId", "max_length"),
        bad(outage(json!({"sourceId": "a\tb"})), "/sourceId", "pattern"),
        bad(outage(json!({"sourceVersion": -1})), "/sourceVersion", "minimum"),
        bad(outage(json!({"sourceVersion": 1.5})), "/sourceVersion", "type"),
        bad(outage(json!({"service": 7})), "/service", "type"),
        bad(outage(json!({"service": "mail"})), "/service", "format"),
        bad(
            outage(json!({"service": {"system": "desk"}})),
            "/service/id",
            "required",
        ),
        bad(
            outage(json!({"customers": vec![desk.world.bun.clone(); 201]})),
            "/customers",
            "max_items",
        ),
        bad(outage(json!({"to": early})), "/to", "time_order"),
        bad(
            outage(json!({"observedAt": "2999-01-01T00:00:00Z"})),
            "/observedAt",
            "time_order",
        ),
        bad(
            outage(json!({"updatedAt": "2999-01-01T00:00:00Z"})),
            "/updatedAt",
            "time_order",
        ),
        bad(case(json!({"resolved": early})), "/resolved", "time_order"),
        bad(case(json!({"responded": early})), "/responded", "time_order"),
        bad(
            case(json!({"pauses": [{"from": on(9), "to": on(8)}]})),
            "/pauses/0/to",
            "time_order",
        ),
        bad(case(json!({"pauses": [{"to": on(8)}]})), "/pauses/0/from", "required"),
        bad(
            case(json!({"reopenings": [{"resolved": on(10), "reopened": on(9)}]})),
            "/reopenings/0/reopened",
            "time_order",
        ),
        bad(
            case(json!({"priorityHistory": [{"priority": "3", "since": on(8)}]})),
            "/priority",
            "state",
        ),
        bad(case(json!({"priority": "x".repeat(61)})), "/priority", "max_length"),
        bad(sample(json!({"value": 0.42})), "/value", "type"),
        bad(sample(json!({"value": "0,42"})), "/value", "pattern"),
        bad(sample(json!({"value": "1e3"})), "/value", "pattern"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_malformed_line_has_its_own_answer_and_stops_no_other() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let malformed = malformed(&desk);
        assert!(malformed.len() >= 40);
        let mut body = vec![];
        for (n, (line, ..)) in malformed.iter().enumerate() {
            body.extend_from_slice(line);
            body.push(b'\n');
            body.extend(lines(&[desk.sample(&format!("S{n}"), json!({}))]));
        }
        let (told, summary) = sent(&desk.caller, "bad", body).await;
        assert_eq!(told.len(), 2 * malformed.len());
        for (n, (line, at, code)) in malformed.iter().enumerate() {
            let (bad, good) = (&told[2 * n], &told[2 * n + 1]);
            let line = String::from_utf8_lossy(&line[..line.len().min(200)]);
            assert_eq!(
                (&bad["line"], &bad["outcome"]),
                (&json!(2 * n + 1), &json!("rejected")),
                "{line}"
            );
            let errors = bad["errors"].as_array().expect("errors");
            let found = errors.iter().any(|e| e["pointer"] == *at && e["code"] == *code);
            assert!(found, "{line}: not {code} at {at:?} but {errors:#?}");
            assert!(
                errors.iter().all(|e| !e["detail"].as_str().expect("words").is_empty()),
                "{line}"
            );
            assert_eq!(good["outcome"], "accepted", "after {line}");
        }
        assert_eq!(summary["counts"]["rejected"], malformed.len());
        assert_eq!(desk.count().await, malformed.len() as u64);

        // All faults of a line are told at once.
        let line = desk.case(
            "X",
            json!({"resolved": "2026-03-02T07:00:00Z", "responded": "2026-03-02T07:00:00Z", "source": "monitor"}),
        );
        let (told, _) = sent(&desk.caller, "many", line.to_string()).await;
        assert_eq!(told[0]["errors"].as_array().expect("errors").len(), 3);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_come_in_every_dress() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let line = |id: &str| desk.sample(id, json!({})).to_string();
        let body = format!("\u{feff}{}\r\n\r\n  \n{}\n{}", line("A"), line("B"), line("C"));
        let (told, _) = sent(&desk.caller, "dress", body).await;
        assert_eq!(outcomes(&told), ["accepted"; 3]);
        let numbers: Vec<&Value> = told.iter().map(|line| &line["line"]).collect();
        assert_eq!(numbers, [1, 4, 5]);
        let (told, summary) = sent(&desk.caller, "empty", "").await;
        assert_eq!((told.len(), &summary["counts"]["accepted"]), (0, &json!(0)));

        // Compressed, and compressed but cut.
        let many: Vec<Value> = (0..2500).map(|n| desk.sample(&format!("Z{n}"), json!({}))).collect();
        let packed = gzip(&lines(&many));
        assert!(packed.len() < 100_000);
        let post = |batch: &str, body: Vec<u8>| {
            let request = desk
                .caller
                .request(Method::POST, &format!("/measurements?batch={batch}"));
            request
                .header(NDJSON.0, NDJSON.1)
                .header("content-encoding", "gzip")
                .body(body)
        };
        let cut = Answer::to("cut", post("cut", packed[..300].to_vec())).await;
        cut.refused(400, "malformed");
        let (told, summary) = answered(post("gzip", packed)).await;
        assert_eq!((told.len(), &summary["counts"]["accepted"]), (2500, &json!(2500)));
        let garbage = Answer::to("garbage", post("garbage", b"not gzip".to_vec())).await;
        garbage.refused(400, "malformed");
        let other = desk
            .caller
            .request(Method::POST, "/measurements?batch=x")
            .header("content-encoding", "rot13");
        Answer::to("rot13", other.header(NDJSON.0, NDJSON.1).body("x"))
            .await
            .refused(415, "unsupported_media_type");
        desk.caller
            .post("/measurements?batch=x", desk.sample("A", json!({})))
            .await
            .refused(415, "unsupported_media_type");
        desk.caller
            .send_bytes(Method::POST, "/measurements", &[NDJSON], vec![])
            .await
            .refused(400, "query");
        service.stop().await;
    })
    .await;
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let packed = std::process::Command::new("gzip")
        .arg("-c")
        .stdin(super::file(bytes))
        .output();
    packed.expect("gzip").stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_document_is_answered_to_whoever_asks_for_one() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let body = lines(&[
            desk.sample("A", json!({})),
            desk.sample("B", json!({"value": 1})),
            desk.sample("C", json!({"service": {"system": "desk", "id": "none"}})),
        ]);
        let headers = [NDJSON, ("accept", "application/json")];
        let path = "/measurements?batch=one";
        let report = desk
            .caller
            .send_bytes(Method::POST, path, &headers, body.clone())
            .await
            .expect(200)
            .body;
        assert_eq!(report["summary"]["counts"]["accepted"], 1);
        assert_eq!(
            outcomes(report["lines"].as_array().expect("lines")),
            ["rejected", "quarantined"]
        );
        assert_eq!(report["more"], 0);
        let headers = [NDJSON, ("accept", "application/x-ndjson")];
        desk.caller
            .send_bytes(Method::POST, path, &headers, body.clone())
            .await
            .expect(200);
        let headers = [NDJSON, ("accept", "text/csv")];
        desk.caller
            .send_bytes(Method::POST, path, &headers, body)
            .await
            .refused(406, "not_acceptable");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_atomic_batch_is_taken_in_whole_or_not_at_all() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let limited = json!({"name": "Bara BUN", "systems": ["desk"], "customers": [desk.world.bun]});
        let limited = super::client(&service, limited).await;
        let events = service.events().await;
        let good: Vec<Value> = (0..1500).map(|n| desk.sample(&format!("S{n}"), json!({}))).collect();
        let bad = [
            json!({}),
            with(desk.outage("X", json!({})), json!({"to": "2026-03-01T00:00:00Z"})),
        ];
        let post = async |caller: &end_to_end::Caller, body: Vec<u8>| {
            let path = "/measurements?batch=atomic&atomic=true";
            caller.send_bytes(Method::POST, path, &[NDJSON], body).await
        };
        let refused = post(&desk.caller, [lines(&good), lines(&bad)].concat())
            .await
            .refused(409, "lines");
        let pointers: Vec<&Value> = refused.body["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|e| &e["pointer"])
            .collect();
        assert_eq!(pointers, ["/1501/kind", "/1502/to"]);
        // A rule that shows only beside what is stored.
        let refused = post(
            &limited,
            lines(&[
                desk.case("B", json!({"customer": desk.world.bun})),
                desk.case("K", json!({})),
            ]),
        )
        .await;
        assert_eq!(
            refused.refused(409, "lines").body["errors"][0]["pointer"],
            "/2/customer"
        );
        assert_eq!(
            (desk.count().await, service.events().await),
            (0, events),
            "nothing was stored"
        );

        let done = post(&desk.caller, lines(&good)).await.expect(200);
        assert_eq!(done.body.as_str().expect("lines").lines().count(), 1501);
        assert_eq!((desk.count().await, batch_events(&service).await.len()), (1500, 1));
        let long = vec![b'\n'; 11 * 1024 * 1024];
        let answer = desk
            .caller
            .request(Method::POST, "/measurements?batch=long&atomic=true");
        let long = [lines(&[good[0].clone(); 1]).repeat(10_001), long].concat();
        Answer::to("long", answer.header(NDJSON.0, NDJSON.1).body(long))
            .await
            .refused(413, "too_large");
        service.stop().await;
    })
    .await;
}
