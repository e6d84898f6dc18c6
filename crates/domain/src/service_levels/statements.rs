//! Statements: what an agreement came to in a period. Open and computed, then proposed, then closed for good (R10).
use chrono::{DateTime, Days as PlusDays, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Acceptance, Figures, Objections, StatementPeriod, TargetFigure, judging::Verdict};
use crate::{
    Rule, RuleCode,
    agreements::{Agreement, AgreementKind, AgreementRef, Deed, VersionNumber},
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

word! {
    /// Where a statement stands.
    StatementState {
        /// Computed from what is there, each time it is read.
        Open,
        /// Its figures are laid before the customer.
        Proposed,
        /// Its figures stand; they are never computed again.
        Closed,
    }
}

word! {
    /// Everything that moves a statement.
    StatementAct {
        /// Lay figures before the customer; again, where they have changed.
        Propose,
        /// Make them stand.
        Close,
        /// Begin a new revision of figures that stand.
        Restate,
    }
}

impl StatementState {
    /// The state after the act; none where the act is not allowed. Total: every pair is decided here.
    pub fn after(self, act: StatementAct) -> Option<Self> {
        use StatementAct::*;
        match (self, act) {
            (Self::Open | Self::Proposed, Propose) | (Self::Closed, Restate) => Some(Self::Proposed),
            (Self::Proposed, Close) => Some(Self::Closed),
            (Self::Open, Close | Restate) | (Self::Proposed, Restate) | (Self::Closed, Propose | Close) => None,
        }
    }
}

/// A statement's revision: 1, 2, 3 …
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema, sea_orm::DeriveValueType,
)]
#[serde(transparent)]
#[schema(minimum = 1, maximum = 1000, example = 1)]
pub struct RevisionNumber(pub i32);

impl RevisionNumber {
    /// The first one's.
    pub const FIRST: Self = Self(1);

    /// The one that stood before it; none before the first.
    pub fn before(self) -> Option<Self> {
        (self > Self::FIRST).then(|| Self(self.0 - 1))
    }
}

/// What is told to open a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatementInput {
    /// Of which agreement.
    pub agreement: AgreementId,
    /// Of which period.
    pub period: StatementPeriod,
}

/// What is told of a restatement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestatementInput {
    /// Why the figures that stand are to be replaced.
    pub reason: Reason,
}

/// Who laid the figures before the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct StatementProposal {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// The last day on which the customer may object; absent where there is no customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objections_until: Option<NaiveDate>,
}

/// Who made the figures stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Closing {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
}

/// Why figures that stood were replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Restatement {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// Why.
    pub reason: Reason,
}

/// A statement: what an agreement came to in a period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceLevelStatement {
    /// Its id.
    pub id: StatementId,
    /// Grows by one at each change. With the digest of the figures, while they are computed, the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Of which agreement.
    pub agreement: AgreementRef,
    /// Of which customer; absent of an agreement with another function or a supplier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerRef>,
    /// Of which period.
    pub period: StatementPeriod,
    /// The period's first day.
    pub first_day: NaiveDate,
    /// The period's last day.
    pub last_day: NaiveDate,
    /// Where it stands.
    pub state: StatementState,
    /// Which revision this is: 1, and one more with each restatement.
    pub revision: RevisionNumber,
    /// How many targets were met, missed and so on, when the figures were laid before the customer or closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdicts: Option<Verdicts>,
    /// The figures; not in lists.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "unless_logged")]
    pub figures: Option<Figures>,
    /// Who laid the figures before the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<StatementProposal>,
    /// What the customer objected to, with the answers.
    pub objections: Objections,
    /// The customer's acceptance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<Acceptance>,
    /// Who made the figures stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closing: Option<Closing>,
    /// Why this revision took the place of the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restatement: Option<Restatement>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
}

/// The log tells of the figures by their digest.
fn unless_logged<S: serde::Serializer>(figures: &Option<Figures>, serializer: S) -> Result<S::Ok, S::Error> {
    match (Rendering::purpose(), figures) {
        (Purpose::Log, Some(figures)) => figures.digest.serialize(serializer),
        _ => figures.serialize(serializer),
    }
}

/// How many targets came to which verdict.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult,
)]
#[serde(rename_all = "camelCase")]
pub struct Verdicts {
    /// The promise was kept.
    #[schema(minimum = 0, maximum = 10000)]
    pub met: i32,
    /// It was not.
    #[schema(minimum = 0, maximum = 10000)]
    pub missed: i32,
    /// There was too little evidence.
    #[schema(minimum = 0, maximum = 10000)]
    pub insufficient_data: i32,
    /// There was nothing to be judged.
    #[schema(minimum = 0, maximum = 10000)]
    pub not_applicable: i32,
}

impl Verdicts {
    /// Of these figures.
    pub fn of(figures: &Figures) -> Self {
        figures.targets().fold(Self::default(), |mut counts, (_, figure)| {
            *match figure.verdict {
                Verdict::Met => &mut counts.met,
                Verdict::Missed => &mut counts.missed,
                Verdict::InsufficientData => &mut counts.insufficient_data,
                Verdict::NotApplicable => &mut counts.not_applicable,
            } += 1;
            counts
        })
    }
}

impl Aggregate for ServiceLevelStatement {
    const KIND: SubjectKind = SubjectKind::ServiceLevelStatement;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn customer(&self) -> Option<CustomerId> {
        self.customer.as_ref().map(|customer| customer.id)
    }
    fn matter(&self) -> Uuid {
        self.agreement.id.0
    }
    /// While it is open its figures are what is read, whatever its version.
    fn reads_as(&self) -> Option<&str> {
        let computed = self.figures.as_ref().filter(|_| self.state == StatementState::Open);
        computed.and_then(|figures| figures.digest.as_str().get(..16))
    }
}

/// A target that was missed in a closed period: an event of its own.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MissedTarget {
    /// Its id.
    pub id: MissedTargetId,
    /// The statement that tells it.
    pub statement: StatementId,
    /// The statement's revision.
    pub revision: RevisionNumber,
    /// Of which agreement.
    pub agreement: AgreementId,
    /// Of which period.
    pub period: StatementPeriod,
    /// The version that promised it.
    pub promised_in: VersionNumber,
    /// What was promised, and what it came to.
    pub target: TargetFigure,
    /// The customer to whom it was promised.
    #[serde(skip)]
    pub customer: Option<CustomerId>,
}

impl Aggregate for MissedTarget {
    const KIND: SubjectKind = SubjectKind::MissedTarget;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        1
    }
    fn customer(&self) -> Option<CustomerId> {
        self.customer
    }
    fn matter(&self) -> Uuid {
        self.agreement.0
    }
}

fn refused(detail: impl Into<String>) -> Rule {
    Rule::new(RuleCode::StatementOrder, detail)
}

impl ServiceLevelStatement {
    /// A statement of an agreement that was in force on some day of the period.
    pub fn open(
        id: StatementId,
        agreement: &Agreement,
        period: StatementPeriod,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        let days = period.period();
        let in_force = |line: &crate::agreements::VersionLine| {
            line.status.was_approved()
                && line.in_force.until != Some(line.in_force.since)
                && line.in_force.overlaps(&days)
        };
        if !agreement.versions.iter().any(in_force) {
            let detail = format!("No version of {} is in force in {period}.", agreement.number);
            return Err(refused(detail).at("/period"));
        }
        Ok(Self {
            id,
            version: 1,
            agreement: agreement.reference(),
            customer: agreement.customer.clone(),
            period,
            first_day: days.since,
            last_day: period.days().last_day.unwrap_or(days.since),
            state: StatementState::Open,
            revision: RevisionNumber::FIRST,
            verdicts: None,
            figures: None,
            proposal: None,
            objections: Objections::default(),
            acceptance: None,
            closing: None,
            restatement: None,
            created_at: now,
        })
    }

    /// The state after the act, or why it is not allowed.
    fn may(&self, act: StatementAct) -> Result<StatementState, Rule> {
        self.state.after(act).ok_or_else(|| {
            let detail = match (self.state, act) {
                (StatementState::Open, _) => "The statement is open; propose its figures first.".into(),
                (StatementState::Closed, _) => "The statement is closed; only a restatement changes it.".into(),
                (state, act) => format!("A statement that is {state} allows no {act}."),
            };
            Rule::new(RuleCode::State, detail)
        })
    }

    /// The proposal; refused where the statement is not proposed.
    pub(super) fn must_be_proposed(&self) -> Result<&StatementProposal, Rule> {
        let proposal = self
            .proposal
            .as_ref()
            .filter(|_| self.state == StatementState::Proposed);
        proposal.ok_or_else(|| {
            Rule::new(
                RuleCode::State,
                format!("The statement is {}, not proposed.", self.state),
            )
        })
    }

    /// The delivery manager lays the figures before the customer, once the period is over; and again, where they have
    /// changed. Objections that were made stay; an acceptance of other figures is void.
    pub fn propose(self, figures: Figures, deed: Deed, objection_days: u16, today: NaiveDate) -> Result<Self, Rule> {
        let state = self.may(StatementAct::Propose)?;
        if today < self.period.until() {
            let detail = format!(
                "{} is not over; its figures can be proposed from {}.",
                self.period,
                self.period.until()
            );
            return Err(refused(detail));
        }
        let accepted = self
            .acceptance
            .clone()
            .filter(|accepted| accepted.digest == figures.digest);
        let days = PlusDays::new(objection_days.into());
        let objections_until = (self.agreement.kind == AgreementKind::Sla).then(|| today.checked_add_days(days));
        Ok(Self {
            version: self.version + 1,
            state,
            verdicts: Some(Verdicts::of(&figures)),
            figures: Some(figures),
            proposal: Some(StatementProposal {
                deed,
                objections_until: objections_until.flatten(),
            }),
            acceptance: accepted,
            ..self
        })
    }

    /// The delivery manager makes the proposed figures stand: after the customer's acceptance, or after the days to
    /// object. `undecided` is an exclusion that was decided after the figures were proposed.
    pub fn close(self, deed: Deed, today: NaiveDate, decided_since: Option<ExclusionId>) -> Result<Self, Rule> {
        let state = self.may(StatementAct::Close)?;
        let last = self.must_be_proposed()?.objections_until;
        if let Some(last) = last.filter(|last| today <= *last && self.acceptance.is_none()) {
            let detail = format!("The customer may object until {last}; close it after that, or on acceptance.");
            return Err(Rule::new(RuleCode::Objections, detail));
        }
        if let Some(exclusion) = decided_since {
            let detail =
                format!("Exclusion {exclusion} was decided after the figures were proposed; propose them again.");
            return Err(Rule::new(RuleCode::ExclusionConsent, detail));
        }
        Ok(Self {
            version: self.version + 1,
            state,
            closing: Some(Closing { deed }),
            ..self
        })
    }

    /// The delivery manager replaces figures that stand by a new revision, which the customer may object to as to the
    /// first. The revision before stays as it is.
    pub fn restate(
        self,
        figures: Figures,
        (deed, reason): (Deed, Reason),
        objection_days: u16,
        today: NaiveDate,
    ) -> Result<Self, Rule> {
        let state = self.may(StatementAct::Restate)?;
        let next = Self {
            state: StatementState::Open,
            revision: RevisionNumber(self.revision.0 + 1),
            objections: Objections::default(),
            acceptance: None,
            closing: None,
            restatement: Some(Restatement {
                deed: deed.clone(),
                reason,
            }),
            ..self
        };
        let proposed = next.propose(figures, deed, objection_days, today)?;
        Ok(Self { state, ..proposed })
    }

    /// The targets that it tells were missed, each as a thing of its own; those that the revision before told are left
    /// out.
    pub fn newly_missed(&self, before: Option<&Figures>, mut id: impl FnMut() -> MissedTargetId) -> Vec<MissedTarget> {
        let missed = |figures: &Figures| -> Vec<(VersionNumber, TargetFigure)> {
            let missed = figures
                .targets()
                .filter(|(_, figure)| figure.verdict == Verdict::Missed);
            missed.map(|(version, figure)| (version, figure.clone())).collect()
        };
        let known = before.map(missed).unwrap_or_default();
        let told = |(version, figure): &(VersionNumber, TargetFigure)| {
            known.iter().any(|(v, f)| v == version && f.target == figure.target)
        };
        let all = self.figures.as_ref().map(missed).unwrap_or_default();
        all.into_iter()
            .filter(|one| !told(one))
            .map(|(promised_in, target)| MissedTarget {
                id: id(),
                statement: self.id,
                revision: self.revision,
                agreement: self.agreement.id,
                period: self.period,
                promised_in,
                target,
                customer: Aggregate::customer(self),
            })
            .collect()
    }
}
