//! Who may come in at the door, how, and what they are told.
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::Duration;
use end_to_end::{Service, World, databases, on_each_database};
use hmac::{Hmac, Mac};
use serde_json::json;

use super::*;

fn nothing() -> Value {
    json!({"documents": []})
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(secret: &str, text: &str) -> Vec<u8> {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn sha1(secret: &str, text: &str) -> Vec<u8> {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

async fn by(service: &Service, authentication: Value) -> Connected {
    Connected::with(service, None, json!({"mapping": OWN, "authentication": authentication})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_shows_who_it_is_in_each_way_and_in_no_other() {
    on_each_database(async |service| {
        let body = nothing().to_string();
        let bearer = by(&service, json!({"method": "bearer"})).await;
        let told = bearer.tell(&service, body.clone()).await.expect(202);
        assert_eq!(told.text("outcome"), "ignored");
        let unknown = Connected {
            address: bearer.address.replace(&bearer.id, &uuid::Uuid::now_v7().to_string()),
            ..by(&service, json!({"method": "bearer"})).await
        };
        let mut refusals = vec![unknown.tell(&service, body.clone()).await];
        for headers in [
            vec![],
            vec![("authorization", "Bearer wrong")],
            vec![("authorization", "Basic d3Jvbmc6d3Jvbmc=")],
        ] {
            refusals.push(bearer.send(&service, &headers, body.clone()).await);
        }
        let odd = Connected {
            address: bearer.address.replace(&bearer.id, "x"),
            ..unknown
        };
        refusals.push(odd.tell(&service, body.clone()).await);
        for refused in refusals {
            let refused = refused.refused(401, "unauthenticated");
            assert_eq!(refused.text("detail"), "No connection is known here by what was sent.");
            assert!(refused.header("www-authenticate").contains("Basic"));
        }

        let basic = by(&service, json!({"method": "basic", "user": "topdesk"})).await;
        for (user, secret, status) in [
            ("topdesk", basic.secret.as_str(), 202),
            ("other", &basic.secret, 401),
            ("topdesk", "wrong", 401),
            ("topdesk", &bearer.secret, 401),
        ] {
            let sent = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{secret}")));
            basic.send(&service, &[("authorization", &sent)], body.clone()).await.expect(status);
        }

        let signature = |header: &str, algorithm: &str, encoding: &str| {
            json!({"header": header, "algorithm": algorithm, "encoding": encoding})
        };
        let mut jira = signature("X-Hub-Signature", "sha256", "hex");
        jira["prefix"] = json!("sha256=");
        let jira = by(&service, json!({"method": "hmac", "signature": jira})).await;
        let right = format!("sha256={}", hex(&sha256(&jira.secret, &body)));
        jira.send(&service, &[("x-hub-signature", &right)], body.clone()).await.expect(202);
        jira.send(&service, &[("x-hub-signature", &right)], format!("{body} ")).await.expect(401);
        jira.send(&service, &[("x-hub-signature", &right[7..])], body.clone()).await.expect(401);
        jira.tell(&service, body.clone()).await.expect(401);

        let mut zammad = signature("X-Hub-Signature", "sha1", "hex");
        zammad["prefix"] = json!("sha1=");
        let given = "a secret of its own".replace(' ', "-");
        let told = json!({"mapping": OWN, "secret": given, "authentication": {"method": "hmac", "signature": zammad}});
        let zammad = Connected::with(&service, None, told).await;
        assert_eq!(zammad.secret, given);
        let right = format!("sha1={}", hex(&sha1(&given, &body)));
        zammad.send(&service, &[("x-hub-signature", &right)], body.clone()).await.expect(202);

        let mut glpi = signature("X-GLPI-signature", "sha256", "hex");
        glpi["timestampHeader"] = json!("X-GLPI-timestamp");
        let glpi = by(&service, json!({"method": "hmac", "signature": glpi})).await;
        let right = hex(&sha256(&glpi.secret, &format!("{body}1772439275")));
        for (time, status) in [(Some("1772439275"), 202), (Some("1772439276"), 401), (None, 401)] {
            let mut headers = vec![("x-glpi-signature", right.as_str())];
            headers.extend(time.map(|time| ("x-glpi-timestamp", time)));
            glpi.send(&service, &headers, body.clone()).await.expect(status);
        }

        let other = by(&service, json!({"method": "hmac", "signature": signature("X-Sig", "sha256", "base64")})).await;
        let right = BASE64_STANDARD.encode(sha256(&other.secret, &body));
        other.send(&service, &[("x-sig", &right)], body.clone()).await.expect(202);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_bound_who_may_come_in() {
    for database in databases().await {
        let service = Service::start_with(database, |settings| {
            settings.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
        })
        .await;
        let body = nothing().to_string();
        let within = by(&service, json!({"method": "network", "networks": ["10.20.0.0/16"]})).await;
        assert_eq!(within.secret, "");
        for (hops, status) in [
            ("10.20.1.2", 202),
            ("10.21.1.2", 401),
            // Whatever the sender itself wrote before our proxy's word is not believed.
            ("10.20.1.2, 192.0.2.9", 401),
            ("192.0.2.9, 10.20.1.2, 127.0.0.3", 202),
        ] {
            within
                .send(&service, &[("x-forwarded-for", hops)], body.clone())
                .await
                .expect(status);
        }
        within.send(&service, &[], body.clone()).await.expect(401);
        let both = by(&service, json!({"method": "bearer", "networks": ["10.20.0.0/16"]})).await;
        let bearer = format!("Bearer {}", both.secret);
        let from = |hop: &'static str| [("authorization", bearer.as_str()), ("x-forwarded-for", hop)];
        both.send(&service, &from("10.20.1.2"), body.clone()).await.expect(202);
        both.send(&service, &from("10.21.1.2"), body.clone()).await.expect(401);
        both.send(&service, &[("x-forwarded-for", "10.20.1.2")], body.clone())
            .await
            .expect(401);
    }
    on_each_database(async |service| {
        // Nobody's word about where a request comes from is believed unless it is told so.
        let within = by(&service, json!({"method": "network", "networks": ["10.20.0.0/16"]})).await;
        within
            .send(&service, &[("x-forwarded-for", "10.20.1.2")], "{}")
            .await
            .expect(401);
        let here = by(&service, json!({"method": "network", "networks": ["127.0.0.0/8"]})).await;
        here.send(&service, &[], "{}").await.expect(202);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_door_keeps_nothing() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let sender = Connected::new(&service, OWN).await;
        let body = nothing().to_string();
        let etag = admin.get(&sender.path).await.etag();
        admin
            .patch(&sender.path, &etag, json!({"active": false}))
            .await
            .expect(200);
        sender.tell(&service, body.clone()).await.refused(409, "state");
        let etag = admin.get(&sender.path).await.etag();
        admin
            .patch(&sender.path, &etag, json!({"active": true}))
            .await
            .expect(200);
        sender
            .tell(&service, vec![b' '; 256 * 1024 + 1])
            .await
            .refused(413, "too_large");

        let client = admin.get(&format!("/clients/{}", sender.client)).await;
        let path = format!("/clients/{}/revocation", sender.client);
        admin.act(&path, &client.etag(), Value::Null).await.expect(200);
        sender
            .tell(&service, body.clone())
            .await
            .refused(401, "unauthenticated");
        assert_eq!(how_many(&service, &format!("{}/documents", sender.path)).await, 0);

        // Other methods are not offered, and nothing else tells what is there.
        let got = service.http.get(&sender.address).send().await.expect("an answer");
        assert_eq!(got.status(), 404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_secret_works_on_for_the_overlap() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let sender = Connected::new(&service, OWN).await;
        let body = nothing().to_string();
        let etag = admin.get(&sender.path).await.etag();
        let path = format!("{}/secret", sender.path);
        let rotated = admin.act(&path, &etag, json!({})).await.expect(200);
        let new = Connected {
            secret: rotated.text("secret"),
            address: sender.address.clone(),
            path: sender.path.clone(),
            id: sender.id.clone(),
            client: sender.client.clone(),
        };
        sender.tell(&service, body.clone()).await.expect(202);
        new.tell(&service, body.clone()).await.expect(202);
        service.state().clock.advance(Duration::hours(25));
        sender.tell(&service, body.clone()).await.expect(401);
        new.tell(&service, body.clone()).await.expect(202);
        // By another way to show who it is, the secret proves nothing.
        let etag = admin.get(&sender.path).await.etag();
        let basic = json!({"authentication": {"method": "basic", "user": "desk"}});
        let changed = admin.patch(&sender.path, &etag, basic).await.expect(200);
        assert_eq!(changed.body.get("secretCreatedAt"), None);
        let sent = format!("Basic {}", BASE64_STANDARD.encode(format!("desk:{}", new.secret)));
        sender
            .send(&service, &[("authorization", &sent)], body.clone())
            .await
            .expect(401);
        // Neither the connection nor the log of events tells a secret.
        let shown = admin.get(&sender.path).await.expect(200).body.to_string();
        let events = service
            .auditor()
            .get("/events?limit=200")
            .await
            .expect(200)
            .body
            .to_string();
        for text in [shown, events] {
            assert!(!text.contains(&sender.secret) && !text.contains(&new.secret) && !text.contains("digest\":\""));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_bounds_what_can_come_in() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let mapping = json!({"mapping": OWN});
        let sender = Connected::with(&service, Some(&[&world.klk_hr]), mapping.clone()).await;
        let told = sender
            .tell(&service, own(&[wish(&world, "1", "Utanför", None)]).to_string())
            .await
            .expect(202);
        let entry = sender.entry(&service, &told).await;
        assert_eq!(
            (&entry["outcome"], &entry["problem"]["errors"][0]["pointer"]),
            (&json!("failed"), &json!("/0/customer"))
        );
        let outage = |customer: &str, source: &str| {
            json!({"kind": "outage", "source": source, "sourceId": "O-1", "observedAt": "2026-01-01T00:00:00Z",
                "service": world.mail, "from": "2026-01-01T00:00:00Z", "customers": [customer]})
        };
        for (customer, source, outcome) in [
            (&world.bun, "desk", "failed"),
            (&world.klk_hr, "other", "failed"),
            (&world.klk_hr, "desk", "applied"),
        ] {
            assert_eq!(
                sender.outcome(&service, &own(&[outage(customer, source)])).await,
                outcome,
                "{customer} {source}"
            );
        }
        assert_eq!(how_many(&service, "/requests").await, 0);

        // A scope that the client has not is told, and what came in can be replayed once it has.
        let body = json!({"name": "Bara mätvärden", "scopes": ["measurements.write"], "systems": ["desk"]});
        let client = admin.post("/clients", body).await.expect(201).id();
        let etag = admin.get(&sender.path).await.etag();
        admin
            .patch(&sender.path, &etag, json!({"client": client}))
            .await
            .expect(200);
        let told = sender
            .tell(&service, own(&[wish(&world, "2", "Utan rätt", None)]).to_string())
            .await
            .expect(202);
        let entry = sender.entry(&service, &told).await;
        assert_eq!(entry["problem"]["code"], "insufficient_scope", "{entry:#}");
        admin
            .post(
                "/connections",
                json!({"name": "Ingen", "system": "desk", "client": uuid::Uuid::now_v7(),
            "mapping": ".", "authentication": {"method": "bearer"}}),
            )
            .await
            .refused(409, "unknown_reference");
    })
    .await;
}
