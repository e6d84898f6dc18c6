//! What an analysis of value is made of, in three queries, and no more of it than can be looked at.
use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use domain::{Rule, RuleCode, access::Scope, value::*, vocabulary::*};
use sea_orm::{
    FromQueryResult,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{assessments, costs};
use crate::{
    Error, access,
    store::{self, Source},
};

/// So many services of customers are compared at once, and so many costs read for it.
const MOST: u64 = 2_000;
const MOST_COSTS: u64 = 20_000;

/// A use of a service, with the labels.
#[derive(FromQueryResult)]
struct Used {
    customer_id: CustomerId,
    customer_code: Code,
    customer_name: Name,
    service_id: ServiceId,
    service_code: Code,
    service_name: Name,
}

/// Value against cost in a year, of a customer or of all that the caller sees.
pub async fn analysis(
    source: &impl Source,
    scope: &Scope,
    (year, customer): (i32, Option<CustomerId>),
    filter: &PositionFilter,
    today: NaiveDate,
) -> Result<ValueAnalysis, Error> {
    let evidence = evidence(source, scope, (year, customer), today).await?;
    let analysis = ValueAnalysis::of(year, &evidence, filter);
    bounded(analysis.items.len() as u64, MOST, "services of customers")?;
    Ok(analysis)
}

/// Value against cost of one customer in the last year that is over; for the customer's overview.
pub async fn of_customer(
    source: &impl Source,
    scope: &Scope,
    customer: CustomerId,
    today: NaiveDate,
) -> Result<Option<CustomerValue>, Error> {
    let all = PositionFilter::default();
    let told = analysis(source, scope, (today.year() - 1, Some(customer)), &all, today).await?;
    Ok(told.customers.into_iter().next())
}

fn bounded(found: u64, most: u64, what: &str) -> Result<(), Error> {
    match found > most {
        false => Ok(()),
        true => {
            let detail = format!("There are more than {most} {what} to compare at once; ask for a customer.");
            Err(Rule::new(RuleCode::State, detail).into())
        }
    }
}

async fn evidence(
    source: &impl Source,
    scope: &Scope,
    (year, customer): (i32, Option<CustomerId>),
    today: NaiveDate,
) -> Result<ValueEvidence, Error> {
    let first_of = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(today);
    let touching = costs::CostFilter {
        customer,
        from: Some(first_of(year - 1)),
        before: Some(first_of(year + 1)),
        ..Default::default()
    };
    let mut query = costs::matching(source, scope, &touching, today);
    let costs = costs::some(source, &mut query, MOST_COSTS + 1).await?;
    bounded(costs.len() as u64, MOST_COSTS, "costs")?;
    let given = assessments::until(source, scope, (year, customer), MOST_COSTS + 1, today).await?;
    bounded(given.len() as u64, MOST_COSTS, "assessments")?;
    let used = used(source, scope, (first_of(year), first_of(year + 1)), customer, today).await?;
    bounded(used.len() as u64, MOST_COSTS, "uses")?;
    let mut evidence = ValueEvidence::default();
    for row in &used {
        let (customer, service) = (
            CustomerRef {
                id: row.customer_id,
                code: row.customer_code.clone(),
                name: row.customer_name.clone(),
            },
            ServiceRef {
                id: row.service_id,
                code: row.service_code.clone(),
                name: row.service_name.clone(),
            },
        );
        evidence.name(&customer, &service);
    }
    let pairs: BTreeSet<Pair> = used.iter().map(|row| (row.customer_id, row.service_id)).collect();
    evidence.used = pairs.into_iter().collect();
    for cost in &costs {
        evidence.name(&cost.customer, &cost.service);
    }
    for assessment in given {
        evidence.name(&assessment.customer, &assessment.service);
        evidence.assessments.push(assessment.into());
    }
    evidence.costs = costs;
    Ok(evidence)
}

/// What was used on any day from `since` on, before `until`.
async fn used(
    source: &impl Source,
    scope: &Scope,
    (since, until): (NaiveDate, NaiveDate),
    customer: Option<CustomerId>,
    today: NaiveDate,
) -> Result<Vec<Used>, Error> {
    let (column, backend) = ("service_usage.customer_id", source.backend());
    let mut query = Query::select();
    query
        .columns([("service_usage", "customer_id"), ("service_usage", "service_id")])
        .from("service_usage")
        .and_where(Expr::col(("service_usage", "since")).lt(until))
        .and_where(store::expr(
            backend,
            "(service_usage.until is null or service_usage.until > ?)",
            [since],
        ))
        .and_where(access::of_customers(&scope.visible.customers, column, today, backend))
        .limit(MOST_COSTS + 1);
    super::labelled(&mut query, "service_usage");
    if let Some(id) = customer {
        query.and_where(Expr::col(("service_usage", "customer_id")).eq(id));
    }
    store::all::<Used>(source.connection(), &query).await
}
