//! What improvements came to in a period: counts of verified outcomes, and each with its numbers.
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{EffectVerification, ImprovementOutcome, Measure, Observation};
use crate::{service_levels::StatementPeriod, vocabulary::*};

/// How many improvements came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcomes {
    /// The target is reached.
    #[schema(minimum = 0, maximum = 1000)]
    pub achieved: u32,
    /// It is better than it was, and short of the target.
    #[schema(minimum = 0, maximum = 1000)]
    pub partly: u32,
    /// It is no better than it was.
    #[schema(minimum = 0, maximum = 1000)]
    pub not_achieved: u32,
}

impl Outcomes {
    fn of<'a>(effects: impl Iterator<Item = &'a VerifiedEffect>) -> Self {
        effects.fold(Self::default(), |mut counts, effect| {
            *match effect.verification.outcome {
                ImprovementOutcome::Achieved => &mut counts.achieved,
                ImprovementOutcome::Partly => &mut counts.partly,
                ImprovementOutcome::NotAchieved => &mut counts.not_achieved,
            } += 1;
            counts
        })
    }

    /// All of them.
    pub fn total(self) -> u32 {
        self.achieved + self.partly + self.not_achieved
    }
}

/// How many improvements for a customer came to what.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerOutcomes {
    /// Which customer.
    pub customer: CustomerRef,
    /// What they came to.
    pub outcomes: Outcomes,
}

/// An improvement whose effect was verified.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedEffect {
    /// Which improvement.
    pub improvement: ImprovementRef,
    /// The customers that it is for, as far as you may see them, by code.
    #[schema(max_items = 50)]
    pub customers: Vec<CustomerRef>,
    /// The services that it concerns, by code.
    #[schema(max_items = 50)]
    pub services: Vec<ServiceRef>,
    /// What was to move.
    pub measure: Measure,
    /// The day from which it is in effect.
    pub implemented: NaiveDate,
    /// The day on which its effect was verified.
    pub verified: NaiveDate,
    /// What it came to.
    pub verification: EffectVerification,
    /// The latest readings that count, the oldest first.
    #[schema(max_items = 36)]
    pub readings: Vec<Observation>,
}

/// What improvements came to in a period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImprovementEffects {
    /// The period in which their effect was verified.
    pub period: StatementPeriod,
    /// Its first day.
    pub first_day: NaiveDate,
    /// Its last day.
    pub last_day: NaiveDate,
    /// What all of them came to; one for several customers counts once.
    pub outcomes: Outcomes,
    /// How many outcomes are others than the numbers say, each with its reason.
    #[schema(minimum = 0, maximum = 1000)]
    pub deviating: u32,
    /// What they came to for each customer that you may see, by code.
    #[schema(max_items = 1000)]
    pub customers: Vec<CustomerOutcomes>,
    /// Each of them, in the order in which they were verified.
    #[schema(max_items = 200)]
    pub items: Vec<VerifiedEffect>,
}

impl ImprovementEffects {
    /// Counts what was verified in the period; for one customer, those of that customer alone.
    pub fn of(period: StatementPeriod, items: Vec<VerifiedEffect>, customer: Option<CustomerId>) -> Self {
        let mut customers: Vec<CustomerRef> = vec![];
        for named in items.iter().flat_map(|effect| &effect.customers) {
            if !customers.contains(named) && customer.is_none_or(|wanted| wanted == named.id) {
                customers.push(named.clone());
            }
        }
        customers.sort_by(|a, b| a.code.cmp(&b.code));
        let for_customer = |customer: CustomerRef| {
            let for_it = items.iter().filter(|effect| effect.customers.contains(&customer));
            let outcomes = Outcomes::of(for_it);
            CustomerOutcomes { customer, outcomes }
        };
        let customers = customers.into_iter().map(for_customer).collect();
        let deviates = |effect: &&VerifiedEffect| effect.verification.outcome != effect.verification.measured;
        let days = period.days();
        Self {
            period,
            first_day: days.first_day,
            last_day: days.last_day.unwrap_or(days.first_day),
            outcomes: Outcomes::of(items.iter()),
            deviating: u32::try_from(items.iter().filter(deviates).count()).unwrap_or(u32::MAX),
            customers,
            items,
        }
    }
}
