//! A small world to test in: two branches of customers, each with its team, contacts of every mandate, systems.
//!
//! ```text
//! KLK ── KLK-HR        Team Ett   (brm, dm, owner)     mail is used by KLK-HR, salary by KLK
//! BUN                  Team Tva   (other_brm, other_dm, owner)
//! ```
use api::identity::Kind;
use serde_json::{Value, json};

use crate::service::{Caller, Service};

pub struct World {
    pub klk: String,
    pub klk_hr: String,
    pub bun: String,
    pub mail: String,
    pub salary: String,
    pub team: String,
    pub other_team: String,
    pub brm_id: String,
    pub dm_id: String,
    pub owner_id: String,
    pub loner_id: String,
    pub decider_id: String,
    pub stranger_id: String,
    pub brm: Caller,
    pub dm: Caller,
    pub owner: Caller,
    pub other_brm: Caller,
    pub other_dm: Caller,
    /// A person without a team.
    pub loner: Caller,
    /// Contacts of KLK-HR with mandate `customer`, `purchaser`, `key_user`.
    pub decider: Caller,
    pub purchaser: Caller,
    pub key_user: Caller,
    /// Contact of KLK, the parent, with mandate `customer`.
    pub chief: Caller,
    /// Contact of BUN with mandate `customer`.
    pub stranger: Caller,
    /// Systems.
    pub desk: Caller,
    pub portfolio: Caller,
    pub delivery: Caller,
    pub strategy: Caller,
}

/// What is measured of a service, so that a target can promise it.
pub fn measured() -> Value {
    json!([{"name": "svarstid", "unit": "s"}, {"name": "svarstid", "unit": "ms"}])
}

async fn made(caller: &Caller, path: &str, body: Value) -> String {
    caller.post(path, body).await.expect(201).id()
}

impl World {
    pub async fn build(service: &Service) -> Self {
        let admin = service.administrator();
        let customer = async |code: &str, name: &str, parent: Value| {
            let body =
                json!({"code": code, "name": name, "parent": parent, "legalEntity": {"name": format!("Bolag {code}")}});
            made(&admin, "/customers", body).await
        };
        let klk = customer("KLK", "Kommunledningskontoret", Value::Null).await;
        let klk_hr = customer("KLK-HR", "HR-avdelningen", json!(klk)).await;
        let bun = customer("BUN", "Barn- och utbildning", Value::Null).await;
        let mail = made(
            &admin,
            "/services",
            json!({"code": "MAIL", "name": "E-post", "metrics": measured()}),
        )
        .await;
        let salary = made(
            &admin,
            "/services",
            json!({"code": "SALARY", "name": "Lönesystem", "metrics": measured()}),
        )
        .await;
        for (who, service_id) in [(&klk_hr, &mail), (&klk, &salary), (&bun, &mail)] {
            let body = json!({"service": service_id, "firstDay": "2020-01-01"});
            admin
                .post(&format!("/customers/{who}/service-usages"), body)
                .await
                .expect(201);
        }
        let mut people = vec![];
        for name in [
            "Bea Ram",
            "Dan Leman",
            "Olle Tjanst",
            "Bo Annan",
            "Disa Annan",
            "Lo Ensam",
        ] {
            let email = format!("{}@it.example.se", name.to_lowercase().replace(' ', "."));
            people.push(made(&admin, "/persons", json!({"name": name, "email": email})).await);
        }
        let [brm_id, dm_id, owner_id, other_brm_id, other_dm_id, loner_id] = people.try_into().expect("six persons");
        let team = Self::team(&admin, "Team Ett", [&brm_id, &dm_id, &owner_id], &[&mail, &salary]).await;
        let other_team = Self::team(&admin, "Team Tva", [&other_brm_id, &other_dm_id, &owner_id], &[&mail]).await;
        for (who, by) in [(&klk, &team), (&bun, &other_team)] {
            let path = format!("/customers/{who}");
            let etag = admin.get(&path).await.etag();
            let body = json!({"team": by, "firstDay": "2020-01-01"});
            admin
                .act(&format!("{path}/team-assignments"), &etag, body)
                .await
                .expect(200);
        }
        let contact = async |customer: &str, name: &str, mandate: &str| {
            let mandates = json!([{"kind": mandate, "firstDay": "2020-01-01"}]);
            made(
                &admin,
                "/contacts",
                json!({"customer": customer, "name": name, "mandates": mandates}),
            )
            .await
        };
        let decider_id = contact(&klk_hr, "Karin Kund", "customer").await;
        let stranger_id = contact(&bun, "Frida Framling", "customer").await;
        let as_contact = |id: &str| service.caller(Kind::Contact, id);
        let client = async |name: &str, scopes: &[&str], systems: &[&str]| {
            let body = json!({"name": name, "scopes": scopes, "systems": systems});
            let id = made(&admin, "/clients", body).await;
            service.caller_with(Kind::Client, &id, &scopes.join(" "))
        };
        let as_person = |id: &str| service.caller(Kind::Person, id);
        Self {
            brm: as_person(&brm_id),
            dm: as_person(&dm_id),
            owner: as_person(&owner_id),
            other_brm: as_person(&other_brm_id),
            other_dm: as_person(&other_dm_id),
            loner: as_person(&loner_id),
            decider: as_contact(&decider_id),
            purchaser: as_contact(&contact(&klk_hr, "Per Bestallare", "purchaser").await),
            key_user: as_contact(&contact(&klk_hr, "Nils Nyckel", "key_user").await),
            chief: as_contact(&contact(&klk, "Kerstin Chef", "customer").await),
            stranger: as_contact(&stranger_id),
            desk: client(
                "Service desk",
                &["register.read", "requests.read", "requests.write"],
                &["desk"],
            )
            .await,
            portfolio: client("Portfolio", &["feed.service_portfolio"], &[]).await,
            delivery: client("Delivery", &["feed.delivery"], &[]).await,
            strategy: client("Strategy", &["feed.strategy"], &[]).await,
            klk,
            klk_hr,
            bun,
            mail,
            salary,
            team,
            other_team,
            brm_id,
            dm_id,
            owner_id,
            loner_id,
            decider_id,
            stranger_id,
        }
    }

    async fn team(admin: &Caller, name: &str, people: [&str; 3], services: &[&str]) -> String {
        let id = made(admin, "/customer-teams", json!({"name": name})).await;
        let path = format!("/customer-teams/{id}");
        let roles = ["business_relationship_manager", "delivery_manager", "service_owner"];
        for (person, role) in people.into_iter().zip(roles) {
            let etag = admin.get(&path).await.etag();
            let services = if role == "service_owner" {
                json!(services)
            } else {
                json!([])
            };
            let body = json!({"person": person, "role": role, "services": services, "firstDay": "2020-01-01"});
            admin.act(&format!("{path}/members"), &etag, body).await.expect(200);
        }
        id
    }

    /// A wish of KLK-HR about e-mail, raised by its purchaser.
    pub async fn wish(&self, title: &str) -> crate::Answer {
        let body = json!({"customer": self.klk_hr, "kind": "wish", "title": title, "services": [self.mail]});
        self.purchaser.post("/requests", body).await.expect(201)
    }
}
