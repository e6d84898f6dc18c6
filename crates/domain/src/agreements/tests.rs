use proptest::prelude::*;
use serde_json::{Value, json};
use strum::IntoEnumIterator;

use super::*;
use crate::{events::ActorKind, services::Metric};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn now() -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse().unwrap()
}

const TODAY: &str = "2026-01-15";

fn agreement(kind: AgreementKind) -> Agreement {
    let customer = CustomerRef {
        id: CustomerId(Uuid::from_u128(1)),
        code: "KLK".parse().unwrap(),
        name: "Kommunledningskontoret".parse().unwrap(),
    };
    Agreement {
        id: AgreementId(Uuid::from_u128(7)),
        version: 1,
        number: "AGR-2026-0001".into(),
        kind,
        customer: (kind == AgreementKind::Sla).then_some(customer),
        former_holders: vec![],
        with: OtherParty {
            name: "Kommunledningskontoret".parse().unwrap(),
            legal_entity: None,
            organisation_number: None,
        },
        evidence: EvidenceForm::Document,
        current: VersionSummary {
            id: AgreementVersionId(Uuid::nil()),
            number: VersionNumber::FIRST,
            state: VersionState::Draft,
            title: "Titel".parse().unwrap(),
            first_day: day("2026-02-01"),
            last_day: None,
        },
        open: None,
        last_review: None,
        next_review_day: None,
        references: vec![],
        imported_from: None,
        versions: vec![],
        created_at: now(),
    }
}

fn content() -> Content {
    serde_json::from_value(json!({
        "title": "E-post", "language": "sv",
        "sections": [{"key": "scope", "heading": "Omfattning", "text": "Rad ett\nRad två\nRad tre"}],
        "targets": [{
            "key": "uptime", "name": "Tillgänglighet", "indicator": {"kind": "availability"}, "comparison": "at_least",
            "value": "99.5", "period": "month", "calendar": Uuid::from_u128(9),
        }],
        "priorities": ["P1", "P2"],
        "price": {"amount": "1000.00", "currency": "SEK", "period": "month"},
        "reviewInterval": "P6M",
    }))
    .unwrap()
}

fn terms(first: &str, renewal: Renewal) -> Terms {
    Terms {
        first_day: day(first),
        last_day: Span::Months(12).after(day(first), 1).unwrap().pred_opt().unwrap(),
        renewal,
        renewal_term: (renewal != Renewal::None).then_some(Span::Months(12)),
        notice_period: Some(Span::Months(3)),
    }
}

fn mail() -> CoveredServices {
    CoveredServices(vec![CoveredService {
        id: ServiceId(Uuid::from_u128(2)),
        code: "MAIL".parse().unwrap(),
        name: "E-post".parse().unwrap(),
    }])
}

fn draft(number: i32, first: &str, renewal: Renewal) -> AgreementVersion {
    let id = AgreementVersionId(Uuid::from_u128(100 + number as u128));
    let agreed = Agreed {
        services: mail(),
        calendars: PinnedCalendars::default(),
        terms: terms(first, renewal),
        content: content(),
    };
    let agreement = agreement(AgreementKind::Sla);
    let parties = (agreement.with.clone(), agreement.customer());
    AgreementVersion::draft(
        id,
        (agreement.reference(), VersionNumber(number)),
        parties,
        agreed,
        now(),
    )
    .unwrap()
}

fn deed(party: Party) -> Deed {
    let kind = if party == Party::Provider {
        ActorKind::Person
    } else {
        ActorKind::Contact
    };
    Deed {
        party,
        by: Signatory {
            kind,
            id: Uuid::from_u128(party as u128 + 50),
            name: "Bea Ram".parse().unwrap(),
        },
        acting_for: None,
        at: now(),
    }
}

fn approval(version: &AgreementVersion, party: Party) -> Approval {
    Approval {
        deed: deed(party),
        signed_in: SignedIn {
            issuer: "https://id.example.se".parse().unwrap(),
            level: None,
        },
        mandate: None,
        signed_elsewhere: None,
        signing_order: None,
        digest: version.digest.clone(),
    }
}

fn because() -> Reason {
    "Överenskommet.".parse().unwrap()
}

fn proposed(number: i32, first: &str, renewal: Renewal) -> AgreementVersion {
    draft(number, first, renewal)
        .propose(deed(Party::Provider), None)
        .unwrap()
}

fn approved(number: i32, first: &str, renewal: Renewal) -> AgreementVersion {
    let version = proposed(number, first, renewal);
    let (one, two) = (approval(&version, Party::Provider), approval(&version, Party::Customer));
    version
        .approve(one, day(TODAY))
        .unwrap()
        .approve(two, day(TODAY))
        .unwrap()
}

fn terminated() -> AgreementVersion {
    let told = TerminationInput {
        last_day: day("2026-03-31"),
        reason: because(),
        reference: "Protokoll 3".parse().unwrap(),
    };
    approved(1, "2026-01-01", Renewal::Tacit)
        .terminate(told, deed(Party::Provider), day(TODAY))
        .unwrap()
}

/// Every state by every act, against a table that is written by hand.
#[test]
fn the_state_machine_is_the_designs() {
    use VersionAct::*;
    use VersionStatus::*;
    let allowed = [
        (VersionStatus::Draft, Edit, VersionStatus::Draft),
        (VersionStatus::Draft, Discard, VersionStatus::Draft),
        (VersionStatus::Draft, Propose, Proposed),
        (Proposed, Withdraw, VersionStatus::Draft),
        (Proposed, Reject, VersionStatus::Draft),
        (Proposed, Approve, Approved),
        (Approved, Renew, Approved),
        (Approved, GiveNotice, Approved),
        (Approved, Revoke, Terminated),
        (Approved, Terminate, Terminated),
    ];
    for status in VersionStatus::iter() {
        for act in VersionAct::iter() {
            let expected = allowed.iter().find(|(from, by, _)| (*from, *by) == (status, act));
            assert_eq!(status.after(act), expected.map(|(.., to)| *to), "{status} {act}");
        }
    }
}

/// The same through the acts themselves: whatever the table refuses changes nothing.
#[test]
fn every_act_in_every_state() {
    let in_state = |status: VersionStatus| match status {
        VersionStatus::Draft => draft(2, "2026-02-01", Renewal::Express),
        VersionStatus::Proposed => proposed(2, "2026-02-01", Renewal::Express),
        VersionStatus::Approved => approved(2, "2026-02-01", Renewal::Express),
        VersionStatus::Terminated => terminated(),
    };
    for status in VersionStatus::iter() {
        for act in VersionAct::iter() {
            let version = in_state(status);
            assert_eq!(version.status(), status);
            let first_day = version.terms.first_day;
            let (today, before) = (day(TODAY), version.version);
            let done = match act {
                VersionAct::Edit => {
                    let (with, agreed) = (version.with.clone(), version.agreed());
                    version.edit(with, agreed)
                }
                VersionAct::Propose => version.propose(deed(Party::Provider), None),
                VersionAct::Withdraw => version.withdraw(deed(Party::Provider).by.id),
                VersionAct::Reject => version.reject(deed(Party::Customer), because()),
                VersionAct::Approve => {
                    let approval = approval(&version, Party::Customer);
                    version.approve(approval, today)
                }
                VersionAct::Revoke => {
                    let revocation = Revocation {
                        deed: deed(Party::Customer),
                        reason: because(),
                    };
                    version.revoke(revocation, today)
                }
                VersionAct::Renew => version.renew(deed(Party::Provider), "Mejl".parse().unwrap(), today),
                VersionAct::GiveNotice => {
                    let told = NoticeInput {
                        given_on: today,
                        party: Party::Customer,
                        receipt: "Brev".parse().unwrap(),
                    };
                    // Of an express one there is none to give: the rule of the calendar, not of the state.
                    let told = version.give_notice(told, &deed(Party::Provider), today);
                    match told {
                        Err(rule) if rule.code == RuleCode::AgreementCalendar => continue,
                        told => told,
                    }
                }
                VersionAct::Terminate => {
                    let told = TerminationInput {
                        last_day: first_day,
                        reason: because(),
                        reference: "Protokoll".parse().unwrap(),
                    };
                    version.terminate(told, deed(Party::Provider), today)
                }
                VersionAct::Discard => {
                    let kept = version.clone();
                    version.discard().map(|()| kept)
                }
            };
            let allowed = status.after(act).is_some();
            assert_eq!(done.is_ok(), allowed, "{status} {act}: {done:?}");
            match done {
                Ok(after) => assert!(act == VersionAct::Discard || after.version == before + 1),
                Err(rule) => assert!(
                    [RuleCode::State, RuleCode::ApprovedIsFixed].contains(&rule.code),
                    "{rule:?}"
                ),
            }
        }
    }
}

#[test]
fn it_takes_both_parties_and_the_same_content() {
    let version = proposed(1, "2026-02-01", Renewal::Tacit);
    let refused = |version: &AgreementVersion, approval: Approval| {
        version.clone().approve(approval, day(TODAY)).unwrap_err().code
    };
    let other = Approval {
        digest: "0".repeat(64).parse().unwrap(),
        ..approval(&version, Party::Provider)
    };
    assert_eq!(refused(&version, other), RuleCode::BothApprove);
    let once = version
        .clone()
        .approve(approval(&version, Party::Provider), day(TODAY))
        .unwrap();
    assert_eq!(once.status(), VersionStatus::Proposed);
    assert_eq!(
        once.clone().as_of(day(TODAY)).next_acts,
        vec![NextAct {
            party: Party::Customer,
            act: NextActKind::Approve
        }]
    );
    assert_eq!(refused(&once, approval(&once, Party::Provider)), RuleCode::BothApprove);
    let twice = once
        .clone()
        .approve(approval(&once, Party::Customer), day(TODAY))
        .unwrap();
    assert_eq!(twice.status(), VersionStatus::Approved);
    // Returned to draft, nothing that was approved is left.
    let returned = once.reject(deed(Party::Customer), because()).unwrap();
    assert!(returned.approvals.0.is_empty() && returned.status() == VersionStatus::Draft);
    assert_eq!(
        version.withdraw(Uuid::from_u128(999)).unwrap_err().code,
        RuleCode::BothApprove
    );
}

#[test]
fn what_demands_a_signature_is_approved_by_its_own_order_alone() {
    let mut version = draft(1, "2026-02-01", Renewal::Tacit);
    version.content.signature = Some(SignatureForm::External);
    assert_eq!(
        version
            .clone()
            .propose(deed(Party::Provider), None)
            .unwrap_err()
            .pointer
            .as_deref(),
        Some("/content/signature")
    );
    let (mine, other) = (SigningOrderId(Uuid::from_u128(1)), SigningOrderId(Uuid::from_u128(2)));
    let version = version.propose(deed(Party::Provider), Some(mine)).unwrap();
    let by = |party, signing_order| Approval {
        signing_order,
        ..approval(&version, party)
    };
    for order in [None, Some(other)] {
        let refused = version
            .clone()
            .approve(by(Party::Customer, order), day(TODAY))
            .unwrap_err();
        assert_eq!(refused.code, RuleCode::BothApprove);
    }
    let (provider, customer) = (by(Party::Provider, Some(mine)), by(Party::Customer, Some(mine)));
    let half = version.clone().signed(vec![customer.clone()], day(TODAY)).unwrap_err();
    assert!(half.detail.contains("provider"), "{half}");
    let whole = version
        .clone()
        .signed(vec![customer.clone(), provider], day(TODAY))
        .unwrap();
    assert_eq!(whole.status(), VersionStatus::Approved);
    let returned = version.reject(deed(Party::Customer), because()).unwrap();
    assert_eq!(returned.signing_order(), None);
    // Nothing goes with a proposal that demands nothing.
    let plain = draft(1, "2026-02-01", Renewal::Tacit)
        .propose(deed(Party::Provider), Some(mine))
        .unwrap();
    assert_eq!(plain.signing_order(), None);
}

#[test]
fn an_order_is_sent_again_ever_more_rarely() {
    let waits: Vec<i64> = (1..60).map(|n| wait_after(n).num_seconds()).collect();
    assert_eq!(waits[..4], [30, 60, 120, 240]);
    assert!(waits.is_sorted() && waits.last() == Some(&3600));
}

#[test]
fn the_digest_is_that_of_the_canonical_text() {
    let version = draft(1, "2026-02-01", Renewal::Tacit);
    let text = version.canonical().unwrap();
    assert!(text.starts_with(r#"{"calendars":[],"content":{"#), "{text}");
    assert_eq!(crate::clients::digest(&text), version.digest.as_str());
    let mut other = content();
    other.targets[0].value = "99.6".parse().unwrap();
    let agreed = Agreed {
        content: other,
        ..version.agreed()
    };
    let edited = version.clone().edit(version.with.clone(), agreed).unwrap();
    assert_ne!(edited.digest, version.digest);
}

#[test]
fn the_calendar_says_where_an_approved_version_stands() {
    let version = approved(1, "2026-02-01", Renewal::None);
    for (on, state) in [
        ("2026-01-31", VersionState::Upcoming),
        ("2026-02-01", VersionState::Active),
        ("2027-01-31", VersionState::Active),
        ("2027-02-01", VersionState::Expired),
    ] {
        assert_eq!(version.state_on(day(on)), state, "{on}");
    }
    let tacit = approved(1, "2026-02-01", Renewal::Tacit);
    assert_eq!(tacit.state_on(day("2099-01-01")), VersionState::Active);
    let told = NoticeInput {
        given_on: day("2026-11-01"),
        party: Party::Customer,
        receipt: "Brev".parse().unwrap(),
    };
    let ended = tacit
        .give_notice(told, &deed(Party::Provider), day("2026-11-05"))
        .unwrap();
    // One day too late for the first term: 2026-10-31 was the last day for its notice.
    assert_eq!(ended.own_until(), Some(day("2028-02-01")));
    assert_eq!(ended.state_on(day("2028-01-31")), VersionState::Active);
    assert_eq!(ended.state_on(day("2028-02-01")), VersionState::Expired);
}

#[test]
fn a_notice_cannot_end_a_term_that_is_over() {
    let told = NoticeInput {
        given_on: day("2026-10-31"),
        party: Party::Customer,
        receipt: "Brev".parse().unwrap(),
    };
    let version = approved(1, "2026-02-01", Renewal::Tacit);
    let late = version.give_notice(told, &deed(Party::Provider), day("2027-06-01"));
    assert_eq!(late.unwrap_err().pointer.unwrap(), "/givenOn");
}

#[test]
fn an_express_one_never_renews_without_an_act() {
    let version = approved(1, "2026-02-01", Renewal::Express);
    assert_eq!(version.state_on(day("2027-02-01")), VersionState::Expired);
    let renewed = version
        .clone()
        .renew(deed(Party::Provider), "Mejl".parse().unwrap(), day("2026-12-01"))
        .unwrap();
    assert_eq!(renewed.own_until(), Some(day("2028-02-01")));
    let late = version.renew(deed(Party::Provider), "Mejl".parse().unwrap(), day("2027-02-01"));
    assert_eq!(late.unwrap_err().code, RuleCode::AgreementCalendar);
}

#[test]
fn a_later_version_takes_its_place_and_gives_it_back_when_it_is_revoked() {
    let first = approved(1, "2026-01-01", Renewal::Tacit);
    let second = approved(2, "2026-07-01", Renewal::Tacit);
    let changed = succeeded(&[first.clone(), second.clone()]);
    assert_eq!(changed.len(), 1);
    let replaced = changed[0].clone();
    assert_eq!(replaced.state_on(day("2026-06-30")), VersionState::Active);
    assert_eq!(replaced.state_on(day("2026-07-01")), VersionState::Superseded);
    assert!(succeeded(&[replaced.clone(), second.clone()]).is_empty());
    let revoked = |version: AgreementVersion, party| {
        version.revoke(
            Revocation {
                deed: deed(party),
                reason: because(),
            },
            day(TODAY),
        )
    };
    let half = revoked(second, Party::Customer).unwrap();
    assert_eq!(half.status(), VersionStatus::Approved);
    let gone = revoked(half, Party::Provider).unwrap();
    assert_eq!(gone.state_on(day("2026-08-01")), VersionState::Terminated);
    let back = succeeded(&[replaced, gone]);
    assert_eq!(back[0].superseded, None);
    assert_eq!(back[0].state_on(day("2026-08-01")), VersionState::Active);
}

#[test]
fn a_target_that_could_never_be_judged_is_refused() {
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut told = serde_json::to_value(content()).unwrap();
        change(&mut told);
        let content: Content = serde_json::from_value(told).unwrap();
        content.check(&mail().0).unwrap_err()
    };
    let cases: [(&str, serde_json::Value, &str); 6] = [
        ("/targets/0/value", json!("100.1"), "/content/targets/0/value"),
        (
            "/targets/0/comparison",
            json!("at_most"),
            "/content/targets/0/comparison",
        ),
        ("/targets/0/calendar", json!(null), "/content/targets/0/calendar"),
        (
            "/targets/0/services",
            json!([Uuid::from_u128(3)]),
            "/content/targets/0/services/0",
        ),
        (
            "/targets/0/workloadLimit",
            json!("users"),
            "/content/targets/0/workloadLimit",
        ),
        (
            "/targets/0/indicator",
            json!({"kind": "timeliness", "measured": "resolution", "limit": "PT4H", "priorities": ["P3"]}),
            "/content/targets/0/indicator/priorities/0",
        ),
    ];
    for (pointer, value, at) in cases {
        let rule = with(&|told| {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            told.pointer_mut(parent).unwrap()[name] = value.clone();
        });
        assert_eq!(rule.pointer.as_deref(), Some(at), "{rule:?}");
    }
    let twice = with(&|told| {
        let target = told["targets"][0].clone();
        told["targets"].as_array_mut().unwrap().push(target);
    });
    assert_eq!(twice.code, RuleCode::NotUnique);
    let steps = with(&|told| {
        told["targets"][0]["consequence"] = json!({"kind": "price", "cap": "20", "steps": [
            {"worseThan": "99.5", "percent": "5"}, {"worseThan": "99.7", "percent": "5"}]});
    });
    assert_eq!(
        steps.pointer.unwrap(),
        "/content/targets/0/consequence/steps/1/worseThan"
    );
}

#[test]
fn versions_are_compared_field_by_field_and_line_by_line() {
    let one = draft(1, "2026-02-01", Renewal::Tacit);
    let mut other = content();
    other.targets[0].value = "99.9".parse().unwrap();
    other.sections[0].text = "Rad ett\nRad 2\nRad tre".parse().unwrap();
    let two = draft(2, "2026-02-01", Renewal::Tacit);
    let agreed = Agreed {
        content: other,
        ..two.agreed()
    };
    let two = two.clone().edit(two.with.clone(), agreed).unwrap();
    let told = VersionComparison::of(&one, &two).unwrap();
    let pointers: Vec<_> = told.differences.iter().map(|d| d.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/content/sections/scope/text", "/content/targets/uptime/value"]
    );
    let lines: Vec<_> = told.differences[0]
        .lines
        .iter()
        .map(|l| (l.change, l.text.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (LineChange::Kept, "Rad ett"),
            (LineChange::Removed, "Rad två"),
            (LineChange::Added, "Rad 2"),
            (LineChange::Kept, "Rad tre"),
        ]
    );
    assert!(VersionComparison::of(&one, &one).unwrap().differences.is_empty());
}

#[test]
fn a_template_is_filled_in() {
    let mut told = serde_json::to_value(content()).unwrap();
    told["title"] = json!("{{services}} för {{customer}}");
    told["sections"][0]["text"] = json!("Gäller {{customer}} från {{firstDay}} för {{services}}.");
    let input = |content: &serde_json::Value| AgreementTemplateInput {
        name: "Grund".parse().unwrap(),
        kind: AgreementKind::Sla,
        terms: TermLengths {
            initial_term: Span::Months(12),
            renewal: Renewal::Tacit,
            renewal_term: Some(Span::Months(12)),
            notice_period: Some(Span::Months(3)),
        },
        content: serde_json::from_value(content.clone()).unwrap(),
        default: false,
    };
    let id = AgreementTemplateId(Uuid::from_u128(3));
    let template = AgreementTemplate::register(id, input(&told), now()).unwrap();
    let terms = template.terms.from_day(day("2026-02-01")).unwrap();
    assert_eq!(terms.last_day, day("2027-01-31"));
    let filled = template
        .filled(&agreement(AgreementKind::Sla).with, &mail(), &terms)
        .unwrap();
    assert_eq!(
        filled.sections[0].text.as_str(),
        "Gäller Kommunledningskontoret från 2026-02-01 för E-post."
    );
    assert_eq!(filled.title.as_str(), "E-post för Kommunledningskontoret");
    told["sections"][0]["text"] = json!("Gäller {{kund}}.");
    let unknown = AgreementTemplate::register(id, input(&told), now()).unwrap_err();
    assert_eq!(unknown.pointer.unwrap(), "/content/sections/0/text");
}

proptest! {
    /// However many versions are approved, with whatever first days: on each day at most one is in force, and it is the
    /// latest-numbered of those that have begun.
    #[test]
    fn on_any_day_at_most_one_version_is_in_force(offsets in prop::collection::vec(0i64..700, 1..6), probe in 0i64..1500) {
        let mut versions: Vec<_> = offsets
            .iter()
            .enumerate()
            .map(|(i, offset)| {
                let first = (day("2026-01-15") + chrono::Duration::days(*offset)).to_string();
                approved(i as i32 + 1, &first, Renewal::Tacit)
            })
            .collect();
        for changed in succeeded(&versions) {
            let place = versions.iter().position(|v| v.id == changed.id).unwrap();
            versions[place] = changed;
        }
        let on = day("2026-01-15") + chrono::Duration::days(probe);
        let active: Vec<_> = versions.iter().filter(|v| v.state_on(on) == VersionState::Active).map(|v| v.number).collect();
        let begun = versions.iter().filter(|v| v.terms.first_day <= on).map(|v| v.number).max();
        prop_assert_eq!(active, begun.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_promise_by_what_nothing_measures_is_refused() {
    let (mail, print) = (ServiceId(Uuid::from_u128(1)), ServiceId(Uuid::from_u128(2)));
    let answers: Vec<Metric> = serde_json::from_value(json!([{"name": "svarstid", "unit": "s"}])).unwrap();
    let measured = [(mail, answers), (print, vec![])];
    let refused = |indicator: Value, services: &[ServiceId], limit: &str| {
        let mut content = content();
        content.targets[0].indicator = serde_json::from_value(indicator).unwrap();
        content.targets[0].services = services.to_vec();
        let limit = json!([{"key": "k", "name": "N", "metric": limit, "limit": "5", "period": "month"}]);
        content.workload_limits = serde_json::from_value(limit).unwrap();
        content
            .must_be_measured(&measured)
            .err()
            .map(|rule| (rule.code, rule.pointer.unwrap_or_default()))
    };
    let gauge = |metric: &str, unit: Value| json!({"kind": "gauge", "metric": metric, "unit": unit, "figure": "mean"});
    let at = |pointer: &str| Some((RuleCode::Unjudgeable, pointer.to_owned()));
    assert_eq!(refused(gauge("svarstid", json!("s")), &[], "cases"), None);
    assert_eq!(refused(gauge("svarstid", Value::Null), &[mail], "svarstid"), None);
    assert_eq!(refused(json!({"kind": "availability"}), &[print], "cases"), None);
    let metric = at("/content/targets/0/indicator/metric");
    assert_eq!(refused(gauge("kö", json!("s")), &[], "cases"), metric);
    assert_eq!(refused(gauge("svarstid", json!("s")), &[print], "cases"), metric);
    let unit = at("/content/targets/0/indicator/unit");
    assert_eq!(refused(gauge("svarstid", json!("ms")), &[mail], "cases"), unit);
    assert_eq!(
        refused(json!({"kind": "availability"}), &[], "brev"),
        at("/content/workloadLimits/0/metric")
    );
}
