//! The acts of a destination on the current hand-over.
use super::*;

const ID: fn() -> HandOverId = || hand_over(1);

fn accepted() -> Request {
    routed(Destination::Delivery)
        .decide(ID(), acceptance("D1"), noon(1))
        .unwrap()
}
fn refused_at(result: Result<Request, Rule>) -> (RuleCode, Option<String>) {
    let rule = result.unwrap_err();
    (rule.code, rule.pointer)
}

#[test]
fn the_same_document_again_changes_nothing() {
    let acknowledged = routed(Destination::Delivery)
        .acknowledge(ID(), receipt("R1"), noon(1))
        .unwrap();
    assert_eq!(
        acknowledged.clone().acknowledge(ID(), receipt("R1"), noon(9)).unwrap(),
        acknowledged
    );
    let accepted = acknowledged.decide(ID(), acceptance("D1"), noon(2)).unwrap();
    assert_eq!(
        accepted.clone().decide(ID(), acceptance("D1"), noon(9)).unwrap(),
        accepted
    );
    assert_eq!(
        accepted.clone().acknowledge(ID(), receipt("R1"), noon(9)).unwrap(),
        accepted
    );
    let fulfilled = accepted.fulfil(ID(), fulfilment("F1"), noon(3)).unwrap();
    assert_eq!(
        fulfilled.clone().fulfil(ID(), fulfilment("F1"), noon(9)).unwrap(),
        fulfilled
    );
    assert_eq!(
        fulfilled.clone().decide(ID(), acceptance("D1"), noon(9)).unwrap(),
        fulfilled
    );
    let declined = routed(Destination::Delivery)
        .decide(ID(), refusal("D1"), noon(1))
        .unwrap();
    assert_eq!(declined.clone().decide(ID(), refusal("D1"), noon(9)).unwrap(), declined);
}

#[test]
fn another_acknowledgement_is_refused() {
    let acknowledged = routed(Destination::Delivery)
        .acknowledge(ID(), receipt("R1"), noon(1))
        .unwrap();
    let current = acknowledged.hand_over.as_ref().unwrap();
    assert_eq!((current.state, current.version), (HandOverState::Acknowledged, 2));
    let other = acknowledged.acknowledge(ID(), receipt("R2"), noon(2));
    assert_eq!(refused_at(other), (RuleCode::State, Some("/reference".into())));
}

#[test]
fn a_late_acknowledgement_undoes_no_decision() {
    let acknowledged = accepted().acknowledge(ID(), receipt("R1"), noon(2)).unwrap();
    assert_eq!(acknowledged.status, RequestStatus::Accepted);
    assert_eq!(acknowledged.hand_over.unwrap().state, HandOverState::Accepted);
}

#[test]
fn a_decision_says_how_or_why() {
    let decide = |decision| refused_at(routed(Destination::Delivery).decide(ID(), decision, noon(1)));
    let no_plan = Decision {
        plan: None,
        ..acceptance("D1")
    };
    assert_eq!(decide(no_plan), (RuleCode::State, Some("/plan".into())));
    let no_reason = Decision {
        reason: None,
        ..refusal("D1")
    };
    assert_eq!(decide(no_reason), (RuleCode::State, Some("/reason".into())));
}

#[test]
fn a_decision_is_kept_with_its_time() {
    let current = accepted().hand_over.unwrap();
    assert_eq!((current.state, current.version), (HandOverState::Accepted, 2));
    assert_eq!(
        (current.decision, current.decided_at),
        (Some(acceptance("D1")), Some(noon(1)))
    );
}

#[test]
fn what_is_accepted_may_still_be_declined() {
    let declined = accepted().decide(ID(), refusal("D2"), noon(2)).unwrap();
    assert_eq!(declined.status, RequestStatus::Declined);
    let current = declined.hand_over.clone().unwrap();
    assert_eq!(
        (current.state, current.decision),
        (HandOverState::Declined, Some(refusal("D2")))
    );
    let again = declined.decide(ID(), acceptance("D1"), noon(3));
    assert_eq!(
        refused_at(again).0,
        RuleCode::State,
        "what is declined is the team's, not the destination's"
    );
}

#[test]
fn another_acceptance_is_refused() {
    assert_eq!(
        refused_at(accepted().decide(ID(), acceptance("D2"), noon(2))).0,
        RuleCode::State
    );
}

#[test]
fn only_what_is_accepted_is_fulfilled_and_only_once() {
    let undecided = routed(Destination::Delivery);
    let declined = undecided.clone().decide(ID(), refusal("D1"), noon(1)).unwrap();
    for before in [undecided, declined] {
        assert_eq!(
            refused_at(before.fulfil(ID(), fulfilment("F1"), noon(2))).0,
            RuleCode::State
        );
    }
    let fulfilled = accepted().fulfil(ID(), fulfilment("F1"), noon(2)).unwrap();
    assert_eq!(fulfilled.status, RequestStatus::Fulfilled);
    let current = fulfilled.hand_over.clone().unwrap();
    assert_eq!((current.state, current.version), (HandOverState::Fulfilled, 3));
    assert_eq!(
        (current.fulfilment, current.fulfilled_at),
        (Some(fulfilment("F1")), Some(noon(2)))
    );
    assert_eq!(
        refused_at(fulfilled.clone().fulfil(ID(), fulfilment("F2"), noon(3))).0,
        RuleCode::State
    );
    assert_eq!(
        refused_at(fulfilled.decide(ID(), refusal("D2"), noon(3))).0,
        RuleCode::State,
        "done is done"
    );
}
