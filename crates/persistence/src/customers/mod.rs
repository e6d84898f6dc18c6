//! Customers with their place in the hierarchy, and their usages of services.
mod succession;
mod usages;

use std::collections::HashSet;

use chrono::NaiveDate;
use domain::{
    access::Scope,
    customers::{ChannelsInput, Customer, CustomerStatus, LegalEntity},
    events::SubjectKind,
    meetings::MeetingCadence,
    vocabulary::*,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, Value,
    sea_query::{Expr, ExprTrait, SelectStatement},
};
use uuid::Uuid;

pub use succession::*;
pub use usages::*;

use crate::{
    Error, Page, Paging, access,
    references::{self, References},
    store::{self, Cursor, Source, UnitOfWork},
};

pub(crate) mod entity {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "customer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: CustomerId,
        pub version: i64,
        pub code: Code,
        pub name: Name,
        pub sort_key: Vec<u8>,
        pub status: domain::customers::CustomerStatus,
        pub parent_id: Option<CustomerId>,
        #[sea_orm(column_type = "JsonBinary")]
        pub legal_entity: domain::customers::LegalEntity,
        pub legal_entity_key: String,
        pub reviews_a_year: Option<i32>,
        pub dialogues_a_year: Option<i32>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub channels: Option<domain::customers::Channels>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub escalation_ladder: Option<domain::customers::EscalationLadder>,
        #[sea_orm(column_type = "JsonBinary")]
        pub external_references: crate::references::References,
        pub created_at: DateTimeUtc,
        /// Whom references to it mean, and since when, where others succeeded it.
        pub heir_id: Option<CustomerId>,
        pub ended_at: Option<DateTimeUtc>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

use entity::{ActiveModel, Column, Entity};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    customer: entity::Model,
    parent_code: Option<Code>,
    parent_name: Option<Name>,
    succeeded_by: String,
    permitted: access::Leave,
}

impl Row {
    fn customer(self) -> Result<(Customer, access::Leave), Error> {
        let row = self.customer;
        let parent = match (row.parent_id, self.parent_code, self.parent_name) {
            (Some(id), Some(code), Some(name)) => Some(CustomerRef { id, code, name }),
            _ => None,
        };
        let customer = Customer {
            id: row.id,
            version: row.version,
            code: row.code,
            name: row.name,
            status: row.status,
            parent,
            legal_entity: row.legal_entity,
            meeting_cadence: match (row.reviews_a_year, row.dialogues_a_year) {
                (None, None) => None,
                (reviews, dialogues) => Some(MeetingCadence { reviews, dialogues }),
            },
            channels: row.channels.unwrap_or_default(),
            escalation_ladder: row.escalation_ladder.unwrap_or_default(),
            references: row.external_references.0,
            succeeded_by: serde_json::from_str(&self.succeeded_by)?,
            created_at: row.created_at,
        };
        Ok((customer, self.permitted))
    }
}

/// Which customers.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Direct parts of this customer.
    pub parent: Option<CustomerId>,
    /// With this status.
    pub status: Option<CustomerStatus>,
    /// With this code.
    pub code: Option<Code>,
    /// Known by this reference.
    pub reference: Option<SystemKey>,
}

fn succeeded_by(backend: DbBackend) -> String {
    store::json_rows(
        backend,
        &[("id", "s.id"), ("code", "s.code"), ("name", "s.name")],
        "customer_successor g join customer s on s.id = g.successor_id where g.customer_id = customer.id",
        "s.code",
    )
}

fn select(backend: DbBackend, scope: &Scope, today: NaiveDate) -> SelectStatement {
    let mut query = sea_orm::QueryTrait::into_query(Entity::find());
    query
        .join_as(
            JoinType::LeftJoin,
            "customer",
            "parent",
            Expr::cust("parent.id = customer.parent_id"),
        )
        .expr_as(Expr::col(("parent", "code")), "parent_code")
        .expr_as(Expr::col(("parent", "name")), "parent_name")
        .expr_as(Expr::cust(succeeded_by(backend)), "succeeded_by");
    access::guard(&mut query, scope, "customer.id", (today, backend), |reach| {
        access::of_customers(&reach.customers, "customer.id", today, backend)
    });
    query
}

/// The customer, if the caller may see it (404) and do this there (403).
pub async fn get(source: &impl Source, scope: &Scope, id: CustomerId, today: NaiveDate) -> Result<Customer, Error> {
    let query = select(source.backend(), scope, today)
        .and_where(Expr::col(("customer", "id")).eq(id))
        .to_owned();
    let row = store::one::<Row>(source.connection(), &query).await?;
    access::admit(source, row.map(Row::customer).transpose()?)
}

/// The same, held until the unit of work ends. One that others succeeded is changed no more (R25).
pub async fn load(unit: &UnitOfWork, scope: &Scope, id: CustomerId) -> Result<Customer, Error> {
    hold(unit, &[id], Against::Change).await?;
    let customer = get(unit, scope, id, unit.today()).await?;
    customer.must_go_on()?;
    Ok(customer)
}

/// Against what customers are held.
pub(crate) enum Against {
    /// Against their end, by whoever refers to them.
    End,
    /// Against every change.
    Change,
    /// Against whoever refers to them, too.
    Reference,
}

/// Holds customers until the unit of work ends, in one order whoever asks; what is read afterwards is as it is then.
/// SQLite's single writer needs nothing.
pub(crate) async fn hold(unit: &UnitOfWork, ids: &[CustomerId], against: Against) -> Result<(), Error> {
    if unit.backend() == DbBackend::Postgres {
        let lock = match against {
            Against::End => "key share",
            Against::Change => "no key update",
            Against::Reference => "update",
        };
        let places = store::places(ids.len());
        let sql = format!("select id from customer where id in ({places}) order by id for {lock}");
        store::run(unit.connection(), &sql, ids.iter().map(|id| id.0.into()).collect()).await?;
    }
    Ok(())
}

/// The customer that a key in a body names; by a reference to one that others succeeded, its heir (R25). One out of scope
/// is refused like one that does not exist (R20); one that the caller sees, but where the act belongs to another role, is
/// refused as that. Nobody succeeds it until the unit of work ends.
pub async fn named(
    unit: &UnitOfWork,
    scope: &Scope,
    key: &Key<CustomerId>,
    pointer: &str,
    today: NaiveDate,
) -> Result<Customer, Error> {
    let unknown = || references::unknown("customer", pointer);
    let id = references::id_of(unit, SubjectKind::Customer, key)
        .await?
        .ok_or_else(unknown)?;
    let id = match key {
        Key::Id(_) => id,
        Key::Reference(_) => heir_of(unit, id).await?.unwrap_or(id),
    };
    hold(unit, &[id], Against::End).await?;
    // Some acts reach further than the eye: a person without a team raises requests for customers that they don't see.
    let reach = Scope {
        visible: scope.permitted.clone(),
        ..scope.clone()
    };
    let found = match get(unit, scope, id, today).await {
        Err(Error::NotFound) => get(unit, &reach, id, today).await,
        found => found,
    };
    let customer = found.map_err(|e| match e {
        Error::NotFound => unknown(),
        other => other,
    })?;
    customer.must_go_on().map_err(|rule| rule.at(pointer))?;
    Ok(customer)
}

/// So many active customers at most are compared with each other.
const MOST_COMPARED: u64 = 10_000;

/// The active customers that the caller sees, to be compared.
pub(crate) async fn active(source: &impl Source, scope: &Scope, today: NaiveDate) -> Result<Vec<CustomerRef>, Error> {
    let active = Filter {
        status: Some(CustomerStatus::Active),
        ..Filter::default()
    };
    let all = list(source, scope, &active, &Paging::first(MOST_COMPARED), today).await?;
    Ok(all.items.iter().map(Customer::reference).collect())
}

/// Whose code it is; for the caller to check whether the customer is in scope.
pub async fn id_of_code(source: &impl Source, code: &str) -> Result<Option<CustomerId>, Error> {
    let id = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Code.eq(code));
    Ok(id.into_tuple().one(source.connection()).await?)
}

/// A page of customers, by name.
pub async fn list(
    source: &impl Source,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<Customer>, Error> {
    let mut query = select(source.backend(), scope, today);
    let by_column = [
        filter.parent.map(|id| Column::ParentId.eq(id)),
        filter.status.map(|status| Column::Status.eq(status)),
        filter.code.as_ref().map(|code| Column::Code.eq(code.clone())),
    ];
    by_column.into_iter().flatten().for_each(|wanted| {
        query.and_where(wanted);
    });
    if let Some(wanted) = &filter.reference {
        query.and_where(meant_by(wanted, source.backend()));
    }
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, Some(("customer", "sort_key")), ("customer", "id"))
        .await?;
    let place = |c: &Customer| Cursor::after(sort_key(c.name.as_str()), c.id);
    let customers = rows.into_iter().map(|row| Ok(row.customer()?.0));
    Ok(paging.cut(customers.collect::<Result<_, Error>>()?, total, place))
}

/// Whether the thing whose id stands in `column` is known by the reference.
pub(crate) fn known_by(kind: SubjectKind, column: &str, wanted: &SystemKey, backend: DbBackend) -> Expr {
    store::expr(
        backend,
        format!(
            "{column} in (select subject_id from external_reference where kind = ? and system = ? and external_id = ?)"
        ),
        [kind.to_string(), wanted.system.to_string(), wanted.id.to_string()],
    )
}

/// Holds the hierarchy until the unit of work ends: whoever moves customers does so one after the other.
pub async fn hold_hierarchy(unit: &UnitOfWork) -> Result<(), Error> {
    if unit.backend() == DbBackend::Postgres {
        let hold = "select name from named_lock where name = 'hierarchy' for update";
        unit.connection().execute_unprepared(hold).await?;
    }
    Ok(())
}

/// Which of these customers there are; they stay until the unit of work ends.
pub(crate) async fn existing(unit: &UnitOfWork, ids: &HashSet<Uuid>) -> Result<HashSet<Uuid>, Error> {
    store::existing(unit.connection(), "customer", ids).await
}

/// The ancestors of a customer, nearest first, without itself.
pub async fn ancestors(source: &impl Source, id: CustomerId) -> Result<Vec<CustomerId>, Error> {
    let query = sea_orm::sea_query::Query::select()
        .column("ancestor_id")
        .from("customer_ancestry")
        .and_where(Expr::col("customer_id").eq(id))
        .and_where(Expr::col("depth").gt(0))
        .order_by("depth", sea_orm::Order::Asc)
        .to_owned();
    let rows = source.connection().query_all(&query).await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get("", "ancestor_id"))
        .collect::<Result<_, _>>()?)
}

/// How many levels the customer's own subtree has; 1 for a leaf.
pub async fn height(source: &impl Source, id: CustomerId) -> Result<usize, Error> {
    let query = sea_orm::sea_query::Query::select()
        .expr_as(Expr::col("depth").max(), "deepest")
        .from("customer_ancestry")
        .and_where(Expr::col("ancestor_id").eq(id))
        .to_owned();
    let row = source.connection().query_one(&query).await?;
    let deepest: Option<i32> = row.map(|row| row.try_get("", "deepest")).transpose()?.flatten();
    Ok(usize::try_from(deepest.unwrap_or_default()).unwrap_or_default() + 1)
}

fn row(customer: &Customer) -> ActiveModel {
    let LegalEntity {
        name,
        organisation_number,
    } = &customer.legal_entity;
    let legal_entity_key = organisation_number
        .as_ref()
        .map_or_else(|| name.to_string(), ToString::to_string);
    ActiveModel {
        id: Set(customer.id),
        version: Set(customer.version),
        code: Set(customer.code.clone()),
        name: Set(customer.name.clone()),
        sort_key: Set(sort_key(customer.name.as_str())),
        status: Set(customer.status),
        parent_id: Set(customer.parent.as_ref().map(|p| p.id)),
        legal_entity: Set(customer.legal_entity.clone()),
        legal_entity_key: Set(legal_entity_key),
        reviews_a_year: Set(customer.meeting_cadence.and_then(|cadence| cadence.reviews)),
        dialogues_a_year: Set(customer.meeting_cadence.and_then(|cadence| cadence.dialogues)),
        channels: Set(Some(customer.channels.clone()).filter(|own| !own.is_empty())),
        escalation_ladder: Set(Some(customer.escalation_ladder.clone()).filter(|own| !own.is_empty())),
        external_references: Set(References(customer.references.clone())),
        created_at: Set(customer.created_at),
        ..Default::default()
    }
}

/// Stores a new customer.
pub async fn insert(unit: &mut UnitOfWork, customer: &Customer, digest: Option<&str>) -> Result<(), Error> {
    Entity::insert(row(customer))
        .exec_without_returning(unit.connection())
        .await?;
    run(
        unit,
        "insert into customer_ancestry (customer_id, ancestor_id, depth) values (?, ?, 0)",
        [customer.id.0; 2],
    )
    .await?;
    hang(unit, customer).await?;
    references::set(
        unit,
        SubjectKind::Customer,
        customer.id.0,
        &customer.references,
        digest,
        true,
    )
    .await?;
    unit.record("created", None, Some(customer))
}

/// What the customer and its ancestors, nearest first, were told of where to turn. Whoever sees the customer may know of it,
/// whether they see the ancestors or not.
pub async fn channels_of(
    source: &impl Source,
    customer: &Customer,
) -> Result<Vec<(CustomerRef, ChannelsInput)>, Error> {
    let query = sea_orm::QueryTrait::into_query(Entity::find())
        .inner_join(
            "customer_ancestry",
            Expr::cust("customer_ancestry.ancestor_id = customer.id"),
        )
        .and_where(Expr::col(("customer_ancestry", "customer_id")).eq(customer.id))
        .and_where(Expr::cust(
            "(customer.channels is not null or customer.escalation_ladder is not null)",
        ))
        .order_by(("customer_ancestry", "depth"), sea_orm::Order::Asc)
        .to_owned();
    let rows = store::all::<entity::Model>(source.connection(), &query).await?;
    let told = rows.into_iter().map(|row| {
        let told = ChannelsInput {
            channels: row.channels.unwrap_or_default(),
            escalation_ladder: row.escalation_ladder.unwrap_or_default(),
        };
        let (id, code, name) = (row.id, row.code, row.name);
        (CustomerRef { id, code, name }, told)
    });
    Ok(told.collect())
}

/// Stores where a customer turns from now on.
pub async fn update_channels(unit: &mut UnitOfWork, before: &Customer, after: &Customer) -> Result<(), Error> {
    keep(unit, before, after).await?;
    unit.record("channels_told", Some(before), Some(after))
}

/// Stores a changed customer.
pub async fn update(
    unit: &mut UnitOfWork,
    before: &Customer,
    after: &Customer,
    digest: Option<&str>,
) -> Result<(), Error> {
    keep(unit, before, after).await?;
    if before.parent != after.parent {
        let cut = "delete from customer_ancestry where \
            customer_id in (select customer_id from customer_ancestry where ancestor_id = ?) and \
            ancestor_id not in (select customer_id from customer_ancestry where ancestor_id = ?)";
        run(unit, cut, [after.id.0; 2]).await?;
        hang(unit, after).await?;
    }
    references::set(
        unit,
        SubjectKind::Customer,
        after.id.0,
        &after.references,
        digest,
        false,
    )
    .await?;
    unit.record("changed", Some(before), Some(after))
}

async fn keep(unit: &UnitOfWork, before: &Customer, after: &Customer) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)
}

/// Hangs the customer's subtree under its parent and the parent's ancestors.
async fn hang(unit: &UnitOfWork, customer: &Customer) -> Result<(), Error> {
    let Some(parent) = &customer.parent else { return Ok(()) };
    let hang = "insert into customer_ancestry (customer_id, ancestor_id, depth) \
        select part.customer_id, above.ancestor_id, part.depth + above.depth + 1 \
        from customer_ancestry part, customer_ancestry above where part.ancestor_id = ? and above.customer_id = ?";
    run(unit, hang, [customer.id.0, parent.id.0]).await
}

async fn run<const N: usize>(unit: &UnitOfWork, sql: &str, values: [Uuid; N]) -> Result<(), Error> {
    let backend = unit.backend();
    let mut text = sql.to_owned();
    if backend == DbBackend::Postgres {
        for n in 1..=N {
            text = text.replacen('?', &format!("${n}"), 1);
        }
    }
    let statement = sea_orm::Statement::from_sql_and_values(backend, text, values.map(Value::from));
    unit.connection().execute_raw(statement).await?;
    Ok(())
}

/// Removes a customer that nothing refers to.
pub async fn delete(unit: &mut UnitOfWork, customer: &Customer) -> Result<(), Error> {
    let uses = [
        ("parts", "customer", "parent_id"),
        ("contacts", "contact", "customer_id"),
        ("service usages", "service_usage", "customer_id"),
        ("team assignments", "team_assignment", "customer_id"),
        ("requests", "request", "customer_id"),
        ("measurements", "measurement", "customer_id"),
        ("outages", "measurement_customer", "customer_id"),
        ("improvements", "improvement_customer", "customer_id"),
        ("costs", "service_cost", "customer_id"),
        ("assessments of value", "value_assessment", "customer_id"),
        ("needs", "business_need", "customer_id"),
        ("lessons", "lesson", "customer_id"),
        ("interactions", "interaction", "customer_id"),
        ("rounds of surveys", "survey_round_customer", "customer_id"),
        ("successions", "customer_successor", "customer_id"),
        ("successions", "customer_successor", "successor_id"),
        ("planned activities", "planned_activity", "customer_id"),
        ("announcements", "announcement_customer", "customer_id"),
    ];
    refuse_if_used(unit, "customer", customer.id.0, &uses).await?;
    references::set(unit, SubjectKind::Customer, customer.id.0, &[], None, false).await?;
    store::guarding(
        "customer",
        Entity::delete_by_id(customer.id).exec(unit.connection()).await,
    )?;
    unit.record("deleted", Some(customer), None)
}

/// What is in use can only be ended; the refusal says by what. `uses` are (what, table, column).
pub(crate) async fn refuse_if_used(
    unit: &UnitOfWork,
    kind: &str,
    id: Uuid,
    uses: &[(&str, &'static str, &'static str)],
) -> Result<(), Error> {
    let mut by = vec![];
    for (what, table, column) in uses {
        let query = sea_orm::sea_query::Query::select()
            .expr_as(Expr::val(1), "n")
            .from(*table)
            .and_where(Expr::col(*column).eq(id))
            .limit(1)
            .to_owned();
        if unit.connection().query_one(&query).await?.is_some() {
            by.push(*what);
        }
    }
    if by.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "This {kind} is in use by {}; it can be ended, not deleted.",
        by.join(", ")
    );
    Err(domain::Rule::new(domain::RuleCode::InUse, detail).into())
}

/// Whether the row's period holds on the day.
pub(crate) fn holds(table: &'static str, day: NaiveDate) -> Expr {
    let until = Expr::col((table, "until"));
    Expr::col((table, "since"))
        .lte(day)
        .and(until.clone().is_null().or(until.gt(day)))
}
