//! The improvement register: entries, what is done for them, what was measured, and what they came to.
mod activities;
mod acts;
mod effects;
mod offers;
mod readings;

use actix_web::{get, patch, post, web};
use domain::{
    Rule, RuleCode,
    access::{Caller, Scope},
    events::Aggregate,
    improvements::*,
    meetings::{LinkedKind, Matter},
    requests::{Acknowledgement, Destination, Request},
    vocabulary::*,
};
use persistence::{
    UnitOfWork, customers, improvements as store, meetings, people,
    references::{self, Told},
    requests, satisfaction, service_levels, services,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::IfMatch;
use crate::http::{
    Body, Call, ListQuery, Listing, Patch, PatchOf, Problem, Query, Reply, Routes, call::Sent, input::ReferenceQuery,
};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_improvements)
        .service(create_improvement)
        .service(get_improvement)
        .service(change_improvement)
        .configure(acts::routes)
        .configure(activities::routes)
        .configure(readings::routes)
        .configure(offers::routes)
        .configure(effects::routes);
}

/// By what a list is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ImprovementOrder {
    /// When they were entered.
    Created,
    /// Their priority; those without one come before all others, or descending after them.
    Priority,
}

/// Which improvements.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct ImprovementQuery {
    /// In this status.
    status: Option<ImprovementStatus>,
    /// With something left to do (or without).
    open: Option<bool>,
    /// That this person answers for.
    owner: Option<PersonId>,
    /// For this customer.
    customer: Option<CustomerId>,
    /// Concerning this service.
    service: Option<ServiceId>,
    /// With an activity whose due day has passed (or without).
    overdue: Option<bool>,
    /// From such a thing.
    origin: Option<OriginKind>,
    /// From this request.
    request: Option<RequestId>,
    /// From a target that this statement tells was missed.
    statement: Option<StatementId>,
    /// From a finding of this report of satisfaction.
    report: Option<SatisfactionReportId>,
    /// With this number.
    #[param(min_length = 15, max_length = 24, pattern = r"^IMP-[0-9]{4}-[0-9]{6,15}$")]
    number: Option<String>,
    /// By what they are ordered; `created` unless told.
    #[param(inline)]
    order: Option<ImprovementOrder>,
}

/// List improvements
///
/// The improvements for customers that you may see, by when they were entered or by priority. Filters combine.
#[utoipa::path(tag = "improvements", operation_id = "listImprovements",
    params(ListQuery, ImprovementQuery, ReferenceQuery),
    responses((status = 200, description = "A page of improvements.", body = Listing<Improvement>)))]
#[get("/improvements")]
async fn list_improvements(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<ImprovementQuery>,
    reference: Query<ReferenceQuery>,
) -> Result<Reply, Problem> {
    let q = filter.0;
    let filter = store::Filter {
        status: q.status,
        open: q.open,
        owner: q.owner,
        customer: q.customer,
        service: q.service,
        overdue: q.overdue,
        origin: q.origin,
        request: q.request,
        statement: q.statement,
        report: q.report,
        verified: None,
        number: q.number,
        reference: reference.0.key(),
        by_priority: q.order == Some(ImprovementOrder::Priority),
    };
    let mut page = store::list(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?;
    page.items = page
        .items
        .into_iter()
        .map(|i| i.shown(call.scope.is_contact()))
        .collect();
    call.listed(page)
}

/// Enter an improvement
///
/// For customers of your teams. A missed target is named by the statement that says so, proposed or closed. A known
/// external reference makes it an upsert, as long as nobody has decided on it.
#[utoipa::path(tag = "improvements", operation_id = "createImprovement", request_body = ImprovementInput, responses(
    (status = 201, description = "The new improvement.", body = Improvement),
    (status = 200, description = "The improvement that has the reference already.", body = Improvement)))]
#[post("/improvements")]
async fn create_improvement(call: Call, body: Body<ImprovementInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let (improvement, new) = tell(&call.scope, unit, body.value.clone()).await?;
        let path = format!("/improvements/{}", improvement.id);
        Reply::told(new, path, &improvement.shown(false), call.today())
    })
    .await
}

/// Enters an improvement, or changes the one that its source tells of again; with whether it is new.
pub async fn tell(
    scope: &Scope,
    unit: &mut UnitOfWork,
    input: ImprovementInput,
) -> Result<(Improvement, bool), Problem> {
    let times = (unit.now(), unit.today());
    match references::told(unit, Improvement::KIND, &input.references, &input).await? {
        Told::Same(id) => Ok((
            store::load(unit, scope, id.into()).await.map_err(references::taken)?,
            false,
        )),
        Told::Anew { id, digest } => {
            let before = store::load(unit, scope, id.into()).await.map_err(references::taken)?;
            scope.caller.may_refer(&before.references, &input.references)?;
            let named = named(scope, unit, &input, Some(&before)).await?;
            let after = before.clone().change_by_source(input, named, times)?;
            store::update(unit, "changed", &before, &after).await?;
            store::refer(unit, &after, Some(&digest)).await?;
            Ok((after, false))
        }
        Told::New { digest } => {
            scope.caller.may_refer(&[], &input.references)?;
            let named = named(scope, unit, &input, None).await?;
            let origin = origin(scope, unit, input.origin.clone().unwrap_or_default()).await?;
            let number = store::draw_number(unit).await?;
            let improvement = Improvement::identify(unit.new_id(), number, (input, origin), named, times)?;
            store::insert(unit, &improvement, Some(&digest)).await?;
            if let Some(meeting) = &improvement.origin.meeting {
                let made = meetings::made(Matter::of(LinkedKind::Improvement), improvement.id);
                let customers: Vec<CustomerId> = improvement.customers.iter().map(|customer| customer.id).collect();
                meetings::record(unit, scope, meeting.id, made, &customers, "/origin/meeting").await?;
            }
            Ok((improvement, true))
        }
    }
}

/// The things that an input names. `before` is the improvement that is being changed: a customer that it is for already
/// stays without more leave than that to change it.
async fn named(
    scope: &Scope,
    unit: &UnitOfWork,
    input: &ImprovementInput,
    before: Option<&Improvement>,
) -> Result<NamedForImprovement, Problem> {
    let today = unit.today();
    let mut found = vec![];
    for (n, key) in input.customers.iter().enumerate() {
        let known = before.and_then(|before| before.customers.iter().find(|c| *key == Key::Id(c.id)));
        found.push(match known {
            Some(customer) => customer.clone(),
            None => {
                let customer = customers::named(unit, scope, key, &format!("/customers/{n}"), today).await?;
                customer.must_be_active()?;
                customer.reference()
            }
        });
    }
    let owner = match (input.owner, before, &scope.caller) {
        (Some(id), Some(Improvement { owner: Some(owner), .. }), _) if owner.id == id => Some(owner.clone()),
        (Some(id), ..) => Some(people::named(unit, id, Days::on(today), "/owner").await?),
        (None, None, Caller::Person { person, .. }) => Some(person.clone()),
        (None, ..) => None,
    };
    Ok(NamedForImprovement {
        customers: found,
        services: services::named(unit, &input.services, "/services").await?,
        owner,
    })
}

/// What an improvement came from. What the caller may not see is refused like what does not exist (R20).
async fn origin(scope: &Scope, unit: &UnitOfWork, told: OriginInput) -> Result<Origin, Problem> {
    let seen = scope.within(scope.visible.clone());
    let unknown = |what: &str| {
        let pointer = format!("/origin/{what}");
        move |e| match e {
            persistence::Error::NotFound => {
                let detail = "There is no such thing that it could come from.";
                Rule::new(RuleCode::UnknownReference, detail).at(pointer).into()
            }
            other => Problem::from(other),
        }
    };
    Ok(match told {
        OriginInput::Request { request } => {
            let request = requests::get(unit, &seen, request, unit.today()).await;
            Origin::of_request(&request.map_err(unknown("request"))?)
        }
        OriginInput::MissedTarget { statement, target } => {
            let statement = service_levels::get(unit, &seen, statement, unit.today()).await;
            Origin::of_missed_target(&statement.map_err(unknown("statement"))?, target)?
        }
        OriginInput::SurveyFinding {
            report: Some(report),
            finding: Some(finding),
            source: None,
        } => {
            let report = satisfaction::report(unit, &seen, report, unit.today()).await;
            Origin::of_finding(&report.map_err(unknown("report"))?, finding)?
        }
        OriginInput::SurveyFinding {
            report: None,
            finding: None,
            source: Some(source),
        } => Origin::told(OriginKind::SurveyFinding, Some(source)),
        OriginInput::SurveyFinding { .. } => {
            let detail = "Name a report and the finding's number in it, or else tell the source in words.";
            return Err(Rule::new(RuleCode::State, detail).at("/origin").into());
        }
        OriginInput::Meeting {
            meeting: Some(meeting),
            source: None,
        } => {
            let meeting = meetings::get(unit, &seen, meeting, unit.today()).await;
            Origin::of_meeting(&meeting.map_err(unknown("meeting"))?)
        }
        OriginInput::Meeting {
            meeting: None,
            source: Some(source),
        } => Origin::told(OriginKind::Meeting, Some(source)),
        OriginInput::Meeting { .. } => {
            let detail = "Name the meeting, or else tell which it was in words.";
            return Err(Rule::new(RuleCode::State, detail).at("/origin").into());
        }
        OriginInput::OwnInitiative { source } => Origin::told(OriginKind::OwnInitiative, source),
    })
}

/// Opens an entry for a request that was just routed to the register, which takes it in under its number; any other
/// request stays as it is.
pub async fn take_over(
    scope: &Scope,
    unit: &mut UnitOfWork,
    request: Request,
) -> Result<(Request, Option<Improvement>), Problem> {
    let Some(hand_over) = request
        .hand_over
        .as_ref()
        .filter(|h| h.destination == Destination::Improvement)
    else {
        return Ok((request, None));
    };
    let owner = match &scope.caller {
        Caller::Person { person, .. } => Some(person.clone()),
        _ => None,
    };
    let number = store::draw_number(unit).await?;
    let reference = number.parse().map_err(Problem::internal)?;
    let behind = requests::customers_behind(unit, scope, vec![request.id], unit.today()).await?;
    let behind = behind.into_iter().map(|(_, customer)| customer).collect();
    let improvement = Improvement::of_request(unit.new_id(), number, &request, behind, owner, unit.now());
    let taken_in = request
        .clone()
        .acknowledge(hand_over.id, Acknowledgement { reference }, unit.now())?;
    store::insert(unit, &improvement, None).await?;
    requests::update(unit, "acknowledged", &request, &taken_in).await?;
    Ok((taken_in, Some(improvement)))
}

/// Show an improvement
///
/// What is to become better, for whom, by which measure; what is done for it, and what it came to. A contact reads it
/// without priority and activities, which are the team's own.
#[utoipa::path(tag = "improvements", operation_id = "getImprovement", responses(
    (status = 200, description = "The improvement.", body = Improvement),
    (status = 304, description = "You have it already.")))]
#[get("/improvements/{improvementId}")]
async fn get_improvement(call: Call, id: web::Path<ImprovementId>) -> Result<Reply, Problem> {
    let improvement = store::get(&call.reader(), &call.scope, *id, call.today()).await?;
    call.found(&improvement.shown(call.scope.is_contact()))
}

/// Loads the improvement as the caller saw it, does the act, stores it.
async fn act(
    call: &Call,
    id: ImprovementId,
    name: &str,
    sent: &impl Sent,
    how: impl AsyncFn(&mut UnitOfWork, Improvement) -> Result<Improvement, Problem>,
) -> Result<Reply, Problem> {
    call.write(sent, async |unit| {
        let before = call.unchanged(store::load(unit, &call.scope, id).await?)?;
        let after = how(unit, before.clone()).await?;
        store::update(unit, name, &before, &after).await?;
        Reply::ok(&after.shown(false), call.today())
    })
    .await
}

/// Change an improvement
///
/// Members that are absent stay as they are. What it came from stays; its measure too, once it is implemented (R16).
#[utoipa::path(tag = "improvements", operation_id = "changeImprovement", request_body = PatchOf<ImprovementInput>,
    params(IfMatch), responses((status = 200, description = "The improvement as it is now.", body = Improvement)))]
#[patch("/improvements/{improvementId}")]
async fn change_improvement(call: Call, id: web::Path<ImprovementId>, patch: Patch) -> Result<Reply, Problem> {
    act(&call, *id, "changed", &patch, async |unit, improvement| {
        let input: ImprovementInput = patch.onto(&improvement)?;
        call.scope
            .caller
            .may_refer(&improvement.references, &input.references)?;
        let named = named(&call.scope, unit, &input, Some(&improvement)).await?;
        if input.measure.as_ref().map(|m| m.what_is_read()) != improvement.measure.as_ref().map(|m| m.what_is_read())
            && store::has_readings(unit, improvement.id).await?
        {
            let detail = "There are readings of the measure; what is read, in which unit and direction, stays.";
            return Err(Rule::new(RuleCode::ImprovementEffect, detail).at("/measure").into());
        }
        let references = improvement.references.clone();
        let after = improvement.change(input, named, (call.now(), call.today()))?;
        if references != after.references {
            store::refer(unit, &after, None).await?;
        }
        Ok(after)
    })
    .await
}
