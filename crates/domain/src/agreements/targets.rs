//! Service level targets: the measurable promises of an agreement, and the volume that they are promised for.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Rule, RuleCode,
    calendars::TimeLimit,
    service_levels::judging::{Comparison, CountedPriority, Milestone, Statistic},
    vocabulary::*,
};

word! {
    /// The calendar periods that figures are made for.
    CalendarPeriod {
        /// A calendar month.
        Month,
        /// A calendar quarter.
        Quarter,
        /// A calendar year.
        Year,
    }
}

impl CalendarPeriod {
    /// How many there are in a year.
    pub fn per_year(self) -> i64 {
        match self {
            Self::Month => 12,
            Self::Quarter => 4,
            Self::Year => 1,
        }
    }
}

word! {
    /// What satisfaction is told as.
    SatisfactionMethod {
        /// The share of the top boxes, in per cent.
        Csat,
        /// The mean on the scale.
        Mean,
    }
}

/// What a target is judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Indicator {
    /// 100 × (1 − downtime ÷ agreed time), from outages.
    Availability {},
    /// The share of cases within a limit, in per cent.
    #[serde(rename_all = "camelCase")]
    Timeliness {
        /// What of a case is timed.
        measured: Milestone,
        /// The limit; within includes it.
        limit: TimeLimit,
        /// Cases with these priorities; none: all.
        #[serde(default)]
        #[schema(max_items = 20)]
        priorities: Vec<Word>,
        /// Cases of these kinds; none: all.
        #[serde(default)]
        #[schema(max_items = 20)]
        case_kinds: Vec<Word>,
        /// Which of a case's priorities counts.
        #[serde(default)]
        counted_priority: CountedPriority,
        /// Whether the time between resolution and reopening counts.
        #[serde(default)]
        reopened_time_counts: bool,
    },
    /// A figure made of samples.
    Gauge {
        /// The name of the metric, as the samples carry it.
        metric: Word,
        /// Its unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<Word>,
        /// How samples become one figure.
        figure: Statistic,
    },
    /// A figure of satisfaction of a finished period.
    Satisfaction {
        /// What it is told as.
        method: SatisfactionMethod,
    },
}

/// One step of a consequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// The step is passed when the figure is worse than this.
    pub worse_than: Decimal,
    /// What it adds, in per cent of the period's price.
    pub percent: Decimal,
}

/// What follows when a target is missed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Consequence {
    /// In words.
    Words {
        /// What follows.
        text: Note,
    },
    /// Per cent of the period's price: each step that the figure passes adds its own, up to the cap.
    Price {
        /// The steps, from the mildest.
        #[schema(min_items = 1, max_items = 20)]
        steps: Vec<Step>,
        /// At most so many per cent of the period's price.
        cap: Decimal,
    },
}

/// Names a target of another agreement.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestsOn {
    /// The agreement with another function or a supplier.
    pub agreement: AgreementId,
    /// The target there, by its key.
    pub target: Slug,
}

/// One measurable promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceLevelTarget {
    /// Names it within the agreement.
    pub key: Slug,
    /// What people call it.
    pub name: Name,
    /// The covered services that it is about; none: all of them together.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub services: Vec<ServiceId>,
    /// What it is judged by.
    pub indicator: Indicator,
    /// Which side of the value is kept.
    pub comparison: Comparison,
    /// The promised value.
    pub value: Decimal,
    /// For each such period.
    pub period: CalendarPeriod,
    /// The service calendar whose open time counts; needed for availability and timeliness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarId>,
    /// Fewer observations than this are too little evidence.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 1000000)]
    pub minimum_observations: u32,
    /// The workload limit that it is promised within, by its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload_limit: Option<Slug>,
    /// What follows when it is missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consequence: Option<Consequence>,
    /// The targets with other functions and suppliers that it rests on.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub rests_on: Vec<RestsOn>,
}

fn one() -> u32 {
    1
}

/// The volume that targets are promised for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkloadLimit {
    /// Names it within the agreement.
    pub key: Slug,
    /// What people call it.
    pub name: Name,
    /// The name of the metric, as samples carry it; `cases` counts the cases.
    pub metric: Word,
    /// At most so many.
    pub limit: Decimal,
    /// In each such period.
    pub period: CalendarPeriod,
}

fn unjudgeable(pointer: String, detail: impl Into<String>) -> Rule {
    Rule::new(RuleCode::Unjudgeable, detail).at(pointer)
}

impl ServiceLevelTarget {
    /// Refuses a target that could never be judged; `pointer` is where it stands.
    pub(super) fn check(&self, priorities: &[Word], has_price: bool, pointer: &str) -> Result<(), Rule> {
        let at = |member: &str| format!("{pointer}/{member}");
        let hundred = Decimal::from(100);
        let share = match &self.indicator {
            Indicator::Availability {} | Indicator::Timeliness { .. } => true,
            Indicator::Satisfaction { method } => *method == SatisfactionMethod::Csat,
            Indicator::Gauge { .. } => false,
        };
        if share && (self.value > hundred || self.value < Decimal::from(0)) {
            return Err(unjudgeable(
                at("value"),
                format!("{} is no share in per cent: 0 to 100.", self.value),
            ));
        }
        let ceiling = matches!(self.comparison, Comparison::AtMost | Comparison::Below);
        if share && ceiling {
            let detail = "At most so many per cent would be kept by delivering nothing; say at_least.";
            return Err(unjudgeable(at("comparison"), detail));
        }
        let timed = matches!(
            self.indicator,
            Indicator::Availability {} | Indicator::Timeliness { .. }
        );
        if timed != self.calendar.is_some() {
            let detail = match timed {
                true => "Availability and timeliness are counted in open time: name a service calendar.",
                false => "Only availability and timeliness are counted in open time.",
            };
            return Err(unjudgeable(at("calendar"), detail));
        }
        if let Indicator::Timeliness { priorities: asked, .. } = &self.indicator
            && let Some((i, unknown)) = asked.iter().enumerate().find(|(_, word)| !priorities.contains(word))
        {
            let detail = format!("{unknown} is not among the agreement's priorities.");
            return Err(unjudgeable(at(&format!("indicator/priorities/{i}")), detail));
        }
        match &self.consequence {
            Some(Consequence::Price { steps, cap }) => self.check_steps(steps, *cap, has_price, &at("consequence")),
            _ => Ok(()),
        }
    }

    /// Steps begin at the value or beyond it, each beyond the one before, and there is a price to take them of.
    fn check_steps(&self, steps: &[Step], cap: Decimal, has_price: bool, pointer: &str) -> Result<(), Rule> {
        if !has_price {
            return Err(unjudgeable(
                pointer.into(),
                "A part of the price needs a price in the content.",
            ));
        }
        let (zero, hundred) = (Decimal::from(0), Decimal::from(100));
        if cap <= zero || cap > hundred {
            return Err(unjudgeable(
                format!("{pointer}/cap"),
                format!("{cap} is no cap: above 0, at most 100."),
            ));
        }
        let worse = |a: Decimal, b: Decimal| match self.comparison {
            Comparison::AtLeast | Comparison::Above => a < b,
            Comparison::AtMost | Comparison::Below => a > b,
        };
        let mut before = None;
        for (i, step) in steps.iter().enumerate() {
            if step.percent <= zero || step.percent > hundred {
                let detail = format!("{} is no part of a price: above 0, at most 100.", step.percent);
                return Err(unjudgeable(format!("{pointer}/steps/{i}/percent"), detail));
            }
            let in_order = match before {
                None => step.worse_than == self.value || worse(step.worse_than, self.value),
                Some(before) => worse(step.worse_than, before),
            };
            if !in_order {
                let detail =
                    "The first step begins at the target's value or beyond it, each other beyond the one before.";
                return Err(unjudgeable(format!("{pointer}/steps/{i}/worseThan"), detail));
            }
            before = Some(step.worse_than);
        }
        Ok(())
    }
}
