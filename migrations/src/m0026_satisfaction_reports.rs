//! Reports of satisfaction, and improvements that their findings gave reason for.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// A draft's content is put together when it is read. Of one customer and period there is one draft at a time.
const SQL: &str = "
create table satisfaction_report (
    id {uuid} primary key,
    version bigint not null,
    customer_id {uuid} not null constraint fk_satisfaction_report_customer references customer (id),
    period text not null,
    first_day {date} not null,
    edition integer not null,
    state text not null check (state in ('draft', 'published')),
    words {json} not null,
    content {json},
    digest text,
    publication {json},
    created_at {time} not null,
    constraint ux_satisfaction_report unique (customer_id, period, edition),
    check ((state = 'draft') = (content is null)),
    check ((state = 'draft') = (digest is null)),
    check ((state = 'draft') = (publication is null))
);
create unique index ux_satisfaction_report_draft on satisfaction_report (customer_id, period) where state = 'draft';
create index ix_satisfaction_report_customer on satisfaction_report (customer_id, id);
create index ix_satisfaction_report_period on satisfaction_report (period, id);
create index ix_satisfaction_report_state on satisfaction_report (state, id);

sqlite: create trigger published_reports_stand before update on satisfaction_report
sqlite: when old.state = 'published'
sqlite: begin select raise(abort, 'a published report stands'); end;
postgres: create function published_reports_stand() returns trigger language plpgsql as $$
postgres: begin raise exception 'a published report stands'; end $$;
postgres: create trigger published_reports_stand before update on satisfaction_report
postgres:   for each row when (old.state = 'published') execute function published_reports_stand();

alter table improvement add column report_id {uuid}
    constraint fk_improvement_report references satisfaction_report (id);
alter table improvement add column finding integer check (finding > 0);
create index ix_improvement_report on improvement (report_id, finding) where report_id is not null;
";
