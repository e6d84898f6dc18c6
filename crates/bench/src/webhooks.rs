//! Webhooks: from the beginning of an event's unit of work until it is at its destination, while some destinations hang.
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use api::{State, identity::Kind};
use chrono::{DateTime, Utc};
use clap::Args;
use domain::{vocabulary::ClientId, webhooks::WebhookSubscription};
use persistence::webhooks as store;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use crate::{
    At, Failure,
    load::{Connection, request},
    seed::{self, Caller, World},
};

/// How many connections write.
const WRITING: usize = 4;
/// How long is waited for what is still on its way at the end.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much happens, and how many listen.
#[derive(Args, Clone, Copy)]
pub struct Size {
    /// Events a second.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// Seconds.
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    /// How many of the two hundred destinations never answer; at most half of them.
    #[arg(long, default_value_t = 50)]
    hanging: usize,
}

/// How long what came was on its way, in milliseconds.
type Came = Arc<Mutex<Vec<f64>>>;

/// Measures on an empty database, or one that this filled before: each event matches two subscriptions.
pub async fn measure(at: &At, size: Size) -> Result<(), Failure> {
    let mut settings = at.settings();
    settings.webhook_allowed_networks = vec!["127.0.0.0/8".parse()?];
    let running = api::start(settings).await?;
    let (address, state) = (running.address, running.state.clone());
    let world = match World::read(&at.folder) {
        Ok(world) => world,
        Err(_) => {
            let state = state.clone();
            let world = tokio::task::spawn_blocking(move || seed::registers(address, &state)).await??;
            world.write(&at.folder)?;
            world
        }
    };
    let came = Came::default();
    let admin = state.clone();
    let client = tokio::task::spawn_blocking(move || {
        let body = json!({"name": format!("Mottagare {}", Uuid::now_v7()), "scopes": ["events.read"], "systems": []});
        Caller::administrator(address, &admin)?.post("/clients", &body)
    })
    .await??;
    subscribe(&state, client, &world, size.hanging, &came).await?;
    // The sender looks once a second for who is new.
    tokio::time::sleep(Duration::from_secs(2)).await;

    let (customers, told) = (world.customers.len(), state.clone());
    let bodies = tokio::task::spawn_blocking(move || comments(address, &told, &world)).await??;
    let began = Instant::now();
    let many = tokio::task::spawn_blocking(move || write(address, &bodies, size)).await??;
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    let rate = many as f64 / began.elapsed().as_secs_f64();
    // Of each hundred events as many have one healthy listener as destinations hang.
    let wanted: usize = (0..many)
        .map(|n| if n % customers < size.hanging { 1 } else { 2 })
        .sum();
    let so_far = || came.lock().unwrap_or_else(PoisonError::into_inner).len();
    let written_at = Instant::now();
    while so_far() < wanted && written_at.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut delays = came.lock().unwrap_or_else(PoisonError::into_inner).clone();
    delays.sort_by(f64::total_cmp);
    let part = |percent: usize| delays.get((delays.len() * percent / 100).min(delays.len().saturating_sub(1)));
    println!(
        "{many} events, {rate:.0} a second; {} of {wanted} deliveries came",
        delays.len()
    );
    for percent in [50, 95, 99, 100] {
        println!("p{percent:<3} {:>6.0} ms", part(percent).copied().unwrap_or_default());
    }
    running.handle.stop(true).await;
    drop(state);
    Ok(running.ended().await?)
}

/// Two subscriptions for each of the hundred customers, each with a destination of its own; of the second ones so many hang.
async fn subscribe(state: &State, client: Uuid, world: &World, hanging: usize, came: &Came) -> Result<(), Failure> {
    let mut told = vec![];
    for (n, customer) in world.customers.iter().enumerate() {
        for second in [false, true] {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let destination = format!("http://{}/hook", listener.local_addr()?);
            tokio::spawn(listen(listener, (!second || n >= hanging).then(|| came.clone())));
            told.push(json!({"name": format!("Krok {n}"), "destination": destination,
                "types": ["kundansvar.comment.*"], "customers": [customer.thing.id]}));
        }
    }
    let begins = persistence::events::end(&state.db).await?;
    let origin = seed::origin(state);
    let made = state.db.write(&origin, async |unit| {
        for input in &told {
            let input = serde_json::from_value(input.clone())?;
            let secret = "whsec_Zm9yIHRoZSBleGFtcGxlIG9ubHksIG5vdCBhIHNlY3I=".into();
            let new = WebhookSubscription::begin(unit.new_id(), ClientId(client), input, secret, unit.now());
            store::insert(unit, &new, begins).await?;
        }
        Ok::<_, persistence::Error>(())
    });
    Ok(made.await?)
}

/// A destination; one that has nowhere to note what came reads it and never answers.
async fn listen(listener: TcpListener, came: Option<Came>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, came.clone()));
    }
}

async fn serve(mut stream: TcpStream, came: Option<Came>) -> Option<()> {
    let mut bytes = vec![];
    loop {
        let (head, length) = loop {
            let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|end| end + 4);
            if let Some(head) = head {
                let text = std::str::from_utf8(bytes.get(..head)?).ok()?.to_ascii_lowercase();
                let length = text.lines().find_map(|line| line.strip_prefix("content-length:"))?;
                let length: usize = length.trim().parse().ok()?;
                if bytes.len() >= head + length {
                    break (head, length);
                }
            }
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        };
        #[allow(clippy::disallowed_methods, reason = "what is measured is real time")]
        let now = Utc::now();
        let event: Value = serde_json::from_slice(bytes.get(head..head + length)?).ok()?;
        bytes.drain(..head + length);
        let Some(came) = &came else { continue };
        let happened: DateTime<Utc> = event["time"].as_str()?.parse().ok()?;
        #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
        let delay = (now - happened).num_microseconds()? as f64 / 1000.0;
        // The subscriptions' own events are told too.
        if event["type"].as_str()?.contains(".comment.") {
            came.lock().unwrap_or_else(PoisonError::into_inner).push(delay);
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.ok()?;
    }
}

/// A comment of each customer's contact on a request of theirs, as it goes over the wire: what costs the service least of
/// all that leaves an event, for it is the delivery that is measured.
fn comments(address: SocketAddr, state: &State, world: &World) -> Result<Vec<Vec<u8>>, Failure> {
    let (now, service) = (state.clock.now(), world.services.first().ok_or("no service")?);
    let body = json!({"text": "Hur går det?"}).to_string();
    let each = world.customers.iter().enumerate().map(|(n, customer)| {
        let contact = customer.contact.to_string();
        let what = seed::what(customer.thing.id, service.id, n);
        let raised = Caller::of(address, state, Kind::Contact, &contact)?.post("/requests", &what)?;
        let hours = chrono::Duration::hours(10);
        let token = state.tokens.issue(Kind::Contact, &contact, String::new(), hours, now)?;
        let path = format!("/kundansvar/v1/requests/{raised}/comments");
        Ok(request("POST", &path, &token, Some(&body)))
    });
    each.collect()
}

/// Writes comments in turn at a steady rate; how many.
fn write(address: SocketAddr, bodies: &[Vec<u8>], size: Size) -> Result<usize, Failure> {
    let (next, began) = (AtomicU64::new(0), Instant::now());
    let many = u64::from(size.rate) * u64::from(size.seconds);
    std::thread::scope(|scope| {
        let one = || -> Result<(), Failure> {
            let mut connection = Connection::open(address)?;
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= many {
                    return Ok(());
                }
                let due = Duration::from_secs(1) * u32::try_from(n)? / size.rate;
                std::thread::sleep(due.saturating_sub(began.elapsed()));
                connection.exchange(&bodies[usize::try_from(n)? % bodies.len()])?;
            }
        };
        let writing: Vec<_> = (0..WRITING).map(|_| scope.spawn(one)).collect();
        for one in writing {
            one.join().map_err(|_| "a connection's thread ended early")??;
        }
        Ok(usize::try_from(many)?)
    })
}
