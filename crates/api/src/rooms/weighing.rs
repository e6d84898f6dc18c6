//! Weighing: what is like what, what is worth how much, and what is whose to do now.
use actix_web::{get, post, web};
use domain::{access::Caller, agreements::Language, requests::*, vocabulary::*};
use persistence::requests::{self as store, Deadlines};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Body, Call, ListQuery, Listing, Problem, Query, Reply, Routes, operations::BASE};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_similar_requests)
        .service(list_tasks)
        .service(list_ranking)
        .service(list_scores)
        .service(create_score)
        .service(list_scoring_schemes)
        .service(create_scoring_scheme)
        .service(get_scoring_scheme);
}

/// Similar to what.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SimilarQuery {
    /// What it is, in one line.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f]+$")]
    title: Option<String>,
    /// What it is about.
    #[param(min_length = 1, max_length = 2000, pattern = r"^[^\x00-\x08\x0b-\x1f]+$")]
    description: Option<String>,
    /// This request's words, in the stead of others.
    request: Option<RequestId>,
}

/// Find similar open requests
///
/// Open requests that seem to be about the same, in Swedish or English, whatever customer's they are. You get those that
/// you may see; of the others only how many customers they are. To no words, nothing is similar.
#[utoipa::path(tag = "requests", operation_id = "listSimilarRequests", params(SimilarQuery),
    responses((status = 200, description = "What is similar.", body = SimilarRequests)))]
#[get("/similar-requests")]
async fn list_similar_requests(call: Call, query: Query<SimilarQuery>) -> Result<Reply, Problem> {
    let (reader, today) = (call.reader(), call.today());
    let (title, description) = match query.0.request {
        Some(id) => {
            let found = store::list(&reader, &call.scope, &store::Filter::only(id), &ONE, today).await?;
            // As with every filter: what is out of sight is like nothing.
            let Some(request) = found.items.into_iter().next() else {
                return Reply::plain(&SimilarRequests::default());
            };
            (
                request.title.to_string(),
                request.description.map_or(String::new(), |d| d.to_string()),
            )
        }
        None => (
            query.0.title.unwrap_or_default(),
            query.0.description.unwrap_or_default(),
        ),
    };
    let words = (title.as_str(), description.as_str());
    Reply::plain(&store::similar(&reader, &call.scope, words, query.0.request, today).await?)
}

/// A page of one thing.
const ONE: persistence::Paging = persistence::Paging::first(1);

/// List what you must do now
///
/// Your tasks by the day by which they are due, each with the reason: requests to sort, complaints to answer, refusals to
/// handle, decisions to ask for, offers to weigh, requests to score or to endorse. The words are in the language that you accept.
#[utoipa::path(tag = "requests", operation_id = "listTasks",
    responses((status = 200, description = "Your tasks.", body = Tasks)))]
#[get("/tasks")]
async fn list_tasks(call: Call) -> Result<Reply, Problem> {
    let settings = &call.state.settings;
    let deadlines = Deadlines {
        sorting_days: settings.sorting_days,
        decision_days: settings.decision_days,
        local_date: |at| settings.local_date(at),
        now: call.now(),
        today: call.today(),
    };
    let language = call.language().unwrap_or(Language::En);
    let link = |kind, id| match kind {
        TaskKind::WeighOffer => format!("{BASE}/improvement-offers?request={id}&state=offered"),
        _ => format!("{BASE}/requests/{id}"),
    };
    Reply::plain(&store::tasks(&call.reader(), &call.scope, &deadlines, language, link).await?)
}

/// List what a destination has, by score
///
/// The scored requests that the destination has not decided yet or has accepted, the highest score first;
/// `sort=descending` begins at the other end.
#[utoipa::path(tag = "requests", operation_id = "listRanking", params(ListQuery),
    responses((status = 200, description = "A page of requests.", body = Listing<Request>)))]
#[get("/rankings/{destination}")]
async fn list_ranking(
    call: Call,
    destination: web::Path<Destination>,
    page: Query<ListQuery>,
) -> Result<Reply, Problem> {
    let paging = page.0.into();
    call.listed(store::ranking(&call.reader(), &call.scope, *destination, &paging, call.today()).await?)
}

/// List a request's scores
///
/// Who gave what, when, and by which version of the scheme.
#[utoipa::path(tag = "requests", operation_id = "listScores", params(ListQuery),
    responses((status = 200, description = "A page of scores.", body = Listing<RequestScore>)))]
#[get("/requests/{requestId}/scores")]
async fn list_scores(call: Call, id: web::Path<RequestId>, page: Query<ListQuery>) -> Result<Reply, Problem> {
    let request = store::get(&call.reader(), &call.scope, *id, call.today()).await?;
    call.listed(store::scores(&call.reader(), &request, &page.0.into()).await?)
}

/// Score a request
///
/// Your values for every criterion of the active scheme. A later score of yours takes the earlier one's place; the
/// request's own is the mean of all. Needs no If-Match: you say what you think of it.
#[utoipa::path(tag = "requests", operation_id = "createScore", request_body = ScoreInput,
    responses((status = 201, description = "Your score.", body = RequestScore)))]
#[post("/requests/{requestId}/scores")]
async fn create_score(call: Call, id: web::Path<RequestId>, body: Body<ScoreInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let request = store::load(unit, &call.scope, *id).await?;
        let Caller::Person { person, .. } = &call.scope.caller else {
            return Err(Problem::Forbidden);
        };
        let scheme = store::active_scheme(unit).await?.ok_or_else(no_scheme)?;
        let former = store::score_by(unit, &request, person.id).await?;
        let (new, given) = (unit.new_id(), body.value.clone());
        let score = RequestScore::give(
            new,
            former.as_ref(),
            &request,
            &scheme,
            person.clone(),
            given,
            unit.now(),
        )?;
        store::give_score(unit, &request, former.as_ref(), &score).await?;
        Reply::created(format!("/requests/{}/scores", request.id), &score, call.today())
    })
    .await
}

fn no_scheme() -> domain::Rule {
    domain::Rule::new(
        domain::RuleCode::State,
        "There is no scoring scheme; an administrator enters one.",
    )
}

/// List scoring schemes
///
/// Every version of the way of weighing, the first one first; one is active.
#[utoipa::path(tag = "requests", operation_id = "listScoringSchemes", params(ListQuery),
    responses((status = 200, description = "A page of schemes.", body = Listing<ScoringScheme>)))]
#[get("/scoring-schemes")]
async fn list_scoring_schemes(call: Call, page: Query<ListQuery>) -> Result<Reply, Problem> {
    call.listed(store::list_schemes(&call.reader(), &page.0.into()).await?)
}

/// Enter a scoring scheme
///
/// The next version of the way of weighing, from now on the active one. What was scored before keeps its score and the
/// version by which it was made.
#[utoipa::path(tag = "requests", operation_id = "createScoringScheme", request_body = ScoringSchemeInput,
    responses((status = 201, description = "The new scheme.", body = ScoringScheme)))]
#[post("/scoring-schemes")]
async fn create_scoring_scheme(call: Call, body: Body<ScoringSchemeInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let scheme = store::insert_scheme(unit, body.value.clone()).await?;
        Reply::created(format!("/scoring-schemes/{}", scheme.id), &scheme, call.today())
    })
    .await
}

/// Show a scoring scheme
///
/// One version of the way of weighing.
#[utoipa::path(tag = "requests", operation_id = "getScoringScheme", responses(
    (status = 200, description = "The scheme.", body = ScoringScheme),
    (status = 304, description = "You have it already.")))]
#[get("/scoring-schemes/{scoringSchemeId}")]
async fn get_scoring_scheme(call: Call, id: web::Path<ScoringSchemeId>) -> Result<Reply, Problem> {
    call.found(&store::get_scheme(&call.reader(), *id).await?)
}
