//! What evidence that arrived later would change in figures that stand.
use std::collections::{HashMap, HashSet};

use serde::Serialize;
use utoipa::ToSchema;

use super::{Figures, Inputs, TargetFigure};
use crate::{agreements::VersionNumber, vocabulary::*};

/// A target whose figure would be another one today.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FigureDifference {
    /// The version that promised it.
    pub version: VersionNumber,
    /// The target, by its key.
    pub target: Slug,
    /// As it is kept; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<TargetFigure>,
    /// As it would be computed now; absent where there would be none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<TargetFigure>,
}

/// What differs between the figures that are kept and what is there now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatementDifference {
    /// The digest of the kept figures.
    pub kept: Digest,
    /// The digest that they would have now; the same where nothing differs.
    pub now: Digest,
    /// Measurements that bear on the figures now and did not.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub added: i64,
    /// Measurements that did and do no more.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub removed: i64,
    /// Measurements that tell otherwise now.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub corrected: i64,
    /// The targets whose figures would be other ones.
    #[schema(max_items = 1000)]
    pub figures: Vec<FigureDifference>,
}

impl StatementDifference {
    /// Between kept figures, resting on these digests, and what the inputs give now.
    pub fn between(kept: Figures, rested_on: &HashMap<MeasurementId, [u8; 32]>, now: Figures, inputs: &Inputs) -> Self {
        let evidence = inputs.evidence();
        let known = |id: &MeasurementId| rested_on.get(id);
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let still: HashSet<MeasurementId> = evidence.iter().map(|observed| observed.measurement).collect();
        let corrected = evidence
            .iter()
            .filter(|observed| known(&observed.measurement).is_some_and(|digest| *digest != observed.digest));
        Self {
            added: count(evidence.iter().filter(|o| known(&o.measurement).is_none()).count()),
            removed: count(rested_on.keys().filter(|id| !still.contains(id)).count()),
            corrected: count(corrected.count()),
            figures: differing(&kept, &now),
            kept: kept.digest,
            now: now.digest,
        }
    }
}

fn differing(kept: &Figures, now: &Figures) -> Vec<FigureDifference> {
    let of = |figures: &Figures, version: VersionNumber, target: &Slug| {
        let mut targets = figures.targets();
        let found = targets.find(|(v, figure)| *v == version && figure.target == *target);
        found.map(|(_, figure)| figure.clone())
    };
    let mut seen = HashSet::new();
    kept.targets()
        .chain(now.targets())
        .filter(|(version, figure)| seen.insert((*version, figure.target.clone())))
        .map(|(version, figure)| FigureDifference {
            version,
            target: figure.target.clone(),
            kept: of(kept, version, &figure.target),
            now: of(now, version, &figure.target),
        })
        .filter(|difference| difference.kept != difference.now)
        .collect()
}
