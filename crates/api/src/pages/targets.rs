//! Targets in words, as agreements promise and statements judge them.
use domain::{
    agreements::{Consequence, Indicator, SatisfactionMethod, ServiceLevelTarget, WorkloadLimit},
    calendars::CalendarHours,
    service_levels::judging::{Comparison, CountedPriority, Milestone, Statistic},
    vocabulary::{Decimal, Word},
};

use super::words::{Words, sentence};

impl Words {
    /// The promise of a target: `Minst 99,5 % tillgänglighet per månad, vardagar 07–18`.
    pub fn promise(self, target: &ServiceLevelTarget, hours: Option<&CalendarHours>) -> String {
        let side = self.side(target.comparison);
        let per = self.per(target.period);
        let share = || format!("{side} {}", self.percent(target.value));
        let promise = match &target.indicator {
            Indicator::Availability {} => format!("{} {} {per}", share(), self.say("tillgänglighet", "availability")),
            Indicator::Timeliness {
                measured,
                limit,
                priorities,
                case_kinds,
                ..
            } => {
                let cases = self.cases(case_kinds, priorities);
                let done = match measured {
                    Milestone::Response => self.say("besvarade", "responded to"),
                    Milestone::Resolution => self.say("lösta", "resolved"),
                };
                let within = self.say("inom", "within");
                let limit = self.limit(*limit);
                format!("{} {cases} {done} {within} {limit}, {per}", share())
            }
            Indicator::Gauge { metric, unit, figure } => {
                let figure = self.figure(*figure, metric);
                let unit = unit.as_ref().map(|unit| format!("\u{a0}{unit}")).unwrap_or_default();
                format!("{figure} {side} {}{unit} {per}", self.number(target.value))
            }
            Indicator::Satisfaction { method } => match method {
                SatisfactionMethod::Csat => {
                    format!("{} {} {per}", share(), self.say("nöjda svar", "satisfied answers"))
                }
                SatisfactionMethod::Mean => {
                    let mean = self.say("medelbetyg", "mean rating");
                    format!("{mean} {side} {} {per}", self.number(target.value))
                }
            },
        };
        let hours = hours
            .map(|hours| format!(", {}", self.hours(hours)))
            .unwrap_or_default();
        sentence(&format!("{promise}{hours}"))
    }

    /// The promised level alone: `minst 99,5 %`.
    pub fn level(self, comparison: Comparison, value: Decimal, is_share: bool) -> String {
        let value = match is_share {
            true => self.percent(value),
            false => self.number(value),
        };
        format!("{} {value}", self.side(comparison))
    }

    /// Which side of the value is kept.
    fn side(self, comparison: Comparison) -> &'static str {
        match comparison {
            Comparison::AtLeast => self.say("minst", "at least"),
            Comparison::AtMost => self.say("högst", "at most"),
            Comparison::Above => self.say("mer än", "more than"),
            Comparison::Below => self.say("mindre än", "less than"),
        }
    }

    fn cases(self, kinds: &[Word], priorities: &[Word]) -> String {
        let any = |words: &[Word]| self.any(&words.iter().map(Word::as_str).collect::<Vec<_>>());
        let mut told = self.say("av ärendena", "of cases").to_owned();
        if !kinds.is_empty() {
            told += &format!(" {} {}", self.say("av slaget", "of kind"), any(kinds));
        }
        if !priorities.is_empty() {
            told += &format!(" {} {}", self.say("med prioritet", "with priority"), any(priorities));
        }
        told
    }

    fn figure(self, figure: Statistic, metric: &Word) -> String {
        let of = match figure {
            Statistic::Mean => self.say("medelvärdet av", "the mean of").to_owned(),
            Statistic::Min => self.say("det lägsta värdet av", "the lowest value of").to_owned(),
            Statistic::Max => self.say("det högsta värdet av", "the highest value of").to_owned(),
            Statistic::Sum => self.say("summan av", "the sum of").to_owned(),
            Statistic::Last => self.say("det senaste värdet av", "the latest value of").to_owned(),
            Statistic::Percentile(percentile) => {
                let percentile = self.number(Decimal::from(percentile));
                let ending = match (percentile.ends_with("11"), percentile.chars().last()) {
                    (false, Some('1')) if !percentile.contains('.') => "st",
                    (_, Some('2')) if !percentile.ends_with("12") && !percentile.contains('.') => "nd",
                    (_, Some('3')) if !percentile.ends_with("13") && !percentile.contains('.') => "rd",
                    _ => "th",
                };
                let sv = format!("{percentile}-percentilen av");
                let en = format!("the {percentile}{ending} percentile of");
                self.say(&sv, &en).to_owned()
            }
        };
        format!("{of} {metric}")
    }

    /// How cases are counted, where a target counts them.
    pub fn counting(self, target: &ServiceLevelTarget) -> Option<String> {
        let Indicator::Timeliness {
            counted_priority,
            reopened_time_counts,
            ..
        } = &target.indicator
        else {
            return None;
        };
        let priority = match counted_priority {
            CountedPriority::AtOpening => {
                self.say("Prioriteten vid öppnandet räknas.", "The priority at opening counts.")
            }
            CountedPriority::AtResolution => self.say(
                "Prioriteten vid lösningen räknas.",
                "The priority at resolution counts.",
            ),
            CountedPriority::Highest => self.say(
                "Den strängaste prioritet som ärendet har haft räknas.",
                "The strictest priority that a case ever had counts.",
            ),
        };
        let reopened = match reopened_time_counts {
            true => self.say(
                "Tiden mellan lösning och återöppning räknas med.",
                "The time between resolution and reopening counts.",
            ),
            false => self.say(
                "Tiden mellan lösning och återöppning räknas inte.",
                "The time between resolution and reopening does not count.",
            ),
        };
        Some(format!("{priority} {reopened}"))
    }

    /// What follows when a target is missed.
    pub fn consequence(self, target: &ServiceLevelTarget) -> Option<String> {
        let (steps, cap) = match target.consequence.as_ref()? {
            Consequence::Words { text } => return Some(text.to_string()),
            Consequence::Price { steps, cap } => (steps, cap),
        };
        let figure = |value: Decimal| match &target.indicator {
            Indicator::Availability {}
            | Indicator::Timeliness { .. }
            | Indicator::Satisfaction {
                method: SatisfactionMethod::Csat,
            } => self.percent(value),
            _ => self.number(value),
        };
        let (worse, adds) = (
            self.say("om sämre än", "if worse than"),
            self.say("ytterligare", "another"),
        );
        let steps = steps.iter().enumerate().map(|(n, step)| {
            let adds = if n == 0 { String::new() } else { format!("{adds} ") };
            let percent = self.percent(step.percent);
            format!("{adds}{percent} {worse} {}", figure(step.worse_than))
        });
        Some(format!(
            "{}: {}; {} {}.",
            self.say("Avdrag på periodens pris", "Deducted from the period's price"),
            steps.collect::<Vec<_>>().join(", "),
            self.say("sammanlagt högst", "at most in all"),
            self.percent(*cap)
        ))
    }

    /// The volume that targets are promised for.
    pub fn workload(self, limit: &WorkloadLimit) -> String {
        let metric = match limit.metric.as_str() {
            "cases" => self.say("ärenden", "cases"),
            other => other,
        };
        let side = self.side(Comparison::AtMost);
        sentence(&format!(
            "{side} {} {metric} {}",
            self.number(limit.limit),
            self.per(limit.period)
        ))
    }
}

#[cfg(test)]
mod tests {
    use documents::Language;
    use serde_json::{Value, json};

    use super::*;

    fn told(indicator: Value, comparison: &str, value: &str) -> [String; 2] {
        let target: ServiceLevelTarget =
            serde_json::from_value(json!({"key": "a", "name": "A", "indicator": indicator,
            "comparison": comparison, "value": value, "period": "month"}))
            .unwrap();
        let day = json!([{"from": "07:00", "to": "18:00"}]);
        let hours: CalendarHours = serde_json::from_value(json!({"zone": "Europe/Stockholm", "weekly": {"monday": day,
            "tuesday": day, "wednesday": day, "thursday": day, "friday": day}}))
        .unwrap();
        let hours = matches!(
            target.indicator,
            Indicator::Availability {} | Indicator::Timeliness { .. }
        )
        .then_some(&hours);
        [Language::Sv, Language::En].map(|language| {
            let said = Words(language).promise(&target, hours);
            said.replace(['\u{a0}', '\u{202f}'], " ")
        })
    }

    #[test]
    fn promises_are_sentences() {
        let of = |figure: Value| json!({"kind": "gauge", "metric": "svarstid", "unit": "s", "figure": figure});
        for (indicator, comparison, value, sv, en) in [
            (
                json!({"kind": "availability"}),
                "at_least",
                "99.5",
                "Minst 99,5 % tillgänglighet per månad, vardagar 07–18",
                "At least 99.5% availability per month, working days 07–18",
            ),
            (
                json!({"kind": "timeliness", "measured": "resolution", "limit": "PT4H", "priorities": ["1"]}),
                "at_least",
                "90",
                "Minst 90 % av ärendena med prioritet 1 lösta inom 4 timmar, per månad, vardagar 07–18",
                "At least 90% of cases with priority 1 resolved within 4 hours, per month, working days 07–18",
            ),
            (
                json!({"kind": "timeliness", "measured": "response", "limit": "P2D", "priorities": ["P1", "P2"],
                "caseKinds": ["incident", "order"]}),
                "above",
                "80",
                "Mer än 80 % av ärendena av slaget incident eller order med prioritet P1 eller P2 besvarade inom 2 servicedagar, \
                 per månad, vardagar 07–18",
                "More than 80% of cases of kind incident or order with priority P1 or P2 responded to within 2 service days, \
                 per month, working days 07–18",
            ),
            (
                of(json!({"percentile": "95"})),
                "at_most",
                "1500",
                "95-percentilen av svarstid högst 1 500 s per månad",
                "The 95th percentile of svarstid at most 1,500 s per month",
            ),
            (
                of(json!({"percentile": "99.9"})),
                "below",
                "0.5",
                "99,9-percentilen av svarstid mindre än 0,5 s per månad",
                "The 99.9th percentile of svarstid less than 0.5 s per month",
            ),
            (
                of(json!("mean")),
                "at_most",
                "2",
                "Medelvärdet av svarstid högst 2 s per månad",
                "The mean of svarstid at most 2 s per month",
            ),
            (
                json!({"kind": "satisfaction", "method": "csat"}),
                "at_least",
                "80",
                "Minst 80 % nöjda svar per månad",
                "At least 80% satisfied answers per month",
            ),
            (
                json!({"kind": "satisfaction", "method": "mean"}),
                "at_least",
                "4.2",
                "Medelbetyg minst 4,2 per månad",
                "Mean rating at least 4.2 per month",
            ),
        ] {
            assert_eq!(told(indicator, comparison, value), [sv, en]);
        }
        for (percentile, en) in [
            ("1", "1st"),
            ("11", "11th"),
            ("22", "22nd"),
            ("12", "12th"),
            ("93", "93rd"),
            ("99.1", "99.1th"),
        ] {
            let [_, told] = told(of(json!({"percentile": percentile})), "at_most", "1");
            assert!(told.starts_with(&format!("The {en} ")), "{told}");
        }
    }
}
