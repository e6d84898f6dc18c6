//! Counting service time, exactly: open seconds between two instants, elapsed time with pauses, deadlines, open days.
//!
//! A calendar is walked by local date. Instants count from their whole second: B(a, c) = B(a, b) + B(b, c) always.
use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::{GapInfo, Tz};

use super::{
    CalendarHours, ClockTime, Interval, Opening, TimeLimit,
    intervals::{outside, union, without},
};

/// How far ahead a deadline is looked for, in days: a hundred years.
const HORIZON: i64 = 36_525;

/// A stretch in which a case waits for somebody else; without an end it still lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pause {
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: Option<DateTime<Utc>>,
}

impl Pause {
    fn until(&self, end: DateTime<Utc>) -> Interval {
        Interval::new(whole(self.from), self.to.map_or(end, whole))
    }
}

/// The whole second in which an instant lies. What no clock can show counts as the end of time.
fn whole(instant: DateTime<Utc>) -> DateTime<Utc> {
    const END: i64 = 8_000_000_000_000;
    DateTime::from_timestamp(instant.timestamp().clamp(-END, END), 0).unwrap_or(instant)
}

/// The instant at which the clock passes over a local time that it never shows.
fn skipped(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    let change = GapInfo::new(&local, &zone).and_then(|gap| gap.end);
    // A gap always has an end; UTC stands in where the zone's own data ends.
    change.map_or_else(|| local.and_utc(), |end| end.to_utc())
}

/// When it opens: in a repeated hour the first time that the clock shows it.
fn opens(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
        LocalResult::None => skipped(zone, local),
    }
}

/// When it closes: in a repeated hour the last time that the clock shows it.
/// The instant at which a date begins on the zone's clock.
pub fn midnight(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    opens(zone, date.and_time(NaiveTime::MIN))
}

fn closes(zone: Tz, date: NaiveDate, to: ClockTime) -> DateTime<Utc> {
    let last = |local| match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(_, at) => Some(at.to_utc()),
        LocalResult::None => None,
    };
    if to < ClockTime::END_OF_DAY {
        let local = date.and_time(time(to));
        return last(local).unwrap_or_else(|| skipped(zone, local));
    }
    // The date's own end: where midnight itself is repeated, its second pass belongs to the next date already.
    let second = Duration::seconds(1);
    let local = date.and_time(NaiveTime::MIN) + Duration::days(1) - second;
    last(local).map_or_else(|| skipped(zone, local), |at| at + second)
}

fn time(of_day: ClockTime) -> NaiveTime {
    NaiveTime::from_num_seconds_from_midnight_opt(u32::from(of_day.minutes()) * 60, 0).unwrap_or_default()
}

/// The open intervals between two instants, each within one local date, in order and without overlaps.
pub struct Openings<'a> {
    hours: &'a CalendarHours,
    within: Interval,
    date: NaiveDate,
    last: NaiveDate,
    rest: &'a [Opening],
}

impl Openings<'_> {
    /// The next interval, with the local date to which it belongs.
    fn next_on_its_date(&mut self) -> Option<(NaiveDate, Interval)> {
        let zone = self.hours.zone();
        while !self.within.is_empty() {
            let Some((opening, rest)) = self.rest.split_first() else {
                self.date = self.date.succ_opt()?;
                self.rest = self.hours.on(self.date);
                if self.rest.is_empty() && self.date > self.last {
                    return None;
                }
                continue;
            };
            self.rest = rest;
            let from = opens(zone, self.date.and_time(time(opening.from)));
            if from >= self.within.to {
                return None;
            }
            let open = Interval::new(from, closes(zone, self.date, opening.to)).and(&self.within);
            if !open.is_empty() {
                // In a repeated hour the next opening may begin before this one has ended.
                self.within.from = open.to;
                return Some((self.date, open));
            }
        }
        None
    }
}

impl Iterator for Openings<'_> {
    type Item = Interval;

    fn next(&mut self) -> Option<Interval> {
        self.next_on_its_date().map(|(_, open)| open)
    }
}

impl CalendarHours {
    /// The open intervals between two instants, in order and without overlaps; neighbours may touch.
    pub fn openings(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Openings<'_> {
        let within = Interval::new(whole(from), whole(to));
        let local = |at: DateTime<Utc>| at.with_timezone(&self.zone()).date_naive();
        // The day before too: a clock that is set back over midnight shows it again.
        let date = local(within.from).pred_opt().unwrap_or(NaiveDate::MIN);
        Openings {
            hours: self,
            within,
            date,
            last: local(within.to),
            rest: self.on(date),
        }
    }

    /// Whether it is open whenever another is, over the year that begins on a day.
    pub fn hold(&self, other: &Self, first_day: NaiveDate) -> bool {
        let from = first_day.and_time(chrono::NaiveTime::MIN).and_utc();
        let to = from + chrono::Duration::days(366);
        let (mine, theirs) = (self.openings(from, to), other.openings(from, to));
        without(&union(theirs), &union(mine)).is_empty()
    }

    /// B(a, b): the open seconds between two instants; none where the second is not after the first.
    pub fn open_seconds(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
        self.openings(from, to).map(|open| open.seconds()).sum()
    }

    /// The open days between two instants: local dates with any open time in between. The date of the first instant
    /// counts if anything of its hours was left.
    pub fn open_days(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> u32 {
        self.elapsed_days(from, to, &[])
    }

    /// Open seconds from start to stop without the paused ones: B(start, stop) − Σ B(pause), the pauses merged and
    /// clipped first; an open one lasts to stop.
    pub fn elapsed(&self, start: DateTime<Utc>, stop: DateTime<Utc>, pauses: &[Pause]) -> i64 {
        self.served(start, stop, pauses).map(|(_, open)| open.seconds()).sum()
    }

    /// Local dates with any open time from start to stop that was not paused.
    pub fn elapsed_days(&self, start: DateTime<Utc>, stop: DateTime<Utc>, pauses: &[Pause]) -> u32 {
        let (mut days, mut last) = (0, None);
        for (date, _) in self.served(start, stop, pauses) {
            days += u32::from(last != Some(date));
            last = Some(date);
        }
        days
    }

    /// Whether the time from start to stop is within the limit, which belongs to it.
    pub fn within(&self, limit: TimeLimit, start: DateTime<Utc>, stop: DateTime<Utc>, pauses: &[Pause]) -> bool {
        match limit {
            TimeLimit::OpenSeconds(limit) => self.elapsed(start, stop, pauses) <= limit,
            TimeLimit::OpenDays(limit) => self.elapsed_days(start, stop, pauses) <= limit,
        }
    }

    /// The earliest instant at which the elapsed open time reaches the limit: a closing time, not the next opening. Of
    /// a limit in days, the last closing time of its last day. None while a pause is open before it, and none where the
    /// limit is not reached within a hundred years.
    pub fn deadline(&self, limit: TimeLimit, start: DateTime<Utc>, pauses: &[Pause]) -> Option<DateTime<Utc>> {
        let start = whole(start);
        let horizon = start.checked_add_signed(Duration::days(HORIZON))?;
        let mut served = self.served(start, horizon, pauses);
        match limit {
            TimeLimit::OpenSeconds(..=0) | TimeLimit::OpenDays(0) => Some(start),
            TimeLimit::OpenSeconds(mut left) => served.find_map(|(_, open)| {
                left -= open.seconds();
                (left <= 0).then(|| open.to + Duration::seconds(left))
            }),
            TimeLimit::OpenDays(limit) => {
                let (mut days, mut last): (u32, Option<(NaiveDate, DateTime<Utc>)>) = (0, None);
                for (date, open) in served {
                    if last.is_none_or(|(before, _)| before != date) {
                        days += 1;
                    }
                    if days > limit {
                        return last.map(|(_, closed)| closed);
                    }
                    last = Some((date, open.to));
                }
                // No day comes after it: the calendar ends here, unless a pause that is open hides the rest.
                let open_pause = pauses.iter().any(|pause| pause.to.is_none());
                last.filter(|_| days == limit && !open_pause).map(|(_, closed)| closed)
            }
        }
    }

    /// The open day that is so many open days after a date; none where the calendar ends before.
    pub fn open_day_after(&self, date: NaiveDate, days: u32) -> Option<NaiveDate> {
        date.iter_days()
            .skip(1)
            .take(usize::try_from(HORIZON).unwrap_or_default())
            .filter(|day| !self.on(*day).is_empty())
            .nth(usize::try_from(days).ok()?.checked_sub(1)?)
    }

    /// What is open from start to stop and not paused, with the local dates.
    fn served(
        &self,
        start: DateTime<Utc>,
        stop: DateTime<Utc>,
        pauses: &[Pause],
    ) -> impl Iterator<Item = (NaiveDate, Interval)> {
        let paused = union(pauses.iter().map(|pause| pause.until(whole(stop))));
        let mut openings = self.openings(start, stop);
        std::iter::from_fn(move || openings.next_on_its_date()).flat_map(move |(date, open)| {
            let parts: Vec<_> = outside(open, &paused).map(|part| (date, part)).collect();
            parts
        })
    }
}
