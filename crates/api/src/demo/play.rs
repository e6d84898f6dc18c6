//! The main job, played over HTTP.
use crate::program::Settings;
use super::DemoError;

pub async fn play(_settings: Settings, _once: bool) -> Result<(), DemoError> {
    Ok(())
}
