//! Access tokens (RFC 9068) signed with ES256, checked as RFC 8725 advises: one pinned algorithm, and `iss`, `aud`,
//! `exp`, `nbf` and `typ` all verified. What a bearer may is not in the token: it is looked up, and kept 5 seconds.
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Duration, Utc};
use domain::{
    access::{Caller, ClientScope},
    agreements::SignedIn,
    clients::Client,
    vocabulary::{ClientId, Word},
};
use jsonwebtoken::{Algorithm, Header, Validation};
use persistence::{Db, clients, clients::Bearer};
use serde::{Deserialize, Serialize};

use super::Keys;
use crate::http::Problem;

/// What kind of caller a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Administrator,
    Auditor,
    Person,
    Contact,
    Client,
}

impl Kind {
    fn of(caller: &Caller) -> Self {
        match caller {
            Caller::Administrator { .. } => Self::Administrator,
            Caller::Auditor { .. } => Self::Auditor,
            Caller::Person { .. } => Self::Person,
            Caller::Contact { .. } => Self::Contact,
            Caller::Client { .. } => Self::Client,
        }
    }
}

/// The type of an access token, and of one that opens a page.
const ACCESS: &str = "at+jwt";
const PAGE: &str = "page+jwt";

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    pub client_id: String,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
    pub jti: String,
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// How strongly the bearer was authenticated, as the issuer says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<Word>,
}

/// How long what a bearer may is believed.
const BELIEVED: Duration = Duration::seconds(5);
/// How far two clocks may differ, in seconds.
const SKEW: i64 = 30;
/// How many tokens are remembered at a time.
const REMEMBERED: usize = 10_000;

impl Claims {
    fn signed_in(&self) -> Option<SignedIn> {
        Some(SignedIn {
            issuer: self.iss.parse().ok()?,
            level: self.acr.clone(),
        })
    }

    fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.exp + SKEW <= now.timestamp()
    }
}

struct Known {
    claims: Claims,
    caller: Option<Caller>,
    looked_up: DateTime<Utc>,
}

/// Issues and checks tokens.
pub struct Tokens {
    keys: Keys,
    issuer: String,
    /// By the token's digest: its signature is checked once.
    known: Mutex<HashMap<[u8; 32], Known>>,
}

impl Tokens {
    /// Tokens of this issuer, which is their audience too.
    pub fn new(keys: Keys, issuer: String) -> Self {
        Self {
            keys,
            issuer,
            known: Mutex::default(),
        }
    }

    /// The keys, for their public half.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Who issues them.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// A token for a subject of this kind.
    pub fn issue(
        &self,
        kind: Kind,
        subject: &str,
        scope: String,
        lifetime: Duration,
        now: DateTime<Utc>,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let audience = self.issuer.clone();
        self.sign((ACCESS, audience), (kind, subject, scope), lifetime, now)
    }

    /// A token that opens this one page for the caller, and nothing else.
    pub fn issue_for_page(
        &self,
        caller: &Caller,
        page: &str,
        lifetime: Duration,
        now: DateTime<Utc>,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let scope = match caller {
            Caller::Client { scopes, .. } => scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            _ => String::new(),
        };
        let subject = caller.actor().id;
        let bearer = (Kind::of(caller), subject.as_str(), scope);
        self.sign((PAGE, self.audience_of(page)), bearer, lifetime, now)
    }

    /// Who may look at this page by the token now.
    pub async fn page_caller(
        &self,
        token: &str,
        page: &str,
        db: &Db,
        now: DateTime<Utc>,
        today: chrono::NaiveDate,
    ) -> Result<Option<Caller>, Problem> {
        match self.verify(token, (PAGE, &self.audience_of(page)), now) {
            Some(claims) => look_up(&claims, db, today).await,
            None => Ok(None),
        }
    }

    fn audience_of(&self, page: &str) -> String {
        format!("{}{page}", self.issuer)
    }

    fn sign(
        &self,
        (typ, audience): (&str, String),
        (kind, subject, scope): (Kind, &str, String),
        lifetime: Duration,
        now: DateTime<Utc>,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: audience,
            sub: subject.to_owned(),
            client_id: if kind == Kind::Client {
                subject.to_owned()
            } else {
                "kundansvar".into()
            },
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: (now + lifetime).timestamp(),
            jti: uuid::Uuid::now_v7().to_string(),
            kind,
            scope,
            acr: None,
        };
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(typ.into());
        header.kid = Some(self.keys.signing_id.clone());
        jsonwebtoken::encode(&header, &claims, &self.keys.signing)
    }

    /// A token for a client, with all of its scopes.
    pub fn issue_to(
        &self,
        client: &Client,
        lifetime: Duration,
        now: DateTime<Utc>,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let scopes: Vec<String> = client.scopes.iter().map(ToString::to_string).collect();
        self.issue(Kind::Client, &client.id.to_string(), scopes.join(" "), lifetime, now)
    }

    /// What the token says, if it is one of ours and its time is now, by the service's clock.
    fn verify(&self, token: &str, (typ, audience): (&str, &str), now: DateTime<Utc>) -> Option<Claims> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if !header.typ.as_ref().is_some_and(|told| told.eq_ignore_ascii_case(typ)) {
            return None;
        }
        let key = self
            .keys
            .verifying
            .iter()
            .find(|key| Some(&key.id) == header.kid.as_ref())?;
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.key, &validation)
            .ok()?
            .claims;
        let begun = claims.nbf <= now.timestamp() + SKEW;
        (begun && !claims.is_over(now)).then_some(claims)
    }

    /// Who bears the token now. A revoked client or an ended membership takes effect within 5 seconds.
    pub async fn caller(
        &self,
        token: &str,
        db: &Db,
        now: DateTime<Utc>,
        today: chrono::NaiveDate,
    ) -> Result<(Caller, SignedIn), Problem> {
        const INVALID: Problem = Problem::Unauthenticated("The token is not valid, or no longer.");
        let digest = domain::clients::digest_bytes(token);
        let remembered = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known
                .get(&digest)
                .map(|k| (k.claims.clone(), k.caller.clone(), k.looked_up))
        };
        let claims = match remembered {
            Some((claims, _, _)) if claims.is_over(now) => return Err(INVALID),
            Some((claims, caller, looked_up)) if now - looked_up < BELIEVED && now >= looked_up => {
                return caller.zip(claims.signed_in()).ok_or(INVALID);
            }
            Some((claims, _, _)) => claims,
            None => self.verify(token, (ACCESS, &self.issuer), now).ok_or(INVALID)?,
        };
        let caller = look_up(&claims, db, today).await?;
        let signed_in = claims.signed_in();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.retain(|_, k| k.claims.exp > now.timestamp() && now - k.looked_up < BELIEVED);
        }
        if known.len() < REMEMBERED {
            known.insert(
                digest,
                Known {
                    claims,
                    caller: caller.clone(),
                    looked_up: now,
                },
            );
        }
        caller.zip(signed_in).ok_or(INVALID)
    }
}

async fn look_up(claims: &Claims, db: &Db, today: chrono::NaiveDate) -> Result<Option<Caller>, Problem> {
    let bearer = match claims.kind {
        Kind::Administrator => {
            return Ok(Some(Caller::Administrator {
                subject: claims.sub.clone(),
            }));
        }
        Kind::Auditor => {
            return Ok(Some(Caller::Auditor {
                subject: claims.sub.clone(),
            }));
        }
        Kind::Person => claims.sub.parse().ok().map(Bearer::Person),
        Kind::Contact => claims.sub.parse().ok().map(Bearer::Contact),
        Kind::Client => claims
            .sub
            .parse()
            .ok()
            .map(|id: ClientId| Bearer::Client(id, scopes(&claims.scope))),
    };
    match bearer {
        Some(bearer) => Ok(clients::caller(&db.reader(), &bearer, today).await?),
        None => Ok(None),
    }
}

/// The scopes in a blank-separated list; unknown words are left out.
pub(super) fn scopes(text: &str) -> Vec<ClientScope> {
    text.split(' ').filter_map(|word| word.parse().ok()).collect()
}
