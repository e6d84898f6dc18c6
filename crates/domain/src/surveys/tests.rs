use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    RuleCode,
    satisfaction::{Distribution, Scale, Threshold},
};

const DAY: &str = "2026-10-05";

fn content(questions: serde_json::Value) -> SurveyContent {
    let title = json!({"sv": "Enkät", "en": "Survey"});
    serde_json::from_value(json!({"title": title, "questions": questions})).unwrap()
}

fn question(key: &str, answer: serde_json::Value) -> serde_json::Value {
    json!({"key": key, "text": {"sv": "Fråga?", "en": "Question?"}, "answer": answer})
}

/// How satisfied, why where not, which of two, and a scale of ten.
fn asked() -> SurveyContent {
    let mut how = question("how", json!({"kind": "csat"}));
    how["required"] = json!(true);
    let mut why = question("why", json!({"kind": "text"}));
    why["required"] = json!(true);
    why["condition"] = json!({"question": "how", "answers": [1, 2]});
    let options = [("a", "A"), ("b", "B")].map(|(key, label)| json!({"key": key, "label": {"sv": label, "en": label}}));
    let which = question("which", json!({"kind": "choice", "options": options}));
    let mut ten = question(
        "ten",
        json!({"kind": "scale", "scale": {"low": 0, "high": 10, "topBoxes": 3}}),
    );
    ten["condition"] = json!({"question": "which", "answers": ["b"]});
    let content = content(json!([how, why, which, ten]));
    content.check().unwrap();
    content
}

fn told(answers: serde_json::Value) -> SurveyAnswers {
    serde_json::from_value(answers).unwrap()
}

fn faults(answers: serde_json::Value, whole: bool) -> Vec<(RuleCode, String)> {
    let rules = asked().accept(&told(answers), whole).err().unwrap_or_default();
    rules
        .into_iter()
        .map(|rule| (rule.code, rule.pointer.unwrap()))
        .collect()
}

#[test]
fn the_ready_surveys_can_be_entered_in_both_languages() {
    let ready = ready_surveys().unwrap();
    let kinds: Vec<SurveyKind> = ready.iter().map(|ready| ready.survey.kind).collect();
    use SurveyKind::*;
    assert_eq!(kinds, [CustomerRelation, ServiceFollowUp, DeliveredRequest]);
    for ready in ready {
        ready.survey.content.check().unwrap();
        let asked = &ready.survey.content.questions;
        assert!(asked.iter().any(|question| question.required), "{}", ready.key);
        for question in asked {
            assert_ne!(question.text.sv, question.text.en, "{}", question.key);
        }
    }
}

#[test]
fn what_could_not_be_asked_is_refused() {
    let csat = || json!({"kind": "csat"});
    let on = |question: serde_json::Value, key: &str, answers: serde_json::Value| {
        let mut question = question;
        question["condition"] = json!({"question": key, "answers": answers});
        question
    };
    let option = json!({"key": "a", "label": {"sv": "A", "en": "A"}});
    let cases = [
        (
            json!([question("a", csat()), question("a", csat())]),
            RuleCode::NotUnique,
            "/1/key",
        ),
        (
            json!([question("a", json!({"kind": "scale", "scale": {"low": 5, "high": 1}}))]),
            RuleCode::OffScale,
            "/0/answer/scale/high",
        ),
        (
            json!([question("a", json!({"kind": "choice", "options": [option, option]}))]),
            RuleCode::NotUnique,
            "/0/answer/options",
        ),
        (
            json!([on(question("a", csat()), "b", json!([1])), question("b", csat())]),
            RuleCode::UnknownReference,
            "/0/condition/question",
        ),
        (
            json!([question("a", csat()), on(question("b", csat()), "a", json!([1, 6]))]),
            RuleCode::OffScale,
            "/1/condition/answers/1",
        ),
    ];
    for (questions, code, place) in cases {
        let rule = content(questions).check().unwrap_err();
        assert_eq!(
            (rule.code, rule.pointer),
            (code, Some(format!("/content/questions{place}")))
        );
    }
}

#[test]
fn answers_fit_their_questions() {
    let good = asked()
        .accept(
            &told(json!({"how": 2, "why": " Långsamt.\n", "which": "b", "ten": 10})),
            true,
        )
        .unwrap();
    assert_eq!(good.figures.0.len(), 3);
    assert_eq!(good.texts.0.values().next().unwrap().as_str(), "Långsamt.");
    assert_eq!(faults(json!({}), true), [(RuleCode::Unanswered, "/answers/how".into())]);
    assert_eq!(
        faults(json!({"how": 1}), true),
        [(RuleCode::Unanswered, "/answers/why".into())]
    );
    assert!(faults(json!({"how": 1}), false).is_empty());
    for off in [
        json!({"how": 6}),
        json!({"how": "5"}),
        json!({"how": 4, "which": "c"}),
        json!({"how": 4, "which": 1}),
    ] {
        assert_eq!(faults(off.clone(), true)[0].0, RuleCode::OffScale, "{off}");
    }
    let long = "x".repeat(2001);
    assert_eq!(faults(json!({"how": 1, "why": long}), true)[0].1, "/answers/why");
    let unknown = faults(json!({"how": 4, "a/b": 1}), true);
    assert_eq!(unknown, [(RuleCode::UnknownReference, "/answers/a~1b".into())]);
}

#[test]
fn what_is_not_shown_is_neither_missed_nor_kept() {
    let kept = asked()
        .accept(
            &told(json!({"how": 5, "why": "Gammalt ord.", "which": "a", "ten": 4})),
            true,
        )
        .unwrap();
    assert!(kept.texts.0.is_empty());
    let keys: Vec<&str> = kept.figures.0.keys().map(Slug::as_str).collect();
    assert_eq!(keys, ["how", "which"]);
}

fn survey() -> Survey {
    let input = SurveyInput {
        kind: SurveyKind::Other,
        free_text_months: 24,
        content: asked(),
    };
    Survey::register(SurveyId(Uuid::nil()), input, DateTime::default()).unwrap()
}

#[test]
fn what_was_sent_keeps_its_words() {
    let input = |survey: &Survey, title: &str| {
        let mut content = survey.content.clone();
        content.title.sv = title.parse().unwrap();
        SurveyInput {
            kind: survey.kind,
            free_text_months: 12,
            content,
        }
    };
    let draft = survey();
    let draft = draft.clone().change(input(&draft, "Nytt")).unwrap();
    assert_eq!((draft.edition, draft.sealed), (1, false));
    let sealed = draft.seal();
    let same = sealed.clone().change(input(&sealed, "Nytt")).unwrap();
    assert_eq!((same.edition, same.sealed, same.free_text_months), (1, true, 12));
    let next = same.clone().change(input(&same, "Nyare")).unwrap();
    assert_eq!((next.edition, next.sealed), (2, false));
}

fn customer(n: u128) -> CustomerId {
    CustomerId(Uuid::from_u128(n))
}

/// So many contacts of customer 1, of customer 2, and so on.
fn contacts(sizes: &[usize]) -> Vec<Candidate> {
    let of = sizes
        .iter()
        .enumerate()
        .flat_map(|(n, size)| (0..*size).map(move |i| (n as u128 + 1, i as u128)));
    of.map(|(n, i)| Candidate {
        contact: ContactId(Uuid::from_u128(n * 10_000 + i)),
        customer: customer(n),
    })
    .collect()
}

fn round(anonymity: Anonymity) -> SurveyRound {
    let customers = [("A", 1), ("B", 2)].map(|(code, n)| CustomerRef {
        id: customer(n),
        code: code.parse().unwrap(),
        name: code.parse().unwrap(),
    });
    let input = json!({"survey": Uuid::nil(), "title": {"sv": "Runda", "en": "Round"}, "anonymity": anonymity,
        "customers": [customers[0].id, customers[1].id], "firstDay": DAY, "lastDay": "2026-10-23",
        "reminders": ["2026-10-20", "2026-10-12", "2026-10-20"]});
    let named = NamedForRound {
        customers: customers.into(),
        service: None,
    };
    let input = serde_json::from_value(input).unwrap();
    SurveyRound::prepare(
        SurveyRoundId(Uuid::nil()),
        input,
        named,
        (DateTime::default(), day("2026-10-01")),
    )
    .unwrap()
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

fn drawn(invited: u32, on: &str) -> DrawnSample {
    DrawnSample {
        day: day(on),
        seed: Some("0".repeat(32)),
        frame: invited,
        own_left_out: 0,
        rested_left_out: 0,
        invited,
    }
}

#[test]
fn the_calendar_and_acts_move_a_round() {
    let draft = round(Anonymity::Confidential);
    assert_eq!(draft.reminders, [day("2026-10-12"), day("2026-10-20")]);
    assert!(draft.must_run().is_err() && draft.clone().publish_would_fail());
    let opened = draft.open(&survey(), drawn(3, "2026-10-02")).unwrap();
    assert_eq!((opened.status, opened.edition), (RoundStatus::Scheduled, Some(1)));
    let stored = SurveyRound {
        status: RoundStatus::Open,
        ..opened
    };
    for (on, status) in [
        ("2026-10-04", RoundStatus::Scheduled),
        (DAY, RoundStatus::Open),
        ("2026-10-23", RoundStatus::Open),
        ("2026-10-24", RoundStatus::Closed),
    ] {
        assert_eq!(stored.clone().on(day(on)).status, status, "{on}");
    }
    let over = stored.on(day("2026-10-24"));
    assert!(over.must_run().is_err() && over.is_unsettled());
    let counted = Turnout {
        delivered: 3,
        answered: 2,
    };
    let closed = over.close(day("2026-10-23"), counted, 24).unwrap();
    assert_eq!(closed.turnout, None, "of three invited nothing is told");
    assert_eq!(closed.comments_until, Some(day("2028-10-23")));
    assert!(closed.clone().close(day("2026-10-23"), counted, 24).is_err());
    assert!(!closed.publish_would_fail());
}

impl SurveyRound {
    fn publish_would_fail(self) -> bool {
        use crate::{
            agreements::{Deed, Party, Signatory},
            events::ActorKind,
        };
        let by = Signatory {
            kind: ActorKind::Person,
            id: Uuid::nil(),
            name: "Anna Lind".parse().unwrap(),
        };
        let deed = Deed {
            party: Party::Provider,
            by,
            acting_for: None,
            at: DateTime::default(),
        };
        self.publish(deed).is_err()
    }
}

#[test]
fn among_few_nobody_is_anonymous() {
    let four = round(Anonymity::Anonymous).open(&survey(), drawn(4, DAY)).unwrap_err();
    assert_eq!((four.code, four.code.number()), (RuleCode::Respondents, Some("R19")));
    assert!(round(Anonymity::Anonymous).open(&survey(), drawn(5, DAY)).is_ok());
    assert!(round(Anonymity::Named).open(&survey(), drawn(1, DAY)).is_ok());
    for nobody_or_too_many in [0, 2001] {
        assert!(
            round(Anonymity::Named)
                .open(&survey(), drawn(nobody_or_too_many, DAY))
                .is_err()
        );
    }
}

#[test]
fn what_respondents_were_told_stays() {
    let input = |anonymity: Anonymity, last: &str| {
        serde_json::from_value(
            json!({"survey": Uuid::nil(), "title": {"sv": "Ny", "en": "New"}, "anonymity": anonymity,
            "customers": [customer(1)], "firstDay": DAY, "lastDay": last}),
        )
        .unwrap()
    };
    let round = round(Anonymity::Confidential);
    let named = || NamedForRound {
        customers: round.customers.clone(),
        service: None,
    };
    let times = (DateTime::default(), day(DAY));
    assert!(
        round
            .clone()
            .change(input(Anonymity::Named, "2026-11-01"), named(), times)
            .is_ok()
    );
    let opened = round.clone().open(&survey(), drawn(9, DAY)).unwrap();
    let refused = opened
        .clone()
        .change(input(Anonymity::Named, "2026-11-01"), named(), times)
        .unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("/anonymity"));
    let later = opened
        .change(input(Anonymity::Confidential, "2026-11-01"), named(), times)
        .unwrap();
    assert_eq!((later.last_day, later.version), (day("2026-11-01"), 3));
}

#[test]
fn answers_are_counted_by_question_customer_and_score() {
    let figures = |how: i32| Figures(BTreeMap::from([("how".parse().unwrap(), Answered::Score(how))]));
    let mut with_choice = figures(5);
    with_choice
        .0
        .insert("which".parse().unwrap(), Answered::Words("a".into()));
    let answers = [
        (Some(customer(1)), figures(5)),
        (Some(customer(1)), with_choice),
        (None, figures(5)),
        (None, figures(2)),
    ];
    let counts = counted(&asked(), answers.iter().map(|(customer, figures)| (*customer, figures)));
    let told: Vec<_> = counts.iter().map(|c| (c.customer, c.score, c.n)).collect();
    assert_eq!(told, [(None, 2, 1), (None, 5, 1), (Some(customer(1)), 5, 2)]);
    assert!(
        counts
            .iter()
            .all(|count| count.scale == crate::satisfaction::Scale::CSAT)
    );
}

proptest! {
    /// What is told of an anonymous answer fits at least five who were invited.
    #[test]
    fn an_anonymous_answer_could_be_anybodys_of_five(sizes in prop::collection::vec(0usize..12, 1..8)) {
        let invited = contacts(&sizes);
        prop_assume!(invited.len() >= FEWEST_ANONYMOUS);
        let apart = strata(invited.iter().map(|candidate| candidate.customer));
        let size = |n: usize| sizes[n];
        let (told, rest): (Vec<usize>, Vec<usize>) =
            (0..sizes.len()).partition(|n| apart.contains(&customer(*n as u128 + 1)));
        prop_assert!(told.iter().all(|n| size(*n) >= FEWEST_ANONYMOUS));
        let rest: usize = rest.into_iter().map(size).sum();
        prop_assert!(rest == 0 || rest >= FEWEST_ANONYMOUS, "{rest}");
    }

    /// A sample is drawn again by its seed, whatever the order of those it is drawn from, and is as large as it says.
    #[test]
    fn a_sample_can_be_drawn_again(sizes in prop::collection::vec(0usize..30, 1..5), size in 1u32..40, seed in "[0-9a-f]{32}") {
        let frame = contacts(&sizes);
        let mut backwards = frame.clone();
        backwards.reverse();
        let uses = uses(sizes.len());
        let by_service = SampleRule::StratifiedByService { size_per_service: size };
        for rule in [SampleRule::All, SampleRule::Random { size }, SampleRule::Stratified { size_per_customer: size }, by_service] {
            let sample = draw(&frame, &rule, &uses, &seed);
            prop_assert_eq!(&sample, &draw(&backwards, &rule, &uses, &seed));
            let per_customer = |n: usize| sizes[n].min(size as usize);
            let wanted = match rule {
                SampleRule::All => frame.len(),
                SampleRule::Random { size } => frame.len().min(size as usize),
                SampleRule::Stratified { .. } => (0..sizes.len()).map(per_customer).sum(),
                SampleRule::StratifiedByService { .. } => {
                    // Of each service enough, and everybody is among the first of one.
                    let of = |all: &[Candidate], service| all.iter().filter(|c| uses[&c.customer].contains(&service)).count();
                    let services = [service(0), service(1)];
                    for service in services {
                        prop_assert!(of(&sample, service) >= of(&frame, service).min(size as usize));
                    }
                    prop_assert!(sample.len() <= services.map(|s| of(&frame, s).min(size as usize)).iter().sum());
                    sample.len()
                }
            };
            prop_assert_eq!(sample.len(), wanted);
        }
    }
}

fn service(n: u128) -> ServiceId {
    Uuid::from_u128(n).into()
}

/// The first customer uses one service, the second another, the third both, and so on.
fn uses(customers: usize) -> Uses {
    let of = |n: usize| [vec![service(0)], vec![service(1)], vec![service(0), service(1)]][n % 3].clone();
    let used = (0..customers).map(|n| (customer(n as u128 + 1), of(n).into_iter().collect()));
    used.collect()
}

/// A closed round of these: how many answered of each customer, and whether its figures are told.
fn turnout(strata: &[(u64, bool)]) -> RoundTurnout {
    let named = |n: usize| CustomerRef {
        id: customer(n as u128 + 1),
        code: format!("C{n}").parse().unwrap(),
        name: format!("C{n}").parse().unwrap(),
    };
    let heard: Vec<HeardStratum> = strata
        .iter()
        .enumerate()
        .map(|(n, (answered, _))| HeardStratum {
            customer: Some(named(n)),
            invited: 20,
            delivered: 20,
            answered: *answered,
        })
        .collect();
    let told = strata.iter().enumerate().filter(|(_, (_, told))| *told);
    let figures: Vec<ToldAnswers> = told
        .map(|(n, (answered, _))| ToldAnswers {
            customer: Some(customer(n as u128 + 1)),
            question: "how".parse().unwrap(),
            answers: Distribution::of(Scale::CSAT, vec![4; *answered as usize]).unwrap(),
        })
        .collect();
    let invited = 20 * strata.len() as u32;
    let answered = strata.iter().map(|(answered, _)| *answered as u32).sum();
    let opened = round(Anonymity::Confidential)
        .open(&survey(), drawn(invited, DAY))
        .unwrap();
    let delivered = invited;
    let closed = opened
        .close(day("2026-10-23"), Turnout { delivered, answered }, 12)
        .unwrap();
    let asked = [("how".parse().unwrap(), Scale::CSAT)];
    RoundTurnout::of(&closed, &asked, (&heard, &[]), &figures, Threshold::USUAL).unwrap()
}

proptest! {
    /// Whoever takes those that are told from the whole, which the round tells, never finds one that is not.
    #[test]
    fn of_whom_nothing_is_told_nothing_is_found(strata in prop::collection::vec((0u64..15, any::<bool>()), 2..6)) {
        let told = turnout(&strata);
        prop_assert_eq!(told.answered, Some(strata.iter().map(|(answered, _)| answered).sum()));
        let kept: Vec<u64> = strata.iter().zip(&told.strata)
            .filter(|(_, shown)| shown.answered.is_none())
            .map(|((answered, _), shown)| {
                assert!(shown.response_rate.is_none() && shown.share_answered.is_none());
                *answered
            })
            .collect();
        for ((answered, has_figures), shown) in strata.iter().zip(&told.strata) {
            prop_assert!(shown.answered.is_none_or(|n| n == *answered && *has_figures && n >= 5));
        }
        prop_assert!(kept.iter().all(|n| *n == 0) || kept.len() > 1, "{kept:?}");
    }
}

#[test]
fn customers_weigh_alike_beside_their_respondents() {
    let told = turnout(&[(10, true), (5, true)]);
    assert_eq!((told.response_rate, told.coverage), (Some(37.5), Some(100.0)));
    let shares: Vec<_> = told
        .strata
        .iter()
        .map(|one| (one.share_invited, one.answered))
        .collect();
    assert_eq!(shares, [(50.0, Some(10)), (50.0, Some(5))]);
    let means: Vec<_> = told
        .means
        .iter()
        .map(|one| (one.customers, one.respondents, one.customer_mean))
        .collect();
    assert_eq!(means, [(2, 15, 4.0)]);
    // Neither while nothing of it is told.
    assert!(turnout(&[(10, false), (5, false)]).means.is_empty());
}
