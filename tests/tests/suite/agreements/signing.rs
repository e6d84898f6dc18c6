//! R6: what demands a signature is approved by the signing service's valid result, and by nothing else.
use api::identity::Kind;
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{Duration, Utc};
use domain::clients::digest;
use end_to_end::{SigningService, World, databases};
use serde_json::{Value, json};

use super::*;

/// A service with a signing service, the world, and an agreement that demands a signature.
struct Scene {
    service: Service,
    world: World,
    outside: SigningService,
    /// What tells of orders.
    teller: Caller,
    version: String,
}

const PDF: &str = "%PDF-1.7 signed by both";

impl Scene {
    async fn on_each_database(test: impl AsyncFn(&Scene)) {
        for database in databases().await {
            println!("on {database:?}");
            let outside = SigningService::start();
            let service = Service::start_with(database, |settings| {
                settings.signing_service_url = outside.url.clone();
                settings.signing_service_token = "door-key".into();
            })
            .await;
            let world = World::build(&service).await;
            let client = json!({"name": "Signeringen", "scopes": ["signatures.write"], "systems": []});
            let client = service.administrator().post("/clients", client).await.expect(201).id();
            let teller = service.caller_with(Kind::Client, &client, "signatures.write");
            let version = begun(
                &world.brm,
                sla(&world.klk_hr, demanding(&world.mail, &day(&service, 0))),
            )
            .await;
            let scene = Scene {
                service,
                world,
                outside,
                teller,
                version,
            };
            test(&scene).await;
            scene.service.stop().await;
            scene.outside.stop().await;
        }
    }

    /// Proposes the version; the id of its order.
    async fn ordered(&self) -> String {
        let proposed = propose(&self.world.brm, &self.version).await.expect(200);
        let order = proposed.body["proposal"]["signingOrder"].as_str();
        order.expect("an order").to_owned()
    }

    fn by(&self, signer: Value) -> Value {
        json!({"by": signer, "signedAt": self.service.state().clock.now(), "issuer": "https://eid.example.se", "level": "loa3"})
    }

    /// What the signing service tells when the manager and Karin Kund have signed.
    async fn result(&self) -> Value {
        let digest = self.world.brm.get(&self.version).await.expect(200).text("digest");
        let signatures = [
            self.by(json!({"person": self.world.brm_id})),
            self.by(json!({"contact": self.world.decider_id})),
        ];
        json!({"digest": digest, "signatures": signatures,
            "document": {"mediaType": "application/pdf", "content": BASE64_STANDARD.encode(PDF)}})
    }

    async fn tell(&self, order: &str, what: &str, body: Value) -> Answer {
        self.teller.post(&format!("/signing-orders/{order}/{what}"), body).await
    }

    async fn order(&self, id: &str) -> Value {
        self.teller.get(&format!("/signing-orders/{id}")).await.expect(200).body
    }

    async fn until_sent(&self, order: &str) {
        for _ in 0..200 {
            if self.order(order).await["state"] == "sent" {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("the order was not sent");
    }

    async fn state_of_version(&self) -> String {
        self.world.brm.get(&self.version).await.expect(200).text("state")
    }
}

fn demanding(service: &str, first: &str) -> Value {
    let mut draft = draft(&[service], first);
    draft["content"]["signature"] = json!("external");
    draft
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signing_services_result_approves_and_its_document_is_kept() {
    Scene::on_each_database(async |scene| {
        let order = scene.ordered().await;
        let waiting = scene.world.brm.get(&scene.version).await.expect(200);
        let sign = |party: &str| json!({"party": party, "act": "sign"});
        assert_eq!(waiting.body["nextActs"], json!([sign("provider"), sign("customer")]));
        for party in [&scene.world.brm, &scene.world.decider] {
            let refused = approve(party, &scene.version).await.refused(409, "both_approve");
            assert!(refused.text("detail").contains(&order), "{:#}", refused.body);
        }

        let sent = scene.outside.wait_for(1).await.remove(0);
        assert_eq!((sent.authorization.as_str(), &sent.key), ("Bearer door-key", &order));
        let told = &sent.body;
        assert_eq!((&told["order"], &told["title"]), (&json!(order), &json!("E-post")));
        // What is signed is what the digest says, and it is the content.
        let document = told["document"].as_str().expect("a document");
        assert_eq!(json!(digest(document)), told["digest"]);
        assert_eq!(told["digest"], waiting.body["digest"]);
        let document: Value = serde_json::from_str(document).expect("JSON");
        assert_eq!(document["content"]["signature"], "external");
        assert_eq!(
            told["signatories"],
            json!([
                {"party": "provider", "by": {"person": scene.world.brm_id}, "name": "Bea Ram", "email": "bea.ram@it.example.se"},
                {"party": "customer", "by": {"contact": scene.world.decider_id}, "name": "Karin Kund"},
            ])
        );
        let callback = told["callback"].as_str().expect("an address");
        assert_eq!(callback, format!("{}/signing-orders/{order}/result", scene.service.base()));
        scene.until_sent(&order).await;

        let result = scene.result().await;
        let signed = scene.tell(&order, "result", result.clone()).await.expect(200);
        assert_eq!((signed.text("state"), signed.text("documentDigest")), ("signed".into(), digest(PDF)));
        let approved = scene.world.brm.get(&scene.version).await.expect(200);
        assert_eq!(approved.text("state"), "active");
        let approvals = approved.body["approvals"].as_array().expect("approvals");
        let names: Vec<_> = approvals.iter().map(|a| a["by"]["name"].clone()).collect();
        assert_eq!(names, ["Bea Ram", "Karin Kund"]);
        assert_eq!(approvals[1]["mandate"]["kind"], "customer");
        for approval in approvals {
            assert_eq!(approval["signedIn"], json!({"issuer": "https://eid.example.se", "level": "loa3"}));
            assert_eq!((&approval["signingOrder"], &approval["digest"]), (&json!(order), &told["digest"]));
        }
        let path = format!("{}/signed-document", scene.version);
        let kept = scene.world.decider.get(&path).await.expect(200);
        assert_eq!(kept.body, result["document"]);

        // Told again it is the same answer, and nothing happens; anything else comes too late.
        let events = scene.service.events().await;
        let again = scene.tell(&order, "result", result.clone()).await.expect(200);
        assert_eq!(again.body, signed.body);
        let mut other = result;
        other["document"]["content"] = json!("QUJD");
        scene.tell(&order, "result", other).await.refused(409, "state");
        let refusal = json!({"refusedBy": "customer", "reason": "Ångrat."});
        scene.tell(&order, "refusal", refusal).await.refused(409, "state");
        assert_eq!(scene.service.events().await, events);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_is_not_valid_changes_nothing() {
    Scene::on_each_database(async |scene| {
        let order = scene.ordered().await;
        scene.outside.wait_for(1).await;
        let (good, world) = (scene.result().await, &scene.world);
        let other_brm = {
            let all = scene
                .service
                .administrator()
                .get("/persons?email=bo.annan@it.example.se")
                .await;
            all.expect(200).items()[0]["id"].clone()
        };
        let purchaser = {
            let all = scene
                .service
                .administrator()
                .get(&format!("/contacts?customer={}&limit=50", world.klk_hr))
                .await;
            let all = all.expect(200).items().clone();
            let one = all
                .iter()
                .find(|c| c["name"] == "Per Bestallare")
                .expect("the purchaser");
            one["id"].clone()
        };
        let manager = scene.by(json!({"person": world.brm_id}));
        let with = |signatures: Value| {
            let mut result = good.clone();
            result["signatures"] = signatures;
            result
        };
        let mut another_text = good.clone();
        another_text["digest"] = json!("0".repeat(64));
        let mut early = good.clone();
        early["signatures"][1]["signedAt"] = json!(Utc::now() - Duration::hours(1));
        let mut bent = good.clone();
        // Four digits of which the last has bits that mean nothing.
        bent["document"]["content"] = json!("QUI=QUI=");
        let events = async || scene.service.events().await;
        scene.until_sent(&order).await;
        let before = events().await;
        for (body, status, why, pointer) in [
            (another_text, 409, "both_approve", "/digest"),
            (early, 409, "time_order", "/signatures/1/signedAt"),
            (bent, 422, "pattern", "/document/content"),
            (with(json!([manager])), 409, "both_approve", "/signatures"),
            (with(json!([manager, manager])), 409, "both_approve", "/signatures/1"),
            (
                with(json!([manager, scene.by(json!({"person": other_brm}))])),
                409,
                "both_approve",
                "/signatures/1/by",
            ),
            (
                with(json!([manager, scene.by(json!({"person": world.dm_id}))])),
                409,
                "both_approve",
                "/signatures/1/by",
            ),
            (
                with(json!([manager, scene.by(json!({"name": "Vem Som Helst"}))])),
                409,
                "both_approve",
                "/signatures/1/by",
            ),
        ] {
            let refused = scene.tell(&order, "result", body).await.refused(status, why);
            assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{:#}", refused.body);
        }
        // Who has no mandate is told so by the same rule as ever.
        let purchased = with(json!([manager, scene.by(json!({"contact": purchaser}))]));
        scene
            .tell(&order, "result", purchased)
            .await
            .refused(409, "both_approve");
        // A service that another agreement of the customer covers by now (R8).
        let rival = begun(
            &world.brm,
            sla(&world.klk_hr, draft(&[&world.mail], &day(&scene.service, 0))),
        )
        .await;
        agreed(world, &rival).await.expect(200);
        let covered = events().await;
        scene
            .tell(&order, "result", good.clone())
            .await
            .refused(409, "already_covered");
        assert!(covered > before);
        assert_eq!(events().await, covered);
        assert_eq!(scene.state_of_version().await, "proposed");
        assert_eq!(scene.order(&order).await["state"], "sent");
        scene
            .world
            .brm
            .get(&format!("{}/signed-document", scene.version))
            .await
            .expect(404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_for_what_was_edited_meanwhile_is_refused() {
    Scene::on_each_database(async |scene| {
        let first = scene.ordered().await;
        let result = scene.result().await;
        let etag = scene.world.brm.get(&scene.version).await.etag();
        let path = format!("{}/proposal", scene.version);
        scene.world.brm.delete(&path, &etag).await.expect(200);
        assert_eq!(scene.order(&first).await["state"], "withdrawn");
        scene.tell(&first, "result", result.clone()).await.refused(409, "state");
        let etag = scene.world.brm.get(&scene.version).await.etag();
        let edit = json!({"content": {"title": "E-post och kalender"}});
        scene.world.brm.patch(&scene.version, &etag, edit).await.expect(200);
        let second = scene.ordered().await;
        assert_ne!(first, second);
        let events = scene.service.events().await;
        scene.tell(&first, "result", result.clone()).await.refused(409, "state");
        scene.tell(&second, "result", result).await.refused(409, "both_approve");
        assert!(
            scene.service.events().await - events <= 1,
            "at most that the second order was sent"
        );
        let valid = scene.result().await;
        scene.tell(&second, "result", valid).await.expect(200);
        assert_eq!(scene.state_of_version().await, "active");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_or_expires_returns_to_draft_with_the_reason() {
    Scene::on_each_database(async |scene| {
        for (refusal, state, party) in [
            (
                json!({"refusedBy": "customer", "reason": "Priset är fel."}),
                "refused",
                "customer",
            ),
            (
                json!({"reason": "Ingen skrev under på 30 dagar."}),
                "expired",
                "provider",
            ),
        ] {
            let order = scene.ordered().await;
            let late = scene.result().await;
            let told = scene.tell(&order, "refusal", refusal.clone()).await.expect(200);
            assert_eq!(
                (told.text("state").as_str(), &told.body["reason"]),
                (state, &refusal["reason"])
            );
            let returned = scene.world.brm.get(&scene.version).await.expect(200);
            assert_eq!(returned.text("state"), "draft");
            let rejection = &returned.body["rejection"];
            assert_eq!(
                (&rejection["reason"], &rejection["party"]),
                (&refusal["reason"], &json!(party))
            );
            assert_eq!(rejection["by"]["name"], "Signeringen");
            assert_eq!(scene.tell(&order, "refusal", refusal).await.expect(200).body, told.body);
            scene.tell(&order, "result", late).await.refused(409, "state");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_sent_until_it_is_taken_and_to_nobody_else() {
    Scene::on_each_database(async |scene| {
        let clock = &scene.service.state().clock;
        // Down; then it takes the order, and its answer is lost; then it points elsewhere; then it answers.
        scene.outside.answer(503);
        let order = scene.ordered().await;
        for (round, status) in [(1, 500), (2, 307), (3, 202)] {
            scene.outside.wait_for(round).await;
            tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
            assert_eq!(scene.outside.orders().len(), round, "it waits before it is sent again");
            assert_eq!(scene.order(&order).await["state"], "waiting");
            scene.outside.answer(status);
            clock.advance(Duration::seconds(30 << (round - 1)));
        }
        let sent = scene.outside.wait_for(4).await;
        assert!(sent.iter().all(|one| one.key == order && one.body == sent[0].body));
        scene.until_sent(&order).await;
        clock.advance(Duration::hours(2));
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
        assert_eq!(scene.outside.orders().len(), 4, "what was taken is not sent again");
        let valid = scene.result().await;
        scene.tell(&order, "result", valid).await.expect(200);
        assert_eq!(scene.state_of_version().await, "active");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supplier_signs_by_name() {
    Scene::on_each_database(async |scene| {
        let mut body = json!({"kind": "uc", "with": {"name": "Nätbolaget AB"}, "evidence": "document",
            "draft": demanding(&scene.world.mail, &day(&scene.service, 0))});
        body["draft"]["content"]["title"] = json!("Nät");
        let version = begun(&scene.world.brm, body).await;
        let proposed = propose(&scene.world.brm, &version).await.expect(200);
        let order = proposed.body["proposal"]["signingOrder"].as_str().expect("an order");
        let sent = scene.outside.wait_for(1).await.remove(0);
        assert_eq!(
            sent.body["signatories"][1],
            json!({"party": "counterparty", "by": {"name": "Nätbolaget AB"}, "name": "Nätbolaget AB"})
        );
        let mut result = scene.result().await;
        result["digest"] = proposed.body["digest"].clone();
        result["signatures"][1]["by"] = json!({"name": "Lena Leverantör"});
        scene.tell(order, "result", result).await.expect(200);
        let approved = scene.world.brm.get(&version).await.expect(200);
        assert_eq!(approved.text("state"), "active");
        let approval = &approved.body["approvals"][1];
        assert_eq!(
            (
                &approval["party"],
                &approval["by"]["name"],
                &approval["signedElsewhere"]["signedBy"]
            ),
            (&json!("counterparty"), &json!("Signeringen"), &json!("Lena Leverantör"))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_signing_service_nothing_that_demands_one_is_proposed() {
    end_to_end::on_each_database(async |service| {
        let world = World::build(&service).await;
        let version = begun(
            &world.brm,
            sla(&world.klk_hr, demanding(&world.mail, &day(&service, 0))),
        )
        .await;
        let refused = propose(&world.brm, &version).await.refused(409, "state");
        assert_eq!(refused.body["errors"][0]["pointer"], "/content/signature");
        let etag = world.brm.get(&version).await.etag();
        let edit = json!({"content": {"signature": null}});
        world.brm.patch(&version, &etag, edit).await.expect(200);
        agreed(&world, &version).await.expect(200);
        service.stop().await;
    })
    .await;
}
