//! One change to the store: everything in it commits together, its events last, or nothing does.
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    RuleCode,
    events::{Actor, Aggregate, Draft},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend};
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

use super::{Db, Error, Reader};
use crate::events::{self, Pending};

/// Who asks, in which request, and what time it is.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Who.
    pub actor: Actor,
    /// The request; the same as the reply's `X-Request-Id`.
    pub request_id: String,
    /// Now.
    pub now: DateTime<Utc>,
    /// The local date in the organisation's zone.
    pub today: NaiveDate,
}

/// An open unit of work. Dropped without a commit, it leaves nothing behind.
pub struct UnitOfWork {
    pub(crate) tx: DatabaseTransaction,
    origin: Origin,
    events: Vec<Pending>,
    next_id: Mutex<Option<Uuid>>,
    acting_for: Mutex<Option<Uuid>>,
}

impl Db {
    /// Runs one unit of work and commits it. Who lost a race against another is run once more, and then finds what
    /// the other has done.
    pub async fn write<T, E: From<Error> + LostRace>(
        &self,
        origin: &Origin,
        work: impl AsyncFn(&mut UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        match self.write_once(origin, &work).await {
            Err(e) if e.lost_race() => self.write_once(origin, &work).await,
            done => done,
        }
    }

    async fn write_once<T, E: From<Error>>(
        &self,
        origin: &Origin,
        work: &impl AsyncFn(&mut UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut unit = self.open(origin).await?;
        let done = work(&mut unit).await?;
        unit.commit().await?;
        Ok(done)
    }

    /// Runs one unit of work to its end and takes it all back: what it gives tells what it would have done.
    pub async fn rehearse<T, E: From<Error>>(
        &self,
        origin: &Origin,
        work: impl AsyncFn(&mut UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut unit = self.open(origin).await?;
        let done = work(&mut unit).await?;
        unit.write_events().await?;
        unit.tx.rollback().await.map_err(Error::from)?;
        Ok(done)
    }

    /// Opens a unit of work that its opener commits.
    pub(crate) async fn open(&self, origin: &Origin) -> Result<UnitOfWork, Error> {
        Ok(UnitOfWork {
            tx: self.begin().await?,
            origin: origin.clone(),
            events: vec![],
            next_id: Mutex::default(),
            acting_for: Mutex::default(),
        })
    }
}

/// An error that may mean: somebody else was faster.
pub trait LostRace {
    /// Whether the same unit of work may succeed when it is run once more: the victim of a deadlock, and whoever wanted
    /// a unique value (a new external reference) at the same time as another.
    fn lost_race(&self) -> bool;
}

impl LostRace for Error {
    fn lost_race(&self) -> bool {
        match self {
            Self::Rule(rule) => rule.code == RuleCode::NotUnique,
            other => other.is_deadlock(),
        }
    }
}

impl UnitOfWork {
    /// The time of everything that this unit of work does.
    pub fn now(&self) -> DateTime<Utc> {
        self.origin.now
    }

    /// The local date of everything that this unit of work does.
    pub fn today(&self) -> NaiveDate {
        self.origin.today
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.origin.actor
    }

    /// The request in which it is done.
    pub fn request_id(&self) -> &str {
        &self.origin.request_id
    }

    /// In whose stead, where a deputy acts.
    pub fn acting_for(&self) -> Option<Uuid> {
        *self.acting_for.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What comes next is done in nobody's stead: one unit of work may record several acts, each by its own right.
    pub fn act_for_nobody(&self) {
        *self.acting_for.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The next new id will be this one: demo data has things whose ids the document's examples name.
    pub fn settle_next_id(&mut self, id: Uuid) {
        self.next_id = Mutex::new(Some(id));
    }

    /// A new id; ids sort by the unit of work's time.
    pub fn new_id<I: From<Uuid>>(&self) -> I {
        if let Some(settled) = self.next_id.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return settled.into();
        }
        id_at(self.origin.now).into()
    }

    /// What differs between two states of a thing becomes one event of this type when the unit of work commits; none
    /// before is a creation, none after a deletion. `act` is the last part of the event's type (`routed`); one
    /// that the catalogue does not know is refused.
    pub fn record<A: Aggregate>(&mut self, act: &str, before: Option<&A>, after: Option<&A>) -> Result<(), Error> {
        let Some(state) = after.or(before) else { return Ok(()) };
        let draft = Draft::of(before, after, &mut Uuid::new_v4)?;
        let version = if after.is_some() {
            state.version()
        } else {
            state.version() + 1
        };
        let acting_for = self.acting_for();
        self.events.push(events::pending(
            self.new_id(),
            act,
            state,
            version,
            draft,
            &self.origin,
            acting_for,
        )?);
        Ok(())
    }

    /// How many things it has changed so far.
    pub fn recorded(&self) -> usize {
        self.events.len()
    }

    /// Tries a part of the work. What it did is taken back where it is refused, and the unit of work can go on.
    pub async fn attempt<T, E: From<Error>>(
        &mut self,
        part: impl AsyncFnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<Result<T, E>, Error> {
        let events = self.events.len();
        self.tx.execute_unprepared("savepoint attempt").await?;
        let done = part(self).await;
        if done.is_err() {
            self.events.truncate(events);
            self.tx.execute_unprepared("rollback to savepoint attempt").await?;
        }
        self.tx.execute_unprepared("release savepoint attempt").await?;
        Ok(done)
    }

    /// Commits everything, its events last.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        self.write_events().await?;
        Ok(self.tx.commit().await?)
    }

    /// Writes the events now and not with the commit, for tests that keep the transaction open behind them.
    #[doc(hidden)]
    pub async fn write_events(&mut self) -> Result<(), Error> {
        events::write(&self.tx, std::mem::take(&mut self.events)).await
    }
}

/// A new id, which sorts by the time.
pub(crate) fn id_at(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let nanoseconds = now.timestamp_subsec_nanos();
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanoseconds))
}

/// What can run a query: a unit of work sees its own changes, a reader what is committed.
pub trait Source {
    /// The connection.
    type Connection: ConnectionTrait;
    /// The connection to run a query on.
    fn connection(&self) -> &Self::Connection;
    /// Which database it is.
    fn backend(&self) -> DbBackend {
        self.connection().get_database_backend()
    }
    /// Notes that what follows is done in somebody's stead. Who only reads does nothing.
    fn act_for(&self, _principal: Uuid) {}
}

impl Source for UnitOfWork {
    type Connection = DatabaseTransaction;
    fn connection(&self) -> &DatabaseTransaction {
        &self.tx
    }
    /// A unit of work is one act: whose right opened it, stands in all of its events.
    fn act_for(&self, principal: Uuid) {
        let mut acting_for = self.acting_for.lock().unwrap_or_else(PoisonError::into_inner);
        acting_for.get_or_insert(principal);
    }
}

impl Source for Reader<'_> {
    type Connection = sea_orm::DatabaseConnection;
    fn connection(&self) -> &sea_orm::DatabaseConnection {
        self.0
    }
}
