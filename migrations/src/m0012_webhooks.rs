//! Who wants to be told of events, and every event on its way to them.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// Events after `begins_after` are sent; `failing_since` is the beginning of an unbroken row of failures; `replays` counts how often deliveries were begun anew, so
// that the sender looks again. Events have no foreign key: the log may be disposed of before its deliveries are.
const SQL: &str = "
create table webhook_subscription (
    id {uuid} primary key,
    version bigint not null,
    name text not null,
    sort_key {bytes} not null,
    client_id {uuid} not null constraint fk_webhook_subscription_client references client (id),
    destination text not null,
    types {json} not null,
    customers {json} not null,
    state text not null check (state in ('active', 'paused', 'disabled')),
    state_reason text,
    secrets {json} not null,
    begins_after bigint not null,
    begins_link {bytes} not null,
    failing_since {time},
    replays bigint not null default 0,
    created_at {time} not null
);
create index ix_webhook_subscription_name on webhook_subscription (sort_key, id);
create index ix_webhook_subscription_client on webhook_subscription (client_id, sort_key, id);

create table webhook_delivery (
    id {uuid} primary key,
    subscription_id {uuid} not null
        constraint fk_webhook_delivery_subscription references webhook_subscription (id) on delete cascade,
    position bigint not null,
    event_id {uuid} not null,
    event_type text not null,
    subject_kind text not null,
    subject_id {uuid} not null,
    subject_version bigint not null,
    occurred_at {time} not null,
    state text not null check (state in ('waiting', 'delivered', 'failed')),
    due_at {time},
    attempts {json} not null
);
create unique index ux_webhook_delivery_event on webhook_delivery (subscription_id, position);
create index ix_webhook_delivery_waiting on webhook_delivery (subscription_id, position) where state = 'waiting';
create index ix_webhook_delivery_state on webhook_delivery (subscription_id, state, position, id);
create index ix_webhook_delivery_of on webhook_delivery (subscription_id, occurred_at);
create index ix_webhook_delivery_time on webhook_delivery (occurred_at);
";
