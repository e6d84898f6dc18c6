//! Satisfaction: what users and customers think of the delivery, and the figures drawn from it.
mod ratings;

pub use ratings::{Rating, RatingInput, Scale, is_fixed};
