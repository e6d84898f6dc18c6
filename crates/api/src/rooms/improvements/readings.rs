//! What was measured of an improvement's measure.
use actix_web::{get, post, web};
use domain::{improvements::*, vocabulary::*};
use persistence::improvements as store;

use crate::http::{Body, Call, ListQuery, Listing, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes.service(list_readings).service(create_reading);
}

/// List an improvement's readings
///
/// As they were recorded, also those whose place another one took.
#[utoipa::path(tag = "improvements", operation_id = "listReadings", params(ListQuery),
    responses((status = 200, description = "A page of readings.", body = Listing<Reading>)))]
#[get("/improvements/{improvementId}/readings")]
async fn list_readings(call: Call, id: web::Path<ImprovementId>, page: Query<ListQuery>) -> Result<Reply, Problem> {
    let improvement = store::get(&call.reader(), &call.scope, *id, call.today()).await?;
    call.listed(store::readings(&call.reader(), &improvement, &page.0.into()).await?)
}

/// Record a reading
///
/// What was measured for a day, in the measure's unit. A wrong one is corrected by another that names it in `replaces`.
/// Needs no If-Match.
#[utoipa::path(tag = "improvements", operation_id = "createReading", request_body = ReadingInput,
    responses((status = 201, description = "The new reading.", body = Reading)))]
#[post("/improvements/{improvementId}/readings")]
async fn create_reading(call: Call, id: web::Path<ImprovementId>, body: Body<ReadingInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let improvement = store::load(unit, &call.scope, *id).await?;
        let replaced = match body.value.replaces {
            Some(replaced) => store::reading(unit, &improvement, replaced).await?,
            None => None,
        };
        let by = call.scope.caller.raiser().ok_or(Problem::Forbidden)?;
        let (told, times) = (body.value.clone(), (unit.now(), unit.today()));
        let reading = Reading::record(unit.new_id(), &improvement, told, replaced.as_ref(), by, times)?;
        store::insert_reading(unit, &reading).await?;
        Reply::created(
            format!("/improvements/{}/readings", improvement.id),
            &reading,
            call.today(),
        )
    })
    .await
}
