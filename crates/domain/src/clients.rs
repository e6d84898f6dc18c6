//! Clients: other systems, with credentials of their own.
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Rule, RuleCode,
    access::ClientScope,
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

/// What is told of a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientInput {
    /// Unique name.
    pub name: Name,
    /// What it has leave to do.
    #[schema(min_items = 1, max_items = 40)]
    pub scopes: Vec<ClientScope>,
    /// The systems whose references it may write.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub systems: Vec<SystemName>,
    /// The customers it is limited to; none: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 200)]
    pub customers: Option<Vec<CustomerId>>,
}

/// A secret, as far as it is kept: its digest and its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// SHA-256 of the secret, in hexadecimal. A secret is 256 random bits, so a slow hash would add nothing.
    pub digest: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops working; none: until it is rotated out.
    pub expires_at: Option<DateTime<Utc>>,
}

/// All secrets of a client; at most two work at a time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
pub struct Secrets(pub Vec<Secret>);

/// Another system that has credentials here.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    /// Its id; the `client_id` of its credentials.
    pub id: ClientId,
    /// Grows by one at each change; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Unique name.
    pub name: Name,
    /// What it has leave to do.
    #[schema(max_items = 40)]
    pub scopes: Vec<ClientScope>,
    /// The systems whose references it may write.
    #[schema(max_items = 20)]
    pub systems: Vec<SystemName>,
    /// The customers it is limited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 200)]
    pub customers: Option<Vec<CustomerId>>,
    /// Digests of its secrets; never told.
    #[serde(skip)]
    pub secrets: Secrets,
    /// When the newest secret was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_created_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was entered here.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for Client {
    const KIND: SubjectKind = SubjectKind::Client;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}

/// The digest of a secret, as it is kept.
pub fn digest(secret: &str) -> String {
    crate::events::Link(digest_bytes(secret)).to_string()
}

/// The same as bytes, for what is looked up with every request.
pub fn digest_bytes(secret: &str) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::digest(secret.as_bytes()).into()
}

impl Client {
    /// A new client with its first secret.
    pub fn register(id: ClientId, input: ClientInput, secret_digest: String, now: DateTime<Utc>) -> Self {
        Self {
            id,
            version: 1,
            name: input.name,
            scopes: input.scopes,
            systems: input.systems,
            customers: input.customers,
            secrets: Secrets(vec![Secret {
                digest: secret_digest,
                created_at: now,
                expires_at: None,
            }]),
            secret_created_at: Some(now),
            revoked_at: None,
            created_at: now,
        }
    }

    /// A new secret; the one before works on for `overlap`, older ones no longer.
    pub fn rotate(self, secret_digest: String, overlap: Duration, now: DateTime<Utc>) -> Result<Self, Rule> {
        self.must_work()?;
        let mut before = self.secrets.0.last().cloned();
        if let Some(secret) = &mut before {
            secret.expires_at = Some(now + overlap);
        }
        let new = Secret {
            digest: secret_digest,
            created_at: now,
            expires_at: None,
        };
        let secrets = Secrets(before.into_iter().chain([new]).collect());
        Ok(Self {
            version: self.version + 1,
            secrets,
            secret_created_at: Some(now),
            ..self
        })
    }

    /// The client may nothing more, from now on.
    pub fn revoke(self, now: DateTime<Utc>) -> Result<Self, Rule> {
        self.must_work()?;
        Ok(Self {
            version: self.version + 1,
            revoked_at: Some(now),
            secrets: Secrets::default(),
            ..self
        })
    }

    /// Whether the secret with this digest works now.
    pub fn accepts(&self, secret_digest: &str, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none()
            && self
                .secrets
                .0
                .iter()
                .any(|s| s.digest == secret_digest && s.expires_at.is_none_or(|end| now < end))
    }

    fn must_work(&self) -> Result<(), Rule> {
        match self.revoked_at {
            None => Ok(()),
            Some(at) => Err(Rule::new(
                RuleCode::State,
                format!("Client {} was revoked at {at}.", self.name),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotated_secret_overlaps_and_a_revoked_client_has_none() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let input = ClientInput {
            name: "Desk".parse().unwrap(),
            scopes: vec![],
            systems: vec![],
            customers: None,
        };
        let client = Client::register(ClientId(Uuid::nil()), input, digest("one"), now);
        let client = client.rotate(digest("two"), Duration::hours(1), now).unwrap();
        assert!(client.accepts(&digest("one"), now) && client.accepts(&digest("two"), now));
        assert!(!client.accepts(&digest("one"), now + Duration::hours(1)));
        let client = client.rotate(digest("three"), Duration::hours(1), now).unwrap();
        assert!(!client.accepts(&digest("one"), now), "at most two at a time");
        let client = client.revoke(now).unwrap();
        assert!(
            !client.accepts(&digest("three"), now) && client.rotate(digest("four"), Duration::hours(1), now).is_err()
        );
    }
}
