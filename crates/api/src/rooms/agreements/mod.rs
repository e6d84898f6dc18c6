//! Agreements: what is promised to whom; their versions; the templates that they start from.
pub mod acts;
mod exchange;
mod openslo;
mod papers;
pub mod signing;
mod templates;
mod verifications;
pub mod versions;

use actix_web::{get, patch, post, web};
use chrono::NaiveDate;
use domain::{access::Scope, agreements::*, vocabulary::*};
use persistence::{
    UnitOfWork, access, agreements as store,
    agreements::{AgreementFilter, ServiceCoverage},
    customers,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::IfMatch;
use crate::http::{
    Body, Call, ListQuery, Listing, Patch, PatchOf, Problem, Query, Reply, Routes, input::ReferenceQuery,
};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_agreements)
        .service(create_agreement)
        .service(get_agreement)
        .service(change_agreement)
        .service(create_agreement_review)
        .service(get_service_coverage)
        .configure(versions::routes)
        .configure(acts::routes)
        .configure(papers::routes)
        .configure(exchange::routes)
        .configure(verifications::routes)
        .configure(signing::routes)
        .configure(openslo::routes)
        .configure(templates::routes);
}

/// Which agreements.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct AgreementQuery {
    /// Held by this customer.
    customer: Option<CustomerId>,
    /// Of this kind.
    kind: Option<AgreementKind>,
    /// With this number.
    #[param(min_length = 13, max_length = 20, pattern = r"^AGR-[0-9]{4}-[0-9]{4,11}$")]
    number: Option<String>,
    /// With a version in this state today.
    state: Option<VersionState>,
    /// With a version that covers this service, in force on `day`.
    service: Option<ServiceId>,
    /// With a version in force on this day; for `service` today unless told.
    day: Option<NaiveDate>,
    /// In force, and over within so many days.
    #[param(minimum = 0, maximum = 3660)]
    ends_within_days: Option<u32>,
    /// In force, and the last day for notice comes within so many days.
    #[param(minimum = 0, maximum = 3660)]
    notice_within_days: Option<u32>,
    /// In force, and it is too late to give notice for the end of the running term (or not yet).
    inside_notice_period: Option<bool>,
    /// In force, and to be looked over by this day.
    review_due_by: Option<NaiveDate>,
    /// Service level agreements in force with a target that rests on no other agreement (or without one).
    without_underpinning: Option<bool>,
    /// In force, and personal data is handled (or not).
    personal_data: Option<bool>,
    /// In force, and personal data is handled without a data processing agreement (or with one).
    without_processing_agreement: Option<bool>,
}

/// List agreements
///
/// The agreements that you may see, the first one first. Filters combine: what ends, what can still be given notice of,
/// what is to be looked over, what covers a service on a day.
#[utoipa::path(tag = "agreements", operation_id = "listAgreements", params(ListQuery, AgreementQuery, ReferenceQuery),
    responses((status = 200, description = "A page of agreements.", body = Listing<Agreement>)))]
#[get("/agreements")]
async fn list_agreements(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<AgreementQuery>,
    reference: Query<ReferenceQuery>,
) -> Result<Reply, Problem> {
    let q = filter.0;
    let filter = AgreementFilter {
        customer: q.customer,
        kind: q.kind,
        number: q.number,
        reference: reference.0.key(),
        state: q.state,
        service: q.service,
        day: q.day,
        ends_within_days: q.ends_within_days,
        notice_within_days: q.notice_within_days,
        inside_notice_period: q.inside_notice_period,
        review_due_by: q.review_due_by,
        without_underpinning: q.without_underpinning,
        personal_data: q.personal_data,
        without_processing_agreement: q.without_processing_agreement,
    };
    call.listed(store::list(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// Begin an agreement
///
/// Its first version is a draft, told in full or begun from a template or from another agreement. The number is the
/// next of the year, without gaps.
#[utoipa::path(tag = "agreements", operation_id = "createAgreement", request_body = AgreementInput,
    responses((status = 201, description = "The new agreement.", body = Agreement)))]
#[post("/agreements")]
async fn create_agreement(call: Call, body: Body<AgreementInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let agreement = begin(&call.scope, unit, body.value.clone()).await?;
        Reply::created(format!("/agreements/{}", agreement.id), &agreement, call.today())
    })
    .await
}

/// A new agreement with its first draft.
pub async fn begin(scope: &Scope, unit: &mut UnitOfWork, told: AgreementInput) -> Result<Agreement, Problem> {
    let today = unit.today();
    let customer = match &told.customer {
        Some(key) => Some(customers::named(unit, scope, key, "/customer", today).await?),
        None => None,
    };
    let with = told.other_party(customer.as_ref())?;
    if customer.is_none() {
        access::admit_to_provider(unit, scope).await?;
    }
    let agreed = store::drafted(unit, scope, &with, &told.draft)
        .await
        .map_err(|e| within("/draft", e.into()))?;
    let reference = AgreementRef {
        id: unit.new_id(),
        number: store::next_number(unit).await?,
        kind: told.kind,
    };
    let customer = customer.map(|customer| customer.reference());
    let parties = (with, customer.as_ref().map(|customer| customer.id));
    let first = AgreementVersion::draft(
        unit.new_id(),
        (reference, VersionNumber::FIRST),
        parties,
        agreed,
        unit.now(),
    )
    .map_err(|rule| within("/draft", rule.into()))?;
    let agreement = Agreement::begin(&first, customer, (told.evidence, told.references), unit.now(), today);
    store::insert(unit, &agreement, &first).await?;
    Ok(agreement)
}

/// The same refusal, where what it points at lies deeper in the body.
fn within(member: &str, problem: Problem) -> Problem {
    match problem {
        Problem::Rule(rule) => {
            let pointer = rule.pointer.as_ref().map(|pointer| format!("{member}{pointer}"));
            Problem::Rule(domain::Rule { pointer, ..rule })
        }
        other => other,
    }
}

/// Show an agreement
///
/// With whom, the version that speaks for it today, and the one that is being written. Its content is in its versions.
#[utoipa::path(tag = "agreements", operation_id = "getAgreement", responses(
    (status = 200, description = "The agreement.", body = Agreement),
    (status = 304, description = "You have it already.")))]
#[get("/agreements/{agreementId}")]
async fn get_agreement(call: Call, id: web::Path<AgreementId>) -> Result<Reply, Problem> {
    call.found(&store::get(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// Change what an agreement is known by
///
/// The form of evidence and external references. What is agreed changes by a new version only (R7).
#[utoipa::path(tag = "agreements", operation_id = "changeAgreement", request_body = PatchOf<AgreementChange>,
    params(IfMatch), responses((status = 200, description = "The agreement as it is now.", body = Agreement)))]
#[patch("/agreements/{agreementId}")]
async fn change_agreement(call: Call, id: web::Path<AgreementId>, patch: Patch) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load(unit, &call.scope, *id).await?)?;
        let after = before.clone().change(patch.onto(&before)?);
        store::update(unit, "changed", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Record a review of an agreement
///
/// It was looked over together with the customer; the next review counts from this day.
#[utoipa::path(tag = "agreements", operation_id = "createAgreementReview", request_body = AgreementReview,
    params(IfMatch), responses((status = 200, description = "The agreement as it is now.", body = Agreement)))]
#[post("/agreements/{agreementId}/reviews")]
async fn create_agreement_review(
    call: Call,
    id: web::Path<AgreementId>,
    body: Body<AgreementReview>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let before = call.unchanged(store::load(unit, &call.scope, *id).await?)?;
        let after = before.clone().reviewed(body.value.clone(), call.today())?;
        Reply::ok(&store::review(unit, &before, after).await?, call.today())
    })
    .await
}

/// On which day.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DayQuery {
    /// On this day; today unless told.
    day: Option<NaiveDate>,
}

/// Show what was agreed for the services that a customer uses
///
/// For each used service the agreement in force on the day: the customer's own, that of the nearest customer above
/// unless it holds for that one only, or the template that holds by default (R8).
#[utoipa::path(tag = "agreements", operation_id = "getServiceCoverage", params(DayQuery),
    responses((status = 200, description = "What holds for each used service.", body = ServiceCoverage)))]
#[get("/customers/{customerId}/service-coverage")]
async fn get_service_coverage(call: Call, id: web::Path<CustomerId>, on: Query<DayQuery>) -> Result<Reply, Problem> {
    let day = on.0.day.unwrap_or(call.today());
    Reply::plain(&store::service_coverage(&call.reader(), &call.scope, *id, day, call.today()).await?)
}
