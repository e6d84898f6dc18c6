//! A time zone as calendars want it told: the changes of its clock in the years that they show.
use chrono::{DateTime, Datelike, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{OffsetName, Tz};

use super::Window;
use crate::calendars::midnight;

/// A stretch of time over which a zone's clock keeps one distance to UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observance {
    /// What the clock showed at its beginning, by the offset before.
    pub begins: NaiveDateTime,
    /// Seconds ahead of UTC before.
    pub offset_before: i32,
    /// Seconds ahead of UTC from then on.
    pub offset: i32,
    /// What people call it, such as CEST.
    pub name: Option<String>,
    /// Whether it is summer time.
    pub is_summer: bool,
}

fn offset(zone: Tz, at: DateTime<Utc>) -> i32 {
    at.with_timezone(&zone).offset().fix().local_minus_utc()
}

fn observance(zone: Tz, at: DateTime<Utc>, offset_before: i32) -> Observance {
    let local = at.with_timezone(&zone);
    Observance {
        begins: at.naive_utc() + TimeDelta::seconds(offset_before.into()),
        offset_before,
        offset: local.offset().fix().local_minus_utc(),
        name: local.offset().abbreviation().map(Into::into),
        is_summer: chrono_tz::OffsetComponents::dst_offset(local.offset()) > TimeDelta::zero(),
    }
}

/// The zone's observances in all years that a window touches: the one that holds at their beginning, and each change.
pub fn observances(zone: Tz, window: Window) -> Vec<Observance> {
    let new_year = |year: i32| {
        let day = chrono::NaiveDate::from_ymd_opt(year, 1, 1);
        midnight(zone, day.unwrap_or(window.first_day))
    };
    let (begin, end) = (new_year(window.first_day.year()), new_year(window.last_day.year() + 1));
    let mut all = vec![observance(zone, begin, offset(zone, begin))];
    let (mut at, day) = (begin, TimeDelta::days(1));
    while at < end {
        let next = at + day;
        let (before, after) = (offset(zone, at), offset(zone, next));
        if before != after {
            all.push(observance(zone, changes_between(zone, at, next), before));
        }
        at = next;
    }
    all
}

/// The first second at which the offset is not what it was at `from`; no clock changes twice in a day.
fn changes_between(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> DateTime<Utc> {
    let before = offset(zone, from);
    let (mut low, mut high) = (from.timestamp(), to.timestamp());
    let instant = |seconds: i64| DateTime::from_timestamp(seconds, 0).unwrap_or(to);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match offset(zone, instant(middle)) == before {
            true => low = middle,
            false => high = middle,
        }
    }
    instant(high)
}

/// What the zone's clock shows at an instant, where that names the instant alone: in a repeated hour it does not, and readers
/// differ in which pass they take, or take neither.
pub fn clock_time(zone: Tz, at: DateTime<Utc>) -> Option<NaiveDateTime> {
    let local = at.with_timezone(&zone).naive_local();
    zone.from_local_datetime(&local).single().map(|_| local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    fn window(first: &str, last: &str) -> Window {
        Window {
            first_day: first.parse().unwrap(),
            last_day: last.parse().unwrap(),
        }
    }

    #[test]
    fn stockholm_changes_twice_a_year() {
        let told = observances(chrono_tz::Europe::Stockholm, window("2026-05-01", "2027-02-01"));
        let told: Vec<_> = told
            .iter()
            .map(|o| {
                (
                    o.begins.to_string(),
                    o.offset_before,
                    o.offset,
                    o.name.as_deref(),
                    o.is_summer,
                )
            })
            .collect();
        let (cet, cest) = (Some("CET"), Some("CEST"));
        assert_eq!(
            told,
            [
                ("2026-01-01 00:00:00".to_owned(), 3600, 3600, cet, false),
                ("2026-03-29 02:00:00".to_owned(), 3600, 7200, cest, true),
                ("2026-10-25 03:00:00".to_owned(), 7200, 3600, cet, false),
                ("2027-03-28 02:00:00".to_owned(), 3600, 7200, cest, true),
                ("2027-10-31 03:00:00".to_owned(), 7200, 3600, cet, false),
            ]
        );
    }

    #[test]
    fn a_zone_without_summer_time_has_one_observance() {
        let of = |zone| observances(zone, window("2026-05-01", "2026-06-01"));
        assert_eq!(of(chrono_tz::UTC).len(), 1);
        assert_eq!(of(chrono_tz::Asia::Kolkata)[0].offset, 19_800);
        // Half an hour of summer time.
        assert_eq!(of(chrono_tz::Australia::Lord_Howe).len(), 3);
    }

    #[test]
    fn a_repeated_hour_has_no_time_on_the_clock() {
        let zone = chrono_tz::Europe::Stockholm;
        let told = |at: &str| clock_time(zone, at.parse().unwrap()).map(|t| t.to_string());
        assert_eq!(told("2026-10-24T23:59:59Z").as_deref(), Some("2026-10-25 01:59:59"));
        assert_eq!(told("2026-10-25T00:30:00Z"), None);
        assert_eq!(told("2026-10-25T01:30:00Z"), None);
        assert_eq!(told("2026-10-25T02:00:00Z").as_deref(), Some("2026-10-25 03:00:00"));
        assert_eq!(told("2026-03-29T01:00:00Z").as_deref(), Some("2026-03-29 03:00:00"));
    }

    proptest! {
        /// Whoever knows only the observances reads the same instants.
        #[test]
        fn observances_tell_the_offset_of_every_instant(
            seconds in 0i64..94_608_000,
            zone in prop::sample::select(vec![chrono_tz::Europe::Stockholm, chrono_tz::America::New_York,
                chrono_tz::Australia::Lord_Howe, chrono_tz::Africa::Casablanca, chrono_tz::UTC]),
        ) {
            let begin = midnight(zone, NaiveDate::from_ymd_opt(2025, 1, 1).unwrap());
            let at = begin + TimeDelta::seconds(seconds);
            let all = observances(zone, window("2025-02-03", "2027-12-30"));
            let begun = |o: &&Observance| o.begins - TimeDelta::seconds(o.offset_before.into()) <= at.naive_utc();
            let holds = all.iter().rfind(begun).unwrap();
            prop_assert_eq!(holds.offset, offset(zone, at));
        }
    }
}
