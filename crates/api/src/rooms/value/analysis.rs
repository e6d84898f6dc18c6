//! Value against cost in a year: as figures, as a table, on paper.
use actix_web::{Either, HttpResponse, get};
use chrono::Datelike;
use domain::{agreements::Language, value::*, vocabulary::*};
use persistence::{customers, value as store};
use serde::Deserialize;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use crate::http::{Call, Problem, Query, Reply, Routes, table::harmless};
use crate::pages::{self, Page, Paper, PaperQuery, Pdf};
use crate::rooms::satisfaction::metrics::{MetricsFormat, file, written};

pub fn routes(routes: &mut Routes) {
    routes.service(get_value_analysis).service(get_value_analysis_document);
}

/// Which year, and what of it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AnalysisQuery {
    /// The calendar year; the last one that is over unless told.
    #[param(minimum = 2000, maximum = 2100)]
    year: Option<i32>,
    /// Of this customer.
    customer: Option<CustomerId>,
    /// Of this service.
    service: Option<ServiceId>,
    /// That stand so.
    quadrant: Option<ValueQuadrant>,
    /// That the customer assessed for the year (or did not).
    assessed: Option<bool>,
}

/// As what it is handed out.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AnalysisFormat {
    /// Figures or a table; unless told what `Accept` prefers, else figures.
    #[param(inline)]
    format: Option<MetricsFormat>,
}

async fn analysis(call: &Call, asked: AnalysisQuery) -> Result<ValueAnalysis, Problem> {
    let year = asked
        .year
        .unwrap_or_else(|| (call.today().year() - 1).clamp(2000, 2100));
    let filter = PositionFilter {
        service: asked.service,
        quadrant: asked.quadrant,
        assessed: asked.assessed,
    };
    let of = (year, asked.customer);
    Ok(store::analysis(&call.reader(), &call.scope, of, &filter, call.today()).await?)
}

/// Set value against cost
///
/// Each service that customers used, paid for or assessed in a year: its cost by the days that fall on the year, the
/// estimated benefit, `ratio` = benefit ÷ cost where both are in one currency, the mean of the scores, and the quadrant: a
/// mean score of at least 3 beside a cost of at least the median of the customer's services in that currency. `change` is
/// since the year before; what was not assessed says when it last was. Everything is computed exactly and rounded half up
/// at the end. Totals by customer and by service are of the positions that are told.
#[utoipa::path(tag = "value", operation_id = "getValueAnalysis", params(AnalysisQuery, AnalysisFormat), responses(
    (status = 200, description = "Value against cost.", content(
        (ValueAnalysis = "application/json"), (AnalysisCsv = "text/csv"))),
    (status = 409, description = "There is too much to compare at once.")))]
#[get("/value-analysis")]
async fn get_value_analysis(
    call: Call,
    asked: Query<AnalysisQuery>,
    how: Query<AnalysisFormat>,
) -> Result<Either<Reply, HttpResponse>, Problem> {
    let told = analysis(&call, asked.0).await?;
    Ok(match MetricsFormat::preferred(how.0.format, &call) {
        MetricsFormat::Json => Either::Left(Reply::plain(&told)?),
        MetricsFormat::Csv => Either::Right(table(&told)?),
    })
}

/// Set value against cost as a document
///
/// The same as a page to read and print, or PDF/A: a plot of mean score against cost for each currency, with its table,
/// what became of each service, and who has not assessed since when.
#[utoipa::path(tag = "value", operation_id = "getValueAnalysisDocument", params(AnalysisQuery, PaperQuery), responses(
    (status = 200, description = "The document.", content((Page = "text/html"), (Pdf = "application/pdf"))),
    (status = 304, description = "You have it already."),
    (status = 409, description = "There is too much to compare at once, or it is too long for a PDF.")))]
#[get("/value-analysis/document")]
async fn get_value_analysis_document(
    call: Call,
    asked: Query<AnalysisQuery>,
    paper: Query<PaperQuery>,
) -> Result<HttpResponse, Problem> {
    let customer = match asked.0.customer {
        None => None,
        Some(id) => {
            let scope = call.scope.within(call.scope.visible.clone());
            match customers::get(&call.reader(), &scope, id, call.today()).await {
                Ok(customer) => Some(customer.reference()),
                // Who is not seen is not told of: the document is empty, as the figures are (R20).
                Err(persistence::Error::NotFound) => None,
                Err(other) => return Err(other.into()),
            }
        }
    };
    let told = analysis(&call, asked.0).await?;
    let words = paper.0.words(&call, Language::Sv);
    let document = pages::value::analysis(&told, customer, &call.state.settings.organisation, words);
    Paper::of(document, &call, &paper.0)
        .answer(&call, async |_| Ok(()))
        .await
}

/// A CSV file, as the document describes it.
struct AnalysisCsv;

impl PartialSchema for AnalysisCsv {
    fn schema() -> RefOr<Schema> {
        let example =
            "year,customer,customerName,service,serviceName,cost,currency,…\n2025,KLK,…,ESIGN,…,150000.00,SEK,…";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(10_000_000))
            .pattern(Some("^year,customer,"))
            .examples([serde_json::Value::from(example)])
            .description(Some(
                "A line for each service of each customer. Where it cost in several currencies, amounts and currencies stand with a blank between them.",
            ))
            .into()
    }
}
impl ToSchema for AnalysisCsv {}

/// What the columns are called, and what stands in them.
type Column = (&'static str, fn(&ValuePosition) -> String);

const COLUMNS: &[Column] = &[
    ("customer", |p| p.customer.code.to_string()),
    ("customerName", |p| harmless(&p.customer.name)),
    ("service", |p| p.service.code.to_string()),
    ("serviceName", |p| harmless(&p.service.name)),
    ("cost", |p| joined(&p.costs, |sum| sum.amount.to_string())),
    ("currency", |p| joined(&p.costs, |sum| sum.currency.to_string())),
    ("benefit", |p| written(p.benefit.as_ref().map(|sum| sum.amount))),
    ("benefitCurrency", |p| {
        written(p.benefit.as_ref().map(|sum| &sum.currency))
    }),
    ("ratio", |p| written(p.ratio)),
    ("meanScore", |p| written(p.mean_score)),
    ("medianCost", |p| written(p.median_cost)),
    ("quadrant", |p| written(p.quadrant)),
    ("changeOfMeanScore", |p| written(p.change.mean_score)),
    ("changeOfCost", |p| written(p.change.cost)),
    ("changeOfBenefit", |p| written(p.change.benefit)),
    ("changeOfRatio", |p| written(p.change.ratio)),
    ("lastAssessed", |p| written(p.last_assessed)),
];

fn joined(sums: &[Sum], part: fn(&Sum) -> String) -> String {
    sums.iter().map(part).collect::<Vec<_>>().join(" ")
}

fn table(told: &ValueAnalysis) -> Result<HttpResponse, Problem> {
    let head = std::iter::once("year").chain(COLUMNS.iter().map(|(name, _)| *name));
    let line = |position| {
        let cells = COLUMNS.iter().map(|(_, cell)| cell(position));
        std::iter::once(told.year.to_string()).chain(cells).collect()
    };
    let name = format!("value-analysis-{}", told.year);
    file(
        &name,
        head.map(ToOwned::to_owned).collect(),
        told.items.iter().map(line),
    )
}
