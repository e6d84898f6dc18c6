//! The register's rules: the transition table, and what an effect is judged by (R16).
use proptest::prelude::*;
use strum::IntoEnumIterator;
use uuid::Uuid;

use super::*;
use crate::{
    Rule, RuleCode,
    agreements::{Party, Signatory},
    events::ActorKind,
    requests::{DecisionOutcome, Raiser},
};

/// domain.md §7, written out by hand: the status after each act, `=` for the same, `-` where the act is refused.
const TABLE: &str = "
status      change plan measure approve  reject   start       implement   verify   close
identified  =      =    =       approved rejected -           -           -        -
approved    =      =    =       -        rejected in_progress -           -        -
in_progress =      =    =       -        rejected -           implemented -        -
implemented =      =    =       -        -        -           -           verified -
verified    -      -    =       -        -        -           -           -        closed
closed      -      -    -       -        -        -           -           -        -
rejected    -      -    -       -        -        -           -           -        -
";

fn day(n: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 6, 1).unwrap() + chrono::Duration::days(n)
}

fn noon(n: i64) -> DateTime<Utc> {
    day(n).and_hms_opt(12, 0, 0).unwrap().and_utc()
}

fn deed(n: i64) -> Deed {
    Deed {
        party: Party::Provider,
        by: Signatory {
            kind: ActorKind::Person,
            id: Uuid::from_u128(7),
            name: "Bea Ram".parse().unwrap(),
        },
        acting_for: None,
        at: noon(n),
    }
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn observed(value: &str, n: i64) -> Observation {
    Observation {
        value: number(value),
        day: day(n),
    }
}

/// Waiting time, from 40 minutes to 20.
fn waiting() -> Measure {
    Measure {
        name: "Väntetid".parse().unwrap(),
        unit: "min".parse().unwrap(),
        direction: Direction::Lower,
        baseline: Some(observed("40", 0)),
        target: Goal {
            value: number("20"),
            by: day(60),
        },
    }
}

fn input(measure: Option<Measure>) -> ImprovementInput {
    ImprovementInput {
        title: "Kortare väntetid".parse().unwrap(),
        description: None,
        origin: None,
        customers: vec![Key::Id(CustomerId(Uuid::from_u128(1)))],
        services: vec![],
        owner: None,
        priority: Some(70),
        measure,
        references: vec![],
    }
}

fn customer(n: u128, code: &str) -> CustomerRef {
    CustomerRef {
        id: CustomerId(Uuid::from_u128(n)),
        code: code.parse().unwrap(),
        name: code.parse().unwrap(),
    }
}

fn named() -> NamedForImprovement {
    NamedForImprovement {
        customers: vec![customer(1, "HR")],
        services: vec![],
        owner: None,
    }
}

fn identified(measure: Option<Measure>) -> Improvement {
    let origin = Origin::told(OriginKind::OwnInitiative, None);
    let id = ImprovementId(Uuid::from_u128(3));
    let number = "IMP-2026-000001".to_owned();
    Improvement::identify(id, number, (input(measure), origin), named(), (noon(1), day(1))).unwrap()
}

fn implemented() -> Improvement {
    let begun = identified(Some(waiting()))
        .approve(deed(2))
        .unwrap()
        .start(noon(3))
        .unwrap();
    begun
        .implement(ImplementationInput { day: None }, deed(10), day(10))
        .unwrap()
}

fn said(outcome: ImprovementOutcome, reason: Option<&str>) -> EffectVerificationInput {
    EffectVerificationInput {
        outcome,
        conclusion: "Fler i receptionen räckte.".parse().unwrap(),
        reason: reason.map(|text| text.parse().unwrap()),
    }
}

fn rejection() -> ImprovementRejectionInput {
    ImprovementRejectionInput {
        reason: "För dyrt.".parse().unwrap(),
    }
}

fn activity(n: u128, due: i64) -> ImprovementActivity {
    ImprovementActivity {
        id: ImprovementActivityId(Uuid::from_u128(n)),
        what: "Schemalägg om".parse().unwrap(),
        who: PersonRef {
            id: PersonId(Uuid::from_u128(9)),
            name: "Olle".parse().unwrap(),
        },
        due_day: day(due),
        done_on: None,
    }
}

fn in_status(status: ImprovementStatus) -> Improvement {
    Improvement {
        status,
        ..implemented()
    }
}

fn reading(improvement: &Improvement, value: &str, n: i64) -> Result<Reading, Rule> {
    let told = ReadingInput {
        value: number(value),
        day: day(n),
        replaces: None,
    };
    let by = Raiser {
        kind: ActorKind::Person,
        id: Uuid::from_u128(7),
        name: "Bea Ram".parse().unwrap(),
    };
    Reading::record(
        ReadingId(Uuid::from_u128(5)),
        improvement,
        told,
        None,
        by,
        (noon(30), day(30)),
    )
}

/// The act, done so that nothing but the status can forbid it; the status afterwards.
fn tried(act: ImprovementAct, improvement: Improvement) -> Result<ImprovementStatus, Rule> {
    let after = match act {
        ImprovementAct::Change => improvement.change(input(Some(waiting())), named(), (noon(30), day(30))),
        ImprovementAct::Plan => improvement.plan(activity(1, 40), noon(30)),
        ImprovementAct::Measure => return reading(&improvement, "20", 30).map(|_| improvement.status),
        ImprovementAct::Approve => improvement.approve(deed(30)),
        ImprovementAct::Reject => improvement.reject(rejection(), deed(30)),
        ImprovementAct::Start => improvement.start(noon(30)),
        ImprovementAct::Implement => improvement.implement(ImplementationInput { day: None }, deed(30), day(30)),
        ImprovementAct::Verify => {
            let told = said(ImprovementOutcome::Achieved, None);
            improvement.verify(told, Some(observed("20", 30)), deed(30))
        }
        ImprovementAct::Close => improvement.close(noon(30)),
    };
    after.map(|after| after.status)
}

#[test]
fn every_status_and_act_is_as_the_domain_model_says() {
    let mut lines = TABLE
        .trim()
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let acts: Vec<ImprovementAct> = ImprovementAct::iter().collect();
    let head: Vec<String> = acts.iter().map(ToString::to_string).collect();
    assert_eq!(lines.next().unwrap()[1..], head);
    let mut cells = 0;
    for line in lines {
        let status: ImprovementStatus = line[0].parse().unwrap();
        for (act, told) in acts.iter().zip(&line[1..]) {
            let after = match *told {
                "-" => None,
                "=" => Some(status),
                other => Some(other.parse().unwrap()),
            };
            cells += 1;
            assert_eq!(status.after(*act), after, "{act} of {status}");
            assert_eq!(tried(*act, in_status(status)).ok(), after, "{act} of {status}");
        }
    }
    assert_eq!(
        cells,
        ImprovementStatus::iter().count() * acts.len(),
        "no pair is left out"
    );
}

#[test]
fn nothing_is_closed_by_its_activities() {
    for status in ImprovementStatus::iter().filter(|status| *status != ImprovementStatus::Verified) {
        let refused = in_status(status).close(noon(30)).unwrap_err();
        let expected = if status.is_open() {
            RuleCode::ImprovementEffect
        } else {
            RuleCode::State
        };
        assert_eq!(refused.code, expected, "{status}");
    }
    let done = implemented().plan(activity(1, 40), noon(11)).unwrap();
    let done = done
        .complete(ImprovementActivityId(Uuid::from_u128(1)), day(12), noon(12))
        .unwrap();
    assert_eq!(done.close(noon(13)).unwrap_err().code, RuleCode::ImprovementEffect);
    assert_eq!(RuleCode::ImprovementEffect.number(), Some("R16"));
}

#[test]
fn nothing_is_implemented_without_a_baseline_from_before() {
    let begun = |measure| identified(measure).approve(deed(2)).unwrap().start(noon(3)).unwrap();
    let without = Measure {
        baseline: None,
        ..waiting()
    };
    for measure in [None, Some(without)] {
        let refused = begun(measure)
            .implement(ImplementationInput { day: None }, deed(10), day(10))
            .unwrap_err();
        assert_eq!(
            (refused.code, refused.pointer.as_deref()),
            (RuleCode::ImprovementEffect, Some("/measure/baseline"))
        );
    }
    let mut late = waiting();
    late.baseline = Some(observed("40", 1));
    let told = ImplementationInput { day: Some(day(0)) };
    let refused = begun(Some(late)).implement(told, deed(10), day(10)).unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("/day"));
    let told = ImplementationInput { day: Some(day(11)) };
    let refused = begun(Some(waiting())).implement(told, deed(10), day(10)).unwrap_err();
    assert_eq!(refused.code, RuleCode::TimeOrder);
}

#[test]
fn an_effect_is_judged_by_what_was_measured_afterwards() {
    use ImprovementOutcome::*;
    for not_afterwards in [None, Some(observed("10", 9)), Some(observed("10", 10))] {
        let refused = implemented()
            .verify(said(Achieved, None), not_afterwards, deed(20))
            .unwrap_err();
        assert_eq!(refused.code, RuleCode::ImprovementEffect, "{not_afterwards:?}");
    }
    for (value, measured) in [
        ("19.5", Achieved),
        ("20", Achieved),
        ("20.000001", Partly),
        ("40", NotAchieved),
        ("55", NotAchieved),
    ] {
        for outcome in [Achieved, Partly, NotAchieved] {
            let reading = Some(observed(value, 11));
            let silent = implemented().verify(said(outcome, None), reading, deed(20));
            let explained = implemented()
                .verify(said(outcome, Some("Semestertid.")), reading, deed(20))
                .unwrap();
            let verified = explained.verification.unwrap();
            assert_eq!((verified.outcome, verified.measured), (outcome, measured), "{value}");
            if outcome == measured {
                assert_eq!(
                    verified.reason, None,
                    "a reason explains a difference, and there is none"
                );
                assert_eq!(silent.unwrap().status, ImprovementStatus::Verified);
            } else {
                let refused = silent.unwrap_err();
                assert_eq!(
                    (refused.code, refused.pointer.as_deref()),
                    (RuleCode::ImprovementEffect, Some("/reason"))
                );
            }
        }
    }
}

#[test]
fn what_it_is_judged_by_stands_once_it_is_implemented() {
    let mut kinder = waiting();
    kinder.target.value = number("35");
    for measure in [Some(kinder.clone()), None] {
        let refused = implemented()
            .change(input(measure), named(), (noon(11), day(11)))
            .unwrap_err();
        assert_eq!(refused.pointer.as_deref(), Some("/measure"));
    }
    let same = implemented()
        .change(input(Some(waiting())), named(), (noon(11), day(11)))
        .unwrap();
    assert_eq!(same.version, implemented().version + 1);
    assert!(
        identified(Some(waiting()))
            .change(input(Some(kinder)), named(), (noon(2), day(2)))
            .is_ok()
    );
}

#[test]
fn a_measure_that_could_not_be_judged_is_refused() {
    let refused = |measure: Measure| measure.must_be_judgeable(day(5)).unwrap_err().pointer.unwrap();
    let mut worse = waiting();
    worse.direction = Direction::Higher;
    assert_eq!(refused(worse), "/measure/target/value");
    let mut same = waiting();
    same.target.value = number("40.0");
    assert_eq!(refused(same), "/measure/target/value");
    let mut foreseen = waiting();
    foreseen.baseline = Some(observed("40", 6));
    assert_eq!(refused(foreseen), "/measure/baseline/day");
    let mut over = waiting();
    over.target.by = day(0);
    assert_eq!(refused(over), "/measure/target/by");
    assert!(waiting().must_be_judgeable(day(5)).is_ok());
}

#[test]
fn a_reading_is_of_a_measure_and_not_of_tomorrow() {
    assert_eq!(reading(&identified(None), "1", 2).unwrap_err().code, RuleCode::State);
    let refused = reading(&identified(Some(waiting())), "1", 31).unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("/day"));
}

#[test]
fn activities_stand_by_their_due_day_and_are_done_once() {
    let planned = identified(None)
        .plan(activity(1, 9), noon(2))
        .unwrap()
        .plan(activity(2, 5), noon(2))
        .unwrap();
    let order: Vec<u128> = planned.activities.iter().map(|a| a.id.0.as_u128()).collect();
    assert_eq!(order, [2, 1]);
    let id = ImprovementActivityId(Uuid::from_u128(2));
    let done = planned.complete(id, day(4), noon(4)).unwrap();
    assert_eq!(
        done.clone().complete(id, day(5), noon(5)).unwrap_err().code,
        RuleCode::State
    );
    let unknown = ImprovementActivityId(Uuid::from_u128(8));
    assert_eq!(
        done.clone().complete(unknown, day(5), noon(5)).unwrap_err().code,
        RuleCode::UnknownReference
    );
    let full = (10..58).fold(done, |all, n| all.plan(activity(n, 9), noon(5)).unwrap());
    assert_eq!(full.plan(activity(99, 9), noon(5)).unwrap_err().code, RuleCode::State);
}

#[test]
fn the_request_hears_what_becomes_of_it() {
    let approved = identified(Some(waiting())).approve(deed(2)).unwrap();
    let decision = approved.decision().unwrap();
    assert_eq!(
        (decision.outcome, decision.planned_day),
        (DecisionOutcome::Accepted, Some(day(60)))
    );
    assert_eq!(decision.plan.unwrap().as_str(), "IMP-2026-000001: Kortare väntetid");
    let decision = approved.reject(rejection(), deed(3)).unwrap().decision().unwrap();
    assert_eq!((decision.outcome, decision.plan), (DecisionOutcome::Declined, None));
    assert_eq!(decision.reason.unwrap().as_str(), "För dyrt.");
    let verified = implemented().verify(
        said(ImprovementOutcome::Achieved, None),
        Some(observed("1", 11)),
        deed(12),
    );
    assert_eq!(
        verified.unwrap().fulfilment().unwrap().note.unwrap().as_str(),
        "Fler i receptionen räckte."
    );
}

#[test]
fn what_may_not_be_seen_is_not_shown() {
    let mut shared = identified(None).plan(activity(1, 9), noon(2)).unwrap();
    assert_eq!(shared.only_customer(), Some(CustomerId(Uuid::from_u128(1))));
    shared.unseen_customers = vec![CustomerId(Uuid::from_u128(2))];
    assert_eq!(
        shared.only_customer(),
        None,
        "what several share belongs to none of them"
    );
    shared.origin.statement = Some(StatementId(Uuid::from_u128(4)));
    shared.origin.is_seen = false;
    let shown = shared.clone().shown(false);
    assert_eq!((shown.origin.statement, shown.activities.len()), (None, 1));
    let shown = shared.shown(true);
    assert_eq!((shown.priority, shown.activities.len()), (None, 0));
}

fn effect(n: u128, outcome: ImprovementOutcome, customers: &[CustomerRef]) -> VerifiedEffect {
    let verified = implemented()
        .verify(said(outcome, Some("Mätt fel dag.")), Some(observed("20", 11)), deed(12))
        .unwrap();
    VerifiedEffect {
        improvement: ImprovementRef {
            id: ImprovementId(Uuid::from_u128(n)),
            ..verified.reference()
        },
        customers: customers.to_vec(),
        services: vec![],
        measure: waiting(),
        implemented: day(10),
        verified: day(12),
        verification: verified.verification.unwrap(),
        readings: vec![],
    }
}

#[test]
fn a_report_counts_outcomes() {
    use ImprovementOutcome::*;
    let (hr, bun) = (customer(1, "HR"), customer(2, "BUN"));
    let items = vec![
        effect(1, Achieved, &[hr.clone(), bun.clone()]),
        effect(2, NotAchieved, std::slice::from_ref(&hr)),
        effect(3, Partly, std::slice::from_ref(&hr)),
    ];
    let report = ImprovementEffects::of("2026-Q2".parse().unwrap(), items.clone(), None);
    let counts = |achieved, partly, not_achieved| Outcomes {
        achieved,
        partly,
        not_achieved,
    };
    assert_eq!((report.outcomes, report.deviating), (counts(1, 1, 1), 2));
    let by_customer: Vec<(&str, Outcomes)> = report
        .customers
        .iter()
        .map(|c| (c.customer.code.as_str(), c.outcomes))
        .collect();
    assert_eq!(by_customer, [("BUN", counts(1, 0, 0)), ("HR", counts(1, 1, 1))]);
    let of_one = ImprovementEffects::of("2026-Q2".parse().unwrap(), items, Some(hr.id));
    assert_eq!(of_one.customers.len(), 1, "who asks for one customer hears of that one");
}

proptest! {
    /// Whatever the numbers, exactly one outcome holds, and both directions are mirror images.
    #[test]
    fn outcomes_are_total_and_the_directions_alike(baseline in -1000i64..1000, step in 1i64..1000, value in -3000i64..3000) {
        let text = |n: i64| number(&n.to_string());
        let with = |direction, target: i64| Measure {
            direction,
            target: Goal { value: text(target), by: day(60) },
            ..waiting()
        };
        let up = with(Direction::Higher, baseline + step).outcome(text(baseline), text(value));
        let down = with(Direction::Lower, -baseline - step).outcome(text(-baseline), text(-value));
        prop_assert_eq!(up, down);
        let expected = if value >= baseline + step {
            ImprovementOutcome::Achieved
        } else if value > baseline {
            ImprovementOutcome::Partly
        } else {
            ImprovementOutcome::NotAchieved
        };
        prop_assert_eq!(up, expected);
    }
}
