//! Reports of satisfaction: written, published, and read as JSON, on paper and as a table.
use actix_web::{HttpResponse, delete, get, patch, post, web};
use domain::{satisfaction::*, service_levels::StatementPeriod, vocabulary::*};
use persistence::{UnitOfWork, customers, satisfaction as store};
use serde::Deserialize;
use utoipa::IntoParams;

use super::metrics::{MetricsCsv, csv};
use crate::http::{Body, Call, ListQuery, Listing, NoBody, Patch, PatchOf, Problem, Query, Reply, Routes};
use crate::pages::{self, Page, Paper, PaperQuery, Pdf};
use crate::rooms::{IfMatch, agreements::acts::deed};

pub fn routes(routes: &mut Routes) {
    routes
        .service(list_satisfaction_reports)
        .service(create_satisfaction_report)
        .service(get_satisfaction_report)
        .service(change_satisfaction_report)
        .service(delete_satisfaction_report)
        .service(create_report_publication)
        .service(get_satisfaction_report_document)
        .service(get_satisfaction_report_figures);
}

/// Which reports.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ReportQuery {
    /// Of this customer.
    customer: Option<CustomerId>,
    /// Of this period.
    period: Option<StatementPeriod>,
    /// Drafts, or those that were published.
    state: Option<ReportState>,
}

/// List reports of satisfaction
///
/// The reports that you may see, without their figures, in the order in which they were entered. Contacts see those that
/// were published.
#[utoipa::path(tag = "satisfaction", operation_id = "listSatisfactionReports", params(ListQuery, ReportQuery),
    responses((status = 200, description = "A page of reports.", body = Listing<SatisfactionReport>)))]
#[get("/satisfaction-reports")]
async fn list_satisfaction_reports(
    call: Call,
    page: Query<ListQuery>,
    filter: Query<ReportQuery>,
) -> Result<Reply, Problem> {
    let filter = store::ReportFilter {
        customer: filter.0.customer,
        period: filter.0.period,
        state: filter.0.state,
    };
    call.listed(store::list_reports(&call.reader(), &call.scope, &filter, &page.0.into(), call.today()).await?)
}

/// Begin a report of satisfaction
///
/// Of a customer of your teams, for a month, a quarter or a year that has begun. Its figures come by themselves, as they are
/// on the day on which it is read, until it is published; you write what they say, and what was found. Of one customer and
/// period one report is written at a time; after one was published, the next is another edition.
#[utoipa::path(tag = "satisfaction", operation_id = "createSatisfactionReport", request_body = SatisfactionReportInput,
    responses((status = 201, description = "The new report.", body = SatisfactionReport)))]
#[post("/satisfaction-reports")]
async fn create_satisfaction_report(call: Call, body: Body<SatisfactionReportInput>) -> Result<Reply, Problem> {
    call.write(&body, async |unit| {
        let input = body.value.clone();
        let customer = customers::named(unit, &call.scope, &input.customer, "/customer", unit.today()).await?;
        let published = store::published(unit, customer.id, input.period).await?;
        let times = (unit.now(), unit.today());
        let report = SatisfactionReport::draft(unit.new_id(), customer.reference(), input, published, times)?;
        store::insert_report(unit, &report).await?;
        let report = store::told_report(unit, report, call.today()).await?;
        Reply::created(format!("/satisfaction-reports/{}", report.id), &report, call.today())
    })
    .await
}

/// Show a report of satisfaction
///
/// A draft with the figures of today: its `ETag` changes with them. A published one as it was published, with the digest
/// by which it is known. Improvements that its findings gave reason for are listed by `listImprovements` with `report`.
#[utoipa::path(tag = "satisfaction", operation_id = "getSatisfactionReport", responses(
    (status = 200, description = "The report.", body = SatisfactionReport),
    (status = 304, description = "You have it already."),
    (status = 409, description = "The customer has too many figures for one report.")))]
#[get("/satisfaction-reports/{satisfactionReportId}")]
async fn get_satisfaction_report(call: Call, id: web::Path<SatisfactionReportId>) -> Result<Reply, Problem> {
    call.found(&told(&call, *id).await?)
}

async fn told(call: &Call, id: SatisfactionReportId) -> Result<SatisfactionReport, Problem> {
    let reader = call.reader();
    let report = store::report(&reader, &call.scope, id, call.today()).await?;
    Ok(store::told_report(&reader, report, call.today()).await?)
}

/// The report as the caller saw it, held until the unit of work ends.
async fn seen(call: &Call, unit: &UnitOfWork, id: SatisfactionReportId) -> Result<SatisfactionReport, Problem> {
    let report = store::load_report(unit, &call.scope, id).await?;
    call.unchanged(store::told_report(unit, report, call.today()).await?)
}

/// Change a report of satisfaction
///
/// The words of a draft. Members that are absent stay as they are; of whom and of when it tells stays.
#[utoipa::path(tag = "satisfaction", operation_id = "changeSatisfactionReport",
    request_body = PatchOf<SatisfactionReportInput>, params(IfMatch),
    responses((status = 200, description = "The report as it is now.", body = SatisfactionReport)))]
#[patch("/satisfaction-reports/{satisfactionReportId}")]
async fn change_satisfaction_report(
    call: Call,
    id: web::Path<SatisfactionReportId>,
    patch: Patch,
) -> Result<Reply, Problem> {
    call.write(&patch, async |unit| {
        let before = seen(&call, unit, *id).await?;
        let after = before.clone().change(patch.onto(&before)?)?;
        let after = store::told_report(unit, after, call.today()).await?;
        store::update_report(unit, "changed", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Remove a draft of a report of satisfaction
///
/// What was published stays.
#[utoipa::path(tag = "satisfaction", operation_id = "deleteSatisfactionReport", params(IfMatch),
    responses((status = 204, description = "It is gone.")))]
#[delete("/satisfaction-reports/{satisfactionReportId}")]
async fn delete_satisfaction_report(call: Call, id: web::Path<SatisfactionReportId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let report = seen(&call, unit, *id).await?;
        report.must_be_a_draft()?;
        store::delete_report(unit, &report).await?;
        Ok(Reply::gone())
    })
    .await
}

/// Publish a report of satisfaction
///
/// From here on it stands: words and figures are kept as you saw them (`If-Match` is the `ETag` of what was read), with a
/// digest, and the customer's contacts may read it. The period's figures must be fixed, three days after its end (R19).
#[utoipa::path(tag = "satisfaction", operation_id = "createReportPublication", params(IfMatch),
    responses((status = 200, description = "The published report.", body = SatisfactionReport)))]
#[post("/satisfaction-reports/{satisfactionReportId}/publication")]
async fn create_report_publication(call: Call, id: web::Path<SatisfactionReportId>) -> Result<Reply, Problem> {
    call.write(&NoBody, async |unit| {
        let before = seen(&call, unit, *id).await?;
        let after = before.clone().publish(deed(&call.scope, unit).await?.0)?;
        store::update_report(unit, "published", &before, &after).await?;
        Reply::ok(&after, call.today())
    })
    .await
}

/// Show a report of satisfaction as a document
///
/// A page to read and print, or PDF/A to keep, in Swedish or English: what the figures say, each figure with its interval, a
/// plot of the latest periods with a table, how many gave which score, what was found, the rounds, and how the figures are
/// made.
#[utoipa::path(tag = "satisfaction", operation_id = "getSatisfactionReportDocument", params(PaperQuery), responses(
    (status = 200, description = "The document.", content((Page = "text/html"), (Pdf = "application/pdf"))),
    (status = 304, description = "You have it already."),
    (status = 409, description = "It is too long for a PDF.")))]
#[get("/satisfaction-reports/{satisfactionReportId}/document")]
async fn get_satisfaction_report_document(
    call: Call,
    id: web::Path<SatisfactionReportId>,
    how: Query<PaperQuery>,
) -> Result<HttpResponse, Problem> {
    let report = told(&call, *id).await?;
    let words = how.0.words(&call, domain::agreements::Language::Sv);
    let settings = &call.state.settings;
    let document = pages::satisfaction::report(&report, &settings.organisation, settings.time_zone, words);
    Paper::of(document, &call, &how.0).answer(&call, async |_| Ok(())).await
}

/// Show a report's figures as CSV
///
/// A line for each figure of the period and of those before it, with the columns of `listSatisfactionMetrics`.
#[utoipa::path(tag = "satisfaction", operation_id = "getSatisfactionReportFigures", responses(
    (status = 200, description = "The figures.", body = MetricsCsv, content_type = "text/csv"),
    (status = 409, description = "The customer has too many figures for one report.")))]
#[get("/satisfaction-reports/{satisfactionReportId}/figures")]
async fn get_satisfaction_report_figures(
    call: Call,
    id: web::Path<SatisfactionReportId>,
) -> Result<HttpResponse, Problem> {
    let report = told(&call, *id).await?;
    let figures = report
        .content
        .iter()
        .flat_map(|content| content.earlier.iter().chain(&content.figures));
    let name = format!("satisfaction-{}-{}", report.customer.code, report.period);
    csv(&name, figures)
}
