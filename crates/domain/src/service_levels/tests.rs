//! Statements: the state machine, each judgement on made-up evidence, and what must hold whatever the evidence.
use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};
use strum::IntoEnumIterator;
use uuid::Uuid;

use super::{judging::Verdict, *};
use crate::{
    Rule, RuleCode,
    agreements::*,
    calendars::{CalendarHours, Interval, PinnedCalendar},
    events::{ActorKind, Aggregate},
    satisfaction::{Distribution, Scale},
    vocabulary::*,
};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const MAIL: ServiceId = ServiceId(Uuid::from_u128(2));
const PRINT: ServiceId = ServiceId(Uuid::from_u128(3));
const CALENDAR: CalendarId = CalendarId(Uuid::from_u128(9));
/// March 2026 in Stockholm, with the change of clocks in it.
const MARCH: &str = "2026-03";

fn agreement(kind: AgreementKind) -> AgreementRef {
    AgreementRef {
        id: AgreementId(Uuid::from_u128(7)),
        number: "AGR-2026-0001".into(),
        kind,
    }
}

fn deed(party: Party) -> Deed {
    Deed {
        party,
        by: Signatory {
            kind: ActorKind::Person,
            id: Uuid::from_u128(50),
            name: "Dan Leman".parse().unwrap(),
        },
        acting_for: None,
        at: at("2026-04-02T08:00:00Z"),
    }
}

fn target(key: &str, indicator: Value, comparison: &str, value: &str) -> Value {
    let mut target = json!({"key": key, "name": key, "indicator": indicator, "comparison": comparison, "value": value,
        "period": "month"});
    if ["availability", "timeliness"].contains(&target["indicator"]["kind"].as_str().unwrap()) {
        target["calendar"] = json!(CALENDAR);
    }
    target
}

fn availability(value: &str) -> Value {
    target("uptime", json!({"kind": "availability"}), "at_least", value)
}

fn resolution() -> Value {
    let indicator = json!({"kind": "timeliness", "measured": "resolution", "limit": "PT4H"});
    target("resolution", indicator, "at_least", "50")
}

/// A version with these targets from a day on, always open.
fn version(number: i32, first: &str, targets: Vec<Value>) -> AgreementVersion {
    let content = json!({"title": "E-post", "language": "sv", "targets": targets, "priorities": ["P1", "P2"],
        "price": {"amount": "1000.00", "currency": "SEK", "period": "month"},
        "workloadLimits": [{"key": "cases", "name": "Ärenden", "metric": "cases", "limit": "2", "period": "month"}]});
    let services = [(MAIL, "MAIL"), (PRINT, "PRINT")].map(|(id, code)| CoveredService {
        id,
        code: code.parse().unwrap(),
        name: code.parse().unwrap(),
    });
    let pin = PinnedCalendar {
        id: CALENDAR,
        version: 1,
        name: "Alltid".parse().unwrap(),
        digest: "0".repeat(64),
    };
    let agreed = Agreed {
        services: CoveredServices(services.into()),
        calendars: PinnedCalendars(vec![pin]),
        terms: Terms {
            first_day: day(first),
            last_day: day("2027-12-31"),
            renewal: Renewal::None,
            renewal_term: None,
            notice_period: None,
        },
        content: serde_json::from_value(content).unwrap(),
    };
    let with = OtherParty {
        name: "HR".parse().unwrap(),
        legal_entity: None,
        organisation_number: None,
    };
    let id = AgreementVersionId(Uuid::from_u128(100 + number as u128));
    let named = (agreement(AgreementKind::Sla), VersionNumber(number));
    AgreementVersion::draft(id, named, (with, None), agreed, at("2026-01-01T00:00:00Z")).unwrap()
}

fn always() -> CalendarHours {
    let day = json!([{"from": "00:00", "to": "24:00"}]);
    let days = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let weekly: serde_json::Map<String, Value> = days.iter().map(|name| (name.to_string(), day.clone())).collect();
    CalendarHours::new(serde_json::from_value(json!({"zone": "Europe/Stockholm", "weekly": weekly})).unwrap()).unwrap()
}

fn observed(n: u128, service: ServiceId, sent: Value) -> Observed {
    let mut sent = sent;
    for (member, value) in [
        ("source", json!("monitor")),
        ("sourceId", json!(n.to_string())),
        ("service", json!(service)),
    ] {
        sent[member] = value;
    }
    if sent["observedAt"].is_null() {
        sent["observedAt"] = json!("2026-04-01T00:00:00Z");
    }
    Observed {
        measurement: MeasurementId(Uuid::from_u128(n)),
        digest: [n as u8; 32],
        received_at: at("2026-04-01T00:00:00Z"),
        service,
        sent: serde_json::from_value(sent).unwrap(),
    }
}

fn outage(n: u128, service: ServiceId, from: &str, to: &str) -> Observed {
    observed(n, service, json!({"kind": "outage", "from": from, "to": to}))
}

fn case(n: u128, opened: &str, resolved: Option<&str>) -> Observed {
    let mut told = json!({"kind": "case", "customer": Uuid::from_u128(1), "priority": "P2", "opened": opened});
    if let Some(resolved) = resolved {
        told["resolved"] = json!(resolved);
    }
    observed(n, MAIL, told)
}

fn sample(n: u128, at: &str, value: &str) -> Observed {
    let told = json!({"kind": "sample", "observedAt": at, "metric": "users", "value": value, "unit": "1"});
    observed(n, MAIL, told)
}

fn part(version: AgreementVersion, days: (&str, &str), observed: Vec<Observed>) -> Part {
    let whole = Interval::new(at("2020-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
    Part {
        hours: [(CALENDAR, always())].into(),
        used: Some([(MAIL, vec![whole]), (PRINT, vec![whole])].into()),
        first_day: day(days.0),
        until: day(days.1),
        version,
        observed,
        open_cases: vec![],
        answers: vec![],
    }
}

fn inputs(targets: Vec<Value>, observed: Vec<Observed>) -> Inputs {
    Inputs {
        period: MARCH.parse().unwrap(),
        zone: chrono_tz::Europe::Stockholm,
        now: at("2026-04-02T08:00:00Z"),
        parts: vec![part(
            version(1, "2026-01-01", targets),
            ("2026-03-01", "2026-04-01"),
            observed,
        )],
        exclusions: vec![],
    }
}

fn only(inputs: &Inputs) -> TargetFigure {
    let figures = inputs.figures().unwrap();
    figures.parts[0].targets[0].clone()
}

/// March has an hour less than 31 days where clocks are put forward.
const MARCH_SECONDS: i64 = 31 * 86_400 - 3600;

fn exclusion(state: ExclusionState, target: Option<&str>, from: &str, to: &str) -> Exclusion {
    Exclusion {
        id: ExclusionId(Uuid::from_u128(77)),
        version: 1,
        agreement: agreement(AgreementKind::Sla),
        target: target.map(|key| key.parse().unwrap()),
        service: None,
        from: at(from),
        to: at(to),
        ground: ExclusionGround::CustomerCaused,
        reason: "Avgrävd fiber.".parse().unwrap(),
        state,
        proposal: ExclusionProposal(deed(Party::Provider)),
        decision: None,
        customer: None,
        created_at: at("2026-03-02T00:00:00Z"),
    }
}

fn decimal(text: &str) -> Option<Decimal> {
    Some(text.parse().unwrap())
}

#[test]
fn periods_are_read_written_and_bounded() {
    for (text, first, last) in [
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("2026", "2026-01-01", "2026-12-31"),
    ] {
        let period: StatementPeriod = text.parse().unwrap();
        assert_eq!(period.to_string(), text);
        assert_eq!(period.days().first_day, day(first));
        assert_eq!(period.days().last_day, Some(day(last)));
        assert_eq!(StatementPeriod::containing(period.kind(), day(last)), period);
    }
    for bad in [
        "",
        "26-01",
        "2026-13",
        "2026-1",
        "2026-Q5",
        "2026-q1",
        "1850",
        "2026-01-01",
    ] {
        assert!(bad.parse::<StatementPeriod>().is_err(), "{bad}");
    }
    let march: StatementPeriod = MARCH.parse().unwrap();
    assert_eq!(march.interval(chrono_tz::Europe::Stockholm).seconds(), MARCH_SECONDS);
}

#[test]
fn downtime_is_taken_from_the_agreed_time_and_told_with_its_inputs() {
    let outages = vec![
        outage(1, MAIL, "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"),
        // Overlaps: counted once.
        outage(2, MAIL, "2026-03-02T10:30:00Z", "2026-03-02T12:00:00Z"),
        // The other service is down at the same time, and an hour longer.
        outage(3, PRINT, "2026-03-02T11:00:00Z", "2026-03-02T13:00:00Z"),
        // Before the period, and after it.
        outage(4, MAIL, "2026-02-02T10:00:00Z", "2026-02-02T11:00:00Z"),
        outage(5, MAIL, "2026-04-01T10:00:00Z", "2026-04-01T11:00:00Z"),
    ];
    let inputs = inputs(vec![availability("99.5")], outages);
    let figure = only(&inputs);
    assert_eq!(
        (figure.agreed.n, figure.agreed.k),
        (MARCH_SECONDS, Some(MARCH_SECONDS - 3 * 3600))
    );
    assert_eq!(figure.agreed.value, decimal("99.596231"));
    assert_eq!(figure.verdict, Verdict::Met);
    assert_eq!(figure.raw, figure.agreed);
    assert_eq!(figure.evidence_share, decimal("100"));
    let allowed = (MARCH_SECONDS as f64 * 0.005).floor() as i64;
    let allowance = figure.allowance.unwrap();
    assert_eq!((allowance.lost, allowance.left), (3 * 3600, allowed - 3 * 3600));
    let evidence = inputs.figures().unwrap().evidence;
    assert_eq!(evidence.measurements, 3);
}

#[test]
fn what_was_consented_to_leaves_the_agreed_figure_and_stays_in_the_raw_one() {
    let outages = vec![outage(1, MAIL, "2026-03-02T10:00:00Z", "2026-03-02T16:00:00Z")];
    let mut inputs = inputs(vec![availability("99.5")], outages);
    assert_eq!(only(&inputs).verdict, Verdict::Missed);
    let interval = ("2026-03-02T09:00:00Z", "2026-03-02T16:00:00Z");
    for (state, verdict) in [
        (ExclusionState::Proposed, Verdict::Missed),
        (ExclusionState::Refused, Verdict::Missed),
        (ExclusionState::Consented, Verdict::Met),
        (ExclusionState::PreAgreed, Verdict::Met),
    ] {
        inputs.exclusions = vec![exclusion(state, None, interval.0, interval.1)];
        let figure = only(&inputs);
        assert_eq!(figure.verdict, verdict, "{state}");
        assert_eq!(
            (figure.raw.n, figure.raw.k),
            (MARCH_SECONDS, Some(MARCH_SECONDS - 6 * 3600))
        );
        if verdict == Verdict::Met {
            assert_eq!(
                (figure.agreed.n, figure.agreed.k),
                (MARCH_SECONDS - 7 * 3600, Some(MARCH_SECONDS - 7 * 3600))
            );
            assert_eq!(figure.excluded.len(), 1);
        }
    }
    // Of another target it is none of this one's business.
    inputs.exclusions = vec![exclusion(
        ExclusionState::Consented,
        Some("other"),
        interval.0,
        interval.1,
    )];
    assert_eq!(only(&inputs).verdict, Verdict::Missed);
}

#[test]
fn an_exclusion_stops_the_clock_of_a_case() {
    let cases = vec![case(1, "2026-03-02T10:00:00Z", Some("2026-03-02T15:00:00Z"))];
    let mut inputs = inputs(vec![resolution()], cases);
    let figure = only(&inputs);
    assert_eq!(
        (figure.agreed.n, figure.agreed.k, figure.verdict),
        (1, Some(0), Verdict::Missed)
    );
    inputs.exclusions = vec![exclusion(
        ExclusionState::Consented,
        Some("resolution"),
        "2026-03-02T11:00:00Z",
        "2026-03-02T12:00:00Z",
    )];
    let figure = only(&inputs);
    assert_eq!(
        (figure.agreed.k, figure.raw.k, figure.verdict),
        (Some(1), Some(0), Verdict::Met)
    );
}

#[test]
fn what_was_resolved_had_been_responded_to() {
    let indicator = json!({"kind": "timeliness", "measured": "response", "limit": "PT1H"});
    let within = |members: Value| {
        let mut told = json!({"kind": "case", "customer": Uuid::from_u128(1), "priority": "P1",
            "opened": "2026-03-02T08:00:00Z", "resolved": "2026-03-02T11:00:00Z"});
        told.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        let target = target("response", indicator.clone(), "at_least", "50");
        only(&inputs(vec![target], vec![observed(1, MAIL, told)])).agreed.k
    };
    let again = json!([{"resolved": "2026-03-02T08:30:00Z", "reopened": "2026-03-02T09:30:00Z"}]);
    assert_eq!(within(json!({})), Some(0));
    assert_eq!(within(json!({"reopenings": again})), Some(1), "by the first resolution");
    let late = json!({"responded": "2026-03-02T10:00:00Z", "reopenings": again});
    assert_eq!(within(late), Some(1), "whatever was written down later");
    let soon = json!({"responded": "2026-03-02T08:10:00Z"});
    assert_eq!(within(soon), Some(1));
}

#[test]
fn too_little_evidence_is_never_met() {
    let mut asked = resolution();
    asked["minimumObservations"] = json!(2);
    let cases = vec![case(1, "2026-03-02T10:00:00Z", Some("2026-03-02T11:00:00Z"))];
    let figure = only(&inputs(vec![asked], cases));
    assert_eq!((figure.agreed.n, figure.verdict), (1, Verdict::InsufficientData));
    let satisfied = target(
        "csat",
        json!({"kind": "satisfaction", "method": "csat"}),
        "at_least",
        "80",
    );
    assert_eq!(
        only(&inputs(vec![satisfied], vec![])).verdict,
        Verdict::InsufficientData
    );
    let mut unused = inputs(vec![availability("99.5")], vec![]);
    unused.parts[0].used = Some([].into());
    let figure = only(&unused);
    assert_eq!((figure.agreed.n, figure.verdict), (0, Verdict::NotApplicable));
}

#[test]
fn satisfaction_is_judged_by_answers_that_may_be_told() {
    let asked = |method: &str, value: &str| {
        target(
            method,
            json!({"kind": "satisfaction", "method": method}),
            "at_least",
            value,
        )
    };
    let answers = |scale: Scale, scores: &[i32]| Distribution::of(scale, scores.iter().copied()).unwrap();
    let judged = |target: Value, answers: Vec<(ServiceId, Distribution)>| {
        let mut inputs = inputs(vec![target], vec![]);
        inputs.parts[0].answers = answers;
        only(&inputs)
    };
    let (good, bad) = (answers(Scale::CSAT, &[4, 5, 5, 4]), answers(Scale::CSAT, &[2]));
    let figure = judged(asked("csat", "80"), vec![(MAIL, good.clone()), (MAIL, bad.clone())]);
    assert_eq!(
        (figure.agreed.n, figure.agreed.k, figure.verdict),
        (5, Some(4), Verdict::Met)
    );
    assert_eq!(figure.counted, Counted::Answers);
    let figure = judged(asked("csat", "80.1"), vec![(MAIL, good.clone()), (MAIL, bad.clone())]);
    assert_eq!(figure.verdict, Verdict::Missed);
    let figure = judged(asked("mean", "4"), vec![(MAIL, good.clone()), (MAIL, bad.clone())]);
    assert_eq!(figure.agreed.value, Some("4".parse().unwrap()));
    assert_eq!((figure.agreed.k, figure.verdict), (None, Verdict::Met));
    let mut of_print = asked("csat", "80");
    of_print["services"] = json!([PRINT]);
    let figure = judged(of_print, vec![(MAIL, good.clone()), (PRINT, bad)]);
    assert_eq!((figure.agreed.n, figure.verdict), (1, Verdict::Missed));
    let mut many = asked("csat", "80");
    many["minimumObservations"] = json!(5);
    assert_eq!(
        judged(many, vec![(MAIL, good.clone())]).verdict,
        Verdict::InsufficientData
    );
    let two_scales = vec![(MAIL, good), (MAIL, answers(Scale::CES, &[7, 7]))];
    assert_eq!(
        judged(asked("mean", "1"), two_scales).verdict,
        Verdict::InsufficientData
    );
    let no_boxes = vec![(MAIL, answers(Scale::new(1, 3, None).unwrap(), &[3, 3]))];
    assert_eq!(judged(asked("csat", "1"), no_boxes).verdict, Verdict::InsufficientData);
}

#[test]
fn each_version_is_judged_on_its_own_days() {
    let evidence = vec![
        outage(1, MAIL, "2026-03-10T22:00:00Z", "2026-03-11T02:00:00Z"),
        case(2, "2026-03-12T10:00:00Z", Some("2026-03-12T11:00:00Z")),
    ];
    let first = part(
        version(1, "2026-01-01", vec![availability("99")]),
        ("2026-03-01", "2026-03-11"),
        evidence.clone(),
    );
    let second = part(
        version(2, "2026-03-11", vec![availability("99.9")]),
        ("2026-03-11", "2026-04-01"),
        evidence,
    );
    let mut inputs = inputs(vec![], vec![]);
    inputs.parts = vec![first, second];
    let figures = inputs.figures().unwrap();
    // The night is cut at local midnight: an hour before it, three after.
    let lost: Vec<i64> = figures
        .targets()
        .map(|(_, f)| f.agreed.n - f.agreed.k.unwrap())
        .collect();
    assert_eq!(lost, [3600, 3 * 3600]);
    let verdicts: Vec<Verdict> = figures.targets().map(|(_, f)| f.verdict).collect();
    assert_eq!(verdicts, [Verdict::Met, Verdict::Missed]);
    // The outage stands in both parts, and once in the evidence; the case counts for the workload.
    assert_eq!(figures.evidence.measurements, 2);
    let of = |version| inputs.rests_on(&inputs.parts[0].observed[1], &EvidenceOf { target: None, version });
    assert!(of(None) && of(Some(VersionNumber(2))) && !of(Some(VersionNumber(1))));
}

#[test]
fn a_running_period_is_cut_at_now_and_says_what_is_at_risk() {
    let outages = vec![outage(1, MAIL, "2026-03-02T10:00:00Z", "2026-03-02T12:00:00Z")];
    let mut inputs = inputs(vec![availability("99.5"), resolution()], outages);
    inputs.now = at("2026-03-11T00:00:00+01:00");
    inputs.parts[0].open_cases = vec![
        case(8, "2026-03-10T10:00:00Z", None),
        case(9, "2026-03-10T22:00:00Z", None),
    ];
    let figures = inputs.figures().unwrap();
    let [uptime, resolution] = &figures.parts[0].targets[..] else {
        panic!()
    };
    assert_eq!(uptime.agreed.n, 10 * 86_400);
    assert!(uptime.at_risk, "two hours of ten days are more than half a per cent");
    let allowance = uptime.allowance.as_ref().unwrap();
    assert_eq!((allowance.whole, allowance.lost), (MARCH_SECONDS, 7200));
    assert!(allowance.left > 0, "and yet there is something left");
    // One of the open cases is overdue already; nothing was resolved yet.
    assert_eq!(
        (resolution.overdue, resolution.verdict),
        (Some(1), Verdict::InsufficientData)
    );
    assert!(resolution.at_risk);
    inputs.now = at("2026-04-02T08:00:00Z");
    assert!(
        inputs
            .figures()
            .unwrap()
            .targets()
            .all(|(_, figure)| !figure.at_risk && figure.overdue.is_none())
    );
}

#[test]
fn volume_beyond_its_limit_is_said_beside_the_verdict() {
    let mut asked = resolution();
    asked["workloadLimit"] = json!("cases");
    let resolved = |n: u128| case(n, "2026-03-02T10:00:00Z", Some("2026-03-02T11:00:00Z"));
    let within = inputs(vec![asked.clone()], vec![resolved(1), resolved(2)]);
    assert_eq!(only(&within).beyond_workload, Some(false));
    let beyond = inputs(vec![asked], vec![resolved(1), resolved(2), resolved(3)]);
    let figures = beyond.figures().unwrap();
    assert_eq!(figures.parts[0].targets[0].beyond_workload, Some(true));
    let load = &figures.parts[0].workload[0];
    assert_eq!((load.n, load.actual, load.beyond), (3, decimal("3"), true));
}

#[test]
fn each_step_that_is_passed_costs_its_part_up_to_the_cap() {
    let mut asked = availability("99.5");
    asked["consequence"] = json!({"kind": "price", "cap": "12.5", "steps": [
        {"worseThan": "99.5", "percent": "5"}, {"worseThan": "99", "percent": "5"}, {"worseThan": "98", "percent": "5"}]});
    for (hours, percent, amount) in [
        (3, None, None),
        (5, Some("5"), Some("50.00")),
        (8, Some("10"), Some("100.00")),
        (24, Some("12.5"), Some("125.00")),
    ] {
        let end = format!("2026-03-{:02}T{:02}:00:00Z", 2 + (10 + hours) / 24, (10 + hours) % 24);
        let outages = vec![outage(1, MAIL, "2026-03-02T10:00:00Z", &end)];
        let inputs = inputs(vec![asked.clone()], outages);
        let consequence = only(&inputs).consequence;
        assert_eq!(
            consequence.as_ref().and_then(|c| c.percent),
            percent.and_then(decimal),
            "{hours} h"
        );
        let money = consequence.and_then(|c| c.amount);
        assert_eq!(
            money.as_ref().map(|m| m.amount.to_string()).as_deref(),
            amount,
            "{hours} h"
        );
        let total = inputs.figures().unwrap().consequences;
        assert_eq!(total.first().map(|m| m.amount.to_string()).as_deref(), amount);
    }
    // A version that holds for ten of the 31 days answers for ten 31sts of the price: 50 × 10 ÷ 31 = 16.129….
    let outages = vec![outage(1, MAIL, "2026-03-02T10:00:00Z", "2026-03-02T12:00:00Z")];
    let mut short = inputs(vec![], vec![]);
    short.parts = vec![part(
        version(1, "2026-01-01", vec![asked]),
        ("2026-03-01", "2026-03-11"),
        outages,
    )];
    assert_eq!(short.figures().unwrap().consequences[0].amount.to_string(), "16.13");
}

fn whole_agreement() -> Agreement {
    let mut first = version(1, "2026-01-01", vec![]);
    let approval = |party| Approval {
        deed: deed(party),
        signed_in: SignedIn {
            issuer: "https://id.example.se".parse().unwrap(),
            level: None,
        },
        mandate: None,
        signed_elsewhere: None,
        signing_order: None,
        digest: first.digest.clone(),
    };
    let approvals = vec![approval(Party::Provider), approval(Party::Customer)];
    first.approvals = Approvals(approvals);
    let customer = CustomerRef {
        id: CustomerId(Uuid::from_u128(1)),
        code: "HR".parse().unwrap(),
        name: "HR".parse().unwrap(),
    };
    let terms = (EvidenceForm::Document, vec![]);
    Agreement::begin(
        &first,
        Some(customer),
        terms,
        at("2026-01-01T00:00:00Z"),
        day("2026-01-01"),
    )
}

fn opened() -> ServiceLevelStatement {
    let (id, period) = (StatementId(Uuid::from_u128(5)), MARCH.parse().unwrap());
    ServiceLevelStatement::open(id, &whole_agreement(), period, at("2026-03-01T00:00:00Z")).unwrap()
}

fn figures() -> Figures {
    let cases = vec![case(1, "2026-03-02T10:00:00Z", Some("2026-03-02T19:00:00Z"))];
    inputs(vec![resolution()], cases).figures().unwrap()
}

fn proposed() -> ServiceLevelStatement {
    opened()
        .propose(figures(), deed(Party::Provider), 10, day("2026-04-02"))
        .unwrap()
}

fn closed() -> ServiceLevelStatement {
    proposed()
        .close(deed(Party::Provider), day("2026-04-13"), None)
        .unwrap()
}

fn code<T>(refused: Result<T, Rule>) -> RuleCode {
    refused.err().expect("a refusal").code
}

#[test]
fn every_pair_of_state_and_act_is_decided() {
    let today = day("2026-05-01");
    for act in StatementAct::iter() {
        for statement in [opened(), proposed(), closed()] {
            let (state, revision) = (statement.state, statement.revision);
            let by = deed(Party::Provider);
            let done = match act {
                StatementAct::Propose => statement.propose(figures(), by, 10, today),
                StatementAct::Close => statement.close(by, today, None),
                StatementAct::Restate => {
                    let why = "Sena värden.".parse().unwrap();
                    statement.restate(figures(), (by, why), 10, today)
                }
            };
            match state.after(act) {
                Some(after) => {
                    let done = done.unwrap();
                    assert_eq!(done.state, after);
                    let further = i32::from(act == StatementAct::Restate);
                    assert_eq!(done.revision.0, revision.0 + further);
                }
                None => assert_eq!(code(done), RuleCode::State, "{state} {act}"),
            }
        }
    }
}

#[test]
fn a_statement_is_opened_proposed_and_closed_in_its_time() {
    let period = "2025-12".parse().unwrap();
    let before = ServiceLevelStatement::open(
        StatementId(Uuid::nil()),
        &whole_agreement(),
        period,
        at("2026-03-01T00:00:00Z"),
    );
    assert_eq!(code(before), RuleCode::StatementOrder);
    let early = opened().propose(figures(), deed(Party::Provider), 10, day("2026-03-31"));
    assert_eq!(code(early), RuleCode::StatementOrder);
    assert_eq!(proposed().proposal.unwrap().objections_until, Some(day("2026-04-12")));
    let by = || deed(Party::Provider);
    assert_eq!(
        code(proposed().close(by(), day("2026-04-12"), None)),
        RuleCode::Objections
    );
    assert!(proposed().close(by(), day("2026-04-13"), None).is_ok());
    let accepted = AcceptanceInput {
        digest: figures().digest,
    };
    let accepted = proposed().accept(accepted, deed(Party::Customer)).unwrap();
    assert!(accepted.clone().close(by(), day("2026-04-03"), None).is_ok());
    let exclusion = Some(ExclusionId(Uuid::nil()));
    assert_eq!(
        code(accepted.close(by(), day("2026-04-03"), exclusion)),
        RuleCode::ExclusionConsent
    );
}

#[test]
fn the_customer_objects_to_named_figures_and_is_answered_once() {
    let today = day("2026-04-05");
    let told = |key: &str| ObjectionInput {
        targets: vec![key.parse().unwrap()],
        reason: "Ärendet var pausat.".parse().unwrap(),
    };
    let by = || deed(Party::Customer);
    assert_eq!(
        code(proposed().object(told("resolution"), deed(Party::Provider), today)),
        RuleCode::Objections
    );
    assert_eq!(
        code(proposed().object(told("nothing"), by(), today)),
        RuleCode::UnknownReference
    );
    assert_eq!(
        code(proposed().object(told("resolution"), by(), day("2026-04-13"))),
        RuleCode::Objections
    );
    assert_eq!(code(opened().object(told("resolution"), by(), today)), RuleCode::State);
    let objected = proposed().object(told("resolution"), by(), today).unwrap();
    let answer = || "Pausen saknas i underlaget.".parse().unwrap();
    let first = ObjectionNumber(1);
    assert_eq!(
        code(objected.clone().answer_objection(ObjectionNumber(2), answer(), by())),
        RuleCode::UnknownReference
    );
    let answered = objected
        .answer_objection(first, answer(), deed(Party::Provider))
        .unwrap();
    assert_eq!(
        code(answered.clone().answer_objection(first, answer(), by())),
        RuleCode::State
    );
    // Proposed again, the objection and its answer stay, and the days begin anew.
    let again = answered
        .propose(figures(), deed(Party::Provider), 10, day("2026-04-10"))
        .unwrap();
    assert!(again.objections.0[0].answer.is_some());
    assert_eq!(again.proposal.unwrap().objections_until, Some(day("2026-04-20")));
}

#[test]
fn an_acceptance_is_of_the_figures_that_were_read() {
    let other = AcceptanceInput {
        digest: "0".repeat(64).parse().unwrap(),
    };
    assert_eq!(
        code(proposed().accept(other, deed(Party::Customer))),
        RuleCode::Objections
    );
    let told = AcceptanceInput {
        digest: figures().digest,
    };
    let accepted = proposed().accept(told, deed(Party::Customer)).unwrap();
    let same = accepted
        .clone()
        .propose(figures(), deed(Party::Provider), 10, day("2026-04-05"))
        .unwrap();
    assert!(same.acceptance.is_some());
    let moved = inputs(vec![resolution()], vec![]).figures().unwrap();
    let moved = accepted
        .propose(moved, deed(Party::Provider), 10, day("2026-04-05"))
        .unwrap();
    assert!(moved.acceptance.is_none());
}

#[test]
fn a_missed_target_is_told_once() {
    let mut n = 0;
    let mut id = || {
        n += 1;
        MissedTargetId(Uuid::from_u128(n))
    };
    let closed = closed();
    assert_eq!(closed.newly_missed(None, &mut id).len(), 1);
    assert!(closed.newly_missed(closed.figures.as_ref(), &mut id).is_empty());
}

#[test]
fn the_customer_decides_an_exclusion_once() {
    let proposed = || {
        exclusion(
            ExclusionState::Proposed,
            None,
            "2026-03-02T11:00:00Z",
            "2026-03-02T12:00:00Z",
        )
    };
    assert_eq!(
        code(proposed().decide(deed(Party::Provider), None)),
        RuleCode::ExclusionConsent
    );
    let consented = proposed().decide(deed(Party::Customer), None).unwrap();
    assert!(consented.takes_effect());
    assert_eq!(code(consented.decide(deed(Party::Customer), None)), RuleCode::State);
    let why = "Inte aviserat.".parse().unwrap();
    let refused = proposed().decide(deed(Party::Customer), Some(why)).unwrap();
    assert!(!refused.takes_effect() && refused.version() == 2);
    // Of an agreement with another function, the provider records the other party's word.
    let mut internal = proposed();
    internal.agreement = agreement(AgreementKind::Ola);
    let decided = internal.decide(deed(Party::Provider), None).unwrap();
    assert_eq!(decided.decision.unwrap().deed.party, Party::Counterparty);
}

/// Seconds into March as an instant.
fn second(n: i64) -> String {
    (at("2026-02-28T23:00:00Z") + chrono::Duration::seconds(n)).to_rfc3339()
}

fn any_outages() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((-100_000..MARCH_SECONDS + 100_000, 0i64..200_000), 0..12)
}

fn outages(told: &[(i64, i64)]) -> Vec<Observed> {
    let numbered = (1u128..).zip(told);
    numbered
        .map(|(n, (from, length))| outage(n, MAIL, &second(*from), &second(from + length)))
        .collect()
}

fn kept(figure: &TargetFigure) -> i64 {
    figure.agreed.k.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn more_downtime_never_raises_availability(told in any_outages(), more in any_outages()) {
        let less = only(&inputs(vec![availability("99.5")], outages(&told)));
        let all = only(&inputs(vec![availability("99.5")], outages(&[told, more].concat())));
        prop_assert!(kept(&all) <= kept(&less));
        prop_assert_eq!(all.agreed.n, less.agreed.n);
    }

    #[test]
    fn an_outage_in_two_pieces_is_the_same_outage(from in 0i64..2_000_000, first in 0i64..50_000, second in 0i64..50_000) {
        let whole = only(&inputs(vec![availability("99.5")], outages(&[(from, first + second)])));
        let pieces = only(&inputs(vec![availability("99.5")], outages(&[(from + first, second), (from, first)])));
        prop_assert_eq!(whole.agreed, pieces.agreed);
    }

    #[test]
    fn order_and_repeats_change_nothing(told in any_outages(), seed in any::<u64>()) {
        let targets = || vec![availability("99.5"), resolution()];
        let mut evidence = outages(&told);
        evidence.push(case(100, &second(100), Some(&second(40_000))));
        let straight = inputs(targets(), evidence.clone()).figures().unwrap();
        let turn = seed as usize % evidence.len();
        evidence.rotate_left(turn);
        evidence.reverse();
        let turned = inputs(targets(), evidence).figures().unwrap();
        prop_assert_eq!(&straight, &turned);
    }

    #[test]
    fn what_is_excluded_never_lowers_availability_within_the_rest(told in any_outages(), from in 0i64..2_000_000, length in 1i64..200_000) {
        let mut inputs = inputs(vec![availability("99.5")], outages(&told));
        let raw = only(&inputs);
        inputs.exclusions = vec![exclusion(ExclusionState::Consented, None, &second(from), &second(from + length))];
        let agreed = only(&inputs);
        prop_assert_eq!(&agreed.raw, &raw.agreed);
        // No lost second is added.
        prop_assert!(agreed.agreed.n - kept(&agreed) <= raw.agreed.n - kept(&raw));
    }

    #[test]
    fn samples_beyond_the_period_change_nothing(value in 1u32..1000, late in 0i64..1_000_000) {
        let asked = target("users", json!({"kind": "gauge", "metric": "users", "figure": "max"}), "at_most", "500");
        let inside = sample(1, &second(1000), &value.to_string());
        let outside = sample(2, &second(MARCH_SECONDS + late), "999999");
        let alone = only(&inputs(vec![asked.clone()], vec![inside.clone()]));
        let both = only(&inputs(vec![asked], vec![inside, outside]));
        prop_assert_eq!(&alone, &both);
        prop_assert_eq!(alone.verdict == Verdict::Met, value <= 500);
    }
}
