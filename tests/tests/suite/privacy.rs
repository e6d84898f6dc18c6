//! Export and erasure of a respondent (R22): all of it is told to them, and what named them is nowhere after they are erased.
use api::identity::Kind;
use end_to_end::{Caller, Service, World, on_each_database};
use persistence::events::{Verdict, verify};
use reqwest::Method;
use serde_json::{Value, json};

use crate::surveys::{Store, act, answer, draft, form, links};

/// Somebody who raised a request, wrote about it, and answered in a named round that is published and in a confidential one
/// that is open; asked in a third, whose link is kept.
struct Respondent {
    id: String,
    eyes: Caller,
    open_link: String,
    confidential: String,
}

const WORDS: [&str; 3] = ["Egnaord ett.", "Egnaord tva.", "Egnaord tre."];
const OF_VALUE: &str = "Egnaord om nyttan.";

async fn build(service: &Service, world: &World) -> Respondent {
    let admin = service.administrator();
    let body = json!({"customer": world.klk_hr, "name": "Eva Bergsten", "email": "eva.bergsten@hr.example.se",
        "phone": "+46 70 555 66 77", "identity": {"issuer": "https://id.example.se", "subject": "evbe91"},
        "mandates": [{"kind": "purchaser", "firstDay": "2020-01-01", "basis": "KS 2026-1"},
            {"kind": "customer", "firstDay": "2020-01-01"}]});
    let key = uuid::Uuid::now_v7().to_string();
    let headers = [("idempotency-key", key.as_str())];
    let id = admin
        .send(Method::POST, "/contacts", &headers, Some(body))
        .await
        .expect(201)
        .id();
    let eyes = service.caller(Kind::Contact, &id);
    let wish = json!({"customer": world.klk_hr, "kind": "wish", "title": "Ny skrivare", "services": [world.mail]});
    let wish = eyes.post("/requests", wish).await.expect(201).id();
    eyes.post(&format!("/requests/{wish}/comments"), json!({"text": WORDS[0]}))
        .await
        .expect(201);
    let weighed = json!({"service": world.mail, "year": 2025, "scores": [{"dimension": "use", "score": 4}],
        "comment": OF_VALUE});
    eyes.post("/value-assessments", weighed).await.expect(201);
    let mut asked = vec![];
    for (anonymity, words) in [
        ("named", Some(WORDS[1])),
        ("confidential", Some(WORDS[2])),
        ("confidential", None),
    ] {
        let round = draft(
            service,
            world,
            anonymity,
            &[&world.klk_hr],
            json!({"mandates": ["purchaser"]}),
        )
        .await;
        act(&world.brm, &round, "opening").await.expect(200);
        let table = links(&world.brm, &round, 0).await;
        let link = table.iter().find(|line| &line[2] == "Eva Bergsten").expect("her link")[4].to_owned();
        if let Some(words) = words {
            answer(service, &link, json!({"how": 5, "words": words}), true)
                .await
                .expect(200);
        }
        if anonymity == "named" {
            act(&world.brm, &round, "closing").await.expect(200);
            act(&world.brm, &round, "publication").await.expect(200);
        }
        asked.push((round, link));
    }
    let [_, (confidential, _), (_, open_link)] = asked.try_into().expect("three");
    Respondent {
        id,
        eyes,
        open_link,
        confidential: confidential.id(),
    }
}

/// An agreement that she approved for her customer; the path of its version.
async fn agreed(world: &World, eva: &Respondent) -> String {
    let target = json!({"key": "answers", "name": "Svarstid", "comparison": "at_most", "value": "30", "period": "month",
        "indicator": {"kind": "gauge", "metric": "svarstid", "figure": "mean", "unit": "s"}});
    let draft = json!({"services": [world.mail], "content": {"title": "Avtal", "language": "sv", "targets": [target]},
        "terms": {"firstDay": "2020-01-01", "lastDay": "2090-12-31", "renewal": "none"}});
    let body = json!({"kind": "sla", "customer": world.klk_hr, "evidence": "document", "draft": draft});
    let made = world.brm.post("/agreements", body).await.expect(201);
    let version = format!("/agreements/{}/versions/1", made.id());
    let seen = world.brm.get(&version).await.expect(200);
    world
        .brm
        .act(&format!("{version}/proposal"), &seen.etag(), Value::Null)
        .await
        .expect(200);
    for party in [&world.brm, &eva.eyes] {
        let seen = party.get(&version).await.expect(200);
        let body = json!({"digest": seen.text("digest")});
        party
            .act(&format!("{version}/approvals"), &seen.etag(), body)
            .await
            .expect(200);
    }
    version
}

#[tokio::test(flavor = "multi_thread")]
async fn a_respondent_is_exported_to_themselves_and_to_the_team_as_far_as_was_promised() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let eva = build(&service, &world).await;
        let path = format!("/contacts/{}/export", eva.id);
        let own = eva.eyes.get(&path).await.expect(200).body;
        assert_eq!((&own["forOwnEyes"], &own["complete"]), (&json!(true), &json!(true)));
        assert_eq!(own["contact"]["email"], "eva.bergsten@hr.example.se");
        assert_eq!(own["requests"][0]["title"], "Ny skrivare");
        assert_eq!(own["comments"][0]["text"], WORDS[0]);
        assert_eq!(own["assessments"][0]["comment"], OF_VALUE);
        assert_eq!(own["invitations"].as_array().map(Vec::len), Some(3));
        let told = own["answers"].to_string();
        assert!(WORDS[1..].iter().all(|words| told.contains(words)), "{told}");
        let acts: Vec<_> = own["acts"]
            .as_array()
            .expect("acts")
            .iter()
            .map(|act| act["type"].clone())
            .collect();
        assert_eq!(
            acts,
            [
                "kundansvar.request.received.v1",
                "kundansvar.comment.written_for_customer.v1",
                "kundansvar.value_assessment.given.v1"
            ]
        );

        // The team reads what respondents of named rounds were told that it reads, and no more.
        let team = world.brm.get(&path).await.expect(200).body;
        assert_eq!(team["answers"].as_array().map(Vec::len), Some(1));
        assert!(team["answers"].to_string().contains(WORDS[1]) && !team.to_string().contains(WORDS[2]));
        for kept_out in [
            &world.decider,
            &world.owner,
            &world.other_brm,
            &service.administrator(),
            &service.auditor(),
        ] {
            kept_out.get(&path).await.expect(403);
        }
        let records = format!("/access-records?subject={}", eva.id);
        let read = service.auditor().get(&records).await.expect(200);
        let kinds: Vec<&Value> = read.items().iter().map(|record| &record["actor"]["kind"]).collect();
        assert_eq!(kinds, ["person", "contact"], "each export is on record");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_respondent_stands_nowhere_and_everything_else_stays() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let eva = build(&service, &world).await;
        let (admin, store) = (service.administrator(), Store::of(&service).await);
        let path = format!("/contacts/{}", eva.id);
        let version = agreed(&world, &eva).await;
        let signed = world.brm.get(&version).await.expect(200);
        let told = ["eva bergsten", "eva.bergsten@", "+46 70 555 66 77", "evbe91", "egnaord"];
        let places = async || {
            let everything = store.everything().await.into_iter();
            let named = everything.filter(|(_, row)| told.iter().any(|word| row.contains(word)));
            named.map(|(table, _)| table).collect::<std::collections::BTreeSet<_>>()
        };
        let wanted = [
            "agreement_version",
            "comment",
            "contact",
            "event_personal",
            "idempotency",
            "survey_answer",
            "survey_comment",
            "value_assessment",
        ];
        assert_eq!(places().await.into_iter().collect::<Vec<_>>(), wanted);

        let seen = admin.get(&path).await.expect(200);
        let events = service.events().await;
        let body = json!({"basis": "KS 2026-114 § 12"});
        let done = admin
            .act(&format!("{path}/erasure"), &seen.etag(), body.clone())
            .await
            .expect(200);
        let erased = &done.body["erased"];
        let counts = [
            "answers",
            "surveyComments",
            "requestComments",
            "assessmentComments",
            "invitations",
        ]
        .map(|name| erased[name].clone());
        assert_eq!(counts, [json!(2), json!(1), json!(1), json!(1), json!(2)], "{erased}");
        assert!(
            erased["logValues"].as_u64().is_some_and(|n| n >= 4) && erased["keptReplies"] == 1,
            "{erased}"
        );
        let kept = done.body["kept"].as_array().expect("what stays");
        assert!(
            kept.iter()
                .any(|kept| kept["what"] == "requests" && kept["why"].is_string())
        );
        assert_eq!(
            service.events().await,
            events + 1,
            "one event, which tells the decision"
        );
        // What was agreed stays as it was signed, and nothing else.
        assert_eq!(places().await.into_iter().collect::<Vec<_>>(), ["agreement_version"]);
        assert_eq!(world.brm.get(&version).await.expect(200).body, signed.body);
        let verdict = verify(&service.state().db, None).await.expect("a verdict");
        assert!(matches!(verdict, Verdict::Sound { .. }), "{verdict:?}");

        // Roles, acts and figures stay; she is asked no more, and nobody writes her in again.
        let now = admin.get(&path).await.expect(200);
        assert_eq!(
            (&now.body["name"], &now.body["erasure"]["basis"]),
            (&json!("Raderad kontakt"), &body["basis"])
        );
        assert_eq!(now.body["mandates"], seen.body["mandates"]);
        admin
            .patch(&path, &now.etag(), json!({"name": "Eva Bergsten"}))
            .await
            .refused(409, "state");
        let requests = world.brm.get("/requests").await.expect(200);
        assert_eq!(requests.items()[0]["raisedBy"]["name"], "Raderad kontakt");
        form(&service, &eva.open_link).await.expect(404);
        answer(&service, &eva.open_link, json!({"how": 1}), true)
            .await
            .expect(404);
        let round = world
            .brm
            .get(&format!("/survey-rounds/{}", eva.confidential))
            .await
            .expect(200);
        let again = links(&world.brm, &round, 1).await;
        assert!(
            again.iter().all(|line| &line[2] != "Raderad kontakt") && !again.is_empty(),
            "{again:?}"
        );
        act(&world.brm, &round, "closing").await.expect(200);
        let counts = "select score || ' ' || n from survey_count where question = 'how' order by 1";
        assert_eq!(store.texts(counts).await, ["5 1", "5 1"], "her scores count as before");

        // Once more, it finds nothing, and changes nothing.
        let events = service.events().await;
        let again = admin
            .act(&format!("{path}/erasure"), &now.etag(), body)
            .await
            .expect(200);
        let left: u64 = again.body["erased"]
            .as_object()
            .expect("counts")
            .values()
            .filter_map(Value::as_u64)
            .sum();
        assert_eq!((left, service.events().await), (0, events), "{}", again.body["erased"]);
        service.stop().await;
    })
    .await;
}
