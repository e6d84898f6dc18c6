//! Closing: answers are counted, written anew in an order that tells nothing, and what was said in words is parted from them.
use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::{
    access::Scope, agreements::CalendarPeriod, satisfaction::fixed_since, service_levels::StatementPeriod, surveys::*,
    vocabulary::*,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::{answering::stored, comments::comment, invitations::invitation, load_round, rounds, update_round};
use crate::{
    Db, Error,
    store::{Origin, Source, UnitOfWork},
};

/// How many rows of answers and counts one statement writes.
const AT_ONCE: usize = 500;

/// Closes a round that was opened, as of a day: its answers are counted and told apart from whoever gave them.
pub async fn close(unit: &mut UnitOfWork, before: &SurveyRound, day: NaiveDate) -> Result<SurveyRound, Error> {
    before.must_be_unsettled()?;
    let survey = super::get(unit, before.survey).await?;
    let content = super::edition(unit, before.survey, before.edition.unwrap_or_default()).await?;
    let answers = stored::Entity::find()
        .filter(stored::Column::RoundId.eq(before.id))
        .all(unit.connection())
        .await?;
    // What was begun and never handed in says nothing.
    let answers: Vec<stored::Model> = answers.into_iter().filter(|answer| answer.whole).collect();
    let turnout = count_turnout(unit, before, &answers).await?;
    let after = before.clone().close(day, turnout, survey.free_text_months)?;
    settle(unit, &after, (survey.kind, &content), answers).await?;
    update_round(unit, "closed", before, &after).await?;
    Ok(after)
}

/// Counts the answers of a round that is closed, and writes them anew.
pub(super) async fn settle(
    unit: &UnitOfWork,
    round: &SurveyRound,
    asked: (SurveyKind, &SurveyContent),
    answers: Vec<stored::Model>,
) -> Result<(), Error> {
    count_scores(unit, round, asked, &answers).await?;
    write_anew(unit, round, answers).await
}

/// Tells the answers of each customer from those invited, as far as an answer tells its customer.
async fn count_turnout(unit: &UnitOfWork, round: &SurveyRound, answers: &[stored::Model]) -> Result<Turnout, Error> {
    let invited = invitation::Entity::find()
        .filter(invitation::Column::RoundId.eq(round.id))
        .all(unit.connection())
        .await?;
    let mut of = BTreeMap::<Option<CustomerId>, [i64; 3]>::new();
    for row in &invited {
        let counts = of.entry(row.told_of).or_default();
        counts[0] += 1;
        counts[1] += i64::from(row.state == InvitationState::Delivered);
    }
    for answer in answers {
        of.entry(answer.told_of).or_default()[2] += 1;
    }
    let mut total = Turnout {
        delivered: 0,
        answered: 0,
    };
    let mut insert = Query::insert();
    insert
        .into_table("survey_turnout")
        .columns(["round_id", "customer_id", "invited", "delivered", "answered"]);
    for (customer, [invited, delivered, answered]) in of {
        // Whoever answered was reached, whatever came back.
        let delivered = delivered.max(answered);
        let as_number = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        total.delivered += as_number(delivered);
        total.answered += as_number(answered);
        let customer = customer.map(|id| id.0);
        let row: [Expr; 5] = [
            Expr::val(round.id.0),
            Expr::val(customer),
            Expr::val(invited),
            Expr::val(delivered),
            Expr::val(answered),
        ];
        insert.values(row).map_err(unwritable)?;
    }
    unit.connection().execute(&insert).await?;
    Ok(total)
}

fn unwritable(e: sea_orm::sea_query::error::Error) -> Error {
    Error::Database(sea_orm::DbErr::Custom(e.to_string()))
}

async fn count_scores(
    unit: &UnitOfWork,
    round: &SurveyRound,
    (kind, content): (SurveyKind, &SurveyContent),
    answers: &[stored::Model],
) -> Result<(), Error> {
    let counts = counted(content, answers.iter().map(|answer| (answer.told_of, &answer.figures)));
    let month = round
        .closed_on
        .map(|day| StatementPeriod::containing(CalendarPeriod::Month, day));
    // It comes when the month's figures stand, and waits until there is enough of it (R19 f).
    let waits = month.is_some_and(|month| fixed_since(month) <= unit.today());
    let service = round.service.as_ref().map(|service| service.id.0);
    for counts in counts.chunks(AT_ONCE) {
        let mut insert = Query::insert();
        insert.into_table("survey_count").columns([
            "round_id",
            "month",
            "kind",
            "question",
            "customer_id",
            "service_id",
            "low",
            "high",
            "top_boxes",
            "score",
            "n",
            "waits",
        ]);
        for count in counts {
            let row: [Expr; 12] = [
                Expr::val(round.id.0),
                Expr::val(month.map(|month| month.period().since)),
                Expr::val(kind.to_string()),
                Expr::val(count.question.as_str()),
                Expr::val(count.customer.map(|id| id.0)),
                Expr::val(service),
                Expr::val(count.scale.low()),
                Expr::val(count.scale.high()),
                Expr::val(count.scale.top_boxes().unwrap_or_default()),
                Expr::val(count.score),
                Expr::val(count.n),
                Expr::val(waits),
            ];
            insert.values(row).map_err(unwritable)?;
        }
        unit.connection().execute(&insert).await?;
    }
    Ok(())
}

/// Writes the answers under new random ids, in their order, and what was said in words apart from them.
async fn write_anew(unit: &UnitOfWork, round: &SurveyRound, answers: Vec<stored::Model>) -> Result<(), Error> {
    let on = unit.connection();
    stored::Entity::delete_many()
        .filter(stored::Column::RoundId.eq(round.id))
        .exec(on)
        .await?;
    let named = round.anonymity == Anonymity::Named;
    let mut comments = BTreeMap::new();
    let mut anew = BTreeMap::new();
    for answer in answers {
        for (question, text) in answer.texts.0 {
            let id = Uuid::new_v4();
            let row = comment::ActiveModel {
                id: Set(id.into()),
                round_id: Set(round.id),
                question: Set(question),
                contact_id: Set(answer.contact_id.filter(|_| named)),
                text: Set(text),
                redacted: Set(false),
            };
            comments.insert(id, row);
        }
        let id = Uuid::new_v4();
        let row = stored::ActiveModel {
            id: Set(id.into()),
            round_id: Set(round.id),
            invitation_id: Set(answer.invitation_id),
            contact_id: Set(answer.contact_id),
            told_of: Set(answer.told_of),
            whole: Set(true),
            figures: Set(answer.figures),
            texts: Set(Texts::default()),
        };
        anew.insert(id, row);
    }
    let anew: Vec<_> = anew.into_values().collect();
    for rows in anew.chunks(AT_ONCE) {
        stored::Entity::insert_many(rows.to_vec())
            .exec_without_returning(on)
            .await?;
    }
    let comments: Vec<_> = comments.into_values().collect();
    for rows in comments.chunks(AT_ONCE) {
        comment::Entity::insert_many(rows.to_vec())
            .exec_without_returning(on)
            .await?;
    }
    if round.anonymity == Anonymity::Anonymous {
        // All rows, used or not: which ones were written would tell who answered.
        invitation::Entity::update_many()
            .col_expr(invitation::Column::Used, Expr::val(false))
            .filter(invitation::Column::RoundId.eq(round.id))
            .exec(on)
            .await?;
    }
    Ok(())
}

impl Db {
    /// Closes the rounds whose last day has passed, and removes what was said in words and was kept for long enough.
    pub async fn keep_rounds(&self, origin: &Origin) -> Result<(), Error> {
        let everywhere = Scope::unlimited("housekeeping");
        let (over, kept) = rounds::due(&self.reader(), origin.today).await?;
        for id in over {
            let mut unit = self.open(origin).await?;
            let round = load_round(&unit, &everywhere, id).await?;
            // Somebody may have been faster.
            if round.is_unsettled() && round.last_day < unit.today() {
                close(&mut unit, &round, round.last_day).await?;
            }
            unit.commit().await?;
        }
        for id in kept {
            let mut unit = self.open(origin).await?;
            let round = load_round(&unit, &everywhere, id).await?;
            comment::Entity::delete_many()
                .filter(comment::Column::RoundId.eq(id))
                .exec(unit.connection())
                .await?;
            let after = round.clone().forget_comments();
            update_round(&mut unit, "comments_removed", &round, &after).await?;
            unit.commit().await?;
        }
        Ok(())
    }
}
