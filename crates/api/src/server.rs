//! The service: what every handler can reach, and the running server.
use std::{
    net::{SocketAddr, TcpListener},
    num::NonZeroU32,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpServer,
    dev::ServerHandle,
    http::{
        Method,
        header::{self, HeaderMap},
    },
    middleware::{Compress, from_fn},
    web,
};
use chrono::{DateTime, SubsecRound, Utc};
use domain::{
    access::Caller,
    agreements::SignedIn,
    events::{Actor, ActorKind},
};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};
use persistence::{
    Db,
    service_levels::{self, LocalTime},
    store::Origin,
    webhooks,
};
use tokio::sync::Notify;

use crate::{
    broker, delivering,
    http::{
        Contract, Problem, Routes, contract::ContractError, frame::frame, gate::gate, looks::Looks, operations::BASE,
    },
    identity::{self, KeyError, Keys, LinkKey, Tokens},
    listening::{self, Head},
    mailing::{self, Post, Unsendable},
    mapping::Mapper,
    program::Settings,
    rooms, signing,
};

/// The clock, cut to the microseconds that both databases keep. Tests move it.
#[derive(Debug, Default)]
pub struct Clock {
    ahead: AtomicI64,
}

impl Clock {
    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        #[allow(clippy::disallowed_methods, reason = "the one place where time comes in")]
        let now = Utc::now() + chrono::Duration::seconds(self.ahead.load(Ordering::Relaxed));
        now.trunc_subsecs(6)
    }

    /// Moves the clock on.
    pub fn advance(&self, by: chrono::Duration) {
        self.ahead.fetch_add(by.num_seconds(), Ordering::Relaxed);
    }
}

/// What every handler can reach.
pub struct State {
    pub settings: Settings,
    pub db: Db,
    pub clock: Clock,
    pub tokens: Tokens,
    /// What links in invitations are made with.
    pub links: LinkKey,
    /// What every request is held to.
    pub contract: &'static Contract,
    pub limits: Limits,
    /// Told when there is work for the background.
    pub work: Notify,
    /// Where the log ends, for those who listen to it.
    pub head: Head,
    /// Runs the mappings of connections.
    pub mapper: Mapper,
    /// Which reads are on record already.
    pub looks: Looks,
}

impl State {
    /// For what the house does itself now.
    pub fn housekeeping(&self) -> Origin {
        let now = self.clock.now();
        Origin {
            actor: Actor {
                kind: ActorKind::Operator,
                id: "housekeeping".into(),
                acting_for: None,
            },
            request_id: uuid::Uuid::now_v7().to_string(),
            now,
            today: self.settings.local_date(now),
        }
    }

    /// The organisation's clock.
    pub fn local_time(&self) -> LocalTime {
        LocalTime {
            zone: self.settings.time_zone,
            now: self.clock.now(),
        }
    }

    /// Who calls, by the bearer token, and how they had signed in.
    pub async fn identify(&self, headers: &HeaderMap) -> Result<(Caller, SignedIn), Problem> {
        let sent = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let token = sent
            .and_then(|v| v.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(Problem::Unauthenticated("No bearer token was sent."))?;
        let now = self.clock.now();
        self.tokens
            .caller(token, &self.db, now, self.settings.local_date(now))
            .await
    }
}

/// How often a caller may call.
pub struct Limits {
    per_minute: NonZeroU32,
    limiter: RateLimiter<u64, DefaultKeyedStateStore<u64>, DefaultClock, StateInformationMiddleware>,
}

/// What is left of a caller's limit, as headers say it.
pub struct Limit {
    /// Seconds to wait, where the limit is used up.
    pub exceeded: Option<u64>,
    /// Value of `RateLimit`.
    pub left: String,
    /// Value of `RateLimit-Policy`.
    pub policy: String,
}

impl Limits {
    fn new(per_minute: NonZeroU32) -> Self {
        let limiter: DefaultKeyedRateLimiter<u64> = RateLimiter::keyed(Quota::per_minute(per_minute));
        Self {
            per_minute,
            limiter: limiter.with_middleware(),
        }
    }

    /// Takes one from the limit of a caller or an address.
    pub fn take(&self, whom: &str) -> Limit {
        use std::hash::BuildHasher;
        static SEED: std::sync::LazyLock<std::hash::RandomState> = std::sync::LazyLock::new(Default::default);
        let policy = format!("\"default\";q={};w=60", self.per_minute);
        match self.limiter.check_key(&SEED.hash_one(whom)) {
            Ok(snapshot) => {
                let left = format!("\"default\";r={};t=60", snapshot.remaining_burst_capacity());
                Limit {
                    exceeded: None,
                    left,
                    policy,
                }
            }
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
                Limit {
                    exceeded: Some(wait),
                    left: format!("\"default\";r=0;t={wait}"),
                    policy,
                }
            }
        }
    }
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot make the data folder {folder}: {source}")]
    Folder { folder: String, source: std::io::Error },
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("the database: {0}")]
    Database(#[from] persistence::Error),
    #[error("the path of this program: {0}")]
    Program(std::io::Error),
    #[error("cannot listen on {address}: {source}")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error(transparent)]
    Contract(#[from] ContractError),
    #[error(transparent)]
    Mail(#[from] Unsendable),
}

/// A running service.
pub struct Running {
    pub address: SocketAddr,
    pub state: web::Data<State>,
    pub handle: ServerHandle,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
    /// What goes on beside the answering of calls.
    rounds: Vec<tokio::task::JoinHandle<()>>,
}

impl Running {
    /// Waits until the server has ended, then closes the database.
    pub async fn ended(self) -> std::io::Result<()> {
        let done = self.task.await.map_err(std::io::Error::other)?;
        self.rounds.iter().for_each(tokio::task::JoinHandle::abort);
        self.state.db.clone().close().await.map_err(std::io::Error::other)?;
        done
    }
}

/// One provider for all in the program that speaks TLS; a second time it is there already.
pub fn choose_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// What the command line and the server share: data folder, keys, database with its schema, and the document.
pub async fn open(settings: Settings) -> Result<State, StartError> {
    choose_tls();
    make_private(&settings.data_folder)?;
    let keys = Keys::open(&settings.key_folder())?;
    let links = LinkKey::open(&settings.key_folder())?;
    let db = Db::connect(&settings.database()).await?;
    db.migrate().await?;
    Ok(State {
        tokens: Tokens::new(keys, settings.public_origin()),
        links,
        contract: Contract::get()?,
        limits: Limits::new(settings.rate_limit_per_minute),
        clock: Clock::default(),
        work: Notify::new(),
        head: Head::default(),
        mapper: Mapper::new(settings.mapping_program.clone()).map_err(StartError::Program)?,
        looks: Looks::default(),
        db,
        settings,
    })
}

/// Makes a folder that nobody else can read: it holds personal data and keys. One that is there stays as it is.
fn make_private(folder: &std::path::Path) -> Result<(), StartError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| StartError::Folder {
        folder: folder.display().to_string(),
        source,
    })
}

/// Starts the service.
pub async fn start(mut settings: Settings) -> Result<Running, StartError> {
    let listener = bind(&mut settings)?;
    let state = open(settings).await?;
    run(listener, state)
}

/// Takes the address, and notes which port it became. Callers that come early wait until the service runs.
pub fn bind(settings: &mut Settings) -> Result<TcpListener, StartError> {
    let address = settings.listen;
    let listener = TcpListener::bind(address).map_err(|source| StartError::Listen { address, source })?;
    settings.listen = listener
        .local_addr()
        .map_err(|source| StartError::Listen { address, source })?;
    Ok(listener)
}

/// Runs the service on what was bound and opened.
pub fn run(listener: TcpListener, state: State) -> Result<Running, StartError> {
    let state = web::Data::new(state);
    let address = state.settings.listen;
    let post = state
        .settings
        .mail_server()
        .map(|server| Post::of(&server))
        .transpose()?;
    let shared = state.clone();
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 8));
    let server = HttpServer::new(move || {
        let state = shared.clone();
        App::new()
            .service(web::scope(BASE).configure(|config| rooms::all(&mut Routes::Served(config))))
            .app_data(state.clone())
            .configure(identity::oauth::routes)
            .configure(rooms::connections::door::route)
            .configure(rooms::surveys::door::route)
            .configure(rooms::overviews::door::route)
            .configure(rooms::date_feeds::door::route)
            .configure(rooms::about::pages)
            .default_service(web::to(missed))
            .wrap(from_fn(gate))
            .wrap(Compress::default())
            .wrap(cors(&state.settings))
            .wrap(from_fn(frame))
    })
    .workers(workers)
    .disable_signals()
    .client_request_timeout(Duration::from_secs(10))
    .shutdown_timeout(20)
    .listen(listener)
    .map_err(|source| StartError::Listen { address, source })?
    .run();
    let handle = server.handle();
    let sending = state.settings.signing_service();
    let sending = sending.map(|service| tokio::spawn(signing::keep_sending(state.clone(), service)));
    let mailing = post.map(|post| tokio::spawn(mailing::keep_sending(state.clone(), post)));
    let publishing = state.settings.broker();
    let publishing = publishing.map(|broker| tokio::spawn(broker::keep_publishing(state.clone(), broker)));
    let rounds = [
        tokio::spawn(keep_house(state.clone())),
        tokio::spawn(work_off(state.clone())),
        tokio::spawn(listening::watch_log(state.clone())),
        tokio::spawn(keep_deadlines(state.clone())),
        tokio::spawn(delivering::keep_delivering(state.clone())),
    ]
    .into_iter()
    .chain(sending)
    .chain(mailing)
    .chain(publishing)
    .collect();
    Ok(Running {
        address,
        state,
        handle,
        task: tokio::spawn(server),
        rounds,
    })
}

/// Runs over many statements, as soon as one is begun; what an ended program left, at once. Another program's runs are
/// helped with within the minute.
async fn work_off(state: web::Data<State>) {
    const AT_LEAST_EVERY: Duration = Duration::from_secs(60);
    loop {
        if let Err(e) = service_levels::go_on(&state.db, || state.local_time()).await {
            tracing::warn!(error = %e, "a run over statements stopped; it goes on within the minute");
        }
        let _ = tokio::time::timeout(AT_LEAST_EVERY, state.work.notified()).await;
    }
}

/// Once an hour, what nobody needs any more is removed: answers past their time, callers that have gone quiet.
async fn keep_house(state: web::Data<State>) {
    let mut hourly = tokio::time::interval(Duration::from_secs(3600));
    loop {
        hourly.tick().await;
        state.limits.limiter.retain_recent();
        if let Err(e) = state.db.forget_old_answers(state.clock.now()).await {
            tracing::warn!(error = %e, "old answers could not be removed; the next hour tries again");
        }
        if let Err(e) = state.db.index_similar(&state.housekeeping()).await {
            tracing::warn!(error = %e, "older requests are not yet found as similar; the next hour tries again");
        }
        if let Err(e) = webhooks::forget(&state.db, state.clock.now()).await {
            tracing::warn!(error = %e, "old deliveries could not be removed; the next hour tries again");
        }
        if let Err(e) = state.db.forget_received_documents(state.clock.now()).await {
            tracing::warn!(error = %e, "old received documents could not be removed; the next hour tries again");
        }
        if let Err(e) = state.db.keep_rounds(&state.housekeeping()).await {
            tracing::warn!(error = %e, "rounds of surveys that are over were not closed; the next hour tries again");
        }
        if let Err(e) = state.db.queue_reminders(&state.housekeeping()).await {
            tracing::warn!(error = %e, "reminders whose day has come are not in line; the next hour tries again");
        }
        let zone = state.settings.time_zone;
        if let Err(e) = state.db.keep_meeting_series(&state.housekeeping(), zone).await {
            tracing::warn!(error = %e, "meetings of series were not made ahead; the next hour tries again");
        }
        if let Err(e) = look_after_measurements(&state).await {
            tracing::warn!(error = %e, "measurements could not be looked after; the next hour tries again");
        }
    }
}

/// Once a minute, what has become overdue is told.
async fn keep_deadlines(state: web::Data<State>) {
    let mut rounds = tokio::time::interval(Duration::from_secs(60));
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        if let Err(e) = state.db.escalate_overdue_complaints(&state.housekeeping()).await {
            tracing::warn!(error = %e, "overdue complaints were not escalated; the next minute tries again");
        }
    }
}

/// What was left over: evidence that waits for what is known by now, batches whose senders fell silent, and statements of
/// periods that have begun.
async fn look_after_measurements(state: &State) -> Result<(), persistence::Error> {
    let origin = state.housekeeping();
    state.db.match_left_over(&origin).await?;
    state.db.tell_of_silent_batches(&origin).await?;
    keep_figures(state).await?;
    service_levels::open_running(&state.db, &origin).await
}

/// Draws the figures of satisfaction that are fixed by now. It lies an hour behind, so that what was taken in just before
/// midnight is stored when its month is fixed.
pub async fn keep_figures(state: &State) -> Result<(), persistence::Error> {
    let origin = state.housekeeping();
    let origin = Origin {
        today: state.settings.local_date(origin.now - chrono::Duration::hours(1)),
        ..origin
    };
    state.db.keep_figures(&origin, state.settings.threshold()).await
}

/// Which pages of other origins may call.
fn cors(settings: &Settings) -> actix_cors::Cors {
    let mut cors = actix_cors::Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"])
        .allowed_headers([
            "authorization",
            "content-type",
            "if-match",
            "if-none-match",
            "idempotency-key",
            "traceparent",
            "x-request-id",
        ])
        .expose_headers([
            "etag",
            "link",
            "location",
            "x-request-id",
            "traceparent",
            "ratelimit",
            "ratelimit-policy",
            "retry-after",
        ])
        .max_age(3600);
    for origin in &settings.cors_origins {
        cors = cors.allowed_origin(origin);
    }
    cors
}

/// What no route answered: the method is wrong, or nothing is there.
async fn missed(state: web::Data<State>, request: HttpRequest) -> Result<actix_web::HttpResponse, Problem> {
    match state.contract.operations.at(request.match_info().as_str()) {
        Some(route) if request.method() == Method::OPTIONS => Ok(actix_web::HttpResponse::NoContent()
            .insert_header((header::ALLOW, route.allow.as_str()))
            .finish()),
        Some(route) => Err(Problem::MethodNotAllowed {
            allow: route.allow.clone(),
        }),
        None => Err(Problem::NotFound),
    }
}
