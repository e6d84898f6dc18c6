//! Business needs, by when they were entered, and those that a digest is made of.
use chrono::NaiveDate;
use domain::{Rule, RuleCode, access::Scope, events::SubjectKind, knowledge::*, meetings::LinkedKind, vocabulary::*};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryTrait,
    sea_query::{Expr, ExprTrait, SelectStatement},
};

use super::terms;
use crate::{
    Error, Page, Paging, access,
    meetings::recorded_at,
    store::{self, Cursor, Source, UnitOfWork},
};

mod entity {
    use domain::{knowledge::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "business_need")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: BusinessNeedId,
        pub version: i64,
        pub customer_id: CustomerId,
        pub statement: Title,
        pub description: Option<Reason>,
        pub theme: Word,
        pub horizon: NeedHorizon,
        pub strength: NeedStrength,
        #[sea_orm(column_type = "JsonBinary")]
        pub evidence: RelatedThings,
        pub stated_on: chrono::NaiveDate,
        #[sea_orm(column_type = "JsonBinary", nullable)]
        pub closing: Option<NeedClosing>,
        pub closed_on: Option<chrono::NaiveDate>,
        pub created_at: DateTimeUtc,
        pub changed_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    need: Model,
    customer_code: Code,
    customer_name: Name,
    meeting: Option<MeetingId>,
    permitted: access::Leave,
}

impl From<Row> for (BusinessNeed, access::Leave) {
    fn from(found: Row) -> Self {
        let row = found.need;
        let need = BusinessNeed {
            id: row.id,
            version: row.version,
            customer: CustomerRef {
                id: row.customer_id,
                code: found.customer_code,
                name: found.customer_name,
            },
            statement: row.statement,
            description: row.description,
            theme: row.theme,
            horizon: row.horizon,
            strength: row.strength,
            evidence: row.evidence,
            meeting: found.meeting,
            stated_on: row.stated_on,
            closing: row.closing,
            created_at: row.created_at,
            changed_at: row.changed_at,
        };
        (need, found.permitted)
    }
}

fn need_of(row: Row) -> BusinessNeed {
    <(BusinessNeed, access::Leave)>::from(row).0
}

fn row(need: &BusinessNeed) -> ActiveModel {
    Model {
        id: need.id,
        version: need.version,
        customer_id: need.customer.id,
        statement: need.statement.clone(),
        description: need.description.clone(),
        theme: need.theme.clone(),
        horizon: need.horizon,
        strength: need.strength,
        evidence: need.evidence.clone(),
        stated_on: need.stated_on,
        closing: need.closing.clone(),
        closed_on: need.closing.as_ref().map(|closing| closing.day),
        created_at: need.created_at,
        changed_at: need.changed_at,
    }
    .into_active_model()
    .reset_all()
}

fn select(source: &impl Source, scope: &Scope, today: NaiveDate) -> SelectStatement {
    let (mut query, backend) = (Entity::find().into_query(), source.backend());
    query
        .inner_join("customer", Expr::cust("customer.id = business_need.customer_id"))
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name")
        .expr_as(
            Expr::cust(recorded_at(LinkedKind::BusinessNeed, "business_need.id")),
            "meeting",
        );
    let column = "business_need.customer_id";
    access::guard(&mut query, scope, column, (today, backend), |reach| {
        access::of_customers(&reach.customers, column, today, backend)
    });
    query
}

/// The need, if the caller may see it (404) and do this with it (403).
pub async fn need(
    source: &impl Source,
    scope: &Scope,
    id: BusinessNeedId,
    today: NaiveDate,
) -> Result<BusinessNeed, Error> {
    let mut query = select(source, scope, today);
    query.and_where(Column::Id.eq(id));
    let row = store::one::<Row>(source.connection(), &query).await?;
    access::admit(source, row.map(Into::into))
}

/// The same, held until the unit of work ends.
pub async fn load_need(unit: &UnitOfWork, scope: &Scope, id: BusinessNeedId) -> Result<BusinessNeed, Error> {
    let mut query = select(unit, scope, unit.today());
    query.and_where(Column::Id.eq(id));
    store::lock(&mut query, unit.backend(), "business_need");
    let row = store::one::<Row>(unit.connection(), &query).await?;
    access::admit(unit, row.map(Into::into))
}

/// Which needs.
#[derive(Debug, Clone, Default)]
pub struct NeedFilter {
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// About this.
    pub theme: Option<Word>,
    /// That will be felt then.
    pub horizon: Option<NeedHorizon>,
    /// That strong.
    pub strength: Option<NeedStrength>,
    /// That are needs still (or no more).
    pub open: Option<bool>,
    /// With every one of these words, in any of its forms.
    pub words: Option<String>,
}

impl NeedFilter {
    fn apply(&self, query: &mut SelectStatement, source: &impl Source) {
        let found =
            |text: &String| terms::matching(source.backend(), SubjectKind::BusinessNeed, "business_need.id", text);
        let wanted = [
            self.customer.map(|id| Column::CustomerId.eq(id)),
            self.theme.as_ref().map(|told| Column::Theme.eq(theme(told))),
            self.horizon.map(|horizon| Column::Horizon.eq(horizon)),
            self.strength.map(|strength| Column::Strength.eq(strength)),
            self.open.map(|open| match open {
                true => Column::ClosedOn.is_null(),
                false => Column::ClosedOn.is_not_null(),
            }),
            self.words.as_ref().and_then(found),
        ];
        for condition in wanted.into_iter().flatten() {
            query.and_where(condition);
        }
    }
}

/// A page of needs, by when they were entered.
pub async fn needs(
    source: &impl Source,
    scope: &Scope,
    filter: &NeedFilter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<BusinessNeed>, Error> {
    let mut query = select(source, scope, today);
    filter.apply(&mut query, source);
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, None, ("business_need", "id"))
        .await?;
    let items = rows.into_iter().map(need_of).collect();
    Ok(paging.cut(items, total, |need: &BusinessNeed| Cursor::after(vec![], need.id)))
}

/// How many needs a customer has, as far as the caller sees it; for the customer's overview.
pub async fn count_open_needs(
    source: &impl Source,
    scope: &Scope,
    customer: CustomerId,
    today: NaiveDate,
) -> Result<u64, Error> {
    let open = NeedFilter {
        customer: Some(customer),
        open: Some(true),
        ..NeedFilter::default()
    };
    let mut query = select(source, scope, today);
    open.apply(&mut query, source);
    store::count(source.connection(), &query).await
}

/// The digest of the needs that match, with what became of them since a day. More than can be read are refused.
pub async fn digest(
    source: &impl Source,
    scope: &Scope,
    filter: &NeedFilter,
    since: NaiveDate,
    today: NaiveDate,
) -> Result<NeedsDigest, Error> {
    const MOST: u64 = 2_000;
    let mut query = select(source, scope, today);
    filter.apply(&mut query, source);
    query
        .and_where(Column::ClosedOn.is_null().or(Column::ClosedOn.gte(since)))
        .limit(MOST + 1);
    let rows = store::all::<Row>(source.connection(), &query).await?;
    if rows.len() as u64 > MOST {
        let detail =
            format!("There are more than {MOST} needs for one digest; ask for a theme, a customer or a strength.");
        return Err(Rule::new(RuleCode::State, detail).into());
    }
    Ok(NeedsDigest::of(since, today, rows.into_iter().map(need_of).collect()))
}

async fn index(unit: &UnitOfWork, need: &BusinessNeed) -> Result<(), Error> {
    let others = [
        need.description.as_ref().map_or("", |d| d.as_str()),
        need.theme.as_str(),
    ];
    terms::index(
        unit,
        SubjectKind::BusinessNeed,
        need.id.0,
        (need.statement.as_str(), &others),
    )
    .await
}

/// Stores a new need.
pub async fn insert_need(unit: &mut UnitOfWork, need: &BusinessNeed) -> Result<(), Error> {
    Entity::insert(row(need))
        .exec_without_returning(unit.connection())
        .await?;
    index(unit, need).await?;
    unit.record("stated", None, Some(need))
}

/// Stores what an act made of a need. `act` is the last part of the event's type.
pub async fn update_need(
    unit: &mut UnitOfWork,
    act: &str,
    before: &BusinessNeed,
    after: &BusinessNeed,
) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    let words = |need: &BusinessNeed| (need.statement.clone(), need.description.clone(), need.theme.clone());
    if words(before) != words(after) {
        index(unit, after).await?;
    }
    unit.record(act, Some(before), Some(after))
}
