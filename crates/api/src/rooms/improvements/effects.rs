//! The report of verified effects: as JSON, as a table, on paper.
use actix_web::{HttpResponse, get, http::header};
use domain::{
    agreements::{CalendarPeriod, Language},
    improvements::*,
    service_levels::StatementPeriod,
    vocabulary::*,
};
use persistence::{customers, improvements as store};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use crate::http::{Call, Problem, Query, Routes, input::JSON, table::harmless};
use crate::pages::{self, Format, Page, Paper, PaperQuery, Pdf};

pub fn routes(routes: &mut Routes) {
    routes.service(get_improvement_effects);
}

/// As what the report is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum EffectsFormat {
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
    /// A page to read and to print.
    Html,
    /// PDF/A, to keep.
    Pdf,
}

/// Which report.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EffectsQuery {
    /// The period in which the effects were verified; the running quarter unless told.
    period: Option<StatementPeriod>,
    /// Of improvements for this customer.
    customer: Option<CustomerId>,
    /// As what it is handed out; unless told what `Accept` prefers, else JSON.
    #[param(inline)]
    format: Option<EffectsFormat>,
    /// In which language a page or PDF is; unless told what `Accept-Language` prefers, else Swedish.
    #[param(inline)]
    language: Option<Language>,
}

const CSV: &str = "text/csv";

impl EffectsQuery {
    fn format(&self, call: &Call) -> EffectsFormat {
        let preferred = || match call.prefers(&[JSON, CSV, "text/html", "application/pdf"]) {
            Some(CSV) => EffectsFormat::Csv,
            Some("text/html") => EffectsFormat::Html,
            Some("application/pdf") => EffectsFormat::Pdf,
            _ => EffectsFormat::Json,
        };
        self.format.unwrap_or_else(preferred)
    }
}

/// Report what improvements came to
///
/// The improvements whose effect was verified in a month, quarter or year, counted by outcome, with the numbers of each:
/// never by what was ticked off (R16). As JSON, as CSV, or as a page or PDF with a plot of each measure.
#[utoipa::path(tag = "improvements", operation_id = "getImprovementEffects", params(EffectsQuery), responses(
    (status = 200, description = "The report.", content((ImprovementEffects = "application/json"),
        (EffectsCsv = "text/csv"), (Page = "text/html"), (Pdf = "application/pdf"))),
    (status = 409, description = "It is too long.")))]
#[get("/improvement-effects")]
async fn get_improvement_effects(call: Call, asked: Query<EffectsQuery>) -> Result<HttpResponse, Problem> {
    let running = StatementPeriod::containing(CalendarPeriod::Quarter, call.today());
    let (period, customer) = (asked.0.period.unwrap_or(running), asked.0.customer);
    let effects = store::effects(&call.reader(), &call.scope, period, customer, call.today()).await?;
    let paper = match asked.0.format(&call) {
        EffectsFormat::Json => return Ok(HttpResponse::Ok().json(&effects)),
        EffectsFormat::Csv => return table(&effects),
        EffectsFormat::Html => PaperQuery::of(Format::Html, asked.0.language),
        EffectsFormat::Pdf => PaperQuery::of(Format::Pdf, asked.0.language),
    };
    let seen = call.scope.within(call.scope.visible.clone());
    let customer = match customer {
        Some(id) => customers::get(&call.reader(), &seen, id, call.today()).await.ok(),
        None => None,
    };
    let provider = &call.state.settings.organisation;
    let words = paper.words(&call, Language::Sv);
    let document = pages::improvements::effects(&effects, customer.map(|c| c.reference()), provider, words);
    Paper::of(document, &call, &paper).answer(&call, async |_| Ok(())).await
}

/// A CSV file, as the document describes it.
struct EffectsCsv;

impl PartialSchema for EffectsCsv {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(10_000_000))
            .pattern(Some("^number,title,"))
            .examples([serde_json::Value::from(
                "number,title,customers,services,outcome,…\nIMP-2026-000001,Kortare väntetid,KLK,ESIGN,achieved,…",
            )])
            .description(Some("A line for each improvement, with the names of the members."))
            .into()
    }
}
impl ToSchema for EffectsCsv {}

/// The names of the columns, also of a table without lines.
const COLUMNS: [&str; 19] = [
    "number",
    "title",
    "customers",
    "services",
    "outcome",
    "measured",
    "reason",
    "measure",
    "unit",
    "direction",
    "baseline",
    "baselineDay",
    "target",
    "targetBy",
    "reading",
    "readingDay",
    "implemented",
    "verified",
    "conclusion",
];

/// An improvement as a line of the table, in the order of the columns.
#[derive(Serialize)]
struct Line<'a> {
    number: &'a str,
    title: String,
    customers: String,
    services: String,
    outcome: ImprovementOutcome,
    measured: ImprovementOutcome,
    reason: Option<String>,
    measure: String,
    unit: String,
    direction: Direction,
    baseline: Decimal,
    baseline_day: chrono::NaiveDate,
    target: Decimal,
    target_by: chrono::NaiveDate,
    reading: Decimal,
    reading_day: chrono::NaiveDate,
    implemented: chrono::NaiveDate,
    verified: chrono::NaiveDate,
    conclusion: String,
}

fn line(effect: &VerifiedEffect) -> Line<'_> {
    let verified = &effect.verification;
    let codes = |codes: Vec<&str>| codes.join(" ");
    Line {
        number: &effect.improvement.number,
        title: harmless(&effect.improvement.title),
        customers: codes(effect.customers.iter().map(|c| c.code.as_str()).collect()),
        services: codes(effect.services.iter().map(|s| s.code.as_str()).collect()),
        outcome: verified.outcome,
        measured: verified.measured,
        reason: verified.reason.as_ref().map(harmless),
        measure: harmless(&effect.measure.name),
        unit: harmless(&effect.measure.unit),
        direction: effect.measure.direction,
        baseline: verified.baseline.value,
        baseline_day: verified.baseline.day,
        target: verified.target.value,
        target_by: verified.target.by,
        reading: verified.reading.value,
        reading_day: verified.reading.day,
        implemented: effect.implemented,
        verified: effect.verified,
        conclusion: harmless(&verified.conclusion),
    }
}

fn table(effects: &ImprovementEffects) -> Result<HttpResponse, Problem> {
    let mut table = csv::WriterBuilder::new().has_headers(false).from_writer(vec![]);
    table.write_record(COLUMNS).map_err(Problem::internal)?;
    for effect in &effects.items {
        table.serialize(line(effect)).map_err(Problem::internal)?;
    }
    let name = format!("inline; filename=\"improvement-effects-{}.csv\"", effects.period);
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(table.into_inner().map_err(Problem::internal)?))
}
