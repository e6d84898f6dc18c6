//! Value against cost for a year: each service of each customer, what it cost by the days, what it was worth, and where
//! that leaves it among the customer's services.
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ComputedFigure, DimensionScores, ServiceCost, ValueAssessment};
use crate::vocabulary::*;

word! {
    /// Where a service stands: by whether its mean score is at least 3, and whether it costs at least the median of the
    /// customer's services in that currency.
    ValueQuadrant {
        /// Worth much, costs little.
        HighValueLowCost,
        /// Worth much, costs much.
        HighValueHighCost,
        /// Worth little, costs little.
        LowValueLowCost,
        /// Worth little, costs much.
        LowValueHighCost,
    }
}

/// A computed amount.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Sum {
    /// How much, rounded half up to hundredths.
    #[schema(example = "150000.00")]
    pub amount: ComputedFigure,
    /// Of which currency.
    pub currency: Currency,
}

/// What became of a service since the year before, as far as both years tell.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValueChange {
    /// Of the mean score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_score: Option<ComputedFigure>,
    /// Of the cost, where it is in the same currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<ComputedFigure>,
    /// Of the benefit, where it is in the same currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benefit: Option<ComputedFigure>,
    /// Of the ratio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<ComputedFigure>,
}

/// A service of a customer in the year.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValuePosition {
    /// The customer.
    pub customer: CustomerRef,
    /// The service.
    pub service: ServiceRef,
    /// What it cost, by the days that fall on the year; one for each currency.
    #[schema(max_items = 200)]
    pub costs: Vec<Sum>,
    /// What the customer estimates it to have been worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benefit: Option<Sum>,
    /// Benefit ÷ cost; none where they are not in one currency, or it cost nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1.2500")]
    pub ratio: Option<ComputedFigure>,
    /// The mean of the scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_score: Option<ComputedFigure>,
    /// The median of what the customer's services cost in this currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "120000.00")]
    pub median_cost: Option<ComputedFigure>,
    /// Where it stands; none where score or cost is missing, or the cost is in several currencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quadrant: Option<ValueQuadrant>,
    /// What became of it since the year before.
    pub change: ValueChange,
    /// The year's assessment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assessment: Option<ValueAssessmentId>,
    /// The last year, up to this one, that the customer assessed; none where it never did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 2000, maximum = 2100, example = 2025)]
    pub last_assessed: Option<i32>,
}

/// Several services together.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValueTotals {
    /// How many of them were assessed in the year.
    #[schema(minimum = 0, maximum = 100000)]
    pub assessed: usize,
    /// How many were not.
    #[schema(minimum = 0, maximum = 100000)]
    pub unassessed: usize,
    /// What they cost; one for each currency.
    #[schema(max_items = 200)]
    pub costs: Vec<Sum>,
    /// What they were worth; one for each currency.
    #[schema(max_items = 200)]
    pub benefits: Vec<Sum>,
    /// Benefit ÷ cost of those that have both in one currency, where that is the same for all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1.2500")]
    pub ratio: Option<ComputedFigure>,
}

/// A customer's services together.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CustomerValue {
    /// The customer.
    pub customer: CustomerRef,
    /// Its services together.
    #[serde(flatten)]
    pub totals: ValueTotals,
}

/// A service at all customers together.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ServiceValue {
    /// The service.
    pub service: ServiceRef,
    /// At its customers together.
    #[serde(flatten)]
    pub totals: ValueTotals,
}

/// Value against cost in a year.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValueAnalysis {
    /// The calendar year.
    #[schema(minimum = 2000, maximum = 2100, example = 2025)]
    pub year: i32,
    /// Each service of each customer that it used, paid for or assessed in the year; by customer, then by service.
    #[schema(max_items = 2000)]
    pub items: Vec<ValuePosition>,
    /// By customer.
    #[schema(max_items = 2000)]
    pub customers: Vec<CustomerValue>,
    /// By service.
    #[schema(max_items = 2000)]
    pub services: Vec<ServiceValue>,
}

/// Which positions are told.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PositionFilter {
    /// Of this service.
    pub service: Option<ServiceId>,
    /// That stand so.
    pub quadrant: Option<ValueQuadrant>,
    /// That were assessed in the year (or not).
    pub assessed: Option<bool>,
}

/// An assessment, as far as the analysis needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessed {
    /// Its id.
    pub id: ValueAssessmentId,
    /// Whose, of what.
    pub of: Pair,
    /// For which year.
    pub year: i32,
    /// The scores.
    pub scores: DimensionScores,
    /// The estimated benefit.
    pub benefit: Option<Money>,
}

/// A customer and a service.
pub type Pair = (CustomerId, ServiceId);

/// What an analysis is made of: costs that touch the year or the one before, assessments up to the year (of earlier ones
/// the last of each pair is enough), and what was used in the year; with the labels of all that they name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ValueEvidence {
    /// Costs.
    pub costs: Vec<ServiceCost>,
    /// Assessments.
    pub assessments: Vec<Assessed>,
    /// Uses.
    pub used: Vec<Pair>,
    /// The customers.
    pub customers: HashMap<CustomerId, CustomerRef>,
    /// The services.
    pub services: HashMap<ServiceId, ServiceRef>,
}

/// One pair in one year, exactly.
#[derive(Default)]
struct Exact<'e> {
    /// In hundredths, by currency.
    costs: BTreeMap<&'e Currency, Decimal>,
    assessed: Option<&'e Assessed>,
}

impl<'e> Exact<'e> {
    /// The cost, where it is in one currency.
    fn cost(&self) -> Option<(&'e Currency, Decimal)> {
        let mut all = self.costs.iter().map(|(currency, minor)| (*currency, *minor));
        all.next().filter(|_| all.next().is_none())
    }

    fn benefit(&self) -> Option<(&'e Currency, Decimal)> {
        let money = self.assessed?.benefit.as_ref()?;
        Some((&money.currency, Decimal::from(money.amount.minor())))
    }

    fn mean(&self) -> Option<Decimal> {
        self.assessed?.scores.mean()
    }

    /// Benefit and cost in one currency.
    fn compared(&self) -> Option<(&'e Currency, Decimal, Decimal)> {
        let ((of_cost, cost), (of_benefit, benefit)) = (self.cost()?, self.benefit()?);
        (of_cost == of_benefit).then_some((of_cost, benefit, cost))
    }

    fn ratio(&self) -> Option<Decimal> {
        let (_, benefit, cost) = self.compared()?;
        benefit.checked_div(cost)
    }

    fn since(&self, before: &Self) -> ValueChange {
        let same = |now: Option<(&Currency, Decimal)>, then: Option<(&Currency, Decimal)>| {
            let (now, then) = (now?, then?);
            (now.0 == then.0).then(|| ComputedFigure::of_minor(now.1 - then.1))
        };
        let difference = |now: Option<Decimal>, then: Option<Decimal>| Some(now? - then?);
        ValueChange {
            mean_score: difference(self.mean(), before.mean()).map(ComputedFigure::of_mean),
            cost: same(self.cost(), before.cost()),
            benefit: same(self.benefit(), before.benefit()),
            ratio: difference(self.ratio(), before.ratio()).map(ComputedFigure::of_ratio),
        }
    }
}

/// The middle; of an even number the mean of the two in the middle.
fn median(mut amounts: Vec<Decimal>) -> Option<Decimal> {
    amounts.sort();
    let (half, odd) = (amounts.len() / 2, amounts.len() % 2 == 1);
    let upper = *amounts.get(half)?;
    match odd {
        true => Some(upper),
        false => Some((*amounts.get(half.checked_sub(1)?)? + upper) / Decimal::TWO),
    }
}

impl From<ValueAssessment> for Assessed {
    fn from(given: ValueAssessment) -> Self {
        Self {
            id: given.id,
            of: (given.customer.id, given.service.id),
            year: given.year,
            scores: given.scores,
            benefit: given.benefit,
        }
    }
}

impl ValueEvidence {
    /// Keeps the labels of a pair.
    pub fn name(&mut self, customer: &CustomerRef, service: &ServiceRef) {
        self.customers.entry(customer.id).or_insert_with(|| customer.clone());
        self.services.entry(service.id).or_insert_with(|| service.clone());
    }

    fn year(&self, year: i32) -> BTreeMap<Pair, Exact<'_>> {
        let mut exact = BTreeMap::<Pair, Exact<'_>>::new();
        let days = Option::zip(
            NaiveDate::from_ymd_opt(year, 1, 1),
            NaiveDate::from_ymd_opt(year, 12, 31),
        );
        let touches = |cost: &&ServiceCost| days.is_some_and(|(first, last)| cost.touches(first, last));
        for (cost, (first, last)) in self.costs.iter().filter(touches).zip(days.into_iter().cycle()) {
            let of = exact.entry((cost.customer.id, cost.service.id)).or_default();
            *of.costs.entry(&cost.cost.currency).or_default() += cost.within(first, last);
        }
        for assessed in self.assessments.iter().filter(|assessed| assessed.year == year) {
            exact.entry(assessed.of).or_default().assessed = Some(assessed);
        }
        exact
    }
}

impl ValueAnalysis {
    /// The analysis of a year, of the positions that are asked for. A customer's median is of all its services, whatever
    /// is asked for.
    pub fn of(year: i32, evidence: &ValueEvidence, filter: &PositionFilter) -> Self {
        let (mut now, before) = (evidence.year(year), evidence.year(year - 1));
        for pair in &evidence.used {
            now.entry(*pair).or_default();
        }
        let mut amounts = HashMap::<(CustomerId, &Currency), Vec<Decimal>>::new();
        for ((customer, _), exact) in &now {
            for (currency, minor) in &exact.costs {
                amounts.entry((*customer, currency)).or_default().push(*minor);
            }
        }
        let medians: HashMap<_, _> = amounts
            .into_iter()
            .filter_map(|(of, amounts)| Some((of, median(amounts)?)))
            .collect();
        let nothing = Exact::default();
        let mut told: Vec<(ValuePosition, &Exact<'_>)> = now
            .iter()
            .filter_map(|(pair, exact)| {
                let middle = exact
                    .cost()
                    .and_then(|(currency, _)| medians.get(&(pair.0, currency)).copied());
                let latest = evidence.assessments.iter().filter(|a| a.of == *pair && a.year <= year);
                let position = ValuePosition {
                    customer: evidence.customers.get(&pair.0)?.clone(),
                    service: evidence.services.get(&pair.1)?.clone(),
                    costs: exact
                        .costs
                        .iter()
                        .map(|(currency, minor)| sum(currency, *minor))
                        .collect(),
                    benefit: exact.benefit().map(|(currency, minor)| sum(currency, minor)),
                    ratio: exact.ratio().map(ComputedFigure::of_ratio),
                    mean_score: exact.mean().map(ComputedFigure::of_mean),
                    median_cost: middle.map(ComputedFigure::of_minor),
                    quadrant: quadrant(exact, middle),
                    change: exact.since(before.get(pair).unwrap_or(&nothing)),
                    assessment: exact.assessed.map(|assessed| assessed.id),
                    last_assessed: latest.map(|assessed| assessed.year).max(),
                };
                filter.lets(&position).then_some((position, exact))
            })
            .collect();
        told.sort_by(|(one, _), (other, _)| {
            (&one.customer.code, &one.service.code).cmp(&(&other.customer.code, &other.service.code))
        });
        let mut customers = BTreeMap::<&Code, (&CustomerRef, Vec<&Exact<'_>>)>::new();
        let mut services = BTreeMap::<&Code, (&ServiceRef, Vec<&Exact<'_>>)>::new();
        for (position, exact) in &told {
            let (customer, service) = (&position.customer, &position.service);
            customers
                .entry(&customer.code)
                .or_insert((customer, vec![]))
                .1
                .push(exact);
            services.entry(&service.code).or_insert((service, vec![])).1.push(exact);
        }
        let customers = customers.into_values().map(|(customer, all)| CustomerValue {
            customer: customer.clone(),
            totals: ValueTotals::of(&all),
        });
        let services = services.into_values().map(|(service, all)| ServiceValue {
            service: service.clone(),
            totals: ValueTotals::of(&all),
        });
        let (customers, services) = (customers.collect(), services.collect());
        Self {
            year,
            customers,
            services,
            items: told.into_iter().map(|(position, _)| position).collect(),
        }
    }
}

impl ValueTotals {
    fn of(all: &[&Exact<'_>]) -> Self {
        let (mut costs, mut benefits) = (
            BTreeMap::<&Currency, Decimal>::new(),
            BTreeMap::<&Currency, Decimal>::new(),
        );
        for exact in all {
            for (currency, minor) in &exact.costs {
                *costs.entry(currency).or_default() += minor;
            }
            if let Some((currency, minor)) = exact.benefit() {
                *benefits.entry(currency).or_default() += minor;
            }
        }
        let compared: Vec<_> = all.iter().filter_map(|exact| exact.compared()).collect();
        let one_currency = compared
            .iter()
            .all(|one| Some(one.0) == compared.first().map(|first| first.0));
        let (benefit, cost) = compared
            .iter()
            .fold((Decimal::ZERO, Decimal::ZERO), |(b, c), one| (b + one.1, c + one.2));
        let ratio = benefit.checked_div(cost).filter(|_| one_currency);
        let assessed = all.iter().filter(|exact| exact.assessed.is_some()).count();
        let sums = |all: BTreeMap<&Currency, Decimal>| all.into_iter().map(|(of, minor)| sum(of, minor)).collect();
        Self {
            assessed,
            unassessed: all.len() - assessed,
            costs: sums(costs),
            benefits: sums(benefits),
            ratio: ratio.map(ComputedFigure::of_ratio),
        }
    }
}

impl PositionFilter {
    fn lets(&self, position: &ValuePosition) -> bool {
        self.service.is_none_or(|id| position.service.id == id)
            && self.quadrant.is_none_or(|wanted| position.quadrant == Some(wanted))
            && self
                .assessed
                .is_none_or(|wanted| position.assessment.is_some() == wanted)
    }
}

fn sum(currency: &Currency, minor: Decimal) -> Sum {
    Sum {
        amount: ComputedFigure::of_minor(minor),
        currency: currency.clone(),
    }
}

/// Compared exactly, before anything is rounded.
fn quadrant(exact: &Exact<'_>, median: Option<Decimal>) -> Option<ValueQuadrant> {
    let (mean, (_, cost)) = (exact.mean()?, exact.cost()?);
    Some(match (mean >= Decimal::from(3), cost >= median?) {
        (true, false) => ValueQuadrant::HighValueLowCost,
        (true, true) => ValueQuadrant::HighValueHighCost,
        (false, false) => ValueQuadrant::LowValueLowCost,
        (false, true) => ValueQuadrant::LowValueHighCost,
    })
}
