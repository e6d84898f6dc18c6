//! Questions, and when they are shown.
use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answered, Figures, SurveyContent, SurveyText, SurveyTitle};
use crate::{
    Rule, RuleCode,
    satisfaction::{Scale, ScaleInput},
    vocabulary::Slug,
};

/// One of several answers to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceOption {
    /// Its name for programs.
    pub key: Slug,
    /// Its name for people.
    pub label: SurveyTitle,
}

/// How a question is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum AnswerForm {
    /// How satisfied: 1 to 5.
    Csat,
    /// How likely to recommend: 0 to 10.
    Nps,
    /// How easy it was: 1 to 7.
    Ces,
    /// A scale of its own.
    Scale {
        /// The scale.
        scale: ScaleInput,
    },
    /// One of these.
    Choice {
        /// What there is to choose from.
        #[schema(min_items = 2, max_items = 30)]
        options: Vec<ChoiceOption>,
    },
    /// In words.
    Text,
}

/// A score that a condition waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(minimum = -1000, maximum = 1000, example = 1)]
#[serde(transparent)]
pub struct WantedScore(pub i32);

/// An answer that a condition waits for: a score, or an option's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum WantedAnswer {
    /// A score.
    Score(WantedScore),
    /// An option's key.
    Choice(Slug),
}

/// When a question is shown: where an earlier one has one of these answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// The earlier question's key.
    pub question: Slug,
    /// The answers, of which any will do.
    #[schema(min_items = 1, max_items = 101)]
    pub answers: Vec<WantedAnswer>,
}

/// Something that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SurveyQuestion {
    /// Its name for programs; figures over several rounds are drawn by it.
    pub key: Slug,
    /// What is asked.
    pub text: SurveyText,
    /// How it is answered.
    pub answer: AnswerForm,
    /// Whether it must be answered where it is shown.
    #[serde(default)]
    pub required: bool,
    /// When it is shown; always unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

impl SurveyQuestion {
    /// The scale that it is answered on; none where it is answered otherwise.
    pub fn scale(&self) -> Option<Scale> {
        match &self.answer {
            AnswerForm::Csat => Some(Scale::CSAT),
            AnswerForm::Nps => Some(Scale::NPS),
            AnswerForm::Ces => Some(Scale::CES),
            AnswerForm::Scale { scale } => scale.scale().ok(),
            AnswerForm::Choice { .. } | AnswerForm::Text => None,
        }
    }

    /// What there is to choose from.
    pub fn options(&self) -> &[ChoiceOption] {
        match &self.answer {
            AnswerForm::Choice { options } => options,
            _ => &[],
        }
    }

    /// Whether it is shown to whoever gave these answers.
    pub fn is_shown(&self, given: &Figures) -> bool {
        let Some(condition) = &self.condition else { return true };
        let answer = given.0.get(&condition.question);
        condition.answers.iter().any(|wanted| match (wanted, answer) {
            (WantedAnswer::Score(wanted), Some(Answered::Score(given))) => wanted.0 == *given,
            (WantedAnswer::Choice(wanted), Some(Answered::Words(given))) => wanted.as_str() == given,
            _ => false,
        })
    }

    fn can_be(&self, wanted: &WantedAnswer) -> bool {
        match wanted {
            WantedAnswer::Score(score) => self.scale().is_some_and(|scale| scale.contains(score.0)),
            WantedAnswer::Choice(key) => self.options().iter().any(|option| option.key == *key),
        }
    }

    fn check(&self, earlier: &[SurveyQuestion]) -> Result<(), Rule> {
        if earlier.iter().any(|other| other.key == self.key) {
            return Err(Rule::new(RuleCode::NotUnique, "An earlier question has this key.").at("/key"));
        }
        match &self.answer {
            AnswerForm::Scale { scale } => {
                scale.scale().map_err(|rule| rule.under("/answer/scale"))?;
            }
            AnswerForm::Choice { options } => {
                let keys: HashSet<&Slug> = options.iter().map(|option| &option.key).collect();
                if keys.len() < options.len() {
                    let detail = "Two of the options have the same key.";
                    return Err(Rule::new(RuleCode::NotUnique, detail).at("/answer/options"));
                }
            }
            _ => {}
        }
        let Some(condition) = &self.condition else {
            return Ok(());
        };
        let Some(on) = earlier.iter().find(|other| other.key == condition.question) else {
            let detail = "No earlier question has this key: what is shown depends on what stands before it.";
            return Err(Rule::new(RuleCode::UnknownReference, detail).at("/condition/question"));
        };
        match condition.answers.iter().position(|wanted| !on.can_be(wanted)) {
            None => Ok(()),
            Some(n) => {
                let detail = format!("The question {} cannot be answered so.", on.key);
                Err(Rule::new(RuleCode::OffScale, detail).at(format!("/condition/answers/{n}")))
            }
        }
    }
}

impl SurveyContent {
    /// Refuses what could not be asked.
    pub fn check(&self) -> Result<(), Rule> {
        for (n, question) in self.questions.iter().enumerate() {
            let checked = question.check(&self.questions[..n]);
            checked.map_err(|rule| rule.under(&format!("/content/questions/{n}")))?;
        }
        Ok(())
    }
}
