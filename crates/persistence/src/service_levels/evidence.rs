//! The evidence of a statement: which states of which measurements its figures rest on, kept with each revision.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{service_levels::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, Value,
};

use crate::{
    Error,
    store::{self, Source, UnitOfWork},
};

mod kept {
    use domain::{service_levels::RevisionNumber, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "statement_evidence")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub statement_id: StatementId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub revision: RevisionNumber,
        #[sea_orm(primary_key, auto_increment = false)]
        pub measurement_id: MeasurementId,
        // The one that it was matched to then; a correction may name another.
        pub service_id: ServiceId,
        pub digest: Vec<u8>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

/// A digest as it is computed with.
pub(super) fn digest(stored: &[u8]) -> Result<[u8; 32], Error> {
    let wrong = |_| Error::Database(DbErr::Custom("a digest is 32 bytes".into()));
    stored.try_into().map_err(wrong)
}

const FROM_ARRAYS: &str = "insert into statement_evidence (statement_id, revision, measurement_id, service_id, \
    digest) select $1, $2, sent.id, sent.service, sent.digest \
    from unnest($3::uuid[], $4::uuid[], $5::bytea[]) as sent (id, service, digest)";
/// SQLite takes so many values in a statement.
const ROWS_OF_FIVE: usize = 6500;

/// Keeps what the statement's figures rest on, in the place of what was kept for this revision.
pub(super) async fn keep(
    unit: &UnitOfWork,
    statement: &ServiceLevelStatement,
    evidence: &[&Observed],
) -> Result<(), Error> {
    kept::Entity::delete_many()
        .filter(kept::Column::StatementId.eq(statement.id))
        .filter(kept::Column::Revision.eq(statement.revision))
        .exec(unit.connection())
        .await?;
    if evidence.is_empty() {
        return Ok(());
    }
    if unit.backend() == sea_orm::DbBackend::Postgres {
        let values: [Value; 5] = [
            statement.id.0.into(),
            statement.revision.0.into(),
            evidence.iter().map(|o| o.measurement.0).collect::<Vec<_>>().into(),
            evidence.iter().map(|o| o.service.0).collect::<Vec<_>>().into(),
            evidence.iter().map(|o| o.digest.to_vec()).collect::<Vec<_>>().into(),
        ];
        let insert = sea_orm::Statement::from_sql_and_values(unit.backend(), FROM_ARRAYS, values);
        unit.connection().execute_raw(insert).await?;
        return Ok(());
    }
    for some in evidence.chunks(ROWS_OF_FIVE) {
        let rows = some.iter().map(|observed| kept::ActiveModel {
            statement_id: Set(statement.id),
            revision: Set(statement.revision),
            measurement_id: Set(observed.measurement),
            service_id: Set(observed.service),
            digest: Set(observed.digest.to_vec()),
        });
        kept::Entity::insert_many(rows)
            .exec_without_returning(unit.connection())
            .await?;
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct KeptRow {
    measurement_id: MeasurementId,
    digest: Vec<u8>,
    service_id: ServiceId,
    received_at: DateTime<Utc>,
    content: String,
}

/// So many measurements are read at a time.
pub const EVIDENCE_AT_A_TIME: usize = 1000;

/// The measurements that a revision's figures rest on, as they stood when they were computed, after `after` in the order
/// of their ids; at most [`EVIDENCE_AT_A_TIME`].
pub async fn kept_evidence(
    source: &impl Source,
    statement: StatementId,
    revision: RevisionNumber,
    after: Option<MeasurementId>,
) -> Result<Vec<Observed>, Error> {
    // A state that has been corrected since is found among the former ones.
    let sql = "select e.measurement_id, e.digest, e.service_id, \
        case when m.digest = e.digest then m.received_at else v.received_at end as received_at, \
        case when m.digest = e.digest then m.content else v.content end as content \
        from (select measurement_id, service_id, digest from statement_evidence \
            where statement_id = ? and revision = ? and measurement_id > ? order by measurement_id limit 1000) e \
        join measurement m on m.id = e.measurement_id \
        left join measurement_version v on v.measurement_id = e.measurement_id and v.digest = e.digest \
        order by e.measurement_id";
    let after = after.map_or(uuid::Uuid::nil(), |id| id.0);
    let values = vec![statement.0.into(), revision.0.into(), after.into()];
    let rows = store::rows::<KeptRow>(source.connection(), sql, values).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Observed {
                measurement: row.measurement_id,
                digest: digest(&row.digest)?,
                received_at: row.received_at,
                service: row.service_id,
                sent: serde_json::from_str(&row.content)?,
            })
        })
        .collect()
}

/// The digests that a revision's figures rest on, by measurement.
pub(super) async fn kept_digests(
    source: &impl Source,
    statement: &ServiceLevelStatement,
) -> Result<HashMap<MeasurementId, [u8; 32]>, Error> {
    let rows = kept::Entity::find()
        .filter(kept::Column::StatementId.eq(statement.id))
        .filter(kept::Column::Revision.eq(statement.revision))
        .all(source.connection())
        .await?;
    rows.iter()
        .map(|row| Ok((row.measurement_id, digest(&row.digest)?)))
        .collect()
}
