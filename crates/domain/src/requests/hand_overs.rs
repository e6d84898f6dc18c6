//! Hand-overs: a request as it was given to a destination, and what the destination did with it.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::*;
use crate::{Rule, RuleCode};

word! {
    /// Where a hand-over stands.
    HandOverState {
        /// Given; the destination has not answered yet.
        HandedOver,
        /// The destination has it under its own reference.
        Acknowledged,
        /// The destination will do it.
        Accepted,
        /// The destination will not.
        Declined,
        /// The destination has done it.
        Fulfilled,
        /// Taken back by the team.
        Withdrawn,
    }
}

impl HandOverState {
    /// Whether the destination has still to decide.
    pub fn is_undecided(self) -> bool {
        matches!(self, Self::HandedOver | Self::Acknowledged)
    }

    /// Whether the destination has or does it.
    pub fn is_live(self) -> bool {
        self.is_undecided() || self == Self::Accepted
    }
}

/// The destination has taken it in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Acknowledgement {
    /// What the destination calls it.
    pub reference: ExternalId,
}

word! {
    /// What the destination decided.
    DecisionOutcome {
        /// It will be done.
        Accepted,
        /// It will not.
        Declined,
    }
}

/// What the destination decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decision {
    /// Whether it will be done.
    pub outcome: DecisionOutcome,
    /// Why not; required where it is declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How it will be done; required where it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Markdown>,
    /// The day by which it is planned to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_day: Option<NaiveDate>,
    /// What the destination calls the decision; the same again changes nothing.
    pub reference: ExternalId,
}

/// The destination has done it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fulfilment {
    /// What was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Reason>,
    /// What the destination calls the delivery; the same again changes nothing.
    pub reference: ExternalId,
}

/// A request as it was given to a destination.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HandOver {
    /// Its id.
    pub id: HandOverId,
    /// Grows by one at each change.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// The request.
    pub request: RequestRef,
    /// The version of the request that the destination was last told of.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub request_version: i64,
    /// The customer, so that its callers may read the events.
    #[serde(skip)]
    pub customer: CustomerId,
    /// The forum.
    pub destination: Destination,
    /// Where it stands.
    pub state: HandOverState,
    /// A word to the forum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Reason>,
    /// When it was given.
    pub routed_at: DateTime<Utc>,
    /// The destination's receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledgement: Option<Acknowledgement>,
    /// What the destination decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// When the destination decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<DateTime<Utc>>,
    /// What the destination did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfilment: Option<Fulfilment>,
    /// When it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfilled_at: Option<DateTime<Utc>>,
}

impl Aggregate for HandOver {
    const KIND: SubjectKind = SubjectKind::HandOver;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer)
    }
    fn matter(&self) -> Uuid {
        self.request.id.0
    }
    fn destination(&self) -> Option<Destination> {
        Some(self.destination)
    }
}

impl HandOver {
    /// The request, given to a destination now.
    pub(super) fn of(id: HandOverId, request: &Request, routing: RoutingInput, now: DateTime<Utc>) -> Self {
        Self {
            id,
            version: 1,
            request: request.reference(),
            request_version: request.version,
            customer: request.customer.id,
            destination: routing.destination,
            state: HandOverState::HandedOver,
            note: routing.note,
            routed_at: now,
            acknowledgement: None,
            decision: None,
            decided_at: None,
            fulfilment: None,
            fulfilled_at: None,
        }
    }

    /// The destination is to see the request's new version.
    pub(super) fn tell_of(self, request_version: i64) -> Self {
        Self {
            version: self.version + 1,
            request_version,
            ..self
        }
    }

    /// The team takes it back.
    pub(super) fn take_back(self) -> Self {
        Self {
            version: self.version + 1,
            state: HandOverState::Withdrawn,
            ..self
        }
    }
}

/// What those who scored a request by one version of the scheme gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SchemeScore {
    /// The version of the scheme.
    pub scheme: ScoringSchemeId,
    /// Which one it is: 1, 2, 3 …
    #[schema(minimum = 1, maximum = 9007199254740991i64, example = 1)]
    pub scheme_number: i64,
    /// How many scored it by that version.
    #[schema(minimum = 1, maximum = 9007199254740991i64, example = 2)]
    pub people: i64,
    /// What they gave on average, in thousandths of the best that can be given.
    #[schema(minimum = 0, maximum = 1000, example = 640)]
    pub score: i64,
}

/// How many other open requests seem to say the same, as far as the reader may see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct SimilarNeed {
    /// How many requests; at most the 20 most similar are counted.
    #[schema(minimum = 0, maximum = 20, example = 3)]
    pub requests: usize,
    /// How many customers they are of.
    #[schema(minimum = 0, maximum = 20, example = 2)]
    pub customers: usize,
}

/// How many similar requests are counted for a destination.
pub const SIMILAR_COUNTED: usize = 20;

/// What a destination judges a request by, beside what stands in it. Nothing, once it is handed over no more.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionBasis {
    /// The customers behind the request: its own first, then those whose requests were merged into it, by code.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub customers_behind: Vec<CustomerRef>,
    /// What the request's score was made of, by version of the scheme.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub scores: Vec<SchemeScore>,
    /// Other open requests for the same need.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub similar: Option<SimilarNeed>,
}

/// The acts of a destination. Each is on the current hand-over, and the same document again changes nothing.
impl Request {
    /// The current hand-over if it is this one, else the rule that names what happened to it.
    fn current(&self, id: HandOverId) -> Result<HandOver, Rule> {
        match &self.hand_over {
            Some(current) if current.id == id && current.state != HandOverState::Withdrawn => Ok(current.clone()),
            _ => Err(Rule::new(
                RuleCode::OldHandOver,
                format!(
                    "{} is no longer handed over by this; the feed has what came of it.",
                    self.number
                ),
            )),
        }
    }

    /// The destination has it under its own reference. A second, other reference is refused.
    pub fn acknowledge(self, id: HandOverId, receipt: Acknowledgement, now: DateTime<Utc>) -> Result<Self, Rule> {
        let current = self.current(id)?;
        match &current.acknowledgement {
            Some(earlier) if *earlier == receipt => return Ok(self),
            Some(earlier) => {
                return Err(Rule::new(
                    RuleCode::State,
                    format!("{} is acknowledged already as {}.", self.number, earlier.reference),
                )
                .at("/reference"));
            }
            None => {}
        }
        let state = match current.state {
            HandOverState::HandedOver => HandOverState::Acknowledged,
            later => later,
        };
        let after = HandOver {
            version: current.version + 1,
            state,
            acknowledgement: Some(receipt),
            ..current
        };
        Ok(Self {
            version: self.version + 1,
            hand_over: Some(after),
            changed_at: now,
            ..self
        })
    }

    /// The destination accepts with a plan, or declines with a reason; what it has accepted it may still decline.
    pub fn decide(self, id: HandOverId, decision: Decision, now: DateTime<Utc>) -> Result<Self, Rule> {
        let current = self.current(id)?;
        if current.decision.as_ref() == Some(&decision) {
            return Ok(self);
        }
        let (act, state) = match decision.outcome {
            DecisionOutcome::Accepted if decision.plan.is_none() => {
                return Err(Rule::new(RuleCode::State, "An acceptance says how it will be done.").at("/plan"));
            }
            DecisionOutcome::Declined if decision.reason.is_none() => {
                return Err(Rule::new(RuleCode::State, "A refusal says why.").at("/reason"));
            }
            DecisionOutcome::Accepted => (Act::Accept, HandOverState::Accepted),
            DecisionOutcome::Declined => (Act::Decline, HandOverState::Declined),
        };
        let mut after = self.step(act, now)?;
        if decision.outcome == DecisionOutcome::Accepted && current.destination == Destination::ServicePortfolio {
            // The content may have changed since it was routed, which voids the endorsement.
            after.must_be_endorsed()?;
        }
        let version = current.version + 1;
        after.hand_over = Some(HandOver {
            version,
            state,
            decision: Some(decision),
            decided_at: Some(now),
            ..current
        });
        Ok(after)
    }

    /// The destination has done it.
    pub fn fulfil(self, id: HandOverId, fulfilment: Fulfilment, now: DateTime<Utc>) -> Result<Self, Rule> {
        let current = self.current(id)?;
        if current.fulfilment.as_ref() == Some(&fulfilment) {
            return Ok(self);
        }
        let mut after = self.step(Act::Fulfil, now)?;
        after.hand_over = Some(HandOver {
            version: current.version + 1,
            state: HandOverState::Fulfilled,
            fulfilment: Some(fulfilment),
            fulfilled_at: Some(now),
            ..current
        });
        Ok(after)
    }
}

word! {
    /// What a feed entry tells.
    FeedEntryKind {
        /// The request is new here.
        Routed,
        /// The request, still here, reads otherwise.
        Changed,
        /// The request is no longer meant for this destination.
        Withdrawn,
    }
}
