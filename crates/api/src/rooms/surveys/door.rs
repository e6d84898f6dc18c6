//! Where respondents answer, outside the document: whoever has an invitation's link may answer by it. Looking at a link
//! records nothing and uses nothing up, however often a mail scanner does it.
use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
    web,
};
use domain::{Rule, RuleCode, agreements::Language, clients::digest, surveys::*};
use persistence::{
    UnitOfWork,
    surveys::{self as store, Asked},
};
use serde::{Deserialize, Serialize};

use crate::{
    State,
    http::{Fault, Problem, frame::language_of_page},
    pages::{
        Words,
        answering::{self, Filled},
    },
};

/// The largest answer, in bytes.
const LARGEST: usize = 256 * 1024;
/// How long a respondent's program may take to send it.
const PATIENCE: Duration = Duration::from_secs(15);

/// The routes outside the document.
pub fn route(config: &mut web::ServiceConfig) {
    config
        .route("/svara/{secret}", web::get().to(show))
        .route("/svara/{secret}", web::post().to(take));
}

/// Whether a link can be answered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// From the first day on.
    NotYet,
    Open,
    /// It was, and that is final.
    Answered,
    Closed,
}

impl LinkState {
    fn of(asked: &Asked) -> Self {
        match asked.round.status {
            RoundStatus::Open if asked.is_used => Self::Answered,
            RoundStatus::Open => Self::Open,
            RoundStatus::Draft | RoundStatus::Scheduled => Self::NotYet,
            RoundStatus::Closed | RoundStatus::Published => Self::Closed,
        }
    }

    fn refusal(self, round: &SurveyRound) -> Option<Rule> {
        let detail = match self {
            Self::Open => return None,
            Self::NotYet => format!("Answers are taken in from {}.", round.first_day),
            Self::Answered => "This invitation was answered already, and an anonymous answer is final.".into(),
            Self::Closed => "The survey is closed.".into(),
        };
        Some(Rule::new(RuleCode::State, detail))
    }
}

/// What is asked, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Form<'a> {
    state: LinkState,
    title: &'a SurveyTitle,
    anonymity: Anonymity,
    first_day: chrono::NaiveDate,
    last_day: chrono::NaiveDate,
    /// Told while it can be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    survey: Option<&'a SurveyContent>,
    /// What was answered so far, where that can still be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<SurveyAnswers>,
    /// Whether that was handed in.
    handed_in: bool,
}

fn form(asked: &Asked) -> Form<'_> {
    let state = LinkState::of(asked);
    let open = state == LinkState::Open;
    Form {
        state,
        title: &asked.round.title,
        anonymity: asked.round.anonymity,
        first_day: asked.round.first_day,
        last_day: asked.round.last_day,
        survey: open.then_some(&asked.content),
        answers: asked.before.as_ref().filter(|_| open).map(|(before, _)| so_far(before)),
        handed_in: asked.is_used || asked.before.as_ref().is_some_and(|(_, whole)| *whole),
    }
}

/// Answers as they are sent.
pub fn so_far(accepted: &Accepted) -> SurveyAnswers {
    let figures = accepted
        .figures
        .0
        .iter()
        .map(|(key, answer)| (key.to_string(), answer.clone()));
    let texts = accepted.texts.0.iter();
    let texts = texts.map(|(key, text)| (key.to_string(), Answered::Words(text.to_string())));
    figures.chain(texts).collect()
}

async fn show(
    state: web::Data<State>,
    request: HttpRequest,
    secret: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let asked = looked_up(&state, &secret).await?;
    if reads_pages(request.headers()) {
        let page = Reading::of(&state, &request);
        return Ok(match &asked {
            None => page.answer(StatusCode::NOT_FOUND, answering::unknown(page.words, page.organisation)),
            Some(asked) => page.shown(asked),
        });
    }
    Ok(HttpResponse::Ok()
        .insert_header(VARY)
        .json(form(&asked.ok_or(Problem::NotFound)?)))
}

async fn looked_up(state: &State, secret: &str) -> Result<Option<Asked>, Problem> {
    let today = state.settings.local_date(state.clock.now());
    Ok(store::asked(&state.db.reader(), &digest(secret), today).await?)
}

const VARY: (header::HeaderName, &str) = (header::VARY, "accept, accept-language");

/// Whether a person's browser asks, rather than a program.
fn reads_pages(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
    sent.is_some_and(|sent| sent.contains("text/html"))
}

/// Who reads a page: in which language, from whom.
struct Reading<'a> {
    words: Words,
    organisation: &'a str,
}

impl<'a> Reading<'a> {
    fn of(state: &'a State, request: &HttpRequest) -> Self {
        Self {
            words: Words::of(language_of_page(request).unwrap_or(Language::Sv)),
            organisation: &state.settings.organisation,
        }
    }

    fn answer(&self, status: StatusCode, page: String) -> HttpResponse {
        HttpResponse::build(status)
            .insert_header((header::CONTENT_SECURITY_POLICY, answering::POLICY.as_str()))
            .insert_header((header::CONTENT_LANGUAGE, self.words.say("sv", "en")))
            .insert_header(VARY)
            .content_type("text/html; charset=utf-8")
            .body(page)
    }

    /// What the link leads to, where nothing was sent.
    fn shown(&self, asked: &Asked) -> HttpResponse {
        let before = asked.before.as_ref();
        let filled = Filled {
            answers: before.map(|(before, _)| so_far(before)).unwrap_or_default(),
            faults: vec![],
            handed_in: before.is_some_and(|(_, whole)| *whole),
        };
        self.stands(asked, StatusCode::OK, &filled)
    }

    /// How it stands with the link: the form, or why there is none.
    fn stands(&self, asked: &Asked, status: StatusCode, filled: &Filled) -> HttpResponse {
        let (words, from) = (self.words, self.organisation);
        let page = match LinkState::of(asked) {
            LinkState::Open => answering::form(words, from, &asked.round, &asked.content, filled),
            LinkState::NotYet => answering::not_yet(words, from, &asked.round),
            LinkState::Answered => answering::answered(words, from),
            LinkState::Closed => answering::closed(words, from),
        };
        self.answer(status, page)
    }
}

/// What is sent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sent {
    answers: SurveyAnswers,
    /// Whether it is handed in; else it is kept as far as it goes.
    #[serde(default = "yes")]
    hand_in: bool,
}

fn yes() -> bool {
    true
}

async fn take(
    state: web::Data<State>,
    request: HttpRequest,
    secret: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    from_here(&state, request.headers())?;
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    match kind.and_then(|kind| kind.split(';').next()).map(str::trim) {
        Some("application/x-www-form-urlencoded") => {
            let bytes = received(payload).await?;
            take_form(&state, &request, &secret, &bytes).await
        }
        Some("application/json") => {
            let bytes = received(payload).await?;
            let sent: Sent =
                serde_json::from_slice(&bytes).map_err(|e| Problem::Malformed(format!("The body: {e}.")))?;
            match keep(&state, &secret, &sent.answers, sent.hand_in).await? {
                Kept::Yes => Ok(HttpResponse::Ok().json(serde_json::json!({"handedIn": sent.hand_in}))),
                Kept::Refused(rules) => Err(Problem::Invalid(rules.into_iter().map(fault).collect())),
            }
        }
        _ => Err(Problem::UnsupportedMediaType(
            "application/json or application/x-www-form-urlencoded".into(),
        )),
    }
}

/// Takes in the page's form. Whatever is wrong, the answer is a page.
async fn take_form(state: &State, request: &HttpRequest, secret: &str, bytes: &[u8]) -> Result<HttpResponse, Problem> {
    let page = Reading::of(state, request);
    let Some(asked) = looked_up(state, secret).await? else {
        return Ok(page.answer(StatusCode::NOT_FOUND, answering::unknown(page.words, page.organisation)));
    };
    let (answers, hand_in) = filled_in(&asked.content, bytes);
    match keep(state, secret, &answers, hand_in).await {
        Ok(Kept::Yes) => {
            let said = answering::thanks(page.words, page.organisation, &asked.round, hand_in);
            Ok(page.answer(StatusCode::OK, said))
        }
        Ok(Kept::Refused(faults)) => {
            let filled = Filled {
                answers,
                faults,
                handed_in: false,
            };
            Ok(page.stands(&asked, StatusCode::UNPROCESSABLE_ENTITY, &filled))
        }
        // Closed, not open yet, or answered: as it stands by now.
        Err(Problem::Rule(_)) => match looked_up(state, secret).await? {
            Some(asked) => Ok(page.stands(&asked, StatusCode::CONFLICT, &Filled::default())),
            None => Err(Problem::NotFound),
        },
        Err(other) => Err(other),
    }
}

/// What a form holds: a field left empty is no answer.
fn filled_in(content: &SurveyContent, bytes: &[u8]) -> (SurveyAnswers, bool) {
    let (mut answers, mut hand_in) = (SurveyAnswers::new(), true);
    for (name, value) in form_urlencoded::parse(bytes) {
        if name == "act" {
            hand_in = value != "save";
        }
        let asked = content
            .questions
            .iter()
            .find(|question| name == answering::field(question.key.as_str()));
        let Some(question) = asked.filter(|_| !value.trim().is_empty()) else {
            continue;
        };
        let score = question.scale().and_then(|_| value.trim().parse().ok());
        // Browsers end lines in two characters.
        let words = || Answered::Words(value.replace("\r\n", "\n"));
        answers.insert(question.key.to_string(), score.map_or_else(words, Answered::Score));
    }
    (answers, hand_in)
}

/// The bytes of the body.
async fn received(payload: web::Payload) -> Result<web::Bytes, Problem> {
    let reading = tokio::time::timeout(PATIENCE, payload.to_bytes_limited(LARGEST));
    let bytes = reading.await.map_err(|_| Problem::TimedOut)?;
    let bytes = bytes.map_err(|_| Problem::TooLarge { limit: LARGEST })?;
    bytes.map_err(|e| Problem::Malformed(format!("The body cannot be read: {e}.")))
}

/// Refuses what another site's page sends. The secret in the address is what is shown; no cookie goes with it.
fn from_here(state: &State, headers: &HeaderMap) -> Result<(), Problem> {
    let told = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let own = match told("sec-fetch-site") {
        Some(site) => ["same-origin", "none"].contains(&site),
        // A page that tells nobody where it is sends `null`.
        None => told("origin").is_none_or(|origin| origin == "null" || origin == state.settings.public_origin()),
    };
    if own { Ok(()) } else { Err(Problem::Forbidden) }
}

/// Keeps what the holder of the secret answers. Nothing is recorded of it but the answer itself: no event, no key of the
/// request; the round's closing tells of them all.
pub async fn keep(state: &State, secret: &str, answers: &SurveyAnswers, hand_in: bool) -> Result<Kept, Problem> {
    let digest = digest(secret);
    state
        .db
        .write(&state.housekeeping(), async |unit: &mut UnitOfWork| {
            let asked = store::hold_asked(unit, &digest).await?.ok_or(Problem::NotFound)?;
            if let Some(refusal) = LinkState::of(&asked).refusal(&asked.round) {
                return Err(refusal.into());
            }
            if asked.round.anonymity == Anonymity::Anonymous && !hand_in {
                let detail = "An anonymous answer is handed in whole: nothing can lead back to it.";
                return Err(Rule::new(RuleCode::Respondents, detail).at("/handIn").into());
            }
            match asked.content.accept(answers, hand_in) {
                Err(faults) => Ok(Kept::Refused(faults)),
                Ok(accepted) => {
                    store::answer(unit, &asked, accepted, hand_in).await?;
                    Ok(Kept::Yes)
                }
            }
        })
        .await
}

/// What became of an answer.
pub enum Kept {
    Yes,
    /// Nothing was kept: what does not fit, by its place.
    Refused(Vec<Rule>),
}

fn fault(rule: Rule) -> Fault {
    Fault {
        pointer: rule.pointer,
        parameter: None,
        code: rule.code.name().into(),
        detail: rule.detail,
    }
}
