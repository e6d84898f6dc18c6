//! The digest of business needs as a document: the themes at a glance, then each with its needs.
use documents::{Block, Document, Table, Tone};
use domain::knowledge::*;

use super::{Words, column, heading};

/// The document.
pub fn digest(told: &NeedsDigest, provider: &str, words: Words) -> Document {
    let title = words.say("Verksamhetens behov", "Business needs");
    let mut blocks = vec![standing(told, words), themes(told, words)];
    blocks.extend(told.themes.iter().flat_map(|theme| one(theme, words)));
    Document {
        language: words.0,
        title: title.to_owned(),
        subtitle: Some(words.days(told.since, Some(told.day))),
        author: words.provider(provider),
        date: told.day,
        identifier: format!("NEEDS-{}", told.day),
        version: None,
        keywords: vec![title.to_owned()],
        digest: None,
        blocks,
    }
}

fn standing(told: &NeedsDigest, words: Words) -> Block {
    let sum = |of: fn(&NeedTheme) -> u32| u64::from(told.themes.iter().map(of).sum::<u32>());
    Block::Note {
        tone: Tone::Neutral,
        title: words.count(sum(|theme| theme.open), ("behov", "need"), ("behov", "needs")),
        text: format!(
            "{} {}: {} {}, {} {}.",
            words.say("Sedan", "Since"),
            told.since,
            sum(|theme| theme.came),
            words.say("tillkom", "came"),
            sum(|theme| theme.went),
            words.say("föll bort", "went")
        ),
    }
}

fn themes(told: &NeedsDigest, words: Words) -> Block {
    let row = |theme: &NeedTheme| {
        let codes: Vec<&str> = theme.customers.iter().map(|customer| customer.code.as_str()).collect();
        vec![
            theme.theme.to_string(),
            theme.open.to_string(),
            theme.strengths.high.to_string(),
            theme.horizons.within_a_year.to_string(),
            theme.came.to_string(),
            theme.went.to_string(),
            codes.join(", "),
        ]
    };
    Block::Table(Table {
        caption: words
            .say("Teman, de mest delade först", "Themes, the most shared first")
            .to_owned(),
        columns: vec![
            column(words.say("Tema", "Theme"), false),
            column(words.say("Behov", "Needs"), true),
            column(words.say("Starka", "Strong"), true),
            column(words.say("Inom ett år", "Within a year"), true),
            column(words.say("Nya", "New"), true),
            column(words.say("Bortfallna", "Gone"), true),
            column(words.say("Kunder", "Customers"), false),
        ],
        rows: told.themes.iter().map(row).collect(),
    })
}

fn one(theme: &NeedTheme, words: Words) -> Vec<Block> {
    let row = |need: &DigestedNeed| {
        vec![
            need.statement.to_string(),
            need.customer.name.to_string(),
            words.strength(need.strength).to_owned(),
            words.horizon(need.horizon).to_owned(),
            words.change_of_need(need).to_owned(),
        ]
    };
    vec![
        heading(2, theme.theme.as_str()),
        Block::Table(Table {
            caption: format!("{}: {}", words.say("Behov", "Needs"), theme.theme),
            columns: vec![
                column(words.say("Behov", "Need"), false),
                column(words.say("Kund", "Customer"), false),
                column(words.say("Styrka", "Strength"), false),
                column(words.say("När", "When"), false),
                column(words.say("Sedan sist", "Since then"), false),
            ],
            rows: theme.needs.iter().map(row).collect(),
        }),
    ]
}

impl Words {
    fn strength(self, strength: NeedStrength) -> &'static str {
        match strength {
            NeedStrength::Low => self.say("svagt", "low"),
            NeedStrength::Medium => self.say("medelstarkt", "medium"),
            NeedStrength::High => self.say("starkt", "high"),
        }
    }

    fn horizon(self, horizon: NeedHorizon) -> &'static str {
        match horizon {
            NeedHorizon::WithinAYear => self.say("inom ett år", "within a year"),
            NeedHorizon::OneToThreeYears => self.say("om ett till tre år", "in one to three years"),
            NeedHorizon::Later => self.say("senare", "later"),
        }
    }

    fn change_of_need(self, need: &DigestedNeed) -> &'static str {
        match (need.change, need.outcome) {
            (NeedChange::Came, _) => self.say("nytt", "new"),
            (NeedChange::Stayed, _) => self.say("kvarstår", "stays"),
            (NeedChange::Went, Some(NeedOutcome::Met)) => self.say("tillgodosett", "met"),
            (NeedChange::Went, Some(NeedOutcome::Replaced)) => self.say("ersatt", "replaced"),
            (NeedChange::Went, _) => self.say("bortfallet", "gone"),
        }
    }
}
