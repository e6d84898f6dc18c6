//! Revisions: the figures that stood before a restatement, and what later evidence would change in those that stand.
use domain::service_levels::*;
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::{LocalTime, computed_now, evidence, unreadable, update};
use crate::{
    Error,
    store::{Source, UnitOfWork},
};

mod superseded {
    use domain::{service_levels::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "statement_revision")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub statement_id: StatementId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub revision: RevisionNumber,
        pub version: i64,
        #[sea_orm(column_type = "JsonBinary")]
        pub verdicts: Verdicts,
        #[sea_orm(column_type = "JsonBinary")]
        pub figures: Figures,
        #[sea_orm(column_type = "JsonBinary")]
        pub proposal: StatementProposal,
        #[sea_orm(column_type = "JsonBinary")]
        pub objections: Objections,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub acceptance: Option<Acceptance>,
        #[sea_orm(column_type = "JsonBinary")]
        pub closing: Closing,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub restatement: Option<Restatement>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

/// A revision of a statement: the one that stands, or one that stood before.
pub async fn revision(
    source: &impl Source,
    statement: ServiceLevelStatement,
    revision: RevisionNumber,
) -> Result<ServiceLevelStatement, Error> {
    if statement.revision == revision {
        return Ok(statement);
    }
    let row = superseded::Entity::find_by_id((statement.id, revision))
        .one(source.connection())
        .await?
        .ok_or(Error::NotFound)?;
    Ok(ServiceLevelStatement {
        version: row.version,
        state: StatementState::Closed,
        revision: row.revision,
        verdicts: Some(row.verdicts),
        figures: Some(row.figures),
        proposal: Some(row.proposal),
        objections: row.objections,
        acceptance: row.acceptance,
        closing: Some(row.closing),
        restatement: row.restatement,
        ..statement
    })
}

/// Stores a new revision, and the one that stood before beside it.
pub async fn restate(
    unit: &mut UnitOfWork,
    before: &ServiceLevelStatement,
    after: &ServiceLevelStatement,
    inputs: &Inputs,
) -> Result<(), Error> {
    let whole = (
        before.verdicts,
        before.figures.clone(),
        before.proposal.clone(),
        before.closing.clone(),
    );
    let (Some(verdicts), Some(figures), Some(proposal), Some(closing)) = whole else {
        return Err(unreadable("a closed statement lacks its figures"));
    };
    superseded::Entity::insert(superseded::ActiveModel {
        statement_id: Set(before.id),
        revision: Set(before.revision),
        version: Set(before.version),
        verdicts: Set(verdicts),
        figures: Set(figures),
        proposal: Set(proposal),
        objections: Set(before.objections.clone()),
        acceptance: Set(before.acceptance.clone()),
        closing: Set(closing),
        restatement: Set(before.restatement.clone()),
    })
    .exec_without_returning(unit.connection())
    .await?;
    update(unit, "restated", before, after).await?;
    evidence::keep(unit, after, &inputs.evidence()).await
}

/// What differs between figures that are kept and what is there now.
pub async fn difference(
    source: &impl Source,
    statement: &ServiceLevelStatement,
    time: LocalTime,
) -> Result<StatementDifference, Error> {
    let (inputs, now) = computed_now(source, statement, time).await?;
    let kept = evidence::kept_digests(source, statement).await?;
    let kept_figures = statement.figures.clone().unwrap_or_else(|| now.clone());
    Ok(StatementDifference::between(kept_figures, &kept, now, &inputs))
}
