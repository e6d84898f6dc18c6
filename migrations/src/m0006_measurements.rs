//! Measurements with their history, what they wait for in quarantine, and the batches that brought them.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// `at` is the instant by which a measurement belongs to a period (an outage's beginning, a case's resolution, a sample's
// observation), `ended_at` an outage's end or a case's resolution. What judges one agreement's month reads outages by
// (service, at), cases by (customer, service, at) and samples by (service, metric, at); lists go by (at, id).
const SQL: &str = "
create table measurement_batch (
    id {uuid} primary key,
    version bigint not null,
    client_id {uuid} not null constraint fk_batch_client references client (id),
    key text not null,
    accepted bigint not null,
    duplicate bigint not null,
    correction bigint not null,
    outdated bigint not null,
    quarantined bigint not null,
    rejected bigint not null,
    digest text,
    told_of bigint not null,
    changed_at {time} not null,
    constraint ux_batch_key unique (client_id, key)
);
create index ix_batch_untold on measurement_batch (changed_at)
    where version = 0 or accepted + correction + outdated + quarantined > told_of;

create table measurement (
    id {uuid} primary key,
    version bigint not null,
    kind text not null check (kind in ('outage', 'case', 'sample')),
    source text not null,
    source_id text not null,
    source_version bigint,
    state_at {time} not null,
    received_at {time} not null,
    batch_id {uuid} not null,
    digest {bytes} not null,
    service_id {uuid} constraint fk_measurement_service references service (id),
    customer_id {uuid} constraint fk_measurement_customer references customer (id),
    names_customers boolean not null,
    metric text,
    at {time} not null,
    ended_at {time},
    unmatched text check (unmatched in ('unknown_service', 'unknown_customer')),
    content text not null,
    constraint ux_measurement_source unique (source, source_id)
);
create index ix_measurement_at on measurement (at, id);
create index ix_measurement_service on measurement (service_id, at, id);
create index ix_measurement_customer on measurement (customer_id, at, id) where customer_id is not null;
create index ix_measurement_outage on measurement (service_id, at) where kind = 'outage';
create index ix_measurement_outage_at on measurement (at, id) where kind = 'outage';
create index ix_measurement_case on measurement (customer_id, service_id, at) where kind = 'case';
create index ix_measurement_sample on measurement (service_id, metric, at) where kind = 'sample';
create index ix_measurement_unmatched on measurement (at, id) where unmatched is not null;

-- The customers that an outage names; a case and a sample have theirs in customer_id.
create table measurement_customer (
    measurement_id {uuid} not null constraint fk_affected_measurement references measurement (id) on delete cascade,
    customer_id {uuid} not null constraint fk_affected_customer references customer (id),
    primary key (measurement_id, customer_id)
);
create index ix_measurement_customer_customer on measurement_customer (customer_id, measurement_id);

create table measurement_version (
    measurement_id {uuid} not null constraint fk_version_measurement references measurement (id) on delete cascade,
    digest {bytes} not null,
    received_at {time} not null,
    batch_id {uuid} not null,
    content text not null,
    primary key (measurement_id, digest)
);

-- What measurements in quarantine name that nobody knows yet; an id of ours has no system.
create table measurement_wait (
    kind text not null check (kind in ('service', 'customer')),
    system text not null,
    external_id text not null,
    measurement_id {uuid} not null constraint fk_wait_measurement references measurement (id) on delete cascade,
    primary key (kind, system, external_id, measurement_id)
);
create index ix_wait_measurement on measurement_wait (measurement_id);
";
