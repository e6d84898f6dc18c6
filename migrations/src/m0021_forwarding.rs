//! What goes with a request: what it is thought to take, for which words an endorsement was given, whether an answer is
//! awaited; and improvements that are offered to those with the same need.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// A complaint awaits its answer wherever it is, and also when what was asked for is done.
const SQL: &str = "
alter table request add column resources text;
alter table request add column unanswered boolean not null default false;
update request set unanswered = true where kind = 'complaint' and (
    status in ('received', 'investigating')
    or (status in ('routed', 'accepted', 'declined', 'fulfilled') and answer is null));
drop index ix_request_awaited;
create index ix_request_awaited on request (due_day, id) where unanswered;

alter table request_endorsement add column given_for text;

create table improvement_offer (
    id {uuid} primary key,
    version bigint not null,
    improvement_id {uuid} not null constraint fk_offer_improvement references improvement (id),
    request_id {uuid} not null constraint fk_offer_request references request (id),
    likeness integer not null check (likeness between 0 and 1000),
    outcome text not null check (outcome in ('achieved', 'partly')),
    state text not null check (state in ('offered', 'taken', 'declined')),
    offered_at {time} not null,
    decision {json},
    taken_as_id {uuid} constraint fk_offer_taken_as references improvement (id),
    constraint ux_improvement_offer unique (improvement_id, request_id)
);
create index ix_offer_request on improvement_offer (request_id);
create index ix_offer_taken_as on improvement_offer (taken_as_id) where taken_as_id is not null;
create index ix_offer_open on improvement_offer (id) where state = 'offered';
";
