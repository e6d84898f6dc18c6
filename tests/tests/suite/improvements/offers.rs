//! What was measured to help one customer is offered to those with the same need.
use end_to_end::{Service, databases};

use super::*;

/// An improvement for KLK-HR, verified with this outcome: its path.
async fn judged(world: &World, title: &str, value: &str, outcome: &str) -> String {
    let path = entered(&world.dm, input(title, &[&world.klk_hr])).await;
    verified(&world.dm, &path, value, outcome).await.expect(200);
    path
}

async fn wish(caller: &Caller, customer: &str, kind: &str, title: &str) -> String {
    let body = json!({"customer": customer, "kind": kind, "title": title});
    caller.post("/requests", body).await.expect(201).id()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_helped_is_offered_to_others_with_the_same_need() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let title = "Kortare väntetid i telefonväxeln";
        let same = wish(
            &world.stranger,
            &world.bun,
            "wish",
            "Kortare väntetid i telefonväxeln för skolorna",
        )
        .await;
        let again = wish(
            &world.stranger,
            &world.bun,
            "wish",
            "Väntetiden i telefonväxeln är för lång",
        )
        .await;
        wish(&world.stranger, &world.bun, "complaint", title).await;
        wish(&world.stranger, &world.bun, "wish", "Parkeringstillstånd").await;
        wish(&world.purchaser, &world.klk_hr, "wish", title).await;
        let offers = async |caller: &Caller, query: &str| {
            let path = format!("/improvement-offers{query}");
            caller.get(&path).await.expect(200).items().to_vec()
        };
        let tasks = async |caller: &Caller| {
            let tasks = caller.get("/tasks").await.expect(200);
            let is = |t: &&Value| t["kind"] == "weigh_offer";
            tasks.items().iter().filter(is).cloned().collect::<Vec<_>>()
        };

        // What did not help is offered to nobody; nor a complaint, another need, or the customer it was made for.
        judged(&world, title, "41", "not_achieved").await;
        assert!(offers(&service.auditor(), "").await.is_empty());
        let helped = judged(&world, title, "12", "achieved").await;
        let id = helped.rsplit('/').next().expect("an id");
        let mut made = offers(&world.other_brm, &format!("?improvement={id}&state=offered")).await;
        made.sort_by_key(|offer| -offer["likeness"].as_i64().expect("a likeness"));
        let mut to: Vec<_> = made
            .iter()
            .map(|o| o["request"]["id"].as_str().expect("an id"))
            .collect();
        to.sort_unstable();
        let mut expected = [same.as_str(), again.as_str()];
        expected.sort_unstable();
        assert_eq!(to, expected, "{made:#?}");
        assert_eq!(made[0]["request"]["id"], same, "the most alike first");
        assert_eq!(
            (&made[0]["outcome"], &made[0]["improvement"]["id"]),
            (&json!("achieved"), &json!(id))
        );
        let asked = tasks(&world.other_brm).await;
        assert_eq!(asked.len(), 2);
        let link = asked[0]["link"].as_str().expect("a link");
        let read = world
            .other_brm
            .get(link.strip_prefix("/kundansvar/v1").expect("a path"))
            .await
            .expect(200);
        assert_eq!(read.items().len(), 1);
        assert!(tasks(&world.brm).await.is_empty() && tasks(&world.other_dm).await.is_empty());

        // Taken, the request goes to the register, for an entry of its own that is measured on its own.
        let decide = async |caller: &Caller, offer: &Value, body: Value| {
            let path = format!("/improvement-offers/{}/decision", offer["id"].as_str().expect("an id"));
            caller.post(&path, body).await
        };
        let taken = json!({"outcome": "taken"});
        decide(&world.brm, &made[0], taken.clone())
            .await
            .refused(403, "not_permitted");
        let done = decide(&world.other_brm, &made[0], taken.clone()).await.expect(200);
        let entry = done.body["takenAs"]["id"].as_str().expect("an entry").to_owned();
        let entry = world.other_brm.get(&format!("/improvements/{entry}")).await.expect(200);
        assert_eq!(
            (entry.text("status"), &entry.body["origin"]["request"]["id"]),
            ("identified".into(), &json!(same))
        );
        let request = world.stranger.get(&format!("/requests/{same}")).await.expect(200);
        assert_eq!(
            (request.text("status"), &request.body["handOver"]["destination"]),
            ("routed".into(), &json!("improvement"))
        );
        decide(&world.other_brm, &made[0], taken).await.refused(409, "state");

        // Declined, with a reason, nothing changes for the request.
        let bare = decide(&world.other_brm, &made[1], json!({"outcome": "declined"}))
            .await
            .refused(409, "state");
        assert_eq!(bare.body["errors"][0]["pointer"], "/reason");
        let declined = json!({"outcome": "declined", "reason": "Skolorna har en annan växel."});
        let declined = decide(&world.other_brm, &made[1], declined).await.expect(200);
        assert_eq!(declined.body["decision"]["reason"], "Skolorna har en annan växel.");
        assert_eq!(
            world.stranger.get(&format!("/requests/{again}")).await.text("status"),
            "received"
        );
        assert!(tasks(&world.other_brm).await.is_empty());
        let events = service
            .auditor()
            .get("/events?limit=200&subjectKind=improvement_offer")
            .await
            .expect(200)
            .body
            .to_string();
        for act in ["made", "taken", "declined"] {
            assert!(
                events.contains(&format!("kundansvar.improvement_offer.{act}.v1")),
                "{act}"
            );
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r20_an_offer_names_no_improvement_that_is_out_of_sight() {
    for database in databases().await {
        let narrow = |settings: &mut api::program::Settings| {
            settings.other_customers = domain::access::OtherCustomers::None;
        };
        let service = Service::start_with(database, narrow).await;
        let world = World::build(&service).await;
        let request = wish(&world.stranger, &world.bun, "wish", "Kortare väntetid i telefonväxeln").await;
        let helped = judged(&world, "Kortare väntetid i telefonväxeln", "12", "achieved").await;
        let id = helped.rsplit('/').next().expect("an id");
        let seen = world.other_brm.get("/improvement-offers").await.expect(200);
        assert_eq!(seen.items().len(), 1);
        assert_eq!(seen.items()[0]["request"]["id"], request);
        assert!(!seen.body.to_string().contains(id), "{:#}", seen.body);
        let found = world
            .other_brm
            .get(&format!("/improvement-offers?improvement={id}"))
            .await
            .expect(200);
        assert!(found.items().is_empty());
        let unseen = world.brm.get("/improvement-offers").await.expect(200);
        assert!(unseen.items().is_empty(), "the request is another team's");
        service.stop().await;
    }
}
