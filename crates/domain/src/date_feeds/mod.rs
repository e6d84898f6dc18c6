//! Dates in calendars: who reads which dates at a secret address, and what such a date tells (§8).
mod dates;
mod zones;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use dates::*;
pub use zones::*;

use crate::{
    Rule, RuleCode,
    access::Caller,
    agreements::Language,
    events::{ActorKind, Aggregate, SubjectKind},
    vocabulary::*,
};

/// Of what the dates are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum DatesOf {
    /// The subscriber's own: what they are to do, and by when.
    Own {},
    /// All customers that a team looks after.
    Team {
        /// Which.
        team: TeamId,
    },
    /// One customer.
    Customer {
        /// Which.
        customer: CustomerId,
    },
    /// One service, across customers.
    Service {
        /// Which.
        service: ServiceId,
    },
}

/// What is told of a calendar's subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CalendarSubscriptionInput {
    /// What the calendar is called.
    pub name: Name,
    /// Of what the dates are.
    pub of: DatesOf,
    /// In which language they are told; Swedish unless told.
    #[serde(default = "swedish")]
    pub language: Language,
}

fn swedish() -> Language {
    Language::Sv
}

/// Who reads the dates: a person or a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscriber {
    /// A person of the IT organisation.
    Person(PersonId),
    /// A contact of a customer.
    Contact(ContactId),
}

impl Subscriber {
    /// As who the caller subscribes; none where such a caller never does.
    pub fn of(caller: &Caller) -> Option<Self> {
        match caller {
            Caller::Person { person, .. } => Some(Self::Person(person.id)),
            Caller::Contact { contact, .. } => Some(Self::Contact(contact.id)),
            Caller::Administrator { .. } | Caller::Auditor { .. } | Caller::Client { .. } => None,
        }
    }

    /// The same as a kind of caller and an id.
    pub fn parts(self) -> (ActorKind, Uuid) {
        match self {
            Self::Person(id) => (ActorKind::Person, id.0),
            Self::Contact(id) => (ActorKind::Contact, id.0),
        }
    }

    /// Who has this kind and id.
    pub fn from_parts(kind: ActorKind, id: Uuid) -> Option<Self> {
        match kind {
            ActorKind::Person => Some(Self::Person(id.into())),
            ActorKind::Contact => Some(Self::Contact(id.into())),
            _ => None,
        }
    }
}

/// Somebody's wish to read dates in a calendar of their own, at an address that nobody else knows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CalendarSubscription {
    /// Its id.
    pub id: CalendarSubscriptionId,
    /// The `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// What the calendar is called.
    pub name: Name,
    /// Of what the dates are.
    pub of: DatesOf,
    /// In which language they are told.
    pub language: Language,
    /// Who reads them: what they may see when they read decides what there is.
    #[serde(skip)]
    pub subscriber: Subscriber,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for CalendarSubscription {
    const KIND: SubjectKind = SubjectKind::CalendarSubscription;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}

/// So many calendars one subscriber has at most.
pub const MOST_SUBSCRIPTIONS: u64 = 50;

impl CalendarSubscription {
    /// A new one. Teams and services are the provider's: a contact reads their own customer's dates.
    pub fn begin(
        id: CalendarSubscriptionId,
        input: CalendarSubscriptionInput,
        subscriber: Subscriber,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        let of_provider = matches!(input.of, DatesOf::Team { .. } | DatesOf::Service { .. });
        if of_provider && matches!(subscriber, Subscriber::Contact(_)) {
            let detail = "A contact reads dates of their own or of their customer.";
            return Err(Rule::new(RuleCode::State, detail).at("/of"));
        }
        Ok(Self {
            id,
            version: 1,
            name: input.name,
            of: input.of,
            language: input.language,
            subscriber,
            created_at: now,
        })
    }
}
