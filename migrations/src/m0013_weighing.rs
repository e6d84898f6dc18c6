//! What finds similar requests, schemes and scores, merging, escalation.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// SQLite cannot alter a check, and making the table anew would take everything along that refers to it; its own
// documentation tells to widen a check in the schema's text.
const SQL: &str = "
sqlite:   pragma writable_schema = on;
sqlite:   update sqlite_schema set sql = replace(sql, '''withdrawn'', ''answered'')', '''withdrawn'', ''answered'', ''merged'')')
sqlite:       where type = 'table' and name = 'request';
sqlite:   pragma writable_schema = reset;
postgres: alter table request drop constraint request_status_check;
postgres: alter table request add constraint request_status_check check (status in ('received', 'investigating', 'routed',
postgres:     'accepted', 'declined', 'fulfilled', 'dismissed', 'withdrawn', 'answered', 'merged'));

alter table request add column merged_into_id {uuid} constraint fk_request_merged_into references request (id);
alter table request add column score bigint check (score between 0 and 1000);
alter table request add column escalated_at {time};
alter table request add column escalated_for {date};
create index ix_request_merged_into on request (merged_into_id) where merged_into_id is not null;
create index ix_request_score on request (score, id) where score is not null;
create index ix_request_awaited on request (due_day, id)
    where kind = 'complaint' and status in ('received', 'investigating', 'routed', 'accepted', 'declined');
create index ix_request_sorting on request (status, received_at);
create index ix_hand_over_undecided on hand_over (routed_at) where state in ('handed_over', 'acknowledged');

create table request_term (
    term text not null,
    request_id {uuid} not null constraint fk_request_term_request references request (id) on delete cascade,
    primary key (term, request_id)
);
create index ix_request_term_request on request_term (request_id);

create table scoring_scheme (
    id {uuid} primary key,
    version bigint not null,
    number bigint not null constraint ux_scoring_scheme_number unique,
    active boolean not null,
    criteria {json} not null,
    created_at {time} not null
);
create unique index ux_scoring_scheme_active on scoring_scheme (active) where active;

create table request_score (
    id {uuid} primary key,
    version bigint not null,
    request_id {uuid} not null constraint fk_request_score_request references request (id),
    person_id {uuid} not null constraint fk_request_score_person references person (id),
    scheme_id {uuid} not null constraint fk_request_score_scheme references scoring_scheme (id),
    given {json} not null,
    total bigint not null check (total between 0 and 1000),
    scored_at {time} not null,
    constraint ux_request_score unique (request_id, person_id)
);
create index ix_request_score_person on request_score (person_id);
create index ix_request_score_scheme on request_score (scheme_id);
";
