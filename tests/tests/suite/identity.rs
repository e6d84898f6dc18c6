//! Who calls: tokens and what is wrong with false ones, keys and their rotation, the token endpoint and the documents
//! by which programs find it, and how soon someone who is gone may nothing more.
use api::identity::{Keys, Kind, Tokens};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{Duration, Utc};
use end_to_end::{Answer, Caller, Database, Service, World, on_each_database};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};

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

/// A document outside the operations.
async fn outside(service: &Service, path: &str) -> Value {
    let reply = service
        .http
        .get(format!("http://{}{path}", service.running.address))
        .send()
        .await
        .expect("an answer");
    assert_eq!(reply.status(), 200, "{path}");
    reply.json().await.expect("JSON")
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
        let elsewhere = std::env::temp_dir().join(format!("kundansvar_test_{}", uuid::Uuid::now_v7().simple()));
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
    let elsewhere = std::env::temp_dir().join(format!("kundansvar_test_{}", uuid::Uuid::now_v7().simple()));
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

/// What the token endpoint answers to a form.
async fn asked(service: &Service, form: &[(&str, &str)], basic: Option<(&str, &str)>) -> (u16, Value) {
    let url = format!("http://{}/oauth/token", service.running.address);
    let mut request = service.http.post(url).form(form);
    if let Some((id, secret)) = basic {
        request = request.basic_auth(id, Some(secret));
    }
    let reply = request.send().await.expect("an answer");
    assert_eq!(reply.headers()["cache-control"], "no-store");
    assert!(reply.status() != 401 || reply.headers().contains_key("www-authenticate"));
    (reply.status().as_u16(), reply.json().await.expect("JSON"))
}

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// A new client's id and secret.
async fn client(service: &Service, body: Value) -> (String, String) {
    let made = service.administrator().post("/clients", body).await.expect(201);
    (made.id(), made.text("clientSecret"))
}

/// A caller with the token that the endpoint gives.
async fn signed_in(service: &Service, id: &str, secret: &str) -> Option<Caller> {
    let (status, token) = asked(service, &[GRANT], Some((id, secret))).await;
    (status == 200).then(|| service.bearer(token["access_token"].as_str().expect("a token")))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_endpoint_gives_tokens_for_the_right_credentials_only() {
    on_each_database(async |service| {
        let body = json!({"name": "Desk", "scopes": ["register.read", "requests.read"]});
        let (id, secret) = client(&service, body).await;
        let (id, secret) = (id.as_str(), secret.as_str());
        let form = [GRANT, ("client_id", id), ("client_secret", secret)];
        let (status, by_form) = asked(&service, &form, None).await;
        assert_eq!(
            (status, &by_form["scope"]),
            (200, &json!("register.read requests.read")),
            "{by_form}"
        );
        assert_eq!(
            [&by_form["token_type"], &by_form["expires_in"]],
            [&json!("Bearer"), &json!(3600)]
        );
        let (status, less) = asked(&service, &[GRANT, ("scope", "requests.read")], Some((id, secret))).await;
        assert_eq!((status, &less["scope"]), (200, &json!("requests.read")), "{less}");
        let caller = service.bearer(less["access_token"].as_str().expect("a token"));
        caller.get("/requests").await.expect(200);
        caller.get("/customers").await.refused(403, "insufficient_scope");

        let unknown = uuid::Uuid::now_v7().to_string();
        let right = Some((id, secret));
        let refused: [(&[(&str, &str)], Option<(&str, &str)>, &str); 11] = [
            (&[GRANT], Some((id, "wrong")), "invalid_client"),
            (&[GRANT], Some((&unknown, secret)), "invalid_client"),
            (&[GRANT], Some(("desk", secret)), "invalid_client"),
            (&[GRANT], None, "invalid_client"),
            (&[GRANT, ("client_id", id)], None, "invalid_client"),
            (&[GRANT, ("scope", "register.write")], right, "invalid_scope"),
            (&[GRANT, ("scope", "requests.read made.up")], right, "invalid_scope"),
            (&[("grant_type", "password")], right, "unsupported_grant_type"),
            (&[], right, "invalid_request"),
            (&[GRANT, GRANT], right, "invalid_request"),
            (
                &[GRANT, ("scope", "requests.read"), ("scope", "register.read")],
                right,
                "invalid_request",
            ),
        ];
        for (form, basic, error) in refused {
            let (status, answer) = asked(&service, form, basic).await;
            let expected = if error == "invalid_client" { 401 } else { 400 };
            assert_eq!(
                (status, &answer["error"]),
                (expected, &json!(error)),
                "{form:?}: {answer}"
            );
            assert!(answer.get("access_token").is_none());
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_finds_the_way_in_from_the_first_refusal() {
    on_each_database(async |service| {
        let origin = service.settings().public_origin();
        let at = |url: &Value| {
            url.as_str()
                .and_then(|u| u.strip_prefix(&origin))
                .expect("an address here")
                .to_owned()
        };
        let challenge = service
            .nobody()
            .get("/customers")
            .await
            .header("www-authenticate")
            .to_owned();
        let resource = outside(&service, &at(&json!(challenge.split('"').nth(1)))).await;
        assert_eq!(resource["resource"], origin);
        assert_eq!(resource["bearer_methods_supported"], json!(["header"]));
        assert_eq!(resource["authorization_servers"], json!([origin]));
        let server = outside(&service, "/.well-known/oauth-authorization-server").await;
        assert_eq!(server["issuer"], origin);
        assert_eq!(server["grant_types_supported"], json!(["client_credentials"]));
        assert_eq!(at(&server["token_endpoint"]), "/oauth/token");
        assert_eq!(resource["jwks_uri"], server["jwks_uri"]);
        let scopes = server["scopes_supported"].as_array().expect("scopes");
        assert!(scopes.contains(&json!("feed.strategy")) && scopes == resource["scopes_supported"].as_array().unwrap());

        // The token is as RFC 9068 wants it, and anyone can check it with the published key.
        let (id, secret) = client(&service, json!({"name": "Log", "scopes": ["events.read"]})).await;
        let (_, answer) = asked(&service, &[GRANT], Some((&id, &secret))).await;
        let token = answer["access_token"].as_str().expect("a token");
        let header = jsonwebtoken::decode_header(token).expect("a header");
        assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::ES256, Some("at+jwt")));
        let keys = outside(&service, &at(&server["jwks_uri"])).await;
        let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys).expect("keys");
        let key = keys
            .find(&header.kid.expect("a key's id"))
            .expect("the key is published");
        let key = jsonwebtoken::DecodingKey::from_jwk(key).expect("a key");
        let mut validation = jsonwebtoken::Validation::new(Algorithm::ES256);
        validation.set_audience(&[resource["resource"].as_str().expect("a name")]);
        validation.set_issuer(&[server["issuer"].as_str().expect("a name")]);
        let claims = jsonwebtoken::decode::<Value>(token, &key, &validation)
            .expect("a right token")
            .claims;
        assert_eq!(
            [&claims["sub"], &claims["client_id"], &claims["scope"]],
            [&json!(id), &json!(id), &json!("events.read")]
        );
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
        assert!(claims["jti"].is_string() && claims["nbf"].is_i64());
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_secret_overlaps_and_a_revoked_client_is_out_within_five_seconds() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let (id, first) = client(&service, json!({"name": "Desk", "scopes": ["register.read"]})).await;
        let path = format!("/clients/{id}");
        let rotate = async || {
            let seen = admin.get(&path).await.expect(200).etag();
            admin
                .act(&format!("{path}/secrets"), &seen, json!(null))
                .await
                .expect(200)
                .text("clientSecret")
        };
        let second = rotate().await;
        assert_ne!(first, second);
        let works = async |secret: &str| signed_in(&service, &id, secret).await.is_some();
        assert!(works(&first).await && works(&second).await);
        service.state().clock.advance(Duration::hours(24));
        assert!(!works(&first).await && works(&second).await, "the overlap is over");

        let desk = signed_in(&service, &id, &second).await.expect("a token");
        desk.get("/customers").await.expect(200);
        let seen = admin.get(&path).await.etag();
        admin
            .act(&format!("{path}/revocation"), &seen, json!(null))
            .await
            .expect(200);
        assert!(!works(&second).await, "its secrets stop at once");
        service.state().clock.advance(Duration::seconds(5));
        desk.get("/customers").await.refused(401, "unauthenticated");
        let shown = admin.get("/clients").await.expect(200).body.to_string();
        assert!(
            !shown.contains(&second) && !shown.contains("digest"),
            "no secret is told again"
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_gone_may_nothing_more_within_five_seconds() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let customer = format!("/customers/{}", world.klk_hr);
        for caller in [&world.dm, &world.brm, &world.decider] {
            caller.get(&customer).await.expect(200);
        }
        let yesterday = (Utc::now() - Duration::days(1)).date_naive();
        let team = admin.get(&format!("/customer-teams/{}", world.team)).await.expect(200);
        let members = team.body["members"].as_array().expect("members");
        let member = members
            .iter()
            .find(|m| m["person"]["id"] == world.dm_id.as_str())
            .expect("the member");
        let path = format!(
            "/customer-teams/{}/members/{}/end",
            world.team,
            member["id"].as_str().expect("an id")
        );
        let body = json!({"lastDay": yesterday, "successor": world.loner_id});
        admin.act(&path, &team.etag(), body).await.expect(200);
        for (path, act) in [
            (format!("/persons/{}", world.brm_id), "departure"),
            (format!("/contacts/{}", world.decider_id), "end"),
        ] {
            let seen = admin.get(&path).await.etag();
            admin
                .act(&format!("{path}/{act}"), &seen, json!({"lastDay": yesterday}))
                .await
                .expect(200);
        }
        service.state().clock.advance(Duration::seconds(5));
        world.dm.get(&customer).await.refused(404, "not_found");
        world.dm.get("/requests").await.expect(200);
        world.loner.get(&customer).await.expect(200);
        world.brm.get(&customer).await.refused(401, "unauthenticated");
        world.decider.get(&customer).await.refused(401, "unauthenticated");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_sends_a_key_and_learns_which_scope_it_lacks() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let scopes = json!(["register.read", "requests.write"]);
        let (id, secret) = client(&service, json!({"name": "Intake", "scopes": scopes})).await;
        let program = signed_in(&service, &id, &secret).await.expect("a token");
        let wish = json!({"customer": world.klk, "kind": "wish", "title": "Ny skrivare"});
        let events = service.events().await;
        program
            .post("/requests", wish.clone())
            .await
            .refused(400, "key_missing");
        let lacking = program
            .post("/customers", json!({}))
            .await
            .refused(403, "insufficient_scope");
        let challenge = lacking.header("www-authenticate").to_owned();
        for part in [
            "Bearer error=\"insufficient_scope\"",
            "scope=\"register.write\"",
            "resource_metadata=\"http",
        ] {
            assert!(challenge.contains(part), "{challenge}");
        }
        assert_eq!(service.events().await, events);
        let key = uuid::Uuid::now_v7().to_string();
        let keyed = [("idempotency-key", key.as_str())];
        program
            .send(Method::POST, "/requests", &keyed, Some(wish))
            .await
            .expect(201);
        service.stop().await;
    })
    .await;
}
