//! Readings of an improvement's measure, by the day for which they were measured.
use chrono::NaiveDate;
use domain::{events::ActorKind, improvements::*, requests::Raiser, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement},
};

use super::unreadable;
use crate::{
    Error, Page, Paging,
    requests::name_of,
    store::{self, Cursor, Source, UnitOfWork},
};

mod entity {
    use domain::{events::ActorKind, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "improvement_reading")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ReadingId,
        pub improvement_id: ImprovementId,
        pub value: String,
        pub day: chrono::NaiveDate,
        pub replaces_id: Option<ReadingId>,
        pub recorded_by_kind: ActorKind,
        pub recorded_by_id: Uuid,
        pub recorded_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{Column, Entity, Model};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    reading: Model,
    replaced_by: Option<ReadingId>,
    recorded_by_name: PersonName,
}

impl Row {
    fn reading(self, customer: Option<CustomerId>) -> Result<Reading, Error> {
        let row = self.reading;
        Ok(Reading {
            id: row.id,
            improvement: row.improvement_id,
            customer,
            value: row.value.parse().map_err(unreadable)?,
            day: row.day,
            replaces: row.replaces_id,
            replaced_by: self.replaced_by,
            recorded_by: Raiser {
                kind: row.recorded_by_kind,
                id: row.recorded_by_id,
                name: self.recorded_by_name,
            },
            recorded_at: row.recorded_at,
        })
    }
}

fn select(improvement: &Improvement) -> SelectStatement {
    let name = name_of(
        "improvement_reading.recorded_by_kind",
        "improvement_reading.recorded_by_id",
    );
    let mut query = Entity::find()
        .filter(Column::ImprovementId.eq(improvement.id))
        .into_query();
    query
        .join_as(
            JoinType::LeftJoin,
            "improvement_reading",
            "later",
            Expr::cust("later.replaces_id = improvement_reading.id"),
        )
        .expr_as(Expr::col(("later", "id")), "replaced_by")
        .expr_as(Expr::cust(name), "recorded_by_name");
    query
}

/// A page of an improvement's readings, also of those that were replaced, as they were recorded.
pub async fn readings(
    source: &impl Source,
    improvement: &Improvement,
    paging: &Paging,
) -> Result<Page<Reading>, Error> {
    let mut query = select(improvement);
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, None, ("improvement_reading", "id"))
        .await?;
    let items = rows.into_iter().map(|row| row.reading(improvement.only_customer()));
    let items = items.collect::<Result<_, _>>()?;
    Ok(paging.cut(items, total, |r: &Reading| Cursor::after(vec![], r.id)))
}

/// One reading of an improvement; none where it has no such one.
pub async fn reading(source: &impl Source, improvement: &Improvement, id: ReadingId) -> Result<Option<Reading>, Error> {
    let query = select(improvement)
        .and_where(Expr::col(("improvement_reading", "id")).eq(id))
        .to_owned();
    let row = store::one::<Row>(source.connection(), &query).await?;
    row.map(|row| row.reading(improvement.only_customer())).transpose()
}

/// The latest that was measured after a day, as it counts now; of several for one day the one recorded last.
pub async fn latest_after(
    source: &impl Source,
    improvement: &Improvement,
    day: NaiveDate,
) -> Result<Option<Observation>, Error> {
    let query = select(improvement)
        .and_where(Expr::col(("later", "id")).is_null())
        .and_where(Expr::col(("improvement_reading", "day")).gt(day))
        .order_by(("improvement_reading", "day"), sea_orm::Order::Desc)
        .order_by(("improvement_reading", "id"), sea_orm::Order::Desc)
        .limit(1)
        .to_owned();
    let row = store::one::<Row>(source.connection(), &query).await?;
    row.map(|row| Ok(row.reading(None)?.observation())).transpose()
}

/// Whether anything was measured of an improvement.
pub async fn has_readings(source: &impl Source, id: ImprovementId) -> Result<bool, Error> {
    let mut query = Query::select();
    query
        .column("id")
        .from("improvement_reading")
        .and_where(Expr::col("improvement_id").eq(id))
        .limit(1);
    Ok(store::count(source.connection(), &query).await? > 0)
}

/// Stores a new reading.
pub async fn insert_reading(unit: &mut UnitOfWork, reading: &Reading) -> Result<(), Error> {
    let row = entity::ActiveModel {
        id: Set(reading.id),
        improvement_id: Set(reading.improvement),
        value: Set(reading.value.to_string()),
        day: Set(reading.day),
        replaces_id: Set(reading.replaces),
        recorded_by_kind: Set(reading.recorded_by.kind),
        recorded_by_id: Set(reading.recorded_by.id),
        recorded_at: Set(reading.recorded_at),
    };
    Entity::insert(row).exec_without_returning(unit.connection()).await?;
    debug_assert!(matches!(
        reading.recorded_by.kind,
        ActorKind::Person | ActorKind::Client
    ));
    unit.record("recorded", None, Some(reading))
}
