//! How every operation behaves (api.md §3): order of the checks, bodies, headers, lists, and what lies outside the
//! document. On SQLite, and on both databases where the database has a say.
mod bodies;
mod headers;
mod lists;
mod order;
mod outside;

use end_to_end::{Database, Service, World};

/// A service on SQLite with the small world in it.
async fn with_world() -> (Service, World) {
    let service = Service::start(Database::Sqlite).await;
    let world = World::build(&service).await;
    (service, world)
}
