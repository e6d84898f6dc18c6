//! The registers: customers with their hierarchy, people, services and usages, teams; clients and issuers.
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
create table customer (
    id {uuid} primary key,
    version bigint not null,
    code text not null constraint ux_customer_code unique,
    name text not null,
    sort_key {bytes} not null,
    status text not null check (status in ('active', 'inactive')),
    parent_id {uuid} constraint fk_customer_parent references customer (id),
    legal_entity {json} not null,
    legal_entity_key text not null,
    external_references {json} not null,
    created_at {time} not null
);
create index ix_customer_name on customer (sort_key, id);
create index ix_customer_parent on customer (parent_id);
create index ix_customer_legal_entity on customer (legal_entity_key);

create table customer_ancestry (
    customer_id {uuid} not null constraint fk_ancestry_customer references customer (id) on delete cascade,
    ancestor_id {uuid} not null constraint fk_ancestry_ancestor references customer (id) on delete cascade,
    depth integer not null,
    primary key (customer_id, ancestor_id)
);
create index ix_ancestry_ancestor on customer_ancestry (ancestor_id, customer_id);

create table person (
    id {uuid} primary key,
    version bigint not null,
    name text not null,
    sort_key {bytes} not null,
    email text,
    issuer text,
    subject text,
    last_day {date},
    created_at {time} not null,
    constraint ux_person_identity unique (issuer, subject),
    check ((issuer is null) = (subject is null))
);
create index ix_person_name on person (sort_key, id);

create table contact (
    id {uuid} primary key,
    version bigint not null,
    customer_id {uuid} not null constraint fk_contact_customer references customer (id),
    name text not null,
    sort_key {bytes} not null,
    email text,
    phone text,
    mandates {json} not null,
    issuer text,
    subject text,
    external_references {json} not null,
    last_day {date},
    created_at {time} not null,
    constraint ux_contact_identity unique (issuer, subject),
    check ((issuer is null) = (subject is null))
);
create index ix_contact_name on contact (sort_key, id);
create index ix_contact_customer on contact (customer_id, sort_key, id);
create index ix_contact_email on contact (email);

create table service (
    id {uuid} primary key,
    version bigint not null,
    code text not null constraint ux_service_code unique,
    name text not null,
    sort_key {bytes} not null,
    description text,
    status text not null check (status in ('active', 'retired')),
    external_references {json} not null,
    created_at {time} not null
);
create index ix_service_name on service (sort_key, id);

create table service_usage (
    id {uuid} primary key,
    version bigint not null,
    customer_id {uuid} not null constraint fk_usage_customer references customer (id),
    service_id {uuid} not null constraint fk_usage_service references service (id),
    since {date} not null,
    until {date},
    check (until is null or until > since)
);
create index ix_usage_customer on service_usage (customer_id, service_id);
create index ix_usage_service on service_usage (service_id);

create table customer_team (
    id {uuid} primary key,
    version bigint not null,
    name text not null constraint ux_team_name unique,
    sort_key {bytes} not null,
    same_person_exception {json},
    created_at {time} not null
);
create index ix_team_name on customer_team (sort_key, id);

create table membership (
    id {uuid} primary key,
    team_id {uuid} not null constraint fk_membership_team references customer_team (id),
    person_id {uuid} not null constraint fk_membership_person references person (id),
    role text not null check (role in ('business_relationship_manager', 'delivery_manager', 'service_owner')),
    since {date} not null,
    until {date},
    check (until is null or until > since)
);
create index ix_membership_team on membership (team_id);
create index ix_membership_person on membership (person_id, team_id);

create table membership_service (
    membership_id {uuid} not null constraint fk_membership_service references membership (id) on delete cascade,
    service_id {uuid} not null constraint fk_membership_service_service references service (id),
    primary key (membership_id, service_id)
);
create index ix_membership_service on membership_service (service_id);

create table team_assignment (
    id {uuid} primary key,
    customer_id {uuid} not null constraint fk_assignment_customer references customer (id),
    team_id {uuid} not null constraint fk_assignment_team references customer_team (id),
    since {date} not null,
    until {date},
    check (until is null or until > since)
);
create index ix_assignment_customer on team_assignment (customer_id, since);
create index ix_assignment_team on team_assignment (team_id, since);

create table client (
    id {uuid} primary key,
    version bigint not null,
    name text not null constraint ux_client_name unique,
    sort_key {bytes} not null,
    scopes {json} not null,
    systems {json} not null,
    customers {json},
    secrets {json} not null,
    revoked_at {time},
    created_at {time} not null
);
create index ix_client_name on client (sort_key, id);

create table issuer (
    issuer text primary key,
    jwks_uri text not null,
    audience text not null
);
";
