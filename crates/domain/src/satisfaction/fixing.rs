//! When a period's figures stand (R19 f): fixed after its end, and renewed only by enough answers.
use chrono::{Days, NaiveDate};

use super::{Distribution, Threshold};
use crate::{agreements::CalendarPeriod, service_levels::StatementPeriod};

/// So many days after its end a period's figures are fixed; what comes in on these days still counts.
const DAYS_UNTIL_FIXED: u64 = 3;

/// The first day on which the period's figures are fixed, and so readable: October's on 4 November.
pub fn fixed_since(period: StatementPeriod) -> NaiveDate {
    let fixed = period.until().checked_add_days(Days::new(DAYS_UNTIL_FIXED));
    fixed.unwrap_or(NaiveDate::MAX)
}

/// The months, quarters and the year whose figures are readable on the day, of the year that `within` lies in. A quarter is
/// there only with its months and a year with its quarters, so what is there adds up.
pub fn fixed_periods(within: NaiveDate, today: NaiveDate) -> Vec<StatementPeriod> {
    let year = StatementPeriod::containing(CalendarPeriod::Year, within);
    let days = year.period().since.iter_days().take_while(|day| *day < year.until());
    let mut periods: Vec<StatementPeriod> = days
        .flat_map(|day| {
            let kinds = [CalendarPeriod::Month, CalendarPeriod::Quarter, CalendarPeriod::Year];
            kinds.map(|kind| StatementPeriod::containing(kind, day))
        })
        .filter(|period| fixed_since(*period) <= today)
        .collect();
    periods.sort();
    periods.dedup();
    periods
}

/// Which answers a fixed period's figures are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Those that were fixed.
    Fixed,
    /// Those of today: they are fixed from now on.
    Renewed,
}

impl Standing {
    /// Renewed only when at least the threshold of answers has changed, so that the difference tells of no one.
    ///
    /// To be asked for the finest bases (of one customer, service and month, say); what is larger adds up what stands.
    pub fn of(fixed: &Distribution, today: &Distribution, threshold: Threshold) -> Self {
        if threshold.is_below(fixed.differing(today)) {
            Self::Fixed
        } else {
            Self::Renewed
        }
    }
}

/// The last period of the kind whose figures are fixed on the day.
pub fn last_fixed(kind: CalendarPeriod, today: NaiveDate) -> StatementPeriod {
    let last = StatementPeriod::containing(kind, today).previous();
    match fixed_since(last) <= today {
        true => last,
        false => last.previous(),
    }
}
