//! Calendars' subscriptions. The dates that they show come from many rooms: `overviews::dates`.
use domain::{date_feeds::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    Error, Page, Paging,
    store::{self, Cursor, Source, UnitOfWork},
};

mod entity {
    use domain::{agreements::Language, date_feeds::*, events::ActorKind, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "calendar_subscription")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: CalendarSubscriptionId,
        pub version: i64,
        pub name: Name,
        #[sea_orm(column_type = "JsonBinary")]
        pub dates_of: DatesOf,
        pub language: Language,
        pub owner_kind: ActorKind,
        pub owner_id: Uuid,
        pub digest: String,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

impl Model {
    /// Only persons and contacts are stored.
    fn subscription(self) -> Result<CalendarSubscription, Error> {
        Ok(CalendarSubscription {
            id: self.id,
            version: self.version,
            name: self.name,
            of: self.dates_of,
            language: self.language,
            subscriber: Subscriber::from_parts(self.owner_kind, self.owner_id).ok_or(Error::NotFound)?,
            created_at: self.created_at,
        })
    }
}

/// Everybody sees their own.
fn own(subscriber: Subscriber) -> Expr {
    let (kind, id) = subscriber.parts();
    Column::OwnerId.eq(id).and(Column::OwnerKind.eq(kind))
}

/// The subscription, where it is the caller's own.
pub async fn get(
    source: &impl Source,
    subscriber: Subscriber,
    id: CalendarSubscriptionId,
) -> Result<CalendarSubscription, Error> {
    let found = Entity::find_by_id(id)
        .filter(own(subscriber))
        .one(source.connection())
        .await?;
    found.ok_or(Error::NotFound)?.subscription()
}

/// A page of the caller's own subscriptions.
pub async fn list(
    source: &impl Source,
    subscriber: Subscriber,
    paging: &Paging,
) -> Result<Page<CalendarSubscription>, Error> {
    let mut query = Entity::find().filter(own(subscriber)).into_query();
    let (rows, total) = paging
        .rows::<Model>(source, &mut query, None, ("calendar_subscription", "id"))
        .await?;
    let subscriptions = rows
        .into_iter()
        .map(Model::subscription)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(paging.cut(subscriptions, total, |s: &CalendarSubscription| {
        Cursor::after(vec![], s.id)
    }))
}

/// How many subscriptions somebody has.
pub async fn count_of(source: &impl Source, subscriber: Subscriber) -> Result<u64, Error> {
    let query = Entity::find().filter(own(subscriber)).into_query();
    store::count(source.connection(), &query).await
}

/// Stores a new subscription under the digest of its secret.
pub async fn insert(unit: &mut UnitOfWork, subscription: &CalendarSubscription, digest: String) -> Result<(), Error> {
    let (owner_kind, owner_id) = subscription.subscriber.parts();
    let row = ActiveModel {
        id: Set(subscription.id),
        version: Set(subscription.version),
        name: Set(subscription.name.clone()),
        dates_of: Set(subscription.of),
        language: Set(subscription.language),
        owner_kind: Set(owner_kind),
        owner_id: Set(owner_id),
        digest: Set(digest),
        created_at: Set(subscription.created_at),
    };
    Entity::insert(row).exec_without_returning(unit.connection()).await?;
    unit.record("created", None, Some(subscription))
}

/// Removes a subscription: its address leads nowhere any more.
pub async fn delete(unit: &mut UnitOfWork, subscription: &CalendarSubscription) -> Result<(), Error> {
    let gone = Entity::delete_by_id(subscription.id).exec(unit.connection()).await?;
    match gone.rows_affected {
        0 => Err(Error::Stale),
        _ => unit.record("revoked", Some(subscription), None),
    }
}

/// The subscription whose secret has this digest.
pub async fn with_digest(source: &impl Source, digest: &str) -> Result<Option<CalendarSubscription>, Error> {
    let found = Entity::find()
        .filter(Column::Digest.eq(digest))
        .one(source.connection())
        .await?;
    found.map(Model::subscription).transpose()
}

/// Forgets what a contact subscribed to.
pub(crate) async fn forget(unit: &mut UnitOfWork, contact: ContactId) -> Result<(), Error> {
    let subscriber = Subscriber::Contact(contact);
    let theirs = Entity::find().filter(own(subscriber)).all(unit.connection()).await?;
    for row in theirs {
        let subscription = row.subscription()?;
        delete(unit, &subscription).await?;
    }
    Ok(())
}
