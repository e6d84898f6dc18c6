//! What is done with a version: the rules by which each act is allowed (R5 to R9).
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::*;
use crate::{Rule, RuleCode, people::Mandate};

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
        self.clone().approvable(number, version, with).digest()
    }

    /// What both parties approve.
    pub(super) fn approvable(self, number: &str, version: VersionNumber, with: &OtherParty) -> Approvable {
        Approvable {
            number: number.to_owned(),
            version,
            with: with.clone(),
            services: self.services,
            calendars: self.calendars,
            terms: self.terms,
            content: self.content,
        }
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
            imported: None,
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
            imported: None,
            with,
            services: agreed.services,
            calendars: agreed.calendars,
            terms: agreed.terms,
            content: agreed.content,
            ..self
        })
    }

    /// The business relationship manager lays it before both parties (R5). `order` is the id for an order to the signing
    /// service, where there is one.
    pub fn propose(self, deed: Deed, order: Option<SigningOrderId>) -> Result<Self, Rule> {
        self.may(VersionAct::Propose)?;
        if self.services.0.is_empty() {
            let detail = "It covers no service yet; there is nothing to agree on.";
            return Err(Rule::new(RuleCode::State, detail).at("/services"));
        }
        let signing_order = self.ordered(order)?;
        Ok(Self {
            version: self.version + 1,
            proposal: Some(Proposal { deed, signing_order }),
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
        self.must_come_by_its_order(&approval)?;
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
