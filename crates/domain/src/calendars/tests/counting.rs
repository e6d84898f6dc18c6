//! The arithmetic: against figures that other people's libraries computed, and against counting second by second.
use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::HashMap;

use super::*;

/// What others computed; the file says where it comes from.
const VECTORS: &str = include_str!("vectors.json");

fn vectors(group: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(VECTORS).unwrap();
    all[group].as_array().unwrap().clone()
}

fn instant(value: &Value) -> DateTime<Utc> {
    at(value.as_str().unwrap())
}

fn pauses(vector: &Value) -> Vec<Pause> {
    let list = vector["pauses"].as_array().unwrap().iter();
    list.map(|pause| Pause {
        from: instant(&pause["from"]),
        to: pause["to"].as_str().map(at),
    })
    .collect()
}

#[test]
fn open_seconds_are_those_that_others_count() {
    for vector in vectors("business_seconds") {
        let hours = hours_of_vector(&vector["calendar"]);
        let seconds = hours.open_seconds(instant(&vector["a"]), instant(&vector["b"]));
        assert_eq!(vector["expected"]["seconds"], seconds, "{}", vector["id"]);
    }
}

#[test]
fn elapsed_time_is_what_others_count() {
    for vector in vectors("elapsed_with_pauses") {
        let hours = hours_of_vector(&vector["calendar"]);
        let (start, stop) = (instant(&vector["start"]), instant(&vector["stop"]));
        let expected = &vector["expected"];
        assert_eq!(
            expected["open_seconds"],
            hours.open_seconds(start, stop),
            "{}",
            vector["id"]
        );
        assert_eq!(
            expected["elapsed_seconds"],
            hours.elapsed(start, stop, &pauses(&vector)),
            "{}",
            vector["id"]
        );
    }
}

#[test]
fn deadlines_are_those_that_others_find() {
    for vector in vectors("deadline") {
        let hours = hours_of_vector(&vector["calendar"]);
        let limit = TimeLimit::OpenSeconds(vector["limit_seconds"].as_i64().unwrap());
        let deadline = hours.deadline(limit, instant(&vector["start"]), &pauses(&vector));
        let expected = vector["expected"]["deadline"].as_str().map(at);
        assert_eq!(deadline, expected, "{}", vector["id"]);
    }
}

fn every_day(zone: &str, from: &str, to: &str) -> CalendarHours {
    let day = json!([{"from": from, "to": to}]);
    let days = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let weekly: serde_json::Map<String, Value> = days.iter().map(|name| ((*name).into(), day.clone())).collect();
    hours(json!({"zone": zone, "weekly": weekly}))
}

/// The clock in Sweden went from 03:00 back to 02:00 at 01:00 UTC on 25 October 2026, and from 02:00 to 03:00 at
/// 01:00 UTC on 29 March 2026.
#[test]
fn hours_that_begin_or_end_while_the_clock_changes() {
    let open = |from: &str, to: &str, date: &str| {
        let hours = every_day("Europe/Stockholm", from, to);
        let date: NaiveDate = date.parse().unwrap();
        let noon = |date: NaiveDate| date.and_hms_opt(12, 0, 0).unwrap().and_utc();
        let all: Vec<Interval> = hours.openings(noon(date.pred_opt().unwrap()), noon(date)).collect();
        all.iter()
            .map(|i| format!("{} {}", i.from.format("%d %H:%M"), i.to.format("%d %H:%M")))
            .collect::<Vec<_>>()
    };
    // Repeated hour: it opens the first time, and closes the last.
    assert_eq!(open("02:15", "02:45", "2026-10-25"), ["25 00:15 25 01:45"]);
    assert_eq!(open("01:00", "02:00", "2026-10-25"), ["24 23:00 25 01:00"]);
    assert_eq!(open("03:00", "04:00", "2026-10-25"), ["25 02:00 25 03:00"]);
    // Skipped hour: the boundary is the instant of the change.
    assert_eq!(open("02:15", "03:30", "2026-03-29"), ["29 01:00 29 01:30"]);
    assert_eq!(open("01:30", "02:30", "2026-03-29"), ["29 00:30 29 01:00"]);
    assert_eq!(open("02:15", "02:45", "2026-03-29"), Vec::<String>::new());
}

#[test]
fn a_day_has_the_hours_that_its_clock_shows() {
    let day = |zone: &str, from: &str, to: &str| every_day(zone, "00:00", "24:00").open_seconds(at(from), at(to));
    assert_eq!(
        day("Europe/Stockholm", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        23 * 3600
    );
    assert_eq!(
        day("Europe/Stockholm", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        25 * 3600
    );
    // Midnight itself is repeated on the Azores, and 30 December 2011 never came to Samoa: nothing is counted twice.
    assert_eq!(
        day("Atlantic/Azores", "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z"),
        72 * 3600
    );
    assert_eq!(
        day("Pacific/Apia", "2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z"),
        72 * 3600
    );
}

/// A Saturday up to midnight ends where the repeated hour begins: that hour is Sunday's.
#[test]
fn hours_are_cut_at_midnight_even_where_it_is_repeated() {
    let saturday = json!({"saturday": [{"from": "20:00", "to": "24:00"}]});
    let hours = hours(json!({"zone": "Atlantic/Azores", "weekly": saturday}));
    let open: Vec<Interval> = hours
        .openings(at("2026-10-24T00:00:00Z"), at("2026-10-27T00:00:00Z"))
        .collect();
    assert_eq!(
        open,
        [Interval::new(at("2026-10-24T20:00:00Z"), at("2026-10-25T00:00:00Z"))]
    );
}

#[test]
fn open_days_are_local_dates_with_any_open_time() {
    let hours = hours(office());
    let days = |from: &str, to: &str| hours.open_days(at(from), at(to));
    // Friday afternoon to Tuesday morning: Friday, Monday, Tuesday.
    assert_eq!(days("2026-03-06T14:00:00Z", "2026-03-10T08:00:00Z"), 3);
    // After closing on Friday, to before opening on Tuesday: Monday.
    assert_eq!(days("2026-03-06T16:00:00Z", "2026-03-10T06:00:00Z"), 1);
    // Over Midsummer Eve, which is closed.
    assert_eq!(days("2026-06-18T08:00:00Z", "2026-06-22T08:00:00Z"), 2);
    let pause = |from: &str, to: Option<&str>| Pause {
        from: at(from),
        to: to.map(at),
    };
    let (start, stop) = (at("2026-03-02T08:00:00Z"), at("2026-03-05T08:00:00Z"));
    assert_eq!(hours.elapsed_days(start, stop, &[]), 4);
    let tuesday = pause("2026-03-03T00:00:00Z", Some("2026-03-03T18:00:00Z"));
    assert_eq!(hours.elapsed_days(start, stop, &[tuesday]), 3);
    let part = pause("2026-03-03T09:00:00Z", Some("2026-03-03T18:00:00Z"));
    assert_eq!(hours.elapsed_days(start, stop, &[part]), 4);

    let deadline = |days, pauses: &[Pause]| hours.deadline(TimeLimit::OpenDays(days), start, pauses);
    assert_eq!(deadline(0, &[]), Some(start));
    assert_eq!(deadline(1, &[]), Some(at("2026-03-02T16:00:00Z")));
    assert_eq!(deadline(2, &[]), Some(at("2026-03-03T16:00:00Z")));
    assert_eq!(deadline(2, &[tuesday]), Some(at("2026-03-04T16:00:00Z")));
    assert_eq!(deadline(2, &[pause("2026-03-03T09:00:00Z", None)]), None);
    assert_eq!(
        deadline(1, &[pause("2026-03-03T09:00:00Z", None)]),
        Some(at("2026-03-02T16:00:00Z"))
    );
}

#[test]
fn a_calendar_that_never_opens_has_no_deadline() {
    let never = hours(json!({"zone": "Europe/Stockholm", "weekly": {}}));
    let start = at("2026-03-02T08:00:00Z");
    assert_eq!(never.deadline(TimeLimit::OpenSeconds(1), start, &[]), None);
    assert_eq!(never.deadline(TimeLimit::OpenDays(1), start, &[]), None);
    assert_eq!(never.deadline(TimeLimit::OpenSeconds(0), start, &[]), Some(start));
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    let hours = hours(office());
    assert_eq!(
        hours.open_seconds(at("2026-03-02T08:00:00Z"), at("2026-03-01T08:00:00Z")),
        0
    );
    let last = DateTime::<Utc>::MAX_UTC;
    hours.open_seconds(last - Duration::days(40), last);
    hours.open_seconds(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MIN_UTC + Duration::days(40));
    hours.deadline(TimeLimit::OpenSeconds(1), last, &[]);
}

/// Whether each minute of a span is open, by reading the clock minute after minute and nothing else: a boundary is
/// where the clock shows it first or last, or the first minute after it was passed over.
fn minutes_by_the_clock(hours: &CalendarHours, first: i64, count: usize) -> Vec<bool> {
    const MARGIN: i64 = 3 * 1440;
    let from = first - MARGIN;
    let shown = |minute: i64| {
        DateTime::from_timestamp(minute * 60, 0)
            .unwrap()
            .with_timezone(&hours.zone())
            .naive_local()
    };
    let clock: Vec<NaiveDateTime> = (from..first + count as i64 + MARGIN).map(shown).collect();
    let mut seen: HashMap<NaiveDateTime, (usize, usize)> = HashMap::new();
    for (n, local) in clock.iter().enumerate() {
        seen.entry(*local).or_insert((n, n)).1 = n;
    }
    let passed = |local: NaiveDateTime| clock.iter().rposition(|shown| *shown < local).map_or(0, |n| n + 1);
    let mut open = vec![false; clock.len()];
    let (mut date, end) = (clock[0].date(), clock[clock.len() - 1].date());
    while date < end {
        for opening in hours.on(date) {
            let local = |minutes: u16| date.and_time(NaiveTime::MIN) + Duration::minutes(minutes.into());
            let begin = local(opening.from.minutes());
            let begin = seen.get(&begin).map_or_else(|| passed(begin), |(first, _)| *first);
            let close = local(opening.to.minutes());
            let close = match seen.get(&close) {
                Some((_, last)) if opening.to < ClockTime::END_OF_DAY => *last,
                // The last minute that shows the date.
                _ if opening.to == ClockTime::END_OF_DAY => clock
                    .iter()
                    .rposition(|shown| shown.date() <= date)
                    .map_or(0, |n| n + 1),
                _ => passed(close),
            };
            (begin..close).for_each(|n| open[n] = true);
        }
        date = date.succ_opt().unwrap();
    }
    open[MARGIN as usize..MARGIN as usize + count].to_vec()
}

const ZONES: [&str; 9] = [
    "Europe/Stockholm",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kolkata",
];

/// Openings of a day, at any quarter of an hour; some touch.
fn day() -> impl Strategy<Value = Vec<(u16, u16)>> {
    prop_oneof![
        1 => Just(vec![]),
        1 => Just(vec![(0, 96)]),
        1 => Just(vec![(0, 12), (12, 96)]),
        4 => prop::collection::btree_set(0u16..=96, 2..=6).prop_map(|ends| {
            let ends: Vec<u16> = ends.into_iter().collect();
            ends.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
        }),
    ]
}

/// A calendar with exceptions in the month after a day.
fn calendar(first: NaiveDate) -> impl Strategy<Value = CalendarHours> {
    let exceptions = prop::collection::btree_map(0i64..32, day(), 0..4);
    (
        prop::sample::select(&ZONES[..]),
        prop::array::uniform7(day()),
        exceptions,
    )
        .prop_map(move |(zone, week, exceptions)| {
            let clock = |quarters: u16| format!("{:02}:{:02}", quarters / 4, quarters % 4 * 15);
            let openings = |day: &[(u16, u16)]| -> Value {
                day.iter()
                    .map(|(from, to)| json!({"from": clock(*from), "to": clock(*to)}))
                    .collect()
            };
            let days = [
                "monday",
                "tuesday",
                "wednesday",
                "thursday",
                "friday",
                "saturday",
                "sunday",
            ];
            let weekly: serde_json::Map<String, Value> = days
                .iter()
                .zip(&week)
                .map(|(name, day)| ((*name).into(), openings(day)))
                .collect();
            let exceptions: Value = exceptions
                .iter()
                .map(|(n, day)| json!({"date": first + Duration::days(*n), "hours": openings(day)}))
                .collect();
            hours(json!({"zone": zone, "weekly": weekly, "exceptions": exceptions}))
        })
}

/// A month that begins shortly before the clocks of most zones change, or on any day.
fn month() -> impl Strategy<Value = NaiveDate> {
    let around = prop::sample::select(&["2026-03-20", "2026-10-12", "2027-03-05", "2027-09-20", "2028-04-01"][..]);
    prop_oneof![
        around.prop_flat_map(|day| (0i64..20).prop_map(move |n| day.parse::<NaiveDate>().unwrap() + Duration::days(n))),
        (0i64..3650).prop_map(|n| NaiveDate::from_ymd_opt(2025, 1, 1).unwrap() + Duration::days(n)),
    ]
}

fn in_a_month() -> impl Strategy<Value = (CalendarHours, NaiveDate)> {
    month().prop_flat_map(|first| (calendar(first), Just(first)))
}

fn pause_list(first: i64) -> impl Strategy<Value = Vec<Pause>> {
    prop::collection::vec((0i64..2_592_000, 0i64..300_000), 0..5).prop_map(move |all| {
        let second = |n: i64| DateTime::from_timestamp(first + n, 0).unwrap();
        all.into_iter()
            .map(|(from, length)| Pause {
                from: second(from),
                to: Some(second(from + length)),
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn open_seconds_are_those_that_a_clock_shows_second_by_second(
        (hours, first) in in_a_month(), skew in 0i64..86_400, length in 0i64..2_592_000,
    ) {
        let day = first.and_time(NaiveTime::MIN).and_utc().timestamp();
        let (from, to) = (day + skew, day + skew + length);
        let open = minutes_by_the_clock(&hours, day / 60, 32 * 1440);
        let counted = (from..to).filter(|second| open[((second - day) / 60) as usize]).count();
        let second = |n: i64| DateTime::from_timestamp(n, 0).unwrap();
        prop_assert_eq!(hours.open_seconds(second(from), second(to)), counted as i64);
    }

    #[test]
    fn parts_add_up_over_years(
        (hours, first) in in_a_month(), cuts in prop::array::uniform3(0i64..315_576_000_000),
    ) {
        let mut cuts = cuts;
        cuts.sort();
        // Not only whole seconds.
        let [a, b, c] = cuts.map(|ms| first.and_time(NaiveTime::MIN).and_utc() + Duration::milliseconds(ms));
        prop_assert_eq!(hours.open_seconds(a, c), hours.open_seconds(a, b) + hours.open_seconds(b, c));
    }

    #[test]
    fn elapsed_is_open_time_without_the_merged_pauses(
        (hours, first, pauses) in in_a_month().prop_flat_map(|(hours, first)| {
            let day = first.and_time(NaiveTime::MIN).and_utc().timestamp();
            (Just(hours), Just(first), pause_list(day))
        }), length in 0i64..2_592_000,
    ) {
        let start = first.and_time(NaiveTime::MIN).and_utc();
        let stop = start + Duration::seconds(length);
        let mut elapsed = hours.open_seconds(start, stop);
        for pause in intervals::union(pauses.iter().map(|p| Interval::new(p.from, p.to.unwrap()))) {
            let pause = pause.and(&Interval::new(start, stop));
            elapsed -= hours.open_seconds(pause.from, pause.to);
        }
        prop_assert_eq!(hours.elapsed(start, stop, &pauses), elapsed);
        let mut turned = pauses.clone();
        turned.reverse();
        turned.extend(pauses);
        prop_assert_eq!(hours.elapsed(start, stop, &turned), elapsed);
    }

    #[test]
    fn a_deadline_is_the_earliest_instant_at_which_the_limit_is_reached(
        (hours, first, pauses) in in_a_month().prop_flat_map(|(hours, first)| {
            let day = first.and_time(NaiveTime::MIN).and_utc().timestamp();
            (Just(hours), Just(first), pause_list(day))
        }), skew in 0i64..86_400, limit in 1i64..2_000_000, days in 1u32..12,
    ) {
        let start = first.and_time(NaiveTime::MIN).and_utc() + Duration::seconds(skew);
        let second = Duration::seconds(1);
        match hours.deadline(TimeLimit::OpenSeconds(limit), start, &pauses) {
            Some(deadline) => {
                prop_assert_eq!(hours.elapsed(start, deadline, &pauses), limit);
                prop_assert_eq!(hours.elapsed(start, deadline - second, &pauses), limit - 1);
                prop_assert!(hours.within(TimeLimit::OpenSeconds(limit), start, deadline, &pauses));
            }
            None => prop_assert!(hours.elapsed(start, start + Duration::days(36_000), &pauses) < limit),
        }
        if let Some(deadline) = hours.deadline(TimeLimit::OpenDays(days), start, &pauses) {
            prop_assert_eq!(hours.elapsed_days(start, deadline, &pauses), days);
            prop_assert!(hours.within(TimeLimit::OpenDays(days), start, deadline, &pauses));
        }
    }

    #[test]
    fn openings_are_apart_and_in_order((hours, first) in in_a_month()) {
        let start = first.and_time(NaiveTime::MIN).and_utc();
        let all: Vec<Interval> = hours.openings(start, start + Duration::days(40)).collect();
        prop_assert!(all.iter().all(|open| !open.is_empty()));
        prop_assert!(all.windows(2).all(|pair| pair[0].to <= pair[1].from));
    }
}
