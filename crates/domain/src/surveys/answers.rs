//! What a respondent answers, as it is sent, as it counts, and as it is read where that is told.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AnswerForm, SurveyContent, SurveyQuestion};
use crate::{Rule, RuleCode, vocabulary::*};

/// An answer: a score, an option's key, or words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answered {
    /// A score.
    Score(i32),
    /// An option's key, or words.
    Words(String),
}

/// What was sent, by the questions' keys.
pub type SurveyAnswers = BTreeMap<String, Answered>;

/// Scores and choices, by the questions' keys.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
pub struct Figures(pub BTreeMap<Slug, Answered>);

/// Words, by the questions' keys.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
pub struct Texts(pub BTreeMap<Slug, Reason>);

/// Answers that fit their questions, to questions that are shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Accepted {
    /// Scores and choices.
    pub figures: Figures,
    /// Words.
    pub texts: Texts,
}

impl SurveyContent {
    /// What counts of what was sent, or every fault of it. An answer to a question that is not shown is left out: whoever
    /// goes back and changes an earlier answer has not answered what followed from it. Half filled, nothing is missing.
    pub fn accept(&self, told: &SurveyAnswers, whole: bool) -> Result<Accepted, Vec<Rule>> {
        let known = |key: &str| self.questions.iter().any(|question| question.key.as_str() == key);
        let unknown = told.keys().filter(|key| !known(key)).map(|key| {
            let detail = "There is no such question.";
            Rule::new(RuleCode::UnknownReference, detail).at(pointer(key))
        });
        let mut faults: Vec<Rule> = unknown.collect();
        let mut accepted = Accepted::default();
        for question in &self.questions {
            if !question.is_shown(&accepted.figures) {
                continue;
            }
            let key = question.key.as_str();
            let judged = match told.get(key) {
                Some(answer) => question.take(answer, &mut accepted),
                None if question.required && whole => {
                    Err(Rule::new(RuleCode::Unanswered, "This question must be answered."))
                }
                None => Ok(()),
            };
            faults.extend(judged.err().map(|rule| rule.at(pointer(key))));
        }
        if faults.is_empty() { Ok(accepted) } else { Err(faults) }
    }
}

fn pointer(key: &str) -> String {
    format!("/answers/{}", key.replace('~', "~0").replace('/', "~1"))
}

impl SurveyQuestion {
    fn take(&self, answer: &Answered, into: &mut Accepted) -> Result<(), Rule> {
        let off = |detail: String| Err(Rule::new(RuleCode::OffScale, detail));
        match (&self.answer, answer) {
            (AnswerForm::Text, Answered::Words(words)) => {
                let text: Reason = words.trim().parse().map_err(|_| {
                    let detail = "Words are 1 to 2000 characters, with no control characters but line breaks.";
                    Rule::new(RuleCode::OffScale, detail)
                })?;
                into.texts.0.insert(self.key.clone(), text);
                return Ok(());
            }
            (AnswerForm::Choice { options }, Answered::Words(key)) => {
                if !options.iter().any(|option| option.key.as_str() == key) {
                    return off("This is none of the options.".into());
                }
            }
            (AnswerForm::Text, Answered::Score(_)) => return off("This question is answered in words.".into()),
            (_, Answered::Score(score)) => match self.scale() {
                Some(scale) if scale.contains(*score) => {}
                Some(scale) => return off(format!("A score lies from {} to {}.", scale.low(), scale.high())),
                None => return off("One of the options is chosen.".into()),
            },
            (_, Answered::Words(_)) => return off("This question is answered by a score.".into()),
        }
        into.figures.0.insert(self.key.clone(), answer.clone());
        Ok(())
    }
}

/// An answer to one question.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GivenAnswer {
    /// Which question, by its key.
    pub question: Slug,
    /// The score.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -1000, maximum = 1000, example = 4)]
    pub score: Option<i32>,
    /// The chosen option's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub option: Option<Slug>,
    /// The words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Reason>,
}

impl GivenAnswer {
    /// Words that were given to a question.
    pub fn in_words(question: Slug, words: Reason) -> Self {
        Self {
            question,
            score: None,
            option: None,
            words: Some(words),
        }
    }
}

impl Accepted {
    /// Question by question, scores and choices before words.
    pub fn given(self) -> Vec<GivenAnswer> {
        let figures = self.figures.0.into_iter().map(|(question, answered)| {
            let (score, option) = match answered {
                Answered::Score(score) => (Some(score), None),
                Answered::Words(key) => (None, key.parse().ok()),
            };
            GivenAnswer {
                question,
                score,
                option,
                words: None,
            }
        });
        let texts = self.texts.0.into_iter();
        figures
            .chain(texts.map(|(question, words)| GivenAnswer::in_words(question, words)))
            .collect()
    }
}

/// What somebody answered in a round where that is told.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct NamedAnswer {
    /// Its id.
    pub id: SurveyAnswerId,
    /// Who answered.
    pub contact: ContactRef,
    /// Of which customer.
    pub customer: CustomerRef,
    /// What they answered; words from the round's publication on.
    #[schema(max_items = 100)]
    pub answers: Vec<GivenAnswer>,
}
