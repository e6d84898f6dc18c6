//! The main job, played over real HTTP: each step in plain words, as a curl line, with its answer.
use std::{fmt::Write as _, path::Path};

use chrono::Duration;
use domain::vocabulary::ClientId;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::{
    DemoError, all_tokens,
    callers::CALLERS,
    fill::{DESK, PORTFOLIO, fill},
    known,
};
use crate::{
    Running, http,
    program::{
        Settings,
        commands::{start_logging, until_stopped},
    },
    server,
};

/// How long the ready tokens are valid.
const LIFETIME: Duration = Duration::hours(12);
/// Lines of an answer that are shown.
const SHOWN: usize = 32;

/// Fills a fresh embedded database of its own, starts the service and plays; then keeps the service running.
pub async fn play(mut settings: Settings, once: bool) -> Result<(), DemoError> {
    settings.data_folder.push("demo");
    settings.database_url.clear();
    settings.log = "warn".into();
    start_logging(&settings);
    // First the port: where another demo runs, its files stay.
    let listener = server::bind(&mut settings)?;
    begin_anew(&settings.data_folder)?;
    println!("Kundansvar: the demo\n\nFilling {} …", settings.data_folder.display());
    let state = server::open(settings).await?;
    let registers = fill(&state).await?;
    let running = server::run(listener, state)?;
    let stage = Stage::of(&running);
    let secret = |name| registers.clients.get(name).cloned().ok_or(DemoError::NotFilled(name));
    stage.main_job(secret(DESK)?, secret(PORTFOLIO)?).await?;
    close(&running, once).await?;
    if once {
        running.handle.stop(true).await;
    }
    until_stopped(running, once).await.map_err(|e| DemoError::Stop(e.to_string()))
}

/// Removes the database of an earlier demo, and nothing else.
fn begin_anew(folder: &Path) -> Result<(), DemoError> {
    for name in ["kundansvar.db", "kundansvar.db-wal", "kundansvar.db-shm"] {
        let file = folder.join(name);
        match std::fs::remove_file(&file) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                let what = format!("cannot remove {}", file.display());
                return Err(DemoError::File { what, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where it is played.
struct Stage {
    http: reqwest::Client,
    origin: String,
    tokens: std::sync::Mutex<Vec<(&'static str, String)>>,
}

/// One call, as it is sent and as it is printed.
struct Line<'a> {
    method: Method,
    path: &'a str,
    /// The variable that holds the token.
    token: &'static str,
    /// The version that the caller saw.
    etag: Option<&'a str>,
    body: Option<Value>,
}

impl<'a> Line<'a> {
    fn get(token: &'static str, path: &'a str) -> Self {
        Self {
            method: Method::GET,
            path,
            token,
            etag: None,
            body: None,
        }
    }

    fn post(token: &'static str, path: &'a str) -> Self {
        Self {
            method: Method::POST,
            ..Self::get(token, path)
        }
    }

    fn seen(self, etag: &'a str) -> Self {
        Self {
            etag: Some(etag),
            ..self
        }
    }

    fn with(self, body: Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }
}

/// What came back.
struct Answer {
    etag: String,
    body: Value,
}

impl Answer {
    fn text(&self, pointer: &str) -> Result<String, DemoError> {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found
            .map(ToOwned::to_owned)
            .ok_or_else(|| DemoError::Otherwise(format!("no {pointer} in {}", self.body)))
    }
}
