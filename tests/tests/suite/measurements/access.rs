//! Who may send what, and who sees it.
use std::collections::BTreeSet;

use end_to_end::{Caller, on_each_database};
use serde_json::json;

use super::{Desk, client, lines, outcomes, sent};

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_system_writes_for_its_customers_alone() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let world = &desk.world;
        let limited = client(
            &service,
            json!({"name": "Bara BUN", "systems": ["desk"], "customers": [world.bun]}),
        )
        .await;
        sent(
            &desk.caller,
            "before",
            lines(&[
                desk.case("OURS", json!({})),
                desk.outage("ALL", json!({})),
                desk.case("WAITS", json!({"customer": {"system": "hr", "id": "x"}})),
            ]),
        )
        .await;
        let later = "2026-03-02T12:00:00Z";
        let batch = [
            desk.case("A", json!({"customer": world.bun})),
            desk.case("B", json!({"customer": world.klk})),
            desk.case("B", json!({"customer": {"system": "hr", "id": "x"}})),
            desk.outage("C", json!({"customers": [world.bun, world.klk]})),
            desk.outage("C", json!({})),
            desk.sample("D", json!({})),
            desk.sample("D", json!({"customer": world.bun})),
            desk.case("OURS", json!({"customer": world.bun, "updatedAt": later})),
            desk.outage("ALL", json!({"customers": [world.bun], "updatedAt": later})),
            desk.case("WAITS", json!({"customer": world.bun, "updatedAt": later})),
            desk.case("A", json!({"customer": world.bun, "updatedAt": later})),
        ];
        let (told, _) = sent(&limited, "theirs", lines(&batch)).await;
        let places: Vec<String> = told
            .iter()
            .map(|line| match line["errors"][0]["pointer"].as_str() {
                Some(at) => format!("{at} {}", line["errors"][0]["code"].as_str().expect("a code")),
                None => outcomes(std::slice::from_ref(line))[0].to_owned(),
            })
            .collect();
        assert_eq!(
            places,
            [
                "accepted",
                "/customer unknown_reference",
                "/customer unknown_reference",
                "/customers/1 unknown_reference",
                "/customers unknown_reference",
                "/customer unknown_reference",
                "accepted",
                "/sourceId not_unique",
                "/sourceId not_unique",
                "/sourceId not_unique",
                "correction",
            ]
        );
        // Known or not, what is beyond the limit is told of in the same words.
        assert_eq!(told[1]["errors"], told[2]["errors"]);
        service.stop().await;
    })
    .await;
}

async fn seen(caller: &Caller, path: &str) -> BTreeSet<String> {
    let page = caller.get(&format!("{path}?limit=200&count=true")).await.expect(200);
    assert_eq!(page.body["total"], page.items().len());
    page.items()
        .iter()
        .map(|m| m["sent"]["sourceId"].as_str().expect("an id").to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_seen_by_those_whom_it_concerns() {
    on_each_database(async |service| {
        let desk = Desk::set(&service).await;
        let world = &desk.world;
        // Mail is used by KLK-HR and BUN, salary by KLK.
        let batch = [
            desk.case("hr", json!({})),
            desk.case("bun", json!({"customer": world.bun})),
            desk.outage("mail", json!({})),
            desk.outage("salary", json!({"service": world.salary})),
            desk.outage("both", json!({"customers": [world.bun, world.klk]})),
            desk.case("waits", json!({"customer": {"system": "hr", "id": "x"}})),
            desk.case("hr-waits", json!({"service": {"system": "cmdb", "id": "x"}})),
        ];
        sent(&desk.caller, "all", lines(&batch)).await;
        let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<String>>();
        let all = set(&["hr", "bun", "mail", "salary", "both", "waits", "hr-waits"]);
        let limited = client(
            &service,
            json!({"name": "Bara BUN", "systems": ["desk"], "customers": [world.bun]}),
        )
        .await;
        for (caller, expected) in [
            (&service.auditor(), all.clone()),
            (&world.brm, all),
            (&world.purchaser, set(&["hr", "mail", "hr-waits"])),
            (&world.chief, set(&["hr", "mail", "salary", "both", "hr-waits"])),
            (&world.stranger, set(&["bun", "mail", "both"])),
            (&limited, set(&["bun", "mail", "both"])),
            (&world.loner, set(&[])),
        ] {
            assert_eq!(seen(caller, "/measurements").await, expected);
        }
        assert_eq!(
            seen(&service.administrator(), "/unmatched-measurements").await,
            set(&["waits", "hr-waits"])
        );
        assert_eq!(seen(&limited, "/unmatched-measurements").await, set(&[]));

        // Of an outage that concerns others too, one sees oneself only; also in what was sent.
        let both = desk.known("both").await;
        assert_eq!(both["customers"].as_array().expect("customers").len(), 2);
        assert_eq!(both["sent"]["customers"].as_array().expect("customers").len(), 2);
        let path = format!("/measurements/{}", both["id"].as_str().expect("an id"));
        let shown = world.stranger.get(&path).await.expect(200).body;
        assert_eq!(shown["customers"].as_array().expect("customers").len(), 1);
        assert!(!shown.to_string().contains(&world.klk), "{shown:#}");
        world.purchaser.get(&path).await.refused(404, "not_found");
        // A filter by what one may not see gives an empty list.
        let filtered = world
            .stranger
            .get(&format!("/measurements?customer={}", world.klk))
            .await
            .expect(200);
        assert_eq!(filtered.items().len(), 0);
        let filtered = world
            .stranger
            .get(&format!("/measurements?customer={}", world.bun))
            .await
            .expect(200);
        assert_eq!(filtered.items().len(), 2);
        service.stop().await;
    })
    .await;
}
