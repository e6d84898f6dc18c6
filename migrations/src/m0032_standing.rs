//! How we stand with all customers: the latest statements with a promise that was not kept, found by their day.
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
create index ix_statement_missed on statement (since) where missed > 0;
create index ix_statement_agreement on statement (agreement_id, since);
";
