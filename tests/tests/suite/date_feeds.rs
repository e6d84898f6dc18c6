//! Dates in calendars, read back by another library than the one that wrote them.
use api::program::Settings;
use calcard::{
    Entry, Parser,
    icalendar::{ICalendarComponent, ICalendarProperty},
};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};
use domain::access::OtherCustomers;
use end_to_end::{Answer, Caller, Service, World, databases, on_each_database};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::statements::{Stage, step};

/// Subscribes; the calendar's address.
async fn subscribed(caller: &Caller, of: Value) -> String {
    let body = json!({"name": "Datum, \"möten\" & dagar; allt", "of": of});
    caller
        .post("/calendar-subscriptions", body)
        .await
        .expect(201)
        .text("address")
}

async fn read(service: &Service, address: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = service.http.get(address);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::to("GET /calendars", request).await
}

/// An event of a calendar as the library reads it.
#[derive(Debug)]
struct Event {
    uid: String,
    summary: String,
    status: String,
    sequence: i64,
    begins: i64,
    ends: i64,
}

fn events(text: &str) -> Vec<Event> {
    for line in text.split("\r\n") {
        // Their writer does not count the blank with which the last piece of a folded line begins.
        assert!(line.len() <= 76 && !line.contains('\n'), "{line:?}");
    }
    let Entry::ICalendar(calendar) = Parser::new(text).entry() else {
        panic!("no iCalendar: {text}")
    };
    // The library's own zone is none of ours: only the definition in the calendar tells.
    let expanded = calendar.expand_dates(chrono_tz::UTC, 1000);
    assert!(expanded.errors.is_empty(), "{:?} in {text}", expanded.errors);
    let of = |event: &calcard::icalendar::dates::CalendarEvent<_, _>| -> &ICalendarComponent {
        calendar.component_by_id(event.comp_id).expect("a component")
    };
    let text = |component: &ICalendarComponent, property: ICalendarProperty| {
        let value = component.property(&property).and_then(|entry| entry.values.first());
        value.and_then(|value| value.as_text()).unwrap_or_default().to_owned()
    };
    let event = |event| {
        let component = of(&event);
        let sequence = component.property(&ICalendarProperty::Sequence);
        let (begins, ends) = event.timestamps();
        Event {
            uid: text(component, ICalendarProperty::Uid),
            summary: text(component, ICalendarProperty::Summary),
            status: component
                .status()
                .map(|status| format!("{status:?}"))
                .unwrap_or_default(),
            sequence: sequence
                .and_then(|entry| entry.values.first()?.as_integer())
                .unwrap_or_default(),
            begins,
            ends,
        }
    };
    expanded.events.into_iter().map(event).collect()
}

async fn shown(service: &Service, address: &str) -> Vec<Event> {
    let answer = read(service, address, &[]).await.expect(200);
    events(answer.body.as_str().expect("a calendar"))
}

fn summaries(events: &[Event]) -> Vec<&str> {
    let mut all: Vec<&str> = events.iter().map(|event| event.summary.as_str()).collect();
    all.sort_unstable();
    all
}

/// A Sunday in October on which clocks go back, within what a calendar shows today.
fn clocks_go_back() -> NaiveDate {
    let today = Utc::now().date_naive();
    let sunday = |year: i32| {
        let last = NaiveDate::from_ymd_opt(year, 10, 31).expect("a day");
        let days = (0..7).filter_map(|n| last.checked_sub_days(Days::new(n)));
        days.into_iter()
            .find(|day| day.weekday() == Weekday::Sun)
            .expect("a Sunday")
    };
    let near = |day: &NaiveDate| (-80..390).contains(&(*day - today).num_days());
    (-1..2)
        .map(|n| sunday(today.year() + n))
        .find(near)
        .expect("one of three years")
}

fn at(day: NaiveDate, time: &str) -> DateTime<Utc> {
    format!("{day}T{time}Z").parse().expect("a time")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_is_read_alike_by_another_library() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let (sunday, today) = (clocks_go_back(), Utc::now().date_naive());
        let long = "Införandet av den nya lönerevisionen på förvaltningen; etapp ett, två och tre\\fyra – åäöÅÄÖ ".repeat(2);
        let long = long.trim();
        let body = json!({"kind": "project", "title": long, "customer": world.klk_hr, "phase": "planned",
            "period": {"firstDay": today, "lastDay": today + Days::new(3)}, "services": [world.mail]});
        let plan = format!("/planned-activities/{}", world.dm.post("/planned-activities", body).await.expect(201).id());
        // Some time in each pass of the repeated hour, one that lasts over the change, and one that the clock names.
        let times = [("00:30:00", "00:45:00"), ("01:30:00", "01:45:00"), ("00:59:59", "02:00:00"), ("06:00:00", "07:00:00")];
        for (begins, ends) in times {
            let body = json!({"kind": "planned_change", "title": {"sv": "Ändring"}, "text": {"sv": "Text."}, "services": [world.mail],
                "beginsAt": at(sunday, begins), "endsAt": at(sunday, ends)});
            world.dm.post("/announcements", body).await.expect(201);
        }
        let address = subscribed(&world.dm, json!({"kind": "customer", "customer": world.klk_hr})).await;
        let first = read(&service, &address, &[]).await.expect(200);
        assert_eq!(first.header("content-type"), "text/calendar; charset=utf-8");
        assert!(first.header("cache-control").contains("private"));
        let text = first.body.as_str().expect("a calendar").to_owned();
        assert!(text.contains("\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Stockholm\r\nBEGIN:STANDARD\r\n"));
        assert!(text.contains("DTSTART;TZID=Europe/Stockholm:") && text.contains("DTSTART;VALUE=DATE:"));
        let all = events(&text);
        let planned = all.iter().find(|event| event.summary == long).expect("the long title");
        assert_eq!((planned.ends - planned.begins, planned.status.as_str(), planned.sequence), (4 * 86_400, "Confirmed", 1));
        let mut told: Vec<(i64, i64)> = all.iter().filter(|e| e.summary.ends_with("Ändring")).map(|e| (e.begins, e.ends)).collect();
        told.sort_unstable();
        let mut wanted = times.map(|(begins, ends)| (at(sunday, begins).timestamp(), at(sunday, ends).timestamp()));
        wanted.sort_unstable();
        assert_eq!(told, wanted, "every instant, whichever pass of the hour it lies in");

        let etag = first.etag();
        let seen = [("if-none-match", etag.as_str())];
        let unchanged = read(&service, &address, &seen).await;
        assert_eq!((unchanged.status, unchanged.etag()), (StatusCode::NOT_MODIFIED, etag.clone()));
        let head = Answer::to("HEAD", service.http.head(&address)).await.expect(200);
        assert_eq!(head.etag(), etag);
        step(&world.dm, &plan, "phase", Some(json!({"phase": "cancelled"}))).await.expect(200);
        let after = read(&service, &address, &seen).await.expect(200);
        let after = events(after.body.as_str().expect("a calendar"));
        let cancelled = after.iter().find(|event| event.uid == planned.uid).expect("the same event");
        assert_eq!((cancelled.status.as_str(), cancelled.sequence), ("Cancelled", 2));
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_shows_what_its_reader_may_see() {
    on_each_database(async |service| {
        let stage = Stage::set(&service).await;
        let world = &stage.desk.world;
        let today = Utc::now().date_naive();
        let day = |n: u64| today + Days::new(n);
        for (title, shared) in [("Delad", true), ("Egen", false)] {
            let body = json!({"kind": "activity", "title": title, "customer": world.klk_hr, "phase": "planned",
                "services": [world.mail], "period": {"firstDay": day(9)}, "sharedInCalendars": shared});
            world.dm.post("/planned-activities", body).await.expect(201);
        }
        let body = json!({"title": "Kortare kö", "customers": [world.klk_hr], "services": [world.mail]});
        let improvement = format!("/improvements/{}/activities", world.dm.post("/improvements", body).await.expect(201).id());
        let body = json!({"what": "Mät kön", "who": world.owner_id, "dueDay": day(5)});
        world.dm.post(&improvement, body).await.expect(200);
        let body = json!({"customer": world.klk_hr, "kind": "complaint", "title": "Långsamt", "services": [world.mail]});
        let complaint = world.purchaser.post("/requests", body).await.expect(201).text("number");
        let complaint = format!("Svara på klagomål {complaint}, Långsamt");
        let draft = json!({"services": [world.mail], "content": stage.content(vec![stage.answers()]), "terms": {
            "firstDay": "2020-01-01", "lastDay": day(100), "renewal": "tacit", "renewalTerm": "P12M", "noticePeriod": "P1M"}});
        let body = json!({"kind": "sla", "customer": world.klk_hr, "evidence": "document", "draft": draft});
        let agreement = world.brm.post("/agreements", body).await.expect(201);
        stage.approve(&agreement.id(), 1, &world.decider).await;
        let notice = format!("Sista dag att säga upp {}, E-post", agreement.text("number"));
        let improving = shown(&service, &subscribed(&world.owner, json!({"kind": "own"})).await).await;
        assert!(improving.len() == 1 && improving[0].summary.ends_with(": Mät kön"), "{improving:?}");
        let due = improving[0].summary.clone();

        let sorted = |all: &[&str]| {
            let mut all: Vec<String> = all.iter().map(|one| one.to_string()).collect();
            all.sort_unstable();
            all
        };
        let team = json!({"kind": "team", "team": world.team});
        let customer = json!({"kind": "customer", "customer": world.klk_hr});
        let of_service = json!({"kind": "service", "service": world.mail});
        let whole = sorted(&["Delad", "Egen", &due, &complaint, &notice]);
        let shared = sorted(&["Delad", &due, &complaint, &notice]);
        for (who, caller, of, wanted) in [
            ("the team", &world.owner, &team, &whole),
            ("its manager", &world.brm, &customer, &whole),
            ("by service", &world.dm, &of_service, &whole),
            ("another team", &world.other_dm, &customer, &shared),
            ("another team, by service", &world.other_dm, &of_service, &shared),
            ("the customer", &world.decider, &customer, &sorted(&["Delad", &complaint, &notice])),
            ("who complained", &world.purchaser, &json!({"kind": "own"}), &sorted(&[&complaint])),
            ("another's own", &world.dm, &json!({"kind": "own"}), &vec![]),
        ] {
            let all = shown(&service, &subscribed(caller, of.clone()).await).await;
            assert_eq!(&summaries(&all), wanted, "{who}");
        }
        // Meetings at their times; what is held inside the team is the team's, and who was asked finds theirs.
        for (kind, contacts) in [("dialogue", json!([world.decider_id])), ("team", json!([]))] {
            let body = json!({"customer": world.klk_hr, "kind": kind, "contacts": contacts,
                "startsAt": at(day(3), "09:00:00"), "endsAt": at(day(3), "10:00:00")});
            world.brm.post("/meetings", body).await.expect(201);
        }
        let meetings = async |caller: &Caller, of: &Value| {
            let all = shown(&service, &subscribed(caller, of.clone()).await).await;
            let mut held: Vec<String> = all.into_iter().map(|e| e.summary).filter(|s| s.ends_with("möte")).collect();
            held.sort_unstable();
            held
        };
        assert_eq!(meetings(&world.dm, &customer).await, ["Dialogmöte", "Teammöte"]);
        assert_eq!(meetings(&world.owner, &team).await, ["Dialogmöte", "Teammöte"]);
        assert_eq!(meetings(&world.decider, &customer).await, ["Dialogmöte"]);
        assert_eq!(meetings(&world.decider, &json!({"kind": "own"})).await, ["Dialogmöte"]);
        assert_eq!(meetings(&world.purchaser, &json!({"kind": "own"})).await, Vec::<String>::new());
        for (caller, of, why) in [
            (&world.stranger, &customer, "unknown_reference"),
            (&world.decider, &team, "state"),
            (&world.decider, &of_service, "state"),
            (&world.loner, &customer, "unknown_reference"),
            (&world.dm, &json!({"kind": "team", "team": uuid::Uuid::now_v7()}), "unknown_reference"),
        ] {
            let body = json!({"name": "Nej", "of": of});
            caller.post("/calendar-subscriptions", body).await.refused(409, why);
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_told_once_and_dies_with_its_subscription() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let key = uuid::Uuid::now_v7().to_string();
        let body = json!({"name": "Mitt", "of": {"kind": "own"}});
        let headers = [("idempotency-key", key.as_str())];
        let made = world
            .dm
            .send(Method::POST, "/calendar-subscriptions", &headers, Some(body.clone()))
            .await
            .expect(201);
        let address = made.text("address");
        let again = world
            .dm
            .send(Method::POST, "/calendar-subscriptions", &headers, Some(body))
            .await
            .expect(201);
        assert_eq!(
            (again.id(), again.body.get("address")),
            (made.id(), None),
            "a repeat tells no secret"
        );
        let secret = address
            .rsplit('/')
            .next()
            .and_then(|last| last.strip_suffix(".ics"))
            .expect("a secret")
            .to_owned();
        let path = format!("/calendar-subscriptions/{}", made.id());
        let seen = world.dm.get(&path).await.expect(200);
        assert!(seen.body.get("address").is_none());
        assert_eq!(
            world.dm.get("/calendar-subscriptions").await.expect(200).items().len(),
            1
        );
        assert!(
            world
                .brm
                .get("/calendar-subscriptions")
                .await
                .expect(200)
                .items()
                .is_empty()
        );
        world.brm.get(&path).await.refused(404, "not_found");

        read(&service, &address, &[]).await.expect(200);
        read(&service, &address.replace(&secret, &secret.to_uppercase()), &[])
            .await
            .expect(404);
        world
            .dm
            .delete(&path, "\"7\"")
            .await
            .refused(412, "precondition_failed");
        world.dm.delete(&path, &seen.etag()).await.expect(204);
        read(&service, &address, &[]).await.expect(404);
        let log = service.auditor().get("/events?limit=200").await.expect(200);
        let log = log.body.to_string();
        for act in ["created", "revoked"] {
            assert!(
                log.contains(&format!("kundansvar.calendar_subscription.{act}.v1")),
                "{act}"
            );
        }
        assert!(!log.contains(&secret) && !log.contains(&domain::clients::digest(&secret)));

        let kept = subscribed(&world.other_dm, json!({"kind": "service", "service": world.mail})).await;
        let contact = subscribed(&world.stranger, json!({"kind": "customer", "customer": world.bun})).await;
        let admin = service.administrator();
        let ends = |days: u64| json!({"lastDay": Utc::now().date_naive() - Days::new(days)});
        let end = async |path: String, act: &str| {
            let etag = admin.get(&path).await.expect(200).etag();
            admin.act(&format!("{path}/{act}"), &etag, ends(2)).await.expect(200);
        };
        end(format!("/contacts/{}", world.stranger_id), "end").await;
        read(&service, &contact, &[]).await.expect(404);
        let other = admin
            .get("/persons?email=disa.annan@it.example.se")
            .await
            .expect(200)
            .items()[0]["id"]
            .clone();
        end(format!("/persons/{}", other.as_str().expect("an id")), "departure").await;
        read(&service, &kept, &[]).await.expect(404);
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_seen_any_more_is_not_shown_any_more() {
    for database in databases().await {
        let shut = |settings: &mut Settings| settings.other_customers = OtherCustomers::None;
        let service = Service::start_with(database, shut).await;
        let world = World::build(&service).await;
        let body = json!({"kind": "activity", "title": "Delad", "customer": world.bun, "phase": "planned", "sharedInCalendars": true,
            "period": {"firstDay": Utc::now().date_naive()}});
        world.other_dm.post("/planned-activities", body).await.expect(201);
        let address = subscribed(&world.other_dm, json!({"kind": "customer", "customer": world.bun})).await;
        assert_eq!(shown(&service, &address).await.len(), 1);
        let body = json!({"name": "Nej", "of": {"kind": "customer", "customer": world.bun}});
        world
            .dm
            .post("/calendar-subscriptions", body)
            .await
            .refused(409, "unknown_reference");

        // Another team takes the customer on from today.
        let admin = service.administrator();
        let path = format!("/customers/{}", world.bun);
        let assigned = admin.get(&format!("{path}/team-assignments")).await.expect(200);
        let assigned = assigned.body["teamAssignments"][0]["id"].clone();
        let seen = admin.get(&path).await.expect(200);
        let ended = json!({"lastDay": Utc::now().date_naive() - Days::new(2)});
        let end = format!("{path}/team-assignments/{}/end", assigned.as_str().expect("an id"));
        admin.act(&end, &seen.etag(), ended).await.expect(200);
        assert!(shown(&service, &address).await.is_empty());
        service.stop().await;
    }
}
