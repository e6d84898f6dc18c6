//! What is done with a version: the records of the acts, and the rules by which they are allowed (R5 to R9).
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::*;
use crate::{Rule, RuleCode, events::ActorKind, people::Mandate};

word! {
    /// One of the two who agree.
    Party {
        /// The IT organisation.
        Provider,
        /// The customer, of a service level agreement.
        Customer,
        /// The other function or the supplier, of an agreement that others rest on.
        Counterparty,
    }
}

word! {
    /// What must be done next.
    NextActKind {
        /// Lay it before both parties.
        Propose,
        /// Approve it, or reject it.
        Approve,
        /// Revoke it too, as the other party has.
        Revoke,
    }
}

/// Who must act next, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NextAct {
    /// Who.
    pub party: Party,
    /// How.
    pub act: NextActKind,
}

/// Who acted, as they were called then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Signatory {
    /// A person of the IT organisation or a contact of the customer.
    pub kind: ActorKind,
    /// Their id.
    pub id: Uuid,
    /// Their name on the day.
    pub name: PersonName,
}

/// How the one who acted had signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    /// Who vouched for the identity.
    pub issuer: Issuer,
    /// How strongly, as the issuer says (`acr`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Word>,
}

/// An act: which party, by whom, when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deed {
    /// For which party.
    pub party: Party,
    /// By whom.
    pub by: Signatory,
    /// In whose stead, where a deputy acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acting_for: Option<Uuid>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Who laid a version before the parties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
}

/// Why a version was returned to draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Rejection {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// Why.
    pub reason: Reason,
}

/// The other party's approval outside this service, of an agreement with another function or a supplier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedElsewhere {
    /// Who signed for the other party.
    pub signed_by: PersonName,
    /// On which day.
    pub signed_on: NaiveDate,
    /// Where the signed document or the decision is found.
    pub reference: Name,
}

/// What is told with an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalInput {
    /// The digest of the content that was read.
    pub digest: Digest,
    /// The other party's approval, of an agreement with another function or a supplier; whoever holds it records it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<SignedElsewhere>,
}

/// An approval of a version's content (R6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// For which party, by whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// How they had signed in.
    pub signed_in: SignedIn,
    /// The mandate that a contact approved with, as it read that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mandate: Option<Mandate>,
    /// Where the other party's own approval is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_elsewhere: Option<SignedElsewhere>,
    /// SHA-256 of the canonical content.
    pub digest: Digest,
}

/// The approvals of a version.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
#[schema(max_items = 2)]
pub struct Approvals(pub Vec<Approval>);

/// Who has revoked a version before it began.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
#[schema(max_items = 2)]
pub struct Revocations(pub Vec<Revocation>);

/// The recorded renewals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
#[schema(max_items = 1000)]
pub struct Renewals(pub Vec<RecordedRenewal>);

impl Approvals {
    /// The party's approval.
    pub fn of(&self, party: Party) -> Option<&Approval> {
        self.0.iter().find(|approval| approval.deed.party == party)
    }

    /// Whether both parties have approved.
    pub fn complete(&self) -> bool {
        self.0.len() == 2
    }
}

/// A party's word that a version shall not begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Revocation {
    /// For which party, by whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// Why.
    pub reason: Reason,
}

/// What is told with a rejection or a revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithReason {
    /// Why.
    pub reason: Reason,
}

/// What is told with a renewal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenewalInput {
    /// Where both parties' decision is found.
    pub reference: Name,
}

/// One more term of an agreement that renews by an act only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordedRenewal {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// Where both parties' decision is found.
    pub reference: Name,
    /// The last day of the new term.
    pub last_day: NaiveDate,
}

/// What is told with a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoticeInput {
    /// The day on which it was given.
    pub given_on: NaiveDate,
    /// Who gave it.
    pub party: Party,
    /// Where its receipt is found.
    pub receipt: Name,
}

/// The notice that ends an agreement that would renew by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// The day on which it was given.
    pub given_on: NaiveDate,
    /// Who gave it.
    pub party: Party,
    /// Where its receipt is found.
    pub receipt: Name,
    /// The last day of the term that it ends.
    pub ends_on: NaiveDate,
    /// Who recorded it.
    pub recorded_by: Signatory,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// What is told with a termination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TerminationInput {
    /// The last day on which it holds.
    pub last_day: NaiveDate,
    /// Why.
    pub reason: Reason,
    /// Where both parties' decision is found.
    pub reference: Name,
}

/// The end of a version before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Termination {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// The last day on which it holds; the day before the first where it was revoked.
    pub last_day: NaiveDate,
    /// Why.
    pub reason: Reason,
    /// Where both parties' decision is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Name>,
}

/// The version that takes another's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Superseded {
    /// Its number.
    pub by: VersionNumber,
    /// From this day.
    pub first_day: NaiveDate,
}

fn calendar(detail: impl Into<String>) -> Rule {
    Rule::new(RuleCode::AgreementCalendar, detail)
}

/// What is agreed on: which services, when, and what.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreed {
    /// The services that it covers.
    pub services: CoveredServices,
    /// The calendars that its targets are counted with, at the versions that were agreed with.
    pub calendars: PinnedCalendars,
    /// When it begins, renews and ends.
    pub terms: Terms,
    /// What is agreed.
    pub content: Content,
}

impl Agreed {
    /// The digest of what both parties approve (R6).
    fn digest(&self, number: &str, version: VersionNumber, with: &OtherParty) -> Result<Digest, Rule> {
        let approvable = content::Approvable {
            number,
            version,
            with,
            services: &self.services,
            calendars: &self.calendars,
            terms: &self.terms,
            content: &self.content,
        };
        // Texts and numbers are always JSON, and a digest always is one.
        let unfit = |detail: String| Rule::new(RuleCode::State, detail);
        let text = approvable.canonical().map_err(|e| unfit(e.to_string()))?;
        crate::clients::digest(&text)
            .parse()
            .map_err(|e: NotThatText| unfit(e.to_string()))
    }
}

impl AgreementVersion {
    /// What is agreed on.
    pub fn agreed(&self) -> Agreed {
        Agreed {
            services: self.services.clone(),
            calendars: self.calendars.clone(),
            terms: self.terms.clone(),
            content: self.content.clone(),
        }
    }

    /// A draft; `number` is its number within the agreement.
    pub fn draft(
        id: AgreementVersionId,
        (agreement, number): (AgreementRef, VersionNumber),
        (with, customer): (OtherParty, Option<CustomerId>),
        agreed: Agreed,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        let digest = agreed.digest(&agreement.number, number, &with)?;
        let version = Self {
            id,
            version: 0,
            agreement,
            number,
            state: VersionState::Draft,
            with: with.clone(),
            services: agreed.services.clone(),
            calendars: agreed.calendars.clone(),
            terms: agreed.terms.clone(),
            content: agreed.content.clone(),
            digest,
            last_day_in_force: None,
            coming_terms: vec![],
            next_acts: vec![],
            proposal: None,
            rejection: None,
            approvals: Approvals::default(),
            revocations: Revocations::default(),
            renewals: Renewals::default(),
            notice: None,
            termination: None,
            superseded: None,
            customer,
            created_at: now,
        };
        version.edit(with, agreed)
    }

    /// The draft as told anew.
    pub fn edit(self, with: OtherParty, agreed: Agreed) -> Result<Self, Rule> {
        self.may(VersionAct::Edit)?;
        agreed.terms.check("/terms")?;
        agreed.content.check(&agreed.services.0)?;
        if self.agreement.kind != AgreementKind::Sla
            && let Some(i) = agreed
                .content
                .targets
                .iter()
                .position(|target| !target.rests_on.is_empty())
        {
            let detail = "Only a service level agreement rests on others.";
            return Err(Rule::new(RuleCode::State, detail).at(format!("/content/targets/{i}/restsOn")));
        }
        Ok(Self {
            version: self.version + 1,
            digest: agreed.digest(&self.agreement.number, self.number, &with)?,
            with,
            services: agreed.services,
            calendars: agreed.calendars,
            terms: agreed.terms,
            content: agreed.content,
            ..self
        })
    }

    /// The business relationship manager lays it before both parties (R5).
    pub fn propose(self, deed: Deed) -> Result<Self, Rule> {
        self.may(VersionAct::Propose)?;
        if self.services.0.is_empty() {
            let detail = "It covers no service yet; there is nothing to agree on.";
            return Err(Rule::new(RuleCode::State, detail).at("/services"));
        }
        Ok(Self {
            version: self.version + 1,
            proposal: Some(Proposal { deed }),
            rejection: None,
            approvals: Approvals::default(),
            ..self
        })
    }

    fn returned(self) -> Self {
        Self {
            version: self.version + 1,
            proposal: None,
            approvals: Approvals::default(),
            ..self
        }
    }

    /// The proposer takes it back; approvals are void.
    pub fn withdraw(self, by: Uuid) -> Result<Self, Rule> {
        self.may(VersionAct::Withdraw)?;
        if let Some(proposal) = &self.proposal
            && proposal.deed.by.id != by
        {
            let detail = format!(
                "{} proposed it; another rejects it with a reason.",
                proposal.deed.by.name
            );
            return Err(Rule::new(RuleCode::BothApprove, detail));
        }
        Ok(self.returned())
    }

    /// Either party returns it to draft with a reason; approvals are void.
    pub fn reject(self, deed: Deed, reason: Reason) -> Result<Self, Rule> {
        self.may(VersionAct::Reject)?;
        Ok(Self {
            rejection: Some(Rejection { deed, reason }),
            ..self.returned()
        })
    }

    /// A party approves the content that it read. With both approvals it is approved (R6).
    pub fn approve(self, approval: Approval, today: NaiveDate) -> Result<Self, Rule> {
        self.may(VersionAct::Approve)?;
        if approval.digest != self.digest {
            let detail = format!(
                "The content's digest is {}, not the one that was approved.",
                self.digest
            );
            return Err(Rule::new(RuleCode::BothApprove, detail).at("/digest"));
        }
        if let Some(earlier) = self.approvals.of(approval.deed.party) {
            let detail = format!("{} has approved it for that party already.", earlier.deed.by.name);
            return Err(Rule::new(RuleCode::BothApprove, detail));
        }
        if self.number > VersionNumber::FIRST && self.terms.first_day < today {
            let detail = format!(
                "Its first day {} has passed; return it to draft and choose a day to come.",
                self.terms.first_day
            );
            return Err(calendar(detail));
        }
        let mut approvals = self.approvals.clone();
        approvals.0.push(approval);
        Ok(Self {
            version: self.version + 1,
            approvals,
            ..self
        })
    }

    /// A party revokes it before it begins; with both it never will.
    pub fn revoke(self, revocation: Revocation, today: NaiveDate) -> Result<Self, Rule> {
        self.may(VersionAct::Revoke)?;
        if self.terms.first_day <= today {
            let detail = format!(
                "It began on {}; it can be terminated, not revoked.",
                self.terms.first_day
            );
            return Err(calendar(detail));
        }
        if self.revocations.0.iter().any(|r| r.deed.party == revocation.deed.party) {
            return Err(Rule::new(RuleCode::BothApprove, "That party has revoked it already."));
        }
        let mut after = Self {
            version: self.version + 1,
            ..self
        };
        if !after.revocations.0.is_empty() {
            let last_day = after.terms.first_day.pred_opt();
            let last_day = last_day.ok_or_else(|| calendar("There is no day before its first."))?;
            after.termination = Some(Termination {
                deed: revocation.deed.clone(),
                last_day,
                reason: revocation.reason.clone(),
                reference: None,
            });
        }
        after.revocations.0.push(revocation);
        Ok(after)
    }

    /// One more term, of one that renews by an act only.
    pub fn renew(self, deed: Deed, reference: Name, today: NaiveDate) -> Result<Self, Rule> {
        self.may(VersionAct::Renew)?;
        if self.terms.renewal != Renewal::Express {
            let detail = format!("Its renewal is {}: there is none to record.", self.terms.renewal);
            return Err(calendar(detail));
        }
        self.must_not_be_over(today)?;
        let next = u32::try_from(self.renewals.0.len() + 1).ok();
        let term = next.and_then(|ordinal| self.terms.term(ordinal));
        let term = term.ok_or_else(|| calendar("The calendar ends before that term does."))?;
        let mut after = Self {
            version: self.version + 1,
            ..self
        };
        after.renewals.0.push(RecordedRenewal {
            deed,
            reference,
            last_day: term.last_day,
        });
        Ok(after)
    }

    fn must_not_be_over(&self, today: NaiveDate) -> Result<(), Rule> {
        match self.in_force().until {
            Some(until) if until <= today => Err(calendar(format!(
                "It ended before {until}; begin a new version or a new agreement."
            ))),
            _ => Ok(()),
        }
    }

    /// Notice, which ends the term that it is in time for.
    pub fn give_notice(self, told: NoticeInput, deed: &Deed, today: NaiveDate) -> Result<Self, Rule> {
        self.may(VersionAct::GiveNotice)?;
        if self.terms.renewal != Renewal::Tacit {
            let detail = "It ends by itself unless it is renewed; there is no notice to give.";
            return Err(calendar(detail));
        }
        if let Some(notice) = &self.notice {
            return Err(calendar(format!(
                "Notice was given on {}; it ends on {}.",
                notice.given_on, notice.ends_on
            )));
        }
        if told.given_on > today {
            return Err(calendar(format!("{} is still to come.", told.given_on)).at("/givenOn"));
        }
        let other = self.agreement.kind.other_party();
        if ![Party::Provider, other].contains(&told.party) {
            return Err(calendar(format!("Its parties are provider and {other}.")).at("/party"));
        }
        if deed.party != Party::Provider && told.party != deed.party {
            return Err(calendar("The customer gives its own notice only.").at("/party"));
        }
        if deed.party != Party::Provider && told.given_on != today {
            return Err(calendar(format!("It is given today, on {today}.")).at("/givenOn"));
        }
        self.must_not_be_over(today)?;
        let term = self.terms.ended_by_notice(told.given_on);
        let term = term.ok_or_else(|| calendar("The calendar ends before a term does."))?;
        if term.last_day < today {
            let detail = format!(
                "Given that day it would have ended on {}, and it went on; record a termination instead.",
                term.last_day
            );
            return Err(calendar(detail).at("/givenOn"));
        }
        Ok(Self {
            version: self.version + 1,
            notice: Some(Notice {
                given_on: told.given_on,
                party: told.party,
                receipt: told.receipt,
                ends_on: term.last_day,
                recorded_by: deed.by.clone(),
                recorded_at: deed.at,
            }),
            ..self
        })
    }

    /// An end before its time, by both parties' decision, with effect on a day.
    pub fn terminate(self, told: TerminationInput, deed: Deed, today: NaiveDate) -> Result<Self, Rule> {
        self.may(VersionAct::Terminate)?;
        self.must_not_be_over(today)?;
        let TerminationInput {
            last_day,
            reason,
            reference,
        } = told;
        if last_day < today {
            return Err(calendar(format!("{last_day} has passed; it was in force since.")).at("/lastDay"));
        }
        if last_day < self.terms.first_day {
            let detail = format!("It begins on {}; revoke it instead.", self.terms.first_day);
            return Err(calendar(detail).at("/lastDay"));
        }
        if let Some(until) = self.in_force().until
            && last_day >= until
        {
            let detail = format!("It ends before {until} as it is.");
            return Err(calendar(detail).at("/lastDay"));
        }
        Ok(Self {
            version: self.version + 1,
            termination: Some(Termination {
                deed,
                last_day,
                reason,
                reference: Some(reference),
            }),
            ..self
        })
    }

    /// Refuses to throw away what is more than a draft.
    pub fn discard(&self) -> Result<(), Rule> {
        self.may(VersionAct::Discard)?;
        if self.number == VersionNumber::FIRST {
            let detail = "It is the agreement's first version, and an agreement's number is never given back.";
            return Err(Rule::new(RuleCode::InUse, detail));
        }
        Ok(())
    }
}

impl AgreementVersion {
    /// Refuses an approval beyond the amount of the contact's mandate: the price of a year must lie within it.
    pub fn must_be_within(&self, mandate: &Mandate) -> Result<(), Rule> {
        let (Some(price), Some(most)) = (&self.content.price, &mandate.amount_per_year) else {
            return Ok(());
        };
        let beyond = |detail: String| Err(Rule::new(RuleCode::BothApprove, detail));
        match price.per_year() {
            Some(year) if year.currency == most.currency && year.amount <= most.amount => Ok(()),
            Some(year) => beyond(format!(
                "The agreement costs {} {} a year; the mandate reaches to {} {}.",
                year.amount, year.currency, most.amount, most.currency
            )),
            None => beyond("The price of a year is beyond what any mandate reaches to.".into()),
        }
    }
}

impl Agreement {
    /// The party whose signature on paper a person records: there is one only where no customer signs in.
    pub fn counterparty_signs(&self) -> Result<Party, Rule> {
        match self.kind {
            AgreementKind::Sla => {
                let detail = "The customer approves here, by a contact with mandate customer.";
                Err(Rule::new(RuleCode::BothApprove, detail).at("/counterparty"))
            }
            AgreementKind::Ola | AgreementKind::Uc => Ok(Party::Counterparty),
        }
    }
}
