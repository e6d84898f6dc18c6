//! The figures by other hands: the auditor's program, in another language and written from the rules alone, computes
//! them again from the evidence.
use std::{path::Path, process::Output};

use api::identity::Kind;
use chrono::{DateTime, Datelike, Duration, Months, NaiveDate, Utc};
use end_to_end::on_each_database;
use serde_json::json;

use super::{
    teller::{Teller, WORDS},
    *,
};

/// Promises of every kind, for a kind of period.
fn targets(period: &str, mail: &str, salary: &str, office: &str, always: &str) -> Vec<Value> {
    let target = |key: &str, comparison: &str, value: &str, calendar: Option<&str>, indicator: Value| {
        let key = if period == "month" {
            key.to_owned()
        } else {
            format!("{key}-{period}")
        };
        let mut target = json!({"key": key, "name": key, "comparison": comparison, "value": value, "period": period,
            "indicator": indicator});
        if let Some(calendar) = calendar {
            target["calendar"] = json!(calendar);
        }
        target
    };
    let timely =
        |members: Value| crate::measurements::with(json!({"kind": "timeliness", "measured": "resolution"}), members);
    let gauge =
        |figure: Value, unit: Value| json!({"kind": "gauge", "metric": "svarstid", "unit": unit, "figure": figure});
    let availability = || json!({"kind": "availability"});
    let mut all = vec![
        target("uptime", "at_least", "99", Some(office), availability()),
        target("mail", "above", "90", Some(always), availability()),
        target(
            "high",
            "at_least",
            "50",
            Some(office),
            timely(json!({"limit": "PT4H", "priorities": ["2 - High"]})),
        ),
        target(
            "days",
            "above",
            "40",
            Some(office),
            timely(json!({"limit": "P2D", "caseKinds": ["incident"],
            "countedPriority": "at_opening", "priorities": ["1 - Critical", "3 - Moderate"]})),
        ),
        target(
            "response",
            "at_least",
            "60",
            Some(always),
            timely(json!({"limit": "PT30M", "measured": "response"})),
        ),
        target(
            "reopened",
            "at_least",
            "20",
            Some(office),
            timely(json!({"limit": "PT2H30M", "reopenedTimeCounts": true,
            "countedPriority": "at_resolution", "priorities": ["1 - Critical", "4 - Low"]})),
        ),
        target("mean", "at_most", "0.9", None, gauge(json!("mean"), json!("s"))),
        target("min", "below", "0.001", None, gauge(json!("min"), json!("s"))),
        target("max", "at_most", "1.9", None, gauge(json!("max"), Value::Null)),
        target("sum", "above", "10", None, gauge(json!("sum"), json!("ms"))),
        target("last", "at_least", "1", None, gauge(json!("last"), json!("s"))),
        target(
            "median",
            "at_most",
            "1",
            None,
            gauge(json!({"percentile": "50"}), json!("s")),
        ),
        target(
            "worst",
            "at_most",
            "1.5",
            None,
            gauge(json!({"percentile": "99.9"}), json!("s")),
        ),
    ];
    all[1]["services"] = json!([mail]);
    all[4]["services"] = json!([salary]);
    all[6]["minimumObservations"] = json!(15);
    all
}

impl Stage {
    /// What is agreed: promises of every kind, for these kinds of periods.
    fn promised(&self, periods: &[&str], some: &str, other: &str) -> Value {
        let world = &self.desk.world;
        let of = |period: &&str| targets(period, &world.mail, &world.salary, some, other);
        let mut content = self.content(periods.iter().flat_map(of).collect());
        content["priorities"] = json!(WORDS);
        content
    }
}

/// A calendar with gaps at noon, nights, and days of their own, over both changes of the clock.
async fn office(service: &Service) -> String {
    let day = json!([{"from": "07:30", "to": "12:00"}, {"from": "13:00", "to": "18:00"}]);
    let hours = json!({"zone": "Europe/Stockholm", "weekly": {"monday": day, "tuesday": day, "wednesday": day,
        "thursday": day, "friday": [{"from": "20:00", "to": "24:00"}], "saturday": [{"from": "00:00", "to": "04:15"}],
        "sunday": [{"from": "01:15", "to": "02:20"}, {"from": "02:30", "to": "04:10"}]},
        "exceptions": [{"date": "2026-04-03"}, {"date": "2026-04-30", "hours": [{"from": "08:00", "to": "12:00"}]},
            {"date": "2026-05-02", "hours": [{"from": "10:00", "to": "16:00"}]}]});
    let body = json!({"name": "Jour och kontor", "hours": hours});
    service
        .administrator()
        .post("/service-calendars", body)
        .await
        .expect(201)
        .id()
}

/// Runs the auditor's program.
async fn audit(service: &Service, statements: &[String]) -> Output {
    let state = service.state();
    let issued = state.tokens.issue(
        Kind::Auditor,
        "rolf.revisor",
        String::new(),
        Duration::hours(1),
        state.clock.now(),
    );
    let token = service.settings().data_folder.join("auditor.token");
    std::fs::write(&token, issued.expect("a token")).expect("a file");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/audit_statement.py");
    let mut command = std::process::Command::new("python3");
    command.arg(program).arg("--token").arg(token);
    command
        .args(["--url", &format!("http://{}", service.running.address)])
        .args(statements);
    let run = tokio::task::spawn_blocking(move || command.output());
    run.await
        .expect("it ends")
        .expect("the examples need python3 (3.11 or later) on the PATH")
}

#[track_caller]
fn told(done: &Output) -> String {
    let (told, failed) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    assert!(failed.is_empty(), "{failed}");
    let differing = |line: &&str| !line.ends_with("the same");
    told.lines().filter(differing).map(|line| format!("{line}\n")).collect()
}

fn instant(told: &Value) -> DateTime<Utc> {
    told.as_str().and_then(|at| at.parse().ok()).expect("an instant")
}

fn midnight(service: &Service, day: NaiveDate) -> DateTime<Utc> {
    domain::calendars::midnight(service.state().settings.time_zone, day)
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day")
}

/// An agreement about both services. From a day in April on, a part of the customer has a nearer one about mail.
async fn agreed(stage: &Stage, content: Value) -> String {
    let world = &stage.desk.world;
    let body = json!({"kind": "sla", "customer": world.klk, "evidence": "document", "draft": {
        "services": [world.mail, world.salary], "content": content,
        "terms": {"firstDay": "2025-12-10", "lastDay": "2090-12-31", "renewal": "none"}}});
    let agreement = world.brm.post("/agreements", body).await.expect(201).id();
    stage.approve(&agreement, 1, &world.chief).await;
    let nearer = stage.content(vec![stage.availability()]);
    stage.agreed(&world.klk_hr, &world.decider, "2026-04-10", nearer).await;
    agreement
}

/// A month's statement: left open, proposed, or closed after so many acts; then ten cases are corrected.
async fn followed_up(
    service: &Service,
    teller: &mut Teller<'_>,
    agreement: &str,
    first: NaiveDate,
    acts: u32,
) -> String {
    let (stage, chief) = (teller.stage, &teller.stage.desk.world.chief);
    let lines = teller.month(midnight(service, first));
    stage.desk.send(&lines).await;
    // Of two that were read at the same time, the one that arrived later is the last.
    let last = midnight(service, first + Months::new(1)) - Duration::seconds(1);
    for value in ["1.999", "0.001"] {
        stage.desk.send(&[teller.last_sample(last, value)]).await;
    }
    let since = midnight(service, first.max(day(2025, 12, 10)));
    teller.exclusions(agreement, since).await;
    let period = first.format("%Y-%m").to_string();
    let opened = stage.open(agreement, &period).await.expect(201).id();
    let path = format!("/service-level-statements/{opened}");
    if acts > 0 {
        stage.propose(&path).await.expect(200);
    }
    if acts > 1 {
        let digest = chief.get(&path).await.expect(200).body["figures"]["digest"].clone();
        let accepted = step(chief, &path, "acceptance", Some(json!({"digest": digest}))).await;
        accepted.expect(200);
        stage.close(&path).await.expect(200);
    }
    let cases = lines.iter().filter(|line| line["kind"] == "case").take(10);
    let again = cases.map(|told| teller.case(told["sourceId"].as_str().expect("an id"), instant(&told["opened"]), 2));
    let again: Vec<Value> = again.collect();
    stage.desk.send(&again).await;
    opened
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_computes_every_figure_again() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let (office, always) = (office(&service).await, stage.always(&service).await);
        let content = stage.promised(&["month", "quarter", "year"], &office, &always);
        let agreement = agreed(&stage, content).await;
        let mut teller = Teller::of(&stage);
        let mut statements = vec![];
        for (year, month, acts) in [
            (2025, 12, 2),
            (2026, 1, 0),
            (2026, 3, 0),
            (2026, 4, 2),
            (2026, 5, 0),
            (2026, 10, 1),
        ] {
            let first = day(year, month, 1);
            statements.push(followed_up(&service, &mut teller, &agreement, first, acts).await);
        }
        for period in ["2026-Q1", "2026-Q2", "2025"] {
            statements.push(stage.open(&agreement, period).await.expect(201).id());
        }
        let done = audit(&service, &statements).await;
        assert_eq!(told(&done), "9 statements, 0 differences\n");
        assert_eq!(done.status.code(), Some(0));

        // Told afterwards that mail was used no longer: what was closed stands, and the auditor sees it.
        let admin = service.administrator();
        let path = format!("/customers/{}/service-usages", stage.desk.world.klk_hr);
        let usage = admin.get(&path).await.expect(200).items()[0].clone();
        let path = format!("{path}/{}/end", usage["id"].as_str().expect("an id"));
        let etag = format!("\"{}\"", usage["version"]);
        let ended = admin.act(&path, &etag, json!({"lastDay": "2025-12-20"})).await;
        ended.expect(200);
        let done = audit(&service, &statements[..1]).await;
        assert!(told(&done).contains("2025-12 version 1, mail: "), "{}", told(&done));
        assert_eq!(done.status.code(), Some(1));
        service.stop().await;
    })
    .await;
}

/// By the clock of the service, which is moved: a version can only take another's place from a day to come.
#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_computes_two_versions_of_a_running_month() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let (office, always) = (office(&service).await, stage.always(&service).await);
        let agreement = agreed(&stage, stage.promised(&["month"], &office, &always)).await;
        let (world, state) = (&stage.desk.world, service.state());
        let next = state.settings.local_date(state.clock.now()) + Months::new(1);
        let first = next.with_day(1).expect("a day");
        let content = stage.promised(&["month"], &always, &office);
        let draft = json!({"content": content, "terms": {"firstDay": first + Duration::days(10),
            "lastDay": "2090-12-31", "renewal": "none"}});
        let path = format!("/agreements/{agreement}/versions");
        world.brm.post(&path, draft).await.expect(201);
        stage.approve(&agreement, 2, &world.chief).await;
        let lines = Teller::of(&stage).month(midnight(&service, first));

        let now = midnight(&service, first + Duration::days(19)) + Duration::minutes(700);
        state.clock.advance(now - state.clock.now());
        let dm = service.caller(Kind::Person, &world.dm_id);
        let by_then = lines.into_iter().filter(|line| instant(&line["observedAt"]) < now);
        let by_then: Vec<Value> = by_then.collect();
        stage.desk.later(&service).send(&by_then).await;
        let body = json!({"agreement": agreement, "period": first.format("%Y-%m").to_string()});
        let running = dm.post("/service-level-statements", body).await.expect(201);
        let parts = running.body["figures"]["parts"].as_array().expect("parts");
        assert_eq!(parts.len(), 2);
        assert_ne!(parts[1]["targets"][0]["agreed"]["n"], 0);
        let done = audit(&service, &[running.id()]).await;
        assert_eq!(told(&done), "1 statements, 0 differences\n");
        service.stop().await;
    })
    .await;
}
