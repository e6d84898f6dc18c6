//! What was said in words in a round that is over, in an order that tells nothing; its redaction and its themes.
use std::collections::{BTreeMap, HashMap};

use domain::{Rule, RuleCode, satisfaction::ReportedTheme, surveys::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryTrait, Value,
    sea_query::Expr,
};

use super::update_round;
use crate::{
    Error, Page, Paging,
    store::{self, Cursor, Source, UnitOfWork},
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
        pub redacted: bool,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use comment::{ActiveModel, Column, Entity, Model};

mod theme {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "survey_comment_theme")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub comment_id: SurveyCommentId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub theme: String,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

/// So many themes are counted at most, the most frequent ones.
const MOST_THEMES: u64 = 200;

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    comment: Model,
    contact_name: Option<PersonName>,
}

/// Which of the comments that are told; a filter narrows what is read, and never what is told.
#[derive(Debug, Clone)]
pub struct CommentFilter {
    /// To this question.
    pub question: Slug,
    /// About this.
    pub theme: Option<Word>,
    /// With all of these words in them.
    pub words: Vec<String>,
}

/// Refuses where so few said something to a question that none of it is told.
async fn must_be_enough(source: &impl Source, round: &SurveyRound, question: &Slug) -> Result<(), Error> {
    let said = Entity::find()
        .filter(Column::RoundId.eq(round.id))
        .filter(Column::Question.eq(question.clone()));
    Ok(round.must_have_enough(said.count(source.connection()).await?)?)
}

/// A page of what was said to a question, where it is told at all (R19 e).
pub async fn comments(
    source: &impl Source,
    round: &SurveyRound,
    filter: &CommentFilter,
    paging: &Paging,
) -> Result<Page<SurveyComment>, Error> {
    round.must_be_published()?;
    page(source, round, filter, paging).await
}

/// The same for whoever publishes the round, and looks through what was said before that.
pub async fn comments_to_redact(
    source: &impl Source,
    round: &SurveyRound,
    question: Slug,
    paging: &Paging,
) -> Result<Page<SurveyComment>, Error> {
    round.must_be_settled()?;
    let all = CommentFilter {
        question,
        theme: None,
        words: vec![],
    };
    page(source, round, &all, paging).await
}

async fn page(
    source: &impl Source,
    round: &SurveyRound,
    filter: &CommentFilter,
    paging: &Paging,
) -> Result<Page<SurveyComment>, Error> {
    must_be_enough(source, round, &filter.question).await?;
    let mut query = Entity::find()
        .filter(Column::RoundId.eq(round.id))
        .filter(Column::Question.eq(filter.question.clone()))
        .into_query();
    if let Some(theme) = &filter.theme {
        let about = "exists (select 1 from survey_comment_theme t \
            where t.comment_id = survey_comment.id and t.theme = ?)";
        query.and_where(store::expr(source.backend(), about, [small(theme).to_string()]));
    }
    for word in &filter.words {
        let said = store::holds(
            source.backend(),
            &store::small_letters(source.backend(), "survey_comment.text"),
        );
        query.and_where(store::expr(source.backend(), said, [word.to_lowercase()]));
    }
    query
        .left_join("contact", Expr::cust("contact.id = survey_comment.contact_id"))
        .expr_as(Expr::col(("contact", "name")), "contact_name");
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, None, ("survey_comment", "id"))
        .await?;
    let mut themes = themes_of(source, rows.iter().map(|row| row.comment.id)).await?;
    let comments = rows.into_iter().map(|row| {
        let contact = Option::zip(row.comment.contact_id, row.contact_name).map(|(id, name)| ContactRef { id, name });
        let themes = themes.remove(&row.comment.id).unwrap_or_default();
        told(row.comment, themes, contact)
    });
    let place = |comment: &SurveyComment| Cursor::after(vec![], comment.id);
    Ok(paging.cut(comments.collect(), total, place))
}

fn told(row: Model, themes: Vec<Word>, contact: Option<ContactRef>) -> SurveyComment {
    SurveyComment {
        id: row.id,
        question: row.question,
        text: row.text,
        redacted: row.redacted,
        themes,
        contact,
    }
}

async fn themes_of(
    source: &impl Source,
    comments: impl Iterator<Item = SurveyCommentId>,
) -> Result<HashMap<SurveyCommentId, Vec<Word>>, Error> {
    let rows = theme::Entity::find()
        .filter(theme::Column::CommentId.is_in(comments))
        .all(source.connection())
        .await?;
    let mut of = HashMap::<_, Vec<Word>>::new();
    for row in rows {
        // What stands in the table was such a word once.
        of.entry(row.comment_id).or_default().extend(row.theme.parse());
    }
    of.values_mut().for_each(|themes| themes.sort());
    Ok(of)
}

#[derive(FromQueryResult)]
struct Counted {
    theme: Word,
    n: i64,
}

/// How many comments to a question are about what, the most frequent first, where the comments themselves are told.
pub async fn theme_counts(
    source: &impl Source,
    round: &SurveyRound,
    question: &Slug,
) -> Result<Vec<ThemeCount>, Error> {
    round.must_be_published()?;
    must_be_enough(source, round, question).await?;
    let sql = format!(
        "select t.theme as theme, count(*) as n from survey_comment c \
         join survey_comment_theme t on t.comment_id = c.id where c.round_id = ? and c.question = ? \
         group by t.theme order by count(*) desc, t.theme limit {MOST_THEMES}"
    );
    let values: Vec<Value> = vec![round.id.0.into(), question.as_str().into()];
    let counted: Vec<Counted> = store::rows(source.connection(), &sql, values).await?;
    let counted = counted.into_iter();
    Ok(counted
        .map(|Counted { theme, n }| ThemeCount { theme, comments: n })
        .collect())
}

#[derive(FromQueryResult)]
struct OfRound {
    round_id: SurveyRoundId,
    question: Slug,
    theme: Word,
    n: i64,
}

/// What the comments of rounds are about, in those that are published and to questions to which enough was said.
pub(super) async fn themes(
    source: &impl Source,
    rounds: Vec<SurveyRoundId>,
) -> Result<HashMap<SurveyRoundId, Vec<ReportedTheme>>, Error> {
    let sql = format!(
        "select c.round_id, c.question, t.theme, count(*) as n from survey_comment c \
         join survey_round r on r.id = c.round_id and r.status = 'published' \
         join survey_comment_theme t on t.comment_id = c.id where c.round_id in ({}) \
         and (select count(*) from survey_comment o where o.round_id = c.round_id and o.question = c.question) \
         >= {FEWEST_COMMENTS} group by c.round_id, c.question, t.theme order by count(*) desc, t.theme, c.question limit {MOST_THEMES}",
        store::places(rounds.len())
    );
    let values = rounds.into_iter().map(|id| id.0.into()).collect();
    let mut themes = HashMap::<_, Vec<_>>::new();
    for OfRound {
        round_id,
        question,
        theme,
        n,
    } in store::rows(source.connection(), &sql, values).await?
    {
        themes.entry(round_id).or_default().push(ReportedTheme {
            question,
            theme,
            comments: n,
        });
    }
    Ok(themes)
}

/// Those of the round's comments that a body names, each to a question whose comments are told; `member` lists them there.
async fn named(
    unit: &UnitOfWork,
    round: &SurveyRound,
    ids: impl Iterator<Item = SurveyCommentId> + Clone,
    member: &str,
) -> Result<HashMap<SurveyCommentId, Model>, Error> {
    let found = Entity::find()
        .filter(Column::RoundId.eq(round.id))
        .filter(Column::Id.is_in(ids.clone()))
        .all(unit.connection())
        .await?;
    let questions: BTreeMap<_, _> = found.iter().map(|row| (row.question.clone(), ())).collect();
    for question in questions.keys() {
        must_be_enough(unit, round, question).await?;
    }
    let found: HashMap<_, _> = found.into_iter().map(|row| (row.id, row)).collect();
    match ids.clone().position(|id| !found.contains_key(&id)) {
        None => Ok(found),
        Some(n) => {
            let detail = "The round has no such comment.";
            Err(Rule::new(RuleCode::UnknownReference, detail)
                .at(format!("/{member}/{n}/comment"))
                .into())
        }
    }
}

/// Leaves passages out of comments for good: the store has them no more, and the event never had them.
pub async fn redact(unit: &mut UnitOfWork, before: &SurveyRound, told: &RedactionsInput) -> Result<SurveyRound, Error> {
    before.must_be_settled()?;
    let mut comments = named(unit, before, told.redactions.iter().map(|r| r.comment), "redactions").await?;
    for (n, redaction) in told.redactions.iter().enumerate() {
        let Some(row) = comments.get_mut(&redaction.comment) else {
            continue;
        };
        let redacted = self::told(row.clone(), vec![], None)
            .redact(&redaction.passages)
            .map_err(|rule| rule.under(&format!("/redactions/{n}")))?;
        let text = redacted.text.clone();
        let change = ActiveModel {
            text: Set(text),
            redacted: Set(true),
            ..Default::default()
        };
        Entity::update_many()
            .set(change)
            .filter(Column::Id.eq(redaction.comment))
            .exec(unit.connection())
            .await?;
        row.text = redacted.text;
    }
    let after = before.clone().handle_comments();
    update_round(unit, "comments_redacted", before, &after).await?;
    Ok(after)
}

/// Notes what comments are about, in place of what was noted before.
pub async fn set_themes(
    unit: &mut UnitOfWork,
    before: &SurveyRound,
    told: &CommentThemesInput,
) -> Result<SurveyRound, Error> {
    before.must_be_published()?;
    named(unit, before, told.comments.iter().map(|c| c.comment), "comments").await?;
    theme::Entity::delete_many()
        .filter(theme::Column::CommentId.is_in(told.comments.iter().map(|c| c.comment)))
        .exec(unit.connection())
        .await?;
    // Of a comment that is told twice, the last stands.
    let kept: BTreeMap<_, _> = told.comments.iter().map(|c| (c.comment, c.kept())).collect();
    let rows: Vec<theme::ActiveModel> = kept
        .into_iter()
        .flat_map(|(comment, themes)| themes.into_iter().map(move |theme| (comment, theme)))
        .map(|(comment, theme)| theme::ActiveModel {
            comment_id: Set(comment),
            theme: Set(theme.to_string()),
        })
        .collect();
    if !rows.is_empty() {
        theme::Entity::insert_many(rows)
            .exec_without_returning(unit.connection())
            .await?;
    }
    let after = before.clone().handle_comments();
    update_round(unit, "comments_themed", before, &after).await?;
    Ok(after)
}

/// Gives the first comment of the round to a question a settled id, for demo data that examples name.
#[doc(hidden)]
pub async fn settle_comment(unit: &UnitOfWork, round: SurveyRoundId, id: SurveyCommentId) -> Result<(), Error> {
    let sql = "update survey_comment set id = ? where id = (select c.id from survey_comment c \
        where c.round_id = ? order by c.text limit 1)";
    store::run(unit.connection(), sql, vec![id.0.into(), round.0.into()]).await?;
    Ok(())
}
