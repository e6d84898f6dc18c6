//! Evidence that no agreement in force covers is kept, and listed.
use end_to_end::{World, on_each_database};
use serde_json::{Value, json};

use super::*;

/// An agreement of KLK-HR about mail, for March 2026; the path of its version.
async fn begun(world: &World, members: Value) -> String {
    let draft = json!({"services": [world.mail], "content": {"title": "E-post", "language": "sv"},
        "terms": {"firstDay": "2026-03-02", "lastDay": "2026-03-31", "renewal": "none"}});
    let agreement = json!({"kind": "sla", "customer": world.klk_hr, "evidence": "document", "draft": draft});
    let made = world
        .brm
        .post("/agreements", with(agreement, members))
        .await
        .expect(201);
    format!("/agreements/{}/versions/1", made.id())
}

async fn agree(world: &World, version: &str, other: &Caller, counterparty: Value) {
    let etag = world.brm.get(version).await.etag();
    let headers = [("if-match", etag.as_str())];
    let proposal = format!("{version}/proposal");
    let proposed = world
        .brm
        .send(Method::POST, &proposal, &headers, None)
        .await
        .expect(200);
    let mut body = json!({"digest": proposed.text("digest")});
    let first = world
        .brm
        .act(&format!("{version}/approvals"), &proposed.etag(), body.clone())
        .await
        .expect(200);
    body["counterparty"] = counterparty;
    if body["counterparty"].is_null() {
        body.as_object_mut().expect("members").remove("counterparty");
    }
    other
        .act(&format!("{version}/approvals"), &first.etag(), body)
        .await
        .expect(200);
}

/// Every id that the list leads to, and how many pages it took.
async fn walked(caller: &Caller, query: &str) -> (Vec<String>, usize) {
    let (mut ids, mut pages, mut cursor) = (vec![], 0, String::new());
    loop {
        let path = format!("/unmatched-measurements?reason=no_agreement{query}{cursor}");
        let page = caller.get(&path).await.expect(200);
        pages += 1;
        for item in page.items() {
            assert_eq!(item["unmatched"], "no_agreement");
            ids.push(item["sent"]["sourceId"].as_str().expect("an id").to_owned());
        }
        match page.body["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (ids, pages),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_agreement_covers_is_listed_until_one_does() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let world = &desk.world;
        let at = |time: &str| json!({"at": time, "from": time, "opened": time, "resolved": time});
        let case = |id: &str, time: &str, customer: &str| {
            let times = at(time);
            desk.case(
                id,
                json!({"opened": times["opened"], "resolved": time, "customer": customer}),
            )
        };
        let outage = |id: &str, customers: Value| {
            desk.outage(id, json!({"from": "2026-03-10T08:00:00Z", "customers": customers}))
        };
        // March begins in Stockholm an hour before it does in Greenwich.
        let batch = [
            case("before", "2026-03-01T22:59:59Z", &world.klk_hr),
            case("first", "2026-03-01T23:00:00Z", &world.klk_hr),
            case("last", "2026-03-31T21:59:59Z", &world.klk_hr),
            case("after", "2026-03-31T22:00:00Z", &world.klk_hr),
            case("above", "2026-03-09T08:00:00Z", &world.klk),
            case("stranger", "2026-03-09T09:00:00Z", &world.bun),
            outage("of-all", json!([])),
            outage("of-one", json!([world.klk_hr, world.bun])),
            outage("of-others", json!([world.klk, world.bun])),
            desk.outage(
                "other-service",
                json!({"service": world.salary, "from": "2026-03-11T08:00:00Z"}),
            ),
            desk.sample("unknown", json!({"service": {"system": "cmdb", "id": "nobody"}})),
        ];
        let (told, _) = sent(&desk.caller, "march", lines(&batch)).await;
        assert_eq!(
            outcomes(&told).iter().filter(|o| **o == "accepted").count(),
            10,
            "{told:#?}"
        );
        let admin = service.administrator();
        let list = async |caller: &Caller, query: &str| walked(caller, query).await.0.join(" ");
        let all = "before first above stranger of-all of-one of-others other-service last after";
        let mut listed: Vec<String> = walked(&admin, "").await.0;
        listed.sort();
        let mut expected: Vec<&str> = all.split(' ').collect();
        expected.sort();
        assert_eq!(listed, expected);

        let version = begun(world, json!({})).await;
        assert_eq!(walked(&admin, "").await.0.len(), 10, "a draft covers nothing");
        agree(world, &version, &world.decider, Value::Null).await;
        assert_eq!(
            list(&admin, "").await,
            "before above stranger of-others other-service after"
        );
        assert_eq!(
            list(&admin, "&sort=descending&limit=1").await,
            "after other-service of-others stranger above before"
        );
        let within = "&timeFrom=2026-03-05T00:00:00Z&timeBefore=2026-03-10T08:00:00Z";
        assert_eq!(list(&admin, within).await, "above stranger");
        // Who sees one customer's things only, sees these of it.
        let limited = json!({"name": "Mätare BUN", "systems": ["desk"], "customers": [world.bun]});
        let limited = client(&service, limited).await;
        assert_eq!(list(&limited, "").await, "stranger of-others");
        // What waits for something unknown is another list, and counted.
        let waiting = admin.get("/unmatched-measurements?count=true").await.expect(200);
        assert_eq!(
            (&waiting.body["total"], waiting.items()[0]["unmatched"].as_str()),
            (&json!(1), Some("unknown_service"))
        );

        // An agreement of the customer above, which holds for those below it; then one with a supplier, for every use.
        let above = json!({"customer": world.klk, "draft": {"services": [world.mail, world.salary],
            "content": {"title": "Allt", "language": "sv"},
            "terms": {"firstDay": "2026-02-01", "lastDay": "2026-03-15", "renewal": "none"}}});
        let above = begun(world, above).await;
        agree(world, &above, &world.chief, Value::Null).await;
        assert_eq!(list(&admin, "").await, "stranger after");
        let supplied = json!({"kind": "uc", "evidence": "document", "with": {"name": "Postbolaget"}, "draft": {
            "services": [world.mail], "content": {"title": "Post", "language": "sv"},
            "terms": {"firstDay": "2026-03-09", "lastDay": "2026-12-31", "renewal": "none"}}});
        let made = world.brm.post("/agreements", supplied).await.expect(201);
        let version = format!("/agreements/{}/versions/1", made.id());
        let elsewhere = json!({"signedBy": "Pia Post", "signedOn": "2026-03-08", "reference": "Avtal 12"});
        agree(world, &version, &world.brm, elsewhere).await;
        assert_eq!(list(&admin, "").await, "");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_looks_at_so_much_and_leads_on() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let world = &desk.world;
        let version = begun(world, json!({})).await;
        agree(world, &version, &world.decider, Value::Null).await;
        let sample = |n: usize| {
            let at = format!("2026-03-{:02}T{:02}:{:02}:00Z", 3 + n / 1440, n / 60 % 24, n % 60);
            desk.sample(&format!("S{n}"), json!({"observedAt": at}))
        };
        let mut batch: Vec<Value> = (0..5100).map(sample).collect();
        batch.push(desk.sample("late", json!({"observedAt": "2026-04-01T10:00:00Z"})));
        batch.push(desk.sample("later", json!({"observedAt": "2026-04-02T10:00:00Z"})));
        sent(&desk.caller, "many", lines(&batch)).await;
        let admin = service.administrator();
        let first = admin
            .get("/unmatched-measurements?reason=no_agreement")
            .await
            .expect(200);
        assert!(
            first.items().is_empty() && first.body["next"].is_string(),
            "{:#}",
            first.body
        );
        assert_eq!(walked(&admin, "").await, (vec!["late".into(), "later".into()], 2));
        assert_eq!(walked(&admin, "&limit=1").await.0, ["late", "later"]);
        assert_eq!(
            walked(&admin, "&sort=descending").await,
            (vec!["later".into(), "late".into()], 2)
        );
        service.stop().await;
    })
    .await;
}
