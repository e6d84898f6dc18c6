//! The same request again gets the same answer, and happens once.
use chrono::Duration;
use domain::vocabulary::ContactId;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::{Db, Error, UnitOfWork};

/// How long an answer is replayed.
const DAYS: i64 = 7;

mod entity {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub caller: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub operation: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub fingerprint: String,
        pub status: i32,
        pub headers: String,
        pub body: String,
        pub at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity};

/// A key as one caller used it for one operation.
#[derive(Debug, Clone)]
pub struct Key {
    /// Whose key.
    pub caller: String,
    /// For which operation.
    pub operation: String,
    /// The key.
    pub key: String,
    /// Digest of target and body.
    pub fingerprint: String,
}

/// An answer that was given.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The headers that belong to the answer, as a JSON object.
    pub headers: String,
    /// The body, byte for byte.
    pub body: String,
}

impl UnitOfWork {
    /// Claims the key for this unit of work, or gives the answer that it already got. A concurrent twin waits here
    /// until the first commits (then it replays) or rolls back (then the key is its own).
    pub async fn claim(&self, key: &Key) -> Result<Option<Answer>, Error> {
        let row = ActiveModel {
            caller: Set(key.caller.clone()),
            operation: Set(key.operation.clone()),
            key: Set(key.key.clone()),
            fingerprint: Set(key.fingerprint.clone()),
            status: Set(0),
            headers: Set(String::new()),
            body: Set(String::new()),
            at: Set(self.now()),
        };
        // A key whose time has run out is as good as new.
        let columns = [Column::Caller, Column::Operation, Column::Key];
        let expired = OnConflict::columns(columns)
            .update_columns([
                Column::Fingerprint,
                Column::Status,
                Column::Headers,
                Column::Body,
                Column::At,
            ])
            .action_and_where(Expr::col(("idempotency", "at")).lt(self.now() - Duration::days(DAYS)))
            .to_owned();
        let insert = Entity::insert(row).on_conflict(expired);
        let done = self
            .tx
            .execute(&insert.into_query())
            .await
            .map_err(|e| match Error::of_waiting(&e) {
                true => Error::TwinRunning,
                false => e.into(),
            })?;
        if done.rows_affected() > 0 {
            return Ok(None);
        }
        let id = (key.caller.clone(), key.operation.clone(), key.key.clone());
        let Some(found) = Entity::find_by_id(id).one(&self.tx).await? else {
            return Err(Error::TwinRunning);
        };
        if found.fingerprint != key.fingerprint {
            return Err(Error::KeyReused);
        }
        let status = u16::try_from(found.status).unwrap_or_default();
        Ok(Some(Answer {
            status,
            headers: found.headers,
            body: found.body,
        }))
    }

    /// Forgets the answers that a contact got, and those that tell of them.
    pub(crate) async fn forget_answers_of(&self, contact: ContactId) -> Result<u64, Error> {
        let tells = super::holds(self.tx.get_database_backend(), "body");
        let sql = format!("delete from idempotency where caller = ? or {tells}");
        let values = vec![format!("contact:{contact}").into(), contact.to_string().into()];
        super::run(&self.tx, &sql, values).await
    }

    /// Keeps the answer under the claimed key.
    pub async fn remember(&self, key: &Key, answer: &Answer) -> Result<(), Error> {
        Entity::update_many()
            .set(ActiveModel {
                status: Set(answer.status.into()),
                headers: Set(answer.headers.clone()),
                body: Set(answer.body.clone()),
                ..Default::default()
            })
            .filter(Column::Caller.eq(&key.caller))
            .filter(Column::Operation.eq(&key.operation))
            .filter(Column::Key.eq(&key.key))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}

impl Db {
    /// Removes the answers whose time has run out.
    pub async fn forget_old_answers(&self, now: chrono::DateTime<chrono::Utc>) -> Result<u64, Error> {
        let done = Entity::delete_many()
            .filter(Column::At.lt(now - Duration::days(DAYS)))
            .exec(self.writer())
            .await?;
        Ok(done.rows_affected)
    }
}
