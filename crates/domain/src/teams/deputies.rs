//! Deputies: who stands in for a member of a team on some days. A deputy may do what the role may do, but does not
//! hold it: a team is complete by its members alone (R1).
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CustomerTeam, Membership, Role};
use crate::{Rule, RuleCode, vocabulary::*};

/// What is told of a deputy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeputyInput {
    /// Who stands in.
    pub person: PersonId,
    /// From this day.
    pub first_day: NaiveDate,
    /// Up to and including this day; none: as long as the membership.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
}

/// A person who stands in for a member over a period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deputy {
    /// Its id.
    pub id: DeputyId,
    /// Who stands in.
    pub person: PersonRef,
    /// From this day.
    pub first_day: NaiveDate,
    /// Up to and including this day; none: as long as the membership.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
}

impl Deputy {
    /// Whether they stand in on the day.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.first_day <= day && self.last_day.is_none_or(|last| day <= last)
    }

    fn period(&self) -> Result<Period, Rule> {
        Days {
            first_day: self.first_day,
            last_day: self.last_day,
        }
        .period()
    }
}

impl Membership {
    /// The days that a deputy of this member is told to have.
    pub fn deputy_days(&self, input: &DeputyInput) -> Days {
        Days {
            first_day: input.first_day,
            last_day: input.last_day.or(self.last_day),
        }
    }

    /// Nobody stands in after a last day, and who had not begun by then never will.
    pub(super) fn cut_deputies(&mut self, last_day: NaiveDate) {
        self.cut_deputies_who(last_day, |_| true);
    }

    /// The same for one person, who leaves.
    pub(super) fn lose_deputy(&mut self, person: PersonId, last_day: NaiveDate) {
        self.cut_deputies_who(last_day, |deputy| deputy.person.id == person);
    }

    fn cut_deputies_who(&mut self, last_day: NaiveDate, is_meant: impl Fn(&Deputy) -> bool) {
        self.deputies.retain(|d| !is_meant(d) || d.first_day <= last_day);
        for deputy in self.deputies.iter_mut().filter(|d| is_meant(d)) {
            deputy.last_day = Some(deputy.last_day.map_or(last_day, |already| already.min(last_day)));
        }
    }

    /// A deputy as told, beside the others: somebody else, within the membership, one on a day.
    fn admit(&self, deputy: &Deputy) -> Result<(), Rule> {
        if deputy.person == self.person {
            return Err(Rule::new(RuleCode::State, "Nobody is their own deputy.").at("/person"));
        }
        let period = deputy.period()?;
        if deputy.first_day < self.first_day {
            let detail = format!("The membership begins on {}; a deputy not before.", self.first_day);
            return Err(Rule::new(RuleCode::DateOrder, detail).at("/firstDay"));
        }
        if let Some(end) = self.last_day
            && deputy.last_day.is_none_or(|last| last > end)
        {
            let detail = format!("The membership ends with {end}; a deputy not after.");
            let at = if deputy.first_day > end {
                "/firstDay"
            } else {
                "/lastDay"
            };
            return Err(Rule::new(RuleCode::DateOrder, detail).at(at));
        }
        for other in self.deputies.iter().filter(|other| other.id != deputy.id) {
            if other.period()?.overlaps(&period) {
                let until = other.last_day.map(|last| format!(" to {last}")).unwrap_or_default();
                let detail = format!(
                    "There is a deputy from {}{until}; a member has one deputy on a day.",
                    other.first_day
                );
                return Err(Rule::new(RuleCode::NotUnique, detail).at("/firstDay"));
            }
        }
        Ok(())
    }
}

impl CustomerTeam {
    /// A person stands in for a member (R2: who stands in for one manager is not the other, nor stands in for them).
    pub fn name_deputy(self, member: MembershipId, deputy: Deputy, today: NaiveDate) -> Result<Self, Rule> {
        let mut after = self.clone();
        after.version += 1;
        let member = after.member_mut(member)?;
        member.admit(&deputy)?;
        member.deputies.push(deputy);
        self.checked(after, &[], today)
    }

    /// A person stands in up to and including a last day; one who has not begun by then never will.
    pub fn end_deputy(
        self,
        member: MembershipId,
        deputy: DeputyId,
        last_day: NaiveDate,
        today: NaiveDate,
    ) -> Result<Self, Rule> {
        let mut after = self.clone();
        after.version += 1;
        let member = after.member_mut(member)?;
        let unknown = || Rule::new(RuleCode::UnknownReference, "The member has no such deputy.");
        let found = member.deputies.iter().find(|d| d.id == deputy).ok_or_else(unknown)?;
        if last_day < found.first_day && found.first_day > today {
            member.deputies.retain(|d| d.id != deputy);
        } else {
            let ended = Deputy {
                last_day: Some(last_day),
                ..found.clone()
            };
            member.admit(&ended)?;
            member
                .deputies
                .iter_mut()
                .filter(|d| d.id == deputy)
                .for_each(|d| *d = ended.clone());
        }
        self.checked(after, &[], today)
    }

    /// Who acts in the role on the day: who holds it, and who stands in for them.
    pub fn acting(&self, role: Role, day: NaiveDate) -> impl Iterator<Item = &PersonRef> {
        self.holders(role, day).flat_map(move |member| {
            let deputies = member.deputies.iter().filter(move |d| d.holds(day));
            std::iter::once(&member.person).chain(deputies.map(|d| &d.person))
        })
    }

    pub(super) fn member_mut(&mut self, id: MembershipId) -> Result<&mut Membership, Rule> {
        let unknown = || Rule::new(RuleCode::UnknownReference, "The team has no such membership.");
        self.members.iter_mut().find(|m| m.id == id).ok_or_else(unknown)
    }
}

#[cfg(test)]
#[path = "deputies_tests.rs"]
mod tests;
