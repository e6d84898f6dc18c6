//! Agreements on paper: handed out as documents.
use actix_web::{HttpResponse, get, web};
use domain::{agreements::*, vocabulary::*};
use persistence::{agreements as store, calendars};

use super::versions::seen;
use crate::http::{Call, Problem, Query, Routes};
use crate::pages::{self, Page, Paper, PaperQuery, Pdf};

pub fn routes(routes: &mut Routes) {
    routes.service(get_agreement_document);
}

/// Show a version as a document
///
/// A page to read and print, or PDF/A to keep, in Swedish or English: parties, services, terms with their last days,
/// sections, targets in words, price, how data is handled, and who approved the content, with its digest. A draft and a
/// proposal say on every page that they are one. It tells nothing of the day on which it is read, so that an unchanged
/// version gives the same document. What is too long for a PDF is a page only.
#[utoipa::path(tag = "agreements", operation_id = "getAgreementDocument", params(PaperQuery), responses(
    (status = 200, description = "The document.", content((Page = "text/html"), (Pdf = "application/pdf"))),
    (status = 304, description = "You have it already."),
    (status = 409, description = "It is too long for a PDF.")))]
#[get("/agreements/{agreementId}/versions/{versionNumber}/document")]
async fn get_agreement_document(
    call: Call,
    path: web::Path<(AgreementId, VersionNumber)>,
    how: Query<PaperQuery>,
) -> Result<HttpResponse, Problem> {
    let (id, number) = path.into_inner();
    let reader = call.reader();
    let agreement = store::get(&reader, &call.scope, id, call.today()).await?;
    let version = seen(&call, &reader, &agreement, number).await?;
    let told = pages::agreement::Told {
        version: &version,
        hours: &calendars::hours_of(&reader, &version.calendars.0).await?,
        bearing: &store::rested_on(&reader, [&version.content]).await?,
        provider: &call.state.settings.organisation,
        zone: call.state.settings.time_zone,
    };
    let words = how.0.words(&call, version.content.language);
    let document = store::HandedOut {
        version: version.id,
        digest: version.digest.clone(),
        status: version.status(),
        language: words.language(),
        first_at: call.now(),
    };
    Paper::of(pages::agreement::agreement(&told, words), &call, &how.0)
        .answer(&call, async |digest| remember(&call, &digest, &document).await)
        .await
}

/// Keeps the digest of a PDF that is handed out, so that the file can be known again.
async fn remember(call: &Call, digest: &str, document: &store::HandedOut) -> Result<(), Problem> {
    if store::handed_out(&call.reader(), digest).await?.is_some() {
        return Ok(());
    }
    call.write_part(async |unit| Ok(store::hand_out(unit, digest, document).await?))
        .await
}
