use proptest::prelude::*;
use uuid::Uuid;

use super::{super::ContactInput, *};

fn day(n: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 1).unwrap() + chrono::Duration::days(n)
}
fn id(n: u128) -> ContactId {
    ContactId(Uuid::from_u128(n))
}
fn mandate(kind: MandateKind, first: i64, last: Option<i64>) -> Mandate {
    Mandate {
        kind,
        first_day: day(first),
        last_day: last.map(day),
        basis: None,
        amount_per_year: None,
        deputy_for: None,
    }
}
fn deputy(principal: u128, first: i64, last: Option<i64>) -> Mandate {
    Mandate {
        deputy_for: Some(id(principal)),
        ..mandate(MandateKind::Customer, first, last)
    }
}
fn sek(minor: i64) -> Option<Money> {
    Some(Money {
        amount: Amount::of_minor(minor).unwrap(),
        currency: "SEK".parse().unwrap(),
    })
}
fn contact(n: u128, mandates: Vec<Mandate>, principals: &[Contact]) -> Result<Contact, Rule> {
    let customer = CustomerRef {
        id: CustomerId(Uuid::from_u128(1)),
        code: "KLK".parse().unwrap(),
        name: "Kommunledningskontoret".parse().unwrap(),
    };
    let input = ContactInput {
        customer: Key::Id(customer.id),
        name: "Anna Lind".parse().unwrap(),
        email: None,
        phone: None,
        mandates: Mandates(mandates),
        identity: None,
        references: vec![],
    };
    Contact::register(id(n), input, customer, principals, Default::default())
}
use MandateKind::{Customer, KeyUser, Purchaser};

#[test]
fn the_mandate_that_holds_comes_with_its_basis_and_amount() {
    let basis = |text: &str| Some(text.parse().unwrap());
    let old = Mandate {
        basis: basis("KS 2025-7"),
        amount_per_year: sek(100),
        ..mandate(Customer, 0, None)
    };
    let new = Mandate {
        basis: basis("KS 2026-114 § 12"),
        amount_per_year: sek(900_000_000_000_000),
        ..mandate(Customer, 10, Some(20))
    };
    let mandates = Mandates(vec![new.clone(), old.clone(), mandate(Purchaser, 0, None)]);
    for (n, holding) in [
        (-1, None),
        (0, Some(&old)),
        (9, Some(&old)),
        (10, Some(&new)),
        (20, Some(&new)),
        (21, Some(&old)),
    ] {
        assert_eq!(mandates.holding(Customer, day(n)), holding, "day {n}");
    }
    assert_eq!(mandates.holding(KeyUser, day(0)), None);
    let both = Mandates(vec![deputy(7, 15, None), old.clone()]);
    assert_eq!(
        both.holding(Customer, day(15)),
        Some(&old),
        "one's own before a deputy's"
    );
}

#[test]
fn a_deputys_mandate_holds_only_while_the_principals_does() {
    let own = Mandate {
        basis: Some("KS 2026-114".parse().unwrap()),
        amount_per_year: sek(5_000),
        ..mandate(Customer, 5, Some(15))
    };
    let principal = contact(1, vec![own, mandate(Customer, 18, None)], &[]).unwrap();
    let stands_in = contact(2, vec![deputy(1, 6, Some(30))], std::slice::from_ref(&principal)).unwrap();
    let on = |principals: &[Contact]| -> Vec<i64> {
        let in_force = stands_in.mandates.in_force(principals);
        (0..40).filter(|n| in_force.hold(Customer, day(*n))).collect()
    };
    let expected: Vec<i64> = (6..=15).chain(18..=30).collect();
    assert_eq!(on(std::slice::from_ref(&principal)), expected);
    assert_eq!(on(&[principal.clone().end(day(8))]), [6, 7, 8], "the principal left");
    assert!(on(&[]).is_empty(), "the principal is not known");
    let mut changed = principal.clone();
    changed.mandates.0[1] = deputy(3, 18, None);
    assert_eq!(on(&[changed]), (6..=15).collect::<Vec<_>>(), "a deputy has no deputy");

    let in_force = stands_in.mandates.in_force(&[principal]);
    let holding = in_force.holding(Customer, day(6)).unwrap();
    assert_eq!(holding.basis.as_ref().unwrap().as_str(), "KS 2026-114");
    assert_eq!(
        (&holding.amount_per_year, holding.deputy_for),
        (&sek(5_000), Some(id(1)))
    );
    assert_eq!(in_force.holding(Customer, day(20)).unwrap().amount_per_year, None);
}

#[test]
fn a_deputys_mandate_that_nothing_carries_is_refused() {
    let principal = contact(1, vec![mandate(Customer, 5, Some(15))], &[]).unwrap();
    let known = [principal.clone()];
    let limited = Mandate {
        amount_per_year: sek(1),
        ..deputy(1, 6, None)
    };
    let orders = Mandate {
        kind: Purchaser,
        ..deputy(1, 6, None)
    };
    let states = Mandate {
        kind: KeyUser,
        ..deputy(1, 6, None)
    };
    for (refused, code, member) in [
        (states, RuleCode::State, "kind"),
        (limited, RuleCode::State, "amountPerYear"),
        (deputy(2, 6, None), RuleCode::State, "deputyFor"),
        (deputy(3, 6, None), RuleCode::UnknownReference, "deputyFor"),
        (deputy(1, 4, None), RuleCode::State, "deputyFor"),
        (deputy(1, 16, None), RuleCode::State, "deputyFor"),
        (orders, RuleCode::State, "deputyFor"),
        (deputy(1, 6, Some(5)), RuleCode::DateOrder, "lastDay"),
    ] {
        let told = contact(2, vec![mandate(KeyUser, 0, None), refused.clone()], &known).unwrap_err();
        let pointer = format!("/mandates/1/{member}");
        assert_eq!((told.code, told.pointer), (code, Some(pointer)), "{refused:?}");
    }
    let gone = principal.end(day(7));
    assert!(contact(2, vec![deputy(1, 8, None)], std::slice::from_ref(&gone)).is_err());
    assert!(contact(2, vec![deputy(1, 7, None)], &[gone]).is_ok());
}

#[test]
fn what_stood_there_before_is_not_judged_again() {
    let principal = contact(1, vec![mandate(Customer, 5, Some(15))], &[]).unwrap();
    let stands_in = contact(2, vec![deputy(1, 6, None)], &[principal]).unwrap();
    let told = |mandates| ContactInput {
        customer: Key::Id(stands_in.customer.id),
        name: "Anna Al".parse().unwrap(),
        email: None,
        phone: None,
        mandates: Mandates(mandates),
        identity: None,
        references: vec![],
    };
    let change = |mandates| {
        stands_in
            .clone()
            .change(told(mandates), stands_in.customer.clone(), &[])
    };
    assert!(change(vec![deputy(1, 6, None)]).is_ok());
    assert!(change(vec![deputy(1, 7, None)]).is_err());
}

proptest! {
    /// A deputy decides on exactly the days that are theirs, the principal's, and the principal's mandate's.
    #[test]
    fn in_force_is_the_days_in_common(
        mine in (0i64..20, prop::option::of(0i64..20)),
        theirs in prop::collection::vec((0i64..20, prop::option::of(0i64..20)), 0..4),
        gone in prop::option::of(0i64..30),
    ) {
        let own = theirs.iter().map(|(first, len)| mandate(Customer, *first, len.map(|l| first + l))).collect();
        let mut principal = contact(1, own, &[]).unwrap();
        principal.last_day = gone.map(day);
        let entry = deputy(1, mine.0, mine.1.map(|l| mine.0 + l));
        let in_force = Mandates(vec![entry.clone()]).in_force(std::slice::from_ref(&principal));
        for d in (-1..60).map(day) {
            prop_assert_eq!(in_force.hold(Customer, d), entry.holds(d) && principal.may(Customer, d));
        }
    }
}
