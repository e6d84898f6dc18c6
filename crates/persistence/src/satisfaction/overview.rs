//! How all customers stand, in three queries however many periods there are.
use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{access::Scope, satisfaction::*, service_levels::StatementPeriod, surveys::SurveyKind, vocabulary::*};

use super::figures::{self, Filter};
use crate::{Error, customers, store::Source};

/// Which figures are looked at.
#[derive(Debug, Clone)]
pub struct OverviewFilter {
    /// Those of this period, and of the seven before it.
    pub period: StatementPeriod,
    /// Of this series.
    pub series: Option<SatisfactionSeries>,
    /// Of surveys of this kind.
    pub survey_kind: Option<SurveyKind>,
    /// Of the question with this key.
    pub question: Option<Slug>,
}

impl OverviewFilter {
    fn figures(&self, from: NaiveDate) -> Filter {
        Filter {
            series: self.series,
            survey_kind: self.survey_kind,
            question: self.question.clone(),
            period_kind: Some(self.period.kind()),
            from: Some(from),
            before: Some(self.period.until()),
            ..Filter::default()
        }
    }
}

/// The 0–100 indexes of the latest periods side by side; the filter says of whom and of what.
pub async fn index(
    source: &impl Source,
    scope: &Scope,
    (last, filter): (StatementPeriod, Filter),
    today: NaiveDate,
) -> Result<IndexComparison, Error> {
    let periods = latest_periods(last);
    let filter = Filter {
        period_kind: Some(last.kind()),
        from: periods.first().map(|first| first.period().since),
        before: Some(last.until()),
        ..filter
    };
    let figures = figures::indexes(source, &scope.visible.customers, &filter, today).await?;
    Ok(IndexComparison::of(periods, figures))
}

/// How the customers stand that the caller sees, so many of them, the worst first.
pub async fn overview(
    source: &impl Source,
    scope: &Scope,
    filter: &OverviewFilter,
    most: usize,
    today: NaiveDate,
) -> Result<SatisfactionOverview, Error> {
    let periods = latest_periods(filter.period);
    let visible = &scope.visible.customers;
    let all = customers::active(source, scope, today).await?;
    let now = filter.figures(filter.period.period().since);
    let figures = figures::headlines(source, visible, &now, None, today).await?;
    let mut ranked = ranked(all, figures);
    let total = ranked.len() as u64;
    ranked.truncate(most);
    let first = periods
        .first()
        .map_or(filter.period.period().since, |period| period.period().since);
    let shown: Vec<CustomerId> = ranked.iter().map(|standing| standing.customer.id).collect();
    let mut of = HashMap::<CustomerId, Vec<SatisfactionMetric>>::new();
    for figure in figures::headlines(source, visible, &filter.figures(first), Some(&shown), today).await? {
        if let Some(customer) = &figure.customer {
            of.entry(customer.id).or_default().push(figure);
        }
    }
    for standing in &mut ranked {
        standing.trends = trends(&periods, of.remove(&standing.customer.id).unwrap_or_default());
    }
    Ok(SatisfactionOverview {
        period: filter.period,
        periods,
        weights: FlagWeight::all(),
        total,
        customers: ranked,
    })
}

/// How many figures of the period fell since the one before, and not by chance: of each customer, or of one alone.
pub(crate) async fn fallen(
    source: &impl Source,
    scope: &Scope,
    period: StatementPeriod,
    only: Option<CustomerId>,
    today: NaiveDate,
) -> Result<HashMap<CustomerId, i64>, Error> {
    let filter = Filter {
        period: Some(period),
        ..Filter::default()
    };
    let only = only.as_slice();
    let only = (!only.is_empty()).then_some(only);
    let mut fallen = HashMap::new();
    for figure in figures::headlines(source, &scope.visible.customers, &filter, only, today).await? {
        if let Some(customer) = figure.customer.as_ref().filter(|_| figure.fallen_by().is_some()) {
            *fallen.entry(customer.id).or_default() += 1;
        }
    }
    Ok(fallen)
}

/// A customer's figures over the period and the seven before it.
pub(crate) async fn trends_of(
    source: &impl Source,
    scope: &Scope,
    customer: CustomerId,
    last: StatementPeriod,
    today: NaiveDate,
) -> Result<Vec<SatisfactionTrend>, Error> {
    let periods = latest_periods(last);
    let filter = Filter {
        period_kind: Some(last.kind()),
        from: periods.first().map(|first| first.period().since),
        before: Some(last.until()),
        ..Filter::default()
    };
    let figures = figures::headlines(source, &scope.visible.customers, &filter, Some(&[customer]), today).await?;
    Ok(trends(&periods, figures))
}
