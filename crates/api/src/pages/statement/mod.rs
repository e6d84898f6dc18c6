//! A statement as a document: what was promised beside what was delivered, with a plot of each target over the last
//! twelve periods, the inputs of each figure, and what was said of them.
mod figures;
mod plots;
mod said;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use documents::{Block, Document, Tone};
use domain::{
    agreements::{self, AgreementVersion, Content, ServiceLevelTarget, VersionNumber},
    calendars::CalendarHours,
    service_levels::*,
    vocabulary::*,
};

use super::{Words, fact, heading};

/// What a statement is told with.
pub struct Told<'a> {
    /// The statement, with its figures.
    pub statement: &'a ServiceLevelStatement,
    /// The versions that were in force in the period.
    pub versions: &'a [AgreementVersion],
    /// The hours of the calendars that they pin.
    pub hours: &'a HashMap<(CalendarId, i64), CalendarHours>,
    /// The kept figures of this and the periods before it, the oldest first.
    pub before: &'a [(StatementPeriod, Figures)],
    /// The IT organisation's name; empty where none is set.
    pub provider: &'a str,
    /// The organisation's zone.
    pub zone: Tz,
}

/// The language that the last version in force binds in.
pub fn own_language(versions: &[AgreementVersion]) -> agreements::Language {
    versions
        .last()
        .map_or(agreements::Language::Sv, |version| version.content.language)
}

/// The document.
pub fn statement(told: &Told<'_>, words: Words) -> Document {
    let statement = told.statement;
    let blocks = [
        told.standing(words),
        told.facts(words),
        told.parts(words),
        told.plots(words),
        told.objections(words),
        told.deeds(words),
        told.methods(words),
    ];
    let title = words.say("Redovisning av servicenivåer", "Service level statement");
    let name = told.content().map(|content| content.title.to_string());
    Document {
        language: words.0,
        title: format!("{title} {}", words.period(statement.period)),
        subtitle: name,
        author: words.provider(told.provider),
        date: told.last_act().with_timezone(&told.zone).date_naive(),
        identifier: format!("{}-{}", statement.agreement.number, statement.period),
        version: Some(match statement.state {
            StatementState::Closed => statement.revision.0.to_string(),
            _ => format!("{} – {}", statement.revision.0, told.state(words)),
        }),
        keywords: vec![title.to_owned(), statement.period.to_string()],
        digest: statement.figures.as_ref().map(|figures| figures.digest.to_string()),
        blocks: blocks.into_iter().flatten().collect(),
    }
}

impl Told<'_> {
    fn content(&self) -> Option<&Content> {
        self.versions.last().map(|version| &version.content)
    }

    fn version(&self, number: VersionNumber) -> Option<&AgreementVersion> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// The promise behind a figure.
    fn promised(&self, number: VersionNumber, key: &Slug) -> Option<&ServiceLevelTarget> {
        let targets = self.version(number)?.content.targets.iter();
        targets.into_iter().find(|target| target.key == *key)
    }

    fn hours_of(&self, figure: &TargetFigure) -> Option<&CalendarHours> {
        let pin = figure.calendar.as_ref()?;
        self.hours.get(&(pin.id, pin.version))
    }

    fn state(&self, words: Words) -> &'static str {
        match self.statement.state {
            StatementState::Open => words.say("ÖPPEN", "OPEN"),
            StatementState::Proposed => words.say("FÖRSLAG", "PROPOSAL"),
            StatementState::Closed => words.say("STÄNGD", "CLOSED"),
        }
    }

    /// When something was done with it the last time; of an open one, up to when it is computed.
    fn last_act(&self) -> DateTime<Utc> {
        let s = self.statement;
        let answers = s.objections.0.iter().filter_map(|o| Some(o.answer.as_ref()?.deed.at));
        let deeds = [
            s.proposal.as_ref().map(|p| p.deed.at),
            s.acceptance.as_ref().map(|a| a.deed.at),
            s.closing.as_ref().map(|c| c.deed.at),
        ];
        let objections = s.objections.0.iter().map(|o| o.deed.at);
        let all = deeds.into_iter().flatten().chain(objections).chain(answers);
        let until = s.figures.as_ref().map(|figures| figures.until);
        all.max().or(until).unwrap_or(s.created_at)
    }

    /// Where it stands, and how it came out.
    fn standing(&self, words: Words) -> Vec<Block> {
        let s = self.statement;
        let text = match (s.state, s.proposal.as_ref().and_then(|p| p.objections_until)) {
            (StatementState::Open, _) => words
                .say(
                    "Siffrorna räknas fram ur det underlag som finns och ändras med det.",
                    "The figures are computed from the evidence that is there, and move with it.",
                )
                .to_owned(),
            (StatementState::Proposed, Some(last)) => {
                format!(
                    "{} {last}.",
                    words.say("Kunden kan invända till och med", "The customer may object until")
                )
            }
            (StatementState::Proposed, None) => words.say("Föreslagna siffror.", "Proposed figures.").to_owned(),
            (StatementState::Closed, _) => words.say("Siffrorna står fast.", "The figures stand.").to_owned(),
        };
        let missed = s
            .figures
            .as_ref()
            .map(|figures| Verdicts::of(figures).missed)
            .unwrap_or_default();
        let title = match missed {
            0 => words.say("Inget mål missat", "No target missed").to_owned(),
            n => words.count(
                n.unsigned_abs().into(),
                ("mål missat", "target missed"),
                ("mål missade", "targets missed"),
            ),
        };
        let mut blocks = vec![Block::Note {
            tone: match (s.state, missed) {
                (_, 1..) => Tone::Bad,
                (StatementState::Closed, _) => Tone::Good,
                _ => Tone::Neutral,
            },
            title,
            text: format!("{}: {text}", self.state(words)),
        }];
        if let Some(restatement) = &s.restatement {
            blocks.push(Block::Note {
                tone: Tone::Warning,
                title: format!("{} {}", words.say("Revision", "Revision"), s.revision.0),
                text: format!("{} {}", words.say("Omräknad:", "Restated:"), restatement.reason),
            });
        }
        blocks
    }

    fn facts(&self, words: Words) -> Vec<Block> {
        let s = self.statement;
        let mut facts = vec![fact(
            words.say("Överenskommelse", "Agreement"),
            s.agreement.number.clone(),
        )];
        let mut tell =
            |sv: &str, en: &str, value: Option<String>| facts.extend(value.map(|value| fact(words.say(sv, en), value)));
        tell(
            "Kund",
            "Customer",
            s.customer.as_ref().map(|customer| customer.name.to_string()),
        );
        tell("Leverantör", "Provider", Some(words.provider(self.provider)));
        tell("Period", "Period", Some(words.days(s.first_day, Some(s.last_day))));
        if let Some(figures) = &s.figures {
            tell(
                "Räknad till",
                "Computed up to",
                Some(words.moment(figures.until, self.zone)),
            );
            let n = figures.evidence.measurements.unsigned_abs();
            let count = words.count(n, ("mätning", "measurement"), ("mätningar", "measurements"));
            tell(
                "Underlag",
                "Evidence",
                Some(format!("{count}\nSHA-256 {}", figures.evidence.digest)),
            );
            let owed = figures.consequences.iter().map(|m| words.money(m.amount, &m.currency));
            let owed: Vec<String> = owed.collect();
            tell("Avdrag", "Deduction", (!owed.is_empty()).then(|| words.all(&owed)));
        }
        vec![Block::Facts(facts)]
    }
}
