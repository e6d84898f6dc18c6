//! What the sender needs: who wants what, what waits for them, and what became of it.
use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};
use domain::{events::Event, vocabulary::*, webhooks::*};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use super::{
    Column as Subscription, Entity as Subscriptions, clients_of,
    deliveries::entity::{ActiveModel, Column, Entity, Model},
    may_listen,
};
use crate::{
    Db, Error,
    events::{LogCursor, Outlet},
    store::{self, Source},
};

/// For how long deliveries are kept, whatever became of them.
const KEPT: Duration = Duration::days(30);
/// How many subscriptions there can be in all.
const MOST: u64 = 10_000;
/// How many rows go into one statement.
const BATCH: usize = 500;

/// A subscription as the sender needs it.
#[derive(Debug, Clone)]
pub struct Subscribed {
    /// The subscription.
    pub subscription: WebhookSubscription,
    /// Whether its client may still be told of events.
    pub works: bool,
    /// The customers that its client is limited to.
    pub visible: Option<Vec<CustomerId>>,
    /// It is told of what comes after this place.
    pub begins: LogCursor,
    /// Since when every try has failed.
    pub failing_since: Option<DateTime<Utc>>,
    /// How often deliveries were begun anew.
    pub replays: i64,
}

/// A delivery that waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// Its id.
    pub id: DeliveryId,
    /// Its event's place in the log.
    pub position: i64,
    /// The thing that changed.
    pub subject: Uuid,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// The tries so far.
    pub attempts: Vec<DeliveryAttempt>,
}

impl From<Model> for Waiting {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            position: row.position,
            subject: row.subject_id,
            due_at: row.due_at.unwrap_or(row.occurred_at),
            attempts: row.attempts.0,
        }
    }
}

/// What became of a try.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The subscription.
    pub subscription: WebhookSubscriptionId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// How it stands now.
    pub state: DeliveryState,
    /// When it is sent again.
    pub due_at: Option<DateTime<Utc>>,
    /// Every try.
    pub attempts: Vec<DeliveryAttempt>,
}

/// Every subscription, with what its client may see now.
pub async fn subscribed(db: &Db) -> Result<Vec<Subscribed>, Error> {
    let reader = db.reader();
    let rows = Subscriptions::find().limit(MOST).all(reader.connection()).await?;
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let clients = clients_of(&reader).await?;
    let with_client = rows.into_iter().filter_map(|row| {
        let client = clients.get(&row.client_id)?;
        Some(Subscribed {
            works: may_listen(client),
            visible: client.customers.clone(),
            begins: LogCursor::of_short(row.begins_after, &row.begins_link),
            failing_since: row.failing_since,
            replays: row.replays,
            subscription: row.into(),
        })
    });
    Ok(with_client.collect())
}

/// Notes for each subscription the events that it wants, and that the outlet has come to `to`, as one; what waits now, by
/// subscription. None where the outlet is another instance's.
pub async fn fan_out(
    db: &Db,
    outlet: &Outlet,
    wanted: Vec<(WebhookSubscriptionId, &Event)>,
    to: LogCursor,
    now: DateTime<Utc>,
) -> Result<Option<Vec<(WebhookSubscriptionId, Waiting)>>, Error> {
    let mut noted = Vec::with_capacity(wanted.len());
    let mut rows = Vec::with_capacity(wanted.len());
    for (subscription, event) in wanted {
        let waits = Waiting {
            id: DeliveryId(store::id_at(now)),
            position: event.position,
            subject: event.body.subject.id,
            due_at: now,
            attempts: vec![],
        };
        rows.push(ActiveModel {
            id: Set(waits.id),
            subscription_id: Set(subscription),
            position: Set(event.position),
            event_id: Set(event.body.id),
            event_type: Set(event.body.kind.clone()),
            subject_kind: Set(event.body.subject.kind),
            subject_id: Set(event.body.subject.id),
            subject_version: Set(event.body.subject.version),
            occurred_at: Set(event.body.time),
            state: Set(DeliveryState::Waiting),
            due_at: Set(Some(now)),
            attempts: Set(DeliveryAttempts::default()),
        });
        noted.push((subscription, waits));
    }
    let tx = db.begin().await?;
    for some in rows.chunks(BATCH) {
        Entity::insert_many(some.to_vec()).exec_without_returning(&tx).await?;
    }
    if !outlet.come_to_with(&tx, to, now).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(noted))
}

/// For whom something waits.
pub async fn who_waits(db: &Db) -> Result<HashSet<WebhookSubscriptionId>, Error> {
    let ids: Vec<WebhookSubscriptionId> = Entity::find()
        .select_only()
        .column(Column::SubscriptionId)
        .distinct()
        .filter(Column::State.eq(DeliveryState::Waiting))
        .into_tuple()
        .all(db.reader().connection())
        .await?;
    Ok(ids.into_iter().collect())
}

/// What waits for a subscription after a place in the log, in its order.
pub async fn waiting(
    db: &Db,
    subscription: WebhookSubscriptionId,
    after: i64,
    limit: u64,
) -> Result<Vec<Waiting>, Error> {
    let rows = Entity::find()
        .filter(Column::SubscriptionId.eq(subscription))
        .filter(Column::State.eq(DeliveryState::Waiting))
        .filter(Column::Position.gt(after))
        .order_by_asc(Column::Position)
        .limit(limit)
        .all(db.reader().connection())
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Writes down what became of tries, and since when the subscriptions in `failing` have failed without a break.
pub async fn settle(
    db: &Db,
    settled: Vec<Settled>,
    failing: Vec<(WebhookSubscriptionId, Option<DateTime<Utc>>)>,
) -> Result<(), Error> {
    let tx = db.begin().await?;
    for one in settled {
        Entity::update_many()
            .col_expr(Column::State, Expr::value(one.state))
            .col_expr(Column::DueAt, Expr::value(one.due_at))
            .col_expr(Column::Attempts, Expr::value(DeliveryAttempts(one.attempts)))
            .filter(Column::Id.eq(one.delivery))
            .filter(Column::State.eq(DeliveryState::Waiting))
            .exec(&tx)
            .await?;
    }
    for (subscription, since) in failing {
        Subscriptions::update_many()
            .col_expr(Subscription::FailingSince, Expr::value(since))
            .filter(Subscription::Id.eq(subscription))
            .exec(&tx)
            .await?;
    }
    Ok(tx.commit().await?)
}

/// Removes deliveries that are long past.
pub async fn forget(db: &Db, now: DateTime<Utc>) -> Result<(), Error> {
    Entity::delete_many()
        .filter(Column::OccurredAt.lt(now - KEPT))
        .exec(db.writer())
        .await?;
    Ok(())
}
