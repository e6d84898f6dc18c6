//! R15: a complaint has an owner and a due day, and is answered.
use super::*;

fn complaint() -> Request {
    request(RequestKind::Complaint)
}
/// Answered on day 1, to be reopened up to and including day 15.
fn answered() -> Request {
    complaint().answer(answer(), Some(day(15)), noon(1)).unwrap()
}
fn refused(result: Result<Request, Rule>) -> (Option<&'static str>, Option<String>) {
    let rule = result.unwrap_err();
    (rule.code.number(), rule.pointer)
}
fn r15(pointer: &str) -> (Option<&'static str>, Option<String>) {
    (Some("R15"), Some(pointer.into()))
}

const OTHER_KINDS: [RequestKind; 3] = [
    RequestKind::Wish,
    RequestKind::Requirement,
    RequestKind::ImprovementSuggestion,
];

#[test]
fn r15_only_a_complaint_has_an_owner_and_a_due_day() {
    let owner = || PersonRef {
        id: PersonId(Uuid::from_u128(3)),
        name: "Bo Ek".parse().unwrap(),
    };
    for kind in OTHER_KINDS {
        let with_owner = RequestInput {
            owner: Some(owner().id),
            ..input(kind)
        };
        assert_eq!(refused(receive(with_owner, named())), r15("/owner"), "{kind}");
        let with_due_day = RequestInput {
            due_day: Some(day(3)),
            ..input(kind)
        };
        assert_eq!(refused(receive(with_due_day, named())), r15("/dueDay"), "{kind}");
        let without = receive(
            input(kind),
            Named {
                owner: Some(owner()),
                ..named()
            },
        )
        .unwrap();
        assert_eq!(
            (without.owner, without.due_day),
            (None, None),
            "defaults are the complaint's alone: {kind}"
        );
    }
    let told = RequestInput {
        due_day: Some(day(3)),
        ..input(RequestKind::Complaint)
    };
    let told = receive(
        told,
        Named {
            owner: Some(owner()),
            ..named()
        },
    )
    .unwrap();
    assert_eq!((told.owner, told.due_day), (Some(owner()), Some(day(3))));
    assert_eq!(complaint().due_day, Some(day(10)), "the default");
}

#[test]
fn a_change_that_tells_no_due_day_keeps_it() {
    let told = RequestInput {
        due_day: Some(day(3)),
        ..input(RequestKind::Complaint)
    };
    let changed = receive(told, named())
        .unwrap()
        .change(input(RequestKind::Complaint), named(), &used(), noon(1));
    assert_eq!(changed.unwrap().due_day, Some(day(3)));
}

#[test]
fn r15_a_complaint_stays_one_and_nothing_else_becomes_one() {
    for kind in OTHER_KINDS {
        let hidden = complaint().change(input(kind), named(), &used(), noon(1));
        assert_eq!(refused(hidden), r15("/kind"), "{kind}");
        let made = request(kind).change(input(RequestKind::Complaint), named(), &used(), noon(1));
        assert_eq!(refused(made), r15("/kind"), "{kind}");
    }
}

#[test]
fn r15_a_complaint_is_dismissed_only_with_its_answer() {
    let declined = |r: Request| {
        let (routed, _) = r
            .route(hand_over(1), to(Destination::Delivery), &used(), noon(1))
            .unwrap();
        routed.decide(hand_over(1), refusal("D1"), noon(2)).unwrap()
    };
    for before in [
        complaint(),
        complaint().investigate(noon(1)).unwrap(),
        declined(complaint()),
    ] {
        let unanswered = before
            .clone()
            .dismiss(dismissal(DismissalGround::AlreadyMet, None), noon(3));
        assert_eq!(refused(unanswered), r15("/answer"), "{}", before.status);
        let answered = before
            .dismiss(dismissal(DismissalGround::AlreadyMet, Some("Se sidan.")), noon(3))
            .unwrap();
        let given = answered.answer.unwrap();
        assert_eq!((given.text.as_str(), given.answered_at), ("Se sidan.", noon(3)));
        assert_eq!(given.reopenable_until, None, "dismissed is not reopened");
    }
}

#[test]
fn r15_an_earlier_answer_is_enough_for_dismissal() {
    let reopened = answered().reopen(Some(day(20)), noon(2)).unwrap();
    let changed = reopened
        .clone()
        .change(input(RequestKind::Complaint), named(), &used(), noon(3))
        .unwrap();
    for before in [reopened, changed] {
        let dismissed = before
            .dismiss(dismissal(DismissalGround::OutOfScope, None), noon(4))
            .unwrap();
        assert_eq!(dismissed.answer.unwrap().text, answer().text);
    }
}

#[test]
fn r15_only_a_complaint_is_answered_and_reopened() {
    for kind in OTHER_KINDS {
        assert_eq!(
            refused(request(kind).answer(answer(), None, noon(1))),
            (Some("R15"), None),
            "{kind}"
        );
        let looks_answered = Request {
            status: RequestStatus::Answered,
            ..request(kind)
        };
        assert_eq!(
            refused(looks_answered.reopen(None, noon(1))),
            (Some("R15"), None),
            "{kind}"
        );
        let with_answer = dismissal(DismissalGround::OutOfScope, Some("Tyvärr."));
        assert_eq!(
            refused(request(kind).dismiss(with_answer, noon(1))),
            r15("/answer"),
            "{kind}"
        );
        assert!(
            request(kind)
                .dismiss(dismissal(DismissalGround::OutOfScope, None), noon(1))
                .is_ok(),
            "{kind}"
        );
    }
}

#[test]
fn r15_overdue_begins_the_day_after_the_due_day() {
    for n in 0..20 {
        assert_eq!(
            complaint().as_of(day(n)).overdue,
            n > 10,
            "due on day 10, read on day {n}"
        );
        assert!(!request(RequestKind::Wish).as_of(day(n)).overdue);
    }
    let without_due_day = Request {
        due_day: None,
        ..complaint()
    };
    assert!(!without_due_day.as_of(day(90)).overdue);
}

#[test]
fn r15_overdue_is_computed_whenever_it_is_read() {
    let read_late = complaint().as_of(day(11));
    assert!(read_late.overdue && !read_late.as_of(day(10)).overdue);
}

#[test]
fn r15_overdue_is_only_what_awaits_an_answer() {
    let late = day(90);
    let (routed, _) = complaint()
        .route(hand_over(1), to(Destination::Strategy), &used(), noon(1))
        .unwrap();
    assert!(complaint().investigate(noon(1)).unwrap().as_of(late).overdue);
    assert!(routed.as_of(late).overdue, "handing it over answers nobody");
    let answered_for_good = complaint().answer(answer(), None, noon(1)).unwrap();
    let dismissed = complaint()
        .dismiss(dismissal(DismissalGround::OutOfScope, Some("Tyvärr.")), noon(1))
        .unwrap();
    let withdrawn = complaint().withdraw(withdrawal(), noon(1)).unwrap();
    for done in [answered_for_good, answered(), dismissed, withdrawn] {
        assert!(!done.clone().as_of(late).overdue, "{}", done.status);
    }
}

#[test]
fn r15_a_complaint_is_answered_wherever_it_is() {
    let late = day(90);
    let (routed, _) = complaint()
        .route(hand_over(1), to(Destination::Delivery), &used(), noon(1))
        .unwrap();
    let accepted = || routed.clone().decide(hand_over(1), acceptance("D1"), noon(2)).unwrap();
    // While a destination has it, it stays there: the answer closes nothing, and nobody is late with it any more.
    for there in [routed.clone(), accepted()] {
        let told = there.clone().answer(answer(), Some(day(20)), noon(3)).unwrap();
        assert_eq!((told.status, &told.hand_over), (there.status, &there.hand_over));
        assert_eq!(told.answer.as_ref().unwrap().reopenable_until, None);
        assert!(there.as_of(late).overdue && !told.clone().as_of(late).overdue);
        assert_eq!(told.escalate(late, noon(90)), None);
    }
    // When it is done there, whoever complained is still to be told, and may object.
    let fulfilled = || accepted().fulfil(hand_over(1), fulfilment("F1"), noon(4)).unwrap();
    let declined = routed.clone().decide(hand_over(1), refusal("D1"), noon(2)).unwrap();
    for done in [fulfilled(), declined] {
        assert!(done.clone().as_of(late).overdue, "{}", done.status);
        assert!(done.clone().escalate(late, noon(90)).is_some(), "{}", done.status);
        let told = done.answer(answer(), Some(day(20)), noon(5)).unwrap();
        assert_eq!(told.status, RequestStatus::Answered);
        let anew = told.reopen(Some(day(30)), noon(6)).unwrap();
        assert_eq!(anew.status, RequestStatus::Investigating);
        assert!(anew.clone().as_of(late).overdue);
        // A reopened one is awaited wherever it goes next, whatever was answered before.
        let (elsewhere, _) = anew
            .route(hand_over(2), to(Destination::Strategy), &used(), noon(7))
            .unwrap();
        assert!(elsewhere.as_of(late).overdue);
    }
    let told = accepted().answer(answer(), None, noon(3)).unwrap();
    assert!(
        !told
            .fulfil(hand_over(1), fulfilment("F1"), noon(4))
            .unwrap()
            .unanswered()
    );
    assert!(!routed_wish().unanswered());
}

fn routed_wish() -> Request {
    routed(Destination::Delivery)
}

#[test]
fn an_answered_complaint_reads_closed_after_its_last_day_for_reopening() {
    for n in 1..30 {
        let expected = if n <= 15 {
            RequestStatus::Answered
        } else {
            RequestStatus::Closed
        };
        assert_eq!(answered().as_of(day(n)).status, expected, "on day {n}");
    }
    let without_end = complaint().answer(answer(), None, noon(1)).unwrap();
    assert_eq!(without_end.as_of(day(900)).status, RequestStatus::Answered);
}

#[test]
fn who_complained_reopens_up_to_and_including_the_last_day() {
    let reopened = answered().as_of(day(15)).reopen(Some(day(20)), noon(15)).unwrap();
    assert_eq!(
        (reopened.status, reopened.due_day),
        (RequestStatus::Investigating, Some(day(20)))
    );
    let late = answered().as_of(day(16)).reopen(Some(day(20)), noon(16)).unwrap_err();
    assert_eq!(late.code, RuleCode::State);
}

#[test]
fn a_reopened_complaint_is_due_anew_until_it_is_answered_anew() {
    let reopened = answered().reopen(Some(day(20)), noon(2)).unwrap();
    for n in 10..30 {
        let read = reopened.clone().as_of(day(n));
        assert_eq!(
            (read.status, read.overdue),
            (RequestStatus::Investigating, n > 20),
            "on day {n}"
        );
    }
    let anew = reopened.answer(answer(), Some(day(40)), noon(25)).unwrap();
    let read = anew.as_of(day(30));
    assert_eq!((read.status, read.overdue), (RequestStatus::Answered, false));
}
