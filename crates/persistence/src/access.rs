//! The scope as SQL: one condition for finding, listing, counting, searching, feeds and events alike, so that a 404
//! and a missing row come from the same line (R20).
use chrono::NaiveDate;
use domain::{
    access::{Caller, Customers, Reach, Scope},
    requests::Destination,
    teams::Role,
    vocabulary::PersonId,
};
use sea_orm::{
    ColIdx, DbBackend, FromQueryResult, QueryResult, TryGetError, TryGetable, Value,
    sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{
    Error,
    store::{self, Source, UnitOfWork},
};

/// The roles in the team that is responsible for a customer today: the assignment of the nearest ancestor that has one
/// counts. `WHOSE` says whose roles.
const ROLES_FOR: &str = "from customer_ancestry a \
    join team_assignment t on t.customer_id = a.ancestor_id and t.since <= ? and (t.until is null or t.until > ?) \
    join membership m on m.team_id = t.team_id and m.since <= ? and (m.until is null or m.until > ?) \
    and m.role in (ROLES) and WHOSE \
    where not exists (select 1 from customer_ancestry n \
        join team_assignment s on s.customer_id = n.ancestor_id and s.since <= ? and (s.until is null or s.until > ?) \
        where n.customer_id = a.customer_id and n.depth < a.depth)";
/// A person's own.
const OWN: &str = "m.person_id = ?";
/// Those in which a person stands in for who has them.
const IN_STEAD: &str = "m.id in (select d.membership_id from membership_deputy d \
    where d.person_id = ? and d.since <= ? and (d.until is null or d.until > ?))";
/// Both: two ways, each with its index.
const OWN_OR_IN_STEAD: &str = "m.id in (select o.id from membership o where o.person_id = ? \
    union all select d.membership_id from membership_deputy d \
    where d.person_id = ? and d.since <= ? and (d.until is null or d.until > ?))";

/// `ROLES_FOR` for a person, with the values that it wants.
fn roles_for(whose: &str, person: PersonId, roles: &[Role], today: NaiveDate) -> (String, Vec<Value>) {
    let (day, person) = (Value::from(today), Value::from(person.0));
    let days = |n: usize| vec![day.clone(); n];
    let whose_values = match whose {
        OWN => vec![person],
        IN_STEAD => [vec![person], days(2)].concat(),
        _ => [vec![person.clone(), person], days(2)].concat(),
    };
    let sql = ROLES_FOR.replace("ROLES", &listed(roles)).replace("WHOSE", whose);
    (sql, [days(4), whose_values, days(2)].concat())
}

/// The roles as SQL lists them.
fn listed(roles: &[Role]) -> String {
    let roles: Vec<String> = roles.iter().map(|role| format!("'{role}'")).collect();
    match roles.is_empty() {
        true => "''".into(),
        false => roles.join(", "),
    }
}

/// Memberships of today in any team in which the person has one of the roles, their own or in somebody's stead.
fn in_any_team(whose: &str, person: PersonId, roles: &[Role], today: NaiveDate) -> (String, Vec<Value>) {
    let (day, person) = (Value::from(today), Value::from(person.0));
    let mut values = vec![day.clone(), day.clone(), person.clone()];
    match whose {
        OWN => {}
        IN_STEAD => values.extend([day.clone(), day]),
        _ => values.extend([person, day.clone(), day]),
    }
    let sql = format!(
        "from membership m where m.since <= ? and (m.until is null or m.until > ?) and {whose} and m.role in ({})",
        listed(roles)
    );
    (sql, values)
}

/// Whether the provider's own things, which belong to no customer, are within reach: to who reaches every customer, and
/// to who has one of the roles in any team today.
pub(crate) fn of_provider(reach: &Reach, today: NaiveDate, backend: DbBackend) -> Expr {
    let (person, roles, deputises): (_, &[Role], _) = match &reach.customers {
        Customers::All => return Expr::cust("1 = 1"),
        Customers::OfTeams {
            person,
            roles,
            deputises,
        } => (*person, roles, *deputises),
        Customers::OfTeamsAndTheirEntities { person, deputises } => (*person, &Role::ALL, *deputises),
        Customers::None | Customers::Named(_) | Customers::Own { .. } => return Expr::cust("1 = 0"),
    };
    let whose = if deputises { OWN_OR_IN_STEAD } else { OWN };
    let (sql, values) = in_any_team(whose, person, roles, today);
    store::expr(backend, format!("exists (select 1 {sql})"), values)
}

/// Whether an agreement is within reach: the customer's, or one of the provider's own.
pub(crate) fn of_agreement(reach: &Reach, today: NaiveDate, backend: DbBackend) -> Expr {
    let of_customer = of_customers(&reach.customers, "agreement.customer_id", today, backend);
    let own = Expr::cust("agreement.customer_id is null").and(of_provider(reach, today, backend));
    of_customer.or(own)
}

/// Customers whose responsible team today has the person in one of the roles.
fn of_teams(person: PersonId, roles: &[Role], deputises: bool, today: NaiveDate) -> (String, Vec<Value>) {
    let whose = if deputises { OWN_OR_IN_STEAD } else { OWN };
    let (sql, values) = roles_for(whose, person, roles, today);
    (format!("(select a.customer_id {sql})"), values)
}

/// In whose stead the caller acts for the customer in `column`, if it is not by their own right; of several the one with
/// the first of the roles by name.
fn principal(scope: &Scope, column: &str, today: NaiveDate, backend: DbBackend) -> Expr {
    match (&scope.caller, &scope.permitted.customers) {
        (
            Caller::Contact {
                deputy_for: Some(principal),
                ..
            },
            _,
        ) => Expr::val(principal.0),
        (Caller::Person { .. }, Customers::OfTeams { person, roles, .. }) => {
            let (sql, values) = roles_for(IN_STEAD, *person, roles, today);
            let of_customer =
                format!("(select m.person_id {sql} and a.customer_id in ({column}) order by m.role limit 1)");
            // A thing of no customer is the provider's own: any team will do.
            let (sql, others) = in_any_team(IN_STEAD, *person, roles, today);
            let of_provider = format!("(select m.person_id {sql} order by m.role, m.id limit 1)");
            let values = [values, others].concat();
            store::expr(backend, format!("coalesce({of_customer}, {of_provider})"), values)
        }
        _ => own_right(),
    }
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
        Customers::OfTeams {
            person,
            roles,
            deputises,
        } => {
            let (sql, values) = of_teams(*person, roles, *deputises, today);
            store::expr(backend, format!("{column} in {sql}"), values)
        }
        Customers::OfTeamsAndTheirEntities { person, deputises } => {
            let (sql, values) = of_teams(*person, &Role::ALL, *deputises, today);
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

/// Leave to act on what belongs to no customer and bears on all: a person needs one of the roles in any team today.
pub async fn admit_to_provider(unit: &UnitOfWork, scope: &Scope) -> Result<(), Error> {
    #[derive(FromQueryResult)]
    struct Answer {
        permitted: Leave,
    }
    let mut query = Query::select();
    let (today, backend) = (unit.today(), unit.backend());
    // Nothing is hidden: there is only leave, or none.
    let scope = Scope {
        visible: Reach::EVERYTHING,
        ..scope.clone()
    };
    guard(&mut query, &scope, "null", (today, backend), |reach| {
        of_provider(reach, today, backend)
    });
    let found = store::one::<Answer>(unit.connection(), &query).await?;
    admit(unit, found.map(|answer| ((), answer.permitted)))
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

/// Whether an improvement is within reach: by one of the customers that it is for.
pub(crate) fn of_improvement(reach: &Reach, today: NaiveDate, backend: DbBackend) -> Expr {
    if reach.customers == Customers::All {
        return Expr::cust("1 = 1");
    }
    let mut within = Query::select();
    within
        .column(("improvement_customer", "improvement_id"))
        .from("improvement_customer")
        .and_where(of_customers(
            &reach.customers,
            "improvement_customer.customer_id",
            today,
            backend,
        ));
    Expr::col(("improvement", "id")).in_subquery(within)
}

/// Whether an entry of the log of communication is within reach: by its customer, or by who entered it.
pub(crate) fn of_interaction(reach: &Reach, today: NaiveDate, backend: DbBackend) -> Expr {
    let of_customer = of_customers(&reach.customers, "interaction.customer_id", today, backend);
    match (&reach.customers, &reach.raised_by) {
        (Customers::All, _) | (_, None) => of_customer,
        (_, Some((kind, id))) => of_customer.or(store::expr(
            backend,
            "interaction.recorded_by_kind = ? and interaction.recorded_by_id = ?",
            [Value::from(kind.to_string()), (*id).into()],
        )),
    }
}

/// The customers that an improvement is for, as a guard asks for them.
pub(crate) const CUSTOMERS_OF_IMPROVEMENT: &str =
    "select x.customer_id from improvement_customer x where x.improvement_id = improvement.id";

/// Whether an announcement is within reach: by a customer that is told, itself or as a part of one; where all users of the
/// services are told, by a customer that ever used one of them.
pub(crate) fn of_announcement(reach: &Reach, today: NaiveDate, backend: DbBackend) -> Expr {
    if matches!(reach.customers, Customers::All | Customers::None) {
        return of_customers(&reach.customers, "", today, backend);
    }
    announced_to(|column| of_customers(&reach.customers, column, today, backend))
}

/// Whether an announcement is for customers that `within` tells of, in a column.
pub(crate) fn announced_to(within: impl Fn(&str) -> Expr) -> Expr {
    let mut told = Query::select();
    told.column(("announcement_customer", "announcement_id"))
        .from("announcement_customer")
        .inner_join(
            "customer_ancestry",
            Expr::cust("customer_ancestry.ancestor_id = announcement_customer.customer_id"),
        )
        .and_where(within("customer_ancestry.customer_id"));
    let mut using = Query::select();
    using
        .column(("announcement_service", "announcement_id"))
        .from("announcement_service")
        .inner_join(
            "service_usage",
            Expr::cust("service_usage.service_id = announcement_service.service_id"),
        )
        .and_where(within("service_usage.customer_id"));
    let id = || Expr::col(("announcement", "id"));
    let to_all = Expr::col(("announcement", "names_customers")).eq(false);
    id().in_subquery(told).or(to_all.and(id().in_subquery(using)))
}

/// Whether a round of a survey is within reach: by all of the customers whose contacts are asked.
pub(crate) fn of_round(reach: &Reach, today: NaiveDate, backend: DbBackend) -> Expr {
    if matches!(reach.customers, Customers::All | Customers::None) {
        return of_customers(&reach.customers, "", today, backend);
    }
    let within = of_customers(&reach.customers, "survey_round_customer.customer_id", today, backend);
    let beyond = Query::select()
        .column(("survey_round_customer", "round_id"))
        .from("survey_round_customer")
        .and_where(Expr::cust("survey_round_customer.round_id = survey_round.id"))
        .and_where(within.not())
        .to_owned();
    Expr::exists(beyond).not()
}

/// The customers of a round, as a guard asks for them.
pub(crate) const CUSTOMERS_OF_ROUND: &str =
    "select x.customer_id from survey_round_customer x where x.round_id = survey_round.id";

/// Whether a hand-over goes to one of the destinations; none: no limit.
pub(crate) fn to_destinations(destinations: Option<Vec<Destination>>) -> Expr {
    match destinations {
        None => Expr::cust("1 = 1"),
        Some(open) => Expr::col(("hand_over", "destination")).is_in(open.iter().map(ToString::to_string)),
    }
}

/// By whose right an act is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave {
    /// It is not.
    Not,
    /// By the caller's own.
    Own,
    /// As the deputy of this person or contact.
    InSteadOf(Uuid),
}

/// How SQL tells of one's own right, where it tells of a principal by their id.
const OWN_RIGHT: Uuid = Uuid::nil();

/// Leave that was not asked for, or is the caller's own.
pub(crate) fn own_right() -> Expr {
    Expr::val(OWN_RIGHT)
}

impl TryGetable for Leave {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        Ok(match Option::<Uuid>::try_get_by(row, index)? {
            None => Self::Not,
            Some(OWN_RIGHT) => Self::Own,
            Some(principal) => Self::InSteadOf(principal),
        })
    }
}

/// Keeps what is visible, and tells as `permitted` by whose right the act is allowed there. `within` is a reach as SQL,
/// `column` names the thing's customer, or selects its customers.
pub(crate) fn guard(
    query: &mut SelectStatement,
    scope: &Scope,
    column: &str,
    (today, backend): (NaiveDate, DbBackend),
    within: impl Fn(&Reach) -> Expr,
) {
    let permitted = match (scope.own == scope.permitted, scope.permitted == scope.visible) {
        (true, true) => own_right(),
        (true, false) => Expr::case(within(&scope.permitted), own_right()).into(),
        // Whoever is somebody's deputy: their own right first.
        (false, _) => Expr::case(within(&scope.own), own_right())
            .case(within(&scope.permitted), principal(scope, column, today, backend))
            .into(),
    };
    query.and_where(within(&scope.visible)).expr_as(permitted, "permitted");
}

/// What a guarded query found: nothing is 404, something without leave is 403. What a deputy may do is noted as done
/// in the principal's stead.
pub(crate) fn admit<T>(source: &impl Source, found: Option<(T, Leave)>) -> Result<T, Error> {
    match found {
        None => Err(Error::NotFound),
        Some((_, Leave::Not)) => Err(Error::NotPermitted),
        Some((thing, Leave::Own)) => Ok(thing),
        Some((thing, Leave::InSteadOf(principal))) => {
            source.act_for(principal);
            Ok(thing)
        }
    }
}
