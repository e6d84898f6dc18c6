//! What an improvement is to move, and what it came to: exact numbers, and no judgment beside them unless it says why.
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Rule, RuleCode, agreements::Deed, vocabulary::*};

word! {
    /// Which way is better.
    Direction {
        /// More is better.
        Higher,
        /// Less is better.
        Lower,
    }
}

word! {
    /// What an improvement came to.
    ImprovementOutcome {
        /// The target is reached.
        Achieved,
        /// It is better than it was, and short of the target.
        Partly,
        /// It is no better than it was.
        NotAchieved,
    }
}

/// What was measured on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Observation {
    /// How much.
    pub value: Decimal,
    /// On which day.
    pub day: NaiveDate,
}

/// Where a measure is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Goal {
    /// How much.
    pub value: Decimal,
    /// By which day.
    pub by: NaiveDate,
}

/// What is to move, from where and how far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Measure {
    /// What is measured.
    pub name: Name,
    /// In what it is counted.
    pub unit: Word,
    /// Which way is better.
    pub direction: Direction,
    /// How it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Observation>,
    /// How it is to be.
    pub target: Goal,
}

fn refused(detail: impl Into<String>, pointer: &str) -> Rule {
    Rule::new(RuleCode::ImprovementEffect, detail).at(pointer)
}

impl Measure {
    /// What its readings are readings of.
    pub fn what_is_read(&self) -> (&Name, &Word, Direction) {
        (&self.name, &self.unit, self.direction)
    }

    fn is_better(&self, value: Decimal, than: Decimal) -> bool {
        match self.direction {
            Direction::Higher => value > than,
            Direction::Lower => value < than,
        }
    }

    /// Whether a value is where the measure is to be, or beyond.
    pub fn reaches(&self, value: Decimal) -> bool {
        !self.is_better(self.target.value, value)
    }

    /// What a value measured afterwards amounts to. The target is better than the baseline, so every value is one of
    /// the three.
    pub fn outcome(&self, baseline: Decimal, value: Decimal) -> ImprovementOutcome {
        match (self.reaches(value), self.is_better(value, baseline)) {
            (true, _) => ImprovementOutcome::Achieved,
            (false, true) => ImprovementOutcome::Partly,
            (false, false) => ImprovementOutcome::NotAchieved,
        }
    }

    /// A measure that can be judged: what was before was measured by now, and the target is better than that.
    pub(super) fn must_be_judgeable(&self, today: NaiveDate) -> Result<(), Rule> {
        let Some(baseline) = self.baseline else { return Ok(()) };
        if baseline.day > today {
            let detail = format!("A baseline is measured, not foreseen; {} is to come.", baseline.day);
            return Err(Rule::new(RuleCode::TimeOrder, detail).at("/measure/baseline/day"));
        }
        if self.target.by <= baseline.day {
            let detail = format!("The target is for a day after the baseline's, {}.", baseline.day);
            return Err(Rule::new(RuleCode::DateOrder, detail).at("/measure/target/by"));
        }
        if !self.is_better(self.target.value, baseline.value) {
            let detail = format!(
                "Where {} is better, {} is no improvement on {}.",
                self.direction, self.target.value, baseline.value
            );
            return Err(refused(detail, "/measure/target/value"));
        }
        Ok(())
    }
}

/// What is told of a verified effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EffectVerificationInput {
    /// What it came to.
    pub outcome: ImprovementOutcome,
    /// What was learned by it.
    pub conclusion: Reason,
    /// Why the outcome is another than the numbers say; required then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// What an improvement came to, with the numbers that it was judged by (R16).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct EffectVerification {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// What it came to.
    pub outcome: ImprovementOutcome,
    /// What the numbers say it came to.
    pub measured: ImprovementOutcome,
    /// Why the two differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What was learned by it.
    pub conclusion: Reason,
    /// How it was before.
    pub baseline: Observation,
    /// How it was to be.
    pub target: Goal,
    /// How it was afterwards: the latest reading after the implementation.
    pub reading: Observation,
}

impl EffectVerification {
    /// Judges the latest reading after the implementation against the baseline. An outcome that the numbers do not
    /// bear out needs a reason: a number can move, or stay, for what the improvement has no part in.
    pub(super) fn judge(
        measure: Option<&Measure>,
        implemented: NaiveDate,
        told: EffectVerificationInput,
        reading: Option<Observation>,
        deed: Deed,
    ) -> Result<Self, Rule> {
        let Some((measure, baseline)) = measure.and_then(|m| Some((m, m.baseline?))) else {
            return Err(no_baseline());
        };
        let Some(reading) = reading.filter(|reading| reading.day > implemented) else {
            let detail = format!(
                "Nothing was measured after {implemented}, when it came into effect; record a reading of {} first.",
                measure.name
            );
            return Err(Rule::new(RuleCode::ImprovementEffect, detail));
        };
        let measured = measure.outcome(baseline.value, reading.value);
        let deviates = told.outcome != measured;
        if deviates && told.reason.is_none() {
            let detail = format!(
                "From {} to {} {}, with {} as the target, is {measured}; another outcome needs a reason.",
                baseline.value, reading.value, measure.unit, measure.target.value
            );
            return Err(refused(detail, "/reason"));
        }
        Ok(Self {
            deed,
            outcome: told.outcome,
            measured,
            reason: told.reason.filter(|_| deviates),
            conclusion: told.conclusion,
            baseline,
            target: measure.target,
            reading,
        })
    }
}

/// Without a baseline nobody can ever tell.
pub(super) fn no_baseline() -> Rule {
    refused(
        "Nobody can tell what it changes: it has no measure with a baseline. Tell how it was before.",
        "/measure/baseline",
    )
}
