//! One date of a calendar: what it tells, whatever it comes from.
use chrono::{DateTime, Days, NaiveDate, Utc};
use uuid::Uuid;

use crate::{
    announcements::{AnnouncementKind, AnnouncementTitle},
    meetings::MeetingKind,
    planned_activities::PlannedPhase,
    vocabulary::*,
};

/// What comes on the date.
#[derive(Debug, Clone, PartialEq)]
pub enum DateOf {
    /// Something that a customer plans.
    PlannedActivity {
        /// What.
        title: Title,
        /// How far it has come.
        phase: PlannedPhase,
    },
    /// Something is to be done for an improvement by then.
    ImprovementDue {
        /// Of which improvement, by its number.
        number: String,
        /// What is to be done.
        what: Title,
    },
    /// The last day to give notice of an agreement.
    AgreementNotice {
        /// Of which, by its number.
        number: String,
        /// What it is about.
        title: Name,
    },
    /// A complaint is to be answered by then.
    ComplaintDue {
        /// Which, by its number.
        number: String,
        /// What it is about.
        title: Title,
    },
    /// A meeting.
    Meeting {
        /// Of which kind.
        kind: MeetingKind,
        /// What it is called, where that says more.
        title: Option<Title>,
    },
    /// Something that was agreed at a meeting is to be done by then.
    ActionDue {
        /// What.
        what: Title,
    },
    /// Something that customers were told.
    Announcement {
        /// What kind of thing.
        kind: AnnouncementKind,
        /// What it is called.
        title: AnnouncementTitle,
    },
}

impl DateOf {
    /// What begins the date's identifier, so that it is the same in every calendar and at every reading.
    pub fn word(&self) -> &'static str {
        match self {
            Self::PlannedActivity { .. } => "planned-activity",
            Self::ImprovementDue { .. } => "improvement-activity",
            Self::AgreementNotice { .. } => "agreement-notice",
            Self::ComplaintDue { .. } => "complaint",
            Self::Meeting { .. } => "meeting",
            Self::ActionDue { .. } => "action-item",
            Self::Announcement { .. } => "announcement",
        }
    }
}

/// When it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// On whole days, the last one included.
    Days(NaiveDate, NaiveDate),
    /// From one instant to another.
    Times(DateTime<Utc>, DateTime<Utc>),
}

/// A date.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedDate {
    /// What comes.
    pub of: DateOf,
    /// Of which thing.
    pub id: Uuid,
    /// Tells several dates of one thing apart.
    pub part: Option<i64>,
    /// Whose, where it is one customer's.
    pub customer: Option<Name>,
    /// When.
    pub when: When,
    /// Whether it was called off.
    pub cancelled: bool,
    /// Grows as the thing changes.
    pub sequence: i64,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

/// Which dates a calendar shows: a while back, so that what was is not gone at once, and somewhat more than a year ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day.
    pub last_day: NaiveDate,
}

impl Window {
    /// As it is on a day.
    pub fn on(today: NaiveDate) -> Self {
        Self {
            first_day: today.checked_sub_days(Days::new(90)).unwrap_or(today),
            last_day: today.checked_add_days(Days::new(400)).unwrap_or(today),
        }
    }
}
