//! A version of an agreement as a document. It tells what was agreed and what was done with it, never what day it is: an
//! unchanged version reads the same on any day.
mod promised;
mod standing;
mod terms;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use documents::{Block, Document};
use domain::{
    agreements::{self, *},
    vocabulary::*,
};

use super::{Words, fact, heading};

/// What a version is told with.
pub struct Told<'a> {
    /// The version.
    pub version: &'a AgreementVersion,
    /// The hours of the calendars that it pins.
    pub hours: &'a Hours,
    /// The agreements that its targets rest on.
    pub bearing: &'a HashMap<AgreementId, AgreementRef>,
    /// The IT organisation's name; empty where none is set.
    pub provider: &'a str,
    /// The organisation's zone.
    pub zone: Tz,
}

/// The document.
pub fn agreement(told: &Told<'_>, words: Words) -> Document {
    let version = told.version;
    let content = &version.content;
    let kind = match version.agreement.kind {
        AgreementKind::Sla => words.say("Servicenivåavtal", "Service level agreement"),
        AgreementKind::Ola => words.say("Internt stödavtal", "Operational level agreement"),
        AgreementKind::Uc => words.say("Underleverantörsavtal", "Underpinning contract"),
    };
    let blocks = [
        told.standing(words),
        told.parties(words),
        told.terms(words),
        told.sections(),
        told.targets(words),
        told.hours(words),
        told.price_and_limits(words),
        told.data(words),
        told.approvals(words),
    ];
    let draft = match version.status() {
        VersionStatus::Draft => Some(words.say("UTKAST", "DRAFT")),
        VersionStatus::Proposed => Some(words.say("FÖRSLAG", "PROPOSAL")),
        _ => None,
    };
    let number = version.number.to_string();
    Document {
        language: words.0,
        title: content.title.to_string(),
        subtitle: Some(draft.map_or(kind.to_owned(), |draft| format!("{kind} – {draft}"))),
        author: words.provider(told.provider),
        date: told.last_act().with_timezone(&told.zone).date_naive(),
        identifier: version.agreement.number.clone(),
        version: Some(draft.map_or(number.clone(), |draft| format!("{number} – {draft}"))),
        keywords: [kind.to_owned()]
            .into_iter()
            .chain(version.services.0.iter().map(|service| service.name.to_string()))
            .collect(),
        digest: Some(version.digest.to_string()),
        blocks: blocks.into_iter().flatten().collect(),
    }
}

impl Told<'_> {
    fn party(&self, party: Party, words: Words) -> String {
        match party {
            Party::Provider => words.provider(self.provider),
            Party::Customer | Party::Counterparty => self.version.with.name.to_string(),
        }
    }

    /// When something was done with it the last time.
    fn last_act(&self) -> DateTime<Utc> {
        let v = self.version;
        let deeds = [
            v.proposal.as_ref().map(|p| p.deed.at),
            v.rejection.as_ref().map(|r| r.deed.at),
            v.notice.as_ref().map(|n| n.recorded_at),
            v.termination.as_ref().map(|t| t.deed.at),
        ];
        let approvals = v.approvals.0.iter().map(|a| a.deed.at);
        let renewals = v.renewals.0.iter().map(|r| r.deed.at);
        let revocations = v.revocations.0.iter().map(|r| r.deed.at);
        let all = deeds
            .into_iter()
            .flatten()
            .chain(approvals)
            .chain(renewals)
            .chain(revocations);
        all.max().unwrap_or(v.created_at)
    }

    fn parties(&self, words: Words) -> Vec<Block> {
        let with = &self.version.with;
        let role = match self.version.agreement.kind {
            AgreementKind::Sla => words.say("Kund", "Customer"),
            AgreementKind::Ola => words.say("Stödjande funktion", "Supporting function"),
            AgreementKind::Uc => words.say("Underleverantör", "Supplier"),
        };
        let mut other = with.name.to_string();
        other.extend(with.legal_entity.iter().map(|name| format!("\n{name}")));
        if let Some(number) = &with.organisation_number {
            other += &format!("\n{} {number}", words.say("Organisationsnummer", "Organisation number"));
        }
        let services = self
            .version
            .services
            .0
            .iter()
            .map(|s| format!("{} ({})", s.name, s.code));
        let mut facts = vec![
            fact(words.say("Leverantör", "Provider"), words.provider(self.provider)),
            fact(role, other),
            fact(
                words.say("Tjänster", "Services"),
                services.collect::<Vec<_>>().join("\n"),
            ),
        ];
        if self.version.agreement.kind == AgreementKind::Sla {
            let alone = self.version.content.this_only;
            let reach = match alone {
                true => words.say("Bara kunden själv", "The customer alone"),
                false => words.say(
                    "Kunden och dess underordnade kunder",
                    "The customer and the customers below it",
                ),
            };
            facts.push(fact(words.say("Omfattar", "Holds for"), reach));
        }
        let binding = match self.version.content.language {
            agreements::Language::Sv => words.say("Den svenska texten gäller", "The Swedish wording binds"),
            agreements::Language::En => words.say("Den engelska texten gäller", "The English wording binds"),
        };
        facts.push(fact(words.say("Språk", "Language"), binding));
        vec![
            heading(2, words.say("Parter och tjänster", "Parties and services")),
            Block::Facts(facts),
        ]
    }

    fn sections(&self) -> Vec<Block> {
        let content = &self.version.content;
        let language = Words::of(content.language).0;
        let section = |section: &Section| {
            let text = Block::Text {
                markdown: section.text.to_string(),
                language: Some(language),
            };
            [heading(2, section.heading.as_str()), text]
        };
        content.sections.iter().flat_map(section).collect()
    }

    fn price_and_limits(&self, words: Words) -> Vec<Block> {
        let content = &self.version.content;
        let mut facts = vec![];
        facts.extend(
            content
                .price
                .as_ref()
                .map(|price| fact(words.say("Pris", "Price"), words.price(price))),
        );
        let limits = content.workload_limits.iter();
        facts.extend(limits.map(|limit| {
            let label = format!("{}: {}", words.say("Volym", "Volume"), limit.name);
            fact(&label, words.workload(limit))
        }));
        if !content.priorities.is_empty() {
            let order = words.say("Prioriteter, den strängaste först", "Priorities, the strictest first");
            let priorities: Vec<_> = content.priorities.iter().map(Word::as_str).collect();
            facts.push(fact(order, priorities.join(", ")));
        }
        match facts.is_empty() {
            true => vec![],
            false => vec![
                heading(2, words.say("Pris och volym", "Price and volume")),
                Block::Facts(facts),
            ],
        }
    }

    fn data(&self, words: Words) -> Vec<Block> {
        let content = &self.version.content;
        let mut facts = vec![];
        if let Some(Classification {
            confidentiality,
            integrity,
            availability,
        }) = &content.classification
        {
            facts.push(fact(
                words.say("Konfidentialitet", "Confidentiality"),
                confidentiality.as_str(),
            ));
            facts.push(fact(words.say("Riktighet", "Integrity"), integrity.as_str()));
            facts.push(fact(words.say("Tillgänglighet", "Availability"), availability.as_str()));
        }
        if let Some(DataProcessing {
            personal_data,
            processing_agreement,
        }) = &content.data_processing
        {
            let handled = match personal_data {
                true => words.say("Behandlas för kunden", "Processed for the customer"),
                false => words.say("Behandlas inte", "Not processed"),
            };
            facts.push(fact(words.say("Personuppgifter", "Personal data"), handled));
            if *personal_data {
                let missing = words.say("Saknas", "None");
                let found = processing_agreement.as_ref().map_or(missing, Name::as_str);
                facts.push(fact(
                    words.say("Personuppgiftsbiträdesavtal", "Data processing agreement"),
                    found,
                ));
            }
        }
        match facts.is_empty() {
            true => vec![],
            false => vec![
                heading(
                    2,
                    words.say(
                        "Informationsklassning och personuppgifter",
                        "Classification and personal data",
                    ),
                ),
                Block::Facts(facts),
            ],
        }
    }
}
