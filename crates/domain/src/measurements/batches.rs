//! Batches: what became of measurements or ratings that were sent together, as their one event tells it.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    events::{Aggregate, SubjectKind},
    vocabulary::{BatchId, word},
};

word! {
    /// What became of a line that was sent.
    IntakeOutcome {
        /// It is new, and stored.
        Accepted,
        /// It is known already, just so; nothing changed.
        Duplicate,
        /// It tells otherwise than what was known, and stands now; what was known before is kept as history.
        Correction,
        /// It is older than what is known, which stands; it is kept as history (of a rating: that it came).
        Outdated,
        /// It is stored, but names a service or customer that is not known yet.
        Quarantined,
        /// It is not stored.
        Rejected,
    }
}

word! {
    /// What a batch is made of.
    BatchOf {
        /// Measurements.
        Measurements,
        /// Ratings.
        Ratings,
    }
}

/// How many lines of a batch became what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// Stored as new.
    pub accepted: i64,
    /// Known already, just so.
    pub duplicate: i64,
    /// Standing now, instead of what was known.
    pub correction: i64,
    /// Kept as history, since something newer is known.
    pub outdated: i64,
    /// Stored, but naming what is not known yet.
    pub quarantined: i64,
    /// Not stored.
    pub rejected: i64,
}

impl Counts {
    /// One more of an outcome.
    pub fn add(&mut self, outcome: IntakeOutcome) {
        *match outcome {
            IntakeOutcome::Accepted => &mut self.accepted,
            IntakeOutcome::Duplicate => &mut self.duplicate,
            IntakeOutcome::Correction => &mut self.correction,
            IntakeOutcome::Outdated => &mut self.outdated,
            IntakeOutcome::Quarantined => &mut self.quarantined,
            IntakeOutcome::Rejected => &mut self.rejected,
        } += 1;
    }

    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            accepted: self.accepted + other.accepted,
            duplicate: self.duplicate + other.duplicate,
            correction: self.correction + other.correction,
            outdated: self.outdated + other.outdated,
            quarantined: self.quarantined + other.quarantined,
            rejected: self.rejected + other.rejected,
        }
    }

    /// How many left something behind.
    pub fn stored(&self) -> i64 {
        self.accepted + self.correction + self.outdated + self.quarantined
    }
}

/// Measurements or ratings that were sent together; what its event tells of them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// One for each event that it left: one, unless it was sent again and brought something new.
    pub version: i64,
    /// What it is made of.
    pub of: BatchOf,
    /// What its sender calls it.
    pub key: String,
    /// What became of its lines, of all times that it was sent.
    pub counts: Counts,
    /// SHA-256 of its lines as they were last received in whole; none: it was never received in whole.
    pub digest: Option<String>,
}

impl Aggregate for Batch {
    const KIND: SubjectKind = SubjectKind::MeasurementBatch;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}

/// Measurements or ratings that left quarantine together, since something they name became known.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Matched {
    /// Of this act.
    pub id: BatchId,
    /// How many measurements, by what they were matched to.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub measurements: BTreeMap<Uuid, u64>,
    /// How many ratings, by what they were matched to.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ratings: BTreeMap<Uuid, u64>,
}

impl Aggregate for Matched {
    const KIND: SubjectKind = SubjectKind::MeasurementBatch;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        1
    }
}
