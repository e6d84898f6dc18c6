//! The example programs, as integrators run them: against the real program, each killed and started again.
use std::{
    path::{Path, PathBuf},
    process::Command,
};

use end_to_end::{
    Service, World,
    database::{Database, Fresh},
    databases, on_each_database,
};
use serde_json::json;

use crate::program::without_settings;

/// Runs an example on a file, killing the service meanwhile, and gives what it printed.
fn run(example: &str, url: &str, (file, how): (&str, &[&str])) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut command = Command::new("python3");
    without_settings(&mut command);
    command.arg(examples.join(example)).arg("--kill");
    if !url.is_empty() {
        command.args(["--database-url", url]);
    }
    command
        .args(how)
        .arg(env!("CARGO_BIN_EXE_kundansvar-under-test"))
        .arg(examples.join(file));
    let done = command
        .output()
        .expect("the examples need python3 (3.11 or later) on the PATH");
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
    told
}

/// The same on a fresh database.
async fn run_on(database: Database, example: &'static str, file: &'static str, how: &'static [&'static str]) -> String {
    let fresh = Fresh::new(&database).await;
    let url = fresh.url.clone();
    let told = tokio::task::spawn_blocking(move || run(example, &url, (file, how)))
        .await
        .expect("the example ends");
    fresh.remove().await;
    println!("on {database:?}\n{told}");
    told
}

/// A figure that the replay printed.
#[track_caller]
fn figure<'a>(told: &'a str, what: &str) -> &'a str {
    let line = told.lines().find_map(|line| line.strip_prefix(what));
    line.unwrap_or_else(|| panic!("no {what} in {told}")).trim()
}

/// The replay checks itself what came of it.
async fn replay_on(database: Database, how: &'static [&'static str]) {
    let told = run_on(database, "replay.py", "helpdesk_excerpt.csv", how).await;
    assert_eq!(figure(&told, "requests pushed"), "40");
    assert_eq!(figure(&told, "routed to service_portfolio"), "19");
    assert_eq!(figure(&told, "routed to delivery"), "8");
    assert_eq!(figure(&told, "routed to strategy"), "13");
    assert_eq!(figure(&told, "events by pushing again"), "0");
    for who in ["service", "desk", "portfolio"] {
        assert_eq!(figure(&told, &format!("kills of the {who}")), "3");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_replay_ends_the_same_however_often_it_is_killed() {
    for database in databases().await {
        replay_on(database, &[]).await;
    }
}

/// What a desk sends by itself, mapped by a connection, comes to the same as what a client of ours pushes.
#[tokio::test(flavor = "multi_thread")]
async fn the_replay_ends_the_same_through_a_connection() {
    for database in databases().await {
        replay_on(database, &["--connection"]).await;
    }
}

/// It checks itself that log, service and auditor agree.
async fn levels_on(database: Database) {
    let told = run_on(database, "service_levels.py", "incident_excerpt.csv", &[]).await;
    for (what, expected) in [
        ("rows sent", "172"),
        ("incidents", "40"),
        ("statements closed", "3"),
        // Three were never resolved; one was in March, and once more in April.
        ("cases judged", "38"),
        ("cases in time ", "30"),
        ("cases in time by the log", "22"),
        ("differences from the log", "0"),
        ("audit", "3 statements, 0 differences"),
        ("kills of the service", "3"),
    ] {
        assert_eq!(figure(&told, what), expected, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn log_service_and_auditor_agree_to_the_last_case() {
    for database in databases().await {
        levels_on(database).await;
    }
}

/// It checks itself that the two conversations were kept apart, and that what was told is found again.
#[tokio::test(flavor = "multi_thread")]
async fn a_year_leaves_its_pages_and_packs() {
    const TICKETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/helpdesk_excerpt.csv");
    for database in databases().await {
        let told = run_on(database, "year.py", "incident_excerpt.csv", &["--tickets", TICKETS]).await;
        for (what, expected) in [
            ("statements closed", "3"),
            ("meetings", "8"),
            ("needs", "4"),
            ("planned activities", "4"),
            ("figures kept out", "4"),
        ] {
            assert_eq!(figure(&told, what), expected, "{what}");
        }
    }
}

/// A client that may do what the bank's programs do, with its credentials in a file.
async fn bank(service: &Service, folder: &Path) -> PathBuf {
    let scopes = ["register.write", "satisfaction.read", "satisfaction.write"];
    let made = service
        .administrator()
        .post(
            "/clients",
            json!({"name": "Bank", "scopes": scopes, "systems": ["bank"]}),
        )
        .await
        .expect(201);
    let file = folder.join("bank.json");
    let credentials = json!({"clientId": made.id(), "clientSecret": made.text("clientSecret")});
    std::fs::write(&file, credentials.to_string()).expect("a file");
    file
}

/// Runs one of the bank's programs on the file.
async fn run_bank(program: &'static str, how: Vec<PathBuf>, url: String) -> String {
    let done = tokio::task::spawn_blocking(move || {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
        let mut command = Command::new("python3");
        without_settings(&mut command);
        command.arg(examples.join(program)).args(["--url", &url]).args(how);
        command
            .output()
            .expect("the examples need python3 (3.11 or later) on the PATH")
    });
    let done = done.await.expect("the example ends");
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
    told
}

/// The report of one of the groups, by a team that looks after it now; with END_TO_END_BANK_REPORT its page, its PDF and the
/// plot of one question are put into the folder that is named there.
async fn bank_report(service: &Service) {
    let world = World::build(service).await;
    let admin = service.administrator();
    let group = admin.get("/customers?code=BANK-FEMALE").await.expect(200).items()[0].clone();
    let path = format!("/customers/{}", group["id"].as_str().expect("an id"));
    let seen = admin.get(&path).await.expect(200);
    let assigned = json!({"team": world.team, "firstDay": "2020-01-01"});
    admin
        .act(&format!("{path}/team-assignments"), &seen.etag(), assigned)
        .await
        .expect(200);
    let figures = admin
        .get("/satisfaction/metrics?limit=1&sort=descending&periodKind=month")
        .await
        .expect(200);
    let told = json!({"customer": group["id"], "period": figures.items()[0]["period"],
        "summary": "What the bank's customers answered, as the file has it.", "findings": []});
    let draft = world.dm.post("/satisfaction-reports", told).await.expect(201);
    let report = format!("/satisfaction-reports/{}", draft.id());
    let published = world
        .dm
        .act(&format!("{report}/publication"), &draft.etag(), json!(null))
        .await
        .expect(200);
    let content = &published.body["content"];
    let shares = content["figures"].as_array().expect("figures").iter();
    let shares = shares.filter(|f| f["method"] == "csat" && f["dimension"] == "customer" && f["n"].is_number());
    assert_eq!(
        (shares.count(), content["questions"].as_array().map(Vec::len)),
        (27, Some(27))
    );
    for (format, name) in [("html", "bank-report.html"), ("pdf", "bank-report.pdf")] {
        let path = format!("{report}/document?format={format}&language=en");
        let answer = world
            .dm
            .request(reqwest::Method::GET, &path)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200, "{format}");
        let document = answer.bytes().await.expect("all of it");
        let Some(folder) = std::env::var_os("END_TO_END_BANK_REPORT") else {
            continue;
        };
        let folder = Path::new(&folder);
        if format == "html" {
            let page = String::from_utf8_lossy(&document);
            let (_, after) = page.rsplit_once(">sat1").expect("the question");
            let plot = after.split_once("<svg").and_then(|(_, plot)| plot.split_once("</svg>"));
            let plot = format!("<svg{}</svg>\n", plot.expect("its plot").0);
            std::fs::write(folder.join("bank-sat1.svg"), plot).expect("a file");
        }
        std::fs::write(folder.join(name), document).expect("a file");
    }
}

/// What a bank's customers answered goes in through links, and comes out as another count of the same file has it. With
/// END_TO_END_BANK_SURVEY it is the file that is named there.
#[tokio::test(flavor = "multi_thread")]
async fn the_bank_survey_comes_out_as_it_went_in() {
    let excerpt = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/bank_excerpt.csv");
    let file = std::env::var_os("END_TO_END_BANK_SURVEY").map_or(excerpt, PathBuf::from);
    on_each_database(async |service| {
        let folder = std::env::temp_dir().join(format!("bank-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).expect("a folder");
        let credentials = bank(&service, &folder).await;
        let url = format!("http://{}", service.running.address);
        let words = |more: &str| {
            vec![
                "--credentials".into(),
                credentials.clone(),
                more.into(),
                folder.join("round.json"),
                file.clone(),
            ]
        };
        println!("{}", run_bank("bank_survey.py", words("--out"), url.clone()).await);
        // The month in which the round closed is fixed, and drawn.
        service.state().clock.advance(chrono::Duration::days(35));
        crate::satisfaction::drawn(&service).await;
        let told = run_bank("bank_figures.py", words("--round"), url).await;
        println!("{told}");
        assert_eq!(figure(&told, "differences"), "0");
        assert_eq!(figure(&told, "figures withheld"), "0");
        bank_report(&service).await;
        std::fs::remove_dir_all(&folder).expect("the folder goes");
        service.stop().await;
    })
    .await;
}
