//! Whom a closed round asked and whom it heard, from what was counted as it closed and from figures that are told.
use std::collections::{BTreeMap, BTreeSet};

use domain::{
    agreements::CalendarPeriod, satisfaction::Threshold, service_levels::StatementPeriod, surveys::*, vocabulary::*,
};
use sea_orm::FromQueryResult;

use super::{
    edition, get,
    invitations::{reached, services_in_use},
};
use crate::{
    Error, satisfaction,
    store::{self, Source},
};

#[derive(FromQueryResult)]
struct Row {
    customer_id: Option<CustomerId>,
    code: Option<Code>,
    name: Option<Name>,
    invited: i64,
    delivered: i64,
    answered: i64,
}

/// Whom a round asked and whom it heard.
pub async fn turnout(source: &impl Source, round: &SurveyRound, threshold: Threshold) -> Result<RoundTurnout, Error> {
    let kind = get(source, round.survey).await?.kind;
    let content = edition(source, round.survey, round.edition.unwrap_or_default()).await?;
    let scales = content
        .questions
        .iter()
        .filter_map(|q| Some((q.key.clone(), q.scale()?)));
    let strata = strata(source, round).await?;
    let services = match round.sample.is_by_service() {
        true => users(source, round).await?,
        false => vec![],
    };
    let month = round
        .closed_on
        .map(|day| StatementPeriod::containing(CalendarPeriod::Month, day));
    let figures = match month {
        Some(month) => satisfaction::told_of_round(source, round, kind, month).await?,
        None => vec![],
    };
    let scales: Vec<_> = scales.collect();
    Ok(RoundTurnout::of(
        round,
        &scales,
        (&strata, &services),
        &figures,
        threshold,
    )?)
}

async fn strata(source: &impl Source, round: &SurveyRound) -> Result<Vec<HeardStratum>, Error> {
    let sql = "select t.customer_id, c.code, c.name, t.invited, t.delivered, t.answered from survey_turnout t \
               left join customer c on c.id = t.customer_id where t.round_id = ? \
               order by case when t.customer_id is null then 1 else 0 end, c.code";
    let rows: Vec<Row> = store::rows(source.connection(), sql, vec![round.id.0.into()]).await?;
    let stratum =
        |row: Row| HeardStratum {
            customer: Option::zip(row.customer_id, Option::zip(row.code, row.name))
                .map(|(id, (code, name))| CustomerRef { id, code, name }),
            invited: row.invited.unsigned_abs(),
            delivered: row.delivered.unsigned_abs(),
            answered: row.answered.unsigned_abs(),
        };
    Ok(rows.into_iter().map(stratum).collect())
}

/// The services by which the sample was drawn, with those invited of the customers that used them on that day.
async fn users(source: &impl Source, round: &SurveyRound) -> Result<Vec<ServiceUsers>, Error> {
    let Some(drawn) = &round.drawn else { return Ok(vec![]) };
    let customers: Vec<CustomerId> = round.customers.iter().map(|customer| customer.id).collect();
    let reached = reached(source, round.id).await?;
    let mut services: Vec<ServiceUsers> = vec![];
    let mut places = BTreeMap::new();
    for (customer, service) in services_in_use(source, &customers, drawn.day).await? {
        let place = *places.entry(service.id).or_insert(services.len());
        if place == services.len() {
            services.push(ServiceUsers {
                service,
                customers: BTreeSet::new(),
                invited: (0, 0),
            });
        }
        // Of customers of whom nobody was invited nothing is to be told.
        if let (Some(users), Some((invited, delivered))) = (services.get_mut(place), reached.get(&customer))
            && users.customers.insert(customer)
        {
            users.invited = (users.invited.0 + invited, users.invited.1 + delivered);
        }
    }
    Ok(services)
}
