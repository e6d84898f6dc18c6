//! What can be done with a planned activity, each act with its rules.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::*;
use crate::{Rule, RuleCode};

/// What it takes to come from one phase to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseStep {
    /// It is in that phase already.
    Stays,
    /// Only to say so.
    Free,
    /// A reason: what was over is taken up again, or was told wrongly.
    WithReason,
}

impl PlannedPhase {
    /// What it takes to come to another phase. Total: every pair is decided here.
    pub fn step(self, to: Self) -> PhaseStep {
        use PlannedPhase::*;
        match (self, to) {
            (from, to) if from == to => PhaseStep::Stays,
            (Idea | Planned | Ongoing, _) => PhaseStep::Free,
            (Done | Cancelled, _) => PhaseStep::WithReason,
        }
    }

    /// Whether it must be known when it is done.
    fn wants_period(self) -> bool {
        matches!(self, Self::Planned | Self::Ongoing | Self::Done)
    }

    /// Whether it is still to come, or being done.
    pub fn is_ahead(self) -> bool {
        matches!(self, Self::Idea | Self::Planned | Self::Ongoing)
    }
}

/// Into which phase an activity comes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedPhaseInput {
    /// Which.
    pub phase: PlannedPhase,
    /// Why; needed where it was done or cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When it is done; unless told, as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<PlannedPeriod>,
}

/// The things that an input names, found.
#[derive(Debug, Clone)]
pub struct NamedForPlan {
    /// Whose it is.
    pub customer: CustomerRef,
    /// The services that it affects.
    pub services: Vec<ServiceRef>,
    /// Of which service each expected change is, in their order.
    pub changing: Vec<ServiceRef>,
    /// Whom to ask.
    pub contact: Option<ContactRef>,
}

fn refused(detail: &str, pointer: impl Into<String>) -> Rule {
    Rule::new(RuleCode::State, detail).at(pointer)
}

impl PlannedActivity {
    /// A new one.
    pub fn enter(
        id: PlannedActivityId,
        input: PlannedActivityInput,
        named: NamedForPlan,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        let new = Self {
            id,
            version: 1,
            kind: input.kind,
            title: input.title,
            description: input.description,
            customer: named.customer,
            phase: input.phase,
            phase_reason: input.reason,
            period: input.period,
            services: by_code(named.services),
            changes: changes(input.changes, named.changing),
            sites: input.sites,
            freeze: input.freeze,
            confidence: input.confidence,
            contact: named.contact,
            shared_in_calendars: input.shared_in_calendars,
            meeting: input.meeting,
            references: input.references,
            created_at: now,
            changed_at: now,
        };
        new.check()
    }

    /// As told anew, in the phase that it is in: into another it comes by an act of its own.
    pub fn change(self, input: PlannedActivityInput, named: NamedForPlan, now: DateTime<Utc>) -> Result<Self, Rule> {
        if input.phase != self.phase {
            return Err(refused("Into another phase it comes by an act of its own.", "/phase"));
        }
        if input.reason.is_some() {
            return Err(refused("A reason is told with another phase.", "/reason"));
        }
        self.told(input, named, now)
    }

    /// As its source tells it anew, phase and all.
    pub fn change_by_source(
        self,
        input: PlannedActivityInput,
        named: NamedForPlan,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        let (phase, reason) = (input.phase, input.reason.clone());
        let stays = phase == self.phase;
        let before = if stays { self } else { self.moved(phase, reason)? };
        before.told(input, named, now)
    }

    /// Into another phase.
    pub fn enter_phase(self, told: PlannedPhaseInput, now: DateTime<Utc>) -> Result<Self, Rule> {
        let moved = self.moved(told.phase, told.reason)?;
        Self {
            version: moved.version + 1,
            period: told.period.or(moved.period),
            changed_at: now,
            ..moved
        }
        .check()
    }

    fn moved(self, to: PlannedPhase, reason: Option<Reason>) -> Result<Self, Rule> {
        match (self.phase.step(to), &reason) {
            (PhaseStep::Stays, _) => Err(refused(&format!("It is {to} already."), "/phase")),
            (PhaseStep::WithReason, None) => {
                let detail = format!("It is {}; to leave that needs a reason.", self.phase);
                Err(refused(&detail, "/reason"))
            }
            (PhaseStep::Free | PhaseStep::WithReason, _) => Ok(Self {
                phase: to,
                phase_reason: reason,
                ..self
            }),
        }
    }

    fn told(self, input: PlannedActivityInput, named: NamedForPlan, now: DateTime<Utc>) -> Result<Self, Rule> {
        if named.customer != self.customer {
            let detail = "What a customer plans stays that customer's; enter it anew for another.";
            return Err(refused(detail, "/customer"));
        }
        Self {
            version: self.version + 1,
            kind: input.kind,
            title: input.title,
            description: input.description,
            period: input.period,
            services: by_code(named.services),
            changes: changes(input.changes, named.changing),
            sites: input.sites,
            freeze: input.freeze,
            confidence: input.confidence,
            contact: named.contact,
            shared_in_calendars: input.shared_in_calendars,
            references: input.references,
            changed_at: now,
            ..self
        }
        .check()
    }

    /// Refuses what does not go together.
    fn check(self) -> Result<Self, Rule> {
        if self.phase.wants_period() && self.period.is_none() {
            let detail = format!("What is {} has a period; an idea may do without.", self.phase);
            return Err(refused(&detail, "/period"));
        }
        if let Some(period) = self.period {
            period.days().period().map_err(|rule| rule.under("/period"))?;
        }
        if let Some(freeze) = self.freeze {
            freeze.days().period().map_err(|rule| rule.under("/freeze"))?;
        }
        for (n, change) in self.changes.iter().enumerate() {
            if !self.services.contains(&change.service) {
                let detail = format!("{} is not among the services that it affects.", change.service.code);
                return Err(refused(&detail, format!("/changes/{n}/service")));
            }
        }
        Ok(self)
    }

    /// What was said of it as it is now.
    pub fn moment(&self, by: Actor) -> PlannedActivityMoment {
        PlannedActivityMoment {
            version: self.version,
            phase: self.phase,
            reason: self.phase_reason.clone(),
            period: self.period,
            confidence: self.confidence,
            by,
            at: self.changed_at,
        }
    }

    /// Whether phase, period or confidence differ, which the history tells.
    pub fn says_otherwise(&self, before: &Self) -> bool {
        (self.phase, self.period, self.confidence) != (before.phase, before.period, before.confidence)
    }

    /// The activity as another thing's reference to it.
    pub fn reference(&self) -> PlannedActivityRef {
        PlannedActivityRef {
            id: self.id,
            title: self.title.clone(),
        }
    }
}

fn by_code(mut services: Vec<ServiceRef>) -> Vec<ServiceRef> {
    services.sort_by(|a, b| a.code.cmp(&b.code));
    services
}

fn changes(told: Vec<ExpectedChangeInput>, of: Vec<ServiceRef>) -> Vec<ExpectedChange> {
    let change = |(told, service): (ExpectedChangeInput, ServiceRef)| ExpectedChange {
        service,
        metric: told.metric,
        change: told.change,
    };
    told.into_iter().zip(of).map(change).collect()
}
