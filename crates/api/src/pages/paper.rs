//! How documents are handed out: which language, page or PDF, and the same bytes for the same content.
use std::sync::LazyLock;

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use documents::{Document, STYLE};
use domain::{Rule, RuleCode, agreements};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::Words;
use crate::http::{Call, Problem, reply::hex};

/// As what a document is handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A page to read and to print.
    Html,
    /// PDF/A, to keep.
    Pdf,
}

/// Which document.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PaperQuery {
    /// A page to read and to print (`html`), or PDF/A to keep; unless told what `Accept` prefers, else the page.
    #[param(inline)]
    format: Option<Format>,
    /// In which language its own words are; unless told what `Accept-Language` prefers, else the content's own.
    #[param(inline)]
    language: Option<agreements::Language>,
}

const HTML: &str = "text/html";
const PDF: &str = "application/pdf";

/// The style is one constant, so nothing else needs to be let through.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{style}'; frame-ancestors 'none'")
});

/// Setting a PDF takes a processor for a while: so many at a time, the others wait.
static PRESSES: Semaphore = Semaphore::const_new(2);

impl PaperQuery {
    /// What was asked for in another way.
    pub fn of(format: Format, language: Option<agreements::Language>) -> Self {
        let format = Some(format);
        Self { format, language }
    }

    /// The words to write with.
    pub fn words(&self, call: &Call, own: agreements::Language) -> Words {
        let language = self.language.or_else(|| call.language()).unwrap_or(own);
        Words::of(language)
    }

    fn format(&self, call: &Call) -> Format {
        let preferred = || match call.prefers(&[HTML, PDF]) {
            Some(PDF) => Format::Pdf,
            _ => Format::Html,
        };
        self.format.unwrap_or_else(preferred)
    }
}

/// The document as a page that is nobody's to keep: for doors outside the operations.
pub fn page(status: StatusCode, document: &Document) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_LANGUAGE, document.language.tag()))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::VARY, "Accept-Language"))
        .body(documents::to_html(document))
}

/// A document that is on its way out.
pub struct Paper {
    document: Document,
    format: Format,
}

impl Paper {
    /// The document as the caller asked for it.
    pub fn of(document: Document, call: &Call, query: &PaperQuery) -> Self {
        let format = query.format(call);
        Self { document, format }
    }

    /// The answer; `remember` is told the digest of a PDF before it goes.
    pub async fn answer(
        self,
        call: &Call,
        remember: impl AsyncFnOnce(String) -> Result<(), Problem>,
    ) -> Result<HttpResponse, Problem> {
        let page = documents::to_html(&self.document);
        // Page and PDF are made of one document: what tells the pages apart tells the PDFs apart.
        let digest = hex(&Sha256::digest(&page)[..16]);
        let (media, ending) = match self.format {
            Format::Html => ("text/html; charset=utf-8", "html"),
            Format::Pdf => (PDF, "pdf"),
        };
        let etag = format!("\"{ending}.{digest}\"");
        if call.has(&etag) {
            return Ok(HttpResponse::NotModified().insert_header((header::ETAG, etag)).finish());
        }
        let language = self.document.language.tag();
        // The number alone: what is remarked on it is no part of a file's name.
        let version = self
            .document
            .version
            .iter()
            .flat_map(|version| version.split(' ').next());
        let name: Vec<&str> = [self.document.identifier.as_str()]
            .into_iter()
            .chain(version)
            .chain([language])
            .collect();
        let name = format!("{}.{ending}", name.join("-"));
        let mut reply = HttpResponse::Ok();
        reply
            .content_type(media)
            .insert_header((header::ETAG, etag))
            .insert_header((header::CONTENT_LANGUAGE, language))
            .insert_header((header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")))
            .insert_header((header::VARY, "Accept, Accept-Language"));
        match self.format {
            Format::Html => Ok(reply
                .insert_header((header::CONTENT_SECURITY_POLICY, POLICY.as_str()))
                .body(page)),
            Format::Pdf => {
                let pdf = pressed(self.document).await?;
                remember(hex(&Sha256::digest(&pdf))).await?;
                Ok(reply.body(pdf))
            }
        }
    }
}

/// Sets the PDF beside the workers, which go on answering.
async fn pressed(document: Document) -> Result<Vec<u8>, Problem> {
    let _press = PRESSES.acquire().await.map_err(Problem::internal)?;
    let made = web::block(move || documents::to_pdf(&document)).await;
    made.map_err(Problem::internal)?.map_err(|e| match e {
        documents::Error::TooLarge { .. } => {
            Rule::new(RuleCode::State, format!("{e}; read it as a page, with format=html.")).into()
        }
        other => Problem::internal(other),
    })
}

/// A page, as the document describes it.
pub struct Page;
/// A PDF, as the document describes it.
pub struct Pdf;

impl PartialSchema for Page {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(20_000_000))
            .pattern(Some("^<!DOCTYPE html>"))
            .examples([serde_json::Value::from("<!DOCTYPE html><html lang=\"sv\">…</html>")])
            .description(Some(
                "An accessible page with a style for printing; no script, nothing from outside.",
            ))
            .into()
    }
}
impl ToSchema for Page {}

impl PartialSchema for Pdf {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(20_000_000))
            .pattern(Some("^%PDF-"))
            .examples([serde_json::Value::from("%PDF-1.7 …")])
            .content_media_type(PDF)
            .description(Some("PDF/A-2a and PDF/UA-1, with all fonts."))
            .into()
    }
}
impl ToSchema for Pdf {}
