//! The one error of this floor, and the one place where any failure becomes a problem document (RFC 9457).
use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{StatusCode, header},
};
use domain::{
    Rule, RuleCode,
    access::{ClientScope, Denied},
};
use persistence::store::LostRace;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("{0}")]
    Malformed(String),
    #[error("Some query parameters are not as declared.")]
    Query(Vec<Fault>),
    #[error("The body does not fit its schema.")]
    Invalid(Vec<Fault>),
    #[error("Nothing was taken in: {} faults{}.", .faults.len() + .more, if *.more > 0 { ", of which errors names the first" } else { "" })]
    Lines { faults: Vec<Fault>, more: usize },
    #[error("{0}")]
    Unauthenticated(&'static str),
    #[error("No connection is known here by what was sent.")]
    UnknownSender,
    #[error("A caller of your kind never may do this.")]
    Forbidden,
    #[error("The token lacks the scope {0}.")]
    InsufficientScope(ClientScope),
    #[error("You may see this, but your roles do not allow the act.")]
    NotPermitted,
    #[error("There is nothing here, or nothing that you may see.")]
    NotFound,
    #[error("This method is not offered here; see the Allow header.")]
    MethodNotAllowed { allow: String },
    #[error("Nothing that you accept is offered; most answers are application/json.")]
    NotAcceptable,
    #[error(transparent)]
    Rule(Rule),
    #[error("The Idempotency-Key was used for another request; take a fresh one.")]
    KeyReused,
    #[error("The same request is still running; ask again.")]
    TwinRunning,
    #[error("Send an Idempotency-Key (a UUID), so that a repeat does no harm.")]
    KeyMissing,
    #[error("The cursor does not belong to this log: it was restored or replaced. Begin anew without a cursor.")]
    CursorGone,
    #[error("It has changed since you read it; read it again.")]
    PreconditionFailed { etag: String },
    #[error("Send If-Match with the ETag that you last saw.")]
    PreconditionRequired,
    #[error("The body is larger than {limit} bytes.")]
    TooLarge { limit: usize },
    #[error("The body must be {0}.")]
    UnsupportedMediaType(String),
    #[error("Too many requests; wait {seconds} s.")]
    TooMany { seconds: u64 },
    #[error("The body did not come in time; nothing was changed.")]
    TimedOut,
    #[error("The database does not answer; try again.")]
    Unavailable(#[source] persistence::Error),
    #[error("Something went wrong on our side; the request id finds it in our log.")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A refusal of the framework itself, whose status it keeps.
    #[error("{detail}")]
    Framework { status: StatusCode, detail: String },
}

/// One fault in what was sent.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Fault {
    /// JSON pointer to the member in the body; in a body of lines it begins with the line: `/line/column` in CSV, whose header line is line 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500, pattern = r"^[^\x00-\x1f]*$", example = "/mandates/0/lastDay")]
    pub pointer: Option<String>,
    /// Name of the query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, pattern = r"^[^\x00-\x1f]*$", example = "limit")]
    pub parameter: Option<String>,
    /// What is wrong, for programs.
    #[schema(max_length = 60, pattern = r"^[a-z_]+$", example = "max_length")]
    pub code: String,
    /// What is wrong and what would be right, for people.
    #[schema(
        max_length = 2000,
        pattern = r"^[^\x00-\x1f]*$",
        example = "has at most 200 characters"
    )]
    pub detail: String,
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct Document {
    /// Address that explains this kind of problem.
    #[serde(rename = "type")]
    #[schema(
        format = "uri-reference",
        max_length = 500,
        pattern = r"^[!-~]+$",
        example = "https://kundansvar.example.se/problems/invalid"
    )]
    pub kind: String,
    /// The kind of problem in a few words.
    #[schema(max_length = 100, pattern = r"^[^\x00-\x1f]*$", example = "The body does not fit")]
    pub title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 422)]
    pub status: u16,
    /// What happened, and the way out.
    #[schema(
        max_length = 4000,
        pattern = r"^[^\x00-\x1f]*$",
        example = "The body does not fit its schema."
    )]
    pub detail: String,
    /// The path that was asked.
    #[schema(
        format = "uri-reference",
        max_length = 4000,
        pattern = r"^[!-~]+$",
        example = "/kundansvar/v1/customers"
    )]
    pub instance: String,
    /// The kind of problem, for programs.
    #[schema(max_length = 60, pattern = r"^[a-z_]+$", example = "invalid")]
    pub code: String,
    /// Finds the request in our log.
    #[schema(max_length = 128, pattern = r"^[!-~]+$", example = "4f1c2d3e-0001")]
    pub request_id: String,
    /// The domain rule that refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4, pattern = r"^R[0-9]{1,3}$", example = "R14")]
    pub rule: Option<&'static str>,
    /// Each fault in what was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub errors: Vec<Fault>,
}

/// A kind of problem, as its page explains it.
pub struct Kind {
    pub status: StatusCode,
    pub code: &'static str,
    pub title: &'static str,
    pub title_sv: &'static str,
    pub advice: &'static str,
}

macro_rules! kinds {
    ($($status:ident $code:literal $title:literal $title_sv:literal $advice:literal;)*) => {
        /// Every kind of problem there is.
        pub const KINDS: &[Kind] = &[$(Kind {
            status: StatusCode::$status, code: $code, title: $title, title_sv: $title_sv, advice: $advice,
        }),*];
    };
}

kinds! {
    BAD_REQUEST "malformed" "The request is not readable" "Anropet går inte att läsa" "The body is not JSON (or not UTF-8), or a header is not what it must be. Mend it and send it again.";
    BAD_REQUEST "query" "A query parameter is not as declared" "En frågeparameter är fel" "A parameter is unknown, repeated or not readable. `errors` names each one.";
    BAD_REQUEST "key_missing" "Idempotency-Key is missing" "Idempotency-Key saknas" "Programs send a fresh UUID in Idempotency-Key with each POST, so that a repeat does no harm.";
    UNAUTHORIZED "unauthenticated" "Not signed in" "Inte inloggad" "Send a valid access token as `Authorization: Bearer …`.";
    FORBIDDEN "forbidden" "Not for callers of your kind" "Inte för den som anropar" "The permission table never allows this operation to this kind of caller.";
    FORBIDDEN "insufficient_scope" "The token lacks a scope" "Token saknar behörighet" "Ask the administrator to give the client the scope that is named.";
    FORBIDDEN "not_permitted" "Not in your role" "Inte i din roll" "You may see the thing, but the act belongs to another role.";
    NOT_FOUND "not_found" "Not found" "Finns inte" "It does not exist, or not for you.";
    METHOD_NOT_ALLOWED "method_not_allowed" "Method not allowed" "Metoden stöds inte" "The Allow header names the methods that are offered.";
    NOT_ACCEPTABLE "not_acceptable" "Not acceptable" "Formatet erbjuds inte" "Accept application/json, or what else the operation answers in.";
    REQUEST_TIMEOUT "timed_out" "The body came too slowly" "Innehållet kom för långsamt" "Nothing was changed. Send it again, with the same Idempotency-Key.";
    CONFLICT "rule" "A rule forbids it" "En regel hindrar" "`rule` or `errors[0].code` names the rule, `detail` the facts and the way out.";
    CONFLICT "lines" "Some lines cannot be taken in" "Några rader går inte att läsa in" "Nothing was taken in. `errors` names each fault by its place in the file: the line, then the column or member.";
    CONFLICT "key_reused" "Idempotency-Key reused" "Idempotency-Key återanvänd" "A key stands for one request. Take a fresh UUID for a new one.";
    CONFLICT "twin_running" "The same request is running" "Samma anrop pågår" "Ask again after the time in Retry-After; you will get its answer.";
    GONE "cursor_gone" "The cursor is gone" "Markören gäller inte" "The log was restored or replaced. Read from the beginning, or from the position that you trust.";
    PRECONDITION_FAILED "precondition_failed" "Changed since you read it" "Ändrad sedan du läste" "Read it again; the current ETag stands in the reply.";
    PAYLOAD_TOO_LARGE "too_large" "Too large" "För stort" "Send less at a time.";
    UNSUPPORTED_MEDIA_TYPE "unsupported_media_type" "Media type not supported" "Innehållstypen stöds inte" "`detail` names what is taken.";
    UNPROCESSABLE_ENTITY "invalid" "The body does not fit" "Innehållet stämmer inte" "`errors` names each member that is not as its schema says.";
    PRECONDITION_REQUIRED "precondition_required" "If-Match is required" "If-Match krävs" "Read the thing first and send its ETag in If-Match, so that nobody's change is lost.";
    TOO_MANY_REQUESTS "too_many" "Too many requests" "För många anrop" "Wait the seconds in Retry-After. The limits stand in RateLimit-Policy.";
    INTERNAL_SERVER_ERROR "internal" "Internal error" "Internt fel" "Tell the operator the request id.";
    SERVICE_UNAVAILABLE "unavailable" "Not available now" "Inte tillgänglig just nu" "Wait the seconds in Retry-After and send it again, with the same Idempotency-Key.";
}

/// The kind of a refusal that the framework made by itself.
fn kind_of_status(status: StatusCode) -> &'static str {
    KINDS
        .iter()
        .find(|kind| kind.status == status)
        .map_or("malformed", |kind| kind.code)
}

impl Problem {
    /// Wraps what nobody foresaw.
    pub fn internal(e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(e.into())
    }

    /// Tells the log what the document keeps to itself.
    pub fn tell(&self, request_id: &str) {
        match self {
            Self::Internal(source) => tracing::error!(request_id, error = %source, "internal error"),
            Self::Unavailable(source) => tracing::warn!(request_id, error = %source, "the database does not answer"),
            _ => {}
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Query(_) => "query",
            Self::KeyMissing => "key_missing",
            Self::Invalid(_) => "invalid",
            Self::Lines { .. } => "lines",
            Self::Unauthenticated(_) | Self::UnknownSender => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::InsufficientScope(_) => "insufficient_scope",
            Self::NotPermitted => "not_permitted",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::NotAcceptable => "not_acceptable",
            Self::Rule(_) => "rule",
            Self::KeyReused => "key_reused",
            Self::TwinRunning => "twin_running",
            Self::CursorGone => "cursor_gone",
            Self::PreconditionFailed { .. } => "precondition_failed",
            Self::PreconditionRequired => "precondition_required",
            Self::TooLarge { .. } => "too_large",
            Self::UnsupportedMediaType(_) => "unsupported_media_type",
            Self::TooMany { .. } => "too_many",
            Self::TimedOut => "timed_out",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
            Self::Framework { status, .. } => kind_of_status(*status),
        }
    }

    fn kind(&self) -> &'static Kind {
        let code = self.code();
        KINDS.iter().find(|kind| kind.code == code).unwrap_or(&KINDS[0])
    }

    /// The document, for the place and request where it happened.
    pub fn document(&self, place: &Place) -> Document {
        let kind = self.kind();
        let errors = match self {
            Self::Invalid(faults) | Self::Query(faults) | Self::Lines { faults, .. } => faults.clone(),
            Self::Rule(rule) => vec![Fault {
                pointer: rule.pointer.clone(),
                parameter: None,
                code: rule.code.name().into(),
                detail: rule.detail.clone(),
            }],
            _ => vec![],
        };
        Document {
            kind: format!("{}/problems/{}", place.origin, kind.code.replace('_', "-")),
            title: if place.swedish { kind.title_sv } else { kind.title },
            status: self.status_code().as_u16(),
            detail: self.to_string(),
            instance: place.path.clone(),
            code: kind.code.into(),
            request_id: place.request_id.clone(),
            rule: match self {
                Self::Rule(rule) => rule.code.number(),
                _ => None,
            },
            errors,
        }
    }

    /// The headers that belong to this problem.
    pub fn headers(&self, place: &Place, reply: &mut HttpResponseBuilder) {
        let realm = format!("{}/.well-known/oauth-protected-resource", place.origin);
        match self {
            Self::MethodNotAllowed { allow } => {
                reply.insert_header((header::ALLOW, allow.clone()));
            }
            Self::Unauthenticated(_) => {
                let challenge = format!("Bearer resource_metadata=\"{realm}\"");
                reply.insert_header((header::WWW_AUTHENTICATE, challenge));
            }
            // Some products send what they know only when they are asked for it.
            Self::UnknownSender => {
                reply.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"kundansvar\", Bearer"));
            }
            Self::InsufficientScope(scope) => {
                let challenge =
                    format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\", resource_metadata=\"{realm}\"");
                reply.insert_header((header::WWW_AUTHENTICATE, challenge));
            }
            Self::PreconditionFailed { etag } => {
                reply.insert_header((header::ETAG, etag.clone()));
            }
            Self::TooMany { seconds } => {
                reply.insert_header((header::RETRY_AFTER, seconds.to_string()));
            }
            Self::Unavailable(_) | Self::TwinRunning => {
                reply.insert_header((header::RETRY_AFTER, "2"));
            }
            _ => {}
        }
    }
}

/// Where a problem happened.
#[derive(Debug, Clone)]
pub struct Place {
    /// Scheme and host of this service, as the configuration tells.
    pub origin: String,
    /// The path that was asked.
    pub path: String,
    /// The request id.
    pub request_id: String,
    /// Whether the caller would rather read Swedish.
    pub swedish: bool,
}

impl From<Rule> for Problem {
    fn from(rule: Rule) -> Self {
        Self::Rule(rule)
    }
}

impl From<persistence::Error> for Problem {
    fn from(e: persistence::Error) -> Self {
        use persistence::Error;
        match e {
            Error::NotFound => Self::NotFound,
            Error::NotPermitted => Self::NotPermitted,
            Error::Rule(rule) => Self::Rule(rule),
            Error::CursorGone => Self::CursorGone,
            Error::KeyReused => Self::KeyReused,
            Error::TwinRunning | Error::Stale => Self::TwinRunning,
            Error::Unavailable(_) => Self::Unavailable(e),
            other => Self::internal(other),
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Kind => Self::Forbidden,
            Denied::Scope(scope) => Self::InsufficientScope(scope),
        }
    }
}

impl From<serde_json::Error> for Problem {
    fn from(e: serde_json::Error) -> Self {
        Self::internal(e)
    }
}

impl LostRace for Problem {
    fn lost_race(&self) -> bool {
        match self {
            Self::Rule(rule) => rule.code == RuleCode::NotUnique,
            Self::Internal(e) => e.downcast_ref().is_some_and(persistence::Error::lost_race),
            _ => false,
        }
    }
}

/// actix keeps the error beside the reply; the frame makes the document of it, where the request is known.
impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Framework { status, .. } => *status,
            _ => self.kind().status,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
