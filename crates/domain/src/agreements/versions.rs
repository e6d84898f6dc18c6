//! A version of an agreement: written, proposed, approved by both parties; from then on only the calendar moves it.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{exchange::whence, *};
use crate::{
    Rule, RuleCode,
    events::{Aggregate, SubjectKind},
};

word! {
    /// Where a version stands, as it is stored.
    VersionStatus {
        /// Being written.
        Draft,
        /// Laid before both parties.
        Proposed,
        /// Approved by both.
        Approved,
        /// Approved once, and ended before its time or revoked before it began.
        Terminated,
    }
}

word! {
    /// Where a version stands on a day, by the calendar.
    VersionState {
        /// Being written.
        Draft,
        /// Laid before both parties.
        Proposed,
        /// Approved; its first day is to come.
        Upcoming,
        /// In force.
        Active,
        /// A later version is, or was, in force after it.
        Superseded,
        /// Its last term is over.
        Expired,
        /// Ended before its time.
        Terminated,
    }
}

/// Everything that can be done with a version, as far as its status is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter, strum::Display)]
#[strum(serialize_all = "snake_case")]
#[allow(missing_docs)]
pub enum VersionAct {
    Edit,
    Propose,
    Withdraw,
    Reject,
    Approve,
    Revoke,
    Renew,
    GiveNotice,
    Terminate,
    Discard,
}

impl VersionStatus {
    /// The status after the act is complete; none where the act is not allowed. Total: every pair is decided here.
    pub fn after(self, act: VersionAct) -> Option<Self> {
        use VersionAct::*;
        match (self, act) {
            (Self::Draft, Edit | Discard) => Some(Self::Draft),
            (Self::Draft, Propose) => Some(Self::Proposed),
            (Self::Proposed, Withdraw | Reject) => Some(Self::Draft),
            (Self::Proposed, Approve) => Some(Self::Approved),
            (Self::Approved, Renew | GiveNotice) => Some(Self::Approved),
            (Self::Approved, Revoke | Terminate) => Some(Self::Terminated),
            _ => None,
        }
    }

    /// Whether both parties approved it, whatever came after.
    pub fn was_approved(self) -> bool {
        matches!(self, Self::Approved | Self::Terminated)
    }
}

/// What is told of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgreementVersionInput {
    /// The services that it covers.
    #[schema(max_items = 200)]
    pub services: Vec<Key<ServiceId>>,
    /// When it begins, renews and ends.
    pub terms: Terms,
    /// What is agreed.
    pub content: Content,
}

/// A version of an agreement.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgreementVersion {
    /// Its id.
    pub id: AgreementVersionId,
    /// Grows by one at each change; with the day, the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// The agreement that it belongs to.
    pub agreement: AgreementRef,
    /// Its number within the agreement: 1, 2, 3 …
    pub number: VersionNumber,
    /// Where it stands today.
    pub state: VersionState,
    /// With whom.
    pub with: OtherParty,
    /// The services that it covers, as they were called.
    #[serde(serialize_with = "services")]
    pub services: CoveredServices,
    /// The service calendars that its targets are counted with, at the versions that were agreed with.
    pub calendars: PinnedCalendars,
    /// When it begins, renews and ends.
    pub terms: Terms,
    /// What is agreed.
    pub content: Content,
    /// SHA-256 of the canonical content (RFC 8785): what an approval is bound to.
    pub digest: Digest,
    /// The last day on which it is in force, as far as is known; absent: it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day_in_force: Option<NaiveDate>,
    /// Its coming terms for five years, with their last days for notice.
    #[schema(max_items = 100)]
    #[serde(serialize_with = "unless_logged")]
    pub coming_terms: Vec<Term>,
    /// Who must act next, and how.
    #[schema(max_items = 4)]
    #[serde(serialize_with = "unless_logged")]
    pub next_acts: Vec<NextAct>,
    /// Who laid it before the parties.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
    /// Why it was returned to draft the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
    /// Who approved it.
    #[schema(max_items = 2)]
    pub approvals: Approvals,
    /// Who has revoked it before it began; it takes both.
    #[schema(max_items = 2)]
    pub revocations: Revocations,
    /// The recorded renewals of an `express` one.
    #[schema(max_items = 1000)]
    pub renewals: Renewals,
    /// The notice that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// Its end before its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination: Option<Termination>,
    /// The later version that takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded: Option<Superseded>,
    /// From where it was taken in: what was approved there is what the digest and the approvals are of.
    #[serde(
        rename = "importedFrom",
        serialize_with = "whence",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<ImportedFrom>)]
    pub imported: Option<Imported>,
    /// The customer whose agreement it is.
    #[serde(skip)]
    #[schema(ignore)]
    pub customer: Option<CustomerId>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
}

fn services<S: Serializer>(services: &CoveredServices, serializer: S) -> Result<S::Ok, S::Error> {
    match Rendering::purpose() {
        Purpose::Input => serializer.collect_seq(services.0.iter().map(|service| service.id)),
        _ => services.serialize(serializer),
    }
}

/// What the calendar computes is no change of the thing.
fn unless_logged<T: Serialize, S: Serializer>(computed: &T, serializer: S) -> Result<S::Ok, S::Error> {
    match Rendering::purpose() {
        Purpose::Log => serializer.serialize_none(),
        _ => computed.serialize(serializer),
    }
}

impl Aggregate for AgreementVersion {
    const KIND: SubjectKind = SubjectKind::AgreementVersion;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn customer(&self) -> Option<CustomerId> {
        self.customer
    }
    fn matter(&self) -> Uuid {
        self.agreement.id.0
    }
    fn reads_by_calendar(&self) -> bool {
        true
    }
}

/// How far ahead coming terms are told, in months.
const AHEAD: Span = Span::Months(60);

impl AgreementVersion {
    /// What both parties approve, as things are called here.
    pub(super) fn approvable(&self) -> Approvable {
        self.agreed()
            .approvable(&self.agreement.number, self.number, &self.with)
    }

    /// What both parties approve, as its digest covers it: of an imported version as it was approved elsewhere.
    pub fn approved(&self) -> Approvable {
        match &self.imported {
            Some(imported) => imported.agreed.clone(),
            None => self.approvable(),
        }
    }

    /// The canonical text of the content, as its digest covers it.
    pub fn canonical(&self) -> Result<String, serde_json::Error> {
        self.approved().canonical()
    }

    /// The first day outside, by its own terms and acts.
    pub fn own_until(&self) -> Option<NaiveDate> {
        let ended = self.termination.as_ref().map(|t| t.last_day);
        let ended = ended.or(self.notice.as_ref().map(|notice| notice.ends_on));
        match ended {
            Some(last) => last.succ_opt(),
            None => self
                .terms
                .until(u32::try_from(self.renewals.0.len()).unwrap_or(u32::MAX)),
        }
    }

    /// The days on which it is in force, by its own terms and by the version that takes its place; empty where it was
    /// revoked before it began.
    pub fn in_force(&self) -> Period {
        let superseded = self.superseded.as_ref().map(|s| s.first_day);
        let ends = [self.own_until(), superseded].into_iter().flatten().min();
        Period {
            since: self.terms.first_day,
            until: ends.map(|end| end.max(self.terms.first_day)),
        }
    }

    /// Where it stands once the days on which it is in force are over.
    pub(super) fn how_it_ended(&self) -> VersionState {
        let replaced = self.superseded.as_ref().map(|s| s.first_day);
        let first = |own: NaiveDate| replaced.is_some_and(|day| day < own);
        match (self.own_until(), &self.termination) {
            (None, _) => VersionState::Superseded,
            (Some(own), _) if first(own) => VersionState::Superseded,
            (Some(_), Some(_)) => VersionState::Terminated,
            (Some(_), None) => VersionState::Expired,
        }
    }

    /// Where it stands, as it is stored: what was done with it says so.
    pub fn status(&self) -> VersionStatus {
        if self.termination.is_some() {
            VersionStatus::Terminated
        } else if self.approvals.complete() {
            VersionStatus::Approved
        } else if self.proposal.is_some() {
            VersionStatus::Proposed
        } else {
            VersionStatus::Draft
        }
    }

    /// The version as it reads on a day: what the calendar decides is computed here.
    pub fn as_of(mut self, today: NaiveDate) -> Self {
        let period = self.in_force();
        self.state = self.state_on(today);
        let approved = self.status().was_approved();
        self.last_day_in_force = period.until.filter(|_| approved).and_then(|until| until.pred_opt());
        let horizon = AHEAD.after(today.max(self.terms.first_day), 1);
        self.coming_terms = self
            .terms
            .terms(period.until.filter(|_| approved))
            .skip_while(|term| term.last_day < today)
            .take_while(|term| horizon.is_none_or(|horizon| term.first_day <= horizon))
            .take(100)
            .collect();
        self.next_acts = self.next();
        self
    }

    /// Who must act next: nobody where the calendar goes on by itself.
    fn next(&self) -> Vec<NextAct> {
        let other = self.agreement.kind.other_party();
        let both = [Party::Provider, other];
        match self.status() {
            VersionStatus::Draft => vec![NextAct {
                party: Party::Provider,
                act: NextActKind::Propose,
            }],
            VersionStatus::Proposed => {
                let act = match self.signing_order() {
                    Some(_) => NextActKind::Sign,
                    None => NextActKind::Approve,
                };
                let missing = self.missing_approvals().into_iter();
                missing.map(|party| NextAct { party, act }).collect()
            }
            VersionStatus::Approved if !self.revocations.0.is_empty() => both
                .into_iter()
                .filter(|party| self.revocations.0.iter().all(|r| r.deed.party != *party))
                .map(|party| NextAct {
                    party,
                    act: NextActKind::Revoke,
                })
                .collect(),
            _ => vec![],
        }
    }

    /// The status after the act, or why it is not allowed.
    pub(super) fn may(&self, act: VersionAct) -> Result<VersionStatus, Rule> {
        let status = self.status();
        status.after(act).ok_or_else(|| {
            let number = self.number;
            match (act, status) {
                (VersionAct::Edit | VersionAct::Propose, VersionStatus::Approved | VersionStatus::Terminated) => {
                    let detail = format!("Version {number} is approved and never changes; begin a new version.");
                    Rule::new(RuleCode::ApprovedIsFixed, detail)
                }
                (VersionAct::Edit, _) => {
                    let detail =
                        format!("Version {number} is proposed; withdraw the proposal or reject it, then change it.");
                    Rule::new(RuleCode::State, detail)
                }
                _ => {
                    let said = act.to_string().replace('_', " ");
                    Rule::new(RuleCode::State, format!("A version that is {status} allows no {said}."))
                }
            }
        })
    }
}
