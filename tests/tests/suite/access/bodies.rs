//! What is sent to make something new, each time by a name that was never there before.
use serde_json::{Value, json};
use uuid::Uuid;

/// Everything that a system can be given leave to do.
pub const SCOPES: [&str; 12] = [
    "register.read",
    "register.write",
    "requests.read",
    "requests.write",
    "feed.service_portfolio",
    "feed.delivery",
    "feed.strategy",
    "measurements.read",
    "measurements.write",
    "events.read",
    "agreements.read",
    "signatures.write",
];

/// The scopes but one; all where none is named.
pub fn scopes_without(one: &str) -> String {
    SCOPES
        .into_iter()
        .filter(|scope| *scope != one)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A name that was never there before.
pub fn fresh(word: &str) -> String {
    format!("{word} {}", Uuid::now_v7().simple())
}

pub fn code() -> String {
    format!("C{}", &Uuid::now_v7().simple().to_string().to_uppercase()[12..])
}

pub fn customer(parent: &str) -> Value {
    json!({"code": code(), "name": fresh("Kund"), "parent": parent, "legalEntity": {"name": "Kommunen"}})
}

pub fn contact(customer: &str) -> Value {
    let mandates = json!([{"kind": "key_user", "firstDay": "2020-01-01"}]);
    json!({"customer": customer, "name": fresh("Kontakt"), "mandates": mandates})
}

pub fn client(limited_to: Option<&str>) -> Value {
    let mut client = json!({"name": fresh("System"), "scopes": SCOPES, "systems": ["monitor"]});
    if let Some(customer) = limited_to {
        client["customers"] = json!([customer]);
    }
    client
}

pub fn calendar() -> Value {
    let day = json!([{"from": "08:00", "to": "17:00"}]);
    json!({"name": fresh("Kalender"), "hours": {"zone": "Europe/Stockholm", "weekly": {"monday": day}}})
}

/// A line of measurements.
pub fn outage(service: &str, customer: &str) -> Value {
    json!({"kind": "outage", "source": "monitor", "sourceId": fresh("O"), "observedAt": "2026-01-01T00:00:00Z",
        "service": service, "from": "2026-01-01T00:00:00Z", "customers": [customer]})
}

pub fn assignment(team: &str) -> Value {
    json!({"team": team, "firstDay": "2020-01-01"})
}

pub fn exception() -> Value {
    json!({"reason": "Liten organisation.", "lastDay": "2099-12-31"})
}

pub fn accepted() -> Value {
    json!({"outcome": "accepted", "plan": "Införs i höst.", "reference": "B-1"})
}

/// What is agreed about a service from a day on, for a year.
pub fn agreed(service: &str, first: &str, renewal: &str) -> Value {
    let content = json!({"title": fresh("Avtal"), "language": "sv"});
    let mut terms = json!({"firstDay": first, "lastDay": "2090-12-31", "renewal": renewal});
    if renewal != "none" {
        terms["renewalTerm"] = json!("P12M");
    }
    json!({"services": [service], "terms": terms, "content": content})
}

pub fn template() -> Value {
    let content = json!({"title": "Grund", "language": "sv"});
    json!({"name": fresh("Mall"), "kind": "sla", "content": content, "terms": {"initialTerm": "P12M", "renewal": "none"}})
}
