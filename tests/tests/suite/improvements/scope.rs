//! R20: an improvement for several customers is seen by whoever sees one of them, without the others.
use api::identity::Kind;
use domain::access::OtherCustomers;
use end_to_end::{Service, databases};

use super::*;

fn codes(improvement: &Value) -> Vec<&str> {
    let customers = improvement["customers"].as_array().unwrap();
    customers
        .iter()
        .map(|customer| customer["code"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sees_their_own_side_of_what_is_shared() {
    for database in databases().await {
        let narrow = |settings: &mut api::program::Settings| settings.other_customers = OtherCustomers::None;
        let service = Service::start_with(database, narrow).await;
        let world = World::build(&service).await;
        let wish = world.wish("Kortare kö").await;
        // The service owner is in both teams, and nobody else.
        let mut body = input("Kortare kö", &[&world.klk_hr, &world.bun]);
        body["origin"] = json!({"kind": "request", "request": wish.id()});
        body["priority"] = json!(70);
        world
            .brm
            .post("/improvements", body.clone())
            .await
            .refused(409, "unknown_reference");
        let made = world.owner.post("/improvements", body).await.expect(201);
        assert_eq!(codes(&made.body), ["BUN", "KLK-HR"]);
        let path = format!("/improvements/{}", made.id());
        let planned = json!({"what": "Oss emellan", "who": world.owner_id, "dueDay": "2026-12-01"});
        world
            .owner
            .post(&format!("{path}/activities"), planned)
            .await
            .expect(200);
        let limited = async |customer: &String| {
            let scopes = ["improvements.read", "improvements.write", "events.read"];
            let body = json!({"name": format!("System {customer}"), "scopes": scopes, "customers": [customer]});
            let id = service.administrator().post("/clients", body).await.expect(201).id();
            service.caller_with(Kind::Client, &id, &scopes.join(" "))
        };
        let (system_home, system_away) = (limited(&world.klk_hr).await, limited(&world.bun).await);

        for (caller, own, raised_here) in [
            (&world.brm, "KLK-HR", true),
            (&world.decider, "KLK-HR", true),
            (&world.chief, "KLK-HR", true),
            (&system_home, "KLK-HR", true),
            (&world.other_brm, "BUN", false),
            (&world.stranger, "BUN", false),
            (&system_away, "BUN", false),
        ] {
            let seen = caller.get(&path).await.expect(200);
            assert_eq!(codes(&seen.body), [own]);
            assert_eq!(
                seen.body["origin"]["request"].is_object(),
                raised_here,
                "{:#}",
                seen.body
            );
            let listed = caller.get("/improvements?count=true").await.expect(200);
            assert_eq!(
                (listed.body["total"].as_u64(), codes(&listed.items()[0])),
                (Some(1), vec![own])
            );
            assert_eq!(listed.items()[0], seen.body, "the list shows the same");
            let foreign = if own == "BUN" { &world.klk_hr } else { &world.bun };
            let filtered = caller
                .get(&format!("/improvements?customer={foreign}&count=true"))
                .await
                .expect(200);
            assert_eq!(filtered.body["total"], 0);
            let by_request = caller
                .get(&format!("/improvements?request={}", wish.id()))
                .await
                .expect(200);
            assert_eq!(by_request.items().len(), usize::from(raised_here));
        }
        for contact in [&world.decider, &world.stranger] {
            let seen = contact.get(&path).await.expect(200);
            assert_eq!(
                (seen.body.get("priority"), &seen.body["activities"]),
                (None, &json!([])),
                "the team's own"
            );
        }
        world.loner.get(&path).await.refused(404, "not_found");
        assert!(world.loner.get("/improvements").await.expect(200).items().is_empty());

        // Whoever sees one side changes that, and leaves the other as it is.
        let etag = world.other_brm.get(&path).await.etag();
        let changed = world
            .other_brm
            .patch(&path, &etag, json!({"title": "Ännu kortare kö"}))
            .await
            .expect(200);
        assert_eq!(codes(&changed.body), ["BUN"]);
        let replaced = json!({"customers": [world.klk]});
        world
            .other_brm
            .patch(&path, &changed.etag(), replaced)
            .await
            .refused(409, "unknown_reference");
        assert_eq!(codes(&world.owner.get(&path).await.body), ["BUN", "KLK-HR"]);
        verified(&world.other_brm, &path, "15", "achieved").await.expect(200);
        let effects = world.stranger.get("/improvement-effects").await.expect(200);
        assert_eq!(effects.body["customers"].as_array().unwrap().len(), 1);
        assert_eq!(codes(&effects.body["items"][0]), ["BUN"]);
        // What several share belongs to none of them: its events name them all.
        let of_both = "/events?subjectKind=improvement&limit=200";
        assert!(system_away.get(of_both).await.expect(200).items().is_empty());
        assert!(!service.auditor().get(of_both).await.expect(200).items().is_empty());
        let alone = entered(&world.other_dm, input("Bara här", &[&world.bun])).await;
        let told = system_away.get(of_both).await.expect(200);
        assert_eq!(told.items().len(), 1);
        assert!(alone.ends_with(told.items()[0]["subject"]["id"].as_str().unwrap()));
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deputy_acts_in_somebodys_stead() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let team = format!("/customer-teams/{}", world.team);
        let seen = admin.get(&team).await.expect(200);
        let manager = seen.body["members"]
            .as_array()
            .unwrap()
            .iter()
            .find(|m| m["person"]["id"] == world.brm_id);
        let member = manager.unwrap()["id"].as_str().unwrap();
        let body = json!({"person": world.loner_id, "firstDay": "2020-01-01"});
        admin
            .act(&format!("{team}/members/{member}/deputies"), &seen.etag(), body)
            .await
            .expect(200);
        let path = entered(&world.owner, input("Kortare kö", &[&world.klk_hr])).await;
        let approved = step(&world.loner, &path, "approval", Value::Null).await.expect(200);
        assert_eq!(approved.body["approval"]["actingFor"], world.brm_id);
        let events = service
            .auditor()
            .get("/events?type=kundansvar.improvement.approved.v1")
            .await
            .expect(200);
        assert_eq!(events.items()[0]["actor"]["actingFor"], world.brm_id);
        service.stop().await;
    })
    .await;
}
