//! Interactions, by the day on which they were, with who took part in tables of their own.
use chrono::NaiveDate;
use domain::{access::Scope, knowledge::*, requests::Raiser, vocabulary::*};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryTrait,
    sea_query::{Expr, SelectStatement},
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    Error, Page, Paging, access,
    requests::name_of,
    store::{self, Cursor, Source, UnitOfWork},
};

mod entity {
    use domain::{events::ActorKind, knowledge::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "interaction")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: InteractionId,
        pub version: i64,
        pub customer_id: CustomerId,
        pub channel: InteractionChannel,
        pub day: chrono::NaiveDate,
        pub summary: Markdown,
        #[sea_orm(column_type = "JsonBinary")]
        pub links: InteractionLinks,
        #[sea_orm(column_type = "JsonBinary")]
        pub about: RelatedThings,
        pub recorded_by_kind: ActorKind,
        pub recorded_by_id: Uuid,
        pub created_at: DateTimeUtc,
        pub changed_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

mod with_person {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "interaction_person")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub interaction_id: InteractionId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: PersonId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod with_contact {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "interaction_contact")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub interaction_id: InteractionId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub contact_id: ContactId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

/// Somebody in an array that was put together in SQL.
#[derive(Deserialize)]
struct Somebody<I> {
    id: I,
    name: PersonName,
}

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    interaction: Model,
    customer_code: Code,
    customer_name: Name,
    recorded_by_name: PersonName,
    persons: String,
    contacts: String,
    permitted: access::Leave,
}

fn items<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, Error> {
    Ok(serde_json::from_str(text)?)
}

impl Row {
    fn interaction(self) -> Result<(Interaction, access::Leave), Error> {
        let row = self.interaction;
        let persons: Vec<Somebody<PersonId>> = items(&self.persons)?;
        let contacts: Vec<Somebody<ContactId>> = items(&self.contacts)?;
        let interaction = Interaction {
            id: row.id,
            version: row.version,
            customer: CustomerRef {
                id: row.customer_id,
                code: self.customer_code,
                name: self.customer_name,
            },
            channel: row.channel,
            day: row.day,
            summary: row.summary,
            persons: persons
                .into_iter()
                .map(|Somebody { id, name }| PersonRef { id, name })
                .collect(),
            contacts: contacts
                .into_iter()
                .map(|Somebody { id, name }| ContactRef { id, name })
                .collect(),
            links: row.links,
            about: row.about,
            recorded_by: Raiser {
                kind: row.recorded_by_kind,
                id: row.recorded_by_id,
                name: self.recorded_by_name,
            },
            created_at: row.created_at,
            changed_at: row.changed_at,
        };
        Ok((interaction, self.permitted))
    }
}

fn row(interaction: &Interaction) -> ActiveModel {
    Model {
        id: interaction.id,
        version: interaction.version,
        customer_id: interaction.customer.id,
        channel: interaction.channel,
        day: interaction.day,
        summary: interaction.summary.clone(),
        links: interaction.links.clone(),
        about: interaction.about.clone(),
        recorded_by_kind: interaction.recorded_by.kind,
        recorded_by_id: interaction.recorded_by.id,
        created_at: interaction.created_at,
        changed_at: interaction.changed_at,
    }
    .into_active_model()
    .reset_all()
}

fn select(source: &impl Source, scope: &Scope, today: NaiveDate) -> SelectStatement {
    let (mut query, backend) = (Entity::find().into_query(), source.backend());
    let took_part = |who: &str| {
        let from =
            format!("interaction_{who} x join {who} w on w.id = x.{who}_id where x.interaction_id = interaction.id");
        store::json_rows(
            backend,
            &[("id", "w.id"), ("name", "w.name")],
            &from,
            "w.sort_key, w.id",
        )
    };
    let author = name_of("interaction.recorded_by_kind", "interaction.recorded_by_id");
    query
        .inner_join("customer", Expr::cust("customer.id = interaction.customer_id"))
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name")
        .expr_as(Expr::cust(author), "recorded_by_name")
        .expr_as(Expr::cust(took_part("person")), "persons")
        .expr_as(Expr::cust(took_part("contact")), "contacts");
    access::guard(
        &mut query,
        scope,
        "interaction.customer_id",
        (today, backend),
        |reach| access::of_interaction(reach, today, backend),
    );
    query
}

/// The interaction, if the caller may see it (404) and do this with it (403).
pub async fn interaction(
    source: &impl Source,
    scope: &Scope,
    id: InteractionId,
    today: NaiveDate,
) -> Result<Interaction, Error> {
    let mut query = select(source, scope, today);
    query.and_where(Column::Id.eq(id));
    let row = store::one::<Row>(source.connection(), &query).await?;
    access::admit(source, row.map(Row::interaction).transpose()?)
}

/// The same, held until the unit of work ends.
pub async fn load_interaction(unit: &UnitOfWork, scope: &Scope, id: InteractionId) -> Result<Interaction, Error> {
    let mut query = select(unit, scope, unit.today());
    query.and_where(Column::Id.eq(id));
    store::lock(&mut query, unit.backend(), "interaction");
    let row = store::one::<Row>(unit.connection(), &query).await?;
    access::admit(unit, row.map(Row::interaction).transpose()?)
}

/// Which interactions.
#[derive(Debug, Clone, Default)]
pub struct InteractionFilter {
    /// With this customer.
    pub customer: Option<CustomerId>,
    /// By this way.
    pub channel: Option<InteractionChannel>,
    /// In which this person took part.
    pub person: Option<PersonId>,
    /// In which this contact took part.
    pub contact: Option<ContactId>,
    /// On this day or later.
    pub from: Option<NaiveDate>,
    /// Before this day.
    pub before: Option<NaiveDate>,
}

/// A page of interactions, by the day on which they were.
pub async fn interactions(
    source: &impl Source,
    scope: &Scope,
    filter: &InteractionFilter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<Interaction>, Error> {
    let (mut query, backend) = (select(source, scope, today), source.backend());
    let took_part = |who: &str, id: uuid::Uuid| {
        let sql = format!("interaction.id in (select x.interaction_id from interaction_{who} x where x.{who}_id = ?)");
        store::expr(backend, sql, [id])
    };
    let wanted = [
        filter.customer.map(|id| Column::CustomerId.eq(id)),
        filter.channel.map(|channel| Column::Channel.eq(channel)),
        filter.person.map(|id| took_part("person", id.0)),
        filter.contact.map(|id| took_part("contact", id.0)),
        filter.from.map(|day| Column::Day.gte(day)),
        filter.before.map(|day| Column::Day.lt(day)),
    ];
    for condition in wanted.into_iter().flatten() {
        query.and_where(condition);
    }
    let total = match paging.count {
        true => Some(store::count(source.connection(), &query).await?),
        false => None,
    };
    paging.apply_by_day(&mut query, ("interaction", "day"), ("interaction", "id"));
    let rows = store::all::<Row>(source.connection(), &query).await?;
    let items = rows.into_iter().map(|row| Ok(row.interaction()?.0));
    let items = items.collect::<Result<_, Error>>()?;
    Ok(paging.cut(items, total, |one: &Interaction| Cursor::after_day(one.day, one.id)))
}

async fn keep_who(unit: &UnitOfWork, interaction: &Interaction) -> Result<(), Error> {
    if !interaction.persons.is_empty() {
        let rows = interaction.persons.iter().map(|person| with_person::ActiveModel {
            interaction_id: Set(interaction.id),
            person_id: Set(person.id),
        });
        with_person::Entity::insert_many(rows)
            .exec_without_returning(unit.connection())
            .await?;
    }
    if !interaction.contacts.is_empty() {
        let rows = interaction.contacts.iter().map(|contact| with_contact::ActiveModel {
            interaction_id: Set(interaction.id),
            contact_id: Set(contact.id),
        });
        with_contact::Entity::insert_many(rows)
            .exec_without_returning(unit.connection())
            .await?;
    }
    Ok(())
}

/// Stores a new entry.
pub async fn insert_interaction(unit: &mut UnitOfWork, interaction: &Interaction) -> Result<(), Error> {
    Entity::insert(row(interaction))
        .exec_without_returning(unit.connection())
        .await?;
    keep_who(unit, interaction).await?;
    unit.record("recorded", None, Some(interaction))
}

/// Stores a corrected entry.
pub async fn update_interaction(unit: &mut UnitOfWork, before: &Interaction, after: &Interaction) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    if (&before.persons, &before.contacts) != (&after.persons, &after.contacts) {
        let on = unit.connection();
        let of_it = with_person::Column::InteractionId.eq(after.id);
        with_person::Entity::delete_many().filter(of_it).exec(on).await?;
        let of_it = with_contact::Column::InteractionId.eq(after.id);
        with_contact::Entity::delete_many().filter(of_it).exec(on).await?;
        keep_who(unit, after).await?;
    }
    unit.record("corrected", Some(before), Some(after))
}
