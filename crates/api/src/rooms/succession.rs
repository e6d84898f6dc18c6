//! Succession: customers are merged, split or moved, and what is open goes on under whom it is named to (R25).
use actix_web::{get, post, web};
use domain::{Rule, RuleCode, calendars::midnight, customers::*, vocabulary::*};
use persistence::{UnitOfWork, customers as store};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Body, Call, ListQuery, Listing, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_successions)
        .service(get_succession)
        .service(create_succession_preview)
        .service(create_succession);
}

/// Which successions.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SuccessionQuery {
    /// In which this customer ended or went on.
    customer: Option<CustomerId>,
}

/// List successions
///
/// Which customers went on as others, the first recorded first.
#[utoipa::path(tag = "customers", operation_id = "listSuccessions", params(ListQuery, SuccessionQuery),
    responses((status = 200, description = "A page of successions.", body = Listing<Succession>)))]
#[get("/successions")]
async fn list_successions(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<SuccessionQuery>,
) -> Result<Reply, Problem> {
    call.listed(store::list_successions(&call.reader(), filter.0.customer, &page.0.into()).await?)
}

/// Show a succession
///
/// Who ended, who goes on, and with what.
#[utoipa::path(tag = "customers", operation_id = "getSuccession",
    responses((status = 200, description = "The succession.", body = Succession)))]
#[get("/successions/{successionId}")]
async fn get_succession(call: Call, id: web::Path<SuccessionId>) -> Result<Reply, Problem> {
    call.found(&store::get_succession(&call.reader(), *id).await?)
}

/// Look at what a succession would do
///
/// What would go on and under whom, and everything that stands in the way: what a split names to nobody, a service that two
/// agreements would cover (R8), a successor without a team. For any day up to 366 days ahead. Changes nothing.
#[utoipa::path(tag = "customers", operation_id = "createSuccessionPreview", request_body = SuccessionInput,
    responses((status = 200, description = "What it would do.", body = SuccessionPreview)))]
#[post("/succession-previews")]
async fn create_succession_preview(call: Call, body: Body<SuccessionInput>) -> Result<Reply, Problem> {
    call.rehearse(&body, async |unit| {
        let lineage = lineage(&call, unit, &body.value, Lineage::days_to_preview(call.today())).await?;
        let (items, mut obstacles) = store::plan(unit, &lineage, &body.value.items).await?;
        if obstacles.is_empty() {
            // What shows only as it is done: a hierarchy that would become too deep.
            match carry_out(&call, unit, &lineage, body.value.reason.clone(), items.clone()).await {
                Err(persistence::Error::Rule(rule)) => obstacles.push(rule.into()),
                done => drop(done?),
            }
        }
        Reply::plain(&SuccessionPreview {
            kind: lineage.kind,
            first_day: lineage.first_day,
            items,
            obstacles,
        })
    })
    .await
}

/// Record a succession
///
/// From its first day the successors go on with the predecessors' agreements, usages, contacts, open requests and improvements,
/// and with the customers that are parts of them; what is closed stays as it is. In a split each thing is named to one
/// successor. A predecessor answers with `succeededBy` afterwards, references to it mean its heir, and writing to it is
/// refused (R25). There is no way back: look at the preview first.
#[utoipa::path(tag = "customers", operation_id = "createSuccession", request_body = SuccessionInput,
    responses((status = 201, description = "The succession.", body = Succession)))]
#[post("/successions")]
async fn create_succession(call: Call, body: Body<SuccessionInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let lineage = lineage(&call, unit, &body.value, Lineage::days_to_record(call.today())).await?;
        let (items, obstacles) = store::plan(unit, &lineage, &body.value.items).await?;
        if let Some(first) = obstacles.first() {
            let others = match obstacles.len() - 1 {
                0 => String::new(),
                n => format!(" {n} more stand in the way; the preview tells of all."),
            };
            let detail = format!("{}{others}", first.detail);
            return Err(Rule::new(RuleCode::Succession, detail).into());
        }
        let done = carry_out(&call, unit, &lineage, body.value.reason.clone(), items).await?;
        Reply::created(format!("/successions/{}", done.id), &done, call.today())
    })
    .await
}

/// The customers that the body names, held until the unit of work ends.
async fn lineage(
    call: &Call,
    unit: &UnitOfWork,
    told: &SuccessionInput,
    days: std::ops::RangeInclusive<chrono::NaiveDate>,
) -> Result<Lineage, Problem> {
    let members = [
        ("predecessors", told.predecessors.as_slice()),
        ("successors", &told.successors),
    ];
    let [predecessors, successors] = store::hold_lineage(unit, &call.scope, members).await?;
    let lineage = Lineage::of(predecessors, successors, told.heir, told.first_day, days)?;
    Ok(lineage.with_rest_to(told.otherwise)?)
}

async fn carry_out(
    call: &Call,
    unit: &mut UnitOfWork,
    lineage: &Lineage,
    reason: Note,
    items: Vec<SuccessionItem>,
) -> Result<Succession, persistence::Error> {
    let from = midnight(call.local_time().zone, lineage.first_day);
    store::succeed(unit, lineage, reason, items, from).await
}
