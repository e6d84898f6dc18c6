//! Requests: intake, and each act as an operation of its own.
use actix_web::{get, patch, post, web};
use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::{
    Rule, RuleCode,
    access::{BUSINESS_RELATIONSHIP_MANAGER, Caller, ClientScope, Customers, MANAGERS, Reach, Scope},
    customers::Customer,
    events::{ActorKind, Aggregate},
    improvements::Improvement,
    meetings::{LinkedKind, Matter},
    people::MandateKind,
    requests::*,
    vocabulary::*,
};
use persistence::{
    UnitOfWork, calendars, customers, meetings, people,
    references::{self, Told},
    requests as store, services,
    store::Source,
    teams,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{IfMatch, improvements};
use crate::{
    http::{
        Body, Call, ListQuery, Listing, Log, NoBody, Patch, PatchOf, Problem, Query, Reply, Routes,
        call::Sent,
        input::{LogQuery, ReferenceQuery},
    },
    program::Settings,
};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_requests)
        .service(create_request)
        .service(get_request)
        .service(change_request)
        .service(create_investigation)
        .service(create_endorsement)
        .service(create_routing)
        .service(create_dismissal)
        .service(create_withdrawal)
        .service(create_answer)
        .service(create_reopening)
        .service(create_merge)
        .service(list_comments)
        .service(create_comment)
        .service(get_request_timeline);
}

/// Which requests.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct RequestQuery {
    /// Of this customer.
    customer: Option<CustomerId>,
    /// Of this kind.
    kind: Option<RequestKind>,
    /// In this status.
    status: Option<RequestStatus>,
    /// Whether somebody still has something to do or to await.
    open: Option<bool>,
    /// Complaints whose due day has passed without an answer.
    overdue: Option<bool>,
    /// Handed over for longer than the setting `decision_days` without a decision.
    overdue_decision: Option<bool>,
    /// Last handed over to this destination.
    destination: Option<Destination>,
    /// Concerning this service.
    service: Option<ServiceId>,
    /// That came in this way.
    channel: Option<Channel>,
    /// Raised by this contact, person or client.
    #[param(min_length = 36, max_length = 36)]
    raised_by: Option<uuid::Uuid>,
    /// Complaints that this person answers for.
    owner: Option<PersonId>,
    /// With this number.
    #[param(min_length = 15, max_length = 24, pattern = r"^REQ-[0-9]{4}-[0-9]{6,15}$")]
    number: Option<String>,
    /// Every one of these words, in any of its forms, in title or description.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f]+$")]
    words: Option<String>,
    /// Wanted before this day.
    wanted_by_before: Option<NaiveDate>,
    /// Received at this time or later.
    received_from: Option<DateTime<Utc>>,
    /// Received before this time.
    received_before: Option<DateTime<Utc>>,
    /// Changed at this time or later.
    changed_from: Option<DateTime<Utc>>,
    /// Changed before this time.
    changed_before: Option<DateTime<Utc>>,
}

/// List requests
///
/// The requests that you may see, by the time they came in. Filters combine; `words` finds Swedish and English forms.
#[utoipa::path(tag = "requests", operation_id = "listRequests", params(ListQuery, RequestQuery, ReferenceQuery),
    responses((status = 200, description = "A page of requests.", body = Listing<Request>)))]
#[get("/requests")]
async fn list_requests(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<RequestQuery>,
    reference: Query<ReferenceQuery>,
) -> Result<Reply, Problem> {
    let q = filter.0;
    let waiting_since = Days::new(call.state.settings.decision_days.into());
    let waiting_since = call.now().checked_sub_days(waiting_since).unwrap_or_else(|| call.now());
    let filter = store::Filter {
        id: None,
        customer: q.customer,
        kind: q.kind,
        status: q.status,
        open: q.open,
        overdue: q.overdue,
        undecided_since: q.overdue_decision.map(|overdue| (overdue, waiting_since)),
        destination: q.destination,
        service: q.service,
        channel: q.channel,
        raised_by: q.raised_by,
        owner: q.owner,
        number: q.number,
        words: q.words,
        reference: reference.0.key(),
        wanted_by_before: q.wanted_by_before,
        received_from: q.received_from,
        received_before: q.received_before,
        changed_from: q.changed_from,
        changed_before: q.changed_before,
    };
    call.listed(store::list(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// Raise a request
///
/// A wish, a requirement, an improvement suggestion or a complaint. Contacts and persons raise in their own name;
/// systems name the contact in `raisedBy`. The answer tells what is `similar`. A known external reference makes it an upsert, as long as the request is
/// received or investigating.
#[utoipa::path(tag = "requests", operation_id = "createRequest", request_body = RequestInput, responses(
    (status = 201, description = "The new request.", body = ReceivedRequest),
    (status = 200, description = "The request that has the reference already.", body = Request)))]
#[post("/requests")]
async fn create_request(call: Call, body: Body<RequestInput>) -> Result<Reply, Problem> {
    let similar = similar_to(&call, &body.value).await?;
    call.write(&body, async |unit| {
        let (request, new) = tell(&call.scope, unit, &call.state.settings, body.value.clone()).await?;
        let reply = Reply::told(new, format!("/requests/{}", request.id), &request, call.today())?;
        match &similar {
            Some(similar) if new => reply.with("similar", similar),
            _ => Ok(reply),
        }
    })
    .await
}

/// A new request, and what is similar.
#[derive(serde::Serialize, ToSchema)]
#[allow(dead_code, reason = "the document's description of what Reply::with makes")]
struct ReceivedRequest {
    #[serde(flatten)]
    request: Request,
    /// What seems to be about the same; absent for systems without the scope `requests.read`.
    #[serde(skip_serializing_if = "Option::is_none")]
    similar: Option<SimilarRequests>,
}

/// What is similar to what is about to come in, where the caller may read requests. Asked before the unit of work, which
/// others wait for.
async fn similar_to(call: &Call, input: &RequestInput) -> Result<Option<SimilarRequests>, Problem> {
    if let Caller::Client { scopes, .. } = &call.scope.caller
        && !scopes.contains(&ClientScope::RequestsRead)
    {
        return Ok(None);
    }
    let description = input.description.as_ref().map_or("", |d| d.as_str());
    let words = (input.title.as_str(), description);
    let found = store::similar(&call.reader(), &call.scope, words, None, call.today()).await?;
    Ok(Some(found))
}

/// Makes a request, or changes the one that its source tells of again; with whether it is new.
pub async fn tell(
    scope: &Scope,
    unit: &mut UnitOfWork,
    settings: &Settings,
    input: RequestInput,
) -> Result<(Request, bool), Problem> {
    match references::told(unit, Request::KIND, &input.references, &input).await? {
        Told::Same(id) => Ok((
            store::load(unit, scope, id.into()).await.map_err(references::taken)?,
            false,
        )),
        Told::Anew { id, digest } => {
            let before = store::load(unit, scope, id.into()).await.map_err(references::taken)?;
            scope.caller.may_refer(&before.references, &input.references)?;
            let named = named(scope, unit, &input, Some(&before)).await?;
            let after = before.clone().change_by_source(input, named, unit.now())?;
            store::update(unit, "changed", &before, &after).await?;
            store::refer(unit, &after, Some(&digest)).await?;
            Ok((after, false))
        }
        Told::New { digest } => {
            scope.caller.may_refer(&[], &input.references)?;
            let named = named(scope, unit, &input, None).await?;
            let serial = store::draw_serial(unit).await?;
            let number = format!("REQ-{}-{serial:06}", unit.today().format("%Y"));
            let due = match input.kind {
                RequestKind::Complaint => due(unit, settings).await?,
                _ => None,
            };
            // A desk that enters a contact's matter is the way it came in, whoever raised it.
            let channel = input
                .channel
                .unwrap_or_else(|| Channel::told_by(scope.caller.actor().kind));
            let input = RequestInput {
                channel: Some(channel),
                ..input
            };
            let request = Request::receive(unit.new_id(), number, input, named, due, unit.now())?;
            store::insert(unit, &request, serial, Some(&digest)).await?;
            if let Some(meeting) = request.meeting {
                let matter = Matter {
                    kind: LinkedKind::Request,
                    is_complaint: request.kind == RequestKind::Complaint,
                };
                let made = meetings::made(matter, request.id);
                meetings::record(unit, scope, meeting, made, &[request.customer.id], "/meeting").await?;
            }
            Ok((request.as_of(unit.today()), true))
        }
    }
}

/// The day by which a complaint is to be answered, where nobody says otherwise: in open days of the calendar that the
/// settings name, or in days of the almanac.
async fn due(unit: &UnitOfWork, settings: &Settings) -> Result<Option<NaiveDate>, persistence::Error> {
    let (today, days) = (unit.today(), settings.complaint_due_days);
    let almanac = today.checked_add_days(Days::new(days.into()));
    if settings.complaint_calendar.is_empty() {
        return Ok(almanac);
    }
    match calendars::called(unit, &settings.complaint_calendar).await? {
        Some(calendar) => Ok(calendar.hours.open_day_after(today, days).or(almanac)),
        None => {
            tracing::warn!(
                calendar = settings.complaint_calendar,
                "there is no such service calendar for complaints"
            );
            Ok(almanac)
        }
    }
}

/// The things that an input names. `before` is the request that is being changed.
async fn named(
    scope: &Scope,
    unit: &UnitOfWork,
    input: &RequestInput,
    before: Option<&Request>,
) -> Result<Named, Problem> {
    let today = unit.today();
    let customer = customer_named(scope, unit, &input.customer, before).await?;
    customer.must_be_active()?;
    let customer = customer.reference();
    let services = services::named(unit, &input.services, "/services").await?;
    let raised_by = match (&scope.caller, &input.raised_by, before) {
        (_, None, Some(request)) => request.raised_by.clone(),
        // Who raised it stays, also a contact of another part of the customer, or one who has left.
        (_, Some(Key::Id(id)), Some(request)) if request.raised_by.is(ActorKind::Contact, id.0) => {
            request.raised_by.clone()
        }
        (Caller::Contact { contact, .. }, Some(Key::Id(id)), None) if *id != contact.id => {
            let detail = "A contact raises requests in their own name.";
            return Err(Rule::new(RuleCode::State, detail).at("/raisedBy").into());
        }
        (_, Some(key), _) => {
            let contact = people::named_contact(unit, key, &customer, "/raisedBy", today).await?;
            Raiser {
                kind: ActorKind::Contact,
                id: contact.id.0,
                name: contact.name,
            }
        }
        (caller, None, None) => caller.raiser().ok_or(Problem::Forbidden)?,
    };
    let owner = match (input.kind, input.owner) {
        (_, Some(person)) => {
            let now = domain::vocabulary::Days::on(today);
            Some(people::named(unit, person, now, "/owner").await?)
        }
        (RequestKind::Complaint, None) => teams::business_relationship_manager(unit, customer.id, today).await?,
        _ => None,
    };
    Ok(Named {
        customer,
        services,
        raised_by,
        owner,
    })
}

/// The customer that an input names. Whoever may change a request may name its customer, also one who sees nothing
/// else of it; another one is looked for among those that the caller sees (R20).
async fn customer_named(
    scope: &Scope,
    unit: &UnitOfWork,
    key: &Key<CustomerId>,
    before: Option<&Request>,
) -> Result<Customer, persistence::Error> {
    let Some(request) = before else {
        return customers::named(unit, scope, key, "/customer", unit.today()).await;
    };
    let own = scope.within(Reach::of(Customers::Named(vec![request.customer.id])));
    match customers::named(unit, &own, key, "/customer", unit.today()).await {
        Err(persistence::Error::Rule(_)) => {
            customers::named(
                unit,
                &scope.within(scope.visible.clone()),
                key,
                "/customer",
                unit.today(),
            )
            .await
        }
        found => found,
    }
}

/// Show a request
///
/// The whole of it: services, endorsements, the latest hand-over with its decision, answer, dismissal or withdrawal.
#[utoipa::path(tag = "requests", operation_id = "getRequest", responses(
    (status = 200, description = "The request.", body = Request),
    (status = 304, description = "You have it already.")))]
#[get("/requests/{requestId}")]
async fn get_request(call: Call, id: web::Path<RequestId>) -> Result<Reply, Problem> {
    call.found(&store::get(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// Loads the request as the caller saw it, does the act, stores it.
async fn act(
    call: &Call,
    id: RequestId,
    name: &str,
    sent: &impl Sent,
    how: impl AsyncFn(&mut UnitOfWork, Request) -> Result<Request, Problem>,
) -> Result<Reply, Problem> {
    call.write(sent, async |unit| {
        let before = call.unchanged(store::load(unit, &call.scope, id).await?)?;
        let after = how(unit, before.clone()).await?.as_of(call.today());
        store::update(unit, name, &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Change a request
///
/// Members that are absent stay as they are. A new title, description, benefit or other services void the endorsements
/// (R14); a destination that has the request is told.
#[utoipa::path(tag = "requests", operation_id = "changeRequest", request_body = PatchOf<RequestInput>, params(IfMatch),
    responses((status = 200, description = "The request as it is now.", body = Request)))]
#[patch("/requests/{requestId}")]
async fn change_request(call: Call, id: web::Path<RequestId>, patch: Patch) -> Result<Reply, Problem> {
    act(&call, *id, "changed", &patch, async |unit, request| {
        let input: RequestInput = patch.onto(&request)?;
        call.scope.caller.may_refer(&request.references, &input.references)?;
        let named = named(&call.scope, unit, &input, Some(&request)).await?;
        let used = customers::used_services(unit, request.customer.id, call.today()).await?;
        let references = request.references.clone();
        let after = request.change(input, named, &used, call.now())?;
        if references != after.references {
            store::refer(unit, &after, None).await?;
        }
        Ok(after)
    })
    .await
}

/// Begin to investigate
///
/// The team looks at a received request.
#[utoipa::path(tag = "requests", operation_id = "createInvestigation", params(IfMatch),
    responses((status = 200, description = "The request as it is now.", body = Request)))]
#[post("/requests/{requestId}/investigation")]
async fn create_investigation(call: Call, id: web::Path<RequestId>) -> Result<Reply, Problem> {
    act(&call, *id, "investigated", &NoBody, async |_, request| {
        Ok(request.investigate(call.now())?)
    })
    .await
}

/// Endorse a request
///
/// A contact with mandate `customer` says that the customer wants this, as it reads now (R14). Needs no If-Match:
/// an endorsement is for the content, and doing it twice changes nothing.
#[utoipa::path(tag = "requests", operation_id = "createEndorsement",
    responses((status = 200, description = "The request as it is now.", body = Request)))]
#[post("/requests/{requestId}/endorsements")]
async fn create_endorsement(call: Call, id: web::Path<RequestId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let before = store::load(unit, &call.scope, *id).await?;
        let Caller::Contact { contact, .. } = &call.scope.caller else {
            return Err(Problem::Forbidden);
        };
        let contact = people::get_contact(unit, &call.scope, contact.id, call.today()).await?;
        let contact = people::in_force(unit, contact).await?;
        if let Some(principal) = contact.in_stead_of(MandateKind::Customer, call.today()) {
            unit.act_for(principal.0);
        }
        let after = before.clone().endorse(&contact, call.today(), call.now())?;
        if after.version != before.version {
            store::update(unit, "endorsed", &before, &after).await?;
        }
        Reply::ok(&after.as_of(call.today()), call.today())
    })
    .await
}

/// Route a request to a destination
///
/// The business relationship manager routes anywhere, the delivery manager to `delivery`. Nothing goes to the service
/// portfolio unendorsed, and `delivery` needs a concerned service that the customer uses today (R14). Where another
/// destination has it, that one is told (R13). Routed to `improvement`, it opens an entry of the register, which
/// acknowledges it under its number.
#[utoipa::path(tag = "requests", operation_id = "createRouting", request_body = RoutingInput, params(IfMatch),
    responses((status = 200, description = "The request as it is now.", body = Request)))]
#[post("/requests/{requestId}/routing")]
async fn create_routing(call: Call, id: web::Path<RequestId>, body: Body<RoutingInput>) -> Result<Reply, Problem> {
    let roles = match body.value.destination {
        Destination::Delivery => MANAGERS,
        Destination::ServicePortfolio | Destination::Strategy | Destination::Improvement => {
            BUSINESS_RELATIONSHIP_MANAGER
        }
    };
    let scope = call.scope.in_roles(roles);
    call.write(&body, async |unit| {
        let before = call.unchanged(store::load(unit, &scope, *id).await?)?;
        let (after, _) = hand_on(&scope, unit, before, body.value.clone()).await?;
        Reply::ok(&after.as_of(call.today()), call.today())
    })
    .await
}

/// Routes a loaded request; with the entry of the register that was opened for it, where it goes there.
pub async fn hand_on(
    scope: &Scope,
    unit: &mut UnitOfWork,
    before: Request,
    routing: RoutingInput,
) -> Result<(Request, Option<Improvement>), Problem> {
    let used = customers::used_services(unit, before.customer.id, unit.today()).await?;
    let (after, former) = before.clone().route(unit.new_id(), routing, &used, unit.now())?;
    if let (Some(was), Some(taken_back)) = (&before.hand_over, &former) {
        store::update_hand_over(unit, "withdrawn", was, taken_back).await?;
    }
    store::update(unit, "routed", &before, &after).await?;
    improvements::take_over(scope, unit, after).await
}

/// Dismiss a request
///
/// The team goes no further with it, for a reason. A complaint is dismissed only with its answer (R15).
#[utoipa::path(tag = "requests", operation_id = "createDismissal", request_body = DismissalInput, params(IfMatch),
    responses((status = 200, description = "The request as it is now.", body = Request)))]
#[post("/requests/{requestId}/dismissal")]
async fn create_dismissal(call: Call, id: web::Path<RequestId>, body: Body<DismissalInput>) -> Result<Reply, Problem> {
    act(&call, *id, "dismissed", &body, async |_, r| {
        Ok(r.dismiss(body.value.clone(), call.now())?)
    })
    .await
}

/// Withdraw a request
///
/// By who raised it, a contact with mandate `customer`, or the business relationship manager for them. A destination
/// that has it is told.
#[utoipa::path(tag = "requests", operation_id = "createWithdrawal", request_body = WithdrawalInput, params(IfMatch),
    responses((status = 200, description = "The request as it is now.", body = Request)))]
#[post("/requests/{requestId}/withdrawal")]
async fn create_withdrawal(
    call: Call,
    id: web::Path<RequestId>,
    body: Body<WithdrawalInput>,
) -> Result<Reply, Problem> {
    act(&call, *id, "withdrawn", &body, async |_, r| {
        Ok(r.withdraw(body.value.clone(), call.now())?)
    })
    .await
}

/// Answer a complaint
///
/// By its owner, wherever it is. Who complained may reopen it for a time; afterwards it reads `closed`. While a destination has
/// it, the answer closes nothing, and the complaint goes on there.
#[utoipa::path(tag = "requests", operation_id = "createAnswer", request_body = AnswerInput, params(IfMatch),
    responses((status = 200, description = "The request as it is now.", body = Request)))]
#[post("/requests/{requestId}/answer")]
async fn create_answer(call: Call, id: web::Path<RequestId>, body: Body<AnswerInput>) -> Result<Reply, Problem> {
    let last = call
        .today()
        .checked_add_days(Days::new(call.state.settings.complaint_reopen_days.into()));
    act(&call, *id, "answered", &body, async |_, r| {
        Ok(r.answer(body.value.clone(), last, call.now())?)
    })
    .await
}

/// Reopen a complaint
///
/// By who complained, while the time for it runs. The complaint gets a new due day.
#[utoipa::path(tag = "requests", operation_id = "createReopening", params(IfMatch),
    responses((status = 200, description = "The request as it is now.", body = Request)))]
#[post("/requests/{requestId}/reopening")]
async fn create_reopening(call: Call, id: web::Path<RequestId>) -> Result<Reply, Problem> {
    act(&call, *id, "reopened", &NoBody, async |unit, r| {
        let due = due(unit, &call.state.settings).await?;
        Ok(r.reopen(due, call.now())?)
    })
    .await
}

/// Merge a request into another
///
/// Both are about the same, and the other goes on for both: it shows both timelines and comments, and the endorsements of
/// the same customer, which count where the words are the same too (R14). This one ends, leads there as `mergedInto`, and is
/// taken back where it was handed over; what a destination has accepted cannot be the one that ends. You must be allowed to
/// act on both; chains lead to their end.
#[utoipa::path(tag = "requests", operation_id = "createMerge", request_body = MergeInput, params(IfMatch),
    responses((status = 200, description = "The merged request as it is now.", body = Request)))]
#[post("/requests/{requestId}/merge")]
async fn create_merge(call: Call, id: web::Path<RequestId>, body: Body<MergeInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let (before, other) = store::load_two(unit, &call.scope, *id, body.value.into).await?;
        let before = call.unchanged(before)?;
        let (merged, survivor) = before.clone().merge(other.clone(), call.now())?;
        store::merge(unit, (&before, &merged), (&other, &survivor)).await?;
        Reply::ok(&merged, call.today())
    })
    .await
}

/// List a request's comments
///
/// Oldest first, with those of requests that were merged into it. A contact reads those that are visible to the customer.
#[utoipa::path(tag = "requests", operation_id = "listComments", params(ListQuery),
    responses((status = 200, description = "A page of comments.", body = Listing<Comment>)))]
#[get("/requests/{requestId}/comments")]
async fn list_comments(call: Call, id: web::Path<RequestId>, page: Query<ListQuery>) -> Result<Reply, Problem> {
    let request = store::get(&call.reader(), &call.scope, *id, call.today()).await?;
    call.listed(store::comments(&call.reader(), &call.scope, &request, &page.0.into(), call.today()).await?)
}

/// Comment on a request
///
/// For the team, unless told otherwise; a contact's own comment is for the customer too. Needs no If-Match.
#[utoipa::path(tag = "requests", operation_id = "createComment", request_body = CommentInput,
    responses((status = 201, description = "The new comment.", body = Comment)))]
#[post("/requests/{requestId}/comments")]
async fn create_comment(call: Call, id: web::Path<RequestId>, body: Body<CommentInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let request = store::get(unit, &call.scope, *id, call.today()).await?;
        let author = call.scope.caller.raiser().ok_or(Problem::Forbidden)?;
        let comment = Comment::write(unit.new_id(), &request, body.value.clone(), author, unit.now())?;
        store::insert_comment(unit, &comment).await?;
        Reply::created(format!("/requests/{}/comments", request.id), &comment, call.today())
    })
    .await
}

/// Follow a request's timeline
///
/// Everything that happened to the request, its hand-overs and its comments, in one order, from a cursor on.
#[utoipa::path(tag = "requests", operation_id = "getRequestTimeline", params(LogQuery),
    responses((status = 200, description = "A stretch of the timeline.", body = Log<store::TimelineEntry>)))]
#[get("/requests/{requestId}/timeline")]
async fn get_request_timeline(call: Call, id: web::Path<RequestId>, query: Query<LogQuery>) -> Result<Reply, Problem> {
    let request = store::get(&call.reader(), &call.scope, *id, call.today()).await?;
    let (after, limit) = query.0.place();
    call.logged(store::timeline(call.db(), &call.scope, &request, after, limit, call.today()).await?)
}
