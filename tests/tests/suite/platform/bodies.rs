//! What is sent: queries, bodies, patches.
use std::collections::BTreeSet;

use end_to_end::Answer;
use reqwest::Method;
use serde_json::json;

use super::with_world;

fn faults(answer: &Answer) -> BTreeSet<(String, String)> {
    let all = answer.body["errors"].as_array().expect("errors").iter();
    let place = |f: &serde_json::Value| {
        f["pointer"]
            .as_str()
            .or(f["parameter"].as_str())
            .unwrap_or_default()
            .to_owned()
    };
    all.map(|f| (place(f), f["code"].as_str().expect("a code").to_owned()))
        .collect()
}

fn told(expected: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    expected
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

#[tokio::test]
async fn all_faults_of_a_body_are_told_at_once() {
    let (service, world) = with_world().await;
    let admin = service.administrator();
    let body = json!({
        "customer": {"system": "desk"}, "name": "", "nickname": "Bosse", "email": "nowhere",
        "mandates": [
            {"kind": "chief", "firstDay": "2026-13-01"},
            {"kind": "customer", "firstDay": "2026-01-01", "amount/year": 7},
            {"kind": "customer"},
        ],
    });
    let refused = admin.post("/contacts", body).await.expect(422);
    let found = faults(&refused);
    let expected = told(&[
        ("/customer/id", "required"),
        ("/mandates/0/firstDay", "format"),
        ("/mandates/0/kind", "unknown_value"),
        ("/mandates/1/amount~1year", "unknown"),
        ("/mandates/2/firstDay", "required"),
        ("/name", "min_length"),
        ("/nickname", "unknown"),
    ]);
    assert!(
        expected.is_subset(&found),
        "missing {:#?} in {found:#?}",
        expected.difference(&found)
    );
    assert!(found.iter().any(|(at, _)| at == "/email"), "{found:#?}");
    assert!(
        !refused.body.to_string().contains("Bosse"),
        "a detail repeats what was sent"
    );
    let wrong_form = admin
        .post("/contacts", json!({"customer": 5, "name": "Bo"}))
        .await
        .expect(422);
    assert_eq!(faults(&wrong_form), told(&[("/customer", "type")]));
    let wrong_kind = json!({"customer": world.bun, "name": "Bo", "mandates": "all"});
    assert_eq!(
        faults(&admin.post("/contacts", wrong_kind).await.expect(422)),
        told(&[("/mandates", "type")])
    );
    service.stop().await;
}

#[tokio::test]
async fn unreadable_bodies_are_400() {
    let (service, world) = with_world().await;
    for body in ["", "{", "[1,", "{\"a\": 1} x", "\u{feff}{}", "nope"] {
        let request = world
            .brm
            .request(Method::POST, "/requests")
            .header("content-type", "application/json");
        Answer::to(body, request.body(body)).await.refused(400, "malformed");
    }
    service.stop().await;
}

#[tokio::test]
async fn queries_are_read_as_declared_and_nothing_else() {
    let (service, world) = with_world().await;
    let id = world.wish("Ny skärm").await.id();
    for (query, fault) in [
        ("limit=%2B1", ("limit", "type")),
        ("limit=1.0", ("limit", "type")),
        ("limit=%201", ("limit", "type")),
        ("limit=01", ("limit", "type")),
        ("limit=", ("limit", "type")),
        ("limit=0", ("limit", "minimum")),
        ("limit=201", ("limit", "maximum")),
        ("limit=5&limit=6", ("limit", "repeated")),
        ("count=TRUE", ("count", "type")),
        ("cursor=zz", ("cursor", "min_length")),
        ("sort=title", ("sort", "unknown_value")),
        ("status=lost", ("status", "unknown_value")),
        ("customer=KLK", ("customer", "min_length")),
        ("receivedFrom=yesterday", ("receivedFrom", "format")),
        ("order=up", ("order", "unknown")),
    ] {
        let answer = world.brm.get(&format!("/requests?{query}")).await.refused(400, "query");
        let found = faults(&answer);
        assert!(
            found.iter().any(|(at, code)| (at.as_str(), code.as_str()) == fault),
            "{query}: {found:?}"
        );
    }
    let both = world.brm.get("/requests?limit=0&status=lost").await.expect(400);
    assert_eq!(faults(&both).len(), 2);
    // Also where an operation declares no parameter at all.
    for path in [format!("/requests/{id}?x=1"), "/api-info?x=1".into()] {
        assert_eq!(
            faults(&world.brm.get(&path).await.refused(400, "query")),
            told(&[("x", "unknown")])
        );
    }
    world
        .brm
        .act(&format!("/requests/{id}/investigation?x=1"), "*", json!(null))
        .await
        .refused(400, "query");
    world
        .brm
        .get("/requests?limit=200&count=true&sort=descending")
        .await
        .expect(200);
    service.stop().await;
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_null_removes() {
    let (service, _) = with_world().await;
    let admin = service.administrator();
    let body = json!({"name": "Per Sson", "email": "per@example.se"});
    let made = admin.post("/persons", body).await.expect(201);
    let path = format!("/persons/{}", made.id());
    let patch = async |media: &str, etag: &str, body: serde_json::Value| {
        let request = admin.request(Method::PATCH, &path).header("if-match", etag);
        Answer::to(media, request.header("content-type", media).body(body.to_string())).await
    };
    let merged = "application/merge-patch+json";
    let named = patch(merged, &made.etag(), json!({"name": "Per Son"}))
        .await
        .expect(200);
    assert_eq!(
        (&named.body["name"], &named.body["email"]),
        (&json!("Per Son"), &json!("per@example.se"))
    );
    let removed = patch("application/json; charset=utf-8", &named.etag(), json!({"email": null}))
        .await
        .expect(200);
    assert_eq!(
        (&removed.body["name"], &removed.body["email"]),
        (&json!("Per Son"), &json!(null))
    );
    patch(merged, &removed.etag(), json!({"shoeSize": 43}))
        .await
        .refused(422, "unknown");
    assert_eq!(patch(merged, &removed.etag(), json!({"name": null})).await.status, 422);
    patch("application/json-patch+json", &removed.etag(), json!([]))
        .await
        .refused(415, "unsupported_media_type");
    service.stop().await;
}
