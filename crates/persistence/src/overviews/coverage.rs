//! What is not covered on a day, of what the caller may see.
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    access::Scope,
    customers::CustomerStatus,
    teams::{Role, SamePersonException},
    vocabulary::*,
};
use sea_orm::{
    DbErr, FromQueryResult, Order, QueryResult,
    sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{NAMED, Shortlist, labelled, shortlist};
use crate::{
    Error, access,
    agreements::COVERING,
    customers::holds,
    store::{self, Source},
};

/// What is not covered on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// The day.
    pub day: NaiveDate,
    /// Active customers for whom no team is responsible, by name.
    pub customers_without_team: Shortlist<CustomerRef>,
    /// Teams in which a role is vacant, by name.
    pub forming_teams: Shortlist<FormingTeam>,
    /// Teams in which one person may be both managers, by name.
    pub same_person_exceptions: Shortlist<ExceptedTeam>,
    /// Services that a customer uses and for which nobody answers in its responsible team, by customer and service.
    pub services_without_owner: Shortlist<UnownedService>,
    /// Services of a customer's agreement in force for which nobody answers in its responsible team (R4).
    pub agreed_services_without_owner: Shortlist<UnownedService>,
    /// Services that a customer uses without an agreement that covers them, by customer and service. What holds by
    /// default is no agreement.
    pub services_without_agreement: Shortlist<UnagreedService>,
    /// Complaints that await an answer and that nobody who still works here owns, oldest first.
    pub complaints_without_owner: Shortlist<UnownedComplaint>,
}

/// A team in which a role is vacant.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FormingTeam {
    /// The team.
    pub team: TeamRef,
    /// The roles that nobody holds.
    #[schema(max_items = 3)]
    pub missing: Vec<Role>,
    /// How many customers are assigned to it all the same, of those that you may see.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub customers: i64,
}

/// A team with an exception from R2.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExceptedTeam {
    /// The team.
    pub team: TeamRef,
    /// Why, and how long.
    pub exception: SamePersonException,
    /// Who is both managers, in a role of their own or as a deputy; absent where the exception is not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonRef>,
}

/// A service that is used without an owner.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct UnownedService {
    /// Who uses it.
    pub customer: CustomerRef,
    /// What is used.
    pub service: ServiceRef,
    /// The customer's responsible team.
    pub team: TeamRef,
}

/// A service that is used without an agreement.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct UnagreedService {
    /// Who uses it.
    pub customer: CustomerRef,
    /// What is used.
    pub service: ServiceRef,
}

/// A complaint without an owner. Without its words: who keeps the registers reads no complaints.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnownedComplaint {
    /// Its id.
    pub id: RequestId,
    /// Its number for people.
    #[schema(
        min_length = 15,
        max_length = 24,
        pattern = r"^REQ-[0-9]{4}-[0-9]{6,15}$",
        example = "REQ-2026-000123"
    )]
    pub number: String,
    /// Who complains.
    pub customer: CustomerRef,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// The day by which it is to be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_day: Option<NaiveDate>,
}

fn customer(row: &QueryResult) -> Result<CustomerRef, DbErr> {
    Ok(CustomerRef {
        id: row.try_get("customer_", "id")?,
        code: row.try_get("customer_", "code")?,
        name: row.try_get("customer_", "name")?,
    })
}

fn team(row: &QueryResult) -> Result<TeamRef, DbErr> {
    Ok(TeamRef {
        id: row.try_get("team_", "id")?,
        name: row.try_get("team_", "name")?,
    })
}

fn label_customer(query: &mut SelectStatement) {
    labelled(query, "customer", "customer", &["id", "code", "name"]);
}

fn label_team(query: &mut SelectStatement) {
    labelled(query, "customer_team", "team", &["id", "name"]);
}

/// The rows that the outer query finds for it by SQL of its own.
fn inner(query: SelectStatement) -> Expr {
    Expr::SubQuery(None, Box::new(query.into()))
}

/// What is not covered on the day, of what the caller may see today.
pub async fn coverage(
    source: &impl Source,
    scope: &Scope,
    day: NaiveDate,
    today: NaiveDate,
) -> Result<Coverage, Error> {
    let seen = |column: &str| access::of_customers(&scope.visible.customers, column, today, source.backend());
    Ok(Coverage {
        day,
        customers_without_team: customers_without_team(source, seen("customer.id"), day).await?,
        forming_teams: forming_teams(source, seen("team_assignment.customer_id"), day).await?,
        same_person_exceptions: same_person_exceptions(source, day).await?,
        services_without_owner: services_without_owner(source, used(day), seen("customer.id"), day).await?,
        agreed_services_without_owner: services_without_owner(source, agreed(source, day), seen("customer.id"), day)
            .await?,
        services_without_agreement: services_without_agreement(source, seen("customer.id"), day).await?,
        complaints_without_owner: complaints_without_owner(source, scope, day, today).await?,
    })
}

struct Uncovered(CustomerRef);

impl FromQueryResult for Uncovered {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        customer(row).map(Self)
    }
}

/// The assignments in force that serve `customer.id`, its own and its ancestors', with `team_assignment` and
/// `customer_ancestry` to choose from (R3).
fn assignments(day: NaiveDate) -> SelectStatement {
    Query::select()
        .from("team_assignment")
        .inner_join(
            "customer_ancestry",
            Expr::cust("customer_ancestry.ancestor_id = team_assignment.customer_id"),
        )
        .and_where(Expr::cust("customer_ancestry.customer_id = customer.id"))
        .and_where(holds("team_assignment", day))
        .to_owned()
}

async fn customers_without_team(
    source: &impl Source,
    seen: Expr,
    day: NaiveDate,
) -> Result<Shortlist<CustomerRef>, Error> {
    let mut query = Query::select().from("customer").to_owned();
    label_customer(&mut query);
    query
        .and_where(Expr::col(("customer", "status")).eq(CustomerStatus::Active))
        .and_where(seen)
        .and_where(Expr::exists(assignments(day).expr(Expr::val(1)).to_owned()).not())
        .order_by(("customer", "sort_key"), Order::Asc)
        .order_by(("customer", "id"), Order::Asc);
    let Shortlist { total, items } = shortlist::<Uncovered>(source, query, NAMED).await?;
    let items = items.into_iter().map(|uncovered| uncovered.0).collect();
    Ok(Shortlist { total, items })
}

/// Memberships of `customer_team.id` in force in a role.
fn holders(role: Role, day: NaiveDate) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from("membership")
        .and_where(Expr::cust("membership.team_id = customer_team.id"))
        .and_where(Expr::col(("membership", "role")).eq(role))
        .and_where(holds("membership", day))
        .to_owned()
}

impl FromQueryResult for FormingTeam {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let mut missing = vec![];
        for role in Role::ALL {
            if !row.try_get::<bool>("has_", &role.to_string())? {
                missing.push(role);
            }
        }
        Ok(Self {
            team: team(row)?,
            missing,
            customers: row.try_get("", "customers")?,
        })
    }
}

async fn forming_teams(source: &impl Source, seen: Expr, day: NaiveDate) -> Result<Shortlist<FormingTeam>, Error> {
    let mut query = Query::select().from("customer_team").to_owned();
    label_team(&mut query);
    let mut complete = Condition::all();
    for role in Role::ALL {
        let held = Expr::exists(holders(role, day));
        query.expr_as(held.clone(), format!("has_{role}"));
        complete = complete.add(held);
    }
    let assigned = Query::select()
        .expr(Expr::cust("count(*)"))
        .from("team_assignment")
        .and_where(Expr::cust("team_assignment.team_id = customer_team.id"))
        .and_where(holds("team_assignment", day))
        .and_where(seen)
        .to_owned();
    query
        .expr_as(inner(assigned), "customers")
        .cond_where(complete.not())
        .order_by(("customer_team", "sort_key"), Order::Asc)
        .order_by(("customer_team", "id"), Order::Asc);
    shortlist(source, query, NAMED).await
}

impl FromQueryResult for ExceptedTeam {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        let name: Option<PersonName> = row.try_get("person_", "name")?;
        let id: Option<PersonId> = row.try_get("person_", "id")?;
        Ok(Self {
            team: team(row)?,
            exception: row.try_get("", "same_person_exception")?,
            person: id.zip(name).map(|(id, name)| PersonRef { id, name }),
        })
    }
}

async fn same_person_exceptions(source: &impl Source, day: NaiveDate) -> Result<Shortlist<ExceptedTeam>, Error> {
    // In a role of their own or as a deputy (R2).
    let deputised = Query::select()
        .column(("membership_deputy", "membership_id"))
        .from("membership_deputy")
        .and_where(Expr::cust("membership_deputy.person_id = person.id"))
        .and_where(holds("membership_deputy", day))
        .to_owned();
    let manages = |role: Role| {
        let acts = Expr::cust("membership.person_id = person.id")
            .or(Expr::col(("membership", "id")).in_subquery(deputised.clone()));
        holders(role, day).and_where(acts).to_owned()
    };
    let both =
        Expr::exists(manages(Role::BusinessRelationshipManager)).and(Expr::exists(manages(Role::DeliveryManager)));
    let lasts = "customer_team.same_person_exception ->> 'lastDay' >= ?";
    let mut query = Query::select()
        .from("customer_team")
        .left_join("person", both)
        .to_owned();
    label_team(&mut query);
    labelled(&mut query, "person", "person", &["id", "name"]);
    query
        .column(("customer_team", "same_person_exception"))
        .and_where(store::expr(source.backend(), lasts, [day.to_string()]))
        .order_by(("customer_team", "sort_key"), Order::Asc)
        .order_by(("customer_team", "id"), Order::Asc);
    shortlist(source, query, NAMED).await
}

fn service(row: &QueryResult) -> Result<ServiceRef, DbErr> {
    Ok(ServiceRef {
        id: row.try_get("service_", "id")?,
        code: row.try_get("service_", "code")?,
        name: row.try_get("service_", "name")?,
    })
}

impl FromQueryResult for UnownedService {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        Ok(Self {
            customer: customer(row)?,
            service: service(row)?,
            team: team(row)?,
        })
    }
}

impl FromQueryResult for UnagreedService {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        Ok(Self {
            customer: customer(row)?,
            service: service(row)?,
        })
    }
}

/// Which customer uses which service on the day.
fn used(day: NaiveDate) -> SelectStatement {
    Query::select()
        .from("service_usage")
        .inner_join("customer", Expr::cust("customer.id = service_usage.customer_id"))
        .inner_join("service", Expr::cust("service.id = service_usage.service_id"))
        .and_where(holds("service_usage", day))
        .to_owned()
}

/// What was agreed with which customer about which service, in force on the day.
fn agreed(source: &impl Source, day: NaiveDate) -> SelectStatement {
    let in_force = "agreement_version.agreement_id = agreement.id and agreement_version.status in \
        ('approved', 'terminated') and agreement_version.since <= ? \
        and (agreement_version.until is null or agreement_version.until > ?)";
    Query::select()
        .from("agreement")
        .inner_join("agreement_version", store::expr(source.backend(), in_force, [day, day]))
        .inner_join(
            "agreement_service",
            Expr::cust("agreement_service.version_id = agreement_version.id"),
        )
        .inner_join(
            "agreement_holder",
            Expr::cust("agreement_holder.agreement_id = agreement.id").and(holds("agreement_holder", day)),
        )
        .inner_join("customer", Expr::cust("customer.id = agreement_holder.customer_id"))
        .inner_join("service", Expr::cust("service.id = agreement_service.service_id"))
        .to_owned()
}

/// Those of active customers that the caller may see, by customer and service.
fn seen_in_order(mut query: SelectStatement, seen: Expr) -> SelectStatement {
    label_customer(&mut query);
    labelled(&mut query, "service", "service", &["id", "code", "name"]);
    query
        .and_where(Expr::col(("customer", "status")).eq(CustomerStatus::Active))
        .and_where(seen)
        .order_by(("customer", "sort_key"), Order::Asc)
        .order_by(("service", "sort_key"), Order::Asc)
        .order_by(("service", "id"), Order::Asc);
    query
}

async fn services_without_owner(
    source: &impl Source,
    concerned: SelectStatement,
    seen: Expr,
    day: NaiveDate,
) -> Result<Shortlist<UnownedService>, Error> {
    let responsible = assignments(day)
        .column(("team_assignment", "team_id"))
        .order_by(("customer_ancestry", "depth"), Order::Asc)
        .limit(1)
        .to_owned();
    let owned = holders(Role::ServiceOwner, day)
        .inner_join(
            "membership_service",
            Expr::cust("membership_service.membership_id = membership.id"),
        )
        .and_where(Expr::cust("membership_service.service_id = service.id"))
        .to_owned();
    let mut query = seen_in_order(concerned, seen);
    query
        .inner_join(
            "customer_team",
            Expr::col(("customer_team", "id")).eq(inner(responsible)),
        )
        .and_where(Expr::exists(owned).not());
    label_team(&mut query);
    shortlist(source, query, NAMED).await
}

async fn services_without_agreement(
    source: &impl Source,
    seen: Expr,
    day: NaiveDate,
) -> Result<Shortlist<UnagreedService>, Error> {
    let covering = COVERING.replace("u.", "service_usage.");
    let covered = store::expr(source.backend(), format!("not exists ({covering})"), [day; 4]);
    let mut query = seen_in_order(used(day), seen);
    query.and_where(covered);
    shortlist(source, query, NAMED).await
}

impl FromQueryResult for UnownedComplaint {
    fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.try_get("", "id")?,
            number: row.try_get("", "number")?,
            customer: customer(row)?,
            received_at: row.try_get("", "received_at")?,
            due_day: row.try_get("", "due_day")?,
        })
    }
}

async fn complaints_without_owner(
    source: &impl Source,
    scope: &Scope,
    day: NaiveDate,
    today: NaiveDate,
) -> Result<Shortlist<UnownedComplaint>, Error> {
    let owner = Expr::cust("person.id = request.owner_id").and(
        Expr::col(("person", "last_day"))
            .is_null()
            .or(Expr::col(("person", "last_day")).gte(day)),
    );
    let mut query = Query::select()
        .from("request")
        .inner_join("customer", Expr::cust("customer.id = request.customer_id"))
        .left_join("person", owner)
        .to_owned();
    label_customer(&mut query);
    for column in ["id", "number", "received_at", "due_day"] {
        query.column(("request", column));
    }
    query
        .and_where(Expr::cust("request.unanswered"))
        .and_where(Expr::col(("person", "id")).is_null())
        .and_where(access::of_request(&scope.visible, today, source.backend()))
        .order_by(("request", "id"), Order::Asc);
    shortlist(source, query, NAMED).await
}
