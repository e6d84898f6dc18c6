//! Days and periods. Storage speaks of half-open periods, people and contracts of inclusive days: two types, and no
//! conversion outside this file.
use chrono::NaiveDate;

use crate::{Rule, RuleCode};

/// Half-open: from `since`, up to but not including `until`; no `until` means without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first day inside.
    pub since: NaiveDate,
    /// The first day outside.
    pub until: Option<NaiveDate>,
}

/// Inclusive days as people say them; no last day means without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first day inside.
    pub first_day: NaiveDate,
    /// The last day inside.
    pub last_day: Option<NaiveDate>,
}

impl Days {
    /// One day.
    pub fn on(day: NaiveDate) -> Self {
        Self {
            first_day: day,
            last_day: Some(day),
        }
    }

    /// The stored form; refused where the last day lies before the first.
    pub fn period(self) -> Result<Period, Rule> {
        match self.last_day {
            Some(last) if last < self.first_day => Err(Rule::new(
                RuleCode::DateOrder,
                format!("The last day {last} lies before the first day {}.", self.first_day),
            )
            .at("/lastDay")),
            last => Ok(Period {
                since: self.first_day,
                until: last.and_then(|d| d.succ_opt()),
            }),
        }
    }
}

impl Period {
    /// The form that people read.
    pub fn days(self) -> Days {
        Days {
            first_day: self.since,
            last_day: self.until.and_then(|d| d.pred_opt()),
        }
    }

    /// Whether the day lies inside.
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.since <= day && self.until.is_none_or(|until| day < until)
    }

    /// Whether any day lies inside both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.until.is_none_or(|until| other.since < until) && other.until.is_none_or(|until| self.since < until)
    }

    /// The days that lie inside both, where there are any.
    pub fn common(&self, other: &Self) -> Option<Self> {
        let until = match (self.until, other.until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let since = self.since.max(other.since);
        until.is_none_or(|until| since < until).then_some(Self { since, until })
    }

    /// Its days that do not lie inside the other.
    pub fn without(self, other: &Self) -> impl Iterator<Item = Self> {
        let before = Self {
            since: self.since,
            until: Some(self.until.map_or(other.since, |until| until.min(other.since))),
        };
        let after = other.until.map(|until| Self {
            since: self.since.max(until),
            until: self.until,
        });
        let has_days = |period: &Self| period.until.is_none_or(|until| period.since < until);
        [Some(before), after].into_iter().flatten().filter(has_days)
    }

    /// Whether any day from `day` on lies inside.
    pub fn reaches(&self, day: NaiveDate) -> bool {
        self.until.is_none_or(|until| until > day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(n: i64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Duration::days(n)
    }

    fn period() -> impl Strategy<Value = Period> {
        (0i64..60, prop::option::of(1i64..60)).prop_map(|(a, len)| Period {
            since: day(a),
            until: len.map(|l| day(a + l)),
        })
    }

    proptest! {
        #[test]
        fn days_and_period_are_the_same_days(p in period()) {
            prop_assert_eq!(p.days().period().unwrap(), p);
        }

        #[test]
        fn overlap_means_a_common_day(a in period(), b in period()) {
            let common = (0..200).map(day).any(|d| a.contains(d) && b.contains(d));
            prop_assert_eq!(a.overlaps(&b), common);
            let both = a.common(&b);
            for n in 0..200 {
                let inside = both.is_some_and(|both| both.contains(day(n)));
                prop_assert_eq!(inside, a.contains(day(n)) && b.contains(day(n)));
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_left_of_a_period_is_what_the_other_lacks(a in period(), b in period()) {
            let left: Vec<Period> = a.without(&b).collect();
            for n in 0..200 {
                let inside = left.iter().filter(|p| p.contains(day(n))).count();
                prop_assert_eq!(inside, usize::from(a.contains(day(n)) && !b.contains(day(n))));
            }
        }
    }

    #[test]
    fn a_last_day_before_the_first_is_refused() {
        let refused = Days {
            first_day: day(3),
            last_day: Some(day(2)),
        }
        .period()
        .unwrap_err();
        assert_eq!(refused.code, RuleCode::DateOrder);
    }
}
