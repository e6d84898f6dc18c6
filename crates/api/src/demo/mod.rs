//! The demo: a believable municipality, and the main job played over HTTP.
mod agreements;
mod callers;
mod channels;
mod connections;
mod deeds;
mod evidence;
mod fill;
mod improvements;
mod knowledge;
mod known;
mod lives;
mod meetings;
mod municipality;
mod planned_activities;
mod play;
mod ratings;
mod reports;
mod statements;
mod successions;
mod surveys;
mod value;
mod webhooks;
mod weighing;

pub use callers::all_tokens;
pub use fill::{fill, is_empty};
pub use play::play;

/// Why the demo did not run.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the database holds customers already; the demo data goes into an empty one only")]
    NotEmpty,
    #[error("this database does not hold the demo data ({0} is missing); fill an empty one with serve --demo")]
    NotFilled(&'static str),
    #[error("the demo data: {0}")]
    Fill(#[from] crate::http::Problem),
    #[error(transparent)]
    Start(#[from] crate::StartError),
    #[error("{0}")]
    Store(#[from] persistence::Error),
    #[error("{0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    #[error("{what}: {source}")]
    File { what: String, source: std::io::Error },
    #[error("a call failed: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the play went otherwise than written: {0}")]
    Otherwise(String),
    #[error("stopping: {0}")]
    Stop(String),
}
