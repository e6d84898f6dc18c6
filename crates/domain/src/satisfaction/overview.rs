//! All customers at a glance: the worst first, with the reasons.
use std::collections::BTreeMap;

use chrono::Datelike;
use serde::Serialize;
use strum::IntoEnumIterator;
use utoipa::ToSchema;

use super::{SatisfactionDimension, SatisfactionMetric, SatisfactionSeries, Scale, figures::rounded_if_any};
use crate::{
    service_levels::StatementPeriod,
    surveys::SurveyKind,
    vocabulary::{CustomerId, CustomerRef, ServiceRef, Slug, TeamRef, word},
};

word! {
    /// Why a customer stands where it does.
    StandingFlag {
        /// A figure fell since the period before, and not by chance: the interval of the change lies below 0.
        Fell,
        /// A figure's whole interval lies below the figure of all customers together.
        Below,
        /// Nothing is told of the customer: too few answered, or nobody was asked.
        Untold,
    }
}

impl StandingFlag {
    /// What it counts for, once for each series.
    pub fn weight(self) -> u32 {
        match self {
            Self::Fell => 4,
            Self::Below => 2,
            Self::Untold => 1,
        }
    }
}

/// What a flag counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlagWeight {
    /// The flag.
    pub flag: StandingFlag,
    /// What it counts for, once for each series.
    #[schema(minimum = 1, maximum = 100)]
    pub weight: u32,
}

impl FlagWeight {
    /// Each flag with its weight.
    pub fn all() -> Vec<Self> {
        let weighed = |flag: StandingFlag| Self {
            flag,
            weight: flag.weight(),
        };
        StandingFlag::iter().map(weighed).collect()
    }
}

/// A reason why a customer stands where it does.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StandingReason {
    /// What it is.
    pub flag: StandingFlag,
    /// The figure that says so; of several of a series the one that says it most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figure: Option<SatisfactionMetric>,
}

/// A figure in one period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TrendPoint {
    /// Which period.
    pub period: StatementPeriod,
    /// How many answered; absent where nothing is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub n: Option<u64>,
    /// The figure.
    #[serde(serialize_with = "rounded_if_any", skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The lower limit of its 95 % interval.
    #[serde(serialize_with = "rounded_if_any", skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The upper limit of its 95 % interval.
    #[serde(serialize_with = "rounded_if_any", skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// Whether it fell since the period before, and not by chance.
    pub fell: bool,
}

/// One question's figure over the latest periods.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SatisfactionTrend {
    /// Users or customers.
    pub series: SatisfactionSeries,
    /// What the surveys were about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey_kind: Option<SurveyKind>,
    /// What was asked in them, by the question's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<Slug>,
    /// The scale that was answered on.
    pub scale: Scale,
    /// How the figures are made.
    pub method: super::FigureMethod,
    /// The periods, the earliest first.
    #[schema(max_items = 8)]
    pub points: Vec<TrendPoint>,
}

/// How a customer stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CustomerStanding {
    /// Which.
    pub customer: CustomerRef,
    /// The sum of the reasons' weights.
    #[schema(minimum = 0, maximum = 1000)]
    pub weight: u32,
    /// Why it stands where it does; none: nothing speaks against it.
    #[schema(max_items = 10)]
    pub reasons: Vec<StandingReason>,
    /// Its figures over the latest periods.
    #[schema(max_items = 1000)]
    pub trends: Vec<SatisfactionTrend>,
}

/// How all customers stand, the worst first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SatisfactionOverview {
    /// The period whose figures are the reasons.
    pub period: StatementPeriod,
    /// It and the seven before it, the earliest first.
    #[schema(max_items = 8)]
    pub periods: Vec<StatementPeriod>,
    /// The rule: customers are ordered by the sum of these, the largest first, then by code.
    #[schema(max_items = 10)]
    pub weights: Vec<FlagWeight>,
    /// How many customers there are in all.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub total: u64,
    /// The first of them.
    #[schema(max_items = 50)]
    pub customers: Vec<CustomerStanding>,
}

/// The period and the seven before it, the earliest first; before the year 1900 there are none.
pub fn latest_periods(last: StatementPeriod) -> Vec<StatementPeriod> {
    let before = std::iter::successors(Some(last), |period| Some(period.previous()));
    let named = before.take_while(|period| period.period().since.year() >= 1900);
    let mut periods: Vec<_> = named.take(8).collect();
    periods.reverse();
    periods
}

/// The customers in order, by the figures of one period: theirs, and those of all together.
pub fn ranked(customers: Vec<CustomerRef>, figures: Vec<SatisfactionMetric>) -> Vec<CustomerStanding> {
    let (of_all, of_one): (Vec<_>, Vec<_>) = figures
        .into_iter()
        .filter(SatisfactionMetric::is_headline)
        .partition(|figure| figure.dimension == SatisfactionDimension::All);
    let mut by_customer = BTreeMap::<CustomerId, Vec<SatisfactionMetric>>::new();
    for figure in of_one
        .into_iter()
        .filter(|figure| figure.dimension == SatisfactionDimension::Customer)
    {
        if let Some(customer) = &figure.customer {
            by_customer.entry(customer.id).or_default().push(figure);
        }
    }
    let standing = |customer: CustomerRef| {
        let figures = by_customer.remove(&customer.id).unwrap_or_default();
        let reasons = reasons(&figures, &of_all);
        CustomerStanding {
            customer,
            weight: reasons.iter().map(|reason| reason.flag.weight()).sum(),
            reasons,
            trends: vec![],
        }
    };
    let mut ranked: Vec<CustomerStanding> = customers.into_iter().map(standing).collect();
    ranked.sort_by(|a, b| (b.weight, &a.customer.code).cmp(&(a.weight, &b.customer.code)));
    ranked
}

/// For each series what fell most, and what lies farthest below all.
fn reasons(figures: &[SatisfactionMetric], of_all: &[SatisfactionMetric]) -> Vec<StandingReason> {
    if figures.iter().all(|figure| figure.withheld) {
        return vec![StandingReason {
            flag: StandingFlag::Untold,
            figure: None,
        }];
    }
    let mut reasons = vec![];
    for series in [SatisfactionSeries::User, SatisfactionSeries::Customer] {
        let of_series = || figures.iter().filter(move |figure| figure.series == series);
        let fell = most(of_series().filter_map(|figure| Some((figure.fallen_by()?, figure))));
        let below = most(of_series().filter_map(|figure| {
            let whole = of_all.iter().find(|all| all.is_of_same_question(figure))?;
            Some((figure.below(whole)?, figure))
        }));
        for (flag, figure) in [(StandingFlag::Fell, fell), (StandingFlag::Below, below)] {
            let figure = figure.cloned();
            reasons.extend(figure.map(|figure| StandingReason {
                flag,
                figure: Some(figure),
            }));
        }
    }
    reasons
}

fn most<'a>(told: impl Iterator<Item = (f64, &'a SatisfactionMetric)>) -> Option<&'a SatisfactionMetric> {
    told.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, figure)| figure)
}

impl SatisfactionMetric {
    /// The part of its scale's width by which it fell since the period before, where it did and not by chance.
    pub fn fallen_by(&self) -> Option<f64> {
        let change = self.change.filter(|change| change.changed && change.value < 0.0)?;
        Some(-change.value / self.width())
    }

    /// The part of its scale's width by which the figure of all lies above its interval.
    fn below(&self, all: &Self) -> Option<f64> {
        let gap = all.value? - self.high?;
        (gap > 0.0).then(|| gap / self.width())
    }

    /// How far apart two figures of this kind can lie.
    fn width(&self) -> f64 {
        match self.method {
            super::FigureMethod::Csat | super::FigureMethod::Index0To100 => 100.0,
            super::FigureMethod::Nps => 200.0,
            super::FigureMethod::Ces | super::FigureMethod::Mean => f64::from(self.scale.high() - self.scale.low()),
        }
    }
}

/// Figures of one customer over the periods, each question for itself.
pub fn trends(periods: &[StatementPeriod], figures: Vec<SatisfactionMetric>) -> Vec<SatisfactionTrend> {
    let trends = continued(periods, figures);
    trends.into_iter().map(|(_, trend)| trend).collect()
}

/// Figures over the periods, each with the first of them.
fn continued(
    periods: &[StatementPeriod],
    figures: Vec<SatisfactionMetric>,
) -> Vec<(SatisfactionMetric, SatisfactionTrend)> {
    let mut trends: Vec<(SatisfactionMetric, SatisfactionTrend)> = vec![];
    for figure in figures {
        let place = match trends.iter().position(|(first, _)| first.continues(&figure)) {
            Some(place) => place,
            None => {
                trends.push((figure.clone(), SatisfactionTrend::without_points(&figure, periods)));
                trends.len() - 1
            }
        };
        let points = trends
            .get_mut(place)
            .into_iter()
            .flat_map(|(_, trend)| &mut trend.points);
        for point in points.filter(|point| point.period == figure.period) {
            *point = TrendPoint::of(&figure);
        }
    }
    trends
}

impl TrendPoint {
    fn of(figure: &SatisfactionMetric) -> Self {
        Self {
            period: figure.period,
            n: figure.n,
            value: figure.value,
            low: figure.low,
            high: figure.high,
            fell: figure.fallen_by().is_some(),
        }
    }
}

impl SatisfactionTrend {
    fn without_points(figure: &SatisfactionMetric, periods: &[StatementPeriod]) -> Self {
        let missing = |period: &StatementPeriod| TrendPoint {
            period: *period,
            n: None,
            value: None,
            low: None,
            high: None,
            fell: false,
        };
        Self {
            series: figure.series,
            survey_kind: figure.survey_kind,
            question: figure.question.clone(),
            scale: figure.scale,
            method: figure.method,
            points: periods.iter().map(missing).collect(),
        }
    }
}

/// The index of one unit over the periods.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct IndexUnit {
    /// By what the answers are told apart.
    pub dimension: SatisfactionDimension,
    /// Whose answers, by customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerRef>,
    /// What they are about, by service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceRef>,
    /// Whose customers' answers, by team.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamRef>,
    /// What was asked, and what it came to in each period.
    pub trend: SatisfactionTrend,
}

/// The 0–100 index side by side, as Swedish public bodies compare it: a line for each unit and question, a column for each
/// period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct IndexComparison {
    /// The periods, the earliest first.
    #[schema(max_items = 8)]
    pub periods: Vec<StatementPeriod>,
    /// The units. Scales stand beside each other and are never averaged.
    #[schema(max_items = 10000)]
    pub units: Vec<IndexUnit>,
}

impl IndexUnit {
    /// Where it stands: users before customers, all before each, by code.
    fn place(&self) -> impl Ord + '_ {
        let trend = &self.trend;
        (
            (
                trend.series as u8,
                trend.survey_kind.map(|kind| kind as u8),
                trend.question.as_ref().map(Slug::as_str),
            ),
            (trend.scale.low(), trend.scale.high(), self.dimension as u8),
            self.customer.as_ref().map(|customer| customer.code.as_str()),
            self.service.as_ref().map(|service| service.code.as_str()),
            self.team.as_ref().map(|team| team.name.as_str()),
        )
    }
}

impl IndexComparison {
    /// Of these figures.
    pub fn of(periods: Vec<StatementPeriod>, figures: Vec<SatisfactionMetric>) -> Self {
        let units = continued(&periods, figures)
            .into_iter()
            .map(|(first, trend)| IndexUnit {
                dimension: first.dimension,
                customer: first.customer,
                service: first.service,
                team: first.team,
                trend,
            });
        let mut units: Vec<IndexUnit> = units.collect();
        units.sort_by(|a, b| a.place().cmp(&b.place()));
        Self { periods, units }
    }
}
