//! Duplicates, scores and escalation, as far as one request knows of them.
use super::*;

fn twin(kind: RequestKind) -> Request {
    Request {
        id: RequestId(Uuid::from_u128(77)),
        number: "REQ-2026-000077".into(),
        ..request(kind)
    }
}

#[test]
fn a_duplicate_leads_to_the_one_that_goes_on() {
    let duplicate = Request {
        id: RequestId(Uuid::from_u128(78)),
        ..routed(Destination::ServicePortfolio)
    };
    let (merged, survivor) = duplicate.clone().merge(twin(RequestKind::Wish), noon(2)).unwrap();
    assert_eq!(merged.status, RequestStatus::Merged);
    assert_eq!(merged.merged_into.unwrap().id, survivor.id);
    assert_eq!(merged.hand_over.unwrap().state, HandOverState::Withdrawn);
    assert_eq!(survivor.endorsements, duplicate.endorsements, "endorsements move along");
    assert_eq!(survivor.version, 2);
}

#[test]
fn r14_an_endorsement_of_other_words_is_told_and_does_not_count() {
    let other_words = || Request {
        title: "Elektronisk underskrift".parse().unwrap(),
        ..twin(RequestKind::Wish)
    };
    let (_, survivor) = endorsed().merge(other_words(), noon(2)).unwrap();
    assert_eq!(survivor.endorsements[0].given_for, Some(endorsed().number));
    let to_portfolio = |r: Request| r.route(hand_over(2), to(Destination::ServicePortfolio), &used(), noon(3));
    assert_eq!(
        to_portfolio(survivor.clone()).unwrap_err().code,
        RuleCode::EndorsementMissing
    );
    // The same contact endorses these words too: it takes the other's place.
    let both = survivor.clone().endorse(&decider(1), day(3), noon(3)).unwrap();
    assert_eq!(both.endorsements.len(), 1);
    assert!(to_portfolio(both).is_ok());
    // What counts already is not lost to what does not.
    let known = other_words().endorse(&decider(1), day(1), noon(1)).unwrap();
    let (_, survivor) = endorsed().merge(known, noon(2)).unwrap();
    assert!(survivor.endorsements.len() == 1 && survivor.endorsements[0].counts());
    // Merged on, it still says for which words it was given.
    let (_, first) = endorsed().merge(other_words(), noon(2)).unwrap();
    let last = Request {
        id: RequestId(Uuid::from_u128(79)),
        ..other_words()
    };
    let (_, last) = first.merge(last, noon(3)).unwrap();
    assert_eq!(last.endorsements[0].given_for, Some(endorsed().number));
}

#[test]
fn what_a_destination_works_on_is_the_one_that_goes_on() {
    let accepted = || {
        let routed = routed(Destination::Delivery);
        routed.decide(hand_over(1), acceptance("D1"), noon(1)).unwrap()
    };
    let refused = accepted().merge(twin(RequestKind::Wish), noon(2)).unwrap_err();
    assert_eq!(refused.code, RuleCode::State);
    assert!(refused.detail.contains("merge REQ-2026-000077 into it"), "{refused}");
    let (_, survivor) = twin(RequestKind::Wish).merge(accepted(), noon(2)).unwrap();
    let hand_over = survivor.hand_over.unwrap();
    assert_eq!(
        (hand_over.state, hand_over.request_version),
        (HandOverState::Accepted, survivor.version)
    );
}

#[test]
fn r14_no_customer_endorses_for_another() {
    let mut other = twin(RequestKind::Wish);
    other.customer.id = CustomerId(Uuid::from_u128(99));
    let (merged, survivor) = endorsed().merge(other, noon(2)).unwrap();
    assert!(survivor.endorsements.is_empty());
    assert!(!merged.endorsements.is_empty());
}

#[test]
fn r15_a_complaint_goes_on_where_it_still_gets_an_answer() {
    let other = twin(RequestKind::Complaint);
    let elsewhere = Request {
        customer: CustomerRef {
            id: CustomerId(Uuid::from_u128(77)),
            ..other.customer.clone()
        },
        ..other.clone()
    };
    let answered = Request {
        status: RequestStatus::Answered,
        ..other.clone()
    };
    let complaint = || Request {
        id: RequestId(Uuid::from_u128(78)),
        ..other.clone()
    };
    for (into, code) in [(elsewhere, RuleCode::ComplaintAnswer), (answered, RuleCode::State)] {
        let refused = complaint().merge(into, noon(2)).unwrap_err();
        assert_eq!((refused.code, refused.pointer.as_deref()), (code, Some("/into")));
    }
    assert!(complaint().merge(other.clone(), noon(2)).is_ok());
}

#[test]
fn r15_a_complaint_goes_on_in_a_complaint_alone() {
    let refused = request(RequestKind::Complaint)
        .merge(twin(RequestKind::Wish), noon(2))
        .unwrap_err();
    assert_eq!(
        (refused.code.number(), refused.pointer.as_deref()),
        (Some("R15"), Some("/into"))
    );
}

#[test]
fn nothing_merges_into_itself_or_into_what_has_ended() {
    let wish = || request(RequestKind::Wish);
    assert_eq!(wish().merge(wish(), noon(2)).unwrap_err().code, RuleCode::State);
    let ended = twin(RequestKind::Wish).withdraw(withdrawal(), noon(1)).unwrap();
    assert_eq!(
        wish().merge(ended, noon(2)).unwrap_err().pointer.as_deref(),
        Some("/into")
    );
    let (merged, _) = twin(RequestKind::Wish).merge(wish(), noon(2)).unwrap();
    assert!(wish().merge(merged, noon(3)).is_err(), "no cycles");
}

#[test]
fn r15_a_due_day_is_escalated_once() {
    let complaint = || Request {
        due_day: Some(day(3)),
        ..request(RequestKind::Complaint)
    };
    assert_eq!(
        complaint().escalate(day(3), noon(3)),
        None,
        "it may be answered all day"
    );
    let escalated = complaint().escalate(day(4), noon(4)).unwrap();
    assert_eq!(escalated.escalated_at, Some(noon(4)));
    assert_eq!(escalated.clone().escalate(day(5), noon(5)), None);
    let later = Request {
        due_day: Some(day(6)),
        ..escalated
    };
    assert!(later.escalate(day(7), noon(7)).is_some(), "another due day");
}

#[test]
fn a_score_is_the_mean_rounded_half_up() {
    let score = |totals: &[i64]| request(RequestKind::Wish).score(totals, noon(1)).unwrap().score;
    assert_eq!(score(&[]), None);
    assert_eq!(score(&[500, 501]), Some(501));
    assert_eq!(score(&[1, 1, 2]), Some(1));
}
