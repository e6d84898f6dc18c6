//! Comments on a request.
use chrono::NaiveDate;
use domain::{access::Scope, events::ActorKind, requests::*, surveys::LEFT_OUT, vocabulary::*};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryTrait, sea_query::Expr};

use super::{merging::with_merged, reading::name_of};
use crate::{
    Error, Page, Paging,
    store::{self, Cursor, Source, UnitOfWork},
};

mod entity {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "comment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: CommentId,
        pub request_id: RequestId,
        pub author_kind: domain::events::ActorKind,
        pub author_id: Uuid,
        pub visibility: domain::requests::Visibility,
        pub text: Markdown,
        pub written_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{Column, Entity};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    comment: entity::Model,
    author_name: PersonName,
}

/// The act of writing a comment, as its event calls it: contacts never read of a team's own.
pub(crate) fn act(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Team => "written_for_team",
        Visibility::Customer => "written_for_customer",
    }
}

/// A page of a request's comments and of those that were merged into it, oldest first; a contact sees those for the customer.
pub async fn comments(
    source: &impl Source,
    scope: &Scope,
    request: &Request,
    paging: &Paging,
    today: NaiveDate,
) -> Result<Page<Comment>, Error> {
    let matters = with_merged(source, scope, request, today).await?;
    let readable = scope.is_contact().then_some(Visibility::Customer);
    let mut query = Entity::find()
        .filter(Column::RequestId.is_in(matters))
        .apply_if(readable, |q, visibility| q.filter(Column::Visibility.eq(visibility)))
        .into_query();
    let author = name_of("comment.author_kind", "comment.author_id");
    query.expr_as(Expr::cust(author), "author_name");
    let (rows, total) = paging.rows::<Row>(source, &mut query, None, ("comment", "id")).await?;
    let comment = |row: Row| Comment {
        id: row.comment.id,
        request: row.comment.request_id,
        customer: request.customer.id,
        author: Raiser {
            kind: row.comment.author_kind,
            id: row.comment.author_id,
            name: row.author_name,
        },
        visibility: row.comment.visibility,
        text: row.comment.text,
        written_at: row.comment.written_at,
    };
    Ok(paging.cut(rows.into_iter().map(comment).collect(), total, |c| {
        Cursor::after(vec![], c.id)
    }))
}

/// Empties what a contact wrote; that they did stays.
pub(crate) async fn forget_words(unit: &UnitOfWork, contact: ContactId) -> Result<u64, Error> {
    let sql = format!("update comment set text = '{LEFT_OUT}' where author_id = ? and text <> '{LEFT_OUT}'");
    store::run(unit.connection(), &sql, vec![contact.0.into()]).await
}

/// Stores a new comment.
pub async fn insert_comment(unit: &mut UnitOfWork, comment: &Comment) -> Result<(), Error> {
    let row = entity::ActiveModel {
        id: Set(comment.id),
        request_id: Set(comment.request),
        author_kind: Set(comment.author.kind),
        author_id: Set(comment.author.id),
        visibility: Set(comment.visibility),
        text: Set(comment.text.clone()),
        written_at: Set(comment.written_at),
    };
    Entity::insert(row).exec_without_returning(unit.connection()).await?;
    debug_assert!(comment.author.kind != ActorKind::Auditor);
    unit.record(act(comment.visibility), None, Some(comment))
}
