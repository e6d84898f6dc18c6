//! Customer teams, their members, and the customers that they are responsible for.
use actix_web::{delete, get, patch, post, put, web};
use chrono::NaiveDate;
use domain::{
    customers::{Customer, End},
    teams::*,
    vocabulary::*,
};
use persistence::{UnitOfWork, customers, people, services, teams as store};
use serde::Deserialize;
use utoipa::IntoParams;

use super::IfMatch;
use crate::http::{Body, Call, ListQuery, Listing, NoBody, Patch, PatchOf, Problem, Query, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_customer_teams)
        .service(create_customer_team)
        .service(get_customer_team)
        .service(change_customer_team)
        .service(delete_customer_team)
        .service(create_membership)
        .service(end_membership)
        .service(set_same_person_exception)
        .service(delete_same_person_exception)
        .service(list_team_customers)
        .service(list_team_assignments)
        .service(create_team_assignment)
        .service(end_team_assignment)
        .service(get_responsible_team);
}

/// List customer teams
///
/// All teams with their members, by name in Swedish order.
#[utoipa::path(tag = "customer teams", operation_id = "listCustomerTeams", params(ListQuery),
    responses((status = 200, description = "A page of teams.", body = Listing<CustomerTeam>)))]
#[get("/customer-teams")]
async fn list_customer_teams(call: Call, page: Query<ListQuery>) -> Result<Reply, Problem> {
    call.listed(store::list(&call.reader(), &page.0.into(), call.today()).await?)
}

/// Form a customer team
///
/// A new team is `forming` until it has a business relationship manager, a delivery manager and a service owner.
#[utoipa::path(tag = "customer teams", operation_id = "createCustomerTeam", request_body = CustomerTeamInput,
    responses((status = 201, description = "The new team.", body = CustomerTeam)))]
#[post("/customer-teams")]
async fn create_customer_team(call: Call, body: Body<CustomerTeamInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let team = CustomerTeam::register(unit.new_id(), body.value.clone(), unit.now());
        store::insert(unit, &team).await?;
        Reply::created(format!("/customer-teams/{}", team.id), &team, call.today())
    })
    .await
}

/// Show a customer team
///
/// One team with everyone who is, was or will be in it, and what it lacks today.
#[utoipa::path(tag = "customer teams", operation_id = "getCustomerTeam", responses(
    (status = 200, description = "The team.", body = CustomerTeam),
    (status = 304, description = "You have it already.")))]
#[get("/customer-teams/{teamId}")]
async fn get_customer_team(call: Call, id: web::Path<TeamId>) -> Result<Reply, Problem> {
    call.found(&store::get(&call.reader(), *id, call.today()).await?)
}

/// Change a customer team
///
/// Members that are absent stay as they are; its people change through memberships.
#[utoipa::path(tag = "customer teams", operation_id = "changeCustomerTeam", request_body = PatchOf<CustomerTeamInput>,
    params(IfMatch), responses((status = 200, description = "The team as it is now.", body = CustomerTeam)))]
#[patch("/customer-teams/{teamId}")]
async fn change_customer_team(call: Call, id: web::Path<TeamId>, patch: Patch) -> Result<Reply, Problem> {
    change(&call, *id, "changed", &patch, async |_, team| {
        Ok(team.clone().change(patch.onto(&team)?))
    })
    .await
}

/// Loads the team as the caller saw it, changes it, stores it.
pub(super) async fn change(
    call: &Call,
    id: TeamId,
    act: &str,
    sent: &impl crate::http::call::Sent,
    how: impl AsyncFn(&mut UnitOfWork, CustomerTeam) -> Result<CustomerTeam, Problem>,
) -> Result<Reply, Problem> {
    call.write(sent, async |unit| {
        let before = call.unchanged(store::load(unit, id).await?)?;
        let after = how(unit, before.clone()).await?;
        store::update(unit, act, &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Remove a customer team
///
/// Only while nobody ever was in it and it never had a customer; the refusal says what it has.
#[utoipa::path(tag = "customer teams", operation_id = "deleteCustomerTeam", params(IfMatch),
    responses((status = 204, description = "It is gone.")))]
#[delete("/customer-teams/{teamId}")]
async fn delete_customer_team(call: Call, id: web::Path<TeamId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let team = call.unchanged(store::load(unit, *id).await?)?;
        store::delete(unit, &team).await?;
        Ok(Reply::gone())
    })
    .await
}

/// Add a member to a team
///
/// R1 and R2 are judged for every day from today on: one manager of each kind, and never the same person as both.
#[utoipa::path(tag = "customer teams", operation_id = "createMembership", request_body = MembershipInput, params(IfMatch),
    responses((status = 200, description = "The team as it is now.", body = CustomerTeam)))]
#[post("/customer-teams/{teamId}/members")]
async fn create_membership(call: Call, id: web::Path<TeamId>, body: Body<MembershipInput>) -> Result<Reply, Problem> {
    change(&call, *id, "joined", &body, async |unit, team| {
        let MembershipInput {
            person,
            role,
            services,
            first_day,
            last_day,
        } = body.value.clone();
        let days = Days { first_day, last_day };
        let person = people::named(unit, person, days, "/person").await?;
        let services = services::named(unit, &services, "/services").await?;
        let member = Membership {
            id: unit.new_id(),
            person,
            role,
            services,
            first_day,
            last_day,
            deputies: vec![],
        };
        let customers = store::customer_periods(unit, team.id, call.today()).await?;
        Ok(team.join(member, &customers, call.today())?)
    })
    .await
}

/// End a membership
///
/// A team with customers must stay complete: name the successor, who takes over from the day after, in the same call.
#[utoipa::path(tag = "customer teams", operation_id = "endMembership", request_body = MembershipEnd, params(IfMatch),
    responses((status = 200, description = "The team as it is now.", body = CustomerTeam)))]
#[post("/customer-teams/{teamId}/members/{membershipId}/end")]
async fn end_membership(
    call: Call,
    path: web::Path<(TeamId, MembershipId)>,
    body: Body<MembershipEnd>,
) -> Result<Reply, Problem> {
    let (id, membership) = path.into_inner();
    change(&call, id, "left", &body, async |unit, team| {
        let found = team.members.iter().find(|m| m.id == membership);
        let ended = found.ok_or(Problem::NotFound)?;
        let MembershipEnd { last_day, successor } = body.value.clone();
        let days = |first_day, last_day| Days { first_day, last_day };
        // Nobody has a role after they have left.
        let role = days(ended.first_day, Some(last_day));
        people::named(unit, ended.person.id, role, "/lastDay").await?;
        let successor = match successor {
            Some(person) => {
                let person = people::named(unit, person, days(last_day, None), "/successor").await?;
                Some((unit.new_id(), person))
            }
            None => None,
        };
        let customers = store::customer_periods(unit, team.id, call.today()).await?;
        Ok(team.leave(membership, last_day, successor, &customers, call.today())?)
    })
    .await
}

/// Allow one person to be both managers
///
/// For small organisations: an exception from R2 with its reason, up to a last day. Coverage shows it.
#[utoipa::path(tag = "customer teams", operation_id = "setSamePersonException", request_body = SamePersonException,
    params(IfMatch), responses((status = 200, description = "The team as it is now.", body = CustomerTeam)))]
#[put("/customer-teams/{teamId}/same-person-exception")]
async fn set_same_person_exception(
    call: Call,
    id: web::Path<TeamId>,
    body: Body<SamePersonException>,
) -> Result<Reply, Problem> {
    let exception = Some(body.value.clone());
    change(&call, *id, "excepted", &body, async |_, team| {
        Ok(team.except(exception.clone(), call.today())?)
    })
    .await
}

/// Take the exception back
///
/// Refused while one person is both managers on any day from today on.
#[utoipa::path(tag = "customer teams", operation_id = "deleteSamePersonException", params(IfMatch),
    responses((status = 200, description = "The team as it is now.", body = CustomerTeam)))]
#[delete("/customer-teams/{teamId}/same-person-exception")]
async fn delete_same_person_exception(call: Call, id: web::Path<TeamId>) -> Result<Reply, Problem> {
    change(&call, *id, "excepted", &NoBody, async |_, team| {
        Ok(team.except(None, call.today())?)
    })
    .await
}

/// On which day.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DayQuery {
    /// On this day; today unless told, where one day is needed.
    day: Option<NaiveDate>,
}

/// List a team's customers
///
/// The customers that are assigned to the team itself, with the periods; their parts are served through them.
#[utoipa::path(tag = "customer teams", operation_id = "listTeamCustomers", params(ListQuery, DayQuery),
    responses((status = 200, description = "A page of assignments.", body = Listing<TeamAssignment>)))]
#[get("/customer-teams/{teamId}/customers")]
async fn list_team_customers(
    call: Call,
    id: web::Path<TeamId>,
    page: Query<ListQuery>,
    on: Query<DayQuery>,
) -> Result<Reply, Problem> {
    let team = store::get(&call.reader(), *id, call.today()).await?;
    let paging = page.0.into();
    call.listed(store::customers_of(&call.reader(), &call.scope, team.id, on.0.day, &paging, call.today()).await?)
}

/// List a customer's team assignments
///
/// Every team that was, is or will be responsible for the customer, by first day.
#[utoipa::path(tag = "customer teams", operation_id = "listTeamAssignments",
    responses((status = 200, description = "All assignments.", body = TeamAssignments)))]
#[get("/customers/{customerId}/team-assignments")]
async fn list_team_assignments(call: Call, id: web::Path<CustomerId>) -> Result<Reply, Problem> {
    let customer = customers::get(&call.reader(), &call.scope, *id, call.today()).await?;
    Reply::plain(&store::assignments(&call.reader(), customer.id, customer.version).await?)
}

/// Assign a customer to a team
///
/// Only a complete team takes on a customer (R3). The assignment in force on the first day ends the day before.
#[utoipa::path(tag = "customer teams", operation_id = "createTeamAssignment", request_body = TeamAssignmentInput,
    params(IfMatch), responses((status = 200, description = "All assignments of the customer.", body = TeamAssignments)))]
#[post("/customers/{customerId}/team-assignments")]
async fn create_team_assignment(
    call: Call,
    id: web::Path<CustomerId>,
    body: Body<TeamAssignmentInput>,
) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let TeamAssignmentInput {
            team,
            first_day,
            last_day,
        } = body.value.clone();
        let team = team_named(unit, team).await?;
        let customer = call.unchanged(customers::load(unit, &call.scope, *id).await?)?;
        customer.must_be_active()?;
        let new = TeamAssignment {
            id: unit.new_id(),
            customer: customer.reference(),
            team: TeamRef {
                id: team.id,
                name: team.name.clone(),
            },
            first_day,
            last_day,
        };
        assign(&call, unit, &customer, "team_assigned", |a| {
            a.assign(new.clone(), &team, call.today())
        })
        .await
    })
    .await
}

/// The team that a body names, held until the unit of work ends.
async fn team_named(unit: &UnitOfWork, id: TeamId) -> Result<CustomerTeam, Problem> {
    store::load(unit, id).await.map_err(|e| match e {
        persistence::Error::NotFound => {
            domain::Rule::new(domain::RuleCode::UnknownReference, "There is no such customer team.")
                .at("/team")
                .into()
        }
        other => other.into(),
    })
}

/// Changes the assignments of a customer that the unit of work holds.
async fn assign(
    call: &Call,
    unit: &mut UnitOfWork,
    customer: &Customer,
    act: &str,
    how: impl FnOnce(TeamAssignments) -> Result<TeamAssignments, domain::Rule>,
) -> Result<Reply, Problem> {
    let before = store::assignments(unit, customer.id, customer.version).await?;
    let after = how(before.clone())?;
    store::update_assignments(unit, act, &before, &after).await?;
    Reply::ok(&after, call.today())
}

/// End a customer's team assignment
///
/// Afterwards the team of the nearest ancestor serves the customer; where there is none, coverage lists it.
#[utoipa::path(tag = "customer teams", operation_id = "endTeamAssignment", request_body = End, params(IfMatch),
    responses((status = 200, description = "All assignments of the customer.", body = TeamAssignments)))]
#[post("/customers/{customerId}/team-assignments/{assignmentId}/end")]
async fn end_team_assignment(
    call: Call,
    path: web::Path<(CustomerId, AssignmentId)>,
    body: Body<End>,
) -> Result<Reply, Problem> {
    let (id, assignment) = path.into_inner();
    call.write(&body, async |unit| {
        let customer = call.unchanged(customers::load(unit, &call.scope, id).await?)?;
        let all = store::assignments(unit, customer.id, customer.version).await?;
        if all.team_assignments.iter().all(|a| a.id != assignment) {
            return Err(Problem::NotFound);
        }
        assign(&call, unit, &customer, "team_ended", |a| {
            a.end(assignment, body.value.last_day)
        })
        .await
    })
    .await
}

/// Show who is responsible for a customer
///
/// The team that serves the customer on a day, by its own assignment or its nearest ancestor's (R3).
#[utoipa::path(tag = "customer teams", operation_id = "getResponsibleTeam", params(DayQuery),
    responses((status = 200, description = "Who is responsible.", body = ResponsibleTeam)))]
#[get("/customers/{customerId}/responsible-team")]
async fn get_responsible_team(call: Call, id: web::Path<CustomerId>, on: Query<DayQuery>) -> Result<Reply, Problem> {
    let reader = call.reader();
    let customer = customers::get(&reader, &call.scope, *id, call.today()).await?;
    let day = on.0.day.unwrap_or(call.today());
    Reply::plain(&store::responsible_team(&reader, customer.reference(), day).await?)
}
