//! What a measurement must keep to, and the one text by which it is known again.
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};

use super::{CaseInput, MeasurementInput};
use crate::{Rule, RuleCode, access::Caller, vocabulary::SystemName};

/// How far ahead a source's clock may be.
pub(crate) const CLOCKS_DIFFER_BY: Duration = Duration::minutes(5);

impl MeasurementInput {
    /// Every rule that it breaks, as it is received `now`.
    fn faults(&self, now: DateTime<Utc>) -> Vec<Rule> {
        let mut times = Times::default();
        let latest = now + CLOCKS_DIFFER_BY;
        for (at, time) in [
            ("/observedAt", Some(*self.observed_at())),
            ("/updatedAt", *self.updated_at()),
        ] {
            times.at_or_before(at, time, "the time at which it was received", Some(latest));
        }
        match self {
            Self::Outage(told) => times.at_or_after("/to", told.to, "from", Some(told.from)),
            Self::Case(told) => told.faults(&mut times),
            Self::Sample(_) => {}
        }
        times.faults
    }
}

impl CaseInput {
    fn faults(&self, times: &mut Times) {
        times.at_or_after("/responded", self.responded, "opened", Some(self.opened));
        let mut before = ("opened", self.opened);
        for (n, reopening) in self.reopenings.iter().enumerate() {
            let at = |member: &str| format!("/reopenings/{n}/{member}");
            times.at_or_after(&at("resolved"), Some(reopening.resolved), before.0, Some(before.1));
            times.at_or_after(
                &at("reopened"),
                Some(reopening.reopened),
                "resolved",
                Some(reopening.resolved),
            );
            before = ("the reopening before it", reopening.reopened);
        }
        times.at_or_after("/resolved", self.resolved, before.0, Some(before.1));
        for (n, pause) in self.pauses.iter().enumerate() {
            times.at_or_after(&format!("/pauses/{n}/to"), pause.to, "from", Some(pause.from));
        }
        let mut since = ("opened", self.opened);
        for (n, had) in self.priority_history.iter().enumerate() {
            times.at_or_after(
                &format!("/priorityHistory/{n}/since"),
                Some(had.since),
                since.0,
                Some(since.1),
            );
            since = ("the priority before it", had.since);
        }
        if let Some(last) = self.priority_history.last()
            && last.priority != self.priority
        {
            let detail = "is the priority that the case has at last: the last of priorityHistory";
            times.faults.push(Rule::new(RuleCode::State, detail).at("/priority"));
        }
    }
}

/// Collects what is out of order.
#[derive(Default)]
struct Times {
    faults: Vec<Rule>,
}

impl Times {
    fn at_or_after(&mut self, at: &str, time: Option<DateTime<Utc>>, what: &str, other: Option<DateTime<Utc>>) {
        if let (Some(time), Some(other)) = (time, other)
            && time < other
        {
            self.fault(at, format!("lies before {what}"));
        }
    }

    fn at_or_before(&mut self, at: &str, time: Option<DateTime<Utc>>, what: &str, other: Option<DateTime<Utc>>) {
        if let (Some(time), Some(other)) = (time, other)
            && other < time
        {
            self.fault(at, format!("lies after {what}"));
        }
    }

    fn fault(&mut self, at: &str, detail: String) {
        self.faults.push(Rule::new(RuleCode::TimeOrder, detail).at(at));
    }
}

/// Refuses what comes from a system that is not bound to its sender.
pub(crate) fn bound(source: &SystemName, caller: &Caller) -> Result<(), Rule> {
    match caller {
        Caller::Client { systems, .. } if !systems.contains(source) => {
            let detail = "is a system that is not bound to this client";
            Err(Rule::new(RuleCode::SystemNotBound, detail).at("/source"))
        }
        _ => Ok(()),
    }
}

/// A measurement that breaks no rule and that its sender may send, with its one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    told: MeasurementInput,
    text: String,
    digest: [u8; 32],
}

impl Evidence {
    /// Takes what a caller sends at a time, or names every rule that it breaks.
    pub fn of(told: MeasurementInput, caller: &Caller, now: DateTime<Utc>) -> Result<Self, Vec<Rule>> {
        let mut faults = told.faults(now);
        faults.extend(bound(told.source(), caller).err());
        let text = serde_json_canonicalizer::to_string(&told);
        match (faults.is_empty(), text) {
            (true, Ok(text)) => {
                let digest = Sha256::digest(text.as_bytes()).into();
                Ok(Self { told, text, digest })
            }
            (true, Err(e)) => Err(vec![Rule::new(
                RuleCode::State,
                format!("cannot be written as JSON: {e}"),
            )]),
            (false, _) => Err(faults),
        }
    }

    /// What it tells.
    pub fn told(&self) -> &MeasurementInput {
        &self.told
    }

    /// The same as text: JSON canonicalised by RFC 8785, so that anybody can compute the digest.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 of the text. The same digest from the same source is the same measurement sent again.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }
}
