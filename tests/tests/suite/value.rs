//! What services cost, how customers weigh them, and value against cost.
use end_to_end::{Answer, Caller, Service, World, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

use crate::satisfaction::on_day;

fn cost(customer: &str, service: &str, (first, last): (&str, &str), amount: &str) -> Value {
    json!({"customer": customer, "service": service, "firstDay": first, "lastDay": last,
        "cost": {"amount": amount, "currency": "SEK"}})
}

fn weighed(service: &str, year: i32, scores: &[u8], benefit: Option<&str>) -> Value {
    let dimensions = ["usefulness", "quality", "support"].into_iter().zip(scores);
    let scores: Vec<Value> = dimensions
        .map(|(d, score)| json!({"dimension": d, "score": score}))
        .collect();
    let mut told = json!({"service": service, "year": year, "scores": scores});
    if let Some(amount) = benefit {
        told["benefit"] = json!({"amount": amount, "currency": "SEK"});
    }
    told
}

async fn import(admin: &Caller, query: &str, file: &str) -> Answer {
    let path = format!("/imports?{query}");
    let headers = [("content-type", "text/csv")];
    admin.send_bytes(Method::POST, &path, &headers, file.into()).await
}

async fn entered(caller: &Caller, told: Value) -> Answer {
    caller.post("/service-costs", told).await.expect(201)
}

#[tokio::test(flavor = "multi_thread")]
async fn costs_have_periods_that_do_not_overlap() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let (hr, mail) = (world.klk_hr.as_str(), world.mail.as_str());
        let year = ("2025-01-01", "2025-12-31");
        let made = entered(&world.dm, cost(hr, mail, year, "120000")).await;
        let path = format!("/service-costs/{}", made.id());
        let refused = world.brm.post("/service-costs", cost(hr, mail, ("2025-12-31", "2026-01-01"), "1")).await;
        assert_eq!(refused.refused(409, "not_unique").body["errors"][0]["pointer"], "/firstDay");
        let backwards = world.brm.post("/service-costs", cost(hr, mail, ("2026-12-31", "2026-01-01"), "1")).await;
        backwards.refused(409, "date_order");
        entered(&world.brm, cost(hr, &world.salary, year, "7.50")).await;
        let next = entered(&world.brm, cost(hr, mail, ("2026-01-01", "2026-12-31"), "130000.00")).await;
        let longer = json!({"lastDay": "2026-01-31"});
        world.dm.patch(&path, &made.etag(), longer).await.refused(409, "not_unique");
        let moved = json!({"service": world.salary});
        world.dm.patch(&path, &made.etag(), moved).await.refused(409, "state");
        let patch = json!({"cost": {"amount": "125000.00"}, "note": "Med tillägg."});
        let changed = world.dm.patch(&path, &made.etag(), patch).await.expect(200);
        assert_eq!(changed.body["cost"], json!({"amount": "125000.00", "currency": "SEK"}));
        // The customer reads it; another does not.
        world.decider.get(&path).await.expect(200);
        world.stranger.get(&path).await.refused(404, "not_found");
        let list = format!("/service-costs?count=true&service={mail}&lastDayFrom=2026-01-01");
        let found = world.key_user.get(&list).await.expect(200);
        assert_eq!((found.body["total"].as_u64(), &found.items()[0]["id"]), (Some(1), &json!(next.id())));

        // From a file: the same again changes nothing.
        let admin = service.administrator();
        let file = "customer;service;firstDay;lastDay;amount;currency;note\n\
            KLK-HR;MAIL;2025-01-01;2025-12-31;125000.00;SEK;Med tillägg.\n\
            KLK-HR;MAIL;2026-01-01;2026-12-31;140000;SEK;\n\
            BUN;MAIL;2026-01-01;2026-12-31;90000;EUR;\n";
        let taken = import(&admin, "kind=service_costs", file).await.expect(200);
        let counts = ["created", "changed", "unchanged"].map(|name| taken.body[name].as_u64());
        assert_eq!(counts, [Some(1), Some(1), Some(1)], "{:#}", taken.body);
        let bad = "customer;service;firstDay;lastDay;amount;currency\n\
            KLK-HR;MAIL;2026-06-01;2027-05-31;1;SEK\nBUN;NOPE;2026-01-01;2026-12-31;1;SEK\nBUN;MAIL;2028-01-01;2028-12-31;x;SEK\n";
        let refused = import(&admin, "kind=service_costs", bad).await.refused(409, "lines");
        let places: Vec<&Value> = refused.body["errors"].as_array().unwrap().iter().map(|e| &e["pointer"]).collect();
        assert_eq!(places, ["/2/firstDay", "/3/service", "/4/amount"], "{:#}", refused.body);
        // What has costs is not removed.
        let etag = admin.get(&format!("/services/{mail}")).await.etag();
        admin.delete(&format!("/services/{mail}"), &etag).await.refused(409, "in_use");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_decides_for_the_customer_weighs_and_revises() {
    on_each_database(async |service| {
        on_day(&service, "2026-03-02");
        let world = World::build(&service).await;
        let told = weighed(&world.mail, 2025, &[4, 3, 3], Some("150000"));
        for (caller, status, why) in [
            (&world.purchaser, 409, "state"),
            (&world.key_user, 409, "state"),
            (&world.brm, 403, "forbidden"),
        ] {
            caller
                .post("/value-assessments", told.clone())
                .await
                .refused(status, why);
        }
        let made = world.decider.post("/value-assessments", told.clone()).await.expect(201);
        assert_eq!(
            (&made.body["meanScore"], &made.body["customer"]["code"]),
            (&json!("3.33"), &json!("KLK-HR"))
        );
        let twice = world.decider.post("/value-assessments", told.clone()).await;
        assert_eq!(twice.refused(409, "not_unique").body["errors"][0]["pointer"], "/year");
        let to_come = weighed(&world.mail, 2027, &[4], None);
        world
            .decider
            .post("/value-assessments", to_come)
            .await
            .refused(409, "time_order");
        let off = weighed(&world.mail, 2024, &[6], None);
        world.decider.post("/value-assessments", off).await.expect(422);
        // The parent's assesses for the parent, and reads the part's.
        let path = format!("/value-assessments/{}", made.id());
        let patch = json!({"comment": "Bättre sedan i höstas."});
        world.chief.get(&path).await.expect(200);
        world
            .chief
            .patch(&path, &made.etag(), patch.clone())
            .await
            .refused(409, "state");
        world
            .decider
            .patch(&path, &made.etag(), json!({"year": 2024}))
            .await
            .refused(409, "state");
        let revised = world.decider.patch(&path, &made.etag(), patch).await.expect(200);
        assert_eq!(
            (&revised.body["version"], &revised.body["meanScore"]),
            (&json!(2), &json!("3.33"))
        );
        let list = format!("/value-assessments?year=2025&service={}&count=true", world.mail);
        assert_eq!(world.brm.get(&list).await.expect(200).body["total"], 1);
        assert_eq!(world.stranger.get(&list).await.expect(200).body["total"], 0);

        // What they said can be exported, and is forgotten with them; the scores stay.
        let contact = format!("/contacts/{}", world.decider_id);
        let export = world.decider.get(&format!("{contact}/export")).await.expect(200);
        assert_eq!(export.body["assessments"][0]["comment"], "Bättre sedan i höstas.");
        let admin = service.administrator();
        let etag = admin.get(&contact).await.etag();
        let basis = json!({"basis": "KS 2026-114 § 12"});
        let erased = admin.act(&format!("{contact}/erasure"), &etag, basis).await.expect(200);
        assert_eq!(erased.body["erased"]["assessmentComments"], 1);
        let left = world.brm.get(&path).await.expect(200);
        assert_eq!(
            (&left.body["comment"], &left.body["assessedBy"]["name"]),
            (&Value::Null, &json!("Raderad kontakt"))
        );
        let trail = service
            .auditor()
            .get(&format!("/events?subject={}", made.id()))
            .await
            .expect(200);
        assert!(!trail.body.to_string().contains("Bättre sedan"), "{:#}", trail.body);
        service.stop().await;
    })
    .await;
}

/// Two years of mail and salary at one customer, mail at another; it is March 2026.
async fn two_years(service: &Service) -> World {
    on_day(service, "2026-03-02");
    let world = World::build(service).await;
    let (hr, mail, salary) = (world.klk_hr.as_str(), world.mail.as_str(), world.salary.as_str());
    // From July 2024 on, by quarters that cross the turn of the year: 92 + 92 days, then 400 days for 2025 and 35 of 2026.
    for told in [
        cost(hr, mail, ("2024-07-01", "2024-12-31"), "50000"),
        cost(hr, mail, ("2025-01-01", "2026-02-04"), "400000"),
        cost(hr, salary, ("2025-01-01", "2025-12-31"), "200000"),
        cost(&world.bun, mail, ("2025-01-01", "2025-12-31"), "100000"),
    ] {
        let by = if told["customer"] == json!(world.bun) {
            &world.other_dm
        } else {
            &world.dm
        };
        entered(by, told).await;
    }
    for told in [
        weighed(mail, 2024, &[2, 3, 3], Some("60000")),
        weighed(mail, 2025, &[4, 4, 4], Some("365000")),
        weighed(salary, 2023, &[3], None),
    ] {
        world.decider.post("/value-assessments", told).await.expect(201);
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn value_is_set_against_what_the_days_of_the_year_cost() {
    on_each_database(async |service| {
        let world = two_years(&service).await;
        let told = world.brm.get("/value-analysis").await.expect(200);
        assert_eq!(told.body["year"], 2025, "the last year that is over");
        let items = told.body["items"].as_array().unwrap();
        let names: Vec<String> = items
            .iter()
            .map(|i| {
                format!(
                    "{} {}",
                    i["customer"]["code"].as_str().unwrap(),
                    i["service"]["code"].as_str().unwrap()
                )
            })
            .collect();
        assert_eq!(
            names,
            ["BUN MAIL", "KLK SALARY", "KLK-HR MAIL", "KLK-HR SALARY"],
            "used ones, too"
        );
        // 365 of 400 days: 365 000; the year before: 50 000.
        let mail = &items[2];
        assert_eq!(mail["costs"], json!([{"amount": "365000.00", "currency": "SEK"}]));
        assert_eq!((&mail["ratio"], &mail["meanScore"]), (&json!("1.0000"), &json!("4.00")));
        assert_eq!(
            (&mail["medianCost"], &mail["quadrant"]),
            (&json!("282500.00"), &json!("high_value_high_cost"))
        );
        let change = json!({"meanScore": "1.33", "cost": "315000.00", "benefit": "305000.00", "ratio": "-0.2000"});
        assert_eq!(mail["change"], change);
        // Not assessed for the year, and since when.
        assert_eq!(
            (&items[3]["lastAssessed"], &items[3]["quadrant"]),
            (&json!(2023), &Value::Null)
        );
        assert_eq!(
            (&items[0]["lastAssessed"], &items[1]["costs"]),
            (&Value::Null, &json!([]))
        );
        let of = |n: usize| &told.body["customers"][n];
        assert_eq!(
            (&of(2)["assessed"], &of(2)["unassessed"], &of(2)["ratio"]),
            (&json!(1), &json!(1), &json!("1.0000"))
        );
        let mails = &told.body["services"][0];
        assert_eq!(mails["costs"], json!([{"amount": "465000.00", "currency": "SEK"}]));

        // Filters narrow what is told and not the median; each sees their own.
        let one = format!("/value-analysis?year=2025&service={}&assessed=true", world.mail);
        let own = world.key_user.get(&one).await.expect(200);
        assert_eq!(own.body["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(own.body["items"][0]["medianCost"], "282500.00");
        let foreign = format!("/value-analysis?customer={}", world.klk_hr);
        assert_eq!(world.stranger.get(&foreign).await.expect(200).body["items"], json!([]));
        let low = world
            .brm
            .get("/value-analysis?quadrant=low_value_low_cost")
            .await
            .expect(200);
        assert_eq!(low.body["items"], json!([]));
        for year in [2000, 2100] {
            world.brm.get(&format!("/value-analysis?year={year}")).await.expect(200);
        }

        let csv = world.brm.get("/value-analysis?format=csv").await.expect(200);
        let lines: Vec<&str> = csv.body.as_str().unwrap().lines().collect();
        assert_eq!(lines.len(), 5);
        assert!(
            lines[3].starts_with("2025,KLK-HR,HR-avdelningen,MAIL,E-post,365000.00,SEK,365000.00,SEK,1.0000,4.00,")
        );
        let page = world.brm.get("/value-analysis/document?language=en").await.expect(200);
        let page = page.body.as_str().unwrap().to_owned();
        for words in [
            "Value against cost 2025",
            "High value, high cost",
            "Scatter plot: Mean score against Cost (SEK), 1 ",
            "SEK\u{a0}365,000",
        ] {
            assert!(page.contains(words), "{words} is not in {page}");
        }
        let narrow = format!("/value-analysis/document?format=pdf&customer={}", world.klk_hr);
        let pdf = world.decider.get(&narrow).await.expect(200);
        assert_eq!(pdf.header("content-type"), "application/pdf");
        service.stop().await;
    })
    .await;
}
