//! What can be done with a request, each act with its rules.
use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::*;
use crate::{
    Rule, RuleCode,
    people::{Contact, MandateKind},
};

/// A contact's word that the customer wants this, as it reads (R14).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endorsement {
    /// Who endorsed it.
    pub contact: ContactRef,
    /// When.
    pub endorsed_at: DateTime<Utc>,
    /// The number of the request with other words that it was given for, and that was merged into this one: it is told here
    /// and does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        min_length = 15,
        max_length = 24,
        pattern = r"^REQ-[0-9]{4}-[0-9]{6,15}$",
        example = "REQ-2026-000121"
    )]
    pub given_for: Option<String>,
}

impl Endorsement {
    /// Whether it is for what the request says (R14).
    pub fn counts(&self) -> bool {
        self.given_for.is_none()
    }
}

/// Where a request is to go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoutingInput {
    /// The forum.
    pub destination: Destination,
    /// A word to the forum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Reason>,
}

word! {
    /// Why the team goes no further.
    DismissalGround {
        /// Not for this IT organisation.
        OutOfScope,
        /// What is wanted exists already.
        AlreadyMet,
        /// The forum declined it, and nothing else is to be tried.
        DeclinedByForum,
    }
}

/// Why the team goes no further, in its own words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DismissalInput {
    /// The ground.
    pub ground: DismissalGround,
    /// The reason, as whoever raised it will read it.
    pub reason: Reason,
    /// A complaint's answer, where it has none yet (R15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Markdown>,
}

/// Why the team goes no further.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Dismissal {
    /// The ground.
    pub ground: DismissalGround,
    /// The reason.
    pub reason: Reason,
    /// When.
    pub dismissed_at: DateTime<Utc>,
}

/// Why it is wanted no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithdrawalInput {
    /// The reason.
    pub reason: Reason,
}

/// Why it is wanted no more, and since when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Withdrawal {
    /// The reason.
    pub reason: Reason,
    /// When.
    pub withdrawn_at: DateTime<Utc>,
}

/// The answer to who complained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswerInput {
    /// The answer.
    pub text: Markdown,
}

/// The answer to who complained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The answer.
    pub text: Markdown,
    /// When it was given.
    pub answered_at: DateTime<Utc>,
    /// The last day on which who complained may reopen it; none where nothing is closed by it, or it ended in a dismissal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reopenable_until: Option<NaiveDate>,
    /// When who complained was not content with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened_at: Option<DateTime<Utc>>,
}

/// The things that an input names, found.
#[derive(Debug, Clone)]
pub struct Named {
    /// Whose matter it is.
    pub customer: CustomerRef,
    /// The services that it concerns.
    pub services: Vec<ServiceRef>,
    /// Who raised it.
    pub raised_by: Raiser,
    /// Who answers for a complaint's answer.
    pub owner: Option<PersonRef>,
}

impl Request {
    /// A new matter, received now. A complaint without a due day gets `due_by_default`.
    pub fn receive(
        id: RequestId,
        number: String,
        input: RequestInput,
        named: Named,
        due_by_default: Option<NaiveDate>,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        let complaint = input.kind == RequestKind::Complaint;
        if !complaint && (input.owner.is_some() || input.due_day.is_some()) {
            let pointer = if input.owner.is_some() { "/owner" } else { "/dueDay" };
            return Err(Rule::new(
                RuleCode::ComplaintAnswer,
                "Only a complaint has an owner and a due day.",
            )
            .at(pointer));
        }
        let channel = input.channel.unwrap_or_else(|| Channel::told_by(named.raised_by.kind));
        let mut services = named.services;
        services.sort_by(|a, b| a.code.cmp(&b.code));
        services.dedup();
        Ok(Self {
            id,
            version: 1,
            number,
            customer: named.customer,
            kind: input.kind,
            status: RequestStatus::Received,
            title: input.title,
            description: input.description,
            services,
            wanted_by: input.wanted_by,
            benefit: input.benefit,
            resources: input.resources,
            channel,
            raised_by: named.raised_by,
            owner: named.owner.filter(|_| complaint),
            due_day: if complaint {
                input.due_day.or(due_by_default)
            } else {
                None
            },
            overdue: false,
            escalated_at: None,
            escalated_for: None,
            score: None,
            merged_into: None,
            customers_behind: 1,
            endorsements: vec![],
            hand_over: None,
            answer: None,
            dismissal: None,
            withdrawal: None,
            meeting: input.meeting,
            references: input.references,
            received_at: now,
            changed_at: now,
        })
    }

    /// The content as told anew. Changing title, description, services or benefit voids the endorsements (R14); a
    /// destination that has the matter is told.
    pub fn change(
        self,
        input: RequestInput,
        named: Named,
        used: &HashSet<ServiceId>,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        let status = self.allowed(Act::Change)?;
        if named.customer != self.customer {
            return Err(Rule::new(RuleCode::State, "A request keeps the customer it was raised for.").at("/customer"));
        }
        if (named.raised_by.kind, named.raised_by.id) != (self.raised_by.kind, self.raised_by.id) {
            return Err(Rule::new(RuleCode::State, "Who raised a request is not changed.").at("/raisedBy"));
        }
        if (input.kind == RequestKind::Complaint) != (self.kind == RequestKind::Complaint) {
            return Err(Rule::new(
                RuleCode::ComplaintAnswer,
                "A complaint stays one, and nothing else becomes one.",
            )
            .at("/kind"));
        }
        if input.meeting.is_some() {
            return Err(Rule::new(RuleCode::State, "A request keeps where it was recorded.").at("/meeting"));
        }
        let due_day = self.due_day;
        let told = Self::receive(self.id, self.number.clone(), input, named, due_day, self.received_at)?;
        let mut after = Self {
            version: self.version + 1,
            status,
            endorsements: self.endorsements.clone(),
            hand_over: self.hand_over.clone(),
            answer: self.answer.clone(),
            escalated_at: self.escalated_at,
            escalated_for: self.escalated_for,
            score: self.score,
            customers_behind: self.customers_behind,
            meeting: self.meeting,
            changed_at: now,
            ..told
        };
        if after.endorsed_content() != self.endorsed_content() {
            after.endorsements.retain(|e| !e.counts());
        }
        if status == RequestStatus::Routed {
            if after
                .hand_over
                .as_ref()
                .is_some_and(|h| h.destination == Destination::Delivery)
            {
                after.must_concern_one_of(used)?;
            }
            after.hand_over = after.hand_over.map(|h| h.tell_of(after.version));
        }
        Ok(after)
    }

    /// The same from the system that raised it, while the matter is still that system's to change.
    pub fn change_by_source(self, input: RequestInput, named: Named, now: DateTime<Utc>) -> Result<Self, Rule> {
        // A source tells the whole of it again, where it was recorded included.
        let input = RequestInput { meeting: None, ..input };
        match self.status {
            RequestStatus::Received | RequestStatus::Investigating => self.change(input, named, &HashSet::new(), now),
            status => Err(Rule::new(
                RuleCode::SourceNoLongerOwns,
                format!(
                    "{} is {status}: its source may change it only while it is received or investigating.",
                    self.number
                ),
            )),
        }
    }

    /// The team begins to look at it.
    pub fn investigate(self, now: DateTime<Utc>) -> Result<Self, Rule> {
        self.step(Act::Investigate, now)
    }

    /// A contact with mandate `customer` endorses it as it reads (R14). Doing so twice changes nothing.
    pub fn endorse(self, contact: &Contact, today: NaiveDate, now: DateTime<Utc>) -> Result<Self, Rule> {
        if !contact.may(MandateKind::Customer, today) {
            return Err(Rule::new(
                RuleCode::EndorsementMissing,
                format!("Only a contact with mandate customer endorses; yours does not hold on {today}."),
            ));
        }
        self.allowed(Act::Endorse)?;
        if self
            .endorsements
            .iter()
            .any(|e| e.contact.id == contact.id && e.counts())
        {
            return Ok(self);
        }
        let mut after = self.step(Act::Endorse, now)?;
        after.endorsements.retain(|e| e.contact.id != contact.id);
        after.endorsements.push(Endorsement {
            contact: ContactRef {
                id: contact.id,
                name: contact.name.clone(),
            },
            endorsed_at: now,
            given_for: None,
        });
        if after.status == RequestStatus::Routed {
            after.hand_over = after.hand_over.map(|h| h.tell_of(after.version));
        }
        Ok(after)
    }

    /// It goes to a destination as a new hand-over (R13, R14); the former one, if undecided, is taken back and
    /// returned beside the request. `used` are the services that the customer uses today.
    pub fn route(
        self,
        id: HandOverId,
        routing: RoutingInput,
        used: &HashSet<ServiceId>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<HandOver>), Rule> {
        let mut after = self.step(Act::Route, now)?;
        match routing.destination {
            Destination::ServicePortfolio => after.must_be_endorsed()?,
            Destination::Delivery => after.must_concern_one_of(used)?,
            Destination::Strategy | Destination::Improvement => {}
        }
        let former = after
            .hand_over
            .take()
            .filter(|h| h.state.is_undecided())
            .map(|h| h.take_back());
        after.hand_over = Some(HandOver::of(id, &after, routing, now));
        Ok((after, former))
    }

    /// The team goes no further with it (R15: a complaint only with its answer).
    pub fn dismiss(self, input: DismissalInput, now: DateTime<Utc>) -> Result<Self, Rule> {
        let was = self.status;
        let mut after = self.step(Act::Dismiss, now)?;
        if input.ground == DismissalGround::DeclinedByForum && was != RequestStatus::Declined {
            return Err(Rule::new(RuleCode::State, format!("No forum has declined it; it is {was}.")).at("/ground"));
        }
        if after.kind == RequestKind::Complaint && after.answer.is_none() && input.answer.is_none() {
            return Err(Rule::new(
                RuleCode::ComplaintAnswer,
                "A complaint is not dismissed without an answer to the one who complained; give it in answer.",
            )
            .at("/answer"));
        }
        if let Some(text) = input.answer {
            if after.kind != RequestKind::Complaint {
                return Err(Rule::new(RuleCode::ComplaintAnswer, "Only a complaint is answered.").at("/answer"));
            }
            after.answer = Some(Answer {
                text,
                answered_at: now,
                reopenable_until: None,
                reopened_at: None,
            });
        }
        after.dismissal = Some(Dismissal {
            ground: input.ground,
            reason: input.reason,
            dismissed_at: now,
        });
        Ok(after)
    }

    /// It is wanted no more; a destination that has it is told.
    pub fn withdraw(self, input: WithdrawalInput, now: DateTime<Utc>) -> Result<Self, Rule> {
        let mut after = self.step(Act::Withdraw, now)?;
        after.hand_over = after
            .hand_over
            .map(|h| if h.state.is_live() { h.take_back() } else { h });
        after.withdrawal = Some(Withdrawal {
            reason: input.reason,
            withdrawn_at: now,
        });
        Ok(after)
    }

    /// A complaint's owner answers it; who complained may reopen it up to and including `reopenable_until`. While a
    /// destination has it, the answer closes nothing.
    pub fn answer(
        self,
        input: AnswerInput,
        reopenable_until: Option<NaiveDate>,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        self.must_be_complaint()?;
        let mut after = self.step(Act::Answer, now)?;
        after.answer = Some(Answer {
            text: input.text,
            answered_at: now,
            reopenable_until: reopenable_until.filter(|_| after.status == RequestStatus::Answered),
            reopened_at: None,
        });
        Ok(after)
    }

    /// Who complained is not content with the answer; the complaint is due anew. The answer given stays.
    pub fn reopen(self, due_day: Option<NaiveDate>, now: DateTime<Utc>) -> Result<Self, Rule> {
        self.must_be_complaint()?;
        let mut after = self.step(Act::Reopen, now)?;
        after.due_day = due_day;
        if let Some(answer) = &mut after.answer {
            answer.reopened_at = Some(now);
        }
        Ok(after)
    }

    /// Its due day has passed without an answer: whoever listens is told, once for a due day (R15). None where there
    /// is nothing to tell.
    pub fn escalate(self, today: NaiveDate, now: DateTime<Utc>) -> Option<Self> {
        let due = self.due_day.filter(|due| *due < today)?;
        if !self.unanswered() || self.escalated_for == Some(due) {
            return None;
        }
        Some(Self {
            escalated_at: Some(now),
            escalated_for: Some(due),
            ..self.step(Act::Escalate, now).ok()?
        })
    }

    /// What an endorsement is for.
    pub(super) fn endorsed_content(&self) -> (&Title, &Option<Markdown>, BTreeSet<ServiceId>, &Option<Markdown>) {
        let services = self.services.iter().map(|s| s.id).collect();
        (&self.title, &self.description, services, &self.benefit)
    }

    /// R14, towards the portfolio.
    pub(super) fn must_be_endorsed(&self) -> Result<(), Rule> {
        if !self.endorsements.iter().any(Endorsement::counts) {
            return Err(Rule::new(
                RuleCode::EndorsementMissing,
                format!(
                    "{} is not endorsed as it reads; a contact of {} with mandate customer must endorse it first.",
                    self.number, self.customer.code
                ),
            ));
        }
        Ok(())
    }

    /// R14, towards delivery.
    fn must_concern_one_of(&self, used: &HashSet<ServiceId>) -> Result<(), Rule> {
        if self.services.iter().any(|s| used.contains(&s.id)) {
            return Ok(());
        }
        Err(Rule::new(
            RuleCode::EndorsementMissing,
            format!(
                "{} concerns no service that {} uses today; without the customer's endorsement only changes of existing \
                 services go to delivery.",
                self.number, self.customer.code
            ),
        ))
    }

    fn must_be_complaint(&self) -> Result<(), Rule> {
        if self.kind == RequestKind::Complaint {
            return Ok(());
        }
        Err(Rule::new(
            RuleCode::ComplaintAnswer,
            format!("{} is a {}, not a complaint.", self.number, self.kind),
        ))
    }

    /// The status after the act, or why it is refused.
    pub(super) fn allowed(&self, act: Act) -> Result<RequestStatus, Rule> {
        self.status.after(act).ok_or_else(|| {
            Rule::new(
                RuleCode::State,
                format!("{} is {}; {act} is not possible now.", self.number, self.status),
            )
        })
    }

    /// One version on, in the status after the act.
    /// It goes on under its customer's successor (R25); a destination that has it is told.
    pub fn passed_on(self, to: CustomerRef, now: DateTime<Utc>) -> Self {
        let mut request = Self {
            version: self.version + 1,
            customer: to,
            changed_at: now,
            ..self
        };
        request.tell_destination();
        request
    }

    pub(super) fn step(self, act: Act, now: DateTime<Utc>) -> Result<Self, Rule> {
        let status = self.allowed(act)?;
        Ok(Self {
            version: self.version + 1,
            status,
            changed_at: now,
            ..self
        })
    }
}
