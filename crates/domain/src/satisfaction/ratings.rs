//! Ratings: single scores on finished cases, sent by the service desk. User satisfaction is drawn from them.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::{Distribution, NotAScale, Scale};
use crate::{
    Rule, RuleCode,
    access::Caller,
    agreements::CalendarPeriod,
    measurements::{CLOCKS_DIFFER_BY, Standing, bound},
    service_levels::StatementPeriod,
    vocabulary::*,
};

/// A scale of whole numbers, as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScaleInput {
    /// The lowest score.
    #[schema(minimum = -1000, maximum = 1000)]
    pub low: i32,
    /// The highest score; 1 to 100 above the lowest.
    #[schema(minimum = -1000, maximum = 1000)]
    pub high: i32,
    /// How many of the highest scores say that somebody is satisfied. Told for other scales than 1–4, 1–5, 1–7 and 1–10, which
    /// have 2, 2, 2 and 3; a scale without any has mean and distribution only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub top_boxes: Option<i32>,
}

impl ScaleInput {
    /// The scale that it tells, or why it tells none.
    pub fn scale(self) -> Result<Scale, Rule> {
        Scale::new(self.low, self.high, self.top_boxes).map_err(|e| {
            let member = match e {
                NotAScale::Ends => "/high",
                NotAScale::TopBoxes | NotAScale::Listed => "/topBoxes",
            };
            Rule::new(RuleCode::OffScale, e.to_string()).at(member)
        })
    }
}

/// A score on a finished case, as the service desk tells it; one line of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RatingInput {
    /// The system in which it was given; one that is bound to the client.
    pub source: SystemName,
    /// What that system calls the rating; unique there, and known again by it.
    pub source_id: ExternalId,
    /// When it was given: the calendar period that it belongs to.
    pub rated_at: DateTime<Utc>,
    /// The source's own version of what it tells; of two, the higher one stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub source_version: Option<i64>,
    /// When the source last changed what it tells; without versions, the later one stands. `ratedAt` unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<DateTime<Utc>>,
    /// Which service the case was about: our id, or another system's reference.
    pub service: Key<ServiceId>,
    /// Whose case it was.
    pub customer: Key<CustomerId>,
    /// What the source calls the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<ExternalId>,
    /// The scale that the score was given on.
    pub scale: ScaleInput,
    /// The score. Somebody who did not answer has none: no rating is sent then.
    #[schema(minimum = -1000, maximum = 1000)]
    pub score: i32,
    /// What was said with it. It is read by nobody one by one: comments are told of a period, where there are enough of
    /// them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Reason>,
}

impl RatingInput {
    /// Which state of the rating this is.
    pub fn standing(&self) -> Standing {
        Standing {
            source_version: self.source_version,
            at: self.updated_at.unwrap_or(self.rated_at),
        }
    }

    /// Every rule that it breaks, as it is received `now`.
    fn faults(&self, now: DateTime<Utc>) -> Vec<Rule> {
        let latest = now + CLOCKS_DIFFER_BY;
        let early = |at: &str, time: Option<DateTime<Utc>>| {
            let detail = "lies after the time at which it was received";
            time.filter(|time| *time > latest)
                .map(|_| Rule::new(RuleCode::TimeOrder, detail).at(at))
        };
        let times = [
            early("/ratedAt", Some(self.rated_at)),
            early("/updatedAt", self.updated_at),
        ];
        let mut faults: Vec<Rule> = times.into_iter().flatten().collect();
        match self.scale.scale() {
            Err(rule) => faults.push(rule.under("/scale")),
            Ok(scale) => {
                let lies = Distribution::of(scale, [self.score]);
                faults.extend(
                    lies.err()
                        .map(|e| Rule::new(RuleCode::OffScale, e.to_string()).at("/score")),
                );
            }
        }
        faults
    }
}

/// A rating that breaks no rule and that its sender may send.
#[derive(Debug, Clone, PartialEq)]
pub struct Rating {
    /// What it tells.
    pub told: RatingInput,
    /// The scale of its score.
    pub scale: Scale,
    /// SHA-256 of what it tells as canonical JSON (RFC 8785). The same digest from the same source is the same rating sent
    /// again.
    pub digest: [u8; 32],
    /// The month, in local time, in which it was given.
    pub month: StatementPeriod,
}

impl Rating {
    /// Takes what a caller sends at a time, or names every rule that it breaks. `day` tells the local date of an instant.
    pub fn of(
        told: RatingInput,
        caller: &Caller,
        now: DateTime<Utc>,
        day: impl Fn(DateTime<Utc>) -> NaiveDate,
    ) -> Result<Self, Vec<Rule>> {
        let mut faults = told.faults(now);
        faults.extend(bound(&told.source, caller).err());
        let scale = match told.scale.scale() {
            Ok(scale) if faults.is_empty() => scale,
            _ => return Err(faults),
        };
        let unwritable =
            |e: serde_json::Error| vec![Rule::new(RuleCode::State, format!("cannot be written as JSON: {e}"))];
        let text = serde_json_canonicalizer::to_string(&told).map_err(unwritable)?;
        let day = day(told.rated_at);
        Ok(Self {
            digest: Sha256::digest(text).into(),
            month: StatementPeriod::containing(CalendarPeriod::Month, day),
            told,
            scale,
        })
    }
}
