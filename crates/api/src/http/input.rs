//! The way in: queries and bodies, checked against the document before a handler sees them as typed values.
use std::{future::Future, pin::Pin, rc::Rc, sync::Arc, time::Duration};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web};
use domain::{
    Rule, RuleCode,
    vocabulary::{Purpose, SystemKey, to_json_for},
};
use persistence::{Paging, events::LogCursor, store::Cursor};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::{
    call::{Pass, Sent},
    operations::Operation,
    problem::{Fault, Problem},
    reply::unhex,
};

/// The largest JSON body, in bytes, where the operation does not say otherwise.
pub const LARGEST: usize = 512 * 1024;
/// How long a caller may take to send it.
const PATIENCE: Duration = Duration::from_secs(15);
/// The largest CSV body, in bytes.
pub const LARGEST_FILE: usize = 10 * 1024 * 1024;

fn pass(request: &HttpRequest) -> Result<Rc<Pass>, Problem> {
    request
        .extensions()
        .get::<Rc<Pass>>()
        .cloned()
        .ok_or(Problem::Forbidden)
}

/// The query's parameters, as declared.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = || {
            let query = pass(request)?.operation.read_query(request.query_string())?;
            serde_json::from_value(query)
                .map(Self)
                .map_err(|e| Problem::Malformed(format!("The query: {e}.")))
        };
        std::future::ready(read())
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
pub enum Sort {
    /// From the beginning: A to Ö, or oldest first.
    #[default]
    #[serde(rename = "ascending")]
    Ascending,
    /// From the end.
    #[serde(rename = "descending")]
    Descending,
}

/// Which page of a list, and in what order.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// At most this many items.
    #[param(minimum = 1, maximum = 200, default = 20)]
    limit: Option<u64>,
    /// `next` of the page before.
    #[param(min_length = 32, max_length = 2048, pattern = r"^([0-9a-f][0-9a-f]){16,}$")]
    cursor: Option<String>,
    /// From the beginning (`ascending`) or from the end.
    #[param(inline)]
    sort: Option<Sort>,
    /// Whether to count all that match, as `total`.
    count: Option<bool>,
}

impl ListQuery {
    /// For a log of what came in: from the end, unless it is asked for otherwise.
    pub fn latest_first(self) -> Paging {
        let descending = self.sort != Some(Sort::Ascending);
        Paging {
            descending,
            ..self.into()
        }
    }
}

impl From<ListQuery> for Paging {
    fn from(query: ListQuery) -> Self {
        Self {
            limit: query.limit.unwrap_or(20),
            after: query.cursor.and_then(|text| Cursor::from_bytes(&unhex(&text)?)),
            descending: query.sort == Some(Sort::Descending),
            count: query.count.unwrap_or_default(),
        }
    }
}

/// Which stretch of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// At most this many entries.
    #[param(minimum = 1, maximum = 200, default = 20)]
    limit: Option<u64>,
    /// `next` of the stretch before; none begins at the log's beginning.
    #[param(min_length = 32, max_length = 32, pattern = r"^[0-9a-f]{32}$")]
    cursor: Option<String>,
}

impl LogQuery {
    /// After which place, and how much.
    pub fn place(&self) -> (LogCursor, u64) {
        let bytes = self.cursor.as_ref().and_then(|text| unhex(text)?.try_into().ok());
        (
            bytes.map_or(LogCursor::ORIGIN, LogCursor::from_bytes),
            self.limit.unwrap_or(20),
        )
    }
}

/// Looks a thing up by what another system calls it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReferenceQuery {
    /// Known by this reference: the other system, a colon, its id there (`servicedesk:INC0012345`).
    #[param(
        min_length = 3,
        max_length = 261,
        pattern = r"^[a-z0-9][a-z0-9._-]{0,59}:[^\x00-\x20\x7f]([^\x00-\x1f\x7f]{0,198}[^\x00-\x20\x7f])?$"
    )]
    reference: Option<String>,
}

impl ReferenceQuery {
    /// The reference, in its two parts.
    pub fn key(self) -> Option<SystemKey> {
        let text = self.reference?;
        let (system, id) = text.split_once(':')?;
        Some(SystemKey {
            system: system.parse().ok()?,
            id: id.parse().ok()?,
        })
    }
}

/// A JSON body that fits its schema, of at most `MOST` bytes.
pub struct Body<T, const MOST: usize = LARGEST> {
    /// What it says.
    pub value: T,
    digest: String,
}

impl<T, const MOST: usize> Sent for Body<T, MOST> {
    fn digest(&self) -> &str {
        &self.digest
    }
}

/// A request without a body.
pub struct NoBody;

impl Sent for NoBody {
    fn digest(&self) -> &str {
        ""
    }
}

/// Only the members that are to change (JSON Merge Patch, RFC 7396): absent is unchanged, null is removed.
pub struct Patch {
    patch: Value,
    operation: Arc<Operation>,
    digest: String,
}

/// The document's name for a patch of a body; its schema is made of that body's.
#[derive(Serialize, ToSchema)]
pub struct PatchOf<T>(T);

impl Sent for Patch {
    fn digest(&self) -> &str {
        &self.digest
    }
}

impl Patch {
    /// What the caller would send for the thing as it is, with the patch applied.
    pub fn onto<I: DeserializeOwned>(&self, current: &impl Serialize) -> Result<I, Problem> {
        let mut document = self.operation.as_sent(to_json_for(Purpose::Input, current)?);
        json_patch::merge(&mut document, &self.patch);
        // The patch has its shape; what it lacks, it lacks for the thing as it is.
        serde_json::from_value(document).map_err(|e| {
            Rule::new(
                RuleCode::State,
                format!("With this change the thing would not be whole: {e}."),
            )
            .into()
        })
    }
}

/// The refusal of a body that its schema lets through and its type does not.
pub fn unfit(e: serde_json::Error) -> Problem {
    Problem::Invalid(vec![Fault {
        pointer: Some(String::new()),
        parameter: None,
        code: "invalid".into(),
        detail: e.to_string(),
    }])
}

/// To JSON Schema 118.0 is an integer; to a typed value it is one only when it is written like one.
pub fn write_whole(value: &mut Value) {
    const EXACT: f64 = 9_007_199_254_740_991.0;
    match value {
        Value::Number(number) if number.is_f64() => {
            if let Some(float) = number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() <= EXACT) {
                *value = Value::from(float as i64);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(write_whole),
        Value::Object(members) => members.values_mut().for_each(write_whole),
        _ => {}
    }
}

pub(super) type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// The bytes of the body, if it is of one of the media types and not larger than `largest`.
pub(super) fn receive(
    request: &HttpRequest,
    payload: &mut Payload,
    media: &'static [&'static str],
    largest: usize,
) -> Reading<(web::Bytes, Rc<Pass>)> {
    let pass = pass(request);
    let sent = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let sent = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = media.contains(&sent.as_str());
    let payload = web::Payload::from_request(request, payload);
    let query = request.query_string().to_owned();
    Box::pin(async move {
        let pass = pass?;
        if !known {
            return Err(Problem::UnsupportedMediaType(media.join(" or ")));
        }
        let unreadable = |e: &dyn std::fmt::Display| Problem::Malformed(format!("The body cannot be read: {e}."));
        let payload = payload.await.map_err(|e| unreadable(&e))?;
        let reading = tokio::time::timeout(PATIENCE, payload.to_bytes_limited(largest)).await;
        let bytes = reading
            .map_err(|_| Problem::TimedOut)?
            .map_err(|_| Problem::TooLarge { limit: largest })?;
        let bytes = bytes.map_err(|e| unreadable(&e))?;
        pass.operation.read_query(&query)?;
        Ok((bytes, pass))
    })
}

fn json(bytes: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(bytes).map_err(|e| {
        let (line, column) = (e.line(), e.column());
        Problem::Malformed(format!("The body is not JSON: line {line}, column {column}."))
    })
}

/// Reads the body as JSON of one of the media types and checks it against the operation's schema.
fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    media: &'static [&'static str],
    largest: usize,
) -> Reading<(Value, Rc<Pass>, String)> {
    let received = receive(request, payload, media, largest);
    Box::pin(async move {
        let (bytes, pass) = received.await?;
        let mut value = json(&bytes)?;
        pass.operation.check_body(&value)?;
        write_whole(&mut value);
        // The value, not its spelling: blanks and the order of members make no other request.
        let digest = domain::clients::digest(&value.to_string());
        Ok((value, pass, digest))
    })
}

impl<T: DeserializeOwned + 'static, const MOST: usize> FromRequest for Body<T, MOST> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let read = read(request, payload, &["application/json"], MOST);
        Box::pin(async move {
            let (value, _, digest) = read.await?;
            Ok(Self {
                value: serde_json::from_value(value).map_err(unfit)?,
                digest,
            })
        })
    }
}

impl FromRequest for Patch {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media = &["application/merge-patch+json", "application/json"];
        let read = read(request, payload, media, LARGEST);
        Box::pin(async move {
            let (patch, pass, digest) = read.await?;
            Ok(Self {
                patch,
                operation: pass.operation.clone(),
                digest,
            })
        })
    }
}

/// The media type of YAML (RFC 9512).
pub const YAML: &str = "application/yaml";
/// The media type of everything else.
pub const JSON: &str = "application/json";

/// A body of several documents that fit its schema: a JSON array, or YAML documents one after the other.
pub struct Documents<T> {
    /// What they say.
    pub value: T,
    digest: String,
}

impl<T> Sent for Documents<T> {
    fn digest(&self) -> &str {
        &self.digest
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Documents<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let sent = request.headers().get(header::CONTENT_TYPE);
        let is_yaml = sent.is_some_and(|v| v.as_bytes().to_ascii_lowercase().starts_with(YAML.as_bytes()));
        let received = receive(request, payload, &["application/json", YAML], LARGEST);
        Box::pin(async move {
            let (bytes, pass) = received.await?;
            let mut value = match is_yaml {
                true => yaml(utf8(&bytes)?)?,
                false => json(&bytes)?,
            };
            pass.operation.check_body(&value)?;
            write_whole(&mut value);
            let digest = domain::clients::digest(&value.to_string());
            let value = serde_json::from_value(value).map_err(unfit)?;
            Ok(Self { value, digest })
        })
    }
}

/// YAML documents as one list; one that is a list already stays one, and none are none.
fn yaml(text: &str) -> Result<Value, Problem> {
    let unreadable = |e: serde_saphyr::Error| {
        let place = e
            .location()
            .map(|at| format!(": line {}, column {}", at.line(), at.column()));
        Problem::Malformed(format!("The body is not YAML{}.", place.unwrap_or_default()))
    };
    let mut documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(unreadable)?;
    match documents.as_slice() {
        [Value::Array(_)] => Ok(documents.remove(0)),
        [] => Ok(Value::Null),
        _ => Ok(documents.into()),
    }
}

/// A body of comma- or semicolon-separated values: UTF-8, with or without a byte order mark.
pub struct Csv {
    /// The text, without a byte order mark.
    pub text: String,
    digest: String,
}

impl Sent for Csv {
    fn digest(&self) -> &str {
        &self.digest
    }
}

impl PartialSchema for Csv {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(LARGEST_FILE))
            .pattern(Some(r"^[^\x00]*$"))
            .description(Some(
                "A CSV file in UTF-8: a header line that names the columns, then a line for each thing; `;` or `,` \
                 between cells, as the header line has it.",
            ))
            .into()
    }
}

impl ToSchema for Csv {}

impl FromRequest for Csv {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let received = receive(request, payload, &["text/csv"], LARGEST_FILE);
        Box::pin(async move {
            let (bytes, pass) = received.await?;
            let text = utf8(&bytes)?;
            let digest = domain::clients::digest(text);
            let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
            pass.operation.check_body(&text.as_str().into())?;
            Ok(Self { text, digest })
        })
    }
}

/// The bytes as text. What is not UTF-8 was most often saved by a spreadsheet in the old Windows way.
fn utf8(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map_err(|e| {
        let line = bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        let guess = match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16",
            _ => "Windows-1252",
        };
        Problem::Malformed(format!(
            "Line {line} is not UTF-8: the file looks like {guess}. Save it as UTF-8 (\"CSV UTF-8\" in a spreadsheet)."
        ))
    })
}
