//! How we stand: what is not covered, one customer at a glance, and all of them, the worst first.
use actix_web::{get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    events::SubjectKind,
    relation::{RelationFlag, RelationRanking},
    vocabulary::CustomerId,
};
use persistence::{
    customers,
    overviews::{self as store, Coverage, CustomerEvent, CustomerOverview},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Call, ListQuery, Listing, NoBody, Problem, Query, Reply, Routes};

pub mod door;

pub fn routes(routes: &mut Routes) {
    routes
        .service(get_coverage)
        .service(get_customer_overview)
        .service(get_customer_timeline)
        .service(create_overview_link)
        .service(list_customer_standings);
}

/// So many customers are ranked unless told.
const SHOWN: usize = 20;

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
/// Who is responsible, who decides, what is used and agreed, how it was delivered and how satisfied they are, what is open
/// and overdue, and what was decided last. To the provider also what is amiss, by the same flags by which all customers are
/// ranked.
#[utoipa::path(tag = "customers", operation_id = "getCustomerOverview", responses(
    (status = 200, description = "The customer at a glance.", body = CustomerOverview),
    (status = 409, description = "There are too many figures of satisfaction to tell.")))]
#[get("/customers/{customerId}/overview")]
async fn get_customer_overview(call: Call, id: web::Path<CustomerId>) -> Result<Reply, Problem> {
    let weights = &call.state.settings.relation_weights;
    Reply::plain(&store::customer_overview(&call.reader(), &call.scope, *id, weights, call.local_time()).await?)
}

/// Where a page is, for a while.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PageLink {
    /// Its address. Whoever has it sees the page as you see it.
    #[schema(
        format = "uri",
        max_length = 4000,
        pattern = "^[!-~]+$",
        example = "https://kundansvar.example.se/pages/customers/019a0000-0000-7000-8000-000000000101/overview?link=eyJ0eXAi"
    )]
    address: String,
    /// Until when it opens.
    expires_at: DateTime<Utc>,
}

/// Ask for the overview as a page
///
/// An address that opens the customer's overview in a browser, without a token or cookie, for ten minutes: as you see it, in the
/// language of the browser (`lang=sv` or `lang=en` after it chooses). It opens nothing else, and no longer than your rights last.
#[utoipa::path(tag = "customers", operation_id = "createOverviewLink",
    responses((status = 200, description = "The address.", body = PageLink)))]
#[post("/customers/{customerId}/overview-links")]
async fn create_overview_link(call: Call, id: web::Path<CustomerId>) -> Result<Reply, Problem> {
    call.rehearse(&NoBody, async |unit| {
        let customer = customers::get(unit, &call.scope, *id, call.today()).await?;
        let path = door::path(customer.id);
        let tokens = &call.state.tokens;
        let token = tokens.issue_for_page(&call.scope.caller, &path, door::LIFETIME, call.now());
        Reply::plain(&PageLink {
            address: format!(
                "{}{path}?link={}",
                call.state.settings.public_origin(),
                token.map_err(Problem::internal)?
            ),
            expires_at: call.now() + door::LIFETIME,
        })
    })
    .await
}

/// Which customers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StandingQuery {
    /// Those of whom this is amiss.
    flag: Option<RelationFlag>,
    /// So many, 20 unless told.
    #[param(minimum = 1, maximum = 200)]
    most: Option<usize>,
}

/// Show how we stand with all customers
///
/// The active customers that you see, the worst first, with the reasons in words. Each flag counts once for a customer, for what
/// the operator has set; the rule stands in `weights`.
#[utoipa::path(tag = "customers", operation_id = "listCustomerStandings", params(StandingQuery), responses(
    (status = 200, description = "The customers, the worst first.", body = RelationRanking),
    (status = 409, description = "There are too many figures of satisfaction to compare at once.")))]
#[get("/customer-standings")]
async fn list_customer_standings(call: Call, asked: Query<StandingQuery>) -> Result<Reply, Problem> {
    let StandingQuery { flag, most } = asked.0;
    let weights = call.state.settings.relation_weights;
    let wanted = (flag, most.unwrap_or(SHOWN));
    Reply::plain(&store::ranking(&call.reader(), &call.scope, weights, wanted, call.today()).await?)
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
