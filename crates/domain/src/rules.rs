//! The one error of the domain: a rule that the asked change would break, with the facts and the way out.

/// Which rule. The numbered ones stand in the domain model; the others guard shape-independent integrity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::EnumIter, strum::EnumMessage)]
#[strum(serialize_all = "snake_case")]
pub enum RuleCode {
    /// R1: a team has one business relationship manager, one delivery manager and a service owner.
    TeamIncomplete,
    /// R2: the business relationship manager and the delivery manager are different persons.
    SamePersonTwice,
    /// R3: only a complete team takes on a customer, and a customer has one responsible team on a day.
    ResponsibleTeam,
    /// R6: a version is approved when both parties have approved the same content, each with its mandate.
    BothApprove,
    /// R7: an approved version is never changed.
    ApprovedIsFixed,
    /// R8: on any day at most one agreement of a customer covers a service.
    AlreadyCovered,
    /// R9: start, renewal, notice and end follow the calendar.
    AgreementCalendar,
    /// R10: a statement is proposed when its period is over, then closed; a closed one is changed by a restatement alone.
    StatementOrder,
    /// R13: a request has one destination at a time.
    OneDestination,
    /// R14: what must be endorsed by whom before it is routed.
    EndorsementMissing,
    /// R15: a complaint has an owner and a due date and is answered.
    ComplaintAnswer,
    /// R16: an improvement is completed only when its effect was measured against the baseline and the outcome recorded.
    ImprovementEffect,
    /// R17: a meeting is one kind, and what it takes up belongs to it.
    WrongMeeting,
    /// R18: a dialogue is led by the business relationship manager, a review by the delivery manager.
    MeetingLead,
    /// R19: what respondents say is told when their round is closed, of enough of them, and never of one who was promised otherwise.
    Respondents,
    /// R23: only what was consented to, or agreed beforehand, is left out of the agreed figure.
    ExclusionConsent,
    /// R24: the customer may accept a statement or object to named figures for an agreed number of days.
    Objections,
    /// R25: a customer that others succeeded goes on in them alone.
    Succession,
    /// A target that could never be judged.
    Unjudgeable,
    /// Opening hours begin before they end and do not overlap, and a date has one exception.
    OpeningHours,
    /// The state of the thing does not allow the act.
    State,
    /// A reference names nothing that the caller can see.
    UnknownReference,
    /// Another thing already has this unique value.
    NotUnique,
    /// A last day lies before its first day, or outside what it must lie in.
    DateOrder,
    /// A customer would become its own ancestor, or the hierarchy too deep.
    Hierarchy,
    /// Something refers to it: it can be ended, not deleted.
    InUse,
    /// The source may no longer change this thing.
    SourceNoLongerOwns,
    /// The reference belongs to a system that is not bound to the client.
    SystemNotBound,
    /// The hand-over is no longer the current one.
    OldHandOver,
    /// Events are sent to public addresses by https, and to what the operator allows.
    Destination,
    /// A scale ascends, and a score lies on it.
    OffScale,
    /// A required question has no answer.
    Unanswered,
    /// A channel or a step of a ladder leads nowhere.
    Unreachable,
    /// Evidence tells of a time before its own beginning, or from the future, or a step of a ladder comes no later than the one before it.
    TimeOrder,
}

impl RuleCode {
    /// The number that the domain model gives the rule.
    pub fn number(self) -> Option<&'static str> {
        Some(match self {
            Self::TeamIncomplete => "R1",
            Self::SamePersonTwice => "R2",
            Self::ResponsibleTeam => "R3",
            Self::BothApprove => "R6",
            Self::ApprovedIsFixed => "R7",
            Self::AlreadyCovered => "R8",
            Self::AgreementCalendar => "R9",
            Self::StatementOrder => "R10",
            Self::OneDestination => "R13",
            Self::EndorsementMissing => "R14",
            Self::ComplaintAnswer => "R15",
            Self::ImprovementEffect => "R16",
            Self::WrongMeeting => "R17",
            Self::MeetingLead => "R18",
            Self::Respondents => "R19",
            Self::ExclusionConsent => "R23",
            Self::Objections => "R24",
            Self::Succession => "R25",
            _ => return None,
        })
    }

    /// What it guards, as it is written above.
    pub fn explained(self) -> &'static str {
        strum::EnumMessage::get_documentation(&self).unwrap_or_default()
    }

    /// Stable name for programs.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A refusal: which rule, what it is about, and what would help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Rule {
    /// Which rule.
    pub code: RuleCode,
    /// The facts and the way out, for a person.
    pub detail: String,
    /// JSON pointer to the member at fault, where one is.
    pub pointer: Option<String>,
}

impl Rule {
    /// A refusal with its facts.
    pub fn new(code: RuleCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            pointer: None,
        }
    }

    /// The same refusal, pointing at the member that is at fault.
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// The same refusal of a part, told of the whole whose member `outer` the part is.
    pub fn under(mut self, outer: &str) -> Self {
        self.pointer = self.pointer.map(|inner| format!("{outer}{inner}"));
        self
    }
}
