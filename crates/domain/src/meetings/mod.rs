//! Meetings: inside the team, and the two conversations with the customer, kept apart (R17, R18): a dialogue looks forward,
//! a review back.
//!
//! A meeting is planned, held, and its minutes are published; what it takes up belongs to its kind.
mod acts;
mod agenda;
mod cadence;
mod minutes;
mod packs;
mod recurrence;
mod series;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    agreements::Deed,
    events::{Aggregate, SubjectKind},
    teams::Role,
    vocabulary::*,
};

pub use acts::*;
pub use agenda::*;
pub use cadence::*;
pub use minutes::*;
pub use packs::*;
pub use recurrence::*;
pub use series::*;

word! {
    /// What a meeting is about, and with whom.
    MeetingKind {
        /// Delivery to one customer, inside the team.
        Team,
        /// Change and new needs, with the customer.
        Dialogue,
        /// Follow-up of the delivery, with the customer's purchasers.
        Review,
    }
}

word! {
    /// Where a meeting stands.
    MeetingStatus {
        /// It is to be held.
        Planned,
        /// It was held; its minutes are being written.
        Held,
        /// Its minutes stand.
        Published,
        /// It is not held.
        Cancelled,
    }
}

word! {
    /// In which role a meeting is led.
    MeetingLead {
        /// As the business relationship manager.
        BusinessRelationshipManager,
        /// As the delivery manager.
        DeliveryManager,
    }
}

impl MeetingLead {
    /// The role in the team.
    pub fn role(self) -> Role {
        match self {
            Self::BusinessRelationshipManager => Role::BusinessRelationshipManager,
            Self::DeliveryManager => Role::DeliveryManager,
        }
    }
}

/// Everything that can be done with a meeting, as far as its status is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter, strum::Display)]
#[strum(serialize_all = "snake_case")]
#[allow(missing_docs)]
pub enum MeetingAct {
    Change,
    Prepare,
    Hold,
    WriteMinutes,
    Record,
    Complete,
    Publish,
    Correct,
    Cancel,
}

impl MeetingStatus {
    /// The status after the act; none where the act is not allowed. Total: every pair is decided here.
    pub fn after(self, act: MeetingAct) -> Option<Self> {
        use MeetingAct as Act;
        use MeetingStatus::*;
        match (act, self) {
            (Act::Change | Act::Prepare | Act::Record, Planned | Held) => Some(self),
            (Act::Hold, Planned) => Some(Held),
            (Act::WriteMinutes, Held) => Some(Held),
            (Act::Complete, Held | Published) => Some(self),
            (Act::Publish, Held) => Some(Published),
            (Act::Correct, Published) => Some(Published),
            (Act::Cancel, Planned) => Some(Cancelled),
            _ => None,
        }
    }
}

/// At which meeting a thing was recorded is told once: a patch neither repeats nor changes it.
pub(crate) fn told_once(meeting: &Option<MeetingId>) -> bool {
    meeting.is_none() || Rendering::purpose() == Purpose::Input
}

/// What is told of a meeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MeetingInput {
    /// Which customer it is about.
    pub customer: Key<CustomerId>,
    /// What kind of meeting.
    pub kind: MeetingKind,
    /// What it is called, where that says more than its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Where it is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Name>,
    /// In which role it is led; of a meeting of the team by the business relationship manager unless told, of the others
    /// R18 decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub led_by: Option<MeetingLead>,
    /// Who takes part from the IT organisation.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub persons: Vec<PersonId>,
    /// Who takes part from the customer: its contacts, those above it and those below it.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub contacts: Vec<Key<ContactId>>,
}

/// Who leads a meeting.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeetingLeader {
    /// The holder of the role on the meeting's day, or who stands in for them.
    pub person: PersonRef,
    /// The holder, where their deputy leads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deputy_for: Option<PersonRef>,
}

/// Why a meeting is not held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct MeetingCancellation {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// Why.
    pub reason: Reason,
}

/// A meeting about one customer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Meeting {
    /// Its id.
    pub id: MeetingId,
    /// Grows by one at each change; its `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Which customer it is about.
    pub customer: CustomerRef,
    /// What kind of meeting.
    pub kind: MeetingKind,
    /// Where it stands.
    pub status: MeetingStatus,
    /// What it is called, where that says more than its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// The local day on which it begins.
    pub day: NaiveDate,
    /// Where it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Name>,
    /// The team that is responsible for the customer on that day.
    #[serde(skip_serializing_if = "when_not_replied")]
    pub team: Option<TeamRef>,
    /// In which role it is led (R18).
    pub led_by: MeetingLead,
    /// Who leads it, as far as the team has somebody in the role that day.
    #[serde(skip_serializing_if = "when_not_replied")]
    pub leader: Option<MeetingLeader>,
    /// Who takes part from the IT organisation.
    #[schema(max_items = 50)]
    pub persons: Vec<PersonRef>,
    /// Who takes part from the customer.
    #[schema(max_items = 50)]
    pub contacts: Vec<ContactRef>,
    /// What it takes up, in this order.
    #[schema(max_items = 50)]
    pub agenda: Vec<AgendaItem>,
    /// Whether it takes up anything that belongs to another kind of meeting (R17).
    pub overridden: bool,
    /// What was said, decided and agreed to be done; contacts read it once it is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<Minutes>,
    /// What corrects the published minutes.
    #[schema(max_items = 50)]
    pub addenda: Vec<Addendum>,
    /// What was recorded at it.
    #[schema(max_items = 200)]
    pub outcomes: Vec<LinkedThing>,
    /// SHA-256 of customer, kind, startsAt, agenda, minutes and pack, as an object of these members in canonical JSON
    /// (RFC 8785), the action items without `doneOn`; of published minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// SHA-256 of the pack that was published with a review's minutes, as canonical JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack: Option<Digest>,
    /// Who published the minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publication: Option<Deed>,
    /// Why it is not held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<MeetingCancellation>,
    /// The series that it is one of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<MeetingSeriesId>,
    /// Which one of the series: the local time that its rule gave it.
    #[serde(skip)]
    pub occurrence: Option<NaiveDateTime>,
    /// Whether anybody has done anything with it: then its series leaves it as it is.
    #[serde(skip)]
    pub touched: bool,
    /// How often it was moved or cancelled, as calendars count it.
    #[serde(skip)]
    pub sequence: i32,
    /// When it was entered here.
    pub created_at: DateTime<Utc>,
}

/// Who leads is told by the team of the day, and changes by no act of the meeting's own.
fn when_not_replied<T>(told: &Option<T>) -> bool {
    told.is_none() || Rendering::purpose() != Purpose::Reply
}

impl Aggregate for Meeting {
    const KIND: SubjectKind = SubjectKind::Meeting;
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

impl Meeting {
    /// As it is shown: to a contact without minutes that do not stand yet.
    pub fn shown(mut self, to_contact: bool) -> Self {
        if to_contact && self.status != MeetingStatus::Published {
            self.minutes = None;
        }
        self
    }

    /// The meeting as another thing's reference to it.
    pub fn reference(&self) -> MeetingRef {
        MeetingRef {
            id: self.id,
            kind: self.kind,
            day: self.day,
        }
    }
}

#[cfg(test)]
mod tests;
