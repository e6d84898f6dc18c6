//! The improvement register: from an idea to a measured effect.
mod effects;
mod offers;
mod requests;
mod scope;

use end_to_end::{Answer, Caller, World, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

/// Waiting time, from 40 minutes to 20.
pub fn measure() -> Value {
    json!({"name": "Väntetid", "unit": "min", "direction": "lower",
        "baseline": {"value": "40", "day": "2026-01-10"}, "target": {"value": "20", "by": "2026-12-31"}})
}

pub fn input(title: &str, customers: &[&String]) -> Value {
    json!({"title": title, "customers": customers, "measure": measure()})
}

/// An act on an improvement as it is now.
pub async fn step(caller: &Caller, path: &str, act: &str, body: Value) -> Answer {
    let etag = caller.get(path).await.expect(200).etag();
    caller.act(&format!("{path}/{act}"), &etag, body).await
}

/// Enters an improvement; its path.
pub async fn entered(caller: &Caller, body: Value) -> String {
    format!(
        "/improvements/{}",
        caller.post("/improvements", body).await.expect(201).id()
    )
}

pub async fn measured(caller: &Caller, path: &str, value: &str, day: &str) -> Answer {
    let body = json!({"value": value, "day": day});
    caller.post(&format!("{path}/readings"), body).await
}

/// Approved, started, and in effect since 20 January.
pub async fn implemented(caller: &Caller, path: &str) {
    step(caller, path, "approval", Value::Null).await.expect(200);
    step(caller, path, "start", Value::Null).await.expect(200);
    step(caller, path, "implementation", json!({"day": "2026-01-20"}))
        .await
        .expect(200);
}

/// Measured afterwards and judged.
pub async fn verified(caller: &Caller, path: &str, value: &str, outcome: &str) -> Answer {
    implemented(caller, path).await;
    measured(caller, path, value, "2026-02-01").await.expect(201);
    let body = json!({"outcome": outcome, "conclusion": "Fler i receptionen räckte."});
    step(caller, path, "verification", body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_closed_without_a_measured_effect() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let (brm, dm) = (&world.brm, &world.dm);
        let made = world
            .owner
            .post("/improvements", input("Kortare kö", &[&world.klk_hr]))
            .await
            .expect(201);
        let path = format!("/improvements/{}", made.id());
        assert!(made.text("number").starts_with("IMP-") && made.text("number").ends_with("-000001"));
        assert_eq!(
            (made.body["status"].as_str(), made.body["origin"]["kind"].as_str()),
            (Some("identified"), Some("own_initiative"))
        );
        assert_eq!(
            made.body["owner"]["id"], world.owner_id,
            "whoever enters it answers for it"
        );
        let owners = step(&world.owner, &path, "approval", Value::Null).await;
        owners.refused(403, "not_permitted");
        step(dm, &path, "closing", Value::Null).await.refused(409, "R16");
        step(dm, &path, "start", Value::Null).await.refused(409, "state");
        brm.act(&format!("{path}/approval"), "\"7\"", Value::Null)
            .await
            .refused(412, "precondition_failed");
        step(brm, &path, "approval", Value::Null).await.expect(200);
        step(&world.owner, &path, "start", Value::Null).await.expect(200);

        // What was before must have been measured before.
        let etag = brm.get(&path).await.etag();
        let without = brm
            .patch(&path, &etag, json!({"measure": {"baseline": null}}))
            .await
            .expect(200);
        let refused = dm
            .act(&format!("{path}/implementation"), &without.etag(), json!({}))
            .await
            .refused(409, "R16");
        assert_eq!(refused.body["errors"][0]["pointer"], "/measure/baseline");
        let again = brm
            .patch(&path, &without.etag(), json!({"measure": measure()}))
            .await
            .expect(200);
        let early = dm
            .act(
                &format!("{path}/implementation"),
                &again.etag(),
                json!({"day": "2026-01-09"}),
            )
            .await;
        assert_eq!(early.refused(409, "R16").body["errors"][0]["pointer"], "/day");
        step(dm, &path, "implementation", json!({"day": "2026-01-20"}))
            .await
            .expect(200);

        // And what came of it, afterwards; a reading of the very day tells nothing.
        let judged = |outcome: &str| json!({"outcome": outcome, "conclusion": "Fler i receptionen."});
        for day in ["2026-01-15", "2026-01-20"] {
            measured(&world.owner, &path, "10", day).await.expect(201);
            step(dm, &path, "verification", judged("achieved"))
                .await
                .refused(409, "R16");
        }
        step(dm, &path, "closing", Value::Null).await.refused(409, "R16");
        let etag = brm.get(&path).await.etag();
        let changed = brm.patch(&path, &etag, json!({"measure": {"target": {"value": "39"}}}));
        assert_eq!(
            changed.await.refused(409, "R16").body["errors"][0]["pointer"],
            "/measure"
        );
        let wrong = measured(&world.owner, &path, "2.5", "2026-02-01").await.expect(201);
        let right = json!({"value": "25", "day": "2026-02-01", "replaces": wrong.id()});
        let readings = format!("{path}/readings");
        brm.post(&readings, right.clone()).await.expect(201);
        let refused = brm.post(&readings, right).await.refused(409, "state");
        assert_eq!(refused.body["errors"][0]["pointer"], "/replaces");
        let all = world.decider.get(&format!("{readings}?count=true")).await.expect(200);
        assert_eq!(
            (
                all.body["total"].as_u64(),
                all.items()[2]["replacedBy"] == all.items()[3]["id"]
            ),
            (Some(4), true)
        );

        // 25 is better than 40 and short of 20: to say otherwise needs a reason, and both are kept.
        let refused = step(brm, &path, "verification", judged("achieved"))
            .await
            .refused(409, "R16");
        assert_eq!(refused.body["errors"][0]["pointer"], "/reason");
        let mut told = judged("not_achieved");
        told["reason"] = json!("Halva kontoret var på semester.");
        let done = step(brm, &path, "verification", told).await.expect(200);
        let effect = &done.body["verification"];
        assert_eq!(
            (&effect["outcome"], &effect["measured"]),
            (&json!("not_achieved"), &json!("partly"))
        );
        assert_eq!(
            (&effect["reading"]["value"], &effect["baseline"]["value"]),
            (&json!("25"), &json!("40"))
        );
        // Later readings move what stands no more.
        measured(&world.owner, &path, "5", "2026-02-20").await.expect(201);
        let closed = step(brm, &path, "closing", Value::Null).await.expect(200);
        assert_eq!(
            (&closed.body["status"], &closed.body["verification"]["reading"]["value"]),
            (&json!("closed"), &json!("25"))
        );
        measured(&world.owner, &path, "5", "2026-02-21")
            .await
            .refused(409, "state");

        let events = service
            .auditor()
            .get(&format!(
                "/events?customer={}&subjectKind=improvement&limit=200",
                world.klk_hr
            ))
            .await;
        let events = events.expect(200);
        let acts: Vec<&str> = events
            .items()
            .iter()
            .map(|e| e["type"].as_str().unwrap().split('.').nth(2).unwrap())
            .collect();
        assert_eq!(
            acts,
            [
                "identified",
                "approved",
                "started",
                "changed",
                "changed",
                "implemented",
                "verified",
                "closed"
            ]
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_for_it_has_somebody_and_a_day() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let path = entered(&world.dm, input("Kortare kö", &[&world.klk_hr])).await;
        let activities = format!("{path}/activities");
        let late = json!({"what": "Schemalägg om", "who": world.owner_id, "dueDay": "2026-01-02"});
        let unknown = json!({"what": "Schemalägg om", "who": uuid::Uuid::now_v7(), "dueDay": "2026-01-02"});
        let refused = world
            .dm
            .post(&activities, unknown)
            .await
            .refused(409, "unknown_reference");
        assert_eq!(refused.body["errors"][0]["pointer"], "/who");
        let planned = world.dm.post(&activities, late).await.expect(200);
        let id = planned.body["activities"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(planned.body["activities"][0]["who"]["name"], "Olle Tjanst");
        let overdue = |is: bool| format!("/improvements?overdue={is}&count=true");
        assert_eq!(world.dm.get(&overdue(true)).await.body["total"], 1);
        assert_eq!(world.dm.get(&overdue(false)).await.body["total"], 0);
        let patch = json!({"what": "Schemalägg om receptionen"});
        let changed = world
            .dm
            .patch(&format!("{activities}/{id}"), &planned.etag(), patch)
            .await
            .expect(200);
        assert_eq!(
            changed.body["activities"][0]["dueDay"], "2026-01-02",
            "what is absent stays"
        );
        let completion = format!("{activities}/{id}/completion");
        world
            .dm
            .act(&completion, &planned.etag(), Value::Null)
            .await
            .refused(412, "precondition_failed");
        let done = world
            .dm
            .act(&completion, &changed.etag(), Value::Null)
            .await
            .expect(200);
        assert!(done.body["activities"][0]["doneOn"].is_string() && done.body["status"] == "identified");
        world
            .dm
            .act(&completion, &done.etag(), Value::Null)
            .await
            .refused(409, "state");
        let nowhere = format!("{activities}/{}/completion", uuid::Uuid::now_v7());
        world
            .dm
            .act(&nowhere, &done.etag(), Value::Null)
            .await
            .refused(404, "not_found");
        assert_eq!(world.dm.get(&overdue(true)).await.body["total"], 0);
        // Who has something to do is not removed.
        let person = format!("/persons/{}", world.owner_id);
        let admin = service.administrator();
        let refused = admin
            .delete(&person, &admin.get(&person).await.etag())
            .await
            .refused(409, "in_use");
        assert!(
            refused.body["detail"]
                .as_str()
                .unwrap()
                .contains("activities of improvements"),
            "{:#}",
            refused.body
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_judged_is_refused() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let tried = async |change: Value| {
            let mut body = input("Kortare kö", &[&world.klk_hr]);
            json_patch(&mut body, change);
            world.dm.post("/improvements", body).await
        };
        for (change, why, pointer) in [
            (
                json!({"measure": {"direction": "higher"}}),
                "R16",
                "/measure/target/value",
            ),
            (
                json!({"measure": {"target": {"value": "40.0"}}}),
                "R16",
                "/measure/target/value",
            ),
            (
                json!({"measure": {"baseline": {"day": "2099-01-01"}}}),
                "time_order",
                "/measure/baseline/day",
            ),
            (
                json!({"measure": {"target": {"by": "2026-01-10"}}}),
                "date_order",
                "/measure/target/by",
            ),
            (json!({"owner": uuid::Uuid::now_v7()}), "unknown_reference", "/owner"),
            (
                json!({"services": [uuid::Uuid::now_v7()]}),
                "unknown_reference",
                "/services/0",
            ),
            (
                json!({"customers": [world.klk_hr, uuid::Uuid::now_v7()]}),
                "unknown_reference",
                "/customers/1",
            ),
            (
                json!({"origin": {"kind": "request", "request": uuid::Uuid::now_v7()}}),
                "unknown_reference",
                "/origin/request",
            ),
            // Which meeting is told by its id or in words.
            (json!({"origin": {"kind": "meeting"}}), "state", "/origin"),
        ] {
            let refused = tried(change.clone()).await.refused(409, why);
            assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{change}");
        }
        for shapeless in [
            json!({"customers": []}),
            json!({"priority": 0}),
            json!({"priority": 101}),
            json!({"measure": {"target": {"value": 20}}}),
            json!({"origin": {"kind": "own_initiative", "request": uuid::Uuid::now_v7()}}),
            json!({"colour": "red"}),
        ] {
            assert_eq!(tried(shapeless.clone()).await.status, 422, "{shapeless}");
        }
        let made = tried(json!({})).await.expect(201);
        let path = format!("/improvements/{}", made.id());
        let moved = json!({"origin": {"kind": "own_initiative"}});
        let refused = world.dm.patch(&path, &made.etag(), moved).await.refused(409, "state");
        assert_eq!(refused.body["errors"][0]["pointer"], "/origin");
        let foreseen = measured(&world.dm, &path, "1", "2099-01-01")
            .await
            .refused(409, "time_order");
        assert_eq!(foreseen.body["errors"][0]["pointer"], "/day");
        service.stop().await;
    })
    .await;
}

fn json_patch(document: &mut Value, patch: Value) {
    match (document, patch) {
        (Value::Object(members), Value::Object(changes)) => {
            for (name, change) in changes {
                json_patch(members.entry(name).or_insert(Value::Null), change);
            }
        }
        (document, patch) => *document = patch,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_found_by_what_people_ask_for() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let mut paths = vec![];
        for (n, priority) in [30, 90, 0, 60, 90].into_iter().enumerate() {
            let mut body = input(&format!("Nummer {n}"), &[&world.klk_hr]);
            if priority > 0 {
                body["priority"] = json!(priority);
            }
            if n == 1 {
                body["services"] = json!([world.mail]);
                body["owner"] = json!(world.owner_id);
            }
            paths.push(entered(&world.dm, body).await);
        }
        let titles = |answer: &Answer| -> Vec<String> {
            let titles = answer.items().iter().map(|i| i["title"].as_str().unwrap().to_owned());
            titles.collect()
        };
        let mut found = vec![];
        let mut next = String::new();
        for _ in 0..5 {
            let page = world
                .dm
                .get(&format!("/improvements?order=priority&sort=descending&limit=1{next}"))
                .await
                .expect(200);
            found.extend(titles(&page));
            next = format!("&cursor={}", page.body["next"].as_str().unwrap_or_default());
        }
        assert_eq!(found, ["Nummer 4", "Nummer 1", "Nummer 3", "Nummer 0", "Nummer 2"]);
        step(&world.dm, &paths[0], "rejection", json!({"reason": "För dyrt."}))
            .await
            .expect(200);
        step(&world.dm, &paths[3], "approval", Value::Null).await.expect(200);
        for (query, expected) in [
            ("status=approved", &["Nummer 3"][..]),
            ("status=rejected", &["Nummer 0"]),
            ("open=false", &["Nummer 0"]),
            ("open=true", &["Nummer 1", "Nummer 2", "Nummer 3", "Nummer 4"]),
            (&format!("owner={}", world.owner_id), &["Nummer 1"]),
            (&format!("service={}", world.mail), &["Nummer 1"]),
            (&format!("customer={}", world.bun), &[]),
            (
                &format!("customer={}&origin=own_initiative&open=false", world.klk_hr),
                &["Nummer 0"],
            ),
            ("origin=meeting", &[]),
        ] {
            let page = world
                .dm
                .get(&format!("/improvements?{query}&count=true"))
                .await
                .expect(200);
            assert_eq!(titles(&page), expected, "{query}");
            assert_eq!(page.body["total"], expected.len(), "{query}");
        }
        let number = world.dm.get(&paths[2]).await.text("number");
        assert_eq!(
            titles(&world.dm.get(&format!("/improvements?number={number}")).await),
            ["Nummer 2"]
        );
        let overview = world
            .dm
            .get(&format!("/customers/{}/overview", world.klk_hr))
            .await
            .expect(200);
        assert_eq!(overview.body["openImprovements"], 4);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tool_keeps_its_own_entries() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let body =
            json!({"name": "Projekt", "scopes": ["improvements.read", "improvements.write"], "systems": ["projekt"]});
        let id = service.administrator().post("/clients", body).await.expect(201).id();
        let tool = service.caller_with(api::identity::Kind::Client, &id, "improvements.read improvements.write");
        let mut told = input("Kortare kö", &[&world.klk_hr]);
        told["references"] = json!([{"system": "projekt", "id": "P-1"}]);
        let made = tool.post("/improvements", told.clone()).await.expect(201);
        let path = format!("/improvements/{}", made.id());
        assert_eq!(made.body.get("owner"), None, "a system answers for nothing");
        assert_eq!(
            tool.post("/improvements", told.clone()).await.expect(200).etag(),
            made.etag(),
            "the same changes nothing"
        );
        told["title"] = json!("Ännu kortare kö");
        let changed = tool.post("/improvements", told.clone()).await.expect(200);
        assert_eq!(
            (changed.id(), changed.text("title")),
            (made.id(), "Ännu kortare kö".into())
        );
        assert_eq!(tool.get("/improvements?reference=projekt:P-1").await.items().len(), 1);
        measured(&tool, &path, "39", "2026-01-12").await.expect(201);
        step(&tool, &path, "approval", Value::Null)
            .await
            .refused(403, "forbidden");
        step(&world.dm, &path, "approval", Value::Null).await.expect(200);
        told["title"] = json!("Kortast");
        tool.post("/improvements", told.clone())
            .await
            .refused(409, "source_no_longer_owns");
        told["references"] = json!([{"system": "annat", "id": "P-2"}]);
        tool.post("/improvements", told).await.refused(409, "system_not_bound");
        // The same key, the same answer: nothing is entered twice.
        let key = uuid::Uuid::now_v7().to_string();
        let headers = [("idempotency-key", key.as_str())];
        let body = input("En gång", &[&world.klk_hr]);
        let first = tool
            .send(Method::POST, "/improvements", &headers, Some(body.clone()))
            .await
            .expect(201);
        let second = tool
            .send(Method::POST, "/improvements", &headers, Some(body))
            .await
            .expect(201);
        assert_eq!(
            (first.id(), second.header("idempotency-replayed")),
            (second.id(), "true")
        );
        service.stop().await;
    })
    .await;
}
