//! Which values a plot shows, and the numbers beside its axis.

use crate::{Language, Plot, PlotStyle, Point};

/// The latest points, as many as are readable.
pub fn shown(plot: &Plot) -> &[Point] {
    &plot.points[plot.points.len().saturating_sub(Plot::MOST_POINTS)..]
}

/// Values that an axis can hold.
pub fn within(value: f64) -> bool {
    value.is_finite() && value.abs() <= 1e12
}

pub fn drawable(point: &Point) -> Option<f64> {
    point.value.filter(|value| within(*value))
}

/// What a point shows: its value and its limits.
pub fn values(point: &Point) -> impl Iterator<Item = f64> {
    let limits = drawable_limits(point).into_iter();
    let limits = limits.flat_map(|(low, high)| [low, high]);
    drawable(point).into_iter().chain(limits)
}

/// The limits of a point that has both value and limits.
pub fn drawable_limits(point: &Point) -> Option<(f64, f64)> {
    drawable(point)?;
    point.limits.filter(|(low, high)| within(*low) && within(*high))
}

/// From the lowest to the highest; from 0 to 1 where there is none.
pub fn span(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if low > high { (0.0, 1.0) } else { (low, high) }
}

/// Room above and below what is shown; bars stand on zero.
pub fn range(plot: &Plot, shown: &[Point]) -> (f64, f64) {
    let target = plot
        .target
        .as_ref()
        .map(|target| target.value)
        .filter(|value| within(*value));
    let (mut low, mut high) = span(shown.iter().flat_map(values).chain(target));
    if plot.style == PlotStyle::Bars {
        (low, high) = (low.min(0.0), high.max(0.0));
    }
    let room = room(low, high);
    let stands = plot.style == PlotStyle::Bars;
    (
        if stands && low == 0.0 { 0.0 } else { low - room },
        if stands && high == 0.0 && low < 0.0 {
            0.0
        } else {
            high + room
        },
    )
}

/// How much is left free around the values; where they are all alike, a part of their size.
pub fn room(low: f64, high: f64) -> f64 {
    let size = low.abs().max(high.abs());
    if high - low > size * 1e-6 {
        (high - low) * 0.15
    } else {
        (size * 0.05).max(0.5)
    }
}

/// The axis in steps of 1, 2 or 5 times a power of ten, and with how many decimals they are told apart. (plotters' own
/// choice drops the last step at times.)
pub fn steps(low: f64, high: f64) -> (Vec<f64>, usize) {
    let rough = ((high - low) / 6.0).max(1e-6);
    let power = rough.log10().floor();
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|times| times * 10f64.powf(power))
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    let decimals = (0..6)
        .find(|decimals| step * 10f64.powi(*decimals) >= 0.999)
        .unwrap_or(6) as usize;
    let first = (low / step).ceil();
    (
        (0..=10)
            .map(|count| (first + f64::from(count)) * step)
            .filter(|value| *value <= high)
            .collect(),
        decimals,
    )
}

/// 1 234,5 in Swedish and 1,234.5 in English; a real minus sign in both.
pub fn number_text(value: f64, decimals: usize, language: Language) -> String {
    let digits = format!("{:.decimals$}", value.abs());
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            grouped.push_str(language.pick("\u{a0}", ","));
        }
        grouped.push(digit);
    }
    let sign = if value < 0.0 && digits.chars().any(|c| c != '0' && c != '.') {
        "−"
    } else {
        ""
    };
    let comma = if part.is_empty() { "" } else { language.pick(",", ".") };
    format!("{sign}{grouped}{comma}{part}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axis_numbers_are_written_as_the_language_does() {
        assert_eq!(number_text(1234.5, 1, Language::Sv), "1\u{a0}234,5");
        assert_eq!(number_text(-1234567.0, 0, Language::En), "−1,234,567");
        assert_eq!(number_text(-0.001, 1, Language::Sv), "0,0");
        assert_eq!(number_text(999.0, 2, Language::En), "999.00");
    }

    #[test]
    fn steps_are_round_and_reach_the_end() {
        let shown = |low, high| {
            let (steps, decimals) = steps(low, high);
            steps
                .iter()
                .map(|step| number_text(*step, decimals, Language::En))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(shown(98.965, 100.135), "99.0 99.2 99.4 99.6 99.8 100.0");
        assert_eq!(shown(0.0, 1320.0), "0 500 1,000");
        assert_eq!(shown(-0.3, 1.2), "0.0 0.5 1.0");
    }
}
