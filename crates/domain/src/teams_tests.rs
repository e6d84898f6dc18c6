use proptest::prelude::*;

use super::*;

pub(super) fn day(n: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 1).unwrap() + chrono::Duration::days(n)
}
fn team() -> CustomerTeam {
    let name = "Team Skola".parse().unwrap();
    CustomerTeam::register(
        TeamId(Uuid::from_u128(1)),
        CustomerTeamInput { name },
        Default::default(),
    )
}
pub(super) fn member(id: u128, person: u128, role: Role, first: i64, last: Option<i64>) -> Membership {
    let service = ServiceRef {
        id: ServiceId(Uuid::nil()),
        code: "MAIL".parse().unwrap(),
        name: "E-post".parse().unwrap(),
    };
    Membership {
        id: MembershipId(Uuid::from_u128(id)),
        person: PersonRef {
            id: PersonId(Uuid::from_u128(person)),
            name: "Anna Lind".parse().unwrap(),
        },
        role,
        services: if role == Role::ServiceOwner {
            vec![service]
        } else {
            vec![]
        },
        first_day: day(first),
        last_day: last.map(day),
        deputies: vec![],
    }
}
pub(super) const ROLES: [Role; 3] = Role::ALL;

pub(super) fn complete() -> CustomerTeam {
    ROLES.iter().zip(1u128..).fold(team(), |t, (role, n)| {
        t.join(member(n, n, *role, 0, None), &[], day(0)).unwrap()
    })
}
const ALWAYS: fn() -> Period = || Period {
    since: day(0),
    until: None,
};

#[test]
fn a_team_is_complete_with_one_of_each() {
    let mut t = team();
    assert_eq!(t.state, TeamState::Forming);
    for (role, n) in ROLES.into_iter().zip(1u128..) {
        t = t.join(member(n, n, role, 0, None), &[], day(0)).unwrap();
    }
    assert_eq!(t.state, TeamState::Complete);
    assert_eq!(t.as_of(day(-1)).state, TeamState::Forming);
}

#[test]
fn r1_two_managers_on_one_day_are_refused() {
    let refused = complete()
        .join(member(9, 9, Role::DeliveryManager, 5, None), &[], day(0))
        .unwrap_err();
    assert_eq!(refused.code.number(), Some("R1"));
}

#[test]
fn r2_the_managers_are_different_persons_unless_excepted() {
    let t = team()
        .join(member(1, 7, Role::BusinessRelationshipManager, 0, None), &[], day(0))
        .unwrap();
    let both = member(2, 7, Role::DeliveryManager, 10, None);
    assert_eq!(
        t.clone().join(both.clone(), &[], day(0)).unwrap_err().code,
        RuleCode::SamePersonTwice
    );
    let exception = SamePersonException {
        reason: "Liten organisation.".parse().unwrap(),
        last_day: day(20),
    };
    let t = t.except(Some(exception), day(0)).unwrap();
    assert_eq!(
        t.clone().join(both.clone(), &[], day(0)).unwrap_err().code,
        RuleCode::SamePersonTwice,
        "runs past the exception"
    );
    assert!(
        t.join(
            Membership {
                last_day: Some(day(20)),
                ..both
            },
            &[],
            day(0)
        )
        .is_ok()
    );
}

#[test]
fn r3_the_successor_is_named_in_the_same_call() {
    let id = MembershipId(Uuid::from_u128(2));
    let refused = complete().leave(id, day(30), None, &[ALWAYS()], day(0)).unwrap_err();
    assert!(refused.detail.contains("successor"), "{refused}");
    assert!(
        complete().leave(id, day(30), None, &[], day(0)).is_ok(),
        "without customers it may"
    );
    let next = PersonRef {
        id: PersonId(Uuid::from_u128(8)),
        name: "Bo Ek".parse().unwrap(),
    };
    let t = complete()
        .leave(
            id,
            day(30),
            Some((MembershipId(Uuid::from_u128(5)), next)),
            &[ALWAYS()],
            day(0),
        )
        .unwrap();
    assert_eq!(
        t.holders(Role::DeliveryManager, day(31)).next().unwrap().first_day,
        day(31)
    );
}

#[test]
fn r1_a_customer_that_comes_later_meets_a_complete_team() {
    let later = Period {
        since: day(20),
        until: None,
    };
    let delivery = MembershipId(Uuid::from_u128(2));
    let refused = complete().leave(delivery, day(5), None, &[later], day(0)).unwrap_err();
    assert_eq!(refused.code.number(), Some("R1"));
}

#[test]
fn a_departure_is_never_refused() {
    let t = complete().lose(PersonId(Uuid::from_u128(1)), day(3), day(3));
    assert_eq!(
        (t.state, t.as_of(day(4)).state),
        (TeamState::Complete, TeamState::Forming)
    );
}

proptest! {
    /// Whatever sequence of joins, ends and successions is asked: on no day from today on are there two managers of
    /// a kind, one person in both roles, or a day that was complete and is not while the team has a customer.
    #[test]
    fn r1_r2_r3_hold_after_any_sequence(acts in prop::collection::vec((0u8..3, 0usize..3, 1u128..5, 0i64..40, prop::option::of(0i64..40)), 1..30)) {
        let mut t = complete();
        let mut next_id = 100u128;
        for (act, role, person, at, len) in acts {
            next_id += 1;
            let tried = match act {
                0 => t.clone().join(member(next_id, person, ROLES[role], at, len.map(|l| at + l)), &[ALWAYS()], day(0)),
                _ => {
                    let id = t.members[at as usize % t.members.len()].id;
                    let successor = (act == 2).then(|| (MembershipId(Uuid::from_u128(next_id)), member(0, person, ROLES[role], 0, None).person));
                    t.clone().leave(id, day(at), successor, &[ALWAYS()], day(0))
                }
            };
            if let Ok(after) = tried {
                t = after;
            }
            for d in (0..90).map(day) {
                prop_assert_eq!(t.missing_on(d), vec![], "complete on {}", d);
                for role in &ROLES[..2] {
                    prop_assert_eq!(t.holders(*role, d).count(), 1);
                }
                let manager = t.holders(ROLES[0], d).next().unwrap().person.id;
                prop_assert_ne!(manager, t.holders(ROLES[1], d).next().unwrap().person.id);
            }
        }
    }
}
