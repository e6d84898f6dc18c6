//! Which version a file is of: a document is known again by its very bytes, content by its digest.
use actix_web::post;
use chrono::{DateTime, Utc};
use domain::{agreements::*, vocabulary::*};
use persistence::{Error, agreements as store};
use serde::Serialize;
use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::AdditionalProperties, schema::Type},
};

use super::versions::seen;
use crate::{
    http::{Call, File, FileKind, Problem, Reply, Routes},
    pages::Pdf,
};

pub fn routes(routes: &mut Routes) {
    routes.service(create_verification);
}

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileIs {
    /// A document that was handed out here, to the last byte.
    Document,
    /// The content of a version, as both parties approve it.
    Content,
    /// Nothing that is known here, or nothing that you may see: never handed out, or altered since.
    Unknown,
}

/// The document that the file is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ShownBy {
    /// The language of its own words.
    language: Language,
    /// Where the version stood in it.
    status: VersionStatus,
    /// When it was handed out first.
    first_at: DateTime<Utc>,
}

/// A version that the file is of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VerifiedVersion {
    /// The agreement that it belongs to.
    agreement: AgreementRef,
    /// Its number within the agreement.
    number: VersionNumber,
    /// Where it stands today.
    state: VersionState,
    /// The digest of the content that the file tells.
    digest: Digest,
    /// Whether that is the version's content now; not so, it is an earlier draft.
    content_stands: bool,
    /// Who approved the version's content.
    #[schema(max_items = 2)]
    approvals: Approvals,
    /// How the document showed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown_by: Option<ShownBy>,
}

/// Which version a file is of.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Verification {
    /// What the file is.
    file: FileIs,
    /// SHA-256 of the file, in hexadecimal.
    #[schema(
        min_length = 64,
        max_length = 64,
        pattern = "^[0-9a-f]{64}$",
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    file_digest: String,
    /// The versions that it is of; none where it is unknown.
    #[schema(max_items = 20)]
    versions: Vec<VerifiedVersion>,
}

/// Content as JSON, as the document describes it.
struct AnyContent;

impl PartialSchema for AnyContent {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .max_properties(Some(1000))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .examples([serde_json::json!({"number": "AGR-2026-0001", "version": 1})])
            .description(Some(
                "The content that was approved: `number`, `version`, `with`, `services`, `calendars`, `terms`, `content`.",
            ))
            .into()
    }
}
impl ToSchema for AnyContent {}

/// Find out which version a file is of
///
/// A PDF, or the content as JSON (`number` and `version`, `with`, `services`, `calendars`, `terms` and `content`, as a
/// version tells them), of at most 10 MiB. A PDF is known by all of its bytes: altered in any way, whatever it says of
/// itself, it is unknown. Content is known by its digest, whatever its spelling. The answer tells of versions that you may
/// see, and what is recorded of them: their state today and who approved them.
#[utoipa::path(tag = "agreements", operation_id = "createVerification",
    request_body(content((Pdf = "application/pdf"), (AnyContent = "application/json")), description = "The file."),
    responses((status = 200, description = "Which version it is of.", body = Verification)))]
#[post("/verifications")]
async fn create_verification(call: Call, file: File) -> Result<Reply, Problem> {
    let (kind, versions) = match file.kind {
        FileKind::Pdf => (FileIs::Document, of_document(&call, &file).await?),
        FileKind::Json => (FileIs::Content, of_content(&call, &file).await?),
    };
    Reply::plain(&Verification {
        file: if versions.is_empty() { FileIs::Unknown } else { kind },
        file_digest: file.digest().to_owned(),
        versions,
    })
}

async fn of_document(call: &Call, file: &File) -> Result<Vec<VerifiedVersion>, Problem> {
    let reader = call.reader();
    let Some(document) = store::handed_out(&reader, file.digest()).await? else {
        return Ok(vec![]);
    };
    let Some(place) = store::place_of(&reader, document.version).await? else {
        return Ok(vec![]);
    };
    let found = verified(call, place, document.digest).await?;
    let shown_by = ShownBy {
        language: document.language,
        status: document.status,
        first_at: document.first_at,
    };
    let shown = found.map(|version| VerifiedVersion {
        shown_by: Some(shown_by),
        ..version
    });
    Ok(shown.into_iter().collect())
}

async fn of_content(call: &Call, file: &File) -> Result<Vec<VerifiedVersion>, Problem> {
    let content: Value = serde_json::from_slice(&file.bytes).map_err(|e| {
        Problem::Malformed(format!(
            "The body is not JSON: line {}, column {}.",
            e.line(),
            e.column()
        ))
    })?;
    call.operation.check_body(&content)?;
    let text = content_digest(&content)?;
    let Ok(digest) = text.parse::<Digest>() else {
        return Ok(vec![]);
    };
    let mut found = vec![];
    for place in store::places_of_content(&call.reader(), &text).await? {
        found.extend(verified(call, place, digest.clone()).await?);
    }
    Ok(found)
}

/// What is recorded of a version, if the caller may see it.
async fn verified(
    call: &Call,
    (agreement, number): store::Place,
    digest: Digest,
) -> Result<Option<VerifiedVersion>, Problem> {
    let reader = call.reader();
    let agreement = match store::get(&reader, &call.scope, agreement, call.today()).await {
        Err(Error::NotFound | Error::NotPermitted) => return Ok(None),
        other => other?,
    };
    let version = match seen(call, &reader, &agreement, number).await {
        Err(Problem::NotFound) => return Ok(None),
        other => other?,
    };
    Ok(Some(VerifiedVersion {
        content_stands: version.digest == digest,
        agreement: version.agreement,
        number,
        state: version.state,
        digest,
        approvals: version.approvals,
        shown_by: None,
    }))
}
