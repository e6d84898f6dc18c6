//! How far each way out of the log has come, and which instance sees to it.
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
create table event_outlet (
    name text primary key,
    position bigint not null,
    link {bytes} not null,
    holder {uuid},
    held_until {time}
);
";
