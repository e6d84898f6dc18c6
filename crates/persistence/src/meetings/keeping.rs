//! How meetings are written: the meeting, with who takes part and what is to be done in tables of their own.
use domain::{events::ActorKind, meetings::*};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{Addenda, Agenda, LOCAL, MinutesWords, Publication};
use super::{Column, Entity, Model, entity::ActiveModel};
use crate::{
    Error,
    store::{self, Source, UnitOfWork},
};

mod participant {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "meeting_participant")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub meeting_id: MeetingId,
        pub person_id: Option<PersonId>,
        pub contact_id: Option<ContactId>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod action {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "meeting_action_item")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ActionItemId,
        pub meeting_id: MeetingId,
        pub place: i32,
        pub text: Title,
        pub person_id: Option<PersonId>,
        pub contact_id: Option<ContactId>,
        pub due_day: Option<chrono::NaiveDate>,
        pub done_on: Option<chrono::NaiveDate>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) fn row(meeting: &Meeting) -> ActiveModel {
    Model {
        id: meeting.id,
        version: meeting.version,
        customer_id: meeting.customer.id,
        kind: meeting.kind,
        status: meeting.status,
        title: meeting.title.clone(),
        starts_at: meeting.starts_at,
        ends_at: meeting.ends_at,
        day: meeting.day,
        place: meeting.place.clone(),
        led_by: meeting.led_by,
        agenda: Agenda(meeting.agenda.clone()),
        overridden: meeting.overridden,
        minutes: meeting.minutes.as_ref().map(|minutes| MinutesWords {
            notes: minutes.notes.clone(),
            decisions: minutes.decisions.clone(),
        }),
        addenda: Addenda(meeting.addenda.clone()),
        digest: meeting.digest.as_ref().map(ToString::to_string),
        pack: meeting.pack.as_ref().map(ToString::to_string),
        publication: meeting.publication.clone().map(Publication),
        cancellation: meeting.cancellation.clone(),
        series_id: meeting.series,
        occurrence: meeting.occurrence.map(|local| local.format(LOCAL).to_string()),
        touched: meeting.touched,
        sequence: meeting.sequence,
        created_at: meeting.created_at,
    }
    .into_active_model()
    .reset_all()
}

async fn keep_participants(unit: &UnitOfWork, meeting: &Meeting) -> Result<(), Error> {
    let persons = meeting.persons.iter().map(|person| (Some(person.id), None));
    let contacts = meeting.contacts.iter().map(|contact| (None, Some(contact.id)));
    let rows: Vec<_> = persons
        .chain(contacts)
        .map(|(person, contact)| participant::ActiveModel {
            meeting_id: Set(meeting.id),
            person_id: Set(person),
            contact_id: Set(contact),
        })
        .collect();
    if !rows.is_empty() {
        participant::Entity::insert_many(rows)
            .exec_without_returning(unit.connection())
            .await?;
    }
    Ok(())
}

fn actions(meeting: &Meeting) -> &[ActionItem] {
    meeting.minutes.as_ref().map_or(&[], |minutes| &minutes.action_items)
}

async fn keep_actions(unit: &UnitOfWork, meeting: &Meeting) -> Result<(), Error> {
    let rows: Vec<_> = (1..)
        .zip(actions(meeting))
        .map(|(place, item)| {
            let owner = item.owner.id;
            let is_person = item.owner.kind == ActorKind::Person;
            action::ActiveModel {
                id: Set(item.id),
                meeting_id: Set(meeting.id),
                place: Set(place),
                text: Set(item.text.clone()),
                person_id: Set(is_person.then_some(owner.into())),
                contact_id: Set((!is_person).then_some(owner.into())),
                due_day: Set(item.due_day),
                done_on: Set(item.done_on),
            }
        })
        .collect();
    if !rows.is_empty() {
        action::Entity::insert_many(rows)
            .exec_without_returning(unit.connection())
            .await?;
    }
    Ok(())
}

/// Stores a new meeting.
pub async fn insert(unit: &mut UnitOfWork, meeting: &Meeting) -> Result<(), Error> {
    Entity::insert(row(meeting))
        .exec_without_returning(unit.connection())
        .await?;
    keep_participants(unit, meeting).await?;
    unit.record("planned", None, Some(meeting))
}

/// Stores what an act made of a meeting. `act` is the last part of the event's type.
pub async fn update(unit: &mut UnitOfWork, act: &str, before: &Meeting, after: &Meeting) -> Result<(), Error> {
    if before.persons != after.persons || before.contacts != after.contacts {
        participant::Entity::delete_many()
            .filter(participant::Column::MeetingId.eq(after.id))
            .exec(unit.connection())
            .await?;
        keep_participants(unit, after).await?;
    }
    match act {
        // What is done may be told of published minutes too; nothing else of them.
        "action_completed" => {
            let done = actions(after).iter().filter(|item| !actions(before).contains(item));
            for item in done {
                action::Entity::update_many()
                    .col_expr(action::Column::DoneOn, item.done_on.into())
                    .filter(action::Column::Id.eq(item.id))
                    .exec(unit.connection())
                    .await?;
            }
        }
        _ if actions(before) != actions(after) => {
            action::Entity::delete_many()
                .filter(action::Column::MeetingId.eq(after.id))
                .exec(unit.connection())
                .await?;
            keep_actions(unit, after).await?;
        }
        _ => {}
    }
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record(act, Some(before), Some(after))
}
