//! Where it is kept: sea-orm entities and queries, on SQLite and PostgreSQL alike.
//!
//! Nothing else writes SQL. A room's functions take the [`UnitOfWork`](store::UnitOfWork) to change something, a
//! [`Reader`](store::Reader) to look, and the caller's scope in either case, so that it cannot be forgotten.
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
pub mod overviews;
pub mod people;
pub mod planned_activities;
pub mod references;
pub mod requests;
pub mod satisfaction;
pub mod service_levels;
pub mod services;
pub mod store;
pub mod surveys;
pub mod teams;
pub mod value;
pub mod webhooks;

pub use store::{Db, Error, Page, Paging, Reader, UnitOfWork};
