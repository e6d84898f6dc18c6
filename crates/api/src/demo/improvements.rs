//! The demo's improvement register: one entry in each state that the document's examples act on, two of them verified.
use chrono::{DateTime, Duration, Utc};
use domain::{
    access::{Caller, Scope},
    improvements::*,
    requests::RequestKind,
};
use persistence::{Paging, UnitOfWork, improvements as store, requests};
use serde_json::{Value, json};

use super::{
    agreements::{Parties, parties},
    fill::{Registers, input, named, permitted, settle, unit_at},
};
use crate::{
    State,
    http::Problem,
    rooms::{self, agreements::acts::deed},
};

/// How far an improvement has come.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Reached {
    Identified,
    Approved,
    InProgress,
    Implemented,
    Verified,
    Closed,
}
use Reached::*;

/// An improvement, and what was measured.
struct Entry {
    title: &'static str,
    service: &'static str,
    priority: u8,
    reached: Reached,
    /// What is measured, in what it is counted, which way is better.
    measure: (&'static str, &'static str, &'static str),
    /// Before, and what it is to be.
    from_to: (&'static str, &'static str),
    /// What was measured, each month one, the last ones after it was implemented.
    readings: &'static [&'static str],
}

const ENTRIES: &[Entry] = &[
    Entry {
        title: "Kortare väg till rätt blankett på webbplatsen",
        service: "WEBB",
        priority: 60,
        reached: InProgress,
        measure: ("Blanketter som hittas vid första sökningen", "%", "higher"),
        from_to: ("41", "75"),
        readings: &["43"],
    },
    Entry {
        title: "Färre samtal om glömda lösenord efter semestern",
        service: "IDENTITET",
        priority: 80,
        reached: Identified,
        measure: ("Samtal om lösenord i augusti", "samtal", "lower"),
        from_to: ("640", "300"),
        readings: &[],
    },
    Entry {
        title: "Nya skrivare på rådhusets plan två",
        service: "UTSKRIFT",
        priority: 20,
        reached: Identified,
        measure: ("Utskrifter som inte kom fram", "per månad", "lower"),
        from_to: ("85", "20"),
        readings: &[],
    },
    Entry {
        title: "Påminnelse till den som ska signera",
        service: "ESIGN",
        priority: 70,
        reached: Approved,
        measure: ("Dagar från utskick till sista underskrift", "dagar", "lower"),
        from_to: ("9", "4"),
        readings: &[],
    },
    Entry {
        title: "Felanmälan med färdig mall i medborgartjänsten",
        service: "ETJANST",
        priority: 50,
        reached: InProgress,
        measure: ("Felanmälningar som måste kompletteras", "%", "lower"),
        from_to: ("38", "15"),
        readings: &["36", "37"],
    },
    Entry {
        title: "Besked samma dag om lönespecifikationer",
        service: "LON",
        priority: 65,
        reached: Implemented,
        measure: ("Frågor besvarade samma dag", "%", "higher"),
        from_to: ("52", "80"),
        readings: &["55", "58", "78", "84"],
    },
    Entry {
        title: "Mobiltäckning i kommunhusets källarplan",
        service: "MOBIL",
        priority: 40,
        reached: Verified,
        measure: ("Tappade samtal", "per vecka", "lower"),
        from_to: ("31", "5"),
        readings: &["30", "33", "14", "11.5"],
    },
    Entry {
        title: "Snabbare utlämning av dator till nyanställda",
        service: "ARBPLATS",
        priority: 90,
        reached: Closed,
        measure: ("Dagar från beställning till utlämnad dator", "dagar", "lower"),
        from_to: ("14.5", "6"),
        readings: &["15", "13", "7.5", "6", "5.5"],
    },
];

/// Makes them, for the first team's first customer.
pub async fn enter(state: &State, registers: &Registers, now: DateTime<Utc>) -> Result<(), Problem> {
    let parties = parties(state, registers, now).await?;
    for entry in ENTRIES {
        unit_at(state, now, &parties.provider, async |unit| {
            make(registers, &parties, unit, entry).await
        })
        .await?;
    }
    unit_at(state, now, &parties.provider, async |unit| offer(registers, unit).await).await
}

/// What helped the municipality's own office, offered to one of its companies.
async fn offer(registers: &Registers, unit: &mut UnitOfWork) -> Result<(), Problem> {
    let (everywhere, today) = (Scope::unlimited("demo"), unit.today());
    let first = Paging::first(1);
    let helped = store::Filter {
        status: Some(ImprovementStatus::Verified),
        ..Default::default()
    };
    let helped = store::list(unit, &everywhere, &helped, &first, today).await?;
    let wish = requests::Filter {
        customer: Some(named(&registers.customers, "LEAB")?.id),
        kind: Some(RequestKind::Wish),
        open: Some(true),
        ..Default::default()
    };
    let wish = requests::list(unit, &everywhere, &wish, &first, today).await?;
    let (Some(helped), Some(wish)) = (helped.items.first(), wish.items.first()) else {
        return Err(Problem::NotFound);
    };
    settle(unit, "improvement offer", "0");
    let offer = ImprovementOffer {
        id: unit.new_id(),
        version: 1,
        state: OfferState::Offered,
        improvement: Some(helped.reference()),
        outcome: helped.worth_offering().ok_or(Problem::NotFound)?,
        request: wish.reference(),
        customer: wish.customer.clone(),
        likeness: 420,
        offered_at: unit.now(),
        decision: None,
        taken_as: None,
    };
    Ok(store::insert_offer(unit, helped.id, &offer).await?)
}

async fn make(registers: &Registers, parties: &Parties, unit: &mut UnitOfWork, entry: &Entry) -> Result<(), Problem> {
    let (caller, today) = (&parties.provider, unit.today());
    let days = |n: i64| today + Duration::days(n);
    let ((name, counted, direction), (before, target)) = (entry.measure, entry.from_to);
    let told = json!({
        "title": entry.title, "customers": [named(&registers.customers, "KLK")?.id], "priority": entry.priority,
        "services": [named(&registers.services, entry.service)?.id],
        "origin": {"kind": "meeting", "source": "Uppföljning med kommunledningskontoret."},
        "measure": {"name": name, "unit": counted, "direction": direction,
            "baseline": {"value": before, "day": days(-170)}, "target": {"value": target, "by": days(30)}},
    });
    settle(unit, "improvement", entry.title);
    let scope = permitted("createImprovement", caller)?;
    let (mut improvement, _) = rooms::improvements::tell(&scope, unit, input(told)?).await?;
    for (n, what) in ["Fråga dem som berörs", "Mät en gång till"].into_iter().enumerate() {
        settle(unit, "improvement activity", &format!("{}: {what}", entry.title));
        let activity = ImprovementActivity {
            id: unit.new_id(),
            what: what.parse().map_err(Problem::internal)?,
            who: registers.persons.get(8 + n).cloned().ok_or(Problem::NotFound)?,
            due_day: days(-5 + 20 * n as i64),
            done_on: None,
        };
        let after = improvement.clone().plan(activity, unit.now())?;
        improvement = step(unit, "activity_planned", improvement, after).await?;
    }
    for (n, value) in entry.readings.iter().enumerate() {
        let told = input(json!({"value": value, "day": days(-150 + 30 * n as i64)}))?;
        let by = caller.raiser().ok_or(Problem::Forbidden)?;
        let reading = Reading::record(unit.new_id(), &improvement, told, None, by, (unit.now(), today))?;
        store::insert_reading(unit, &reading).await?;
    }
    bring(unit, caller, improvement, entry.reached).await
}

/// Through the states up to the one that it has reached.
async fn bring(unit: &mut UnitOfWork, caller: &Caller, made: Improvement, reached: Reached) -> Result<(), Problem> {
    let (scope, today) = (permitted("createImprovementVerification", caller)?, unit.today());
    let (by, _) = deed(&scope, unit).await?;
    let mut improvement = made;
    for (to, act) in [
        (Approved, "approved"),
        (InProgress, "started"),
        (Implemented, "implemented"),
        (Verified, "verified"),
        (Closed, "closed"),
    ] {
        if to > reached {
            break;
        }
        let before = improvement.clone();
        let after = match to {
            Identified => before,
            Approved => before.approve(by.clone())?,
            InProgress => before.start(unit.now())?,
            Implemented => {
                let day = Some(today - Duration::days(100));
                before.implement(ImplementationInput { day }, by.clone(), today)?
            }
            Verified => verified(unit, before, by.clone()).await?,
            Closed => before.close(unit.now())?,
        };
        improvement = step(unit, act, improvement, after).await?;
    }
    Ok(())
}

/// Judged as the numbers say.
async fn verified(
    unit: &UnitOfWork,
    improvement: Improvement,
    by: domain::agreements::Deed,
) -> Result<Improvement, Problem> {
    let since = improvement.implementation.as_ref().ok_or(Problem::NotFound)?.day;
    let reading = store::latest_after(unit, &improvement, since).await?;
    let numbers = improvement.measure.as_ref().and_then(|measure| {
        let baseline = measure.baseline?.value;
        Some(measure.outcome(baseline, reading?.value))
    });
    let outcome: Value = json!(numbers.ok_or(Problem::NotFound)?);
    let conclusion = "Det som ändrades syns i mätningen, och kunden märker det i vardagen.";
    let told = input(json!({"outcome": outcome, "conclusion": conclusion}))?;
    Ok(improvement.verify(told, reading, by)?)
}

async fn step(
    unit: &mut UnitOfWork,
    act: &str,
    before: Improvement,
    after: Improvement,
) -> Result<Improvement, Problem> {
    store::update(unit, act, &before, &after).await?;
    Ok(after)
}
