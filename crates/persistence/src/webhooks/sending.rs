//! What the sender needs: who wants what, what waits for them, and what became of it.
use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};
use domain::{events::Event, vocabulary::*, webhooks::*};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use super::{
    Column as Subscription, Entity as Subscriptions, clients_of,
    deliveries::{
        due_now,
        entity::{ActiveModel, Column, Entity, Model},
    },
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
    /// The delivery.
    pub delivery: DeliveryId,
    /// How it stands now.
    pub state: DeliveryState,
    /// When it is sent again.
    pub due_at: Option<DateTime<Utc>>,
    /// Every try.
    pub attempts: Vec<DeliveryAttempt>,
}

/// How a destination stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Since when every try has failed.
    pub failing_since: Option<DateTime<Utc>>,
    /// When the outage began that has ended just now.
    pub outage_since: Option<DateTime<Utc>>,
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
/// subscription. None where the outlet is another instance's. Subscriptions that are gone by now are passed over.
pub async fn fan_out(
    db: &Db,
    outlet: &Outlet,
    wanted: &[(WebhookSubscriptionId, &Event)],
    to: LogCursor,
    now: DateTime<Utc>,
) -> Result<Option<Vec<(WebhookSubscriptionId, Waiting)>>, Error> {
    let tx = db.begin().await?;
    // First of all, so that two instances wait for each other here and not over the rows.
    if !outlet.come_to_with(&tx, to, now).await? {
        return Ok(None);
    }
    let ids = wanted.iter().map(|(subscription, _)| subscription.0).collect();
    let there = store::existing(&tx, "webhook_subscription", &ids).await?;
    let (mut noted, mut rows) = (vec![], vec![]);
    for (subscription, event) in wanted
        .iter()
        .filter(|(subscription, _)| there.contains(&subscription.0))
    {
        let waits = Waiting {
            id: DeliveryId(store::id_at(now)),
            position: event.position,
            subject: event.body.subject.id,
            due_at: now,
            attempts: vec![],
        };
        rows.push(row(*subscription, event, &waits));
        noted.push((*subscription, waits));
    }
    for some in rows.chunks(BATCH) {
        Entity::insert_many(some.to_vec()).exec_without_returning(&tx).await?;
    }
    tx.commit().await?;
    Ok(Some(noted))
}

fn row(subscription: WebhookSubscriptionId, event: &Event, waits: &Waiting) -> ActiveModel {
    ActiveModel {
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
        due_at: Set(Some(waits.due_at)),
        attempts: Set(DeliveryAttempts::default()),
        first_tried_at: Set(None),
    }
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

/// What is due for a subscription after a place in the log, of each thing the earliest that waits; the longest due first.
pub async fn due_beyond(
    db: &Db,
    subscription: WebhookSubscriptionId,
    after: i64,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Waiting>, Error> {
    let nothing_earlier = Expr::cust(
        "not exists (select 1 from webhook_delivery e where e.subscription_id = webhook_delivery.subscription_id \
         and e.subject_id = webhook_delivery.subject_id and e.state = 'waiting' and e.position < webhook_delivery.position)",
    );
    let rows = Entity::find()
        .filter(Column::SubscriptionId.eq(subscription))
        .filter(Expr::cust("webhook_delivery.state = 'waiting'"))
        .filter(Column::DueAt.lte(now))
        .filter(Column::Position.gt(after))
        .filter(nothing_earlier)
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Position)
        .limit(limit)
        .all(db.reader().connection())
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Writes down what became of tries, and how their destinations stand since; what an outage held up that is over by now is
/// due.
pub async fn settle(
    db: &Db,
    settled: Vec<Settled>,
    standings: Vec<(WebhookSubscriptionId, Standing)>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let tx = db.begin().await?;
    for one in settled {
        // What another instance, or the end of the destination, made of it stands, unless this knows more.
        let stands = match one.state {
            DeliveryState::Waiting => Column::State.eq(DeliveryState::Waiting),
            _ => Column::State.ne(DeliveryState::Delivered),
        };
        Entity::update_many()
            .col_expr(Column::State, Expr::value(one.state))
            .col_expr(Column::DueAt, Expr::value(one.due_at))
            .col_expr(
                Column::FirstTriedAt,
                Expr::value(one.attempts.first().map(|first| first.at)),
            )
            .col_expr(Column::Attempts, Expr::value(DeliveryAttempts(one.attempts)))
            .filter(Column::Id.eq(one.delivery))
            .filter(stands)
            .exec(&tx)
            .await?;
    }
    for (subscription, standing) in standings {
        Subscriptions::update_many()
            .col_expr(Subscription::FailingSince, Expr::value(standing.failing_since))
            .filter(Subscription::Id.eq(subscription))
            .exec(&tx)
            .await?;
        if let Some(began) = standing.outage_since {
            // What failed before the outage too is not held up by it, but by itself.
            let held_up = Condition::all().add(Column::FirstTriedAt.gte(began));
            due_now(&tx, subscription, now, held_up).await?;
        }
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
