//! How fast it is: the service beside a bare server that runs the same statements. See docs/speed.md.
mod agreements;
mod bare;
mod load;
mod measurements;
mod operations;
mod pgbench;
mod plans;
mod ratings;
mod record;
mod seed;
mod statements;
mod webhooks;

use std::{path::PathBuf, time::Duration};

use api::program::Settings;
use clap::{Args, Parser, Subcommand};
use sea_orm::sqlx::{Connection, Executor, postgres::PgConnection};

use load::Limit;
use operations::Subject;
use seed::World;

/// Whatever went wrong.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Measures the service in ratios.
#[derive(Parser)]
struct Bench {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fill a database with requests.
    Seed {
        #[command(flatten)]
        at: At,
        /// How many requests there shall be.
        #[arg(long)]
        requests: u64,
    },
    /// Compare each operation with the bare server.
    Ratios {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        how: How,
        /// These operations only.
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
    },
    /// Compare lists and feed of a large database with those of a small one.
    Growth {
        #[command(flatten)]
        at: At,
        /// The large database's folder.
        #[arg(long)]
        large_folder: PathBuf,
        /// The large database, if it is PostgreSQL.
        #[arg(long)]
        large_postgres: Option<String>,
        #[command(flatten)]
        how: How,
    },
    /// Show which indexes PostgreSQL uses for each list, filter and feed, or for statements.
    Plans {
        #[command(flatten)]
        at: At,
    },
    /// Send measurements to an empty database; on PostgreSQL beside a COPY of the same rows into the same table.
    Measurements {
        #[command(flatten)]
        at: At,
        /// How many lines.
        #[arg(long, default_value_t = 1_000_000)]
        lines: u64,
    },
    /// Fill an empty PostgreSQL database with agreements and months of measurements.
    SeedAgreements {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        size: agreements::Size,
    },
    /// Measure statements, running ones beside those of a smaller database; the month before is proposed and closed for
    /// all agreements, each time another one.
    Statements {
        #[command(flatten)]
        at: At,
        /// The smaller database's folder.
        #[arg(long)]
        small_folder: Option<PathBuf>,
        /// The smaller database.
        #[arg(long)]
        small_postgres: Option<String>,
    },
    /// Measure figures of satisfaction of very many ratings beside those of few; empty PostgreSQL databases are filled first.
    Ratings {
        #[command(flatten)]
        at: At,
        /// The smaller database's folder.
        #[arg(long)]
        small_folder: PathBuf,
        /// The smaller database.
        #[arg(long)]
        small_postgres: String,
        #[command(flatten)]
        size: ratings::Size,
    },
    /// Measure how long events take to two hundred webhooks, of which some never answer.
    Webhooks {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        size: webhooks::Size,
    },
    /// Compare raising a request with pgbench and the same inserts.
    Pgbench {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        how: How,
    },
}

/// Which database.
#[derive(Args, Clone)]
struct At {
    /// Where keys, notes and the SQLite file are.
    #[arg(long)]
    folder: PathBuf,
    /// `postgres://…`, instead of SQLite.
    #[arg(long)]
    postgres: Option<String>,
}

/// How long and how often.
#[derive(Args, Clone, Copy)]
struct How {
    /// Measurements of each kind, in turn.
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    /// Seconds of one measurement, at most.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Requests of one measurement, at most.
    #[arg(long, default_value_t = 20_000)]
    count: u64,
}

impl How {
    fn limit(self) -> Limit {
        Limit {
            count: self.count,
            time: Duration::from_secs(self.seconds),
        }
    }
}

impl At {
    fn settings(&self) -> Settings {
        Settings {
            listen: ([127, 0, 0, 1], 0).into(),
            data_folder: self.folder.clone(),
            database_url: self.postgres.clone().unwrap_or_default(),
            database_wait_seconds: 60,
            // Tokens name it, and have to be the same for every start.
            public_url: "http://bench.example.se".into(),
            rate_limit_per_minute: std::num::NonZeroU32::MAX,
            ..Settings::default()
        }
    }
}

/// Ratios of two measurements that take turns, and which comes first alternates.
fn alternate(
    pairs: usize,
    mut ours: impl FnMut() -> Result<f64, Failure>,
    mut other: impl FnMut() -> Result<f64, Failure>,
) -> Result<Ratios, Failure> {
    // One round each to warm up.
    ours()?;
    other()?;
    let (mut rates, mut ratios) = (vec![], vec![]);
    for n in 0..pairs {
        let (ours, other) = if n % 2 == 0 {
            (ours()?, other()?)
        } else {
            let other = other()?;
            (ours()?, other)
        };
        rates.push(ours);
        ratios.push(ours / other);
    }
    rates.sort_by(f64::total_cmp);
    ratios.sort_by(f64::total_cmp);
    Ok(Ratios { rates, ratios })
}

/// Sorted.
struct Ratios {
    rates: Vec<f64>,
    ratios: Vec<f64>,
}

impl Ratios {
    fn print(&self, what: &str, floor: f64) {
        let [Some(least), Some(most)] = [self.ratios.first(), self.ratios.last()] else {
            return;
        };
        let median = self.ratios[self.ratios.len() / 2];
        let rate = self.rates[self.rates.len() / 2];
        let verdict = if median >= floor { "" } else { "  falls short" };
        println!("{what:<24} {rate:>7.0}/s   {median:.2} ({least:.2}–{most:.2})   at least {floor:.2}{verdict}");
    }
}

async fn seed(at: &At, wanted: u64) -> Result<(), Failure> {
    let running = api::start(at.settings()).await?;
    let (address, state) = (running.address, running.state.clone());
    let mut world = match World::read(&at.folder) {
        Ok(world) => world,
        Err(_) => {
            let state = state.clone();
            tokio::task::spawn_blocking(move || seed::registers(address, &state)).await??
        }
    };
    seed::requests(&state, &mut world, wanted).await?;
    world.write(&at.folder)?;
    running.handle.stop(true).await;
    drop(state);
    running.ended().await?;
    match &at.postgres {
        // What PostgreSQL does by itself before long, unless it was told not to: without statistics its plans are
        // guesses, and rows that are gone are still in the way.
        Some(url) => run_on(url, "vacuum analyze").await,
        None => Ok(()),
    }
}

async fn run_on(url: &str, statement: &'static str) -> Result<(), Failure> {
    let mut connection = PgConnection::connect(url).await?;
    connection.execute(statement).await?;
    Ok(connection.close().await?)
}

async fn ratios(at: &At, how: How, only: &[String]) -> Result<(), Failure> {
    let subject = Subject::start(at.settings(), World::read(&at.folder)?).await?;
    let bare = subject.bare().await?;
    for operation in subject.operations() {
        if !only.is_empty() && !only.iter().any(|name| *name == operation.name) {
            continue;
        }
        let (ours, theirs) = (operation.ours.clone(), operation.bare.clone());
        let (address, bare_address) = (subject.address(), bare.address);
        let result = tokio::task::spawn_blocking(move || {
            alternate(
                how.pairs,
                || load::measure(address, &ours, how.limit()),
                || load::measure(bare_address, &theirs, how.limit()),
            )
        })
        .await??;
        result.print(operation.name, operation.floor);
    }
    bare.stop().await;
    subject.stop().await
}

async fn growth(small: &At, large: &At, how: How) -> Result<(), Failure> {
    let small = Subject::start(small.settings(), World::read(&small.folder)?).await?;
    let large = Subject::start(large.settings(), World::read(&large.folder)?).await?;
    println!("{} requests beside {}", large.world.requests, small.world.requests);
    for (one, other) in large.operations().iter().zip(small.operations()) {
        if one.writes {
            continue;
        }
        let (ours, theirs) = (one.ours.clone(), other.ours.clone());
        let (address, small_address) = (large.address(), small.address());
        let result = tokio::task::spawn_blocking(move || {
            alternate(
                how.pairs,
                || load::measure(address, &ours, how.limit()),
                || load::measure(small_address, &theirs, how.limit()),
            )
        })
        .await??;
        // Within one and a half times.
        result.print(one.name, 1.0 / 1.5);
    }
    small.stop().await?;
    large.stop().await
}

async fn plans(at: &At) -> Result<(), Failure> {
    if let Ok(seeded) = agreements::Seeded::read(&at.folder) {
        return statements::explain(at, seeded).await;
    }
    let url = at.postgres.clone().ok_or("plans needs --postgres")?;
    let (recording, recorder) = operations::recording(at.settings()).await?;
    let questions = plans::questions(&recording.state, &World::read(&at.folder)?)?;
    plans::explain(&url, recording.address, &recorder, questions).await?;
    operations::stop(recording).await
}

async fn against_pgbench(at: &At, how: How) -> Result<(), Failure> {
    let url = at.postgres.clone().ok_or("pgbench needs --postgres")?;
    let subject = Subject::start(at.settings(), World::read(&at.folder)?).await?;
    let plan = subject.plans.get("create").ok_or("nothing was recorded")?;
    let file = at.folder.join("create.pgbench.sql");
    std::fs::write(&file, pgbench::script(plan)?)?;
    let create = subject
        .operations()
        .iter()
        .find(|o| o.name == "create")
        .ok_or("no create")?;
    let (address, requests, target) = (subject.address(), create.ours.clone(), url.clone());
    let result = tokio::task::spawn_blocking(move || {
        alternate(
            how.pairs,
            || load::measure(address, &requests, how.limit()),
            || pgbench::measure(&target, &file, how.seconds),
        )
    })
    .await??;
    result.print("create beside pgbench", 0.5);
    subject.stop().await?;
    // What pgbench wrote into the inbox is no event, and would be in the way of whoever reads the log.
    run_on(&url, "delete from event_inbox").await
}

#[actix_web::main]
async fn main() -> Result<(), Failure> {
    let bench = Bench::parse();
    // Log lines are part of what is measured; they go to standard error.
    api::program::start_logging(&Settings::default());
    match &bench.command {
        Command::Seed { at, requests } => seed(at, *requests).await,
        Command::Ratios { at, how, only } => ratios(at, *how, only).await,
        Command::Growth {
            at,
            large_folder,
            large_postgres,
            how,
        } => {
            let large = At {
                folder: large_folder.clone(),
                postgres: large_postgres.clone(),
            };
            growth(at, &large, *how).await
        }
        Command::Plans { at } => plans(at).await,
        Command::Measurements { at, lines } => measurements::measure(at, *lines).await,
        Command::SeedAgreements { at, size } => agreements::seed(at, *size).await,
        Command::Statements {
            at,
            small_folder,
            small_postgres,
        } => {
            let small = small_folder.clone().map(|folder| At {
                folder,
                postgres: small_postgres.clone(),
            });
            statements::measure(at, small.as_ref()).await
        }
        Command::Ratings {
            at,
            small_folder,
            small_postgres,
            size,
        } => {
            let small = At {
                folder: small_folder.clone(),
                postgres: Some(small_postgres.clone()),
            };
            ratings::measure(at, &small, *size).await
        }
        Command::Webhooks { at, size } => webhooks::measure(at, *size).await,
        Command::Pgbench { at, how } => against_pgbench(at, *how).await,
    }
}
