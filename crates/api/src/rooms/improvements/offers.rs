//! Offers: what helped one customer, for the teams of others with the same need to take or to decline.
use actix_web::{get, post, web};
use domain::{
    improvements::*,
    requests::{Destination, RoutingInput},
    vocabulary::*,
};
use persistence::{improvements as store, requests};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    http::{Body, Call, ListQuery, Listing, Problem, Query, Reply, Routes},
    rooms::{agreements::acts::deed, requests::hand_on},
};

pub fn routes(routes: &mut Routes) {
    routes.service(list_improvement_offers).service(create_offer_decision);
}

/// Which offers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OfferQuery {
    /// Of this improvement.
    improvement: Option<ImprovementId>,
    /// For this request.
    request: Option<RequestId>,
    /// That stand so.
    state: Option<OfferState>,
}

/// List offers of improvements
///
/// What was verified to help one customer is offered to others whose open requests seem to say the same. You get the offers
/// for customers that you may see; the improvement is named where you may see that too.
#[utoipa::path(tag = "improvements", operation_id = "listImprovementOffers", params(ListQuery, OfferQuery),
    responses((status = 200, description = "A page of offers.", body = Listing<ImprovementOffer>)))]
#[get("/improvement-offers")]
async fn list_improvement_offers(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<OfferQuery>,
) -> Result<Reply, Problem> {
    let filter = store::OfferFilter {
        improvement: filter.0.improvement,
        request: filter.0.request,
        state: filter.0.state,
    };
    call.listed(store::list_offers(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// Take or decline an offer
///
/// Taken, the request is routed to the improvement register (R13), where an entry of its own opens: whether it helps here too
/// is measured here (R16). Declined, with a reason, nothing changes for the request. An offer is decided on once.
#[utoipa::path(tag = "improvements", operation_id = "createOfferDecision", request_body = OfferDecisionInput,
    responses((status = 200, description = "The offer as it is now.", body = ImprovementOffer)))]
#[post("/improvement-offers/{improvementOfferId}/decision")]
async fn create_offer_decision(
    call: Call,
    id: web::Path<ImprovementOfferId>,
    body: Body<OfferDecisionInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let request = store::get_offer(unit, &call.scope, *id, call.today()).await?.request.id;
        // The request first, as whoever routes it holds it.
        let request = requests::load(unit, &call.scope, request).await?;
        let before = store::load_offer(unit, &call.scope, *id).await?;
        let (deed, _) = deed(&call.scope, unit).await?;
        let mut after = before.clone().decide(body.value.clone(), deed)?;
        if after.state == OfferState::Taken {
            let to_the_register = RoutingInput {
                destination: Destination::Improvement,
                note: None,
            };
            let (_, entry) = hand_on(&call.scope, unit, request, to_the_register).await?;
            after.taken_as = entry.map(|entry| entry.reference());
        }
        store::decide_offer(unit, &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}
