//! Measurements as rows, written many at a time: from arrays on PostgreSQL, as rows of values on SQLite.
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::{
    measurements::{Evidence, MeasurementKind},
    vocabulary::*,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable, QueryFilter,
    QueryTrait, Statement, Value, sea_query::OnConflict,
};
use uuid::Uuid;

use super::{affected, entity, version, wait};
use crate::{
    Error,
    store::{IN_ONE_LIST, Source, UnitOfWork},
};

/// A measurement that is to be written, with what it was matched to and what it waits for.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    pub id: MeasurementId,
    pub version: i64,
    pub evidence: &'a Evidence,
    pub batch: BatchId,
    pub service: Option<ServiceId>,
    pub customers: Vec<CustomerId>,
    pub waits: Vec<wait::Model>,
}

impl Row<'_> {
    fn model(&self, received_at: DateTime<Utc>) -> entity::Model {
        let told = self.evidence.told();
        let standing = told.standing();
        let is_outage = told.kind() == MeasurementKind::Outage;
        entity::Model {
            id: self.id,
            version: self.version,
            kind: told.kind(),
            source: told.source().clone(),
            source_id: told.source_id().clone(),
            source_version: standing.source_version,
            state_at: standing.at,
            received_at,
            batch_id: self.batch,
            digest: self.evidence.digest().to_vec(),
            service_id: self.service,
            customer_id: self.customers.first().copied().filter(|_| !is_outage),
            names_customers: !told.customers().is_empty(),
            metric: told.metric().cloned(),
            at: told.at(),
            ended_at: told.ended_at(),
            unmatched: super::matching::reason(self.waits.iter().map(|wait| wait.kind.as_str())),
            content: self.evidence.text().to_owned(),
        }
    }
}

/// What happens where a measurement is there already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// By the source's id: it stays as it is.
    Stays,
    /// By our id: it is replaced.
    IsReplaced,
}

/// Stands for no time in an array, which cannot hold nulls. No source tells of the first day of our era.
fn never() -> DateTime<Utc> {
    DateTime::from_timestamp(-62_135_596_800, 0).unwrap_or_default()
}

/// The columns stand in the order in which `arrays` gives them.
const FROM_ARRAYS: &str = "insert into measurement (id, version, kind, source, source_id, source_version, state_at, \
    received_at, batch_id, digest, service_id, customer_id, names_customers, metric, at, ended_at, unmatched, content) \
    select id, version, kind, source, source_id, nullif(source_version, -1), state_at, received_at, batch_id, digest, \
    nullif(service_id, '00000000-0000-0000-0000-000000000000'), \
    nullif(customer_id, '00000000-0000-0000-0000-000000000000'), names_customers, nullif(metric, ''), at, \
    nullif(ended_at, '0001-01-01T00:00:00Z'), nullif(unmatched, ''), content \
    from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[], \
    $8::timestamptz[], $9::uuid[], $10::bytea[], $11::uuid[], $12::uuid[], $13::boolean[], $14::text[], \
    $15::timestamptz[], $16::timestamptz[], $17::text[], $18::text[]) as sent (id, version, kind, source, source_id, \
    source_version, state_at, received_at, batch_id, digest, service_id, customer_id, names_customers, metric, at, \
    ended_at, unmatched, content)";

fn arrays(rows: Vec<entity::Model>) -> Vec<Value> {
    fn of<T>(rows: &[entity::Model], column: impl Fn(&entity::Model) -> T) -> Value
    where
        Vec<T>: Into<Value>,
    {
        rows.iter().map(column).collect::<Vec<T>>().into()
    }
    fn text<T: ToString>(value: Option<T>) -> String {
        value.map(|value| value.to_string()).unwrap_or_default()
    }
    let mut arrays = vec![
        of(&rows, |r| r.id.0),
        of(&rows, |r| r.version),
        of(&rows, |r| r.kind.to_string()),
        of(&rows, |r| r.source.to_string()),
        of(&rows, |r| r.source_id.to_string()),
        of(&rows, |r| r.source_version.unwrap_or(-1)),
        of(&rows, |r| r.state_at),
        of(&rows, |r| r.received_at),
        of(&rows, |r| r.batch_id.0),
        of(&rows, |r| r.digest.clone()),
        of(&rows, |r| r.service_id.map_or(Uuid::nil(), |id| id.0)),
        of(&rows, |r| r.customer_id.map_or(Uuid::nil(), |id| id.0)),
        of(&rows, |r| r.names_customers),
        of(&rows, |r| text(r.metric.as_ref())),
        of(&rows, |r| r.at),
        of(&rows, |r| r.ended_at.unwrap_or_else(never)),
        of(&rows, |r| text(r.unmatched)),
    ];
    let contents: Vec<String> = rows.into_iter().map(|r| r.content).collect();
    arrays.push(contents.into());
    arrays
}

fn but_for_the_id() -> impl Iterator<Item = entity::Column> {
    entity::Column::iter().filter(|column| !matches!(column, entity::Column::Id))
}

/// Writes the rows and gives the ids of those that were written; what they name and wait for comes with them.
pub async fn put(unit: &UnitOfWork, rows: &[Row<'_>], known: Known) -> Result<HashSet<MeasurementId>, Error> {
    let mut written = HashSet::new();
    for rows in rows.chunks(IN_ONE_LIST) {
        let models: Vec<_> = rows.iter().map(|row| row.model(unit.now())).collect();
        let found = match unit.backend() {
            DbBackend::Postgres => {
                let replaced: Vec<String> = but_for_the_id()
                    .map(|column| format!("{0} = excluded.{0}", column.as_str()))
                    .collect();
                let conflict = match known {
                    Known::Stays => "on conflict (source, source_id) do nothing".into(),
                    Known::IsReplaced => format!("on conflict (id) do update set {}", replaced.join(", ")),
                };
                let sql = format!("{FROM_ARRAYS} {conflict} returning id");
                let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, arrays(models));
                unit.connection().query_all_raw(statement).await?
            }
            _ => {
                let conflict = match known {
                    Known::Stays => OnConflict::columns([entity::Column::Source, entity::Column::SourceId])
                        .do_nothing()
                        .to_owned(),
                    Known::IsReplaced => OnConflict::column(entity::Column::Id)
                        .update_columns(but_for_the_id())
                        .to_owned(),
                };
                let rows = models.into_iter().map(sea_orm::IntoActiveModel::into_active_model);
                let mut insert = entity::Entity::insert_many(rows).on_conflict(conflict).into_query();
                insert.returning_col(entity::Column::Id);
                unit.connection().query_all(&insert).await?
            }
        };
        for row in found {
            written.insert(row.try_get("", "id")?);
        }
    }
    put_names(unit, rows.iter().filter(|row| written.contains(&row.id))).await?;
    Ok(written)
}

/// The customers that outages name, and what is waited for.
async fn put_names<'a>(unit: &UnitOfWork, rows: impl Iterator<Item = &'a Row<'a>> + Clone) -> Result<(), Error> {
    let outages = rows
        .clone()
        .filter(|row| row.evidence.told().kind() == MeasurementKind::Outage);
    let named: Vec<affected::ActiveModel> = outages
        .flat_map(|row| row.customers.iter().map(|customer| (row.id, *customer)))
        .map(|(measurement, customer)| affected::ActiveModel {
            measurement_id: Set(measurement),
            customer_id: Set(customer),
        })
        .collect();
    for named in named.chunks(IN_ONE_LIST) {
        affected::Entity::insert_many(named.to_vec())
            .exec_without_returning(unit.connection())
            .await?;
    }
    let waits: Vec<wait::ActiveModel> = rows
        .flat_map(|row| row.waits.iter().cloned())
        .map(sea_orm::IntoActiveModel::into_active_model)
        .collect();
    for waits in waits.chunks(IN_ONE_LIST) {
        wait::Entity::insert_many(waits.to_vec())
            .exec_without_returning(unit.connection())
            .await?;
    }
    Ok(())
}

/// Takes away what measurements name and wait for, before they are written anew.
pub async fn clear_names(unit: &UnitOfWork, ids: &[MeasurementId]) -> Result<(), Error> {
    for ids in ids.chunks(IN_ONE_LIST) {
        let of = affected::Column::MeasurementId.is_in(ids.iter().copied());
        affected::Entity::delete_many()
            .filter(of)
            .exec(unit.connection())
            .await?;
        let of = wait::Column::MeasurementId.is_in(ids.iter().copied());
        wait::Entity::delete_many().filter(of).exec(unit.connection()).await?;
    }
    Ok(())
}

/// Keeps states that stand no longer, or never did.
pub async fn keep(unit: &UnitOfWork, states: Vec<version::Model>) -> Result<(), Error> {
    let states: Vec<_> = states
        .into_iter()
        .map(sea_orm::IntoActiveModel::into_active_model)
        .collect();
    for states in states.chunks(IN_ONE_LIST) {
        version::Entity::insert_many(states.to_vec())
            .exec_without_returning(unit.connection())
            .await?;
    }
    Ok(())
}
