//! Announcements: what customers are told, with everything that a reader needs, in two queries a page.
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    access::Scope, announcements::*, events::SubjectKind, planned_activities::AnnouncedChange, vocabulary::*,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, DbBackend, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait, Order, Query, SelectStatement},
};

use crate::{
    Error, Page, Paging, access,
    customers::known_by,
    references::{self, References},
    services,
    store::{self, Cursor, Source, UnitOfWork},
};

mod entity {
    use domain::{announcements::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "announcement")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AnnouncementId,
        pub version: i64,
        pub kind: AnnouncementKind,
        #[sea_orm(column_type = "JsonBinary")]
        pub title: AnnouncementTitle,
        #[sea_orm(column_type = "JsonBinary")]
        pub text: AnnouncementText,
        pub names_customers: bool,
        pub begins_at: DateTimeUtc,
        pub ends_at: Option<DateTimeUtc>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub withdrawal: Option<AnnouncementWithdrawal>,
        pub withdrawn: bool,
        #[sea_orm(column_type = "JsonBinary")]
        pub external_references: crate::references::References,
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
    #[sea_orm(table_name = "announcement_service")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub announcement_id: AnnouncementId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub service_id: ServiceId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod told {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "announcement_customer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub announcement_id: AnnouncementId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub customer_id: CustomerId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    announcement: Model,
    services: String,
    permitted: access::Leave,
}

impl Row {
    /// The announcement, still without its customers.
    fn announcement(self) -> Result<(Announcement, access::Leave), Error> {
        let row = self.announcement;
        let announcement = Announcement {
            id: row.id,
            version: row.version,
            kind: row.kind,
            title: row.title,
            text: row.text,
            services: services::labelled(serde_json::from_str(&self.services)?),
            to_all_users: !row.names_customers,
            customers: vec![],
            unseen_customers: vec![],
            begins_at: row.begins_at,
            ends_at: row.ends_at,
            withdrawal: row.withdrawal,
            references: row.external_references.0,
            created_at: row.created_at,
            changed_at: row.changed_at,
        };
        Ok((announcement, self.permitted))
    }
}

fn select(scope: &Scope, backend: DbBackend, today: NaiveDate) -> SelectStatement {
    let services = store::json_rows(
        backend,
        &[("id", "s.id"), ("code", "s.code"), ("name", "s.name")],
        "announcement_service x join service s on s.id = x.service_id where x.announcement_id = announcement.id",
        "s.code",
    );
    let mut query = Entity::find().into_query();
    query.expr_as(Expr::cust(services), "services");
    // Where somebody may announce is asked for itself: it bears on whoever uses the services.
    let scope = scope.within(scope.visible.clone());
    access::guard(&mut query, &scope, "null", (today, backend), |reach| {
        access::of_announcement(reach, today, backend)
    });
    query
}

#[derive(FromQueryResult)]
struct CustomerRow {
    announcement_id: AnnouncementId,
    id: CustomerId,
    code: Code,
    name: Name,
    is_seen: i32,
}

/// Puts the customers to the announcements: those that the caller may see, and apart from them the others.
async fn with_customers(
    source: &impl Source,
    scope: &Scope,
    announcements: &mut [Announcement],
    today: NaiveDate,
) -> Result<(), Error> {
    let naming: Vec<AnnouncementId> = announcements.iter().filter(|a| !a.to_all_users).map(|a| a.id).collect();
    if naming.is_empty() {
        return Ok(());
    }
    let seen = access::of_customers(&scope.visible.customers, "customer.id", today, source.backend());
    let mut query = Query::select();
    query
        .column(("announcement_customer", "announcement_id"))
        .columns([("customer", "id"), ("customer", "code"), ("customer", "name")])
        .expr_as(Expr::case(seen, Expr::cust("1")).finally(Expr::cust("0")), "is_seen")
        .from("announcement_customer")
        .inner_join(
            "customer",
            Expr::cust("customer.id = announcement_customer.customer_id"),
        )
        .and_where(Expr::col(("announcement_customer", "announcement_id")).is_in(naming))
        .order_by(("customer", "code"), Order::Asc);
    let mut of: HashMap<AnnouncementId, Vec<CustomerRow>> = HashMap::new();
    for row in store::all::<CustomerRow>(source.connection(), &query).await? {
        of.entry(row.announcement_id).or_default().push(row);
    }
    for announcement in announcements {
        for row in of.remove(&announcement.id).unwrap_or_default() {
            match row.is_seen {
                1 => announcement.customers.push(CustomerRef {
                    id: row.id,
                    code: row.code,
                    name: row.name,
                }),
                _ => announcement.unseen_customers.push(row.id),
            }
        }
    }
    Ok(())
}

async fn one(
    source: &impl Source,
    scope: &Scope,
    query: &SelectStatement,
    today: NaiveDate,
) -> Result<Announcement, Error> {
    let row = store::one::<Row>(source.connection(), query).await?;
    let mut found = [access::admit(source, row.map(Row::announcement).transpose()?)?];
    with_customers(source, scope, &mut found, today).await?;
    let [announcement] = found;
    Ok(announcement)
}

/// The announcement, if the caller may see it (404).
pub async fn get(
    source: &impl Source,
    scope: &Scope,
    id: AnnouncementId,
    today: NaiveDate,
) -> Result<Announcement, Error> {
    let mut query = select(scope, source.backend(), today);
    query.and_where(Column::Id.eq(id));
    one(source, scope, &query, today).await
}

/// The same, held until the unit of work ends, if the caller may change what is announced (403).
pub async fn load(unit: &UnitOfWork, scope: &Scope, id: AnnouncementId) -> Result<Announcement, Error> {
    let mut query = select(scope, unit.backend(), unit.today());
    query.and_where(Column::Id.eq(id));
    store::lock(&mut query, unit.backend(), "announcement");
    let announcement = one(unit, scope, &query, unit.today()).await?;
    access::admit_to_provider(unit, scope).await?;
    Ok(announcement)
}

/// Which announcements.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this kind.
    pub kind: Option<AnnouncementKind>,
    /// That this customer is told.
    pub customer: Option<CustomerId>,
    /// About this service.
    pub service: Option<ServiceId>,
    /// Withdrawn (or not).
    pub withdrawn: Option<bool>,
    /// That last until after this time.
    pub from: Option<DateTime<Utc>>,
    /// That begin before this time.
    pub before: Option<DateTime<Utc>>,
    /// Known by this reference.
    pub reference: Option<SystemKey>,
}

impl Filter {
    fn apply(&self, query: &mut SelectStatement, backend: DbBackend) {
        let wanted = [
            self.kind.map(|kind| Column::Kind.eq(kind)),
            self.customer
                .map(|id| access::announced_to(|column| store::expr(backend, format!("{column} = ?"), [id.0]))),
            self.service.map(|id| {
                let about =
                    "announcement.id in (select x.announcement_id from announcement_service x where x.service_id = ?)";
                store::expr(backend, about, [id.0])
            }),
            self.withdrawn.map(|is| Column::Withdrawn.eq(is)),
            self.from.map(|at| Column::EndsAt.is_null().or(Column::EndsAt.gt(at))),
            self.before.map(|at| Column::BeginsAt.lt(at)),
            self.reference
                .as_ref()
                .map(|wanted| known_by(SubjectKind::Announcement, "announcement.id", wanted, backend)),
        ];
        for condition in wanted.into_iter().flatten() {
            query.and_where(condition);
        }
    }
}

/// A page of announcements, by when they begin.
pub async fn list(
    source: &impl Source,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<Announcement>, Error> {
    let mut query = select(scope, source.backend(), today);
    filter.apply(&mut query, source.backend());
    let total = match paging.count {
        true => Some(store::count(source.connection(), &query).await?),
        false => None,
    };
    paging.apply_by_time(&mut query, ("announcement", "begins_at"), ("announcement", "id"));
    let rows = store::all::<Row>(source.connection(), &query).await?;
    let mut announcements = rows
        .into_iter()
        .map(|row| Ok(row.announcement()?.0))
        .collect::<Result<Vec<_>, Error>>()?;
    with_customers(source, scope, &mut announcements, today).await?;
    Ok(paging.cut(announcements, total, |a: &Announcement| {
        Cursor::after_time(a.begins_at, a.id)
    }))
}

/// What a customer is told of a period and still holds, the last to begin first: at most so many.
pub async fn of_customer(
    source: &impl Source,
    scope: &Scope,
    customer: CustomerId,
    (from, before): (DateTime<Utc>, DateTime<Utc>),
    most: u64,
    today: NaiveDate,
) -> Result<Vec<Announcement>, Error> {
    let filter = Filter {
        customer: Some(customer),
        withdrawn: Some(false),
        from: Some(from),
        before: Some(before),
        ..Filter::default()
    };
    let paging = Paging {
        descending: true,
        ..Paging::first(most)
    };
    Ok(list(source, scope, &filter, &paging, today).await?.items)
}

#[derive(FromQueryResult)]
struct ChangeRow {
    id: AnnouncementId,
    title: AnnouncementTitle,
    names_customers: bool,
    begins_at: DateTime<Utc>,
    ends_at: Option<DateTime<Utc>>,
    service_id: ServiceId,
}

#[derive(FromQueryResult)]
struct ToldRow {
    announcement_id: AnnouncementId,
    customer_id: CustomerId,
}

/// So many announced changes are looked at for a page of wished freezes.
const MOST_CHANGES: u64 = 2000;

/// The planned changes of some services that still hold and touch the time, with all customers that are told, each part
/// of one included. Whoever may see one of those customers may see the announcement.
pub(crate) async fn planned_changes(
    source: &impl Source,
    services: Vec<ServiceId>,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<AnnouncedChange>, Error> {
    if services.is_empty() {
        return Ok(vec![]);
    }
    let query = Query::select()
        .columns(["id", "title", "names_customers", "begins_at", "ends_at"].map(|name| ("announcement", name)))
        .column(("announcement_service", "service_id"))
        .from("announcement")
        .inner_join(
            "announcement_service",
            Expr::cust("announcement_service.announcement_id = announcement.id"),
        )
        .and_where(Expr::col(("announcement_service", "service_id")).is_in(services))
        .and_where(Column::Kind.eq(AnnouncementKind::PlannedChange))
        .and_where(Column::Withdrawn.eq(false))
        .and_where(Column::BeginsAt.lt(to))
        .and_where(Column::EndsAt.is_null().or(Column::EndsAt.gt(from)))
        .order_by(("announcement", "begins_at"), Order::Asc)
        .order_by(("announcement", "id"), Order::Asc)
        .limit(MOST_CHANGES)
        .to_owned();
    let mut changes: Vec<AnnouncedChange> = vec![];
    for row in store::all::<ChangeRow>(source.connection(), &query).await? {
        match changes.last_mut().filter(|last| last.id == row.id) {
            Some(last) => last.services.push(row.service_id),
            None => changes.push(AnnouncedChange {
                id: row.id,
                title: row.title,
                services: vec![row.service_id],
                customers: row.names_customers.then(Vec::new),
                begins_at: row.begins_at,
                ends_at: row.ends_at,
            }),
        }
    }
    let naming: Vec<AnnouncementId> = changes.iter().filter(|c| c.customers.is_some()).map(|c| c.id).collect();
    if naming.is_empty() {
        return Ok(changes);
    }
    let query = Query::select()
        .column(("announcement_customer", "announcement_id"))
        .column(("customer_ancestry", "customer_id"))
        .from("announcement_customer")
        .inner_join(
            "customer_ancestry",
            Expr::cust("customer_ancestry.ancestor_id = announcement_customer.customer_id"),
        )
        .and_where(Expr::col(("announcement_customer", "announcement_id")).is_in(naming))
        .to_owned();
    let mut told: HashMap<AnnouncementId, Vec<CustomerId>> = HashMap::new();
    for row in store::all::<ToldRow>(source.connection(), &query).await? {
        told.entry(row.announcement_id).or_default().push(row.customer_id);
    }
    for change in changes.iter_mut().filter(|change| change.customers.is_some()) {
        change.customers = told.remove(&change.id);
    }
    Ok(changes)
}

fn row(announcement: &Announcement) -> ActiveModel {
    Model {
        id: announcement.id,
        version: announcement.version,
        kind: announcement.kind,
        title: announcement.title.clone(),
        text: announcement.text.clone(),
        names_customers: !announcement.to_all_users,
        begins_at: announcement.begins_at,
        ends_at: announcement.ends_at,
        withdrawal: announcement.withdrawal.clone(),
        withdrawn: announcement.withdrawal.is_some(),
        external_references: References(announcement.references.clone()),
        created_at: announcement.created_at,
        changed_at: announcement.changed_at,
    }
    .into_active_model()
    .reset_all()
}

async fn keep_customers(unit: &UnitOfWork, announcement: &Announcement) -> Result<(), Error> {
    let seen = announcement.customers.iter().map(|customer| customer.id);
    let all: Vec<CustomerId> = seen.chain(announcement.unseen_customers.iter().copied()).collect();
    if all.is_empty() {
        return Ok(());
    }
    let rows = all.into_iter().map(|customer_id| told::ActiveModel {
        announcement_id: Set(announcement.id),
        customer_id: Set(customer_id),
    });
    told::Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

async fn keep_services(unit: &UnitOfWork, announcement: &Announcement) -> Result<(), Error> {
    let rows = announcement.services.iter().map(|service| about::ActiveModel {
        announcement_id: Set(announcement.id),
        service_id: Set(service.id),
    });
    about::Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

/// Stores a new announcement.
pub async fn insert(unit: &mut UnitOfWork, announcement: &Announcement, digest: Option<&str>) -> Result<(), Error> {
    Entity::insert(row(announcement))
        .exec_without_returning(unit.connection())
        .await?;
    keep_customers(unit, announcement).await?;
    keep_services(unit, announcement).await?;
    let (id, references) = (announcement.id.0, &announcement.references);
    references::set(unit, SubjectKind::Announcement, id, references, digest, true).await?;
    unit.record("published", None, Some(announcement))
}

/// Stores what an act made of an announcement. `act` is the last part of the event's type.
pub async fn update(
    unit: &mut UnitOfWork,
    act: &str,
    before: &Announcement,
    after: &Announcement,
) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    if before.customers != after.customers {
        told::Entity::delete_many()
            .filter(told::Column::AnnouncementId.eq(after.id))
            .exec(unit.connection())
            .await?;
        keep_customers(unit, after).await?;
    }
    if before.services != after.services {
        about::Entity::delete_many()
            .filter(about::Column::AnnouncementId.eq(after.id))
            .exec(unit.connection())
            .await?;
        keep_services(unit, after).await?;
    }
    unit.record(act, Some(before), Some(after))
}

/// Replaces the references, as the announcement's source tells it anew.
pub async fn refer(unit: &mut UnitOfWork, announcement: &Announcement, digest: Option<&str>) -> Result<(), Error> {
    let (id, references) = (announcement.id.0, &announcement.references);
    references::set(unit, SubjectKind::Announcement, id, references, digest, false).await
}
