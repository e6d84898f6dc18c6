//! What is true: the words and rules of Customer Management ("kundansvar").
//!
//! Pure: no I/O, no clock, no randomness, no query. Each room carries the domain's own word; `vocabulary` holds what
//! all of them share. Rules are methods that take a value and return the changed value or the [`Rule`] that forbids it.
#![warn(missing_docs)]

pub mod access;
pub mod access_records;
pub mod agreements;
pub mod announcements;
pub mod calendars;
pub mod clients;
pub mod connections;
pub mod customers;
pub mod date_feeds;
pub mod events;
pub mod improvements;
pub mod knowledge;
pub mod measurements;
pub mod meetings;
pub mod notifications;
pub mod people;
pub mod planned_activities;
pub mod relation;
pub mod requests;
mod rules;
pub mod satisfaction;
pub mod service_levels;
pub mod services;
pub mod surveys;
pub mod teams;
pub mod value;
pub mod vocabulary;
pub mod webhooks;

pub use rules::{Rule, RuleCode};
