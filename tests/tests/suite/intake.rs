//! Intake and weighing: the same need found, weighed, merged, followed up, and whose turn it is.
use std::collections::BTreeMap;

use api::program::Settings;
use chrono::Duration;
use end_to_end::{Answer, Caller, Service, World, databases, on_each_database};
use serde_json::{Value, json};

const TITLES: &str = include_str!("../../data/similar_requests.csv");

fn titles() -> Vec<(String, String)> {
    let mut rows = csv::Reader::from_reader(TITLES.as_bytes());
    rows.deserialize()
        .map(|row| row.expect("a cluster and a title"))
        .collect()
}

/// What seems similar, by title.
async fn similar(caller: &Caller, query: &str) -> (Vec<String>, i64) {
    let found = caller.get(&format!("/similar-requests?{query}")).await.expect(200);
    let title = |item: &Value| item["request"]["title"].as_str().expect("a title").to_owned();
    let others = found.body["otherCustomers"].as_i64().expect("a count");
    (found.items().iter().map(title).collect(), others)
}

async fn raised(caller: &Caller, customer: &str, kind: &str, title: &str) -> Answer {
    let body = json!({"customer": customer, "kind": kind, "title": title});
    caller.post("/requests", body).await.expect(201)
}

fn scheme(high: i64) -> Value {
    let criterion = |key: &str, weight: i64, direction: &str| {
        json!({"key": key, "label": {"sv": key, "en": key}, "lowest": 1, "highest": high, "weight": weight,
            "direction": direction})
    };
    json!({"criteria": [criterion("benefit", 1, "higher_is_better"), criterion("effort", 2, "lower_is_better")]})
}

fn values(benefit: i64, effort: i64) -> Value {
    json!({"values": [{"criterion": "benefit", "value": benefit}, {"criterion": "effort", "value": effort}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_need_in_other_words_is_found_alike_on_both_databases() {
    let mut rankings: Vec<BTreeMap<String, Vec<String>>> = vec![];
    for database in databases().await {
        let service = Service::start(database).await;
        let world = World::build(&service).await;
        let titles = titles();
        assert_eq!(titles.len(), 60);
        let customers = [&world.klk, &world.klk_hr, &world.bun];
        let mut ids = BTreeMap::new();
        for (n, (_, title)) in titles.iter().enumerate() {
            let made = raised(&world.brm, customers[n % 3], "wish", title).await;
            ids.insert(title.clone(), made.id());
        }
        let (mut found, mut wanted, mut ranking) = (0, 0, BTreeMap::new());
        for (cluster, title) in &titles {
            let (order, _) = similar(&world.brm, &format!("request={}", ids[title])).await;
            for (other_cluster, other) in &titles {
                if other_cluster == cluster && other != title {
                    wanted += 1;
                    found += usize::from(order.iter().take(5).any(|t| t == other));
                }
            }
            ranking.insert(title.clone(), order);
        }
        println!("recall@5 {found}/{wanted}");
        assert!(found * 10 >= wanted * 8, "recall@5 is {found} of {wanted}");
        rankings.push(ranking);
        service.stop().await;
    }
    assert!(
        rankings.windows(2).all(|pair| pair[0] == pair[1]),
        "the databases rank otherwise"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_others_only_their_number_is_told() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        raised(&world.stranger, &world.bun, "wish", "Skanning av leverantörsfakturor").await;
        // At intake already: who sees it is told of it, who does not, of one customer more.
        let mine = raised(
            &world.purchaser,
            &world.klk_hr,
            "wish",
            "Fakturaskanning för leverantörer",
        )
        .await;
        assert_eq!(mine.body["similar"]["items"], json!([]));
        assert_eq!(mine.body["similar"]["otherCustomers"], 1);
        let entered = raised(&world.brm, &world.klk_hr, "wish", "Leverantörsfakturor, skanning").await;
        assert_eq!(entered.body["similar"]["items"].as_array().expect("items").len(), 2);
        assert_eq!(entered.body["similar"]["otherCustomers"], 0);
        let query = "title=Skanning%20av%20fakturor";
        let (titles, others) = similar(&world.decider, query).await;
        assert_eq!((titles.len(), others), (2, 1), "{titles:?}");
        let (titles, others) = similar(&world.brm, query).await;
        assert_eq!((titles.len(), others), (3, 0), "{titles:?}");
        // What has ended is no longer found, and what reads otherwise is found by what it reads.
        let path = format!("/requests/{}", mine.id());
        let reason = json!({"reason": "Löst."});
        world
            .purchaser
            .act(&format!("{path}/withdrawal"), &mine.etag(), reason)
            .await
            .expect(200);
        assert_eq!(similar(&world.brm, query).await.0.len(), 2);
        let patch = json!({"title": "Parkeringstillstånd"});
        let path = format!("/requests/{}", entered.id());
        let headers = [("if-match", entered.etag())];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        world
            .brm
            .send(reqwest::Method::PATCH, &path, &headers, Some(patch))
            .await
            .expect(200);
        assert_eq!(similar(&world.brm, query).await.0.len(), 1);
        assert_eq!(similar(&world.brm, "title=parkering").await.0, ["Parkeringstillstånd"]);
        // Another customer's request is like nothing, and without words there is nothing to compare.
        let foreign = format!("request={}", entered.id());
        assert_eq!(similar(&world.stranger, &foreign).await, (vec![], 0));
        let nothing = world.brm.get("/similar-requests").await.expect(200);
        assert_eq!(nothing.items().len(), 0);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_score_keeps_the_version_it_was_made_with() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let wish = world.wish("Digital underskrift").await;
        let path = format!("/requests/{}/scores", wish.id());
        world.brm.post(&path, values(3, 1)).await.refused(409, "state");
        admin.post("/scoring-schemes", scheme(1)).await.refused(409, "state");
        let first = admin.post("/scoring-schemes", scheme(4)).await.expect(201);
        assert_eq!(
            (&first.body["number"], &first.body["active"]),
            (&json!(1), &json!(true))
        );
        // (1 * 2/3 + 2 * 1) / 3 = 8/9
        let given = world.brm.post(&path, values(3, 1)).await.expect(201);
        assert_eq!(given.body["total"], 889);
        assert_eq!(given.body["person"]["name"], "Bea Ram");
        let outside = world.brm.post(&path, values(5, 1)).await;
        assert_eq!(outside.body["errors"][0]["pointer"], "/values/0/value");
        outside.refused(409, "state");
        let one = json!({"values": [{"criterion": "benefit", "value": 2}]});
        world.brm.post(&path, one).await.refused(409, "state");
        world
            .other_brm
            .post(&path, values(3, 1))
            .await
            .refused(403, "not_permitted");
        // (0 + 0) / 3 by another: the mean of 889 and 0.
        world.dm.post(&path, values(1, 4)).await.expect(201);
        let shown = world.brm.get(&format!("/requests/{}", wish.id())).await.expect(200);
        assert_eq!(shown.body["score"], 445);
        // A new version rescores nothing; a later score takes the earlier one's place.
        admin.post("/scoring-schemes", scheme(5)).await.expect(201);
        let schemes = world.brm.get("/scoring-schemes").await.expect(200);
        let active: Vec<_> = schemes.items().iter().map(|s| s["active"].clone()).collect();
        assert_eq!(active, [json!(false), json!(true)]);
        world.brm.post(&path, values(5, 1)).await.expect(201);
        let scores = world.dm.get(&path).await.expect(200);
        let told: Vec<_> = scores
            .items()
            .iter()
            .map(|s| (&s["total"], &s["schemeNumber"]))
            .collect();
        assert_eq!(told, [(&json!(1000), &json!(2)), (&json!(0), &json!(1))]);
        let timeline = world
            .brm
            .get(&format!("/requests/{}/timeline?limit=100", wish.id()))
            .await
            .expect(200);
        let was = timeline
            .items()
            .iter()
            .find(|e| e["type"] == "kundansvar.request_score.changed.v1");
        assert_eq!(
            was.expect("history")["changes"]["total"],
            json!({"before": 889, "after": 1000})
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_reads_its_ranking_by_score() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        service
            .administrator()
            .post("/scoring-schemes", scheme(5))
            .await
            .expect(201);
        for (title, benefit) in [("Lågt", 1), ("Högt", 5), ("Mellan", 3)] {
            let wish = world.wish(title).await;
            let path = format!("/requests/{}", wish.id());
            world
                .brm
                .post(&format!("{path}/scores"), values(benefit, 3))
                .await
                .expect(201);
            let etag = world.brm.get(&path).await.etag();
            let to = json!({"destination": "delivery"});
            world.dm.act(&format!("{path}/routing"), &etag, to).await.expect(200);
        }
        world.wish("Utan poäng").await;
        let titles = async |query: &str| {
            let page = world.brm.get(&format!("/rankings/delivery{query}")).await.expect(200);
            let titles: Vec<String> = page.items().iter().map(|r| r["title"].to_string()).collect();
            (titles, page.body["next"].as_str().map(ToOwned::to_owned))
        };
        assert_eq!(titles("").await.0, ["\"Högt\"", "\"Mellan\"", "\"Lågt\""]);
        let (first, next) = titles("?limit=2").await;
        assert_eq!(first.len(), 2);
        assert_eq!(
            titles(&format!("?limit=2&cursor={}", next.expect("more"))).await.0,
            ["\"Lågt\""]
        );
        assert_eq!(titles("?sort=descending&limit=1").await.0, ["\"Lågt\""]);
        let other = world.brm.get("/rankings/strategy").await.expect(200);
        assert!(other.items().is_empty());
        world.decider.get("/rankings/delivery").await.refused(403, "forbidden");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_go_on_as_one() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let [a, b, c] = [
            world.wish("Ett").await,
            world.wish("Två").await,
            world.wish("Tre").await,
        ];
        let path = |r: &Answer| format!("/requests/{}", r.id());
        let etag = async |r: &Answer| world.brm.get(&path(r)).await.etag();
        let merge = async |caller: &Caller, from: &Answer, into: &str| {
            let etag = etag(from).await;
            caller
                .act(&format!("{}/merge", path(from)), &etag, json!({"into": into}))
                .await
        };
        world
            .purchaser
            .post(&format!("{}/comments", path(&a)), json!({"text": "Om ett."}))
            .await
            .expect(201);
        let endorse = async |r: &Answer| {
            let path = format!("{}/endorsements", path(r));
            world
                .decider
                .send(reqwest::Method::POST, &path, &[], None)
                .await
                .expect(200);
        };
        endorse(&a).await;
        let to = json!({"destination": "service_portfolio"});
        let routed = world
            .brm
            .act(&format!("{}/routing", path(&a)), &etag(&a).await, to.clone())
            .await
            .expect(200);
        // Not into itself, into nothing, by nobody who may not.
        merge(&world.brm, &a, &a.id()).await.refused(409, "state");
        let nothing = "019a0000-0000-7000-8000-00000000ffff";
        merge(&world.brm, &a, nothing).await.refused(409, "unknown_reference");
        merge(&world.owner, &a, &b.id()).await.refused(403, "not_permitted");
        let merged = merge(&world.brm, &a, &b.id()).await.expect(200);
        assert_eq!(merged.body["status"], "merged");
        assert_eq!(merged.body["mergedInto"]["number"], b.body["number"]);
        assert_eq!(merged.body["handOver"]["state"], "withdrawn");
        let _ = routed;
        // The survivor has the endorsement, the comment and both timelines.
        let survivor = world.decider.get(&path(&b)).await.expect(200);
        assert_eq!(survivor.body["endorsements"].as_array().expect("some").len(), 1);
        let comments = world.decider.get(&format!("{}/comments", path(&b))).await.expect(200);
        assert_eq!(comments.items()[0]["text"], "Om ett.");
        let timeline = world
            .decider
            .get(&format!("{}/timeline?limit=100", path(&b)))
            .await
            .expect(200);
        let types: Vec<&str> = timeline
            .items()
            .iter()
            .map(|e| e["type"].as_str().expect("a type"))
            .collect();
        for wanted in [
            "request.merged",
            "request.absorbed",
            "hand_over.withdrawn",
            "comment.written_for_customer",
        ] {
            assert!(
                types.contains(&format!("kundansvar.{wanted}.v1").as_str()),
                "{wanted} in {types:?}"
            );
        }
        // What was merged is written no more.
        world
            .brm
            .act(&format!("{}/routing", path(&a)), &etag(&a).await, to)
            .await
            .refused(409, "state");
        world
            .brm
            .post(&format!("{}/comments", path(&a)), json!({"text": "x"}))
            .await
            .refused(409, "state");
        merge(&world.brm, &a, &c.id()).await.refused(409, "state");
        // A chain leads to its end, from either side, and never round.
        merge(&world.brm, &b, &c.id()).await.expect(200);
        let led = world.brm.get(&path(&a)).await.expect(200);
        assert_eq!(led.body["mergedInto"]["id"], c.id());
        let d = world.wish("Fyra").await;
        let merged = merge(&world.brm, &d, &a.id()).await.expect(200);
        assert_eq!(merged.body["mergedInto"]["id"], c.id());
        merge(&world.brm, &c, &a.id()).await.refused(409, "state");
        let open = world.brm.get("/requests?status=merged&count=true").await.expect(200);
        assert_eq!(open.body["total"], 3);
        let open = world.brm.get("/requests?open=true&count=true").await.expect(200);
        assert_eq!(open.body["total"], 1);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_merges_only_where_one_may_act_and_customers_stay_behind_it() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let ours = world.wish("E-arkiv").await;
        let theirs = raised(&world.stranger, &world.bun, "wish", "Elektroniskt arkiv").await;
        let (ours_at, theirs_at) = (format!("/requests/{}", ours.id()), format!("/requests/{}", theirs.id()));
        let into = json!({"into": ours.id()});
        let merge = format!("{theirs_at}/merge");
        world
            .other_brm
            .act(&merge, &theirs.etag(), into.clone())
            .await
            .refused(403, "not_permitted");
        // The manager of one team stands in for the other's.
        let team = world.other_team.clone();
        let at = format!("/customer-teams/{team}");
        let admin = service.administrator();
        let shown = admin.get(&at).await.expect(200);
        let members = shown.body["members"].as_array().expect("members");
        let manager = members
            .iter()
            .find(|m| m["role"] == "business_relationship_manager")
            .expect("one");
        let deputies = format!("{at}/members/{}/deputies", manager["id"].as_str().expect("an id"));
        let body = json!({"person": world.brm_id, "firstDay": "2020-01-01", "lastDay": "2099-12-31"});
        admin.act(&deputies, &shown.etag(), body).await.expect(200);
        service.state().clock.advance(Duration::seconds(6));
        let endorsement = format!("{theirs_at}/endorsements");
        world
            .stranger
            .send(reqwest::Method::POST, &endorsement, &[], None)
            .await
            .expect(200);
        let etag = world.brm.get(&theirs_at).await.etag();
        world.brm.act(&merge, &etag, into).await.expect(200);
        let survivor = world.decider.get(&ours_at).await.expect(200);
        assert_eq!(survivor.body["customersBehind"], 2);
        assert_eq!(
            survivor.body["endorsements"],
            json!([]),
            "R14: no customer endorses for another"
        );
        let endorsement = format!("{ours_at}/endorsements");
        world
            .decider
            .send(reqwest::Method::POST, &endorsement, &[], None)
            .await
            .expect(200);
        // The other customer's words stay theirs.
        let timeline = world
            .decider
            .get(&format!("{ours_at}/timeline?limit=100"))
            .await
            .expect(200);
        assert!(
            timeline
                .items()
                .iter()
                .all(|e| e["type"] != "kundansvar.request.merged.v1")
        );
        let old = world.stranger.get(&theirs_at).await.expect(200);
        assert_eq!(
            old.body["mergedInto"],
            json!({"id": ours.id(), "number": ours.body["number"]})
        );
        world.stranger.get(&ours_at).await.refused(404, "not_found");
        // The destination hears of both customers.
        let etag = world.brm.get(&ours_at).await.etag();
        let to = json!({"destination": "service_portfolio"});
        world
            .brm
            .act(&format!("{ours_at}/routing"), &etag, to)
            .await
            .expect(200);
        let feed = world.portfolio.get("/feeds/service_portfolio").await.expect(200);
        let behind = feed.items()[0]["customersBehind"].as_array().expect("customers");
        let codes: Vec<_> = behind.iter().map(|c| c["code"].clone()).collect();
        assert_eq!(codes, [json!("KLK-HR"), json!("BUN")]);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_merges_that_cross_one_is_done() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        for round in 0..5 {
            let (a, b) = (
                world.wish(&format!("A{round}")).await,
                world.wish(&format!("B{round}")).await,
            );
            let merge = async |from: &Answer, into: &Answer| {
                let path = format!("/requests/{}/merge", from.id());
                world.brm.act(&path, &from.etag(), json!({"into": into.id()})).await
            };
            let (one, other) = tokio::join!(merge(&a, &b), merge(&b, &a));
            let done = [&one, &other].iter().filter(|r| r.status.is_success()).count();
            assert_eq!(done, 1, "{:#} {:#}", one.body, other.body);
            let refused = if one.status.is_success() { &other } else { &one };
            assert!([409, 412].contains(&refused.status.as_u16()), "{:#}", refused.body);
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r15_an_overdue_complaint_is_escalated_once_a_due_day() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let complaint = raised(&world.purchaser, &world.klk_hr, "complaint", "Långsamt").await;
        raised(&world.purchaser, &world.klk_hr, "wish", "Snabbare").await;
        let path = format!("/requests/{}", complaint.id());
        let state = service.state();
        let escalate = async || {
            let origin = state.housekeeping();
            let at_once = || state.db.escalate_overdue_complaints(&origin);
            let (one, other) = tokio::join!(at_once(), at_once());
            one.and(other).expect("escalated");
        };
        let told = async || {
            let timeline = world.brm.get(&format!("{path}/timeline?limit=100")).await.expect(200);
            let of = |e: &&Value| e["type"] == "kundansvar.request.escalated.v1";
            timeline.items().iter().filter(of).count()
        };
        state.clock.advance(Duration::days(14));
        escalate().await;
        assert_eq!(told().await, 0, "it may be answered all day");
        state.clock.advance(Duration::days(1));
        escalate().await;
        state.clock.advance(Duration::days(1));
        escalate().await;
        assert_eq!(told().await, 1);
        let shown = world.brm.get(&path).await.expect(200);
        assert!(shown.body["escalatedAt"].is_string() && shown.body["overdue"] == true);
        // Answered and reopened it has another due day.
        let answered = world
            .brm
            .act(&format!("{path}/answer"), &shown.etag(), json!({"text": "Ja."}))
            .await
            .expect(200);
        world
            .purchaser
            .act(&format!("{path}/reopening"), &answered.etag(), json!(null))
            .await
            .expect(200);
        escalate().await;
        assert_eq!(told().await, 1);
        state.clock.advance(Duration::days(15));
        escalate().await;
        assert_eq!(told().await, 2);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r15_the_due_day_is_reckoned_in_the_calendars_open_days() {
    for database in databases().await {
        let adjust = |settings: &mut Settings| {
            settings.complaint_calendar = "Klagomål".into();
            settings.complaint_due_days = 3;
        };
        let service = Service::start_with(database, adjust).await;
        let world = World::build(&service).await;
        let today = service.settings().local_date(service.state().clock.now());
        let due = async || {
            let made = raised(&world.purchaser, &world.klk_hr, "complaint", "Långsamt").await;
            made.body["dueDay"].as_str().expect("a day").to_owned()
        };
        // As long as there is no such calendar, every day counts.
        assert_eq!(due().await, (today + Duration::days(3)).to_string());
        // Open on one day a week: the day after tomorrow's.
        let open = (today + Duration::days(2)).format("%A").to_string().to_lowercase();
        let hours = json!({"zone": "Europe/Stockholm", "weekly": {open: [{"from": "08:00", "to": "17:00"}]}});
        let calendar = json!({"name": "Klagomål", "hours": hours});
        service
            .administrator()
            .post("/service-calendars", calendar)
            .await
            .expect(201);
        assert_eq!(due().await, (today + Duration::days(16)).to_string());
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_i_must_do_now_stands_in_one_list_by_day() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let kinds = async |caller: &Caller| {
            let tasks = caller.get("/tasks").await.expect(200);
            let kind = |t: &Value| t["kind"].as_str().expect("a kind").to_owned();
            tasks.items().iter().map(kind).collect::<Vec<_>>()
        };
        assert!(kinds(&world.brm).await.is_empty());
        let complaint = json!({"customer": world.klk_hr, "kind": "complaint", "title": "Fel", "dueDay": "2020-01-01"});
        world.purchaser.post("/requests", complaint).await.expect(201);
        let wish = world.wish("Önskan").await;
        let path = format!("/requests/{}", wish.id());
        assert_eq!(
            kinds(&world.brm).await,
            ["answer_complaint", "sort_request", "sort_request"]
        );
        assert_eq!(
            kinds(&world.dm).await,
            ["sort_request", "sort_request"],
            "the complaint is another's"
        );
        assert_eq!(kinds(&world.decider).await, ["endorse_request"]);
        for nobody in [&world.purchaser, &world.loner, &world.stranger, &world.other_brm] {
            assert!(kinds(nobody).await.is_empty());
        }
        let tasks = world
            .brm
            .send(reqwest::Method::GET, "/tasks", &[("accept-language", "sv")], None)
            .await;
        let first = &tasks.items()[0];
        assert_eq!(first["reason"], "Klagomålet väntar på ditt svar.");
        assert_eq!(
            (&first["dueDay"], &first["overdue"]),
            (&json!("2020-01-01"), &json!(true))
        );
        assert!(
            tasks.items()[1]["link"]
                .as_str()
                .expect("a link")
                .starts_with("/kundansvar/v1/requests/")
        );
        // Scored, routed, and then not decided in time.
        service
            .administrator()
            .post("/scoring-schemes", scheme(5))
            .await
            .expect(201);
        let routed = json!({"destination": "delivery"});
        let routed = world
            .dm
            .act(&format!("{path}/routing"), &wish.etag(), routed)
            .await
            .expect(200);
        assert!(kinds(&world.brm).await.contains(&"score_request".to_owned()));
        world
            .brm
            .post(&format!("{path}/scores"), values(3, 3))
            .await
            .expect(201);
        assert!(!kinds(&world.brm).await.contains(&"score_request".to_owned()));
        assert!(
            kinds(&world.owner).await.contains(&"score_request".to_owned()),
            "another has not"
        );
        let overdue = async || {
            let listed = world.brm.get("/requests?overdueDecision=true").await.expect(200);
            listed.items().len()
        };
        assert_eq!(overdue().await, 0);
        service.state().clock.advance(Duration::days(31));
        assert_eq!(overdue().await, 1);
        assert!(kinds(&world.dm).await.contains(&"await_decision".to_owned()));
        assert!(
            !kinds(&world.owner).await.contains(&"await_decision".to_owned()),
            "a manager asks"
        );
        let hand_over = routed.body["handOver"]["id"].as_str().expect("an id");
        let decision = json!({"outcome": "declined", "reason": "Nej.", "reference": "D1"});
        world
            .delivery
            .post(&format!("/hand-overs/{hand_over}/decision"), decision)
            .await
            .expect(200);
        assert_eq!(overdue().await, 0);
        let others = world.brm.get("/requests?overdueDecision=false").await.expect(200);
        assert_eq!(others.items().len(), 2);
        assert!(kinds(&world.dm).await.contains(&"handle_declined".to_owned()));
        service.stop().await;
    })
    .await;
}
