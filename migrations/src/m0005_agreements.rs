//! Agreements with their versions, what these cover and when their terms end; templates.
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
create table agreement_number (
    year integer primary key,
    last bigint not null
);

create table agreement_template (
    id {uuid} primary key,
    version bigint not null,
    name text not null constraint ux_agreement_template_name unique,
    sort_key {bytes} not null,
    kind text not null check (kind in ('sla', 'ola', 'uc')),
    terms {json} not null,
    content {json} not null,
    is_default boolean not null,
    created_at {time} not null
);
create index ix_agreement_template_name on agreement_template (sort_key, id);
create unique index ux_agreement_template_default on agreement_template (is_default) where is_default;

create table agreement (
    id {uuid} primary key,
    version bigint not null,
    number text not null constraint ux_agreement_number unique,
    kind text not null check (kind in ('sla', 'ola', 'uc')),
    customer_id {uuid} constraint fk_agreement_customer references customer (id),
    other_party {json} not null,
    evidence text not null check (evidence in ('document', 'minutes', 'email', 'terms_of_service')),
    last_review {json},
    external_references {json} not null,
    created_at {time} not null,
    check ((kind = 'sla') = (customer_id is not null))
);
create index ix_agreement_customer on agreement (customer_id, id);
create index ix_agreement_kind on agreement (kind, id);

create table agreement_version (
    id {uuid} primary key,
    version bigint not null,
    agreement_id {uuid} not null constraint fk_version_agreement references agreement (id),
    number integer not null,
    status text not null check (status in ('draft', 'proposed', 'approved', 'terminated')),
    since {date} not null,
    until {date},
    ended text not null check (ended in ('superseded', 'expired', 'terminated')),
    title text not null,
    other_party {json} not null,
    services {json} not null,
    calendars {json} not null,
    terms {json} not null,
    content {json} not null,
    digest text not null,
    proposal {json},
    rejection {json},
    approvals {json} not null,
    revocations {json} not null,
    renewals {json} not null,
    notice {json},
    termination {json},
    superseded_by integer,
    superseded_on {date},
    review_day {date},
    this_only boolean not null,
    bare_targets integer not null,
    personal_data boolean,
    processing_agreement text,
    created_at {time} not null,
    constraint ux_version_number unique (agreement_id, number),
    check (until is null or until >= since),
    check ((superseded_by is null) = (superseded_on is null))
);
create unique index ux_version_open on agreement_version (agreement_id) where status in ('draft', 'proposed');
create index ix_version_digest on agreement_version (digest);
create index ix_version_review on agreement_version (review_day, agreement_id) where review_day is not null;
create index ix_version_until on agreement_version (until, agreement_id) where until is not null;

create table agreement_service (
    version_id {uuid} not null constraint fk_agreement_service_version references agreement_version (id) on delete cascade,
    service_id {uuid} not null constraint fk_agreement_service_service references service (id),
    primary key (version_id, service_id)
);
create index ix_agreement_service on agreement_service (service_id, version_id);

create table agreement_calendar (
    version_id {uuid} not null constraint fk_agreement_calendar_version references agreement_version (id) on delete cascade,
    calendar_id {uuid} not null,
    calendar_version bigint not null,
    primary key (version_id, calendar_id),
    constraint fk_agreement_calendar_calendar foreign key (calendar_id, calendar_version)
        references service_calendar_version (calendar_id, version)
);
create index ix_agreement_calendar on agreement_calendar (calendar_id, calendar_version);

create table agreement_term (
    version_id {uuid} not null constraint fk_agreement_term_version references agreement_version (id) on delete cascade,
    ordinal integer not null,
    first_day {date} not null,
    last_day {date} not null,
    notice_last_day {date},
    primary key (version_id, ordinal)
);
create index ix_agreement_term_last on agreement_term (last_day, version_id);
create index ix_agreement_term_notice on agreement_term (notice_last_day, version_id) where notice_last_day is not null;

create table agreement_rests_on (
    version_id {uuid} not null constraint fk_rests_on_version references agreement_version (id) on delete cascade,
    agreement_id {uuid} not null constraint fk_rests_on_agreement references agreement (id),
    primary key (version_id, agreement_id)
);
create index ix_rests_on_agreement on agreement_rests_on (agreement_id, version_id);
";
