//! Figures of satisfaction as they were fixed.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// A year is drawn anew when more of its periods are fixed than were drawn, and when what they rest on was
// renewed. `survey_kind` and `question` are empty for users. `place` is where a figure stands in lists: by period, series, part, survey, scale and method, which are what it is
// known by; `part_id` the customer, else the service, else nil. Of what is withheld nothing is kept here.
const SQL: &str = "
create table satisfaction_year (
    year {date} primary key,
    version bigint not null,
    periods integer not null,
    renewed boolean not null
);

create table satisfaction_figure (
    place {bytes} primary key,
    year {date} not null,
    series text not null check (series in ('user', 'customer')),
    survey_kind text not null,
    question text not null,
    period text not null,
    period_kind text not null check (period_kind in ('month', 'quarter', 'year')),
    first_day {date} not null,
    dimension text not null check (dimension in ('all', 'customer', 'service', 'customer_service')),
    part_id {uuid} not null,
    customer_id {uuid} constraint fk_satisfaction_figure_customer references customer (id),
    service_id {uuid} constraint fk_satisfaction_figure_service references service (id),
    low integer not null,
    high integer not null,
    top_boxes integer not null,
    method text not null,
    withheld boolean not null,
    n bigint,
    value double precision,
    value_low double precision,
    value_high double precision,
    distribution {json},
    change double precision,
    change_low double precision,
    change_high double precision,
    changed boolean not null,
    constraint ck_satisfaction_figure_withheld check (not withheld or (n is null and value is null
        and value_low is null and value_high is null and distribution is null and change is null))
);
create index ix_satisfaction_figure_year on satisfaction_figure (year, withheld);
create index ix_satisfaction_figure_customer on satisfaction_figure (customer_id, place);
create index ix_satisfaction_figure_service on satisfaction_figure (service_id, place);
create index ix_satisfaction_figure_dimension on satisfaction_figure (dimension, place);
create index ix_satisfaction_figure_changed on satisfaction_figure (place) where changed;
create index ix_satisfaction_figure_period on satisfaction_figure (period, place);
";
