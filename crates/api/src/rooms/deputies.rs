//! Deputies of members of customer teams.
use actix_web::{post, web};
use domain::{customers::End, teams::*, vocabulary::*};
use persistence::people;

use super::{IfMatch, teams::change};
use crate::http::{Body, Call, Problem, Reply, Routes};

pub fn routes(routes: &mut Routes) {
    routes.service(create_deputy).service(end_deputy);
}

/// Name a deputy
///
/// On these days the person may do what the member's role may do; what they then do is recorded as done in the member's
/// stead. One deputy on a day, within the membership. Who stands in for one manager is not the other and does not stand
/// in for them (R2), and a deputy does not make a team complete (R1).
#[utoipa::path(tag = "customer teams", operation_id = "createDeputy", request_body = DeputyInput, params(IfMatch),
    responses((status = 200, description = "The team as it is now.", body = CustomerTeam)))]
#[post("/customer-teams/{teamId}/members/{membershipId}/deputies")]
async fn create_deputy(
    call: Call,
    path: web::Path<(TeamId, MembershipId)>,
    body: Body<DeputyInput>,
) -> Result<Reply, Problem> {
    let (id, membership) = path.into_inner();
    change(&call, id, "deputy_named", &body, async |unit, team| {
        let member = team.members.iter().find(|m| m.id == membership);
        let days = member.ok_or(Problem::NotFound)?.deputy_days(&body.value);
        let deputy = Deputy {
            id: unit.new_id(),
            person: people::named(unit, body.value.person, days, "/person").await?,
            first_day: days.first_day,
            last_day: days.last_day,
        };
        Ok(team.name_deputy(membership, deputy, call.today())?)
    })
    .await
}

/// End a deputy
///
/// They stand in up to and including the last day. One whose days have not begun can be ended before them, and never was.
#[utoipa::path(tag = "customer teams", operation_id = "endDeputy", request_body = End, params(IfMatch),
    responses((status = 200, description = "The team as it is now.", body = CustomerTeam)))]
#[post("/customer-teams/{teamId}/members/{membershipId}/deputies/{deputyId}/end")]
async fn end_deputy(
    call: Call,
    path: web::Path<(TeamId, MembershipId, DeputyId)>,
    body: Body<End>,
) -> Result<Reply, Problem> {
    let (id, membership, deputy) = path.into_inner();
    change(&call, id, "deputy_ended", &body, async |unit, team| {
        let member = team.members.iter().find(|m| m.id == membership);
        let found = member.and_then(|m| m.deputies.iter().find(|d| d.id == deputy));
        let Deputy { person, first_day, .. } = found.ok_or(Problem::NotFound)?;
        let last_day = body.value.last_day;
        let days = Days {
            first_day: *first_day,
            last_day: Some(last_day),
        };
        // Nobody stands in after they have left.
        people::named(unit, person.id, days, "/lastDay").await?;
        Ok(team.end_deputy(membership, deputy, last_day, call.today())?)
    })
    .await
}
