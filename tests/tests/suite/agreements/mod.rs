//! Agreements: written, approved by both parties, moved by the calendar alone.
mod approving;
mod at_once;
mod calendar;
mod covering;
mod exchange;
mod openslo;
mod papers;
mod signing;
mod underpinning;
mod verifying;
mod versions;

use chrono::{Days, Months, NaiveDate};
use end_to_end::{Answer, Caller, Service, World};
use serde_json::{Value, json};

/// A day so many days from the service's today.
fn day(service: &Service, offset: i64) -> String {
    let state = service.state();
    let today = state.settings.local_date(state.clock.now());
    let moved = match offset >= 0 {
        true => today + Days::new(offset.unsigned_abs()),
        false => today - Days::new(offset.unsigned_abs()),
    };
    moved.to_string()
}

/// The last day of a year that begins on the day.
fn year_from(first: &str) -> String {
    let first: NaiveDate = first.parse().expect("a day");
    (first + Months::new(12)).pred_opt().expect("a day").to_string()
}

fn content(title: &str) -> Value {
    json!({
        "title": title, "language": "sv",
        "sections": [{"key": "scope", "heading": "Omfattning", "text": "Rad ett\nRad två"}],
        "targets": [{"key": "answers", "name": "Svarstid", "indicator": {"kind": "gauge", "metric": "svarstid",
            "figure": {"percentile": "95"}}, "comparison": "at_most", "value": "30", "period": "month"}],
    })
}

/// A draft about services from a day on, for a year, without renewal.
fn draft(services: &[&str], first: &str) -> Value {
    json!({"services": services, "content": content("E-post"),
        "terms": {"firstDay": first, "lastDay": year_from(first), "renewal": "none"}})
}

/// The same, renewed tacitly by a year, with three months' notice.
fn tacit(services: &[&str], first: &str) -> Value {
    let mut draft = draft(services, first);
    draft["terms"]["renewal"] = json!("tacit");
    draft["terms"]["renewalTerm"] = json!("P12M");
    draft["terms"]["noticePeriod"] = json!("P3M");
    draft
}

/// A service level agreement of KLK-HR.
fn sla(customer: &str, draft: Value) -> Value {
    json!({"kind": "sla", "customer": customer, "evidence": "document", "draft": draft})
}

async fn begun(brm: &Caller, body: Value) -> String {
    let agreement = brm.post("/agreements", body).await.expect(201);
    format!("/agreements/{}/versions/1", agreement.id())
}

/// An act on a version as it is now.
async fn act(caller: &Caller, version: &str, act: &str, body: Value) -> Answer {
    let etag = caller.get(version).await.etag();
    caller.act(&format!("{version}/{act}"), &etag, body).await
}

async fn propose(brm: &Caller, version: &str) -> Answer {
    let etag = brm.get(version).await.expect(200).etag();
    let headers = [("if-match", etag.as_str())];
    brm.send(reqwest::Method::POST, &format!("{version}/proposal"), &headers, None)
        .await
}

async fn approve(caller: &Caller, version: &str) -> Answer {
    let digest = caller.get(version).await.expect(200).text("digest");
    act(caller, version, "approvals", json!({"digest": digest})).await
}

/// Both parties approve.
async fn agreed(world: &World, version: &str) -> Answer {
    propose(&world.brm, version).await.expect(200);
    approve(&world.brm, version).await.expect(200);
    approve(&world.decider, version).await
}

/// A later version of the same agreement.
fn sibling(version: &str, number: u32) -> String {
    let (agreement, _) = version.rsplit_once('/').expect("a path");
    format!("{agreement}/{number}")
}

fn agreement_of(version: &str) -> String {
    version.split("/versions").next().expect("a path").to_owned()
}
