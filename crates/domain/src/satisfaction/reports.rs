//! Reports of satisfaction: what a customer's figures of a period came to, in figures and in words; frozen when published.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{SatisfactionMetric, fixed_since};
use crate::{
    Rule, RuleCode,
    agreements::{Deed, content_digest},
    events::{Aggregate, SubjectKind},
    service_levels::StatementPeriod,
    surveys::{Anonymity, SurveyKind, SurveyText, SurveyTitle, Turnout},
    vocabulary::*,
};

word! {
    /// Where a report stands.
    ReportState {
        /// Its words can change, and its figures are those of today.
        Draft,
        /// It stands as it was published.
        Published,
    }
}

/// Something that the figures, or what was said, give reason to do something about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SatisfactionFinding {
    /// What was found, in one line.
    pub title: Title,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Markdown>,
}

/// What is told of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SatisfactionReportInput {
    /// Of which customer.
    pub customer: Key<CustomerId>,
    /// Of which month, quarter or year.
    pub period: StatementPeriod,
    /// What the figures say, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Markdown>,
    /// What was found; counted from 1.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub findings: Vec<SatisfactionFinding>,
}

/// What so many comments of a round are about, by the team's own tagging.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportedTheme {
    /// Comments to this question.
    pub question: Slug,
    /// What they are about.
    pub theme: Word,
    /// How many.
    #[schema(minimum = 1, maximum = 9007199254740991i64, example = 12)]
    pub comments: i64,
}

/// A round of a survey that closed in the period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportedRound {
    /// Which.
    pub id: SurveyRoundId,
    /// What it is called.
    pub title: SurveyTitle,
    /// What it was about.
    pub survey_kind: SurveyKind,
    /// The service that it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceRef>,
    /// What respondents were promised.
    pub anonymity: Anonymity,
    /// The day on which it closed.
    pub closed_on: NaiveDate,
    /// How many answered, where the round asked this customer alone and at least five were invited (R19 d).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turnout: Option<Turnout>,
    /// What its comments are about, where it asked this customer alone, is published, and at least eight said something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 500)]
    pub themes: Vec<ReportedTheme>,
}

/// What a question reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportedQuestion {
    /// In surveys of this kind.
    pub survey_kind: SurveyKind,
    /// Under this key.
    pub question: Slug,
    /// What it read in the last round that asked it.
    pub text: SurveyText,
}

/// What a report tells in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct ReportContent {
    /// Whether the period's figures are fixed; before that it has none.
    pub fixed: bool,
    /// The customer's figures of the period, as `listSatisfactionMetrics` tells them.
    #[schema(max_items = 10000)]
    pub figures: Vec<SatisfactionMetric>,
    /// Those of the seven periods before it: of each question the first method alone, the earliest period first.
    #[schema(max_items = 10000)]
    pub earlier: Vec<SatisfactionMetric>,
    /// What the questions read.
    #[schema(max_items = 1000)]
    pub questions: Vec<ReportedQuestion>,
    /// The rounds that closed in the period, without those whose answers are named.
    #[schema(max_items = 200)]
    pub rounds: Vec<ReportedRound>,
}

/// A report of satisfaction.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SatisfactionReport {
    /// Its id.
    pub id: SatisfactionReportId,
    /// Grows by one at each change; part of the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Of which customer.
    pub customer: CustomerRef,
    /// Of which month, quarter or year.
    pub period: StatementPeriod,
    /// The period's first day.
    pub first_day: NaiveDate,
    /// The period's last day.
    pub last_day: NaiveDate,
    /// 1, and one more for each report that was published of the same period before.
    #[schema(minimum = 1, maximum = 1000, example = 1)]
    pub edition: i32,
    /// Where it stands.
    pub state: ReportState,
    /// What the figures say, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Markdown>,
    /// What was found; counted from 1.
    #[schema(max_items = 50)]
    pub findings: Vec<SatisfactionFinding>,
    /// What it tells in figures; not in lists.
    #[serde(skip_serializing_if = "left_out")]
    pub content: Option<ReportContent>,
    /// SHA-256 of customer, period, edition, summary, findings and content, as an object of these members in canonical JSON
    /// (RFC 8785); not in lists of drafts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Who published it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publication: Option<Deed>,
    /// When it was entered here.
    pub created_at: DateTime<Utc>,
}

/// The log tells of the content by its digest.
fn left_out(content: &Option<ReportContent>) -> bool {
    content.is_none() || Rendering::purpose() == Purpose::Log
}

/// What a digest covers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Digested<'a> {
    customer: &'a CustomerRef,
    period: StatementPeriod,
    edition: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a Markdown>,
    findings: &'a [SatisfactionFinding],
    content: &'a ReportContent,
}

impl SatisfactionReport {
    /// A new draft, after so many reports of the same period that were published.
    pub fn draft(
        id: SatisfactionReportId,
        customer: CustomerRef,
        input: SatisfactionReportInput,
        published: i32,
        (now, today): (DateTime<Utc>, NaiveDate),
    ) -> Result<Self, Rule> {
        let days = input.period.days();
        if days.first_day > today {
            let detail = "The period has not begun.";
            return Err(Rule::new(RuleCode::DateOrder, detail).at("/period"));
        }
        Ok(Self {
            id,
            version: 1,
            customer,
            period: input.period,
            first_day: days.first_day,
            last_day: days.last_day.unwrap_or(days.first_day),
            edition: published + 1,
            state: ReportState::Draft,
            summary: input.summary,
            findings: input.findings,
            content: None,
            digest: None,
            publication: None,
            created_at: now,
        })
    }

    /// The same with other words. Of whom and of when it tells stays.
    pub fn change(self, input: SatisfactionReportInput) -> Result<Self, Rule> {
        self.must_be_a_draft()?;
        let same = [
            (input.customer == Key::Id(self.customer.id), "/customer"),
            (input.period == self.period, "/period"),
        ];
        if let Some((_, pointer)) = same.iter().find(|(same, _)| !same) {
            let detail = "Of whom and of when a report tells stays; begin another.";
            return Err(Rule::new(RuleCode::State, detail).at(*pointer));
        }
        Ok(Self {
            version: self.version + 1,
            summary: input.summary,
            findings: input.findings,
            ..self
        })
    }

    /// The report with these figures, and what is known of it all by its digest.
    pub fn telling(self, content: ReportContent) -> Result<Self, serde_json::Error> {
        let digested = Digested {
            customer: &self.customer,
            period: self.period,
            edition: self.edition,
            summary: self.summary.as_ref(),
            findings: &self.findings,
            content: &content,
        };
        let digest = content_digest(&to_json_for(Purpose::Reply, &digested)?)?;
        Ok(Self {
            digest: digest.parse().ok(),
            content: Some(content),
            ..self
        })
    }

    /// The report as it stands from now on, with the figures that it tells.
    pub fn publish(self, deed: Deed) -> Result<Self, Rule> {
        self.must_be_a_draft()?;
        if !self.content.as_ref().is_some_and(|content| content.fixed) {
            let detail = format!(
                "The figures of {} are fixed on {}; then it can be published.",
                self.period,
                fixed_since(self.period)
            );
            return Err(Rule::new(RuleCode::Respondents, detail));
        }
        Ok(Self {
            version: self.version + 1,
            state: ReportState::Published,
            publication: Some(deed),
            ..self
        })
    }

    /// Refuses what was published.
    pub fn must_be_a_draft(&self) -> Result<(), Rule> {
        match self.state {
            ReportState::Draft => Ok(()),
            ReportState::Published => Err(Rule::new(
                RuleCode::State,
                "It was published and stands as it is; what is to be told anew is another report of the same period.",
            )),
        }
    }

    /// The finding with this number, of a report that stands.
    pub fn finding(&self, number: u32) -> Result<&SatisfactionFinding, Rule> {
        if self.state == ReportState::Draft {
            let detail = "The report is a draft: its findings may still change.";
            return Err(Rule::new(RuleCode::State, detail).at("/origin/report"));
        }
        let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        place.and_then(|place| self.findings.get(place)).ok_or_else(|| {
            let detail = format!("The report has {} findings.", self.findings.len());
            Rule::new(RuleCode::State, detail).at("/origin/finding")
        })
    }
}

impl Aggregate for SatisfactionReport {
    const KIND: SubjectKind = SubjectKind::SatisfactionReport;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer.id)
    }
    /// A draft's figures are those of today, whatever its version.
    fn reads_as(&self) -> Option<&str> {
        let computed = self.digest.as_ref().filter(|_| self.state == ReportState::Draft);
        computed.and_then(|digest| digest.as_str().get(..16))
    }
}

impl ReportContent {
    /// The figures of a period, and of each question the first figure of the periods before it.
    pub fn of(
        period: StatementPeriod,
        fixed: bool,
        all: Vec<SatisfactionMetric>,
        (questions, rounds): (Vec<ReportedQuestion>, Vec<ReportedRound>),
    ) -> Self {
        let (figures, earlier): (Vec<_>, Vec<_>) = all.into_iter().partition(|figure| figure.period == period);
        let first = |figure: &SatisfactionMetric| figure.is_headline();
        let earlier: Vec<_> = earlier.into_iter().filter(first).collect();
        let asked = |question: &ReportedQuestion| {
            let all = figures.iter().chain(&earlier);
            let mut all = all.filter(|figure| figure.survey_kind == Some(question.survey_kind));
            all.any(|figure| figure.question.as_ref() == Some(&question.question))
        };
        let questions = questions.into_iter().filter(asked).collect();
        Self {
            fixed,
            figures,
            earlier,
            questions,
            rounds,
        }
    }

    /// What a question reads, where it is known.
    pub fn text_of(&self, figure: &SatisfactionMetric) -> Option<&SurveyText> {
        let (kind, key) = (figure.survey_kind?, figure.question.as_ref()?);
        let mut questions = self.questions.iter();
        let found = questions.find(|question| question.survey_kind == kind && question.question == *key);
        found.map(|question| &question.text)
    }
}
