//! Measurements: what service desks and monitoring saw, stored as sent. The evidence that targets are judged by.
//!
//! A measurement is known by its source and the source's own id. Which of two states of it stands is told by the
//! source's version or time, never by the order in which they arrived.
mod batches;
mod evidence;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize, de};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    events::{Aggregate, Link, SubjectKind},
    vocabulary::*,
};

pub use batches::{Batch, BatchOf, Counts, IntakeOutcome, Matched};
pub use evidence::Evidence;
pub(crate) use evidence::{CLOCKS_DIFFER_BY, bound};

word! {
    /// What was observed.
    MeasurementKind {
        /// A service was not there, or is planned not to be.
        Outage,
        /// A matter that the service desk had to deal with.
        Case,
        /// A number that was read.
        Sample,
    }
}
word! {
    /// The kind `outage`.
    OutageKind {
        /// A service was not there.
        Outage,
    }
}
word! {
    /// The kind `case`.
    CaseKind {
        /// A matter that the service desk had to deal with.
        Case,
    }
}
word! {
    /// The kind `sample`.
    SampleKind {
        /// A number that was read.
        Sample,
    }
}
word! {
    /// Why a measurement is judged by nobody yet.
    Unmatched {
        /// No service has the id or reference that it names.
        UnknownService,
        /// No customer has an id or reference that it names.
        UnknownCustomer,
        /// No agreement in force covers it at its instant. It is looked for when unmatched measurements are listed for this
        /// reason, and told nowhere else: it may change by acts on agreements alone.
        NoAgreement,
    }
}
/// An interval in which a case waited for somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pause {
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when; none: still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime<Utc>>,
}

/// A case that was solved, and then was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reopening {
    /// When it had been resolved.
    pub resolved: DateTime<Utc>,
    /// When it was opened again.
    pub reopened: DateTime<Utc>,
}

/// A priority that a case had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrioritySince {
    /// As the source calls it.
    pub priority: Label,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// Declares a kind of measurement: what all of them tell, and what this kind tells besides.
macro_rules! measured {
    ($(#[$doc:meta])* $name:ident, $kind:ty { $($members:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            /// What was observed.
            pub kind: $kind,
            /// The system that saw it; one that is bound to the client.
            pub source: SystemName,
            /// What that system calls the observation; unique there, and known again by it.
            pub source_id: ExternalId,
            /// When it was seen.
            pub observed_at: DateTime<Utc>,
            /// The source's own version of what it tells; of two, the higher one stands.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schema(minimum = 0, maximum = 9007199254740991i64)]
            pub source_version: Option<i64>,
            /// When the source last changed what it tells; without versions, the later one stands. `observedAt` unless told.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub updated_at: Option<DateTime<Utc>>,
            /// Of which service: our id, or another system's reference.
            pub service: Key<ServiceId>,
            $($members)*
        }
    };
}

measured! {
    /// A service was not there, or is planned not to be.
    OutageInput, OutageKind {
        /// Since when.
        pub from: DateTime<Utc>,
        /// Until when; none: still.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub to: Option<DateTime<Utc>>,
        /// Whether it was announced as planned.
        #[serde(default)]
        pub planned: bool,
        /// Which customers were without it; none named: all that use the service.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schema(max_items = 200)]
        pub customers: Vec<Key<CustomerId>>,
    }
}
measured! {
    /// A matter that the service desk had to deal with.
    CaseInput, CaseKind {
        /// Whose it is.
        pub customer: Key<CustomerId>,
        /// What kind of case, as the source calls it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub category: Option<Label>,
        /// The priority that it has, or had at last, as the source calls it.
        pub priority: Label,
        /// Every priority that it had, the first one first; the last one is `priority`. None: it never changed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schema(max_items = 100)]
        pub priority_history: Vec<PrioritySince>,
        /// When it was opened.
        pub opened: DateTime<Utc>,
        /// When somebody first responded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub responded: Option<DateTime<Utc>>,
        /// When it was resolved for good; none: it is open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub resolved: Option<DateTime<Utc>>,
        /// The times that it was resolved before and opened again, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schema(max_items = 100)]
        pub reopenings: Vec<Reopening>,
        /// When it waited for somebody else; intervals may overlap.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schema(max_items = 200)]
        pub pauses: Vec<Pause>,
    }
}
measured! {
    /// A number that was read.
    SampleInput, SampleKind {
        /// Whose; none: it holds for all that use the service.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub customer: Option<Key<CustomerId>>,
        /// What was read, as the source calls it.
        pub metric: Label,
        /// The number, as decimal text.
        pub value: Decimal,
        /// What it counts in.
        pub unit: Label,
    }
}

/// A measurement as its source tells it; one line of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(discriminator(property_name = "kind", mapping(
    ("outage" = "#/components/schemas/OutageInput"),
    ("case" = "#/components/schemas/CaseInput"),
    ("sample" = "#/components/schemas/SampleInput"),
)))]
pub enum MeasurementInput {
    /// A service was not there.
    Outage(OutageInput),
    /// A matter that the service desk had to deal with.
    Case(CaseInput),
    /// A number that was read.
    Sample(SampleInput),
}

impl<'de> Deserialize<'de> for MeasurementInput {
    /// By its `kind` alone, so that a fault is told as the fault of that kind.
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let told = serde_json::Value::deserialize(deserializer)?;
        let kind = MeasurementKind::deserialize(&told["kind"]).map_err(de::Error::custom)?;
        match kind {
            MeasurementKind::Outage => serde_json::from_value(told).map(Self::Outage),
            MeasurementKind::Case => serde_json::from_value(told).map(Self::Case),
            MeasurementKind::Sample => serde_json::from_value(told).map(Self::Sample),
        }
        .map_err(de::Error::custom)
    }
}

macro_rules! of_any {
    ($($(#[$doc:meta])* $member:ident: $type:ty;)*) => {
        impl MeasurementInput {$(
            $(#[$doc])*
            pub fn $member(&self) -> &$type {
                match self {
                    Self::Outage(told) => &told.$member,
                    Self::Case(told) => &told.$member,
                    Self::Sample(told) => &told.$member,
                }
            }
        )*}
    };
}

of_any! {
    /// The system that saw it.
    source: SystemName;
    /// What that system calls it.
    source_id: ExternalId;
    /// When it was seen.
    observed_at: DateTime<Utc>;
    /// The source's version.
    source_version: Option<i64>;
    /// When the source last changed it.
    updated_at: Option<DateTime<Utc>>;
    /// Of which service.
    service: Key<ServiceId>;
}

/// Which of two states of a measurement is the newer, by what its source tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The source's version, where it counts.
    pub source_version: Option<i64>,
    /// When the source last changed it, or saw it.
    pub at: DateTime<Utc>,
}

impl Standing {
    /// Whether the other state is newer. Versions decide where both have one, else times; of two that are alike, neither.
    pub fn is_before(&self, other: &Self) -> bool {
        match (self.source_version, other.source_version) {
            (Some(mine), Some(others)) => mine < others,
            _ => self.at < other.at,
        }
    }
}

impl MeasurementInput {
    /// What was observed.
    pub fn kind(&self) -> MeasurementKind {
        match self {
            Self::Outage(_) => MeasurementKind::Outage,
            Self::Case(_) => MeasurementKind::Case,
            Self::Sample(_) => MeasurementKind::Sample,
        }
    }

    /// The customers that it names, each with its pointer.
    pub fn customers(&self) -> Vec<(String, &Key<CustomerId>)> {
        match self {
            Self::Outage(told) => {
                let named = told.customers.iter().enumerate();
                named.map(|(n, key)| (format!("/customers/{n}"), key)).collect()
            }
            Self::Case(told) => vec![("/customer".into(), &told.customer)],
            Self::Sample(told) => told.customer.iter().map(|key| ("/customer".into(), key)).collect(),
        }
    }

    /// Which state of the measurement this is.
    pub fn standing(&self) -> Standing {
        Standing {
            source_version: *self.source_version(),
            at: self.updated_at().unwrap_or(*self.observed_at()),
        }
    }

    /// The instant by which it belongs to a period: an outage's beginning, a case's resolution (an open case's opening),
    /// a sample's observation.
    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Outage(told) => told.from,
            Self::Case(told) => told.resolved.unwrap_or(told.opened),
            Self::Sample(told) => told.observed_at,
        }
    }

    /// When it ended: an outage's end, a case's resolution; none while it lasts, and for a sample.
    pub fn ended_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Outage(told) => told.to,
            Self::Case(told) => told.resolved,
            Self::Sample(_) => None,
        }
    }

    /// What a sample is a sample of.
    pub fn metric(&self) -> Option<&Label> {
        match self {
            Self::Sample(told) => Some(&told.metric),
            _ => None,
        }
    }
}

/// Text of a digest, in hexadecimal.
pub fn digest_text(digest: [u8; 32]) -> String {
    Link(digest).to_string()
}

/// A state of a measurement, as it was sent.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeasurementState {
    /// When it arrived.
    pub received_at: DateTime<Utc>,
    /// SHA-256 of `sent` as canonical JSON (RFC 8785), in hexadecimal.
    #[schema(
        min_length = 64,
        max_length = 64,
        pattern = "^[0-9a-f]{64}$",
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    pub digest: String,
    /// What was sent.
    pub sent: MeasurementInput,
}

/// A piece of evidence, and what it was matched to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Measurement {
    /// Its id.
    pub id: MeasurementId,
    /// Grows by one with each further state that arrives, and when it is matched; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// What was observed.
    pub kind: MeasurementKind,
    /// The service that it was matched to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceRef>,
    /// The customers that it was matched to; none: all that use the service.
    #[schema(max_items = 200)]
    pub customers: Vec<CustomerRef>,
    /// Why it is judged by nobody yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmatched: Option<Unmatched>,
    /// What stands, as it was sent.
    #[serde(flatten)]
    pub state: MeasurementState,
    /// What stood before or came too late, the latest arrival first; the newest 200. Only when one is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 200)]
    pub history: Option<Vec<MeasurementState>>,
    /// How many states the history has in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub history_total: Option<u64>,
}

impl Aggregate for Measurement {
    const KIND: SubjectKind = SubjectKind::Measurement;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}

/// Whether evidence of a day is covered by an agreement about its service. `customers` are those that it names; none: it
/// bears on all that use the service. `in_force` says for whom and when agreements about the service are in force; one of
/// nobody in particular is the provider's own, which every piece of evidence bears on.
pub fn is_agreed(day: NaiveDate, customers: &[CustomerId], in_force: &[(Option<CustomerId>, Period)]) -> bool {
    let is_about = |holder: &Option<CustomerId>| match holder {
        Some(customer) => customers.is_empty() || customers.contains(customer),
        None => true,
    };
    in_force
        .iter()
        .any(|(holder, period)| is_about(holder) && period.contains(day))
}

#[cfg(test)]
mod tests;
