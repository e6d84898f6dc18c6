//! Where a meeting stands: held, published, cancelled. Who leads it says so (R18).
use actix_web::{post, web};
use domain::{
    access::{BUSINESS_RELATIONSHIP_MANAGER, DELIVERY_MANAGER},
    meetings::*,
    vocabulary::MeetingId,
};
use persistence::{UnitOfWork, meetings as store};

use super::{act, packs};
use crate::http::{Body, Call, NoBody, Problem, Reply, Routes};
use crate::rooms::{IfMatch, agreements::acts::deed};

pub fn routes(routes: &mut Routes) {
    routes
        .service(create_holding)
        .service(create_meeting_publication)
        .service(create_meeting_cancellation);
}

/// A dialogue is the business relationship manager's to close, a review the delivery manager's (R18): 403 for the other.
async fn must_lead(call: &Call, unit: &UnitOfWork, meeting: &Meeting) -> Result<(), Problem> {
    let roles = match meeting.kind {
        MeetingKind::Team => return Ok(()),
        MeetingKind::Dialogue => BUSINESS_RELATIONSHIP_MANAGER,
        MeetingKind::Review => DELIVERY_MANAGER,
    };
    store::get(unit, &call.scope.in_roles(roles), meeting.id, unit.today()).await?;
    Ok(())
}

/// Say that a meeting was held
///
/// Once it has begun. From here on its minutes are written; a dialogue by the business relationship manager's word, a review by
/// the delivery manager's (R18).
#[utoipa::path(tag = "meetings", operation_id = "createHolding", params(IfMatch),
    responses((status = 200, description = "The meeting as it is now.", body = Meeting)))]
#[post("/meetings/{meetingId}/holding")]
async fn create_holding(call: Call, id: web::Path<MeetingId>) -> Result<Reply, Problem> {
    act(&call, *id, "held", &NoBody, async |unit, meeting| {
        must_lead(&call, unit, &meeting).await?;
        Ok(meeting.hold(unit.now())?)
    })
    .await
}

/// Publish the minutes of a meeting
///
/// They stand from now on, with their digest, and the customer's contacts read them, unless it was a meeting of the team. A review's
/// pack is kept with them. What somebody was to do can still be told done; an addendum corrects the rest.
#[utoipa::path(tag = "meetings", operation_id = "createMeetingPublication", params(IfMatch),
    responses((status = 200, description = "The meeting with its published minutes.", body = Meeting)))]
#[post("/meetings/{meetingId}/publication")]
async fn create_meeting_publication(call: Call, id: web::Path<MeetingId>) -> Result<Reply, Problem> {
    act(&call, *id, "published", &NoBody, async |unit, meeting| {
        must_lead(&call, unit, &meeting).await?;
        let deed = deed(&call.scope, unit).await?.0;
        packs::publish(&call.scope, unit, &call.state.settings, meeting, deed).await
    })
    .await
}

/// Cancel a meeting
///
/// It is not held, for a reason. Its series makes no other in its place.
#[utoipa::path(tag = "meetings", operation_id = "createMeetingCancellation", params(IfMatch),
    request_body = MeetingCancellationInput,
    responses((status = 200, description = "The meeting as it is now.", body = Meeting)))]
#[post("/meetings/{meetingId}/cancellation")]
async fn create_meeting_cancellation(
    call: Call,
    id: web::Path<MeetingId>,
    body: Body<MeetingCancellationInput>,
) -> Result<Reply, Problem> {
    act(&call, *id, "cancelled", &body, async |unit, meeting| {
        let deed = deed(&call.scope, unit).await?.0;
        Ok(meeting.cancel(body.value.clone(), deed)?)
    })
    .await
}
