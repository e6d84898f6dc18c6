//! All customers compared: the order with its reasons, then for each question small plots on one scale.
use documents::{Block, Document, Multiple, Multiples, Point, Table};
use domain::{
    satisfaction::*,
    surveys::SurveyKind,
    vocabulary::{CustomerRef, Slug},
};

use super::{Tone, Words, column, heading, point};

/// So many questions at most have plots of their own; all of them stand in the JSON.
const MOST_PLOTS: usize = 12;

/// What is asked alike of several customers.
type Asked<'a> = (
    SatisfactionSeries,
    Option<SurveyKind>,
    Option<&'a Slug>,
    Scale,
    FigureMethod,
);

/// The document.
pub fn overview(told: &SatisfactionOverview, provider: &str, words: Words) -> Document {
    let title = words.say("Kundernas nöjdhet", "How satisfied customers are");
    let mut blocks = vec![standing(told, words), order(told, words)];
    blocks.extend(plots(told, words));
    blocks.extend(rule(told, words));
    Document {
        language: words.0,
        title: format!("{title} {}", words.period(told.period)),
        subtitle: None,
        author: words.provider(provider),
        date: fixed_since(told.period),
        identifier: format!("SAT-{}", told.period),
        version: None,
        keywords: vec![title.to_owned(), told.period.to_string()],
        digest: None,
        blocks,
    }
}

fn standing(told: &SatisfactionOverview, words: Words) -> Block {
    let flagged = told.customers.iter().filter(|standing| standing.weight > 0).count();
    Block::Note {
        tone: if flagged == 0 { Tone::Good } else { Tone::Warning },
        title: match flagged {
            0 => words
                .say("Inget talar emot", "Nothing speaks against anybody")
                .to_owned(),
            _ => words.say("Sämst först", "The worst first").to_owned(),
        },
        text: format!(
            "{} {} {} {}.",
            words.say("Visar", "Shows"),
            told.customers.len(),
            words.say("av", "of"),
            words.count(told.total, ("kund", "customer"), ("kunder", "customers"))
        ),
    }
}

fn name(customer: &CustomerRef) -> String {
    format!("{} {}", customer.code, customer.name)
}

fn order(told: &SatisfactionOverview, words: Words) -> Block {
    let row = |standing: &CustomerStanding| {
        let reasons: Vec<String> = standing.reasons.iter().map(|reason| words.reason(reason)).collect();
        vec![
            name(&standing.customer),
            standing.weight.to_string(),
            match reasons.is_empty() {
                true => "–".to_owned(),
                false => reasons.join("\n"),
            },
        ]
    };
    Block::Table(Table {
        caption: words
            .say("Kunderna, sämst först", "The customers, the worst first")
            .to_owned(),
        columns: vec![
            column(words.say("Kund", "Customer"), false),
            column(words.say("Vikt", "Weight"), true),
            column(words.say("Skäl", "Reasons"), false),
        ],
        rows: told.customers.iter().map(row).collect(),
    })
}

fn plots(told: &SatisfactionOverview, words: Words) -> Vec<Block> {
    let mut questions: Vec<(Asked<'_>, Vec<Multiple>)> = vec![];
    for standing in &told.customers {
        for trend in &standing.trends {
            let asked = (
                trend.series,
                trend.survey_kind,
                trend.question.as_ref(),
                trend.scale,
                trend.method,
            );
            let one = Multiple {
                name: name(&standing.customer),
                points: trend.points.iter().map(|at| small(at, trend.method, words)).collect(),
            };
            match questions.iter_mut().find(|(known, _)| *known == asked) {
                Some((_, all)) => all.push(one),
                None => questions.push((asked, vec![one])),
            }
        }
    }
    // Users before customers; what most were asked comes first.
    questions.sort_by_key(|((series, ..), all)| (*series as u8, std::cmp::Reverse(all.len())));
    let mut blocks = vec![];
    for ((_, kind, question, scale, method), plots) in questions.into_iter().take(MOST_PLOTS) {
        if blocks.is_empty() {
            blocks.push(heading(2, words.say("De senaste perioderna", "The latest periods")));
        }
        blocks.push(Block::Multiples(Multiples {
            title: words.asked(kind, question, scale),
            series: format!(
                "{}{}",
                words.method_of_figure(method),
                if method == FigureMethod::Csat { " (%)" } else { "" }
            ),
            of: words.say("Kund", "Customer").to_owned(),
            mark: words
                .say("sämre än perioden före", "worse than the period before")
                .to_owned(),
            periods: told.periods.iter().map(ToString::to_string).collect(),
            plots,
        }));
    }
    blocks
}

/// What fell is marked.
fn small(at: &TrendPoint, method: FigureMethod, words: Words) -> Point {
    Point {
        missed: at.fell,
        ..point(at, method, words)
    }
}

/// By what they are ordered.
fn rule(told: &SatisfactionOverview, words: Words) -> Vec<Block> {
    let lines = told
        .weights
        .iter()
        .map(|weight| format!("- {}: {}", words.flag(weight.flag), weight.weight));
    let lines: Vec<String> = lines.collect();
    vec![
        heading(2, words.say("Så ordnas kunderna", "How the customers are ordered")),
        Block::Text {
            markdown: format!(
                "{}\n\n{}",
                words.say(
                    "Efter summan av skälens vikter, störst först, sedan efter kod. Varje skäl räknas en gång för användare och en gång för kunder.",
                    "By the sum of the reasons' weights, the largest first, then by code. Each reason counts once for users and once for customers.",
                ),
                lines.join("\n")
            ),
            language: None,
        },
    ]
}

impl Words {
    fn flag(self, flag: StandingFlag) -> &'static str {
        match flag {
            StandingFlag::Fell => self.say(
                "En siffra har sjunkit sedan perioden före, och inte av en slump",
                "A figure fell since the period before, and not by chance",
            ),
            StandingFlag::Below => self.say(
                "En siffra ligger med hela sitt intervall under alla kunders",
                "A figure lies with its whole interval below that of all customers",
            ),
            StandingFlag::Untold => self.say(
                "Inget kan visas: få har svarat, eller ingen har tillfrågats",
                "Nothing is told: few answered, or nobody was asked",
            ),
        }
    }

    fn reason(self, reason: &StandingReason) -> String {
        let flag = self.flag(reason.flag);
        let Some(figure) = &reason.figure else {
            return flag.to_owned();
        };
        let asked = self.asked(figure.survey_kind, figure.question.as_ref(), figure.scale);
        let value = figure
            .value
            .map(|value| self.measured(value, figure.method))
            .unwrap_or_default();
        format!("{flag}: {asked}, {} {value}", self.method_of_figure(figure.method))
    }
}
