//! A request's whole journey: everything that happened to it, its hand-overs and its comments, in the log's order.
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    access::Scope,
    events::{Actor, EventSubject},
    requests::{Request, Visibility},
    vocabulary::PersonName,
};
use sea_orm::{ConnectionTrait, Statement, Value};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{comments::act, merging::with_merged};
use crate::{
    Db, Error,
    events::{self, LogCursor, Stretch},
    store::{Reader, Source},
};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimelineEntry {
    /// Its place in the log.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub position: i64,
    /// When.
    pub time: DateTime<Utc>,
    /// What, as the event's type calls it.
    #[serde(rename = "type")]
    #[schema(
        max_length = 100,
        pattern = r"^kundansvar\.[a-z_]+\.[a-z_]+\.v[0-9]+$",
        example = "kundansvar.request.routed.v1"
    )]
    pub kind: String,
    /// Who did it.
    pub actor: Actor,
    /// Their name, where it is still known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<PersonName>,
    /// The name of whom they acted for as a deputy, where it is still known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acting_for_name: Option<PersonName>,
    /// What it was done to: the request, a hand-over or a comment.
    pub subject: EventSubject,
    /// The changed members, each with what it was (`before`) and became (`after`).
    #[schema(value_type = Object)]
    pub changes: serde_json::Value,
}

/// A stretch of the request's timeline, with those of the requests that were merged into it; a contact reads nothing of the team's own comments.
pub async fn timeline(
    db: &Db,
    scope: &Scope,
    request: &Request,
    after: LogCursor,
    limit: u64,
    today: NaiveDate,
) -> Result<Stretch<TimelineEntry>, Error> {
    let matters = with_merged(&db.reader(), scope, request, today).await?;
    let matters = matters.into_iter().map(|id| id.0).collect();
    let hidden = scope
        .is_contact()
        .then(|| format!("kundansvar.comment.{}.v1", act(Visibility::Team)));
    let Stretch { items, next, more } = events::of_matters(db, matters, hidden, after, limit).await?;
    let told = events::told(db.reader(), items).await?;
    let named = told.iter().map(|e| &e.body.actor);
    let named = named.flat_map(|actor| [actor.id.parse().ok(), actor.acting_for]);
    let names = names(db.reader(), named.flatten().collect()).await?;
    let items = told
        .into_iter()
        .map(|event| TimelineEntry {
            position: event.position,
            time: event.body.time,
            kind: event.body.kind,
            actor_name: event
                .body
                .actor
                .id
                .parse()
                .ok()
                .and_then(|id: Uuid| names.get(&id).cloned()),
            acting_for_name: event.body.actor.acting_for.and_then(|id| names.get(&id).cloned()),
            actor: event.body.actor,
            subject: event.body.subject,
            changes: event.body.data,
        })
        .collect();
    Ok(Stretch { items, next, more })
}

/// The names of persons, contacts and clients.
pub(crate) async fn names(reader: Reader<'_>, ids: Vec<Uuid>) -> Result<HashMap<Uuid, PersonName>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let backend = reader.backend();
    let mut values: Vec<Value> = vec![];
    let tables: Vec<String> = ["person", "contact", "client"]
        .iter()
        .map(|table| {
            let places: Vec<String> = ids
                .iter()
                .map(|id| {
                    values.push((*id).into());
                    if backend == sea_orm::DbBackend::Postgres {
                        format!("${}", values.len())
                    } else {
                        "?".into()
                    }
                })
                .collect();
            format!("select id, name from {table} where id in ({})", places.join(", "))
        })
        .collect();
    let statement = Statement::from_sql_and_values(backend, tables.join(" union all "), values);
    let rows = reader.connection().query_all_raw(statement).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "id")?, row.try_get("", "name")?)))
        .collect()
}
