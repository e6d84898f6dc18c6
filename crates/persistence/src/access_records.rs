//! Who read, or took away, what is protected: free text, links, the audit trail. Kept beside the log: a look changes nothing.
use chrono::{DateTime, Utc};
use domain::{
    access_records::{AccessRecord, ReadSubject},
    events::{Actor, ActorKind, SubjectKind},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryTrait};
use uuid::Uuid;

use crate::{
    Db, Error, Page, Paging,
    store::{self, Cursor, Origin, Source, UnitOfWork},
};

mod entity {
    use domain::{
        events::{ActorKind, SubjectKind},
        vocabulary::*,
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "access_record")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AccessRecordId,
        pub at: DateTimeUtc,
        pub actor_kind: ActorKind,
        pub actor_id: String,
        pub acting_for: Option<Uuid>,
        pub request_id: String,
        pub what: String,
        pub subject_kind: Option<SubjectKind>,
        pub subject_id: Option<Uuid>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

impl From<Model> for AccessRecord {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            at: row.at,
            actor: Actor {
                kind: row.actor_kind,
                id: row.actor_id,
                acting_for: row.acting_for,
            },
            request_id: row.request_id,
            operation: row.what,
            subject: Option::zip(row.subject_kind, row.subject_id).map(|(kind, id)| ReadSubject { kind, id }),
        }
    }
}

/// Notes that the one who acts reads something protected; `what` is the operation. What is read commits with it.
pub async fn note(unit: &UnitOfWork, what: &str, kind: SubjectKind, id: impl Into<Uuid>) -> Result<(), Error> {
    note_any(unit, what, Some((kind, id.into()))).await
}

async fn note_any(unit: &UnitOfWork, what: &str, subject: Option<(SubjectKind, Uuid)>) -> Result<(), Error> {
    let actor = unit.actor();
    let row = ActiveModel {
        id: Set(unit.new_id()),
        at: Set(unit.now()),
        actor_kind: Set(actor.kind),
        actor_id: Set(actor.id.clone()),
        acting_for: Set(unit.acting_for()),
        request_id: Set(unit.request_id().to_owned()),
        what: Set(what.to_owned()),
        subject_kind: Set(subject.map(|(kind, _)| kind)),
        subject_id: Set(subject.map(|(_, id)| id)),
    };
    Entity::insert(row).exec_without_returning(unit.connection()).await?;
    Ok(())
}

impl Db {
    /// Notes a look by itself.
    pub async fn note_look(
        &self,
        origin: &Origin,
        what: &str,
        subject: Option<(SubjectKind, Uuid)>,
    ) -> Result<(), Error> {
        let unit = self.open(origin).await?;
        note_any(&unit, what, subject).await?;
        unit.commit().await
    }
}

/// Which records.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of reading this thing.
    pub subject: Option<Uuid>,
    /// By callers of this kind.
    pub actor_kind: Option<ActorKind>,
    /// By this caller.
    pub actor: Option<String>,
    /// Not before.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub before: Option<DateTime<Utc>>,
}

/// A page of access records, by time.
pub async fn list(source: &impl Source, filter: &Filter, paging: &Paging) -> Result<Page<AccessRecord>, Error> {
    let mut query = Entity::find()
        .apply_if(filter.subject, |q, id| q.filter(Column::SubjectId.eq(id)))
        .apply_if(filter.actor_kind, |q, kind| q.filter(Column::ActorKind.eq(kind)))
        .apply_if(filter.actor.as_ref(), |q, id| q.filter(Column::ActorId.eq(id)))
        .apply_if(filter.from, |q, at| q.filter(Column::At.gte(at)))
        .apply_if(filter.before, |q, at| q.filter(Column::At.lt(at)))
        .into_query();
    let total = match paging.count {
        true => Some(store::count(source.connection(), &query).await?),
        false => None,
    };
    paging.apply_by_time(&mut query, ("access_record", "at"), ("access_record", "id"));
    let rows: Vec<Model> = store::all(source.connection(), &query).await?;
    let place = |record: &AccessRecord| Cursor::after_time(record.at, record.id);
    Ok(paging.cut(rows.into_iter().map(Into::into).collect(), total, place))
}
