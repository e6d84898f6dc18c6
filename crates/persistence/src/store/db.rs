//! The database: a pool to read from and a pool to write to.
use std::time::Duration;

use migrations::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};

use super::Error;

/// How the database is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `sqlite:///path/to/file` or `postgres://user@host:port/name`.
    pub url: String,
    /// At most this many connections to PostgreSQL, and as many readers on SQLite.
    pub connections: u32,
    /// How long a request waits for a connection before it is told to come back.
    pub wait: Duration,
}

/// The database. On SQLite the pool to write to holds one connection, so that writers queue in the program rather than
/// in the file's lock.
#[derive(Debug, Clone)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
}

/// What reads the database. No room can write through it.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(pub(crate) &'a DatabaseConnection);

impl Db {
    /// Connects, without looking at the schema.
    pub async fn connect(settings: &Settings) -> Result<Self, Error> {
        let read = pool(settings, settings.connections).await?;
        let write = match read.get_database_backend() {
            DbBackend::Sqlite => pool(settings, 1).await?,
            _ => read.clone(),
        };
        Ok(Self { read, write })
    }

    /// Brings the schema up to this program's, under a lock, so that several instances may start at once.
    pub async fn migrate(&self) -> Result<(), Error> {
        let known: Vec<String> = Migrator::migrations().iter().map(|m| m.name().to_owned()).collect();
        let begun = self.begin().await?;
        if self.backend() == DbBackend::Postgres {
            // Any number will do, as long as every instance takes the same.
            begun
                .execute_unprepared("select pg_advisory_xact_lock(7261001)")
                .await?;
        }
        let applied = Migrator::get_applied_migrations(&begun).await;
        match applied {
            Ok(_) => {}
            // sea-orm refuses a database with steps that it has no file for.
            Err(e) => return Err(self.unknown_step(&known).await?.map_or(e.into(), Error::NewerSchema)),
        }
        Migrator::up(&begun, None).await?;
        begun.commit().await?;
        Ok(())
    }

    async fn unknown_step(&self, known: &[String]) -> Result<Option<String>, Error> {
        let sql = "select version from seaql_migrations order by version";
        let rows = self
            .read
            .query_all_raw(sea_orm::Statement::from_string(self.backend(), sql))
            .await?;
        let names: Result<Vec<String>, DbErr> = rows.iter().map(|row| row.try_get("", "version")).collect();
        Ok(names?.into_iter().find(|name| !known.contains(name)))
    }

    /// Tells of every statement that is run, with its values. For measuring, never for logs: values are personal data.
    pub fn on_statement(&mut self, tell: impl Fn(&sea_orm::Statement) + Clone + Send + Sync + 'static) {
        for connection in [&mut self.read, &mut self.write] {
            let tell = tell.clone();
            connection.set_metric_callback(move |done| tell(done.statement));
        }
    }

    /// What reads.
    pub fn reader(&self) -> Reader<'_> {
        Reader(&self.read)
    }

    /// Whether the database answers now.
    pub async fn ping(&self) -> Result<(), Error> {
        self.read.ping().await?;
        Ok(())
    }

    /// Ends all connections.
    pub async fn close(self) -> Result<(), Error> {
        if self.backend() == DbBackend::Sqlite {
            self.write.close().await?;
        }
        Ok(self.read.close().await?)
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.read.get_database_backend()
    }

    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.write
    }

    pub(crate) async fn begin(&self) -> Result<sea_orm::DatabaseTransaction, Error> {
        // A deferred SQLite transaction that turns from reading to writing fails at once when another writes.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        Ok(self.write.begin_with_options(options).await?)
    }

    /// What is committed now, and nothing that comes later.
    pub(crate) async fn snapshot(&self) -> Result<sea_orm::DatabaseTransaction, Error> {
        // SQLite's readers have nothing else.
        let isolation = (self.backend() == DbBackend::Postgres).then_some(IsolationLevel::RepeatableRead);
        Ok(self.read.begin_with_config(isolation, None).await?)
    }
}

/// A pool with its first connection. Of those who make an SQLite file at once all but one find it locked, without being
/// made to wait by SQLite: turning a new file to WAL has no busy time-out.
async fn pool(settings: &Settings, connections: u32) -> Result<DatabaseConnection, Error> {
    let began = tokio::time::Instant::now();
    loop {
        match Database::connect(options(settings, connections))
            .await
            .map_err(Error::from)
        {
            Err(Error::Unavailable(_)) if began.elapsed() < settings.wait => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            done => return done,
        }
    }
}

fn options(settings: &Settings, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(&settings.url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(settings.wait)
        // A round trip before each statement would cost more than a short SELECT; one that just worked is believed.
        .test_before_acquire_if_idle_for(Duration::from_secs(1))
        .connect_timeout(settings.wait)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .create_if_missing(true)
                .foreign_keys(true)
                .journal_mode(SqliteJournalMode::Wal)
                // An acknowledged write must survive the machine.
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(5))
        })
        .map_sqlx_postgres_opts(|postgres| {
            postgres.options([
                ("lock_timeout", "5s"),
                ("statement_timeout", "20s"),
                ("idle_in_transaction_session_timeout", "20s"),
            ])
        });
    options
}
