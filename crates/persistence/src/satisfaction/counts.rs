//! How many ratings there are of each score. What a unit of work changes is gathered and added at its end, in one order
//! whoever writes, so that two of them do not wait for each other.
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::{
    agreements::CalendarPeriod,
    satisfaction::{Threshold, fixed_since},
    service_levels::StatementPeriod,
    vocabulary::{CustomerId, ServiceId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryTrait,
    sea_query::{Expr, OnConflict},
};

use super::{
    drawing::to_be_drawn_anew,
    rating,
    rating_count::{ActiveModel, Column, Entity},
};
use crate::{
    Db, Error,
    store::{self, Origin, Source, UnitOfWork},
};

/// How many counts one statement lists: each has nine values.
const AT_ONCE: usize = 500;

/// A customer's month of a service.
type Cell = (NaiveDate, CustomerId, ServiceId);
/// A score on its scale: low, high, top boxes, and the score.
type Score = (i32, i32, i32, i32);

/// What is to be added to the counts.
#[derive(Default)]
pub struct Counts(BTreeMap<(Cell, Score), i64>);

impl Counts {
    /// A rating counts from now on, if it is known whose it is.
    pub fn add(&mut self, row: &rating::Model) {
        self.change(row, 1);
    }

    /// A rating as it was counts no more.
    pub fn take_away(&mut self, row: &rating::Model) {
        self.change(row, -1);
    }

    fn change(&mut self, row: &rating::Model, by: i64) {
        if let (Some(customer), Some(service)) = (row.customer_id, row.service_id) {
            let cell = (row.month, customer, service);
            let score = (row.low, row.high, row.top_boxes, row.score);
            *self.0.entry((cell, score)).or_default() += by;
        }
    }

    /// Adds them. What belongs to a month whose figures are fixed waits until there is enough of it (R19 f).
    pub async fn write(self, unit: &UnitOfWork) -> Result<(), Error> {
        let changes: Vec<_> = self.0.into_iter().filter(|(_, by)| *by != 0).collect();
        let today = unit.today();
        for changes in changes.chunks(AT_ONCE) {
            let rows = changes.iter().map(|((cell, score), by)| {
                let month = StatementPeriod::containing(CalendarPeriod::Month, cell.0);
                let late = fixed_since(month) <= today;
                ActiveModel {
                    month: Set(cell.0),
                    customer_id: Set(cell.1),
                    service_id: Set(cell.2),
                    low: Set(score.0),
                    high: Set(score.1),
                    top_boxes: Set(score.2),
                    score: Set(score.3),
                    n: Set(if late { 0 } else { *by }),
                    late: Set(if late { *by } else { 0 }),
                }
            });
            let more = |column: Column| Expr::col((Entity, column)).add(Expr::col(("excluded", column)));
            let key = [
                Column::Month,
                Column::CustomerId,
                Column::ServiceId,
                Column::Low,
                Column::High,
                Column::TopBoxes,
                Column::Score,
            ];
            let counted = OnConflict::columns(key)
                .value(Column::N, more(Column::N))
                .value(Column::Late, more(Column::Late))
                .to_owned();
            let insert = Entity::insert_many(rows).on_conflict(counted);
            unit.connection().execute(&insert.into_query()).await?;
        }
        Ok(())
    }
}

#[derive(FromQueryResult)]
struct Late {
    month: NaiveDate,
    customer_id: CustomerId,
    service_id: ServiceId,
    more: i64,
    fewer: i64,
}

/// What a question was answered by a customer's contacts in rounds that were counted late.
#[derive(FromQueryResult)]
struct LateRounds {
    month: NaiveDate,
    kind: String,
    question: String,
    customer_id: Option<CustomerId>,
    service_id: Option<ServiceId>,
    n: i64,
}

impl Db {
    /// Renews the fixed months of which enough answers have changed (R19 f): their years are to be drawn anew.
    pub(super) async fn renew_fixed_months(&self, origin: &Origin, threshold: Threshold) -> Result<(), Error> {
        let ratings = late_ratings(&self.reader(), threshold).await?;
        let rounds = late_rounds(&self.reader(), threshold).await?;
        let months = ratings
            .iter()
            .map(|cell| cell.month)
            .chain(rounds.iter().map(|cell| cell.month));
        let year_of = |month| StatementPeriod::containing(CalendarPeriod::Year, month);
        let years: BTreeSet<StatementPeriod> = months.map(year_of).collect();
        let unit = self.open(origin).await?;
        for cell in ratings {
            cell.count(&unit).await?;
        }
        for cell in rounds {
            cell.count(&unit).await?;
        }
        for year in years {
            to_be_drawn_anew(&unit, year).await?;
        }
        unit.commit().await
    }
}

async fn late_ratings(source: &impl Source, threshold: Threshold) -> Result<Vec<Late>, Error> {
    let sql = "select month, customer_id, service_id, \
               cast(sum(case when late > 0 then late else 0 end) as bigint) as more, \
               cast(sum(case when late < 0 then -late else 0 end) as bigint) as fewer \
               from rating_count where late <> 0 group by month, customer_id, service_id";
    let mut late: Vec<Late> = store::rows(source.connection(), sql, vec![]).await?;
    // An answer that was corrected left one score and came to another: it is one that changed.
    late.retain(|cell| !threshold.is_below(Ord::max(cell.more, cell.fewer).unsigned_abs()));
    Ok(late)
}

impl Late {
    /// They count from now on.
    async fn count(self, unit: &UnitOfWork) -> Result<(), Error> {
        Entity::update_many()
            .col_expr(Column::N, Expr::col(Column::N).add(Expr::col(Column::Late)))
            .col_expr(Column::Late, 0.into())
            .filter(Column::Month.eq(self.month))
            .filter(Column::CustomerId.eq(self.customer_id))
            .filter(Column::ServiceId.eq(self.service_id))
            .exec(unit.connection())
            .await?;
        Ok(())
    }
}

async fn late_rounds(source: &impl Source, threshold: Threshold) -> Result<Vec<LateRounds>, Error> {
    let sql = "select month, kind, question, customer_id, service_id, cast(sum(n) as bigint) as n from survey_count \
               where waits group by month, kind, question, customer_id, service_id";
    let mut late: Vec<LateRounds> = store::rows(source.connection(), sql, vec![]).await?;
    late.retain(|cell| !threshold.is_below(cell.n.unsigned_abs()));
    Ok(late)
}

impl LateRounds {
    /// They count from now on.
    async fn count(self, unit: &UnitOfWork) -> Result<(), Error> {
        let sql = "update survey_count set waits = false where waits and month = ? and kind = ? and question = ? \
                   and customer_id is not distinct from ? and service_id is not distinct from ?";
        let values = vec![
            self.month.into(),
            self.kind.into(),
            self.question.into(),
            self.customer_id.map(|id| id.0).into(),
            self.service_id.map(|id| id.0).into(),
        ];
        let row = store::by_hand(unit.backend(), sql, values);
        unit.connection().execute_raw(row).await?;
        Ok(())
    }
}
