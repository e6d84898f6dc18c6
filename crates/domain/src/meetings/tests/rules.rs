//! What belongs to which meeting (R17), who leads (R18), and what can be done when.
use std::collections::HashSet;

use strum::IntoEnumIterator;

use super::*;
use crate::{RuleCode, requests::Raiser};

const EVERY: [MeetingKind; 3] = [MeetingKind::Team, MeetingKind::Dialogue, MeetingKind::Review];

fn matters() -> impl Iterator<Item = Matter> {
    LinkedKind::iter().flat_map(|kind| [false, true].map(|is_complaint| Matter { kind, is_complaint }))
}

#[test]
fn items_belong_where_the_table_says() {
    use AgendaItemType::*;
    let of =
        |kind: MeetingKind| -> HashSet<AgendaItemType> { AgendaItemType::iter().filter(|t| kind.takes(*t)).collect() };
    assert_eq!(of(MeetingKind::Team), AgendaItemType::iter().collect());
    assert_eq!(
        of(MeetingKind::Dialogue),
        [Need, Idea, PlannedActivity, Information].into()
    );
    let review = [
        Statement,
        Satisfaction,
        Complaint,
        Improvement,
        Workload,
        PlannedActivity,
        Information,
    ];
    assert_eq!(of(MeetingKind::Review), review.into());
    // The two conversations share nothing but plans, in both their links and their outcomes.
    for matter in matters() {
        let both = MeetingKind::Dialogue.links(matter) && MeetingKind::Review.links(matter);
        assert_eq!(both, matter.kind == LinkedKind::PlannedActivity);
        assert!(!(MeetingKind::Dialogue.records(matter) && MeetingKind::Review.records(matter)));
        assert!(!MeetingKind::Team.records(matter));
        for kind in EVERY {
            assert!(!kind.records(matter) || kind.links(matter), "{kind} {matter:?}");
        }
        for about in AgendaItemType::iter() {
            let fitting = MeetingKind::fitting(about, Some(matter));
            assert!(fitting.fits(about, Some(matter)));
        }
    }
}

#[test]
fn a_refusal_tells_where_the_item_belongs_and_a_reason_overrides() {
    let dialogue = planned(MeetingKind::Dialogue);
    let next = NextMeeting {
        id: MeetingId(Uuid::from_u128(9)),
        starts_at: at("2026-04-01T08:00:00Z"),
    };
    let statement = item(AgendaItemType::Statement);
    let refused = dialogue
        .clone()
        .add_item(id(1), statement.clone(), None, Some(next.clone()), deed())
        .unwrap_err();
    assert_eq!(
        (refused.code, refused.pointer.as_deref()),
        (RuleCode::WrongMeeting, Some("/type"))
    );
    assert!(
        refused
            .detail
            .contains(&format!("POST /meetings/{}/agenda-items", next.id)),
        "{refused}"
    );
    assert!(refused.detail.contains("2026-04-01T08:00:00Z"));
    let lonely = dialogue.clone().add_item(id(1), statement.clone(), None, None, deed());
    assert!(lonely.unwrap_err().detail.contains("Plan a review"));

    let complaint = Matter {
        kind: LinkedKind::Request,
        is_complaint: true,
    };
    let linked = dialogue
        .clone()
        .add_item(id(1), item(AgendaItemType::Need), Some(complaint), None, deed());
    assert_eq!(linked.unwrap_err().pointer.as_deref(), Some("/link"));

    let told = AgendaItemInput {
        override_reason: Some("Kunden bad om det.".parse().unwrap()),
        ..statement
    };
    let overridden = dialogue
        .clone()
        .add_item(id(1), told.clone(), None, None, deed())
        .unwrap();
    assert!(overridden.overridden && overridden.touched);
    assert_eq!(overridden.version, 2);
    // The reason holds as long as the item is about the same, and not where there is nothing to override.
    let same = AgendaItemInput {
        title: "Siffror".parse().unwrap(),
        override_reason: None,
        ..told.clone()
    };
    let kept = overridden.clone().change_item(id(1), same, None, None, deed()).unwrap();
    assert!(kept.overridden);
    let other = overridden
        .clone()
        .change_item(id(1), item(AgendaItemType::Workload), None, Some(next), deed());
    assert!(other.unwrap_err().detail.contains("/transfer"));
    let fits = overridden
        .clone()
        .change_item(id(1), item(AgendaItemType::Need), None, None, deed())
        .unwrap();
    assert!(!fits.overridden);
    let needless = AgendaItemInput {
        about: AgendaItemType::Need,
        ..told
    };
    let refused = dialogue.add_item(id(1), needless, None, None, deed()).unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("/overrideReason"));
    let (without, _) = overridden.remove_item(id(1)).unwrap();
    assert!(!without.overridden && without.agenda.is_empty());
}

#[test]
fn an_item_goes_to_a_planned_meeting_of_the_same_customer_to_which_it_belongs() {
    let from = planned(MeetingKind::Team)
        .add_item(id(1), item(AgendaItemType::Statement), None, None, deed())
        .unwrap();
    let review = Meeting {
        id: MeetingId(Uuid::from_u128(101)),
        ..planned(MeetingKind::Review)
    };
    let (left, taken) = from.clone().transfer(id(1), review.clone(), None, None).unwrap();
    assert_eq!((left.agenda.len(), taken.agenda.len()), (0, 1));
    let to = |to: Meeting| from.clone().transfer(id(1), to, None, None).unwrap_err();
    let elsewhere = Meeting {
        customer: customer(2),
        ..review.clone()
    };
    assert_eq!(to(elsewhere).pointer.as_deref(), Some("/meeting"));
    let dialogue = Meeting {
        id: review.id,
        ..planned(MeetingKind::Dialogue)
    };
    assert_eq!(to(dialogue).code, RuleCode::WrongMeeting);
    let held = review.hold(at("2026-03-02T08:00:00Z")).unwrap();
    assert_eq!(to(held).code, RuleCode::State);
    assert_eq!(to(from.clone()).code, RuleCode::State);
}

#[test]
fn items_are_in_the_order_that_is_told() {
    let mut meeting = planned(MeetingKind::Team);
    for (n, position) in [(1, None), (2, None), (3, Some(1)), (4, Some(50))] {
        let told = AgendaItemInput {
            position,
            ..item(AgendaItemType::Information)
        };
        meeting = meeting.add_item(id(n), told, None, None, deed()).unwrap();
    }
    let order = |meeting: &Meeting| {
        meeting
            .agenda
            .iter()
            .map(|item| item.id.0.as_u128())
            .collect::<Vec<_>>()
    };
    assert_eq!(order(&meeting), [3, 1, 2, 4]);
    let told = AgendaItemInput {
        position: Some(3),
        ..item(AgendaItemType::Idea)
    };
    let moved = meeting.clone().change_item(id(3), told, None, None, deed()).unwrap();
    assert_eq!(order(&moved), [1, 2, 3, 4]);
    for n in 10..56 {
        meeting = meeting
            .add_item(id(n), item(AgendaItemType::Information), None, None, deed())
            .unwrap();
    }
    let full = meeting.add_item(id(99), item(AgendaItemType::Information), None, None, deed());
    assert_eq!(full.unwrap_err().code, RuleCode::State);
}

#[test]
fn a_dialogue_and_a_review_are_led_by_different_managers() {
    use MeetingLead::*;
    for (kind, told, expected) in [
        (MeetingKind::Team, None, Some(BusinessRelationshipManager)),
        (MeetingKind::Team, Some(DeliveryManager), Some(DeliveryManager)),
        (MeetingKind::Dialogue, None, Some(BusinessRelationshipManager)),
        (MeetingKind::Dialogue, Some(DeliveryManager), None),
        (MeetingKind::Review, None, Some(DeliveryManager)),
        (MeetingKind::Review, Some(BusinessRelationshipManager), None),
    ] {
        match kind.led_by(told) {
            Ok(lead) => assert_eq!(Some(lead), expected),
            Err(refused) => assert_eq!((refused.code, expected), (RuleCode::MeetingLead, None)),
        }
    }
}

#[test]
fn a_meeting_is_planned_held_published_or_cancelled() {
    for (status, act) in MeetingStatus::iter().flat_map(|status| MeetingAct::iter().map(move |act| (status, act))) {
        let after = status.after(act);
        if status == MeetingStatus::Cancelled {
            assert_eq!(after, None, "{act}");
        }
        if status == MeetingStatus::Published {
            assert_eq!(
                after.is_some(),
                matches!(act, MeetingAct::Complete | MeetingAct::Correct),
                "{act}"
            );
        }
    }
    let review = planned(MeetingKind::Review);
    assert_eq!(
        review.clone().hold(at("2026-03-02T07:59:59Z")).unwrap_err().code,
        RuleCode::TimeOrder
    );
    let told = MeetingInput {
        starts_at: at("2026-03-03T08:00:00Z"),
        ends_at: at("2026-03-03T09:00:00Z"),
        ..input(MeetingKind::Review)
    };
    let moved = review.clone().change(told.clone(), named(&told)).unwrap();
    assert_eq!((moved.sequence, moved.day), (1, day("2026-03-03")));
    let same = review
        .clone()
        .change(input(MeetingKind::Review), named(&input(MeetingKind::Review)));
    assert_eq!(same.unwrap().sequence, 0);
    let held = review.clone().hold(at("2026-03-02T08:00:00Z")).unwrap();
    assert_eq!(
        held.clone()
            .change(told.clone(), named(&told))
            .unwrap_err()
            .pointer
            .as_deref(),
        Some("/startsAt")
    );
    let cancelled = review
        .cancel(
            MeetingCancellationInput {
                reason: "Sjuk.".parse().unwrap(),
            },
            deed(),
        )
        .unwrap();
    assert_eq!(cancelled.sequence, 1);
    for (bad, pointer) in [
        (("0001-01-01T00:00:00Z", "0001-01-01T01:00:00Z"), "/startsAt"),
        (("9999-12-31T00:00:00Z", "9999-12-31T01:00:00Z"), "/startsAt"),
        (("2026-03-02T08:00:00Z", "2026-03-02T08:00:00.9Z"), "/endsAt"),
        (("2026-03-02T08:00:00Z", "2026-03-08T08:00:00Z"), "/endsAt"),
    ] {
        let told = MeetingInput {
            starts_at: at(bad.0),
            ends_at: at(bad.1),
            ..input(MeetingKind::Team)
        };
        let named = named(&told);
        let refused = Meeting::plan(held.id, told, named, deed().at).unwrap_err();
        assert_eq!(
            (refused.code, refused.pointer.as_deref()),
            (RuleCode::DateOrder, Some(pointer))
        );
    }
}

fn minutes(items: Vec<ActionItemInput>) -> MinutesInput {
    MinutesInput {
        notes: Some("Vi gick igenom läget.".parse().unwrap()),
        decisions: vec!["Fortsätt.".parse().unwrap()],
        action_items: items,
    }
}

fn owner() -> Raiser {
    Raiser {
        kind: ActorKind::Person,
        id: Uuid::from_u128(7),
        name: "Bea Ram".parse().unwrap(),
    }
}

fn to_do(id: Option<ActionItemId>) -> ActionItemInput {
    ActionItemInput {
        id,
        text: "Ring kommunen".parse().unwrap(),
        owner: ActionOwnerInput::Person {
            person: PersonId(Uuid::from_u128(7)),
        },
        due_day: None,
    }
}

#[test]
fn minutes_stand_once_they_are_published_and_what_was_to_be_done_can_still_be_done() {
    let held = planned(MeetingKind::Dialogue).hold(at("2026-03-02T08:00:00Z")).unwrap();
    assert_eq!(held.clone().publish(None, deed()).unwrap_err().code, RuleCode::State);
    let action = ActionItemId(Uuid::from_u128(1));
    let written = held
        .write_minutes(minutes(vec![to_do(None)]), vec![owner()], || action)
        .unwrap();
    assert_eq!(written.clone().shown(true).minutes, None);
    assert!(written.clone().shown(false).minutes.is_some());
    let done = written.clone().complete(action, day("2026-03-05")).unwrap();
    // What is done stays done when the minutes are written anew with the same item.
    let anew = done
        .clone()
        .write_minutes(minutes(vec![to_do(Some(action))]), vec![owner()], || unreachable!())
        .unwrap();
    assert_eq!(anew.action_item(action).unwrap().done_on, Some(day("2026-03-05")));
    let twice = minutes(vec![to_do(Some(action)), to_do(Some(action))]);
    let refused = anew
        .write_minutes(twice, vec![owner(), owner()], || unreachable!())
        .unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("/actionItems/1/id"));

    let published = written.publish(None, deed()).unwrap();
    let also = done.publish(None, deed()).unwrap();
    assert!(published.digest.is_some());
    assert_eq!(published.digest, also.digest);
    let rewritten = published
        .clone()
        .write_minutes(minutes(vec![]), vec![], || unreachable!());
    assert_eq!(rewritten.unwrap_err().code, RuleCode::State);
    let done = published.complete(action, day("2026-03-06")).unwrap();
    assert_eq!(
        done.clone().complete(action, day("2026-03-07")).unwrap_err().code,
        RuleCode::State
    );
    let mut corrected = done;
    for _ in 0..50 {
        let text = "Det var Anna som sade det.".parse().unwrap();
        corrected = corrected.correct(AddendumInput { text }, deed()).unwrap();
    }
    let text = "En till.".parse().unwrap();
    assert!(corrected.correct(AddendumInput { text }, deed()).is_err());
}

#[test]
fn what_is_recorded_belongs_to_the_kind_of_meeting() {
    let thing = LinkedThing {
        kind: LinkedKind::Request,
        id: Uuid::from_u128(5),
    };
    let wish = Matter {
        kind: LinkedKind::Request,
        is_complaint: false,
    };
    let recorded = planned(MeetingKind::Dialogue).record(thing.clone(), wish).unwrap();
    assert_eq!(recorded.outcomes, std::slice::from_ref(&thing));
    for kind in [MeetingKind::Review, MeetingKind::Team] {
        let refused = planned(kind).record(thing.clone(), wish).unwrap_err();
        assert_eq!(refused.code, RuleCode::WrongMeeting);
    }
    let complaint = Matter {
        is_complaint: true,
        ..wish
    };
    assert!(planned(MeetingKind::Review).record(thing.clone(), complaint).is_ok());
    assert!(planned(MeetingKind::Dialogue).record(thing, complaint).is_err());
}

#[test]
fn a_review_looks_back_to_the_one_before_it() {
    let review = planned(MeetingKind::Review);
    assert!(review.must_be(MeetingKind::Review).is_ok());
    assert_eq!(
        review.must_be(MeetingKind::Dialogue).unwrap_err().code,
        RuleCode::WrongMeeting
    );
    let back = |told: Option<&str>, last: Option<&str>| review.looks_back_to(told.map(day), last.map(day));
    assert_eq!(back(None, Some("2025-12-01")).unwrap(), day("2025-12-01"));
    assert_eq!(back(None, None).unwrap(), day("2025-03-02"));
    assert_eq!(back(Some("2026-01-01"), Some("2025-12-01")).unwrap(), day("2026-01-01"));
    for out in ["0001-01-01", "2026-03-03", "9999-12-31"] {
        assert_eq!(back(Some(out), None).unwrap_err().code, RuleCode::DateOrder);
    }
}
