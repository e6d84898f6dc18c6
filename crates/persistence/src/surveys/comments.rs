//! What was said in words in a round that is over, in an order that tells nothing.
use domain::{Rule, RuleCode, surveys::*, vocabulary::*};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryTrait, sea_query::Expr};

use crate::{
    Error, Page, Paging,
    store::{Cursor, Source},
};

pub(super) mod comment {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "survey_comment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: SurveyCommentId,
        pub round_id: SurveyRoundId,
        pub question: Slug,
        pub contact_id: Option<ContactId>,
        pub text: Reason,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use comment::{Column, Entity, Model};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    comment: Model,
    contact_name: Option<PersonName>,
}

/// A page of what was said to a question, where it is told at all (R19 e).
pub async fn comments(
    source: &impl Source,
    round: &SurveyRound,
    question: &Slug,
    paging: &Paging,
) -> Result<Page<SurveyComment>, Error> {
    let withheld = |detail: &str| Error::from(Rule::new(RuleCode::Respondents, detail));
    if round.status != RoundStatus::Published {
        return Err(withheld("What was said is told when the round is published."));
    }
    let said = Entity::find()
        .filter(Column::RoundId.eq(round.id))
        .filter(Column::Question.eq(question.clone()));
    if said.clone().count(source.connection()).await? < round.fewest_comments() {
        return Err(withheld("So few comments are told of nobody."));
    }
    let mut query = said.into_query();
    query
        .left_join("contact", Expr::cust("contact.id = survey_comment.contact_id"))
        .expr_as(Expr::col(("contact", "name")), "contact_name");
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, None, ("survey_comment", "id"))
        .await?;
    let comments = rows.into_iter().map(|row| SurveyComment {
        id: row.comment.id,
        question: row.comment.question,
        text: row.comment.text,
        contact: Option::zip(row.comment.contact_id, row.contact_name).map(|(id, name)| ContactRef { id, name }),
    });
    let place = |comment: &SurveyComment| Cursor::after(vec![], comment.id);
    Ok(paging.cut(comments.collect(), total, place))
}
