//! Documents that were handed out, known again by the digest of their bytes; and content, by its own.
use chrono::{DateTime, Utc};
use domain::{agreements::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict,
};

use super::versions;
use crate::{
    Error,
    store::{Source, UnitOfWork},
};

mod entity {
    use domain::{agreements::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "handed_out")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub digest: String,
        pub version_id: AgreementVersionId,
        pub content_digest: Digest,
        pub status: VersionStatus,
        pub language: Language,
        pub first_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity};

/// A document that was handed out.
#[derive(Debug, Clone, PartialEq)]
pub struct HandedOut {
    /// The version that it shows.
    pub version: AgreementVersionId,
    /// The digest of the content that it shows.
    pub digest: Digest,
    /// Where the version stood in it.
    pub status: VersionStatus,
    /// The language of its own words.
    pub language: Language,
    /// When it was handed out first.
    pub first_at: DateTime<Utc>,
}

/// The document whose bytes have this digest, if it was handed out.
pub async fn handed_out(source: &impl Source, digest: &str) -> Result<Option<HandedOut>, Error> {
    let row = Entity::find_by_id(digest.to_owned()).one(source.connection()).await?;
    Ok(row.map(|row| HandedOut {
        version: row.version_id,
        digest: row.content_digest,
        status: row.status,
        language: row.language,
        first_at: row.first_at,
    }))
}

/// Remembers that a document was handed out. The same bytes again are the same document.
pub async fn hand_out(unit: &UnitOfWork, digest: &str, document: &HandedOut) -> Result<(), Error> {
    let row = ActiveModel {
        digest: Set(digest.to_owned()),
        version_id: Set(document.version),
        content_digest: Set(document.digest.clone()),
        status: Set(document.status),
        language: Set(document.language),
        first_at: Set(document.first_at),
    };
    Entity::insert(row)
        .on_conflict(OnConflict::column(Column::Digest).do_nothing().to_owned())
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

/// Where a version is found: its agreement and its number there.
pub type Place = (AgreementId, VersionNumber);

/// Where the version is.
pub async fn place_of(source: &impl Source, id: AgreementVersionId) -> Result<Option<Place>, Error> {
    let row = versions::entity::Entity::find_by_id(id)
        .one(source.connection())
        .await?;
    Ok(row.map(|row| (row.agreement_id, row.number)))
}

/// The versions whose contents have these digests, each with its digest. A content names its agreement and version, so
/// there is hardly ever more than one of each.
pub async fn places_of_contents(source: &impl Source, digests: &[Digest]) -> Result<Vec<(Digest, Place)>, Error> {
    let rows = versions::entity::Entity::find()
        .filter(versions::entity::Column::Digest.is_in(digests.iter().cloned()))
        .order_by_asc(versions::entity::Column::Number)
        .order_by_asc(versions::entity::Column::Id)
        .limit(1000)
        .all(source.connection())
        .await?;
    let placed = rows.into_iter().map(|row| (row.digest, (row.agreement_id, row.number)));
    Ok(placed.collect())
}
