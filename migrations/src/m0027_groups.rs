//! Figures of teams, of divisions and of surveys.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// What was told stays told, so the figures are kept; every year is drawn anew, and then has these too. A team's figure has
// no customer, a division's has the division's own. `survey_id` is the one survey of its kind that
// was sent in the period, where it was one.
const SQL: &str = "
create table satisfaction_figure_of_groups (
    place {bytes} primary key,
    year {date} not null,
    series text not null check (series in ('user', 'customer')),
    survey_kind text not null,
    survey_id {uuid} constraint fk_satisfaction_figure_survey references survey (id),
    question text not null,
    period text not null,
    period_kind text not null check (period_kind in ('month', 'quarter', 'year')),
    first_day {date} not null,
    dimension text not null
        check (dimension in ('all', 'customer', 'service', 'customer_service', 'team', 'division')),
    part_id {uuid} not null,
    customer_id {uuid} constraint fk_satisfaction_figure_customer references customer (id),
    service_id {uuid} constraint fk_satisfaction_figure_service references service (id),
    team_id {uuid} constraint fk_satisfaction_figure_team references customer_team (id),
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
        and value_low is null and value_high is null and distribution is null and change is null)),
    constraint ck_satisfaction_figure_team check ((dimension = 'team') = (team_id is not null))
);
insert into satisfaction_figure_of_groups (place, year, series, survey_kind, question, period, period_kind, first_day,
    dimension, part_id, customer_id, service_id, low, high, top_boxes, method, withheld, n, value, value_low, value_high,
    distribution, change, change_low, change_high, changed)
select place, year, series, survey_kind, question, period, period_kind, first_day,
    dimension, part_id, customer_id, service_id, low, high, top_boxes, method, withheld, n, value, value_low, value_high,
    distribution, change, change_low, change_high, changed from satisfaction_figure;
drop table satisfaction_figure;
alter table satisfaction_figure_of_groups rename to satisfaction_figure;
create index ix_satisfaction_figure_year on satisfaction_figure (year, withheld);
create index ix_satisfaction_figure_customer on satisfaction_figure (customer_id, place);
create index ix_satisfaction_figure_service on satisfaction_figure (service_id, place);
create index ix_satisfaction_figure_team on satisfaction_figure (team_id, place) where team_id is not null;
create index ix_satisfaction_figure_survey on satisfaction_figure (survey_id, place) where survey_id is not null;
create index ix_satisfaction_figure_dimension on satisfaction_figure (dimension, place);
create index ix_satisfaction_figure_changed on satisfaction_figure (place) where changed;
create index ix_satisfaction_figure_period on satisfaction_figure (period, place);
update satisfaction_year set renewed = true, version = version + 1;
";
