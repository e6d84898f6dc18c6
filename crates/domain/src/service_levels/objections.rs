//! What the customer says of a proposed statement: objections to named figures, each with its answer, or acceptance (R24).
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ServiceLevelStatement;
use crate::{
    Rule, RuleCode,
    agreements::{Deed, Party},
    vocabulary::*,
};

/// How many objections a revision takes.
const MOST: u16 = 100;

/// How long the customer may object where the agreement does not say.
pub const OBJECTION_DAYS: u16 = 14;

/// An objection's number within its revision: 1, 2, 3 …
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(minimum = 1, maximum = 100, example = 1)]
pub struct ObjectionNumber(pub u16);

/// What is told of an objection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectionInput {
    /// The targets whose figures are objected to, by their keys.
    #[schema(min_items = 1, max_items = 100)]
    pub targets: Vec<Slug>,
    /// Why.
    pub reason: Reason,
}

/// What is told of an answer to an objection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectionAnswerInput {
    /// The answer.
    pub answer: Reason,
}

/// What is told of an acceptance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcceptanceInput {
    /// The digest of the figures that were read.
    pub digest: Digest,
}

/// The answer to an objection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectionAnswer {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// The answer.
    pub answer: Reason,
}

/// An objection to named figures of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Objection {
    /// Its number within the revision: 1, 2, 3 …
    pub number: ObjectionNumber,
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// The targets whose figures are objected to.
    #[schema(max_items = 100)]
    pub targets: Vec<Slug>,
    /// Why.
    pub reason: Reason,
    /// The answer; absent: not answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<ObjectionAnswer>,
}

/// The objections to a revision of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
#[schema(max_items = 100)]
pub struct Objections(pub Vec<Objection>);

/// The customer's acceptance of the proposed figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Acceptance {
    /// By whom, when.
    #[serde(flatten)]
    pub deed: Deed,
    /// The digest of the accepted figures.
    pub digest: Digest,
}

fn refused(detail: impl Into<String>) -> Rule {
    Rule::new(RuleCode::Objections, detail)
}

/// Only the customer accepts and objects.
fn of_customer(deed: &Deed) -> Result<(), Rule> {
    match deed.party {
        Party::Customer => Ok(()),
        _ => Err(refused("Only the customer accepts a statement or objects to it.")),
    }
}

impl ServiceLevelStatement {
    /// The customer objects to named figures, within the agreed days.
    pub fn object(self, told: ObjectionInput, deed: Deed, today: NaiveDate) -> Result<Self, Rule> {
        of_customer(&deed)?;
        let last = self.must_be_proposed()?.objections_until;
        if let Some(last) = last.filter(|last| *last < today) {
            return Err(refused(format!("The last day to object was {last}.")));
        }
        let known = |key: &Slug| {
            self.figures
                .iter()
                .any(|f| f.targets().any(|(_, figure)| figure.target == *key))
        };
        if let Some((n, key)) = told.targets.iter().enumerate().find(|(_, key)| !known(key)) {
            let detail = format!("The statement has no figure of a target {key}.");
            return Err(Rule::new(RuleCode::UnknownReference, detail).at(format!("/targets/{n}")));
        }
        let number = u16::try_from(self.objections.0.len() + 1).unwrap_or(u16::MAX);
        if number > MOST {
            return Err(refused("A statement takes a hundred objections."));
        }
        let mut objections = self.objections.clone();
        objections.0.push(Objection {
            number: ObjectionNumber(number),
            deed,
            targets: told.targets,
            reason: told.reason,
            answer: None,
        });
        Ok(Self {
            version: self.version + 1,
            objections,
            acceptance: None,
            ..self
        })
    }

    /// The delivery manager answers an objection, once.
    pub fn answer_objection(self, number: ObjectionNumber, answer: Reason, deed: Deed) -> Result<Self, Rule> {
        self.must_be_proposed()?;
        let mut objections = self.objections.clone();
        let objection = objections.0.iter_mut().find(|objection| objection.number == number);
        let Some(objection) = objection else {
            let detail = format!("The statement has no objection {}.", number.0);
            return Err(Rule::new(RuleCode::UnknownReference, detail));
        };
        if objection.answer.is_some() {
            return Err(Rule::new(
                RuleCode::State,
                format!("Objection {} is answered already.", number.0),
            ));
        }
        objection.answer = Some(ObjectionAnswer { deed, answer });
        Ok(Self {
            version: self.version + 1,
            objections,
            ..self
        })
    }

    /// The customer accepts the proposed figures, named by their digest.
    pub fn accept(self, told: AcceptanceInput, deed: Deed) -> Result<Self, Rule> {
        of_customer(&deed)?;
        self.must_be_proposed()?;
        if self.acceptance.is_some() {
            return Err(Rule::new(RuleCode::State, "The statement is accepted already."));
        }
        if self
            .figures
            .as_ref()
            .is_none_or(|figures| figures.digest != told.digest)
        {
            let detail = "These are not the figures that are proposed; read them again.";
            return Err(refused(detail).at("/digest"));
        }
        Ok(Self {
            version: self.version + 1,
            acceptance: Some(Acceptance {
                deed,
                digest: told.digest,
            }),
            ..self
        })
    }
}
