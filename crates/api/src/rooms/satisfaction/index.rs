//! The 0–100 index side by side.
use actix_web::{Either, HttpResponse, get};
use domain::{
    agreements::CalendarPeriod, satisfaction::*, service_levels::StatementPeriod, surveys::SurveyKind, vocabulary::*,
};
use persistence::satisfaction as store;
use serde::Deserialize;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::metrics::{MetricsFormat, file, number, written};
use crate::http::{Call, Problem, Query, Reply, Routes, table::harmless};

pub fn routes(routes: &mut Routes) {
    routes.service(get_satisfaction_index);
}

/// Of whom, of what, and until when.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct IndexQuery {
    /// Until this month, quarter or year, and the seven before it; unless told the last one that is fixed.
    period: Option<StatementPeriod>,
    /// By months, quarters or years, where no period is named; years unless told.
    period_kind: Option<CalendarPeriod>,
    /// Of users or of customers.
    series: Option<SatisfactionSeries>,
    /// Of surveys of this kind.
    survey_kind: Option<SurveyKind>,
    /// Of the question with this key.
    question: Option<Slug>,
    /// Of all together, by customer, by service, by both, by team or by division.
    dimension: Option<SatisfactionDimension>,
    /// A list or a table; unless told what `Accept` prefers, else a list.
    #[param(inline)]
    format: Option<MetricsFormat>,
}

/// Compare the 0–100 index
///
/// The index that Swedish public bodies compare, 100 × (mean − lowest) ÷ (highest − lowest), in the shape in which they do: a
/// line for each unit and question, a column for each of eight years, or quarters or months. What is withheld or was not
/// asked is empty. Scales stand beside each other and are never averaged. As CSV each period has two columns, the index and
/// how many answered. Everything here is told by `listSatisfactionMetrics` too, with its interval and its change.
#[utoipa::path(tag = "satisfaction", operation_id = "getSatisfactionIndex", params(IndexQuery), responses(
    (status = 200, description = "The index side by side.", content(
        (IndexComparison = "application/json"), (IndexCsv = "text/csv"))),
    (status = 409, description = "There are too many figures for one table.")))]
#[get("/satisfaction/index")]
async fn get_satisfaction_index(call: Call, asked: Query<IndexQuery>) -> Result<Either<Reply, HttpResponse>, Problem> {
    let asked = asked.0;
    let kind = asked.period_kind.unwrap_or(CalendarPeriod::Year);
    let last = asked.period.unwrap_or_else(|| last_fixed(kind, call.today()));
    let filter = store::Filter {
        series: asked.series,
        survey_kind: asked.survey_kind,
        question: asked.question,
        dimension: asked.dimension,
        ..store::Filter::default()
    };
    let told = store::index(&call.reader(), &call.scope, (last, filter), call.today()).await?;
    Ok(match MetricsFormat::preferred(asked.format, &call) {
        MetricsFormat::Json => Either::Left(Reply::plain(&told)?),
        MetricsFormat::Csv => Either::Right(table(&told, last)?),
    })
}

/// A CSV file, as the document describes it.
struct IndexCsv;

impl PartialSchema for IndexCsv {
    fn schema() -> RefOr<Schema> {
        let example =
            "series,surveyKind,question,dimension,unit,unitName,scale,2025,2025 n\nuser,,,customer,KLK,…,1–5,71.2,214";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(10_000_000))
            .pattern(Some("^series,surveyKind,"))
            .examples([serde_json::Value::from(example)])
            .description(Some("A line for each unit and question, two columns for each period."))
            .into()
    }
}
impl ToSchema for IndexCsv {}

fn table(told: &IndexComparison, last: StatementPeriod) -> Result<HttpResponse, Problem> {
    let head = [
        "series",
        "surveyKind",
        "question",
        "dimension",
        "unit",
        "unitName",
        "scale",
    ]
    .map(ToOwned::to_owned);
    let periods = told
        .periods
        .iter()
        .flat_map(|period| [period.to_string(), format!("{period} n")]);
    let name = format!("satisfaction-index-{last}");
    file(
        &name,
        head.into_iter().chain(periods).collect(),
        told.units.iter().map(line),
    )
}

fn line(unit: &IndexUnit) -> Vec<String> {
    let codes = [
        unit.customer.as_ref().map(|c| &c.code),
        unit.service.as_ref().map(|s| &s.code),
    ];
    let customer = unit.customer.as_ref().map(|customer| &customer.name);
    let names = [
        customer,
        unit.service.as_ref().map(|s| &s.name),
        unit.team.as_ref().map(|t| &t.name),
    ];
    let codes: Vec<&str> = codes.into_iter().flatten().map(Code::as_str).collect();
    let names: Vec<&str> = names.into_iter().flatten().map(Name::as_str).collect();
    let trend = &unit.trend;
    let head = [
        trend.series.to_string(),
        written(trend.survey_kind),
        harmless(written(trend.question.as_ref())),
        unit.dimension.to_string(),
        harmless(codes.join(" / ")),
        harmless(names.join(" / ")),
        format!("{}–{}", trend.scale.low(), trend.scale.high()),
    ];
    let values = trend
        .points
        .iter()
        .flat_map(|point| [number(point.value), written(point.n)]);
    head.into_iter().chain(values).collect()
}
