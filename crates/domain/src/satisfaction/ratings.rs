//! Ratings: single scores on finished cases, sent by the service desk. User satisfaction is drawn from them.
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::{
    Rule, RuleCode,
    access::Caller,
    measurements::{CLOCKS_DIFFER_BY, Standing, bound},
    vocabulary::*,
};

/// A scale of whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scale {
    /// The lowest score.
    #[schema(minimum = -1000, maximum = 1000)]
    pub low: i16,
    /// The highest score; above the lowest, at most 100 above it.
    #[schema(minimum = -1000, maximum = 1000)]
    pub high: i16,
    /// From which score on somebody is satisfied. None needs be told for 1–5 (4), 1–7 (6), 1–10 (8) and 1–4 (3); any other
    /// scale that tells none has mean and distribution only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -1000, maximum = 1000)]
    pub top_from: Option<i16>,
}

/// The most steps that a scale has above its lowest.
const MOST_STEPS: i16 = 100;

impl Scale {
    /// Refuses a scale that does not ascend, or whose satisfied scores are not a part of it.
    pub fn check(self) -> Result<(), Rule> {
        let off = |detail: &str, at: &str| Err(Rule::new(RuleCode::OffScale, detail).at(at));
        match self {
            Self { low, high, .. } if high <= low => off("lies not above the lowest score", "/high"),
            Self { low, high, .. } if high.saturating_sub(low) > MOST_STEPS => {
                off("lies more than 100 above the lowest score", "/high")
            }
            Self { low, high, top_from: Some(top) } if top <= low || high < top => {
                off("lies above the lowest score and not above the highest", "/topFrom")
            }
            _ => Ok(()),
        }
    }

    /// From which score on somebody is satisfied; none where that is not known.
    pub fn satisfied_from(self) -> Option<i16> {
        self.top_from.or(match (self.low, self.high) {
            (1, 4) => Some(3),
            (1, 5) => Some(4),
            (1, 7) => Some(6),
            (1, 10) => Some(8),
            _ => None,
        })
    }

    /// Whether a score lies on it.
    pub fn holds(self, score: i16) -> bool {
        (self.low..=self.high).contains(&score)
    }
}

/// How many days after its end a month's figures are fixed (R19 f).
const FIXED_AFTER: Days = Days::new(3);

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
    pub scale: Scale,
    /// The score. Somebody who did not answer has none: no rating is sent then.
    #[schema(minimum = -1000, maximum = 1000)]
    pub score: i16,
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
        let times = [early("/ratedAt", Some(self.rated_at)), early("/updatedAt", self.updated_at)];
        let mut faults: Vec<Rule> = times.into_iter().flatten().collect();
        match self.scale.check() {
            Err(rule) => faults.push(rule.under("/scale")),
            Ok(()) if !self.scale.holds(self.score) => {
                let Scale { low, high, .. } = self.scale;
                let detail = format!("lies outside its scale, which goes from {low} to {high}");
                faults.push(Rule::new(RuleCode::OffScale, detail).at("/score"));
            }
            Ok(()) => {}
        }
        faults
    }
}

/// A rating that breaks no rule and that its sender may send.
#[derive(Debug, Clone, PartialEq)]
pub struct Rating {
    /// What it tells.
    pub told: RatingInput,
    /// SHA-256 of what it tells as canonical JSON (RFC 8785). The same digest from the same source is the same rating sent
    /// again.
    pub digest: [u8; 32],
    /// The first day of the month, in local time, in which it was given.
    pub month: NaiveDate,
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
        if !faults.is_empty() {
            return Err(faults);
        }
        let unwritable = |e: serde_json::Error| vec![Rule::new(RuleCode::State, format!("cannot be written as JSON: {e}"))];
        let text = serde_json_canonicalizer::to_string(&told).map_err(unwritable)?;
        let day = day(told.rated_at);
        Ok(Self {
            digest: Sha256::digest(text).into(),
            month: day.with_day(1).unwrap_or(day),
            told,
        })
    }
}

/// Whether the figures of the month that begins on a day are fixed (R19 f): ratings that come later count when there are
/// enough of them.
pub fn is_fixed(month: NaiveDate, today: NaiveDate) -> bool {
    let end = month.checked_add_months(Months::new(1));
    let fixed = end.and_then(|end| end.checked_add_days(FIXED_AFTER));
    fixed.is_some_and(|fixed| fixed <= today)
}
