//! What is done for an improvement: who, what, by when.
use actix_web::{patch, post, web};
use domain::{improvements::*, vocabulary::*};
use persistence::{improvements as store, people};

use super::act;
use crate::http::{Body, Call, NoBody, Patch, PatchOf, Problem, Reply, Routes};
use crate::rooms::IfMatch;

pub fn routes(routes: &mut Routes) {
    routes
        .service(create_activity)
        .service(change_activity)
        .service(create_activity_completion);
}

/// Plan an activity
///
/// Something more is to be done for the improvement, by somebody, by a day. Needs no If-Match.
#[utoipa::path(tag = "improvements", operation_id = "createActivity", request_body = ImprovementActivityInput,
    responses((status = 200, description = "The improvement as it is now.", body = Improvement)))]
#[post("/improvements/{improvementId}/activities")]
async fn create_activity(
    call: Call,
    id: web::Path<ImprovementId>,
    body: Body<ImprovementActivityInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let before = store::load(unit, &call.scope, *id).await?;
        let told = body.value.clone();
        let activity = ImprovementActivity {
            id: unit.new_id(),
            what: told.what,
            who: people::named(unit, told.who, Days::on(call.today()), "/who").await?,
            due_day: told.due_day,
            done_on: None,
        };
        let after = before.clone().plan(activity, unit.now())?;
        store::update(unit, "activity_planned", &before, &after).await?;
        Reply::ok(&after.shown(false), call.today())
    })
    .await
}

/// Change an activity
///
/// As long as it is not done. The ETag is the improvement's.
#[utoipa::path(tag = "improvements", operation_id = "changeActivity", params(IfMatch),
    request_body = PatchOf<ImprovementActivityInput>,
    responses((status = 200, description = "The improvement as it is now.", body = Improvement)))]
#[patch("/improvements/{improvementId}/activities/{improvementActivityId}")]
async fn change_activity(
    call: Call,
    path: web::Path<(ImprovementId, ImprovementActivityId)>,
    patch: Patch,
) -> Result<Reply, Problem> {
    let (id, activity) = path.into_inner();
    act(&call, id, "activity_changed", &patch, async |unit, improvement| {
        let planned = improvement.activity(activity).ok_or(Problem::NotFound)?;
        let told: ImprovementActivityInput = patch.onto(planned)?;
        let who = match told.who == planned.who.id {
            true => planned.who.clone(),
            false => people::named(unit, told.who, Days::on(call.today()), "/who").await?,
        };
        Ok(improvement.plan_anew(activity, told, who, unit.now())?)
    })
    .await
}

/// Complete an activity
///
/// It was done. That closes no improvement: its effect is measured (R16). The ETag is the improvement's.
#[utoipa::path(tag = "improvements", operation_id = "createActivityCompletion", params(IfMatch),
    responses((status = 200, description = "The improvement as it is now.", body = Improvement)))]
#[post("/improvements/{improvementId}/activities/{improvementActivityId}/completion")]
async fn create_activity_completion(
    call: Call,
    path: web::Path<(ImprovementId, ImprovementActivityId)>,
) -> Result<Reply, Problem> {
    let (id, activity) = path.into_inner();
    act(&call, id, "activity_completed", &NoBody, async |unit, improvement| {
        improvement.activity(activity).ok_or(Problem::NotFound)?;
        Ok(improvement.complete(activity, unit.today(), unit.now())?)
    })
    .await
}
