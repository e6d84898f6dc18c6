//! Which deliveries are due, whatever waits before them, and which an outage held up.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// What was tried before this step and still waits, waits as it did.
const SQL: &str = "
alter table webhook_delivery add column first_tried_at {time};
create index ix_webhook_delivery_due on webhook_delivery (subscription_id, due_at, position) where state = 'waiting';
create index ix_webhook_delivery_thing on webhook_delivery (subscription_id, subject_id, position) where state = 'waiting';
";
