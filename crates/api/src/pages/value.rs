//! Value against cost as a document: the sums, a plot for each customer and currency, and every service with what became of
//! it.
use documents::{Block, Document, Scatter, ScatterPoint, Table, Target, Tone};
use domain::{value::*, vocabulary::*};

use super::{Words, column, fact, heading};

/// So many plots at most; all positions stand in the table.
const MOST_PLOTS: usize = 12;

/// The document.
pub fn analysis(told: &ValueAnalysis, customer: Option<CustomerRef>, provider: &str, words: Words) -> Document {
    let title = words.say("Värde mot kostnad", "Value against cost");
    let code = customer.as_ref().map(|customer| format!("-{}", customer.code));
    let mut blocks = vec![standing(told, words)];
    blocks.extend(
        told.customers
            .iter()
            .flat_map(|one| plots(one, told, words))
            .take(MOST_PLOTS),
    );
    blocks.extend(positions(told, words));
    blocks.extend(services(told, words));
    blocks.push(rule(words));
    Document {
        language: words.0,
        title: format!("{title} {}", told.year),
        subtitle: customer.map(|customer| customer.name.to_string()),
        author: words.provider(provider),
        date: chrono::NaiveDate::from_ymd_opt(told.year, 12, 31).unwrap_or_default(),
        identifier: format!("VAL-{}{}", told.year, code.unwrap_or_default()),
        version: None,
        keywords: vec![title.to_owned(), told.year.to_string()],
        digest: None,
        blocks,
    }
}

fn standing(told: &ValueAnalysis, words: Words) -> Block {
    let unassessed = told
        .items
        .iter()
        .filter(|position| position.assessment.is_none())
        .count();
    let all = told.items.len() as u64;
    Block::Note {
        tone: match (all, unassessed) {
            (0, _) => Tone::Neutral,
            (_, 0) => Tone::Good,
            _ => Tone::Warning,
        },
        title: words.count(
            all,
            ("tjänst hos en kund", "service of a customer"),
            ("tjänster hos kunder", "services of customers"),
        ),
        text: match unassessed {
            0 => words
                .say("Alla är bedömda för året.", "All were assessed for the year.")
                .to_owned(),
            n => words.count(
                n as u64,
                ("är inte bedömd för året.", "was not assessed for the year."),
                ("är inte bedömda för året.", "were not assessed for the year."),
            ),
        },
    }
}

/// Score against cost, a plot for each currency.
fn plots(one: &CustomerValue, told: &ValueAnalysis, words: Words) -> Vec<Block> {
    let of_it = |position: &&ValuePosition| position.customer == one.customer;
    let currencies = one.totals.costs.iter().map(|sum| &sum.currency);
    currencies
        .filter_map(|currency| {
            let mut median = None;
            let points: Vec<ScatterPoint> = told
                .items
                .iter()
                .filter(of_it)
                .filter_map(|position| {
                    let [cost] = position.costs.as_slice() else { return None };
                    let mean = position.mean_score.filter(|_| cost.currency == *currency)?;
                    median = position.median_cost;
                    Some(ScatterPoint {
                        name: format!("{} {}", position.service.code, position.service.name),
                        across: number(cost.amount)?,
                        up: number(mean)?,
                        across_text: words.sum(cost),
                        up_text: words.computed(mean),
                        remark: position
                            .quadrant
                            .map(|q| words.quadrant(q).to_owned())
                            .unwrap_or_default(),
                    })
                })
                .collect();
            let middle = |amount: ComputedFigure| Sum {
                amount,
                currency: currency.clone(),
            };
            (!points.is_empty()).then(|| {
                Block::Scatter(Scatter {
                    title: format!("{} {}", one.customer.code, one.customer.name),
                    of: words.say("Tjänst", "Service").to_owned(),
                    across: format!("{} ({currency})", words.say("Kostnad", "Cost")),
                    up: words.say("Medelbetyg", "Mean score").to_owned(),
                    remark: words.say("Läge", "Stands").to_owned(),
                    upright: median.and_then(|amount| {
                        Some(Target {
                            value: number(amount)?,
                            text: format!("{} {}", words.say("Median", "Median"), words.sum(&middle(amount))),
                        })
                    }),
                    level: Some(Target {
                        value: 3.0,
                        text: words.say("Gräns 3", "Limit 3").to_owned(),
                    }),
                    points,
                })
            })
        })
        .collect()
}

fn number(figure: ComputedFigure) -> Option<f64> {
    figure.to_string().parse().ok()
}

fn positions(told: &ValueAnalysis, words: Words) -> Vec<Block> {
    let missing = || "–".to_owned();
    let changed = |figure: Option<ComputedFigure>| figure.map_or_else(missing, |figure| words.computed(figure));
    let row = |p: &ValuePosition| {
        let costs: Vec<String> = p.costs.iter().map(|sum| words.sum(sum)).collect();
        vec![
            format!("{} · {}", p.customer.code, p.service.name),
            if costs.is_empty() { missing() } else { costs.join("\n") },
            p.benefit.as_ref().map_or_else(missing, |sum| words.sum(sum)),
            changed(p.ratio),
            changed(p.mean_score),
            changed(p.change.mean_score),
            p.quadrant
                .map_or_else(missing, |quadrant| words.quadrant(quadrant).to_owned()),
            match (p.assessment, p.last_assessed) {
                (_, Some(year)) => year.to_string(),
                (_, None) => words.say("aldrig", "never").to_owned(),
            },
        ]
    };
    vec![
        heading(2, words.say("Tjänst för tjänst", "Service by service")),
        Block::Table(Table {
            caption: words
                .say("Kundernas tjänster under året", "The customers' services in the year")
                .to_owned(),
            columns: vec![
                column(words.say("Kund och tjänst", "Customer and service"), false),
                column(words.say("Kostnad", "Cost"), true),
                column(words.say("Nytta", "Benefit"), true),
                column(words.say("Nytta ÷ kostnad", "Benefit ÷ cost"), true),
                column(words.say("Medelbetyg", "Mean score"), true),
                column(words.say("Ändring", "Change"), true),
                column(words.say("Läge", "Stands"), false),
                column(words.say("Senast bedömd", "Last assessed"), true),
            ],
            rows: told.items.iter().map(row).collect(),
        }),
    ]
}

/// Each service at all customers together, where there are several customers.
fn services(told: &ValueAnalysis, words: Words) -> Vec<Block> {
    if told.customers.len() < 2 {
        return vec![];
    }
    let sums = |sums: &[Sum]| {
        let all: Vec<String> = sums.iter().map(|sum| words.sum(sum)).collect();
        if all.is_empty() {
            "–".to_owned()
        } else {
            all.join("\n")
        }
    };
    let rows = told.services.iter().map(|one| {
        vec![
            format!("{} {}", one.service.code, one.service.name),
            sums(&one.totals.costs),
            sums(&one.totals.benefits),
            one.totals
                .ratio
                .map_or_else(|| "–".to_owned(), |ratio| words.computed(ratio)),
            one.totals.assessed.to_string(),
            one.totals.unassessed.to_string(),
        ]
    });
    vec![Block::Table(Table {
        caption: words
            .say("Tjänsterna hos alla kunder", "The services at all customers")
            .to_owned(),
        columns: vec![
            column(words.say("Tjänst", "Service"), false),
            column(words.say("Kostnad", "Cost"), true),
            column(words.say("Nytta", "Benefit"), true),
            column(words.say("Nytta ÷ kostnad", "Benefit ÷ cost"), true),
            column(words.say("Bedömd", "Assessed"), true),
            column(words.say("Ej bedömd", "Not assessed"), true),
        ],
        rows: rows.collect(),
    })]
}

fn rule(words: Words) -> Block {
    Block::Facts(vec![
        fact(
            words.say("Kostnad", "Cost"),
            words.say(
                "Det som av varje kostnad faller på årets dagar.",
                "What of each cost falls on the days of the year.",
            ),
        ),
        fact(
            words.say("Läge", "Stands"),
            words.say(
                "Högt värde: medelbetyg minst 3. Hög kostnad: minst medianen av kundens tjänster i samma valuta.",
                "High value: a mean score of at least 3. High cost: at least the median of the customer's services in that currency.",
            ),
        ),
        fact(
            words.say("Avrundning", "Rounding"),
            words.say(
                "Allt räknas exakt och avrundas sist, halva uppåt.",
                "Everything is computed exactly and rounded at the end, halves up.",
            ),
        ),
    ])
}

impl Words {
    fn quadrant(self, quadrant: ValueQuadrant) -> &'static str {
        match quadrant {
            ValueQuadrant::HighValueLowCost => self.say("Högt värde, låg kostnad", "High value, low cost"),
            ValueQuadrant::HighValueHighCost => self.say("Högt värde, hög kostnad", "High value, high cost"),
            ValueQuadrant::LowValueLowCost => self.say("Lågt värde, låg kostnad", "Low value, low cost"),
            ValueQuadrant::LowValueHighCost => self.say("Lågt värde, hög kostnad", "Low value, high cost"),
        }
    }
}
