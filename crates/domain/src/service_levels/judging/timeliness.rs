//! Timeliness: whether cases were dealt with in the time that was promised.
use chrono::{DateTime, Utc};

use super::Quotient;
use crate::{
    calendars::{CalendarHours, Interval, Pause, TimeLimit},
    vocabulary::word,
};

word! {
    /// Which priority of a case counts.
    #[derive(Default)]
    CountedPriority {
        /// The one it was opened with.
        AtOpening,
        /// The one it had when it was resolved.
        AtResolution,
        /// The strictest that it ever had.
        #[default]
        Highest,
    }
}

word! {
    /// Up to what the time of a case is counted.
    Milestone {
        /// The first response.
        Response,
        /// The resolution.
        Resolution,
    }
}

/// A priority that a case had, from an instant on. `P` is what its source calls priorities by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrioritySince<P> {
    /// Which.
    pub priority: P,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// A matter that the service desk had to deal with, as far as it is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case<P> {
    /// When it was opened.
    pub opened: DateTime<Utc>,
    /// When somebody first responded.
    pub responded: Option<DateTime<Utc>>,
    /// When it was resolved for good.
    pub resolved: Option<DateTime<Utc>>,
    /// From each earlier resolution to the reopening that followed it.
    pub reopenings: Vec<Interval>,
    /// When it waited for somebody else; in any order, overlaps allowed.
    pub pauses: Vec<Pause>,
    /// The priority that it has, or had at last.
    pub priority: P,
    /// Every priority that it had, in any order; none: it never changed.
    pub priority_history: Vec<PrioritySince<P>>,
}

/// How a target counts the time of a case.
#[derive(Debug, Clone, Copy)]
pub struct TimelinessRule<'a> {
    /// The calendar whose hours count.
    pub hours: &'a CalendarHours,
    /// Up to what.
    pub milestone: Milestone,
    /// How much may pass.
    pub limit: TimeLimit,
    /// Whether the time between a resolution and the reopening counts; by default it does not.
    pub reopened_time_counts: bool,
}

/// The time that a case took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timed {
    /// Open seconds without the paused ones.
    pub elapsed_seconds: i64,
    /// Local dates with any open time that was not paused.
    pub elapsed_days: u32,
    /// Whether it is within the limit, which belongs to it.
    pub within: bool,
}

impl<P: PartialEq> Case<P> {
    /// Whether it belongs to the period: the one in which it was resolved.
    pub fn belongs_to(&self, period: &Interval) -> bool {
        self.resolved.is_some_and(|at| period.from <= at && at < period.to)
    }

    /// The priority that counts. `strictest_first` is the target's order; a priority that it does not name is less strict
    /// than all that it does.
    pub fn counted_priority(&self, which: CountedPriority, strictest_first: &[P]) -> &P {
        let history = || self.priority_history.iter();
        let first = || history().min_by_key(|had| had.since);
        let found = match which {
            CountedPriority::AtOpening => first(),
            CountedPriority::AtResolution => match self.resolved {
                Some(resolved) => history()
                    .filter(|had| had.since <= resolved)
                    .max_by_key(|had| had.since)
                    .or_else(first),
                None => None,
            },
            CountedPriority::Highest => {
                let strictness = |priority: &P| strictest_first.iter().position(|p| p == priority);
                let rank = |priority: &P| strictness(priority).unwrap_or(usize::MAX);
                return history()
                    .map(|had| &had.priority)
                    .fold(&self.priority, |strictest, had| {
                        if rank(had) < rank(strictest) { had } else { strictest }
                    });
            }
        };
        found.map_or(&self.priority, |had| &had.priority)
    }

    /// The time that it took; none while the milestone is not reached.
    pub fn timed(&self, rule: &TimelinessRule<'_>) -> Option<Timed> {
        let stop = match rule.milestone {
            Milestone::Response => self.responded?,
            Milestone::Resolution => self.resolved?,
        };
        let pauses = self.stopped(rule);
        Some(Timed {
            elapsed_seconds: rule.hours.elapsed(self.opened, stop, &pauses),
            elapsed_days: rule.hours.elapsed_days(self.opened, stop, &pauses),
            within: rule.hours.within(rule.limit, self.opened, stop, &pauses),
        })
    }

    /// The last instant at which the milestone is within the limit, as far as the case is known now; none while it is
    /// paused.
    pub fn deadline(&self, rule: &TimelinessRule<'_>) -> Option<DateTime<Utc>> {
        rule.hours.deadline(rule.limit, self.opened, &self.stopped(rule))
    }

    /// When its clock stands still.
    fn stopped(&self, rule: &TimelinessRule<'_>) -> Vec<Pause> {
        let mut pauses = self.pauses.clone();
        if rule.milestone == Milestone::Resolution && !rule.reopened_time_counts {
            pauses.extend(self.reopenings.iter().map(|resolved| Pause {
                from: resolved.from,
                to: Some(resolved.to),
            }));
        }
        pauses
    }
}

/// The share of the cases that were within the limit, in per cent; none without cases.
pub fn timeliness<'a>(cases: impl IntoIterator<Item = &'a Timed>) -> Option<Quotient> {
    let (mut within, mut all) = (0, 0);
    for case in cases {
        within += i64::from(case.within);
        all += 1;
    }
    Quotient::percent(within, all)
}
