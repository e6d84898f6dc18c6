use chrono::Duration;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::calendars::{
    CalendarHours, Interval,
    intervals::seconds,
    tests::{hours, hours_of_vector},
};

#[test]
fn availability_is_what_others_compute() {
    for vector in vectors("availability") {
        let hours = hours_of_vector(&vector["calendar"]);
        let period = Interval::new(instant(&vector["period"]["from"]), instant(&vector["period"]["to"]));
        let outages = vector["outages"].as_array().unwrap().iter().map(|outage| Outage {
            from: instant(&outage["from"]),
            to: outage["to"].as_str().map(at),
            planned: outage["planned"].as_bool().unwrap(),
        });
        let agreed = agreed_time(&hours, period, &[period], &[]);
        let found = availability(&agreed, period.to, outages);
        let text = |percent: Option<Quotient>| percent.map(|p| p.to_string());
        let expected = &vector["expected"];
        assert_eq!(expected["agreed_seconds"], found.agreed_seconds, "{}", vector["id"]);
        assert_eq!(expected["downtime_seconds"], found.downtime_seconds, "{}", vector["id"]);
        assert_eq!(
            expected["downtime_including_planned_seconds"], found.downtime_including_planned_seconds,
            "{}",
            vector["id"]
        );
        assert_eq!(
            expected["percent"].as_str(),
            text(found.percent()).as_deref(),
            "{}",
            vector["id"]
        );
        assert_eq!(
            expected["percent_including_planned"].as_str(),
            text(found.percent_including_planned()).as_deref(),
            "{}",
            vector["id"]
        );
    }
}

fn office() -> CalendarHours {
    let day = json!([{"from": "08:00", "to": "17:00"}]);
    hours(
        json!({"zone": "Europe/Stockholm", "weekly": {"monday": day, "tuesday": day, "wednesday": day, "thursday": day,
        "friday": day}}),
    )
}

/// March 2026 in Sweden: 22 weekdays of nine hours.
fn march() -> Interval {
    Interval::new(at("2026-02-28T23:00:00Z"), at("2026-03-31T22:00:00Z"))
}

fn second(n: i64) -> DateTime<Utc> {
    march().from + Duration::seconds(n)
}

fn unplanned(from: &str, to: Option<&str>) -> Outage {
    Outage {
        from: at(from),
        to: to.map(at),
        planned: false,
    }
}

#[test]
fn nothing_is_agreed_before_it_is_used() {
    let hours = office();
    let used = Interval::new(at("2026-03-15T23:00:00Z"), at("2027-01-01T00:00:00Z"));
    let agreed = agreed_time(&hours, march(), &[used], &[]);
    assert_eq!(seconds(&agreed), 12 * 9 * 3600);
    // An outage before that took nothing.
    let before = unplanned("2026-03-02T07:00:00Z", Some("2026-03-13T16:00:00Z"));
    let found = availability(&agreed, march().to, [before]);
    assert_eq!(
        (found.downtime_seconds, found.percent().unwrap().to_string()),
        (0, "100.000000".into())
    );
    let never = availability(&agreed_time(&hours, march(), &[], &[]), march().to, [before]);
    assert_eq!(never.percent(), None);
}

#[test]
fn an_exclusion_takes_both_the_downtime_and_the_agreed_time_within() {
    let hours = office();
    let outage = unplanned("2026-03-02T07:00:00Z", Some("2026-03-02T11:00:00Z"));
    let excluded = Interval::new(at("2026-03-02T09:00:00Z"), at("2026-03-02T12:00:00Z"));
    let raw = availability(&agreed_time(&hours, march(), &[march()], &[]), march().to, [outage]);
    let agreed = availability(
        &agreed_time(&hours, march(), &[march()], &[excluded, excluded]),
        march().to,
        [outage],
    );
    assert_eq!((raw.agreed_seconds, raw.downtime_seconds), (198 * 3600, 4 * 3600));
    assert_eq!((agreed.agreed_seconds, agreed.downtime_seconds), (195 * 3600, 2 * 3600));
}

#[test]
fn an_open_outage_lasts_to_the_end_or_to_now() {
    let hours = office();
    let outage = unplanned("2026-03-02T15:00:00Z", None);
    let until = |to: DateTime<Utc>| {
        let judged = Interval::new(march().from, to);
        availability(&agreed_time(&hours, judged, &[judged], &[]), to, [outage]).downtime_seconds
    };
    assert_eq!(until(at("2026-03-03T08:00:00Z")), 2 * 3600);
    assert_eq!(until(march().to), (1 + 21 * 9) * 3600);
}

fn outages() -> impl Strategy<Value = Vec<Outage>> {
    let outage = (-200_000i64..2_800_000, 0i64..200_000, any::<bool>(), 0..9u8);
    prop::collection::vec(outage, 0..12).prop_map(|all| {
        all.into_iter()
            .map(|(from, length, planned, open)| Outage {
                from: second(from),
                to: (open > 0).then(|| second(from + length)),
                planned,
            })
            .collect()
    })
}

fn judged(outages: &[Outage]) -> Availability {
    availability(
        &agreed_time(&office(), march(), &[march()], &[]),
        march().to,
        outages.iter().copied(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn more_downtime_never_raises_availability(outages in outages(), more in outages()) {
        let all = [outages.clone(), more].concat();
        let (before, after) = (judged(&outages), judged(&all));
        prop_assert!(after.percent() <= before.percent());
        prop_assert!(after.downtime_seconds <= after.downtime_including_planned_seconds);
        prop_assert!(after.downtime_including_planned_seconds <= after.agreed_seconds);
    }

    #[test]
    fn splitting_an_outage_changes_nothing(outages in outages(), at in 0i64..2_678_400) {
        let mut split = vec![];
        for outage in &outages {
            let cut = second(at);
            if outage.from < cut && outage.to.is_none_or(|to| cut < to) {
                split.push(Outage { to: Some(cut), ..*outage });
                split.push(Outage { from: cut, ..*outage });
            } else {
                split.push(*outage);
            }
        }
        prop_assert_eq!(judged(&split), judged(&outages));
    }

    #[test]
    fn neither_order_nor_duplicates_change_anything(outages in outages(), turn in 0usize..12) {
        let mut other = outages.clone();
        other.rotate_left(turn % outages.len().max(1));
        prop_assert_eq!(judged(&other), judged(&outages));
        other.extend(outages.iter().rev());
        prop_assert_eq!(judged(&other), judged(&outages));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Second by second: down is what is agreed and inside an unplanned outage.
    #[test]
    fn downtime_is_what_counting_finds(outages in outages(), excluded in prop::collection::vec((0i64..2_600_000, 0i64..90_000), 0..3)) {
        let excluded: Vec<Interval> =
            excluded.into_iter().map(|(from, length)| Interval::new(second(from), second(from + length))).collect();
        let agreed = agreed_time(&office(), march(), &[march()], &excluded);
        let found = availability(&agreed, march().to, outages.iter().copied());
        let inside = |list: &[Interval]| {
            let mut seconds = vec![false; 2_678_400];
            for interval in list {
                let place = |at: DateTime<Utc>| (at - march().from).num_seconds().clamp(0, 2_678_400) as usize;
                let (from, to) = (place(interval.from), place(interval.to));
                if from < to {
                    seconds[from..to].fill(true);
                }
            }
            seconds
        };
        let open: Vec<Interval> = office().openings(march().from, march().to).collect();
        let lasted: Vec<Interval> = outages
            .iter()
            .filter(|outage| !outage.planned)
            .map(|outage| Interval::new(outage.from, outage.to.unwrap_or(march().to)))
            .collect();
        let (open, excluded, down) = (inside(&open), inside(&excluded), inside(&lasted));
        let agreed = (0..open.len()).filter(|n| open[*n] && !excluded[*n]);
        prop_assert_eq!(agreed.clone().count() as i64, found.agreed_seconds);
        prop_assert_eq!(agreed.filter(|n| down[*n]).count() as i64, found.downtime_seconds);
    }
}
