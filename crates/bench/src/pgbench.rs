//! The same inserts through pgbench: what PostgreSQL itself does, without any server in between.
use std::{fmt::Write as _, path::Path, process::Command};

use sea_orm::Value;
use uuid::Uuid;

use crate::{Failure, load::CONNECTIONS, record::Plan};

/// Stands for the number that pgbench draws.
const NUMBER: i64 = 999_999_999_999;

/// A pgbench script that writes what the plan writes, under ids and numbers of its own.
pub fn script(plan: &Plan) -> Result<String, Failure> {
    let mut last = 0u128;
    let new_id = || {
        last += 1;
        Uuid::from_u128(u128::MAX - last)
    };
    let mut script = "\\set n random(1000000000000, 8000000000000000)\nbegin;\n".to_owned();
    for mut statement in plan.fresh(new_id, || NUMBER) {
        if !statement.sql.to_ascii_lowercase().starts_with("insert") {
            continue;
        }
        for value in statement.values.iter_mut().flat_map(|values| &mut values.0) {
            if let Value::String(Some(text)) = value {
                // pgbench would take what follows a colon for a variable.
                *text = text.replace(':', ";").replace(&NUMBER.to_string(), "NUMBER");
            }
        }
        let mut sql = statement.to_string().replace(&NUMBER.to_string(), ":n::bigint");
        for k in 1..=9 {
            let marker = format!("'{}'", Uuid::from_u128(u128::MAX - k));
            sql = sql.replace(&marker, &format!("(lpad(to_hex(:n::bigint), 31, '0') || '{k}')::uuid"));
        }
        let sql = times_as_now(&sql).replace("NUMBER'", "' || :n::bigint");
        writeln!(script, "{sql};")?;
    }
    script.push_str("commit;\n");
    Ok(script)
}

/// Times stand in quotes and hold colons.
fn times_as_now(sql: &str) -> String {
    let parts = sql.split('\'').enumerate();
    let told = parts.map(
        |(i, part)| match i % 2 == 1 && part.starts_with("20") && part.contains(':') {
            true => "now".to_owned(),
            false => part.to_owned(),
        },
    );
    told.collect::<Vec<_>>().join("'")
}

/// Transactions a second.
pub fn measure(url: &str, script: &Path, seconds: u64) -> Result<f64, Failure> {
    let done = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
        .args([format!("--client={CONNECTIONS}"), format!("--time={seconds}")])
        .arg("--file")
        .arg(script)
        .arg(url)
        .output()?;
    let told = String::from_utf8_lossy(&done.stdout);
    let tps = told
        .lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
    match tps {
        Some(tps) if done.status.success() => Ok(tps.parse()?),
        _ => Err(format!("pgbench: {told}{}", String::from_utf8_lossy(&done.stderr)).into()),
    }
}
