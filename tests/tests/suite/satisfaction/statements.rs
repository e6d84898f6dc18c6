//! Satisfaction that was promised: judged by what may be told, once its period is fixed, and by nothing else.
use api::identity::Kind;
use end_to_end::on_each_database;
use serde_json::{Value, json};

use super::{Ratings, drawn, figures, on_day};
use crate::statements::{Stage, figure, step};

fn promised(key: &str, method: &str, value: &str, period: &str) -> Value {
    json!({"key": key, "name": "Nöjda användare", "indicator": {"kind": "satisfaction", "method": method},
        "comparison": "at_least", "value": value, "period": period, "minimumObservations": 8})
}

#[tokio::test(flavor = "multi_thread")]
async fn satisfaction_is_judged_by_fixed_figures_and_a_withheld_one_says_nothing() {
    on_each_database(async |service| {
        on_day(&service, "2026-01-20");
        let mut stage = Stage::set(&service).await;
        let ratings = Ratings::set(&service).await;
        let targets = vec![
            promised("csat", "csat", "80", "month"),
            promised("mean", "mean", "4.5", "month"),
            promised("quarter", "csat", "80", "quarter"),
        ];
        let world = &stage.desk.world;
        let content = stage.content(targets);
        let agreement = stage.agreed(&world.klk_hr, &world.decider, "2020-01-01", content).await;
        let (own, other) = (stage.desk.world.klk_hr.clone(), stage.desk.world.bun.clone());
        let mail = stage.desk.world.mail.clone();
        let send = async |month: &str, all: &[(&str, i32, usize)]| {
            let ratings_of_month: Vec<_> = all
                .iter()
                .map(|(who, score, n)| {
                    let customer = if *who == "own" { own.as_str() } else { other.as_str() };
                    (customer, mail.as_str(), (1, 5), *score, *n)
                })
                .collect();
            ratings.rate(&service, month, &ratings_of_month).await;
        };
        send("2026-01", &[("own", 5, 8), ("own", 2, 2), ("other", 3, 30)]).await;
        on_day(&service, "2026-02-03");
        drawn(&service).await;
        stage.desk.world.dm = service.caller(Kind::Person, &stage.desk.world.dm_id);
        let january = stage.open(&agreement, "2026-01").await.expect(201);
        let january = format!("/service-level-statements/{}", january.id());
        let read = async |stage: &Stage, path: &str| stage.desk.world.dm.get(path).await.expect(200).body;
        let before = read(&stage, &january).await;
        let csat = figure(&before, "csat");
        assert_eq!(
            (&csat["verdict"], &csat["agreed"]["n"]),
            (&json!("insufficient_data"), &json!(0)),
            "not fixed yet"
        );

        on_day(&service, "2026-02-05");
        drawn(&service).await;
        let now = read(&stage, &january).await;
        let csat = figure(&now, "csat");
        assert_eq!(csat["verdict"], "met", "{csat:#}");
        assert_eq!(csat["agreed"], json!({"value": "80", "n": 10, "k": 8}));
        assert_eq!(
            (&csat["counted"], &csat["method"]),
            (&json!("answers"), &json!("satisfaction_of_period"))
        );
        let mean = figure(&now, "mean");
        assert_eq!(
            (&mean["verdict"], &mean["agreed"]),
            (&json!("missed"), &json!({"value": "4.4", "n": 10}))
        );
        let proposed = step(&stage.desk.world.dm, &january, "proposal", None).await.expect(200);
        assert_eq!(figure(&proposed.body, "csat")["agreed"]["k"], 8);

        // Four of the agreement's customer are nobody's to know, in whatever way it is asked; those of another are.
        on_day(&service, "2026-02-20");
        send("2026-02", &[("own", 1, 4), ("other", 3, 30)]).await;
        on_day(&service, "2026-03-20");
        send("2026-03", &[("own", 4, 9), ("other", 3, 30)]).await;
        on_day(&service, "2026-04-05");
        drawn(&service).await;
        stage.desk.world.dm = service.caller(Kind::Person, &stage.desk.world.dm_id);
        let opened = async |stage: &Stage, period: &str| {
            let opened = stage.open(&agreement, period).await.expect(201);
            read(stage, &format!("/service-level-statements/{}", opened.id())).await
        };
        let february = opened(&stage, "2026-02").await;
        for key in ["csat", "mean"] {
            let told = figure(&february, key);
            assert_eq!(told["verdict"], "insufficient_data");
            assert_eq!((&told["agreed"], &told["raw"]), (&told["raw"], &told["agreed"]));
            assert_eq!(told["agreed"]["n"], 0, "{told:#}");
        }
        let seen = figures(&service.administrator(), &format!("customer={own}&period=2026-02")).await;
        assert!(seen.iter().all(|f| f["withheld"] == true), "{seen:#?}");
        // The quarter is made of the months that are told, so that it gives the one between them away to nobody.
        let quarter = opened(&stage, "2026-Q1").await;
        let told = figure(&quarter, "quarter");
        let of_months = figures(
            &service.administrator(),
            &format!("customer={own}&dimension=customer_service&method=mean&withheld=false"),
        )
        .await;
        let n: u64 = of_months.iter().filter_map(|f| f["n"].as_u64()).sum();
        assert_eq!(told["agreed"]["n"], n, "{told:#}");
        // Of the running month nothing is said.
        let april = opened(&stage, "2026-04").await;
        assert_eq!(figure(&april, "csat")["verdict"], "insufficient_data");
    })
    .await;
}
