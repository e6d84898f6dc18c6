//! The token endpoint for other systems (RFC 6749, client credentials), and the metadata by which they find it
//! (RFC 8414, RFC 9728, JWKS).
use actix_web::{HttpRequest, HttpResponse, Responder, http::header, web};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::Duration;
use domain::{access::ClientScope, vocabulary::ClientId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Kind, tokens::scopes};
use crate::{State, http::Problem};

/// How long a client's token is valid.
const LIFETIME: Duration = Duration::minutes(60);

/// The routes outside the document.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/oauth/token", web::post().to(token))
        .route("/.well-known/jwks.json", web::get().to(jwks))
        .route(
            "/.well-known/oauth-authorization-server",
            web::get().to(authorization_server),
        )
        .route(
            "/.well-known/oauth-protected-resource",
            web::get().to(protected_resource),
        );
}

#[derive(Deserialize)]
struct Form {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
}

/// A refusal in RFC 6749's own form.
fn refused(error: &str, description: &str) -> HttpResponse {
    let mut reply = match error {
        "invalid_client" => HttpResponse::Unauthorized(),
        _ => HttpResponse::BadRequest(),
    };
    if error == "invalid_client" {
        reply.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"kundansvar\""));
    }
    reply.json(json!({"error": error, "error_description": description}))
}

/// Credentials in the header (RFC 6749 §2.3.1) or in the form, but not in both.
fn credentials(request: &HttpRequest, form: &Form) -> Option<(String, String)> {
    let basic = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok());
    match (
        basic
            .and_then(|v| v.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .map(|(_, encoded)| encoded),
        &form.client_id,
        &form.client_secret,
    ) {
        (Some(encoded), None, None) => {
            let text = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
            let (id, secret) = text.split_once(':')?;
            Some((id.to_owned(), secret.to_owned()))
        }
        (None, Some(id), Some(secret)) => Some((id.clone(), secret.clone())),
        _ => None,
    }
}

async fn token(
    state: web::Data<State>,
    request: HttpRequest,
    form: Result<web::Form<Form>, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let Ok(web::Form(form)) = form else {
        return Ok(refused("invalid_request", "Send the parameters once each, as a form."));
    };
    match form.grant_type.as_deref() {
        Some("client_credentials") => {}
        Some(_) => return Ok(refused("unsupported_grant_type", "Only client_credentials is offered.")),
        None => return Ok(refused("invalid_request", "Send grant_type=client_credentials.")),
    }
    let now = state.clock.now();
    let Some((id, secret)) = credentials(&request, &form) else {
        return Ok(refused(
            "invalid_client",
            "Send the credentials, either in the header or in the form.",
        ));
    };
    let id: Option<ClientId> = id.parse().ok();
    let client = match id {
        Some(id) => persistence::clients::authenticate(&state.db.reader(), id, &secret, now).await?,
        None => None,
    };
    let Some(client) = client else {
        return Ok(refused(
            "invalid_client",
            "The client is unknown, revoked, or the secret is not its own.",
        ));
    };
    let asked = form.scope.as_deref().unwrap_or_default().trim();
    let granted: Vec<ClientScope> = match asked {
        "" => client.scopes.clone(),
        asked => scopes(asked),
    };
    let known = asked.split_whitespace().count();
    if (!asked.is_empty() && granted.len() != known) || granted.iter().any(|s| !client.scopes.contains(s)) {
        return Ok(refused(
            "invalid_scope",
            "The client does not have every scope that was asked for.",
        ));
    }
    let scope = granted.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let token = state
        .tokens
        .issue(Kind::Client, &client.id.to_string(), scope.clone(), LIFETIME, now)
        .map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().json(json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": LIFETIME.num_seconds(),
        "scope": scope,
    })))
}

async fn jwks(state: web::Data<State>) -> impl Responder {
    web::Json(state.tokens.keys().public().clone())
}

fn all_scopes() -> Vec<String> {
    use strum::IntoEnumIterator;
    ClientScope::iter().map(|scope| scope.to_string()).collect()
}

async fn authorization_server(state: web::Data<State>) -> web::Json<Value> {
    let issuer = state.tokens.issuer();
    web::Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/oauth/token"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": all_scopes(),
        "service_documentation": format!("{issuer}/"),
    }))
}

async fn protected_resource(state: web::Data<State>) -> web::Json<Value> {
    let issuer = state.tokens.issuer();
    web::Json(json!({
        "resource": issuer,
        "authorization_servers": [issuer],
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "bearer_methods_supported": ["header"],
        "scopes_supported": all_scopes(),
        "resource_documentation": format!("{issuer}/swagger-ui/"),
    }))
}
