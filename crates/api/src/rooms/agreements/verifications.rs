//! Which version a file is of: a document is known again by its very bytes, content by its digest.
use std::collections::{HashMap, hash_map::Entry};

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
    /// An exported agreement, of which every content is known.
    Export,
    /// Nothing that is known here, or nothing that you may see: never handed out, or altered since.
    Unknown,
}

/// The document that the file is.
#[derive(Debug, Clone, Serialize, ToSchema)]
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
    /// What the export tells otherwise than is recorded here now: members of the version in the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    differs: Vec<String>,
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
    #[schema(max_items = 1000)]
    versions: Vec<VerifiedVersion>,
}

/// Content or an export, as the document describes it.
struct AnyContent;

impl PartialSchema for AnyContent {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .max_properties(Some(1000))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .examples([serde_json::json!({"number": "AGR-2026-0001", "version": 1})])
            .description(Some(
                "The content that was approved: `number`, `version`, `with`, `services`, `calendars`, `terms`, `content`. \
                 Or an exported agreement.",
            ))
            .into()
    }
}
impl ToSchema for AnyContent {}

/// Find out which version a file is of
///
/// A PDF, an exported agreement, or the content as JSON (`number` and `version`, `with`, `services`, `calendars`, `terms`
/// and `content`, as a version tells them), of at most 10 MiB. A PDF is known by all of its bytes: altered in any way,
/// whatever it says of itself, it is unknown. Content is known by its digest, whatever its spelling. An export is known
/// where each of its contents is; what it tells otherwise than is recorded now is named in `differs`. The answer tells of
/// versions that you may see, and what is recorded of them: their state today and who approved them.
#[utoipa::path(tag = "agreements", operation_id = "createVerification",
    request_body(content((Pdf = "application/pdf"), (AnyContent = "application/json")), description = "The file."),
    responses((status = 200, description = "Which version it is of.", body = Verification)))]
#[post("/verifications")]
async fn create_verification(call: Call, file: File) -> Result<Reply, Problem> {
    let (kind, versions) = match file.kind {
        FileKind::Pdf => (FileIs::Document, of_document(&call, &file).await?),
        FileKind::Json => of_json(&call, &file).await?,
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
    let shown_by = ShownBy {
        language: document.language,
        status: document.status,
        first_at: document.first_at,
    };
    let found = recorded(call, vec![(document.digest, place)]).await?;
    let shown = found
        .into_iter()
        .map(|(digest, version)| VerifiedVersion::of(version, digest));
    let shown = shown.map(|version| VerifiedVersion {
        shown_by: Some(shown_by.clone()),
        ..version
    });
    Ok(shown.collect())
}

async fn of_json(call: &Call, file: &File) -> Result<(FileIs, Vec<VerifiedVersion>), Problem> {
    let told: Value = serde_json::from_slice(&file.bytes).map_err(|e| {
        Problem::Malformed(format!(
            "The body is not JSON: line {}, column {}.",
            e.line(),
            e.column()
        ))
    })?;
    call.operation.check_body(&told)?;
    if told.get("format").is_some() {
        return Ok((FileIs::Export, of_export(call, told).await?));
    }
    let digest: Digest = content_digest(&told)?.parse().map_err(Problem::internal)?;
    let places = store::places_of_contents(&call.reader(), &[digest]).await?;
    let found = recorded(call, places).await?.into_iter();
    let found = found.map(|(digest, version)| VerifiedVersion::of(version, digest));
    Ok((FileIs::Content, found.collect()))
}

/// The versions of an export; none where the file was altered, or where one of its versions is not known.
async fn of_export(call: &Call, told: Value) -> Result<Vec<VerifiedVersion>, Problem> {
    // What cannot be read as one, or is not what its digests say, is no export.
    let Some(file) = serde_json::from_value::<AgreementFile>(told)
        .ok()
        .filter(|file| file.check().is_ok())
    else {
        return Ok(vec![]);
    };
    let digests: Vec<Digest> = file.versions.iter().map(|version| version.digest.clone()).collect();
    let places = store::places_of_contents(&call.reader(), &digests).await?;
    let known = recorded(call, places).await?;
    let find = |filed: &FiledVersion| {
        let (digest, version) = known.iter().find(|(digest, _)| *digest == filed.digest)?;
        Some(VerifiedVersion {
            differs: filed.differs_from(&FiledVersion::of(version)),
            ..VerifiedVersion::of(version.clone(), digest.clone())
        })
    };
    let found: Option<Vec<_>> = file.versions.iter().map(find).collect();
    Ok(found.unwrap_or_default())
}

/// The versions in these places that the caller may see.
async fn recorded(
    call: &Call,
    places: Vec<(Digest, store::Place)>,
) -> Result<Vec<(Digest, AgreementVersion)>, Problem> {
    let reader = call.reader();
    let mut agreements: HashMap<AgreementId, Option<Agreement>> = HashMap::new();
    let mut found = vec![];
    for (digest, (id, number)) in places {
        if let Entry::Vacant(place) = agreements.entry(id) {
            let agreement = match store::get(&reader, &call.scope, id, call.today()).await {
                Err(Error::NotFound | Error::NotPermitted) => None,
                other => Some(other?),
            };
            place.insert(agreement);
        }
        let Some(Some(agreement)) = agreements.get(&id) else {
            continue;
        };
        match seen(call, &reader, agreement, number).await {
            Err(Problem::NotFound) => {}
            version => found.push((digest, version?)),
        }
    }
    Ok(found)
}

impl VerifiedVersion {
    /// What is recorded of a version, for a file that tells the content of this digest.
    fn of(version: AgreementVersion, digest: Digest) -> Self {
        Self {
            content_stands: version.digest == digest,
            agreement: version.agreement,
            number: version.number,
            state: version.state,
            digest,
            approvals: version.approvals,
            differs: vec![],
            shown_by: None,
        }
    }
}
