//! How the demo's teams weigh requests.
use chrono::{DateTime, Utc};
use persistence::requests as store;
use serde_json::json;

use super::fill::{administrator, input, settle, unit_at};
use crate::{State, http::Problem};

/// Enters the first scheme.
pub async fn weigh(state: &State, at: DateTime<Utc>) -> Result<(), Problem> {
    let criterion = |key: &str, sv: &str, en: &str, weight: i64, direction: &str| {
        json!({"key": key, "label": {"sv": sv, "en": en}, "lowest": 1, "highest": 5, "weight": weight,
            "direction": direction})
    };
    let told = json!({"criteria": [
        criterion("benefit", "Nytta", "Benefit", 3, "higher_is_better"),
        criterion("reach", "Hur många som berörs", "Reach", 2, "higher_is_better"),
        criterion("urgency", "Brådska", "Urgency", 2, "higher_is_better"),
        criterion("effort", "Insats", "Effort", 2, "lower_is_better"),
    ]});
    unit_at(state, at, &administrator(), async |unit| {
        settle(unit, "scoring scheme", "1");
        store::insert_scheme(unit, input(told.clone())?).await?;
        Ok(())
    })
    .await
}
