//! What all operations share: headers, refusals, the ways to sign in.
use domain::access::ClientScope;
use serde_json::{Map, Value, json};
use strum::IntoEnumIterator;

use super::{PRODUCTION, token_url};
use crate::http::{operations::BASE, problem::KINDS};

pub(super) fn shared_headers() -> Map<String, Value> {
    [
        "X-Request-Id",
        "traceparent",
        "RateLimit",
        "RateLimit-Policy",
        "Access-Control-Allow-Origin",
    ]
    .into_iter()
    .map(|name| (name.into(), json!({"$ref": format!("#/components/headers/{name}")})))
    .collect()
}

pub(super) fn headers() -> Value {
    let text = |description: &str, example: &str| json!({"description": description, "schema": {"type": "string", "maxLength": 4096, "pattern": "^[ -~]*$", "example": example}});
    json!({
        "X-Request-Id": text("Finds the request in our log; the caller's own where one was sent.", "4f1c2d3e-0001"),
        "traceparent": text("W3C Trace Context with our span.", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        "RateLimit": text("What is left of the limit, and for how long.", "\"default\";r=599;t=60"),
        "RateLimit-Policy": text("How many requests a minute the caller may make.", "\"default\";q=600;w=60"),
        "Access-Control-Allow-Origin": text("The page's origin, where the configuration allows it.", "https://desk.example.se"),
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 3600, "example": 2}},
        "WWW-Authenticate": text("How to sign in.", "Bearer resource_metadata=\"https://kundansvar.example.se/.well-known/oauth-protected-resource\""),
        "ETag": text("The version of what was answered; send it in If-Match to change it.", "\"3\""),
        "Location": text("Where the new thing is.", "/kundansvar/v1/customers/019a2f4e-7c1d-7b52-9d3a-5e8f0c6b1a27"),
        "Link": text("The first and the next page (RFC 8288).", "</kundansvar/v1/customers?cursor=00>; rel=\"next\""),
    })
}

pub(super) fn refusals() -> Value {
    let mut all = Map::new();
    for status in [
        400, 401, 403, 404, 406, 408, 409, 410, 412, 413, 415, 422, 428, 429, 500, 503,
    ] {
        let Some(kind) = KINDS.iter().find(|kind| kind.status.as_u16() == status) else {
            continue;
        };
        let mut headers = shared_headers();
        let extra: &[&str] = match status {
            401 => &["WWW-Authenticate"],
            412 => &["ETag"],
            429 | 503 => &["Retry-After"],
            _ => &[],
        };
        for name in extra {
            headers.insert((*name).into(), json!({"$ref": format!("#/components/headers/{name}")}));
        }
        let example = json!({
            "type": format!("{PRODUCTION}/problems/{}", kind.code.replace('_', "-")),
            "title": kind.title,
            "status": status,
            "detail": kind.advice,
            "instance": format!("{BASE}/customers"),
            "code": kind.code,
            "requestId": "4f1c2d3e-0001",
        });
        let content = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}});
        all.insert(
            status.to_string(),
            json!({"description": format!("{}. {}", kind.title, kind.advice), "headers": headers, "content": content}),
        );
    }
    all.into()
}

pub(super) fn security_schemes() -> Value {
    let scopes: Map<String, Value> = ClientScope::iter()
        .map(|s| (s.to_string(), Value::from(format!("Leave of the scope {s}"))))
        .collect();
    let token_url = token_url(PRODUCTION);
    json!({
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "An access token as RFC 9068 says, checked by the practice of RFC8725. People and contacts get theirs from the operator."},
        "oauth": {"type": "oauth2",
            "description": "Other systems get an access token (JWT, RFC8725) with client credentials.",
            "flows": {"clientCredentials": {"tokenUrl": token_url, "refreshUrl": token_url, "scopes": scopes}}},
    })
}
