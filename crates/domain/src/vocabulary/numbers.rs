//! Numbers that a contract can rest on: decimal text in JSON, exact inside, never floating point.
use std::{fmt, str::FromStr, sync::LazyLock};

use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::Currency;

/// Twelve digits before the point and six after it.
const DECIMAL: &str = r"^-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$";
/// Thirteen digits before the point and two after it, never negative.
const AMOUNT: &str = r"^(0|[1-9][0-9]{0,12})(\.[0-9]{1,2})?$";

/// Why a text is not the number that its type demands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a decimal number as text that matches {0}")]
pub struct NotThatNumber(&'static str);

fn matches(text: &str, pattern: &'static str, regex: &LazyLock<Option<regex::Regex>>) -> Result<(), NotThatNumber> {
    match &**regex {
        Some(regex) if regex.is_match(text) => Ok(()),
        _ => Err(NotThatNumber(pattern)),
    }
}

/// A decimal number, written as text (`"99.5"`), without needless zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal(rust_decimal::Decimal);

impl Decimal {
    /// The number for exact arithmetic.
    pub fn exact(self) -> rust_decimal::Decimal {
        self.0
    }
}

impl From<u32> for Decimal {
    fn from(whole: u32) -> Self {
        Self(whole.into())
    }
}

impl FromStr for Decimal {
    type Err = NotThatNumber;
    fn from_str(text: &str) -> Result<Self, NotThatNumber> {
        static REGEX: LazyLock<Option<regex::Regex>> = LazyLock::new(|| regex::Regex::new(DECIMAL).ok());
        matches(text, DECIMAL, &REGEX)?;
        let number = rust_decimal::Decimal::from_str_exact(text).map_err(|_| NotThatNumber(DECIMAL))?;
        Ok(Self(number.normalize()))
    }
}

impl TryFrom<String> for Decimal {
    type Error = NotThatNumber;
    fn try_from(text: String) -> Result<Self, NotThatNumber> {
        text.parse()
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Decimal> for String {
    fn from(number: Decimal) -> Self {
        number.to_string()
    }
}

impl PartialSchema for Decimal {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(20))
            .pattern(Some(DECIMAL))
            .examples([serde_json::Value::from("99.5")])
            .description(Some("Decimal number as text."))
            .into()
    }
}
impl ToSchema for Decimal {}

/// Which version of a thing: 1, 2, 3 …
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[schema(minimum = 1, maximum = 9007199254740991i64, example = 1)]
#[serde(transparent)]
pub struct Version(i64);

impl Version {
    /// Its number.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// An amount in hundredths of its currency's unit, written as decimal text (`"1250.00"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(i64);

impl Amount {
    /// So many hundredths; none where negative or beyond what can be written.
    pub fn of_minor(minor: i64) -> Option<Self> {
        (0..1_000_000_000_000_000).contains(&minor).then_some(Self(minor))
    }

    /// In hundredths of the unit.
    pub fn minor(self) -> i64 {
        self.0
    }
}

impl FromStr for Amount {
    type Err = NotThatNumber;
    fn from_str(text: &str) -> Result<Self, NotThatNumber> {
        static REGEX: LazyLock<Option<regex::Regex>> = LazyLock::new(|| regex::Regex::new(AMOUNT).ok());
        matches(text, AMOUNT, &REGEX)?;
        rust_decimal::Decimal::from_str_exact(text)
            .ok()
            .and_then(|number| (number * rust_decimal::Decimal::ONE_HUNDRED).to_i64())
            .and_then(Self::of_minor)
            .ok_or(NotThatNumber(AMOUNT))
    }
}

impl TryFrom<String> for Amount {
    type Error = NotThatNumber;
    fn try_from(text: String) -> Result<Self, NotThatNumber> {
        text.parse()
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(16))
            .pattern(Some(AMOUNT))
            .examples([serde_json::Value::from("1250.00")])
            .description(Some("Amount as decimal text, at most two decimals."))
            .into()
    }
}
impl ToSchema for Amount {}

/// Money: never negative, never rounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Money {
    /// How much.
    pub amount: Amount,
    /// Of which currency (ISO 4217).
    pub currency: Currency,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_decimal_is_exact_text() {
        for (text, written) in [
            ("99.50", "99.5"),
            ("0", "0"),
            ("-0.000001", "-0.000001"),
            ("100", "100"),
        ] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), written);
        }
        for bad in ["", "1,5", "01", ".5", "1.", "1e3", "NaN", "0.1234567", "1234567890123"] {
            assert!(bad.parse::<Decimal>().is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<Decimal>("99.5").is_err());
    }

    #[test]
    fn money_has_at_most_two_decimals_and_is_never_negative() {
        let money: Money = serde_json::from_str(r#"{"amount": "1250.5", "currency": "SEK"}"#).unwrap();
        assert_eq!(money.amount.minor(), 125_050);
        assert_eq!(
            serde_json::to_string(&money).unwrap(),
            r#"{"amount":"1250.50","currency":"SEK"}"#
        );
        for bad in ["-1", "1.005", "1e3", "10000000000000"] {
            assert!(bad.parse::<Amount>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn amounts_read_back(minor in 0i64..1_000_000_000_000_000) {
            let amount = Amount::of_minor(minor).unwrap();
            prop_assert_eq!(amount.to_string().parse::<Amount>().unwrap(), amount);
        }
    }
}
