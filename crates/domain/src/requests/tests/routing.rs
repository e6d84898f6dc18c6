//! R13: one destination at a time. R14: what must be endorsed by whom before it is routed.
use super::*;

/// Every act of a destination on the hand-over.
fn acts_on(id: HandOverId, request: &Request) -> Vec<Result<Request, Rule>> {
    let (request, now) = (|| request.clone(), noon(5));
    vec![
        request().acknowledge(id, receipt("R9"), now),
        request().decide(id, acceptance("D9"), now),
        request().decide(id, refusal("D9"), now),
        request().fulfil(id, fulfilment("F9"), now),
    ]
}

#[test]
fn r13_moving_takes_the_undecided_hand_over_back() {
    let untouched = routed(Destination::Delivery);
    let acknowledged = untouched
        .clone()
        .acknowledge(hand_over(1), receipt("R1"), noon(1))
        .unwrap();
    for before in [untouched, acknowledged] {
        let was = before.hand_over.clone().unwrap();
        let (after, former) = before
            .route(hand_over(2), to(Destination::Strategy), &used(), noon(2))
            .unwrap();
        let taken_back = HandOver {
            state: HandOverState::Withdrawn,
            version: was.version + 1,
            ..was
        };
        assert_eq!(former, Some(taken_back));
        let current = after.hand_over.as_ref().unwrap();
        assert_eq!((current.id, current.destination), (hand_over(2), Destination::Strategy));
        assert_eq!((current.state, current.version), (HandOverState::HandedOver, 1));
        assert_eq!(current.request_version, after.version);
    }
}

#[test]
fn r13_the_same_destination_again_is_a_new_hand_over() {
    let (after, former) = routed(Destination::Delivery)
        .route(hand_over(2), to(Destination::Delivery), &used(), noon(1))
        .unwrap();
    let former = former.unwrap();
    assert_eq!((former.id, former.state), (hand_over(1), HandOverState::Withdrawn));
    let current = after.hand_over.unwrap();
    assert_eq!((current.id, current.state), (hand_over(2), HandOverState::HandedOver));
}

#[test]
fn r13_what_was_declined_is_not_taken_back() {
    let declined = routed(Destination::Delivery)
        .decide(hand_over(1), refusal("D1"), noon(1))
        .unwrap();
    let (after, former) = declined
        .route(hand_over(2), to(Destination::Delivery), &used(), noon(2))
        .unwrap();
    assert_eq!(former, None);
    assert_eq!(after.hand_over.unwrap().id, hand_over(2));
}

#[test]
fn r13_acts_on_a_hand_over_that_is_not_the_current_one_are_refused() {
    let accepted = routed(Destination::Delivery)
        .decide(hand_over(1), acceptance("D1"), noon(1))
        .unwrap();
    let moved = [
        request(RequestKind::Wish),
        routed(Destination::Delivery)
            .route(hand_over(2), to(Destination::Delivery), &used(), noon(2))
            .unwrap()
            .0,
        routed(Destination::Delivery).withdraw(withdrawal(), noon(2)).unwrap(),
        accepted.withdraw(withdrawal(), noon(2)).unwrap(),
    ];
    for request in moved {
        for act in acts_on(hand_over(1), &request) {
            assert_eq!(act.unwrap_err().code, RuleCode::OldHandOver, "{}", request.status);
        }
    }
}

#[test]
fn a_repeated_act_on_an_old_hand_over_is_refused_too() {
    let decided = routed(Destination::Delivery)
        .decide(hand_over(1), refusal("D1"), noon(1))
        .unwrap();
    let (moved, _) = decided
        .route(hand_over(2), to(Destination::Delivery), &used(), noon(2))
        .unwrap();
    assert_eq!(
        moved.decide(hand_over(1), refusal("D1"), noon(3)).unwrap_err().code,
        RuleCode::OldHandOver
    );
}

#[test]
fn withdrawing_takes_back_what_a_destination_has() {
    let routed = routed(Destination::Delivery);
    let accepted = routed.clone().decide(hand_over(1), acceptance("D1"), noon(1)).unwrap();
    let declined = routed.clone().decide(hand_over(1), refusal("D1"), noon(1)).unwrap();
    let state = |r: Request| r.withdraw(withdrawal(), noon(2)).unwrap().hand_over.unwrap().state;
    assert_eq!(state(routed), HandOverState::Withdrawn);
    assert_eq!(state(accepted), HandOverState::Withdrawn);
    assert_eq!(state(declined), HandOverState::Declined, "it was given back already");
}

fn to_portfolio(request: Request) -> Result<Request, Rule> {
    request
        .route(hand_over(1), to(Destination::ServicePortfolio), &used(), noon(1))
        .map(|(after, _)| after)
}

#[test]
fn r14_nothing_goes_to_the_portfolio_without_an_endorsement() {
    let refused = to_portfolio(request(RequestKind::Wish)).unwrap_err();
    assert_eq!(
        (refused.code, refused.code.number()),
        (RuleCode::EndorsementMissing, Some("R14"))
    );
    assert_eq!(to_portfolio(endorsed()).unwrap().status, RequestStatus::Routed);
}

#[test]
fn r14_only_mandate_customer_endorses() {
    for kind in [MandateKind::Purchaser, MandateKind::KeyUser] {
        let refused = request(RequestKind::Wish)
            .endorse(&contact(1, kind, 0, None), day(0), noon(0))
            .unwrap_err();
        assert_eq!(refused.code, RuleCode::EndorsementMissing, "{kind}");
    }
}

#[test]
fn r14_the_mandate_holds_that_day() {
    let mandated = contact(1, MandateKind::Customer, 5, Some(7));
    let gone = decider(1).end(day(7));
    for (contact, first) in [(mandated, 5), (gone, 0)] {
        for n in 0..10 {
            let endorsed = request(RequestKind::Wish).endorse(&contact, day(n), noon(n));
            assert_eq!(endorsed.is_ok(), (first..=7).contains(&n), "on day {n}");
        }
    }
}

#[test]
fn endorsing_twice_changes_nothing() {
    let once = endorsed();
    assert_eq!(once.clone().endorse(&decider(1), day(1), noon(1)).unwrap(), once);
    assert_eq!(
        once.endorse(&decider(2), day(1), noon(1)).unwrap().endorsements.len(),
        2
    );
}

/// The wish with everything told, and each way to change what an endorsement is for.
fn told_otherwise() -> Vec<(&'static str, RequestInput, Named)> {
    let (wish, found) = (|| input(RequestKind::Wish), named);
    vec![
        (
            "title",
            RequestInput {
                title: "Digital stämpel".parse().unwrap(),
                ..wish()
            },
            found(),
        ),
        (
            "description",
            RequestInput {
                description: Some("Alla avtal.".parse().unwrap()),
                ..wish()
            },
            found(),
        ),
        (
            "another service",
            wish(),
            Named {
                services: vec![service(2)],
                ..found()
            },
        ),
        (
            "one service more",
            wish(),
            Named {
                services: vec![service(1), service(2)],
                ..found()
            },
        ),
        (
            "benefit",
            RequestInput {
                benefit: Some("Två timmar i veckan.".parse().unwrap()),
                ..wish()
            },
            found(),
        ),
    ]
}

#[test]
fn r14_changing_what_was_endorsed_voids_the_endorsement() {
    for (member, input, named) in told_otherwise() {
        let changed = endorsed().change(input, named, &used(), noon(1)).unwrap();
        assert_eq!(changed.endorsements, [], "{member}");
        assert_eq!(
            to_portfolio(changed.clone()).unwrap_err().code,
            RuleCode::EndorsementMissing,
            "{member}"
        );
        assert!(
            to_portfolio(changed.endorse(&decider(1), day(1), noon(1)).unwrap()).is_ok(),
            "endorsed anew"
        );
    }
}

#[test]
fn r14_changing_anything_else_leaves_the_endorsement() {
    let again = Named {
        services: vec![service(1), service(1)],
        ..named()
    };
    let others = [
        (
            "wanted by",
            RequestInput {
                wanted_by: Some(day(90)),
                ..input(RequestKind::Wish)
            },
            named(),
        ),
        ("kind", input(RequestKind::Requirement), named()),
        ("the same service twice", input(RequestKind::Wish), again),
    ];
    for (member, input, named) in others {
        let changed = endorsed().change(input, named, &used(), noon(1)).unwrap();
        assert_eq!(changed.endorsements.len(), 1, "{member}");
        assert!(to_portfolio(changed).is_ok(), "{member}");
    }
}

#[test]
fn r14_the_order_of_services_is_no_change() {
    let with = |services| Named { services, ..named() };
    let both = receive(input(RequestKind::Wish), with(vec![service(1), service(2)])).unwrap();
    let both = both.endorse(&decider(1), day(0), noon(0)).unwrap();
    let turned = with(vec![service(2), service(1)]);
    let turned = both.change(input(RequestKind::Wish), turned, &used(), noon(1)).unwrap();
    assert_eq!(turned.endorsements.len(), 1);
}

#[test]
fn r14_the_portfolio_accepts_only_what_is_endorsed_as_it_reads() {
    for (member, input, named) in told_otherwise() {
        let changed = routed(Destination::ServicePortfolio)
            .change(input, named, &used(), noon(1))
            .unwrap();
        let refused = changed
            .clone()
            .decide(hand_over(1), acceptance("D1"), noon(2))
            .unwrap_err();
        assert_eq!(refused.code, RuleCode::EndorsementMissing, "{member}");
        let declined = changed.clone().decide(hand_over(1), refusal("D1"), noon(2)).unwrap();
        assert_eq!(
            declined.status,
            RequestStatus::Declined,
            "declining needs no endorsement"
        );
        let endorsed = changed.endorse(&decider(1), day(2), noon(2)).unwrap();
        let accepted = endorsed.decide(hand_over(1), acceptance("D1"), noon(3)).unwrap();
        assert_eq!(accepted.status, RequestStatus::Accepted, "endorsed anew");
    }
}

#[test]
fn r14_other_destinations_accept_without_an_endorsement() {
    for destination in [Destination::Delivery, Destination::Strategy] {
        let (wish, _) = request(RequestKind::Wish)
            .route(hand_over(1), to(destination), &used(), noon(1))
            .unwrap();
        assert!(
            wish.decide(hand_over(1), acceptance("D1"), noon(2)).is_ok(),
            "{destination}"
        );
    }
}

#[test]
fn r14_delivery_takes_what_concerns_a_service_in_use() {
    let to_delivery = |services, used: &HashSet<ServiceId>| {
        let wish = receive(input(RequestKind::Wish), Named { services, ..named() }).unwrap();
        // Endorsed or not makes no difference here: what concerns no service in use is for the portfolio.
        let wish = wish.endorse(&decider(1), day(0), noon(0)).unwrap();
        wish.route(hand_over(1), to(Destination::Delivery), used, noon(1))
            .map_err(|rule| rule.code)
    };
    assert!(to_delivery(vec![service(1)], &used()).is_ok());
    assert!(
        to_delivery(vec![service(1), service(2)], &used()).is_ok(),
        "one is enough"
    );
    for services in [vec![], vec![service(2)]] {
        assert_eq!(
            to_delivery(services, &used()).unwrap_err(),
            RuleCode::EndorsementMissing
        );
    }
    assert_eq!(
        to_delivery(vec![service(1)], &HashSet::new()).unwrap_err(),
        RuleCode::EndorsementMissing,
        "used no more"
    );
}

#[test]
fn r14_what_delivery_has_keeps_concerning_a_service_in_use() {
    let other = || Named {
        services: vec![service(2)],
        ..named()
    };
    let change = |r: Request| {
        r.change(input(RequestKind::Wish), other(), &used(), noon(1))
            .map_err(|rule| rule.code)
    };
    assert_eq!(
        change(routed(Destination::Delivery)).unwrap_err(),
        RuleCode::EndorsementMissing
    );
    assert!(change(routed(Destination::Strategy)).is_ok());
    let declined = routed(Destination::Delivery)
        .decide(hand_over(1), refusal("D1"), noon(1))
        .unwrap();
    assert!(change(declined).is_ok(), "delivery has it no more");
}

#[test]
fn an_undecided_destination_is_told_of_the_new_version() {
    let changed = |r: Request| r.change(input(RequestKind::Wish), named(), &used(), noon(2)).unwrap();
    let endorsed = |r: Request| r.endorse(&decider(2), day(2), noon(2)).unwrap();
    for told in [
        changed(routed(Destination::Delivery)),
        endorsed(routed(Destination::Delivery)),
    ] {
        let current = told.hand_over.unwrap();
        assert_eq!((current.version, current.request_version), (2, told.version));
    }
    let declined = routed(Destination::Delivery)
        .decide(hand_over(1), refusal("D1"), noon(1))
        .unwrap();
    for untold in [changed(declined.clone()), endorsed(declined.clone())] {
        assert_eq!(untold.hand_over, declined.hand_over, "it has decided");
    }
}
