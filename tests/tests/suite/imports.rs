//! Register data from files: validated whole, rehearsed, taken in all at once.
use end_to_end::{Answer, Caller, Service, World, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

async fn import(caller: &Caller, query: &str, file: impl Into<Vec<u8>>) -> Answer {
    let path = format!("/imports?{query}");
    caller
        .send_bytes(Method::POST, &path, &[("content-type", "text/csv")], file.into())
        .await
}

/// Created, changed, unchanged.
fn counts(answer: &Answer) -> [u64; 3] {
    ["created", "changed", "unchanged"].map(|name| answer.body[name].as_u64().expect("a count"))
}

/// Pointer and code of each fault.
fn faults(answer: &Answer) -> Vec<(&str, &str)> {
    let errors = answer.body["errors"].as_array().expect("errors");
    let text = |e: &'_ Value, name: &str| e[name].as_str().unwrap_or_default().to_owned();
    assert!(errors.iter().all(|e| !text(e, "detail").is_empty()));
    errors
        .iter()
        .map(|e| {
            (
                e["pointer"].as_str().unwrap_or_default(),
                e["code"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

async fn by_code(caller: &Caller, path: &str, code: &str) -> Value {
    caller
        .get(&format!("{path}?code={code}"))
        .await
        .expect(200)
        .items()
        .first()
        .cloned()
        .unwrap_or_default()
}

const CUSTOMERS: &str = "code;name;parent;legalEntity;organisationNumber;status;referenceSystem;referenceId\r\n\
    ASK-H;Hemtjänst;ASK;Äldrenämnden;212000-1355;;org;42\r\n\
    ASK;\"Äldreomsorg; och stöd\";;Äldrenämnden;212000-1355;active;;\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn customers_come_in_once_whatever_their_order() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let first = import(&admin, "kind=customers", CUSTOMERS).await.expect(200);
        assert_eq!(counts(&first), [2, 0, 0]);
        assert_eq!(first.body["lines"][0], json!({"line": 2, "outcome": "created"}));
        let part = by_code(&admin, "/customers", "ASK-H").await;
        assert_eq!(part["parent"]["name"], "Äldreomsorg; och stöd");
        assert_eq!(part["legalEntity"]["organisationNumber"], "212000-1355");
        assert_eq!(part["references"], json!([{"system": "org", "id": "42"}]));

        // The same file again leaves no event, with a byte order mark and commas too.
        let events = service.events().await;
        let again = import(&admin, "kind=customers", CUSTOMERS).await.expect(200);
        assert_eq!(counts(&again), [0, 0, 2]);
        assert_eq!(again.body["lines"], json!([]));
        let marked = "\u{feff}code,name\nASK-H,Hemtjänst\n";
        assert_eq!(
            counts(&import(&admin, "kind=customers", marked).await.expect(200)),
            [0, 0, 1]
        );
        assert_eq!(service.events().await, events);

        // An absent column says nothing, an empty cell that there is none; a known reference may get another code.
        let moved = "code,parent,referenceSystem,referenceId\nHEM,,org,42\n";
        assert_eq!(
            counts(&import(&admin, "kind=customers", moved).await.expect(200)),
            [0, 1, 0]
        );
        let moved = by_code(&admin, "/customers", "HEM").await;
        assert_eq!((&moved["id"], &moved["name"]), (&part["id"], &part["name"]));
        assert_eq!(moved["parent"], Value::Null);
        assert_eq!(service.events().await, events + 1);

        // Another system's reference joins, its new one replaces its old one.
        for (system, id) in [("lön", "x"), ("payroll", "7"), ("org", "43")] {
            let file = format!("code,referenceSystem,referenceId\nHEM,{system},{id}\n");
            let done = import(&admin, "kind=customers", file).await;
            assert_eq!(done.status.as_u16(), if system == "lön" { 409 } else { 200 });
        }
        let known = by_code(&admin, "/customers", "HEM").await;
        assert_eq!(
            known["references"],
            json!([{"system": "org", "id": "43"}, {"system": "payroll", "id": "7"}])
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_taken_in_and_known_again() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let services = "code;name;description;status\nWIFI;Trådlöst nät;\"Två\nrader\";\nMAIL;E-post;;retired\n";
        let done = import(&admin, "kind=services", services).await.expect(200);
        assert_eq!(counts(&done), [1, 1, 0]);
        assert_eq!(done.body["lines"][1], json!({"line": 4, "outcome": "changed"}));
        assert_eq!(by_code(&admin, "/services", "WIFI").await["description"], "Två\nrader");

        let contacts = "customer,name,email,phone,mandate,mandateFirstDay,mandateLastDay,mandateBasis\n\
            BUN,Eva Ek,eva.ek@example.se,+46 18 727 00 00,purchaser,2026-01-01,2026-12-31,\n\
            BUN,Eva Ek,eva.ek@example.se,+46 18 727 00 00,customer,2027-01-01,,KS 2026-114\n";
        let done = import(&admin, "kind=contacts", contacts).await.expect(200);
        assert_eq!(counts(&done), [1, 1, 0]);
        let eva = admin.get("/contacts?email=eva.ek@example.se").await.expect(200);
        assert_eq!(eva.items().len(), 1);
        assert_eq!(
            eva.items()[0]["mandates"],
            json!([{"kind": "purchaser", "firstDay": "2026-01-01", "lastDay": "2026-12-31"},
                {"kind": "customer", "firstDay": "2027-01-01", "basis": "KS 2026-114"}])
        );
        assert_eq!(
            counts(&import(&admin, "kind=contacts", contacts).await.expect(200)),
            [0, 0, 2]
        );

        let usages = "customer;service;firstDay;lastDay\nBUN;WIFI;2026-01-01;\nBUN;SALARY;2026-01-01;2026-06-30\n";
        assert_eq!(
            counts(&import(&admin, "kind=usages", usages).await.expect(200)),
            [2, 0, 0]
        );
        let ended = usages.replace("WIFI;2026-01-01;", "WIFI;2026-01-01;2026-12-31");
        assert_eq!(
            counts(&import(&admin, "kind=usages", ended).await.expect(200)),
            [0, 1, 1]
        );
        let overlapping = "customer;service;firstDay\nBUN;SALARY;2026-06-30\nBUN;MAIL;2026-01-01\n";
        let refused = import(&admin, "kind=usages", overlapping).await.refused(409, "lines");
        assert_eq!(
            faults(&refused),
            [("/2/firstDay", "not_unique"), ("/3/service", "state")]
        );
        let all = admin
            .get(&format!("/customers/{}/service-usages", world.bun))
            .await
            .expect(200);
        assert_eq!(all.items().len(), 3, "{:#}", all.body);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_fault_keeps_everything_out_and_each_is_told() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let (events, all) = (
            service.events().await,
            admin.get("/customers?count=true").await.body["total"].clone(),
        );
        let file = "code,name,parent,legalEntity,organisationNumber,status\n\
            NY,Ny kund,,Bolaget,,active\n\
            e k,,,Bolaget,2120001355,kanske\n\
            NY-A,Del,NY,Bolaget,,\n\
            NY-B,Del,SAKNAS,Bolaget,,\n\
            NY-C,Del,NY-B,Bolaget,,\n\
            KLK,Kommunledningen,KLK-HR,Bolag KLK,,\n\
            KORT,Kort\n\
            NY,En gång till,NY,Bolaget,,\n";
        let refused = import(&admin, "kind=customers", file).await.refused(409, "lines");
        assert_eq!(
            faults(&refused),
            [
                ("/3/code", "pattern"),
                ("/3/organisationNumber", "min_length"),
                ("/3/organisationNumber", "pattern"),
                ("/3/name", "required"),
                ("/3/status", "unknown_value"),
                ("/5/parent", "unknown_reference"),
                ("/7/parent", "hierarchy"),
                ("/8", "cells"),
                ("/9/parent", "hierarchy"),
            ]
        );
        let unique =
            "code,name,legalEntity,referenceSystem,referenceId\nX1,Ett,B,org,1\nX2,Två,B,org,1\nX3,Tre,B,org,3\n";
        let refused = import(&admin, "kind=customers", unique).await;
        assert_eq!(
            counts(&refused.expect(200)),
            [2, 1, 0],
            "the second line tells the first one's source anew"
        );
        let taken = "code,referenceSystem,referenceId\nKLK,org,1\nBUN,org,9\n";
        let refused = import(&admin, "kind=customers", taken).await.refused(409, "lines");
        assert_eq!(faults(&refused), [("/2/referenceSystem", "not_unique")]);
        assert_eq!(by_code(&admin, "/customers", "BUN").await["references"], json!([]));
        assert_eq!(by_code(&admin, "/customers", "NY").await, Value::Null);
        assert_eq!(service.events().await, events + 3);
        assert_eq!(
            admin.get("/customers?count=true").await.body["total"],
            all.as_u64().expect("a number") + 2
        );

        let unknown = "customer,name,mandate,mandateFirstDay\nFEL,Eva,customer,2026-01-01\nBUN,Eva,chef,2026-13-01\n";
        let refused = import(&admin, "kind=contacts", unknown).await.refused(409, "lines");
        assert_eq!(
            faults(&refused),
            [
                ("/2/customer", "unknown_reference"),
                ("/3/mandateFirstDay", "format"),
                ("/3/mandate", "unknown_value")
            ]
        );
        drop(world);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_and_leaves_nothing() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let key = uuid::Uuid::now_v7().to_string();
        let send = async |query: &str| {
            let headers = [("content-type", "text/csv"), ("idempotency-key", key.as_str())];
            admin
                .send_bytes(Method::POST, &format!("/imports?{query}"), &headers, CUSTOMERS.into())
                .await
        };
        let told = send("kind=customers&dryRun=true").await.expect(200);
        assert_eq!((counts(&told), &told.body["dryRun"]), ([2, 0, 0], &json!(true)));
        assert_eq!(service.events().await, 0);
        assert_eq!(admin.get("/customers").await.items().len(), 0);
        // The rehearsal has used nothing up, the key neither; the deed is done once.
        assert_eq!(counts(&send("kind=customers").await.expect(200)), [2, 0, 0]);
        let again = send("kind=customers").await.expect(200);
        assert_eq!(
            (counts(&again), again.header("idempotency-replayed")),
            ([2, 0, 0], "true")
        );
        assert_eq!(service.events().await, 2);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_fitting_file_is_refused_with_the_way_out() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let latin = b"code;name\nASK;\xc4ldreomsorg\n".to_vec();
        let refused = import(&admin, "kind=services", latin).await.refused(400, "malformed");
        assert!(refused.text("detail").contains("Line 2"), "{:#}", refused.body);
        assert!(refused.text("detail").contains("Windows-1252"), "{:#}", refused.body);
        let headers = "code;Namn;code\n";
        let refused = import(&admin, "kind=services", headers).await.refused(409, "lines");
        assert_eq!(faults(&refused), [("/1/2", "unknown"), ("/1/3", "repeated")]);
        let refused = import(&admin, "kind=usages", "customer;service\n")
            .await
            .refused(409, "lines");
        assert_eq!(faults(&refused), [("/1/firstDay", "required")]);
        import(&admin, "kind=usages", "").await.refused(422, "min_length");
        import(&admin, "dryRun=true", "code\n").await.refused(400, "required");
        import(&admin, "kind=persons", "code\n").await.refused(400, "query");
        admin
            .post("/imports?kind=services", json!({}))
            .await
            .refused(415, "unsupported_media_type");
        let large = vec![b'a'; 10 * 1024 * 1024 + 1];
        import(&admin, "kind=services", large).await.refused(413, "too_large");
        let many = format!("code,name\n{}", "A,B\n".repeat(10_001));
        import(&admin, "kind=services", many).await.refused(409, "max_items");
        let bad = format!("code,name\n{}", "a b,B\n".repeat(1_200));
        let refused = import(&admin, "kind=services", bad).await.refused(409, "lines");
        assert_eq!(faults(&refused).len(), 1000);
        assert!(refused.text("detail").contains("1200 faults"), "{:#}", refused.body);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_imports_within_its_leave() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let client = async |name: &str, customers: Value| {
            let body = json!({"name": name, "scopes": ["register.write"], "systems": ["org"], "customers": customers});
            let id = admin.post("/clients", body).await.expect(201).id();
            service.caller_with(api::identity::Kind::Client, &id, "register.write")
        };
        let org = client("Organisation", Value::Null).await;
        let own = "code,name,legalEntity,referenceSystem,referenceId\nASK,Äldreomsorg,Kommunen,org,1\n";
        assert_eq!(
            counts(&import(&org, "kind=customers", own).await.expect(200)),
            [1, 0, 0]
        );
        let foreign = own.replace(",org,1", ",payroll,1");
        let refused = import(&org, "kind=customers", foreign).await.refused(409, "lines");
        assert_eq!(faults(&refused), [("/2/referenceSystem", "system_not_bound")]);
        let limited = client("Bara BUN", json!([world.bun])).await;
        // A file speaks of the whole register, so who is limited to some customers sends none.
        import(&limited, "kind=contacts", "customer,name\nBUN,Eva Ek\n")
            .await
            .refused(403, "forbidden");
        world
            .desk
            .send_bytes(
                Method::POST,
                "/imports?kind=services",
                &[("content-type", "text/csv")],
                "code\n".into(),
            )
            .await
            .refused(403, "insufficient_scope");
        import(&world.brm, "kind=services", "code\n")
            .await
            .refused(403, "forbidden");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_is_one_piece_of_work() {
    on_each_database(async |service: Service| {
        let admin = service.administrator();
        let lines = end_to_end::size("IMPORT_LINES", 2_300);
        let mut file = "code,name\n".to_owned();
        for n in 0..lines {
            file += &format!("S-{n},Tjänst {n}\n");
        }
        let begun = std::time::Instant::now();
        assert_eq!(
            counts(&import(&admin, "kind=services", file).await.expect(200)),
            [lines as u64, 0, 0]
        );
        println!("{lines} lines on {:?}: {:?}", service.database, begun.elapsed());
        assert_eq!(service.events().await, lines as i64);
        service.stop().await;
    })
    .await;
}
