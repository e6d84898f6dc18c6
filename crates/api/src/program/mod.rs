//! The program `kundansvar`: its command line and its settings.
mod commands;
mod serving;
mod settings;

pub use commands::run;
pub use serving::start_logging;
pub(crate) use serving::until_stopped;
pub use settings::{Broker, LogFormat, MailServer, Settings, SettingsError, SigningService, Sources};
