//! Dates in calendars: whoever subscribes gets an address that nobody else knows, and that can be taken back.
pub mod door;
mod icalendar;

use actix_web::{delete, get, post, web};
use domain::{Rule, RuleCode, clients::digest, date_feeds::*, vocabulary::*};
use persistence::{UnitOfWork, customers, date_feeds as store, services, teams};
use serde::Serialize;
use utoipa::ToSchema;

use super::IfMatch;
use crate::http::{Body, Call, ListQuery, Listing, NoBody, Problem, Query, Reply, Routes, reply::random_secret};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_calendar_subscriptions)
        .service(create_calendar_subscription)
        .service(get_calendar_subscription)
        .service(delete_calendar_subscription);
}

/// A subscription with an address that is told this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "the document's description of what Reply::with_secret makes")]
struct CalendarSubscriptionWithAddress {
    #[serde(flatten)]
    subscription: CalendarSubscription,
    /// Where the dates are read as iCalendar, by whoever knows it; told once and never again, not even in a repeat under the
    /// same Idempotency-Key.
    #[schema(
        min_length = 60,
        max_length = 2000,
        pattern = r"^https?://[!-~]+/calendars/[A-Za-z0-9_-]{43}\.ics$",
        example = "https://kundansvar.example.se/calendars/Zm9yIHRoZSBleGFtcGxlIG9ubHksIG5vdCBhIHNlY3J.ics"
    )]
    address: Option<String>,
}

fn subscriber(call: &Call) -> Result<Subscriber, Problem> {
    Subscriber::of(&call.scope.caller).ok_or(Problem::Forbidden)
}

/// List your calendars
///
/// Your own subscriptions, the first first; never their addresses.
#[utoipa::path(tag = "calendar subscriptions", operation_id = "listCalendarSubscriptions", params(ListQuery),
    responses((status = 200, description = "A page of subscriptions.", body = Listing<CalendarSubscription>)))]
#[get("/calendar-subscriptions")]
async fn list_calendar_subscriptions(call: Call, page: Query<ListQuery>) -> Result<Reply, Problem> {
    call.listed(store::list(&call.reader(), subscriber(&call)?, &page.0.into()).await?)
}

/// Subscribe to dates
///
/// Dates of your own, of a team's customers, of one customer, or of a service across customers, as a calendar that your
/// calendar program reads: what customers plan and are told, days by which to act, last days for notice. The reply holds its
/// address, this once. Each reading shows what you may see then. What a customer plans leaves its team only where it is
/// `sharedInCalendars`.
#[utoipa::path(tag = "calendar subscriptions", operation_id = "createCalendarSubscription",
    request_body = CalendarSubscriptionInput,
    responses((status = 201, description = "The subscription and its address.", body = CalendarSubscriptionWithAddress)))]
#[post("/calendar-subscriptions")]
async fn create_calendar_subscription(call: Call, body: Body<CalendarSubscriptionInput>) -> Result<Reply, Problem> {
    let subscriber = subscriber(&call)?;
    let secret = random_secret();
    let address = format!("{}/calendars/{secret}.ics", call.state.settings.public_origin());
    call.write(&body, async |unit| {
        let input = body.value.clone();
        if store::count_of(unit, subscriber).await? >= MOST_SUBSCRIPTIONS {
            let detail = format!("You have {MOST_SUBSCRIPTIONS} calendars, as many as one can have; remove one first.");
            return Err(Rule::new(RuleCode::State, detail).into());
        }
        let new = CalendarSubscription::begin(unit.new_id(), input, subscriber, unit.now())?;
        must_exist(&call, unit, new.of).await?;
        store::insert(unit, &new, digest(&secret)).await?;
        Reply::created(format!("/calendar-subscriptions/{}", new.id), &new, call.today())?
            .with_secret("address", &address)
    })
    .await
}

/// Refuses what is not there, or not for the caller to see (R20).
async fn must_exist(call: &Call, unit: &UnitOfWork, of: DatesOf) -> Result<(), Problem> {
    let unknown = |what: &str| {
        let detail = format!("There is no such {what}.");
        let pointer = format!("/of/{what}");
        move |e| match e {
            persistence::Error::NotFound => Rule::new(RuleCode::UnknownReference, detail).at(pointer).into(),
            other => Problem::from(other),
        }
    };
    match of {
        DatesOf::Own {} => {}
        DatesOf::Team { team } => {
            teams::get(unit, team, unit.today()).await.map_err(unknown("team"))?;
        }
        DatesOf::Customer { customer } => {
            let seen = call.scope.within(call.scope.visible.clone());
            customers::named(unit, &seen, &Key::Id(customer), "/of/customer", unit.today()).await?;
        }
        DatesOf::Service { service } => {
            services::get(unit, service).await.map_err(unknown("service"))?;
        }
    }
    Ok(())
}

/// Show a calendar's subscription
///
/// Of what its dates are; never its address.
#[utoipa::path(tag = "calendar subscriptions", operation_id = "getCalendarSubscription", responses(
    (status = 200, description = "The subscription.", body = CalendarSubscription),
    (status = 304, description = "You have it already.")))]
#[get("/calendar-subscriptions/{calendarSubscriptionId}")]
async fn get_calendar_subscription(call: Call, id: web::Path<CalendarSubscriptionId>) -> Result<Reply, Problem> {
    call.found(&store::get(&call.reader(), subscriber(&call)?, *id).await?)
}

/// Take a calendar's address back
///
/// From now on it leads nowhere, whoever knows it.
#[utoipa::path(tag = "calendar subscriptions", operation_id = "deleteCalendarSubscription", params(IfMatch),
    responses((status = 204, description = "It is gone.")))]
#[delete("/calendar-subscriptions/{calendarSubscriptionId}")]
async fn delete_calendar_subscription(call: Call, id: web::Path<CalendarSubscriptionId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let before = call.unchanged(store::get(unit, subscriber(&call)?, *id).await?)?;
        store::delete(unit, &before).await?;
        Ok(Reply::gone())
    })
    .await
}
