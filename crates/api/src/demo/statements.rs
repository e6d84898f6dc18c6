//! Statements of the demo's measured agreement: the running month, and one in each state that the document's examples
//! act on; exclusions, and a run.
use chrono::{DateTime, Datelike, Duration, Months, NaiveDate, SecondsFormat, Utc};
use domain::{access::Caller, agreements::CalendarPeriod, service_levels::*, vocabulary::*};
use persistence::{UnitOfWork, agreements, service_levels as store};
use serde_json::json;

use super::{
    agreements::{MEASURED, Parties, parties},
    fill::{Registers, input, permitted, settle, unit_at},
    known,
};
use crate::{State, http::Problem, rooms::agreements::acts::deed};

/// How far a statement has come.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Reached {
    Open,
    Proposed,
    ObjectedTo,
    Accepted,
    Closed,
}
use Reached::*;

/// How many months ago, and how far it has come.
const STATEMENTS: &[(u32, Reached)] = &[
    (0, Open),
    (1, Open),
    (2, Proposed),
    (3, Proposed),
    (4, ObjectedTo),
    (5, Accepted),
    (6, Closed),
];

/// Makes them.
pub async fn tell(state: &State, registers: &Registers, now: DateTime<Utc>) -> Result<(), Problem> {
    let parties = parties(state, registers, now).await?;
    let agreement = AgreementId(known::id("agreement", MEASURED).ok_or(Problem::NotFound)?);
    let month = state.settings.local_date(now).with_day(1).ok_or(Problem::NotFound)?;
    for (ago, reached) in STATEMENTS {
        let first = month.checked_sub_months(Months::new(*ago)).ok_or(Problem::NotFound)?;
        statement(state, &parties, agreement, (*ago, first), *reached, now).await?;
    }
    exclusions(state, &parties, agreement, now).await?;
    unit_at(state, now, &parties.delivery_manager, async |unit| {
        settle(unit, "statement run", "0");
        let scope = permitted("createStatementRun", &parties.delivery_manager)?;
        let begun = RunDeed(deed(&scope, unit).await?.0);
        let period = StatementPeriod::containing(CalendarPeriod::Year, month - Duration::days(800));
        let act = RunAct::Closing;
        Ok(store::begin_run(unit, &scope, &StatementRunInput { act, period }, begun).await?)
    })
    .await?;
    Ok(())
}

async fn statement(
    state: &State,
    parties: &Parties,
    agreement: AgreementId,
    (ago, first): (u32, NaiveDate),
    reached: Reached,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let opener = &parties.delivery_manager;
    let id = unit_at(state, now, opener, async |unit| {
        settle(unit, "statement", &ago.to_string());
        let scope = permitted("createStatement", opener)?;
        let agreement = agreements::load(unit, &scope, agreement).await?;
        let period = StatementPeriod::containing(CalendarPeriod::Month, first);
        Ok(store::opened(unit, &agreement, period).await?.0.id)
    })
    .await?;
    let step = async |caller: &Caller, operation, act| {
        unit_at(state, now, caller, async |unit| {
            go(state, unit, caller, operation, id, act).await
        })
        .await
    };
    if reached >= Proposed {
        step(&parties.delivery_manager, "createStatementProposal", Act::Propose).await?;
    }
    if reached == ObjectedTo {
        step(&parties.customer, "createObjection", Act::Object).await?;
    }
    if reached >= Accepted {
        step(&parties.customer, "createStatementAcceptance", Act::Accept).await?;
    }
    if reached == Closed {
        step(&parties.delivery_manager, "createStatementClosing", Act::Close).await?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Act {
    Propose,
    Object,
    Accept,
    Close,
}

/// One act on a statement.
async fn go(
    state: &State,
    unit: &mut UnitOfWork,
    caller: &Caller,
    operation: &'static str,
    id: StatementId,
    act: Act,
) -> Result<(), Problem> {
    let scope = permitted(operation, caller)?;
    let before = store::load(unit, &scope, id).await?;
    let (deed, _) = deed(&scope, unit).await?;
    let today = unit.today();
    match act {
        Act::Propose => {
            let (inputs, figures) = store::computed_now(unit, &before, state.local_time()).await?;
            let days = store::objection_days(&inputs);
            let after = before.clone().propose(figures, deed, days, today)?;
            store::propose(unit, &before, &after, &inputs).await?;
        }
        Act::Object => {
            let told = input(json!({"targets": ["availability"], "reason": "Larmet den 14 saknas i underlaget."}))?;
            let after = before.clone().object(told, deed, today)?;
            store::update(unit, "objected", &before, &after).await?;
        }
        Act::Accept => {
            let digest = before.figures.as_ref().map(|figures| figures.digest.clone());
            let digest = digest.ok_or(Problem::NotFound)?;
            let after = before.clone().accept(AcceptanceInput { digest }, deed)?;
            store::update(unit, "accepted", &before, &after).await?;
        }
        Act::Close => {
            let after = before.clone().close(deed, today, None)?;
            store::close(unit, &before, &after).await?;
        }
    }
    Ok(())
}

/// Three that wait for the customer's word.
async fn exclusions(
    state: &State,
    parties: &Parties,
    agreement: AgreementId,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let caller = &parties.delivery_manager;
    for n in 0..3 {
        unit_at(state, now, caller, async |unit| {
            settle(unit, "exclusion", &n.to_string());
            let scope = permitted("createExclusion", caller)?;
            let agreement = agreements::load(unit, &scope, agreement).await?;
            let version = agreements::in_force_on(unit, &agreement, unit.today()).await?;
            let at = |hours: i64| (now - Duration::hours(hours)).to_rfc3339_opts(SecondsFormat::Secs, true);
            let told = json!({"agreement": agreement.id, "target": "availability", "from": at(5 - n), "to": at(4 - n),
                "ground": "customer_caused", "reason": "Kundens nät var nere efter avgrävd fiber."});
            let (deed, _) = deed(&scope, unit).await?;
            let told = input(told)?;
            let exclusion = Exclusion::propose(unit.new_id(), told, (&agreement, &version), None, deed)?;
            Ok(store::insert_exclusion(unit, &exclusion).await?)
        })
        .await?;
    }
    Ok(())
}
