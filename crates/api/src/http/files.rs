//! Files that are sent to be looked at.
use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use sha2::{Digest as _, Sha256};

use super::{
    input::{LARGEST_FILE, Reading, receive},
    problem::{Fault, Problem},
    reply::hex,
};

/// What kind of file was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Pdf,
    Json,
}

/// A body that is a file to look at: its bytes count, not only what they say.
pub struct File {
    /// The bytes.
    pub bytes: web::Bytes,
    /// What it is said to be.
    pub kind: FileKind,
    digest: String,
}

impl File {
    /// SHA-256 of the bytes, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl FromRequest for File {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let sent = request.headers().get(header::CONTENT_TYPE);
        let is_pdf = sent.is_some_and(|sent| sent.as_bytes().starts_with(b"application/pdf"));
        let received = receive(request, payload, &["application/pdf", "application/json"], LARGEST_FILE);
        Box::pin(async move {
            let (bytes, _) = received.await?;
            let digest = hex(&Sha256::digest(&bytes));
            if is_pdf && !bytes.starts_with(b"%PDF-") {
                return Err(Problem::Invalid(vec![Fault {
                    pointer: Some(String::new()),
                    parameter: None,
                    code: "pattern".into(),
                    detail: "begins with %PDF-".into(),
                }]));
            }
            let kind = if is_pdf { FileKind::Pdf } else { FileKind::Json };
            Ok(Self { bytes, kind, digest })
        })
    }
}
