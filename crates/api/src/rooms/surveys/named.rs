//! Who answered what, where respondents were told that the team reads it.
use actix_web::{get, web};
use domain::{events::SubjectKind, surveys::*, vocabulary::*};
use persistence::{access_records, surveys as store};

use crate::http::{Call, ListQuery, Listing, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes.service(list_named_answers);
}

/// List who answered what
///
/// In a `named` round that is closed: scores and choices, and the words once it is published, in an order that tells nothing.
/// For the customers' team alone, as respondents were told. Each reading is put on record.
#[utoipa::path(tag = "satisfaction", operation_id = "listNamedAnswers", params(ListQuery), responses(
    (status = 200, description = "A page of answers.", body = Listing<NamedAnswer>),
    (status = 409, description = "The round is not closed, or respondents were promised otherwise.")))]
#[get("/survey-rounds/{surveyRoundId}/answers")]
async fn list_named_answers(
    call: Call,
    id: web::Path<SurveyRoundId>,
    page: Query<ListQuery>,
) -> Result<Reply, Problem> {
    let paging = page.0.into();
    let page = call
        .write_part(async |unit| {
            let round = store::load_round(unit, &call.scope, *id).await?;
            let page = store::named_answers(unit, &round, &paging).await?;
            access_records::note(unit, "listNamedAnswers", SubjectKind::SurveyRound, *id).await?;
            Ok(page)
        })
        .await?;
    call.listed(page)
}
