//! Weighing: named criteria by configuration, what each person gives a request, and what it comes to in whole numbers.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::*;
use crate::{Rule, RuleCode};

word! {
    /// Which end of a criterion's scale speaks for a request.
    CriterionDirection {
        /// The higher the better: benefit.
        HigherIsBetter,
        /// The lower the better: effort.
        LowerIsBetter,
    }
}

/// What people call a criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CriterionLabel {
    /// In Swedish.
    pub sv: Label,
    /// In English.
    pub en: Label,
}

/// One thing by which requests are weighed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Criterion {
    /// Its name for programs.
    pub key: Slug,
    /// Its name for people.
    pub label: CriterionLabel,
    /// The lowest value of its scale.
    #[schema(minimum = 0, maximum = 20, example = 1)]
    pub lowest: i64,
    /// The highest value of its scale.
    #[schema(minimum = 1, maximum = 20, example = 5)]
    pub highest: i64,
    /// How much it counts beside the others.
    #[schema(minimum = 1, maximum = 100, example = 3)]
    pub weight: i64,
    /// Which end speaks for a request.
    pub direction: CriterionDirection,
}

/// A way of weighing, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScoringSchemeInput {
    /// By what requests are weighed.
    #[schema(min_items = 1, max_items = 20)]
    pub criteria: Vec<Criterion>,
}

/// The criteria, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
pub struct Criteria(pub Vec<Criterion>);

/// One version of the way of weighing. It never changes but for giving way to a later one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScoringScheme {
    /// Its id.
    pub id: ScoringSchemeId,
    /// Grows by one at each change; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Which one it is: 1, 2, 3 …
    #[schema(minimum = 1, maximum = 9007199254740991i64, example = 1)]
    pub number: i64,
    /// Whether new scores are made with it.
    pub active: bool,
    /// By what requests are weighed.
    #[schema(value_type = Vec<Criterion>, max_items = 20)]
    pub criteria: Criteria,
    /// When it was entered here.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for ScoringScheme {
    const KIND: SubjectKind = SubjectKind::ScoringScheme;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}

impl ScoringScheme {
    /// The next version, from now on the active one.
    pub fn register(
        id: ScoringSchemeId,
        number: i64,
        input: ScoringSchemeInput,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        for (i, criterion) in input.criteria.iter().enumerate() {
            if criterion.lowest >= criterion.highest {
                let detail = format!("The scale of {} ends before it begins.", criterion.key);
                return Err(Rule::new(RuleCode::State, detail).at(format!("/criteria/{i}/highest")));
            }
            if input.criteria[..i].iter().any(|other| other.key == criterion.key) {
                let detail = format!("There are two criteria {}.", criterion.key);
                return Err(Rule::new(RuleCode::NotUnique, detail).at(format!("/criteria/{i}/key")));
            }
        }
        Ok(Self {
            id,
            version: 1,
            number,
            active: true,
            criteria: Criteria(input.criteria),
            created_at: now,
        })
    }

    /// It gives way to a later one.
    pub fn retire(self) -> Self {
        Self {
            version: self.version + 1,
            active: false,
            ..self
        }
    }

    /// What the values come to, in thousandths of the best that can be given: exact until it is rounded once, half up.
    fn total(&self, values: &[CriterionValue]) -> i64 {
        let criteria = &self.criteria.0;
        // A common multiple of all scales' lengths; those are at most 20.
        let common = criteria
            .iter()
            .map(|c| i128::from(c.highest - c.lowest))
            .fold(1, |common, length| common / gcd(common, length) * length);
        let (mut reached, mut best) = (0i128, 0i128);
        for criterion in criteria {
            let value = values.iter().find(|v| v.criterion == criterion.key).map(|v| v.value);
            let value = value.unwrap_or(criterion.lowest);
            let steps = match criterion.direction {
                CriterionDirection::HigherIsBetter => value - criterion.lowest,
                CriterionDirection::LowerIsBetter => criterion.highest - value,
            };
            let length = i128::from(criterion.highest - criterion.lowest);
            let weight = i128::from(criterion.weight);
            reached += weight * i128::from(steps) * (common / length);
            best += weight * common;
        }
        let rounded = (2000 * reached + best) / (2 * best).max(1);
        i64::try_from(rounded).unwrap_or_default()
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// What a criterion was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CriterionValue {
    /// The criterion.
    pub criterion: Slug,
    /// Where on its scale.
    #[schema(minimum = 0, maximum = 20, example = 4)]
    pub value: i64,
}

/// What a person gives a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScoreInput {
    /// A value for each criterion of the active scheme.
    #[schema(min_items = 1, max_items = 20)]
    pub values: Vec<CriterionValue>,
}

/// The values, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
pub struct CriterionValues(pub Vec<CriterionValue>);

/// What a person gave a request, by the scheme that was active then. Their later score takes its place; what it was
/// stands in the events.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestScore {
    /// Its id.
    pub id: RequestScoreId,
    /// Grows by one at each change.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// The request.
    #[serde(skip)]
    pub request: RequestId,
    /// The request's customer.
    #[serde(skip)]
    pub customer: CustomerId,
    /// Who gave it.
    pub person: PersonRef,
    /// By which scheme.
    pub scheme: ScoringSchemeId,
    /// Which version of the scheme that is.
    #[schema(minimum = 1, maximum = 9007199254740991i64, example = 1)]
    pub scheme_number: i64,
    /// What each criterion was given.
    #[schema(value_type = Vec<CriterionValue>, max_items = 20)]
    pub values: CriterionValues,
    /// What it comes to, in thousandths of the best that can be given.
    #[schema(minimum = 0, maximum = 1000, example = 640)]
    pub total: i64,
    /// When.
    pub scored_at: DateTime<Utc>,
}

impl Aggregate for RequestScore {
    const KIND: SubjectKind = SubjectKind::RequestScore;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer)
    }
    fn matter(&self) -> Uuid {
        self.request.0
    }
}

impl RequestScore {
    /// What a person gives an open request by the active scheme. `former` is what they gave before.
    pub fn give(
        new: RequestScoreId,
        former: Option<&Self>,
        request: &Request,
        scheme: &ScoringScheme,
        person: PersonRef,
        input: ScoreInput,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        request.allowed(Act::Score)?;
        for (i, given) in input.values.iter().enumerate() {
            let criterion = scheme.criteria.0.iter().find(|c| c.key == given.criterion);
            let Some(criterion) = criterion else {
                let detail = format!("The scheme {} has no criterion {}.", scheme.number, given.criterion);
                return Err(Rule::new(RuleCode::UnknownReference, detail).at(format!("/values/{i}/criterion")));
            };
            if !(criterion.lowest..=criterion.highest).contains(&given.value) {
                let detail = format!(
                    "The scale of {} goes from {} to {}.",
                    criterion.key, criterion.lowest, criterion.highest
                );
                return Err(Rule::new(RuleCode::State, detail).at(format!("/values/{i}/value")));
            }
            if input.values[..i].iter().any(|other| other.criterion == given.criterion) {
                let detail = format!("{} is given twice.", given.criterion);
                return Err(Rule::new(RuleCode::NotUnique, detail).at(format!("/values/{i}/criterion")));
            }
        }
        let missing = scheme
            .criteria
            .0
            .iter()
            .find(|c| input.values.iter().all(|v| v.criterion != c.key));
        if let Some(missing) = missing {
            let detail = format!("The scheme {} asks for {} too.", scheme.number, missing.key);
            return Err(Rule::new(RuleCode::State, detail).at("/values"));
        }
        Ok(Self {
            id: former.map_or(new, |f| f.id),
            version: former.map_or(1, |f| f.version + 1),
            request: request.id,
            customer: request.customer.id,
            person,
            scheme: scheme.id,
            scheme_number: scheme.number,
            total: scheme.total(&input.values),
            values: CriterionValues(input.values),
            scored_at: now,
        })
    }
}

/// The mean of so many scores, rounded half up; of none there is none.
pub fn mean(sum: i64, n: i64) -> Option<i64> {
    (n > 0).then(|| (2 * sum + n) / (2 * n))
}

impl Request {
    /// The request with what it was given by all who scored it: the mean, rounded half up.
    pub fn score(self, totals: &[i64], now: DateTime<Utc>) -> Result<Self, Rule> {
        let n = i64::try_from(totals.len()).unwrap_or(i64::MAX);
        Ok(Self {
            score: mean(totals.iter().sum(), n),
            ..self.step(Act::Score, now)?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn criterion(key: &str, (lowest, highest): (i64, i64), weight: i64, direction: CriterionDirection) -> Criterion {
        Criterion {
            key: key.parse().unwrap(),
            label: CriterionLabel {
                sv: key.parse().unwrap(),
                en: key.parse().unwrap(),
            },
            lowest,
            highest,
            weight,
            direction,
        }
    }
    fn scheme(criteria: Vec<Criterion>) -> Result<ScoringScheme, Rule> {
        ScoringScheme::register(
            ScoringSchemeId(Uuid::nil()),
            1,
            ScoringSchemeInput { criteria },
            DateTime::UNIX_EPOCH,
        )
    }
    fn value(criterion: &str, value: i64) -> CriterionValue {
        CriterionValue {
            criterion: criterion.parse().unwrap(),
            value,
        }
    }

    #[test]
    fn a_total_is_exact_and_knows_which_end_is_good() {
        let scheme = scheme(vec![
            criterion("benefit", (1, 4), 1, CriterionDirection::HigherIsBetter),
            criterion("effort", (0, 7), 2, CriterionDirection::LowerIsBetter),
        ])
        .unwrap();
        assert_eq!(scheme.total(&[value("benefit", 4), value("effort", 0)]), 1000);
        assert_eq!(scheme.total(&[value("benefit", 1), value("effort", 7)]), 0);
        // (1/3 + 2 * 3/7) / 3 = 25/63 = 0.39682…
        assert_eq!(scheme.total(&[value("benefit", 2), value("effort", 4)]), 397);
    }

    #[test]
    fn the_widest_scheme_does_not_overflow() {
        let all = (1..=20).map(|n| criterion(&format!("c{n}"), (0, n), 100, CriterionDirection::HigherIsBetter));
        let scheme = scheme(all.collect()).unwrap();
        let best: Vec<_> = (1..=20).map(|n| value(&format!("c{n}"), n)).collect();
        assert_eq!(scheme.total(&best), 1000);
    }

    #[test]
    fn a_scheme_has_scales_and_no_criterion_twice() {
        let flat = scheme(vec![criterion("a", (3, 3), 1, CriterionDirection::HigherIsBetter)]).unwrap_err();
        assert_eq!(flat.pointer.as_deref(), Some("/criteria/0/highest"));
        let a = || criterion("a", (0, 3), 1, CriterionDirection::HigherIsBetter);
        let twice = scheme(vec![a(), a()]).unwrap_err();
        assert_eq!(twice.pointer.as_deref(), Some("/criteria/1/key"));
    }
}
