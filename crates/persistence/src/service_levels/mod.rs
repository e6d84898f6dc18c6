//! Statements: what agreements came to in periods. Open ones are computed when they are read, the others kept.
mod evidence;
mod exclusions;
mod gathering;
mod opening;
mod revisions;
mod runs;

use chrono::NaiveDate;
use domain::{
    access::Scope,
    agreements::{AgreementKind, AgreementRef},
    service_levels::*,
    vocabulary::*,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
    sea_query::{Expr, ExprTrait, Order, SelectStatement},
};

pub use evidence::{EVIDENCE_AT_A_TIME, kept_evidence};
pub use exclusions::*;
pub use gathering::{LocalTime, agreement_of, frame, inputs};
pub use opening::{open_running, opened};
pub use revisions::*;
pub use runs::*;

use crate::{
    Error, Page, Paging, access,
    store::{self, Cursor, Source, UnitOfWork},
};

pub(crate) mod entity {
    use domain::{service_levels::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "statement")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: StatementId,
        pub version: i64,
        pub agreement_id: AgreementId,
        pub period: String,
        pub since: chrono::NaiveDate,
        pub until: chrono::NaiveDate,
        pub state: StatementState,
        pub revision: RevisionNumber,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub verdicts: Option<Verdicts>,
        pub missed: i32,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub figures: Option<Figures>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub proposal: Option<StatementProposal>,
        #[sea_orm(column_type = "JsonBinary")]
        pub objections: Objections,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub acceptance: Option<Acceptance>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub closing: Option<Closing>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub restatement: Option<Restatement>,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    statement: Model,
    agreement_number: String,
    agreement_kind: AgreementKind,
    customer_id: Option<CustomerId>,
    customer_code: Option<Code>,
    customer_name: Option<Name>,
    permitted: access::Leave,
}

impl Row {
    fn statement(self) -> Result<(ServiceLevelStatement, access::Leave), Error> {
        let row = self.statement;
        let customer = Option::zip(self.customer_id, Option::zip(self.customer_code, self.customer_name));
        let period: StatementPeriod = row.period.parse().map_err(unreadable)?;
        let statement = ServiceLevelStatement {
            id: row.id,
            version: row.version,
            agreement: AgreementRef {
                id: row.agreement_id,
                number: self.agreement_number,
                kind: self.agreement_kind,
            },
            customer: customer.map(|(id, (code, name))| CustomerRef { id, code, name }),
            period,
            first_day: row.since,
            last_day: period.days().last_day.unwrap_or(row.since),
            state: row.state,
            revision: row.revision,
            verdicts: row.verdicts,
            figures: row.figures,
            proposal: row.proposal,
            objections: row.objections,
            acceptance: row.acceptance,
            closing: row.closing,
            restatement: row.restatement,
            created_at: row.created_at,
        };
        Ok((statement, self.permitted))
    }
}

fn unreadable(fault: impl std::fmt::Display) -> Error {
    Error::Database(sea_orm::DbErr::Custom(fault.to_string()))
}

fn select(source: &impl Source, scope: &Scope, today: NaiveDate) -> SelectStatement {
    let (mut query, backend) = (Entity::find().into_query(), source.backend());
    query
        .inner_join("agreement", Expr::cust("agreement.id = statement.agreement_id"))
        .left_join("customer", Expr::cust("customer.id = agreement.customer_id"))
        .expr_as(Expr::col(("agreement", "number")), "agreement_number")
        .expr_as(Expr::col(("agreement", "kind")), "agreement_kind")
        .expr_as(Expr::col(("agreement", "customer_id")), "customer_id")
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name");
    access::guard(&mut query, scope, "agreement.customer_id", (today, backend), |reach| {
        access::of_agreement(reach, today, backend)
    });
    query
}

/// The statement as it is kept, if the caller may see it (404) and do this there (403). An open one has no figures.
pub async fn get(
    source: &impl Source,
    scope: &Scope,
    id: StatementId,
    today: NaiveDate,
) -> Result<ServiceLevelStatement, Error> {
    let query = select(source, scope, today)
        .and_where(Expr::col(("statement", "id")).eq(id))
        .to_owned();
    let row = store::one::<Row>(source.connection(), &query).await?;
    access::admit(source, row.map(Row::statement).transpose()?)
}

/// The same, held until the unit of work ends.
pub async fn load(unit: &UnitOfWork, scope: &Scope, id: StatementId) -> Result<ServiceLevelStatement, Error> {
    let mut query = select(unit, scope, unit.today());
    query.and_where(Expr::col(("statement", "id")).eq(id));
    store::lock(&mut query, unit.backend(), "statement");
    let row = store::one::<Row>(unit.connection(), &query).await?;
    access::admit(unit, row.map(Row::statement).transpose()?)
}

/// The same with its figures: those that were kept, or computed from what is there now.
pub async fn computed(
    source: &impl Source,
    statement: ServiceLevelStatement,
    time: LocalTime,
) -> Result<ServiceLevelStatement, Error> {
    if statement.state != StatementState::Open {
        return Ok(statement);
    }
    let agreement = agreement_of(source, statement.agreement.id, time.today()).await?;
    let figures = inputs(source, &agreement, statement.period, time).await?.figures();
    Ok(ServiceLevelStatement {
        figures: Some(figures.map_err(unreadable)?),
        ..statement
    })
}

/// Figures as they would be computed from what is there now, whatever was kept.
pub async fn computed_now(
    source: &impl Source,
    statement: &ServiceLevelStatement,
    time: LocalTime,
) -> Result<(Inputs, Figures), Error> {
    let agreement = agreement_of(source, statement.agreement.id, time.today()).await?;
    let inputs = inputs(source, &agreement, statement.period, time).await?;
    let figures = inputs.figures().map_err(unreadable)?;
    Ok((inputs, figures))
}

/// How many days the customer has to object, by the last version in force in the period.
pub fn objection_days(inputs: &Inputs) -> u16 {
    let last = inputs.parts.last();
    last.and_then(|part| part.version.content.objection_days)
        .unwrap_or(OBJECTION_DAYS)
}

/// Which statements.
#[derive(Debug, Clone, Default)]
pub struct StatementFilter {
    /// Of this agreement.
    pub agreement: Option<AgreementId>,
    /// Of this customer's agreements.
    pub customer: Option<CustomerId>,
    /// Of this period.
    pub period: Option<StatementPeriod>,
    /// That stand so.
    pub state: Option<StatementState>,
    /// With a missed target among the proposed or closed figures (or without).
    pub missed: Option<bool>,
}

/// A page of statements without their figures, the first one first.
pub async fn list(
    source: &impl Source,
    scope: &Scope,
    filter: &StatementFilter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<ServiceLevelStatement>, Error> {
    let mut query = select(source, scope, today);
    let wanted = [
        filter.agreement.map(|id| Column::AgreementId.eq(id)),
        filter.customer.map(|id| Expr::col(("agreement", "customer_id")).eq(id)),
        filter.period.map(|period| Column::Period.eq(period.to_string())),
        filter.state.map(|state| Column::State.eq(state)),
        filter.missed.map(|missed| match missed {
            true => Column::Missed.gt(0),
            false => Column::Missed.eq(0),
        }),
    ];
    wanted.into_iter().flatten().for_each(|condition| {
        query.and_where(condition);
    });
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, None, ("statement", "id"))
        .await?;
    let without_figures = |row: Row| {
        let (statement, _) = row.statement()?;
        Ok(ServiceLevelStatement {
            figures: None,
            ..statement
        })
    };
    let items = rows.into_iter().map(without_figures).collect::<Result<_, Error>>()?;
    Ok(paging.cut(items, total, |s: &ServiceLevelStatement| Cursor::after(vec![], s.id)))
}

/// At most so many statements of a customer whose periods lie within days, at least in part, with the figures that were kept;
/// by period.
pub(crate) async fn of_customer(
    source: &impl Source,
    scope: &Scope,
    customer: CustomerId,
    (first_day, last_day): (NaiveDate, NaiveDate),
    most: u64,
    today: NaiveDate,
) -> Result<Vec<ServiceLevelStatement>, Error> {
    let mut query = select(source, scope, today);
    query
        .and_where(Expr::col(("agreement", "customer_id")).eq(customer))
        .and_where(Column::Since.lte(last_day))
        .and_where(Column::Until.gt(first_day))
        .order_by(("statement", "since"), Order::Asc)
        .order_by(("statement", "id"), Order::Asc)
        .limit(most);
    let rows = store::all::<Row>(source.connection(), &query).await?;
    rows.into_iter().map(|row| Ok(row.statement()?.0)).collect()
}

/// The kept figures of the same agreement's statements of this kind of period, up to this one: the last twelve, the
/// oldest first.
pub async fn last_twelve(
    source: &impl Source,
    statement: &ServiceLevelStatement,
) -> Result<Vec<(StatementPeriod, Figures)>, Error> {
    let rows = Entity::find()
        .filter(Column::AgreementId.eq(statement.agreement.id))
        .filter(Column::Figures.is_not_null())
        .filter(Column::Since.lte(statement.first_day))
        .order_by_desc(Column::Since)
        // Months, quarters and years lie in one table; a year has seventeen of them.
        .limit(40)
        .all(source.connection())
        .await?;
    let mut kept: Vec<(StatementPeriod, Figures)> = vec![];
    for row in rows {
        let period: StatementPeriod = row.period.parse().map_err(unreadable)?;
        if let Some(figures) = row
            .figures
            .filter(|_| period.kind() == statement.period.kind() && kept.len() < 12)
        {
            kept.push((period, figures));
        }
    }
    kept.reverse();
    Ok(kept)
}

fn row(statement: &ServiceLevelStatement) -> ActiveModel {
    let kept = statement.state != StatementState::Open;
    Model {
        id: statement.id,
        version: statement.version,
        agreement_id: statement.agreement.id,
        period: statement.period.to_string(),
        since: statement.period.period().since,
        until: statement.period.until(),
        state: statement.state,
        revision: statement.revision,
        verdicts: statement.verdicts,
        missed: statement.verdicts.map(|verdicts| verdicts.missed).unwrap_or_default(),
        figures: statement.figures.clone().filter(|_| kept),
        proposal: statement.proposal.clone(),
        objections: statement.objections.clone(),
        acceptance: statement.acceptance.clone(),
        closing: statement.closing.clone(),
        restatement: statement.restatement.clone(),
        created_at: statement.created_at,
    }
    .into_active_model()
    .reset_all()
}

/// Stores a statement that was accepted, objected to or answered; `act` is what happened to it.
pub async fn update(
    unit: &mut UnitOfWork,
    act: &str,
    before: &ServiceLevelStatement,
    after: &ServiceLevelStatement,
) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record(act, Some(before), Some(after))
}

/// Stores proposed figures with what they rest on.
pub async fn propose(
    unit: &mut UnitOfWork,
    before: &ServiceLevelStatement,
    after: &ServiceLevelStatement,
    inputs: &Inputs,
) -> Result<(), Error> {
    update(unit, "proposed", before, after).await?;
    evidence::keep(unit, after, &inputs.evidence()).await
}

/// Stores a closed statement, and tells of each target that it says was missed.
pub async fn close(
    unit: &mut UnitOfWork,
    before: &ServiceLevelStatement,
    after: &ServiceLevelStatement,
) -> Result<(), Error> {
    update(unit, "closed", before, after).await?;
    let known = match after.revision.before() {
        None => None,
        Some(before) => revision(unit, after.clone(), before).await?.figures,
    };
    let missed = after.newly_missed(known.as_ref(), || unit.new_id());
    for missed in missed {
        unit.record("found", None, Some(&missed))?;
    }
    Ok(())
}

/// An exclusion that took effect on the statement's figures after they were proposed.
pub async fn decided_since_proposal(
    unit: &UnitOfWork,
    statement: &ServiceLevelStatement,
    time: LocalTime,
) -> Result<Option<ExclusionId>, Error> {
    exclusions::decided_since(unit, statement, statement.period.interval(time.zone).to).await
}

/// The period of a closed statement of the agreement that an interval touches.
pub async fn closed_within(
    unit: &UnitOfWork,
    agreement: AgreementId,
    interval: domain::calendars::Interval,
    time: LocalTime,
) -> Result<Option<StatementPeriod>, Error> {
    let day = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&time.zone).date_naive();
    let row = Entity::find()
        .filter(Column::AgreementId.eq(agreement))
        .filter(Column::State.eq(StatementState::Closed))
        .filter(Column::Since.lte(day(interval.to)))
        .filter(Column::Until.gt(day(interval.from)))
        .order_by_asc(Column::Since)
        .one(unit.connection())
        .await?;
    row.map(|row| row.period.parse().map_err(unreadable)).transpose()
}
