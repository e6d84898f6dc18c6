//! Where calendar programs read dates, outside the document: whoever knows a calendar's secret reads what its subscriber may
//! see at that moment. One that was taken back, or whose subscriber is gone, is like one that never was.
use actix_web::{HttpMessage, HttpRequest, HttpResponse, http::header, web};
use domain::{
    access::{Permission, Scope},
    clients::digest,
    date_feeds::*,
};
use persistence::{
    clients::{self, Bearer},
    date_feeds as store, overviews,
};
use sha2::{Digest, Sha256};

use super::icalendar::calendar;
use crate::{
    State,
    http::{Problem, frame::CallerName, reply::hex},
};

/// The operation whose right it is read by.
const OPERATION: &str = "getCalendarSubscription";

/// The route outside the document.
pub fn route(config: &mut web::ServiceConfig) {
    config.route("/calendars/{secret}.ics", web::get().to(show));
}

async fn show(
    state: web::Data<State>,
    request: HttpRequest,
    secret: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let time = state.local_time();
    let reader = state.db.reader();
    let subscription = store::with_digest(&reader, &digest(&secret))
        .await?
        .ok_or(Problem::NotFound)?;
    let scope = scope(&state, subscription.subscriber).await?;
    request.extensions_mut().insert(CallerName(scope.caller.actor().id));
    let window = Window::on(time.today());
    let dates = overviews::dates(&reader, &scope, &subscription, window, time).await?;
    let text = calendar(&subscription, &dates, window, &state.settings)?;
    let etag = format!("\"ics.{}\"", hex(&Sha256::digest(&text)[..16]));
    let seen = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok());
    let seen = seen.unwrap_or_default().replace("W/", "");
    let unchanged = seen.split(',').map(str::trim).any(|tag| tag == "*" || tag == etag);
    let mut reply = if unchanged {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    reply.insert_header((header::ETAG, etag));
    if unchanged {
        return Ok(reply.finish());
    }
    Ok(reply
        .content_type("text/calendar; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, "inline; filename=\"kundansvar.ics\""))
        .body(text))
}

/// What the subscriber may see now, and nothing else.
async fn scope(state: &State, subscriber: Subscriber) -> Result<Scope, Problem> {
    let bearer = match subscriber {
        Subscriber::Person(id) => Bearer::Person(id),
        Subscriber::Contact(id) => Bearer::Contact(id),
    };
    let today = state.settings.local_date(state.clock.now());
    let caller = clients::caller(&state.db.reader(), &bearer, today).await?;
    let caller = caller.ok_or(Problem::NotFound)?;
    let permission = Permission::of(OPERATION).ok_or(Problem::NotFound)?;
    let scope = permission.scope(&caller, state.settings.other_customers);
    let scope = scope.map_err(|_| Problem::NotFound)?;
    Ok(scope.within(scope.visible.clone()))
}
