//! People: persons of the IT organisation, and contacts, the persons at a customer with their mandates.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Rule, RuleCode,
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

mod erasing;
mod mandates;

pub use erasing::*;
pub use mandates::*;

/// By whom and as what a person is known when signing in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Identity {
    /// Who vouches for it.
    pub issuer: Issuer,
    /// The subject, as the issuer names it.
    pub subject: Subject,
}

/// What is told of a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PersonInput {
    /// Their name.
    pub name: PersonName,
    /// Their e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// How they sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}

/// A person of the IT organisation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// Grows by one at each change; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Their name.
    pub name: PersonName,
    /// Their e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// How they sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// The last day they worked here; their roles ended with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
    /// When they were entered here.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for Person {
    const KIND: SubjectKind = SubjectKind::Person;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}

impl Person {
    /// A new person.
    pub fn register(id: PersonId, input: PersonInput, now: DateTime<Utc>) -> Self {
        Self {
            id,
            version: 1,
            name: input.name,
            email: input.email,
            identity: input.identity,
            last_day: None,
            created_at: now,
        }
    }

    /// The person as told anew.
    pub fn change(self, input: PersonInput) -> Self {
        Self {
            version: self.version + 1,
            name: input.name,
            email: input.email,
            identity: input.identity,
            ..self
        }
    }

    /// The person leaves after a last day. Never refused for what they leave behind: coverage lists that.
    pub fn depart(self, last_day: NaiveDate) -> Self {
        Self {
            version: self.version + 1,
            last_day: Some(last_day),
            ..self
        }
    }
}

/// What is told of a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContactInput {
    /// The customer that they speak for.
    pub customer: Key<CustomerId>,
    /// Their name.
    pub name: PersonName,
    /// Their e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// Their telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
    /// What they may do, and when.
    #[serde(default)]
    pub mandates: Mandates,
    /// How they sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// What other systems call them.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
}

/// A person at a customer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// Their id.
    pub id: ContactId,
    /// Grows by one at each change; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// The customer that they speak for.
    pub customer: CustomerRef,
    /// Their name.
    pub name: PersonName,
    /// Their e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// Their telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
    /// What they may do, and when.
    pub mandates: Mandates,
    /// How they sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// What other systems call them.
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
    /// The last day on which they speak for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
    /// Since when their personal data is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erasure: Option<Erasure>,
    /// When they were entered here.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for Contact {
    const KIND: SubjectKind = SubjectKind::Contact;
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

impl Contact {
    /// A new contact of `customer`. `principals` are those of its contacts that the mandates name.
    pub fn register(
        id: ContactId,
        input: ContactInput,
        customer: CustomerRef,
        principals: &[Contact],
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        input.mandates.check(&Mandates::default(), id, principals)?;
        Ok(Self {
            id,
            version: 1,
            customer,
            name: input.name,
            email: input.email,
            phone: input.phone,
            mandates: input.mandates,
            identity: input.identity,
            references: input.references,
            last_day: None,
            erasure: None,
            created_at: now,
        })
    }

    /// The contact as told anew. A contact stays with its customer: who moves gets a new contact there, so that what
    /// was said keeps the customer it was said for.
    pub fn change(self, input: ContactInput, customer: CustomerRef, principals: &[Contact]) -> Result<Self, Rule> {
        self.must_be_known()?;
        if customer != self.customer {
            return Err(Rule::new(
                RuleCode::State,
                format!(
                    "A contact stays with its customer {}; end this one and make a new one at {}.",
                    self.customer.code, customer.code
                ),
            )
            .at("/customer"));
        }
        input.mandates.check(&self.mandates, self.id, principals)?;
        Ok(Self {
            version: self.version + 1,
            customer,
            name: input.name,
            email: input.email,
            phone: input.phone,
            mandates: input.mandates,
            identity: input.identity,
            references: input.references,
            ..self
        })
    }

    /// The contact speaks for the customer up to and including a last day.
    pub fn end(self, last_day: NaiveDate) -> Self {
        Self {
            version: self.version + 1,
            last_day: Some(last_day),
            ..self
        }
    }

    /// The mandate with which they decide for the customer on the day, or why they may not (R6). Asked with the
    /// mandates as they are in force.
    pub fn mandate_to_decide(&self, day: NaiveDate) -> Result<Mandate, Rule> {
        self.mandate_for(&[MandateKind::Customer], day).ok_or_else(|| {
            let detail = format!(
                "{} has no mandate to decide for {} on {day}.",
                self.name, self.customer.code
            );
            Rule::new(RuleCode::BothApprove, detail)
        })
    }

    /// The mandate with which they weigh value for the customer on the day, or why they may not. Asked with the mandates
    /// as they are in force.
    pub fn mandate_to_assess(&self, day: NaiveDate) -> Result<Mandate, Rule> {
        self.mandate_for(&[MandateKind::Customer], day).ok_or_else(|| {
            let detail = format!(
                "{} does not decide for {} on {day}: who has the mandate customer assesses value.",
                self.name, self.customer.code
            );
            Rule::new(RuleCode::State, detail)
        })
    }

    /// The mandate with which they consent, refuse and object for the customer on the day, or why they may not (R23,
    /// R24): who decides, and who orders. Asked with the mandates as they are in force.
    pub fn mandate_to_consent(&self, day: NaiveDate) -> Result<Mandate, Rule> {
        let either = [MandateKind::Customer, MandateKind::Purchaser];
        self.mandate_for(&either, day).ok_or_else(|| {
            let detail = format!(
                "{} has no mandate to speak for {} on {day}: customer or purchaser.",
                self.name, self.customer.code
            );
            Rule::new(RuleCode::ExclusionConsent, detail)
        })
    }

    fn mandate_for(&self, kinds: &[MandateKind], day: NaiveDate) -> Option<Mandate> {
        let held = kinds.iter().filter(|kind| self.may(**kind, day));
        held.filter_map(|kind| self.mandates.holding(*kind, day))
            .next()
            .cloned()
    }

    /// Whether the mandate holds on the day. Of a deputy this is asked with the mandates as they are in force.
    pub fn may(&self, kind: MandateKind, day: NaiveDate) -> bool {
        self.last_day.is_none_or(|last| day <= last) && self.mandates.hold(kind, day)
    }

    /// In whose stead the mandate holds on the day, where it is a deputy's.
    pub fn in_stead_of(&self, kind: MandateKind, day: NaiveDate) -> Option<ContactId> {
        self.mandates.holding(kind, day)?.deputy_for
    }
}
