//! What customers of the demo plan, what they are told, and whose calendar shows it.
use chrono::{DateTime, Duration, Utc};
use domain::{access::Caller, clients::digest, date_feeds::CalendarSubscription, date_feeds::Subscriber};
use persistence::date_feeds;
use serde_json::{Value, json};

use super::{
    agreements::parties,
    fill::{Registers, input, named, permitted, settle, unit_at},
};
use crate::{
    State,
    http::{Problem, reply::random_secret},
    rooms,
};

/// What is planned: title, kind, service, phase, first and last day from today, and how sure that is.
type Plan = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    (i64, i64),
    &'static str,
);
const PLANS: [Plan; 5] = [
    ("Valet i september", "project", "ESIGN", "planned", (20, 75), "high"),
    (
        "Flytt till det nya kommunhuset",
        "project",
        "NATVERK",
        "planned",
        (60, 130),
        "medium",
    ),
    (
        "Sommarjobbare i hela förvaltningen",
        "activity",
        "ARBPLATS",
        "planned",
        (120, 190),
        "high",
    ),
    (
        "Ny e-tjänst för föreningsbidrag",
        "project",
        "ETJANST",
        "idea",
        (90, 150),
        "low",
    ),
    (
        "Byte av passersystem",
        "project",
        "IDENTITET",
        "ongoing",
        (-30, 25),
        "high",
    ),
];

/// What is told: title, kind, service, and when it begins, in days from now.
const ANNOUNCEMENTS: [(&str, &str, &str, i64); 3] = [
    ("Ny version av underskriftstjänsten", "planned_change", "ESIGN", 30),
    ("Byte av kärnväxlar", "planned_change", "NATVERK", 65),
    ("Långsamma svar i e-tjänsterna", "disturbance", "ETJANST", -2),
];

/// The calendars of the first team's manager.
const CALENDARS: [&str; 2] = ["Kommunledningskontoret", "En kalender som ingen läser längre"];

/// Enters all of it, for the first team's first customer.
pub async fn plan(state: &State, registers: &Registers, now: DateTime<Utc>) -> Result<(), Problem> {
    let provider = parties(state, registers, now).await?.provider;
    let customer = named(&registers.customers, "KLK")?.id;
    unit_at(state, now, &provider, async |unit| {
        let today = unit.today();
        let days = |n: i64| today + Duration::days(n);
        for (title, kind, service, phase, (first, last), confidence) in PLANS {
            let service = named(&registers.services, service)?.id;
            let mut told = json!({"kind": kind, "title": title, "customer": customer, "phase": phase, "confidence": confidence,
                "period": {"firstDay": days(first), "lastDay": days(last)}, "services": [service]});
            if title == PLANS[0].0 {
                told["freeze"] = json!({"firstDay": days(25), "lastDay": days(40)});
                told["changes"] = json!([{"service": service, "metric": "cases", "change": "250"}]);
                told["sharedInCalendars"] = Value::from(true);
            }
            settle(unit, "planned activity", title);
            let scope = permitted("createPlannedActivity", &provider)?;
            rooms::planned_activities::tell(&scope, unit, input(told)?).await?;
        }
        for (title, kind, service, begins) in ANNOUNCEMENTS {
            let begins_at = now + Duration::days(begins);
            let told = json!({"kind": kind, "title": {"sv": title}, "beginsAt": begins_at,
                "text": {"sv": "Tjänsten kan vara långsam eller onåbar en kort stund. Inget behöver göras."},
                "endsAt": begins_at + Duration::hours(4), "services": [named(&registers.services, service)?.id]});
            settle(unit, "announcement", title);
            let scope = permitted("createAnnouncement", &provider)?;
            rooms::announcements::tell(&scope, unit, input(told)?).await?;
        }
        for name in CALENDARS {
            settle(unit, "calendar subscription", name);
            let told = input(json!({"name": name, "of": {"kind": "customer", "customer": customer}}))?;
            let Caller::Person { person, .. } = &provider else { return Err(Problem::Forbidden) };
            let subscriber = Subscriber::Person(person.id);
            let new = CalendarSubscription::begin(unit.new_id(), told, subscriber, unit.now())?;
            // Nobody knows its address.
            date_feeds::insert(unit, &new, digest(&random_secret())).await?;
        }
        Ok(())
    })
    .await
}
