//! Customer teams: who looks after which customers, by R1, R2 and R3.
//!
//! R1 and R2 are judged for every day from today on, future ends included; between two changes of membership nothing
//! can differ, so only the days of change are looked at.
use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Rule, RuleCode,
    events::{Aggregate, SubjectKind},
    vocabulary::*,
};

mod deputies;

pub use deputies::*;

word! {
    /// What a person is in a team.
    Role {
        /// Holds the customer as a whole (kundansvarig).
        BusinessRelationshipManager,
        /// Answers for the agreed delivery (leveransansvarig).
        DeliveryManager,
        /// Answers for one or several services (tjänsteansvarig).
        ServiceOwner,
    }
}

impl Role {
    /// Every role, in the order in which people name them.
    pub const ALL: [Self; 3] = [
        Self::BusinessRelationshipManager,
        Self::DeliveryManager,
        Self::ServiceOwner,
    ];

    fn spoken(self) -> &'static str {
        match self {
            Self::BusinessRelationshipManager => "business relationship manager",
            Self::DeliveryManager => "delivery manager",
            Self::ServiceOwner => "service owner",
        }
    }
}

/// Whether a team has everyone it needs (R1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TeamState {
    /// Someone is missing.
    Forming,
    /// One of each manager and a service owner.
    Complete,
}

/// What is told of a team.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerTeamInput {
    /// Unique name.
    pub name: Name,
}

/// What is told of a new member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MembershipInput {
    /// Who.
    pub person: PersonId,
    /// As what.
    pub role: Role,
    /// The services that a service owner answers for in this team.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub services: Vec<Key<ServiceId>>,
    /// From this day.
    pub first_day: NaiveDate,
    /// Up to and including this day; none: until it is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
}

/// A person's role in a team over a period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    /// Its id.
    pub id: MembershipId,
    /// Who.
    pub person: PersonRef,
    /// As what.
    pub role: Role,
    /// The services that a service owner answers for in this team.
    #[schema(max_items = 200)]
    pub services: Vec<ServiceRef>,
    /// From this day.
    pub first_day: NaiveDate,
    /// Up to and including this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
    /// Who stands in for them, did or will, by first day.
    #[schema(max_items = 500)]
    pub deputies: Vec<Deputy>,
}

impl Membership {
    /// Whether it holds on the day.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.first_day <= day && self.last_day.is_none_or(|last| day <= last)
    }
}

/// The end of a membership, with who takes over the day after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MembershipEnd {
    /// The last day in the role.
    pub last_day: NaiveDate,
    /// Who takes over role and services from the day after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<PersonId>,
}

/// An administrator's leave for one person to hold both managers' roles (R2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, sea_orm::FromJsonQueryResult)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SamePersonException {
    /// Why.
    pub reason: Note,
    /// The last day on which it holds.
    pub last_day: NaiveDate,
}

/// A team that looks after customers.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerTeam {
    /// Its id.
    pub id: TeamId,
    /// Grows by one at each change; with the day, the `ETag`.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    pub version: i64,
    /// Unique name.
    pub name: Name,
    /// Complete or forming, today.
    pub state: TeamState,
    /// The roles that nobody holds today.
    #[schema(max_items = 3)]
    pub missing: Vec<Role>,
    /// Who is in it, was and will be, by first day.
    #[schema(max_items = 500)]
    pub members: Vec<Membership>,
    /// The leave for one person to hold both managers' roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_person_exception: Option<SamePersonException>,
    /// When it was entered here.
    pub created_at: DateTime<Utc>,
}

impl Aggregate for CustomerTeam {
    const KIND: SubjectKind = SubjectKind::CustomerTeam;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn reads_by_calendar(&self) -> bool {
        true
    }
}

impl CustomerTeam {
    /// A new team, without members.
    pub fn register(id: TeamId, input: CustomerTeamInput, now: DateTime<Utc>) -> Self {
        Self {
            id,
            version: 1,
            name: input.name,
            state: TeamState::Forming,
            missing: Role::ALL.to_vec(),
            members: vec![],
            same_person_exception: None,
            created_at: now,
        }
    }

    /// The team as told anew.
    pub fn change(self, input: CustomerTeamInput) -> Self {
        Self {
            version: self.version + 1,
            name: input.name,
            ..self
        }
    }

    /// Who holds the role on the day.
    pub fn holders(&self, role: Role, day: NaiveDate) -> impl Iterator<Item = &Membership> {
        self.members.iter().filter(move |m| m.role == role && m.holds(day))
    }

    /// The roles that nobody holds on the day (R1).
    pub fn missing_on(&self, day: NaiveDate) -> Vec<Role> {
        Role::ALL
            .into_iter()
            .filter(|role| self.holders(*role, day).next().is_none())
            .collect()
    }

    /// The team as it reads today: complete or forming (R1).
    pub fn as_of(mut self, today: NaiveDate) -> Self {
        self.missing = self.missing_on(today);
        self.state = if self.missing.is_empty() {
            TeamState::Complete
        } else {
            TeamState::Forming
        };
        self
    }

    /// A person joins. `customers` are the periods for which the team is responsible for some customer.
    pub fn join(self, member: Membership, customers: &[Period], today: NaiveDate) -> Result<Self, Rule> {
        if member.role == Role::ServiceOwner && member.services.is_empty() {
            return Err(Rule::new(
                RuleCode::TeamIncomplete,
                "A service owner answers for at least one service; name it in services.",
            )
            .at("/services"));
        }
        if member.role != Role::ServiceOwner && !member.services.is_empty() {
            return Err(Rule::new(
                RuleCode::TeamIncomplete,
                "Only a service owner's membership lists services.",
            )
            .at("/services"));
        }
        Days {
            first_day: member.first_day,
            last_day: member.last_day,
        }
        .period()?;
        let mut after = self.clone();
        after.version += 1;
        after.members.push(member);
        self.checked(after, customers, today)
    }

    /// A membership ends, and a successor may take it over the day after.
    pub fn leave(
        self,
        id: MembershipId,
        last_day: NaiveDate,
        successor: Option<(MembershipId, PersonRef)>,
        customers: &[Period],
        today: NaiveDate,
    ) -> Result<Self, Rule> {
        let mut after = self.clone();
        after.version += 1;
        let ended = after.end_member(id, last_day)?;
        if let Some((id, person)) = successor {
            let first_day = last_day
                .succ_opt()
                .ok_or_else(|| Rule::new(RuleCode::DateOrder, "There is no day after that one.").at("/lastDay"))?;
            after.members.push(Membership {
                id,
                person,
                first_day,
                last_day: None,
                deputies: vec![],
                ..ended
            });
        }
        self.checked(after, customers, today)
    }

    /// A person leaves the organisation: every membership ends, with its deputies, and they stand in for nobody. Never
    /// refused; the team may be left forming, keeps its customers, and coverage lists it.
    pub fn lose(self, person: PersonId, last_day: NaiveDate, today: NaiveDate) -> Self {
        let mut after = self;
        after.version += 1;
        // What had not begun by then never will.
        after
            .members
            .retain(|m| m.person.id != person || m.first_day <= last_day);
        for member in after.members.iter_mut().filter(|m| m.person.id == person) {
            member.last_day = Some(member.last_day.map_or(last_day, |already| already.min(last_day)));
            member.cut_deputies(last_day);
        }
        for member in &mut after.members {
            member.lose_deputy(person, last_day);
        }
        after.as_of(today)
    }

    /// An administrator allows one person to hold both managers' roles up to a last day; none takes the leave back.
    pub fn except(self, exception: Option<SamePersonException>, today: NaiveDate) -> Result<Self, Rule> {
        if let Some(e) = &exception
            && e.last_day < today
        {
            return Err(
                Rule::new(RuleCode::DateOrder, format!("The last day {} has passed.", e.last_day)).at("/lastDay"),
            );
        }
        let after = Self {
            version: self.version + 1,
            same_person_exception: exception,
            ..self.clone()
        };
        self.checked(after, &[], today)
    }

    /// Refuses a team that is not complete on every day of the period from today on (R3).
    pub fn must_be_complete(&self, period: Period, today: NaiveDate) -> Result<(), Rule> {
        let from = period.since.max(today);
        for day in self.days_of_change(from).into_iter().filter(|d| period.contains(*d)) {
            if let Some(role) = self.missing_on(day).first() {
                return Err(Rule::new(
                    RuleCode::ResponsibleTeam,
                    format!(
                        "Team {} has no {} on {day}; only a complete team takes on a customer.",
                        self.name,
                        role.spoken()
                    ),
                )
                .at("/team"));
            }
        }
        Ok(())
    }

    fn end_member(&mut self, id: MembershipId, last_day: NaiveDate) -> Result<Membership, Rule> {
        let member = self.member_mut(id)?;
        if last_day < member.first_day {
            return Err(Rule::new(
                RuleCode::DateOrder,
                format!(
                    "The last day {last_day} lies before the first day {}.",
                    member.first_day
                ),
            )
            .at("/lastDay"));
        }
        member.last_day = Some(last_day);
        member.cut_deputies(last_day);
        Ok(member.clone())
    }

    /// R1 to R3 for the changed team, on every day from today on.
    fn checked(self, after: Self, customers: &[Period], today: NaiveDate) -> Result<Self, Rule> {
        let mut days = after.days_of_change(today);
        // A customer that comes later meets the team as it is then.
        days.extend(customers.iter().map(|p| p.since).filter(|since| *since > today));
        for day in days {
            for role in [Role::BusinessRelationshipManager, Role::DeliveryManager] {
                if after.holders(role, day).count() > 1 {
                    return Err(Rule::new(
                        RuleCode::TeamIncomplete,
                        format!(
                            "On {day} the team would have two {}s; end the one there is and name the successor in the same call.",
                            role.spoken()
                        ),
                    ));
                }
            }
            after.keep_managers_apart(day)?;
            let left = after.missing_on(day);
            if let Some(role) = left.first()
                && self.missing_on(day).is_empty()
                && customers.iter().any(|p| p.contains(day))
            {
                return Err(Rule::new(
                    RuleCode::TeamIncomplete,
                    format!(
                        "On {day} the team would have customers but no {}; name the successor in the same call.",
                        role.spoken()
                    ),
                ));
            }
        }
        Ok(after.as_of(today))
    }

    /// R2 on one day, deputies included.
    fn keep_managers_apart(&self, day: NaiveDate) -> Result<(), Rule> {
        let excepted = self.same_person_exception.as_ref().is_some_and(|e| day <= e.last_day);
        let both = self
            .acting(Role::BusinessRelationshipManager, day)
            .any(|manager| self.acting(Role::DeliveryManager, day).any(|other| other == manager));
        if both && !excepted {
            return Err(Rule::new(
                RuleCode::SamePersonTwice,
                format!(
                    "On {day} one person would be business relationship manager and delivery manager, in a role of \
                     their own or as a deputy; the two conversations with the customer are held by different people, \
                     unless an administrator records an exception."
                ),
            ));
        }
        Ok(())
    }

    /// `from`, and each later day on which a membership, a deputy or the exception changes.
    fn days_of_change(&self, from: NaiveDate) -> BTreeSet<NaiveDate> {
        let firsts = self.members.iter().map(|m| m.first_day);
        let after_lasts = self.members.iter().filter_map(|m| m.last_day?.succ_opt());
        let deputies = self.members.iter().flat_map(|m| &m.deputies);
        let stood_in = deputies.flat_map(|d| [Some(d.first_day), d.last_day.and_then(|last| last.succ_opt())]);
        let exception = self.same_person_exception.iter().filter_map(|e| e.last_day.succ_opt());
        let mut days: BTreeSet<_> = firsts
            .chain(after_lasts)
            .chain(stood_in.flatten())
            .chain(exception)
            .filter(|d| *d > from)
            .collect();
        days.insert(from);
        days
    }
}

/// What is told of a new assignment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TeamAssignmentInput {
    /// The team that takes the customer on.
    pub team: TeamId,
    /// From this day; the assignment in force on it ends the day before.
    pub first_day: NaiveDate,
    /// Up to and including this day; none: until another team takes over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
}

/// A team's responsibility for a customer over a period.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TeamAssignment {
    /// Its id.
    pub id: AssignmentId,
    /// The customer.
    pub customer: CustomerRef,
    /// The team.
    pub team: TeamRef,
    /// From this day.
    pub first_day: NaiveDate,
    /// Up to and including this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
}

/// A customer's assignments, judged and changed as one (R3).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TeamAssignments {
    /// The customer's version that the change gave it.
    #[serde(skip)]
    pub version: i64,
    /// The customer.
    #[serde(skip)]
    pub customer: CustomerId,
    /// By first day.
    #[schema(max_items = 1000)]
    pub team_assignments: Vec<TeamAssignment>,
}

impl Aggregate for TeamAssignments {
    const KIND: SubjectKind = SubjectKind::Customer;
    fn id(&self) -> Uuid {
        self.customer.0
    }
    fn version(&self) -> i64 {
        self.version
    }
    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer)
    }
}

impl TeamAssignments {
    /// The team takes the customer on; the assignment in force on the first day ends the day before.
    pub fn assign(self, new: TeamAssignment, team: &CustomerTeam, today: NaiveDate) -> Result<Self, Rule> {
        let period = Days {
            first_day: new.first_day,
            last_day: new.last_day,
        }
        .period()?;
        team.must_be_complete(period, today)?;
        let mut after = self;
        after.version += 1;
        for other in &mut after.team_assignments {
            let other_period = Days {
                first_day: other.first_day,
                last_day: other.last_day,
            }
            .period()?;
            if !other_period.overlaps(&period) {
                continue;
            }
            if other.first_day >= new.first_day {
                return Err(Rule::new(
                    RuleCode::ResponsibleTeam,
                    format!(
                        "Team {} is responsible from {}; a customer has at most one responsible team on any day.",
                        other.team.name, other.first_day
                    ),
                )
                .at("/firstDay"));
            }
            other.last_day = new.first_day.pred_opt();
        }
        after.team_assignments.push(new);
        Ok(after)
    }

    /// Nobody is assigned to the customer itself from the day on, for others go on in its stead (R25).
    pub fn end_by(self, day: NaiveDate) -> Result<Self, Rule> {
        let mut after = self.clone();
        for assignment in &mut after.team_assignments {
            if assignment.last_day.is_some_and(|last| last < day) {
                continue;
            }
            if assignment.first_day >= day {
                let detail = format!(
                    "Team {} is assigned from {}: succession begins later, or that assignment does not.",
                    assignment.team.name, assignment.first_day
                );
                return Err(Rule::new(RuleCode::ResponsibleTeam, detail).at("/firstDay"));
            }
            assignment.last_day = day.pred_opt();
        }
        if after != self {
            after.version += 1;
        }
        Ok(after)
    }

    /// The assignment holds up to and including a last day; afterwards the nearest ancestor's team serves.
    pub fn end(self, id: AssignmentId, last_day: NaiveDate) -> Result<Self, Rule> {
        let mut after = self;
        after.version += 1;
        let unknown = || Rule::new(RuleCode::UnknownReference, "The customer has no such assignment.");
        let found = after
            .team_assignments
            .iter_mut()
            .find(|a| a.id == id)
            .ok_or_else(unknown)?;
        let was = found.last_day;
        found.last_day = Some(last_day);
        Days {
            first_day: found.first_day,
            last_day: found.last_day,
        }
        .period()?;
        if was.is_some_and(|was| was < last_day) {
            return Err(Rule::new(
                RuleCode::ResponsibleTeam,
                "An ended assignment cannot be prolonged; assign the team anew from the day after.",
            )
            .at("/lastDay"));
        }
        Ok(after)
    }
}

/// Who is responsible for a customer on a day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResponsibleTeam {
    /// The day.
    pub day: NaiveDate,
    /// The customer.
    pub customer: CustomerRef,
    /// Whose assignment counts: the customer's own, or its nearest ancestor's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<CustomerRef>,
    /// The team; none: nobody is responsible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamRef>,
    /// Who is in the team that day, with who stands in for them.
    #[schema(max_items = 500)]
    pub members: Vec<Membership>,
    /// The roles that nobody holds that day.
    #[schema(max_items = 3)]
    pub missing: Vec<Role>,
}

impl ResponsibleTeam {
    /// What an assignment and its team mean for the customer on the day.
    pub fn on(day: NaiveDate, customer: CustomerRef, by: Option<TeamAssignment>, team: Option<CustomerTeam>) -> Self {
        let members = team
            .iter()
            .flat_map(|t| t.members.iter())
            .filter(|m| m.holds(day))
            .cloned()
            .map(|mut member| {
                member.deputies.retain(|d| d.holds(day));
                member
            })
            .collect();
        Self {
            day,
            customer,
            missing: team.map(|t| t.missing_on(day)).unwrap_or_default(),
            members,
            through: by.as_ref().map(|a| a.customer.clone()),
            team: by.map(|a| a.team),
        }
    }
}

#[cfg(test)]
#[path = "teams_tests.rs"]
mod tests;
