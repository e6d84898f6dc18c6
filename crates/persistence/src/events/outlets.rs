//! Ways out of the log: each has come to a place of its own, and one instance at a time sees to it. An instance that dies is
//! followed by another as soon as its hold has run out.
use chrono::{DateTime, Duration, Utc};
use domain::events::{Body, Event};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use uuid::Uuid;

use super::{
    entity::{self as log, Column as Logged},
    reading::{LogCursor, Stretch, cut, place},
};
use crate::{Db, Error, store::Source};

mod entity {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_outlet")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub position: i64,
        pub link: Vec<u8>,
        pub holder: Option<Uuid>,
        pub held_until: Option<DateTimeUtc>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity};

/// How long a hold lasts unless it is renewed.
pub const HOLD: Duration = Duration::seconds(5);

/// An outlet that this instance holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Whether it was not this instance's before, so that another may have done something meanwhile.
    pub anew: bool,
    /// Where it has come to.
    pub at: LogCursor,
}

/// An outlet, as one instance knows it.
#[derive(Debug, Clone, Copy)]
pub struct Outlet {
    name: &'static str,
    holder: Uuid,
}

impl Outlet {
    /// The outlet of this name, for an instance.
    pub fn of(name: &'static str, holder: Uuid) -> Self {
        Self { name, holder }
    }

    /// Takes the outlet or renews the hold; where it has come to, none while another instance holds it. A new outlet
    /// begins at the log's beginning.
    pub async fn take(&self, db: &Db, now: DateTime<Utc>) -> Result<Option<Held>, Error> {
        let mine = Column::Holder.eq(self.holder);
        if let Some(held) = self.hold(db, mine.clone(), now).await? {
            return Ok(Some(Held { anew: false, at: held }));
        }
        let new = ActiveModel {
            name: Set(self.name.into()),
            position: Set(0),
            link: Set(LogCursor::ORIGIN.link.to_vec()),
            holder: Set(None),
            held_until: Set(None),
        };
        let there = OnConflict::column(Column::Name).do_nothing().to_owned();
        Entity::insert(new)
            .on_conflict(there)
            .exec_without_returning(db.writer())
            .await?;
        let free = Column::Holder.is_null().or(Column::HeldUntil.lt(now));
        let held = self.hold(db, free, now).await?;
        Ok(held.map(|at| Held { anew: true, at }))
    }

    async fn hold(&self, db: &Db, if_so: Expr, now: DateTime<Utc>) -> Result<Option<LogCursor>, Error> {
        let held = Entity::update_many()
            .col_expr(Column::Holder, Expr::value(self.holder))
            .col_expr(Column::HeldUntil, Expr::value(now + HOLD))
            .filter(Column::Name.eq(self.name))
            .filter(if_so)
            .exec_with_returning(db.writer())
            .await?;
        Ok(held.first().map(|row| LogCursor::of_short(row.position, &row.link)))
    }

    /// It has come to this place, and the hold is renewed; whether it is still in this instance's hands.
    pub async fn come_to(&self, db: &Db, at: LogCursor, now: DateTime<Utc>) -> Result<bool, Error> {
        self.come_to_with(db.writer(), at, now).await
    }

    /// The same as part of a transaction.
    pub(crate) async fn come_to_with(
        &self,
        on: &impl ConnectionTrait,
        at: LogCursor,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let done = Entity::update_many()
            .col_expr(Column::Position, Expr::value(at.position))
            .col_expr(Column::Link, Expr::value(at.link.to_vec()))
            .col_expr(Column::HeldUntil, Expr::value(now + HOLD))
            .filter(Column::Name.eq(self.name))
            .filter(Column::Holder.eq(self.holder))
            .exec(on)
            .await?;
        Ok(done.rows_affected == 1)
    }
}

/// The events at these places, as the chain holds them.
pub async fn sealed_at(db: &Db, positions: Vec<i64>) -> Result<Vec<Event>, Error> {
    let rows = log::Entity::find()
        .filter(Logged::Position.is_in(positions))
        .all(db.reader().connection())
        .await?;
    let events = rows.into_iter().map(|row| {
        let position = row.position;
        let body = serde_json::from_str(&row.body)?;
        Ok(Event { position, body })
    });
    events.collect()
}

/// All events after the place, each with its own, as the chain holds them: personal data by its digest alone, since what has
/// left the house cannot be erased.
pub async fn sealed(db: &Db, after: LogCursor, limit: u64) -> Result<Stretch<(LogCursor, Event)>, Error> {
    let after = after.check(db.reader()).await?;
    let rows = log::Entity::find()
        .filter(Logged::Position.gt(after.position))
        .order_by_asc(Logged::Position)
        .limit(limit + 1)
        .all(db.reader().connection())
        .await?;
    let Stretch { items, next, more } = cut(rows, limit, after, place)?;
    let events = items.into_iter().map(|row| {
        let body: Body = serde_json::from_str(&row.body)?;
        let position = row.position;
        Ok((place(&row)?, Event { position, body }))
    });
    Ok(Stretch {
        items: events.collect::<Result<_, Error>>()?,
        next,
        more,
    })
}
