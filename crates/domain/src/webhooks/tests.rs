use proptest::prelude::*;
use serde_json::json;
use strum::IntoEnumIterator;

use super::*;
use crate::events::{Actor, ActorKind, Body, EventSubject};

fn now() -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse().unwrap()
}

fn subscription() -> WebhookSubscription {
    let input = serde_json::from_value(
        json!({"name": "Kontorsverktyget", "destination": "https://tools.example.se/hook",
        "types": ["kundansvar.request.*"]}),
    )
    .unwrap();
    let (id, client) = (WebhookSubscriptionId(Uuid::from_u128(1)), ClientId(Uuid::from_u128(2)));
    WebhookSubscription::begin(id, client, input, "whsec_b25l".into(), now())
}

fn event(kind: &str, subject: u128, customer: Option<u128>) -> Event {
    Event {
        position: 1,
        body: Body {
            id: EventId(Uuid::from_u128(9)),
            kind: kind.into(),
            subject: EventSubject {
                kind: SubjectKind::Request,
                id: Uuid::from_u128(subject),
                version: 1,
            },
            customer: customer.map(|id| CustomerId(Uuid::from_u128(id))),
            matter: None,
            destination: None,
            actor: Actor {
                kind: ActorKind::Operator,
                id: "test".into(),
                acting_for: None,
            },
            request_id: "r".into(),
            time: now(),
            data: json!({}),
        },
    }
}

#[test]
fn patterns_stand_for_what_they_say() {
    let cases = [
        ("kundansvar.request.routed.v1", "kundansvar.request.routed.v1", true),
        ("kundansvar.request.routed.v1", "kundansvar.request.routed.v2", false),
        ("kundansvar.request.routed.v1", "kundansvar.request.received.v1", false),
        ("kundansvar.request.*", "kundansvar.request.routed.v1", true),
        ("kundansvar.request.*", "kundansvar.request_note.routed.v1", false),
        ("kundansvar.*", "kundansvar.agreement.created.v1", true),
        ("kundansvar.*.created.v1", "kundansvar.agreement.created.v1", true),
        ("kundansvar.*.created.v1", "kundansvar.agreement.ended.v1", false),
        ("kundansvar.*.created.*", "kundansvar.agreement.created.v7", true),
        ("kundansvar.request.*.v1", "kundansvar.request.routed.v1", true),
    ];
    for (pattern, kind, fits) in cases {
        let pattern: EventPattern = pattern.parse().unwrap();
        assert_eq!(pattern.matches(kind), fits, "{pattern:?} {kind}");
    }
    for bad in [
        "*",
        "kundansvar",
        "kundansvar.",
        "kundansvar.request",
        "kundansvar.re*",
        "andra.*",
        "kundansvar.**",
        "kundansvar.request.routed",
        "kundansvar.request.routed.1",
        "Kundansvar.*",
        "kundansvar.*.*",
    ] {
        assert!(bad.parse::<EventPattern>().is_err(), "{bad}");
    }
}

#[test]
fn who_is_told_of_what() {
    let one = subscription();
    let routed = |customer| event("kundansvar.request.routed.v1", 7, customer);
    let (mine, other) = (CustomerId(Uuid::from_u128(5)), CustomerId(Uuid::from_u128(6)));
    assert!(one.wants(&routed(Some(5)), None) && one.wants(&routed(None), None));
    assert!(!one.wants(&event("kundansvar.agreement.created.v1", 7, Some(5)), None));
    // What the client may see bounds it, whatever was chosen.
    assert!(one.wants(&routed(Some(5)), Some(&[mine])) && !one.wants(&routed(Some(6)), Some(&[mine])));
    assert!(!one.wants(&routed(None), Some(&[mine])));
    let chosen = WebhookSubscription {
        customers: vec![mine, other],
        ..one.clone()
    };
    assert!(chosen.wants(&routed(Some(6)), None) && !chosen.wants(&routed(Some(6)), Some(&[mine])));
    assert!(!chosen.wants(&routed(None), None) && !chosen.wants(&routed(Some(8)), None));
    // Of itself it is told whatever it asked for, but not that it was made.
    let mut itself = event("kundansvar.webhook_subscription.paused.v1", 1, None);
    assert!(!one.wants(&itself, Some(&[mine])));
    itself.body.subject.version = 2;
    assert!(one.wants(&itself, Some(&[mine])));
}

#[test]
fn every_act_in_every_state() {
    use WebhookState::*;
    type Act = fn(WebhookSubscription) -> Result<WebhookSubscription, Rule>;
    let acts: [(&str, Act); 4] = [
        ("pause", |s| s.pause(None)),
        ("resume", WebhookSubscription::resume),
        ("disable", |s| s.disable("Borta.".parse().ok())),
        ("test", WebhookSubscription::test),
    ];
    for state in WebhookState::iter() {
        for (name, act) in acts {
            let stands = WebhookSubscription {
                state,
                ..subscription()
            };
            let reached = act(stands).map(|after| (after.version, after.state)).ok();
            let expected = match (name, state) {
                ("pause", Active) => Some((2, Paused)),
                ("resume", Paused) => Some((2, Active)),
                ("disable", Active) => Some((2, Disabled)),
                ("test", Active) => Some((2, Active)),
                _ => None,
            };
            assert_eq!(reached, expected, "{name} {state}");
        }
    }
    let gone = subscription().disable("410".parse().ok()).unwrap();
    let mut told: WebhookSubscriptionInput = serde_json::from_value(
        json!({"name": "N", "destination": "https://tools.example.se/hook", "types": ["kundansvar.*"]}),
    )
    .unwrap();
    assert_eq!(gone.clone().change(told.clone()).state, Disabled);
    told.destination = "https://tools.example.se/moved".parse().unwrap();
    assert_eq!(gone.change(told).state, Active);
}

#[test]
fn a_rotated_secret_signs_along_for_a_while() {
    let rotated = subscription().rotate("whsec_dHdv".into(), Duration::hours(1), now());
    let secrets = |at| rotated.secrets.in_force(at).collect::<Vec<_>>();
    assert_eq!(secrets(now()), ["whsec_dHdv", "whsec_b25l"]);
    assert_eq!(secrets(now() + Duration::hours(1)), ["whsec_dHdv"]);
    let again = rotated.clone().rotate("whsec_dHJl".into(), Duration::hours(1), now());
    assert_eq!(
        again.secrets.in_force(now()).collect::<Vec<_>>(),
        ["whsec_dHJl", "whsec_dHdv"]
    );
    assert!(!serde_json::to_string(&rotated).unwrap().contains("whsec"));
}

fn failed(retry_after: Option<i64>) -> DeliveryAttempt {
    DeliveryAttempt {
        at: now(),
        milliseconds: 250,
        status: Some(503),
        answer: None,
        error: None,
        retry_after,
    }
}

#[test]
fn tries_spread_over_three_days_and_then_end() {
    assert_eq!(WAITS.iter().sum::<i64>(), Duration::days(3).num_seconds());
    assert!(WAITS.windows(2).all(|pair| pair[0] < pair[1]));
    let ended = now() + Duration::milliseconds(250);
    assert_eq!(next_try(1, &failed(None), 0.0), Some(ended + Duration::seconds(5)));
    assert_eq!(next_try(1, &failed(Some(60)), 0.0), Some(ended + Duration::seconds(60)));
    assert_eq!(
        next_try(4, &failed(Some(60)), 0.0),
        Some(ended + Duration::seconds(1800))
    );
    assert_eq!(
        next_try(1, &failed(Some(1_000_000)), 0.0),
        Some(ended + Duration::hours(24))
    );
    assert_eq!(next_try(WAITS.len() + 1, &failed(None), 0.0), None);
    assert_eq!(next_try(0, &failed(None), 0.0), None);
}

proptest! {
    #[test]
    fn no_try_comes_early_or_much_too_late(tries in 1..=WAITS.len(), chance in 0.0..1.0f64) {
        let wait = (next_try(tries, &failed(None), chance).unwrap() - now()).num_milliseconds() - 250;
        let planned = WAITS[tries - 1] * 1000;
        prop_assert!(planned <= wait && wait <= planned + planned / 10);
    }
}
