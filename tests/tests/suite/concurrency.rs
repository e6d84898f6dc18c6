//! What happens at once happens once, and leaves no rule broken.
use std::{
    cell::Cell,
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use api::{http::Problem, identity::Kind};
use domain::{
    access::{Caller as As, OtherCustomers, Permission},
    events::{Actor, ActorKind},
    vocabulary::CustomerId,
};
use end_to_end::{Answer, Caller, Database, World, databases, on_each_database};
use persistence::{UnitOfWork, customers, store::Origin};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{sync::Barrier, task::JoinSet};
use uuid::Uuid;

/// Sends them all at once.
async fn at_once(calls: impl IntoIterator<Item = impl Future<Output = Answer> + Send + 'static>) -> Vec<Answer> {
    calls.into_iter().collect::<JoinSet<_>>().join_all().await
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<u16> = answers.iter().map(|a| a.status.as_u16()).collect();
    statuses.sort();
    statuses
}

/// A POST under a key.
fn keyed(caller: &Caller, path: &str, key: Uuid, body: &Value) -> impl Future<Output = Answer> + Send + use<> {
    let (caller, path, body) = (caller.clone(), path.to_owned(), body.clone());
    async move {
        let key = key.to_string();
        let headers = [("idempotency-key", key.as_str())];
        caller.send(Method::POST, &path, &headers, Some(body)).await
    }
}

/// An act with the ETag that was seen.
fn act(caller: &Caller, path: &str, etag: &str, body: &Value) -> impl Future<Output = Answer> + Send + use<> {
    let (caller, path, etag, body) = (caller.clone(), path.to_owned(), etag.to_owned(), body.clone());
    async move { caller.act(&path, &etag, body).await }
}

fn customer(code: &str) -> Value {
    json!({"code": code, "name": format!("Kund {code}"), "legalEntity": {"name": "Bolag"}})
}

async fn made(admin: &Caller, code: &str) -> String {
    admin.post("/customers", customer(code)).await.expect(201).id()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_eight_times_at_once_happens_once() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let wish = json!({"customer": world.klk_hr, "kind": "wish", "title": "En gång", "raisedBy": world.decider_id});
        let before = service.events().await;
        let key = Uuid::new_v4();
        let answers = at_once((0..8).map(|_| keyed(&world.desk, "/requests", key, &wish))).await;
        assert_eq!(statuses(&answers), [201; 8], "{:#}", answers[0].body);
        for answer in &answers {
            assert_eq!(answer.body, answers[0].body);
            assert_eq!(
                (answer.etag(), answer.header("location")),
                (answers[0].etag(), answers[0].header("location"))
            );
        }
        let first: Vec<_> = answers
            .iter()
            .filter(|a| a.header("idempotency-replayed").is_empty())
            .collect();
        assert_eq!(first.len(), 1, "one was done, the others replayed");
        assert_eq!(service.events().await, before + 1);

        let mut other = wish.clone();
        other["title"] = json!("Ett annat");
        keyed(&world.desk, "/requests", key, &other)
            .await
            .refused(409, "key_reused");
        // The key belongs to the caller and the operation.
        keyed(&world.purchaser, "/requests", key, &other_of(&wish))
            .await
            .expect(201);
        world
            .desk
            .send(
                Method::POST,
                "/requests",
                &[("idempotency-key", &format!("\"{key}\""))],
                Some(wish.clone()),
            )
            .await
            .expect(201)
            .header("idempotency-replayed")
            .parse::<bool>()
            .expect("a quoted key is the same key");
        service.stop().await;
    })
    .await;
}

/// A contact's own wish names nobody.
fn other_of(wish: &Value) -> Value {
    json!({"customer": wish["customer"], "kind": "wish", "title": "Min egen"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_not_recorded_and_a_key_lasts_seven_days() {
    on_each_database(async |service| {
        let admin = service.administrator();
        let (key, body) = (Uuid::new_v4(), customer("ETT"));
        let first = made(&admin, "ETT").await;
        keyed(&admin, "/customers", key, &body).await.refused(409, "not_unique");
        let etag = admin.get(&format!("/customers/{first}")).await.etag();
        admin.delete(&format!("/customers/{first}"), &etag).await.expect(204);
        // The reason is gone: judged anew, under the same key.
        let second = keyed(&admin, "/customers", key, &body).await.expect(201);
        assert!(second.header("idempotency-replayed").is_empty());

        let (key, body) = (
            Uuid::new_v4(),
            json!({"name": "Skrivbord", "scopes": ["register.read"], "systems": []}),
        );
        let client = keyed(&admin, "/clients", key, &body).await.expect(201);
        assert!(client.body["clientSecret"].is_string());
        let again = keyed(&admin, "/clients", key, &body).await.expect(201);
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.body["clientSecret"], Value::Null);
        let mut without = client.body.clone();
        without.as_object_mut().expect("an object").remove("clientSecret");
        assert_eq!(again.body, without);

        service
            .state()
            .clock
            .advance(chrono::Duration::days(7) - chrono::Duration::minutes(1));
        let again = keyed(&admin, "/clients", key, &body).await.expect(201);
        assert_eq!(again.header("idempotency-replayed"), "true");
        service.state().clock.advance(chrono::Duration::minutes(2));
        // As good as new: now it runs into the client of that name, and then makes another thing.
        keyed(&admin, "/clients", key, &body).await.refused(409, "not_unique");
        let body = json!({"name": "Portfölj", "scopes": ["register.read"], "systems": []});
        let other = keyed(&admin, "/clients", key, &body).await.expect(201);
        assert_ne!(other.id(), client.id());
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_requests_get_different_numbers() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let wish = json!({"customer": world.klk_hr, "kind": "wish", "title": "Nummer"});
        let answers = at_once((0..16).map(|_| keyed(&world.purchaser, "/requests", Uuid::new_v4(), &wish))).await;
        assert_eq!(statuses(&answers), [201; 16]);
        let numbers: HashSet<String> = answers.iter().map(|a| a.text("number")).collect();
        assert_eq!(numbers.len(), 16);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn upserts_of_one_new_reference_at_once_make_one_thing() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let before = service.events().await;
        for round in 0..5 {
            let wish = json!({
                "customer": world.klk_hr, "kind": "wish", "title": "Från desken", "raisedBy": world.decider_id,
                "references": [{"system": "desk", "id": format!("INC{round}")}]
            });
            let answers = at_once((0..3).map(|_| keyed(&world.desk, "/requests", Uuid::new_v4(), &wish))).await;
            assert_eq!(statuses(&answers), [200, 200, 201], "{:#}", answers[0].body);
            assert!(answers.iter().all(|a| a.id() == answers[0].id()));
        }
        assert_eq!(service.events().await, before + 5);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_acts_on_what_both_saw_one_is_done() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        for _ in 0..5 {
            let wish = world.wish("Samtidigt").await;
            let path = format!("/requests/{}", wish.id());
            let (investigate, withdraw) = (format!("{path}/investigation"), format!("{path}/withdrawal"));
            let reason = json!({"reason": "Behövs inte."});
            let (one, other) = tokio::join!(
                tokio::spawn(act(&world.brm, &investigate, &wish.etag(), &Value::Null)),
                tokio::spawn(act(&world.purchaser, &withdraw, &wish.etag(), &reason)),
            );
            let answers = [one.expect("an answer"), other.expect("an answer")];
            assert_eq!(statuses(&answers), [200, 412], "{answers:#?}");
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_moves_never_make_a_cycle() {
    on_each_database(async |service| {
        let admin = service.administrator();
        for round in 0..6 {
            let mut ids = vec![];
            for n in 0..3 {
                ids.push(made(&admin, &format!("R{round}-{n}")).await);
            }
            // Each under the next, all round.
            let moves = (0..3).map(|n| {
                let (admin, id, parent) = (admin.clone(), ids[n].clone(), ids[(n + 1) % 3].clone());
                async move {
                    admin
                        .patch(&format!("/customers/{id}"), "\"1\"", json!({"parent": parent}))
                        .await
                }
            });
            let answers = at_once(moves).await;
            assert_eq!(statuses(&answers), [200, 200, 409], "{answers:#?}");
            let refused = answers.into_iter().find(|a| a.status == 409).expect("one");
            refused.refused(409, "hierarchy");
            let mut parents = BTreeMap::new();
            for id in &ids {
                parents.insert(
                    id.clone(),
                    admin.get(&format!("/customers/{id}")).await.body["parent"]["id"].clone(),
                );
            }
            assert_eq!(
                parents.values().filter(|p| p.is_null()).count(),
                1,
                "one at the top: {parents:#?}"
            );
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_assignments_leave_one_responsible_team_a_day() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        for round in 0..4 {
            let id = made(&admin, &format!("N{round}")).await;
            let path = format!("/customers/{id}/team-assignments");
            // By the tag that both saw only one goes through; whoever takes any state goes one after the other.
            for (etag, first_day) in [("\"1\"", "2020-01-01"), ("*", "2031-01-01"), ("*", "2031-01-01")] {
                let answers = at_once([&world.team, &world.other_team].map(|team| {
                    act(
                        &admin,
                        &path,
                        etag,
                        &json!({"team": team, "firstDay": first_day, "lastDay": "2035-12-31"}),
                    )
                }))
                .await;
                let done = answers.iter().filter(|a| a.status == 200).count();
                assert!(etag == "*" || done == 1, "{answers:#?}");
                assert!(
                    answers.iter().all(|a| [200, 409, 412].contains(&a.status.as_u16())),
                    "{answers:#?}"
                );
            }
            let all = admin.get(&path).await.expect(200);
            let mut periods: Vec<(String, String)> = all.body["teamAssignments"]
                .as_array()
                .unwrap_or_else(|| all.items())
                .iter()
                .map(|a| (a["firstDay"].to_string(), a["lastDay"].to_string()))
                .collect();
            periods.sort();
            assert!(!periods.is_empty());
            assert!(periods.windows(2).all(|two| two[0].1 < two[1].0), "{periods:?}");
        }
        service.stop().await;
    })
    .await;
}

/// The last day of the team's service owner and its first customer, at once: never a customer with half a team (R3).
#[tokio::test(flavor = "multi_thread")]
async fn a_member_leaves_while_the_team_takes_on_a_customer() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        for round in 0..4 {
            let made_team = admin
                .post("/customer-teams", json!({"name": format!("Team {round}")}))
                .await
                .expect(201);
            let path = format!("/customer-teams/{}", made_team.id());
            let people = [
                (&world.brm_id, "business_relationship_manager"),
                (&world.dm_id, "delivery_manager"),
                (&world.owner_id, "service_owner"),
            ];
            let mut team = made_team;
            for (person, role) in people {
                let services = if role == "service_owner" {
                    json!([world.mail])
                } else {
                    json!([])
                };
                let body = json!({"person": person, "role": role, "services": services, "firstDay": "2020-01-01"});
                team = admin
                    .act(&format!("{path}/members"), &team.etag(), body)
                    .await
                    .expect(200);
            }
            let members = team.body["members"].as_array().expect("members");
            let manager = members.iter().find(|m| m["role"] == "delivery_manager").expect("one");
            let leave = format!("{path}/members/{}/end", manager["id"].as_str().expect("an id"));
            let customer = made(&admin, &format!("T{round}")).await;
            let assign = format!("/customers/{customer}/team-assignments");
            let (left, assigned) = tokio::join!(
                tokio::spawn(act(&admin, &leave, &team.etag(), &json!({"lastDay": "2030-06-30"}))),
                tokio::spawn(act(
                    &admin,
                    &assign,
                    "\"1\"",
                    &json!({"team": team.id(), "firstDay": "2026-01-01"})
                )),
            );
            let answers = [left.expect("an answer"), assigned.expect("an answer")];
            assert_eq!(statuses(&answers), [200, 409], "{answers:#?}");
            let refused = answers.into_iter().find(|a| a.status == 409).expect("one");
            assert!(["R1", "R3"].contains(&refused.text("rule").as_str()), "{refused:#?}");
        }
        service.stop().await;
    })
    .await;
}

/// Two units of work that take two customers in opposite orders: PostgreSQL ends one of them, and it is run again.
#[tokio::test(flavor = "multi_thread")]
async fn the_victim_of_a_deadlock_is_run_once_more() {
    for database in databases().await {
        if matches!(database, Database::Sqlite) {
            // One writer at a time: nobody waits for anybody's row.
            continue;
        }
        let service = end_to_end::Service::start(database).await;
        let admin = service.administrator();
        let mut ids: Vec<CustomerId> = vec![];
        for code in ["EN", "TVA"] {
            ids.push(made(&admin, code).await.parse().expect("an id"));
        }
        let administrator = As::Administrator {
            subject: "anna.admin".into(),
        };
        let permission = Permission::of("changeCustomer").expect("an operation");
        let scope = permission.scope(&administrator, OtherCustomers::All).expect("a scope");
        let now = service.state().clock.now();
        let origin = Origin {
            actor: Actor {
                kind: ActorKind::Administrator,
                id: "anna.admin".into(),
                acting_for: None,
            },
            request_id: "deadlock".into(),
            now,
            today: now.date_naive(),
        };
        let (both_hold_one, attempts) = (Barrier::new(2), Cell::new(0));
        let take = async |first: CustomerId, second: CustomerId| {
            let tried = Cell::new(false);
            let work = async |unit: &mut UnitOfWork| {
                attempts.set(attempts.get() + 1);
                customers::load(unit, &scope, first).await?;
                if !tried.replace(true) {
                    both_hold_one.wait().await;
                }
                customers::load(unit, &scope, second).await?;
                Ok::<_, Problem>(())
            };
            service.state().db.write(&origin, work).await
        };
        let (one, other) = tokio::join!(take(ids[0], ids[1]), take(ids[1], ids[0]));
        assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
        assert_eq!(attempts.get(), 3, "two, and the victim once more");
        service.stop().await;
    }
}

/// A twin waits for the first as long as that is reasonable, and is then told to come back.
#[tokio::test(flavor = "multi_thread")]
async fn a_twin_of_what_still_runs_is_told_to_come_back() {
    for database in databases().await {
        if matches!(database, Database::Sqlite) {
            continue;
        }
        let service = end_to_end::Service::start(database).await;
        let db = sea_orm::Database::connect(service.settings().database_url)
            .await
            .expect("the database");
        let admin = service.caller(Kind::Administrator, "anna.admin");
        let (key, body) = (Uuid::new_v4(), customer("ETT"));
        // Somebody holds the very key for longer than a twin waits.
        let hold = format!(
            "begin; insert into idempotency values ('administrator:anna.admin', 'createCustomer', '{key}', '', 0, '', '', now()); \
             select pg_sleep(6); rollback"
        );
        let holding = tokio::spawn(async move { sea_orm::ConnectionTrait::execute_unprepared(&db, &hold).await });
        tokio::time::sleep(Duration::from_millis(300)).await;
        let told = keyed(&admin, "/customers", key, &body)
            .await
            .refused(409, "twin_running");
        assert_eq!(told.header("retry-after"), "2");
        holding.await.expect("no panic").expect("held");
        keyed(&admin, "/customers", key, &body).await.expect(201);
        service.stop().await;
    }
}
