//! Which customer uses which service, and when.
use std::collections::HashSet;

use chrono::NaiveDate;
use domain::{access::Scope, customers::ServiceUsage, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, SelectStatement},
};

use super::holds;
use crate::{
    Error, Page, Paging, access,
    store::{self, Cursor, Source, UnitOfWork},
};

mod usage {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "service_usage")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: UsageId,
        pub version: i64,
        pub customer_id: CustomerId,
        pub service_id: ServiceId,
        pub since: chrono::NaiveDate,
        pub until: Option<chrono::NaiveDate>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(FromQueryResult)]
struct UsageRow {
    #[sea_orm(nested)]
    usage: usage::Model,
    customer_code: Code,
    customer_name: Name,
    service_code: Code,
    service_name: Name,
    permitted: access::Leave,
}

impl From<UsageRow> for (ServiceUsage, access::Leave) {
    fn from(row: UsageRow) -> Self {
        let days = Period {
            since: row.usage.since,
            until: row.usage.until,
        }
        .days();
        let usage = ServiceUsage {
            id: row.usage.id,
            version: row.usage.version,
            customer: CustomerRef {
                id: row.usage.customer_id,
                code: row.customer_code,
                name: row.customer_name,
            },
            service: ServiceRef {
                id: row.usage.service_id,
                code: row.service_code,
                name: row.service_name,
            },
            first_day: days.first_day,
            last_day: days.last_day,
        };
        (usage, row.permitted)
    }
}

/// The usage, whoever's it is; held until the unit of work ends.
pub(super) async fn usage_by_id(unit: &UnitOfWork, id: UsageId) -> Result<ServiceUsage, Error> {
    let mut query = select_any(unit.backend(), &Scope::unlimited("succession"), unit.today());
    query.and_where(Expr::col(("service_usage", "id")).eq(id));
    store::lock(&mut query, unit.backend(), "service_usage");
    access::admit(
        unit,
        store::one::<UsageRow>(unit.connection(), &query).await?.map(Into::into),
    )
}

fn select_usages(backend: DbBackend, scope: &Scope, customer: CustomerId, today: NaiveDate) -> SelectStatement {
    let mut query = select_any(backend, scope, today);
    query.and_where(Expr::col(("service_usage", "customer_id")).eq(customer));
    query
}

fn select_any(backend: DbBackend, scope: &Scope, today: NaiveDate) -> SelectStatement {
    let mut query = sea_orm::QueryTrait::into_query(usage::Entity::find());
    query
        .inner_join("customer", Expr::cust("customer.id = service_usage.customer_id"))
        .inner_join("service", Expr::cust("service.id = service_usage.service_id"))
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name")
        .expr_as(Expr::col(("service", "code")), "service_code")
        .expr_as(Expr::col(("service", "name")), "service_name");
    access::guard(&mut query, scope, "customer.id", (today, backend), |reach| {
        access::of_customers(&reach.customers, "customer.id", today, backend)
    });
    query
}

/// A page of a customer's usages; `day` keeps those that hold on it.
pub async fn usages(
    source: &impl Source,
    scope: &Scope,
    customer: CustomerId,
    day: Option<NaiveDate>,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<ServiceUsage>, Error> {
    let mut query = select_usages(source.backend(), scope, customer, today);
    if let Some(day) = day {
        query.and_where(holds("service_usage", day));
    }
    let (rows, total) = paging
        .rows::<UsageRow>(source, &mut query, None, ("service_usage", "id"))
        .await?;
    let usages = rows
        .into_iter()
        .map(|row| <(ServiceUsage, access::Leave)>::from(row).0)
        .collect();
    Ok(paging.cut(usages, total, |u| Cursor::after(vec![], u.id)))
}

/// A usage of the customer, held until the unit of work ends.
pub async fn load_usage(
    unit: &UnitOfWork,
    scope: &Scope,
    customer: CustomerId,
    id: UsageId,
) -> Result<ServiceUsage, Error> {
    let mut query = select_usages(unit.backend(), scope, customer, unit.today());
    query.and_where(Expr::col(("service_usage", "id")).eq(id));
    store::lock(&mut query, unit.backend(), "service_usage");
    access::admit(
        unit,
        store::one::<UsageRow>(unit.connection(), &query).await?.map(Into::into),
    )
}

/// The customer's usages of one service, whenever.
pub async fn usages_of(
    unit: &UnitOfWork,
    scope: &Scope,
    customer: CustomerId,
    service: ServiceId,
) -> Result<Vec<ServiceUsage>, Error> {
    let query = select_usages(unit.backend(), scope, customer, unit.today())
        .and_where(Expr::col(("service_usage", "service_id")).eq(service))
        .to_owned();
    let rows = store::all::<UsageRow>(unit.connection(), &query).await?;
    Ok(rows
        .into_iter()
        .map(|row| <(ServiceUsage, access::Leave)>::from(row).0)
        .collect())
}

/// The services that the customer uses on the day.
pub async fn used_services(
    source: &impl Source,
    customer: CustomerId,
    day: NaiveDate,
) -> Result<HashSet<ServiceId>, Error> {
    let used = usage::Entity::find()
        .select_only()
        .column(usage::Column::ServiceId)
        .filter(usage::Column::CustomerId.eq(customer))
        .filter(holds("service_usage", day))
        .into_tuple()
        .all(source.connection())
        .await?;
    Ok(used.into_iter().collect())
}

fn usage_row(usage: &ServiceUsage) -> Result<usage::ActiveModel, Error> {
    let period = usage.period()?;
    Ok(usage::ActiveModel {
        id: Set(usage.id),
        version: Set(usage.version),
        customer_id: Set(usage.customer.id),
        service_id: Set(usage.service.id),
        since: Set(period.since),
        until: Set(period.until),
    })
}

/// Stores a new usage.
pub async fn insert_usage(unit: &mut UnitOfWork, usage: &ServiceUsage) -> Result<(), Error> {
    usage::Entity::insert(usage_row(usage)?)
        .exec_without_returning(unit.connection())
        .await?;
    unit.record("created", None, Some(usage))
}

/// Stores a changed usage; `act` is what happened to it.
pub async fn update_usage(
    unit: &mut UnitOfWork,
    act: &str,
    before: &ServiceUsage,
    after: &ServiceUsage,
) -> Result<(), Error> {
    let done = usage::Entity::update_many()
        .set(usage_row(after)?)
        .filter(usage::Column::Id.eq(before.id))
        .filter(usage::Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record(act, Some(before), Some(after))
}
