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

impl Db {
    /// Renews the fixed months of which enough answers have changed (R19 f): their years are to be drawn anew.
    pub(super) async fn renew_fixed_months(&self, origin: &Origin, threshold: Threshold) -> Result<(), Error> {
        let sum = "select month, customer_id, service_id, \
                   cast(sum(case when late > 0 then late else 0 end) as bigint) as more, \
                   cast(sum(case when late < 0 then -late else 0 end) as bigint) as fewer \
                   from rating_count where late <> 0 group by month, customer_id, service_id";
        let late: Vec<Late> = store::rows(self.reader().connection(), sum, vec![]).await?;
        // An answer that was corrected left one score and came to another: it is one that changed.
        let changed = |cell: &Late| Ord::max(cell.more, cell.fewer).unsigned_abs();
        let renewed: Vec<Late> = late
            .into_iter()
            .filter(|cell| !threshold.is_below(changed(cell)))
            .collect();
        let unit = self.open(origin).await?;
        let mut years = BTreeSet::new();
        for cell in renewed {
            Entity::update_many()
                .col_expr(Column::N, Expr::col(Column::N).add(Expr::col(Column::Late)))
                .col_expr(Column::Late, 0.into())
                .filter(Column::Month.eq(cell.month))
                .filter(Column::CustomerId.eq(cell.customer_id))
                .filter(Column::ServiceId.eq(cell.service_id))
                .exec(unit.connection())
                .await?;
            years.insert(StatementPeriod::containing(CalendarPeriod::Year, cell.month));
        }
        for year in years {
            to_be_drawn_anew(&unit, year).await?;
        }
        unit.commit().await
    }
}
