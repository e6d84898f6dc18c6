//! Inbound connections, and what their sources have told so far.
mod documents;

use domain::{connections::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::OnConflict,
};

use crate::{
    Error, Page, Paging, clients,
    store::{self, Cursor, Source, UnitOfWork},
};

pub use documents::*;

mod entity {
    use domain::{connections::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "connection")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ConnectionId,
        pub version: i64,
        pub name: Name,
        pub sort_key: Vec<u8>,
        pub system: SystemName,
        pub client_id: ClientId,
        pub mapping: MappingText,
        #[sea_orm(column_type = "JsonBinary")]
        pub authentication: Authentication,
        pub active: bool,
        #[sea_orm(column_type = "JsonBinary")]
        pub secrets: SenderSecrets,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

mod state {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "source_state")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub system: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub external_id: String,
        pub source_version: Option<i64>,
        pub source_time: Option<DateTimeUtc>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

/// The rows with the names of their clients.
async fn named(source: &impl Source, rows: Vec<Model>) -> Result<Vec<Connection>, Error> {
    let ids: Vec<ClientId> = rows.iter().map(|row| row.client_id).collect();
    let names = clients::names(source, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let name = names.get(&row.client_id).cloned().ok_or(Error::NotFound)?;
            Ok(Connection {
                id: row.id,
                version: row.version,
                name: row.name,
                system: row.system,
                client: ClientRef {
                    id: row.client_id,
                    name,
                },
                mapping: row.mapping,
                authentication: row.authentication,
                active: row.active,
                address: Connection::address(row.id),
                secret_created_at: row.secrets.0.last().map(|secret| secret.created_at),
                secrets: row.secrets,
                created_at: row.created_at,
            })
        })
        .collect()
}

async fn only(source: &impl Source, row: Option<Model>) -> Result<Connection, Error> {
    let mut found = named(source, row.into_iter().collect()).await?;
    found.pop().ok_or(Error::NotFound)
}

/// The connection.
pub async fn get(source: &impl Source, id: ConnectionId) -> Result<Connection, Error> {
    let row = Entity::find_by_id(id).one(source.connection()).await?;
    only(source, row).await
}

/// The same, held until the unit of work ends: what one connection receives is applied one after the other.
pub async fn load(unit: &UnitOfWork, id: ConnectionId) -> Result<Connection, Error> {
    let mut query = Entity::find_by_id(id);
    store::lock(QuerySelect::query(&mut query), unit.backend(), "connection");
    let row = query.one(unit.connection()).await?;
    only(unit, row).await
}

/// A page of connections, by name.
pub async fn list(source: &impl Source, paging: &Paging) -> Result<Page<Connection>, Error> {
    let mut query = Entity::find().into_query();
    let key = ("connection", "sort_key");
    let (rows, total) = paging
        .rows::<Model>(source, &mut query, Some(key), ("connection", "id"))
        .await?;
    let place = |c: &Connection| Cursor::after(sort_key(c.name.as_str()), c.id);
    Ok(paging.cut(named(source, rows).await?, total, place))
}

/// The client as which a connection is to act.
pub async fn client_named(unit: &UnitOfWork, id: ClientId) -> Result<ClientRef, Error> {
    let name = clients::names(unit, &[id]).await?.remove(&id);
    let name = name.ok_or_else(|| crate::references::unknown("client", "/client"))?;
    Ok(ClientRef { id, name })
}

fn row(connection: &Connection) -> ActiveModel {
    ActiveModel {
        id: Set(connection.id),
        version: Set(connection.version),
        name: Set(connection.name.clone()),
        sort_key: Set(sort_key(connection.name.as_str())),
        system: Set(connection.system.clone()),
        client_id: Set(connection.client.id),
        mapping: Set(connection.mapping.clone()),
        authentication: Set(connection.authentication.clone()),
        active: Set(connection.active),
        secrets: Set(connection.secrets.clone()),
        created_at: Set(connection.created_at),
    }
}

/// Stores a new connection.
pub async fn insert(unit: &mut UnitOfWork, connection: &Connection) -> Result<(), Error> {
    Entity::insert(row(connection))
        .exec_without_returning(unit.connection())
        .await?;
    unit.record("created", None, Some(connection))
}

/// Stores a changed connection; `act` is what happened to it.
pub async fn update(unit: &mut UnitOfWork, act: &str, before: &Connection, after: &Connection) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record(act, Some(before), Some(after))
}

/// Removes a connection with what it received. What came of that stays.
pub async fn delete(unit: &mut UnitOfWork, connection: &Connection) -> Result<(), Error> {
    Entity::delete_by_id(connection.id).exec(unit.connection()).await?;
    unit.record("deleted", Some(connection), None)
}

/// How far a source has told of a request.
pub async fn source_state(unit: &UnitOfWork, system: &SystemName, id: &ExternalId) -> Result<SourceState, Error> {
    let mut query = state::Entity::find_by_id((system.to_string(), id.to_string()));
    store::lock(QuerySelect::query(&mut query), unit.backend(), "source_state");
    let row = query.one(unit.connection()).await?;
    Ok(row.map_or_else(SourceState::default, |row| SourceState {
        version: row.source_version,
        time: row.source_time,
    }))
}

/// Notes how far it has told now.
pub async fn set_source_state(
    unit: &UnitOfWork,
    system: &SystemName,
    id: &ExternalId,
    told: SourceState,
) -> Result<(), Error> {
    let row = state::ActiveModel {
        system: Set(system.to_string()),
        external_id: Set(id.to_string()),
        source_version: Set(told.version),
        source_time: Set(told.time),
    };
    let known = OnConflict::columns([state::Column::System, state::Column::ExternalId])
        .update_columns([state::Column::SourceVersion, state::Column::SourceTime])
        .to_owned();
    let insert = state::Entity::insert(row).on_conflict(known);
    unit.connection().execute(&insert.into_query()).await?;
    Ok(())
}
