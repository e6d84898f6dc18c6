//! What moves an improvement, each act an operation of its own. A request that led to it hears of the decision and the end.
use actix_web::{post, web};
use domain::{Rule, access::Scope, improvements::*, requests::Request, vocabulary::*};
use persistence::{UnitOfWork, improvements as store, requests};

use super::act;
use crate::http::{Body, Call, NoBody, Problem, Reply, Routes, call::Sent};
use crate::rooms::{IfMatch, agreements::acts::deed};

pub fn routes(routes: &mut Routes) {
    routes
        .service(create_improvement_approval)
        .service(create_improvement_rejection)
        .service(create_improvement_start)
        .service(create_implementation)
        .service(create_improvement_verification)
        .service(create_improvement_closing);
}

/// An act that the request hears of which led to the improvement, if one still awaits it. The request is held first:
/// whoever withdraws it comes from there.
async fn act_and_answer(
    call: &Call,
    id: ImprovementId,
    name: &str,
    sent: &impl Sent,
    how: impl AsyncFn(&mut UnitOfWork, Improvement) -> Result<Improvement, Problem>,
    answer: Answer,
) -> Result<Reply, Problem> {
    call.write(sent, async |unit| {
        let seen = store::get(unit, &call.scope, id, call.today()).await?;
        let awaiting = match seen.awaited_by() {
            // Whoever decides here need not see the request's customer; what they decide is for it all the same.
            Some((request, _)) => Some(requests::load(unit, &Scope::unlimited(""), request).await?),
            None => None,
        };
        let before = call.unchanged(store::load(unit, &call.scope, id).await?)?;
        let after = how(unit, before.clone()).await?;
        store::update(unit, name, &before, &after).await?;
        if let (Some(request), Some((_, hand_over))) = (awaiting, after.awaited_by()) {
            let told = answer.to(request.clone(), hand_over, &after, unit)?;
            requests::update(unit, answer.as_event(), &request, &told).await?;
        }
        Reply::ok(&after.shown(false), call.today())
    })
    .await
}

/// What a request hears from the register.
#[derive(Clone, Copy)]
pub enum Answer {
    /// It will be done.
    Accepted,
    /// It will not.
    Declined,
    /// It is done, and its effect known.
    Fulfilled,
}

impl Answer {
    /// As the request's event calls it.
    pub fn as_event(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Fulfilled => "fulfilled",
        }
    }

    /// The request, told of it.
    pub fn to(
        self,
        request: Request,
        hand_over: HandOverId,
        improvement: &Improvement,
        unit: &UnitOfWork,
    ) -> Result<Request, Rule> {
        let told = match self {
            Self::Accepted | Self::Declined => improvement
                .decision()
                .map(|decision| request.clone().decide(hand_over, decision, unit.now())),
            Self::Fulfilled => improvement
                .fulfilment()
                .map(|fulfilment| request.clone().fulfil(hand_over, fulfilment, unit.now())),
        };
        told.unwrap_or(Ok(request))
    }
}

/// Approve an improvement
///
/// It will be done. A request that was routed here is accepted with it, and reads the improvement as its plan.
#[utoipa::path(tag = "improvements", operation_id = "createImprovementApproval", params(IfMatch),
    responses((status = 200, description = "The improvement as it is now.", body = Improvement)))]
#[post("/improvements/{improvementId}/approval")]
async fn create_improvement_approval(call: Call, id: web::Path<ImprovementId>) -> Result<Reply, Problem> {
    let how = async |unit: &mut UnitOfWork, i: Improvement| Ok(i.approve(deed(&call.scope, unit).await?.0)?);
    act_and_answer(&call, *id, "approved", &NoBody, how, Answer::Accepted).await
}

/// Reject an improvement
///
/// It will not be done, for a reason. A request that was routed here is declined with it, and is its team's again.
#[utoipa::path(tag = "improvements", operation_id = "createImprovementRejection",
    request_body = ImprovementRejectionInput, params(IfMatch),
    responses((status = 200, description = "The improvement as it is now.", body = Improvement)))]
#[post("/improvements/{improvementId}/rejection")]
async fn create_improvement_rejection(
    call: Call,
    id: web::Path<ImprovementId>,
    body: Body<ImprovementRejectionInput>,
) -> Result<Reply, Problem> {
    let how = async |unit: &mut UnitOfWork, i: Improvement| {
        Ok(i.reject(body.value.clone(), deed(&call.scope, unit).await?.0)?)
    };
    act_and_answer(&call, *id, "rejected", &body, how, Answer::Declined).await
}

/// Start an improvement
///
/// Somebody begins to work on what was approved.
#[utoipa::path(tag = "improvements", operation_id = "createImprovementStart", params(IfMatch),
    responses((status = 200, description = "The improvement as it is now.", body = Improvement)))]
#[post("/improvements/{improvementId}/start")]
async fn create_improvement_start(call: Call, id: web::Path<ImprovementId>) -> Result<Reply, Problem> {
    act(&call, *id, "started", &NoBody, async |unit, improvement| {
        Ok(improvement.start(unit.now())?)
    })
    .await
}

/// Report an improvement as implemented
///
/// It is in effect, from a day on that may have passed. From here on nobody can measure any more how it was before, so its
/// measure must have a baseline (R16); what is measured after that day tells its effect.
#[utoipa::path(tag = "improvements", operation_id = "createImplementation", request_body = ImplementationInput,
    params(IfMatch), responses((status = 200, description = "The improvement as it is now.", body = Improvement)))]
#[post("/improvements/{improvementId}/implementation")]
async fn create_implementation(
    call: Call,
    id: web::Path<ImprovementId>,
    body: Body<ImplementationInput>,
) -> Result<Reply, Problem> {
    act(&call, *id, "implemented", &body, async |unit, improvement| {
        let (deed, _) = deed(&call.scope, unit).await?;
        Ok(improvement.implement(body.value.clone(), deed, unit.today())?)
    })
    .await
}

/// Verify an improvement's effect
///
/// Either manager judges the latest reading after the implementation against the baseline: `achieved` where it reaches
/// the target, `partly` where it is better than before, else `not_achieved` (R16). Another outcome than the numbers say
/// needs a reason; both are kept. What helped is offered to other customers whose open requests seem to say the same.
#[utoipa::path(tag = "improvements", operation_id = "createImprovementVerification",
    request_body = EffectVerificationInput, params(IfMatch),
    responses((status = 200, description = "The improvement as it is now.", body = Improvement)))]
#[post("/improvements/{improvementId}/verification")]
async fn create_improvement_verification(
    call: Call,
    id: web::Path<ImprovementId>,
    body: Body<EffectVerificationInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let before = call.unchanged(store::load(unit, &call.scope, *id).await?)?;
        let improvement = before.clone();
        let reading = match &improvement.implementation {
            Some(implemented) => store::latest_after(unit, &improvement, implemented.day).await?,
            None => None,
        };
        let (deed, _) = deed(&call.scope, unit).await?;
        let after = improvement.verify(body.value.clone(), reading, deed)?;
        store::update(unit, "verified", &before, &after).await?;
        store::offer(unit, &after).await?;
        Reply::ok(&after.shown(false), call.today())
    })
    .await
}

/// Close an improvement
///
/// Nothing is left to do. Only what was verified is closed (R16); a request that was routed here is fulfilled with it.
#[utoipa::path(tag = "improvements", operation_id = "createImprovementClosing", params(IfMatch),
    responses((status = 200, description = "The improvement as it is now.", body = Improvement)))]
#[post("/improvements/{improvementId}/closing")]
async fn create_improvement_closing(call: Call, id: web::Path<ImprovementId>) -> Result<Reply, Problem> {
    let how = async |unit: &mut UnitOfWork, i: Improvement| Ok(i.close(unit.now())?);
    act_and_answer(&call, *id, "closed", &NoBody, how, Answer::Fulfilled).await
}
