//! The OpenAPI document. Handlers say what is their own; this pass adds what all operations share, so that no handler
//! repeats it: common parameters, headers and refusals, examples, links, limits of formats, `info`.
pub mod events;
mod examples;
mod links;
mod operations;
mod schemas;
mod shared;

use actix_web::App;
use serde_json::{Map, Value, json};
use utoipa::PartialSchema;
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};

use super::{Routes, operations::BASE};
use crate::rooms;

use links::{link, operations_by_parameter};
use operations::complete_operation;
use schemas::complete_schemas;
use shared::{headers, refusals, security_schemes};

/// The public address that the committed document names.
const PRODUCTION: &str = "https://kundansvar.example.se";
/// Hand-made examples of one story, by schema.
const STORY: &str = include_str!("story.json");

/// The document as it is committed: of the public server.
pub fn committed() -> Result<Value, serde_json::Error> {
    let described = |config: &mut ServiceConfig| rooms::all(&mut Routes::Described(config));
    let generated = App::new().into_utoipa_app().configure(described).split_for_parts().1;
    let mut document = serde_json::to_value(generated)?;
    let story: Map<String, Value> = serde_json::from_str(STORY)?;
    complete(&mut document, &story);
    Ok(document)
}

/// The text of the document of an instance at `origin`: with its own address, so that "Try it out" works.
pub fn at(origin: &str, committed: &str) -> String {
    let [public, own] = [(PRODUCTION, "production"), (origin, "this instance")]
        .map(|(origin, description)| servers(origin, description).to_string());
    let [public_token, own_token] = [PRODUCTION, origin].map(|origin| json!(token_url(origin)).to_string());
    committed.replacen(&public, &own, 1).replace(&public_token, &own_token)
}

fn servers(origin: &str, description: &str) -> Value {
    json!([{"url": format!("{origin}{BASE}"), "description": description, "x-internal": false}])
}

/// Where a client fetches its tokens.
fn token_url(origin: &str) -> String {
    format!("{origin}/oauth/token")
}

fn complete(document: &mut Value, story: &Map<String, Value>) {
    document["openapi"] = json!("3.1.0");
    document["info"] = rooms::about::info();
    document["servers"] = servers(PRODUCTION, "production");
    document["externalDocs"] = json!({"description": "Guides for integrators, customer managers and operators",
        "url": "https://kundansvar.example.se/docs"});
    document["tags"] = rooms::about::tags();
    document["components"]["schemas"]["Problem"] = json!(super::problem::Document::schema());
    document["components"]["schemas"]["Fault"] = json!(super::Fault::schema());
    complete_schemas(document);
    let schemas = document["components"]["schemas"].clone();
    let by_parameter = operations_by_parameter(document);
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            complete_operation(operation, method, path, &schemas, story);
            link(operation, method, &by_parameter);
        }
    }
    document["components"]["headers"] = headers();
    document["components"]["responses"] = refusals();
    document["components"]["securitySchemes"] = security_schemes();
    document["security"] = json!([{"bearer": []}]);
}
