//! What a meeting takes up (R17).
use actix_web::{delete, patch, post, web};
use domain::{
    Rule, RuleCode,
    access::Scope,
    meetings::*,
    vocabulary::{AgendaItemId, MeetingId},
};
use persistence::{UnitOfWork, meetings as store};

use super::{act, reread};
use crate::http::{Body, Call, NoBody, Patch, PatchOf, Problem, Reply, Routes};
use crate::rooms::{IfMatch, agreements::acts::deed};

pub fn routes(routes: &mut Routes) {
    routes
        .service(create_agenda_item)
        .service(change_agenda_item)
        .service(delete_agenda_item)
        .service(create_agenda_item_transfer);
}

/// The thing that an item links to, and where the item would belong if not here.
async fn judged(
    scope: &Scope,
    unit: &UnitOfWork,
    meeting: &Meeting,
    about: AgendaItemType,
    link: Option<&LinkedThing>,
) -> Result<(Option<Matter>, Option<NextMeeting>), Problem> {
    let matter = match link {
        None => None,
        Some(thing) => Some(store::matter(unit, scope, thing, meeting.customer.id, unit.today()).await?),
    };
    if meeting.kind.fits(about, matter) {
        return Ok((matter, None));
    }
    let fitting = (meeting.customer.id, MeetingKind::fitting(about, matter));
    let next = store::next_fitting(unit, fitting, meeting.id, unit.now()).await?;
    Ok((matter, next))
}

/// Puts an item on the agenda.
pub async fn put_item(
    scope: &Scope,
    unit: &mut UnitOfWork,
    id: MeetingId,
    told: AgendaItemInput,
) -> Result<Meeting, Problem> {
    let before = store::load(unit, scope, id).await?;
    let (matter, next) = judged(scope, unit, &before, told.about, told.link.as_ref()).await?;
    let act = match told.override_reason {
        None => "item_added",
        Some(_) => "item_overridden",
    };
    let deed = deed(scope, unit).await?.0;
    let after = before.clone().add_item(unit.new_id(), told, matter, next, deed)?;
    store::update(unit, act, &before, &after).await?;
    reread(unit, scope, id).await
}

/// Put an item on an agenda
///
/// Its type and the thing that it links to belong to the kind of meeting (R17). If they do not, the refusal names the next planned
/// meeting to which they do; `overrideReason` takes it up here all the same, and shows in the minutes. Needs no If-Match.
#[utoipa::path(tag = "meetings", operation_id = "createAgendaItem", request_body = AgendaItemInput,
    responses((status = 200, description = "The meeting as it is now.", body = Meeting)))]
#[post("/meetings/{meetingId}/agenda-items")]
async fn create_agenda_item(
    call: Call,
    id: web::Path<MeetingId>,
    body: Body<AgendaItemInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        Reply::ok(
            &put_item(&call.scope, unit, *id, body.value.clone()).await?,
            call.today(),
        )
    })
    .await
}

/// Change an item of an agenda
///
/// Members that are absent stay as they are; `position` moves it. The same rules as for a new one (R17). The ETag is the meeting's.
#[utoipa::path(tag = "meetings", operation_id = "changeAgendaItem", params(IfMatch),
    request_body = PatchOf<AgendaItemInput>,
    responses((status = 200, description = "The meeting as it is now.", body = Meeting)))]
#[patch("/meetings/{meetingId}/agenda-items/{agendaItemId}")]
async fn change_agenda_item(
    call: Call,
    path: web::Path<(MeetingId, AgendaItemId)>,
    patch: Patch,
) -> Result<Reply, Problem> {
    let (id, item) = path.into_inner();
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load(unit, &call.scope, id).await?)?;
        let told: AgendaItemInput = patch.onto(before.item(item).ok_or(Problem::NotFound)?)?;
        let (matter, next) = judged(&call.scope, unit, &before, told.about, told.link.as_ref()).await?;
        let act = match told.override_reason {
            None => "item_changed",
            Some(_) => "item_overridden",
        };
        let deed = deed(&call.scope, unit).await?.0;
        let after = before.clone().change_item(item, told, matter, next, deed)?;
        store::update(unit, act, &before, &after).await?;
        Reply::ok(&reread(unit, &call.scope, id).await?, call.today())
    })
    .await
}

/// Take an item off an agenda
///
/// The ETag is the meeting's.
#[utoipa::path(tag = "meetings", operation_id = "deleteAgendaItem", params(IfMatch),
    responses((status = 200, description = "The meeting as it is now.", body = Meeting)))]
#[delete("/meetings/{meetingId}/agenda-items/{agendaItemId}")]
async fn delete_agenda_item(call: Call, path: web::Path<(MeetingId, AgendaItemId)>) -> Result<Reply, Problem> {
    let (id, item) = path.into_inner();
    act(&call, id, "item_removed", &NoBody, async |_, meeting| {
        meeting.item(item).ok_or(Problem::NotFound)?;
        Ok(meeting.remove_item(item)?.0)
    })
    .await
}

/// Transfer an item to another meeting
///
/// To a planned meeting of the same customer to which it belongs (R17). The ETag is that of the meeting that has it; the answer is the
/// meeting that takes it over.
#[utoipa::path(tag = "meetings", operation_id = "createAgendaItemTransfer", params(IfMatch),
    request_body = TransferInput,
    responses((status = 200, description = "The meeting that takes it up now.", body = Meeting)))]
#[post("/meetings/{meetingId}/agenda-items/{agendaItemId}/transfer")]
async fn create_agenda_item_transfer(
    call: Call,
    path: web::Path<(MeetingId, AgendaItemId)>,
    body: Body<TransferInput>,
) -> Result<Reply, Problem> {
    let (id, item) = path.into_inner();
    call.write(&body, async |unit| {
        let other = body.value.meeting;
        let loaded = async |id| store::load(unit, &call.scope, id).await;
        let unknown = |e| match e {
            persistence::Error::NotFound => {
                Problem::from(Rule::new(RuleCode::UnknownReference, "There is no such meeting.").at("/meeting"))
            }
            other => other.into(),
        };
        // Two meetings are always held in the order of their ids.
        let (from, to) = match other < id {
            true => {
                let to = loaded(other).await;
                (loaded(id).await?, to.map_err(unknown)?)
            }
            false => (loaded(id).await?, loaded(other).await.map_err(unknown)?),
        };
        let from = call.unchanged(from)?;
        let moved = from.item(item).ok_or(Problem::NotFound)?;
        let (matter, next) = judged(&call.scope, unit, &to, moved.about, moved.link.as_ref()).await?;
        let (left, taken) = from.clone().transfer(item, to.clone(), matter, next)?;
        store::update(unit, "item_transferred", &from, &left).await?;
        store::update(unit, "item_taken_over", &to, &taken).await?;
        Reply::ok(&reread(unit, &call.scope, other).await?, call.today())
    })
    .await
}
