//! The figures: from evidence through the API, each with its inputs.
use chrono::{Datelike, Months};
use end_to_end::on_each_database;
use serde_json::json;

use super::*;

/// Weekdays of March 2026 from eight to five, 22 of them.
const OPEN: i64 = 22 * 9 * 3600;

#[tokio::test(flavor = "multi_thread")]
async fn a_month_of_evidence_becomes_figures_with_their_inputs() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let statement = stage.march(&agreement).await;
        let desk = &stage.desk;
        desk.send(&[
            // Monday, 13 to 18 in Stockholm: four hours of it open.
            desk.outage(
                "O-1",
                json!({"from": "2026-03-02T12:00:00Z", "to": "2026-03-02T17:00:00Z"}),
            ),
            // The same time once more, planned: neither counts nor shields.
            desk.outage(
                "O-2",
                json!({"from": "2026-03-02T11:00:00Z", "to": "2026-03-02T18:00:00Z", "planned": true}),
            ),
            // Another customer's alone.
            desk.outage(
                "O-3",
                json!({"from": "2026-03-03T08:00:00Z", "to": "2026-03-03T16:00:00Z",
                "customers": [desk.world.bun]}),
            ),
            // Began in February, ended in the first open hour of March.
            desk.outage(
                "O-4",
                json!({"from": "2026-02-27T18:00:00Z", "to": "2026-03-02T08:00:00Z"}),
            ),
            desk.case("C-1", json!({"resolved": "2026-03-02T11:00:00Z"})),
            desk.case("C-2", json!({"resolved": "2026-03-03T09:00:00Z"})),
            // Waited for somebody else all the while but two hours.
            desk.case(
                "C-3",
                json!({"resolved": "2026-03-03T09:00:00Z",
                "pauses": [{"from": "2026-03-02T09:00:00Z", "to": "2026-03-03T08:00:00Z"}]}),
            ),
            // Of another priority.
            desk.case(
                "C-4",
                json!({"resolved": "2026-03-02T11:00:00Z", "priority": "3 - Moderate"}),
            ),
            // Resolved in April.
            desk.case(
                "C-5",
                json!({"resolved": "2026-04-02T11:00:00Z", "observedAt": "2026-04-03T10:00:00Z"}),
            ),
            desk.sample("S-1", json!({"value": "0.4"})),
            desk.sample("S-2", json!({"value": "0.6", "observedAt": "2026-03-04T10:00:00Z"})),
            desk.sample("S-3", json!({"value": "900", "unit": "ms"})),
            // Read at the customer, and at another one.
            desk.sample("S-4", json!({"value": "0.5", "customer": desk.world.klk_hr})),
            desk.sample("S-5", json!({"value": "0.9", "customer": desk.world.bun})),
        ])
        .await;
        let seen = desk.world.dm.get(&statement).await.expect(200);
        let uptime = figure(&seen.body, "uptime");
        assert_eq!(uptime["agreed"]["n"], OPEN);
        assert_eq!(uptime["agreed"]["k"], OPEN - 5 * 3600);
        // 100 × (1 − 18000 ÷ 712800)
        assert_eq!(uptime["agreed"]["value"], "97.474747");
        assert_eq!(
            (&uptime["verdict"], &uptime["atRisk"]),
            (&json!("missed"), &json!(false))
        );
        assert_eq!(
            uptime["allowance"],
            json!({"whole": OPEN, "lost": 18_000, "left": 7_128 - 18_000})
        );
        assert_eq!(uptime["method"], "availability_of_agreed_time");
        assert_eq!(uptime["calendar"]["id"], *stage.calendar);
        let resolution = figure(&seen.body, "resolution");
        assert_eq!(resolution["agreed"], json!({"value": "66.666667", "n": 3, "k": 2}));
        assert_eq!(resolution["verdict"], "met");
        // Two of 31 days.
        assert_eq!(resolution["evidenceShare"], "6.451613");
        let answers = figure(&seen.body, "answers");
        assert_eq!(answers["agreed"], json!({"value": "0.6", "n": 3}));
        assert_eq!(answers["verdict"], "missed");
        let part = &seen.body["figures"]["parts"][0];
        assert_eq!(
            (&part["firstDay"], &part["lastDay"]),
            (&json!("2026-03-01"), &json!("2026-03-31"))
        );
        assert_eq!(seen.body["figures"]["until"], "2026-03-31T22:00:00Z");
        // Outages 1, 2 and 4; cases 1 to 3; samples 1, 2 and 4.
        assert_eq!(seen.body["figures"]["evidence"]["measurements"], 9);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_running_month_moves_with_its_evidence_and_the_clock() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let state = service.state();
        let now = state.clock.now();
        let period = state.settings.local_date(now).format("%Y-%m").to_string();
        let statement = format!(
            "/service-level-statements/{}",
            stage.open(&agreement, &period).await.expect(201).id()
        );
        let dm = &stage.desk.world.dm;
        let first = dm.get(&statement).await.expect(200);
        assert_eq!(first.body["state"], "open");
        let unchanged = dm
            .send(Method::GET, &statement, &[("if-none-match", &first.etag())], None)
            .await;
        assert!([200, 304].contains(&unchanged.status.as_u16()));
        // An outage that began with the month and lasts.
        let begun = format!("{period}-01T00:00:00Z");
        let outage = stage.desk.outage("O-1", json!({"from": begun, "observedAt": begun}));
        stage.desk.send(&[outage]).await;
        let seen = dm.get(&statement).await.expect(200);
        assert_ne!(seen.etag(), first.etag());
        let uptime = figure(&seen.body, "uptime");
        if uptime["agreed"]["n"] != 0 {
            assert_eq!((&uptime["agreed"]["k"], &uptime["atRisk"]), (&json!(0), &json!(true)));
        }
        // It cannot be proposed before it is over.
        let early = stage.propose(&statement).await.refused(409, "statement_order");
        assert_eq!(early.body["rule"], "R10");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_version_is_judged_on_its_own_days() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let world = &stage.desk.world;
        let dm_id = world.dm_id.clone();
        let state = service.state();
        let next = state.settings.local_date(state.clock.now()) + Months::new(1);
        let (first, eleventh) = (next.with_day(1).expect("a day"), next.with_day(11).expect("a day"));
        let mut stricter = stage.availability();
        (stricter["value"], stricter["calendar"]) = (json!("99.9"), json!(stage.always(&service).await));
        let draft = json!({"content": stage.content(vec![stricter]),
            "terms": {"firstDay": eleventh, "lastDay": "2090-12-31", "renewal": "none"}});
        let path = format!("/agreements/{agreement}/versions");
        world.brm.post(&path, draft).await.expect(201);
        stage.approve(&agreement, 2, &world.decider).await;
        state.clock.advance(chrono::Duration::days(70));
        let dm = service.caller(api::identity::Kind::Person, &dm_id);
        let desk = stage.desk.later(&service);
        let midnight = domain::calendars::midnight(state.settings.time_zone, eleventh);
        let (from, to) = (
            midnight - chrono::Duration::hours(5),
            midnight + chrono::Duration::hours(1),
        );
        desk.send(&[desk.outage("O-1", json!({"from": from, "to": to, "observedAt": to}))])
            .await;
        let body = json!({"agreement": agreement, "period": first.format("%Y-%m").to_string()});
        let seen = dm.post("/service-level-statements", body).await.expect(201).body;
        let parts = &seen["figures"]["parts"];
        assert_eq!((&parts[0]["version"], &parts[1]["version"]), (&json!(1), &json!(2)));
        assert_eq!(
            (&parts[0]["firstDay"], &parts[1]["firstDay"]),
            (&json!(first), &json!(eleventh))
        );
        // The office had closed before the evening's part of it; the night's part is judged by the second version alone.
        let lost = |figure: &Value| figure["agreed"]["n"].as_i64().unwrap() - figure["agreed"]["k"].as_i64().unwrap();
        assert_eq!(lost(figure_in(&seen, 0, "uptime")), 0);
        assert_eq!(lost(figure_in(&seen, 1, "uptime")), 3600);
        assert_eq!(figure_in(&seen, 1, "uptime")["value"], "99.9");
        // The outage stands in both parts, and once in the evidence.
        assert_eq!(seen["figures"]["evidence"]["measurements"], 1);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_without_the_agreement_has_no_statement() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let agreement = stage.usual().await;
        let before = stage.open(&agreement, "2019-12").await.refused(409, "statement_order");
        assert_eq!(before.body["errors"][0]["pointer"], "/period");
        stage.open(&agreement, "2026-13").await.expect(422);
        let first = stage.open(&agreement, "2026-03").await.expect(201);
        let again = stage.open(&agreement, "2026-03").await.expect(200);
        assert_eq!(first.id(), again.id());
        // A quarter is a statement of its own, and has none of the monthly targets.
        let quarter = stage.open(&agreement, "2026-Q1").await.expect(201);
        assert_eq!(quarter.body["figures"]["parts"][0]["targets"], json!([]));
        assert_eq!(
            (&quarter.body["firstDay"], &quarter.body["lastDay"]),
            (&json!("2026-01-01"), &json!("2026-03-31"))
        );
        service.stop().await;
    })
    .await;
}
