//! Each check comes before the next: every request here breaks one, and those after it too.
use end_to_end::{Answer, Caller};
use reqwest::Method;
use serde_json::{Value, json};

use super::with_world;

/// A request that is wrong in its Accept, media type and body as told.
async fn wrong(caller: &Caller, method: Method, path: &str, accept: &str, media: &str, body: &str) -> Answer {
    let request = caller.request(method, path);
    let request = request.header("accept", accept).header("content-type", media);
    Answer::to(path, request.body(body.to_owned())).await
}

#[tokio::test]
async fn the_first_failing_check_answers() {
    let (service, world) = with_world().await;
    let nobody = service.nobody();
    let unknown = format!("/requests/{}/routing", uuid::Uuid::now_v7());
    let (html, json_only, text) = ("text/html", "application/json", "text/plain");
    let post = || Method::POST;

    wrong(&nobody, post(), "/nothing", html, text, "{")
        .await
        .refused(404, "not_found");
    let not_offered = wrong(&nobody, Method::PUT, "/requests", html, text, "{").await;
    let not_offered = not_offered.refused(405, "method_not_allowed");
    assert_eq!(not_offered.header("allow"), "GET, HEAD, OPTIONS, POST");
    let unsigned = wrong(&nobody, post(), &unknown, html, text, "{")
        .await
        .refused(401, "unauthenticated");
    let challenge = unsigned.header("www-authenticate");
    assert!(
        challenge.starts_with("Bearer resource_metadata=\"http://"),
        "{challenge}"
    );
    wrong(&world.decider, post(), &unknown, html, text, "{")
        .await
        .refused(403, "forbidden");
    let unscoped = wrong(&world.portfolio, post(), "/requests", html, text, "{").await;
    let unscoped = unscoped.refused(403, "insufficient_scope");
    assert!(unscoped.header("www-authenticate").contains("scope=\"requests.write\""));
    let brm = &world.brm;
    wrong(brm, post(), &unknown, html, text, "{")
        .await
        .refused(406, "not_acceptable");
    wrong(brm, post(), &unknown, json_only, text, "{")
        .await
        .refused(415, "unsupported_media_type");
    let large = "{".repeat(600 * 1024);
    wrong(brm, post(), &unknown, json_only, json_only, &large)
        .await
        .refused(413, "too_large");
    wrong(brm, post(), &unknown, json_only, json_only, "{")
        .await
        .refused(400, "malformed");
    let asked = format!("{unknown}?why=1");
    wrong(brm, post(), &asked, json_only, json_only, "{}")
        .await
        .refused(400, "query");
    wrong(brm, post(), &unknown, json_only, json_only, "{}")
        .await
        .refused(422, "invalid");
    let to_portfolio = json!({"destination": "service_portfolio"});
    brm.post(&unknown, to_portfolio.clone()).await.refused(404, "not_found");
    let wish = world.wish("Digital underskrift").await;
    let routing = format!("/requests/{}/routing", wish.id());
    world
        .other_brm
        .post(&routing, to_portfolio.clone())
        .await
        .refused(403, "not_permitted");
    world
        .loner
        .post(&routing, to_portfolio.clone())
        .await
        .refused(404, "not_found");
    brm.post(&routing, to_portfolio.clone())
        .await
        .refused(428, "precondition_required");
    let stale = brm
        .act(&routing, "\"7\"", to_portfolio.clone())
        .await
        .refused(412, "precondition_failed");
    assert_eq!(stale.etag(), wish.etag());
    let refused = brm.act(&routing, &wish.etag(), to_portfolio).await.refused(409, "R14");
    assert_eq!(refused.body["rule"], "R14");
    service.stop().await;
}

/// A known key answers before anything is looked up: what was done stands, though the ETag has grown old since.
#[tokio::test]
async fn a_replay_comes_before_the_precondition() {
    let (service, world) = with_world().await;
    let wish = world.wish("Ny skrivare").await;
    let path = format!("/requests/{}/investigation", wish.id());
    let key = uuid::Uuid::now_v7().to_string();
    let etag = wish.etag();
    let headers = [("if-match", etag.as_str()), ("idempotency-key", key.as_str())];
    let first = world.brm.send(Method::POST, &path, &headers, None).await.expect(200);
    assert_eq!(first.header("idempotency-replayed"), "");
    let again = world.brm.send(Method::POST, &path, &headers, None).await.expect(200);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(
        (again.body, again.headers["etag"].clone()),
        (first.body, first.headers["etag"].clone())
    );
    // The same key for something else is refused; another caller's same key is another key.
    let comment = format!("/requests/{}/comments", wish.id());
    let with_key = [("idempotency-key", key.as_str())];
    let said = |text: &str| Some(json!({"text": text}));
    world
        .brm
        .send(Method::POST, &comment, &with_key, said("Ett"))
        .await
        .expect(201);
    world
        .brm
        .send(Method::POST, &comment, &with_key, said("Två"))
        .await
        .refused(409, "key_reused");
    world
        .dm
        .send(Method::POST, &comment, &with_key, said("Tre"))
        .await
        .expect(201);
    service.stop().await;
}

#[tokio::test]
async fn idempotency_keys_are_uuids_and_programs_must_send_one() {
    let (service, world) = with_world().await;
    let wish = |title: &str| json!({"customer": world.klk_hr, "kind": "wish", "title": title});
    let post = async |caller: &Caller, key: Option<&str>, body: Value| {
        let request = caller.request(Method::POST, "/requests").json(&body);
        let request = match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        };
        Answer::to("POST /requests", request).await
    };
    post(&world.desk, None, wish("A")).await.refused(400, "key_missing");
    post(&world.desk, Some("seven"), wish("A"))
        .await
        .refused(400, "malformed");
    post(&world.purchaser, None, wish("A")).await.expect(201);
    let key = uuid::Uuid::now_v7();
    let bare = post(&world.desk, Some(&key.to_string()), wish("B")).await.expect(201);
    let quoted = post(&world.desk, Some(&format!("\"{key}\"")), wish("B"))
        .await
        .expect(201);
    assert_eq!(quoted.header("idempotency-replayed"), "true");
    assert_eq!(quoted.id(), bare.id());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_is_that_of_the_handler_however_its_path_is_spelled() {
    let (service, world) = with_world().await;
    // The first letters, percent-encoded.
    service.administrator().get("/%63ustomers").await.expect(200);
    service.administrator().get("/%63lients").await.expect(200);
    world.brm.get("/%63lients").await.refused(403, "forbidden");
    service.nobody().get("/%63lients").await.refused(401, "unauthenticated");
    let elsewhere = service.nobody().send(Method::PUT, "/%63lients", &[], None).await;
    elsewhere.refused(405, "method_not_allowed");
    service.stop().await;
}
