//! Clients: the credentials of other systems.
use actix_web::{get, post, web};
use chrono::Duration;
use domain::{access::Scope, clients::*, vocabulary::*};
use persistence::{UnitOfWork, clients as store, customers};
use serde::Serialize;
use utoipa::ToSchema;

use super::IfMatch;
use crate::http::{Body, Call, ListQuery, Listing, NoBody, Problem, Query, Reply, Routes, reply::random_secret};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_clients)
        .service(create_client)
        .service(get_client)
        .service(create_client_secret)
        .service(create_client_revocation);
}

/// A client with a secret that is told this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "the document's description of what Reply::with_secret makes")]
struct ClientWithSecret {
    #[serde(flatten)]
    client: Client,
    /// The secret; told once and never again, not even in a repeat under the same Idempotency-Key.
    #[schema(
        min_length = 43,
        max_length = 43,
        pattern = "^[A-Za-z0-9_-]+$",
        example = "Zm9yIHRoZSBleGFtcGxlIG9ubHksIG5vdCBhIHNlY3I"
    )]
    client_secret: Option<String>,
}

/// List clients
///
/// The systems that have credentials here, by name.
#[utoipa::path(tag = "access", operation_id = "listClients", params(ListQuery),
    responses((status = 200, description = "A page of clients.", body = Listing<Client>)))]
#[get("/clients")]
async fn list_clients(call: Call, page: Query<ListQuery>) -> Result<Reply, Problem> {
    call.listed(store::list(&call.reader(), &page.0.into()).await?)
}

/// Give a system credentials
///
/// The reply holds the secret, this once; only its digest is kept.
#[utoipa::path(tag = "access", operation_id = "createClient", request_body = ClientInput,
    responses((status = 201, description = "The new client and its secret.", body = ClientWithSecret)))]
#[post("/clients")]
async fn create_client(call: Call, body: Body<ClientInput>) -> Result<Reply, Problem> {
    let secret = random_secret();
    call.write(&body, async |unit| {
        let client = register(&call.scope, unit, body.value.clone(), &secret).await?;
        Reply::created(format!("/clients/{}", client.id), &client, call.today())?.with_secret("clientSecret", &secret)
    })
    .await
}

/// Stores a new client with its first secret. The customers that it is limited to have to be there.
pub async fn register(
    scope: &Scope,
    unit: &mut UnitOfWork,
    input: ClientInput,
    secret: &str,
) -> Result<Client, persistence::Error> {
    for id in input.customers.iter().flatten() {
        customers::named(unit, scope, &Key::Id(*id), "/customers", unit.today()).await?;
    }
    let client = Client::register(unit.new_id(), input, digest(secret), unit.now());
    store::insert(unit, &client).await?;
    Ok(client)
}

/// Show a client
///
/// Its scopes, systems and customers; never its secret.
#[utoipa::path(tag = "access", operation_id = "getClient", responses(
    (status = 200, description = "The client.", body = Client),
    (status = 304, description = "You have it already.")))]
#[get("/clients/{clientId}")]
async fn get_client(call: Call, id: web::Path<ClientId>) -> Result<Reply, Problem> {
    call.found(&store::get(&call.reader(), *id).await?)
}

/// Rotate a client's secret
///
/// The reply holds the new secret, this once. The one before works on for the configured overlap.
#[utoipa::path(tag = "access", operation_id = "createClientSecret", params(IfMatch),
    responses((status = 200, description = "The client and its new secret.", body = ClientWithSecret)))]
#[post("/clients/{clientId}/secrets")]
async fn create_client_secret(call: Call, id: web::Path<ClientId>) -> Result<Reply, Problem> {
    let secret = random_secret();
    let overlap = Duration::hours(call.state.settings.secret_overlap_hours.into());
    call.write(&NoBody, async |unit| {
        let before = call.unchanged(store::load(unit, *id).await?)?;
        let after = before.clone().rotate(digest(&secret), overlap, call.now())?;
        store::update(unit, "secret_rotated", &before, &after).await?;
        Reply::ok(&after, call.today())?.with_secret("clientSecret", &secret)
    })
    .await
}

/// Revoke a client
///
/// Its secrets stop working at once, its tokens within 5 seconds.
#[utoipa::path(tag = "access", operation_id = "createClientRevocation", params(IfMatch),
    responses((status = 200, description = "The client as it is now.", body = Client)))]
#[post("/clients/{clientId}/revocation")]
async fn create_client_revocation(call: Call, id: web::Path<ClientId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let before = call.unchanged(store::load(unit, *id).await?)?;
        let after = before.clone().revoke(call.now())?;
        store::update(unit, "revoked", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}
