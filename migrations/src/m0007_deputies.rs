//! Deputies of members of customer teams. A contact's deputy stands in the mandates of the contact.
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
create table membership_deputy (
    id {uuid} primary key,
    membership_id {uuid} not null constraint fk_deputy_membership references membership (id) on delete cascade,
    person_id {uuid} not null constraint fk_deputy_person references person (id),
    since {date} not null,
    until {date},
    check (until is null or until > since)
);
create index ix_deputy_membership on membership_deputy (membership_id, since);
create index ix_deputy_person on membership_deputy (person_id, membership_id);
";
