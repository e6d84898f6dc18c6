//! Who answered what, in rounds where respondents were told that the team reads it; and all that is kept of one respondent.
use std::collections::HashMap;

use domain::{notifications::Notification, surveys::*, vocabulary::*};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait, sea_query::Expr,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{answering::stored, comments::comment, invitations::invitation, rounds::round};
use crate::{
    Error, Page, Paging, notifications,
    store::{self, Cursor, Source, UnitOfWork},
};

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    answer: stored::Model,
    contact: ContactId,
    contact_name: PersonName,
    customer: CustomerId,
    customer_code: Code,
    customer_name: Name,
}

/// A page of who answered what in a named round that is closed; the words with them once it is published.
pub async fn named_answers(
    source: &impl Source,
    round: &SurveyRound,
    paging: &Paging,
) -> Result<Page<NamedAnswer>, Error> {
    round.must_name_respondents()?;
    let mut query = stored::Entity::find()
        .filter(stored::Column::RoundId.eq(round.id))
        .into_query();
    query
        .inner_join("contact", Expr::cust("contact.id = survey_answer.contact_id"))
        .inner_join("customer", Expr::cust("customer.id = contact.customer_id"))
        .expr_as(Expr::col(("contact", "id")), "contact")
        .expr_as(Expr::col(("contact", "name")), "contact_name")
        .expr_as(Expr::col(("customer", "id")), "customer")
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name");
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, None, ("survey_answer", "id"))
        .await?;
    let mut words = match round.must_be_published() {
        Ok(()) => words_of(source, round.id, rows.iter().map(|row| row.contact)).await?,
        Err(_) => HashMap::new(),
    };
    let answers = rows.into_iter().map(|row| {
        let figures = row.answer.figures;
        let texts = Texts::default();
        let mut answers = Accepted { figures, texts }.given();
        answers.extend(words.remove(&row.contact).unwrap_or_default());
        NamedAnswer {
            id: row.answer.id,
            contact: ContactRef {
                id: row.contact,
                name: row.contact_name,
            },
            customer: CustomerRef {
                id: row.customer,
                code: row.customer_code,
                name: row.customer_name,
            },
            answers,
        }
    });
    let place = |answer: &NamedAnswer| Cursor::after(vec![], answer.id);
    Ok(paging.cut(answers.collect(), total, place))
}

/// What these contacts said in words in a named round.
async fn words_of(
    source: &impl Source,
    round: SurveyRoundId,
    contacts: impl Iterator<Item = ContactId>,
) -> Result<HashMap<ContactId, Vec<GivenAnswer>>, Error> {
    let rows = comment::Entity::find()
        .filter(comment::Column::RoundId.eq(round))
        .filter(comment::Column::ContactId.is_in(contacts))
        .all(source.connection())
        .await?;
    let mut of = HashMap::<_, Vec<GivenAnswer>>::new();
    for row in rows {
        if let Some(contact) = row.contact_id {
            let given = GivenAnswer::in_words(row.question, row.text);
            of.entry(contact).or_default().push(given);
        }
    }
    of.values_mut()
        .for_each(|given| given.sort_by(|a, b| a.question.cmp(&b.question)));
    Ok(of)
}

/// That somebody was asked.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ExportedInvitation {
    /// The invitation.
    pub id: InvitationId,
    /// In which round.
    pub round: SurveyRoundId,
    /// What the round is called.
    pub title: SurveyTitle,
    /// What was promised.
    pub anonymity: Anonymity,
    /// Whether it arrived, as far as is known.
    pub state: InvitationState,
}

/// What somebody answered in a round.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedAnswers {
    /// In which round.
    pub round: SurveyRoundId,
    /// Whether it was handed in.
    pub handed_in: bool,
    /// Question by question.
    #[schema(max_items = 100)]
    pub answers: Vec<GivenAnswer>,
}

/// What surveys have of a respondent.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct OfRespondent {
    pub invitations: Vec<ExportedInvitation>,
    pub answers: Vec<ExportedAnswers>,
    pub notifications: Vec<Notification>,
}

/// What surveys have of a respondent, at most so many of each: all that leads to them for their own eyes; for the team's,
/// only what a named round tells it.
pub(crate) async fn of_respondent(
    source: &impl Source,
    contact: ContactId,
    own_eyes: bool,
    most: u64,
) -> Result<OfRespondent, Error> {
    let on = source.connection();
    let asked = invitation::Entity::find()
        .filter(invitation::Column::ContactId.eq(contact))
        .limit(most)
        .all(on)
        .await?;
    let mut rounds = HashMap::new();
    for asked in asked.chunks(store::IN_ONE_LIST) {
        let found = round::Entity::find()
            .filter(round::Column::Id.is_in(asked.iter().map(|i| i.round_id)))
            .all(on)
            .await?;
        rounds.extend(found.into_iter().map(|row| (row.id, row)));
    }
    let told = |id: &SurveyRoundId, published: bool| {
        let named = |row: &round::Model| {
            let done = row.closed_on.is_some() && (!published || row.status == RoundStatus::Published);
            row.anonymity == Anonymity::Named && done
        };
        own_eyes || rounds.get(id).is_some_and(named)
    };
    let stored = stored::Entity::find()
        .filter(stored::Column::ContactId.eq(contact))
        .limit(most)
        .all(on)
        .await?;
    let said = comment::Entity::find()
        .filter(comment::Column::ContactId.eq(contact))
        .limit(most)
        .all(on)
        .await?;
    let mut answers = vec![];
    for row in stored.into_iter().filter(|row| told(&row.round_id, false)) {
        let (figures, texts) = (row.figures, row.texts);
        let mut given = Accepted { figures, texts }.given();
        let words = said
            .iter()
            .filter(|c| c.round_id == row.round_id && told(&c.round_id, true));
        given.extend(words.map(|c| GivenAnswer::in_words(c.question.clone(), c.text.clone())));
        answers.push(ExportedAnswers {
            round: row.round_id,
            handed_in: row.whole,
            answers: given,
        });
    }
    let invitations = asked.iter().filter_map(|asked| {
        let row = rounds.get(&asked.round_id)?;
        Some(ExportedInvitation {
            id: asked.id,
            round: row.id,
            title: row.terms.title.clone(),
            anonymity: row.anonymity,
            state: asked.state,
        })
    });
    Ok(OfRespondent {
        invitations: invitations.collect(),
        answers,
        notifications: notifications::of_contact(source, contact, most).await?,
    })
}

/// What was taken from surveys.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Forgotten {
    pub invitations: u64,
    pub answers: u64,
    pub comments: u64,
}

/// Takes away what leads to a respondent: their links, their words, and what tells which answers are theirs. What they
/// scored stays, and is counted.
pub(crate) async fn forget(unit: &UnitOfWork, contact: ContactId) -> Result<Forgotten, Error> {
    let on = unit.connection();
    // Rounds in which they could be answering right now are held, one after the other.
    let mut rounds = round::Entity::find()
        .select_only()
        .column(round::Column::Id)
        .filter(round::Column::Status.eq(RoundStatus::Open))
        .filter(store::expr(
            unit.backend(),
            "survey_round.id in (select i.round_id from survey_invitation i where i.contact_id = ?)",
            [contact.0],
        ))
        .into_query();
    rounds.order_by(("survey_round", "id"), sea_orm::sea_query::Order::Asc);
    store::lock(&mut rounds, unit.backend(), "survey_round");
    let open = on.query_all(&rounds).await?;
    let who = || vec![contact.0.into()];
    let links =
        "delete from survey_link where invitation_id in (select id from survey_invitation where contact_id = ?)";
    store::run(on, links, who()).await?;
    let begun = "delete from survey_answer where contact_id = ? and not whole";
    let told = "update survey_answer set texts = '{}', contact_id = null, invitation_id = null where contact_id = ?";
    let answers = store::run(on, begun, who()).await? + store::run(on, told, who()).await?;
    let comments = store::run(on, "delete from survey_comment where contact_id = ?", who()).await?;
    Ok(Forgotten {
        invitations: open.len() as u64,
        answers,
        comments,
    })
}
