//! What a plan runs into: a change that is announced while the customer wishes for none, and a volume beyond what the
//! levels were agreed for.
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::*;
use crate::{
    agreements::{AgreementRef, WorkloadLimit},
    announcements::AnnouncementTitle,
    calendars::midnight,
    service_levels::{Figures, StatementPeriod},
};

/// What a plan runs into.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PlanConflict {
    /// A change was announced for days on which the customer wishes for none.
    Freeze {
        /// In which service.
        service: ServiceRef,
        /// The announcement.
        announcement: AnnouncementId,
        /// What it is called.
        title: AnnouncementTitle,
        /// When the change begins.
        #[serde(rename = "beginsAt")]
        begins_at: DateTime<Utc>,
        /// When it ends, where that is known.
        #[serde(rename = "endsAt", skip_serializing_if = "Option::is_none")]
        ends_at: Option<DateTime<Utc>>,
    },
    /// There will be more than what the levels of an agreement are promised for.
    Workload {
        /// Of which service.
        service: ServiceRef,
        /// The agreement that covers it when the activity begins.
        agreement: AgreementRef,
        /// The limit, by its key.
        limit: Slug,
        /// What people call it.
        name: Name,
        /// Of what.
        metric: Word,
        /// At most so many in each period were promised for.
        most: Decimal,
        /// So many more are expected.
        change: Decimal,
        /// So many there were by the latest statement; where none tells, the change stands alone against the limit.
        #[serde(skip_serializing_if = "Option::is_none")]
        actual: Option<Decimal>,
        /// The period of that statement.
        #[serde(skip_serializing_if = "Option::is_none")]
        period: Option<StatementPeriod>,
    },
}

impl PlanConflict {
    /// In or of which service.
    pub fn service(&self) -> &ServiceRef {
        match self {
            Self::Freeze { service, .. } | Self::Workload { service, .. } => service,
        }
    }
}

/// A planned change that was announced, as far as a wished freeze asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnouncedChange {
    /// The announcement.
    pub id: AnnouncementId,
    /// What it is called.
    pub title: AnnouncementTitle,
    /// The services that change.
    pub services: Vec<ServiceId>,
    /// The customers that it concerns; none: all that use the services.
    pub customers: Option<Vec<CustomerId>>,
    /// When it begins.
    pub begins_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: Option<DateTime<Utc>>,
}

/// What bounds the volume of a service when an activity begins.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitInForce {
    /// Of which service.
    pub service: ServiceId,
    /// The agreement that covers it then.
    pub agreement: AgreementRef,
    /// The limit.
    pub limit: WorkloadLimit,
    /// What the latest kept statement of such a period tells of it.
    pub actual: Option<(StatementPeriod, Decimal)>,
}

/// What the figures of a period tell of a limit: of several parts the last that has it.
pub fn actual_volume(period: StatementPeriod, figures: &Figures, limit: &WorkloadLimit) -> Option<Decimal> {
    if period.kind() != limit.period {
        return None;
    }
    let mut all = figures.parts.iter().flat_map(|part| &part.workload);
    all.rfind(|figure| figure.limit == limit.key)?.actual
}

impl FreezeWish {
    /// The same as days.
    pub fn days(self) -> Days {
        Days {
            first_day: self.first_day,
            last_day: Some(self.last_day),
        }
    }

    /// From the first instant of the first day to the first after the last one.
    pub fn instants(self, zone: Tz) -> (DateTime<Utc>, DateTime<Utc>) {
        let after = self.last_day.succ_opt().unwrap_or(self.last_day);
        (midnight(zone, self.first_day), midnight(zone, after))
    }
}

impl PlannedActivity {
    /// What it runs into, by service. What is over or cancelled runs into nothing.
    pub fn conflicts(&self, announced: &[AnnouncedChange], limits: &[LimitInForce], zone: Tz) -> Vec<PlanConflict> {
        if !self.phase.is_ahead() {
            return vec![];
        }
        let mut found: Vec<PlanConflict> = vec![];
        for service in &self.services {
            found.extend(announced.iter().filter_map(|change| self.frozen(service, change, zone)));
            let changes = self.changes.iter().filter(|change| change.service == *service);
            let against = changes.flat_map(|change| limits.iter().filter_map(|limit| change.beyond(limit)));
            found.extend(against);
        }
        found.truncate(MOST_CONFLICTS);
        found
    }

    fn frozen(&self, service: &ServiceRef, change: &AnnouncedChange, zone: Tz) -> Option<PlanConflict> {
        let (from, to) = self.freeze?.instants(zone);
        let concerned = change
            .customers
            .as_ref()
            .is_none_or(|named| named.contains(&self.customer.id));
        let meets = change.begins_at < to && change.ends_at.is_none_or(|ends| ends > from);
        (concerned && meets && change.services.contains(&service.id)).then(|| PlanConflict::Freeze {
            service: service.clone(),
            announcement: change.id,
            title: change.title.clone(),
            begins_at: change.begins_at,
            ends_at: change.ends_at,
        })
    }
}

/// So many are told of one activity.
const MOST_CONFLICTS: usize = 100;

impl ExpectedChange {
    /// The conflict with a limit, where there will be more than it allows. Less of something is never too much.
    fn beyond(&self, of: &LimitInForce) -> Option<PlanConflict> {
        let grows = self.change > Decimal::from(0);
        if of.service != self.service.id || of.limit.metric != self.metric || !grows {
            return None;
        }
        let actual = of.actual.map(|(_, actual)| actual);
        let expected = actual.unwrap_or(Decimal::from(0)).exact() + self.change.exact();
        (expected > of.limit.limit.exact()).then(|| PlanConflict::Workload {
            service: self.service.clone(),
            agreement: of.agreement.clone(),
            limit: of.limit.key.clone(),
            name: of.limit.name.clone(),
            metric: self.metric.clone(),
            most: of.limit.limit,
            change: self.change,
            actual,
            period: of.actual.map(|(period, _)| period),
        })
    }
}

/// What tells one set of conflicts from another; nothing where there are none.
pub(super) fn digest_of(conflicts: &[PlanConflict]) -> Option<String> {
    if conflicts.is_empty() {
        return None;
    }
    let told = serde_json::to_vec(conflicts).ok()?;
    let digest = Sha256::digest(told);
    Some(digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}
