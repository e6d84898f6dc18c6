//! Orders to the signing service, and the documents that it gave back.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// `due_at` is when an order is sent, or sent again; what need not be sent has none. A discarded draft takes the orders of
// its former proposals along; their events stay.
const SQL: &str = "
create table signing_order (
    id {uuid} primary key,
    version bigint not null,
    version_id {uuid} not null constraint fk_signing_order_version references agreement_version (id) on delete cascade,
    digest text not null,
    state text not null check (state in ('waiting', 'sent', 'signed', 'refused', 'expired', 'withdrawn')),
    attempts integer not null,
    due_at {time},
    sent_at {time},
    ended_at {time},
    reason text,
    told_digest text,
    document_digest text,
    created_at {time} not null
);
create index ix_signing_order_due on signing_order (due_at) where due_at is not null;
create index ix_signing_order_version on signing_order (version_id, state);

create table signed_document (
    order_id {uuid} primary key constraint fk_signed_document_order references signing_order (id) on delete cascade,
    media_type text not null check (media_type in ('application/pdf', 'application/json', 'application/xml')),
    content {bytes} not null
);
";
