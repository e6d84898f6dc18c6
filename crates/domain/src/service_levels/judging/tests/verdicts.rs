use super::*;

fn percent(part: i64, whole: i64) -> Option<Quotient> {
    Quotient::percent(part, whole)
}

#[test]
fn too_little_evidence_is_never_met() {
    let judged = |n, minimum, figure| verdict(Finding::Of { n, figure }, minimum, Comparison::AtLeast, decimal("0"));
    assert_eq!(judged(0, 0, None), Verdict::InsufficientData);
    assert_eq!(judged(0, 5, None), Verdict::InsufficientData);
    assert_eq!(judged(4, 5, percent(4, 4)), Verdict::InsufficientData);
    assert_eq!(judged(5, 5, percent(5, 5)), Verdict::Met);
    assert_eq!(judged(1, 0, percent(0, 1)), Verdict::Met);
}

#[test]
fn without_agreed_time_nothing_is_judged() {
    let judged = |figure, minimum| verdict(Finding::OfTime(figure), minimum, Comparison::AtLeast, decimal("99.5"));
    assert_eq!(judged(percent(0, 0), 0), Verdict::NotApplicable);
    assert_eq!(
        judged(percent(995, 1000), 30),
        Verdict::Met,
        "time is complete without observations"
    );
    assert_eq!(judged(percent(994, 1000), 0), Verdict::Missed);
}

/// 2 of 3 is less than 66.666667, to which it would be rounded.
#[test]
fn figures_are_compared_as_they_are() {
    let two_of_three = Finding::Of {
        n: 3,
        figure: percent(2, 3),
    };
    let judged = |comparison, value: &str| verdict(two_of_three, 1, comparison, decimal(value));
    assert_eq!(judged(Comparison::AtLeast, "66.666667"), Verdict::Missed);
    assert_eq!(judged(Comparison::AtLeast, "66.666666"), Verdict::Met);
    assert_eq!(judged(Comparison::AtMost, "66.666666"), Verdict::Missed);
    let half = Finding::Of {
        n: 2,
        figure: percent(1, 2),
    };
    for (comparison, wanted) in [
        (Comparison::AtLeast, Verdict::Met),
        (Comparison::AtMost, Verdict::Met),
        (Comparison::Above, Verdict::Missed),
        (Comparison::Below, Verdict::Missed),
    ] {
        assert_eq!(verdict(half, 1, comparison, decimal("50")), wanted);
    }
}

#[test]
fn what_is_left_of_a_promise_agrees_with_the_verdict() {
    assert_eq!(
        allowance(1_000_000, 1_000, Comparison::AtLeast, decimal("99.5")),
        Some(4_000)
    );
    assert_eq!(allowance(1_000, 6, Comparison::AtLeast, decimal("99.5")), Some(-1));
    assert_eq!(allowance(1_000, 0, Comparison::AtMost, decimal("99.5")), None);
    for whole in 1..60 {
        for lost in 0..=whole {
            for value in ["0", "50", "66.666666", "99.9", "100"] {
                for comparison in [Comparison::AtLeast, Comparison::Above] {
                    let kept = comparison.holds(&percent(whole - lost, whole).unwrap(), decimal(value));
                    let left = allowance(whole, lost, comparison, decimal(value)).unwrap();
                    assert_eq!(kept, left >= 0, "{lost} of {whole} lost, {comparison} {value}");
                }
            }
        }
    }
}
