//! The demo: a believable municipality, and the main job played over HTTP.
use actix_web::web;

use crate::{State, program::Settings};

/// Why the demo did not run.
#[derive(Debug, thiserror::Error)]
#[error("the demo: {0}")]
pub struct DemoError(String);

/// Fills an empty database with the demo data.
pub async fn fill(_state: &web::Data<State>) -> Result<(), DemoError> {
    Ok(())
}

/// Starts the service, fills it and plays.
pub async fn play(_settings: Settings, _once: bool) -> Result<(), DemoError> {
    Ok(())
}
