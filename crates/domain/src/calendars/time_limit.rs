//! Limits of time, as a target or a person trying a calendar says them.
use std::{fmt, str::FromStr, sync::LazyLock};

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

/// Days alone, or hours, minutes and seconds in this order.
const PATTERN: &str =
    "^P([0-9]{1,4}D|T([0-9]{1,5}H([0-9]{1,7}M)?([0-9]{1,9}S)?|[0-9]{1,7}M([0-9]{1,9}S)?|[0-9]{1,9}S))$";

/// How much service time may pass: an ISO 8601 duration, whose days are open days and whose hours are open hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TimeLimit {
    /// So many seconds of open time (`PT4H`).
    OpenSeconds(i64),
    /// So many open days: local dates with any open time (`P3D`).
    OpenDays(u32),
}

/// The text is no limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be open days (P3D) or open time (PT4H, PT30M, PT1H30M)")]
pub struct NotATimeLimit;

impl FromStr for TimeLimit {
    type Err = NotATimeLimit;
    fn from_str(text: &str) -> Result<Self, NotATimeLimit> {
        static REGEX: LazyLock<Option<regex::Regex>> = LazyLock::new(|| regex::Regex::new(PATTERN).ok());
        if !REGEX.as_ref().is_some_and(|regex| regex.is_match(text)) {
            return Err(NotATimeLimit);
        }
        let (mut number, mut seconds) = (0i64, 0i64);
        for c in text.chars() {
            let unit = match c {
                '0'..='9' => {
                    number = number * 10 + i64::from(c.to_digit(10).unwrap_or_default());
                    continue;
                }
                'D' => return u32::try_from(number).map(Self::OpenDays).map_err(|_| NotATimeLimit),
                'H' => 3600,
                'M' => 60,
                'S' => 1,
                _ => continue,
            };
            seconds += number * unit;
            number = 0;
        }
        Ok(Self::OpenSeconds(seconds))
    }
}

impl TryFrom<String> for TimeLimit {
    type Error = NotATimeLimit;
    fn try_from(text: String) -> Result<Self, NotATimeLimit> {
        text.parse()
    }
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = match self {
            Self::OpenDays(days) => return write!(f, "P{days}D"),
            Self::OpenSeconds(0) => return f.write_str("PT0S"),
            Self::OpenSeconds(seconds) => seconds,
        };
        f.write_str("PT")?;
        for (amount, unit) in [(seconds / 3600, 'H'), (seconds / 60 % 60, 'M'), (seconds % 60, 'S')] {
            if amount > 0 {
                write!(f, "{amount}{unit}")?;
            }
        }
        Ok(())
    }
}

impl From<TimeLimit> for String {
    fn from(limit: TimeLimit) -> Self {
        limit.to_string()
    }
}

impl PartialSchema for TimeLimit {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(3))
            .max_length(Some(26))
            .pattern(Some(PATTERN))
            .examples([serde_json::Value::from("PT4H")])
            .description(Some(
                "ISO 8601 duration of service time: open hours, minutes and seconds (`PT1H30M`), or open days (`P3D`), \
                 which are local dates with any open time.",
            ))
            .into()
    }
}
impl ToSchema for TimeLimit {}
