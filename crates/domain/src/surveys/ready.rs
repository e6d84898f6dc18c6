//! Surveys to start from.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SurveyInput;
use crate::vocabulary::Slug;

const READY: &str = include_str!("ready.json");

/// A survey to start from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadySurvey {
    /// Its name for programs.
    pub key: Slug,
    /// What to send to enter it, as it is or changed.
    pub survey: SurveyInput,
}

/// The surveys to start from.
pub fn ready_surveys() -> Result<Vec<ReadySurvey>, serde_json::Error> {
    serde_json::from_str(READY)
}
