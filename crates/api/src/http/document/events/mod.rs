//! The events as an AsyncAPI document, and the JSON Schema of each type: made of the catalogue, and of the things' own
//! schemas as the log writes them.
mod schemas;

use domain::events::{Body, CloudEvent, Event, SubjectKind, catalogue};
use serde_json::{Map, Value, json};
use strum::IntoEnumIterator;

use super::PRODUCTION;
use crate::{http::operations::BASE, rooms};

/// One event of each type, as the tests once saw it.
const SEEN: &str = include_str!("seen.json");
/// Where the schemas of the events are, on each instance.
pub const SCHEMAS: &str = "/event-schemas";

/// The document as it is committed: of the public server.
pub fn committed() -> Result<Value, serde_json::Error> {
    let seen: Map<String, Value> = serde_json::from_str(SEEN)?;
    let mut messages = Map::new();
    for kind in SubjectKind::iter() {
        for (act, told) in catalogue::forms(kind).iter().flat_map(|form| form.acts) {
            let name = catalogue::name(kind, act);
            messages.insert(name.clone(), enveloped(&name, told, seen.get(&name))?);
            messages.insert(plain(&name), listed(&name, told, seen.get(&name)));
        }
    }
    messages.insert("page".into(), page());
    Ok(json!({
        "asyncapi": "3.0.0",
        "info": info(),
        "defaultContentType": "application/json",
        "servers": {
            "api": server(PRODUCTION, "production"),
            "subscriber": {"host": "{host}", "protocol": "https", "description": "Whoever subscribed.",
                "variables": {"host": {"description": "The host of the subscription's destination.", "examples": ["desk.example.se"]}}},
            "broker": {"host": "nats.example.se:4222", "protocol": "nats",
                "description": "NATS JetStream, where the operator has set one up (`nats_url`)."},
        },
        "channels": channels(),
        "operations": operations(),
        "components": {
            "messages": messages,
            "schemas": schemas::all()?,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": "A token of a person, or of a client with the scope `events.read`."}},
        },
    }))
}

/// The text of the document of an instance at `origin`: with its own address.
pub fn at(origin: &str, committed: &str) -> String {
    let [public, own] = [(PRODUCTION, "production"), (origin, "this instance")]
        .map(|(origin, description)| server(origin, description).to_string());
    committed.replacen(&public, &own, 1)
}

fn server(origin: &str, description: &str) -> Value {
    let (protocol, host) = origin.split_once("://").unwrap_or(("https", origin));
    json!({"host": host, "protocol": protocol, "pathname": BASE, "description": description,
        "security": [{"$ref": "#/components/securitySchemes/bearer"}]})
}

/// The JSON Schema of one type of event, from the document: whole in itself, found at `origin`.
pub fn schema(document: &Value, name: &str, origin: &str) -> Option<Value> {
    // Only types are asked for, not the parts that they are made of.
    document["components"]["messages"]
        .get(name)
        .filter(|_| name.contains('.'))?;
    schemas::alone(document, name, &format!("{origin}{SCHEMAS}/{name}.json"))
}

fn info() -> Value {
    let api = rooms::about::info();
    json!({
        "title": "Kundansvar: what happens",
        "version": api["version"],
        "description": "Every change in Kundansvar is an event: listed by `GET /events`, streamed as Server-Sent Events, sent to \
            webhooks and to a broker. An event tells the members that the change gave another value, each with what it was \
            (`before`) and became (`after`). Personal data stands as its digest, and for readers of the list and the stream with \
            its value, until it is erased. Types may gain members: read over those that you do not know. What is asked of the API \
            stands in the OpenAPI document.",
        "termsOfService": api["termsOfService"],
        "contact": api["contact"],
        "license": api["license"],
        "externalDocs": {"description": "The OpenAPI document", "url": format!("{PRODUCTION}/openapi.json")},
        "tags": [{"name": "events", "description": "What happens."}],
    })
}

/// The name of the message of an event that has no envelope.
fn plain(name: &str) -> String {
    format!("{name}.plain")
}

/// The message with a CloudEvent.
fn enveloped(name: &str, told: &str, seen: Option<&Value>) -> Result<Value, serde_json::Error> {
    let mut message = json!({
        "name": name, "title": told, "summary": told, "contentType": CloudEvent::MEDIA_TYPE,
        "payload": {"allOf": [
            {"$ref": "#/components/schemas/CloudEvent"},
            {"type": "object", "properties": {"type": {"const": name}, "data": schemas::refer(name)}},
        ]},
        "bindings": {"http": {"bindingVersion": "0.3.0", "headers": schemas::refer("WebhookHeaders")}},
    });
    if let Some(seen) = seen {
        let mut seen = seen.clone();
        seal(&mut seen);
        let event = Event {
            position: seen["position"].as_i64().unwrap_or(1),
            body: serde_json::from_value::<Body>(seen)?,
        };
        message["examples"] = json!([{"payload": CloudEvent::of(event, PRODUCTION, BASE, SCHEMAS)}]);
    }
    Ok(message)
}

/// The message with an event as the list has it.
fn listed(name: &str, told: &str, seen: Option<&Value>) -> Value {
    let mut message = json!({
        "name": name, "title": told, "summary": told, "contentType": "application/json",
        "payload": schemas::refer(name),
    });
    if let Some(seen) = seen {
        message["examples"] = json!([{"payload": seen}]);
    }
    message
}

/// The message with a page of the list.
fn page() -> Value {
    json!({
        "name": "page", "title": "A stretch of the log.", "summary": "A stretch of the log, and where to go on.",
        "contentType": "application/json",
        "payload": schemas::refer("EventPage"),
    })
}

/// What leaves the house carries personal data by its digest alone.
fn seal(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.contains_key("digest") {
                map.remove("value");
            }
            map.values_mut().for_each(seal);
        }
        Value::Array(items) => items.iter_mut().for_each(seal),
        _ => {}
    }
}

fn types_of(kind: SubjectKind) -> impl Iterator<Item = String> {
    let acts = catalogue::forms(kind).iter().flat_map(|form| form.acts);
    acts.map(move |(act, _)| catalogue::name(kind, act))
}

fn all_types() -> impl Iterator<Item = String> {
    SubjectKind::iter().flat_map(types_of)
}

/// The broker's channel of one kind of thing.
fn channel_of(kind: SubjectKind) -> String {
    format!("broker-{kind}")
}

/// The kinds of things that have events.
fn told_kinds() -> impl Iterator<Item = SubjectKind> {
    SubjectKind::iter().filter(|kind| !catalogue::forms(*kind).is_empty())
}

fn channels() -> Value {
    let message = |name: String| json!({"$ref": format!("#/components/messages/{name}")});
    let enveloped = |types: &mut dyn Iterator<Item = String>| -> Map<String, Value> {
        types.map(|name| (name.clone(), message(name))).collect()
    };
    let streamed: Map<String, Value> = all_types().map(|name| (name.clone(), message(plain(&name)))).collect();
    let server = |name: &str| json!([{"$ref": format!("#/servers/{name}")}]);
    let mut channels = json!({
        "events": {"address": "/events", "title": "The log", "servers": server("api"),
            "description": "The log in its one order, from a cursor on, by kind, thing, customer, actor, type and time.",
            "messages": {"page": message("page".into())}},
        "event-stream": {"address": "/event-stream", "title": "The log as it grows", "servers": server("api"),
            "description": "Server-Sent Events in the order and scope of the list: `data` is the event in one line, `id` its place, \
                for `Last-Event-ID`. A place also comes alone, without `data`, while nothing happens.",
            "messages": streamed},
        "webhooks": {"address": null, "title": "Webhooks", "servers": server("subscriber"),
            "description": "POST to the destination of each subscription that wants the event (`POST /webhook-subscriptions`), signed as \
                Standard Webhooks says. Events of one thing come in order; an event may come twice, with the same id.",
            "messages": enveloped(&mut all_types())},
    });
    for kind in told_kinds() {
        let acts = catalogue::forms(kind)
            .iter()
            .flat_map(|form| form.acts)
            .map(|(act, _)| act);
        channels[channel_of(kind)] = json!({
            "address": catalogue::name(kind, "{act}"), "title": format!("The broker: {kind}"), "servers": server("broker"),
            "description": "The subject is the event's type; `Nats-Msg-Id` is its id. In the log's order. What is too large for the \
                broker comes without `data`, with `dataref`.",
            "parameters": {"act": {"description": "What was done.", "enum": acts.collect::<Vec<_>>()}},
            "messages": enveloped(&mut types_of(kind)),
        });
    }
    channels
}

fn operations() -> Value {
    let get = json!({"http": {"method": "GET", "bindingVersion": "0.3.0"}});
    let post = json!({"http": {"method": "POST", "bindingVersion": "0.3.0"}});
    let operation = |channel: &str, title: &str, bindings: &Value| {
        json!({"action": "send", "channel": {"$ref": format!("#/channels/{channel}")}, "title": title, "summary": title,
            "description": title, "tags": [{"name": "events"}], "bindings": bindings})
    };
    let mut operations = json!({
        "listEvents": operation("events", "List events", &get),
        "streamEvents": operation("event-stream", "Stream events", &get),
        "deliverEvents": operation("webhooks", "Deliver events to a webhook", &post),
    });
    for kind in told_kinds() {
        let channel = channel_of(kind);
        operations[format!("publish-{kind}")] =
            operation(&channel, "Publish events to the broker", &json!({"nats": {}}));
    }
    operations
}
