//! Service calendars, with every version that they ever had.
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
create table service_calendar (
    id {uuid} primary key,
    version bigint not null,
    name text not null constraint ux_service_calendar_name unique,
    sort_key {bytes} not null,
    hours {json} not null,
    digest text not null,
    created_at {time} not null,
    changed_at {time} not null
);
create index ix_service_calendar_name on service_calendar (sort_key, id);

create table service_calendar_version (
    calendar_id {uuid} not null
        constraint fk_calendar_version_calendar references service_calendar (id) on delete cascade,
    version bigint not null check (version > 0),
    sort_key {bytes} not null,
    name text not null,
    hours {json} not null,
    digest text not null,
    created_at {time} not null,
    changed_at {time} not null,
    primary key (calendar_id, version)
);
create index ix_service_calendar_version on service_calendar_version (calendar_id, sort_key);

sqlite: create trigger service_calendar_version_is_never_changed before update on service_calendar_version
sqlite: begin select raise(abort, 'versions of a calendar are never changed'); end;
postgres: create function service_calendar_version_is_never_changed() returns trigger language plpgsql as $$
postgres: begin
postgres:   raise exception 'versions of a calendar are never changed';
postgres: end $$;
postgres: create trigger service_calendar_version_is_never_changed before update on service_calendar_version
postgres:   for each row execute function service_calendar_version_is_never_changed();
";
