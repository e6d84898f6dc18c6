//! Lessons: what happened and what was learned of it, for every team to read.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Found, RelatedInput, RelatedThing};
use crate::{
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

/// What is told of a lesson.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LessonInput {
    /// What it is about, in one line that names no customer.
    pub title: Title,
    /// What happened.
    pub happened: Reason,
    /// What was learned.
    pub learned: Reason,
    /// For which services.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub services: Vec<Key<ServiceId>>,
    /// What it was learned from. Who does not see that customer is told neither of it nor of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<RelatedInput>,
}

/// Who has read a lesson.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LessonReader {
    /// Who.
    pub person: PersonRef,
    /// When.
    pub read_at: DateTime<Utc>,
}

/// What was learned.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lesson {
    /// Its id.
    pub id: LessonId,
    /// Grows by one at each change; its `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// What it is about.
    pub title: Title,
    /// What happened.
    pub happened: Reason,
    /// What was learned.
    pub learned: Reason,
    /// For which services, by code.
    #[schema(max_items = 50)]
    pub services: Vec<ServiceRef>,
    /// What it was learned from, if you may see that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<RelatedThing>,
    /// At which customer, if you may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerRef>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "when_input")]
    pub written_by: PersonRef,
    /// Who has read it, the latest first; the latest hundred.
    #[serde(skip_serializing_if = "not_told", serialize_with = "as_told")]
    #[schema(max_items = 100)]
    pub readers: Vec<LessonReader>,
    /// Whether whoever reads it may see what it was learned from.
    #[serde(skip)]
    pub is_origin_seen: bool,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

fn when_input(_: &PersonRef) -> bool {
    Rendering::purpose() == Purpose::Input
}

/// Nobody has read it yet, or input is written, which tells of no readers.
fn not_told(readers: &[LessonReader]) -> bool {
    readers.is_empty() || Rendering::purpose() == Purpose::Input
}

/// The log tells of the latest alone: the others have events of their own.
fn as_told<S: Serializer>(readers: &[LessonReader], serializer: S) -> Result<S::Ok, S::Error> {
    let told = match Rendering::purpose() {
        Purpose::Log => 1,
        _ => readers.len(),
    };
    readers.get(..told).unwrap_or(readers).serialize(serializer)
}

/// A lesson belongs to no customer: every team reads its events, and those name the customer to who sees all.
impl Aggregate for Lesson {
    const KIND: SubjectKind = SubjectKind::Lesson;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}

impl Lesson {
    /// A new lesson.
    pub fn write(
        id: LessonId,
        input: LessonInput,
        services: Vec<ServiceRef>,
        origin: Option<Found>,
        written_by: PersonRef,
        now: DateTime<Utc>,
    ) -> Self {
        let (origin, customer) = apart(origin);
        Self {
            id,
            version: 1,
            title: input.title,
            happened: input.happened,
            learned: input.learned,
            services,
            origin,
            customer,
            written_by,
            readers: vec![],
            is_origin_seen: true,
            created_at: now,
            changed_at: now,
        }
    }

    /// The lesson as told anew. `origin` is none where what it was learned from stays.
    pub fn change(
        self,
        input: LessonInput,
        services: Vec<ServiceRef>,
        origin: Option<Option<Found>>,
        now: DateTime<Utc>,
    ) -> Self {
        let (origin, customer) = match origin {
            None => (self.origin, self.customer),
            Some(anew) => apart(anew),
        };
        Self {
            version: self.version + 1,
            title: input.title,
            happened: input.happened,
            learned: input.learned,
            services,
            origin,
            customer,
            changed_at: now,
            ..self
        }
    }

    /// The lesson as somebody has read it; none where they had before.
    pub fn read(self, person: PersonRef, read_already: bool, now: DateTime<Utc>) -> Option<Self> {
        if read_already {
            return None;
        }
        let mut readers = self.readers;
        readers.insert(0, LessonReader { person, read_at: now });
        readers.truncate(Self::READERS);
        Some(Self {
            version: self.version + 1,
            readers,
            ..self
        })
    }

    /// So many readers are named.
    pub const READERS: usize = 100;

    /// As it is shown: without what it was learned from, where that may not be seen (R20).
    pub fn shown(self) -> Self {
        match self.is_origin_seen {
            true => self,
            false => Self {
                origin: None,
                customer: None,
                ..self
            },
        }
    }
}

/// What it was learned from, and the customer, where that is one.
fn apart(origin: Option<Found>) -> (Option<RelatedThing>, Option<CustomerRef>) {
    match origin {
        None => (None, None),
        Some(found) => {
            let customer = match found.customers.as_slice() {
                [one] => Some(one.clone()),
                _ => None,
            };
            (Some(found.thing), customer)
        }
    }
}
