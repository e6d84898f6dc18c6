//! Service calendars: made, changed version by version, tried, removed; and who may.
use end_to_end::{Answer, Caller, World, on_each_database};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

fn weekdays(from: &str, to: &str) -> Value {
    let day = json!([{"from": from, "to": to}]);
    json!({"monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day})
}

fn office(name: &str) -> Value {
    let eve = json!({"date": "2026-06-19", "label": "Midsommarafton"});
    json!({"name": name, "hours": {"zone": "Europe/Stockholm", "weekly": weekdays("08:00", "17:00"), "exceptions": [eve]}})
}

async fn patch(caller: &Caller, path: &str, body: Value) -> Answer {
    let etag = caller.get(path).await.expect(200).etag();
    caller.patch(path, &etag, body).await
}

fn pointer(answer: &Answer) -> &str {
    answer.body["errors"][0]["pointer"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_a_version_and_every_version_stays() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let made = admin.post("/service-calendars", office("Vardagar")).await.expect(201);
        let path = format!("/service-calendars/{}", made.id());
        assert_eq!(made.header("location"), format!("/kundansvar/v1{path}"));
        assert_eq!((&made.body["version"], made.etag()), (&json!(1), "\"1\"".into()));
        assert_eq!(
            made.body["hours"]["weekly"]["sunday"],
            json!([]),
            "a day that is not named is closed"
        );

        let longer = json!({"hours": {"weekly": weekdays("07:00", "18:00")}});
        let longer = patch(&admin, &path, longer).await.expect(200);
        assert_eq!((&longer.body["version"], longer.etag()), (&json!(2), "\"2\"".into()));
        assert_eq!(longer.body["hours"]["exceptions"], made.body["hours"]["exceptions"]);
        let friday = json!({"hours": {"weekly": {"friday": []}, "exceptions": []}, "name": "Vardagar utom fredag"});
        let third = patch(&admin, &path, friday).await.expect(200);
        assert_eq!(third.body["hours"]["weekly"]["monday"][0]["from"], "07:00");

        // Each as it was made.
        for (n, was) in [(1, &made), (2, &longer), (3, &third)] {
            let version = admin.get(&format!("{path}/versions/{n}")).await.expect(200);
            assert_eq!(version.body, was.body);
            let seen = [("if-none-match", &*version.etag())];
            admin
                .send(reqwest::Method::GET, &format!("{path}/versions/{n}"), &seen, None)
                .await
                .expect(304);
        }
        let digests: Vec<&Value> = [&made, &longer, &third].map(|v| &v.body["digest"]).to_vec();
        assert!(digests[0] != digests[1] && digests[1] != digests[2]);
        for nothing in ["0", "4", "-1", "x", "99999999999999999999"] {
            admin.get(&format!("{path}/versions/{nothing}")).await.expect(404);
        }
        let nowhere = format!("/service-calendars/{}/versions", Uuid::now_v7());
        admin.get(&nowhere).await.refused(404, "not_found");
        let first = admin
            .get(&format!("{path}/versions?limit=2&count=true"))
            .await
            .expect(200);
        assert_eq!((first.items().len(), &first.body["total"]), (2, &json!(3)));
        let next = first.text("next");
        let rest = admin
            .get(&format!("{path}/versions?limit=2&cursor={next}"))
            .await
            .expect(200);
        assert_eq!(rest.items(), &vec![third.body.clone()]);
        let newest = admin
            .get(&format!("{path}/versions?limit=1&sort=descending"))
            .await
            .expect(200);
        assert_eq!(newest.items()[0]["version"], 3);

        // Who did not see the last version changes nothing.
        admin.patch(&path, "\"2\"", json!({"name": "Annat"})).await.expect(412);
        assert_eq!(admin.get(&path).await.body, third.body);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_counted_with_is_refused_and_changes_nothing() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let made = admin.post("/service-calendars", office("Vardagar")).await.expect(201);
        let path = format!("/service-calendars/{}", made.id());
        let events = service.events().await;
        let day = |openings: &[(&str, &str)]| -> Value {
            let openings = openings.iter().map(|(from, to)| json!({"from": from, "to": to}));
            json!({"hours": {"weekly": {"friday": openings.collect::<Vec<_>>()}}})
        };
        for (change, why, at) in [
            (
                day(&[("08:00", "12:00"), ("11:59", "17:00")]),
                "opening_hours",
                "/hours/weekly/friday/1/from",
            ),
            (day(&[("22:00", "06:00")]), "opening_hours", "/hours/weekly/friday/0/to"),
            (
                json!({"hours": {"exceptions": [{"date": "2026-12-24"}, {"date": "2026-12-24"}]}}),
                "opening_hours",
                "/hours/exceptions/1/date",
            ),
            (
                json!({"hours": {"zone": "Europe/Uppsala"}}),
                "unknown_reference",
                "/hours/zone",
            ),
        ] {
            let refused = patch(&admin, &path, change).await.refused(409, why);
            assert_eq!(pointer(&refused), at);
        }
        for (change, why, at) in [
            (day(&[("08.00", "12:00")]), "pattern", "/hours/weekly/friday/0/from"),
            (day(&[("08:00", "24:01")]), "pattern", "/hours/weekly/friday/0/to"),
            (json!({"hours": {"zone": "Sverige!"}}), "pattern", "/hours/zone"),
            (
                json!({"hours": {"weekly": {"fredag": []}}}),
                "unknown",
                "/hours/weekly/fredag",
            ),
            (
                json!({"hours": {"exceptions": [{"date": "2026-02-30"}]}}),
                "format",
                "/hours/exceptions/0/date",
            ),
        ] {
            let refused = patch(&admin, &path, change).await.refused(422, why);
            assert_eq!(pointer(&refused), at);
        }
        admin
            .post("/service-calendars", office("Vardagar"))
            .await
            .refused(409, "not_unique");
        assert_eq!(service.events().await, events);
        assert_eq!(admin.get(&path).await.body, made.body);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calendars_are_listed_by_name_and_removed_with_their_versions() {
    on_each_database(async |service| {
        let admin = service.administrator();
        for name in ["Öppet jämt", "Zon", "ärenden", "Åretrunt", "Alla dagar"] {
            admin.post("/service-calendars", office(name)).await.expect(201);
        }
        let names = async |query: &str| -> Vec<String> {
            let page = admin.get(&format!("/service-calendars{query}")).await.expect(200);
            page.items()
                .iter()
                .map(|c| c["name"].as_str().expect("a name").to_owned())
                .collect()
        };
        assert_eq!(
            names("").await,
            ["Alla dagar", "Zon", "Åretrunt", "ärenden", "Öppet jämt"]
        );
        assert_eq!(names("?name=Zon").await, ["Zon"]);
        let page = admin.get("/service-calendars?limit=2").await.expect(200);
        assert_eq!(
            names(&format!("?limit=2&cursor={}", page.text("next"))).await,
            ["Åretrunt", "ärenden"]
        );

        let zon = admin.get("/service-calendars?name=Zon").await.items()[0].clone();
        let path = format!("/service-calendars/{}", zon["id"].as_str().expect("an id"));
        patch(&admin, &path, json!({"name": "Zonen"})).await.expect(200);
        admin.delete(&path, "\"1\"").await.expect(412);
        admin.delete(&path, "\"2\"").await.expect(204);
        admin.get(&path).await.expect(404);
        admin.get(&format!("{path}/versions/1")).await.expect(404);
        admin.post("/service-calendars", office("Zonen")).await.expect(201);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_can_be_tried() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let made = world
            .brm
            .post("/service-calendars", office("Vardagar"))
            .await
            .expect(201);
        let path = format!("/service-calendars/{}", made.id());
        let contact = &world.purchaser;
        // From Thursday 14:00 over Midsummer Eve, which is closed, to Monday 10:00, local time.
        let span = "from=2026-06-18T12:00:00Z&to=2026-06-22T08:00:00Z";
        let open = contact.get(&format!("{path}/open-time?{span}")).await.expect(200);
        assert_eq!(
            (&open.body["openSeconds"], &open.body["openDays"]),
            (&json!(5 * 3600), &json!(2))
        );
        let pin = json!({"id": made.id(), "version": 1, "name": "Vardagar", "digest": made.body["digest"]});
        assert_eq!(open.body["calendar"], pin);
        let since = async |limit: &str| {
            let path = format!("{path}/deadline?from=2026-06-18T12:00:00Z&limit={limit}");
            contact.get(&path).await.expect(200).body["deadline"].clone()
        };
        assert_eq!(
            since("PT3H").await,
            "2026-06-18T15:00:00Z",
            "closing, not the next opening"
        );
        assert_eq!(since("PT3H1S").await, "2026-06-22T06:00:01Z");
        assert_eq!(since("P2D").await, "2026-06-22T15:00:00Z");
        contact.get(&format!("{path}/open-time")).await.expect(200);
        contact.get(&format!("{path}/deadline")).await.expect(200);

        let refused = |query: &str| format!("{path}/{query}");
        for backwards in [
            "open-time?from=2026-06-18T12:00:00Z&to=2026-06-18T11:00:00Z",
            "open-time?from=1800-01-01T00:00:00Z&to=1999-01-01T00:00:00Z",
        ] {
            contact.get(&refused(backwards)).await.refused(409, "date_order");
        }
        contact
            .get(&refused("open-time?from=igår"))
            .await
            .refused(400, "format");
        contact
            .get(&refused("deadline?limit=four"))
            .await
            .refused(400, "pattern");
        let far = "open-time?from=9999-12-31T00:00:00Z&to=9999-12-31T23:59:59Z";
        contact.get(&refused(far)).await.expect(200);

        patch(
            &world.brm,
            &path,
            json!({"hours": {"weekly": {"monday": [], "thursday": []}}}),
        )
        .await
        .expect(200);
        let open = contact.get(&format!("{path}/open-time?{span}")).await.expect(200);
        assert_eq!(
            (&open.body["openSeconds"], &open.body["calendar"]["version"]),
            (&json!(0), &json!(2))
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn holidays_are_proposed_and_nothing_is_stored() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let events = service.events().await;
        let year = admin.get("/holiday-proposals?year=2027").await.expect(200);
        let all = year.items();
        let find = |date: &str| all.iter().find(|day| day["date"] == date).cloned();
        let name = json!({"sv": "Långfredagen", "en": "Good Friday"});
        assert_eq!(
            find("2027-03-26"),
            Some(json!({"date": "2027-03-26", "kind": "holiday", "name": name}))
        );
        assert_eq!(find("2027-06-25").expect("an eve")["kind"], "eve");
        let this_year = admin.get("/holiday-proposals").await.expect(200).body["year"].clone();
        assert_eq!(
            this_year,
            chrono::Datelike::year(&service.state().settings.local_date(service.state().clock.now()))
        );
        for bad in ["1899", "3000", "nu"] {
            admin.get(&format!("/holiday-proposals?year={bad}")).await.expect(400);
        }
        assert_eq!(service.events().await, events);

        // What is proposed can be taken over as it stands.
        let exceptions: Vec<Value> = all
            .iter()
            .map(|day| json!({"date": day["date"], "label": day["name"]["sv"]}))
            .collect();
        let mut calendar = office("Vardagar");
        calendar["hours"]["exceptions"] = json!(exceptions);
        admin.post("/service-calendars", calendar).await.expect(201);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn managers_of_any_team_keep_them_and_everybody_reads_them() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let made = world
            .dm
            .post("/service-calendars", office("Vardagar"))
            .await
            .expect(201);
        let path = format!("/service-calendars/{}", made.id());
        let changed = patch(&world.other_brm, &path, json!({"name": "Kontorstid"}))
            .await
            .expect(200);
        for who in [&world.owner, &world.loner, &world.decider] {
            assert_eq!(who.get(&path).await.expect(200).body, changed.body);
            who.patch(&path, &changed.etag(), json!({"name": "Mitt"}))
                .await
                .expect(403);
            who.post("/service-calendars", office("Min")).await.expect(403);
        }
        // A manager whose role has ended, or has not begun, is none.
        let admin = service.administrator();
        let person = admin
            .post("/persons", json!({"name": "Ek Delad"}))
            .await
            .expect(201)
            .id();
        let who = service.caller(api::identity::Kind::Person, &person);
        let team = admin
            .post("/customer-teams", json!({"name": "Team Tre"}))
            .await
            .expect(201);
        let path = format!("/customer-teams/{}", team.id());
        for (first, last, status) in [
            ("2020-01-01", "2020-12-31", 403),
            ("2099-01-01", "2099-12-31", 403),
            ("2021-01-01", "2098-12-31", 201),
        ] {
            let body = json!({"person": person, "role": "delivery_manager", "firstDay": first, "lastDay": last});
            let etag = admin.get(&path).await.etag();
            admin.act(&format!("{path}/members"), &etag, body).await.expect(200);
            who.post("/service-calendars", office(&format!("Från {first}")))
                .await
                .expect(status);
        }
        service.stop().await;
    })
    .await;
}

/// What pins a version will hold it by a foreign key, as the table here does; and nothing rewrites a version.
#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_calendar_stays_and_its_version_as_it_was() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let made = admin.post("/service-calendars", office("Vardagar")).await.expect(201);
        let path = format!("/service-calendars/{}", made.id());
        let db = sea_orm::Database::connect(service.settings().database().url)
            .await
            .expect("the database");
        let id = if db.get_database_backend() == sea_orm::DbBackend::Sqlite {
            "blob"
        } else {
            "uuid"
        };
        for sql in [
            &format!(
                "create table pin (calendar_id {id} not null, version bigint not null, \
                 foreign key (calendar_id, version) references service_calendar_version (calendar_id, version))"
            ),
            "insert into pin select calendar_id, version from service_calendar_version",
        ] {
            db.execute_unprepared(sql).await.expect(sql);
        }
        let events = service.events().await;
        admin.delete(&path, "\"1\"").await.refused(409, "in_use");
        assert_eq!(service.events().await, events);
        let rewriting = "update service_calendar_version set name = 'Annat'";
        let refused = db
            .execute_unprepared(rewriting)
            .await
            .expect_err("a refusal")
            .to_string();
        assert!(refused.contains("never changed"), "{refused}");
        assert_eq!(
            admin.get(&format!("{path}/versions/1")).await.expect(200).body,
            made.body
        );
        db.execute_unprepared("delete from pin").await.expect("nothing pinned");
        admin.delete(&path, "\"1\"").await.expect(204);
        db.close().await.expect("left");
        service.stop().await;
    })
    .await;
}
