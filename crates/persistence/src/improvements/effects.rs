//! What improvements came to in a period.
use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{Rule, RuleCode, access::Scope, improvements::*, service_levels::StatementPeriod, vocabulary::*};
use sea_orm::{ColumnTrait, FromQueryResult, Order};

use super::{Column, Filter, Row, select, unreadable, with_customers};
use crate::{
    Error,
    store::{self, Source},
};

/// How many improvements one report tells of.
const TOLD: usize = 200;
/// How many readings of each: as many as a plot shows, with the baseline before them.
const READINGS: u64 = 35;

/// What improvements came to whose effect was verified in the period; for one customer, or for all that the caller sees.
pub async fn effects(
    source: &impl Source,
    scope: &Scope,
    period: StatementPeriod,
    customer: Option<CustomerId>,
    today: NaiveDate,
) -> Result<ImprovementEffects, Error> {
    let backend = source.backend();
    let mut query = select(scope, backend, today);
    let filter = Filter {
        customer,
        ..Filter::default()
    };
    filter.apply(&mut query, scope, backend, today);
    query
        .and_where(Column::VerifiedOn.gte(period.period().since))
        .and_where(Column::VerifiedOn.lt(period.until()))
        .order_by(("improvement", "verified_on"), Order::Asc)
        .order_by(("improvement", "id"), Order::Asc)
        .limit(TOLD as u64 + 1);
    let rows = store::all::<Row>(source.connection(), &query).await?;
    if rows.len() > TOLD {
        let detail = format!("More than {TOLD} improvements; ask for a shorter period, or for one customer.");
        return Err(Rule::new(RuleCode::State, detail).into());
    }
    let verified_on: Vec<Option<NaiveDate>> = rows.iter().map(|row| row.improvement.verified_on).collect();
    let mut improvements = rows
        .into_iter()
        .map(|row| Ok(row.improvement()?.0))
        .collect::<Result<Vec<Improvement>, Error>>()?;
    with_customers(source, scope, &mut improvements, today).await?;
    let mut readings = latest(source, improvements.iter().map(|i| i.id).collect()).await?;
    let items = improvements
        .into_iter()
        .zip(verified_on)
        .filter_map(|(improvement, verified)| {
            Some(VerifiedEffect {
                improvement: improvement.reference(),
                readings: readings.remove(&improvement.id).unwrap_or_default(),
                implemented: improvement.implementation?.day,
                verified: verified?,
                measure: improvement.measure?,
                verification: improvement.verification?,
                customers: improvement.customers,
                services: improvement.services,
            })
        });
    Ok(ImprovementEffects::of(period, items.collect(), customer))
}

#[derive(FromQueryResult)]
struct ReadingRow {
    improvement_id: ImprovementId,
    value: String,
    day: NaiveDate,
}

/// The latest readings of each that count, the oldest first.
async fn latest(
    source: &impl Source,
    improvements: Vec<ImprovementId>,
) -> Result<HashMap<ImprovementId, Vec<Observation>>, Error> {
    let places = store::places(improvements.len());
    let sql = format!(
        "select n.improvement_id, n.value, n.day from (select r.improvement_id, r.value, r.day, r.id, \
         row_number() over (partition by r.improvement_id order by r.day desc, r.id desc) as place \
         from improvement_reading r where r.improvement_id in ({places}) \
         and not exists (select 1 from improvement_reading later where later.replaces_id = r.id)) n \
         where n.place <= {READINGS} order by n.day, n.id"
    );
    let values = improvements.into_iter().map(|id| id.0.into()).collect();
    let mut of: HashMap<ImprovementId, Vec<Observation>> = HashMap::new();
    for row in store::rows::<ReadingRow>(source.connection(), &sql, values).await? {
        let value = row.value.parse().map_err(unreadable)?;
        of.entry(row.improvement_id)
            .or_default()
            .push(Observation { value, day: row.day });
    }
    Ok(of)
}
