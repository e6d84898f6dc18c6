use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{customers::CustomerInput, teams::Membership};

fn customer() -> Customer {
    let input: CustomerInput =
        serde_json::from_value(json!({"code": "KLK", "name": "Kontoret", "legalEntity": {"name": "Kommunen"}}))
            .unwrap();
    Customer::register(Uuid::from_u128(1).into(), input, None, &[], DateTime::UNIX_EPOCH).unwrap()
}

fn told(channels: Value, ladder: Value) -> ChannelsInput {
    serde_json::from_value(json!({"channels": channels, "escalationLadder": ladder})).unwrap()
}

fn refused(channels: Value, ladder: Value) -> (RuleCode, String) {
    let rule = customer().turn_to(told(channels, ladder)).unwrap_err();
    (rule.code, rule.pointer.unwrap())
}

#[test]
fn a_channel_and_a_step_lead_somewhere() {
    let desk = json!({"purpose": "order", "name": "Servicedesk", "email": "desk@example.se"});
    let nowhere = json!({"purpose": "complain", "name": "Synpunkter", "answered": "Dygnet runt"});
    assert_eq!(
        refused(json!([desk, nowhere]), json!([])),
        (RuleCode::Unreachable, "/channels/1".into())
    );
    let nobody = json!({"afterMinutes": 0, "name": "Jouren"});
    assert_eq!(
        refused(json!([desk]), json!([nobody])),
        (RuleCode::Unreachable, "/escalationLadder/0".into())
    );
    let by_role = json!({"afterMinutes": 0, "name": "Leveransansvarig", "role": "delivery_manager"});
    let turned = customer().turn_to(told(json!([desk]), json!([by_role]))).unwrap();
    assert_eq!(
        (
            turned.version,
            turned.channels.0.len(),
            turned.escalation_ladder.0.len()
        ),
        (2, 1, 1)
    );
}

proptest! {
    /// A ladder is taken exactly when each step comes later than the one before it, and else the first that does not is told.
    #[test]
    fn a_ladder_goes_up_in_time(minutes in prop::collection::vec(0u32..50, 0..10)) {
        let ladder: Vec<Value> = minutes.iter().map(|m| json!({"afterMinutes": m, "name": "Steg", "phone": "018-1"})).collect();
        let fault = minutes.windows(2).position(|pair| pair[0] >= pair[1]).map(|n| format!("/escalationLadder/{}/afterMinutes", n + 1));
        match customer().turn_to(told(json!([]), json!(ladder))) {
            Ok(turned) => {
                prop_assert_eq!(fault, None);
                prop_assert_eq!(turned.escalation_ladder.0.len(), minutes.len());
            }
            Err(rule) => {
                prop_assert_eq!(rule.code, RuleCode::TimeOrder);
                prop_assert_eq!(rule.pointer, fault);
            }
        }
    }
}

#[test]
fn a_step_names_who_has_its_role_and_who_stands_in_for_them() {
    let person = |n: u128, name: &str| PersonRef {
        id: Uuid::from_u128(n).into(),
        name: name.parse().unwrap(),
    };
    let day = "2026-03-02".parse().unwrap();
    let member = |n, name, role| Membership {
        id: Uuid::from_u128(n + 100).into(),
        person: person(n, name),
        role,
        services: vec![],
        first_day: day,
        last_day: None,
        deputies: vec![],
    };
    let mut manager = member(1, "Anna Lind", Role::DeliveryManager);
    manager.deputies = vec![crate::teams::Deputy {
        id: Uuid::from_u128(200).into(),
        person: person(2, "Bo Ek"),
        first_day: day,
        last_day: None,
    }];
    let owner = member(3, "Cia Alm", Role::ServiceOwner);
    let mut responsible = ResponsibleTeam::on(day, customer().reference(), None, None);
    responsible.members = vec![owner, manager];
    let ladder = json!([
        {"afterMinutes": 30, "name": "Leveransansvarig", "role": "delivery_manager"},
        {"afterMinutes": 90, "name": "IT-chef", "phone": "018-727 00 00"},
    ]);
    let told = vec![(customer().reference(), told(json!([]), ladder))];
    let at = "2026-03-02T09:00:00Z".parse().unwrap();
    let seen = ChannelsInForce::of(&customer(), told, &responsible, Some(at));
    let names = |n: usize| -> Vec<String> {
        seen.escalation_ladder[n]
            .people
            .iter()
            .map(|p| p.name.to_string())
            .collect()
    };
    assert_eq!(names(0), ["Anna Lind", "Bo Ek"]);
    assert!(names(1).is_empty());
    let due = |n: usize| seen.escalation_ladder[n].due_at.unwrap().to_rfc3339();
    assert_eq!(
        [due(0), due(1)],
        ["2026-03-02T09:30:00+00:00", "2026-03-02T10:30:00+00:00"]
    );
    let last = Some("9999-12-31T23:59:00Z".parse().unwrap());
    let beyond = ChannelsInForce::of(&customer(), ladder_of_one(), &responsible, last);
    assert_eq!(beyond.escalation_ladder[0].due_at, None);
}

fn ladder_of_one() -> Vec<(CustomerRef, ChannelsInput)> {
    let ladder = json!([{"afterMinutes": 30, "name": "IT-chef", "phone": "018-727 00 00"}]);
    vec![(customer().reference(), told(json!([]), ladder))]
}

#[test]
fn what_a_part_is_not_told_of_is_its_nearest_ancestors() {
    let named = |code: &str| CustomerRef {
        code: code.parse().unwrap(),
        ..customer().reference()
    };
    let channel = |purpose: &str, name: &str| json!({"purpose": purpose, "name": name, "phone": "018-1"});
    let above = [
        channel("emergency", "Jour"),
        channel("order", "Desk"),
        channel("order", "Portal"),
    ];
    let all = vec![
        (
            named("PART"),
            told(json!([channel("emergency", "Egen jour")]), json!([])),
        ),
        (
            named("MIDDLE"),
            told(
                json!([]),
                json!([{"afterMinutes": 5, "name": "Chef", "phone": "018-2"}]),
            ),
        ),
        (
            named("TOP"),
            told(
                json!(above),
                json!([{"afterMinutes": 9, "name": "Direktör", "phone": "018-3"}]),
            ),
        ),
    ];
    let nobody = ResponsibleTeam::on("2026-03-02".parse().unwrap(), customer().reference(), None, None);
    let seen = ChannelsInForce::of(&customer(), all.clone(), &nobody, None);
    let names: Vec<String> = seen
        .channels
        .iter()
        .map(|c| format!("{} {}", c.through.code, c.channel.name))
        .collect();
    assert_eq!(names, ["TOP Desk", "TOP Portal", "PART Egen jour"]);
    assert_eq!(seen.ladder_through, Some(named("MIDDLE")));
    assert_eq!(seen.escalation_ladder[0].step.after_minutes, 5);
    // Whoever others succeeded turns nowhere.
    let gone = Customer {
        succeeded_by: vec![named("HEIR")],
        ..customer()
    };
    let seen = ChannelsInForce::of(&gone, all, &nobody, None);
    assert_eq!(
        (seen.channels.len(), seen.ladder_through, seen.succeeded_by.len()),
        (0, None, 1)
    );
}
