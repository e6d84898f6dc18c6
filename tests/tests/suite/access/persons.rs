//! What persons see of other teams' customers, as the setting says; and whoever raised a request, following it.
use domain::access::OtherCustomers;
use end_to_end::{Service, World, databases, on_each_database};
use serde_json::json;

use super::scope::{Sides, listed, set};

#[tokio::test(flavor = "multi_thread")]
async fn the_setting_says_what_persons_see_of_other_teams_customers() {
    use OtherCustomers::{All, None, SameLegalEntity};
    for database in databases().await {
        for others in [All, SameLegalEntity, None] {
            let service = Service::start_with(database.clone(), |s| s.other_customers = others).await;
            let sides = Sides::build(&service).await;
            let Sides { world, home, away, .. } = &sides;
            // Of no team, but of the same legal entity as KLK.
            let body = json!({"code": "KLK-X", "name": "Krisledning", "legalEntity": {"name": "Bolag KLK"}});
            let sister = service.administrator().post("/customers", body).await.expect(201).id();
            let (mut customers, mut requests) = (set(&[&world.klk, &world.klk_hr]), set(&[&home.id]));
            if others != None {
                customers.insert(sister.clone());
            }
            if others == All {
                customers.insert(world.bun.clone());
                requests.insert(away.id.clone());
            }
            for person in [&world.brm, &world.dm] {
                assert_eq!(listed(person, "/customers", "/id").await, customers, "{others:?}");
                assert_eq!(listed(person, "/requests", "/id").await, requests, "{others:?}");
                for id in [&world.klk_hr, &sister, &world.bun] {
                    let status = if customers.contains(id) { 200 } else { 404 };
                    person.get(&format!("/customers/{id}")).await.expect(status);
                }
                // What they see of others they do not change.
                let path = format!("/requests/{}/comments", away.id);
                let status = if others == All { 403 } else { 404 };
                person.post(&path, json!({"text": "Ett ord."})).await.expect(status);
            }
            assert_eq!(listed(&world.loner, "/customers", "/id").await, set(&[]), "{others:?}");
            assert_eq!(
                listed(&world.stranger, "/customers", "/id").await,
                set(&[&world.bun]),
                "{others:?}"
            );
            assert_eq!(
                listed(&service.auditor(), "/customers", "/id").await.len(),
                4,
                "{others:?}"
            );
            service.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_raised_a_request_follows_it_to_its_end() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        for (caller, person) in [(&world.loner, true), (&world.desk, false), (&world.key_user, false)] {
            let body = json!({"customer": world.klk_hr, "kind": "complaint", "title": "Posten står still", "services": [world.mail]});
            let raised = caller.post("/requests", body).await.expect(201);
            let path = format!("/requests/{}", raised.id());
            assert!(listed(caller, "/requests", "/id").await.contains(&raised.id()));
            let reads = [path.clone(), format!("{path}/comments"), format!("{path}/timeline")];
            for path in &reads {
                caller.get(path).await.expect(200);
            }
            caller.post(&format!("{path}/comments"), json!({"text": "Brådskar."})).await.expect(201);
            let changed = caller.patch(&path, &raised.etag(), json!({"title": "Posten står still igen"})).await.expect(200);
            let answer = json!({"text": "Åtgärdat."});
            let answered = world.brm.act(&format!("{path}/answer"), &changed.etag(), answer).await.expect(200);
            let reopened = caller.act(&format!("{path}/reopening"), &answered.etag(), json!(null)).await.expect(200);
            let why = json!({"reason": "Det löste sig."});
            caller.act(&format!("{path}/withdrawal"), &reopened.etag(), why).await.expect(200);
            if person {
                caller.get(&format!("/customers/{}", world.klk_hr)).await.refused(404, "not_found");
            }
        }
        service.stop().await;
    })
    .await;
}
