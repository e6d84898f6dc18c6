//! What the end-to-end tests share: the service on a free port with a database of its own, on SQLite and on
//! PostgreSQL, and callers that speak HTTP to it.
#![allow(clippy::disallowed_methods, reason = "tests live in real time")]

pub mod broker;
pub mod contract;
pub mod database;
pub mod mail;
pub mod receiver;
pub mod service;
pub mod signing;
pub mod world;

pub use broker::Broker;
pub use database::{Database, databases};
pub use receiver::{Received, Receiver, Reply};
pub use service::{Answer, Caller, Service};
pub use signing::SigningService;
pub use world::World;

/// Runs the test on every database, each time with a fresh service.
pub async fn on_each_database(test: impl AsyncFn(Service)) {
    for database in databases().await {
        println!("on {database:?}");
        test(Service::start(database).await).await;
    }
}

/// A size from the environment: small by default, full in CI.
pub fn size(name: &str, small: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(small)
}
