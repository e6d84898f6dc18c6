//! Service calendars: when an agreed service is open. Data with versions, not a library's opinion; an agreement pins the
//! version that it was agreed with. `hours` holds what is told, `time` counts with it, `holidays` proposes.
mod clock;
mod holidays;
mod hours;
pub mod intervals;
mod time;
mod time_limit;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use clock::{ClockTime, NotAClockTime};
pub use holidays::{HolidayKind, HolidayName, ProposedHoliday, proposed_holidays};
pub use hours::{CalendarException, CalendarHours, CalendarHoursInput, Opening, WeeklyHours};
pub use intervals::Interval;
pub use time::{Openings, Pause, midnight};
pub use time_limit::{NotATimeLimit, TimeLimit};

use crate::{
    Rule,
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

/// What is told of a service calendar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceCalendarInput {
    /// Unique name.
    pub name: Name,
    /// When it is open.
    pub hours: CalendarHoursInput,
}

/// A service calendar, as one version of it says. Each change makes a new version; the old ones stay readable.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceCalendar {
    /// Its id, the same for all versions.
    pub id: CalendarId,
    /// Grows by one at each change; the `ETag`, and what an agreement pins.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Unique name.
    pub name: Name,
    /// When it is open.
    #[schema(value_type = CalendarHoursInput)]
    pub hours: CalendarHours,
    /// SHA-256 of the hours as RFC 8785 JSON, in hexadecimal.
    #[schema(
        min_length = 64,
        max_length = 64,
        pattern = "^[0-9a-f]{64}$",
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    pub digest: String,
    /// When the calendar was entered here.
    pub created_at: DateTime<Utc>,
    /// When this version was.
    pub changed_at: DateTime<Utc>,
}

/// The version of a calendar that something was agreed or judged with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PinnedCalendar {
    /// The calendar's id.
    pub id: CalendarId,
    /// Which version.
    #[schema(value_type = Version)]
    pub version: i64,
    /// What that version is called.
    pub name: Name,
    /// SHA-256 of that version's hours as RFC 8785 JSON, in hexadecimal.
    #[schema(
        min_length = 64,
        max_length = 64,
        pattern = "^[0-9a-f]{64}$",
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    pub digest: String,
}

impl Aggregate for ServiceCalendar {
    const KIND: SubjectKind = SubjectKind::ServiceCalendar;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}

impl ServiceCalendar {
    /// A new calendar.
    pub fn register(id: CalendarId, input: ServiceCalendarInput, now: DateTime<Utc>) -> Result<Self, Rule> {
        let hours = CalendarHours::new(input.hours).map_err(|rule| rule.under("/hours"))?;
        Ok(Self {
            id,
            version: 1,
            name: input.name,
            digest: hours.digest()?,
            hours,
            created_at: now,
            changed_at: now,
        })
    }

    /// The next version of the calendar, as told anew.
    pub fn change(self, input: ServiceCalendarInput, now: DateTime<Utc>) -> Result<Self, Rule> {
        Ok(Self {
            version: self.version + 1,
            created_at: self.created_at,
            ..Self::register(self.id, input, now)?
        })
    }

    /// What an agreement keeps of it: this version, whatever becomes of the calendar.
    pub fn pin(&self) -> PinnedCalendar {
        PinnedCalendar {
            id: self.id,
            version: self.version,
            name: self.name.clone(),
            digest: self.digest.clone(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
