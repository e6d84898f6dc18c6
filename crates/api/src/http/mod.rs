//! What every operation shares: the way in (`gate`, `input`), the way through (`call`), the way out (`reply`,
//! `problem`), and the contract that all of it follows (`contract`, `document`, `operations`).
pub mod call;
pub mod contract;
pub mod document;
pub mod files;
pub mod frame;
pub mod gate;
pub mod input;
pub mod lines;
pub mod looks;
pub mod operations;
pub mod problem;
pub mod reply;
pub mod routes;
pub mod table;

pub use call::Call;
pub use contract::Contract;
pub use files::{File, FileKind};
pub use input::{Body, Csv, Documents, ListQuery, NoBody, Patch, PatchOf, Query, Sort};
pub use lines::Lines;
pub use problem::{Fault, Problem};
pub use reply::{Listing, Log, Reply};
pub use routes::Routes;
