//! The registers: customers in their hierarchy, people, services and usages, teams and what they answer for.
use end_to_end::{Answer, Caller, World, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

fn customer(code: &str, parent: Value) -> Value {
    json!({"code": code, "name": format!("Kund {code}"), "parent": parent, "legalEntity": {"name": "Kommunen"}})
}

async fn made(caller: &Caller, path: &str, body: Value) -> String {
    caller.post(path, body).await.expect(201).id()
}

/// An act on the thing at a path as it is now.
async fn act(caller: &Caller, path: &str, act: &str, body: Value) -> Answer {
    let etag = caller.get(path).await.expect(200).etag();
    caller.act(&format!("{path}{act}"), &etag, body).await
}

async fn patch(caller: &Caller, path: &str, body: Value) -> Answer {
    let etag = caller.get(path).await.expect(200).etag();
    caller.patch(path, &etag, body).await
}

async fn delete(caller: &Caller, path: &str) -> Answer {
    let etag = caller.get(path).await.expect(200).etag();
    caller.delete(path, &etag).await
}

fn texts(answer: &Answer, member: &str) -> Vec<String> {
    let text = |item: &Value| {
        item.pointer(member)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    answer.items().iter().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hierarchy_has_no_circles_and_ten_levels() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let mut ids = vec![made(&admin, "/customers", customer("L1", Value::Null)).await];
        for level in 2..=10 {
            let parent = json!(ids.last());
            ids.push(made(&admin, "/customers", customer(&format!("L{level}"), parent)).await);
        }
        let path = |level: usize| format!("/customers/{}", ids[level - 1]);
        let eleventh = customer("L11", json!(ids[9]));
        admin.post("/customers", eleventh).await.refused(409, "hierarchy");
        for below in [1, 2, 10] {
            patch(&admin, &path(1), json!({"parent": ids[below - 1]}))
                .await
                .refused(409, "hierarchy");
        }
        // A subtree moves as a whole: L3 with everything below hangs under another root.
        let root = made(&admin, "/customers", customer("R", Value::Null)).await;
        let deep = made(&admin, "/customers", customer("R1", json!(root))).await;
        let deeper = made(&admin, "/customers", customer("R2", json!(deep))).await;
        patch(&admin, &path(3), json!({"parent": deeper}))
            .await
            .refused(409, "hierarchy");
        patch(&admin, &path(3), json!({"parent": root})).await.expect(200);
        // L10 now is a descendant of R and no more of L2: only the first would close a circle.
        patch(&admin, &format!("/customers/{root}"), json!({"parent": ids[9]}))
            .await
            .refused(409, "hierarchy");
        patch(&admin, &path(2), json!({"parent": ids[3]})).await.expect(200);
        patch(&admin, &path(3), json!({"parent": null})).await.expect(200);
        let parts = admin.get(&format!("/customers?parent={root}")).await.expect(200);
        assert_eq!(texts(&parts, "/code"), ["R1"]);
        admin
            .post("/customers", customer("L1", Value::Null))
            .await
            .refused(409, "not_unique");
        patch(&admin, &path(2), json!({"code": "L1"}))
            .await
            .refused(409, "not_unique");
        let nowhere = customer("X", json!(uuid::Uuid::now_v7()));
        admin
            .post("/customers", nowhere)
            .await
            .refused(409, "unknown_reference");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn references_find_things_and_make_creating_an_upsert() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let client =
            json!({"name": "Organisationsregister", "scopes": ["register.write", "register.read"], "systems": ["org"]});
        let id = made(&admin, "/clients", client).await;
        let org = service.caller_with(api::identity::Kind::Client, &id, "register.write register.read");
        let mut told = customer("ASK", Value::Null);
        told["references"] = json!([{"system": "org", "id": "1"}]);
        let first = org.post("/customers", told.clone()).await.expect(201);
        let events = service.events().await;
        let again = org.post("/customers", told.clone()).await.expect(200);
        assert_eq!((again.id(), again.etag()), (first.id(), first.etag()));
        assert_eq!(service.events().await, events, "the same document leaves no event");
        told["name"] = json!("Äldreomsorg");
        let other = org.post("/customers", told.clone()).await.expect(200);
        assert_eq!((other.id(), other.text("name")), (first.id(), "Äldreomsorg".into()));
        assert_eq!(service.events().await, events + 1);
        // What was changed here since is told anew by the same document.
        let path = format!("/customers/{}", first.id());
        patch(&admin, &path, json!({"name": "Annat"})).await.expect(200);
        assert_eq!(
            org.post("/customers", told.clone()).await.expect(200).text("name"),
            "Äldreomsorg"
        );

        let found = org.get("/customers?reference=org:1").await.expect(200);
        assert_eq!(texts(&found, "/id"), [first.id()]);
        assert!(
            org.get("/customers?reference=org:2")
                .await
                .expect(200)
                .items()
                .is_empty()
        );
        org.get("/customers?reference=org").await.refused(400, "pattern");
        let part = customer("ASK-H", json!({"system": "org", "id": "1"}));
        assert_eq!(
            org.post("/customers", part).await.expect(201).body["parent"]["code"],
            "ASK"
        );

        // Another system's reference is neither added nor taken away by this one.
        told["references"] = json!([{"system": "org", "id": "1"}, {"system": "payroll", "id": "7"}]);
        org.post("/customers", told.clone())
            .await
            .refused(409, "system_not_bound");
        admin.post("/customers", told).await.expect(200);
        patch(&org, &path, json!({"references": []}))
            .await
            .refused(409, "system_not_bound");
        let service_body = json!({"code": "MAIL", "name": "E-post", "references": [{"system": "org", "id": "1"}]});
        org.post("/services", service_body.clone()).await.expect(201);
        org.post("/services", service_body).await.expect(200);
        let two = json!({"code": "X", "name": "X", "legalEntity": {"name": "X"},
            "references": [{"system": "org", "id": "1"}, {"system": "org", "id": "1"}]});
        admin.post("/customers", two).await.expect(409);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_use_stays_and_the_refusal_says_by_what() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        world.wish("Ny skärm").await;
        for (path, uses) in [
            (
                format!("/customers/{}", world.klk),
                vec!["parts", "contacts", "service usages", "team assignments"],
            ),
            (
                format!("/customers/{}", world.klk_hr),
                vec!["contacts", "service usages", "requests"],
            ),
            (
                format!("/services/{}", world.mail),
                vec!["service usages", "service owners", "requests"],
            ),
            (
                format!("/customer-teams/{}", world.team),
                vec!["memberships", "customers"],
            ),
            (format!("/persons/{}", world.brm_id), vec!["memberships"]),
        ] {
            let refused = delete(&admin, &path).await.refused(409, "in_use");
            for used_by in uses {
                assert!(
                    refused.text("detail").contains(used_by),
                    "{used_by}: {:#}",
                    refused.body
                );
            }
        }
        let raisers = admin
            .get(&format!("/contacts?customer={}", world.klk_hr))
            .await
            .expect(200);
        let raiser = raisers
            .items()
            .iter()
            .find(|c| c["name"] == "Per Bestallare")
            .expect("the purchaser");
        let path = format!("/contacts/{}", raiser["id"].as_str().expect("an id"));
        assert!(
            delete(&admin, &path)
                .await
                .refused(409, "in_use")
                .text("detail")
                .contains("requests")
        );
        // What nobody uses goes, and is gone.
        let free = made(&admin, "/services", json!({"code": "FREE", "name": "Fri"})).await;
        let path = format!("/services/{free}");
        admin.delete(&path, "\"9\"").await.refused(412, "precondition_failed");
        admin
            .send(Method::DELETE, &path, &[], None)
            .await
            .refused(428, "precondition_required");
        delete(&admin, &path).await.expect(204);
        admin.get(&path).await.refused(404, "not_found");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_used_once_on_a_day() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let path = format!("/customers/{}/service-usages", world.bun);
        let usage = |first: &str, last: Value| json!({"service": world.salary, "firstDay": first, "lastDay": last});
        let without = |first: &str| json!({"service": world.salary, "firstDay": first});
        let made = admin
            .post(&path, usage("2026-01-01", json!("2026-06-30")))
            .await
            .expect(201);
        admin
            .post(&path, without("2026-06-30"))
            .await
            .refused(409, "not_unique");
        admin
            .post(&path, usage("2025-01-01", json!("2026-01-01")))
            .await
            .refused(409, "not_unique");
        admin
            .post(&path, usage("2026-08-01", json!("2026-07-31")))
            .await
            .refused(409, "date_order");
        admin.post(&path, without("2026-07-01")).await.expect(201);
        let end = format!("{path}/{}/end", made.id());
        let prolonged = json!({"lastDay": "2026-07-01"});
        admin
            .act(&end, &made.etag(), prolonged)
            .await
            .refused(409, "not_unique");
        admin
            .act(&end, &made.etag(), json!({"lastDay": "2026-03-31"}))
            .await
            .expect(200);
        let on = async |day: &str| {
            let held = admin.get(&format!("{path}?day={day}")).await.expect(200);
            held.items().iter().filter(|u| u["service"]["code"] == "SALARY").count()
        };
        assert_eq!(
            [
                on("2025-12-31").await,
                on("2026-03-31").await,
                on("2026-04-01").await,
                on("2026-07-01").await
            ],
            [0, 1, 0, 1]
        );
        patch(
            &admin,
            &format!("/services/{}", world.mail),
            json!({"status": "retired"}),
        )
        .await
        .expect(200);
        let retired = json!({"service": world.mail, "firstDay": "2026-01-01"});
        admin
            .post(&format!("/customers/{}/service-usages", world.klk), retired)
            .await
            .refused(409, "state");
        patch(
            &admin,
            &format!("/customers/{}", world.bun),
            json!({"status": "inactive"}),
        )
        .await
        .expect(200);
        admin
            .post(&path, usage("2020-01-01", json!("2020-02-01")))
            .await
            .refused(409, "state");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_keeps_its_rules_and_its_customers() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let team = format!("/customer-teams/{}", world.team);
        let member = |person: &str, role: &str| json!({"person": person, "role": role, "firstDay": "2026-01-01"});
        // R1: one manager of each kind; an owner names services, a manager none.
        act(&admin, &team, "/members", member(&world.loner_id, "delivery_manager"))
            .await
            .refused(409, "R1");
        act(&admin, &team, "/members", member(&world.loner_id, "service_owner"))
            .await
            .refused(409, "R1");
        // R3: only a complete team takes on a customer.
        let young = made(&admin, "/customer-teams", json!({"name": "Nya teamet"})).await;
        let young_path = format!("/customer-teams/{young}");
        let bun = format!("/customers/{}", world.bun);
        let assignment = json!({"team": young, "firstDay": "2026-05-01"});
        act(&admin, &bun, "/team-assignments", assignment.clone())
            .await
            .refused(409, "R3");
        // R2: one person is not both managers, unless an administrator says so, for a time.
        act(
            &admin,
            &young_path,
            "/members",
            member(&world.loner_id, "business_relationship_manager"),
        )
        .await
        .expect(200);
        let mut both = member(&world.loner_id, "delivery_manager");
        act(&admin, &young_path, "/members", both.clone())
            .await
            .refused(409, "R2");
        let exception = json!({"reason": "Litet bolag", "lastDay": "2099-12-31"});
        let etag = admin.get(&young_path).await.etag();
        let path = format!("{young_path}/same-person-exception");
        admin
            .send(Method::PUT, &path, &[("if-match", &etag)], Some(exception))
            .await
            .expect(200);
        act(&admin, &young_path, "/members", both.clone())
            .await
            .refused(409, "R2");
        both["lastDay"] = json!("2099-12-31");
        act(&admin, &young_path, "/members", both).await.expect(200);
        let etag = admin.get(&young_path).await.etag();
        admin.delete(&path, &etag).await.refused(409, "R2");
        let mut owner = member(&world.owner_id, "service_owner");
        // A service that is named twice is owned once.
        owner["services"] = json!([world.mail, world.mail]);
        let complete = act(&admin, &young_path, "/members", owner).await.expect(200);
        assert_eq!(
            (complete.text("state"), &complete.body["missing"]),
            ("complete".into(), &json!([]))
        );
        assert_eq!(
            complete.body["members"][2]["services"].as_array().map(Vec::len),
            Some(1)
        );
        act(&admin, &bun, "/team-assignments", assignment.clone())
            .await
            .refused(409, "R3");
        let mut bounded = assignment;
        bounded["lastDay"] = json!("2026-12-31");
        act(&admin, &bun, "/team-assignments", bounded).await.expect(200);

        // The one before ended the day before; its history stays.
        let history = admin.get(&format!("{bun}/team-assignments")).await.expect(200);
        let list = history.body["teamAssignments"].as_array().expect("assignments").clone();
        assert_eq!(
            list.iter().map(|a| &a["team"]["name"]).collect::<Vec<_>>(),
            ["Team Tva", "Nya teamet"]
        );
        assert_eq!(list[0]["lastDay"], "2026-04-30");
        for (day, who) in [
            ("2019-12-31", Value::Null),
            ("2026-04-30", json!("Team Tva")),
            ("2026-05-01", json!("Nya teamet")),
            ("2027-01-01", Value::Null),
        ] {
            let responsible = admin
                .get(&format!("{bun}/responsible-team?day={day}"))
                .await
                .expect(200);
            assert_eq!(responsible.body["team"]["name"], who, "{day}");
        }
        let held = admin
            .get(&format!("{young_path}/customers?day=2026-05-01"))
            .await
            .expect(200);
        assert_eq!(texts(&held, "/customer/code"), ["BUN"]);
        assert!(
            admin
                .get(&format!("{young_path}/customers?day=2026-04-30"))
                .await
                .expect(200)
                .items()
                .is_empty()
        );

        // A customer without a team of its own is served through its parent.
        let through = admin
            .get(&format!("/customers/{}/responsible-team?day=2026-05-01", world.klk_hr))
            .await
            .expect(200);
        assert_eq!(
            (&through.body["through"]["code"], &through.body["team"]["name"]),
            (&json!("KLK"), &json!("Team Ett"))
        );
        assert_eq!(through.body["members"].as_array().map(Vec::len), Some(3));
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_a_team_has_a_successor_who_leaves_the_house_need_not() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let team = format!("/customer-teams/{}", world.team);
        let seen = admin.get(&team).await.expect(200);
        let members = seen.body["members"].as_array().expect("members");
        let delivery = members
            .iter()
            .find(|m| m["role"] == "delivery_manager")
            .expect("a manager");
        let end = format!("/members/{}/end", delivery["id"].as_str().expect("an id"));
        let last_day = "2099-06-30";
        act(&admin, &team, &end, json!({"lastDay": last_day}))
            .await
            .refused(409, "R1");
        act(
            &admin,
            &team,
            &end,
            json!({"lastDay": last_day, "successor": world.brm_id}),
        )
        .await
        .refused(409, "R2");
        let done = act(
            &admin,
            &team,
            &end,
            json!({"lastDay": last_day, "successor": world.loner_id}),
        )
        .await
        .expect(200);
        let after = done.body["members"].as_array().expect("members");
        let next = after
            .iter()
            .find(|m| m["person"]["name"] == "Lo Ensam")
            .expect("the successor");
        assert_eq!(
            (&next["role"], &next["firstDay"]),
            (&json!("delivery_manager"), &json!("2099-07-01"))
        );
        assert_eq!(done.text("state"), "complete");

        // A departure is never refused: every role ends, the team is forming and keeps its customers.
        let person = format!("/persons/{}", world.brm_id);
        let gone = act(&admin, &person, "/departure", json!({"lastDay": "2026-01-31"}))
            .await
            .expect(200);
        assert_eq!(gone.text("lastDay"), "2026-01-31");
        let short = admin.get(&team).await.expect(200);
        assert_eq!(
            (short.text("state"), &short.body["missing"]),
            ("forming".into(), &json!(["business_relationship_manager"]))
        );
        let responsible = admin
            .get(&format!("/customers/{}/responsible-team", world.klk_hr))
            .await
            .expect(200);
        assert_eq!(responsible.body["team"]["name"], "Team Ett");
        assert_eq!(responsible.body["missing"], json!(["business_relationship_manager"]));
        let back = json!({"person": world.brm_id, "role": "business_relationship_manager", "firstDay": "2026-03-01"});
        act(&admin, &team, "/members", back).await.refused(409, "state");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_tells_absent_from_null() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let person = json!({"name": "Eva Ek", "email": "eva.ek@example.se",
            "identity": {"issuer": "https://id.example.se", "subject": "eva"}});
        let path = format!("/persons/{}", made(&admin, "/persons", person).await);
        let changed = patch(&admin, &path, json!({"name": "Eva Al"})).await.expect(200);
        assert_eq!(
            (changed.text("name"), changed.text("email")),
            ("Eva Al".into(), "eva.ek@example.se".into())
        );
        assert_eq!(changed.etag(), "\"2\"");
        let emptied = patch(&admin, &path, json!({"email": null})).await.expect(200);
        assert_eq!(
            (emptied.body.get("email"), &emptied.body["identity"]["subject"]),
            (None, &json!("eva"))
        );
        patch(&admin, &path, json!({"name": null})).await.refused(422, "type");
        patch(&admin, &path, json!({"surname": "Al"}))
            .await
            .refused(422, "unknown");
        patch(&admin, &path, json!({})).await.expect(422);
        admin
            .patch(&path, "\"1\"", json!({"name": "X"}))
            .await
            .refused(412, "precondition_failed");
        admin
            .send(Method::PATCH, &path, &[], Some(json!({"name": "X"})))
            .await
            .refused(428, "precondition_required");
        let klk_hr = format!("/customers/{}", world.klk_hr);
        let inner = json!({"legalEntity": {"organisationNumber": "212000-1355"}});
        let entity = patch(&admin, &klk_hr, inner).await.expect(200).body["legalEntity"].clone();
        assert_eq!(
            entity,
            json!({"name": "Bolag KLK-HR", "organisationNumber": "212000-1355"})
        );
        let top = patch(&admin, &klk_hr, json!({"parent": null})).await.expect(200);
        assert_eq!(
            (top.body.get("parent"), top.text("name")),
            (None, "HR-avdelningen".into())
        );
        let contact = format!("/contacts/{}", world.decider_id);
        patch(&admin, &contact, json!({"customer": world.bun}))
            .await
            .refused(409, "state");
        patch(&admin, &contact, json!({"phone": "018-727 00 00"}))
            .await
            .expect(200);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_in_swedish_order_and_their_pages_stable() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let named = |code: &str, name: &str, status: &str| json!({"code": code, "name": name, "status": status});
        for (code, name, status) in [
            ("A1", "Öga", "active"),
            ("A2", "Zebra", "active"),
            ("A3", "Ånga", "retired"),
            ("A4", "apa", "active"),
            ("A5", "Ärt", "active"),
            ("A6", "Arv", "retired"),
        ] {
            admin.post("/services", named(code, name, status)).await.expect(201);
        }
        let all = admin.get("/services?count=true").await.expect(200);
        assert_eq!(texts(&all, "/name"), ["apa", "Arv", "Zebra", "Ånga", "Ärt", "Öga"]);
        assert_eq!((&all.body["total"], all.body.get("next")), (&json!(6), None));
        let back = admin.get("/services?sort=descending&limit=2").await.expect(200);
        assert_eq!(texts(&back, "/name"), ["Öga", "Ärt"]);

        // What comes and goes before the cursor moves nothing behind it.
        let first = admin.get("/services?limit=2&count=true").await.expect(200);
        assert_eq!(
            (texts(&first, "/name"), &first.body["total"]),
            (vec!["apa".into(), "Arv".into()], &json!(6))
        );
        admin.post("/services", named("A7", "Al", "active")).await.expect(201);
        let next = admin
            .get(&format!("/services?limit=2&cursor={}", first.text("next")))
            .await
            .expect(200);
        assert_eq!(texts(&next, "/name"), ["Zebra", "Ånga"]);
        assert!(next.header("link").contains("rel=\"next\""), "{:?}", next.headers);
        let last = admin
            .get(&format!("/services?limit=2&cursor={}", next.text("next")))
            .await
            .expect(200);
        assert_eq!(
            (texts(&last, "/name"), last.body.get("next")),
            (vec!["Ärt".into(), "Öga".into()], None)
        );

        let retired = admin.get("/services?status=retired&count=true").await.expect(200);
        assert_eq!(
            (texts(&retired, "/code"), &retired.body["total"]),
            (vec!["A6".into(), "A3".into()], &json!(2))
        );
        assert_eq!(
            texts(&admin.get("/services?code=A5").await.expect(200), "/name"),
            ["Ärt"]
        );
        for refused in [
            "status=old",
            "limit=201",
            "limit=0",
            "limit=+2",
            "limit=2&limit=3",
            "name=x",
            "cursor=zz",
        ] {
            admin.get(&format!("/services?{refused}")).await.expect(400);
        }
        service.stop().await;
    })
    .await;
}

async fn turn(caller: &Caller, customer: &str, told: Value) -> Answer {
    let etag = caller.get(customer).await.expect(200).etag();
    let path = format!("{customer}/channels");
    caller
        .send(Method::PUT, &path, &[("if-match", &etag)], Some(told))
        .await
}

/// Of each channel its purpose, what it is called and whose it is.
fn turned(seen: &Answer) -> Vec<[String; 3]> {
    let channels = seen.body["channels"].as_array().expect("channels").iter();
    let text = |at: &Value| at.as_str().unwrap_or_default().to_owned();
    channels
        .map(|c| [&c["channel"]["purpose"], &c["channel"]["name"], &c["through"]["code"]].map(text))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_turns_where_its_nearest_ancestor_does() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let (klk, klk_hr) = (
            format!("/customers/{}", world.klk),
            format!("/customers/{}", world.klk_hr),
        );
        let turns = async |asked: &str| {
            let seen = world.decider.get(&format!("{klk_hr}/channels{asked}")).await;
            seen.expect(200)
        };
        let nowhere = turns("").await;
        assert_eq!((turned(&nowhere).len(), nowhere.body.get("ladderThrough")), (0, None));

        let desk =
            json!({"purpose": "order", "name": "Servicedesk", "phone": "018-727 00 00", "answered": "Vardagar 7–17"});
        let night = json!({"purpose": "emergency", "name": "Jouren", "email": "jour@example.se"});
        let ladder = json!([
            {"afterMinutes": 0, "name": "Deskens ledare", "phone": "018-727 00 01"},
            {"afterMinutes": 45, "name": "Leveransansvarig", "role": "delivery_manager"},
        ]);
        let told = json!({"channels": [desk, night], "escalationLadder": ladder});
        let set = turn(&world.brm, &klk, told.clone()).await.expect(200);
        assert_eq!(
            (&set.body["channels"], &set.body["escalationLadder"]),
            (&told["channels"], &ladder)
        );

        // A contact of the part is told of its parent's, and who has the role today, and from when on.
        let of_part = turns("?escalatedAt=2026-03-02T09:00:00Z").await;
        assert_eq!(
            turned(&of_part),
            [["order", "Servicedesk", "KLK"], ["emergency", "Jouren", "KLK"]]
        );
        assert_eq!(of_part.body["customer"]["code"], "KLK-HR");
        assert_eq!(of_part.body["ladderThrough"]["code"], "KLK");
        let steps = of_part.body["escalationLadder"].as_array().expect("a ladder");
        assert_eq!(
            (&steps[0]["people"], &steps[0]["dueAt"]),
            (&json!([]), &json!("2026-03-02T09:00:00Z"))
        );
        assert_eq!(steps[1]["people"][0]["id"], json!(world.dm_id));
        assert_eq!(steps[1]["dueAt"], "2026-03-02T09:45:00Z");
        world
            .stranger
            .get(&format!("{klk_hr}/channels"))
            .await
            .refused(404, "not_found");
        let overview = world.decider.get(&format!("{klk_hr}/overview")).await.expect(200);
        assert_eq!(overview.body["turnsTo"]["ladderThrough"]["code"], "KLK");
        let link = world
            .brm
            .post(&format!("{klk_hr}/overview-links"), Value::Null)
            .await
            .expect(200);
        let page = service
            .http
            .get(link.text("address"))
            .send()
            .await
            .expect("a reply")
            .text()
            .await
            .expect("text");
        for word in [
            "Hit vänder sig kunden",
            "Enligt Kommunledningskontoret",
            "018-727 00 00",
            "Vardagar 7–17",
            "45\u{a0}minuter",
        ] {
            assert!(page.contains(word), "{word}: {page}");
        }

        // What a part is told of comes before its parent's; what it is not told of stays its parent's.
        let own = json!({"purpose": "emergency", "name": "Egen jour", "phone": "018-2"});
        let told = json!({"channels": [own], "escalationLadder": []});
        turn(&world.dm, &klk_hr, told).await.expect(200);
        assert_eq!(
            turned(&turns("").await),
            [["order", "Servicedesk", "KLK"], ["emergency", "Egen jour", "KLK-HR"]]
        );
        let first = json!([{"afterMinutes": 5, "name": "HR-chef", "phone": "018-3"}]);
        turn(&world.dm, &klk_hr, json!({"channels": [], "escalationLadder": first}))
            .await
            .expect(200);
        let seen = turns("").await;
        assert_eq!(turned(&seen)[1], ["emergency", "Jouren", "KLK"]);
        assert_eq!(
            (
                &seen.body["ladderThrough"]["code"],
                &seen.body["escalationLadder"][0]["step"]
            ),
            (&json!("KLK-HR"), &first[0])
        );
        let none = json!({"channels": [], "escalationLadder": []});
        let cleared = turn(&world.dm, &klk_hr, none).await.expect(200);
        assert_eq!(
            (cleared.body.get("channels"), cleared.body.get("escalationLadder")),
            (None, None)
        );
        assert_eq!(turns("").await.body["ladderThrough"]["code"], "KLK");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_told_of_where_to_turn_is_kept_and_refused_where_it_leads_nowhere() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let klk = format!("/customers/{}", world.klk);
        let desk = json!({"purpose": "order", "name": "Servicedesk", "phone": "018-727 00 00"});
        let told = json!({"channels": [desk], "escalationLadder": []});
        turn(&world.brm, &klk, told.clone()).await.expect(200);
        // The log says only what changed, and seals numbers, which may be a person's.
        let log = service
            .auditor()
            .get(&format!("/events?subject={}", world.klk))
            .await
            .expect(200);
        let event = log
            .items()
            .iter()
            .find(|e| e["type"] == "kundansvar.customer.channels_told.v1")
            .expect("an event");
        assert_eq!(event["data"]["channels"]["after"][0]["phone"]["value"], "018-727 00 00");
        assert_eq!(
            event["data"].as_object().map(serde_json::Map::len),
            Some(1),
            "{event:#}"
        );

        // What leads nowhere or goes back in time changes nothing, and says where.
        let events = service.events().await;
        let wrong = async |channels: Value, ladder: Value, why: &str, pointer: &str| {
            let told = json!({"channels": channels, "escalationLadder": ladder});
            let refused = turn(&world.brm, &klk, told).await.refused(409, why);
            assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{:#}", refused.body);
        };
        let mute = json!({"purpose": "complain", "name": "Lådan"});
        wrong(json!([desk, mute]), json!([]), "unreachable", "/channels/1").await;
        let late = json!({"afterMinutes": 5, "name": "Ledaren", "phone": "018-1"});
        wrong(
            json!([]),
            json!([late, late]),
            "time_order",
            "/escalationLadder/1/afterMinutes",
        )
        .await;
        let twisted =
            json!({"channels": [{"purpose": "order", "name": "Desk", "phone": "ring!"}], "escalationLadder": []});
        turn(&world.brm, &klk, twisted).await.refused(422, "invalid");
        let path = format!("{klk}/channels");
        let blind = world.brm.send(Method::PUT, &path, &[], Some(told.clone())).await;
        blind.refused(428, "precondition_required");
        let stale = world
            .brm
            .send(Method::PUT, &path, &[("if-match", "\"1\"")], Some(told.clone()))
            .await;
        stale.refused(412, "precondition_failed");
        patch(&admin, &klk, json!({"channels": []}))
            .await
            .refused(422, "invalid");
        assert_eq!(service.events().await, events);

        // The register changes a customer and leaves them; its source does, too.
        let kept = patch(&admin, &klk, json!({"name": "Kontoret"})).await.expect(200);
        assert_eq!(kept.body["channels"], told["channels"]);
        let mut of_source = customer("ASK", Value::Null);
        of_source["references"] = json!([{"system": "org", "id": "1"}]);
        let ask = format!("/customers/{}", made(&admin, "/customers", of_source.clone()).await);
        turn(&admin, &ask, told.clone()).await.expect(200);
        of_source["name"] = json!("Äldreomsorg");
        let again = admin.post("/customers", of_source).await.expect(200);
        assert_eq!(again.body["channels"], told["channels"]);

        // Whoever others succeeded turns nowhere, and is told nothing any more.
        let heir = made(&admin, "/customers", customer("OMS", json!(world.klk))).await;
        let ends = ask.rsplit('/').next().expect("an id").to_owned();
        let day = chrono::Utc::now().date_naive();
        let succession =
            json!({"predecessors": [ends], "successors": [heir], "firstDay": day, "reason": "Ny organisation."});
        admin.post("/successions", succession).await.expect(201);
        let old = admin.get(&format!("{ask}/channels")).await.expect(200);
        assert_eq!(
            (turned(&old).len(), &old.body["succeededBy"][0]["code"]),
            (0, &json!("OMS"))
        );
        turn(&admin, &ask, told).await.refused(409, "succession");
        service.stop().await;
    })
    .await;
}
