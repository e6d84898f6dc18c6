//! Clients, and who stands behind a token: what its bearer is and may, as the database knows it now.
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    access::{Caller, ClientScope, Scope},
    clients::{Client, Secrets},
    people::{Contact, MandateKind},
    vocabulary::*,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Page, Paging,
    customers::holds,
    people,
    store::{self, Cursor, Source, UnitOfWork},
    teams,
};

macro_rules! json_list {
    ($name:ident($item:ty)) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
        #[serde(transparent)]
        pub struct $name(pub Vec<$item>);
    };
}

mod entity {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    use super::*;
    json_list!(Scopes(ClientScope));
    json_list!(Systems(SystemName));
    json_list!(Customers(CustomerId));

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "client")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ClientId,
        pub version: i64,
        pub name: Name,
        pub sort_key: Vec<u8>,
        #[sea_orm(column_type = "JsonBinary")]
        pub scopes: Scopes,
        #[sea_orm(column_type = "JsonBinary")]
        pub systems: Systems,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub customers: Option<Customers>,
        #[sea_orm(column_type = "JsonBinary")]
        pub secrets: Secrets,
        pub revoked_at: Option<DateTimeUtc>,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

impl From<Model> for Client {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            name: row.name,
            scopes: row.scopes.0,
            systems: row.systems.0,
            customers: row.customers.map(|c| c.0),
            secret_created_at: row.secrets.0.last().map(|s| s.created_at),
            secrets: row.secrets,
            revoked_at: row.revoked_at,
            created_at: row.created_at,
        }
    }
}

/// The client.
pub async fn get(source: &impl Source, id: ClientId) -> Result<Client, Error> {
    Ok(Entity::find_by_id(id)
        .one(source.connection())
        .await?
        .ok_or(Error::NotFound)?
        .into())
}

/// Those whose ids the query gives.
pub(crate) async fn among(source: &impl Source, ids: SelectStatement) -> Result<Vec<Client>, Error> {
    let rows = Entity::find()
        .filter(Column::Id.in_subquery(ids))
        .all(source.connection())
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// What the clients are called, by their ids.
pub(crate) async fn names(source: &impl Source, ids: &[ClientId]) -> Result<HashMap<ClientId, Name>, Error> {
    let rows = Entity::find()
        .select_only()
        .columns([Column::Id, Column::Name])
        .filter(Column::Id.is_in(ids.iter().copied()));
    let rows: Vec<(ClientId, Name)> = rows.into_tuple().all(source.connection()).await?;
    Ok(rows.into_iter().collect())
}

/// The client that people call this.
pub async fn by_name(source: &impl Source, name: &Name) -> Result<Client, Error> {
    let found = Entity::find()
        .filter(Column::Name.eq(name.clone()))
        .one(source.connection())
        .await?;
    Ok(found.ok_or(Error::NotFound)?.into())
}

/// The same, held until the unit of work ends.
pub async fn load(unit: &UnitOfWork, id: ClientId) -> Result<Client, Error> {
    let mut query = Entity::find_by_id(id);
    store::lock(QuerySelect::query(&mut query), unit.backend(), "client");
    Ok(query.one(unit.connection()).await?.ok_or(Error::NotFound)?.into())
}

/// A page of clients, by name.
pub async fn list(source: &impl Source, paging: &Paging) -> Result<Page<Client>, Error> {
    let mut query = Entity::find().into_query();
    let (rows, total) = paging
        .rows::<Model>(source, &mut query, Some(("client", "sort_key")), ("client", "id"))
        .await?;
    let place = |c: &Client| Cursor::after(sort_key(c.name.as_str()), c.id);
    Ok(paging.cut(rows.into_iter().map(Into::into).collect(), total, place))
}

fn row(client: &Client) -> ActiveModel {
    ActiveModel {
        id: Set(client.id),
        version: Set(client.version),
        name: Set(client.name.clone()),
        sort_key: Set(sort_key(client.name.as_str())),
        scopes: Set(entity::Scopes(client.scopes.clone())),
        systems: Set(entity::Systems(client.systems.clone())),
        customers: Set(client.customers.clone().map(entity::Customers)),
        secrets: Set(client.secrets.clone()),
        revoked_at: Set(client.revoked_at),
        created_at: Set(client.created_at),
    }
}

/// Stores a new client.
pub async fn insert(unit: &mut UnitOfWork, client: &Client) -> Result<(), Error> {
    Entity::insert(row(client))
        .exec_without_returning(unit.connection())
        .await?;
    unit.record("created", None, Some(client))
}

/// Stores a changed client; `act` is what happened to it.
pub async fn update(unit: &mut UnitOfWork, act: &str, before: &Client, after: &Client) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record(act, Some(before), Some(after))
}

/// Whom a token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bearer {
    /// A person, by our id.
    Person(PersonId),
    /// A contact, by our id.
    Contact(ContactId),
    /// A client, by our id, with the scopes that the token carries.
    Client(ClientId, Vec<ClientScope>),
}

/// What the bearer is today; none where they are gone, or may nothing more.
pub async fn caller(source: &impl Source, bearer: &Bearer, today: NaiveDate) -> Result<Option<Caller>, Error> {
    match bearer {
        Bearer::Person(id) => person(source, *id, today).await,
        Bearer::Contact(id) => contact(source, *id, today).await,
        Bearer::Client(id, scopes) => client(source, *id, scopes).await,
    }
}

async fn person(source: &impl Source, id: PersonId, today: NaiveDate) -> Result<Option<Caller>, Error> {
    let Some(row) = people::person::Entity::find_by_id(id).one(source.connection()).await? else {
        return Ok(None);
    };
    if row.last_day.is_some_and(|last| last < today) {
        return Ok(None);
    }
    let member = Query::select()
        .expr(Expr::val(1))
        .from("membership")
        .and_where(Expr::col(("membership", "person_id")).eq(id))
        .and_where(holds("membership", today))
        .to_owned();
    let query = Query::select()
        .expr_as(Expr::exists(member), "is_member")
        .expr_as(Expr::exists(teams::in_stead(id, today)), "deputises")
        .to_owned();
    let roles = source.connection().query_one(&query).await?.ok_or(Error::NotFound)?;
    let deputises = roles.try_get("", "deputises")?;
    Ok(Some(Caller::Person {
        person: PersonRef { id, name: row.name },
        in_a_team: deputises || roles.try_get("", "is_member")?,
        deputises,
    }))
}

async fn contact(source: &impl Source, id: ContactId, today: NaiveDate) -> Result<Option<Caller>, Error> {
    let Some(contact) = known_contact(source, id).await? else {
        return Ok(None);
    };
    if contact.last_day.is_some_and(|last| last < today) {
        return Ok(None);
    }
    let contact = people::in_force(source, contact).await?;
    let decides = contact.mandates.holding(MandateKind::Customer, today);
    Ok(Some(Caller::Contact {
        decides: decides.is_some(),
        deputy_for: decides.and_then(|mandate| mandate.deputy_for),
        customer: contact.customer.id,
        contact: ContactRef { id, name: contact.name },
    }))
}

async fn known_contact(source: &impl Source, id: ContactId) -> Result<Option<Contact>, Error> {
    let everywhere = Scope::unlimited("identity");
    // The day plays no part where everything is visible.
    match people::get_contact(source, &everywhere, id, NaiveDate::default()).await {
        Ok(contact) => Ok(Some(contact)),
        Err(Error::NotFound) => Ok(None),
        Err(e) => Err(e),
    }
}

async fn client(source: &impl Source, id: ClientId, scopes: &[ClientScope]) -> Result<Option<Caller>, Error> {
    let client: Client = match Entity::find_by_id(id).one(source.connection()).await? {
        Some(row) => row.into(),
        None => return Ok(None),
    };
    Ok(client.revoked_at.is_none().then(|| Caller::Client {
        id,
        name: client.name,
        // A scope that was taken back since the token was issued is gone.
        scopes: scopes.iter().copied().filter(|s| client.scopes.contains(s)).collect(),
        systems: client.systems,
        customers: client.customers,
    }))
}

/// Whether the secret is one of the client's that works now; then the client.
pub async fn authenticate(
    source: &impl Source,
    id: ClientId,
    secret: &str,
    now: DateTime<Utc>,
) -> Result<Option<Client>, Error> {
    let found: Option<Client> = Entity::find_by_id(id).one(source.connection()).await?.map(Into::into);
    Ok(found.filter(|client| client.accepts(&domain::clients::digest(secret), now)))
}

/// The persons with this id, e-mail address or name.
pub async fn find_persons(source: &impl Source, text: &str) -> Result<Vec<PersonId>, Error> {
    use people::person::{Column, Entity};
    let wanted = match text.parse::<PersonId>() {
        Ok(id) => Column::Id.eq(id),
        Err(_) => Column::Email.eq(text).or(Column::Name.eq(text)),
    };
    let found = Entity::find().filter(wanted).all(source.connection()).await?;
    Ok(found.into_iter().map(|row| row.id).collect())
}

/// The contacts with this id, e-mail address or name.
pub async fn find_contacts(source: &impl Source, text: &str) -> Result<Vec<ContactId>, Error> {
    use people::contact::{Column, Entity};
    let wanted = match text.parse::<ContactId>() {
        Ok(id) => Column::Id.eq(id),
        Err(_) => Column::Email.eq(text).or(Column::Name.eq(text)),
    };
    let found = Entity::find().filter(wanted).all(source.connection()).await?;
    Ok(found.into_iter().map(|row| row.id).collect())
}
