//! Improvements: the register of what is to become better, closed by its measured effect.
//!
//! An entry names the measure that is to move, from a baseline to a target. Its readings are what was measured since;
//! what counts in the end is what they came to (R16), not that the work was done.
mod acts;
mod effects;
mod measures;
mod offers;
mod origins;
mod readings;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    agreements::Deed,
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

pub use acts::*;
pub use effects::*;
pub use measures::*;
pub use offers::*;
pub use readings::*;

word! {
    /// Where an improvement stands.
    ImprovementStatus {
        /// Entered; nobody has decided on it yet.
        Identified,
        /// It will be done.
        Approved,
        /// It is being done.
        InProgress,
        /// It is done; whether it helped is still to be measured.
        Implemented,
        /// Its effect was measured and judged.
        Verified,
        /// Nothing is left to do.
        Closed,
        /// It will not be done, for a reason.
        Rejected,
    }
}

/// Everything that can be done with an improvement, as far as its status is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter, strum::Display)]
#[strum(serialize_all = "snake_case")]
#[allow(missing_docs)]
pub enum ImprovementAct {
    Change,
    Plan,
    Measure,
    Approve,
    Reject,
    Start,
    Implement,
    Verify,
    Close,
}

impl ImprovementStatus {
    /// The status after the act; none where the act is not allowed. Total: every pair is decided here.
    pub fn after(self, act: ImprovementAct) -> Option<Self> {
        use ImprovementAct as Act;
        use ImprovementStatus::*;
        match (act, self) {
            (Act::Change | Act::Plan, Identified | Approved | InProgress | Implemented) => Some(self),
            (Act::Measure, Identified | Approved | InProgress | Implemented | Verified) => Some(self),
            (Act::Approve, Identified) => Some(Approved),
            (Act::Reject, Identified | Approved | InProgress) => Some(Rejected),
            (Act::Start, Approved) => Some(InProgress),
            (Act::Implement, InProgress) => Some(Implemented),
            (Act::Verify, Implemented) => Some(Verified),
            (Act::Close, Verified) => Some(Closed),
            _ => None,
        }
    }

    /// Whether anything is left to do.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Closed | Self::Rejected)
    }

    /// Every status in which something is left to do.
    pub fn open() -> impl Iterator<Item = Self> {
        <Self as strum::IntoEnumIterator>::iter().filter(|status| status.is_open())
    }
}

word! {
    /// What kind of thing an improvement came from.
    OriginKind {
        /// A request.
        Request,
        /// A service level that was not kept.
        MissedTarget,
        /// What a survey found.
        SurveyFinding,
        /// A meeting.
        Meeting,
        /// Nobody had to ask.
        OwnInitiative,
    }
}

/// What an improvement came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum OriginInput {
    /// A request.
    Request {
        /// Which.
        request: RequestId,
    },
    /// A service level that was not kept.
    MissedTarget {
        /// The statement that says so, proposed or closed.
        statement: StatementId,
        /// The target's key.
        target: Slug,
    },
    /// What a survey found.
    SurveyFinding {
        /// The published report of satisfaction that tells of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        report: Option<SatisfactionReportId>,
        /// The finding's number in the report.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(minimum = 1, maximum = 50, example = 1)]
        finding: Option<u32>,
        /// Which survey, and what; where no report tells of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<Note>,
    },
    /// A meeting.
    Meeting {
        /// The review at which it was recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        meeting: Option<MeetingId>,
        /// Which, in words; where it is not known here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<Note>,
    },
    /// Nobody had to ask.
    OwnInitiative {
        /// What gave the idea.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<Note>,
    },
}

impl Default for OriginInput {
    fn default() -> Self {
        Self::OwnInitiative { source: None }
    }
}

/// What an improvement came from, as far as whoever reads it may see that.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// What kind of thing.
    pub kind: OriginKind,
    /// The request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestRef>,
    /// The hand-over by which the request was routed here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hand_over: Option<HandOverId>,
    /// When the request was withdrawn, or went elsewhere: nobody there awaits the improvement any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_back_at: Option<DateTime<Utc>>,
    /// The statement that tells of the missed target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<StatementId>,
    /// The missed target's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Slug>,
    /// The report of satisfaction that tells of the finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<SatisfactionReportId>,
    /// The finding's number in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 50, example = 1)]
    pub finding: Option<u32>,
    /// The meeting at which it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting: Option<MeetingRef>,
    /// The survey, the meeting, or what gave the idea.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Note>,
    /// The customer whose request, statement or meeting it is.
    #[serde(skip)]
    pub customer: Option<CustomerId>,
    /// Whether whoever reads it may see that customer, and with it the request or the statement.
    #[serde(skip)]
    pub is_seen: bool,
}

impl Origin {
    /// Something that is only told in words.
    pub fn told(kind: OriginKind, source: Option<Note>) -> Self {
        Self {
            kind,
            request: None,
            hand_over: None,
            taken_back_at: None,
            statement: None,
            target: None,
            report: None,
            finding: None,
            meeting: None,
            source,
            customer: None,
            is_seen: true,
        }
    }
}

/// What is told of an improvement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImprovementInput {
    /// What is to become better, in one line.
    pub title: Title,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Markdown>,
    /// What it came from, told once; own initiative unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginInput>,
    /// The customers that it is for.
    #[schema(min_items = 1, max_items = 50)]
    pub customers: Vec<Key<CustomerId>>,
    /// The services that it concerns.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub services: Vec<Key<ServiceId>>,
    /// Who answers for it; the person who enters it unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<PersonId>,
    /// How much it is worth doing before others: 100 first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100, example = 70)]
    pub priority: Option<i32>,
    /// What is to move, from where and how far. Its baseline is needed before it is implemented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// What other systems call it.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
}

/// What is told of an activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImprovementActivityInput {
    /// What is to be done.
    pub what: Title,
    /// By whom.
    pub who: PersonId,
    /// By which day.
    pub due_day: NaiveDate,
}

/// Something that is done for an improvement.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImprovementActivity {
    /// Its id.
    pub id: ImprovementActivityId,
    /// What is to be done.
    pub what: Title,
    /// By whom.
    pub who: PersonRef,
    /// By which day.
    pub due_day: NaiveDate,
    /// The day on which it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_on: Option<NaiveDate>,
}

/// Why it is not done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct ImprovementRejection {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// Why.
    pub reason: Reason,
}

/// Who decided that it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct ImprovementApproval {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
}

/// Since when it is in effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Implementation {
    /// Who says so, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// The day from which it is in effect: what is measured after it counts as its effect.
    pub day: NaiveDate,
}

/// An entry of the improvement register.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Improvement {
    /// Its id.
    pub id: ImprovementId,
    /// Grows by one at each change; its `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Number for people; unique, with gaps.
    #[schema(
        min_length = 15,
        max_length = 24,
        pattern = r"^IMP-[0-9]{4}-[0-9]{6,15}$",
        example = "IMP-2026-000123"
    )]
    pub number: String,
    /// Where it stands.
    pub status: ImprovementStatus,
    /// What is to become better, in one line.
    pub title: Title,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Markdown>,
    /// What it came from.
    #[serde(skip_serializing_if = "when_input")]
    pub origin: Origin,
    /// The customers that it is for, as far as you may see them, by code.
    #[schema(max_items = 50)]
    pub customers: Vec<CustomerRef>,
    /// The others. Whoever does not see them leaves them as they are.
    #[serde(skip)]
    pub unseen_customers: Vec<CustomerId>,
    /// The services that it concerns, by code.
    #[schema(max_items = 50)]
    pub services: Vec<ServiceRef>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<PersonRef>,
    /// How much it is worth doing before others; the team's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100, example = 70)]
    pub priority: Option<i32>,
    /// What is to move, from where and how far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// What is done for it, by due day; the team's own.
    #[schema(max_items = 50)]
    pub activities: Vec<ImprovementActivity>,
    /// Who decided that it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ImprovementApproval>,
    /// Why it is not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<ImprovementRejection>,
    /// Since when it is in effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub implementation: Option<Implementation>,
    /// What it came to (R16).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<EffectVerification>,
    /// What other systems call it.
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

/// What it came from is told once: a patch neither repeats nor changes it.
fn when_input(_: &Origin) -> bool {
    Rendering::purpose() == Purpose::Input
}

impl Aggregate for Improvement {
    const KIND: SubjectKind = SubjectKind::Improvement;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn customer(&self) -> Option<CustomerId> {
        self.only_customer()
    }
}

impl Improvement {
    /// The customer, where it is for one alone. What several share belongs to none of them: its events name them all,
    /// and are read by those who may see every customer.
    pub fn only_customer(&self) -> Option<CustomerId> {
        match (self.customers.as_slice(), self.unseen_customers.as_slice()) {
            ([one], []) => Some(one.id),
            _ => None,
        }
    }

    /// As it is shown: without a request or statement that may not be seen (R20), and to a contact without what is the
    /// team's own.
    pub fn shown(mut self, to_contact: bool) -> Self {
        if !self.origin.is_seen {
            self.origin = Origin::told(self.origin.kind, self.origin.source);
        }
        if to_contact {
            self.priority = None;
            self.activities.clear();
        }
        self
    }

    /// The improvement as another thing's reference to it.
    pub fn reference(&self) -> ImprovementRef {
        ImprovementRef {
            id: self.id,
            number: self.number.clone(),
            title: self.title.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
