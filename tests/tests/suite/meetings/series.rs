//! Series: rows thirteen months ahead, made once; what was touched stays.
use api::identity::Kind;
use chrono::{Datelike, Duration, NaiveDate};
use end_to_end::{Service, World, on_each_database};
use serde_json::json;

use super::*;

async fn meetings(caller: &Caller, series: &str) -> Vec<Value> {
    let page = caller
        .get(&format!("/meetings?series={series}&limit=200"))
        .await
        .expect(200);
    page.items().clone()
}

fn days(meetings: &[Value]) -> Vec<NaiveDate> {
    let day = |m: &Value| m["day"].as_str().expect("a day").parse().expect("a day");
    meetings.iter().map(day).collect()
}

/// What the hourly round does, in two instances at once.
async fn rounds(service: &Service) {
    let state = service.state();
    let zone = state.settings.time_zone;
    let (one, other) = (state.housekeeping(), state.housekeeping());
    let (one, other) = tokio::join!(
        state.db.keep_meeting_series(&one, zone),
        state.db.keep_meeting_series(&other, zone)
    );
    one.expect("the first round");
    other.expect("the second round");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_keeps_its_meetings_ahead_and_leaves_what_was_touched() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let today = service.settings().local_date(service.state().clock.now());
        let body = json!({"customer": world.klk_hr, "kind": "dialogue", "rule": "FREQ=MONTHLY;BYMONTHDAY=15",
            "firstDay": today, "time": "09:30", "minutes": 60, "agenda": [{"type": "idea", "title": "Nytt"}]});
        let made = world.brm.post("/meeting-series", body.clone()).await.expect(201);
        let (series, path) = (made.id(), format!("/meeting-series/{}", made.id()));
        let all = meetings(&world.brm, &series).await;
        assert!((12..=14).contains(&all.len()), "{}", all.len());
        assert!(days(&all).iter().all(|day| day.day() == 15 && *day >= today));
        assert_eq!(all[0]["agenda"][0]["title"], "Nytt");
        assert_eq!(all[0]["leader"]["person"]["name"], "Bea Ram");
        rounds(&service).await;
        assert_eq!(meetings(&world.brm, &series).await, all);

        // One is cancelled, one moved; then the rule changes.
        let (off, moved) = (&all[3], &all[4]);
        let of = |m: &Value| format!("/meetings/{}", m["id"].as_str().expect("an id"));
        let reason = Some(json!({"reason": "Semester."}));
        act(&world.brm, &of(off), "cancellation", reason).await.expect(200);
        let starts: chrono::DateTime<chrono::Utc> =
            moved["startsAt"].as_str().expect("a time").parse().expect("a time");
        let to = json!({"startsAt": starts + Duration::days(1), "endsAt": starts + Duration::hours(26)});
        world.brm.patch(&of(moved), "*", to).await.expect(200);
        let longer = world
            .brm
            .patch(&path, &made.etag(), json!({"minutes": 90}))
            .await
            .expect(200);
        let after = meetings(&world.brm, &series).await;
        let same = |m: &Value| all.iter().any(|old| old["id"] == m["id"]);
        assert_eq!((after.len(), after.iter().filter(|m| same(m)).count()), (all.len(), 2));
        // The same again replaces nothing.
        let again = world
            .brm
            .patch(&path, &longer.etag(), json!({"minutes": 90}))
            .await
            .expect(200);
        assert_eq!(meetings(&world.brm, &series).await, after);
        let rule = json!({"rule": "FREQ=MONTHLY;BYMONTHDAY=20"});
        let other = world.brm.patch(&path, &again.etag(), rule).await.expect(200);
        let after = meetings(&world.brm, &series).await;
        let kept: Vec<&Value> = after.iter().filter(|m| same(m)).collect();
        assert_eq!(kept.len(), 2, "what was touched stays");
        assert_eq!(
            after
                .iter()
                .filter(|m| m["day"].as_str().expect("a day").ends_with("-20"))
                .count(),
            after.len() - 2
        );

        // Two months later there are two more; when it has ended, none that nobody touched.
        let before = after.len();
        service.state().clock.advance(Duration::days(62));
        let brm = service.caller(Kind::Person, &world.brm_id);
        rounds(&service).await;
        let grown = meetings(&brm, &series).await;
        assert_eq!(grown.len(), before + 2);
        let soon = service.settings().local_date(service.state().clock.now()) + Duration::days(40);
        let ended = brm
            .act(&format!("{path}/end"), &other.etag(), json!({"lastDay": soon}))
            .await
            .expect(200);
        assert_eq!(ended.body["lastDay"], json!(soon));
        let left = meetings(&brm, &series).await;
        assert!(days(&left).iter().all(|day| *day <= soon || day.day() != 20));
        rounds(&service).await;
        assert_eq!(meetings(&brm, &series).await.len(), left.len());

        // What could not be meant.
        for (member, value, pointer) in [
            ("rule", json!("FREQ=DAILY"), "/rule"),
            ("rule", json!("FREQ=WEEKLY;COUNT=3;UNTIL=20300101"), "/rule"),
            ("zone", json!("Europe/Atlantis"), "/zone"),
            ("firstDay", json!("2020-01-01"), "/firstDay"),
            (
                "agenda",
                json!([{"type": "statement", "title": "Siffror"}]),
                "/agenda/0/type",
            ),
        ] {
            let mut bad = body.clone();
            bad["firstDay"] = json!(soon);
            bad[member] = value;
            let refused = brm.post("/meeting-series", bad).await.expect(409);
            assert_eq!(refused.body["errors"][0]["pointer"], pointer);
        }
        let mut hourly = body;
        hourly["rule"] = json!("FREQ=HOURLY");
        brm.post("/meeting-series", hourly).await.expect(422);
        service.stop().await;
    })
    .await;
}
