//! How we stand with each customer: what is amiss, what that counts for, and who comes first.
use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator;
use utoipa::ToSchema;

use crate::vocabulary::*;

word! {
    /// What is amiss with a customer.
    RelationFlag {
        /// No team is responsible.
        NoTeam,
        /// The latest statement of an agreement tells of a promise that was not kept.
        MissedTarget,
        /// A complaint is past its due day without an answer.
        OverdueComplaint,
        /// A review or a dialogue is overdue by the customer's cadence.
        OverdueMeeting,
        /// A figure of satisfaction fell since the period before, and not by chance.
        SatisfactionFell,
        /// Services are used, and no agreement covers any of them.
        NothingAgreed,
    }
}

impl RelationFlag {
    /// Every flag.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }
}

/// What each flag counts for, once for a customer; 0: not at all. Settings write the names with `_`, as all of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RelationWeights {
    /// No team is responsible.
    #[serde(alias = "no_team")]
    #[schema(minimum = 0, maximum = 100)]
    pub no_team: u8,
    /// A promise was not kept.
    #[serde(alias = "missed_target")]
    #[schema(minimum = 0, maximum = 100)]
    pub missed_target: u8,
    /// A complaint is overdue.
    #[serde(alias = "overdue_complaint")]
    #[schema(minimum = 0, maximum = 100)]
    pub overdue_complaint: u8,
    /// A meeting is overdue.
    #[serde(alias = "overdue_meeting")]
    #[schema(minimum = 0, maximum = 100)]
    pub overdue_meeting: u8,
    /// Satisfaction fell.
    #[serde(alias = "satisfaction_fell")]
    #[schema(minimum = 0, maximum = 100)]
    pub satisfaction_fell: u8,
    /// Nothing is agreed.
    #[serde(alias = "nothing_agreed")]
    #[schema(minimum = 0, maximum = 100)]
    pub nothing_agreed: u8,
}

impl Default for RelationWeights {
    fn default() -> Self {
        Self {
            no_team: 10,
            missed_target: 5,
            overdue_complaint: 8,
            overdue_meeting: 3,
            satisfaction_fell: 4,
            nothing_agreed: 2,
        }
    }
}

/// The most that a flag counts for.
pub const HEAVIEST: u8 = 100;

impl RelationWeights {
    /// What the flag counts for.
    pub fn of(&self, flag: RelationFlag) -> u32 {
        u32::from(match flag {
            RelationFlag::NoTeam => self.no_team,
            RelationFlag::MissedTarget => self.missed_target,
            RelationFlag::OverdueComplaint => self.overdue_complaint,
            RelationFlag::OverdueMeeting => self.overdue_meeting,
            RelationFlag::SatisfactionFell => self.satisfaction_fell,
            RelationFlag::NothingAgreed => self.nothing_agreed,
        })
    }

    /// Whether nothing counts for more than the most.
    pub fn are_bounded(&self) -> bool {
        RelationFlag::iter().all(|flag| self.of(flag) <= u32::from(HEAVIEST))
    }
}

/// Something that is amiss.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RelationReason {
    /// What.
    pub flag: RelationFlag,
    /// What it counts for.
    #[schema(minimum = 0, maximum = 100)]
    pub weight: u32,
    /// How many there are of it: promises, complaints, meetings, figures; services that are used without an agreement.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub count: i64,
    /// Since when, where that is known: the first due day, the first day of the statement's period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<NaiveDate>,
    /// The same in words.
    pub text: RelationText,
}

/// Words in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RelationText {
    /// In Swedish.
    #[schema(
        max_length = 300,
        pattern = r"^[^\u0000]*$",
        example = "2 klagomål är obesvarade, det första sedan 2026-03-01."
    )]
    pub sv: String,
    /// In English.
    #[schema(
        max_length = 300,
        pattern = r"^[^\u0000]*$",
        example = "2 complaints are unanswered, the first since 2026-03-01."
    )]
    pub en: String,
}

impl RelationReason {
    /// The flag with what it counts for and how it reads.
    pub fn of(flag: RelationFlag, weights: &RelationWeights, (count, since): (i64, Option<NaiveDate>)) -> Self {
        let counted = |one: &str, many: &str| match count {
            1 => format!("1 {one}"),
            n => format!("{n} {many}"),
        };
        let (sv, en) = match flag {
            RelationFlag::NoTeam => ("Inget team ansvarar".to_owned(), "No team is responsible".to_owned()),
            RelationFlag::MissedTarget => (
                counted(
                    "löfte hölls inte enligt den senaste redovisningen",
                    "löften hölls inte enligt de senaste redovisningarna",
                ),
                counted(
                    "promise was not kept by the latest statement",
                    "promises were not kept by the latest statements",
                ),
            ),
            RelationFlag::OverdueComplaint => (
                counted(
                    "klagomål är obesvarat efter sista dagen",
                    "klagomål är obesvarade efter sista dagen",
                ),
                counted(
                    "complaint is unanswered past its day",
                    "complaints are unanswered past their days",
                ),
            ),
            RelationFlag::OverdueMeeting => (
                counted("slags möte är försenat", "slags möten är försenade"),
                counted("kind of meeting is overdue", "kinds of meetings are overdue"),
            ),
            RelationFlag::SatisfactionFell => (
                counted("mått på nöjdhet har sjunkit", "mått på nöjdhet har sjunkit"),
                counted("figure of satisfaction fell", "figures of satisfaction fell"),
            ),
            RelationFlag::NothingAgreed => (
                counted(
                    "tjänst används utan överenskommelse",
                    "tjänster används utan någon överenskommelse",
                ),
                counted(
                    "service is used without an agreement",
                    "services are used without any agreement",
                ),
            ),
        };
        let text = match since {
            None => RelationText {
                sv: format!("{sv}."),
                en: format!("{en}."),
            },
            Some(day) => RelationText {
                sv: format!("{sv}, sedan {day}."),
                en: format!("{en}, since {day}."),
            },
        };
        Self {
            flag,
            weight: weights.of(flag),
            count,
            since,
            text,
        }
    }
}

/// How we stand with a customer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RelationStanding {
    /// With whom.
    pub customer: CustomerRef,
    /// The sum of the reasons' weights.
    #[schema(minimum = 0, maximum = 600)]
    pub weight: u32,
    /// What is amiss, the heaviest first; none: nothing is.
    #[schema(max_items = 6)]
    pub reasons: Vec<RelationReason>,
}

impl RelationStanding {
    /// The customer with what is amiss.
    pub fn of(customer: CustomerRef, mut reasons: Vec<RelationReason>) -> Self {
        reasons.sort_by_key(|reason| (std::cmp::Reverse(reason.weight), reason.flag));
        Self {
            customer,
            weight: reasons.iter().map(|reason| reason.weight).sum(),
            reasons,
        }
    }
}

/// How we stand with all customers, the worst first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RelationRanking {
    /// The rule: customers are ordered by the sum of these, the largest first, then by code.
    pub weights: RelationWeights,
    /// How many customers there are in all.
    #[schema(minimum = 0, maximum = 9007199254740991i64)]
    pub total: u64,
    /// The first of them.
    #[schema(max_items = 200)]
    pub customers: Vec<RelationStanding>,
}

/// The customers by the sum of their reasons' weights, the largest first, then by code.
pub fn ranked(
    customers: Vec<CustomerRef>,
    mut reasons: HashMap<CustomerId, Vec<RelationReason>>,
) -> Vec<RelationStanding> {
    let mut ranked: Vec<RelationStanding> = customers
        .into_iter()
        .map(|customer| {
            let of = reasons.remove(&customer.id).unwrap_or_default();
            RelationStanding::of(customer, of)
        })
        .collect();
    ranked.sort_by(|a, b| (b.weight, &a.customer.code).cmp(&(a.weight, &b.customer.code)));
    ranked
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn customer(n: u8) -> CustomerRef {
        CustomerRef {
            id: Uuid::from_u128(n.into()).into(),
            code: format!("K{n:03}").parse().unwrap(),
            name: "Kund".parse().unwrap(),
        }
    }

    proptest! {
        #[test]
        fn the_heaviest_come_first_and_then_the_code(flags in prop::collection::vec(prop::collection::btree_set(0usize..6, 0..6), 1..20)) {
            let weights = RelationWeights::default();
            let of = |n: usize| RelationReason::of(RelationFlag::iter().nth(n).unwrap(), &weights, (1, None));
            let all: Vec<CustomerRef> = (0..u8::try_from(flags.len()).unwrap()).map(customer).collect();
            let reasons = all.iter().zip(&flags).map(|(c, flags)| (c.id, flags.iter().map(|n| of(*n)).collect())).collect();
            let ranked = ranked(all.clone(), reasons);
            prop_assert_eq!(ranked.len(), all.len());
            for pair in ranked.windows(2) {
                let [one, next] = pair else { continue };
                prop_assert!(one.weight > next.weight || (one.weight == next.weight && one.customer.code < next.customer.code));
            }
            for standing in &ranked {
                let place = all.iter().position(|c| c.id == standing.customer.id).unwrap();
                prop_assert_eq!(standing.weight, flags[place].iter().map(|n| of(*n).weight).sum::<u32>());
                prop_assert!(standing.reasons.windows(2).all(|pair| pair[0].weight >= pair[1].weight));
            }
        }
    }

    #[test]
    fn a_reason_reads_by_how_many_there_are() {
        let weights = RelationWeights::default();
        let day = NaiveDate::from_ymd_opt(2026, 3, 1);
        let one = RelationReason::of(RelationFlag::OverdueComplaint, &weights, (1, day));
        assert_eq!(
            one.text.sv,
            "1 klagomål är obesvarat efter sista dagen, sedan 2026-03-01."
        );
        let many = RelationReason::of(RelationFlag::MissedTarget, &weights, (3, None));
        assert_eq!(many.text.en, "3 promises were not kept by the latest statements.");
        assert!(weights.are_bounded());
        let heavy = RelationWeights {
            no_team: 101,
            ..weights
        };
        assert!(!heavy.are_bounded());
    }
}
