//! Satisfaction: ratings as they are sent, what answers come to, which of it may be told (R19), and when it stands.
mod changes;
mod estimates;
mod figures;
mod fixing;
mod metrics;
mod overview;
mod pairs;
mod ratings;
mod reports;
mod representing;
mod scales;
mod tables;
mod telling;
#[cfg(test)]
mod tests;
mod withholding;

pub use changes::SatisfactionChange;
pub use figures::{FigureMethod, SatisfactionFigure};
pub use fixing::{Standing, fixed_periods, fixed_since, last_fixed};
pub use metrics::{DistributionStep, SatisfactionDimension, SatisfactionMetric, SatisfactionSeries, WithheldReason};
pub use overview::{
    CustomerStanding, FlagWeight, IndexComparison, IndexUnit, SatisfactionOverview, SatisfactionTrend, StandingFlag,
    StandingReason, TrendPoint, latest_periods, ranked, trends,
};
pub use ratings::{Rating, RatingInput, ScaleInput};
pub use reports::{
    ReportContent, ReportState, ReportedQuestion, ReportedRound, SatisfactionFinding, SatisfactionReport,
    SatisfactionReportInput,
};
pub use representing::{Response, StratumShares, equal_customer_mean, stratum_shares};
pub use scales::{Distribution, NotAScale, NotOnTheScale, Scale};
pub use tables::{Axis, Bases, NoSuchPart};
pub use telling::{Cell, Drawn, Group, Part, ToldFigure, ToldYear, YearOfAnswers};
pub use withholding::{Threshold, Withheld};
