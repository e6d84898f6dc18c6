//! The log of what connections received. It is no part of the event log: a received document is personal data as it came.
use chrono::{DateTime, Duration, Utc};
use domain::{connections::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::{
    Db, Error, Page, Paging,
    store::{self, Cursor, Source, UnitOfWork},
};

/// How long a received document is kept.
const DAYS: i64 = 30;

mod entity {
    use domain::{connections::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "received_document")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: DocumentId,
        pub connection_id: ConnectionId,
        pub received_at: DateTimeUtc,
        pub handled_at: DateTimeUtc,
        pub digest: String,
        pub content: String,
        pub outcome: DocumentOutcome,
        pub detail: Option<String>,
        pub handled: String,
        pub replays: i32,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

fn document(row: Model) -> Result<ReceivedDocument, Error> {
    Ok(ReceivedDocument {
        id: row.id,
        connection: row.connection_id,
        received_at: row.received_at,
        handled_at: row.handled_at,
        replays: row.replays,
        content: row.content,
        handled: serde_json::from_str(&row.handled)?,
    })
}

/// A row of the list: all but the document itself.
#[derive(FromQueryResult)]
struct Entry {
    id: DocumentId,
    received_at: DateTime<Utc>,
    handled_at: DateTime<Utc>,
    outcome: DocumentOutcome,
    replays: i32,
    detail: Option<String>,
}

/// A page of what a connection received, by the time it came in.
pub async fn list_documents(
    source: &impl Source,
    connection: ConnectionId,
    outcome: Option<DocumentOutcome>,
    paging: &Paging,
) -> Result<Page<DocumentEntry>, Error> {
    let mut found = Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::ReceivedAt,
            Column::HandledAt,
            Column::Outcome,
            Column::Replays,
            Column::Detail,
        ])
        .filter(Column::ConnectionId.eq(connection));
    if let Some(outcome) = outcome {
        found = found.filter(Column::Outcome.eq(outcome));
    }
    let mut query = found.into_query();
    let total = match paging.count {
        true => Some(store::count(source.connection(), &query).await?),
        false => None,
    };
    let (at, id) = (("received_document", "received_at"), ("received_document", "id"));
    paging.apply_by_time(&mut query, at, id);
    let rows: Vec<Entry> = store::all(source.connection(), &query).await?;
    let entries = rows.into_iter().map(|row| DocumentEntry {
        id: row.id,
        received_at: row.received_at,
        handled_at: row.handled_at,
        outcome: row.outcome,
        replays: row.replays,
        problem: row.detail,
    });
    let place = |entry: &DocumentEntry| Cursor::after_time(entry.received_at, entry.id);
    Ok(paging.cut(entries.collect(), total, place))
}

/// A document that the connection received.
pub async fn get_document(
    source: &impl Source,
    connection: ConnectionId,
    id: DocumentId,
) -> Result<ReceivedDocument, Error> {
    let found = Entity::find_by_id(id)
        .filter(Column::ConnectionId.eq(connection))
        .one(source.connection())
        .await?;
    document(found.ok_or(Error::NotFound)?)
}

/// Documents that failed, those first that were replayed least often, in the order in which they came in.
pub async fn failed_documents(
    source: &impl Source,
    connection: ConnectionId,
    most: u64,
) -> Result<Vec<DocumentId>, Error> {
    let failed = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ConnectionId.eq(connection))
        .filter(Column::Outcome.eq(DocumentOutcome::Failed))
        .order_by_asc(Column::Replays)
        .order_by_asc(Column::ReceivedAt)
        .order_by_asc(Column::Id)
        .limit(most)
        .into_tuple();
    Ok(failed.all(source.connection()).await?)
}

/// Whether the connection received these very bytes before and had them applied.
pub async fn is_known(unit: &UnitOfWork, connection: ConnectionId, digest: &str) -> Result<bool, Error> {
    use DocumentOutcome::*;
    let known = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ConnectionId.eq(connection))
        .filter(Column::Digest.eq(digest))
        .filter(Column::Outcome.is_in([Applied, Unchanged, Stale, Duplicate]))
        .limit(1)
        .into_tuple::<DocumentId>()
        .one(unit.connection())
        .await?;
    Ok(known.is_some())
}

/// Keeps what came in, and what became of it.
pub async fn insert_document(unit: &UnitOfWork, document: &ReceivedDocument, digest: &str) -> Result<(), Error> {
    let row = ActiveModel {
        id: Set(document.id),
        connection_id: Set(document.connection),
        received_at: Set(document.received_at),
        handled_at: Set(document.handled_at),
        digest: Set(digest.to_owned()),
        content: Set(document.content.clone()),
        outcome: Set(document.handled.outcome),
        detail: Set(document.handled.problem.as_ref().map(|problem| problem.detail.clone())),
        handled: Set(serde_json::to_string(&document.handled)?),
        replays: Set(document.replays),
    };
    Entity::insert(row).exec_without_returning(unit.connection()).await?;
    Ok(())
}

/// Keeps what became of it this time.
pub async fn update_document(unit: &UnitOfWork, document: &ReceivedDocument) -> Result<(), Error> {
    let change = ActiveModel {
        handled_at: Set(document.handled_at),
        outcome: Set(document.handled.outcome),
        detail: Set(document.handled.problem.as_ref().map(|problem| problem.detail.clone())),
        handled: Set(serde_json::to_string(&document.handled)?),
        replays: Set(document.replays),
        ..Default::default()
    };
    let done = Entity::update_many()
        .set(change)
        .filter(Column::Id.eq(document.id))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)
}

impl Db {
    /// Removes the received documents whose time has run out.
    pub async fn forget_received_documents(&self, now: DateTime<Utc>) -> Result<u64, Error> {
        let done = Entity::delete_many()
            .filter(Column::ReceivedAt.lt(now - Duration::days(DAYS)))
            .exec(self.writer())
            .await?;
        Ok(done.rows_affected)
    }
}
