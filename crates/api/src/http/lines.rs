//! A body of lines (NDJSON) of any length, read as it comes: so much of it is in memory as is being worked on.
use std::{future::ready, pin::Pin, time::Duration};

use actix_web::{
    FromRequest, HttpRequest,
    dev::{Decompress, Payload},
    error::PayloadError,
    http::header,
    web::Bytes,
};
use futures_util::{Stream, StreamExt, stream};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, timeout, timeout_at};

use super::problem::Problem;

/// The media type of a body of lines.
pub const NDJSON: &str = "application/x-ndjson";
/// The longest line, in bytes.
pub const LONGEST: usize = 64 * 1024;
/// How long a sender may be silent, and how long it may take in all.
const PATIENCE: Duration = Duration::from_secs(15);
const AT_MOST: Duration = Duration::from_secs(3600);
/// A little compressed can be much: so much of it is looked at at a time.
const PIECE: usize = 2048;
const ENCODINGS: [&str; 5] = ["identity", "gzip", "deflate", "br", "zstd"];

type Pieces = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

/// The lines of a body.
pub struct Lines {
    pieces: Decompress<Pieces>,
    until: Instant,
    left: Vec<u8>,
    /// How many bytes of `left` have been looked at for an end of line.
    looked: usize,
    overlong: bool,
    number: u64,
    digest: Sha256,
    ended: bool,
}

/// A line with its number, the first one being 1; none where it is too long.
pub type Line = (u64, Option<Vec<u8>>);

impl FromRequest for Lines {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let text = |name| {
            request
                .headers()
                .get(name)
                .and_then(|v| v.to_str().ok())
                .unwrap_or_default()
        };
        let media = text(header::CONTENT_TYPE)
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if media != NDJSON {
            return ready(Err(Problem::UnsupportedMediaType(NDJSON.into())));
        }
        let encoding = text(header::CONTENT_ENCODING).trim().to_ascii_lowercase();
        if !encoding.is_empty() && !ENCODINGS.contains(&encoding.as_str()) {
            return ready(Err(Problem::UnsupportedMediaType(
                "plain, or encoded as gzip, br or zstd".into(),
            )));
        }
        let pieces: Pieces = Box::pin(payload.take().flat_map(|received| stream::iter(cut(received))));
        ready(Ok(Self {
            pieces: Decompress::from_headers(pieces, request.headers()),
            until: Instant::now() + AT_MOST,
            left: vec![],
            looked: 0,
            overlong: false,
            number: 0,
            digest: Sha256::new(),
            ended: false,
        }))
    }
}

fn cut(received: Result<Bytes, PayloadError>) -> Vec<Result<Bytes, PayloadError>> {
    match received {
        Err(e) => vec![Err(e)],
        Ok(mut bytes) => {
            let mut pieces = vec![];
            while bytes.len() > PIECE {
                pieces.push(Ok(bytes.split_to(PIECE)));
            }
            pieces.push(Ok(bytes));
            pieces
        }
    }
}

impl Lines {
    /// Whether all lines were given.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// SHA-256 of all that was received, its encoding undone, in hexadecimal.
    pub fn digest(&self) -> String {
        domain::measurements::digest_text(self.digest.clone().finalize().into())
    }

    /// The next line; none when all were given. Blank ones are left out. Whoever stops waiting for it loses nothing.
    pub async fn next(&mut self) -> Result<Option<Line>, Problem> {
        while !self.ended {
            let whole = match self.left[self.looked..].iter().position(|b| *b == b'\n') {
                Some(at) => {
                    let rest = self.left.split_off(self.looked + at + 1);
                    Some(std::mem::replace(&mut self.left, rest))
                }
                None => {
                    self.looked = self.left.len();
                    self.receive().await?;
                    self.ended.then(|| std::mem::take(&mut self.left))
                }
            };
            if let Some(line) = whole {
                self.looked = 0;
                if let Some(line) = self.line(line) {
                    return Ok(Some(line));
                }
            }
        }
        Ok(None)
    }

    async fn receive(&mut self) -> Result<(), Problem> {
        if self.left.len() > LONGEST {
            self.overlong = true;
            self.left.clear();
            self.looked = 0;
        }
        let piece = timeout_at(self.until, timeout(PATIENCE, self.pieces.next())).await;
        match piece.map_err(|_| Problem::TimedOut)?.map_err(|_| Problem::TimedOut)? {
            None => self.ended = true,
            Some(Ok(piece)) => {
                self.digest.update(&piece);
                self.left.extend_from_slice(&piece);
            }
            Some(Err(e)) => return Err(Problem::Malformed(format!("The body cannot be read to its end: {e}."))),
        }
        Ok(())
    }

    /// The line without its end; none where it is blank.
    fn line(&mut self, mut line: Vec<u8>) -> Option<Line> {
        self.number += 1;
        while line.last().is_some_and(u8::is_ascii_whitespace) {
            line.pop();
        }
        if std::mem::take(&mut self.overlong) || line.len() > LONGEST {
            return Some((self.number, None));
        }
        if self.number == 1 && line.starts_with("\u{feff}".as_bytes()) {
            line.drain(..3);
        }
        (!line.is_empty()).then_some((self.number, Some(line)))
    }
}
