//! What all rooms share: the database and its unit of work, errors, pages, and the few spots where SQL differs.
mod db;
mod error;
pub mod idempotency;
mod paging;
mod sql;
mod unit_of_work;

pub use db::{Db, Reader, Settings};
pub use error::{Error, guarding};
pub use paging::{Cursor, Page, Paging};
pub(crate) use sql::*;
pub(crate) use unit_of_work::id_at;
pub use unit_of_work::{LostRace, Origin, Source, UnitOfWork};
