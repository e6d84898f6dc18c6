//! What is told to people by mail: in line, sent, or not to be sent.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// Neither address nor words are kept: they are looked up and written anew at each try. `reminder` is 0 for the invitation.
const SQL: &str = "
create table notification (
    id {uuid} primary key,
    round_id {uuid} not null constraint fk_notification_round references survey_round (id),
    invitation_id {uuid} not null constraint fk_notification_invitation references survey_invitation (id),
    reminder integer not null,
    contact_id {uuid} not null constraint fk_notification_contact references contact (id),
    state text not null check (state in ('queued', 'sent', 'bounced', 'suppressed')),
    attempts integer not null,
    due_at {time},
    fault text,
    created_at {time} not null,
    ended_at {time},
    constraint ux_notification unique (invitation_id, reminder),
    check ((state = 'queued') = (due_at is not null))
);
create index ix_notification_due on notification (due_at) where due_at is not null;
create index ix_notification_round on notification (round_id, id);
create index ix_notification_state on notification (state, id);
";
