//! The contract, made once for all instances in a process: the operations that requests are held to, and both documents as
//! text, for as values they would be most of what an idle service holds.
use std::sync::OnceLock;

use super::{
    document::{self, events},
    operations::Operations,
};

/// What this program promises.
pub struct Contract {
    pub operations: Operations,
    document: String,
    events: String,
}

/// Why there is no contract.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    #[error("the documents: {0}")]
    Document(#[from] serde_json::Error),
    #[error("the paths of the OpenAPI document: {0}")]
    Paths(#[from] matchit::InsertError),
}

impl Contract {
    /// The contract of this program.
    ///
    /// # Errors
    /// Where a document cannot be made, or two of its paths are one.
    pub fn get() -> Result<&'static Self, ContractError> {
        static MADE: OnceLock<Contract> = OnceLock::new();
        if let Some(made) = MADE.get() {
            return Ok(made);
        }
        let document = document::committed()?;
        let made = Self {
            operations: Operations::of(&document)?,
            document: document.to_string(),
            events: events::committed()?.to_string(),
        };
        Ok(MADE.get_or_init(|| made))
    }

    /// The OpenAPI document of an instance at `origin`.
    pub fn document(&self, origin: &str) -> String {
        document::at(origin, &self.document)
    }

    /// The AsyncAPI document of an instance at `origin`.
    pub fn events(&self, origin: &str) -> String {
        events::at(origin, &self.events)
    }
}
