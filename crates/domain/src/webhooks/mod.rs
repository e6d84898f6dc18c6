//! Webhooks: events that are sent to another system as they happen, signed, in order for each thing, until they are taken.
//!
//! A webhook only rings the bell: it carries no personal data, and the log (`GET /events`) stays the truth.
mod deliveries;
mod patterns;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Rule, RuleCode,
    events::{Aggregate, Event, SubjectKind},
    vocabulary::*,
};

pub use deliveries::*;
pub use patterns::*;

word! {
    /// Whether events are sent.
    WebhookState {
        /// They are sent.
        Active,
        /// They are kept, and sent once it is resumed.
        Paused,
        /// The destination is gone for good (410); nothing is kept for it.
        Disabled,
    }
}

/// What is told of a subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookSubscriptionInput {
    /// What people call it.
    pub name: Name,
    /// Where events are sent; `https`, unless the operator allows its network.
    pub destination: WebAddress,
    /// Which events.
    #[schema(min_items = 1, max_items = 50)]
    pub types: Vec<EventPattern>,
    /// Only those of these customers; none: of all that the client may see, and those that belong to no customer.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub customers: Vec<CustomerId>,
}

/// What signs deliveries: the newest secret, and for a while the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct SigningSecrets {
    /// The newest, `whsec_…`; kept as it is, since a signature is made with it.
    pub newest: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The one before, and when it stops signing.
    pub former: Option<(String, DateTime<Utc>)>,
}

impl SigningSecrets {
    /// A first secret.
    pub fn begin(secret: String, now: DateTime<Utc>) -> Self {
        Self {
            newest: secret,
            created_at: now,
            former: None,
        }
    }

    /// A new secret; the one before signs along for `overlap`.
    fn rotate(self, secret: String, overlap: Duration, now: DateTime<Utc>) -> Self {
        Self {
            newest: secret,
            created_at: now,
            former: Some((self.newest, now + overlap)),
        }
    }

    /// Those that sign now, the newest first.
    pub fn in_force(&self, now: DateTime<Utc>) -> impl Iterator<Item = &str> {
        let former = self.former.as_ref().filter(|(_, until)| now < *until);
        [self.newest.as_str()]
            .into_iter()
            .chain(former.map(|(secret, _)| secret.as_str()))
    }
}

/// A system's wish to be told of events.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookSubscription {
    /// Its id.
    pub id: WebhookSubscriptionId,
    /// Grows by one at each change; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// What people call it.
    pub name: Name,
    /// The client whose it is; it is sent what this client may see, and nothing once it is revoked.
    pub client: ClientId,
    /// Where events are sent.
    pub destination: WebAddress,
    /// Which events.
    #[schema(max_items = 50)]
    pub types: Vec<EventPattern>,
    /// Only those of these customers.
    #[schema(max_items = 200)]
    pub customers: Vec<CustomerId>,
    /// Whether events are sent.
    pub state: WebhookState,
    /// Why they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<Note>,
    /// When the newest secret was made.
    pub secret_created_at: DateTime<Utc>,
    /// The secrets; never told.
    #[serde(skip)]
    pub secrets: SigningSecrets,
    /// When it was entered here.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for WebhookSubscription {
    const KIND: SubjectKind = SubjectKind::WebhookSubscription;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}

impl WebhookSubscription {
    /// A new subscription of a client.
    pub fn begin(
        id: WebhookSubscriptionId,
        client: ClientId,
        input: WebhookSubscriptionInput,
        secret: String,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            version: 1,
            name: input.name,
            client,
            destination: input.destination,
            types: input.types,
            customers: input.customers,
            state: WebhookState::Active,
            state_reason: None,
            secret_created_at: now,
            secrets: SigningSecrets::begin(secret, now),
            created_at: now,
        }
    }

    /// The subscription as told anew. A new destination has not failed yet, so that a disabled one is active again.
    pub fn change(self, input: WebhookSubscriptionInput) -> Self {
        let elsewhere = input.destination != self.destination;
        let (state, state_reason) = match self.state {
            WebhookState::Disabled if elsewhere => (WebhookState::Active, None),
            state => (state, self.state_reason),
        };
        Self {
            version: self.version + 1,
            name: input.name,
            destination: input.destination,
            types: input.types,
            customers: input.customers,
            state,
            state_reason,
            ..self
        }
    }

    /// A new secret; the one before signs along for `overlap`.
    pub fn rotate(self, secret: String, overlap: Duration, now: DateTime<Utc>) -> Self {
        Self {
            version: self.version + 1,
            secrets: self.secrets.rotate(secret, overlap, now),
            secret_created_at: now,
            ..self
        }
    }

    /// Nothing more is sent for now; what happens is kept for it.
    pub fn pause(self, reason: Option<Note>) -> Result<Self, Rule> {
        self.stand(WebhookState::Active, WebhookState::Paused, reason)
    }

    /// What was kept is sent, and then what happens.
    pub fn resume(self) -> Result<Self, Rule> {
        self.stand(WebhookState::Paused, WebhookState::Active, None)
    }

    /// The destination is gone for good.
    pub fn disable(self, reason: Option<Note>) -> Result<Self, Rule> {
        self.stand(WebhookState::Active, WebhookState::Disabled, reason)
    }

    /// One more version, whose event is sent to itself: a test of the whole way.
    pub fn test(self) -> Result<Self, Rule> {
        self.stand(WebhookState::Active, WebhookState::Active, None)
    }

    fn stand(self, from: WebhookState, to: WebhookState, reason: Option<Note>) -> Result<Self, Rule> {
        if self.state != from {
            let detail = format!("The subscription {} is {}, not {from}.", self.name, self.state);
            return Err(Rule::new(RuleCode::State, detail));
        }
        Ok(Self {
            version: self.version + 1,
            state: to,
            state_reason: reason,
            ..self
        })
    }

    /// Whether it is to be told of the event; `visible` are the customers that its client is limited to. What happens to
    /// the subscription itself it is always told, once it is made.
    pub fn wants(&self, event: &Event, visible: Option<&[CustomerId]>) -> bool {
        if event.body.subject.id == self.id.0 {
            return event.body.subject.version > 1;
        }
        let within = |customers: &[CustomerId]| event.body.customer.is_some_and(|one| customers.contains(&one));
        let chosen = self.customers.is_empty() || within(&self.customers);
        chosen && visible.is_none_or(within) && self.types.iter().any(|pattern| pattern.matches(&event.body.kind))
    }
}

#[cfg(test)]
mod tests;
