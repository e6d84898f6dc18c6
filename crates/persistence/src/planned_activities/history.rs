//! What was said of an activity when: a row for each time that phase, period or confidence differ.
use domain::{events::Actor, planned_activities::*, vocabulary::PlannedActivityId};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryTrait};

use crate::{
    Error, Page, Paging,
    store::{Cursor, Source, UnitOfWork},
};

mod entity {
    use domain::{planned_activities::*, vocabulary::*};
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
    #[serde(transparent)]
    pub struct ToldBy(pub domain::events::Actor);

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "planned_activity_history")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub activity_id: PlannedActivityId,
        pub version: i64,
        pub phase: PlannedPhase,
        pub reason: Option<Reason>,
        pub first_day: Option<chrono::NaiveDate>,
        pub last_day: Option<chrono::NaiveDate>,
        pub confidence: PlanConfidence,
        #[sea_orm(column_type = "JsonBinary")]
        pub told_by: ToldBy,
        pub told_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{Column, Entity, Model, ToldBy};

/// Notes what is said of an activity now.
pub(super) async fn add(unit: &UnitOfWork, activity: &PlannedActivity) -> Result<(), Error> {
    let by = Actor {
        acting_for: unit.acting_for(),
        ..unit.actor().clone()
    };
    let said = activity.moment(by);
    let row = Model {
        id: unit.new_id(),
        activity_id: activity.id,
        version: said.version,
        phase: said.phase,
        reason: said.reason,
        first_day: said.period.map(|period| period.first_day),
        last_day: said.period.and_then(|period| period.last_day),
        confidence: said.confidence,
        told_by: ToldBy(said.by),
        told_at: said.at,
    };
    Entity::insert(row.into_active_model())
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

/// A page of what was said of an activity, the first first.
pub async fn history(
    source: &impl Source,
    activity: PlannedActivityId,
    paging: &Paging,
) -> Result<Page<PlannedActivityMoment>, Error> {
    let mut query = Entity::find().filter(Column::ActivityId.eq(activity)).into_query();
    let (rows, total) = paging
        .rows::<Model>(source, &mut query, None, ("planned_activity_history", "id"))
        .await?;
    let page = paging.cut(rows, total, |row: &Model| Cursor::after(vec![], row.id));
    let moment = |row: Model| PlannedActivityMoment {
        version: row.version,
        phase: row.phase,
        reason: row.reason,
        period: row.first_day.map(|first_day| PlannedPeriod {
            first_day,
            last_day: row.last_day,
        }),
        confidence: row.confidence,
        by: row.told_by.0,
        at: row.told_at,
    };
    Ok(Page {
        items: page.items.into_iter().map(moment).collect(),
        next: page.next,
        total: page.total,
    })
}
