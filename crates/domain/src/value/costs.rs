//! What a service costs a customer over a period. Periods of one customer and service do not overlap, so that what a
//! year cost can be told by the days alone.
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Rule, RuleCode,
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

/// What is told of a cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceCostInput {
    /// Whom it is a cost of.
    pub customer: Key<CustomerId>,
    /// Of which service.
    pub service: Key<ServiceId>,
    /// From this day.
    pub first_day: NaiveDate,
    /// Up to and including this day.
    pub last_day: NaiveDate,
    /// How much for the whole period.
    pub cost: Money,
    /// What it is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

/// What a service costs a customer over a period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceCost {
    /// Its id.
    pub id: ServiceCostId,
    /// Grows by one at each change; its `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Whom it is a cost of.
    pub customer: CustomerRef,
    /// Of which service.
    pub service: ServiceRef,
    /// From this day.
    pub first_day: NaiveDate,
    /// Up to and including this day.
    pub last_day: NaiveDate,
    /// How much for the whole period.
    pub cost: Money,
    /// What it is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

impl Aggregate for ServiceCost {
    const KIND: SubjectKind = SubjectKind::ServiceCost;
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

impl ServiceCost {
    /// A new cost. `others` are those of the same customer and service.
    pub fn enter(
        id: ServiceCostId,
        input: ServiceCostInput,
        (customer, service): (CustomerRef, ServiceRef),
        others: &[Self],
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        let cost = Self {
            id,
            version: 1,
            customer,
            service,
            first_day: input.first_day,
            last_day: input.last_day,
            cost: input.cost,
            note: input.note,
            created_at: now,
            changed_at: now,
        };
        cost.checked(others)
    }

    /// The cost as told anew. Whose it is, and of what, stays.
    pub fn change(
        self,
        input: ServiceCostInput,
        (customer, service): (CustomerRef, ServiceRef),
        others: &[Self],
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        for (same, member) in [
            (customer == self.customer, "/customer"),
            (service == self.service, "/service"),
        ] {
            if !same {
                let detail = "A cost stays with its customer and service; enter another one there.";
                return Err(Rule::new(RuleCode::State, detail).at(member));
            }
        }
        let cost = Self {
            version: self.version + 1,
            first_day: input.first_day,
            last_day: input.last_day,
            cost: input.cost,
            note: input.note,
            changed_at: now,
            ..self
        };
        cost.checked(others)
    }

    fn checked(self, others: &[Self]) -> Result<Self, Rule> {
        let period = self.days().period()?;
        let in_the_way = others.iter().filter(|other| other.id != self.id);
        match in_the_way
            .filter_map(|other| Some((other, other.days().period().ok()?)))
            .find(|(_, other)| other.overlaps(&period))
        {
            None => Ok(self),
            Some((other, _)) => {
                let detail = format!(
                    "From {} to {} the cost of {} for {} is entered already; change that one ({}).",
                    other.first_day, other.last_day, self.service.code, self.customer.code, other.id
                );
                Err(Rule::new(RuleCode::NotUnique, detail).at("/firstDay"))
            }
        }
    }

    fn days(&self) -> Days {
        Days {
            first_day: self.first_day,
            last_day: Some(self.last_day),
        }
    }

    /// Whether any of the days from `first` to `last` is its own.
    pub fn touches(&self, first: NaiveDate, last: NaiveDate) -> bool {
        self.first_day <= last && self.last_day >= first
    }

    /// What falls on the days from `first` to `last`, in hundredths of the currency's unit: by the share of its days.
    pub fn within(&self, first: NaiveDate, last: NaiveDate) -> Decimal {
        let days = |from: NaiveDate, to: NaiveDate| Decimal::from(((to - from).num_days() + 1).max(0));
        let common = days(self.first_day.max(first), self.last_day.min(last));
        Decimal::from(self.cost.amount.minor()) * common / days(self.first_day, self.last_day).max(Decimal::ONE)
    }
}
