//! How we stand: what is not covered, and one customer at a glance. Reads across the rooms and is used by none of them;
//! a fixed number of queries, however much there is.
mod coverage;
mod customer;
mod dates;
mod standing;
mod timeline;

use sea_orm::{
    ConnectionTrait, FromQueryResult,
    sea_query::{Expr, SelectStatement},
};
use serde::Serialize;
use utoipa::ToSchema;

pub use coverage::*;
pub use customer::*;
pub use dates::*;
pub use standing::ranking;
pub use timeline::*;

use crate::{Error, store::Source};

/// How many things of a kind are named.
const NAMED: u64 = 200;

/// The first of many, and how many there are.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Shortlist<T> {
    /// How many there are in all.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub total: u64,
    /// The first of them.
    #[schema(max_items = 200)]
    pub items: Vec<T>,
}

/// The first rows, and how many there are: in one query.
async fn shortlist<T: FromQueryResult>(
    source: &impl Source,
    mut query: SelectStatement,
    at_most: u64,
) -> Result<Shortlist<T>, Error> {
    query.expr_as(Expr::cust("count(*) over ()"), "total").limit(at_most);
    let rows = source.connection().query_all(&query).await?;
    let total: i64 = rows
        .first()
        .map(|row| row.try_get("", "total"))
        .transpose()?
        .unwrap_or_default();
    let items = rows.iter().map(|row| T::from_query_result(row, ""));
    Ok(Shortlist {
        total: total.unsigned_abs(),
        items: items.collect::<Result<_, _>>()?,
    })
}

/// A column of a reference, under the name that `customer` and `team` read it by.
fn labelled(query: &mut SelectStatement, table: &'static str, prefix: &str, columns: &[&'static str]) {
    for column in columns {
        query.expr_as(Expr::col((table, *column)), format!("{prefix}_{column}"));
    }
}
