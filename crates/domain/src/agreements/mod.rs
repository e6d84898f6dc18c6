//! Agreements: what is delivered to a customer, and at which levels.
//!
//! An agreement is a series of *versions*. A version is written, proposed and approved by both parties; from then on the
//! calendar says whether it is upcoming, in force, superseded or expired, whether or not a server ran at midnight.
mod acts;
mod comparison;
mod content;
mod exchange;
mod imported;
mod openslo;
mod records;
mod signing;
mod targets;
mod templates;
mod terms;
mod underpinning;
mod versions;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Rule, RuleCode,
    customers::Customer,
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

pub use acts::*;
pub use comparison::*;
pub use content::*;
pub use exchange::*;
pub use imported::*;
pub use openslo::*;
pub use records::*;
pub use signing::*;
pub use targets::*;
pub use templates::*;
pub use terms::*;
pub use underpinning::*;
pub use versions::*;

word! {
    /// With whom it is agreed.
    AgreementKind {
        /// With a customer (service level agreement, överenskommelse).
        Sla,
        /// With another function of the same organisation (operational level agreement).
        Ola,
        /// With a supplier (underpinning contract).
        Uc,
    }
}

impl AgreementKind {
    /// The one who agrees with the provider.
    pub fn other_party(self) -> Party {
        match self {
            Self::Sla => Party::Customer,
            Self::Ola | Self::Uc => Party::Counterparty,
        }
    }
}

word! {
    /// The form in which the agreement is evidenced.
    EvidenceForm {
        /// A signed document.
        Document,
        /// The minutes of a meeting.
        Minutes,
        /// An exchange of mail.
        Email,
        /// Terms that hold for whoever uses the service.
        TermsOfService,
    }
}

/// How one agreement is named by another thing.
#[derive(Debug, Clone, ToSchema)]
pub struct AgreementRef {
    /// Its id.
    pub id: AgreementId,
    /// Its number for people.
    #[schema(
        min_length = 13,
        max_length = 20,
        pattern = r"^AGR-[0-9]{4}-[0-9]{4,11}$",
        example = "AGR-2026-0001"
    )]
    pub number: String,
    /// With whom.
    pub kind: AgreementKind,
}

impl PartialEq for AgreementRef {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for AgreementRef {}

impl Serialize for AgreementRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Labelled<'a> {
            id: AgreementId,
            number: &'a str,
            kind: AgreementKind,
        }
        match Rendering::purpose() {
            Purpose::Reply => Labelled {
                id: self.id,
                number: &self.number,
                kind: self.kind,
            }
            .serialize(serializer),
            Purpose::Input | Purpose::Log => self.id.serialize(serializer),
        }
    }
}

/// A version's number within its agreement: 1, 2, 3 …
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema, sea_orm::DeriveValueType,
)]
#[serde(transparent)]
#[schema(minimum = 1, maximum = 10000)]
pub struct VersionNumber(pub i32);

impl VersionNumber {
    /// The first version's.
    pub const FIRST: Self = Self(1);

    /// The one before; the first has none and stays itself.
    pub fn before(self) -> Self {
        Self(self.0 - 1).max(Self::FIRST)
    }
}

impl std::fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// From what a draft is begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// A template.
    Template(AgreementTemplateId),
    /// The latest version of an agreement, this or another customer's.
    Agreement(AgreementId),
    /// One version of an agreement.
    Version(AgreementVersionId),
}

/// What is told of a new draft: all of it, or a source and what differs from it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DraftInput {
    /// What it is begun from; a new version is begun from the agreement's latest unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The services that it covers; needed with a template or without a source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 200)]
    pub services: Option<Vec<Key<ServiceId>>>,
    /// Its first day, where the source says how long the term is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_day: Option<NaiveDate>,
    /// When it begins, renews and ends, where the source's terms do not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// What is agreed, where the source's content does not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
}

/// What is told of a new agreement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgreementInput {
    /// With whom it is agreed.
    pub kind: AgreementKind,
    /// The customer, of an `sla`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Key<CustomerId>>,
    /// The other function or the supplier, of an `ola` or a `uc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<OtherParty>,
    /// The form in which it is evidenced.
    pub evidence: EvidenceForm,
    /// What other systems call it.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
    /// Its first version.
    pub draft: DraftInput,
}

/// What can be told anew of an agreement; what is agreed changes by versions only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgreementChange {
    /// The form in which it is evidenced.
    pub evidence: EvidenceForm,
    /// What other systems call it.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
}

/// What a version's row tells of it, enough to say where it stands on any day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionLine {
    /// Its id.
    pub id: AgreementVersionId,
    /// Its number within the agreement.
    pub number: VersionNumber,
    /// Where it stands, as it is stored.
    pub status: VersionStatus,
    /// The days on which it is in force, if it is approved.
    pub in_force: Period,
    /// Where it stands after those days.
    pub ended: VersionState,
    /// What people call it.
    pub title: Name,
    /// The day by which it is to be looked over next.
    pub review_day: Option<NaiveDate>,
}

impl VersionLine {
    /// Where it stands on the day.
    pub fn state_on(&self, day: NaiveDate) -> VersionState {
        let Period { since, until } = self.in_force;
        match self.status {
            VersionStatus::Draft => VersionState::Draft,
            VersionStatus::Proposed => VersionState::Proposed,
            _ if until == Some(since) => self.ended,
            _ if day < since => VersionState::Upcoming,
            _ if self.in_force.contains(day) => VersionState::Active,
            _ => self.ended,
        }
    }

    /// The version in a line, as it stands on the day.
    pub fn summary(&self, today: NaiveDate) -> VersionSummary {
        VersionSummary {
            id: self.id,
            number: self.number,
            state: self.state_on(today),
            title: self.title.clone(),
            first_day: self.in_force.since,
            last_day: self
                .in_force
                .until
                .filter(|_| self.status.was_approved())
                .and_then(|until| until.pred_opt()),
        }
    }
}

/// A version in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionSummary {
    /// Its id.
    pub id: AgreementVersionId,
    /// Its number within the agreement.
    pub number: VersionNumber,
    /// Where it stands today.
    pub state: VersionState,
    /// What people call it.
    pub title: Name,
    /// Its first day.
    pub first_day: NaiveDate,
    /// The last day on which it is in force, as far as is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
}

/// The last time the agreement was looked over together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgreementReview {
    /// When.
    pub day: NaiveDate,
    /// What came out of it.
    pub outcome: Reason,
}

/// An agreement: a series of versions between the same two parties.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// Grows by one at each change; with the day, the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Number for people, without gaps within a year.
    #[schema(
        min_length = 13,
        max_length = 20,
        pattern = r"^AGR-[0-9]{4}-[0-9]{4,11}$",
        example = "AGR-2026-0001"
    )]
    pub number: String,
    /// With whom it is agreed.
    pub kind: AgreementKind,
    /// The customer, of an `sla`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerRef>,
    /// Who held it before, where others succeeded them (R25); by day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub former_holders: Vec<FormerHolder>,
    /// With whom, by name.
    pub with: OtherParty,
    /// The form in which it is evidenced.
    pub evidence: EvidenceForm,
    /// The version that speaks for it today: the one in force, else the next to be, else the latest.
    pub current: VersionSummary,
    /// The version that is being written or waits for approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<VersionSummary>,
    /// The last time it was looked over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_review: Option<AgreementReview>,
    /// The day by which it is to be looked over next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_review_day: Option<NaiveDate>,
    /// What other systems call it.
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
    /// From where it was taken in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported_from: Option<ImportedFrom>,
    /// Its versions, in lines.
    #[serde(skip)]
    #[schema(ignore)]
    pub versions: Vec<VersionLine>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
}

/// A customer that held the agreement.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FormerHolder {
    /// Who.
    pub customer: CustomerRef,
    /// The last day on which they did.
    pub last_day: NaiveDate,
}

impl Aggregate for Agreement {
    const KIND: SubjectKind = SubjectKind::Agreement;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn customer(&self) -> Option<CustomerId> {
        self.customer.as_ref().map(|customer| customer.id)
    }
    fn reads_by_calendar(&self) -> bool {
        true
    }
}

impl OtherParty {
    /// A customer, as the other party is called in what is approved.
    pub fn of(customer: &Customer) -> Self {
        let name = customer.legal_entity.name.clone();
        Self {
            legal_entity: (name != customer.name).then_some(name),
            name: customer.name.clone(),
            organisation_number: customer.legal_entity.organisation_number.clone(),
        }
    }
}

impl AgreementInput {
    /// With whom it is agreed: the customer of an `sla`, else the function or supplier that is told.
    pub fn other_party(&self, customer: Option<&Customer>) -> Result<OtherParty, Rule> {
        let refused = |member: &str, detail: &str| Err(Rule::new(RuleCode::State, detail).at(format!("/{member}")));
        match (self.kind, customer, &self.with) {
            (AgreementKind::Sla, Some(customer), None) => Ok(OtherParty::of(customer)),
            (AgreementKind::Sla, None, _) => refused("customer", "A service level agreement is with a customer."),
            (AgreementKind::Sla, Some(_), Some(_)) => refused("with", "The customer is the other party."),
            (_, None, Some(with)) => Ok(with.clone()),
            (_, Some(_), _) => refused("customer", "This kind of agreement is not with a customer."),
            (_, None, None) => refused("with", "Name the function or the supplier."),
        }
    }
}

impl Agreement {
    /// A new agreement with its first draft.
    pub fn begin(
        first: &AgreementVersion,
        customer: Option<CustomerRef>,
        (evidence, references): (EvidenceForm, Vec<ExternalReference>),
        now: DateTime<Utc>,
        today: NaiveDate,
    ) -> Self {
        let line = first.line(None);
        Self {
            id: first.agreement.id,
            version: 1,
            number: first.agreement.number.clone(),
            kind: first.agreement.kind,
            customer,
            former_holders: vec![],
            with: first.with.clone(),
            evidence,
            current: line.summary(today),
            open: Some(line.summary(today)),
            last_review: None,
            next_review_day: None,
            references,
            imported_from: None,
            versions: vec![line],
            created_at: now,
        }
    }

    /// The agreement as another thing names it.
    pub fn reference(&self) -> AgreementRef {
        AgreementRef {
            id: self.id,
            number: self.number.clone(),
            kind: self.kind,
        }
    }

    /// The agreement as told anew.
    pub fn change(self, change: AgreementChange) -> Self {
        Self {
            version: self.version + 1,
            evidence: change.evidence,
            references: change.references,
            ..self
        }
    }

    /// It was looked over together on a day.
    pub fn reviewed(self, review: AgreementReview, today: NaiveDate) -> Result<Self, Rule> {
        if review.day > today {
            let detail = format!("{} is still to come.", review.day);
            return Err(Rule::new(RuleCode::DateOrder, detail).at("/day"));
        }
        if let Some(last) = &self.last_review
            && review.day < last.day
        {
            let detail = format!("It was reviewed later already, on {}.", last.day);
            return Err(Rule::new(RuleCode::DateOrder, detail).at("/day"));
        }
        Ok(Self {
            version: self.version + 1,
            last_review: Some(review),
            ..self
        })
    }

    /// The agreement as its versions make it read on the day.
    pub fn as_of(mut self, today: NaiveDate) -> Self {
        let rank = |state: VersionState| match state {
            VersionState::Active => 0,
            VersionState::Upcoming => 1,
            VersionState::Expired | VersionState::Terminated | VersionState::Superseded => 2,
            VersionState::Proposed => 3,
            VersionState::Draft => 4,
        };
        let of = |line: &&VersionLine| (rank(line.state_on(today)), std::cmp::Reverse(line.number));
        if let Some(current) = self.versions.iter().min_by_key(of) {
            self.current = current.summary(today);
            self.next_review_day = current.review_day.filter(|_| rank(current.state_on(today)) < 2);
        }
        let open = self.versions.iter().find(|line| !line.status.was_approved());
        self.open = open.map(|line| line.summary(today));
        self
    }

    /// The agreement with a version as it is now.
    pub fn keeping(mut self, version: &AgreementVersion, today: NaiveDate) -> Self {
        let line = version.line(self.last_review.as_ref());
        match self.versions.iter_mut().find(|known| known.id == line.id) {
            Some(known) => *known = line,
            None => self.versions.push(line),
        }
        self.as_of(today)
    }

    /// The number that a new version gets.
    pub fn next_number(&self) -> VersionNumber {
        VersionNumber(self.versions.iter().map(|line| line.number.0).max().unwrap_or_default() + 1)
    }
}

impl AgreementVersion {
    /// What its row tells of it; the next review counts from the last one, or from its first day.
    pub fn line(&self, last_review: Option<&AgreementReview>) -> VersionLine {
        let since = last_review.map_or(self.terms.first_day, |review| review.day.max(self.terms.first_day));
        VersionLine {
            id: self.id,
            number: self.number,
            status: self.status(),
            in_force: self.in_force(),
            ended: self.how_it_ended(),
            title: self.content.title.clone(),
            review_day: self
                .content
                .review_interval
                .filter(|_| self.status().was_approved())
                .and_then(|interval| interval.after(since, 1)),
        }
    }

    /// Where it stands on the day.
    pub fn state_on(&self, day: NaiveDate) -> VersionState {
        self.line(None).state_on(day)
    }
}

/// The versions of one agreement as they succeed each other (R7): the later-numbered of two approved ones takes the
/// other's place from its first day. Only what differs from before is given.
pub fn succeeded(versions: &[AgreementVersion]) -> Vec<AgreementVersion> {
    let lives = |version: &&AgreementVersion| {
        version.status().was_approved() && version.own_until() != Some(version.terms.first_day)
    };
    versions
        .iter()
        .filter(|version| version.status().was_approved())
        .filter_map(|version| {
            let superseded = versions
                .iter()
                .filter(lives)
                .filter(|later| later.number > version.number)
                .min_by_key(|later| (later.terms.first_day, later.number))
                .map(|later| Superseded {
                    by: later.number,
                    first_day: later.terms.first_day,
                });
            (superseded != version.superseded).then(|| AgreementVersion {
                version: version.version + 1,
                superseded,
                ..version.clone()
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
