//! Feeds: how a destination pulls what is handed over to it, and acts on it.
use actix_web::{get, post, web};
use domain::{access::ClientScope, events::Aggregate, requests::*, vocabulary::*};
use persistence::requests::{self as store, FeedEntry, HandOverInFull};

use crate::http::{Body, Call, Log, Problem, Query, Reply, Routes, call::Sent, input::LogQuery};

pub fn routes(routes: &mut Routes) {
    routes
        .service(get_feed)
        .service(get_hand_over)
        .service(create_acknowledgement)
        .service(create_decision)
        .service(create_fulfilment);
}

/// Pull a destination's feed
///
/// A log of hand-overs, resumable from a cursor: nothing is missed, doubled or reordered under concurrent writes. Each
/// entry carries the request as it is now, while it is still handed over, with what it is judged by: the customers behind it,
/// by which version of the scheme it was scored, how many other requests seem to say the same; a withdrawn one its id and
/// number only.
/// Improvements have no feed: the register is kept here, at `/improvements`.
#[utoipa::path(tag = "feeds", operation_id = "getFeed", params(LogQuery),
    responses((status = 200, description = "A stretch of the feed.", body = Log<FeedEntry>)))]
#[get("/feeds/{destination}")]
async fn get_feed(call: Call, destination: web::Path<Destination>, query: Query<LogQuery>) -> Result<Reply, Problem> {
    let feed = ClientScope::of_feed(*destination).ok_or(Problem::NotFound)?;
    if let Some(open) = call.scope.destinations()
        && !open.contains(&destination)
    {
        return Err(Problem::InsufficientScope(feed));
    }
    let (after, limit) = query.0.place();
    call.logged(store::feed(call.db(), &call.scope, *destination, after, limit, call.today()).await?)
}

/// Show a hand-over
///
/// A request as it was given to a destination, and what came of it; while it is still handed over with the demand as it is now,
/// and what it is judged by.
#[utoipa::path(tag = "feeds", operation_id = "getHandOver", responses(
    (status = 200, description = "The hand-over.", body = HandOverInFull),
    (status = 304, description = "You have it already.")))]
#[get("/hand-overs/{handOverId}")]
async fn get_hand_over(call: Call, id: web::Path<HandOverId>) -> Result<Reply, Problem> {
    call.found(&store::hand_over_in_full(call.db(), &call.scope, *id, call.today()).await?)
}

/// A destination's act on its hand-over. The same document again changes nothing.
async fn act(
    call: &Call,
    id: HandOverId,
    name: &str,
    sent: &impl Sent,
    how: impl Fn(Request) -> Result<Request, domain::Rule>,
) -> Result<Reply, Problem> {
    call.write(sent, async |unit| {
        let before = store::load_handed_over(unit, &call.scope, id).await?;
        let after = how(before.clone())?;
        if after.version() != before.version() {
            store::update(unit, name, &before, &after).await?;
        }
        let hand_over = after.hand_over.ok_or(Problem::NotFound)?;
        Reply::ok(&hand_over, call.today())
    })
    .await
}

/// Acknowledge a hand-over
///
/// The destination has taken it in under its own reference. A second, other reference is refused.
#[utoipa::path(tag = "feeds", operation_id = "createAcknowledgement", request_body = Acknowledgement,
    responses((status = 200, description = "The hand-over as it is now.", body = HandOver)))]
#[post("/hand-overs/{handOverId}/acknowledgement")]
async fn create_acknowledgement(
    call: Call,
    id: web::Path<HandOverId>,
    body: Body<Acknowledgement>,
) -> Result<Reply, Problem> {
    act(&call, *id, "acknowledged", &body, |r| {
        r.acknowledge(*id, body.value.clone(), call.now())
    })
    .await
}

/// Decide on a hand-over
///
/// Accepted with a plan, or declined with a reason; what was accepted may still be declined. Whoever raised the request
/// reads the decision there.
#[utoipa::path(tag = "feeds", operation_id = "createDecision", request_body = Decision,
    responses((status = 200, description = "The hand-over as it is now.", body = HandOver)))]
#[post("/hand-overs/{handOverId}/decision")]
async fn create_decision(call: Call, id: web::Path<HandOverId>, body: Body<Decision>) -> Result<Reply, Problem> {
    let name = match body.value.outcome {
        DecisionOutcome::Accepted => "accepted",
        DecisionOutcome::Declined => "declined",
    };
    act(&call, *id, name, &body, |r| {
        r.decide(*id, body.value.clone(), call.now())
    })
    .await
}

/// Report a fulfilment
///
/// The destination has done what it accepted.
#[utoipa::path(tag = "feeds", operation_id = "createFulfilment", request_body = Fulfilment,
    responses((status = 200, description = "The hand-over as it is now.", body = HandOver)))]
#[post("/hand-overs/{handOverId}/fulfilment")]
async fn create_fulfilment(call: Call, id: web::Path<HandOverId>, body: Body<Fulfilment>) -> Result<Reply, Problem> {
    act(&call, *id, "fulfilled", &body, |r| {
        r.fulfil(*id, body.value.clone(), call.now())
    })
    .await
}
