//! Meetings, over a socket: planned, led, prepared, held; what belongs to which, and what the customer reads.
mod minutes;
mod packs;
mod series;

use end_to_end::{Answer, Caller, World, on_each_database};
use reqwest::Method;
use serde_json::{Value, json};

/// A meeting of KLK-HR of an hour.
pub fn at(world: &World, kind: &str, starts: &str) -> Value {
    let ends = starts.replace("T09", "T10");
    json!({"customer": world.klk_hr, "kind": kind, "startsAt": starts, "endsAt": ends})
}

/// Plans one, by whoever leads its kind.
pub async fn planned(world: &World, kind: &str, starts: &str) -> Answer {
    lead(world, kind)
        .post("/meetings", at(world, kind, starts))
        .await
        .expect(201)
}

pub fn lead<'a>(world: &'a World, kind: &str) -> &'a Caller {
    match kind {
        "review" => &world.dm,
        _ => &world.brm,
    }
}

pub fn path(meeting: &Answer) -> String {
    format!("/meetings/{}", meeting.id())
}

/// An act on a meeting as it is now.
pub async fn act(caller: &Caller, meeting: &str, act: &str, body: Option<Value>) -> Answer {
    sent(caller, Method::POST, meeting, act, body).await
}

pub async fn sent(caller: &Caller, method: Method, meeting: &str, act: &str, body: Option<Value>) -> Answer {
    let etag = caller.get(meeting).await.etag();
    let etag = if etag.is_empty() { "*".into() } else { etag };
    let headers = [("if-match", etag.as_str())];
    caller.send(method, &format!("{meeting}/{act}"), &headers, body).await
}

/// Held, with these minutes.
pub async fn held(world: &World, kind: &str, starts: &str, minutes: Value) -> String {
    let path = path(&planned(world, kind, starts).await);
    act(lead(world, kind), &path, "holding", None).await.expect(200);
    sent(lead(world, kind), Method::PUT, &path, "minutes", Some(minutes))
        .await
        .expect(200);
    path
}

fn ids(page: &Answer) -> Vec<String> {
    let id = |item: &Value| item["id"].as_str().expect("an id").to_owned();
    page.items().iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_is_planned_and_led_by_the_holder_of_the_role_or_their_deputy() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let mut body = at(&world, "review", "2026-02-10T09:00:00Z");
        body["persons"] = json!([world.owner_id]);
        // One above the customer may take part, one of another customer not.
        let chief = world.chief.get("/contacts").await.expect(200);
        let chief = chief.items().iter().find(|c| c["name"] == "Kerstin Chef").expect("her")["id"].clone();
        body["contacts"] = json!([world.decider_id, chief]);
        let review = world.dm.post("/meetings", body.clone()).await.expect(201);
        assert_eq!(review.body["leader"]["person"]["name"], "Dan Leman");
        assert_eq!(review.body["ledBy"], "delivery_manager");
        assert_eq!(review.body["team"]["name"], "Team Ett");
        assert_eq!(review.body["day"], "2026-02-10");
        let path = path(&review);
        body["contacts"] = json!([world.stranger_id]);
        let refused = world.dm.post("/meetings", body.clone()).await;
        assert_eq!(
            refused.refused(409, "unknown_reference").body["errors"][0]["pointer"],
            "/contacts/0"
        );
        body["contacts"] = json!([]);
        body["ledBy"] = json!("business_relationship_manager");
        world.dm.post("/meetings", body).await.refused(409, "meeting_lead");

        // A deputy leads for the holder on their days alone.
        let admin = service.administrator();
        let team = format!("/customer-teams/{}", world.team);
        let seen = admin.get(&team).await.expect(200);
        let members = seen.body["members"].as_array().expect("members");
        let dm = members.iter().find(|m| m["role"] == "delivery_manager").expect("one");
        let deputies = format!("{team}/members/{}/deputies", dm["id"].as_str().expect("an id"));
        let deputy = json!({"person": world.loner_id, "firstDay": "2026-02-12", "lastDay": "2026-02-20"});
        admin.act(&deputies, &seen.etag(), deputy).await.expect(200);
        assert_eq!(world.dm.get(&path).await.body["leader"].get("deputyFor"), None);
        let moved = json!({"startsAt": "2026-02-13T09:00:00Z", "endsAt": "2026-02-13T10:00:00Z"});
        let moved = world.dm.patch(&path, &review.etag(), moved).await.expect(200);
        assert_eq!(moved.body["leader"]["person"]["name"], "Lo Ensam");
        assert_eq!(moved.body["leader"]["deputyFor"]["name"], "Dan Leman");
        assert_eq!(moved.body["contacts"].as_array().map(Vec::len), Some(2));
        let stale = world.dm.patch(&path, &review.etag(), json!({"place": "Rum 2"})).await;
        stale.expect(412);

        // Who leads says that it was held (R18).
        act(&world.brm, &path, "holding", None).await.expect(403);
        act(&world.dm, &path, "holding", None).await.expect(200);
        let ahead = planned(&world, "dialogue", "2090-03-01T09:00:00Z").await;
        act(&world.brm, &self::path(&ahead), "holding", None)
            .await
            .refused(409, "time_order");
        let reason = Some(json!({"reason": "Fullmäktige."}));
        let off = act(&world.brm, &self::path(&ahead), "cancellation", reason)
            .await
            .expect(200);
        assert_eq!(off.body["cancellation"]["reason"], "Fullmäktige.");

        // Lists: filters combine, contacts see what they take part in and nothing of the team's.
        let team = planned(&world, "team", "2026-02-14T09:00:00Z").await;
        let away = json!({"customer": world.bun, "kind": "dialogue", "startsAt": "2026-02-01T09:00:00Z",
            "endsAt": "2026-02-01T10:00:00Z"});
        let away = world.other_brm.post("/meetings", away).await.expect(201);
        for (filter, expected) in [
            (format!("customer={}", world.bun), vec![away.id()]),
            (format!("team={}", world.team), vec![review.id(), team.id(), ahead.id()]),
            (format!("team={}&kind=team", world.team), vec![team.id()]),
            ("status=cancelled".into(), vec![ahead.id()]),
            (format!("person={}", world.owner_id), vec![review.id()]),
            ("startsBefore=2026-02-13T09:00:00Z".into(), vec![away.id()]),
            ("startsFrom=2026-02-14T09:00:00Z&status=planned".into(), vec![team.id()]),
            ("overridden=true".into(), vec![]),
        ] {
            let page = world.brm.get(&format!("/meetings?{filter}")).await.expect(200);
            assert_eq!(ids(&page), expected, "{filter}");
        }
        let seen = world.decider.get("/meetings?count=true").await.expect(200);
        assert_eq!(ids(&seen), [review.id(), ahead.id()]);
        assert_eq!(seen.body["total"], 2);
        world.decider.get(&self::path(&team)).await.expect(404);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_meeting_takes_up_belongs_to_it_or_is_told_where_it_does() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let dialogue = path(&planned(&world, "dialogue", "2090-01-10T09:00:00Z").await);
        let items = format!("{dialogue}/agenda-items");
        let statement = json!({"type": "statement", "title": "Januaris siffror"});
        let lonely = world
            .brm
            .post(&items, statement.clone())
            .await
            .refused(409, "wrong_meeting");
        assert_eq!(lonely.body["rule"], "R17");
        planned(&world, "review", "2090-03-10T09:00:00Z").await;
        let review = planned(&world, "review", "2090-02-10T09:00:00Z").await;
        let refused = world
            .brm
            .post(&items, statement.clone())
            .await
            .refused(409, "wrong_meeting");
        let detail = refused.text("detail");
        assert!(
            detail.contains(&review.id()) && detail.contains("2090-02-10T09:00:00Z"),
            "{detail}"
        );

        // Complaints belong to reviews, other requests to dialogues; what the customer has not is unknown.
        let wish = world.wish("Ny skrivare").await.id();
        let complaint = json!({"customer": world.klk_hr, "kind": "complaint", "title": "Utskick stannade"});
        let complaint = world.purchaser.post("/requests", complaint).await.expect(201).id();
        let foreign = json!({"customer": world.bun, "kind": "wish", "title": "Annans", "services": [world.mail]});
        let foreign = world.stranger.post("/requests", foreign).await.expect(201).id();
        let linked = |id: &str| json!({"type": "need", "title": "Ärendet", "link": {"kind": "request", "id": id}});
        let taken = world.brm.post(&items, linked(&wish)).await.expect(200);
        assert_eq!(taken.body["agenda"][0]["link"]["id"], wish);
        let refused = world
            .brm
            .post(&items, linked(&complaint))
            .await
            .refused(409, "wrong_meeting");
        assert_eq!(refused.body["errors"][0]["pointer"], "/link");
        world
            .brm
            .post(&items, linked(&foreign))
            .await
            .refused(409, "unknown_reference");
        let plan = json!({"type": "planned_activity", "title": "Flytten",
            "link": {"kind": "planned_activity", "id": wish}});
        world.brm.post(&items, plan).await.refused(409, "unknown_reference");

        // With a reason it is taken up all the same: an event of its own, and it can be found by it.
        let mut forced = statement.clone();
        forced["overrideReason"] = json!("Kunden bad om det.");
        let seen = world.brm.post(&items, forced).await.expect(200);
        assert_eq!(seen.body["agenda"][1]["override"]["reason"], "Kunden bad om det.");
        let found = world.brm.get("/meetings?overridden=true").await.expect(200);
        assert_eq!(ids(&found), [seen.id()]);
        let log = service.auditor().get("/events?limit=200").await.expect(200);
        let overridden = |event: &Value| event["type"] == "kundansvar.meeting.item_overridden.v1";
        assert_eq!(log.items().iter().filter(|event| overridden(event)).count(), 1);

        // From there it goes where it belongs.
        let item = seen.body["agenda"][1]["id"].as_str().expect("an id");
        let transfer = format!("{items}/{item}/transfer");
        let away = json!({"customer": world.bun, "kind": "review", "startsAt": "2090-02-01T09:00:00Z",
            "endsAt": "2090-02-01T10:00:00Z"});
        let away = world.other_dm.post("/meetings", away).await.expect(201).id();
        for (to, status) in [(away, 403), (uuid::Uuid::now_v7().to_string(), 409)] {
            let body = json!({"meeting": to});
            world.brm.act(&transfer, &seen.etag(), body).await.expect(status);
        }
        let body = json!({"meeting": review.id()});
        let taken = world.brm.act(&transfer, &seen.etag(), body).await.expect(200);
        assert_eq!(taken.id(), review.id());
        assert_eq!(
            (
                &taken.body["agenda"][0]["type"],
                taken.body["agenda"][0].get("override")
            ),
            (&json!("statement"), None)
        );
        let left = world.brm.get(&dialogue).await.expect(200);
        assert_eq!(
            (left.body["agenda"].as_array().map(Vec::len), &left.body["overridden"]),
            (Some(1), &json!(false))
        );

        // Order, change and removal.
        let first = left.body["agenda"][0]["id"].as_str().expect("an id").to_owned();
        let idea = json!({"type": "idea", "title": "Samlad ingång", "position": 1});
        let ordered = world.brm.post(&items, idea).await.expect(200);
        assert_eq!(ordered.body["agenda"][1]["id"], first);
        let changed = world
            .owner
            .patch(
                &format!("{items}/{first}"),
                &ordered.etag(),
                json!({"position": 1, "title": "Skrivaren"}),
            )
            .await
            .expect(200);
        assert_eq!(changed.body["agenda"][0]["title"], "Skrivaren");
        assert_eq!(changed.body["agenda"][0]["link"]["id"], wish);
        let wrong = json!({"type": "workload", "link": null});
        world
            .brm
            .patch(&format!("{items}/{first}"), &changed.etag(), wrong)
            .await
            .refused(409, "wrong_meeting");
        let removed = world
            .brm
            .delete(&format!("{items}/{first}"), &changed.etag())
            .await
            .expect(200);
        assert_eq!(removed.body["agenda"].as_array().map(Vec::len), Some(1));
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_at_a_meeting_leads_both_ways() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let dialogue = planned(&world, "dialogue", "2026-01-10T09:00:00Z").await;
        let review = planned(&world, "review", "2026-01-12T09:00:00Z").await;
        let team = planned(&world, "team", "2026-01-13T09:00:00Z").await;
        let matter = |kind: &str, meeting: &str| {
            json!({"customer": world.klk_hr, "kind": kind, "title": "Från mötet", "meeting": meeting})
        };
        let wish = world.brm.post("/requests", matter("wish", &dialogue.id())).await.expect(201);
        assert_eq!(wish.body["meeting"], dialogue.id());
        let shown = world.decider.get(&path(&dialogue)).await.expect(200);
        assert_eq!(shown.body["outcomes"], json!([{"kind": "request", "id": wish.id()}]));
        let complaint = world.dm.post("/requests", matter("complaint", &review.id())).await.expect(201);
        let improvement = |meeting: &str, customer: &str| {
            json!({"title": "Snabbare svar", "customers": [customer], "origin": {"kind": "meeting", "meeting": meeting}})
        };
        let better = world
            .dm
            .post("/improvements", improvement(&review.id(), &world.klk_hr))
            .await
            .expect(201);
        assert_eq!(better.body["origin"]["meeting"]["day"], "2026-01-12");
        let shown = world.dm.get(&path(&review)).await.expect(200);
        let recorded = json!([{"kind": "request", "id": complaint.id()}, {"kind": "improvement", "id": better.id()}]);
        assert_eq!(shown.body["outcomes"], recorded);

        // What belongs to the other conversation, or to another customer, is refused as a whole.
        for (kind, meeting) in [("complaint", &dialogue), ("wish", &review), ("wish", &team)] {
            let refused = world.brm.post("/requests", matter(kind, &meeting.id())).await;
            assert_eq!(refused.refused(409, "wrong_meeting").body["errors"][0]["pointer"], "/meeting");
        }
        let refused = world.dm.post("/improvements", improvement(&dialogue.id(), &world.klk_hr)).await;
        refused.refused(409, "wrong_meeting");
        let elsewhere = json!({"customer": world.bun, "kind": "wish", "title": "Annans", "meeting": dialogue.id()});
        world.other_brm.post("/requests", elsewhere).await.refused(409, "state");
        // To a contact the team's own meeting is like none at all.
        let hidden = world.decider.post("/requests", matter("wish", &team.id())).await;
        hidden.refused(409, "unknown_reference");
        let both = json!({"title": "Två", "customers": [world.klk_hr],
            "origin": {"kind": "meeting", "meeting": review.id(), "source": "Ord"}});
        world.dm.post("/improvements", both).await.refused(409, "state");
        let requests = world.brm.get("/requests?count=true").await.expect(200);
        assert_eq!(requests.body["total"], 2);

        // It is told once.
        let request = format!("/requests/{}", wish.id());
        let other = json!({"meeting": review.id()});
        world.brm.patch(&request, &wish.etag(), other).await.refused(409, "state");
        let renamed = world.brm.patch(&request, &wish.etag(), json!({"title": "Nytt namn"})).await.expect(200);
        assert_eq!(renamed.body["meeting"], dialogue.id());

        // Once the minutes stand, nothing is recorded any more.
        act(&world.brm, &path(&dialogue), "holding", None).await.expect(200);
        sent(&world.brm, Method::PUT, &path(&dialogue), "minutes", Some(json!({"notes": "Klart."})))
            .await
            .expect(200);
        act(&world.brm, &path(&dialogue), "publication", None).await.expect(200);
        let late = world.brm.post("/requests", matter("wish", &dialogue.id())).await;
        late.refused(409, "state");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_waits_for_a_meeting_by_its_cadence() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let admin = service.administrator();
        let customer = format!("/customers/{}", world.klk_hr);
        let seen = admin.get(&customer).await.expect(200);
        let cadence = json!({"meetingCadence": {"reviews": 52, "dialogues": 1}});
        let set = admin.patch(&customer, &seen.etag(), cadence).await.expect(200);
        assert_eq!(set.body["meetingCadence"], json!({"reviews": 52, "dialogues": 1}));
        // None was ever held: since the team took over KLK, whose part it is.
        let all = world.brm.get("/overdue-meetings").await.expect(200);
        let [waiting] = &all.items()[..] else {
            panic!("{:#}", all.body)
        };
        assert_eq!(waiting["customer"]["code"], "KLK-HR");
        let kinds: Vec<&Value> = waiting["overdue"]
            .as_array()
            .expect("kinds")
            .iter()
            .map(|o| &o["kind"])
            .collect();
        assert_eq!(kinds, ["review", "dialogue"]);
        assert_eq!(waiting["overdue"][0]["since"], "2020-01-01");
        assert_eq!(waiting["overdue"][0]["dueDay"], "2020-01-09");
        // A dialogue of yesterday is enough for a year; one that is only planned, or was cancelled, is not.
        let yesterday = (service.state().clock.now() - chrono::Duration::days(1)).format("%Y-%m-%dT09:00:00Z");
        let path = path(&planned(&world, "dialogue", &yesterday.to_string()).await);
        let count = async |query: &str| {
            let page = world
                .brm
                .get(&format!("/overdue-meetings?count=true{query}"))
                .await
                .expect(200);
            page.body["total"].as_u64().expect("a number")
        };
        assert_eq!(count("&kind=dialogue").await, 1);
        act(&world.brm, &path, "holding", None).await.expect(200);
        assert_eq!((count("&kind=dialogue").await, count("&kind=review").await), (0, 1));
        let left = world
            .brm
            .get(&format!("/overdue-meetings?customer={}", world.klk_hr))
            .await
            .expect(200);
        assert_eq!(left.items()[0]["overdue"].as_array().map(Vec::len), Some(1));
        assert_eq!(
            (
                count("&kind=team").await,
                count(&format!("&customer={}", world.bun)).await
            ),
            (0, 0)
        );
        world.decider.get("/overdue-meetings").await.expect(403);
        service.stop().await;
    })
    .await;
}
