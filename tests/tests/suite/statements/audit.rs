//! The figures by other hands: the auditor's program, in another language and written from the rules alone, computes them
//! again from the evidence.
use std::{path::Path, process::Output};

use api::identity::Kind;
use chrono::{DateTime, Datelike, Duration, Months, NaiveDate, Utc};
use end_to_end::on_each_database;
use serde_json::json;

use super::*;

const WORDS: [&str; 4] = ["1 - Critical", "2 - High", "3 - Moderate", "4 - Low"];

/// Numbers that look random, and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u64) as usize]
    }

    /// Later, by less than so many minutes; sometimes within a second, sometimes at once.
    fn after(&mut self, at: DateTime<Utc>, minutes: u64) -> DateTime<Utc> {
        let part = if self.one_in(3) { self.below(1_000_000) } else { 0 };
        let seconds = if self.one_in(20) { 0 } else { self.below(minutes * 60) };
        at + Duration::seconds(seconds as i64) + Duration::microseconds(part as i64)
    }
}

/// Evidence that has everything in it that the rules speak of.
struct Teller<'a> {
    stage: &'a Stage,
    dice: Dice,
    told: usize,
}

impl Teller<'_> {
    fn id(&mut self) -> String {
        self.told += 1;
        format!("N-{}", self.told)
    }

    fn service(&mut self) -> Value {
        let world = &self.stage.desk.world;
        json!(self.dice.one_of(&[&world.mail, &world.salary]))
    }

    /// What happened in a month, and a little before and after it.
    fn month(&mut self, begin: DateTime<Utc>) -> Vec<Value> {
        let begin = begin - Duration::days(2);
        let mut lines = vec![];
        for _ in 0..25 {
            let from = self.dice.after(begin, 35 * 1440);
            lines.push(self.outage(from));
        }
        for _ in 0..60 {
            let opened = self.dice.after(begin, 33 * 1440);
            let id = self.id();
            lines.push(self.case(&id, opened, 1));
        }
        for _ in 0..40 {
            let at = self.dice.after(begin, 35 * 1440);
            lines.push(self.sample(at));
        }
        lines
    }

    fn outage(&mut self, from: DateTime<Utc>) -> Value {
        let world = &self.stage.desk.world;
        let felt = [
            json!([]),
            json!([world.klk_hr]),
            json!([world.klk, world.bun]),
            json!([world.bun]),
        ];
        let id = self.id();
        let to = self.dice.after(from, 900);
        let mut members = json!({"service": self.service(), "from": from, "observedAt": from,
            "planned": self.dice.one_in(6), "customers": self.dice.one_of(&felt)});
        if !self.dice.one_in(40) {
            members["to"] = json!(to);
        }
        self.stage.desk.outage(&id, members)
    }

    fn case(&mut self, id: &str, opened: DateTime<Utc>, version: u32) -> Value {
        let world = &self.stage.desk.world;
        let customer = json!(self.dice.one_of(&[&world.klk, &world.klk_hr]));
        let mut members = json!({"service": self.service(), "customer": customer, "opened": opened, "observedAt": opened,
            "sourceVersion": version, "category": self.dice.one_of(&["incident", "order"])});
        let mut history = vec![];
        let mut since = opened;
        for _ in 0..=self.dice.below(3) {
            history.push(json!({"priority": self.dice.one_of(&WORDS), "since": since}));
            since = self.dice.after(since, 600);
        }
        members["priority"] = history[history.len() - 1]["priority"].clone();
        if history.len() > 1 || self.dice.one_in(2) {
            members["priorityHistory"] = json!(history);
        }
        // Unordered, overlapping, sticking out, of no length, and some that still last.
        let many = self.dice.below(4);
        let pauses = (0..many).map(|_| {
            let from = self.dice.after(opened - Duration::hours(2), 1500);
            let to = self.dice.after(from, 700);
            if self.dice.one_in(25) {
                json!({"from": from})
            } else {
                json!({"from": from, "to": to})
            }
        });
        members["pauses"] = pauses.collect::<Vec<_>>().into();
        let mut at = opened;
        let mut reopenings = vec![];
        while self.dice.one_in(4) {
            let resolved = self.dice.after(at, 400);
            at = self.dice.after(resolved, 900);
            reopenings.push(json!({"resolved": resolved, "reopened": at}));
        }
        members["reopenings"] = reopenings.into();
        if self.dice.one_in(2) {
            members["responded"] = json!(self.dice.after(opened, 90));
        }
        if !self.dice.one_in(10) {
            let minutes = *self.dice.one_of(&[300, 900, 6000]);
            members["resolved"] = json!(self.dice.after(at, minutes));
        }
        self.stage.desk.case(id, members)
    }

    fn sample(&mut self, at: DateTime<Utc>) -> Value {
        let id = self.id();
        let value = format!("{}.{:03}", self.dice.below(2), self.dice.below(1000));
        let members = json!({"service": self.service(), "observedAt": at, "value": value,
            "metric": self.dice.one_of(&["svarstid", "svarstid", "kö"]),
            "unit": self.dice.one_of(&["s", "s", "ms"])});
        self.stage.desk.sample(&id, members)
    }

    /// Intervals that are asked to be left out; the customer says yes, no, or nothing.
    async fn exclusions(&mut self, agreement: &str, begin: DateTime<Utc>) {
        let world = &self.stage.desk.world;
        for _ in 0..5 {
            let from = self.dice.after(begin, 25 * 1440);
            let ground = *self
                .dice
                .one_of(&["planned_maintenance", "customer_caused", "force_majeure"]);
            let mut body = json!({"agreement": agreement, "from": from,
                "to": self.dice.after(from + Duration::minutes(1), 3000), "ground": ground, "reason": "Avbrott."});
            if self.dice.one_in(3) {
                body["service"] = json!(world.mail);
            }
            if self.dice.one_in(3) {
                body["target"] = json!(self.dice.one_of(&["uptime", "high", "days", "mean"]));
            }
            let made = world.dm.post("/exclusions", body).await.expect(201);
            if made.body["state"] == "pre_agreed" {
                continue;
            }
            let path = format!("/exclusions/{}", made.id());
            match self.dice.below(4) {
                0 => drop(
                    step(&world.chief, &path, "refusal", Some(json!({"reason": "Nej."})))
                        .await
                        .expect(200),
                ),
                1 => {}
                _ => drop(step(&world.chief, &path, "consent", None).await.expect(200)),
            }
        }
    }
}

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

/// A calendar with gaps at noon, nights, and days of their own, over both changes of the clock.
async fn office(service: &Service) -> String {
    let day = json!([{"from": "07:30", "to": "12:00"}, {"from": "13:00", "to": "18:00"}]);
    let hours = json!({"zone": "Europe/Stockholm", "weekly": {"monday": day, "tuesday": day, "wednesday": day,
        "thursday": day, "friday": [{"from": "20:00", "to": "24:00"}], "saturday": [{"from": "00:00", "to": "04:15"}],
        "sunday": [{"from": "02:30", "to": "02:45"}]},
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

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_computes_every_figure_again() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let world = &stage.desk.world;
        let (office, always) = (office(&service).await, stage.always(&service).await);
        let promised = |periods: &[&str], some: &str, other: &str| {
            let of = |period: &&str| targets(period, &world.mail, &world.salary, some, other);
            let mut content = stage.content(periods.iter().flat_map(of).collect());
            content["priorities"] = json!(WORDS);
            content
        };
        let body = json!({"kind": "sla", "customer": world.klk, "evidence": "document", "draft": {
            "services": [world.mail, world.salary], "content": promised(&["month", "quarter", "year"], &office, &always),
            "terms": {"firstDay": "2025-12-10", "lastDay": "2090-12-31", "renewal": "none"}}});
        let agreement = world.brm.post("/agreements", body).await.expect(201).id();
        stage.approve(&agreement, 1, &world.chief).await;
        // From a day in April on, the part of the customer has an agreement of its own about mail.
        let nearer = stage.content(vec![stage.availability()]);
        stage.agreed(&world.klk_hr, &world.decider, "2026-04-10", nearer).await;

        let mut teller = Teller { stage: &stage, dice: Dice(7), told: 0 };
        let mut paths = vec![];
        for month in [12, 13, 15, 16, 17, 22] {
            let day = NaiveDate::from_ymd_opt(2025 + (month - 1) / 12, (month - 1) as u32 % 12 + 1, 1).expect("a day");
            let begin = midnight(&service, day);
            let lines = teller.month(begin);
            stage.desk.send(&lines).await;
            teller.exclusions(&agreement, begin.max(midnight(&service, NaiveDate::from_ymd_opt(2025, 12, 10).expect("a day")))).await;
            let opened = stage.open(&agreement, &day.format("%Y-%m").to_string()).await.expect(201);
            let path = format!("/service-level-statements/{}", opened.id());
            if month % 2 == 0 {
                stage.propose(&path).await.expect(200);
            }
            if month % 4 == 0 {
                let digest = world.chief.get(&path).await.expect(200).body["figures"]["digest"].clone();
                step(&world.chief, &path, "acceptance", Some(json!({"digest": digest}))).await.expect(200);
                stage.close(&path).await.expect(200);
            }
            // Corrected afterwards, whatever was proposed or closed.
            let cases = lines.iter().filter(|line| line["kind"] == "case").take(10);
            let again = cases.map(|line| {
                teller.case(line["sourceId"].as_str().expect("an id"), instant(&line["opened"]), 2)
            });
            let again: Vec<Value> = again.collect();
            stage.desk.send(&again).await;
            paths.push(path);
        }
        for period in ["2026-Q1", "2026-Q2", "2025"] {
            let opened = stage.open(&agreement, period).await.expect(201);
            paths.push(format!("/service-level-statements/{}", opened.id()));
        }
        let ids = |paths: &[String]| paths.iter().map(|path| path[26..].to_owned()).collect::<Vec<_>>();
        let done = audit(&service, &ids(&paths)).await;
        assert_eq!(told(&done), "9 statements, 0 differences\n");
        assert_eq!(done.status.code(), Some(0));

        // Told afterwards that the service was used no longer: the closed figures of December stand, and the auditor sees it.
        let admin = service.administrator();
        let path = format!("/customers/{}/service-usages", world.klk);
        let usage = admin.get(&path).await.expect(200).items()[0].clone();
        let path = format!("{path}/{}/end", usage["id"].as_str().expect("an id"));
        let ended = admin.act(&path, &format!("\"{}\"", usage["version"]), json!({"lastDay": "2025-12-20"})).await;
        ended.expect(200);
        let done = audit(&service, &ids(&paths[..1])).await;
        assert!(told(&done).contains("uptime: "), "{}", told(&done));
        assert_eq!(done.status.code(), Some(1));

        // A period with two versions, each on its own days, and running: by the clock of the service.
        let state = service.state();
        let next = state.settings.local_date(state.clock.now()) + Months::new(1);
        let (first, eleventh) = (next.with_day(1).expect("a day"), next.with_day(11).expect("a day"));
        let draft = json!({"content": promised(&["month"], &always, &office),
            "terms": {"firstDay": eleventh, "lastDay": "2090-12-31", "renewal": "none"}});
        world.brm.post(&format!("/agreements/{agreement}/versions"), draft).await.expect(201);
        stage.approve(&agreement, 2, &world.chief).await;
        let lines = teller.month(midnight(&service, first));
        let until = midnight(&service, first + Duration::days(19)) + Duration::minutes(700);
        state.clock.advance(until - state.clock.now());
        let dm = service.caller(Kind::Person, &world.dm_id);
        let by_then = |line: &&Value| instant(&line["observedAt"]) < until;
        let lines: Vec<Value> = lines.iter().filter(by_then).cloned().collect();
        stage.desk.later(&service).send(&lines).await;
        let body = json!({"agreement": agreement, "period": first.format("%Y-%m").to_string()});
        let running = dm.post("/service-level-statements", body).await.expect(201);
        assert_eq!(running.body["figures"]["parts"].as_array().map(Vec::len), Some(2));
        let done = audit(&service, &[running.id()]).await;
        assert_eq!(told(&done), "1 statements, 0 differences\n");

        service.stop().await;
    })
    .await;
}
