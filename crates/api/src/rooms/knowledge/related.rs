//! The one place that finds the things which needs, lessons and interactions refer to. What the caller may not see is
//! refused like what does not exist (R20).
use domain::{Rule, RuleCode, access::Scope, knowledge::*, vocabulary::*};
use persistence::{Error, UnitOfWork, agreements, improvements, meetings, planned_activities, requests};

use crate::http::Problem;

/// The things that are referred to, each with the customers whose matter it is.
pub async fn found(
    scope: &Scope,
    unit: &UnitOfWork,
    told: &[RelatedInput],
    pointer: &str,
) -> Result<Vec<Found>, Problem> {
    let mut all: Vec<Found> = vec![];
    for (n, one) in told.iter().enumerate() {
        if all
            .iter()
            .any(|other| (other.thing.kind, other.thing.id) == (one.kind, one.id))
        {
            continue;
        }
        all.push(found_one(scope, unit, one, &format!("{pointer}/{n}/id")).await?);
    }
    Ok(all)
}

/// One of them.
pub async fn found_one(scope: &Scope, unit: &UnitOfWork, told: &RelatedInput, pointer: &str) -> Result<Found, Problem> {
    let (label, customers) = find(scope, unit, told).await.map_err(|e| match e {
        Error::NotFound => {
            let detail = format!("There is no such {}.", told.kind);
            Rule::new(RuleCode::UnknownReference, detail).at(pointer).into()
        }
        other => Problem::from(other),
    })?;
    let thing = RelatedThing {
        kind: told.kind,
        id: told.id,
        label: label.parse().map_err(Problem::internal)?,
    };
    Ok(Found { thing, customers })
}

/// Of each kind, by what it is recognised and whose matter it is: a new kind is one line.
async fn find(scope: &Scope, unit: &UnitOfWork, told: &RelatedInput) -> Result<(String, Vec<CustomerRef>), Error> {
    let (seen, today) = (scope.within(scope.visible.clone()), unit.today());
    Ok(match told.kind {
        RelatedKind::Request => {
            let request = requests::get(unit, &seen, told.id.into(), today).await?;
            (request.number, vec![request.customer])
        }
        RelatedKind::Agreement => {
            let agreement = agreements::get(unit, &seen, told.id.into(), today).await?;
            (agreement.number.to_string(), agreement.customer.into_iter().collect())
        }
        RelatedKind::Improvement => {
            let improvement = improvements::get(unit, &seen, told.id.into(), today).await?;
            (improvement.number, improvement.customers)
        }
        RelatedKind::Meeting => {
            let meeting = meetings::get(unit, &seen, told.id.into(), today).await?;
            (format!("{} {}", meeting.kind, meeting.day), vec![meeting.customer])
        }
        RelatedKind::PlannedActivity => {
            let activity = planned_activities::get(unit, &seen, told.id.into(), today).await?;
            let title: String = activity.title.as_str().chars().take(60).collect();
            (title.trim_end().to_owned(), vec![activity.customer])
        }
    })
}
