//! How we stand: what is not covered, and one customer at a glance.
use chrono::{Datelike, Duration};
use domain::access::OtherCustomers;
use end_to_end::{Answer, Caller, Service, World, databases, on_each_database};
use serde_json::{Value, json};

use crate::statements::Stage;

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

/// The flags of each customer that has any, in the order of the reply.
fn flagged(ranking: &Answer) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of = |standing: &Value| {
        let reasons = standing["reasons"].as_array().expect("reasons");
        let flags = reasons.iter().map(|reason| text(&reason["flag"])).collect::<Vec<_>>();
        (text(&standing["customer"]["code"]), flags)
    };
    let all = ranking.body["customers"].as_array().expect("customers").iter().map(of);
    all.filter(|(_, flags)| !flags.is_empty()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_customers_are_ranked_by_what_is_amiss() {
    for database in databases().await {
        let service = Service::start_with(database, |settings| settings.relation_weights.missed_target = 9).await;
        let stage = Stage::set(&service).await;
        let world = &stage.desk.world;
        let admin = service.administrator();
        let lost = json!({"code": "LOST", "name": "Ingens", "legalEntity": {"name": "Kommunen"}});
        admin.post("/customers", lost).await.expect(201);
        complaint(world, "Ingen svarar", "2020-02-01").await;
        let bun = format!("/customers/{}", world.bun);
        let etag = admin.get(&bun).await.etag();
        admin
            .patch(&bun, &etag, json!({"meetingCadence": {"reviews": 4}}))
            .await
            .expect(200);
        // A promise of last month that was not kept.
        let state = service.state();
        let today = state.settings.local_date(state.clock.now());
        let month = today.with_day(1).and_then(|first| first.pred_opt()).expect("a day");
        let agreement = stage.usual().await;
        let at = |day: u32| format!("{}T08:00:00Z", month.with_day(day).expect("a day"));
        let outage = json!({"from": at(1), "to": at(20), "observedAt": at(20)});
        stage.desk.send(&[stage.desk.outage("long", outage)]).await;
        let period = format!("{}-{:02}", month.year(), month.month());
        let statement = stage.open(&agreement, &period).await.expect(201);
        let running = world.brm.get("/customer-standings").await.expect(200);
        stage
            .propose(&format!("/service-level-statements/{}", statement.id()))
            .await
            .expect(200);

        let before = ["overdue_complaint"].map(String::from).to_vec();
        assert!(
            flagged(&running).contains(&("KLK-HR".into(), before)),
            "{:#}",
            running.body
        );
        let ranking = world.brm.get("/customer-standings").await.expect(200);
        let wanted = [
            ("KLK-HR", vec!["missed_target", "overdue_complaint"]),
            ("LOST", vec!["no_team"]),
            ("BUN", vec!["overdue_meeting", "nothing_agreed"]),
            ("KLK", vec!["nothing_agreed"]),
        ];
        let wanted = wanted.map(|(code, flags)| (code.to_owned(), flags.into_iter().map(String::from).collect()));
        assert_eq!(flagged(&ranking), wanted, "{:#}", ranking.body);
        assert_eq!(ranking.body["weights"]["missedTarget"], 9);
        assert_eq!(ranking.body["total"], 4);
        let worst = &ranking.body["customers"][0];
        assert_eq!(worst["weight"], 17);
        assert_eq!(worst["reasons"][1]["since"], "2020-02-01");
        let said = "1 klagomål är obesvarat efter sista dagen, sedan 2020-02-01.";
        assert_eq!(worst["reasons"][1]["text"]["sv"], said);
        let one = world
            .brm
            .get("/customer-standings?flag=no_team&most=1")
            .await
            .expect(200);
        assert_eq!(one.body["total"], 1);
        world
            .brm
            .get("/customer-standings?most=201")
            .await
            .refused(400, "query");

        // The overview of one says the same; the customer is not told how they rank.
        let path = format!("/customers/{}/overview", world.klk_hr);
        let seen = world.brm.get(&path).await.expect(200);
        assert_eq!(seen.body["standing"], *worst);
        assert_eq!(seen.body["agreements"]["items"][0]["agreement"]["id"], agreement);
        assert_eq!(seen.body["statements"]["items"][0]["verdicts"]["missed"], 1);
        assert_eq!(seen.body["openNeeds"], 0);
        let theirs = world.decider.get(&path).await.expect(200).body;
        assert!(
            theirs.get("standing").is_none() && theirs.get("openNeeds").is_none(),
            "{theirs:#}"
        );
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_one_page_for_ten_minutes() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        complaint(&world, "Långsam <e-post>", "2020-02-01").await;
        let path = format!("/customers/{}/overview", world.klk_hr);
        let link = world.brm.post(&format!("{path}-links"), Value::Null).await.expect(200);
        let address = link.text("address");
        let page = async |address: &str| {
            let reply = service.http.get(address).send().await.expect("a reply");
            (
                reply.status().as_u16(),
                reply.headers().clone(),
                reply.text().await.expect("text"),
            )
        };
        let (status, headers, text) = page(&address).await;
        assert_eq!(
            (status, &headers["content-type"]),
            (200, &"text/html; charset=utf-8".parse().expect("text"))
        );
        assert_eq!(headers["cache-control"], "no-store");
        assert!(headers.get("set-cookie").is_none());
        assert!(
            text.contains("<html lang=\"sv\"") && text.contains("HR-avdelningen"),
            "{text}"
        );
        assert!(
            text.contains("1 klagomål är obesvarat") && text.contains("Långsam &lt;e-post&gt;"),
            "{text}"
        );
        let (_, _, english) = page(&format!("{address}&lang=en")).await;
        assert!(english.contains("1 complaint is unanswered"), "{english}");
        // A contact's page leaves out what is the provider's own.
        let theirs = world
            .decider
            .post(&format!("{path}-links"), Value::Null)
            .await
            .expect(200);
        assert!(!page(&theirs.text("address")).await.2.contains("Det här behöver"));
        world
            .stranger
            .post(&format!("{path}-links"), Value::Null)
            .await
            .refused(404, "not_found");

        // It opens nothing else: no other page, no operation; and an access token opens no page.
        let (token, mine) = (address.split("link=").nth(1).expect("a link"), service.base());
        assert_eq!(page(&address.replace(&world.klk_hr, &world.bun)).await.0, 404);
        assert_eq!(page(&format!("{address}x")).await.0, 404);
        let sent = service
            .http
            .get(format!("{mine}{path}"))
            .bearer_auth(token)
            .send()
            .await
            .expect("a reply");
        assert_eq!(sent.status(), 401);
        let state = service.state();
        let (kind, now) = (api::identity::Kind::Person, state.clock.now());
        let access = state
            .tokens
            .issue(kind, &world.brm_id, String::new(), Duration::hours(1), now)
            .expect("a token");
        assert_eq!(page(&address.replace(token, &access)).await.0, 404);
        state.clock.advance(Duration::seconds(599));
        assert_eq!(page(&address).await.0, 200);
        state.clock.advance(Duration::seconds(32));
        assert_eq!(page(&address).await.0, 404);
        service.stop().await;
    })
    .await;
}
