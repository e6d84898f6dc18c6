//! What lies outside the document, and how problems read.
use end_to_end::{Answer, Database, Service};
use reqwest::Method;
use serde_json::json;

use super::with_world;

async fn get(service: &Service, path: &str) -> Answer {
    let address = format!("http://{}{path}", service.running.address);
    Answer::to(path, service.http.get(address)).await
}

#[tokio::test]
async fn everything_outside_the_document_answers() {
    let service = Service::start(Database::Sqlite).await;
    let start = get(&service, "/").await.expect(200);
    assert!(start.header("content-type").starts_with("text/html"));
    for link in [
        "/swagger-ui/",
        "/openapi.json",
        "/asyncapi.json",
        "/health/ready",
        "/kundansvar/v1/api-info",
    ] {
        assert!(start.body.to_string().contains(link), "{link}");
        get(&service, link).await.expect(200);
    }
    assert_eq!(
        get(&service, "/health/live").await.expect(200).body,
        json!({"status": "live"})
    );
    assert_eq!(
        get(&service, "/health/ready").await.expect(200).body,
        json!({"status": "ready"})
    );
    let document = get(&service, "/openapi.json").await.expect(200);
    assert_eq!(document.body["servers"][0]["url"], service.base());
    let flow = &document.body["components"]["securitySchemes"]["oauth"]["flows"]["clientCredentials"];
    let tokens = format!("http://{}/oauth/token", service.running.address);
    assert_eq!([&flow["tokenUrl"], &flow["refreshUrl"]], [&tokens, &tokens]);
    let events = get(&service, "/asyncapi.json").await.expect(200);
    assert_eq!(
        events.body["servers"]["api"]["host"],
        service.running.address.to_string()
    );
    let schema = get(&service, "/event-schemas/kundansvar.request.routed.v1.json")
        .await
        .expect(200);
    assert_eq!(
        schema.body["$id"],
        format!(
            "http://{}/event-schemas/kundansvar.request.routed.v1.json",
            service.running.address
        )
    );
    assert!(
        !schema.body.to_string().contains("#/components/"),
        "it leads outside itself"
    );
    assert!(
        get(&service, "/swagger-ui/")
            .await
            .body
            .to_string()
            .contains("swagger-ui-bundle.js")
    );
    get(&service, "/swagger-ui").await.expect(200);
    let jwks = get(&service, "/.well-known/jwks.json").await.expect(200);
    assert_eq!(jwks.body["keys"][0]["kty"], "EC");
    assert!(jwks.body["keys"][0].get("d").is_none(), "the private half is told");
    let origin = format!("http://{}", service.running.address);
    let issuer = get(&service, "/.well-known/oauth-authorization-server")
        .await
        .expect(200);
    assert_eq!(
        (&issuer.body["issuer"], &issuer.body["token_endpoint"]),
        (&json!(origin), &json!(format!("{origin}/oauth/token")))
    );
    let resource = get(&service, "/.well-known/oauth-protected-resource").await.expect(200);
    assert_eq!(resource.body["authorization_servers"][0], origin);
    assert_eq!(
        get(&service, "/kundansvar/v1/api-info").await.expect(200).body["apiName"],
        "Kundansvar"
    );
    for nothing in [
        "/nothing",
        "/kundansvar",
        "/kundansvar/v1",
        "/kundansvar/v1/",
        "/health",
        "/problems/none",
        "/event-schemas/kundansvar.request.rooted.v1.json",
        "/event-schemas/page.json",
        "/swagger-ui/none.js",
        "/.well-known/none",
        "/%00",
        "/customers",
        "/kundansvar/v1/customers/",
    ] {
        get(&service, nothing).await.refused(404, "not_found");
    }
    let wrong = service.http.post(format!("{origin}/health/live"));
    let wrong = Answer::to("POST /health/live", wrong).await;
    assert!(
        [404, 405].contains(&wrong.status.as_u16()) && wrong.body["code"].is_string(),
        "{wrong:?}"
    );
    service.stop().await;
}

#[tokio::test]
async fn a_problem_says_what_where_and_why() {
    let (service, world) = with_world().await;
    let path = format!("/requests/{}", uuid::Uuid::now_v7());
    let english = world.brm.get(&path).await.refused(404, "not_found");
    let body = english.body.as_object().expect("an object");
    let members: Vec<&str> = body.keys().map(String::as_str).collect();
    let mut expected = ["type", "title", "status", "detail", "instance", "code", "requestId"];
    expected.sort_unstable();
    let mut sorted = members.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert_eq!((&body["status"], &body["title"]), (&json!(404), &json!("Not found")));
    assert_eq!(body["instance"], format!("/kundansvar/v1{path}"));
    let kind = english.text("type");
    let page = Answer::to(&kind, service.http.get(&kind)).await.expect(200);
    let text = page.body.to_string();
    assert!(text.contains("Not found") && text.contains("Finns inte"), "{text}");
    for (languages, title, language) in [
        ("sv", "Finns inte", "sv"),
        ("sv-SE,sv;q=0.9,en;q=0.8", "Finns inte", "sv"),
        ("en-GB, sv;q=0.5", "Not found", "en"),
        ("sv;q=0.5, en;q=0.9", "Not found", "en"),
        ("en, sv;q=0", "Not found", "en"),
        ("de", "Not found", "en"),
    ] {
        let told = world
            .brm
            .send(Method::GET, &path, &[("accept-language", languages)], None)
            .await
            .expect(404);
        assert_eq!(
            (told.body["title"].as_str(), told.header("content-language")),
            (Some(title), language),
            "{languages}"
        );
        assert_eq!(told.body["code"], "not_found");
    }
    service.stop().await;
}
