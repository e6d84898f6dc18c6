//! The log of deliveries: what was sent, with which answer, and what is to be sent once more.
use chrono::{DateTime, Utc};
use domain::{
    events::{Aggregate, EventSubject},
    vocabulary::*,
    webhooks::*,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    Error, Page, Paging,
    store::{self, Cursor, Source, UnitOfWork},
};

pub(super) mod entity {
    use domain::{events::SubjectKind, vocabulary::*, webhooks::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_delivery")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: DeliveryId,
        pub subscription_id: WebhookSubscriptionId,
        pub position: i64,
        pub event_id: EventId,
        pub event_type: String,
        pub subject_kind: SubjectKind,
        pub subject_id: Uuid,
        pub subject_version: i64,
        pub occurred_at: DateTimeUtc,
        pub state: DeliveryState,
        pub due_at: Option<DateTimeUtc>,
        #[sea_orm(column_type = "JsonBinary")]
        pub attempts: DeliveryAttempts,
        pub first_tried_at: Option<DateTimeUtc>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{Column, Entity, Model};

impl From<Model> for Delivery {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            event: row.event_id,
            event_type: row.event_type,
            position: row.position,
            subject: EventSubject {
                kind: row.subject_kind,
                id: row.subject_id,
                version: row.subject_version,
            },
            state: row.state,
            due_at: row.due_at,
            attempts: row.attempts.0,
            occurred_at: row.occurred_at,
        }
    }
}

/// Which deliveries.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// That stand so.
    pub state: Option<DeliveryState>,
    /// Of events of this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Of events before this time.
    pub before: Option<DateTime<Utc>>,
}

/// A page of a subscription's deliveries, by their events' places in the log.
pub async fn list_deliveries(
    source: &impl Source,
    subscription: WebhookSubscriptionId,
    filter: &DeliveryFilter,
    paging: &Paging,
) -> Result<Page<Delivery>, Error> {
    let mut query = Entity::find()
        .filter(Column::SubscriptionId.eq(subscription))
        .apply_if(filter.state, |q, state| q.filter(Column::State.eq(state)))
        .apply_if(filter.from, |q, at| q.filter(Column::OccurredAt.gte(at)))
        .apply_if(filter.before, |q, at| q.filter(Column::OccurredAt.lt(at)))
        .into_query();
    let total = match paging.count {
        true => Some(store::count(source.connection(), &query).await?),
        false => None,
    };
    paging.apply_by_number(&mut query, ("webhook_delivery", "position"), ("webhook_delivery", "id"));
    let rows = store::all::<Model>(source.connection(), &query).await?;
    let place = |d: &Delivery| Cursor::after_number(d.position, d.id);
    Ok(paging.cut(rows.into_iter().map(Into::into).collect(), total, place))
}

/// One of a subscription's deliveries.
pub async fn delivery(
    source: &impl Source,
    subscription: WebhookSubscriptionId,
    id: DeliveryId,
) -> Result<Delivery, Error> {
    let found = Entity::find_by_id(id)
        .filter(Column::SubscriptionId.eq(subscription))
        .one(source.connection())
        .await?;
    Ok(found.ok_or(Error::NotFound)?.into())
}

/// Begins one delivery of a subscription that is held anew.
pub async fn replay_one(
    unit: &mut UnitOfWork,
    subscription: &WebhookSubscription,
    id: DeliveryId,
) -> Result<Delivery, Error> {
    delivery(unit, subscription.id, id).await?;
    begin_anew(unit, subscription.id, Column::Id.eq(id)).await?;
    record(unit, &Replayed::one(subscription, id)).await?;
    delivery(unit, subscription.id, id).await
}

/// Begins deliveries of a subscription that is held anew; how many.
pub async fn replay(
    unit: &mut UnitOfWork,
    subscription: &WebhookSubscription,
    which: &ReplayInput,
) -> Result<Replay, Error> {
    let mut wanted = Column::OccurredAt.gte(which.from);
    if let Some(before) = which.before {
        wanted = wanted.and(Column::OccurredAt.lt(before));
    }
    wanted = match which.failed_only {
        true => wanted.and(Column::State.eq(DeliveryState::Failed)),
        false => wanted.and(Column::State.ne(DeliveryState::Waiting)),
    };
    let deliveries = begin_anew(unit, subscription.id, wanted).await?;
    record(unit, &Replayed::many(subscription, which.clone(), deliveries)).await?;
    Ok(Replay { deliveries })
}

/// One event for the act, at the subscription's next version.
async fn record(unit: &mut UnitOfWork, replayed: &Replayed) -> Result<(), Error> {
    super::Entity::update_many()
        .col_expr(super::Column::Version, Expr::value(replayed.version()))
        .filter(super::Column::Id.eq(replayed.id()))
        .exec(unit.connection())
        .await?;
    unit.record("replayed", None, Some(replayed))
}

/// What waits for a subscription is due: its owner wishes so, or what held it up is over.
pub(super) async fn make_due(unit: &UnitOfWork, subscription: WebhookSubscriptionId) -> Result<(), Error> {
    due_now(unit.connection(), subscription, unit.now(), Condition::all()).await?;
    look_again(unit, subscription).await
}

/// Makes due those of a subscription that wait.
pub(super) async fn due_now(
    on: &impl ConnectionTrait,
    subscription: WebhookSubscriptionId,
    now: DateTime<Utc>,
    which: Condition,
) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(now))
        .filter(Column::SubscriptionId.eq(subscription))
        .filter(Column::State.eq(DeliveryState::Waiting))
        .filter(Column::DueAt.gt(now))
        .filter(which)
        .exec(on)
        .await?;
    Ok(())
}

/// The sender reads anew what waits for the subscription.
async fn look_again(unit: &UnitOfWork, subscription: WebhookSubscriptionId) -> Result<(), Error> {
    super::Entity::update_many()
        .col_expr(super::Column::Replays, Expr::col(super::Column::Replays).add(1))
        .filter(super::Column::Id.eq(subscription))
        .exec(unit.connection())
        .await?;
    Ok(())
}

/// What waits for a destination that is gone is sent no more.
pub(super) async fn give_up(unit: &UnitOfWork, subscription: WebhookSubscriptionId) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(DeliveryState::Failed))
        .col_expr(Column::DueAt, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::SubscriptionId.eq(subscription))
        .filter(Column::State.eq(DeliveryState::Waiting))
        .exec(unit.connection())
        .await?;
    Ok(())
}

async fn begin_anew(unit: &UnitOfWork, subscription: WebhookSubscriptionId, which: Expr) -> Result<u64, Error> {
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(DeliveryState::Waiting))
        .col_expr(Column::DueAt, Expr::value(unit.now()))
        .col_expr(Column::Attempts, Expr::value(DeliveryAttempts::default()))
        .col_expr(Column::FirstTriedAt, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::SubscriptionId.eq(subscription))
        .filter(which)
        .exec(unit.connection())
        .await?;
    look_again(unit, subscription).await?;
    Ok(done.rows_affected)
}
