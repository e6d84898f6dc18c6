//! Destinations that fail, ask for patience, are gone and come back: nobody is tried more than wanted, and nothing is held up
//! longer than it must be.
use persistence::events::{LogCursor, Outlet, sealed};
use sea_orm::ConnectionTrait;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn more_refused_events_than_are_held_hold_up_no_other() {
    on_each(async |service, _| {
        let system = system(&service, None).await;
        let receiver = Receiver::answering(|received, _| match received.kind().contains("service") {
            true => Reply::Status(422, ""),
            false => Reply::Status(204, ""),
        })
        .await;
        let (path, _) = subscribed(&system, &receiver, &["kundansvar.service.*"]).await;
        let many: String = (0..1_010).map(|n| format!("T{n};Tjänst {n}\n")).collect();
        let (file, headers) = (format!("code;name\n{many}"), [("content-type", "text/csv")]);
        let (admin, imports) = (service.administrator(), "/imports?kind=services");
        let done = admin.send_bytes(reqwest::Method::POST, imports, &headers, file.into());
        done.await.expect(200);
        receiver.many(1_000).await;
        act(&system, &path, "test-event", Value::Null).await.expect(200);
        receiver
            .until(|all| all.iter().any(|r| r.kind().contains("tested")))
            .await;
        service.stop().await;
    })
    .await;
}

/// Lets a first delivery fail until the next try is half an hour away.
async fn failing(service: &Service, world: &World, system: &Caller, path: &str) {
    raise(world, &world.klk_hr, "Den första").await;
    for tries in 1..=4 {
        settled(system, path, |all| {
            all.first()
                .is_some_and(|one| one["attempts"].as_array().is_some_and(|all| all.len() == tries))
        })
        .await;
        let wait = domain::webhooks::WAITS[tries - 1];
        if tries < 4 {
            service.state().clock.advance(Span::seconds(wait + wait / 10 + 1));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_outage_held_up_is_sent_as_soon_as_it_is_over() {
    on_each(async |service, world| {
        let system = system(&service, None).await;
        let receiver = Receiver::answering(|_, _| Reply::HangUp).await;
        let (path, _) = subscribed(&system, &receiver, &["kundansvar.request.*"]).await;
        failing(&service, &world, &system, &path).await;
        // Another event finds the destination back; the first does not wait for its half hour.
        receiver.answer(|_, _| Reply::Status(204, ""));
        raise(&world, &world.klk_hr, "Den andra").await;
        settled(&system, &path, |all| all.len() == 2 && all_delivered(all)).await;
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_by_itself_keeps_its_waits_whatever_else_is_taken() {
    on_each(async |service, world| {
        let system = system(&service, None).await;
        let id = raise(&world, &world.klk_hr, "Den som inte tas").await;
        let of_it = format!("request/{id}");
        let receiver = Receiver::answering(move |received, _| match received.subject() == of_it {
            true => Reply::Status(500, ""),
            false => Reply::Status(204, ""),
        })
        .await;
        let (path, _) = subscribed(&system, &receiver, &["kundansvar.request.*"]).await;
        act(&world.brm, &format!("/requests/{id}"), "investigation", Value::Null)
            .await
            .expect(200);
        for n in 0..5 {
            settled(&system, &path, |all| {
                all.len() == n + 1 && all[1..].iter().all(|d| d["state"] == "delivered")
            })
            .await;
            service.state().clock.advance(Span::minutes(2));
            tokio::time::sleep(Duration::from_millis(300)).await;
            raise(&world, &world.klk_hr, "En annan").await;
        }
        let all = settled(&system, &path, |all| all.len() == 6).await;
        // At 0, 5 and 35 seconds, once more when an outage seemed to be over, and after five minutes more.
        let tries = all[0]["attempts"].as_array().expect("tries").len();
        assert!((3..=5).contains(&tries), "{tries}");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_resumed_or_moves_is_tried_at_once() {
    on_each(async |service, world| {
        let system = system(&service, None).await;
        let receiver = Receiver::answering(|_, _| Reply::HangUp).await;
        let (path, _) = subscribed(&system, &receiver, &["kundansvar.request.*"]).await;
        failing(&service, &world, &system, &path).await;
        let tries = receiver.received().len();
        act(&system, &path, "pause", Value::Null).await.expect(200);
        act(&system, &path, "resumption", Value::Null).await.expect(200);
        receiver
            .until(|all| all.iter().filter(|r| r.kind().contains("request")).count() > tries)
            .await;
        let elsewhere = Receiver::start().await;
        let etag = system.get(&path).await.etag();
        system
            .patch(&path, &etag, json!({"destination": elsewhere.url()}))
            .await
            .expect(200);
        settled(&system, &path, all_delivered).await;
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_patience_is_left_alone_with_everything() {
    on_each(async |service, world| {
        let system = system(&service, None).await;
        let busy = Receiver::answering(|_, before| match before {
            0 => Reply::Status(429, "retry-after: 40\r\n"),
            _ => Reply::Status(200, ""),
        })
        .await;
        let (path, _) = subscribed(&system, &busy, &["kundansvar.request.*"]).await;
        raise(&world, &world.klk_hr, "En önskan").await;
        settled(&system, &path, |all| {
            all.first().is_some_and(|d| d["attempts"][0]["status"] == 429)
        })
        .await;
        busy.answer(|_, _| Reply::Status(200, ""));
        raise(&world, &world.klk_hr, "En annan").await;
        settled(&system, &path, |all| all.len() == 2).await;
        service.state().clock.advance(Span::seconds(30));
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(busy.received().len(), 1);
        service.state().clock.advance(Span::seconds(15));
        settled(&system, &path, all_delivered).await;
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_its_way_to_who_is_gone_tells_how_it_ended() {
    on_each(async |service, world| {
        let system = system(&service, None).await;
        let receiver = Receiver::answering(|received, _| match received.body["data"]["position"].as_i64() {
            Some(place) if place % 3 == 0 => Reply::Late(Duration::from_millis(800), 204),
            Some(place) if place % 3 == 1 => Reply::Late(Duration::from_millis(800), 500),
            _ => Reply::Late(Duration::from_millis(400), 410),
        })
        .await;
        let (path, _) = subscribed(&system, &receiver, &["kundansvar.request.received.v1"]).await;
        tokio::join!(
            raise(&world, &world.klk_hr, "Ett"),
            raise(&world, &world.klk_hr, "Två"),
            raise(&world, &world.klk_hr, "Tre"),
        );
        let all = settled(&system, &path, |all| {
            all.len() == 3
                && all
                    .iter()
                    .all(|d| d["attempts"].as_array().is_some_and(|tries| !tries.is_empty()))
        })
        .await;
        for one in all {
            let (state, status) = (&one["state"], &one["attempts"][0]["status"]);
            let wanted = if *status == 204 { "delivered" } else { "failed" };
            assert_eq!((state, &one["dueAt"]), (&json!(wanted), &Value::Null), "{status}");
        }
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_the_log_lost_is_given_up_and_stands_in_no_way() {
    on_each(async |service, world| {
        let system = system(&service, None).await;
        let receiver = Receiver::start().await;
        let (path, _) = subscribed(&system, &receiver, &["kundansvar.request.*"]).await;
        act(&system, &path, "pause", Value::Null).await.expect(200);
        let id = raise(&world, &world.klk_hr, "Bortgallrad").await;
        settled(&system, &path, |all| {
            all.iter().any(|d| d["eventType"] == "kundansvar.request.received.v1")
        })
        .await;
        let db = sea_orm::Database::connect(service.settings().database().url)
            .await
            .expect("the database");
        let lost = "update webhook_delivery set position = 1000000 where event_type = 'kundansvar.request.received.v1'";
        db.execute_unprepared(lost).await.expect("done");
        db.close().await.expect("left");
        act(&system, &path, "resumption", Value::Null).await.expect(200);
        let all = settled(&system, &path, |all| all.iter().any(|d| d["state"] == "failed")).await;
        let given_up = all.iter().find(|d| d["state"] == "failed").expect("one");
        let why = given_up["attempts"][0]["error"].as_str().expect("a reason");
        assert!(why.contains("does not hold the event"), "{why}");
        act(&world.brm, &format!("/requests/{id}"), "investigation", Value::Null)
            .await
            .expect(200);
        receiver
            .until(|all| all.iter().any(|r| r.kind().contains("investigated")))
            .await;
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_noted_for_who_is_gone_meanwhile() {
    on_each(async |service, _| {
        let (db, now) = (&service.state().db, service.state().clock.now());
        assert!(service.events().await > 0);
        let outlet = Outlet::of("another", uuid::Uuid::now_v7());
        outlet.take(db, now).await.expect("an outlet").expect("held");
        let some = sealed(db, LogCursor::ORIGIN, 1).await.expect("the log");
        let (place, event) = some.items.first().expect("an event");
        let nobody = domain::vocabulary::WebhookSubscriptionId(uuid::Uuid::now_v7());
        let noted = persistence::webhooks::fan_out(db, &outlet, &[(nobody, event)], *place, now).await;
        assert_eq!(noted.expect("no refusal"), Some(vec![]));
        let held = outlet.take(db, now).await.expect("an outlet").expect("held");
        assert_eq!(held.at, *place);
        service.stop().await;
    })
    .await;
}
