//! Who read, or took away, what is protected: free text, links. Kept beside the log: a look changes nothing.
use domain::events::SubjectKind;
use sea_orm::{ActiveValue::Set, EntityTrait};
use uuid::Uuid;

use crate::{
    Error,
    store::{Source, UnitOfWork},
};

mod entity {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "access_record")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub at: DateTimeUtc,
        pub actor_kind: String,
        pub actor_id: String,
        pub acting_for: Option<Uuid>,
        pub request_id: String,
        pub what: String,
        pub subject_kind: String,
        pub subject_id: Uuid,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

/// Notes that the one who acts reads something protected; `what` is the operation.
pub async fn note(unit: &UnitOfWork, what: &str, kind: SubjectKind, id: impl Into<Uuid>) -> Result<(), Error> {
    let actor = unit.actor();
    let row = entity::ActiveModel {
        id: Set(unit.new_id()),
        at: Set(unit.now()),
        actor_kind: Set(actor.kind.to_string()),
        actor_id: Set(actor.id.clone()),
        acting_for: Set(unit.acting_for()),
        request_id: Set(unit.request_id().to_owned()),
        what: Set(what.to_owned()),
        subject_kind: Set(kind.to_string()),
        subject_id: Set(id.into()),
    };
    entity::Entity::insert(row)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}
