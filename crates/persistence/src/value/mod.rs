//! Costs of services, how customers weigh them, and what an analysis of both is made of.
mod analysis;
mod assessments;
mod costs;

pub use analysis::*;
pub use assessments::*;
pub use costs::*;

use domain::vocabulary::{Amount, Currency, Money};
use sea_orm::{
    DbErr,
    sea_query::{Expr, SelectStatement},
};

use crate::Error;

/// Money of its two columns.
fn money(minor: i64, currency: Currency) -> Result<Money, Error> {
    let beyond = || Error::Database(DbErr::Custom(format!("stored amount {minor}")));
    let amount = Amount::of_minor(minor).ok_or_else(beyond)?;
    Ok(Money { amount, currency })
}

/// Puts the labels of customer and service to the rows of a table that has both.
fn labelled(query: &mut SelectStatement, table: &str) {
    for (other, column) in [("customer", "customer_id"), ("service", "service_id")] {
        query.inner_join(other.to_owned(), Expr::cust(format!("{other}.id = {table}.{column}")));
        for label in ["code", "name"] {
            query.expr_as(Expr::cust(format!("{other}.{label}")), format!("{other}_{label}"));
        }
    }
}
