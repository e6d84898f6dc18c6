//! What is coming across customers, by service and by time.
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::*;
use crate::{Rule, RuleCode};

/// So many days an outlook spans at most.
const LONGEST: i64 = 731;
/// So far ahead it looks unless told.
const AHEAD: u64 = 180;
/// So many lines it has at most: an activity has one for each service that it affects.
pub const MOST_LINES: usize = 500;

/// What is coming, as it concerns one service.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutlookLine {
    /// The activity.
    pub activity: PlannedActivityRef,
    /// What kind of thing it is.
    pub kind: PlannedKind,
    /// Whose it is.
    pub customer: CustomerRef,
    /// How far it has come.
    pub phase: PlannedPhase,
    /// How sure the customer is.
    pub confidence: PlanConfidence,
    /// When it is done.
    pub period: PlannedPeriod,
    /// What there will be more of in this service, or less.
    #[schema(max_items = 20)]
    pub changes: Vec<ExpectedChange>,
    /// Days on which the customer wishes that nothing is changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freeze: Option<FreezeWish>,
    /// What it runs into in this service.
    #[schema(max_items = 100)]
    pub conflicts: Vec<PlanConflict>,
}

/// What is coming for one service.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceOutlook {
    /// The service; none: what names no service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceRef>,
    /// What is coming, by first day.
    #[schema(max_items = 500)]
    pub activities: Vec<OutlookLine>,
}

/// What is coming in a period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedOutlook {
    /// The first day of the period.
    pub first_day: NaiveDate,
    /// Its last day.
    pub last_day: NaiveDate,
    /// How many activities there are in it.
    #[schema(minimum = 0, maximum = 500)]
    pub activities: usize,
    /// How many of them run into something.
    #[schema(minimum = 0, maximum = 500)]
    pub conflicting: usize,
    /// Each service by code, and last what names none.
    #[schema(max_items = 500)]
    pub services: Vec<ServiceOutlook>,
}

/// The first and the last day that an outlook is asked for: from today, half a year, unless told.
pub fn outlook_days(
    first_day: Option<NaiveDate>,
    last_day: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<(NaiveDate, NaiveDate), Rule> {
    let first_day = first_day.unwrap_or(today);
    // Days are written with four digits of the year.
    let latest = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(first_day);
    let ahead = first_day.checked_add_days(chrono::Days::new(AHEAD));
    let last_day = last_day.unwrap_or_else(|| ahead.map_or(latest, |day| day.min(latest)));
    let refused = |detail: String| Err(Rule::new(RuleCode::DateOrder, detail));
    match (last_day - first_day).num_days() {
        ..0 => refused(format!(
            "The last day {last_day} lies before the first day {first_day}."
        )),
        LONGEST.. => refused("An outlook spans at most two years; ask for less.".into()),
        _ => Ok((first_day, last_day)),
    }
}

impl PlannedOutlook {
    /// Puts the activities of a period under the services that they affect. Of one service it shows that one alone, and
    /// of what runs into something those lines that do.
    pub fn of(
        (first_day, last_day): (NaiveDate, NaiveDate),
        activities: Vec<PlannedActivityWithConflicts>,
        (service, only_conflicting): (Option<ServiceId>, bool),
    ) -> Result<Self, Rule> {
        let all = activities.len();
        let mut services: Vec<ServiceOutlook> = vec![];
        let (mut shown, mut conflicting, mut lines) = (0, 0, 0);
        for PlannedActivityWithConflicts {
            activity, conflicts, ..
        } in activities
        {
            if only_conflicting && conflicts.is_empty() {
                continue;
            }
            shown += 1;
            conflicting += usize::from(!conflicts.is_empty());
            for affected in activity.affected(service) {
                let of_service = |conflict: &&PlanConflict| affected.as_ref() == Some(conflict.service());
                let here: Vec<PlanConflict> = conflicts.iter().filter(of_service).cloned().collect();
                if only_conflicting && here.is_empty() {
                    continue;
                }
                let Some(line) = activity.line(affected.as_ref(), here) else {
                    continue;
                };
                lines += 1;
                match services.iter_mut().find(|known| known.service == affected) {
                    Some(known) => known.activities.push(line),
                    None => services.push(ServiceOutlook {
                        service: affected,
                        activities: vec![line],
                    }),
                }
            }
        }
        // So many were read at most, and those that are not shown may stand for others that were not.
        if lines.max(all) > MOST_LINES {
            let detail = format!(
                "There are more than {MOST_LINES} lines, as many as an outlook has; ask for a shorter period, a customer or a service."
            );
            return Err(Rule::new(RuleCode::State, detail));
        }
        services.sort_by_key(|one| {
            let code = one.service.as_ref().map(|service| service.code.clone());
            (code.is_none(), code)
        });
        for one in &mut services {
            one.activities
                .sort_by_key(|line| (line.period.first_day, line.activity.id));
        }
        Ok(Self {
            first_day,
            last_day,
            activities: shown,
            conflicting,
            services,
        })
    }
}

impl PlannedActivity {
    /// The services that it affects, or just this one; none at all, where it names none.
    fn affected(&self, wanted: Option<ServiceId>) -> Vec<Option<ServiceRef>> {
        match (wanted, self.services.is_empty()) {
            (None, true) => vec![None],
            (None, false) => self.services.iter().cloned().map(Some).collect(),
            (Some(id), _) => self.services.iter().filter(|s| s.id == id).cloned().map(Some).collect(),
        }
    }

    /// Its line under a service; none without a period.
    fn line(&self, service: Option<&ServiceRef>, conflicts: Vec<PlanConflict>) -> Option<OutlookLine> {
        let changes = self.changes.iter().filter(|change| Some(&change.service) == service);
        Some(OutlookLine {
            activity: self.reference(),
            kind: self.kind,
            customer: self.customer.clone(),
            phase: self.phase,
            confidence: self.confidence,
            period: self.period?,
            changes: changes.cloned().collect(),
            freeze: self.freeze,
            conflicts,
        })
    }
}
