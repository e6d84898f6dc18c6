//! Needs, lessons and interactions, and the terms by which the first two are found.
mod interactions;
mod lessons;
mod needs;
mod terms;

pub use interactions::*;
pub use lessons::*;
pub use needs::*;
