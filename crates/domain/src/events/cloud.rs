//! Events as other systems take them in: CloudEvents 1.0, with the extensions `sequence` and `dataref`.
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::Event;
use crate::vocabulary::EventId;

/// An event in an envelope that any system knows (CloudEvents 1.0, structured JSON).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CloudEvent {
    /// Version of the envelope.
    #[schema(max_length = 3, pattern = r"^1\.0$", example = "1.0")]
    pub specversion: &'static str,
    /// Id of the event; the same event has the same id, however often it is sent.
    pub id: EventId,
    /// The service that it comes from.
    #[schema(
        format = "uri",
        max_length = 500,
        pattern = "^[!-~]+$",
        example = "https://kundansvar.example.se/kundansvar/v1"
    )]
    pub source: String,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(
        max_length = 100,
        pattern = r"^kundansvar\.[a-z_]+\.[a-z_]+\.v[0-9]+$",
        example = "kundansvar.request.routed.v1"
    )]
    pub kind: String,
    /// The thing that changed: its kind and its id.
    #[schema(
        max_length = 100,
        pattern = "^[a-z_]+/[0-9a-f-]{36}$",
        example = "request/019a2f4e-7c1d-7b52-9d3a-5e8f0c6b1a27"
    )]
    pub subject: String,
    /// When.
    pub time: DateTime<Utc>,
    /// What `data` is.
    #[schema(max_length = 40, pattern = "^application/json$", example = "application/json")]
    pub datacontenttype: &'static str,
    /// Where the JSON Schema of `data` is.
    #[schema(
        format = "uri",
        max_length = 500,
        pattern = "^[!-~]+$",
        example = "https://kundansvar.example.se/event-schemas/kundansvar.request.routed.v1.json"
    )]
    pub dataschema: String,
    /// The event's place in the log, of a fixed length, so that text sorts as the log does.
    #[schema(max_length = 19, pattern = "^[0-9]{19}$", example = "0000000000000000042")]
    pub sequence: String,
    /// The event, as `GET /events` lists it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Event>,
    /// Where the event is found, if it is too large to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", max_length = 1000, pattern = "^[!-~]+$")]
    pub dataref: Option<String>,
}

impl CloudEvent {
    /// The media type of its JSON.
    pub const MEDIA_TYPE: &str = "application/cloudevents+json";

    /// The event, sent by the service at `origin`, whose API is at the path `base` and whose events' schemas are at
    /// `schemas`.
    pub fn of(event: Event, origin: &str, base: &str, schemas: &str) -> Self {
        let body = &event.body;
        Self {
            specversion: "1.0",
            id: body.id,
            source: format!("{origin}{base}"),
            kind: body.kind.clone(),
            subject: format!("{}/{}", body.subject.kind, body.subject.id),
            time: body.time,
            datacontenttype: "application/json",
            dataschema: format!("{origin}{schemas}/{}.json", body.kind),
            sequence: format!("{:019}", event.position),
            data: Some(event),
            dataref: None,
        }
    }

    /// The same without the event itself, which is found at `address`.
    pub fn found_at(self, address: String) -> Self {
        Self {
            data: None,
            dataref: Some(address),
            ..self
        }
    }
}
