//! The demo's meetings: a dialogue and a review to come, meetings in each state that the document's examples act on, and series.
use chrono::{DateTime, Duration, Utc};
use domain::{access::Caller, vocabulary::*};
use persistence::{UnitOfWork, meetings as store};
use serde_json::{Value, json};

use super::{
    agreements::{Parties, parties},
    fill::{Registers, input, permitted, settle, unit_at},
};
use crate::{
    State,
    http::Problem,
    rooms::{agreements::acts::deed, meetings},
};

/// How far a meeting has come.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Reached {
    Planned,
    Held,
    Published,
}
use Reached::*;

/// A meeting: its kind, so many days from now, how far it has come, and what it takes up.
type Entry = (&'static str, i64, Reached, &'static [(&'static str, &'static str)]);

const ENTRIES: &[Entry] = &[
    ("dialogue", 40, Planned, &[]),
    ("dialogue", -1, Planned, &[]),
    ("dialogue", -8, Held, &[("idea", "Samlad ingång för kommunens bolag")]),
    ("dialogue", 70, Planned, &[]),
    (
        "team",
        7,
        Planned,
        &[
            ("need", "Underskrift utan BankID för gode män"),
            ("workload", "Fler ärenden än i fjol"),
            ("information", "Ny organisation på förvaltningen"),
        ],
    ),
    ("team", 14, Planned, &[]),
    ("team", -7, Held, &[("information", "Semestrar")]),
    (
        "dialogue",
        -100,
        Published,
        &[("need", "Digital underskrift i fler flöden")],
    ),
    (
        "review",
        20,
        Planned,
        &[
            ("statement", "Förra månadens siffror"),
            ("complaint", "Utskick som stannade"),
        ],
    ),
];

/// Plans them, for the first team's first customer.
pub async fn hold(state: &State, registers: &Registers, now: DateTime<Utc>) -> Result<(), Problem> {
    let parties = parties(state, registers, now).await?;
    let mut item = 0;
    for (n, entry) in ENTRIES.iter().enumerate() {
        let caller = match entry.0 {
            "review" => &parties.delivery_manager,
            _ => &parties.provider,
        };
        unit_at(state, now, caller, async |unit| {
            settle(unit, "meeting", &n.to_string());
            plan(state, unit, caller, (&parties, registers), (entry, now)).await
        })
        .await?;
        let id = meeting_id(n)?;
        for (about, title) in entry.3 {
            let told = json!({"type": about, "title": title});
            let settled = entry.0 == "team" && n == 4;
            unit_at(state, now, caller, async |unit| {
                if settled {
                    settle(unit, "agenda item", &item.to_string());
                }
                let scope = permitted("createAgendaItem", caller)?;
                meetings::put_item(&scope, unit, id, input(told.clone())?).await
            })
            .await?;
            item += i32::from(settled);
        }
        unit_at(state, now, caller, async |unit| {
            come_to(state, unit, caller, id, entry.2, registers).await
        })
        .await?;
    }
    series(state, &parties, now).await
}

/// The id that the demo's meeting of this number always has.
fn meeting_id(n: usize) -> Result<MeetingId, Problem> {
    let id = super::known::id("meeting", &n.to_string()).ok_or(Problem::NotFound)?;
    Ok(id.into())
}

async fn plan(
    state: &State,
    unit: &mut UnitOfWork,
    caller: &Caller,
    (parties, registers): (&Parties, &Registers),
    (entry, now): (&Entry, DateTime<Utc>),
) -> Result<(), Problem> {
    let (kind, days, ..) = entry;
    let starts_at = now + Duration::days(*days);
    let contacts: Vec<ContactId> = match (*kind, &parties.customer) {
        ("dialogue" | "review", Caller::Contact { contact, .. }) => vec![contact.id],
        _ => vec![],
    };
    let persons: Vec<PersonId> = registers.persons.iter().take(2).map(|person| person.id).collect();
    let told = json!({"customer": parties.holder, "kind": kind, "startsAt": starts_at,
        "endsAt": starts_at + Duration::minutes(90), "place": "Rådhuset, plan 2", "persons": persons, "contacts": contacts});
    let scope = permitted("createMeeting", caller)?;
    meetings::plan(&scope, unit, &state.settings, input(told)?).await?;
    Ok(())
}

/// Holds it, writes its minutes, publishes them, as far as it has come.
async fn come_to(
    state: &State,
    unit: &mut UnitOfWork,
    caller: &Caller,
    id: MeetingId,
    reached: Reached,
    registers: &Registers,
) -> Result<(), Problem> {
    if reached == Planned {
        return Ok(());
    }
    let scope = permitted("createMeetingPublication", caller)?;
    let planned = store::load(unit, &scope, id).await?;
    let held = planned.clone().hold(unit.now())?;
    store::update(unit, "held", &planned, &held).await?;
    let owner = registers.persons.first().map(|person| person.id);
    let told: Value = json!({"notes": "Läget gicks igenom. **Gode män** är det som brådskar.",
        "decisions": ["En förstudie görs före sommaren."],
        "actionItems": [{"text": "Räkna fallen per månad", "owner": {"kind": "person", "person": owner}}]});
    if reached == Published {
        settle(unit, "action item", "0");
    }
    let written = meetings::write_minutes(unit, held.clone(), input(told)?).await?;
    store::update(unit, "minutes_changed", &held, &written).await?;
    if reached == Published {
        let deed = deed(&scope, unit).await?.0;
        let published = meetings::publish(&scope, unit, &state.settings, written.clone(), deed).await?;
        store::update(unit, "published", &written, &published).await?;
    }
    Ok(())
}

/// Meetings that recur: one series as it is, one that the examples change, one that they end.
async fn series(state: &State, parties: &Parties, now: DateTime<Utc>) -> Result<(), Problem> {
    let first_day = state.settings.local_date(now);
    for (n, rule) in [
        "FREQ=MONTHLY;INTERVAL=3;BYDAY=1TU",
        "FREQ=MONTHLY;BYDAY=2WE",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
    ]
    .into_iter()
    .enumerate()
    {
        let kind = if n == 0 { "dialogue" } else { "team" };
        let told = json!({"customer": parties.holder, "kind": kind, "rule": rule, "firstDay": first_day, "time": "09:00",
            "minutes": 90, "place": "Rådhuset, plan 2", "agenda": [{"type": "information", "title": "Vad som är på gång"}]});
        unit_at(state, now, &parties.provider, async |unit| {
            settle(unit, "meeting series", &n.to_string());
            let scope = permitted("createMeetingSeries", &parties.provider)?;
            meetings::series::begin(&scope, unit, &state.settings, input(told.clone())?).await
        })
        .await?;
    }
    Ok(())
}
