//! What was said in words: looked through and redacted, published, read, and sorted by themes.
use actix_web::{get, post, put, web};
use domain::{events::SubjectKind, surveys::*, vocabulary::*};
use persistence::{access_records, surveys as store};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Body, Call, ListQuery, Listing, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_comments_to_redact)
        .service(create_redactions)
        .service(list_survey_comments)
        .service(list_comment_themes)
        .service(set_comment_themes);
}

/// To which question.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct QuestionQuery {
    /// The question's key.
    question: Slug,
}

/// Which of the comments.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CommentQuery {
    /// That the team says are about this; capitals do not matter.
    theme: Option<Word>,
    /// With all of these words, or pieces of words, in them; capitals do not matter.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f]+$")]
    words: Option<String>,
}

/// List comments to look through before they are published
///
/// What was said in words in a round that is closed, for whoever publishes it: passages that name or give away somebody are
/// left out with `createRedactions` before others read them. In anonymous and confidential rounds only where at least eight
/// said something: fewer are never told, and need no looking through. Each reading is put on record.
#[utoipa::path(tag = "satisfaction", operation_id = "listCommentsToRedact", params(ListQuery, QuestionQuery), responses(
    (status = 200, description = "A page of comments.", body = Listing<SurveyComment>),
    (status = 409, description = "The round is not closed, or too few said anything.")))]
#[get("/survey-rounds/{surveyRoundId}/comments-to-redact")]
async fn list_comments_to_redact(
    call: Call,
    id: web::Path<SurveyRoundId>,
    page: Query<ListQuery>,
    filter: Query<QuestionQuery>,
) -> Result<Reply, Problem> {
    let paging = page.0.into();
    let page = call
        .write_part(async |unit| {
            let round = store::load_round(unit, &call.scope, *id).await?;
            let page = store::comments_to_redact(unit, &round, filter.0.question.clone(), &paging).await?;
            access_records::note(unit, "listCommentsToRedact", SubjectKind::SurveyRound, *id).await?;
            Ok(page)
        })
        .await?;
    call.listed(page)
}

/// Leave passages out of comments
///
/// For good: they are removed from the store, `[…]` stands where they were, and readers see that something was left out. The
/// event tells who did it, and none of the words. Once the round is published it can be done as well, but others may have read
/// them by then.
#[utoipa::path(tag = "satisfaction", operation_id = "createRedactions", request_body = RedactionsInput,
    responses((status = 200, description = "The round as it is now.", body = SurveyRound)))]
#[post("/survey-rounds/{surveyRoundId}/redactions")]
async fn create_redactions(
    call: Call,
    id: web::Path<SurveyRoundId>,
    body: Body<RedactionsInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let round = store::load_round(unit, &call.scope, *id).await?;
        Reply::ok(&store::redact(unit, &round, &body.value).await?, call.today())
    })
    .await
}

/// List what was said in a round
///
/// The words that were given to a question, in an order that tells nothing, once the round is published (R19). For the
/// customers' team alone; in anonymous and confidential rounds only where at least eight said something, and nothing tells
/// who it was. A filter narrows what is read, and never opens what is withheld. Each reading is put on record.
#[utoipa::path(tag = "satisfaction", operation_id = "listSurveyComments",
    params(ListQuery, QuestionQuery, CommentQuery), responses(
    (status = 200, description = "A page of comments.", body = Listing<SurveyComment>),
    (status = 409, description = "The round is not published, or too few said anything.")))]
#[get("/survey-rounds/{surveyRoundId}/comments")]
async fn list_survey_comments(
    call: Call,
    id: web::Path<SurveyRoundId>,
    page: Query<ListQuery>,
    question: Query<QuestionQuery>,
    filter: Query<CommentQuery>,
) -> Result<Reply, Problem> {
    let paging = page.0.into();
    let words = filter.0.words.unwrap_or_default();
    let filter = store::CommentFilter {
        question: question.0.question,
        theme: filter.0.theme,
        words: words.split_whitespace().map(ToOwned::to_owned).collect(),
    };
    let page = call
        .write_part(async |unit| {
            let round = store::load_round(unit, &call.scope, *id).await?;
            let page = store::comments(unit, &round, &filter, &paging).await?;
            access_records::note(unit, "listSurveyComments", SubjectKind::SurveyRound, *id).await?;
            Ok(page)
        })
        .await?;
    call.listed(page)
}

/// What comments are about.
#[derive(Serialize, ToSchema)]
struct CommentThemes {
    /// The themes, the most frequent first.
    #[schema(max_items = 200)]
    items: Vec<ThemeCount>,
}

/// Count a round's comments by theme
///
/// How many of the comments to a question the team says are about what: of those that are told, and so only where they are told
/// (R19). One comment can have several themes.
#[utoipa::path(tag = "satisfaction", operation_id = "listCommentThemes", params(QuestionQuery), responses(
    (status = 200, description = "The themes.", body = CommentThemes),
    (status = 409, description = "The round is not published, or too few said anything.")))]
#[get("/survey-rounds/{surveyRoundId}/comment-themes")]
async fn list_comment_themes(
    call: Call,
    id: web::Path<SurveyRoundId>,
    filter: Query<QuestionQuery>,
) -> Result<Reply, Problem> {
    let round = store::get_round(&call.reader(), &call.scope, *id, call.today()).await?;
    let items = store::theme_counts(&call.reader(), &round, &filter.0.question).await?;
    Reply::plain(&CommentThemes { items })
}

/// Say what comments are about
///
/// Each comment gets these themes in place of those it had; none takes them away. Themes are the team's own short words, and name
/// nobody. Comments can be sorted once their round is published.
#[utoipa::path(tag = "satisfaction", operation_id = "setCommentThemes", request_body = CommentThemesInput,
    responses((status = 200, description = "The round as it is now.", body = SurveyRound)))]
#[put("/survey-rounds/{surveyRoundId}/comment-themes")]
async fn set_comment_themes(
    call: Call,
    id: web::Path<SurveyRoundId>,
    body: Body<CommentThemesInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let round = store::load_round(unit, &call.scope, *id).await?;
        Reply::ok(&store::set_themes(unit, &round, &body.value).await?, call.today())
    })
    .await
}
