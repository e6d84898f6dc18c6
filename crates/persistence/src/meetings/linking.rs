//! What meetings take up and what is recorded at them: things of other rooms, found as their own rooms show them.
use chrono::{DateTime, NaiveDate, Utc};
use domain::{Rule, RuleCode, access::Scope, meetings::*, requests::RequestKind, vocabulary::*};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{load, update};
use crate::{
    Error, improvements, knowledge, planned_activities, references, requests, satisfaction, service_levels,
    store::{self, Source, UnitOfWork},
};

/// A thing as far as R17 asks, if it exists, the caller sees it, and it is the customer's. The one place that knows how each
/// kind is found.
pub async fn matter(
    source: &impl Source,
    scope: &Scope,
    thing: &LinkedThing,
    customer: CustomerId,
    today: NaiveDate,
) -> Result<Matter, Error> {
    let seen = scope.within(scope.visible.clone());
    let found = match thing.kind {
        LinkedKind::Request => requests::get(source, &seen, thing.id.into(), today)
            .await
            .map(|request| (request.customer.id == customer, request.kind == RequestKind::Complaint)),
        LinkedKind::Improvement => improvements::get(source, &seen, thing.id.into(), today)
            .await
            .map(|improvement| (improvement.customers.iter().any(|c| c.id == customer), false)),
        LinkedKind::ServiceLevelStatement => service_levels::get(source, &seen, thing.id.into(), today)
            .await
            .map(|statement| (statement.customer.is_some_and(|c| c.id == customer), false)),
        LinkedKind::SatisfactionReport => satisfaction::report(source, &seen, thing.id.into(), today)
            .await
            .map(|report| (report.customer.id == customer, false)),
        LinkedKind::PlannedActivity => planned_activities::get(source, &seen, thing.id.into(), today)
            .await
            .map(|activity| (activity.customer.id == customer, false)),
        LinkedKind::BusinessNeed => knowledge::need(source, &seen, thing.id.into(), today)
            .await
            .map(|need| (need.customer.id == customer, false)),
    };
    match found {
        Ok((true, is_complaint)) => Ok(Matter {
            kind: thing.kind,
            is_complaint,
        }),
        Ok((false, _)) | Err(Error::NotFound) => {
            let detail = format!("The customer has no {} of this id.", thing.kind);
            Err(Rule::new(RuleCode::UnknownReference, detail).at("/link").into())
        }
        Err(other) => Err(other),
    }
}

/// The next planned meeting of a kind with the customer, but for one.
pub async fn next_fitting(
    source: &impl Source,
    (customer, kind): (CustomerId, MeetingKind),
    but: MeetingId,
    now: DateTime<Utc>,
) -> Result<Option<NextMeeting>, Error> {
    #[derive(FromQueryResult)]
    struct Next {
        id: MeetingId,
        starts_at: DateTime<Utc>,
    }
    let sql = "select id, starts_at from meeting where customer_id = ? and kind = ? and status = 'planned' \
               and starts_at > ? and id <> ? order by starts_at, id limit 1";
    let values = vec![customer.0.into(), kind.to_string().into(), now.into(), but.0.into()];
    let found: Vec<Next> = store::rows(source.connection(), sql, values).await?;
    Ok(found
        .into_iter()
        .next()
        .map(|Next { id, starts_at }| NextMeeting { id, starts_at }))
}

/// Links what is made in this unit of work with the meeting at which it was recorded: one that the caller sees, of a kind
/// from which it is recorded (R17), about one of its customers, whose minutes do not stand yet.
pub async fn record(
    unit: &mut UnitOfWork,
    scope: &Scope,
    id: MeetingId,
    (thing, matter): (LinkedThing, Matter),
    customers: &[CustomerId],
    pointer: &str,
) -> Result<Meeting, Error> {
    let before = match load(unit, &scope.within(scope.visible.clone()), id).await {
        Err(Error::NotFound) => return Err(references::unknown("meeting", pointer)),
        found => found?,
    };
    if !customers.contains(&before.customer.id) {
        let detail = format!("The meeting is about {}, which is not concerned.", before.customer.code);
        return Err(Rule::new(RuleCode::State, detail).at(pointer).into());
    }
    let recorded = before.clone().record(thing.clone(), matter);
    let after = recorded.map_err(|rule| rule.at(pointer))?;
    let sql = "insert into meeting_outcome (kind, subject_id, meeting_id, recorded_at) values (?, ?, ?, ?)";
    let kind = thing.kind.to_string().into();
    let values = vec![kind, thing.id.into(), id.0.into(), unit.now().into()];
    store::run(unit.connection(), sql, values).await?;
    update(unit, "outcome_recorded", &before, &after).await?;
    Ok(after)
}

/// A thing of this kind, and what R17 asks of it.
pub fn made(matter: Matter, id: impl Into<Uuid>) -> (LinkedThing, Matter) {
    let (kind, id) = (matter.kind, id.into());
    (LinkedThing { kind, id }, matter)
}

/// SQL for the meeting at which the thing whose id stands in a column was recorded.
pub(crate) fn recorded_at(kind: LinkedKind, id: &str) -> String {
    format!("(select o.meeting_id from meeting_outcome o where o.kind = '{kind}' and o.subject_id = {id})")
}
