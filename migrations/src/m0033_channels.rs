//! Where customers turn: their own channels and ladder, none where they turn where an ancestor does.
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
alter table customer add column channels {json};
alter table customer add column escalation_ladder {json};
";
