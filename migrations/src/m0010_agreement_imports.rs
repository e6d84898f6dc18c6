//! Where agreements and versions were taken in from, and what was approved there.
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
alter table agreement add column origin text;
alter table agreement add column origin_number text;
create unique index ux_agreement_origin on agreement (origin, origin_number) where origin is not null;
alter table agreement_version add column imported {json};
create index ix_calendar_version_digest on service_calendar_version (digest);
";
