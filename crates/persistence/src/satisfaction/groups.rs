//! Whose answers stand together: the customers whom a team looks after, and a customer with its departments.
use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::{
    satisfaction::{Group, Part},
    service_levels::StatementPeriod,
    vocabulary::{CustomerId, TeamId},
};
use sea_orm::FromQueryResult;

use crate::{
    Error,
    store::{self, Source},
};

#[derive(FromQueryResult)]
struct Ancestor {
    customer_id: CustomerId,
    ancestor_id: CustomerId,
}

#[derive(FromQueryResult)]
struct Assignment {
    customer_id: CustomerId,
    team_id: TeamId,
    since: NaiveDate,
    until: Option<NaiveDate>,
}

/// The customers with their ancestors as they are now, the nearest first, and the teams that were and are responsible.
pub(super) struct Hierarchy {
    ancestors: BTreeMap<CustomerId, Vec<CustomerId>>,
    assignments: BTreeMap<CustomerId, Vec<Assignment>>,
}

impl Hierarchy {
    pub(super) async fn read(source: &impl Source) -> Result<Self, Error> {
        let on = source.connection();
        let sql = "select customer_id, ancestor_id from customer_ancestry order by customer_id, depth";
        let mut ancestors = BTreeMap::<_, Vec<_>>::new();
        for row in store::rows::<Ancestor>(on, sql, vec![]).await? {
            ancestors.entry(row.customer_id).or_default().push(row.ancestor_id);
        }
        let sql = "select customer_id, team_id, since, until from team_assignment order by customer_id, since";
        let mut assignments = BTreeMap::<_, Vec<_>>::new();
        for row in store::rows::<Assignment>(on, sql, vec![]).await? {
            assignments.entry(row.customer_id).or_default().push(row);
        }
        Ok(Self { ancestors, assignments })
    }

    /// The team that looks after a customer on a day: its own, else that of its nearest ancestor that has one (R3).
    fn team(&self, ancestors: &[CustomerId], day: NaiveDate) -> Option<TeamId> {
        let on_day = |row: &&Assignment| row.since <= day && row.until.is_none_or(|until| until > day);
        let own = |id: &CustomerId| self.assignments.get(id)?.iter().find(on_day).map(|row| row.team_id);
        ancestors.iter().find_map(own)
    }

    /// Who stands together in each of the periods, by its last day.
    pub(super) fn groups(&self, periods: &[StatementPeriod]) -> Vec<Group> {
        let mut divisions = BTreeMap::<Part, Vec<CustomerId>>::new();
        for (customer, ancestors) in &self.ancestors {
            for ancestor in ancestors {
                divisions.entry(Part::Division(*ancestor)).or_default().push(*customer);
            }
        }
        // A customer without departments is no division.
        divisions.retain(|_, customers| customers.len() > 1);
        let mut groups = vec![];
        for period in periods {
            let Some(last_day) = period.days().last_day else {
                continue;
            };
            let mut teams = BTreeMap::<Part, Vec<CustomerId>>::new();
            for (customer, ancestors) in &self.ancestors {
                if let Some(team) = self.team(ancestors, last_day) {
                    teams.entry(Part::Team(team)).or_default().push(*customer);
                }
            }
            let of_period = teams.iter().chain(&divisions).map(|(part, customers)| Group {
                part: *part,
                period: *period,
                customers: customers.clone(),
            });
            groups.extend(of_period);
        }
        groups
    }
}
