//! The example programs, as integrators run them: against the real program, each killed and started again.
use std::{path::Path, process::Command};

use end_to_end::{
    database::{Database, Fresh},
    databases,
};

use crate::program::without_settings;

/// Runs the replay on the excerpt and gives its figures; it checks itself what came of it.
fn replay(url: &str) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut command = Command::new("python3");
    without_settings(&mut command);
    command.arg(examples.join("replay.py")).arg("--kill");
    if !url.is_empty() {
        command.args(["--database-url", url]);
    }
    command
        .arg(env!("CARGO_BIN_EXE_kundansvar-under-test"))
        .arg(examples.join("helpdesk_excerpt.csv"));
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

/// A figure that the replay printed.
#[track_caller]
fn figure<'a>(told: &'a str, what: &str) -> &'a str {
    let line = told.lines().find_map(|line| line.strip_prefix(what));
    line.unwrap_or_else(|| panic!("no {what} in {told}")).trim()
}

async fn replay_on(database: Database) {
    let fresh = Fresh::new(&database).await;
    let url = fresh.url.clone();
    let told = tokio::task::spawn_blocking(move || replay(&url))
        .await
        .expect("the replay ends");
    fresh.remove().await;
    println!("on {database:?}\n{told}");
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
        replay_on(database).await;
    }
}
