//! Value against cost: against an oracle of exact fractions (`tests/data/value_vectors.py`), by hand, and for any days.
use chrono::{DateTime, Datelike, Duration, NaiveDate};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{RuleCode, vocabulary::*};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn customer() -> CustomerRef {
    CustomerRef {
        id: Uuid::from_u128(1).into(),
        code: "KLK".parse().unwrap(),
        name: "Kommunledningskontoret".parse().unwrap(),
    }
}

fn service(n: usize) -> ServiceRef {
    ServiceRef {
        id: Uuid::from_u128(100 + n as u128).into(),
        code: format!("S{n}").parse().unwrap(),
        name: format!("Tjänst {n}").parse().unwrap(),
    }
}

fn input(first: &str, last: &str, amount: &str, currency: &str) -> ServiceCostInput {
    serde_json::from_value(
        json!({"customer": Uuid::from_u128(1), "service": Uuid::from_u128(100), "firstDay": first,
        "lastDay": last, "cost": {"amount": amount, "currency": currency}}),
    )
    .unwrap()
}

fn entered(n: usize, told: ServiceCostInput, others: &[ServiceCost]) -> Result<ServiceCost, crate::Rule> {
    ServiceCost::enter(
        Uuid::now_v7().into(),
        told,
        (customer(), service(n)),
        others,
        DateTime::default(),
    )
}

fn cost(first: &str, last: &str, amount: &str) -> ServiceCost {
    entered(0, input(first, last, amount, "SEK"), &[]).unwrap()
}

fn written(minor: u64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

fn assessed(n: usize, year: i32, given: &Value) -> Assessed {
    let scores = given["scores"].as_array().unwrap().iter().enumerate();
    let scores = scores.map(|(at, score)| DimensionScore {
        dimension: format!("d{at}").parse().unwrap(),
        score: score.as_u64().unwrap() as u8,
    });
    Assessed {
        id: Uuid::now_v7().into(),
        of: (customer().id, service(n).id),
        year,
        scores: DimensionScores(scores.collect()),
        benefit: given["benefit"].as_object().map(|benefit| Money {
            amount: written(benefit["minor"].as_u64().unwrap()).parse().unwrap(),
            currency: benefit["currency"].as_str().unwrap().parse().unwrap(),
        }),
    }
}

/// A case of the oracle as evidence.
fn evidence(services: &Value) -> ValueEvidence {
    let mut evidence = ValueEvidence::default();
    for (n, told) in services.as_array().unwrap().iter().enumerate() {
        evidence.name(&customer(), &service(n));
        evidence.used.push((customer().id, service(n).id));
        for cost in told["costs"].as_array().unwrap() {
            let text = |name: &str| cost[name].as_str().unwrap().to_owned();
            let amount = written(cost["minor"].as_u64().unwrap());
            let told = input(&text("firstDay"), &text("lastDay"), &amount, &text("currency"));
            let others = evidence.costs.clone();
            let others: Vec<_> = others.into_iter().filter(|other| other.service == service(n)).collect();
            evidence.costs.push(entered(n, told, &others).unwrap());
        }
        for (year, given) in told["assessments"].as_object().unwrap() {
            evidence.assessments.push(assessed(n, year.parse().unwrap(), given));
        }
    }
    evidence
}

#[test]
fn the_analysis_is_that_of_exact_fractions() {
    let cases: Value = serde_json::from_str(include_str!("../../../../tests/data/value_vectors.json")).unwrap();
    let mut quadrants = std::collections::BTreeSet::new();
    for (n, case) in cases.as_array().unwrap().iter().enumerate() {
        let year = case["year"].as_i64().unwrap() as i32;
        let told = ValueAnalysis::of(year, &evidence(&case["services"]), &PositionFilter::default());
        assert_eq!(told.items.len(), case["services"].as_array().unwrap().len());
        for (position, expected) in told.items.iter().zip(case["expected"].as_array().unwrap()) {
            let costs: serde_json::Map<String, Value> = position
                .costs
                .iter()
                .map(|sum| (sum.currency.to_string(), json!(sum.amount)))
                .collect();
            let mut change = json!(position.change);
            change.as_object_mut().unwrap().remove("benefit");
            let found = json!({"costs": costs, "ratio": position.ratio, "meanScore": position.mean_score,
                "medianCost": position.median_cost, "quadrant": position.quadrant, "change": change});
            assert_eq!(&found, expected, "case {n}, {}", position.service.code);
            quadrants.extend(position.quadrant);
        }
    }
    assert_eq!(quadrants.len(), 4, "the oracle reaches every quadrant");
}

#[test]
fn periods_of_one_customer_and_service_do_not_overlap() {
    let january = cost("2026-01-01", "2026-01-31", "310.00");
    let beside = [january.clone()];
    for (first, last, fits) in [
        ("2026-01-31", "2026-02-27", false),
        ("2025-12-01", "2026-01-01", false),
        ("2025-01-01", "2027-01-01", false),
        ("2026-02-01", "2026-02-28", true),
        ("2025-12-01", "2025-12-31", true),
    ] {
        let made = entered(0, input(first, last, "1", "EUR"), &beside);
        match made {
            Ok(_) => assert!(fits, "{first} {last}"),
            Err(rule) => assert_eq!((rule.code, fits), (RuleCode::NotUnique, false)),
        }
    }
    let longer = input("2026-01-01", "2026-03-31", "930", "SEK");
    let both = (customer(), service(0));
    let changed = january
        .clone()
        .change(longer.clone(), both.clone(), &beside, DateTime::default())
        .unwrap();
    assert_eq!((changed.version, changed.last_day), (2, day("2026-03-31")));
    let february = [cost("2026-02-01", "2026-02-28", "280")];
    let refused = january
        .clone()
        .change(longer.clone(), both, &february, DateTime::default())
        .unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("/firstDay"));
    let elsewhere = january
        .change(longer, (customer(), service(1)), &[], DateTime::default())
        .unwrap_err();
    assert_eq!(elsewhere.pointer.as_deref(), Some("/service"));
    let backwards = entered(0, input("2026-01-02", "2026-01-01", "1", "SEK"), &[]).unwrap_err();
    assert_eq!(backwards.code, RuleCode::DateOrder);
    let ever = entered(0, input("0001-01-01", "9999-12-31", "9999999999999.99", "SEK"), &[]).unwrap();
    assert!(ever.within(day("2026-01-01"), day("2026-12-31")) > Decimal::ZERO);
}

fn contact(code: &str) -> Assessor {
    Assessor {
        contact: ContactRef {
            id: Uuid::from_u128(7).into(),
            name: "Eva".parse().unwrap(),
        },
        customer: CustomerRef {
            id: Uuid::from_u128(u128::from(code.len() as u32)).into(),
            code: code.parse().unwrap(),
            name: code.parse().unwrap(),
        },
        acting_for: None,
        basis: None,
    }
}

fn weighing(year: i32, scores: &[(&str, u8)]) -> ValueAssessmentInput {
    let scores: Vec<_> = scores
        .iter()
        .map(|(d, score)| json!({"dimension": d, "score": score}))
        .collect();
    serde_json::from_value(json!({"service": Uuid::from_u128(100), "year": year, "scores": scores})).unwrap()
}

#[test]
fn an_assessment_is_revised_by_its_customer_and_stays_with_service_and_year() {
    let times = (DateTime::default(), day("2026-03-02"));
    let give = |told, by| ValueAssessment::give(Uuid::now_v7().into(), told, service(0), by, times);
    let made = give(weighing(2026, &[("use", 4), ("care", 3)]), contact("AB")).unwrap();
    assert_eq!(made.mean_score.to_string(), "3.50");
    let to_come = give(weighing(2027, &[("use", 4)]), contact("AB")).unwrap_err();
    assert_eq!(to_come.code, RuleCode::TimeOrder);
    let twice = give(weighing(2026, &[("use", 4), ("use", 3)]), contact("AB")).unwrap_err();
    assert_eq!(twice.pointer.as_deref(), Some("/scores/1/dimension"));
    assert!(give(weighing(2026, &[]), contact("AB")).is_err());
    let anew = weighing(2026, &[("use", 1)]);
    let revised = made
        .clone()
        .revise(anew.clone(), &service(0), contact("AB"), DateTime::default())
        .unwrap();
    assert_eq!(
        (revised.version, revised.mean_score.to_string()),
        (2, "1.00".to_owned())
    );
    assert!(
        made.clone()
            .revise(anew.clone(), &service(0), contact("ABC"), DateTime::default())
            .is_err()
    );
    assert!(
        made.clone()
            .revise(anew, &service(1), contact("AB"), DateTime::default())
            .is_err()
    );
    assert!(
        made.revise(
            weighing(2025, &[("use", 1)]),
            &service(0),
            contact("AB"),
            DateTime::default()
        )
        .is_err()
    );
}

#[test]
fn what_was_not_assessed_says_since_when_and_totals_are_of_what_is_told() {
    let given = json!({"scores": [4, 5], "benefit": {"minor": 30_000, "currency": "SEK"}});
    let mut evidence = ValueEvidence {
        costs: vec![
            cost("2025-01-01", "2025-12-31", "100"),
            cost("2026-01-01", "2026-12-31", "150"),
        ],
        assessments: vec![assessed(0, 2026, &given), assessed(1, 2023, &given)],
        ..ValueEvidence::default()
    };
    for n in 0..3 {
        evidence.name(&customer(), &service(n));
        evidence.used.push((customer().id, service(n).id));
    }
    let told = ValueAnalysis::of(2026, &evidence, &PositionFilter::default());
    let last: Vec<Option<i32>> = told.items.iter().map(|position| position.last_assessed).collect();
    assert_eq!(last, [Some(2026), Some(2023), None]);
    let totals = &told.customers[0].totals;
    assert_eq!((totals.assessed, totals.unassessed), (1, 2));
    assert_eq!(json!(totals.ratio), json!("2.0000"));
    assert_eq!(told.services.len(), 3);
    let filter = |assessed| PositionFilter {
        assessed: Some(assessed),
        ..PositionFilter::default()
    };
    assert_eq!(ValueAnalysis::of(2026, &evidence, &filter(false)).items.len(), 2);
    let high = PositionFilter {
        quadrant: Some(ValueQuadrant::HighValueHighCost),
        service: Some(service(0).id),
        ..filter(true)
    };
    assert_eq!(ValueAnalysis::of(2026, &evidence, &high).items.len(), 1);
    // Years before it know nothing of it, and at the calendar's ends there is nothing.
    assert!(ValueAnalysis::of(2000, &evidence, &filter(true)).items.is_empty());
}

proptest! {
    /// Cut anywhere, the parts come to the whole, to the last hundredth.
    #[test]
    fn the_years_shares_come_to_the_cost(start in 0i64..2000, length in 0i64..1500, minor in 0i64..10_000_000_000) {
        let first = day("2020-01-01") + Duration::days(start);
        let last = first + Duration::days(length);
        let amount = Amount::of_minor(minor).unwrap().to_string();
        let cost = cost(&first.to_string(), &last.to_string(), &amount);
        let shares: Decimal = (first.year()..=last.year())
            .map(|year| cost.within(
                NaiveDate::from_ymd_opt(year, 1, 1).unwrap(),
                NaiveDate::from_ymd_opt(year, 12, 31).unwrap(),
            ))
            .sum();
        prop_assert_eq!(ComputedFigure::of_minor(shares), ComputedFigure::of_minor(Decimal::from(minor)));
        prop_assert!(cost.within(last + Duration::days(1), last + Duration::days(9)).is_zero());
    }
}
