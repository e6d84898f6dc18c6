//! The event log. A unit of work leaves its events in the inbox as its last statements; the ordering step links them
//! into one chain afterwards, so that no reader ever misses one and no writer waits for another (see ARCHITECTURE.md).
//! SQLite's single writer links them at once.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{
    access::Scope,
    events::{Actor, Aggregate, Body, Draft, Event, EventSubject, Link, PersonalDatum, SubjectKind},
    requests::FeedEntryKind,
    vocabulary::*,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Statement, TransactionTrait,
};
use uuid::Uuid;

use crate::{
    Db, Error, access,
    store::{Origin, Reader, Source},
};

pub(crate) mod entity {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        pub link: Vec<u8>,
        pub id: Uuid,
        #[sea_orm(column_name = "type")]
        pub kind: String,
        pub subject_kind: domain::events::SubjectKind,
        pub subject_id: Uuid,
        pub subject_version: i64,
        pub customer_id: Option<Uuid>,
        pub matter_id: Uuid,
        pub actor_kind: domain::events::ActorKind,
        pub actor_id: String,
        pub at: DateTimeUtc,
        pub destination: Option<domain::requests::Destination>,
        pub feed_kind: Option<domain::requests::FeedEntryKind>,
        pub body: String,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod inbox {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_inbox")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub key: i64,
        pub body: String,
        pub matter_id: Uuid,
        pub destination: Option<domain::requests::Destination>,
        pub feed_kind: Option<domain::requests::FeedEntryKind>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod head {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_head")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub one: i32,
        pub position: i64,
        pub link: Vec<u8>,
        pub disposed_through: i64,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod personal {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_personal")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub event_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub digest: String,
        pub salt: String,
        pub value: String,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

use entity::Column;

/// How many events the ordering step links in one go.
const BATCH: u64 = 1000;

/// An event that has no place yet.
pub(crate) struct Pending {
    body: Body,
    matter: Uuid,
    destination: Option<domain::requests::Destination>,
    feed_kind: Option<FeedEntryKind>,
    personal: Vec<PersonalDatum>,
}

/// The one place where an event is put together.
pub(crate) fn pending<A: Aggregate>(
    id: EventId,
    act: &str,
    state: &A,
    version: i64,
    draft: Draft,
    origin: &Origin,
) -> Result<Pending, Error> {
    let destination = state.destination();
    Ok(Pending {
        body: Body {
            id,
            kind: format!("kundansvar.{}.{act}.v1", A::KIND),
            subject: EventSubject {
                kind: A::KIND,
                id: state.id(),
                version,
            },
            customer: state.customer(),
            actor: origin.actor.clone(),
            request_id: origin.request_id.clone(),
            time: origin.now,
            data: draft.data,
        },
        matter: state.matter(),
        destination,
        feed_kind: destination.and_then(|_| act.parse().ok()),
        personal: draft.personal,
    })
}

/// The last statements of a unit of work.
pub(crate) async fn write(tx: &DatabaseTransaction, events: Vec<Pending>) -> Result<(), Error> {
    if events.is_empty() {
        return Ok(());
    }
    let personal: Vec<_> = events
        .iter()
        .flat_map(|e| e.personal.iter().map(|p| (e.body.id.0, p)))
        .collect();
    if !personal.is_empty() {
        let rows = personal.into_iter().map(|(event_id, datum)| personal::ActiveModel {
            event_id: Set(event_id),
            digest: Set(datum.digest.clone()),
            salt: Set(datum.salt.clone()),
            value: Set(datum.value.to_string()),
        });
        personal::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    let rows = events
        .into_iter()
        .map(|e| {
            Ok(inbox::Model {
                key: 0,
                body: e.body.canonical()?,
                matter_id: e.matter,
                destination: e.destination,
                feed_kind: e.feed_kind,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    match tx.get_database_backend() {
        DbBackend::Postgres => {
            let rows = rows.into_iter().map(|row| inbox::ActiveModel {
                key: sea_orm::ActiveValue::NotSet,
                body: Set(row.body),
                matter_id: Set(row.matter_id),
                destination: Set(row.destination),
                feed_kind: Set(row.feed_kind),
            });
            inbox::Entity::insert_many(rows).exec_without_returning(tx).await?;
            Ok(())
        }
        _ => link(tx, rows).await,
    }
}

/// Gives the events their positions and links. The caller holds the head.
async fn link(tx: &DatabaseTransaction, rows: Vec<inbox::Model>) -> Result<(), Error> {
    let Some(head) = head::Entity::find_by_id(1).one(tx).await? else {
        return Err(Error::CursorGone);
    };
    let (mut position, mut link) = (head.position, as_link(&head.link)?);
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        position += 1;
        link = link.next(position, &row.body);
        let body: Body = serde_json::from_str(&row.body)?;
        events.push(entity::ActiveModel {
            position: Set(position),
            link: Set(link.0.to_vec()),
            id: Set(body.id.0),
            kind: Set(body.kind),
            subject_kind: Set(body.subject.kind),
            subject_id: Set(body.subject.id),
            subject_version: Set(body.subject.version),
            customer_id: Set(body.customer.map(|c| c.0)),
            matter_id: Set(row.matter_id),
            actor_kind: Set(body.actor.kind),
            actor_id: Set(body.actor.id),
            at: Set(body.time),
            destination: Set(row.destination),
            feed_kind: Set(row.feed_kind),
            body: Set(row.body),
        });
    }
    entity::Entity::insert_many(events).exec_without_returning(tx).await?;
    head::Entity::update_many()
        .set(head::ActiveModel {
            position: Set(position),
            link: Set(link.0.to_vec()),
            ..Default::default()
        })
        .exec(tx)
        .await?;
    Ok(())
}

fn as_link(bytes: &[u8]) -> Result<Link, Error> {
    bytes.try_into().map(Link).map_err(|_| Error::CursorGone)
}

impl Db {
    /// The ordering step: everything that was committed before the call gets its place. Whoever reads the log runs it
    /// first, so everyone sees their own writes.
    pub async fn order_events(&self) -> Result<(), Error> {
        if self.backend() != DbBackend::Postgres {
            return Ok(());
        }
        let Some(newest) = newest_key(self.writer()).await? else {
            return Ok(());
        };
        loop {
            let tx = self.writer().begin().await?;
            tx.execute_unprepared("set local statement_timeout = '5s'; set local lock_timeout = '2s'")
                .await?;
            // The lock and the reading are two statements: the second must see what the holder before us committed.
            tx.execute_unprepared("select 1 from event_head where one = 1 for update")
                .await?;
            let rows = inbox::Entity::find()
                .order_by_asc(inbox::Column::Key)
                .limit(BATCH)
                .all(&tx)
                .await?;
            let keys: Vec<i64> = rows.iter().map(|row| row.key).collect();
            let done = keys.last().is_none_or(|last| *last >= newest) || (keys.len() as u64) < BATCH;
            if !keys.is_empty() {
                link(&tx, rows).await?;
                inbox::Entity::delete_many()
                    .filter(inbox::Column::Key.is_in(keys))
                    .exec(&tx)
                    .await?;
            }
            tx.commit().await?;
            if done {
                return Ok(());
            }
        }
    }
}

async fn newest_key(on: &impl ConnectionTrait) -> Result<Option<i64>, Error> {
    let newest = inbox::Entity::find()
        .select_only()
        .column_as(inbox::Column::Key.max(), "newest")
        .into_tuple::<Option<i64>>()
        .one(on)
        .await?;
    Ok(newest.flatten())
}

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

    pub(crate) fn of(position: i64, link: &[u8]) -> Result<Self, Error> {
        Ok(Self {
            position,
            link: as_link(link)?.short(),
        })
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
    db.order_events().await?;
    let after = after.check(db.reader()).await?;
    let query = entity::Entity::find()
        .filter(Column::Position.gt(after.position))
        .filter(access::of_customers(
            &scope.visible.customers,
            "event.customer_id",
            today,
            db.backend(),
        ))
        .apply_if(filter.subject_kind, |q, kind| q.filter(Column::SubjectKind.eq(kind)))
        .apply_if(filter.subject, |q, id| q.filter(Column::SubjectId.eq(id)))
        .apply_if(filter.actor.as_ref(), |q, id| q.filter(Column::ActorId.eq(id)))
        .apply_if(filter.customer, |q, id| q.filter(Column::CustomerId.eq(id.0)))
        .apply_if(filter.kind.as_ref(), |q, kind| q.filter(Column::Kind.eq(kind)))
        .apply_if(filter.from, |q, at| q.filter(Column::At.gte(at)))
        .apply_if(filter.before, |q, at| q.filter(Column::At.lt(at)))
        .order_by_asc(Column::Position)
        .limit(limit + 1);
    let rows = query.all(db.reader().connection()).await?;
    let stretch = cut(rows, limit, after, place)?;
    Ok(Stretch {
        items: told(db.reader(), stretch.items).await?,
        next: stretch.next,
        more: stretch.more,
    })
}

fn place(row: &entity::Model) -> Result<LogCursor, Error> {
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
    let head = head::Entity::find_by_id(1)
        .one(db.reader().connection())
        .await?
        .ok_or(Error::CursorGone)?;
    Ok((head.position, as_link(&head.link)?))
}

/// What a check of the whole log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every event is as it was written.
    Sound {
        /// How many.
        position: i64,
        /// The newest link.
        link: String,
    },
    /// The first position at which something is wrong, and what.
    Broken {
        /// Where.
        position: i64,
        /// What.
        finding: String,
    },
}

/// Walks the whole chain: every link, every copied column, every personal value that is still there. `kept` is a head
/// that was written down outside: it finds a cut tail and a log that was written anew.
pub async fn verify(db: &Db, kept: Option<(i64, Link)>) -> Result<Verdict, Error> {
    db.order_events().await?;
    let reader = db.reader();
    let (mut position, mut link) = (0, Link::ORIGIN);
    let broken = |position, finding: &str| {
        Ok(Verdict::Broken {
            position,
            finding: finding.into(),
        })
    };
    loop {
        let rows = entity::Entity::find()
            .filter(Column::Position.gt(position))
            .order_by_asc(Column::Position)
            .limit(BATCH)
            .all(reader.connection())
            .await?;
        if rows.is_empty() {
            break;
        }
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let data = personal::Entity::find()
            .filter(personal::Column::EventId.is_in(ids))
            .all(reader.connection())
            .await?;
        for row in rows {
            position += 1;
            if row.position != position {
                return broken(position, "the event is missing");
            }
            link = link.next(position, &row.body);
            if row.link != link.0 {
                return broken(position, "the link does not follow from the event and its predecessor");
            }
            if let Some(finding) = differs(&row) {
                return broken(position, finding);
            }
            for datum in data.iter().filter(|d| d.event_id == row.id) {
                let value = serde_json::from_str(&datum.value).unwrap_or_default();
                if PersonalDatum::digest(&datum.salt, &value) != datum.digest || !row.body.contains(&datum.digest) {
                    return broken(position, "a personal value is not the one that the event speaks of");
                }
            }
            if let Some((at, expected)) = kept
                && at == position
                && expected != link
            {
                return broken(
                    position,
                    "the link is not the one that was kept outside: the log was written anew",
                );
            }
        }
    }
    let (head, head_link) = head(db).await?;
    if head != position || head_link != link {
        return broken(position.min(head) + 1, "the log ends before or after its head");
    }
    if let Some((at, _)) = kept
        && at > position
    {
        return broken(position + 1, "the log ends before the head that was kept outside");
    }
    Ok(Verdict::Sound {
        position,
        link: link.to_string(),
    })
}

/// The columns that are copies of the body.
fn differs(row: &entity::Model) -> Option<&'static str> {
    let Ok(body) = serde_json::from_str::<Body>(&row.body) else {
        return Some("the event is not readable");
    };
    let copies = [
        (body.id.0 == row.id, "the column id differs from the event"),
        (body.kind == row.kind, "the column type differs from the event"),
        (
            body.subject.kind == row.subject_kind,
            "the column subject_kind differs from the event",
        ),
        (
            body.subject.id == row.subject_id,
            "the column subject_id differs from the event",
        ),
        (
            body.subject.version == row.subject_version,
            "the column subject_version differs from the event",
        ),
        (
            body.customer.map(|c| c.0) == row.customer_id,
            "the column customer_id differs from the event",
        ),
        (
            body.actor
                == Actor {
                    kind: row.actor_kind,
                    id: row.actor_id.clone(),
                },
            "the actor differs from the event",
        ),
        (body.time == row.at, "the column at differs from the event"),
    ];
    copies.into_iter().find(|(same, _)| !same).map(|(_, finding)| finding)
}

/// Everything that happened to a matter, in the log's order, but for events of a hidden type.
pub(crate) async fn of_matter(
    db: &Db,
    matter: Uuid,
    hidden: Option<String>,
    after: LogCursor,
    limit: u64,
) -> Result<Stretch<entity::Model>, Error> {
    db.order_events().await?;
    let after = after.check(db.reader()).await?;
    let rows = entity::Entity::find()
        .filter(Column::MatterId.eq(matter))
        .apply_if(hidden, |q, kind| q.filter(Column::Kind.ne(kind)))
        .filter(Column::Position.gt(after.position))
        .order_by_asc(Column::Position)
        .limit(limit + 1)
        .all(db.reader().connection())
        .await?;
    cut(rows, limit, after, place)
}

/// Runs raw SQL against the log, for tests that break it on purpose.
#[doc(hidden)]
pub async fn tamper(db: &Db, sql: &str) -> Result<(), Error> {
    db.writer()
        .execute_raw(Statement::from_string(db.backend(), sql))
        .await?;
    Ok(())
}
