//! Cadence: how many reviews and dialogues a year a customer is to have, and when one is overdue.
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::*;

/// How often a year there are meetings with a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MeetingCadence {
    /// So many reviews; none: nobody counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 52, example = 4)]
    pub reviews: Option<i32>,
    /// So many dialogues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 52, example = 2)]
    pub dialogues: Option<i32>,
}

/// So many times a year at most.
pub const MOST_A_YEAR: i32 = 52;

/// How many days may pass between meetings of which there are so many a year: ⌈365 ÷ n⌉.
pub fn days_between(a_year: i32) -> u64 {
    365u64.div_ceil(u64::from(a_year.clamp(1, MOST_A_YEAR).unsigned_abs()))
}

/// The last day on which the last meeting can lie without the next being overdue.
pub fn overdue_before(a_year: i32, today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(Days::new(days_between(a_year))).unwrap_or(today)
}

/// A kind of meeting that a customer has waited for too long.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverdueMeeting {
    /// A review or a dialogue.
    pub kind: MeetingKind,
    /// So many a year there are to be.
    #[schema(minimum = 1, maximum = 52, example = 4)]
    pub a_year: i32,
    /// The day of the last one that was held; none was under the team that looks after the customer or before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_held: Option<NaiveDate>,
    /// The day since which is counted: of the last one, or that on which the team took over.
    pub since: NaiveDate,
    /// The last day on which it would have been in time.
    pub due_day: NaiveDate,
}

/// A customer that has waited for a meeting for too long.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverdueMeetings {
    /// Which customer.
    pub customer: CustomerRef,
    /// For what.
    #[schema(max_items = 2)]
    pub overdue: Vec<OverdueMeeting>,
}

impl OverdueMeeting {
    /// What is overdue of a kind, if it is: more than ⌈365 ÷ n⌉ days have passed since the last one, or, where there was
    /// none, since the team took over.
    pub fn of(
        kind: MeetingKind,
        a_year: Option<i32>,
        last_held: Option<NaiveDate>,
        taken_over: Option<NaiveDate>,
        today: NaiveDate,
    ) -> Option<Self> {
        let (a_year, since) = (a_year?, last_held.or(taken_over)?);
        let due_day = since.checked_add_days(Days::new(days_between(a_year)))?;
        (due_day < today).then_some(Self {
            kind,
            a_year,
            last_held,
            since,
            due_day,
        })
    }
}
