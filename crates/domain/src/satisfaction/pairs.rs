//! Which customers' answers about which services are told of one month, beside what is told of each customer and each service.
//!
//! Of whom, or of what, nothing is told in the month, no pair is told either: so the tables above this one lose nothing of
//! what keeps their secrets. A withheld pair with anybody in it needs a rectangle of withheld ones: two customers and two services,
//! among whom one respondent can be traded for another so that no sum changes, of whatever period.
use super::Threshold;

/// The pairs of a month: customers in rows, services in columns.
pub(super) struct Pairs {
    columns: usize,
    bases: Vec<u64>,
    withheld: Vec<bool>,
    known: Vec<bool>,
}

/// A row and a column.
pub(super) type Pair = (usize, usize);

impl Pairs {
    /// Decides what is told. `base` says how many answered; `is_told` of a customer's row, and of a service's column; what
    /// was told `before` is told on where it can be.
    pub fn decide(
        (rows, columns): (usize, usize),
        threshold: Threshold,
        base: impl Fn(Pair) -> u64,
        is_told: (impl Fn(usize) -> bool, impl Fn(usize) -> bool),
        before: impl Fn(Pair) -> bool,
    ) -> Self {
        let (told_row, told_column) = is_told;
        let all: Vec<Pair> = (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (row, column)))
            .collect();
        let bases: Vec<u64> = all.iter().map(|pair| base(*pair)).collect();
        let withheld = all
            .iter()
            .zip(&bases)
            .map(|((row, column), n)| threshold.is_below(*n) || !told_row(*row) || !told_column(*column));
        let withheld: Vec<bool> = withheld.collect();
        let known = all
            .iter()
            .zip(&withheld)
            .map(|(pair, withheld)| !withheld && before(*pair));
        let mut pairs = Self {
            columns,
            known: known.collect(),
            bases,
            withheld,
        };
        // With one row or column each pair is a customer's or a service's whole, which is kept elsewhere.
        if rows > 1 && columns > 1 {
            pairs.keep(&all);
        }
        pairs
    }

    /// Whether the pair is told.
    pub fn is_told(&self, pair: Pair) -> bool {
        !self.is_withheld(pair)
    }

    fn place(&self, (row, column): Pair) -> usize {
        row * self.columns + column
    }

    fn is_withheld(&self, pair: Pair) -> bool {
        self.withheld.get(self.place(pair)).copied().unwrap_or(true)
    }

    fn base(&self, pair: Pair) -> u64 {
        self.bases.get(self.place(pair)).copied().unwrap_or_default()
    }

    fn withhold(&mut self, pair: Pair) {
        let place = self.place(pair);
        if let Some(withheld) = self.withheld.get_mut(place) {
            *withheld = true;
        }
    }

    /// Withholds as many more as it takes; where that is not enough, everything that is not known.
    fn keep(&mut self, all: &[Pair]) {
        loop {
            let mut secret: Vec<Pair> = all.iter().copied().filter(|pair| self.is_secret(*pair)).collect();
            secret.sort_by_key(|pair| self.base(*pair));
            let Some(pair) = secret.into_iter().find(|pair| !self.is_safe(*pair, all)) else {
                return;
            };
            match self.cheapest(pair, all) {
                Some(rectangle) => rectangle.into_iter().for_each(|corner| self.withhold(corner)),
                None => {
                    let known = self.known.clone();
                    self.withheld
                        .iter_mut()
                        .zip(known)
                        .for_each(|(withheld, known)| *withheld |= !known);
                    return;
                }
            }
        }
    }

    /// A withheld pair with anybody in it.
    fn is_secret(&self, pair: Pair) -> bool {
        self.is_withheld(pair) && self.base(pair) > 0
    }

    fn is_safe(&self, pair: Pair, all: &[Pair]) -> bool {
        all.iter().any(|across| {
            let rectangle = rectangle(pair, *across);
            rectangle
                .is_some_and(|corners| corners.iter().all(|corner| self.is_withheld(*corner)) && self.trades(corners))
        })
    }

    /// Whether one respondent can be traded: one more in two corners across from each other, one fewer in the others.
    fn trades(&self, [pair, beside, below, across]: [Pair; 4]) -> bool {
        let anybody = |pair| self.base(pair) > 0;
        (anybody(pair) && anybody(across)) || (anybody(beside) && anybody(below))
    }

    /// The rectangle that withholds the fewest respondents more; of equal ones the later.
    fn cheapest(&self, pair: Pair, all: &[Pair]) -> Option<[Pair; 4]> {
        let rectangles = all.iter().rev().filter_map(|across| rectangle(pair, *across));
        let possible = rectangles.filter(|corners| {
            let known = |corner: &Pair| self.known.get(self.place(*corner)).copied().unwrap_or_default();
            !corners.iter().any(known) && self.trades(*corners)
        });
        possible.min_by_key(|corners| {
            let told = corners.iter().filter(|corner| !self.is_withheld(**corner));
            told.map(|corner| self.base(*corner)).sum::<u64>()
        })
    }
}

/// The four corners: two pairs across from each other, and those that share a row with one and a column with the other.
fn rectangle(pair: Pair, across: Pair) -> Option<[Pair; 4]> {
    let apart = pair.0 != across.0 && pair.1 != across.1;
    apart.then_some([pair, (pair.0, across.1), (across.0, pair.1), across])
}
