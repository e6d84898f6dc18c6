//! One change to the store: everything in it commits together, its events last, or nothing does.
use chrono::{DateTime, NaiveDate, Utc};
use domain::events::{Actor, Aggregate, Draft};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend};
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
}

impl Db {
    /// Runs one unit of work and commits it. A deadlock's victim is run once more.
    pub async fn write<T, E: From<Error> + AsStoreError>(
        &self,
        origin: &Origin,
        work: impl AsyncFn(&mut UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        match self.write_once(origin, &work).await {
            Err(e) if e.as_store_error().is_some_and(Error::is_deadlock) => self.write_once(origin, &work).await,
            done => done,
        }
    }

    async fn write_once<T, E: From<Error>>(
        &self,
        origin: &Origin,
        work: &impl AsyncFn(&mut UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self.begin().await?;
        let mut unit = UnitOfWork {
            tx,
            origin: origin.clone(),
            events: vec![],
        };
        let done = work(&mut unit).await?;
        unit.commit().await?;
        Ok(done)
    }
}

/// Before every id of this millisecond and after every id of those before it.
pub(crate) fn first_id(millisecond: i64) -> Uuid {
    let since_1970 = u128::try_from(millisecond).unwrap_or_default().min((1 << 48) - 1);
    Uuid::from_u128(since_1970 << 80)
}

/// An error that may hold one of the store's.
pub trait AsStoreError {
    /// The store's error inside, if there is one.
    fn as_store_error(&self) -> Option<&Error>;
}

impl AsStoreError for Error {
    fn as_store_error(&self) -> Option<&Error> {
        Some(self)
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

    /// A new id; ids sort by the unit of work's time.
    pub fn new_id<I: From<Uuid>>(&self) -> I {
        let now = self.origin.now;
        let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
        Uuid::new_v7(uuid::Timestamp::from_unix(
            uuid::NoContext,
            seconds,
            now.timestamp_subsec_nanos(),
        ))
        .into()
    }

    /// What differs between two states of a thing becomes one event of this type when the unit of work commits; none
    /// before is a creation, none after a deletion. `act` is the last part of the event's type (`routed`).
    pub fn record<A: Aggregate>(&mut self, act: &str, before: Option<&A>, after: Option<&A>) -> Result<(), Error> {
        let Some(state) = after.or(before) else { return Ok(()) };
        let draft = Draft::of(before, after, &mut Uuid::new_v4)?;
        let version = if after.is_some() {
            state.version()
        } else {
            state.version() + 1
        };
        self.events.push(events::pending(
            self.new_id(),
            act,
            state,
            version,
            draft,
            &self.origin,
        )?);
        Ok(())
    }

    async fn commit(self) -> Result<(), Error> {
        events::write(&self.tx, self.events).await?;
        Ok(self.tx.commit().await?)
    }
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
}

impl Source for UnitOfWork {
    type Connection = DatabaseTransaction;
    fn connection(&self) -> &DatabaseTransaction {
        &self.tx
    }
}

impl Source for Reader<'_> {
    type Connection = sea_orm::DatabaseConnection;
    fn connection(&self) -> &sea_orm::DatabaseConnection {
        self.0
    }
}
