//! The transition table.
use strum::IntoEnumIterator;

use super::*;

/// domain.md §6, with what decisions 21 and 23 say of answers and merges, written out by hand: the status after each act, `=` for the same, `-` where the act is refused.
const TABLE: &str = "
status        change investigate   endorse route  dismiss   accept   decline  fulfil    withdraw  answer   reopen   merge  absorb score escalate
received      =      investigating =       routed dismissed -        -        -         withdrawn answered -        merged =      =     =
investigating =      -             =       routed dismissed -        -        -         withdrawn answered -        merged =      =     =
routed        =      -             =       routed -         accepted declined -         withdrawn =        -        merged =      =     =
accepted      -      -             -       -      -         -        declined fulfilled withdrawn =        -        -      =      =     =
declined      =      -             =       routed dismissed -        -        -         withdrawn answered -        merged =      =     =
fulfilled     -      -             -       -      -         -        -        -         -         answered -        -      -      -     =
dismissed     -      -             -       -      -         -        -        -         -         -        -        -      -      -     -
withdrawn     -      -             -       -      -         -        -        -         -         -        -        -      -      -     -
merged        -      -             -       -      -         -        -        -         -         -        -        -      -      -     -
answered      -      -             -       -      -         -        -        -         -         -        investigating merged -      -     -
closed        -      -             -       -      -         -        -        -         -         -        -        -      -      -     -
";

/// Every status × every act, with the status afterwards.
fn table() -> Vec<(RequestStatus, Act, Option<RequestStatus>)> {
    let mut lines = TABLE
        .trim()
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let acts: Vec<Act> = Act::iter().collect();
    assert_eq!(
        lines.next().unwrap()[1..],
        acts.iter().map(Act::to_string).collect::<Vec<_>>()
    );
    let mut cells = vec![];
    for line in lines {
        let status: RequestStatus = line[0].parse().unwrap();
        for (act, after) in acts.iter().zip(&line[1..]) {
            let after = match *after {
                "-" => None,
                "=" => Some(status),
                other => Some(other.parse().unwrap()),
            };
            cells.push((status, *act, after));
        }
    }
    assert_eq!(
        cells.len(),
        RequestStatus::iter().count() * acts.len(),
        "the table leaves no pair out"
    );
    cells
}

/// Another complaint of the same customer.
fn twin() -> Request {
    Request {
        id: RequestId(Uuid::from_u128(77)),
        ..request(RequestKind::Complaint)
    }
}

/// The act, done so that nothing but the status can forbid it.
fn tried(act: Act, request: Request) -> Result<Request, Rule> {
    let now = noon(1);
    match act {
        Act::Change => request.change(input(RequestKind::Complaint), named(), &used(), now),
        Act::Investigate => request.investigate(now),
        Act::Endorse => request.endorse(&decider(2), day(1), now),
        Act::Route => request
            .route(hand_over(2), to(Destination::Strategy), &used(), now)
            .map(|(after, _)| after),
        Act::Dismiss => request.dismiss(dismissal(DismissalGround::OutOfScope, Some("Tyvärr.")), now),
        Act::Accept => request.decide(hand_over(1), acceptance("D1"), now),
        Act::Decline => request.decide(hand_over(1), refusal("D1"), now),
        Act::Fulfil => request.fulfil(hand_over(1), fulfilment("F1"), now),
        Act::Withdraw => request.withdraw(withdrawal(), now),
        Act::Answer => request.answer(answer(), None, now),
        Act::Reopen => request.reopen(None, now),
        Act::Merge => request.merge(twin(), now).map(|(merged, _)| merged),
        Act::Absorb => twin().merge(request, now).map(|(_, survivor)| survivor),
        Act::Score => request.score(&[500], now),
        Act::Escalate => {
            let due = Request {
                due_day: Some(day(1)),
                ..request
            };
            due.escalate(day(2), now)
                .ok_or_else(|| Rule::new(RuleCode::State, "nothing to tell"))
        }
    }
}

#[test]
fn every_status_and_act_is_as_the_domain_model_says() {
    for (status, act, after) in table() {
        assert_eq!(status.after(act), after, "{act} of {status}");
    }
}

#[test]
fn every_act_asks_the_table() {
    for (status, act, after) in table() {
        // A complaint, since every act exists for one; handed over, so that the hand-over is never what forbids it.
        let complaint = Request {
            kind: RequestKind::Complaint,
            status,
            ..routed(Destination::Strategy)
        };
        let version = complaint.version;
        match (tried(act, complaint), after) {
            (Ok(is), Some(after)) => {
                assert_eq!((is.status, is.version), (after, version + 1), "{act} of {status}");
                assert_eq!(is.changed_at, noon(1), "{act} of {status}");
            }
            (Err(refused), None) => assert_eq!(refused.code, RuleCode::State, "{act} of {status}: {refused}"),
            (other, _) => panic!("{act} of {status}: {other:?}"),
        }
    }
}

#[test]
fn a_request_begins_as_received() {
    let new = request(RequestKind::Wish);
    assert_eq!((new.status, new.version), (RequestStatus::Received, 1));
}

#[test]
fn open_is_what_somebody_still_awaits() {
    let closed: Vec<_> = RequestStatus::iter().filter(|s| !s.is_open()).collect();
    use RequestStatus::*;
    assert_eq!(closed, [Fulfilled, Dismissed, Withdrawn, Merged, Closed]);
}

#[test]
fn a_request_keeps_its_customer_and_its_raiser() {
    let change = |named| request(RequestKind::Wish).change(input(RequestKind::Wish), named, &used(), noon(1));
    let other = CustomerRef {
        id: CustomerId(Uuid::from_u128(2)),
        ..customer()
    };
    let refused = change(Named {
        customer: other,
        ..named()
    })
    .unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("/customer"));
    for (kind, id) in [(ActorKind::Contact, 2), (ActorKind::Person, 1)] {
        let raised_by = Raiser {
            kind,
            id: Uuid::from_u128(id),
            ..named().raised_by
        };
        let refused = change(Named { raised_by, ..named() }).unwrap_err();
        assert_eq!(refused.pointer.as_deref(), Some("/raisedBy"));
    }
}

#[test]
fn the_source_changes_it_only_until_it_is_sorted() {
    for status in RequestStatus::iter() {
        let told = Request {
            status,
            ..request(RequestKind::Wish)
        };
        let told = told.change_by_source(input(RequestKind::Wish), named(), noon(1));
        match status {
            RequestStatus::Received | RequestStatus::Investigating => assert_eq!(told.unwrap().version, 2),
            _ => assert_eq!(told.unwrap_err().code, RuleCode::SourceNoLongerOwns, "{status}"),
        }
    }
}

#[test]
fn a_forum_that_did_not_decline_is_no_ground() {
    let by_forum = || dismissal(DismissalGround::DeclinedByForum, None);
    let refused = request(RequestKind::Wish).dismiss(by_forum(), noon(1)).unwrap_err();
    assert_eq!(
        (refused.code, refused.pointer.as_deref()),
        (RuleCode::State, Some("/ground"))
    );
    let declined = routed(Destination::Delivery)
        .decide(hand_over(1), refusal("D1"), noon(1))
        .unwrap();
    assert_eq!(
        declined.dismiss(by_forum(), noon(2)).unwrap().status,
        RequestStatus::Dismissed
    );
}
