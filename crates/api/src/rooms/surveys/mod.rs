//! Surveys: what contacts are asked, in rounds. Whoever is asked answers at the `door`.
mod comments;
pub mod door;
mod earlier;
pub mod inviting;
mod mailing;
mod named;
pub mod rounds;

use actix_web::{get, patch, post, web};
use domain::{surveys::*, vocabulary::*};
use persistence::surveys as store;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::IfMatch;
use crate::http::{Body, Call, ListQuery, Listing, Patch, PatchOf, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_ready_surveys)
        .service(list_surveys)
        .service(create_survey)
        .service(get_survey)
        .service(change_survey)
        .service(get_survey_edition)
        .configure(rounds::routes)
        .configure(earlier::routes)
        .configure(inviting::routes)
        .configure(mailing::routes)
        .configure(comments::routes)
        .configure(named::routes);
}

/// Surveys to start from.
#[derive(Serialize, ToSchema)]
struct ReadySurveys {
    /// The surveys.
    #[schema(max_items = 20)]
    items: Vec<ReadySurvey>,
}

/// List ready surveys
///
/// Surveys in Swedish and English to start from: a customer's relation, a service, what was asked for and delivered. Enter one
/// by sending its `survey` to `POST /surveys`, as it is or changed.
#[utoipa::path(tag = "satisfaction", operation_id = "listReadySurveys",
    responses((status = 200, description = "The surveys.", body = ReadySurveys)))]
#[get("/ready-surveys")]
async fn list_ready_surveys(_: Call) -> Result<Reply, Problem> {
    let items = ready_surveys()?;
    Reply::plain(&ReadySurveys { items })
}

/// Which surveys.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SurveyQuery {
    /// Of this kind.
    kind: Option<SurveyKind>,
}

/// List surveys
///
/// All surveys, in the order in which they were entered.
#[utoipa::path(tag = "satisfaction", operation_id = "listSurveys", params(ListQuery, SurveyQuery),
    responses((status = 200, description = "A page of surveys.", body = Listing<Survey>)))]
#[get("/surveys")]
async fn list_surveys(call: Call, page: Query<ListQuery>, filter: Query<SurveyQuery>) -> Result<Reply, Problem> {
    call.listed(store::list(&call.reader(), filter.0.kind, &page.0.into()).await?)
}

/// Enter a survey
///
/// Questions with scores, choices and words, in Swedish and English, each shown always or where an earlier one has one of
/// some answers. A person needs to be business relationship manager or delivery manager of a team.
#[utoipa::path(tag = "satisfaction", operation_id = "createSurvey", request_body = SurveyInput,
    responses((status = 201, description = "The new survey.", body = Survey)))]
#[post("/surveys")]
async fn create_survey(call: Call, body: Body<SurveyInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let survey = Survey::register(unit.new_id(), body.value.clone(), unit.now())?;
        store::insert(unit, &call.scope, &survey).await?;
        Reply::created(format!("/surveys/{}", survey.id), &survey, call.today())
    })
    .await
}

/// Show a survey
///
/// As it reads now. Rounds that were sent keep the edition that they were sent with.
#[utoipa::path(tag = "satisfaction", operation_id = "getSurvey", responses(
    (status = 200, description = "The survey.", body = Survey),
    (status = 304, description = "You have it already.")))]
#[get("/surveys/{surveyId}")]
async fn get_survey(call: Call, id: web::Path<SurveyId>) -> Result<Reply, Problem> {
    call.found(&store::get(&call.reader(), *id).await?)
}

/// Change a survey
///
/// Members that are absent stay as they are, and a list that is told replaces the one there was. Once an edition was sent to
/// anybody, other content is the next edition; rounds that are still drafts ask that one.
#[utoipa::path(tag = "satisfaction", operation_id = "changeSurvey", request_body = PatchOf<SurveyInput>,
    params(IfMatch), responses((status = 200, description = "The survey as it is now.", body = Survey)))]
#[patch("/surveys/{surveyId}")]
async fn change_survey(call: Call, id: web::Path<SurveyId>, patch: Patch) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load(unit, &call.scope, *id).await?)?;
        let after = before.clone().change(patch.onto(&before)?)?;
        store::update(unit, "changed", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Show an edition of a survey
///
/// What is asked in the rounds that name the edition. Once it was sent to anybody, it never changes.
#[utoipa::path(tag = "satisfaction", operation_id = "getSurveyEdition", responses(
    (status = 200, description = "What is asked.", body = SurveyContent)))]
#[get("/surveys/{surveyId}/editions/{version}")]
async fn get_survey_edition(call: Call, path: web::Path<(SurveyId, Version)>) -> Result<Reply, Problem> {
    let (id, edition) = path.into_inner();
    let edition = i32::try_from(edition.number()).map_err(|_| Problem::NotFound)?;
    Reply::plain(&store::edition(&call.reader(), id, edition).await?)
}
