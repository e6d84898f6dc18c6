//! Meetings: planned, prepared, held, written down; their series, and what they are held on.
mod acts;
mod agenda;
mod minutes;
mod packs;
pub mod series;

use actix_web::{get, patch, post, web};
use chrono::{DateTime, Utc};
use domain::{
    access::Scope,
    meetings::*,
    vocabulary::{CustomerId, Days, Key, MeetingId, MeetingSeriesId, PersonId, TeamId},
};
use persistence::{UnitOfWork, customers, meetings as store, people};
use serde::Deserialize;
use utoipa::IntoParams;

use super::IfMatch;
use crate::http::{Body, Call, ListQuery, Listing, Patch, PatchOf, Problem, Query, Reply, Routes, call::Sent};
use crate::program::Settings;

pub use agenda::put_item;
pub use minutes::write as write_minutes;
pub use packs::publish;

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_meetings)
        .service(create_meeting)
        .service(get_meeting)
        .service(change_meeting)
        .service(list_overdue_meetings)
        .configure(acts::routes)
        .configure(agenda::routes)
        .configure(minutes::routes)
        .configure(packs::routes)
        .configure(series::routes);
}

/// Which meetings.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct MeetingQuery {
    /// About this customer.
    customer: Option<CustomerId>,
    /// About customers of which this team is responsible on the day.
    team: Option<TeamId>,
    /// In which this person takes part.
    person: Option<PersonId>,
    /// Of this kind.
    kind: Option<MeetingKind>,
    /// In this status.
    status: Option<MeetingStatus>,
    /// That begin at this time or later.
    starts_from: Option<DateTime<Utc>>,
    /// That begin before this time.
    starts_before: Option<DateTime<Utc>>,
    /// That take up anything that belongs to another kind of meeting (or not).
    overridden: Option<bool>,
    /// Of this series.
    series: Option<MeetingSeriesId>,
}

/// List meetings
///
/// The meetings that you may see, by when they begin. Contacts see their own customer's dialogues and reviews. Filters combine.
#[utoipa::path(tag = "meetings", operation_id = "listMeetings", params(ListQuery, MeetingQuery),
    responses((status = 200, description = "A page of meetings.", body = Listing<Meeting>)))]
#[get("/meetings")]
async fn list_meetings(call: Call, page: Query<ListQuery>, filter: Query<MeetingQuery>) -> Result<Reply, Problem> {
    let q = filter.0;
    let filter = store::Filter {
        customer: q.customer,
        team: q.team,
        person: q.person,
        contact: None,
        kind: q.kind,
        status: q.status,
        from: q.starts_from,
        before: q.starts_before,
        overridden: q.overridden,
        series: q.series,
    };
    let mut page = store::list(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?;
    page.items = page
        .items
        .into_iter()
        .map(|meeting| meeting.shown(call.scope.is_contact()))
        .collect();
    call.listed(page)
}

/// Plan a meeting
///
/// Inside the team, or one of the two conversations with the customer: a dialogue about change, led by the business
/// relationship manager, or a review of the delivery, led by the delivery manager (R18). One that was held can be entered too.
#[utoipa::path(tag = "meetings", operation_id = "createMeeting", request_body = MeetingInput,
    responses((status = 201, description = "The new meeting.", body = Meeting)))]
#[post("/meetings")]
async fn create_meeting(call: Call, body: Body<MeetingInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let meeting = plan(&call.scope, unit, &call.state.settings, body.value.clone()).await?;
        Reply::created(format!("/meetings/{}", meeting.id), &meeting, call.today())
    })
    .await
}

/// Plans a meeting, and tells who leads it.
pub async fn plan(
    scope: &Scope,
    unit: &mut UnitOfWork,
    settings: &Settings,
    input: MeetingInput,
) -> Result<Meeting, Problem> {
    let named = named(scope, unit, settings, &input, None).await?;
    let meeting = Meeting::plan(unit.new_id(), input, named, unit.now())?;
    store::insert(unit, &meeting).await?;
    reread(unit, scope, meeting.id).await
}

/// The meeting as it reads after an act: the team and the leader of its day are told by others' rows.
async fn reread(unit: &UnitOfWork, scope: &Scope, id: MeetingId) -> Result<Meeting, Problem> {
    let seen = scope.within(scope.visible.clone());
    Ok(store::get(unit, &seen, id, unit.today()).await?)
}

/// The things that an input names. Who takes part in `before` already stays without more leave than that to change it.
async fn named(
    scope: &Scope,
    unit: &UnitOfWork,
    settings: &Settings,
    input: &MeetingInput,
    before: Option<&Meeting>,
) -> Result<NamedForMeeting, Problem> {
    let today = unit.today();
    let customer = match before {
        Some(before) if input.customer == Key::Id(before.customer.id) => before.customer.clone(),
        _ => {
            let customer = customers::named(unit, scope, &input.customer, "/customer", today).await?;
            customer.must_be_active()?;
            customer.reference()
        }
    };
    let mut persons = vec![];
    for (n, id) in input.persons.iter().enumerate() {
        let known = before.and_then(|before| before.persons.iter().find(|person| person.id == *id));
        persons.push(match known {
            Some(person) => person.clone(),
            None => people::named(unit, *id, Days::on(today), &format!("/persons/{n}")).await?,
        });
    }
    let mut contacts = vec![];
    for (n, key) in input.contacts.iter().enumerate() {
        let known = before.and_then(|before| before.contacts.iter().find(|contact| *key == Key::Id(contact.id)));
        contacts.push(match known {
            Some(contact) => contact.clone(),
            None => people::named_contact_around(unit, key, &customer, &format!("/contacts/{n}"), today).await?,
        });
    }
    Ok(NamedForMeeting {
        customer,
        persons,
        contacts,
        day: settings.local_date(input.starts_at),
    })
}

/// Show a meeting
///
/// When, with whom, who leads it that day; what it takes up, what was said and decided, what was recorded at it. A contact reads
/// its minutes once they are published, and never those of a meeting of the team.
#[utoipa::path(tag = "meetings", operation_id = "getMeeting", responses(
    (status = 200, description = "The meeting.", body = Meeting),
    (status = 304, description = "You have it already.")))]
#[get("/meetings/{meetingId}")]
async fn get_meeting(call: Call, id: web::Path<MeetingId>) -> Result<Reply, Problem> {
    let meeting = store::get(&call.reader(), &call.scope, *id, call.today()).await?;
    call.found(&meeting.shown(call.scope.is_contact()))
}

/// Loads the meeting as the caller saw it, does the act, stores it.
async fn act(
    call: &Call,
    id: MeetingId,
    name: &str,
    sent: &impl Sent,
    how: impl AsyncFn(&mut UnitOfWork, Meeting) -> Result<Meeting, Problem>,
) -> Result<Reply, Problem> {
    call.write(sent, async |unit| {
        let before = call.unchanged(store::load(unit, &call.scope, id).await?)?;
        let after = how(unit, before.clone()).await?;
        store::update(unit, name, &before, &after).await?;
        Reply::ok(&reread(unit, &call.scope, id).await?, call.today())
    })
    .await
}

/// Change a meeting
///
/// Moves it, or changes where and with whom it is held. Members that are absent stay as they are. One that was held is not
/// moved; about whom a meeting is, and of what kind, stays.
#[utoipa::path(tag = "meetings", operation_id = "changeMeeting", request_body = PatchOf<MeetingInput>,
    params(IfMatch), responses((status = 200, description = "The meeting as it is now.", body = Meeting)))]
#[patch("/meetings/{meetingId}")]
async fn change_meeting(call: Call, id: web::Path<MeetingId>, patch: Patch) -> Result<Reply, Problem> {
    act(&call, *id, "changed", &patch, async |unit, meeting| {
        let input: MeetingInput = patch.onto(&meeting)?;
        let named = named(&call.scope, unit, &call.state.settings, &input, Some(&meeting)).await?;
        Ok(meeting.change(input, named)?)
    })
    .await
}

/// Which customers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OverdueQuery {
    /// This customer alone.
    customer: Option<CustomerId>,
    /// That wait for a meeting of this kind.
    kind: Option<MeetingKind>,
}

/// List customers that wait for a meeting
///
/// Active customers with a `meetingCadence` for whom more than ⌈365 ÷ n⌉ days have passed since the last dialogue or review that was
/// held or, where there was none, since the responsible team took over. In the order in which they were entered.
#[utoipa::path(tag = "meetings", operation_id = "listOverdueMeetings", params(ListQuery, OverdueQuery),
    responses((status = 200, description = "A page of customers.", body = Listing<OverdueMeetings>)))]
#[get("/overdue-meetings")]
async fn list_overdue_meetings(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<OverdueQuery>,
) -> Result<Reply, Problem> {
    let filter = store::OverdueFilter {
        customers: filter.0.customer.map(|id| vec![id]),
        kind: filter.0.kind,
    };
    call.listed(store::overdue(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}
