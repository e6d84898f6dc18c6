//! Minutes: written, published, standing; what the customer reads, and when.
use documents::STYLE;
use end_to_end::{World, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::*;
use crate::surveys::Store;

fn told(world: &World) -> Value {
    json!({"notes": "Läget **gicks igenom**.", "decisions": ["En förstudie görs."], "actionItems": [
        {"text": "Räkna fallen", "owner": {"kind": "contact", "contact": world.decider_id}, "dueDay": "2026-02-01"},
        {"text": "Fråga leverantören", "owner": {"kind": "person", "person": world.dm_id}}]})
}

async fn fetched(caller: &Caller, path: &str) -> (String, Vec<u8>) {
    let answer = caller.request(Method::GET, path).send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{path}");
    let media = answer.headers()["content-type"].to_str().expect("text").to_owned();
    (media, answer.bytes().await.expect("all of it").to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_stand_once_published_and_are_corrected_beside() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let planned = planned(&world, "dialogue", "2026-01-10T09:00:00Z").await;
        let path = path(&planned);
        let forced = json!({"type": "statement", "title": "Siffrorna", "overrideReason": "Kunden bad om det."});
        world
            .brm
            .post(&format!("{path}/agenda-items"), forced)
            .await
            .expect(200);
        sent(&world.brm, Method::PUT, &path, "minutes", Some(told(&world)))
            .await
            .refused(409, "state");
        act(&world.brm, &path, "holding", None).await.expect(200);
        act(&world.brm, &path, "publication", None).await.refused(409, "state");
        let written = sent(&world.owner, Method::PUT, &path, "minutes", Some(told(&world)))
            .await
            .expect(200);
        let items = &written.body["minutes"]["actionItems"];
        assert_eq!(items[0]["owner"]["name"], "Karin Kund");
        // The customer reads them when they stand, not before.
        assert_eq!(world.decider.get(&path).await.expect(200).body.get("minutes"), None);
        let action = items[1]["id"].as_str().expect("an id").to_owned();
        let done = format!("action-items/{action}/completion");
        act(&world.dm, &path, &done, None).await.expect(200);
        let mut anew = told(&world);
        anew["actionItems"][1]["id"] = json!(action);
        let rewritten = sent(&world.brm, Method::PUT, &path, "minutes", Some(anew))
            .await
            .expect(200);
        assert!(rewritten.body["minutes"]["actionItems"][1]["doneOn"].is_string());
        let foreign =
            json!({"actionItems": [{"text": "x", "owner": {"kind": "contact", "contact": world.stranger_id}}]});
        let refused = sent(&world.brm, Method::PUT, &path, "minutes", Some(foreign)).await;
        let refused = refused.refused(409, "unknown_reference");
        assert_eq!(refused.body["errors"][0]["pointer"], "/actionItems/0/owner/contact");

        act(&world.dm, &path, "publication", None).await.expect(403);
        let published = act(&world.brm, &path, "publication", None).await.expect(200);
        let read = world.decider.get(&path).await.expect(200);
        assert_eq!(read.body["minutes"]["decisions"][0], "En förstudie görs.");
        // Anybody can compute the digest.
        let mut digested = json!({});
        for member in ["customer", "kind", "startsAt", "agenda", "minutes"] {
            digested[member] = published.body[member].clone();
        }
        digested["minutes"]["actionItems"][1]
            .as_object_mut()
            .expect("members")
            .remove("doneOn");
        let text = serde_json_canonicalizer::to_string(&digested).expect("JSON");
        let digest: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(published.body["digest"], digest);

        // It stands, for the program and for whoever sits at the database; what was to be done is still done.
        sent(&world.brm, Method::PUT, &path, "minutes", Some(told(&world)))
            .await
            .refused(409, "state");
        let store = Store::of(&service).await;
        for sql in [
            "update meeting set minutes = null",
            "update meeting set agenda = '[]'",
            "delete from meeting",
            "update meeting_action_item set text = 'Annat'",
            "delete from meeting_action_item",
        ] {
            assert!(store.run(sql).await.is_err(), "{sql}");
        }
        let first = published.body["minutes"]["actionItems"][0]["id"]
            .as_str()
            .expect("an id");
        let done = act(&world.brm, &path, &format!("action-items/{first}/completion"), None)
            .await
            .expect(200);
        assert_eq!(done.body["digest"], digest);
        act(&world.brm, &path, &format!("action-items/{first}/completion"), None)
            .await
            .refused(409, "state");
        let addendum = json!({"text": "Det var 30, inte 40."});
        let corrected = world.brm.post(&format!("{path}/addenda"), addendum).await.expect(200);
        assert_eq!(corrected.body["addenda"][0]["by"]["name"], "Bea Ram");
        assert_eq!(corrected.body["digest"], digest);

        // On paper, with what belonged elsewhere and why.
        let (media, page) = fetched(&world.decider, &format!("{path}/document")).await;
        let page = String::from_utf8(page).expect("text").replace(STYLE, "");
        assert!(media.starts_with("text/html"));
        for words in [
            "Kunden bad om det.",
            "En förstudie görs.",
            "Det var 30, inte 40.",
            "Karin Kund",
            "Led",
            &digest,
        ] {
            assert!(page.contains(words), "{words}");
        }
        let (media, pdf) = fetched(&world.brm, &format!("{path}/document?format=pdf&language=en")).await;
        assert!(media == "application/pdf" && pdf.starts_with(b"%PDF-"));
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_of_the_team_are_never_a_contacts_to_read() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let notes = json!({"notes": "Kunden är krävande."});
        let path = held(&world, "team", "2026-01-10T09:00:00Z", notes).await;
        let contacts = json!({"contacts": [world.decider_id]});
        let etag = world.brm.get(&path).await.etag();
        world
            .brm
            .patch(&path, &etag, contacts)
            .await
            .refused(409, "wrong_meeting");
        for state in ["held", "published"] {
            if state == "published" {
                act(&world.dm, &path, "publication", None).await.expect(200);
            }
            for contact in [&world.decider, &world.purchaser, &world.key_user, &world.chief] {
                contact.get(&path).await.expect(404);
                contact.get(&format!("{path}/document")).await.expect(404);
                assert_eq!(contact.get("/meetings").await.expect(200).items().len(), 0);
                contact.get("/events").await.expect(403);
            }
        }
        world.other_brm.get(&path).await.expect(200);
        service.stop().await;
    })
    .await;
}
