//! Everything with one customer in one timeline: one query over the log, which later rooms are part of by themselves.
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    access::Scope,
    events::{Actor, Event, EventSubject, SubjectKind, catalogue},
    vocabulary::*,
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Db, Error, Page, Paging, customers,
    events::{
        self,
        entity::{Column, Entity, Model},
    },
    requests::names,
    store::{self, Cursor, Source},
};

/// What a thing is called.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct ThingLabel {
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        min_length = 1,
        max_length = 60,
        pattern = r"^[^\x00-\x1f]+$",
        example = "REQ-2026-000123"
    )]
    pub number: Option<String>,
    /// What it was called when it was entered, where that is still known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00-\x1f]+$",
        example = "Ny skrivare"
    )]
    pub title: Option<String>,
}

/// One thing that happened with a customer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerEvent {
    /// Its event.
    pub id: EventId,
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
    /// The same in words.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = "^[ -~]+$",
        example = "A request came in."
    )]
    pub meaning: &'static str,
    /// The thing that it was done to.
    pub subject: EventSubject,
    /// The matter that the thing belongs to: a comment's request, a version's agreement; else the thing itself.
    #[schema(min_length = 36, max_length = 36)]
    pub matter: Uuid,
    /// What the thing is called, or else its matter.
    pub label: ThingLabel,
    /// Who did it.
    pub actor: Actor,
    /// Their name, where it is still known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<PersonName>,
    #[serde(skip)]
    position: i64,
}

/// A page of what happened with the customer, if the caller may see it. A contact is told what contacts may read.
pub async fn customer_timeline(
    db: &Db,
    scope: &Scope,
    customer: CustomerId,
    kind: Option<SubjectKind>,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<CustomerEvent>, Error> {
    db.order_events().await?;
    let reader = db.reader();
    let customer = customers::get(&reader, scope, customer, today).await?.id;
    let mut query = Entity::find()
        .filter(Column::CustomerId.eq(customer.0))
        .apply_if(kind, |q, kind| q.filter(Column::SubjectKind.eq(kind)))
        .into_query();
    if scope.is_contact() {
        query.and_where(Column::Kind.is_in(catalogue::types_for_contacts()));
    }
    let total = match paging.count {
        true => Some(store::count(reader.connection(), &query).await?),
        false => None,
    };
    paging.apply_by_number(&mut query, ("event", "position"), ("event", "id"));
    let rows = store::all::<Model>(reader.connection(), &query).await?;
    let told = events::told(db.reader(), rows).await?;
    let who = told.iter().filter_map(|event| event.body.actor.id.parse().ok());
    let names = names(db.reader(), who.collect()).await?;
    let labels = labels(db, &told).await?;
    let items = told.into_iter().map(|event| {
        let (subject, matter) = (event.body.subject.clone(), event.body.matter());
        let label = |id: &Uuid| labels.get(id).filter(|label| **label != ThingLabel::default());
        CustomerEvent {
            id: event.body.id,
            time: event.body.time,
            meaning: catalogue::meaning(subject.kind, &event.body.kind).unwrap_or("Something happened."),
            kind: event.body.kind,
            label: label(&subject.id)
                .or_else(|| label(&matter))
                .cloned()
                .unwrap_or_default(),
            subject,
            matter,
            actor_name: event
                .body
                .actor
                .id
                .parse()
                .ok()
                .and_then(|id: Uuid| names.get(&id).cloned()),
            actor: event.body.actor,
            position: event.position,
        }
    });
    Ok(paging.cut(items.collect(), total, |event: &CustomerEvent| {
        Cursor::after_number(event.position, event.id)
    }))
}

/// What the things and their matters were called when they were entered: their first events tell it.
async fn labels(db: &Db, told: &[Event]) -> Result<HashMap<Uuid, ThingLabel>, Error> {
    let all = told
        .iter()
        .flat_map(|event| [event.body.subject.id, event.body.matter()]);
    let all: std::collections::BTreeSet<Uuid> = all.collect();
    if all.is_empty() {
        return Ok(HashMap::new());
    }
    let reader = db.reader();
    let first = Entity::find()
        .filter(Column::SubjectId.is_in(all))
        .filter(Expr::col(("event", "subject_version")).eq(1))
        .into_query();
    let rows = store::all::<Model>(reader.connection(), &first).await?;
    let first = events::told(db.reader(), rows).await?;
    Ok(first
        .into_iter()
        .map(|event| (event.body.subject.id, label(&event.body.data)))
        .collect())
}

/// The words by which things of all rooms are recognised.
fn label(data: &Value) -> ThingLabel {
    let member = |name: &str| {
        let after = &data[name]["after"];
        after
            .as_str()
            .or_else(|| after["value"].as_str())
            .map(ToOwned::to_owned)
    };
    ThingLabel {
        number: member("number"),
        title: ["title", "name", "statement"].into_iter().find_map(member),
    }
}
