//! A reader who tries: every table that would be told alike is tried, and no withheld base with anybody in it may be the same in
//! all of them.
use std::collections::HashMap;

use super::{withholding::square, *};

/// All ways to spread at most so many over so many parts.
pub(super) fn spreads(parts: usize, most: u64) -> Vec<Vec<u64>> {
    let Some(others) = parts.checked_sub(1) else {
        return vec![vec![]];
    };
    let first = |n: u64| {
        spreads(others, most - n)
            .into_iter()
            .map(move |rest| [vec![n], rest].concat())
    };
    (0..=most).flat_map(first).collect()
}

/// What the reader reckons with, beside the published bases.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Knows {
    /// That no base is negative, and parts add up to their totals.
    Totals,
    /// Also the rule: only those tables are possible that it would tell alike.
    Rule,
}

/// Tables of the axes with at most so many respondents that give somebody away: each cell with its base and what is told.
fn given_away<const N: usize>(
    axes: &[Axis; N],
    most: u64,
    knows: Knows,
    tell: impl Fn(Bases<N>) -> Withheld<N>,
) -> Vec<Vec<(u64, Option<u64>)>> {
    let nodes = axes.clone().map(|axis| axis.parts().to_vec());
    let parts: Vec<[usize; N]> = tables::combinations(&nodes).collect();
    let tables = spreads(parts.len(), most).into_iter().map(|spread| {
        let mut bases = Bases::new(axes.clone());
        for (part, respondents) in parts.iter().zip(spread) {
            bases.add(*part, respondents).unwrap();
        }
        let told = tell(bases);
        let cells = || told.bases().cells();
        let withheld = cells().map(|cell| told.is_withheld(cell)).collect();
        (cells().map(|cell| told.bases().base(cell)).collect(), withheld)
    });
    betrayed(tables, knows)
}

/// The same of tables that are given with the bases of their cells and which of those are withheld.
pub(super) fn betrayed(
    tables: impl Iterator<Item = (Vec<u64>, Vec<bool>)>,
    knows: Knows,
) -> Vec<Vec<(u64, Option<u64>)>> {
    let mut all: Vec<Vec<u64>> = vec![];
    let mut told_by: HashMap<Vec<bool>, Vec<usize>> = HashMap::new();
    for (bases, withheld) in tables {
        told_by.entry(withheld).or_default().push(all.len());
        all.push(bases);
    }
    let mut betrayed = vec![];
    for (withheld, tables) in told_by {
        let tell = |table: &Vec<u64>| -> Vec<Option<u64>> {
            table
                .iter()
                .zip(&withheld)
                .map(|(base, withheld)| (!withheld).then_some(*base))
                .collect()
        };
        let mut alike: HashMap<_, (Vec<u64>, Vec<bool>)> = HashMap::new();
        for table in tables.iter().filter_map(|table| all.get(*table)) {
            alike
                .entry(tell(table))
                .or_insert_with(|| (table.clone(), vec![false; table.len()]));
        }
        let possible = |(at, _): &(usize, &Vec<u64>)| knows == Knows::Totals || tables.binary_search(at).is_ok();
        for (_, table) in all.iter().enumerate().filter(possible) {
            if let Some((first, varies)) = alike.get_mut(&tell(table)) {
                varies
                    .iter_mut()
                    .zip(first)
                    .zip(table)
                    .for_each(|((varies, first), base)| *varies |= first != base);
            }
        }
        betrayed.extend(alike.into_iter().filter_map(|(told, (bases, varies))| {
            let cells = told.iter().zip(&bases).zip(&varies);
            let betrays = cells
                .into_iter()
                .any(|((told, base), varies)| told.is_none() && *base > 0 && !varies);
            betrays.then(|| bases.into_iter().zip(told).collect())
        }));
    }
    betrayed
}

/// Withheld bases with anybody in them that follow from the published ones: exact, by another way than the rule's.
///
/// With the sign of totals turned, every row and every column of a table with its totals adds up to 0. So what may change,
/// changes along closed walks that turn from row to column at each cell and take up and down in turn (D. Gusfield 1988).
pub(super) fn derived(told: &Withheld<2>) -> Vec<[usize; 2]> {
    let withheld = told
        .bases()
        .cells()
        .filter(|cell| told.is_withheld(*cell) && told.bases().base(*cell) > 0);
    withheld
        .filter(|cell| ![true, false].iter().any(|up| closes(told, *cell, *up)))
        .collect()
}

/// Whether a closed walk begins with the cell, going up or down.
fn closes(told: &Withheld<2>, start: [usize; 2], up: bool) -> bool {
    let bases = told.bases();
    let all = [0, 1].map(|axis| bases.axis(axis).unwrap().all().unwrap());
    let may = |cell: [usize; 2], up: bool| {
        let is_turned = (cell[0] == all[0]) != (cell[1] == all[1]);
        told.is_withheld(cell) && (up != is_turned || bases.base(cell) > 0)
    };
    if !may(start, up) {
        return false;
    }
    let mut columns = vec![start[1]];
    let mut next = 0;
    while let Some(column) = columns.get(next).copied() {
        next += 1;
        for row in (0..=all[0]).filter(|row| [*row, column] != start && may([*row, column], !up)) {
            if row == start[0] {
                return true;
            }
            let reached = (0..=all[1]).filter(|column| may([row, *column], up) && !columns.contains(column));
            columns.extend(reached.collect::<Vec<_>>());
        }
    }
    false
}

const LEAST: u32 = 3;

fn least() -> Threshold {
    Threshold::new(LEAST).unwrap()
}

#[test]
fn siblings_never_give_anybody_away() {
    for (parts, most) in [(1, 9), (2, 16), (3, 16), (4, 14), (5, 12)] {
        let axes = [Axis::of_parts(parts)];
        let betrayed = given_away(&axes, most, Knows::Rule, |bases| bases.withheld(least()));
        assert!(
            betrayed.is_empty(),
            "{} of {parts}: {:?}",
            betrayed.len(),
            betrayed.first()
        );
        let four = given_away(&axes, most, Knows::Rule, |bases| {
            bases.withheld(Threshold::new(4).unwrap())
        });
        assert!(four.is_empty(), "{} of {parts}: {:?}", four.len(), four.first());
    }
}

#[test]
fn two_dimensions_never_give_anybody_away() {
    for (rows, columns, most) in [(2, 2, 13), (2, 3, 8), (3, 3, 5)] {
        let axes = [rows, columns].map(Axis::of_parts);
        let betrayed = given_away(&axes, most, Knows::Totals, |bases| bases.withheld(least()));
        assert!(
            betrayed.is_empty(),
            "{} of {rows}×{columns}: {:?}",
            betrayed.len(),
            betrayed.first()
        );
    }
}

#[test]
fn nested_periods_never_give_anybody_away() {
    let [within, today] = ["2026-01-01", "2026-04-04"].map(|day| day.parse().unwrap());
    let months = Axis::of_periods(within, today);
    let quarter = [months.clone()];
    let betrayed = given_away(&quarter, 16, Knows::Rule, |bases| bases.withheld(least()));
    assert!(betrayed.is_empty(), "{}: {:?}", betrayed.len(), betrayed.first());
    let axes = [Axis::of_parts(2), months.clone()];
    let betrayed = given_away(&axes, 9, Knows::Totals, |bases| bases.withheld(least()));
    assert!(betrayed.is_empty(), "{}: {:?}", betrayed.len(), betrayed.first());
    let axes = [Axis::of_parts(2), Axis::of_parts(1), months];
    let betrayed = given_away(&axes, 7, Knows::Totals, |bases| bases.withheld(least()));
    assert!(betrayed.is_empty(), "{}: {:?}", betrayed.len(), betrayed.first());
}

/// The attack is one: where only small bases are withheld, it finds them.
#[test]
fn without_the_next_smallest_the_attack_succeeds() {
    let below = |bases| Withheld::below(bases, least());
    assert!(!given_away(&[Axis::of_parts(3)], 9, Knows::Totals, below).is_empty());
    let only_small = |bases| Withheld::below(bases, least());
    assert!(!given_away(&[2, 2].map(Axis::of_parts), 10, Knows::Totals, only_small).is_empty());
    let rows = [[9, 2, 9], [9, 9, 9], [9, 9, 2]].map(|row| row.to_vec());
    assert_eq!(derived(&Withheld::below(square(&rows), least())), [[0, 1], [2, 2]]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn tables_up_to_four_by_four_never_give_anybody_away(
        rows in (1usize..5, 1usize..5).prop_flat_map(|(rows, columns)| {
            prop::collection::vec(prop::collection::vec(0u64..8, columns), rows)
        }),
    ) {
        let told = square(&rows).withheld(least());
        prop_assert_eq!(derived(&told), Vec::<[usize; 2]>::new());
    }
}
