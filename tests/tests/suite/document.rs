//! The contract: committed as it is made, and true in itself. And what the floors of the house may not name.
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use api::http::document::events;
use domain::{
    RuleCode,
    access::Permission,
    events::{SubjectKind, catalogue},
};
use end_to_end::{Database, Service, contract};
use jsonschema::{Registry, Validator};
use serde_json::{Value, json};
use strum::IntoEnumIterator;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document() -> Value {
    api::http::document::committed().expect("a document")
}

/// Every value in a JSON document, with its pointer.
fn walk<'a>(value: &'a Value, at: &str, visit: &mut impl FnMut(&str, &'a Value)) {
    visit(at, value);
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                walk(
                    member,
                    &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
                    visit,
                );
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                walk(item, &format!("{at}/{n}"), visit);
            }
        }
        _ => {}
    }
}

/// Where the document stands, to those that compile its schemas.
const DOCUMENT: &str = "urn:document";

/// The document, read once for all that is compiled of it.
fn read(document: &Value) -> Registry<'_> {
    let registry = Registry::new().add(DOCUMENT, document).expect("a document");
    registry.prepare().expect("references that lead somewhere")
}

fn compiled(document: &Registry<'_>, schema: &Value) -> Result<Validator, String> {
    let schema = schema.to_string().replace("\"#/", &format!("\"{DOCUMENT}#/"));
    let schema: Value = serde_json::from_str(&schema).map_err(|e| e.to_string())?;
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .with_registry(document)
        .build(&schema)
        .map_err(|e| e.to_string())
}

/// Whatever stands where the document has schemas.
fn is_schema(at: &str) -> bool {
    let parts: Vec<&str> = at.split('/').collect();
    at.ends_with("/schema")
        || parts.len() == 4 && at.starts_with("/components/schemas/")
        || at.starts_with("/components/schemas/") && parts[parts.len() - 2] == "properties"
}

/// The file is what the program makes; with `UPDATE` set, it becomes that.
fn is_committed(file: &str, made: &Value) {
    let path = repository().join(file);
    let made = serde_json::to_string_pretty(made).expect("text") + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        std::fs::write(&path, &made).expect("the file");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == made,
        "{file} is not what the program makes; run this test with UPDATE=1 and look at the difference"
    );
}

#[test]
fn the_committed_documents_are_those_that_are_served() {
    is_committed("openapi/kundansvar.json", &document());
    is_committed("openapi/asyncapi.json", &events::committed().expect("a document"));
}

#[test]
fn every_type_of_event_has_an_example_that_fits_its_schema() {
    let document = events::committed().expect("a document");
    let (registry, mut without) = (read(&document), vec![]);
    for kind in SubjectKind::iter() {
        for (act, _) in catalogue::forms(kind).iter().flat_map(|form| form.acts) {
            let name = catalogue::name(kind, act);
            let messages = &document["components"]["messages"];
            let plain = &messages[format!("{name}.plain")]["examples"][0]["payload"];
            if plain.is_null() {
                without.push(name);
                continue;
            }
            assert_eq!(plain["type"], name);
            let enveloped = &messages[&name]["examples"][0]["payload"];
            for event in [plain, &enveloped["data"]] {
                assert_eq!(contract::breaches(event), Vec::<String>::new());
            }
            let envelope = json!({"$ref": "#/components/schemas/CloudEvent"});
            let check = compiled(&registry, &envelope).expect("a schema");
            assert!(check.is_valid(enveloped), "{enveloped:#}");
        }
    }
    assert!(
        without.is_empty(),
        "no test has recorded these yet; run one that does with UPDATE=1: {without:#?}"
    );
}

#[test]
fn an_event_that_is_otherwise_is_found_out() {
    let document = events::committed().expect("a document");
    let known = &document["components"]["messages"]["kundansvar.request.routed.v1.plain"]["examples"][0]["payload"];
    for (place, value) in [
        ("/data", json!({"status": {"after": "rooted"}})),
        ("/data", json!({"unheardOf": {"after": 1}})),
        ("/subject/kind", json!("customer")),
        ("/time", json!("yesterday")),
    ] {
        let mut broken = known.clone();
        *broken
            .pointer_mut(place)
            .unwrap_or_else(|| panic!("no {place} in {known:#}")) = value;
        assert_ne!(contract::breaches(&broken), Vec::<String>::new(), "{place}");
    }
}

#[test]
fn every_schema_compiles_and_every_example_fits_its_schema() {
    let document = document();
    let registry = read(&document);
    let reference = json!({"$ref": "#/components/schemas/CustomerInput"});
    assert!(!compiled(&registry, &reference).expect("a schema").is_valid(&json!({})));
    let (mut schemas, mut examples, mut faults) = (0, 0, vec![]);
    walk(&document, "", &mut |at, value| {
        let schema = match value {
            Value::Object(media) if media.contains_key("schema") && media.contains_key("example") => &media["schema"],
            Value::Object(_) if is_schema(at) => value,
            _ => return,
        };
        schemas += 1;
        let check = match compiled(&registry, schema) {
            Ok(check) => check,
            Err(e) => return faults.push(format!("{at}: does not compile: {e}")),
        };
        let Some(example) = value.get("example") else { return };
        examples += 1;
        for e in check.iter_errors(example) {
            faults.push(format!("{at}: the example at '{}': {e}", e.instance_path()));
        }
    });
    assert!(
        schemas > 200 && examples > 100,
        "{schemas} schemas, {examples} examples"
    );
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    walk(&document, "", &mut |at, value| {
        if let Some(to) = value.get("$ref").and_then(Value::as_str) {
            let found = to.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
            assert!(found.is_some(), "{at} refers to {to}");
        }
        if at.contains("/links/")
            && let Some(to) = value.get("operationId")
        {
            let mut all = document["paths"]
                .as_object()
                .expect("paths")
                .values()
                .flat_map(|p| p.as_object());
            assert!(
                all.any(|item| item.values().any(|o| &o["operationId"] == to)),
                "{at} leads to {to}"
            );
        }
    });
}

#[test]
fn every_operation_has_a_name_of_its_own_and_a_row_in_the_matrix() {
    let document = document();
    let mut names = BTreeMap::<String, String>::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let name = operation["operationId"].as_str().expect("a name").to_owned();
            let public = operation["security"] == json!([{}]);
            assert!(
                public || Permission::of(&name).is_some(),
                "{name} is in no row of the matrix"
            );
            let other = names.insert(name.clone(), format!("{method} {path}"));
            assert!(other.is_none(), "{name} is {method} {path} and {other:?}");
        }
    }
    assert!(names.len() > 50, "{} operations", names.len());
}

/// The numbered rules that operations claim to enforce, and every code that a refusal can carry, are explained.
#[tokio::test]
async fn every_rule_is_explained_where_its_problem_points() {
    let service = Service::start(Database::Sqlite).await;
    let address = format!("http://{}/problems/rule", service.running.address);
    let page = service
        .http
        .get(address)
        .send()
        .await
        .expect("a page")
        .text()
        .await
        .expect("text");
    let mut numbers: BTreeSet<&str> = ["R5", "R19", "R20", "R21", "R22"].into();
    for rule in RuleCode::iter() {
        assert!(
            page.contains(&format!("<code>{}</code>", rule.name())),
            "{rule:?} is not explained"
        );
        if let Some(number) = rule.number() {
            assert!(page.contains(number), "{number} is not explained");
            numbers.insert(number);
        }
    }
    walk(&document(), "", &mut |at, value| {
        if let Some(rules) = value.get("x-rules").and_then(Value::as_array) {
            for rule in rules {
                assert!(numbers.contains(rule.as_str().expect("a number")), "{at} names {rule}");
            }
        }
    });
    service.stop().await;
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).expect("text");
            found.push((path, text));
        }
    }
    found
}

/// The domain may derive storage formats, and nothing else of the store, of the web, or of waiting.
#[test]
fn the_domain_names_no_entity_query_or_connection() {
    let folder = repository().join("crates/domain");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("the manifest");
    for below in [
        "persistence",
        "actix",
        "tokio",
        "sqlx",
        "reqwest",
        "migrations",
        "async",
    ] {
        assert!(!manifest.contains(below), "crates/domain depends on {below}");
    }
    let all = sources(&folder.join("src"));
    assert!(all.len() > 15, "{} files", all.len());
    for (path, text) in all {
        let spoken = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in spoken {
            for word in [
                "DeriveEntityModel",
                "EntityTrait",
                "ConnectionTrait",
                "DatabaseConnection",
                "QueryFilter",
                "from_sql",
                "async fn",
                ".await",
                "Utc::now",
                "SystemTime",
                "std::fs",
                "std::net",
            ] {
                assert!(!line.contains(word), "{}: {line}", path.display());
            }
            let storage = line.split("sea_orm::").skip(1);
            for named in storage {
                let format = ["DeriveValueType", "FromJsonQueryResult", "TryFromU64", "DbErr"];
                assert!(
                    format.iter().any(|f| named.trim_start_matches('{').starts_with(f)),
                    "{}: {line}",
                    path.display()
                );
            }
        }
    }
}

/// SQL stands in persistence and migrations only.
#[test]
fn no_sql_stands_above_the_store() {
    let sql = |text: &str| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let quoted: Vec<&str> = text.split('"').skip(1).step_by(2).collect();
        quoted.into_iter().map(ToOwned::to_owned).find(|literal| {
            let starts = |word: &str| literal.trim_start().starts_with(word);
            starts("select ") && literal.contains(" from ")
                || starts("insert into ")
                || starts("delete from ")
                || starts("update ") && literal.contains(" set ")
        })
    };
    assert!(sql("run(\"select 1\n from person\")").is_some());
    let mut all = sources(&repository().join("crates/domain/src"));
    all.extend(sources(&repository().join("crates/api/src")));
    assert!(all.len() > 40, "{} files", all.len());
    for (path, text) in all {
        assert_eq!(sql(&text), None, "{}", path.display());
    }
}
