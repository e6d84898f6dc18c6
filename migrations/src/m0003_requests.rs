//! Requests, their services, endorsements and comments; hand-overs; the word index.
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
postgres: create sequence request_serial;
sqlite:   create table request_serial (last bigint not null);
sqlite:   insert into request_serial values (0);

create table request (
    id {uuid} primary key,
    version bigint not null,
    serial bigint not null constraint ux_request_serial unique,
    number text not null constraint ux_request_number unique,
    customer_id {uuid} not null constraint fk_request_customer references customer (id),
    kind text not null check (kind in ('wish', 'requirement', 'improvement_suggestion', 'complaint')),
    status text not null check (status in ('received', 'investigating', 'routed', 'accepted', 'declined', 'fulfilled',
        'dismissed', 'withdrawn', 'answered')),
    title text not null,
    description text,
    wanted_by {date},
    benefit text,
    channel text not null check (channel in ('portal', 'service_desk', 'email', 'phone', 'meeting', 'other')),
    raised_by_kind text not null check (raised_by_kind in ('contact', 'person', 'client')),
    raised_by_id {uuid} not null,
    owner_id {uuid} constraint fk_request_owner references person (id),
    due_day {date},
    reopenable_until {date},
    hand_over_id {uuid},
    answer {json},
    dismissal {json},
    withdrawal {json},
    external_references {json} not null,
    received_at {time} not null,
    changed_at {time} not null,
    check (kind = 'complaint' or (owner_id is null and due_day is null)),
    check ((status in ('routed', 'accepted', 'declined', 'fulfilled')) <= (hand_over_id is not null))
);
create index ix_request_customer on request (customer_id, id);
create index ix_request_status on request (status, id);
create index ix_request_kind on request (kind, id);
create index ix_request_raiser on request (raised_by_id, id);
create index ix_request_owner on request (owner_id, id) where owner_id is not null;
create index ix_request_channel on request (channel, id);
create index ix_request_wanted on request (wanted_by, id) where wanted_by is not null;
create index ix_request_changed on request (changed_at, id);
create index ix_request_due on request (due_day, id) where due_day is not null;

create table request_service (
    request_id {uuid} not null constraint fk_request_service_request references request (id) on delete cascade,
    service_id {uuid} not null constraint fk_request_service_service references service (id),
    primary key (request_id, service_id)
);
create index ix_request_service on request_service (service_id, request_id);

create table request_endorsement (
    request_id {uuid} not null constraint fk_endorsement_request references request (id) on delete cascade,
    contact_id {uuid} not null constraint fk_endorsement_contact references contact (id),
    endorsed_at {time} not null,
    primary key (request_id, contact_id)
);
create index ix_endorsement_contact on request_endorsement (contact_id);

create table hand_over (
    id {uuid} primary key,
    version bigint not null,
    request_id {uuid} not null constraint fk_hand_over_request references request (id),
    request_version bigint not null,
    destination text not null check (destination in ('service_portfolio', 'delivery', 'strategy')),
    state text not null check (state in ('handed_over', 'acknowledged', 'accepted', 'declined', 'fulfilled',
        'withdrawn')),
    note text,
    routed_at {time} not null,
    acknowledgement {json},
    decision {json},
    decided_at {time},
    fulfilment {json},
    fulfilled_at {time}
);
create index ix_hand_over_request on hand_over (request_id);
create index ix_hand_over_destination on hand_over (destination, request_id);
create unique index ux_hand_over_live on hand_over (request_id)
    where state in ('handed_over', 'acknowledged', 'accepted');

create table comment (
    id {uuid} primary key,
    request_id {uuid} not null constraint fk_comment_request references request (id),
    author_kind text not null,
    author_id {uuid} not null,
    visibility text not null check (visibility in ('team', 'customer')),
    text text not null,
    written_at {time} not null
);
create index ix_comment_request on comment (request_id, id);

sqlite:   create virtual table request_words using fts5 (
sqlite:       words, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0');
postgres: create table request_words (
postgres:     serial bigint primary key constraint fk_words_request references request (serial) on delete cascade,
postgres:     words tsvector not null
postgres: );
postgres: create index ix_request_words on request_words using gin (words);
";
