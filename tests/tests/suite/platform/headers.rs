//! What every reply carries, and what callers may ask for in headers.
use end_to_end::{Answer, Database, Service};
use reqwest::Method;
use serde_json::json;

use super::with_world;

#[tokio::test]
async fn the_request_id_is_the_callers_own_if_it_is_fit() {
    let (service, world) = with_world().await;
    let unknown = format!("/customers/{}", uuid::Uuid::now_v7());
    let with_id = async |id: &str| {
        world
            .brm
            .send(Method::GET, &unknown, &[("x-request-id", id)], None)
            .await
    };
    let own = with_id("desk-4711").await.refused(404, "not_found");
    assert_eq!(
        (own.header("x-request-id"), own.text("requestId").as_str()),
        ("desk-4711", "desk-4711")
    );
    for unfit in ["two words", &"x".repeat(129), ""] {
        let replaced = with_id(unfit).await.expect(404);
        assert_ne!(replaced.header("x-request-id"), unfit);
        assert_eq!(replaced.header("x-request-id"), replaced.text("requestId"));
        assert!(replaced.text("requestId").parse::<uuid::Uuid>().is_ok());
    }
    service.stop().await;
}

#[tokio::test]
async fn the_trace_goes_on() {
    let service = Service::start(Database::Sqlite).await;
    let with_trace = async |sent: &str| {
        let answer = service
            .nobody()
            .send(Method::GET, "/api-info", &[("traceparent", sent)], None)
            .await;
        answer.expect(200).header("traceparent").to_owned()
    };
    let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let taken = with_trace(&format!("00-{trace}-{span}-01")).await;
    assert!(
        taken.starts_with(&format!("00-{trace}-")) && taken.ends_with("-01"),
        "{taken}"
    );
    assert!(!taken.contains(span), "the span is our own");
    let none = "0".repeat(32);
    for unfit in [
        "",
        "00-1-2-01",
        &format!("00-{none}-{span}-01"),
        &format!("99-{trace}-{span}"),
    ] {
        let new = with_trace(unfit).await;
        let parts: Vec<usize> = new.split('-').map(str::len).collect();
        assert_eq!(parts, [2, 32, 16, 2], "{new}");
        assert!(!new.contains(trace) && !new.contains(&none), "{new}");
    }
    service.stop().await;
}

#[tokio::test]
async fn head_and_options_work_where_get_does() {
    let (service, world) = with_world().await;
    let customer = format!("/customers/{}", world.klk);
    for path in ["/customers", customer.as_str(), "/api-info"] {
        let got = world.brm.get(path).await.expect(200);
        let head = world.brm.send(Method::HEAD, path, &[], None).await.expect(200);
        assert_eq!(head.body, "");
        for name in ["content-type", "etag", "content-length", "link", "cache-control"] {
            assert_eq!(head.header(name), got.header(name), "{path}: {name}");
        }
    }
    world.brm.send(Method::HEAD, "/nothing", &[], None).await.expect(404);
    service
        .nobody()
        .send(Method::HEAD, "/customers", &[], None)
        .await
        .expect(401);
    let offered = service
        .nobody()
        .send(Method::OPTIONS, &customer, &[], None)
        .await
        .expect(204);
    assert_eq!(offered.header("allow"), "DELETE, GET, HEAD, OPTIONS, PATCH");
    service
        .nobody()
        .send(Method::OPTIONS, "/nothing", &[], None)
        .await
        .refused(404, "not_found");
    service.stop().await;
}

#[tokio::test]
async fn pages_of_allowed_origins_may_call() {
    let allow = |settings: &mut api::program::Settings| settings.cors_origins = vec!["https://desk.example.se".into()];
    let service = Service::start_with(Database::Sqlite, allow).await;
    let admin = service.administrator();
    let from = async |method: Method, origin: &str, asked: Option<&str>| {
        let request = admin.request(method, "/customers").header("origin", origin);
        let request = match asked {
            Some(method) => request.header("access-control-request-method", method).header(
                "access-control-request-headers",
                "authorization,if-match,idempotency-key",
            ),
            None => request,
        };
        Answer::to(origin, request).await
    };
    let (known, other) = ("https://desk.example.se", "https://evil.example.com");
    let told = from(Method::GET, known, None).await.expect(200);
    assert_eq!(told.header("access-control-allow-origin"), known);
    assert!(told.header("access-control-expose-headers").contains("etag"));
    let silent = from(Method::GET, other, None).await.expect(200);
    assert_eq!(silent.header("access-control-allow-origin"), "");
    let preflight = from(Method::OPTIONS, known, Some("PATCH")).await.expect(200);
    assert_eq!(preflight.header("access-control-allow-origin"), known);
    assert!(preflight.header("access-control-allow-methods").contains("PATCH"));
    assert!(preflight.header("access-control-allow-headers").contains("if-match"));
    let refused = from(Method::OPTIONS, other, Some("PATCH"))
        .await
        .refused(400, "malformed");
    assert_eq!(refused.header("access-control-allow-origin"), "");
    assert_ne!(preflight.header("x-request-id"), "");
    // Problems can be read by allowed pages too.
    let problem = service
        .nobody()
        .request(Method::GET, "/customers")
        .header("origin", known);
    let problem = Answer::to("unsigned", problem).await.refused(401, "unauthenticated");
    assert_eq!(problem.header("access-control-allow-origin"), known);
    service.stop().await;
}

#[tokio::test]
async fn replies_are_guarded_and_not_stored() {
    let (service, world) = with_world().await;
    let list = world.brm.get("/customers").await.expect(200);
    let one = world.brm.get(&format!("/customers/{}", world.klk)).await.expect(200);
    let problem = world.brm.get("/nothing").await.expect(404);
    for answer in [&list, &one, &problem] {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("strict-transport-security"), "", "not behind TLS");
        for name in ["ratelimit", "ratelimit-policy", "x-request-id", "traceparent"] {
            assert_ne!(answer.header(name), "", "{name}");
        }
    }
    assert_eq!(
        [list.header("cache-control"), problem.header("cache-control")],
        ["no-store"; 2]
    );
    assert_eq!(one.header("cache-control"), "no-cache, private");
    service.stop().await;
    let behind_tls = |s: &mut api::program::Settings| s.public_url = "https://kundansvar.example.se".into();
    let service = Service::start_with(Database::Sqlite, behind_tls).await;
    let told = service.nobody().get("/api-info").await.expect(200);
    assert!(told.header("strict-transport-security").contains("max-age="));
    service.stop().await;
}

#[tokio::test]
async fn replies_are_compressed_as_the_caller_likes() {
    let (service, world) = with_world().await;
    for n in 0..20 {
        world.wish(&format!("Digital underskrift nummer {n}")).await;
    }
    let whole = world.brm.get("/requests").await.expect(200).body.to_string().len();
    for (coding, magic) in [
        ("gzip", &[0x1f, 0x8b][..]),
        ("br", &[]),
        ("zstd", &[0x28, 0xb5, 0x2f, 0xfd]),
    ] {
        let request = world
            .brm
            .request(Method::GET, "/requests")
            .header("accept-encoding", coding);
        let reply = request.send().await.expect("a reply");
        assert_eq!(reply.headers()["content-encoding"], coding);
        let varies = reply
            .headers()
            .get_all("vary")
            .iter()
            .any(|v| v.to_str().is_ok_and(|v| v.contains("ccept-")));
        assert!(varies, "{:?}", reply.headers());
        let bytes = reply.bytes().await.expect("a body");
        assert!(bytes.starts_with(magic) && !bytes.starts_with(b"{"), "{coding}");
        assert!(bytes.len() * 3 < whole, "{coding}: {} of {whole}", bytes.len());
    }
    service.stop().await;
}

#[tokio::test]
async fn conditions_are_judged_by_the_strong_etag() {
    let (service, world) = with_world().await;
    let admin = service.administrator();
    let path = format!("/customers/{}", world.klk);
    let one = admin.get(&path).await.expect(200);
    let etag = one.etag();
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    for seen in [etag.clone(), format!("\"99\", {etag}"), format!("W/{etag}"), "*".into()] {
        let same = admin
            .send(Method::GET, &path, &[("if-none-match", &seen)], None)
            .await
            .expect(304);
        assert_eq!((same.body.as_str(), same.etag()), (Some(""), etag.clone()), "{seen}");
    }
    admin
        .send(Method::GET, &path, &[("if-none-match", "\"99\"")], None)
        .await
        .expect(200);
    let rename = |n: usize| json!({"name": format!("Kontoret {n}")});
    admin
        .patch(&path, &format!("W/{etag}"), rename(1))
        .await
        .refused(412, "precondition_failed");
    let second = admin
        .patch(&path, &format!("\"99\", {etag}"), rename(2))
        .await
        .expect(200);
    assert_ne!(second.etag(), etag);
    let stale = admin
        .patch(&path, &etag, rename(3))
        .await
        .refused(412, "precondition_failed");
    assert_eq!(stale.etag(), second.etag());
    admin.patch(&path, "*", rename(4)).await.expect(200);
    admin
        .send(Method::PATCH, &path, &[], Some(rename(5)))
        .await
        .refused(428, "precondition_required");
    assert_eq!(admin.get(&path).await.body["name"], "Kontoret 4");
    service.stop().await;
}

#[tokio::test]
async fn who_calls_too_often_is_told_when_to_come_back() {
    let few = |s: &mut api::program::Settings| s.rate_limit_per_minute = 3.try_into().expect("not zero");
    let service = Service::start_with(Database::Sqlite, few).await;
    let (often, other) = (service.administrator(), service.auditor());
    for left in ["r=2", "r=1", "r=0"] {
        let answer = often.get("/customers").await.expect(200);
        assert!(
            answer.header("ratelimit").contains(left),
            "{}",
            answer.header("ratelimit")
        );
        assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=3;w=60");
    }
    // Another token of the same caller opens no new limit.
    let refused = service.administrator().get("/customers").await.refused(429, "too_many");
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(refused.header("ratelimit").contains("r=0"));
    other.get("/customers").await.expect(200);
    service.stop().await;
}
