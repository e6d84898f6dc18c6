//! Whom the answers stand for: response, coverage, and shares by stratum.
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

#[allow(clippy::cast_precision_loss, reason = "counts of people lie far below 2^53")]
fn per_cent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| 100.0 * part as f64 / whole as f64)
}

/// How large a stratum is among those invited and among those who answered, in per cent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StratumShares {
    /// Its share of those invited.
    pub invited: f64,
    /// Its share of those who answered; none where nobody did. Told only where the stratum's base is not withheld.
    pub answered: Option<f64>,
}

/// The shares of strata, each given by how many were invited and how many answered, in the same order.
pub fn stratum_shares(strata: &[(u64, u64)]) -> Vec<StratumShares> {
    let invited: u64 = strata.iter().map(|stratum| stratum.0).sum();
    let answered: u64 = strata.iter().map(|stratum| stratum.1).sum();
    let shares = |stratum: &(u64, u64)| StratumShares {
        invited: per_cent(stratum.0, invited).unwrap_or(0.0),
        answered: per_cent(stratum.1, answered),
    };
    strata.iter().map(shares).collect()
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
