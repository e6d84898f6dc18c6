//! The terms of needs and lessons: the stems of every word, and the parts of their title's, all made here, so that both
//! databases find the same.
use std::collections::BTreeSet;

use domain::{events::SubjectKind, vocabulary::Id};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbBackend, EntityTrait, QueryFilter, Value,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use crate::{
    Error,
    requests::{TermIndex, having, stems, terms_of},
    store::{self, Source, UnitOfWork},
};

mod entity {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "knowledge_term")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub term: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject_id: Uuid,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity};

/// Keeps the terms of a thing, in the place of those that it had.
pub(super) async fn index(
    unit: &UnitOfWork,
    kind: SubjectKind,
    id: Uuid,
    (title, others): (&str, &[&str]),
) -> Result<(), Error> {
    Entity::delete_many()
        .filter(Column::SubjectId.eq(id))
        .exec(unit.connection())
        .await?;
    let words = [title].into_iter().chain(others.iter().copied());
    let mut terms: BTreeSet<String> = words.flat_map(stems).flatten().map(whole).collect();
    terms.extend(terms_of(title, ""));
    let rows: Vec<ActiveModel> = terms
        .into_iter()
        .map(|term| ActiveModel {
            kind: Set(kind.to_string()),
            term: Set(term),
            subject_id: Set(id),
        })
        .collect();
    for rows in rows.chunks(store::IN_ONE_LIST) {
        Entity::insert_many(rows.iter().cloned())
            .exec_without_returning(unit.connection())
            .await?;
    }
    Ok(())
}

/// A whole word stands apart from parts, as it does among the terms of requests.
fn whole(stem: String) -> String {
    format!("={stem}")
}

/// Whether a thing of this kind has every word, in any form; none where the text holds no word.
pub(super) fn matching(backend: DbBackend, kind: SubjectKind, column: &str, text: &str) -> Option<Expr> {
    let words: BTreeSet<[String; 2]> = stems(text).into_iter().collect();
    let has = |[one, other]: [String; 2]| {
        let sql = format!(
            "{column} in (select t.subject_id from knowledge_term t where t.kind = '{kind}' and t.term in (?, ?))"
        );
        store::expr::<Value>(backend, sql, [whole(one).into(), whole(other).into()])
    };
    words.into_iter().map(has).reduce(|all, one| all.and(one))
}

/// Things of this kind that share what these words say, the most similar first, each with how much it shares.
pub(super) async fn alike<I: Id + Ord>(
    source: &impl Source,
    kind: SubjectKind,
    (title, description): (&str, &str),
) -> Result<Vec<(I, i32)>, Error> {
    let of = match kind {
        SubjectKind::Lesson => "kind = 'lesson' and ",
        _ => "kind = 'business_need' and ",
    };
    let index = TermIndex {
        table: "knowledge_term",
        id: "subject_id",
        of,
    };
    let terms = terms_of(title, description);
    Ok(domain::requests::weigh(&terms, &having(source, index, &terms).await?))
}
