//! Persons of the IT organisation, and contacts of customers.
use chrono::NaiveDate;
use domain::{
    Rule, RuleCode,
    access::Scope,
    events::SubjectKind,
    people::{Contact, Identity, Person},
    vocabulary::*,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, SelectStatement},
};

use crate::{
    Error, Page, Paging, access,
    customers::{known_by, refuse_if_used},
    references::{self, References},
    store::{self, Cursor, Source, UnitOfWork},
};

mod erasing;
mod exporting;
mod mandates;

pub use erasing::erase;
pub use exporting::{ContactExport, Reading, export};
pub(crate) use mandates::decides_or_orders;
pub use mandates::{deciders, in_force, principals};

pub(crate) mod person {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "person")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PersonId,
        pub version: i64,
        pub name: PersonName,
        pub sort_key: Vec<u8>,
        pub email: Option<EmailAddress>,
        pub issuer: Option<Issuer>,
        pub subject: Option<Subject>,
        pub last_day: Option<chrono::NaiveDate>,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod contact {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "contact")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ContactId,
        pub version: i64,
        pub customer_id: CustomerId,
        pub name: PersonName,
        pub sort_key: Vec<u8>,
        pub email: Option<EmailAddress>,
        pub phone: Option<PhoneNumber>,
        #[sea_orm(column_type = "JsonBinary")]
        pub mandates: domain::people::Mandates,
        pub issuer: Option<Issuer>,
        pub subject: Option<Subject>,
        #[sea_orm(column_type = "JsonBinary")]
        pub external_references: crate::references::References,
        pub last_day: Option<chrono::NaiveDate>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub erasure: Option<domain::people::Erasure>,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

fn identity(issuer: Option<Issuer>, subject: Option<Subject>) -> Option<Identity> {
    Some(Identity {
        issuer: issuer?,
        subject: subject?,
    })
}

impl From<person::Model> for Person {
    fn from(row: person::Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            name: row.name,
            email: row.email,
            identity: identity(row.issuer, row.subject),
            last_day: row.last_day,
            created_at: row.created_at,
        }
    }
}

#[derive(FromQueryResult)]
struct ContactRow {
    #[sea_orm(nested)]
    contact: contact::Model,
    customer_code: Code,
    customer_name: Name,
    permitted: access::Leave,
}

impl ContactRow {
    fn contact(self) -> (Contact, access::Leave) {
        let Self {
            contact: row,
            customer_code,
            customer_name,
            permitted,
        } = self;
        let contact = Contact {
            id: row.id,
            version: row.version,
            customer: CustomerRef {
                id: row.customer_id,
                code: customer_code,
                name: customer_name,
            },
            name: row.name,
            email: row.email,
            phone: row.phone,
            mandates: row.mandates,
            identity: identity(row.issuer, row.subject),
            references: row.external_references.0,
            last_day: row.last_day,
            erasure: row.erasure,
            created_at: row.created_at,
        };
        (contact, permitted)
    }
}

/// The person.
pub async fn get(source: &impl Source, id: PersonId) -> Result<Person, Error> {
    Ok(person::Entity::find_by_id(id)
        .one(source.connection())
        .await?
        .ok_or(Error::NotFound)?
        .into())
}

/// The same, held until the unit of work ends.
pub async fn load(unit: &UnitOfWork, id: PersonId) -> Result<Person, Error> {
    let mut query = person::Entity::find_by_id(id);
    store::lock(QuerySelect::query(&mut query), unit.backend(), "person");
    Ok(query.one(unit.connection()).await?.ok_or(Error::NotFound)?.into())
}

/// The person that a body names, who must work here up to the last of the days: nobody has a role after they left.
pub async fn named(source: &impl Source, id: PersonId, days: Days, pointer: &str) -> Result<PersonRef, Error> {
    let found = person::Entity::find_by_id(id).one(source.connection()).await?;
    let row = found.ok_or_else(|| references::unknown("person", pointer))?;
    if let Some(left) = row.last_day
        && (left < days.first_day || days.last_day.is_none_or(|last| left < last))
    {
        let detail = format!("The last day of {} is {left}.", row.name);
        return Err(Rule::new(RuleCode::State, detail).at(pointer).into());
    }
    Ok(PersonRef {
        id: row.id,
        name: row.name,
    })
}

/// A page of persons, by name.
pub async fn list(source: &impl Source, email: Option<&EmailAddress>, paging: &Paging) -> Result<Page<Person>, Error> {
    let mut query = person::Entity::find()
        .apply_if(email, |q, email| q.filter(person::Column::Email.eq(email.clone())))
        .into_query();
    let (rows, total) = paging
        .rows::<person::Model>(source, &mut query, Some(("person", "sort_key")), ("person", "id"))
        .await?;
    let place = |p: &Person| Cursor::after(sort_key(p.name.as_str()), p.id);
    Ok(paging.cut(rows.into_iter().map(Into::into).collect(), total, place))
}

fn person_row(person: &Person) -> person::ActiveModel {
    person::ActiveModel {
        id: Set(person.id),
        version: Set(person.version),
        name: Set(person.name.clone()),
        sort_key: Set(sort_key(person.name.as_str())),
        email: Set(person.email.clone()),
        issuer: Set(person.identity.as_ref().map(|i| i.issuer.clone())),
        subject: Set(person.identity.as_ref().map(|i| i.subject.clone())),
        last_day: Set(person.last_day),
        created_at: Set(person.created_at),
    }
}

/// Stores a new person.
pub async fn insert(unit: &mut UnitOfWork, person: &Person) -> Result<(), Error> {
    person::Entity::insert(person_row(person))
        .exec_without_returning(unit.connection())
        .await?;
    unit.record("created", None, Some(person))
}

/// Stores a changed person; `act` is what happened to them.
pub async fn update(unit: &mut UnitOfWork, act: &str, before: &Person, after: &Person) -> Result<(), Error> {
    let done = person::Entity::update_many()
        .set(person_row(after))
        .filter(person::Column::Id.eq(before.id))
        .filter(person::Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record(act, Some(before), Some(after))
}

/// Removes a person that nothing refers to.
pub async fn delete(unit: &mut UnitOfWork, person: &Person) -> Result<(), Error> {
    let uses = [
        ("memberships", "membership", "person_id"),
        ("memberships as a deputy", "membership_deputy", "person_id"),
        ("complaints", "request", "owner_id"),
        ("requests", "request", "raised_by_id"),
        ("comments", "comment", "author_id"),
        ("improvements", "improvement", "owner_id"),
        ("activities of improvements", "improvement_activity", "person_id"),
        ("readings", "improvement_reading", "recorded_by_id"),
        ("lessons", "lesson", "written_by_id"),
        ("lessons that were read", "lesson_reader", "person_id"),
        ("interactions", "interaction", "recorded_by_id"),
        ("interactions", "interaction_person", "person_id"),
    ];
    refuse_if_used(unit, "person", person.id.0, &uses).await?;
    store::guarding(
        "person",
        person::Entity::delete_by_id(person.id).exec(unit.connection()).await,
    )?;
    unit.record("deleted", Some(person), None)
}

/// Which contacts.
#[derive(Debug, Clone, Default)]
pub struct ContactFilter {
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// With this address.
    pub email: Option<EmailAddress>,
    /// Known by this reference.
    pub reference: Option<SystemKey>,
}

fn select_contacts(backend: DbBackend, scope: &Scope, today: NaiveDate) -> SelectStatement {
    let mut query = contact::Entity::find().into_query();
    query
        .inner_join("customer", Expr::cust("customer.id = contact.customer_id"))
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name");
    access::guard(&mut query, scope, "contact.customer_id", (today, backend), |reach| {
        access::of_customers(&reach.customers, "contact.customer_id", today, backend)
    });
    query
}

/// The contact, if the caller may see it (404) and do this there (403).
pub async fn get_contact(
    source: &impl Source,
    scope: &Scope,
    id: ContactId,
    today: NaiveDate,
) -> Result<Contact, Error> {
    let query = select_contacts(source.backend(), scope, today)
        .and_where(Expr::col(("contact", "id")).eq(id))
        .to_owned();
    access::admit(
        source,
        store::one::<ContactRow>(source.connection(), &query)
            .await?
            .map(ContactRow::contact),
    )
}

/// The same, held until the unit of work ends.
pub async fn load_contact(unit: &UnitOfWork, scope: &Scope, id: ContactId) -> Result<Contact, Error> {
    let mut query = select_contacts(unit.backend(), scope, unit.today());
    query.and_where(Expr::col(("contact", "id")).eq(id));
    store::lock(&mut query, unit.backend(), "contact");
    access::admit(
        unit,
        store::one::<ContactRow>(unit.connection(), &query)
            .await?
            .map(ContactRow::contact),
    )
}

/// The contact that a key in a body names, who must speak for the customer today.
pub async fn named_contact(
    source: &impl Source,
    key: &Key<ContactId>,
    customer: &CustomerRef,
    pointer: &str,
    today: NaiveDate,
) -> Result<ContactRef, Error> {
    let unknown = || references::unknown("contact of this customer", pointer);
    let id = references::id_of(source, SubjectKind::Contact, key)
        .await?
        .ok_or_else(unknown)?;
    let row = contact::Entity::find_by_id(id)
        .filter(contact::Column::CustomerId.eq(customer.id))
        .one(source.connection())
        .await?
        .ok_or_else(unknown)?;
    if row.last_day.is_some_and(|last| last < today) {
        let detail = format!("The contact no longer speaks for {}.", customer.code);
        return Err(Rule::new(RuleCode::State, detail).at(pointer).into());
    }
    Ok(ContactRef {
        id: row.id,
        name: row.name,
    })
}

/// The contact that a key in a body names, who speaks today for the customer, for one above it or for a part of it.
pub async fn named_contact_around(
    source: &impl Source,
    key: &Key<ContactId>,
    customer: &CustomerRef,
    pointer: &str,
    today: NaiveDate,
) -> Result<ContactRef, Error> {
    let unknown = || references::unknown("contact of this customer, of one above it or of a part of it", pointer);
    let id = references::id_of(source, SubjectKind::Contact, key)
        .await?
        .ok_or_else(unknown)?;
    let around = "contact.customer_id in (select a.ancestor_id from customer_ancestry a where a.customer_id = ? \
                  union all select d.customer_id from customer_ancestry d where d.ancestor_id = ?)";
    let around = store::expr(source.backend(), around, [customer.id.0; 2]);
    let row = contact::Entity::find_by_id(id)
        .filter(around)
        .one(source.connection())
        .await?
        .ok_or_else(unknown)?;
    if row.last_day.is_some_and(|last| last < today) {
        let detail = "The contact no longer speaks for their customer.";
        return Err(Rule::new(RuleCode::State, detail).at(pointer).into());
    }
    Ok(ContactRef {
        id: row.id,
        name: row.name,
    })
}

/// The customer's contact with this address; the first entered, where several share one.
pub async fn id_of_address(
    source: &impl Source,
    customer: CustomerId,
    email: &str,
) -> Result<Option<ContactId>, Error> {
    let id = contact::Entity::find()
        .select_only()
        .column(contact::Column::Id)
        .filter(contact::Column::CustomerId.eq(customer))
        .filter(contact::Column::Email.eq(email))
        .order_by_asc(contact::Column::Id);
    Ok(id.into_tuple().one(source.connection()).await?)
}

/// A page of contacts, by name.
pub async fn list_contacts(
    source: &impl Source,
    scope: &Scope,
    filter: &ContactFilter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<Contact>, Error> {
    let mut query = select_contacts(source.backend(), scope, today);
    if let Some(customer) = filter.customer {
        query.and_where(Expr::col(("contact", "customer_id")).eq(customer));
    }
    if let Some(email) = &filter.email {
        query.and_where(Expr::col(("contact", "email")).eq(email.clone()));
    }
    if let Some(wanted) = &filter.reference {
        query.and_where(known_by(SubjectKind::Contact, "contact.id", wanted, source.backend()));
    }
    let (rows, total) = paging
        .rows::<ContactRow>(source, &mut query, Some(("contact", "sort_key")), ("contact", "id"))
        .await?;
    let place = |c: &Contact| Cursor::after(sort_key(c.name.as_str()), c.id);
    Ok(paging.cut(rows.into_iter().map(|row| row.contact().0).collect(), total, place))
}

fn contact_row(contact: &Contact) -> contact::ActiveModel {
    contact::ActiveModel {
        id: Set(contact.id),
        version: Set(contact.version),
        customer_id: Set(contact.customer.id),
        name: Set(contact.name.clone()),
        sort_key: Set(sort_key(contact.name.as_str())),
        email: Set(contact.email.clone()),
        phone: Set(contact.phone.clone()),
        mandates: Set(contact.mandates.clone()),
        issuer: Set(contact.identity.as_ref().map(|i| i.issuer.clone())),
        subject: Set(contact.identity.as_ref().map(|i| i.subject.clone())),
        external_references: Set(References(contact.references.clone())),
        last_day: Set(contact.last_day),
        erasure: Set(contact.erasure.clone()),
        created_at: Set(contact.created_at),
    }
}

/// Stores a new contact.
pub async fn insert_contact(unit: &mut UnitOfWork, contact: &Contact, digest: Option<&str>) -> Result<(), Error> {
    contact::Entity::insert(contact_row(contact))
        .exec_without_returning(unit.connection())
        .await?;
    references::set(
        unit,
        SubjectKind::Contact,
        contact.id.0,
        &contact.references,
        digest,
        true,
    )
    .await?;
    unit.record("created", None, Some(contact))
}

/// Stores a changed contact; `act` is what happened to them.
pub async fn update_contact(
    unit: &mut UnitOfWork,
    act: &str,
    before: &Contact,
    after: &Contact,
    digest: Option<&str>,
) -> Result<(), Error> {
    let done = contact::Entity::update_many()
        .set(contact_row(after))
        .filter(contact::Column::Id.eq(before.id))
        .filter(contact::Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    references::set(unit, SubjectKind::Contact, after.id.0, &after.references, digest, false).await?;
    unit.record(act, Some(before), Some(after))
}

/// Removes a contact that nothing refers to.
pub async fn delete_contact(unit: &mut UnitOfWork, contact: &Contact) -> Result<(), Error> {
    let uses = [
        ("requests", "request", "raised_by_id"),
        ("endorsements", "request_endorsement", "contact_id"),
        ("comments", "comment", "author_id"),
        ("invitations", "survey_invitation", "contact_id"),
        ("assessments of value", "value_assessment", "contact_id"),
        ("interactions", "interaction_contact", "contact_id"),
        ("planned activities", "planned_activity", "contact_id"),
    ];
    refuse_if_used(unit, "contact", contact.id.0, &uses).await?;
    let deputies = contact::Entity::find()
        .filter(contact::Column::CustomerId.eq(contact.customer.id))
        .filter(mandates::has_deputies(unit.backend(), contact.id));
    if deputies.one(unit.connection()).await?.is_some() {
        let detail = "This contact is in use by mandates of a deputy; it can be ended, not deleted.";
        return Err(Rule::new(RuleCode::InUse, detail).into());
    }
    references::set(unit, SubjectKind::Contact, contact.id.0, &[], None, false).await?;
    store::guarding(
        "contact",
        contact::Entity::delete_by_id(contact.id).exec(unit.connection()).await,
    )?;
    unit.record("deleted", Some(contact), None)
}

/// Of so many contacts at most a sample is drawn.
pub(crate) const MOST_SPEAKING: usize = 20_000;

/// The contacts who speak for the customers on the day, with their mandates as they were told; one more than the most where
/// there are that many.
pub(crate) async fn speaking_for(
    source: &impl Source,
    customers: &[CustomerId],
    today: NaiveDate,
) -> Result<Vec<Contact>, Error> {
    let everywhere = Scope::unlimited("surveys");
    let query = select_contacts(source.backend(), &everywhere, today)
        .and_where(Expr::col(("contact", "customer_id")).is_in(customers.iter().copied()))
        .and_where(Expr::cust("contact.last_day is null").or(Expr::col(("contact", "last_day")).gte(today)))
        .limit(MOST_SPEAKING as u64 + 1)
        .to_owned();
    let rows = store::all::<ContactRow>(source.connection(), &query).await?;
    Ok(rows.into_iter().map(|row| row.contact().0).collect())
}
