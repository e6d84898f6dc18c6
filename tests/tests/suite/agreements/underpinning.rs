//! What a promise rests on: where the agreements with others cannot carry it, people are told.
use end_to_end::{World, on_each_database};
use serde_json::{Value, json};

use super::*;

fn office(name: &str, to: &str) -> Value {
    let day = json!([{"from": "08:00", "to": to}]);
    json!({"name": name, "hours": {"zone": "Europe/Stockholm", "weekly": {"monday": day, "tuesday": day}}})
}

fn uptime(value: &str, calendar: &str) -> Value {
    json!({"key": "uptime", "name": "Tillgänglighet", "indicator": {"kind": "availability"}, "comparison": "at_least",
        "value": value, "period": "month", "calendar": calendar})
}

fn resolution(limit: &str, calendar: &str) -> Value {
    json!({"key": "solved", "name": "Lösningstid", "indicator": {"kind": "timeliness", "measured": "resolution",
        "limit": limit}, "comparison": "at_least", "value": "95", "period": "month", "calendar": calendar})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_carry_a_promise_is_told_with_its_figures() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let calendar = async |name: &str, to: &str| {
            world
                .brm
                .post("/service-calendars", office(name, to))
                .await
                .expect(201)
                .id()
        };
        let (long, short) = (calendar("Lång", "17:00").await, calendar("Kort", "16:00").await);
        let supplier = async |name: &str, mut told: Value, targets: Value| {
            told["content"]["targets"] = targets;
            let body = json!({"kind": "uc", "with": {"name": name}, "evidence": "document", "draft": told});
            let version = begun(&world.brm, body).await;
            propose(&world.brm, &version).await.expect(200);
            approve(&world.brm, &version).await.expect(200);
            let digest = world.brm.get(&version).await.text("digest");
            let signed = json!({"signedBy": "Sven Säljare", "signedOn": day(&service, 0), "reference": "Dnr 1"});
            let body = json!({"digest": digest, "counterparty": signed});
            act(&world.brm, &version, "approvals", body).await.expect(200);
            agreement_of(&version).replace("/agreements/", "")
        };
        let first = day(&service, 0);
        let net = supplier(
            "Nätbolaget",
            tacit(&[&world.mail], &first),
            json!([uptime("99.8", &long), resolution("PT2H", &long)]),
        )
        .await;
        // Ends earlier, and is counted in fewer hours.
        let hosting = supplier(
            "Driftbolaget",
            draft(&[&world.mail], &day(&service, -100)),
            json!([uptime("99.6", &short), resolution("PT3H", &long)]),
        )
        .await;
        let rests_on =
            |target: &str| json!([{"agreement": net, "target": target}, {"agreement": hosting, "target": target}]);
        let mut told = tacit(&[&world.mail], &first);
        let (mut up, mut solved) = (uptime("99.5", &long), resolution("PT4H", &long));
        up["restsOn"] = rests_on("uptime");
        solved["restsOn"] = rests_on("solved");
        told["content"]["targets"] = json!([up, solved, content("E-post")["targets"][0]]);
        let mut unknown = told.clone();
        unknown["content"]["targets"][0]["restsOn"][1]["target"] = json!("nothing");
        let refused = world
            .brm
            .post("/agreements", sla(&world.klk_hr, unknown))
            .await
            .refused(409, "unknown_reference");
        assert_eq!(
            refused.body["errors"][0]["pointer"],
            "/draft/content/targets/0/restsOn/1"
        );
        let version = begun(&world.brm, sla(&world.klk_hr, told)).await;
        let found = world.brm.get(&format!("{version}/underpinning")).await.expect(200);
        let weaknesses = |n: usize| -> Vec<String> {
            let warnings = found.body["targets"][n]["warnings"].as_array().expect("warnings");
            warnings
                .iter()
                .map(|w| w["weakness"].as_str().expect("a word").to_owned())
                .collect()
        };
        // 0.998 × 0.996 = 0.994008; two hours and three are more than four.
        assert_eq!(
            weaknesses(0),
            ["narrower_hours", "earlier_end", "availability_below"],
            "{:#}",
            found.body
        );
        let told = &found.body["targets"][0]["warnings"][2]["detail"];
        assert!(told.as_str().is_some_and(|told| told.contains("99.4008")), "{told}");
        assert_eq!(weaknesses(1), ["earlier_end", "times_above"]);
        assert_eq!(weaknesses(2), ["rests_on_nothing"]);
        // By the day after its end, one of them promises nothing any more.
        service.state().clock.advance(chrono::Duration::days(300));
        let brm = service.caller(api::identity::Kind::Person, &world.brm_id);
        let later = brm.get(&format!("{version}/underpinning")).await.expect(200);
        assert_eq!(later.body["targets"][0]["warnings"][0]["weakness"], "not_promised");
        service.stop().await;
    })
    .await;
}
