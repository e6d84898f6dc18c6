//! What is recorded is what the events' schemas say: every service of the tests is held to it when it stops.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use api::{State, http::document::events};
use domain::{access::Scope, events::Event};
use jsonschema::Validator;
use persistence::events::{Filter, LogCursor, Stretch, list};
use serde_json::Value;

/// How many events of a service are looked at: some tests have many of the same.
const LOOKED_AT: usize = 3000;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| events::committed().expect("a document"));

struct Promise {
    schema: Value,
    check: Validator,
}

/// The schema of a type, compiled once.
fn promise(kind: &str) -> Arc<Promise> {
    static KNOWN: Mutex<Option<HashMap<String, Arc<Promise>>>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let promise = known.get_or_insert_default().entry(kind.to_owned()).or_insert_with(|| {
        let schema = events::schema(&DOCUMENT, kind, "https://kundansvar.example.se");
        let schema = schema.unwrap_or_else(|| panic!("{kind} has no schema"));
        let check = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&schema)
            .unwrap_or_else(|e| panic!("the schema of {kind}: {e}"));
        Arc::new(Promise { schema, check })
    });
    Arc::clone(promise)
}

/// What an event breaks of its type's schema; also members that it does not name, for a reader is to know them all.
pub fn breaches(event: &Value) -> Vec<String> {
    let kind = event["type"].as_str().expect("a type");
    let Promise { schema, check } = &*promise(kind);
    let mut found: Vec<String> = check
        .iter_errors(event)
        .map(|e| format!("{kind} at '{}': {e:.300}", e.instance_path()))
        .collect();
    let changes = schema["allOf"][1]["properties"]["data"]["$ref"]
        .as_str()
        .expect("a reference");
    let known = &schema["$defs"][changes.trim_start_matches("#/$defs/")]["properties"];
    let unknown = event["data"].as_object().into_iter().flat_map(|data| data.keys());
    found.extend(
        unknown
            .filter(|name| known.get(name).is_none())
            .map(|name| format!("{kind} does not name '{name}'")),
    );
    found
}

/// Panics where an event of the service is not what its type's schema says. With `UPDATE` set, events of types that have no
/// example yet become one, the shortest of each.
pub async fn hold(state: &State) {
    let (db, filter) = (&state.db, Filter::default());
    let (mut after, mut seen, mut faults) = (LogCursor::ORIGIN, BTreeMap::<String, Value>::new(), BTreeSet::new());
    let mut looked_at = 0;
    // Where a test has taken the database away, there is nothing to look at.
    while let Ok(Stretch { items, next, more }) = list(
        db,
        &Scope::unlimited("contract"),
        &filter,
        after,
        200,
        state.local_time().today(),
    )
    .await
    {
        looked_at += items.len();
        for event in items {
            let event: Value = serde_json::to_value::<Event>(event).expect("JSON");
            faults.extend(breaches(&event));
            let shorter = |one: &mut Value| {
                if event.to_string().len() < one.to_string().len() {
                    *one = event.clone();
                }
            };
            let kind = event["type"].as_str().expect("a type").to_owned();
            seen.entry(kind).and_modify(shorter).or_insert_with(|| event.clone());
        }
        if !more || looked_at >= LOOKED_AT {
            break;
        }
        after = next;
    }
    let faults: Vec<String> = faults.into_iter().take(20).collect();
    assert!(
        faults.is_empty(),
        "events are not what their schemas say:\n{}",
        faults.join("\n")
    );
    if std::env::var_os("UPDATE").is_some() {
        keep(seen);
    }
}

/// The examples of the document.
pub fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/api/src/http/document/events/seen.json")
}

fn keep(seen: BTreeMap<String, Value>) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _held = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let text = std::fs::read_to_string(examples()).expect("the examples");
    let mut known: BTreeMap<String, Value> = serde_json::from_str(&text).expect("the examples");
    for (kind, event) in seen {
        known.entry(kind).or_insert(event);
    }
    let made = serde_json::to_string_pretty(&known).expect("text") + "\n";
    if made != text {
        std::fs::write(examples(), made).expect("the examples");
    }
}
