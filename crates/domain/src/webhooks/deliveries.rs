//! Deliveries: an event on its way to a destination, every try of it, and when it is tried again.
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::WebhookSubscription;
use crate::{
    events::{Aggregate, EventSubject, SubjectKind},
    vocabulary::*,
};

/// How long is waited after each try that failed, in seconds: three days in all. The last one is followed by none.
pub const WAITS: [i64; 9] = [5, 30, 300, 1_800, 7_200, 18_000, 36_000, 72_000, 123_865];
/// A wait is longer by up to this part of it, so that what failed together is not tried again together.
const JITTER: f64 = 0.1;
/// A destination that took nothing for so long and takes something again was out of order: what it held up is due.
const OUTAGE: Duration = Duration::minutes(1);
/// A destination may ask for patience (`Retry-After`) up to this.
const LONGEST_WISH: Duration = Duration::hours(24);
/// So much of an answer is kept, in characters.
pub const KEPT_OF_ANSWER: usize = 1_000;

word! {
    /// Where a delivery stands.
    DeliveryState {
        /// To be sent, or sent again.
        Waiting,
        /// Taken by the destination.
        Delivered,
        /// Given up: every try failed.
        Failed,
    }
}

/// One try to deliver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryAttempt {
    /// When it was begun.
    pub at: DateTime<Utc>,
    /// How long it took.
    #[schema(minimum = 0, maximum = 3600000)]
    pub milliseconds: i64,
    /// What the destination answered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 100, maximum = 999)]
    pub status: Option<u16>,
    /// The beginning of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub answer: Option<String>,
    /// Why there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub error: Option<String>,
    /// How many seconds the destination asked to be left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 86400)]
    pub retry_after: Option<i64>,
}

impl DeliveryAttempt {
    /// A try that begins now.
    pub fn begin(now: DateTime<Utc>) -> Self {
        Self {
            at: now,
            milliseconds: 0,
            status: None,
            answer: None,
            error: None,
            retry_after: None,
        }
    }

    /// Whether the destination took it.
    pub fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// When it ended.
    pub fn ended_at(&self) -> DateTime<Utc> {
        self.at + Duration::milliseconds(self.milliseconds)
    }

    /// Until when the destination asked to be left alone, whatever waits for it.
    pub fn left_alone_until(&self) -> Option<DateTime<Utc>> {
        let wished = self.retry_after.filter(|_| !self.succeeded())?;
        Some(self.ended_at() + Duration::seconds(wished).min(LONGEST_WISH))
    }

    /// Whether the destination is gone for good.
    pub fn is_gone(&self) -> bool {
        self.status == Some(410)
    }
}

/// All tries, the latest last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
pub struct DeliveryAttempts(pub Vec<DeliveryAttempt>);

/// An event on its way to a destination.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// The event, which is the message's id too.
    pub event: EventId,
    /// What happened.
    #[schema(
        max_length = 100,
        pattern = r"^kundansvar\.[a-z_]+\.[a-z_]+\.v[0-9]+$",
        example = "kundansvar.request.routed.v1"
    )]
    pub event_type: String,
    /// The event's place in the log.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub position: i64,
    /// The thing that changed.
    pub subject: EventSubject,
    /// Where it stands.
    pub state: DeliveryState,
    /// When it is sent next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<Utc>>,
    /// Every try since it was last begun, the latest last.
    #[schema(max_items = 20)]
    pub attempts: Vec<DeliveryAttempt>,
    /// When the event happened.
    pub occurred_at: DateTime<Utc>,
}

/// When a delivery is tried again after so many tries, the last of which was `attempt`; none where it is given up.
/// `chance` is between 0 and 1.
pub fn next_try(tries: usize, attempt: &DeliveryAttempt, chance: f64) -> Option<DateTime<Utc>> {
    let wait = *WAITS.get(tries.checked_sub(1)?)?;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "days, in milliseconds"
    )]
    let jittered = Duration::milliseconds((wait as f64 * 1000.0 * (1.0 + JITTER * chance)) as i64);
    let due_at = attempt.ended_at() + jittered;
    Some(attempt.left_alone_until().map_or(due_at, |until| until.max(due_at)))
}

/// Whether a success now ends an outage: every try since then had failed.
pub fn ends_outage(failing_since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - failing_since >= OUTAGE
}

/// Which deliveries are sent once more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplayInput {
    /// Of events that happened at this time or later.
    pub from: DateTime<Utc>,
    /// Of events that happened before this time; none: of all since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<DateTime<Utc>>,
    /// Those alone that were given up.
    #[serde(default)]
    pub failed_only: bool,
}

/// How many deliveries are sent once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replay {
    /// How many.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub deliveries: u64,
}

/// The act of sending deliveries once more, as its event tells it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replayed {
    #[serde(skip)]
    subscription: WebhookSubscriptionId,
    #[serde(skip)]
    version: i64,
    /// The one that is sent once more.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<DeliveryId>,
    /// Which of many.
    #[serde(skip_serializing_if = "Option::is_none")]
    which: Option<ReplayInput>,
    /// How many they are.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    deliveries: u64,
}

impl Replayed {
    /// One delivery of a subscription, which gets a new version by it.
    pub fn one(of: &WebhookSubscription, delivery: DeliveryId) -> Self {
        Self {
            subscription: of.id,
            version: of.version + 1,
            delivery: Some(delivery),
            which: None,
            deliveries: 1,
        }
    }

    /// So many of those that were asked for.
    pub fn many(of: &WebhookSubscription, which: ReplayInput, deliveries: u64) -> Self {
        Self {
            subscription: of.id,
            version: of.version + 1,
            delivery: None,
            which: Some(which),
            deliveries,
        }
    }
}

impl Aggregate for Replayed {
    const KIND: SubjectKind = SubjectKind::WebhookSubscription;
    fn id(&self) -> Uuid {
        self.subscription.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}
