//! Each preset on payloads in the shape in which its product documents them, through the door into requests and
//! measurements.
use end_to_end::{Service, World, on_each_database};
use serde_json::{Value, json};

use super::*;

fn fixture(product: &str, name: &str) -> Value {
    let path = format!("{}/data/connections/{product}/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).expect("a document")
}

/// The customer and the service as the product calls them.
async fn known_as(service: &Service, world: &World, products: &[&str]) {
    let admin = service.administrator();
    for (path, name) in [
        (format!("/customers/{}", world.bun), ORGANISATION),
        (format!("/services/{}", world.mail), SERVICE),
    ] {
        let references: Vec<Value> = products.iter().map(|p| json!({"system": p, "id": name})).collect();
        let etag = admin.get(&path).await.expect(200).etag();
        admin
            .patch(&path, &etag, json!({"references": references}))
            .await
            .expect(200);
    }
}

async fn measured(service: &Service, product: &str) -> Value {
    let found = service
        .auditor()
        .get(&format!("/measurements?source={product}"))
        .await
        .expect(200);
    assert_eq!(found.items().len(), 1, "{product}: {:#}", found.body);
    found.items()[0].clone()
}

async fn preset(service: &Service, product: &str) -> Connected {
    Connected::with(service, None, json!({"system": product, "preset": product})).await
}

/// What a product sends, the number of its request, and how its cases read once they are closed.
struct Desk {
    product: &'static str,
    request: &'static str,
    priority: &'static str,
    resolved: &'static str,
}

const DESKS: [Desk; 7] = [
    Desk {
        product: "zammad",
        request: "10082",
        priority: "3 high",
        resolved: "2026-03-02T11:00:00.400",
    },
    Desk {
        product: "glpi",
        request: "312",
        priority: "4",
        resolved: "2026-03-02T11:00:00",
    },
    Desk {
        product: "itop",
        request: "R-000042",
        priority: "2",
        resolved: "2026-03-02T11:00:00",
    },
    Desk {
        product: "jira",
        request: "SD-342",
        priority: "High",
        resolved: "2026-03-02T11:00:00.400",
    },
    Desk {
        product: "servicenow",
        request: "RITM0010042",
        priority: "2 - High",
        resolved: "2026-03-02T11:00:00",
    },
    Desk {
        product: "topdesk",
        request: "I%202603%20042",
        priority: "P2",
        resolved: "2026-03-02T11:00:00",
    },
    Desk {
        product: "znuny",
        request: "2026030200042",
        priority: "4 high",
        resolved: "2026-03-02T11:00:00",
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn tickets_of_each_service_desk_become_cases_and_requests() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        known_as(&service, &world, &DESKS.each_ref().map(|desk| desk.product)).await;
        for desk in &DESKS {
            let product = desk.product;
            let sender = preset(&service, product).await;
            // The end comes first: a reordered beginning changes nothing, and neither does anything that is sent again.
            for (name, outcome) in [
                ("case_closed", "applied"),
                ("case_open", "stale"),
                ("case_closed", "duplicate"),
                ("request_open", "applied"),
                ("request_changed", "applied"),
                ("request_open", "duplicate"),
            ] {
                let told = sender
                    .tell(&service, fixture(product, name).to_string())
                    .await
                    .expect(202);
                let entry = sender.entry(&service, &told).await;
                assert_eq!(told.text("outcome"), outcome, "{product} {name}: {entry:#}");
            }
            let case = measured(&service, product).await;
            assert_eq!(case["unmatched"], Value::Null, "{product}: {case:#}");
            let (state, customer) = (&case["state"]["sent"], &case["customers"][0]["id"]);
            let sent = if state.is_object() { state } else { &case["sent"] };
            assert_eq!(
                (&case["kind"], customer),
                (&json!("case"), &json!(world.bun)),
                "{case:#}"
            );
            assert_eq!(sent["priority"], desk.priority, "{product}: {case:#}");
            let resolved = sent["resolved"].as_str().expect("resolved");
            let wanted: chrono::DateTime<chrono::Utc> = format!("{}Z", desk.resolved).parse().expect("a time");
            assert_eq!(
                resolved.parse::<chrono::DateTime<chrono::Utc>>().expect("a time"),
                wanted,
                "{product}"
            );
            let request = request(&service, product, desk.request).await.expect(product);
            assert_eq!(
                request["title"], "Delade postlådor för alla skolor",
                "{product}: {request:#}"
            );
            assert_eq!(request["customer"]["id"], world.bun, "{product}");
            assert_eq!(request["services"][0]["id"], world.mail, "{product}");
        }
        assert_eq!(how_many(&service, "/requests").await, DESKS.len() as u64);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_of_monitoring_become_outages_that_end() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        known_as(&service, &world, &["zabbix", "alertmanager"]).await;
        for (product, end) in [
            ("zabbix", "2026-03-02T08:44:35"),
            ("alertmanager", "2026-03-02T08:44:35.828"),
        ] {
            let sender = preset(&service, product).await;
            let open = fixture(product, "outage_open");
            assert_eq!(sender.outcome(&service, &open).await, "applied", "{product}");
            let outage = measured(&service, product).await;
            assert_eq!(
                (&outage["kind"], &outage["service"]["id"]),
                (&json!("outage"), &json!(world.mail)),
                "{outage:#}"
            );
            let over = fixture(product, "outage_resolved");
            assert_eq!(sender.outcome(&service, &over).await, "applied", "{product}");
            assert_eq!(sender.outcome(&service, &open).await, "duplicate", "{product}");
            let outage = measured(&service, product).await;
            let state = &outage["state"]["sent"];
            let sent = if state.is_object() { state } else { &outage["sent"] };
            let to: chrono::DateTime<chrono::Utc> = sent["to"].as_str().expect("an end").parse().expect("a time");
            assert_eq!(
                to,
                format!("{end}Z")
                    .parse::<chrono::DateTime<chrono::Utc>>()
                    .expect("a time"),
                "{product}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presets_are_listed_with_how_the_product_is_set_up() {
    on_each_database(async |service| {
        let listed = service.administrator().get("/connection-presets").await.expect(200);
        let keys: Vec<&str> = listed
            .items()
            .iter()
            .filter_map(|preset| preset["key"].as_str())
            .collect();
        let known = [
            "zammad",
            "glpi",
            "itop",
            "jira",
            "servicenow",
            "topdesk",
            "znuny",
            "zabbix",
            "alertmanager",
        ];
        assert_eq!(keys, known);
        for preset in listed.items() {
            for member in ["product", "yields", "setup", "mapping"] {
                assert!(
                    preset[member]
                        .as_str()
                        .is_some_and(|text| !text.is_empty() && text.len() < 9000)
                );
            }
        }
        // What is not the product's, or tells of something else, is nothing.
        for product in known {
            let sender = preset(&service, product).await;
            let other = sender.tell(&service, r#"{"hello": "world"}"#).await.expect(202);
            let entry = sender.entry(&service, &other).await;
            assert_eq!(other.text("outcome"), "ignored", "{product}: {entry:#}");
        }
    })
    .await;
}
