//! When a version begins, renews and ends.
use documents::{Block, Column, Table};
use domain::{agreements::*, vocabulary::*};

use super::{Told, fact, heading};
use crate::pages::{Words, words::sentence};

/// The last terms that are told begin within so many months from the first day.
const AHEAD: Span = Span::Months(60);

impl Told<'_> {
    pub(super) fn terms(&self, words: Words) -> Vec<Block> {
        let Terms {
            first_day,
            last_day,
            renewal,
            renewal_term,
            notice_period,
        } = &self.version.terms;
        let renewed = renewal_term.map(|span| words.span(span)).unwrap_or_default();
        let renewal = match renewal {
            Renewal::None => words
                .say(
                    "Ingen: det upphör efter sista dagen",
                    "None: it ends after the last day",
                )
                .to_owned(),
            Renewal::Tacit => format!(
                "{} {renewed} {}",
                words.say("Med", "By"),
                words.say(
                    "i taget, om det inte sägs upp i tid",
                    "at a time, unless notice is given in time"
                )
            ),
            Renewal::Express => format!(
                "{} {renewed} {}",
                words.say("Med", "By"),
                words.say(
                    "i taget, bara genom båda parters beslut",
                    "at a time, by both parties' decision only"
                )
            ),
        };
        let mut facts = vec![
            fact(words.say("Första dag", "First day"), first_day.to_string()),
            fact(
                words.say("Första periodens sista dag", "Last day of the initial term"),
                last_day.to_string(),
            ),
            fact(words.say("Förlängning", "Renewal"), renewal),
        ];
        if let Some(notice) = notice_period {
            let before = words.say("före periodens slut", "before the end of a term");
            facts.push(fact(
                words.say("Uppsägning", "Notice"),
                format!("{} {before}", sentence(&words.span(*notice))),
            ));
        }
        if let Some(interval) = self.version.content.review_interval {
            let every = words.say("En gång per", "Once in");
            facts.push(fact(
                words.say("Gemensam genomgång", "Looked over together"),
                format!("{every} {}", words.span(interval)),
            ));
        }
        let mut blocks = vec![heading(2, words.say("Avtalstid", "Terms")), Block::Facts(facts)];
        blocks.extend(self.coming_terms(words));
        blocks
    }

    /// The terms that begin within five years, with their last days.
    fn coming_terms(&self, words: Words) -> Option<Block> {
        let terms = &self.version.terms;
        let approved = self.version.status().was_approved();
        let until = self
            .version
            .in_force()
            .until
            .filter(|_| approved)
            .or(match terms.renewal {
                Renewal::None => terms.until(0),
                _ => None,
            });
        let horizon = AHEAD.after(terms.first_day, 1);
        let within = |term: &Term| horizon.is_none_or(|horizon| term.first_day < horizon);
        let column = |sv, en| Column {
            label: words.say(sv, en).to_owned(),
            numeric: false,
        };
        let row = |term: Term| {
            let name = match term.ordinal {
                0 => words.say("Första perioden", "Initial term").to_owned(),
                n => format!("{} {n}", words.say("Förlängning", "Renewal")),
            };
            let notice = term.notice_last_day.map(|day| day.to_string()).unwrap_or_default();
            vec![name, term.first_day.to_string(), term.last_day.to_string(), notice]
        };
        let rows: Vec<_> = terms.terms(until).take_while(within).map(row).collect();
        let caption = words.say(
            "Perioder som börjar inom fem år från första dagen",
            "Terms that begin within five years of the first day",
        );
        (!rows.is_empty()).then(|| {
            Block::Table(Table {
                caption: caption.to_owned(),
                columns: vec![
                    column("Period", "Term"),
                    column("Första dag", "First day"),
                    column("Sista dag", "Last day"),
                    column("Sista dag för uppsägning", "Last day for notice"),
                ],
                rows,
            })
        })
    }
}
