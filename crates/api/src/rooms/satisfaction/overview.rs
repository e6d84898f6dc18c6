//! How all customers stand, the worst first.
use actix_web::{HttpResponse, get};
use domain::{
    agreements::{self, CalendarPeriod},
    satisfaction::*,
    service_levels::StatementPeriod,
    surveys::SurveyKind,
    vocabulary::Slug,
};
use persistence::satisfaction as store;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Call, Problem, Query, Reply, Routes};
use crate::pages::{self, Page, Paper, PaperQuery, Pdf};

pub fn routes(routes: &mut Routes) {
    routes
        .service(get_satisfaction_overview)
        .service(get_satisfaction_overview_document);
}

/// So many customers are shown unless told.
const SHOWN: usize = 20;

/// Which figures, and of how many customers.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct OverviewQuery {
    /// By this month, quarter or year, and the seven before it; unless told the last one that is fixed.
    period: Option<StatementPeriod>,
    /// By months, quarters or years, where no period is named; quarters unless told.
    period_kind: Option<CalendarPeriod>,
    /// By users' or customers' figures alone.
    series: Option<SatisfactionSeries>,
    /// By surveys of this kind alone.
    survey_kind: Option<SurveyKind>,
    /// By the question with this key alone.
    question: Option<Slug>,
    /// So many customers, 20 unless told.
    #[param(minimum = 1, maximum = 50)]
    most: Option<usize>,
}

async fn overview(call: &Call, asked: OverviewQuery) -> Result<SatisfactionOverview, Problem> {
    let kind = asked.period_kind.unwrap_or(CalendarPeriod::Quarter);
    let filter = store::OverviewFilter {
        period: asked.period.unwrap_or_else(|| last_fixed(kind, call.today())),
        series: asked.series,
        survey_kind: asked.survey_kind,
        question: asked.question,
    };
    let most = asked.most.unwrap_or(SHOWN);
    Ok(store::overview(&call.reader(), &call.scope, &filter, most, call.today()).await?)
}

/// Show how satisfied all customers are
///
/// The customers that you see, the worst first, with the reasons: a figure that fell since the period before, and not by
/// chance (`fell`); a figure whose whole interval lies below that of all customers (`below`, for who sees every customer); a customer of whom nothing is
/// told (`untold`). Each counts once for each series, users and customers never put together; the rule stands in
/// `weights`. Each question is looked at by one figure, the first of its methods, and shown over eight periods. Everything here is made of
/// figures that `listSatisfactionMetrics` tells.
#[utoipa::path(tag = "satisfaction", operation_id = "getSatisfactionOverview", params(OverviewQuery),
    responses((status = 200, description = "How they stand.", body = SatisfactionOverview),
    (status = 409, description = "There are too many figures to compare at once.")))]
#[get("/satisfaction/overview")]
async fn get_satisfaction_overview(call: Call, asked: Query<OverviewQuery>) -> Result<Reply, Problem> {
    Reply::plain(&overview(&call, asked.0).await?)
}

/// Show how satisfied all customers are as a document
///
/// The same as a page to read and print, or PDF/A: the order with its reasons, and for each question small plots of the
/// customers on one scale, with their table.
#[utoipa::path(tag = "satisfaction", operation_id = "getSatisfactionOverviewDocument",
    params(OverviewQuery, PaperQuery), responses(
    (status = 200, description = "The document.", content((Page = "text/html"), (Pdf = "application/pdf"))),
    (status = 304, description = "You have it already."),
    (status = 409, description = "There are too many figures to compare at once, or it is too long for a PDF.")))]
#[get("/satisfaction/overview/document")]
async fn get_satisfaction_overview_document(
    call: Call,
    asked: Query<OverviewQuery>,
    how: Query<PaperQuery>,
) -> Result<HttpResponse, Problem> {
    let overview = overview(&call, asked.0).await?;
    let words = how.0.words(&call, agreements::Language::Sv);
    let document = pages::satisfaction::overview(&overview, &call.state.settings.organisation, words);
    Paper::of(document, &call, &how.0).answer(&call, async |_| Ok(())).await
}
