//! The command line. Faults of the surroundings (a taken port, an unwritable folder, a newer database) are one clear
//! line and exit code 2.
use std::{path::PathBuf, process::ExitCode};

use chrono::Duration;
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::{
    access::{ClientScope, Scope},
    clients::{Client, ClientInput},
    events::{Actor, ActorKind, Link},
    vocabulary::*,
};
use persistence::{Paging, UnitOfWork, clients, events::Verdict, store::Origin};
use serde_json::{Map, Value, json};

use super::{Settings, SettingsError, Sources, start_logging, until_stopped};
use crate::{
    StartError, State, demo,
    http::{document, reply::random_secret},
    identity::Kind,
    rooms, server,
};

/// The system of record of an IT organisation's Customer Management function.
#[derive(Parser)]
#[command(name = "kundansvar", version, about)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Args)]
struct Flags {
    /// Settings file (TOML); also KUNDANSVAR_CONFIG.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// Address and port to listen on.
    #[arg(long, global = true)]
    listen: Option<String>,
    /// Where the embedded database and the signing keys are kept.
    #[arg(long, global = true)]
    data_folder: Option<String>,
    /// sqlite://… or postgres://….
    #[arg(long, global = true)]
    database_url: Option<String>,
    /// Any other setting, as key=value.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Fill a fresh embedded database and play desk, team, customer and portfolio over HTTP; then keep running.
    Demo {
        /// Stop after the play instead of keeping the service running.
        #[arg(long)]
        once: bool,
    },
    /// Run the service.
    Serve {
        /// Fill an empty database with the demo data first.
        #[arg(long)]
        demo: bool,
    },
    /// Bring the database schema up to this program's.
    Migrate,
    /// Print the OpenAPI document.
    Openapi,
    /// Credentials of other systems.
    #[command(subcommand)]
    Client(ClientCommand),
    /// Print an access token for a person, a contact, an administrator or an auditor.
    Token(TokenArgs),
    /// The event log.
    #[command(subcommand)]
    Events(EventsCommand),
    /// Print the effective settings and where each comes from.
    Config,
    /// Ask a running service whether it is ready.
    Health,
    /// Run one mapping of a connection: the service's own child.
    #[command(hide = true)]
    Map,
}

#[derive(Subcommand)]
enum ClientCommand {
    /// Make a client and print its secret, this once.
    Create {
        /// Unique name.
        #[arg(long)]
        name: String,
        /// A scope; repeat for several.
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
        /// A system whose references it may write; repeat for several.
        #[arg(long = "system")]
        systems: Vec<String>,
        /// The id of a customer it is limited to; repeat for several.
        #[arg(long = "customer")]
        customers: Vec<String>,
    },
    /// List the clients.
    List,
    /// Give a client a new secret; the old one works on for the overlap.
    Rotate { id: String },
    /// Take everything back.
    Revoke { id: String },
}

#[derive(Subcommand)]
enum EventsCommand {
    /// Check the whole chain; with a head that was kept outside also for a cut tail or a log written anew.
    Verify {
        /// As `position:link`, from GET /event-head.
        #[arg(long)]
        head: Option<String>,
    },
}

#[derive(Args)]
struct TokenArgs {
    /// For whom.
    #[arg(value_enum)]
    kind: TokenKind,
    /// Id, e-mail address or name of the person or contact; id or name of the client; any name for an administrator or
    /// auditor.
    #[arg(required_if_eq_any = [("kind", "administrator"), ("kind", "auditor"), ("kind", "person"), ("kind", "contact"), ("kind", "client")])]
    subject: Option<String>,
    /// Hours for which it is valid.
    #[arg(long, default_value_t = 12)]
    hours: u32,
}

#[derive(Clone, Copy, ValueEnum)]
enum TokenKind {
    Administrator,
    Auditor,
    Person,
    Contact,
    /// A client, with all of its scopes.
    Client,
    /// One of each kind from the demo data, as JSON.
    All,
}

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("{0}")]
    Settings(#[from] SettingsError),
    #[error("{0}")]
    Start(#[from] StartError),
    #[error("{0}")]
    Store(#[from] persistence::Error),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    #[error("{0}")]
    Demo(#[from] demo::DemoError),
    #[error("{0}")]
    Wrong(String),
}

impl CommandError {
    fn wrong(what: &str, e: impl std::fmt::Display) -> Self {
        Self::Wrong(format!("{what}: {e}"))
    }
}

/// Runs the program.
pub fn run() -> ExitCode {
    let line = CommandLine::parse();
    if let Command::Map = line.command {
        return crate::mapping::child::run();
    }
    crate::choose_tls();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            eprintln!("kundansvar: {e}");
            return ExitCode::from(2);
        }
    };
    match runtime.block_on(done(line)) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("kundansvar: {e}");
            ExitCode::from(2)
        }
    }
}

async fn done(line: CommandLine) -> Result<ExitCode, CommandError> {
    if let Command::Openapi = line.command {
        println!("{}", serde_json::to_string_pretty(&document::committed()?)?);
        return Ok(ExitCode::SUCCESS);
    }
    let file = line
        .flags
        .config
        .clone()
        .or_else(|| std::env::var_os("KUNDANSVAR_CONFIG").map(Into::into));
    let (settings, sources) = Settings::read(file.as_deref(), given(&line.flags)?)?;
    match line.command {
        Command::Openapi | Command::Map => {}
        Command::Config => print_settings(&settings, &sources)?,
        Command::Health => return Ok(healthy(&settings).await),
        Command::Migrate => {
            server::open(settings).await?;
            println!("The database is up to date.");
        }
        Command::Serve { demo } => serve(settings, demo).await?,
        Command::Demo { once } => demo::play(settings, once).await?,
        Command::Token(args) => println!("{}", token(&server::open(settings).await?, &args).await?),
        Command::Client(command) => client(&server::open(settings).await?, command).await?,
        Command::Events(EventsCommand::Verify { head }) => return verify(&server::open(settings).await?, head).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// The flags as settings.
fn given(flags: &Flags) -> Result<Value, CommandError> {
    let mut given = Map::new();
    let known = [
        ("listen", &flags.listen),
        ("data_folder", &flags.data_folder),
        ("database_url", &flags.database_url),
    ];
    for (key, value) in known {
        if let Some(value) = value {
            given.insert(key.into(), value.clone().into());
        }
    }
    for pair in &flags.set {
        let (key, text) = pair
            .split_once('=')
            .ok_or_else(|| CommandError::wrong("--set", "write key=value"))?;
        given.insert(key.into(), serde_json::from_str(text).unwrap_or_else(|_| text.into()));
    }
    Ok(given.into())
}

fn print_settings(settings: &Settings, sources: &Sources) -> Result<(), CommandError> {
    let Value::Object(all) = serde_json::to_value(settings)? else {
        return Ok(());
    };
    for (key, value) in all {
        let text = value.as_str().unwrap_or_default();
        let value = match key.as_str() {
            "database_url" => without_password(text).into(),
            "nats_url" => without_user(text).into(),
            "signing_service_token" if !text.is_empty() => "…".into(),
            _ => value,
        };
        println!("{key} = {value}  # {}", sources.of(&key));
    }
    Ok(())
}

/// A broker's address without its user, which may be a token.
fn without_user(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 < at => format!("{}…{}", &url[..scheme + 3], &url[at..]),
        _ => url.to_owned(),
    }
}

/// A database address without what must not be shown.
fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 < at => {
            let user = url[scheme + 3..at].split(':').next().unwrap_or_default();
            format!("{}{user}:…{}", &url[..scheme + 3], &url[at..])
        }
        _ => url.into(),
    }
}

async fn healthy(settings: &Settings) -> ExitCode {
    let mut address = settings.listen;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    match reqwest::get(format!("http://{address}/health/ready")).await {
        Ok(reply) if reply.status().is_success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

async fn serve(settings: Settings, fill: bool) -> Result<(), CommandError> {
    let began = std::time::Instant::now();
    let mut settings = settings;
    start_logging(&settings);
    let listener = server::bind(&mut settings)?;
    let state = server::open(settings).await?;
    if fill && demo::is_empty(&state).await? {
        demo::fill(&state).await?;
    }
    let running = server::run(listener, state)?;
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(address = %running.address, milliseconds, "listening");
    Ok(until_stopped(running).await?)
}

/// Who acts at the command line, as events name them.
const OPERATOR: &str = "command-line";

/// The command line acts in its own name.
fn origin(state: &State) -> Origin {
    let now = state.clock.now();
    Origin {
        actor: Actor {
            kind: ActorKind::Operator,
            id: OPERATOR.into(),
            acting_for: None,
        },
        request_id: uuid::Uuid::now_v7().to_string(),
        now,
        today: state.settings.local_date(now),
    }
}

async fn token(state: &State, args: &TokenArgs) -> Result<String, CommandError> {
    let reader = state.db.reader();
    let lifetime = Duration::hours(args.hours.into());
    let text = args.subject.as_deref().unwrap_or_default();
    let now = state.clock.now();
    let (kind, subject) = match args.kind {
        TokenKind::All => {
            let all = demo::all_tokens(state, lifetime).await?;
            let all: Map<String, Value> = all.into_iter().map(|(name, t)| (name.into(), t.into())).collect();
            return Ok(serde_json::to_string_pretty(&all)?);
        }
        TokenKind::Administrator => (Kind::Administrator, text.to_owned()),
        TokenKind::Auditor => (Kind::Auditor, text.to_owned()),
        TokenKind::Person => (Kind::Person, only(text, clients::find_persons(&reader, text).await?)?),
        TokenKind::Contact => (Kind::Contact, only(text, clients::find_contacts(&reader, text).await?)?),
        TokenKind::Client => {
            let client = client_named(state, text).await?;
            return Ok(state.tokens.issue_to(&client, lifetime, now)?);
        }
    };
    Ok(state.tokens.issue(kind, &subject, String::new(), lifetime, now)?)
}

/// The one that was found.
fn only(text: &str, found: Vec<impl ToString>) -> Result<String, CommandError> {
    match found.as_slice() {
        [one] => Ok(one.to_string()),
        [] => Err(CommandError::Wrong(format!("nobody is known as {text}"))),
        _ => Err(CommandError::Wrong(format!(
            "several are known as {text}; name one by id or e-mail address"
        ))),
    }
}

/// A client by its id or its name.
async fn client_named(state: &State, text: &str) -> Result<Client, CommandError> {
    let reader = state.db.reader();
    let found = match (text.parse::<ClientId>(), text.parse::<Name>()) {
        (Ok(id), _) => clients::get(&reader, id).await,
        (_, Ok(name)) => clients::by_name(&reader, &name).await,
        _ => Err(persistence::Error::NotFound),
    };
    found.map_err(|e| match e {
        persistence::Error::NotFound => CommandError::Wrong(format!("there is no client {text}")),
        other => other.into(),
    })
}

fn parsed<T: std::str::FromStr>(what: &str, texts: &[String]) -> Result<Vec<T>, CommandError>
where
    T::Err: std::fmt::Display,
{
    texts
        .iter()
        .map(|text| {
            text.parse()
                .map_err(|e| CommandError::wrong(&format!("{what} {text}"), e))
        })
        .collect()
}

async fn client(state: &State, command: ClientCommand) -> Result<(), CommandError> {
    let secret = random_secret();
    let told = |client: &Client| println!("{}", json!({"clientId": client.id, "clientSecret": secret}));
    match command {
        ClientCommand::Create {
            name,
            scopes,
            systems,
            customers,
        } => {
            let customers = parsed::<CustomerId>("customer", &customers)?;
            let input = ClientInput {
                name: name.parse().map_err(|e| CommandError::wrong("name", e))?,
                scopes: parsed::<ClientScope>("scope", &scopes)?,
                systems: parsed("system", &systems)?,
                customers: (!customers.is_empty()).then_some(customers),
            };
            let scope = Scope::unlimited(OPERATOR);
            let client = state
                .db
                .write(&origin(state), async |unit: &mut UnitOfWork| {
                    rooms::clients::register(&scope, unit, input.clone(), &secret).await
                })
                .await?;
            told(&client);
        }
        ClientCommand::List => {
            let mut paging = Paging::first(200);
            loop {
                let page = clients::list(&state.db.reader(), &paging).await?;
                for client in &page.items {
                    println!("{}", serde_json::to_string(client)?);
                }
                let Some(next) = page.next else { break };
                paging.after = Some(next);
            }
        }
        ClientCommand::Rotate { id } => {
            let overlap = Duration::hours(state.settings.secret_overlap_hours.into());
            let digest = domain::clients::digest(&secret);
            let now = state.clock.now();
            let client = change(state, &id, "secret_rotated", |c| c.rotate(digest.clone(), overlap, now)).await?;
            told(&client);
        }
        ClientCommand::Revoke { id } => {
            let now = state.clock.now();
            let client = change(state, &id, "revoked", |client| client.revoke(now)).await?;
            println!("{}", serde_json::to_string(&client)?);
        }
    }
    Ok(())
}

async fn change(
    state: &State,
    id: &str,
    act: &str,
    how: impl Fn(Client) -> Result<Client, domain::Rule>,
) -> Result<Client, CommandError> {
    let id = client_named(state, id).await?.id;
    let changed = state
        .db
        .write(&origin(state), async |unit: &mut UnitOfWork| {
            let before = clients::load(unit, id).await?;
            let after = how(before.clone())?;
            clients::update(unit, act, &before, &after).await?;
            Ok::<_, persistence::Error>(after)
        })
        .await?;
    Ok(changed)
}

async fn verify(state: &State, head: Option<String>) -> Result<ExitCode, CommandError> {
    let kept = match head {
        None => None,
        Some(text) => {
            let fault = || CommandError::wrong("--head", "write position:link, as GET /event-head tells them");
            let (position, link) = text.split_once(':').ok_or_else(fault)?;
            let position: i64 = position.parse().map_err(|_| fault())?;
            Some((position, link.parse::<Link>().map_err(|_| fault())?))
        }
    };
    match persistence::events::verify(&state.db, kept).await? {
        Verdict::Sound { position, link } => {
            println!("sound: {position} events, head {position}:{link}");
            Ok(ExitCode::SUCCESS)
        }
        Verdict::Broken { position, finding } => {
            println!("broken at position {position}: {finding}");
            Ok(ExitCode::FAILURE)
        }
    }
}
