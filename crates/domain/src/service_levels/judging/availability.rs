//! Availability: how much of the agreed time a service was there.
use chrono::{DateTime, Utc};

use super::Quotient;
use crate::calendars::{
    CalendarHours, Interval,
    intervals::{overlap, seconds, union, without},
};

/// A service was not there, or was planned not to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when; none: still.
    pub to: Option<DateTime<Utc>>,
    /// Planned ones count as no downtime, shield no other outage, and reduce no agreed time.
    pub planned: bool,
}

/// What outages left of the agreed time, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Availability {
    /// The agreed time.
    pub agreed_seconds: i64,
    /// What the unplanned outages took of it, overlaps counted once.
    pub downtime_seconds: i64,
    /// What all outages took of it, planned ones too: to be told, not to be judged by.
    pub downtime_including_planned_seconds: i64,
}

impl Availability {
    /// 100 × (1 − downtime ÷ agreed time); none without agreed time, which is not applicable.
    pub fn percent(&self) -> Option<Quotient> {
        Quotient::percent(self.agreed_seconds - self.downtime_seconds, self.agreed_seconds)
    }

    /// The same, had planned outages counted.
    pub fn percent_including_planned(&self) -> Option<Quotient> {
        let left = self.agreed_seconds - self.downtime_including_planned_seconds;
        Quotient::percent(left, self.agreed_seconds)
    }
}

/// The agreed time within a period: open by the calendar, while the service was `used`, and not `excluded`. For the raw
/// figure nothing is excluded; for the agreed one, what a consented exclusion names. `judged` is the days of one version
/// of the agreement in the period, cut at now while it runs.
pub fn agreed_time(hours: &CalendarHours, judged: Interval, used: &[Interval], excluded: &[Interval]) -> Vec<Interval> {
    let open = union(hours.openings(judged.from, judged.to));
    let open = overlap(&open, &union(used.iter().copied()));
    without(&open, &union(excluded.iter().copied()))
}

/// What outages took of the agreed time, which `agreed_time` made. One that is still open lasts to `until`: the period's
/// end, or now.
pub fn availability(
    agreed: &[Interval],
    until: DateTime<Utc>,
    outages: impl IntoIterator<Item = Outage>,
) -> Availability {
    Availability::of_all([(agreed.to_vec(), outages.into_iter().collect())], until)
}

impl Availability {
    /// The same of several services that are promised together, each with its own agreed time: they are there when all
    /// of them are.
    pub fn of_all(services: impl IntoIterator<Item = (Vec<Interval>, Vec<Outage>)>, until: DateTime<Utc>) -> Self {
        let (mut agreed, mut unplanned, mut all) = (vec![], vec![], vec![]);
        for (time, outages) in services {
            let lasted = |outage: &Outage| Interval::new(outage.from, outage.to.unwrap_or(until));
            let down = |outages: &mut dyn Iterator<Item = &Outage>| overlap(&time, &union(outages.map(lasted)));
            unplanned.extend(down(&mut outages.iter().filter(|outage| !outage.planned)));
            all.extend(down(&mut outages.iter()));
            agreed.extend(time);
        }
        let together = |intervals: Vec<Interval>| seconds(&union(intervals));
        Self {
            agreed_seconds: together(agreed),
            downtime_seconds: together(unplanned),
            downtime_including_planned_seconds: together(all),
        }
    }
}
