//! Intervals of instants, and what unions, overlaps and gaps are made of them.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// From one instant up to, but not including, another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Interval {
    /// The first instant inside.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
}

impl Interval {
    /// From one instant to another.
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self { from, to }
    }

    /// Whether no instant lies inside.
    pub fn is_empty(&self) -> bool {
        self.to <= self.from
    }

    /// Its whole seconds. Each end counts from its whole second, so that parts add up to the whole.
    pub fn seconds(&self) -> i64 {
        (self.to.timestamp() - self.from.timestamp()).max(0)
    }

    /// What lies in both; empty where nothing does.
    pub fn and(&self, other: &Self) -> Self {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }
}

/// What lies in any of the intervals: in order, apart from each other, none empty. Their order and repeats make no
/// difference.
pub fn union(intervals: impl IntoIterator<Item = Interval>) -> Vec<Interval> {
    let mut told: Vec<Interval> = intervals.into_iter().filter(|i| !i.is_empty()).collect();
    told.sort_unstable();
    let mut all: Vec<Interval> = Vec::with_capacity(told.len());
    for next in told {
        match all.last_mut() {
            Some(last) if next.from <= last.to => last.to = last.to.max(next.to),
            _ => all.push(next),
        }
    }
    all
}

/// What lies in both lists. Each is in order and without overlaps, as `union` makes it.
pub fn overlap(left: &[Interval], right: &[Interval]) -> Vec<Interval> {
    let (mut i, mut j, mut both) = (0, 0, vec![]);
    while let (Some(a), Some(b)) = (left.get(i), right.get(j)) {
        let common = a.and(b);
        if !common.is_empty() {
            both.push(common);
        }
        if a.to <= b.to { i += 1 } else { j += 1 }
    }
    both
}

/// What lies in the list and not in `taken`. Each is in order and without overlaps, as `union` makes it.
pub fn without(list: &[Interval], taken: &[Interval]) -> Vec<Interval> {
    list.iter().flat_map(|interval| outside(*interval, taken)).collect()
}

/// The parts of an interval that lie outside `taken`, which is in order and without overlaps.
pub(super) fn outside(whole: Interval, taken: &[Interval]) -> impl Iterator<Item = Interval> {
    let first = taken.partition_point(|t| t.to <= whole.from);
    let last = first + taken[first..].partition_point(|t| t.from < whole.to);
    let cuts = &taken[first..last];
    let begins = std::iter::once(whole.from).chain(cuts.iter().map(|t| t.to));
    let ends = cuts.iter().map(|t| t.from).chain(std::iter::once(whole.to));
    begins
        .zip(ends)
        .map(|(from, to)| Interval { from, to })
        .filter(|part| !part.is_empty())
}

/// The whole seconds of all intervals together.
pub fn seconds(intervals: &[Interval]) -> i64 {
    intervals.iter().map(Interval::seconds).sum()
}
