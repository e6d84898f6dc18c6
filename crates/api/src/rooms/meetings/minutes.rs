//! What was said, decided and agreed to be done.
use actix_web::{HttpResponse, get, post, put, web};
use domain::{
    access::Scope,
    agreements::Language,
    events::ActorKind,
    meetings::*,
    requests::Raiser,
    vocabulary::{ActionItemId, Days, MeetingId},
};
use persistence::{UnitOfWork, meetings as store, people};

use super::{act, reread};
use crate::http::{Body, Call, NoBody, Problem, Query, Reply, Routes};
use crate::pages::{self, Page, Paper, PaperQuery, Pdf};
use crate::rooms::{IfMatch, agreements::acts::deed};

pub fn routes(routes: &mut Routes) {
    routes
        .service(set_minutes)
        .service(create_action_item_completion)
        .service(create_addendum)
        .service(get_meeting_document);
}

/// The minutes as told, with the owners of what is to be done found.
pub async fn write(unit: &UnitOfWork, meeting: Meeting, told: MinutesInput) -> Result<Meeting, Problem> {
    let today = unit.today();
    let mut owners = vec![];
    for (n, item) in told.action_items.iter().enumerate() {
        let known = item.id.and_then(|id| meeting.action_item(id)).map(|item| &item.owner);
        let pointer = format!("/actionItems/{n}/owner");
        let same = |kind: ActorKind, id: uuid::Uuid| known.filter(|owner| owner.is(kind, id)).cloned();
        owners.push(match &item.owner {
            ActionOwnerInput::Person { person } => match same(ActorKind::Person, person.0) {
                Some(owner) => owner,
                None => {
                    let person = people::named(unit, *person, Days::on(today), &format!("{pointer}/person")).await?;
                    Raiser {
                        kind: ActorKind::Person,
                        id: person.id.0,
                        name: person.name,
                    }
                }
            },
            ActionOwnerInput::Contact { contact } => {
                let at = format!("{pointer}/contact");
                let contact = people::named_contact_around(unit, contact, &meeting.customer, &at, today).await?;
                Raiser {
                    kind: ActorKind::Contact,
                    id: contact.id.0,
                    name: contact.name,
                }
            }
        });
    }
    Ok(meeting.write_minutes(told, owners, || unit.new_id())?)
}

/// Write the minutes of a meeting
///
/// The whole of them, once it was held and until they are published. An action item that is told with its `id` keeps the day on
/// which it was done; one that is not told any more is gone.
#[utoipa::path(tag = "meetings", operation_id = "setMinutes", params(IfMatch), request_body = MinutesInput,
    responses((status = 200, description = "The meeting as it is now.", body = Meeting)))]
#[put("/meetings/{meetingId}/minutes")]
async fn set_minutes(call: Call, id: web::Path<MeetingId>, body: Body<MinutesInput>) -> Result<Reply, Problem> {
    act(&call, *id, "minutes_changed", &body, async |unit, meeting| {
        write(unit, meeting, body.value.clone()).await
    })
    .await
}

/// Complete an action item
///
/// It was done today, also after the minutes were published. The ETag is the meeting's.
#[utoipa::path(tag = "meetings", operation_id = "createActionItemCompletion", params(IfMatch),
    responses((status = 200, description = "The meeting as it is now.", body = Meeting)))]
#[post("/meetings/{meetingId}/action-items/{actionItemId}/completion")]
async fn create_action_item_completion(
    call: Call,
    path: web::Path<(MeetingId, ActionItemId)>,
) -> Result<Reply, Problem> {
    let (id, item) = path.into_inner();
    act(&call, id, "action_completed", &NoBody, async |unit, meeting| {
        meeting.action_item(item).ok_or(Problem::NotFound)?;
        Ok(meeting.complete(item, unit.today())?)
    })
    .await
}

/// Correct published minutes
///
/// By an addendum, which stands beside them. Needs no If-Match.
#[utoipa::path(tag = "meetings", operation_id = "createAddendum", request_body = AddendumInput,
    responses((status = 200, description = "The meeting as it is now.", body = Meeting)))]
#[post("/meetings/{meetingId}/addenda")]
async fn create_addendum(call: Call, id: web::Path<MeetingId>, body: Body<AddendumInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let before = store::load(unit, &call.scope, *id).await?;
        let deed = deed(&call.scope, unit).await?.0;
        let after = before.clone().correct(body.value.clone(), deed)?;
        store::update(unit, "corrected", &before, &after).await?;
        Reply::ok(&reread(unit, &call.scope, *id).await?, call.today())
    })
    .await
}

/// The meeting as the scope shows it, as a document.
async fn read(call: &Call, scope: &Scope, id: MeetingId) -> Result<Meeting, Problem> {
    let meeting = store::get(&call.reader(), scope, id, call.today()).await?;
    Ok(meeting.shown(scope.is_contact()))
}

/// Show a meeting as a document
///
/// Its agenda and its minutes as a page to read and print, or PDF/A to keep, in Swedish or English: who took part, what was taken up
/// (and what belonged elsewhere, with the reason), said, decided and agreed to be done.
#[utoipa::path(tag = "meetings", operation_id = "getMeetingDocument", params(PaperQuery), responses(
    (status = 200, description = "The document.", content((Page = "text/html"), (Pdf = "application/pdf"))),
    (status = 304, description = "You have it already."),
    (status = 409, description = "It is too long for a PDF.")))]
#[get("/meetings/{meetingId}/document")]
async fn get_meeting_document(
    call: Call,
    id: web::Path<MeetingId>,
    how: Query<PaperQuery>,
) -> Result<HttpResponse, Problem> {
    let meeting = read(&call, &call.scope, *id).await?;
    let words = how.0.words(&call, Language::Sv);
    let settings = &call.state.settings;
    let document = pages::meetings::minutes(&meeting, &settings.organisation, settings.time_zone, words);
    Paper::of(document, &call, &how.0).answer(&call, async |_| Ok(())).await
}
