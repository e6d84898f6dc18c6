//! R9: start, renewal, notice and end happen by the calendar; what people ask for because of it.
use api::identity::Kind;
use end_to_end::{World, on_each_database};
use serde_json::json;

use super::*;

/// The business relationship manager with a token of the day: the clock has moved.
fn again(service: &Service, world: &World) -> Caller {
    service.caller(Kind::Person, &world.brm_id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tacit_one_goes_on_until_notice_ends_it() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let first = day(&service, -300);
        let version = begun(&world.brm, sla(&world.klk_hr, tacit(&[&world.mail], &first))).await;
        let active = agreed(&world, &version).await.expect(200);
        assert_eq!(active.body["state"], "active");
        assert!(active.body["lastDayInForce"].is_null());
        let terms = active.body["comingTerms"].as_array().expect("terms");
        assert_eq!(terms[0]["lastDay"], json!(year_from(&first)));
        assert!(terms.len() >= 5, "five years ahead: {terms:?}");
        // The initial term ends in 65 days; its last day for notice has passed, so notice ends the next one.
        let notice = |party: &str, on: String| json!({"givenOn": on, "party": party, "receipt": "Brev 2026-11"});
        act(
            &world.purchaser,
            &version,
            "notice",
            notice("customer", day(&service, 0)),
        )
        .await
        .refused(409, "both_approve");
        act(&world.decider, &version, "notice", notice("provider", day(&service, 0)))
            .await
            .refused(409, "agreement_calendar");
        act(
            &world.decider,
            &version,
            "notice",
            notice("customer", day(&service, -1)),
        )
        .await
        .refused(409, "agreement_calendar");
        act(&world.brm, &version, "notice", notice("customer", day(&service, 1)))
            .await
            .refused(409, "agreement_calendar");
        let given = act(&world.decider, &version, "notice", notice("customer", day(&service, 0)))
            .await
            .expect(200);
        assert_eq!(given.body["lastDayInForce"], terms[1]["lastDay"]);
        assert_eq!(given.body["comingTerms"].as_array().expect("terms").len(), 2);
        act(&world.brm, &version, "notice", notice("provider", day(&service, 0)))
            .await
            .refused(409, "agreement_calendar");
        service.state().clock.advance(chrono::Duration::days(66 + 366));
        assert_eq!(again(&service, &world).get(&version).await.body["state"], "expired");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_express_one_ends_without_a_recorded_renewal() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let mut told = tacit(&[&world.mail], &day(&service, 0));
        told["terms"]["renewal"] = json!("express");
        let version = begun(&world.brm, sla(&world.klk_hr, told)).await;
        agreed(&world, &version).await.expect(200);
        let renewal = json!({"reference": "Protokoll 2026-11-20"});
        let renewed = act(&world.brm, &version, "renewals", renewal.clone()).await.expect(200);
        assert_eq!(renewed.body["renewals"][0]["lastDay"], renewed.body["lastDayInForce"]);
        service.state().clock.advance(chrono::Duration::days(400));
        assert_eq!(again(&service, &world).get(&version).await.body["state"], "active");
        service.state().clock.advance(chrono::Duration::days(400));
        assert_eq!(again(&service, &world).get(&version).await.body["state"], "expired");
        act(&again(&service, &world), &version, "renewals", renewal)
            .await
            .refused(409, "agreement_calendar");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_revoked_by_both_before_it_begins_and_terminated_after() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let first = begun(
            &world.brm,
            sla(&world.klk_hr, tacit(&[&world.mail], &day(&service, -10))),
        )
        .await;
        agreed(&world, &first).await.expect(200);
        let versions = format!("{}/versions", agreement_of(&first));
        world
            .brm
            .post(&versions, json!({"firstDay": day(&service, 20)}))
            .await
            .expect(201);
        let second = sibling(&first, 2);
        agreed(&world, &second).await.expect(200);
        let reason = json!({"reason": "Vi avvaktar."});
        let half = act(&world.decider, &second, "revocation", reason.clone())
            .await
            .expect(200);
        assert_eq!(
            (&half.body["state"], &half.body["nextActs"]),
            (&json!("upcoming"), &json!([{"party": "provider", "act": "revoke"}]))
        );
        act(&world.decider, &second, "revocation", reason.clone())
            .await
            .refused(409, "both_approve");
        let gone = act(&world.brm, &second, "revocation", reason.clone()).await.expect(200);
        assert_eq!(gone.body["state"], "terminated");
        let back = world.brm.get(&first).await.expect(200);
        assert!(back.body["superseded"].is_null() && back.body["lastDayInForce"].is_null());
        act(&world.brm, &first, "revocation", reason)
            .await
            .refused(409, "agreement_calendar");
        let told = |on: String| json!({"lastDay": on, "reason": "Tjänsten läggs ned.", "reference": "Protokoll 4"});
        act(&world.brm, &first, "termination", told(day(&service, -1)))
            .await
            .refused(409, "agreement_calendar");
        let ended = act(&world.brm, &first, "termination", told(day(&service, 5)))
            .await
            .expect(200);
        assert_eq!(ended.body["state"], "active");
        service.state().clock.advance(chrono::Duration::days(6));
        assert_eq!(world.brm.get(&first).await.body["state"], "terminated");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lists_that_people_ask_for() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let ending = begun(
            &world.brm,
            sla(&world.klk_hr, draft(&[&world.mail], &day(&service, -350))),
        )
        .await;
        agreed(&world, &ending).await.expect(200);
        let mut told = tacit(&[&world.salary], &day(&service, -200));
        told["content"]["reviewInterval"] = json!("P6M");
        told["content"]["dataProcessing"] = json!({"personalData": true});
        let going_on = begun(&world.brm, sla(&world.klk_hr, told)).await;
        agreed(&world, &going_on).await.expect(200);
        let id = |version: &str| agreement_of(version).replace("/agreements/", "");
        let listed = async |query: &str| -> Vec<String> {
            let page = again(&service, &world)
                .get(&format!("/agreements?{query}"))
                .await
                .expect(200);
            page.items()
                .iter()
                .map(|a| a["id"].as_str().expect("an id").to_owned())
                .collect()
        };
        let (ending_id, going_on_id) = (id(&ending), id(&going_on));
        assert_eq!(listed("state=active").await, [ending_id.clone(), going_on_id.clone()]);
        assert_eq!(listed("endsWithinDays=15").await, std::slice::from_ref(&ending_id));
        assert!(listed("endsWithinDays=13").await.is_empty());
        // The running term ends in about 165 days, so notice can be given for some 75 more.
        assert_eq!(listed("noticeWithinDays=90").await, std::slice::from_ref(&going_on_id));
        assert!(listed("noticeWithinDays=30").await.is_empty());
        assert!(listed("insideNoticePeriod=true").await.is_empty());
        assert_eq!(
            listed(&format!("service={}", world.mail)).await,
            std::slice::from_ref(&ending_id)
        );
        assert_eq!(
            listed(&format!("service={}&day={}", world.mail, day(&service, 300))).await,
            Vec::<String>::new()
        );
        assert_eq!(
            listed(&format!("reviewDueBy={}", day(&service, 0))).await,
            std::slice::from_ref(&going_on_id)
        );
        assert_eq!(listed("personalData=true").await, std::slice::from_ref(&going_on_id));
        assert_eq!(
            listed("withoutProcessingAgreement=true").await,
            std::slice::from_ref(&going_on_id)
        );
        assert_eq!(listed("withoutUnderpinning=true").await.len(), 2);
        // Looked over, it is due again half a year later.
        let path = agreement_of(&going_on);
        let etag = world.brm.get(&path).await.etag();
        let review = json!({"day": day(&service, 0), "outcome": "Inga ändringar."});
        let reviewed = world
            .brm
            .act(&format!("{path}/reviews"), &etag, review)
            .await
            .expect(200);
        assert!(reviewed.text("nextReviewDay") > day(&service, 170));
        assert!(listed(&format!("reviewDueBy={}", day(&service, 0))).await.is_empty());
        service.state().clock.advance(chrono::Duration::days(90));
        assert_eq!(
            listed("insideNoticePeriod=true").await,
            std::slice::from_ref(&going_on_id)
        );
        assert_eq!(listed("state=expired").await, std::slice::from_ref(&ending_id));
        service.stop().await;
    })
    .await;
}
