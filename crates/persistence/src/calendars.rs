//! Service calendars. A change stores a new version beside the old ones, which stay as they were.
use std::collections::{HashMap, HashSet};

use domain::{
    access::Scope,
    calendars::{CalendarHours, PinnedCalendar, ServiceCalendar},
    vocabulary::*,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    Error, Page, Paging, access,
    store::{self, Cursor, Source, UnitOfWork},
};

mod current {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "service_calendar")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: CalendarId,
        pub version: i64,
        pub name: Name,
        pub sort_key: Vec<u8>,
        #[sea_orm(column_type = "JsonBinary")]
        pub hours: domain::calendars::CalendarHours,
        pub digest: String,
        pub created_at: DateTimeUtc,
        pub changed_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod version {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "service_calendar_version")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub calendar_id: CalendarId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        pub sort_key: Vec<u8>,
        pub name: Name,
        #[sea_orm(column_type = "JsonBinary")]
        pub hours: domain::calendars::CalendarHours,
        pub digest: String,
        pub created_at: DateTimeUtc,
        pub changed_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

impl From<current::Model> for ServiceCalendar {
    fn from(row: current::Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            name: row.name,
            hours: row.hours,
            digest: row.digest,
            created_at: row.created_at,
            changed_at: row.changed_at,
        }
    }
}

impl From<version::Model> for ServiceCalendar {
    fn from(row: version::Model) -> Self {
        Self {
            id: row.calendar_id,
            version: row.version,
            name: row.name,
            hours: row.hours,
            digest: row.digest,
            created_at: row.created_at,
            changed_at: row.changed_at,
        }
    }
}

/// Versions stand in their order by these bytes.
fn place(version: i64) -> Vec<u8> {
    version.to_be_bytes().into()
}

/// The calendar as it is now. Whoever has an agreement may know when its service is open: everybody sees them all.
pub async fn get(source: &impl Source, id: CalendarId) -> Result<ServiceCalendar, Error> {
    let row = current::Entity::find_by_id(id).one(source.connection()).await?;
    Ok(row.ok_or(Error::NotFound)?.into())
}

/// The calendar as one of its versions has it, for what pinned that version.
pub async fn version(source: &impl Source, id: CalendarId, version: i64) -> Result<ServiceCalendar, Error> {
    let row = version::Entity::find_by_id((id, version))
        .one(source.connection())
        .await?;
    Ok(row.ok_or(Error::NotFound)?.into())
}

/// The hours of pinned calendars, by calendar and version.
pub async fn hours_of<'a>(
    source: &impl Source,
    pins: impl IntoIterator<Item = &'a PinnedCalendar>,
) -> Result<HashMap<(CalendarId, i64), CalendarHours>, Error> {
    let wanted: HashSet<(CalendarId, i64)> = pins.into_iter().map(|pin| (pin.id, pin.version)).collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let pair = |(id, version): &(CalendarId, i64)| {
        version::Column::CalendarId
            .eq(*id)
            .and(version::Column::Version.eq(*version))
    };
    let rows = version::Entity::find()
        .filter(wanted.iter().map(pair).fold(Condition::any(), Condition::add))
        .all(source.connection())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.calendar_id, row.version), row.hours))
        .collect())
}

/// The version of a calendar that has just these hours, the one of this name before others.
pub async fn with_hours(source: &impl Source, digest: &str, name: &Name) -> Result<Option<ServiceCalendar>, Error> {
    let rows = version::Entity::find()
        .filter(version::Column::Digest.eq(digest))
        .order_by_desc(Expr::col(version::Column::Name).eq(name.clone()))
        .order_by_asc(version::Column::CalendarId)
        .order_by_desc(version::Column::Version);
    Ok(rows.one(source.connection()).await?.map(Into::into))
}

/// The calendar of this name.
pub async fn called(source: &impl Source, name: &str) -> Result<Option<ServiceCalendar>, Error> {
    let found = current::Entity::find().filter(current::Column::Name.eq(name));
    Ok(found.one(source.connection()).await?.map(Into::into))
}

/// Whether a calendar has this name.
pub async fn is_named(source: &impl Source, name: &Name) -> Result<bool, Error> {
    let found = current::Entity::find().filter(current::Column::Name.eq(name.clone()));
    Ok(found.one(source.connection()).await?.is_some())
}

/// The calendar, held until the unit of work ends, if the caller may change it (403).
pub async fn load(unit: &UnitOfWork, scope: &Scope, id: CalendarId) -> Result<ServiceCalendar, Error> {
    let mut query = current::Entity::find_by_id(id);
    store::lock(QuerySelect::query(&mut query), unit.backend(), "service_calendar");
    let row = query.one(unit.connection()).await?.ok_or(Error::NotFound)?;
    access::admit_to_provider(unit, scope).await?;
    Ok(row.into())
}

/// A page of calendars, by name.
pub async fn list(source: &impl Source, name: Option<&Name>, paging: &Paging) -> Result<Page<ServiceCalendar>, Error> {
    let mut query = current::Entity::find()
        .apply_if(name, |q, name| q.filter(current::Column::Name.eq(name.clone())))
        .into_query();
    let (rows, total) = paging
        .rows::<current::Model>(
            source,
            &mut query,
            Some(("service_calendar", "sort_key")),
            ("service_calendar", "id"),
        )
        .await?;
    let place = |c: &ServiceCalendar| Cursor::after(sort_key(c.name.as_str()), c.id);
    Ok(paging.cut(rows.into_iter().map(Into::into).collect(), total, place))
}

/// A page of a calendar's versions, from the first.
pub async fn versions(source: &impl Source, id: CalendarId, paging: &Paging) -> Result<Page<ServiceCalendar>, Error> {
    get(source, id).await?;
    let mut query = version::Entity::find()
        .filter(version::Column::CalendarId.eq(id))
        .into_query();
    let (rows, total) = paging
        .rows::<version::Model>(
            source,
            &mut query,
            Some(("service_calendar_version", "sort_key")),
            ("service_calendar_version", "calendar_id"),
        )
        .await?;
    let after = |c: &ServiceCalendar| Cursor::after(place(c.version), c.id);
    Ok(paging.cut(rows.into_iter().map(Into::into).collect(), total, after))
}

fn row(calendar: &ServiceCalendar) -> current::ActiveModel {
    current::ActiveModel {
        id: Set(calendar.id),
        version: Set(calendar.version),
        name: Set(calendar.name.clone()),
        sort_key: Set(sort_key(calendar.name.as_str())),
        hours: Set(calendar.hours.clone()),
        digest: Set(calendar.digest.clone()),
        created_at: Set(calendar.created_at),
        changed_at: Set(calendar.changed_at),
    }
}

async fn keep_version(unit: &UnitOfWork, calendar: &ServiceCalendar) -> Result<(), Error> {
    let row = version::ActiveModel {
        calendar_id: Set(calendar.id),
        version: Set(calendar.version),
        sort_key: Set(place(calendar.version)),
        name: Set(calendar.name.clone()),
        hours: Set(calendar.hours.clone()),
        digest: Set(calendar.digest.clone()),
        created_at: Set(calendar.created_at),
        changed_at: Set(calendar.changed_at),
    };
    version::Entity::insert(row)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

/// Stores a new calendar, if the caller may make one (403).
pub async fn insert(unit: &mut UnitOfWork, scope: &Scope, calendar: &ServiceCalendar) -> Result<(), Error> {
    access::admit_to_provider(unit, scope).await?;
    current::Entity::insert(row(calendar))
        .exec_without_returning(unit.connection())
        .await?;
    keep_version(unit, calendar).await?;
    unit.record("created", None, Some(calendar))
}

/// Stores the next version of a calendar.
pub async fn update(unit: &mut UnitOfWork, before: &ServiceCalendar, after: &ServiceCalendar) -> Result<(), Error> {
    let done = current::Entity::update_many()
        .set(row(after))
        .filter(Expr::col(current::Column::Id).eq(before.id))
        .filter(current::Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    keep_version(unit, after).await?;
    unit.record("changed", Some(before), Some(after))
}

/// Removes a calendar with its versions. What pins one of them holds it by a foreign key.
pub async fn delete(unit: &mut UnitOfWork, calendar: &ServiceCalendar) -> Result<(), Error> {
    store::guarding(
        "service calendar",
        current::Entity::delete_by_id(calendar.id).exec(unit.connection()).await,
    )?;
    unit.record("deleted", Some(calendar), None)
}
