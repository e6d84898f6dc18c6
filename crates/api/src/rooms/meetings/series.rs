//! Meetings that recur.
use actix_web::{get, patch, post, web};
use domain::{
    access::Scope,
    customers::End,
    meetings::*,
    vocabulary::{CustomerId, MeetingSeriesId},
};
use persistence::{UnitOfWork, customers, meetings as store};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Body, Call, ListQuery, Listing, Patch, PatchOf, Problem, Query, Reply, Routes};
use crate::program::Settings;
use crate::rooms::IfMatch;

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_meeting_series)
        .service(create_meeting_series)
        .service(get_meeting_series)
        .service(change_meeting_series)
        .service(end_meeting_series);
}

/// Which series.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SeriesQuery {
    /// About this customer.
    customer: Option<CustomerId>,
}

/// List series of meetings
///
/// The series that you may see, in the order in which they were entered. Their meetings are listed by `listMeetings` with `series`.
#[utoipa::path(tag = "meetings", operation_id = "listMeetingSeries", params(ListQuery, SeriesQuery),
    responses((status = 200, description = "A page of series.", body = Listing<MeetingSeries>)))]
#[get("/meeting-series")]
async fn list_meeting_series(call: Call, page: Query<ListQuery>, filter: Query<SeriesQuery>) -> Result<Reply, Problem> {
    let customer = filter.0.customer;
    call.listed(store::list_series(&call.reader(), &call.scope, customer, &page.0.into(), call.today()).await?)
}

/// Begin a series of meetings
///
/// By a rule of RFC 5545 on the wall clock of a zone. Its meetings are made thirteen months ahead, now and hour by hour; each can be
/// moved, changed or cancelled like any other.
#[utoipa::path(tag = "meetings", operation_id = "createMeetingSeries", request_body = MeetingSeriesInput,
    responses((status = 201, description = "The new series.", body = MeetingSeries)))]
#[post("/meeting-series")]
async fn create_meeting_series(call: Call, body: Body<MeetingSeriesInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let series = begin(&call.scope, unit, &call.state.settings, body.value.clone()).await?;
        Reply::created(format!("/meeting-series/{}", series.id), &series, call.today())
    })
    .await
}

/// Begins a series.
pub async fn begin(
    scope: &Scope,
    unit: &mut UnitOfWork,
    settings: &Settings,
    input: MeetingSeriesInput,
) -> Result<MeetingSeries, Problem> {
    let customer = customers::named(unit, scope, &input.customer, "/customer", unit.today()).await?;
    customer.must_be_active()?;
    let (zone, times) = (settings.time_zone, (unit.now(), unit.today()));
    let series = MeetingSeries::begin(unit.new_id(), input, customer.reference(), zone, times)?;
    store::insert_series(unit, &series, zone).await?;
    Ok(series)
}

/// Show a series of meetings
///
/// When and how its meetings recur.
#[utoipa::path(tag = "meetings", operation_id = "getMeetingSeries", responses(
    (status = 200, description = "The series.", body = MeetingSeries),
    (status = 304, description = "You have it already.")))]
#[get("/meeting-series/{meetingSeriesId}")]
async fn get_meeting_series(call: Call, id: web::Path<MeetingSeriesId>) -> Result<Reply, Problem> {
    call.found(&store::get_series(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// Change a series of meetings
///
/// Members that are absent stay as they are. Of its meetings those alone are replaced that are to come, that nobody has touched, and that
/// would be made otherwise.
#[utoipa::path(tag = "meetings", operation_id = "changeMeetingSeries", params(IfMatch),
    request_body = PatchOf<MeetingSeriesInput>,
    responses((status = 200, description = "The series as it is now.", body = MeetingSeries)))]
#[patch("/meeting-series/{meetingSeriesId}")]
async fn change_meeting_series(call: Call, id: web::Path<MeetingSeriesId>, patch: Patch) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load_series(unit, &call.scope, *id).await?)?;
        let after = before.clone().change(patch.onto(&before)?, call.today())?;
        store::update_series(unit, "changed", &before, &after, call.state.settings.time_zone).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// End a series of meetings
///
/// There is none after the last day: those that are to come and that nobody has touched are taken out.
#[utoipa::path(tag = "meetings", operation_id = "endMeetingSeries", params(IfMatch), request_body = End,
    responses((status = 200, description = "The series as it is now.", body = MeetingSeries)))]
#[post("/meeting-series/{meetingSeriesId}/end")]
async fn end_meeting_series(call: Call, id: web::Path<MeetingSeriesId>, body: Body<End>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let before = call.unchanged(store::load_series(unit, &call.scope, *id).await?)?;
        let after = before.clone().end(body.value.last_day, call.today())?;
        store::update_series(unit, "ended", &before, &after, call.state.settings.time_zone).await?;
        Reply::ok(&after, call.today())
    })
    .await
}
