//! Measurements: taken in by the chunk, kept with their history, matched to what they name.
mod batches;
mod intake;
mod matching;
mod reading;
mod rows;
mod unagreed;

pub use batches::{close, count, open};
pub use intake::{Taken, take_in};
pub(crate) use matching::{AT_ONCE, Names, as_text, match_named};
pub use reading::{Filter, get, list};
pub use unagreed::list_unagreed;

pub(crate) mod entity {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "measurement")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: MeasurementId,
        pub version: i64,
        pub kind: domain::measurements::MeasurementKind,
        pub source: SystemName,
        pub source_id: ExternalId,
        pub source_version: Option<i64>,
        pub state_at: DateTimeUtc,
        pub received_at: DateTimeUtc,
        pub batch_id: BatchId,
        pub digest: Vec<u8>,
        pub service_id: Option<ServiceId>,
        pub customer_id: Option<CustomerId>,
        pub names_customers: bool,
        pub metric: Option<Label>,
        pub at: DateTimeUtc,
        pub ended_at: Option<DateTimeUtc>,
        pub unmatched: Option<domain::measurements::Unmatched>,
        pub content: String,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod version {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "measurement_version")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub measurement_id: MeasurementId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub digest: Vec<u8>,
        pub received_at: DateTimeUtc,
        pub batch_id: BatchId,
        pub content: String,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod affected {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "measurement_customer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub measurement_id: MeasurementId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub customer_id: CustomerId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod wait {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "measurement_wait")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub system: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub external_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub measurement_id: MeasurementId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod batch {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "measurement_batch")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: BatchId,
        pub version: i64,
        pub client_id: ClientId,
        pub key: String,
        pub made_of: domain::measurements::BatchOf,
        pub accepted: i64,
        pub duplicate: i64,
        pub correction: i64,
        pub outdated: i64,
        pub quarantined: i64,
        pub rejected: i64,
        pub digest: Option<String>,
        pub told_of: i64,
        pub changed_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
