//! What both parties do at the same moment.
use end_to_end::{Answer, World, on_each_database};
use serde_json::json;
use tokio::task::JoinSet;

use super::*;

async fn at_once(calls: Vec<(Caller, String, String, Value)>) -> Vec<Answer> {
    let mut all = JoinSet::new();
    for (caller, path, etag, body) in calls {
        all.spawn(async move { caller.act(&path, &etag, body).await });
    }
    all.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_approvals_at_the_same_moment_make_one_activation() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        for round in 0..5 {
            let version = begun(
                &world.brm,
                sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 400 * round))),
            )
            .await;
            let proposed = propose(&world.brm, &version).await.expect(200);
            let body = json!({"digest": proposed.text("digest")});
            let path = format!("{version}/approvals");
            let call = |caller: &Caller| (caller.clone(), path.clone(), proposed.etag(), body.clone());
            let answers = at_once(vec![call(&world.brm), call(&world.decider)]).await;
            let mut statuses: Vec<u16> = answers.iter().map(|a| a.status.as_u16()).collect();
            statuses.sort_unstable();
            // Who comes second saw the version as it was before the first: 412, and approves what is there now.
            assert_eq!(statuses, [200, 412], "{:#}", answers[0].body);
            let late = if answers[0].status == 412 { 0 } else { 1 };
            let first_was_brm = world.brm.get(&version).await.body["approvals"][0]["party"] == "provider";
            let second = if first_was_brm { &world.decider } else { &world.brm };
            assert_eq!(answers[late].header("etag"), second.get(&version).await.etag());
            let whole = approve(second, &version).await.expect(200);
            assert_eq!(whole.body["approvals"].as_array().map(Vec::len), Some(2));
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_during_approval_leaves_no_approved_content_that_nobody_read() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        for round in 0..5 {
            let version = begun(
                &world.brm,
                sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 400 * round))),
            )
            .await;
            let proposed = propose(&world.brm, &version).await.expect(200);
            let approved = approve(&world.brm, &version).await.expect(200);
            let digest = proposed.text("digest");
            let call = |caller: &Caller, act: &str, body: Value| {
                (caller.clone(), format!("{version}/{act}"), approved.etag(), body)
            };
            let answers = at_once(vec![
                call(&world.decider, "approvals", json!({"digest": digest})),
                call(&world.brm, "rejection", json!({"reason": "Ett fel i priset."})),
            ])
            .await;
            let done = answers.iter().filter(|a| a.status == 200).count();
            assert_eq!(done, 1, "one of the two happens");
            let now = world.brm.get(&version).await.expect(200);
            let approvals = now.body["approvals"].as_array().expect("approvals").len();
            match now.body["state"].as_str() {
                Some("draft") => assert_eq!(approvals, 0),
                _ => assert_eq!((approvals, now.text("digest")), (2, digest)),
            }
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agreements_about_one_service_cannot_both_be_approved() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let mut calls = vec![];
        for _ in 0..4 {
            let version = begun(&world.brm, sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 0)))).await;
            let digest = propose(&world.brm, &version).await.expect(200).text("digest");
            let half = approve(&world.brm, &version).await.expect(200);
            let body = json!({"digest": digest});
            calls.push((world.decider.clone(), format!("{version}/approvals"), half.etag(), body));
        }
        let answers = at_once(calls).await;
        let mut statuses: Vec<u16> = answers.iter().map(|a| a.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409]);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_have_no_gaps_however_many_begin_at_once() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let good = sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 0)));
        let mut bad = good.clone();
        bad["draft"]["content"]["targets"][0]["calendar"] = json!(uuid::Uuid::now_v7());
        let mut all = JoinSet::new();
        for n in 0..24 {
            let (brm, body) = (world.brm.clone(), if n % 3 == 0 { bad.clone() } else { good.clone() });
            all.spawn(async move { brm.post("/agreements", body).await });
        }
        let answers = all.join_all().await;
        let mut serials: Vec<u32> = answers
            .iter()
            .filter(|a| a.status == 201)
            .filter_map(|a| a.text("number").rsplit_once('-').and_then(|(_, n)| n.parse().ok()))
            .collect();
        serials.sort_unstable();
        assert_eq!(serials, (1..=16).collect::<Vec<_>>());
        service.stop().await;
    })
    .await;
}
