//! One act on the statements of many agreements: a period is proposed or closed for all of them, each statement once,
//! whatever happens to the program meanwhile.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::StatementPeriod;
use crate::{
    agreements::{AgreementRef, Deed},
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

word! {
    /// What is done with each statement.
    RunAct {
        /// Open it where it is not, and propose its figures.
        Proposal,
        /// Close it.
        Closing,
    }
}

word! {
    /// What became of a statement in a run.
    RunOutcome {
        /// Its turn is to come.
        Waiting,
        /// It was done.
        Done,
        /// A rule refused it.
        Refused,
    }
}

/// What is told to begin a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatementRunInput {
    /// What is done with each statement.
    pub act: RunAct,
    /// Of which period.
    pub period: StatementPeriod,
}

/// A statement that a rule refused.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunRefusal {
    /// Of which agreement.
    pub agreement: AgreementRef,
    /// Why.
    pub detail: Note,
}

/// Who began a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
pub struct RunDeed(pub Deed);

/// One act on the statements of many agreements.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatementRun {
    /// Its id.
    pub id: StatementRunId,
    /// What is done with each statement.
    pub act: RunAct,
    /// Of which period.
    pub period: StatementPeriod,
    /// Who began it.
    pub begun: RunDeed,
    /// How many statements wait for their turn.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub waiting: i64,
    /// How many were done.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub done: i64,
    /// How many a rule refused.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub refused: i64,
    /// The first hundred that were refused, and why.
    #[schema(max_items = 100)]
    pub refusals: Vec<RunRefusal>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for StatementRun {
    const KIND: SubjectKind = SubjectKind::StatementRun;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        1 + self.done + self.refused
    }
}
