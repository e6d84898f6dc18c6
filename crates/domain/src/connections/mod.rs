//! Inbound connections: another product's own documents come in, are mapped to ours, and are applied as one client.
//!
//! What comes in is bounded by that client: its scopes, its systems, its customers. The mapping says only how the
//! sender's words become ours.
mod documents;

use chrono::{DateTime, Duration, Utc};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Rule, RuleCode,
    clients::digest,
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

pub use documents::*;

word! {
    /// How a sender shows who it is.
    AuthenticationMethod {
        /// `Authorization: Bearer` and the secret.
        Bearer,
        /// `Authorization: Basic` with user and secret.
        Basic,
        /// A signature of the body, made with the secret, in a header.
        Hmac,
        /// Nothing but the address it sends from.
        Network,
    }
}

word! {
    /// The digest that a signature is made with.
    SignatureAlgorithm {
        /// HMAC with SHA-256.
        Sha256,
        /// HMAC with SHA-1, for products that know no other.
        Sha1,
    }
}

word! {
    /// How a signature is written.
    SignatureEncoding {
        /// In hexadecimal.
        Hex,
        /// In base64.
        Base64,
    }
}

/// Where a signature stands, and how it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SenderSignature {
    /// The header in which it stands.
    pub header: HeaderName,
    /// The digest that it is made with.
    pub algorithm: SignatureAlgorithm,
    /// How it is written.
    pub encoding: SignatureEncoding,
    /// What stands before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<SignaturePrefix>,
    /// A header whose text the sender appends to the body before it signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp_header: Option<HeaderName>,
}

/// How the sender shows who it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Authentication {
    /// By which means.
    pub method: AuthenticationMethod,
    /// The user; with `basic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<BasicUser>,
    /// The signature; with `hmac`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<SenderSignature>,
    /// The networks that it sends from; none: from anywhere, which `network` does not allow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub networks: Vec<NetworkRange>,
}

impl Authentication {
    fn check(&self) -> Result<(), Rule> {
        use AuthenticationMethod::*;
        let fault = |member: &str, detail: &str| {
            Err(Rule::new(RuleCode::State, detail).at(format!("/authentication/{member}")))
        };
        if (self.method == Basic) != self.user.is_some() {
            return fault("user", "The method basic has a user, and no other has.");
        }
        if (self.method == Hmac) != self.signature.is_some() {
            return fault("signature", "The method hmac has a signature, and no other has.");
        }
        if self.method == Network && self.networks.is_empty() {
            return fault("networks", "The method network names at least one network.");
        }
        let wrong = self.networks.iter().position(|range| parsed(range).is_none());
        match wrong {
            Some(n) => fault(
                &format!("networks/{n}"),
                "This is no network: write 10.20.0.0/16 or 2001:db8::/32.",
            ),
            None => Ok(()),
        }
    }

    /// The networks that it sends from; none: from anywhere.
    pub fn ranges(&self) -> Vec<IpNet> {
        self.networks.iter().filter_map(parsed).collect()
    }

    /// Whether the sender has a secret at all.
    pub fn has_secret(&self) -> bool {
        self.method != AuthenticationMethod::Network
    }

    /// The secret as it is kept: a signature can only be made with the secret itself, all else is compared by digest.
    pub fn kept(&self, secret: &str) -> String {
        match self.method {
            AuthenticationMethod::Hmac => secret.to_owned(),
            _ => digest(secret),
        }
    }
}

fn parsed(range: &NetworkRange) -> Option<IpNet> {
    range.as_str().parse().ok()
}

/// A secret as it is kept, and its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderSecret {
    /// Its digest, or the secret where signatures are made with it.
    pub kept: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops working; none: until it is rotated out.
    pub expires_at: Option<DateTime<Utc>>,
}

/// All secrets of a connection; at most two work at a time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
pub struct SenderSecrets(pub Vec<SenderSecret>);

/// What is told of a new connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectionInput {
    /// Unique name.
    pub name: Name,
    /// The sender, as references name it.
    pub system: SystemName,
    /// The client as which it acts; its scopes, systems and customers bound what can come in.
    pub client: ClientId,
    /// The preset whose mapping it begins with, by its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<Slug>,
    /// How the sender's documents become ours; without a preset it is required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<MappingText>,
    /// How the sender shows who it is.
    pub authentication: Authentication,
    /// Whether documents are taken in.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub active: bool,
    /// The secret, where the sender insists on its own; otherwise one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<GivenSecret>,
}

fn yes() -> bool {
    true
}

/// What can be changed of a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectionDetails {
    /// Unique name.
    pub name: Name,
    /// The sender, as references name it.
    pub system: SystemName,
    /// The client as which it acts.
    pub client: ClientId,
    /// How the sender's documents become ours.
    pub mapping: MappingText,
    /// How the sender shows who it is. With another method its secrets are void: make a new one.
    pub authentication: Authentication,
    /// Whether documents are taken in.
    pub active: bool,
}

/// A new secret for a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectionSecretInput {
    /// The secret, where the sender insists on its own; otherwise one is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<GivenSecret>,
}

/// Another product that sends its own documents.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Grows by one at each change; the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Unique name.
    pub name: Name,
    /// The sender, as references name it.
    pub system: SystemName,
    /// The client as which it acts.
    pub client: ClientRef,
    /// How the sender's documents become ours.
    pub mapping: MappingText,
    /// How the sender shows who it is.
    pub authentication: Authentication,
    /// Whether documents are taken in.
    pub active: bool,
    /// Where the sender posts its documents: a path of this service.
    #[schema(
        min_length = 45,
        max_length = 45,
        pattern = "^/inbound/[0-9a-f-]{36}$",
        example = "/inbound/019a0000-0000-7000-8000-000000001601"
    )]
    pub address: String,
    /// What is kept of its secrets; never told.
    #[serde(skip)]
    pub secrets: SenderSecrets,
    /// When the newest secret was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_created_at: Option<DateTime<Utc>>,
    /// When it was entered here.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for Connection {
    const KIND: SubjectKind = SubjectKind::Connection;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}

impl Connection {
    /// Where the sender of this connection posts its documents.
    pub fn address(id: ConnectionId) -> String {
        format!("/inbound/{id}")
    }

    /// A new connection. `secret` is its first one, where its sender has any.
    pub fn register(
        id: ConnectionId,
        details: ConnectionDetails,
        client: ClientRef,
        secret: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Self, Rule> {
        details.authentication.check()?;
        let connection = Self {
            id,
            version: 1,
            name: details.name,
            system: details.system,
            client,
            mapping: details.mapping,
            authentication: details.authentication,
            active: details.active,
            address: Self::address(id),
            secrets: SenderSecrets::default(),
            secret_created_at: None,
            created_at: now,
        };
        match secret {
            None => Ok(connection),
            Some(secret) => Ok(Self {
                version: 1,
                ..connection.rotate(secret, Duration::zero(), now)?
            }),
        }
    }

    /// The connection as told anew. By another method the secrets that it had prove nothing any more.
    pub fn change(self, details: ConnectionDetails, client: ClientRef) -> Result<Self, Rule> {
        details.authentication.check()?;
        let stays = details.authentication.method == self.authentication.method;
        Ok(Self {
            version: self.version + 1,
            name: details.name,
            system: details.system,
            client,
            mapping: details.mapping,
            authentication: details.authentication,
            active: details.active,
            secrets: if stays { self.secrets } else { SenderSecrets::default() },
            secret_created_at: self.secret_created_at.filter(|_| stays),
            ..self
        })
    }

    /// A new secret; the one before works on for `overlap`, older ones no longer.
    pub fn rotate(self, secret: &str, overlap: Duration, now: DateTime<Utc>) -> Result<Self, Rule> {
        if !self.authentication.has_secret() {
            let detail = "By the method network the sender has no secret.";
            return Err(Rule::new(RuleCode::State, detail));
        }
        let before = self.secrets.0.last().map(|before| SenderSecret {
            expires_at: Some(now + overlap),
            ..before.clone()
        });
        let new = SenderSecret {
            kept: self.authentication.kept(secret),
            created_at: now,
            expires_at: None,
        };
        Ok(Self {
            version: self.version + 1,
            secrets: SenderSecrets(before.into_iter().chain([new]).collect()),
            secret_created_at: Some(now),
            ..self
        })
    }

    /// What is kept of the secrets that work now.
    pub fn working(&self, now: DateTime<Utc>) -> impl Iterator<Item = &str> {
        let works = move |secret: &&SenderSecret| secret.expires_at.is_none_or(|end| now < end);
        self.secrets.0.iter().filter(works).map(|secret| secret.kept.as_str())
    }

    /// Whether it takes documents in.
    pub fn must_be_active(&self) -> Result<(), Rule> {
        match self.active {
            true => Ok(()),
            false => Err(Rule::new(
                RuleCode::State,
                "The connection is paused: nothing was kept.",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(method: AuthenticationMethod) -> Authentication {
        Authentication {
            method,
            user: None,
            signature: None,
            networks: vec![],
        }
    }

    fn details(authentication: Authentication) -> ConnectionDetails {
        ConnectionDetails {
            name: "Zammad".parse().unwrap(),
            system: "zammad".parse().unwrap(),
            client: ClientId(Uuid::nil()),
            mapping: ".".parse().unwrap(),
            authentication,
            active: true,
        }
    }

    fn connection(authentication: Authentication) -> Result<Connection, Rule> {
        let client = ClientRef {
            id: ClientId(Uuid::nil()),
            name: "Desk".parse().unwrap(),
        };
        let secret = authentication.has_secret().then_some("one");
        Connection::register(
            ConnectionId(Uuid::nil()),
            details(authentication),
            client,
            secret,
            DateTime::UNIX_EPOCH,
        )
    }

    #[test]
    fn a_way_to_show_who_one_is_is_whole() {
        use AuthenticationMethod::*;
        assert!(connection(with(Bearer)).is_ok());
        for (method, pointer) in [(Basic, "user"), (Hmac, "signature"), (Network, "networks")] {
            let refused = connection(with(method)).unwrap_err();
            assert_eq!(refused.pointer, Some(format!("/authentication/{pointer}")));
        }
        let odd = Authentication {
            networks: vec!["10.0.0.0/8".parse().unwrap(), "10.0.0.0/99".parse().unwrap()],
            ..with(Network)
        };
        let refused = connection(odd).unwrap_err();
        assert_eq!(refused.pointer.as_deref(), Some("/authentication/networks/1"));
    }

    #[test]
    fn a_rotated_secret_overlaps_and_another_method_voids_all() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let bearer = with(AuthenticationMethod::Bearer);
        let made = connection(bearer.clone()).unwrap();
        assert_eq!(made.version, 1);
        let made = made.rotate("two", Duration::hours(1), now).unwrap();
        assert_eq!(made.working(now).collect::<Vec<_>>(), [digest("one"), digest("two")]);
        assert_eq!(
            made.working(now + Duration::hours(1)).collect::<Vec<_>>(),
            [digest("two")]
        );
        let signed = Authentication {
            signature: Some(SenderSignature {
                header: "X-Hub-Signature".parse().unwrap(),
                algorithm: SignatureAlgorithm::Sha256,
                encoding: SignatureEncoding::Hex,
                prefix: None,
                timestamp_header: None,
            }),
            ..with(AuthenticationMethod::Hmac)
        };
        let client = made.client.clone();
        let signed = made.change(details(signed), client).unwrap();
        assert_eq!((signed.working(now).count(), signed.secret_created_at), (0, None));
        let signed = signed.rotate("three", Duration::hours(1), now).unwrap();
        assert_eq!(
            signed.working(now).collect::<Vec<_>>(),
            ["three"],
            "signatures are made with the secret itself"
        );
    }
}
