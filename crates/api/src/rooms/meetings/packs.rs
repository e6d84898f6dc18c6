//! What a meeting with the customer is held on.
use actix_web::{HttpResponse, get, web};
use chrono::NaiveDate;
use domain::{
    Rule, RuleCode,
    access::Scope,
    agreements::{Deed, Language},
    calendars::midnight,
    meetings::*,
    vocabulary::MeetingId,
};
use persistence::{UnitOfWork, meetings as store, store::Source};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Call, Problem, Query, Reply, Routes};
use crate::pages::{self, Page, Paper, PaperQuery, Pdf};
use crate::program::Settings;

pub fn routes(routes: &mut Routes) {
    routes
        .service(get_review_pack)
        .service(get_review_pack_document)
        .service(get_dialogue_pack);
}

/// What the pack looks back on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct PackQuery {
    /// From this day on, unless the pack is kept; unless told from the day of the review before.
    first_day: Option<NaiveDate>,
}

/// The pack of a review: the one that was kept with its minutes, or as things are.
async fn told(
    source: &impl Source,
    scope: &Scope,
    settings: &Settings,
    (meeting, first_day): (&Meeting, Option<NaiveDate>),
    today: NaiveDate,
) -> Result<ReviewPack, Problem> {
    meeting.must_be(MeetingKind::Review)?;
    if let Some(kept) = store::kept_pack(source, meeting.id).await? {
        return match first_day {
            Some(_) => {
                let detail = "The pack is kept with the published minutes, of the period that it had then.";
                Err(Rule::new(RuleCode::State, detail).into())
            }
            None => Ok(kept),
        };
    }
    let last = store::review_before(source, meeting).await?;
    let first_day = meeting.looks_back_to(first_day, last)?;
    let (zone, after) = (settings.time_zone, meeting.day.succ_opt().unwrap_or(meeting.day));
    let back = store::LooksBack {
        first_day,
        from: midnight(zone, first_day),
        before: midnight(zone, after),
    };
    Ok(store::review_pack(source, scope, meeting, back, today).await?)
}

/// Publishes the minutes; a review's with the pack that it was held on.
pub async fn publish(
    scope: &Scope,
    unit: &UnitOfWork,
    settings: &Settings,
    meeting: Meeting,
    deed: Deed,
) -> Result<Meeting, Problem> {
    if meeting.kind != MeetingKind::Review {
        return Ok(meeting.publish(None, deed)?);
    }
    let id = meeting.id;
    let pack = told(unit, scope, settings, (&meeting, None), unit.today()).await?;
    let after = meeting.publish(pack.digest()?, deed)?;
    store::keep_pack(unit, id, pack).await?;
    Ok(after)
}

async fn asked(call: &Call, id: MeetingId, first_day: Option<NaiveDate>) -> Result<ReviewPack, Problem> {
    let reader = call.reader();
    let meeting = store::get(&reader, &call.scope, id, call.today()).await?;
    told(
        &reader,
        &call.scope,
        &call.state.settings,
        (&meeting, first_day),
        call.today(),
    )
    .await
}

/// Show what a review is held on
///
/// From the day of the review before it to its own: statements with what their targets and workload came to, published reports and
/// told figures of satisfaction, complaints, improvements. Put together as things are, until the minutes are published; then as they
/// were.
#[utoipa::path(tag = "meetings", operation_id = "getReviewPack", params(PackQuery), responses(
    (status = 200, description = "The pack.", body = ReviewPack),
    (status = 409, description = "The meeting is no review, the period is too long, or there is too much in it.")))]
#[get("/meetings/{meetingId}/review-pack")]
async fn get_review_pack(call: Call, id: web::Path<MeetingId>, query: Query<PackQuery>) -> Result<Reply, Problem> {
    Reply::plain(&asked(&call, *id, query.0.first_day).await?)
}

/// Show what a review is held on as a document
///
/// The same as a page to read and print, or PDF/A to keep, in Swedish or English.
#[utoipa::path(tag = "meetings", operation_id = "getReviewPackDocument", params(PackQuery, PaperQuery), responses(
    (status = 200, description = "The document.", content((Page = "text/html"), (Pdf = "application/pdf"))),
    (status = 304, description = "You have it already."),
    (status = 409, description = "The meeting is no review, there is too much in the period, or it is too long for a PDF.")))]
#[get("/meetings/{meetingId}/review-pack/document")]
async fn get_review_pack_document(
    call: Call,
    id: web::Path<MeetingId>,
    query: Query<PackQuery>,
    how: Query<PaperQuery>,
) -> Result<HttpResponse, Problem> {
    let pack = asked(&call, *id, query.0.first_day).await?;
    let words = how.0.words(&call, Language::Sv);
    let document = pages::meetings::review_pack(&pack, &call.state.settings.organisation, words);
    Paper::of(document, &call, &how.0).answer(&call, async |_| Ok(())).await
}

/// Show what a dialogue is held on
///
/// What is open of what the customer wants: ideas, wishes and requirements. No figure of the delivery is in it: that is a review's.
#[utoipa::path(tag = "meetings", operation_id = "getDialoguePack", responses(
    (status = 200, description = "The pack.", body = DialoguePack),
    (status = 409, description = "The meeting is no dialogue, or there is too much for one.")))]
#[get("/meetings/{meetingId}/dialogue-pack")]
async fn get_dialogue_pack(call: Call, id: web::Path<MeetingId>) -> Result<Reply, Problem> {
    let reader = call.reader();
    let meeting = store::get(&reader, &call.scope, *id, call.today()).await?;
    meeting.must_be(MeetingKind::Dialogue)?;
    Reply::plain(&store::dialogue_pack(&reader, &call.scope, &meeting, call.today()).await?)
}
