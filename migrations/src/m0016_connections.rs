//! Inbound connections, what they received, and how far their sources have told.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// A source's word about a request stays when its connection goes: another connection of the same system goes on from it.
const SQL: &str = "
create table connection (
    id {uuid} primary key,
    version bigint not null,
    name text not null constraint ux_connection_name unique,
    sort_key {bytes} not null,
    system text not null,
    client_id {uuid} not null constraint fk_connection_client references client (id),
    mapping text not null check (length(mapping) <= 20000),
    authentication {json} not null,
    active boolean not null,
    secrets {json} not null,
    created_at {time} not null
);
create index ix_connection_list on connection (sort_key, id);

create table received_document (
    id {uuid} primary key,
    connection_id {uuid} not null constraint fk_document_connection references connection (id) on delete cascade,
    received_at {time} not null,
    handled_at {time} not null,
    digest text not null,
    content text not null,
    outcome text not null check (outcome in ('applied', 'unchanged', 'duplicate', 'stale', 'ignored', 'failed')),
    detail text,
    handled text not null,
    replays integer not null check (replays >= 0)
);
create index ix_document_list on received_document (connection_id, received_at, id);
create index ix_document_outcome on received_document (connection_id, outcome, received_at, id);
create index ix_document_digest on received_document (connection_id, digest);
create index ix_document_age on received_document (received_at);

create table source_state (
    system text not null,
    external_id text not null,
    source_version bigint,
    source_time {time},
    primary key (system, external_id)
);
";
