//! Numbers that were computed: exact until they are told, and then rounded half up.
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

/// A computed number as it is told, with two decimals (amounts, means) or four (ratios).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComputedFigure(Decimal);

impl ComputedFigure {
    /// So many hundredths of a currency's unit.
    pub fn of_minor(minor: Decimal) -> Self {
        Self::rounded(minor / Decimal::ONE_HUNDRED, 2)
    }

    /// A mean of scores.
    pub fn of_mean(mean: Decimal) -> Self {
        Self::rounded(mean, 2)
    }

    /// One amount by another.
    pub fn of_ratio(ratio: Decimal) -> Self {
        Self::rounded(ratio, 4)
    }

    fn rounded(exact: Decimal, places: u32) -> Self {
        let mut rounded = exact.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
        rounded.rescale(places);
        // There is no minus before zero.
        Self(if rounded.is_zero() { rounded.abs() } else { rounded })
    }

    /// The number as it is told.
    pub fn told(self) -> Decimal {
        self.0
    }
}

impl std::fmt::Display for ComputedFigure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for ComputedFigure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl PartialSchema for ComputedFigure {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(4))
            .max_length(Some(32))
            .pattern(Some(r"^-?(0|[1-9][0-9]{0,24})\.[0-9]{2,4}$"))
            .examples([serde_json::Value::from("3.67")])
            .description(Some(
                "Computed number as decimal text, rounded half up: amounts and means to two decimals, ratios to four.",
            ))
            .into()
    }
}
impl ToSchema for ComputedFigure {}
