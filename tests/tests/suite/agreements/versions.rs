//! R7: versions, drafts from elsewhere, comparison; numbers without gaps; bad input.
use end_to_end::{World, on_each_database};
use serde_json::{Value, json};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_a_new_version_that_takes_the_old_ones_place() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let first = begun(
            &world.brm,
            sla(&world.klk_hr, draft(&[&world.mail], &day(&service, -30))),
        )
        .await;
        agreed(&world, &first).await.expect(200);
        let versions = format!("{}/versions", agreement_of(&first));
        let second = world
            .brm
            .post(&versions, json!({"firstDay": day(&service, 10)}))
            .await
            .expect(201);
        assert_eq!(
            second.header("location"),
            format!("/kundansvar/v1{}", sibling(&first, 2))
        );
        assert_eq!(second.body["content"], world.brm.get(&first).await.body["content"]);
        let open = world.brm.post(&versions, json!({"firstDay": day(&service, 20)})).await;
        open.refused(409, "state");
        let second = sibling(&first, 2);
        let etag = world.brm.get(&second).await.etag();
        let mut changed = content("E-post");
        changed["targets"][0]["value"] = json!("20");
        changed["sections"][0]["text"] = json!("Rad ett\nRad 2");
        world
            .brm
            .patch(&second, &etag, json!({"content": changed}))
            .await
            .expect(200);
        let compared = world.brm.get(&format!("{second}/comparison")).await.expect(200);
        let pointers: Vec<_> = compared.body["differences"]
            .as_array()
            .expect("differences")
            .iter()
            .map(|d| &d["pointer"])
            .collect();
        let expected = [
            "/terms/firstDay",
            "/terms/lastDay",
            "/content/sections/scope/text",
            "/content/targets/answers/value",
        ];
        for pointer in expected {
            assert!(pointers.contains(&&json!(pointer)), "{pointer} in {pointers:?}");
        }
        assert_eq!(pointers.len(), expected.len());
        world
            .decider
            .get(&format!("{second}/comparison?with=1"))
            .await
            .expect(404);
        let seen = world.decider.get(&agreement_of(&first)).await.expect(200);
        assert_eq!(seen.body["open"], Value::Null, "a draft is the team's own");
        agreed(&world, &second).await.expect(200);
        let old = world.brm.get(&first).await.expect(200);
        assert_eq!(old.body["superseded"], json!({"by": 2, "firstDay": day(&service, 10)}));
        assert_eq!(old.body["lastDayInForce"], json!(day(&service, 9)));
        let listed = world.decider.get(&versions).await.expect(200);
        let states: Vec<_> = listed.body["versions"]
            .as_array()
            .expect("versions")
            .iter()
            .map(|v| &v["state"])
            .collect();
        assert_eq!(states, ["active", "upcoming"]);
        service.state().clock.advance(chrono::Duration::days(10));
        assert_eq!(world.brm.get(&first).await.body["state"], "superseded");
        assert_eq!(world.brm.get(&second).await.body["state"], "active");
        assert_eq!(world.brm.get(&agreement_of(&first)).await.body["current"]["number"], 2);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_can_be_discarded_but_not_an_agreements_first() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let first = begun(&world.brm, sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 0)))).await;
        let etag = world.brm.get(&first).await.etag();
        world.brm.delete(&first, &etag).await.refused(409, "in_use");
        agreed(&world, &first).await.expect(200);
        let versions = format!("{}/versions", agreement_of(&first));
        let second = world
            .brm
            .post(&versions, json!({"firstDay": day(&service, 10)}))
            .await
            .expect(201);
        world.brm.delete(&sibling(&first, 2), &second.etag()).await.expect(204);
        world.brm.get(&sibling(&first, 2)).await.expect(404);
        assert_eq!(world.brm.get(&agreement_of(&first)).await.body["open"], Value::Null);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_begin_from_templates_and_from_other_agreements() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let mut told = content("Mall");
        told["sections"][0]["text"] = json!("Mellan IT och {{customer}} om {{services}} från {{firstDay}}.");
        let template = json!({"name": "Grundmall", "kind": "sla", "content": told,
            "terms": {"initialTerm": "P12M", "renewal": "tacit", "renewalTerm": "P12M", "noticePeriod": "P3M"}});
        world
            .brm
            .post("/agreement-templates", template.clone())
            .await
            .expect(403);
        let made = admin.post("/agreement-templates", template.clone()).await.expect(201);
        admin
            .post("/agreement-templates", template)
            .await
            .refused(409, "not_unique");
        let first = day(&service, 5);
        let from = json!({"source": {"template": made.id()}, "services": [world.mail], "firstDay": first});
        let version = begun(&world.brm, sla(&world.klk_hr, from)).await;
        let filled = world.brm.get(&version).await.expect(200);
        let text = format!("Mellan IT och HR-avdelningen om E-post från {first}.");
        assert_eq!(filled.body["content"]["sections"][0]["text"], json!(text));
        assert_eq!(filled.body["terms"]["lastDay"], json!(year_from(&first)));
        // Another customer's, read by whoever writes: content is copied, the parties are its own.
        let agreement = agreement_of(&version).replace("/agreements/", "");
        let from = json!({"source": {"agreement": agreement}, "firstDay": day(&service, 40)});
        let copy = begun(&world.other_brm, sla(&world.bun, from)).await;
        let copied = world.other_brm.get(&copy).await.expect(200);
        assert_eq!(copied.body["content"], filled.body["content"]);
        assert_eq!(copied.body["with"]["name"], "Barn- och utbildning");
        assert_eq!(copied.body["services"], filled.body["services"]);
        // The template goes; what began from it stays.
        admin
            .delete(&format!("/agreement-templates/{}", made.id()), &made.etag())
            .await
            .expect(204);
        world.brm.get(&version).await.expect(200);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_drafts_are_refused_where_they_are_wrong_and_use_up_no_number() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let good = sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 0)));
        let first = world
            .brm
            .post("/agreements", good.clone())
            .await
            .expect(201)
            .text("number");
        let cases: [(&str, Value, u16, &str); 17] = [
            (
                "/draft/content/targets/0/indicator/kind",
                json!("feeling"),
                422,
                "/draft/content/targets/0/indicator/kind",
            ),
            (
                "/draft/content/targets/0/indicator/unti",
                json!("s"),
                422,
                "/draft/content/targets/0/indicator/unti",
            ),
            (
                "/draft/content/targets/0/indicator/metric",
                json!("svarstiden"),
                409,
                "/draft/content/targets/0/indicator/metric",
            ),
            (
                "/draft/content/targets/0/indicator/unit",
                json!("min"),
                409,
                "/draft/content/targets/0/indicator/unit",
            ),
            (
                "/draft/content/workloadLimits",
                json!([{"key": "letters", "name": "Brev", "metric": "brev", "limit": "5", "period": "month"}]),
                409,
                "/draft/content/workloadLimits/0/metric",
            ),
            ("/draft/services", Value::Null, 409, "/draft/services"),
            (
                "/draft/services",
                json!([uuid::Uuid::now_v7()]),
                409,
                "/draft/services/0",
            ),
            ("/draft/terms/lastDay", json!("2020-01-01"), 409, "/draft/terms/lastDay"),
            ("/draft/terms/renewal", json!("tacit"), 409, "/draft/terms/renewalTerm"),
            ("/draft/terms/renewal", json!("perhaps"), 422, "/draft/terms/renewal"),
            (
                "/draft/terms/noticePeriod",
                json!("three months"),
                422,
                "/draft/terms/noticePeriod",
            ),
            (
                "/draft/content/targets/0/value",
                json!(30),
                422,
                "/draft/content/targets/0/value",
            ),
            (
                "/draft/content/targets/0/calendar",
                json!(uuid::Uuid::now_v7()),
                409,
                "/draft/content/targets/0/calendar",
            ),
            (
                "/draft/content/targets/0/indicator/figure",
                json!({"percentile": "101"}),
                422,
                "/draft/content/targets/0/indicator/figure/percentile",
            ),
            (
                "/draft/source",
                json!({"template": uuid::Uuid::now_v7()}),
                409,
                "/draft/source",
            ),
            ("/with", json!({"name": "Någon"}), 409, "/with"),
            ("/customer", json!(uuid::Uuid::now_v7()), 409, "/customer"),
        ];
        let before = service.events().await;
        for (pointer, value, status, at) in cases {
            let mut body = good.clone();
            let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
            body.pointer_mut(parent).expect("there")[member] = value.clone();
            if value.is_null() {
                body.pointer_mut(parent)
                    .and_then(Value::as_object_mut)
                    .expect("there")
                    .remove(member);
            }
            let answer = world.brm.post("/agreements", body).await.expect(status);
            assert_eq!(answer.body["errors"][0]["pointer"], at, "{:#}", answer.body);
        }
        assert_eq!(service.events().await, before);
        let mut whole = good.clone();
        whole["draft"]["content"]["targets"][0]["minimumObservations"] = json!(118.0);
        let read = world.brm.post("/agreements", whole).await.expect(201);
        let version = format!("/agreements/{}/versions/1", read.id());
        let told = world.brm.get(&version).await.expect(200);
        assert_eq!(told.body["content"]["targets"][0]["minimumObservations"], 118);
        let next = world.brm.post("/agreements", good).await.expect(201).text("number");
        let serial = |number: &str| {
            number
                .rsplit_once('-')
                .and_then(|(_, n)| n.parse::<u32>().ok())
                .expect("a number")
        };
        assert_eq!(serial(&next), serial(&first) + 2);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_keeps_the_calendar_that_it_was_agreed_with() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let office = json!([{"from": "08:00", "to": "16:00"}]);
        let hours =
            |monday: &Value| json!({"zone": "Europe/Stockholm", "weekly": {"monday": monday}, "exceptions": []});
        let calendar = async |name: &str, monday: Value| {
            let body = json!({"name": name, "hours": hours(&monday)});
            world.brm.post("/service-calendars", body).await.expect(201)
        };
        let open = calendar("Kontorstid", office.clone()).await;
        let never = calendar("Aldrig", json!([])).await.id();
        let told = |id: &str| {
            let mut told = draft(&[&world.mail], &day(&service, 0));
            told["content"]["targets"] = json!([{"key": "uptime", "name": "Tillgänglighet", "comparison": "at_least",
                "indicator": {"kind": "availability"}, "value": "99.5", "period": "month", "calendar": id}]);
            sla(&world.klk_hr, told)
        };
        let refused = world
            .brm
            .post("/agreements", told(&never))
            .await
            .refused(409, "unjudgeable");
        assert_eq!(
            refused.body["errors"][0]["pointer"],
            "/draft/content/targets/0/calendar"
        );
        world
            .brm
            .post("/agreements", told(&uuid::Uuid::now_v7().to_string()))
            .await
            .refused(409, "unknown_reference");
        let version = begun(&world.brm, told(&open.id())).await;
        let pinned = agreed(&world, &version).await.expect(200);
        let expected = json!([{"id": open.id(), "version": 1, "name": "Kontorstid", "digest": open.body["digest"]}]);
        assert_eq!(pinned.body["calendars"], expected);
        // The calendar goes on; what was agreed stays, and so does the version that it names.
        let path = format!("/service-calendars/{}", open.id());
        let longer = json!({"hours": hours(&json!([{"from": "07:00", "to": "18:00"}]))});
        let changed = world.brm.patch(&path, &open.etag(), longer).await.expect(200);
        let now = world.brm.get(&version).await.expect(200);
        assert_eq!(
            (&now.body["calendars"], &now.body["digest"]),
            (&expected, &pinned.body["digest"])
        );
        world.brm.delete(&path, &changed.etag()).await.refused(409, "in_use");
        // A new version is agreed with the calendar as it is by then.
        let versions = format!("{}/versions", agreement_of(&version));
        let next = world
            .brm
            .post(&versions, json!({"firstDay": day(&service, 10)}))
            .await
            .expect(201);
        assert_eq!(next.body["calendars"][0]["version"], 2);
        service.stop().await;
    })
    .await;
}
