//! Whom a closed round asked, whom it heard, and how far those stand for these (§10, R19 d).
use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::SurveyRound;
use crate::{
    Rule, RuleCode,
    agreements::CalendarPeriod,
    satisfaction::{
        Axis, Bases, Distribution, FigureMethod, NoSuchPart, Response, Scale, Threshold, equal_customer_mean, per_cent,
        rounded, rounded_if_any,
    },
    service_levels::StatementPeriod,
    vocabulary::{CustomerId, CustomerRef, ServiceRef, Slug},
};

/// How many of a part of those invited answered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TurnoutStratum {
    /// Of which customer; none of those that an anonymous round does not tell apart, and where it goes by service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerRef>,
    /// Of the customers that use which service, where the sample went by service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceRef>,
    /// How many were invited.
    #[schema(minimum = 0, maximum = 2000)]
    pub invited: u64,
    /// How many invitations arrived, as far as is known.
    #[schema(minimum = 0, maximum = 2000)]
    pub delivered: u64,
    /// Their share of all who were invited, in per cent. A contact of several services counts for each.
    #[serde(serialize_with = "rounded")]
    #[schema(minimum = 0, maximum = 100)]
    pub share_invited: f64,
    /// How many answered; where that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 2000)]
    pub answered: Option<u64>,
    /// How many answered of those whose invitation arrived, in per cent.
    #[serde(serialize_with = "rounded_if_any", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    pub response_rate: Option<f64>,
    /// Their share of all who answered, in per cent.
    #[serde(serialize_with = "rounded_if_any", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    pub share_answered: Option<f64>,
}

/// A question's mean over the round's customers whose figures are told, each respondent alike and each customer alike.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerMeans {
    /// The question's key.
    pub question: Slug,
    /// What was answered on.
    pub scale: Scale,
    /// How many of the customers are told.
    #[schema(minimum = 1, maximum = 50)]
    pub customers: u64,
    /// How many of those customers' respondents answered.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub respondents: u64,
    /// The mean of their answers.
    #[serde(serialize_with = "rounded")]
    pub respondent_mean: f64,
    /// The mean of the customers' means: where it lies elsewhere, those who answered more weigh more than they should.
    #[serde(serialize_with = "rounded")]
    pub customer_mean: f64,
}

/// Whom a round asked, and whom it heard.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoundTurnout {
    /// The month in which it closed.
    pub month: StatementPeriod,
    /// How many were invited.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub invited: u64,
    /// How many invitations arrived, as far as is known; told with the following where at least five were invited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub delivered: Option<u64>,
    /// How many answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub answered: Option<u64>,
    /// How many answered of those whose invitation arrived, in per cent.
    #[serde(serialize_with = "rounded_if_any", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    pub response_rate: Option<f64>,
    /// Customers of whom anybody answered, of those of whom anybody was asked, in per cent; absent where the round does not
    /// tell its customers apart.
    #[serde(serialize_with = "rounded_if_any", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    pub coverage: Option<f64>,
    /// Those invited by customer, beside those who answered; none of an earlier survey.
    #[schema(max_items = 51)]
    pub strata: Vec<TurnoutStratum>,
    /// The same by service, where the sample went by it.
    #[schema(max_items = 2000)]
    pub services: Vec<TurnoutStratum>,
    /// The questions' means over the month's rounds of this kind.
    #[schema(max_items = 50)]
    pub means: Vec<CustomerMeans>,
}

/// Of a customer, or of those that are not told apart: how many were invited, were reached and answered.
#[derive(Debug, Clone, PartialEq)]
pub struct HeardStratum {
    /// The customer.
    pub customer: Option<CustomerRef>,
    /// How many invitations were made.
    pub invited: u64,
    /// How many arrived.
    pub delivered: u64,
    /// How many were answered.
    pub answered: u64,
}

/// A service's answers are those of the customers that use it.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceUsers {
    /// The service.
    pub service: ServiceRef,
    /// The customers.
    pub customers: BTreeSet<CustomerId>,
    /// How many of their contacts were invited, and how many of those invitations arrived.
    pub invited: (u64, u64),
}

/// A customer's answers to a question in a month, about the round's service, as they are told.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldAnswers {
    /// Whose; none of those that are not told apart.
    pub customer: Option<CustomerId>,
    /// To what.
    pub question: Slug,
    /// How many gave which score.
    pub answers: Distribution,
}

impl RoundTurnout {
    /// Of a closed round. How many of a part answered is told where all figures are told that the round's questions have of
    /// that customer and the round's service, and where it cannot be found by taking the others from the whole.
    pub fn of(
        round: &SurveyRound,
        asked: &[(Slug, Scale)],
        (strata, services): (&[HeardStratum], &[ServiceUsers]),
        figures: &[ToldAnswers],
        threshold: Threshold,
    ) -> Result<Self, Rule> {
        let Some(closed) = round.closed_on else {
            let detail = "Who was heard is told when the round is closed.";
            return Err(Rule::new(RuleCode::Respondents, detail));
        };
        let told = told(strata, asked, figures, threshold).map_err(|NoSuchPart| {
            // The table has a part for each stratum.
            Rule::new(RuleCode::Respondents, "Nothing can be told of it.")
        })?;
        let response = response(round, strata);
        let is_readable = response.is_readable(Threshold::USUAL);
        let apart = !strata.is_empty() && strata.iter().all(|stratum| stratum.customer.is_some());
        Ok(Self {
            month: StatementPeriod::containing(CalendarPeriod::Month, closed),
            invited: response.invited,
            delivered: is_readable.then_some(response.delivered),
            answered: is_readable.then_some(response.answered),
            response_rate: response.rate().filter(|_| is_readable),
            coverage: response.coverage().filter(|_| is_readable && apart),
            strata: strata
                .iter()
                .zip(&told)
                .map(|(one, told)| of_customer(one, *told, &response))
                .collect(),
            services: services
                .iter()
                .map(|users| of_service(users, (strata, &told), &response))
                .collect(),
            means: asked
                .iter()
                .filter_map(|question| means(round, question, figures))
                .collect(),
        })
    }
}

fn response(round: &SurveyRound, strata: &[HeardStratum]) -> Response {
    let number = |n: Option<u32>| u64::from(n.unwrap_or_default());
    let heard = strata.iter().filter(|stratum| stratum.answered > 0);
    Response {
        invited: number(round.drawn.as_ref().map(|drawn| drawn.invited)),
        delivered: number(round.turnout.map(|turnout| turnout.delivered)),
        answered: number(round.turnout.map(|turnout| turnout.answered)),
        customers_asked: strata.len() as u64,
        customers_heard: heard.count() as u64,
    }
}

/// Of which strata the answers are told.
fn told(
    strata: &[HeardStratum],
    asked: &[(Slug, Scale)],
    figures: &[ToldAnswers],
    threshold: Threshold,
) -> Result<Vec<bool>, NoSuchPart> {
    let all = strata.len();
    let mut bases = Bases::new([Axis::of_parts(all)]);
    for (at, stratum) in strata.iter().enumerate() {
        bases.add([at], stratum.answered)?;
    }
    let has_figures = |stratum: &HeardStratum| {
        let whose = stratum.customer.as_ref().map(|customer| customer.id);
        let told = |(key, scale): &(Slug, Scale)| {
            let fits = |f: &&ToldAnswers| f.customer == whose && f.question == *key && f.answers.scale() == *scale;
            figures.iter().any(|figure| fits(&figure))
        };
        !asked.is_empty() && asked.iter().all(told)
    };
    let enough = |stratum: &HeardStratum| !Threshold::USUAL.is_below(stratum.invited) && has_figures(stratum);
    let kept = |[at]: [usize; 1]| at < all && !strata.get(at).is_some_and(enough);
    // How many answered in all stands in the round.
    let withheld = bases.withheld_beside(threshold, kept, |[at]| at == all);
    Ok((0..all).map(|at| !withheld.is_withheld([at])).collect())
}

fn of_customer(stratum: &HeardStratum, told: bool, whole: &Response) -> TurnoutStratum {
    TurnoutStratum {
        customer: stratum.customer.clone(),
        ..part(
            (stratum.invited, stratum.delivered),
            told.then_some(stratum.answered),
            whole,
        )
    }
}

/// Told where all of its customers are: it adds up what is told.
fn of_service(users: &ServiceUsers, (strata, told): (&[HeardStratum], &[bool]), whole: &Response) -> TurnoutStratum {
    let answered = users.customers.iter().map(|id| {
        let is_of = |stratum: &HeardStratum| stratum.customer.as_ref().is_some_and(|customer| customer.id == *id);
        let (stratum, told) = strata.iter().zip(told).find(|(stratum, _)| is_of(stratum))?;
        told.then_some(stratum.answered)
    });
    TurnoutStratum {
        service: Some(users.service.clone()),
        ..part(users.invited, answered.sum(), whole)
    }
}

fn part((invited, delivered): (u64, u64), answered: Option<u64>, whole: &Response) -> TurnoutStratum {
    TurnoutStratum {
        customer: None,
        service: None,
        invited,
        delivered,
        share_invited: per_cent(invited, whole.invited).unwrap_or_default(),
        answered,
        response_rate: answered.and_then(|answered| per_cent(answered, delivered)),
        share_answered: answered.and_then(|answered| per_cent(answered, whole.answered)),
    }
}

/// Made of told figures alone, so that it gives no other away.
fn means(round: &SurveyRound, (key, scale): &(Slug, Scale), figures: &[ToldAnswers]) -> Option<CustomerMeans> {
    let is_of_round = |id: CustomerId| round.customers.iter().any(|customer| customer.id == id);
    let told: Vec<Distribution> = figures
        .iter()
        .filter(|figure| figure.question == *key && figure.answers.scale() == *scale)
        .filter(|figure| figure.customer.is_some_and(is_of_round))
        .map(|figure| figure.answers.clone())
        .collect();
    let mut all = told.iter();
    let whole = all.try_fold(Distribution::new(*scale), |whole, answers| whole.with(answers))?;
    Some(CustomerMeans {
        question: key.clone(),
        scale: *scale,
        customers: told.len() as u64,
        respondents: whole.n(),
        respondent_mean: whole.figure(FigureMethod::Mean)?.value,
        customer_mean: equal_customer_mean(&told)?,
    })
}
