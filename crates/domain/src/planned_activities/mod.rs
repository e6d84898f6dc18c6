//! Planned activities and projects: what a customer itself is about to do, so that delivery sees what is coming (§9).
mod acts;
mod conflicts;
mod outlook;
#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use acts::*;
pub use conflicts::*;
pub use outlook::*;

use crate::{
    events::{Actor, Aggregate, SubjectKind},
    vocabulary::*,
};

word! {
    /// What kind of thing a customer plans.
    PlannedKind {
        /// Something that it does in its line.
        Activity,
        /// A project of its own.
        Project,
    }
}

word! {
    /// How far a planned activity has come.
    PlannedPhase {
        /// It is thought of.
        Idea,
        /// It will be done.
        Planned,
        /// It is being done.
        Ongoing,
        /// It was done.
        Done,
        /// It will not be done.
        Cancelled,
    }
}

word! {
    /// How sure a customer is of what it plans.
    PlanConfidence {
        /// It may well turn out otherwise.
        Low,
        /// It is more likely than not.
        Medium,
        /// It can be counted on.
        High,
    }
}

/// When something planned is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedPeriod {
    /// Its first day.
    pub first_day: NaiveDate,
    /// Its last day; none while nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
}

impl PlannedPeriod {
    /// The same as days.
    pub fn days(self) -> Days {
        Days {
            first_day: self.first_day,
            last_day: self.last_day,
        }
    }
}

/// Days on which a customer wishes that nothing is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FreezeWish {
    /// The first of them.
    pub first_day: NaiveDate,
    /// The last of them.
    pub last_day: NaiveDate,
}

/// How much more, or less, of something there will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedChangeInput {
    /// Of which service; one of those that are affected.
    pub service: Key<ServiceId>,
    /// Of what: the metric of a workload limit, `cases` for the number of cases.
    pub metric: Word,
    /// So much more in each period of the limit; less where it is negative.
    pub change: Decimal,
}

/// How much more, or less, of something there will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedChange {
    /// Of which service.
    pub service: ServiceRef,
    /// Of what: the metric of a workload limit, `cases` for the number of cases.
    pub metric: Word,
    /// So much more in each period of the limit; less where it is negative.
    pub change: Decimal,
}

/// What is told of a planned activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedActivityInput {
    /// What kind of thing it is.
    pub kind: PlannedKind,
    /// What it is, in one line.
    pub title: Title,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Markdown>,
    /// Whose it is.
    pub customer: Key<CustomerId>,
    /// How far it has come; an idea unless told.
    #[serde(default = "idea")]
    pub phase: PlannedPhase,
    /// Why it is in another phase than it was; needed where it was done or cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When it is done; an idea may do without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<PlannedPeriod>,
    /// The services that it affects.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub services: Vec<Key<ServiceId>>,
    /// What there will be more of, or less.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub changes: Vec<ExpectedChangeInput>,
    /// Where it is done.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub sites: Vec<Name>,
    /// Days on which the customer wishes that nothing is changed in those services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze: Option<FreezeWish>,
    /// How sure the customer is.
    #[serde(default = "medium")]
    pub confidence: PlanConfidence,
    /// Whom to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Key<ContactId>>,
    /// Whether it may leave the customer's team in a calendar.
    #[serde(default)]
    pub shared_in_calendars: bool,
    /// The meeting with the customer at which it was recorded, told once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting: Option<MeetingId>,
    /// What other systems call it.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
}

fn idea() -> PlannedPhase {
    PlannedPhase::Idea
}

fn medium() -> PlanConfidence {
    PlanConfidence::Medium
}

/// What a customer itself is about to do.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedActivity {
    /// Its id.
    pub id: PlannedActivityId,
    /// Grows by one at each change.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// What kind of thing it is.
    pub kind: PlannedKind,
    /// What it is, in one line.
    pub title: Title,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Markdown>,
    /// Whose it is.
    pub customer: CustomerRef,
    /// How far it has come.
    pub phase: PlannedPhase,
    /// Why it is in that phase, where that was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase_reason: Option<Reason>,
    /// When it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<PlannedPeriod>,
    /// The services that it affects, by code.
    #[schema(max_items = 20)]
    pub services: Vec<ServiceRef>,
    /// What there will be more of, or less.
    #[schema(max_items = 20)]
    pub changes: Vec<ExpectedChange>,
    /// Where it is done.
    #[schema(max_items = 50)]
    pub sites: Vec<Name>,
    /// Days on which the customer wishes that nothing is changed in those services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freeze: Option<FreezeWish>,
    /// How sure the customer is.
    pub confidence: PlanConfidence,
    /// Whom to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactRef>,
    /// Whether it may leave the customer's team in a calendar.
    pub shared_in_calendars: bool,
    /// The meeting with the customer at which it was recorded.
    #[serde(skip_serializing_if = "crate::meetings::told_once")]
    pub meeting: Option<MeetingId>,
    /// What other systems call it.
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

impl Aggregate for PlannedActivity {
    const KIND: SubjectKind = SubjectKind::PlannedActivity;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer.id)
    }
}

/// A planned activity, and what stands against it as it is read. That is no part of what was told, and of no event.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedActivityWithConflicts {
    /// The activity.
    #[serde(flatten)]
    pub activity: PlannedActivity,
    /// What it runs into: announced changes while the customer wishes for none, and volumes beyond what was agreed.
    #[schema(max_items = 100)]
    pub conflicts: Vec<PlanConflict>,
    /// What tells one set of conflicts from another.
    #[serde(skip)]
    conflicts_digest: Option<String>,
}

impl PlannedActivityWithConflicts {
    /// The two together.
    pub fn new(activity: PlannedActivity, conflicts: Vec<PlanConflict>) -> Self {
        Self {
            conflicts_digest: digest_of(&conflicts),
            activity,
            conflicts,
        }
    }
}

impl Aggregate for PlannedActivityWithConflicts {
    const KIND: SubjectKind = SubjectKind::PlannedActivity;
    fn id(&self) -> Uuid {
        self.activity.id()
    }
    fn version(&self) -> i64 {
        self.activity.version
    }
    fn customer(&self) -> Option<CustomerId> {
        self.activity.customer()
    }
    fn reads_as(&self) -> Option<&str> {
        self.conflicts_digest.as_deref()
    }
}

/// What was said of a planned activity at a time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedActivityMoment {
    /// The version that it became.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// How far it had come.
    pub phase: PlannedPhase,
    /// Why, where that was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When it was to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<PlannedPeriod>,
    /// How sure the customer was.
    pub confidence: PlanConfidence,
    /// Who said so.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
}
