//! What a connection received, and what became of it.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::vocabulary::*;

/// How many intake documents one received document may become.
pub const MOST_OUTPUTS: usize = 1_000;

word! {
    /// What became of a document.
    DocumentOutcome {
        /// Something is new or otherwise than before.
        Applied,
        /// It told nothing new.
        Unchanged,
        /// It had been received and applied already.
        Duplicate,
        /// Its source has told of a later state already.
        Stale,
        /// The mapping made nothing of it.
        Ignored,
        /// It could not be mapped or applied; nothing changed.
        Failed,
    }
}

word! {
    /// What an intake document tells of.
    IntakeKind {
        /// A request of any kind.
        Request,
        /// A case that the service desk dealt with.
        Case,
        /// A service that was not there.
        Outage,
        /// A number that was read.
        Sample,
        /// A score on a finished case.
        Rating,
    }
}

/// What became of one intake document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IntakeResult {
    /// What it tells of.
    pub kind: IntakeKind,
    /// What became of it.
    pub outcome: DocumentOutcome,
    /// What its source calls it.
    pub reference: ExternalId,
    /// The request that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// Whether a measurement waits for a service or customer that nobody knows yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
}

/// One fault of what a mapping made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentFault {
    /// JSON pointer into `output`.
    #[schema(max_length = 500, pattern = r"^[^\x00-\x1f]*$", example = "/0/title")]
    pub pointer: String,
    /// What is wrong, for programs.
    #[schema(max_length = 60, pattern = r"^[a-z_]+$", example = "required")]
    pub code: String,
    /// What is wrong, for people.
    #[schema(max_length = 2000, pattern = r"^[^\x00-\x1f]*$", example = "is required")]
    pub detail: String,
}

/// Why a document could not be mapped or applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentProblem {
    /// The kind of problem, for programs: that of a problem document, `unreadable` or `mapping`.
    #[schema(max_length = 60, pattern = r"^[a-z_]+$", example = "mapping")]
    pub code: String,
    /// What happened, and the way out.
    #[schema(
        max_length = 4000,
        pattern = r"^[^\x00-\x1f]*$",
        example = "Line 3, column 5: there is no filter nme."
    )]
    pub detail: String,
    /// The domain rule that refused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4, pattern = r"^R[0-9]{1,3}$", example = "R20")]
    pub rule: Option<String>,
    /// Each fault of what the mapping made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub errors: Vec<DocumentFault>,
}

/// What the mapping made of a document, and what became of that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Handled {
    /// What became of it.
    pub outcome: DocumentOutcome,
    /// The intake documents that the mapping made of it.
    #[serde(default)]
    #[schema(value_type = Vec<Object>, max_items = 100)]
    pub output: Vec<Value>,
    /// What became of each of them.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub results: Vec<IntakeResult>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<DocumentProblem>,
}

impl Handled {
    /// What could not be done, with as much as the mapping had made.
    pub fn failed(output: Vec<Value>, problem: DocumentProblem) -> Self {
        Self {
            outcome: DocumentOutcome::Failed,
            output,
            results: vec![],
            problem: Some(problem),
        }
    }

    /// What was received before.
    pub fn duplicate() -> Self {
        Self {
            outcome: DocumentOutcome::Duplicate,
            output: vec![],
            results: vec![],
            problem: None,
        }
    }

    /// What became of the parts, and so of the whole: what changed anything counts before what did not.
    pub fn of(output: Vec<Value>, results: Vec<IntakeResult>) -> Self {
        use DocumentOutcome::*;
        let any = |outcome| results.iter().any(|result| result.outcome == outcome);
        let outcome = [Applied, Stale, Unchanged, Duplicate]
            .into_iter()
            .find(|outcome| any(*outcome));
        Self {
            outcome: outcome.unwrap_or(Ignored),
            output,
            results,
            problem: None,
        }
    }
}

/// A document that came in, as lists show it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DocumentEntry {
    /// Its id.
    pub id: DocumentId,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// When it was mapped and applied last.
    pub handled_at: DateTime<Utc>,
    /// What became of it.
    pub outcome: DocumentOutcome,
    /// How often it was replayed.
    #[schema(minimum = 0, maximum = 2147483647)]
    pub replays: i32,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        max_length = 4000,
        pattern = r"^[^\x00-\x1f]*$",
        example = "There is no such customer."
    )]
    pub problem: Option<String>,
}

/// A document that came in, and all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedDocument {
    /// Its id.
    pub id: DocumentId,
    /// By which connection.
    pub connection: ConnectionId,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// When it was mapped and applied last.
    pub handled_at: DateTime<Utc>,
    /// How often it was replayed.
    #[schema(minimum = 0, maximum = 2147483647)]
    pub replays: i32,
    /// The document as it was received.
    #[schema(
        max_length = 262144,
        pattern = r"^[^\x00]*$",
        example = "{\"ticket\": {\"title\": \"Skrivaren\"}}"
    )]
    pub content: String,
    /// What the mapping made of it, and what became of that.
    #[serde(flatten)]
    pub handled: Handled,
}

/// Which state of a request its source tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SourceState {
    /// The source's own version.
    pub version: Option<i64>,
    /// When the source last changed it.
    pub time: Option<DateTime<Utc>>,
}

impl SourceState {
    /// What becomes of this state where `last` is applied already; none: it is to be applied. Versions decide where both
    /// have one, else times. Two alike versions are one state; two alike times may be two: then the later arrival stands.
    pub fn against(&self, last: &Self) -> Option<DocumentOutcome> {
        match (self.version, last.version, self.time, last.time) {
            (Some(mine), Some(known), ..) if mine == known => Some(DocumentOutcome::Duplicate),
            (Some(mine), Some(known), ..) => (mine < known).then_some(DocumentOutcome::Stale),
            (.., Some(mine), Some(known)) if mine < known => Some(DocumentOutcome::Stale),
            _ => None,
        }
    }

    /// Both: of what this one does not tell, the last word.
    pub fn after(self, last: Self) -> Self {
        Self {
            version: self.version.or(last.version),
            time: self.time.or(last.time),
        }
    }

    /// Whether it tells anything.
    pub fn is_told(&self) -> bool {
        self.version.is_some() || self.time.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(version: Option<i64>, second: Option<i64>) -> SourceState {
        SourceState {
            version,
            time: second.map(|s| DateTime::from_timestamp(s, 0).unwrap()),
        }
    }

    #[test]
    fn a_state_stands_by_its_sources_word_and_not_by_arrival() {
        use DocumentOutcome::*;
        for (told, last, outcome) in [
            (state(Some(2), None), state(Some(1), None), None),
            (state(Some(1), None), state(Some(2), None), Some(Stale)),
            (state(Some(2), None), state(Some(2), None), Some(Duplicate)),
            (state(Some(3), Some(1)), state(Some(2), Some(2)), None),
            (state(None, Some(1)), state(None, Some(2)), Some(Stale)),
            (state(None, Some(2)), state(None, Some(2)), None),
            (state(None, Some(2)), state(Some(7), Some(3)), Some(Stale)),
            (state(None, None), state(Some(7), None), None),
        ] {
            assert_eq!(told.against(&last), outcome, "{told:?} after {last:?}");
        }
        assert_eq!(
            state(None, Some(4)).after(state(Some(7), Some(3))),
            state(Some(7), Some(4))
        );
    }

    #[test]
    fn what_changed_anything_counts_for_the_whole() {
        use DocumentOutcome::*;
        let of = |outcomes: &[DocumentOutcome]| {
            let result = |outcome: &DocumentOutcome| IntakeResult {
                kind: IntakeKind::Case,
                outcome: *outcome,
                reference: "1".parse().unwrap(),
                request: None,
                waits: false,
            };
            Handled::of(vec![], outcomes.iter().map(result).collect()).outcome
        };
        assert_eq!(of(&[]), Ignored);
        assert_eq!(of(&[Unchanged, Applied]), Applied);
        assert_eq!(of(&[Duplicate, Stale]), Stale);
        assert_eq!(of(&[Duplicate, Duplicate]), Duplicate);
    }
}
