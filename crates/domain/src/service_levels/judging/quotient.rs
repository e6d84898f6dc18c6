//! Exact figures.
use std::{cmp::Ordering, fmt};

use crate::vocabulary::Decimal;

const MILLION: i128 = 1_000_000;

/// A number in millionths, as an integer. A `Decimal` has at most six digits after the point.
pub(super) fn millionths(number: Decimal) -> i128 {
    let exact = number.exact();
    exact.mantissa() * 10i128.pow(6u32.saturating_sub(exact.scale()))
}

/// An exact figure: a decimal number divided by a whole one. It is compared as it is, and rounded only to be shown.
///
/// Numbers of twelve digits before the point, ten milliards of them, stay far within its range.
#[derive(Debug, Clone, Copy)]
pub struct Quotient {
    millionths: i128,
    divisor: i64,
}

impl Quotient {
    /// A number as it is.
    pub fn of(number: Decimal) -> Self {
        Self {
            millionths: millionths(number),
            divisor: 1,
        }
    }

    /// How many per cent a part is of a whole; none where the whole is nothing.
    pub fn percent(part: i64, whole: i64) -> Option<Self> {
        (whole > 0).then_some(Self {
            millionths: i128::from(part) * 100 * MILLION,
            divisor: whole,
        })
    }

    /// A whole sum, divided by so many; none where they are none.
    pub fn mean(sum: i64, count: i64) -> Option<Self> {
        (count > 0).then_some(Self {
            millionths: i128::from(sum) * MILLION,
            divisor: count,
        })
    }

    /// The sum of the numbers.
    pub fn sum(numbers: impl IntoIterator<Item = Decimal>) -> Self {
        Self {
            millionths: numbers.into_iter().map(millionths).sum(),
            divisor: 1,
        }
    }

    /// The same, divided by so many; none where they are none.
    pub fn divided_by(self, count: i64) -> Option<Self> {
        let divisor = self.divisor.checked_mul(count).filter(|divisor| *divisor > 0)?;
        Some(Self { divisor, ..self })
    }

    /// How it stands to a number, exactly.
    pub fn compare(&self, number: Decimal) -> Ordering {
        self.millionths.cmp(&(millionths(number) * i128::from(self.divisor)))
    }

    /// Rounded to so many decimals (at most twelve), a half to the even neighbour; none where it is too large to be
    /// written with 28 digits.
    pub fn rounded(&self, decimals: u32) -> Option<rust_decimal::Decimal> {
        let decimals = decimals.min(12);
        let divisor = i128::from(self.divisor) * MILLION;
        let scaled = self.millionths.checked_mul(10i128.pow(decimals))?;
        let (floor, rest) = (scaled.div_euclid(divisor), scaled.rem_euclid(divisor));
        let up = match (2 * rest).cmp(&divisor) {
            Ordering::Less => 0,
            Ordering::Equal => floor.rem_euclid(2),
            Ordering::Greater => 1,
        };
        rust_decimal::Decimal::try_from_i128_with_scale(floor + up, decimals).ok()
    }

    /// Rounded to six decimals, as replies write numbers; none beyond twelve digits before the point.
    pub fn to_decimal(&self) -> Option<Decimal> {
        self.rounded(6)?.normalize().to_string().parse().ok()
    }
}

/// With six decimals, all of them written.
impl fmt::Display for Quotient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rounded(6) {
            Some(rounded) => rounded.fmt(f),
            None => write!(f, "{}", self.millionths / i128::from(self.divisor) / MILLION),
        }
    }
}

impl PartialEq for Quotient {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Quotient {}
impl PartialOrd for Quotient {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Quotient {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mine, others) = (i128::from(self.divisor), i128::from(other.divisor));
        (self.millionths * others).cmp(&(other.millionths * mine))
    }
}
