use proptest::prelude::*;
use serde_json::json;
use strum::IntoEnumIterator;

use super::*;
use crate::{
    RuleCode,
    agreements::{AgreementKind, AgreementRef, CalendarPeriod, WorkloadLimit},
    announcements::AnnouncementTitle,
    service_levels::StatementPeriod,
};

const ZONE: chrono_tz::Tz = chrono_tz::Europe::Stockholm;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn now() -> DateTime<Utc> {
    at("2026-10-01T08:00:00Z")
}

fn service(code: &str) -> ServiceRef {
    ServiceRef {
        id: ServiceId(Uuid::from_u128(
            code.bytes().fold(0, |n, byte| n * 256 + u128::from(byte)),
        )),
        code: code.parse().unwrap(),
        name: code.parse().unwrap(),
    }
}

fn customer() -> CustomerRef {
    CustomerRef {
        id: CustomerId(Uuid::from_u128(7)),
        code: "HR".parse().unwrap(),
        name: "HR".parse().unwrap(),
    }
}

fn named(services: &[&str], changing: &[&str]) -> NamedForPlan {
    NamedForPlan {
        customer: customer(),
        services: services.iter().map(|code| service(code)).collect(),
        changing: changing.iter().map(|code| service(code)).collect(),
        contact: None,
    }
}

fn input(more: serde_json::Value) -> PlannedActivityInput {
    let mut told = json!({"kind": "project", "title": "Ny skola", "customer": customer().id});
    json_merge(&mut told, more);
    serde_json::from_value(told).unwrap()
}

fn json_merge(told: &mut serde_json::Value, more: serde_json::Value) {
    let more = more.as_object().unwrap().clone();
    told.as_object_mut().unwrap().extend(more);
}

fn entered(more: serde_json::Value, services: &[&str], changing: &[&str]) -> Result<PlannedActivity, crate::Rule> {
    let id = PlannedActivityId(Uuid::from_u128(1));
    PlannedActivity::enter(id, input(more), named(services, changing), now())
}

fn planned() -> PlannedActivity {
    entered(
        json!({"phase": "planned", "period": {"firstDay": "2026-11-02", "lastDay": "2026-12-18"}}),
        &["MAIL"],
        &[],
    )
    .unwrap()
}

fn to(phase: PlannedPhase, reason: Option<&str>) -> PlannedPhaseInput {
    PlannedPhaseInput {
        phase,
        reason: reason.map(|r| r.parse().unwrap()),
        period: None,
    }
}

#[test]
fn every_phase_leads_to_every_other_and_what_was_over_needs_a_reason() {
    for (from, other) in PlannedPhase::iter().flat_map(|from| PlannedPhase::iter().map(move |to| (from, to))) {
        let over = matches!(from, PlannedPhase::Done | PlannedPhase::Cancelled);
        let expected = match (from == other, over) {
            (true, _) => PhaseStep::Stays,
            (false, true) => PhaseStep::WithReason,
            (false, false) => PhaseStep::Free,
        };
        assert_eq!(from.step(other), expected, "{from} {other}");
        let activity = PlannedActivity {
            phase: from,
            ..planned()
        };
        let bare = activity.clone().enter_phase(to(other, None), now());
        assert_eq!(bare.is_ok(), expected == PhaseStep::Free, "{from} {other}");
        let told = activity.enter_phase(to(other, Some("Skolan byggs ändå.")), now());
        assert_eq!(told.is_ok(), expected != PhaseStep::Stays, "{from} {other}");
        if let Ok(after) = told {
            assert_eq!((after.phase, after.version), (other, 2));
            assert!(after.phase_reason.is_some());
        }
    }
}

#[test]
fn an_idea_may_do_without_a_period_and_what_is_planned_may_not() {
    let idea = entered(json!({}), &[], &[]).unwrap();
    assert_eq!(
        (idea.phase, idea.confidence),
        (PlannedPhase::Idea, PlanConfidence::Medium)
    );
    for phase in ["planned", "ongoing", "done"] {
        let refused = entered(json!({"phase": phase}), &[], &[]).unwrap_err();
        assert_eq!(refused.pointer.as_deref(), Some("/period"), "{phase}");
    }
    assert!(
        idea.clone()
            .enter_phase(to(PlannedPhase::Planned, None), now())
            .is_err()
    );
    let period = Some(PlannedPeriod {
        first_day: day("2026-11-02"),
        last_day: None,
    });
    let told = PlannedPhaseInput {
        period,
        ..to(PlannedPhase::Planned, None)
    };
    assert_eq!(idea.clone().enter_phase(told, now()).unwrap().period, period);
    assert!(idea.enter_phase(to(PlannedPhase::Cancelled, None), now()).is_ok());
}

#[test]
fn days_are_in_order_and_changes_are_of_services_that_it_affects() {
    let backwards = json!({"firstDay": "2026-11-02", "lastDay": "2026-11-01"});
    for (more, pointer) in [
        (json!({"period": backwards}), "/period/lastDay"),
        (json!({"freeze": backwards}), "/freeze/lastDay"),
    ] {
        let refused = entered(more, &[], &[]).unwrap_err();
        assert_eq!(
            (refused.code, refused.pointer.as_deref()),
            (RuleCode::DateOrder, Some(pointer))
        );
    }
    let changes = json!({"changes": [{"service": Uuid::nil(), "metric": "cases", "change": "5"}]});
    let refused = entered(changes, &["MAIL"], &["PAY"]).unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("/changes/0/service"));
}

#[test]
fn another_phase_comes_by_its_own_act_but_from_its_source_with_the_rest() {
    let told =
        |phase: &str| input(json!({"phase": phase, "period": {"firstDay": "2026-11-03"}, "title": "Nya skolan"}));
    let refused = planned().change(told("ongoing"), named(&[], &[]), now()).unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("/phase"));
    let changed = planned().change(told("planned"), named(&[], &[]), now()).unwrap();
    assert!(changed.says_otherwise(&planned()));
    let by_source = planned()
        .change_by_source(told("done"), named(&[], &[]), now())
        .unwrap();
    assert_eq!((by_source.phase, by_source.version), (PlannedPhase::Done, 2));
    let again = by_source
        .clone()
        .change_by_source(told("ongoing"), named(&[], &[]), now());
    assert_eq!(again.unwrap_err().pointer.as_deref(), Some("/reason"));
    let other = NamedForPlan {
        customer: CustomerRef {
            id: CustomerId(Uuid::from_u128(8)),
            ..customer()
        },
        ..named(&[], &[])
    };
    let elsewhere = planned().change(told("planned"), other, now()).unwrap_err();
    assert_eq!(elsewhere.pointer.as_deref(), Some("/customer"));
}

fn freezing() -> PlannedActivity {
    entered(
        json!({"phase": "planned", "period": {"firstDay": "2026-11-02"}, "freeze": {"firstDay": "2026-11-09", "lastDay": "2026-11-13"},
            "changes": [{"service": Uuid::nil(), "metric": "users", "change": "40"}]}),
        &["PAY", "MAIL"],
        &["PAY"],
    )
    .unwrap()
}

fn announced(services: &[&str], begins: &str, ends: Option<&str>) -> AnnouncedChange {
    AnnouncedChange {
        id: AnnouncementId(Uuid::from_u128(3)),
        title: serde_json::from_value::<AnnouncementTitle>(json!({"sv": "Ny version"})).unwrap(),
        services: services.iter().map(|code| service(code).id).collect(),
        customers: None,
        begins_at: at(begins),
        ends_at: ends.map(at),
    }
}

fn limit(metric: &str, most: &str, actual: Option<&str>) -> LimitInForce {
    LimitInForce {
        service: service("PAY").id,
        agreement: AgreementRef {
            id: AgreementId(Uuid::from_u128(4)),
            number: "AGR-2026-0001".into(),
            kind: AgreementKind::Sla,
        },
        limit: WorkloadLimit {
            key: "most".parse().unwrap(),
            name: "Användare".parse().unwrap(),
            metric: metric.parse().unwrap(),
            limit: most.parse().unwrap(),
            period: CalendarPeriod::Month,
        },
        actual: actual.map(|n| ("2026-09".parse::<StatementPeriod>().unwrap(), n.parse().unwrap())),
    }
}

#[test]
fn a_freeze_meets_what_is_announced_for_its_days_in_the_local_zone() {
    // The freeze lasts from 8 November 23:00 UTC to 13 November 23:00 UTC.
    for (begins, ends, meets) in [
        ("2026-11-10T10:00:00Z", Some("2026-11-10T12:00:00Z"), true),
        ("2026-11-01T10:00:00Z", Some("2026-11-08T23:00:00Z"), false),
        ("2026-11-01T10:00:00Z", Some("2026-11-08T23:00:01Z"), true),
        ("2026-11-13T22:59:59Z", Some("2026-11-14T10:00:00Z"), true),
        ("2026-11-13T23:00:00Z", Some("2026-11-14T10:00:00Z"), false),
        ("2026-11-01T10:00:00Z", None, true),
    ] {
        let found = freezing().conflicts(&[announced(&["MAIL"], begins, ends)], &[], ZONE);
        assert_eq!(found.len(), usize::from(meets), "{begins} {ends:?}");
    }
    let other_service = announced(&["WEB"], "2026-11-10T10:00:00Z", None);
    assert!(freezing().conflicts(&[other_service], &[], ZONE).is_empty());
    let mine = announced(&["MAIL", "PAY"], "2026-11-10T10:00:00Z", None);
    assert_eq!(
        freezing().conflicts(std::slice::from_ref(&mine), &[], ZONE).len(),
        2,
        "by service"
    );
    for (named, meets) in [(customer().id, true), (CustomerId(Uuid::nil()), false)] {
        let told = AnnouncedChange {
            customers: Some(vec![named]),
            ..mine.clone()
        };
        assert_eq!(!freezing().conflicts(&[told], &[], ZONE).is_empty(), meets);
    }
    for phase in [PlannedPhase::Done, PlannedPhase::Cancelled] {
        let over = PlannedActivity { phase, ..freezing() };
        assert!(over.conflicts(std::slice::from_ref(&mine), &[], ZONE).is_empty());
    }
}

#[test]
fn a_volume_meets_the_limit_that_it_goes_beyond() {
    for (limit, beyond) in [
        (limit("users", "100", Some("60")), false),
        (limit("users", "100", Some("60.5")), true),
        (limit("users", "39.999999", None), true),
        (limit("users", "40", None), false),
        (limit("cases", "1", Some("60")), false),
        (
            LimitInForce {
                service: service("MAIL").id,
                ..limit("users", "1", None)
            },
            false,
        ),
    ] {
        let found = freezing().conflicts(&[], std::slice::from_ref(&limit), ZONE);
        assert_eq!(found.len(), usize::from(beyond), "{limit:?}");
    }
    let mut less = freezing();
    less.changes[0].change = "-40".parse().unwrap();
    assert!(
        less.conflicts(&[], &[limit("users", "10", Some("60"))], ZONE)
            .is_empty()
    );
}

#[test]
fn conflicts_tell_readings_apart_and_stand_in_no_event() {
    let quiet = PlannedActivityWithConflicts::new(freezing(), vec![]);
    assert_eq!(quiet.reads_as(), None);
    let found = freezing().conflicts(&[], &[limit("users", "10", None)], ZONE);
    let loud = PlannedActivityWithConflicts::new(freezing(), found);
    assert!(loud.reads_as().is_some());
    let told = to_json_for(Purpose::Log, &loud.activity).unwrap();
    assert!(told.get("conflicts").is_none());
}

fn outlook(service: Option<&str>, only_conflicting: bool) -> PlannedOutlook {
    let first = freezing();
    let found = first.conflicts(&[], &[limit("users", "10", None)], ZONE);
    let undated = PlannedActivity {
        period: None,
        ..planned()
    };
    let of_none = entered(
        json!({"phase": "ongoing", "period": {"firstDay": "2026-09-01"}}),
        &[],
        &[],
    )
    .unwrap();
    let all = [
        PlannedActivityWithConflicts::new(first, found),
        PlannedActivityWithConflicts::new(planned(), vec![]),
        PlannedActivityWithConflicts::new(of_none, vec![]),
        PlannedActivityWithConflicts::new(undated, vec![]),
    ];
    let days = (day("2026-10-01"), day("2027-03-01"));
    let service = service.map(|code| self::service(code).id);
    PlannedOutlook::of(days, all.to_vec(), (service, only_conflicting)).unwrap()
}

#[test]
fn an_outlook_tells_by_service_and_then_by_time() {
    let lines = |outlook: &PlannedOutlook| -> Vec<(Option<String>, usize, usize)> {
        let of = |one: &ServiceOutlook| {
            let code = one.service.as_ref().map(|s| s.code.to_string());
            let conflicts = one.activities.iter().map(|line| line.conflicts.len()).sum();
            (code, one.activities.len(), conflicts)
        };
        outlook.services.iter().map(of).collect()
    };
    let (mail, pay) = (Some("MAIL".to_owned()), Some("PAY".to_owned()));
    assert_eq!(
        lines(&outlook(None, false)),
        [(mail, 2, 0), (pay.clone(), 1, 1), (None, 1, 0)]
    );
    assert_eq!(outlook(None, false).conflicting, 1);
    assert_eq!(lines(&outlook(Some("PAY"), false)), [(pay.clone(), 1, 1)]);
    assert_eq!(lines(&outlook(None, true)), [(pay, 1, 1)]);
    assert!(outlook(Some("MAIL"), true).services.is_empty());
}

#[test]
fn an_outlook_is_bounded() {
    let many = vec![PlannedActivityWithConflicts::new(planned(), vec![]); MOST_LINES + 1];
    let days = (day("2026-10-01"), day("2027-03-01"));
    assert!(PlannedOutlook::of(days, many[1..].to_vec(), (None, false)).is_ok());
    // Also where none of them would be shown.
    for only_conflicting in [false, true] {
        assert!(PlannedOutlook::of(days, many.clone(), (None, only_conflicting)).is_err());
    }
}

proptest! {
    #[test]
    fn the_days_of_an_outlook_never_run_over(
        first in prop::option::of(0i64..3_652_000), last in prop::option::of(0i64..3_652_000),
    ) {
        let on = |n: i64| NaiveDate::from_ymd_opt(1, 1, 1).unwrap() + chrono::Duration::days(n);
        if let Ok((a, b)) = outlook_days(first.map(on), last.map(on), day("2026-10-01")) {
            prop_assert!(a <= b && b <= day("9999-12-31") && (b - a).num_days() < 731);
        }
    }
}
