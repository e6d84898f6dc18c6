//! Themes and redactions of what was said in words, access records by time, and contacts that were erased.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// An access record without a subject is of a read that names no single thing: the audit trail. SQLite cannot take a column's
// `not null` away, so the table is made anew.
const SQL: &str = "
alter table survey_comment add column redacted boolean not null default false;
create index ix_survey_comment_contact on survey_comment (contact_id) where contact_id is not null;
create index ix_survey_answer_contact on survey_answer (contact_id) where contact_id is not null;

create table survey_comment_theme (
    comment_id {uuid} not null constraint fk_comment_theme references survey_comment (id) on delete cascade,
    theme text not null,
    primary key (comment_id, theme)
);

create table access_record_anew (
    id {uuid} primary key,
    at {time} not null,
    actor_kind text not null,
    actor_id text not null,
    acting_for {uuid},
    request_id text not null,
    what text not null,
    subject_kind text,
    subject_id {uuid},
    check ((subject_kind is null) = (subject_id is null))
);
insert into access_record_anew select * from access_record;
drop table access_record;
alter table access_record_anew rename to access_record;
create index ix_access_record_at on access_record (at, id);
create index ix_access_record_subject on access_record (subject_id, at, id);
create index ix_access_record_actor on access_record (actor_id, at, id);
create index ix_access_record_kind on access_record (actor_kind, at, id);

alter table contact add column erasure {json};
create index ix_comment_author on comment (author_id, id);
create index ix_notification_contact on notification (contact_id, id);
";
