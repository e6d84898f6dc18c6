//! The log as it grows: the order and the scope of the list, nothing missed over a break, an end in time.
use std::time::{Duration, Instant};

use api::identity::Kind;
use chrono::Duration as Span;
use end_to_end::{Caller, Service, World, database::Database, on_each_database};
use reqwest::Response;
use serde_json::{Value, json};

/// What came on a stream: each event with its place, and the last place, which may have come alone.
#[derive(Default)]
struct Heard {
    events: Vec<(String, Value)>,
    place: String,
    over: bool,
}

/// A stream that is being read.
struct Ear {
    response: Response,
    text: String,
    heard: Heard,
}

impl Ear {
    async fn open(caller: &Caller, query: &str, last: Option<&str>) -> Self {
        let mut request = caller.request(reqwest::Method::GET, &format!("/event-stream?{query}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self {
            response,
            text: String::new(),
            heard: Heard::default(),
        }
    }

    /// Listens until enough is heard, or the stream is over.
    async fn until(&mut self, enough: impl Fn(&Heard) -> bool) -> &Heard {
        let began = Instant::now();
        while !enough(&self.heard) && !self.heard.over {
            assert!(began.elapsed() < Duration::from_secs(30), "nothing is heard");
            let Ok(chunk) = tokio::time::timeout(Duration::from_secs(1), self.response.chunk()).await else {
                continue;
            };
            match chunk.expect("a whole stream") {
                None => self.heard.over = true,
                Some(bytes) => self.text.push_str(std::str::from_utf8(&bytes).expect("text")),
            }
            while let Some((frame, rest)) = self.text.split_once("\n\n") {
                let mut lines = frame.lines();
                let id = lines
                    .next()
                    .and_then(|line| line.strip_prefix("id: "))
                    .expect("a place");
                self.heard.place = id.to_owned();
                if let Some(data) = lines.next() {
                    let event = data.strip_prefix("data: ").expect("data");
                    let event = serde_json::from_str(event).expect("JSON");
                    self.heard.events.push((id.to_owned(), event));
                }
                assert_eq!(lines.next(), None);
                self.text = rest.to_owned();
            }
        }
        &self.heard
    }
}

async fn listed(caller: &Caller) -> Vec<Value> {
    let (mut all, mut cursor) = (vec![], String::new());
    loop {
        let page = caller.get(&format!("/events?limit=200{cursor}")).await.expect(200).body;
        all.extend(page["items"].as_array().expect("items").clone());
        cursor = format!("&cursor={}", page["next"].as_str().expect("a place"));
        if page["more"] == false {
            return all;
        }
    }
}

async fn raise(world: &World, customer: &str) {
    let body = json!({"customer": customer, "kind": "wish", "title": "Större brevlådor"});
    let by = if customer == world.bun {
        &world.stranger
    } else {
        &world.decider
    };
    by.post("/requests", body).await.expect(201);
}

const BEGINNING: &str = "cursor=00000000000000000000000000000000";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_listed_is_heard_as_it_happens_and_a_break_misses_nothing() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let auditor = service.auditor();
        let before = listed(&auditor).await;
        let mut ear = Ear::open(&auditor, BEGINNING, None).await;
        ear.until(|heard| heard.events.len() == before.len()).await;
        // Somebody who comes now hears only what comes now.
        let mut late = Ear::open(&auditor, "seconds=60", None).await;
        raise(&world, &world.klk_hr).await;
        let heard = ear.until(|heard| heard.events.len() > before.len()).await;
        let events: Vec<_> = heard.events.iter().map(|(_, event)| event.clone()).collect();
        assert_eq!(events, listed(&auditor).await);
        late.until(|heard| !heard.events.is_empty()).await;
        assert_eq!(late.heard.events, heard.events[before.len()..]);

        // From any place on, what came after it; the header goes before the parameter.
        let (place, _) = &heard.events[before.len() - 3];
        drop(late);
        raise(&world, &world.klk_hr).await;
        let mut again = Ear::open(&auditor, BEGINNING, Some(place)).await;
        let after: Vec<_> = listed(&auditor).await.split_off(before.len() - 2);
        again.until(|heard| heard.events.len() == after.len()).await;
        let events: Vec<_> = again.heard.events.into_iter().map(|(_, event)| event).collect();
        assert_eq!(events, after);

        // Of one type alone.
        let query = format!("{BEGINNING}&type=kundansvar.request.received.v1&subjectKind=request&seconds=1");
        let mut some = Ear::open(&auditor, &query, None).await;
        some.until(|_| false).await;
        assert_eq!(some.heard.events.len(), 2);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_system_hears_of_its_customers_and_of_none_once_it_is_revoked() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let body = json!({"name": "Logg", "scopes": ["events.read"], "customers": [world.klk_hr]});
        let client = admin.post("/clients", body).await.expect(201);
        let system = service.caller_with(Kind::Client, &client.id(), "events.read");
        let mut ear = Ear::open(&system, "", None).await;
        raise(&world, &world.bun).await;
        raise(&world, &world.klk_hr).await;
        let heard = ear.until(|heard| !heard.events.is_empty()).await;
        assert!(
            heard
                .events
                .iter()
                .all(|(_, event)| event["customer"] == json!(world.klk_hr))
        );

        let path = format!("/clients/{}", client.id());
        let etag = admin.get(&path).await.etag();
        admin
            .act(&format!("{path}/revocation"), &etag, json!({}))
            .await
            .expect(200);
        service.state().clock.advance(Span::seconds(6));
        let so_far = ear.heard.events.len();
        raise(&world, &world.klk_hr).await;
        let heard = ear.until(|_| false).await;
        assert_eq!(heard.events.len(), so_far);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_of_another_log_and_nonsense_are_refused_before_anything_is_streamed() {
    on_each_database(async |service| {
        let auditor = service.auditor();
        let other = "0000000000000001ffffffffffffffff";
        let ask = async |query: &str, headers: &[(&'static str, &str)]| {
            let path = format!("/event-stream?{query}");
            auditor.send(reqwest::Method::GET, &path, headers, None).await
        };
        World::build(&service).await;
        ask(&format!("cursor={other}"), &[]).await.refused(410, "cursor_gone");
        ask("", &[("last-event-id", other)]).await.refused(410, "cursor_gone");
        for bad in ["1", "zz", "00000000000000000000000000000000ff", "åäö"] {
            ask("", &[("last-event-id", bad)]).await.expect(400);
        }
        for bad in [
            "seconds=0",
            "seconds=3601",
            "seconds=x",
            "cursor=00",
            "limit=5",
            "timeFrom=2026-01-01T00:00:00Z",
        ] {
            ask(bad, &[]).await.expect(400);
        }
        ask("", &[("accept", "application/json")]).await.expect(406);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_time_and_when_the_service_stops() {
    on_each_database(async |service: Service| {
        let auditor = service.auditor();
        let began = Instant::now();
        let mut short = Ear::open(&auditor, "seconds=1", None).await;
        short.until(|_| false).await;
        assert!(began.elapsed() >= Duration::from_secs(1) && began.elapsed() < Duration::from_secs(15));

        let mut long = Ear::open(&auditor, "", None).await;
        service.state().head.no_more();
        assert!(long.until(|_| false).await.over);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hears_nothing_still_hears_how_far_the_log_has_come() {
    let service = Service::start(Database::Sqlite).await;
    let world = World::build(&service).await;
    let body = json!({"name": "Logg", "scopes": ["events.read"], "customers": [world.klk_hr]});
    let client = service.administrator().post("/clients", body).await.expect(201).id();
    let system = service.caller_with(Kind::Client, &client, "events.read");
    let mut ear = Ear::open(&system, "seconds=60", None).await;
    let first = ear.until(|heard| !heard.place.is_empty()).await.place.clone();
    assert_eq!(position(&first), service.events().await);
    // Others are busy all the time.
    let busy = async {
        loop {
            raise(&world, &world.bun).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    let heard = tokio::select! {
        heard = ear.until(|heard| heard.place != first) => heard,
        () = busy => return,
    };
    assert_eq!(heard.events, []);
    assert!(position(&heard.place) > position(&first) + 10);
    service.stop().await;
}

fn position(place: &str) -> i64 {
    i64::from_str_radix(&place[..16], 16).expect("a position")
}
