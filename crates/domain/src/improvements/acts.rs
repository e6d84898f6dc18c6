//! What can be done with an improvement, each act with its rules.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{measures::no_baseline, *};
use crate::{
    Rule, RuleCode,
    requests::{Decision, DecisionOutcome, Fulfilment, Request},
};

/// The things that an input names, found.
#[derive(Debug, Clone)]
pub struct NamedForImprovement {
    /// The customers that it is for.
    pub customers: Vec<CustomerRef>,
    /// The services that it concerns.
    pub services: Vec<ServiceRef>,
    /// Who answers for it.
    pub owner: Option<PersonRef>,
}

/// Why an improvement is not done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImprovementRejectionInput {
    /// The reason; whoever raised the request that led to it reads it there.
    pub reason: Reason,
}

/// Since when an improvement is in effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImplementationInput {
    /// The day from which it is in effect; today unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
}

/// How many activities an improvement has at most.
const ACTIVITIES: usize = 50;

fn by_code<T: PartialEq>(mut all: Vec<T>, code: impl Fn(&T) -> Code) -> Vec<T> {
    all.sort_by_key(code);
    all.dedup();
    all
}

impl Improvement {
    /// A new entry.
    pub fn identify(
        id: ImprovementId,
        number: String,
        (input, origin): (ImprovementInput, Origin),
        named: NamedForImprovement,
        (now, today): (DateTime<Utc>, NaiveDate),
    ) -> Result<Self, Rule> {
        if let Some(measure) = &input.measure {
            measure.must_be_judgeable(today)?;
        }
        origin.must_be_of_one(&named.customers)?;
        Ok(Self {
            id,
            version: 1,
            number,
            status: ImprovementStatus::Identified,
            title: input.title,
            description: input.description,
            origin,
            customers: by_code(named.customers, |c| c.code.clone()),
            unseen_customers: vec![],
            services: by_code(named.services, |s| s.code.clone()),
            owner: named.owner,
            priority: input.priority,
            measure: input.measure,
            activities: vec![],
            approval: None,
            rejection: None,
            implementation: None,
            verification: None,
            references: input.references,
            created_at: now,
            changed_at: now,
        })
    }

    /// The entry of a request that is routed here, by its current hand-over.
    pub fn of_request(
        id: ImprovementId,
        number: String,
        request: &Request,
        behind: Vec<CustomerRef>,
        owner: Option<PersonRef>,
        now: DateTime<Utc>,
    ) -> Self {
        let customers = [request.customer.clone()].into_iter().chain(behind).collect();
        Self {
            id,
            version: 1,
            number,
            status: ImprovementStatus::Identified,
            title: request.title.clone(),
            description: request.description.clone(),
            origin: Origin {
                request: Some(request.reference()),
                hand_over: request.hand_over.as_ref().map(|h| h.id),
                customer: Some(request.customer.id),
                ..Origin::told(OriginKind::Request, None)
            },
            customers: by_code(customers, |c| c.code.clone()),
            unseen_customers: vec![],
            services: request.services.clone(),
            owner,
            priority: None,
            measure: None,
            activities: vec![],
            approval: None,
            rejection: None,
            implementation: None,
            verification: None,
            references: vec![],
            created_at: now,
            changed_at: now,
        }
    }

    /// The content as told anew. What it came from stays, and so does what it is measured by once it is implemented: its
    /// effect is judged by that.
    pub fn change(
        self,
        input: ImprovementInput,
        named: NamedForImprovement,
        (now, today): (DateTime<Utc>, NaiveDate),
    ) -> Result<Self, Rule> {
        let after = self.step(ImprovementAct::Change, now)?;
        if input.origin.is_some() {
            return Err(Rule::new(RuleCode::State, "An improvement keeps what it came from.").at("/origin"));
        }
        if after.status == ImprovementStatus::Implemented && input.measure != after.measure {
            let detail = format!(
                "{} is implemented; its effect is judged by the measure that it had then.",
                after.number
            );
            return Err(Rule::new(RuleCode::ImprovementEffect, detail).at("/measure"));
        }
        if let Some(measure) = &input.measure {
            measure.must_be_judgeable(today)?;
        }
        Ok(Self {
            title: input.title,
            description: input.description,
            customers: by_code(named.customers, |c| c.code.clone()),
            services: by_code(named.services, |s| s.code.clone()),
            owner: named.owner,
            priority: input.priority,
            measure: input.measure,
            references: input.references,
            ..after
        })
    }

    /// The same from the system that entered it, until somebody has decided on it.
    pub fn change_by_source(
        self,
        input: ImprovementInput,
        named: NamedForImprovement,
        times: (DateTime<Utc>, NaiveDate),
    ) -> Result<Self, Rule> {
        if self.status != ImprovementStatus::Identified {
            let detail = format!(
                "{} is {}: its source may change it only while it is identified.",
                self.number, self.status
            );
            return Err(Rule::new(RuleCode::SourceNoLongerOwns, detail));
        }
        // A source tells the whole of it again, what it came from included.
        let input = ImprovementInput { origin: None, ..input };
        self.change(input, named, times)
    }

    /// Something more is to be done for it.
    pub fn plan(self, activity: ImprovementActivity, now: DateTime<Utc>) -> Result<Self, Rule> {
        let mut after = self.step(ImprovementAct::Plan, now)?;
        if after.activities.len() >= ACTIVITIES {
            let detail = format!("{} has {ACTIVITIES} activities, as many as one can have.", after.number);
            return Err(Rule::new(RuleCode::State, detail));
        }
        after.activities.push(activity);
        Ok(after.in_order())
    }

    /// An activity as told anew.
    pub fn plan_anew(
        self,
        id: ImprovementActivityId,
        told: ImprovementActivityInput,
        who: PersonRef,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        let mut after = self.step(ImprovementAct::Plan, now)?;
        let activity = after.undone(id)?;
        activity.what = told.what;
        activity.who = who;
        activity.due_day = told.due_day;
        Ok(after.in_order())
    }

    /// An activity is done.
    pub fn complete(self, id: ImprovementActivityId, today: NaiveDate, now: DateTime<Utc>) -> Result<Self, Rule> {
        let mut after = self.step(ImprovementAct::Plan, now)?;
        after.undone(id)?.done_on = Some(today);
        Ok(after)
    }

    /// The activity, where it has one of this id.
    pub fn activity(&self, id: ImprovementActivityId) -> Option<&ImprovementActivity> {
        self.activities.iter().find(|activity| activity.id == id)
    }

    fn undone(&mut self, id: ImprovementActivityId) -> Result<&mut ImprovementActivity, Rule> {
        let number = self.number.clone();
        let found = self.activities.iter_mut().find(|activity| activity.id == id);
        match found {
            None => Err(Rule::new(
                RuleCode::UnknownReference,
                format!("{number} has no such activity."),
            )),
            Some(ImprovementActivity { done_on: Some(day), .. }) => {
                Err(Rule::new(RuleCode::State, format!("It was done on {day}.")))
            }
            Some(activity) => Ok(activity),
        }
    }

    fn in_order(mut self) -> Self {
        self.activities.sort_by_key(|activity| (activity.due_day, activity.id));
        self
    }

    /// It will be done.
    pub fn approve(self, deed: Deed) -> Result<Self, Rule> {
        let after = self.step(ImprovementAct::Approve, deed.at)?;
        Ok(Self {
            approval: Some(ImprovementApproval { deed }),
            ..after
        })
    }

    /// It will not be done.
    pub fn reject(self, told: ImprovementRejectionInput, deed: Deed) -> Result<Self, Rule> {
        let after = self.step(ImprovementAct::Reject, deed.at)?;
        let reason = told.reason;
        Ok(Self {
            rejection: Some(ImprovementRejection { deed, reason }),
            ..after
        })
    }

    /// Somebody begins.
    pub fn start(self, now: DateTime<Utc>) -> Result<Self, Rule> {
        self.step(ImprovementAct::Start, now)
    }

    /// It is in effect. From here on nobody can measure any more how it was before, so the baseline must be there (R16).
    pub fn implement(self, told: ImplementationInput, deed: Deed, today: NaiveDate) -> Result<Self, Rule> {
        let after = self.step(ImprovementAct::Implement, deed.at)?;
        let day = told.day.unwrap_or(today);
        if day > today {
            let detail = format!("{day} is to come; say it when it is in effect.");
            return Err(Rule::new(RuleCode::TimeOrder, detail).at("/day"));
        }
        let baseline = after.measure.as_ref().and_then(|measure| measure.baseline);
        let baseline = baseline.ok_or_else(no_baseline)?;
        if baseline.day > day {
            let detail = format!("The baseline is of {}: after {day}, not before it.", baseline.day);
            return Err(Rule::new(RuleCode::ImprovementEffect, detail).at("/day"));
        }
        Ok(Self {
            implementation: Some(Implementation { deed, day }),
            ..after
        })
    }

    /// Its effect is judged: by the latest reading after the implementation, against the baseline (R16).
    pub fn verify(self, told: EffectVerificationInput, reading: Option<Observation>, deed: Deed) -> Result<Self, Rule> {
        let after = self.step(ImprovementAct::Verify, deed.at)?;
        let implemented = after.implementation.as_ref().map(|implementation| implementation.day);
        let implemented = implemented.unwrap_or(NaiveDate::MAX);
        let verification = EffectVerification::judge(after.measure.as_ref(), implemented, told, reading, deed)?;
        Ok(Self {
            verification: Some(verification),
            ..after
        })
    }

    /// Nothing is left to do: only once its effect was verified (R16).
    pub fn close(self, now: DateTime<Utc>) -> Result<Self, Rule> {
        if self.status.is_open() && self.status != ImprovementStatus::Verified {
            let detail = format!(
                "{} is {}; it is closed by its measured effect: verify that first, or reject it.",
                self.number, self.status
            );
            return Err(Rule::new(RuleCode::ImprovementEffect, detail));
        }
        self.step(ImprovementAct::Close, now)
    }

    /// The request that led to it was withdrawn, or went elsewhere. The team decides what becomes of the improvement.
    pub fn lose_request(self, now: DateTime<Utc>) -> Self {
        Self {
            version: self.version + 1,
            origin: Origin {
                taken_back_at: Some(now),
                ..self.origin
            },
            changed_at: now,
            ..self
        }
    }

    /// The hand-over of a request that still awaits what becomes of it.
    pub fn awaited_by(&self) -> Option<(RequestId, HandOverId)> {
        let origin = Some(&self.origin).filter(|origin| origin.taken_back_at.is_none())?;
        Option::zip(origin.request.as_ref().map(|request| request.id), origin.hand_over)
    }

    /// What its approval or its rejection says to the request that led to it.
    pub fn decision(&self) -> Option<Decision> {
        let reference: ExternalId = self.number.parse().ok()?;
        let rejected = self.rejection.as_ref().map(|rejection| rejection.reason.clone());
        Some(Decision {
            outcome: match rejected {
                None => DecisionOutcome::Accepted,
                Some(_) => DecisionOutcome::Declined,
            },
            plan: match rejected {
                None => format!("{}: {}", self.number, self.title).parse().ok(),
                Some(_) => None,
            },
            planned_day: self
                .measure
                .as_ref()
                .map(|measure| measure.target.by)
                .filter(|_| rejected.is_none()),
            reason: rejected,
            reference,
        })
    }

    /// What its closing says to the request that led to it.
    pub fn fulfilment(&self) -> Option<Fulfilment> {
        Some(Fulfilment {
            note: self.verification.as_ref().map(|verified| verified.conclusion.clone()),
            reference: self.number.parse().ok()?,
        })
    }

    /// The status after the act, or why it is refused.
    pub(super) fn allowed(&self, act: ImprovementAct) -> Result<ImprovementStatus, Rule> {
        self.status.after(act).ok_or_else(|| {
            let detail = format!("{} is {}; {act} is not possible now.", self.number, self.status);
            Rule::new(RuleCode::State, detail)
        })
    }

    /// One version on, in the status after the act.
    fn step(self, act: ImprovementAct, now: DateTime<Utc>) -> Result<Self, Rule> {
        let status = self.allowed(act)?;
        Ok(Self {
            version: self.version + 1,
            status,
            changed_at: now,
            ..self
        })
    }
}
