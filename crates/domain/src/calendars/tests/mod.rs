//! Calendars: what is refused, what a version keeps; `counting` holds the arithmetic against others' figures.
mod counting;
mod holidays;

use serde_json::{Value, json};

use super::*;
use crate::RuleCode;

/// Hours as they are told in JSON.
pub(crate) fn hours(told: Value) -> CalendarHours {
    CalendarHours::new(serde_json::from_value(told).unwrap()).unwrap()
}

/// Hours as the vectors tell them.
pub(crate) fn hours_of_vector(vector: &Value) -> CalendarHours {
    let openings = |list: &Value| -> Value {
        let list = list.as_array().unwrap().iter();
        list.map(|pair| json!({"from": pair[0], "to": pair[1]})).collect()
    };
    let days = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let weekly: serde_json::Map<String, Value> = days
        .iter()
        .map(|day| ((*day).to_owned(), openings(&vector["weekly"][&day[..3]])))
        .collect();
    let exceptions = vector["exceptions"].as_array().unwrap().iter();
    let exceptions: Value = exceptions
        .map(|e| json!({"date": e["date"], "hours": openings(&e["intervals"])}))
        .collect();
    hours(json!({"zone": vector["zone"], "weekly": weekly, "exceptions": exceptions}))
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn office() -> Value {
    let day = json!([{"from": "08:00", "to": "12:00"}, {"from": "13:00", "to": "17:00"}]);
    json!({"zone": "Europe/Stockholm", "weekly": {"monday": day, "tuesday": day, "wednesday": day, "thursday": day,
        "friday": day}, "exceptions": [{"date": "2026-06-19", "label": "Midsommarafton", "hours": []}]})
}

fn input(hours: Value) -> ServiceCalendarInput {
    serde_json::from_value(json!({"name": "Vardagar", "hours": hours})).unwrap()
}

fn refused(hours: Value) -> (RuleCode, String) {
    let rule =
        ServiceCalendar::register(CalendarId(Uuid::nil()), input(hours), at("2026-03-02T08:00:00Z")).unwrap_err();
    (rule.code, rule.pointer.unwrap())
}

#[test]
fn what_cannot_be_counted_with_is_refused_where_it_stands() {
    let with = |pointer: &str, value: Value| {
        let mut told = office();
        *told.pointer_mut(pointer).unwrap() = value;
        refused(told)
    };
    let hours =
        |pairs: &[(&str, &str)]| -> Value { pairs.iter().map(|(from, to)| json!({"from": from, "to": to})).collect() };
    let opening = |at: &str| (RuleCode::OpeningHours, at.to_owned());
    assert_eq!(
        with("/weekly/friday", hours(&[("08:00", "08:00")])),
        opening("/hours/weekly/friday/0/to")
    );
    assert_eq!(
        with("/weekly/friday", hours(&[("08:00", "10:00"), ("22:00", "06:00")])),
        opening("/hours/weekly/friday/1/to")
    );
    assert_eq!(
        with("/weekly/monday", hours(&[("13:00", "17:00"), ("08:00", "13:01")])),
        opening("/hours/weekly/monday/0/from"),
        "the later one of the two, where it was told"
    );
    assert_eq!(
        with("/exceptions/0/hours", hours(&[("08:00", "24:00"), ("23:00", "23:30")])),
        opening("/hours/exceptions/0/hours/1/from")
    );
    assert_eq!(
        with(
            "/exceptions",
            json!([{"date": "2026-12-24"}, {"date": "2026-12-31"}, {"date": "2026-12-24"}])
        ),
        opening("/hours/exceptions/2/date")
    );
    for unknown in ["Europe/Uppsala", "europe/stockholm", "CEST"] {
        assert_eq!(
            with("/zone", json!(unknown)),
            (RuleCode::UnknownReference, "/hours/zone".into()),
            "{unknown}"
        );
    }
}

#[test]
fn a_time_of_day_has_one_form() {
    for good in ["00:00", "08:05", "23:59", "24:00"] {
        assert_eq!(good.parse::<ClockTime>().unwrap().to_string(), good);
    }
    for bad in [
        "", "8:00", "24:01", "25:00", "08:60", "08:00:00", "+8:00", "08-00", "0８:00",
    ] {
        assert!(bad.parse::<ClockTime>().is_err(), "{bad}");
    }
}

#[test]
fn a_limit_is_open_time_or_open_days() {
    for (text, limit, written) in [
        ("PT4H", TimeLimit::OpenSeconds(14_400), "PT4H"),
        ("PT90M", TimeLimit::OpenSeconds(5_400), "PT1H30M"),
        ("PT1H1S", TimeLimit::OpenSeconds(3_601), "PT1H1S"),
        ("PT0S", TimeLimit::OpenSeconds(0), "PT0S"),
        ("P3D", TimeLimit::OpenDays(3), "P3D"),
    ] {
        assert_eq!(text.parse(), Ok(limit));
        assert_eq!(limit.to_string(), written);
    }
    for bad in [
        "", "P", "PT", "P1W", "P1M", "P1DT1H", "PT1S1H", "1H", "PT1.5H", "PT-1H", "P99999D",
    ] {
        assert!(bad.parse::<TimeLimit>().is_err(), "{bad}");
    }
}

#[test]
fn each_change_is_a_version_and_a_pin_keeps_its_own() {
    let (id, now) = (CalendarId(Uuid::nil()), at("2026-03-02T08:00:00Z"));
    let first = ServiceCalendar::register(id, input(office()), now).unwrap();
    let pin = first.pin();
    let mut told = office();
    told["exceptions"] = json!([]);
    let later = at("2026-03-03T08:00:00Z");
    let second = first.clone().change(input(told), later).unwrap();
    assert_eq!((second.version, second.created_at, second.changed_at), (2, now, later));
    assert_eq!(pin, first.pin());
    assert_ne!(pin.digest, second.pin().digest);
}

#[test]
fn the_digest_is_of_the_hours_alone_and_knows_no_order() {
    let (id, now) = (CalendarId(Uuid::nil()), at("2026-03-02T08:00:00Z"));
    let digest = |told: Value| ServiceCalendar::register(id, input(told), now).unwrap().digest;
    let mut told = office();
    told["weekly"]["monday"] = json!([{"to": "17:00", "from": "13:00"}, {"from": "08:00", "to": "12:00"}]);
    assert_eq!(digest(told), digest(office()));
    // printf of the canonical text into sha256sum:
    assert_eq!(
        digest(json!({"zone": "Europe/Stockholm", "weekly": {"monday": [{"from": "08:00", "to": "17:00"}]}})),
        EXPECTED
    );
    let stored = serde_json::to_string(&hours(office())).unwrap();
    assert_eq!(serde_json::from_str::<CalendarHours>(&stored).unwrap(), hours(office()));
}

const EXPECTED: &str = "50ea9e86935e6abb072460ecf5a828f75d890f66b19407e9d2991096fef4af90";

#[test]
fn hours_are_somewhere_or_nowhere() {
    let mut told = json!({"zone": "Europe/Stockholm", "weekly": {}, "exceptions": [{"date": "2026-06-19"}]});
    assert!(!hours(told.clone()).has_hours());
    told["exceptions"][0]["hours"] = json!([{"from": "08:00", "to": "24:00"}]);
    assert!(hours(told).has_hours());
    assert!(hours(office()).has_hours());
}
