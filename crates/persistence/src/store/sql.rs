//! The few spots where the two databases' SQL differs.
use std::collections::HashSet;

use sea_orm::{
    ConnectionTrait, DbBackend, FromQueryResult, Statement, Value,
    sea_query::{Alias, Asterisk, Expr, ExprTrait, Func, LockType, Order, Query, SelectStatement},
};

use uuid::Uuid;

use super::Error;

/// Holds the rows where rows can be held; SQLite's single writer needs nothing. Not `for update`: that would make
/// whoever only refers to the row by a foreign key wait too.
pub(crate) fn lock(query: &mut SelectStatement, backend: DbBackend, table: &'static str) {
    if backend == DbBackend::Postgres {
        query.lock_with_tables(LockType::NoKeyUpdate, [table]);
    }
}

/// SQL by hand, with a `?` for each value: sea-query leaves it to the writer to know each database's placeholder.
pub(crate) fn expr<V: Into<Value>>(
    backend: DbBackend,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = V>,
) -> Expr {
    let sql: String = sql.into();
    let sql = if backend == DbBackend::Postgres {
        sql.replace('?', "$")
    } else {
        sql
    };
    Expr::cust_with_values(sql, values)
}

/// The rows of a statement that is written by hand, with a `?` for each value.
pub(crate) async fn rows<R: FromQueryResult>(
    on: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<R>, Error> {
    let backend = on.get_database_backend();
    let rows = on.query_all_raw(by_hand(backend, sql, values)).await?;
    Ok(rows
        .iter()
        .map(|row| R::from_query_result(row, ""))
        .collect::<Result<_, _>>()?)
}

/// Runs a statement that is written by hand, with a `?` for each value; how many rows it changed.
pub(crate) async fn run(on: &impl ConnectionTrait, sql: &str, values: Vec<Value>) -> Result<u64, Error> {
    let statement = by_hand(on.get_database_backend(), sql, values);
    Ok(on.execute_raw(statement).await?.rows_affected())
}

/// A statement that is written by hand, with a `?` for each value.
pub(crate) fn by_hand(backend: DbBackend, sql: &str, values: Vec<Value>) -> Statement {
    let mut text = String::with_capacity(sql.len() + values.len() * 2);
    let mut n = 0;
    for piece in sql.split_inclusive('?') {
        match (piece.strip_suffix('?'), backend) {
            (Some(before), DbBackend::Postgres) => {
                n += 1;
                text.push_str(&format!("{before}${n}"));
            }
            _ => text.push_str(piece),
        }
    }
    Statement::from_sql_and_values(backend, text, values)
}

/// So many places for values, as a list has them.
pub(crate) fn places(n: usize) -> String {
    match n {
        0 => "null".into(),
        n => vec!["?"; n].join(", "),
    }
}

/// A subquery that gives its rows as one JSON array of objects; `members` are pairs of name and expression.
pub(crate) fn json_rows(backend: DbBackend, members: &[(&str, &str)], from: &str, order: &str) -> String {
    let pairs = |id: fn(&str) -> String| {
        members
            .iter()
            .map(|(name, expr)| {
                format!(
                    "'{name}', {}",
                    if name.ends_with("id") { id(expr) } else { (*expr).into() }
                )
            })
            .collect::<Vec<_>>()
            .join(", ")
    };
    match backend {
        DbBackend::Postgres => format!(
            "(select coalesce(json_agg(json_build_object({}) order by {order}), '[]')::text from {from})",
            pairs(|expr| expr.into())
        ),
        // SQLite keeps ids as 16 bytes.
        _ => format!(
            "(select json_group_array(json_object({}) order by {order}) from {from})",
            pairs(|expr| format!("lower(hex({expr}))"))
        ),
    }
}

/// The items of a JSON array as rows `alias`, whose column `value` is the item.
pub(crate) fn json_items(backend: DbBackend, array: &str, alias: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("jsonb_array_elements({array}) as {alias} (value)"),
        _ => format!("json_each({array}) as {alias}"),
    }
}

/// Whether a text has a piece, which is the next value, in it.
pub(crate) fn holds(backend: DbBackend, text: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("strpos({text}, ?) > 0"),
        _ => format!("instr({text}, ?) > 0"),
    }
}

/// A text in small letters. SQLite knows those of ASCII; those of Swedish beside them are named.
pub(crate) fn small_letters(backend: DbBackend, text: &str) -> String {
    let lower = format!("lower({text})");
    let letters = [('Å', 'å'), ('Ä', 'ä'), ('Ö', 'ö'), ('É', 'é'), ('Ü', 'ü')];
    match backend {
        DbBackend::Postgres => lower,
        _ => letters.iter().fold(lower, |text, (large, small)| {
            format!("replace({text}, '{large}', '{small}')")
        }),
    }
}

/// Whether an id's column is the id that stands in JSON as `text`.
pub(crate) fn is_id(backend: DbBackend, column: &str, text: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("{column} = ({text})::uuid"),
        _ => format!("{column} = unhex(replace({text}, '-', ''))"),
    }
}

/// The rows of a statement.
pub(crate) async fn all<R: FromQueryResult>(
    on: &impl ConnectionTrait,
    query: &SelectStatement,
) -> Result<Vec<R>, Error> {
    let rows = on.query_all(query).await?;
    Ok(rows
        .iter()
        .map(|row| R::from_query_result(row, ""))
        .collect::<Result<_, _>>()?)
}

/// The first row of a statement.
pub(crate) async fn one<R: FromQueryResult>(
    on: &impl ConnectionTrait,
    query: &SelectStatement,
) -> Result<Option<R>, Error> {
    let row = on.query_one(query).await?;
    Ok(row.map(|row| R::from_query_result(&row, "")).transpose()?)
}

/// How many rows the statement has, whatever its page.
pub(crate) async fn count(on: &impl ConnectionTrait, query: &SelectStatement) -> Result<u64, Error> {
    let mut inner = query.clone();
    inner
        .clear_selects()
        .expr(Expr::val(1))
        .reset_limit()
        .reset_offset()
        .clear_order_by();
    let outer = Query::select()
        .expr_as(Func::count(Expr::col(Asterisk)), "n")
        .from_subquery(inner, Alias::new("matching"))
        .to_owned();
    let row = on.query_one(&outer).await?;
    let n: i64 = row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or_default();
    Ok(n.unsigned_abs())
}

/// A changed row was still the one that was loaded.
pub(crate) fn unless_stale(done: sea_orm::UpdateResult) -> Result<(), Error> {
    if done.rows_affected == 0 {
        Err(Error::Stale)
    } else {
        Ok(())
    }
}

/// Which of these ids the table has. They cannot be removed until the transaction ends.
pub(crate) async fn existing(
    on: &impl ConnectionTrait,
    table: &'static str,
    ids: &HashSet<Uuid>,
) -> Result<HashSet<Uuid>, Error> {
    let ids: Vec<Uuid> = ids.iter().copied().collect();
    let mut found = HashSet::new();
    for ids in ids.chunks(IN_ONE_LIST) {
        let mut query = Query::select();
        query
            .column((table, "id"))
            .from(table)
            .and_where(Expr::col((table, "id")).is_in(ids.iter().copied()))
            .order_by((table, "id"), Order::Asc);
        if on.get_database_backend() == DbBackend::Postgres {
            query.lock(LockType::KeyShare);
        }
        for row in on.query_all(&query).await? {
            found.insert(row.try_get("", "id")?);
        }
    }
    Ok(found)
}

/// How many values one statement lists.
pub(crate) const IN_ONE_LIST: usize = 1000;
