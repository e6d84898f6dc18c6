//! Statements with their superseded revisions and their evidence, exclusions, and runs over many agreements.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// A statement reads the outages that end in its period or last; by their beginning, it would read all that ever were, and
// without it one of long ago all that came later. It reads the samples of its customers and those of nobody; by the service
// alone, it would read everybody's.
const SQL: &str = "
drop index ix_measurement_outage;
create index ix_measurement_outage_end on measurement (service_id, ended_at, at) where kind = 'outage';
drop index ix_measurement_sample;
create index ix_measurement_sample on measurement (service_id, metric, at) where kind = 'sample' and customer_id is null;
create index ix_measurement_sample_customer on measurement (customer_id, service_id, metric, at)
    where kind = 'sample' and customer_id is not null;
create index ix_measurement_open_case on measurement (service_id, customer_id) where kind = 'case' and ended_at is null;

create table statement (
    id {uuid} primary key,
    version bigint not null,
    agreement_id {uuid} not null constraint fk_statement_agreement references agreement (id),
    period text not null,
    since {date} not null,
    until {date} not null,
    state text not null check (state in ('open', 'proposed', 'closed')),
    revision integer not null,
    verdicts {json},
    missed integer not null,
    figures {json},
    proposal {json},
    objections {json} not null,
    acceptance {json},
    closing {json},
    restatement {json},
    created_at {time} not null,
    constraint ux_statement_period unique (agreement_id, period),
    check ((state = 'open') = (figures is null)),
    check ((state = 'closed') = (closing is not null))
);
create index ix_statement_period on statement (period, id);
create index ix_statement_state on statement (state, id);

create table statement_revision (
    statement_id {uuid} not null constraint fk_revision_statement references statement (id),
    revision integer not null,
    version bigint not null,
    verdicts {json} not null,
    figures {json} not null,
    proposal {json} not null,
    objections {json} not null,
    acceptance {json},
    closing {json} not null,
    restatement {json},
    primary key (statement_id, revision)
);
sqlite: create trigger revision_is_never_changed before update on statement_revision
sqlite: begin select raise(abort, 'a revision that stood is never changed'); end;
postgres: create function revision_is_never_changed() returns trigger language plpgsql as $$
postgres: begin raise exception 'a revision that stood is never changed'; end $$;
postgres: create trigger revision_is_never_changed before update on statement_revision
postgres:   for each row execute function revision_is_never_changed();
sqlite: create trigger closed_figures_stand before update on statement
sqlite: when old.state = 'closed' and new.revision = old.revision and new.figures <> old.figures
sqlite: begin select raise(abort, 'closed figures stand'); end;
postgres: create function closed_figures_stand() returns trigger language plpgsql as $$
postgres: begin raise exception 'closed figures stand'; end $$;
postgres: create trigger closed_figures_stand before update on statement
postgres:   for each row when (old.state = 'closed' and new.revision = old.revision and new.figures <> old.figures)
postgres:   execute function closed_figures_stand();

create table statement_evidence (
    statement_id {uuid} not null constraint fk_evidence_statement references statement (id),
    revision integer not null,
    measurement_id {uuid} not null constraint fk_evidence_measurement references measurement (id),
    service_id {uuid} not null constraint fk_evidence_service references service (id),
    digest {bytes} not null,
    primary key (statement_id, revision, measurement_id)
);
create index ix_evidence_measurement on statement_evidence (measurement_id);

create table exclusion (
    id {uuid} primary key,
    version bigint not null,
    agreement_id {uuid} not null constraint fk_exclusion_agreement references agreement (id),
    target text,
    service_id {uuid} constraint fk_exclusion_service references service (id),
    begins_at {time} not null,
    ends_at {time} not null,
    ground text not null check (ground in ('planned_maintenance', 'customer_caused', 'force_majeure', 'agreed_other')),
    reason text not null,
    state text not null check (state in ('proposed', 'consented', 'refused', 'pre_agreed')),
    proposal {json} not null,
    decision {json},
    decided_at {time},
    created_at {time} not null,
    check (ends_at > begins_at)
);
create index ix_exclusion_agreement on exclusion (agreement_id, ends_at);
create index ix_exclusion_state on exclusion (state, id);

create table statement_run (
    id {uuid} primary key,
    act text not null check (act in ('proposal', 'closing')),
    period text not null,
    begun {json} not null,
    actor {json} not null,
    created_at {time} not null
);

create table statement_run_item (
    run_id {uuid} not null constraint fk_item_run references statement_run (id) on delete cascade,
    agreement_id {uuid} not null constraint fk_item_agreement references agreement (id),
    outcome text not null check (outcome in ('waiting', 'done', 'refused')),
    detail text,
    primary key (run_id, agreement_id)
);
create index ix_run_item_waiting on statement_run_item (run_id, agreement_id) where outcome = 'waiting';
create index ix_run_item_agreement on statement_run_item (agreement_id);
";
