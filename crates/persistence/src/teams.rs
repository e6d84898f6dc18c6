//! Customer teams with their members, and which team is responsible for which customer when.
use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{access::Scope, teams::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};

use crate::{
    Error, Page, Paging, access,
    customers::{holds, refuse_if_used},
    services,
    store::{self, Cursor, Source, UnitOfWork},
};

mod deputies;

pub(crate) use deputies::in_stead;

mod entity {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "customer_team")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: TeamId,
        pub version: i64,
        pub name: Name,
        pub sort_key: Vec<u8>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub same_person_exception: Option<domain::teams::SamePersonException>,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod membership {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "membership")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: MembershipId,
        pub team_id: TeamId,
        pub person_id: PersonId,
        pub role: domain::teams::Role,
        pub since: chrono::NaiveDate,
        pub until: Option<chrono::NaiveDate>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod owned {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "membership_service")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub membership_id: MembershipId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub service_id: ServiceId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod assignment {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "team_assignment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AssignmentId,
        pub customer_id: CustomerId,
        pub team_id: TeamId,
        pub since: chrono::NaiveDate,
        pub until: Option<chrono::NaiveDate>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{Column, Entity};

#[derive(FromQueryResult)]
struct MemberRow {
    #[sea_orm(nested)]
    membership: membership::Model,
    person_name: PersonName,
    services: String,
    deputies: String,
}

impl MemberRow {
    fn member(self) -> Result<Membership, Error> {
        let row = self.membership;
        let days = Period {
            since: row.since,
            until: row.until,
        }
        .days();
        let services = services::labelled(serde_json::from_str(&self.services)?);
        let deputies: Vec<deputies::Stored> = serde_json::from_str(&self.deputies)?;
        Ok(Membership {
            id: row.id,
            person: PersonRef {
                id: row.person_id,
                name: self.person_name,
            },
            role: row.role,
            services,
            first_day: days.first_day,
            last_day: days.last_day,
            deputies: deputies.into_iter().map(Into::into).collect(),
        })
    }
}

async fn members(source: &impl Source, teams: &[TeamId]) -> Result<HashMap<TeamId, Vec<Membership>>, Error> {
    let mut query = membership::Entity::find()
        .filter(membership::Column::TeamId.is_in(teams.to_vec()))
        .into_query();
    let services = store::json_rows(
        source.backend(),
        &[("id", "s.id"), ("code", "s.code"), ("name", "s.name")],
        "membership_service x join service s on s.id = x.service_id where x.membership_id = membership.id",
        "s.code",
    );
    query
        .inner_join("person", Expr::cust("person.id = membership.person_id"))
        .expr_as(Expr::col(("person", "name")), "person_name")
        .expr_as(Expr::cust(services), "services")
        .expr_as(Expr::cust(deputies::as_json(source.backend())), "deputies")
        .order_by(("membership", "since"), sea_orm::Order::Asc)
        .order_by(("membership", "id"), sea_orm::Order::Asc);
    let mut by_team: HashMap<TeamId, Vec<Membership>> = HashMap::new();
    for row in store::all::<MemberRow>(source.connection(), &query).await? {
        by_team.entry(row.membership.team_id).or_default().push(row.member()?);
    }
    Ok(by_team)
}

async fn with_members(
    source: &impl Source,
    rows: Vec<entity::Model>,
    today: NaiveDate,
) -> Result<Vec<CustomerTeam>, Error> {
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let ids: Vec<TeamId> = rows.iter().map(|row| row.id).collect();
    let mut by_team = members(source, &ids).await?;
    let team = |row: entity::Model| CustomerTeam {
        id: row.id,
        version: row.version,
        name: row.name,
        state: TeamState::Forming,
        missing: vec![],
        members: by_team.remove(&row.id).unwrap_or_default(),
        same_person_exception: row.same_person_exception,
        created_at: row.created_at,
    };
    Ok(rows.into_iter().map(team).map(|team| team.as_of(today)).collect())
}

/// The team with its members.
pub async fn get(source: &impl Source, id: TeamId, today: NaiveDate) -> Result<CustomerTeam, Error> {
    let row = Entity::find_by_id(id)
        .one(source.connection())
        .await?
        .ok_or(Error::NotFound)?;
    with_members(source, vec![row], today)
        .await?
        .pop()
        .ok_or(Error::NotFound)
}

/// The same, held until the unit of work ends: members and customers of a team change one after the other.
pub async fn load(unit: &UnitOfWork, id: TeamId) -> Result<CustomerTeam, Error> {
    let mut query = Entity::find_by_id(id);
    store::lock(QuerySelect::query(&mut query), unit.backend(), "customer_team");
    let row = query.one(unit.connection()).await?.ok_or(Error::NotFound)?;
    with_members(unit, vec![row], unit.today())
        .await?
        .pop()
        .ok_or(Error::NotFound)
}

/// A page of teams, by name.
pub async fn list(source: &impl Source, paging: &Paging, today: NaiveDate) -> Result<Page<CustomerTeam>, Error> {
    let mut query = Entity::find().into_query();
    let (rows, total) = paging
        .rows::<entity::Model>(
            source,
            &mut query,
            Some(("customer_team", "sort_key")),
            ("customer_team", "id"),
        )
        .await?;
    let teams = with_members(source, rows, today).await?;
    Ok(paging.cut(teams, total, |t| Cursor::after(sort_key(t.name.as_str()), t.id)))
}

/// The teams in which the person has any membership that reaches the day, or stands in for who has one, held in the
/// order of their ids.
pub async fn load_with_person(unit: &UnitOfWork, person: PersonId, day: NaiveDate) -> Result<Vec<CustomerTeam>, Error> {
    let mut query = Entity::find()
        .filter(store::expr(
            unit.backend(),
            "customer_team.id in (select m.team_id from membership m where m.person_id = ? and (m.until is null or m.until > ?) \
             union all select m.team_id from membership_deputy d join membership m on m.id = d.membership_id \
             where d.person_id = ? and (d.until is null or d.until > ?))",
            [sea_orm::Value::from(person.0), day.into(), person.0.into(), day.into()],
        ))
        .into_query();
    query.order_by(("customer_team", "id"), sea_orm::Order::Asc);
    store::lock(&mut query, unit.backend(), "customer_team");
    let rows = store::all::<entity::Model>(unit.connection(), &query).await?;
    with_members(unit, rows, unit.today()).await
}

fn row(team: &CustomerTeam) -> entity::ActiveModel {
    entity::ActiveModel {
        id: Set(team.id),
        version: Set(team.version),
        name: Set(team.name.clone()),
        sort_key: Set(sort_key(team.name.as_str())),
        same_person_exception: Set(team.same_person_exception.clone()),
        created_at: Set(team.created_at),
    }
}

/// Stores a new team.
pub async fn insert(unit: &mut UnitOfWork, team: &CustomerTeam) -> Result<(), Error> {
    Entity::insert(row(team))
        .exec_without_returning(unit.connection())
        .await?;
    unit.record("created", None, Some(team))
}

/// Stores a changed team and what changed among its members; `act` is what happened to it.
pub async fn update(
    unit: &mut UnitOfWork,
    act: &str,
    before: &CustomerTeam,
    after: &CustomerTeam,
) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    for member in &before.members {
        match after.members.iter().find(|m| m.id == member.id) {
            Some(same) if same == member => {}
            Some(changed) => {
                let until = Days {
                    first_day: changed.first_day,
                    last_day: changed.last_day,
                }
                .period()?
                .until;
                membership::Entity::update_many()
                    .set(membership::ActiveModel {
                        until: Set(until),
                        ..Default::default()
                    })
                    .filter(membership::Column::Id.eq(member.id))
                    .exec(unit.connection())
                    .await?;
                deputies::update(unit, member.id, &member.deputies, &changed.deputies).await?;
            }
            None => {
                membership::Entity::delete_by_id(member.id)
                    .exec(unit.connection())
                    .await?;
            }
        }
    }
    for member in after
        .members
        .iter()
        .filter(|m| before.members.iter().all(|b| b.id != m.id))
    {
        insert_member(unit, after.id, member).await?;
    }
    unit.record(act, Some(before), Some(after))
}

async fn insert_member(unit: &UnitOfWork, team: TeamId, member: &Membership) -> Result<(), Error> {
    let period = Days {
        first_day: member.first_day,
        last_day: member.last_day,
    }
    .period()?;
    let row = membership::ActiveModel {
        id: Set(member.id),
        team_id: Set(team),
        person_id: Set(member.person.id),
        role: Set(member.role),
        since: Set(period.since),
        until: Set(period.until),
    };
    membership::Entity::insert(row)
        .exec_without_returning(unit.connection())
        .await?;
    if !member.services.is_empty() {
        let rows = member.services.iter().map(|service| owned::ActiveModel {
            membership_id: Set(member.id),
            service_id: Set(service.id),
        });
        owned::Entity::insert_many(rows)
            .exec_without_returning(unit.connection())
            .await?;
    }
    Ok(())
}

/// Removes a team that nothing refers to.
pub async fn delete(unit: &mut UnitOfWork, team: &CustomerTeam) -> Result<(), Error> {
    let uses = [
        ("memberships", "membership", "team_id"),
        ("customers", "team_assignment", "team_id"),
    ];
    refuse_if_used(unit, "customer team", team.id.0, &uses).await?;
    store::guarding(
        "customer team",
        Entity::delete_by_id(team.id).exec(unit.connection()).await,
    )?;
    unit.record("deleted", Some(team), None)
}

/// The periods from the day on in which the team is responsible for some customer.
pub async fn customer_periods(unit: &UnitOfWork, team: TeamId, day: NaiveDate) -> Result<Vec<Period>, Error> {
    let until = Expr::col(("team_assignment", "until"));
    let rows = assignment::Entity::find()
        .filter(assignment::Column::TeamId.eq(team))
        .filter(until.clone().is_null().or(until.gt(day)))
        .all(unit.connection())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Period {
            since: row.since,
            until: row.until,
        })
        .collect())
}

#[derive(FromQueryResult)]
struct AssignmentRow {
    #[sea_orm(nested)]
    assignment: assignment::Model,
    customer_code: Code,
    customer_name: Name,
    team_name: Name,
}

impl From<AssignmentRow> for TeamAssignment {
    fn from(row: AssignmentRow) -> Self {
        let days = Period {
            since: row.assignment.since,
            until: row.assignment.until,
        }
        .days();
        Self {
            id: row.assignment.id,
            customer: CustomerRef {
                id: row.assignment.customer_id,
                code: row.customer_code,
                name: row.customer_name,
            },
            team: TeamRef {
                id: row.assignment.team_id,
                name: row.team_name,
            },
            first_day: days.first_day,
            last_day: days.last_day,
        }
    }
}

fn select_assignments() -> SelectStatement {
    let mut query = assignment::Entity::find().into_query();
    query
        .inner_join("customer", Expr::cust("customer.id = team_assignment.customer_id"))
        .inner_join(
            "customer_team",
            Expr::cust("customer_team.id = team_assignment.team_id"),
        )
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name")
        .expr_as(Expr::col(("customer_team", "name")), "team_name");
    query
}

/// Everything that was and will be assigned to a customer whose version is `version`, by first day.
pub async fn assignments(source: &impl Source, customer: CustomerId, version: i64) -> Result<TeamAssignments, Error> {
    let query = select_assignments()
        .and_where(Expr::col(("team_assignment", "customer_id")).eq(customer))
        .order_by(("team_assignment", "since"), sea_orm::Order::Asc)
        .to_owned();
    let rows = store::all::<AssignmentRow>(source.connection(), &query).await?;
    Ok(TeamAssignments {
        version,
        customer,
        team_assignments: rows.into_iter().map(Into::into).collect(),
    })
}

/// A page of the customers for whom the team is responsible by its own assignments, on the day or whenever.
pub async fn customers_of(
    source: &impl Source,
    scope: &Scope,
    team: TeamId,
    day: Option<NaiveDate>,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<TeamAssignment>, Error> {
    let mut query = select_assignments();
    query
        .and_where(Expr::col(("team_assignment", "team_id")).eq(team))
        .and_where(access::of_customers(
            &scope.visible.customers,
            "team_assignment.customer_id",
            today,
            source.backend(),
        ));
    if let Some(day) = day {
        query.and_where(holds("team_assignment", day));
    }
    let (rows, total) = paging
        .rows::<AssignmentRow>(source, &mut query, None, ("team_assignment", "id"))
        .await?;
    Ok(paging.cut(
        rows.into_iter().map(Into::into).collect(),
        total,
        |a: &TeamAssignment| Cursor::after(vec![], a.id),
    ))
}

/// Stores changed assignments under the customer's next version; `act` is what happened.
pub async fn update_assignments(
    unit: &mut UnitOfWork,
    act: &str,
    before: &TeamAssignments,
    after: &TeamAssignments,
) -> Result<(), Error> {
    let done = crate::customers::entity::Entity::update_many()
        .set(crate::customers::entity::ActiveModel {
            version: Set(after.version),
            ..Default::default()
        })
        .filter(crate::customers::entity::Column::Id.eq(before.customer))
        .filter(crate::customers::entity::Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    for now in &after.team_assignments {
        let period = Days {
            first_day: now.first_day,
            last_day: now.last_day,
        }
        .period()?;
        match before.team_assignments.iter().find(|a| a.id == now.id) {
            Some(same) if same == now => {}
            Some(_) => {
                assignment::Entity::update_many()
                    .set(assignment::ActiveModel {
                        until: Set(period.until),
                        ..Default::default()
                    })
                    .filter(assignment::Column::Id.eq(now.id))
                    .exec(unit.connection())
                    .await?;
            }
            None => {
                let row = assignment::ActiveModel {
                    id: Set(now.id),
                    customer_id: Set(now.customer.id),
                    team_id: Set(now.team.id),
                    since: Set(period.since),
                    until: Set(period.until),
                };
                assignment::Entity::insert(row)
                    .exec_without_returning(unit.connection())
                    .await?;
            }
        }
    }
    unit.record(act, Some(before), Some(after))
}

/// Which team serves the customer on the day, and through which ancestor's assignment (R3).
pub async fn responsible(
    source: &impl Source,
    customer: CustomerId,
    day: NaiveDate,
) -> Result<Option<TeamAssignment>, Error> {
    let query = select_assignments()
        .inner_join(
            "customer_ancestry",
            Expr::cust("customer_ancestry.ancestor_id = team_assignment.customer_id"),
        )
        .and_where(Expr::col(("customer_ancestry", "customer_id")).eq(customer))
        .and_where(holds("team_assignment", day))
        .order_by(("customer_ancestry", "depth"), sea_orm::Order::Asc)
        .limit(1)
        .to_owned();
    Ok(store::one::<AssignmentRow>(source.connection(), &query)
        .await?
        .map(Into::into))
}

/// Who is responsible for the customer on the day, with everyone in the team.
pub async fn responsible_team(
    source: &impl Source,
    customer: CustomerRef,
    day: NaiveDate,
) -> Result<ResponsibleTeam, Error> {
    let assignment = responsible(source, customer.id, day).await?;
    let team = match &assignment {
        Some(assignment) => Some(get(source, assignment.team.id, day).await?),
        None => None,
    };
    Ok(ResponsibleTeam::on(day, customer, assignment, team))
}

/// The business relationship manager who holds the customer on the day.
pub async fn business_relationship_manager(
    source: &impl Source,
    customer: CustomerId,
    day: NaiveDate,
) -> Result<Option<PersonRef>, Error> {
    let Some(assignment) = responsible(source, customer, day).await? else {
        return Ok(None);
    };
    let query = Query::select()
        .columns([("person", "id"), ("person", "name")])
        .from("membership")
        .inner_join("person", Expr::cust("person.id = membership.person_id"))
        .and_where(Expr::col(("membership", "team_id")).eq(assignment.team.id))
        .and_where(Expr::col(("membership", "role")).eq(Role::BusinessRelationshipManager))
        .and_where(holds("membership", day))
        .to_owned();
    let row = source.connection().query_one(&query).await?;
    row.map(|row| {
        Ok(PersonRef {
            id: row.try_get("", "id")?,
            name: row.try_get("", "name")?,
        })
    })
    .transpose()
}
