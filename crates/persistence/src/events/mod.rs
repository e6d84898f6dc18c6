//! The event log. A unit of work leaves its events in the inbox as its last statements; the ordering step links them
//! into one chain afterwards, so that no reader ever misses one and no writer waits for another (see ARCHITECTURE.md).
//! SQLite's single writer links them at once.
use domain::{
    events::{Actor, Aggregate, Body, Draft, EventSubject, Link, PersonalDatum, UnknownAct, catalogue},
    vocabulary::ContactId,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    TransactionTrait,
};

use crate::{
    Db, Error,
    store::{self, Origin, Source, UnitOfWork},
};

mod outlets;
mod reading;
mod verify;

pub use outlets::{Held, Outlet, sealed, sealed_at};
pub use reading::{Filter, LogCursor, Stretch, end, head, list, list_placed};
pub(crate) use reading::{cut, of_matters, told};
pub use verify::{Verdict, tamper, verify};

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

/// Erases what stands beside the chain of a contact: what their own events, their comments and their assessments tell, and their names in what
/// else they did. The chain goes on verifying. The log must be in order.
pub(crate) async fn forget(unit: &UnitOfWork, contact: ContactId, names: &[String]) -> Result<u64, Error> {
    let (on, id, actor) = (unit.connection(), contact.0, contact.to_string());
    let of_contact = "delete from event_personal where event_id in (select id from event where subject_id = ?)";
    let of_comments = "delete from event_personal where event_id in \
        (select id from event where actor_id = ? and subject_kind in ('comment', 'value_assessment'))";
    let mut erased = store::run(on, of_contact, vec![id.into()]).await?;
    erased += store::run(on, of_comments, vec![actor.clone().into()]).await?;
    let named = format!(
        "delete from event_personal where event_id in (select id from event where actor_id = ?) and {}",
        store::holds(unit.backend(), "value")
    );
    for name in names {
        let written = serde_json::to_string(name)?;
        let written = written.trim_matches('"').to_owned();
        erased += store::run(on, &named, vec![actor.clone().into(), written.into()]).await?;
    }
    Ok(erased)
}

/// Takes the head until the ordering step commits; whoever waits too long for it, or holds it too long, gives up.
const HOLD_HEAD: &str = "set local statement_timeout = '5s'; set local idle_in_transaction_session_timeout = '5s'; \
    set local lock_timeout = '2s'; select 1 from event_head where one = 1 for update";

/// How many rows go into one statement, and how many events the ordering step links in one go.
const BATCH: usize = 1000;

/// An event that has no place yet.
pub(crate) struct Pending {
    body: Body,
    personal: Vec<PersonalDatum>,
}

/// The one place where an event is put together.
pub(crate) fn pending<A: Aggregate>(
    id: domain::vocabulary::EventId,
    act: &str,
    state: &A,
    version: i64,
    draft: Draft,
    origin: &Origin,
    acting_for: Option<uuid::Uuid>,
) -> Result<Pending, UnknownAct> {
    let subject = EventSubject {
        kind: A::KIND,
        id: state.id(),
        version,
    };
    let body = Body {
        id,
        kind: catalogue::event_type(A::KIND, act)?,
        customer: state.customer(),
        matter: Some(state.matter()).filter(|matter| *matter != subject.id),
        destination: state.destination(),
        subject,
        actor: Actor {
            acting_for,
            ..origin.actor.clone()
        },
        request_id: origin.request_id.clone(),
        time: origin.now,
        data: draft.data,
    };
    Ok(Pending {
        body,
        personal: draft.personal,
    })
}

/// The last statements of a unit of work.
pub(crate) async fn write(tx: &DatabaseTransaction, events: Vec<Pending>) -> Result<(), Error> {
    let personal: Vec<_> = events
        .iter()
        .flat_map(|e| e.personal.iter().map(|p| (e.body.id.0, p)))
        .collect();
    for data in personal.chunks(BATCH) {
        let rows = data.iter().map(|(event_id, datum)| personal::ActiveModel {
            event_id: Set(*event_id),
            digest: Set(datum.digest.clone()),
            salt: Set(datum.salt.clone()),
            value: Set(datum.value.to_string()),
        });
        personal::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    let texts = events.iter().map(|e| e.body.canonical());
    let texts = texts.collect::<Result<Vec<String>, _>>()?;
    for texts in texts.chunks(BATCH) {
        if tx.get_database_backend() != DbBackend::Postgres {
            link(tx, texts).await?;
            continue;
        }
        let rows = texts.iter().map(|text| inbox::ActiveModel {
            key: NotSet,
            body: Set(text.clone()),
        });
        inbox::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Gives the events their positions and links. The caller holds the head.
async fn link(tx: &DatabaseTransaction, texts: &[String]) -> Result<(), Error> {
    let Some(head) = head::Entity::find_by_id(1).one(tx).await? else {
        return Err(Error::CursorGone);
    };
    let (mut position, mut link) = (head.position, as_link(&head.link)?);
    let mut events = Vec::with_capacity(texts.len());
    for text in texts {
        position += 1;
        link = link.next(position, text);
        let body: Body = serde_json::from_str(text)?;
        events.push(entity::ActiveModel {
            position: Set(position),
            link: Set(link.0.to_vec()),
            id: Set(body.id.0),
            matter_id: Set(body.matter()),
            feed_kind: Set(body.feed_kind()),
            kind: Set(body.kind),
            subject_kind: Set(body.subject.kind),
            subject_id: Set(body.subject.id),
            subject_version: Set(body.subject.version),
            customer_id: Set(body.customer.map(|c| c.0)),
            actor_kind: Set(body.actor.kind),
            actor_id: Set(body.actor.id),
            at: Set(body.time),
            destination: Set(body.destination),
            body: Set(text.clone()),
        });
    }
    entity::Entity::insert_many(events).exec_without_returning(tx).await?;
    let new_head = head::ActiveModel {
        position: Set(position),
        link: Set(link.0.to_vec()),
        ..Default::default()
    };
    head::Entity::update_many().set(new_head).exec(tx).await?;
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
            // The lock and the reading are two statements: the second must see what the holder before us committed.
            tx.execute_unprepared(HOLD_HEAD).await?;
            let rows = inbox::Entity::find()
                .order_by_asc(inbox::Column::Key)
                .limit(BATCH as u64)
                .all(&tx)
                .await?;
            let done = rows.len() < BATCH || rows.last().is_none_or(|last| last.key >= newest);
            if !rows.is_empty() {
                let (keys, texts): (Vec<i64>, Vec<String>) = rows.into_iter().map(|row| (row.key, row.body)).unzip();
                link(&tx, &texts).await?;
                let linked = inbox::Column::Key.is_in(keys);
                inbox::Entity::delete_many().filter(linked).exec(&tx).await?;
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
