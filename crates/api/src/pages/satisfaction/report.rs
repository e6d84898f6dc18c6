//! A report of a customer's satisfaction: its words, its figures with intervals and plots, its findings and its rounds.
use chrono_tz::Tz;
use documents::{Block, Column, Document, Fact, Plot, PlotStyle, Point, Table, Tone};
use domain::{satisfaction::*, surveys::Anonymity};

use super::{Words, column, fact, heading, point};

/// The document.
pub fn report(report: &SatisfactionReport, provider: &str, zone: Tz, words: Words) -> Document {
    let told = Told {
        report,
        content: report.content.as_ref(),
        words,
    };
    let title = words.say("Nöjdhetsrapport", "Satisfaction report");
    let published = report.publication.as_ref();
    let day = published.map(|deed| deed.at.with_timezone(&zone).date_naive());
    let state = match report.state {
        ReportState::Published => report.edition.to_string(),
        ReportState::Draft => format!("{} – {}", report.edition, words.say("UTKAST", "DRAFT")),
    };
    let blocks = [
        told.standing(),
        vec![Block::Facts(told.facts(provider, zone))],
        told.summary(),
        told.findings(),
        told.series(SatisfactionSeries::User),
        told.series(SatisfactionSeries::Customer),
        told.rounds(),
        told.methods(),
    ];
    Document {
        language: words.0,
        title: format!("{title} {}", words.period(report.period)),
        subtitle: Some(report.customer.name.to_string()),
        author: words.provider(provider),
        date: day.unwrap_or(report.last_day),
        identifier: format!("SAT-{}-{}", report.customer.code, report.period),
        version: Some(state),
        keywords: vec![title.to_owned(), report.period.to_string()],
        digest: published.and(report.digest.as_ref()).map(ToString::to_string),
        blocks: blocks.into_iter().flatten().collect(),
    }
}

struct Told<'a> {
    report: &'a SatisfactionReport,
    content: Option<&'a ReportContent>,
    words: Words,
}

impl Told<'_> {
    fn figures(&self) -> impl Iterator<Item = &SatisfactionMetric> {
        self.content.into_iter().flat_map(|content| &content.figures)
    }

    /// The figures by which the questions of a series are known best, of all that the customer was asked.
    fn headlines(&self, series: SatisfactionSeries) -> impl Iterator<Item = &SatisfactionMetric> {
        let of_customer = |figure: &&SatisfactionMetric| figure.dimension == SatisfactionDimension::Customer;
        self.figures()
            .filter(of_customer)
            .filter(move |figure| figure.series == series && figure.is_headline())
    }

    /// What is to be known first.
    fn standing(&self) -> Vec<Block> {
        let words = self.words;
        if !self.content.is_some_and(|content| content.fixed) {
            return vec![Block::Note {
                tone: Tone::Neutral,
                title: words
                    .say("Siffrorna är inte fastställda", "The figures are not fixed")
                    .to_owned(),
                text: format!(
                    "{} {}.",
                    words.say("Periodens siffror fastställs", "The period's figures are fixed on"),
                    fixed_since(self.report.period)
                ),
            }];
        }
        let all: Vec<&SatisfactionMetric> = [SatisfactionSeries::User, SatisfactionSeries::Customer]
            .into_iter()
            .flat_map(|series| self.headlines(series))
            .collect();
        let changed = |rose: bool| {
            let moved = all.iter().filter_map(|figure| figure.change);
            moved
                .filter(|change| change.changed && (change.value > 0.0) == rose)
                .count()
        };
        let (fell, rose) = (changed(false), changed(true));
        let told = all.iter().filter(|figure| !figure.withheld).count();
        let compared = all.iter().any(|figure| figure.change.is_some());
        let (tone, title) = match (told, fell, rose) {
            (0, ..) => (
                Tone::Neutral,
                words.say("Inget kan visas för perioden", "Nothing is told of the period"),
            ),
            (_, 1.., _) => (Tone::Bad, words.say("Nöjdheten har sjunkit", "Satisfaction has fallen")),
            (_, 0, 1..) => (Tone::Good, words.say("Nöjdheten har stigit", "Satisfaction has risen")),
            _ if !compared => (
                Tone::Neutral,
                words.say("Inget att jämföra med", "Nothing to compare with"),
            ),
            _ => (
                Tone::Neutral,
                words.say("Ingen säkerställd förändring", "No change beyond chance"),
            ),
        };
        let counts = format!(
            "{}: {told}. {}: {fell}. {}: {rose}.",
            words.say("Frågor med siffror", "Questions with figures"),
            words.say("Sämre än perioden före", "Worse than the period before"),
            words.say("Bättre", "Better")
        );
        vec![Block::Note {
            tone,
            title: title.to_owned(),
            text: counts,
        }]
    }

    fn facts(&self, provider: &str, zone: Tz) -> Vec<Fact> {
        let (report, words) = (self.report, self.words);
        let customer = format!("{} {}", report.customer.code, report.customer.name);
        let mut facts = vec![
            fact(words.say("Kund", "Customer"), customer),
            fact(words.say("Leverantör", "Provider"), words.provider(provider)),
            fact("Period", words.days(report.first_day, Some(report.last_day))),
        ];
        if let Some(deed) = &report.publication {
            let who = format!("{}, {}", deed.by.name, words.moment(deed.at, zone));
            facts.push(fact(words.say("Publicerad", "Published"), who));
        }
        facts
    }

    fn summary(&self) -> Vec<Block> {
        let Some(summary) = &self.report.summary else {
            return vec![];
        };
        let markdown = summary.to_string();
        vec![
            heading(2, self.words.say("Sammanfattning", "Summary")),
            Block::Text {
                markdown,
                language: None,
            },
        ]
    }

    /// Everything about a series: a table of its questions, then each with its plots.
    fn series(&self, series: SatisfactionSeries) -> Vec<Block> {
        let words = self.words;
        let figures: Vec<&SatisfactionMetric> = self.headlines(series).collect();
        if figures.is_empty() {
            return vec![];
        }
        let mut blocks = vec![
            heading(2, words.series_of_figures(series)),
            self.table(series, &figures),
        ];
        blocks.extend(self.by_service(series));
        for figure in figures {
            let plots: Vec<Block> = [self.trend(figure), self.distribution(figure)]
                .into_iter()
                .flatten()
                .collect();
            if !plots.is_empty() {
                blocks.push(heading(3, &self.asked(figure)));
                blocks.extend(plots);
            }
        }
        blocks
    }

    fn asked(&self, figure: &SatisfactionMetric) -> String {
        let text = self.content.and_then(|content| content.text_of(figure));
        let words = self.words;
        match text {
            Some(text) => format!(
                "{} ({})",
                words.say(text.sv.as_str(), text.en.as_str()),
                words.scale(figure.scale)
            ),
            None => words.asked(figure.survey_kind, figure.question.as_ref(), figure.scale),
        }
    }

    fn table(&self, series: SatisfactionSeries, figures: &[&SatisfactionMetric]) -> Block {
        let words = self.words;
        Block::Table(Table {
            caption: format!(
                "{}, {}",
                words.series_of_figures(series),
                words.period(self.report.period)
            ),
            columns: words.columns_of_figures(
                words.say("Fråga", "Question"),
                words.say("Mot perioden före", "Since the period before"),
            ),
            rows: figures
                .iter()
                .map(|figure| self.row(self.asked(figure), figure))
                .collect(),
        })
    }

    fn row(&self, name: String, figure: &SatisfactionMetric) -> Vec<String> {
        let words = self.words;
        let method = figure.method;
        let value = match figure.value {
            Some(value) => words.measured(value, method),
            None => words.say("Visas inte", "Not told").to_owned(),
        };
        let interval = Option::zip(figure.low, figure.high).map(|limits| words.interval(limits, method));
        vec![
            name,
            words.method_of_figure(method).to_owned(),
            value,
            interval.unwrap_or_default(),
            figure.n.map(|n| n.to_string()).unwrap_or_default(),
            figure.change.map(|change| words.change(&change)).unwrap_or_default(),
        ]
    }

    /// A month's figures about each service.
    fn by_service(&self, series: SatisfactionSeries) -> Option<Block> {
        let words = self.words;
        let figures = self
            .figures()
            .filter(|figure| figure.series == series && figure.is_headline());
        let rows = figures.filter_map(|figure| {
            let service = figure.service.as_ref()?;
            let name = match figure.question {
                Some(_) => format!("{}: {}", service.name, self.asked(figure)),
                None => service.name.to_string(),
            };
            Some(self.row(name, figure))
        });
        let rows: Vec<Vec<String>> = rows.collect();
        (!rows.is_empty()).then(|| {
            Block::Table(Table {
                caption: words.say("Per tjänst", "By service").to_owned(),
                columns: words.columns_of_figures(
                    words.say("Tjänst", "Service"),
                    words.say("Mot månaden före", "Since the month before"),
                ),
                rows,
            })
        })
    }

    /// The figure over the latest periods; none where there is only one of them.
    fn trend(&self, figure: &SatisfactionMetric) -> Option<Block> {
        let earlier = self.content?.earlier.iter().filter(|earlier| earlier.continues(figure));
        let all: Vec<SatisfactionMetric> = earlier.chain([figure]).cloned().collect();
        if all.iter().filter(|figure| figure.value.is_some()).count() < 2 {
            return None;
        }
        let since = all.first().map(|first| first.first_day)?;
        let mut periods = latest_periods(figure.period);
        periods.retain(|period| period.period().since >= since);
        let trend = trends(&periods, all).into_iter().next()?;
        let words = self.words;
        let name = words.method_of_figure(figure.method);
        Some(Block::Plot(Plot {
            title: format!("{name} – {}", words.say("de senaste perioderna", "the latest periods")),
            series: match figure.method {
                FigureMethod::Csat => format!("{name} (%)"),
                _ => name.to_owned(),
            },
            of: "Period".to_owned(),
            style: PlotStyle::Line,
            points: trend.points.iter().map(|at| point(at, figure.method, words)).collect(),
            target: None,
        }))
    }

    /// How many gave which score.
    fn distribution(&self, figure: &SatisfactionMetric) -> Option<Block> {
        let words = self.words;
        let step = |step: &DistributionStep| Point {
            period: step.score.to_string(),
            value: u32::try_from(step.n).ok().map(f64::from),
            limits: None,
            text: step.n.to_string(),
            missed: false,
            remark: String::new(),
        };
        Some(Block::Plot(Plot {
            title: words.say("Så svarade de", "How they answered").to_owned(),
            series: words.say("Antal svar per betyg", "Answers for each score").to_owned(),
            of: words.say("Betyg", "Score").to_owned(),
            style: PlotStyle::Bars,
            points: figure.distribution.as_ref()?.iter().map(step).collect(),
            target: None,
        }))
    }

    fn findings(&self) -> Vec<Block> {
        let findings = &self.report.findings;
        if findings.is_empty() {
            return vec![];
        }
        let mut blocks = vec![heading(2, self.words.say("Iakttagelser", "Findings"))];
        for (n, finding) in findings.iter().enumerate() {
            blocks.push(heading(3, &format!("{}. {}", n + 1, finding.title)));
            blocks.extend(finding.text.as_ref().map(|text| Block::Text {
                markdown: text.to_string(),
                language: None,
            }));
        }
        blocks
    }

    fn rounds(&self) -> Vec<Block> {
        let words = self.words;
        let rounds = self
            .content
            .map(|content| content.rounds.as_slice())
            .unwrap_or_default();
        if rounds.is_empty() {
            return vec![];
        }
        let row = |round: &ReportedRound| {
            let title = words.say(round.title.sv.as_str(), round.title.en.as_str());
            let service = round.service.as_ref().map(|service| service.name.to_string());
            vec![
                title.to_string(),
                words.survey_kind(round.survey_kind).to_owned(),
                service.unwrap_or_default(),
                words.promised_to_respondents(round.anonymity).to_owned(),
                round.closed_on.to_string(),
                round.turnout.map_or_else(String::new, |turnout| {
                    format!("{} {} {}", turnout.answered, words.say("av", "of"), turnout.delivered)
                }),
            ]
        };
        vec![
            heading(2, words.say("Enkäter", "Surveys")),
            Block::Table(Table {
                caption: words
                    .say("Omgångar som stängde i perioden", "Rounds that closed in the period")
                    .to_owned(),
                columns: vec![
                    column(words.say("Omgång", "Round"), false),
                    column(words.say("Slag", "Kind"), false),
                    column(words.say("Tjänst", "Service"), false),
                    column(words.say("Löfte", "Promise"), false),
                    column(words.say("Stängd", "Closed"), false),
                    column(words.say("Svar av levererade", "Answers of delivered"), true),
                ],
                rows: rounds.iter().map(row).collect(),
            }),
        ]
        .into_iter()
        .chain(self.themes(rounds))
        .collect()
    }

    /// What comments are about; their words are the team's to read.
    fn themes(&self, rounds: &[ReportedRound]) -> Option<Block> {
        let words = self.words;
        let themes = rounds.iter().flat_map(|round| &round.themes);
        let row = |theme: &ReportedTheme| vec![theme.theme.to_string(), theme.comments.to_string()];
        let rows: Vec<Vec<String>> = themes.map(row).collect();
        (!rows.is_empty()).then(|| {
            Block::Table(Table {
                caption: words
                    .say("Vad kommentarerna handlar om", "What the comments are about")
                    .to_owned(),
                columns: vec![
                    column(words.say("Tema", "Theme"), false),
                    column(words.say("Kommentarer", "Comments"), true),
                ],
                rows,
            })
        })
    }

    /// How the figures are made, and why some are not told.
    fn methods(&self) -> Vec<Block> {
        let words = self.words;
        let mut used: Vec<FigureMethod> = self.figures().filter(|f| f.is_headline()).map(|f| f.method).collect();
        used.sort_by_key(|method| *method as u8);
        used.dedup();
        if used.is_empty() {
            return vec![];
        }
        let mut lines: Vec<String> = used
            .iter()
            .map(|method| format!("- {}", words.how_made(*method)))
            .collect();
        lines.push(format!(
            "- {}",
            words.say(
                "En skillnad mot perioden före kallas förändring bara om dess 95 %-intervall utesluter 0.",
                "A difference from the period before is called a change only where its 95% interval leaves out 0.",
            )
        ));
        if self.figures().any(|figure| figure.withheld) {
            lines.push(format!(
                "- {}",
                words.say(
                    "Siffror visas inte när få har svarat, eller när de skulle röja andra som inte visas.",
                    "Figures are not told where few answered, or where they would give away others that are not told.",
                )
            ));
        }
        vec![
            heading(2, words.say("Så räknas siffrorna", "How the figures are made")),
            Block::Text {
                markdown: lines.join("\n"),
                language: None,
            },
        ]
    }
}

impl Words {
    /// The columns of a row of figures: of what they are first, against what they stand last.
    fn columns_of_figures(self, of: &str, since: &str) -> Vec<Column> {
        vec![
            column(of, false),
            column(self.say("Mått", "Figure"), false),
            column(self.say("Värde", "Value"), true),
            column(self.say("95 % intervall", "95% interval"), true),
            column(self.say("Svar", "Answers"), true),
            column(since, false),
        ]
    }

    fn change(self, change: &SatisfactionChange) -> String {
        let points = match change.method {
            FigureMethod::Csat => self.say(" procentenheter", " percentage points"),
            _ => "",
        };
        let decimals = match change.method {
            FigureMethod::Ces | FigureMethod::Mean => 2,
            _ => 1,
        };
        let sign = if change.value > 0.0 { "+" } else { "" };
        let verdict = match (change.changed, change.value > 0.0) {
            (false, _) => self.say("ingen säkerställd förändring", "no change beyond chance"),
            (true, true) => self.say("bättre", "better"),
            (true, false) => self.say("sämre", "worse"),
        };
        format!("{sign}{}{points}, {verdict}", self.rounded(change.value, decimals))
    }

    fn promised_to_respondents(self, anonymity: Anonymity) -> &'static str {
        match anonymity {
            Anonymity::Anonymous => self.say("Anonyma svar", "Anonymous answers"),
            Anonymity::Confidential => self.say("Konfidentiella svar", "Confidential answers"),
            Anonymity::Named => self.say("Namngivna svar", "Named answers"),
        }
    }

    fn how_made(self, method: FigureMethod) -> &'static str {
        match method {
            FigureMethod::Csat => self.say(
                "Andel nöjda: de högsta stegen på skalan, i procent av svaren; Wilsons intervall.",
                "Share satisfied: the top boxes of the scale, in per cent of the answers; Wilson's interval.",
            ),
            FigureMethod::Nps => self.say(
                "NPS: andelen 9–10 minus andelen 0–6; justerat Wald-intervall.",
                "NPS: the share of 9–10 less the share of 0–6; adjusted Wald interval.",
            ),
            FigureMethod::Ces | FigureMethod::Mean => {
                self.say("Medelvärde på skalan; t-intervall.", "Mean on the scale; t interval.")
            }
            FigureMethod::Index0To100 => self.say(
                "Index 0–100: 100 × (medelvärdet − lägsta) ÷ (högsta − lägsta); t-intervall.",
                "Index 0–100: 100 × (mean − lowest) ÷ (highest − lowest); t interval.",
            ),
        }
    }
}
