//! Webhooks: signed, in order for each thing, until they are taken; nobody waits for another; nothing leaves that may not.
mod instances;
mod recovery;

use std::time::{Duration, Instant};

use api::identity::Kind;
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::Duration as Span;
use end_to_end::{Caller, Database, Received, Receiver, Reply, Service, World, databases};
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const SCOPES: &str = "events.read webhooks.read webhooks.write";

/// A service whose webhooks may go to this host, and give up soon.
async fn open(database: Database) -> (Service, World) {
    let service = Service::start_with(database, |settings| {
        settings.webhook_allowed_networks = vec!["127.0.0.0/8".parse().expect("a network")];
        settings.webhook_timeout_seconds = 1;
    })
    .await;
    let world = World::build(&service).await;
    (service, world)
}

async fn on_each(test: impl AsyncFn(Service, World)) {
    for database in databases().await {
        println!("on {database:?}");
        let (service, world) = open(database).await;
        test(service, world).await;
    }
}

/// A system that wants to be told.
async fn system(service: &Service, customers: Option<&str>) -> Caller {
    let scopes: Vec<&str> = SCOPES.split(' ').collect();
    let name = format!("Mottagare {}", uuid::Uuid::now_v7().simple());
    let mut body = json!({"name": name, "scopes": scopes});
    if let Some(customer) = customers {
        body["customers"] = json!([customer]);
    }
    let id = service.administrator().post("/clients", body).await.expect(201).id();
    service.caller_with(Kind::Client, &id, SCOPES)
}

/// A subscription: its path and its secret.
async fn subscribed(system: &Caller, to: &Receiver, types: &[&str]) -> (String, String) {
    let body = json!({"name": "Krok", "destination": to.url(), "types": types});
    let made = system.post("/webhook-subscriptions", body).await.expect(201);
    (format!("/webhook-subscriptions/{}", made.id()), made.text("secret"))
}

async fn raise(world: &World, customer: &str, title: &str) -> String {
    let by = if customer == world.bun {
        &world.stranger
    } else {
        &world.decider
    };
    let body = json!({"customer": customer, "kind": "wish", "title": title});
    by.post("/requests", body).await.expect(201).id()
}

async fn act(by: &Caller, path: &str, act: &str, body: Value) -> end_to_end::Answer {
    let etag = by.get(path).await.expect(200).etag();
    by.act(&format!("{path}/{act}"), &etag, body).await
}

async fn deliveries(system: &Caller, path: &str, query: &str) -> Vec<Value> {
    system
        .get(&format!("{path}/deliveries?{query}"))
        .await
        .expect(200)
        .items()
        .clone()
}

/// Waits until a subscription's deliveries are as wanted.
async fn settled(system: &Caller, path: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    for _ in 0..600 {
        let all = deliveries(system, path, "limit=200").await;
        if wanted(&all) {
            return all;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:#}", json!(deliveries(system, path, "").await));
}

fn all_delivered(all: &[Value]) -> bool {
    !all.is_empty() && all.iter().all(|delivery| delivery["state"] == "delivered")
}

/// HMAC-SHA256 (RFC 2104), by hand.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    assert!(key.len() <= 64);
    let pad = |with: u8| -> Vec<u8> { (0..64).map(|i| key.get(i).copied().unwrap_or(0) ^ with).collect() };
    let inner = Sha256::digest([pad(0x36), message.to_vec()].concat());
    Sha256::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
}

/// What Standard Webhooks wants to stand in the signature.
fn signature(secret: &str, received: &Received) -> String {
    let key = BASE64_STANDARD
        .decode(secret.strip_prefix("whsec_").expect("a secret"))
        .expect("a key");
    let signed = format!(
        "{}.{}.",
        received.headers["webhook-id"], received.headers["webhook-timestamp"]
    );
    let message = [signed.as_bytes(), &received.bytes].concat();
    format!("v1,{}", BASE64_STANDARD.encode(hmac(&key, &message)))
}

fn headers(received: &Received) -> HeaderMap {
    let of = |(name, value): (&String, &String)| {
        (
            HeaderName::from_bytes(name.as_bytes()).expect("a name"),
            value.parse().expect("a value"),
        )
    };
    received.headers.iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_from_now_on_comes_signed_and_without_personal_data() {
    on_each(async |service, world| {
        let receiver = Receiver::start().await;
        let system = system(&service, None).await;
        raise(&world, &world.klk_hr, "Före prenumerationen").await;
        let (path, secret) = subscribed(&system, &receiver, &["kundansvar.request.*"]).await;
        let id = raise(&world, &world.klk_hr, "Hemlig önskan").await;
        act(&world.brm, &format!("/requests/{id}"), "investigation", Value::Null)
            .await
            .expect(200);
        service
            .administrator()
            .post("/services", json!({"code": "X", "name": "X"}))
            .await
            .expect(201);
        let received = receiver.many(2).await;
        settled(&system, &path, all_delivered).await;
        let listed = service
            .auditor()
            .get(&format!("/events?subject={id}"))
            .await
            .expect(200);
        let events: Vec<&str> = listed
            .items()
            .iter()
            .map(|e| e["type"].as_str().expect("a type"))
            .collect();
        assert_eq!(events, received.iter().map(Received::kind).collect::<Vec<_>>());
        for (message, event) in received.iter().zip(listed.items()) {
            let body = &message.body;
            assert_eq!(message.headers["content-type"], "application/cloudevents+json");
            assert_eq!(body["specversion"], "1.0");
            let schema = format!(
                "http://{}/event-schemas/{}.json",
                service.running.address,
                body["type"].as_str().expect("a type")
            );
            assert_eq!(body["dataschema"], schema);
            assert_eq!((&body["id"], &body["time"]), (&event["id"], &event["time"]));
            assert_eq!(body["source"], json!(service.base()));
            assert_eq!(message.subject(), format!("request/{id}"));
            assert_eq!(body["data"]["position"], event["position"]);
            assert_eq!(message.headers["webhook-id"], message.id());
            // By the rules, and by the library that receivers use.
            assert_eq!(message.headers["webhook-signature"], signature(&secret, message));
            let library = standardwebhooks::Webhook::new(&secret).expect("a secret");
            library
                .verify(&message.bytes, &headers(message))
                .expect("a true signature");
            let forged = [&message.bytes[..], b" "].concat();
            assert!(library.verify(&forged, &headers(message)).is_err());
        }
        assert!(
            received
                .iter()
                .all(|message| !message.body.to_string().contains("Hemlig"))
        );
        assert_eq!(deliveries(&system, &path, "").await.len(), 2);
        let tried = &deliveries(&system, &path, "").await[0]["attempts"][0];
        assert_eq!(tried["status"], 204);
        service.stop().await;
    })
    .await;
}

#[test]
fn signatures_are_those_of_the_standard() {
    // A vector of the Standard Webhooks libraries.
    let signed = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
    let (id, at) = ("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553);
    let body = br#"{"email":"test@example.com","username":"test_user"}"#;
    let library = standardwebhooks::Webhook::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").expect("a secret");
    assert_eq!(library.sign(id, at, body).expect("a signature"), signed);
    let key = BASE64_STANDARD
        .decode("C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
        .expect("a key");
    let message = [format!("{id}.{at}.").as_bytes(), body].concat();
    assert_eq!(format!("v1,{}", BASE64_STANDARD.encode(hmac(&key, &message))), signed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thing_waits_for_its_earlier_event_and_others_go_on() {
    on_each(async |service, world| {
        let system = system(&service, None).await;
        let (a, b) = (
            raise(&world, &world.klk_hr, "A").await,
            raise(&world, &world.klk_hr, "B").await,
        );
        let of_a = format!("request/{a}");
        let receiver = Receiver::answering(
            move |received, before| match received.subject() == of_a && before == 0 {
                true => Reply::Status(500, ""),
                false => Reply::Status(200, ""),
            },
        )
        .await;
        let (path, _) = subscribed(&system, &receiver, &["kundansvar.request.*"]).await;
        for id in [&a, &b] {
            act(&world.brm, &format!("/requests/{id}"), "investigation", Value::Null)
                .await
                .expect(200);
            let body = json!({"reason": "Behövs inte."});
            act(&world.decider, &format!("/requests/{id}"), "withdrawal", body)
                .await
                .expect(200);
        }
        // Of A the first, which failed; of B both.
        receiver.many(3).await;
        settled(&system, &path, |all| {
            all.iter().filter(|d| d["state"] == "delivered").count() == 2
        })
        .await;
        let waiting = deliveries(&system, &path, "state=waiting").await;
        assert_eq!(waiting.len(), 2);
        assert_eq!(
            (
                &waiting[0]["attempts"][0]["status"],
                &waiting[0]["attempts"][0]["answer"]
            ),
            (&json!(500), &json!("svar"))
        );
        assert_eq!(waiting[1]["attempts"], json!([]));
        service.state().clock.advance(Span::seconds(6));
        settled(&system, &path, |all| {
            all.iter().filter(|d| d["state"] == "delivered").count() >= 3
        })
        .await;
        // The second of A fails once too; then all is there.
        service.state().clock.advance(Span::seconds(6));
        settled(&system, &path, all_delivered).await;
        let mut order: Vec<String> = receiver
            .received()
            .iter()
            .filter(|r| r.subject() == format!("request/{a}"))
            .map(|r| r.kind().to_owned())
            .collect();
        order.dedup();
        assert_eq!(
            order,
            ["kundansvar.request.investigated.v1", "kundansvar.request.withdrawn.v1"]
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_endpoint_is_tried_for_three_days_then_paused_and_resumed_without_loss() {
    on_each(async |service, world| {
        let system = system(&service, None).await;
        let receiver = Receiver::answering(|_, _| Reply::HangUp).await;
        let (path, _) = subscribed(&system, &receiver, &["kundansvar.request.*"]).await;
        raise(&world, &world.klk_hr, "Ingen svarar").await;
        for (tries, wait) in domain::webhooks::WAITS.into_iter().enumerate() {
            let all = settled(&system, &path, |all| {
                all.first()
                    .is_some_and(|d| d["attempts"].as_array().is_some_and(|a| a.len() == tries + 1))
            })
            .await;
            assert_eq!(all[0]["state"], "waiting");
            assert!(
                all[0]["attempts"][tries]["error"]
                    .as_str()
                    .is_some_and(|e| !e.is_empty())
            );
            let due: chrono::DateTime<chrono::Utc> = all[0]["dueAt"].as_str().expect("a time").parse().expect("a time");
            let begun: chrono::DateTime<chrono::Utc> = all[0]["attempts"][tries]["at"]
                .as_str()
                .expect("a time")
                .parse()
                .expect("a time");
            let waits = (due - begun).num_seconds();
            assert!(waits >= wait && waits <= wait + wait / 10 + 5, "{waits} for {wait}");
            service.state().clock.advance(Span::seconds(wait + wait / 10 + 2));
        }
        settled(&system, &path, |all| all[0]["state"] == "failed").await;
        let paused = async || system.get(&path).await.expect(200);
        for _ in 0..100 {
            if paused().await.body["state"] == "paused" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let seen = paused().await;
        assert_eq!(seen.body["state"], "paused");
        assert!(seen.text("stateReason").contains("more than a day"));
        // What happens meanwhile is kept; what was given up is asked for; who resumes it is told that it was paused too.
        raise(&world, &world.klk_hr, "Under pausen").await;
        let before = receiver.received().len();
        receiver.answer(|_, _| Reply::Status(204, ""));
        act(&system, &path, "resumption", Value::Null).await.expect(200);
        let again = system
            .post(
                &format!("{path}/replay"),
                json!({"from": "2020-01-01T00:00:00Z", "failedOnly": true}),
            )
            .await;
        assert_eq!(again.expect(200).body["deliveries"], 1);
        settled(&system, &path, all_delivered).await;
        let kinds: Vec<String> = receiver.received()[before..]
            .iter()
            .map(|r| r.kind().to_owned())
            .collect();
        for wanted in [
            "request.received",
            "webhook_subscription.paused",
            "webhook_subscription.resumed",
        ] {
            assert!(kinds.iter().any(|kind| kind.contains(wanted)), "{kinds:?}");
        }
        assert_eq!(kinds.iter().filter(|kind| kind.contains("request.received")).count(), 2);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wishes_of_the_destination_are_respected() {
    on_each(async |service, world| {
        let system = system(&service, None).await;
        let busy = Receiver::answering(|_, before| match before {
            0 => Reply::Status(429, "retry-after: 40\r\n"),
            _ => Reply::Status(200, ""),
        })
        .await;
        let gone = Receiver::answering(|_, _| Reply::Status(410, "")).await;
        let elsewhere = Receiver::start().await;
        let to = format!("location: {}\r\n", elsewhere.url());
        let to: &'static str = to.leak();
        let moved = Receiver::answering(move |_, _| Reply::Status(307, to)).await;
        let (of_busy, _) = subscribed(&system, &busy, &["kundansvar.request.*"]).await;
        let (of_gone, _) = subscribed(&system, &gone, &["kundansvar.*"]).await;
        let (of_moved, _) = subscribed(&system, &moved, &["kundansvar.request.*"]).await;
        raise(&world, &world.klk_hr, "En önskan").await;

        let waits = settled(&system, &of_busy, |all| {
            all.first().is_some_and(|d| d["attempts"][0]["status"] == 429)
        })
        .await;
        assert_eq!(waits[0]["attempts"][0]["retryAfter"], 40);
        service.state().clock.advance(Span::seconds(30));
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(busy.received().len(), 1);
        service.state().clock.advance(Span::seconds(15));
        settled(&system, &of_busy, all_delivered).await;

        settled(&system, &of_gone, |all| {
            !all.is_empty() && all.iter().all(|d| d["state"] == "failed")
        })
        .await;
        for _ in 0..100 {
            if system.get(&of_gone).await.body["state"] == "disabled" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let seen = system.get(&of_gone).await.expect(200);
        assert_eq!(seen.body["state"], "disabled");
        act(&system, &of_gone, "resumption", Value::Null)
            .await
            .refused(409, "state");
        let there = gone.received().len();

        let followed = settled(&system, &of_moved, |all| {
            all.first().is_some_and(|d| d["attempts"][0]["status"] == 307)
        })
        .await;
        assert_eq!(
            (followed[0]["state"].as_str(), elsewhere.received().len()),
            (Some("waiting"), 0)
        );
        assert_eq!(gone.received().len(), there);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_answers_delays_no_other() {
    on_each(async |service, world| {
        let system = system(&service, None).await;
        let (silent, prompt) = (
            Receiver::answering(|_, _| Reply::Silence).await,
            Receiver::start().await,
        );
        for _ in 0..3 {
            subscribed(&system, &silent, &["kundansvar.request.*"]).await;
        }
        let (path, _) = subscribed(&system, &prompt, &["kundansvar.request.*"]).await;
        // A new subscription is noticed within a second.
        raise(&world, &world.klk_hr, "Den första").await;
        prompt.many(1).await;
        let mut delays = vec![];
        for n in 1..20 {
            raise(&world, &world.klk_hr, &format!("Önskan {n}")).await;
            let committed = Instant::now();
            let received = prompt.many(n + 1).await;
            delays.push(received[n].at.saturating_duration_since(committed));
        }
        // The silent ones time out after a second, and hold four tries each meanwhile; who waited for them would wait as long.
        delays.sort();
        assert!(delays[delays.len() / 2] < Duration::from_millis(600), "{delays:?}");
        assert!(all_delivered(&settled(&system, &path, all_delivered).await));
        let late = settled(&system, &path, |_| true).await;
        assert_eq!(late.len(), 20);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_is_told_of_its_customers_alone_and_of_nothing_once_it_is_revoked() {
    on_each(async |service, world| {
        let admin = service.administrator();
        let receiver = Receiver::start().await;
        let limited = system(&service, Some(&world.klk_hr)).await;
        let (path, _) = subscribed(&limited, &receiver, &["kundansvar.*"]).await;
        raise(&world, &world.bun, "Andras").await;
        raise(&world, &world.klk_hr, "Egen").await;
        admin
            .post("/services", json!({"code": "X", "name": "X"}))
            .await
            .expect(201);
        let received = receiver
            .until(|all| all.iter().any(|r| r.kind().contains("request")))
            .await;
        settled(&limited, &path, all_delivered).await;
        // Of itself it is told that it was made? No: that was before it began.
        let customers: Vec<&Value> = received.iter().map(|r| &r.body["data"]["customer"]).collect();
        assert!(
            customers.iter().all(|customer| **customer == json!(world.klk_hr)),
            "{customers:?}"
        );

        // Others' subscriptions do not exist for it, and what it cannot see cannot be chosen.
        let other = system(&service, None).await;
        other.get(&path).await.expect(404);
        let etag = limited.get(&path).await.etag();
        other.delete(&path, &etag).await.expect(404);
        assert_eq!(other.get("/webhook-subscriptions").await.items().len(), 0);
        assert_eq!(admin.get("/webhook-subscriptions").await.items().len(), 1);
        let body =
            json!({"name": "Krok", "destination": receiver.url(), "types": ["kundansvar.*"], "customers": [world.bun]});
        let refused = limited
            .post("/webhook-subscriptions", body)
            .await
            .refused(409, "unknown_reference");
        assert_eq!(refused.body["errors"][0]["pointer"], "/customers/0");

        // What happens to its own webhook it reads in the log too, between its customers' events; of others' nothing.
        let elsewhere = Receiver::start().await;
        subscribed(&other, &elsewhere, &["kundansvar.request.*"]).await;
        act(&limited, &path, "pause", Value::Null).await.expect(200);
        act(&limited, &path, "resumption", Value::Null).await.expect(200);
        raise(&world, &world.klk_hr, "Efter pausen").await;
        let (mut kinds, mut cursor) = (vec![], String::new());
        loop {
            let page = limited.get(&format!("/events?limit=2{cursor}")).await.expect(200).body;
            for event in page["items"].as_array().expect("items") {
                let own = path.ends_with(event["subject"]["id"].as_str().expect("an id"));
                assert!(own || event["customer"] == json!(world.klk_hr), "{event:#}");
                kinds.extend(
                    event["type"]
                        .as_str()
                        .and_then(|kind| kind.split('.').nth(2))
                        .map(str::to_owned),
                );
            }
            cursor = format!("&cursor={}", page["next"].as_str().expect("a place"));
            if page["more"] == false {
                break;
            }
        }
        let end = kinds.len().saturating_sub(3);
        assert_eq!(kinds[end..], ["paused", "resumed", "received"], "{kinds:?}");

        receiver
            .until(|all| all.iter().filter(|r| r.kind().contains("request")).count() == 2)
            .await;
        let client = limited.get(&path).await.text("client");
        let client = format!("/clients/{client}");
        act(&admin, &client, "revocation", Value::Null).await.expect(200);
        tokio::time::sleep(Duration::from_millis(1200)).await;
        let so_far = receiver.received().len();
        raise(&world, &world.klk_hr, "Efteråt").await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(receiver.received().len(), so_far);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_overlap_deliveries_are_replayed_and_a_test_goes_the_whole_way() {
    on_each(async |service, world| {
        let receiver = Receiver::start().await;
        let system = system(&service, None).await;
        let (path, first) = subscribed(&system, &receiver, &["kundansvar.request.received.v1"]).await;
        assert!(system.get(&path).await.body.get("secret").is_none());
        act(&system, &path, "test-event", Value::Null).await.expect(200);
        let tested = receiver.many(1).await;
        assert_eq!(tested[0].kind(), "kundansvar.webhook_subscription.tested.v1");

        let second = act(&system, &path, "secret", Value::Null)
            .await
            .expect(200)
            .text("secret");
        assert_ne!(first, second);
        raise(&world, &world.klk_hr, "Med två").await;
        let both = receiver
            .until(|all| all.iter().any(|r| r.kind().contains("received")))
            .await;
        let both = both.last().expect("one");
        let signatures: Vec<&str> = both.headers["webhook-signature"].split(' ').collect();
        assert_eq!(signatures, [signature(&second, both), signature(&first, both)]);
        service.state().clock.advance(Span::hours(25));
        raise(&world, &world.klk_hr, "Med ett").await;
        let count = receiver.received().len();
        let one = receiver
            .until(|all| all.iter().filter(|r| r.kind().contains("received")).count() == 2)
            .await;
        assert!(one.len() >= count);
        assert_eq!(
            one.last().expect("one").headers["webhook-signature"],
            signature(&second, one.last().expect("one"))
        );

        // One delivery again, and all of a time: the same events under the same ids.
        let all = settled(&system, &path, all_delivered).await;
        let before = receiver.received().len();
        let id = all[0]["id"].as_str().expect("an id");
        let replayed = system
            .post(&format!("{path}/deliveries/{id}/replay"), Value::Null)
            .await
            .expect(200);
        assert_eq!(
            (replayed.text("state").as_str(), &replayed.body["attempts"]),
            ("waiting", &json!([]))
        );
        // It is told of the act too, as of all that happens to itself.
        let again = receiver.many(before + 2).await;
        assert!(again[before..].iter().any(|r| r.body["id"] == all[0]["event"]));
        let all = settled(&system, &path, |now| now.len() == all.len() + 1 && all_delivered(now)).await;
        let count = system
            .post(&format!("{path}/replay"), json!({"from": "2020-01-01T00:00:00Z"}))
            .await
            .expect(200);
        assert_eq!(count.body["deliveries"], json!(all.len()));
        receiver.many(before + 2 + all.len() + 1).await;
        let query = "/events?type=kundansvar.webhook_subscription.replayed.v1";
        let acts = service.auditor().get(query).await.expect(200).items().clone();
        let told: Vec<&Value> = acts.iter().map(|act| &act["data"]["deliveries"]["after"]).collect();
        assert_eq!(told, [&json!(1), &json!(all.len())]);
        assert_eq!(acts[0]["data"]["delivery"]["after"], json!(id));
        assert_eq!(acts[1]["data"]["which"]["after"]["failedOnly"], json!(false));
        let versions: Vec<i64> = acts
            .iter()
            .filter_map(|act| act["subject"]["version"].as_i64())
            .collect();
        assert_eq!(system.get(&path).await.body["version"], json!(versions[0] + 1));

        // Paused, it gets nothing; resumed, what was kept.
        settled(&system, &path, all_delivered).await;
        act(&system, &path, "pause", Value::Null).await.expect(200);
        act(&system, &path, "test-event", Value::Null)
            .await
            .refused(409, "state");
        tokio::time::sleep(Duration::from_millis(1200)).await;
        let before = receiver.received().len();
        raise(&world, &world.klk_hr, "Under pausen").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(receiver.received().len(), before);
        act(&system, &path, "resumption", Value::Null).await.expect(200);
        receiver
            .until(|all| all.iter().filter(|r| r.kind().contains("resumed")).count() == 1)
            .await;
        settled(&system, &path, all_delivered).await;
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_to_or_is_no_pattern_is_refused_by_its_member() {
    on_each(async |service, _| {
        let system = system(&service, None).await;
        let body = |member: &str, value: Value| {
            let mut body =
                json!({"name": "Krok", "destination": "https://tools.example.com/hook", "types": ["kundansvar.*"]});
            body[member] = value;
            body
        };
        system
            .post("/webhook-subscriptions", body("name", json!("God")))
            .await
            .expect(201);
        let before = service.events().await;
        for destination in [
            "https://10.0.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::ffff:10.0.0.1]/",
            "https://2130706434.example.com@10.0.0.1/",
        ] {
            let refused = system
                .post("/webhook-subscriptions", body("destination", json!(destination)))
                .await;
            let refused = refused.refused(409, "destination");
            assert_eq!(refused.body["errors"][0]["pointer"], "/destination");
        }
        for (member, value, pointer) in [
            ("types", json!([]), "/types"),
            ("types", json!(["kundansvar.request"]), "/types/0"),
            ("destination", json!("ftp://tools.example.com/"), "/destination"),
            ("customer", json!("x"), "/customer"),
        ] {
            let refused = system
                .post("/webhook-subscriptions", body(member, value))
                .await
                .expect(422);
            assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{:#}", refused.body);
        }
        assert_eq!(service.events().await, before);
        service.stop().await;
    })
    .await;
}
