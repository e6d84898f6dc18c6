//! What is amiss with each customer, in one query for each flag however many there are.
use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use domain::{access::Scope, agreements::CalendarPeriod, relation::*, satisfaction::last_fixed, vocabulary::*};
use sea_orm::{FromQueryResult, Value};

use crate::{
    Error, Paging,
    agreements::COVERING,
    customers,
    meetings::{self, OverdueFilter},
    satisfaction,
    store::{self, Source},
};

/// Of so many customers at most overdue meetings are told.
const MOST_OVERDUE: u64 = 10_000;
/// A statement of a period that began longer ago says nothing of how we stand today.
const STATEMENT_DAYS: u64 = 400;

#[derive(FromQueryResult)]
struct Found {
    customer_id: CustomerId,
    n: i64,
    since: Option<NaiveDate>,
}

/// SQL that finds the customers with a flag, with how many there are of it and since when; and its values.
fn finding(flag: RelationFlag, today: NaiveDate) -> Option<(String, Vec<Value>)> {
    let days = |n: usize| vec![Value::from(today); n];
    Some(match flag {
        RelationFlag::NoTeam => (
            "select c.id as customer_id, cast(1 as bigint) as n, cast(null as date) as since from customer c \
             where c.status = 'active' and not exists (select 1 from customer_ancestry y \
             join team_assignment t on t.customer_id = y.ancestor_id and t.since <= ? and (t.until is null or t.until > ?) \
             where y.customer_id = c.id)"
                .into(),
            days(2),
        ),
        RelationFlag::MissedTarget => (
            "select a.customer_id, cast(sum(s.missed) as bigint) as n, min(s.since) as since from statement s \
             join agreement a on a.id = s.agreement_id and a.customer_id is not null \
             where s.missed > 0 and s.since >= ? and not exists (select 1 from statement l \
             where l.agreement_id = s.agreement_id and l.state <> 'open' and l.since > s.since) group by a.customer_id"
                .into(),
            vec![today.checked_sub_days(Days::new(STATEMENT_DAYS)).unwrap_or(today).into()],
        ),
        RelationFlag::OverdueComplaint => (
            "select r.customer_id, count(*) as n, min(r.due_day) as since from request r \
             where r.unanswered and r.due_day < ? group by r.customer_id"
                .into(),
            days(1),
        ),
        RelationFlag::NothingAgreed => (
            format!(
                "select t.customer_id, count(*) as n, cast(null as date) as since from (select u.customer_id, \
                 case when exists ({COVERING}) then 1 else 0 end as covered from service_usage u \
                 where u.since <= ? and (u.until is null or u.until > ?)) t group by t.customer_id having max(t.covered) = 0"
            ),
            days(6),
        ),
        RelationFlag::OverdueMeeting | RelationFlag::SatisfactionFell => return None,
    })
}

/// What is amiss with each customer, or with one alone.
pub(super) async fn reasons(
    source: &impl Source,
    scope: &Scope,
    weights: &RelationWeights,
    only: Option<CustomerId>,
    today: NaiveDate,
) -> Result<HashMap<CustomerId, Vec<RelationReason>>, Error> {
    let mut reasons: HashMap<CustomerId, Vec<RelationReason>> = HashMap::new();
    let mut flagged = |flag, customer, found| {
        let reason = RelationReason::of(flag, weights, found);
        reasons.entry(customer).or_default().push(reason);
    };
    for flag in RelationFlag::all() {
        let Some((mut sql, mut values)) = finding(flag, today) else {
            continue;
        };
        if let Some(customer) = only {
            sql = format!("select * from ({sql}) f where f.customer_id = ?");
            values.push(customer.0.into());
        }
        for found in store::rows::<Found>(source.connection(), &sql, values).await? {
            flagged(flag, found.customer_id, (found.n, found.since));
        }
    }
    let waiting = OverdueFilter {
        customers: only.map(|customer| vec![customer]),
        kind: None,
    };
    for late in meetings::overdue(source, scope, &waiting, &Paging::first(MOST_OVERDUE), today)
        .await?
        .items
    {
        let since = late.overdue.iter().map(|meeting| meeting.since).min();
        let n = i64::try_from(late.overdue.len()).unwrap_or(i64::MAX);
        flagged(RelationFlag::OverdueMeeting, late.customer.id, (n, since));
    }
    let quarter = last_fixed(CalendarPeriod::Quarter, today);
    for (customer, n) in satisfaction::fallen(source, scope, quarter, only, today).await? {
        flagged(
            RelationFlag::SatisfactionFell,
            customer,
            (n, Some(quarter.period().since)),
        );
    }
    Ok(reasons)
}

/// How we stand with the customers that the caller sees: so many of them, the worst first; with a flag, those that have it.
pub async fn ranking(
    source: &impl Source,
    scope: &Scope,
    weights: RelationWeights,
    (flag, most): (Option<RelationFlag>, usize),
    today: NaiveDate,
) -> Result<RelationRanking, Error> {
    let all = customers::active(source, scope, today).await?;
    let mut customers = ranked(all, reasons(source, scope, &weights, None, today).await?);
    if let Some(flag) = flag {
        customers.retain(|standing| standing.reasons.iter().any(|reason| reason.flag == flag));
    }
    let total = customers.len() as u64;
    customers.truncate(most);
    Ok(RelationRanking {
        weights,
        total,
        customers,
    })
}
