//! How a customer weighs a service: one assessment for each calendar year, revised and never averaged with another.
use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::ComputedFigure;
use crate::{
    Rule, RuleCode,
    events::{Aggregate, SubjectKind},
    people::{Contact, Mandate},
    vocabulary::*,
};

/// A score on one of the organisation's dimensions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DimensionScore {
    /// What is scored, such as `usefulness`.
    #[schema(example = "usefulness")]
    pub dimension: Slug,
    /// From 1, the worst, to 5.
    #[schema(minimum = 1, maximum = 5, example = 4)]
    pub score: u8,
}

/// The scores of an assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
#[schema(min_items = 1, max_items = 10)]
pub struct DimensionScores(pub Vec<DimensionScore>);

impl DimensionScores {
    /// Their mean; none where there is no score.
    pub fn mean(&self) -> Option<Decimal> {
        let sum: u32 = self.0.iter().map(|s| u32::from(s.score)).sum();
        Decimal::from(sum).checked_div(Decimal::from(self.0.len()))
    }

    fn check(&self) -> Result<(), Rule> {
        let mut seen = BTreeSet::new();
        match self.0.iter().position(|s| !seen.insert(&s.dimension)) {
            None => Ok(()),
            Some(n) => {
                let detail = "Each dimension is scored once.";
                Err(Rule::new(RuleCode::NotUnique, detail).at(format!("/scores/{n}/dimension")))
            }
        }
    }
}

/// What is told of an assessment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ValueAssessmentInput {
    /// Which service.
    pub service: Key<ServiceId>,
    /// For which calendar year: this one, or an earlier one.
    #[schema(minimum = 2000, maximum = 2100, example = 2025)]
    pub year: i32,
    /// The scores, each on a dimension of its own.
    pub scores: DimensionScores,
    /// What the service is estimated to be worth to the customer in that year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benefit: Option<Money>,
    /// What is to be said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Reason>,
}

/// Who assesses, and by which mandate.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessor {
    /// Who.
    pub contact: ContactRef,
    /// Whose contact they are.
    pub customer: CustomerRef,
    /// In whose stead, where they are a deputy.
    pub acting_for: Option<ContactId>,
    /// The decision that their mandate rests on.
    pub basis: Option<Basis>,
}

impl Assessor {
    /// A contact, by the mandate that they decide by.
    pub fn of(contact: &Contact, mandate: Mandate) -> Self {
        Self {
            contact: ContactRef {
                id: contact.id,
                name: contact.name.clone(),
            },
            customer: contact.customer.clone(),
            acting_for: mandate.deputy_for,
            basis: mandate.basis,
        }
    }
}

/// How a customer weighs a service in a year.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValueAssessment {
    /// Its id.
    pub id: ValueAssessmentId,
    /// Grows by one at each change; its `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// The customer.
    pub customer: CustomerRef,
    /// The service.
    pub service: ServiceRef,
    /// The calendar year.
    #[schema(minimum = 2000, maximum = 2100, example = 2025)]
    pub year: i32,
    /// The scores.
    pub scores: DimensionScores,
    /// Their mean.
    pub mean_score: ComputedFigure,
    /// What the service is estimated to be worth to the customer in that year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub benefit: Option<Money>,
    /// What is to be said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<Reason>,
    /// Who assessed it, or revised it last.
    pub assessed_by: ContactRef,
    /// In whose stead, where a deputy did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acting_for: Option<ContactId>,
    /// The decision that their mandate rested on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// When it was assessed.
    pub created_at: DateTime<Utc>,
    /// When it was last revised.
    pub changed_at: DateTime<Utc>,
}

impl Aggregate for ValueAssessment {
    const KIND: SubjectKind = SubjectKind::ValueAssessment;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer.id)
    }
}

impl ValueAssessment {
    /// A new assessment by a contact of the customer.
    pub fn give(
        id: ValueAssessmentId,
        input: ValueAssessmentInput,
        service: ServiceRef,
        by: Assessor,
        (now, today): (DateTime<Utc>, NaiveDate),
    ) -> Result<Self, Rule> {
        if input.year > today.year() {
            let detail = format!("{} is to come; there is nothing to assess yet.", input.year);
            return Err(Rule::new(RuleCode::TimeOrder, detail).at("/year"));
        }
        Ok(Self {
            id,
            version: 1,
            customer: by.customer,
            service,
            year: input.year,
            mean_score: ComputedFigure::of_mean(checked_mean(&input.scores)?),
            scores: input.scores,
            benefit: input.benefit,
            comment: input.comment,
            assessed_by: by.contact,
            acting_for: by.acting_for,
            basis: by.basis,
            created_at: now,
            changed_at: now,
        })
    }

    /// The assessment as it is revised: it takes the place of what was said before. Service and year stay.
    pub fn revise(
        self,
        input: ValueAssessmentInput,
        service: &ServiceRef,
        by: Assessor,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        if by.customer != self.customer {
            let detail = format!(
                "A contact of {} assesses for {}.",
                self.customer.code, self.customer.code
            );
            return Err(Rule::new(RuleCode::State, detail));
        }
        for (same, member) in [
            (*service == self.service, "/service"),
            (input.year == self.year, "/year"),
        ] {
            if !same {
                let detail = "An assessment stays with its service and year; give another one there.";
                return Err(Rule::new(RuleCode::State, detail).at(member));
            }
        }
        Ok(Self {
            version: self.version + 1,
            mean_score: ComputedFigure::of_mean(checked_mean(&input.scores)?),
            scores: input.scores,
            benefit: input.benefit,
            comment: input.comment,
            assessed_by: by.contact,
            acting_for: by.acting_for,
            basis: by.basis,
            changed_at: now,
            ..self
        })
    }
}

fn checked_mean(scores: &DimensionScores) -> Result<Decimal, Rule> {
    scores.check()?;
    scores
        .mean()
        .ok_or_else(|| Rule::new(RuleCode::State, "There is no score.").at("/scores"))
}
