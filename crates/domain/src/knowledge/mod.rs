//! Knowledge: what the business needs, what was learned, and how we talk with a customer.
mod digest;
mod interactions;
mod lessons;
mod needs;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Rule, RuleCode, vocabulary::*};

pub use digest::*;
pub use interactions::*;
pub use lessons::*;
pub use needs::*;

word! {
    /// What kind of thing is referred to.
    RelatedKind {
        /// A request.
        Request,
        /// An agreement.
        Agreement,
        /// An improvement.
        Improvement,
        /// A meeting.
        Meeting,
        /// What a customer plans.
        PlannedActivity,
    }
}

/// A thing that is referred to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RelatedInput {
    /// What kind of thing.
    pub kind: RelatedKind,
    /// Its id.
    #[schema(min_length = 36, max_length = 36)]
    pub id: Uuid,
}

/// A thing that is referred to, as it can be recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct RelatedThing {
    /// What kind of thing.
    pub kind: RelatedKind,
    /// Its id.
    #[schema(min_length = 36, max_length = 36)]
    pub id: Uuid,
    /// Its number.
    #[serde(skip_serializing_if = "when_input")]
    #[schema(example = "REQ-2026-000123")]
    pub label: Word,
}

/// Input names a thing by its id alone.
fn when_input(_: &Word) -> bool {
    Rendering::purpose() == Purpose::Input
}

/// Things that are referred to, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
#[schema(max_items = 20)]
pub struct RelatedThings(pub Vec<RelatedThing>);

/// A thing that was found, and whose it is: one customer's, or that of several or none.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The thing.
    pub thing: RelatedThing,
    /// The customers whose matter it is.
    pub customers: Vec<CustomerRef>,
}

impl Found {
    /// What was found, where all of it is this customer's matter too: whoever sees that customer then sees it.
    pub fn all_of(customer: &CustomerRef, found: Vec<Self>, pointer: &str) -> Result<RelatedThings, Rule> {
        match found.iter().position(|one| !one.customers.contains(customer)) {
            None => Ok(RelatedThings(found.into_iter().map(|one| one.thing).collect())),
            Some(n) => {
                let detail = format!("{} is not a matter of {}.", found[n].thing.label, customer.code);
                Err(Rule::new(RuleCode::State, detail).at(format!("{pointer}/{n}/id")))
            }
        }
    }
}
