//! Runs: a period proposed or closed for many agreements, in the background.
use actix_web::{get, post, web};
use domain::{service_levels::*, vocabulary::*};
use persistence::service_levels as store;

use crate::http::{Body, Call, Problem, Reply, Routes};
use crate::rooms::agreements::acts::deed;

pub fn routes(routes: &mut Routes) {
    routes.service(create_statement_run).service(get_statement_run);
}

/// Propose or close a period
///
/// For every agreement in force in the period whose delivery manager you are. The statements are done one after the other
/// in the background, each once, whatever happens to the program meanwhile; ask the run how far it has come. What a rule
/// refuses, stays as it is and is named with the reason.
#[utoipa::path(tag = "service levels", operation_id = "createStatementRun", request_body = StatementRunInput,
    responses((status = 201, description = "The run.", body = StatementRun)))]
#[post("/statement-runs")]
async fn create_statement_run(call: Call, body: Body<StatementRunInput>) -> Result<Reply, Problem> {
    let begun = call
        .write(&body, async |unit| {
            let (deed, _) = deed(&call.scope, unit).await?;
            let run = store::begin_run(unit, &call.scope, &body.value, RunDeed(deed)).await?;
            Reply::created(format!("/statement-runs/{}", run.id), &run, call.today())
        })
        .await?;
    call.state.work.notify_one();
    Ok(begun)
}

/// Show a run
///
/// How many statements wait, were done, and were refused; of those that were refused, the ones that you may see, with the
/// reason.
#[utoipa::path(tag = "service levels", operation_id = "getStatementRun", responses(
    (status = 200, description = "The run.", body = StatementRun),
    (status = 304, description = "You have it already.")))]
#[get("/statement-runs/{statementRunId}")]
async fn get_statement_run(call: Call, id: web::Path<StatementRunId>) -> Result<Reply, Problem> {
    call.found(&store::get_run(&call.reader(), &call.scope, *id, call.today()).await?)
}
