//! How we stand: what is not covered, and one customer at a glance.
use actix_web::{get, web};
use chrono::NaiveDate;
use domain::{events::SubjectKind, vocabulary::CustomerId};
use persistence::overviews::{self as store, Coverage, CustomerEvent, CustomerOverview};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Call, ListQuery, Listing, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes
        .service(get_coverage)
        .service(get_customer_overview)
        .service(get_customer_timeline);
}

/// On which day.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CoverageQuery {
    /// On this day; today unless told.
    day: Option<NaiveDate>,
}

/// Show what is not covered
///
/// Customers without a team, teams that are short of someone, exceptions from R2, services and complaints without an
/// owner, services of agreements without an owner (R4), used services without an agreement: each list with how many there are in all, and the first 200.
#[utoipa::path(tag = "customer teams", operation_id = "getCoverage", params(CoverageQuery),
    responses((status = 200, description = "What is not covered.", body = Coverage)))]
#[get("/coverage")]
async fn get_coverage(call: Call, on: Query<CoverageQuery>) -> Result<Reply, Problem> {
    let day = on.0.day.unwrap_or(call.today());
    Reply::plain(&store::coverage(&call.reader(), &call.scope, day, call.today()).await?)
}

/// Show how we stand with a customer
///
/// Who is responsible, who decides, what is used, what is open and overdue, and what was decided last.
#[utoipa::path(tag = "customers", operation_id = "getCustomerOverview",
    responses((status = 200, description = "The customer at a glance.", body = CustomerOverview)))]
#[get("/customers/{customerId}/overview")]
async fn get_customer_overview(call: Call, id: web::Path<CustomerId>) -> Result<Reply, Problem> {
    Reply::plain(&store::customer_overview(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// Of which kind.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TimelineQuery {
    /// About things of this kind.
    kind: Option<SubjectKind>,
}

/// Show everything that happened with a customer
///
/// Requests, agreements, statements, improvements, needs, interactions and whatever else is the customer's own, in one
/// timeline out of the audit trail, the latest first. What several customers share is not in it. A contact is told what
/// contacts may read.
#[utoipa::path(tag = "customers", operation_id = "getCustomerTimeline", params(ListQuery, TimelineQuery),
    responses((status = 200, description = "A page of what happened.", body = Listing<CustomerEvent>)))]
#[get("/customers/{customerId}/timeline")]
async fn get_customer_timeline(
    call: Call,
    id: web::Path<CustomerId>,
    page: Query<ListQuery>,
    of: Query<TimelineQuery>,
) -> Result<Reply, Problem> {
    let page = page.0.latest_first();
    call.listed(store::customer_timeline(call.db(), &call.scope, *id, of.0.kind, &page, call.today()).await?)
}
