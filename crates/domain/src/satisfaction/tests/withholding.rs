//! Which bases are withheld.
use super::*;

fn threshold(vector: &Value) -> Threshold {
    Threshold::new(u32::try_from(whole(&vector["threshold"])).unwrap()).unwrap()
}

fn numbers(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(whole).collect()
}

pub(super) fn row(parts: &[u64]) -> Bases<1> {
    let mut bases = Bases::new([Axis::of_parts(parts.len())]);
    for (part, respondents) in parts.iter().enumerate() {
        bases.add([part], *respondents).unwrap();
    }
    bases
}

pub(super) fn square(rows: &[Vec<u64>]) -> Bases<2> {
    let mut bases = Bases::new([Axis::of_parts(rows.len()), Axis::of_parts(rows[0].len())]);
    for (row, cells) in rows.iter().enumerate() {
        for (column, respondents) in cells.iter().enumerate() {
            bases.add([row, column], *respondents).unwrap();
        }
    }
    bases
}

fn hidden(parts: &[u64], threshold: u32) -> Vec<usize> {
    let told = row(parts).withheld(Threshold::new(threshold).unwrap());
    (0..=parts.len()).filter(|part| told.is_withheld([*part])).collect()
}

#[test]
fn siblings_are_withheld_as_others_found() {
    for vector in vectors("suppression") {
        let parts = numbers(&vector["cells"]);
        let told = row(&parts).withheld(threshold(&vector));
        let published = |part: usize| told.published([part]).map_or(Value::Null, Value::from);
        let found: Vec<Value> = (0..parts.len()).map(published).collect();
        assert_eq!(Value::from(found), vector["expected"]["published"], "{vector}");
        assert_eq!(
            published(parts.len()),
            vector["expected"]["published_total"],
            "{vector}"
        );
    }
}

/// Any set is right that holds what must be hidden and lets nothing be derived.
#[test]
fn two_dimensions_are_withheld_as_others_found() {
    for vector in vectors("suppression_2d") {
        let rows: Vec<Vec<u64>> = vector["cells"].as_array().unwrap().iter().map(numbers).collect();
        let told = square(&rows).withheld(threshold(&vector));
        for cell in vector["expected"]["must_hide"].as_array().unwrap() {
            let [row, column] = numbers(cell)[..] else {
                panic!("{cell}")
            };
            let cell = [row, column].map(|node| usize::try_from(node).unwrap());
            assert!(told.is_withheld(cell), "{vector}");
        }
        assert_eq!(attacks::derived(&told), Vec::<[usize; 2]>::new(), "{vector}");
        for (row, _) in rows.iter().enumerate() {
            assert!(
                !told.is_withheld([row, rows[0].len()]),
                "no total is withheld where a part will do: {vector}"
            );
        }
    }
}

#[test]
fn the_total_goes_too_where_the_parts_are_known_by_the_rule() {
    assert_eq!(hidden(&[4, 4, 4], 5), [0, 1, 2, 3], "12 of three below 5 are 4 each");
    assert_eq!(hidden(&[4, 4, 4, 20, 30], 5), [0, 1, 2, 3]);
    assert_eq!(hidden(&[3, 4, 4], 5), [0, 1, 2]);
    assert_eq!(hidden(&[2], 5), [0, 1]);
    assert_eq!(hidden(&[7], 5), [0; 0]);
}

#[test]
fn of_equal_ones_the_later_is_withheld() {
    assert_eq!(hidden(&[9, 0, 9, 9], 5), [1, 3]);
}

#[test]
fn a_small_month_takes_another_of_its_quarter_along() {
    let [within, today] = ["2026-01-01", "2026-04-04"].map(|day| day.parse().unwrap());
    let mut bases = Bases::new([Axis::of_periods(within, today)]);
    for (month, respondents) in [3, 12, 10].into_iter().enumerate() {
        bases.add([month], respondents).unwrap();
    }
    let told = bases.withheld(Threshold::USUAL);
    assert_eq!(
        (0..4).map(|period| told.published([period])).collect::<Vec<_>>(),
        [None, Some(12), None, Some(25)]
    );
}

#[test]
fn a_small_quarter_takes_another_along_and_a_month_of_it() {
    let [within, today] = ["2026-01-01", "2027-01-04"].map(|day| day.parse().unwrap());
    let mut bases = Bases::new([Axis::of_periods(within, today)]);
    for (month, respondents) in [1, 1, 1, 20, 21, 22, 10, 11, 12, 30, 30, 30].into_iter().enumerate() {
        bases.add([month], respondents).unwrap();
    }
    let told = bases.withheld(Threshold::USUAL);
    let withheld: Vec<usize> = (0..17).filter(|period| told.is_withheld([*period])).collect();
    assert_eq!(withheld, [0, 1, 2, 6, 12, 14], "January to March, July, Q1 and Q3");
}

#[test]
fn only_parts_are_counted() {
    assert_eq!(row(&[1, 2]).add([2], 1), Err(NoSuchPart));
    assert_eq!(row(&[1, 2]).add([3], 1), Err(NoSuchPart));
    let told = row(&[6, 7]).withheld(Threshold::USUAL);
    assert!(told.is_withheld([3]) && told.published([2]) == Some(13) && told.bases().base([3]) == 0);
    assert!(
        Bases::new([Axis::of_parts(0)])
            .withheld(Threshold::USUAL)
            .is_withheld([0])
    );
    assert!(Threshold::new(2).is_none());
}

proptest! {
    /// Asked again, or with the parts in the table counted one by one, nothing else is told.
    #[test]
    fn the_same_table_is_told_the_same(parts in prop::collection::vec(0u64..12, 1..8)) {
        let told = row(&parts).withheld(Threshold::USUAL);
        prop_assert_eq!(&told, &told.bases().clone().withheld(Threshold::USUAL));
        let mut one_by_one = Bases::new([Axis::of_parts(parts.len())]);
        for (part, respondents) in parts.iter().enumerate().rev() {
            for _ in 0..*respondents {
                one_by_one.add([part], 1).unwrap();
            }
        }
        prop_assert_eq!(told, one_by_one.withheld(Threshold::USUAL));
    }

    #[test]
    fn nothing_below_the_threshold_is_told(parts in prop::collection::vec(0u64..12, 1..8), least in 3u32..9) {
        let threshold = Threshold::new(least).unwrap();
        let told = row(&parts).withheld(threshold);
        for cell in told.bases().cells() {
            prop_assert!(told.published(cell).is_none_or(|base| !threshold.is_below(base)));
        }
    }
}
