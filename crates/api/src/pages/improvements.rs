//! What improvements came to as a document: counts of outcomes, then each with its numbers and a plot of its readings
//! against baseline and target.
use documents::{Block, Document, Plot, PlotStyle, Point, Table, Target, Tone};
use domain::{improvements::*, vocabulary::*};

use super::{Words, column, fact};

/// The document.
pub fn effects(told: &ImprovementEffects, customer: Option<CustomerRef>, provider: &str, words: Words) -> Document {
    let title = words.say("Förbättringars effekt", "What improvements came to");
    let last = told.items.iter().map(|effect| effect.verified).max();
    let code = customer.as_ref().map(|customer| format!("-{}", customer.code));
    let mut blocks = summary(told, words);
    blocks.extend(told.items.iter().flat_map(|effect| one(effect, words)));
    Document {
        language: words.0,
        title: format!("{title} {}", told.period),
        subtitle: customer.map(|customer| customer.name.to_string()),
        author: words.provider(provider),
        date: last.unwrap_or(told.first_day),
        identifier: format!("IMP-{}{}", told.period, code.unwrap_or_default()),
        version: None,
        keywords: vec![title.to_owned(), told.period.to_string()],
        digest: None,
        blocks,
    }
}

/// The counts.
fn summary(told: &ImprovementEffects, words: Words) -> Vec<Block> {
    let of_all = told.outcomes;
    let number = |n: u32| u64::from(n);
    let counted = words.count(
        number(of_all.total()),
        ("förbättring med uppmätt effekt", "improvement with a measured effect"),
        (
            "förbättringar med uppmätt effekt",
            "improvements with a measured effect",
        ),
    );
    let deviating = match told.deviating {
        0 => words
            .say(
                "Varje bedömning följer mätvärdet.",
                "Every judgment follows the measured value.",
            )
            .to_owned(),
        n => words.count(
            number(n),
            (
                "bedömning avviker från mätvärdet och har sitt skäl angivet.",
                "judgment differs from the measured value, with its reason.",
            ),
            (
                "bedömningar avviker från mätvärdet och har sina skäl angivna.",
                "judgments differ from the measured value, each with its reason.",
            ),
        ),
    };
    let mut blocks = vec![
        Block::Note {
            tone: match of_all.total() {
                0 => Tone::Neutral,
                all if all == of_all.achieved => Tone::Good,
                _ => Tone::Warning,
            },
            title: counted,
            text: deviating,
        },
        Block::Facts(vec![
            fact(
                words.say("Period", "Period"),
                words.days(told.first_day, Some(told.last_day)),
            ),
            fact(words.outcome(ImprovementOutcome::Achieved), of_all.achieved.to_string()),
            fact(words.outcome(ImprovementOutcome::Partly), of_all.partly.to_string()),
            fact(
                words.outcome(ImprovementOutcome::NotAchieved),
                of_all.not_achieved.to_string(),
            ),
        ]),
    ];
    if !told.customers.is_empty() {
        blocks.push(Block::Table(Table {
            caption: words.say("Utfall per kund", "Outcomes by customer").to_owned(),
            columns: vec![
                column(words.say("Kund", "Customer"), false),
                column(words.outcome(ImprovementOutcome::Achieved), true),
                column(words.outcome(ImprovementOutcome::Partly), true),
                column(words.outcome(ImprovementOutcome::NotAchieved), true),
            ],
            rows: told
                .customers
                .iter()
                .map(|CustomerOutcomes { customer, outcomes }| {
                    vec![
                        format!("{} {}", customer.code, customer.name),
                        outcomes.achieved.to_string(),
                        outcomes.partly.to_string(),
                        outcomes.not_achieved.to_string(),
                    ]
                })
                .collect(),
        }));
    }
    blocks
}

/// One improvement.
fn one(effect: &VerifiedEffect, words: Words) -> Vec<Block> {
    let (measure, verified) = (&effect.measure, &effect.verification);
    let value = |value: Decimal| format!("{} {}", words.number(value), measure.unit);
    let on = |seen: &Observation| format!("{} ({})", value(seen.value), seen.day);
    let customers: Vec<&str> = effect.customers.iter().map(|c| c.name.as_str()).collect();
    let services: Vec<&str> = effect.services.iter().map(|s| s.name.as_str()).collect();
    let mut facts = vec![fact(words.say("Kunder", "Customers"), words.all(&customers))];
    if !services.is_empty() {
        facts.push(fact(words.say("Tjänster", "Services"), words.all(&services)));
    }
    facts.extend([
        fact(words.say("Mått", "Measure"), measure.name.to_string()),
        fact(words.say("Före", "Before"), on(&verified.baseline)),
        fact(
            words.say("Mål", "Target"),
            format!(
                "{} ({} {})",
                value(verified.target.value),
                words.say("senast", "by"),
                verified.target.by
            ),
        ),
        fact(words.say("Infört", "Implemented"), effect.implemented.to_string()),
        fact(words.say("Efter", "After"), on(&verified.reading)),
        fact(
            words.say("Bedömt av", "Judged by"),
            format!("{}, {}", verified.deed.by.name, effect.verified),
        ),
    ]);
    if let Some(reason) = &verified.reason {
        facts.push(fact(
            words.say("Mätvärdet säger", "The numbers say"),
            words.outcome(verified.measured),
        ));
        facts.push(fact(words.say("Skäl", "Reason"), reason.to_string()));
    }
    vec![
        Block::Heading {
            level: 2,
            text: format!("{} {}", effect.improvement.number, effect.improvement.title),
        },
        Block::Note {
            tone: match verified.outcome {
                ImprovementOutcome::Achieved => Tone::Good,
                ImprovementOutcome::Partly => Tone::Warning,
                ImprovementOutcome::NotAchieved => Tone::Bad,
            },
            title: words.outcome(verified.outcome).to_owned(),
            text: verified.conclusion.to_string(),
        },
        Block::Facts(facts),
        plot(effect, words),
    ]
}

/// The readings, from the baseline on, against the target.
fn plot(effect: &VerifiedEffect, words: Words) -> Block {
    let (measure, verified) = (&effect.measure, &effect.verification);
    let point = |seen: &Observation, remark: &str| Point {
        period: seen.day.format("%Y %m-%d").to_string(),
        value: seen.value.to_string().parse().ok(),
        limits: None,
        text: words.number(seen.value),
        // Before the judgment nothing was to be reached yet.
        missed: *seen == verified.reading && !measure.reaches(seen.value),
        remark: remark.to_owned(),
    };
    let remark = |seen: &Observation| match (*seen == verified.reading, seen.day > effect.implemented) {
        (true, _) => words.say("Bedömt värde", "The value judged"),
        (_, true) => words.say("Efter införandet", "After the implementation"),
        _ => words.say("Före införandet", "Before the implementation"),
    };
    let baseline = point(&verified.baseline, words.say("Utgångsläge", "Baseline"));
    let others = effect.readings.iter().filter(|seen| **seen != verified.baseline);
    let mut points: Vec<Point> = others.clone().map(|seen| point(seen, remark(seen))).collect();
    let place = others.filter(|seen| seen.day < verified.baseline.day).count();
    points.insert(place, baseline);
    Block::Plot(Plot {
        title: format!("{} {}", effect.improvement.number, measure.name),
        series: format!("{} ({})", measure.name, measure.unit),
        of: "Period".to_owned(),
        style: PlotStyle::Line,
        points,
        target: verified.target.value.to_string().parse().ok().map(|value| Target {
            value,
            text: match measure.direction {
                Direction::Higher => format!(
                    "{} {}",
                    words.say("minst", "at least"),
                    words.number(verified.target.value)
                ),
                Direction::Lower => format!(
                    "{} {}",
                    words.say("högst", "at most"),
                    words.number(verified.target.value)
                ),
            },
        }),
    })
}

impl Words {
    fn outcome(self, outcome: ImprovementOutcome) -> &'static str {
        match outcome {
            ImprovementOutcome::Achieved => self.say("Målet nått", "Target reached"),
            ImprovementOutcome::Partly => self.say("Bättre, men målet inte nått", "Better, but short of the target"),
            ImprovementOutcome::NotAchieved => self.say("Ingen förbättring", "No improvement"),
        }
    }
}
