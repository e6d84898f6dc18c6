//! Cut off or killed in the middle: what was answered is there, and nothing is there twice.
use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    thread::JoinHandle,
};

use end_to_end::{Service, on_each_database};
use serde_json::{Value, json};

use super::{Desk, batch_events, lines, sent};
use crate::program::{Serving, program};

const LINES: usize = 5000;

fn batch(desk: &Desk) -> Vec<Value> {
    // Each case twice, the second time with more: what is killed in between must stand as the newer one.
    let case = |n: usize| match n % 2 {
        0 => desk.case(&format!("C{n}"), json!({"sourceVersion": 1})),
        _ => desk.case(
            &format!("C{}", n - 1),
            json!({"sourceVersion": 2, "resolved": "2026-03-02T09:00:00Z"}),
        ),
    };
    (0..LINES).map(case).collect()
}

/// Sends the lines in pieces, reads the answer until so many lines were answered, and gives what was told so far.
fn begin(address: SocketAddr, token: &str, body: &[u8], answers: usize) -> (TcpStream, JoinHandle<()>, Vec<Value>) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = format!(
        "POST /kundansvar/v1/measurements?batch=cut HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let mut sending = stream.try_clone().expect("the same connection");
    let body = body.to_vec();
    let sender = std::thread::spawn(move || {
        for piece in body.chunks(10_000) {
            let head = format!("{:x}\r\n", piece.len());
            // The other end may be gone: that is what is tried.
            let whole = [head.as_bytes(), piece, b"\r\n"].concat();
            if sending.write_all(&whole).is_err() {
                return;
            }
        }
    });
    let mut told = vec![];
    for line in BufReader::new(&stream).lines().map_while(Result::ok) {
        if let Ok(line) = serde_json::from_str::<Value>(&line)
            && line.is_object()
        {
            told.push(line);
        }
        if told.len() >= answers {
            break;
        }
    }
    (stream, sender, told)
}

async fn token(desk: &Desk, service: &Service) -> String {
    let clients = service.administrator().get("/clients?limit=200").await.expect(200);
    let own = clients
        .items()
        .iter()
        .find(|c| c["name"] == "Mätare")
        .expect("the client")["id"]
        .clone();
    let _ = desk;
    let now = service.state().clock.now();
    let scopes = "measurements.read measurements.write".to_owned();
    let id = own.as_str().expect("an id");
    let kind = api::identity::Kind::Client;
    service
        .state()
        .tokens
        .issue(kind, id, scopes, chrono::Duration::hours(1), now)
        .expect("a token")
}

/// Everything that was told is a duplicate now; at the end all is there, once, as it must be.
async fn resend(desk: &Desk, service: &Service, told: &[Value]) {
    let all = batch(desk);
    let (again, summary) = sent(&desk.caller, "cut", lines(&all)).await;
    let outcomes: HashMap<u64, &str> = again
        .iter()
        .map(|line| {
            (
                line["line"].as_u64().expect("a number"),
                line["outcome"].as_str().expect("an outcome"),
            )
        })
        .collect();
    for line in told {
        assert_eq!(
            outcomes[&line["line"].as_u64().expect("a number")],
            "duplicate",
            "{line}"
        );
    }
    let accepted = summary["counts"]["accepted"].as_u64().expect("a count");
    assert!(accepted < LINES as u64 / 2, "some had been stored: {summary}");
    assert_eq!(desk.count().await, LINES as u64 / 2);
    for n in [0, LINES / 2, LINES - 2] {
        let case = desk.known(&format!("C{n}")).await;
        assert_eq!(
            (&case["sent"]["sourceVersion"], &case["historyTotal"]),
            (&json!(2), &json!(1))
        );
    }
    let events = batch_events(service).await;
    assert_eq!(events.len(), 1, "one event, of all that the batch brought");
    let counts = &events[0]["data"]["counts"]["after"];
    assert_eq!(
        (&counts["accepted"], &counts["correction"]),
        (&json!(LINES / 2), &json!(LINES / 2))
    );
    let (_, summary) = sent(&desk.caller, "cut", lines(&all)).await;
    assert_eq!(summary["counts"]["duplicate"], LINES);
    assert_eq!(batch_events(service).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_loses_and_doubles_nothing() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let body = lines(&batch(&desk));
        let token = token(&desk, &service).await;
        let address = service.running.address;
        // Cut in the middle of a line.
        let part = body[..body.len() / 2 + 7].to_vec();
        let (stream, _, told) = tokio::task::spawn_blocking(move || begin(address, &token, &part, 1500))
            .await
            .expect("begun");
        assert!(told.len() >= 1500);
        drop(stream);
        resend(&desk, &service, &told).await;
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_killed_loses_and_doubles_nothing() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let body = lines(&batch(&desk));
        let token = token(&desk, &service).await;
        let settings = service.settings();
        for answers in [1, 1000, 2100] {
            let mut command = program();
            command.arg("--data-folder").arg(&settings.data_folder);
            if !settings.database_url.is_empty() {
                command.args(["--database-url", &settings.database_url]);
            }
            let public_url = format!("public_url={}", settings.public_origin());
            command.args(["--set", &public_url]);
            let (token, body) = (token.clone(), body.clone());
            let told = tokio::task::spawn_blocking(move || {
                let mut serving = Serving::start(&mut command);
                let (_stream, sender, told) = begin(serving.address, &token, &body, answers);
                serving.process.kill().expect("killed");
                serving.process.wait().expect("gone");
                sender.join().expect("it gave up");
                told
            });
            let told = told.await.expect("tried");
            assert!(
                told.len() >= answers && told.iter().all(|line| line["summary"].is_null()),
                "{}",
                told.len()
            );
            assert!(
                answers > 1 || desk.count().await < LINES as u64 / 2,
                "it was killed in the middle"
            );
            if answers == 2100 {
                resend(&desk, &service, &told).await;
            }
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_sender_falls_silent_is_told_of_as_it_is() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let body = lines(&batch(&desk));
        let token = token(&desk, &service).await;
        let address = service.running.address;
        let part = body[..body.len() / 2].to_vec();
        let (stream, _, told) = tokio::task::spawn_blocking(move || begin(address, &token, &part, 1000))
            .await
            .expect("begun");
        drop(stream);
        // What was being stored may still end.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let at = |hours| {
            let now = service.state().clock.now() + chrono::Duration::hours(hours);
            persistence::store::Origin {
                actor: domain::events::Actor {
                    kind: domain::events::ActorKind::Operator,
                    id: "test".into(),
                    acting_for: None,
                },
                request_id: "test".into(),
                now,
                today: now.date_naive(),
            }
        };
        service
            .state()
            .db
            .tell_of_silent_batches(&at(0))
            .await
            .expect("nothing yet");
        assert_eq!(batch_events(&service).await.len(), 0);
        service.state().db.tell_of_silent_batches(&at(2)).await.expect("told");
        service
            .state()
            .db
            .tell_of_silent_batches(&at(3))
            .await
            .expect("told once");
        let events = batch_events(&service).await;
        assert_eq!(events.len(), 1);
        let counts = &events[0]["data"]["counts"]["after"];
        assert_eq!(counts["accepted"].as_u64(), Some(desk.count().await));
        assert!(counts["accepted"].as_u64() >= Some(told.len() as u64 / 2));
        assert_eq!(
            events[0]["data"]["digest"]["after"],
            Value::Null,
            "it was never received in whole"
        );
        service.stop().await;
    })
    .await;
}
