//! Verdicts: whether a promise was kept, and what is left of it.
use std::cmp::Ordering;

use super::{Quotient, quotient::millionths};
use crate::vocabulary::{Decimal, word};

word! {
    /// How a figure must stand to the promised value.
    Comparison {
        /// The value or more.
        AtLeast,
        /// The value or less.
        AtMost,
        /// More than the value.
        Above,
        /// Less than the value.
        Below,
    }
}

word! {
    /// What is said of a target in a period.
    Verdict {
        /// The promise was kept.
        Met,
        /// It was not.
        Missed,
        /// There is too little evidence to say, and that is never `met`.
        InsufficientData,
        /// There was nothing to be judged: no agreed time.
        NotApplicable,
    }
}

/// What the evidence gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// A figure of time, which is complete without a number of observations: availability. None without agreed time.
    OfTime(Option<Quotient>),
    /// A figure of so many observations: timeliness and gauges. None without observations.
    Of {
        /// How many.
        n: u64,
        /// What they gave.
        figure: Option<Quotient>,
    },
}

impl Comparison {
    /// Whether a figure stands so to the value, exactly.
    pub fn holds(self, figure: &Quotient, value: Decimal) -> bool {
        let order = figure.compare(value);
        match self {
            Self::AtLeast => order != Ordering::Less,
            Self::AtMost => order != Ordering::Greater,
            Self::Above => order == Ordering::Greater,
            Self::Below => order == Ordering::Less,
        }
    }
}

/// The verdict on a promise: `minimum` is how many observations it needs at least.
pub fn verdict(finding: Finding, minimum: u64, comparison: Comparison, value: Decimal) -> Verdict {
    let figure = match finding {
        Finding::OfTime(None) => return Verdict::NotApplicable,
        Finding::Of { n, .. } if n < minimum => return Verdict::InsufficientData,
        Finding::Of { n: 0, .. } | Finding::Of { figure: None, .. } => return Verdict::InsufficientData,
        Finding::OfTime(Some(figure))
        | Finding::Of {
            figure: Some(figure), ..
        } => figure,
    };
    if comparison.holds(&figure, value) {
        Verdict::Met
    } else {
        Verdict::Missed
    }
}

/// What a promise of so many per cent of a `whole` (seconds, cases) still allows to be lost, `lost` being gone already;
/// negative where more is gone than may. None of a promise that sets no floor. The whole of a running period is that of
/// its end, as far as it is known.
pub fn allowance(whole: i64, lost: i64, comparison: Comparison, percent: Decimal) -> Option<i64> {
    const HUNDRED: i128 = 100_000_000;
    let allowed = (HUNDRED - millionths(percent)) * i128::from(whole);
    let allowed = match comparison {
        Comparison::AtLeast => allowed.div_euclid(HUNDRED),
        // Strictly less than the bound may be lost.
        Comparison::Above => (allowed - 1).div_euclid(HUNDRED),
        Comparison::AtMost | Comparison::Below => return None,
    };
    i64::try_from(allowed - i128::from(lost)).ok()
}
