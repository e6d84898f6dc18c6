//! What is not told, so that no one is told of (R19 b, c): small bases, and as many others as it takes to keep them.
//!
//! A reader knows the published bases, the threshold and this rule. A withheld base is safe when people can be *traded* between
//! parts so that it changes and nothing published does: then at least two tables are told alike. What a trade needs is found
//! as in the hypercube method of statistical offices (Repsilber 1994; Giessing and Repsilber 2002): of each axis two
//! parts, or one part and its totals; the corners change by one in turn.
//!
//! Along one axis nothing is derived even by a reader who works the whole rule backwards. With more axes nothing is derived
//! from the published bases; a reader who replays the rule on every possible table can still single some out, in small tables.
//! The tests try the one and the other, table by table.
use serde::Deserialize;

use super::{
    Axis, Bases,
    tables::{at, combination, combinations, ways},
};

/// A figure of fewer than so many is withheld; never less than 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "u32")]
pub struct Threshold(u32);

impl Threshold {
    /// What holds where nothing else is set.
    pub const USUAL: Self = Self(5);
    /// What holds for comments.
    pub const COMMENTS: Self = Self(8);

    /// So many; none below the floor of 3.
    pub fn new(respondents: u32) -> Option<Self> {
        (respondents >= 3).then_some(Self(respondents))
    }

    /// Whether a figure of so many is withheld; an empty base is.
    pub fn is_below(self, respondents: u64) -> bool {
        respondents < u64::from(self.0)
    }
}

impl TryFrom<u32> for Threshold {
    type Error = &'static str;
    fn try_from(respondents: u32) -> Result<Self, Self::Error> {
        Self::new(respondents).ok_or("must be 3 at least")
    }
}

/// Which cells of a table are withheld.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld<const N: usize> {
    bases: Bases<N>,
    threshold: Threshold,
    withheld: Vec<bool>,
    /// What was told before and cannot be taken back.
    known: Vec<bool>,
}

impl<const N: usize> Bases<N> {
    /// Withholds what is below the threshold, and the next smallest until no withheld base with anybody in it can be derived.
    ///
    /// The same table gives the same answer: of equal ones the later is withheld. To be asked for the whole table that a
    /// reader can put together, whatever part of it a call shows.
    pub fn withheld(self, threshold: Threshold) -> Withheld<N> {
        self.withheld_beside(threshold, |_| false, |_| false)
    }

    /// The same where something stands already: what is withheld `elsewhere`, in a table that shares the cell, is withheld
    /// here too; what was told `before` is told on, unless it is too small by now: whoever remembers it has it anyway, so
    /// that other cells must keep what is withheld.
    pub fn withheld_beside(
        self,
        threshold: Threshold,
        elsewhere: impl Fn([usize; N]) -> bool,
        before: impl Fn([usize; N]) -> bool,
    ) -> Withheld<N> {
        let mut told = Withheld::below(self, threshold);
        let cells: Vec<[usize; N]> = told.bases.cells().collect();
        for ((cell, withheld), known) in cells.into_iter().zip(&mut told.withheld).zip(&mut told.known) {
            *withheld |= elsewhere(cell);
            *known = !*withheld && before(cell);
        }
        while told.withhold_next() {}
        told
    }
}

impl<const N: usize> Withheld<N> {
    /// What is below the threshold, and nothing more.
    pub(super) fn below(bases: Bases<N>, threshold: Threshold) -> Self {
        let small = |cell| threshold.is_below(bases.base(cell));
        let withheld: Vec<bool> = bases.cells().map(small).collect();
        Self {
            known: vec![false; withheld.len()],
            withheld,
            bases,
            threshold,
        }
    }

    /// Whether the cell is withheld; one that the table does not have is.
    pub fn is_withheld(&self, cell: [usize; N]) -> bool {
        self.withheld.get(self.bases.place(cell)).copied().unwrap_or(true)
    }

    /// The base, where it is told.
    pub fn published(&self, cell: [usize; N]) -> Option<u64> {
        (!self.is_withheld(cell)).then(|| self.bases.base(cell))
    }

    /// The table that it is about.
    pub fn bases(&self) -> &Bases<N> {
        &self.bases
    }

    /// Withholds what the smallest unsafe base needs; false where all are safe.
    fn withhold_next(&mut self) -> bool {
        let mut unsafe_ones: Vec<_> = self.bases.cells().filter(|cell| self.needs_care(*cell)).collect();
        // The smallest first, the empty ones last: mostly something else has been withheld beside them by then.
        unsafe_ones.sort_by_key(|cell| self.bases.base(*cell).wrapping_sub(1));
        let mut any = false;
        for cell in unsafe_ones {
            while self.needs_care(cell) && !self.is_safe(cell) {
                let Some(corners) = self.cheapest(cell) else { break };
                for (corner, _) in corners {
                    let place = self.bases.place(corner);
                    if let Some(withheld) = self.withheld.get_mut(place) {
                        any |= !*withheld;
                        *withheld = true;
                    }
                }
            }
        }
        any
    }

    /// A withheld base with anybody in it must not be derived. An empty one tells of nobody, but it never stands alone in a
    /// line, so that a lonely gap is not known to be empty.
    fn needs_care(&self, cell: [usize; N]) -> bool {
        let alone = || {
            self.bases.lines(cell).any(|(total, siblings)| {
                !self.is_withheld(total) && !siblings.iter().any(|sibling| self.is_withheld(*sibling))
            })
        };
        self.is_withheld(cell) && (self.bases.base(cell) > 0 || alone())
    }

    fn is_safe(&self, cell: [usize; N]) -> bool {
        self.trades(cell).any(|trade| {
            let corners = || corners(&trade);
            corners().all(|(corner, _)| self.is_withheld(corner))
                && [1, -1].iter().any(|sign| self.is_possible(&trade, *sign))
        })
    }

    /// The trade that withholds the fewest respondents beyond those withheld already; of equal ones the later.
    fn cheapest(&self, cell: [usize; N]) -> Option<Vec<([usize; N], i64)>> {
        let mut best: Option<(u64, Trade<N>)> = None;
        for trade in self.trades(cell) {
            let Some(cost) = self.cost(&trade) else { continue };
            if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                best = Some((cost, trade));
            }
        }
        best.map(|(_, trade)| corners(&trade).collect())
    }

    /// How many respondents the trade withholds beyond those withheld already; none where it withholds nothing more, or
    /// something that is known.
    fn cost(&self, trade: &Trade<N>) -> Option<u64> {
        let told = corners(trade).filter(|(corner, _)| !self.is_withheld(*corner));
        let mut cost = None;
        for (corner, _) in told {
            if self.known.get(self.bases.place(corner)).copied().unwrap_or_default() {
                return None;
            }
            cost = Some(cost.unwrap_or_default() + self.bases.base(corner));
        }
        cost
    }

    /// Whether the reader must reckon with the table after the trade: no base is negative, the small ones stay small and the
    /// others not, and along one line no withheld base passes by a published one that the rule would have taken instead.
    fn is_possible(&self, trade: &Trade<N>, sign: i64) -> bool {
        let is_along_one_line = corners(trade).count() == 2;
        let after = |(corner, change): ([usize; N], i64)| {
            let base = self.bases.base(corner);
            let after = base.checked_add_signed(sign * change)?;
            (!is_along_one_line || !self.passes_by(corner, base, after)).then_some((base, after))
        };
        let Some(changes) = corners(trade).map(after).collect::<Option<Vec<_>>>() else {
            return false;
        };
        let small = |respondents: &u64| self.threshold.is_below(*respondents);
        let kept = changes.iter().all(|(before, after)| small(before) == small(after));
        match self.beside(trade).as_deref() {
            // Alone in their lines they look alike: any may be the small one, and the others the next smallest.
            Some([]) => changes.iter().any(|(_, after)| small(after)),
            // Two of more siblings: with fewer than three small ones the rule would have stopped at two after the trade.
            Some(others) if is_along_one_line => {
                let alike = changes.iter().all(|(before, _)| small(before));
                let all = changes.iter().map(|(before, _)| *before).chain(others.iter().copied());
                kept && (alike || all.filter(small).count() > 2)
            }
            _ => kept,
        }
    }

    /// The bases withheld beside those that the trade changes, in the same lines; none where it changes a total.
    fn beside(&self, trade: &Trade<N>) -> Option<Vec<u64>> {
        let changed: Vec<_> = corners(trade).map(|(corner, _)| corner).collect();
        let mut others = vec![];
        for corner in &changed {
            let mut lines = 0;
            for (total, siblings) in self.bases.lines(*corner) {
                if changed.contains(&total) {
                    return None;
                }
                lines += 1;
                others.extend(
                    siblings
                        .into_iter()
                        .filter(|sibling| self.is_withheld(*sibling) && !changed.contains(sibling)),
                );
            }
            if lines < N {
                return None;
            }
        }
        others.sort_unstable();
        others.dedup();
        Some(others.into_iter().map(|other| self.bases.base(other)).collect())
    }

    /// Whether a base that grows comes to stand behind a published sibling that it stood before.
    fn passes_by(&self, cell: [usize; N], before: u64, after: u64) -> bool {
        if after <= before {
            return false;
        }
        self.bases.lines(cell).any(|(_, siblings)| {
            siblings
                .iter()
                .filter_map(|sibling| Some((self.published(*sibling)?, *sibling)))
                .any(|(base, sibling)| {
                    // Of equal ones the later comes first.
                    let stands_before = |respondents| respondents < base || respondents == base && cell > sibling;
                    stands_before(before) && !stands_before(after)
                })
        })
    }

    /// All trades that change the cell, the cheapest kind first: between two parts, the later ones first, then with totals.
    fn trades(&self, cell: [usize; N]) -> impl Iterator<Item = Trade<N>> {
        let shifts: [Vec<Shift>; N] = std::array::from_fn(|axis| {
            self.bases
                .axis(axis)
                .map_or_else(Vec::new, |it| shifts(it, at(cell, axis)))
        });
        let axes: [Option<&Axis>; N] = std::array::from_fn(|axis| self.bases.axis(axis));
        (0..ways(&shifts)).map(move |way| {
            let chosen = combination(&shifts, way);
            std::array::from_fn(|axis| match (axes.get(axis).copied().flatten(), chosen.get(axis)) {
                (Some(axis), Some(shift)) => shift.nodes(axis),
                _ => vec![],
            })
        })
    }
}

/// The nodes of each axis that change, and which way.
type Trade<const N: usize> = [Vec<(usize, i64)>; N];

/// The cells that change, and by how many.
fn corners<const N: usize>(trade: &Trade<N>) -> impl Iterator<Item = ([usize; N], i64)> {
    combinations(trade).map(|nodes| {
        (
            nodes.map(|(node, _)| node),
            nodes.iter().map(|(_, change)| change).product(),
        )
    })
}

/// One more in a part, and one fewer in another, if any.
#[derive(Debug, Clone, Copy, Default)]
struct Shift {
    to: usize,
    from: Option<usize>,
}

impl Shift {
    /// The nodes of the axis that change; totals of both parts do not.
    fn nodes(self, axis: &Axis) -> Vec<(usize, i64)> {
        let from: Vec<usize> = self.from.into_iter().flat_map(|from| axis.path(from)).collect();
        let to: Vec<usize> = axis.path(self.to).collect();
        let more = to.iter().filter(|node| !from.contains(node)).map(|node| (*node, 1));
        let fewer = from.iter().filter(|node| !to.contains(node)).map(|node| (*node, -1));
        more.chain(fewer).collect()
    }
}

/// Those that change the node.
fn shifts(axis: &Axis, node: usize) -> Vec<Shift> {
    let parts = axis.parts().iter().copied();
    let (inside, outside): (Vec<usize>, Vec<usize>) = parts.partition(|part| axis.path(*part).any(|up| up == node));
    let between = outside
        .iter()
        .rev()
        .flat_map(|from| inside.iter().rev().map(move |to| (*to, Some(*from))));
    let alone = inside.iter().rev().map(|to| (*to, None));
    between.chain(alone).map(|(to, from)| Shift { to, from }).collect()
}
