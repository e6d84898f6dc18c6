//! How customers weigh services: one row for each customer, service and year.
use chrono::NaiveDate;
use domain::{access::Scope, value::*, vocabulary::*};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryTrait,
    sea_query::{Expr, SelectStatement},
};

use super::{labelled, money};
use crate::{
    Error, Page, Paging, access,
    store::{self, Cursor, Source, UnitOfWork},
};

mod entity {
    use domain::{value::DimensionScores, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "value_assessment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ValueAssessmentId,
        pub version: i64,
        pub customer_id: CustomerId,
        pub service_id: ServiceId,
        pub year: i32,
        #[sea_orm(column_type = "JsonBinary")]
        pub scores: DimensionScores,
        pub benefit_amount: Option<i64>,
        pub benefit_currency: Option<Currency>,
        pub comment: Option<Reason>,
        pub contact_id: ContactId,
        pub acting_for_id: Option<ContactId>,
        pub basis: Option<Basis>,
        pub created_at: DateTimeUtc,
        pub changed_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

#[derive(FromQueryResult)]
pub(super) struct Row {
    #[sea_orm(nested)]
    assessment: Model,
    customer_code: Code,
    customer_name: Name,
    service_code: Code,
    service_name: Name,
    contact_name: PersonName,
    permitted: access::Leave,
}

impl Row {
    fn assessment(self) -> Result<(ValueAssessment, access::Leave), Error> {
        let row = self.assessment;
        let benefit = Option::zip(row.benefit_amount, row.benefit_currency);
        let assessment = ValueAssessment {
            id: row.id,
            version: row.version,
            customer: CustomerRef {
                id: row.customer_id,
                code: self.customer_code,
                name: self.customer_name,
            },
            service: ServiceRef {
                id: row.service_id,
                code: self.service_code,
                name: self.service_name,
            },
            year: row.year,
            mean_score: ComputedFigure::of_mean(row.scores.mean().unwrap_or_default()),
            scores: row.scores,
            benefit: benefit.map(|(minor, currency)| money(minor, currency)).transpose()?,
            comment: row.comment,
            assessed_by: ContactRef {
                id: row.contact_id,
                name: self.contact_name,
            },
            acting_for: row.acting_for_id,
            basis: row.basis,
            created_at: row.created_at,
            changed_at: row.changed_at,
        };
        Ok((assessment, self.permitted))
    }
}

fn row(assessment: &ValueAssessment) -> ActiveModel {
    let benefit = assessment.benefit.as_ref();
    Model {
        id: assessment.id,
        version: assessment.version,
        customer_id: assessment.customer.id,
        service_id: assessment.service.id,
        year: assessment.year,
        scores: assessment.scores.clone(),
        benefit_amount: benefit.map(|money| money.amount.minor()),
        benefit_currency: benefit.map(|money| money.currency.clone()),
        comment: assessment.comment.clone(),
        contact_id: assessment.assessed_by.id,
        acting_for_id: assessment.acting_for,
        basis: assessment.basis.clone(),
        created_at: assessment.created_at,
        changed_at: assessment.changed_at,
    }
    .into_active_model()
    .reset_all()
}

fn select(source: &impl Source, scope: &Scope, today: NaiveDate) -> SelectStatement {
    let (mut query, backend) = (Entity::find().into_query(), source.backend());
    labelled(&mut query, "value_assessment");
    query
        .inner_join("contact", Expr::cust("contact.id = value_assessment.contact_id"))
        .expr_as(Expr::col(("contact", "name")), "contact_name");
    let column = "value_assessment.customer_id";
    access::guard(&mut query, scope, column, (today, backend), |reach| {
        access::of_customers(&reach.customers, column, today, backend)
    });
    query
}

/// The assessment, if the caller may see it (404) and do this with it (403).
pub async fn assessment(
    source: &impl Source,
    scope: &Scope,
    id: ValueAssessmentId,
    today: NaiveDate,
) -> Result<ValueAssessment, Error> {
    let mut query = select(source, scope, today);
    query.and_where(Column::Id.eq(id));
    let row = store::one::<Row>(source.connection(), &query).await?;
    access::admit(source, row.map(Row::assessment).transpose()?)
}

/// The same, held until the unit of work ends.
pub async fn load_assessment(
    unit: &UnitOfWork,
    scope: &Scope,
    id: ValueAssessmentId,
) -> Result<ValueAssessment, Error> {
    let mut query = select(unit, scope, unit.today());
    query.and_where(Column::Id.eq(id));
    store::lock(&mut query, unit.backend(), "value_assessment");
    let row = store::one::<Row>(unit.connection(), &query).await?;
    access::admit(unit, row.map(Row::assessment).transpose()?)
}

/// Which assessments.
#[derive(Debug, Clone, Default)]
pub struct AssessmentFilter {
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Of this service.
    pub service: Option<ServiceId>,
    /// For this year.
    pub year: Option<i32>,
}

/// A page of assessments, by when they were given.
pub async fn assessments(
    source: &impl Source,
    scope: &Scope,
    filter: &AssessmentFilter,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<ValueAssessment>, Error> {
    let mut query = select(source, scope, today);
    let wanted = [
        filter.customer.map(|id| Column::CustomerId.eq(id)),
        filter.service.map(|id| Column::ServiceId.eq(id)),
        filter.year.map(|year| Column::Year.eq(year)),
    ];
    for condition in wanted.into_iter().flatten() {
        query.and_where(condition);
    }
    let id = ("value_assessment", "id");
    let (rows, total) = paging.rows::<Row>(source, &mut query, None, id).await?;
    let items = rows.into_iter().map(|row| Ok(row.assessment()?.0));
    let items = items.collect::<Result<_, Error>>()?;
    Ok(paging.cut(items, total, |a: &ValueAssessment| Cursor::after(vec![], a.id)))
}

/// At most so many assessments that an analysis of the year looks at: those of the year and of the one before, and else
/// the last of each customer and service.
pub(super) async fn until(
    source: &impl Source,
    scope: &Scope,
    (year, customer): (i32, Option<CustomerId>),
    most: u64,
    today: NaiveDate,
) -> Result<Vec<ValueAssessment>, Error> {
    let mut query = select(source, scope, today);
    let last = "not exists (select 1 from value_assessment l where l.customer_id = value_assessment.customer_id \
        and l.service_id = value_assessment.service_id and l.year > value_assessment.year and l.year <= ?)";
    let last = store::expr(source.backend(), last, [year]);
    query
        .and_where(Column::Year.lte(year))
        .cond_where(sea_orm::Condition::any().add(Column::Year.gte(year - 1)).add(last))
        .limit(most);
    if let Some(id) = customer {
        query.and_where(Column::CustomerId.eq(id));
    }
    let rows = store::all::<Row>(source.connection(), &query).await?;
    rows.into_iter().map(|row| Ok(row.assessment()?.0)).collect()
}

/// Stores a new assessment.
pub async fn insert_assessment(unit: &mut UnitOfWork, assessment: &ValueAssessment) -> Result<(), Error> {
    Entity::insert(row(assessment))
        .exec_without_returning(unit.connection())
        .await?;
    unit.record("given", None, Some(assessment))
}

/// Stores a revised assessment.
pub async fn update_assessment(
    unit: &mut UnitOfWork,
    before: &ValueAssessment,
    after: &ValueAssessment,
) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record("revised", Some(before), Some(after))
}

/// Takes away what a contact said of value in words; the scores stay.
pub(crate) async fn forget_words(unit: &UnitOfWork, contact: ContactId) -> Result<u64, Error> {
    let sql = "update value_assessment set comment = null where contact_id = ? and comment is not null";
    store::run(unit.connection(), sql, vec![contact.0.into()]).await
}
