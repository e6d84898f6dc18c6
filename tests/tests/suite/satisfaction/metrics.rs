//! The figures of satisfaction: what they are, when they stand, who gets them, and in what form.
use api::identity::Kind;
use end_to_end::{Caller, Service, on_each_database};
use serde_json::{Value, json};

use super::{Rated, drawn, figures, on_day};

/// What others computed for the domain's own tests.
fn vectors(group: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!(
        "../../../../crates/domain/src/satisfaction/tests/vectors.json"
    ))
    .expect("the vectors");
    all[group].as_array().expect("vectors").clone()
}

fn whole(value: &Value) -> usize {
    usize::try_from(value.as_u64().expect("a count")).expect("a count")
}

/// The first vector for which the condition holds.
fn vector(group: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    vectors(group).into_iter().find(wanted).expect("such a vector")
}

#[track_caller]
fn same(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or_else(|| panic!("no number: {found}"));
    assert!((found - expected).abs() < 2e-6, "{found} instead of {expected}");
}

async fn only(caller: &Caller, query: &str) -> Value {
    let mut found = figures(caller, query).await;
    assert_eq!(found.len(), 1, "{query}: {found:#?}");
    found.remove(0)
}

/// Wilson's interval and the t interval as textbooks have them.
fn wilson(k: f64, n: f64) -> (f64, f64) {
    let z = 1.959964_f64;
    let middle = (k + z * z / 2.0) / (n + z * z);
    let spread = z / (n + z * z) * (k * (n - k) / n + z * z / 4.0).sqrt();
    (100.0 * (middle - spread), 100.0 * (middle + spread))
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_what_others_compute() {
    on_each_database(async |service| {
        let rated = Rated::set(&service, "2026-01-20").await;
        let (who, about) = (rated.world.klk_hr.as_str(), rated.world.mail.as_str());
        let enough = |value: &Value| whole(value) >= 5;
        let shares = vector("newcombe_difference", |v| {
            enough(&v["n1"]) && enough(&v["n2"]) && v["expected"]["changed"] == true
        });
        let nets = vector("nps_difference", |v| {
            let n = |side: &str| {
                ["promoters", "passives", "detractors"]
                    .iter()
                    .map(|m| whole(&v[side][*m]))
                    .sum::<usize>()
            };
            n("first") >= 5 && n("second") >= 5
        });
        let means = vector("mean_difference", |v| {
            ["first", "second"]
                .iter()
                .all(|side| v[*side].as_array().expect("answers").len() >= 5)
        });
        // The second of each pair in January, the first in February.
        for (month, day, side, k, n) in [
            ("2026-01", "2026-01-20", "second", "k2", "n2"),
            ("2026-02", "2026-02-20", "first", "k1", "n1"),
        ] {
            on_day(&service, day);
            let (k, n) = (whole(&shares[k]), whole(&shares[n]));
            let mut ratings = vec![(who, about, (1, 5), 5, k), (who, about, (1, 5), 2, n - k)];
            for (score, kind) in [(9, "promoters"), (8, "passives"), (3, "detractors")] {
                ratings.push((who, about, (0, 10), score, whole(&nets[side][kind])));
            }
            for answer in means[side].as_array().expect("answers") {
                let score = i32::try_from(answer.as_i64().expect("a score")).expect("a score");
                ratings.push((who, about, (1, 7), score, 1));
            }
            rated.rate(&service, month, &ratings).await;
        }
        on_day(&service, "2026-03-04");
        drawn(&service).await;
        let admin = service.administrator();
        let february = async |method: &str, low: i64, high: i64| {
            let found = figures(
                &admin,
                &format!("dimension=customer&customer={who}&period=2026-02&method={method}"),
            )
            .await;
            let on_it = |f: &&Value| f["scale"]["low"] == low && f["scale"]["high"] == high;
            found
                .iter()
                .find(on_it)
                .unwrap_or_else(|| panic!("{method}: {found:#?}"))
                .clone()
        };
        let csat = february("csat", 1, 5).await;
        let (k, n) = (whole(&shares["k1"]), whole(&shares["n1"]));
        assert_eq!(
            (&csat["n"], &csat["series"], &csat["dimension"]),
            (&json!(n), &json!("user"), &json!("customer"))
        );
        assert_eq!(
            (&csat["firstDay"], &csat["lastDay"]),
            (&json!("2026-02-01"), &json!("2026-02-28"))
        );
        assert_eq!(
            (&csat["customer"]["code"], &csat["withheld"]),
            (&json!("KLK-HR"), &json!(false))
        );
        let limits = wilson(k as f64, n as f64);
        same(&csat["value"], 100.0 * k as f64 / n as f64);
        same(&csat["low"], limits.0);
        same(&csat["high"], limits.1);
        assert_eq!(csat["distribution"][4], json!({"score": 5, "n": k}));
        assert_eq!(csat["distribution"][1], json!({"score": 2, "n": n - k}));
        let compared = |found: &Value, expected: &Value, factor: f64| {
            let change = &found["change"];
            for (member, name) in [("value", "difference"), ("low", "lower"), ("high", "upper")] {
                same(&change[member], factor * expected[name].as_f64().expect("a number"));
            }
            assert_eq!(change["changed"], expected["changed"], "{found:#}");
        };
        compared(&csat, &shares["expected"], 100.0);
        compared(&february("nps", 0, 10).await, &nets["expected"], 1.0);
        let ces = february("ces", 1, 7).await;
        compared(&ces, &means["expected"], 1.0);
        compared(&february("mean", 1, 7).await, &means["expected"], 1.0);
        let answers: Vec<f64> = means["first"]
            .as_array()
            .expect("answers")
            .iter()
            .map(|a| a.as_f64().expect("a score"))
            .collect();
        let mean = answers.iter().sum::<f64>() / answers.len() as f64;
        same(&ces["value"], mean);
        same(
            &february("index_0_100", 1, 7).await["value"],
            100.0 * (mean - 1.0) / 6.0,
        );
        // What goes with no such scale is not there.
        let none = figures(&admin, "method=nps&dimension=all&period=2026-02").await;
        assert_eq!(none.len(), 1, "on 0 to 10 alone");
        // January has nothing before it.
        let january = figures(&admin, &format!("customer={who}&period=2026-01")).await;
        let both = january.iter().filter(|f| f["dimension"] == "customer_service");
        assert_eq!(both.count() * 2, january.len(), "all of it is about one service");
        assert!(
            january.iter().all(|f| f["change"].is_null() && f["withheld"] == false),
            "{january:#?}"
        );
        let changed = figures(
            &admin,
            &format!("dimension=customer&customer={who}&changed=true&method=csat"),
        )
        .await;
        assert!(changed.iter().any(|f| f["scale"]["high"] == 5), "{changed:#?}");
        assert!(changed.iter().all(|f| f["change"]["changed"] == true), "{changed:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_stand_three_days_after_the_period_and_are_renewed_by_enough() {
    on_each_database(async |service| {
        let rated = Rated::set(&service, "2026-01-20").await;
        let (who, about) = (rated.world.klk_hr.as_str(), rated.world.mail.as_str());
        let five = |score, n| [(who, about, (1, 5), score, n)];
        rated.rate(&service, "2026-01", &five(4, 10)).await;
        let told = async |service: &Service| {
            drawn(service).await;
            figures(&service.administrator(), "dimension=customer&method=mean").await
        };
        on_day(&service, "2026-02-03");
        assert_eq!(
            told(&service).await.len(),
            0,
            "neither the running month nor the one that is not fixed"
        );
        rated.rate(&service, "2026-01", &five(2, 2)).await;
        on_day(&service, "2026-02-04");
        let fixed = told(&service).await;
        assert_eq!(
            (fixed.len(), &fixed[0]["n"], &fixed[0]["period"]),
            (1, &json!(12), &json!("2026-01"))
        );
        rated.rate(&service, "2026-01", &five(1, 4)).await;
        assert_eq!(told(&service).await, fixed, "four late ones wait");
        rated.rate(&service, "2026-01", &five(1, 1)).await;
        let renewed = told(&service).await;
        assert_eq!((renewed.len(), &renewed[0]["n"]), (1, &json!(17)));
        // The quarter comes with its last month.
        on_day(&service, "2026-03-20");
        rated.rate(&service, "2026-03", &five(5, 6)).await;
        on_day(&service, "2026-04-04");
        let all = told(&service).await;
        let told_of = |period: &str| {
            let of: Vec<&Value> = all.iter().filter(|f| f["period"] == period).collect();
            assert_eq!(of.len(), 1, "{period}: {all:#?}");
            of[0].clone()
        };
        assert_eq!(told_of("2026-Q1")["n"], 23);
        let february = told_of("2026-02");
        assert_eq!(
            (&february["withheld"], &february["reason"]),
            (&json!(true), &json!("few_answers"))
        );
        for member in ["n", "value", "low", "high", "distribution", "change"] {
            assert!(february.get(member).is_none(), "{february:#}");
        }
        // Drawn again, nothing is other than it was.
        assert_eq!(told(&service).await, all);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sees_the_figures_of_the_customers_that_they_see() {
    on_each_database(async |service| {
        let rated = Rated::set(&service, "2026-01-20").await;
        let world = &rated.world;
        let (mail, salary) = (world.mail.as_str(), world.salary.as_str());
        let ratings = [
            (world.klk_hr.as_str(), mail, (1, 5), 4, 12),
            (world.klk.as_str(), salary, (1, 5), 3, 11),
            (world.bun.as_str(), mail, (1, 5), 5, 30),
            (world.bun.as_str(), salary, (1, 5), 5, 2),
        ];
        rated.rate(&service, "2026-01", &ratings).await;
        on_day(&service, "2026-02-04");
        drawn(&service).await;
        let parts = async |caller: &Caller| {
            let found = figures(caller, "method=csat").await;
            let part = |f: &Value| {
                let codes = [&f["customer"]["code"], &f["service"]["code"]]
                    .into_iter()
                    .filter_map(Value::as_str);
                let codes: Vec<&str> = codes.collect();
                match f["dimension"].as_str() {
                    Some("division") => format!("{}+", codes.join("/")),
                    Some(dimension @ ("all" | "team")) => dimension.to_owned(),
                    _ => codes.join("/"),
                }
            };
            let mut parts: Vec<String> = found.iter().map(part).collect();
            parts.sort();
            parts.join(" ")
        };
        let everything = "BUN KLK KLK+ KLK-HR KLK-HR/MAIL MAIL SALARY all team team";
        assert_eq!(parts(&service.administrator()).await, everything);
        assert_eq!(parts(&service.auditor()).await, everything);
        let person = |id: &str| service.caller(Kind::Person, id);
        assert_eq!(parts(&person(&world.brm_id)).await, everything);
        assert_eq!(parts(&person(&world.loner_id)).await, "");
        let contact = |id: &str| service.caller(Kind::Contact, id);
        assert_eq!(parts(&contact(&world.decider_id)).await, "KLK-HR KLK-HR/MAIL");
        assert_eq!(parts(&contact(&world.stranger_id)).await, "BUN");
        let client = async |name: &str, members: Value| {
            let body = crate::measurements::with(
                json!({"name": name, "scopes": ["satisfaction.read"], "systems": []}),
                members,
            );
            let id = service.administrator().post("/clients", body).await.expect(201).id();
            service.caller_with(Kind::Client, &id, "satisfaction.read")
        };
        assert_eq!(parts(&client("Instrumentpanel", json!({})).await).await, everything);
        let limited = client("Skolans panel", json!({"customers": [world.bun]})).await;
        assert_eq!(parts(&limited).await, "BUN");
        // Nothing more comes of asking otherwise.
        for query in [
            "dimension=all",
            "dimension=service",
            &format!("service={mail}"),
            &format!("customer={}", world.klk),
        ] {
            assert_eq!(figures(&limited, query).await, Vec::<Value>::new(), "{query}");
        }
        let csv = limited.get("/satisfaction/metrics?format=csv").await.expect(200);
        let text = csv.body.as_str().expect("text");
        assert!(
            text.contains(",BUN,") && !text.contains("KLK") && !text.contains("MAIL"),
            "{text}"
        );
        limited
            .get("/satisfaction/metrics?colour=red")
            .await
            .refused(400, "unknown");
        service.nobody().get("/satisfaction/metrics").await.expect(401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_holds_what_the_list_holds_and_no_formula() {
    on_each_database(async |service| {
        let rated = Rated::set(&service, "2026-01-20").await;
        let admin = service.administrator();
        let body = json!({"code": "EVIL", "name": "=1+1", "legalEntity": {"name": "Bolag"}});
        let evil = admin.post("/customers", body).await.expect(201).id();
        let mail = rated.world.mail.as_str();
        let ratings = [
            (evil.as_str(), mail, (1, 5), 4, 9),
            (rated.world.bun.as_str(), mail, (1, 5), 2, 30),
            (rated.world.bun.as_str(), mail, (0, 10), 2, 30),
        ];
        rated.rate(&service, "2026-01", &ratings).await;
        on_day(&service, "2026-02-04");
        drawn(&service).await;
        let admin = service.administrator();
        let list = figures(&admin, "").await;
        let request = admin.request(reqwest::Method::GET, "/satisfaction/metrics").header("accept", "text/csv");
        let answer = end_to_end::Answer::to("GET /satisfaction/metrics", request).await.expect(200);
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        let text = answer.body.as_str().expect("text");
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next().expect("the names").split(',').collect();
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        assert_eq!(rows.len(), list.len());
        let column = |name: &str| names.iter().position(|n| *n == name).unwrap_or_else(|| panic!("{name}"));
        for (row, item) in rows.iter().zip(&list) {
            let cell = |name: &str| row[column(name)];
            assert_eq!(cell("method"), item["method"]);
            assert_eq!(cell("n"), item["n"].to_string());
            assert_eq!(cell("value").parse::<f64>().expect("a number"), item["value"].as_f64().expect("a number"));
            assert_eq!(cell("scaleHigh"), item["scale"]["high"].to_string());
        }
        assert!(text.contains(",EVIL,'=1+1,,,"), "{text}");
        assert!(text.contains("1:0 2:0 3:0 4:9 5:0"), "{text}");
        // Pages hold the same in the same order, from either end, and say how many there are.
        let page = admin.get("/satisfaction/metrics?limit=3&count=true").await.expect(200);
        assert_eq!((page.items().as_slice(), &page.body["total"]), (&list[..3], &json!(list.len())));
        let last = admin.get("/satisfaction/metrics?limit=1&sort=descending").await.expect(200);
        assert_eq!(last.items()[0], list[list.len() - 1]);
        let one = only(&admin, &format!("dimension=customer&customer={evil}&method=mean&periodKind=month&firstDayFrom=2026-01-01&firstDayBefore=2026-02-01")).await;
        assert_eq!(one["value"], 4.0);
        assert!(figures(&admin, "firstDayFrom=2026-02-01").await.is_empty());
        assert!(figures(&admin, "withheld=true").await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn teams_and_divisions_add_up_what_is_told_of_each_customer() {
    on_each_database(async |service| {
        let rated = Rated::set(&service, "2026-01-29").await;
        let world = &rated.world;
        let (mail, scale) = (world.mail.as_str(), (1, 5));
        let (above, own, other) = (world.klk.as_str(), world.klk_hr.as_str(), world.bun.as_str());
        let ratings = [
            (above, mail, scale, 5, 9),
            (own, mail, scale, 2, 12),
            (other, mail, scale, 4, 20),
        ];
        rated.rate(&service, "2026-01", &ratings).await;
        // In February too few of the department answered.
        on_day(&service, "2026-02-20");
        let ratings = [
            (above, mail, scale, 5, 30),
            (own, mail, scale, 2, 2),
            (other, mail, scale, 4, 8),
        ];
        rated.rate(&service, "2026-02", &ratings).await;
        on_day(&service, "2026-03-05");
        drawn(&service).await;
        let admin = service.administrator();
        let told = async |caller: &Caller, query: &str| -> Vec<(String, Value, Value)> {
            let found = figures(caller, &format!("periodKind=month&method=csat&{query}")).await;
            let line = |f: &Value| {
                (
                    f["period"].as_str().expect("a period").to_owned(),
                    f["n"].clone(),
                    f["value"].clone(),
                )
            };
            found.iter().map(line).collect()
        };
        let january = ("2026-01".to_owned(), json!(21), json!(42.857143));
        // The department's February is withheld, and its neighbour's with it: of what is left the sums are made.
        let customers = figures(&admin, "dimension=customer&period=2026-02&method=csat").await;
        let of_february: u64 = customers
            .iter()
            .filter(|f| [above, own].contains(&f["customer"]["id"].as_str().expect("an id")))
            .filter_map(|f| f["n"].as_u64())
            .sum();
        assert_eq!(of_february, 30, "{customers:#?}");
        let february = ("2026-02".to_owned(), json!(30), json!(100.0));
        let division = told(&admin, &format!("dimension=division&customer={above}")).await;
        assert_eq!(division, [january.clone(), february.clone()]);
        let team = told(&admin, &format!("dimension=team&team={}", world.team)).await;
        assert_eq!(team, [january, february]);
        assert_eq!(
            told(&admin, "dimension=division").await.len(),
            2,
            "a customer without departments is none"
        );
        let named = figures(&admin, &format!("dimension=team&team={}", world.team)).await;
        assert!(named[0]["team"]["name"].is_string() && named[0].get("customer").is_none());
        let year = figures(&admin, "dimension=team&period=2026-02&method=mean").await;
        assert!(year.iter().any(|f| f["change"]["value"].is_number()), "{year:#?}");
        // Side by side each team has a line of its own.
        let index = admin
            .get("/satisfaction/index?periodKind=month&dimension=team")
            .await
            .expect(200);
        let units = index.body["units"].as_array().expect("units").iter();
        let units: Vec<(&Value, &Value)> = units
            .map(|unit| (&unit["team"]["id"], &unit["trend"]["points"][6]["n"]))
            .collect();
        let (one, other) = (json!(world.team), json!(world.other_team));
        let expected = [(&one, &json!(21)), (&other, &json!(20))];
        assert!(
            units.len() == 2 && expected.iter().all(|unit| units.contains(unit)),
            "{units:?}"
        );
        // The division's own figure is for who sees all of its departments.
        assert_eq!(told(&world.chief, "dimension=division").await.len(), 2);
        let body = json!({"name": "Tavla", "scopes": ["satisfaction.read"], "systems": [], "customers": [above]});
        let id = admin.post("/clients", body).await.expect(201).id();
        let board = service.caller_with(Kind::Client, &id, "satisfaction.read");
        assert_eq!(told(&board, "dimension=division").await, []);
        assert_eq!(told(&board, "dimension=team").await, []);
        assert_eq!(told(&board, "dimension=customer").await.len(), 2);
    })
    .await;
}
