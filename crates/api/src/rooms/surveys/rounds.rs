//! Rounds, and what moves them.
use actix_web::{get, patch, post, web};
use domain::{access::Scope, surveys::*, vocabulary::*};
use persistence::{UnitOfWork, customers, services, surveys as store};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Body, Call, ListQuery, Listing, NoBody, Patch, PatchOf, Problem, Query, Reply, Routes, reply::hex};
use crate::rooms::{IfMatch, agreements::acts::deed};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_survey_rounds)
        .service(create_survey_round)
        .service(get_survey_round)
        .service(get_round_turnout)
        .service(change_survey_round)
        .service(create_round_opening)
        .service(create_round_closing)
        .service(create_round_publication);
}

/// Which rounds.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RoundQuery {
    /// Of this survey.
    survey: Option<SurveyId>,
    /// With contacts of this customer.
    customer: Option<CustomerId>,
}

/// List rounds of surveys
///
/// The rounds of which you see all customers, in the order in which they were entered.
#[utoipa::path(tag = "satisfaction", operation_id = "listSurveyRounds", params(ListQuery, RoundQuery),
    responses((status = 200, description = "A page of rounds.", body = Listing<SurveyRound>)))]
#[get("/survey-rounds")]
async fn list_survey_rounds(call: Call, page: Query<ListQuery>, filter: Query<RoundQuery>) -> Result<Reply, Problem> {
    let filter = store::RoundFilter {
        survey: filter.0.survey,
        customer: filter.0.customer,
    };
    call.listed(store::list_rounds(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// Prepare a round of a survey
///
/// For contacts of customers of your teams. It is a draft: nobody is asked until its respondents are chosen.
#[utoipa::path(tag = "satisfaction", operation_id = "createSurveyRound", request_body = SurveyRoundInput,
    responses((status = 201, description = "The new round.", body = SurveyRound)))]
#[post("/survey-rounds")]
async fn create_survey_round(call: Call, body: Body<SurveyRoundInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let round = prepare(&call.scope, unit, body.value.clone()).await?;
        Reply::created(format!("/survey-rounds/{}", round.id), &round, call.today())
    })
    .await
}

/// Prepares a round.
pub async fn prepare(scope: &Scope, unit: &mut UnitOfWork, input: SurveyRoundInput) -> Result<SurveyRound, Problem> {
    let named = named(scope, unit, &input, None).await?;
    let round = SurveyRound::prepare(unit.new_id(), input, named, (unit.now(), unit.today()))?;
    store::insert_round(unit, &round).await?;
    Ok(round)
}

/// The things that an input names. A customer whose contacts are asked already stays without more leave than that to
/// change the round.
async fn named(
    scope: &Scope,
    unit: &UnitOfWork,
    input: &SurveyRoundInput,
    before: Option<&SurveyRound>,
) -> Result<NamedForRound, Problem> {
    if before.is_none_or(|before| before.survey != input.survey) {
        store::get(unit, input.survey).await.map_err(|e| match e {
            persistence::Error::NotFound => unknown_survey(),
            other => other.into(),
        })?;
    }
    let mut found = vec![];
    for (n, key) in input.customers.iter().enumerate() {
        let known = before.and_then(|before| before.customers.iter().find(|c| *key == Key::Id(c.id)));
        found.push(match known {
            Some(customer) => customer.clone(),
            None => {
                let pointer = format!("/customers/{n}");
                let customer = customers::named(unit, scope, key, &pointer, unit.today()).await?;
                customer.must_be_active()?;
                customer.reference()
            }
        });
    }
    let known = before.and_then(|before| before.service.clone());
    let service = match &input.service {
        None => None,
        Some(key) => match known.filter(|known| *key == Key::Id(known.id)) {
            Some(known) => Some(known),
            None => Some(services::named_active(unit, key, "/service").await?),
        },
    };
    Ok(NamedForRound {
        customers: found,
        service,
    })
}

pub fn unknown_survey() -> Problem {
    let detail = "There is no such survey.";
    domain::Rule::new(domain::RuleCode::UnknownReference, detail)
        .at("/survey")
        .into()
}

/// Show a round of a survey
///
/// Whom it asks what, and where it stands. How many answered is told when it is closed.
#[utoipa::path(tag = "satisfaction", operation_id = "getSurveyRound", responses(
    (status = 200, description = "The round.", body = SurveyRound),
    (status = 304, description = "You have it already.")))]
#[get("/survey-rounds/{surveyRoundId}")]
async fn get_survey_round(call: Call, id: web::Path<SurveyRoundId>) -> Result<Reply, Problem> {
    call.found(&store::get_round(&call.reader(), &call.scope, *id, call.today()).await?)
}

/// Show whom a round heard
///
/// Of a closed round: the response rate (of those whose invitation arrived) and the coverage (customers heard of customers asked), where at
/// least five were invited; each customer's share of those invited beside its share of those who answered, and each service's where the
/// sample went by service; and each question's mean with every respondent alike beside that with every customer alike. How many of a
/// customer answered, and the means, are told only where the month's figures of that customer about the round's service are (R19), so three
/// days after the month's end; and those figures are of all rounds of the kind that closed in it.
#[utoipa::path(tag = "satisfaction", operation_id = "getRoundTurnout", responses(
    (status = 200, description = "Whom it heard.", body = RoundTurnout),
    (status = 409, description = "The round is not closed.")))]
#[get("/survey-rounds/{surveyRoundId}/turnout")]
async fn get_round_turnout(call: Call, id: web::Path<SurveyRoundId>) -> Result<Reply, Problem> {
    let reader = call.reader();
    let round = store::get_round(&reader, &call.scope, *id, call.today()).await?;
    Reply::plain(&store::turnout(&reader, &round, call.state.settings.threshold()).await?)
}

/// Change a round of a survey
///
/// Members that are absent stay as they are. Once its respondents are chosen, only title, last day and reminders can change.
#[utoipa::path(tag = "satisfaction", operation_id = "changeSurveyRound", request_body = PatchOf<SurveyRoundInput>,
    params(IfMatch), responses((status = 200, description = "The round as it is now.", body = SurveyRound)))]
#[patch("/survey-rounds/{surveyRoundId}")]
async fn change_survey_round(call: Call, id: web::Path<SurveyRoundId>, patch: Patch) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = call.unchanged(store::load_round(unit, &call.scope, *id).await?)?;
        let input: SurveyRoundInput = patch.onto(&before)?;
        let named = named(&call.scope, unit, &input, Some(&before)).await?;
        let after = before.clone().change(input, named, (unit.now(), unit.today()))?;
        store::update_round(unit, "changed", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Choose a round's respondents
///
/// Draws the sample of the contacts who speak for the customers today, without the IT organisation's own persons and without
/// those who were asked lately, and makes their invitations. From here on what they are promised is fixed (R19), and the
/// survey's edition stays as it reads. Answers are taken in from the first day to the last. An anonymous round needs five
/// respondents.
#[utoipa::path(tag = "satisfaction", operation_id = "createRoundOpening", params(IfMatch),
    responses((status = 200, description = "The round with its respondents chosen.", body = SurveyRound)))]
#[post("/survey-rounds/{surveyRoundId}/opening")]
async fn create_round_opening(call: Call, id: web::Path<SurveyRoundId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let before = call.unchanged(store::load_round(unit, &call.scope, *id).await?)?;
        let seed = hex(&rand::random::<[u8; 16]>());
        Reply::ok(&store::invite(unit, &before, seed).await?, call.today())
    })
    .await
}

/// Close a round before its last day
///
/// No more answers are taken in; what was handed in is counted, and told apart from whoever answered (R19). After its last
/// day a round closes by itself.
#[utoipa::path(tag = "satisfaction", operation_id = "createRoundClosing", params(IfMatch),
    responses((status = 200, description = "The closed round.", body = SurveyRound)))]
#[post("/survey-rounds/{surveyRoundId}/closing")]
async fn create_round_closing(call: Call, id: web::Path<SurveyRoundId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let before = call.unchanged(store::load_round(unit, &call.scope, *id).await?)?;
        let day = before.last_day.min(unit.today());
        Reply::ok(&store::close(unit, &before, day).await?, call.today())
    })
    .await
}

/// Publish a round
///
/// What was said in words may be read from here on, by the customers' team, where there is enough of it (R19).
#[utoipa::path(tag = "satisfaction", operation_id = "createRoundPublication", params(IfMatch),
    responses((status = 200, description = "The published round.", body = SurveyRound)))]
#[post("/survey-rounds/{surveyRoundId}/publication")]
async fn create_round_publication(call: Call, id: web::Path<SurveyRoundId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let seen = call.unchanged(store::load_round(unit, &call.scope, *id).await?)?;
        let before = match seen.status {
            // Its last day has passed, and the hourly round was not here yet.
            RoundStatus::Closed if seen.is_unsettled() => store::close(unit, &seen, seen.last_day).await?,
            _ => seen,
        };
        let after = before.clone().publish(deed(&call.scope, unit).await?.0)?;
        store::update_round(unit, "published", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}
