//! Judging: pure functions from evidence to figures to verdicts. Everything is whole seconds, whole numbers and exact
//! quotients; what is rounded is rounded only to be shown. No function knows a clock or a store: who calls cuts a running
//! period at now, and hands over what stands of each measurement (one state for each source and source id).
//!
//! | indicator | evidence | figure |
//! |---|---|---|
//! | availability | [`Outage`] | [`availability`] within [`agreed_time`] |
//! | timeliness | [`Case`] | [`Case::timed`] each, the share by [`timeliness`] |
//! | gauge | [`Sample`] | [`gauge`] by a [`Statistic`] |
//!
//! [`verdict`] compares a [`Finding`] with what a target promises, and [`allowance`] tells what is left of a promise.
mod availability;
mod gauges;
mod quotient;
mod timeliness;
mod verdicts;

pub use availability::{Availability, Outage, agreed_time, availability};
pub use gauges::{NotAPercentile, Percentile, Sample, Statistic, gauge};
pub use quotient::Quotient;
pub use timeliness::{Case, CountedPriority, Milestone, PrioritySince, Timed, TimelinessRule, timeliness};
pub use verdicts::{Comparison, Finding, Verdict, allowance, verdict};

#[cfg(test)]
mod tests;
