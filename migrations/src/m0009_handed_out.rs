//! Which documents were handed out, by the digest of their bytes: so that a file can be known again.
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
create table handed_out (
    digest text primary key,
    version_id {uuid} not null constraint fk_handed_out_version references agreement_version (id) on delete cascade,
    content_digest text not null,
    status text not null check (status in ('draft', 'proposed', 'approved', 'terminated')),
    language text not null check (language in ('sv', 'en')),
    first_at {time} not null
);
create index ix_handed_out_version on handed_out (version_id);
";
