//! Where the demo's customers turn: the same desk for all, and another ladder for social services, whose night never ends.
use chrono::{DateTime, Utc};
use domain::vocabulary::CustomerRef;
use persistence::customers;
use serde_json::{Value, json};

use super::fill::{administrator, input, permitted, unit_at};
use crate::{State, http::Problem};

/// Who is told of; their parts turn there, too.
const TOLD: [&str; 6] = ["KLK", "BUN", "SOC", "SBN", "KFN", "LEAB"];

/// Tells where these customers turn.
pub async fn tell(
    state: &State,
    made: &std::collections::HashMap<&'static str, CustomerRef>,
    at: DateTime<Utc>,
) -> Result<(), Problem> {
    let administrator = administrator();
    let scope = permitted("setCustomerChannels", &administrator)?;
    unit_at(state, at, &administrator, async |unit| {
        for code in TOLD {
            let customer = made.get(code).ok_or(Problem::NotFound)?;
            let before = customers::load(unit, &scope, customer.id).await?;
            let after = before.clone().turn_to(input(told(code == "SOC"))?)?;
            customers::update_channels(unit, &before, &after).await?;
        }
        Ok(())
    })
    .await
}

fn told(at_night: bool) -> Value {
    let (phone, email) = ("0999-100 10", "servicedesk@lindasa.example");
    let office = "Vardagar 7–17";
    let mut ladder = vec![
        json!({"afterMinutes": 0, "name": "Servicedeskens ledare", "phone": phone}),
        json!({"afterMinutes": 60, "name": "Leveransansvarig", "role": "delivery_manager"}),
        json!({"afterMinutes": 240, "name": "Kundansvarig", "role": "business_relationship_manager"}),
        json!({"afterMinutes": 480, "name": "IT-chef", "phone": "0999-100 01"}),
    ];
    if at_night {
        ladder.insert(
            1,
            json!({"afterMinutes": 20, "name": "Driftjouren", "phone": "0999-100 99"}),
        );
    }
    json!({
        "channels": [
            {"purpose": "order", "name": "Beställningsportalen", "address": "https://portal.lindasa.example/bestall"},
            {"purpose": "order", "name": "Servicedesk", "phone": phone, "email": email, "answered": office},
            {"purpose": "escalate", "name": "Servicedeskens ledare", "phone": phone, "answered": office},
            {"purpose": "complain", "name": "Synpunkter på IT", "email": "synpunkter@lindasa.example"},
            {"purpose": "emergency", "name": "Driftjouren", "phone": "0999-100 99", "answered": "Dygnet runt"},
        ],
        "escalationLadder": ladder,
    })
}
