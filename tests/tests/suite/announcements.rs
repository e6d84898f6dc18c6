//! What customers are told: by whom, to whom, and until it holds no longer.
use api::identity::Kind;
use end_to_end::{Caller, World, on_each_database};
use serde_json::{Value, json};

use crate::statements::step;

fn told(service: &str, customers: &[&String]) -> Value {
    json!({"kind": "disturbance", "title": {"sv": "E-posten är långsam", "en": "Mail is slow"},
        "text": {"sv": "Vi arbetar med felet."}, "services": [service], "customers": customers,
        "beginsAt": "2026-10-05T07:10:00Z"})
}

async fn count(caller: &Caller, filter: &str) -> usize {
    caller
        .get(&format!("/announcements?{filter}"))
        .await
        .expect(200)
        .items()
        .len()
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_told_what_is_for_them() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let made = async |body: Value| {
            format!(
                "/announcements/{}",
                world.dm.post("/announcements", body).await.expect(201).id()
            )
        };
        let to_all = made(told(&world.mail, &[])).await;
        let to_klk = made(told(&world.salary, &[&world.klk])).await;
        let to_both = made(told(&world.salary, &[&world.klk_hr, &world.bun])).await;
        for (path, seen) in [
            // HR uses mail, and is a part of KLK; nobody of KLK itself uses mail.
            (&to_all, [true, true, true]),
            (&to_klk, [true, true, false]),
            (&to_both, [true, true, true]),
        ] {
            for (caller, seen) in [&world.key_user, &world.chief, &world.stranger].into_iter().zip(seen) {
                caller.get(path).await.expect(if seen { 200 } else { 404 });
            }
        }
        let codes = |body: &Value| -> Vec<String> {
            let all = body["customers"].as_array().expect("customers");
            all.iter()
                .map(|c| c["code"].as_str().expect("a code").to_owned())
                .collect()
        };
        assert_eq!(codes(&world.dm.get(&to_both).await.body), ["BUN", "KLK-HR"]);
        assert_eq!(
            codes(&world.stranger.get(&to_both).await.body),
            ["BUN"],
            "who else is told stays untold"
        );
        assert_eq!(world.stranger.get(&to_all).await.body["toAllUsers"], true);
        world.loner.get(&to_all).await.refused(404, "not_found");
        world
            .loner
            .post("/announcements", told(&world.mail, &[]))
            .await
            .refused(403, "not_permitted");
        // Whoever is in any team may tell all, and change what another told.
        step(
            &world.other_dm,
            &to_all,
            "withdrawal",
            Some(json!({"reason": {"sv": "Falskt larm."}})),
        )
        .await
        .expect(200);
        assert_eq!(count(&world.decider, "withdrawn=false").await, 2);
        assert_eq!(count(&world.dm, &format!("customer={}", world.klk_hr)).await, 3);
        assert_eq!(
            count(&world.dm, &format!("customer={}&service={}", world.bun, world.salary)).await,
            1
        );

        let etag = world.dm.get(&to_klk).await.etag();
        let over = world
            .dm
            .patch(&to_klk, &etag, json!({"endsAt": "2026-10-05T09:00:00.123456789Z"}))
            .await
            .expect(200);
        assert_eq!(over.body["endsAt"], world.dm.get(&to_klk).await.body["endsAt"]);
        assert_eq!(
            count(
                &world.dm,
                "kind=disturbance&from=2026-10-05T08:00:00Z&before=2026-10-05T08:00:00Z"
            )
            .await,
            3
        );
        assert_eq!(count(&world.dm, "from=2026-10-05T09:00:01Z").await, 2);
        assert_eq!(count(&world.dm, "before=2026-10-05T07:10:00Z").await, 0);
        let early = json!({"endsAt": "2026-10-05T07:10:00Z"});
        world
            .dm
            .patch(&to_klk, &over.etag(), early)
            .await
            .refused(409, "time_order");
        let withdrawn = world.dm.get(&to_all).await;
        world
            .dm
            .patch(&to_all, &withdrawn.etag(), json!({"customers": []}))
            .await
            .refused(409, "state");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_desk_tells_its_own_anew() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let scopes = ["announcements.read", "announcements.write"];
        let system = async |customers: Value| {
            let body = json!({"name": format!("Desk {}", uuid::Uuid::now_v7()), "scopes": scopes, "systems": ["desk"], "customers": customers});
            let id = service.administrator().post("/clients", body).await.expect(201).id();
            service.caller_with(Kind::Client, &id, &scopes.join(" "))
        };
        let desk = system(Value::Null).await;
        let told = |more: Value| {
            let mut body = told(&world.mail, &[&world.klk_hr]);
            body["references"] = json!([{"system": "desk", "id": "INC-1"}]);
            body.as_object_mut().expect("members").extend(more.as_object().expect("members").clone());
            body
        };
        let made = desk.post("/announcements", told(json!({}))).await.expect(201);
        desk.post("/announcements", told(json!({}))).await.expect(200);
        let ends = told(json!({"endsAt": "2026-10-05T10:00:00Z", "services": [world.mail, world.salary]}));
        let ended = desk.post("/announcements", ends.clone()).await.expect(200);
        assert_eq!((ended.id(), ended.body["services"].as_array().map(Vec::len)), (made.id(), Some(2)));
        assert_eq!(count(&desk, "reference=desk:INC-1").await, 1);
        let path = format!("/announcements/{}", made.id());
        step(&desk, &path, "withdrawal", Some(json!({"reason": {"sv": "Falskt larm."}}))).await.expect(200);
        desk.post("/announcements", ends.clone()).await.expect(200);
        desk.post("/announcements", told(json!({"kind": "planned_change"}))).await.refused(409, "source_no_longer_owns");
        let limited = system(json!([world.bun])).await;
        limited.post("/announcements", ends).await.refused(403, "forbidden");
        limited.get(&path).await.refused(404, "not_found");
        service.stop().await;
    })
    .await;
}
