//! Programs: how they find and use the token endpoint, their secrets, keys and scopes; and when someone is out.
use chrono::{Duration, Utc};
use end_to_end::{Caller, Service, World, on_each_database};
use jsonwebtoken::Algorithm;
use reqwest::Method;
use serde_json::{Value, json};

use super::outside;

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

type Form<'a> = &'a [(&'a str, &'a str)];
type Credentials<'a> = Option<(&'a str, &'a str)>;

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
        let refused: [(Form<'_>, Credentials<'_>, &str); 11] = [
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
