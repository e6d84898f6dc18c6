//! A running service, and callers that speak HTTP to it.
use api::{Running, identity::Kind, program::Settings};
use chrono::Duration;
use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;

use crate::{
    contract,
    database::{Database, Fresh},
};

/// A service on a free port with a database of its own.
pub struct Service {
    pub running: Running,
    pub database: Database,
    pub http: Client,
    fresh: Fresh,
}

impl Service {
    /// On a fresh database, with the settings of the tests.
    pub async fn start(database: Database) -> Self {
        Self::start_with(database, |_| {}).await
    }

    /// The same with other settings.
    pub async fn start_with(database: Database, adjust: impl FnOnce(&mut Settings)) -> Self {
        let fresh = Fresh::new(&database).await;
        let mut settings = settings(&fresh);
        adjust(&mut settings);
        api::program::start_logging(&settings);
        let running = api::start(settings).await.expect("the service starts");
        Self {
            running,
            database,
            http: Client::new(),
            fresh,
        }
    }

    /// Where the operations are.
    pub fn base(&self) -> String {
        format!("http://{}/kundansvar/v1", self.running.address)
    }

    pub fn state(&self) -> &api::State {
        &self.running.state
    }

    pub fn settings(&self) -> Settings {
        self.running.state.settings.clone()
    }

    /// A caller with a token of this kind.
    pub fn caller(&self, kind: Kind, subject: &str) -> Caller {
        self.caller_with(kind, subject, "")
    }

    pub fn caller_with(&self, kind: Kind, subject: &str, scope: &str) -> Caller {
        let now = self.state().clock.now();
        let token = self
            .state()
            .tokens
            .issue(kind, subject, scope.into(), Duration::hours(1000), now)
            .expect("a token");
        Caller {
            base: self.base(),
            http: self.http.clone(),
            token: Some(token),
            is_client: kind == Kind::Client,
        }
    }

    pub fn administrator(&self) -> Caller {
        self.caller(Kind::Administrator, "anna.admin")
    }

    pub fn auditor(&self) -> Caller {
        self.caller(Kind::Auditor, "rolf.revisor")
    }

    /// Somebody with this token, who sends no Idempotency-Key by themselves.
    pub fn bearer(&self, token: &str) -> Caller {
        Caller {
            token: Some(token.to_owned()),
            ..self.nobody()
        }
    }

    /// Somebody without a token.
    pub fn nobody(&self) -> Caller {
        Caller {
            base: self.base(),
            http: self.http.clone(),
            token: None,
            is_client: false,
        }
    }

    /// How many events there are.
    pub async fn events(&self) -> i64 {
        persistence::events::head(&self.state().db).await.expect("the head").0
    }

    /// Ends the service and leaves its database to others.
    pub async fn leave(self) -> Fresh {
        self.running.handle.stop(false).await;
        self.running.ended().await.expect("the service ends");
        self.fresh
    }

    /// Ends the service and removes its database, once its events are found to be what their schemas say.
    pub async fn stop(self) {
        contract::hold(self.state()).await;
        self.leave().await.remove().await;
    }
}

fn settings(fresh: &Fresh) -> Settings {
    Settings {
        listen: "127.0.0.1:0".parse().expect("an address"),
        data_folder: fresh.folder.clone(),
        database_url: fresh.url.clone(),
        rate_limit_per_minute: 10_000_000.try_into().expect("more than none"),
        log: "error".into(),
        mapping_program: Some(program()),
        ..Settings::default()
    }
}

/// The program that is built beside the tests, which are another.
fn program() -> std::path::PathBuf {
    let own = std::env::current_exe().expect("the path of the tests");
    let folder = own.parent().and_then(std::path::Path::parent).expect("its folder");
    folder.join("kundansvar-under-test")
}

/// Somebody who calls.
#[derive(Clone)]
pub struct Caller {
    base: String,
    http: Client,
    token: Option<String>,
    is_client: bool,
}

impl Caller {
    /// The same caller at another instance.
    pub fn at(&self, address: std::net::SocketAddr) -> Self {
        Self {
            base: format!("http://{address}/kundansvar/v1"),
            ..self.clone()
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    /// A POST that changes what exists: with the ETag that was seen.
    pub async fn act(&self, path: &str, etag: &str, body: Value) -> Answer {
        let body = (!body.is_null()).then_some(body);
        self.send(Method::POST, path, &[("if-match", etag)], body).await
    }

    pub async fn patch(&self, path: &str, etag: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, &[("if-match", etag)], Some(body)).await
    }

    pub async fn delete(&self, path: &str, etag: &str) -> Answer {
        self.send(Method::DELETE, path, &[("if-match", etag)], None).await
    }

    /// Anything. Other systems send a fresh Idempotency-Key where the caller names none.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        match body {
            None => self.send_with(method, path, headers, |request| request).await,
            Some(body) => {
                self.send_with(method, path, headers, |request| request.json(&body))
                    .await
            }
        }
    }

    /// The same with a body that is not JSON; its content type is among the headers.
    pub async fn send_bytes(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.send_with(method, path, headers, |request| request.body(body))
            .await
    }

    async fn send_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        with_body: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Answer {
        let mut request = self.request(method.clone(), path);
        let named = headers.iter().any(|(name, _)| *name == "idempotency-key");
        if self.is_client && method == Method::POST && !named {
            request = request.header("idempotency-key", uuid::Uuid::now_v7().to_string());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::to(&format!("{method} {path}"), with_body(request)).await
    }

    /// A request with the caller's token, to be filled in by hand.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    what: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// What comes back to a request.
    pub async fn to(what: &str, request: RequestBuilder) -> Self {
        let reply = request.send().await.unwrap_or_else(|e| panic!("{what}: {e}"));
        let (status, headers) = (reply.status(), reply.headers().clone());
        let bytes = reply.bytes().await.expect("a body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Self {
            what: what.to_owned(),
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        }
    }

    /// The body, if the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}: {:#}", self.what, self.body);
        self
    }

    /// A problem of this status, whose rule or code is this one.
    #[track_caller]
    pub fn refused(self, status: u16, why: &str) -> Self {
        let answer = self.expect(status);
        let body = &answer.body;
        let told = [&body["code"], &body["rule"], &body["errors"][0]["code"]];
        assert!(told.iter().any(|t| *t == why), "{}: not {why}: {body:#}", answer.what);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        answer
    }

    pub fn etag(&self) -> String {
        self.headers
            .get("etag")
            .map(|v| v.to_str().expect("text").to_owned())
            .unwrap_or_default()
    }

    pub fn id(&self) -> String {
        self.text("id")
    }

    #[track_caller]
    pub fn text(&self, member: &str) -> String {
        self.body[member]
            .as_str()
            .unwrap_or_else(|| panic!("{}: no {member} in {:#}", self.what, self.body))
            .to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    pub fn items(&self) -> &Vec<Value> {
        self.body["items"].as_array().expect("items")
    }
}
