//! Offers: what was measured to help one customer is offered to those whose requests seem to say the same.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::*;
use crate::{Rule, RuleCode};

word! {
    /// Where an offer stands.
    OfferState {
        /// Nobody has decided on it yet.
        Offered,
        /// The request went to the improvement register, for an entry of its own.
        Taken,
        /// It does not help here, for a reason.
        Declined,
    }
}

word! {
    /// What becomes of an offer.
    OfferOutcome {
        /// The request goes to the improvement register, for an entry of its own.
        Taken,
        /// It does not help here.
        Declined,
    }
}

/// What the customer's team makes of an offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OfferDecisionInput {
    /// Whether it is taken.
    pub outcome: OfferOutcome,
    /// Why not; required where it is declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// Who decided on an offer, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct OfferDecision {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// An improvement that helped one customer, offered to another whose request seems to say the same.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImprovementOffer {
    /// Its id.
    pub id: ImprovementOfferId,
    /// Grows by one at each change.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Where it stands.
    pub state: OfferState,
    /// The improvement, where you may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub improvement: Option<ImprovementRef>,
    /// What it came to there.
    pub outcome: ImprovementOutcome,
    /// The request that seems to say the same.
    pub request: RequestRef,
    /// Whose request it is.
    pub customer: CustomerRef,
    /// How much of what the improvement speaks of the request has, in thousandths.
    #[schema(minimum = 0, maximum = 1000, example = 640)]
    pub likeness: i32,
    /// When it was offered.
    pub offered_at: DateTime<Utc>,
    /// Who decided, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<OfferDecision>,
    /// The entry of the register that came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_as: Option<ImprovementRef>,
}

/// To how many requests an improvement is offered, those that seem most alike.
pub const OFFERED_TO: usize = 20;

impl Aggregate for ImprovementOffer {
    const KIND: SubjectKind = SubjectKind::ImprovementOffer;
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

impl Improvement {
    /// What it came to, where that is worth offering to others: only what was measured to help (R16).
    pub fn worth_offering(&self) -> Option<ImprovementOutcome> {
        let outcome = self.verification.as_ref()?.outcome;
        (outcome != ImprovementOutcome::NotAchieved).then_some(outcome)
    }
}

impl ImprovementOffer {
    /// The customer's team decides, once.
    pub fn decide(self, told: OfferDecisionInput, deed: Deed) -> Result<Self, Rule> {
        if self.state != OfferState::Offered {
            let detail = format!("The offer for {} is {} already.", self.request.number, self.state);
            return Err(Rule::new(RuleCode::State, detail));
        }
        let state = match told.outcome {
            OfferOutcome::Declined if told.reason.is_none() => {
                return Err(Rule::new(RuleCode::State, "A refusal says why.").at("/reason"));
            }
            OfferOutcome::Declined => OfferState::Declined,
            OfferOutcome::Taken => OfferState::Taken,
        };
        Ok(Self {
            version: self.version + 1,
            state,
            decision: Some(OfferDecision {
                deed,
                reason: told.reason,
            }),
            ..self
        })
    }
}
