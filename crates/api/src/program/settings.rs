//! The settings: defaults, a TOML file, `KUNDANSVAR_…` variables and flags, in that order. A key that nobody knows stops
//! the start, with the nearest one that is known.
use std::{
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, NaiveDate, Utc};
use domain::{access::OtherCustomers, relation::RelationWeights, satisfaction::Threshold};
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::delivering::Networks;

/// Prefix of the variables.
const PREFIX: &str = "KUNDANSVAR_";
/// Variables with the prefix that are no settings: the file's own name.
const NOT_SETTINGS: [&str; 1] = ["config"];

/// Everything that can be set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Where the embedded database and the signing keys are kept.
    pub data_folder: PathBuf,
    /// `sqlite://…` or `postgres://…`; empty: an SQLite file in the data folder.
    pub database_url: String,
    /// At most this many connections to the database.
    pub database_connections: u32,
    /// Seconds that a request waits for the database before it is answered with 503.
    pub database_wait_seconds: u64,
    /// Address under which callers reach the service; empty: `http://` and the listening address.
    pub public_url: String,
    /// Name of the IT organisation, as documents name it; empty: `IT-organisationen`, `The IT organisation`.
    pub organisation: String,
    /// Time zone of the organisation, by its IANA name.
    pub time_zone: chrono_tz::Tz,
    /// Requests a minute that one caller may make.
    pub rate_limit_per_minute: NonZeroU32,
    /// Networks of proxies whose word about where a request comes from is believed (X-Forwarded-For).
    pub trusted_proxies: Vec<IpNet>,
    /// The program whose children run mappings; none: this one. For tests, whose own program is another.
    #[serde(skip)]
    pub mapping_program: Option<PathBuf>,
    /// Origins whose pages may call.
    pub cors_origins: Vec<String>,
    /// What persons may read of customers that are not their teams': `all`, `same_legal_entity`, `none`.
    pub other_customers: OtherCustomers,
    /// Days within which a complaint is to be answered, unless its intake says otherwise.
    pub complaint_due_days: u32,
    /// Name of the service calendar whose open days those are; empty: days of the almanac.
    pub complaint_calendar: String,
    /// Days within which a request is sorted, scored, and a refusal of it handled.
    pub sorting_days: u32,
    /// Days within which a destination decides.
    pub decision_days: u32,
    /// Days within which who complained may reopen an answered complaint.
    pub complaint_reopen_days: u32,
    /// Hours for which a rotated client secret works on beside the new one.
    pub secret_overlap_hours: u32,
    /// How many answers a figure of satisfaction rests on at least; fewer are withheld. 3 or more.
    pub fewest_answers: u32,
    /// What speaks against a customer counts for so much where all are ranked.
    pub relation_weights: RelationWeights,
    /// The server that mail is sent by, `smtps://user:password@host`, `smtp://host?tls=required` or, on the same machine only,
    /// `smtp://host:25`; empty: none is sent.
    pub mail_server_url: String,
    /// Whom mail comes from, as `Kundansvar <kundansvar@kommun.se>`; mail that comes back goes there.
    pub mail_from: String,
    /// Seconds that the mail server may take for a mail; at most 240, for then another instance may send it.
    pub mail_timeout_seconds: u16,
    /// Where orders to have an agreement signed are sent; empty: none can be.
    pub signing_service_url: String,
    /// The bearer token that they are sent with; empty: without one.
    pub signing_service_token: String,
    /// Networks that webhooks may go to beside the public ones, also by plain http, as `10.1.0.0/16`.
    pub webhook_allowed_networks: Vec<IpNet>,
    /// Seconds that a webhook's destination may take to answer.
    pub webhook_timeout_seconds: u16,
    /// The NATS server that events are published to, `nats://…` or `tls://…`; empty: none.
    pub nats_url: String,
    /// The JetStream stream that takes them.
    pub nats_stream: String,
    /// What is logged, as `tracing` filters say it.
    pub log: String,
    /// `text`, `json`, or `auto`: text on a terminal, else JSON.
    pub log_format: LogFormat,
}

/// The one place where agreements are signed outside.
#[derive(Clone)]
pub struct SigningService {
    /// Where orders are sent.
    pub url: String,
    /// With this token; empty: without one.
    pub token: String,
}

/// What sends mail.
#[derive(Clone)]
pub struct MailServer {
    /// Where it is, with user and password where it wants them.
    pub url: String,
    /// Whom mail comes from.
    pub from: String,
    /// How long it may take for a mail.
    pub patience: Duration,
}

/// Where events are published.
#[derive(Clone)]
pub struct Broker {
    /// The server.
    pub url: String,
    /// The stream.
    pub stream: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data_folder: "kundansvar-data".into(),
            database_url: String::new(),
            database_connections: 10,
            database_wait_seconds: 3,
            public_url: String::new(),
            organisation: String::new(),
            time_zone: chrono_tz::Europe::Stockholm,
            rate_limit_per_minute: NonZeroU32::MIN.saturating_add(1199),
            trusted_proxies: vec![],
            mapping_program: None,
            cors_origins: vec![],
            other_customers: OtherCustomers::All,
            complaint_due_days: 14,
            complaint_calendar: String::new(),
            sorting_days: 5,
            decision_days: 30,
            complaint_reopen_days: 14,
            secret_overlap_hours: 24,
            fewest_answers: 5,
            relation_weights: RelationWeights::default(),
            mail_server_url: String::new(),
            mail_from: String::new(),
            mail_timeout_seconds: 60,
            signing_service_url: String::new(),
            signing_service_token: String::new(),
            webhook_allowed_networks: vec![],
            webhook_timeout_seconds: 10,
            nats_url: String::new(),
            nats_stream: "KUNDANSVAR".into(),
            log: "info,actix_server=warn,sea_orm_migration=warn,sqlx=warn".into(),
            log_format: LogFormat::Auto,
        }
    }
}

/// A setting that cannot be used, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(String);

/// Where each setting came from.
pub struct Sources(Figment);

impl Settings {
    /// Reads them all; `flags` are those given on the command line.
    pub fn read(file: Option<&Path>, flags: Value) -> Result<(Self, Sources), SettingsError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(SettingsError(format!("there is no settings file {}", file.display())));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        figment = figment
            .merge(Env::prefixed(PREFIX).ignore(&NOT_SETTINGS))
            .merge(Serialized::from(flags, figment::Profile::Default));
        let settings: Self = figment.extract().map_err(|e| SettingsError(told(e)))?;
        let url = &settings.signing_service_url;
        if !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://") {
            let detail = "the setting signing_service_url is not usable: it begins with https:// or http://";
            return Err(SettingsError(detail.into()));
        }
        if !settings.nats_url.is_empty()
            && !["nats://", "tls://"]
                .iter()
                .any(|scheme| settings.nats_url.starts_with(scheme))
        {
            let detail = "the setting nats_url is not usable: it begins with nats:// or tls://";
            return Err(SettingsError(detail.into()));
        }
        if settings.fewest_answers < 3 {
            let detail = "the setting fewest_answers is not usable: it is 3 or more";
            return Err(SettingsError(detail.into()));
        }
        if !settings.relation_weights.are_bounded() {
            let detail = "the setting relation_weights is not usable: each weight is 0 to 100";
            return Err(SettingsError(detail.into()));
        }
        Ok((settings, Sources(figment)))
    }

    /// How the database is reached.
    pub fn database(&self) -> persistence::store::Settings {
        let url = match self.database_url.is_empty() {
            true => format!("sqlite://{}", self.data_folder.join("kundansvar.db").display()),
            false => self.database_url.clone(),
        };
        let wait = Duration::from_secs(self.database_wait_seconds);
        persistence::store::Settings {
            url,
            connections: self.database_connections,
            wait,
        }
    }

    /// How few answers are withheld.
    pub fn threshold(&self) -> Threshold {
        Threshold::new(self.fewest_answers).unwrap_or(Threshold::USUAL)
    }

    /// Where the signing keys are.
    pub fn key_folder(&self) -> PathBuf {
        self.data_folder.join("keys")
    }

    /// Scheme and host under which callers reach the service.
    pub fn public_origin(&self) -> String {
        match self.public_url.is_empty() {
            true => format!("http://{}", self.listen),
            false => self.public_url.trim_end_matches('/').to_owned(),
        }
    }

    /// The signing service, where one is set up.
    pub fn signing_service(&self) -> Option<SigningService> {
        (!self.signing_service_url.is_empty()).then(|| SigningService {
            url: self.signing_service_url.clone(),
            token: self.signing_service_token.clone(),
        })
    }

    /// The mail server, where one is set up.
    pub fn mail_server(&self) -> Option<MailServer> {
        (!self.mail_server_url.is_empty()).then(|| MailServer {
            url: self.mail_server_url.clone(),
            from: self.mail_from.clone(),
            patience: Duration::from_secs(self.mail_timeout_seconds.min(240).into()),
        })
    }

    /// Where webhooks may go.
    pub fn networks(&self) -> Networks {
        Networks::and(self.webhook_allowed_networks.clone())
    }

    /// The broker, where one is set up.
    pub fn broker(&self) -> Option<Broker> {
        (!self.nats_url.is_empty()).then(|| Broker {
            url: self.nats_url.clone(),
            stream: self.nats_stream.clone(),
        })
    }

    /// The date in the organisation's zone.
    pub fn local_date(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.time_zone).date_naive()
    }
}

impl Sources {
    /// Where the setting came from, in words.
    pub fn of(&self, key: &str) -> String {
        let Some(metadata) = self.0.find_metadata(key) else {
            return "default".into();
        };
        match &metadata.source {
            Some(figment::Source::File(path)) => format!("file {}", path.display()),
            _ if metadata.name.contains("environment") => format!("variable {PREFIX}{}", key.to_uppercase()),
            _ if metadata.name.contains("Value") => "flag".into(),
            _ => "default".into(),
        }
    }
}

/// The first fault: which key, where, and what would be right.
fn told(errors: figment::Error) -> String {
    let Some(error) = errors.into_iter().next() else {
        return "the settings cannot be read".into();
    };
    let place = error
        .metadata
        .as_ref()
        .map(|m| format!(" ({})", m.name))
        .unwrap_or_default();
    if let figment::error::Kind::UnknownField(key, known) = &error.kind {
        let nearest = known
            .iter()
            .max_by(|a, b| strsim::jaro_winkler(a, key).total_cmp(&strsim::jaro_winkler(b, key)));
        let nearest = nearest.map(|n| format!("; did you mean {n}?")).unwrap_or_default();
        return format!("there is no setting {key}{place}{nearest}");
    }
    let key = error.path.join(".");
    format!("the setting {key} is not usable{place}: {}", error.kind)
}
