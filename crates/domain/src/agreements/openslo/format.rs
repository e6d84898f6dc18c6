//! The form of an OpenSLO v1 document, as far as a target of an agreement can be told in one.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    agreements::{Consequence, Indicator, RestsOn},
    service_levels::judging::Comparison,
    vocabulary::*,
};

word! {
    /// The version of the format.
    OpenSloVersion {
        /// Version 1.
        #[serde(rename = "openslo/v1")]
        #[strum(serialize = "openslo/v1")]
        V1,
    }
}

word! {
    /// Where a metric comes from.
    MetricSourceType {
        /// From the measurements of this service.
        Kundansvar,
    }
}

word! {
    /// How a share is counted.
    BudgetingMethod {
        /// Good ones of all.
        #[serde(rename = "Occurrences")]
        #[strum(serialize = "Occurrences")]
        Occurrences,
    }
}

word! {
    /// What is good, of what is counted.
    GoodMeasure {
        /// Seconds of the agreed time in which the service was there.
        SecondsAvailable,
        /// Cases dealt with within the limit.
        CasesWithinLimit,
    }
}

/// How a document is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenSloMetadata {
    /// Its name, for programs.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^[a-z0-9][a-z0-9.|/\\-]*$",
        example = "uptime"
    )]
    pub name: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Name>,
}

/// What is told of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenSloServiceSpec {
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1050, pattern = r"^[^\x00]*$")]
    pub description: Option<String>,
}

/// A calendar's place of a time window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenSloCalendar {
    /// When a window began; the first day of a month, quarter or year.
    #[schema(
        min_length = 19,
        max_length = 19,
        pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$",
        example = "2026-01-01 00:00:00"
    )]
    pub start_time: String,
    /// In this time zone; the organisation's.
    pub time_zone: ZoneName,
}

/// For what time an objective holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeWindow {
    /// A month (`1M`), a quarter (`1Q`) or a year (`1Y`).
    #[schema(min_length = 2, max_length = 2, pattern = "^1[MQY]$", example = "1M")]
    pub duration: String,
    /// Where it begins.
    pub calendar: OpenSloCalendar,
    /// Windows of a calendar do not roll.
    #[serde(default)]
    pub is_rolling: bool,
}

/// The share that is promised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Objective {
    /// As a part of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, exclusive_maximum = 1)]
    pub target: Option<f64>,
    /// In per cent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, exclusive_maximum = 100)]
    pub target_percent: Option<f64>,
}

/// What a target says that OpenSLO has no place for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CountedTarget {
    /// Names the target within the agreement; the document's name unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Slug>,
    /// What it is judged by.
    pub indicator: Indicator,
    /// Which side of the value is kept.
    pub comparison: Comparison,
    /// The covered services that it is about; none: all of them together.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub services: Vec<ServiceId>,
    /// The service calendar whose open time counts.
    pub calendar: CalendarId,
    /// Fewer observations than this are too little evidence.
    #[schema(minimum = 1, maximum = 1000000)]
    pub minimum_observations: u32,
    /// The workload limit that it is promised within, by its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload_limit: Option<Slug>,
    /// What follows when it is missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consequence: Option<Consequence>,
    /// The targets with other functions and suppliers that it rests on.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub rests_on: Vec<RestsOn>,
}

/// What is counted as good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GoodSpec {
    /// What.
    pub measure: GoodMeasure,
}

/// Declares a metric of our own source.
macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident, $source:ident: $spec:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            /// Where it comes from.
            pub metric_source: $source,
        }
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        pub struct $source {
            /// Of which type.
            #[serde(rename = "type")]
            pub kind: MetricSourceType,
            /// What of it.
            pub spec: $spec,
        }
    )*};
}

metrics! {
    /// What is counted as good.
    GoodMetric, GoodSource: GoodSpec;
    /// All that is counted, and how.
    TotalMetric, TotalSource: CountedTarget;
}

/// A share of good ones in all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RatioMetric {
    /// Whether it only ever grows; no.
    pub counter: bool,
    /// The good ones; told by the indicator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good: Option<GoodMetric>,
    /// All of them.
    pub total: TotalMetric,
}

/// What an objective is measured by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SliSpec {
    /// A share.
    pub ratio_metric: RatioMetric,
}

/// What an objective is measured by, with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sli {
    /// Its name.
    pub metadata: OpenSloMetadata,
    /// What it is.
    pub spec: SliSpec,
}

/// What is promised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SloSpec {
    /// The service that it is about, by the name of its document.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^[a-z0-9][a-z0-9.|/\\-]*$",
        example = "mail"
    )]
    pub service: String,
    /// What it is measured by.
    pub indicator: Sli,
    /// For what time it holds.
    #[schema(min_items = 1, max_items = 1)]
    pub time_window: Vec<TimeWindow>,
    /// How the share is counted.
    pub budgeting_method: BudgetingMethod,
    /// The share that is promised.
    #[schema(min_items = 1, max_items = 1)]
    pub objectives: Vec<Objective>,
}

/// An OpenSLO v1 document. Members that the format knows and we have no use for are passed over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind")]
pub enum OpenSlo {
    /// A service that objectives are about.
    #[serde(rename_all = "camelCase")]
    Service {
        /// The version of the format.
        api_version: OpenSloVersion,
        /// Its name.
        metadata: OpenSloMetadata,
        /// What it is.
        spec: OpenSloServiceSpec,
    },
    /// A promise about a service.
    #[serde(rename = "SLO", rename_all = "camelCase")]
    Slo {
        /// The version of the format.
        api_version: OpenSloVersion,
        /// Its name.
        metadata: OpenSloMetadata,
        /// What is promised.
        spec: Box<SloSpec>,
    },
}

/// OpenSLO v1 documents: services, and promises about them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(max_items = 200)]
pub struct OpenSloDocuments(pub Vec<OpenSlo>);
