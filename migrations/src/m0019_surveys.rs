//! Surveys, rounds with their invitations and answers, what was counted of them; and who read what is protected.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// A round is `open` from its opening until somebody, or the hourly round, closes it; its days say what holds in between.
// An invitation's `told_of` is the customer that its answer is told of: in an anonymous round none, where too few of that
// customer were invited. An anonymous answer has neither invitation nor contact; closing writes all answers anew in random
// order and clears `used`. `survey_count` and `survey_turnout` are what figures are drawn from: they are written when a round
// closes, and never before. `top_boxes` is 0 where nobody says which scores are satisfied ones.
const SQL: &str = "
create table survey (
    id {uuid} primary key,
    version bigint not null,
    edition integer not null,
    sealed boolean not null,
    kind text not null check (kind in ('customer_relation', 'service_follow_up', 'delivered_request', 'other')),
    free_text_months integer not null,
    content {json} not null,
    created_at {time} not null
);
create index ix_survey_kind on survey (kind, id);

create table survey_edition (
    survey_id {uuid} not null constraint fk_survey_edition references survey (id),
    edition integer not null,
    content {json} not null,
    primary key (survey_id, edition)
);

create table survey_round (
    id {uuid} primary key,
    version bigint not null,
    status text not null check (status in ('draft', 'open', 'closed', 'published')),
    survey_id {uuid} not null constraint fk_survey_round_survey references survey (id),
    edition integer,
    service_id {uuid} constraint fk_survey_round_service references service (id),
    anonymity text not null check (anonymity in ('anonymous', 'confidential', 'named')),
    terms {json} not null,
    first_day {date} not null,
    last_day {date} not null,
    drawn {json},
    drawn_on {date},
    links_made_at {time},
    bounced integer not null,
    closed_on {date},
    turnout {json},
    publication {json},
    comments_until {date},
    created_at {time} not null,
    check ((status = 'draft') = (drawn is null)),
    check ((status in ('closed', 'published')) = (closed_on is not null))
);
create index ix_survey_round_survey on survey_round (survey_id, id);
create index ix_survey_round_status on survey_round (status, id);
create index ix_survey_round_service on survey_round (service_id) where service_id is not null;
create index ix_survey_round_due on survey_round (last_day) where status = 'open';
create index ix_survey_round_drawn on survey_round (drawn_on) where drawn_on is not null;
create index ix_survey_round_comments on survey_round (comments_until) where comments_until is not null;

create table survey_round_customer (
    round_id {uuid} not null constraint fk_survey_round_customer_round references survey_round (id),
    customer_id {uuid} not null constraint fk_survey_round_customer_customer references customer (id),
    primary key (round_id, customer_id)
);
create index ix_survey_round_customer on survey_round_customer (customer_id, round_id);

create table survey_invitation (
    id {uuid} primary key,
    round_id {uuid} not null constraint fk_survey_invitation_round references survey_round (id),
    contact_id {uuid} not null constraint fk_survey_invitation_contact references contact (id),
    customer_id {uuid} not null constraint fk_survey_invitation_customer references customer (id),
    told_of {uuid},
    state text not null check (state in ('waiting', 'delivered', 'bounced')),
    used boolean not null,
    constraint ux_survey_invitation unique (round_id, contact_id)
);
create index ix_survey_invitation_round on survey_invitation (round_id, id);
create index ix_survey_invitation_contact on survey_invitation (contact_id, round_id);

create table survey_link (
    digest text primary key,
    invitation_id {uuid} not null constraint fk_survey_link_invitation references survey_invitation (id)
);
create index ix_survey_link_invitation on survey_link (invitation_id);

create table survey_answer (
    id {uuid} primary key,
    round_id {uuid} not null constraint fk_survey_answer_round references survey_round (id),
    invitation_id {uuid} constraint ux_survey_answer_invitation unique,
    contact_id {uuid} constraint fk_survey_answer_contact references contact (id),
    told_of {uuid},
    whole boolean not null,
    figures {json} not null,
    texts {json} not null
);
create index ix_survey_answer_round on survey_answer (round_id, id);

create table survey_comment (
    id {uuid} primary key,
    round_id {uuid} not null constraint fk_survey_comment_round references survey_round (id),
    question text not null,
    contact_id {uuid} constraint fk_survey_comment_contact references contact (id),
    text text not null
);
create index ix_survey_comment_round on survey_comment (round_id, question, id);

create table survey_count (
    round_id {uuid} not null constraint fk_survey_count_round references survey_round (id),
    month {date} not null,
    kind text not null,
    question text not null,
    customer_id {uuid} constraint fk_survey_count_customer references customer (id),
    service_id {uuid} constraint fk_survey_count_service references service (id),
    low integer not null,
    high integer not null,
    top_boxes integer not null,
    score integer not null,
    n bigint not null
);
create unique index ux_survey_count on survey_count (round_id, question, customer_id, score);
create index ix_survey_count_month on survey_count (month, customer_id);
create index ix_survey_count_customer on survey_count (customer_id, month);

create table survey_turnout (
    round_id {uuid} not null constraint fk_survey_turnout_round references survey_round (id),
    customer_id {uuid} constraint fk_survey_turnout_customer references customer (id),
    invited bigint not null,
    delivered bigint not null,
    answered bigint not null
);
create unique index ux_survey_turnout on survey_turnout (round_id, customer_id);

create table access_record (
    id {uuid} primary key,
    at {time} not null,
    actor_kind text not null,
    actor_id text not null,
    acting_for {uuid},
    request_id text not null,
    what text not null,
    subject_kind text not null,
    subject_id {uuid} not null
);
create index ix_access_record_subject on access_record (subject_id, id);
create index ix_access_record_actor on access_record (actor_kind, actor_id, id);
";
