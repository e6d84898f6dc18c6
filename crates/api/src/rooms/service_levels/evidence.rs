//! The evidence behind figures, line by line: what an auditor recomputes them from.
use actix_web::{
    HttpResponse, get,
    http::header,
    web::{self, Bytes},
};
use chrono::{DateTime, Utc};
use domain::{
    access::Customers,
    agreements::VersionNumber,
    measurements::{MeasurementInput, MeasurementKind, digest_text},
    service_levels::*,
    vocabulary::*,
};
use futures_util::stream;
use persistence::service_levels as store;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Call, Problem, Query, Routes, lines::NDJSON};

pub fn routes(routes: &mut Routes) {
    routes.service(get_statement_evidence);
}

/// The evidence of which figures.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EvidenceQuery {
    /// Of this target, by its key; none: of all, and of the workload.
    target: Option<Slug>,
    /// As this version promised it; none: as any did.
    version: Option<VersionNumber>,
    /// Of this revision; the latest unless told.
    revision: Option<RevisionNumber>,
}

/// A measurement that figures rest on, as it stood when they were computed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceLine {
    /// Its id.
    measurement: MeasurementId,
    /// What was observed.
    kind: MeasurementKind,
    /// The service that it was matched to.
    service: ServiceId,
    /// When it arrived.
    received_at: DateTime<Utc>,
    /// SHA-256 of what was sent as canonical JSON (RFC 8785), in hexadecimal.
    #[schema(
        min_length = 64,
        max_length = 64,
        pattern = "^[0-9a-f]{64}$",
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    digest: String,
    /// What was sent. The customers of an outage are told to those who see every customer; the digest is of all of it.
    sent: MeasurementInput,
}

impl EvidenceLine {
    fn of(observed: Observed, sees_all: bool) -> Self {
        let mut sent = observed.sent;
        if let (MeasurementInput::Outage(outage), false) = (&mut sent, sees_all) {
            outage.customers.clear();
        }
        Self {
            measurement: observed.measurement,
            kind: sent.kind(),
            service: observed.service,
            received_at: observed.received_at,
            digest: digest_text(observed.digest),
            sent,
        }
    }
}

/// Show the evidence of a statement
///
/// Exactly the measurements that the figures rest on, a line each (NDJSON): of an open statement as they are now, of a
/// proposed or closed one as they stood when the figures were computed, whatever was corrected since. With the agreement's
/// version, its calendars, the use of the services and the exclusions, anybody can compute the figures again.
#[utoipa::path(tag = "service levels", operation_id = "getStatementEvidence", params(EvidenceQuery), responses((status = 200,
    description = "The measurements.", body = EvidenceLine, content_type = "application/x-ndjson")))]
#[get("/service-level-statements/{statementId}/evidence")]
async fn get_statement_evidence(
    call: Call,
    id: web::Path<StatementId>,
    query: Query<EvidenceQuery>,
) -> Result<HttpResponse, Problem> {
    let reader = call.reader();
    let mut statement = store::get(&reader, &call.scope, *id, call.today()).await?;
    if let Some(revision) = query.0.revision {
        statement = store::revision(&reader, statement, revision).await?;
    }
    let asked = EvidenceOf {
        target: query.0.target,
        version: query.0.version,
    };
    let sees_all = call.scope.visible.customers == Customers::All;
    let mut reply = HttpResponse::Ok();
    reply
        .content_type(NDJSON)
        .insert_header((header::CACHE_CONTROL, "no-store"));
    if statement.state == StatementState::Open {
        let (inputs, _) = store::computed_now(&reader, &statement, call.local_time()).await?;
        let evidence = inputs
            .evidence()
            .into_iter()
            .filter(|o| inputs.rests_on(o, &asked))
            .cloned();
        return Ok(reply.body(text(evidence.collect(), sees_all)?));
    }
    let frame = store::frame(&reader, &statement, call.local_time()).await?;
    let pages = stream::unfold(Some((call, None)), move |place| {
        let (frame, asked, statement) = (frame.clone(), asked.clone(), (statement.id, statement.revision));
        async move {
            let (call, after) = place?;
            let page = store::kept_evidence(&call.reader(), statement.0, statement.1, after).await;
            let page = page.map_err(Problem::from).and_then(|page| {
                let next = page.last().map(|observed| observed.measurement);
                let next = next.filter(|_| page.len() == store::EVIDENCE_AT_A_TIME);
                let wanted = page.into_iter().filter(|observed| frame.rests_on(observed, &asked));
                Ok((text(wanted.collect(), sees_all)?, next))
            });
            match page {
                Ok((lines, next)) => Some((Ok(lines), next.map(|next| (call, Some(next))))),
                // The head was sent: the connection is cut, so that half the evidence is not taken for all of it.
                Err(problem) => Some((Err(actix_web::Error::from(problem)), None)),
            }
        }
    });
    Ok(reply.streaming(pages))
}

fn text(evidence: Vec<Observed>, sees_all: bool) -> Result<Bytes, Problem> {
    let mut text = Vec::with_capacity(evidence.len() * 400);
    for observed in evidence {
        serde_json::to_writer(&mut text, &EvidenceLine::of(observed, sees_all))?;
        text.push(b'\n');
    }
    Ok(text.into())
}
