//! Each target over the last twelve periods.
use documents::{Block, Plot, PlotStyle, Point, Target};
use domain::{
    service_levels::{judging::Verdict, *},
    vocabulary::{Decimal, Slug},
};

use super::{Told, heading};
use crate::pages::Words;

/// Where a number lies in a drawing.
fn place(number: Decimal) -> Option<f64> {
    number.to_string().parse().ok()
}

impl Told<'_> {
    pub(super) fn plots(&self, words: Words) -> Vec<Block> {
        let Some(figures) = &self.statement.figures else {
            return vec![];
        };
        let last = figures.parts.last().into_iter();
        let plots: Vec<Block> = last
            .flat_map(|part| part.targets.iter().map(|figure| self.plot(figure, words)))
            .collect();
        let title = heading(2, words.say("De senaste perioderna", "The latest periods"));
        match plots.is_empty() {
            true => vec![],
            false => [title].into_iter().chain(plots).collect(),
        }
    }

    fn plot(&self, figure: &TargetFigure, words: Words) -> Block {
        let kept = self
            .before
            .iter()
            .filter(|(period, _)| *period != self.statement.period);
        let mut points: Vec<Point> = kept
            .map(|(period, figures)| point(*period, of(figures, &figure.target), words))
            .collect();
        points.push(point(self.statement.period, Some(figure), words));
        let is_share = matches!(figure.counted, Counted::Seconds | Counted::Cases);
        let level = words.level(figure.comparison, figure.value, is_share);
        Block::Plot(Plot {
            title: figure.name.to_string(),
            series: match is_share {
                true => format!("{} (%)", figure.name),
                false => figure.name.to_string(),
            },
            of: "Period".to_owned(),
            style: PlotStyle::Line,
            points,
            target: place(figure.value).map(|value| Target { value, text: level }),
        })
    }
}

/// The figure of a target in other figures: that of the last version that has it.
fn of<'a>(figures: &'a Figures, target: &Slug) -> Option<&'a TargetFigure> {
    figures
        .targets()
        .filter(|(_, figure)| figure.target == *target)
        .map(|(_, figure)| figure)
        .last()
}

/// The figure with so few digits that it can stand beside its point; the table above has them all.
fn to_be_drawn(figure: &Figure) -> Figure {
    let short = |value: Decimal| value.exact().round_dp(3).normalize().to_string().parse().ok();
    Figure {
        value: figure.value.and_then(short),
        ..figure.clone()
    }
}

fn point(period: StatementPeriod, figure: Option<&TargetFigure>, words: Words) -> Point {
    let value = figure.and_then(|figure| figure.agreed.value);
    Point {
        period: period.to_string(),
        value: value.and_then(place),
        limits: None,
        text: match figure {
            Some(figure) if value.is_some() => words.figure_of(&to_be_drawn(&figure.agreed), figure.counted),
            Some(figure) => words.verdict(figure.verdict).to_owned(),
            None => words.say("Mättes inte", "Not measured").to_owned(),
        },
        missed: figure.is_some_and(|figure| figure.verdict == Verdict::Missed),
        // What was missed is marked already.
        remark: figure
            .filter(|figure| figure.verdict != Verdict::Missed)
            .map(|figure| words.verdict(figure.verdict).to_owned())
            .unwrap_or_default(),
    }
}
