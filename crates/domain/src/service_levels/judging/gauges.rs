//! Gauges: one number for many that were read.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::{Quotient, quotient::millionths};
use crate::vocabulary::Decimal;

/// A number that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When it was read.
    pub observed_at: DateTime<Utc>,
    /// When it was received here.
    pub received_at: DateTime<Utc>,
    /// The number.
    pub value: Decimal,
}

/// How one number is made of many: a word, or `{"percentile": "99.9"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Their sum, divided by how many they are.
    Mean,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// All together.
    Sum,
    /// The latest observed; of several, the latest received.
    Last,
    /// The smallest number that so many per cent of them do not exceed: nearest rank, one of the numbers themselves.
    Percentile(Percentile),
}

/// More than 0, at most 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Decimal", into = "Decimal")]
pub struct Percentile(Decimal);

/// More than 0, at most 100, with at most six decimals.
const PERCENTILE: &str = r"^(100|[1-9][0-9]?(\.[0-9]{1,6})?|0\.([1-9][0-9]{0,5}|0[1-9][0-9]{0,4}|00[1-9][0-9]{0,3}|000[1-9][0-9]{0,2}|0000[1-9][0-9]?|00000[1-9]))$";

impl PartialSchema for Percentile {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(9))
            .pattern(Some(PERCENTILE))
            .examples([serde_json::Value::from("95")])
            .description(Some("More than 0, at most 100, as decimal text."))
            .into()
    }
}
impl ToSchema for Percentile {}

/// The number is no percentile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a percentile is more than 0 and at most 100")]
pub struct NotAPercentile;

impl TryFrom<Decimal> for Percentile {
    type Error = NotAPercentile;
    fn try_from(number: Decimal) -> Result<Self, NotAPercentile> {
        if number > Decimal::from(0) && number <= Decimal::from(100) {
            Ok(Self(number))
        } else {
            Err(NotAPercentile)
        }
    }
}

impl From<Percentile> for Decimal {
    fn from(percentile: Percentile) -> Self {
        percentile.0
    }
}

impl Percentile {
    /// ⌈p·n/100⌉, exactly: which of n ordered numbers it is, counted from 1.
    fn rank(self, n: usize) -> usize {
        const HUNDRED: i128 = 100_000_000;
        let product = millionths(self.0).saturating_mul(n as i128);
        usize::try_from((product + HUNDRED - 1) / HUNDRED).unwrap_or(n)
    }
}

/// The figure of the samples; none where there are none. Their order makes no difference.
pub fn gauge(statistic: Statistic, samples: &[Sample]) -> Option<Quotient> {
    let values = || samples.iter().map(|sample| sample.value);
    if samples.is_empty() {
        return None;
    }
    match statistic {
        Statistic::Mean => Quotient::sum(values()).divided_by(i64::try_from(samples.len()).ok()?),
        Statistic::Sum => Some(Quotient::sum(values())),
        Statistic::Min => values().min().map(Quotient::of),
        Statistic::Max => values().max().map(Quotient::of),
        // Two that were observed and received at once: the larger one, so that the figure is one.
        Statistic::Last => {
            let last = samples.iter().max_by_key(|s| (s.observed_at, s.received_at, s.value));
            last.map(|sample| Quotient::of(sample.value))
        }
        Statistic::Percentile(percentile) => {
            let mut values: Vec<Decimal> = values().collect();
            let rank = percentile.rank(values.len());
            let (_, value, _) = values.select_nth_unstable(rank.checked_sub(1)?);
            Some(Quotient::of(*value))
        }
    }
}
