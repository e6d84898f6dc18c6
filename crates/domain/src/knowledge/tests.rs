//! Needs, their digest, lessons and interactions.
use chrono::{DateTime, Duration, NaiveDate};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    RuleCode,
    agreements::{Deed, Party, Signatory},
    events::ActorKind,
    requests::Raiser,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn customer(n: u128) -> CustomerRef {
    CustomerRef {
        id: Uuid::from_u128(n).into(),
        code: format!("K{n}").parse().unwrap(),
        name: "Kund".parse().unwrap(),
    }
}

fn told(theme: &str, strength: &str) -> BusinessNeedInput {
    serde_json::from_value(
        json!({"customer": Uuid::from_u128(1), "statement": "Något", "theme": theme,
        "horizon": "later", "strength": strength}),
    )
    .unwrap()
}

fn need(of: u128, theme: &str, strength: &str, on: NaiveDate) -> BusinessNeed {
    let id = Uuid::now_v7().into();
    BusinessNeed::state(
        id,
        told(theme, strength),
        customer(of),
        RelatedThings::default(),
        (DateTime::default(), on),
    )
}

fn closed(need: BusinessNeed, on: NaiveDate) -> BusinessNeed {
    let told = NeedClosingInput {
        outcome: NeedOutcome::Met,
        remark: None,
    };
    need.close(told, deed(), on).unwrap()
}

fn deed() -> Deed {
    Deed {
        party: Party::Provider,
        by: Signatory {
            kind: ActorKind::Person,
            id: Uuid::from_u128(5),
            name: "Bea".parse().unwrap(),
        },
        acting_for: None,
        at: DateTime::default(),
    }
}

#[test]
fn themes_that_differ_by_spelling_alone_are_one() {
    for spelled in ["Mobilt  arbete", "mobilt arbete", "MOBILT ARBETE"] {
        assert_eq!(theme(&spelled.parse().unwrap()).as_str(), "mobilt arbete");
    }
    assert_eq!(theme(&"Ökad TAKT".parse().unwrap()).as_str(), "ökad takt");
}

#[test]
fn a_closed_need_is_changed_no_more_and_stays_its_customers() {
    let on = day("2026-03-02");
    let open = need(1, "x", "low", on);
    let moved = open.clone().change(
        told("x", "low"),
        &customer(2),
        RelatedThings::default(),
        DateTime::default(),
    );
    assert_eq!(moved.unwrap_err().pointer.as_deref(), Some("/customer"));
    let done = closed(open, on);
    assert_eq!((done.version, done.closing.as_ref().unwrap().day), (2, on));
    let again = done.clone().change(
        told("x", "low"),
        &customer(1),
        RelatedThings::default(),
        DateTime::default(),
    );
    assert_eq!(again.unwrap_err().code, RuleCode::State);
    let outcome = NeedOutcome::Lapsed;
    assert!(
        done.close(NeedClosingInput { outcome, remark: None }, deed(), on)
            .is_err()
    );
}

#[test]
fn evidence_is_a_matter_of_the_customer() {
    let found = |customers: Vec<CustomerRef>| Found {
        thing: RelatedThing {
            kind: RelatedKind::Request,
            id: Uuid::from_u128(9),
            label: "REQ-2026-000001".parse().unwrap(),
        },
        customers,
    };
    assert!(Found::all_of(&customer(1), vec![found(vec![customer(2), customer(1)])], "/evidence").is_ok());
    let foreign = Found::all_of(
        &customer(1),
        vec![found(vec![customer(1)]), found(vec![customer(2)])],
        "/evidence",
    );
    assert_eq!(foreign.unwrap_err().pointer.as_deref(), Some("/evidence/1/id"));
}

#[test]
fn the_digest_tells_what_came_stayed_and_went() {
    let (long_ago, since, now) = (day("2025-06-01"), day("2026-01-01"), day("2026-03-02"));
    let needs = vec![
        need(1, "mobilitet", "low", long_ago),
        need(2, "mobilitet", "high", now),
        closed(need(3, "mobilitet", "high", long_ago), now),
        // Closed before, or come and gone since: nothing to tell.
        closed(need(4, "mobilitet", "high", long_ago), day("2025-12-31")),
        closed(need(4, "mobilitet", "high", now), now),
        need(1, "arkiv", "medium", since),
    ];
    let digest = NeedsDigest::of(since, now, needs);
    let [mobile, archive] = digest.themes.as_slice() else {
        panic!("{digest:?}")
    };
    assert_eq!((mobile.open, mobile.came, mobile.went), (2, 1, 1));
    assert_eq!(
        (mobile.strengths.high, mobile.strengths.low, mobile.horizons.later),
        (1, 1, 2)
    );
    assert_eq!(mobile.customers, [customer(1), customer(2)]);
    let order: Vec<NeedChange> = mobile.needs.iter().map(|need| need.change).collect();
    assert_eq!(order, [NeedChange::Came, NeedChange::Stayed, NeedChange::Went]);
    assert_eq!(
        (archive.open, archive.came),
        (1, 1),
        "what is stated on the very day came"
    );
}

#[test]
fn a_lesson_is_read_once_and_shows_its_origin_to_who_may_see_it() {
    let person = |n: u128| PersonRef {
        id: Uuid::from_u128(n).into(),
        name: "Bea".parse().unwrap(),
    };
    let told: LessonInput =
        serde_json::from_value(json!({"title": "Lärdom", "happened": "Det.", "learned": "Så."})).unwrap();
    let origin = Found {
        thing: RelatedThing {
            kind: RelatedKind::Improvement,
            id: Uuid::from_u128(9),
            label: "IMP-2026-000001".parse().unwrap(),
        },
        customers: vec![customer(1), customer(2)],
    };
    let lesson = Lesson::write(
        Uuid::now_v7().into(),
        told.clone(),
        vec![],
        Some(origin),
        person(1),
        DateTime::default(),
    );
    assert!(
        lesson.customer.is_none() && lesson.origin.is_some(),
        "what several share is no customer's"
    );
    let read = lesson.clone().read(person(2), false, DateTime::default()).unwrap();
    assert_eq!((read.version, read.readers.len()), (2, 1));
    assert!(read.clone().read(person(2), true, DateTime::default()).is_none());
    let many = (0..150).fold(read, |lesson, n| {
        lesson.read(person(n), false, DateTime::default()).unwrap()
    });
    assert_eq!(many.readers.len(), Lesson::READERS);
    let hidden = Lesson {
        is_origin_seen: false,
        ..many
    };
    let shown = hidden.clone().shown();
    assert!(shown.origin.is_none() && shown.customer.is_none());
    assert!(
        hidden.change(told, vec![], None, DateTime::default()).origin.is_some(),
        "who does not see it leaves it"
    );
    let logged = to_json_for(
        Purpose::Log,
        &lesson.read(person(2), false, DateTime::default()).unwrap(),
    )
    .unwrap();
    assert_eq!(logged["readers"].as_array().map(Vec::len), Some(1));
}

#[test]
fn an_interaction_was_and_stays_with_its_customer() {
    let told = |on: &str| -> InteractionInput {
        serde_json::from_value(json!({"customer": Uuid::from_u128(1), "channel": "phone", "day": on, "summary": "Hej"}))
            .unwrap()
    };
    let named = |n| NamedForInteraction {
        customer: customer(n),
        persons: vec![],
        contacts: vec![],
        about: RelatedThings::default(),
    };
    let by = Raiser {
        kind: ActorKind::Person,
        id: Uuid::from_u128(5),
        name: "Bea".parse().unwrap(),
    };
    let times = (DateTime::default(), day("2026-03-02"));
    let to_come = Interaction::record(Uuid::now_v7().into(), told("2026-03-03"), named(1), by.clone(), times);
    assert_eq!(to_come.unwrap_err().code, RuleCode::TimeOrder);
    let made = Interaction::record(Uuid::now_v7().into(), told("2026-03-02"), named(1), by, times).unwrap();
    assert!(made.clone().correct(told("2026-03-01"), named(2), times).is_err());
    assert_eq!(made.correct(told("2026-03-01"), named(1), times).unwrap().version, 2);
}

proptest! {
    /// Whatever came and went: what is open now is what was open then, and what came, less what went.
    #[test]
    fn the_balance_holds(days in prop::collection::vec((0i64..100, prop::option::of(0i64..100), 0u128..4), 0..40), since in 0i64..100) {
        let at = |n: i64| day("2026-01-01") + Duration::days(n);
        let since = at(since);
        let needs: Vec<BusinessNeed> = days
            .iter()
            .map(|(from, len, of)| {
                let need = need(*of, ["a", "b"][(*of % 2) as usize], "high", at(*from));
                match len {
                    Some(len) => closed(need, at(from + len)),
                    None => need,
                }
            })
            .collect();
        let then = needs
            .iter()
            .filter(|need| need.stated_on < since && need.closing.as_ref().is_none_or(|closing| closing.day >= since))
            .count() as u32;
        let digest = NeedsDigest::of(since, at(300), needs);
        let sum = |of: fn(&NeedTheme) -> u32| digest.themes.iter().map(of).sum::<u32>();
        prop_assert_eq!(sum(|theme| theme.open) + sum(|theme| theme.went), then + sum(|theme| theme.came));
    }
}
