//! R5 to R7: who writes, who approves, what voids an approval, and that nothing approved ever changes.
use end_to_end::{World, on_each_database};
use serde_json::{Value, json};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn both_parties_approve_the_same_content_and_it_holds() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let version = begun(&world.brm, sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 0)))).await;
        let written = world.brm.get(&version).await.expect(200);
        assert_eq!(written.body["state"], "draft");
        assert_eq!(
            written.body["nextActs"],
            json!([{"party": "provider", "act": "propose"}])
        );
        // The customer sees what is laid before it, not what is being written.
        world.decider.get(&version).await.expect(404);
        world.decider.get(&agreement_of(&version)).await.expect(404);
        let proposed = propose(&world.brm, &version).await.expect(200);
        assert_eq!(proposed.body["proposal"]["by"]["name"], "Bea Ram");
        world.decider.get(&agreement_of(&version)).await.expect(200);
        let half = approve(&world.decider, &version).await.expect(200);
        assert_eq!(half.body["state"], "proposed");
        assert_eq!(half.body["nextActs"], json!([{"party": "provider", "act": "approve"}]));
        let whole = approve(&world.brm, &version).await.expect(200);
        assert_eq!(whole.body["state"], "active");
        let approval = &whole.body["approvals"][0];
        assert_eq!(
            (&approval["party"], &approval["by"]["name"]),
            (&json!("customer"), &json!("Karin Kund"))
        );
        assert_eq!(approval["mandate"]["kind"], "customer");
        assert_eq!(approval["digest"], whole.body["digest"]);
        assert_eq!(
            approval["signedIn"]["issuer"],
            service.base().replace("/kundansvar/v1", "")
        );
        let agreement = world.decider.get(&agreement_of(&version)).await.expect(200);
        assert_eq!(
            (&agreement.body["current"]["state"], &agreement.body["open"]),
            (&json!("active"), &Value::Null)
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lacks_role_mandate_or_the_right_content_approves_nothing() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let version = begun(&world.brm, sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 0)))).await;
        propose(&world.brm, &version).await.expect(200);
        let before = service.events().await;
        approve(&world.dm, &version).await.expect(403);
        approve(&world.other_brm, &version).await.expect(403);
        let refused = approve(&world.purchaser, &version).await.refused(409, "both_approve");
        assert_eq!(refused.body["rule"], "R6");
        let other = act(&world.decider, &version, "approvals", json!({"digest": "0".repeat(64)})).await;
        assert_eq!(
            other.refused(409, "both_approve").body["errors"][0]["pointer"],
            "/digest"
        );
        world.stranger.get(&version).await.expect(404);
        assert_eq!(service.events().await, before);
        approve(&world.brm, &version).await.expect(200);
        approve(&world.brm, &version).await.refused(409, "both_approve");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_returns_to_draft_has_no_approvals_left() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let version = begun(&world.brm, sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 0)))).await;
        let digest = propose(&world.brm, &version).await.expect(200).text("digest");
        approve(&world.brm, &version).await.expect(200);
        // What is proposed stands still.
        let etag = world.brm.get(&version).await.etag();
        let edit = json!({"content": {"title": "E-post och kalender"}});
        world
            .brm
            .patch(&version, &etag, edit.clone())
            .await
            .refused(409, "state");
        let reason = json!({"reason": "Priset saknas."});
        act(&world.purchaser, &version, "rejection", reason.clone())
            .await
            .refused(409, "both_approve");
        let returned = act(&world.decider, &version, "rejection", reason).await.expect(200);
        assert_eq!(returned.body["approvals"], json!([]));
        let now = world.brm.get(&version).await.expect(200);
        assert_eq!(now.body["rejection"]["reason"], "Priset saknas.");
        let edited = world.brm.patch(&version, &now.etag(), edit).await.expect(200);
        assert_ne!(edited.text("digest"), digest);
        // The old digest approves nothing any more; the proposer can take the proposal back.
        propose(&world.brm, &version).await.expect(200);
        act(&world.decider, &version, "approvals", json!({"digest": digest}))
            .await
            .refused(409, "both_approve");
        let etag = world.brm.get(&version).await.etag();
        let back = world
            .brm
            .delete(&format!("{version}/proposal"), &etag)
            .await
            .expect(200);
        assert_eq!(back.body["state"], "draft");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_version_never_changes() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let version = begun(&world.brm, sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 0)))).await;
        let approved = agreed(&world, &version).await.expect(200);
        let patch = world
            .brm
            .patch(&version, &approved.etag(), json!({"content": {"title": "Annat"}}))
            .await;
        assert_eq!(patch.refused(409, "approved_is_fixed").body["rule"], "R7");
        propose(&world.brm, &version).await.refused(409, "approved_is_fixed");
        let reason = json!({"reason": "Nej."});
        act(&world.decider, &version, "rejection", reason)
            .await
            .refused(409, "state");
        world.brm.delete(&version, &approved.etag()).await.refused(409, "state");
        assert_eq!(world.brm.get(&version).await.body, approved.body);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_with_a_supplier_records_the_other_partys_signature() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let body = json!({"kind": "uc", "with": {"name": "Postbolaget AB", "organisationNumber": "556677-8899"},
            "evidence": "document", "draft": draft(&[&world.mail], &day(&service, 0))});
        world.loner.post("/agreements", body.clone()).await.expect(403);
        world.dm.post("/agreements", body.clone()).await.expect(403);
        let version = begun(&world.brm, body).await;
        propose(&world.brm, &version).await.expect(200);
        approve(&world.brm, &version).await.expect(200);
        let digest = world.brm.get(&version).await.text("digest");
        let signed = json!({"digest": digest, "counterparty":
            {"signedBy": "Sven Säljare", "signedOn": day(&service, 0), "reference": "Diarienr 2026/12"}});
        let whole = act(&world.brm, &version, "approvals", signed.clone()).await.expect(200);
        assert_eq!(whole.body["state"], "active");
        assert_eq!(
            whole.body["approvals"][1]["signedElsewhere"]["signedBy"],
            "Sven Säljare"
        );
        // No customer's business.
        world.decider.get(&version).await.expect(404);
        world.loner.get(&version).await.expect(404);
        // A customer approves here and nowhere else.
        let of_customer = begun(&world.brm, sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 0)))).await;
        let digest = propose(&world.brm, &of_customer).await.expect(200).text("digest");
        let mut signed = signed;
        signed["digest"] = json!(digest);
        let refused = act(&world.brm, &of_customer, "approvals", signed).await;
        assert_eq!(
            refused.refused(409, "both_approve").body["errors"][0]["pointer"],
            "/counterparty"
        );
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mandate_reaches_no_further_than_its_amount() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let path = format!("/contacts/{}", world.decider_id);
        let reaches = async |amount: &str| {
            let mandate = json!({"kind": "customer", "firstDay": "2020-01-01", "basis": "Delegation 2026/7",
                "amountPerYear": {"amount": amount, "currency": "SEK"}});
            let admin = service.administrator();
            let etag = admin.get(&path).await.expect(200).etag();
            admin
                .patch(&path, &etag, json!({"mandates": [mandate]}))
                .await
                .expect(200);
        };
        let mut told = draft(&[&world.mail], &day(&service, 0));
        told["content"]["price"] = json!({"amount": "100.00", "currency": "SEK", "period": "month"});
        let version = begun(&world.brm, sla(&world.klk_hr, told)).await;
        propose(&world.brm, &version).await.expect(200);
        reaches("1199.99").await;
        let refused = approve(&world.decider, &version).await.refused(409, "both_approve");
        assert!(refused.text("detail").contains("1200.00"), "{:#}", refused.body);
        reaches("1200.00").await;
        let approved = approve(&world.decider, &version).await.expect(200);
        assert_eq!(approved.body["approvals"][0]["mandate"]["basis"], "Delegation 2026/7");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deputy_approves_in_anothers_stead() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let mandate = json!({"kind": "customer", "firstDay": "2020-01-01", "deputyFor": world.decider_id});
        let body = json!({"customer": world.klk_hr, "name": "Eva Ersättare", "mandates": [mandate]});
        let deputy = admin.post("/contacts", body).await.expect(201).id();
        let deputy = service.caller(api::identity::Kind::Contact, &deputy);
        let version = begun(&world.brm, sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 0)))).await;
        propose(&world.brm, &version).await.expect(200);
        let approved = approve(&deputy, &version).await.expect(200);
        let approval = &approved.body["approvals"][0];
        assert_eq!(
            (&approval["by"]["name"], &approval["actingFor"]),
            (&json!("Eva Ersättare"), &json!(world.decider_id))
        );
        service.stop().await;
    })
    .await;
}
