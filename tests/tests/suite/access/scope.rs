//! R20: what a caller may not see does not exist for it, in lists, counts, searches, feeds, timelines, events, filters and
//! the references of a body alike; and the setting that says what persons see of other teams' customers.
use std::collections::BTreeSet;

use api::identity::Kind;
use domain::access::OtherCustomers;
use end_to_end::{Answer, Caller, Service, World, databases, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

/// A world with a matter on each side that went all the way to the portfolio, and systems with an eye on one side.
struct Sides {
    world: World,
    home: Matter,
    away: Matter,
    contact_away: String,
    /// Systems that are limited to BUN.
    desk_away: Caller,
    portfolio_away: Caller,
    log_away: Caller,
}

struct Matter {
    id: String,
    number: String,
    hand_over: String,
}

impl Sides {
    async fn build(service: &Service) -> Self {
        let world = World::build(service).await;
        let admin = service.administrator();
        let home = matter(
            &world,
            &world.klk_hr,
            "Lönebesked på telefonen",
            [&world.purchaser, &world.decider, &world.brm],
        );
        let home = home.await;
        let away = [&world.stranger, &world.stranger, &world.other_brm];
        let away = matter(&world, &world.bun, "Lönebesked i skolan", away).await;
        let reference = json!([{"system": "crm", "id": "B1"}]);
        let patch = json!({"references": reference});
        let path = format!("/customers/{}", world.bun);
        admin
            .patch(&path, &admin.get(&path).await.etag(), patch)
            .await
            .expect(200);
        let body = json!({"customer": world.bun, "name": "Berit Borta", "email": "berit@bun.example.se"});
        let contact_away = admin.post("/contacts", body).await.expect(201).id();
        let limited = async |name: &str, scopes: &str| {
            let scopes_listed: Vec<&str> = scopes.split(' ').collect();
            let body = json!({"name": name, "scopes": scopes_listed, "customers": [world.bun], "systems": ["desk"]});
            let id = admin.post("/clients", body).await.expect(201).id();
            service.caller_with(Kind::Client, &id, scopes)
        };
        Self {
            desk_away: limited(
                "Desk borta",
                "register.read register.write requests.read requests.write",
            )
            .await,
            portfolio_away: limited("Portfölj borta", "feed.service_portfolio").await,
            log_away: limited("Logg borta", "events.read").await,
            contact_away,
            home,
            away,
            world,
        }
    }
}

/// Raised, endorsed and routed to the portfolio, with a word inside the team and one for the customer.
async fn matter(world: &World, customer: &str, title: &str, [raiser, decider, brm]: [&Caller; 3]) -> Matter {
    let body = json!({"customer": customer, "kind": "wish", "title": title, "services": [world.mail]});
    let raised = raiser.post("/requests", body).await.expect(201);
    let path = format!("/requests/{}", raised.id());
    let comments = format!("{path}/comments");
    brm.post(&comments, json!({"text": "Oss emellan."})).await.expect(201);
    brm.post(&comments, json!({"text": "Vi ser på det.", "visibility": "customer"}))
        .await
        .expect(201);
    let endorsed = decider
        .send(Method::POST, &format!("{path}/endorsements"), &[], None)
        .await
        .expect(200);
    let body = json!({"destination": "service_portfolio"});
    let routed = brm
        .act(&format!("{path}/routing"), &endorsed.etag(), body)
        .await
        .expect(200);
    let hand_over = routed.body["handOver"]["id"].as_str().expect("a hand-over").to_owned();
    Matter {
        id: raised.id(),
        number: raised.text("number"),
        hand_over,
    }
}

/// What stands in a list at a pointer, where the list and its count agree.
async fn listed(caller: &Caller, path: &str, pointer: &str) -> BTreeSet<String> {
    let sign = if path.contains('?') { '&' } else { '?' };
    let answer = caller
        .get(&format!("{path}{sign}count=true&limit=200"))
        .await
        .expect(200);
    assert_eq!(answer.body["total"], answer.items().len(), "{path}: {:#}", answer.body);
    told(&answer, pointer)
}

fn told(answer: &Answer, pointer: &str) -> BTreeSet<String> {
    let text = |item: &Value| {
        item.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    answer.items().iter().map(text).collect()
}

fn set(ids: &[&String]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_counts_and_searches_leave_out_what_may_not_be_seen() {
    on_each_database(async |service| {
        let sides = Sides::build(&service).await;
        let Sides { world, home, away, .. } = &sides;
        let (klk, hr, bun) = (&world.klk, &world.klk_hr, &world.bun);
        let auditor = service.auditor();
        let cases = [
            (&auditor, set(&[klk, hr, bun]), set(&[&home.id, &away.id])),
            (&world.brm, set(&[klk, hr, bun]), set(&[&home.id, &away.id])),
            (&world.purchaser, set(&[hr]), set(&[&home.id])),
            (&world.chief, set(&[klk, hr]), set(&[&home.id])),
            (&world.stranger, set(&[bun]), set(&[&away.id])),
            (&sides.desk_away, set(&[bun]), set(&[&away.id])),
            (&world.loner, set(&[]), set(&[])),
        ];
        for (caller, customers, requests) in &cases {
            assert_eq!(&listed(caller, "/customers", "/id").await, customers);
            let contacts = listed(caller, "/contacts", "/customer/id").await;
            assert_eq!(&contacts, customers, "each customer has contacts");
            for path in [
                "/requests",
                "/requests?words=l%C3%B6nebesked",
                "/requests?destination=service_portfolio",
            ] {
                assert_eq!(&listed(caller, path, "/id").await, requests, "{path}");
            }
        }
        let path = format!("/customer-teams/{}/customers", world.team);
        assert_eq!(listed(&world.brm, &path, "/customer/id").await, set(&[klk]));
        assert_eq!(listed(&sides.desk_away, &path, "/customer/id").await, set(&[]));
        assert_eq!(listed(&world.loner, &path, "/customer/id").await, set(&[]));
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_by_what_may_not_be_seen_gives_an_empty_list() {
    on_each_database(async |service| {
        let sides = Sides::build(&service).await;
        let Sides { world, home, away, .. } = &sides;
        let stranger_id = service.auditor().get(&format!("/requests/{}", away.id)).await.body["raisedBy"]["id"].clone();
        let raised_by = stranger_id.as_str().expect("an id");
        let filters = [
            format!("/requests?customer={}", world.bun),
            format!("/requests?number={}", away.number),
            format!("/requests?raisedBy={raised_by}"),
            "/requests?words=skolan".to_owned(),
            format!("/contacts?customer={}", world.bun),
            "/contacts?email=berit%40bun.example.se".to_owned(),
            "/customers?code=BUN".to_owned(),
            "/customers?referenceSystem=crm&referenceId=B1".to_owned(),
        ];
        for path in &filters {
            assert!(
                !listed(&service.auditor(), path, "/id").await.is_empty(),
                "{path} finds it"
            );
            for caller in [&world.purchaser, &world.chief, &world.loner] {
                assert_eq!(listed(caller, path, "/id").await, set(&[]), "{path}");
            }
        }
        assert_eq!(
            listed(&world.stranger, &format!("/customers?parent={}", world.klk), "/id").await,
            set(&[])
        );
        for filter in [
            format!("customer={}", world.klk_hr),
            format!("subject={}", home.id),
            format!("subject={}", world.klk),
            "subjectKind=person".to_owned(),
        ] {
            let path = format!("/events?limit=200&{filter}");
            assert!(
                !service.auditor().get(&path).await.expect(200).items().is_empty(),
                "{path} finds it"
            );
            assert!(sides.log_away.get(&path).await.expect(200).items().is_empty(), "{path}");
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_events_and_timelines_leave_out_what_may_not_be_seen() {
    on_each_database(async |service| {
        let sides = Sides::build(&service).await;
        let Sides { world, home, away, .. } = &sides;
        let feed = "/feeds/service_portfolio?limit=200";
        let all = told(&world.portfolio.get(feed).await.expect(200), "/handOverId");
        assert_eq!(all, set(&[&home.hand_over, &away.hand_over]));
        let part = sides.portfolio_away.get(feed).await.expect(200);
        assert_eq!(told(&part, "/handOverId"), set(&[&away.hand_over]));
        let foreign = format!("/hand-overs/{}", home.hand_over);
        sides.portfolio_away.get(&foreign).await.refused(404, "not_found");

        let events = sides.log_away.get("/events?limit=200").await.expect(200);
        assert_eq!(
            told(&events, "/customer"),
            set(&[&world.bun]),
            "nothing else, and nothing of no customer"
        );
        let subjects = told(&events, "/subject/id");
        for id in [&away.id, &away.hand_over, &sides.contact_away, &world.bun] {
            assert!(subjects.contains(id), "{subjects:?}");
        }
        // Paging reaches the end though most of the log is left out.
        let (mut cursor, mut seen) = (String::new(), 0);
        loop {
            let page = sides
                .log_away
                .get(&format!("/events?limit=2{cursor}"))
                .await
                .expect(200);
            seen += page.items().len();
            if page.items().is_empty() {
                break;
            }
            cursor = format!("&cursor={}", page.text("next"));
        }
        assert_eq!(seen, events.items().len());

        let path = format!("/requests/{}", home.id);
        // What is listed, how many comments the timeline tells of, and whether it tells the team's own.
        let comments = async |caller: &Caller| {
            let listed = caller.get(&format!("{path}/comments")).await.expect(200);
            let timeline = caller.get(&format!("{path}/timeline?limit=200")).await.expect(200);
            let told_of = timeline
                .items()
                .iter()
                .filter(|entry| entry["subject"]["kind"] == "comment")
                .count();
            (
                listed.items().len(),
                told_of,
                timeline.body.to_string().contains("Oss emellan."),
            )
        };
        assert_eq!(comments(&world.owner).await, (2, 2, true), "the team reads both kinds");
        for contact in [&world.purchaser, &world.key_user, &world.chief] {
            assert_eq!(comments(contact).await, (1, 1, false), "a contact reads the customer's");
        }
        service.stop().await;
    })
    .await;
}

/// What a refusal says, without what differs from call to call.
fn refusal(answer: Answer) -> Value {
    let mut body = answer.expect(409).body;
    for member in ["instance", "requestId"] {
        body.as_object_mut().expect("a problem").remove(member);
    }
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_out_of_scope_is_refused_like_one_that_does_not_exist() {
    on_each_database(async |service| {
        let sides = Sides::build(&service).await;
        let Sides { world, home, .. } = &sides;
        let nothing = json!(uuid::Uuid::now_v7());
        let events = service.events().await;
        let wish = |customer: &Value| json!({"customer": customer, "kind": "wish", "title": "Ny skrivare"});
        let (crm, unknown) = (
            json!({"system": "crm", "id": "B1"}),
            json!({"system": "crm", "id": "B2"}),
        );
        for (hidden, absent) in [(json!(world.bun), nothing.clone()), (crm, unknown)] {
            for caller in [&world.purchaser, &world.chief] {
                let refused = refusal(caller.post("/requests", wish(&hidden)).await);
                assert_eq!(refused, refusal(caller.post("/requests", wish(&absent)).await));
            }
            let path = format!("/requests/{}", home.id);
            let seen = world.purchaser.get(&path).await.etag();
            let moved = async |to: &Value| world.purchaser.patch(&path, &seen, json!({"customer": to})).await;
            assert_eq!(refusal(moved(&hidden).await), refusal(moved(&absent).await));
        }
        let by =
            |contact: &Value| json!({"customer": world.klk_hr, "kind": "wish", "title": "Ny", "raisedBy": contact});
        let foreign = world.desk.post("/requests", by(&json!(sides.contact_away))).await;
        assert_eq!(
            refusal(foreign),
            refusal(world.desk.post("/requests", by(&nothing)).await)
        );

        let desk = &sides.desk_away;
        let contact = |customer: &Value| json!({"customer": customer, "name": "Ny Kontakt"});
        let hidden = json!(world.klk);
        assert_eq!(
            refusal(desk.post("/contacts", contact(&hidden)).await),
            refusal(desk.post("/contacts", contact(&nothing)).await)
        );
        assert_eq!(
            refusal(desk.post("/requests", wish(&hidden)).await),
            refusal(desk.post("/requests", wish(&nothing)).await)
        );
        let path = format!("/customers/{}", world.bun);
        let seen = desk.get(&path).await.etag();
        let under = async |parent: &Value| desk.patch(&path, &seen, json!({"parent": parent})).await;
        assert_eq!(refusal(under(&hidden).await), refusal(under(&nothing).await));
        let client = json!({"name": "Fel", "scopes": ["register.read"], "customers": [nothing]});
        refusal(service.administrator().post("/clients", client).await);
        assert_eq!(service.events().await, events);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_client_writes_only_its_customers_and_takes_on_none() {
    on_each_database(async |service| {
        let sides = Sides::build(&service).await;
        let Sides { world, .. } = &sides;
        let desk = &sides.desk_away;
        let own = format!("/customers/{}", world.bun);
        let seen = desk.get(&own).await.etag();
        let changed = desk
            .patch(&own, &seen, json!({"name": "Barn, unga och utbildning"}))
            .await
            .expect(200);
        assert_eq!(changed.body["name"], "Barn, unga och utbildning");
        let events = service.events().await;
        let foreign = format!("/customers/{}", world.klk);
        desk.patch(&foreign, "\"1\"", json!({"name": "Vårt"}))
            .await
            .refused(404, "not_found");
        for parent in [Value::Null, json!(world.bun)] {
            let body = json!({"code": "NY", "name": "Ny", "parent": parent, "legalEntity": {"name": "Ny"}});
            desk.post("/customers", body).await.refused(403, "not_permitted");
        }
        assert_eq!(service.events().await, events);
        service.stop().await;
    })
    .await;
}

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
