//! What reviews and dialogues are held on: a review's is kept with its minutes, a dialogue's tells nothing of the delivery.
use api::http::document;
use end_to_end::on_each_database;
use serde_json::{Value, json};

use super::*;
use crate::{statements::Stage, surveys::Store};

#[tokio::test(flavor = "multi_thread")]
async fn a_review_looks_back_on_the_delivery_and_keeps_what_it_was_held_on() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let world = &stage.desk.world;
        let agreement = stage.usual().await;
        let march = stage.march(&agreement).await;
        stage.open(&agreement, "2025-03").await.expect(201);
        stage.propose(&march).await.expect(200);
        let earlier = held(world, "review", "2026-01-10T09:00:00Z", json!({"notes": "Förra."})).await;
        let review = planned(world, "review", "2026-04-20T09:00:00Z").await;
        let complaint =
            json!({"customer": world.klk_hr, "kind": "complaint", "title": "Utskick", "meeting": review.id()});
        let complaint = world.dm.post("/requests", complaint).await.expect(201);
        let better = json!({"title": "Svara fortare", "customers": [world.klk_hr],
            "origin": {"kind": "meeting", "meeting": review.id()}});
        let better = world.dm.post("/improvements", better).await.expect(201);
        let change = json!({"kind": "planned_change", "title": {"sv": "Nytt nät"}, "text": {"sv": "En timme."},
            "services": [world.mail], "beginsAt": "2026-05-02T18:00:00Z", "endsAt": "2026-05-02T19:00:00Z"});
        let change = world.dm.post("/announcements", change).await.expect(201);
        let path = path(&review);
        let pack_at = format!("{path}/review-pack");
        let pack = world.dm.get(&pack_at).await.expect(200);
        // From the review before, to its own day.
        assert_eq!(
            (&pack.body["firstDay"], &pack.body["lastDay"]),
            (&json!("2026-01-10"), &json!("2026-04-20"))
        );
        let [statement] = &pack.body["statements"].as_array().expect("statements")[..] else {
            panic!("{:#}", pack.body)
        };
        assert_eq!(
            (&statement["period"], statement["targets"].as_array().map(Vec::len)),
            (&json!("2026-03"), Some(3))
        );
        assert_eq!(pack.body["complaints"][0]["request"]["id"], complaint.id());
        assert_eq!(pack.body["improvements"][0]["improvement"]["id"], better.id());
        assert_eq!(pack.body["changes"][0]["id"], change.id());
        let longer = world
            .dm
            .get(&format!("{pack_at}?firstDay=2025-03-01"))
            .await
            .expect(200);
        assert_eq!(longer.body["statements"].as_array().map(Vec::len), Some(2));
        for out in ["0001-01-01", "2026-04-21", "9999-12-31"] {
            world
                .dm
                .get(&format!("{pack_at}?firstDay={out}"))
                .await
                .refused(409, "date_order");
        }
        let page = world
            .dm
            .request(Method::GET, &format!("{pack_at}/document?language=en"));
        let page = page.send().await.expect("an answer").text().await.expect("text");
        for words in ["Svarstid", "Utskick", "Svara fortare", "Nothing in the period."] {
            assert!(page.contains(words), "{words}");
        }

        // Kept with the minutes, whatever comes later.
        act(&world.dm, &path, "holding", None).await.expect(200);
        sent(
            &world.dm,
            Method::PUT,
            &path,
            "minutes",
            Some(json!({"notes": "Vi gick igenom."})),
        )
        .await
        .expect(200);
        let published = act(&world.dm, &path, "publication", None).await.expect(200);
        let late = json!({"customer": world.klk_hr, "kind": "complaint", "title": "Senare"});
        world.purchaser.post("/requests", late).await.expect(201);
        let kept = world.dm.get(&pack_at).await.expect(200);
        assert_eq!(kept.body["complaints"].as_array().map(Vec::len), Some(1));
        let text = serde_json_canonicalizer::to_string(&kept.body).expect("JSON");
        use sha2::{Digest, Sha256};
        let digest: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(published.body["pack"], digest);
        world
            .dm
            .get(&format!("{pack_at}?firstDay=2026-01-01"))
            .await
            .refused(409, "state");
        let changed = Store::of(&service)
            .await
            .run("update meeting_pack set content = '{}'")
            .await;
        assert!(changed.is_err());
        let pdf = world.dm.request(Method::GET, &format!("{pack_at}/document?format=pdf"));
        assert!(
            pdf.send()
                .await
                .expect("an answer")
                .bytes()
                .await
                .expect("all")
                .starts_with(b"%PDF-")
        );

        // Each pack is of its own kind, and the team's.
        world
            .dm
            .get(&format!("{earlier}/dialogue-pack"))
            .await
            .refused(409, "wrong_meeting");
        let dialogue = self::path(&planned(world, "dialogue", "2026-05-01T09:00:00Z").await);
        world
            .dm
            .get(&format!("{dialogue}/review-pack"))
            .await
            .refused(409, "wrong_meeting");
        world.decider.get(&pack_at).await.expect(403);

        // A dialogue's has what is open of what is wanted, and nothing of all this.
        let wish = world.wish("Digital signering").await;
        let idea = json!({"customer": world.klk_hr, "kind": "improvement_suggestion", "title": "Samla formulären"});
        let idea = world.purchaser.post("/requests", idea).await.expect(201);
        let gone = world.wish("Ingen vill ha").await;
        let withdrawn = json!({"reason": "Behövs inte."});
        world
            .purchaser
            .act(&format!("/requests/{}/withdrawal", gone.id()), &gone.etag(), withdrawn)
            .await
            .expect(200);
        // Needs and plans are recorded at it in place, and lead back to it; at a review there is no place for them.
        let id = dialogue.rsplit('/').next().expect("an id");
        let need = json!({"customer": world.klk_hr, "statement": "Signera på mobilen", "theme": "mobilitet",
            "horizon": "within_a_year", "strength": "high", "meeting": id});
        let plan = json!({"customer": world.klk_hr, "kind": "project", "title": "Flytt", "meeting": id});
        let next = planned(world, "review", "2026-06-20T09:00:00Z").await;
        let wrong = json!({"customer": world.klk_hr, "kind": "project", "title": "Flytt", "meeting": next.id()});
        world.brm.post("/planned-activities", wrong).await.refused(409, "R17");
        let need = world.brm.post("/business-needs", need).await.expect(201);
        let plan = world.brm.post("/planned-activities", plan).await.expect(201);
        for (thing, kind) in [(&need, "business_need"), (&plan, "planned_activity")] {
            assert_eq!(thing.body["meeting"], id);
            let seen = world.brm.get(&dialogue).await.expect(200);
            let outcome = json!({"kind": kind, "id": thing.id()});
            assert!(
                seen.body["outcomes"]
                    .as_array()
                    .is_some_and(|all| all.contains(&outcome)),
                "{:#}",
                seen.body
            );
        }
        let pack = world.brm.get(&format!("{dialogue}/dialogue-pack")).await.expect(200);
        assert_eq!(pack.body["needs"][0]["id"], need.id());
        assert_eq!(pack.body["plans"][0]["id"], plan.id());
        let ids = |list: &str| -> Vec<Value> {
            let all = pack.body[list].as_array().expect("a list");
            all.iter().map(|told| told["request"]["id"].clone()).collect()
        };
        assert_eq!(
            (ids("requests"), ids("ideas")),
            (vec![json!(wish.id())], vec![json!(idea.id())])
        );
        let text = pack.body.to_string();
        for foreign in [
            complaint.id(),
            better.id(),
            statement["id"].as_str().expect("an id").to_owned(),
        ] {
            assert!(!text.contains(&foreign), "{text}");
        }
        service.stop().await;
    })
    .await;
}

/// All schemas that one leads to.
fn reached(document: &Value, from: &str, known: &mut Vec<String>) {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(name) = members.get("$ref").and_then(Value::as_str) {
                    found.push(name.trim_start_matches("#/components/schemas/").to_owned());
                }
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    if known.iter().any(|name| name == from) {
        return;
    }
    known.push(from.to_owned());
    let mut found = vec![];
    references(&document["components"]["schemas"][from], &mut found);
    found.iter().for_each(|name| reached(document, name, known));
}

#[test]
fn no_figure_of_the_delivery_has_a_place_in_a_dialogues_pack() {
    let document = document::committed().expect("the document");
    let (mut dialogue, mut review) = (vec![], vec![]);
    reached(&document, "DialoguePack", &mut dialogue);
    reached(&document, "ReviewPack", &mut review);
    // The review's has them, so the walk finds them; the dialogue's has requests and nothing else.
    for figures in [
        "PackedStatement",
        "WorkloadFigure",
        "SatisfactionMetric",
        "PackedImprovement",
        "Verdict",
    ] {
        assert!(review.iter().any(|name| name == figures), "{figures}: {review:?}");
        assert!(!dialogue.iter().any(|name| name == figures), "{figures}");
    }
    dialogue.sort();
    let only = [
        "BusinessNeedId",
        "Code",
        "CustomerId",
        "CustomerRef",
        "DialoguePack",
        "Name",
        "NeedHorizon",
        "NeedStrength",
        "PackedNeed",
        "PackedPlan",
        "PackedRequest",
        "PlannedActivityId",
        "PlannedPeriod",
        "PlannedPhase",
        "RequestId",
        "RequestKind",
        "RequestRef",
        "RequestStatus",
        "Title",
        "Word",
    ];
    assert_eq!(dialogue, only);
}
