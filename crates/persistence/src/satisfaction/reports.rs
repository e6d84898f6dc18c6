//! Reports of satisfaction. A draft's figures are put together when it is read, a published one's are kept.
use chrono::{Months, NaiveDate};
use domain::{
    access::Scope, agreements::CalendarPeriod, satisfaction::*, service_levels::StatementPeriod, vocabulary::*,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, FromJsonQueryResult, FromQueryResult, IntoActiveModel,
    QueryFilter, QueryTrait,
    sea_query::{Expr, SelectStatement},
};
use serde::{Deserialize, Serialize};

use super::{drawing::is_settled, figures};
use crate::{
    Error, Page, Paging, access,
    store::{self, Cursor, Source, UnitOfWork},
    surveys,
};

/// The periods before the reported one whose figures stand beside its own.
const PERIODS_BEFORE: u32 = 7;

/// A report's words, as one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct ReportWords {
    summary: Option<Markdown>,
    findings: Vec<SatisfactionFinding>,
}

/// Who published a report, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Publication(domain::agreements::Deed);

mod entity {
    use domain::{satisfaction::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "satisfaction_report")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: SatisfactionReportId,
        pub version: i64,
        pub customer_id: CustomerId,
        pub period: String,
        pub first_day: Date,
        pub edition: i32,
        pub state: ReportState,
        #[sea_orm(column_type = "JsonBinary")]
        pub words: super::ReportWords,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub content: Option<ReportContent>,
        pub digest: Option<String>,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub publication: Option<super::Publication>,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    report: Model,
    customer_code: Code,
    customer_name: Name,
    permitted: access::Leave,
}

fn unreadable(fault: impl std::fmt::Display) -> Error {
    Error::Database(DbErr::Custom(format!("stored report: {fault}")))
}

impl Row {
    fn report(self) -> Result<(SatisfactionReport, access::Leave), Error> {
        let row = self.report;
        let period: StatementPeriod = row.period.parse().map_err(unreadable)?;
        let report = SatisfactionReport {
            id: row.id,
            version: row.version,
            customer: CustomerRef {
                id: row.customer_id,
                code: self.customer_code,
                name: self.customer_name,
            },
            period,
            first_day: row.first_day,
            last_day: period.days().last_day.unwrap_or(row.first_day),
            edition: row.edition,
            state: row.state,
            summary: row.words.summary,
            findings: row.words.findings,
            content: row.content,
            digest: row
                .digest
                .map(|digest| digest.parse().map_err(unreadable))
                .transpose()?,
            publication: row.publication.map(|publication| publication.0),
            created_at: row.created_at,
        };
        Ok((report, self.permitted))
    }
}

fn row(report: &SatisfactionReport) -> ActiveModel {
    let kept = report.state == ReportState::Published;
    Model {
        id: report.id,
        version: report.version,
        customer_id: report.customer.id,
        period: report.period.to_string(),
        first_day: report.first_day,
        edition: report.edition,
        state: report.state,
        words: ReportWords {
            summary: report.summary.clone(),
            findings: report.findings.clone(),
        },
        content: report.content.clone().filter(|_| kept),
        digest: report.digest.as_ref().filter(|_| kept).map(ToString::to_string),
        publication: report.publication.clone().map(Publication),
        created_at: report.created_at,
    }
    .into_active_model()
    .reset_all()
}

fn select(source: &impl Source, scope: &Scope, today: NaiveDate) -> SelectStatement {
    let (mut query, backend) = (Entity::find().into_query(), source.backend());
    query
        .inner_join("customer", Expr::cust("customer.id = satisfaction_report.customer_id"))
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name");
    let column = "satisfaction_report.customer_id";
    access::guard(&mut query, scope, column, (today, backend), |reach| {
        access::of_customers(&reach.customers, column, today, backend)
    });
    if scope.is_contact() {
        query.and_where(Column::State.eq(ReportState::Published));
    }
    query
}

/// The report as it is kept, if the caller may see it (404) and do this with it (403): contacts see no drafts. A draft has no
/// figures yet.
pub async fn report(
    source: &impl Source,
    scope: &Scope,
    id: SatisfactionReportId,
    today: NaiveDate,
) -> Result<SatisfactionReport, Error> {
    let mut query = select(source, scope, today);
    query.and_where(Column::Id.eq(id));
    let row = store::one::<Row>(source.connection(), &query).await?;
    access::admit(source, row.map(Row::report).transpose()?)
}

/// The same, held until the unit of work ends.
pub async fn load_report(
    unit: &UnitOfWork,
    scope: &Scope,
    id: SatisfactionReportId,
) -> Result<SatisfactionReport, Error> {
    let mut query = select(unit, scope, unit.today());
    query.and_where(Column::Id.eq(id));
    store::lock(&mut query, unit.backend(), "satisfaction_report");
    let row = store::one::<Row>(unit.connection(), &query).await?;
    access::admit(unit, row.map(Row::report).transpose()?)
}

/// The same with its figures: those that were kept, or those of now.
pub async fn told_report(
    source: &impl Source,
    report: SatisfactionReport,
    today: NaiveDate,
) -> Result<SatisfactionReport, Error> {
    if report.state == ReportState::Published {
        return Ok(report);
    }
    let (customer, period) = (report.customer.id, report.period);
    let kind = period.kind();
    let months = match kind {
        CalendarPeriod::Month => 1,
        CalendarPeriod::Quarter => 3,
        CalendarPeriod::Year => 12,
    };
    let first_day = period.period().since;
    let from = first_day
        .checked_sub_months(Months::new(months * PERIODS_BEFORE))
        .unwrap_or(first_day);
    let days = (from, period.until());
    let fixed = is_settled(source, period, today).await?;
    let figures = figures::of_customer(source, customer, kind, days).await?;
    let asked = surveys::reported(source, customer, days, first_day).await?;
    Ok(report.telling(ReportContent::of(period, fixed, figures, asked))?)
}

/// How many reports were published of a customer's period.
pub async fn published(source: &impl Source, customer: CustomerId, period: StatementPeriod) -> Result<i32, Error> {
    #[derive(FromQueryResult)]
    struct Last {
        edition: Option<i32>,
    }
    let sql = "select max(edition) as edition from satisfaction_report where customer_id = ? and period = ? \
               and state = 'published'";
    let values = vec![customer.0.into(), period.to_string().into()];
    let last: Vec<Last> = store::rows(source.connection(), sql, values).await?;
    Ok(last.into_iter().find_map(|last| last.edition).unwrap_or_default())
}

/// Which reports.
#[derive(Debug, Clone, Default)]
pub struct ReportFilter {
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Of this period.
    pub period: Option<StatementPeriod>,
    /// That stand so.
    pub state: Option<ReportState>,
}

/// A page of reports without their figures, in the order in which they were entered.
pub async fn list_reports(
    source: &impl Source,
    scope: &Scope,
    filter: &ReportFilter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<SatisfactionReport>, Error> {
    let mut query = select(source, scope, today);
    let wanted = [
        filter.customer.map(|id| Column::CustomerId.eq(id)),
        filter.period.map(|period| Column::Period.eq(period.to_string())),
        filter.state.map(|state| Column::State.eq(state)),
    ];
    for condition in wanted.into_iter().flatten() {
        query.and_where(condition);
    }
    let id = ("satisfaction_report", "id");
    let (rows, total) = paging.rows::<Row>(source, &mut query, None, id).await?;
    let without_figures = |row: Row| {
        let (report, _) = row.report()?;
        let content = None;
        Ok(SatisfactionReport { content, ..report })
    };
    let items = rows.into_iter().map(without_figures).collect::<Result<_, Error>>()?;
    Ok(paging.cut(items, total, |report: &SatisfactionReport| {
        Cursor::after(vec![], report.id)
    }))
}

/// Stores a new draft.
pub async fn insert_report(unit: &mut UnitOfWork, report: &SatisfactionReport) -> Result<(), Error> {
    Entity::insert(row(report))
        .exec_without_returning(unit.connection())
        .await?;
    unit.record("created", None, Some(report))
}

/// Stores a changed or a published report. `act` is the last part of the event's type.
pub async fn update_report(
    unit: &mut UnitOfWork,
    act: &str,
    before: &SatisfactionReport,
    after: &SatisfactionReport,
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

/// Removes a draft.
pub async fn delete_report(unit: &mut UnitOfWork, report: &SatisfactionReport) -> Result<(), Error> {
    Entity::delete_by_id(report.id).exec(unit.connection()).await?;
    unit.record("deleted", Some(report), None)
}
