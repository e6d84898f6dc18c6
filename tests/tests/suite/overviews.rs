//! How we stand: what is not covered, and one customer at a glance.
use domain::access::OtherCustomers;
use end_to_end::{Answer, Caller, Service, World, on_each_database};
use serde_json::{Value, json};

/// What each item of a list is called.
fn labels(answer: &Answer, list: &str, label: &str) -> Vec<String> {
    let items = answer.body[list]["items"].as_array().expect("a list");
    assert_eq!(answer.body[list]["total"], items.len(), "{list}: {:#}", answer.body);
    let text = |item: &Value| {
        item.pointer(label)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    items.iter().map(text).collect()
}

async fn change(admin: &Caller, path: &str, act: &str, body: Value) -> Answer {
    let etag = admin.get(path).await.expect(200).etag();
    admin.act(&format!("{path}{act}"), &etag, body).await.expect(200)
}

async fn complaint(world: &World, title: &str, due_day: &str) -> Answer {
    let body = json!({"customer": world.klk_hr, "kind": "complaint", "title": title, "dueDay": due_day,
        "services": [world.mail]});
    world.purchaser.post("/requests", body).await.expect(201)
}

#[tokio::test(flavor = "multi_thread")]
async fn coverage_names_what_is_not_covered() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let before = world.brm.get("/coverage").await.expect(200);
        for list in [
            "customersWithoutTeam",
            "formingTeams",
            "samePersonExceptions",
            "complaintsWithoutOwner",
        ] {
            let total = before.body[list]["total"].as_u64().unwrap_or_default();
            assert_eq!(total, 0, "{list}: {:#}", before.body);
        }

        // A customer without a team, and its part; one that is covered through its parent; one that is inactive.
        let entity = json!({"name": "Kommunen"});
        let ask = json!({"code": "ASK", "name": "Äldreomsorg", "legalEntity": entity});
        let ask = admin.post("/customers", ask).await.expect(201).id();
        for (code, name, parent, status) in [
            ("ASK-H", "Hemtjänst", &ask, "active"),
            ("KLK-X", "Kansli", &world.klk, "active"),
            ("ASK-O", "Avvecklad", &ask, "inactive"),
        ] {
            let body = json!({"code": code, "name": name, "legalEntity": entity, "parent": parent, "status": status});
            admin.post("/customers", body).await.expect(201);
        }
        // Nobody in Team Tva answers for salary.
        let usage = json!({"service": world.salary, "firstDay": "2020-01-01"});
        admin
            .post(&format!("/customers/{}/service-usages", world.bun), usage)
            .await
            .expect(201);
        // One person will be both managers of a team of their own.
        let small = admin
            .post("/customer-teams", json!({"name": "Ensamma teamet"}))
            .await
            .expect(201)
            .id();
        let small = format!("/customer-teams/{small}");
        let etag = admin.get(&small).await.etag();
        let exception = json!({"reason": "Litet bolag", "lastDay": "2099-12-31"});
        let path = format!("{small}/same-person-exception");
        let set = admin
            .send(reqwest::Method::PUT, &path, &[("if-match", &etag)], Some(exception))
            .await;
        set.expect(200);
        for role in ["business_relationship_manager", "delivery_manager"] {
            change(
                &admin,
                &small,
                "/members",
                json!({"person": world.loner_id, "role": role, "firstDay": "2020-01-01", "lastDay": "2099-12-31"}),
            )
            .await;
        }
        // The owner of a complaint leaves, and with them a manager of Team Ett.
        let owned = complaint(&world, "Lönen kom inte", "2099-01-01").await;
        change(
            &admin,
            &format!("/persons/{}", world.brm_id),
            "/departure",
            json!({"lastDay": "2021-01-01"}),
        )
        .await;

        let found = admin.get("/coverage").await.expect(200);
        assert_eq!(labels(&found, "customersWithoutTeam", "/code"), ["ASK-H", "ASK"]);
        assert_eq!(
            labels(&found, "formingTeams", "/team/name"),
            ["Ensamma teamet", "Team Ett"]
        );
        assert_eq!(
            found.body["formingTeams"]["items"][0]["missing"],
            json!(["service_owner"])
        );
        assert_eq!(found.body["formingTeams"]["items"][0]["customers"], 0);
        assert_eq!(
            found.body["formingTeams"]["items"][1]["missing"],
            json!(["business_relationship_manager"])
        );
        assert_eq!(found.body["formingTeams"]["items"][1]["customers"], 1);
        assert_eq!(labels(&found, "samePersonExceptions", "/person/name"), ["Lo Ensam"]);
        assert_eq!(labels(&found, "servicesWithoutOwner", "/customer/code"), ["BUN"]);
        assert_eq!(
            labels(&found, "servicesWithoutOwner", "/service/id"),
            std::slice::from_ref(&world.salary)
        );
        assert_eq!(labels(&found, "servicesWithoutOwner", "/team/name"), ["Team Tva"]);
        assert_eq!(
            labels(&found, "complaintsWithoutOwner", "/number"),
            [owned.text("number")]
        );
        assert!(
            !found.body.to_string().contains("Lönen"),
            "an administrator reads no complaints"
        );

        // On a day before anybody was assigned; and after the exception.
        let then = admin.get("/coverage?day=2019-06-01").await.expect(200);
        assert_eq!(then.body["customersWithoutTeam"]["total"], 6);
        assert_eq!(then.body["servicesWithoutOwner"]["total"], 0);
        let after = admin.get("/coverage?day=2100-01-01").await.expect(200);
        assert_eq!(after.body["samePersonExceptions"]["total"], 0);
        world.decider.get("/coverage").await.refused(403, "forbidden");
        admin.get("/coverage?day=igår").await.refused(400, "query");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coverage_leaves_out_what_one_may_not_see() {
    for database in end_to_end::databases().await {
        let service = Service::start_with(database, |s| s.other_customers = OtherCustomers::None).await;
        let world = World::build(&service).await;
        let admin = service.administrator();
        let ask = json!({"code": "ASK", "name": "Äldreomsorg", "legalEntity": {"name": "Kommunen"}});
        admin.post("/customers", ask).await.expect(201);
        let usage = json!({"service": world.salary, "firstDay": "2020-01-01"});
        admin
            .post(&format!("/customers/{}/service-usages", world.bun), usage)
            .await
            .expect(201);
        complaint(&world, "Ingen svarar", "2099-01-01").await;
        change(
            &admin,
            &format!("/persons/{}", world.brm_id),
            "/departure",
            json!({"lastDay": "2021-01-01"}),
        )
        .await;
        let mine = world.other_brm.get("/coverage").await.expect(200);
        assert_eq!(mine.body["customersWithoutTeam"]["total"], 0);
        assert_eq!(mine.body["complaintsWithoutOwner"]["total"], 0);
        assert_eq!(mine.body["formingTeams"]["items"][0]["customers"], 0);
        assert_eq!(labels(&mine, "servicesWithoutOwner", "/customer/code"), ["BUN"]);
        let others = world.dm.get("/coverage").await.expect(200);
        assert_eq!(others.body["servicesWithoutOwner"]["total"], 0);
        assert_eq!(others.body["complaintsWithoutOwner"]["total"], 1);
        assert_eq!(others.body["formingTeams"]["items"][0]["customers"], 1);
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overview_tells_how_we_stand_with_a_customer() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let path = format!("/customers/{}/overview", world.klk_hr);
        for n in 1..=12 {
            world.wish(&format!("Önskemål {n}")).await;
        }
        let late = complaint(&world, "Långsam e-post", "2020-02-01").await;
        let answered = complaint(&world, "Redan svarat", "2020-02-01").await;
        let answered = format!("/requests/{}", answered.id());
        let etag = world.brm.get(&answered).await.etag();
        let answer = json!({"text": "Det är ordnat."});
        world
            .brm
            .act(&format!("{answered}/answer"), &etag, answer)
            .await
            .expect(200);
        let routed = world.wish("Byt e-post").await;
        world
            .decider
            .post(&format!("/requests/{}/endorsements", routed.id()), json!(null))
            .await;
        let etag = world.brm.get(&format!("/requests/{}", routed.id())).await.etag();
        let to = json!({"destination": "delivery"});
        world
            .brm
            .act(&format!("/requests/{}/routing", routed.id()), &etag, to)
            .await
            .expect(200);
        let feed = world.delivery.get("/feeds/delivery").await.expect(200);
        let hand_over = format!("/hand-overs/{}", feed.items()[0]["handOverId"].as_str().expect("an id"));
        let decision = json!({"outcome": "declined", "reason": "Inte i år.", "reference": "D-1"});
        world
            .delivery
            .post(&format!("{hand_over}/decision"), decision)
            .await
            .expect(200);

        let seen = world.brm.get(&path).await.expect(200);
        assert_eq!(seen.body["customer"]["code"], "KLK-HR");
        assert_eq!(seen.body["responsible"]["team"]["name"], "Team Ett");
        assert_eq!(seen.body["responsible"]["through"]["code"], "KLK");
        assert_eq!(seen.body["responsible"]["members"].as_array().map(Vec::len), Some(3));
        assert_eq!(
            labels(&seen, "contacts", "/contact/name"),
            ["Karin Kund", "Per Bestallare"]
        );
        assert_eq!(seen.body["contacts"]["items"][1]["mandates"], json!(["purchaser"]));
        assert_eq!(
            labels(&seen, "usages", "/service/id"),
            std::slice::from_ref(&world.mail)
        );
        assert_eq!(
            labels(&seen, "overdueComplaints", "/request/number"),
            [late.text("number")]
        );
        assert_eq!(labels(&seen, "decisions", "/request/title"), ["Byt e-post"]);
        assert_eq!(seen.body["decisions"]["items"][0]["reason"], "Inte i år.");
        // Twelve wishes, the declined one, the complaint, and the answered one that can still be reopened.
        assert_eq!(seen.body["openRequests"]["total"], 15);
        assert_eq!(seen.body["openRequests"]["items"].as_array().map(Vec::len), Some(10));
        assert_eq!(seen.body["openRequests"]["items"][0]["request"]["title"], "Byt e-post");

        // The parent counts its own matters only; who may not see the customer finds nothing.
        let parent = world
            .chief
            .get(&format!("/customers/{}/overview", world.klk))
            .await
            .expect(200);
        assert_eq!(parent.body["openRequests"]["total"], 0);
        world.stranger.get(&path).await.refused(404, "not_found");
        service.administrator().get(&path).await.refused(403, "forbidden");
        service.stop().await;
    })
    .await;
}
