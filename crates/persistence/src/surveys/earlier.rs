//! Earlier surveys, taken over as rounds that are closed: counted like others, of nobody that is known here.
use domain::{Rule, RuleCode, surveys::*, vocabulary::*};
use uuid::Uuid;

use super::{answering::stored, closing::settle, rounds, seal};
use crate::{
    Error,
    store::{Source, UnitOfWork},
};

/// The answers of an earlier survey, each with its customer, and the digest of all that was sent.
pub struct TakenOver {
    /// The answers.
    pub answers: Vec<(CustomerId, Figures)>,
    /// The digest.
    pub digest: String,
}

/// The round that was made of an earlier survey when it was taken in before; the same again changes nothing, and other content
/// under its name is refused.
pub async fn found_earlier(
    source: &impl Source,
    input: &EarlierSurveyInput,
    digest: &str,
) -> Result<Option<SurveyRoundId>, Error> {
    match rounds::earlier(source, input.survey, &input.reference).await? {
        Some((_, known)) if known != digest => {
            let detail = "This earlier survey was taken in with other content.";
            Err(Rule::new(RuleCode::NotUnique, detail).at("/reference").into())
        }
        found => Ok(found.map(|(id, _)| id)),
    }
}

/// Stores the round with its answers counted. The survey's edition is sealed: it was answered.
pub async fn take_over(
    unit: &mut UnitOfWork,
    survey: &Survey,
    round: &SurveyRound,
    taken: TakenOver,
) -> Result<(), Error> {
    seal(unit, survey).await?;
    rounds::insert_earlier(unit, round, &taken.digest).await?;
    let apart = strata(taken.answers.iter().map(|(customer, _)| *customer));
    let is_told = |customer| round.anonymity != Anonymity::Anonymous || apart.contains(&customer);
    let answers = taken.answers.into_iter().map(|(customer, figures)| stored::Model {
        id: Uuid::new_v4().into(),
        round_id: round.id,
        invitation_id: None,
        contact_id: None,
        told_of: is_told(customer).then_some(customer),
        whole: true,
        figures,
        texts: Texts::default(),
    });
    settle(unit, round, (survey.kind, &survey.content), answers.collect()).await
}
