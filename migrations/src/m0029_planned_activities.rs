//! What customers plan, what they are told of disturbances and changes, and the calendars that dates are read in.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// What a calendar's subscription is of has no foreign key: it keeps nothing from being removed, and then leads to nothing.
const SQL: &str = "
create table planned_activity (
    id {uuid} primary key,
    version bigint not null,
    customer_id {uuid} not null constraint fk_planned_activity_customer references customer (id),
    kind text not null check (kind in ('activity', 'project')),
    title text not null,
    description text,
    phase text not null check (phase in ('idea', 'planned', 'ongoing', 'done', 'cancelled')),
    phase_reason text,
    first_day {date},
    last_day {date},
    changes {json} not null,
    sites {json} not null,
    freeze_first_day {date},
    freeze_last_day {date},
    confidence text not null check (confidence in ('low', 'medium', 'high')),
    contact_id {uuid} constraint fk_planned_activity_contact references contact (id),
    shared_in_calendars boolean not null,
    external_references {json} not null,
    created_at {time} not null,
    changed_at {time} not null,
    check (first_day is not null or phase in ('idea', 'cancelled')),
    check (first_day is not null or last_day is null),
    check (last_day is null or last_day >= first_day),
    check ((freeze_first_day is null) = (freeze_last_day is null)),
    check (freeze_last_day is null or freeze_last_day >= freeze_first_day)
);
create index ix_planned_activity_customer on planned_activity (customer_id, id);
create index ix_planned_activity_phase on planned_activity (phase, id);
create index ix_planned_activity_first_day on planned_activity (first_day, id) where first_day is not null;
create index ix_planned_activity_contact on planned_activity (contact_id) where contact_id is not null;

create table planned_activity_service (
    activity_id {uuid} not null constraint fk_planned_activity_service_activity references planned_activity (id),
    service_id {uuid} not null constraint fk_planned_activity_service_service references service (id),
    primary key (activity_id, service_id)
);
create index ix_planned_activity_service on planned_activity_service (service_id, activity_id);

create table planned_activity_history (
    id {uuid} primary key,
    activity_id {uuid} not null constraint fk_planned_activity_history references planned_activity (id),
    version bigint not null,
    phase text not null,
    reason text,
    first_day {date},
    last_day {date},
    confidence text not null,
    told_by {json} not null,
    told_at {time} not null
);
create index ix_planned_activity_history on planned_activity_history (activity_id, id);

create table announcement (
    id {uuid} primary key,
    version bigint not null,
    kind text not null check (kind in ('failed_installation', 'disturbance', 'planned_change')),
    title {json} not null,
    text {json} not null,
    names_customers boolean not null,
    begins_at {time} not null,
    ends_at {time},
    withdrawal {json},
    withdrawn boolean not null,
    external_references {json} not null,
    created_at {time} not null,
    changed_at {time} not null,
    check (ends_at is null or ends_at > begins_at),
    check (withdrawn = (withdrawal is not null))
);
create index ix_announcement_begins on announcement (begins_at, id);
create index ix_announcement_lasting on announcement (begins_at, id) where ends_at is null and not withdrawn;

create table announcement_service (
    announcement_id {uuid} not null constraint fk_announcement_service_announcement references announcement (id),
    service_id {uuid} not null constraint fk_announcement_service_service references service (id),
    primary key (announcement_id, service_id)
);
create index ix_announcement_service on announcement_service (service_id, announcement_id);

create table announcement_customer (
    announcement_id {uuid} not null constraint fk_announcement_customer_announcement references announcement (id),
    customer_id {uuid} not null constraint fk_announcement_customer_customer references customer (id),
    primary key (announcement_id, customer_id)
);
create index ix_announcement_customer on announcement_customer (customer_id, announcement_id);

create table calendar_subscription (
    id {uuid} primary key,
    version bigint not null,
    name text not null,
    dates_of {json} not null,
    language text not null check (language in ('sv', 'en')),
    owner_kind text not null check (owner_kind in ('person', 'contact')),
    owner_id {uuid} not null,
    digest text not null constraint ux_calendar_subscription_digest unique,
    created_at {time} not null
);
create index ix_calendar_subscription_owner on calendar_subscription (owner_id, id);
";
