//! The figures of satisfaction, for dashboards: as a list, and as a table to take away.
use actix_web::{Either, HttpResponse, get, http::header};
use chrono::NaiveDate;
use domain::{
    Rule, RuleCode, agreements::CalendarPeriod, satisfaction::*, service_levels::StatementPeriod, surveys::SurveyKind,
    vocabulary::*,
};
use persistence::{Paging, satisfaction as store};
use serde::Deserialize;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use crate::http::{Call, ListQuery, Listing, Problem, Query, Reply, Routes, input::JSON, table::harmless};

pub fn routes(routes: &mut Routes) {
    routes.service(list_satisfaction_metrics);
}

/// The most figures that a table holds; more are refused, never cut off.
const MOST: u64 = 10_000;
/// How many are read at a time.
const AT_A_TIME: u64 = 1_000;

const CSV: &str = "text/csv";

/// As what the figures are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricsFormat {
    /// A page of a list, for programs.
    Json,
    /// All of them as text with commas, for spreadsheets.
    Csv,
}

impl MetricsFormat {
    /// What was asked for, else what `Accept` prefers.
    pub fn preferred(asked: Option<Self>, call: &Call) -> Self {
        let preferred = || match call.prefers(&[JSON, CSV]) {
            Some(CSV) => Self::Csv,
            _ => Self::Json,
        };
        asked.unwrap_or_else(preferred)
    }
}

/// Which figures.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct MetricQuery {
    /// Of users or of customers.
    series: Option<SatisfactionSeries>,
    /// Of surveys of this kind.
    survey_kind: Option<SurveyKind>,
    /// Of periods in which this survey alone of its kind was sent.
    survey: Option<SurveyId>,
    /// Of the question with this key.
    question: Option<Slug>,
    /// Of all together, by customer, by service, by both, by team or by division.
    dimension: Option<SatisfactionDimension>,
    /// Of this customer.
    customer: Option<CustomerId>,
    /// About this service.
    service: Option<ServiceId>,
    /// Of this team's customers.
    team: Option<TeamId>,
    /// Of this month, quarter or year.
    period: Option<StatementPeriod>,
    /// Of months, of quarters or of years.
    period_kind: Option<CalendarPeriod>,
    /// Of periods that begin on this day or later.
    first_day_from: Option<NaiveDate>,
    /// Of periods that begin before this day.
    first_day_before: Option<NaiveDate>,
    /// Made in this way.
    method: Option<FigureMethod>,
    /// Those that are withheld, or those that are told.
    withheld: Option<bool>,
    /// Those that changed since the period before, or those that did not.
    changed: Option<bool>,
    /// A list or a table; unless told what `Accept` prefers, else a list.
    #[param(inline)]
    format: Option<MetricsFormat>,
}

impl MetricQuery {
    fn filter(self) -> store::Filter {
        store::Filter {
            series: self.series,
            survey_kind: self.survey_kind,
            survey: self.survey,
            question: self.question,
            dimension: self.dimension,
            customer: self.customer,
            service: self.service,
            team: self.team,
            period: self.period,
            period_kind: self.period_kind,
            from: self.first_day_from,
            before: self.first_day_before,
            method: self.method,
            withheld: self.withheld,
            changed: self.changed,
        }
    }
}

/// List figures of satisfaction
///
/// What users thought, from the ratings of finished cases (`user`), and what customers' contacts thought, from the rounds of
/// surveys that closed in the period (`customer`): two series that are never put together. One line for each period, part
/// and method, by period; of surveys, for each question across all surveys of one kind, without named rounds; where one `survey` alone of its kind was
/// sent, the figure is that survey's. A period's
/// figures are fixed three days after its end; a running one has none. What comes later counts when enough of it has come.
///
/// A figure of fewer than five answers (`fewest_answers`) is withheld, and as many others as it takes that it cannot be
/// worked out from what is told. What is withheld is decided once for the whole year, whatever you ask for, and what was
/// told stays told. Customers and services of whom nothing is told in a year have no lines in it: whether they had few
/// answers or none is nobody's to know. A customer's answers about one service (`customer_service`) are told of months alone. Of a
/// team's customers together (`team`, by who looks after them on the period's last day) and of a customer with its departments
/// (`division`) a figure is made of what is told of each of them, and of nothing else; the former are for who sees every
/// customer, the latter for who sees all of the departments. Each figure has its 95 % interval: Wilson's for `csat`, adjusted Wald for `nps`,
/// Student's t for means. A difference from the period before is `changed` only where its interval leaves out 0.
///
/// Whoever does not see every customer gets the figures of those that they see. As CSV it is one table of all that match, at
/// most 10,000 lines, without pages.
#[utoipa::path(tag = "satisfaction", operation_id = "listSatisfactionMetrics", params(ListQuery, MetricQuery), responses(
    (status = 200, description = "A page of figures, or a table.", content(
        (Listing<SatisfactionMetric> = "application/json"), (MetricsCsv = "text/csv"))),
    (status = 409, description = "There are too many for one table.")))]
#[get("/satisfaction/metrics")]
async fn list_satisfaction_metrics(
    call: Call,
    page: Query<ListQuery>,
    asked: Query<MetricQuery>,
) -> Result<Either<Reply, HttpResponse>, Problem> {
    let format = MetricsFormat::preferred(asked.0.format, &call);
    let filter = asked.0.filter();
    if format == MetricsFormat::Csv {
        return Ok(Either::Right(table(&call, &filter).await?));
    }
    let page = store::metrics(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?;
    Ok(Either::Left(call.listed(page)?))
}

/// A CSV file, as the document describes it.
pub struct MetricsCsv;

impl PartialSchema for MetricsCsv {
    fn schema() -> RefOr<Schema> {
        let example = "series,period,firstDay,lastDay,surveyKind,…\nuser,2026-02,2026-02-01,2026-02-28,,…";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(10_000_000))
            .pattern(Some("^series,period,"))
            .examples([serde_json::Value::from(example)])
            .description(Some("A line for each figure, with the names of the members."))
            .into()
    }
}
impl ToSchema for MetricsCsv {}

/// What the columns are called, and how what stands in them is told of a figure.
type Column = (&'static str, fn(&SatisfactionMetric) -> String);

const COLUMNS: &[Column] = &[
    ("series", |m| m.series.to_string()),
    ("period", |m| m.period.to_string()),
    ("firstDay", |m| m.first_day.to_string()),
    ("lastDay", |m| m.last_day.to_string()),
    ("surveyKind", |m| written(m.survey_kind)),
    ("survey", |m| written(m.survey)),
    ("question", |m| written(m.question.as_ref())),
    ("dimension", |m| m.dimension.to_string()),
    ("customer", |m| {
        written(m.customer.as_ref().map(|customer| &customer.code))
    }),
    ("customerName", |m| {
        written(m.customer.as_ref().map(|customer| &customer.name))
    }),
    ("service", |m| written(m.service.as_ref().map(|service| &service.code))),
    ("serviceName", |m| {
        written(m.service.as_ref().map(|service| &service.name))
    }),
    ("team", |m| written(m.team.as_ref().map(|team| &team.name))),
    ("scaleLow", |m| m.scale.low().to_string()),
    ("scaleHigh", |m| m.scale.high().to_string()),
    ("topBoxes", |m| written(m.scale.top_boxes())),
    ("method", |m| m.method.to_string()),
    ("withheld", |m| m.withheld.to_string()),
    ("reason", |m| written(m.reason)),
    ("n", |m| written(m.n)),
    ("value", |m| number(m.value)),
    ("low", |m| number(m.low)),
    ("high", |m| number(m.high)),
    ("distribution", |m| {
        let steps = m.distribution.iter().flatten();
        steps
            .map(|step| format!("{}:{}", step.score, step.n))
            .collect::<Vec<_>>()
            .join(" ")
    }),
    ("change", |m| number(m.change.map(|change| change.value))),
    ("changeLow", |m| number(m.change.and_then(|change| change.low))),
    ("changeHigh", |m| number(m.change.and_then(|change| change.high))),
    ("changed", |m| written(m.change.map(|change| change.changed))),
];

/// The columns of which somebody wrote what stands in them.
const WORDS: [&str; 6] = ["question", "customer", "customerName", "service", "serviceName", "team"];

pub fn written(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// With six decimals, as in the list; and no minus before zero.
pub fn number(value: Option<f64>) -> String {
    written(value.map(|value| (value * 1e6).round() / 1e6 + 0.0))
}

/// Figures as a file.
pub fn csv<'a>(name: &str, figures: impl IntoIterator<Item = &'a SatisfactionMetric>) -> Result<HttpResponse, Problem> {
    let head = COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect();
    file(name, head, figures.into_iter().map(|metric| line(metric).collect()))
}

/// A table as a file.
pub fn file(name: &str, head: Vec<String>, lines: impl Iterator<Item = Vec<String>>) -> Result<HttpResponse, Problem> {
    let mut table = csv::Writer::from_writer(vec![]);
    for line in std::iter::once(head).chain(lines) {
        table.write_record(line).map_err(Problem::internal)?;
    }
    let name = format!("attachment; filename=\"{name}.csv\"");
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(table.into_inner().map_err(Problem::internal)?))
}

async fn table(call: &Call, filter: &store::Filter) -> Result<HttpResponse, Problem> {
    let mut figures = vec![];
    let mut paging = Paging {
        count: true,
        ..Paging::first(AT_A_TIME)
    };
    loop {
        let page = store::metrics(&call.reader(), &call.scope, filter, &paging, call.today()).await?;
        if let Some(total) = page.total.filter(|total| *total > MOST) {
            let detail = format!("There are {total}, and a table holds {MOST}; ask for a period, a part or a method.");
            return Err(Rule::new(RuleCode::State, detail).into());
        }
        figures.extend(page.items);
        paging.count = false;
        paging.after = page.next;
        if paging.after.is_none() {
            break;
        }
    }
    csv(&format!("satisfaction-metrics-{}", call.today()), &figures)
}

/// A figure as a line of the table. A number may begin with a minus; what somebody wrote may not.
fn line(metric: &SatisfactionMetric) -> impl Iterator<Item = String> {
    COLUMNS.iter().map(|(name, cell)| match WORDS.contains(name) {
        true => harmless(cell(metric)),
        false => cell(metric),
    })
}
