//! Recurrence: the vectors of another library, properties across clock changes, and what a series makes.
use chrono::{Duration, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;
use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn local(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

#[test]
fn occurrences_are_those_that_others_computed() {
    let all: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let vectors = all["rrule_occurrences"].as_array().unwrap();
    assert_eq!(vectors.len(), 56);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let zone: Tz = text("zone").parse().unwrap();
        let left_out: Vec<NaiveDateTime> = vector["exdates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|told| local(told.as_str().unwrap()))
            .collect();
        let rule: RecurrenceRule = text("rrule").parse().unwrap();
        let made = occurrences(&rule, local(text("dtstart")), zone, at(text("before")), 10_000).unwrap();
        let made: Vec<Value> = made
            .into_iter()
            .filter(|one| !left_out.contains(&one.local))
            .map(|one| one.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true).into())
            .collect();
        assert_eq!(Value::from(made), vector["expected"]["utc"], "{}", text("id"));
    }
}

#[test]
fn a_rule_that_could_not_be_meant_is_refused() {
    for bad in [
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=9,10",
        "FREQ=DAILY;INTERVAL=0",
        "DAILY",
        "FREQ=DAILY;COUNT=1000",
    ] {
        assert!(bad.parse::<RecurrenceRule>().is_err(), "{bad}");
    }
    for refused in [
        "FREQ=DAILY;INTERVAL=2;INTERVAL=3",
        "FREQ=DAILY;COUNT=2;UNTIL=20270101",
        "FREQ=WEEKLY;BYDAY=1TU",
        "FREQ=WEEKLY;BYMONTHDAY=13",
    ] {
        let rule: RecurrenceRule = refused.parse().unwrap();
        let told = occurrences(
            &rule,
            local("2026-01-01T09:00:00"),
            Tz::Europe__Stockholm,
            at("2027-01-01T00:00:00Z"),
            10,
        );
        assert_eq!(told.unwrap_err().pointer.as_deref(), Some("/rule"), "{refused}");
    }
    let never: RecurrenceRule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30".parse().unwrap();
    let none = occurrences(
        &never,
        local("2026-01-01T09:00:00"),
        Tz::UTC,
        at("2100-01-01T00:00:00Z"),
        10,
    );
    assert_eq!(none.unwrap(), []);
}

proptest! {
    /// Each day has its meeting, in order, also where clocks change; the clock shows the wanted time wherever it exists.
    #[test]
    fn no_day_is_lost_where_clocks_change(first in 0i64..3650, minutes in 0u16..1440, zone in prop::sample::select(vec![
        Tz::Europe__Stockholm, Tz::America__New_York, Tz::Australia__Lord_Howe, Tz::America__Santiago, Tz::UTC]))
    {
        let start = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + Duration::days(first);
        let clock = NaiveTime::from_num_seconds_from_midnight_opt(u32::from(minutes) * 60, 0).unwrap();
        let rule: RecurrenceRule = "FREQ=DAILY;COUNT=200".parse().unwrap();
        let made = occurrences(&rule, start.and_time(clock), zone, at("2100-01-01T00:00:00Z"), 300).unwrap();
        prop_assert_eq!(made.len(), 200);
        for (n, one) in made.iter().enumerate() {
            prop_assert_eq!(one.local, (start + Duration::days(n as i64)).and_time(clock));
            let shown = zone.from_utc_datetime(&one.at.naive_utc()).naive_local();
            match zone.from_local_datetime(&one.local) {
                chrono::LocalResult::None => prop_assert!(shown > one.local && shown - one.local <= Duration::hours(2)),
                found => prop_assert_eq!(found.earliest().unwrap().to_utc(), one.at),
            }
        }
        prop_assert!(made.windows(2).all(|pair| pair[0].at < pair[1].at));
    }
}

fn told(rule: &str) -> MeetingSeriesInput {
    MeetingSeriesInput {
        customer: Key::Id(customer(1).id),
        kind: MeetingKind::Dialogue,
        title: None,
        led_by: None,
        rule: rule.parse().unwrap(),
        first_day: day("2026-03-03"),
        time: "09:00".parse().unwrap(),
        zone: None,
        minutes: 60,
        place: None,
        agenda: vec![],
    }
}

fn series(told: MeetingSeriesInput) -> Result<MeetingSeries, crate::Rule> {
    let times = (at("2026-03-02T08:00:00Z"), day("2026-03-02"));
    let id = MeetingSeriesId(Uuid::from_u128(1));
    MeetingSeries::begin(id, told, customer(1), Tz::Europe__Stockholm, times)
}

#[test]
fn a_series_makes_what_is_to_come_and_tells_what_is_as_it_made_it() {
    let monthly = series(told("FREQ=MONTHLY;BYDAY=1TU")).unwrap();
    let now = at("2026-03-03T08:00:00Z");
    let coming = monthly.coming(now, horizon(day("2026-03-03"))).unwrap();
    // The one that begins now is no more to come.
    assert_eq!(coming.len(), 12);
    let mut ids = (1u128..).map(Uuid::from_u128);
    let mut make = |series: &MeetingSeries, n: usize| {
        series
            .meeting(coming[n], Tz::Europe__Stockholm, || ids.next().unwrap(), now)
            .unwrap()
    };
    let first = make(&monthly, 0);
    assert_eq!(first.starts_at, at("2026-04-07T07:00:00Z"));
    assert_eq!((first.day, first.touched), (day("2026-04-07"), false));
    assert!(first.is_as_made(&make(&monthly, 0)));
    assert!(!first.is_as_made(&make(&monthly, 1)));
    let longer = MeetingSeriesInput {
        minutes: 90,
        ..told("FREQ=MONTHLY;BYDAY=1TU")
    };
    let longer = monthly.clone().change(longer, day("2026-03-10")).unwrap();
    assert!(!first.is_as_made(&make(&longer, 0)));
    let ended = longer.end(day("2026-05-05"), day("2026-03-10")).unwrap();
    let left = ended.coming(now, horizon(day("2026-03-10"))).unwrap();
    assert_eq!(left.len(), 2);
    assert!(ended.end(day("2026-06-05"), day("2026-06-01")).is_err());
}

#[test]
fn a_series_is_bounded() {
    for rule in ["FREQ=DAILY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"] {
        assert_eq!(
            series(told(rule)).unwrap_err().pointer.as_deref(),
            Some("/rule"),
            "{rule}"
        );
    }
    assert!(series(told("FREQ=WEEKLY;BYDAY=TU,TH")).is_ok());
    let past = MeetingSeriesInput {
        first_day: day("2026-03-01"),
        ..told("FREQ=MONTHLY")
    };
    assert_eq!(series(past).unwrap_err().pointer.as_deref(), Some("/firstDay"));
    let ages = MeetingSeriesInput {
        first_day: day("9999-12-31"),
        ..told("FREQ=MONTHLY")
    };
    assert!(series(ages).is_err());
    let nowhere = MeetingSeriesInput {
        zone: Some("Europe/Atlantis".parse().unwrap()),
        ..told("FREQ=MONTHLY")
    };
    assert_eq!(series(nowhere).unwrap_err().pointer.as_deref(), Some("/zone"));
    let statement = AgendaTemplateItem {
        about: AgendaItemType::Statement,
        title: "Siffrorna".parse().unwrap(),
        text: None,
    };
    let misplaced = MeetingSeriesInput {
        agenda: vec![statement],
        ..told("FREQ=MONTHLY")
    };
    assert_eq!(series(misplaced).unwrap_err().code, crate::RuleCode::WrongMeeting);
}

#[test]
fn a_meeting_is_overdue_once_more_days_have_passed_than_the_cadence_allows() {
    let of = |a_year, last, taken: &str, today: &str| {
        OverdueMeeting::of(MeetingKind::Review, a_year, last, Some(day(taken)), day(today))
    };
    // ⌈365 ÷ 4⌉ = 92 days from 1 January: 3 April is in time.
    assert_eq!(of(Some(4), Some(day("2026-01-01")), "2020-01-01", "2026-04-03"), None);
    let late = of(Some(4), Some(day("2026-01-01")), "2020-01-01", "2026-04-04").unwrap();
    assert_eq!((late.since, late.due_day), (day("2026-01-01"), day("2026-04-03")));
    // None was held: since the team took over.
    assert_eq!(of(Some(1), None, "2025-06-01", "2026-06-01"), None);
    assert!(of(Some(1), None, "2025-06-01", "2026-06-02").is_some());
    assert_eq!(of(None, None, "2020-01-01", "2026-06-02"), None);
    for a_year in 1..=MOST_A_YEAR {
        let today = day("2026-06-01");
        let is_late = |since| of(Some(a_year), Some(since), "2020-01-01", "2026-06-01").is_some();
        let last_in_time = overdue_before(a_year, today);
        assert!(
            !is_late(last_in_time) && is_late(last_in_time.pred_opt().unwrap()),
            "{a_year}"
        );
    }
}
