//! Services.
use actix_web::{delete, get, patch, post, web};
use domain::{access::Caller, events::Aggregate, services::*, vocabulary::*};
use persistence::{
    UnitOfWork,
    references::{self, Told},
    services as store,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::IfMatch;
use crate::http::{
    Body, Call, ListQuery, Listing, NoBody, Patch, PatchOf, Problem, Query, Reply, Routes, input::ReferenceQuery,
};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_services)
        .service(create_service)
        .service(get_service)
        .service(change_service)
        .service(delete_service);
}

/// Which services.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ServiceQuery {
    /// With this status.
    status: Option<ServiceStatus>,
    /// With this code.
    code: Option<Code>,
}

/// List services
///
/// All IT services, by name in Swedish order.
#[utoipa::path(tag = "services", operation_id = "listServices", params(ListQuery, ServiceQuery, ReferenceQuery),
    responses((status = 200, description = "A page of services.", body = Listing<Service>)))]
#[get("/services")]
async fn list_services(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<ServiceQuery>,
    reference: Query<ReferenceQuery>,
) -> Result<Reply, Problem> {
    let Query(ServiceQuery { status, code }) = filter;
    let filter = store::Filter {
        status,
        code,
        reference: reference.0.key(),
    };
    call.listed(store::list(&call.reader(), &filter, &page.0.into()).await?)
}

/// Offer a service
///
/// A known external reference makes it an upsert: the same document again changes nothing, another one is applied.
#[utoipa::path(tag = "services", operation_id = "createService", request_body = ServiceInput, responses(
    (status = 201, description = "The new service.", body = Service),
    (status = 200, description = "The service that has the reference already.", body = Service)))]
#[post("/services")]
async fn create_service(call: Call, body: Body<ServiceInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let (service, new) = tell(&call.scope.caller, unit, body.value.clone()).await?;
        Reply::told(new, format!("/services/{}", service.id), &service, call.today())
    })
    .await
}

/// Makes a service, or changes the one that its source tells of again; with whether it is new.
pub async fn tell(caller: &Caller, unit: &mut UnitOfWork, input: ServiceInput) -> Result<(Service, bool), Problem> {
    match references::told(unit, Service::KIND, &input.references, &input).await? {
        Told::Same(id) => Ok((store::load(unit, id.into()).await?, false)),
        Told::Anew { id, digest } => {
            let before = store::load(unit, id.into()).await?;
            Ok((revise(caller, unit, before, input, Some(&digest)).await?, false))
        }
        Told::New { digest } => {
            caller.may_refer(&[], &input.references)?;
            let service = Service::register(unit.new_id(), input, unit.now());
            store::insert(unit, &service, Some(&digest)).await?;
            Ok((service, true))
        }
    }
}

/// The service as told anew. `digest` is of the document that its source sent.
pub async fn revise(
    caller: &Caller,
    unit: &mut UnitOfWork,
    before: Service,
    input: ServiceInput,
    digest: Option<&str>,
) -> Result<Service, Problem> {
    caller.may_refer(&before.references, &input.references)?;
    let after = before.clone().change(input);
    store::update(unit, &before, &after, digest).await?;
    Ok(after)
}

/// Show a service
///
/// One service with its references.
#[utoipa::path(tag = "services", operation_id = "getService", responses(
    (status = 200, description = "The service.", body = Service),
    (status = 304, description = "You have it already.")))]
#[get("/services/{serviceId}")]
async fn get_service(call: Call, id: web::Path<ServiceId>) -> Result<Reply, Problem> {
    call.found(&store::get(&call.reader(), *id).await?)
}

/// Change a service
///
/// Members that are absent stay as they are. A retired service takes no new usages.
#[utoipa::path(tag = "services", operation_id = "changeService", request_body = PatchOf<ServiceInput>, params(IfMatch),
    responses((status = 200, description = "The service as it is now.", body = Service)))]
#[patch("/services/{serviceId}")]
async fn change_service(call: Call, id: web::Path<ServiceId>, patch: Patch) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load(unit, *id).await?)?;
        let input = patch.onto(&before)?;
        let after = revise(&call.scope.caller, unit, before, input, None).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Remove a service
///
/// Only while nothing refers to it; what is in use can be retired, and the refusal says by what it is used.
#[utoipa::path(tag = "services", operation_id = "deleteService", params(IfMatch),
    responses((status = 204, description = "It is gone.")))]
#[delete("/services/{serviceId}")]
async fn delete_service(call: Call, id: web::Path<ServiceId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let service = call.unchanged(store::load(unit, *id).await?)?;
        store::delete(unit, &service).await?;
        Ok(Reply::gone())
    })
    .await
}
