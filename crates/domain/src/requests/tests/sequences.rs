//! What holds whatever is tried, in whatever order.
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Something that somebody tries; whether it is allowed is for the rules to say.
#[derive(Debug, Clone)]
enum Attempt {
    Change {
        title: u8,
        service: u128,
    },
    Investigate,
    Endorse {
        contact: u128,
        mandate: MandateKind,
    },
    Route(Destination),
    Dismiss {
        ground: DismissalGround,
        answer: Option<&'static str>,
    },
    Withdraw,
    Answer,
    Reopen,
    // Of the current hand-over, or of the first there was.
    Acknowledge {
        current: bool,
        reference: &'static str,
    },
    Decide {
        current: bool,
        decision: Decision,
    },
    Fulfil {
        current: bool,
        reference: &'static str,
    },
}

fn attempt() -> impl Strategy<Value = Attempt> {
    use prop::sample::select;
    let mandate = select(vec![MandateKind::Customer, MandateKind::Purchaser]);
    let destination = select(vec![
        Destination::ServicePortfolio,
        Destination::Delivery,
        Destination::Strategy,
    ]);
    let ground = select(vec![DismissalGround::OutOfScope, DismissalGround::DeclinedByForum]);
    let answer = select(vec![None, Some("Tyvärr.")]);
    let decision = select(vec![acceptance("D1"), acceptance("D2"), refusal("D1"), refusal("D2")]);
    let reference = || select(vec!["1", "2"]);
    let current = || prop::bool::weighted(0.8);
    // What ends a request is rare, so that most sequences are long.
    prop_oneof![
        3 => (0u8..2, 1u128..3).prop_map(|(title, service)| Attempt::Change { title, service }),
        1 => Just(Attempt::Investigate),
        6 => (1u128..3, mandate).prop_map(|(contact, mandate)| Attempt::Endorse { contact, mandate }),
        8 => destination.prop_map(Attempt::Route),
        1 => (ground, answer).prop_map(|(ground, answer)| Attempt::Dismiss { ground, answer }),
        1 => Just(Attempt::Withdraw),
        1 => Just(Attempt::Answer),
        1 => Just(Attempt::Reopen),
        3 => (current(), reference()).prop_map(|(current, reference)| Attempt::Acknowledge { current, reference }),
        6 => (current(), decision).prop_map(|(current, decision)| Attempt::Decide { current, decision }),
        1 => (current(), reference()).prop_map(|(current, reference)| Attempt::Fulfil { current, reference }),
    ]
}

impl Attempt {
    /// The request afterwards, and the hand-over that was taken back.
    fn on(self, request: Request, next: HandOverId, n: i64) -> Result<(Request, Option<HandOver>), Rule> {
        let now = noon(n);
        let now_there = request.hand_over.as_ref().map_or(hand_over(1), |h| h.id);
        let which = |current| if current { now_there } else { hand_over(1) };
        let after = match self {
            Self::Change { title, service: n } => {
                let title = format!("Rubrik {title}").parse().unwrap();
                let input = RequestInput {
                    title,
                    ..input(request.kind)
                };
                request.change(
                    input,
                    Named {
                        services: vec![service(n)],
                        ..named()
                    },
                    &used(),
                    now,
                )
            }
            Self::Investigate => request.investigate(now),
            Self::Endorse { contact: id, mandate } => request.endorse(&contact(id, mandate, 0, None), day(n), now),
            Self::Route(destination) => return request.route(next, to(destination), &used(), now),
            Self::Dismiss { ground, answer } => request.dismiss(dismissal(ground, answer), now),
            Self::Withdraw => request.withdraw(withdrawal(), now),
            Self::Answer => request.answer(answer(), Some(day(n + 14)), now),
            Self::Reopen => request.reopen(Some(day(n + 10)), now),
            Self::Acknowledge { current, reference } => request.acknowledge(which(current), receipt(reference), now),
            Self::Decide { current, decision } => request.decide(which(current), decision, now),
            Self::Fulfil { current, reference } => request.fulfil(which(current), fulfilment(reference), now),
        };
        after.map(|after| (after, None))
    }

    /// Whether doing it again may change nothing.
    fn is_idempotent(&self) -> bool {
        use Attempt::*;
        matches!(
            self,
            Endorse { .. } | Acknowledge { .. } | Decide { .. } | Fulfil { .. }
        )
    }
}

/// Whether the latest hand-over stands where a request of this status has it.
fn agree(request: &Request) -> bool {
    use HandOverState as State;
    use RequestStatus as Status;
    let state = request.hand_over.as_ref().map(|h| h.state);
    match request.status {
        Status::Received => state.is_none(),
        // A complaint can be answered, and reopened, after a destination was done with it.
        Status::Investigating | Status::Answered => matches!(state, None | Some(State::Declined | State::Fulfilled)),
        Status::Routed => matches!(state, Some(State::HandedOver | State::Acknowledged)),
        Status::Accepted => state == Some(State::Accepted),
        Status::Declined => state == Some(State::Declined),
        Status::Fulfilled => state == Some(State::Fulfilled),
        Status::Dismissed => matches!(state, None | Some(State::Declined | State::Fulfilled)),
        Status::Withdrawn => !matches!(state, Some(State::HandedOver | State::Acknowledged | State::Accepted)),
        Status::Merged | Status::Closed => false, // not among the acts here; computed, never stored
    }
}

proptest! {
    #[test]
    fn the_rules_hold_after_any_sequence(
        kind in prop::sample::select(vec![RequestKind::Wish, RequestKind::Complaint]),
        attempts in prop::collection::vec(attempt(), 1..60),
    ) {
        let mut request = request(kind);
        // Every hand-over there was, as it was last seen; and whether the content as it reads was ever endorsed.
        let mut hand_overs = BTreeMap::<HandOverId, HandOver>::new();
        let mut endorsed = false;
        for (attempt, n) in attempts.into_iter().zip(1..) {
            let before = request.clone();
            let next = hand_over(hand_overs.len() as u128 + 1);
            let Ok((after, former)) = attempt.clone().on(request.clone(), next, n) else { continue };
            request = after;

            if request == before {
                prop_assert!(attempt.is_idempotent(), "{:?} changed nothing", attempt);
                continue;
            }
            prop_assert_eq!(request.version, before.version + 1, "{:?}", attempt);

            let content = |r: &Request| (r.title.clone(), r.services.clone());
            match &attempt {
                Attempt::Change { .. } => endorsed &= content(&request) == content(&before),
                Attempt::Endorse { mandate, .. } => {
                    prop_assert_eq!(*mandate, MandateKind::Customer);
                    endorsed = true;
                }
                Attempt::Route(Destination::ServicePortfolio) => prop_assert!(endorsed, "routed without endorsement"),
                _ => {}
            }
            prop_assert_eq!(!request.endorsements.is_empty(), endorsed, "{:?}", attempt);

            for seen in former.iter().chain(&request.hand_over) {
                let was = hand_overs.insert(seen.id, seen.clone());
                if was.as_ref() != Some(seen) {
                    prop_assert_eq!(seen.version, was.map_or(0, |h| h.version) + 1, "{:?}", attempt);
                }
            }
            let live = hand_overs.values().filter(|h| h.state.is_live()).count();
            prop_assert!(live <= 1, "{} live hand-overs after {:?}", live, attempt);
            prop_assert!(agree(&request), "{:?} beside {:?}", request.status, request.hand_over);
        }
    }
}
