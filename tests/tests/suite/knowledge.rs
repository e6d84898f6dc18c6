//! Needs and their digest, lessons for every team, the log of communication, and all of it in a customer's timeline.
use end_to_end::{Caller, World, on_each_database};
use serde_json::{Value, json};

use crate::satisfaction::on_day;

fn need(customer: &str, theme: &str, strength: &str, statement: &str) -> Value {
    json!({"customer": customer, "theme": theme, "horizon": "within_a_year", "strength": strength,
        "statement": statement})
}

async fn wish(caller: &Caller, customer: &str, title: &str, service: &str) -> String {
    let body = json!({"customer": customer, "kind": "wish", "title": title, "services": [service]});
    caller.post("/requests", body).await.expect(201).id()
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_are_digested_by_theme_with_what_came_and_went() {
    on_each_database(async |service| {
        on_day(&service, "2026-02-20");
        let world = World::build(&service).await;
        let (hr, klk, bun) = (world.klk_hr.as_str(), world.klk.as_str(), world.bun.as_str());
        let request = wish(&world.purchaser, hr, "Lönebesked på telefonen", &world.mail).await;
        let foreign = wish(&world.stranger, bun, "Lönebesked i skolan", &world.mail).await;
        let evidence = |id: &str| json!([{"kind": "request", "id": id}]);
        let mut told = need(hr, "Mobilt  arbete", "high", "Chefer attesterar i telefonen");
        told["evidence"] = evidence(&foreign);
        world
            .brm
            .post("/business-needs", told.clone())
            .await
            .refused(409, "state");
        told["evidence"] = evidence(&uuid::Uuid::now_v7().to_string());
        let unknown = world
            .brm
            .post("/business-needs", told.clone())
            .await
            .refused(409, "unknown_reference");
        assert_eq!(unknown.body["errors"][0]["pointer"], "/evidence/0/id");
        told["evidence"] = evidence(&request);
        let mobile = world.owner.post("/business-needs", told).await.expect(201);
        assert_eq!(
            (&mobile.body["theme"], &mobile.body["statedOn"]),
            (&json!("mobilt arbete"), &json!("2026-02-20"))
        );
        assert!(
            mobile.body["evidence"][0]["label"]
                .as_str()
                .unwrap()
                .starts_with("REQ-")
        );
        let gone = need(klk, "mobilt arbete", "low", "Läsa handlingar på resan");
        let gone = world.brm.post("/business-needs", gone).await.expect(201);
        on_day(&service, "2026-03-02");
        let late = need(bun, "mobilt arbete", "medium", "Frånvaro anmäls i mobilen");
        world.other_brm.post("/business-needs", late).await.expect(201);
        let archive = need(hr, "arkiv", "low", "Gallra av sig själv");
        world.dm.post("/business-needs", archive).await.expect(201);

        // The manager closes it; it is changed no more.
        let path = format!("/business-needs/{}", gone.id());
        let closing = json!({"outcome": "met"});
        let of = format!("{path}/closing");
        world
            .dm
            .act(&of, &gone.etag(), closing.clone())
            .await
            .refused(403, "not_permitted");
        let closed = world.brm.act(&of, &gone.etag(), closing).await.expect(200);
        let patch = json!({"strength": "high"});
        world
            .brm
            .patch(&path, &closed.etag(), patch.clone())
            .await
            .refused(409, "state");
        let path = format!("/business-needs/{}", mobile.id());
        let changed = world.brm.patch(&path, &mobile.etag(), patch).await.expect(200);
        assert_eq!(
            changed.body["evidence"], mobile.body["evidence"],
            "what is absent stays"
        );

        let total = async |query: &str| {
            let found = world.brm.get(&format!("/business-needs?count=true&{query}")).await;
            found.expect(200).body["total"].as_u64().unwrap()
        };
        assert_eq!(total("theme=MOBILT%20arbete").await, 3);
        assert_eq!(total("theme=mobilt%20arbete&open=true").await, 2);
        assert_eq!(total(&format!("customer={hr}&strength=low")).await, 1);
        assert_eq!(total("words=telefon%20attestera").await, 1, "any form of the words");
        assert_eq!(total("words=telefon%20skola").await, 0);
        assert_eq!(total("horizon=later").await, 0);
        world.decider.get("/business-needs").await.refused(403, "forbidden");

        let digest = world
            .brm
            .get("/business-needs/digest?since=2026-03-01")
            .await
            .expect(200);
        let themes = digest.body["themes"].as_array().unwrap();
        let names: Vec<&Value> = themes.iter().map(|theme| &theme["theme"]).collect();
        assert_eq!(names, ["mobilt arbete", "arkiv"]);
        let counts = ["open", "came", "went"].map(|name| themes[0][name].as_u64());
        assert_eq!(counts, [Some(2), Some(1), Some(1)]);
        let codes: Vec<&Value> = themes[0]["customers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| &c["code"])
            .collect();
        assert_eq!(codes, ["BUN", "KLK-HR"]);
        let changes: Vec<&Value> = themes[0]["needs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| &n["change"])
            .collect();
        assert_eq!(changes, ["stayed", "came", "went"]);
        let csv = world
            .brm
            .get("/business-needs/digest?format=csv&since=2026-03-01")
            .await
            .expect(200);
        assert_eq!(csv.body.as_str().unwrap().lines().count(), 5);
        let page = world
            .brm
            .get("/business-needs/digest/document?language=en")
            .await
            .expect(200);
        assert!(page.body.as_str().unwrap().contains("Chefer attesterar i telefonen"));
        let pdf = world
            .brm
            .get("/business-needs/digest/document?format=pdf")
            .await
            .expect(200);
        assert_eq!(pdf.header("content-type"), "application/pdf");
        for day in ["0001-01-01", "9999-12-31"] {
            world
                .brm
                .get(&format!("/business-needs/digest?since={day}"))
                .await
                .expect(200);
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lesson_is_offered_to_what_fits_and_names_no_customer_that_may_not_be_seen() {
    use domain::access::OtherCustomers;
    for database in end_to_end::databases().await {
        let own_alone = |settings: &mut api::program::Settings| settings.other_customers = OtherCustomers::None;
        let service = end_to_end::Service::start_with(database, own_alone).await;
        let world = World::build(&service).await;
        let request = wish(&world.purchaser, &world.klk_hr, "Skrivare på plan två", &world.mail).await;
        let told = json!({"title": "Byt aldrig skrivare i en nämndvecka", "happened": "Kallelserna skulle ut samma kväll.",
            "learned": "Kundens egna hålltider går före våra servicefönster.", "services": [world.mail],
            "origin": {"kind": "request", "id": request}});
        world
            .loner
            .post("/lessons", told.clone())
            .await
            .refused(403, "not_permitted");
        world
            .other_brm
            .post("/lessons", told.clone())
            .await
            .refused(409, "unknown_reference");
        let made = world.brm.post("/lessons", told).await.expect(201);
        assert_eq!(made.body["customer"]["code"], "KLK-HR");
        let path = format!("/lessons/{}", made.id());
        let seen = world.other_brm.get(&path).await.expect(200);
        assert!(
            seen.body["customer"].is_null() && seen.body["origin"].is_null(),
            "{:#}",
            seen.body
        );
        // Who does not see it changes the rest and leaves it.
        let patch = json!({"learned": "Fråga efter hålltiderna."});
        world.other_brm.patch(&path, &seen.etag(), patch).await.expect(200);
        assert_eq!(world.brm.get(&path).await.expect(200).body["origin"]["kind"], "request");

        let total = async |caller: &Caller, query: String| {
            let found = caller.get(&format!("/lessons?count=true&{query}")).await.expect(200);
            found.body["total"].as_u64().unwrap()
        };
        let brm = &world.brm;
        assert_eq!(total(brm, "words=h%C3%A5lltiden".into()).await, 1);
        assert_eq!(
            total(brm, "words=servicef%C3%B6nster".into()).await,
            0,
            "what it said before is not found"
        );
        assert_eq!(total(brm, format!("service={}", world.salary)).await, 0);
        assert_eq!(total(brm, format!("customer={}", world.klk_hr)).await, 1);
        assert_eq!(total(&world.other_brm, format!("customer={}", world.klk_hr)).await, 0);
        // Offered for the same service, and for the same words; not to what has neither, nor by what may not be seen.
        let same_service = wish(&world.stranger, &world.bun, "Något annat", &world.mail).await;
        let body = json!({"customer": world.bun, "kind": "wish", "title": "Skrivaren står i vägen i nämndveckan"});
        let same_words = world.stranger.post("/requests", body).await.expect(201).id();
        let body = json!({"customer": world.bun, "kind": "wish", "title": "Kaffe"});
        let neither = world.stranger.post("/requests", body).await.expect(201).id();
        for (request, fits) in [(&same_service, 1), (&same_words, 1), (&neither, 0), (&request, 0)] {
            assert_eq!(
                total(&world.other_brm, format!("request={request}")).await,
                fits,
                "{request}"
            );
        }

        // Once read, it stays read.
        let (unread, readers) = ("unread=true".to_owned(), format!("{path}/readers"));
        assert_eq!(total(brm, unread.clone()).await, 1);
        let events = service.events().await;
        let read = world.brm.post(&readers, Value::Null).await.expect(200);
        assert_eq!(read.body["readers"][0]["person"]["id"], json!(world.brm_id));
        let again = world.brm.post(&readers, Value::Null).await.expect(200);
        assert_eq!((again.etag(), service.events().await), (read.etag(), events + 1));
        assert_eq!(
            (
                total(brm, unread).await,
                total(&world.owner, "unread=true".into()).await
            ),
            (0, 1)
        );
        world.loner.post(&readers, Value::Null).await.expect(200);
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interactions_are_corrected_by_who_entered_them_and_read_by_the_team_alone() {
    on_each_database(async |service| {
        on_day(&service, "2026-03-02");
        let world = World::build(&service).await;
        let hr = world.klk_hr.as_str();
        let request = wish(&world.purchaser, hr, "Ny skrivare", &world.mail).await;
        let mut told = json!({"customer": hr, "channel": "phone", "day": "2026-03-01", "summary": "Karin ringde.",
            "persons": [world.brm_id, world.brm_id], "contacts": [world.decider_id],
            "links": [{"title": "Rapporten", "url": "https://filer.example.se/r.pdf"}],
            "about": [{"kind": "request", "id": request}]});
        let made = world.owner.post("/interactions", told.clone()).await.expect(201);
        assert_eq!(made.body["persons"].as_array().map(Vec::len), Some(1), "nobody twice");
        assert_eq!(
            (&made.body["contacts"][0]["name"], &made.body["recordedBy"]["name"]),
            (&json!("Karin Kund"), &json!("Olle Tjanst"))
        );
        told["day"] = json!("2026-03-03");
        world
            .owner
            .post("/interactions", told.clone())
            .await
            .refused(409, "time_order");
        told["day"] = json!("2026-02-01");
        told["contacts"] = json!([world.stranger_id]);
        world
            .owner
            .post("/interactions", told.clone())
            .await
            .refused(409, "unknown_reference");
        told["contacts"] = json!([]);
        world.brm.post("/interactions", told).await.expect(201);
        let path = format!("/interactions/{}", made.id());
        let patch = json!({"summary": "Karin ringde om skrivaren.", "persons": []});
        world
            .brm
            .patch(&path, &made.etag(), patch.clone())
            .await
            .refused(403, "not_permitted");
        let corrected = world.owner.patch(&path, &made.etag(), patch).await.expect(200);
        assert_eq!(
            (&corrected.body["persons"], &corrected.body["links"]),
            (&json!([]), &made.body["links"])
        );
        let trail = service
            .auditor()
            .get(&format!("/events?subject={}", made.id()))
            .await
            .expect(200);
        assert_eq!(
            trail.items()[1]["data"]["summary"]["before"]["value"],
            "Karin ringde.",
            "{:#}",
            trail.body
        );
        world.decider.get(&path).await.refused(403, "forbidden");

        let found = async |query: &str| {
            let list = world.dm.get(&format!("/interactions?{query}")).await.expect(200);
            list.items()
                .iter()
                .map(|i| i["day"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found("limit=200").await,
            ["2026-03-01", "2026-02-01"],
            "the latest first"
        );
        assert_eq!(found("sort=ascending").await, ["2026-02-01", "2026-03-01"]);
        assert_eq!(found(&format!("contact={}", world.decider_id)).await, ["2026-03-01"]);
        assert_eq!(found(&format!("person={}", world.brm_id)).await, ["2026-02-01"]);
        assert_eq!(
            found("dayFrom=2026-02-01&dayBefore=2026-03-01&channel=phone").await,
            ["2026-02-01"]
        );
        let first = world.dm.get("/interactions?limit=1").await.expect(200);
        assert_eq!(
            found(&format!("limit=1&cursor={}", first.text("next"))).await,
            ["2026-02-01"]
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_with_a_customer_stands_in_one_timeline() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let hr = world.klk_hr.as_str();
        let request = wish(&world.purchaser, hr, "Lönebesked på telefonen", &world.mail).await;
        let comments = format!("/requests/{request}/comments");
        world
            .brm
            .post(&comments, json!({"text": "Oss emellan."}))
            .await
            .expect(201);
        let said = json!({"text": "Vi ser på det.", "visibility": "customer"});
        world.brm.post(&comments, said).await.expect(201);
        let stated = need(hr, "mobilt arbete", "high", "Chefer attesterar i telefonen");
        world.brm.post("/business-needs", stated).await.expect(201);
        let call = json!({"customer": hr, "channel": "phone", "day": "2020-01-01", "summary": "Karin ringde."});
        world.owner.post("/interactions", call).await.expect(201);
        let better = json!({"title": "Kortare kö", "customers": [hr]});
        world.dm.post("/improvements", better).await.expect(201);
        let foreign = wish(&world.stranger, &world.bun, "Annat", &world.mail).await;

        let path = format!("/customers/{hr}/timeline");
        let all = world.brm.get(&format!("{path}?limit=200&count=true")).await.expect(200);
        assert_eq!(all.body["total"].as_u64(), Some(all.items().len() as u64));
        let types: Vec<&str> = all.items().iter().map(|e| e["type"].as_str().unwrap()).collect();
        let latest = [
            "kundansvar.improvement.identified.v1",
            "kundansvar.interaction.recorded.v1",
            "kundansvar.business_need.stated.v1",
            "kundansvar.comment.written_for_customer.v1",
            "kundansvar.comment.written_for_team.v1",
            "kundansvar.request.received.v1",
        ];
        assert_eq!(types[..6], latest);
        assert!(types.contains(&"kundansvar.customer.created.v1"), "{types:?}");
        let at = |n: usize| &all.items()[n];
        assert_eq!(
            (&at(5)["meaning"], &at(5)["actorName"]),
            (&json!("A request came in."), &json!("Per Bestallare"))
        );
        assert_eq!(at(5)["label"]["title"], "Lönebesked på telefonen");
        assert_eq!(
            (&at(3)["label"], &at(3)["matter"]),
            (&at(5)["label"], &json!(request)),
            "a comment is its request's"
        );
        assert_eq!(
            (&at(2)["label"]["title"], at(0)["label"]["number"].is_string()),
            (&json!("Chefer attesterar i telefonen"), true)
        );
        assert!(!all.body.to_string().contains(&foreign));

        // By kind, and page by page, nothing twice.
        let comments = world
            .brm
            .get(&format!("{path}?kind=comment&count=true"))
            .await
            .expect(200);
        assert_eq!(comments.body["total"], 2);
        let (mut cursor, mut seen) = (String::new(), vec![]);
        loop {
            let page = world.brm.get(&format!("{path}?limit=3{cursor}")).await.expect(200);
            seen.extend(page.items().iter().map(|e| e["id"].clone()));
            match page.body["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let ids: Vec<Value> = all.items().iter().map(|e| e["id"].clone()).collect();
        assert_eq!(seen, ids);

        // A contact is told what contacts may read, and no other customer's.
        let own = world.key_user.get(&format!("{path}?limit=200")).await.expect(200);
        let own: Vec<&str> = own.items().iter().map(|e| e["type"].as_str().unwrap()).collect();
        assert!(
            own.contains(&latest[3]) && own.contains(&latest[5]) && own.contains(&latest[0]),
            "{own:?}"
        );
        assert!(
            [latest[1], latest[2], latest[4]]
                .iter()
                .all(|hidden| !own.contains(hidden)),
            "{own:?}"
        );
        world.stranger.get(&path).await.refused(404, "not_found");
        world.loner.get(&path).await.refused(404, "not_found");
        service.stop().await;
    })
    .await;
}
