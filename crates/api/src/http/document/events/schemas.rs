//! Schemas of events: what each carries follows from the thing that it is about.
use std::collections::BTreeSet;

use domain::events::{CloudEvent, Event, SubjectKind, catalogue};
use serde_json::{Map, Value, json};
use strum::IntoEnumIterator;
use utoipa::{PartialSchema, ToSchema};

use crate::http::document::schemas::limit;

const AT: &str = "#/components/schemas/";

/// Members that the log tells otherwise than a reply does, by a serialiser of their own; none is null.
const TOLD_OTHERWISE: [(SubjectKind, &str, Option<&str>); 4] = [
    (SubjectKind::Request, "handOver", Some("HandOverId")),
    (SubjectKind::ServiceLevelStatement, "figures", Some("Digest")),
    // What the calendar computes is no change of the thing.
    (SubjectKind::AgreementVersion, "comingTerms", None),
    (SubjectKind::AgreementVersion, "nextActs", None),
];

/// Names a schema of the document.
pub(super) fn refer(name: &str) -> Value {
    json!({"$ref": format!("{AT}{name}")})
}

/// The schema of each type, and of everything that they refer to.
pub(super) fn all() -> Result<Map<String, Value>, serde_json::Error> {
    let mut all = Map::new();
    let mut types = vec![];
    for kind in SubjectKind::iter() {
        for (n, form) in catalogue::forms(kind).iter().enumerate() {
            let (thing, parts) = form.schemas();
            for (name, part) in parts {
                all.insert(name, serde_json::to_value(part)?);
            }
            let changes = match n {
                0 => format!("{kind}_changes"),
                n => format!("{kind}_changes_{}", n + 1),
            };
            let members = members(&serde_json::to_value(thing)?, &all);
            all.insert(changes.clone(), changed(kind, members));
            for (act, told) in form.acts {
                let name = catalogue::name(kind, act);
                all.insert(name.clone(), event(kind, &name, told, &changes));
                types.push(refer(&name));
            }
        }
    }
    let mut parts = vec![];
    CloudEvent::schemas(&mut parts);
    parts.push(("CloudEvent".into(), CloudEvent::schema()));
    parts.push(("Event".into(), Event::schema()));
    for (name, part) in parts {
        all.insert(name, serde_json::to_value(part)?);
    }
    tell_otherwise(&mut all);
    all.insert("EventPage".into(), json!({"type": "object", "description": "A stretch of the log.", "required": ["items", "next", "more"],
        "properties": {
            "items": {"type": "array", "maxItems": 200, "description": "The events, in the log's order.", "items": {"oneOf": types}},
            "next": {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "Where to go on, also when nothing has happened yet."},
            "more": {"type": "boolean", "description": "Whether there is more already."}}}));
    let header = |told: &str, pattern: &str| json!({"type": "string", "description": told, "pattern": pattern});
    all.insert("WebhookHeaders".into(), json!({"type": "object", "description": "The headers of Standard Webhooks.", "properties": {
        "webhook-id": header("The event's id.", "^[0-9a-f-]{36}$"),
        "webhook-timestamp": header("When it is sent, in seconds since 1970.", "^[0-9]+$"),
        "webhook-signature": header("HMAC-SHA-256 of id, time and body; during a rotation with both secrets.", "^v1,"),
    }}));
    for schema in all.values_mut() {
        limit(schema);
        tell_examples(schema);
    }
    let used = reachable(
        &all,
        types
            .iter()
            .chain([&refer("CloudEvent"), &refer("EventPage"), &refer("WebhookHeaders")]),
    );
    all.retain(|name, _| used.contains(name));
    Ok(all)
}

/// What an event of this type is.
fn event(kind: SubjectKind, name: &str, told: &str, changes: &str) -> Value {
    json!({"title": name, "description": told, "allOf": [refer("Event"), {"type": "object", "properties": {
        "type": {"const": name},
        "subject": {"type": "object", "properties": {"kind": {"const": kind}}},
        "data": refer(changes),
    }}]})
}

/// The members that a thing has, wherever its schema is put together of others.
fn members(schema: &Value, all: &Map<String, Value>) -> Map<String, Value> {
    let referred = schema["$ref"]
        .as_str()
        .and_then(|at| all.get(at.trim_start_matches(AT)));
    let schema = referred.unwrap_or(schema);
    let mut found = schema["properties"].as_object().cloned().unwrap_or_default();
    for parts in ["allOf", "oneOf", "anyOf"] {
        for part in schema[parts].as_array().into_iter().flatten() {
            found.extend(members(part, all));
        }
    }
    found
}

/// Each member with what it was and what it became.
fn changed(kind: SubjectKind, members: Map<String, Value>) -> Value {
    let mut properties = Map::new();
    for (name, mut member) in members {
        // They stand in the subject.
        if name == "id" || name == "version" {
            continue;
        }
        let otherwise = TOLD_OTHERWISE
            .iter()
            .find(|(of, member, _)| *of == kind && *member == name);
        let told = member.as_object_mut().and_then(|member| member.remove("description"));
        if let Some((_, _, schema)) = otherwise {
            member = schema.map_or(json!({"type": "null"}), refer);
        }
        let mut change =
            json!({"type": "object", "minProperties": 1, "properties": {"before": member, "after": member}});
        if let Some(told) = told {
            change["description"] = told;
        }
        properties.insert(name, change);
    }
    json!({"type": "object", "properties": properties, "description": "The members that changed, each with what it was (`before`; none \
        where there was none) and became (`after`)."})
}

/// Parts that the log tells otherwise than a reply does, by a serialiser of their own.
fn tell_otherwise(all: &mut Map<String, Value>) {
    if all.contains_key("AgreementRef") {
        all.insert("AgreementRef".into(), refer("AgreementId"));
    }
    if let Some(raiser) = all.get_mut("Raiser") {
        raiser["required"] = json!(["kind", "id"]);
        if let Some(properties) = raiser["properties"].as_object_mut() {
            properties.remove("name");
        }
    }
}

/// JSON Schema has a list of examples where OpenAPI has one; and a reference stands alone in its older drafts.
fn tell_examples(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.contains_key("$ref") {
                map.retain(|name, _| name == "$ref");
            }
            if let Some(example) = map.remove("example") {
                map.insert("examples".into(), json!([example]));
            }
            map.values_mut().for_each(tell_examples);
        }
        Value::Array(items) => items.iter_mut().for_each(tell_examples),
        _ => {}
    }
}

/// The names of all schemas that these lead to.
fn reachable<'a>(all: &Map<String, Value>, from: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![];
    from.for_each(|value| names(value, &mut open));
    while let Some(name) = open.pop() {
        if let Some(schema) = all.get(&name)
            && found.insert(name)
        {
            names(schema, &mut open);
        }
    }
    found
}

fn names(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(at) = map.get("$ref").and_then(Value::as_str) {
                found.push(at.trim_start_matches(AT).to_owned());
            }
            map.values().for_each(|value| names(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| names(value, found)),
        _ => {}
    }
}

/// A schema of the document with all that it refers to, at an address of its own.
pub(super) fn alone(document: &Value, name: &str, at: &str) -> Option<Value> {
    let all = document["components"]["schemas"].as_object()?;
    let mut schema = all.get(name)?.clone();
    let parts: Map<String, Value> = reachable(all, [&schema].into_iter())
        .into_iter()
        .filter_map(|name| all.get(&name).map(|part| (name, part.clone())))
        .collect();
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["$id"] = at.into();
    schema["$defs"] = parts.into();
    lead_inside(&mut schema);
    Some(schema)
}

fn lead_inside(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::String(at)) = map.get_mut("$ref") {
                *at = at.replace(AT, "#/$defs/");
            }
            map.values_mut().for_each(lead_inside);
        }
        Value::Array(items) => items.iter_mut().for_each(lead_inside),
        _ => {}
    }
}
