//! What a service costs a customer over a period.
use actix_web::{get, patch, post, web};
use chrono::NaiveDate;
use domain::{access::Scope, value::*, vocabulary::*};
use persistence::{UnitOfWork, customers, services, value as store};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Body, Call, ListQuery, Listing, Patch, PatchOf, Problem, Query, Reply, Routes};
use crate::rooms::IfMatch;

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_service_costs)
        .service(create_service_cost)
        .service(get_service_cost)
        .service(change_service_cost);
}

/// Which costs.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct CostQuery {
    /// Of this customer.
    customer: Option<CustomerId>,
    /// Of this service.
    service: Option<ServiceId>,
    /// Whose period ends on this day or later.
    last_day_from: Option<NaiveDate>,
    /// Whose period begins before this day.
    first_day_before: Option<NaiveDate>,
}

/// List what services cost
///
/// The costs of customers that you may see, by when they were entered. Filters combine.
#[utoipa::path(tag = "value", operation_id = "listServiceCosts", params(ListQuery, CostQuery),
    responses((status = 200, description = "A page of costs.", body = Listing<ServiceCost>)))]
#[get("/service-costs")]
async fn list_service_costs(call: Call, page: Query<ListQuery>, filter: Query<CostQuery>) -> Result<Reply, Problem> {
    let CostQuery {
        customer,
        service,
        last_day_from: from,
        first_day_before: before,
    } = filter.0;
    let filter = store::CostFilter {
        customer,
        service,
        from,
        before,
    };
    call.listed(store::costs(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// Enter what a service costs
///
/// For a customer of your teams, over a period. Periods of one customer and service do not overlap; what a year costs is
/// told by the days that fall on it. `POST /imports?kind=service_costs` takes in many at once.
#[utoipa::path(tag = "value", operation_id = "createServiceCost", request_body = ServiceCostInput,
    responses((status = 201, description = "The new cost.", body = ServiceCost)))]
#[post("/service-costs")]
async fn create_service_cost(call: Call, body: Body<ServiceCostInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let cost = tell(&call.scope, unit, body.value.clone()).await?;
        Reply::created(format!("/service-costs/{}", cost.id), &cost, call.today())
    })
    .await
}

/// Enters a cost.
pub async fn tell(scope: &Scope, unit: &mut UnitOfWork, input: ServiceCostInput) -> Result<ServiceCost, Problem> {
    let (customer, service) = named(scope, unit, &input).await?;
    let days = (input.first_day, input.last_day);
    let others = store::costs_beside(unit, (customer.id, service.id), days).await?;
    let cost = ServiceCost::enter(unit.new_id(), input, (customer, service), &others, unit.now())?;
    store::insert_cost(unit, &cost).await?;
    Ok(cost)
}

async fn named(
    scope: &Scope,
    unit: &UnitOfWork,
    input: &ServiceCostInput,
) -> Result<(CustomerRef, ServiceRef), Problem> {
    let customer = customers::named(unit, scope, &input.customer, "/customer", unit.today()).await?;
    Ok((
        customer.reference(),
        services::named_one(unit, &input.service, "/service").await?,
    ))
}

/// Show what a service costs
///
/// One cost of a customer and service, with its period.
#[utoipa::path(tag = "value", operation_id = "getServiceCost", responses(
    (status = 200, description = "The cost.", body = ServiceCost),
    (status = 304, description = "You have it already.")))]
#[get("/service-costs/{serviceCostId}")]
async fn get_service_cost(call: Call, id: web::Path<ServiceCostId>) -> Result<Reply, Problem> {
    call.found(&store::cost(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// Change what a service costs
///
/// Members that are absent stay as they are; customer and service always do.
#[utoipa::path(tag = "value", operation_id = "changeServiceCost", request_body = PatchOf<ServiceCostInput>,
    params(IfMatch), responses((status = 200, description = "The cost as it is now.", body = ServiceCost)))]
#[patch("/service-costs/{serviceCostId}")]
async fn change_service_cost(call: Call, id: web::Path<ServiceCostId>, patch: Patch) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load_cost(unit, &call.scope, *id).await?)?;
        let input = patch.onto(&before)?;
        Reply::ok(&revise(&call.scope, unit, before, input).await?, call.today())
    })
    .await
}

/// The cost as told anew.
pub async fn revise(
    scope: &Scope,
    unit: &mut UnitOfWork,
    before: ServiceCost,
    input: ServiceCostInput,
) -> Result<ServiceCost, Problem> {
    let named = named(scope, unit, &input).await?;
    let of = (before.customer.id, before.service.id);
    let others = store::costs_beside(unit, of, (input.first_day, input.last_day)).await?;
    let after = before.clone().change(input, named, &others, unit.now())?;
    store::update_cost(unit, &before, &after).await?;
    Ok(after)
}
