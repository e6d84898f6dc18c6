//! What moves a statement: proposed and closed by the delivery manager, accepted or objected to by the customer.
use actix_web::{post, web};
use domain::{agreements::Deed, people::Contact, service_levels::*, vocabulary::*};
use persistence::{UnitOfWork, service_levels as store};

use crate::http::{Body, Call, NoBody, Problem, Reply, Routes, call::Sent};
use crate::rooms::{
    IfMatch,
    agreements::acts::{deed, deed_with},
};

pub fn routes(routes: &mut Routes) {
    routes
        .service(create_statement_proposal)
        .service(create_statement_acceptance)
        .service(create_objection)
        .service(create_objection_answer)
        .service(create_statement_closing)
        .service(create_restatement);
}

/// The statement as the caller saw it, held until the unit of work ends.
async fn seen(call: &Call, unit: &UnitOfWork, id: StatementId) -> Result<ServiceLevelStatement, Problem> {
    let statement = store::load(unit, &call.scope, id).await?;
    call.unchanged(store::computed(unit, statement, call.local_time()).await?)
}

/// Loads the statement as the caller saw it, changes it and stores it; `act` is what happens to it.
async fn change(
    call: &Call,
    id: StatementId,
    act: &str,
    sent: &impl Sent,
    how: impl AsyncFn(&UnitOfWork, ServiceLevelStatement) -> Result<ServiceLevelStatement, Problem>,
) -> Result<Reply, Problem> {
    call.write(sent, async |unit| {
        let before = seen(call, unit, id).await?;
        let after = how(unit, before.clone()).await?;
        store::update(unit, act, &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Propose a statement
///
/// Once the period is over, the delivery manager lays its figures before the customer, who may accept them or object for
/// the agreed number of days (R10, R24). `If-Match` is the `ETag` of the figures that were read. Proposed again, they are
/// computed anew and the days begin anew; objections that were made stay.
#[utoipa::path(tag = "service levels", operation_id = "createStatementProposal", params(IfMatch),
    responses((status = 200, description = "The statement as it is now.", body = ServiceLevelStatement)))]
#[post("/service-level-statements/{statementId}/proposal")]
async fn create_statement_proposal(call: Call, id: web::Path<StatementId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let before = store::load(unit, &call.scope, *id).await?;
        let (inputs, figures) = store::computed_now(unit, &before, call.local_time()).await?;
        if before.state == StatementState::Open {
            let figures = Some(figures.clone());
            call.unchanged(ServiceLevelStatement {
                figures,
                ..before.clone()
            })?;
        } else {
            call.unchanged(before.clone())?;
        }
        let (deed, _) = deed(&call.scope, unit).await?;
        let days = store::objection_days(&inputs);
        let after = before.clone().propose(figures, deed, days, call.today())?;
        store::propose(unit, &before, &after, &inputs).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Accept a statement
///
/// A contact of the customer with mandate `customer` accepts the proposed figures, named by their digest; it can be closed
/// at once then (R24).
#[utoipa::path(tag = "service levels", operation_id = "createStatementAcceptance", request_body = AcceptanceInput,
    params(IfMatch), responses((status = 200, description = "The statement as it is now.", body = ServiceLevelStatement)))]
#[post("/service-level-statements/{statementId}/acceptance")]
async fn create_statement_acceptance(
    call: Call,
    id: web::Path<StatementId>,
    body: Body<AcceptanceInput>,
) -> Result<Reply, Problem> {
    change(&call, *id, "accepted", &body, async |unit, statement| {
        Ok(statement.accept(body.value.clone(), deed(&call.scope, unit).await?.0)?)
    })
    .await
}

/// Object to figures
///
/// A contact of the customer with mandate `customer` or `purchaser` objects to named figures, within the agreed days
/// (R24). The objection and its answer are printed in the closed statement, an unanswered one too.
#[utoipa::path(tag = "service levels", operation_id = "createObjection", request_body = ObjectionInput,
    params(IfMatch), responses((status = 200, description = "The statement as it is now.", body = ServiceLevelStatement)))]
#[post("/service-level-statements/{statementId}/objections")]
async fn create_objection(
    call: Call,
    id: web::Path<StatementId>,
    body: Body<ObjectionInput>,
) -> Result<Reply, Problem> {
    change(&call, *id, "objected", &body, async |unit, statement| {
        let deed = of_customer(&call, unit).await?;
        Ok(statement.object(body.value.clone(), deed, call.today())?)
    })
    .await
}

/// The act of a contact who may consent and object for the customer.
pub(super) async fn of_customer(call: &Call, unit: &UnitOfWork) -> Result<Deed, Problem> {
    Ok(deed_with(&call.scope, unit, Contact::mandate_to_consent).await?.0)
}

/// Answer an objection
///
/// The delivery manager answers, once. Where the figures are to be other ones, propose the statement again.
#[utoipa::path(tag = "service levels", operation_id = "createObjectionAnswer", request_body = ObjectionAnswerInput,
    params(IfMatch), responses((status = 200, description = "The statement as it is now.", body = ServiceLevelStatement)))]
#[post("/service-level-statements/{statementId}/objections/{objectionNumber}/answer")]
async fn create_objection_answer(
    call: Call,
    path: web::Path<(StatementId, ObjectionNumber)>,
    body: Body<ObjectionAnswerInput>,
) -> Result<Reply, Problem> {
    let (id, number) = path.into_inner();
    change(&call, id, "objection_answered", &body, async |unit, statement| {
        let (deed, _) = deed(&call.scope, unit).await?;
        Ok(statement.answer_objection(number, body.value.answer.clone(), deed)?)
    })
    .await
}

/// Close a statement
///
/// The delivery manager makes the proposed figures stand: when the customer has accepted them, or when the days to object
/// are over (R24). From now on nothing computes them again; each missed target is an event of its own.
#[utoipa::path(tag = "service levels", operation_id = "createStatementClosing", params(IfMatch),
    responses((status = 200, description = "The statement as it is now.", body = ServiceLevelStatement)))]
#[post("/service-level-statements/{statementId}/closing")]
async fn create_statement_closing(call: Call, id: web::Path<StatementId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let before = seen(&call, unit, *id).await?;
        let (deed, _) = deed(&call.scope, unit).await?;
        let decided = store::decided_since_proposal(unit, &before, call.local_time()).await?;
        let after = before.clone().close(deed, call.today(), decided)?;
        store::close(unit, &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Restate a closed statement
///
/// A new revision with figures from the evidence as it is now, and the reason why. It is proposed to the customer as the
/// first one was; the revision before stays addressable as it was (R10).
#[utoipa::path(tag = "service levels", operation_id = "createRestatement", request_body = RestatementInput,
    params(IfMatch), responses((status = 200, description = "The statement as it is now.", body = ServiceLevelStatement)))]
#[post("/service-level-statements/{statementId}/restatement")]
async fn create_restatement(
    call: Call,
    id: web::Path<StatementId>,
    body: Body<RestatementInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let before = seen(&call, unit, *id).await?;
        let (inputs, figures) = store::computed_now(unit, &before, call.local_time()).await?;
        let act = (deed(&call.scope, unit).await?.0, body.value.reason.clone());
        let days = store::objection_days(&inputs);
        let after = before.clone().restate(figures, act, days, call.today())?;
        store::restate(unit, &before, &after, &inputs).await?;
        Reply::ok(&after, call.today())
    })
    .await
}
