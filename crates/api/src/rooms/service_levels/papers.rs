//! Statements on paper, and their figures as a table.
use actix_web::{HttpResponse, get, http::header, web};
use domain::{agreements::AgreementVersion, calendars::PinnedCalendar, service_levels::*, vocabulary::*};
use persistence::{calendars, service_levels as store};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use crate::http::{Call, Problem, Query, Routes};
use crate::pages::{self, Page, Paper, PaperQuery, Pdf};

pub fn routes(routes: &mut Routes) {
    routes.service(get_statement_document).service(get_statement_figures);
}

/// Show a statement as a document
///
/// A page to read and print, or PDF/A to keep, in Swedish or English: promised beside delivered, a plot of each target over
/// the last twelve periods, the volume, what was excluded, objections with their answers, who proposed, accepted and
/// closed, and how the figures are made.
#[utoipa::path(tag = "service levels", operation_id = "getStatementDocument", params(PaperQuery), responses(
    (status = 200, description = "The document.", content((Page = "text/html"), (Pdf = "application/pdf"))),
    (status = 304, description = "You have it already."),
    (status = 409, description = "It is too long for a PDF.")))]
#[get("/service-level-statements/{statementId}/document")]
async fn get_statement_document(
    call: Call,
    id: web::Path<StatementId>,
    how: Query<PaperQuery>,
) -> Result<HttpResponse, Problem> {
    let reader = call.reader();
    let statement = store::get(&reader, &call.scope, *id, call.today()).await?;
    let statement = store::computed(&reader, statement, call.local_time()).await?;
    let frame = store::frame(&reader, &statement, call.local_time()).await?;
    let versions: Vec<AgreementVersion> = frame.parts.into_iter().map(|part| part.version).collect();
    let pins: Vec<&PinnedCalendar> = versions.iter().flat_map(|version| &version.calendars.0).collect();
    let told = pages::statement::Told {
        statement: &statement,
        versions: &versions,
        hours: &calendars::hours_of(&reader, pins).await?,
        before: &store::last_twelve(&reader, &statement).await?,
        provider: &call.state.settings.organisation,
        zone: call.state.settings.time_zone,
    };
    let words = how.0.words(&call, pages::statement::own_language(&versions));
    let document = pages::statement::statement(&told, words);
    Paper::of(document, &call, &how.0).answer(&call, async |_| Ok(())).await
}

/// A CSV file, as the document describes it.
struct FiguresCsv;

impl PartialSchema for FiguresCsv {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(10_000_000))
            .pattern(Some("^agreement,period,"))
            .examples([serde_json::Value::from(
                "agreement,period,revision,state,version,firstDay,lastDay,target,…\nAGR-2026-0001,2026-10,1,closed,1,…",
            )])
            .description(Some(
                "A line for each target of each version, with the names of the members.",
            ))
            .into()
    }
}
impl ToSchema for FiguresCsv {}

/// The names of the columns, also of a table without lines.
const COLUMNS: [&str; 27] = [
    "agreement",
    "period",
    "revision",
    "state",
    "version",
    "firstDay",
    "lastDay",
    "target",
    "name",
    "comparison",
    "promised",
    "value",
    "n",
    "k",
    "rawValue",
    "rawN",
    "rawK",
    "counted",
    "verdict",
    "atRisk",
    "method",
    "evidenceShare",
    "allowanceLeft",
    "beyondWorkload",
    "deductionPercent",
    "deductionAmount",
    "deductionCurrency",
];

/// A figure as a line of the table, in the order of the columns.
#[derive(Serialize)]
struct Line<'a> {
    agreement: &'a str,
    period: StatementPeriod,
    revision: RevisionNumber,
    state: StatementState,
    version: i32,
    first_day: chrono::NaiveDate,
    last_day: chrono::NaiveDate,
    target: &'a Slug,
    name: &'a Name,
    comparison: judging::Comparison,
    promised: Decimal,
    value: Option<Decimal>,
    n: i64,
    k: Option<i64>,
    raw_value: Option<Decimal>,
    raw_n: i64,
    raw_k: Option<i64>,
    counted: Counted,
    verdict: judging::Verdict,
    at_risk: bool,
    method: Method,
    evidence_share: Option<Decimal>,
    allowance_left: Option<i64>,
    beyond_workload: Option<bool>,
    deduction_percent: Option<Decimal>,
    deduction_amount: Option<Amount>,
    deduction_currency: Option<&'a Currency>,
}

/// Show a statement's figures as CSV
///
/// A line for each target of each version in force, for spreadsheets and for tools that read tables.
#[utoipa::path(tag = "service levels", operation_id = "getStatementFigures", responses(
    (status = 200, description = "The figures.", body = FiguresCsv, content_type = "text/csv")))]
#[get("/service-level-statements/{statementId}/figures")]
async fn get_statement_figures(call: Call, id: web::Path<StatementId>) -> Result<HttpResponse, Problem> {
    let reader = call.reader();
    let statement = store::get(&reader, &call.scope, *id, call.today()).await?;
    let statement = store::computed(&reader, statement, call.local_time()).await?;
    let mut table = csv::WriterBuilder::new().has_headers(false).from_writer(vec![]);
    table.write_record(COLUMNS).map_err(Problem::internal)?;
    for part in statement.figures.iter().flat_map(|figures| &figures.parts) {
        for figure in &part.targets {
            table
                .serialize(line(&statement, part, figure))
                .map_err(Problem::internal)?;
        }
    }
    let name = format!(
        "inline; filename=\"{}-{}.csv\"",
        statement.agreement.number, statement.period
    );
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(table.into_inner().map_err(Problem::internal)?))
}

fn line<'a>(statement: &'a ServiceLevelStatement, part: &PartFigures, figure: &'a TargetFigure) -> Line<'a> {
    let consequence = figure.consequence.as_ref();
    let owed = consequence.and_then(|consequence| consequence.amount.as_ref());
    Line {
        agreement: &statement.agreement.number,
        period: statement.period,
        revision: statement.revision,
        state: statement.state,
        version: part.version.0,
        first_day: part.first_day,
        last_day: part.last_day,
        target: &figure.target,
        name: &figure.name,
        comparison: figure.comparison,
        promised: figure.value,
        value: figure.agreed.value,
        n: figure.agreed.n,
        k: figure.agreed.k,
        raw_value: figure.raw.value,
        raw_n: figure.raw.n,
        raw_k: figure.raw.k,
        counted: figure.counted,
        verdict: figure.verdict,
        at_risk: figure.at_risk,
        method: figure.method,
        evidence_share: figure.evidence_share,
        allowance_left: figure.allowance.as_ref().map(|allowance| allowance.left),
        beyond_workload: figure.beyond_workload,
        deduction_percent: consequence.and_then(|consequence| consequence.percent),
        deduction_amount: owed.map(|money| money.amount),
        deduction_currency: owed.map(|money| &money.currency),
    }
}
