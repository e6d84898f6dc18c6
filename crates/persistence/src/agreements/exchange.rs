//! Agreements that are taken in from other installations.
use domain::{agreements::*, vocabulary::*};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{
    entity, insert_row,
    versions::{hold_customer, insert_version, must_be_free, store_terms},
};
use crate::{
    Error,
    store::{Source, UnitOfWork},
};

/// The agreement that was taken in from there under this number.
pub async fn imported_from(source: &impl Source, from: &ImportedFrom) -> Result<Option<AgreementId>, Error> {
    let id = entity::Entity::find()
        .select_only()
        .column(entity::Column::Id)
        .filter(entity::Column::Origin.eq(from.origin.clone()))
        .filter(entity::Column::OriginNumber.eq(from.number.clone()));
    Ok(id.into_tuple().one(source.connection()).await?)
}

/// Stores an agreement with all of its versions as they were elsewhere, if no other agreement of the customer covers the
/// same service on any of their days (R8).
pub async fn take_in(unit: &mut UnitOfWork, agreement: &Agreement, versions: &[AgreementVersion]) -> Result<(), Error> {
    insert_row(unit, "imported", agreement).await?;
    hold_customer(unit, agreement).await?;
    for version in versions {
        insert_version(unit, "imported", agreement, version).await?;
        if version.status().was_approved() {
            store_terms(unit, version).await?;
            must_be_free(unit, agreement, version).await?;
        }
    }
    Ok(())
}
