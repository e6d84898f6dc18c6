//! Who wants to be told of events in the demo. Their destinations are nobody's.
use chrono::{DateTime, Utc};
use domain::{vocabulary::ClientId, webhooks::WebhookSubscription};
use persistence::{events, webhooks as store};
use serde_json::json;

use super::fill::{administrator, input, settle, unit_at};
use crate::{State, http::Problem, rooms::webhooks::new_secret};

const NAMES: [&str; 3] = [
    "Ärendeflödet till portföljverktyget",
    "Leveransverktygets prov",
    "Gamla portföljverktyget",
];
/// The one that waits to be resumed.
const PAUSED: &str = NAMES[1];

/// Enters the subscriptions of a system.
pub async fn subscribe(state: &State, client: ClientId, at: DateTime<Utc>) -> Result<(), Problem> {
    let begins = events::end(&state.db).await?;
    unit_at(state, at, &administrator(), async |unit| {
        for name in NAMES {
            settle(unit, "webhook", name);
            let told = json!({"name": name, "destination": "https://portfolio.example.com/kundansvar",
                "types": ["kundansvar.request.*", "kundansvar.hand_over.*"]});
            let new = WebhookSubscription::begin(unit.new_id(), client, input(told)?, new_secret(), unit.now());
            store::insert(unit, &new, begins).await?;
            if name == PAUSED {
                store::update(unit, "paused", &new, &new.clone().pause(None)?).await?;
            }
        }
        Ok(())
    })
    .await
}
