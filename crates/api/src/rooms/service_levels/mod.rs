//! Service level statements: what agreements came to in periods, from the running figures to the closed ones; exclusions;
//! runs over many agreements.
mod acts;
mod evidence;
mod exclusions;
mod papers;
mod runs;

use actix_web::{get, post, web};
use domain::{service_levels::*, vocabulary::*};
use persistence::{agreements, service_levels as store};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Body, Call, ListQuery, Listing, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_statements)
        .service(create_statement)
        .service(get_statement)
        .service(get_statement_revision)
        .service(get_statement_difference)
        .configure(acts::routes)
        .configure(evidence::routes)
        .configure(exclusions::routes)
        .configure(papers::routes)
        .configure(runs::routes);
}

/// Which statements.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StatementQuery {
    /// Of this agreement.
    agreement: Option<AgreementId>,
    /// Of this customer's agreements.
    customer: Option<CustomerId>,
    /// Of this period.
    period: Option<StatementPeriod>,
    /// That stand so.
    state: Option<StatementState>,
    /// Whose proposed or closed figures say that a target was missed (or that none was).
    missed: Option<bool>,
}

/// List statements
///
/// The statements that you may see, without their figures, the first one first.
#[utoipa::path(tag = "service levels", operation_id = "listStatements", params(ListQuery, StatementQuery),
    responses((status = 200, description = "A page of statements.", body = Listing<ServiceLevelStatement>)))]
#[get("/service-level-statements")]
async fn list_statements(call: Call, page: Query<ListQuery>, filter: Query<StatementQuery>) -> Result<Reply, Problem> {
    let q = filter.0;
    let filter = store::StatementFilter {
        agreement: q.agreement,
        customer: q.customer,
        period: q.period,
        state: q.state,
        missed: q.missed,
    };
    call.listed(store::list(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// Open a statement
///
/// The statement of an agreement for a month, a quarter or a year in which it is in force; its targets of that kind of
/// period are judged. One that is open already is given as it is. Statements of running periods are also opened by
/// themselves, within the hour.
#[utoipa::path(tag = "service levels", operation_id = "createStatement", request_body = StatementInput, responses(
    (status = 201, description = "The new statement.", body = ServiceLevelStatement),
    (status = 200, description = "The statement that was there.", body = ServiceLevelStatement)))]
#[post("/service-level-statements")]
async fn create_statement(call: Call, body: Body<StatementInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let StatementInput { agreement, period } = body.value;
        let agreement = agreements::named(unit, &call.scope, agreement, "/agreement").await?;
        let (statement, new) = store::opened(unit, &agreement, period).await?;
        let statement = store::computed(unit, statement, call.local_time()).await?;
        let path = format!("/service-level-statements/{}", statement.id);
        Reply::told(new, path, &statement, call.today())
    })
    .await
}

/// Show a statement
///
/// While its period runs, and until its figures are proposed, it is computed from what is there (R10): its `ETag` changes
/// with every piece of evidence. A target that will be missed as it goes is `atRisk`, with what is left of its allowance.
/// Proposed and closed figures are as they were laid before the customer.
#[utoipa::path(tag = "service levels", operation_id = "getStatement", responses(
    (status = 200, description = "The statement.", body = ServiceLevelStatement),
    (status = 304, description = "You have it already.")))]
#[get("/service-level-statements/{statementId}")]
async fn get_statement(call: Call, id: web::Path<StatementId>) -> Result<Reply, Problem> {
    let reader = call.reader();
    let statement = store::get(&reader, &call.scope, *id, call.today()).await?;
    call.found(&store::computed(&reader, statement, call.local_time()).await?)
}

/// Show a revision of a statement
///
/// The figures that stand, or that stood before a restatement, with objections and answers.
#[utoipa::path(tag = "service levels", operation_id = "getStatementRevision", responses(
    (status = 200, description = "The revision.", body = ServiceLevelStatement),
    (status = 304, description = "You have it already.")))]
#[get("/service-level-statements/{statementId}/revisions/{revisionNumber}")]
async fn get_statement_revision(call: Call, path: web::Path<(StatementId, RevisionNumber)>) -> Result<Reply, Problem> {
    let (id, revision) = path.into_inner();
    let reader = call.reader();
    let statement = store::get(&reader, &call.scope, id, call.today()).await?;
    let statement = store::revision(&reader, statement, revision).await?;
    call.found(&store::computed(&reader, statement, call.local_time()).await?)
}

/// Show what later evidence would change
///
/// The kept figures of a proposed or closed statement beside what the evidence would give now. Of an open one nothing
/// differs, since it is computed as it is read. A restatement puts new figures in the place of those that stand.
#[utoipa::path(tag = "service levels", operation_id = "getStatementDifference",
    responses((status = 200, description = "What differs.", body = StatementDifference)))]
#[get("/service-level-statements/{statementId}/difference")]
async fn get_statement_difference(call: Call, id: web::Path<StatementId>) -> Result<Reply, Problem> {
    let reader = call.reader();
    let statement = store::get(&reader, &call.scope, *id, call.today()).await?;
    Reply::plain(&store::difference(&reader, &statement, call.local_time()).await?)
}
