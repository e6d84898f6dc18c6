//! Deputies: who stands in may do on their days what the other may, not a day before or after, and what they do is
//! recorded as done in the other's stead. Mandates with their decision and their amount.
use api::identity::Kind;
use chrono::{Duration, NaiveDate};
use domain::access::OtherCustomers;
use end_to_end::{Answer, Caller, Service, World, databases, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

/// Some days from now, by the service's clock.
fn day(service: &Service, n: i64) -> NaiveDate {
    let now = service.state().clock.now();
    service.state().settings.local_date(now) + Duration::days(n)
}

/// Time passes; who a caller is, is believed for five seconds.
fn pass(service: &Service, by: Duration) {
    service.state().clock.advance(by);
}

async fn made(caller: &Caller, path: &str, body: Value) -> String {
    caller.post(path, body).await.expect(201).id()
}

/// An act on what is as it is now.
async fn act(caller: &Caller, path: &str, act: &str, body: Value) -> Answer {
    let seen = caller.get(path).await.etag();
    caller.act(&format!("{path}{act}"), &seen, body).await
}

async fn patch(caller: &Caller, path: &str, body: Value) -> Answer {
    let seen = caller.get(path).await.etag();
    caller.patch(path, &seen, body).await
}

/// The team's path, and that of its member in a role.
async fn member(service: &Service, team: &str, role: &str) -> (String, String) {
    let path = format!("/customer-teams/{team}");
    let seen = service.auditor().get(&path).await.expect(200);
    let members = seen.body["members"].as_array().expect("members");
    let found = members.iter().find(|m| m["role"] == role).expect("a member");
    (path, format!("/members/{}", found["id"].as_str().expect("an id")))
}

/// `person` stands in for the business relationship manager of Team Ett.
async fn name(service: &Service, world: &World, person: &str, first: NaiveDate, last: Option<NaiveDate>) -> Answer {
    let (team, manager) = member(service, &world.team, "business_relationship_manager").await;
    let mut body = json!({"person": person, "firstDay": first});
    if let Some(last) = last {
        body["lastDay"] = json!(last);
    }
    act(&service.administrator(), &team, &format!("{manager}/deputies"), body).await
}

/// The actor of the latest event about a thing.
async fn actor(service: &Service, subject: &str) -> Value {
    let path = format!("/events?limit=200&subject={subject}");
    let events = service.auditor().get(&path).await.expect(200);
    events.items().last().expect("an event")["actor"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deputy_acts_from_the_first_day_to_the_last_in_the_others_stead() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let (loner, first, last) = (&world.loner, day(&service, 1), day(&service, 2));
        let done = name(&service, &world, &world.loner_id, first, Some(last))
            .await
            .expect(200);
        assert_eq!(done.body["members"][0]["deputies"][0]["person"]["name"], "Lo Ensam");
        let request = world.wish("Ny skärm").await.id();
        let path = format!("/requests/{request}");
        let comment = |caller: &Caller| {
            let (caller, path) = (caller.clone(), format!("{path}/comments"));
            async move { caller.post(&path, json!({"text": "Ett ord."})).await }
        };
        comment(loner).await.refused(404, "not_found");

        pass(&service, Duration::days(1));
        assert_eq!(loner.get("/customers?count=true").await.expect(200).body["total"], 3);
        let written = comment(loner).await.expect(201);
        let for_brm = json!({"kind": "person", "id": world.loner_id, "actingFor": world.brm_id});
        assert_eq!(actor(&service, &written.id()).await, for_brm);
        // What only a business relationship manager may.
        let strategy = json!({"destination": "strategy"});
        act(loner, &path, "/routing", strategy.clone()).await.expect(200);
        assert_eq!(actor(&service, &request).await, for_brm);
        let timeline = service
            .auditor()
            .get(&format!("{path}/timeline?limit=200"))
            .await
            .expect(200);
        let told = timeline.items().last().expect("an entry");
        assert_eq!(
            (&told["actor"]["actingFor"], &told["actorName"], &told["actingForName"]),
            (&json!(world.brm_id), &json!("Lo Ensam"), &json!("Bea Ram"))
        );
        // The other acts for themselves, and so does a deputy where they need nobody's right.
        comment(&world.brm).await.expect(201);
        let body = json!({"customer": world.klk_hr, "kind": "wish", "title": "Egen önskan"});
        let own = made(loner, "/requests", body).await;
        patch(loner, &format!("/requests/{own}"), json!({"title": "Min egen önskan"}))
            .await
            .expect(200);
        assert_eq!(
            actor(&service, &own).await,
            json!({"kind": "person", "id": world.loner_id})
        );
        act(
            loner,
            &format!("/requests/{own}"),
            "/dismissal",
            json!({"ground": "already_met", "reason": "Finns."}),
        )
        .await
        .expect(200);
        assert_eq!(actor(&service, &own).await, for_brm, "no raiser dismisses");
        let elsewhere = json!({"customer": world.bun, "name": "Bo Borta"});
        loner.post("/contacts", elsewhere).await.expect(403);

        pass(&service, Duration::days(1));
        let body = json!({"customer": world.klk, "name": "Ny Kontakt"});
        let contact = made(loner, "/contacts", body.clone()).await;
        assert_eq!(actor(&service, &contact).await, for_brm);

        pass(&service, Duration::days(1));
        comment(loner).await.refused(404, "not_found");
        loner.post("/contacts", body).await.expect(409);
        assert!(loner.get("/customers").await.expect(200).items().is_empty());
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deputy_may_what_the_role_may_and_acts_for_another_only_where_they_have_none() {
    for database in databases().await {
        for others in [
            OtherCustomers::All,
            OtherCustomers::SameLegalEntity,
            OtherCustomers::None,
        ] {
            let service = Service::start_with(database.clone(), |s| s.other_customers = others).await;
            let world = World::build(&service).await;
            let auditor = service.auditor();
            let other_brm = auditor.get("/persons?email=bo.annan@it.example.se").await.items()[0]["id"].clone();
            let other_brm = other_brm.as_str().expect("an id");
            // Of Team Tva, and deputy of a service owner of Team Ett.
            let (team, owner) = member(&service, &world.team, "service_owner").await;
            let body = json!({"person": other_brm, "firstDay": day(&service, 0)});
            act(&service.administrator(), &team, &format!("{owner}/deputies"), body)
                .await
                .expect(200);
            let home = world.wish("Ny skärm").await.id();
            let body = json!({"customer": world.bun, "kind": "wish", "title": "Ny skärm i skolan"});
            let away = made(&world.stranger, "/requests", body).await;
            pass(&service, Duration::seconds(6));
            for (request, acting_for) in [(&away, Value::Null), (&home, json!(world.owner_id))] {
                let path = format!("/requests/{request}");
                act(&world.other_brm, &path, "/investigation", Value::Null)
                    .await
                    .expect(200);
                assert_eq!(actor(&service, request).await["actingFor"], acting_for, "{others:?}");
            }
            let seen = world.other_brm.get("/customers").await.expect(200);
            assert_eq!(seen.items().len(), 3, "{others:?}");
            // A service owner does not dismiss; their deputy neither.
            let reason = json!({"ground": "already_met", "reason": "Finns."});
            act(
                &world.other_brm,
                &format!("/requests/{home}"),
                "/dismissal",
                reason.clone(),
            )
            .await
            .expect(403);
            act(&world.other_brm, &format!("/requests/{away}"), "/dismissal", reason)
                .await
                .expect(200);
            service.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deputy_falls_with_the_member_and_with_their_own_departure() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let path = format!("/requests/{}/comments", world.wish("Ny skärm").await.id());
        let mut deputies = vec![];
        for who in ["Ett Vikariat", "Annat Vikariat"] {
            let id = made(&admin, "/persons", json!({"name": who})).await;
            deputies.push((service.caller(Kind::Person, &id), id));
        }
        let today = day(&service, 0);
        let (stays, leaves) = (&deputies[0], &deputies[1]);
        name(&service, &world, &leaves.1, today, Some(day(&service, 9)))
            .await
            .expect(200);
        let (team, delivery) = member(&service, &world.team, "delivery_manager").await;
        let standing = json!({"person": stays.1, "firstDay": today});
        act(&admin, &team, &format!("{delivery}/deputies"), standing)
            .await
            .expect(200);
        let departs = async |who: &str| {
            let path = format!("/persons/{who}");
            act(&admin, &path, "/departure", json!({"lastDay": today}))
                .await
                .expect(200)
        };
        departs(&leaves.1).await;
        departs(&world.dm_id).await;
        let word = || json!({"text": "Ett ord."});
        stays.0.post(&path, word()).await.expect(201);
        pass(&service, Duration::days(1));
        stays.0.post(&path, word()).await.refused(404, "not_found");
        leaves.0.post(&path, word()).await.expect(401);
        let left = admin.get(&team).await.expect(200);
        assert_eq!(
            left.body["missing"],
            json!(["delivery_manager"]),
            "a deputy does not complete a team"
        );
        for member in left.body["members"].as_array().expect("members") {
            for deputy in member["deputies"].as_array().expect("deputies") {
                assert_eq!(deputy["lastDay"], today.to_string());
            }
        }
        admin
            .delete(&format!("/persons/{}", stays.1), "\"1\"")
            .await
            .refused(409, "in_use");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deputies_keep_the_rules_of_their_team() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let (first, last) = (day(&service, 5), day(&service, 9));
        name(&service, &world, &world.dm_id, first, Some(last))
            .await
            .refused(409, "R2");
        name(&service, &world, &world.brm_id, first, Some(last))
            .await
            .refused(409, "state");
        name(&service, &world, &world.loner_id, last, Some(first))
            .await
            .refused(409, "date_order");
        let early = NaiveDate::from_ymd_opt(2019, 12, 31).expect("a day");
        let refused = name(&service, &world, &world.loner_id, early, Some(last))
            .await
            .refused(409, "date_order");
        assert_eq!(refused.body["errors"][0]["pointer"], "/firstDay");
        let nobody = uuid::Uuid::now_v7().to_string();
        let refused = name(&service, &world, &nobody, first, None)
            .await
            .refused(409, "unknown_reference");
        assert_eq!(refused.body["errors"][0]["pointer"], "/person");
        let named = name(&service, &world, &world.loner_id, first, Some(last))
            .await
            .expect(200);
        name(&service, &world, &world.owner_id, last, None)
            .await
            .refused(409, "not_unique");
        // The same person does not stand in for the other manager, and does not become them.
        let (team, delivery) = member(&service, &world.team, "delivery_manager").await;
        let same = json!({"person": world.loner_id, "firstDay": last});
        act(&admin, &team, &format!("{delivery}/deputies"), same)
            .await
            .refused(409, "R2");
        let succeeded = json!({"lastDay": first, "successor": world.loner_id});
        act(&admin, &team, &format!("{delivery}/end"), succeeded)
            .await
            .refused(409, "R2");
        // Unless an administrator says so; coverage shows it.
        let exception = json!({"reason": "Litet bolag", "lastDay": last});
        let (path, seen) = (format!("{team}/same-person-exception"), admin.get(&team).await.etag());
        admin
            .send(Method::PUT, &path, &[("if-match", &seen)], Some(exception))
            .await
            .expect(200);
        let same = json!({"person": world.loner_id, "firstDay": first, "lastDay": last});
        act(&admin, &team, &format!("{delivery}/deputies"), same)
            .await
            .expect(200);
        let covered = async |on: NaiveDate| {
            let coverage = admin.get(&format!("/coverage?day={on}")).await.expect(200);
            coverage.body["samePersonExceptions"]["items"][0]["person"]["name"].clone()
        };
        assert_eq!(
            (covered(first).await, covered(day(&service, 4)).await),
            (json!("Lo Ensam"), Value::Null)
        );

        let deputy = &named.body["members"][0]["deputies"][0];
        let (_, manager) = member(&service, &world.team, "business_relationship_manager").await;
        let end = format!("{manager}/deputies/{}/end", deputy["id"].as_str().expect("an id"));
        let shorter = act(&admin, &team, &end, json!({"lastDay": first})).await.expect(200);
        assert_eq!(shorter.body["members"][0]["deputies"][0]["lastDay"], first.to_string());
        let on = async |day: NaiveDate| {
            let path = format!("/customers/{}/responsible-team?day={day}", world.klk);
            let told = admin.get(&path).await.expect(200);
            told.body["members"][0]["deputies"].as_array().expect("deputies").len()
        };
        assert_eq!((on(first).await, on(last).await), (1, 0));
        admin
            .act(&format!("{team}{end}"), "\"1\"", json!({"lastDay": first}))
            .await
            .refused(412, "precondition_failed");
        let gone = act(&admin, &team, &end, json!({"lastDay": day(&service, 4)}))
            .await
            .expect(200);
        assert_eq!(
            gone.body["members"][0]["deputies"],
            json!([]),
            "who has not begun never was"
        );
        act(&admin, &team, &end, json!({"lastDay": first}))
            .await
            .refused(404, "not_found");
        service.stop().await;
    })
    .await;
}

/// The contact of KLK-HR with this name.
async fn contact(service: &Service, world: &World, name: &str) -> String {
    let path = format!("/contacts?customer={}", world.klk_hr);
    let all = service.auditor().get(&path).await.expect(200);
    let found = all.items().iter().find(|c| c["name"] == name).expect("the contact");
    format!("/contacts/{}", found["id"].as_str().expect("an id"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_decides_in_anothers_stead_while_theirs_holds() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let purchaser = contact(&service, &world, "Per Bestallare").await;
        let id = purchaser.trim_start_matches("/contacts/").to_owned();
        let own = json!({"kind": "purchaser", "firstDay": "2020-01-01"});
        let (first, last) = (day(&service, 1), day(&service, 20));
        let for_decider = json!({"kind": "customer", "firstDay": first, "lastDay": last,
            "deputyFor": world.decider_id, "basis": "LK 2026-9"});
        let told = json!({"mandates": [own, for_decider]});
        let changed = patch(&world.brm, &purchaser, told.clone()).await.expect(200);
        assert_eq!(changed.body["mandates"], told["mandates"]);
        let request = world.wish("Ny skärm").await.id();
        let path = format!("/requests/{request}");
        let endorse = async || {
            let path = format!("{path}/endorsements");
            world.purchaser.send(Method::POST, &path, &[], None).await
        };
        endorse().await.refused(409, "R14");
        pass(&service, Duration::days(1));
        let endorsed = endorse().await.expect(200);
        assert_eq!(endorsed.body["endorsements"][0]["contact"]["name"], "Per Bestallare");
        let in_stead = json!({"kind": "contact", "id": id, "actingFor": world.decider_id});
        assert_eq!(actor(&service, &request).await, in_stead);
        // What others raised is withdrawn by who decides; what one raised oneself is one's own.
        let reason = || json!({"reason": "Behövs inte längre."});
        let body = json!({"customer": world.klk_hr, "kind": "wish", "title": "En till"});
        let other = made(&world.key_user, "/requests", body).await;
        for (request, acting_for) in [(&other, json!(world.decider_id)), (&request, Value::Null)] {
            act(
                &world.purchaser,
                &format!("/requests/{request}"),
                "/withdrawal",
                reason(),
            )
            .await
            .expect(200);
            assert_eq!(actor(&service, request).await["actingFor"], acting_for);
        }
        let overview = async || {
            let path = format!("/customers/{}/overview", world.klk_hr);
            world.brm.get(&path).await.expect(200).body["contacts"].clone()
        };
        let seen = overview().await;
        assert_eq!(
            (&seen["total"], &seen["items"][1]["mandates"]),
            (&json!(2), &json!(["customer", "purchaser"]))
        );
        let decider = format!("/contacts/{}", world.decider_id);
        let kept = admin.get(&decider).await.etag();
        admin.delete(&decider, &kept).await.refused(409, "in_use");

        // The principal's mandate ends, and with it the deputy's, whatever was told.
        let until = json!({"mandates": [{"kind": "customer", "firstDay": "2020-01-01", "lastDay": day(&service, 0)}]});
        patch(&world.brm, &decider, until).await.expect(200);
        let request = world.wish("Ny telefon").await.id();
        let path = format!("/requests/{request}/endorsements");
        world.purchaser.send(Method::POST, &path, &[], None).await.expect(200);
        pass(&service, Duration::days(1));
        let late = format!("/requests/{}/endorsements", world.wish("Ny mus").await.id());
        world
            .purchaser
            .send(Method::POST, &late, &[], None)
            .await
            .refused(409, "R14");
        let seen = overview().await;
        assert_eq!(
            (&seen["total"], &seen["items"][0]["mandates"]),
            (&json!(1), &json!(["purchaser"]))
        );
        // What stands there already is no hindrance to another change.
        patch(&world.brm, &purchaser, json!({"phone": "018-727 00 00"}))
            .await
            .expect(200);
        let mut anew = told["mandates"].clone();
        anew[1]["firstDay"] = json!(day(&service, 0));
        let refused = patch(&world.brm, &purchaser, json!({"mandates": anew}))
            .await
            .refused(409, "state");
        assert_eq!(refused.body["errors"][0]["pointer"], "/mandates/1/deputyFor");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deputy_of_a_parents_contact_reaches_its_parts_for_them() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let chiefs = admin
            .get(&format!("/contacts?customer={}", world.klk))
            .await
            .expect(200);
        let chief = chiefs.items()[0]["id"].clone();
        let mandate = json!({"kind": "customer", "firstDay": day(&service, 0), "deputyFor": chief});
        let told =
            |customer: &str, mandate: &Value| json!({"customer": customer, "name": "Vik Arie", "mandates": [mandate]});
        // Whose contact belongs to another customer does not exist here.
        let refused = admin
            .post("/contacts", told(&world.bun, &mandate))
            .await
            .refused(409, "unknown_reference");
        assert_eq!(refused.body["errors"][0]["pointer"], "/mandates/0/deputyFor");
        for (member, value, at) in [
            ("kind", json!("key_user"), "kind"),
            (
                "amountPerYear",
                json!({"amount": "1", "currency": "SEK"}),
                "amountPerYear",
            ),
            ("kind", json!("purchaser"), "deputyFor"),
        ] {
            let mut wrong = mandate.clone();
            wrong[member] = value;
            let refused = admin
                .post("/contacts", told(&world.klk, &wrong))
                .await
                .refused(409, "state");
            assert_eq!(refused.body["errors"][0]["pointer"], format!("/mandates/0/{at}"));
        }
        let id = made(&admin, "/contacts", told(&world.klk, &mandate)).await;
        let deputy = service.caller(Kind::Contact, &id);
        let request = world.wish("Ny skärm").await.id();
        let comments = format!("/requests/{request}/comments");
        let comment = deputy
            .post(&comments, json!({"text": "Ett ord."}))
            .await
            .expect(201)
            .id();
        assert_eq!(
            actor(&service, &comment).await["actingFor"],
            chief,
            "a part of the customer"
        );
        let own = json!({"customer": world.klk, "kind": "wish", "title": "Ny stol"});
        let own = made(&deputy, "/requests", own).await;
        assert_eq!(actor(&service, &own).await.get("actingFor"), None);
        act(
            &admin,
            &format!("/contacts/{}", chief.as_str().expect("an id")),
            "/end",
            json!({"lastDay": "2026-01-01"}),
        )
        .await
        .expect(200);
        pass(&service, Duration::seconds(6));
        deputy
            .get(&format!("/requests/{request}"))
            .await
            .refused(404, "not_found");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_keeps_its_decision_and_its_amount() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let mandate = |amount: Value| {
            json!({"kind": "customer", "firstDay": "2026-01-01", "basis": "KS 2026-114 § 12", "amountPerYear": amount})
        };
        let told = |amount: Value| json!({"customer": world.bun, "name": "Eva Ek", "email": "eva.ek@example.se",
            "mandates": [mandate(amount)]});
        for (sent, kept) in [("250000", "250000.00"), ("0.5", "0.50"), ("9999999999999.99", "9999999999999.99")] {
            let made = admin.post("/contacts", told(json!({"amount": sent, "currency": "SEK"}))).await.expect(201);
            let expected = json!([mandate(json!({"amount": kept, "currency": "SEK"}))]);
            assert_eq!(made.body["mandates"], expected);
            let path = format!("/contacts/{}", made.id());
            assert_eq!(admin.get(&path).await.expect(200).body["mandates"], expected);
            let renamed = patch(&admin, &path, json!({"name": "Eva Al"})).await.expect(200);
            assert_eq!(renamed.body["mandates"], expected);
        }
        let events = service.events().await;
        for (amount, at, code) in [
            (json!({"amount": 250000, "currency": "SEK"}), "/amount", "type"),
            (json!({"amount": "1.005", "currency": "SEK"}), "/amount", "pattern"),
            (json!({"amount": "-1", "currency": "SEK"}), "/amount", "pattern"),
            (json!({"amount": "1 000", "currency": "SEK"}), "/amount", "pattern"),
            (json!({"amount": "1e9", "currency": "SEK"}), "/amount", "pattern"),
            (json!({"amount": "10000000000000", "currency": "SEK"}), "/amount", "pattern"),
            (json!({"amount": "1", "currency": "kr"}), "/currency", "pattern"),
            (json!({"amount": "1"}), "/currency", "required"),
            (json!({"amount": "1", "currency": "SEK", "vat": "0"}), "/vat", "unknown"),
            (json!("1 SEK"), "", "type"),
        ] {
            let refused = admin.post("/contacts", told(amount.clone())).await.expect(422);
            let pointer = format!("/mandates/0/amountPerYear{at}");
            let errors = refused.body["errors"].as_array().expect("faults");
            let found = errors.iter().any(|e| e["pointer"] == pointer && e["code"] == code);
            assert!(found, "{amount}: {:#}", refused.body);
        }
        for basis in ["", " KS 7", "KS\n7", &"K".repeat(201)] {
            let mut told = told(json!({"amount": "1", "currency": "SEK"}));
            told["mandates"][0]["basis"] = json!(basis);
            admin.post("/contacts", told).await.expect(422);
        }
        assert_eq!(service.events().await, events);
        service.stop().await;
    })
    .await;
}
