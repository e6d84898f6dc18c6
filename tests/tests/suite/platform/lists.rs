//! Lists: pages, counts, filters, and the search for words. On both databases.
use std::collections::BTreeSet;

use end_to_end::{Answer, Caller, World, on_each_database};
use serde_json::json;

fn ids(page: &Answer) -> Vec<String> {
    page.items()
        .iter()
        .map(|item| item["id"].as_str().expect("an id").to_owned())
        .collect()
}

/// The address of a relation in `Link`, relative to the base.
fn link(page: &Answer, relation: &str) -> Option<String> {
    let wanted = format!(">; rel=\"{relation}\"");
    let found = page
        .header("link")
        .split(", ")
        .find_map(|l| l.strip_suffix(&wanted).map(ToOwned::to_owned))?;
    Some(found.trim_start_matches("</kundansvar/v1").to_owned())
}

/// Follows the pages to the end; `between` runs after each.
async fn follow(caller: &Caller, first: &str, between: impl AsyncFn()) -> Vec<String> {
    let mut path = first.to_owned();
    let mut all = vec![];
    loop {
        let page = caller.get(&path).await.expect(200);
        let back = link(&page, "first").expect("a way back");
        assert!(!back.contains("cursor="), "{back}");
        all.extend(ids(&page));
        between().await;
        match link(&page, "next") {
            Some(next) => {
                assert!(next.ends_with(page.body["next"].as_str().expect("next")), "{next}");
                path = next;
            }
            None => {
                assert!(page.body.get("next").is_none());
                return all;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_complete_and_stable_under_inserts() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let mut made = vec![];
        for n in 0..7 {
            made.push(world.wish(&format!("Önskemål {n}")).await.id());
        }
        let more = async || drop(world.wish("Sent inkommet").await);
        let up = follow(&world.brm, "/requests?limit=3&sort=ascending", async || ()).await;
        assert_eq!(up, made);
        let down = follow(&world.brm, "/requests?limit=3&sort=descending", more).await;
        made.reverse();
        assert_eq!(down, made, "what came in meanwhile lies before the beginning");
        let counted = world.brm.get("/requests?limit=2&count=true").await.expect(200);
        assert_eq!((counted.items().len(), &counted.body["total"]), (2, &json!(10)));
        assert!(
            world
                .brm
                .get("/requests?limit=2")
                .await
                .expect(200)
                .body
                .get("total")
                .is_none()
        );
        assert_eq!(
            world.stranger.get("/requests?count=true").await.expect(200).body["total"],
            0,
            "R20"
        );
        // By name in Swedish order; a name before the cursor's does not disturb.
        let admin = service.administrator();
        for name in ["Zeta", "Ärlig", "Åke", "Örn", "Alma", "Wera", "Vera"] {
            admin
                .post("/services", json!({"code": format!("X-{}", made.len()), "name": name}))
                .await
                .expect(201);
            made.push(name.into());
        }
        let between = async || {
            let code = format!("Y-{}", uuid::Uuid::now_v7().simple()).to_uppercase();
            admin
                .post("/services", json!({"code": &code[..20], "name": format!("Aa {code}")}))
                .await
                .expect(201);
        };
        let mut names = vec![];
        for id in follow(&admin, "/services?limit=2", between).await {
            names.push(admin.get(&format!("/services/{id}")).await.expect(200).text("name"));
        }
        let expected = [
            "Alma",
            "E-post",
            "Lönesystem",
            "Vera",
            "Wera",
            "Zeta",
            "Åke",
            "Ärlig",
            "Örn",
        ];
        assert_eq!(
            names.iter().filter(|n| !n.starts_with("Aa ")).collect::<Vec<_>>(),
            expected.iter().collect::<Vec<_>>()
        );
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_found_by_everything_that_is_listed() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let raise = async |caller: &Caller, body| caller.post("/requests", body).await.expect(201);
        let desk = raise(
            &world.desk,
            json!({"customer": world.klk_hr, "kind": "requirement", "title": "Krav", "wantedBy": "2031-05-01",
                "services": [world.mail], "references": [{"system": "desk", "id": "INC-7"}]}),
        )
        .await;
        let early = chrono::Utc::now() + chrono::Duration::days(5);
        service.state().clock.advance(chrono::Duration::days(10));
        let other = raise(
            &world.stranger,
            json!({"customer": world.bun, "kind": "wish", "title": "Annat"}),
        )
        .await;
        let complaint = raise(
            &world.decider,
            json!({"customer": world.klk_hr, "kind": "complaint", "title": "Trögt", "dueDay": "2020-01-01",
                "owner": world.dm_id, "channel": "meeting"}),
        )
        .await;
        let path = format!("/requests/{}", desk.id());
        let to_delivery = json!({"destination": "delivery"});
        world
            .brm
            .act(&format!("{path}/routing"), "*", to_delivery)
            .await
            .expect(200);
        let gone = format!("/requests/{}/withdrawal", other.id());
        world
            .stranger
            .act(&gone, "*", json!({"reason": "Löst."}))
            .await
            .expect(200);
        let (desk, other, complaint) = (desk, other.id(), complaint.id());
        let (number, desk) = (desk.text("number"), desk.id());
        let early = early.format("%Y-%m-%dT%H:%M:%SZ");
        let raiser = world.decider_id.clone();
        for (query, expected) in [
            (format!("customer={}", world.klk_hr), vec![&desk, &complaint]),
            ("kind=requirement".into(), vec![&desk]),
            ("status=withdrawn".into(), vec![&other]),
            ("open=true".into(), vec![&desk, &complaint]),
            ("open=false".into(), vec![&other]),
            ("overdue=true".into(), vec![&complaint]),
            ("overdue=false".into(), vec![&desk, &other]),
            ("destination=delivery".into(), vec![&desk]),
            ("destination=strategy".into(), vec![]),
            (format!("service={}", world.mail), vec![&desk]),
            ("channel=meeting".into(), vec![&complaint]),
            ("channel=service_desk".into(), vec![&desk]),
            (format!("raisedBy={raiser}"), vec![&complaint]),
            (format!("owner={}", world.dm_id), vec![&complaint]),
            (format!("number={number}"), vec![&desk]),
            ("wantedByBefore=2031-05-02".into(), vec![&desk]),
            ("wantedByBefore=2031-05-01".into(), vec![]),
            (format!("receivedFrom={early}"), vec![&other, &complaint]),
            (format!("receivedBefore={early}"), vec![&desk]),
            (format!("changedFrom={early}"), vec![&desk, &other, &complaint]),
            (format!("changedBefore={early}"), vec![]),
            ("reference=desk:INC-7".into(), vec![&desk]),
            ("open=true&kind=complaint&status=received".into(), vec![&complaint]),
        ] {
            let found = world
                .brm
                .get(&format!("/requests?count=true&{query}"))
                .await
                .expect(200);
            assert_eq!(ids(&found).iter().collect::<Vec<_>>(), expected, "{query}");
            assert_eq!(found.body["total"], expected.len(), "{query}");
        }
        world.brm.get("/requests?reference=desk").await.refused(400, "query");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_found_in_any_form_alike_on_both_databases() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let titles = [
            ("fakturor", "Fakturorna går inte att öppna"),
            ("skrivare", "Ny skrivare på våning två"),
            ("signing", "Digital signing of contracts"),
            ("mal", "Ett mal i garderoben"),
            ("mål", "Verksamhetens mål"),
            ("odd", "Rapport 'A\" -- (50 %) AND NOT *"),
        ];
        for (_, title) in titles {
            world.wish(title).await;
        }
        let described = json!({"customer": world.klk_hr, "kind": "wish", "title": "Övrigt",
            "description": "Skärmarna flimrar när e-posten öppnas."});
        world.purchaser.post("/requests", described).await.expect(201);
        let found = async |words: &str| {
            let request = world
                .brm
                .request(reqwest::Method::GET, "/requests")
                .query(&[("words", words)]);
            let page = Answer::to(words, request).await.expect(200);
            page.items()
                .iter()
                .map(|r| r["title"].as_str().expect("a title").to_owned())
                .collect::<Vec<_>>()
        };
        let bill = "Fakturorna går inte att öppna";
        for (words, expected) in [
            ("faktura", vec![bill]),
            ("FAKTURORNA", vec![bill]),
            ("fakturor öppna", vec![bill]),
            ("skrivarna", vec!["Ny skrivare på våning två"]),
            ("contract sign", vec!["Digital signing of contracts"]),
            ("signed contracts", vec!["Digital signing of contracts"]),
            ("mål", vec!["Verksamhetens mål"]),
            ("målen", vec!["Verksamhetens mål"]),
            ("mal", vec!["Ett mal i garderoben"]),
            ("skärm", vec!["Övrigt"]),
            ("e-post", vec!["Övrigt"]),
            ("skärm faktura", vec![]),
            ("fakt", vec![]),
            ("rapport 50", vec!["Rapport 'A\" -- (50 %) AND NOT *"]),
            ("rapport AND", vec!["Rapport 'A\" -- (50 %) AND NOT *"]),
            ("rapport OR faktura", vec![]),
            ("\"rapport\" & (a | b", vec![]),
            ("rapport'); drop table request; --", vec![]),
            ("NEAR(rapport, 5)", vec![]),
            ("words:rapport", vec![]),
            ("rapport*", vec!["Rapport 'A\" -- (50 %) AND NOT *"]),
            ("\\rapport!:*", vec!["Rapport 'A\" -- (50 %) AND NOT *"]),
        ] {
            assert_eq!(found(words).await, expected, "{words}");
        }
        let all = found("'\"*").await.len();
        assert!(all == 0 || all == 7, "no word at all: {all}");
        service.stop().await;
    })
    .await;
}
