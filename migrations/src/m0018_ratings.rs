//! Ratings as they were sent, and how many there are of each score.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// A rating that names something unknown keeps the name until it is matched; an id of ours has no system. Figures are drawn
// from `rating_count` alone: `n` is what counts, `late` what came after the month's figures were fixed and waits for more
// of it. `top_boxes` is 0 where nobody says which scores are satisfied ones.
const SQL: &str = "
alter table measurement_batch add column made_of text not null default 'measurements'
    check (made_of in ('measurements', 'ratings'));

create table rating (
    id {uuid} primary key,
    source text not null,
    source_id text not null,
    source_version bigint,
    state_at {time} not null,
    received_at {time} not null,
    batch_id {uuid} not null,
    digest {bytes} not null,
    month {date} not null,
    service_id {uuid} constraint fk_rating_service references service (id),
    customer_id {uuid} constraint fk_rating_customer references customer (id),
    service_system text,
    service_key text,
    customer_system text,
    customer_key text,
    case_key text,
    low integer not null,
    high integer not null,
    top_boxes integer not null,
    score integer not null,
    comment text,
    constraint ux_rating_source unique (source, source_id)
);

-- States that stand no longer, or never did: sent again, they are known.
create table rating_state (
    rating_id {uuid} not null constraint fk_rating_state references rating (id) on delete cascade,
    digest {bytes} not null,
    primary key (rating_id, digest)
);
create index ix_rating_service_wait on rating (service_system, service_key) where service_id is null;
create index ix_rating_customer_wait on rating (customer_system, customer_key) where customer_id is null;

create table rating_count (
    month {date} not null,
    customer_id {uuid} not null constraint fk_rating_count_customer references customer (id),
    service_id {uuid} not null constraint fk_rating_count_service references service (id),
    low integer not null,
    high integer not null,
    top_boxes integer not null,
    score integer not null,
    n bigint not null,
    late bigint not null,
    primary key (month, customer_id, service_id, low, high, top_boxes, score)
);
create index ix_rating_count_customer on rating_count (customer_id, month);
create index ix_rating_count_late on rating_count (month, customer_id, service_id) where late <> 0;
";
