//! Service levels: what was promised against what was delivered. `judging` makes figures and verdicts of evidence.
pub mod judging;
