//! The log of what connections received: seen, tried, and replayed with the mapping as it is now.
use std::time::{Duration, Instant};

use actix_web::{get, post, web};
use domain::{Rule, RuleCode, access::Caller, connections::*, vocabulary::*};
use persistence::{UnitOfWork, connections as store};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::intake::{self, Mapped};
use crate::http::{Body, Call, ListQuery, Listing, NoBody, Problem, Query, Reply, Routes};

/// How many documents are replayed at a time, and for how long new ones are begun.
const MOST_REPLAYED: u64 = 100;
const REPLAYED_WITHIN: Duration = Duration::from_secs(15);

pub fn routes(routes: &mut Routes) {
    routes
        .service(create_connection_test)
        .service(create_connection_replay)
        .service(list_received_documents)
        .service(get_received_document)
        .service(create_document_replay);
}

/// Which documents.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DocumentQuery {
    /// With this outcome.
    outcome: Option<DocumentOutcome>,
}

/// A document to try a mapping on.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ConnectionTestInput {
    /// The document, as the sender would send it.
    #[schema(
        min_length = 1,
        max_length = 262144,
        pattern = r"^[^\x00]+$",
        example = "{\"ticket\": {\"number\": \"10081\", \"title\": \"Skrivaren\"}}"
    )]
    content: String,
    /// Another mapping than the connection's own.
    #[serde(default)]
    mapping: Option<MappingText>,
}

/// What became of all that were replayed.
#[derive(Debug, Default, Serialize, ToSchema)]
struct DocumentReplays {
    /// How many were replayed.
    #[schema(minimum = 0, maximum = 100)]
    replayed: u64,
    /// How many of them failed again.
    #[schema(minimum = 0, maximum = 100)]
    failed: u64,
    /// Whether there are more that failed than were replayed.
    more: bool,
}

/// Try a connection's mapping
///
/// What the mapping makes of a pasted document, checked, and what would become of it. Nothing is stored. A mapping that is
/// sent along is tried instead of the connection's own.
#[utoipa::path(tag = "connections", operation_id = "createConnectionTest", request_body = ConnectionTestInput,
    responses((status = 200, description = "What would become of it.", body = Handled)))]
#[post("/connections/{connectionId}/test")]
async fn create_connection_test(
    call: Call,
    id: web::Path<ConnectionId>,
    body: Body<ConnectionTestInput>,
) -> Result<Reply, Problem> {
    let mut connection = store::get(&call.reader(), *id).await?;
    if let Some(mapping) = &body.value.mapping {
        connection.mapping = mapping.clone();
    }
    let caller = acting(&call, &connection).await?;
    let mapped = intake::map(&call.state, &connection, call.now(), &body.value.content).await?;
    let told = match mapped.told {
        Ok(told) => told,
        Err(problem) => return Reply::plain(&Handled::failed(mapped.output, problem)),
    };
    let origin = call.origin_as(caller.actor());
    let tried = call.db().rehearse(&origin, async |unit: &mut UnitOfWork| {
        let document = unit.new_id();
        intake::apply(&call.state, unit, (&connection, &caller), document, &told).await
    });
    Reply::plain(&handled(mapped.output, tried.await)?)
}

/// What became of what was mapped; what is not the document's fault is told as the failure that it is.
fn handled(output: Vec<serde_json::Value>, done: Result<Vec<IntakeResult>, Problem>) -> Result<Handled, Problem> {
    match done {
        Ok(results) => Ok(Handled::of(output, results)),
        Err(problem) if intake::is_kept(&problem) => Ok(Handled::failed(output, intake::refusal(&problem))),
        Err(problem) => Err(problem),
    }
}

/// The client as which a connection acts; nothing is done for one that was revoked.
async fn acting(call: &Call, connection: &Connection) -> Result<Caller, Problem> {
    let caller = intake::caller(&call.reader(), connection, call.now()).await?;
    let detail = "The client as which the connection acts was revoked.";
    caller.ok_or_else(|| Rule::new(RuleCode::State, detail).into())
}

/// List what a connection received
///
/// The documents of the last 30 days and what became of each, the latest first unless `sort` asks otherwise.
#[utoipa::path(tag = "connections", operation_id = "listReceivedDocuments", params(ListQuery, DocumentQuery),
    responses((status = 200, description = "A page of documents.", body = Listing<DocumentEntry>)))]
#[get("/connections/{connectionId}/documents")]
async fn list_received_documents(
    call: Call,
    id: web::Path<ConnectionId>,
    page: Query<ListQuery>,
    filter: Query<DocumentQuery>,
) -> Result<Reply, Problem> {
    store::get(&call.reader(), *id).await?;
    let page = store::list_documents(&call.reader(), *id, filter.0.outcome, &page.0.latest_first()).await?;
    call.listed(page)
}

/// Show what a connection received
///
/// The document as it came, what the mapping made of it, and what became of that: each fault with its place in the output.
#[utoipa::path(tag = "connections", operation_id = "getReceivedDocument",
    responses((status = 200, description = "The document.", body = ReceivedDocument)))]
#[get("/connections/{connectionId}/documents/{documentId}")]
async fn get_received_document(call: Call, ids: web::Path<(ConnectionId, DocumentId)>) -> Result<Reply, Problem> {
    Reply::plain(&store::get_document(&call.reader(), ids.0, ids.1).await?)
}

/// Replay a document
///
/// It is mapped with the mapping as it is now, and applied by what its source tells: a later state that came in meanwhile
/// stays.
#[utoipa::path(tag = "connections", operation_id = "createDocumentReplay",
    responses((status = 200, description = "The document, and what became of it this time.", body = ReceivedDocument)))]
#[post("/connections/{connectionId}/documents/{documentId}/replay")]
async fn create_document_replay(call: Call, ids: web::Path<(ConnectionId, DocumentId)>) -> Result<Reply, Problem> {
    let connection = store::get(&call.reader(), ids.0).await?;
    let caller = acting(&call, &connection).await?;
    let document = store::get_document(&call.reader(), ids.0, ids.1).await?;
    let mapped = intake::map(&call.state, &connection, document.received_at, &document.content).await?;
    call.write_as(caller.actor(), &NoBody, async |unit| {
        let replayed = replay(&call, unit, (&connection, &caller), &document, &mapped).await?;
        Reply::plain(&replayed)
    })
    .await
}

/// Replay all that failed
///
/// Those first that were replayed least often, in the order in which they came in, at most 100 at a time; so what fails again
/// does not keep the others back. Each is applied by itself: what is done stays done, also where the call ends early. `more`
/// tells whether there are others that failed.
#[utoipa::path(tag = "connections", operation_id = "createConnectionReplay",
    responses((status = 200, description = "What became of them.", body = DocumentReplays)))]
#[post("/connections/{connectionId}/replay")]
async fn create_connection_replay(call: Call, id: web::Path<ConnectionId>) -> Result<Reply, Problem> {
    let connection = store::get(&call.reader(), *id).await?;
    let caller = acting(&call, &connection).await?;
    let failed = store::failed_documents(&call.reader(), *id, MOST_REPLAYED + 1).await?;
    let (began, origin) = (Instant::now(), call.origin_as(caller.actor()));
    let mut report = DocumentReplays {
        more: failed.len() as u64 > MOST_REPLAYED,
        ..DocumentReplays::default()
    };
    for document in failed.into_iter().take(MOST_REPLAYED as usize) {
        if began.elapsed() > REPLAYED_WITHIN {
            report.more = true;
            break;
        }
        let document = store::get_document(&call.reader(), *id, document).await?;
        let mapped = intake::map(&call.state, &connection, document.received_at, &document.content).await?;
        let replayed = call.db().write(&origin, async |unit: &mut UnitOfWork| {
            replay(&call, unit, (&connection, &caller), &document, &mapped).await
        });
        report.replayed += 1;
        report.failed += u64::from(replayed.await?.handled.outcome == DocumentOutcome::Failed);
    }
    call.write_as(caller.actor(), &NoBody, async |_| Reply::plain(&report))
        .await
}

/// Applies a document anew and keeps what became of it this time.
async fn replay(
    call: &Call,
    unit: &mut UnitOfWork,
    (connection, caller): (&Connection, &Caller),
    document: &ReceivedDocument,
    mapped: &Mapped,
) -> Result<ReceivedDocument, Problem> {
    // Held as when it came in: one after the other.
    store::load(unit, connection.id).await?;
    let handled = match &mapped.told {
        Err(problem) => Handled::failed(mapped.output.clone(), problem.clone()),
        Ok(told) => {
            let applied = unit
                .attempt(async |unit| intake::apply(&call.state, unit, (connection, caller), document.id, told).await);
            handled(mapped.output.clone(), applied.await?)?
        }
    };
    let replayed = ReceivedDocument {
        handled_at: unit.now(),
        replays: document.replays.saturating_add(1),
        handled,
        ..document.clone()
    };
    store::update_document(unit, &replayed).await?;
    Ok(replayed)
}
