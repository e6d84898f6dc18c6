//! A request's way: pushed, sorted, endorsed, routed, pulled, decided.
use end_to_end::{World, on_each_database};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn from_the_desk_to_the_portfolio_and_back() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let wish = json!({
            "customer": world.klk_hr, "kind": "wish", "title": "Digital underskrift", "services": [world.mail],
            "raisedBy": world.decider_id, "references": [{"system": "desk", "id": "INC1"}]
        });
        let made = world.desk.post("/requests", wish.clone()).await.expect(201);
        let path = format!("/requests/{}", made.id());
        assert_eq!(
            made.body["number"],
            format!("REQ-{}-000001", chrono::Utc::now().format("%Y"))
        );
        assert_eq!(made.body["raisedBy"]["name"], "Karin Kund");
        assert_eq!(made.body["channel"], "service_desk");
        // The same document again changes nothing; another one is applied.
        assert_eq!(
            world.desk.post("/requests", wish.clone()).await.expect(200).etag(),
            made.etag()
        );
        let mut other = wish;
        other["title"] = json!("Digital underskrift av avtal");
        assert_eq!(
            world.desk.post("/requests", other).await.expect(200).body["title"],
            "Digital underskrift av avtal"
        );

        let got = world.brm.get(&path).await.expect(200);
        let looked = world
            .brm
            .act(&format!("{path}/investigation"), &got.etag(), json!(null))
            .await
            .expect(200);
        let to_portfolio = json!({"destination": "service_portfolio", "note": "Ny tjänst"});
        let routing = format!("{path}/routing");
        world
            .brm
            .act(&routing, &looked.etag(), to_portfolio.clone())
            .await
            .refused(409, "R14");
        world
            .purchaser
            .post(&format!("{path}/endorsements"), json!(null))
            .await
            .refused(409, "R14");
        let endorsed = world
            .decider
            .send(reqwest::Method::POST, &format!("{path}/endorsements"), &[], None)
            .await
            .expect(200);
        assert_eq!(endorsed.body["endorsements"][0]["contact"]["name"], "Karin Kund");
        world
            .dm
            .act(&routing, &endorsed.etag(), to_portfolio.clone())
            .await
            .refused(403, "not_permitted");
        world
            .brm
            .act(&routing, &looked.etag(), to_portfolio.clone())
            .await
            .refused(412, "precondition_failed");
        world
            .brm
            .post(&routing, to_portfolio.clone())
            .await
            .refused(428, "precondition_required");
        let routed = world
            .brm
            .act(&routing, &endorsed.etag(), to_portfolio)
            .await
            .expect(200);
        assert_eq!(routed.body["status"], "routed");

        let feed = world.portfolio.get("/feeds/service_portfolio").await.expect(200);
        assert_eq!(feed.items().len(), 1, "{:#}", feed.body);
        assert_eq!(feed.items()[0]["request"]["title"], "Digital underskrift av avtal");
        world
            .delivery
            .get("/feeds/service_portfolio")
            .await
            .refused(403, "insufficient_scope");
        let hand_over = format!("/hand-overs/{}", feed.items()[0]["handOverId"].as_str().unwrap());
        world.delivery.get(&hand_over).await.refused(404, "not_found");
        let receipt = json!({"reference": "PF-1"});
        world
            .portfolio
            .post(&format!("{hand_over}/acknowledgement"), receipt.clone())
            .await
            .expect(200);
        world
            .portfolio
            .post(&format!("{hand_over}/acknowledgement"), receipt)
            .await
            .expect(200);
        let decision = json!({"outcome": "declined", "reason": "Inte i år.", "reference": "D-1"});
        world
            .portfolio
            .post(&format!("{hand_over}/decision"), decision)
            .await
            .expect(200);
        let seen = world.decider.get(&path).await.expect(200);
        assert_eq!(seen.body["status"], "declined");
        assert_eq!(seen.body["handOver"]["decision"]["reason"], "Inte i år.");
        let timeline = world
            .decider
            .get(&format!("{path}/timeline?limit=100"))
            .await
            .expect(200);
        let acts: Vec<&str> = timeline.items().iter().map(|e| e["type"].as_str().unwrap()).collect();
        assert_eq!(acts.len(), 10, "{acts:#?}");
        let next = feed.text("next");
        assert!(
            world
                .portfolio
                .get(&format!("/feeds/service_portfolio?cursor={next}"))
                .await
                .expect(200)
                .items()
                .is_empty()
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_own_a_matter_does_not_answer_it() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let wish = world.wish("Snabbare inloggning").await;
        let path = format!("/requests/{}/answer", wish.id());
        let answer = world.brm.act(&path, &wish.etag(), json!({"text": "Nej."})).await;
        answer.refused(403, "not_permitted");
        service.stop().await;
    })
    .await;
}
