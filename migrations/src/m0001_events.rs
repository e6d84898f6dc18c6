//! The event log with its inbox, head and personal data; idempotency records; external references; locks.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

const SQL: &str = "
create table event_inbox (
sqlite:   key integer primary key autoincrement,
postgres: key bigint generated always as identity primary key,
    body text not null
);
postgres: -- Whoever reads the log looks into the inbox first, past every row that has left it and was not vacuumed away yet.
postgres: alter table event_inbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create table event (
    position bigint primary key,
    link {bytes} not null,
    id {uuid} not null unique,
    type text not null,
    subject_kind text not null,
    subject_id {uuid} not null,
    subject_version bigint not null,
    customer_id {uuid},
    matter_id {uuid} not null,
    actor_kind text not null,
    actor_id text not null,
    at {time} not null,
    destination text,
    feed_kind text check (feed_kind in ('routed', 'changed', 'withdrawn')),
    body text not null,
    constraint ux_event_subject_version unique (subject_id, subject_version)
);
create index ix_event_subject on event (subject_id, position);
create index ix_event_customer on event (customer_id, position);
create index ix_event_matter on event (matter_id, position);
create index ix_event_actor on event (actor_id, position);
create index ix_event_type on event (type, position);
create index ix_event_at on event (at, position);
create index ix_event_feed on event (destination, position) where feed_kind is not null;

create table event_head (
    one integer primary key check (one = 1),
    position bigint not null,
    link {bytes} not null,
    disposed_through bigint not null
);
sqlite:   insert into event_head values (1, 0, zeroblob(32), 0);
postgres: insert into event_head values (1, 0, decode(repeat('00', 32), 'hex'), 0);

create table event_personal (
    event_id {uuid} not null,
    digest text not null,
    salt text not null,
    value text not null,
    primary key (event_id, digest)
);

sqlite: create trigger event_is_never_updated before update on event
sqlite: begin select raise(abort, 'events are never changed'); end;
sqlite: create trigger event_is_never_deleted before delete on event
sqlite: when old.position > (select disposed_through from event_head)
sqlite: begin select raise(abort, 'events are never deleted'); end;
postgres: create function event_is_never_changed() returns trigger language plpgsql as $$
postgres: begin
postgres:   if tg_op = 'DELETE' and old.position <= (select disposed_through from event_head) then return old; end if;
postgres:   raise exception 'events are never changed';
postgres: end $$;
postgres: create trigger event_is_never_changed before update or delete on event
postgres:   for each row execute function event_is_never_changed();

create table idempotency (
    caller text not null,
    operation text not null,
    key text not null,
    fingerprint text not null,
    status integer not null,
    headers text not null,
    body text not null,
    at {time} not null,
    primary key (caller, operation, key)
);
create index ix_idempotency_at on idempotency (at);

create table external_reference (
    kind text not null,
    system text not null,
    external_id text not null,
    subject_id {uuid} not null,
    digest text,
    constraint ux_external_reference primary key (kind, system, external_id)
);
create index ix_external_reference_subject on external_reference (subject_id);

create table named_lock (name text primary key);
insert into named_lock values ('hierarchy');
";
