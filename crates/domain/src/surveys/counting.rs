//! How many gave which score, counted when a round closes. Figures are drawn from these counts alone.
use std::collections::BTreeMap;

use super::{Answered, Figures, SurveyContent};
use crate::{
    satisfaction::Scale,
    vocabulary::{CustomerId, Slug},
};

/// How many of a customer gave a question this score.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyCount {
    /// The question.
    pub question: Slug,
    /// The customer; none for those that an anonymous round does not tell apart.
    pub customer: Option<CustomerId>,
    /// What it was answered on.
    pub scale: Scale,
    /// The score.
    pub score: i32,
    /// How many gave it.
    pub n: i64,
}

/// The scores of all answers, counted. Choices and words are no scores.
pub fn counted<'a>(
    content: &SurveyContent,
    answers: impl IntoIterator<Item = (Option<CustomerId>, &'a Figures)>,
) -> Vec<SurveyCount> {
    let mut counts = BTreeMap::<(&Slug, Option<CustomerId>, i32), i64>::new();
    for (customer, figures) in answers {
        for (question, answer) in &figures.0 {
            if let Answered::Score(score) = answer {
                *counts.entry((question, customer, *score)).or_default() += 1;
            }
        }
    }
    let counts = counts.into_iter().filter_map(|((key, customer, score), n)| {
        let asked = content.questions.iter().find(|question| question.key == *key)?;
        Some(SurveyCount {
            question: key.clone(),
            customer,
            scale: asked.scale()?,
            score,
            n,
        })
    });
    counts.collect()
}
