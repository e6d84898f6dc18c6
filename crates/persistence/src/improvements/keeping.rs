//! How improvements are written: the entry, with its customers, services and activities in tables of their own.
use chrono::NaiveDate;
use domain::{access::Scope, events::SubjectKind, improvements::*, requests::HandOver};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, Statement,
};

use super::{
    entity::{ActiveModel, Column, Entity, Model},
    one, select,
};
use crate::{
    Error,
    references::{self, References},
    store::{self, Source, UnitOfWork},
};

mod for_customer {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "improvement_customer")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub improvement_id: ImprovementId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub customer_id: CustomerId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod of_service {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "improvement_service")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub improvement_id: ImprovementId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub service_id: ServiceId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

mod activity {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "improvement_activity")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ImprovementActivityId,
        pub improvement_id: ImprovementId,
        pub what: Title,
        pub person_id: PersonId,
        pub due_day: chrono::NaiveDate,
        pub done_on: Option<chrono::NaiveDate>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
/// A number that no other improvement has had or will have. One that is drawn and not used leaves a gap.
pub async fn draw_number(unit: &UnitOfWork) -> Result<String, Error> {
    let sql = match unit.backend() {
        DbBackend::Postgres => "select nextval('improvement_serial') as serial",
        _ => "update improvement_serial set last = last + 1 returning last as serial",
    };
    let row = unit
        .connection()
        .query_one_raw(Statement::from_string(unit.backend(), sql))
        .await?;
    let serial: i64 = row.ok_or(Error::NotFound)?.try_get("", "serial")?;
    Ok(format!("IMP-{}-{serial:06}", unit.today().format("%Y")))
}

fn row(improvement: &Improvement, verified_on: Option<NaiveDate>) -> ActiveModel {
    let origin = &improvement.origin;
    Model {
        id: improvement.id,
        version: improvement.version,
        number: improvement.number.clone(),
        status: improvement.status,
        title: improvement.title.clone(),
        description: improvement.description.clone(),
        origin_kind: origin.kind,
        origin_customer_id: origin.customer,
        request_id: origin.request.as_ref().map(|request| request.id),
        hand_over_id: origin.hand_over,
        taken_back_at: origin.taken_back_at,
        statement_id: origin.statement,
        target: origin.target.clone(),
        report_id: origin.report,
        finding: origin.finding.and_then(|finding| i32::try_from(finding).ok()),
        meeting_id: origin.meeting.as_ref().map(|meeting| meeting.id),
        source: origin.source.clone(),
        owner_id: improvement.owner.as_ref().map(|owner| owner.id),
        priority: improvement.priority.unwrap_or_default(),
        measure: improvement.measure.clone(),
        approval: improvement.approval.clone(),
        rejection: improvement.rejection.clone(),
        implementation: improvement.implementation.clone(),
        verification: improvement.verification.clone(),
        verified_on,
        external_references: References(improvement.references.clone()),
        created_at: improvement.created_at,
        changed_at: improvement.changed_at,
    }
    .into_active_model()
    .reset_all()
}

async fn keep_customers(unit: &UnitOfWork, improvement: &Improvement) -> Result<(), Error> {
    let seen = improvement.customers.iter().map(|customer| customer.id);
    let all = seen.chain(improvement.unseen_customers.iter().copied());
    let rows = all.map(|customer_id| for_customer::ActiveModel {
        improvement_id: Set(improvement.id),
        customer_id: Set(customer_id),
    });
    for_customer::Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

async fn keep_services(unit: &UnitOfWork, improvement: &Improvement) -> Result<(), Error> {
    if improvement.services.is_empty() {
        return Ok(());
    }
    let rows = improvement.services.iter().map(|service| of_service::ActiveModel {
        improvement_id: Set(improvement.id),
        service_id: Set(service.id),
    });
    of_service::Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

async fn keep_activities(unit: &UnitOfWork, improvement: &Improvement) -> Result<(), Error> {
    if improvement.activities.is_empty() {
        return Ok(());
    }
    let rows = improvement.activities.iter().map(|activity| activity::ActiveModel {
        id: Set(activity.id),
        improvement_id: Set(improvement.id),
        what: Set(activity.what.clone()),
        person_id: Set(activity.who.id),
        due_day: Set(activity.due_day),
        done_on: Set(activity.done_on),
    });
    activity::Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

/// Stores a new improvement.
pub async fn insert(unit: &mut UnitOfWork, improvement: &Improvement, digest: Option<&str>) -> Result<(), Error> {
    Entity::insert(row(improvement, None))
        .exec_without_returning(unit.connection())
        .await?;
    keep_customers(unit, improvement).await?;
    keep_services(unit, improvement).await?;
    let (id, references) = (improvement.id.0, &improvement.references);
    references::set(unit, SubjectKind::Improvement, id, references, digest, true).await?;
    unit.record("identified", None, Some(improvement))
}

/// Stores what an act made of an improvement. `act` is the last part of the event's type.
pub async fn update(unit: &mut UnitOfWork, act: &str, before: &Improvement, after: &Improvement) -> Result<(), Error> {
    let mut changed = row(after, Some(unit.today()));
    // The day on which it was verified is that of the act, and stands from then on.
    if before.verification == after.verification {
        changed.verified_on = NotSet;
    }
    let done = Entity::update_many()
        .set(changed)
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    if before.customers != after.customers {
        let of_it = for_customer::Column::ImprovementId.eq(after.id);
        for_customer::Entity::delete_many()
            .filter(of_it)
            .exec(unit.connection())
            .await?;
        keep_customers(unit, after).await?;
    }
    if before.services != after.services {
        let of_it = of_service::Column::ImprovementId.eq(after.id);
        of_service::Entity::delete_many()
            .filter(of_it)
            .exec(unit.connection())
            .await?;
        keep_services(unit, after).await?;
    }
    if before.activities != after.activities {
        let of_it = activity::Column::ImprovementId.eq(after.id);
        activity::Entity::delete_many()
            .filter(of_it)
            .exec(unit.connection())
            .await?;
        keep_activities(unit, after).await?;
    }
    unit.record(act, Some(before), Some(after))
}

/// Replaces the references, as the improvement's source tells it anew.
pub async fn refer(unit: &mut UnitOfWork, improvement: &Improvement, digest: Option<&str>) -> Result<(), Error> {
    let (id, references) = (improvement.id.0, &improvement.references);
    references::set(unit, SubjectKind::Improvement, id, references, digest, false).await
}

/// The request that led to an improvement was withdrawn, or went elsewhere: the improvement tells so.
pub(crate) async fn request_taken_back(unit: &mut UnitOfWork, hand_over: &HandOver) -> Result<(), Error> {
    let everywhere = Scope::unlimited("");
    let mut query = select(&everywhere, unit.backend(), unit.today());
    query.and_where(Column::HandOverId.eq(hand_over.id));
    store::lock(&mut query, unit.backend(), "improvement");
    let before = match one(unit, &everywhere, &query, unit.today()).await {
        Err(Error::NotFound) => return Ok(()),
        found => found?,
    };
    let after = before.clone().lose_request(unit.now());
    update(unit, "request_taken_back", &before, &after).await
}
