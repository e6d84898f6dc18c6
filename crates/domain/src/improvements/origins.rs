//! What an improvement came from, found and checked.
use super::{Origin, OriginKind};
use crate::{
    Rule, RuleCode,
    meetings::Meeting,
    requests::Request,
    satisfaction::SatisfactionReport,
    service_levels::{ServiceLevelStatement, StatementState, judging::Verdict},
    vocabulary::*,
};

impl Origin {
    /// A request that was not routed here, but gave the idea.
    pub fn of_request(request: &Request) -> Self {
        Self {
            request: Some(request.reference()),
            customer: Some(request.customer.id),
            ..Self::told(OriginKind::Request, None)
        }
    }

    /// A target that the statement says was missed; figures that still move say nothing.
    pub fn of_missed_target(statement: &ServiceLevelStatement, target: Slug) -> Result<Self, Rule> {
        let refused = |detail: String, pointer: &str| Err(Rule::new(RuleCode::State, detail).at(pointer));
        let of = format!("{} in {}", statement.agreement.number, statement.period);
        if statement.state == StatementState::Open {
            let detail = format!("The figures of {of} still move; they must be proposed first.");
            return refused(detail, "/origin/statement");
        }
        let mut figures = statement.figures.iter().flat_map(|figures| figures.targets());
        if !figures.any(|(_, figure)| figure.target == target && figure.verdict == Verdict::Missed) {
            return refused(format!("{of} has no missed target {target}."), "/origin/target");
        }
        Ok(Self {
            statement: Some(statement.id),
            target: Some(target),
            customer: statement.customer.as_ref().map(|customer| customer.id),
            ..Self::told(OriginKind::MissedTarget, None)
        })
    }

    /// A finding of a report of satisfaction that stands.
    pub fn of_finding(report: &SatisfactionReport, finding: u32) -> Result<Self, Rule> {
        report.finding(finding)?;
        Ok(Self {
            report: Some(report.id),
            finding: Some(finding),
            customer: Some(report.customer.id),
            ..Self::told(OriginKind::SurveyFinding, None)
        })
    }

    /// A review at which it was recorded.
    pub fn of_meeting(meeting: &Meeting) -> Self {
        Self {
            meeting: Some(meeting.reference()),
            customer: Some(meeting.customer.id),
            ..Self::told(OriginKind::Meeting, None)
        }
    }

    /// The improvement is for the customer whose request or statement led to it, among others.
    pub(super) fn must_be_of_one(&self, customers: &[CustomerRef]) -> Result<(), Rule> {
        match self.customer {
            Some(id) if !customers.iter().any(|customer| customer.id == id) => Err(Rule::new(
                RuleCode::State,
                "The customer whose matter led to the improvement is one of those that it is for.",
            )
            .at("/customers")),
            _ => Ok(()),
        }
    }
}
