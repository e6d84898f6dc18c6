//! Earlier surveys, and counts of rounds that come when their month's figures are fixed.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// What waits is in no figure until there is enough of it (R19 f). An earlier survey is known again by what it is called where
// it was made; the digest is of all that was sent of it.
const SQL: &str = "
alter table survey_count add column waits boolean not null default false;
create index ix_survey_count_waits on survey_count (month) where waits;
alter table survey_round add column earlier_system text;
alter table survey_round add column earlier_id text;
alter table survey_round add column earlier_digest text;
create unique index ux_survey_round_earlier on survey_round (survey_id, earlier_system, earlier_id)
    where earlier_id is not null;
";
