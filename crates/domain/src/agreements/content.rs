//! What is agreed, in a version of an agreement: sections of text, targets, limits, price, and how data is handled.
use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CalendarPeriod, Indicator, ServiceLevelTarget, SignatureForm, Terms, VersionNumber, WorkloadLimit};
use crate::{
    Rule, RuleCode,
    calendars::PinnedCalendar,
    service_levels::{CASES, ExclusionGround},
    services::Metric,
    vocabulary::*,
};

/// A named part of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Section {
    /// Names it within the agreement: `scope`, `responsibilities`, `support`, `security`, `continuity`, `escalation` …
    pub key: Slug,
    /// Its heading.
    pub heading: Name,
    /// What it says.
    pub text: Markdown,
}

/// What is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Price {
    /// How much.
    pub amount: Amount,
    /// Of which currency.
    pub currency: Currency,
    /// For each such period.
    pub period: CalendarPeriod,
}

impl Price {
    /// The price of a year; none where it cannot be written.
    pub fn per_year(&self) -> Option<Money> {
        let amount = Amount::of_minor(self.amount.minor().checked_mul(self.period.per_year())?)?;
        let currency = self.currency.clone();
        Some(Money { amount, currency })
    }
}

/// How the services' information is classified, on the organisation's own scale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Classification {
    /// Confidentiality (konfidentialitet).
    pub confidentiality: Word,
    /// Integrity (riktighet).
    pub integrity: Word,
    /// Availability (tillgänglighet).
    pub availability: Word,
}

/// Whether personal data is handled for the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataProcessing {
    /// Whether personal data is handled.
    pub personal_data: bool,
    /// Where the data processing agreement is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_agreement: Option<Name>,
}

word! {
    /// The language in which the wording binds.
    Language {
        /// Swedish.
        Sv,
        /// English.
        En,
    }
}

/// What is agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Content {
    /// What people call the agreement.
    pub title: Name,
    /// The language in which the wording binds.
    pub language: Language,
    /// The text, part by part.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub sections: Vec<Section>,
    /// The measurable promises.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub targets: Vec<ServiceLevelTarget>,
    /// The volume that they are promised for.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub workload_limits: Vec<WorkloadLimit>,
    /// The words that cases' priorities are told with, the strictest first.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub priorities: Vec<Word>,
    /// What is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// How often the agreement is looked over together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_interval: Option<Span>,
    /// For how many days the customer may object to a proposed statement; 14 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 90)]
    pub objection_days: Option<u16>,
    /// The grounds on which an interval is left out of what is judged without being asked for each time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 4)]
    pub pre_agreed_exclusions: Vec<ExclusionGround>,
    /// How the services' information is classified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<Classification>,
    /// Whether personal data is handled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_processing: Option<DataProcessing>,
    /// How it is signed, where approving it here is not enough (R6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<SignatureForm>,
    /// Whether it holds for the customer alone; else for the customers below it too (R8).
    #[serde(default)]
    pub this_only: bool,
}

impl Content {
    /// The service calendars that its targets name, each once, with where they are named first.
    pub fn calendars(&self) -> Vec<(CalendarId, String)> {
        let mut named: Vec<(CalendarId, String)> = vec![];
        for (i, target) in self.targets.iter().enumerate() {
            if let Some(id) = target.calendar
                && named.iter().all(|(known, _)| *known != id)
            {
                named.push((id, format!("/content/targets/{i}/calendar")));
            }
        }
        named
    }

    /// Refuses content that contradicts itself or promises what could never be judged.
    pub(super) fn check(&self, services: &[CoveredService]) -> Result<(), Rule> {
        unique("/content/sections", self.sections.iter().map(|section| &section.key))?;
        unique("/content/targets", self.targets.iter().map(|target| &target.key))?;
        unique(
            "/content/workloadLimits",
            self.workload_limits.iter().map(|limit| &limit.key),
        )?;
        unique("/content/priorities", &self.priorities)?;
        if let Some(DataProcessing {
            personal_data: false,
            processing_agreement: Some(_),
        }) = self.data_processing
        {
            let detail = "Where no personal data is handled there is no data processing agreement.";
            return Err(Rule::new(RuleCode::State, detail).at("/content/dataProcessing/processingAgreement"));
        }
        for (i, target) in self.targets.iter().enumerate() {
            let pointer = format!("/content/targets/{i}");
            target.check(&self.priorities, self.price.is_some(), &pointer)?;
            let foreign = |id: &&ServiceId| services.iter().all(|covered| covered.id != **id);
            if let Some((j, _)) = target.services.iter().enumerate().find(|(_, id)| foreign(id)) {
                let detail = "The agreement does not cover this service.";
                return Err(Rule::new(RuleCode::Unjudgeable, detail).at(format!("{pointer}/services/{j}")));
            }
            self.check_workload(target)
                .map_err(|rule| rule.at(format!("{pointer}/workloadLimit")))?;
        }
        Ok(())
    }

    /// Refuses targets and workload limits by a metric that none of their services has. `measured` is what is measured
    /// of each covered service.
    pub fn must_be_measured(&self, measured: &[(ServiceId, Vec<Metric>)]) -> Result<(), Rule> {
        let covered: Vec<ServiceId> = measured.iter().map(|(id, _)| *id).collect();
        let known = |of: &[ServiceId]| {
            let theirs = measured.iter().filter(move |(id, _)| of.contains(id));
            theirs.flat_map(|(_, metrics)| metrics).collect::<Vec<_>>()
        };
        for (i, target) in self.targets.iter().enumerate() {
            if let Indicator::Gauge { metric, unit, .. } = &target.indicator {
                let known = known(target.about(&covered));
                must_be_among(
                    &known,
                    metric,
                    unit.as_ref(),
                    &format!("/content/targets/{i}/indicator"),
                )?;
            }
        }
        for (i, limit) in self.workload_limits.iter().enumerate() {
            if limit.metric.as_str() != CASES {
                must_be_among(
                    &known(&covered),
                    &limit.metric,
                    None,
                    &format!("/content/workloadLimits/{i}"),
                )?;
            }
        }
        Ok(())
    }

    /// A target is promised within a volume that is counted for the same periods.
    fn check_workload(&self, target: &ServiceLevelTarget) -> Result<(), Rule> {
        let Some(wanted) = &target.workload_limit else {
            return Ok(());
        };
        let detail = match self.workload_limits.iter().find(|limit| limit.key == *wanted) {
            None => format!("There is no workload limit {wanted} in the content."),
            Some(limit) if limit.period != target.period => {
                format!(
                    "The workload limit {wanted} is counted by {}, the target by {}.",
                    limit.period, target.period
                )
            }
            Some(_) => return Ok(()),
        };
        Err(Rule::new(RuleCode::Unjudgeable, detail))
    }
}

/// Refuses a metric, or a unit of it, that is not among the known ones.
fn must_be_among(known: &[&Metric], metric: &Word, unit: Option<&Word>, pointer: &str) -> Result<(), Rule> {
    let refused = |member: &str, detail: String| {
        let rule = Rule::new(RuleCode::Unjudgeable, detail);
        Err(rule.at(format!("{pointer}/{member}")))
    };
    let units: Vec<&str> = known
        .iter()
        .filter(|m| m.name == *metric)
        .map(|m| m.unit.as_str())
        .collect();
    match unit {
        _ if units.is_empty() => refused(
            "metric",
            format!("None of the services has the metric {metric}; a service's metrics say what is measured of it."),
        ),
        Some(unit) if !units.contains(&unit.as_str()) => {
            refused("unit", format!("{metric} is measured in {}.", units.join(", ")))
        }
        _ => Ok(()),
    }
}

fn unique<'a, K: Eq + std::hash::Hash + std::fmt::Display + 'a>(
    pointer: &str,
    keys: impl IntoIterator<Item = &'a K>,
) -> Result<(), Rule> {
    let mut seen = HashSet::new();
    match keys.into_iter().enumerate().find(|(_, key)| !seen.insert(*key)) {
        None => Ok(()),
        Some((i, twice)) => {
            Err(Rule::new(RuleCode::NotUnique, format!("{twice} stands here twice.")).at(format!("{pointer}/{i}")))
        }
    }
}

/// A covered service as it was called when it was agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CoveredService {
    /// Its id.
    pub id: ServiceId,
    /// Its code on the day.
    pub code: Code,
    /// Its name on the day.
    pub name: Name,
}

impl From<ServiceRef> for CoveredService {
    fn from(service: ServiceRef) -> Self {
        let ServiceRef { id, code, name } = service;
        Self { id, code, name }
    }
}

/// The covered services, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
#[schema(max_items = 200)]
pub struct CoveredServices(pub Vec<CoveredService>);

/// The versions of the service calendars that the targets are counted with, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
#[schema(max_items = 100)]
pub struct PinnedCalendars(pub Vec<PinnedCalendar>);

/// With whom it is agreed, as it was called: the customer, another function or a supplier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OtherParty {
    /// The customer, the function or the supplier.
    pub name: Name,
    /// The board or company that it belongs to, where it is not one itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_entity: Option<Name>,
    /// Its organisation number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation_number: Option<OrganisationNumber>,
}

/// Everything that both parties approve: its digest is what an approval is bound to (R6).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approvable {
    /// The agreement's number.
    #[schema(
        min_length = 13,
        max_length = 20,
        pattern = r"^AGR-[0-9]{4}-[0-9]{4,11}$",
        example = "AGR-2026-0001"
    )]
    pub number: String,
    /// The version's number within it.
    pub version: VersionNumber,
    /// With whom.
    pub with: OtherParty,
    /// The services that it covers, as they were called.
    pub services: CoveredServices,
    /// The service calendars that its targets are counted with.
    pub calendars: PinnedCalendars,
    /// When it begins, renews and ends.
    pub terms: Terms,
    /// What is agreed.
    pub content: Content,
}

/// The digest of content: SHA-256 of its one text, JSON canonicalised by RFC 8785. Blanks and the order of members in
/// what is given make no difference.
pub fn content_digest(content: &serde_json::Value) -> Result<String, serde_json::Error> {
    Ok(crate::clients::digest(&serde_json_canonicalizer::to_string(content)?))
}

impl Approvable {
    /// The one text of this content: JSON canonicalised by RFC 8785.
    pub fn canonical(&self) -> Result<String, serde_json::Error> {
        serde_json_canonicalizer::to_string(&to_json_for(Purpose::Reply, self)?)
    }

    /// SHA-256 of that text.
    pub fn digest(&self) -> Result<Digest, Rule> {
        // Texts and numbers are always JSON, and a digest always is one.
        let unfit = |detail: String| Rule::new(RuleCode::State, detail);
        let text = self.canonical().map_err(|e| unfit(e.to_string()))?;
        let digest = crate::clients::digest(&text);
        digest.parse().map_err(|e: NotThatText| unfit(e.to_string()))
    }
}
