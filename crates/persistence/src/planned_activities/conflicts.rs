//! What the rules of conflicts are asked of: planned changes that were announced for wished freezes, and the workload
//! limits of the agreements that cover a service when an activity begins. So many queries, however many activities.
use std::collections::{HashMap, HashSet};

use domain::{
    agreements::{AgreementKind, AgreementRef, Content, WorkloadLimit},
    planned_activities::*,
    service_levels::{Figures, StatementPeriod},
    vocabulary::*,
};
use sea_orm::{DbErr, FromQueryResult, Value};

use crate::{
    Error, agreements, announcements,
    service_levels::LocalTime,
    store::{self, Source},
};

/// The activities with what they run into now.
pub(super) async fn judged(
    source: &impl Source,
    activities: Vec<PlannedActivity>,
    time: LocalTime,
) -> Result<Vec<PlannedActivityWithConflicts>, Error> {
    let announced = announced(source, &activities, time).await?;
    let limits = limits(source, &activities, time).await?;
    let judge = |activity: PlannedActivity| {
        let of_it = limits.get(&activity.id).map_or(&[][..], Vec::as_slice);
        let conflicts = activity.conflicts(&announced, of_it, time.zone);
        PlannedActivityWithConflicts::new(activity, conflicts)
    };
    Ok(activities.into_iter().map(judge).collect())
}

/// The planned changes that were announced for the services and days of all wished freezes.
async fn announced(
    source: &impl Source,
    activities: &[PlannedActivity],
    time: LocalTime,
) -> Result<Vec<AnnouncedChange>, Error> {
    let freezing = activities
        .iter()
        .filter_map(|activity| Some((activity, activity.freeze?)));
    let mut services: HashSet<ServiceId> = HashSet::new();
    let mut days = vec![];
    for (activity, freeze) in freezing {
        services.extend(activity.services.iter().map(|service| service.id));
        days.push(freeze.instants(time.zone));
    }
    let (from, to) = (
        days.iter().map(|(from, _)| *from).min(),
        days.iter().map(|(_, to)| *to).max(),
    );
    let Some(within) = Option::zip(from, to) else {
        return Ok(vec![]);
    };
    announcements::planned_changes(source, services.into_iter().collect(), within).await
}

#[derive(FromQueryResult)]
struct CoveringRow {
    activity_id: PlannedActivityId,
    service_id: ServiceId,
    version_id: AgreementVersionId,
    agreement_id: AgreementId,
    number: String,
}

#[derive(FromQueryResult)]
struct ContentRow {
    id: AgreementVersionId,
    content: Content,
}

#[derive(FromQueryResult)]
struct FiguresRow {
    agreement_id: AgreementId,
    period: String,
    figures: Figures,
}

/// The limits of the agreements that cover the services of each activity on the day when it begins, or today where it has
/// begun.
async fn limits(
    source: &impl Source,
    activities: &[PlannedActivity],
    time: LocalTime,
) -> Result<HashMap<PlannedActivityId, Vec<LimitInForce>>, Error> {
    let asked: Vec<&PlannedActivity> = activities
        .iter()
        .filter(|activity| !activity.changes.is_empty())
        .collect();
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    let covering = agreements::COVERING.replace('?', "u.day");
    let sql = format!(
        "select u.activity_id, u.service_id, v.id as version_id, a.id as agreement_id, a.number from \
         (select p.id as activity_id, p.customer_id, x.service_id, \
             case when p.first_day > ? then p.first_day else ? end as day \
             from planned_activity p join planned_activity_service x on x.activity_id = p.id where p.id in ({})) u \
         join agreement_version v on v.id = ({covering}) join agreement a on a.id = v.agreement_id",
        store::places(asked.len())
    );
    let today: Value = time.today().into();
    let values = [today.clone(), today]
        .into_iter()
        .chain(asked.iter().map(|activity| activity.id.0.into()));
    let covering: Vec<CoveringRow> = store::rows(source.connection(), &sql, values.collect()).await?;
    let versions: HashSet<AgreementVersionId> = covering.iter().map(|row| row.version_id).collect();
    let bounded = workload_limits(source, versions).await?;
    let agreements: HashSet<AgreementId> = covering
        .iter()
        .filter(|row| bounded.contains_key(&row.version_id))
        .map(|row| row.agreement_id)
        .collect();
    let latest = latest_figures(source, agreements).await?;
    let mut limits: HashMap<PlannedActivityId, Vec<LimitInForce>> = HashMap::new();
    for row in covering {
        for limit in bounded.get(&row.version_id).into_iter().flatten() {
            let told = latest.iter().filter(|(agreement, ..)| *agreement == row.agreement_id);
            let mut actual =
                told.filter_map(|(_, period, figures)| Some((*period, actual_volume(*period, figures, limit)?)));
            limits.entry(row.activity_id).or_default().push(LimitInForce {
                service: row.service_id,
                agreement: AgreementRef {
                    id: row.agreement_id,
                    number: row.number.clone(),
                    kind: AgreementKind::Sla,
                },
                limit: limit.clone(),
                actual: actual.next(),
            });
        }
    }
    Ok(limits)
}

/// The workload limits of the versions that have any.
async fn workload_limits(
    source: &impl Source,
    versions: HashSet<AgreementVersionId>,
) -> Result<HashMap<AgreementVersionId, Vec<WorkloadLimit>>, Error> {
    if versions.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "select v.id, v.content from agreement_version v where v.id in ({})",
        store::places(versions.len())
    );
    let values = versions.iter().map(|id| id.0.into()).collect();
    let rows: Vec<ContentRow> = store::rows(source.connection(), &sql, values).await?;
    let limits = rows.into_iter().map(|row| (row.id, row.content.workload_limits));
    Ok(limits.filter(|(_, limits)| !limits.is_empty()).collect())
}

/// What kind of period a statement is of, in SQL: its text is `2026-09`, `2026-Q3` or `2026`.
fn kind(table: &str) -> String {
    format!("case when {table}.period like '%Q%' then 2 when {table}.period like '%-%' then 1 else 3 end")
}

/// The kept figures of the latest month, quarter and year of each agreement.
async fn latest_figures(
    source: &impl Source,
    agreements: HashSet<AgreementId>,
) -> Result<Vec<(AgreementId, StatementPeriod, Figures)>, Error> {
    if agreements.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!(
        "select s.agreement_id, s.period, s.figures from statement s where s.agreement_id in ({}) \
         and s.figures is not null and not exists (select 1 from statement n where n.agreement_id = s.agreement_id \
             and n.figures is not null and n.since > s.since and {} = {})",
        store::places(agreements.len()),
        kind("n"),
        kind("s")
    );
    let values = agreements.iter().map(|id| id.0.into()).collect();
    let rows: Vec<FiguresRow> = store::rows(source.connection(), &sql, values).await?;
    let read = |row: FiguresRow| {
        let period = row.period.parse().map_err(|e| DbErr::Custom(format!("{e}")))?;
        Ok((row.agreement_id, period, row.figures))
    };
    rows.into_iter().map(read).collect()
}
