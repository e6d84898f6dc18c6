//! How PostgreSQL runs what lists and feeds ask for: which indexes it uses, and how long it takes.
use std::collections::BTreeSet;

use api::{State, identity::Kind};
use chrono::Duration;
use sea_orm::sqlx::{AssertSqlSafe, Row, postgres::PgPoolOptions};
use uuid::Uuid;

use crate::{
    Failure,
    load::{Connection, request},
    record::Recorder,
    seed::World,
};

/// Who asks, what, and with which answer's cursor.
type Question = (&'static str, String, Vec<u8>);

/// What callers ask for, each with every filter.
pub fn questions(state: &State, world: &World) -> Result<Vec<Question>, Failure> {
    let token = |kind, subject: Uuid, scope: &str| {
        let now = state.clock.now();
        let lifetime = Duration::hours(1);
        state
            .tokens
            .issue(kind, &subject.to_string(), scope.into(), lifetime, now)
    };
    let (customer, service) = (&world.customers[0], &world.services[0]);
    let contact = token(Kind::Contact, customer.contact, "")?;
    let person = token(Kind::Person, world.person, "")?;
    let client = token(Kind::Client, world.client, "feed.strategy")?;
    let auditor = token(Kind::Auditor, Uuid::nil(), "")?;
    let filters = [
        String::new(),
        format!("cursor={}", world.place.simple()),
        "sort=descending".into(),
        format!("customer={}", customer.thing.id),
        "kind=requirement".into(),
        "kind=complaint".into(),
        "status=received".into(),
        "status=answered".into(),
        "status=closed".into(),
        "open=true".into(),
        "open=false".into(),
        "overdue=true".into(),
        "destination=strategy".into(),
        "destination=delivery".into(),
        format!("service={}", service.id),
        "channel=email".into(),
        format!("raisedBy={}", customer.contact),
        format!("owner={}", world.person),
        "number=REQ-2026-000123".into(),
        "words=skrivare".into(),
        "words=flygplan".into(),
        "wantedByBefore=2026-01-01".into(),
        "receivedFrom=2030-01-01T00:00:00Z".into(),
        "receivedBefore=2020-01-01T00:00:00Z".into(),
        "changedFrom=2030-01-01T00:00:00Z".into(),
        "reference=desk:1".into(),
    ];
    let mut questions = vec![];
    for (who, token) in [("person", &person), ("contact", &contact)] {
        for filter in &filters {
            let path = format!("/requests?limit=50&{filter}");
            questions.push((who, path.trim_end_matches('&').to_owned(), token));
        }
    }
    questions.push((
        "client",
        format!("/feeds/strategy?limit=100&cursor={}", world.place_in_log),
        &client,
    ));
    questions.push(("auditor", "/feeds/delivery?limit=100".into(), &auditor));
    questions.push(("auditor", "/events?limit=100".into(), &auditor));
    questions.push((
        "auditor",
        format!("/events?limit=100&customer={}", customer.thing.id),
        &auditor,
    ));
    Ok(questions
        .into_iter()
        .map(|(who, path, token)| {
            let sent = request("GET", &format!("/kundansvar/v1{path}"), token, None);
            (who, path, sent)
        })
        .collect())
}

/// Prints for each question what its statements scan and how long the slowest one runs.
pub async fn explain(
    url: &str,
    address: std::net::SocketAddr,
    recorder: &Recorder,
    questions: Vec<(&'static str, String, Vec<u8>)>,
) -> Result<(), Failure> {
    let pool = PgPoolOptions::new().connect(url).await?;
    for (who, path, sent) in questions {
        recorder.take();
        let asked = tokio::task::spawn_blocking(move || Connection::open(address)?.exchange(&sent).map(|_| ()));
        if let Err(e) = asked.await? {
            println!("{who:<8} {path}: {}", e.to_string().lines().last().unwrap_or_default());
            continue;
        }
        let (mut slowest, mut scans) = (0.0_f64, BTreeSet::new());
        let asked = recorder
            .take()
            .into_iter()
            .filter(|s| s.sql.to_lowercase().starts_with("select"));
        for statement in asked {
            let explain = format!("explain (analyze, timing off) {statement}");
            let rows = sea_orm::sqlx::query(AssertSqlSafe(explain)).fetch_all(&pool).await?;
            let lines = rows
                .iter()
                .map(|row| row.try_get(0))
                .collect::<Result<Vec<String>, _>>()?;
            let time = |line: &String| {
                line.strip_prefix("Execution Time: ")?
                    .strip_suffix(" ms")?
                    .parse::<f64>()
                    .ok()
            };
            let took = lines.iter().find_map(time).unwrap_or_default();
            slowest = f64::max(slowest, took);
            scans.extend(lines.iter().filter_map(|line| scan(line)));
        }
        let scans: Vec<String> = scans.into_iter().collect();
        println!("{slowest:>9.2} ms  {who:<8} {path}\n              {}", scans.join(", "));
    }
    Ok(())
}

/// The index that a line of a plan uses on one of the large tables, or the table that it reads from end to end.
fn scan(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split([' ', '>', '-']).filter(|word| !word.is_empty()).collect();
    let after = |word: &str| words.iter().position(|w| *w == word).and_then(|at| words.get(at + 1));
    let large = [
        "request",
        "event",
        "hand_over",
        "request_service",
        "request_words",
        "measurement",
        "measurement_customer",
        "statement_evidence",
    ];
    if line.contains("Seq Scan on") {
        let table = after("on")?;
        return large.contains(table).then(|| format!("ALL OF {table}"));
    }
    let index = after("using").or_else(|| line.contains("Bitmap Index Scan").then(|| after("on"))?)?;
    let of_large = [
        "request",
        "event",
        "hand_over",
        "ix_request",
        "ix_event",
        "ux_request",
        "ix_hand_over",
        "ix_measurement",
        "measurement",
        "statement_evidence",
    ];
    of_large
        .iter()
        .any(|name| index.starts_with(name))
        .then(|| (*index).to_owned())
}
