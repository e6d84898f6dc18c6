//! Satisfaction: ratings as they were sent, how many there are of each score, and the figures drawn from that and from surveys.
mod counts;
mod drawing;
mod figures;
mod groups;
mod overview;
mod ratings;
mod reports;
mod rounds;

pub(crate) use drawing::is_drawn;
pub use figures::{Filter, metrics};
pub(crate) use figures::{told, told_of_round};
pub use overview::{OverviewFilter, index, overview};
pub(crate) use overview::{fallen, trends_of};
pub use ratings::take_in;
pub(crate) use ratings::{match_one, waited_for};
pub use reports::{
    ReportFilter, delete_report, insert_report, list_reports, load_report, published, report, told_report,
    update_report,
};

pub(crate) mod rating {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "rating")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: RatingId,
        pub source: SystemName,
        pub source_id: ExternalId,
        pub source_version: Option<i64>,
        pub state_at: DateTimeUtc,
        pub received_at: DateTimeUtc,
        pub batch_id: BatchId,
        pub digest: Vec<u8>,
        pub month: Date,
        pub service_id: Option<ServiceId>,
        pub customer_id: Option<CustomerId>,
        pub service_system: Option<String>,
        pub service_key: Option<String>,
        pub customer_system: Option<String>,
        pub customer_key: Option<String>,
        pub case_key: Option<ExternalId>,
        pub low: i32,
        pub high: i32,
        pub top_boxes: i32,
        pub score: i32,
        pub comment: Option<Reason>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod rating_state {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "rating_state")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub rating_id: RatingId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub digest: Vec<u8>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod rating_count {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "rating_count")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub month: Date,
        #[sea_orm(primary_key, auto_increment = false)]
        pub customer_id: CustomerId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub service_id: ServiceId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub low: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub high: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub top_boxes: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub score: i32,
        pub n: i64,
        pub late: i64,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
