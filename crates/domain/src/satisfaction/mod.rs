//! Satisfaction: what users and customers think of the delivery, and the figures drawn from it.
mod ratings;
mod scales;

pub use ratings::{Rating, RatingInput, ScaleInput, is_fixed};
pub use scales::{Distribution, NotAScale, NotOnTheScale, Scale};
