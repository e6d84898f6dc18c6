//! Agreements on paper: what the document says, to whom, in which form, and that it stays the same.
use std::collections::HashMap;

use api::{
    pages::{Words, agreement},
    program::Settings,
};
use chrono::{DateTime, Utc};
use documents::{Document, Language, STYLE, to_html};
use domain::{
    agreements::*,
    calendars::{CalendarHours, PinnedCalendar},
    events::ActorKind,
    vocabulary::*,
};
use end_to_end::{Caller, World, on_each_database};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn calendar() -> (PinnedCalendar, CalendarHours) {
    let day = json!([{"from": "07:00", "to": "18:00"}]);
    let hours: CalendarHours = serde_json::from_value(json!({"zone": "Europe/Stockholm", "weekly": {"monday": day,
        "tuesday": day, "wednesday": day, "thursday": day, "friday": day}, "exceptions": [
            {"date": "2025-12-24", "label": "Julafton"},
            {"date": "2026-06-19", "label": "Midsommarafton"},
            {"date": "2026-12-23", "label": "Dan före dopparedan", "hours": [{"from": "07:00", "to": "12:30"}]}]}))
    .expect("hours");
    let pin = PinnedCalendar {
        id: CalendarId(Uuid::from_u128(9)),
        version: 2,
        name: "Kontorstid".parse().expect("a name"),
        digest: hours.digest().expect("a digest"),
    };
    (pin, hours)
}

/// Content with every kind of thing that can be agreed on.
fn everything() -> Content {
    let calendar = Uuid::from_u128(9);
    let (mail, bearing) = (Uuid::from_u128(2), Uuid::from_u128(70));
    serde_json::from_value(json!({
        "title": "E-post och kalender", "language": "sv",
        "sections": [
            {"key": "scope", "heading": "Omfattning", "text": "Tjänsten omfattar **e-post** och kalender.\n\n- drift\n- support"},
            {"key": "responsibilities", "heading": "Ansvar", "text": "Kunden utser beställare."}],
        "targets": [
            {"key": "uptime", "name": "Tillgänglighet", "indicator": {"kind": "availability"}, "comparison": "at_least",
                "value": "99.5", "period": "month", "calendar": calendar, "services": [mail],
                "consequence": {"kind": "price", "cap": "15", "steps": [
                    {"worseThan": "99.5", "percent": "5"}, {"worseThan": "99", "percent": "10"}]},
                "restsOn": [{"agreement": bearing, "target": "uptime"}]},
            {"key": "fixed", "name": "Lösningstid", "indicator": {"kind": "timeliness", "measured": "resolution",
                "limit": "PT4H", "priorities": ["P1"]}, "comparison": "at_least", "value": "90", "period": "month",
                "calendar": calendar, "minimumObservations": 10, "workloadLimit": "cases",
                "consequence": {"kind": "words", "text": "Handlingsplan inom två veckor."}},
            {"key": "answers", "name": "Svarstid", "indicator": {"kind": "gauge", "metric": "svarstid", "unit": "s",
                "figure": {"percentile": "95"}}, "comparison": "at_most", "value": "1.5", "period": "quarter"},
            {"key": "liked", "name": "Nöjdhet", "indicator": {"kind": "satisfaction", "method": "csat"},
                "comparison": "at_least", "value": "80", "period": "year"}],
        "workloadLimits": [{"key": "cases", "name": "Ärenden", "metric": "cases", "limit": "1500", "period": "month"}],
        "priorities": ["P1", "P2", "P3"],
        "price": {"amount": "12500.00", "currency": "SEK", "period": "month"},
        "reviewInterval": "P6M",
        "classification": {"confidentiality": "K2", "integrity": "R3", "availability": "T2"},
        "dataProcessing": {"personalData": true, "processingAgreement": "PUB-avtal 2026/17"},
    }))
    .expect("content")
}

fn written() -> AgreementVersion {
    let terms = json!({"firstDay": "2026-01-01", "lastDay": "2028-12-31", "renewal": "tacit", "renewalTerm": "P12M",
        "noticePeriod": "P3M"});
    let services = json!([{"id": Uuid::from_u128(2), "code": "MAIL", "name": "E-post"},
        {"id": Uuid::from_u128(3), "code": "KAL", "name": "Kalender"}]);
    let agreed = Agreed {
        services: serde_json::from_value(services).expect("services"),
        calendars: PinnedCalendars(vec![calendar().0]),
        terms: serde_json::from_value(terms).expect("terms"),
        content: everything(),
    };
    let with = json!({"name": "HR-avdelningen", "legalEntity": "Lindåsa kommun", "organisationNumber": "212000-9913"});
    let agreement = AgreementRef {
        id: AgreementId(Uuid::from_u128(7)),
        number: "AGR-2026-0001".into(),
        kind: AgreementKind::Sla,
    };
    AgreementVersion::draft(
        AgreementVersionId(Uuid::from_u128(8)),
        (agreement, VersionNumber::FIRST),
        (
            serde_json::from_value(with).expect("a party"),
            Some(CustomerId(Uuid::from_u128(1))),
        ),
        agreed,
        at("2025-11-20T10:00:00Z"),
    )
    .expect("a draft")
}

fn deed(party: Party, when: &str) -> Deed {
    let (kind, name) = match party {
        Party::Provider => (ActorKind::Person, "Bea Ram"),
        _ => (ActorKind::Contact, "Karin Kund"),
    };
    let by = Signatory {
        kind,
        id: Uuid::from_u128(33),
        name: name.parse().expect("a name"),
    };
    Deed {
        party,
        by,
        acting_for: None,
        at: at(when),
    }
}

fn approved() -> AgreementVersion {
    let today = "2025-12-01".parse().expect("a day");
    let proposed = written()
        .propose(deed(Party::Provider, "2025-11-28T08:00:00Z"), None)
        .expect("proposed");
    let approval = |party, when: &str| Approval {
        deed: deed(party, when),
        signed_in: SignedIn {
            issuer: "https://id.lindasa.example".parse().expect("an issuer"),
            level: Some("loa3".parse().expect("a level")),
        },
        mandate: (party == Party::Customer).then(|| {
            serde_json::from_value(
                json!({"kind": "customer", "firstDay": "2025-01-01", "basis": "KS 2025-114 § 12",
                "amountPerYear": {"amount": "250000.00", "currency": "SEK"}}),
            )
            .expect("a mandate")
        }),
        signed_elsewhere: None,
        signing_order: None,
        digest: proposed.digest.clone(),
    };
    let half = proposed
        .clone()
        .approve(approval(Party::Provider, "2025-12-01T08:14:00Z"), today);
    let whole = half
        .expect("approved")
        .approve(approval(Party::Customer, "2025-12-01T15:02:00Z"), today);
    whole.expect("approved by both")
}

fn told(version: &AgreementVersion, language: Language) -> Document {
    let (pin, hours) = calendar();
    let bearing = AgreementRef {
        id: AgreementId(Uuid::from_u128(70)),
        number: "AGR-2025-0007".into(),
        kind: AgreementKind::Uc,
    };
    let told = agreement::Told {
        version,
        hours: &HashMap::from([((pin.id, pin.version), hours)]),
        bearing: &HashMap::from([(bearing.id, bearing.clone())]),
        provider: "Lindåsa kommun, IT-avdelningen",
        zone: Settings::default().time_zone,
    };
    agreement::agreement(&told, Words(language))
}

#[test]
fn the_document_says_what_was_agreed_as_reviewed() {
    let version = approved();
    for language in [Language::Sv, Language::En] {
        let page = to_html(&told(&version, language))
            .replace(STYLE, "STYLE")
            .replace("><", ">\n<");
        insta::assert_snapshot!(format!("agreement-{}", language.tag()), page);
    }
    // What a person looks at, page by page, where they ask for it.
    if let Some(folder) = std::env::var_os("PAPERS") {
        for (name, version) in [("approved", version), ("draft", written())] {
            for language in [Language::Sv, Language::En] {
                let file = std::path::Path::new(&folder).join(format!("{name}-{}.pdf", language.tag()));
                std::fs::write(file, documents::to_pdf(&told(&version, language)).expect("a PDF")).expect("a file");
            }
        }
    }
}

#[test]
fn what_is_not_agreed_says_so_and_what_was_done_later_is_told() {
    let page = |version: &AgreementVersion| to_html(&told(version, Language::Sv));
    let draft = page(&written());
    assert!(draft.contains("Utkast: inte avtalat") && draft.contains("UTKAST") && !draft.contains("Godkännanden"));
    let proposed = written()
        .propose(deed(Party::Provider, "2025-11-28T08:00:00Z"), None)
        .expect("proposed");
    let proposed = page(&proposed);
    assert!(
        proposed.contains("Förslag: inte avtalat än") && proposed.contains("FÖRSLAG") && proposed.contains("Väntar på")
    );
    let told = NoticeInput {
        given_on: "2028-09-30".parse().expect("a day"),
        party: Party::Customer,
        receipt: "Brev 2028/412".parse().expect("a receipt"),
    };
    let ended = approved().give_notice(
        told,
        &deed(Party::Provider, "2028-10-01T08:00:00Z"),
        "2028-10-01".parse().expect("a day"),
    );
    let ended = page(&ended.expect("notice"));
    assert!(ended.contains("Gäller 2026-01-01 – 2028-12-31"), "{ended}");
    assert!(ended.contains("Uppsagt 2028-09-30 av HR-avdelningen (Brev 2028/412); upphör efter 2028-12-31."));
    assert!(!ended.contains("Förlängning 1"), "no term comes after the notice");
}

/// A document as it comes over the wire.
async fn paper(
    caller: &Caller,
    version: &str,
    query: &str,
    headers: &[(&str, &str)],
) -> (u16, reqwest::header::HeaderMap, Vec<u8>) {
    let mut request = caller.request(Method::GET, &format!("{version}/document{query}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let reply = request.send().await.expect("a reply");
    let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
    (status, headers, reply.bytes().await.expect("a body").to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_had_as_page_or_pdf_and_stays_the_same() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let version = begun(
            &world.brm,
            sla(&world.klk_hr, tacit(&[&world.mail], &day(&service, 10))),
        )
        .await;
        let (status, headers, draft) = paper(&world.brm, &version, "", &[]).await;
        assert_eq!(
            (status, &headers["content-type"]),
            (200, &"text/html; charset=utf-8".parse().expect("text"))
        );
        assert_eq!(headers["content-language"], "sv");
        let policy = headers["content-security-policy"].to_str().expect("text");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(String::from_utf8_lossy(&draft).contains("Utkast: inte avtalat"));
        let (status, ..) = paper(&world.decider, &version, "", &[]).await;
        assert_eq!(status, 404, "a draft is the team's own");

        agreed(&world, &version).await.expect(200);
        let (status, headers, page) =
            paper(&world.decider, &version, "", &[("accept-language", "en-GB, sv;q=0.5")]).await;
        assert_eq!(
            (status, &headers["content-language"]),
            (200, &"en".parse().expect("text"))
        );
        let page = String::from_utf8(page).expect("text");
        let digest = world.brm.get(&version).await.text("digest");
        assert!(
            page.contains("Approved by both parties") && page.contains(&digest) && page.contains("Karin Kund"),
            "{page}"
        );
        let (_, headers, _) = paper(&world.decider, &version, "?language=sv", &[("accept-language", "en")]).await;
        assert_eq!(headers["content-language"], "sv", "the query says more than the header");

        let (status, headers, pdf) = paper(&world.decider, &version, "?format=pdf", &[]).await;
        assert_eq!(
            (status, &headers["content-type"]),
            (200, &"application/pdf".parse().expect("text"))
        );
        assert!(pdf.starts_with(b"%PDF-"));
        let name = headers["content-disposition"].to_str().expect("text");
        assert!(
            name.starts_with("inline; filename=\"AGR-") && name.ends_with("-1-sv.pdf\""),
            "{name}"
        );
        let etag = headers["etag"].to_str().expect("text").to_owned();

        service.state().clock.advance(chrono::Duration::days(30));
        let (_, headers, later) = paper(
            &world.brm,
            &version,
            "",
            &[("accept", "application/pdf, text/html;q=0.5")],
        )
        .await;
        assert_eq!(headers["etag"], etag.as_str());
        assert!(later == pdf, "the same bytes on another day, for another reader");
        let (status, headers, nothing) = paper(&world.brm, &version, "?format=pdf", &[("if-none-match", &etag)]).await;
        assert_eq!(
            (status, nothing.len(), &headers["etag"]),
            (304, 0, &etag.parse().expect("text"))
        );
        for (accept, query, expected) in [
            ("application/json", "", 406),
            ("image/png", "", 406),
            ("text/html", "?format=docx", 400),
            ("text/*", "", 200),
            ("application/*", "", 200),
        ] {
            let (status, ..) = paper(&world.brm, &version, query, &[("accept", accept)]).await;
            assert_eq!(status, expected, "{accept}");
        }
        let (_, headers, _) = paper(&world.brm, &version, "", &[("accept", "application/*")]).await;
        assert_eq!(headers["content-type"], "application/pdf");
        service.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_for_a_pdf_is_a_page() {
    on_each_database(async |service| {
        let world = World::build(&service).await;
        let mut draft = draft(&[&world.mail], &day(&service, 10));
        let section =
            |n: usize| json!({"key": format!("part-{n}"), "heading": "Del", "text": "ord ".repeat(4000).trim()});
        draft["content"]["sections"] = (0..20).map(section).collect();
        let version = begun(&world.brm, sla(&world.klk_hr, draft)).await;
        let (status, ..) = paper(&world.brm, &version, "", &[]).await;
        assert_eq!(status, 200);
        let refused = world.brm.get(&format!("{version}/document?format=pdf")).await;
        let refused = refused.refused(409, "state");
        assert!(refused.text("detail").contains("format=html"), "{}", refused.body);
        service.stop().await;
    })
    .await;
}
