//! What services cost, by when it was entered.
use chrono::NaiveDate;
use domain::{access::Scope, value::*, vocabulary::*};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryTrait,
    sea_query::SelectStatement,
};

use super::{labelled, money};
use crate::{
    Error, Page, Paging, access, customers,
    store::{self, Cursor, Source, UnitOfWork},
};

mod entity {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "service_cost")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ServiceCostId,
        pub version: i64,
        pub customer_id: CustomerId,
        pub service_id: ServiceId,
        pub first_day: chrono::NaiveDate,
        pub last_day: chrono::NaiveDate,
        pub amount: i64,
        pub currency: Currency,
        pub note: Option<Note>,
        pub created_at: DateTimeUtc,
        pub changed_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    cost: Model,
    customer_code: Code,
    customer_name: Name,
    service_code: Code,
    service_name: Name,
    permitted: access::Leave,
}

impl Row {
    fn cost(self) -> Result<(ServiceCost, access::Leave), Error> {
        let row = self.cost;
        let cost = ServiceCost {
            id: row.id,
            version: row.version,
            customer: CustomerRef {
                id: row.customer_id,
                code: self.customer_code,
                name: self.customer_name,
            },
            service: ServiceRef {
                id: row.service_id,
                code: self.service_code,
                name: self.service_name,
            },
            first_day: row.first_day,
            last_day: row.last_day,
            cost: money(row.amount, row.currency)?,
            note: row.note,
            created_at: row.created_at,
            changed_at: row.changed_at,
        };
        Ok((cost, self.permitted))
    }
}

fn row(cost: &ServiceCost) -> ActiveModel {
    Model {
        id: cost.id,
        version: cost.version,
        customer_id: cost.customer.id,
        service_id: cost.service.id,
        first_day: cost.first_day,
        last_day: cost.last_day,
        amount: cost.cost.amount.minor(),
        currency: cost.cost.currency.clone(),
        note: cost.note.clone(),
        created_at: cost.created_at,
        changed_at: cost.changed_at,
    }
    .into_active_model()
    .reset_all()
}

fn select(source: &impl Source, scope: &Scope, today: NaiveDate) -> SelectStatement {
    let (mut query, backend) = (Entity::find().into_query(), source.backend());
    labelled(&mut query, "service_cost");
    let column = "service_cost.customer_id";
    access::guard(&mut query, scope, column, (today, backend), |reach| {
        access::of_customers(&reach.customers, column, today, backend)
    });
    query
}

/// The cost, if the caller may see it (404) and do this with it (403).
pub async fn cost(
    source: &impl Source,
    scope: &Scope,
    id: ServiceCostId,
    today: NaiveDate,
) -> Result<ServiceCost, Error> {
    let mut query = select(source, scope, today);
    query.and_where(Column::Id.eq(id));
    let row = store::one::<Row>(source.connection(), &query).await?;
    access::admit(source, row.map(Row::cost).transpose()?)
}

/// The same, held until the unit of work ends.
pub async fn load_cost(unit: &UnitOfWork, scope: &Scope, id: ServiceCostId) -> Result<ServiceCost, Error> {
    let mut query = select(unit, scope, unit.today());
    query.and_where(Column::Id.eq(id));
    store::lock(&mut query, unit.backend(), "service_cost");
    let row = store::one::<Row>(unit.connection(), &query).await?;
    access::admit(unit, row.map(Row::cost).transpose()?)
}

/// Costs of the same customer and service that touch the days. The customer is held, so that no other joins them until
/// the unit of work ends.
pub async fn costs_beside(
    unit: &UnitOfWork,
    (customer, service): Pair,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<Vec<ServiceCost>, Error> {
    /// The one that is being changed, and one in its way.
    const ENOUGH: u64 = 2;
    let everywhere = Scope::unlimited("costs");
    customers::load(unit, &everywhere, customer).await?;
    let mut query = select(unit, &everywhere, unit.today());
    query
        .and_where(Column::CustomerId.eq(customer))
        .and_where(Column::ServiceId.eq(service))
        .and_where(Column::FirstDay.lte(last))
        .and_where(Column::LastDay.gte(first))
        .limit(ENOUGH);
    let rows = store::all::<Row>(unit.connection(), &query).await?;
    rows.into_iter().map(|row| Ok(row.cost()?.0)).collect()
}

/// The cost of a customer and service that begins on the day, held until the unit of work ends.
pub async fn cost_from(
    unit: &UnitOfWork,
    scope: &Scope,
    (customer, service): Pair,
    first_day: NaiveDate,
) -> Result<Option<ServiceCost>, Error> {
    let mut query = select(unit, scope, unit.today());
    query
        .and_where(Column::CustomerId.eq(customer))
        .and_where(Column::ServiceId.eq(service))
        .and_where(Column::FirstDay.eq(first_day));
    store::lock(&mut query, unit.backend(), "service_cost");
    match store::one::<Row>(unit.connection(), &query).await? {
        None => Ok(None),
        Some(row) => access::admit(unit, Some(row.cost()?)).map(Some),
    }
}

/// Which costs.
#[derive(Debug, Clone, Default)]
pub struct CostFilter {
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Of this service.
    pub service: Option<ServiceId>,
    /// That last until this day or later.
    pub from: Option<NaiveDate>,
    /// That begin before this day.
    pub before: Option<NaiveDate>,
}

/// The costs that match.
pub(super) fn matching(source: &impl Source, scope: &Scope, filter: &CostFilter, today: NaiveDate) -> SelectStatement {
    let mut query = select(source, scope, today);
    let wanted = [
        filter.customer.map(|id| Column::CustomerId.eq(id)),
        filter.service.map(|id| Column::ServiceId.eq(id)),
        filter.from.map(|day| Column::LastDay.gte(day)),
        filter.before.map(|day| Column::FirstDay.lt(day)),
    ];
    for condition in wanted.into_iter().flatten() {
        query.and_where(condition);
    }
    query
}

/// At most so many costs that match.
pub(super) async fn some(
    source: &impl Source,
    query: &mut SelectStatement,
    most: u64,
) -> Result<Vec<ServiceCost>, Error> {
    let rows = store::all::<Row>(source.connection(), query.limit(most)).await?;
    rows.into_iter().map(|row| Ok(row.cost()?.0)).collect()
}

/// A page of costs, by when they were entered.
pub async fn costs(
    source: &impl Source,
    scope: &Scope,
    filter: &CostFilter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<ServiceCost>, Error> {
    let mut query = matching(source, scope, filter, today);
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, None, ("service_cost", "id"))
        .await?;
    let items = rows.into_iter().map(|row| Ok(row.cost()?.0));
    let items = items.collect::<Result<_, Error>>()?;
    Ok(paging.cut(items, total, |cost: &ServiceCost| Cursor::after(vec![], cost.id)))
}

/// Stores a new cost.
pub async fn insert_cost(unit: &mut UnitOfWork, cost: &ServiceCost) -> Result<(), Error> {
    Entity::insert(row(cost))
        .exec_without_returning(unit.connection())
        .await?;
    unit.record("entered", None, Some(cost))
}

/// Stores a changed cost.
pub async fn update_cost(unit: &mut UnitOfWork, before: &ServiceCost, after: &ServiceCost) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record("changed", Some(before), Some(after))
}
