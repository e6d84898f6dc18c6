//! When something recurs: RFC 5545's rules on the wall clock of a zone.
//!
//! The rule is expanded on a wall clock that knows no zone, so that no occurrence is lost where clocks change; each local
//! time is then read: a skipped one with the offset from before the gap, a repeated one as its first.
use std::collections::HashSet;

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};
use rrule::{RRule, RRuleSet, Unvalidated};

use crate::{Rule, RuleCode, vocabulary::*};

/// One occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// The local time that the rule gives it.
    pub local: NaiveDateTime,
    /// The instant.
    pub at: DateTime<Utc>,
}

impl Occurrence {
    /// The instant of a local time.
    pub fn of(local: NaiveDateTime, zone: Tz) -> Self {
        let at = match zone.from_local_datetime(&local) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
            LocalResult::None => {
                let before = GapInfo::new(&local, &zone).and_then(|gap| gap.begin);
                // A gap always has a beginning; UTC stands in where the zone's own data begins.
                before.map_or_else(|| local.and_utc(), |(_, offset)| (local - offset.fix()).and_utc())
            }
        };
        Self { local, at }
    }
}

/// The last time at which a rule gives anything, where it says so.
#[derive(Debug, Clone, Copy)]
enum Until {
    Instant(DateTime<Utc>),
    Day(NaiveDate),
}

impl Until {
    fn of(text: &str) -> Option<Self> {
        match NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ") {
            Ok(at) => Some(Self::Instant(at.and_utc())),
            Err(_) => NaiveDate::parse_from_str(text, "%Y%m%d").ok().map(Self::Day),
        }
    }

    fn allows(self, occurrence: &Occurrence) -> bool {
        match self {
            Self::Instant(until) => occurrence.at <= until,
            Self::Day(until) => occurrence.local.date() <= until,
        }
    }
}

fn refused(detail: impl Into<String>) -> Rule {
    Rule::new(RuleCode::State, detail).at("/rule")
}

/// The occurrences from the first time on and before an instant, in order; no more than `most`.
pub fn occurrences(
    rule: &RecurrenceRule,
    first: NaiveDateTime,
    zone: Tz,
    before: DateTime<Utc>,
    most: usize,
) -> Result<Vec<Occurrence>, Rule> {
    let (floating, until) = floating(rule, first)?;
    // No loop without an end where a rule gives nothing at all.
    let all = floating.limit();
    let found = all
        .into_iter()
        .map(|local| Occurrence::of(local.naive_utc(), zone))
        .take_while(|one| one.at < before && until.is_none_or(|until| until.allows(one)));
    Ok(found.take(most).collect())
}

/// The rule without its end, on a wall clock without a zone; and its end.
fn floating(rule: &RecurrenceRule, first: NaiveDateTime) -> Result<(RRuleSet, Option<Until>), Rule> {
    let mut names = HashSet::new();
    let (mut parts, mut until) = (vec![], None);
    for part in rule.as_str().split(';') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        if !names.insert(name) {
            return Err(refused(format!("{name} stands twice.")));
        }
        match name {
            "UNTIL" => until = Some(Until::of(value).ok_or_else(|| refused(format!("{value} is no time.")))?),
            _ => parts.push(part),
        }
    }
    if names.contains("UNTIL") && names.contains("COUNT") {
        return Err(refused("A rule has UNTIL or COUNT, not both."));
    }
    // What RFC 5545 rules out, and the library would read as something else.
    let by_day = parts
        .iter()
        .find_map(|part| part.strip_prefix("BYDAY="))
        .unwrap_or_default();
    let numbered = by_day.contains(|c: char| c.is_ascii_digit());
    let (daily, weekly) = (parts.contains(&"FREQ=DAILY"), parts.contains(&"FREQ=WEEKLY"));
    if numbered && (daily || weekly) {
        return Err(refused("A number stands before a weekday by month or by year alone."));
    }
    if weekly && names.contains("BYMONTHDAY") {
        return Err(refused("Days of the month do not go with weeks."));
    }
    let start = rrule::Tz::UTC.from_utc_datetime(&first);
    let read: RRule<Unvalidated> = parts.join(";").parse().map_err(|e| refused(format!("{e}.")))?;
    let all = read.build(start).map_err(|e| refused(format!("{e}.")))?;
    Ok((all, until))
}

/// The wall clock's midnight of a day, and so many minutes.
pub(super) fn on_the_clock(day: NaiveDate, minutes: u16) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN) + chrono::Duration::minutes(minutes.into())
}
