//! A document made ready for showing, once for page and PDF alike: Markdown read, heading levels without gaps, plots
//! drawn and followed by their tables, characters that only deceive taken out.

use serde::Serialize;

use crate::markdown::{self, Flow};
use crate::plot;
use crate::{
    Approval, Block, Column, Document, Fact, Language, Multiple, Multiples, Plot, Point, Scatter, ScatterPoint,
    Schedule, Span, Table, Target, Tone,
};

/// What is shown, from top to bottom.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Part {
    Heading {
        level: u8,
        id: String,
        text: String,
    },
    Text {
        flows: Vec<Flow>,
        language: Option<Language>,
    },
    Facts {
        facts: Vec<Fact>,
    },
    Table {
        table: Table,
    },
    Note {
        tone: Tone,
        title: String,
        text: String,
    },
    Plot {
        title: String,
        alt: String,
        svg: String,
    },
    Approvals {
        approvals: Vec<Approval>,
    },
}

/// The parts of a document.
pub fn parts(document: &Document) -> Vec<Part> {
    let mut headings = Headings {
        last: 1,
        section: 1,
        count: 0,
    };
    let mut parts = Vec::with_capacity(document.blocks.len());
    for block in &document.blocks {
        match block {
            // A heading without words heads nothing, and assistive tools stumble over it.
            Block::Heading { text, .. } if blank(text) => {}
            Block::Heading { level, text } => {
                let (level, id) = headings.next(*level);
                headings.section = level;
                parts.push(Part::Heading {
                    level,
                    id,
                    text: clean(text),
                });
            }
            Block::Text { markdown, language } => {
                let mut flows = markdown::parse(&clean(markdown));
                headings.sort(&mut flows);
                parts.push(Part::Text {
                    flows,
                    language: language.filter(|own| *own != document.language),
                });
            }
            // Nor does an empty list or table tell anything.
            Block::Facts(facts) if facts.is_empty() => {}
            Block::Table(table) if table.columns.is_empty() => {}
            Block::Approvals(approvals) if approvals.is_empty() => {}
            Block::Facts(facts) => parts.push(Part::Facts {
                facts: clean_facts(facts),
            }),
            Block::Table(table) => parts.push(Part::Table {
                table: clean_table(table),
            }),
            Block::Note { tone, title, text } => {
                parts.push(Part::Note {
                    tone: *tone,
                    title: clean(title),
                    text: clean(text),
                });
            }
            Block::Plot(plot) => {
                let plot = clean_plot(plot);
                let alt = plot::summary(&plot, document.language);
                let svg = plot::svg(&plot, document.language, &alt, parts.len());
                parts.push(Part::Plot {
                    title: plot.title.clone(),
                    alt,
                    svg,
                });
                parts.push(Part::Table {
                    table: plot::table(&plot, document.language),
                });
            }
            Block::Multiples(all) if all.plots.is_empty() => {}
            Block::Multiples(all) => {
                let all = clean_multiples(all);
                let alt = plot::multiples_summary(&all, document.language);
                parts.push(Part::Plot {
                    title: all.title.clone(),
                    svg: plot::multiples(&all, document.language, &alt, parts.len()),
                    alt,
                });
                parts.push(Part::Table {
                    table: plot::multiples_table(&all, document.language),
                });
            }
            Block::Scatter(all) if all.points.is_empty() => {}
            Block::Scatter(all) => {
                let all = clean_scatter(all);
                let alt = plot::scatter_summary(&all, document.language);
                parts.push(Part::Plot {
                    title: all.title.clone(),
                    svg: plot::scatter(&all, document.language, &alt, parts.len()),
                    alt,
                });
                parts.push(Part::Table {
                    table: plot::scatter_table(&all, document.language),
                });
            }
            Block::Schedule(all) if all.spans.is_empty() => {}
            Block::Schedule(all) => {
                let all = clean_schedule(all);
                let alt = plot::schedule_summary(&all, document.language);
                parts.push(Part::Plot {
                    title: all.title.clone(),
                    svg: plot::schedule(&all, document.language, &alt, parts.len()),
                    alt,
                });
                parts.push(Part::Table {
                    table: plot::schedule_table(&all, document.language),
                });
            }
            Block::Approvals(approvals) => parts.push(Part::Approvals {
                approvals: approvals
                    .iter()
                    .map(|approval| Approval {
                        party: clean(&approval.party),
                        given: approval.given,
                        facts: clean_facts(&approval.facts),
                    })
                    .collect(),
            }),
        }
    }
    parts
}

/// Gives headings their level and their anchor.
struct Headings {
    last: u8,
    section: u8,
    count: usize,
}

impl Headings {
    /// Never more than one below the heading before it, never the title's own level.
    fn next(&mut self, wanted: u8) -> (u8, String) {
        self.last = wanted.clamp(2, 6).min(self.last + 1);
        self.count += 1;
        (self.last, format!("h{}", self.count))
    }

    /// A text's headings stand below the heading of its section.
    fn sort(&mut self, flows: &mut Vec<Flow>) {
        flows.retain(|flow| !matches!(flow, Flow::Heading { body, .. } if blank(&markdown::plain(body))));
        for flow in flows {
            match flow {
                Flow::Heading { level, id, .. } => (*level, *id) = self.next(self.section.saturating_add(*level)),
                Flow::Quote { body } => self.sort(body),
                Flow::List { items, .. } => items.iter_mut().for_each(|item| self.sort(item)),
                _ => {}
            }
        }
    }
}

/// The document's title; a document is never without one.
pub fn title(document: &Document) -> String {
    let named = [&document.title, &document.identifier]
        .into_iter()
        .find(|text| !blank(text));
    named.map_or_else(
        || document.language.pick("Dokument", "Document").to_owned(),
        |text| clean(text),
    )
}

/// Whether a text shows nothing.
fn blank(text: &str) -> bool {
    clean(text).chars().all(|c| c.is_whitespace() || formless(c))
}

/// Joiners and selectors: they only choose a form for the characters beside them.
pub fn formless(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Text without characters that cannot be printed or that turn the reading direction, so that what is read is what was
/// written.
pub fn clean(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let printed = |c: &char| {
        *c == '\n' || *c == '\t' || !(c.is_control() || turns(*c) || matches!(*c as u32 & 0xffff, 0xfffe | 0xffff))
    };
    text.replace("\r\n", "\n").chars().filter(printed).collect()
}

fn clean_facts(facts: &[Fact]) -> Vec<Fact> {
    facts
        .iter()
        .map(|fact| Fact {
            label: clean(&fact.label),
            value: clean(&fact.value),
        })
        .collect()
}

fn clean_point(point: &Point) -> Point {
    Point {
        period: clean(&point.period),
        text: clean(&point.text),
        remark: clean(&point.remark),
        ..*point
    }
}

/// Each with a point for each period, no more and no fewer.
fn clean_multiples(all: &Multiples) -> Multiples {
    let points = |one: &Multiple| -> Vec<Point> {
        let missing = |period: &String| Point {
            period: clean(period),
            value: None,
            limits: None,
            text: String::new(),
            missed: false,
            remark: String::new(),
        };
        let told = one.points.iter().map(clean_point);
        let rest = all.periods.iter().skip(one.points.len()).map(missing);
        told.chain(rest).take(all.periods.len()).collect()
    };
    Multiples {
        title: clean(&all.title),
        series: clean(&all.series),
        of: clean(&all.of),
        mark: clean(&all.mark),
        periods: all.periods.iter().map(|period| clean(period)).collect(),
        plots: all
            .plots
            .iter()
            .map(|one| Multiple {
                name: clean(&one.name),
                points: points(one),
            })
            .collect(),
    }
}

fn clean_scatter(all: &Scatter) -> Scatter {
    let line = |line: &Target| Target {
        text: clean(&line.text),
        ..*line
    };
    let point = |point: &ScatterPoint| ScatterPoint {
        name: clean(&point.name),
        across_text: clean(&point.across_text),
        up_text: clean(&point.up_text),
        remark: clean(&point.remark),
        ..*point
    };
    Scatter {
        title: clean(&all.title),
        of: clean(&all.of),
        across: clean(&all.across),
        up: clean(&all.up),
        remark: clean(&all.remark),
        points: all.points.iter().map(point).collect(),
        upright: all.upright.as_ref().map(line),
        level: all.level.as_ref().map(line),
    }
}

fn clean_schedule(all: &Schedule) -> Schedule {
    let span = |span: &Span| Span {
        name: clean(&span.name),
        remark: clean(&span.remark),
        ..*span
    };
    Schedule {
        title: clean(&all.title),
        of: clean(&all.of),
        firm: clean(&all.firm),
        loose: clean(&all.loose),
        mark: clean(&all.mark),
        spans: all.spans.iter().map(span).collect(),
        ..*all
    }
}

fn clean_plot(plot: &Plot) -> Plot {
    Plot {
        title: clean(&plot.title),
        series: clean(&plot.series),
        of: clean(&plot.of),
        points: plot.points.iter().map(clean_point).collect(),
        target: plot.target.as_ref().map(|target| Target {
            text: clean(&target.text),
            ..*target
        }),
        ..*plot
    }
}

fn clean_table(table: &Table) -> Table {
    let width = table.columns.len();
    Table {
        caption: clean(&table.caption),
        columns: table
            .columns
            .iter()
            .map(|column| Column {
                label: clean(&column.label),
                ..*column
            })
            .collect(),
        rows: table
            .rows
            .iter()
            .map(|row| {
                row.iter()
                    .map(|cell| clean(cell))
                    .chain(std::iter::repeat(String::new()))
                    .take(width)
                    .collect()
            })
            .collect(),
    }
}
