//! Targets as OpenSLO v1 documents: out as YAML or JSON, and into a draft.
use actix_web::{HttpResponse, get, post, web};
use domain::{agreements::*, vocabulary::*};
use persistence::{Error, agreements as store};

use super::versions::{change, seen};
use crate::http::{
    Call, Documents, Problem, Routes,
    input::{JSON, YAML},
    reply::Reply,
};
use crate::rooms::IfMatch;

pub fn routes(routes: &mut Routes) {
    routes.service(get_openslo).service(create_openslo);
}

/// The organisation's time zone, in which periods are counted.
fn zone(call: &Call) -> Result<ZoneName, Problem> {
    call.state.settings.time_zone.name().parse().map_err(Problem::internal)
}

/// Show targets as OpenSLO
///
/// The version's targets of availability and timeliness as OpenSLO v1 documents: each service that they are about, then an
/// SLO for each target; targets of other kinds have no such document. As a list; as YAML, one document after the other,
/// where `application/yaml` is asked for. What the format has no place for stands in the `spec` of a metric source of type
/// `kundansvar`. A promise of 100 per cent cannot be told in OpenSLO, and is refused.
#[utoipa::path(tag = "agreements", operation_id = "getOpenSlo", responses(
    (status = 200, description = "The documents.", content(
        (OpenSloDocuments = "application/json"), (OpenSloDocuments = "application/yaml"))),
    (status = 409, description = "A target that cannot be told.")))]
#[get("/agreements/{agreementId}/versions/{versionNumber}/openslo")]
async fn get_openslo(call: Call, path: web::Path<(AgreementId, VersionNumber)>) -> Result<HttpResponse, Problem> {
    let (id, number) = path.into_inner();
    let agreement = store::get(&call.reader(), &call.scope, id, call.today()).await?;
    let version = seen(&call, &call.reader(), &agreement, number).await?;
    let documents = version.to_openslo(&zone(&call)?)?;
    Ok(match call.prefers(&[JSON, YAML]) {
        Some(YAML) => {
            let text = serde_saphyr::to_string_multiple(&documents).map_err(Problem::internal)?;
            HttpResponse::Ok().content_type(YAML).body(text)
        }
        _ => HttpResponse::Ok().json(&documents),
    })
}

/// Take targets from OpenSLO
///
/// Each SLO becomes a target of the draft, in the place of the one with its key or after all others; everything else in
/// the draft stays. What is refused is told by its place in the list of documents. Windows are a month, a quarter or a
/// year of the calendar in the organisation's time zone.
#[utoipa::path(tag = "agreements", operation_id = "createOpenSlo", params(IfMatch),
    request_body(content((OpenSloDocuments = "application/json"), (OpenSloDocuments = "application/yaml"))),
    responses((status = 200, description = "The draft as it is now.", body = AgreementVersion)))]
#[post("/agreements/{agreementId}/versions/{versionNumber}/openslo")]
async fn create_openslo(
    call: Call,
    path: web::Path<(AgreementId, VersionNumber)>,
    sent: Documents<OpenSloDocuments>,
) -> Result<Reply, Problem> {
    let told = targets_of(&sent.value.0, &zone(&call)?)?;
    change(
        &call,
        path.into_inner(),
        "changed",
        &sent,
        async |unit, agreement, version| {
            let targets = told.iter().map(|(_, target)| target.clone()).collect();
            let content = version.content.clone().with_targets(targets);
            let of_documents = |rule| content.as_of_documents(&told, rule);
            let (services, terms) = (version.services.clone(), version.terms.clone());
            let agreed = store::agreed(unit, services, terms, content.clone()).await;
            let agreed = agreed.map_err(|e| match e {
                Error::Rule(rule) => Error::Rule(of_documents(rule)),
                other => other,
            })?;
            let with = store::other_party_now(unit, agreement).await?;
            Ok(version.edit(with, agreed).map_err(of_documents)?)
        },
    )
    .await
}
