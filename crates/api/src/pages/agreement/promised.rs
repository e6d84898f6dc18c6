//! What a version promises, and the hours in which it is counted.
use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use documents::{Block, Fact};
use domain::{
    agreements::*,
    calendars::{CalendarHours, PinnedCalendar},
    vocabulary::*,
};

use super::{Told, fact, heading};
use crate::pages::{Words, words::sentence};

impl Told<'_> {
    pub(super) fn targets(&self, words: Words) -> Vec<Block> {
        let targets = &self.version.content.targets;
        let mut blocks = vec![];
        if !targets.is_empty() {
            blocks.push(heading(2, words.say("Mål", "Targets")));
        }
        for target in targets {
            blocks.push(heading(3, target.name.as_str()));
            blocks.push(Block::Facts(self.target(target, words)));
        }
        blocks
    }

    fn target(&self, target: &ServiceLevelTarget, words: Words) -> Vec<Fact> {
        let pin = self.pin(target);
        let hours = pin.and_then(|pin| self.hours_of(pin));
        let mut facts = vec![fact(words.say("Nivå", "Level"), words.promise(target, hours))];
        let mut tell =
            |sv: &str, en: &str, value: Option<String>| facts.extend(value.map(|value| fact(words.say(sv, en), value)));
        let named = |id: &ServiceId| self.version.services.0.iter().find(|s| s.id == *id);
        let services: Vec<_> = target
            .services
            .iter()
            .filter_map(named)
            .map(|s| s.name.as_str())
            .collect();
        tell(
            "Tjänster",
            "Services",
            (!services.is_empty()).then(|| words.all(&services)),
        );
        tell("Räknas", "Counted", words.counting(target));
        tell("Servicetid", "Service hours", pin.map(|pin| self.pinned(pin, words)));
        tell(
            "Underlag",
            "Evidence",
            (target.minimum_observations > 1).then(|| {
                let n = words.count(
                    target.minimum_observations.into(),
                    ("observation", "observation"),
                    ("observationer", "observations"),
                );
                format!("{} {n}", words.say("Bedöms från", "Judged from"))
            }),
        );
        let limits = &self.version.content.workload_limits;
        let limit = limits
            .iter()
            .find(|limit| Some(&limit.key) == target.workload_limit.as_ref());
        tell(
            "Utlovas upp till",
            "Promised up to",
            limit.map(|limit| format!("{}: {}", limit.name, words.workload(limit))),
        );
        tell("Vid missad nivå", "When it is missed", words.consequence(target));
        let bearing = target.rests_on.iter().map(|rests_on| {
            let known = self.bearing.get(&rests_on.agreement);
            let number = known.map_or(rests_on.agreement.to_string(), |known| known.number.clone());
            format!("{number}, {}", rests_on.target)
        });
        tell(
            "Vilar på",
            "Rests on",
            (!target.rests_on.is_empty()).then(|| bearing.collect::<Vec<_>>().join("\n")),
        );
        facts
    }

    fn pin(&self, target: &ServiceLevelTarget) -> Option<&PinnedCalendar> {
        let pins = self.version.calendars.0.iter();
        pins.into_iter().find(|pin| Some(pin.id) == target.calendar)
    }

    fn hours_of(&self, pin: &PinnedCalendar) -> Option<&CalendarHours> {
        self.hours.get(&(pin.id, pin.version))
    }

    fn pinned(&self, pin: &PinnedCalendar, words: Words) -> String {
        format!("{}, {} {}", pin.name, words.say("version", "version"), pin.version)
    }

    /// The pinned calendars: ordinary weeks, and each date from the first day on that differs.
    pub(super) fn hours(&self, words: Words) -> Vec<Block> {
        let mut blocks = vec![];
        for pin in &self.version.calendars.0 {
            let Some(hours) = self.hours_of(pin) else { continue };
            if blocks.is_empty() {
                blocks.push(heading(2, words.say("Servicetider", "Service hours")));
            }
            blocks.push(heading(3, &self.pinned(pin, words)));
            let mut facts = vec![
                fact(words.say("Öppet", "Open"), sentence(&words.hours(hours))),
                fact(words.say("Tidszon", "Time zone"), hours.told().zone.to_string()),
            ];
            let mut differing: BTreeMap<i32, Vec<String>> = BTreeMap::new();
            let first: NaiveDate = self.version.terms.first_day;
            for exception in hours.told().exceptions.iter().filter(|e| e.date >= first) {
                let label = exception
                    .label
                    .as_ref()
                    .map(|label| format!(" ({label})"))
                    .unwrap_or_default();
                let told = format!("{} {}{label}", exception.date, words.openings(&exception.hours));
                differing.entry(exception.date.year()).or_default().push(told);
            }
            let label = |year: i32| format!("{} {year}", words.say("Avvikande dagar", "Dates that differ"));
            facts.extend(
                differing
                    .into_iter()
                    .map(|(year, dates)| fact(&label(year), dates.join("; "))),
            );
            blocks.push(Block::Facts(facts));
        }
        blocks
    }
}
