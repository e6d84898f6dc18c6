//! Batches: what was sent together under a key of its sender. Each leaves one event, when it is received in whole, or an
//! hour after its sender fell silent; a further one only if it is sent again and brings something new.
use chrono::Duration;
use domain::{
    Rule, RuleCode,
    access::Caller,
    measurements::{Batch, BatchOf, Counts},
    vocabulary::BatchId,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::batch::{ActiveModel, Column, Entity, Model};
use crate::{
    Db, Error,
    store::{self, Origin, Source, UnitOfWork},
};

/// How long a sender may be silent before its batch is told of as it is.
const SILENCE: Duration = Duration::hours(1);

impl Model {
    fn counts(&self) -> Counts {
        Counts {
            accepted: self.accepted,
            duplicate: self.duplicate,
            correction: self.correction,
            outdated: self.outdated,
            quarantined: self.quarantined,
            rejected: self.rejected,
        }
    }
}

/// The batch that a client calls by this key, begun if it is new.
pub async fn open(unit: &UnitOfWork, caller: &Caller, of: BatchOf, key: &str) -> Result<BatchId, Error> {
    // Only clients send batches: the matrix says so.
    let Caller::Client { id: client, .. } = caller else {
        return Err(Error::NotPermitted);
    };
    let row = ActiveModel {
        id: Set(unit.new_id()),
        version: Set(0),
        client_id: Set(*client),
        key: Set(key.to_owned()),
        made_of: Set(of),
        accepted: Set(0),
        duplicate: Set(0),
        correction: Set(0),
        outdated: Set(0),
        quarantined: Set(0),
        rejected: Set(0),
        digest: Set(None),
        told_of: Set(0),
        changed_at: Set(unit.now()),
    };
    let known = OnConflict::columns([Column::ClientId, Column::Key])
        .do_nothing()
        .to_owned();
    let insert = Entity::insert(row).on_conflict(known);
    unit.connection().execute(&insert.into_query()).await?;
    let id = Entity::find()
        .select_only()
        .columns([Column::Id, Column::MadeOf])
        .filter(Column::ClientId.eq(*client))
        .filter(Column::Key.eq(key));
    let found: Option<(BatchId, BatchOf)> = id.into_tuple().one(unit.connection()).await?;
    match found {
        Some((id, made_of)) if made_of == of => Ok(id),
        Some((_, made_of)) => {
            let detail = format!("The batch {key} is made of {made_of}: {of} go into a batch of their own.");
            Err(Rule::new(RuleCode::State, detail).into())
        }
        None => Err(Error::NotFound),
    }
}

/// Adds what became of some more of its lines.
pub async fn count(unit: &UnitOfWork, id: BatchId, counts: &Counts) -> Result<(), Error> {
    let more = [
        (Column::Accepted, counts.accepted),
        (Column::Duplicate, counts.duplicate),
        (Column::Correction, counts.correction),
        (Column::Outdated, counts.outdated),
        (Column::Quarantined, counts.quarantined),
        (Column::Rejected, counts.rejected),
    ];
    let mut update = Entity::update_many().col_expr(Column::ChangedAt, Expr::val(unit.now()));
    for (column, n) in more {
        update = update.col_expr(column, Expr::col(column).add(n));
    }
    update.filter(Column::Id.eq(id)).exec(unit.connection()).await?;
    Ok(())
}

/// Tells of the batch, if it has brought something since it was told of last. `digest` is of its lines, where they were
/// received in whole.
pub async fn close(unit: &mut UnitOfWork, id: BatchId, digest: Option<String>) -> Result<(), Error> {
    let mut query = Entity::find_by_id(id);
    store::lock(QuerySelect::query(&mut query), unit.backend(), "measurement_batch");
    let row = query.one(unit.connection()).await?.ok_or(Error::NotFound)?;
    let counts = row.counts();
    let digest = digest.or(row.digest);
    let told = row.version > 0 && counts.stored() == row.told_of;
    let version = if told { row.version } else { row.version + 1 };
    let change = ActiveModel {
        version: Set(version),
        digest: Set(digest.clone()),
        told_of: Set(counts.stored()),
        ..Default::default()
    };
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id));
    update.exec(unit.connection()).await?;
    if told {
        return Ok(());
    }
    let batch = Batch {
        id,
        version,
        of: row.made_of,
        key: row.key,
        counts,
        digest,
    };
    unit.record("received", None, Some(&batch))
}

impl Db {
    /// Tells of the batches whose senders fell silent: they were cut off and not sent again.
    pub async fn tell_of_silent_batches(&self, origin: &Origin) -> Result<(), Error> {
        let untold = "version = 0 or accepted + correction + outdated + quarantined > told_of";
        let silent: Vec<BatchId> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Expr::cust(untold))
            .filter(Column::ChangedAt.lt(origin.now - SILENCE))
            .order_by_asc(Column::ChangedAt)
            .into_tuple()
            .all(self.reader().connection())
            .await?;
        for id in silent {
            let mut unit = self.open(origin).await?;
            close(&mut unit, id, None).await?;
            unit.commit().await?;
        }
        Ok(())
    }
}
