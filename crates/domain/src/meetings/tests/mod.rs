//! Meetings: what belongs to which, what can be done when; recurrence against what others computed, and across clock changes.
mod rules;
mod times;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::*;
use crate::{agreements::Party, agreements::Signatory, events::ActorKind};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn customer(n: u128) -> CustomerRef {
    CustomerRef {
        id: CustomerId(Uuid::from_u128(n)),
        code: format!("K{n}").parse().unwrap(),
        name: "Kunden".parse().unwrap(),
    }
}

fn deed() -> Deed {
    Deed {
        party: Party::Provider,
        by: Signatory {
            kind: ActorKind::Person,
            id: Uuid::from_u128(7),
            name: "Bea Ram".parse().unwrap(),
        },
        acting_for: None,
        at: at("2026-03-02T10:00:00Z"),
    }
}

fn input(kind: MeetingKind) -> MeetingInput {
    MeetingInput {
        customer: Key::Id(customer(1).id),
        kind,
        title: None,
        starts_at: at("2026-03-02T08:00:00Z"),
        ends_at: at("2026-03-02T09:00:00Z"),
        place: None,
        led_by: None,
        persons: vec![],
        contacts: vec![],
    }
}

fn named(input: &MeetingInput) -> NamedForMeeting {
    NamedForMeeting {
        customer: customer(1),
        persons: vec![],
        contacts: vec![],
        day: input.starts_at.date_naive(),
    }
}

fn planned(kind: MeetingKind) -> Meeting {
    let input = input(kind);
    let named = named(&input);
    Meeting::plan(
        MeetingId(Uuid::from_u128(100)),
        input,
        named,
        at("2026-02-01T08:00:00Z"),
    )
    .unwrap()
}

fn item(about: AgendaItemType) -> AgendaItemInput {
    AgendaItemInput {
        about,
        title: "Ärendet".parse().unwrap(),
        text: None,
        link: None,
        position: None,
        override_reason: None,
    }
}

fn id(n: u128) -> AgendaItemId {
    AgendaItemId(Uuid::from_u128(n))
}
