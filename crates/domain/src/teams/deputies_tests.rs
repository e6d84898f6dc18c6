use proptest::prelude::*;
use uuid::Uuid;

use super::{
    super::tests::{ROLES, complete, day, member},
    *,
};

fn deputy(id: u128, person: u128, first: i64, last: Option<i64>) -> Deputy {
    Deputy {
        id: DeputyId(Uuid::from_u128(id)),
        person: PersonRef {
            id: PersonId(Uuid::from_u128(person)),
            name: "Dag Ersättare".parse().unwrap(),
        },
        first_day: day(first),
        last_day: last.map(day),
    }
}
fn id(n: u128) -> MembershipId {
    MembershipId(Uuid::from_u128(n))
}
/// The memberships of `complete()`.
const MANAGER: u128 = 1;
const DELIVERY: u128 = 2;

#[test]
fn a_deputy_acts_on_the_first_and_the_last_day_and_between() {
    let team = complete()
        .name_deputy(id(MANAGER), deputy(50, 9, 5, Some(7)), day(0))
        .unwrap();
    for (n, acts) in [(4, 1), (5, 2), (7, 2), (8, 1)] {
        assert_eq!(team.acting(ROLES[0], day(n)).count(), acts, "day {n}");
        assert_eq!(team.holders(ROLES[0], day(n)).count(), 1, "holds no role on day {n}");
    }
}

#[test]
fn r1_a_deputy_does_not_make_a_team_complete() {
    let team = complete()
        .name_deputy(id(MANAGER), deputy(50, 9, 0, None), day(0))
        .unwrap();
    let left = team.lose(PersonId(Uuid::from_u128(MANAGER)), day(3), day(4));
    assert_eq!(left.missing, [ROLES[0]]);
    assert_eq!(
        left.acting(ROLES[0], day(4)).count(),
        0,
        "the deputy falls with the member"
    );
    assert_eq!(left.acting(ROLES[0], day(3)).count(), 2);
}

#[test]
fn r2_deputies_are_kept_apart_like_managers() {
    let code = |tried: Result<CustomerTeam, Rule>| tried.unwrap_err().code;
    // The other manager; their deputy; and a manager who comes later.
    assert_eq!(
        code(complete().name_deputy(id(MANAGER), deputy(50, DELIVERY, 5, Some(7)), day(0))),
        RuleCode::SamePersonTwice
    );
    let team = complete()
        .name_deputy(id(MANAGER), deputy(50, 9, 5, Some(7)), day(0))
        .unwrap();
    for (first, last, apart) in [(1, 4, true), (1, 5, false), (7, 9, false), (8, 9, true)] {
        let tried = team
            .clone()
            .name_deputy(id(DELIVERY), deputy(51, 9, first, Some(last)), day(0));
        assert_eq!(tried.is_ok(), apart, "{first} to {last}");
    }
    let successor = (id(60), deputy(0, 9, 0, None).person);
    assert_eq!(
        code(
            team.clone()
                .leave(id(DELIVERY), day(6), Some(successor.clone()), &[], day(0))
        ),
        RuleCode::SamePersonTwice
    );
    assert!(team.leave(id(DELIVERY), day(7), Some(successor), &[], day(0)).is_ok());
    // Unless an exception says so, as long as it lasts.
    let exception = super::super::SamePersonException {
        reason: "Liten organisation.".parse().unwrap(),
        last_day: day(6),
    };
    let excepted = complete().except(Some(exception), day(0)).unwrap();
    let both = |last| {
        excepted
            .clone()
            .name_deputy(id(MANAGER), deputy(50, DELIVERY, 5, Some(last)), day(0))
    };
    assert!(both(6).is_ok());
    assert_eq!(code(both(7)), RuleCode::SamePersonTwice);
    assert_eq!(code(both(6).unwrap().except(None, day(0))), RuleCode::SamePersonTwice);
    // A service owner may stand in for either.
    assert!(
        complete()
            .name_deputy(id(MANAGER), deputy(50, 3, 5, None), day(0))
            .is_ok()
    );
}

#[test]
fn a_deputy_is_somebody_else_within_the_membership_and_alone_on_a_day() {
    let team = complete().leave(id(MANAGER), day(20), None, &[], day(0)).unwrap();
    let name = |d: Deputy| team.clone().name_deputy(id(MANAGER), d, day(0));
    for (refused, code, pointer) in [
        (deputy(50, MANAGER, 5, Some(7)), RuleCode::State, "/person"),
        (deputy(50, 9, -1, Some(7)), RuleCode::DateOrder, "/firstDay"),
        (deputy(50, 9, 5, Some(21)), RuleCode::DateOrder, "/lastDay"),
        (deputy(50, 9, 5, None), RuleCode::DateOrder, "/lastDay"),
        (deputy(50, 9, 21, Some(22)), RuleCode::DateOrder, "/firstDay"),
        (deputy(50, 9, 7, Some(5)), RuleCode::DateOrder, "/lastDay"),
    ] {
        let told = name(refused.clone()).unwrap_err();
        assert_eq!(
            (told.code, told.pointer.as_deref()),
            (code, Some(pointer)),
            "{refused:?}"
        );
    }
    let one = name(deputy(50, 9, 5, Some(7))).unwrap();
    let second = |first| {
        one.clone()
            .name_deputy(id(MANAGER), deputy(51, 8, first, Some(9)), day(0))
    };
    assert_eq!(second(7).unwrap_err().code, RuleCode::NotUnique);
    assert!(second(8).is_ok());
}

#[test]
fn a_deputy_ends_and_one_who_has_not_begun_never_was() {
    let team = complete()
        .name_deputy(id(MANAGER), deputy(50, 9, 5, Some(7)), day(0))
        .unwrap();
    let end = |last, today| {
        let ended = team
            .clone()
            .end_deputy(id(MANAGER), DeputyId(Uuid::from_u128(50)), day(last), day(today));
        ended.map(|t| t.members[0].deputies.clone())
    };
    assert_eq!(end(6, 5).unwrap()[0].last_day, Some(day(6)));
    assert_eq!(end(4, 4).unwrap(), []);
    assert_eq!(
        end(4, 5).unwrap_err().code,
        RuleCode::DateOrder,
        "what was cannot be undone"
    );
    let unknown = team.end_deputy(id(MANAGER), DeputyId(Uuid::nil()), day(6), day(0));
    assert_eq!(unknown.unwrap_err().code, RuleCode::UnknownReference);
}

#[test]
fn whoever_leaves_stands_in_for_nobody() {
    let team = complete()
        .name_deputy(id(MANAGER), deputy(50, 9, 5, Some(7)), day(0))
        .unwrap()
        .name_deputy(id(MANAGER), deputy(51, 9, 9, None), day(0))
        .unwrap();
    let left = team.lose(PersonId(Uuid::from_u128(9)), day(6), day(0));
    let days: Vec<_> = left.members[0]
        .deputies
        .iter()
        .map(|d| (d.first_day, d.last_day))
        .collect();
    assert_eq!(days, [(day(5), Some(day(6)))]);
    assert_eq!(left.missing, []);
}

proptest! {
    /// Whatever is asked: on no day does one person act as both managers, a member has two deputies, or one before or
    /// after the membership.
    #[test]
    fn r2_holds_after_any_sequence(acts in prop::collection::vec((0u8..5, 0usize..3, 1u128..7, 0i64..30, prop::option::of(0i64..20)), 1..40)) {
        let mut team = complete();
        let mut next = 100u128;
        for (act, role, person, at, len) in acts {
            next += 1;
            let whom = team.members[role % team.members.len()].id;
            let tried = match act {
                0 => team.clone().join(member(next, person, ROLES[role], at, len.map(|l| at + l)), &[], day(0)),
                1 => team.clone().leave(whom, day(at), None, &[], day(0)),
                2 => {
                    let found = team.members.iter().find_map(|m| Some((m.id, m.deputies.last()?.id)));
                    let Some((member, deputy)) = found else { continue };
                    team.clone().end_deputy(member, deputy, day(at), day(0))
                }
                _ => team.clone().name_deputy(whom, deputy(next, person, at, len.map(|l| at + l)), day(0)),
            };
            if let Ok(after) = tried {
                team = after;
            }
            for d in (0..60).map(day) {
                let both = team.acting(ROLES[0], d).any(|a| team.acting(ROLES[1], d).any(|b| a == b));
                prop_assert!(!both, "one person in both roles on {}", d);
                for m in &team.members {
                    let deputies: Vec<_> = m.deputies.iter().filter(|x| x.holds(d)).collect();
                    prop_assert!(deputies.len() < 2, "two deputies on {}", d);
                    prop_assert!(deputies.iter().all(|x| x.person != m.person));
                    prop_assert!(deputies.is_empty() || m.holds(d), "a deputy of nobody on {}", d);
                }
            }
        }
    }
}
