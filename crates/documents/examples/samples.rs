//! Writes sample documents, as pages and PDFs, into a folder: `cargo run -p documents --example samples -- FOLDER`. The
//! tests and the judges use the same samples.

use std::path::Path;

use chrono::NaiveDate;
use documents::{Approval, Block, Column, Document, Fact, Language, Plot, PlotStyle, Point, Table, Target, Tone};

#[allow(dead_code)] // the tests have no main
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("into which folder?")?;
    for (name, document) in all() {
        let path = Path::new(&folder).join(name);
        let began = std::time::Instant::now();
        std::fs::write(path.with_extension("html"), documents::to_html(&document))?;
        let page = began.elapsed();
        std::fs::write(path.with_extension("pdf"), documents::to_pdf(&document)?)?;
        println!("{name}: page {page:?}, PDF {:?}", began.elapsed() - page);
    }
    Ok(())
}

/// Every sample with its name.
pub fn all() -> Vec<(&'static str, Document)> {
    vec![
        ("agreement-sv", agreement(Language::Sv)),
        ("agreement-en", agreement(Language::En)),
        ("statement-sv", statement(Language::Sv)),
        ("statement-en", statement(Language::En)),
    ]
}

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap_or_default()
}

fn facts(pairs: &[(&str, &str)]) -> Vec<Fact> {
    pairs
        .iter()
        .map(|(label, value)| Fact {
            label: (*label).into(),
            value: (*value).into(),
        })
        .collect()
}

fn heading(level: u8, text: &str) -> Block {
    Block::Heading {
        level,
        text: text.into(),
    }
}

fn text(markdown: &str) -> Block {
    Block::Text {
        markdown: markdown.into(),
        language: None,
    }
}

/// Like a service level agreement.
pub fn agreement(language: Language) -> Document {
    let say = |sv: &'static str, en: &'static str| if language == Language::Sv { sv } else { en };
    let blocks = vec![
        Block::Note {
            tone: Tone::Good,
            title: say("Gäller från 2026-01-01", "In force from 2026-01-01").into(),
            text: say("Godkänd av båda parter.", "Approved by both parties.").into(),
        },
        Block::Facts(facts(&[
            (say("Parter", "Parties"), "Region Västernorrland, IT\nKramfors kommun"),
            (say("Gäller", "Term"), "2026-01-01 – 2028-12-31"),
            (
                say("Uppsägning", "Notice"),
                say("3 månader, senast 2028-09-30", "3 months, by 2028-09-30"),
            ),
            (say("Pris", "Price"), say("12 500 kr per månad", "SEK 12,500 a month")),
        ])),
        heading(2, say("Omfattning", "Scope")),
        Block::Text {
            markdown: "Tjänsten **Journalsystem** omfattar *drift*, support och förvaltning enligt \
                [katalogen](https://example.org/katalog?a=1&b=2).\n\n\
                1. Drift dygnet runt\n2. Support, vardagar 07–18\n   - telefon\n   - `ärende` i portalen\n\n\
                # Avgränsning\n\nKundens *egna* enheter ingår inte. <script>alert(1)</script>\n\n\
                | Del | Ansvar |\n|---|---|\n| Nät | Regionen |\n| Klient | Kommunen |\n\n\
                > Vid konflikt gäller detta avtal före bilagor.\n"
                .into(),
            language: Some(Language::Sv),
        },
        heading(2, say("Mål", "Targets")),
        Block::Table(Table {
            caption: say("Servicenivåer", "Service levels").into(),
            columns: vec![
                Column {
                    label: say("Mål", "Target").into(),
                    numeric: false,
                },
                Column {
                    label: say("Nivå", "Level").into(),
                    numeric: false,
                },
                Column {
                    label: say("Avdrag", "Deduction").into(),
                    numeric: true,
                },
            ],
            rows: vec![
                vec![
                    say("Tillgänglighet", "Availability").into(),
                    say(
                        "Minst 99,5 % tillgänglighet per månad, vardagar 07–18",
                        "At least 99.5% availability a month, working days 07–18",
                    )
                    .into(),
                    say("5 %", "5%").into(),
                ],
                vec![
                    say("Lösningstid, prioritet 1", "Resolution, priority 1").into(),
                    say("90 % inom 4 arbetstimmar", "90% within 4 working hours").into(),
                    say("2,5 %", "2.5%").into(),
                ],
            ],
        }),
        heading(4, say("Rapportering", "Reporting")),
        text(say("Uppföljning sker månadsvis.", "Results are reported each month.")),
        heading(2, say("Godkännanden", "Approvals")),
        Block::Approvals(vec![
            Approval {
                party: "Region Västernorrland".into(),
                given: true,
                facts: facts(&[
                    (say("Av", "By"), "Åsa Öberg"),
                    (say("Tid", "Time"), "2025-12-01 09:14 CET"),
                    (
                        say("Mandat", "Mandate"),
                        say("Delegation § 14", "Delegation section 14"),
                    ),
                ]),
            },
            Approval {
                party: "Kramfors kommun".into(),
                given: false,
                facts: facts(&[(say("Väntar på", "Awaits"), "Erik Sjöström")]),
            },
        ]),
    ];
    Document {
        language,
        title: say("Avtal om Journalsystem", "Agreement on the Medical Records System").into(),
        subtitle: Some(say("Servicenivåavtal", "Service level agreement").into()),
        author: "Region Västernorrland".into(),
        date: day(1, 1),
        identifier: "AGR-2026-0001".into(),
        version: Some("3".into()),
        keywords: vec!["SLA".into(), say("journalsystem", "medical records").into()],
        digest: Some("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into()),
        blocks,
    }
}

/// Like the statement of a month.
pub fn statement(language: Language) -> Document {
    let say = |sv: &'static str, en: &'static str| if language == Language::Sv { sv } else { en };
    let months = [
        ("jan", 99.91),
        ("feb", 99.72),
        ("mar", 99.10),
        ("apr", 99.64),
        (say("maj", "May"), 99.98),
        ("jun", 100.0),
        ("jul", f64::NAN),
        ("aug", 99.55),
        ("sep", 99.31),
        (say("okt", "Oct"), 99.87),
        ("nov", 99.93),
        ("dec", 99.62),
    ];
    let number = |value: f64, decimals: usize, unit: &str| {
        let text = format!("{value:.decimals$}{unit}");
        if language == Language::Sv {
            text.replace('.', ",").replace('%', " %")
        } else {
            text
        }
    };
    let availability = months
        .iter()
        .map(|(month, value)| Point {
            period: format!("{month} 2025"),
            value: value.is_finite().then_some(*value),
            limits: None,
            text: if value.is_finite() {
                number(*value, 2, "%")
            } else {
                say("ingen mätning", "not measured").into()
            },
            missed: *value < 99.5,
            remark: if *value < 99.2 {
                say("avbrott 6 h", "outage of 6 h").into()
            } else {
                String::new()
            },
        })
        .collect();
    let cases = months
        .iter()
        .enumerate()
        .map(|(at, (month, _))| (month, 900.0 + ((at as f64 * 1.7).sin() * 250.0).round()))
        .map(|(month, count)| Point {
            period: format!("{month} 2025"),
            value: Some(count),
            limits: None,
            text: number(count, 0, ""),
            missed: count > 1000.0,
            remark: String::new(),
        })
        .collect();
    Document {
        language,
        title: say("Uppföljning december 2025", "Statement for December 2025").into(),
        subtitle: Some("AGR-2026-0001, Kramfors kommun".into()),
        author: "Region Västernorrland".into(),
        date: day(1, 7),
        identifier: "STM-2025-0012".into(),
        version: None,
        keywords: vec![say("uppföljning", "statement").into()],
        digest: Some("sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752".into()),
        blocks: vec![
            Block::Note {
                tone: Tone::Bad,
                title: say("Ett av två mål missades", "One of two targets was missed").into(),
                text: say("Avdraget är 625 kr.", "The deduction is SEK 625.").into(),
            },
            heading(2, say("Tillgänglighet", "Availability")),
            Block::Plot(Plot {
                title: say(
                    "Tillgänglighet de senaste 12 månaderna",
                    "Availability in the last 12 months",
                )
                .into(),
                series: say("Tillgänglighet, %", "Availability, %").into(),
                of: "Period".into(),
                style: PlotStyle::Line,
                points: availability,
                target: Some(Target {
                    value: 99.5,
                    text: say("minst 99,5 %", "at least 99.5%").into(),
                }),
            }),
            heading(2, say("Belastning", "Workload")),
            Block::Plot(Plot {
                title: say("Ärenden de senaste 12 månaderna", "Cases in the last 12 months").into(),
                series: say("Ärenden", "Cases").into(),
                of: "Period".into(),
                style: PlotStyle::Bars,
                points: cases,
                target: Some(Target {
                    value: 1000.0,
                    text: say("högst 1 000", "at most 1,000").into(),
                }),
            }),
            Block::Note {
                tone: Tone::Warning,
                title: say("Nära gränsen", "Close to the limit").into(),
                text: say("Kvar: 12 minuter.", "12 minutes are left.").into(),
            },
        ],
    }
}
