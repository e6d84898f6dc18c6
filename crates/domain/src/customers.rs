//! Customers: the parts of the business that decide on and finance their IT services, in a hierarchy; and the
//! services that they use.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Rule, RuleCode,
    events::{Aggregate, SubjectKind},
    meetings::MeetingCadence,
    vocabulary::*,
};

mod channels;
mod succession;

pub use channels::*;
pub use succession::*;

/// How many levels a hierarchy of customers may have.
pub const DEEPEST: usize = 10;

word! {
    /// Whether the customer is one today.
    #[derive(Default)]
    CustomerStatus {
        /// Uses services, raises requests.
        #[default]
        Active,
        /// Kept for its history; takes no new requests, usages or teams.
        Inactive,
    }
}

/// The legal person behind a customer: a board, a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LegalEntity {
    /// Its name.
    pub name: Name,
    /// Its organisation number, where it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation_number: Option<OrganisationNumber>,
}

/// What is told of a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerInput {
    /// Unique code.
    pub code: Code,
    /// What people call it.
    pub name: Name,
    /// Whether it is a customer today; `active` unless told.
    #[serde(default)]
    pub status: CustomerStatus,
    /// The customer that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Key<CustomerId>>,
    /// The legal person behind it.
    pub legal_entity: LegalEntity,
    /// How often a year there are meetings with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting_cadence: Option<MeetingCadence>,
    /// What other systems call it.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
}

/// A part of the business that the IT organisation looks after.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// Grows by one at each change; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Unique code.
    pub code: Code,
    /// What people call it.
    pub name: Name,
    /// Whether it is a customer today.
    pub status: CustomerStatus,
    /// The customer that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<CustomerRef>,
    /// The legal person behind it.
    pub legal_entity: LegalEntity,
    /// How often a year there are meetings with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting_cadence: Option<MeetingCadence>,
    /// Its own channels; where it turns today is told at `/channels`.
    #[serde(skip_serializing_if = "Channels::is_empty")]
    pub channels: Channels,
    /// Its own ladder of whom a matter goes to as long as nobody takes it up.
    #[serde(skip_serializing_if = "EscalationLadder::is_empty")]
    pub escalation_ladder: EscalationLadder,
    /// What other systems call it.
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
    /// Who goes on in its stead, by code; whoever has any takes no more writes (R25).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub succeeded_by: Vec<CustomerRef>,
    /// When it was entered here.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for Customer {
    const KIND: SubjectKind = SubjectKind::Customer;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn customer(&self) -> Option<CustomerId> {
        Some(self.id)
    }
}

impl Customer {
    /// A new customer under `parent`, whose own ancestors (nearest first) are `above`.
    pub fn register(
        id: CustomerId,
        input: CustomerInput,
        parent: Option<CustomerRef>,
        above: &[CustomerId],
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        let customer = Self {
            id,
            version: 1,
            code: input.code,
            name: input.name,
            status: input.status,
            parent,
            legal_entity: input.legal_entity,
            meeting_cadence: input.meeting_cadence,
            channels: Channels::default(),
            escalation_ladder: EscalationLadder::default(),
            references: input.references,
            succeeded_by: vec![],
            created_at: now,
        };
        customer.check_place(above, 1)?;
        Ok(customer)
    }

    /// The customer as told anew. `above` are the ancestors of the new parent, nearest first; `height` the number of
    /// levels of this customer's own subtree.
    pub fn change(
        self,
        input: CustomerInput,
        parent: Option<CustomerRef>,
        above: &[CustomerId],
        height: usize,
    ) -> Result<Self, Rule> {
        let customer = Self {
            version: self.version + 1,
            code: input.code,
            name: input.name,
            status: input.status,
            parent,
            legal_entity: input.legal_entity,
            meeting_cadence: input.meeting_cadence,
            references: input.references,
            ..self
        };
        customer.check_place(above, height)?;
        Ok(customer)
    }

    /// No cycles, and a bounded depth.
    fn check_place(&self, above: &[CustomerId], height: usize) -> Result<(), Rule> {
        let Some(parent) = &self.parent else { return Ok(()) };
        if parent.id == self.id || above.contains(&self.id) {
            return Err(Rule::new(
                RuleCode::Hierarchy,
                format!(
                    "{} is this customer itself or a part of it; a customer cannot be its own ancestor.",
                    parent.code
                ),
            )
            .at("/parent"));
        }
        if above.len() + 1 + height > DEEPEST {
            return Err(Rule::new(
                RuleCode::Hierarchy,
                format!(
                    "Below {} the hierarchy would have more than {DEEPEST} levels.",
                    parent.code
                ),
            )
            .at("/parent"));
        }
        Ok(())
    }

    /// The customer as others refer to it.
    pub fn reference(&self) -> CustomerRef {
        CustomerRef {
            id: self.id,
            code: self.code.clone(),
            name: self.name.clone(),
        }
    }

    /// Refuses what only an active customer takes on.
    pub fn must_be_active(&self) -> Result<(), Rule> {
        self.must_go_on()?;
        match self.status {
            CustomerStatus::Active => Ok(()),
            CustomerStatus::Inactive => Err(Rule::new(
                RuleCode::State,
                format!("Customer {} is inactive; set its status to active first.", self.code),
            )),
        }
    }
}

/// What is told of a usage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceUsageInput {
    /// The service that is used.
    pub service: Key<ServiceId>,
    /// From this day.
    pub first_day: NaiveDate,
    /// Up to and including this day; none: until it is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
}

/// A customer uses a service over a period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceUsage {
    /// Its id.
    pub id: UsageId,
    /// Grows by one at each change; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Who uses it.
    pub customer: CustomerRef,
    /// What is used.
    pub service: ServiceRef,
    /// From this day.
    pub first_day: NaiveDate,
    /// Up to and including this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
}

impl Aggregate for ServiceUsage {
    const KIND: SubjectKind = SubjectKind::ServiceUsage;
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

impl ServiceUsage {
    /// The days of the usage in their stored form.
    pub fn period(&self) -> Result<Period, Rule> {
        Days {
            first_day: self.first_day,
            last_day: self.last_day,
        }
        .period()
    }

    /// A new usage beside `others`, the same customer's usages of the same service.
    pub fn begin(self, others: &[ServiceUsage]) -> Result<Self, Rule> {
        self.beside(others)
    }

    /// The usage ended (or prolonged) to a last day.
    pub fn end(self, last_day: NaiveDate, others: &[ServiceUsage]) -> Result<Self, Rule> {
        Self {
            version: self.version + 1,
            last_day: Some(last_day),
            ..self
        }
        .beside(others)
    }

    /// One usage of a service on a day.
    fn beside(self, others: &[ServiceUsage]) -> Result<Self, Rule> {
        let period = self.period()?;
        for other in others.iter().filter(|o| o.id != self.id) {
            if other.period()?.overlaps(&period) {
                let until = other.last_day.map_or("until it is ended".into(), |d| format!("to {d}"));
                return Err(Rule::new(
                    RuleCode::NotUnique,
                    format!(
                        "The customer already uses {} from {} {until}.",
                        self.service.code, other.first_day
                    ),
                )
                .at("/firstDay"));
            }
        }
        Ok(self)
    }
}

/// The last day of something that is being ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct End {
    /// The last day on which it still holds.
    pub last_day: NaiveDate,
}
