//! The calendar periods that statements are made for.
use std::{fmt, str::FromStr, sync::LazyLock};

use chrono::{Datelike, Months, NaiveDate};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use crate::{
    agreements::CalendarPeriod,
    calendars::{Interval, midnight},
    vocabulary::{Days, Period},
};

const PATTERN: &str = "^(19|20|21)[0-9]{2}(-(0[1-9]|1[0-2])|-Q[1-4])?$";

/// A calendar month (`2026-10`), quarter (`2026-Q4`) or year (`2026`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StatementPeriod {
    kind: CalendarPeriod,
    first_day: NaiveDate,
}

/// The text names no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a month (2026-10), a quarter (2026-Q4) or a year (2026)")]
pub struct NotAPeriod;

impl StatementPeriod {
    /// The period of the kind that the day lies in.
    pub fn containing(kind: CalendarPeriod, day: NaiveDate) -> Self {
        let month = match kind {
            CalendarPeriod::Month => day.month(),
            CalendarPeriod::Quarter => day.month0() / 3 * 3 + 1,
            CalendarPeriod::Year => 1,
        };
        let first_day = NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or(day);
        Self { kind, first_day }
    }

    /// A month, a quarter or a year.
    pub fn kind(&self) -> CalendarPeriod {
        self.kind
    }

    /// Its days, half-open.
    pub fn period(&self) -> Period {
        Period {
            since: self.first_day,
            until: Some(self.until()),
        }
    }

    /// Its days, inclusive.
    pub fn days(&self) -> Days {
        self.period().days()
    }

    /// The first day after it.
    pub fn until(&self) -> NaiveDate {
        let months = 12 / u32::try_from(self.kind.per_year()).unwrap_or(1);
        let until = self.first_day.checked_add_months(Months::new(months));
        until.unwrap_or(NaiveDate::MAX)
    }

    /// The one of its kind before it.
    pub fn previous(&self) -> Self {
        Self::containing(self.kind, self.first_day.pred_opt().unwrap_or(self.first_day))
    }

    /// How many days it has.
    pub fn length(&self) -> i64 {
        (self.until() - self.first_day).num_days()
    }

    /// The same as instants, on the zone's clock.
    pub fn interval(&self, zone: Tz) -> Interval {
        interval(self.first_day, self.until(), zone)
    }
}

/// From the beginning of one day to the beginning of another, on the zone's clock.
pub fn interval(since: NaiveDate, until: NaiveDate, zone: Tz) -> Interval {
    Interval::new(midnight(zone, since), midnight(zone, until))
}

impl FromStr for StatementPeriod {
    type Err = NotAPeriod;
    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        static REGEX: LazyLock<Option<regex::Regex>> = LazyLock::new(|| regex::Regex::new(PATTERN).ok());
        if !REGEX.as_ref().is_some_and(|regex| regex.is_match(text)) {
            return Err(NotAPeriod);
        }
        let number = |text: &str| text.parse::<u32>().map_err(|_| NotAPeriod);
        let (year, rest) = text.split_once('-').unwrap_or((text, ""));
        let (kind, month) = match rest.strip_prefix('Q') {
            _ if rest.is_empty() => (CalendarPeriod::Year, 1),
            Some(quarter) => (CalendarPeriod::Quarter, number(quarter)? * 3 - 2),
            None => (CalendarPeriod::Month, number(rest)?),
        };
        let year = year.parse().map_err(|_| NotAPeriod)?;
        let first_day = NaiveDate::from_ymd_opt(year, month, 1).ok_or(NotAPeriod)?;
        Ok(Self { kind, first_day })
    }
}

impl TryFrom<String> for StatementPeriod {
    type Error = NotAPeriod;
    fn try_from(text: String) -> Result<Self, NotAPeriod> {
        text.parse()
    }
}

impl fmt::Display for StatementPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.first_day.year(), self.first_day.month());
        match self.kind {
            CalendarPeriod::Month => write!(f, "{year}-{month:02}"),
            CalendarPeriod::Quarter => write!(f, "{year}-Q{}", month.div_ceil(3)),
            CalendarPeriod::Year => write!(f, "{year}"),
        }
    }
}

impl From<StatementPeriod> for String {
    fn from(period: StatementPeriod) -> Self {
        period.to_string()
    }
}

impl PartialSchema for StatementPeriod {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(4))
            .max_length(Some(7))
            .pattern(Some(PATTERN))
            .examples([serde_json::Value::from("2026-10")])
            .description(Some(
                "Calendar month (`2026-10`), quarter (`2026-Q4`) or year (`2026`).",
            ))
            .into()
    }
}
impl ToSchema for StatementPeriod {}
