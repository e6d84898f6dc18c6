//! Figures as they are told and kept: each with the inputs that it was made of (R12).
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    EvidenceSummary, ExclusionGround,
    judging::{Comparison, Verdict},
};
use crate::{
    agreements::{CoveredService, VersionNumber},
    calendars::PinnedCalendar,
    vocabulary::*,
};

word! {
    /// How a figure was made.
    Method {
        /// 100 × (1 − downtime ÷ agreed time) in whole seconds; downtime is the union of unplanned outages within it.
        AvailabilityOfAgreedTime,
        /// The share of resolved cases whose elapsed open time is within the limit.
        ShareOfCasesWithinLimit,
        /// The sum of the samples, divided by how many they are.
        MeanOfSamples,
        /// The smallest sample.
        MinOfSamples,
        /// The largest sample.
        MaxOfSamples,
        /// The sum of the samples.
        SumOfSamples,
        /// The sample that was observed last; of several, the one received last.
        LastOfSamples,
        /// Nearest rank: the sample at rank ⌈p·n/100⌉.
        NearestRankPercentile,
        /// Satisfaction of a finished period.
        SatisfactionOfPeriod,
    }
}

word! {
    /// What `n` and `k` count.
    Counted {
        /// Seconds of agreed time.
        Seconds,
        /// Cases.
        Cases,
        /// Samples.
        Samples,
        /// Answers.
        Answers,
    }
}

/// A figure and what it was made of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// The figure, rounded to six decimals; absent where there is none. Verdicts compare the exact one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Decimal>,
    /// Of how many: the denominator of a share, the number of samples.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub n: i64,
    /// How many of them were as promised; of a share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub k: Option<i64>,
}

/// What a promise still allows to be lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Allowance {
    /// The whole that the promise is about, of a running period as far as its end is known.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub whole: i64,
    /// What was lost of it.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub lost: i64,
    /// What may still be lost; negative where more was lost than may.
    #[schema(minimum = -9007199254740991i64, maximum = 9007199254740991i64)]
    pub left: i64,
}

/// An interval that was left out of the agreed figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Excluded {
    /// By which exclusion.
    pub exclusion: ExclusionId,
    /// On which ground.
    pub ground: ExclusionGround,
    /// Since when, within the period.
    pub from: DateTime<Utc>,
    /// Until when, within the period.
    pub to: DateTime<Utc>,
}

/// What follows from a missed target. Never an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsequenceFigure {
    /// In words, where it was agreed in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Note>,
    /// The steps that were passed, together and capped, in per cent of the period's price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Decimal>,
    /// The same in money: of the price of the target's period, by the days of the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
}

/// What a target came to on the days of one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetFigure {
    /// The target, by its key.
    pub target: Slug,
    /// What people call it.
    pub name: Name,
    /// The services that it is about.
    #[schema(max_items = 200)]
    pub services: Vec<CoveredService>,
    /// Which side of the value is kept.
    pub comparison: Comparison,
    /// The promised value.
    pub value: Decimal,
    /// What is said of it.
    pub verdict: Verdict,
    /// The period runs, and as it goes the target will be missed.
    pub at_risk: bool,
    /// The figure that counts: without what was excluded by consent.
    pub agreed: Figure,
    /// The figure as if nothing had been excluded.
    pub raw: Figure,
    /// What `n` and `k` count.
    pub counted: Counted,
    /// Fewer observations than this are too little evidence.
    #[schema(minimum = 1, maximum = 1000000)]
    pub minimum_observations: u32,
    /// How the figure was made.
    pub method: Method,
    /// The calendar that it was counted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<PinnedCalendar>,
    /// What was left out of the agreed figure.
    #[schema(max_items = 1000)]
    pub excluded: Vec<Excluded>,
    /// The share of the version's days in the period for which there is evidence, in per cent: of availability the agreed
    /// time that has passed, else the days with at least one observation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_share: Option<Decimal>,
    /// What the promise still allows to be lost ("error budget"); of shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowance: Option<Allowance>,
    /// Whether the volume that it is promised for was exceeded; absent where it is promised for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beyond_workload: Option<bool>,
    /// Open cases whose time has already run out; while the period runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub overdue: Option<i64>,
    /// What follows, where it was missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consequence: Option<ConsequenceFigure>,
}

/// The volume of a part of the period, beside what the levels are promised for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadFigure {
    /// The limit, by its key.
    pub limit: Slug,
    /// What people call it.
    pub name: Name,
    /// At most so many were promised for.
    pub most: Decimal,
    /// So many there were: cases, or the sum of the samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<Decimal>,
    /// Of how many cases or samples.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub n: i64,
    /// Whether it was more than promised for.
    pub beyond: bool,
}

/// What one version of the agreement came to on its own days in the period (R11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartFigures {
    /// The version.
    pub version: VersionNumber,
    /// SHA-256 of its canonical content.
    pub digest: Digest,
    /// Its first day in the period.
    pub first_day: NaiveDate,
    /// Its last day in the period.
    pub last_day: NaiveDate,
    /// What its targets came to.
    #[schema(max_items = 100)]
    pub targets: Vec<TargetFigure>,
    /// The volume, beside its limits.
    #[schema(max_items = 50)]
    pub workload: Vec<WorkloadFigure>,
}

/// All figures of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Evidence of what happened before this instant counts: the end of the period, or when they were computed.
    pub until: DateTime<Utc>,
    /// The parts of the period, each by the version that was in force.
    #[schema(max_items = 100)]
    pub parts: Vec<PartFigures>,
    /// What follows from missed targets in money, by currency.
    #[schema(max_items = 20)]
    pub consequences: Vec<Money>,
    /// What they rest on.
    pub evidence: EvidenceSummary,
    /// SHA-256 of the parts and the evidence as canonical JSON (RFC 8785): what an acceptance is bound to.
    pub digest: Digest,
}

impl Figures {
    /// All figures of targets, with the version that promised each.
    pub fn targets(&self) -> impl Iterator<Item = (VersionNumber, &TargetFigure)> {
        self.parts
            .iter()
            .flat_map(|part| part.targets.iter().map(|target| (part.version, target)))
    }
}
