//! What is kept of the acts on a version, and what is told with them.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::VersionNumber;
use crate::{events::ActorKind, people::Mandate, vocabulary::*};

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
        /// Sign it at the signing service.
        Sign,
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
    /// The order to the signing service that went with it, where the content demands a signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_order: Option<SigningOrderId>,
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
    /// The order to the signing service whose result it stands on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_order: Option<SigningOrderId>,
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
