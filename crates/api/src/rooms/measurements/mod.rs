//! Measurements: evidence in, by the line; and what was made of it.
mod intake;
mod reader;

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use domain::{measurements::*, vocabulary::*};
use persistence::measurements as store;
use serde::Deserialize;
use utoipa::IntoParams;

use self::intake::Intake;
pub use self::{
    intake::{IntakeLine, IntakeReport},
    reader::{Line, of_rule},
};
use crate::http::{Call, Lines, ListQuery, Listing, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes
        .service(create_measurements)
        .service(list_measurements)
        .service(get_measurement)
        .service(list_unmatched_measurements);
}

/// How measurements are taken in.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IntakeQuery {
    /// What you call this batch. Sent again under its key, it leaves no second event unless it brings something new.
    #[param(min_length = 1, max_length = 100, pattern = "^[!-~]+$")]
    batch: String,
    /// Whether nothing is to be taken in where one line cannot be; at most 10 000 lines and 10 MiB.
    atomic: Option<bool>,
}

/// Send measurements
///
/// A body of lines (NDJSON, any length, gzip welcome), each of them an outage, a case or a sample, checked and taken in
/// for itself. Lines are stored 1 000 at a time, and answered once they are stored: one line of the answer for each, as
/// they come, then one with the summary; so read while you send, or ask for `application/json`, which answers at the end
/// and names what was neither accepted nor a duplicate. Without a summary, send the same lines again: what was answered
/// is stored, and is a duplicate then.
///
/// A measurement is known by `source` and `sourceId`. The same content again is a `duplicate`; other content is a
/// `correction`, unless its `sourceVersion` (else `updatedAt`, else `observedAt`) is older than what stands: then it is
/// `outdated`, and kept as history. One that names an unknown service or customer is `quarantined` until that is known.
/// A client that is limited to some customers names a customer in each line, and only those.
#[utoipa::path(tag = "service levels", operation_id = "createMeasurements", params(IntakeQuery),
    request_body(content = MeasurementInput, content_type = "application/x-ndjson", description = "One measurement a line."),
    responses((status = 200, description = "What became of each line.", content(
        (IntakeLine = "application/x-ndjson"), (IntakeReport = "application/json")))))]
#[post("/measurements")]
async fn create_measurements(call: Call, how: Query<IntakeQuery>, lines: Lines) -> Result<HttpResponse, Problem> {
    take_in::<Evidence>(call, how.0, lines).await
}

/// Takes in a body of lines, in the way that is asked for.
pub async fn take_in<L: Line>(call: Call, how: IntakeQuery, lines: Lines) -> Result<HttpResponse, Problem>
where
    L: 'static,
{
    let IntakeQuery { batch, atomic } = how;
    let as_lines = call.takes(crate::http::lines::NDJSON);
    let intake = Intake::<L>::of(call, batch, lines);
    match (atomic.unwrap_or_default(), as_lines) {
        (true, as_lines) => intake.at_once(as_lines).await,
        (false, true) => intake.answer_in_lines().await,
        (false, false) => intake.report().await,
    }
}

/// Which measurements.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct MeasurementQuery {
    /// Of this kind.
    kind: Option<MeasurementKind>,
    /// Of this service.
    service: Option<ServiceId>,
    /// Naming this customer; what names none bears on all that use the service, and is not among them.
    customer: Option<CustomerId>,
    /// From this system.
    source: Option<SystemName>,
    /// With this id in its system.
    source_id: Option<ExternalId>,
    /// Counting at this time or later: an outage's beginning, a case's resolution (an open one's opening), a sample's
    /// observation.
    time_from: Option<DateTime<Utc>>,
    /// Counting before this time.
    time_before: Option<DateTime<Utc>>,
}

/// List measurements
///
/// By the time at which they count. What names no customer bears on all that ever used its service, and is seen by
/// whoever sees one of them. Customers whom the caller may not see are left out of an outage, and of what was sent.
#[utoipa::path(tag = "service levels", operation_id = "listMeasurements", params(ListQuery, MeasurementQuery),
    responses((status = 200, description = "A page of measurements.", body = Listing<Measurement>)))]
#[get("/measurements")]
async fn list_measurements(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<MeasurementQuery>,
) -> Result<Reply, Problem> {
    let q = filter.0;
    let filter = store::Filter {
        kind: q.kind,
        service: q.service,
        customer: q.customer,
        source: q.source,
        source_id: q.source_id,
        from: q.time_from,
        before: q.time_before,
        unmatched: None,
    };
    call.listed(store::list(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// Show a measurement
///
/// What stands, what it was matched to, and its history.
#[utoipa::path(tag = "service levels", operation_id = "getMeasurement", responses(
    (status = 200, description = "The measurement.", body = Measurement),
    (status = 304, description = "You have it already.")))]
#[get("/measurements/{measurementId}")]
async fn get_measurement(call: Call, id: web::Path<MeasurementId>) -> Result<Reply, Problem> {
    call.found(&store::get(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// Which unmatched measurements.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct UnmatchedQuery {
    /// From this system.
    source: Option<SystemName>,
    /// For this reason; for any of those that name something unknown unless told.
    reason: Option<Unmatched>,
    /// Counting at this time or later.
    time_from: Option<DateTime<Utc>>,
    /// Counting before this time.
    time_before: Option<DateTime<Utc>>,
}

/// List unmatched measurements
///
/// Evidence that names a service or customer that nobody knows yet. It is matched when a service or customer gets the
/// reference that it names. What waits for a customer is seen by those who see every customer.
///
/// With `reason=no_agreement`: evidence whose service and customers are known, and that no agreement in force covers at its
/// instant. It is looked for among 5 000 measurements at a time: a page may hold fewer than asked, or none, and leads on
/// with `next` all the same; `total` is not told.
#[utoipa::path(tag = "service levels", operation_id = "listUnmatchedMeasurements", params(ListQuery, UnmatchedQuery),
    responses((status = 200, description = "A page of measurements.", body = Listing<Measurement>)))]
#[get("/unmatched-measurements")]
async fn list_unmatched_measurements(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<UnmatchedQuery>,
) -> Result<Reply, Problem> {
    let UnmatchedQuery {
        source,
        reason,
        time_from,
        time_before,
    } = filter.0;
    let filter = store::Filter {
        source,
        from: time_from,
        before: time_before,
        ..Default::default()
    };
    let (reader, paging) = (call.reader(), page.0.into());
    if reason == Some(Unmatched::NoAgreement) {
        let days = (call.today(), |at| call.state.settings.local_date(at));
        return call.listed(store::list_unagreed(&reader, &call.scope, &filter, &paging, days).await?);
    }
    let filter = store::Filter {
        unmatched: Some(reason),
        ..filter
    };
    call.listed(store::list(&reader, &call.scope, &filter, &paging, call.today()).await?)
}
