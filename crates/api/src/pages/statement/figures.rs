//! The figures of a statement: a table for each version on its days, the volume, and what was left out.
use documents::{Block, Column, Table};
use domain::service_levels::{judging::Verdict, *};

use super::{Told, heading};
use crate::pages::Words;

fn columns(labels: &[(&str, bool)]) -> Vec<Column> {
    let column = |(label, numeric): &(&str, bool)| Column {
        label: (*label).to_owned(),
        numeric: *numeric,
    };
    labels.iter().map(column).collect()
}

impl Words {
    /// A verdict.
    pub fn verdict(self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Met => self.say("Uppfyllt", "Met"),
            Verdict::Missed => self.say("Missat", "Missed"),
            Verdict::InsufficientData => self.say("För lite underlag", "Too little evidence"),
            Verdict::NotApplicable => self.say("Ej tillämpligt", "Not applicable"),
        }
    }

    /// On which ground something is left out.
    fn ground(self, ground: ExclusionGround) -> &'static str {
        match ground {
            ExclusionGround::PlannedMaintenance => self.say("Planerat underhåll", "Planned maintenance"),
            ExclusionGround::CustomerCaused => self.say("Orsakat av kunden", "Caused by the customer"),
            ExclusionGround::ForceMajeure => self.say("Force majeure", "Force majeure"),
            ExclusionGround::AgreedOther => self.say("Annat, överenskommet", "Other, agreed"),
        }
    }

    /// A figure of what is counted: shares in per cent.
    pub fn figure_of(self, figure: &Figure, counted: Counted) -> String {
        match (figure.value, counted) {
            (None, _) => "–".to_owned(),
            (Some(value), Counted::Seconds | Counted::Cases) => self.percent(value),
            (Some(value), _) => self.number(value),
        }
    }

    /// What a figure was made of.
    fn made_of(self, figure: &Figure, counted: Counted) -> String {
        let number = |n: i64| self.count(n.unsigned_abs(), ("", ""), ("", "")).trim().to_owned();
        let of = match counted {
            Counted::Seconds => self.say("s", "s"),
            Counted::Cases => self.say("ärenden", "cases"),
            Counted::Samples => self.say("mätvärden", "samples"),
            Counted::Answers => self.say("svar", "answers"),
        };
        match figure.k {
            Some(k) => format!("{} {} {} {of}", number(k), self.say("av", "of"), number(figure.n)),
            None => format!("{} {of}", number(figure.n)),
        }
    }
}

impl Told<'_> {
    pub(super) fn parts(&self, words: Words) -> Vec<Block> {
        let Some(figures) = &self.statement.figures else {
            return vec![];
        };
        let mut blocks = vec![heading(2, words.say("Mål", "Targets"))];
        for part in &figures.parts {
            let of = format!(
                "{} {}, {}",
                words.say("Version", "Version"),
                part.version,
                words.days(part.first_day, Some(part.last_day))
            );
            if figures.parts.len() > 1 {
                blocks.push(heading(3, &of));
            }
            blocks.push(self.table(part, &of, words));
            blocks.extend(self.workload(part, words));
            blocks.extend(self.left_out(part, words));
        }
        blocks
    }

    fn table(&self, part: &PartFigures, of: &str, words: Words) -> Block {
        Block::Table(Table {
            caption: format!("{} ({of})", words.say("Utlovat och utfall", "Promised and delivered")),
            columns: columns(&[
                (words.say("Mål", "Target"), false),
                (words.say("Utlovat", "Promised"), false),
                (words.say("Utfall", "Result"), true),
                (words.say("Utan undantag", "Nothing excluded"), true),
                (words.say("Underlag", "Made of"), true),
                (words.say("Bedömning", "Verdict"), false),
            ]),
            rows: part
                .targets
                .iter()
                .map(|figure| self.row(part, figure, words))
                .collect(),
        })
    }

    fn row(&self, part: &PartFigures, figure: &TargetFigure, words: Words) -> Vec<String> {
        let promised = self.promised(part.version, &figure.target);
        let promise = promised.map(|target| words.promise(target, self.hours_of(figure)));
        let mut verdict = words.verdict(figure.verdict).to_owned();
        let mut add = |remark: &str| {
            verdict += "; ";
            verdict += remark;
        };
        if figure.at_risk {
            add(words.say("på väg att missas", "heading for a miss"));
        }
        if figure.beyond_workload == Some(true) {
            add(words.say("volymen över den utlovade", "beyond the promised volume"));
        }
        if let Some(ConsequenceFigure { text, percent, amount }) = &figure.consequence {
            let percent = percent.map(|percent| words.percent(percent));
            let amount = amount.as_ref().map(|money| words.money(money.amount, &money.currency));
            let told = [text.as_ref().map(ToString::to_string), percent, amount];
            add(&told.into_iter().flatten().collect::<Vec<_>>().join(", "));
        }
        vec![
            figure.name.to_string(),
            promise.unwrap_or_default(),
            words.figure_of(&figure.agreed, figure.counted),
            words.figure_of(&figure.raw, figure.counted),
            words.made_of(&figure.agreed, figure.counted),
            verdict,
        ]
    }

    fn workload(&self, part: &PartFigures, words: Words) -> Option<Block> {
        let row = |figure: &WorkloadFigure| {
            vec![
                figure.name.to_string(),
                words.number(figure.most),
                figure.actual.map_or("–".to_owned(), |actual| words.number(actual)),
                match figure.beyond {
                    true => words.say("Över", "Beyond").to_owned(),
                    false => words.say("Inom", "Within").to_owned(),
                },
            ]
        };
        (!part.workload.is_empty()).then(|| {
            Block::Table(Table {
                caption: words.say("Volym", "Volume").to_owned(),
                columns: columns(&[
                    (words.say("Volym", "Volume"), false),
                    (words.say("Utlovat upp till", "Promised up to"), true),
                    (words.say("Utfall", "Actual"), true),
                    (words.say("Bedömning", "Verdict"), false),
                ]),
                rows: part.workload.iter().map(row).collect(),
            })
        })
    }

    fn left_out(&self, part: &PartFigures, words: Words) -> Option<Block> {
        let all = part
            .targets
            .iter()
            .flat_map(|f| f.excluded.iter().map(move |excluded| (f, excluded)));
        let row = |(figure, excluded): (&TargetFigure, &Excluded)| {
            vec![
                figure.name.to_string(),
                words.moment(excluded.from, self.zone),
                words.moment(excluded.to, self.zone),
                words.ground(excluded.ground).to_owned(),
            ]
        };
        let rows: Vec<Vec<String>> = all.map(row).collect();
        (!rows.is_empty()).then(|| {
            Block::Table(Table {
                caption: words
                    .say(
                        "Undantaget efter samtycke eller på förhand",
                        "Excluded by consent or beforehand",
                    )
                    .to_owned(),
                columns: columns(&[
                    (words.say("Mål", "Target"), false),
                    (words.say("Från", "From"), false),
                    (words.say("Till", "To"), false),
                    (words.say("Grund", "Ground"), false),
                ]),
                rows,
            })
        })
    }
}
