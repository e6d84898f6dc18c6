//! Spans of the calendar as contracts say them: so many months or days (ISO 8601 durations, `P3M`, `P90D`).
use std::{fmt, str::FromStr};

use chrono::{Days as PlusDays, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

const PATTERN: &str = "^P([1-9][0-9]{0,2}M|[1-9][0-9]?Y|[1-9][0-9]{0,3}D)$";

/// Whole months or whole days, at least one. Years are written as months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Span {
    /// Calendar months, clamped at the month's end.
    Months(u32),
    /// Days.
    Days(u32),
}

/// The text is not a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be whole months, years or days, like P3M, P1Y or P90D")]
pub struct NotASpan;

impl Span {
    /// The day `times` spans after `day`, computed from `day` itself and never chained; none beyond the calendar.
    pub fn after(self, day: NaiveDate, times: u32) -> Option<NaiveDate> {
        match self {
            Self::Months(n) => day.checked_add_months(Months::new(n.checked_mul(times)?)),
            Self::Days(n) => day.checked_add_days(PlusDays::new(u64::from(n) * u64::from(times))),
        }
    }

    /// The day one span before `day`; none beyond the calendar.
    pub fn before(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Months(n) => day.checked_sub_months(Months::new(n)),
            Self::Days(n) => day.checked_sub_days(PlusDays::new(n.into())),
        }
    }
}

impl FromStr for Span {
    type Err = NotASpan;
    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let inner = text.strip_prefix('P').ok_or(NotASpan)?;
        let unit = inner.chars().next_back().ok_or(NotASpan)?;
        let digits = inner.strip_suffix(unit).ok_or(NotASpan)?;
        let longest = match unit {
            'Y' => 2,
            'M' => 3,
            'D' => 4,
            _ => return Err(NotASpan),
        };
        if digits.starts_with('0') || digits.len() > longest || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotASpan);
        }
        let n: u32 = digits.parse().map_err(|_| NotASpan)?;
        Ok(match unit {
            'Y' => Self::Months(12 * n),
            'M' => Self::Months(n),
            _ => Self::Days(n),
        })
    }
}

impl TryFrom<String> for Span {
    type Error = NotASpan;
    fn try_from(text: String) -> Result<Self, NotASpan> {
        text.parse()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Beyond three digits only whole years came in, and only they are read back.
            Self::Months(n) if *n > 999 => write!(f, "P{}Y", n / 12),
            Self::Months(n) => write!(f, "P{n}M"),
            Self::Days(n) => write!(f, "P{n}D"),
        }
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl PartialSchema for Span {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(3))
            .max_length(Some(6))
            .pattern(Some(PATTERN))
            .examples([serde_json::Value::from("P12M")])
            .description(Some("Whole months, years or days, as an ISO 8601 duration."))
            .into()
    }
}
impl ToSchema for Span {}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn spans_are_read_and_written() {
        for (text, written) in [("P3M", "P3M"), ("P1Y", "P12M"), ("P90D", "P90D"), ("P99Y", "P99Y")] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.to_string(), written);
            assert_eq!(written.parse::<Span>().unwrap(), span);
        }
        for bad in ["", "P", "P0M", "PM", "3M", "P1W", "P1000M", "P-1M", "P1.5M", "P1Mö"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }

    #[test]
    fn months_are_clamped_at_the_months_end_and_never_chained() {
        let month = Span::Months(1);
        assert_eq!(month.after(day("2026-01-31"), 1), Some(day("2026-02-28")));
        assert_eq!(month.after(day("2026-01-31"), 2), Some(day("2026-03-31")));
        assert_eq!(month.before(day("2026-03-31")), Some(day("2026-02-28")));
        assert_eq!(Span::Days(90).before(day("2030-02-26")), Some(day("2029-11-28")));
    }
}
