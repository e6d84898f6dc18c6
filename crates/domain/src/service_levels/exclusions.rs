//! Exclusions: intervals that are left out of the agreed figure, by consent or because it was agreed beforehand (R23).
//! The raw figure keeps everything.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Rule, RuleCode,
    agreements::{Agreement, AgreementKind, AgreementRef, AgreementVersion, Deed, Party},
    calendars::Interval,
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

word! {
    /// Why something is left out.
    ExclusionGround {
        /// Maintenance that had been announced.
        PlannedMaintenance,
        /// The customer caused it.
        CustomerCaused,
        /// Beyond anybody's power.
        ForceMajeure,
        /// Something else that was agreed.
        AgreedOther,
    }
}

word! {
    /// Where an exclusion stands.
    ExclusionState {
        /// Waits for the customer's word; leaves nothing out yet.
        Proposed,
        /// The customer consented.
        Consented,
        /// The customer refused; leaves nothing out.
        Refused,
        /// The ground was agreed beforehand.
        PreAgreed,
    }
}

/// What is told of an exclusion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExclusionInput {
    /// Of which agreement's figures.
    pub agreement: AgreementId,
    /// Of this target alone, by its key; none: of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Slug>,
    /// Of this service alone; none: of all that are covered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Key<ServiceId>>,
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
    /// On which ground.
    pub ground: ExclusionGround,
    /// What happened.
    pub reason: Reason,
}

/// The customer's word on an exclusion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct ExclusionDecision {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// Whether it was consented to.
    pub consented: bool,
    /// Why, where it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// Who proposed an exclusion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
pub struct ExclusionProposal(pub Deed);

/// An interval that is left out of the agreed figures, or is asked to be.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exclusion {
    /// Its id.
    pub id: ExclusionId,
    /// Grows by one at each change; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Of which agreement's figures.
    pub agreement: AgreementRef,
    /// Of this target alone; absent: of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Slug>,
    /// Of this service alone; absent: of all that are covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceRef>,
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
    /// On which ground.
    pub ground: ExclusionGround,
    /// What happened.
    pub reason: Reason,
    /// Where it stands.
    pub state: ExclusionState,
    /// Who proposed it.
    pub proposal: ExclusionProposal,
    /// The customer's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<ExclusionDecision>,
    /// The customer whose agreement it is.
    #[serde(skip)]
    #[schema(ignore)]
    pub customer: Option<CustomerId>,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for Exclusion {
    const KIND: SubjectKind = SubjectKind::Exclusion;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn customer(&self) -> Option<CustomerId> {
        self.customer
    }
    fn matter(&self) -> Uuid {
        self.agreement.id.0
    }
}

fn refused(detail: impl Into<String>) -> Rule {
    Rule::new(RuleCode::ExclusionConsent, detail)
}

impl Exclusion {
    /// A new exclusion of what `version`, in force when it begins, promises. A ground that was agreed beforehand takes
    /// effect at once; any other waits for the customer's word.
    pub fn propose(
        id: ExclusionId,
        told: ExclusionInput,
        (agreement, version): (&Agreement, &AgreementVersion),
        service: Option<ServiceRef>,
        deed: Deed,
    ) -> Result<Self, Rule> {
        if told.to <= told.from {
            let detail = format!("It ends at {}, which is not after its beginning.", told.to.to_rfc3339());
            return Err(Rule::new(RuleCode::DateOrder, detail).at("/to"));
        }
        let content = &version.content;
        if let Some(key) = &told.target
            && content.targets.iter().all(|target| target.key != *key)
        {
            let detail = format!("Version {} has no target {key}.", version.number);
            return Err(Rule::new(RuleCode::UnknownReference, detail).at("/target"));
        }
        if let Some(service) = &service
            && version.services.0.iter().all(|covered| covered.id != service.id)
        {
            let detail = format!("Version {} does not cover {}.", version.number, service.code);
            return Err(Rule::new(RuleCode::UnknownReference, detail).at("/service"));
        }
        let state = match content.pre_agreed_exclusions.contains(&told.ground) {
            true => ExclusionState::PreAgreed,
            false => ExclusionState::Proposed,
        };
        Ok(Self {
            id,
            version: 1,
            agreement: agreement.reference(),
            target: told.target,
            service,
            from: told.from,
            to: told.to,
            ground: told.ground,
            reason: told.reason,
            state,
            created_at: deed.at,
            proposal: ExclusionProposal(deed),
            decision: None,
            customer: Aggregate::customer(agreement),
        })
    }

    /// The customer's word. Of an agreement without a customer the provider records the other party's.
    pub fn decide(self, mut deed: Deed, refusal: Option<Reason>) -> Result<Self, Rule> {
        if self.state != ExclusionState::Proposed {
            let detail = format!("The exclusion is {} already.", self.state.to_string().replace('_', " "));
            return Err(Rule::new(RuleCode::State, detail));
        }
        match (self.agreement.kind, deed.party) {
            (AgreementKind::Sla, Party::Customer) => {}
            (AgreementKind::Sla, _) => return Err(refused("Only the customer consents or refuses.")),
            _ => deed.party = Party::Counterparty,
        }
        let consented = refusal.is_none();
        Ok(Self {
            version: self.version + 1,
            state: match consented {
                true => ExclusionState::Consented,
                false => ExclusionState::Refused,
            },
            decision: Some(ExclusionDecision {
                deed,
                consented,
                reason: refusal,
            }),
            ..self
        })
    }

    /// Refuses what would change figures that are closed: `closed` is a closed statement's period that it touches.
    pub fn must_precede_closing(closed: Option<super::StatementPeriod>) -> Result<(), Rule> {
        match closed {
            None => Ok(()),
            Some(period) => Err(refused(format!(
                "The statement of {period} is closed; its figures are changed by a restatement alone."
            ))),
        }
    }

    /// Whether it leaves anything out.
    pub fn takes_effect(&self) -> bool {
        matches!(self.state, ExclusionState::Consented | ExclusionState::PreAgreed)
    }

    /// Whether it is about the target and the service.
    pub fn concerns(&self, target: &Slug, service: ServiceId) -> bool {
        self.target.as_ref().is_none_or(|key| key == target)
            && self.service.as_ref().is_none_or(|about| about.id == service)
    }

    /// What it leaves out.
    pub fn interval(&self) -> Interval {
        Interval::new(self.from, self.to)
    }
}
