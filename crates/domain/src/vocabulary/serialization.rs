//! For whom a value is being written. The same type answers a caller, goes into the log and is merged with a patch;
//! only references and personal data look different, and they ask here; so do their schemas.
use std::cell::Cell;

use serde::Serialize;

/// For whom a value is written as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// For a caller: references carry their labels.
    #[default]
    Reply,
    /// As a caller would send it: a reference is its id.
    Input,
    /// For the event log: a reference is its id, and personal data is marked `{"personal": …}` so that it can be kept
    /// outside the chain.
    Log,
}

thread_local! {
    static PURPOSE: Cell<Purpose> = const { Cell::new(Purpose::Reply) };
}

/// What is being written on this thread right now.
pub struct Rendering;

impl Rendering {
    /// The purpose of the value that is being serialised.
    pub fn purpose() -> Purpose {
        PURPOSE.get()
    }

    /// Writes values, or their schemas, for the given purpose.
    pub fn for_purpose<T>(purpose: Purpose, write: impl FnOnce() -> T) -> T {
        let before = PURPOSE.replace(purpose);
        let written = write();
        PURPOSE.set(before);
        written
    }
}

/// The value as JSON for the given purpose.
pub fn to_json_for(purpose: Purpose, value: &impl Serialize) -> Result<serde_json::Value, serde_json::Error> {
    Rendering::for_purpose(purpose, || serde_json::to_value(value))
}
