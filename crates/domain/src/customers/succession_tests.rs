use proptest::prelude::*;
use serde_json::json;

use super::*;

fn day(n: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap() + chrono::Duration::days(n)
}

fn customer(n: u8) -> Customer {
    let input = serde_json::from_value(json!({
        "code": format!("K{n:02}"), "name": format!("Kund {n}"), "legalEntity": {"name": "Kommunen"}
    }))
    .unwrap();
    Customer::register(Uuid::from_u128(n.into()).into(), input, None, &[], DateTime::UNIX_EPOCH).unwrap()
}

fn lineage(from: &[u8], to: &[u8], heir: Option<u8>) -> Result<Lineage, Rule> {
    let all = |numbers: &[u8]| numbers.iter().copied().map(customer).collect();
    let heir = heir.map(|n| customer(n).id);
    Lineage::of(all(from), all(to), heir, day(0), Lineage::days_to_record(day(1)))
}

fn thing(n: u8, of: u8) -> OpenThing {
    OpenThing {
        kind: SuccessionItemKind::Request,
        id: Uuid::from_u128(1000 + u128::from(n)),
        label: format!("REQ-{n}"),
        predecessor: customer(of).id,
    }
}

fn named(n: u8, to: u8) -> SuccessionItemInput {
    SuccessionItemInput {
        kind: SuccessionItemKind::Request,
        id: Uuid::from_u128(1000 + u128::from(n)),
        successor: customer(to).id,
    }
}

fn pointer<T: std::fmt::Debug>(refused: Result<T, Rule>) -> String {
    refused.unwrap_err().pointer.unwrap_or_default()
}

#[test]
fn what_it_is_called_follows_from_how_many_there_are() {
    assert_eq!(lineage(&[1], &[2], None).unwrap().kind, SuccessionKind::Move);
    assert_eq!(lineage(&[1, 2], &[3], None).unwrap().kind, SuccessionKind::Merge);
    assert_eq!(lineage(&[1], &[2, 3], Some(3)).unwrap().kind, SuccessionKind::Split);
    assert_eq!(pointer(lineage(&[1, 2], &[3, 4], None)), "/successors");
}

#[test]
fn each_fault_is_told_at_its_place() {
    assert_eq!(pointer(lineage(&[1, 1], &[2], None)), "/predecessors/1");
    assert_eq!(pointer(lineage(&[1], &[1], None)), "/successors/0");
    assert_eq!(pointer(lineage(&[1], &[2, 3], None)), "/heir");
    assert_eq!(pointer(lineage(&[1], &[2, 3], Some(4))), "/heir");
    let gone = customer(2).succeeded(vec![customer(9).reference()]);
    let refused = Lineage::of(
        vec![customer(1)],
        vec![gone],
        None,
        day(0),
        Lineage::days_to_record(day(1)),
    );
    assert_eq!(pointer(refused), "/successors/0");
    for first_day in [day(2), day(1) - chrono::Duration::days(367)] {
        let refused = Lineage::of(
            vec![customer(1)],
            vec![customer(2)],
            None,
            first_day,
            Lineage::days_to_record(day(1)),
        );
        assert_eq!(pointer(refused), "/firstDay");
    }
    let split = lineage(&[1], &[2, 3], Some(2)).unwrap();
    let open = || vec![thing(0, 1)];
    for (wrong, at) in [
        (vec![named(1, 2)], "/items/0"),
        (vec![named(0, 9)], "/items/0"),
        (vec![named(0, 2), named(0, 3)], "/items/1"),
    ] {
        assert_eq!(pointer(split.share_out(open(), &wrong)), at);
    }
}

#[test]
fn what_is_not_named_goes_where_the_rest_goes() {
    let split = lineage(&[1], &[2, 3], Some(2)).unwrap();
    assert_eq!(pointer(split.clone().with_rest_to(Some(customer(9).id))), "/otherwise");
    let split = split.with_rest_to(Some(customer(3).id)).unwrap();
    let (items, obstacles) = split.share_out(vec![thing(0, 1), thing(1, 1)], &[named(0, 2)]).unwrap();
    assert_eq!(obstacles, []);
    let to: Vec<_> = items.iter().map(|item| item.successor.as_ref().map(|c| c.id)).collect();
    assert_eq!(to, [Some(customer(2).id), Some(customer(3).id)]);
}

#[test]
fn a_succeeded_customer_says_who_goes_on() {
    let gone = customer(1).succeeded(vec![customer(2).reference(), customer(3).reference()]);
    assert_eq!(gone.status, CustomerStatus::Inactive);
    let detail = gone.must_go_on().unwrap_err().detail;
    assert!(detail.contains("K02 and K03"), "{detail}");
    customer(1).must_go_on().unwrap();
}

proptest! {
    #[test]
    fn each_thing_goes_to_exactly_one_or_stands_in_the_way(
        shares in prop::collection::vec(prop::option::of(2u8..4), 0..20),
        splits in any::<bool>(),
    ) {
        let lineage = match splits {
            true => lineage(&[1], &[2, 3], Some(2)).unwrap(),
            false => lineage(&[1], &[2], None).unwrap(),
        };
        let count = u8::try_from(shares.len()).unwrap();
        let open: Vec<OpenThing> = (0..count).map(|n| thing(n, 1)).collect();
        let told: Vec<SuccessionItemInput> = match splits {
            true => (0..count).zip(&shares).filter_map(|(n, to)| Some(named(n, (*to)?))).collect(),
            false => vec![],
        };
        let (items, obstacles) = lineage.share_out(open.clone(), &told).unwrap();
        prop_assert_eq!(items.len(), open.len());
        for ((item, thing), share) in items.iter().zip(&open).zip(&shares) {
            prop_assert_eq!(item.id, thing.id);
            let wanted = if splits { share.map(customer) } else { Some(customer(2)) };
            prop_assert_eq!(item.successor.as_ref().map(|c| c.id), wanted.map(|c| c.id));
        }
        let unnamed = items.iter().filter(|item| item.successor.is_none()).count();
        prop_assert_eq!(obstacles.len(), unnamed);
    }

    #[test]
    fn a_use_goes_on_where_the_successor_had_none(
        start in 0i64..40, length in prop::option::of(1i64..40), from in 0i64..60,
        taken in prop::collection::vec((0i64..60, prop::option::of(1i64..20)), 0..4),
    ) {
        let usage = |customer: &Customer, since: i64, length: Option<i64>| ServiceUsage {
            id: Uuid::new_v4().into(),
            version: 1,
            customer: customer.reference(),
            service: ServiceRef { id: Uuid::from_u128(7).into(), code: "EPOST".parse().unwrap(), name: "E-post".parse().unwrap() },
            first_day: day(since),
            last_day: length.map(|length| day(since + length - 1)),
        };
        let old = usage(&customer(1), start, length);
        let others: Vec<ServiceUsage> = taken.into_iter().map(|(since, length)| usage(&customer(2), since, length)).collect();
        let left = old.left_for(day(from), &others).unwrap();
        for n in 0..120 {
            let holds = |usage: &ServiceUsage| usage.period().unwrap().contains(day(n));
            let wanted = n >= from && holds(&old) && !others.iter().any(holds);
            let got = left.iter().filter(|period| period.contains(day(n))).count();
            prop_assert_eq!(got, usize::from(wanted), "day {}", n);
        }
    }
}
