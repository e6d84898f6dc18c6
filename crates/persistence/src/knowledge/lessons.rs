//! Lessons, by when they were written. Everybody of the IT organisation reads them; what they were learned from, those who
//! see that customer.
use chrono::NaiveDate;
use domain::{access::Scope, events::SubjectKind, knowledge::*, requests::Request, requests::SAME_NEED, vocabulary::*};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, DbBackend, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait, SelectStatement},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::terms;
use crate::{
    Error, Page, Paging, access, services,
    store::{self, Cursor, Source, UnitOfWork},
};

mod entity {
    use domain::{knowledge::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "lesson")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: LessonId,
        pub version: i64,
        pub title: Title,
        pub happened: Reason,
        pub learned: Reason,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub origin: Option<RelatedThing>,
        pub customer_id: Option<CustomerId>,
        pub written_by_id: PersonId,
        pub created_at: DateTimeUtc,
        pub changed_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

mod about {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "lesson_service")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub lesson_id: LessonId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub service_id: ServiceId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod reader {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "lesson_reader")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub lesson_id: LessonId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: PersonId,
        pub read_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

/// A reader in an array that was put together in SQL.
#[derive(Deserialize)]
struct StoredReader {
    id: PersonId,
    name: PersonName,
    at: chrono::DateTime<chrono::Utc>,
}

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    lesson: Model,
    customer_code: Option<Code>,
    customer_name: Option<Name>,
    written_by_name: PersonName,
    origin_is_seen: i32,
    services: String,
    readers: String,
}

fn items<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, Error> {
    Ok(serde_json::from_str(text)?)
}

impl Row {
    fn lesson(self) -> Result<Lesson, Error> {
        let row = self.lesson;
        let label = Option::zip(self.customer_code, self.customer_name);
        let readers: Vec<StoredReader> = items(&self.readers)?;
        Ok(Lesson {
            id: row.id,
            version: row.version,
            title: row.title,
            happened: row.happened,
            learned: row.learned,
            services: services::labelled(items(&self.services)?),
            origin: row.origin,
            customer: Option::zip(row.customer_id, label).map(|(id, (code, name))| CustomerRef { id, code, name }),
            written_by: PersonRef {
                id: row.written_by_id,
                name: self.written_by_name,
            },
            readers: readers
                .into_iter()
                .map(|StoredReader { id, name, at }| LessonReader {
                    person: PersonRef { id, name },
                    read_at: at,
                })
                .collect(),
            is_origin_seen: self.origin_is_seen == 1,
            created_at: row.created_at,
            changed_at: row.changed_at,
        })
    }
}

fn row(lesson: &Lesson) -> ActiveModel {
    Model {
        id: lesson.id,
        version: lesson.version,
        title: lesson.title.clone(),
        happened: lesson.happened.clone(),
        learned: lesson.learned.clone(),
        origin: lesson.origin.clone(),
        customer_id: lesson.customer.as_ref().map(|customer| customer.id),
        written_by_id: lesson.written_by.id,
        created_at: lesson.created_at,
        changed_at: lesson.changed_at,
    }
    .into_active_model()
    .reset_all()
}

fn select(source: &impl Source, scope: &Scope, today: NaiveDate) -> SelectStatement {
    let backend = source.backend();
    let services = store::json_rows(
        backend,
        &[("id", "s.id"), ("code", "s.code"), ("name", "s.name")],
        "lesson_service x join service s on s.id = x.service_id where x.lesson_id = lesson.id",
        "s.code",
    );
    let latest = format!(
        "(select r.person_id, r.read_at from lesson_reader r where r.lesson_id = lesson.id \
         order by r.read_at desc limit {}) l join person p on p.id = l.person_id",
        Lesson::READERS
    );
    let readers = store::json_rows(
        backend,
        &[("id", "p.id"), ("name", "p.name"), ("at", "l.read_at")],
        &latest,
        "l.read_at desc, p.id",
    );
    let seen = access::of_customers(&scope.visible.customers, "lesson.customer_id", today, backend);
    let mut query = Entity::find().into_query();
    query
        .left_join("customer", Expr::cust("customer.id = lesson.customer_id"))
        .inner_join("person", Expr::cust("person.id = lesson.written_by_id"))
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name")
        .expr_as(Expr::col(("person", "name")), "written_by_name")
        .expr_as(
            Expr::case(seen, Expr::cust("1")).finally(Expr::cust("0")),
            "origin_is_seen",
        )
        .expr_as(Expr::cust(services), "services")
        .expr_as(Expr::cust(readers), "readers");
    query
}

/// The lesson.
pub async fn lesson(source: &impl Source, scope: &Scope, id: LessonId, today: NaiveDate) -> Result<Lesson, Error> {
    let mut query = select(source, scope, today);
    query.and_where(Column::Id.eq(id));
    let row = store::one::<Row>(source.connection(), &query).await?;
    row.ok_or(Error::NotFound)?.lesson()
}

/// The same, held until the unit of work ends.
pub async fn load_lesson(unit: &UnitOfWork, scope: &Scope, id: LessonId) -> Result<Lesson, Error> {
    let mut query = select(unit, scope, unit.today());
    query.and_where(Column::Id.eq(id));
    store::lock(&mut query, unit.backend(), "lesson");
    let row = store::one::<Row>(unit.connection(), &query).await?;
    row.ok_or(Error::NotFound)?.lesson()
}

/// Which lessons.
#[derive(Debug, Clone, Default)]
pub struct LessonFilter {
    /// For this service.
    pub service: Option<ServiceId>,
    /// That fit this request: for one of its services, or about the same.
    pub fitting: Option<Fitting>,
    /// Learned at this customer.
    pub customer: Option<CustomerId>,
    /// That this person has not read yet (or has).
    pub unread_by: Option<(PersonId, bool)>,
    /// With every one of these words, in any of its forms.
    pub words: Option<String>,
}

/// What fits a request: its services, and lessons that share what it says. By default nothing does.
#[derive(Debug, Clone, Default)]
pub struct Fitting {
    services: Vec<ServiceId>,
    alike: Vec<LessonId>,
}

impl Fitting {
    /// What fits the request.
    pub async fn of(source: &impl Source, request: &Request) -> Result<Self, Error> {
        let description = request.description.as_ref().map_or("", |d| d.as_str());
        let told = (request.title.as_str(), description);
        let alike = terms::alike::<LessonId>(source, SubjectKind::Lesson, told).await?;
        Ok(Self {
            services: request.services.iter().map(|service| service.id).collect(),
            alike: alike
                .into_iter()
                .take_while(|(_, score)| *score >= SAME_NEED)
                .map(|(id, _)| id)
                .take(store::IN_ONE_LIST)
                .collect(),
        })
    }

    fn condition(&self, backend: DbBackend) -> Expr {
        let services = self.services.iter().map(|id| id.0);
        let about = format!(
            "lesson.id in (select x.lesson_id from lesson_service x where x.service_id in ({}))",
            store::places(self.services.len())
        );
        let any = Condition::any().add(store::expr(backend, about, services));
        Expr::from(match self.alike.is_empty() {
            true => any,
            false => any.add(Column::Id.is_in(self.alike.iter().copied())),
        })
    }
}

impl LessonFilter {
    fn apply(&self, query: &mut SelectStatement, scope: &Scope, backend: DbBackend, today: NaiveDate) {
        let wanted = [
            self.service.map(|id| {
                let about = "lesson.id in (select x.lesson_id from lesson_service x where x.service_id = ?)";
                store::expr(backend, about, [id.0])
            }),
            self.fitting.as_ref().map(|fitting| fitting.condition(backend)),
            // Where the caller does not see what it was learned from, it is not found by it either.
            self.customer.map(|id| {
                let seen = access::of_customers(&scope.visible.customers, "lesson.customer_id", today, backend);
                Column::CustomerId.eq(id).and(seen)
            }),
            self.unread_by.map(|(id, unread)| {
                let read = "exists (select 1 from lesson_reader r where r.lesson_id = lesson.id and r.person_id = ?)";
                let read = store::expr(backend, read, [id.0]);
                if unread { read.not() } else { read }
            }),
            self.words
                .as_ref()
                .and_then(|text| terms::matching(backend, SubjectKind::Lesson, "lesson.id", text)),
        ];
        for condition in wanted.into_iter().flatten() {
            query.and_where(condition);
        }
    }
}

/// A page of lessons, by when they were written.
pub async fn lessons(
    source: &impl Source,
    scope: &Scope,
    filter: &LessonFilter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<Lesson>, Error> {
    let mut query = select(source, scope, today);
    filter.apply(&mut query, scope, source.backend(), today);
    let (rows, total) = paging.rows::<Row>(source, &mut query, None, ("lesson", "id")).await?;
    let items = rows.into_iter().map(|row| Ok(row.lesson()?.shown()));
    let items = items.collect::<Result<_, Error>>()?;
    Ok(paging.cut(items, total, |lesson: &Lesson| Cursor::after(vec![], lesson.id)))
}

async fn keep_services(unit: &UnitOfWork, lesson: &Lesson) -> Result<(), Error> {
    if lesson.services.is_empty() {
        return Ok(());
    }
    let rows = lesson.services.iter().map(|service| about::ActiveModel {
        lesson_id: Set(lesson.id),
        service_id: Set(service.id),
    });
    about::Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

async fn index(unit: &UnitOfWork, lesson: &Lesson) -> Result<(), Error> {
    let others = [lesson.happened.as_str(), lesson.learned.as_str()];
    terms::index(unit, SubjectKind::Lesson, lesson.id.0, (lesson.title.as_str(), &others)).await
}

/// Stores a new lesson.
pub async fn insert_lesson(unit: &mut UnitOfWork, lesson: &Lesson) -> Result<(), Error> {
    Entity::insert(row(lesson))
        .exec_without_returning(unit.connection())
        .await?;
    keep_services(unit, lesson).await?;
    index(unit, lesson).await?;
    unit.record("written", None, Some(lesson))
}

/// Stores a changed lesson.
pub async fn update_lesson(unit: &mut UnitOfWork, before: &Lesson, after: &Lesson) -> Result<(), Error> {
    replace(unit, before, after).await?;
    if before.services != after.services {
        about::Entity::delete_many()
            .filter(about::Column::LessonId.eq(after.id))
            .exec(unit.connection())
            .await?;
        keep_services(unit, after).await?;
    }
    index(unit, after).await?;
    unit.record("changed", Some(before), Some(after))
}

async fn replace(unit: &UnitOfWork, before: &Lesson, after: &Lesson) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)
}

/// Whether the person has read the lesson, however long ago.
pub async fn has_read(source: &impl Source, lesson: LessonId, person: PersonId) -> Result<bool, Error> {
    let found = reader::Entity::find_by_id((lesson, person))
        .one(source.connection())
        .await?;
    Ok(found.is_some())
}

/// Stores that the latest reader has read it.
pub async fn insert_reader(unit: &mut UnitOfWork, before: &Lesson, after: &Lesson) -> Result<(), Error> {
    replace(unit, before, after).await?;
    if let Some(latest) = after.readers.first() {
        let row = reader::ActiveModel {
            lesson_id: Set(after.id),
            person_id: Set(latest.person.id),
            read_at: Set(latest.read_at),
        };
        reader::Entity::insert(row)
            .exec_without_returning(unit.connection())
            .await?;
    }
    unit.record("read", Some(before), Some(after))
}
