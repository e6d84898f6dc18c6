//! What customers are about to do, on paper: for each service the activities as bars over time.
use chrono_tz::Tz;
use documents::{Block, Document, Schedule, Span, Tone};
use domain::planned_activities::*;

use super::{Words, heading};

/// The document.
pub fn outlook(told: &PlannedOutlook, provider: &str, zone: Tz, words: Words) -> Document {
    let title = words.say("Vad kunderna har på gång", "What customers are about to do");
    let days = format!("{}–{}", told.first_day, told.last_day);
    let mut blocks = vec![standing(told, words)];
    for one in &told.services {
        let name = match &one.service {
            Some(service) => format!("{} {}", service.code, service.name),
            None => words.say("Ingen viss tjänst", "No service in particular").to_owned(),
        };
        blocks.push(heading(2, &name));
        blocks.push(schedule(told, one, name, zone, words));
    }
    Document {
        language: words.0,
        title: title.to_owned(),
        subtitle: Some(days.clone()),
        author: words.provider(provider),
        date: told.first_day,
        identifier: format!("PLAN-{}", told.first_day),
        version: None,
        keywords: vec![title.to_owned(), days],
        digest: None,
        blocks,
    }
}

fn standing(told: &PlannedOutlook, words: Words) -> Block {
    let count = words.count(
        told.activities as u64,
        ("planerad aktivitet", "planned activity"),
        ("planerade aktiviteter", "planned activities"),
    );
    Block::Note {
        tone: if told.conflicting == 0 {
            Tone::Neutral
        } else {
            Tone::Warning
        },
        title: match told.conflicting {
            0 => words.say("Inget krockar", "Nothing conflicts").to_owned(),
            n => format!(
                "{n} {}",
                words.say("krockar med något", "of them conflict with something")
            ),
        },
        text: format!("{count}."),
    }
}

fn schedule(told: &PlannedOutlook, one: &ServiceOutlook, title: String, zone: Tz, words: Words) -> Block {
    let span = |line: &OutlookLine| Span {
        name: format!("{} {}", line.customer.code, line.activity.title),
        first_day: line.period.first_day,
        last_day: line.period.last_day,
        firm: line.phase != PlannedPhase::Idea,
        marked: !line.conflicts.is_empty(),
        remark: words.line(line, zone),
    };
    Block::Schedule(Schedule {
        title,
        of: words.say("Aktivitet", "Activity").to_owned(),
        firm: words.say("planerad", "planned").to_owned(),
        loose: words.say("idé", "an idea").to_owned(),
        mark: words.say("krockar", "conflict").to_owned(),
        first_day: told.first_day,
        last_day: told.last_day,
        spans: one.activities.iter().map(span).collect(),
    })
}

impl Words {
    /// How sure it is, what it changes, when nothing is to be changed, and what it runs into.
    fn line(self, line: &OutlookLine, zone: Tz) -> String {
        let sure = match line.confidence {
            PlanConfidence::Low => self.say("osäker", "unsure"),
            PlanConfidence::Medium => self.say("trolig", "likely"),
            PlanConfidence::High => self.say("säker", "sure"),
        };
        let change = |change: &ExpectedChange| format!("{}: {}", change.metric, self.signed(change.change));
        let freeze = line.freeze.map(|freeze| {
            let wished = self.say("önskar ändringsstopp", "wishes for no changes");
            format!("{wished} {}–{}", freeze.first_day, freeze.last_day)
        });
        let parts = [sure.to_owned()]
            .into_iter()
            .chain(line.changes.iter().map(change))
            .chain(freeze)
            .chain(line.conflicts.iter().map(|conflict| self.conflict(conflict, zone)));
        parts.collect::<Vec<_>>().join("\n")
    }

    fn signed(self, number: domain::vocabulary::Decimal) -> String {
        let sign = if number > domain::vocabulary::Decimal::from(0) {
            "+"
        } else {
            ""
        };
        format!("{sign}{}", self.number(number))
    }

    fn conflict(self, conflict: &PlanConflict, zone: Tz) -> String {
        match conflict {
            PlanConflict::Freeze { title, begins_at, .. } => {
                let english = title.en.as_ref().map_or(title.sv.as_str(), |en| en.as_str());
                format!(
                    "{}: {}, {}",
                    self.say("aviserad ändring", "announced change"),
                    self.say(title.sv.as_str(), english),
                    self.moment(*begins_at, zone)
                )
            }
            PlanConflict::Workload {
                agreement,
                name,
                most,
                actual,
                ..
            } => {
                let now = actual.map_or_else(String::new, |actual| {
                    format!(" ({} {})", self.say("nu", "now"), self.number(actual))
                });
                format!(
                    "{} {}: {name}, {} {}{now}",
                    self.say("mer än överenskommet i", "more than agreed in"),
                    agreement.number,
                    self.say("högst", "at most"),
                    self.number(*most)
                )
            }
        }
    }
}
