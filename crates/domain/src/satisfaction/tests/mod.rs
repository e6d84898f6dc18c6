//! Figures against others' computations, and what is told against a reader who tries to derive the rest.
mod attacks;
mod figures;
mod fixing;
mod ranking;
mod telling;
mod withholding;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// What others computed; the file says where it comes from.
fn vectors(group: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let vectors = all[group].as_array().unwrap().clone();
    assert!(vectors.len() >= 12, "{group}");
    vectors
}

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn of(scale: Scale, counts: &[(i32, u64)]) -> Distribution {
    let mut distribution = Distribution::new(scale);
    for (score, count) in counts {
        distribution.add(*score, *count).unwrap();
    }
    distribution
}

fn scales() -> impl Strategy<Value = Scale> {
    let listed = prop::sample::select(vec![(1, 4), (1, 5), (1, 7), (1, 10), (0, 10), (-2, 2), (1, 3)]);
    listed.prop_map(|(low, high)| Scale::new(low, high, None).unwrap())
}

/// Answers on one scale.
fn answers() -> impl Strategy<Value = (Scale, Vec<i32>)> {
    let scored = |scale: Scale| prop::collection::vec(scale.low()..=scale.high(), 0..40);
    scales().prop_flat_map(move |scale| (Just(scale), scored(scale)))
}

const METHODS: [FigureMethod; 5] = [
    FigureMethod::Csat,
    FigureMethod::Nps,
    FigureMethod::Ces,
    FigureMethod::Mean,
    FigureMethod::Index0To100,
];
