//! Succession (R25): what is open goes on under exactly one successor, what is closed stays, and every old id leads on.
use std::collections::BTreeMap;

use chrono::{Datelike, Days, Duration, NaiveDate};
use end_to_end::{Answer, Caller, Service, World, on_each_database};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::statements::Stage;

fn today(service: &Service) -> NaiveDate {
    let state = service.state();
    state.settings.local_date(state.clock.now())
}

async fn customer(admin: &Caller, code: &str, parent: Value) -> String {
    let body =
        json!({"code": code, "name": format!("Kund {code}"), "parent": parent, "legalEntity": {"name": "Kommunen"}});
    admin.post("/customers", body).await.expect(201).id()
}

fn told_of(from: &[&str], to: &[&str], first_day: NaiveDate) -> Value {
    json!({"predecessors": from, "successors": to, "firstDay": first_day, "reason": "Ny organisation, KS 2026-7."})
}

async fn preview(admin: &Caller, told: &Value) -> Answer {
    admin.post("/succession-previews", told.clone()).await.expect(200)
}

/// Of each kind of thing, who goes on with which.
fn shared_out(answer: &Answer) -> BTreeMap<String, Vec<(String, String)>> {
    let mut shared: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for item in answer.body["items"].as_array().expect("items") {
        let text = |member: &Value| member.as_str().unwrap_or_default().to_owned();
        let of = (text(&item["label"]), text(&item["successor"]["code"]));
        shared.entry(text(&item["kind"])).or_default().push(of);
    }
    shared
}

async fn improvement(world: &World, customer: &str) -> Answer {
    let body = json!({"title": "Kortare väntan", "origin": {"kind": "own_initiative"}, "customers": [customer]});
    world.brm.post("/improvements", body).await.expect(201)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_goes_on_and_what_is_closed_stays() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let world = &stage.desk.world;
        let admin = service.administrator();
        let month = today(&service)
            .with_day(1)
            .and_then(|first| first.pred_opt())
            .expect("a day");
        let day = |n| month.with_day(n).expect("a day");
        let (first_day, old) = (day(16), format!("/customers/{}", world.klk_hr));

        let etag = admin.get(&old).await.etag();
        let known = json!({"references": [{"system": "desk", "id": "hr"}]});
        admin.patch(&old, &etag, known).await.expect(200);
        let part = customer(&admin, "KLK-HR-L", json!(world.klk_hr)).await;
        let new = customer(&admin, "NY", json!(world.klk)).await;
        let agreement = stage.usual().await;
        let version = format!("/agreements/{agreement}/versions/1");
        let agreed = world.brm.get(&version).await.expect(200);
        let open = world.wish("Öppen").await;
        let closed = world.wish("Återtagen").await;
        let withdrawal = json!({"reason": "Löst ändå."});
        let path = format!("/requests/{}", closed.id());
        let closed = world
            .brm
            .act(&format!("{path}/withdrawal"), &closed.etag(), withdrawal)
            .await
            .expect(200);
        let improvement = improvement(world, &world.klk_hr).await;

        let plan = json!({"customer": world.klk_hr, "kind": "project", "title": "Flytt", "phase": "planned",
            "period": {"firstDay": today(&service)}});
        let plan = world.brm.post("/planned-activities", plan).await.expect(201);
        let need = json!({"customer": world.klk_hr, "statement": "Signera på mobilen", "theme": "mobilitet",
            "horizon": "within_a_year", "strength": "high"});
        let need = world.brm.post("/business-needs", need).await.expect(201);
        let series = json!({"customer": world.klk_hr, "kind": "review", "rule": "FREQ=YEARLY", "time": "09:00", "minutes": 60,
            "firstDay": today(&service) + Days::new(40)});
        let series = world.dm.post("/meeting-series", series).await.expect(201);

        let later = json!({"service": world.salary, "firstDay": today(&service) + Days::new(1)});
        admin.post(&format!("{old}/service-usages"), later).await.expect(201);

        let told = told_of(&[&world.klk_hr], &[&new], first_day);
        let events = service.events().await;
        let seen = preview(&admin, &told).await;
        assert_eq!(seen.body["obstacles"], json!([]), "{:#}", seen.body);
        assert_eq!(seen.body["kind"], "move");
        assert_eq!(service.events().await, events, "a preview changes nothing");
        let done = admin.post("/successions", told).await.expect(201);
        // Who calls is believed for five seconds, with their customer.
        service.state().clock.advance(Duration::seconds(6));
        let shared = shared_out(&done);
        let goes = |label: &str| vec![(label.to_owned(), "NY".to_owned())];
        assert_eq!(shared["part"], goes("KLK-HR-L"));
        assert_eq!(shared["service_usage"], [goes("MAIL"), goes("SALARY")].concat());
        assert_eq!(shared["request"], goes(&open.text("number")));
        assert_eq!(shared["improvement"], goes(&improvement.text("number")));
        assert_eq!(shared["planned_activity"], goes("Flytt"));
        assert_eq!(shared["business_need"], goes("Signera på mobilen"));
        assert_eq!((shared["meeting"].len(), shared["meeting_series"].len()), (1, 1));
        for thing in [
            format!("/planned-activities/{}", plan.id()),
            format!("/business-needs/{}", need.id()),
            format!("/meeting-series/{}", series.id()),
        ] {
            assert_eq!(world.brm.get(&thing).await.expect(200).body["customer"]["id"], new, "{thing}");
        }
        let meetings = world.brm.get(&format!("/meetings?customer={new}")).await.expect(200);
        assert_eq!(meetings.items()[0]["series"], series.id());
        assert_eq!(shared["contact"].len(), 3);
        assert!(!done.body.to_string().contains("Karin"), "no name is kept in it");

        // Who ended says who goes on, and takes nothing more.
        let ended = admin.get(&old).await.expect(200);
        assert_eq!(ended.body["status"], "inactive");
        assert_eq!(ended.body["succeededBy"][0]["code"], "NY");
        admin
            .patch(&old, &ended.etag(), json!({"status": "active"}))
            .await
            .refused(409, "R25");
        let usage = json!({"service": world.salary, "firstDay": "2020-01-01"});
        admin
            .post(&format!("{old}/service-usages"), usage)
            .await
            .refused(409, "R25");
        let assignment = json!({"team": world.team, "firstDay": "2020-01-01"});
        admin
            .act(&format!("{old}/team-assignments"), &ended.etag(), assignment)
            .await
            .refused(409, "R25");
        let wish =
            |customer: Value| json!({"customer": customer, "kind": "wish", "title": "Ny", "services": [world.mail]});
        world
            .brm
            .post("/requests", wish(json!(world.klk_hr)))
            .await
            .refused(409, "R25");
        let contact = json!({"customer": world.klk_hr, "name": "Ny Kontakt"});
        admin.post("/contacts", contact).await.refused(409, "R25");
        let again =
            json!({"predecessors": [world.klk_hr], "successors": [new], "firstDay": first_day, "reason": "Igen."});
        admin.post("/successions", again).await.refused(409, "R25");

        // A reference means the successor, in look-ups and in bodies.
        let found = admin.get("/customers?reference=desk:hr").await.expect(200);
        assert_eq!(found.items()[0]["id"], new);
        let key = json!({"system": "desk", "id": "hr"});
        let raised = world.brm.post("/requests", wish(key.clone())).await.expect(201);
        assert_eq!(raised.body["customer"]["id"], new);

        // The agreement has another holder, and reads as it was approved.
        let held = world.decider.get(&format!("/agreements/{agreement}")).await.expect(200);
        assert_eq!(held.body["customer"]["id"], new);
        assert_eq!(held.body["formerHolders"][0]["customer"]["id"], world.klk_hr);
        assert_eq!(held.body["formerHolders"][0]["lastDay"], json!(day(15)));
        let same = world.brm.get(&version).await.expect(200);
        assert_eq!(same.body["digest"], agreed.body["digest"]);
        for (whose, on, covered) in [
            (&new, day(16), true),
            (&world.klk_hr, day(15), true),
            (&new, day(15), false),
        ] {
            let path = format!("/customers/{whose}/service-coverage?day={on}");
            let found = admin.get(&path).await.expect(200);
            let by = found.body["services"][0]["agreement"]["id"] == agreement;
            assert_eq!(by, covered, "{whose} on {on}: {:#}", found.body);
        }

        // Usages meet at the day, contacts and parts follow, what is closed is as it was.
        let day_of = async |customer: &str, service: &str, member: &str| {
            let usages = admin.get(&format!("/customers/{customer}/service-usages")).await.expect(200);
            let of_service = |usage: &&Value| usage["service"]["code"] == service;
            usages.items().iter().find(of_service).map(|usage| usage[member].clone())
        };
        assert_eq!(day_of(&world.klk_hr, "MAIL", "lastDay").await, Some(json!(day(15))));
        assert_eq!(day_of(&new, "MAIL", "firstDay").await, Some(json!(first_day)));
        assert_eq!(day_of(&world.klk_hr, "SALARY", "firstDay").await, None, "what had not begun is the new one's");
        assert_eq!(day_of(&new, "SALARY", "firstDay").await, Some(json!(today(&service) + Days::new(1))));
        let part = admin.get(&format!("/customers/{part}")).await.expect(200);
        assert_eq!(part.body["parent"]["id"], new);
        assert_eq!(world.brm.get(&path).await.expect(200).body, closed.body);
        let followed = world
            .purchaser
            .get(&format!("/requests/{}", open.id()))
            .await
            .expect(200);
        assert_eq!(followed.body["customer"]["id"], new);

        // The running statement counts both: the old one's evidence before the day, the new one's from it on, by either name.
        let at = |n: u32, hour: u32| format!("{}T{hour:02}:00:00Z", day(n));
        let case = |id: &str, n: u32, customer: Value| {
            let members =
                json!({"customer": customer, "opened": at(n, 8), "resolved": at(n, 9), "observedAt": at(n, 10)});
            stage.desk.case(id, members)
        };
        let cases = [
            case("before", 3, json!(world.klk_hr)),
            case("after", 20, json!(new)),
            case("by-reference", 21, key.clone()),
            case("reference-before", 4, key),
            case("too-early", 5, json!(new)),
        ];
        stage.desk.send(&cases).await;
        let period = format!("{}-{:02}", month.year(), month.month());
        let statement = stage.open(&agreement, &period).await.expect(201);
        let figure = crate::statements::figure(&statement.body, "resolution");
        assert_eq!(figure["agreed"]["n"], 4, "{figure:#}");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_names_everything_and_tells_what_stands_in_the_way() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let world = &stage.desk.world;
        let admin = service.administrator();
        let day = today(&service);
        // One successor is a part of the one that ends, the other stands alone and has no team.
        let inside = customer(&admin, "INNE", json!(world.klk_hr)).await;
        let alone = customer(&admin, "UTE", Value::Null).await;
        let agreement = stage.usual().await;
        let content = stage.content(vec![stage.availability()]);
        let request = world.wish("Vart ska den?").await;

        let mut told = told_of(&[&world.klk_hr], &[&inside, &alone], day);
        admin.post("/successions", told.clone()).await.refused(409, "R25");
        told["heir"] = json!(inside);
        let seen = preview(&admin, &told).await;
        let obstacles = seen.body["obstacles"].as_array().expect("obstacles").clone();
        let items = seen.body["items"].as_array().expect("items").clone();
        // Each item, and a team for the one that stands alone.
        assert_eq!(obstacles.len(), items.len() + 1, "{obstacles:#?}");
        assert!(obstacles.iter().any(|o| o["code"] == "responsible_team"));
        admin.post("/successions", told.clone()).await.refused(409, "R25");

        let path = format!("/customers/{alone}");
        let etag = admin.get(&path).await.etag();
        let assignment = json!({"team": world.team, "firstDay": "2020-01-01"});
        admin
            .act(&format!("{path}/team-assignments"), &etag, assignment)
            .await
            .expect(200);
        // An agreement of its own about the same service is in the way of the one that comes.
        let decider =
            json!({"customer": alone, "name": "Uno", "mandates": [{"kind": "customer", "firstDay": "2020-01-01"}]});
        let decider = admin.post("/contacts", decider).await.expect(201).id();
        let decider = service.caller(api::identity::Kind::Contact, &decider);
        let own = stage.agreed(&alone, &decider, "2020-01-01", content).await;
        let name = |item: &Value, to: &str| json!({"kind": item["kind"], "id": item["id"], "successor": to});
        told["items"] = items.iter().map(|item| name(item, &alone)).collect();
        let seen = preview(&admin, &told).await;
        assert_eq!(seen.body["obstacles"][0]["code"], "already_covered", "{:#}", seen.body);

        let to = |item: &Value| if item["kind"] == "agreement" { &inside } else { &alone };
        told["items"] = items.iter().map(|item| name(item, to(item))).collect();
        let seen = preview(&admin, &told).await;
        assert_eq!(seen.body["obstacles"], json!([]), "{:#}", seen.body);
        for (wrong, pointer) in [(json!(world.bun), "/items/0"), (json!(world.klk_hr), "/items/0")] {
            let mut wrong_told = told.clone();
            wrong_told["items"][0]["successor"] = wrong;
            let refused = admin.post("/successions", wrong_told).await.refused(409, "R25");
            assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{:#}", refused.body);
        }
        let done = admin.post("/successions", told).await.expect(201);
        assert_eq!(done.body["kind"], "split");
        let ended = admin.get(&format!("/customers/{}", world.klk_hr)).await.expect(200);
        assert_eq!(ended.body["succeededBy"].as_array().expect("successors").len(), 2);
        let lifted = admin.get(&format!("/customers/{inside}")).await.expect(200);
        assert_eq!(
            lifted.body["parent"]["id"], world.klk,
            "the part stands where the whole stood"
        );
        let holder = async |id: &str| admin.get(&format!("/agreements/{id}")).await;
        assert_eq!(holder(&agreement).await.expect(200).body["customer"]["id"], inside);
        assert_eq!(holder(&own).await.expect(200).body["customer"]["id"], alone);
        let moved = world.brm.get(&format!("/requests/{}", request.id())).await.expect(200);
        assert_eq!(moved.body["customer"]["id"], alone);
        let listed = admin.get(&format!("/successions?customer={alone}")).await.expect(200);
        assert_eq!(listed.items()[0]["id"], done.id());
        assert_eq!(
            admin.get(&format!("/successions/{}", done.id())).await.expect(200).body,
            done.body
        );

        // Tomorrow can be looked at, and not recorded.
        let tomorrow = told_of(&[&world.bun], &[&alone], day + Days::new(1));
        preview(&admin, &tomorrow).await;
        admin.post("/successions", tomorrow).await.refused(409, "date_order");
        service.stop().await;
    })
    .await;
}

/// Whoever raises a request while its customer ends finds it under the successor, or is refused.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_begun_under_a_customer_that_ends() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let new = customer(&admin, "NY", json!(world.klk)).await;
        let told = told_of(&[&world.klk_hr], &[&new], today(&service));
        let mut wishes = JoinSet::new();
        for n in 0..24 {
            let body =
                json!({"customer": world.klk_hr, "kind": "wish", "title": format!("Nr {n}"), "services": [world.mail]});
            let brm = world.brm.clone();
            wishes.spawn(async move { brm.post("/requests", body).await });
        }
        let (done, raised) = tokio::join!(admin.post("/successions", told), wishes.join_all());
        done.expect(201);
        let accepted = raised.iter().filter(|answer| answer.status == 201).count();
        for answer in raised.into_iter().filter(|answer| answer.status != 201) {
            answer.refused(409, "R25");
        }
        let page = world
            .brm
            .get(&format!("/requests?customer={new}&limit=200"))
            .await
            .expect(200);
        assert_eq!(page.items().len(), accepted);
        let left = world
            .brm
            .get(&format!("/requests?customer={}&limit=1", world.klk_hr))
            .await
            .expect(200);
        assert!(left.items().is_empty(), "{:#}", left.body);
        service.stop().await;
    })
    .await;
}

/// Numbers that follow from a seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("a number") % n
    }
}

/// A customer with one of each: an open request, a closed one, somebody who speaks for it, a service.
async fn furnished(world: &World, admin: &Caller, n: usize) -> (String, Vec<(&'static str, String)>, (String, Value)) {
    let id = customer(admin, &format!("S{n}"), json!(world.klk)).await;
    let usage = json!({"service": world.mail, "firstDay": "2020-01-01"});
    admin
        .post(&format!("/customers/{id}/service-usages"), usage)
        .await
        .expect(201);
    let contact = json!({"customer": id, "name": format!("Kontakt {n}")});
    let contact = admin.post("/contacts", contact).await.expect(201).id();
    let wish = async |title: &str| {
        let body = json!({"customer": id, "kind": "wish", "title": format!("{title} {n}"), "services": [world.mail]});
        world.brm.post("/requests", body).await.expect(201)
    };
    let (open, closed) = (wish("Öppen").await, wish("Återtagen").await);
    let path = format!("/requests/{}", closed.id());
    let reason = json!({"reason": "Behövs inte."});
    let closed = world
        .brm
        .act(&format!("{path}/withdrawal"), &closed.etag(), reason)
        .await
        .expect(200);
    (
        id,
        vec![("requests", open.id()), ("contacts", contact)],
        (path, closed.body),
    )
}

/// Whatever the sequence of successions: nothing is lost, no closed record changes, every old id leads somewhere.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_sequence_nothing_is_lost() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let mut draws = Draws(20_260_131);
        let (mut living, mut ended, mut closed) = (vec![], vec![], vec![]);
        // Where each open thing is to be found.
        let mut holders: BTreeMap<(&str, String), String> = BTreeMap::new();
        for n in 0..8 {
            let (id, open, record) = furnished(&world, &admin, n).await;
            holders.extend(open.into_iter().map(|thing| (thing, id.clone())));
            closed.push(record);
            living.push(id);
        }
        for round in 0..6 {
            while living.len() < 3 {
                living.push(customer(&admin, &format!("R{round}-{}", living.len()), json!(world.klk)).await);
            }
            let from: Vec<String> = match draws.below(2) {
                0 if living.len() > 3 => (0..2).map(|_| living.remove(draws.below(living.len()))).collect(),
                _ => vec![living.remove(draws.below(living.len()))],
            };
            let to: Vec<String> = if from.len() == 1 && draws.below(2) == 0 {
                let mut to = vec![living[draws.below(living.len())].clone()];
                to.push(customer(&admin, &format!("N{round}"), json!(world.klk)).await);
                living.push(to[1].clone());
                to
            } else {
                vec![living[draws.below(living.len())].clone()]
            };
            let (ending, going_on): (Vec<&str>, Vec<&str>) = (
                from.iter().map(String::as_str).collect(),
                to.iter().map(String::as_str).collect(),
            );
            let mut told = told_of(&ending, &going_on, today(&service));
            if to.len() > 1 {
                told["heir"] = json!(to[0]);
            }
            let seen = preview(&admin, &told).await;
            let mut items = vec![];
            for item in seen.body["items"].as_array().expect("items") {
                let successor = to[draws.below(to.len())].clone();
                let kind = match item["kind"].as_str().expect("a kind") {
                    "request" => "requests",
                    "contact" => "contacts",
                    _ => "",
                };
                if let Some(holder) = holders.get_mut(&(kind, item["id"].as_str().expect("an id").to_owned())) {
                    *holder = successor.clone();
                }
                items.push(json!({"kind": item["kind"], "id": item["id"], "successor": successor}));
            }
            told["items"] = json!(items);
            let done = admin.post("/successions", told).await.expect(201);
            assert_eq!(
                done.body["items"].as_array().expect("items").len(),
                items.len(),
                "{} → {}",
                ending.join(" "),
                going_on.join(" ")
            );
            ended.extend(from);

            for ((kind, id), holder) in &holders {
                let thing = match *kind {
                    "contacts" => admin.get(&format!("/contacts/{id}")).await,
                    _ => world.brm.get(&format!("/requests/{id}")).await,
                };
                assert_eq!(
                    thing.expect(200).body["customer"]["id"],
                    *holder,
                    "{kind} {id} after round {round}"
                );
            }
            for (path, body) in &closed {
                assert_eq!(
                    world.brm.get(path).await.expect(200).body,
                    *body,
                    "{path} after round {round}"
                );
            }
            for old in &ended {
                let mut at = old.clone();
                for _ in 0..10 {
                    let customer = admin.get(&format!("/customers/{at}")).await.expect(200).body;
                    match customer["succeededBy"][0]["id"].as_str() {
                        Some(next) => at = next.to_owned(),
                        None => break,
                    }
                }
                assert!(living.contains(&at), "{old} leads to {at}, which is not there");
            }
        }
        service.stop().await;
    })
    .await;
}
