//! The broker, as a way out of the log: every event goes to NATS JetStream, one after the other, and counts as sent once the
//! broker has acknowledged it.
use std::time::Duration;

use actix_web::web;
use async_nats::{
    ConnectOptions,
    jetstream::{self, context::Context, message::PublishMessage, stream},
};
use domain::events::{CloudEvent, Event};
use persistence::events::{Held, LogCursor, Outlet, Stretch, sealed};
use uuid::Uuid;

use crate::{
    State,
    http::{document::events::SCHEMAS, operations::BASE, reply::hex},
    program::Broker,
};

/// The outlet's name in the store.
const OUTLET: &str = "nats";
/// How many events are read at a time.
const AT_A_TIME: u64 = 200;
/// How long the broker may take to acknowledge one; shorter than a hold, so that no other instance sends meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long is waited before the next try, and before another instance's hold is looked at again.
const PAUSE: Duration = Duration::from_secs(1);
/// For how long the broker knows again what it was sent before.
const KNOWN_AGAIN: Duration = Duration::from_secs(3600);

/// Why an event was not sent; it is tried again.
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error(transparent)]
    Store(#[from] persistence::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("no connection: {0}")]
    Connecting(#[from] async_nats::ConnectError),
    #[error("no stream: {0}")]
    Stream(#[from] jetstream::context::CreateStreamError),
    #[error(transparent)]
    Publishing(#[from] jetstream::context::PublishError),
}

/// Sends what happens, over and over, while the service runs.
pub async fn keep_publishing(state: web::Data<State>, broker: Broker) {
    let outlet = Outlet::of(OUTLET, Uuid::now_v7());
    loop {
        if let Err(e) = publish(&state, &broker, &outlet).await {
            tracing::warn!(error = %e, "the broker does not take events; they wait");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Sends until something is in the way.
async fn publish(state: &State, broker: &Broker, outlet: &Outlet) -> Result<(), NotSent> {
    let stream = connect(broker).await?;
    let mut head = state.head.follow();
    loop {
        let Some(Held { mut at, .. }) = outlet.take(&state.db, state.clock.now()).await? else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        while let Some(place) = send_after(state, broker, &stream, outlet, at).await? {
            at = place;
        }
        let grown = |head: &Option<LogCursor>| head.is_none_or(|head| head.position > at.position);
        match head.wait_for(grown).await.map(|head| *head) {
            Ok(Some(_)) => {}
            // The service stops.
            _ => return Ok(()),
        }
    }
}

async fn connect(broker: &Broker) -> Result<Context, NotSent> {
    let client = ConnectOptions::new().name("kundansvar").connect(&broker.url).await?;
    let context = jetstream::ContextBuilder::new()
        .timeout(PATIENCE)
        .ack_timeout(PATIENCE)
        .build(client);
    let wanted = stream::Config {
        name: broker.stream.clone(),
        description: Some("What happened in Kundansvar, in one order".into()),
        subjects: vec!["kundansvar.>".into()],
        duplicate_window: KNOWN_AGAIN,
        ..Default::default()
    };
    // One that is there stays as its operator made it.
    context.get_or_create_stream(wanted).await?;
    Ok(context)
}

/// Sends a stretch of the log; where that ended, none if there was nothing or the outlet is another instance's by now.
async fn send_after(
    state: &State,
    broker: &Broker,
    to: &Context,
    outlet: &Outlet,
    after: LogCursor,
) -> Result<Option<LogCursor>, NotSent> {
    let Stretch { items, .. } = sealed(&state.db, after, AT_A_TIME).await?;
    let (mut sent, mut renewed) = (after, tokio::time::Instant::now());
    for (place, event) in items {
        let id = event.body.id.to_string();
        let subject = event.body.kind.clone();
        let payload = payload(event, sent, state, to.client().max_payload())?;
        let message = PublishMessage::build()
            .payload(payload.into())
            .header("content-type", CloudEvent::MEDIA_TYPE)
            .expected_stream(&broker.stream)
            .message_id(id);
        // The next one goes out when this one is kept: a gap could not be told from the end otherwise.
        to.send_publish(subject, message).await?.await?;
        sent = place;
        if renewed.elapsed() > PATIENCE {
            if !outlet.come_to(&state.db, sent, state.clock.now()).await? {
                return Ok(None);
            }
            renewed = tokio::time::Instant::now();
        }
    }
    let moved = sent != after && outlet.come_to(&state.db, sent, state.clock.now()).await?;
    Ok(moved.then_some(sent))
}

/// The event in its envelope, or only the envelope where the broker takes nothing so large.
fn payload(event: Event, after: LogCursor, state: &State, most: usize) -> Result<Vec<u8>, serde_json::Error> {
    /// What the headers take of a message.
    const HEADERS: usize = 1024;
    let origin = state.settings.public_origin();
    let found_at = format!("{origin}{BASE}/events?limit=1&cursor={}", hex(&after.to_bytes()));
    let told = CloudEvent::of(event, &origin, BASE, SCHEMAS);
    let whole = serde_json::to_vec(&told)?;
    match whole.len() + HEADERS <= most {
        true => Ok(whole),
        false => serde_json::to_vec(&told.found_at(found_at)),
    }
}
