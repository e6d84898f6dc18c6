//! Statements: what was promised beside what was delivered, from the running figures to the closed ones.
mod acts;
mod at_once;
mod audit;
mod coverage;
mod evidence;
mod exclusions;
mod figures;
mod papers;
mod runs;
mod teller;

use end_to_end::{Answer, Caller, Service};
use reqwest::Method;
use serde_json::{Value, json};

use crate::measurements::Desk;

/// A world in which an agreement holds since 2020, and a system that sends evidence.
pub struct Stage {
    pub desk: Desk,
    pub calendar: String,
}

impl Stage {
    pub async fn set(service: &Service) -> Self {
        let desk = Desk::set(service).await;
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
        let weekly: serde_json::Map<String, Value> = days
            .iter()
            .map(|day| (day.to_string(), json!([{"from": "08:00", "to": "17:00"}])))
            .collect();
        let body = json!({"name": "Kontorstid", "hours": {"zone": "Europe/Stockholm", "weekly": weekly}});
        let calendar = service
            .administrator()
            .post("/service-calendars", body)
            .await
            .expect(201)
            .id();
        Self { desk, calendar }
    }

    /// A calendar that is always open.
    pub async fn always(&self, service: &Service) -> String {
        let days = [
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ];
        let weekly: serde_json::Map<String, Value> = days
            .iter()
            .map(|day| (day.to_string(), json!([{"from": "00:00", "to": "24:00"}])))
            .collect();
        let body = json!({"name": "Dygnet runt", "hours": {"zone": "Europe/Stockholm", "weekly": weekly}});
        service
            .administrator()
            .post("/service-calendars", body)
            .await
            .expect(201)
            .id()
    }

    pub fn availability(&self) -> Value {
        json!({"key": "uptime", "name": "Tillgänglighet", "indicator": {"kind": "availability"},
            "comparison": "at_least", "value": "99", "period": "month", "calendar": self.calendar})
    }

    pub fn resolution(&self) -> Value {
        json!({"key": "resolution", "name": "Lösta inom fyra timmar", "comparison": "at_least", "value": "50",
            "period": "month", "calendar": self.calendar,
            "indicator": {"kind": "timeliness", "measured": "resolution", "limit": "PT4H", "priorities": ["2 - High"]}})
    }

    pub fn answers(&self) -> Value {
        json!({"key": "answers", "name": "Svarstid", "comparison": "at_most", "value": "0.5", "period": "month",
            "indicator": {"kind": "gauge", "metric": "svarstid", "unit": "s", "figure": {"percentile": "95"}}})
    }

    pub fn content(&self, targets: Vec<Value>) -> Value {
        json!({"title": "E-post", "language": "sv", "objectionDays": 10, "priorities": ["2 - High", "3 - Moderate"],
            "preAgreedExclusions": ["planned_maintenance"], "targets": targets})
    }

    /// The id of an agreement about mail that both have approved.
    pub async fn agreed(&self, customer: &str, decider: &Caller, first_day: &str, content: Value) -> String {
        let brm = &self.desk.world.brm;
        let body = json!({"kind": "sla", "customer": customer, "evidence": "document", "draft": {
            "services": [self.desk.world.mail], "content": content,
            "terms": {"firstDay": first_day, "lastDay": "2090-12-31", "renewal": "none"}}});
        let id = brm.post("/agreements", body).await.expect(201).id();
        self.approve(&id, 1, decider).await;
        id
    }

    /// Proposes a version, and lets both approve it.
    pub async fn approve(&self, agreement: &str, number: u32, decider: &Caller) {
        let brm = &self.desk.world.brm;
        let version = format!("/agreements/{agreement}/versions/{number}");
        let seen = brm.get(&version).await.expect(200);
        act(brm, &format!("{version}/proposal"), &seen.etag(), None)
            .await
            .expect(200);
        for party in [brm, decider] {
            let seen = party.get(&version).await.expect(200);
            let body = json!({"digest": seen.text("digest")});
            let path = format!("{version}/approvals");
            act(party, &path, &seen.etag(), Some(body)).await.expect(200);
        }
    }

    /// The usual agreement with KLK-HR.
    pub async fn usual(&self) -> String {
        let targets = vec![self.availability(), self.resolution(), self.answers()];
        let world = &self.desk.world;
        self.agreed(&world.klk_hr, &world.decider, "2020-01-01", self.content(targets))
            .await
    }

    pub async fn open(&self, agreement: &str, period: &str) -> Answer {
        let body = json!({"agreement": agreement, "period": period});
        self.desk.world.dm.post("/service-level-statements", body).await
    }

    /// The path of a statement of March 2026.
    pub async fn march(&self, agreement: &str) -> String {
        let opened = self.open(agreement, "2026-03").await.expect(201);
        format!("/service-level-statements/{}", opened.id())
    }

    pub async fn propose(&self, statement: &str) -> Answer {
        step(&self.desk.world.dm, statement, "proposal", None).await
    }

    pub async fn close(&self, statement: &str) -> Answer {
        step(&self.desk.world.dm, statement, "closing", None).await
    }

    pub async fn accept(&self, statement: &str) -> Answer {
        let decider = &self.desk.world.decider;
        let digest = decider.get(statement).await.expect(200).body["figures"]["digest"].clone();
        step(decider, statement, "acceptance", Some(json!({"digest": digest}))).await
    }

    /// Proposed, accepted and closed.
    pub async fn through(&self, statement: &str) -> Answer {
        self.propose(statement).await.expect(200);
        self.accept(statement).await.expect(200);
        self.close(statement).await.expect(200)
    }
}

/// A call with If-Match, with a body or without.
pub async fn act(caller: &Caller, path: &str, etag: &str, body: Option<Value>) -> Answer {
    caller.send(Method::POST, path, &[("if-match", etag)], body).await
}

/// An act on a thing as it is now.
pub async fn step(caller: &Caller, thing: &str, act: &str, body: Option<Value>) -> Answer {
    let etag = caller.get(thing).await.expect(200).etag();
    self::act(caller, &format!("{thing}/{act}"), &etag, body).await
}

/// The figure of a target in the first part.
#[track_caller]
pub fn figure<'a>(statement: &'a Value, key: &str) -> &'a Value {
    figure_in(statement, 0, key)
}

#[track_caller]
pub fn figure_in<'a>(statement: &'a Value, part: usize, key: &str) -> &'a Value {
    let targets = statement["figures"]["parts"][part]["targets"].as_array();
    let found = targets.and_then(|all| all.iter().find(|figure| figure["target"] == key));
    found.unwrap_or_else(|| panic!("no figure of {key} in {statement:#}"))
}
