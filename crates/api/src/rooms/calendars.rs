//! Service calendars: when an agreed service is open, and how time is counted with them.
use actix_web::{delete, get, patch, post, web};
use chrono::{DateTime, Datelike, Duration, Utc};
use domain::{Rule, RuleCode, calendars::*, vocabulary::*};
use persistence::calendars as store;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::IfMatch;
use crate::http::{Body, Call, ListQuery, Listing, NoBody, Patch, PatchOf, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_service_calendars)
        .service(create_service_calendar)
        .service(get_service_calendar)
        .service(change_service_calendar)
        .service(delete_service_calendar)
        .service(list_versions)
        .service(get_version)
        .service(get_open_time)
        .service(get_deadline)
        .service(get_holiday_proposals);
}

/// Which calendars.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CalendarQuery {
    /// With this name.
    name: Option<Name>,
}

/// List service calendars
///
/// As they are now, by name in Swedish order.
#[utoipa::path(tag = "service levels", operation_id = "listServiceCalendars", params(ListQuery, CalendarQuery),
    responses((status = 200, description = "A page of calendars.", body = Listing<ServiceCalendar>)))]
#[get("/service-calendars")]
async fn list_service_calendars(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<CalendarQuery>,
) -> Result<Reply, Problem> {
    call.listed(store::list(&call.reader(), filter.0.name.as_ref(), &page.0.into()).await?)
}

/// Make a service calendar
///
/// A time zone, the hours of an ordinary week, and the dates that differ. `GET /holiday-proposals` tells the holidays
/// from which to choose the latter. A person needs to be business relationship manager or delivery manager of a team.
#[utoipa::path(tag = "service levels", operation_id = "createServiceCalendar", request_body = ServiceCalendarInput,
    responses((status = 201, description = "The new calendar, at its first version.", body = ServiceCalendar)))]
#[post("/service-calendars")]
async fn create_service_calendar(call: Call, body: Body<ServiceCalendarInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let calendar = ServiceCalendar::register(unit.new_id(), body.value.clone(), unit.now())?;
        store::insert(unit, &call.scope, &calendar).await?;
        Reply::created(format!("/service-calendars/{}", calendar.id), &calendar, call.today())
    })
    .await
}

/// Show a service calendar
///
/// As it is now: its latest version.
#[utoipa::path(tag = "service levels", operation_id = "getServiceCalendar", responses(
    (status = 200, description = "The calendar.", body = ServiceCalendar),
    (status = 304, description = "You have it already.")))]
#[get("/service-calendars/{calendarId}")]
async fn get_service_calendar(call: Call, id: web::Path<CalendarId>) -> Result<Reply, Problem> {
    call.found(&store::get(&call.reader(), *id).await?)
}

/// Change a service calendar
///
/// Makes a new version; what pinned an older one goes on with that. Members that are absent stay as they are, and a
/// list that is told replaces the one there was. A person needs to be business relationship manager or delivery manager
/// of a team.
#[utoipa::path(tag = "service levels", operation_id = "changeServiceCalendar", params(IfMatch),
    request_body = PatchOf<ServiceCalendarInput>,
    responses((status = 200, description = "The calendar at its new version.", body = ServiceCalendar)))]
#[patch("/service-calendars/{calendarId}")]
async fn change_service_calendar(call: Call, id: web::Path<CalendarId>, patch: Patch) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load(unit, &call.scope, *id).await?)?;
        let after = before.clone().change(patch.onto(&before)?, unit.now())?;
        store::update(unit, &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Remove a service calendar
///
/// With all its versions, and only while nothing has pinned one of them. A person needs to be business relationship
/// manager or delivery manager of a team.
#[utoipa::path(tag = "service levels", operation_id = "deleteServiceCalendar", params(IfMatch),
    responses((status = 204, description = "It is gone.")))]
#[delete("/service-calendars/{calendarId}")]
async fn delete_service_calendar(call: Call, id: web::Path<CalendarId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let calendar = call.unchanged(store::load(unit, &call.scope, *id).await?)?;
        store::delete(unit, &calendar).await?;
        Ok(Reply::gone())
    })
    .await
}

/// List the versions of a service calendar
///
/// From the first to the one that holds now, each as it was made.
#[utoipa::path(tag = "service levels", operation_id = "listServiceCalendarVersions", params(ListQuery),
    responses((status = 200, description = "A page of versions.", body = Listing<ServiceCalendar>)))]
#[get("/service-calendars/{calendarId}/versions")]
async fn list_versions(call: Call, id: web::Path<CalendarId>, page: Query<ListQuery>) -> Result<Reply, Problem> {
    call.listed(store::versions(&call.reader(), *id, &page.0.into()).await?)
}

/// Show a version of a service calendar
///
/// As it was made; no version ever changes.
#[utoipa::path(tag = "service levels", operation_id = "getServiceCalendarVersion", responses(
    (status = 200, description = "The calendar as that version has it.", body = ServiceCalendar),
    (status = 304, description = "You have it already.")))]
#[get("/service-calendars/{calendarId}/versions/{version}")]
async fn get_version(call: Call, path: web::Path<(CalendarId, Version)>) -> Result<Reply, Problem> {
    let (id, version) = path.into_inner();
    call.found(&store::version(&call.reader(), id, version.number()).await?)
}

/// Between which instants.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SpanQuery {
    /// From this instant; now, where not told.
    from: Option<DateTime<Utc>>,
    /// Up to this instant; a week later, where not told.
    to: Option<DateTime<Utc>>,
}

/// How long a calendar is open in a span.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OpenTime {
    /// The version of the calendar that was counted with.
    calendar: PinnedCalendar,
    /// From this instant.
    from: DateTime<Utc>,
    /// Up to this instant.
    to: DateTime<Utc>,
    /// Seconds that are open.
    open_seconds: i64,
    /// Local dates with any open time in between.
    open_days: u32,
}

/// Count a calendar's open time
///
/// The open seconds and the open days between two instants, by the calendar as it is now. To try a calendar; a span is at
/// most a hundred years long.
#[utoipa::path(tag = "service levels", operation_id = "getOpenTime", params(SpanQuery), responses(
    (status = 200, description = "The open time.", body = OpenTime),
    (status = 409, description = "The span ends before it begins, or is too long.")))]
#[get("/service-calendars/{calendarId}/open-time")]
async fn get_open_time(call: Call, id: web::Path<CalendarId>, span: Query<SpanQuery>) -> Result<Reply, Problem> {
    let calendar = store::get(&call.reader(), *id).await?;
    let from = span.0.from.unwrap_or(call.now());
    let to = span.0.to.unwrap_or(from + Duration::days(7));
    if to < from || to - from > Duration::days(36_525) {
        let detail = "`to` must not lie before `from`, nor more than a hundred years after it.";
        return Err(Rule::new(RuleCode::DateOrder, detail).into());
    }
    Reply::plain(&OpenTime {
        open_seconds: calendar.hours.open_seconds(from, to),
        open_days: calendar.hours.open_days(from, to),
        calendar: calendar.pin(),
        from,
        to,
    })
}

/// Since when, and how much may pass.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DeadlineQuery {
    /// Counted from this instant; now, where not told.
    from: Option<DateTime<Utc>>,
    /// How much service time may pass, open time (`PT4H`) or open days (`P3D`); eight open hours, where not told.
    limit: Option<TimeLimit>,
}

/// When a limit is reached.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Deadline {
    /// The version of the calendar that was counted with.
    calendar: PinnedCalendar,
    /// Counted from this instant.
    from: DateTime<Utc>,
    /// How much service time may pass.
    limit: TimeLimit,
    /// The last instant that is within the limit; absent where the calendar does not reach it within a hundred years.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<DateTime<Utc>>,
}

/// Find a deadline
///
/// The earliest instant at which the open time since `from` reaches the limit, by the calendar as it is now: a closing
/// time, not the next opening. To try a calendar.
#[utoipa::path(tag = "service levels", operation_id = "getDeadline", params(DeadlineQuery),
    responses((status = 200, description = "The deadline.", body = Deadline)))]
#[get("/service-calendars/{calendarId}/deadline")]
async fn get_deadline(call: Call, id: web::Path<CalendarId>, query: Query<DeadlineQuery>) -> Result<Reply, Problem> {
    let calendar = store::get(&call.reader(), *id).await?;
    let from = query.0.from.unwrap_or(call.now());
    let limit = query.0.limit.unwrap_or(TimeLimit::OpenSeconds(8 * 3600));
    Reply::plain(&Deadline {
        deadline: calendar.hours.deadline(limit, from, &[]),
        calendar: calendar.pin(),
        from,
        limit,
    })
}

/// Of which year.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct YearQuery {
    /// Of this year; the current one, where not told.
    #[param(minimum = 1900, maximum = 2999)]
    year: Option<i32>,
}

/// A year's days from which to choose exceptions.
#[derive(Serialize, ToSchema)]
struct HolidayProposals {
    /// Which year.
    #[schema(minimum = 1900, maximum = 2999)]
    year: i32,
    /// The days, in the order of the year.
    #[schema(max_items = 40)]
    items: Vec<ProposedHoliday>,
}

/// Propose a year's holidays
///
/// The Swedish holidays of a year, and the eves that many organisations close or shorten: to choose a calendar's exceptions
/// from. Nothing is stored by this; what a calendar says is what counts.
#[utoipa::path(tag = "service levels", operation_id = "getHolidayProposals", params(YearQuery),
    responses((status = 200, description = "The year's days.", body = HolidayProposals)))]
#[get("/holiday-proposals")]
async fn get_holiday_proposals(call: Call, query: Query<YearQuery>) -> Result<Reply, Problem> {
    let year = query.0.year.unwrap_or(call.today().year());
    let items = proposed_holidays(year);
    Reply::plain(&HolidayProposals { year, items })
}
