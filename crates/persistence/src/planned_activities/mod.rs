//! Planned activities: what customers are about to do, with everything that a reader needs, in a few queries a page.
mod conflicts;
mod history;

use chrono::NaiveDate;
use domain::{access::Scope, events::SubjectKind, meetings::LinkedKind, planned_activities::*, vocabulary::*};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, DbBackend, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait, SelectStatement},
};

pub use history::history;

use crate::{
    Error, Page, Paging, access,
    customers::known_by,
    meetings::recorded_at,
    references::{self, References},
    service_levels::LocalTime,
    services,
    store::{self, Cursor, Source, UnitOfWork},
};

mod entity {
    use domain::{
        planned_activities::*,
        vocabulary::{Decimal, *},
    };
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// An expected change; the service's label stands in its own row.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct StoredChange {
        pub service: ServiceId,
        pub metric: Word,
        pub change: Decimal,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
    #[serde(transparent)]
    pub struct Changes(pub Vec<StoredChange>);

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
    #[serde(transparent)]
    pub struct Sites(pub Vec<Name>);

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "planned_activity")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PlannedActivityId,
        pub version: i64,
        pub customer_id: CustomerId,
        pub kind: PlannedKind,
        pub title: Title,
        pub description: Option<Markdown>,
        pub phase: PlannedPhase,
        pub phase_reason: Option<Reason>,
        pub first_day: Option<chrono::NaiveDate>,
        pub last_day: Option<chrono::NaiveDate>,
        #[sea_orm(column_type = "JsonBinary")]
        pub changes: Changes,
        #[sea_orm(column_type = "JsonBinary")]
        pub sites: Sites,
        pub freeze_first_day: Option<chrono::NaiveDate>,
        pub freeze_last_day: Option<chrono::NaiveDate>,
        pub confidence: PlanConfidence,
        pub contact_id: Option<ContactId>,
        pub shared_in_calendars: bool,
        #[sea_orm(column_type = "JsonBinary")]
        pub external_references: crate::references::References,
        pub created_at: DateTimeUtc,
        pub changed_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Changes, Column, Entity, Model, Sites, StoredChange};

mod affected {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "planned_activity_service")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub activity_id: PlannedActivityId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub service_id: ServiceId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    activity: Model,
    customer_code: Code,
    customer_name: Name,
    contact_name: Option<PersonName>,
    services: String,
    meeting: Option<MeetingId>,
    permitted: access::Leave,
}

impl Row {
    fn activity(self) -> Result<(PlannedActivity, access::Leave), Error> {
        let row = self.activity;
        let services = services::labelled(serde_json::from_str(&self.services)?);
        let change = |stored: StoredChange| {
            let service = services.iter().find(|service| service.id == stored.service)?.clone();
            Some(ExpectedChange {
                service,
                metric: stored.metric,
                change: stored.change,
            })
        };
        let activity = PlannedActivity {
            id: row.id,
            version: row.version,
            kind: row.kind,
            title: row.title,
            description: row.description,
            customer: CustomerRef {
                id: row.customer_id,
                code: self.customer_code,
                name: self.customer_name,
            },
            phase: row.phase,
            phase_reason: row.phase_reason,
            period: row.first_day.map(|first_day| PlannedPeriod {
                first_day,
                last_day: row.last_day,
            }),
            changes: row.changes.0.into_iter().filter_map(change).collect(),
            services,
            sites: row.sites.0,
            freeze: Option::zip(row.freeze_first_day, row.freeze_last_day)
                .map(|(first_day, last_day)| FreezeWish { first_day, last_day }),
            confidence: row.confidence,
            contact: Option::zip(row.contact_id, self.contact_name).map(|(id, name)| ContactRef { id, name }),
            shared_in_calendars: row.shared_in_calendars,
            meeting: self.meeting,
            references: row.external_references.0,
            created_at: row.created_at,
            changed_at: row.changed_at,
        };
        Ok((activity, self.permitted))
    }
}

fn select(scope: &Scope, backend: DbBackend, today: NaiveDate) -> SelectStatement {
    let services = store::json_rows(
        backend,
        &[("id", "s.id"), ("code", "s.code"), ("name", "s.name")],
        "planned_activity_service x join service s on s.id = x.service_id where x.activity_id = planned_activity.id",
        "s.code",
    );
    let mut query = Entity::find().into_query();
    query
        .inner_join("customer", Expr::cust("customer.id = planned_activity.customer_id"))
        .left_join("contact", Expr::cust("contact.id = planned_activity.contact_id"))
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name")
        .expr_as(Expr::col(("contact", "name")), "contact_name")
        .expr_as(Expr::cust(services), "services")
        .expr_as(
            Expr::cust(recorded_at(LinkedKind::PlannedActivity, "planned_activity.id")),
            "meeting",
        );
    let column = "planned_activity.customer_id";
    access::guard(&mut query, scope, column, (today, backend), |reach| {
        access::of_customers(&reach.customers, column, today, backend)
    });
    query
}

async fn one(source: &impl Source, query: &SelectStatement) -> Result<PlannedActivity, Error> {
    let row = store::one::<Row>(source.connection(), query).await?;
    access::admit(source, row.map(Row::activity).transpose()?)
}

/// The activity, if the caller may see it (404) and do this with it (403).
pub async fn get(
    source: &impl Source,
    scope: &Scope,
    id: PlannedActivityId,
    today: NaiveDate,
) -> Result<PlannedActivity, Error> {
    let mut query = select(scope, source.backend(), today);
    query.and_where(Column::Id.eq(id));
    one(source, &query).await
}

/// The same, held until the unit of work ends.
pub async fn load(unit: &UnitOfWork, scope: &Scope, id: PlannedActivityId) -> Result<PlannedActivity, Error> {
    let mut query = select(scope, unit.backend(), unit.today());
    query.and_where(Column::Id.eq(id));
    store::lock(&mut query, unit.backend(), "planned_activity");
    one(unit, &query).await
}

/// The activities with what they run into now.
pub async fn judged(
    source: &impl Source,
    activities: Vec<PlannedActivity>,
    time: LocalTime,
) -> Result<Vec<PlannedActivityWithConflicts>, Error> {
    conflicts::judged(source, activities, time).await
}

/// The activity with what it runs into now.
pub async fn judged_one(
    source: &impl Source,
    activity: PlannedActivity,
    time: LocalTime,
) -> Result<PlannedActivityWithConflicts, Error> {
    let mut all = judged(source, vec![activity], time).await?;
    all.pop().ok_or(Error::NotFound)
}

/// Which activities.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// That affect this service.
    pub service: Option<ServiceId>,
    /// Of this kind.
    pub kind: Option<PlannedKind>,
    /// In this phase.
    pub phase: Option<PlannedPhase>,
    /// Still to come or being done (or over).
    pub ahead: Option<bool>,
    /// Done on some day from this one on.
    pub from: Option<NaiveDate>,
    /// Begun on this day or before.
    pub until: Option<NaiveDate>,
    /// Known by this reference.
    pub reference: Option<SystemKey>,
}

impl Filter {
    fn apply(&self, query: &mut SelectStatement, backend: DbBackend) {
        let ahead = [PlannedPhase::Idea, PlannedPhase::Planned, PlannedPhase::Ongoing];
        let over = [PlannedPhase::Done, PlannedPhase::Cancelled];
        let wanted = [
            self.customer.map(|id| Column::CustomerId.eq(id)),
            self.service.map(|id| {
                let affects =
                    "planned_activity.id in (select x.activity_id from planned_activity_service x where x.service_id = ?)";
                store::expr(backend, affects, [id.0])
            }),
            self.kind.map(|kind| Column::Kind.eq(kind)),
            self.phase.map(|phase| Column::Phase.eq(phase)),
            self.ahead.map(|is| match is {
                true => Column::Phase.is_in(ahead),
                false => Column::Phase.is_in(over),
            }),
            self.from.map(|day| {
                let lasts = Column::LastDay.is_null().or(Column::LastDay.gte(day));
                Column::FirstDay.is_not_null().and(lasts)
            }),
            self.until.map(|day| Column::FirstDay.lte(day)),
            self.reference
                .as_ref()
                .map(|wanted| known_by(SubjectKind::PlannedActivity, "planned_activity.id", wanted, backend)),
        ];
        for condition in wanted.into_iter().flatten() {
            query.and_where(condition);
        }
    }
}

/// A page of activities, the first one first.
pub async fn list(
    source: &impl Source,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<PlannedActivity>, Error> {
    let mut query = select(scope, source.backend(), today);
    filter.apply(&mut query, source.backend());
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, None, ("planned_activity", "id"))
        .await?;
    let activities = rows
        .into_iter()
        .map(|row| Ok(row.activity()?.0))
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(paging.cut(activities, total, |a: &PlannedActivity| Cursor::after(vec![], a.id)))
}

/// What is coming between two days and is not over, by first day: at most so many.
pub async fn coming(
    source: &impl Source,
    scope: &Scope,
    filter: Filter,
    (first_day, last_day): (NaiveDate, NaiveDate),
    most: u64,
    today: NaiveDate,
) -> Result<Vec<PlannedActivity>, Error> {
    let filter = Filter {
        ahead: Some(true),
        from: Some(first_day),
        until: Some(last_day),
        ..filter
    };
    let mut query = select(scope, source.backend(), today);
    filter.apply(&mut query, source.backend());
    query
        .order_by(("planned_activity", "first_day"), sea_orm::Order::Asc)
        .order_by(("planned_activity", "id"), sea_orm::Order::Asc)
        .limit(most);
    let rows = store::all::<Row>(source.connection(), &query).await?;
    rows.into_iter().map(|row| Ok(row.activity()?.0)).collect()
}

fn row(activity: &PlannedActivity) -> ActiveModel {
    let stored = |change: &ExpectedChange| StoredChange {
        service: change.service.id,
        metric: change.metric.clone(),
        change: change.change,
    };
    Model {
        id: activity.id,
        version: activity.version,
        customer_id: activity.customer.id,
        kind: activity.kind,
        title: activity.title.clone(),
        description: activity.description.clone(),
        phase: activity.phase,
        phase_reason: activity.phase_reason.clone(),
        first_day: activity.period.map(|period| period.first_day),
        last_day: activity.period.and_then(|period| period.last_day),
        changes: Changes(activity.changes.iter().map(stored).collect()),
        sites: Sites(activity.sites.clone()),
        freeze_first_day: activity.freeze.map(|freeze| freeze.first_day),
        freeze_last_day: activity.freeze.map(|freeze| freeze.last_day),
        confidence: activity.confidence,
        contact_id: activity.contact.as_ref().map(|contact| contact.id),
        shared_in_calendars: activity.shared_in_calendars,
        external_references: References(activity.references.clone()),
        created_at: activity.created_at,
        changed_at: activity.changed_at,
    }
    .into_active_model()
    .reset_all()
}

async fn keep_services(unit: &UnitOfWork, activity: &PlannedActivity) -> Result<(), Error> {
    if activity.services.is_empty() {
        return Ok(());
    }
    let rows = activity.services.iter().map(|service| affected::ActiveModel {
        activity_id: Set(activity.id),
        service_id: Set(service.id),
    });
    affected::Entity::insert_many(rows)
        .exec_without_returning(unit.connection())
        .await?;
    Ok(())
}

/// Stores a new activity.
pub async fn insert(unit: &mut UnitOfWork, activity: &PlannedActivity, digest: Option<&str>) -> Result<(), Error> {
    Entity::insert(row(activity))
        .exec_without_returning(unit.connection())
        .await?;
    keep_services(unit, activity).await?;
    history::add(unit, activity).await?;
    let (id, references) = (activity.id.0, &activity.references);
    references::set(unit, SubjectKind::PlannedActivity, id, references, digest, true).await?;
    unit.record("entered", None, Some(activity))
}

/// Stores a changed activity.
pub async fn update(unit: &mut UnitOfWork, before: &PlannedActivity, after: &PlannedActivity) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    if before.services != after.services {
        affected::Entity::delete_many()
            .filter(affected::Column::ActivityId.eq(after.id))
            .exec(unit.connection())
            .await?;
        keep_services(unit, after).await?;
    }
    if after.says_otherwise(before) {
        history::add(unit, after).await?;
    }
    let act = if before.phase == after.phase {
        "changed"
    } else {
        "phase_changed"
    };
    unit.record(act, Some(before), Some(after))
}

/// Replaces the references, as the activity's source tells it anew.
pub async fn refer(unit: &mut UnitOfWork, activity: &PlannedActivity, digest: Option<&str>) -> Result<(), Error> {
    let (id, references) = (activity.id.0, &activity.references);
    references::set(unit, SubjectKind::PlannedActivity, id, references, digest, false).await
}
