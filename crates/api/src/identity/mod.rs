//! Who calls: signing keys, access tokens, and the token endpoint for other systems.
mod keys;
mod links;
pub mod oauth;
mod tokens;

pub use keys::{KeyError, Keys};
pub use links::LinkKey;
pub use tokens::{Claims, Kind, Tokens};
