//! Value against cost: what services cost a customer, how the customer weighs them, and both side by side.
mod analysis;
mod assessments;
mod costs;
mod figures;
#[cfg(test)]
mod tests;

pub use analysis::*;
pub use assessments::*;
pub use costs::*;
pub use figures::ComputedFigure;
