//! A figure of satisfaction as it is handed out, one a line.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Distribution, FigureMethod, SatisfactionChange, Scale, figures::rounded_if_any};
use crate::{
    service_levels::StatementPeriod,
    surveys::SurveyKind,
    vocabulary::{CustomerRef, ServiceRef, Slug, SurveyId, TeamRef, word},
};

word! {
    /// Who was asked. The series are never put together.
    SatisfactionSeries {
        /// Users, by their ratings of finished cases.
        User,
        /// Customers' contacts, by the rounds of surveys that closed in the period; without rounds whose answers are named.
        Customer,
    }
}

word! {
    /// By what answers are told apart.
    SatisfactionDimension {
        /// By nothing: all of them.
        All,
        /// By whose they are.
        Customer,
        /// By what they are about.
        Service,
        /// By both, of months alone.
        CustomerService,
        /// By the team that looks after the customers on the period's last day: of what is told of each of them alone.
        Team,
        /// By customers with their departments: of what is told of each of them alone.
        Division,
    }
}

word! {
    /// Why a figure is withheld.
    WithheldReason {
        /// Too few answered; or as many did, and telling it would give away another that too few answered. Which of the two
        /// it is, is not told.
        FewAnswers,
    }
}

/// How many gave a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DistributionStep {
    /// The score.
    #[schema(minimum = -1000, maximum = 1000)]
    pub score: i32,
    /// How many gave it.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub n: u64,
}

impl DistributionStep {
    /// All steps of a distribution, the lowest score first.
    pub fn of(answers: &Distribution) -> Vec<Self> {
        answers.counts().map(|(score, n)| Self { score, n }).collect()
    }
}

/// A figure of a period that is fixed: of all, of a customer or of a service; or that it is withheld.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SatisfactionMetric {
    /// Who was asked.
    pub series: SatisfactionSeries,
    /// The month, quarter or year.
    pub period: StatementPeriod,
    /// Its first day.
    pub first_day: chrono::NaiveDate,
    /// Its last day.
    pub last_day: chrono::NaiveDate,
    /// What the surveys were about; figures are drawn across all surveys of one kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey_kind: Option<SurveyKind>,
    /// The survey, where no other of its kind was sent to them in the period: then the figure is its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey: Option<SurveyId>,
    /// What was asked in them, by the question's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<Slug>,
    /// By what the answers are told apart.
    pub dimension: SatisfactionDimension,
    /// Whose answers, by customer; none of several customers whom an anonymous round does not tell apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerRef>,
    /// What they are about, by service; none where a round was about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceRef>,
    /// Whose customers' answers, by team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamRef>,
    /// The scale that was answered on. Figures of different scales are never put together.
    pub scale: Scale,
    /// How the figure is made.
    pub method: FigureMethod,
    /// Whether it is withheld; then nothing below is there but the reason.
    pub withheld: bool,
    /// Why it is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<WithheldReason>,
    /// How many answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub n: Option<u64>,
    /// The figure, rounded to six decimals.
    #[serde(serialize_with = "rounded_if_any", skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The lower limit of its 95 % interval; absent where one answer tells no spread.
    #[serde(serialize_with = "rounded_if_any", skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The upper limit of its 95 % interval.
    #[serde(serialize_with = "rounded_if_any", skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// How many gave which score.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 101)]
    pub distribution: Option<Vec<DistributionStep>>,
    /// What changed since the period before, where that is told too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<SatisfactionChange>,
}

impl SatisfactionMetric {
    /// Whether it is the figure by which its question is known best: the first of the scale's methods.
    pub fn is_headline(&self) -> bool {
        FigureMethod::of(self.scale).first() == Some(&self.method)
    }

    /// Whether both are made of answers to the same question in the same way.
    pub fn is_of_same_question(&self, other: &Self) -> bool {
        fn key(figure: &SatisfactionMetric) -> impl PartialEq + '_ {
            (
                figure.series,
                figure.survey_kind,
                &figure.question,
                figure.scale,
                figure.method,
            )
        }
        key(self) == key(other)
    }

    /// Whether both are the same figure of another period.
    pub fn continues(&self, other: &Self) -> bool {
        fn part(figure: &SatisfactionMetric) -> impl PartialEq + '_ {
            (figure.dimension, &figure.customer, &figure.service, &figure.team)
        }
        self.is_of_same_question(other) && part(self) == part(other)
    }
}
