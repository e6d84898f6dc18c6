//! What customers' contacts think: across the rounds of one kind, question by question, and never beside what users think.
use end_to_end::on_each_database;
use serde_json::{Value, json};

use super::{Rated, drawn, figures, on_day};
use crate::surveys::{act, answer, contacts, draft, links};

#[tokio::test(flavor = "multi_thread")]
async fn rounds_of_one_kind_make_the_customers_series_and_named_ones_do_not() {
    on_each_database(async |service| {
        let rated = Rated::set(&service, "2026-01-16").await;
        let world = &rated.world;
        let (own, above) = (world.klk_hr.as_str(), world.klk.as_str());
        contacts(&service, own, 8).await;
        contacts(&service, above, 6).await;
        for (anonymity, customer, scores) in [
            ("anonymous", own, [5; 8]),
            ("confidential", own, [2; 8]),
            ("confidential", above, [3, 3, 3, 3, 3, 3, 0, 0]),
            ("named", own, [1; 8]),
        ] {
            let round = draft(&service, world, anonymity, &[customer], json!({})).await;
            act(&world.brm, &round, "opening").await.expect(200);
            let table = links(&world.brm, &round, 0).await;
            for (line, score) in table.iter().zip(scores).filter(|(_, score)| *score > 0) {
                let answers = json!({"how": score, "recommend": 2 * score});
                answer(&service, &line[4], answers, true).await.expect(200);
            }
            let told = figures(&service.administrator(), "series=customer").await;
            assert!(told.is_empty(), "nothing while it is open");
            act(&world.brm, &round, "closing").await.expect(200);
        }
        rated
            .rate(&service, "2026-01", &[(own, world.mail.as_str(), (1, 5), 4, 30)])
            .await;
        on_day(&service, "2026-02-04");
        drawn(&service).await;
        let admin = service.administrator();
        let of = async |query: &str| figures(&admin, &format!("periodKind=month&{query}")).await;
        let how = of("series=customer&question=how&method=csat&dimension=customer&surveyKind=customer_relation").await;
        let told = |code: &str| -> Vec<(Value, Value)> {
            let of = how.iter().filter(|f| f["customer"]["code"] == code);
            of.map(|f| (f["n"].clone(), f["value"].clone())).collect()
        };
        assert_eq!(told("KLK-HR"), [(json!(16), json!(50.0))], "{how:#?}");
        assert_eq!(told("KLK"), [(json!(6), json!(0.0))]);
        let all = of("series=customer&question=recommend&method=nps&dimension=all").await;
        assert_eq!(
            (all.len(), &all[0]["n"], &all[0]["surveyKind"]),
            (1, &json!(22), &json!("customer_relation"))
        );
        // 8 promoters and 14 detractors of 22.
        assert_eq!(all[0]["value"], -27.272727);
        let about_none = of("series=customer&question=how&method=mean&dimension=service").await;
        assert_eq!((about_none.len(), &about_none[0]["n"]), (1, &json!(22)));
        assert!(about_none[0].get("service").is_none());
        let users = of("series=user&method=mean&dimension=all").await;
        assert_eq!(
            (users.len(), &users[0]["n"], users[0].get("question")),
            (1, &json!(30), None)
        );
        // The department got three rounds, each of a survey of its own; above it was asked one survey alone.
        assert!(
            how.iter()
                .all(|f| f.get("survey").is_some() == (f["customer"]["code"] == "KLK")),
            "{how:#?}"
        );
        let survey = how.iter().find_map(|f| f["survey"].as_str()).expect("a survey");
        let own = of(&format!("survey={survey}&question=how&method=csat&dimension=customer")).await;
        assert_eq!((own.len(), &own[0]["customer"]["code"]), (1, &json!("KLK")));
        // Drawn again, nothing is other than it was.
        let before = figures(&admin, "").await;
        on_day(&service, "2026-03-04");
        drawn(&service).await;
        let january = figures(&service.administrator(), "period=2026-01").await;
        assert_eq!(january, before);
    })
    .await;
}
