//! A call that was let through: who makes it, what they may reach, and the one way to change something.
use std::{
    future::{Ready, ready},
    ops::Deref,
    rc::Rc,
    sync::Arc,
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header::HeaderName, web};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    access::{Caller, Scope},
    agreements::{Language, SignedIn},
    events::{Actor, Aggregate},
};
use persistence::{
    Db, Reader, UnitOfWork,
    service_levels::LocalTime,
    store::{
        Origin,
        idempotency::{Answer, Key},
    },
};

use super::{
    frame::{RequestId, language},
    operations::Operation,
    problem::{Document, Place, Problem},
    reply::{Reply, etag},
};
use crate::State;

/// What the gate found out.
pub struct Pass {
    pub operation: Arc<Operation>,
    pub scope: Scope,
    /// How the caller had signed in.
    pub signed_in: SignedIn,
}

/// A call that was let through.
pub struct Call {
    /// The service.
    pub state: web::Data<State>,
    pass: Rc<Pass>,
    origin: Origin,
    request: HttpRequest,
}

/// What the gate found out is at hand: `call.scope`, who calls and what they may reach.
impl Deref for Call {
    type Target = Pass;

    fn deref(&self) -> &Pass {
        &self.pass
    }
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
        let pass = request.extensions().get::<Rc<Pass>>().cloned();
        let pass = pass.ok_or(Problem::Forbidden)?;
        let state = request
            .app_data::<web::Data<State>>()
            .cloned()
            .ok_or(Problem::Forbidden)?;
        let request_id = request
            .extensions()
            .get::<RequestId>()
            .map(|id| id.0.clone())
            .unwrap_or_default();
        // What has a body reads it first (413, 415); what has parameters reads them as `Query`.
        if !pass.operation.has_body() {
            pass.operation.read_query(request.query_string())?;
        }
        let now = state.clock.now();
        let origin = Origin {
            actor: pass.scope.caller.actor(),
            request_id,
            now,
            today: state.settings.local_date(now),
        };
        Ok(Self {
            state,
            pass,
            origin,
            request: request.clone(),
        })
    }

    /// What was asked for: path and query.
    pub(super) fn target(&self) -> &str {
        self.request
            .uri()
            .path_and_query()
            .map_or("/", |target| target.as_str())
    }

    /// The local date.
    pub fn today(&self) -> NaiveDate {
        self.origin.today
    }

    /// The organisation's clock.
    pub fn local_time(&self) -> LocalTime {
        LocalTime {
            zone: self.state.settings.time_zone,
            now: self.origin.now,
        }
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
        self.write_by(&self.origin, sent, work).await
    }

    /// The same as somebody else's act: what is done again for a client is done by that client.
    pub async fn write_as(
        &self,
        actor: Actor,
        sent: &impl Sent,
        work: impl AsyncFn(&mut UnitOfWork) -> Result<Reply, Problem>,
    ) -> Result<Reply, Problem> {
        self.write_by(&self.origin_as(actor), sent, work).await
    }

    /// This call, as somebody else's.
    pub fn origin_as(&self, actor: Actor) -> Origin {
        Origin {
            actor,
            ..self.origin.clone()
        }
    }

    async fn write_by(
        &self,
        origin: &Origin,
        sent: &impl Sent,
        work: impl AsyncFn(&mut UnitOfWork) -> Result<Reply, Problem>,
    ) -> Result<Reply, Problem> {
        let key = self.key(sent)?;
        self.state
            .db
            .write(origin, async |unit: &mut UnitOfWork| {
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

    /// Runs one of several units of work of a call that takes long, at its own time.
    pub async fn write_part<T>(&self, work: impl AsyncFn(&mut UnitOfWork) -> Result<T, Problem>) -> Result<T, Problem> {
        let now = self.state.clock.now();
        let origin = Origin {
            now,
            today: self.state.settings.local_date(now),
            ..self.origin.clone()
        };
        self.state.db.write(&origin, work).await
    }

    /// The document of a problem that comes after the head of the answer.
    pub fn late(&self, problem: &Problem) -> Document {
        self.tell(problem);
        problem.document(&Place {
            origin: self.state.settings.public_origin(),
            path: self.request.path().to_owned(),
            request_id: self.origin.request_id.clone(),
            swedish: false,
        })
    }

    /// Tells the log of a problem that no answer can name any more.
    pub fn tell(&self, problem: &Problem) {
        problem.tell(&self.origin.request_id);
    }

    /// Whether the caller takes answers of this media type.
    pub fn takes(&self, media: &str) -> bool {
        let Some(sent) = self.header("accept") else { return true };
        let ranges = sent
            .split(',')
            .map(|range| range.split(';').next().unwrap_or_default().trim());
        ranges
            .map(str::to_ascii_lowercase)
            .any(|range| range == "*/*" || range == "application/*" || range == media)
    }

    /// Of the media types that are offered, the one that the caller would rather have; of two alike, the first.
    pub fn prefers(&self, offered: &[&'static str]) -> Option<&'static str> {
        let sent = self.header("accept")?;
        let wish = |media: &str| {
            let ranges = sent.split(',').filter_map(|range| {
                let (range, parameters) = range.split_once(';').unwrap_or((range, ""));
                let range = range.trim().to_ascii_lowercase();
                let rank = match range.strip_suffix("/*") {
                    Some("*") => 0,
                    Some(kind) if media.split('/').next() == Some(kind) => 1,
                    None if range == media => 2,
                    _ => return None,
                };
                let quality = parameters.split(';').find_map(|p| p.trim().strip_prefix("q="));
                Some((rank, quality.map_or(Ok(1.0), str::parse::<f32>).ok()?))
            });
            // The range that names it most closely speaks for it.
            ranges.max_by_key(|(rank, _)| *rank).map(|(_, quality)| quality)
        };
        let wished = offered
            .iter()
            .filter_map(|media| Some((*media, wish(media).filter(|q| *q > 0.0)?)));
        let dearest = wished.reduce(|one, other| if other.1 > one.1 { other } else { one });
        dearest.map(|(media, _)| media)
    }

    /// What the caller may reach by now, where the call goes on for long: a right that ended ends it.
    pub async fn scope_now(&self) -> Result<Scope, Problem> {
        let (caller, _) = self.state.identify(self.request.headers()).await?;
        let permission = self.operation.permission.ok_or(Problem::Forbidden)?;
        permission
            .scope(&caller, self.state.settings.other_customers)
            .map_err(Problem::from)
    }

    /// The language that the caller would rather read, where they say so.
    pub fn language(&self) -> Option<Language> {
        language(&self.request)
    }

    /// Runs one unit of work, takes it back, and answers with what it gives. Nothing happened, so nothing is kept.
    pub async fn rehearse(
        &self,
        sent: &impl Sent,
        work: impl AsyncFn(&mut UnitOfWork) -> Result<Reply, Problem>,
    ) -> Result<Reply, Problem> {
        self.key(sent)?;
        self.state.db.rehearse(&self.origin, work).await
    }

    /// The key under which the answer is kept. Programs must send one with every POST.
    fn key(&self, sent: &impl Sent) -> Result<Option<Key>, Problem> {
        if !self.operation.wants_key {
            return Ok(None);
        }
        let Some(key) = self.request.headers().get("idempotency-key") else {
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
            fingerprint: domain::clients::digest(&format!("{}\n{if_match}\n{}", self.target(), sent.digest())),
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
        match self.has(&etag) {
            true => Ok(Reply::not_modified(etag)),
            false => Reply::ok(thing, self.today()),
        }
    }

    /// Whether the caller has what this entity tag names (If-None-Match).
    pub fn has(&self, etag: &str) -> bool {
        let seen = self.header("if-none-match");
        seen.is_some_and(|seen| names(&seen.replace("W/", ""), etag))
    }

    /// What stands in a header, if anything does.
    pub fn header(&self, name: &'static str) -> Option<String> {
        let all: Vec<_> = self
            .request
            .headers()
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
