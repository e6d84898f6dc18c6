//! R8: at most one agreement of a customer covers a service on a day; what a customer below inherits.
use end_to_end::{World, on_each_database};
use serde_json::{Value, json};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn one_service_is_covered_once_on_any_day() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let first = begun(&world.brm, sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 0)))).await;
        agreed(&world, &first).await.expect(200);
        let number = world.brm.get(&agreement_of(&first)).await.text("number");
        let over = |offset: i64| {
            sla(
                &world.klk_hr,
                draft(&[&world.mail, &world.salary], &day(&service, offset)),
            )
        };
        let second = begun(&world.brm, over(200)).await;
        propose(&world.brm, &second).await.expect(200);
        approve(&world.brm, &second).await.expect(200);
        let before = world.decider.get(&second).await.expect(200);
        let refused = approve(&world.decider, &second).await.refused(409, "already_covered");
        assert_eq!(refused.body["rule"], "R8");
        assert!(refused.text("detail").contains(&number), "{:#}", refused.body);
        assert_eq!(
            world.decider.get(&second).await.body,
            before.body,
            "nothing of it is left"
        );
        // The day after it ends, the service is free; another customer never was in the way.
        let after = begun(&world.brm, over(366)).await;
        agreed(&world, &after).await.expect(200);
        let elsewhere = begun(
            &world.other_brm,
            sla(&world.bun, draft(&[&world.mail], &day(&service, 0))),
        )
        .await;
        propose(&world.other_brm, &elsewhere).await.expect(200);
        approve(&world.other_brm, &elsewhere).await.expect(200);
        approve(&world.stranger, &elsewhere).await.expect(200);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_and_a_revocation_must_leave_the_service_free_too() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let mut told = tacit(&[&world.mail], &day(&service, 0));
        told["terms"]["renewal"] = json!("express");
        let first = begun(&world.brm, sla(&world.klk_hr, told)).await;
        agreed(&world, &first).await.expect(200);
        let next = begun(
            &world.brm,
            sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 366))),
        )
        .await;
        agreed(&world, &next).await.expect(200);
        let renewal = json!({"reference": "Protokoll"});
        act(&world.brm, &first, "renewals", renewal)
            .await
            .refused(409, "already_covered");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_below_inherits_unless_it_has_its_own() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let template = json!({"name": "Grund", "kind": "sla", "content": content("Grund"), "default": true,
            "terms": {"initialTerm": "P12M", "renewal": "none"}});
        let template = admin.post("/agreement-templates", template).await.expect(201).id();
        let told = async || {
            let path = format!("/customers/{}/service-coverage", world.klk_hr);
            let coverage = world.decider.get(&path).await.expect(200);
            coverage.body["services"][0].clone()
        };
        assert_eq!(told().await["byDefault"], json!(template));
        let above = begun(&world.brm, sla(&world.klk, draft(&[&world.mail], &day(&service, 0)))).await;
        propose(&world.brm, &above).await.expect(200);
        approve(&world.brm, &above).await.expect(200);
        approve(&world.chief, &above).await.expect(200);
        let inherited = told().await;
        assert_eq!(
            (&inherited["heldBy"]["code"], &inherited["byDefault"]),
            (&json!("KLK"), &Value::Null)
        );
        let own = begun(&world.brm, sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 0)))).await;
        agreed(&world, &own).await.expect(200);
        assert_eq!(told().await["heldBy"]["code"], "KLK-HR");
        let outside = world
            .stranger
            .get(&format!("/customers/{}/service-coverage", world.klk_hr))
            .await;
        outside.expect(404);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_holds_for_one_only_is_not_inherited() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let mut told = draft(&[&world.mail], &day(&service, 0));
        told["content"]["thisOnly"] = json!(true);
        let above = begun(&world.brm, sla(&world.klk, told)).await;
        propose(&world.brm, &above).await.expect(200);
        approve(&world.brm, &above).await.expect(200);
        approve(&world.chief, &above).await.expect(200);
        let path = format!("/customers/{}/service-coverage", world.klk_hr);
        let coverage = world.brm.get(&path).await.expect(200);
        assert_eq!(coverage.body["services"][0]["agreement"], Value::Null);
        let coverage = world
            .brm
            .get(&format!("{path}?day={}", day(&service, -1)))
            .await
            .expect(200);
        assert_eq!(coverage.body["services"][0]["service"]["code"], "MAIL");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn coverage_lists_what_nobody_agreed_on_and_what_nobody_answers_for() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let named = async |list: &str| -> Vec<(String, String)> {
            let coverage = admin.get("/coverage").await.expect(200);
            let text = |item: &Value, of: &str| item[of]["code"].as_str().expect("a code").to_owned();
            let items = coverage.body[list]["items"].as_array().expect("a list").clone();
            items
                .iter()
                .map(|item| (text(item, "customer"), text(item, "service")))
                .collect()
        };
        let pair = |customer: &str, service: &str| (customer.to_owned(), service.to_owned());
        let unagreed = named("servicesWithoutAgreement").await;
        assert!(unagreed.contains(&pair("KLK-HR", "MAIL")) && unagreed.contains(&pair("BUN", "MAIL")));
        let printing = admin
            .post("/services", json!({"code": "PRINT", "name": "Utskrift"}))
            .await
            .expect(201)
            .id();
        let told = draft(&[&world.mail, &printing], &day(&service, 0));
        let version = begun(&world.brm, sla(&world.klk_hr, told)).await;
        assert!(
            named("agreedServicesWithoutOwner").await.is_empty(),
            "a draft promises nothing"
        );
        agreed(&world, &version).await.expect(200);
        assert!(
            !named("servicesWithoutAgreement")
                .await
                .contains(&pair("KLK-HR", "MAIL"))
        );
        assert_eq!(named("agreedServicesWithoutOwner").await, [pair("KLK-HR", "PRINT")]);
        service.stop().await;
    })
    .await;
}
