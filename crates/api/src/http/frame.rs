//! The outermost frame of every request: its id and trace, its log line, and the headers that every reply carries.
//! Whatever failed inside, here it becomes a problem document.
use std::time::Instant;

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    middleware::Next,
    web,
};

use domain::agreements::Language;

use super::problem::{Place, Problem};
use crate::State;

/// Identifies a request in replies, events and the log.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Who called, for the log line.
#[derive(Debug, Clone)]
pub struct CallerName(pub String);

const FIXED: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Wraps every request.
pub async fn frame<B: MessageBody + 'static>(
    state: web::Data<State>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<actix_web::body::EitherBody<B>>, Error> {
    let began = Instant::now();
    let request_id = sent_id(&request).unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let trace = trace(&request);
    request.extensions_mut().insert(RequestId(request_id.clone()));
    let method = request.method().clone();
    if method == Method::HEAD {
        // The codec leaves out the body of a reply to HEAD by itself.
        request.head_mut().method = Method::GET;
    }
    // By the very text that the router matches, percent-encoding undone: the right that is checked is that of the handler
    // which runs.
    let route = state.contract.operations.at(request.match_info().as_str()).cloned();
    if let Some(route) = &route {
        request.extensions_mut().insert(route.clone());
    }
    let reply = next.call(request).await?;

    let place = || Place {
        origin: state.settings.public_origin(),
        path: reply.request().uri().path().to_owned(),
        request_id: request_id.clone(),
        swedish: language(reply.request()) == Some(Language::Sv),
    };
    let caller = reply
        .request()
        .extensions()
        .get::<CallerName>()
        .map_or_else(|| "-".into(), |c| c.0.clone());
    let refused = match reply.response().error() {
        Some(error) => Some(render(error, &place())),
        None => unspoken(reply.response()).map(|problem| told(&problem, &place())),
    };
    let mut reply = match refused {
        None => reply.map_into_left_body(),
        Some(mut document) => {
            // What the layers inside have told in headers stays, but for what was true of the former body alone.
            let of_the_body = [
                header::CONTENT_LENGTH,
                header::CONTENT_ENCODING,
                header::TRANSFER_ENCODING,
            ];
            for (name, value) in reply.headers() {
                if !document.headers().contains_key(name) && !of_the_body.contains(name) {
                    document.headers_mut().append(name.clone(), value.clone());
                }
            }
            reply.into_response(document.map_into_right_body())
        }
    };
    let headers = reply.headers_mut();
    for (name, value) in FIXED {
        if !headers.contains_key(name) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    if state.settings.public_url.starts_with("https:") {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        let conditional = headers.contains_key(header::ETAG);
        let cache = if conditional { "no-cache, private" } else { "no-store" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    }
    for (name, value) in [("x-request-id", &request_id), ("traceparent", &trace)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = reply.status().as_u16();
    let route = match &route {
        Some(route) => route.template.clone(),
        None => reply.request().match_pattern().unwrap_or_else(|| "-".into()),
    };
    tracing::info!(request_id, trace, caller, %method, route, status, milliseconds, "request");
    Ok(reply)
}

/// The problem document for a refusal, whoever refused: a handler, a middleware, or the framework itself.
fn render(error: &Error, place: &Place) -> HttpResponse {
    let own = error.as_error::<Problem>();
    let framework = match own {
        Some(_) => None,
        None => {
            let status = error.as_response_error().status_code();
            Some(Problem::Framework {
                status,
                detail: status.canonical_reason().unwrap_or("Refused").into(),
            })
        }
    };
    match own.or(framework.as_ref()) {
        Some(problem) => told(problem, place),
        None => HttpResponse::new(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// A refusal that some layer made by itself, with nothing in it for programs or people.
fn unspoken<B>(reply: &HttpResponse<B>) -> Option<Problem> {
    let status = reply.status();
    let kind = reply.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let failed = status.is_client_error() || status.is_server_error();
    let silent = kind.is_none_or(|kind| kind.starts_with("text/plain"));
    (failed && silent).then(|| Problem::Framework {
        status,
        detail: status.canonical_reason().unwrap_or("Refused").into(),
    })
}

fn told(problem: &Problem, place: &Place) -> HttpResponse {
    problem.tell(&place.request_id);
    let mut reply = HttpResponse::build(problem.status_code());
    problem.headers(place, &mut reply);
    reply
        .insert_header((header::CONTENT_LANGUAGE, if place.swedish { "sv" } else { "en" }))
        .content_type("application/problem+json")
        .body(serde_json::to_string(&problem.document(place)).unwrap_or_default())
}

/// A request id that the caller sent, if it can stand in a header and a log line.
fn sent_id(request: &ServiceRequest) -> Option<String> {
    let sent = request.headers().get("x-request-id")?.to_str().ok()?;
    let fit = (1..=128).contains(&sent.len()) && sent.bytes().all(|b| b.is_ascii_graphic());
    fit.then(|| sent.to_owned())
}

/// The trace that the caller is in, with a span of our own; a new one where none was sent (W3C Trace Context).
fn trace(request: &ServiceRequest) -> String {
    let span = format!("{:016x}", rand::random::<u64>() | 1);
    let sent = request
        .headers()
        .get("traceparent")
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let parts: Vec<&str> = sent.split('-').collect();
    let hex = |part: &str, len| part.len() == len && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match parts[..] {
        ["00", trace, parent, flags]
            if hex(trace, 32)
                && hex(parent, 16)
                && hex(flags, 2)
                && trace != "0".repeat(32)
                && parent != "0".repeat(16) =>
        {
            format!("00-{trace}-{span}-{flags}")
        }
        _ => format!("00-{:032x}-{span}-01", rand::random::<u128>() | 1),
    }
}

/// The language that a page's address asks for (`lang`), else the one that its reader would rather read.
pub fn language_of_page(request: &HttpRequest) -> Option<Language> {
    let mut members = form_urlencoded::parse(request.query_string().as_bytes());
    let told = members.find(|(name, _)| name == "lang");
    told.and_then(|(_, told)| told.parse().ok())
        .or_else(|| language(request))
}

/// The language of ours that the caller would rather read (Accept-Language); of two alike, the first that is named.
pub fn language(request: &HttpRequest) -> Option<Language> {
    let sent = request
        .headers()
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let wish = |language: &str| {
        sent.split(',').enumerate().find_map(|(place, range)| {
            let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
            let quality = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse);
            let quality = quality.ok().filter(|q: &f32| *q > 0.0)?;
            let named = name.trim().to_ascii_lowercase();
            (named.split('-').next() == Some(language)).then_some((quality, std::cmp::Reverse(place)))
        })
    };
    match (wish("sv"), wish("en")) {
        (None, None) => None,
        (swedish, english) if swedish > english => Some(Language::Sv),
        _ => Some(Language::En),
    }
}
