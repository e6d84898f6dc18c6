//! Customers and their usages of services.
use actix_web::{delete, get, patch, post, put, web};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    access::{Customers, Scope},
    customers::*,
    events::Aggregate,
    vocabulary::*,
};
use persistence::{
    UnitOfWork, customers as store,
    references::{self, Told},
    services, teams,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::IfMatch;
use crate::http::{
    Body, Call, ListQuery, Listing, NoBody, Patch, PatchOf, Problem, Query, Reply, Routes, input::ReferenceQuery,
};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_customers)
        .service(create_customer)
        .service(get_customer)
        .service(change_customer)
        .service(delete_customer)
        .service(get_customer_channels)
        .service(set_customer_channels)
        .service(list_service_usages)
        .service(create_service_usage)
        .service(end_service_usage);
}

/// Which customers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CustomerQuery {
    /// Direct parts of this customer.
    parent: Option<CustomerId>,
    /// With this status.
    status: Option<CustomerStatus>,
    /// With this code.
    code: Option<Code>,
}

/// List customers
///
/// The customers that you may see, by name in Swedish order.
#[utoipa::path(tag = "customers", operation_id = "listCustomers", params(ListQuery, CustomerQuery, ReferenceQuery),
    responses((status = 200, description = "A page of customers.", body = Listing<Customer>)))]
#[get("/customers")]
async fn list_customers(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<CustomerQuery>,
    reference: Query<ReferenceQuery>,
) -> Result<Reply, Problem> {
    let Query(CustomerQuery { parent, status, code }) = filter;
    let filter = store::Filter {
        parent,
        status,
        code,
        reference: reference.0.key(),
    };
    call.listed(store::list(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// Take on a customer
///
/// A known external reference makes it an upsert: the same document again changes nothing, another one is applied.
#[utoipa::path(tag = "customers", operation_id = "createCustomer", request_body = CustomerInput, responses(
    (status = 201, description = "The new customer.", body = Customer),
    (status = 200, description = "The customer that has the reference already.", body = Customer)))]
#[post("/customers")]
async fn create_customer(call: Call, body: Body<CustomerInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let (customer, new) = tell(&call.scope, unit, body.value.clone()).await?;
        Reply::told(new, format!("/customers/{}", customer.id), &customer, call.today())
    })
    .await
}

/// Makes a customer, or changes the one that its source tells of again; with whether it is new.
pub async fn tell(scope: &Scope, unit: &mut UnitOfWork, input: CustomerInput) -> Result<(Customer, bool), Problem> {
    match references::told(unit, Customer::KIND, &input.references, &input).await? {
        Told::Same(id) => Ok((
            store::load(unit, scope, id.into()).await.map_err(references::taken)?,
            false,
        )),
        Told::Anew { id, digest } => {
            let before = store::load(unit, scope, id.into()).await.map_err(references::taken)?;
            // How often there are meetings is not the source's to tell, unless it does.
            let input = CustomerInput {
                meeting_cadence: input.meeting_cadence.or(before.meeting_cadence),
                ..input
            };
            Ok((revise(scope, unit, before, input, Some(&digest)).await?, false))
        }
        Told::New { digest } => {
            // Whoever is limited to named customers cannot name one that is not there yet.
            if scope.permitted.customers != Customers::All {
                return Err(Problem::NotPermitted);
            }
            scope.caller.may_refer(&[], &input.references)?;
            store::hold_hierarchy(unit).await?;
            let (parent, above) = place(scope, unit, &input).await?;
            let customer = Customer::register(unit.new_id(), input, parent, &above, unit.now())?;
            store::insert(unit, &customer, Some(&digest)).await?;
            Ok((customer, true))
        }
    }
}

/// The customer as told anew, at its place in the hierarchy. `digest` is of the document that its source sent.
pub async fn revise(
    scope: &Scope,
    unit: &mut UnitOfWork,
    before: Customer,
    input: CustomerInput,
    digest: Option<&str>,
) -> Result<Customer, Problem> {
    scope.caller.may_refer(&before.references, &input.references)?;
    store::hold_hierarchy(unit).await?;
    let (parent, above) = place(scope, unit, &input).await?;
    let height = store::height(unit, before.id).await?;
    let after = before.clone().change(input, parent, &above, height)?;
    store::update(unit, &before, &after, digest).await?;
    Ok(after)
}

/// The parent that the input names, and everything above it.
async fn place(
    scope: &Scope,
    unit: &UnitOfWork,
    input: &CustomerInput,
) -> Result<(Option<CustomerRef>, Vec<CustomerId>), Problem> {
    let Some(key) = &input.parent else {
        return Ok((None, vec![]));
    };
    let parent = store::named(unit, scope, key, "/parent", unit.today()).await?;
    let above = store::ancestors(unit, parent.id).await?;
    Ok((Some(parent.reference()), above))
}

/// Show a customer
///
/// One customer with its parent, legal entity and references.
#[utoipa::path(tag = "customers", operation_id = "getCustomer", responses(
    (status = 200, description = "The customer.", body = Customer),
    (status = 304, description = "You have it already.")))]
#[get("/customers/{customerId}")]
async fn get_customer(call: Call, id: web::Path<CustomerId>) -> Result<Reply, Problem> {
    call.found(&store::get(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// Change a customer
///
/// Members that are absent stay as they are. Moving it under another parent moves its whole subtree.
#[utoipa::path(tag = "customers", operation_id = "changeCustomer", request_body = PatchOf<CustomerInput>, params(IfMatch),
    responses((status = 200, description = "The customer as it is now.", body = Customer)))]
#[patch("/customers/{customerId}")]
async fn change_customer(call: Call, id: web::Path<CustomerId>, patch: Patch) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load(unit, &call.scope, *id).await?)?;
        let input = patch.onto(&before)?;
        let after = revise(&call.scope, unit, before, input, None).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Remove a customer
///
/// Only while nothing refers to it; what is in use can be made inactive, and the refusal says by what it is used.
#[utoipa::path(tag = "customers", operation_id = "deleteCustomer", params(IfMatch),
    responses((status = 204, description = "It is gone.")))]
#[delete("/customers/{customerId}")]
async fn delete_customer(call: Call, id: web::Path<CustomerId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let customer = call.unchanged(store::load(unit, &call.scope, *id).await?)?;
        store::delete(unit, &customer).await?;
        Ok(Reply::gone())
    })
    .await
}

/// When a matter was escalated.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct EscalationQuery {
    /// When a matter was escalated; each step of the ladder then says when the matter goes to it.
    escalated_at: Option<DateTime<Utc>>,
}

/// Show where a customer turns
///
/// The channels to order, escalate, complain and in an emergency, and the ladder of whom a matter goes to, and after how long, as
/// long as nobody takes it up. A purpose, or the ladder, that the customer has none for is its nearest ancestor's. A step for a role
/// names who has it today in the customer's team, and who stands in for them.
#[utoipa::path(tag = "customers", operation_id = "getCustomerChannels", params(EscalationQuery),
    responses((status = 200, description = "Where it turns today.", body = ChannelsInForce)))]
#[get("/customers/{customerId}/channels")]
async fn get_customer_channels(
    call: Call,
    id: web::Path<CustomerId>,
    asked: Query<EscalationQuery>,
) -> Result<Reply, Problem> {
    let reader = call.reader();
    let customer = store::get(&reader, &call.scope, *id, call.today()).await?;
    let responsible = teams::responsible_team(&reader, customer.reference(), call.today()).await?;
    let told = store::channels_of(&reader, &customer).await?;
    Reply::plain(&ChannelsInForce::of(
        &customer,
        told,
        &responsible,
        asked.0.escalated_at,
    ))
}

/// Tell where a customer turns
///
/// The customer's own channels and ladder, all of them anew; its parts turn there, too, for what they have nothing of their own.
/// The ETag is the customer's. A channel has a telephone number, an e-mail or a web address; a step of the
/// ladder has a role, a telephone number or an e-mail address, and comes later than the one before it. Name functions, not persons:
/// a role leads to whoever has it on the day.
#[utoipa::path(tag = "customers", operation_id = "setCustomerChannels", request_body = ChannelsInput, params(IfMatch),
    responses((status = 200, description = "The customer as it is now.", body = Customer)))]
#[put("/customers/{customerId}/channels")]
async fn set_customer_channels(
    call: Call,
    id: web::Path<CustomerId>,
    body: Body<ChannelsInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let before = call.unchanged(store::load(unit, &call.scope, *id).await?)?;
        let after = before.clone().turn_to(body.value.clone())?;
        store::update_channels(unit, &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Which usages.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UsageQuery {
    /// Those that hold on this day.
    day: Option<NaiveDate>,
}

/// List a customer's service usages
///
/// Every period in which the customer used, uses or will use a service, oldest entry first.
#[utoipa::path(tag = "customers", operation_id = "listServiceUsages", params(ListQuery, UsageQuery),
    responses((status = 200, description = "A page of usages.", body = Listing<ServiceUsage>)))]
#[get("/customers/{customerId}/service-usages")]
async fn list_service_usages(
    call: Call,
    id: web::Path<CustomerId>,
    page: Query<ListQuery>,
    filter: Query<UsageQuery>,
) -> Result<Reply, Problem> {
    let customer = store::get(&call.reader(), &call.scope, *id, call.today()).await?;
    let paging = page.0.into();
    call.listed(
        store::usages(
            &call.reader(),
            &call.scope,
            customer.id,
            filter.0.day,
            &paging,
            call.today(),
        )
        .await?,
    )
}

/// Take a service into use
///
/// One usage of a service on a day: a period that overlaps another of the same service is refused.
#[utoipa::path(tag = "customers", operation_id = "createServiceUsage", request_body = ServiceUsageInput,
    responses((status = 201, description = "The new usage.", body = ServiceUsage)))]
#[post("/customers/{customerId}/service-usages")]
async fn create_service_usage(
    call: Call,
    id: web::Path<CustomerId>,
    body: Body<ServiceUsageInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let customer = store::load(unit, &call.scope, *id).await?;
        let usage = use_service(&call.scope, unit, &customer, body.value.clone()).await?;
        let path = format!("/customers/{}/service-usages/{}", customer.id, usage.id);
        Reply::created(path, &usage, call.today())
    })
    .await
}

/// The customer, which the unit of work holds, takes a service into use.
pub async fn use_service(
    scope: &Scope,
    unit: &mut UnitOfWork,
    customer: &Customer,
    input: ServiceUsageInput,
) -> Result<ServiceUsage, Problem> {
    customer.must_be_active()?;
    let service = services::named_active(unit, &input.service, "/service").await?;
    let others = store::usages_of(unit, scope, customer.id, service.id).await?;
    let ServiceUsageInput {
        first_day, last_day, ..
    } = input;
    let usage = ServiceUsage {
        id: unit.new_id(),
        version: 1,
        customer: customer.reference(),
        service,
        first_day,
        last_day,
    };
    let usage = usage.begin(&others)?;
    store::insert_usage(unit, &usage).await?;
    Ok(usage)
}

/// End a usage of a service
///
/// The usage holds up to and including the last day that is told; its history stays.
#[utoipa::path(tag = "customers", operation_id = "endServiceUsage", request_body = End, params(IfMatch),
    responses((status = 200, description = "The usage as it is now.", body = ServiceUsage)))]
#[post("/customers/{customerId}/service-usages/{usageId}/end")]
async fn end_service_usage(
    call: Call,
    path: web::Path<(CustomerId, UsageId)>,
    body: Body<End>,
) -> Result<Reply, Problem> {
    let (customer, id) = path.into_inner();
    call.write(&body, async |unit| {
        store::load(unit, &call.scope, customer).await?;
        let before = call.unchanged(store::load_usage(unit, &call.scope, customer, id).await?)?;
        let others = store::usages_of(unit, &call.scope, customer, before.service.id).await?;
        let after = before.clone().end(body.value.last_day, &others)?;
        store::update_usage(unit, "ended", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}
