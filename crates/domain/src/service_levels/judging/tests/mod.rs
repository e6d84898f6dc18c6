//! Judging: against figures that others computed, and properties that a contract rests on.
mod availability;
mod gauges;
mod timeliness;
mod verdicts;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::*;
use crate::vocabulary::Decimal;

/// What others computed; the file says where it comes from.
const VECTORS: &str = include_str!("vectors.json");

fn vectors(group: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(VECTORS).unwrap();
    all[group].as_array().unwrap().clone()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn instant(value: &Value) -> DateTime<Utc> {
    at(value.as_str().unwrap())
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A JSON number as the decimal that it is written as.
fn number(value: &Value) -> Decimal {
    decimal(value.to_string().trim_end_matches(".0"))
}
