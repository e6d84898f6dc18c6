use chrono::Duration;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::calendars::{CalendarHours, Interval, Pause, TimeLimit, tests::hours};

fn office() -> CalendarHours {
    let day = json!([{"from": "08:00", "to": "17:00"}]);
    hours(
        json!({"zone": "Europe/Stockholm", "weekly": {"monday": day, "tuesday": day, "wednesday": day, "thursday": day,
        "friday": day}}),
    )
}

fn rule<'a>(hours: &'a CalendarHours, limit: &str) -> TimelinessRule<'a> {
    TimelinessRule {
        hours,
        milestone: Milestone::Resolution,
        limit: limit.parse().unwrap(),
        reopened_time_counts: false,
    }
}

/// Opened Monday 09:00 local time, responded 09:30, resolved Tuesday 10:00, with an hour's pause on Monday.
fn case() -> Case<&'static str> {
    Case {
        opened: at("2026-03-02T08:00:00Z"),
        responded: Some(at("2026-03-02T08:30:00Z")),
        resolved: Some(at("2026-03-03T09:00:00Z")),
        reopenings: vec![],
        pauses: vec![Pause {
            from: at("2026-03-02T12:00:00Z"),
            to: Some(at("2026-03-02T13:00:00Z")),
        }],
        priority: "3",
        priority_history: vec![],
    }
}

#[test]
fn the_limit_belongs_to_the_time_within_it() {
    let hours = office();
    let timed = |limit: &str| case().timed(&rule(&hours, limit)).unwrap();
    assert_eq!(
        (timed("PT9H").elapsed_seconds, timed("PT9H").elapsed_days),
        (9 * 3600, 2)
    );
    assert!(timed("PT9H").within);
    assert!(!timed("PT8H59M59S").within);
    assert!(timed("P2D").within);
    assert!(!timed("P1D").within);
    let response = TimelinessRule {
        milestone: Milestone::Response,
        ..rule(&hours, "PT30M")
    };
    assert_eq!(case().timed(&response).unwrap().elapsed_seconds, 1800);
    assert!(case().timed(&response).unwrap().within);
}

#[test]
fn a_case_is_judged_when_it_has_got_there_and_where_it_did() {
    let hours = office();
    let mut open = case();
    open.resolved = None;
    assert_eq!(open.timed(&rule(&hours, "PT9H")), None);
    assert_eq!(open.deadline(&rule(&hours, "PT9H")), Some(at("2026-03-03T09:00:00Z")));
    open.pauses.push(Pause {
        from: at("2026-03-03T08:00:00Z"),
        to: None,
    });
    assert_eq!(open.deadline(&rule(&hours, "PT9H")), None);

    let resolved = case().resolved.unwrap();
    let month = |from: DateTime<Utc>, to: DateTime<Utc>| case().belongs_to(&Interval::new(from, to));
    assert!(month(resolved, resolved + Duration::seconds(1)));
    assert!(!month(at("2026-03-01T00:00:00Z"), resolved), "the end is outside");
    assert!(!open.belongs_to(&Interval::new(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC)));
}

#[test]
fn time_between_resolution_and_reopening_counts_only_if_the_target_says_so() {
    let hours = office();
    let mut case = case();
    case.reopenings = vec![Interval::new(at("2026-03-02T14:00:00Z"), at("2026-03-03T08:00:00Z"))];
    let timed = |counts| {
        let rule = TimelinessRule {
            reopened_time_counts: counts,
            ..rule(&hours, "PT6H")
        };
        case.timed(&rule).unwrap()
    };
    // Monday 15:00 to 17:00 and Tuesday 08:00 to 09:00 lie between.
    assert_eq!((timed(false).elapsed_seconds, timed(false).within), (6 * 3600, true));
    assert_eq!((timed(true).elapsed_seconds, timed(true).within), (9 * 3600, false));
}

#[test]
fn the_target_says_which_priority_counts() {
    let mut case = case();
    let had = |priority, since: &str| PrioritySince {
        priority,
        since: at(since),
    };
    // As they came in, not as they happened; the last change came after the resolution.
    case.priority_history = vec![
        had("3", "2026-03-02T15:00:00Z"),
        had("4", "2026-03-02T08:00:00Z"),
        had("2", "2026-03-02T10:00:00Z"),
        had("5", "2026-03-04T10:00:00Z"),
    ];
    case.priority = "5";
    let order = ["1", "2", "3", "4", "5"];
    let counted = |which| *case.counted_priority(which, &order);
    assert_eq!(counted(CountedPriority::AtOpening), "4");
    assert_eq!(counted(CountedPriority::AtResolution), "3");
    assert_eq!(counted(CountedPriority::Highest), "2");
    assert_eq!(counted(CountedPriority::default()), "2");
    assert_eq!(
        *case.counted_priority(CountedPriority::Highest, &["5", "3"]),
        "5",
        "as the target orders them"
    );
    case.priority_history.clear();
    for which in [
        CountedPriority::AtOpening,
        CountedPriority::AtResolution,
        CountedPriority::Highest,
    ] {
        assert_eq!(*case.counted_priority(which, &order), "5", "it never changed");
    }
    case.priority = "unheard of";
    assert_eq!(*case.counted_priority(CountedPriority::Highest, &order), "unheard of");
}

#[test]
fn timeliness_is_a_share_of_cases() {
    let timed = |within| Timed {
        elapsed_seconds: 0,
        elapsed_days: 0,
        within,
    };
    assert_eq!(timeliness(&[]), None);
    let two_of_three = timeliness(&[timed(true), timed(false), timed(true)]).unwrap();
    assert_eq!(two_of_three.to_string(), "66.666667");
    assert_eq!(two_of_three.compare(decimal("66.666667")), std::cmp::Ordering::Less);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn neither_order_nor_duplicates_of_pauses_change_the_time(
        pauses in prop::collection::vec((-50_000i64..200_000, 0i64..40_000), 0..8), cut in 0i64..40_000,
    ) {
        let hours = office();
        let mut case = case();
        let start = case.opened;
        let pause = |from: i64, to: i64| Pause {
            from: start + Duration::seconds(from),
            to: Some(start + Duration::seconds(to)),
        };
        case.pauses = pauses.iter().map(|(from, length)| pause(*from, from + length)).collect();
        let timed = case.timed(&rule(&hours, "PT5H")).unwrap();
        // Each in two parts, turned round, and once more.
        let mut parts: Vec<Pause> = pauses
            .iter()
            .flat_map(|(from, length)| {
                let cut = from + cut.min(*length);
                [pause(*from, cut), pause(cut, from + length)]
            })
            .collect();
        parts.reverse();
        parts.extend(case.pauses.clone());
        case.pauses = parts;
        prop_assert_eq!(case.timed(&rule(&hours, "PT5H")).unwrap(), timed);
    }

    #[test]
    fn a_longer_limit_never_makes_a_case_late(seconds in 0i64..60_000, more in 0i64..10_000) {
        let hours = office();
        let within = |limit| {
            let rule = TimelinessRule { limit: TimeLimit::OpenSeconds(limit), ..rule(&hours, "PT1S") };
            case().timed(&rule).unwrap().within
        };
        prop_assert!(!within(seconds) || within(seconds + more));
    }
}
