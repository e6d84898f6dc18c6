//! Readings: what was measured of an improvement's measure. They are only added to; a wrong one is corrected by another
//! that takes its place.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Improvement, ImprovementAct, Observation};
use crate::{
    Rule, RuleCode,
    events::{Aggregate, SubjectKind},
    requests::Raiser,
    vocabulary::*,
};

/// What is told of a reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadingInput {
    /// How much, in the measure's unit.
    pub value: Decimal,
    /// The day for which it was measured.
    pub day: NaiveDate,
    /// The earlier reading that was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<ReadingId>,
}

/// What was measured on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// Its id.
    pub id: ReadingId,
    /// The improvement.
    #[serde(skip)]
    pub improvement: ImprovementId,
    /// The improvement's customer, where it has one alone.
    #[serde(skip)]
    pub customer: Option<CustomerId>,
    /// How much, in the measure's unit.
    pub value: Decimal,
    /// The day for which it was measured.
    pub day: NaiveDate,
    /// The earlier reading whose place it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<ReadingId>,
    /// The later reading that took its place: this one counts no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<ReadingId>,
    /// Who recorded it.
    pub recorded_by: Raiser,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

impl Aggregate for Reading {
    const KIND: SubjectKind = SubjectKind::ImprovementReading;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        1
    }
    fn customer(&self) -> Option<CustomerId> {
        self.customer
    }
    fn matter(&self) -> Uuid {
        self.improvement.0
    }
}

impl Reading {
    /// A new reading of the improvement's measure. `replaced` is the one that the input names, where the improvement
    /// has it.
    pub fn record(
        id: ReadingId,
        improvement: &Improvement,
        told: ReadingInput,
        replaced: Option<&Self>,
        recorded_by: Raiser,
        (now, today): (DateTime<Utc>, NaiveDate),
    ) -> Result<Self, Rule> {
        improvement.allowed(ImprovementAct::Measure)?;
        if improvement.measure.is_none() {
            let detail = format!("{} names no measure yet.", improvement.number);
            return Err(Rule::new(RuleCode::State, detail));
        }
        if told.day > today {
            let detail = format!("{} is to come; nothing was measured then.", told.day);
            return Err(Rule::new(RuleCode::TimeOrder, detail).at("/day"));
        }
        match (told.replaces, replaced) {
            (Some(_), None) => {
                let detail = format!("{} has no such reading.", improvement.number);
                return Err(Rule::new(RuleCode::UnknownReference, detail).at("/replaces"));
            }
            (
                Some(_),
                Some(Self {
                    replaced_by: Some(by), ..
                }),
            ) => {
                let detail = format!("It was replaced already, by {by}; replace that one.");
                return Err(Rule::new(RuleCode::State, detail).at("/replaces"));
            }
            _ => {}
        }
        Ok(Self {
            id,
            improvement: improvement.id,
            customer: improvement.only_customer(),
            value: told.value,
            day: told.day,
            replaces: told.replaces,
            replaced_by: None,
            recorded_by,
            recorded_at: now,
        })
    }

    /// As what it counts.
    pub fn observation(&self) -> Observation {
        Observation {
            value: self.value,
            day: self.day,
        }
    }
}
