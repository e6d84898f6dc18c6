//! The scope as SQL: one condition for finding, listing, counting, searching, feeds and events alike, so that a 404
//! and a missing row come from the same line (R20).
use chrono::NaiveDate;
use domain::{
    access::{Customers, Reach, Scope},
    requests::Destination,
    teams::Role,
};
use sea_orm::{
    DbBackend, Value,
    sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement},
};

use crate::{Error, store};

/// Customers whose responsible team today has the person in one of the roles: the assignment of the nearest ancestor
/// that has one counts.
const OF_TEAMS: &str = "(select a.customer_id from customer_ancestry a \
    join team_assignment t on t.customer_id = a.ancestor_id and t.since <= ? and (t.until is null or t.until > ?) \
    join membership m on m.team_id = t.team_id and m.since <= ? and (m.until is null or m.until > ?) \
    and m.person_id = ? and m.role in (ROLES) \
    where not exists (select 1 from customer_ancestry n \
        join team_assignment s on s.customer_id = n.ancestor_id and s.since <= ? and (s.until is null or s.until > ?) \
        where n.customer_id = a.customer_id and n.depth < a.depth))";

fn of_teams(person: domain::vocabulary::PersonId, roles: &[Role], today: NaiveDate) -> (String, Vec<Value>) {
    let roles: Vec<String> = roles.iter().map(|role| format!("'{role}'")).collect();
    let roles = if roles.is_empty() {
        "''".into()
    } else {
        roles.join(", ")
    };
    let day = || Value::from(today);
    let values = vec![day(), day(), day(), day(), person.0.into(), day(), day()];
    (OF_TEAMS.replace("ROLES", &roles), values)
}

/// Whether a thing of the customer in `column` (`request.customer_id`) is within reach.
pub(crate) fn of_customers(customers: &Customers, column: &str, today: NaiveDate, backend: DbBackend) -> Expr {
    match customers {
        Customers::All => Expr::cust("1 = 1"),
        Customers::None => Expr::cust("1 = 0"),
        Customers::Named(ids) if ids.is_empty() => Expr::cust("1 = 0"),
        Customers::Named(ids) => {
            let places = vec!["?"; ids.len()].join(", ");
            store::expr(backend, format!("{column} in ({places})"), ids.iter().map(|id| id.0))
        }
        Customers::Own {
            customer,
            descendants: false,
        } => store::expr(backend, format!("{column} = ?"), [customer.0]),
        Customers::Own {
            customer,
            descendants: true,
        } => store::expr(
            backend,
            format!("{column} in (select customer_id from customer_ancestry where ancestor_id = ?)"),
            [customer.0],
        ),
        Customers::OfTeams { person, roles } => {
            let (sql, values) = of_teams(*person, roles, today);
            store::expr(backend, format!("{column} in {sql}"), values)
        }
        Customers::OfTeamsAndTheirEntities { person } => {
            let (sql, values) = of_teams(*person, &Role::ALL, today);
            let same = format!(
                "{column} in (select e.id from customer e where e.legal_entity_key in \
                 (select o.legal_entity_key from customer o where o.id in {sql}))"
            );
            store::expr(backend, same, values)
        }
    }
}

/// Whether a request is within reach: by its customer, its raiser or its owner.
pub(crate) fn of_request(reach: &Reach, today: NaiveDate, backend: DbBackend) -> Expr {
    let ways = ways_to_requests(reach, today, backend);
    Expr::from(ways.into_iter().fold(Condition::any(), Condition::add))
}

/// The same, each way for itself; any of them is enough.
pub(crate) fn ways_to_requests(reach: &Reach, today: NaiveDate, backend: DbBackend) -> Vec<Expr> {
    let mut ways = vec![of_customers(&reach.customers, "request.customer_id", today, backend)];
    if reach.customers == Customers::All {
        return ways;
    }
    if let Some((kind, id)) = &reach.raised_by {
        ways.push(store::expr(
            backend,
            "request.raised_by_kind = ? and request.raised_by_id = ?",
            [Value::from(kind.to_string()), (*id).into()],
        ));
    }
    if let Some(owner) = reach.owned_by {
        ways.push(store::expr(
            backend,
            "request.owner_id is not null and request.owner_id = ?",
            [owner.0],
        ));
    }
    ways
}

/// Whether a measurement is within reach: by a customer that it names, or, where it names none and so bears on all that
/// use its service, by a customer that ever used it.
pub(crate) fn of_measurement(reach: &Reach, today: NaiveDate, backend: DbBackend) -> Expr {
    if matches!(reach.customers, Customers::All | Customers::None) {
        return of_customers(&reach.customers, "", today, backend);
    }
    let within = |column: &str| of_customers(&reach.customers, column, today, backend);
    let subquery = |table: &'static str, column: &'static str| {
        let mut query = Query::select();
        query.column((table, column)).from(table);
        query
    };
    let affected = subquery("measurement_customer", "measurement_id")
        .and_where(within("measurement_customer.customer_id"))
        .to_owned();
    let used = subquery("service_usage", "service_id")
        .and_where(within("service_usage.customer_id"))
        .to_owned();
    let bears_on_all = Expr::col(("measurement", "names_customers"))
        .eq(false)
        .and(Expr::col(("measurement", "service_id")).in_subquery(used));
    within("measurement.customer_id")
        .or(Expr::col(("measurement", "id")).in_subquery(affected))
        .or(bears_on_all)
}

/// Whether a hand-over goes to one of the destinations; none: no limit.
pub(crate) fn to_destinations(destinations: Option<Vec<Destination>>) -> Expr {
    match destinations {
        None => Expr::cust("1 = 1"),
        Some(open) => Expr::col(("hand_over", "destination")).is_in(open.iter().map(ToString::to_string)),
    }
}

/// Keeps what is visible, and tells as `permitted` whether the act is allowed there. `within` is a reach as SQL.
pub(crate) fn guard(query: &mut SelectStatement, scope: &Scope, within: impl Fn(&Reach) -> Expr) {
    let permitted = match scope.permitted == scope.visible {
        true => Expr::cust("1 = 1"),
        false => within(&scope.permitted),
    };
    query.and_where(within(&scope.visible)).expr_as(permitted, "permitted");
}

/// What a guarded query found: nothing is 404, something without leave is 403.
pub(crate) fn admit<T>(found: Option<(T, bool)>) -> Result<T, Error> {
    match found {
        None => Err(Error::NotFound),
        Some((_, false)) => Err(Error::NotPermitted),
        Some((thing, true)) => Ok(thing),
    }
}
