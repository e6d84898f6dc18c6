//! Surveys with their editions, rounds with their invitations and answers, and what is counted of them.
mod answering;
mod closing;
mod comments;
mod earlier;
mod invitations;
mod named;
mod rounds;
mod turnouts;

use domain::{access::Scope, surveys::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, sea_query::OnConflict,
};

pub use answering::{Asked, answer, asked, hold_asked};
pub use closing::close;
pub use comments::{CommentFilter, comments, comments_to_redact, redact, set_themes, settle_comment, theme_counts};
pub use earlier::{TakenOver, found_earlier, take_over};
pub use invitations::{hand_out, invitations, invite, tell_outcomes, written_to};
pub(crate) use invitations::{know_links, mark_delivered, still_written_to};
pub use named::{ExportedAnswers, ExportedInvitation, named_answers};
pub(crate) use named::{forget, of_respondent};
pub(crate) use rounds::reported;
pub use rounds::{RoundFilter, get_round, insert_round, list_rounds, load_round, update_round};
pub use turnouts::turnout;

use crate::{
    Error, Page, Paging, access,
    store::{self, Cursor, Source, UnitOfWork},
};

mod survey {
    use domain::{surveys::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "survey")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: SurveyId,
        pub version: i64,
        pub edition: i32,
        pub sealed: bool,
        pub kind: SurveyKind,
        pub free_text_months: i32,
        #[sea_orm(column_type = "JsonBinary")]
        pub content: SurveyContent,
        pub created_at: DateTimeUtc,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use survey::{ActiveModel, Column, Entity, Model};

mod edition {
    use domain::{surveys::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "survey_edition")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub survey_id: SurveyId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub edition: i32,
        #[sea_orm(column_type = "JsonBinary")]
        pub content: SurveyContent,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

impl From<Model> for Survey {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            edition: row.edition,
            sealed: row.sealed,
            kind: row.kind,
            free_text_months: row.free_text_months.unsigned_abs(),
            content: row.content,
            created_at: row.created_at,
        }
    }
}

fn row(survey: &Survey) -> ActiveModel {
    ActiveModel {
        id: Set(survey.id),
        version: Set(survey.version),
        edition: Set(survey.edition),
        sealed: Set(survey.sealed),
        kind: Set(survey.kind),
        free_text_months: Set(i32::try_from(survey.free_text_months).unwrap_or(i32::MAX)),
        content: Set(survey.content.clone()),
        created_at: Set(survey.created_at),
    }
}

/// The survey.
pub async fn get(source: &impl Source, id: SurveyId) -> Result<Survey, Error> {
    let row = Entity::find_by_id(id).one(source.connection()).await?;
    Ok(row.ok_or(Error::NotFound)?.into())
}

/// The same, for whoever may change it, held until the unit of work ends.
pub async fn load(unit: &UnitOfWork, scope: &Scope, id: SurveyId) -> Result<Survey, Error> {
    let survey = hold(unit, id).await?;
    access::admit_to_provider(unit, scope).await?;
    Ok(survey)
}

/// The same, for whoever sends it.
pub async fn hold(unit: &UnitOfWork, id: SurveyId) -> Result<Survey, Error> {
    let mut query = Entity::find_by_id(id);
    store::lock(QuerySelect::query(&mut query), unit.backend(), "survey");
    Ok(query.one(unit.connection()).await?.ok_or(Error::NotFound)?.into())
}

/// What an edition asks: one that was sent, or the one that the survey is at.
pub async fn edition(source: &impl Source, id: SurveyId, edition: i32) -> Result<SurveyContent, Error> {
    let sent = edition::Entity::find_by_id((id, edition))
        .one(source.connection())
        .await?;
    match sent {
        Some(row) => Ok(row.content),
        None => {
            let survey = get(source, id).await?;
            let is_current = survey.edition == edition;
            is_current.then_some(survey.content).ok_or(Error::NotFound)
        }
    }
}

/// A page of surveys, of one kind or of all, in the order in which they were entered.
pub async fn list(source: &impl Source, kind: Option<SurveyKind>, paging: &Paging) -> Result<Page<Survey>, Error> {
    let mut query = Entity::find()
        .apply_if(kind, |q, kind| q.filter(Column::Kind.eq(kind)))
        .into_query();
    let (rows, total) = paging.rows::<Model>(source, &mut query, None, ("survey", "id")).await?;
    let place = |survey: &Survey| Cursor::after(vec![], survey.id);
    Ok(paging.cut(rows.into_iter().map(Into::into).collect(), total, place))
}

/// Stores a new survey.
pub async fn insert(unit: &mut UnitOfWork, scope: &Scope, survey: &Survey) -> Result<(), Error> {
    access::admit_to_provider(unit, scope).await?;
    Entity::insert(row(survey))
        .exec_without_returning(unit.connection())
        .await?;
    unit.record("created", None, Some(survey))
}

/// Stores a changed survey. `act` is the last part of the event's type.
pub async fn update(unit: &mut UnitOfWork, act: &str, before: &Survey, after: &Survey) -> Result<(), Error> {
    let done = Entity::update_many()
        .set(row(after))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(unit.connection())
        .await?;
    store::unless_stale(done)?;
    unit.record(act, Some(before), Some(after))
}

/// The survey's edition stays as it is from now on, for it is sent.
pub(crate) async fn seal(unit: &mut UnitOfWork, survey: &Survey) -> Result<(), Error> {
    if survey.sealed {
        return Ok(());
    }
    let kept = edition::ActiveModel {
        survey_id: Set(survey.id),
        edition: Set(survey.edition),
        content: Set(survey.content.clone()),
    };
    let known = OnConflict::columns([edition::Column::SurveyId, edition::Column::Edition])
        .do_nothing()
        .to_owned();
    edition::Entity::insert(kept)
        .on_conflict(known)
        .exec_without_returning(unit.connection())
        .await?;
    update(unit, "sealed", survey, &survey.clone().seal()).await
}
