//! Webhook subscriptions, and every event on its way to them.
mod deliveries;
mod sending;

use domain::{
    access::{Caller, ClientScope, Scope},
    vocabulary::*,
    webhooks::*,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};

use crate::{
    Db, Error, Page, Paging, clients,
    events::LogCursor,
    store::{self, Cursor, Origin, Source, UnitOfWork},
};

pub use deliveries::{DeliveryFilter, delivery, list_deliveries, replay, replay_one};
pub use sending::{
    Settled, Standing, Subscribed, Waiting, due_beyond, fan_out, forget, settle, subscribed, waiting, who_waits,
};

mod entity {
    use domain::{vocabulary::*, webhooks::*};
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
    #[serde(transparent)]
    pub struct Patterns(pub Vec<EventPattern>);
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
    #[serde(transparent)]
    pub struct Customers(pub Vec<CustomerId>);

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_subscription")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: WebhookSubscriptionId,
        pub version: i64,
        pub name: Name,
        pub sort_key: Vec<u8>,
        pub client_id: ClientId,
        pub destination: WebAddress,
        #[sea_orm(column_type = "JsonBinary")]
        pub types: Patterns,
        #[sea_orm(column_type = "JsonBinary")]
        pub customers: Customers,
        pub state: WebhookState,
        pub state_reason: Option<Note>,
        #[sea_orm(column_type = "JsonBinary")]
        pub secrets: SigningSecrets,
        pub begins_after: i64,
        pub begins_link: Vec<u8>,
        pub failing_since: Option<DateTimeUtc>,
        pub replays: i64,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

impl From<Model> for WebhookSubscription {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            name: row.name,
            client: row.client_id,
            destination: row.destination,
            types: row.types.0,
            customers: row.customers.0,
            state: row.state,
            state_reason: row.state_reason,
            secret_created_at: row.secrets.created_at,
            secrets: row.secrets,
            created_at: row.created_at,
        }
    }
}

/// A system sees its own subscriptions, others all of them.
fn seen_by(scope: &Scope) -> Condition {
    match &scope.caller {
        Caller::Client { id, .. } => Condition::all().add(Column::ClientId.eq(*id)),
        _ => Condition::all(),
    }
}

/// The subscription.
pub async fn get(source: &impl Source, scope: &Scope, id: WebhookSubscriptionId) -> Result<WebhookSubscription, Error> {
    let found = Entity::find_by_id(id)
        .filter(seen_by(scope))
        .one(source.connection())
        .await?;
    Ok(found.ok_or(Error::NotFound)?.into())
}

/// The same, held until the unit of work ends.
pub async fn load(unit: &UnitOfWork, scope: &Scope, id: WebhookSubscriptionId) -> Result<WebhookSubscription, Error> {
    let mut query = Entity::find_by_id(id).filter(seen_by(scope));
    store::lock(QuerySelect::query(&mut query), unit.backend(), "webhook_subscription");
    Ok(query.one(unit.connection()).await?.ok_or(Error::NotFound)?.into())
}

/// A page of subscriptions, by name.
pub async fn list(
    source: &impl Source,
    scope: &Scope,
    state: Option<WebhookState>,
    paging: &Paging,
) -> Result<Page<WebhookSubscription>, Error> {
    let mut query = Entity::find()
        .filter(seen_by(scope))
        .apply_if(state, |q, state| q.filter(Column::State.eq(state)))
        .into_query();
    let key = ("webhook_subscription", "sort_key");
    let (rows, total) = paging
        .rows::<Model>(source, &mut query, Some(key), ("webhook_subscription", "id"))
        .await?;
    let place = |s: &WebhookSubscription| Cursor::after(sort_key(s.name.as_str()), s.id);
    Ok(paging.cut(rows.into_iter().map(Into::into).collect(), total, place))
}

/// How many subscriptions a client has.
pub async fn count_of(source: &impl Source, client: ClientId) -> Result<u64, Error> {
    store::count(source.connection(), &of_client(client)).await
}

/// The ids of a client's subscriptions.
pub(crate) fn of_client(client: ClientId) -> SelectStatement {
    let mut query = Query::select();
    query
        .column("id")
        .from("webhook_subscription")
        .and_where(Expr::col("client_id").eq(client));
    query
}

fn row(subscription: &WebhookSubscription) -> ActiveModel {
    ActiveModel {
        id: Set(subscription.id),
        version: Set(subscription.version),
        name: Set(subscription.name.clone()),
        sort_key: Set(sort_key(subscription.name.as_str())),
        client_id: Set(subscription.client),
        destination: Set(subscription.destination.clone()),
        types: Set(entity::Patterns(subscription.types.clone())),
        customers: Set(entity::Customers(subscription.customers.clone())),
        state: Set(subscription.state),
        state_reason: Set(subscription.state_reason.clone()),
        secrets: Set(subscription.secrets.clone()),
        begins_after: NotSet,
        begins_link: NotSet,
        failing_since: NotSet,
        replays: NotSet,
        created_at: Set(subscription.created_at),
    }
}

/// Stores a new subscription, which is told of what comes after a place in the log.
pub async fn insert(unit: &mut UnitOfWork, subscription: &WebhookSubscription, after: LogCursor) -> Result<(), Error> {
    let new = ActiveModel {
        begins_after: Set(after.position),
        begins_link: Set(after.link.to_vec()),
        replays: Set(0),
        ..row(subscription)
    };
    Entity::insert(new).exec_without_returning(unit.connection()).await?;
    unit.record("created", None, Some(subscription))
}

/// Stores a changed subscription; `act` is what happened to it. What is active now has not failed yet, and what waits for it
/// is due.
pub async fn update(
    unit: &mut UnitOfWork,
    act: &str,
    before: &WebhookSubscription,
    after: &WebhookSubscription,
) -> Result<(), Error> {
    let begins_anew = before.state != after.state || before.destination != after.destination;
    let changed = ActiveModel {
        failing_since: if begins_anew { Set(None) } else { NotSet },
        ..row(after)
    };
    let done = Entity::update_many()
        .set(changed)
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    if begins_anew && after.state == WebhookState::Active {
        deliveries::make_due(unit, after.id).await?;
    }
    unit.record(act, Some(before), Some(after))
}

/// Removes a subscription, with what was on its way.
pub async fn delete(unit: &mut UnitOfWork, subscription: &WebhookSubscription) -> Result<(), Error> {
    Entity::delete_by_id(subscription.id).exec(unit.connection()).await?;
    unit.record("deleted", Some(subscription), None)
}

/// Stops what is sent to a destination that is dead, or gone for good; then what waits for it is given up.
pub async fn stop(db: &Db, origin: &Origin, scope: &Scope, id: WebhookSubscriptionId, gone: bool) -> Result<(), Error> {
    let mut unit = db.open(origin).await?;
    let before = match load(&unit, scope, id).await {
        // Its owner was faster.
        Err(Error::NotFound) => return Ok(()),
        found => found?,
    };
    if before.state != WebhookState::Active {
        return Ok(());
    }
    let (act, after) = match gone {
        true => ("disabled", before.clone().disable(GONE.parse().ok())?),
        false => ("paused", before.clone().pause(DEAD.parse().ok())?),
    };
    update(&mut unit, act, &before, &after).await?;
    if gone {
        deliveries::give_up(&unit, id).await?;
    }
    unit.commit().await
}

/// Why a subscription is disabled.
const GONE: &str = "The destination answered 410: it is gone.";
/// Why a subscription is paused by itself.
const DEAD: &str = "The destination took nothing for more than a day, and a delivery was given up.";

/// Whether a client may be told of events now.
fn may_listen(client: &domain::clients::Client) -> bool {
    client.revoked_at.is_none() && client.scopes.contains(&ClientScope::EventsRead)
}

/// The clients by their ids.
async fn clients_of(
    source: &impl Source,
) -> Result<std::collections::HashMap<ClientId, domain::clients::Client>, Error> {
    let with_subscriptions = Query::select()
        .column("client_id")
        .from("webhook_subscription")
        .to_owned();
    let all = clients::among(source, with_subscriptions).await?;
    Ok(all.into_iter().map(|client| (client.id, client)).collect())
}
