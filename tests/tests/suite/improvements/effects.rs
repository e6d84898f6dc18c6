//! The report of verified effects: the same counts for programs, for spreadsheets and on paper.
use super::*;

async fn fetched(caller: &Caller, path: &str, accept: Option<&str>) -> (String, Vec<u8>) {
    let request = caller.request(Method::GET, path);
    let request = match accept {
        Some(media) => request.header("accept", media),
        None => request,
    };
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    let media = answer.headers()["content-type"].to_str().expect("text").to_owned();
    (media, answer.bytes().await.expect("all of it").to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn effects_are_counted_and_ticked_boxes_are_not() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let shared = entered(&world.owner, input("Kortare kö", &[&world.klk_hr, &world.bun])).await;
        verified(&world.dm, &shared, "15", "achieved").await.expect(200);
        let partly = entered(&world.dm, input("Färre samtal", &[&world.klk_hr])).await;
        verified(&world.dm, &partly, "30", "partly").await.expect(200);
        let done = entered(&world.dm, input("Bara gjort", &[&world.klk_hr])).await;
        implemented(&world.dm, &done).await;
        // A reading that was replaced counts no more.
        let wrong = measured(&world.dm, &partly, "99", "2026-02-05").await.expect(201);
        let right = json!({"value": "29.5", "day": "2026-02-05", "replaces": wrong.id()});
        world.dm.post(&format!("{partly}/readings"), right).await.expect(201);

        let told = world.dm.get("/improvement-effects").await.expect(200);
        assert_eq!(
            told.body["outcomes"],
            json!({"achieved": 1, "partly": 1, "notAchieved": 0})
        );
        assert_eq!(
            (&told.body["deviating"], told.body["items"].as_array().unwrap().len()),
            (&json!(0), 2)
        );
        let by_customer: Vec<(&str, &Value)> = told.body["customers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| (c["customer"]["code"].as_str().unwrap(), &c["outcomes"]))
            .collect();
        let (bun, hr) = (
            json!({"achieved": 1, "partly": 0, "notAchieved": 0}),
            json!({"achieved": 1, "partly": 1, "notAchieved": 0}),
        );
        assert_eq!(by_customer, [("BUN", &bun), ("KLK-HR", &hr)]);
        let readings = &told.body["items"][1]["readings"];
        assert_eq!(
            readings,
            &json!([{"value": "30", "day": "2026-02-01"}, {"value": "29.5", "day": "2026-02-05"}])
        );

        let of_bun = world
            .dm
            .get(&format!("/improvement-effects?customer={}", world.bun))
            .await
            .expect(200);
        assert_eq!(of_bun.body["outcomes"], bun);
        let earlier = world.dm.get("/improvement-effects?period=2020-Q1").await.expect(200);
        assert_eq!(
            earlier.body["outcomes"],
            json!({"achieved": 0, "partly": 0, "notAchieved": 0})
        );
        let year = service
            .state()
            .settings
            .local_date(service.state().clock.now())
            .format("%Y")
            .to_string();
        let of_year = world
            .dm
            .get(&format!("/improvement-effects?period={year}"))
            .await
            .expect(200);
        assert_eq!(
            (&of_year.body["outcomes"], of_year.body["lastDay"].as_str()),
            (&told.body["outcomes"], Some(format!("{year}-12-31").as_str()))
        );
        assert_eq!(world.dm.get("/improvement-effects?period=2026-Q9").await.status, 400);

        let (media, table) = fetched(&world.dm, "/improvement-effects", Some("text/csv")).await;
        assert_eq!(media, "text/csv; charset=utf-8");
        let mut table = csv::Reader::from_reader(&table[..]);
        let head = table.headers().expect("a head").clone();
        let rows: Vec<csv::StringRecord> = table.records().map(|row| row.expect("a row")).collect();
        let cell =
            |n: usize, name: &str| rows[n][head.iter().position(|column| column == name).expect("a column")].to_owned();
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (cell(0, "title"), cell(0, "customers"), cell(0, "outcome")),
            ("Kortare kö".into(), "BUN KLK-HR".into(), "achieved".into())
        );
        assert_eq!(
            (cell(1, "baseline"), cell(1, "target"), cell(1, "reading")),
            ("40".into(), "20".into(), "30".into())
        );
        let (_, empty) = fetched(&world.dm, "/improvement-effects?period=2020&format=csv", None).await;
        assert!(
            empty.starts_with(b"number,title,"),
            "a table without lines has its head"
        );

        let (media, page) = fetched(&world.dm, "/improvement-effects?language=sv", Some("text/html")).await;
        assert_eq!(media, "text/html; charset=utf-8");
        let page = String::from_utf8(page)
            .expect("text")
            .replace(['\u{a0}', '\u{202f}'], " ");
        for told in [
            "Förbättringars effekt",
            "2 förbättringar med uppmätt effekt",
            "Utfall per kund",
            "Bättre, men målet inte nått",
            "40 min (2026-01-10)",
            "högst 20",
            "Utgångsläge",
            "29,5",
            "role=\"img\"",
        ] {
            assert!(page.contains(told), "{told} is missing in {page}");
        }
        assert!(!page.contains("Bara gjort"), "what was only done came to nothing yet");
        let (_, english) = fetched(&world.dm, "/improvement-effects?language=en&format=html", None).await;
        let english = String::from_utf8(english).expect("text");
        assert!(english.contains("What improvements came to") && english.contains("lang=\"en\""));
        let (media, pdf) = fetched(&world.dm, "/improvement-effects", Some("application/pdf")).await;
        assert!(media == "application/pdf" && pdf.starts_with(b"%PDF-"));
        let refused = world
            .dm
            .request(Method::GET, "/improvement-effects")
            .header("accept", "image/png")
            .send()
            .await;
        assert_eq!(refused.expect("an answer").status(), 406);
        service.stop().await;
    })
    .await;
}
