//! The line of mails: what waits in it, who takes what is due, and what came of it.
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use domain::{access::Scope, notifications::*, surveys::*, vocabulary::*};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, Order, SelectStatement},
};

use crate::{
    Db, Error, Page, Paging,
    store::{self, Cursor, IN_ONE_LIST, Origin, Source, UnitOfWork},
    surveys,
};

mod entity {
    use domain::{notifications::*, vocabulary::*};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "notification")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: NotificationId,
        pub round_id: SurveyRoundId,
        pub invitation_id: InvitationId,
        pub reminder: i32,
        pub contact_id: ContactId,
        pub state: NotificationState,
        pub attempts: i32,
        pub due_at: Option<DateTimeUtc>,
        pub fault: Option<String>,
        pub created_at: DateTimeUtc,
        pub ended_at: Option<DateTimeUtc>,
    }
    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity, Model};

/// So many are looked at for one that no other instance takes.
const AT_ONCE: u64 = 10;

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    notification: Model,
    contact_name: PersonName,
}

impl From<Row> for Notification {
    fn from(row: Row) -> Self {
        let stored = row.notification;
        Self {
            id: stored.id,
            round: stored.round_id,
            invitation: stored.invitation_id,
            reminder: stored.reminder.unsigned_abs(),
            recipient: ContactRef {
                id: stored.contact_id,
                name: row.contact_name,
            },
            state: stored.state,
            attempts: stored.attempts.unsigned_abs(),
            due_at: stored.due_at,
            fault: stored.fault,
            created_at: stored.created_at,
            ended_at: stored.ended_at,
        }
    }
}

fn number(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn row(of: &Notification) -> ActiveModel {
    ActiveModel {
        id: Set(of.id),
        round_id: Set(of.round),
        invitation_id: Set(of.invitation),
        reminder: Set(number(of.reminder)),
        contact_id: Set(of.recipient.id),
        state: Set(of.state),
        attempts: Set(number(of.attempts)),
        due_at: Set(of.due_at),
        fault: Set(of.fault.clone()),
        created_at: Set(of.created_at),
        ended_at: Set(of.ended_at),
    }
}

fn select() -> SelectStatement {
    let mut query = Entity::find().into_query();
    query
        .inner_join("contact", Expr::cust("contact.id = notification.contact_id"))
        .expr_as(Expr::col(("contact", "name")), "contact_name");
    query
}

/// A page of what is or was to be sent of a round that the caller may see; in one state, where one is told.
pub async fn list(
    source: &impl Source,
    round: &SurveyRound,
    state: Option<NotificationState>,
    paging: &Paging,
) -> Result<Page<Notification>, Error> {
    let mut query = select();
    query.and_where(Column::RoundId.eq(round.id));
    if let Some(state) = state {
        query.and_where(Column::State.eq(state));
    }
    let (rows, total) = paging
        .rows::<Row>(source, &mut query, None, ("notification", "id"))
        .await?;
    let place = |one: &Notification| Cursor::after(vec![], one.id);
    Ok(paging.cut(rows.into_iter().map(Into::into).collect(), total, place))
}

/// What is or was to be sent to a contact, at most so many.
pub(crate) async fn of_contact(
    source: &impl Source,
    contact: ContactId,
    most: u64,
) -> Result<Vec<Notification>, Error> {
    let mut query = select();
    query
        .and_where(Column::ContactId.eq(contact))
        .order_by(("notification", "id"), Order::Asc)
        .limit(most);
    let rows: Vec<Row> = store::all(source.connection(), &query).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Sends a contact nothing more, and forgets what servers said of their address; how many mails waited. A try that runs
/// right now finds its row changed, and notes nothing.
pub(crate) async fn forget(unit: &UnitOfWork, contact: ContactId) -> Result<u64, Error> {
    let on = unit.connection();
    let waiting = "update notification set state = 'suppressed', due_at = null, ended_at = ?, \
        attempts = attempts + 1 where contact_id = ? and state = 'queued'";
    let mails = store::run(on, waiting, vec![unit.now().into(), contact.0.into()]).await?;
    let said = "update notification set fault = null where contact_id = ? and fault is not null";
    store::run(on, said, vec![contact.0.into()]).await?;
    Ok(mails)
}

/// Puts the invitations of a round in line, or a reminder of each that may still want one; those that are in it for that
/// already stay as they are. What is told of the round changes with it.
pub async fn queue(unit: &mut UnitOfWork, before: &SurveyRound, reminder: u32) -> Result<Queued, Error> {
    let after = before.clone().hand_out_links(unit.now())?;
    let mut queued = Queued {
        queued: 0,
        without_address: 0,
    };
    let mut rows = vec![];
    for invitation in surveys::written_to(unit, before).await? {
        if invitation.email.is_none() {
            queued.without_address += 1;
            continue;
        }
        let about = (before.id, invitation.id, reminder);
        rows.push(row(&Notification::queue(
            unit.new_id(),
            about,
            invitation.contact,
            unit.now(),
        )));
    }
    for rows in rows.chunks(IN_ONE_LIST) {
        let in_line = sea_orm::sea_query::OnConflict::columns([Column::InvitationId, Column::Reminder])
            .do_nothing()
            .to_owned();
        let done = Entity::insert_many(rows.to_vec())
            .on_conflict(in_line)
            .exec_without_returning(unit.connection())
            .await?;
        queued.queued += u32::try_from(done).unwrap_or(u32::MAX);
    }
    if queued.queued > 0 {
        surveys::update_round(unit, "mailed", before, &after).await?;
    }
    Ok(queued)
}

/// A notification that this instance has taken, with what it is about.
pub struct Errand {
    /// The notification; this try counts in it.
    pub notification: Notification,
    /// Its round, as it stands today.
    pub round: SurveyRound,
    /// The invitation; none where it came back, or needs no reminder any more.
    pub invitation: Option<Invitation>,
}

#[derive(FromQueryResult)]
struct Mailed {
    round_id: SurveyRoundId,
    reminder: i32,
}

impl Db {
    /// Puts the reminders in line whose day has come, of rounds whose invitations were sent by mail. One that somebody mailed by
    /// hand is not mailed again; that it was mailed ends none of the others.
    pub async fn queue_reminders(&self, origin: &Origin) -> Result<(), Error> {
        let sql = "select distinct n.round_id, n.reminder from notification n \
            join survey_round r on r.id = n.round_id where r.status = 'open'";
        let mailed: Vec<Mailed> = store::rows(self.reader().connection(), sql, vec![]).await?;
        let mut mailed_of = BTreeMap::<SurveyRoundId, BTreeSet<u32>>::new();
        for Mailed { round_id, reminder } in mailed {
            mailed_of.entry(round_id).or_default().insert(reminder.unsigned_abs());
        }
        for (round_id, mailed) in mailed_of {
            let mut unit = self.open(origin).await?;
            let round = surveys::load_round(&unit, &Scope::unlimited("mailing"), round_id).await?;
            let due = round.reminders_due(unit.today());
            // After a pause only the last that is due goes out.
            if round.must_run().is_ok() && due > 0 && !mailed.contains(&due) {
                queue(&mut unit, &round, due).await?;
            }
            unit.commit().await?;
        }
        Ok(())
    }

    /// One that is due, taken by this instance: it is due again when the hold on it runs out, so that one that dies over it
    /// leaves it to another. None where nothing is due that no other took.
    pub async fn take_due_notification(&self, now: DateTime<Utc>) -> Result<Option<NotificationId>, Error> {
        let due = Entity::find()
            .filter(Column::DueAt.lte(now))
            .order_by_asc(Column::DueAt)
            .limit(AT_ONCE)
            .all(self.reader().connection())
            .await?;
        for one in due {
            let done = Entity::update_many()
                .col_expr(Column::Attempts, Expr::val(one.attempts.saturating_add(1)))
                .col_expr(Column::DueAt, Expr::val(now + HELD))
                .filter(Column::Id.eq(one.id))
                .filter(Column::Attempts.eq(one.attempts))
                .filter(Column::DueAt.is_not_null())
                .exec(self.writer())
                .await?;
            if done.rows_affected == 1 {
                return Ok(Some(one.id));
            }
        }
        Ok(None)
    }

    /// The link of an invitation works from here on.
    pub async fn know_link(&self, origin: &Origin, invitation: InvitationId, digest: String) -> Result<(), Error> {
        let unit = self.open(origin).await?;
        surveys::know_links(&unit, &[(invitation, digest)]).await?;
        unit.commit().await
    }

    /// Notes what came of a try.
    pub async fn settle_notification(&self, origin: &Origin, tried: Notification, posted: Posted) -> Result<(), Error> {
        let mut unit = self.open(origin).await?;
        settle(&mut unit, tried, posted).await?;
        unit.commit().await
    }
}

/// What is to be sent.
pub async fn errand(source: &impl Source, id: NotificationId, today: NaiveDate) -> Result<Errand, Error> {
    let mut query = select();
    query.and_where(Column::Id.eq(id));
    let found = store::one::<Row>(source.connection(), &query).await?;
    let notification: Notification = found.ok_or(Error::NotFound)?.into();
    let round = surveys::get_round(source, &Scope::unlimited("mailing"), notification.round, today).await?;
    let invitation = surveys::still_written_to(source, &round, notification.invitation).await?;
    Ok(Errand {
        invitation: invitation.filter(|_| round.must_run().is_ok()),
        notification,
        round,
    })
}

/// Notes what came of a try. An invitation that no server takes did not arrive; one that was taken did, as far as is known.
async fn settle(unit: &mut UnitOfWork, before: Notification, posted: Posted) -> Result<(), Error> {
    let tried = before.attempts;
    let after = before.after(posted, unit.now());
    let done = Entity::update_many()
        .set(row(&after))
        .filter(Column::Id.eq(after.id))
        .filter(Column::Attempts.eq(number(tried)))
        .exec(unit.connection())
        .await?;
    // Where nothing was updated, another instance has it, since this one took too long.
    if done.rows_affected == 0 || after.reminder > 0 {
        return Ok(());
    }
    match after.state {
        NotificationState::Sent => return surveys::mark_delivered(unit, &[after.invitation]).await,
        NotificationState::Bounced => {}
        NotificationState::Queued | NotificationState::Suppressed => return Ok(()),
    }
    let round = surveys::load_round(unit, &Scope::unlimited("mailing"), after.round).await?;
    if round.must_run().is_err() {
        return Ok(());
    }
    let outcome = InvitationOutcome {
        invitation: after.invitation,
        arrived: false,
    };
    let bounced = surveys::tell_outcomes(unit, &round, &[outcome]).await?;
    let counted = round.clone().count_bounced(bounced)?;
    surveys::update_round(unit, "outcomes_told", &round, &counted).await
}
