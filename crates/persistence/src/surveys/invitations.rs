//! Whom a round asks: the frame, the sample drawn of it, the invitations and the digests of their links.
use std::collections::{BTreeMap, HashSet};

use chrono::{Days, NaiveDate};
use domain::{Rule, RuleCode, people::Contact, surveys::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryTrait, Value,
    sea_query::{Expr, OnConflict, Order, SelectStatement},
};
use uuid::Uuid;

use super::{rounds, seal};
use crate::{
    Error, Page, Paging, people,
    store::{self, Cursor, IN_ONE_LIST, Source, UnitOfWork},
};

pub(super) mod invitation {
    use domain::{surveys::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "survey_invitation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: InvitationId,
        pub round_id: SurveyRoundId,
        pub contact_id: ContactId,
        pub customer_id: CustomerId,
        pub told_of: Option<CustomerId>,
        pub state: InvitationState,
        pub used: bool,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use invitation::{ActiveModel, Column, Entity, Model};

pub(super) mod link {
    use domain::vocabulary::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "survey_link")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub digest: String,
        pub invitation_id: InvitationId,
    }
    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(FromQueryResult)]
struct Found {
    id: Uuid,
}

/// Those who could be asked, and how many could have been but for who they are or when they were asked last.
struct Frame {
    candidates: Vec<Candidate>,
    /// The services of each customer, where it goes by them.
    uses: Uses,
    own: usize,
    rested: usize,
}

async fn frame(unit: &UnitOfWork, round: &SurveyRound) -> Result<Frame, Error> {
    let today = unit.today();
    let ids: Vec<CustomerId> = round.customers.iter().map(|customer| customer.id).collect();
    let contacts = people::speaking_for(unit, &ids, today).await?;
    if contacts.len() > people::MOST_SPEAKING {
        let detail = format!(
            "More than {} contacts could be asked; choose fewer customers.",
            people::MOST_SPEAKING
        );
        return Err(Rule::new(RuleCode::State, detail).at("/customers").into());
    }
    let holds = |contact: &&Contact| {
        let mandates = contact.mandates.in_force(&contacts);
        round.mandates.is_empty() || round.mandates.iter().any(|kind| mandates.hold(*kind, today))
    };
    let all: Vec<Candidate> = contacts
        .iter()
        .filter(holds)
        .map(|contact| Candidate {
            contact: contact.id,
            customer: contact.customer.id,
        })
        .collect();
    let own = own_persons(unit, &ids).await?;
    let rested = asked_since(unit, &ids, today, round.rest_days).await?;
    let (own, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|c| own.contains(&c.contact.0));
    let (rested, mut candidates): (Vec<_>, Vec<_>) = others.into_iter().partition(|c| rested.contains(&c.contact.0));
    let services = match round.sample.is_by_service() {
        true => services_in_use(unit, &ids, today).await?,
        false => vec![],
    };
    let uses = uses(&services);
    if round.sample.is_by_service() {
        // Whose customer uses nothing is a contact of no service.
        candidates.retain(|candidate| uses.contains_key(&candidate.customer));
    }
    Ok(Frame {
        candidates,
        uses,
        own: own.len(),
        rested: rested.len(),
    })
}

async fn ids_of(unit: &UnitOfWork, sql: &str, values: Vec<Value>) -> Result<HashSet<Uuid>, Error> {
    let found: Vec<Found> = store::rows(unit.connection(), sql, values).await?;
    Ok(found.into_iter().map(|found| found.id).collect())
}

/// Which of the customers used which services on the day: whose contacts are those services' contacts.
pub(super) async fn services_in_use(
    source: &impl Source,
    customers: &[CustomerId],
    day: NaiveDate,
) -> Result<Vec<(CustomerId, ServiceRef)>, Error> {
    let sql = format!(
        "select u.customer_id, s.id, s.code, s.name from service_usage u join service s on s.id = u.service_id \
         where u.customer_id in ({}) and u.since <= ? and (u.until is null or u.until > ?) order by s.code, s.id",
        store::places(customers.len())
    );
    let ids = customers.iter().map(|id| Value::from(id.0));
    let values = ids.chain([day.into(), day.into()]).collect();
    let rows: Vec<InUse> = store::rows(source.connection(), &sql, values).await?;
    let used = |row: InUse| {
        let InUse {
            customer_id,
            id,
            code,
            name,
        } = row;
        (customer_id, ServiceRef { id, code, name })
    };
    Ok(rows.into_iter().map(used).collect())
}

fn uses(services: &[(CustomerId, ServiceRef)]) -> Uses {
    let mut uses = Uses::new();
    for (customer, service) in services {
        uses.entry(*customer).or_default().insert(service.id);
    }
    uses
}

#[derive(FromQueryResult)]
struct InUse {
    customer_id: CustomerId,
    id: ServiceId,
    code: Code,
    name: Name,
}

/// Contacts of the customers who work at the IT organisation: they do not judge themselves.
async fn own_persons(unit: &UnitOfWork, customers: &[CustomerId]) -> Result<HashSet<Uuid>, Error> {
    let sql = format!(
        "select c.id as id from contact c where c.customer_id in ({}) and exists (select 1 from person p \
         where lower(p.email) = lower(c.email) or (p.issuer = c.issuer and p.subject = c.subject))",
        store::places(customers.len())
    );
    ids_of(unit, &sql, customers.iter().map(|id| id.0.into()).collect()).await
}

/// Contacts of the customers whom a round has asked within so many days.
async fn asked_since(
    unit: &UnitOfWork,
    customers: &[CustomerId],
    today: NaiveDate,
    days: u32,
) -> Result<HashSet<Uuid>, Error> {
    let since = today.checked_sub_days(Days::new(days.into())).unwrap_or(today);
    let sql = format!(
        "select distinct i.contact_id as id from survey_round r join survey_invitation i on i.round_id = r.id \
         where r.drawn_on > ? and i.customer_id in ({})",
        store::places(customers.len())
    );
    let customers = customers.iter().map(|id| Value::from(id.0));
    ids_of(unit, &sql, [Value::from(since)].into_iter().chain(customers).collect()).await
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Chooses a round's respondents by the seed, and invites them. The survey's edition is sealed.
pub async fn invite(unit: &mut UnitOfWork, before: &SurveyRound, seed: String) -> Result<SurveyRound, Error> {
    let survey = super::hold(unit, before.survey).await?;
    let frame = frame(unit, before).await?;
    let invited = draw(&frame.candidates, &before.sample, &frame.uses, &seed);
    let drawn = DrawnSample {
        day: unit.today(),
        seed: Some(seed),
        frame: number(frame.candidates.len()),
        own_left_out: number(frame.own),
        rested_left_out: number(frame.rested),
        invited: number(invited.len()),
    };
    let after = before.clone().open(&survey, drawn)?;
    let apart = strata(invited.iter().map(|candidate| candidate.customer));
    let told_of = |customer| (after.anonymity != Anonymity::Anonymous || apart.contains(&customer)).then_some(customer);
    let rows: Vec<ActiveModel> = invited
        .into_iter()
        .map(|candidate| ActiveModel {
            id: Set(unit.new_id()),
            round_id: Set(after.id),
            contact_id: Set(candidate.contact),
            customer_id: Set(candidate.customer),
            told_of: Set(told_of(candidate.customer)),
            state: Set(InvitationState::Waiting),
            used: Set(false),
        })
        .collect();
    seal(unit, &survey).await?;
    for rows in rows.chunks(IN_ONE_LIST) {
        Entity::insert_many(rows.to_vec())
            .exec_without_returning(unit.connection())
            .await?;
    }
    rounds::update_round(unit, "opened", before, &after).await?;
    Ok(after)
}

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    invitation: Model,
    contact_name: PersonName,
    email: Option<EmailAddress>,
    customer_code: Code,
    customer_name: Name,
}

impl From<Row> for Invitation {
    fn from(row: Row) -> Self {
        let invitation = row.invitation;
        Self {
            id: invitation.id,
            contact: ContactRef {
                id: invitation.contact_id,
                name: row.contact_name,
            },
            customer: CustomerRef {
                id: invitation.customer_id,
                code: row.customer_code,
                name: row.customer_name,
            },
            state: invitation.state,
            email: row.email,
        }
    }
}

fn select(round: SurveyRoundId) -> SelectStatement {
    let mut query = Entity::find().filter(Column::RoundId.eq(round)).into_query();
    query
        .inner_join("contact", Expr::cust("contact.id = survey_invitation.contact_id"))
        .inner_join("customer", Expr::cust("customer.id = survey_invitation.customer_id"))
        .expr_as(Expr::col(("contact", "name")), "contact_name")
        .expr_as(Expr::col(("contact", "email")), "email")
        .expr_as(Expr::col(("customer", "code")), "customer_code")
        .expr_as(Expr::col(("customer", "name")), "customer_name");
    query
}

/// A page of the invitations of a round that the caller may see.
pub async fn invitations(
    source: &impl Source,
    round: &SurveyRound,
    paging: &Paging,
) -> Result<Page<Invitation>, Error> {
    let (rows, total) = paging
        .rows::<Row>(source, &mut select(round.id), None, ("survey_invitation", "id"))
        .await?;
    let all = rows.into_iter().map(Into::into).collect();
    Ok(paging.cut(all, total, |invitation: &Invitation| {
        Cursor::after(vec![], invitation.id)
    }))
}

/// Those who are written to, whoever sends it: not where it came back, nor who was erased. In a named round whoever has
/// answered is spared; in the others who is spared a reminder would have answered, and so all get it.
fn select_written_to(round: &SurveyRound) -> SelectStatement {
    let mut query = select(round.id);
    query
        .and_where(Column::State.ne(InvitationState::Bounced))
        .and_where(Expr::cust("contact.erasure is null"));
    if round.anonymity == Anonymity::Named {
        query.and_where(Column::Used.eq(false));
    }
    query
}

/// The invitations of a round that are written to.
pub async fn written_to(source: &impl Source, round: &SurveyRound) -> Result<Vec<Invitation>, Error> {
    let mut query = select_written_to(round);
    query.order_by(("survey_invitation", "id"), Order::Asc);
    let rows = store::all::<Row>(source.connection(), &query).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// One of them; none where it is not written to any more.
pub(crate) async fn still_written_to(
    source: &impl Source,
    round: &SurveyRound,
    id: InvitationId,
) -> Result<Option<Invitation>, Error> {
    let mut query = select_written_to(round);
    query.and_where(Column::Id.eq(id));
    Ok(store::one::<Row>(source.connection(), &query).await?.map(Into::into))
}

/// Links were made for these invitations, and work from here on: their digests are known. Made again, they are the same.
pub(crate) async fn know_links(unit: &UnitOfWork, links: &[(InvitationId, String)]) -> Result<(), Error> {
    for links in links.chunks(IN_ONE_LIST) {
        let rows = links.iter().map(|(id, digest)| link::ActiveModel {
            digest: Set(digest.clone()),
            invitation_id: Set(*id),
        });
        let known = OnConflict::column(link::Column::Digest).do_nothing().to_owned();
        link::Entity::insert_many(rows)
            .on_conflict(known)
            .exec_without_returning(unit.connection())
            .await?;
    }
    Ok(())
}

/// These count as delivered, until somebody says otherwise.
pub(crate) async fn mark_delivered(unit: &UnitOfWork, ids: &[InvitationId]) -> Result<(), Error> {
    for ids in ids.chunks(IN_ONE_LIST) {
        Entity::update_many()
            .col_expr(Column::State, Expr::val(InvitationState::Delivered))
            .filter(Column::Id.is_in(ids.iter().copied()))
            .filter(Column::State.eq(InvitationState::Waiting))
            .exec(unit.connection())
            .await?;
    }
    Ok(())
}

/// Links were made for these invitations, and given to somebody who sends them.
pub async fn hand_out(unit: &UnitOfWork, links: &[(InvitationId, String)]) -> Result<(), Error> {
    know_links(unit, links).await?;
    let ids: Vec<InvitationId> = links.iter().map(|(id, _)| *id).collect();
    mark_delivered(unit, &ids).await
}

#[derive(FromQueryResult)]
struct Reached {
    customer_id: CustomerId,
    invited: i64,
    delivered: i64,
}

/// How many of each customer's contacts were invited to the round, and of how many the invitation arrived.
pub(super) async fn reached(
    source: &impl Source,
    round: SurveyRoundId,
) -> Result<BTreeMap<CustomerId, (u64, u64)>, Error> {
    let sql = "select customer_id, count(*) as invited, sum(case when state = 'delivered' then 1 else 0 end) as delivered \
               from survey_invitation where round_id = ? group by customer_id";
    let rows: Vec<Reached> = store::rows(source.connection(), sql, vec![round.0.into()]).await?;
    let counts = |row: Reached| {
        (
            row.customer_id,
            (row.invited.unsigned_abs(), row.delivered.unsigned_abs()),
        )
    };
    Ok(rows.into_iter().map(counts).collect())
}

/// Notes whether invitations of the round arrived; how many of it did not by now.
pub async fn tell_outcomes(unit: &UnitOfWork, round: &SurveyRound, told: &[InvitationOutcome]) -> Result<u32, Error> {
    for arrived in [true, false] {
        let state = match arrived {
            true => InvitationState::Delivered,
            false => InvitationState::Bounced,
        };
        let ids: HashSet<InvitationId> = told
            .iter()
            .filter(|outcome| outcome.arrived == arrived)
            .map(|outcome| outcome.invitation)
            .collect();
        let done = Entity::update_many()
            .col_expr(Column::State, Expr::val(state))
            .filter(Column::RoundId.eq(round.id))
            .filter(Column::Id.is_in(ids.iter().copied()))
            .exec(unit.connection())
            .await?;
        if done.rows_affected < ids.len() as u64 {
            let detail = "The round has no such invitation.";
            return Err(Rule::new(RuleCode::UnknownReference, detail).at("/outcomes").into());
        }
    }
    let bounced = Entity::find()
        .filter(Column::RoundId.eq(round.id))
        .filter(Column::State.eq(InvitationState::Bounced))
        .count(unit.connection())
        .await?;
    Ok(u32::try_from(bounced).unwrap_or(u32::MAX))
}
