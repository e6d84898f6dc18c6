//! Pages of requests: whichever way a request is visible, it stands on one page once, and times cut where they say.
use end_to_end::{World, on_each_database, service::Caller};
use serde_json::json;

/// Every id, page by page.
async fn walk(caller: &Caller, query: &str) -> Vec<String> {
    let mut ids = vec![];
    let mut cursor = String::new();
    loop {
        let page = caller
            .get(&format!("/requests?limit=2{query}{cursor}"))
            .await
            .expect(200);
        ids.extend(
            page.items()
                .iter()
                .map(|item| item["id"].as_str().expect("an id").to_owned()),
        );
        match page.body["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_visible_request_stands_on_one_page_once() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let raised = async |caller: &Caller, customer: &str, kind: &str| {
            let body = json!({"customer": customer, "kind": kind, "title": "Bättre e-post", "services": [world.mail]});
            service.state().clock.advance(chrono::Duration::seconds(1));
            caller.post("/requests", body).await.expect(201)
        };
        let mut all = vec![];
        for _ in 0..3 {
            all.push(raised(&world.key_user, &world.klk_hr, "wish").await);
            all.push(raised(&world.purchaser, &world.klk_hr, "requirement").await);
            raised(&world.stranger, &world.bun, "wish").await;
        }
        let of_loner = raised(&world.loner, &world.klk, "wish").await.id();
        let ids: Vec<String> = all.iter().map(|answer| answer.id()).collect();
        let wishes: Vec<String> = ids.iter().step_by(2).cloned().collect();
        assert_eq!(walk(&world.key_user, "").await, ids, "both ways together, oldest first");
        assert_eq!(walk(&world.key_user, "&kind=wish").await, wishes);
        assert_eq!(
            walk(&world.loner, "").await,
            [of_loner],
            "raised, of a customer beyond reach"
        );
        let mut newest_first = walk(&world.key_user, "&sort=descending").await;
        newest_first.reverse();
        assert_eq!(newest_first, ids);
        let counted = world.key_user.get("/requests?limit=1&count=true").await.expect(200);
        assert_eq!(counted.body["total"], 6);

        let third = all[2].text("receivedAt");
        assert_eq!(walk(&world.key_user, &format!("&receivedFrom={third}")).await, ids[2..]);
        assert_eq!(
            walk(&world.key_user, &format!("&receivedBefore={third}")).await,
            ids[..2]
        );
        service.stop().await;
    })
    .await;
}
