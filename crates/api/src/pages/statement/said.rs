//! What was said and done: objections with their answers, who proposed, accepted and closed; how the figures are made.
use documents::{Block, Column, Fact, Table};
use domain::{agreements::Deed, service_levels::*, vocabulary::Slug};

use super::{Told, fact, heading};
use crate::pages::Words;

impl Told<'_> {
    pub(super) fn objections(&self, words: Words) -> Vec<Block> {
        let objections = &self.statement.objections.0;
        if objections.is_empty() {
            return vec![];
        }
        let column = |label: &str| Column {
            label: label.to_owned(),
            numeric: false,
        };
        let row = |objection: &Objection| {
            let answer = objection.answer.as_ref().map(|given| {
                format!(
                    "{} ({}, {})",
                    given.answer,
                    given.deed.by.name,
                    words.moment(given.deed.at, self.zone)
                )
            });
            vec![
                objection.number.0.to_string(),
                format!(
                    "{}, {}",
                    objection.deed.by.name,
                    words.moment(objection.deed.at, self.zone)
                ),
                objection
                    .targets
                    .iter()
                    .map(Slug::as_str)
                    .collect::<Vec<_>>()
                    .join(", "),
                objection.reason.to_string(),
                answer.unwrap_or_else(|| words.say("Obesvarad", "Not answered").to_owned()),
            ]
        };
        vec![
            heading(2, words.say("Invändningar", "Objections")),
            Block::Table(Table {
                caption: words.say("Invändningar och svar", "Objections and answers").to_owned(),
                columns: vec![
                    column(words.say("Nummer", "Number")),
                    column(words.say("Av", "By")),
                    column(words.say("Mål", "Targets")),
                    column(words.say("Skäl", "Reason")),
                    column(words.say("Svar", "Answer")),
                ],
                rows: objections.iter().map(row).collect(),
            }),
        ]
    }

    /// Who proposed, accepted and closed it, or has yet to.
    pub(super) fn deeds(&self, words: Words) -> Vec<Block> {
        let s = self.statement;
        let Some(proposal) = &s.proposal else {
            return vec![];
        };
        let mut boxes = vec![self.deed(words.say("Föreslagen", "Proposed"), Some(&proposal.deed), words)];
        if proposal.objections_until.is_some() {
            let accepted = s.acceptance.as_ref().map(|accepted| &accepted.deed);
            // Closed without a word of the customer's, there is none to wait for.
            if accepted.is_some() || s.closing.is_none() {
                boxes.push(self.deed(
                    words.say("Godtagen av kunden", "Accepted by the customer"),
                    accepted,
                    words,
                ));
            }
        }
        let closed = s.closing.as_ref().map(|closed| &closed.deed);
        boxes.push(self.deed(words.say("Stängd", "Closed"), closed, words));
        vec![heading(2, words.say("Beslut", "Decisions")), Block::Approvals(boxes)]
    }

    fn deed(&self, what: &str, deed: Option<&Deed>, words: Words) -> documents::Approval {
        let facts: Vec<Fact> = match deed {
            Some(deed) => vec![
                fact(words.say("Av", "By"), deed.by.name.to_string()),
                fact(words.say("Tid", "Time"), words.moment(deed.at, self.zone)),
            ],
            None => vec![fact(words.say("Väntar", "Awaited"), words.say("Ännu inte", "Not yet"))],
        };
        documents::Approval {
            party: what.to_owned(),
            given: deed.is_some(),
            facts,
        }
    }

    /// How the figures of this statement are made.
    pub(super) fn methods(&self, words: Words) -> Vec<Block> {
        let Some(figures) = &self.statement.figures else {
            return vec![];
        };
        let mut used: Vec<Method> = figures.targets().map(|(_, figure)| figure.method).collect();
        used.sort_unstable();
        used.dedup();
        if used.is_empty() {
            return vec![];
        }
        let lines: Vec<String> = used
            .iter()
            .map(|method| format!("- {}", words.method(*method)))
            .collect();
        vec![
            heading(2, words.say("Så räknas siffrorna", "How the figures are made")),
            Block::Text {
                markdown: lines.join("\n"),
                language: None,
            },
        ]
    }
}

impl Words {
    fn method(self, method: Method) -> &'static str {
        match method {
            Method::AvailabilityOfAgreedTime => self.say(
                "Tillgänglighet: 100 × (1 − nertid ÷ avtalad tid) i hela sekunder. Nertid är oplanerade avbrott inom avtalad tid; det som överlappar räknas en gång.",
                "Availability: 100 × (1 − downtime ÷ agreed time) in whole seconds. Downtime is unplanned outages within the agreed time; what overlaps counts once.",
            ),
            Method::ShareOfCasesWithinLimit => self.say(
                "Andel i tid: de ärenden som löstes i perioden och vars öppna tid, utan pauser, ryms i gränsen.",
                "Share in time: the cases resolved in the period whose open time, without pauses, is within the limit.",
            ),
            Method::MeanOfSamples => self.say("Medelvärde: summan delad med antalet.", "Mean: the sum divided by the number."),
            Method::MinOfSamples => self.say("Lägsta mätvärde.", "The smallest sample."),
            Method::MaxOfSamples => self.say("Högsta mätvärde.", "The largest sample."),
            Method::SumOfSamples => self.say("Summan av mätvärdena.", "The sum of the samples."),
            Method::LastOfSamples => self.say(
                "Senaste mätvärde: det senast observerade, av flera det senast mottagna.",
                "The last sample: the one observed last; of several, the one received last.",
            ),
            Method::NearestRankPercentile => self.say(
                "Percentil: mätvärdet med rang ⌈p·n/100⌉.",
                "Percentile: the sample at rank ⌈p·n/100⌉.",
            ),
            Method::SatisfactionOfPeriod => self.say(
                "Nöjdhet: av den avslutade periodens svar.",
                "Satisfaction: of the finished period's answers.",
            ),
        }
    }
}
