//! What is sent to make something new, each time by a name that was never there before.
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use uuid::Uuid;

/// Everything that a system can be given leave to do.
pub const SCOPES: [&str; 27] = [
    "register.read",
    "register.write",
    "requests.read",
    "requests.write",
    "feed.service_portfolio",
    "feed.delivery",
    "feed.strategy",
    "measurements.read",
    "measurements.write",
    "satisfaction.read",
    "satisfaction.write",
    "events.read",
    "agreements.read",
    "signatures.write",
    "webhooks.read",
    "webhooks.write",
    "improvements.read",
    "improvements.write",
    "value.read",
    "value.write",
    "knowledge.read",
    "knowledge.write",
    "activities.read",
    "activities.write",
    "announcements.read",
    "announcements.write",
    "meetings.read",
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

pub fn connection(client: &str) -> Value {
    json!({"name": fresh("Koppling"), "system": "monitor", "client": client, "mapping": "empty",
        "authentication": {"method": "bearer"}})
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

/// A survey that asks how satisfied, and in words.
pub fn survey() -> Value {
    let question = |key: &str, kind: &str| json!({"key": key, "text": {"sv": "Fråga?", "en": "Question?"}, "answer": {"kind": kind}});
    json!({"kind": "other", "content": {"title": {"sv": fresh("Enkät"), "en": fresh("Survey")},
        "questions": [question("how", "csat"), question("words", "text")]}})
}

/// A report of a month of its own, in which nobody answered.
pub fn report(customer: &str) -> Value {
    static MONTHS: AtomicU32 = AtomicU32::new(0);
    let month = MONTHS.fetch_add(1, Ordering::Relaxed);
    let period = format!("{}-{:02}", 1901 + month / 12, month % 12 + 1);
    json!({"customer": customer, "period": period, "summary": "Ingen svarade."})
}

/// A round of a survey.
pub fn round(survey: &str, customer: &str, anonymity: &str) -> Value {
    json!({"survey": survey, "title": {"sv": fresh("Runda"), "en": fresh("Round")}, "anonymity": anonymity,
        "customers": [customer], "firstDay": "2020-01-01", "lastDay": "2090-01-01"})
}

/// An earlier survey, of a customer by its code.
pub fn earlier(survey: &str, customer: &str) -> Value {
    json!({"reference": {"system": "enkat", "id": fresh("E")}, "survey": survey, "title": {"sv": "Enkät", "en": "Survey"},
        "anonymity": "confidential", "invited": 10, "customer": {"kind": "fixed", "code": customer},
        "day": {"kind": "fixed", "day": "2020-05-31"}, "columns": [{"column": "a", "question": "how"}], "file": "a\n4\n"})
}

/// A line of ratings.
pub fn rating(service: &str, customer: &str) -> Value {
    json!({"source": "monitor", "sourceId": fresh("B"), "ratedAt": "2026-01-01T00:00:00Z", "service": service,
        "customer": customer, "scale": {"low": 1, "high": 5}, "score": 4})
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
    let target = json!({"key": "answers", "name": "Svarstid", "comparison": "at_most", "value": "30", "period": "month",
        "indicator": {"kind": "gauge", "metric": "svarstid", "figure": "mean"}});
    let content = json!({"title": fresh("Avtal"), "language": "sv", "targets": [target]});
    let mut terms = json!({"firstDay": first, "lastDay": "2090-12-31", "renewal": renewal});
    if renewal != "none" {
        terms["renewalTerm"] = json!("P12M");
    }
    json!({"services": [service], "terms": terms, "content": content})
}

/// Where nobody listens.
pub fn webhook() -> Value {
    json!({"name": fresh("Krok"), "destination": "https://hooks.example.com/in", "types": ["kundansvar.request.*"]})
}

pub fn template() -> Value {
    let content = json!({"title": "Grund", "language": "sv"});
    json!({"name": fresh("Mall"), "kind": "sla", "content": content, "terms": {"initialTerm": "P12M", "renewal": "none"}})
}

/// A way of weighing.
pub fn scheme() -> Value {
    json!({"criteria": [{"key": "benefit", "label": {"sv": "Nytta", "en": "Benefit"}, "lowest": 1, "highest": 5,
        "weight": 3, "direction": "higher_is_better"}]})
}

/// A month that is over.
pub fn statement(agreement: &str) -> Value {
    json!({"agreement": agreement, "period": "2020-03"})
}

pub fn exclusion(agreement: &str) -> Value {
    json!({"agreement": agreement, "from": "2020-03-02T10:00:00Z", "to": "2020-03-02T12:00:00Z",
        "ground": "planned_maintenance", "reason": "Byte av kärnväxel."})
}

pub fn objection() -> Value {
    json!({"targets": ["answers"], "reason": "Mätningen saknar natten."})
}

pub fn run() -> Value {
    json!({"act": "closing", "period": "2019-03"})
}

pub fn improvement(customer: &str, owner: &str) -> Value {
    let measure = json!({"name": "Väntetid", "unit": "min", "direction": "lower",
        "baseline": {"value": "40", "day": "2026-01-10"}, "target": {"value": "20", "by": "2090-01-01"}});
    json!({"title": fresh("Förbättring"), "customers": [customer], "owner": owner, "measure": measure})
}

pub fn planned_activity(customer: &str) -> Value {
    json!({"kind": "activity", "title": fresh("Plan"), "customer": customer})
}

pub fn announcement(service: &str, customer: &str) -> Value {
    json!({"kind": "disturbance", "title": {"sv": fresh("Störning")}, "text": {"sv": "Vi arbetar med felet."},
        "services": [service], "customers": [customer], "beginsAt": "2026-01-01T00:00:00Z"})
}

pub fn calendar_subscription() -> Value {
    json!({"name": fresh("Datum"), "of": {"kind": "own"}})
}

/// A meeting that began in January, by which it can be held.
pub fn meeting(customer: &str, kind: &str) -> Value {
    json!({"customer": customer, "kind": kind, "startsAt": "2026-01-15T09:00:00Z", "endsAt": "2026-01-15T10:00:00Z"})
}

/// Meetings once a year from today on.
pub fn meeting_series(customer: &str) -> Value {
    let today = chrono::Utc::now().date_naive() + chrono::Days::new(1);
    json!({"customer": customer, "kind": "team", "rule": "FREQ=YEARLY", "firstDay": today, "time": "09:00", "minutes": 60})
}

pub fn minutes(owner: &str) -> Value {
    json!({"notes": "Läget.", "actionItems": [{"text": fresh("Ring"), "owner": {"kind": "person", "person": owner}}]})
}

pub fn agenda_item() -> Value {
    json!({"type": "information", "title": fresh("Punkt")})
}

pub fn activity(who: &str) -> Value {
    json!({"what": fresh("Åtgärd"), "who": who, "dueDay": "2090-01-01"})
}

/// After the implementation of 20 January.
pub fn reading() -> Value {
    json!({"value": "19.5", "day": "2026-02-01"})
}

pub fn verified_effect() -> Value {
    json!({"outcome": "achieved", "conclusion": "Fler i receptionen räckte."})
}

pub fn cost(customer: &str, service: &str) -> Value {
    json!({"customer": customer, "service": service, "firstDay": "2020-01-01", "lastDay": "2020-12-31",
        "cost": {"amount": "120000", "currency": "SEK"}})
}

pub fn assessment(service: &str) -> Value {
    json!({"service": service, "year": 2020, "scores": [{"dimension": "usefulness", "score": 4}]})
}

pub fn need(customer: &str) -> Value {
    json!({"customer": customer, "statement": fresh("Behov"), "theme": "mobilitet", "horizon": "within_a_year",
        "strength": "high"})
}

pub fn lesson() -> Value {
    json!({"title": fresh("Lärdom"), "happened": "Det gick fel.", "learned": "Mät före och efter."})
}

pub fn interaction(customer: &str) -> Value {
    json!({"customer": customer, "channel": "phone", "day": "2020-01-01", "summary": fresh("Samtal")})
}

/// An agreement's draft as another installation exported it.
pub fn filed(customer: &str, service: &Value) -> Value {
    let covered = json!({"id": service["id"], "code": service["code"], "name": service["name"]});
    let mut agreed = agreed("", "2020-01-01", "none");
    agreed["number"] = json!("AGR-2020-0001");
    agreed["version"] = json!(1);
    agreed["with"] = json!({"name": "HR"});
    agreed["services"] = json!([covered]);
    agreed["calendars"] = json!([]);
    let all = json!({"sections": [], "targets": [], "workloadLimits": [], "priorities": [], "thisOnly": false});
    let content = agreed["content"].as_object_mut().expect("content");
    content.extend(all.as_object().expect("members").clone());
    let digest = domain::agreements::content_digest(&agreed).expect("a digest");
    json!({"format": "kundansvar_agreement", "exported": {"origin": fresh("https://other.example.se/").replace(' ', ""),
        "number": "AGR-2020-0001"}, "kind": "sla", "customer": {"code": customer, "name": "HR"}, "evidence": "document",
        "versions": [{"agreed": agreed, "digest": digest, "createdAt": "2019-12-01T08:00:00Z"}]})
}
