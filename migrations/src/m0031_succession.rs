//! Succession: who goes on in whose stead, and which customer held an agreement when.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// `heir_id` and `ended_at` say whom references to the customer mean, and since when; the heir is the end of the way, whatever
// became of the first one. An agreement is held by its first customer from the first day that there is.
const SQL: &str = "
create table succession (
    id {uuid} primary key,
    kind text not null check (kind in ('merge', 'split', 'move')),
    first_day {date} not null,
    reason text not null,
    predecessors {json} not null,
    successors {json} not null,
    heir {json} not null,
    items {json} not null,
    recorded_at {time} not null
);

create table customer_successor (
    customer_id {uuid} not null constraint fk_successor_customer references customer (id),
    successor_id {uuid} not null constraint fk_successor_successor references customer (id),
    succession_id {uuid} not null constraint fk_successor_succession references succession (id),
    primary key (customer_id, successor_id)
);
create index ix_customer_successor_successor on customer_successor (successor_id, succession_id);
create index ix_customer_successor_customer on customer_successor (customer_id, succession_id);

alter table customer add column heir_id {uuid} constraint fk_customer_heir references customer (id);
alter table customer add column ended_at {time};
create index ix_customer_heir on customer (heir_id) where heir_id is not null;

create table agreement_holder (
    agreement_id {uuid} not null constraint fk_holder_agreement references agreement (id),
    customer_id {uuid} not null constraint fk_holder_customer references customer (id),
    since {date} not null,
    until {date},
    primary key (agreement_id, since)
);
create index ix_agreement_holder_customer on agreement_holder (customer_id, agreement_id);
insert into agreement_holder (agreement_id, customer_id, since)
    select id, customer_id, '0001-01-01' from agreement where customer_id is not null;
";
