//! The improvement register: entries with everything that a reader needs, in two queries a page; their readings, and what
//! they came to.
mod effects;
mod readings;

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{access::Scope, events::SubjectKind, improvements::*, requests::HandOver, vocabulary::*};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, IntoActiveModel, Iterable,
    QueryFilter, QueryTrait, Statement,
    sea_query::{Expr, ExprTrait, Order, Query, SelectStatement},
};
use serde::{Deserialize, de::DeserializeOwned};

pub use effects::*;
pub use readings::*;

use crate::{
    Error, Page, Paging, access,
    customers::known_by,
    references::{self, References},
    services,
    store::{self, Cursor, Source, UnitOfWork},
};

mod entity {
    use domain::{improvements::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "improvement")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ImprovementId,
        pub version: i64,
        pub number: String,
        pub status: ImprovementStatus,
        pub title: Title,
        pub description: Option<Markdown>,
        pub origin_kind: OriginKind,
        pub origin_customer_id: Option<CustomerId>,
        pub request_id: Option<RequestId>,
        pub hand_over_id: Option<HandOverId>,
        pub taken_back_at: Option<DateTimeUtc>,
        pub statement_id: Option<StatementId>,
        pub target: Option<Slug>,
        pub source: Option<Note>,
        pub owner_id: Option<PersonId>,
        pub priority: i32,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub measure: Option<Measure>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub approval: Option<ImprovementApproval>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub rejection: Option<ImprovementRejection>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub implementation: Option<Implementation>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub verification: Option<EffectVerification>,
        pub verified_on: Option<chrono::NaiveDate>,
        #[sea_orm(column_type = "JsonBinary")]
        pub external_references: crate::references::References,
        pub created_at: DateTimeUtc,
        pub changed_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod for_customer {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "improvement_customer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub improvement_id: ImprovementId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub customer_id: CustomerId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod of_service {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "improvement_service")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub improvement_id: ImprovementId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub service_id: ServiceId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod activity {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "improvement_activity")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ImprovementActivityId,
        pub improvement_id: ImprovementId,
        pub what: Title,
        pub person_id: PersonId,
        pub due_day: chrono::NaiveDate,
        pub done_on: Option<chrono::NaiveDate>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    improvement: Model,
    owner_name: Option<PersonName>,
    request_number: Option<String>,
    request_title: Option<Title>,
    origin_is_seen: i32,
    services: String,
    activities: String,
    permitted: access::Leave,
}

/// An activity in an array that was put together in SQL.
#[derive(Deserialize)]
struct StoredActivity {
    id: ImprovementActivityId,
    what: Title,
    who_id: PersonId,
    who: PersonName,
    due: NaiveDate,
    done: Option<NaiveDate>,
}

fn items<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, Error> {
    Ok(serde_json::from_str(text)?)
}

impl Row {
    /// The improvement, still without its customers.
    fn improvement(self) -> Result<(Improvement, access::Leave), Error> {
        let row = self.improvement;
        let label = Option::zip(self.request_number, self.request_title);
        let request = Option::zip(row.request_id, label).map(|(id, (number, title))| RequestRef { id, number, title });
        let activities: Vec<StoredActivity> = items(&self.activities)?;
        let improvement = Improvement {
            id: row.id,
            version: row.version,
            number: row.number,
            status: row.status,
            title: row.title,
            description: row.description,
            origin: Origin {
                kind: row.origin_kind,
                request,
                hand_over: row.hand_over_id,
                taken_back_at: row.taken_back_at,
                statement: row.statement_id,
                target: row.target,
                source: row.source,
                customer: row.origin_customer_id,
                is_seen: self.origin_is_seen == 1,
            },
            customers: vec![],
            unseen_customers: vec![],
            services: services::labelled(items(&self.services)?),
            owner: Option::zip(row.owner_id, self.owner_name).map(|(id, name)| PersonRef { id, name }),
            priority: Some(row.priority).filter(|priority| *priority > 0),
            measure: row.measure,
            activities: activities
                .into_iter()
                .map(|stored| ImprovementActivity {
                    id: stored.id,
                    what: stored.what,
                    who: PersonRef {
                        id: stored.who_id,
                        name: stored.who,
                    },
                    due_day: stored.due,
                    done_on: stored.done,
                })
                .collect(),
            approval: row.approval,
            rejection: row.rejection,
            implementation: row.implementation,
            verification: row.verification,
            references: row.external_references.0,
            created_at: row.created_at,
            changed_at: row.changed_at,
        };
        Ok((improvement, self.permitted))
    }
}

fn select(scope: &Scope, backend: DbBackend, today: NaiveDate) -> SelectStatement {
    let services = store::json_rows(
        backend,
        &[("id", "s.id"), ("code", "s.code"), ("name", "s.name")],
        "improvement_service x join service s on s.id = x.service_id where x.improvement_id = improvement.id",
        "s.code",
    );
    let activities = store::json_rows(
        backend,
        &[
            ("id", "a.id"),
            ("what", "a.what"),
            ("who_id", "p.id"),
            ("who", "p.name"),
            ("due", "a.due_day"),
            ("done", "a.done_on"),
        ],
        "improvement_activity a join person p on p.id = a.person_id where a.improvement_id = improvement.id",
        "a.due_day, a.id",
    );
    let origin = access::of_customers(
        &scope.visible.customers,
        "improvement.origin_customer_id",
        today,
        backend,
    );
    let mut query = Entity::find().into_query();
    query
        .left_join("person", Expr::cust("person.id = improvement.owner_id"))
        .left_join("request", Expr::cust("request.id = improvement.request_id"))
        .expr_as(Expr::col(("person", "name")), "owner_name")
        .expr_as(Expr::col(("request", "number")), "request_number")
        .expr_as(Expr::col(("request", "title")), "request_title")
        .expr_as(
            Expr::case(origin, Expr::cust("1")).finally(Expr::cust("0")),
            "origin_is_seen",
        )
        .expr_as(Expr::cust(services), "services")
        .expr_as(Expr::cust(activities), "activities");
    access::guard(
        &mut query,
        scope,
        access::CUSTOMERS_OF_IMPROVEMENT,
        (today, backend),
        |reach| access::of_improvement(reach, today, backend),
    );
    query
}

#[derive(FromQueryResult)]
struct CustomerRow {
    improvement_id: ImprovementId,
    id: CustomerId,
    code: Code,
    name: Name,
    is_seen: i32,
}

/// Puts the customers to the improvements: those that the caller may see, and apart from them the others.
async fn with_customers(
    source: &impl Source,
    scope: &Scope,
    improvements: &mut [Improvement],
    today: NaiveDate,
) -> Result<(), Error> {
    if improvements.is_empty() {
        return Ok(());
    }
    let seen = access::of_customers(&scope.visible.customers, "customer.id", today, source.backend());
    let mut query = Query::select();
    query
        .column(("improvement_customer", "improvement_id"))
        .columns([("customer", "id"), ("customer", "code"), ("customer", "name")])
        .expr_as(Expr::case(seen, Expr::cust("1")).finally(Expr::cust("0")), "is_seen")
        .from("improvement_customer")
        .inner_join("customer", Expr::cust("customer.id = improvement_customer.customer_id"))
        .and_where(Expr::col(("improvement_customer", "improvement_id")).is_in(improvements.iter().map(|i| i.id)))
        .order_by(("customer", "code"), Order::Asc);
    let mut of: HashMap<ImprovementId, Vec<CustomerRow>> = HashMap::new();
    for row in store::all::<CustomerRow>(source.connection(), &query).await? {
        of.entry(row.improvement_id).or_default().push(row);
    }
    for improvement in improvements {
        for CustomerRow {
            id,
            code,
            name,
            is_seen,
            ..
        } in of.remove(&improvement.id).unwrap_or_default()
        {
            match is_seen {
                1 => improvement.customers.push(CustomerRef { id, code, name }),
                _ => improvement.unseen_customers.push(id),
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
) -> Result<Improvement, Error> {
    let row = store::one::<Row>(source.connection(), query).await?;
    let mut found = [access::admit(source, row.map(Row::improvement).transpose()?)?];
    with_customers(source, scope, &mut found, today).await?;
    let [improvement] = found;
    Ok(improvement)
}

/// The improvement, if the caller may see it (404) and do this with it (403).
pub async fn get(
    source: &impl Source,
    scope: &Scope,
    id: ImprovementId,
    today: NaiveDate,
) -> Result<Improvement, Error> {
    let query = select(scope, source.backend(), today)
        .and_where(Column::Id.eq(id))
        .to_owned();
    one(source, scope, &query, today).await
}

/// The same, held until the unit of work ends.
pub async fn load(unit: &UnitOfWork, scope: &Scope, id: ImprovementId) -> Result<Improvement, Error> {
    let mut query = select(scope, unit.backend(), unit.today());
    query.and_where(Column::Id.eq(id));
    store::lock(&mut query, unit.backend(), "improvement");
    one(unit, scope, &query, unit.today()).await
}

/// Which improvements.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// That stand so.
    pub status: Option<ImprovementStatus>,
    /// With something left to do (or without).
    pub open: Option<bool>,
    /// That this person answers for.
    pub owner: Option<PersonId>,
    /// For this customer.
    pub customer: Option<CustomerId>,
    /// Concerning this service.
    pub service: Option<ServiceId>,
    /// With an activity that is overdue (or without).
    pub overdue: Option<bool>,
    /// From such a thing.
    pub origin: Option<OriginKind>,
    /// From this request.
    pub request: Option<RequestId>,
    /// From a target that this statement tells was missed.
    pub statement: Option<StatementId>,
    /// With this number.
    pub number: Option<String>,
    /// Known by this reference.
    pub reference: Option<SystemKey>,
    /// By priority rather than by when they were entered.
    pub by_priority: bool,
}

impl Filter {
    fn apply(&self, query: &mut SelectStatement, scope: &Scope, backend: DbBackend, today: NaiveDate) {
        let overdue = || {
            store::expr(
                backend,
                "improvement.id in (select a.improvement_id from improvement_activity a \
                 where a.done_on is null and a.due_day < ?)",
                [today],
            )
        };
        // What came from where the caller does not see is not found by it either.
        let origin = access::of_customers(
            &scope.visible.customers,
            "improvement.origin_customer_id",
            today,
            backend,
        );
        let ended = [ImprovementStatus::Closed, ImprovementStatus::Rejected];
        // Those left to do are named one by one, as the index knows them.
        let left: Vec<ImprovementStatus> = ImprovementStatus::iter().filter(|status| status.is_open()).collect();
        let wanted = [
            self.status.map(|status| Column::Status.eq(status)),
            self.open.map(|open| match open {
                true => Column::Status.is_in(left),
                false => Column::Status.is_in(ended),
            }),
            self.owner.map(|id| Column::OwnerId.eq(id)),
            self.customer.map(|id| {
                let of_customer = Query::select()
                    .column(("improvement_customer", "improvement_id"))
                    .from("improvement_customer")
                    .and_where(Expr::col(("improvement_customer", "customer_id")).eq(id))
                    .and_where(access::of_customers(
                        &scope.visible.customers,
                        "improvement_customer.customer_id",
                        today,
                        backend,
                    ))
                    .to_owned();
                Expr::col(("improvement", "id")).in_subquery(of_customer)
            }),
            self.service.map(|id| {
                store::expr(
                    backend,
                    "improvement.id in (select x.improvement_id from improvement_service x where x.service_id = ?)",
                    [id.0],
                )
            }),
            self.overdue.map(|is| if is { overdue() } else { overdue().not() }),
            self.origin.map(|kind| Column::OriginKind.eq(kind)),
            self.request.map(|id| Column::RequestId.eq(id).and(origin.clone())),
            self.statement.map(|id| Column::StatementId.eq(id).and(origin.clone())),
            self.number.as_ref().map(|number| Column::Number.eq(number)),
            self.reference
                .as_ref()
                .map(|wanted| known_by(SubjectKind::Improvement, "improvement.id", wanted, backend)),
        ];
        for condition in wanted.into_iter().flatten() {
            query.and_where(condition);
        }
        // Whoever is done with an improvement is not late with it any more.
        if self.overdue == Some(true) {
            query.and_where(Column::Status.is_not_in([
                ImprovementStatus::Verified,
                ImprovementStatus::Closed,
                ImprovementStatus::Rejected,
            ]));
        }
    }
}

/// A page of improvements, by when they were entered or by priority.
pub async fn list(
    source: &impl Source,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<Improvement>, Error> {
    let mut query = select(scope, source.backend(), today);
    filter.apply(&mut query, scope, source.backend(), today);
    let total = match paging.count {
        true => Some(store::count(source.connection(), &query).await?),
        false => None,
    };
    match filter.by_priority {
        true => paging.apply_by_number(&mut query, ("improvement", "priority"), ("improvement", "id")),
        false => paging.apply(&mut query, None, ("improvement", "id")),
    }
    let rows = store::all::<Row>(source.connection(), &query).await?;
    let mut improvements = rows
        .into_iter()
        .map(|row| Ok(row.improvement()?.0))
        .collect::<Result<Vec<_>, Error>>()?;
    with_customers(source, scope, &mut improvements, today).await?;
    Ok(
        paging.cut(improvements, total, |i: &Improvement| match filter.by_priority {
            true => Cursor::after_number(i.priority.unwrap_or_default().into(), i.id),
            false => Cursor::after(vec![], i.id),
        }),
    )
}

/// How many improvements for a customer have something left to do.
pub async fn count_open(
    source: &impl Source,
    scope: &Scope,
    customer: CustomerId,
    today: NaiveDate,
) -> Result<u64, Error> {
    let filter = Filter {
        customer: Some(customer),
        open: Some(true),
        ..Filter::default()
    };
    let mut query = select(scope, source.backend(), today);
    filter.apply(&mut query, scope, source.backend(), today);
    store::count(source.connection(), &query).await
}

/// A number that no other improvement has had or will have. One that is drawn and not used leaves a gap.
pub async fn draw_number(unit: &UnitOfWork) -> Result<String, Error> {
    let sql = match unit.backend() {
        DbBackend::Postgres => "select nextval('improvement_serial') as serial",
        _ => "update improvement_serial set last = last + 1 returning last as serial",
    };
    let row = unit
        .connection()
        .query_one_raw(Statement::from_string(unit.backend(), sql))
        .await?;
    let serial: i64 = row.ok_or(Error::NotFound)?.try_get("", "serial")?;
    Ok(format!("IMP-{}-{serial:06}", unit.today().format("%Y")))
}

fn row(improvement: &Improvement, verified_on: Option<NaiveDate>) -> ActiveModel {
    let origin = &improvement.origin;
    Model {
        id: improvement.id,
        version: improvement.version,
        number: improvement.number.clone(),
        status: improvement.status,
        title: improvement.title.clone(),
        description: improvement.description.clone(),
        origin_kind: origin.kind,
        origin_customer_id: origin.customer,
        request_id: origin.request.as_ref().map(|request| request.id),
        hand_over_id: origin.hand_over,
        taken_back_at: origin.taken_back_at,
        statement_id: origin.statement,
        target: origin.target.clone(),
        source: origin.source.clone(),
        owner_id: improvement.owner.as_ref().map(|owner| owner.id),
        priority: improvement.priority.unwrap_or_default(),
        measure: improvement.measure.clone(),
        approval: improvement.approval.clone(),
        rejection: improvement.rejection.clone(),
        implementation: improvement.implementation.clone(),
        verification: improvement.verification.clone(),
        verified_on,
        external_references: References(improvement.references.clone()),
        created_at: improvement.created_at,
        changed_at: improvement.changed_at,
    }
    .into_active_model()
    .reset_all()
}

async fn keep_customers(unit: &UnitOfWork, improvement: &Improvement) -> Result<(), Error> {
    let seen = improvement.customers.iter().map(|customer| customer.id);
    let all = seen.chain(improvement.unseen_customers.iter().copied());
    let rows = all.map(|customer_id| for_customer::ActiveModel {
        improvement_id: Set(improvement.id),
        customer_id: Set(customer_id),
    });
    for_customer::Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

async fn keep_services(unit: &UnitOfWork, improvement: &Improvement) -> Result<(), Error> {
    if improvement.services.is_empty() {
        return Ok(());
    }
    let rows = improvement.services.iter().map(|service| of_service::ActiveModel {
        improvement_id: Set(improvement.id),
        service_id: Set(service.id),
    });
    of_service::Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

async fn keep_activities(unit: &UnitOfWork, improvement: &Improvement) -> Result<(), Error> {
    if improvement.activities.is_empty() {
        return Ok(());
    }
    let rows = improvement.activities.iter().map(|activity| activity::ActiveModel {
        id: Set(activity.id),
        improvement_id: Set(improvement.id),
        what: Set(activity.what.clone()),
        person_id: Set(activity.who.id),
        due_day: Set(activity.due_day),
        done_on: Set(activity.done_on),
    });
    activity::Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

/// Stores a new improvement.
pub async fn insert(unit: &mut UnitOfWork, improvement: &Improvement, digest: Option<&str>) -> Result<(), Error> {
    Entity::insert(row(improvement, None))
        .exec_without_returning(unit.connection())
        .await?;
    keep_customers(unit, improvement).await?;
    keep_services(unit, improvement).await?;
    let (id, references) = (improvement.id.0, &improvement.references);
    references::set(unit, SubjectKind::Improvement, id, references, digest, true).await?;
    unit.record("identified", None, Some(improvement))
}

/// Stores what an act made of an improvement. `act` is the last part of the event's type.
pub async fn update(unit: &mut UnitOfWork, act: &str, before: &Improvement, after: &Improvement) -> Result<(), Error> {
    let mut changed = row(after, Some(unit.today()));
    // The day on which it was verified is that of the act, and stands from then on.
    if before.verification == after.verification {
        changed.verified_on = sea_orm::ActiveValue::NotSet;
    }
    let done = Entity::update_many()
        .set(changed)
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    if before.customers != after.customers {
        let of_it = for_customer::Column::ImprovementId.eq(after.id);
        for_customer::Entity::delete_many()
            .filter(of_it)
            .exec(unit.connection())
            .await?;
        keep_customers(unit, after).await?;
    }
    if before.services != after.services {
        let of_it = of_service::Column::ImprovementId.eq(after.id);
        of_service::Entity::delete_many()
            .filter(of_it)
            .exec(unit.connection())
            .await?;
        keep_services(unit, after).await?;
    }
    if before.activities != after.activities {
        let of_it = activity::Column::ImprovementId.eq(after.id);
        activity::Entity::delete_many()
            .filter(of_it)
            .exec(unit.connection())
            .await?;
        keep_activities(unit, after).await?;
    }
    unit.record(act, Some(before), Some(after))
}

/// Replaces the references, as the improvement's source tells it anew.
pub async fn refer(unit: &mut UnitOfWork, improvement: &Improvement, digest: Option<&str>) -> Result<(), Error> {
    let (id, references) = (improvement.id.0, &improvement.references);
    references::set(unit, SubjectKind::Improvement, id, references, digest, false).await
}

/// The request that led to an improvement was withdrawn, or went elsewhere: the improvement tells so.
pub(crate) async fn request_taken_back(unit: &mut UnitOfWork, hand_over: &HandOver) -> Result<(), Error> {
    let everywhere = Scope::unlimited("");
    let mut query = select(&everywhere, unit.backend(), unit.today());
    query.and_where(Column::HandOverId.eq(hand_over.id));
    store::lock(&mut query, unit.backend(), "improvement");
    let before = match one(unit, &everywhere, &query, unit.today()).await {
        Err(Error::NotFound) => return Ok(()),
        found => found?,
    };
    let after = before.clone().lose_request(unit.now());
    update(unit, "request_taken_back", &before, &after).await
}

fn unreadable(fault: impl std::fmt::Display) -> Error {
    Error::Database(DbErr::Custom(fault.to_string()))
}
