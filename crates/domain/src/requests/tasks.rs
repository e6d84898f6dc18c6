//! What somebody must do now, with the day by which, and why.
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::*;
use crate::agreements::Language;

word! {
    /// Why something is somebody's to do.
    TaskKind {
        /// A received request that nobody of the customer's team has looked at.
        SortRequest,
        /// A complaint of theirs that awaits an answer.
        AnswerComplaint,
        /// A destination declined it: route it elsewhere, or dismiss it.
        HandleDeclined,
        /// A destination has had it for long and not decided: ask.
        AwaitDecision,
        /// What helped another customer is offered for it: take it, or decline it.
        WeighOffer,
        /// They have not scored it.
        ScoreRequest,
        /// The customer has not endorsed it.
        EndorseRequest,
    }
}

impl TaskKind {
    /// The reason, in words.
    pub fn in_words(self, language: Language) -> &'static str {
        let [sv, en] = match self {
            Self::SortRequest => [
                "Ärendet är mottaget men inte sorterat.",
                "The request is received but not sorted.",
            ],
            Self::AnswerComplaint => ["Klagomålet väntar på ditt svar.", "The complaint awaits your answer."],
            Self::HandleDeclined => [
                "Mottagaren har avböjt: skicka ärendet vidare eller avsluta det.",
                "The destination declined: route the request elsewhere, or dismiss it.",
            ],
            Self::AwaitDecision => [
                "Mottagaren har inte beslutat i tid: fråga efter beslutet.",
                "The destination has not decided in time: ask for the decision.",
            ],
            Self::WeighOffer => [
                "En förbättring som hjälpte en annan kund erbjuds för ärendet: ta emot den eller avböj.",
                "An improvement that helped another customer is offered for the request: take it, or decline it.",
            ],
            Self::ScoreRequest => ["Du har inte poängsatt ärendet.", "You have not scored the request."],
            Self::EndorseRequest => [
                "Ärendet väntar på att någon hos kunden ställer sig bakom det.",
                "The request waits for somebody at the customer to endorse it.",
            ],
        };
        match language {
            Language::Sv => sv,
            Language::En => en,
        }
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// Why.
    pub kind: TaskKind,
    /// Why, in words.
    pub reason: Note,
    /// The day by which; none where none was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_day: Option<NaiveDate>,
    /// Whether that day has passed.
    pub overdue: bool,
    /// What it is about.
    pub request: RequestRef,
    /// Whose matter it is.
    pub customer: CustomerRef,
    /// Where it is done.
    #[schema(
        max_length = 200,
        pattern = r"^/[!-~]+$",
        example = "/kundansvar/v1/requests/019a0000-0000-7000-8000-000000000a01"
    )]
    pub link: String,
}

/// What must be done now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Tasks {
    /// The most urgent, what has no day last.
    #[schema(max_items = 200)]
    pub items: Vec<Task>,
    /// Whether there is more.
    pub more: bool,
}

/// How many tasks are told at once, of each kind and in all.
pub const TASKS: usize = 200;

impl Tasks {
    /// Those of every kind in one order: by the day, then by kind and number.
    pub fn of(mut all: Vec<Task>) -> Self {
        all.sort_by(|a, b| {
            let key = |t: &Task| (t.due_day.unwrap_or(NaiveDate::MAX), t.kind);
            key(a)
                .cmp(&key(b))
                .then_with(|| a.request.number.cmp(&b.request.number))
        });
        let more = all.len() > TASKS;
        all.truncate(TASKS);
        Self { items: all, more }
    }
}
