//! Schemas: members whose form utoipa leaves open get their limits, patches are made of the bodies that they change.
use serde_json::{Map, Value, json};

/// Members whose form utoipa leaves open get their limits here, once.
pub(super) fn complete_schemas(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else {
        return;
    };
    let patches: Vec<String> = schemas
        .keys()
        .filter(|name| name.starts_with("PatchOf_"))
        .cloned()
        .collect();
    for name in patches.clone() {
        let body = schemas
            .get(name.trim_start_matches("PatchOf_"))
            .cloned()
            .unwrap_or_default();
        let mut patch = partial(&body, schemas);
        patch["description"] = "Only the members that are to change; null removes one.".into();
        patch["minProperties"] = 1.into();
        schemas.insert(name, patch);
    }
    let patched: Vec<String> = patches
        .iter()
        .map(|name| name.trim_start_matches("PatchOf_").to_owned())
        .collect();
    // Lists name their items rather than repeat them.
    let names: Vec<String> = schemas.keys().cloned().collect();
    for name in names {
        let item = name.strip_prefix("Listing_").or(name.strip_prefix("Log_"));
        if let Some(item) = item.filter(|item| schemas.contains_key(*item)).map(ToOwned::to_owned) {
            schemas[&name]["properties"]["items"]["items"] = json!({"$ref": format!("#/components/schemas/{item}")});
        }
    }
    schemas.values_mut().for_each(limit);
    forget_unused(document, &patched);
}

/// A body that is only ever patched was needed to make its patch; nothing refers to it.
fn forget_unused(document: &mut Value, patched: &[String]) {
    let text = document.to_string();
    let used = |name: &str| text.contains(&format!("\"#/components/schemas/{name}\""));
    let unused: Vec<&String> = patched.iter().filter(|name| !used(name)).collect();
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.retain(|name, _| !unused.contains(&name));
    }
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

pub(super) fn limit(schema: &mut Value) {
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
            map.get_mut("oneOf")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
                .for_each(close);
            map.values_mut().for_each(limit);
        }
        Value::Array(items) => items.iter_mut().for_each(limit),
        _ => {}
    }
}

/// utoipa leaves the branches of an enumeration open; reading one refuses what it does not name.
fn close(branch: &mut Value) {
    if branch["properties"].is_object()
        && let Some(branch) = branch.as_object_mut()
    {
        branch.entry("additionalProperties").or_insert(false.into());
    }
}

/// A parameter is absent or there, never null.
pub(super) fn without_null(schema: &mut Value) {
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
pub(super) fn without_example(schema: &mut Value, schemas: &Value) {
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
