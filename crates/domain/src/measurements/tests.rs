use chrono::Duration;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Rule, access::Caller};

fn now() -> DateTime<Utc> {
    "2026-03-02T12:00:00Z".parse().unwrap()
}

fn desk() -> Caller {
    Caller::Client {
        id: ClientId(Uuid::nil()),
        name: "Desk".parse().unwrap(),
        scopes: vec![],
        systems: vec!["desk".parse().unwrap()],
        customers: None,
    }
}

fn case(members: Value) -> Value {
    let mut case = json!({
        "kind": "case", "source": "desk", "sourceId": "INC1", "observedAt": "2026-03-02T10:00:00Z",
        "service": {"system": "desk", "id": "mail"}, "customer": {"system": "desk", "id": "hr"}, "priority": "2",
        "opened": "2026-03-01T08:00:00Z", "resolved": "2026-03-02T10:00:00Z",
    });
    case.as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    case
}

fn told(members: Value) -> Result<Evidence, Vec<String>> {
    let input = serde_json::from_value(members).unwrap();
    let pointers = |faults: Vec<Rule>| faults.into_iter().filter_map(|rule| rule.pointer).collect();
    Evidence::of(input, &desk(), now()).map_err(pointers)
}

#[test]
fn every_fault_of_a_case_is_named_at_its_place() {
    let sane = json!({
        "responded": "2026-03-01T08:00:00Z",
        "priorityHistory": [{"priority": "3", "since": "2026-03-01T08:00:00Z"}, {"priority": "2", "since": "2026-03-01T09:00:00Z"}],
        "reopenings": [{"resolved": "2026-03-01T09:00:00Z", "reopened": "2026-03-01T10:00:00Z"}],
        "pauses": [{"from": "2026-03-01T09:00:00Z", "to": "2026-03-01T09:00:00Z"}, {"from": "2026-03-01T08:00:00Z"}],
    });
    assert!(told(case(sane)).is_ok());
    let bad = json!({
        "source": "other", "observedAt": "2026-03-02T12:05:01Z", "updatedAt": "2027-01-01T00:00:00Z",
        "responded": "2026-03-01T07:59:59Z",
        "priorityHistory": [{"priority": "3", "since": "2026-03-01T07:00:00Z"}, {"priority": "1", "since": "2026-03-01T06:00:00Z"}],
        "reopenings": [{"resolved": "2026-03-01T07:00:00Z", "reopened": "2026-03-01T06:00:00Z"},
            {"resolved": "2026-03-01T05:00:00Z", "reopened": "2026-03-03T00:00:00Z"}],
        "pauses": [{"from": "2026-03-01T09:00:00Z", "to": "2026-03-01T08:59:59Z"}],
    });
    assert_eq!(
        told(case(bad)).unwrap_err(),
        [
            "/observedAt",
            "/updatedAt",
            "/responded",
            "/reopenings/0/resolved",
            "/reopenings/0/reopened",
            "/reopenings/1/resolved",
            "/resolved",
            "/pauses/0/to",
            "/priorityHistory/0/since",
            "/priorityHistory/1/since",
            "/priority",
            "/source",
        ]
    );
}

#[test]
fn an_outage_ends_after_it_began_and_may_be_planned_ahead() {
    let outage = |to: &str| {
        json!({"kind": "outage", "source": "desk", "sourceId": "O1", "observedAt": "2026-03-02T10:00:00Z",
            "service": {"system": "desk", "id": "mail"}, "from": "2026-04-01T00:00:00Z", "to": to, "planned": true})
    };
    assert!(told(outage("2026-04-01T00:00:00Z")).is_ok());
    assert_eq!(told(outage("2026-03-31T23:59:59Z")).unwrap_err(), ["/to"]);
}

#[test]
fn the_kind_alone_decides_what_else_may_be_told() {
    let of = |value: Value| serde_json::from_value::<MeasurementInput>(value);
    assert_eq!(of(case(json!({}))).unwrap().kind(), MeasurementKind::Case);
    for (member, value) in [
        ("kind", json!("outage")),
        ("kind", json!("nap")),
        ("kind", json!(null)),
        ("metric", json!("x")),
    ] {
        assert!(of(case(json!({member: value}))).is_err(), "{member}");
    }
}

#[test]
fn how_it_is_spelled_makes_no_other_measurement() {
    let one = told(case(json!({"observedAt": "2026-03-02T10:00:00.000Z"}))).unwrap();
    let other = told(case(json!({"observedAt": "2026-03-02T11:00:00+01:00"}))).unwrap();
    assert_eq!((one.text(), one.digest()), (other.text(), other.digest()));
    let again: MeasurementInput = serde_json::from_str(one.text()).unwrap();
    assert_eq!(&again, one.told());
    assert_ne!(one.digest(), told(case(json!({"priority": "1"}))).unwrap().digest());
}

fn standing() -> impl Strategy<Value = Standing> {
    (prop::option::of(0i64..4), 0i64..4).prop_map(|(source_version, hours)| Standing {
        source_version,
        at: now() + Duration::hours(hours),
    })
}

proptest! {
    #[test]
    fn of_two_states_never_both_are_the_older(one in standing(), other in standing()) {
        prop_assert!(!(one.is_before(&other) && other.is_before(&one)));
        prop_assert!(!one.is_before(&one));
    }

    /// Whatever the order of arrival, the newest of a source that always counts, or never does, stands at the end.
    #[test]
    fn order_of_arrival_changes_nothing(mut versions in Just((0i64..6).collect::<Vec<_>>()).prop_shuffle(), counts in any::<bool>()) {
        let state = |n: i64| Standing { source_version: counts.then_some(n), at: now() + Duration::hours(if counts { -n } else { n }) };
        let mut stands = versions.remove(0);
        for n in versions {
            if !state(n).is_before(&state(stands)) {
                stands = n;
            }
        }
        prop_assert_eq!(stands, 5);
    }
}

#[test]
fn an_agreement_covers_those_that_it_is_about_on_its_days() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let (mine, other) = (CustomerId(Uuid::from_u128(1)), CustomerId(Uuid::from_u128(2)));
    let march = Period {
        since: day("2026-03-01"),
        until: Some(day("2026-04-01")),
    };
    let in_force = [(Some(mine), march)];
    for (on, customers, agreed) in [
        ("2026-02-28", vec![mine], false),
        ("2026-03-01", vec![mine], true),
        ("2026-03-31", vec![other, mine], true),
        ("2026-04-01", vec![mine], false),
        ("2026-03-10", vec![other], false),
        ("2026-03-10", vec![], true),
    ] {
        assert_eq!(is_agreed(day(on), &customers, &in_force), agreed, "{on} {customers:?}");
    }
    assert!(is_agreed(day("2026-03-10"), &[other], &[(None, march)]));
    assert!(!is_agreed(day("2026-03-10"), &[], &[]));
}
