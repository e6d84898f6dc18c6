//! Access tokens: what is right about one, what is wrong with false ones, their end, and the rotation of keys.
use api::identity::{Keys, Kind, Tokens};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{Duration, Utc};
use end_to_end::{Answer, Database, Service, database::short_lived, on_each_database};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};

use super::outside;

/// Makes tokens with the service's own key, right or wrong.
struct Mint {
    key: EncodingKey,
    id: String,
    claims: Value,
}

impl Mint {
    async fn of(service: &Service) -> Self {
        let pem = std::fs::read(service.settings().key_folder().join("signing-0001.pem")).expect("the key");
        let issuer = service.settings().public_origin();
        let now = service.state().clock.now().timestamp();
        Self {
            key: EncodingKey::from_ec_pem(&pem).expect("an ES256 key"),
            id: outside(service, "/.well-known/jwks.json").await["keys"][0]["kid"]
                .as_str()
                .expect("an id")
                .to_owned(),
            claims: json!({"iss": issuer, "aud": issuer, "sub": "anna.admin", "client_id": "kundansvar", "iat": now,
                "nbf": now, "exp": now + 600, "jti": "1", "kind": "administrator"}),
        }
    }

    fn header(&self) -> Header {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".into());
        header.kid = Some(self.id.clone());
        header
    }

    /// A right token but for one claim; null leaves it out.
    fn with(&self, claim: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        match value {
            Value::Null => drop(claims.as_object_mut().expect("claims").remove(claim)),
            value => claims[claim] = value,
        }
        jsonwebtoken::encode(&self.header(), &claims, &self.key).expect("a token")
    }

    /// A right token but for its header.
    fn headed(&self, adjust: impl FnOnce(&mut Header)) -> String {
        let mut header = self.header();
        adjust(&mut header);
        jsonwebtoken::encode(&header, &self.claims, &self.key).expect("a token")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_counts_only_if_everything_about_it_is_right() {
    on_each_database(async |service| {
        let mint = Mint::of(&service).await;
        let now = service.state().clock.now().timestamp();
        let right = mint.with("jti", json!("2"));
        for token in [
            &right,
            &mint.with("exp", json!(now - 20)),
            &mint.with("nbf", json!(now + 20)),
        ] {
            service.bearer(token).get("/customers").await.expect(200);
        }
        let (signed, signature) = right.rsplit_once('.').expect("a signature");
        let flipped: String = signature.chars().rev().collect();
        let payload = signed.split_once('.').expect("a payload").1;
        let none = json!({"alg": "none", "typ": "at+jwt", "kid": mint.id}).to_string();
        let none = format!("{}.{payload}.", BASE64_URL_SAFE_NO_PAD.encode(none));
        let x = outside(&service, "/.well-known/jwks.json").await["keys"][0]["x"]
            .as_str()
            .expect("x")
            .to_owned();
        let mut symmetric = mint.header();
        symmetric.alg = Algorithm::HS256;
        let secret = EncodingKey::from_secret(&BASE64_URL_SAFE_NO_PAD.decode(x).expect("bytes"));
        let elsewhere = short_lived();
        Keys::open(&elsewhere).expect("another key");
        let another = EncodingKey::from_ec_pem(&std::fs::read(elsewhere.join("signing-0001.pem")).expect("a key"));
        std::fs::remove_dir_all(elsewhere).expect("the folder goes");
        let wrong = [
            ("no token at all", "x".to_owned()),
            ("a false signature", format!("{signed}.{flipped}")),
            (
                "another key's signature",
                jsonwebtoken::encode(&mint.header(), &mint.claims, &another.expect("a key")).expect("a token"),
            ),
            ("no signature", none),
            (
                "a symmetric signature",
                jsonwebtoken::encode(&symmetric, &mint.claims, &secret).expect("a token"),
            ),
            ("an ID token's type", mint.headed(|h| h.typ = Some("JWT".into()))),
            ("no type", mint.headed(|h| h.typ = None)),
            ("an unknown key", mint.headed(|h| h.kid = Some("other".into()))),
            ("no key named", mint.headed(|h| h.kid = None)),
            ("expired", mint.with("exp", json!(now - 40))),
            ("not yet begun", mint.with("nbf", json!(now + 40))),
            ("another audience", mint.with("aud", json!("https://other.example.se"))),
            ("another issuer", mint.with("iss", json!("https://other.example.se"))),
            ("no audience", mint.with("aud", json!(null))),
            ("no end", mint.with("exp", json!(null))),
            ("no kind that we know", mint.with("kind", json!("god"))),
            ("a person who does not exist", mint.with("kind", json!("person"))),
        ];
        let events = service.events().await;
        for (what, token) in wrong {
            for path in ["/customers", "/customers/00000000-0000-0000-0000-000000000000"] {
                let answer = service.bearer(&token).get(path).await;
                assert_eq!(answer.status, 401, "{what}: {:#}", answer.body);
                is_challenged(&service, &answer);
            }
            service
                .bearer(&token)
                .post("/persons", json!({"name": "Ingen"}))
                .await
                .refused(401, "unauthenticated");
        }
        let basic = [("authorization", "Basic eDp5")];
        is_challenged(
            &service,
            &service
                .nobody()
                .send(Method::GET, "/customers", &basic, None)
                .await
                .expect(401),
        );
        is_challenged(&service, &service.nobody().get("/customers").await.expect(401));
        assert_eq!(service.events().await, events);
        service.stop().await;
    })
    .await;
}

/// RFC 9728: the challenge says where to read how to sign in.
#[track_caller]
fn is_challenged(service: &Service, answer: &Answer) {
    let document = format!(
        "{}/.well-known/oauth-protected-resource",
        service.settings().public_origin()
    );
    assert_eq!(
        answer.header("www-authenticate"),
        format!("Bearer resource_metadata=\"{document}\"")
    );
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_when_its_time_is_over() {
    on_each_database(async |service| {
        let mint = Mint::of(&service).await;
        let admin = service.bearer(&mint.with("jti", json!("2")));
        admin.get("/customers").await.expect(200);
        service.state().clock.advance(Duration::seconds(600 + 20));
        admin.get("/customers").await.expect(200);
        service.state().clock.advance(Duration::seconds(20));
        admin.get("/customers").await.expect(401);
        // A fresh one is judged by the same clock.
        service.administrator().get("/customers").await.expect(200);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_signs_and_the_old_one_still_verifies() {
    let issuer = "https://kundansvar.example.org";
    let elsewhere = short_lived();
    let (old, new) = (elsewhere.join("old"), elsewhere.join("new"));
    let issued = |folder| {
        let tokens = Tokens::new(Keys::open(folder).expect("keys"), issuer.into());
        let lifetime = Duration::hours(1);
        tokens
            .issue(Kind::Administrator, "anna.admin", String::new(), lifetime, Utc::now())
            .expect("a token")
    };
    let (before, after) = (issued(&old), issued(&new));
    let service = Service::start_with(Database::Sqlite, |settings| {
        settings.public_url = issuer.into();
        let folder = settings.key_folder();
        std::fs::create_dir_all(&folder).expect("a folder");
        for (from, name) in [(&old, "signing-0001.pem"), (&new, "signing-0002.pem")] {
            std::fs::copy(from.join("signing-0001.pem"), folder.join(name)).expect("a key");
        }
    })
    .await;
    std::fs::remove_dir_all(elsewhere).expect("the folder goes");
    for token in [&before, &after] {
        service.bearer(token).get("/customers").await.expect(200);
    }
    let made = service
        .state()
        .tokens
        .issue(Kind::Auditor, "x", String::new(), Duration::hours(1), Utc::now());
    let key_of = |token: &str| {
        jsonwebtoken::decode_header(token)
            .expect("a header")
            .kid
            .expect("a key")
    };
    assert_eq!(key_of(&made.expect("a token")), key_of(&after));
    assert_ne!(key_of(&before), key_of(&after));
    let keys = outside(&service, "/.well-known/jwks.json").await;
    let ids: Vec<_> = keys["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .map(|k| k["kid"].clone())
        .collect();
    assert_eq!(ids, [key_of(&before), key_of(&after)]);
    for key in keys["keys"].as_array().expect("keys") {
        assert_eq!(
            [&key["kty"], &key["crv"], &key["use"], &key["alg"]],
            ["EC", "P-256", "sig", "ES256"]
        );
        assert!(key.get("d").is_none(), "the private half stays here");
    }
    service.stop().await;
}
