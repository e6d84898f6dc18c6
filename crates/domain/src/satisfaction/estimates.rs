//! Estimates with their 95 % intervals: shares, net shares and means, and differences between two of each.
//!
//! Sources: E. B. Wilson (1927) for a share; R. G. Newcombe (1998), method 10, for the difference of two; B. R. Rocks (2016),
//! adjusted Wald, for a net promoter score; Student's t for a mean and B. L. Welch (1947) for the difference of two.
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::Distribution;

/// The normal quantile of 97.5 %, as the domain fixes it.
const Z: f64 = 1.959964;

/// A number, and between which limits it lies with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    pub value: f64,
    /// The lower and the upper limit; none where one answer tells no spread.
    pub limits: Option<(f64, f64)>,
}

impl Estimate {
    /// Each number so many times as large, and so much larger.
    pub fn scaled(self, factor: f64, plus: f64) -> Self {
        let scale = |x: f64| factor * x + plus;
        Self {
            value: scale(self.value),
            limits: self.limits.map(|(low, high)| (scale(low), scale(high))),
        }
    }

    fn around(value: f64, spread: Option<f64>) -> Self {
        let limits = spread.map(|spread| (value - spread, value + spread));
        Self { value, limits }
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of answers lie far below 2^53")]
fn real(count: u64) -> f64 {
    count as f64
}

/// So many of so many, 0 to 1; none of none. The interval is Wilson's.
pub(super) fn share(k: u64, n: u64) -> Option<Estimate> {
    if n == 0 {
        return None;
    }
    let (k, n) = (real(k), real(n));
    let p = k / n;
    let shrunk = 1.0 + Z * Z / n;
    let middle = (p + Z * Z / (2.0 * n)) / shrunk;
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / shrunk;
    // At the ends the limit is the end; rounding must not say otherwise, nor leave the share outside.
    let limits = ((middle - spread).clamp(0.0, p), (middle + spread).clamp(p, 1.0));
    Some(Estimate {
        value: p,
        limits: Some(limits),
    })
}

/// The first share less the second, each of at least one.
pub(super) fn share_difference(first: (u64, u64), second: (u64, u64)) -> Option<Estimate> {
    let (first, second) = (share(first.0, first.1)?, share(second.0, second.1)?);
    let (low_1, high_1) = first.limits?;
    let (low_2, high_2) = second.limits?;
    let value = first.value - second.value;
    let below = (first.value - low_1).hypot(high_2 - second.value);
    let above = (high_1 - first.value).hypot(second.value - low_2);
    Some(Estimate {
        value,
        limits: Some((value - below, value + above)),
    })
}

/// Those for and those against among all who answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Votes {
    pub promoters: u64,
    pub detractors: u64,
    pub n: u64,
}

impl Votes {
    fn net(self) -> f64 {
        (real(self.promoters) - real(self.detractors)) / real(self.n)
    }

    /// The adjusted net share and the square of its standard error: n + 3 answers, p + ¾ and d + ¾ of them for and against.
    fn adjusted(self) -> (f64, f64) {
        let n = real(self.n) + 3.0;
        let p = (real(self.promoters) + 0.75) / n;
        let d = (real(self.detractors) + 0.75) / n;
        let net = p - d;
        (net, (p + d - net * net) / n)
    }
}

/// The net share of those for, −1 to 1; none of none.
pub(super) fn net(votes: Votes) -> Option<Estimate> {
    if votes.n == 0 {
        return None;
    }
    let value = votes.net();
    let (middle, variance) = votes.adjusted();
    Some(within(value, middle, Z * variance.sqrt(), 1.0))
}

/// The first net share less the second, −2 to 2.
pub(super) fn net_difference(first: Votes, second: Votes) -> Option<Estimate> {
    if first.n == 0 || second.n == 0 {
        return None;
    }
    let ((middle_1, variance_1), (middle_2, variance_2)) = (first.adjusted(), second.adjusted());
    let value = first.net() - second.net();
    let spread = Z * (variance_1 + variance_2).sqrt();
    Some(within(value, middle_1 - middle_2, spread, 2.0))
}

/// Limits around the adjusted middle, clipped to what is possible.
fn within(value: f64, middle: f64, spread: f64, most: f64) -> Estimate {
    let clip = |x: f64| x.clamp(-most, most);
    Estimate {
        value,
        limits: Some((clip(middle - spread), clip(middle + spread))),
    }
}

/// How answers lie: their mean, and the variance of that mean where there are two answers.
#[derive(Debug, Clone, Copy)]
struct Moments {
    n: f64,
    mean: f64,
    variance_of_mean: Option<f64>,
}

impl Moments {
    fn of(answers: &Distribution) -> Option<Self> {
        let n = answers.n();
        if n == 0 {
            return None;
        }
        let sum = |term: &dyn Fn(f64) -> f64| -> f64 {
            answers.counts().map(|(score, k)| real(k) * term(score.into())).sum()
        };
        let count = real(n);
        let mean = sum(&|score| score) / count;
        let squares = sum(&|score| (score - mean).powi(2));
        // Answers that are all alike have no spread; rounding of the mean must not say otherwise.
        let alike = answers.counts().any(|(_, k)| k == n);
        let squares = if alike { 0.0 } else { squares };
        Some(Self {
            n: count,
            mean,
            variance_of_mean: (n > 1).then(|| squares / (count - 1.0) / count),
        })
    }
}

/// The t quantile of 97.5 % for these degrees of freedom.
fn t(freedom: f64) -> Option<f64> {
    let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some(student.inverse_cdf(0.975))
}

/// The mean on the scale; none of none, and without limits of one. The limits are not clipped to the scale.
pub(super) fn mean(answers: &Distribution) -> Option<Estimate> {
    let Moments {
        n,
        mean,
        variance_of_mean,
    } = Moments::of(answers)?;
    let spread = variance_of_mean.and_then(|variance| Some(t(n - 1.0)? * variance.sqrt()));
    Some(Estimate::around(mean, spread))
}

/// The first mean less the second; without limits where one of them is of one answer.
pub(super) fn mean_difference(first: &Distribution, second: &Distribution) -> Option<Estimate> {
    let (first, second) = (Moments::of(first)?, Moments::of(second)?);
    let spread = first.variance_of_mean.zip(second.variance_of_mean).and_then(|(a, b)| {
        if a + b == 0.0 {
            return Some(0.0);
        }
        // Welch–Satterthwaite.
        let freedom = (a + b).powi(2) / (a * a / (first.n - 1.0) + b * b / (second.n - 1.0));
        Some(t(freedom)? * (a + b).sqrt())
    });
    Some(Estimate::around(first.mean - second.mean, spread))
}
