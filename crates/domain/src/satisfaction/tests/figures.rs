//! Figures, their intervals and their changes.
use super::*;

/// Whether both are none, or nearly the same.
fn same(found: Option<f64>, expected: &Value) -> bool {
    match (found, expected.as_f64()) {
        (Some(found), Some(expected)) => (found - expected).abs() < 1e-9,
        (found, expected) => found.is_none() && expected.is_none(),
    }
}

/// Compares value and limits, given so many times as large as the vector tells them.
fn compare(vector: &Value, value: &str, found: Option<(f64, Option<f64>, Option<f64>)>, factor: f64) {
    let expected = &vector["expected"];
    let found = found.map(|(value, low, high)| (value / factor, low.map(|x| x / factor), high.map(|x| x / factor)));
    assert!(same(found.map(|f| f.0), &expected[value]), "{vector}: {found:?}");
    assert!(same(found.and_then(|f| f.1), &expected["lower"]), "{vector}: {found:?}");
    assert!(same(found.and_then(|f| f.2), &expected["upper"]), "{vector}: {found:?}");
}

fn figure(answers: &Distribution, method: FigureMethod) -> Option<(f64, Option<f64>, Option<f64>)> {
    answers
        .figure(method)
        .map(|figure| (figure.value, figure.low, figure.high))
}

/// The change, compared with the vector; and what is said of it.
fn compare_change(vector: &Value, change: Option<SatisfactionChange>, factor: f64) {
    compare(vector, "difference", change.map(|c| (c.value, c.low, c.high)), factor);
    if let Some(expected) = vector["expected"]["changed"].as_bool() {
        assert_eq!(change.is_some_and(|c| c.changed), expected, "{vector}");
    }
}

fn satisfied(k: &Value, n: &Value) -> Distribution {
    of(Scale::CSAT, &[(5, whole(k)), (1, whole(n) - whole(k))])
}

fn votes(vector: &Value) -> Distribution {
    let counts = ["promoters", "passives", "detractors"].map(|of| whole(&vector[of]));
    of(Scale::NPS, &[(9, counts[0]), (8, counts[1]), (6, counts[2])])
}

fn efforts(answers: &Value) -> Distribution {
    let scores = answers
        .as_array()
        .unwrap()
        .iter()
        .map(|score| i32::try_from(score.as_i64().unwrap()).unwrap());
    Distribution::of(Scale::CES, scores).unwrap()
}

#[test]
fn csat_has_wilsons_interval() {
    for vector in vectors("wilson") {
        let answers = satisfied(&vector["k"], &vector["n"]);
        compare(&vector, "share", figure(&answers, FigureMethod::Csat), 100.0);
    }
}

#[test]
fn nps_has_an_adjusted_wald_interval() {
    for vector in vectors("nps") {
        compare(&vector, "nps", figure(&votes(&vector), FigureMethod::Nps), 1.0);
    }
}

#[test]
fn ces_has_a_t_interval() {
    for vector in vectors("ces") {
        compare(
            &vector,
            "mean",
            figure(&efforts(&vector["answers"]), FigureMethod::Ces),
            1.0,
        );
    }
}

#[test]
fn a_change_of_shares_has_newcombes_interval() {
    for vector in vectors("newcombe_difference") {
        let [now, before] = [("k1", "n1"), ("k2", "n2")].map(|(k, n)| satisfied(&vector[k], &vector[n]));
        compare_change(&vector, now.change_since(&before, FigureMethod::Csat), 100.0);
    }
}

#[test]
fn a_change_of_nps_has_an_adjusted_wald_interval() {
    for vector in vectors("nps_difference") {
        let [now, before] = ["first", "second"].map(|which| votes(&vector[which]));
        compare_change(&vector, now.change_since(&before, FigureMethod::Nps), 1.0);
    }
}

#[test]
fn a_change_of_means_has_welchs_interval() {
    for vector in vectors("mean_difference") {
        let [now, before] = ["first", "second"].map(|which| efforts(&vector[which]));
        compare_change(&vector, now.change_since(&before, FigureMethod::Ces), 1.0);
    }
}

#[test]
fn the_index_is_the_mean_on_0_to_100() {
    let answers = of(Scale::CSAT, &[(1, 1), (3, 2), (5, 5)]);
    let mean = answers.figure(FigureMethod::Mean).unwrap();
    let index = answers.figure(FigureMethod::Index0To100).unwrap();
    assert!((mean.value - 4.0).abs() < 1e-12 && (index.value - 75.0).abs() < 1e-12);
    assert!((index.low.unwrap() - 25.0 * (mean.low.unwrap() - 1.0)).abs() < 1e-9);
    let before = of(Scale::CSAT, &[(1, 4), (3, 4)]);
    let [of_mean, of_index] =
        [FigureMethod::Mean, FigureMethod::Index0To100].map(|m| answers.change_since(&before, m).unwrap());
    assert!((of_index.value - 25.0 * of_mean.value).abs() < 1e-9 && of_index.changed == of_mean.changed);
}

#[test]
fn top_boxes_are_listed_or_the_scales_own() {
    for (high, lowest) in [(4, 3), (5, 4), (7, 6), (10, 8)] {
        let scale = Scale::new(1, high, None).unwrap();
        assert_eq!(high + 1 - scale.top_boxes().unwrap(), lowest);
    }
    let three = [None, Some(1)].map(|boxes| of(Scale::new(1, 3, boxes).unwrap(), &[(3, 2), (1, 6)]));
    assert!(three[0].figure(FigureMethod::Csat).is_none() && three[0].figure(FigureMethod::Mean).is_some());
    assert!((three[1].figure(FigureMethod::Csat).unwrap().value - 25.0).abs() < 1e-12);
    for (low, high, boxes) in [
        (1, 5, Some(1)),
        (1, 1, None),
        (5, 1, None),
        (0, 101, None),
        (1, 3, Some(3)),
        (i32::MIN, i32::MAX, None),
    ] {
        assert!(Scale::new(low, high, boxes).is_err(), "{low} {high} {boxes:?}");
    }
    assert_eq!(Scale::new(1, 5, Some(2)), Ok(Scale::CSAT));
}

#[test]
fn figures_are_written_with_six_decimals() {
    let figure = of(Scale::new(1, 7, None).unwrap(), &[(7, 1), (1, 2)])
        .figure(FigureMethod::Index0To100)
        .unwrap();
    let json = serde_json::to_value(figure).unwrap();
    assert_eq!(json["value"], 33.333333);
    assert_eq!(json["method"], "index_0_100");
    let single = of(Scale::CES, &[(4, 1)]).figure(FigureMethod::Ces).unwrap();
    assert_eq!(
        serde_json::to_string(&single).unwrap(),
        r#"{"method":"ces","n":1,"value":4.0}"#
    );
    assert_eq!("index_0_100".parse(), Ok(FigureMethod::Index0To100));
    assert_eq!(FigureMethod::Index0To100.to_string(), "index_0_100");
}

#[test]
fn response_is_of_what_was_delivered() {
    let response = Response {
        invited: 12,
        delivered: 10,
        answered: 4,
        customers_asked: 8,
        customers_heard: 2,
    };
    assert_eq!((response.rate(), response.coverage()), (Some(40.0), Some(25.0)));
    assert!(response.is_readable(Threshold::USUAL));
    let few = Response {
        invited: 4,
        ..Response::default()
    };
    assert!(!few.is_readable(Threshold::USUAL) && few.rate().is_none() && few.coverage().is_none());
}

#[test]
fn each_customer_weighs_alike() {
    let customers = [
        of(Scale::CSAT, &[(5, 9)]),
        of(Scale::CSAT, &[(1, 1)]),
        Distribution::new(Scale::CSAT),
    ];
    assert_eq!(equal_customer_mean(&customers), Some(3.0));
    assert_eq!(
        equal_customer_mean(&[of(Scale::CSAT, &[(5, 9)]), of(Scale::CES, &[(5, 9)])]),
        None
    );
    assert_eq!(equal_customer_mean(&[Distribution::new(Scale::CSAT)]), None);
}

proptest! {
    #[test]
    fn the_order_of_answers_is_irrelevant((scale, mut answers) in answers()) {
        let one = Distribution::of(scale, answers.clone()).unwrap();
        answers.reverse();
        prop_assert_eq!(&one, &Distribution::of(scale, answers.clone()).unwrap());
        answers.sort_unstable();
        prop_assert_eq!(&one, &Distribution::of(scale, answers).unwrap());
    }

    #[test]
    fn merging_periods_is_adding_distributions((scale, answers) in answers(), cut in 0usize..40) {
        let (first, second) = answers.split_at(cut.min(answers.len()));
        let [first, second] = [first, second].map(|part| Distribution::of(scale, part.iter().copied()).unwrap());
        prop_assert_eq!(first.with(&second), Some(Distribution::of(scale, answers).unwrap()));
    }

    #[test]
    fn another_satisfied_answer_never_lowers_csat((scale, answers) in answers()) {
        let before = Distribution::of(scale, answers).unwrap();
        let mut after = before.clone();
        after.add(scale.high(), 1).unwrap();
        if let (Some(before), Some(after)) = (before.figure(FigureMethod::Csat), after.figure(FigureMethod::Csat)) {
            prop_assert!(after.value >= before.value);
            prop_assert!(after.low >= before.low);
        }
    }

    #[test]
    fn intervals_contain_their_figure((scale, answers) in answers()) {
        let answers = Distribution::of(scale, answers).unwrap();
        // The adjusted interval of one single vote leaves out the vote: [−98.5, 48.5] of one detractor.
        let told = |method: &FigureMethod| *method != FigureMethod::Nps || answers.n() > 1;
        for figure in METHODS.into_iter().filter(told).filter_map(|method| answers.figure(method)) {
            if let (Some(low), Some(high)) = (figure.low, figure.high) {
                prop_assert!(low <= figure.value && figure.value <= high, "{figure:?}");
            }
            prop_assert!(figure.value.is_finite() && figure.low.is_none_or(f64::is_finite));
        }
    }

    #[test]
    fn nothing_changed_between_the_same_answers((scale, answers) in answers()) {
        let answers = Distribution::of(scale, answers).unwrap();
        for method in METHODS {
            prop_assert!(answers.change_since(&answers, method).is_none_or(|change| !change.changed));
        }
    }
}
