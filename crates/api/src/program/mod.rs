//! The program `kundansvar`: its command line and its settings.
mod commands;
mod serving;
mod settings;

pub use commands::run;
pub use serving::start_logging;
pub(crate) use serving::until_stopped;
pub use settings::{Broker, LogFormat, Settings, SettingsError, SigningService, Sources};
