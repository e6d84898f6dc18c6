//! What customers plan: what was said when, who tells it, what it runs into, and what is coming across customers.
use end_to_end::{Answer, Caller, Service, World, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

use crate::statements::{Stage, step};

fn plan(customer: &str, service: &str) -> Value {
    json!({"kind": "project", "title": "Ny skola", "customer": customer, "phase": "planned", "services": [service],
        "period": {"firstDay": "2030-03-01", "lastDay": "2030-06-30"}})
}

async fn entered(caller: &Caller, body: Value) -> String {
    format!(
        "/planned-activities/{}",
        caller.post("/planned-activities", body).await.expect(201).id()
    )
}

/// A system that may do just this, with the reference system `projekt`.
async fn system(service: &Service, scopes: &[&str], customers: Option<&str>) -> Caller {
    let mut body =
        json!({"name": format!("System {}", uuid::Uuid::now_v7()), "scopes": scopes, "systems": ["projekt"]});
    if let Some(customer) = customers {
        body["customers"] = json!([customer]);
    }
    let id = service.administrator().post("/clients", body).await.expect(201).id();
    service.caller_with(api::identity::Kind::Client, &id, &scopes.join(" "))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_goes_its_way_and_tells_what_was_said_when() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let idea = json!({"kind": "activity", "title": "Valet", "customer": world.klk_hr, "services": [world.mail],
            "changes": [{"service": world.mail, "metric": "cases", "change": "-5.5"}], "sites": ["Stadshuset"],
            "contact": world.decider_id});
        let path = entered(&world.owner, idea).await;
        let seen = world.decider.get(&path).await.expect(200);
        assert_eq!(
            (seen.body["phase"].as_str(), seen.body["confidence"].as_str()),
            (Some("idea"), Some("medium"))
        );
        assert_eq!(seen.body["changes"][0]["service"]["code"], "MAIL");
        assert_eq!(
            (seen.body["contact"]["name"].as_str(), &seen.body["conflicts"]),
            (Some("Karin Kund"), &json!([]))
        );
        let unchanged = [("if-none-match", seen.etag())];
        let unchanged = unchanged.each_ref().map(|(name, value)| (*name, value.as_str()));
        world
            .decider
            .send(Method::GET, &path, &unchanged, None)
            .await
            .expect(304);
        world.stranger.get(&path).await.refused(404, "not_found");

        let planned = json!({"phase": "planned"});
        step(&world.dm, &path, "phase", Some(planned.clone()))
            .await
            .refused(409, "state");
        let when = json!({"firstDay": "2030-03-01"});
        let told = json!({"phase": "planned", "period": when});
        step(&world.dm, &path, "phase", Some(told)).await.expect(200);
        world
            .dm
            .patch(&path, &seen.etag(), json!({"title": "Valet 2030"}))
            .await
            .refused(412, "precondition_failed");
        let etag = world.dm.get(&path).await.etag();
        let changed = json!({"title": "Valet 2030", "confidence": "high"});
        world.dm.patch(&path, &etag, changed).await.expect(200);
        let etag = world.dm.get(&path).await.etag();
        world
            .dm
            .patch(&path, &etag, json!({"phase": "done"}))
            .await
            .refused(409, "state");
        world
            .dm
            .patch(&path, &etag, json!({"services": []}))
            .await
            .refused(409, "state");
        step(&world.dm, &path, "phase", Some(json!({"phase": "cancelled"})))
            .await
            .expect(200);
        step(&world.dm, &path, "phase", Some(planned))
            .await
            .refused(409, "state");
        let again = json!({"phase": "ongoing", "reason": "Valet blev av."});
        let ongoing = step(&world.brm, &path, "phase", Some(again)).await.expect(200);
        assert_eq!(ongoing.body["phaseReason"], "Valet blev av.");

        let history = world
            .decider
            .get(&format!("{path}/history?count=true"))
            .await
            .expect(200);
        let said: Vec<[&str; 3]> = history
            .items()
            .iter()
            .map(|one| {
                [&one["phase"], &one["confidence"], &one["period"]["firstDay"]].map(|v| v.as_str().unwrap_or("–"))
            })
            .collect();
        let first = "2030-03-01";
        assert_eq!(
            said,
            [
                ["idea", "medium", "–"],
                ["planned", "medium", first],
                ["planned", "high", first],
                ["cancelled", "high", first],
                ["ongoing", "high", first]
            ]
        );
        assert_eq!(history.items()[4]["by"], json!({"kind": "person", "id": world.brm_id}));
        let page = world.decider.get(&format!("{path}/history?limit=2")).await.expect(200);
        assert_eq!((page.items().len(), page.body["next"].is_string()), (2, true));
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_tool_tells_its_own_anew() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let scopes = ["activities.read", "activities.write"];
        let tool = system(&service, &scopes, Some(&world.klk_hr)).await;
        let told = |more: Value| {
            let mut body = plan(&world.klk_hr, &world.mail);
            body["references"] = json!([{"system": "projekt", "id": "P-1"}]);
            body.as_object_mut()
                .expect("members")
                .extend(more.as_object().expect("members").clone());
            body
        };
        let made = tool.post("/planned-activities", told(json!({}))).await.expect(201);
        let events = service.events().await;
        let same = tool.post("/planned-activities", told(json!({}))).await.expect(200);
        assert_eq!((same.id(), service.events().await), (made.id(), events));
        let done = tool
            .post("/planned-activities", told(json!({"phase": "done"})))
            .await
            .expect(200);
        assert_eq!((done.id(), done.text("phase")), (made.id(), "done".into()));
        let back = told(json!({"phase": "ongoing"}));
        tool.post("/planned-activities", back).await.refused(409, "state");
        let back = told(json!({"phase": "ongoing", "reason": "Besiktningen underkändes."}));
        tool.post("/planned-activities", back).await.expect(200);
        let elsewhere = told(json!({"customer": world.bun, "references": [{"system": "projekt", "id": "P-2"}]}));
        tool.post("/planned-activities", elsewhere)
            .await
            .refused(409, "unknown_reference");
        let foreign = told(json!({"references": [{"system": "annat", "id": "P-1"}]}));
        tool.post("/planned-activities", foreign)
            .await
            .refused(409, "system_not_bound");

        // Who sees nothing of it learns nothing by its reference.
        let theirs = system(&service, &scopes, Some(&world.bun)).await;
        let mut body = told(json!({}));
        body["customer"] = json!(world.bun);
        theirs
            .post("/planned-activities", body)
            .await
            .refused(409, "not_unique");
        let path = format!("/planned-activities/{}", made.id());
        theirs.get(&path).await.refused(404, "not_found");
        for (filter, found) in [
            ("reference=projekt:P-1".to_owned(), 1),
            ("phase=ongoing&kind=project".to_owned(), 1),
            (format!("customer={}&service={}", world.klk_hr, world.mail), 1),
            (format!("service={}", world.salary), 0),
            ("from=2030-06-30&until=2030-06-30".to_owned(), 1),
            ("from=2030-07-01".to_owned(), 0),
            ("ahead=false".to_owned(), 0),
        ] {
            let page = world.dm.get(&format!("/planned-activities?{filter}")).await.expect(200);
            assert_eq!(page.items().len(), found, "{filter}");
        }
        service.stop().await;
    })
    .await;
}

fn kinds(of: &Value) -> Vec<&str> {
    of["conflicts"]
        .as_array()
        .expect("conflicts")
        .iter()
        .filter_map(|c| c["kind"].as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_tells_what_it_runs_into_and_the_outlook_shows_it() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let world = &stage.desk.world;
        let mut content = stage.content(vec![stage.answers()]);
        content["workloadLimits"] =
            json!([{"key": "most", "name": "Ärenden", "metric": "cases", "limit": "200", "period": "month"}]);
        let agreement = stage.agreed(&world.klk_hr, &world.decider, "2020-01-01", content).await;
        let mut body = plan(&world.klk_hr, &world.mail);
        body["freeze"] = json!({"firstDay": "2030-04-08", "lastDay": "2030-04-12"});
        body["changes"] = json!([{"service": world.mail, "metric": "cases", "change": "200.5"}]);
        let path = entered(&world.dm, body).await;
        let seen = world.dm.get(&path).await.expect(200);
        assert_eq!(kinds(&seen.body), ["workload"]);
        let workload = &seen.body["conflicts"][0];
        assert_eq!(
            (workload["agreement"]["id"].as_str(), workload.get("actual")),
            (Some(agreement.as_str()), None)
        );

        // What the latest kept statement tells is added to what is expected.
        let statement = stage.march(&agreement).await;
        stage.propose(&statement).await.expect(200);
        let seen = world.dm.get(&path).await.expect(200);
        assert_eq!(seen.body["conflicts"][0]["period"], "2026-03");
        assert_eq!(seen.body["conflicts"][0]["actual"], "0");

        let announced = |customers: Value, begins: &str| {
            json!({"kind": "planned_change", "title": {"sv": "Ny version"}, "text": {"sv": "Tjänsten startas om."},
                "services": [world.mail], "customers": customers, "beginsAt": begins})
        };
        for (customers, begins) in [
            (json!([world.bun]), "2030-04-09T20:00:00Z"),
            (json!([]), "2030-04-12T22:00:00Z"),
        ] {
            world
                .dm
                .post("/announcements", announced(customers, begins))
                .await
                .expect(201);
        }
        assert_eq!(
            kinds(&world.dm.get(&path).await.expect(200).body),
            ["workload"],
            "others, or after it"
        );
        let change = world
            .dm
            .post("/announcements", announced(json!([world.klk]), "2030-04-12T21:59:00Z"));
        let change = format!("/announcements/{}", change.await.expect(201).id());
        let both = world.decider.get(&path).await.expect(200);
        assert_eq!(
            kinds(&both.body),
            ["freeze", "workload"],
            "a part is told with the whole"
        );
        assert_ne!(both.etag(), seen.etag(), "it reads otherwise at the same version");
        world
            .dm
            .patch(&path, &both.etag(), json!({"confidence": "low"}))
            .await
            .expect(200);

        entered(&world.other_dm, plan(&world.bun, &world.mail)).await;
        entered(
            &world.dm,
            json!({"kind": "activity", "title": "Utan dagar", "customer": world.klk_hr}),
        )
        .await;
        outlook(world).await;
        let reason = json!({"reason": {"sv": "Skjuts upp."}});
        step(&world.dm, &change, "withdrawal", Some(reason)).await.expect(200);
        assert_eq!(kinds(&world.dm.get(&path).await.expect(200).body), ["workload"]);
        service.stop().await;
    })
    .await;
}

/// What is coming in the spring of 2030, by whoever asks.
async fn outlook(world: &World) {
    let asked = "/planned-activities/outlook?firstDay=2030-02-01&lastDay=2030-08-31";
    let count = async |caller: &Caller, more: &str| {
        let told = caller.get(&format!("{asked}{more}")).await.expect(200);
        (told.body["activities"].as_u64(), told.body["conflicting"].as_u64())
    };
    assert_eq!(count(&world.dm, "").await, (Some(2), Some(1)));
    assert_eq!(count(&world.dm, "&conflicting=true").await, (Some(1), Some(1)));
    assert_eq!(
        count(&world.dm, &format!("&customer={}", world.bun)).await,
        (Some(1), Some(0))
    );
    assert_eq!(
        count(&world.dm, &format!("&service={}", world.salary)).await,
        (Some(0), Some(0))
    );
    assert_eq!(count(&world.stranger, "").await, (Some(1), Some(0)));
    assert_eq!(count(&world.loner, "").await, (Some(0), Some(0)));
    let told = world.dm.get(asked).await.expect(200);
    let lines = &told.body["services"][0]["activities"];
    assert_eq!(told.body["services"][0]["service"]["code"], "MAIL");
    assert_eq!(kinds(&lines[0]), ["freeze", "workload"]);
    for days in [
        "?firstDay=2030-02-02&lastDay=2030-02-01",
        "?firstDay=2030-01-01&lastDay=2032-01-02",
    ] {
        world
            .dm
            .get(&format!("/planned-activities/outlook{days}"))
            .await
            .refused(409, "date_order");
    }
    for days in ["?firstDay=9999-12-31", "?firstDay=0001-01-01&lastDay=0002-12-31"] {
        world
            .dm
            .get(&format!("/planned-activities/outlook{days}"))
            .await
            .expect(200);
    }
    let page = paper(&world.dm, asked, "html").await;
    let page = page.body.as_str().expect("a page").to_owned();
    for told in [
        "Vad kunderna har på gång",
        "MAIL E-post",
        "KLK-HR Ny skola",
        "krockar",
        "aviserad ändring",
        "<svg",
    ] {
        assert!(page.contains(told), "{told}");
    }
    let pdf = paper(&world.dm, asked, "pdf").await;
    assert_eq!(pdf.header("content-type"), "application/pdf");
}

async fn paper(caller: &Caller, asked: &str, format: &str) -> Answer {
    let path = asked.replace("outlook?", "outlook/document?");
    caller
        .get(&format!("{path}&format={format}&language=sv"))
        .await
        .expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_come_in_from_a_file_whole_or_not_at_all() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let import = async |query: &str, file: &str| {
            let path = format!("/imports?kind=planned_activities{query}");
            let headers = [("content-type", "text/csv")];
            admin.send_bytes(Method::POST, &path, &headers, file.as_bytes().to_vec()).await
        };
        let head = "customer;kind;title;phase;reason;firstDay;lastDay;services;freezeFirstDay;freezeLastDay;referenceSystem;referenceId\n";
        let good = format!(
            "{head}KLK-HR;project;Ny lönerevision;planned;;2030-01-10;2030-02-28;MAIL SALARY;2030-02-01;2030-02-05;plan;1\n\
             BUN;activity;Skolstart;;;;;;;;plan;2\n"
        );
        let rehearsed = import("&dryRun=true", &good).await.expect(200);
        assert_eq!((rehearsed.body["created"].as_u64(), rehearsed.body["dryRun"].as_bool()), (Some(2), Some(true)));
        let all = async || world.dm.get("/planned-activities?count=true").await.expect(200);
        assert_eq!(all().await.body["total"], 0);
        import("", &good).await.expect(200);
        let found = all().await;
        let found = found.items().iter().find(|plan| plan["title"] == "Ny lönerevision").expect("the plan");
        assert_eq!(found["services"].as_array().map(Vec::len), Some(2));
        assert_eq!(found["freeze"], json!({"firstDay": "2030-02-01", "lastDay": "2030-02-05"}));
        let again = import("", &good).await.expect(200);
        assert_eq!(again.body["unchanged"], 2);
        let moved = import("", &good.replace("planned;;", "done;;")).await.expect(200);
        assert_eq!((moved.body["changed"].as_u64(), moved.body["unchanged"].as_u64()), (Some(1), Some(1)));

        let bad = format!(
            "{head}KLK-HR;project;Ett;planned;;;;MAIL;;;plan;3\n\
             NOPE;project;Två;;;;;;;;plan;4\n\
             KLK-HR;project;Tre;;;;;NOPE;;;plan;5\n\
             KLK-HR;plan;Fyra;;;2030-13-01;;;;;plan;6\n\
             KLK-HR;project;Ny lönerevision;ongoing;;2030-01-10;;;;;plan;1\n"
        );
        let refused = import("", &bad).await.expect(409);
        let faults: Vec<&str> = refused.body["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .filter_map(|fault| fault["pointer"].as_str())
            .collect();
        for place in ["/2/firstDay", "/3/customer", "/4/services", "/5/kind", "/5/firstDay", "/6/reason"] {
            assert!(faults.contains(&place), "{place} in {faults:?}");
        }
        service.stop().await;
    })
    .await;
}
