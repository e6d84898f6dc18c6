//! Scales, and answers counted on them: how many gave which score.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// So many steps at most between the lowest and the highest score.
const MOST_STEPS: i32 = 100;

/// The text or numbers name no scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAScale {
    /// The highest score must be 1 to 100 steps above the lowest.
    #[error("the highest score must lie 1 to {MOST_STEPS} steps above the lowest")]
    Ends,
    /// Some, but not all scores can be top boxes.
    #[error("at least one score is a top box, and at least one is not")]
    TopBoxes,
    /// The scale has listed top boxes, and these are others.
    #[error("on a scale from 1 to 4, 5, 7 or 10 the top boxes are listed: 2, 2, 2 and 3")]
    Listed,
}

/// The score does not lie on the scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the score {score} does not lie on the scale from {low} to {high}")]
pub struct NotOnTheScale {
    score: i32,
    low: i32,
    high: i32,
}

/// Whole scores from the lowest to the highest, and which of them say "satisfied".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", try_from = "Raw")]
pub struct Scale {
    /// The lowest score.
    #[schema(minimum = -1000, maximum = 1000, example = 1)]
    low: i32,
    /// The highest score, at most 100 above the lowest.
    #[schema(minimum = -1000, maximum = 1000, example = 5)]
    high: i32,
    /// How many of the highest scores are top boxes, where the scale is none of the listed ones (1 to 4, 5, 7 or 10).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    top_boxes: Option<i32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Raw {
    low: i32,
    high: i32,
    top_boxes: Option<i32>,
}

impl TryFrom<Raw> for Scale {
    type Error = NotAScale;
    fn try_from(raw: Raw) -> Result<Self, NotAScale> {
        Self::new(raw.low, raw.high, raw.top_boxes)
    }
}

impl Scale {
    /// What a `csat` question asks on.
    pub const CSAT: Self = Self::plain(1, 5);
    /// What an `nps` question asks on.
    pub const NPS: Self = Self::plain(0, 10);
    /// What a `ces` question asks on.
    pub const CES: Self = Self::plain(1, 7);

    const fn plain(low: i32, high: i32) -> Self {
        let top_boxes = None;
        Self { low, high, top_boxes }
    }

    /// A scale, with its own top boxes where it is none of the listed ones.
    pub fn new(low: i32, high: i32, top_boxes: Option<i32>) -> Result<Self, NotAScale> {
        let steps = high.checked_sub(low).filter(|steps| (1..=MOST_STEPS).contains(steps));
        let steps = steps.ok_or(NotAScale::Ends)?;
        let listed = Self::plain(low, high).top_boxes();
        match top_boxes {
            Some(boxes) if !(1..=steps).contains(&boxes) => Err(NotAScale::TopBoxes),
            Some(boxes) if listed.is_some_and(|listed| listed != boxes) => Err(NotAScale::Listed),
            _ => Ok(Self {
                low,
                high,
                // One scale is written in one way.
                top_boxes: top_boxes.filter(|_| listed.is_none()),
            }),
        }
    }

    /// The lowest score.
    pub fn low(self) -> i32 {
        self.low
    }

    /// The highest score.
    pub fn high(self) -> i32 {
        self.high
    }

    /// How many of the highest scores say "satisfied": 4–5 of 5, 6–7 of 7, 8–10 of 10, 3–4 of 4, else the scale's own, if any.
    pub fn top_boxes(self) -> Option<i32> {
        match (self.low, self.high) {
            (1, 4 | 5 | 7) => Some(2),
            (1, 10) => Some(3),
            _ => self.top_boxes,
        }
    }

    /// Whether the score lies on it.
    pub fn contains(self, score: i32) -> bool {
        (self.low..=self.high).contains(&score)
    }
}

/// How many gave which score. The order in which they answered is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    scale: Scale,
    /// One count a score, from the lowest.
    counts: Vec<u64>,
}

impl Distribution {
    /// No answer yet.
    pub fn new(scale: Scale) -> Self {
        let counts = (scale.low..=scale.high).map(|_| 0).collect();
        Self { scale, counts }
    }

    /// The answers, counted; refused where one does not lie on the scale.
    pub fn of(scale: Scale, answers: impl IntoIterator<Item = i32>) -> Result<Self, NotOnTheScale> {
        let mut counted = Self::new(scale);
        answers.into_iter().try_for_each(|score| counted.add(score, 1))?;
        Ok(counted)
    }

    /// So many more gave the score; refused where it does not lie on the scale.
    pub fn add(&mut self, score: i32, answers: u64) -> Result<(), NotOnTheScale> {
        let Scale { low, high, .. } = self.scale;
        let place = score.checked_sub(low).and_then(|place| usize::try_from(place).ok());
        let count = place.and_then(|place| self.counts.get_mut(place));
        let count = count.ok_or(NotOnTheScale { score, low, high })?;
        *count += answers;
        Ok(())
    }

    /// Both together, as of two periods; none where the scales differ: nothing is averaged across scales.
    pub fn with(&self, other: &Self) -> Option<Self> {
        (self.scale == other.scale).then(|| Self {
            scale: self.scale,
            counts: self.counts.iter().zip(&other.counts).map(|(a, b)| a + b).collect(),
        })
    }

    /// What was answered on.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// How many answered.
    pub fn n(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Each score with how many gave it, the lowest first.
    pub fn counts(&self) -> impl Iterator<Item = (i32, u64)> {
        (self.scale.low..).zip(self.counts.iter().copied())
    }

    /// How many gave one of these scores.
    pub(super) fn within(&self, scores: std::ops::RangeInclusive<i32>) -> u64 {
        let inside = self.counts().filter(|(score, _)| scores.contains(score));
        inside.map(|(_, count)| count).sum()
    }

    /// How many answers differ at least: a changed one counts once.
    pub(super) fn differing(&self, other: &Self) -> u64 {
        if self.scale != other.scale {
            return self.n().max(other.n());
        }
        let pairs = || self.counts.iter().zip(&other.counts);
        let gone: u64 = pairs().map(|(a, b)| a.saturating_sub(*b)).sum();
        let come: u64 = pairs().map(|(a, b)| b.saturating_sub(*a)).sum();
        gone.max(come)
    }
}
