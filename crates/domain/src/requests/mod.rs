//! Requests: every matter once, in the right forum.
//!
//! A request is received, sorted by the customer's team, and routed to one destination at a time; what it is routed as
//! is a *hand-over*, which the destination acknowledges, decides and fulfils.
mod acts;
mod comments;
mod hand_overs;
mod merging;
mod scoring;
mod similar;
mod tasks;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    events::{ActorKind, Aggregate, SubjectKind},
    vocabulary::*,
};

pub use acts::*;
pub use comments::*;
pub use hand_overs::*;
pub use merging::*;
pub use scoring::*;
pub use similar::*;
pub use tasks::*;

word! {
    /// What kind of matter.
    RequestKind {
        /// Something the customer would like (önskemål).
        Wish,
        /// Something the customer must have (krav).
        Requirement,
        /// An idea for something better, from anyone.
        ImprovementSuggestion,
        /// Dissatisfaction that wants an answer (klagomål).
        Complaint,
    }
}

word! {
    /// Where the matter stands.
    RequestStatus {
        /// Taken in; nobody has looked at it yet.
        Received,
        /// The team is looking at it.
        Investigating,
        /// Handed over to a destination, which has not decided yet.
        Routed,
        /// The destination will do it.
        Accepted,
        /// The destination will not; it is the team's again.
        Declined,
        /// The destination has done it.
        Fulfilled,
        /// The team goes no further with it, for a reason.
        Dismissed,
        /// Whoever raised it wants it no more.
        Withdrawn,
        /// A complaint that has its answer, and can still be reopened.
        Answered,
        /// It said the same as another, which goes on for both.
        Merged,
        /// An answered complaint whose time for reopening has passed; computed, never stored.
        Closed,
    }
}

word! {
    /// The forum that a request is routed to.
    Destination {
        /// A new wish for the service portfolio (tjänsteportfölj).
        ServicePortfolio,
        /// A new or changed wish for an existing service (leveransansvar).
        Delivery,
        /// Knowledge of what the business needs (strategi).
        Strategy,
        /// The improvement register, which is kept here: it has no feed to pull (kontinuerlig förbättring).
        Improvement,
    }
}

word! {
    /// How the matter came in.
    Channel {
        /// The customer's own entry.
        Portal,
        /// The service desk.
        ServiceDesk,
        /// E-mail.
        Email,
        /// Telephone.
        Phone,
        /// A meeting.
        Meeting,
        /// Any other way.
        Other,
    }
}

impl Channel {
    /// The way by which something came in that this kind of caller tells of, unless they say otherwise.
    pub fn told_by(caller: ActorKind) -> Self {
        match caller {
            ActorKind::Contact => Self::Portal,
            ActorKind::Client => Self::ServiceDesk,
            _ => Self::Other,
        }
    }
}

/// Everything that can be done with a request, as far as its status is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter, strum::Display)]
#[strum(serialize_all = "snake_case")]
#[allow(missing_docs)]
pub enum Act {
    Change,
    Investigate,
    Endorse,
    Route,
    Dismiss,
    Accept,
    Decline,
    Fulfil,
    Withdraw,
    Answer,
    Reopen,
    Merge,
    Absorb,
    Score,
    Escalate,
}

impl RequestStatus {
    /// The status after the act; none where the act is not allowed. Total: every pair is decided here.
    pub fn after(self, act: Act) -> Option<Self> {
        use RequestStatus::*;
        match (act, self) {
            (Act::Change | Act::Endorse, Received | Investigating | Routed | Declined) => Some(self),
            (Act::Investigate, Received) => Some(Investigating),
            (Act::Route, Received | Investigating | Routed | Declined) => Some(Routed),
            (Act::Dismiss, Received | Investigating | Declined) => Some(Dismissed),
            (Act::Accept, Routed) => Some(Accepted),
            (Act::Decline, Routed | Accepted) => Some(Declined),
            (Act::Fulfil, Accepted) => Some(Fulfilled),
            (Act::Withdraw, Received | Investigating | Routed | Accepted | Declined) => Some(Withdrawn),
            // A destination's work goes on, whatever its customer is told (R15).
            (Act::Answer, Received | Investigating | Declined | Fulfilled) => Some(Answered),
            (Act::Answer, Routed | Accepted) => Some(self),
            (Act::Reopen, Answered) => Some(Investigating),
            (Act::Merge, Received | Investigating | Routed | Declined | Answered) => Some(Merged),
            (Act::Absorb, Received | Investigating | Routed | Accepted | Declined) => Some(self),
            (Act::Score, Received | Investigating | Routed | Accepted | Declined) => Some(self),
            (Act::Escalate, Received | Investigating | Routed | Accepted | Declined | Fulfilled) => Some(self),
            _ => None,
        }
    }

    /// Whether somebody still has something to do or to await.
    pub fn is_open(self) -> bool {
        !matches!(
            self,
            Self::Fulfilled | Self::Dismissed | Self::Withdrawn | Self::Merged | Self::Closed
        )
    }

    /// Every status in which something is left to do.
    pub fn open() -> impl Iterator<Item = Self> {
        <Self as strum::IntoEnumIterator>::iter().filter(|status| status.is_open())
    }
}

/// Who raised the matter, or wrote something about it.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
pub struct Raiser {
    /// A contact, a person or another system.
    #[schema(value_type = ActorKind)]
    pub kind: ActorKind,
    /// Their id.
    pub id: Uuid,
    /// Their name.
    #[schema(value_type = PersonName)]
    pub name: PersonName,
}

impl Raiser {
    /// Whether it is this one.
    pub fn is(&self, kind: ActorKind, id: Uuid) -> bool {
        (self.kind, self.id) == (kind, id)
    }
}

impl Serialize for Raiser {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Full<'a> {
            kind: ActorKind,
            id: Uuid,
            #[serde(skip_serializing_if = "Option::is_none")]
            name: Option<&'a PersonName>,
        }
        let name = Some(&self.name);
        match (Rendering::purpose(), self.kind) {
            (Purpose::Reply, _) => Full {
                kind: self.kind,
                id: self.id,
                name,
            }
            .serialize(serializer),
            (Purpose::Log, _) => Full {
                kind: self.kind,
                id: self.id,
                name: None,
            }
            .serialize(serializer),
            (Purpose::Input, ActorKind::Contact) => self.id.serialize(serializer),
            (Purpose::Input, _) => serializer.serialize_none(),
        }
    }
}

/// A hand-over is a subject of its own: the request's events only name it.
fn in_full_or_by_id<S: Serializer>(hand_over: &Option<HandOver>, serializer: S) -> Result<S::Ok, S::Error> {
    match Rendering::purpose() {
        Purpose::Reply => hand_over.serialize(serializer),
        Purpose::Input | Purpose::Log => hand_over.as_ref().map(|h| h.id).serialize(serializer),
    }
}

/// What is counted as it is read changes by no act of its own: the log does not tell of it.
fn in_the_log<T>(_: &T) -> bool {
    Rendering::purpose() == Purpose::Log
}

/// What is told of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequestInput {
    /// Whose matter it is.
    pub customer: Key<CustomerId>,
    /// What kind of matter.
    pub kind: RequestKind,
    /// What it is, in one line.
    pub title: Title,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Markdown>,
    /// The services that it concerns.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub services: Vec<Key<ServiceId>>,
    /// The day by which the customer wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted_by: Option<NaiveDate>,
    /// What the customer gains by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benefit: Option<Markdown>,
    /// What it is thought to take, in work, money or people; nobody endorses that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Markdown>,
    /// How it came in; a contact's own entry is `portal`, another system's `service_desk`, else `other`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The contact who raised it, where the caller enters it for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised_by: Option<Key<ContactId>>,
    /// Who answers for a complaint's answer; the responsible team's business relationship manager unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<PersonId>,
    /// The day by which a complaint is to be answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_day: Option<NaiveDate>,
    /// The meeting with the customer at which it was recorded, told once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting: Option<MeetingId>,
    /// What other systems call it.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
}

/// A matter that a customer, or anyone for it, has raised.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// Grows by one at each change; with the day, the `ETag` of a complaint.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Number for people; unique, with gaps.
    #[schema(
        min_length = 15,
        max_length = 24,
        pattern = r"^REQ-[0-9]{4}-[0-9]{6,15}$",
        example = "REQ-2026-000123"
    )]
    pub number: String,
    /// Whose matter it is.
    pub customer: CustomerRef,
    /// What kind of matter.
    pub kind: RequestKind,
    /// Where it stands.
    pub status: RequestStatus,
    /// What it is, in one line.
    pub title: Title,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Markdown>,
    /// The services that it concerns, by code.
    #[schema(max_items = 50)]
    pub services: Vec<ServiceRef>,
    /// The day by which the customer wants it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted_by: Option<NaiveDate>,
    /// What the customer gains by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benefit: Option<Markdown>,
    /// What it is thought to take, in work, money or people, where somebody has told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Markdown>,
    /// How it came in.
    pub channel: Channel,
    /// Who raised it.
    pub raised_by: Raiser,
    /// Who answers for a complaint's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<PersonRef>,
    /// The day by which a complaint is to be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_day: Option<NaiveDate>,
    /// A complaint whose due day has passed without an answer.
    pub overdue: bool,
    /// When it was last escalated for being overdue (R15).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<DateTime<Utc>>,
    /// For which due day that was.
    #[serde(skip)]
    pub escalated_for: Option<NaiveDate>,
    /// What those who scored it gave it on average, in thousandths of the best that can be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1000, example = 640)]
    pub score: Option<i64>,
    /// The request that goes on for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<MergedInto>,
    /// How many customers are behind it: its own, and those of the requests that were merged into it.
    #[serde(skip_serializing_if = "in_the_log")]
    #[schema(required, minimum = 1, maximum = 9007199254740991i64, example = 1)]
    pub customers_behind: i64,
    /// Who has endorsed it as it now reads (R14); and with `givenFor` who endorsed the other words of what was merged into it.
    #[schema(max_items = 100)]
    pub endorsements: Vec<Endorsement>,
    /// The latest hand-over to a destination, with its decision.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "in_full_or_by_id")]
    pub hand_over: Option<HandOver>,
    /// The latest answer to who complained; a reopened complaint keeps it, as `reopenedAt` tells, until it is answered anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// Why the team goes no further.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dismissal: Option<Dismissal>,
    /// Why it is wanted no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<Withdrawal>,
    /// The meeting with the customer at which it was recorded.
    #[serde(skip_serializing_if = "crate::meetings::told_once")]
    pub meeting: Option<MeetingId>,
    /// What other systems call it.
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

impl Aggregate for Request {
    const KIND: SubjectKind = SubjectKind::Request;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer.id)
    }
    fn reads_by_calendar(&self) -> bool {
        self.kind == RequestKind::Complaint
    }
}

impl Request {
    /// The request as it reads on a day: what the calendar decides is computed here.
    pub fn as_of(mut self, today: NaiveDate) -> Self {
        if self.status == RequestStatus::Answered
            && self
                .answer
                .as_ref()
                .is_some_and(|a| a.reopenable_until.is_some_and(|last| last < today))
        {
            self.status = RequestStatus::Closed;
        }
        self.overdue = self.unanswered() && self.due_day.is_some_and(|due| due < today);
        self
    }

    /// Whether who complained still awaits an answer (R15): also when a destination has fulfilled what was asked for.
    pub fn unanswered(&self) -> bool {
        use RequestStatus::*;
        let answered = || self.answer.as_ref().is_some_and(|answer| answer.reopened_at.is_none());
        self.kind == RequestKind::Complaint
            && match self.status {
                Received | Investigating => true,
                Routed | Accepted | Declined | Fulfilled => !answered(),
                Answered | Closed | Dismissed | Withdrawn | Merged => false,
            }
    }

    /// The request as another forum's reference to it.
    pub fn reference(&self) -> RequestRef {
        RequestRef {
            id: self.id,
            number: self.number.clone(),
            title: self.title.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
