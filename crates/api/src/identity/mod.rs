//! Who calls: signing keys, access tokens, and the token endpoint for other systems.
mod keys;
pub mod oauth;
mod tokens;

pub use keys::{KeyError, Keys};
pub use tokens::{Claims, Kind, Tokens};
