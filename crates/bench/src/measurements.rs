//! Measurements by the million: through HTTP, and on PostgreSQL the same rows with COPY into the same indexed table.
use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    time::Instant,
};

use api::{State, identity::Kind};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use sea_orm::sqlx::{Connection, Executor, postgres::PgConnection};
use serde_json::{Value, json};

use crate::{
    At, Failure,
    seed::{self, Caller, World},
};

/// Of a hundred lines, so many are cases and samples; the rest are outages.
const CASES: u64 = 70;
const SAMPLES: u64 = 27;

/// What one kind of memory of this process is now, in MB.
pub fn memory(kind: &str) -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with(kind))
        .ok_or("no such memory")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).ok_or("no figure")?.parse()?;
    Ok(kilobytes / 1024.0)
}

/// From here on, the highest is counted anew.
pub fn count_memory_anew() -> Result<(), Failure> {
    Ok(std::fs::write("/proc/self/clear_refs", "5")?)
}

/// A line, told apart by its number.
fn line(world: &World, n: u64, begin: DateTime<Utc>) -> Result<Value, Failure> {
    let service = world.services[usize::try_from(n % 20)?].id;
    let customer = world.customers[usize::try_from(n % 97)?].thing.id;
    let at = |minutes: i64| {
        let minute = Duration::minutes(i64::try_from(n).unwrap_or_default() + minutes);
        (begin + minute).to_rfc3339_opts(SecondsFormat::Secs, true)
    };
    let known = json!({"source": "desk", "sourceId": format!("M{n:09}"), "observedAt": at(240), "service": service});
    let told = match n % 100 {
        case if case < CASES => {
            json!({"kind": "case", "customer": customer, "priority": "3 - Moderate", "opened": at(0),
            "responded": at(12), "resolved": at(200), "sourceVersion": 3, "category": "incident",
            "pauses": [{"from": at(20), "to": at(50)}]})
        }
        sample if sample < CASES + SAMPLES => {
            json!({"kind": "sample", "metric": "svarstid", "value": "0.42", "unit": "s"})
        }
        _ => json!({"kind": "outage", "from": at(0), "to": at(30), "customers": [customer]}),
    };
    let (Value::Object(mut known), Value::Object(told)) = (known, told) else {
        return Err("not documents".into());
    };
    known.extend(told);
    Ok(known.into())
}

/// Sends the lines and reads the answer meanwhile; the summary, and how long it took.
pub fn send(
    address: SocketAddr,
    token: &str,
    lines: u64,
    line: impl Fn(u64) -> Result<Value, Failure> + Send,
) -> Result<(Value, f64), Failure> {
    let began = Instant::now();
    let mut stream = TcpStream::connect(address)?;
    let head = format!(
        "POST /kundansvar/v1/measurements?batch=bench HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    let answer = BufReader::new(stream.try_clone()?);
    std::thread::scope(|scope| {
        let sending = scope.spawn(move || -> Result<(), Failure> {
            let mut piece = Vec::with_capacity(1 << 16);
            for n in 0..lines {
                serde_json::to_writer(&mut piece, &line(n)?)?;
                piece.push(b'\n');
                if piece.len() > 60_000 || n + 1 == lines {
                    write!(stream, "{:x}\r\n", piece.len())?;
                    stream.write_all(&piece)?;
                    stream.write_all(b"\r\n")?;
                    piece.clear();
                }
            }
            Ok(stream.write_all(b"0\r\n\r\n")?)
        });
        let mut told = 0;
        for line in answer.lines() {
            let line = line?;
            if line.starts_with("{\"line\"") {
                told += 1;
            } else if line.starts_with("{\"summary\"") {
                sending.join().map_err(|_| "the sender ended early")??;
                if told != lines {
                    return Err(format!("{told} lines were answered").into());
                }
                return Ok((serde_json::from_str(&line)?, began.elapsed().as_secs_f64()));
            } else if line.starts_with("{\"problem\"") {
                return Err(line.into());
            }
        }
        Err("the answer ended without a summary".into())
    })
}

/// The rows once more, with COPY into a table like the one that they are in; how long it took.
async fn copy(url: &str, folder: &std::path::Path) -> Result<f64, Failure> {
    use futures_util::StreamExt;
    let mut connection = PgConnection::connect(url).await?;
    let file = folder.join("rows.copy");
    let mut rows = std::io::BufWriter::new(std::fs::File::create(&file)?);
    let mut out = connection
        .copy_out_raw("copy measurement to stdout (format binary)")
        .await?;
    while let Some(bytes) = out.next().await {
        rows.write_all(&bytes?)?;
    }
    drop(out);
    rows.flush()?;
    // What it points at is checked too.
    let like = "create table measurement_copy (like measurement including all, foreign key (service_id) references service (id), \
        foreign key (customer_id) references customer (id)); checkpoint";
    connection.execute(like).await?;
    let began = Instant::now();
    let mut into = connection
        .copy_in_raw("copy measurement_copy from stdin (format binary)")
        .await?;
    let mut rows = BufReader::with_capacity(1 << 16, std::fs::File::open(&file)?);
    loop {
        let read = rows.fill_buf()?.to_vec();
        if read.is_empty() {
            break;
        }
        std::io::BufRead::consume(&mut rows, read.len());
        into.send(read).await?;
    }
    into.finish().await?;
    let took = began.elapsed().as_secs_f64();
    connection.execute("drop table measurement_copy").await?;
    connection.close().await?;
    std::fs::remove_file(file)?;
    Ok(took)
}

/// The token of a system that sends measurements.
pub fn desk(address: SocketAddr, state: &State) -> Result<String, Failure> {
    let scopes = ["measurements.write"];
    let client = json!({"name": "Desk", "scopes": scopes, "systems": ["desk"]});
    let client = Caller::administrator(address, state)?
        .post("/clients", &client)?
        .to_string();
    let (scopes, now) = (scopes.join(" "), state.clock.now());
    Ok(state
        .tokens
        .issue(Kind::Client, &client, scopes, Duration::hours(10), now)?)
}

pub async fn measure(at: &At, lines: u64) -> Result<(), Failure> {
    let running = api::start(at.settings()).await?;
    let (address, state) = (running.address, running.state.clone());
    let seeding = state.clone();
    let (world, token) = tokio::task::spawn_blocking(move || -> Result<_, Failure> {
        let world = seed::registers(address, &seeding)?;
        let token = desk(address, &seeding)?;
        Ok((world, token))
    })
    .await??;
    let idle = memory("VmRSS")?;
    count_memory_anew()?;
    let (summary, took) = tokio::task::spawn_blocking(move || {
        let begin = "2001-01-01T00:00:00Z".parse()?;
        send(address, &token, lines, |n| line(&world, n, begin))
    })
    .await??;
    let peak = memory("VmHWM")?;
    println!(
        "{lines} lines in {took:.1} s, {:.0}/s; {}",
        lines as f64 / took,
        summary["summary"]["counts"]
    );
    println!(
        "memory: {idle:.0} MB idle, at most {:.0} MB above, the sender included; below 64 wanted",
        peak - idle
    );
    if let Some(url) = &at.postgres {
        let copied = copy(url, &at.folder).await?;
        println!("COPY of the same rows: {copied:.1} s, {:.0}/s", lines as f64 / copied);
        println!("ratio {:.2}, at least 0.25 wanted", copied / took);
    }
    running.handle.stop(true).await;
    drop(state);
    running.ended().await?;
    Ok(())
}
