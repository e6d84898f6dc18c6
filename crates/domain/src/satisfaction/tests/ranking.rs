//! The order of customers and the reasons for it.
use serde_json::json;

use super::*;
use crate::vocabulary::{CustomerId, CustomerRef};

fn customer(n: u128, code: &str) -> CustomerRef {
    CustomerRef {
        id: CustomerId(uuid::Uuid::from_u128(n)),
        code: code.parse().unwrap(),
        name: code.parse().unwrap(),
    }
}

/// A figure of a customer, or of all; `change` is the value's since the period before, and whether it is one.
fn figure(
    of: Option<&CustomerRef>,
    series: &str,
    value: Option<f64>,
    change: Option<(f64, bool)>,
) -> SatisfactionMetric {
    let mut told = json!({"series": series, "period": "2026-Q1", "firstDay": "2026-01-01", "lastDay": "2026-03-31",
        "dimension": if of.is_some() { "customer" } else { "all" }, "scale": {"low": 1, "high": 5}, "method": "csat",
        "withheld": value.is_none(), "value": value, "low": value.map(|v| v - 5.0), "high": value.map(|v| v + 5.0)});
    if let Some(customer) = of {
        told["customer"] = serde_json::to_value(customer).unwrap();
    }
    if let Some((value, changed)) = change {
        told["change"] = json!({"method": "csat", "value": value, "changed": changed});
    }
    serde_json::from_value(told).unwrap()
}

#[test]
fn the_worst_come_first_with_the_reasons_and_each_counts_once_for_a_series() {
    let [calm, fallen, below, both, untold] =
        [(1, "A"), (2, "B"), (3, "C"), (4, "D"), (5, "E")].map(|(n, code)| customer(n, code));
    let figures = vec![
        figure(None, "user", Some(80.0), None),
        figure(Some(&calm), "user", Some(79.0), Some((-9.0, false))),
        figure(Some(&fallen), "user", Some(90.0), Some((-8.0, true))),
        figure(Some(&below), "user", Some(60.0), Some((5.0, true))),
        figure(Some(&both), "user", Some(60.0), Some((-6.0, true))),
        // What fell most of a series is named, and counts once; another series counts for itself.
        figure(Some(&both), "user", Some(60.0), Some((-30.0, true))),
        figure(Some(&both), "customer", Some(40.0), Some((-6.0, true))),
        figure(Some(&untold), "user", None, None),
    ];
    let customers = vec![calm, fallen, below, both, untold];
    let ranked = ranked(customers, figures);
    let told: Vec<(&str, u32)> = ranked.iter().map(|s| (s.customer.code.as_str(), s.weight)).collect();
    assert_eq!(told, [("D", 10), ("B", 4), ("C", 2), ("E", 1), ("A", 0)]);
    let flags: Vec<StandingFlag> = ranked[0].reasons.iter().map(|reason| reason.flag).collect();
    assert_eq!(flags, [StandingFlag::Fell, StandingFlag::Below, StandingFlag::Fell]);
    let worst = ranked[0].reasons[0].figure.as_ref().and_then(|figure| figure.change);
    assert_eq!(worst.map(|change| change.value), Some(-30.0));
    assert!(ranked[4].reasons.is_empty());
}

#[test]
fn a_trend_has_a_place_for_each_of_eight_periods() {
    let own = customer(1, "A");
    let last = "2026-Q1".parse().unwrap();
    let periods = latest_periods(last);
    assert_eq!((periods.len(), periods[0].to_string().as_str()), (8, "2024-Q2"));
    assert_eq!(
        latest_periods("1901".parse().unwrap()).len(),
        2,
        "each period has a name"
    );
    let trends = trends(
        &periods,
        vec![figure(Some(&own), "user", Some(70.0), Some((-9.0, true)))],
    );
    let points = &trends[0].points;
    assert_eq!((trends.len(), points.len()), (1, 8));
    assert!(points[7].fell && points[7].value == Some(70.0));
    assert!(points[..7].iter().all(|point| point.value.is_none() && !point.fell));
}
