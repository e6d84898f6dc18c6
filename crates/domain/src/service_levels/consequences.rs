//! What follows when a target is missed: the steps that a figure passes, and what they come to in money.
use super::{
    ConsequenceFigure,
    judging::{Comparison, Quotient},
};
use crate::{
    agreements::{CalendarPeriod, Consequence, Price, Step},
    vocabulary::{Amount, Decimal, Money},
};

/// The part of a period that a version was in force, in days.
#[derive(Debug, Clone, Copy)]
pub(super) struct DaysOf {
    pub part: i64,
    pub whole: i64,
}

/// What follows from a figure that missed its target. The price is the target's period's, by the days of the version.
pub(super) fn consequence(
    agreed: &Consequence,
    comparison: Comparison,
    figure: &Quotient,
    price: Option<(&Price, CalendarPeriod, DaysOf)>,
) -> ConsequenceFigure {
    match agreed {
        Consequence::Words { text } => ConsequenceFigure {
            text: Some(text.clone()),
            percent: None,
            amount: None,
        },
        Consequence::Price { steps, cap } => {
            let percent = percent(steps, *cap, comparison, figure);
            ConsequenceFigure {
                text: None,
                percent,
                amount: percent.zip(price).and_then(|(percent, (price, period, days))| {
                    let amount = share(price, period, days, percent)?;
                    let currency = price.currency.clone();
                    Some(Money { amount, currency })
                }),
            }
        }
    }
}

/// Each step that the figure passes adds its own, up to the cap.
fn percent(steps: &[Step], cap: Decimal, comparison: Comparison, figure: &Quotient) -> Option<Decimal> {
    let passed = steps.iter().filter(|step| match comparison {
        Comparison::AtLeast | Comparison::Above => figure.compare(step.worse_than).is_lt(),
        Comparison::AtMost | Comparison::Below => figure.compare(step.worse_than).is_gt(),
    });
    Quotient::sum(passed.map(|step| step.percent))
        .min(Quotient::of(cap))
        .to_decimal()
}

/// So many per cent of the period's price, by days, to the nearest hundredth; a half goes to the even one.
fn share(price: &Price, period: CalendarPeriod, days: DaysOf, percent: Decimal) -> Option<Amount> {
    let millionths = percent.exact().mantissa() * 10i128.pow(6u32.checked_sub(percent.exact().scale())?);
    let whole = i128::from(price.amount.minor()) * i128::from(price.period.per_year()) * i128::from(days.part);
    let numerator = whole.checked_mul(millionths)?;
    let divisor = i128::from(period.per_year()) * i128::from(days.whole) * 100_000_000;
    let (floor, rest) = (numerator.checked_div(divisor)?, numerator % divisor);
    let up = match (2 * rest).cmp(&divisor) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => floor % 2,
        std::cmp::Ordering::Greater => 1,
    };
    Amount::of_minor(i64::try_from(floor + up).ok()?)
}
