//! Inbound connections: products that send their own documents, and the mapping that makes ours of them.
mod documents;
pub mod door;
pub mod intake;
pub mod presets;

use actix_web::{delete, get, patch, post, web};
use chrono::Duration;
use domain::{Rule, RuleCode, connections::*, vocabulary::*};
use persistence::connections as store;
use serde::Serialize;
use utoipa::ToSchema;

use super::IfMatch;
use crate::{
    State,
    http::{
        Body, Call, ListQuery, Listing, NoBody, Patch, PatchOf, Problem, Query, Reply, Routes, reply::random_secret,
    },
};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_connections)
        .service(create_connection)
        .service(get_connection)
        .service(change_connection)
        .service(delete_connection)
        .service(create_connection_secret)
        .configure(documents::routes)
        .configure(presets::routes);
}

/// A connection with a secret that is told this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "the document's description of what Reply::with_secret makes")]
struct ConnectionWithSecret {
    #[serde(flatten)]
    connection: Connection,
    /// The secret; told once and never again, not even in a repeat under the same Idempotency-Key. None where the sender
    /// shows who it is by its network alone.
    #[schema(
        min_length = 16,
        max_length = 200,
        pattern = "^[!-~]+$",
        example = "Zm9yIHRoZSBleGFtcGxlIG9ubHksIG5vdCBhIHNlY3I"
    )]
    secret: Option<String>,
}

/// List connections
///
/// The products that send documents here, by name.
#[utoipa::path(tag = "connections", operation_id = "listConnections", params(ListQuery),
    responses((status = 200, description = "A page of connections.", body = Listing<Connection>)))]
#[get("/connections")]
async fn list_connections(call: Call, page: Query<ListQuery>) -> Result<Reply, Problem> {
    call.listed(store::list(&call.reader(), &page.0.into()).await?)
}

/// Connect a product
///
/// The reply holds the secret, this once, and the address to which the product posts its documents. A mapping is given,
/// or copied from a preset; one that cannot be compiled is refused.
#[utoipa::path(tag = "connections", operation_id = "createConnection", request_body = ConnectionInput,
    responses((status = 201, description = "The new connection and its secret.", body = ConnectionWithSecret)))]
#[post("/connections")]
async fn create_connection(call: Call, body: Body<ConnectionInput>) -> Result<Reply, Problem> {
    let details = details(&body.value)?;
    compiles(&call.state, &details.mapping).await?;
    let secret = secret_for(&details.authentication, body.value.secret.as_ref());
    call.write(&body, async |unit| {
        let client = store::client_named(unit, details.client).await?;
        let (id, told) = (unit.new_id(), details.clone());
        let connection = Connection::register(id, told, client, secret.as_deref(), unit.now())?;
        store::insert(unit, &connection).await?;
        let reply = Reply::created(format!("/connections/{id}"), &connection, call.today())?;
        with_secret(reply, secret.as_deref())
    })
    .await
}

/// What is told of a new connection, with its preset's mapping where it names one and tells no other.
pub fn details(input: &ConnectionInput) -> Result<ConnectionDetails, Problem> {
    let preset = match &input.preset {
        None => None,
        Some(key) => {
            let unknown = || Rule::new(RuleCode::UnknownReference, "There is no such preset.").at("/preset");
            Some(presets::named(key).ok_or_else(unknown)?.mapping()?)
        }
    };
    let mapping = input.mapping.clone().or(preset);
    let detail = "A connection has a mapping: tell one, or name a preset.";
    Ok(ConnectionDetails {
        name: input.name.clone(),
        system: input.system.clone(),
        client: input.client,
        mapping: mapping.ok_or_else(|| Rule::new(RuleCode::State, detail).at("/mapping"))?,
        authentication: input.authentication.clone(),
        active: input.active,
    })
}

/// A mapping that cannot be compiled would fail with every document.
async fn compiles(state: &State, mapping: &MappingText) -> Result<(), Problem> {
    match state.mapper.check(mapping).await {
        Ok(()) => Ok(()),
        Err(unmapped) => {
            let detail = intake::faulty(unmapped)?.detail;
            Err(Rule::new(RuleCode::State, detail).at("/mapping").into())
        }
    }
}

/// The sender's own secret, or a new one, where it has any.
fn secret_for(authentication: &Authentication, given: Option<&GivenSecret>) -> Option<String> {
    let secret = given.map_or_else(random_secret, |secret| secret.to_string());
    authentication.has_secret().then_some(secret)
}

fn with_secret(reply: Reply, secret: Option<&str>) -> Result<Reply, Problem> {
    match secret {
        Some(secret) => reply.with_secret("secret", secret),
        None => Ok(reply),
    }
}

/// Show a connection
///
/// Its mapping and how its sender shows who it is; never its secret.
#[utoipa::path(tag = "connections", operation_id = "getConnection", responses(
    (status = 200, description = "The connection.", body = Connection),
    (status = 304, description = "You have it already.")))]
#[get("/connections/{connectionId}")]
async fn get_connection(call: Call, id: web::Path<ConnectionId>) -> Result<Reply, Problem> {
    call.found(&store::get(&call.reader(), *id).await?)
}

/// Change a connection
///
/// Members that are absent stay as they are. With another method of authentication the secrets are void: make a new one.
/// What was received before is not mapped anew by this; replay it.
#[utoipa::path(tag = "connections", operation_id = "changeConnection", request_body = PatchOf<ConnectionDetails>,
    params(IfMatch), responses((status = 200, description = "The connection as it is now.", body = Connection)))]
#[patch("/connections/{connectionId}")]
async fn change_connection(call: Call, id: web::Path<ConnectionId>, patch: Patch) -> Result<Reply, Problem> {
    // Compiled before anything is held: that takes its time, and SQLite has one writer.
    let seen = call.unchanged(store::get(&call.reader(), *id).await?)?;
    let told: ConnectionDetails = patch.onto(&seen)?;
    if told.mapping != seen.mapping {
        compiles(&call.state, &told.mapping).await?;
    }
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load(unit, *id).await?)?;
        let told: ConnectionDetails = patch.onto(&before)?;
        let client = store::client_named(unit, told.client).await?;
        let after = before.clone().change(told, client)?;
        store::update(unit, "changed", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Remove a connection
///
/// Its log goes with it. What came of what it received stays.
#[utoipa::path(tag = "connections", operation_id = "deleteConnection", params(IfMatch),
    responses((status = 204, description = "It is gone.")))]
#[delete("/connections/{connectionId}")]
async fn delete_connection(call: Call, id: web::Path<ConnectionId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let connection = call.unchanged(store::load(unit, *id).await?)?;
        store::delete(unit, &connection).await?;
        Ok(Reply::gone())
    })
    .await
}

/// Rotate a connection's secret
///
/// The reply holds the new secret, this once. The one before works on for the configured overlap.
#[utoipa::path(tag = "connections", operation_id = "createConnectionSecret", request_body = ConnectionSecretInput,
    params(IfMatch),
    responses((status = 200, description = "The connection and its new secret.", body = ConnectionWithSecret)))]
#[post("/connections/{connectionId}/secret")]
async fn create_connection_secret(
    call: Call,
    id: web::Path<ConnectionId>,
    body: Body<ConnectionSecretInput>,
) -> Result<Reply, Problem> {
    let secret = body.value.secret.as_ref().map_or_else(random_secret, |s| s.to_string());
    let overlap = Duration::hours(call.state.settings.secret_overlap_hours.into());
    call.write(&body, async |unit| {
        let before = call.unchanged(store::load(unit, *id).await?)?;
        let after = before.clone().rotate(&secret, overlap, call.now())?;
        store::update(unit, "secret_rotated", &before, &after).await?;
        Reply::ok(&after, call.today())?.with_secret("secret", &secret)
    })
    .await
}
