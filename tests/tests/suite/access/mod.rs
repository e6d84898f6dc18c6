//! Who may do what: each operation of the document, by each kind of caller, with an own, a foreign and an unknown thing,
//! against a table that the service never reads (`permissions.csv`); and what may not be seen, everywhere (R20).
mod bodies;
mod persons;
mod scope;
mod table;
mod things;

use std::collections::BTreeSet;

use api::{http::document, program::Settings};
use end_to_end::{Answer, Caller, Service, databases};
use reqwest::Method;

use table::{NOBODY, Row};
use things::{Case, Operation, Place, Stage};

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let operations: BTreeSet<String> = operations().into_iter().map(|o| o.id).collect();
    let rows: Vec<String> = table::rows().into_iter().map(|r| r.operation).collect();
    let named: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(rows.len(), named.len(), "an operation stands twice in permissions.csv");
    assert_eq!(
        operations, named,
        "the document and permissions.csv name different operations"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_caller_may_what_the_table_says_and_nothing_else() {
    for database in databases().await {
        println!("on {database:?}");
        // Nobody listens there: what is ordered waits, and can be signed all the same.
        let nowhere = |settings: &mut Settings| {
            settings.signing_service_url = "http://127.0.0.1:9/".into();
            settings.mail_server_url = "smtp://127.0.0.1:9".into();
            settings.mail_from = "kundansvar@example.se".into();
        };
        let service = Service::start_with(database, nowhere).await;
        let stage = Stage::set(service).await;
        let rows = table::rows();
        let mut faults = vec![];
        for operation in operations() {
            let row = rows.iter().find(|row| row.operation == operation.id);
            let row = row.unwrap_or_else(|| panic!("{} has no row in permissions.csv", operation.id));
            for place in row.places() {
                walk(&stage, &operation, row, place, &mut faults).await;
            }
        }
        assert!(
            faults.is_empty(),
            "{} cells differ:\n{}",
            faults.len(),
            faults.join("\n")
        );
        stage.service.stop().await;
    }
}

/// One operation on one thing, by every kind of caller. A thing stays as it is until a caller may change it.
async fn walk(stage: &Stage, operation: &Operation, row: &Row, place: Place, faults: &mut Vec<String>) {
    let mut ready: Option<Case> = None;
    let mut events = stage.service.events().await;
    for (kind, expected) in row.cells(place) {
        let case = match ready.take() {
            Some(case) => case,
            None => {
                let case = stage.case(operation, place).await;
                events = stage.service.events().await;
                case
            }
        };
        let caller = stage.caller(kind, row, &case).await;
        let answer = sent(&caller, operation, &case).await;
        let left = stage.service.events().await - events;
        let as_told = match expected {
            "ok" => answer.status.is_success(),
            status => answer.status.as_str() == status && is_problem(&answer),
        };
        let changed_only_if_it_may = left == 0 || (expected == "ok" && operation.method != Method::GET);
        if !as_told || !changed_only_if_it_may {
            let told = answer.body["detail"].as_str().unwrap_or_default();
            faults.push(format!(
                "{} {place:?} by {kind}: {expected} was expected; {} {told} ({left} events)",
                operation.id, answer.status
            ));
        }
        if operation.method == Method::GET || !answer.status.is_success() {
            ready = Some(case);
        }
        assert!(kind != NOBODY || row.is_public() || answer.header("www-authenticate").starts_with("Bearer "));
    }
}

async fn sent(caller: &Caller, operation: &Operation, case: &Case) -> Answer {
    let headers = [("if-match", case.etag.as_str())];
    let headers = if operation.wants_match { &headers[..] } else { &[] };
    let method = operation.method.clone();
    if let Some(lines) = case.body.as_str() {
        let media = match operation.id.as_str() {
            "createMeasurements" | "createRatings" => "application/x-ndjson",
            _ => "text/csv",
        };
        let headers = [headers, &[("content-type", media)]].concat();
        return caller.send_bytes(method, &case.path, &headers, lines.into()).await;
    }
    let body = (!case.body.is_null()).then(|| case.body.clone());
    caller.send(method, &case.path, headers, body).await
}

/// Whether the answer is a problem document that speaks of its own status.
fn is_problem(answer: &Answer) -> bool {
    answer.header("content-type") == "application/problem+json"
        && answer.body["status"] == answer.status.as_u16()
        && ["type", "title", "code"]
            .iter()
            .all(|member| answer.body[member].is_string())
}

/// Everything that the document offers.
fn operations() -> Vec<Operation> {
    let document = document::committed().expect("the document");
    let mut all = vec![];
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let parameters = operation["parameters"].as_array();
            all.push(Operation {
                id: operation["operationId"].as_str().expect("an id").to_owned(),
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                wants_match: parameters.is_some_and(|all| all.iter().any(|p| p["name"] == "If-Match")),
            });
        }
    }
    all
}
