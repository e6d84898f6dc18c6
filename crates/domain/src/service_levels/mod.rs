//! Service levels: what was promised against what was delivered.
//!
//! A *statement* covers one agreement and one calendar period. While the period runs it is open and computed from what is
//! there; then it is proposed, the customer accepts it or objects, and it is closed and never computed again. `judging`
//! makes figures and verdicts of evidence; `computing` asks it for each target of each version in force.
mod computing;
mod consequences;
mod differences;
mod evidence;
mod exclusions;
mod figures;
pub mod judging;
mod objections;
mod periods;
mod runs;
mod statements;

pub use computing::*;
pub use differences::*;
pub use evidence::*;
pub use exclusions::*;
pub use figures::*;
pub use objections::*;
pub use periods::*;
pub use runs::*;
pub use statements::*;

#[cfg(test)]
mod tests;
