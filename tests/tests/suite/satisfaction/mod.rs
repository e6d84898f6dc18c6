//! Satisfaction: ratings in, and what is told of them.
mod ratings;
