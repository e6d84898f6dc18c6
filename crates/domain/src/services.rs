//! Services: what customers use.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

word! {
    /// Whether the service can be taken into use.
    #[derive(Default)]
    ServiceStatus {
        /// Offered to customers.
        #[default]
        Active,
        /// Kept for its history; takes no new usages.
        Retired,
    }
}

/// Something that is measured of a service, so that a target can be judged by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metric {
    /// Its name, as the samples carry it.
    pub name: Word,
    /// What its samples count in.
    pub unit: Word,
}

/// What is told of a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceInput {
    /// Unique code.
    pub code: Code,
    /// What people call it.
    pub name: Name,
    /// What it does for a customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Note>,
    /// Whether it can be taken into use; `active` unless told.
    #[serde(default)]
    pub status: ServiceStatus,
    /// What is measured of it besides outages and cases; only by these may an agreement promise.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub metrics: Vec<Metric>,
    /// What other systems call it.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
}

/// An IT service that customers use.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Grows by one at each change; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Unique code.
    pub code: Code,
    /// What people call it.
    pub name: Name,
    /// What it does for a customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Note>,
    /// Whether it can be taken into use.
    pub status: ServiceStatus,
    /// What is measured of it besides outages and cases.
    #[schema(max_items = 50)]
    pub metrics: Vec<Metric>,
    /// What other systems call it.
    #[schema(max_items = 20)]
    pub references: Vec<ExternalReference>,
    /// When it was entered here.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for Service {
    const KIND: SubjectKind = SubjectKind::Service;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}

impl Service {
    /// A new service.
    pub fn register(id: ServiceId, input: ServiceInput, now: DateTime<Utc>) -> Self {
        Self {
            id,
            version: 1,
            code: input.code,
            name: input.name,
            description: input.description,
            status: input.status,
            metrics: input.metrics,
            references: input.references,
            created_at: now,
        }
    }

    /// The service as told anew.
    pub fn change(self, input: ServiceInput) -> Self {
        Self {
            version: self.version + 1,
            ..Self::register(self.id, input, self.created_at)
        }
    }
}
