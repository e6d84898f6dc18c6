//! The improvement register: entries with everything that a reader needs, in two queries a page; their readings, and what
//! they came to.
mod effects;
mod keeping;
mod offers;
mod readings;

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{access::Scope, events::SubjectKind, improvements::*, meetings::MeetingKind, vocabulary::*};
use sea_orm::{
    ColumnTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, Iterable, QueryTrait,
    sea_query::{Expr, ExprTrait, Order, Query, SelectStatement},
};
use serde::{Deserialize, de::DeserializeOwned};

pub use effects::*;
pub use keeping::*;
pub use offers::*;
pub use readings::*;

use crate::{
    Error, Page, Paging, access,
    customers::known_by,
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
        pub report_id: Option<SatisfactionReportId>,
        pub finding: Option<i32>,
        pub meeting_id: Option<MeetingId>,
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

use entity::{Column, Entity, Model};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    improvement: Model,
    owner_name: Option<PersonName>,
    request_number: Option<String>,
    request_title: Option<Title>,
    meeting_kind: Option<MeetingKind>,
    meeting_day: Option<NaiveDate>,
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
                report: row.report_id,
                finding: row.finding.map(i32::unsigned_abs),
                meeting: Option::zip(row.meeting_id, Option::zip(self.meeting_kind, self.meeting_day))
                    .map(|(id, (kind, day))| MeetingRef { id, kind, day }),
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
        .left_join("meeting", Expr::cust("meeting.id = improvement.meeting_id"))
        .expr_as(Expr::col(("person", "name")), "owner_name")
        .expr_as(Expr::col(("request", "number")), "request_number")
        .expr_as(Expr::col(("request", "title")), "request_title")
        .expr_as(Expr::col(("meeting", "kind")), "meeting_kind")
        .expr_as(Expr::col(("meeting", "day")), "meeting_day")
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
    /// From a finding of this report of satisfaction.
    pub report: Option<SatisfactionReportId>,
    /// Whose effect was verified on one of these days, the first and the last.
    pub verified: Option<(NaiveDate, NaiveDate)>,
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
            self.report.map(|id| Column::ReportId.eq(id).and(origin.clone())),
            self.verified
                .map(|(first, last)| Column::VerifiedOn.between(first, last)),
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

fn unreadable(fault: impl std::fmt::Display) -> Error {
    Error::Database(DbErr::Custom(fault.to_string()))
}
