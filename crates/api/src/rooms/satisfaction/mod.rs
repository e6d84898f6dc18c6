//! Satisfaction: ratings in, figures out.
mod index;
pub mod metrics;
mod overview;
pub mod reports;

use actix_web::{HttpResponse, post};
use domain::satisfaction::{Rating, RatingInput};

use super::measurements::{self, IntakeLine, IntakeQuery, IntakeReport};
use crate::http::{Call, Lines, Problem, Query, Routes};

pub fn routes(routes: &mut Routes) {
    routes
        .service(create_ratings)
        .configure(metrics::routes)
        .configure(index::routes)
        .configure(overview::routes)
        .configure(reports::routes);
}

/// Send ratings
///
/// Scores that users gave on finished cases, one a line (NDJSON, any length, gzip welcome), each checked and taken in for
/// itself, in chunks of 1 000, and answered as measurements are: one line for each, then one with the summary; or ask for
/// `application/json`.
///
/// A rating is known by `source` and `sourceId`. The same content again is a `duplicate`; other content is a `correction`,
/// unless its `sourceVersion` (else `updatedAt`, else `ratedAt`) is older than what stands: then it is `outdated` and
/// changes nothing. One that names an unknown service or customer is `quarantined`, and counts when that is known. Who did
/// not answer has no rating: send none.
///
/// Ratings are never shown one by one. They are read as figures of finished months, three days after the month's end and
/// only where there are enough of them (R19); what comes later counts as soon as enough of it has come.
#[utoipa::path(tag = "satisfaction", operation_id = "createRatings", params(IntakeQuery),
    request_body(content = RatingInput, content_type = "application/x-ndjson", description = "One rating a line."),
    responses((status = 200, description = "What became of each line.", content(
        (IntakeLine = "application/x-ndjson"), (IntakeReport = "application/json")))))]
#[post("/ratings")]
async fn create_ratings(call: Call, how: Query<IntakeQuery>, lines: Lines) -> Result<HttpResponse, Problem> {
    measurements::take_in::<Rating>(call, how.0, lines).await
}
