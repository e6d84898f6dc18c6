//! The way out: representations with their ETag, lists with their links.
use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{StatusCode, header},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::NaiveDate;
use domain::events::Aggregate;
use persistence::{
    Page,
    events::{LogCursor, Stretch},
    store::idempotency::Answer,
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{operations::BASE, problem::Problem};

/// The entity tag: the version, the local date where the calendar shows in what is read, and what else it reads by.
pub fn etag<A: Aggregate>(thing: &A, today: NaiveDate) -> String {
    let version = thing.version();
    match (thing.reads_by_calendar(), thing.reads_as()) {
        (_, Some(state)) => format!("\"{version}.{state}\""),
        (true, None) => format!("\"{version}.{today}\""),
        (false, None) => format!("\"{version}\""),
    }
}

/// An answer that is not a problem.
pub struct Reply {
    status: StatusCode,
    etag: Option<String>,
    location: Option<String>,
    link: Option<String>,
    body: String,
    /// What a replay leaves out: secrets.
    kept_body: Option<String>,
    replayed: bool,
}

impl Reply {
    fn new(status: StatusCode, body: String) -> Self {
        Self {
            status,
            etag: None,
            location: None,
            link: None,
            body,
            kept_body: None,
            replayed: false,
        }
    }

    /// 200 with the thing and its ETag.
    pub fn ok<A: Aggregate>(thing: &A, today: NaiveDate) -> Result<Self, Problem> {
        let etag = Some(etag(thing, today));
        Ok(Self {
            etag,
            ..Self::new(StatusCode::OK, serde_json::to_string(thing)?)
        })
    }

    /// 200 with something that has no version.
    pub fn plain(value: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self::new(StatusCode::OK, serde_json::to_string(value)?))
    }

    /// 201 with the thing, at `path` relative to the base.
    pub fn created<A: Aggregate>(path: String, thing: &A, today: NaiveDate) -> Result<Self, Problem> {
        let ok = Self::ok(thing, today)?;
        Ok(Self {
            status: StatusCode::CREATED,
            location: Some(format!("{BASE}{path}")),
            ..ok
        })
    }

    /// 201 for something new, 200 for something that its source told of again.
    pub fn told<A: Aggregate>(new: bool, path: String, thing: &A, today: NaiveDate) -> Result<Self, Problem> {
        if new {
            Self::created(path, thing, today)
        } else {
            Self::ok(thing, today)
        }
    }

    /// The same with a secret that is told this once.
    pub fn with_secret(self, secret: &str) -> Result<Self, Problem> {
        self.telling_once("clientSecret", secret)
    }

    /// The same with a member that is told this once.
    pub fn telling_once(self, member: &str, secret: &str) -> Result<Self, Problem> {
        let mut told: Map<String, Value> = serde_json::from_str(&self.body)?;
        told.insert(member.into(), secret.into());
        Ok(Self {
            kept_body: Some(self.body),
            body: serde_json::to_string(&told)?,
            ..self
        })
    }

    /// 204.
    pub fn gone() -> Self {
        Self::new(StatusCode::NO_CONTENT, String::new())
    }

    /// 304.
    pub fn not_modified(etag: String) -> Self {
        Self {
            etag: Some(etag),
            ..Self::new(StatusCode::NOT_MODIFIED, String::new())
        }
    }

    /// The answer as it is kept for a repeat.
    pub fn to_be_kept(&self) -> Result<Answer, Problem> {
        let headers = json!({"etag": self.etag, "location": self.location});
        Ok(Answer {
            status: self.status.as_u16(),
            headers: headers.to_string(),
            body: self.kept_body.as_ref().unwrap_or(&self.body).clone(),
        })
    }

    /// A kept answer, once more.
    pub fn again(answer: &Answer) -> Result<Self, Problem> {
        let headers: Value = serde_json::from_str(&answer.headers)?;
        let text = |name: &str| headers[name].as_str().map(ToOwned::to_owned);
        let status = StatusCode::from_u16(answer.status).map_err(Problem::internal)?;
        let new = Self::new(status, answer.body.clone());
        Ok(Self {
            etag: text("etag"),
            location: text("location"),
            replayed: true,
            ..new
        })
    }
}

impl Responder for Reply {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut reply = HttpResponse::build(self.status);
        let headers = [
            (header::ETAG, self.etag),
            (header::LOCATION, self.location),
            (header::LINK, self.link),
        ];
        for (name, value) in headers {
            if let Some(value) = value {
                reply.insert_header((name, value));
            }
        }
        if self.replayed {
            reply.insert_header(("Idempotency-Replayed", "true"));
        }
        if self.body.is_empty() {
            return reply.finish();
        }
        reply.content_type("application/json").body(self.body)
    }
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub struct Listing<T> {
    /// The items.
    #[schema(max_items = 200)]
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        max_length = 2048,
        pattern = r"^([0-9a-f][0-9a-f]){16,}$",
        example = "019a2f4e7c1d7b529d3a5e8f0c6b1a27"
    )]
    pub next: Option<String>,
    /// How many match in all, where `count=true` asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub total: Option<u64>,
}

/// A stretch of the log.
#[derive(Serialize, ToSchema)]
pub struct Log<T> {
    /// The entries, in the log's order.
    #[schema(max_items = 200)]
    pub items: Vec<T>,
    /// Where to go on, also when nothing has happened yet.
    #[schema(
        min_length = 32,
        max_length = 32,
        pattern = r"^[0-9a-f]{32}$",
        example = "000000000000002a5f0c6b1a279d3a5e"
    )]
    pub next: String,
    /// Whether there is more already.
    pub more: bool,
}

/// So many items as JSON, in a text that begins with room for them: growing from nothing, it would be copied ten times.
fn many(items: usize, value: &impl Serialize) -> Result<String, Problem> {
    const AN_ITEM: usize = 1500;
    let mut json = Vec::with_capacity((items + 1) * AN_ITEM);
    serde_json::to_writer(&mut json, value)?;
    String::from_utf8(json).map_err(Problem::internal)
}

/// Bytes as text in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a cursor's text.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

impl super::Call {
    /// A page of a list, with its links.
    pub fn listed<T: Serialize>(&self, page: Page<T>) -> Result<Reply, Problem> {
        let next = page.next.map(|cursor| hex(&cursor.to_bytes()));
        let mut links = vec![self.link(None, "first")];
        links.extend(next.as_ref().map(|cursor| self.link(Some(cursor), "next")));
        let items = page.items.len();
        let listing = Listing {
            items: page.items,
            next,
            total: page.total,
        };
        let body = many(items, &listing)?;
        Ok(Reply {
            link: Some(links.join(", ")),
            ..Reply::new(StatusCode::OK, body)
        })
    }

    /// A stretch of the log, with the place to go on.
    pub fn logged<T: Serialize>(&self, stretch: Stretch<T>) -> Result<Reply, Problem> {
        let next = hex(&LogCursor::to_bytes(stretch.next));
        let link = self.link(Some(&next), "next");
        let items = stretch.items.len();
        let log = Log {
            items: stretch.items,
            next,
            more: stretch.more,
        };
        let body = many(items, &log)?;
        Ok(Reply {
            link: Some(link),
            ..Reply::new(StatusCode::OK, body)
        })
    }

    /// This request's own address with another cursor.
    fn link(&self, cursor: Option<&String>, relation: &str) -> String {
        let (path, query) = self.target().split_once('?').unwrap_or((self.target(), ""));
        let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor");
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept);
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("<{path}{mark}{query}>; rel=\"{relation}\"")
    }
}

/// Random text of 256 bits, as secrets are made of.
pub fn random_secret() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}
