//! Exclusions: what is left out of the agreed figures, or is asked to be.
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    access::Scope,
    agreements::{Agreement, AgreementKind, AgreementRef},
    calendars::Interval,
    service_levels::*,
    vocabulary::*,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait, SelectStatement},
};

use crate::{
    Error, Page, Paging, access,
    store::{self, Cursor, Source, UnitOfWork},
};

pub(crate) mod entity {
    use domain::{service_levels::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "exclusion")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ExclusionId,
        pub version: i64,
        pub agreement_id: AgreementId,
        pub target: Option<Slug>,
        pub service_id: Option<ServiceId>,
        pub begins_at: DateTimeUtc,
        pub ends_at: DateTimeUtc,
        pub ground: ExclusionGround,
        pub reason: Reason,
        pub state: ExclusionState,
        #[sea_orm(column_type = "JsonBinary")]
        pub proposal: ExclusionProposal,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub decision: Option<ExclusionDecision>,
        pub decided_at: Option<DateTimeUtc>,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    exclusion: Model,
    agreement_number: String,
    agreement_kind: AgreementKind,
    customer_id: Option<CustomerId>,
    service_code: Option<Code>,
    service_name: Option<Name>,
    permitted: access::Leave,
}

impl Row {
    fn exclusion(self) -> (Exclusion, access::Leave) {
        let row = self.exclusion;
        let service = Option::zip(row.service_id, Option::zip(self.service_code, self.service_name));
        let exclusion = Exclusion {
            id: row.id,
            version: row.version,
            agreement: AgreementRef {
                id: row.agreement_id,
                number: self.agreement_number,
                kind: self.agreement_kind,
            },
            target: row.target,
            service: service.map(|(id, (code, name))| ServiceRef { id, code, name }),
            from: row.begins_at,
            to: row.ends_at,
            ground: row.ground,
            reason: row.reason,
            state: row.state,
            proposal: row.proposal,
            decision: row.decision,
            customer: self.customer_id,
            created_at: row.created_at,
        };
        (exclusion, self.permitted)
    }
}

fn select() -> SelectStatement {
    let mut query = Entity::find().into_query();
    query
        .inner_join("agreement", Expr::cust("agreement.id = exclusion.agreement_id"))
        .left_join("service", Expr::cust("service.id = exclusion.service_id"))
        .expr_as(Expr::col(("agreement", "number")), "agreement_number")
        .expr_as(Expr::col(("agreement", "kind")), "agreement_kind")
        .expr_as(Expr::col(("agreement", "customer_id")), "customer_id")
        .expr_as(Expr::col(("service", "code")), "service_code")
        .expr_as(Expr::col(("service", "name")), "service_name");
    query
}

fn seen(source: &impl Source, scope: &Scope, today: NaiveDate) -> SelectStatement {
    let (mut query, backend) = (select(), source.backend());
    access::guard(&mut query, scope, "agreement.customer_id", (today, backend), |reach| {
        access::of_agreement(reach, today, backend)
    });
    query
}

/// The exclusion, if the caller may see it (404) and do this there (403).
pub async fn get_exclusion(
    source: &impl Source,
    scope: &Scope,
    id: ExclusionId,
    today: NaiveDate,
) -> Result<Exclusion, Error> {
    let query = seen(source, scope, today)
        .and_where(Expr::col(("exclusion", "id")).eq(id))
        .to_owned();
    let row = store::one::<Row>(source.connection(), &query).await?;
    access::admit(source, row.map(Row::exclusion))
}

/// The same, held until the unit of work ends.
pub async fn load_exclusion(unit: &UnitOfWork, scope: &Scope, id: ExclusionId) -> Result<Exclusion, Error> {
    let mut query = seen(unit, scope, unit.today());
    query.and_where(Expr::col(("exclusion", "id")).eq(id));
    store::lock(&mut query, unit.backend(), "exclusion");
    let row = store::one::<Row>(unit.connection(), &query).await?;
    access::admit(unit, row.map(Row::exclusion))
}

/// Which exclusions.
#[derive(Debug, Clone, Default)]
pub struct ExclusionFilter {
    /// Of this agreement.
    pub agreement: Option<AgreementId>,
    /// That stand so.
    pub state: Option<ExclusionState>,
    /// That end after this instant.
    pub from: Option<DateTime<Utc>>,
    /// That begin before this instant.
    pub before: Option<DateTime<Utc>>,
}

/// A page of exclusions, the first one first.
pub async fn list_exclusions(
    source: &impl Source,
    scope: &Scope,
    filter: &ExclusionFilter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<Exclusion>, Error> {
    let mut query = seen(source, scope, today);
    let wanted = [
        filter.agreement.map(|id| Column::AgreementId.eq(id)),
        filter.state.map(|state| Column::State.eq(state)),
        filter.from.map(|from| Column::EndsAt.gt(from)),
        filter.before.map(|before| Column::BeginsAt.lt(before)),
    ];
    wanted.into_iter().flatten().for_each(|condition| {
        query.and_where(condition);
    });
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, None, ("exclusion", "id"))
        .await?;
    let items = rows.into_iter().map(|row| row.exclusion().0).collect();
    Ok(paging.cut(items, total, |e: &Exclusion| Cursor::after(vec![], e.id)))
}

/// The exclusions of an agreement that touch an interval, whatever became of them.
pub(super) async fn between(
    source: &impl Source,
    agreement: &Agreement,
    interval: Interval,
) -> Result<Vec<Exclusion>, Error> {
    let query = select()
        .expr_as(access::own_right(), "permitted")
        .and_where(Column::AgreementId.eq(agreement.id))
        .and_where(Column::EndsAt.gt(interval.from))
        .and_where(Column::BeginsAt.lt(interval.to))
        .order_by(("exclusion", "begins_at"), sea_orm::Order::Asc)
        .order_by(("exclusion", "id"), sea_orm::Order::Asc)
        .to_owned();
    let rows = store::all::<Row>(source.connection(), &query).await?;
    Ok(rows.into_iter().map(|row| row.exclusion().0).collect())
}

/// An exclusion that took effect on the statement's figures after they were proposed.
pub(super) async fn decided_since(
    unit: &UnitOfWork,
    statement: &ServiceLevelStatement,
    ends: DateTime<Utc>,
) -> Result<Option<ExclusionId>, Error> {
    let Some(proposal) = &statement.proposal else {
        return Ok(None);
    };
    let row = Entity::find()
        .filter(Column::AgreementId.eq(statement.agreement.id))
        .filter(Column::State.is_in([ExclusionState::Consented, ExclusionState::PreAgreed]))
        .filter(Column::DecidedAt.gt(proposal.deed.at))
        .filter(Column::BeginsAt.lt(ends))
        .one(unit.connection())
        .await?;
    Ok(row.map(|row| row.id))
}

fn row(exclusion: &Exclusion) -> ActiveModel {
    let decided = exclusion.decision.as_ref().map(|decision| decision.deed.at);
    let agreed_before = Some(exclusion.created_at).filter(|_| exclusion.state == ExclusionState::PreAgreed);
    ActiveModel {
        id: Set(exclusion.id),
        version: Set(exclusion.version),
        agreement_id: Set(exclusion.agreement.id),
        target: Set(exclusion.target.clone()),
        service_id: Set(exclusion.service.as_ref().map(|service| service.id)),
        begins_at: Set(exclusion.from),
        ends_at: Set(exclusion.to),
        ground: Set(exclusion.ground),
        reason: Set(exclusion.reason.clone()),
        state: Set(exclusion.state),
        proposal: Set(exclusion.proposal.clone()),
        decision: Set(exclusion.decision.clone()),
        decided_at: Set(decided.or(agreed_before)),
        created_at: Set(exclusion.created_at),
    }
}

/// Stores a new exclusion.
pub async fn insert_exclusion(unit: &mut UnitOfWork, exclusion: &Exclusion) -> Result<(), Error> {
    Entity::insert(row(exclusion))
        .exec_without_returning(unit.connection())
        .await?;
    unit.record("proposed", None, Some(exclusion))
}

/// Stores the word on an exclusion.
pub async fn update_exclusion(unit: &mut UnitOfWork, before: &Exclusion, after: &Exclusion) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    let act = match after.state {
        ExclusionState::Consented => "consented",
        _ => "refused",
    };
    unit.record(act, Some(before), Some(after))
}
