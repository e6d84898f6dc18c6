//! Reports of satisfaction: written, published, standing from then on, on paper, and what their findings lead to.
use documents::STYLE;
use end_to_end::{Answer, Caller, Service, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Rated, drawn, figures, on_day};
use crate::surveys::{Store, act, answer, contacts, draft, links};

/// January is good, February is not; one customer has few users. Then it is March.
async fn two_months(service: &Service) -> Rated {
    let rated = Rated::set(service, "2026-01-29").await;
    let world = &rated.world;
    let (own, above, few) = (world.klk_hr.as_str(), world.klk.as_str(), world.bun.as_str());
    let mail = world.mail.as_str();
    let scale = (1, 5);
    let january = [
        (own, mail, scale, 5, 48),
        (own, mail, scale, 2, 12),
        (above, mail, scale, 4, 40),
        (few, mail, scale, 5, 2),
    ];
    rated.rate(service, "2026-01", &january).await;
    on_day(service, "2026-02-20");
    contacts(service, own, 8).await;
    let round = draft(service, &rated.world, "confidential", &[own], json!({})).await;
    act(&world.brm, &round, "opening").await.expect(200);
    for (line, score) in links(&world.brm, &round, 0).await.iter().zip([5, 5, 4, 4, 4, 4, 3, 2]) {
        answer(
            service,
            &line[4],
            json!({"how": score, "recommend": score * 2, "words": "Lösenord."}),
            true,
        )
        .await
        .expect(200);
    }
    act(&world.brm, &round, "closing").await.expect(200);
    // Eight said something; the team says what it is about.
    act(&world.brm, &round, "publication").await.expect(200);
    let path = format!("/survey-rounds/{}", round.id());
    let said = world
        .brm
        .get(&format!("{path}/comments?question=words"))
        .await
        .expect(200);
    let about = |comment: &Value| json!({"comment": comment["id"], "themes": ["lösenord"]});
    let themes = json!({"comments": said.items().iter().take(3).map(about).collect::<Vec<_>>()});
    let tagged = world
        .brm
        .send(Method::PUT, &format!("{path}/comment-themes"), &[], Some(themes))
        .await;
    assert!(tagged.status.is_success(), "{:#}", tagged.body);
    let february = [
        (own, mail, scale, 4, 18),
        (own, mail, scale, 2, 42),
        (above, mail, scale, 4, 30),
        (few, mail, scale, 1, 1),
    ];
    rated.rate(service, "2026-02", &february).await;
    on_day(service, "2026-03-05");
    drawn(service).await;
    rated
}

fn of(customer: &str, period: &str) -> Value {
    json!({"customer": customer, "period": period, "summary": "Nöjdheten **sjönk** i februari.",
        "findings": [{"title": "Lösenord tar för lång tid", "text": "Det sägs i flera svar."}]})
}

fn pointer(refused: &Answer) -> &Value {
    &refused.body["errors"][0]["pointer"]
}

fn path(report: &Answer) -> String {
    format!("/satisfaction-reports/{}", report.id())
}

async fn fetched(caller: &Caller, path: &str) -> (String, Vec<u8>) {
    let answer = caller.request(Method::GET, path).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    let media = answer.headers()["content-type"].to_str().expect("text").to_owned();
    (media, answer.bytes().await.expect("all of it").to_vec())
}

/// The digest of what a reply tells, as anybody can compute it.
fn digest_of(report: &Value) -> String {
    let members = ["customer", "period", "edition", "summary", "findings", "content"];
    let told: Value = members
        .into_iter()
        .map(|member| (member.to_owned(), report[member].clone()))
        .collect();
    let text = serde_json_canonicalizer::to_string(&told).expect("JSON");
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_written_published_and_stands() {
    on_each_database(async |service| {
        let rated = two_months(&service).await;
        let world = &rated.world;
        let begun = world
            .dm
            .post("/satisfaction-reports", of(&world.klk_hr, "2026-02"))
            .await
            .expect(201);
        let path = path(&begun);
        let content = &begun.body["content"];
        assert_eq!(
            (&begun.body["state"], &content["fixed"]),
            (&json!("draft"), &json!(true))
        );
        let told = |content: &Value, list: &str, method: &str| -> Vec<(Value, Value)> {
            let figures = content[list].as_array().expect("figures").iter();
            let wanted = figures.filter(|f| f["method"] == method && f["dimension"] == "customer");
            wanted.map(|f| (f["period"].clone(), f["value"].clone())).collect()
        };
        let month = |month: &str, value: f64| (json!(month), json!(value));
        let users_then_survey = [month("2026-02", 30.0), month("2026-02", 75.0)];
        assert_eq!(told(content, "figures", "csat"), users_then_survey);
        // Nobody was asked in January: that is told like what is withheld.
        let nothing = (json!("2026-01"), Value::Null);
        assert_eq!(told(content, "earlier", "csat"), [month("2026-01", 80.0), nothing]);
        assert_eq!(content["rounds"][0]["turnout"], json!({"delivered": 11, "answered": 8}));
        assert_eq!(content["questions"][0]["text"]["en"], "Question?");
        let themes = json!([{"question": "words", "theme": "lösenord", "comments": 3}]);
        assert_eq!(content["rounds"][0]["themes"], themes);
        assert_eq!(digest_of(&begun.body), begun.body["digest"]);

        // One draft at a time, of what has begun, by the customer's own managers.
        let again = world
            .brm
            .post("/satisfaction-reports", of(&world.klk_hr, "2026-02"))
            .await;
        assert_eq!(pointer(&again.refused(409, "not_unique")), "/period");
        let ahead = world
            .brm
            .post("/satisfaction-reports", of(&world.klk_hr, "2026-04"))
            .await;
        assert_eq!(pointer(&ahead.refused(409, "date_order")), "/period");
        world
            .other_brm
            .post("/satisfaction-reports", of(&world.klk_hr, "2026-01"))
            .await
            .expect(403);
        world.decider.get(&path).await.expect(404);

        // A running month has no figures yet, and cannot be published.
        let running = world
            .brm
            .post("/satisfaction-reports", of(&world.klk_hr, "2026-03"))
            .await
            .expect(201);
        assert_eq!(
            (&running.body["content"]["fixed"], &running.body["content"]["figures"]),
            (&json!(false), &json!([]))
        );
        let at = super::reports::path(&running);
        let early = world
            .brm
            .act(&format!("{at}/publication"), &running.etag(), Value::Null)
            .await;
        assert!(early.refused(409, "respondents").text("detail").contains("2026-04-04"));
        world.brm.delete(&at, &running.etag()).await.expect(204);
        world.brm.get(&at).await.expect(404);

        // Words change by whoever saw the last of them.
        let patch = json!({"summary": "Nöjdheten sjönk."});
        let changed = world.brm.patch(&path, &begun.etag(), patch.clone()).await.expect(200);
        world.dm.patch(&path, &begun.etag(), patch).await.expect(412);
        let moved = world
            .dm
            .patch(&path, &changed.etag(), json!({"period": "2026-01"}))
            .await;
        assert_eq!(pointer(&moved.refused(409, "state")), "/period");
        let improvement = |report: &Answer, finding: u32| {
            json!({"title": "Kortare väg till nytt lösenord", "customers": [world.klk_hr],
                "origin": {"kind": "survey_finding", "report": report.id(), "finding": finding}})
        };
        let of_draft = world.dm.post("/improvements", improvement(&changed, 1)).await;
        assert_eq!(pointer(&of_draft.refused(409, "state")), "/origin/report");

        let published = world
            .dm
            .act(&format!("{path}/publication"), &changed.etag(), Value::Null)
            .await
            .expect(200);
        assert_eq!(digest_of(&published.body), published.body["digest"]);
        assert_eq!(world.decider.get(&path).await.expect(200).body, published.body);
        world.stranger.get(&path).await.expect(404);
        let patched = world
            .dm
            .patch(&path, &published.etag(), json!({"summary": "Bättre."}))
            .await;
        patched.refused(409, "state");
        world.dm.delete(&path, &published.etag()).await.refused(409, "state");
        let forced = Store::of(&service)
            .await
            .run("update satisfaction_report set edition = 7")
            .await;
        assert!(forced.is_err_and(|e| e.to_string().contains("stands")));

        // What its findings lead to.
        let none = world.dm.post("/improvements", improvement(&published, 2)).await;
        assert_eq!(pointer(&none.refused(409, "state")), "/origin/finding");
        let both = json!({"title": "Kortare väg", "customers": [world.klk_hr],
            "origin": {"kind": "survey_finding", "report": published.id(), "source": "Enkäten"}});
        assert_eq!(
            pointer(&world.dm.post("/improvements", both).await.refused(409, "state")),
            "/origin"
        );
        let opened = world
            .dm
            .post("/improvements", improvement(&published, 1))
            .await
            .expect(201);
        assert_eq!(
            opened.body["origin"],
            json!({"kind": "survey_finding", "report": published.id(), "finding": 1})
        );
        let found = world
            .decider
            .get(&format!("/improvements?report={}", published.id()))
            .await
            .expect(200);
        assert_eq!(found.items()[0]["id"], opened.body["id"]);
        world
            .dm
            .patch(
                &format!("/improvements/{}", opened.id()),
                &opened.etag(),
                json!({"priority": 9}),
            )
            .await
            .expect(200);

        // Later answers make other figures, and another edition; what was published stands.
        let mail = world.mail.as_str();
        rated
            .rate(&service, "2026-02", &[(&world.klk_hr, mail, (1, 5), 5, 60)])
            .await;
        drawn(&service).await;
        let now = figures(
            &service.administrator(),
            "period=2026-02&series=user&method=csat&dimension=customer",
        )
        .await;
        assert!(now.iter().any(|f| f["value"] == 65.0), "{now:#?}");
        assert_eq!(world.dm.get(&path).await.expect(200).body, published.body);
        let second = world
            .dm
            .post("/satisfaction-reports", of(&world.klk_hr, "2026-02"))
            .await
            .expect(201);
        assert_eq!(
            (
                &second.body["edition"],
                told(&second.body["content"], "figures", "csat").remove(0)
            ),
            (&json!(2), month("2026-02", 65.0))
        );
        let query = format!("/satisfaction-reports?customer={}&period=2026-02", world.klk_hr);
        let of_contact = world.decider.get(&query).await.expect(200);
        assert_eq!(
            (of_contact.items().len(), of_contact.items()[0].get("content")),
            (1, None)
        );
        assert_eq!(world.dm.get(&query).await.expect(200).items().len(), 2);
        assert_eq!(
            world
                .dm
                .get(&format!("{query}&state=draft"))
                .await
                .expect(200)
                .items()
                .len(),
            1
        );

        // The log tells that it happened, and no figures.
        let events = service
            .auditor()
            .get(&format!("/events?subject={}&limit=20", published.id()))
            .await
            .expect(200);
        let types: Vec<&str> = events.items().iter().filter_map(|e| e["type"].as_str()).collect();
        let acts = ["created", "changed", "published"].map(|act| format!("kundansvar.satisfaction_report.{act}.v1"));
        assert_eq!(types, acts);
        assert!(!events.body.to_string().contains("csat"));
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_tells_nothing_of_few() {
    on_each_database(async |service| {
        let rated = two_months(&service).await;
        let world = &rated.world;
        let few = world
            .other_brm
            .post("/satisfaction-reports", of(&world.bun, "2026-02"))
            .await
            .expect(201);
        assert_eq!(few.body["content"]["figures"], json!([]));
        let page = fetched(&world.other_brm, &format!("{}/document?language=en", path(&few)))
            .await
            .1;
        assert!(
            String::from_utf8(page)
                .expect("text")
                .contains("Nothing is told of the period")
        );
        let standing = world
            .brm
            .get("/satisfaction/overview?periodKind=month")
            .await
            .expect(200);
        let few = standing.body["customers"]
            .as_array()
            .expect("customers")
            .iter()
            .find(|c| c["customer"]["id"] == *world.bun);
        assert_eq!(few.expect("it is there")["reasons"], json!([{"flag": "untold"}]));
    })
    .await;
}

/// As it is reviewed: without what differs each time.
fn reviewed(page: &[u8]) -> String {
    let digests = regex::Regex::new("[0-9a-f]{64}|[0-9a-f-]{36}|[0-9]{2}:[0-9]{2} CET").expect("a pattern");
    let page = String::from_utf8(page.to_vec()).expect("text");
    digests
        .replace_all(&page.replace(STYLE, "STYLE").replace("><", ">\n<"), "…")
        .into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_and_overview_read_as_reviewed_on_page_in_print_and_as_a_table() {
    on_each_database(async |service| {
        let rated = two_months(&service).await;
        let world = &rated.world;
        let begun = world
            .dm
            .post("/satisfaction-reports", of(&world.klk_hr, "2026-02"))
            .await
            .expect(201);
        let path = path(&begun);
        world
            .dm
            .act(&format!("{path}/publication"), &begun.etag(), Value::Null)
            .await
            .expect(200);
        for language in ["sv", "en"] {
            let (media, page) = fetched(
                &world.decider,
                &format!("{path}/document?format=html&language={language}"),
            )
            .await;
            assert_eq!(media, "text/html; charset=utf-8");
            insta::assert_snapshot!(format!("report-{language}"), reviewed(&page));
        }
        let (_, table) = fetched(&world.decider, &format!("{path}/figures")).await;
        insta::assert_snapshot!("report-figures", reviewed(&table));
        let pdf = async |path: String| {
            let (media, pdf) = fetched(&world.dm, &path).await;
            assert!(media == "application/pdf" && pdf.starts_with(b"%PDF-"));
            let read = lopdf::Document::load_mem(&pdf).expect("a PDF");
            let pages: Vec<u32> = read.get_pages().into_keys().collect();
            (read.extract_text(&pages).expect("its text"), pdf)
        };
        let (text, bytes) = pdf(format!("{path}/document?format=pdf&language=sv")).await;
        // The letters of plots come one by one.
        let lines: Vec<&str> = text.lines().filter(|line| line.trim().chars().count() > 1).collect();
        insta::assert_snapshot!("report-pdf", reviewed(lines.join("\n").as_bytes()));
        assert!(
            pdf(format!("{path}/document?format=pdf&language=sv")).await.1 == bytes,
            "the same each time"
        );
        let (_, page) = fetched(
            &world.brm,
            "/satisfaction/overview/document?format=html&language=sv&periodKind=month",
        )
        .await;
        insta::assert_snapshot!("overview-sv", reviewed(&page));
        pdf("/satisfaction/overview/document?format=pdf&periodKind=month".to_owned()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_has_the_worst_first_with_the_reasons() {
    on_each_database(async |service| {
        let rated = two_months(&service).await;
        let world = &rated.world;
        let overview = async |caller: &Caller, query: &str| {
            let answer = caller.get(&format!("/satisfaction/overview?{query}")).await.expect(200);
            let customers = answer.body["customers"].as_array().expect("customers").clone();
            (answer, customers)
        };
        let (all, customers) = overview(&world.brm, "periodKind=month").await;
        assert_eq!(
            (&all.body["period"], &all.body["periods"][0]),
            (&json!("2026-02"), &json!("2025-07"))
        );
        let worst = &customers[0];
        assert_eq!(worst["customer"]["id"], *world.klk_hr);
        let flags: Vec<&Value> = worst["reasons"]
            .as_array()
            .expect("reasons")
            .iter()
            .map(|r| &r["flag"])
            .collect();
        assert_eq!(
            (flags, &worst["weight"]),
            (vec![&json!("fell"), &json!("below")], &json!(6))
        );
        assert_eq!(worst["reasons"][0]["figure"]["change"]["value"], -50.0);
        let users = &worst["trends"][0];
        assert_eq!(
            (&users["series"], users["points"].as_array().expect("points").len()),
            (&json!("user"), 8)
        );
        let last = &users["points"][7];
        assert_eq!(
            (&last["value"], &last["n"], &last["fell"]),
            (&json!(30.0), &json!(60), &json!(true))
        );
        // By weight, then by code.
        let places: Vec<(i64, &str)> = customers
            .iter()
            .map(|c| {
                (
                    -c["weight"].as_i64().expect("a weight"),
                    c["customer"]["code"].as_str().expect("a code"),
                )
            })
            .collect();
        assert!(places.is_sorted() && all.body["total"] == places.len());
        assert_eq!(overview(&world.brm, "periodKind=month&most=1").await.1.len(), 1);
        // What another series says is another matter.
        let (_, asked) = overview(&world.brm, "periodKind=month&series=customer").await;
        let own = asked
            .iter()
            .find(|c| c["customer"]["id"] == *world.klk_hr)
            .expect("it is there");
        assert_eq!(
            (&own["reasons"], own["trends"].as_array().map(Vec::len)),
            (&json!([]), Some(2))
        );
        world.decider.get("/satisfaction/overview").await.expect(403);
        // Who sees few customers learns of no others.
        let limited =
            json!({"name": "Portal", "scopes": ["satisfaction.read"], "systems": [], "customers": [world.klk_hr]});
        let id = service.administrator().post("/clients", limited).await.expect(201).id();
        let portal = service.caller_with(api::identity::Kind::Client, &id, "satisfaction.read");
        let (seen, customers) = overview(&portal, "periodKind=month").await;
        assert_eq!((customers.len(), &seen.body["total"]), (1, &json!(1)));
        assert_eq!(
            customers[0]["reasons"].as_array().map(Vec::len),
            Some(1),
            "no figure of all to lie below"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_stands_side_by_side_as_public_bodies_compare_it() {
    on_each_database(async |service| {
        let rated = two_months(&service).await;
        let world = &rated.world;
        let index = async |query: &str| {
            world
                .brm
                .get(&format!("/satisfaction/index?periodKind=month&{query}"))
                .await
                .expect(200)
        };
        let told = index("series=user&dimension=customer").await;
        assert_eq!(told.body["periods"][7], "2026-02");
        let units = told.body["units"].as_array().expect("units");
        let own = units
            .iter()
            .find(|unit| unit["customer"]["id"] == *world.klk_hr)
            .expect("it is there");
        let points = own["trend"]["points"].as_array().expect("points");
        // 48 of 5 and 12 of 2, then 18 of 4 and 42 of 2.
        assert_eq!((&points[6]["value"], &points[7]["value"]), (&json!(85.0), &json!(40.0)));
        assert_eq!(
            (points.len(), points[5].get("value"), &points[7]["n"]),
            (8, None, &json!(60))
        );
        let csv = index("series=user&dimension=customer&format=csv").await;
        let mut table = csv::Reader::from_reader(csv.body.as_str().expect("text").as_bytes());
        let head: Vec<String> = table.headers().expect("a head").iter().map(ToOwned::to_owned).collect();
        assert_eq!(head[19..], ["2026-01", "2026-01 n", "2026-02", "2026-02 n"]);
        let lines: Vec<csv::StringRecord> = table.records().map(|line| line.expect("a line")).collect();
        let own = lines.iter().find(|line| &line[4] == "KLK-HR").expect("its line");
        assert_eq!((&own[6], &own[19], &own[21], &own[22]), ("1–5", "85", "40", "60"));
        assert!(
            lines.iter().map(|line| line[4].to_owned()).is_sorted(),
            "by code: {lines:#?}"
        );
        let years = world.brm.get("/satisfaction/index").await.expect(200);
        assert_eq!(
            (&years.body["periods"][7], &years.body["units"]),
            (&json!("2025"), &json!([]))
        );
    })
    .await;
}
