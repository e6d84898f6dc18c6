//! Evidence that is matched to all it names, and that no agreement in force covers.
//!
//! This is not stored: which agreement covers a day is told by acts that may come after the evidence (an agreement that is
//! approved late, a customer that moves), so that a mark would lie. Nor is it one query: the day is a local one, which
//! SQLite cannot tell. A page looks at so many measurements, in their order and by their index, asks once for the
//! agreements about their services, and leads on from where it stopped. So it costs the same whatever there is.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    access::Scope,
    measurements::{Measurement, MeasurementKind, Unmatched, is_agreed},
    vocabulary::*,
};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Query},
};

use super::{
    affected, entity,
    reading::{Filter, filtered, whole},
};
use crate::{
    Error, Page, Paging, access,
    store::{self, Cursor, IN_ONE_LIST, Source},
};

/// How many measurements a page looks at.
const AT_ONCE: usize = 5000;

/// A measurement as far as it is looked at.
#[derive(FromQueryResult)]
struct Glance {
    id: MeasurementId,
    kind: MeasurementKind,
    at: DateTime<Utc>,
    service_id: ServiceId,
    customer_id: Option<CustomerId>,
    names_customers: bool,
}

#[derive(FromQueryResult)]
struct InForce {
    service_id: ServiceId,
    customer_id: Option<CustomerId>,
    since: NaiveDate,
    until: Option<NaiveDate>,
    held_since: Option<NaiveDate>,
    held_until: Option<NaiveDate>,
}

/// Of each service, for whom and when agreements about it are in force; of nobody in particular: the provider's own.
type Agreements = HashMap<ServiceId, Vec<(Option<CustomerId>, Period)>>;

/// A page of measurements that no agreement covers at their instant; it may be shorter than asked, and lead on.
pub async fn list_unagreed(
    source: &impl Source,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging,
    (today, local_date): (NaiveDate, impl Fn(DateTime<Utc>) -> NaiveDate),
) -> Result<Page<Measurement>, Error> {
    let mut looked_at = glances(source, scope, filter, paging, today).await?;
    let more = looked_at.len() > AT_ONCE;
    looked_at.truncate(AT_ONCE);
    let agreements = agreements_about(source, &looked_at).await?;
    let named = named_by_outages(source, &looked_at).await?;
    let is_unagreed = |glance: &&Glance| {
        let own = glance.customer_id.as_slice();
        let customers = named.get(&glance.id).map_or(own, Vec::as_slice);
        let in_force = agreements.get(&glance.service_id).map_or(&[][..], Vec::as_slice);
        !is_agreed(local_date(glance.at), customers, in_force)
    };
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let mut found: Vec<&Glance> = looked_at.iter().filter(is_unagreed).take(limit + 1).collect();
    let place = |glance: &Glance| Cursor::after_time(glance.at, glance.id);
    let next = match found.len() > limit {
        true => {
            found.truncate(limit);
            found.last().map(|last| place(last))
        }
        false => looked_at.last().filter(|_| more).map(place),
    };
    let ids: Vec<MeasurementId> = found.iter().map(|glance| glance.id).collect();
    let mut items = whole(source, scope, &ids, today).await?;
    items.sort_by_key(|item| ids.iter().position(|id| *id == item.id));
    for item in &mut items {
        item.unmatched = Some(Unmatched::NoAgreement);
    }
    Ok(Page {
        items,
        next,
        total: None,
    })
}

/// What the page looks at, and one more.
async fn glances(
    source: &impl Source,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Vec<Glance>, Error> {
    use entity::Column;
    let mut query = entity::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::Kind,
            Column::At,
            Column::ServiceId,
            Column::CustomerId,
            Column::NamesCustomers,
        ])
        .filter(Column::Unmatched.is_null())
        .filter(access::of_measurement(&scope.visible, today, source.backend()))
        .into_query();
    filtered(&mut query, filter);
    let all = Paging {
        limit: AT_ONCE as u64,
        ..paging.clone()
    };
    all.apply_by_time(&mut query, ("measurement", "at"), ("measurement", "id"));
    store::all(source.connection(), &query).await
}

async fn agreements_about(source: &impl Source, looked_at: &[Glance]) -> Result<Agreements, Error> {
    let services: HashSet<ServiceId> = looked_at.iter().map(|glance| glance.service_id).collect();
    let services: Vec<ServiceId> = services.into_iter().collect();
    let mut agreements = Agreements::new();
    use sea_orm::JoinType::{InnerJoin, LeftJoin};
    for services in services.chunks(IN_ONE_LIST) {
        let mut query = Query::select();
        query
            .from_as("agreement_service", "s")
            .join_as(InnerJoin, "agreement_version", "v", Expr::cust("v.id = s.version_id"))
            .join_as(InnerJoin, "agreement", "a", Expr::cust("a.id = v.agreement_id"))
            .join_as(LeftJoin, "agreement_holder", "o", Expr::cust("o.agreement_id = a.id"))
            .join_as(
                LeftJoin,
                "customer_ancestry",
                "y",
                Expr::cust("y.ancestor_id = o.customer_id and (y.depth = 0 or not v.this_only)"),
            )
            .and_where(Expr::col(("s", "service_id")).is_in(services.iter().copied()))
            .and_where(Expr::cust("v.status in ('approved', 'terminated')"))
            .expr_as(Expr::cust("s.service_id"), "service_id")
            .expr_as(Expr::cust("y.customer_id"), "customer_id")
            .expr_as(Expr::cust("v.since"), "since")
            .expr_as(Expr::cust("v.until"), "until")
            .expr_as(Expr::cust("o.since"), "held_since")
            .expr_as(Expr::cust("o.until"), "held_until");
        for row in store::all::<InForce>(source.connection(), &query).await? {
            let in_force = Period {
                since: row.since,
                until: row.until,
            };
            // An agreement with no customer has no holder, and is in force for all.
            let held = Period {
                since: row.held_since.unwrap_or(row.since),
                until: row.held_until,
            };
            if let Some(period) = in_force.common(&held) {
                agreements
                    .entry(row.service_id)
                    .or_default()
                    .push((row.customer_id, period));
            }
        }
    }
    Ok(agreements)
}

/// Whom each outage names; a case and a sample have theirs in their row.
async fn named_by_outages(
    source: &impl Source,
    looked_at: &[Glance],
) -> Result<HashMap<MeasurementId, Vec<CustomerId>>, Error> {
    let outages = looked_at
        .iter()
        .filter(|glance| glance.kind == MeasurementKind::Outage && glance.names_customers);
    let outages: Vec<MeasurementId> = outages.map(|glance| glance.id).collect();
    let mut named: HashMap<_, Vec<_>> = HashMap::new();
    for ids in outages.chunks(IN_ONE_LIST) {
        let rows = affected::Entity::find()
            .filter(affected::Column::MeasurementId.is_in(ids.iter().copied()))
            .all(source.connection())
            .await?;
        for row in rows {
            named.entry(row.measurement_id).or_default().push(row.customer_id);
        }
    }
    Ok(named)
}
