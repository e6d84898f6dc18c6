//! Reading the log: from a cursor on, in its one order; whoever reads runs the ordering step first.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{
    access::{Caller, Customers, Scope},
    events::{Body, Event, Link, SubjectKind},
    vocabulary::*,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::Expr};
use uuid::Uuid;

use super::{
    as_link,
    entity::{self, Column},
    personal,
};
use crate::{
    Db, Error, access,
    store::{Reader, Source},
    webhooks,
};

/// A place in the log: a position and the beginning of its link, so that a place in another log is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogCursor {
    /// After this position.
    pub position: i64,
    /// The first bytes of that position's link.
    pub link: [u8; 8],
}

impl LogCursor {
    /// Before the first event.
    pub const ORIGIN: Self = Self {
        position: 0,
        link: [0; 8],
    };

    /// The place as 16 bytes.
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.position.to_be_bytes());
        bytes[8..].copy_from_slice(&self.link);
        bytes
    }

    /// The place that 16 bytes name.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let (mut position, mut link) = ([0; 8], [0; 8]);
        position.copy_from_slice(&bytes[..8]);
        link.copy_from_slice(&bytes[8..]);
        Self {
            position: i64::from_be_bytes(position),
            link,
        }
    }

    /// The place that a position and the beginning of its link name; a beginning that is none is no place of the log.
    pub(crate) fn of_short(position: i64, short: &[u8]) -> Self {
        let link = short.try_into().unwrap_or_default();
        Self { position, link }
    }

    pub(crate) fn of(position: i64, link: &[u8]) -> Result<Self, Error> {
        let link = as_link(link)?.short();
        Ok(Self { position, link })
    }

    /// Refuses a place that this log does not have.
    pub(crate) async fn check(self, reader: Reader<'_>) -> Result<Self, Error> {
        if self == Self::ORIGIN {
            return Ok(self);
        }
        let link: Option<Vec<u8>> = entity::Entity::find_by_id(self.position)
            .select_only()
            .column(Column::Link)
            .into_tuple()
            .one(reader.connection())
            .await?;
        match link {
            Some(link) if as_link(&link)?.short() == self.link => Ok(self),
            _ => Err(Error::CursorGone),
        }
    }
}

/// Which events.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// About things of this kind.
    pub subject_kind: Option<SubjectKind>,
    /// About this thing.
    pub subject: Option<Uuid>,
    /// By this actor.
    pub actor: Option<String>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Of this type.
    pub kind: Option<String>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub before: Option<DateTime<Utc>>,
}

/// A piece of the log, and where to go on.
pub struct Stretch<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next stretch begins, also when there is nothing there yet.
    pub next: LogCursor,
    /// Whether there is more already.
    pub more: bool,
}

/// Events after the cursor, in the log's order.
pub async fn list(
    db: &Db,
    scope: &Scope,
    filter: &Filter,
    after: LogCursor,
    limit: u64,
    today: chrono::NaiveDate,
) -> Result<Stretch<Event>, Error> {
    let stretch = rows(db, scope, filter, after, limit, today).await?;
    Ok(Stretch {
        items: told(db.reader(), stretch.items).await?,
        next: stretch.next,
        more: stretch.more,
    })
}

/// The same, each with its place.
pub async fn list_placed(
    db: &Db,
    scope: &Scope,
    filter: &Filter,
    after: LogCursor,
    limit: u64,
    today: chrono::NaiveDate,
) -> Result<Stretch<(LogCursor, Event)>, Error> {
    let stretch = rows(db, scope, filter, after, limit, today).await?;
    let places = stretch.items.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    let events = told(db.reader(), stretch.items).await?;
    Ok(Stretch {
        items: places.into_iter().zip(events).collect(),
        next: stretch.next,
        more: stretch.more,
    })
}

async fn rows(
    db: &Db,
    scope: &Scope,
    filter: &Filter,
    after: LogCursor,
    limit: u64,
    today: chrono::NaiveDate,
) -> Result<Stretch<entity::Model>, Error> {
    db.order_events().await?;
    let after = after.check(db.reader()).await?;
    let seen = access::of_customers(&scope.visible.customers, "event.customer_id", today, db.backend());
    let matching = |seen: Expr| {
        entity::Entity::find()
            .filter(Column::Position.gt(after.position))
            .filter(seen)
            .apply_if(filter.subject_kind, |q, kind| q.filter(Column::SubjectKind.eq(kind)))
            .apply_if(filter.subject, |q, id| q.filter(Column::SubjectId.eq(id)))
            .apply_if(filter.actor.as_ref(), |q, id| q.filter(Column::ActorId.eq(id)))
            .apply_if(filter.customer, |q, id| q.filter(Column::CustomerId.eq(id.0)))
            .apply_if(filter.kind.as_ref(), |q, kind| q.filter(Column::Kind.eq(kind)))
            .apply_if(filter.from, |q, at| q.filter(Column::At.gte(at)))
            .apply_if(filter.before, |q, at| q.filter(Column::At.lt(at)))
            .order_by_asc(Column::Position)
            .limit(limit + 1)
    };
    let mut rows = matching(seen).all(db.reader().connection()).await?;
    if let (Caller::Client { id, .. }, Customers::Named(_)) = (&scope.caller, &scope.visible.customers) {
        // What happens to a system's own webhooks belongs to no customer, and is told it all the same.
        let own = matching(Column::SubjectId.in_subquery(webhooks::of_client(*id)));
        rows.extend(own.all(db.reader().connection()).await?);
        rows.sort_by_key(|row| row.position);
    }
    cut(rows, limit, after, place)
}

pub(super) fn place(row: &entity::Model) -> Result<LogCursor, Error> {
    LogCursor::of(row.position, &row.link)
}

/// Cuts what was asked for one row too many.
pub(crate) fn cut<R>(
    mut rows: Vec<R>,
    limit: u64,
    after: LogCursor,
    place: impl Fn(&R) -> Result<LogCursor, Error>,
) -> Result<Stretch<R>, Error> {
    let more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().map(place).transpose()?.unwrap_or(after);
    Ok(Stretch {
        items: rows,
        next,
        more,
    })
}

/// The rows as events, with the personal values that have not been erased.
pub(crate) async fn told(reader: Reader<'_>, rows: Vec<entity::Model>) -> Result<Vec<Event>, Error> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let values: HashMap<(Uuid, String), String> = match ids.is_empty() {
        true => HashMap::new(),
        false => personal::Entity::find()
            .filter(personal::Column::EventId.is_in(ids))
            .all(reader.connection())
            .await?
            .into_iter()
            .map(|row| ((row.event_id, row.digest), row.value))
            .collect(),
    };
    rows.into_iter()
        .map(|row| {
            let mut body: Body = serde_json::from_str(&row.body)?;
            fill(&mut body.data, row.id, &values);
            Ok(Event {
                position: row.position,
                body,
            })
        })
        .collect()
}

fn fill(data: &mut serde_json::Value, event: Uuid, values: &HashMap<(Uuid, String), String>) {
    match data {
        serde_json::Value::Object(map) => {
            let digest = map.get("digest").and_then(|d| d.as_str()).map(ToOwned::to_owned);
            if let Some(value) = digest.and_then(|digest| values.get(&(event, digest))) {
                map.insert("value".into(), serde_json::from_str(value).unwrap_or_default());
            }
            map.values_mut().for_each(|v| fill(v, event, values));
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|v| fill(v, event, values)),
        _ => {}
    }
}

/// The position and link of the newest event, to be kept outside.
pub async fn head(db: &Db) -> Result<(i64, Link), Error> {
    db.order_events().await?;
    let head = super::head::Entity::find_by_id(1)
        .one(db.reader().connection())
        .await?
        .ok_or(Error::CursorGone)?;
    Ok((head.position, as_link(&head.link)?))
}

/// The place of the newest event.
pub async fn end(db: &Db) -> Result<LogCursor, Error> {
    let (position, link) = head(db).await?;
    let link = link.short();
    Ok(LogCursor { position, link })
}

/// Everything that happened to a matter, in the log's order, but for events of a hidden type.
pub(crate) async fn of_matters(
    db: &Db,
    matters: Vec<Uuid>,
    hidden: Option<String>,
    after: LogCursor,
    limit: u64,
) -> Result<Stretch<entity::Model>, Error> {
    db.order_events().await?;
    let after = after.check(db.reader()).await?;
    let rows = entity::Entity::find()
        .filter(Column::MatterId.is_in(matters))
        .apply_if(hidden, |q, kind| q.filter(Column::Kind.ne(kind)))
        .filter(Column::Position.gt(after.position))
        .order_by_asc(Column::Position)
        .limit(limit + 1)
        .all(db.reader().connection())
        .await?;
    cut(rows, limit, after, place)
}
