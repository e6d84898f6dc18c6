//! What customers plan: entered by their teams or pushed by their own tools, read by delivery.
mod outlook;

use actix_web::{get, patch, post, web};
use chrono::NaiveDate;
use domain::{
    access::Scope,
    events::Aggregate,
    meetings::{LinkedKind, Matter},
    planned_activities::*,
    vocabulary::*,
};
use persistence::{
    UnitOfWork, customers, meetings, people, planned_activities as store,
    references::{self, Told},
    services,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::IfMatch;
use crate::http::{
    Body, Call, ListQuery, Listing, Patch, PatchOf, Problem, Query, Reply, Routes, call::Sent, input::ReferenceQuery,
};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_planned_activities)
        .service(create_planned_activity)
        // Before what has an id in its place.
        .configure(outlook::routes)
        .service(get_planned_activity)
        .service(change_planned_activity)
        .service(create_planned_phase)
        .service(list_planned_activity_history);
}

/// Which planned activities.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct PlannedActivityQuery {
    /// Of this customer.
    customer: Option<CustomerId>,
    /// That affect this service.
    service: Option<ServiceId>,
    /// Of this kind.
    kind: Option<PlannedKind>,
    /// In this phase.
    phase: Option<PlannedPhase>,
    /// Still to come or being done (or over).
    ahead: Option<bool>,
    /// Done on some day from this one on.
    from: Option<NaiveDate>,
    /// Begun on this day or before.
    until: Option<NaiveDate>,
}

/// List planned activities
///
/// What the customers that you may see plan, in the order in which it was entered, each with what it runs into. Filters
/// combine.
#[utoipa::path(tag = "planned activities", operation_id = "listPlannedActivities",
    params(ListQuery, PlannedActivityQuery, ReferenceQuery),
    responses((status = 200, description = "A page of planned activities.", body = Listing<PlannedActivityWithConflicts>)))]
#[get("/planned-activities")]
async fn list_planned_activities(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<PlannedActivityQuery>,
    reference: Query<ReferenceQuery>,
) -> Result<Reply, Problem> {
    let asked = filter.0;
    let filter = store::Filter {
        customer: asked.customer,
        service: asked.service,
        kind: asked.kind,
        phase: asked.phase,
        ahead: asked.ahead,
        from: asked.from,
        until: asked.until,
        reference: reference.0.key(),
    };
    let page = store::list(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?;
    call.listed(persistence::Page {
        items: store::judged(&call.reader(), page.items, call.local_time()).await?,
        next: page.next,
        total: page.total,
    })
}

/// Enter a planned activity
///
/// For a customer of your teams. A known external reference makes it an upsert: the customer's project tool tells phase and
/// days anew as they change.
#[utoipa::path(tag = "planned activities", operation_id = "createPlannedActivity", request_body = PlannedActivityInput,
    responses((status = 201, description = "The new planned activity.", body = PlannedActivityWithConflicts),
    (status = 200, description = "The one that has the reference already.", body = PlannedActivityWithConflicts)))]
#[post("/planned-activities")]
async fn create_planned_activity(call: Call, body: Body<PlannedActivityInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let (activity, new) = tell(&call.scope, unit, body.value.clone()).await?;
        let path = format!("/planned-activities/{}", activity.id);
        let told = store::judged_one(unit, activity, call.local_time()).await?;
        Reply::told(new, path, &told, call.today())
    })
    .await
}

/// Enters an activity, or changes the one that its source tells of again; with whether it is new.
pub async fn tell(
    scope: &Scope,
    unit: &mut UnitOfWork,
    input: PlannedActivityInput,
) -> Result<(PlannedActivity, bool), Problem> {
    match references::told(unit, PlannedActivity::KIND, &input.references, &input).await? {
        Told::Same(id) => Ok((
            store::load(unit, scope, id.into()).await.map_err(references::taken)?,
            false,
        )),
        Told::Anew { id, digest } => {
            let before = store::load(unit, scope, id.into()).await.map_err(references::taken)?;
            scope.caller.may_refer(&before.references, &input.references)?;
            let named = named(scope, unit, &input, Some(&before)).await?;
            let after = before.clone().change_by_source(input, named, unit.now())?;
            store::update(unit, &before, &after).await?;
            store::refer(unit, &after, Some(&digest)).await?;
            Ok((after, false))
        }
        Told::New { digest } => {
            scope.caller.may_refer(&[], &input.references)?;
            let named = named(scope, unit, &input, None).await?;
            let activity = PlannedActivity::enter(unit.new_id(), input, named, unit.now())?;
            store::insert(unit, &activity, Some(&digest)).await?;
            if let Some(meeting) = activity.meeting {
                let made = meetings::made(Matter::of(LinkedKind::PlannedActivity), activity.id);
                meetings::record(unit, scope, meeting, made, &[activity.customer.id], "/meeting").await?;
            }
            Ok((activity, true))
        }
    }
}

/// Changes a loaded activity as it is told anew.
pub async fn revise(
    scope: &Scope,
    unit: &mut UnitOfWork,
    before: PlannedActivity,
    input: PlannedActivityInput,
    how: impl FnOnce(PlannedActivity, PlannedActivityInput, NamedForPlan) -> Result<PlannedActivity, domain::Rule>,
) -> Result<PlannedActivity, Problem> {
    scope.caller.may_refer(&before.references, &input.references)?;
    let named = named(scope, unit, &input, Some(&before)).await?;
    let after = how(before.clone(), input, named)?;
    store::update(unit, &before, &after).await?;
    if before.references != after.references {
        store::refer(unit, &after, None).await?;
    }
    Ok(after)
}

/// The things that an input names. `before` is the activity that is being changed: its own customer and contact stay
/// without more leave than that to change it.
async fn named(
    scope: &Scope,
    unit: &UnitOfWork,
    input: &PlannedActivityInput,
    before: Option<&PlannedActivity>,
) -> Result<NamedForPlan, Problem> {
    let today = unit.today();
    let customer = match before {
        Some(before) if input.customer == Key::Id(before.customer.id) => before.customer.clone(),
        _ => {
            let customer = customers::named(unit, scope, &input.customer, "/customer", today).await?;
            customer.must_be_active()?;
            customer.reference()
        }
    };
    let contact = match (&input.contact, before.and_then(|before| before.contact.as_ref())) {
        (None, _) => None,
        (Some(Key::Id(id)), Some(known)) if known.id == *id => Some(known.clone()),
        (Some(key), _) => Some(people::named_contact(unit, key, &customer, "/contact", today).await?),
    };
    let mut changing = vec![];
    for (n, change) in input.changes.iter().enumerate() {
        let of = services::named(unit, std::slice::from_ref(&change.service), "/services").await;
        let of = of.map_err(|e| match e {
            persistence::Error::Rule(rule) => rule.at(format!("/changes/{n}/service")).into(),
            other => Problem::from(other),
        })?;
        changing.extend(of);
    }
    Ok(NamedForPlan {
        services: services::named(unit, &input.services, "/services").await?,
        changing,
        customer,
        contact,
    })
}

/// Show a planned activity
///
/// What the customer plans, when and how surely, what it means for services, and what it runs into: an announced change on
/// days for which it wishes for none, or a volume beyond the workload limit of the agreement in force when it begins.
#[utoipa::path(tag = "planned activities", operation_id = "getPlannedActivity", responses(
    (status = 200, description = "The planned activity.", body = PlannedActivityWithConflicts),
    (status = 304, description = "You have it already.")))]
#[get("/planned-activities/{plannedActivityId}")]
async fn get_planned_activity(call: Call, id: web::Path<PlannedActivityId>) -> Result<Reply, Problem> {
    let activity = store::get(&call.reader(), &call.scope, *id, call.today()).await?;
    call.found(&store::judged_one(&call.reader(), activity, call.local_time()).await?)
}

/// Loads the activity as the caller saw it, does the act, answers with it as it is then.
async fn act(
    call: &Call,
    id: PlannedActivityId,
    sent: &impl Sent,
    how: impl AsyncFn(&mut UnitOfWork, PlannedActivity) -> Result<PlannedActivity, Problem>,
) -> Result<Reply, Problem> {
    call.write(sent, async |unit| {
        let loaded = store::load(unit, &call.scope, id).await?;
        let seen = call.unchanged(store::judged_one(unit, loaded, call.local_time()).await?)?;
        let after = how(unit, seen.activity).await?;
        Reply::ok(&store::judged_one(unit, after, call.local_time()).await?, call.today())
    })
    .await
}

/// Change a planned activity
///
/// Members that are absent stay as they are. Into another phase it comes by `createPlannedPhase`.
#[utoipa::path(tag = "planned activities", operation_id = "changePlannedActivity",
    request_body = PatchOf<PlannedActivityInput>, params(IfMatch),
    responses((status = 200, description = "The planned activity as it is now.", body = PlannedActivityWithConflicts)))]
#[patch("/planned-activities/{plannedActivityId}")]
async fn change_planned_activity(call: Call, id: web::Path<PlannedActivityId>, patch: Patch) -> Result<Reply, Problem> {
    act(&call, *id, &patch, async |unit, activity| {
        let input: PlannedActivityInput = patch.onto(&activity)?;
        let now = unit.now();
        let change = |before: PlannedActivity, input, named| before.change(input, named, now);
        revise(&call.scope, unit, activity, input, change).await
    })
    .await
}

/// Bring a planned activity into another phase
///
/// From any phase to any other. What was done or cancelled is taken up again for a reason; what is planned, ongoing or done
/// has a period, which can be told here.
#[utoipa::path(tag = "planned activities", operation_id = "createPlannedPhase", request_body = PlannedPhaseInput,
    params(IfMatch),
    responses((status = 200, description = "The planned activity as it is now.", body = PlannedActivityWithConflicts)))]
#[post("/planned-activities/{plannedActivityId}/phase")]
async fn create_planned_phase(
    call: Call,
    id: web::Path<PlannedActivityId>,
    body: Body<PlannedPhaseInput>,
) -> Result<Reply, Problem> {
    act(&call, *id, &body, async |unit, before| {
        let after = before.clone().enter_phase(body.value.clone(), unit.now())?;
        store::update(unit, &before, &after).await?;
        Ok(after)
    })
    .await
}

/// List what was said of a planned activity
///
/// When phase, days or confidence became what, and who said so; the first first.
#[utoipa::path(tag = "planned activities", operation_id = "listPlannedActivityHistory", params(ListQuery),
    responses((status = 200, description = "A page of what was said.", body = Listing<PlannedActivityMoment>)))]
#[get("/planned-activities/{plannedActivityId}/history")]
async fn list_planned_activity_history(
    call: Call,
    id: web::Path<PlannedActivityId>,
    page: Query<ListQuery>,
) -> Result<Reply, Problem> {
    let activity = store::get(&call.reader(), &call.scope, *id, call.today()).await?;
    call.listed(store::history(&call.reader(), activity.id, &page.0.into()).await?)
}
