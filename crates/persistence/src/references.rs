//! What other systems call our things: unique per system and kind, looked up on every way in.
use std::collections::HashMap;

use domain::{
    Rule, RuleCode,
    events::SubjectKind,
    vocabulary::{ExternalReference, Key, SystemKey},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Error, measurements,
    store::{Source, UnitOfWork},
};

mod entity {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "external_reference")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub system: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub external_id: String,
        pub subject_id: Uuid,
        pub digest: Option<String>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity};

/// A thing's references as its row keeps them, so that reading it takes no second query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
pub struct References(pub Vec<ExternalReference>);

async fn find(source: &impl Source, kind: SubjectKind, system: &str, id: &str) -> Result<Option<entity::Model>, Error> {
    let key = (kind.to_string(), system.to_owned(), id.to_owned());
    Ok(Entity::find_by_id(key).one(source.connection()).await?)
}

/// What a document that creates something turns out to be, by its references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Nothing is known by them.
    New {
        /// The document's digest.
        digest: String,
    },
    /// The same document again.
    Same(Uuid),
    /// Another document about something that is known.
    Anew {
        /// What is known.
        id: Uuid,
        /// The new document's digest.
        digest: String,
    },
}

/// What is known but out of the caller's sight is told as a reference that is taken, not as something to be found (R20).
pub fn taken(e: Error) -> Error {
    match e {
        Error::NotFound => {
            let detail = "Another thing of this kind has one of these references.";
            Rule::new(RuleCode::NotUnique, detail).at("/references").into()
        }
        other => other,
    }
}

/// Looks a document up by the references that it carries.
pub async fn told(
    source: &impl Source,
    kind: SubjectKind,
    references: &[ExternalReference],
    document: &impl Serialize,
) -> Result<Told, Error> {
    let digest = domain::clients::digest(&serde_json::to_string(document)?);
    let mut known: Option<entity::Model> = None;
    for reference in references {
        let found = find(source, kind, reference.system.as_str(), reference.id.as_str()).await?;
        match (&known, found) {
            (Some(one), Some(other)) if one.subject_id != other.subject_id => {
                let detail = "The references belong to two different things.";
                return Err(Rule::new(RuleCode::NotUnique, detail).at("/references").into());
            }
            (None, Some(found)) => known = Some(found),
            _ => {}
        }
    }
    Ok(match known {
        None => Told::New { digest },
        Some(row) if row.digest.as_ref() == Some(&digest) => Told::Same(row.subject_id),
        Some(row) => Told::Anew {
            id: row.subject_id,
            digest,
        },
    })
}

/// Whose reference it is.
pub async fn id_of_reference(
    source: &impl Source,
    kind: SubjectKind,
    system: &str,
    id: &str,
) -> Result<Option<Uuid>, Error> {
    Ok(find(source, kind, system, id).await?.map(|row| row.subject_id))
}

/// Our id for what a key names; none where the reference is unknown.
pub(crate) async fn id_of<I: From<Uuid> + Copy>(
    source: &impl Source,
    kind: SubjectKind,
    key: &Key<I>,
) -> Result<Option<I>, Error> {
    match key {
        Key::Id(id) => Ok(Some(*id)),
        Key::Reference(SystemKey { system, id }) => Ok(find(source, kind, system.as_str(), id.as_str())
            .await?
            .map(|row| row.subject_id.into())),
    }
}

/// Whose references they are, of many at once; unknown ones are left out.
pub(crate) async fn ids_of(
    source: &impl Source,
    kind: SubjectKind,
    keys: &[&SystemKey],
) -> Result<HashMap<SystemKey, Uuid>, Error> {
    let mut known = HashMap::new();
    for keys in keys.chunks(1000) {
        let named = keys.iter().map(|key| (key.system.as_str(), key.id.as_str()));
        let rows = Entity::find()
            .filter(Column::Kind.eq(kind.to_string()))
            .filter(Expr::tuple([Expr::col(Column::System), Expr::col(Column::ExternalId)]).in_tuples(named))
            .all(source.connection())
            .await?;
        for row in rows {
            // What stands in the table was such a key once.
            if let (Ok(system), Ok(id)) = (row.system.parse(), row.external_id.parse()) {
                known.insert(SystemKey { system, id }, row.subject_id);
            }
        }
    }
    Ok(known)
}

/// The refusal of a key that names nothing the caller can see.
pub(crate) fn unknown(what: &str, pointer: &str) -> Error {
    Rule::new(RuleCode::UnknownReference, format!("There is no such {what}."))
        .at(pointer)
        .into()
}

/// Replaces a thing's references. `digest` is that of the document its source sent, where a source sent it.
pub(crate) async fn set(
    unit: &mut UnitOfWork,
    kind: SubjectKind,
    subject: Uuid,
    references: &[ExternalReference],
    digest: Option<&str>,
    is_new: bool,
) -> Result<(), Error> {
    if !is_new {
        Entity::delete_many()
            .filter(Column::Kind.eq(kind.to_string()))
            .filter(Column::SubjectId.eq(subject))
            .exec(unit.connection())
            .await?;
    }
    if references.is_empty() {
        return Ok(());
    }
    let rows = references.iter().map(|reference| ActiveModel {
        kind: Set(kind.to_string()),
        system: Set(reference.system.to_string()),
        external_id: Set(reference.id.to_string()),
        subject_id: Set(subject),
        digest: Set(digest.map(Into::into)),
    });
    Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    // Evidence may have waited for it.
    measurements::match_named(unit, kind, subject, references).await
}
