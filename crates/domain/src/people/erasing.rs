//! Erasure of a contact (R22): name, addresses and words go; act, role and figures stay.
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Contact;
use crate::{Rule, RuleCode, vocabulary::*};

/// What an erased contact is called.
const NOBODY: &str = "Raderad kontakt";

/// On which decision somebody is erased.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErasureInput {
    /// The decision's reference: a public body disposes of nothing without one.
    pub basis: Basis,
}

/// Since when, and on which decision, personal data is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// Since this day.
    pub day: NaiveDate,
    /// On this decision.
    pub basis: Basis,
}

impl Contact {
    /// The contact without anything that tells who they are. They spoke for the customer until the day before at most.
    pub fn erase(self, erasure: Erasure) -> Result<Self, Rule> {
        let yesterday = erasure.day.pred_opt().unwrap_or(erasure.day);
        let last_day = self.last_day.map_or(yesterday, |last| last.min(yesterday));
        Ok(Self {
            version: self.version + 1,
            last_day: Some(last_day),
            erasure: Some(erasure),
            ..self.unnamed()?
        })
    }

    /// The same contact as it may stand in an event from here on: what is erased is not told once more as what it was.
    pub fn unnamed(self) -> Result<Self, Rule> {
        let name = NOBODY.parse().map_err(|_| Rule::new(RuleCode::State, NOBODY))?;
        Ok(Self {
            name,
            email: None,
            phone: None,
            identity: None,
            references: vec![],
            ..self
        })
    }

    /// Refuses where they were erased.
    pub fn must_be_known(&self) -> Result<(), Rule> {
        match &self.erasure {
            None => Ok(()),
            Some(erasure) => {
                let detail = format!("This contact was erased on {}; enter a new one.", erasure.day);
                Err(Rule::new(RuleCode::State, detail))
            }
        }
    }
}

/// What was removed of somebody, or told apart from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Erased {
    /// Answers in surveys that lead to them no more; their scores count as before.
    #[schema(example = 3)]
    pub answers: u64,
    /// What they said in surveys in words.
    #[schema(example = 2)]
    pub survey_comments: u64,
    /// Comments on requests that are empty now.
    #[schema(example = 1)]
    pub request_comments: u64,
    /// What they said of the value of services in words; their scores count as before.
    #[schema(example = 1)]
    pub assessment_comments: u64,
    /// Invitations of open rounds that can be answered no more.
    #[schema(example = 1)]
    pub invitations: u64,
    /// Mails that are sent no more.
    #[schema(example = 0)]
    pub mails: u64,
    /// Values of theirs in the event log; the log still verifies.
    #[schema(example = 6)]
    pub log_values: u64,
    /// Answers of this service that were kept for repeated calls.
    #[schema(example = 1)]
    pub kept_replies: u64,
}

word! {
    /// What stays of somebody who was erased.
    KeptData {
        /// Requests that they raised or endorsed.
        Requests,
        /// What they approved, objected or consented to.
        AgreementsAndStatements,
        /// What they answered in rounds that promised that it leads to nobody.
        AnswersThatLeadToNobody,
        /// What they did, under an id without a name.
        Acts,
        /// What other products sent, as it came.
        ReceivedDocuments,
        /// Where others wrote of them.
        WordsOfOthers,
    }
}

/// Something that stays, and why.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Kept {
    /// What.
    pub what: KeptData,
    /// Why.
    pub why: Note,
}

/// What an erasure leaves, and why.
pub fn kept() -> Result<Vec<Kept>, NotThatText> {
    let all = [
        (
            KeptData::Requests,
            "They are the customer's matters, which others act on, and are preserved (R26). Where their words tell who \
             raised them, change the request.",
        ),
        (
            KeptData::AgreementsAndStatements,
            "What was agreed and settled stays as it was signed, with the names of the day.",
        ),
        (
            KeptData::AnswersThatLeadToNobody,
            "Nothing leads from them to a person, so nobody can find them, this service included.",
        ),
        (
            KeptData::Acts,
            "The log keeps who did what by their id, which names nobody any more; what other systems called them stands there, too.",
        ),
        (
            KeptData::ReceivedDocuments,
            "They are kept for 30 days as they came, and then removed.",
        ),
        (KeptData::WordsOfOthers, "What others wrote is not searched for names."),
    ];
    let kept = all.into_iter().map(|(what, why)| {
        Ok(Kept {
            what,
            why: why.parse()?,
        })
    });
    kept.collect()
}

/// What an erasure came to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ErasureReport {
    /// The contact, as they are now.
    pub contact: Contact,
    /// What was removed this time; nothing, where it was done before.
    pub erased: Erased,
    /// What stays, and why.
    #[schema(max_items = 10)]
    pub kept: Vec<Kept>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(last_day: Option<&str>) -> Contact {
        let id = |n| uuid::Uuid::from_u128(n);
        let told = serde_json::json!({"customer": id(2), "name": "Eva Berg", "email": "eva@example.se", "phone": "0701",
            "identity": {"issuer": "https://id.example.se", "subject": "eva"},
            "references": [{"system": "hr", "id": "91"}],
            "mandates": [{"kind": "customer", "firstDay": "2020-01-01"}]});
        let customer = CustomerRef {
            id: id(2).into(),
            code: "HR".parse().unwrap(),
            name: "HR".parse().unwrap(),
        };
        let input = serde_json::from_value(told).unwrap();
        let made = Contact::register(id(1).into(), input, customer, &[], Default::default()).unwrap();
        Contact {
            last_day: last_day.map(|day| day.parse().unwrap()),
            ..made
        }
    }

    fn erased(last_day: Option<&str>) -> Contact {
        let erasure = Erasure {
            day: "2026-03-02".parse().unwrap(),
            basis: "KS 7".parse().unwrap(),
        };
        contact(last_day).erase(erasure).unwrap()
    }

    #[test]
    fn what_names_somebody_goes_and_their_mandates_stay() {
        let erased = erased(None);
        let told = serde_json::to_string(&erased).unwrap();
        for gone in ["Eva", "eva", "0701", "91"] {
            assert!(!told.contains(gone), "{told}");
        }
        assert_eq!(erased.mandates, contact(None).mandates);
        assert!(!erased.may(super::super::MandateKind::Customer, "2026-03-02".parse().unwrap()));
        assert!(erased.must_be_known().is_err() && contact(None).must_be_known().is_ok());
    }

    #[test]
    fn they_speak_for_the_customer_until_the_day_before_at_most() {
        for (before, after) in [
            (None, "2026-03-01"),
            (Some("2027-01-01"), "2026-03-01"),
            (Some("2025-01-01"), "2025-01-01"),
        ] {
            assert_eq!(erased(before).last_day, Some(after.parse().unwrap()));
        }
    }
}
