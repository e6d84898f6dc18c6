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
pub(crate) use figures::{rounded, rounded_if_any};
pub use fixing::{Standing, fixed_periods, fixed_since, last_fixed};
pub use metrics::{DistributionStep, SatisfactionDimension, SatisfactionMetric, SatisfactionSeries, WithheldReason};
pub use overview::{
    CustomerStanding, FlagWeight, IndexComparison, IndexUnit, SatisfactionOverview, SatisfactionTrend, StandingFlag,
    StandingReason, TrendPoint, latest_periods, ranked, trends,
};
pub use ratings::{Rating, RatingInput, ScaleInput};
pub use reports::{
    ReportContent, ReportState, ReportedQuestion, ReportedRound, ReportedTheme, SatisfactionFinding,
    SatisfactionReport, SatisfactionReportInput,
};
pub(crate) use representing::per_cent;
pub use representing::{Response, equal_customer_mean};
pub use scales::{Distribution, NotAScale, NotOnTheScale, Scale};
pub use tables::{Axis, Bases, NoSuchPart};
pub use telling::{Cell, Drawn, Group, Part, ToldFigure, ToldYear, YearOfAnswers};
pub use withholding::{Threshold, Withheld};
