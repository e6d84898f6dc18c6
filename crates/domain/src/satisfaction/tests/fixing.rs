//! What is fixed when, and what is renewed.
use chrono::NaiveDate;

use super::*;
use crate::service_levels::StatementPeriod;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn a_period_is_fixed_three_days_after_its_end() {
    for (period, since) in [
        ("2026-10", "2026-11-04"),
        ("2026-Q3", "2026-10-04"),
        ("2026", "2027-01-04"),
    ] {
        let period: StatementPeriod = period.parse().unwrap();
        assert_eq!(fixed_since(period), day(since));
    }
    let told = |today: &str| {
        let periods = fixed_periods(day("2026-05-17"), day(today));
        periods.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(told("2026-02-03"), "");
    assert_eq!(told("2026-02-04"), "2026-01");
    assert_eq!(told("2026-05-04"), "2026-01 2026-02 2026-03 2026-04 2026-Q1");
    assert_eq!(fixed_periods(day("2026-12-31"), day("2030-01-01")).len(), 17);
}

#[test]
fn periods_nest_as_far_as_they_are_fixed() {
    let axis = Axis::of_periods(day("2026-01-01"), day("2026-05-04"));
    assert_eq!(axis.len(), 5);
    assert_eq!(axis.all(), None);
    assert_eq!(
        (0..5).map(|node| axis.path(node).count()).collect::<Vec<_>>(),
        [2, 2, 2, 1, 1]
    );
    let whole = Axis::of_periods(day("2026-01-01"), day("2027-05-04"));
    assert_eq!(whole.all(), Some(16));
    assert_eq!(
        (0..17).map(|node| whole.path(node).count()).collect::<Vec<_>>()[10..],
        [3, 3, 2, 2, 2, 2, 1]
    );
}

#[test]
fn late_answers_renew_only_when_there_are_enough() {
    let fixed = of(Scale::CSAT, &[(3, 6), (5, 6)]);
    for (today, standing) in [
        (of(Scale::CSAT, &[(3, 6), (5, 6)]), Standing::Fixed),
        (of(Scale::CSAT, &[(3, 6), (5, 10)]), Standing::Fixed),
        (of(Scale::CSAT, &[(3, 2), (5, 10)]), Standing::Fixed),
        (of(Scale::CSAT, &[(3, 1), (5, 11)]), Standing::Renewed),
        (of(Scale::CSAT, &[(1, 2), (3, 4), (5, 9)]), Standing::Renewed),
    ] {
        assert_eq!(Standing::of(&fixed, &today, Threshold::USUAL), standing, "{today:?}");
    }
}

proptest! {
    #[test]
    fn what_was_renewed_is_fixed_again((scale, answers) in answers()) {
        let today = Distribution::of(scale, answers).unwrap();
        prop_assert_eq!(Standing::of(&today, &today, Threshold::USUAL), Standing::Fixed);
    }
}
