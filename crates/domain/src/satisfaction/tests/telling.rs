//! What is told of a year: by customers and by services at once, month after month, against a reader who forgets nothing.
use std::collections::BTreeSet;

use chrono::NaiveDate;
use uuid::Uuid;

use super::{
    attacks::{Knows, betrayed, spreads},
    *,
};
use crate::{
    agreements::CalendarPeriod,
    service_levels::StatementPeriod,
    vocabulary::{CustomerId, ServiceId},
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn month(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, number, 1).unwrap()
}

fn ids(customer: u128, service: u128) -> (CustomerId, ServiceId) {
    (
        CustomerId(Uuid::from_u128(customer)),
        ServiceId(Uuid::from_u128(service)),
    )
}

fn customer(n: u128) -> Part {
    Part::Customer(ids(n, 0).0)
}

fn service(n: u128) -> Part {
    Part::Service(ids(0, n).1)
}

fn both(of: u128, about: u128) -> Part {
    let (customer, service) = ids(of, about);
    Part::Both(customer, service)
}

/// The parts that somebody's answers belong to.
fn parts_of(of: u128, about: u128) -> [Part; 4] {
    [Part::All, customer(of), service(about), both(of, about)]
}

/// How many answered: customer, service, month, respondents.
type Answered = (u128, u128, u32, u64);

fn year(answered: &[Answered], today: NaiveDate) -> YearOfAnswers {
    let mut year = YearOfAnswers::new(Scale::CSAT, month(1), today);
    for (of, about, number, respondents) in answered {
        year.add(ids(*of, *about), month(*number), 4, *respondents).unwrap();
    }
    year
}

/// What is told at last of what was told on one day after the other.
fn told(answered: &[Answered], days: &[&str], threshold: Threshold) -> BTreeSet<Cell> {
    days.iter().fold(BTreeSet::new(), |before, today| {
        let told = year(answered, day(today)).told(threshold, &before).unwrap();
        assert!(told.told().is_superset(&before), "what was told stays told");
        told.told().clone()
    })
}

fn three() -> Threshold {
    Threshold::new(3).unwrap()
}

/// What a reader gets of all tables of so many customers, services and months, with at most so many respondents.
fn tables<'a>(
    (customers, services, months): (u128, u128, u32),
    most: u64,
    days: &'a [&str],
    tell: impl Fn(&[Answered]) -> BTreeSet<Cell> + 'a,
) -> impl Iterator<Item = (Vec<u64>, Vec<bool>)> + 'a {
    let mut places = vec![];
    for of in 0..customers {
        for about in 0..services {
            places.extend((1..=months).map(|month| (of, about, month)));
        }
    }
    let pairs = (0..customers).flat_map(|of| (0..services).map(move |about| both(of, about)));
    let parts: Vec<Part> = std::iter::once(Part::All)
        .chain((0..customers).map(customer))
        .chain((0..services).map(service))
        .chain(pairs)
        .collect();
    let periods = fixed_periods(month(1), day(days.last().unwrap()));
    spreads(places.len(), most).into_iter().map(move |spread| {
        let answered = places.iter().zip(spread);
        let answered: Vec<Answered> = answered
            .map(|((of, about, month), n)| (*of, *about, *month, n))
            .collect();
        let told = tell(&answered);
        let cells: Vec<Cell> = parts
            .iter()
            .flat_map(|part| periods.iter().map(|period| (*part, *period)))
            .filter(|(part, period)| !matches!(part, Part::Both(..)) || period.kind() == CalendarPeriod::Month)
            .collect();
        let base = |(part, period): &Cell| {
            let within = answered.iter().filter(|(of, about, number, _)| {
                parts_of(*of, *about).contains(part) && period.period().contains(month(*number))
            });
            within.map(|(.., n)| n).sum()
        };
        let withheld = cells.iter().map(|cell| !told.contains(cell)).collect();
        (cells.iter().map(base).collect(), withheld)
    })
}

#[test]
fn customers_and_services_together_give_nobody_away_month_after_month() {
    let quarter: &[&str] = &["2026-02-04", "2026-03-04", "2026-04-04"];
    for (size, most, days) in [
        ((2, 2, 1), 11, &quarter[..1]),
        ((2, 2, 2), 6, &quarter[..2]),
        ((2, 1, 3), 7, quarter),
    ] {
        let tell = |answered: &[Answered]| told(answered, days, three());
        let mut found = betrayed(tables(size, most, days, tell), Knows::Totals);
        // With as many respondents as there may be, the tables with one more are missing. All of a month come first.
        let months = usize::try_from(size.2).unwrap();
        found.retain(|cells| cells.iter().take(months).map(|(n, _)| n).sum::<u64>() < most);
        assert!(found.is_empty(), "{} of {size:?}: {:?}", found.len(), found.first());
    }
}

/// The attack is one: where only small figures are withheld, it finds them.
#[test]
fn customers_and_services_give_somebody_away_where_only_small_figures_are_withheld() {
    let days = &["2026-02-04"];
    let tell = |answered: &[Answered]| {
        let all = [Part::All, customer(0), customer(1), service(0), service(1)];
        let january: StatementPeriod = "2026-01".parse().unwrap();
        let large = |part: &Part| {
            let n = answered
                .iter()
                .filter(|(of, about, ..)| parts_of(*of, *about).contains(part));
            n.map(|(.., n)| n).sum::<u64>() >= 3
        };
        all.into_iter().filter(large).map(|part| (part, january)).collect()
    };
    assert!(!betrayed(tables((2, 2, 1), 8, days, tell), Knows::Totals).is_empty());
}

#[test]
fn a_period_without_a_told_total_tells_nothing_at_all() {
    // Ten answers in March, and so few in January and February that they would be known by the quarter.
    let answered = [(0, 0, 1, 2), (1, 1, 2, 12), (0, 0, 2, 12), (0, 1, 3, 20), (1, 0, 3, 20)];
    let told = told(&answered, &["2026-04-04"], Threshold::USUAL);
    let told_of = |period: &str| {
        let period: StatementPeriod = period.parse().unwrap();
        told.iter().filter(|(_, of)| *of == period).count()
    };
    assert_eq!(told_of("2026-01"), 0);
    assert_eq!(told_of("2026-02"), 0, "the next smallest goes with it, in every row");
    assert_eq!(told_of("2026-03"), 7, "two pairs, too");
    assert_eq!(told_of("2026-Q1"), 5);
}

#[test]
fn what_was_told_stays_told_and_the_quarter_gives_way() {
    let answered = [
        (0, 0, 1, 30),
        (1, 0, 1, 30),
        (0, 0, 2, 9),
        (1, 0, 2, 30),
        (0, 0, 3, 2),
        (1, 0, 3, 30),
    ];
    let at_once = told(&answered, &["2026-04-04"], Threshold::USUAL);
    let cell = |period: &str| (customer(0), period.parse().unwrap());
    assert!(!at_once.contains(&cell("2026-02")), "the next smallest of the quarter");
    let in_turn = told(&answered, &["2026-02-04", "2026-03-04", "2026-04-04"], Threshold::USUAL);
    assert!(in_turn.contains(&cell("2026-02")), "it was told in March");
    assert!(!in_turn.contains(&cell("2026-03")));
    assert!(!in_turn.contains(&cell("2026-Q1")), "so the quarter is not told");
}

#[test]
fn of_whom_nothing_is_told_nothing_stands_there() {
    let answered = [(0, 0, 1, 30), (1, 0, 1, 30), (2, 0, 1, 2), (3, 0, 1, 2)];
    let told = year(&answered, day("2026-02-04"))
        .told(Threshold::USUAL, &BTreeSet::new())
        .unwrap();
    let parts: BTreeSet<Part> = told.figures(None).into_iter().map(|drawn| drawn.part).collect();
    let told = [Part::All, customer(0), customer(1), service(0), both(0, 0), both(1, 0)];
    assert_eq!(parts, told.into());
    let empty = YearOfAnswers::new(Scale::CSAT, month(1), day("2026-02-04"));
    let empty = empty.told(Threshold::USUAL, &BTreeSet::new()).unwrap();
    assert!(empty.figures(None).is_empty());
}

#[test]
fn a_figure_stands_against_the_period_before_also_across_new_year() {
    let of_year = |year: i32, scores: &[(u32, i32, u64)], today: &str| {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let mut answers = YearOfAnswers::new(Scale::CSAT, first, day(today));
        for (number, score, n) in scores {
            let month = NaiveDate::from_ymd_opt(year, *number, 1).unwrap();
            answers.add(ids(0, 0), month, *score, *n).unwrap();
        }
        answers.told(Threshold::USUAL, &BTreeSet::new()).unwrap()
    };
    let before = of_year(2025, &[(12, 1, 40), (12, 5, 10)], "2026-01-04");
    let now = of_year(2026, &[(1, 1, 10), (1, 5, 40), (2, 1, 11), (2, 5, 40)], "2026-03-04");
    let figure = |period: &str, method| {
        let period: StatementPeriod = period.parse().unwrap();
        let figures = now.figures(Some(&before));
        let found = figures
            .into_iter()
            .find(|drawn| drawn.part == customer(0) && drawn.period == period && drawn.method == method);
        found.unwrap().told.unwrap()
    };
    let january = figure("2026-01", FigureMethod::Csat);
    assert_eq!((january.figure.n, january.figure.value), (50, 80.0));
    let change = january.change.unwrap();
    assert!((change.value - 60.0).abs() < 1e-9 && change.changed);
    assert!(!figure("2026-02", FigureMethod::Csat).change.unwrap().changed);
}

#[test]
fn a_customers_answers_about_a_service_are_told_where_no_sum_gives_others_away() {
    let answered = [
        (0, 0, 1, 12),
        (1, 1, 1, 11),
        (2, 0, 1, 30),
        (2, 1, 1, 2),
        (0, 2, 1, 40),
        (1, 2, 1, 20),
        (2, 2, 1, 25),
    ];
    let told = told(&answered, &["2026-02-04"], Threshold::USUAL);
    let january: StatementPeriod = "2026-01".parse().unwrap();
    let of = |part| told.contains(&(part, january));
    assert!((0..3).all(|n| of(customer(n)) && of(service(n))));
    assert!(!of(both(2, 1)), "two");
    assert!(!of(both(1, 0)), "none");
    let withheld: Vec<(u128, u128)> = (0..3)
        .flat_map(|of| (0..3).map(move |about| (of, about)))
        .filter(|(customer, service)| !of(both(*customer, *service)))
        .collect();
    assert!(withheld.len() > 3 && withheld.len() < 9, "{withheld:?}");
}

#[test]
fn a_group_is_the_sum_of_what_is_told_of_its_customers_and_of_nothing_else() {
    let answered = [(0, 0, 1, 30), (1, 0, 1, 20), (2, 0, 1, 9), (3, 0, 1, 2)];
    let told = year(&answered, day("2026-02-04"))
        .told(Threshold::USUAL, &BTreeSet::new())
        .unwrap();
    let january = "2026-01".parse().unwrap();
    let group = |part, of: &[u128]| Group {
        part,
        period: january,
        customers: of.iter().map(|n| ids(*n, 0).0).collect(),
    };
    let [team, others] = [1, 2].map(|n| Part::Team(crate::vocabulary::TeamId(Uuid::from_u128(n))));
    let division = Part::Division(ids(7, 0).0);
    assert!(told.answers((customer(1), january)).is_some() && told.answers((customer(2), january)).is_none());
    let told = told.with_groups(&[
        group(team, &[0, 1, 3]),
        group(division, &[1, 2]),
        group(others, &[2, 3]),
    ]);
    let n = |part| told.answers((part, january)).map(Distribution::n);
    assert_eq!([n(team), n(division), n(others)], [Some(50), Some(20), None]);
}
