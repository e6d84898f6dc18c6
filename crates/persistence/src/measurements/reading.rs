//! Reading measurements: one with its history, and lists by the instant at which they count.
use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    access::{Customers, Scope},
    measurements::{Measurement, MeasurementInput, MeasurementKind, MeasurementState, Unmatched, digest_text},
    vocabulary::*,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement, UnionType},
};
use serde::Deserialize;

use super::{affected, entity, version};
use crate::{
    Error, Page, Paging, access,
    store::{self, Cursor, Source},
};

/// How many former states are told.
const TOLD: u64 = 200;

/// Which measurements.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this kind.
    pub kind: Option<MeasurementKind>,
    /// Of this service.
    pub service: Option<ServiceId>,
    /// Naming this customer.
    pub customer: Option<CustomerId>,
    /// From this system.
    pub source: Option<SystemName>,
    /// By this id of the system's.
    pub source_id: Option<ExternalId>,
    /// At this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Before this instant.
    pub before: Option<DateTime<Utc>>,
    /// Only those that are matched to nothing yet, for this reason or for any.
    pub unmatched: Option<Option<Unmatched>>,
}

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    measurement: entity::Model,
    service_code: Option<Code>,
    service_name: Option<Name>,
    customer_code: Option<Code>,
    customer_name: Option<Name>,
    affected: String,
}

#[derive(Deserialize)]
struct Labelled {
    id: CustomerId,
    code: Code,
    name: Name,
}

fn state(received_at: DateTime<Utc>, digest: &[u8], content: &str) -> Result<MeasurementState, Error> {
    let digest = digest
        .try_into()
        .map_err(|_| DbErr::Custom("a digest is 32 bytes".into()))?;
    Ok(MeasurementState {
        received_at,
        digest: digest_text(digest),
        sent: serde_json::from_str(content)?,
    })
}

impl Row {
    fn measurement(self) -> Result<Measurement, Error> {
        let row = self.measurement;
        let own = Option::zip(row.customer_id, Option::zip(self.customer_code, self.customer_name));
        let own = own.map(|(id, (code, name))| CustomerRef { id, code, name });
        let affected: Vec<Labelled> = serde_json::from_str(&self.affected)?;
        let affected = affected.into_iter().map(|c| CustomerRef {
            id: c.id,
            code: c.code,
            name: c.name,
        });
        Ok(Measurement {
            id: row.id,
            version: row.version,
            kind: row.kind,
            service: Option::zip(row.service_id, Option::zip(self.service_code, self.service_name))
                .map(|(id, (code, name))| ServiceRef { id, code, name }),
            customers: own.into_iter().chain(affected).collect(),
            unmatched: row.unmatched,
            state: state(row.received_at, &row.digest, &row.content)?,
            history: None,
            history_total: None,
        })
    }
}

fn select(source: &impl Source, scope: &Scope, today: NaiveDate) -> SelectStatement {
    let backend = source.backend();
    let affected = store::json_rows(
        backend,
        &[("id", "c.id"), ("code", "c.code"), ("name", "c.name")],
        "measurement_customer mc join customer c on c.id = mc.customer_id where mc.measurement_id = measurement.id",
        "c.code",
    );
    let mut query = entity::Entity::find().into_query();
    query
        .left_join("service", Expr::cust("service.id = measurement.service_id"))
        .left_join("customer", Expr::cust("customer.id = measurement.customer_id"))
        .expr_as(Expr::col(("service", "code")), "service_code")
        .expr_as(Expr::col(("service", "name")), "service_name")
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name")
        .expr_as(Expr::cust(affected), "affected")
        .and_where(access::of_measurement(&scope.visible, today, backend));
    query
}

/// The rows as measurements. An outage may name customers that the caller may not see (R20): they are left out.
async fn measurements(
    source: &impl Source,
    scope: &Scope,
    rows: Vec<Row>,
    today: NaiveDate,
) -> Result<Vec<Measurement>, Error> {
    let reach = &scope.visible.customers;
    let mut measurements = rows.into_iter().map(Row::measurement).collect::<Result<Vec<_>, _>>()?;
    let named = measurements.iter().flat_map(|m| m.customers.iter().map(|c| c.id));
    let named: HashSet<CustomerId> = named.collect();
    if *reach == Customers::All || named.is_empty() {
        return Ok(measurements);
    }
    let seen = Query::select()
        .column(("customer", "id"))
        .from("customer")
        .and_where(Expr::col(("customer", "id")).is_in(named))
        .and_where(access::of_customers(reach, "customer.id", today, source.backend()))
        .to_owned();
    let seen = source.connection().query_all(&seen).await?;
    let seen = seen.iter().map(|row| row.try_get("", "id"));
    let seen = seen.collect::<Result<HashSet<CustomerId>, DbErr>>()?;
    for measurement in &mut measurements {
        measurement.customers.retain(|customer| seen.contains(&customer.id));
        measurement.state = for_eyes(false, measurement.state.clone());
    }
    Ok(measurements)
}

/// What was sent, without the customers of an outage where the caller may not see all customers.
fn for_eyes(all: bool, mut state: MeasurementState) -> MeasurementState {
    if let (false, MeasurementInput::Outage(outage)) = (all, &mut state.sent) {
        outage.customers.clear();
    }
    state
}

/// Whether the caller may see the customer at all.
fn in_sight(customer: CustomerId, scope: &Scope, today: NaiveDate, backend: DbBackend) -> Expr {
    let seen = Query::select()
        .column(("seen", "id"))
        .from_as("customer", "seen")
        .and_where(Expr::col(("seen", "id")).eq(customer))
        .and_where(access::of_customers(
            &scope.visible.customers,
            "seen.id",
            today,
            backend,
        ))
        .to_owned();
    Expr::exists(seen)
}

/// The measurement with its history.
pub async fn get(
    source: &impl Source,
    scope: &Scope,
    id: MeasurementId,
    today: NaiveDate,
) -> Result<Measurement, Error> {
    let mut query = select(source, scope, today);
    query.and_where(entity::Column::Id.eq(id));
    let row = store::all::<Row>(source.connection(), &query).await?;
    let found = measurements(source, scope, row, today).await?.pop();
    let found = found.ok_or(Error::NotFound)?;
    let former = version::Entity::find().filter(version::Column::MeasurementId.eq(id));
    let total = former.clone().count(source.connection()).await?;
    let newest = former
        .order_by_desc(version::Column::ReceivedAt)
        .order_by_desc(version::Column::Digest)
        .limit(TOLD);
    let former = newest.all(source.connection()).await?.into_iter();
    let all = scope.visible.customers == Customers::All;
    let history = former.map(|v| Ok(for_eyes(all, state(v.received_at, &v.digest, &v.content)?)));
    Ok(Measurement {
        history: Some(history.collect::<Result<_, Error>>()?),
        history_total: Some(total),
        ..found
    })
}

/// These measurements, in no order.
pub(super) async fn whole(
    source: &impl Source,
    scope: &Scope,
    ids: &[MeasurementId],
    today: NaiveDate,
) -> Result<Vec<Measurement>, Error> {
    let mut query = select(source, scope, today);
    query.and_where(entity::Column::Id.is_in(ids.iter().copied()));
    let rows = store::all::<Row>(source.connection(), &query).await?;
    measurements(source, scope, rows, today).await
}

pub(super) fn filtered(query: &mut SelectStatement, filter: &Filter) {
    let mut all = Condition::all()
        .add_option(filter.kind.map(|kind| entity::Column::Kind.eq(kind)))
        .add_option(filter.service.map(|id| entity::Column::ServiceId.eq(id)))
        .add_option(
            filter
                .source
                .as_ref()
                .map(|name| entity::Column::Source.eq(name.clone())),
        )
        .add_option(
            filter
                .source_id
                .as_ref()
                .map(|id| entity::Column::SourceId.eq(id.clone())),
        )
        .add_option(filter.from.map(|at| entity::Column::At.gte(at)))
        .add_option(filter.before.map(|at| entity::Column::At.lt(at)));
    all = match filter.unmatched {
        None => all,
        Some(None) => all.add(entity::Column::Unmatched.is_not_null()),
        Some(Some(reason)) => all.add(entity::Column::Unmatched.eq(reason)),
    };
    query.cond_where(all);
}

/// A page of measurements, by the instant at which they count.
pub async fn list(
    source: &impl Source,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<Measurement>, Error> {
    let (at, id) = (("measurement", "at"), ("measurement", "id"));
    let mut query = select(source, scope, today);
    filtered(&mut query, filter);
    if let Some(customer) = filter.customer {
        query.and_where(in_sight(customer, scope, today, source.backend()));
    }
    let total = match paging.count {
        true => {
            let mut counted = query.clone();
            counted.and_where_option(filter.customer.map(naming));
            Some(store::count(source.connection(), &counted).await?)
        }
        false => None,
    };
    if let Some(customer) = filter.customer {
        // Whichever way it is named: a page of those that have it in their row, and the few outages. Asked as "or", no
        // index would do.
        let mut own = Query::select();
        own.column(id)
            .from("measurement")
            .and_where(entity::Column::CustomerId.eq(customer));
        filtered(&mut own, filter);
        paging.apply_by_time(&mut own, at, id);
        let own = Query::select()
            .column(("own", "id"))
            .from_subquery(own, "own")
            .to_owned();
        let outages = affected::Entity::find()
            .select_only()
            .column(affected::Column::MeasurementId)
            .filter(affected::Column::CustomerId.eq(customer))
            .into_query();
        let either = own.clone().union(UnionType::All, outages).to_owned();
        query.and_where(entity::Column::Id.in_subquery(either));
    }
    paging.apply_by_time(&mut query, at, id);
    let rows = store::all::<Row>(source.connection(), &query).await?;
    let places: Vec<Cursor> = rows
        .iter()
        .map(|row| Cursor::after_time(row.measurement.at, row.measurement.id))
        .collect();
    let items = measurements(source, scope, rows, today).await?;
    let items = items.into_iter().zip(places).collect();
    let page = paging.cut(items, total, |(_, place)| place.clone());
    Ok(Page {
        items: page.items.into_iter().map(|(item, _)| item).collect(),
        next: page.next,
        total: page.total,
    })
}

/// Names the customer, in one way or the other.
fn naming(customer: CustomerId) -> Expr {
    let outages = affected::Entity::find()
        .select_only()
        .column(affected::Column::MeasurementId)
        .filter(affected::Column::CustomerId.eq(customer))
        .into_query();
    entity::Column::CustomerId
        .eq(customer)
        .or(entity::Column::Id.in_subquery(outages))
}
