//! The digest of needs for strategy: by theme, with the customers behind it, and what became of it since a day.
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{BusinessNeed, NeedHorizon, NeedOutcome, NeedStrength};
use crate::vocabulary::*;

/// How many needs there are of each strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ByStrength {
    #[schema(minimum = 0, maximum = 2000, example = 1)]
    pub low: u32,
    #[schema(minimum = 0, maximum = 2000, example = 2)]
    pub medium: u32,
    #[schema(minimum = 0, maximum = 2000, example = 1)]
    pub high: u32,
}

/// How many needs there are of each horizon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ByHorizon {
    #[schema(minimum = 0, maximum = 2000, example = 2)]
    pub within_a_year: u32,
    #[schema(minimum = 0, maximum = 2000, example = 1)]
    pub one_to_three_years: u32,
    #[schema(minimum = 0, maximum = 2000, example = 1)]
    pub later: u32,
}

word! {
    /// What became of a need since the day that the digest begins with.
    NeedChange {
        /// It was stated since.
        Came,
        /// It was one then, and is one still.
        Stayed,
        /// It was one then, and is one no more.
        Went,
    }
}

/// A need in a digest.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DigestedNeed {
    /// The need.
    pub id: BusinessNeedId,
    /// Whose it is.
    pub customer: CustomerRef,
    /// What is needed.
    pub statement: Title,
    /// When it will be felt.
    pub horizon: NeedHorizon,
    /// How strong it is.
    pub strength: NeedStrength,
    /// The day on which it was entered.
    pub stated_on: NaiveDate,
    /// What became of it.
    pub change: NeedChange,
    /// Why it is one no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<NeedOutcome>,
}

/// Needs about the same.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NeedTheme {
    /// What they are about.
    #[schema(example = "mobilitet")]
    pub theme: Word,
    /// How many there are now.
    #[schema(minimum = 0, maximum = 2000, example = 4)]
    pub open: u32,
    /// How many of them came since the first day.
    #[schema(minimum = 0, maximum = 2000, example = 1)]
    pub came: u32,
    /// How many went since then.
    #[schema(minimum = 0, maximum = 2000, example = 0)]
    pub went: u32,
    /// Those of now by their strength.
    pub strengths: ByStrength,
    /// Those of now by their horizon.
    pub horizons: ByHorizon,
    /// The customers behind those of now, by code.
    #[schema(max_items = 2000)]
    pub customers: Vec<CustomerRef>,
    /// All of them, the strongest first, then the soonest; what went comes last.
    #[schema(max_items = 2000)]
    pub needs: Vec<DigestedNeed>,
}

/// What the business needs, by theme.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NeedsDigest {
    /// Came and went since this day.
    pub since: NaiveDate,
    /// As of this day.
    pub day: NaiveDate,
    /// The themes: those with most customers first, then those with most needs, then by name.
    #[schema(max_items = 2000)]
    pub themes: Vec<NeedTheme>,
}

impl NeedsDigest {
    /// The digest of needs that are open, or were on `since` or later.
    pub fn of(since: NaiveDate, day: NaiveDate, needs: Vec<BusinessNeed>) -> Self {
        let mut themes = BTreeMap::<Word, Vec<DigestedNeed>>::new();
        for need in needs {
            let change = match &need.closing {
                Some(closing) if closing.day < since => continue,
                // What came and went in between was never one to be told of.
                Some(_) if need.stated_on >= since => continue,
                Some(_) => NeedChange::Went,
                None if need.stated_on >= since => NeedChange::Came,
                None => NeedChange::Stayed,
            };
            themes.entry(need.theme).or_default().push(DigestedNeed {
                id: need.id,
                customer: need.customer,
                statement: need.statement,
                horizon: need.horizon,
                strength: need.strength,
                stated_on: need.stated_on,
                change,
                outcome: need.closing.map(|closing| closing.outcome),
            });
        }
        let mut themes: Vec<NeedTheme> = themes
            .into_iter()
            .map(|(theme, needs)| NeedTheme::of(theme, needs))
            .collect();
        themes.sort_by_key(|theme| std::cmp::Reverse((theme.customers.len(), theme.open)));
        Self { since, day, themes }
    }
}

impl NeedTheme {
    fn of(theme: Word, mut needs: Vec<DigestedNeed>) -> Self {
        needs.sort_by(|one, other| {
            let order = |need: &DigestedNeed| {
                (
                    need.change == NeedChange::Went,
                    std::cmp::Reverse(need.strength),
                    need.horizon,
                    need.customer.code.clone(),
                    need.id,
                )
            };
            order(one).cmp(&order(other))
        });
        let mut of = Self {
            theme,
            open: 0,
            came: 0,
            went: 0,
            strengths: ByStrength::default(),
            horizons: ByHorizon::default(),
            customers: vec![],
            needs: vec![],
        };
        for need in &needs {
            match need.change {
                NeedChange::Went => {
                    of.went += 1;
                    continue;
                }
                NeedChange::Came => of.came += 1,
                NeedChange::Stayed => {}
            }
            of.open += 1;
            *match need.strength {
                NeedStrength::Low => &mut of.strengths.low,
                NeedStrength::Medium => &mut of.strengths.medium,
                NeedStrength::High => &mut of.strengths.high,
            } += 1;
            *match need.horizon {
                NeedHorizon::WithinAYear => &mut of.horizons.within_a_year,
                NeedHorizon::OneToThreeYears => &mut of.horizons.one_to_three_years,
                NeedHorizon::Later => &mut of.horizons.later,
            } += 1;
            if !of.customers.contains(&need.customer) {
                of.customers.push(need.customer.clone());
            }
        }
        of.customers.sort_by(|one, other| one.code.cmp(&other.code));
        Self { needs, ..of }
    }
}
