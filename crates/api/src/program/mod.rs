//! The program `kundansvar`: its command line and its settings.
pub mod commands;
mod settings;

pub use commands::run;
pub use settings::{LogFormat, Settings, SettingsError, Sources};
