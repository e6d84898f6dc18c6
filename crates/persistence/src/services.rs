//! Services.
use std::collections::HashSet;

use domain::{
    Rule, RuleCode,
    events::SubjectKind,
    services::{Metric, Service, ServiceStatus},
    vocabulary::*,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, FromJsonQueryResult, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Error, Page, Paging,
    customers::{known_by, refuse_if_used},
    references::{self, References},
    store::{self, Cursor, Source, UnitOfWork},
};

pub(crate) mod entity {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "service")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ServiceId,
        pub version: i64,
        pub code: Code,
        pub name: Name,
        pub sort_key: Vec<u8>,
        pub description: Option<Note>,
        pub status: domain::services::ServiceStatus,
        #[sea_orm(column_type = "JsonBinary")]
        pub metrics: super::Metrics,
        #[sea_orm(column_type = "JsonBinary")]
        pub external_references: crate::references::References,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
/// What is measured of a service, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Metrics(Vec<Metric>);

use entity::{ActiveModel, Column, Entity, Model};

impl From<Model> for Service {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            code: row.code,
            name: row.name,
            description: row.description,
            status: row.status,
            metrics: row.metrics.0,
            references: row.external_references.0,
            created_at: row.created_at,
        }
    }
}

/// Which services.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// With this status.
    pub status: Option<ServiceStatus>,
    /// With this code.
    pub code: Option<Code>,
    /// Known by this reference.
    pub reference: Option<SystemKey>,
}

/// The service.
pub async fn get(source: &impl Source, id: ServiceId) -> Result<Service, Error> {
    Ok(Entity::find_by_id(id)
        .one(source.connection())
        .await?
        .ok_or(Error::NotFound)?
        .into())
}

/// The same, held until the unit of work ends.
pub async fn load(unit: &UnitOfWork, id: ServiceId) -> Result<Service, Error> {
    let mut query = Entity::find_by_id(id);
    store::lock(QuerySelect::query(&mut query), unit.backend(), "service");
    Ok(query.one(unit.connection()).await?.ok_or(Error::NotFound)?.into())
}

/// Which of these services there are; they stay until the unit of work ends.
pub(crate) async fn existing(unit: &UnitOfWork, ids: &HashSet<Uuid>) -> Result<HashSet<Uuid>, Error> {
    store::existing(unit.connection(), "service", ids).await
}

/// A service in an array that was put together in SQL.
#[derive(Deserialize)]
pub(crate) struct Labelled {
    id: ServiceId,
    code: Code,
    name: Name,
}

/// The services of such an array.
pub(crate) fn labelled(stored: Vec<Labelled>) -> Vec<ServiceRef> {
    let label = |s: Labelled| ServiceRef {
        id: s.id,
        code: s.code,
        name: s.name,
    };
    stored.into_iter().map(label).collect()
}

/// The services that keys in a body name, each once, in their order; `pointer` is the list's.
pub async fn named(source: &impl Source, keys: &[Key<ServiceId>], pointer: &str) -> Result<Vec<ServiceRef>, Error> {
    if keys.is_empty() {
        return Ok(vec![]);
    }
    let mut ids = Vec::with_capacity(keys.len());
    for (i, key) in keys.iter().enumerate() {
        let id = references::id_of(source, SubjectKind::Service, key).await?;
        ids.push(id.ok_or_else(|| references::unknown("service", &format!("{pointer}/{i}")))?);
    }
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .all(source.connection())
        .await?;
    ids.iter()
        .enumerate()
        .filter(|(i, id)| !ids[..*i].contains(id))
        .map(|(i, id)| {
            let row = rows.iter().find(|row| row.id == *id);
            let row = row.ok_or_else(|| references::unknown("service", &format!("{pointer}/{i}")))?;
            Ok(ServiceRef {
                id: row.id,
                code: row.code.clone(),
                name: row.name.clone(),
            })
        })
        .collect()
}

/// The service that a key in a body names.
pub async fn named_one(source: &impl Source, key: &Key<ServiceId>, pointer: &str) -> Result<ServiceRef, Error> {
    let unknown = || references::unknown("service", pointer);
    let id = references::id_of(source, SubjectKind::Service, key)
        .await?
        .ok_or_else(unknown)?;
    let row = Entity::find_by_id(id)
        .one(source.connection())
        .await?
        .ok_or_else(unknown)?;
    Ok(ServiceRef {
        id: row.id,
        code: row.code,
        name: row.name,
    })
}

/// The one service that a body names, which must be offered still.
pub async fn named_active(source: &impl Source, key: &Key<ServiceId>, pointer: &str) -> Result<ServiceRef, Error> {
    let id = references::id_of(source, SubjectKind::Service, key).await?;
    let found = match id {
        Some(id) => Entity::find_by_id(id).one(source.connection()).await?,
        None => None,
    };
    let row = found.ok_or_else(|| references::unknown("service", pointer))?;
    if row.status == ServiceStatus::Retired {
        let detail = format!("Service {} is retired and takes no new usages.", row.code);
        return Err(Rule::new(RuleCode::State, detail).at(pointer).into());
    }
    Ok(ServiceRef {
        id: row.id,
        code: row.code,
        name: row.name,
    })
}

/// What is measured of each of these services.
pub(crate) async fn metrics(source: &impl Source, ids: &[ServiceId]) -> Result<Vec<(ServiceId, Vec<Metric>)>, Error> {
    let rows: Vec<(ServiceId, Metrics)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::Metrics])
        .filter(Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(source.connection())
        .await?;
    Ok(rows.into_iter().map(|(id, metrics)| (id, metrics.0)).collect())
}

/// Whose code it is.
pub async fn id_of_code(source: &impl Source, code: &str) -> Result<Option<ServiceId>, Error> {
    let id = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Code.eq(code));
    Ok(id.into_tuple().one(source.connection()).await?)
}

/// A page of services, by name.
pub async fn list(source: &impl Source, filter: &Filter, paging: &Paging) -> Result<Page<Service>, Error> {
    let mut query = Entity::find()
        .apply_if(filter.status, |q, status| q.filter(Column::Status.eq(status)))
        .apply_if(filter.code.clone(), |q, code| q.filter(Column::Code.eq(code)))
        .apply_if(filter.reference.as_ref(), |q, wanted| {
            q.filter(known_by(SubjectKind::Service, "service.id", wanted, source.backend()))
        })
        .into_query();
    let (rows, total) = paging
        .rows::<Model>(source, &mut query, Some(("service", "sort_key")), ("service", "id"))
        .await?;
    let place = |s: &Service| Cursor::after(sort_key(s.name.as_str()), s.id);
    Ok(paging.cut(rows.into_iter().map(Into::into).collect(), total, place))
}

fn row(service: &Service) -> ActiveModel {
    ActiveModel {
        id: Set(service.id),
        version: Set(service.version),
        code: Set(service.code.clone()),
        name: Set(service.name.clone()),
        sort_key: Set(sort_key(service.name.as_str())),
        description: Set(service.description.clone()),
        status: Set(service.status),
        metrics: Set(Metrics(service.metrics.clone())),
        external_references: Set(References(service.references.clone())),
        created_at: Set(service.created_at),
    }
}

/// Stores a new service.
pub async fn insert(unit: &mut UnitOfWork, service: &Service, digest: Option<&str>) -> Result<(), Error> {
    Entity::insert(row(service))
        .exec_without_returning(unit.connection())
        .await?;
    references::set(
        unit,
        SubjectKind::Service,
        service.id.0,
        &service.references,
        digest,
        true,
    )
    .await?;
    unit.record("created", None, Some(service))
}

/// Stores a changed service.
pub async fn update(
    unit: &mut UnitOfWork,
    before: &Service,
    after: &Service,
    digest: Option<&str>,
) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Expr::col(Column::Id).eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    references::set(unit, SubjectKind::Service, after.id.0, &after.references, digest, false).await?;
    unit.record("changed", Some(before), Some(after))
}

/// Removes a service that nothing refers to.
pub async fn delete(unit: &mut UnitOfWork, service: &Service) -> Result<(), Error> {
    let uses = [
        ("service usages", "service_usage", "service_id"),
        ("service owners", "membership_service", "service_id"),
        ("requests", "request_service", "service_id"),
        ("agreements", "agreement_service", "service_id"),
        ("measurements", "measurement", "service_id"),
        ("improvements", "improvement_service", "service_id"),
        ("costs", "service_cost", "service_id"),
        ("assessments of value", "value_assessment", "service_id"),
        ("lessons", "lesson_service", "service_id"),
        ("rounds of surveys", "survey_round", "service_id"),
        ("planned activities", "planned_activity_service", "service_id"),
        ("announcements", "announcement_service", "service_id"),
    ];
    refuse_if_used(unit, "service", service.id.0, &uses).await?;
    references::set(unit, SubjectKind::Service, service.id.0, &[], None, false).await?;
    store::guarding(
        "service",
        Entity::delete_by_id(service.id).exec(unit.connection()).await,
    )?;
    unit.record("deleted", Some(service), None)
}
