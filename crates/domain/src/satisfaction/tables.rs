//! Bases by one or more dimensions, with their totals: how many answered, part by part.
use chrono::NaiveDate;

use super::fixed_periods;

/// One dimension of a table: parts, and the totals that they add up to.
///
/// Each node is known by its number; a total has the number after its parts, or later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// The total that each node is a part of; none where there is no larger one that is told.
    totals: Vec<Option<usize>>,
    /// Those that are no total of others.
    parts: Vec<usize>,
}

impl Axis {
    /// So many parts, as customers or services, numbered from 0, and "all" of them as the last node.
    pub fn of_parts(parts: usize) -> Self {
        let mut totals = vec![Some(parts); parts];
        totals.push(None);
        Self::nested(totals)
    }

    fn nested(totals: Vec<Option<usize>>) -> Self {
        let mut parts: Vec<usize> = (0..totals.len()).collect();
        parts.retain(|node| !totals.contains(&Some(*node)));
        Self { totals, parts }
    }

    /// Nested calendar periods: those that [`fixed_periods`] tells, in its order. Each is a part of the next larger one
    /// that is already fixed.
    pub fn of_periods(within: NaiveDate, today: NaiveDate) -> Self {
        let periods = fixed_periods(within, today);
        let larger = |(at, part): (usize, &crate::service_levels::StatementPeriod)| {
            let later = periods.iter().enumerate().skip(at + 1);
            let mut around =
                later.filter(|(_, total)| total.kind() != part.kind() && total.period().contains(part.period().since));
            around.next().map(|(at, _)| at)
        };
        Self::nested(periods.iter().enumerate().map(larger).collect())
    }

    /// The node of all parts, where there is one total of everything.
    pub fn all(&self) -> Option<usize> {
        let last = self.len().checked_sub(1)?;
        let mut tops = (0..=last).filter(|node| self.total(*node).is_none());
        (tops.next() == Some(last)).then_some(last)
    }

    /// How many nodes it has.
    pub fn len(&self) -> usize {
        self.totals.len()
    }

    /// Whether nothing stands on it.
    pub fn is_empty(&self) -> bool {
        self.totals.is_empty()
    }

    fn total(&self, node: usize) -> Option<usize> {
        self.totals.get(node).copied().flatten()
    }

    /// The node and the totals above it, the smallest first.
    pub(super) fn path(&self, node: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(node), |node| self.total(*node))
    }

    /// Those that are no total of others.
    pub(super) fn parts(&self) -> &[usize] {
        &self.parts
    }

    /// The total that the node is a part of, and the parts of it beside the node.
    pub(super) fn line(&self, node: usize) -> Option<(usize, impl Iterator<Item = usize>)> {
        let total = self.total(node)?;
        let siblings = (0..self.len()).filter(move |other| *other != node && self.total(*other) == Some(total));
        Some((total, siblings))
    }
}

/// The table has no such part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the table has no such part")]
pub struct NoSuchPart;

/// How many answered, by the nodes of each axis: parts and totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bases<const N: usize> {
    axes: [Axis; N],
    counts: Vec<u64>,
}

impl<const N: usize> Bases<N> {
    /// A table where nobody has answered.
    pub fn new(axes: [Axis; N]) -> Self {
        let cells = axes.iter().map(Axis::len).product();
        let counts = vec![0; cells];
        Self { axes, counts }
    }

    /// So many more answered in this part: it and all totals that it belongs to grow. Refused where it is no part.
    pub fn add(&mut self, part: [usize; N], respondents: u64) -> Result<(), NoSuchPart> {
        let is_part = |(axis, node): (&Axis, usize)| axis.parts().binary_search(&node).is_ok();
        if !self.axes.iter().zip(part).all(is_part) {
            return Err(NoSuchPart);
        }
        let paths = std::array::from_fn(|axis| {
            self.axis(axis)
                .map_or_else(Vec::new, |it| it.path(at(part, axis)).collect())
        });
        for cell in combinations::<N, _>(&paths) {
            let place = self.place(cell);
            if let Some(count) = self.counts.get_mut(place) {
                *count += respondents;
            }
        }
        Ok(())
    }

    /// How many answered there; 0 where the table has no such cell.
    pub fn base(&self, cell: [usize; N]) -> u64 {
        self.counts.get(self.place(cell)).copied().unwrap_or(0)
    }

    /// All cells, parts and totals, in the order of their nodes.
    pub fn cells(&self) -> impl Iterator<Item = [usize; N]> + use<N> {
        let nodes: [Vec<usize>; N] =
            std::array::from_fn(|axis| self.axis(axis).map_or_else(Vec::new, |it| (0..it.len()).collect()));
        combinations(&nodes).collect::<Vec<_>>().into_iter()
    }

    pub(super) fn axis(&self, axis: usize) -> Option<&Axis> {
        self.axes.get(axis)
    }

    /// The lines that the cell is a part of: its total, and its siblings.
    pub(super) fn lines(&self, cell: [usize; N]) -> impl Iterator<Item = ([usize; N], Vec<[usize; N]>)> {
        self.axes.iter().enumerate().filter_map(move |(along, axis)| {
            let (total, siblings) = axis.line(at(cell, along))?;
            let moved = |node| std::array::from_fn(|axis| if axis == along { node } else { at(cell, axis) });
            Some((moved(total), siblings.map(moved).collect()))
        })
    }

    /// Where the cell is kept; beyond the table where it is none.
    pub(super) fn place(&self, cell: [usize; N]) -> usize {
        let place = self.axes.iter().zip(cell).try_fold(0, |place, (axis, node)| {
            let is_inside = node < axis.len();
            is_inside.then(|| place * axis.len() + node)
        });
        place.unwrap_or(usize::MAX)
    }
}

/// A coordinate; the axis is always one of the N.
pub(super) fn at<const N: usize>(cell: [usize; N], axis: usize) -> usize {
    cell.get(axis).copied().unwrap_or(usize::MAX)
}

/// One of each list, in all ways, the last list fastest.
pub(super) fn combinations<'a, const N: usize, T: Copy + Default>(
    lists: &'a [Vec<T>; N],
) -> impl Iterator<Item = [T; N]> + use<'a, N, T> {
    (0..ways(lists)).map(|way| combination(lists, way))
}

/// How many ways there are.
pub(super) fn ways<const N: usize, T>(lists: &[Vec<T>; N]) -> usize {
    lists.iter().map(Vec::len).product()
}

/// One of these ways, numbered from 0.
pub(super) fn combination<const N: usize, T: Copy + Default>(lists: &[Vec<T>; N], way: usize) -> [T; N] {
    let mut rest = way;
    let mut chosen = [T::default(); N];
    for (choice, list) in chosen.iter_mut().zip(lists).rev() {
        *choice = list.get(rest % list.len()).copied().unwrap_or_default();
        rest /= list.len();
    }
    chosen
}
