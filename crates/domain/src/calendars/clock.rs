//! Times of day on the wall clock.
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

const PATTERN: &str = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$";

/// A time of day on the wall clock, in whole minutes; `24:00` is the next midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClockTime(u16);

/// The text is no time of day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a time of day from 00:00 to 24:00")]
pub struct NotAClockTime;

impl ClockTime {
    /// `24:00`.
    pub const END_OF_DAY: Self = Self(24 * 60);

    /// Minutes since `00:00`.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl FromStr for ClockTime {
    type Err = NotAClockTime;
    fn from_str(text: &str) -> Result<Self, NotAClockTime> {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()) && text.len() == 2;
        let (hours, minutes) = text.split_once(':').ok_or(NotAClockTime)?;
        if !digits(hours) || !digits(minutes) {
            return Err(NotAClockTime);
        }
        match (hours.parse::<u16>(), minutes.parse::<u16>()) {
            (Ok(h), Ok(m)) if m < 60 && (h < 24 || (h, m) == (24, 0)) => Ok(Self(h * 60 + m)),
            _ => Err(NotAClockTime),
        }
    }
}

impl TryFrom<String> for ClockTime {
    type Error = NotAClockTime;
    fn try_from(text: String) -> Result<Self, NotAClockTime> {
        text.parse()
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl From<ClockTime> for String {
    fn from(time: ClockTime) -> Self {
        time.to_string()
    }
}

impl PartialSchema for ClockTime {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(5))
            .max_length(Some(5))
            .pattern(Some(PATTERN))
            .examples([serde_json::Value::from("08:00")])
            .description(Some(
                "Time of day on the calendar's wall clock; `24:00` is the next midnight.",
            ))
            .into()
    }
}
impl ToSchema for ClockTime {}
