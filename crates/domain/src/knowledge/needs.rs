//! Business needs: what a customer will need of IT, how much and when; for strategy to know.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{RelatedInput, RelatedThings};
use crate::{
    Rule, RuleCode,
    agreements::Deed,
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

word! {
    /// When a need will be felt.
    NeedHorizon {
        /// Within a year.
        WithinAYear,
        /// In one to three years.
        OneToThreeYears,
        /// Later.
        Later,
    }
}

word! {
    /// How strong a need is.
    NeedStrength {
        /// It would be good.
        Low,
        /// The business is held back without it.
        Medium,
        /// The business cannot do without it.
        High,
    }
}

word! {
    /// Why a need is one no more.
    NeedOutcome {
        /// It is met.
        Met,
        /// The business needs it no more.
        Lapsed,
        /// Another need says it better.
        Replaced,
    }
}

/// What is told of a need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BusinessNeedInput {
    /// Whose need it is.
    pub customer: Key<CustomerId>,
    /// What is needed, in one line.
    pub statement: Title,
    /// What there is to know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Reason>,
    /// What it is about, in a word of your own that others use too; kept in small letters, with single blanks.
    pub theme: Word,
    /// When it will be felt.
    pub horizon: NeedHorizon,
    /// How strong it is.
    pub strength: NeedStrength,
    /// Matters of the customer that show it.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub evidence: Vec<RelatedInput>,
    /// The meeting with the customer at which it was recorded, told once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting: Option<MeetingId>,
}

/// What is told of a need that is one no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NeedClosingInput {
    /// Why.
    pub outcome: NeedOutcome,
    /// What is to be said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<Reason>,
}

/// Since when a need is one no more, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct NeedClosing {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// The day.
    pub day: NaiveDate,
    /// Why.
    pub outcome: NeedOutcome,
    /// What is to be said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<Reason>,
}

/// What a customer will need.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BusinessNeed {
    /// Its id.
    pub id: BusinessNeedId,
    /// Grows by one at each change; its `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Whose need it is.
    pub customer: CustomerRef,
    /// What is needed, in one line.
    pub statement: Title,
    /// What there is to know of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Reason>,
    /// What it is about.
    #[schema(example = "mobilitet")]
    pub theme: Word,
    /// When it will be felt.
    pub horizon: NeedHorizon,
    /// How strong it is.
    pub strength: NeedStrength,
    /// Matters of the customer that show it.
    pub evidence: RelatedThings,
    /// The meeting with the customer at which it was recorded.
    #[serde(skip_serializing_if = "crate::meetings::told_once")]
    pub meeting: Option<MeetingId>,
    /// The day on which it was entered.
    pub stated_on: NaiveDate,
    /// Since when it is a need no more, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closing: Option<NeedClosing>,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

impl Aggregate for BusinessNeed {
    const KIND: SubjectKind = SubjectKind::BusinessNeed;
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

/// A theme as it is kept and looked for: in small letters, with single blanks.
pub fn theme(told: &Word) -> Word {
    let words: Vec<&str> = told.as_str().split_whitespace().collect();
    words.join(" ").to_lowercase().parse().unwrap_or_else(|_| told.clone())
}

impl BusinessNeed {
    /// A new need.
    pub fn state(
        id: BusinessNeedId,
        input: BusinessNeedInput,
        customer: CustomerRef,
        evidence: RelatedThings,
        (now, today): (DateTime<Utc>, NaiveDate),
    ) -> Self {
        Self {
            id,
            version: 1,
            customer,
            statement: input.statement,
            description: input.description,
            theme: theme(&input.theme),
            horizon: input.horizon,
            strength: input.strength,
            evidence,
            meeting: input.meeting,
            stated_on: today,
            closing: None,
            created_at: now,
            changed_at: now,
        }
    }

    /// The need as told anew; it stays its customer's.
    pub fn change(
        self,
        input: BusinessNeedInput,
        customer: &CustomerRef,
        evidence: RelatedThings,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        self.must_be_open()?;
        if *customer != self.customer {
            let detail = format!(
                "It is a need of {}; state another one for {}.",
                self.customer.code, customer.code
            );
            return Err(Rule::new(RuleCode::State, detail).at("/customer"));
        }
        Ok(Self {
            version: self.version + 1,
            statement: input.statement,
            description: input.description,
            theme: theme(&input.theme),
            horizon: input.horizon,
            strength: input.strength,
            evidence,
            changed_at: now,
            ..self
        })
    }

    /// The need is one no more.
    pub fn close(self, told: NeedClosingInput, deed: Deed, today: NaiveDate) -> Result<Self, Rule> {
        self.must_be_open()?;
        Ok(Self {
            version: self.version + 1,
            changed_at: deed.at,
            closing: Some(NeedClosing {
                deed,
                day: today,
                outcome: told.outcome,
                remark: told.remark,
            }),
            ..self
        })
    }

    fn must_be_open(&self) -> Result<(), Rule> {
        match &self.closing {
            None => Ok(()),
            Some(closing) => {
                let detail = format!("It was closed on {}; state a new need.", closing.day);
                Err(Rule::new(RuleCode::State, detail))
            }
        }
    }
}
