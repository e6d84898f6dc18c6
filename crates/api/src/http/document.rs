//! The OpenAPI document. Handlers say what is their own; this pass adds what all operations share, so that no handler
//! repeats it: common parameters, headers and refusals, examples, links, limits of formats, `info`.
use std::collections::BTreeMap;

use actix_web::App;
use domain::access::{ClientGrant, ClientScope, Permission};
use serde_json::{Map, Value, json};
use strum::IntoEnumIterator;
use utoipa::PartialSchema;
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};

use super::{Routes, operations::BASE, problem::KINDS};
use crate::rooms;

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

/// The document as this instance serves it: with its own address, so that "Try it out" works.
pub fn served(origin: &str) -> Result<Value, serde_json::Error> {
    let mut document = committed()?;
    document["servers"] = json!([{"url": format!("{origin}{BASE}"), "description": "this instance"}]);
    document["components"]["securitySchemes"]["oauth"]["flows"]["clientCredentials"]["tokenUrl"] =
        json!(format!("{origin}/oauth/token"));
    Ok(document)
}

fn complete(document: &mut Value, story: &Map<String, Value>) {
    document["openapi"] = json!("3.1.0");
    document["info"] = rooms::about::info();
    document["servers"] =
        json!([{"url": format!("{PRODUCTION}{BASE}"), "description": "production", "x-internal": false}]);
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

// ---- schemas ----

/// Members whose form utoipa leaves open get their limits here, once.
fn complete_schemas(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else {
        return;
    };
    let patches: Vec<String> = schemas
        .keys()
        .filter(|name| name.starts_with("PatchOf_"))
        .cloned()
        .collect();
    for name in patches {
        let body = schemas
            .get(name.trim_start_matches("PatchOf_"))
            .cloned()
            .unwrap_or_default();
        let mut patch = partial(&body, schemas);
        patch["description"] = "Only the members that are to change; null removes one.".into();
        patch["minProperties"] = 1.into();
        schemas.insert(name, patch);
    }
    // Lists name their items rather than repeat them.
    let names: Vec<String> = schemas.keys().cloned().collect();
    for name in names {
        let item = name.strip_prefix("Listing_").or(name.strip_prefix("Log_"));
        if let Some(item) = item.filter(|item| schemas.contains_key(*item)).map(ToOwned::to_owned) {
            schemas[&name]["properties"]["items"]["items"] = json!({"$ref": format!("#/components/schemas/{item}")});
        }
    }
    schemas.values_mut().for_each(limit);
}

/// A patch is its body with nothing required and no defaults, and so are the objects inside: they merge too (RFC 7396).
fn partial(schema: &Value, schemas: &Map<String, Value>) -> Value {
    let referred = schema["$ref"]
        .as_str()
        .and_then(|r| r.strip_prefix("#/components/schemas/"));
    let resolved = referred.and_then(|name| schemas.get(name)).unwrap_or(schema);
    let mut partly = if resolved["properties"].is_object() {
        resolved
    } else {
        schema
    }
    .clone();
    let Some(members) = partly.as_object_mut() else {
        return partly;
    };
    members.remove("required");
    members.remove("default");
    for property in members
        .get_mut("properties")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
        .map(|(_, p)| p)
    {
        *property = partial(property, schemas);
    }
    for branch in members
        .get_mut("oneOf")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        *branch = partial(branch, schemas);
    }
    partly
}

fn limit(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let of_type = |wanted: &str| match &map["type"] {
                Value::String(t) => t == wanted,
                Value::Array(types) => types.iter().any(|t| t == wanted),
                _ => false,
            };
            if map.contains_key("type") {
                if of_type("string") && !map.contains_key("enum") {
                    let (longest, example) = match map.get("format").and_then(Value::as_str) {
                        Some("date-time") => (40, Some(json!("2026-03-02T08:15:30.000000Z"))),
                        Some("date") => (10, Some(json!("2026-03-02"))),
                        Some("uuid") => (36, None),
                        _ => (2000, None),
                    };
                    map.entry("maxLength").or_insert(longest.into());
                    if !map.contains_key("format") {
                        map.entry("pattern").or_insert(r"^[^\x00-\x1f]*$".into());
                    }
                    if let Some(example) = example {
                        map.entry("example").or_insert(example);
                    }
                } else if of_type("integer") {
                    map.entry("format").or_insert("int64".into());
                    map.entry("minimum").or_insert(0.into());
                    map.entry("maximum").or_insert(9_007_199_254_740_991i64.into());
                } else if of_type("array") {
                    map.entry("maxItems").or_insert(1000.into());
                }
            }
            map.values_mut().for_each(limit);
        }
        Value::Array(items) => items.iter_mut().for_each(limit),
        _ => {}
    }
}

/// A parameter is absent or there, never null.
fn without_null(schema: &mut Value) {
    if let Some(types) = schema["type"].as_array().cloned() {
        let left: Vec<Value> = types.into_iter().filter(|t| t != "null").collect();
        schema["type"] = left.into_iter().next().unwrap_or("string".into());
    }
    if let Some(branches) = schema["oneOf"].as_array().cloned() {
        let left = branches.into_iter().find(|b| b["type"] != "null").unwrap_or_default();
        *schema = left;
    }
}

/// A filter that is not asked for stays empty: an example would be filled in by Swagger UI.
fn without_example(schema: &mut Value, schemas: &Value) {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|r| r.strip_prefix("#/components/schemas/"))
    {
        *schema = schemas[name].clone();
    }
    if let Some(schema) = schema.as_object_mut() {
        schema.retain(|key, _| key != "example" && key != "examples");
    }
}

// ---- operations ----

fn complete_operation(operation: &mut Value, method: &str, path: &str, schemas: &Value, story: &Map<String, Value>) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let public = operation["security"] == json!([{}]);
    let has_body = operation.get("requestBody").is_some();
    let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    for parameter in &mut parameters {
        without_null(&mut parameter["schema"]);
        if parameter["in"] == "query" {
            without_example(&mut parameter["schema"], schemas);
        }
        limit(&mut parameter["schema"]);
    }
    parameters.retain(|parameter| parameter["in"] != "path");
    parameters.extend(names_in(path).map(|name| path_parameter(name, &id, story)));
    let wants_match = parameters.iter().any(|p| p["name"] == "If-Match");
    for parameter in parameters.iter_mut().filter(|p| p["name"] == "If-Match") {
        parameter["required"] = true.into();
    }
    if method == "post" {
        parameters.push(header_parameter(
            "Idempotency-Key",
            "A fresh UUID. The same request with the same key happens once and gets the same answer for 7 days. \
             Required for clients, optional for people.",
            "uuid",
        ));
    }
    if method == "get" && operation["responses"]["304"].is_object() {
        parameters.push(header_parameter(
            "If-None-Match",
            "The ETag that you have; 304 if it still holds.",
            "",
        ));
    }
    parameters.push(header_parameter(
        "traceparent",
        "W3C Trace Context of the caller; a new one begins where none is sent.",
        "",
    ));
    operation["parameters"] = parameters.clone().into();

    if has_body {
        operation["requestBody"]["required"] = true.into();
        let json = operation["requestBody"]["content"]["application/json"].clone();
        if method == "patch" {
            operation["requestBody"]["content"]["application/merge-patch+json"] = json;
        }
        for (_, media) in operation["requestBody"]["content"]
            .as_object_mut()
            .into_iter()
            .flatten()
        {
            give_example(media, schemas, story);
        }
    }

    let mut refused = vec!["400", "401", "406", "429", "500", "503"];
    if !public {
        refused.push("403");
    }
    if path.contains('{') {
        refused.push("404");
    }
    if method != "get" {
        refused.extend(["409"]);
    }
    if has_body {
        refused.extend(["408", "413", "415", "422"]);
    }
    if wants_match {
        refused.extend(["412", "428"]);
    }
    if operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        .as_str()
        .is_some_and(|r| r.contains("/Log_"))
    {
        refused.push("410");
    }
    let responses = &mut operation["responses"];
    for (status, response) in responses.as_object_mut().into_iter().flatten() {
        let mut headers = shared_headers();
        if let (true, Some(schema)) = (
            status.starts_with('2'),
            response["content"]["application/json"]["schema"]["$ref"].as_str(),
        ) {
            if !schema.contains("/Listing_")
                && !schema.contains("/Log_")
                && VERSIONED.iter().any(|v| schema.ends_with(v))
            {
                headers.insert("ETag".into(), json!({"$ref": "#/components/headers/ETag"}));
            }
            if schema.contains("/Listing_") || schema.contains("/Log_") {
                headers.insert("Link".into(), json!({"$ref": "#/components/headers/Link"}));
            }
        }
        if status == "201" {
            headers.insert("Location".into(), json!({"$ref": "#/components/headers/Location"}));
        }
        response["headers"] = headers.into();
        for (_, media) in response
            .get_mut("content")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            give_example(media, schemas, story);
        }
    }
    for status in refused {
        responses[status] = json!({"$ref": format!("#/components/responses/{status}")});
    }
    if !public {
        operation["security"] = security(&id);
    }
    if let Some((_, rules)) = RULES.iter().find(|(operation, _)| *operation == id) {
        operation["x-rules"] = json!(rules);
    }
}

/// The schemas that carry a version.
const VERSIONED: [&str; 8] = [
    "/Customer",
    "/ServiceUsage",
    "/Contact",
    "/Person",
    "/Service",
    "/CustomerTeam",
    "/Request",
    "/Client",
];

/// Which numbered rules an operation enforces.
const RULES: &[(&str, &[&str])] = &[
    ("createMembership", &["R1", "R2"]),
    ("endMembership", &["R1", "R2", "R3"]),
    ("departPerson", &["R1", "R3"]),
    ("setSamePersonException", &["R2"]),
    ("deleteSamePersonException", &["R2"]),
    ("createTeamAssignment", &["R3"]),
    ("endTeamAssignment", &["R3"]),
    ("createRequest", &["R15"]),
    ("changeRequest", &["R14", "R15"]),
    ("createEndorsement", &["R14"]),
    ("createRouting", &["R13", "R14"]),
    ("createDecision", &["R13", "R14"]),
    ("createDismissal", &["R15"]),
    ("createAnswer", &["R15"]),
    ("createReopening", &["R15"]),
    ("listEvents", &["R20", "R21"]),
];

fn header_parameter(name: &str, description: &str, format: &str) -> Value {
    let mut schema = json!({"type": "string", "maxLength": 512, "pattern": "^[ -~]*$"});
    if format == "uuid" {
        schema = json!({"type": "string", "format": "uuid", "minLength": 36, "maxLength": 36});
    }
    json!({"name": name, "in": "header", "required": false, "description": description, "schema": schema})
}

/// The names between the braces of a path.
fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split(['{', '}']).skip(1).step_by(2)
}

/// A path parameter is of the type that its name says: `customerId` is a `CustomerId`.
/// The story tells which thing to try the operation on, or else any operation.
fn path_parameter(name: &str, operation: &str, story: &Map<String, Value>) -> Value {
    let schema = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    let mut parameter = json!({"name": name, "in": "path", "required": true, "description": spoken_parameter(name),
        "schema": {"$ref": format!("#/components/schemas/{schema}")}});
    let told = story.get("parameters");
    let own = told.and_then(|told| told.get(format!("{operation}.{name}")));
    if let Some(example) = own.or_else(|| told?.get(name)) {
        parameter["example"] = example.clone();
    }
    parameter
}

fn spoken_parameter(name: &str) -> String {
    let thing: String = name
        .trim_end_matches("Id")
        .chars()
        .flat_map(|c| {
            if c.is_uppercase() {
                vec![' ', c.to_ascii_lowercase()]
            } else {
                vec![c]
            }
        })
        .collect();
    if name.ends_with("Id") {
        format!("Id of the {thing}.")
    } else {
        format!("The {thing}.")
    }
}

fn security(id: &str) -> Value {
    let scope = |scope: ClientScope| json!({"oauth": [scope.to_string()]});
    let mut ways = vec![json!({"bearer": []})];
    match Permission::of(id).map(|row| row.client) {
        Some(ClientGrant::With(s) | ClientGrant::UnlimitedWith(s) | ClientGrant::RaiserWith(s)) => ways.push(scope(s)),
        Some(ClientGrant::AnyFeed) => ways.extend(ClientScope::iter().filter(|s| s.destination().is_some()).map(scope)),
        Some(ClientGrant::No) | None => {}
    }
    ways.into()
}

// ---- links ----

/// Which path parameter names the id of which schema.
const KEYS: [(&str, &str); 8] = [
    ("/Customer", "customerId"),
    ("/Contact", "contactId"),
    ("/Person", "personId"),
    ("/Service", "serviceId"),
    ("/CustomerTeam", "teamId"),
    ("/Request", "requestId"),
    ("/HandOver", "handOverId"),
    ("/Client", "clientId"),
];

/// Operations that need one id and nothing else in their path, with whether they want If-Match.
fn operations_by_parameter(document: &Value) -> BTreeMap<String, Vec<(String, bool)>> {
    let mut by_parameter: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let names: Vec<&str> = names_in(path).collect();
        let [name] = names[..] else { continue };
        for operation in item.as_object().into_iter().flatten().map(|(_, o)| o) {
            let wants_match = operation["parameters"]
                .as_array()
                .is_some_and(|all| all.iter().any(|p| p["name"] == "If-Match"));
            let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
            by_parameter.entry(name.into()).or_default().push((id, wants_match));
        }
    }
    by_parameter
}

/// From what was made or read to what can be done with it next.
fn link(operation: &mut Value, method: &str, by_parameter: &BTreeMap<String, Vec<(String, bool)>>) {
    if method != "post" && method != "get" {
        return;
    }
    for status in ["200", "201"] {
        let response = &mut operation["responses"][status];
        let Some(schema) = response["content"]["application/json"]["schema"]["$ref"].as_str() else {
            continue;
        };
        let Some((_, key)) = KEYS.iter().find(|(name, _)| schema.ends_with(name)) else {
            continue;
        };
        let links: Map<String, Value> = by_parameter
            .get(*key)
            .into_iter()
            .flatten()
            .map(|(id, wants_match)| {
                let mut parameters = json!({*key: "$response.body#/id"});
                if *wants_match {
                    parameters["header.If-Match"] = json!("$response.header.ETag");
                }
                (
                    id.clone(),
                    json!({"operationId": id, "parameters": parameters, "description": "What can be done next."}),
                )
            })
            .collect();
        response["links"] = links.into();
    }
    if let Some(responses) = operation["responses"].as_object_mut() {
        responses.retain(|_, response| !response.is_null());
    }
}

// ---- examples ----

fn give_example(media: &mut Value, schemas: &Value, story: &Map<String, Value>) {
    if media.get("example").is_none() && media.get("examples").is_none() {
        let example = example(&media["schema"], schemas, story, 0);
        media["example"] = example;
    }
}

/// The story's example of a schema, or one made of its parts'.
fn example(schema: &Value, schemas: &Value, story: &Map<String, Value>, depth: usize) -> Value {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|r| r.strip_prefix("#/components/schemas/"))
    {
        return match story.get(name) {
            Some(told) => told.clone(),
            None if depth > 40 => Value::Null,
            None => example(&schemas[name], schemas, story, depth + 1),
        };
    }
    for known in [
        &schema["example"],
        &schema["examples"][0],
        &schema["default"],
        &schema["enum"][0],
        &schema["const"],
    ] {
        if !known.is_null() {
            return known.clone();
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().map(|part| example(part, schemas, story, depth + 1));
        return parts
            .filter_map(|part| part.as_object().cloned())
            .flatten()
            .collect::<Map<_, _>>()
            .into();
    }
    for branches in ["oneOf", "anyOf"] {
        if let Some(branch) = schema[branches]
            .as_array()
            .and_then(|b| b.iter().find(|b| b["type"] != "null"))
        {
            return example(branch, schemas, story, depth + 1);
        }
    }
    let kind = schema["type"]
        .as_str()
        .or(schema["type"][0].as_str())
        .unwrap_or("object");
    match kind {
        "array" => json!([example(&schema["items"], schemas, story, depth + 1)]),
        "integer" => schema["minimum"].as_i64().unwrap_or_default().max(1).into(),
        "boolean" => false.into(),
        "string" if schema["format"] == "uuid" => "019a2f4e-7c1d-7b52-9d3a-5e8f0c6b1a27".into(),
        "string" => "text".into(),
        _ => {
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            properties
                .iter()
                .map(|(name, p)| (name.clone(), example(p, schemas, story, depth + 1)))
                .collect()
        }
    }
}

// ---- what all share ----

fn shared_headers() -> Map<String, Value> {
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

fn headers() -> Value {
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

fn refusals() -> Value {
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

fn security_schemes() -> Value {
    let scopes: Map<String, Value> = ClientScope::iter()
        .map(|s| (s.to_string(), Value::from(format!("Leave of the scope {s}"))))
        .collect();
    let token_url = format!("{PRODUCTION}/oauth/token");
    json!({
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "An access token as RFC 9068 says, checked by the practice of RFC8725. People and contacts get theirs from the operator."},
        "oauth": {"type": "oauth2",
            "description": "Other systems get an access token (JWT, RFC8725) with client credentials.",
            "flows": {"clientCredentials": {"tokenUrl": token_url, "refreshUrl": token_url, "scopes": scopes}}},
    })
}
