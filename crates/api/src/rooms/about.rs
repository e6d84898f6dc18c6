//! What the service says of itself: `/api-info`, health, the start page, problem pages, the document and Swagger UI.
use actix_web::{HttpResponse, Responder, get, http::header, web};
use domain::RuleCode;
use serde::Serialize;
use serde_json::{Value, json};
use strum::IntoEnumIterator;
use utoipa::ToSchema;
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    State,
    http::{Problem, Routes, document::events, problem::KINDS},
};

/// The day of the release.
const RELEASED: &str = "2026-11-23";
const CONTACT: (&str, &str, &str) = (
    "The Kundansvar project",
    "https://kundansvar.example.se/contact",
    "kundansvar@example.se",
);

pub fn routes(routes: &mut Routes) {
    routes.service(get_api_info);
}

/// What the API is, as Sweden's REST API profile asks.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ApiInfo {
    /// Name of the API.
    #[schema(max_length = 100, pattern = "^[ -~]+$", example = "Kundansvar")]
    api_name: &'static str,
    /// Version of the program.
    #[schema(max_length = 40, pattern = "^[0-9A-Za-z.+-]+$", example = "0.1.0")]
    api_version: &'static str,
    /// When that version was released.
    #[schema(format = Date, max_length = 10, pattern = "^[0-9-]+$", example = "2026-11-23")]
    api_released: &'static str,
    /// Where to read on.
    #[schema(
        format = "uri",
        max_length = 500,
        pattern = "^[!-~]+$",
        example = "https://kundansvar.example.se/swagger-ui/"
    )]
    api_documentation: String,
    /// Whether it may be relied on.
    #[schema(max_length = 20, pattern = "^[a-z]+$", example = "active")]
    api_status: &'static str,
    /// Whom to ask.
    #[schema(format = Email, max_length = 254, pattern = "^[!-~]+$", example = "kundansvar@example.se")]
    api_contact: &'static str,
}

/// Show what this API is
///
/// Name, version, status, release date, and where to read on. Public.
#[utoipa::path(tag = "about", operation_id = "getApiInfo", security(()),
    responses((status = 200, description = "What this API is.", body = ApiInfo)))]
#[get("/api-info")]
async fn get_api_info(state: web::Data<State>) -> Result<impl Responder, Problem> {
    Ok(web::Json(ApiInfo {
        api_name: "Kundansvar",
        api_version: env!("CARGO_PKG_VERSION"),
        api_released: RELEASED,
        api_documentation: format!("{}/swagger-ui/", state.settings.public_origin()),
        api_status: "active",
        api_contact: CONTACT.2,
    }))
}

/// `info` of the document.
pub fn info() -> Value {
    json!({
        "title": "Kundansvar",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "The system of record of an IT organisation's Customer Management function",
        "description": "**Svenska.** Kundansvar håller ordning på en IT-organisations kunder, kundteam, tjänster och önskemål och \
            skickar varje önskemål till rätt forum. Andra system lämnar och hämtar uppgifter här.\n\n\
            **English.** Kundansvar keeps an IT organisation's customers, customer teams, services and requests, and sends each \
            request to the right forum. Other systems push to it and pull from it.\n\n\
            **Begränsningar / Limits.** Normalt 1200 anrop i minuten per anropare (RateLimit-Policy anger vad som gäller), högst 512 KiB per JSON-dokument, 10 MiB per importfil och 64 KiB per mätrad, \
            högst 200 poster per sida. By default 1200 requests a minute and caller (RateLimit-Policy says what holds), at most 512 KiB a JSON document, 10 MiB an import file and 64 KiB a measurement's line, at most 200 items a page.",
        "termsOfService": "https://kundansvar.example.se/terms",
        "contact": {"name": CONTACT.0, "url": CONTACT.1, "email": CONTACT.2},
        "license": {"name": "EUPL-1.2", "url": "https://interoperable-europe.ec.europa.eu/collection/eupl/eupl-text-eupl-12"},
        "x-sla": "https://kundansvar.example.se/sla",
        "x-limitations": "https://kundansvar.example.se/docs/limits",
    })
}

/// The tags of the document, in the order of the alphabet.
pub fn tags() -> Value {
    let tags = [
        ("about", "What this API is."),
        ("access", "The credentials of other systems."),
        (
            "agreements",
            "What is promised to whom, at which levels; what others promise in turn; templates.",
        ),
        (
            "announcements",
            "What customers are told of failed installations, disturbances and planned changes.",
        ),
        (
            "calendar subscriptions",
            "Dates in your own calendar program, at an address that nobody else knows.",
        ),
        (
            "connections",
            "Products that send their own documents, mapped to ours without programming; what came in, tried and replayed.",
        ),
        (
            "customer teams",
            "Who looks after which customers, and what is not covered.",
        ),
        (
            "customers",
            "The parts of the business that decide on and finance their IT services, and what they use.",
        ),
        ("events", "The audit trail: every change, in one order, in one chain."),
        (
            "exchange",
            "Register data from files: validated whole, rehearsed, taken in all at once.",
        ),
        (
            "feeds",
            "How a destination pulls what is handed over to it, and decides.",
        ),
        (
            "improvements",
            "The improvement register: what is to become better, and what it came to.",
        ),
        (
            "knowledge",
            "What the business needs, what was learned, and how we are in touch with a customer.",
        ),
        (
            "meetings",
            "Meetings of the team, dialogues and reviews with the customer: agendas, minutes, series, packs.",
        ),
        (
            "people",
            "Persons of the IT organisation, and contacts of customers with their mandates.",
        ),
        (
            "planned activities",
            "What customers are about to do themselves: what is coming, for which services, and what it runs into.",
        ),
        (
            "requests",
            "Every matter once, in the right forum: intake, endorsement, routing, answers.",
        ),
        (
            "satisfaction",
            "What users and customers think of the delivery: ratings and answers in, figures out, and never so few that somebody can be \
             recognised.",
        ),
        (
            "service levels",
            "What was promised is judged here: when services are open, how time is counted, and the evidence that is sent.",
        ),
        ("services", "The IT services that customers use."),
        (
            "value",
            "What services cost, how customers weigh them, and value against cost.",
        ),
    ];
    tags.map(|(name, description)| json!({"name": name, "description": description}))
        .to_vec()
        .into()
}

/// The pages and addresses outside the document.
pub fn pages(config: &mut web::ServiceConfig) {
    let ui = SwaggerUi::new("/swagger-ui/{_:.*}").config(
        utoipa_swagger_ui::Config::from("/openapi.json")
            .try_it_out_enabled(true)
            .persist_authorization(true),
    );
    config
        .route("/", web::get().to(start_page))
        .route("/health/live", web::get().to(live))
        .route("/health/ready", web::get().to(ready))
        .route("/problems/{slug}", web::get().to(problem_page))
        .route("/openapi.json", web::get().to(openapi))
        .route(
            &format!("{}/{{type}}.json", events::SCHEMAS),
            web::get().to(event_schema),
        )
        .route("/asyncapi.json", web::get().to(asyncapi))
        .route(
            "/swagger-ui",
            web::get().to(|| async {
                HttpResponse::Found()
                    .insert_header((header::LOCATION, "/swagger-ui/"))
                    .finish()
            }),
        )
        .service(
            web::scope("")
                .wrap(actix_web::middleware::DefaultHeaders::new().add(("content-security-policy", UI_POLICY)))
                .service(ui),
        );
}

/// Swagger UI draws itself with its own scripts and inline styles.
const UI_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

async fn openapi(state: web::Data<State>) -> HttpResponse {
    json_of(state.contract.document(&state.settings.public_origin()))
}

async fn asyncapi(state: web::Data<State>) -> HttpResponse {
    json_of(state.contract.events(&state.settings.public_origin()))
}

fn json_of(document: String) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document)
}

/// The schema of one type of event, taken from the document of all: asked for rarely, it is not kept.
async fn event_schema(state: web::Data<State>, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let origin = state.settings.public_origin();
    let document = serde_json::from_str(&state.contract.events(&origin))?;
    let schema = events::schema(&document, &name, &origin).ok_or(Problem::NotFound)?;
    Ok(HttpResponse::Ok()
        .content_type("application/schema+json")
        .body(schema.to_string()))
}

async fn live() -> impl Responder {
    web::Json(json!({"status": "live"}))
}

async fn ready(state: web::Data<State>) -> Result<impl Responder, Problem> {
    state.db.ping().await?;
    Ok(web::Json(json!({"status": "ready"})))
}

fn page(title: &str, body: &str) -> HttpResponse {
    let style = "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#1a1a1a}\
        code{background:#f0f0f0;padding:.1rem .3rem}a{color:#00539f}";
    HttpResponse::Ok()
        .insert_header(("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"))
        .content_type("text/html; charset=utf-8")
        .body(format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><title>{title}</title><style>{style}</style></head><body><main>{body}</main></body></html>"
        ))
}

async fn start_page() -> impl Responder {
    page(
        "Kundansvar",
        "<h1>Kundansvar</h1>\
         <p lang=\"sv\">Systemet för en IT-organisations kundansvar: kunder, kundteam, tjänster och önskemål.</p>\
         <p>The system of record of an IT organisation's Customer Management function, with an API for every other tool.</p>\
         <ul><li><a href=\"/swagger-ui/\">Explore the API in Swagger UI</a></li>\
         <li><a href=\"/openapi.json\">The OpenAPI document</a></li>\
         <li><a href=\"/asyncapi.json\">The AsyncAPI document of all events</a></li>\
         <li><a href=\"/kundansvar/v1/api-info\">What this API is</a></li>\
         <li><a href=\"/health/ready\">Whether the service is ready</a></li></ul>",
    )
}

async fn problem_page(slug: web::Path<String>) -> Result<HttpResponse, Problem> {
    let code = slug.replace('-', "_");
    let kind = KINDS.iter().find(|kind| kind.code == code).ok_or(Problem::NotFound)?;
    let rules = if kind.code == "rule" { rules() } else { String::new() };
    let body = format!(
        "<h1>{}</h1><p lang=\"sv\">{}</p><p>Status <code>{}</code>, code <code>{}</code>.</p><p>{}</p>{rules}\
         <p><a href=\"/swagger-ui/\">To the API</a></p>",
        kind.title,
        kind.title_sv,
        kind.status.as_u16(),
        kind.code,
        kind.advice
    );
    Ok(page(kind.title, &body))
}

/// Every rule that a refusal can name.
fn rules() -> String {
    let rows =
        RuleCode::iter().map(|rule| format!("<dt><code>{}</code></dt><dd>{}</dd>", rule.name(), rule.explained()));
    format!("<dl>{}</dl>", rows.collect::<String>())
}
