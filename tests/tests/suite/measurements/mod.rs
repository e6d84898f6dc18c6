//! Evidence from service desks and monitoring: what becomes of each line, and of a batch that is sent again.
mod access;
mod faults;
mod quarantine;
mod resending;
mod unagreed;

use api::identity::Kind;
use end_to_end::{Caller, Service, World, database::short_lived, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

pub const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");

/// A world with a system that sends measurements, and what it calls the services and customers.
pub struct Desk {
    pub world: World,
    pub caller: Caller,
    client: String,
}

impl Desk {
    pub async fn set(service: &Service) -> Self {
        let world = World::build(service).await;
        let client = registered(service, json!({"name": "Mätare", "systems": ["desk"]})).await;
        let caller = bearer(service, &client);
        Self { world, caller, client }
    }

    /// The same with a new token, where the clock was moved.
    pub fn later(mut self, service: &Service) -> Self {
        self.caller = bearer(service, &self.client);
        self
    }

    pub fn outage(&self, id: &str, members: Value) -> Value {
        let outage = json!({"kind": "outage", "source": "desk", "sourceId": id, "observedAt": "2026-03-02T10:00:00Z",
            "service": self.world.mail, "from": "2026-03-02T08:00:00Z"});
        with(outage, members)
    }

    pub fn case(&self, id: &str, members: Value) -> Value {
        let case = json!({"kind": "case", "source": "desk", "sourceId": id, "observedAt": "2026-03-02T10:00:00Z",
            "service": self.world.mail, "customer": self.world.klk_hr, "priority": "2 - High",
            "opened": "2026-03-02T08:00:00Z"});
        with(case, members)
    }

    pub fn sample(&self, id: &str, members: Value) -> Value {
        let sample = json!({"kind": "sample", "source": "desk", "sourceId": id, "observedAt": "2026-03-02T10:00:00Z",
            "service": self.world.mail, "metric": "svarstid", "value": "0.42", "unit": "s"});
        with(sample, members)
    }

    /// What is known of a measurement, with its history.
    pub async fn known(&self, id: &str) -> Value {
        let page = self
            .caller
            .get(&format!("/measurements?source=desk&sourceId={id}"))
            .await
            .expect(200);
        let id = page.items()[0]["id"].as_str().expect("an id").to_owned();
        self.caller.get(&format!("/measurements/{id}")).await.expect(200).body
    }

    /// Sends them; each is to be taken in.
    pub async fn send(&self, documents: &[Value]) {
        let (told, summary) = sent(&self.caller, "sent", lines(documents)).await;
        assert_eq!(summary["counts"]["rejected"], 0, "{told:#?}");
    }

    pub async fn count(&self) -> u64 {
        let page = self.caller.get("/measurements?count=true&limit=1").await.expect(200);
        page.body["total"].as_u64().expect("a total")
    }
}

/// A system that reads and writes measurements.
pub async fn client(service: &Service, members: Value) -> Caller {
    bearer(service, &registered(service, members).await)
}

const SCOPES: [&str; 2] = ["measurements.read", "measurements.write"];

async fn registered(service: &Service, members: Value) -> String {
    let body = with(json!({"scopes": SCOPES}), members);
    service.administrator().post("/clients", body).await.expect(201).id()
}

fn bearer(service: &Service, client: &str) -> Caller {
    service.caller_with(Kind::Client, client, &SCOPES.join(" "))
}

pub fn with(mut document: Value, members: Value) -> Value {
    let members = members.as_object().expect("members").clone();
    document.as_object_mut().expect("a document").extend(members);
    document
}

pub fn lines(documents: &[Value]) -> Vec<u8> {
    documents.iter().map(|d| format!("{d}\n")).collect::<String>().into()
}

/// The lines of the answer, the summary apart.
pub async fn sent(caller: &Caller, batch: &str, body: impl Into<Vec<u8>>) -> (Vec<Value>, Value) {
    let request = caller.request(Method::POST, &format!("/measurements?batch={batch}"));
    answered(request.header(NDJSON.0, NDJSON.1).body(body.into())).await
}

pub async fn answered(request: reqwest::RequestBuilder) -> (Vec<Value>, Value) {
    let reply = request.send().await.expect("an answer");
    let status = reply.status();
    let media = reply.headers()["content-type"].clone();
    let text = reply.text().await.expect("text");
    assert_eq!(
        (status.as_u16(), media.to_str().expect("text")),
        (200, NDJSON.1),
        "{text}"
    );
    let parsed = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let mut told: Vec<Value> = parsed.collect();
    let last = told.pop().expect("a last line");
    assert!(last["summary"].is_object(), "{last:#}");
    (told, last["summary"].clone())
}

pub fn outcomes(told: &[Value]) -> Vec<&str> {
    told.iter()
        .map(|line| line["outcome"].as_str().expect("an outcome"))
        .collect()
}

/// Events about batches, the oldest first.
pub async fn batch_events(service: &Service) -> Vec<Value> {
    let path = "/events?subjectKind=measurement_batch&limit=200";
    service.auditor().get(path).await.expect(200).items().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_is_told_what_became_of_it() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let batch = lines(&[
            desk.outage("O1", json!({"to": "2026-03-02T09:00:00Z"})),
            desk.case("C1", json!({"sourceVersion": 2})),
            desk.sample("S1", json!({})),
            desk.sample("S1", json!({})),
            desk.case("C1", json!({"sourceVersion": 3, "resolved": "2026-03-02T09:30:00Z"})),
            desk.case("C1", json!({"sourceVersion": 1, "priority": "3"})),
            desk.case("C2", json!({"customer": {"system": "hr", "id": "nobody"}})),
            desk.sample("S2", json!({"value": 0.42})),
        ]);
        let (told, summary) = sent(&desk.caller, "one", batch.clone()).await;
        assert_eq!(
            outcomes(&told),
            [
                "accepted",
                "accepted",
                "accepted",
                "duplicate",
                "correction",
                "outdated",
                "quarantined",
                "rejected"
            ]
        );
        assert_eq!(told[7]["line"], 8);
        assert_eq!(
            (&told[7]["errors"][0]["pointer"], &told[7]["errors"][0]["code"]),
            (&json!("/value"), &json!("type"))
        );
        let counts =
            json!({"accepted": 3, "duplicate": 1, "correction": 1, "outdated": 1, "quarantined": 1, "rejected": 1});
        assert_eq!((&summary["batch"], &summary["counts"]), (&json!("one"), &counts));
        let events = batch_events(&service).await;
        assert_eq!(events.len(), 1, "one event a batch");
        assert_eq!(events[0]["type"], "kundansvar.measurement_batch.received.v1");
        assert_eq!(events[0]["data"]["counts"]["after"], counts);
        assert_eq!(events[0]["data"]["digest"]["after"], summary["digest"]);
        let sha = std::process::Command::new("sha256sum")
            .stdin(file(&batch))
            .output()
            .expect("sha256sum");
        assert!(String::from_utf8_lossy(&sha.stdout).starts_with(summary["digest"].as_str().expect("a digest")));

        // What stands is the newest, whatever came last.
        let case = desk.known("C1").await;
        assert_eq!(
            (&case["version"], &case["sent"]["sourceVersion"]),
            (&json!(3), &json!(3))
        );
        assert_eq!(case["customers"][0]["code"], "KLK-HR");
        assert_eq!(case["service"]["code"], "MAIL");
        let versions = |m: &Value| {
            let history = m["history"].as_array().expect("a history").iter();
            let mut versions: Vec<i64> = history
                .map(|h| h["sent"]["sourceVersion"].as_i64().expect("one"))
                .collect();
            versions.sort_unstable();
            versions
        };
        assert_eq!(versions(&case), [1, 2]);
        assert_eq!(case["historyTotal"], 2);

        // The same again changes nothing: no row, no event, no version.
        let (told, _) = sent(&desk.caller, "one", batch.clone()).await;
        assert_eq!(outcomes(&told)[..7], ["duplicate"; 7]);
        let (told, _) = sent(
            &desk.caller,
            "two",
            desk.case("C1", json!({"sourceVersion": 1, "priority": "3"}))
                .to_string(),
        )
        .await;
        assert_eq!(outcomes(&told), ["duplicate"]);
        assert_eq!(desk.known("C1").await, case);
        assert_eq!(batch_events(&service).await.len(), 2, "batch two is another one");
        assert_eq!(desk.count().await, 4);

        // Without versions, the source's time decides; a later one corrects in a batch of its own.
        let later = json!({"updatedAt": "2026-03-02T11:00:00Z", "to": "2026-03-02T08:30:00Z"});
        let (told, _) = sent(
            &desk.caller,
            "three",
            lines(&[desk.outage("O1", later), desk.outage("O1", json!({}))]),
        )
        .await;
        assert_eq!(outcomes(&told), ["correction", "outdated"]);
        let outage = desk.known("O1").await;
        assert_eq!(
            (&outage["version"], &outage["sent"]["to"]),
            (&json!(3), &json!("2026-03-02T08:30:00Z"))
        );
        assert_eq!(outage["historyTotal"], 2);
        // The digest can be computed by anybody: canonical JSON, SHA-256.
        let text = serde_json::to_string(&sorted(&outage["sent"])).expect("text");
        let sha = std::process::Command::new("sha256sum")
            .stdin(file(text.as_bytes()))
            .output()
            .expect("sha256sum");
        assert!(String::from_utf8_lossy(&sha.stdout).starts_with(outage["digest"].as_str().expect("a digest")));

        // The same batch with something new tells of it.
        let more = [batch, lines(&[desk.sample("S9", json!({}))])].concat();
        let (told, _) = sent(&desk.caller, "one", more).await;
        assert_eq!(outcomes(&told).last(), Some(&"accepted"));
        let events = batch_events(&service).await;
        assert_eq!((events.len(), &events[3]["subject"]["version"]), (4, &json!(2)));
        service.stop().await;
    })
    .await;
}

/// The members in order, as canonical JSON has them; here all are ASCII.
fn sorted(value: &Value) -> std::collections::BTreeMap<String, Value> {
    value.as_object().expect("an object").clone().into_iter().collect()
}

fn file(bytes: &[u8]) -> std::process::Stdio {
    let path = short_lived();
    std::fs::write(&path, bytes).expect("a file");
    let file = std::fs::File::open(&path).expect("a file");
    std::fs::remove_file(path).expect("it may go");
    file.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_go_by_time_and_are_filtered() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let at = |n: usize| format!("2026-03-0{n}T10:00:00Z");
        let mut all = vec![];
        for n in [3, 1, 2] {
            all.push(desk.sample(&format!("S{n}"), json!({"observedAt": at(n)})));
            all.push(desk.case(
                &format!("C{n}"),
                json!({"opened": at(n), "observedAt": at(n), "customer": desk.world.bun}),
            ));
            all.push(desk.outage(
                &format!("O{n}"),
                json!({"from": at(n), "customers": [desk.world.bun, desk.world.klk],
                "service": desk.world.salary}),
            ));
        }
        sent(&desk.caller, "all", lines(&all)).await;
        let listed = async |query: &str| {
            let (mut ids, mut cursor) = (vec![], String::new());
            loop {
                let page = desk
                    .caller
                    .get(&format!("/measurements?limit=2&count=true&{query}{cursor}"))
                    .await
                    .expect(200);
                ids.extend(
                    page.items()
                        .iter()
                        .map(|m| m["sent"]["sourceId"].as_str().expect("an id").to_owned()),
                );
                let total = page.body["total"].as_u64().expect("a total");
                match page.body["next"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => {
                        assert_eq!(ids.len() as u64, total, "{query}");
                        return ids;
                    }
                }
            }
        };
        let everything = listed("").await;
        assert_eq!(everything.len(), 9);
        assert!(everything[..3].iter().all(|id| id.ends_with('1')), "{everything:?}");
        assert_eq!(listed("kind=sample").await, ["S1", "S2", "S3"]);
        assert_eq!(listed("kind=outage&sort=descending").await, ["O3", "O2", "O1"]);
        assert_eq!(
            listed(&format!("service={}", desk.world.salary)).await,
            ["O1", "O2", "O3"]
        );
        assert_eq!(
            listed(&format!("customer={}", desk.world.klk)).await,
            ["O1", "O2", "O3"]
        );
        assert_eq!(
            listed(&format!("customer={}&kind=case", desk.world.bun)).await,
            ["C1", "C2", "C3"]
        );
        assert_eq!(listed(&format!("customer={}", desk.world.bun)).await.len(), 6);
        assert_eq!(
            listed("timeFrom=2026-03-02T10:00:00Z&timeBefore=2026-03-03T10:00:00Z")
                .await
                .len(),
            3
        );
        assert_eq!(listed("source=desk&sourceId=C2").await, ["C2"]);
        assert_eq!(listed("source=monitor").await, [""; 0]);
        for cursor in ["00".repeat(16), "ff".repeat(24), format!("7f{}", "ff".repeat(30))] {
            desk.caller
                .get(&format!("/measurements?cursor={cursor}"))
                .await
                .expect(200);
        }
        let shown = desk.known("C1").await;
        let path = format!("/measurements/{}", shown["id"].as_str().expect("an id"));
        let etag = desk.caller.get(&path).await.etag();
        let seen = desk
            .caller
            .send(Method::GET, &path, &[("if-none-match", &etag)], None)
            .await;
        assert_eq!((etag.as_str(), seen.status.as_u16()), ("\"1\"", 304));
        service.stop().await;
    })
    .await;
}
