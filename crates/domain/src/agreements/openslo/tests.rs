use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

fn version(target: &Value) -> AgreementVersion {
    let agreement = AgreementRef {
        id: AgreementId(Uuid::from_u128(1)),
        number: "AGR-2026-0001".into(),
        kind: AgreementKind::Sla,
    };
    let agreed = serde_json::from_value(json!({"title": "E-post", "language": "sv", "targets": [target],
        "priorities": ["P1"], "price": {"amount": "100.00", "currency": "SEK", "period": "month"}}));
    let terms = serde_json::from_value(json!({"firstDay": "2026-03-01", "lastDay": "2027-02-28", "renewal": "none"}));
    let agreed = Agreed {
        services: CoveredServices(vec![]),
        calendars: PinnedCalendars::default(),
        terms: terms.unwrap(),
        content: agreed.unwrap(),
    };
    let with = serde_json::from_value(json!({"name": "Kund"})).unwrap();
    let now = chrono::DateTime::UNIX_EPOCH;
    AgreementVersion::draft(
        AgreementVersionId(Uuid::from_u128(2)),
        (agreement, VersionNumber(1)),
        (with, None),
        agreed,
        now,
    )
    .unwrap()
}

proptest! {
    #[test]
    fn every_share_comes_back_to_the_last_digit(
        millionths in 0u32..100_000_000, period in 0usize..3, above in any::<bool>(), timely in any::<bool>(),
    ) {
        let indicator = match timely {
            true => json!({"kind": "timeliness", "measured": "response", "limit": "P2D", "priorities": ["P1"]}),
            false => json!({"kind": "availability"}),
        };
        let value = rust_decimal::Decimal::new(i64::from(millionths), 6).normalize().to_string();
        let version = version(&json!({"key": "a_b", "name": "Löfte: \"ett\"", "indicator": indicator, "value": value,
            "comparison": if above { "above" } else { "at_least" }, "period": (["month", "quarter", "year"][period]),
            "calendar": Uuid::from_u128(3), "minimumObservations": 7}));
        let zone: ZoneName = "Europe/Stockholm".parse().unwrap();
        // Through text, as it travels.
        let text = serde_json::to_string(&version.to_openslo(&zone).unwrap()).unwrap();
        let documents: Vec<OpenSlo> = serde_json::from_str(&text).unwrap();
        let back: Vec<_> = targets_of(&documents, &zone).unwrap().into_iter().map(|(_, target)| target).collect();
        prop_assert_eq!(back, version.content.targets);
    }
}
