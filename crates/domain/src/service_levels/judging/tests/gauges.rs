use chrono::Duration;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn samples(values: impl IntoIterator<Item = Decimal>) -> Vec<Sample> {
    let first = at("2026-03-02T08:00:00Z");
    let sample = |(n, value)| Sample {
        observed_at: first + Duration::seconds(n),
        received_at: first,
        value,
    };
    (0..).zip(values).map(sample).collect()
}

fn percentile(p: &str) -> Statistic {
    Statistic::Percentile(decimal(p).try_into().unwrap())
}

#[test]
fn gauges_are_what_others_compute() {
    for vector in vectors("gauges") {
        let samples: Vec<Sample> = vector["samples"]
            .as_array()
            .unwrap()
            .iter()
            .map(|sample| Sample {
                observed_at: instant(&sample["observed_at"]),
                received_at: at("2040-01-01T00:00:00Z"),
                value: number(&sample["value"]),
            })
            .collect();
        let expected = &vector["expected"];
        assert_eq!(expected["n"], samples.len(), "{}", vector["id"]);
        for (name, statistic) in [
            ("mean", Statistic::Mean),
            ("min", Statistic::Min),
            ("max", Statistic::Max),
            ("sum", Statistic::Sum),
            ("last", Statistic::Last),
        ] {
            let found: f64 = gauge(statistic, &samples)
                .unwrap()
                .rounded(12)
                .unwrap()
                .to_string()
                .parse()
                .unwrap();
            let away = (found - expected[name].as_f64().unwrap()).abs();
            assert!(away < 1e-9, "{} {name}: {found}", vector["id"]);
        }
    }
}

#[test]
fn percentiles_are_what_others_compute() {
    for vector in vectors("percentile") {
        let samples = samples(vector["values"].as_array().unwrap().iter().map(number));
        for (p, expected) in vector["expected"].as_object().unwrap() {
            let found = gauge(percentile(p), &samples).unwrap();
            assert_eq!(found, Quotient::of(number(expected)), "{} {p}", vector["id"]);
        }
    }
}

#[test]
fn ranks_are_exact() {
    // 0.07 × 100 as a double is 7.000000000000001, and the eighth value would be wrong.
    let hundred = samples((1..=100).map(Decimal::from));
    assert_eq!(gauge(percentile("7"), &hundred), Some(Quotient::of(7.into())));
    assert_eq!(gauge(percentile("7.000001"), &hundred), Some(Quotient::of(8.into())));
    assert_eq!(gauge(percentile("0.000001"), &hundred), Some(Quotient::of(1.into())));
    assert_eq!(gauge(percentile("100"), &hundred), Some(Quotient::of(100.into())));
    for none in ["0", "-1", "100.000001"] {
        assert!(Percentile::try_from(decimal(none)).is_err(), "{none}");
    }
}

#[test]
fn a_statistic_is_a_word_or_a_percentile() {
    for (statistic, written) in [
        (Statistic::Mean, json!("mean")),
        (percentile("99.9"), json!({"percentile": "99.9"})),
    ] {
        assert_eq!(serde_json::to_value(statistic).unwrap(), written);
        assert_eq!(serde_json::from_value::<Statistic>(written).unwrap(), statistic);
    }
    for bad in [json!("median"), json!({"percentile": "0"}), json!({"percentile": 95})] {
        assert!(serde_json::from_value::<Statistic>(bad).is_err());
    }
}

#[test]
fn the_last_is_the_latest_observed_and_then_the_latest_received() {
    let sample = |observed: &str, received: &str, value: u32| Sample {
        observed_at: at(observed),
        received_at: at(received),
        value: value.into(),
    };
    let mut samples = vec![
        sample("2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z", 9),
        sample("2026-03-02T08:05:00Z", "2026-03-02T08:07:00Z", 3),
        sample("2026-03-02T08:05:00Z", "2026-03-02T08:06:00Z", 5),
    ];
    assert_eq!(gauge(Statistic::Last, &samples), Some(Quotient::of(3.into())));
    samples.reverse();
    assert_eq!(gauge(Statistic::Last, &samples), Some(Quotient::of(3.into())));
    assert_eq!(gauge(Statistic::Last, &[]), None);
}

#[test]
fn a_mean_is_exact_and_rounded_only_to_be_shown() {
    let mean = |values: &[&str]| gauge(Statistic::Mean, &samples(values.iter().map(|v| decimal(v)))).unwrap();
    let third = mean(&["0", "0", "1"]);
    assert_eq!(third.to_string(), "0.333333");
    assert_eq!(third.compare(decimal("0.333333")), std::cmp::Ordering::Greater);
    assert_eq!(third.to_decimal(), Some(decimal("0.333333")));
    // A half goes to the even neighbour, below zero too.
    assert_eq!(mean(&["0.000001", "0.000002"]).to_string(), "0.000002");
    assert_eq!(mean(&["0.000002", "0.000003"]).to_string(), "0.000002");
    assert_eq!(mean(&["-0.000002", "-0.000003"]).to_string(), "-0.000002");
    assert_eq!(mean(&["-0.000001", "-0.000002"]).to_string(), "-0.000002");
    // Larger than a decimal of a reply can be.
    let much = samples(std::iter::repeat_n(decimal("999999999999.999999"), 1000));
    let sum = gauge(Statistic::Sum, &much).unwrap();
    assert_eq!(sum.to_string(), "999999999999999.999000");
    assert_eq!(sum.to_decimal(), None);
    assert_eq!(
        gauge(Statistic::Mean, &much).unwrap().to_decimal(),
        Some(decimal("999999999999.999999"))
    );
}

fn value() -> impl Strategy<Value = Decimal> {
    (-1_000_000i64..1_000_000).prop_map(|n| {
        decimal(&format!(
            "{}{}.{:03}",
            if n < 0 { "-" } else { "" },
            n.abs() / 1000,
            n.abs() % 1000
        ))
    })
}

proptest! {
    #[test]
    fn order_of_arrival_changes_nothing(
        list in prop::collection::vec((value(), 0i64..20, 0i64..5), 1..40), turn in 0usize..40, p in 1u32..=100,
    ) {
        let first = at("2026-03-02T08:00:00Z");
        let mut samples: Vec<Sample> = list
            .into_iter()
            .map(|(value, observed, received)| Sample {
                observed_at: first + Duration::seconds(observed),
                received_at: first + Duration::seconds(100 + received),
                value,
            })
            .collect();
        let statistics =
            [Statistic::Mean, Statistic::Min, Statistic::Max, Statistic::Sum, Statistic::Last, percentile(&p.to_string())];
        let before = statistics.map(|s| gauge(s, &samples));
        let turn = turn % samples.len();
        samples.rotate_left(turn);
        samples[turn..].reverse();
        prop_assert_eq!(statistics.map(|s| gauge(s, &samples)), before);
    }

    /// The smallest value that at least p per cent of the values do not exceed.
    #[test]
    fn a_percentile_is_what_its_definition_says(values in prop::collection::vec(value(), 1..60), p in 1i64..=1000) {
        let per_mille = decimal(&format!("{}.{}", p / 10, p % 10));
        let Some(found) = gauge(Statistic::Percentile(per_mille.try_into().unwrap()), &samples(values.clone())) else {
            return Err(TestCaseError::fail("no figure"));
        };
        let enough = |bound: &Decimal| values.iter().filter(|v| *v <= bound).count() as i64 * 1000 >= p * values.len() as i64;
        let smallest = values.iter().filter(|v| enough(v)).min().unwrap();
        prop_assert_eq!(found, Quotient::of(*smallest));
    }
}
