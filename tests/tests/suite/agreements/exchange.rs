//! An agreement from one installation to another: the same content, the same digests, and nothing that was altered.
use api::identity::Kind;
use end_to_end::{Answer, Service, World, on_each_database};
use serde_json::{Value, json};

use super::*;

/// Two installations with the same customers and services, and an agreement of the first: an older version in force, whose
/// targets rest on another agreement, and a draft.
struct Two {
    there: Service,
    here: Service,
    from: World,
    to: World,
    agreement: String,
    bearing: String,
}

impl Two {
    async fn set(there: Service) -> Self {
        let other = |settings: &mut api::program::Settings| settings.public_url = "https://annan.example.se".into();
        let here = Service::start_with(there.database.clone(), other).await;
        let (from, to) = (World::build(&there).await, World::build(&here).await);
        let hours = json!({"zone": "Europe/Stockholm", "weekly": {"monday": [{"from": "07:00", "to": "18:00"}]}});
        let told = json!({"name": "Kontorstid", "hours": hours});
        let calendar = from.brm.post("/service-calendars", told).await.expect(201).id();
        let uptime = |rests_on: Value| {
            json!({"key": "uptime", "name": "Tillgänglighet", "indicator": {"kind": "availability"}, "comparison": "at_least",
                "value": "99.5", "period": "month", "calendar": calendar, "services": [from.mail], "restsOn": rests_on})
        };
        let mut promised = draft(&[&from.mail], &day(&there, 10));
        promised["content"]["targets"] = json!([uptime(json!([]))]);
        let body = json!({"kind": "uc", "with": {"name": "Driftbolaget"}, "evidence": "document", "draft": promised});
        let bearing = from.brm.post("/agreements", body).await.expect(201).id();
        let mut promised = tacit(&[&from.mail], &day(&there, 10));
        promised["content"]["targets"] = json!([uptime(json!([{"agreement": bearing, "target": "uptime"}]))]);
        let version = begun(&from.brm, sla(&from.klk_hr, promised)).await;
        agreed(&from, &version).await.expect(200);
        let agreement = agreement_of(&version);
        let next = json!({"firstDay": day(&there, 100)});
        from.brm.post(&format!("{agreement}/versions"), next).await.expect(201);
        let bearing = format!("/agreements/{bearing}");
        Self {
            there,
            here,
            from,
            to,
            agreement,
            bearing,
        }
    }

    async fn export(&self, agreement: &str) -> Value {
        self.from.brm.get(&format!("{agreement}/export")).await.expect(200).body
    }

    async fn import(&self, file: &Value) -> Answer {
        self.to.brm.post("/agreement-imports", file.clone()).await
    }

    async fn stop(self) {
        self.there.stop().await;
        self.here.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_moves_with_its_digests_and_approvals() {
    on_each_database(async |service| {
        let two = Two::set(service).await;
        let (bearing, file) = (two.export(&two.bearing).await, two.export(&two.agreement).await);
        two.import(&file).await.refused(409, "unknown_reference");
        let born = two.import(&bearing).await.expect(200).body;
        assert_eq!(
            (&born["created"], &born["agreement"]["kind"]),
            (&json!(true), &json!("uc"))
        );

        let events = two.here.events().await;
        let rehearsed = two
            .to
            .brm
            .post("/agreement-imports?dryRun=true", file.clone())
            .await
            .expect(200)
            .body;
        assert_eq!(
            (&rehearsed["created"], &rehearsed["dryRun"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(two.here.events().await, events);
        let made = two.import(&file).await.expect(200).body;
        assert_eq!(made["created"], true);
        let agreement = &made["agreement"];
        assert_eq!(agreement["importedFrom"], file["exported"]);
        assert_eq!(agreement["customer"]["id"], two.to.klk_hr);
        let path = format!("/agreements/{}", agreement["id"].as_str().expect("an id"));

        // The things are those of here, the digest and the approvals those of there.
        let there = two
            .from
            .brm
            .get(&format!("{}/versions/1", two.agreement))
            .await
            .expect(200)
            .body;
        let version = two.to.brm.get(&format!("{path}/versions/1")).await.expect(200).body;
        for member in [
            "digest",
            "approvals",
            "terms",
            "state",
            "comingTerms",
            "proposal",
            "with",
        ] {
            assert_eq!(version[member], there[member], "{member}");
        }
        assert_eq!(version["importedFrom"], file["exported"]);
        assert_eq!(version["services"][0]["id"], two.to.mail);
        assert_eq!(version["content"]["targets"][0]["services"], json!([two.to.mail]));
        assert_eq!(
            version["content"]["targets"][0]["restsOn"][0]["agreement"],
            born["agreement"]["id"]
        );
        let calendar = version["content"]["targets"][0]["calendar"]
            .as_str()
            .expect("a calendar");
        let calendar = two
            .to
            .brm
            .get(&format!("/service-calendars/{calendar}"))
            .await
            .expect(200)
            .body;
        assert_eq!(calendar["digest"], file["calendars"][0]["pin"]["digest"]);
        let found = two
            .to
            .brm
            .post("/verifications", file["versions"][0]["agreed"].clone())
            .await
            .expect(200)
            .body;
        assert_eq!(
            (&found["file"], &found["versions"][0]["agreement"]["id"]),
            (&json!("content"), &agreement["id"])
        );
        let page = two
            .to
            .brm
            .get(&format!("{path}/versions/1/document"))
            .await
            .expect(200)
            .body
            .to_string();
        assert!(page.contains("Karin Kund") && page.contains(there["digest"].as_str().expect("a digest")));

        // An export is known by its contents; what was forged or done since is named.
        let verify = async |file: &Value| two.from.brm.post("/verifications", file.clone()).await.expect(200).body;
        let known = verify(&file).await;
        assert_eq!(
            (&known["file"], known["versions"].as_array().map(Vec::len)),
            (&json!("export"), Some(2))
        );
        assert!(
            known["versions"]
                .as_array()
                .expect("versions")
                .iter()
                .all(|of| of["differs"].is_null())
        );
        let mut forged = file.clone();
        forged["versions"][0]["approvals"][1]["by"]["name"] = json!("Någon Annan");
        let known = verify(&forged).await;
        assert_eq!(
            (&known["file"], &known["versions"][0]["differs"]),
            (&json!("export"), &json!(["approvals"]))
        );
        assert_eq!(
            known["versions"][0]["approvals"], there["approvals"],
            "what is recorded is told"
        );
        forged["versions"][0]["agreed"]["content"]["title"] = json!("Annat");
        assert_eq!(verify(&forged).await["file"], "unknown");
        let stranger = two
            .from
            .stranger
            .post("/verifications", file.clone())
            .await
            .expect(200)
            .body;
        assert_eq!(
            (&stranger["file"], &stranger["versions"]),
            (&json!("unknown"), &json!([]))
        );

        // Out again it is the same file, but for where and under which number.
        let mut again = two.to.brm.get(&format!("{path}/export")).await.expect(200).body;
        assert_eq!(
            again["exported"],
            json!({"origin": "https://annan.example.se", "number": agreement["number"]})
        );
        again["exported"] = file["exported"].clone();
        again["restsOn"][0]["number"] = file["restsOn"][0]["number"].clone();
        assert_eq!(again, file);

        // The same file again changes nothing.
        let events = two.here.events().await;
        let same = two.import(&file).await.expect(200).body;
        assert_eq!((&same["created"], &same["agreement"]), (&json!(false), agreement));
        assert_eq!(two.here.events().await, events);
        let admin = two.there.administrator();
        admin
            .post("/agreement-imports", file.clone())
            .await
            .refused(409, "state");

        // What is written further is of here: its digest is of what things are called here.
        let draft = format!("{path}/versions/2");
        let seen = two.to.brm.get(&draft).await.expect(200);
        assert_eq!(seen.body["importedFrom"], file["exported"]);
        let changed = two
            .to
            .brm
            .patch(&draft, &seen.etag(), json!({"content": {"title": "Post"}}))
            .await
            .expect(200)
            .body;
        assert!(changed["importedFrom"].is_null() && changed["digest"] != seen.body["digest"]);
        let contact = two.there.caller(Kind::Contact, &two.from.decider_id);
        let theirs = contact.get(&format!("{}/export", two.agreement)).await.expect(200).body;
        assert_eq!(
            theirs["versions"].as_array().expect("versions").len(),
            1,
            "a draft is the team's own"
        );
        two.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_altered_or_names_what_is_not_there_is_refused_where_it_says_so() {
    on_each_database(async |service| {
        let two = Two::set(service).await;
        let (bearing, file) = (two.export(&two.bearing).await, two.export(&two.agreement).await);
        two.import(&bearing).await.expect(200);
        let events = two.here.events().await;
        let altered = [
            (
                "/versions/0/agreed/content/targets/0/value",
                json!("98"),
                "both_approve",
                "/versions/0/digest",
            ),
            (
                "/versions/0/digest",
                json!("0".repeat(64)),
                "both_approve",
                "/versions/0/digest",
            ),
            (
                "/versions/0/approvals/1/digest",
                json!("0".repeat(64)),
                "both_approve",
                "/versions/0/approvals/1/digest",
            ),
            (
                "/versions/0/approvals/1/party",
                json!("provider"),
                "both_approve",
                "/versions/0/approvals/1/party",
            ),
            (
                "/calendars/0/hours/zone",
                json!("Europe/Oslo"),
                "both_approve",
                "/calendars/0/pin/digest",
            ),
            (
                "/calendars/0/hours/weekly/monday/0/to",
                json!("06:00"),
                "opening_hours",
                "/calendars/0/hours/weekly/monday/0/to",
            ),
            (
                "/calendars",
                json!([]),
                "unknown_reference",
                "/versions/0/agreed/calendars/0",
            ),
            ("/customer/code", json!("NOBODY"), "unknown_reference", "/customer/code"),
            (
                "/restsOn",
                json!([]),
                "unknown_reference",
                "/versions/0/agreed/content/targets/0/restsOn/0/agreement",
            ),
            ("/kind", json!("ola"), "state", "/customer"),
        ];
        for (at, value, code, pointer) in altered {
            let mut file = file.clone();
            *file.pointer_mut(at).expect("a member") = value;
            let refused = two.import(&file).await.refused(409, code);
            assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{:#}", refused.body);
        }
        let admin = two.here.administrator();
        let service = format!("/services/{}", two.to.mail);
        let seen = admin.get(&service).await.etag();
        admin.patch(&service, &seen, json!({"code": "POST"})).await.expect(200);
        let refused = two.import(&file).await.refused(409, "unknown_reference");
        assert_eq!(
            refused.body["errors"][0]["pointer"],
            "/versions/0/agreed/services/0/code"
        );
        let mut unknown = file.clone();
        unknown["more"] = json!(1);
        two.import(&unknown).await.refused(422, "unknown");
        let left = two.here.events().await - events;
        assert_eq!(left, 1, "the service's new code, and nothing else");

        // R8 holds for what comes in too.
        let seen = admin.get(&service).await.etag();
        admin.patch(&service, &seen, json!({"code": "MAIL"})).await.expect(200);
        let own = begun(
            &two.to.brm,
            sla(&two.to.klk_hr, tacit(&[&two.to.mail], &day(&two.here, 10))),
        )
        .await;
        agreed(&two.to, &own).await.expect(200);
        two.import(&file).await.refused(409, "already_covered");
        two.stop().await;
    })
    .await;
}
