//! Mandates: what a contact may do for the customer, on which decision, up to which amount, and in whose stead.
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Contact;
use crate::{Rule, RuleCode, vocabulary::*};

word! {
    /// What a contact may do for the customer.
    MandateKind {
        /// Decides and signs: owns the budget (kund).
        Customer,
        /// Orders from existing services and prepares new ones (beställare).
        Purchaser,
        /// States needs and answers surveys (nyckelanvändare).
        KeyUser,
    }
}

/// A mandate over a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mandate {
    /// What it allows.
    pub kind: MandateKind,
    /// From this day.
    pub first_day: NaiveDate,
    /// Up to and including this day; none: until it is withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
    /// The reference of the delegation decision. What is approved by the mandate records it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// What it allows to commit to in a year; none: no limit. A deputy has the limit of whom they stand in for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_per_year: Option<Money>,
    /// The contact of the same customer in whose stead it is held; it holds only while theirs does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deputy_for: Option<ContactId>,
}

impl Mandate {
    /// Whether its own days say that it holds.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.first_day <= day && self.last_day.is_none_or(|last| day <= last)
    }

    /// This deputy's mandate as far as the principal's own carries it; none where they have no day in common.
    fn carried_by(&self, principal: &Contact, own: &Self) -> Option<Self> {
        let lasts = [self.last_day, own.last_day, principal.last_day];
        let carried = Self {
            first_day: self.first_day.max(own.first_day),
            last_day: lasts.into_iter().flatten().min(),
            basis: self.basis.clone().or(own.basis.clone()),
            amount_per_year: own.amount_per_year.clone(),
            ..self.clone()
        };
        carried.holds(carried.first_day).then_some(carried)
    }
}

/// All mandates that a contact has or had.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(transparent)]
#[schema(max_items = 50)]
pub struct Mandates(pub Vec<Mandate>);

impl Mandates {
    /// The mandate of this kind that holds on the day: one's own before a deputy's, and of several the one that began
    /// last, since the latest decision counts. Whether a deputy's holds is told by [`Mandates::in_force`].
    pub fn holding(&self, kind: MandateKind, day: NaiveDate) -> Option<&Mandate> {
        self.0
            .iter()
            .filter(|m| m.kind == kind && m.holds(day))
            .max_by_key(|m| (m.deputy_for.is_none(), m.first_day))
    }

    /// Whether a mandate of this kind holds on the day.
    pub fn hold(&self, kind: MandateKind, day: NaiveDate) -> bool {
        self.holding(kind, day).is_some()
    }

    /// The contacts in whose stead some are held.
    pub fn principals(&self) -> Vec<ContactId> {
        self.0.iter().filter_map(|m| m.deputy_for).collect()
    }

    /// The mandates as they are in force: a deputy's on the days of the principal's own, with its amount, and its basis
    /// where no other is told. `principals` are contacts of the same customer.
    pub fn in_force(&self, principals: &[Contact]) -> Self {
        let carried = |mandate: &Mandate| match mandate.deputy_for {
            None => vec![mandate.clone()],
            Some(id) => {
                let known = principals.iter().filter(move |p| p.id == id);
                let own = known.flat_map(|p| p.mandates.own(mandate.kind).map(move |own| (p, own)));
                own.filter_map(|(p, own)| mandate.carried_by(p, own)).collect()
            }
        };
        Self(self.0.iter().flat_map(carried).collect())
    }

    fn own(&self, kind: MandateKind) -> impl Iterator<Item = &Mandate> {
        self.0.iter().filter(move |m| m.kind == kind && m.deputy_for.is_none())
    }

    /// Refuses what cannot be the mandates of contact `id`. What stood there `before` is not judged again: a principal
    /// may have left since.
    pub(super) fn check(&self, before: &Self, id: ContactId, principals: &[Contact]) -> Result<(), Rule> {
        for (i, mandate) in self.0.iter().enumerate() {
            let at = |rule: Rule, member: &str| rule.at(format!("/mandates/{i}/{member}"));
            Days {
                first_day: mandate.first_day,
                last_day: mandate.last_day,
            }
            .period()
            .map_err(|rule| at(rule, "lastDay"))?;
            if !before.0.contains(mandate) {
                mandate
                    .check_deputy(id, principals)
                    .map_err(|(rule, member)| at(rule, member))?;
            }
        }
        Ok(())
    }
}

impl Mandate {
    /// Refuses a deputy's mandate that nothing carries, with the member at fault.
    fn check_deputy(&self, id: ContactId, principals: &[Contact]) -> Result<(), (Rule, &'static str)> {
        let Some(principal) = self.deputy_for else {
            return Ok(());
        };
        let refused = |code, detail: String, member| Err((Rule::new(code, detail), member));
        if self.kind == MandateKind::KeyUser {
            let detail = "A key user has no deputy; the mandates customer and purchaser have.";
            return refused(RuleCode::State, detail.into(), "kind");
        }
        if self.amount_per_year.is_some() {
            let detail = "A deputy has the limit of whom they stand in for; leave amountPerYear out.";
            return refused(RuleCode::State, detail.into(), "amountPerYear");
        }
        if principal == id {
            return refused(RuleCode::State, "Nobody is their own deputy.".into(), "deputyFor");
        }
        let Some(principal) = principals.iter().find(|p| p.id == principal) else {
            let detail = "There is no such contact of this customer.";
            return refused(RuleCode::UnknownReference, detail.into(), "deputyFor");
        };
        let still_there = principal.last_day.is_none_or(|last| self.first_day <= last);
        if still_there && principal.mandates.own(self.kind).any(|own| own.holds(self.first_day)) {
            return Ok(());
        }
        let detail = format!(
            "On {} the contact has no mandate {} of their own; a deputy's holds only while theirs does.",
            self.first_day, self.kind
        );
        refused(RuleCode::State, detail, "deputyFor")
    }
}

#[cfg(test)]
#[path = "mandates_tests.rs"]
mod tests;
