//! The word index: words are stemmed here, so that both databases give the same hits.
use std::collections::BTreeSet;

use domain::requests::Request;
use rust_stemmers::{Algorithm, Stemmer};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value, sea_query::Expr};

use crate::{
    Error,
    store::{Source, UnitOfWork},
};

/// The longest word that is indexed whole, in characters.
const LONGEST: usize = 100;

/// The Swedish and the English stem of a word.
pub(super) fn stems_of() -> impl Fn(&str) -> [String; 2] {
    let (swedish, english) = (Stemmer::create(Algorithm::Swedish), Stemmer::create(Algorithm::English));
    move |word| [swedish.stem(word).into_owned(), english.stem(word).into_owned()]
}

/// The words of a text, each with its Swedish and its English stem.
pub(crate) fn stems(text: &str) -> Vec<[String; 2]> {
    let stems = stems_of();
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase().chars().take(LONGEST).collect::<String>())
        .map(|word| stems(&word))
        .collect()
}

/// Indexes title and description; a request that is not new is found by its row.
pub(super) async fn index(unit: &UnitOfWork, request: &Request, serial: Option<i64>) -> Result<(), Error> {
    let text = format!(
        "{} {}",
        request.title,
        request.description.as_ref().map_or("", |d| d.as_str())
    );
    let distinct: BTreeSet<String> = stems(&text).into_iter().flatten().collect();
    let words = distinct.into_iter().collect::<Vec<_>>().join(" ");
    let backend = unit.backend();
    let run = async |sql: &str, values: Vec<Value>| {
        unit.connection()
            .execute_raw(Statement::from_sql_and_values(backend, sql, values))
            .await
    };
    match (backend, serial) {
        (DbBackend::Postgres, Some(serial)) => {
            let sql = "insert into request_words values ($1, array_to_tsvector(string_to_array($2, ' ')))";
            run(sql, vec![serial.into(), words.into()]).await?;
        }
        (DbBackend::Postgres, None) => {
            let sql = "update request_words set words = array_to_tsvector(string_to_array($2, ' ')) \
                where serial = (select serial from request where id = $1)";
            run(sql, vec![request.id.0.into(), words.into()]).await?;
        }
        (_, Some(serial)) => {
            run(
                "insert into request_words (rowid, words) values (?, ?)",
                vec![serial.into(), words.into()],
            )
            .await?;
        }
        (_, None) => {
            let sql = "insert or replace into request_words (rowid, words) select serial, ? from request where id = ?";
            run(sql, vec![words.into(), request.id.0.into()]).await?;
        }
    }
    Ok(())
}

/// Whether a request has every word, in any form; none where the text holds no word.
pub(super) fn matching(backend: DbBackend, text: &str) -> Option<Expr> {
    let words = stems(text);
    if words.is_empty() {
        return None;
    }
    // Stems are letters and digits only, so they need no escaping inside their quotes.
    Some(match backend {
        DbBackend::Postgres => {
            let query: Vec<_> = words.iter().map(|[sv, en]| format!("('{sv}' | '{en}')")).collect();
            Expr::cust_with_values(
                "request.serial in (select w.serial from request_words w where w.words @@ ($1)::tsquery)",
                [query.join(" & ")],
            )
        }
        _ => {
            let query: Vec<_> = words.iter().map(|[sv, en]| format!("(\"{sv}\" OR \"{en}\")")).collect();
            Expr::cust_with_values(
                "request.serial in (select w.rowid from request_words w where w.words match ?)",
                [query.join(" AND ")],
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::stems;

    #[test]
    fn forms_of_a_word_share_a_stem() {
        let [a, b] = [stems("fakturorna"), stems("fakturor")];
        assert_eq!(a[0][0], b[0][0]);
        let [a, b] = [stems("signing"), stems("signed")];
        assert_eq!(a[0][1], b[0][1]);
        assert_eq!(stems("e-post, ÅÄÖ!").len(), 3);
    }
}
