//! Whom the answers stand for: response, coverage, and each customer alike.
use super::{Distribution, FigureMethod, Threshold};

/// How many were asked, and how many were heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Response {
    /// Invitations made.
    pub invited: u64,
    /// Of them those that arrived: not bounced.
    pub delivered: u64,
    /// Of them those that were answered.
    pub answered: u64,
    /// Customers of whom anybody was invited.
    pub customers_asked: u64,
    /// Customers of whom anybody answered.
    pub customers_heard: u64,
}

impl Response {
    /// Whether rate and coverage may be told (R19 d): so many were invited.
    pub fn is_readable(&self, threshold: Threshold) -> bool {
        !threshold.is_below(self.invited)
    }

    /// Answered ÷ delivered, in per cent; none where nothing was delivered.
    pub fn rate(&self) -> Option<f64> {
        per_cent(self.answered, self.delivered)
    }

    /// Customers heard ÷ customers asked, in per cent; none where none was asked.
    pub fn coverage(&self) -> Option<f64> {
        per_cent(self.customers_heard, self.customers_asked)
    }
}

/// A part of a whole, in per cent; none of nothing.
#[allow(clippy::cast_precision_loss, reason = "counts of people lie far below 2^53")]
pub(crate) fn per_cent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| 100.0 * part as f64 / whole as f64)
}

/// The mean of the customers' means, where each customer weighs alike however many answered; customers without answers are left
/// out. None without answers, or where scales differ. The mean weighted by respondents is that of all answers together.
pub fn equal_customer_mean(customers: &[Distribution]) -> Option<f64> {
    let (first, others) = customers.split_first()?;
    if others.iter().any(|other| other.scale() != first.scale()) {
        return None;
    }
    let means = customers
        .iter()
        .filter_map(|answers| answers.figure(FigureMethod::Mean));
    let (sum, n) = means.fold((0.0, 0.0), |(sum, n), mean| (sum + mean.value, n + 1.0));
    (n > 0.0).then(|| sum / n)
}
