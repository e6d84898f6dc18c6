//! What the demo's first customers will need, what a team learned, and how it was in touch with a customer.
use chrono::{DateTime, Duration, Utc};
use domain::knowledge::NeedOutcome;
use serde_json::{Value, json};

use super::{
    agreements::parties,
    fill::{Registers, input, named, permitted, settle, unit_at},
    known,
};
use crate::{
    State,
    http::Problem,
    rooms::{agreements::acts::deed, knowledge},
};

/// Whose need, under which theme, how soon and how strong, and what it is.
const NEEDS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "KLK",
        "mobilitet",
        "within_a_year",
        "high",
        "Förtroendevalda läser och justerar handlingar var de än är",
    ),
    (
        "KLK",
        "välfärdsteknik",
        "one_to_three_years",
        "medium",
        "Gemensam larmmottagning för kommunens trygghetslarm",
    ),
    (
        "KLK",
        "informationssäkerhet",
        "within_a_year",
        "high",
        "Krisledningen når varandra när näten är nere",
    ),
    (
        "KLK-HR",
        "mobilitet",
        "one_to_three_years",
        "medium",
        "Chefer attesterar i telefonen",
    ),
    (
        "KLK-HR",
        "självservice",
        "within_a_year",
        "medium",
        "Medarbetare hämtar sina intyg själva",
    ),
    (
        "KLK",
        "arkiv",
        "later",
        "low",
        "Handlingar gallras av sig själva när fristen löper ut",
    ),
];

/// What happened, what was learned, for which services.
const LESSONS: &[(&str, &str, &str, &[&str])] = &[
    (
        "Utbilda innan en ny underskriftstjänst öppnas",
        "Tjänsten öppnades en fredag utan genomgång. På måndagen hade servicedesken fyrtio samtal om samma sak.",
        "En genomgång på tjugo minuter för dem som skickar ut dokument, veckan före, räcker.",
        &["ESIGN"],
    ),
    (
        "Byt aldrig nätutrustning i en nämndvecka",
        "Bytet var aviserat, men kallelserna skulle ut samma kväll.",
        "Kundens egna hålltider går före våra servicefönster. Fråga efter dem i det löpande mötet.",
        &["NATVERK", "DIARIUM"],
    ),
];

/// By which way, so many days ago, and what was said.
const INTERACTIONS: &[(&str, i64, &str)] = &[
    (
        "phone",
        3,
        "Charlotte ringde om underskrifterna inför årsskiftet. Vi lovade besked före fredag.",
    ),
    (
        "email",
        12,
        "Skickade höstens siffror och bad om synpunkter före dialogen.",
    ),
    (
        "meeting",
        40,
        "Avstämning om vinterns införanden. Inget nytt om läsplattorna.",
    ),
];

/// States the needs that were known from the beginning: every other one.
pub async fn begin(state: &State, registers: &Registers, begun: DateTime<Utc>) -> Result<(), Problem> {
    needs(state, registers, begun, 1).await
}

/// States those that have an odd or an even place.
async fn needs(state: &State, registers: &Registers, at: DateTime<Utc>, odd: usize) -> Result<(), Problem> {
    let parties = parties(state, registers, at).await?;
    let caller = &parties.provider;
    unit_at(state, at, caller, async |unit| {
        for (n, (customer, theme, horizon, strength, statement)) in NEEDS.iter().enumerate() {
            if n % 2 != odd {
                continue;
            }
            settle(unit, "business need", &n.to_string());
            let shown = if n == 0 { evidence() } else { vec![] };
            let told = json!({"customer": named(&registers.customers, customer)?.id, "statement": statement,
                "theme": theme, "horizon": horizon, "strength": strength, "evidence": shown});
            knowledge::state(&permitted("createBusinessNeed", caller)?, unit, input(told)?).await?;
        }
        Ok(())
    })
    .await
}

/// A request that shows it.
fn evidence() -> Vec<Value> {
    let request = known::id("request", "Justera protokoll digitalt samma kväll som sammanträdet");
    request.iter().map(|id| json!({"kind": "request", "id": id})).collect()
}

/// States the others, closes one, and enters lessons and interactions.
pub async fn tell(state: &State, registers: &Registers, now: DateTime<Utc>) -> Result<(), Problem> {
    needs(state, registers, now, 0).await?;
    let parties = parties(state, registers, now).await?;
    let caller = &parties.provider;
    unit_at(state, now, caller, async |unit| {
        let scope = permitted("createNeedClosing", caller)?;
        let (deed, _) = deed(&scope, unit).await?;
        let id = known::id("business need", "3").ok_or(Problem::NotFound)?;
        let before = persistence::knowledge::load_need(unit, &scope, id.into()).await?;
        let told = domain::knowledge::NeedClosingInput {
            outcome: NeedOutcome::Met,
            remark: None,
        };
        let after = before.clone().close(told, deed, unit.today())?;
        Ok(persistence::knowledge::update_need(unit, "closed", &before, &after).await?)
    })
    .await?;
    unit_at(state, now, caller, async |unit| {
        for (n, (title, happened, learned, services)) in LESSONS.iter().enumerate() {
            settle(unit, "lesson", &n.to_string());
            let services = services.iter().map(|code| Ok(named(&registers.services, code)?.id));
            let services = services.collect::<Result<Vec<_>, Problem>>()?;
            let told = json!({"title": title, "happened": happened, "learned": learned, "services": services,
                "origin": evidence().first()});
            knowledge::write(&permitted("createLesson", caller)?, unit, input(told)?).await?;
        }
        for (n, (channel, ago, summary)) in INTERACTIONS.iter().enumerate() {
            settle(unit, "interaction", &n.to_string());
            let told = json!({"customer": parties.holder, "channel": channel, "summary": summary,
                "day": unit.today() - Duration::days(*ago), "contacts": [known::id("contact", "Charlotte Almgren")],
                "about": if n == 0 { evidence() } else { vec![] }});
            knowledge::record(&permitted("createInteraction", caller)?, unit, input(told)?).await?;
        }
        Ok(())
    })
    .await
}
