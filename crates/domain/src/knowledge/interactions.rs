//! Interactions: the log of communication with a customer. Mostly added to; whoever wrote an entry corrects it, and the
//! events keep what it said before.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{RelatedInput, RelatedThings};
use crate::{
    Rule, RuleCode,
    events::{Aggregate, SubjectKind},
    requests::Raiser,
    vocabulary::*,
};

word! {
    /// By which way we were in touch.
    InteractionChannel {
        /// By mail.
        Email,
        /// By telephone.
        Phone,
        /// In a meeting, at a place or not.
        Meeting,
        /// In writing, back and forth.
        Chat,
        /// By letter.
        Letter,
        /// Otherwise.
        Other,
    }
}

/// Where something is to be found, such as a report that was received. Content is not kept here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InteractionLink {
    /// What is there.
    pub title: Name,
    /// Where.
    pub url: WebAddress,
}

/// Where things are to be found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
#[schema(max_items = 20)]
pub struct InteractionLinks(pub Vec<InteractionLink>);

/// What is told of an interaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InteractionInput {
    /// With which customer.
    pub customer: Key<CustomerId>,
    /// By which way.
    pub channel: InteractionChannel,
    /// On which day; not one to come.
    pub day: NaiveDate,
    /// What was said.
    pub summary: Markdown,
    /// Who took part on our side.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub persons: Vec<PersonId>,
    /// Who took part at the customer.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub contacts: Vec<Key<ContactId>>,
    /// Where more is to be found.
    #[serde(default)]
    pub links: InteractionLinks,
    /// Which matters of the customer it was about.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub about: Vec<RelatedInput>,
}

/// The things that an input names.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedForInteraction {
    /// The customer.
    pub customer: CustomerRef,
    /// Who took part on our side.
    pub persons: Vec<PersonRef>,
    /// Who took part at the customer.
    pub contacts: Vec<ContactRef>,
    /// What it was about.
    pub about: RelatedThings,
}

/// That we were in touch with a customer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Interaction {
    /// Its id.
    pub id: InteractionId,
    /// Grows by one at each change; its `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// With which customer.
    pub customer: CustomerRef,
    /// By which way.
    pub channel: InteractionChannel,
    /// On which day.
    pub day: NaiveDate,
    /// What was said.
    pub summary: Markdown,
    /// Who took part on our side, by name.
    #[schema(max_items = 20)]
    pub persons: Vec<PersonRef>,
    /// Who took part at the customer, by name.
    #[schema(max_items = 20)]
    pub contacts: Vec<ContactRef>,
    /// Where more is to be found.
    pub links: InteractionLinks,
    /// Which matters of the customer it was about.
    pub about: RelatedThings,
    /// Who entered it.
    #[serde(skip_serializing_if = "when_input")]
    pub recorded_by: Raiser,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it was last corrected.
    pub changed_at: DateTime<Utc>,
}

fn when_input(_: &Raiser) -> bool {
    Rendering::purpose() == Purpose::Input
}

impl Aggregate for Interaction {
    const KIND: SubjectKind = SubjectKind::Interaction;
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

impl Interaction {
    /// A new entry.
    pub fn record(
        id: InteractionId,
        input: InteractionInput,
        named: NamedForInteraction,
        recorded_by: Raiser,
        (now, today): (DateTime<Utc>, NaiveDate),
    ) -> Result<Self, Rule> {
        must_be_past(input.day, today)?;
        Ok(Self {
            id,
            version: 1,
            customer: named.customer,
            channel: input.channel,
            day: input.day,
            summary: input.summary,
            persons: named.persons,
            contacts: named.contacts,
            links: input.links,
            about: named.about,
            recorded_by,
            created_at: now,
            changed_at: now,
        })
    }

    /// The entry as whoever wrote it corrects it; it stays with its customer.
    pub fn correct(
        self,
        input: InteractionInput,
        named: NamedForInteraction,
        (now, today): (DateTime<Utc>, NaiveDate),
    ) -> Result<Self, Rule> {
        must_be_past(input.day, today)?;
        if named.customer != self.customer {
            let detail = format!(
                "It was with {}; enter another one for {}.",
                self.customer.code, named.customer.code
            );
            return Err(Rule::new(RuleCode::State, detail).at("/customer"));
        }
        Ok(Self {
            version: self.version + 1,
            channel: input.channel,
            day: input.day,
            summary: input.summary,
            persons: named.persons,
            contacts: named.contacts,
            links: input.links,
            about: named.about,
            changed_at: now,
            ..self
        })
    }
}

fn must_be_past(day: NaiveDate, today: NaiveDate) -> Result<(), Rule> {
    match day > today {
        false => Ok(()),
        true => Err(Rule::new(RuleCode::TimeOrder, format!("{day} is to come.")).at("/day")),
    }
}
