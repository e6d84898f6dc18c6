//! The event log: the audit trail, the same as it grows, and the head that is kept outside to prove it.
mod stream;

use actix_web::get;
use chrono::{DateTime, Utc};
use domain::{
    events::{Event, SubjectKind},
    vocabulary::*,
};
use persistence::events as store;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Call, Log, Problem, Query, Reply, Routes, input::LogQuery};

pub fn routes(routes: &mut Routes) {
    routes.service(list_events).service(get_event_head);
    stream::routes(routes);
}

/// Which events.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct EventQuery {
    /// About things of this kind.
    subject_kind: Option<SubjectKind>,
    /// About this thing.
    #[param(min_length = 36, max_length = 36)]
    subject: Option<uuid::Uuid>,
    /// By this person, contact, client or administrator.
    #[param(min_length = 1, max_length = 255, pattern = r"^[!-~]+$")]
    actor: Option<String>,
    /// Of this customer.
    customer: Option<CustomerId>,
    /// Of this type.
    #[serde(rename = "type")]
    #[param(max_length = 100, pattern = r"^kundansvar\.[a-z_]+\.[a-z_]+\.v[0-9]+$")]
    kind: Option<String>,
}

impl From<EventQuery> for store::Filter {
    fn from(q: EventQuery) -> Self {
        Self {
            subject_kind: q.subject_kind,
            subject: q.subject,
            actor: q.actor,
            customer: q.customer,
            kind: q.kind,
            ..Self::default()
        }
    }
}

/// Events of which time.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct TimeQuery {
    /// At this time or later.
    time_from: Option<DateTime<Utc>>,
    /// Before this time.
    time_before: Option<DateTime<Utc>>,
}

/// List events
///
/// Everything that changed, who changed it and from what to what, in the log's one order, from a cursor on. A cursor
/// from before a restored backup gets 410.
#[utoipa::path(tag = "events", operation_id = "listEvents", params(LogQuery, EventQuery, TimeQuery),
    responses((status = 200, description = "A stretch of the log.", body = Log<Event>)))]
#[get("/events")]
async fn list_events(
    call: Call,
    place: Query<LogQuery>,
    filter: Query<EventQuery>,
    time: Query<TimeQuery>,
) -> Result<Reply, Problem> {
    let filter = store::Filter {
        from: time.0.time_from,
        before: time.0.time_before,
        ..filter.0.into()
    };
    let (after, limit) = place.0.place();
    call.logged(store::list(call.db(), &call.scope, &filter, after, limit, call.today()).await?)
}

/// The newest event's place and link.
#[derive(Serialize, ToSchema)]
struct EventHead {
    /// How many events there are.
    #[schema(minimum = 0, maximum = 9007199254740991i64, example = 42)]
    position: i64,
    /// SHA-256 over everything up to here, in hexadecimal.
    #[schema(
        min_length = 64,
        max_length = 64,
        pattern = "^[0-9a-f]{64}$",
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    link: String,
}

/// Show the head of the log
///
/// Keep position and link outside: `kundansvar events verify --head` then finds a cut tail and a log written anew.
#[utoipa::path(tag = "events", operation_id = "getEventHead",
    responses((status = 200, description = "The head.", body = EventHead)))]
#[get("/event-head")]
async fn get_event_head(call: Call) -> Result<Reply, Problem> {
    let (position, link) = store::head(call.db()).await?;
    Reply::plain(&EventHead {
        position,
        link: link.to_string(),
    })
}
