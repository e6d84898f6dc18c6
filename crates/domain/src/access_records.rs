//! Access records: who read, or took away, what is protected (R22). Beside the log, for a look changes nothing.
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    events::{Actor, SubjectKind},
    vocabulary::*,
};

/// What was read.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReadSubject {
    /// What kind of thing.
    pub kind: SubjectKind,
    /// Its id.
    pub id: Uuid,
}

/// That somebody read something that is protected; never what it says.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessRecord {
    /// Its id.
    pub id: AccessRecordId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// In which request; the same as the reply's `X-Request-Id`.
    #[schema(max_length = 128, pattern = r"^[!-~]+$", example = "4f1c2d3e-0001")]
    pub request_id: String,
    /// By which operation.
    #[schema(max_length = 100, pattern = "^[a-zA-Z]+$", example = "listSurveyComments")]
    pub operation: String,
    /// Of what; none where it was everything that the caller may see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<ReadSubject>,
}
