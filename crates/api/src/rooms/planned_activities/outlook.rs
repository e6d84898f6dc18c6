//! What is coming across customers: by service and by time, as figures, page and PDF.
use actix_web::{HttpResponse, get};
use chrono::NaiveDate;
use domain::{
    agreements,
    planned_activities::*,
    vocabulary::{CustomerId, ServiceId},
};
use persistence::planned_activities as store;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Call, Problem, Query, Reply, Routes};
use crate::pages::{self, Page, Paper, PaperQuery, Pdf};

pub fn routes(routes: &mut Routes) {
    routes
        .service(get_planned_outlook)
        .service(get_planned_outlook_document);
}

/// Of which days, and of what.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct OutlookQuery {
    /// From this day on; today unless told.
    first_day: Option<NaiveDate>,
    /// Up to this day; half a year on unless told, two years at most.
    last_day: Option<NaiveDate>,
    /// For this service alone.
    service: Option<ServiceId>,
    /// Of this customer alone.
    customer: Option<CustomerId>,
    /// Only what runs into something.
    conflicting: Option<bool>,
}

async fn outlook(call: &Call, asked: OutlookQuery) -> Result<PlannedOutlook, Problem> {
    let days = outlook_days(asked.first_day, asked.last_day, call.today())?;
    let filter = store::Filter {
        customer: asked.customer,
        service: asked.service,
        ..store::Filter::default()
    };
    let reader = call.reader();
    // One more than there is room for shows that there is too much.
    let most = MOST_LINES as u64 + 1;
    let coming = store::coming(&reader, &call.scope, filter, days, most, call.today()).await?;
    let judged = store::judged(&reader, coming, call.local_time()).await?;
    let shown = (asked.service, asked.conflicting == Some(true));
    Ok(PlannedOutlook::of(days, judged, shown)?)
}

/// Show what customers are about to do
///
/// What is planned or thought of in a period, across the customers that you may see: by service, and within each by first day,
/// with what it means for that service and what it runs into there. Ideas without days are not in it; list them with
/// `phase=idea`. At most 500 lines; where there are more, ask for less.
#[utoipa::path(tag = "planned activities", operation_id = "getPlannedOutlook", params(OutlookQuery), responses(
    (status = 200, description = "What is coming.", body = PlannedOutlook),
    (status = 409, description = "The days are out of order or too many, or there is too much for one answer.")))]
#[get("/planned-activities/outlook")]
async fn get_planned_outlook(call: Call, asked: Query<OutlookQuery>) -> Result<Reply, Problem> {
    Reply::plain(&outlook(&call, asked.0).await?)
}

/// Show what customers are about to do as a document
///
/// The same as a page to read and print, or PDF/A: for each service the activities as bars over time, with their table.
#[utoipa::path(tag = "planned activities", operation_id = "getPlannedOutlookDocument", params(OutlookQuery, PaperQuery),
    responses((status = 200, description = "The document.", content((Page = "text/html"), (Pdf = "application/pdf"))),
    (status = 304, description = "You have it already."),
    (status = 409, description = "The days are out of order or too many, or it is too long for one answer or a PDF.")))]
#[get("/planned-activities/outlook/document")]
async fn get_planned_outlook_document(
    call: Call,
    asked: Query<OutlookQuery>,
    how: Query<PaperQuery>,
) -> Result<HttpResponse, Problem> {
    let outlook = outlook(&call, asked.0).await?;
    let words = how.0.words(&call, agreements::Language::Sv);
    let settings = &call.state.settings;
    let document = pages::planned_activities::outlook(&outlook, &settings.organisation, settings.time_zone, words);
    Paper::of(document, &call, &how.0).answer(&call, async |_| Ok(())).await
}
