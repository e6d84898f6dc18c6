//! Several instances of the service on one PostgreSQL: one sends, and when it ends or dies another goes on.
use std::{collections::HashMap, net::SocketAddr};

use super::*;
use crate::program::{Serving, program};

#[tokio::test(flavor = "multi_thread")]
async fn instances_come_and_go_and_every_event_comes_in_order_of_its_thing() {
    for database in databases().await {
        // One file is one program's.
        if matches!(database, Database::Sqlite) {
            continue;
        }
        let (service, world) = open(database).await;
        let receiver = Receiver::start().await;
        let system = system(&service, None).await;
        let (path, _) = subscribed(&system, &receiver, &["kundansvar.request.*"]).await;
        let instance = async || {
            let mut settings = service.settings();
            settings.listen = "127.0.0.1:0".parse().expect("an address");
            api::start(settings).await.expect("an instance")
        };
        let mut others = vec![instance().await, instance().await];
        let mut ids = vec![];
        for n in 0..40 {
            ids.push(raise(&world, &world.klk_hr, &format!("Önskan {n}")).await);
            let path = format!("/requests/{}", ids[n / 2]);
            if world.brm.get(&path).await.body["status"] == "received" {
                act(&world.brm, &path, "investigation", Value::Null).await.expect(200);
            }
            if n % 10 == 5 {
                let ended = others.remove(0);
                ended.handle.stop(false).await;
                ended.ended().await.expect("an end");
                others.push(instance().await);
            }
        }
        let wanted = settled(&system, &path, |all| all.len() >= 60 && all_delivered(all))
            .await
            .len();
        let received = receiver.many(wanted).await;
        for id in ids {
            let mut kinds: Vec<&str> = received
                .iter()
                .filter(|r| r.subject() == format!("request/{id}"))
                .map(Received::kind)
                .collect();
            kinds.dedup();
            let expected = ["kundansvar.request.received.v1", "kundansvar.request.investigated.v1"];
            assert_eq!(kinds, expected[..kinds.len().min(2)], "{id}");
        }
        for other in others {
            other.handle.stop(false).await;
            other.ended().await.expect("an end");
        }
        service.stop().await;
    }
}

/// The program, on the database of a service that has ended and for callers with its tokens.
fn instance(settings: &api::program::Settings, origin: SocketAddr) -> Serving {
    let mut command = program();
    command
        .arg("--data-folder")
        .arg(&settings.data_folder)
        .args(["--database-url", &settings.database_url])
        .args(["--set", &format!("public_url=http://{origin}")])
        .args(["--set", "webhook_allowed_networks=[\"127.0.0.0/8\"]"]);
    Serving::start(&mut command)
}

/// One of them at random.
fn any<T>(of: &[T]) -> usize {
    uuid::Uuid::new_v4().as_u128() as usize % of.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_instances_that_are_killed_at_random_every_event_comes_in_order_of_its_thing() {
    for database in databases().await {
        if matches!(database, Database::Sqlite) {
            continue;
        }
        let (service, world) = open(database).await;
        let receiver = Receiver::start().await;
        let system = system(&service, None).await;
        let (path, _) = subscribed(&system, &receiver, &["kundansvar.request.*"]).await;
        let (auditor, origin, settings) = (service.auditor(), service.running.address, service.settings());
        let database = service.leave().await;
        let mut serving: Vec<Serving> = (0..3).map(|_| instance(&settings, origin)).collect();

        let began = Instant::now();
        let (mut requests, mut raised, mut kills) = (tokio::task::JoinSet::new(), 0, 0);
        let mut starting = tokio::task::JoinSet::new();
        while began.elapsed() < Duration::from_secs(15) {
            let by = world.decider.at(serving[any(&serving)].address);
            let brm = world.brm.at(serving[any(&serving)].address);
            let body = json!({"customer": world.klk_hr, "kind": "wish", "title": format!("Önskan {raised}")});
            raised += 1;
            // Whom a dying instance does not answer does not know what became of it; the log does.
            requests.spawn(async move {
                let made = by
                    .request(reqwest::Method::POST, "/requests")
                    .json(&body)
                    .send()
                    .await
                    .ok()?;
                let etag = made.headers().get("etag")?.clone();
                let made: Value = made.json().await.ok()?;
                let path = format!("/requests/{}/investigation", made["id"].as_str()?);
                let investigation = brm.request(reqwest::Method::POST, &path).header("if-match", etag);
                investigation.send().await.ok().map(|_| ())
            });
            if serving.len() == 3 && began.elapsed() > Duration::from_secs(2) * (kills + 1) {
                kills += 1;
                // It gets no time to put anything in order.
                serving.remove(any(&serving)).process.kill().expect("it can be killed");
                let settings = settings.clone();
                starting.spawn_blocking(move || instance(&settings, origin));
            }
            while let Some(started) = starting.try_join_next() {
                serving.push(started.expect("an instance"));
            }
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        requests.join_all().await;
        assert!(kills >= 2, "{kills} were killed");

        // The log tells what has to come; from the first death on within seconds of the last.
        let auditor = auditor.at(serving[0].address);
        let mut wanted: HashMap<String, Vec<i64>> = HashMap::new();
        let (mut cursor, mut many) = (String::new(), 0);
        loop {
            let page = auditor
                .get(&format!("/events?subjectKind=request&limit=200{cursor}"))
                .await;
            let page = page.expect(200).body;
            for event in page["items"].as_array().expect("items") {
                let subject = format!("request/{}", event["subject"]["id"].as_str().expect("an id"));
                wanted
                    .entry(subject)
                    .or_default()
                    .push(event["position"].as_i64().expect("a place"));
                many += 1;
            }
            cursor = format!("&cursor={}", page["next"].as_str().expect("a place"));
            if page["more"] == false {
                break;
            }
        }
        assert!(many > 40, "only {many} events");
        let first_ones = |received: &[Received]| {
            let mut seen: HashMap<String, Vec<i64>> = HashMap::new();
            for one in received.iter().filter(|one| one.subject().starts_with("request/")) {
                let places = seen.entry(one.subject().to_owned()).or_default();
                let place = one.body["data"]["position"].as_i64().expect("a place");
                if !places.contains(&place) {
                    places.push(place);
                }
            }
            seen
        };
        let complete = |received: &[Received]| {
            let seen = first_ones(received);
            seen.values().map(Vec::len).sum::<usize>() >= many
        };
        let done = Instant::now();
        let received = receiver.until(complete).await;
        println!(
            "{many} events came as {} deliveries over {kills} deaths, the last of them after {:?}",
            received.len(),
            done.elapsed()
        );
        assert!(done.elapsed() < Duration::from_secs(15), "{:?}", done.elapsed());
        // What came twice aside, each thing's events came in the log's order.
        assert_eq!(first_ones(&received), wanted);
        let system = system.at(serving[0].address);
        settled(&system, &path, |all| !all.is_empty()).await;
        serving.extend(starting.join_all().await);
        drop(serving);
        database.remove().await;
    }
}
