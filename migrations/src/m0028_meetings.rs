//! Meetings and their series: what they take up, what was said and is to be done, what was recorded at them, what a review
//! was held on; and how often a customer is to have them.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// `occurrence` is the local time that a series' rule gave a meeting: made once, by whichever instance, whatever became of it.
// Of published minutes only addenda, and the days on which things were done, change.
const SQL: &str = "
alter table customer add column reviews_a_year integer check (reviews_a_year between 1 and 52);
alter table customer add column dialogues_a_year integer check (dialogues_a_year between 1 and 52);
create index ix_customer_cadence on customer (id) where reviews_a_year is not null or dialogues_a_year is not null;

create table meeting_series (
    id {uuid} primary key,
    version bigint not null,
    customer_id {uuid} not null constraint fk_meeting_series_customer references customer (id),
    kind text not null check (kind in ('team', 'dialogue', 'review')),
    title text,
    led_by text not null check (led_by in ('business_relationship_manager', 'delivery_manager')),
    rule text not null,
    first_day {date} not null,
    time text not null,
    zone text not null,
    minutes integer not null check (minutes between 15 and 1440),
    place text,
    agenda {json} not null,
    last_day {date},
    made_before {date} not null,
    created_at {time} not null
);
create index ix_meeting_series_customer on meeting_series (customer_id, id);
create index ix_meeting_series_made on meeting_series (made_before, id);

create table meeting (
    id {uuid} primary key,
    version bigint not null,
    customer_id {uuid} not null constraint fk_meeting_customer references customer (id),
    kind text not null check (kind in ('team', 'dialogue', 'review')),
    status text not null check (status in ('planned', 'held', 'published', 'cancelled')),
    title text,
    starts_at {time} not null,
    ends_at {time} not null,
    day {date} not null,
    place text,
    led_by text not null check (led_by in ('business_relationship_manager', 'delivery_manager')),
    agenda {json} not null,
    overridden boolean not null,
    minutes {json},
    addenda {json} not null,
    digest text,
    pack text,
    publication {json},
    cancellation {json},
    series_id {uuid} constraint fk_meeting_series references meeting_series (id),
    occurrence text,
    touched boolean not null,
    sequence integer not null,
    created_at {time} not null,
    constraint ux_meeting_occurrence unique (series_id, occurrence),
    check (ends_at > starts_at),
    check ((series_id is null) = (occurrence is null)),
    check ((status = 'published') = (digest is not null)),
    check ((status = 'published') = (publication is not null)),
    check ((status = 'cancelled') = (cancellation is not null)),
    check (minutes is null or status in ('held', 'published')),
    check (kind <> 'dialogue' or led_by = 'business_relationship_manager'),
    check (kind <> 'review' or led_by = 'delivery_manager')
);
create index ix_meeting_start on meeting (starts_at, id);
create index ix_meeting_customer on meeting (customer_id, starts_at, id);
create index ix_meeting_status on meeting (status, starts_at, id);
create index ix_meeting_kind on meeting (kind, starts_at, id);
create index ix_meeting_overridden on meeting (starts_at, id) where overridden;
create index ix_meeting_held on meeting (customer_id, kind, day) where status in ('held', 'published');

create table meeting_participant (
    meeting_id {uuid} not null constraint fk_meeting_participant references meeting (id) on delete cascade,
    person_id {uuid} constraint fk_meeting_participant_person references person (id),
    contact_id {uuid} constraint fk_meeting_participant_contact references contact (id),
    constraint ux_meeting_person unique (meeting_id, person_id),
    constraint ux_meeting_contact unique (meeting_id, contact_id),
    check ((person_id is null) <> (contact_id is null))
);
create index ix_meeting_participant_person on meeting_participant (person_id, meeting_id) where person_id is not null;
create index ix_meeting_participant_contact on meeting_participant (contact_id, meeting_id) where contact_id is not null;

create table meeting_action_item (
    id {uuid} primary key,
    meeting_id {uuid} not null constraint fk_meeting_action_item references meeting (id),
    place integer not null,
    text text not null,
    person_id {uuid} constraint fk_meeting_action_person references person (id),
    contact_id {uuid} constraint fk_meeting_action_contact references contact (id),
    due_day {date},
    done_on {date},
    check ((person_id is null) <> (contact_id is null))
);
create index ix_meeting_action_item on meeting_action_item (meeting_id, place);
create index ix_meeting_action_due on meeting_action_item (due_day, id) where done_on is null and due_day is not null;
create index ix_meeting_action_person on meeting_action_item (person_id) where person_id is not null;
create index ix_meeting_action_contact on meeting_action_item (contact_id) where contact_id is not null;

create table meeting_outcome (
    kind text not null check (kind in ('request', 'planned_activity', 'business_need', 'improvement')),
    subject_id {uuid} not null,
    meeting_id {uuid} not null constraint fk_meeting_outcome references meeting (id),
    recorded_at {time} not null,
    primary key (kind, subject_id)
);
create index ix_meeting_outcome on meeting_outcome (meeting_id, recorded_at);

create table meeting_pack (
    meeting_id {uuid} primary key constraint fk_meeting_pack references meeting (id),
    content {json} not null
);

sqlite: create trigger published_minutes_stand before update on meeting
sqlite: when old.status = 'published' and (new.status <> 'published' or new.customer_id <> old.customer_id
sqlite:   or new.kind <> old.kind or new.title is not old.title or new.starts_at <> old.starts_at
sqlite:   or new.ends_at <> old.ends_at or new.place is not old.place or new.agenda <> old.agenda
sqlite:   or new.minutes is not old.minutes or new.digest is not old.digest or new.pack is not old.pack
sqlite:   or new.publication is not old.publication)
sqlite: begin select raise(abort, 'published minutes stand'); end;
sqlite: create trigger published_minutes_are_kept before delete on meeting when old.status = 'published'
sqlite: begin select raise(abort, 'published minutes stand'); end;
sqlite: create trigger published_actions_stand before update on meeting_action_item
sqlite: when (new.text <> old.text or new.meeting_id <> old.meeting_id or new.place <> old.place
sqlite:   or new.person_id is not old.person_id or new.contact_id is not old.contact_id
sqlite:   or new.due_day is not old.due_day)
sqlite:   and exists (select 1 from meeting where id = old.meeting_id and status = 'published')
sqlite: begin select raise(abort, 'published minutes stand'); end;
sqlite: create trigger published_actions_are_kept before delete on meeting_action_item
sqlite: when exists (select 1 from meeting where id = old.meeting_id and status = 'published')
sqlite: begin select raise(abort, 'published minutes stand'); end;
sqlite: create trigger published_actions_are_all before insert on meeting_action_item
sqlite: when exists (select 1 from meeting where id = new.meeting_id and status = 'published')
sqlite: begin select raise(abort, 'published minutes stand'); end;
sqlite: create trigger published_packs_stand before update on meeting_pack
sqlite: begin select raise(abort, 'a published pack stands'); end;
sqlite: create trigger published_packs_are_kept before delete on meeting_pack
sqlite: begin select raise(abort, 'a published pack stands'); end;

postgres: create function published_minutes_stand() returns trigger language plpgsql as $$
postgres: begin raise exception 'published minutes stand'; end $$;
postgres: create trigger published_minutes_stand before update on meeting
postgres:   for each row when (old.status = 'published' and (new.status, new.customer_id, new.kind, new.title,
postgres:     new.starts_at, new.ends_at, new.place, new.agenda, new.minutes, new.digest, new.pack, new.publication)
postgres:     is distinct from (old.status, old.customer_id, old.kind, old.title, old.starts_at, old.ends_at, old.place,
postgres:     old.agenda, old.minutes, old.digest, old.pack, old.publication))
postgres:   execute function published_minutes_stand();
postgres: create trigger published_minutes_are_kept before delete on meeting
postgres:   for each row when (old.status = 'published') execute function published_minutes_stand();
postgres: create function published_actions_stand() returns trigger language plpgsql as $$
postgres: begin
postgres:   if exists (select 1 from meeting where status = 'published'
postgres:     and id = case when tg_op = 'INSERT' then new.meeting_id else old.meeting_id end) then
postgres:     raise exception 'published minutes stand';
postgres:   end if;
postgres:   return case when tg_op = 'DELETE' then old else new end;
postgres: end $$;
postgres: create trigger published_actions_stand before update on meeting_action_item
postgres:   for each row when ((new.text, new.meeting_id, new.place, new.person_id, new.contact_id, new.due_day)
postgres:     is distinct from (old.text, old.meeting_id, old.place, old.person_id, old.contact_id, old.due_day))
postgres:   execute function published_actions_stand();
postgres: create trigger published_actions_are_kept before insert or delete on meeting_action_item
postgres:   for each row execute function published_actions_stand();
postgres: create trigger published_packs_stand before update or delete on meeting_pack
postgres:   for each row execute function published_minutes_stand();

alter table improvement add column meeting_id {uuid} constraint fk_improvement_meeting references meeting (id);
create index ix_improvement_meeting on improvement (meeting_id) where meeting_id is not null;
";
