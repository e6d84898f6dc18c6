//! The improvement register: entries with their customers, services, activities and readings. Requests can go there.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// SQLite changes no check: the table of hand-overs is made anew; nothing refers to it by a foreign key. A priority of 0
// is none, so that those without one stand last in the order.
const SQL: &str = "
postgres: alter table hand_over drop constraint hand_over_destination_check;
postgres: alter table hand_over add constraint hand_over_destination_check
postgres:   check (destination in ('service_portfolio', 'delivery', 'strategy', 'improvement'));
sqlite: create table hand_over_anew (
sqlite:     id {uuid} primary key,
sqlite:     version bigint not null,
sqlite:     request_id {uuid} not null constraint fk_hand_over_request references request (id),
sqlite:     request_version bigint not null,
sqlite:     destination text not null
sqlite:         check (destination in ('service_portfolio', 'delivery', 'strategy', 'improvement')),
sqlite:     state text not null check (state in ('handed_over', 'acknowledged', 'accepted', 'declined', 'fulfilled',
sqlite:         'withdrawn')),
sqlite:     note text,
sqlite:     routed_at {time} not null,
sqlite:     acknowledgement {json},
sqlite:     decision {json},
sqlite:     decided_at {time},
sqlite:     fulfilment {json},
sqlite:     fulfilled_at {time}
sqlite: );
sqlite: insert into hand_over_anew select id, version, request_id, request_version, destination, state, note, routed_at,
sqlite:     acknowledgement, decision, decided_at, fulfilment, fulfilled_at from hand_over;
sqlite: drop table hand_over;
sqlite: alter table hand_over_anew rename to hand_over;
sqlite: create index ix_hand_over_request on hand_over (request_id);
sqlite: create index ix_hand_over_destination on hand_over (destination, request_id);
sqlite: create unique index ux_hand_over_live on hand_over (request_id)
sqlite:     where state in ('handed_over', 'acknowledged', 'accepted');
sqlite: create index ix_hand_over_undecided on hand_over (routed_at) where state in ('handed_over', 'acknowledged');

postgres: create sequence improvement_serial;
sqlite:   create table improvement_serial (last bigint not null);
sqlite:   insert into improvement_serial values (0);

create table improvement (
    id {uuid} primary key,
    version bigint not null,
    number text not null constraint ux_improvement_number unique,
    status text not null check (status in ('identified', 'approved', 'in_progress', 'implemented', 'verified', 'closed',
        'rejected')),
    title text not null,
    description text,
    origin_kind text not null check (origin_kind in ('request', 'missed_target', 'survey_finding', 'meeting',
        'own_initiative')),
    origin_customer_id {uuid} constraint fk_improvement_origin_customer references customer (id),
    request_id {uuid} constraint fk_improvement_request references request (id),
    hand_over_id {uuid},
    taken_back_at {time},
    statement_id {uuid} constraint fk_improvement_statement references statement (id),
    target text,
    source text,
    owner_id {uuid} constraint fk_improvement_owner references person (id),
    priority integer not null check (priority between 0 and 100),
    measure {json},
    approval {json},
    rejection {json},
    implementation {json},
    verification {json},
    verified_on {date},
    external_references {json} not null,
    created_at {time} not null,
    changed_at {time} not null,
    check ((origin_kind = 'request') = (request_id is not null)),
    check ((origin_kind = 'missed_target') = (statement_id is not null and target is not null)),
    check ((status in ('verified', 'closed')) = (verification is not null)),
    check ((verification is null) = (verified_on is null)),
    check ((status = 'rejected') = (rejection is not null)),
    check ((status in ('implemented', 'verified', 'closed')) = (implementation is not null))
);
create index ix_improvement_status on improvement (status, id);
create index ix_improvement_owner on improvement (owner_id, id) where owner_id is not null;
create index ix_improvement_priority on improvement (priority, id);
create index ix_improvement_request on improvement (request_id) where request_id is not null;
create unique index ux_improvement_hand_over on improvement (hand_over_id) where hand_over_id is not null;
create index ix_improvement_statement on improvement (statement_id) where statement_id is not null;
create index ix_improvement_verified on improvement (verified_on, id) where verified_on is not null;

create table improvement_customer (
    improvement_id {uuid} not null constraint fk_improvement_customer_improvement references improvement (id),
    customer_id {uuid} not null constraint fk_improvement_customer_customer references customer (id),
    primary key (improvement_id, customer_id)
);
create index ix_improvement_customer on improvement_customer (customer_id, improvement_id);

create table improvement_service (
    improvement_id {uuid} not null constraint fk_improvement_service_improvement references improvement (id),
    service_id {uuid} not null constraint fk_improvement_service_service references service (id),
    primary key (improvement_id, service_id)
);
create index ix_improvement_service on improvement_service (service_id, improvement_id);

create table improvement_activity (
    id {uuid} primary key,
    improvement_id {uuid} not null constraint fk_improvement_activity_improvement references improvement (id),
    what text not null,
    person_id {uuid} not null constraint fk_improvement_activity_person references person (id),
    due_day {date} not null,
    done_on {date}
);
create index ix_improvement_activity on improvement_activity (improvement_id, due_day);
create index ix_improvement_activity_due on improvement_activity (due_day, improvement_id) where done_on is null;
create index ix_improvement_activity_person on improvement_activity (person_id);

create table improvement_reading (
    id {uuid} primary key,
    improvement_id {uuid} not null constraint fk_reading_improvement references improvement (id),
    value text not null,
    day {date} not null,
    replaces_id {uuid} constraint fk_reading_replaced references improvement_reading (id),
    recorded_by_kind text not null check (recorded_by_kind in ('person', 'client')),
    recorded_by_id {uuid} not null,
    recorded_at {time} not null,
    constraint ux_reading_replaces unique (replaces_id)
);
create index ix_reading_improvement on improvement_reading (improvement_id, day, id);
";
