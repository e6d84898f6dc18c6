//! Exclusions: proposed by the delivery manager, consented to or refused by the customer (R23).
use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use domain::{access::Caller, agreements::WithReason, service_levels::*, vocabulary::*};
use persistence::{UnitOfWork, agreements, service_levels as store, services};
use serde::Deserialize;
use utoipa::IntoParams;

use super::acts::of_customer;
use crate::http::{Body, Call, ListQuery, Listing, NoBody, Problem, Query, Reply, Routes, call::Sent};
use crate::rooms::{IfMatch, agreements::acts::deed};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_exclusions)
        .service(create_exclusion)
        .service(get_exclusion)
        .service(create_exclusion_consent)
        .service(create_exclusion_refusal);
}

/// Which exclusions.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct ExclusionQuery {
    /// Of this agreement's figures.
    agreement: Option<AgreementId>,
    /// That stand so.
    state: Option<ExclusionState>,
    /// That end after this time.
    time_from: Option<DateTime<Utc>>,
    /// That begin before this time.
    time_before: Option<DateTime<Utc>>,
}

/// List exclusions
///
/// What is left out of agreed figures, or is asked to be, the first one first.
#[utoipa::path(tag = "service levels", operation_id = "listExclusions", params(ListQuery, ExclusionQuery),
    responses((status = 200, description = "A page of exclusions.", body = Listing<Exclusion>)))]
#[get("/exclusions")]
async fn list_exclusions(call: Call, page: Query<ListQuery>, filter: Query<ExclusionQuery>) -> Result<Reply, Problem> {
    let q = filter.0;
    let filter = store::ExclusionFilter {
        agreement: q.agreement,
        state: q.state,
        from: q.time_from,
        before: q.time_before,
    };
    call.listed(store::list_exclusions(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// Propose an exclusion
///
/// An interval that is to be left out of the agreed figures: of a target, of a service, or of all. On a ground that the
/// agreement names beforehand it takes effect at once; else it waits for the customer's word. Of availability the interval
/// is no agreed time, of timeliness the clock of each case stands still, and samples read in it do not count. The raw
/// figure keeps everything (R23).
#[utoipa::path(tag = "service levels", operation_id = "createExclusion", request_body = ExclusionInput,
    responses((status = 201, description = "The exclusion.", body = Exclusion)))]
#[post("/exclusions")]
async fn create_exclusion(call: Call, body: Body<ExclusionInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let told = body.value.clone();
        let agreement = agreements::named(unit, &call.scope, told.agreement, "/agreement").await?;
        let day = told.from.with_timezone(&call.state.settings.time_zone).date_naive();
        let version = agreements::in_force_on(unit, &agreement, day).await?;
        let service = match &told.service {
            Some(key) => services::named(unit, std::slice::from_ref(key), "/service")
                .await?
                .pop(),
            None => None,
        };
        let (deed, _) = deed(&call.scope, unit).await?;
        let exclusion = Exclusion::propose(unit.new_id(), told, (&agreement, &version), service, deed)?;
        must_precede_closing(&call, unit, &exclusion).await?;
        store::insert_exclusion(unit, &exclusion).await?;
        Reply::created(format!("/exclusions/{}", exclusion.id), &exclusion, call.today())
    })
    .await
}

/// Refuses what touches figures that are closed.
async fn must_precede_closing(call: &Call, unit: &UnitOfWork, exclusion: &Exclusion) -> Result<(), Problem> {
    let (id, interval) = (exclusion.agreement.id, exclusion.interval());
    let closed = store::closed_within(unit, id, interval, call.local_time()).await?;
    Ok(Exclusion::must_precede_closing(closed)?)
}

/// Show an exclusion
///
/// What is left out, on which ground, who proposed it, and the customer's word.
#[utoipa::path(tag = "service levels", operation_id = "getExclusion", responses(
    (status = 200, description = "The exclusion.", body = Exclusion),
    (status = 304, description = "You have it already.")))]
#[get("/exclusions/{exclusionId}")]
async fn get_exclusion(call: Call, id: web::Path<ExclusionId>) -> Result<Reply, Problem> {
    call.found(&store::get_exclusion(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// The customer's word on an exclusion.
async fn decide(call: &Call, id: ExclusionId, sent: &impl Sent, refusal: Option<Reason>) -> Result<Reply, Problem> {
    call.write(sent, async |unit| {
        let before = call.unchanged(store::load_exclusion(unit, &call.scope, id).await?)?;
        let deed = match &call.scope.caller {
            Caller::Contact { .. } => of_customer(call, unit).await?,
            _ => deed(&call.scope, unit).await?.0,
        };
        let after = before.clone().decide(deed, refusal.clone())?;
        must_precede_closing(call, unit, &after).await?;
        store::update_exclusion(unit, &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Consent to an exclusion
///
/// A contact of the customer with mandate `customer` or `purchaser`, until the statement is closed (R23). Of an agreement
/// with another function or a supplier, the delivery manager records the other party's word.
#[utoipa::path(tag = "service levels", operation_id = "createExclusionConsent", params(IfMatch),
    responses((status = 200, description = "The exclusion as it is now.", body = Exclusion)))]
#[post("/exclusions/{exclusionId}/consent")]
async fn create_exclusion_consent(call: Call, id: web::Path<ExclusionId>) -> Result<Reply, Problem> {
    decide(&call, *id, &NoBody, None).await
}

/// Refuse an exclusion
///
/// A contact of the customer with mandate `customer` or `purchaser`; nothing is left out (R23). Of an agreement with
/// another function or a supplier, the delivery manager records the other party's word.
#[utoipa::path(tag = "service levels", operation_id = "createExclusionRefusal", request_body = WithReason,
    params(IfMatch), responses((status = 200, description = "The exclusion as it is now.", body = Exclusion)))]
#[post("/exclusions/{exclusionId}/refusal")]
async fn create_exclusion_refusal(
    call: Call,
    id: web::Path<ExclusionId>,
    body: Body<WithReason>,
) -> Result<Reply, Problem> {
    decide(&call, *id, &body, Some(body.value.reason.clone())).await
}
