//! Packs: what a meeting with the customer is held on. A review's looks back on the delivery; a dialogue's has ideas,
//! requests and plans, and no figure of the delivery in it.
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::*;
use crate::{
    Rule, RuleCode,
    agreements::content_digest,
    announcements::{Announcement, AnnouncementTitle},
    improvements::{Improvement, ImprovementOutcome, ImprovementStatus},
    knowledge::{BusinessNeed, NeedHorizon, NeedStrength},
    planned_activities::{PlannedActivity, PlannedPeriod, PlannedPhase},
    requests::{Request, RequestKind, RequestStatus},
    satisfaction::{SatisfactionMetric, SatisfactionReport},
    service_levels::{
        RevisionNumber, ServiceLevelStatement, StatementPeriod, StatementState, Verdicts, WorkloadFigure,
        judging::{Comparison, Verdict},
    },
};

/// How many things of a kind a pack holds.
pub const PACKED: usize = 200;
/// The longest period of a review's pack, in days.
const LONGEST: u64 = 3 * 366;
/// The period where there was no review before, in days.
const FIRST: u64 = 365;

/// A target, and what it came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackedTarget {
    /// What people call it.
    pub name: Name,
    /// Which side of the value is kept.
    pub comparison: Comparison,
    /// The promised value.
    pub value: Decimal,
    /// What it came to; absent where there is no figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<Decimal>,
    /// What is said of it.
    pub verdict: Verdict,
}

/// A statement of the period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackedStatement {
    /// Which.
    pub id: StatementId,
    /// Of which agreement, by its number.
    #[schema(max_length = 20, pattern = r"^AGR-[0-9]{4}-[0-9]{4,11}$", example = "AGR-2026-0001")]
    pub agreement: String,
    /// Of which period.
    pub period: StatementPeriod,
    /// Where it stands.
    pub state: StatementState,
    /// Which revision.
    pub revision: RevisionNumber,
    /// How many targets came to what; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdicts: Option<Verdicts>,
    /// What its targets came to; none while it is open.
    #[schema(max_items = 10000)]
    pub targets: Vec<PackedTarget>,
    /// The volume against its limits; none while it is open.
    #[schema(max_items = 5000)]
    pub workload: Vec<WorkloadFigure>,
}

impl PackedStatement {
    /// A statement with its figures.
    pub fn of(statement: &ServiceLevelStatement) -> Self {
        let figures = statement.figures.as_ref();
        let parts = || figures.iter().flat_map(|figures| &figures.parts);
        let targets = parts().flat_map(|part| &part.targets).map(|told| PackedTarget {
            name: told.name.clone(),
            comparison: told.comparison,
            value: told.value,
            figure: told.agreed.value,
            verdict: told.verdict,
        });
        Self {
            id: statement.id,
            agreement: statement.agreement.number.clone(),
            period: statement.period,
            state: statement.state,
            revision: statement.revision,
            verdicts: statement.verdicts,
            targets: targets.collect(),
            workload: parts().flat_map(|part| part.workload.clone()).collect(),
        }
    }
}

/// A published report of satisfaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackedReport {
    /// Which.
    pub id: SatisfactionReportId,
    /// Of which period.
    pub period: StatementPeriod,
    /// Which edition.
    #[schema(minimum = 1, maximum = 1000, example = 1)]
    pub edition: i32,
    /// By what it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

impl PackedReport {
    /// A report.
    pub fn of(report: &SatisfactionReport) -> Self {
        Self {
            id: report.id,
            period: report.period,
            edition: report.edition,
            digest: report.digest.clone(),
        }
    }
}

/// A request as a pack names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackedRequest {
    /// Which.
    pub request: RequestRef,
    /// What kind of matter.
    pub kind: RequestKind,
    /// Where it stands.
    pub status: RequestStatus,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// The day by which a complaint is to be answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_day: Option<NaiveDate>,
}

impl PackedRequest {
    /// A request.
    pub fn of(request: &Request) -> Self {
        Self {
            request: request.reference(),
            kind: request.kind,
            status: request.status,
            received_at: request.received_at,
            due_day: request.due_day,
        }
    }
}

/// An improvement as a pack names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackedImprovement {
    /// Which.
    pub improvement: ImprovementRef,
    /// Where it stands.
    pub status: ImprovementStatus,
    /// What it came to, where its effect was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<ImprovementOutcome>,
}

impl PackedImprovement {
    /// An improvement.
    pub fn of(improvement: &Improvement) -> Self {
        Self {
            improvement: improvement.reference(),
            status: improvement.status,
            outcome: improvement.verification.as_ref().map(|verified| verified.outcome),
        }
    }
}

/// A change that customers are told of, as a pack names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackedChange {
    /// Which announcement.
    pub id: AnnouncementId,
    /// What it is called.
    pub title: AnnouncementTitle,
    /// When it begins.
    pub begins_at: DateTime<Utc>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTime<Utc>>,
}

impl PackedChange {
    /// An announcement.
    pub fn of(announcement: &Announcement) -> Self {
        Self {
            id: announcement.id,
            title: announcement.title.clone(),
            begins_at: announcement.begins_at,
            ends_at: announcement.ends_at,
        }
    }
}

/// A need as a pack names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackedNeed {
    /// Which.
    pub id: BusinessNeedId,
    /// What is needed.
    pub statement: Title,
    /// What it is about.
    #[schema(example = "mobilitet")]
    pub theme: Word,
    /// When it will be felt.
    pub horizon: NeedHorizon,
    /// How strong it is.
    pub strength: NeedStrength,
}

impl PackedNeed {
    /// A need.
    pub fn of(need: &BusinessNeed) -> Self {
        Self {
            id: need.id,
            statement: need.statement.clone(),
            theme: need.theme.clone(),
            horizon: need.horizon,
            strength: need.strength,
        }
    }
}

/// A planned activity as a pack names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackedPlan {
    /// Which.
    pub id: PlannedActivityId,
    /// What it is.
    pub title: Title,
    /// How far it has come.
    pub phase: PlannedPhase,
    /// When it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<PlannedPeriod>,
}

impl PackedPlan {
    /// A planned activity.
    pub fn of(activity: &PlannedActivity) -> Self {
        Self {
            id: activity.id,
            title: activity.title.clone(),
            phase: activity.phase,
            period: activity.period,
        }
    }
}

/// What a review is held on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct ReviewPack {
    /// Of which customer.
    pub customer: CustomerRef,
    /// The first day that it looks back on.
    pub first_day: NaiveDate,
    /// The last day: the review's own.
    pub last_day: NaiveDate,
    /// Statements of periods that lie in it, at least in part, by period.
    #[schema(max_items = 200)]
    pub statements: Vec<PackedStatement>,
    /// Published reports of satisfaction of periods that lie in it, at least in part.
    #[schema(max_items = 200)]
    pub reports: Vec<PackedReport>,
    /// What is told of satisfaction in months that begin in it.
    #[schema(max_items = 200)]
    pub satisfaction: Vec<SatisfactionMetric>,
    /// Complaints that came in, or that are open.
    #[schema(max_items = 400)]
    pub complaints: Vec<PackedRequest>,
    /// Improvements that are left to do, or that were verified.
    #[schema(max_items = 400)]
    pub improvements: Vec<PackedImprovement>,
    /// Changes that are announced for the time after it.
    #[schema(max_items = 200)]
    pub changes: Vec<PackedChange>,
}

impl ReviewPack {
    /// SHA-256 of it as canonical JSON (RFC 8785).
    pub fn digest(&self) -> Result<Option<Digest>, serde_json::Error> {
        let digest = content_digest(&to_json_for(Purpose::Reply, self)?)?;
        Ok(digest.parse().ok())
    }
}

/// What a dialogue is held on: what the business wants, and no figure of what was delivered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DialoguePack {
    /// Of which customer.
    pub customer: CustomerRef,
    /// Suggestions that are open.
    #[schema(max_items = 200)]
    pub ideas: Vec<PackedRequest>,
    /// Wishes and requirements that are open.
    #[schema(max_items = 200)]
    pub requests: Vec<PackedRequest>,
    /// What the business will need.
    #[schema(max_items = 200)]
    pub needs: Vec<PackedNeed>,
    /// What the customer itself is about to do.
    #[schema(max_items = 200)]
    pub plans: Vec<PackedPlan>,
}

impl Meeting {
    /// Refuses the pack of another kind.
    pub fn must_be(&self, kind: MeetingKind) -> Result<(), Rule> {
        if self.kind == kind {
            return Ok(());
        }
        let detail = format!("The meeting is a {}; this pack is of a {kind}.", self.kind);
        Err(Rule::new(RuleCode::WrongMeeting, detail))
    }

    /// The first day that a review's pack looks back on: as told, or the day of the review before it.
    pub fn looks_back_to(&self, told: Option<NaiveDate>, last: Option<NaiveDate>) -> Result<NaiveDate, Rule> {
        let back = |days| self.day.checked_sub_days(Days::new(days)).unwrap_or(self.day);
        match (told, last) {
            (Some(first), _) if first > self.day || first < back(LONGEST) => {
                let detail = format!("The period begins within three years before {}.", self.day);
                Err(Rule::new(RuleCode::DateOrder, detail))
            }
            (Some(first), _) => Ok(first),
            (None, Some(last)) => Ok(last.max(back(LONGEST))),
            (None, None) => Ok(back(FIRST)),
        }
    }
}
