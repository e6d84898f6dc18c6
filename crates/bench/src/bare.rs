//! The server to compare with: actix-web and sqlx, the recorded statements, and nothing else. No token is checked, no
//! row is read into anything, and the answer lies ready in its size.
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, error::ErrorInternalServerError, web};
use sea_orm::{
    Statement,
    sqlx::{
        AssertSqlSafe, Connection, Database, Executor, IntoArguments, Pool, Postgres, Sqlite,
        pool::PoolOptions,
        postgres::PgConnectOptions,
        query_with,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};
use sea_query_sqlx::SqlxValues;
use uuid::Uuid;

use crate::{Failure, record::Plan};

struct Bare<DB: Database> {
    read: Pool<DB>,
    write: Pool<DB>,
    begin: &'static str,
    plans: HashMap<String, Plan>,
    last: AtomicI64,
}

/// A running bare server.
pub struct Running {
    pub address: SocketAddr,
    handle: ServerHandle,
}

impl Running {
    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}

async fn run<DB>(on: &mut DB::Connection, statement: Statement) -> Result<(), Failure>
where
    DB: Database,
    SqlxValues: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let values = statement.values.unwrap_or(sea_orm::Values(vec![]));
    query_with::<DB, _>(AssertSqlSafe(statement.sql), SqlxValues(values))
        .fetch_all(on)
        .await?;
    Ok(())
}

impl<DB: Database> Bare<DB> {
    /// Beyond every number that was drawn before, here or by the service: microseconds pass faster than requests.
    fn number(&self) -> i64 {
        let now = api::Clock::default().now().timestamp_micros();
        self.last.fetch_max(now, Ordering::Relaxed);
        self.last.fetch_add(1, Ordering::Relaxed)
    }
}

impl<DB> Bare<DB>
where
    DB: Database,
    SqlxValues: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    async fn perform(&self, name: &str, id: Option<Uuid>) -> Result<&str, Failure> {
        let plan = self.plans.get(name).ok_or("no such operation")?;
        let fresh = || plan.fresh(|| id.unwrap_or_else(Uuid::now_v7), || self.number());
        if plan.writes {
            let mut transaction = self.write.begin_with(self.begin).await?;
            for statement in fresh() {
                run::<DB>(&mut transaction, statement).await?;
            }
            transaction.commit().await?;
        } else {
            for statement in fresh() {
                run::<DB>(&mut *self.read.acquire().await?, statement).await?;
            }
        }
        Ok(&plan.body)
    }
}

async fn answer<DB>(bare: web::Data<Bare<DB>>, request: HttpRequest) -> actix_web::Result<HttpResponse>
where
    DB: Database,
    SqlxValues: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let part = |name| request.match_info().get(name);
    let id = part("id").and_then(|text| text.parse().ok());
    let body = bare.perform(part("operation").unwrap_or_default(), id).await;
    let body = body.map_err(ErrorInternalServerError)?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(body.to_owned()))
}

/// Like the service's own pools.
fn pool<DB: Database>(connections: u32) -> PoolOptions<DB>
where
    DB::Connection: Connection,
{
    PoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .test_before_acquire(false)
}

/// Starts a bare server on the service's own database.
pub async fn start(settings: &persistence::store::Settings, plans: HashMap<String, Plan>) -> Result<Running, Failure> {
    let last = AtomicI64::new(0);
    if settings.url.starts_with("postgres") {
        let options = settings.url.parse::<PgConnectOptions>()?.options([
            ("lock_timeout", "5s"),
            ("statement_timeout", "20s"),
            ("idle_in_transaction_session_timeout", "20s"),
        ]);
        let read = pool::<Postgres>(settings.connections).connect_with(options).await?;
        let write = read.clone();
        return serve(Bare {
            read,
            write,
            begin: "begin",
            plans,
            last,
        });
    }
    let options = settings
        .url
        .parse::<SqliteConnectOptions>()?
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    let read = pool::<Sqlite>(settings.connections)
        .connect_with(options.clone())
        .await?;
    let write = pool::<Sqlite>(1).connect_with(options).await?;
    serve(Bare {
        read,
        write,
        begin: "begin immediate",
        plans,
        last,
    })
}

fn serve<DB>(bare: Bare<DB>) -> Result<Running, Failure>
where
    DB: Database,
    SqlxValues: IntoArguments<DB>,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let bare = web::Data::new(bare);
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 8));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(bare.clone())
            .route("/{operation}", web::to(answer::<DB>))
            .route("/{operation}/{id}", web::to(answer::<DB>))
    })
    .workers(workers)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    tokio::spawn(server);
    Ok(Running { address, handle })
}
