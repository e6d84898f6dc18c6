//! The external signature: a version whose content demands one is approved by what the signing service tells of its
//! order, and by nothing else (R6).
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::*;
use crate::{
    Rule, RuleCode,
    events::{Aggregate, Link, SubjectKind},
};

word! {
    /// How it is signed. It stands in the content, so that both parties agree on it and neither can do without it.
    SignatureForm {
        /// By an order to the signing service.
        External,
    }
}

word! {
    /// Where a signing order stands.
    SigningState {
        /// To be sent to the signing service.
        Waiting,
        /// The signing service has it.
        Sent,
        /// Signed by everyone who had to; the version is approved.
        Signed,
        /// A party did not want to sign.
        Refused,
        /// Nobody signed in time.
        Expired,
        /// The version was returned to draft meanwhile.
        Withdrawn,
    }
}

word! {
    /// The form of a signed document.
    SignedMedia {
        /// PDF, its signatures inside.
        #[serde(rename = "application/pdf")]
        #[strum(serialize = "application/pdf")]
        Pdf,
        /// JSON, its signatures inside.
        #[serde(rename = "application/json")]
        #[strum(serialize = "application/json")]
        Json,
        /// XML, its signatures inside.
        #[serde(rename = "application/xml")]
        #[strum(serialize = "application/xml")]
        Xml,
    }
}

/// An order to the signing service: to have one version's content signed by both parties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningOrder {
    /// Its id; the signing service knows it by this.
    pub id: SigningOrderId,
    /// Grows by one at each change; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// The agreement.
    pub agreement: AgreementRef,
    /// The number of the version that is to be signed.
    pub version_number: VersionNumber,
    /// SHA-256 of the canonical content that is to be signed.
    pub digest: Digest,
    /// Where it stands.
    pub state: SigningState,
    /// When the signing service took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<DateTime<Utc>>,
    /// When it ended, one way or the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it was not signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// SHA-256 of the signed document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_digest: Option<Digest>,
    /// Digest of what the signing service told, to know it again.
    #[serde(skip)]
    #[schema(ignore)]
    pub told_digest: Option<Digest>,
    /// The customer whose agreement it is.
    #[serde(skip)]
    #[schema(ignore)]
    pub customer: Option<CustomerId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for SigningOrder {
    const KIND: SubjectKind = SubjectKind::SigningOrder;
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
}

/// Who signed: a person of the IT organisation, a contact of the customer, or, for another function or a supplier,
/// somebody by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SignedBy {
    /// A person of the IT organisation.
    Person(PersonId),
    /// A contact of the customer.
    Contact(ContactId),
    /// Somebody of another function or a supplier.
    Name(PersonName),
}

/// One party's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Signature {
    /// Who signed.
    pub by: SignedBy,
    /// When.
    pub signed_at: DateTime<Utc>,
    /// Who vouched for the identity.
    pub issuer: Issuer,
    /// How strongly, as the issuer says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Word>,
}

/// The document as it was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedDocument {
    /// Its form.
    pub media_type: SignedMedia,
    /// Its bytes; at most 10 MiB of them.
    pub content: Base64,
}

impl SignedDocument {
    /// A document of these bytes.
    pub fn of(media_type: SignedMedia, bytes: &[u8]) -> Result<Self, NotThatText> {
        let content = BASE64_STANDARD.encode(bytes).parse()?;
        Ok(Self { media_type, content })
    }

    /// Its bytes.
    pub fn bytes(&self) -> Result<Vec<u8>, Rule> {
        BASE64_STANDARD.decode(self.content.as_str()).map_err(|e| {
            let detail = format!("It is not base64: {e}.");
            Rule::new(RuleCode::State, detail).at("/document/content")
        })
    }
}

/// What the signing service tells of an order that everyone signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SigningResult {
    /// The digest of the content that was signed.
    pub digest: Digest,
    /// The signatures, one for each party.
    #[schema(min_items = 1, max_items = 2)]
    pub signatures: Vec<Signature>,
    /// The document with the signatures.
    pub document: SignedDocument,
}

/// What the signing service tells of an order that will not be signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SigningRefusal {
    /// The party that did not want to sign; absent: nobody signed in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_by: Option<Party>,
    /// Why.
    pub reason: Reason,
}

/// How far the signing service's clock may differ from ours.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(5);
/// The first wait before an order is sent again; each one doubles it, up to the longest.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(30);
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

/// How long to wait after so many attempts before the order is sent once more.
pub fn wait_after(attempts: u32) -> TimeDelta {
    FIRST_WAIT
        .checked_mul(1 << attempts.saturating_sub(1).min(20))
        .map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT))
}

impl SigningOrder {
    /// The order that a proposed version asks for; none where it is approved here.
    pub fn of(version: &AgreementVersion, now: DateTime<Utc>) -> Option<Self> {
        Some(Self {
            id: version.signing_order()?,
            version: 1,
            agreement: version.agreement.clone(),
            version_number: version.number,
            digest: version.digest.clone(),
            state: SigningState::Waiting,
            sent_at: None,
            ended_at: None,
            reason: None,
            document_digest: None,
            told_digest: None,
            customer: version.customer,
            created_at: now,
        })
    }

    /// Whether it waits for anybody still.
    pub fn is_open(&self) -> bool {
        matches!(self.state, SigningState::Waiting | SigningState::Sent)
    }

    /// The signing service took it. One that ended meanwhile, and one that was sent twice, stay as they are.
    pub fn taken(&self, now: DateTime<Utc>) -> Option<Self> {
        (self.state == SigningState::Waiting).then(|| Self {
            version: self.version + 1,
            state: SigningState::Sent,
            sent_at: Some(now),
            ..self.clone()
        })
    }

    /// Its version was returned to draft by somebody here.
    pub fn withdrawn(self, now: DateTime<Utc>) -> Self {
        self.ended(SigningState::Withdrawn, now)
    }

    fn ended(self, state: SigningState, now: DateTime<Utc>) -> Self {
        Self {
            version: self.version + 1,
            state,
            ended_at: Some(now),
            ..self
        }
    }

    /// Whether this was told before, and done; refused where the order ended in another way.
    pub fn was_told(&self, told: &Digest) -> Result<bool, Rule> {
        if self.is_open() {
            return Ok(false);
        }
        if self.told_digest.as_ref() == Some(told) {
            return Ok(true);
        }
        let detail = format!("The order is {}; nothing more can be told of it.", self.state);
        Err(Rule::new(RuleCode::State, detail))
    }

    /// It was signed; the approvals are the version's to judge.
    pub fn signed(self, told: Digest, document: Digest, now: DateTime<Utc>) -> Self {
        Self {
            told_digest: Some(told),
            document_digest: Some(document),
            ..self.ended(SigningState::Signed, now)
        }
    }

    /// It will not be signed.
    pub fn refused(self, told: Digest, refusal: &SigningRefusal, now: DateTime<Utc>) -> Self {
        let state = match refusal.refused_by {
            Some(_) => SigningState::Refused,
            None => SigningState::Expired,
        };
        Self {
            told_digest: Some(told),
            reason: Some(refusal.reason.clone()),
            ..self.ended(state, now)
        }
    }

    /// Refuses a signature from before the order, or from the future.
    pub fn must_be_timely(&self, signature: &Signature, now: DateTime<Utc>) -> Result<(), Rule> {
        let at = signature.signed_at;
        if at < self.created_at - CLOCKS_DIFFER || at > now + CLOCKS_DIFFER {
            let detail = format!(
                "Signed {at}, but the order was made {}, and now is {now}.",
                self.created_at
            );
            return Err(Rule::new(RuleCode::TimeOrder, detail));
        }
        Ok(())
    }
}

impl AgreementVersion {
    /// The order by which it is being, or was, signed; none where it is approved here.
    pub fn signing_order(&self) -> Option<SigningOrderId> {
        self.proposal.as_ref()?.signing_order
    }

    /// Both parties signed what the order asked them to: the same approvals as any, all at once.
    pub fn signed(self, approvals: Vec<Approval>, today: NaiveDate) -> Result<Self, Rule> {
        let mut version = self;
        for (i, approval) in approvals.into_iter().enumerate() {
            let signed = version.approve(approval, today);
            version = signed.map_err(|rule| match rule.pointer {
                None => rule.at(format!("/signatures/{i}")),
                Some(_) => rule,
            })?;
        }
        match version.missing_approvals().first() {
            None => Ok(version),
            Some(party) => {
                let detail = format!("Nobody signed for the {party}; both parties sign.");
                Err(Rule::new(RuleCode::BothApprove, detail).at("/signatures"))
            }
        }
    }

    /// The parties that have not approved it.
    pub(super) fn missing_approvals(&self) -> Vec<Party> {
        let both = [Party::Provider, self.agreement.kind.other_party()];
        both.into_iter()
            .filter(|party| self.approvals.of(*party).is_none())
            .collect()
    }

    /// Refuses an approval that did not come the way that the content demands.
    pub(super) fn must_come_by_its_order(&self, approval: &Approval) -> Result<(), Rule> {
        let detail = match self.signing_order() {
            order if order == approval.signing_order => return Ok(()),
            Some(order) => format!(
                "It is signed outside: order {order} is with the signing service, whose result approves it. To approve \
                 it here, withdraw the proposal and take `signature` out of the content."
            ),
            None => "It does not wait for this signing order any more.".into(),
        };
        Err(Rule::new(RuleCode::BothApprove, detail))
    }

    /// A proposal of content that demands a signature goes with an order, for which there must be a signing service.
    pub(super) fn ordered(&self, order: Option<SigningOrderId>) -> Result<Option<SigningOrderId>, Rule> {
        match (self.content.signature, order) {
            (None, _) => Ok(None),
            (Some(SignatureForm::External), Some(order)) => Ok(Some(order)),
            (Some(SignatureForm::External), None) => {
                let detail = "Its content demands a signature by a signing service, and none is set up here: ask the \
                    operator for one, or take `signature` out of the content.";
                Err(Rule::new(RuleCode::State, detail).at("/content/signature"))
            }
        }
    }
}

/// The digest of a document's bytes.
pub fn document_digest(bytes: &[u8]) -> Result<Digest, Rule> {
    let digest = Link(Sha256::digest(bytes).into()).to_string();
    // A digest always is one.
    digest
        .parse()
        .map_err(|e: NotThatText| Rule::new(RuleCode::State, e.to_string()))
}
