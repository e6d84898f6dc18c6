//! From what was sent to what is judged: which measurements a target is about, and how each reads as evidence.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::judging::{Case, Outage, PrioritySince, Sample};
use crate::{
    agreements::{Indicator, ServiceLevelTarget, WorkloadLimit},
    calendars::{Interval, Pause},
    measurements::{CaseInput, MeasurementInput, OutageInput, digest_text},
    vocabulary::*,
};

/// The metric of a workload limit that counts cases instead of reading samples.
pub const CASES: &str = "cases";

/// A measurement that stands, and the service that it was matched to.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Its id.
    pub measurement: MeasurementId,
    /// SHA-256 of `sent` as canonical JSON.
    pub digest: [u8; 32],
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// Of which service.
    pub service: ServiceId,
    /// What was sent.
    pub sent: MeasurementInput,
}

/// What the figures rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceSummary {
    /// How many measurements.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub measurements: i64,
    /// SHA-256 of their digests, 32 bytes each, in ascending order and one after the other.
    pub digest: Digest,
}

impl EvidenceSummary {
    /// Of these digests; a measurement that several targets use is given once.
    pub fn of(mut digests: Vec<[u8; 32]>) -> Option<Self> {
        digests.sort_unstable();
        let digest = digests
            .iter()
            .fold(Sha256::new(), |hash, digest| hash.chain_update(digest));
        Some(Self {
            measurements: i64::try_from(digests.len()).ok()?,
            digest: digest_text(digest.finalize().into()).parse().ok()?,
        })
    }
}

impl Observed {
    /// Whether the target's figure rests on it; `covered` are all services of the agreement.
    pub fn bears_on(&self, target: &ServiceLevelTarget, covered: &[ServiceId], priorities: &[Word]) -> bool {
        let services = target.about(covered);
        services.contains(&self.service)
            && match (&target.indicator, &self.sent) {
                (Indicator::Availability {}, MeasurementInput::Outage(_)) => true,
                (Indicator::Timeliness { .. }, MeasurementInput::Case(case)) => target.counts(case, priorities),
                (Indicator::Gauge { metric, unit, .. }, MeasurementInput::Sample(sample)) => {
                    sample.metric.as_str() == metric.as_str()
                        && unit.as_ref().is_none_or(|unit| unit.as_str() == sample.unit.as_str())
                }
                _ => false,
            }
    }

    /// Whether it belongs to the volume that the limit bounds.
    pub fn counts_towards(&self, limit: &WorkloadLimit) -> bool {
        match &self.sent {
            MeasurementInput::Case(_) => limit.metric.as_str() == CASES,
            MeasurementInput::Sample(sample) => limit.metric.as_str() == sample.metric.as_str(),
            MeasurementInput::Outage(_) => false,
        }
    }

    /// As an outage; none where it is something else.
    pub fn outage(&self) -> Option<Outage> {
        let MeasurementInput::Outage(OutageInput { from, to, planned, .. }) = &self.sent else {
            return None;
        };
        Some(Outage {
            from: *from,
            to: *to,
            planned: *planned,
        })
    }

    /// As a case; none where it is something else.
    pub fn case(&self) -> Option<Case<&str>> {
        match &self.sent {
            MeasurementInput::Case(case) => Some(as_judged(case)),
            _ => None,
        }
    }

    /// As a sample; none where it is something else.
    pub fn sample(&self) -> Option<Sample> {
        let MeasurementInput::Sample(sample) = &self.sent else {
            return None;
        };
        Some(Sample {
            observed_at: sample.observed_at,
            received_at: self.received_at,
            value: sample.value,
        })
    }
}

/// A case as it is judged. A resolution is at the latest also a response, the first one of a case that was reopened.
fn as_judged(case: &CaseInput) -> Case<&str> {
    let first_resolved = case.reopenings.first().map(|again| again.resolved).or(case.resolved);
    Case {
        opened: case.opened,
        responded: case.responded.into_iter().chain(first_resolved).min(),
        resolved: case.resolved,
        reopenings: case
            .reopenings
            .iter()
            .map(|again| Interval::new(again.resolved, again.reopened))
            .collect(),
        pauses: case
            .pauses
            .iter()
            .map(|pause| Pause {
                from: pause.from,
                to: pause.to,
            })
            .collect(),
        priority: case.priority.as_str(),
        priority_history: case
            .priority_history
            .iter()
            .map(|had| PrioritySince {
                priority: had.priority.as_str(),
                since: had.since,
            })
            .collect(),
    }
}

impl ServiceLevelTarget {
    /// The services that it is about.
    pub fn about<'a>(&'a self, covered: &'a [ServiceId]) -> &'a [ServiceId] {
        match self.services.is_empty() {
            true => covered,
            false => &self.services,
        }
    }

    /// Whether a case is of the kinds and priorities that it is about; `priorities` are the agreement's, the strictest
    /// first.
    fn counts(&self, case: &CaseInput, priorities: &[Word]) -> bool {
        let Indicator::Timeliness {
            priorities: asked,
            case_kinds,
            counted_priority,
            ..
        } = &self.indicator
        else {
            return false;
        };
        let of_kind = |kind: &Word| case.category.as_ref().is_some_and(|c| c.as_str() == kind.as_str());
        if !case_kinds.is_empty() && !case_kinds.iter().any(of_kind) {
            return false;
        }
        if asked.is_empty() {
            return true;
        }
        let strictest_first: Vec<&str> = priorities.iter().map(Word::as_str).collect();
        let case = as_judged(case);
        let counted = case.counted_priority(*counted_priority, &strictest_first);
        asked.iter().any(|word| word.as_str() == *counted)
    }
}
