//! Surveys: what contacts are asked, rounds in which they are asked it, and what comes of their answers (§10, R19).
mod answers;
mod comments;
mod counting;
mod earlier;
mod questions;
mod ready;
mod rounds;
mod sampling;
#[cfg(test)]
mod tests;
mod turnouts;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Rule,
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

pub use answers::{Accepted, Answered, Figures, GivenAnswer, NamedAnswer, SurveyAnswers, Texts};
pub use comments::*;
pub use counting::{SurveyCount, counted};
pub use earlier::*;
pub use questions::{AnswerForm, ChoiceOption, Condition, SurveyQuestion, WantedAnswer, WantedScore};
pub use ready::{ReadySurvey, ready_surveys};
pub use rounds::*;
pub use sampling::{Candidate, SampleRule, Uses, draw, strata};
pub use turnouts::*;

word! {
    /// What a survey is about. Figures are drawn across surveys of one kind.
    SurveyKind {
        /// The customer's relation to the IT organisation as a whole.
        CustomerRelation,
        /// One service that the customer uses.
        ServiceFollowUp,
        /// Something that was asked for and delivered.
        DeliveredRequest,
        /// Something else.
        Other,
    }
}

/// A name in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyTitle {
    /// In Swedish.
    pub sv: Name,
    /// In English.
    pub en: Name,
}

/// Words in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyText {
    /// In Swedish.
    pub sv: Note,
    /// In English.
    pub en: Note,
}

/// What a respondent reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SurveyContent {
    /// What it is called.
    pub title: SurveyTitle,
    /// What stands before the questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introduction: Option<SurveyText>,
    /// What is asked, in this order.
    #[schema(min_items = 1, max_items = 50)]
    pub questions: Vec<SurveyQuestion>,
}

/// What is told of a survey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SurveyInput {
    /// What it is about.
    pub kind: SurveyKind,
    /// For how many months after a round's closing its free texts are kept; the figures stay. 24 unless told.
    #[serde(default = "two_years")]
    #[schema(minimum = 1, maximum = 120, example = 24)]
    pub free_text_months: u32,
    /// What a respondent reads.
    pub content: SurveyContent,
}

fn two_years() -> u32 {
    24
}

/// A survey.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Survey {
    /// Its id.
    pub id: SurveyId,
    /// Grows by one at each change; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Which edition of the content this is. The first round that is sent seals it; what is changed after that is the next.
    #[schema(minimum = 1, maximum = 100000, example = 1)]
    pub edition: i32,
    /// Whether the edition was sent to anybody.
    pub sealed: bool,
    /// What it is about.
    pub kind: SurveyKind,
    /// For how many months after a round's closing its free texts are kept.
    #[schema(minimum = 1, maximum = 120, example = 24)]
    pub free_text_months: u32,
    /// What a respondent reads.
    pub content: SurveyContent,
    /// When it was entered here.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for Survey {
    const KIND: SubjectKind = SubjectKind::Survey;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}

impl Survey {
    /// A new survey.
    pub fn register(id: SurveyId, input: SurveyInput, now: DateTime<Utc>) -> Result<Self, Rule> {
        input.content.check()?;
        Ok(Self {
            id,
            version: 1,
            edition: 1,
            sealed: false,
            kind: input.kind,
            free_text_months: input.free_text_months,
            content: input.content,
            created_at: now,
        })
    }

    /// The survey as told anew. What was sent keeps its words: other ones are another edition.
    pub fn change(self, input: SurveyInput) -> Result<Self, Rule> {
        input.content.check()?;
        let another = self.sealed && input.content != self.content;
        Ok(Self {
            version: self.version + 1,
            edition: self.edition + i32::from(another),
            sealed: self.sealed && !another,
            kind: input.kind,
            free_text_months: input.free_text_months,
            content: input.content,
            ..self
        })
    }

    /// The survey once its edition is sent to somebody.
    pub fn seal(self) -> Self {
        Self {
            version: self.version + 1,
            sealed: true,
            ..self
        }
    }
}
