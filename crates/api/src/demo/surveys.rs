//! The demo's surveys: the ready ones, and rounds in each state that the document's examples act on, two of them answered.
use chrono::{DateTime, Duration, Utc};
use domain::{access::Caller, agreements::Language, surveys::*, vocabulary::*};
use persistence::{UnitOfWork, surveys as store};
use serde_json::json;

use super::{
    agreements::parties,
    fill::{Registers, input, named, permitted, settle, unit_at},
    known,
};
use crate::{
    State,
    http::Problem,
    rooms::{
        agreements::acts::deed,
        surveys::{
            door::{self, Kept},
            inviting, rounds,
        },
    },
};

/// How far a round has come.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Reached {
    Draft,
    Open,
    Closed,
    Published,
}
use Reached::*;

/// What the rounds are called, in Swedish and English, what they promise, and how far they have come.
const ROUNDS: [(&str, &str, &str, Reached); 7] = [
    ("Kundenkät hösten", "Customer survey, autumn", "anonymous", Open),
    ("Kundenkät våren", "Customer survey, spring", "confidential", Draft),
    ("Kundenkät sommaren", "Customer survey, summer", "confidential", Draft),
    (
        "Kort mätning efter flytten",
        "Short survey after the move",
        "confidential",
        Open,
    ),
    ("Kundenkät i fjol", "Customer survey, last year", "anonymous", Closed),
    (
        "Kundenkät för två år sedan",
        "Customer survey, two years ago",
        "confidential",
        Published,
    ),
    ("Frågor efter bytet", "Questions after the change", "named", Published),
];

/// Overall, recommending, and what was said, one respondent after the other.
const ANSWERS: [(i32, i32, &str); 9] = [
    (4, 9, "Kundteamet förstår oss bättre nu än för två år sedan."),
    (5, 10, "Bra att vi får veta i förväg när något ska bytas."),
    (2, 4, "Det tar för lång tid från önskemål till besked."),
    (4, 8, "Fortsätt med genomgångarna varje kvartal."),
    (3, 6, "Mer hjälp med att formulera krav."),
    (4, 9, "Snabba svar, men fakturorna är svåra att läsa."),
    (5, 9, "Inget att klaga på."),
    (4, 7, "Vi skulle vilja ha en gemensam plan för nästa år."),
    (3, 7, "Driften är stabil; utvecklingen går långsamt."),
];

/// Enters them, for the first team's customers.
pub async fn ask(state: &State, registers: &Registers, now: DateTime<Utc>) -> Result<(), Problem> {
    let parties = parties(state, registers, now).await?;
    let caller = &parties.provider;
    let survey = unit_at(state, now, caller, async |unit| enter(unit, caller).await).await?;
    for (n, (sv, en, anonymity, reached)) in ROUNDS.into_iter().enumerate() {
        let customers = [
            named(&registers.customers, "KLK")?.id,
            named(&registers.customers, "LEAB")?.id,
        ];
        let told = json!({"survey": survey, "title": {"sv": sv, "en": en}, "anonymity": anonymity,
            "customers": customers, "firstDay": (now - Duration::days(14)).date_naive(),
            "lastDay": (now + Duration::days(30)).date_naive()});
        let round = unit_at(state, now, caller, async |unit| {
            settle(unit, "survey round", &n.to_string());
            let scope = permitted("createSurveyRound", caller)?;
            let round = rounds::prepare(&scope, unit, input(told.clone())?).await?;
            if reached == Draft {
                return Ok(round);
            }
            settle(unit, "invitation", &n.to_string());
            Ok(store::invite(unit, &round, "5f0c6b1a279d3a5e8f0c6b1a279d3a5e".into()).await?)
        })
        .await?;
        if reached >= Closed {
            answer(state, &round, caller, now).await?;
            unit_at(state, now, caller, async |unit| {
                end(unit, caller, &round, reached).await
            })
            .await?;
        }
    }
    Ok(())
}

/// The surveys that others start from; the first is the one that is sent.
async fn enter(unit: &mut UnitOfWork, caller: &Caller) -> Result<SurveyId, Problem> {
    let scope = permitted("createSurvey", caller)?;
    let mut first = None;
    for ready in ready_surveys()? {
        settle(unit, "survey", ready.key.as_str());
        let survey = Survey::register(unit.new_id(), ready.survey, unit.now())?;
        store::insert(unit, &scope, &survey).await?;
        first = first.or(Some(survey.id));
    }
    first.ok_or(Problem::NotFound)
}

/// Those who are asked answer by their links.
async fn answer(state: &State, round: &SurveyRound, caller: &Caller, now: DateTime<Utc>) -> Result<(), Problem> {
    let secrets = unit_at(state, now, caller, async |unit| {
        let invitations = store::written_to(unit, round).await?;
        let letters = invitations.iter().map(|invitation| {
            let secret = state.links.secret(invitation.id, 0);
            (
                secret,
                invitation.id,
                inviting::letter(state, round, invitation, 0, Language::Sv).digest,
            )
        });
        let letters: Vec<_> = letters.collect();
        let links: Vec<_> = letters.iter().map(|(_, id, digest)| (*id, digest.clone())).collect();
        store::hand_out(unit, &links).await?;
        Ok(letters.into_iter().map(|(secret, ..)| secret).collect::<Vec<_>>())
    })
    .await?;
    for (secret, (overall, recommend, words)) in secrets.iter().zip(ANSWERS) {
        let answers = input(json!({"overall": overall, "recommend": recommend, "dialogue": overall, "words": words}))?;
        let Kept::Yes = door::keep(state, secret, &answers, true).await? else {
            return Err(Problem::NotFound);
        };
    }
    Ok(())
}

async fn end(unit: &mut UnitOfWork, caller: &Caller, round: &SurveyRound, reached: Reached) -> Result<(), Problem> {
    let closed = store::close(unit, round, unit.today()).await?;
    if let Some(id) = known::id("survey comment", round.title.en.as_str()) {
        store::settle_comment(unit, round.id, id.into()).await?;
    }
    if reached == Published {
        let scope = permitted("createRoundPublication", caller)?;
        let published = closed.clone().publish(deed(&scope, unit).await?.0)?;
        store::update_round(unit, "published", &closed, &published).await?;
    }
    Ok(())
}
