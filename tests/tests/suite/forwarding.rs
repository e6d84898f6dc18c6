//! What goes on from the team: with all that a destination needs, answered wherever it is, and never without whoever works on it.
use api::identity::Kind;
use end_to_end::{Answer, Caller, World, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

async fn raised(caller: &Caller, body: Value) -> String {
    format!("/requests/{}", caller.post("/requests", body).await.expect(201).id())
}

/// An act on a thing as it is now.
async fn act(caller: &Caller, path: &str, name: &str, body: Value) -> Answer {
    let etag = caller.get(path).await.etag();
    caller.act(&format!("{path}/{name}"), &etag, body).await
}

async fn endorse(world: &World, path: &str) {
    let path = format!("{path}/endorsements");
    world.decider.send(Method::POST, &path, &[], None).await.expect(200);
}

fn hand_over(request: &Answer) -> String {
    format!(
        "/hand-overs/{}",
        request.body["handOver"]["id"].as_str().expect("an id")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_carries_all_that_an_evaluation_needs() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let criterion = json!({"key": "benefit", "label": {"sv": "Nytta", "en": "Benefit"}, "lowest": 1, "highest": 5,
            "weight": 1, "direction": "higher_is_better"});
        let scheme = json!({"criteria": [criterion]});
        let given = |value: i64| json!({"values": [{"criterion": "benefit", "value": value}]});
        let wish = json!({"customer": world.klk_hr, "kind": "wish", "title": "Skanning av leverantörsfakturor",
            "services": [world.mail], "benefit": "En timme om dagen.", "resources": "Ungefär 80 timmar."});
        let path = raised(&world.brm, wish).await;
        for (caller, value) in [(&world.brm, 5), (&world.dm, 3)] {
            admin.post("/scoring-schemes", scheme.clone()).await.expect(201);
            caller.post(&format!("{path}/scores"), given(value)).await.expect(201);
        }
        let same = json!({"customer": world.bun, "kind": "wish", "title": "Skanning av leverantörsfakturor i skolan"});
        raised(&world.stranger, same).await;
        raised(
            &world.stranger,
            json!({"customer": world.bun, "kind": "wish", "title": "Parkeringstillstånd"}),
        )
        .await;
        endorse(&world, &path).await;
        let routed = act(&world.dm, &path, "routing", json!({"destination": "delivery"}))
            .await
            .expect(200);

        let feed = world.delivery.get("/feeds/delivery").await.expect(200);
        let entry = &feed.items()[0];
        assert_eq!(entry["request"]["benefit"], "En timme om dagen.");
        assert_eq!(entry["request"]["resources"], "Ungefär 80 timmar.");
        let endorsement = &entry["request"]["endorsements"][0];
        assert!(endorsement["contact"]["name"] == "Karin Kund" && endorsement["endorsedAt"].is_string());
        assert_eq!(entry["customersBehind"][0]["code"], "KLK-HR");
        let scores: Vec<_> = entry["scores"].as_array().expect("scores").iter().collect();
        let told: Vec<_> = scores
            .iter()
            .map(|s| (&s["schemeNumber"], &s["people"], &s["score"]))
            .collect();
        assert_eq!(
            told,
            [
                (&json!(1), &json!(1), &json!(1000)),
                (&json!(2), &json!(1), &json!(500))
            ]
        );
        assert_eq!(entry["request"]["score"], 750);
        assert_eq!(entry["similar"], json!({"requests": 1, "customers": 1}));

        // The hand-over itself carries the same, and its tag follows what it reads.
        let at = hand_over(&routed);
        let read = world.delivery.get(&at).await.expect(200);
        assert_eq!(read.body["demand"], entry["request"]);
        for member in ["customersBehind", "scores", "similar"] {
            assert_eq!(read.body[member], entry[member], "{member}");
        }
        let again = async || {
            let seen = read.etag();
            world
                .delivery
                .send(Method::GET, &at, &[("if-none-match", &seen)], None)
                .await
                .status
                .as_u16()
        };
        assert_eq!(again().await, 304);
        let more = json!({"customer": world.klk, "kind": "wish", "title": "Skanning av leverantörsfakturor hos oss"});
        raised(&world.chief, more).await;
        assert_eq!(again().await, 200);
        let read = world.delivery.get(&at).await.expect(200);
        assert_eq!(read.body["similar"], json!({"requests": 2, "customers": 2}));

        // Whoever is limited to one customer counts no other's.
        let body = json!({"name": "Leverans åt HR", "scopes": ["feed.delivery"], "systems": [],
            "customers": [world.klk_hr]});
        let limited = admin.post("/clients", body).await.expect(201).id();
        let limited = service.caller_with(Kind::Client, &limited, "feed.delivery");
        let feed = limited.get("/feeds/delivery").await.expect(200);
        assert_eq!(feed.items()[0]["similar"], json!({"requests": 0, "customers": 0}));

        // What is taken back carries nothing any more.
        act(&world.brm, &path, "withdrawal", json!({"reason": "Löst."}))
            .await
            .expect(200);
        let read = world.delivery.get(&at).await.expect(200);
        for member in ["demand", "customersBehind", "scores", "similar"] {
            assert!(read.body[member].is_null(), "{member}: {:#}", read.body);
        }
        let feed = world.delivery.get("/feeds/delivery").await.expect(200);
        assert!(
            feed.items()
                .iter()
                .all(|entry| entry["request"].is_null() && entry["scores"].is_null())
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_page_of_a_feed_counts_what_is_similar() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        for n in 0..30 {
            let title = format!("Skanning av leverantörsfakturor nummer {n}");
            let description = "Vi får många fakturor på papper som ska läsas in, granskas, konteras och attesteras. ";
            let wish = json!({"customer": world.klk_hr, "kind": "wish", "title": title, "services": [world.mail],
                "description": description.repeat(3)});
            let path = raised(&world.purchaser, wish).await;
            act(&world.dm, &path, "routing", json!({"destination": "delivery"}))
                .await
                .expect(200);
        }
        let feed = world.delivery.get("/feeds/delivery?limit=100").await.expect(200);
        assert_eq!(feed.items().len(), 30);
        for entry in feed.items() {
            assert_eq!(entry["similar"], json!({"requests": 20, "customers": 1}));
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r15_a_complaint_is_answered_wherever_it_is() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let late = async |path: &str| {
            let read = world.brm.get(path).await.expect(200);
            let listed = world.brm.get("/requests?overdue=true").await.expect(200);
            let listed = listed.items().iter().any(|r| r["id"] == read.body["id"]);
            let tasks = world.brm.get("/tasks").await.expect(200);
            let task = |t: &Value| t["kind"] == "answer_complaint" && t["request"]["id"] == read.body["id"];
            assert!(listed == (read.body["overdue"] == true) && listed == tasks.items().iter().any(task));
            listed
        };
        for (outcome, end) in [("accepted", "answered"), ("declined", "answered")] {
            let complaint =
                json!({"customer": world.klk_hr, "kind": "complaint", "title": "Långsamt", "dueDay": "2020-01-01"});
            let path = raised(&world.purchaser, complaint).await;
            let to = json!({"destination": "strategy"});
            let routed = act(&world.brm, &path, "routing", to).await.expect(200);
            assert!(late(&path).await, "handing it over answers nobody");
            let at = hand_over(&routed);
            let decision = json!({"outcome": outcome, "plan": "Byggs.", "reason": "Nej.", "reference": "D-1"});
            world
                .strategy
                .post(&format!("{at}/decision"), decision)
                .await
                .expect(200);
            if outcome == "accepted" {
                let told = act(&world.brm, &path, "answer", json!({"text": "Det byggs i vår."}))
                    .await
                    .expect(200);
                assert_eq!(
                    (told.text("status"), &told.body["overdue"]),
                    ("accepted".into(), &json!(false))
                );
                assert!(!late(&path).await);
                let done = json!({"reference": "F-1"});
                world.strategy.post(&format!("{at}/fulfilment"), done).await.expect(200);
                assert!(!late(&path).await, "it was answered");
            } else {
                assert!(late(&path).await);
            }
            let answered = act(&world.brm, &path, "answer", json!({"text": "Så blev det."}))
                .await
                .expect(200);
            assert_eq!(answered.text("status"), end);
            assert!(!late(&path).await);
            let reopened = act(&world.purchaser, &path, "reopening", Value::Null).await.expect(200);
            assert!(reopened.body["answer"]["reopenedAt"].is_string());
            let withdrawn = json!({"reason": "Det får vara."});
            act(&world.purchaser, &path, "withdrawal", withdrawn).await.expect(200);
        }
        // Done without a word to whoever complained: still somebody's to do, and escalated.
        let complaint =
            json!({"customer": world.klk_hr, "kind": "complaint", "title": "Trögt", "dueDay": "2020-01-01"});
        let path = raised(&world.purchaser, complaint).await;
        let at = hand_over(
            &act(&world.brm, &path, "routing", json!({"destination": "strategy"}))
                .await
                .expect(200),
        );
        let decision = json!({"outcome": "accepted", "plan": "Byggs.", "reference": "D-1"});
        world
            .strategy
            .post(&format!("{at}/decision"), decision)
            .await
            .expect(200);
        world
            .strategy
            .post(&format!("{at}/fulfilment"), json!({"reference": "F-1"}))
            .await
            .expect(200);
        assert!(late(&path).await);
        let state = service.state();
        state
            .db
            .escalate_overdue_complaints(&state.housekeeping())
            .await
            .expect("escalated");
        assert!(world.brm.get(&path).await.body["escalatedAt"].is_string());
        act(&world.brm, &path, "answer", json!({"text": "Nu är det löst."}))
            .await
            .expect(200);
        assert!(!late(&path).await);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_from_the_tasks_is_the_least_urgent() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        for n in 0..202 {
            let wish = json!({"customer": world.klk_hr, "kind": "wish", "title": format!("Önskan {n}")});
            raised(&world.purchaser, wish).await;
        }
        for day in ["2031-01-02", "2031-01-01"] {
            let wish = json!({"customer": world.klk_hr, "kind": "wish", "title": "Brådskar", "wantedBy": day});
            raised(&world.purchaser, wish).await;
        }
        let tasks = world.decider.get("/tasks").await.expect(200);
        assert!(tasks.items().len() == 200 && tasks.body["more"] == true);
        let days: Vec<_> = tasks.items().iter().take(3).map(|t| t["dueDay"].clone()).collect();
        assert_eq!(days, [json!("2031-01-01"), json!("2031-01-02"), Value::Null]);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_leaves_nobody_at_work_for_nothing_and_counts_no_other_words() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let path = |r: &Answer| format!("/requests/{}", r.id());
        let (working, twin) = (world.wish("Snabbare svar").await, world.wish("Svar snabbare").await);
        act(
            &world.brm,
            &path(&working),
            "routing",
            json!({"destination": "improvement"}),
        )
        .await
        .expect(200);
        let found = world
            .brm
            .get(&format!("/improvements?request={}", working.id()))
            .await
            .expect(200);
        let improvement = format!("/improvements/{}", found.items()[0]["id"].as_str().expect("an id"));
        act(&world.brm, &improvement, "approval", Value::Null).await.expect(200);
        act(&world.brm, &improvement, "start", Value::Null).await.expect(200);
        let into = json!({"into": twin.id()});
        let refused = act(&world.brm, &path(&working), "merge", into)
            .await
            .refused(409, "state");
        let number = twin.text("number");
        assert!(
            refused.body["detail"]
                .as_str()
                .is_some_and(|why| why.contains(&format!("merge {number} into it")))
        );
        // The other way round the work goes on, with what the twin brings.
        endorse(&world, &path(&twin)).await;
        let into = json!({"into": working.id()});
        act(&world.brm, &path(&twin), "merge", into).await.expect(200);
        let read = world.brm.get(&improvement).await.expect(200);
        assert!(read.body["origin"]["takenBackAt"].is_null());
        let survivor = world.brm.get(&path(&working)).await.expect(200);
        assert_eq!(survivor.text("status"), "accepted");
        assert_eq!(survivor.body["endorsements"][0]["givenFor"], json!(number));

        // An endorsement of other words is told, and asked for again; of the same words it counts.
        let (a, b) = (world.wish("Ett").await, world.wish("Två").await);
        endorse(&world, &path(&a)).await;
        act(&world.brm, &path(&a), "merge", json!({"into": b.id()}))
            .await
            .expect(200);
        let to_portfolio = json!({"destination": "service_portfolio"});
        act(&world.brm, &path(&b), "routing", to_portfolio.clone())
            .await
            .refused(409, "R14");
        let tasks = world.decider.get("/tasks").await.expect(200);
        let asked = |t: &Value| t["kind"] == "endorse_request" && t["request"]["id"] == b.id();
        assert!(tasks.items().iter().any(asked), "{:#}", tasks.body);
        endorse(&world, &path(&b)).await;
        act(&world.brm, &path(&b), "routing", to_portfolio.clone())
            .await
            .expect(200);
        let (a, b) = (world.wish("Lika").await, world.wish("Lika").await);
        endorse(&world, &path(&a)).await;
        act(&world.brm, &path(&a), "merge", json!({"into": b.id()}))
            .await
            .expect(200);
        act(&world.brm, &path(&b), "routing", to_portfolio).await.expect(200);
        service.stop().await;
    })
    .await;
}
