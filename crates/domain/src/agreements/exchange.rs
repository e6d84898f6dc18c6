//! An agreement as one file, for archives and for moving between installations.
//!
//! What was approved stands in the file as it was approved, ids and all, so that its digest can be recomputed wherever the
//! file is read. An installation that takes it in keeps that beside its own version, whose ids are its own.
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use super::*;
use crate::{
    Rule, RuleCode,
    calendars::{CalendarHours, CalendarHoursInput, PinnedCalendar},
};

word! {
    /// What kind of file it is.
    FileFormat {
        /// An agreement of Kundansvar with all of its versions.
        KundansvarAgreement,
    }
}

/// From where an agreement or a version was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportedFrom {
    /// The installation that exported it.
    pub origin: WebAddress,
    /// The agreement's number there.
    #[schema(
        min_length = 13,
        max_length = 20,
        pattern = r"^AGR-[0-9]{4}-[0-9]{4,11}$",
        example = "AGR-2026-0001"
    )]
    pub number: String,
}

/// A version that was approved elsewhere: from where, and the content as it was approved there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// From where.
    pub from: ImportedFrom,
    /// What the digest and the approvals are of.
    pub agreed: Approvable,
}

/// A reader is told from where; the content is the version's own but for ids.
pub(super) fn whence<S: Serializer>(imported: &Option<Imported>, serializer: S) -> Result<S::Ok, S::Error> {
    imported.as_ref().map(|imported| &imported.from).serialize(serializer)
}

/// A customer, as a file names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FiledCustomer {
    /// Its code; the customer with this code holds the agreement where the file is taken in.
    pub code: Code,
    /// Its name.
    pub name: Name,
}

/// A calendar that versions pin, in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FiledCalendar {
    /// What versions call it.
    pub pin: PinnedCalendar,
    /// When it is open.
    pub hours: CalendarHoursInput,
}

/// An agreement that targets rest on, as a file names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FiledAgreement {
    /// What targets call it.
    pub id: AgreementId,
    /// Its number; where the file is taken in, it was taken in before, from the same origin.
    #[schema(
        min_length = 13,
        max_length = 20,
        pattern = r"^AGR-[0-9]{4}-[0-9]{4,11}$",
        example = "AGR-2026-0002"
    )]
    pub number: String,
}

/// A version in a file: what was agreed, and what was done with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FiledVersion {
    /// What both parties approve; the digest is of this.
    pub agreed: Approvable,
    /// SHA-256 of it as JSON, canonicalised by RFC 8785.
    pub digest: Digest,
    /// Who laid it before the parties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
    /// Why it was returned to draft the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
    /// Who approved it.
    #[serde(default)]
    pub approvals: Approvals,
    /// Who has revoked it before it began.
    #[serde(default)]
    pub revocations: Revocations,
    /// The recorded renewals.
    #[serde(default)]
    pub renewals: Renewals,
    /// The notice that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// Its end before its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub termination: Option<Termination>,
    /// The later version that takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded: Option<Superseded>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
}

/// An agreement with all of its versions, complete in itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgreementFile {
    /// What kind of file it is.
    pub format: FileFormat,
    /// Where it was exported, and its number there: the same file again is the same agreement.
    pub exported: ImportedFrom,
    /// With whom it is agreed.
    pub kind: AgreementKind,
    /// The customer, of an `sla`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<FiledCustomer>,
    /// The form in which it is evidenced.
    pub evidence: EvidenceForm,
    /// What other systems call it.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
    /// The last time it was looked over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_review: Option<AgreementReview>,
    /// The calendars that its versions pin.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub calendars: Vec<FiledCalendar>,
    /// The agreements that its targets rest on.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub rests_on: Vec<FiledAgreement>,
    /// Its versions, the first one first.
    #[schema(min_items = 1, max_items = 1000)]
    pub versions: Vec<FiledVersion>,
}

impl FiledVersion {
    /// The version, as it goes into a file.
    pub fn of(version: &AgreementVersion) -> Self {
        let version = version.clone();
        Self {
            agreed: version.approved(),
            digest: version.digest,
            proposal: version.proposal,
            rejection: version.rejection,
            approvals: version.approvals,
            revocations: version.revocations,
            renewals: version.renewals,
            notice: version.notice,
            termination: version.termination,
            superseded: version.superseded,
            created_at: version.created_at,
        }
    }
}

impl AgreementFile {
    /// The file of an agreement. `hours` are those of every calendar that the versions pin, `bearing` the agreements that
    /// their targets rest on.
    pub fn of(
        agreement: &Agreement,
        versions: &[AgreementVersion],
        hours: &Hours,
        bearing: &HashMap<AgreementId, AgreementRef>,
        origin: WebAddress,
    ) -> Result<Self, Rule> {
        let missing = |what: &str| Rule::new(RuleCode::State, format!("{what} is not there."));
        let mut calendars: Vec<FiledCalendar> = vec![];
        let mut rests_on: Vec<FiledAgreement> = vec![];
        for version in versions {
            let approved = version.approved();
            for pin in approved.calendars.0 {
                // Elsewhere it may be called otherwise; the hours are the same.
                let here = version.calendars.0.iter().find(|here| here.digest == pin.digest);
                let hours = here.and_then(|here| hours.get(&(here.id, here.version)));
                let hours = hours.ok_or_else(|| missing("A pinned calendar"))?;
                let hours = hours.told().clone();
                let filed = FiledCalendar { pin, hours };
                if !calendars.contains(&filed) {
                    calendars.push(filed);
                }
            }
            let there = approved.content.targets.iter().flat_map(|target| &target.rests_on);
            let here = version.content.targets.iter().flat_map(|target| &target.rests_on);
            for (there, here) in there.zip(here) {
                let known = bearing.get(&here.agreement);
                let number = known
                    .ok_or_else(|| missing("An agreement that a target rests on"))?
                    .number
                    .clone();
                let filed = FiledAgreement {
                    id: there.agreement,
                    number,
                };
                if !rests_on.contains(&filed) {
                    rests_on.push(filed);
                }
            }
        }
        let customer = agreement.customer.clone();
        Ok(Self {
            format: FileFormat::KundansvarAgreement,
            exported: ImportedFrom {
                origin,
                number: agreement.number.clone(),
            },
            kind: agreement.kind,
            customer: customer.map(|CustomerRef { code, name, .. }| FiledCustomer { code, name }),
            evidence: agreement.evidence,
            references: agreement.references.clone(),
            last_review: agreement.last_review.clone(),
            calendars,
            rests_on,
            versions: versions.iter().map(FiledVersion::of).collect(),
        })
    }

    /// The agreement as it is here, with its versions.
    pub fn agreement(
        &self,
        customer: Option<&Customer>,
        versions: &[AgreementVersion],
        now: DateTime<Utc>,
        today: NaiveDate,
    ) -> Result<Agreement, Rule> {
        let (Some(first), Some(last)) = (versions.first(), versions.last()) else {
            return Err(Rule::new(RuleCode::State, "It has no version.").at("/versions"));
        };
        let told = (self.evidence, self.references.clone());
        let begun = Agreement::begin(first, customer.map(Customer::reference), told, now, today);
        let agreement = Agreement {
            with: customer.map_or(last.with.clone(), OtherParty::of),
            imported_from: Some(self.exported.clone()),
            last_review: self.last_review.clone(),
            ..begun
        };
        Ok(versions
            .iter()
            .fold(agreement, |agreement, version| agreement.keeping(version, today)))
    }
}

fn refused(code: RuleCode, pointer: String, detail: &str) -> Result<(), Rule> {
    Err(Rule::new(code, detail).at(pointer))
}

impl AgreementFile {
    /// Refuses a file that is not what its digests say, or that contradicts itself.
    pub fn check(&self) -> Result<(), Rule> {
        if (self.kind == AgreementKind::Sla) != self.customer.is_some() {
            return refused(
                RuleCode::State,
                "/customer".into(),
                "A service level agreement, and it alone, is with a customer.",
            );
        }
        let mut pins = HashMap::new();
        for (i, FiledCalendar { pin, hours }) in self.calendars.iter().enumerate() {
            let hours =
                CalendarHours::new(hours.clone()).map_err(|rule| rule.under(&format!("/calendars/{i}/hours")))?;
            if hours.digest()? != pin.digest {
                let detail = "The hours are not those of the digest: the file was altered.";
                return refused(RuleCode::BothApprove, format!("/calendars/{i}/pin/digest"), detail);
            }
            pins.insert((pin.id, pin.version), pin);
        }
        let mut numbers = BTreeSet::new();
        let mut open = false;
        for (i, version) in self.versions.iter().enumerate() {
            let at = |member: &str| format!("/versions/{i}/{member}");
            version.check(self.kind, i)?;
            for (j, pin) in version.agreed.calendars.0.iter().enumerate() {
                if pins.get(&(pin.id, pin.version)) != Some(&pin) {
                    let detail = "The file does not hold this calendar.";
                    return refused(RuleCode::UnknownReference, at(&format!("agreed/calendars/{j}")), detail);
                }
            }
            if numbers.last().is_some_and(|last| *last >= version.agreed.version) {
                return refused(
                    RuleCode::NotUnique,
                    at("agreed/version"),
                    "Versions stand in their order, each once.",
                );
            }
            numbers.insert(version.agreed.version);
            let written = !version.approvals.complete();
            if written && open {
                return refused(
                    RuleCode::State,
                    at("approvals"),
                    "One version at most is being written.",
                );
            }
            open |= written;
        }
        Ok(())
    }
}

impl FiledVersion {
    /// The members that tell something else than those of the other.
    pub fn differs_from(&self, other: &Self) -> Vec<String> {
        let differ = [
            ("agreed", self.agreed != other.agreed),
            ("digest", self.digest != other.digest),
            ("proposal", self.proposal != other.proposal),
            ("rejection", self.rejection != other.rejection),
            ("approvals", self.approvals != other.approvals),
            ("revocations", self.revocations != other.revocations),
            ("renewals", self.renewals != other.renewals),
            ("notice", self.notice != other.notice),
            ("termination", self.termination != other.termination),
            ("superseded", self.superseded != other.superseded),
            ("createdAt", self.created_at != other.created_at),
        ];
        let named = differ.into_iter().filter(|(_, differs)| *differs);
        named.map(|(member, _)| member.to_owned()).collect()
    }

    fn check(&self, kind: AgreementKind, i: usize) -> Result<(), Rule> {
        let at = |member: &str| format!("/versions/{i}/{member}");
        if self.agreed.digest()? != self.digest {
            let detail = "The content is not that of the digest: the file was altered.";
            return refused(RuleCode::BothApprove, at("digest"), detail);
        }
        self.agreed.terms.check(&at("agreed/terms"))?;
        self.agreed
            .content
            .check(&self.agreed.services.0)
            .map_err(|rule| rule.under(&at("agreed")))?;
        let parties = [Party::Provider, kind.other_party()];
        for (j, approval) in self.approvals.0.iter().enumerate() {
            if approval.digest != self.digest {
                let detail = "It approves another content.";
                return refused(RuleCode::BothApprove, at(&format!("approvals/{j}/digest")), detail);
            }
            let twice = self.approvals.0[..j]
                .iter()
                .any(|a| a.deed.party == approval.deed.party);
            if twice || !parties.contains(&approval.deed.party) {
                let detail = "Each of the two parties approves once.";
                return refused(RuleCode::BothApprove, at(&format!("approvals/{j}/party")), detail);
            }
        }
        if self.proposal.is_none() && !self.approvals.0.is_empty() {
            return refused(RuleCode::State, at("proposal"), "What was approved was proposed.");
        }
        let moved = self.notice.is_some() || self.termination.is_some() || self.superseded.is_some();
        if !self.approvals.complete() && (moved || !self.renewals.0.is_empty() || !self.revocations.0.is_empty()) {
            return refused(
                RuleCode::State,
                at("approvals"),
                "Only what both approved is renewed, ended or replaced.",
            );
        }
        Ok(())
    }
}
