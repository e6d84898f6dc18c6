//! What was said in words.
use actix_web::{get, web};
use domain::{events::SubjectKind, surveys::*, vocabulary::*};
use persistence::{access_records, surveys as store};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Call, ListQuery, Listing, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes.service(list_survey_comments);
}

/// To which question.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CommentQuery {
    /// The question's key.
    question: Slug,
}

/// List what was said in a round
///
/// The words that were given to a question, in an order that tells nothing, once the round is published (R19). For the
/// customers' team alone; in anonymous and confidential rounds only where at least eight said something, and nothing tells
/// who it was. Each reading is put on record.
#[utoipa::path(tag = "satisfaction", operation_id = "listSurveyComments", params(ListQuery, CommentQuery), responses(
    (status = 200, description = "A page of comments.", body = Listing<SurveyComment>),
    (status = 409, description = "The round is not published, or too few said anything.")))]
#[get("/survey-rounds/{surveyRoundId}/comments")]
async fn list_survey_comments(
    call: Call,
    id: web::Path<SurveyRoundId>,
    page: Query<ListQuery>,
    filter: Query<CommentQuery>,
) -> Result<Reply, Problem> {
    let paging = page.0.into();
    let page = call
        .write_part(async |unit| {
            let round = store::load_round(unit, &call.scope, *id).await?;
            let page = store::comments(unit, &round, &filter.0.question, &paging).await?;
            access_records::note(unit, "listSurveyComments", SubjectKind::SurveyRound, *id).await?;
            Ok(page)
        })
        .await?;
    call.listed(page)
}
