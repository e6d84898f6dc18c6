//! Satisfaction on paper: a customer's report of a period, and all customers compared.
mod overview;
mod report;

use documents::{Point, Tone};
use domain::{
    satisfaction::{FigureMethod, SatisfactionSeries, Scale, TrendPoint},
    surveys::SurveyKind,
    vocabulary::Slug,
};

pub use overview::overview;
pub use report::report;

use super::{Words, column, fact, heading};

/// A figure in a plot: where it lies, how far off it may be, and why there is none.
pub(super) fn point(at: &TrendPoint, method: FigureMethod, words: Words) -> Point {
    let limits = Option::zip(at.low, at.high);
    let remarks = [
        at.fell.then(|| {
            words
                .say("sämre än perioden före", "worse than the period before")
                .to_owned()
        }),
        limits.map(|limits| words.interval(limits, method)),
        at.n.map(|n| format!("n = {n}")),
    ];
    Point {
        period: at.period.to_string(),
        value: at.value,
        limits,
        text: match at.value {
            Some(value) => words.measured(value, method),
            None => words.say("Visas inte", "Not told").to_owned(),
        },
        // No target was promised.
        missed: false,
        remark: remarks.into_iter().flatten().collect::<Vec<_>>().join(", "),
    }
}

impl Words {
    /// A figure with its unit, as its method demands.
    fn measured(self, value: f64, method: FigureMethod) -> String {
        match method {
            FigureMethod::Csat => format!("{}{}", self.rounded(value, 1), self.say("\u{202f}%", "%")),
            FigureMethod::Nps | FigureMethod::Index0To100 => self.rounded(value, 1),
            FigureMethod::Ces | FigureMethod::Mean => self.rounded(value, 2),
        }
    }

    /// Its limits: `64,1–93,3 %`, `−46,0 till 46,0`.
    fn interval(self, (low, high): (f64, f64), method: FigureMethod) -> String {
        let to = if low < 0.0 { self.say(" till ", " to ") } else { "–" };
        let decimals = match method {
            FigureMethod::Ces | FigureMethod::Mean => 2,
            _ => 1,
        };
        format!("{}{to}{}", self.rounded(low, decimals), self.measured(high, method))
    }

    pub(super) fn method_of_figure(self, method: FigureMethod) -> &'static str {
        match method {
            FigureMethod::Csat => self.say("Andel nöjda", "Share satisfied"),
            FigureMethod::Nps => "NPS",
            FigureMethod::Ces => self.say("Medelvärde (CES)", "Mean (CES)"),
            FigureMethod::Mean => self.say("Medelvärde", "Mean"),
            FigureMethod::Index0To100 => self.say("Index 0–100", "Index 0–100"),
        }
    }

    fn series_of_figures(self, series: SatisfactionSeries) -> &'static str {
        match series {
            SatisfactionSeries::User => self.say("Användarnas betyg", "Users' ratings"),
            SatisfactionSeries::Customer => self.say("Kundens enkätsvar", "The customer's survey answers"),
        }
    }

    fn survey_kind(self, kind: SurveyKind) -> &'static str {
        match kind {
            SurveyKind::CustomerRelation => self.say("Relationen till IT", "The relation to IT"),
            SurveyKind::ServiceFollowUp => self.say("Uppföljning av en tjänst", "Follow-up of a service"),
            SurveyKind::DeliveredRequest => self.say("Efter en levererad begäran", "After a delivered request"),
            SurveyKind::Other => self.say("Annan enkät", "Another survey"),
        }
    }

    fn scale(self, scale: Scale) -> String {
        // No line breaks within it.
        format!(
            "{}\u{a0}{}\u{2060}–\u{2060}{}",
            self.say("skala", "scale"),
            scale.low(),
            scale.high()
        )
    }

    /// What was asked, where its words are not known.
    pub(super) fn asked(self, kind: Option<SurveyKind>, question: Option<&Slug>, scale: Scale) -> String {
        let what = match (kind, question) {
            (Some(kind), Some(question)) => format!("{}: {question}", self.survey_kind(kind)),
            _ => self.series_of_figures(SatisfactionSeries::User).to_owned(),
        };
        format!("{what} ({})", self.scale(scale))
    }
}
