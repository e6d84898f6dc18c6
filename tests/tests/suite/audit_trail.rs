//! The audit trail: every change with who, when, what from what to what, on whose request (R21); found by filters.
use end_to_end::{Answer, Caller, World, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

/// Sends a change under a request id of its own.
async fn change(caller: &Caller, method: Method, path: &str, etag: &str, id: &str, body: Value) -> Answer {
    let mut headers = vec![("x-request-id", id)];
    if !etag.is_empty() {
        headers.push(("if-match", etag));
    }
    let body = (!body.is_null()).then_some(body);
    caller.send(method, path, &headers, body).await
}

/// All events that the filter finds, page by page.
async fn found(auditor: &Caller, filter: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (vec![], String::new());
    loop {
        let page = auditor
            .get(&format!("/events?limit=10{filter}{cursor}"))
            .await
            .expect(200);
        assert!(page.items().len() == 10 || page.body["more"] == false);
        found.extend(page.items().iter().cloned());
        cursor = format!("&cursor={}", page.text("next"));
        if page.body["more"] == false {
            return found;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_leaves_its_events() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let (admin, auditor) = (service.administrator(), service.auditor());
        let before = service.events().await;
        let (post, patch, delete) = (Method::POST, Method::PATCH, Method::DELETE);
        let customer = json!({"code": "NY", "name": "Ny kund", "legalEntity": {"name": "Bolag"}});
        let made = change(&admin, post.clone(), "/customers", "", "c-1", customer)
            .await
            .expect(201);
        let path = format!("/customers/{}", made.id());
        let renamed = json!({"name": "Annan kund"});
        let renamed = change(&admin, patch.clone(), &path, &made.etag(), "c-2", renamed)
            .await
            .expect(200);
        change(&admin, delete, &path, &renamed.etag(), "c-3", Value::Null)
            .await
            .expect(204);
        let path = format!("/customers/{}/service-usages", world.bun);
        let usage = json!({"service": world.salary, "firstDay": "2024-01-01"});
        let usage = change(&admin, post.clone(), &path, "", "c-4", usage).await.expect(201);
        let end = format!("{path}/{}/end", usage.id());
        change(
            &admin,
            post.clone(),
            &end,
            &usage.etag(),
            "c-5",
            json!({"lastDay": "2030-01-01"}),
        )
        .await
        .expect(200);
        let person = json!({"name": "Ny Person", "email": "ny@it.example.se"});
        change(&admin, post.clone(), "/persons", "", "c-6", person)
            .await
            .expect(201);
        let contact = json!({"customer": world.bun, "name": "Ny Kontakt"});
        change(&admin, post.clone(), "/contacts", "", "c-7", contact)
            .await
            .expect(201);

        let wish = world.wish("Digital underskrift").await;
        let path = format!("/requests/{}", wish.id());
        let act = async |caller: &Caller, what: &str, etag: &str, id: &str, body: Value| {
            change(caller, Method::POST, &format!("{path}/{what}"), etag, id, body).await
        };
        let looked = act(&world.brm, "investigation", &wish.etag(), "r-1", Value::Null)
            .await
            .expect(200);
        act(
            &world.brm,
            "comments",
            "",
            "r-2",
            json!({"text": "Hej", "visibility": "team"}),
        )
        .await
        .expect(201);
        let endorsed = act(&world.decider, "endorsements", "", "r-3", Value::Null)
            .await
            .expect(200);
        assert_ne!(looked.etag(), endorsed.etag());
        let to = json!({"destination": "delivery", "note": "Gör det"});
        let routed = act(&world.brm, "routing", &endorsed.etag(), "r-4", to)
            .await
            .expect(200);
        let hand_over = format!("/hand-overs/{}", routed.body["handOver"]["id"].as_str().expect("an id"));
        let receipt = json!({"reference": "D-1"});
        let key = uuid::Uuid::new_v4().to_string();
        let headers = [("x-request-id", "r-5"), ("idempotency-key", key.as_str())];
        let receipt_path = format!("{hand_over}/acknowledgement");
        world
            .delivery
            .send(post.clone(), &receipt_path, &headers, Some(receipt))
            .await
            .expect(200);

        // Request id, type, kind of actor, and for each changed member whether it was and is there.
        let expected = [
            ("c-1", "customer.created", "administrator", "code", [false, true]),
            ("c-2", "customer.changed", "administrator", "name", [true, true]),
            ("c-3", "customer.deleted", "administrator", "code", [true, false]),
            ("c-4", "service_usage.", "administrator", "firstDay", [false, true]),
            ("c-5", "service_usage.", "administrator", "lastDay", [false, true]),
            ("c-6", "person.created", "administrator", "name", [false, true]),
            ("c-7", "contact.created", "administrator", "name", [false, true]),
            ("r-1", "request.", "person", "status", [true, true]),
            ("r-2", "comment.", "person", "text", [false, true]),
            ("r-3", "request.endorsed", "contact", "endorsements", [true, true]),
            ("r-4", "request.routed", "person", "status", [true, true]),
            ("r-4", "hand_over.routed", "person", "destination", [false, true]),
            (
                "r-5",
                "hand_over.acknowledged",
                "client",
                "acknowledgement",
                [false, true],
            ),
        ];
        let events = found(&auditor, "").await;
        for (id, kind, actor, member, [was, is]) in expected {
            let full = format!("kundansvar.{kind}");
            let event = events
                .iter()
                .find(|e| e["requestId"] == id && e["type"].as_str().is_some_and(|t| t.starts_with(&full)))
                .unwrap_or_else(|| panic!("no {kind} by {id} in {events:#?}"));
            assert_eq!(event["actor"]["kind"], actor);
            let time = event["time"].as_str().expect("a time");
            let ago = chrono::Utc::now() - time.parse::<chrono::DateTime<chrono::Utc>>().expect("a time");
            assert!(time.ends_with('Z') && ago < chrono::Duration::minutes(1), "{time}");
            let change = &event["data"][member];
            assert_eq!(
                [change.get("before").is_some(), change.get("after").is_some()],
                [was, is],
                "{event:#}"
            );
        }
        assert_eq!(events.len() as i64, service.events().await);
        assert!(events.len() as i64 >= before + 14);

        // What is refused, and what changes nothing, leaves none.
        let now = service.events().await;
        change(&admin, post, "/customers", "", "x-1", json!({"code": "KLK"}))
            .await
            .expect(422);
        act(
            &world.brm,
            "routing",
            &endorsed.etag(),
            "x-2",
            json!({"destination": "delivery"}),
        )
        .await
        .expect(412);
        change(
            &world.purchaser,
            patch,
            &path,
            &routed.etag(),
            "x-3",
            json!({"title": "Nej"}),
        )
        .await;
        world.brm.get(&path).await.expect(200);
        let after: Vec<Value> = found(&auditor, "").await.split_off(now as usize);
        assert!(after.iter().all(|e| e["requestId"] == "x-3"), "{after:#?}");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_find_what_they_name() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let auditor = service.auditor();
        service.state().clock.advance(chrono::Duration::days(1));
        let noon = service.state().clock.now().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        let wish = world.wish("Filtrera mig").await;
        let path = format!("/requests/{}", wish.id());
        world
            .brm
            .act(&format!("{path}/investigation"), &wish.etag(), Value::Null)
            .await
            .expect(200);
        let all = found(&auditor, "").await;
        let positions =
            |events: &[Value]| -> Vec<i64> { events.iter().filter_map(|e| e["position"].as_i64()).collect() };
        assert_eq!(positions(&all), (1..=all.len() as i64).collect::<Vec<_>>());

        // Each filter finds exactly what a look at all of them finds.
        let (id, hr) = (wish.id(), world.klk_hr.clone());
        type Wanted<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
        let cases: Vec<(String, Wanted)> = vec![
            (format!("subject={id}"), Box::new(|e| e["subject"]["id"] == *id)),
            (
                "subjectKind=contact".into(),
                Box::new(|e| e["subject"]["kind"] == "contact"),
            ),
            (
                format!("actor={}", world.brm_id),
                Box::new(|e| e["actor"]["id"] == *world.brm_id),
            ),
            (format!("customer={hr}"), Box::new(|e| e["customer"] == *hr)),
            (
                "type=kundansvar.customer_team.joined.v1".into(),
                Box::new(|e| e["type"] == "kundansvar.customer_team.joined.v1"),
            ),
            (
                format!("timeFrom={noon}"),
                Box::new(|e| e["time"].as_str() >= Some(noon.as_str())),
            ),
            (
                format!("timeBefore={noon}"),
                Box::new(|e| e["time"].as_str() < Some(noon.as_str())),
            ),
            (
                format!("customer={hr}&subjectKind=request&timeFrom={noon}"),
                Box::new(|e| e["customer"] == *hr && e["subject"]["kind"] == "request"),
            ),
        ];
        for (filter, wanted) in cases {
            let expected: Vec<Value> = all.iter().filter(|e| wanted(e)).cloned().collect();
            assert!(
                !expected.is_empty() && expected.len() < all.len(),
                "{filter} proves nothing"
            );
            let found = found(&auditor, &format!("&{filter}")).await;
            assert_eq!(positions(&found), positions(&expected), "{filter}");
        }
        let nobody = format!("&customer={}", uuid::Uuid::now_v7());
        assert!(found(&auditor, &nobody).await.is_empty());
        for wrong in [
            "subjectKind=spaceship",
            "subject=7",
            "timeFrom=yesterday",
            "limit=201",
            "position=3",
        ] {
            auditor.get(&format!("/events?{wrong}")).await.expect(400);
        }
        service.stop().await;
    })
    .await;
}
