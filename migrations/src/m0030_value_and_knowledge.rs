//! Costs of services and how customers weigh them; needs, lessons and interactions; a customer's events by kind.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, SQL).await
    }
}

// That costs of a pair do not overlap is judged with the customer's row held; the triggers keep it, whoever writes.
const SQL: &str = "
create table service_cost (
    id {uuid} primary key,
    version bigint not null,
    customer_id {uuid} not null constraint fk_service_cost_customer references customer (id),
    service_id {uuid} not null constraint fk_service_cost_service references service (id),
    first_day {date} not null,
    last_day {date} not null,
    amount bigint not null check (amount >= 0),
    currency text not null,
    note text,
    created_at {time} not null,
    changed_at {time} not null,
    check (first_day <= last_day)
);
create index ix_service_cost_of on service_cost (customer_id, service_id, first_day);
create index ix_service_cost_customer on service_cost (customer_id, id);
create index ix_service_cost_service on service_cost (service_id, id);
create index ix_service_cost_days on service_cost (last_day, first_day);

sqlite: create trigger costs_do_not_overlap before insert on service_cost
sqlite: when exists (select 1 from service_cost o where o.customer_id = new.customer_id
sqlite:     and o.service_id = new.service_id and o.id <> new.id
sqlite:     and o.first_day <= new.last_day and new.first_day <= o.last_day)
sqlite: begin select raise(abort, 'costs overlap'); end;
sqlite: create trigger changed_costs_do_not_overlap before update on service_cost
sqlite: when exists (select 1 from service_cost o where o.customer_id = new.customer_id
sqlite:     and o.service_id = new.service_id and o.id <> new.id
sqlite:     and o.first_day <= new.last_day and new.first_day <= o.last_day)
sqlite: begin select raise(abort, 'costs overlap'); end;
postgres: create function costs_do_not_overlap() returns trigger language plpgsql as $$
postgres: begin
postgres:   if exists (select 1 from service_cost o where o.customer_id = new.customer_id
postgres:       and o.service_id = new.service_id and o.id <> new.id
postgres:       and o.first_day <= new.last_day and new.first_day <= o.last_day) then
postgres:     raise exception 'costs overlap';
postgres:   end if;
postgres:   return new;
postgres: end $$;
postgres: create trigger costs_do_not_overlap before insert or update on service_cost
postgres:   for each row execute function costs_do_not_overlap();

create table value_assessment (
    id {uuid} primary key,
    version bigint not null,
    customer_id {uuid} not null constraint fk_value_assessment_customer references customer (id),
    service_id {uuid} not null constraint fk_value_assessment_service references service (id),
    year integer not null,
    scores {json} not null,
    benefit_amount bigint check (benefit_amount >= 0),
    benefit_currency text,
    comment text,
    contact_id {uuid} not null constraint fk_value_assessment_contact references contact (id),
    acting_for_id {uuid},
    basis text,
    created_at {time} not null,
    changed_at {time} not null,
    constraint ux_value_assessment unique (customer_id, service_id, year),
    check ((benefit_amount is null) = (benefit_currency is null))
);
create index ix_value_assessment_customer on value_assessment (customer_id, id);
create index ix_value_assessment_service on value_assessment (service_id, id);
create index ix_value_assessment_year on value_assessment (year, id);
create index ix_value_assessment_contact on value_assessment (contact_id);

create table business_need (
    id {uuid} primary key,
    version bigint not null,
    customer_id {uuid} not null constraint fk_business_need_customer references customer (id),
    statement text not null,
    description text,
    theme text not null,
    horizon text not null check (horizon in ('within_a_year', 'one_to_three_years', 'later')),
    strength text not null check (strength in ('low', 'medium', 'high')),
    evidence {json} not null,
    stated_on {date} not null,
    closing {json},
    closed_on {date},
    created_at {time} not null,
    changed_at {time} not null,
    check ((closing is null) = (closed_on is null))
);
create index ix_business_need_customer on business_need (customer_id, id);
create index ix_business_need_theme on business_need (theme, id);
create index ix_business_need_strength on business_need (strength, id);
create index ix_business_need_horizon on business_need (horizon, id);
create index ix_business_need_open on business_need (customer_id) where closed_on is null;
create index ix_business_need_closed on business_need (closed_on) where closed_on is not null;

create table lesson (
    id {uuid} primary key,
    version bigint not null,
    title text not null,
    happened text not null,
    learned text not null,
    origin {json},
    customer_id {uuid} constraint fk_lesson_customer references customer (id),
    written_by_id {uuid} not null constraint fk_lesson_written_by references person (id),
    created_at {time} not null,
    changed_at {time} not null,
    check (customer_id is null or origin is not null)
);
create index ix_lesson_customer on lesson (customer_id) where customer_id is not null;

create table lesson_service (
    lesson_id {uuid} not null constraint fk_lesson_service_lesson references lesson (id),
    service_id {uuid} not null constraint fk_lesson_service_service references service (id),
    primary key (lesson_id, service_id)
);
create index ix_lesson_service on lesson_service (service_id, lesson_id);

create table lesson_reader (
    lesson_id {uuid} not null constraint fk_lesson_reader_lesson references lesson (id),
    person_id {uuid} not null constraint fk_lesson_reader_person references person (id),
    read_at {time} not null,
    primary key (lesson_id, person_id)
);
create index ix_lesson_reader_time on lesson_reader (lesson_id, read_at);
create index ix_lesson_reader_person on lesson_reader (person_id);

create table knowledge_term (
    term text not null,
    kind text not null check (kind in ('business_need', 'lesson')),
    subject_id {uuid} not null,
    primary key (kind, term, subject_id)
);
create index ix_knowledge_term_subject on knowledge_term (subject_id);

create table interaction (
    id {uuid} primary key,
    version bigint not null,
    customer_id {uuid} not null constraint fk_interaction_customer references customer (id),
    channel text not null check (channel in ('email', 'phone', 'meeting', 'chat', 'letter', 'other')),
    day {date} not null,
    summary text not null,
    links {json} not null,
    about {json} not null,
    recorded_by_kind text not null check (recorded_by_kind in ('person', 'client')),
    recorded_by_id {uuid} not null,
    created_at {time} not null,
    changed_at {time} not null
);
create index ix_interaction_day on interaction (day, id);
create index ix_interaction_customer on interaction (customer_id, day, id);
create index ix_interaction_author on interaction (recorded_by_id, id);

create table interaction_person (
    interaction_id {uuid} not null constraint fk_interaction_person_interaction references interaction (id),
    person_id {uuid} not null constraint fk_interaction_person_person references person (id),
    primary key (interaction_id, person_id)
);
create index ix_interaction_person on interaction_person (person_id, interaction_id);

create table interaction_contact (
    interaction_id {uuid} not null constraint fk_interaction_contact_interaction references interaction (id),
    contact_id {uuid} not null constraint fk_interaction_contact_contact references contact (id),
    primary key (interaction_id, contact_id)
);
create index ix_interaction_contact on interaction_contact (contact_id, interaction_id);

create index ix_event_customer_kind on event (customer_id, subject_kind, position);
";
