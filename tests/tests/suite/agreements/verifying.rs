//! Files that come back: which version they are of, and that nothing altered passes for it.
use end_to_end::{Answer, Caller, World, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

use super::*;

async fn sent(caller: &Caller, media: &str, bytes: Vec<u8>) -> Answer {
    let headers = [("content-type", media)];
    caller.send_bytes(Method::POST, "/verifications", &headers, bytes).await
}

async fn pdf(caller: &Caller, version: &str, language: &str) -> Vec<u8> {
    let path = format!("{version}/document?format=pdf&language={language}");
    let reply = caller.request(Method::GET, &path).send().await.expect("a reply");
    assert_eq!(reply.status(), 200);
    reply.bytes().await.expect("a body").to_vec()
}

/// What both parties approve, put together from what a version tells.
fn content_of(version: &Value) -> Value {
    let mut content = json!({"number": version["agreement"]["number"], "version": version["number"]});
    for member in ["with", "services", "calendars", "terms", "content"] {
        content[member] = version[member].clone();
    }
    content
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pdf_is_known_again_by_all_of_its_bytes() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let version = begun(
            &world.brm,
            sla(&world.klk_hr, tacit(&[&world.mail], &day(&service, 10))),
        )
        .await;
        let drafted = pdf(&world.brm, &version, "sv").await;
        let seen = world.brm.get(&version).await.expect(200);
        world
            .brm
            .patch(&version, &seen.etag(), json!({"content": {"title": "Post"}}))
            .await
            .expect(200);
        agreed(&world, &version).await.expect(200);
        let (sv, en) = (
            pdf(&world.brm, &version, "sv").await,
            pdf(&world.decider, &version, "en").await,
        );
        let told = world.decider.get(&version).await.body;

        for (file, language) in [(&sv, "sv"), (&en, "en")] {
            for caller in [&world.brm, &world.decider, &service.auditor()] {
                let found = sent(caller, "application/pdf", file.clone()).await.expect(200).body;
                assert_eq!(found["file"], "document", "{found:#}");
                let of = &found["versions"][0];
                assert_eq!((&of["agreement"], &of["number"]), (&told["agreement"], &json!(1)));
                assert_eq!((&of["digest"], &of["contentStands"]), (&told["digest"], &json!(true)));
                assert_eq!(
                    (&of["approvals"], &of["state"]),
                    (&told["approvals"], &json!("upcoming"))
                );
                assert_eq!(of["shownBy"]["language"], language);
                assert_eq!(of["shownBy"]["status"], "approved");
            }
        }
        let earlier = sent(&world.brm, "application/pdf", drafted).await.expect(200).body;
        assert_eq!(earlier["versions"][0]["contentStands"], false, "{earlier:#}");
        assert_eq!(earlier["versions"][0]["shownBy"]["status"], "draft");

        // It says the same digest of itself, and is another file.
        let digest = told["digest"].as_str().expect("a digest");
        let mut altered = sv.clone();
        let at = altered
            .windows(7)
            .rposition(|bytes| bytes == b"/Title(" || bytes == b"/Title ")
            .unwrap_or(altered.len() / 2);
        altered[at + 8] ^= 1;
        let mut longer = sv.clone();
        longer.push(b'\n');
        for file in [
            altered,
            longer,
            format!("%PDF-1.7 {digest}").into_bytes(),
            b"%PDF-".to_vec(),
        ] {
            let found = sent(&world.brm, "application/pdf", file).await.expect(200).body;
            assert_eq!((&found["file"], &found["versions"]), (&json!("unknown"), &json!([])));
        }
        for caller in [&world.stranger, &world.loner] {
            let found = sent(caller, "application/pdf", sv.clone()).await.expect(200).body;
            assert_eq!((&found["file"], &found["versions"]), (&json!("unknown"), &json!([])));
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_known_by_its_digest_however_it_is_spelled() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let version = begun(
            &world.brm,
            sla(&world.klk_hr, draft(&[&world.mail], &day(&service, 10))),
        )
        .await;
        let told = world.brm.get(&version).await.expect(200).body;
        let content = content_of(&told);
        let spelled = [content.to_string(), format!("{content:#}")];
        for text in &spelled {
            let found = sent(&world.brm, "application/json", text.clone().into_bytes())
                .await
                .expect(200)
                .body;
            assert_eq!(
                (&found["file"], &found["versions"][0]["digest"]),
                (&json!("content"), &told["digest"])
            );
            let hidden = sent(&world.decider, "application/json", text.clone().into_bytes())
                .await
                .expect(200);
            assert_eq!(hidden.body["file"], "unknown", "a draft is the team's own");
        }
        propose(&world.brm, &version).await.expect(200);
        let found = sent(&world.decider, "application/json", spelled[0].clone().into_bytes())
            .await
            .expect(200)
            .body;
        assert_eq!(
            (&found["file"], &found["versions"][0]["state"]),
            (&json!("content"), &json!("proposed"))
        );
        let mut altered = content.clone();
        altered["content"]["targets"][0]["value"] = json!("31");
        let found = sent(&world.brm, "application/json", altered.to_string().into_bytes())
            .await
            .expect(200)
            .body;
        assert_eq!(found["file"], "unknown");

        let events = service.events().await;
        sent(&world.brm, "application/json", b"{".to_vec())
            .await
            .refused(400, "malformed");
        sent(&world.brm, "application/json", b"[]".to_vec())
            .await
            .refused(422, "invalid");
        sent(&world.brm, "application/pdf", b"{}".to_vec())
            .await
            .refused(422, "invalid");
        sent(&world.brm, "text/plain", b"{}".to_vec())
            .await
            .refused(415, "unsupported_media_type");
        let largest = vec![b' '; 10 * 1024 * 1024 + 1];
        sent(&world.brm, "application/pdf", largest)
            .await
            .refused(413, "too_large");
        assert_eq!(service.events().await, events);
        service.stop().await;
    })
    .await;
}
