//! The figures of satisfaction as they were drawn: what may be told is decided there, so that no filter can ask for less.
use chrono::{Datelike, NaiveDate};
use domain::{
    Rule, RuleCode,
    access::{Customers, Scope},
    agreements::CalendarPeriod,
    satisfaction::{
        DistributionStep, FigureMethod, SatisfactionChange, SatisfactionDimension, SatisfactionMetric,
        SatisfactionSeries, Scale, WithheldReason,
    },
    service_levels::StatementPeriod,
    surveys::{SurveyKind, SurveyRound, ToldAnswers},
    vocabulary::{Code, CustomerId, CustomerRef, Name, ServiceId, ServiceRef, Slug, SurveyId, TeamId, TeamRef},
};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromJsonQueryResult, FromQueryResult, QueryTrait, Value,
    sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement},
};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Page, Paging, access,
    store::{self, Cursor, Source},
};

mod entity {
    use domain::{
        agreements::CalendarPeriod,
        satisfaction::{FigureMethod, SatisfactionDimension, SatisfactionSeries},
        vocabulary::{CustomerId, ServiceId, SurveyId, TeamId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "satisfaction_figure")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub place: Vec<u8>,
        pub year: Date,
        pub series: SatisfactionSeries,
        pub survey_kind: String,
        pub survey_id: Option<SurveyId>,
        pub question: String,
        pub period: String,
        pub period_kind: CalendarPeriod,
        pub first_day: Date,
        pub dimension: SatisfactionDimension,
        pub part_id: Uuid,
        pub customer_id: Option<CustomerId>,
        pub service_id: Option<ServiceId>,
        pub team_id: Option<TeamId>,
        pub low: i32,
        pub high: i32,
        pub top_boxes: i32,
        pub method: FigureMethod,
        pub withheld: bool,
        pub n: Option<i64>,
        pub value: Option<f64>,
        pub value_low: Option<f64>,
        pub value_high: Option<f64>,
        #[sea_orm(column_type = "JsonBinary")]
        pub distribution: Option<super::Distribution>,
        pub change: Option<f64>,
        pub change_low: Option<f64>,
        pub change_high: Option<f64>,
        pub changed: bool,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

/// How many gave which score, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Distribution(pub(super) Vec<DistributionStep>);

pub(super) use entity::{ActiveModel, Entity};
use entity::{Column, Model};

/// So many figures at most are compared at once.
const MOST_COMPARED: u64 = 100_000;
/// So many figures at most stand in a report.
const MOST_REPORTED: u64 = 10_000;

/// Which figures.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this series.
    pub series: Option<SatisfactionSeries>,
    /// Of surveys of this kind.
    pub survey_kind: Option<SurveyKind>,
    /// Of this survey alone.
    pub survey: Option<SurveyId>,
    /// Of the question with this key.
    pub question: Option<Slug>,
    /// Told apart by this.
    pub dimension: Option<SatisfactionDimension>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// About this service.
    pub service: Option<ServiceId>,
    /// Of this team's customers.
    pub team: Option<TeamId>,
    /// Of this period.
    pub period: Option<StatementPeriod>,
    /// Of periods of this kind.
    pub period_kind: Option<CalendarPeriod>,
    /// Of periods that begin on this day or later.
    pub from: Option<NaiveDate>,
    /// Of periods that begin before this day.
    pub before: Option<NaiveDate>,
    /// Made so.
    pub method: Option<FigureMethod>,
    /// Withheld or not.
    pub withheld: Option<bool>,
    /// Changed since the period before, or not.
    pub changed: Option<bool>,
}

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    figure: Model,
    customer_code: Option<Code>,
    customer_name: Option<Name>,
    service_code: Option<Code>,
    service_name: Option<Name>,
    team_name: Option<Name>,
}

impl Row {
    fn metric(self) -> Result<SatisfactionMetric, Error> {
        let row = self.figure;
        let scale = scale(row.low, row.high, row.top_boxes)?;
        let period: StatementPeriod = row.period.parse().map_err(|_| DbErr::Custom("no period".into()))?;
        let days = period.days();
        Ok(SatisfactionMetric {
            series: row.series,
            survey_kind: row.survey_kind.parse().ok(),
            survey: row.survey_id,
            question: row.question.parse().ok(),
            period,
            first_day: period.period().since,
            last_day: days.last_day.unwrap_or(days.first_day),
            dimension: row.dimension,
            customer: Option::zip(row.customer_id, Option::zip(self.customer_code, self.customer_name))
                .map(|(id, (code, name))| CustomerRef { id, code, name }),
            service: Option::zip(row.service_id, Option::zip(self.service_code, self.service_name))
                .map(|(id, (code, name))| ServiceRef { id, code, name }),
            team: Option::zip(row.team_id, self.team_name).map(|(id, name)| TeamRef { id, name }),
            scale,
            method: row.method,
            withheld: row.withheld,
            reason: row.withheld.then_some(WithheldReason::FewAnswers),
            n: row.n.map(i64::unsigned_abs),
            value: row.value,
            low: row.value_low,
            high: row.value_high,
            distribution: row.distribution.map(|told| told.0),
            change: row.change.map(|value| SatisfactionChange {
                method: row.method,
                value,
                low: row.change_low,
                high: row.change_high,
                changed: row.changed,
            }),
        })
    }
}

/// A page of figures, by period. Of all together and of services they are for who sees every customer.
pub async fn metrics(
    source: &impl Source,
    scope: &Scope,
    filter: &Filter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<SatisfactionMetric>, Error> {
    let mut query = select(&scope.visible.customers, source, today);
    filter.apply(&mut query);
    let place = ("satisfaction_figure", "place");
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, Some(place), ("satisfaction_figure", "part_id"))
        .await?;
    let page = paging.cut(rows, total, |row| {
        Cursor::after(row.figure.place.clone(), row.figure.part_id)
    });
    Ok(Page {
        items: page.items.into_iter().map(Row::metric).collect::<Result<_, _>>()?,
        next: page.next,
        total: page.total,
    })
}

/// A customer's figures of the periods of a kind that begin within the days, by period; no more than a report can hold.
pub(super) async fn of_customer(
    source: &impl Source,
    customer: CustomerId,
    kind: CalendarPeriod,
    (from, before): (NaiveDate, NaiveDate),
) -> Result<Vec<SatisfactionMetric>, Error> {
    let filter = Filter {
        customer: Some(customer),
        period_kind: Some(kind),
        from: Some(from),
        before: Some(before),
        ..Filter::default()
    };
    let mut query = select(&Customers::All, source, from);
    filter.apply(&mut query);
    // Who may read a customer's report may not see all of its departments.
    let parts = [SatisfactionDimension::Customer, SatisfactionDimension::CustomerService];
    query
        .and_where(Column::Dimension.is_in(parts))
        .order_by(("satisfaction_figure", "place"), Order::Asc)
        .limit(MOST_REPORTED + 1);
    let rows: Vec<Row> = store::all(source.connection(), &query).await?;
    if rows.len() as u64 > MOST_REPORTED {
        let detail =
            format!("The customer has more than {MOST_REPORTED} figures in these periods: report shorter ones.");
        return Err(Rule::new(RuleCode::State, detail).into());
    }
    rows.into_iter().map(Row::metric).collect()
}

/// The 0–100 indexes that the filter asks for, by period; no more than a table can hold.
pub(super) async fn indexes(
    source: &impl Source,
    visible: &Customers,
    filter: &Filter,
    today: NaiveDate,
) -> Result<Vec<SatisfactionMetric>, Error> {
    let mut query = select(visible, source, today);
    filter.apply(&mut query);
    query
        .and_where(Column::Method.eq(FigureMethod::Index0To100))
        .order_by(("satisfaction_figure", "place"), Order::Asc)
        .limit(MOST_REPORTED + 1);
    let rows: Vec<Row> = store::all(source.connection(), &query).await?;
    if rows.len() as u64 > MOST_REPORTED {
        let detail =
            format!("There are more than {MOST_REPORTED} figures: ask for a series, a dimension or a question.");
        return Err(Rule::new(RuleCode::State, detail).into());
    }
    rows.into_iter().map(Row::metric).collect()
}

/// Of all customers together and of each, or of these alone: by period the figure by which each question is known best.
pub(super) async fn headlines(
    source: &impl Source,
    visible: &Customers,
    filter: &Filter,
    only: Option<&[CustomerId]>,
    today: NaiveDate,
) -> Result<Vec<SatisfactionMetric>, Error> {
    let mut query = select(visible, source, today);
    filter.apply(&mut query);
    let parts = [SatisfactionDimension::All, SatisfactionDimension::Customer];
    // Which of these it is depends on the scale.
    let methods = [FigureMethod::Csat, FigureMethod::Nps, FigureMethod::Mean];
    query
        .and_where(Column::Dimension.is_in(parts))
        .and_where(Column::Method.is_in(methods))
        .and_where_option(only.map(|ids| Column::CustomerId.is_in(ids.iter().copied())))
        .order_by(("satisfaction_figure", "place"), Order::Asc)
        .limit(MOST_COMPARED + 1);
    let rows: Vec<Row> = store::all(source.connection(), &query).await?;
    if rows.len() as u64 > MOST_COMPARED {
        let detail =
            format!("There are more than {MOST_COMPARED} figures: ask for a series, a kind of survey or a question.");
        return Err(Rule::new(RuleCode::State, detail).into());
    }
    let metrics = rows.into_iter().map(Row::metric).collect::<Result<Vec<_>, _>>()?;
    Ok(metrics.into_iter().filter(SatisfactionMetric::is_headline).collect())
}

/// Answers of a month that are told.
pub(crate) struct ToldMonth {
    /// Whose; none: anybody's.
    pub customer: Option<CustomerId>,
    /// About what.
    pub service: ServiceId,
    pub month: StatementPeriod,
    pub answers: domain::satisfaction::Distribution,
}

#[derive(FromQueryResult)]
struct ToldRow {
    customer_id: Option<CustomerId>,
    service_id: ServiceId,
    first_day: NaiveDate,
    low: i32,
    high: i32,
    top_boxes: i32,
    distribution: Distribution,
}

/// The answers about services that are told, of the months within the days. The condition speaks of `f`.
pub(crate) async fn told(
    source: &impl Source,
    dimension: SatisfactionDimension,
    (first_day, until): (NaiveDate, NaiveDate),
    (condition, values): (&str, Vec<Value>),
) -> Result<Vec<ToldMonth>, Error> {
    // Each is there once for each method; every scale has a mean.
    let sql = format!(
        "select f.customer_id, f.service_id, f.first_day, f.low, f.high, f.top_boxes, f.distribution \
         from satisfaction_figure f where f.series = 'user' and f.dimension = '{dimension}' and f.period_kind = 'month' \
         and f.method = 'mean' and f.withheld = false and f.first_day >= ? and f.first_day < ? and {condition} \
         order by f.place"
    );
    let values = [vec![first_day.into(), until.into()], values].concat();
    let mut told = vec![];
    for row in store::rows::<ToldRow>(source.connection(), &sql, values).await? {
        let month = StatementPeriod::containing(CalendarPeriod::Month, row.first_day);
        if month.until() > until {
            continue;
        }
        told.push(ToldMonth {
            customer: row.customer_id,
            service: row.service_id,
            month,
            answers: row.distribution.on(scale(row.low, row.high, row.top_boxes)?)?,
        });
    }
    Ok(told)
}

/// How the places of figures begin whose period begins on the day.
pub(super) fn beginning(day: NaiveDate) -> Vec<u8> {
    day.num_days_from_ce().to_be_bytes().to_vec()
}

#[derive(FromQueryResult)]
struct ToldOfRound {
    customer_id: Option<CustomerId>,
    question: Slug,
    low: i32,
    high: i32,
    top_boxes: i32,
    distribution: Distribution,
}

/// The answers of a closed round's customers about its service, and of those that are not told apart, as they are told of the
/// month: to all surveys of the kind.
pub(crate) async fn told_of_round(
    source: &impl Source,
    round: &SurveyRound,
    kind: SurveyKind,
    month: StatementPeriod,
) -> Result<Vec<ToldAnswers>, Error> {
    let service = round.service.as_ref().map(|service| service.id.0);
    // Each is there once for each method; every scale has a mean.
    let sql = format!(
        "select f.customer_id, f.question, f.low, f.high, f.top_boxes, f.distribution from satisfaction_figure f \
         where f.period = ? and f.series = 'customer' and f.survey_kind = ? and f.dimension = 'customer_service' \
         and f.method = 'mean' and f.withheld = false and f.service_id is not distinct from ? \
         and (f.customer_id is null or f.customer_id in ({})) order by f.place",
        store::places(round.customers.len())
    );
    let which: [Value; 3] = [month.to_string().into(), kind.to_string().into(), service.into()];
    let customers = round.customers.iter().map(|customer| customer.id.0.into());
    let values = which.into_iter().chain(customers).collect();
    let mut told = vec![];
    for row in store::rows::<ToldOfRound>(source.connection(), &sql, values).await? {
        told.push(ToldAnswers {
            customer: row.customer_id,
            question: row.question,
            answers: row.distribution.on(scale(row.low, row.high, row.top_boxes)?)?,
        });
    }
    Ok(told)
}

impl Distribution {
    /// The answers that the steps tell.
    fn on(self, scale: Scale) -> Result<domain::satisfaction::Distribution, Error> {
        let mut answers = domain::satisfaction::Distribution::new(scale);
        for step in self.0 {
            let counted = answers.add(step.score, step.n);
            counted.map_err(|e| DbErr::Custom(e.to_string()))?;
        }
        Ok(answers)
    }
}

/// A scale as it is stored; 0 top boxes are none.
pub(super) fn scale(low: i32, high: i32, top_boxes: i32) -> Result<Scale, Error> {
    let scale = Scale::new(low, high, (top_boxes > 0).then_some(top_boxes));
    Ok(scale.map_err(|e| DbErr::Custom(e.to_string()))?)
}

fn select(customers: &Customers, source: &impl Source, today: NaiveDate) -> SelectStatement {
    let mut query = Entity::find().into_query();
    query
        .left_join("customer", Expr::cust("customer.id = satisfaction_figure.customer_id"))
        .left_join("service", Expr::cust("service.id = satisfaction_figure.service_id"))
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name")
        .expr_as(Expr::col(("service", "code")), "service_code")
        .expr_as(Expr::col(("service", "name")), "service_name")
        .left_join(
            "customer_team",
            Expr::cust("customer_team.id = satisfaction_figure.team_id"),
        )
        .expr_as(Expr::col(("customer_team", "name")), "team_name");
    if *customers != Customers::All {
        let backend = source.backend();
        let seen = access::of_customers(customers, "satisfaction_figure.customer_id", today, backend);
        // Of a division only for who sees all of its departments.
        let department = access::of_customers(customers, "customer_ancestry.customer_id", today, backend);
        let unseen = Query::select()
            .expr(Expr::val(1))
            .from("customer_ancestry")
            .and_where(Expr::cust(
                "customer_ancestry.ancestor_id = satisfaction_figure.customer_id",
            ))
            .and_where(department.not())
            .to_owned();
        let whole = Column::Dimension
            .ne(SatisfactionDimension::Division)
            .or(Expr::exists(unseen).not());
        query.and_where(seen).and_where(whole);
    }
    query
}

impl Filter {
    fn apply(&self, query: &mut SelectStatement) {
        let all = Condition::all()
            .add_option(self.series.map(|series| Column::Series.eq(series)))
            .add_option(self.survey_kind.map(|kind| Column::SurveyKind.eq(kind.to_string())))
            .add_option(self.survey.map(|id| Column::SurveyId.eq(id)))
            .add_option(self.question.as_ref().map(|key| Column::Question.eq(key.to_string())))
            .add_option(self.dimension.map(|dimension| Column::Dimension.eq(dimension)))
            .add_option(self.customer.map(|id| Column::CustomerId.eq(id)))
            .add_option(self.service.map(|id| Column::ServiceId.eq(id)))
            .add_option(self.team.map(|id| Column::TeamId.eq(id)))
            .add_option(self.period.map(|period| Column::Period.eq(period.to_string())))
            .add_option(self.period_kind.map(|kind| Column::PeriodKind.eq(kind)))
            // A place begins with the first day, and has the indexes.
            .add_option(self.from.map(|day| Column::Place.gte(beginning(day))))
            .add_option(self.before.map(|day| Column::Place.lt(beginning(day))))
            .add_option(self.method.map(|method| Column::Method.eq(method)))
            .add_option(self.withheld.map(|withheld| Column::Withheld.eq(withheld)))
            // Written out, so that the index of what changed is used.
            .add_option(self.changed.map(|changed| match changed {
                true => Expr::cust("satisfaction_figure.changed"),
                false => Expr::cust("not satisfaction_figure.changed"),
            }));
        query.cond_where(all);
    }
}
