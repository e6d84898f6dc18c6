//! The log as it grows: Server-Sent Events, in the order and the scope of the list.
use std::time::Duration;

use actix_web::{
    HttpResponse, get,
    http::header,
    web::{Bytes, BytesMut},
};
use futures_util::stream;
use persistence::events::{self as store, Filter, LogCursor, Stretch};
use serde::Deserialize;
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};
use utoipa::{IntoParams, ToSchema};

use super::EventQuery;
use crate::http::{
    Call, Problem, Query, Routes,
    reply::{hex, unhex},
};

pub fn routes(routes: &mut Routes) {
    routes.service(get_event_stream);
}

/// How often a silent stream tells that it is there.
const SILENCE: Duration = Duration::from_secs(15);
/// How many events are read at a time.
const AT_A_TIME: u64 = 200;
/// How long a stream goes on unless told, in seconds: whoever listens comes back, to whichever instance there is.
const AN_HOUR: u64 = 3600;

/// From where on, and for how long.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StreamQuery {
    /// After this place, an `id` of the stream or `next` of `GET /events`; none: what happens from now on.
    #[param(min_length = 32, max_length = 32, pattern = r"^[0-9a-f]{32}$")]
    cursor: Option<String>,
    /// The stream ends after so many seconds.
    #[param(minimum = 1, maximum = 3600, default = 3600)]
    seconds: Option<u64>,
}

/// The place that was reached before the stream broke.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "the document's description of a header that `Call` reads")]
struct LastEventId {
    /// The last `id` that you got; it goes before `cursor`. An empty one is none.
    #[param(
        rename = "Last-Event-ID",
        max_length = 32,
        pattern = "^([0-9a-f]{32})?$",
        example = "00000000000000000000000000000000"
    )]
    last_event_id: Option<String>,
}

/// A frame of the stream, as the document describes it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the document's description of what is written as text")]
struct StreamedEvent {
    /// The event's place in the log, for `Last-Event-ID`.
    #[schema(
        min_length = 32,
        max_length = 32,
        pattern = "^[0-9a-f]{32}$",
        example = "000000000000002a5f0c6b1a279d3a5e"
    )]
    id: String,
    /// The event as `GET /events` lists it, as JSON in one line.
    #[schema(
        max_length = 10000000,
        pattern = r"^\{.*\}$",
        content_media_type = "application/json",
        example = "{\"position\": 42, \"type\": \"kundansvar.request.routed.v1\"}"
    )]
    data: String,
}

/// Stream events
///
/// What `GET /events` lists, as it happens: Server-Sent Events whose `data` is an event and whose `id` is its place. A place
/// also comes alone: at the beginning, and about four times a minute while nothing comes that is for you. Who comes back with the last one in `Last-Event-ID` gets
/// what came after it, without a gap. The stream ends with its time, with the right to it, and when the service stops.
#[utoipa::path(tag = "events", operation_id = "getEventStream", params(StreamQuery, LastEventId, EventQuery), responses(
    (status = 200, description = "Events as they happen.", body = StreamedEvent, content_type = "text/event-stream")))]
#[get("/event-stream")]
async fn get_event_stream(
    call: Call,
    query: Query<StreamQuery>,
    filter: Query<EventQuery>,
) -> Result<HttpResponse, Problem> {
    let sent = call.header("last-event-id").or_else(|| query.0.cursor.clone());
    let after = match sent {
        None => store::end(call.db()).await?,
        Some(text) => place(&text)?,
    };
    let mut listener = Listener {
        head: call.state.head.follow(),
        until: Instant::now() + Duration::from_secs(query.0.seconds.unwrap_or(AN_HOUR)),
        filter: filter.0.into(),
        after,
        told_at: Instant::now(),
        call,
    };
    // The first stretch is read before the head of the answer is sent: a place in another log is refused with a problem.
    let first = match listener.read().await? {
        frames if frames.is_empty() => listener.place_alone(),
        frames => frames,
    };
    let frames = stream::unfold((listener, Some(first)), |(mut listener, ready)| async move {
        let frames = match ready {
            Some(frames) => Some(frames),
            None => listener.next().await,
        };
        frames.map(|frames| (Ok::<_, actix_web::Error>(frames), (listener, None)))
    });
    let mut reply = HttpResponse::Ok();
    reply
        .content_type("text/event-stream")
        // A compressor would hold events back, and so would some proxies.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"));
    Ok(reply.streaming(Box::pin(frames)))
}

fn place(text: &str) -> Result<LogCursor, Problem> {
    let bytes = unhex(text).and_then(|bytes| bytes.try_into().ok());
    let refused = || Problem::Malformed("Last-Event-ID is not the id of an event of this stream.".into());
    bytes.map(LogCursor::from_bytes).ok_or_else(refused)
}

/// Somebody who listens.
struct Listener {
    call: Call,
    filter: Filter,
    after: LogCursor,
    until: Instant,
    /// When something was sent last.
    told_at: Instant,
    head: watch::Receiver<Option<LogCursor>>,
}

impl Listener {
    /// The next frames; none where the stream is over.
    async fn next(&mut self) -> Option<Bytes> {
        while self.await_growth().await? {
            match self.read().await {
                Ok(frames) if !frames.is_empty() => return Some(frames),
                Ok(_) if self.told_at.elapsed() < SILENCE => {}
                // Others are busy; whoever comes back need not read again what was not for them.
                Ok(_) => break,
                // Whoever listens comes back with the last place, and then is told why, if it holds on.
                Err(problem) => {
                    self.call.tell(&problem);
                    return None;
                }
            }
        }
        Some(self.place_alone())
    }

    fn place_alone(&mut self) -> Bytes {
        let mut alone = BytesMut::new();
        frame(&mut alone, self.after, "");
        self.told_at = Instant::now();
        alone.freeze()
    }

    /// Waits until the log has grown beyond what was read, or the silence has been long; none where the stream is over.
    async fn await_growth(&mut self) -> Option<bool> {
        let patience = self.until.min(self.told_at + SILENCE);
        let after = self.after.position;
        let grown = |head: &Option<LogCursor>| head.is_none_or(|head| head.position > after);
        match timeout_at(patience, self.head.wait_for(grown)).await {
            Ok(Ok(head)) => head.map(|_| true),
            Ok(Err(_)) => None,
            Err(_) => (Instant::now() < self.until).then_some(false),
        }
    }

    /// What came after the last place, as far as the caller may see it by now.
    async fn read(&mut self) -> Result<Bytes, Problem> {
        let scope = self.call.scope_now().await?;
        let head = *self.head.borrow_and_update();
        let today = self.call.state.local_time().today();
        let Stretch { items, next, more } =
            store::list_placed(self.call.db(), &scope, &self.filter, self.after, AT_A_TIME, today).await?;
        let mut frames = BytesMut::new();
        for (place, event) in &items {
            frame(&mut frames, *place, &serde_json::to_string(event)?);
        }
        // What lies between the last event for this listener and the end of the log is not looked at again.
        self.after = match head {
            Some(head) if !more && head.position > next.position => head,
            _ => next,
        };
        if !frames.is_empty() {
            self.told_at = Instant::now();
        }
        Ok(frames.freeze())
    }
}

/// One frame. It has no name of its own, so that whoever listens for messages gets every event.
fn frame(frames: &mut BytesMut, place: LogCursor, data: &str) {
    frames.extend_from_slice(format!("id: {}\n", hex(&place.to_bytes())).as_bytes());
    if !data.is_empty() {
        frames.extend_from_slice(format!("data: {data}\n").as_bytes());
    }
    frames.extend_from_slice(b"\n");
}
