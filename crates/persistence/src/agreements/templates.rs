//! Templates that agreements start from.
use domain::{agreements::*, vocabulary::*};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use crate::{
    Error, Page, Paging,
    store::{self, Cursor, Source, UnitOfWork},
};

mod entity {
    use domain::{agreements::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "agreement_template")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AgreementTemplateId,
        pub version: i64,
        pub name: Name,
        pub sort_key: Vec<u8>,
        pub kind: AgreementKind,
        #[sea_orm(column_type = "JsonBinary")]
        pub terms: TermLengths,
        #[sea_orm(column_type = "JsonBinary")]
        pub content: Content,
        pub is_default: bool,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

impl From<Model> for AgreementTemplate {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            name: row.name,
            kind: row.kind,
            terms: row.terms,
            content: row.content,
            default: row.is_default,
            created_at: row.created_at,
        }
    }
}

fn row(template: &AgreementTemplate) -> ActiveModel {
    ActiveModel {
        id: Set(template.id),
        version: Set(template.version),
        name: Set(template.name.clone()),
        sort_key: Set(sort_key(template.name.as_str())),
        kind: Set(template.kind),
        terms: Set(template.terms.clone()),
        content: Set(template.content.clone()),
        is_default: Set(template.default),
        created_at: Set(template.created_at),
    }
}

/// The template.
pub async fn get_template(source: &impl Source, id: AgreementTemplateId) -> Result<AgreementTemplate, Error> {
    let row = Entity::find_by_id(id).one(source.connection()).await?;
    Ok(row.ok_or(Error::NotFound)?.into())
}

/// The same, held until the unit of work ends.
pub async fn load_template(unit: &UnitOfWork, id: AgreementTemplateId) -> Result<AgreementTemplate, Error> {
    let mut query = Entity::find_by_id(id);
    store::lock(QuerySelect::query(&mut query), unit.backend(), "agreement_template");
    Ok(query.one(unit.connection()).await?.ok_or(Error::NotFound)?.into())
}

/// The template that holds for a used service until an agreement of its own is made.
pub async fn default_template(source: &impl Source) -> Result<Option<AgreementTemplate>, Error> {
    let row = Entity::find()
        .filter(Column::IsDefault.eq(true))
        .one(source.connection())
        .await?;
    Ok(row.map(Into::into))
}

/// A page of templates, by name.
pub async fn list_templates(source: &impl Source, paging: &Paging) -> Result<Page<AgreementTemplate>, Error> {
    let mut query = Entity::find().into_query();
    let key = ("agreement_template", "sort_key");
    let (rows, total) = paging
        .rows::<Model>(source, &mut query, Some(key), ("agreement_template", "id"))
        .await?;
    let place = |t: &AgreementTemplate| Cursor::after(sort_key(t.name.as_str()), t.id);
    Ok(paging.cut(rows.into_iter().map(Into::into).collect(), total, place))
}

/// Stores a new template.
pub async fn insert_template(unit: &mut UnitOfWork, template: &AgreementTemplate) -> Result<(), Error> {
    Entity::insert(row(template))
        .exec_without_returning(unit.connection())
        .await?;
    unit.record("created", None, Some(template))
}

/// Stores a changed template.
pub async fn update_template(
    unit: &mut UnitOfWork,
    before: &AgreementTemplate,
    after: &AgreementTemplate,
) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record("changed", Some(before), Some(after))
}

/// Removes a template. What started from it keeps its words.
pub async fn delete_template(unit: &mut UnitOfWork, template: &AgreementTemplate) -> Result<(), Error> {
    Entity::delete_by_id(template.id).exec(unit.connection()).await?;
    unit.record("deleted", Some(template), None)
}
