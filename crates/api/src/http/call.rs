//! A call that was let through: who makes it, what they may reach, and the one way to change something.
use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header::{HeaderMap, HeaderName},
    web,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    access::{Caller, Scope},
    events::Aggregate,
};
use persistence::{
    Db, Reader, UnitOfWork,
    store::{
        Origin,
        idempotency::{Answer, Key},
    },
};
use std::sync::Arc;

use super::{
    frame::RequestId,
    operations::Operation,
    problem::Problem,
    reply::{Reply, etag},
};
use crate::State;

/// What the gate found out.
#[derive(Clone)]
pub struct Pass {
    pub operation: Arc<Operation>,
    pub scope: Scope,
}

/// A call that was let through.
pub struct Call {
    /// Who calls and what they may reach.
    pub scope: Scope,
    /// The service.
    pub state: web::Data<State>,
    pub(super) operation: Arc<Operation>,
    origin: Origin,
    headers: HeaderMap,
    pub(super) target: String,
}

impl FromRequest for Call {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

impl Call {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        // Without the gate nobody gets here.
        let pass = request.extensions().get::<Pass>().cloned().ok_or(Problem::Forbidden)?;
        let state = request
            .app_data::<web::Data<State>>()
            .cloned()
            .ok_or(Problem::Forbidden)?;
        let request_id = request
            .extensions()
            .get::<RequestId>()
            .map(|id| id.0.clone())
            .unwrap_or_default();
        let now = state.clock.now();
        let origin = Origin {
            actor: pass.scope.caller.actor(),
            request_id,
            now,
            today: state.settings.local_date(now),
        };
        let target = request.uri().to_string();
        Ok(Self {
            scope: pass.scope,
            state,
            operation: pass.operation,
            origin,
            headers: request.headers().clone(),
            target,
        })
    }

    /// The local date.
    pub fn today(&self) -> NaiveDate {
        self.origin.today
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        self.origin.now
    }

    /// The database, for what reads the log.
    pub fn db(&self) -> &Db {
        &self.state.db
    }

    /// What reads.
    pub fn reader(&self) -> Reader<'_> {
        self.state.db.reader()
    }

    /// Runs one unit of work and answers with what it gives. The change, its events and the answer under the request's
    /// Idempotency-Key commit together; a repeat gets that answer again. `sent` is what stands in the body.
    pub async fn write(
        &self,
        sent: &impl Sent,
        work: impl AsyncFn(&mut UnitOfWork) -> Result<Reply, Problem>,
    ) -> Result<Reply, Problem> {
        let key = self.key(sent)?;
        self.state
            .db
            .write(&self.origin, async |unit: &mut UnitOfWork| {
                let Some(key) = &key else { return work(unit).await };
                if let Some(answer) = unit.claim(key).await? {
                    return Reply::again(&answer);
                }
                let reply = work(unit).await?;
                let answer: Answer = reply.to_be_kept()?;
                unit.remember(key, &answer).await?;
                Ok(reply)
            })
            .await
    }

    /// The key under which the answer is kept. Programs must send one with every POST.
    fn key(&self, sent: &impl Sent) -> Result<Option<Key>, Problem> {
        if !self.operation.wants_key {
            return Ok(None);
        }
        let Some(key) = self.headers.get("idempotency-key") else {
            return match self.scope.caller {
                Caller::Client { .. } => Err(Problem::KeyMissing),
                _ => Ok(None),
            };
        };
        let text = key.to_str().unwrap_or_default().trim().trim_matches('"');
        let key: uuid::Uuid = text
            .parse()
            .map_err(|_| Problem::Malformed("Idempotency-Key is not a UUID.".into()))?;
        let actor = &self.origin.actor;
        let if_match = self.header("if-match").unwrap_or_default();
        Ok(Some(Key {
            caller: format!("{}:{}", actor.kind, actor.id),
            operation: self.operation.id.clone(),
            key: key.to_string(),
            fingerprint: domain::clients::digest(&format!("{}\n{if_match}\n{}", self.target, sent.digest())),
        }))
    }

    /// The thing as it was loaded, if it still is what the caller saw (If-Match).
    pub fn unchanged<A: Aggregate>(&self, thing: A) -> Result<A, Problem> {
        let etag = etag(&thing, self.today());
        match self.header("if-match") {
            None => Err(Problem::PreconditionRequired),
            Some(seen) if names(&seen, &etag) => Ok(thing),
            Some(_) => Err(Problem::PreconditionFailed { etag }),
        }
    }

    /// The thing, or 304 where the caller has it already (If-None-Match).
    pub fn found<A: Aggregate>(&self, thing: &A) -> Result<Reply, Problem> {
        let etag = etag(thing, self.today());
        match self.header("if-none-match") {
            Some(seen) if names(&seen.replace("W/", ""), &etag) => Ok(Reply::not_modified(etag)),
            _ => Reply::ok(thing, self.today()),
        }
    }

    fn header(&self, name: &'static str) -> Option<String> {
        let all: Vec<_> = self
            .headers
            .get_all(HeaderName::from_static(name))
            .filter_map(|v| v.to_str().ok())
            .collect();
        Some(all.join(",")).filter(|text| !text.trim().is_empty())
    }
}

/// Whether a list of entity tags, or `*`, names this one.
fn names(sent: &str, etag: &str) -> bool {
    sent.split(',').map(str::trim).any(|tag| tag == "*" || tag == etag)
}

/// What stood in a body, for the fingerprint of the request.
pub trait Sent {
    /// Digest of the bytes.
    fn digest(&self) -> &str;
}
