//! Succession (R25): customers are merged, split or moved, and what is open goes on under whom it is named to.
use std::{collections::HashMap, ops::RangeInclusive};

use chrono::{DateTime, Days as DayCount, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Customer, CustomerStatus, ServiceUsage};
use crate::{
    Rule, RuleCode,
    agreements::{Agreement, FormerHolder, OtherParty},
    events::{Aggregate, SubjectKind},
    improvements::Improvement,
    knowledge::BusinessNeed,
    meetings::{Meeting, MeetingSeries},
    people::Contact,
    planned_activities::PlannedActivity,
    vocabulary::*,
};

/// How many things one succession passes on at most.
pub const MOST_ITEMS: usize = 5000;
/// How many days from today its first day may be.
const FURTHEST: u64 = 366;

word! {
    /// What becomes of the customers.
    SuccessionKind {
        /// Several go on as one.
        Merge,
        /// One goes on as several.
        Split,
        /// One goes on as another.
        Move,
    }
}

word! {
    /// What kind of thing is passed on.
    SuccessionItemKind {
        /// A customer that is a direct part of the predecessor.
        Part,
        /// An agreement that is in force, will be, or is being written.
        Agreement,
        /// A use of a service that has not ended.
        ServiceUsage,
        /// Somebody who speaks for the predecessor.
        Contact,
        /// A request that is not closed.
        Request,
        /// An improvement that is not closed.
        Improvement,
        /// Something planned that is not over.
        PlannedActivity,
        /// A need that is one still.
        BusinessNeed,
        /// A meeting that is planned.
        Meeting,
        /// A series of meetings that goes on.
        MeetingSeries,
    }
}

/// Who goes on with a thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuccessionItemInput {
    /// What kind of thing it is.
    pub kind: SuccessionItemKind,
    /// Its id.
    pub id: Uuid,
    /// The successor that goes on with it.
    pub successor: CustomerId,
}

/// What is told of a succession.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SuccessionInput {
    /// The customers that end.
    #[schema(min_items = 1, max_items = 50)]
    pub predecessors: Vec<Key<CustomerId>>,
    /// The customers that go on; either these or the predecessors are one alone.
    #[schema(min_items = 1, max_items = 50)]
    pub successors: Vec<Key<CustomerId>>,
    /// The first day of the successors: today, or at most 366 days ago.
    pub first_day: NaiveDate,
    /// Why, and by whose decision.
    pub reason: Note,
    /// In a split: the successor whom references to the predecessor mean from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heir: Option<CustomerId>,
    /// In a split: who goes on with each thing that a preview lists.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub items: Vec<SuccessionItemInput>,
    /// In a split: who goes on with everything that is not named by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<CustomerId>,
}

/// Something open of a predecessor.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenThing {
    /// What kind of thing it is.
    pub kind: SuccessionItemKind,
    /// Its id.
    pub id: Uuid,
    /// What people know it by: a number, a code, a name.
    pub label: String,
    /// Whose it is.
    pub predecessor: CustomerId,
}

/// A thing that is passed on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SuccessionItem {
    /// What kind of thing it is.
    pub kind: SuccessionItemKind,
    /// Its id.
    pub id: Uuid,
    /// What people know it by: a number, a code; a contact's name in a preview, and their id afterwards.
    #[schema(max_length = 400, pattern = r"^[^\u0000]*$", example = "REQ-2026-000123")]
    pub label: String,
    /// Whose it was.
    pub predecessor: CustomerRef,
    /// Who goes on with it; absent in a preview as long as nobody is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<CustomerRef>,
}

impl SuccessionItem {
    /// As it is recorded for good: without a person's name.
    pub fn for_the_record(mut self) -> Self {
        if self.kind == SuccessionItemKind::Contact {
            self.label = self.id.to_string();
        }
        self
    }
}

/// Something that stands in the way of a succession.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SuccessionObstacle {
    /// The rule that it would break.
    #[schema(max_length = 40, pattern = "^[a-z_]+$", example = "already_covered")]
    pub code: &'static str,
    /// What, and what would help.
    #[schema(
        max_length = 2000,
        pattern = r"^[^\u0000]*$",
        example = "REQ-2026-000123 is named to no successor."
    )]
    pub detail: String,
}

impl From<Rule> for SuccessionObstacle {
    fn from(rule: Rule) -> Self {
        Self {
            code: rule.code.name(),
            detail: rule.detail,
        }
    }
}

/// What a succession would do.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuccessionPreview {
    /// What becomes of the customers.
    pub kind: SuccessionKind,
    /// The first day of the successors.
    pub first_day: NaiveDate,
    /// What goes on, and under whom.
    #[schema(max_items = 5000)]
    pub items: Vec<SuccessionItem>,
    /// What stands in the way; none: it can be recorded as it is told.
    #[schema(max_items = 5200)]
    pub obstacles: Vec<SuccessionObstacle>,
}

/// Customers went on as others.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Succession {
    /// Its id.
    pub id: SuccessionId,
    /// A succession never changes.
    #[schema(minimum = 1, maximum = 1)]
    pub version: i64,
    /// What became of the customers.
    pub kind: SuccessionKind,
    /// The first day of the successors.
    pub first_day: NaiveDate,
    /// Why, and by whose decision.
    pub reason: Note,
    /// The customers that ended, by code.
    #[schema(max_items = 50)]
    pub predecessors: Vec<CustomerRef>,
    /// The customers that go on, by code.
    #[schema(max_items = 50)]
    pub successors: Vec<CustomerRef>,
    /// Whom references to the predecessors mean since.
    pub heir: CustomerRef,
    /// What went on, and under whom.
    #[schema(max_items = 5000)]
    pub items: Vec<SuccessionItem>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

impl Aggregate for Succession {
    const KIND: SubjectKind = SubjectKind::Succession;
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn version(&self) -> i64 {
        self.version
    }
}

/// Who ends and who goes on.
#[derive(Debug, Clone)]
pub struct Lineage {
    /// What becomes of them.
    pub kind: SuccessionKind,
    /// Who ends, by code.
    pub predecessors: Vec<Customer>,
    /// Who goes on, by code.
    pub successors: Vec<Customer>,
    /// Whom references mean from now on.
    pub heir: CustomerRef,
    /// Who goes on with what is not named by itself; in a split nobody unless told.
    pub otherwise: Option<CustomerRef>,
    /// The first day of the successors.
    pub first_day: NaiveDate,
}

fn broken(detail: impl Into<String>) -> Rule {
    Rule::new(RuleCode::Succession, detail)
}

impl Lineage {
    /// The first days of what can be recorded.
    pub fn days_to_record(today: NaiveDate) -> RangeInclusive<NaiveDate> {
        let earliest = today.checked_sub_days(DayCount::new(FURTHEST));
        earliest.unwrap_or(today)..=today
    }

    /// The first days of what can be looked at.
    pub fn days_to_preview(today: NaiveDate) -> RangeInclusive<NaiveDate> {
        let latest = today.checked_add_days(DayCount::new(FURTHEST));
        *Self::days_to_record(today).start()..=latest.unwrap_or(today)
    }

    /// The customers as they are told, where they can be such and the first day is one of the days.
    pub fn of(
        mut predecessors: Vec<Customer>,
        mut successors: Vec<Customer>,
        heir: Option<CustomerId>,
        first_day: NaiveDate,
        days: RangeInclusive<NaiveDate>,
    ) -> Result<Self, Rule> {
        let kind = match (predecessors.len(), successors.len()) {
            (1, 1) => SuccessionKind::Move,
            (_, 1) => SuccessionKind::Merge,
            (1, _) => SuccessionKind::Split,
            _ => {
                let detail = "Several customers cannot go on as several others at once: record one after the other.";
                return Err(broken(detail).at("/successors"));
            }
        };
        if !days.contains(&first_day) {
            let detail = format!(
                "The first day lies between {} and {}: a succession is recorded when it has begun, and looked at before.",
                days.start(),
                days.end()
            );
            return Err(Rule::new(RuleCode::DateOrder, detail).at("/firstDay"));
        }
        let mut seen = vec![];
        let members = [("predecessors", &predecessors), ("successors", &successors)];
        for (member, customers) in members {
            for (n, customer) in customers.iter().enumerate() {
                if seen.contains(&customer.id) {
                    let detail = format!("{} is named twice; nobody succeeds themselves.", customer.code);
                    return Err(broken(detail).at(format!("/{member}/{n}")));
                }
                seen.push(customer.id);
            }
        }
        for (n, successor) in successors.iter().enumerate() {
            successor
                .must_be_active()
                .map_err(|rule| rule.at(format!("/successors/{n}")))?;
        }
        predecessors.sort_by(|one, other| one.code.as_str().cmp(other.code.as_str()));
        successors.sort_by(|one, other| one.code.as_str().cmp(other.code.as_str()));
        let heir = match (heir, successors.as_slice()) {
            (None, [only]) => only.reference(),
            (None, _) => {
                let detail = "A split names the successor whom references to the old customer mean from now on.";
                return Err(broken(detail).at("/heir"));
            }
            (Some(heir), all) => match all.iter().find(|successor| successor.id == heir) {
                Some(heir) => heir.reference(),
                None => return Err(broken("The heir is one of the successors.").at("/heir")),
            },
        };
        Ok(Self {
            kind,
            otherwise: (kind != SuccessionKind::Split).then(|| heir.clone()),
            predecessors,
            successors,
            heir,
            first_day,
        })
    }

    /// The same, where one of the successors goes on with everything that is not named by itself.
    pub fn with_rest_to(self, told: Option<CustomerId>) -> Result<Self, Rule> {
        let Some(id) = told else { return Ok(self) };
        match self.successors.iter().find(|successor| successor.id == id) {
            Some(successor) => Ok(Self {
                otherwise: Some(successor.reference()),
                ..self
            }),
            None => Err(broken("Whoever goes on with the rest is one of the successors.").at("/otherwise")),
        }
    }

    /// Each open thing with who goes on with it, and those that nobody is named for. What is named must be among them,
    /// once.
    pub fn share_out(
        &self,
        open: Vec<OpenThing>,
        named: &[SuccessionItemInput],
    ) -> Result<(Vec<SuccessionItem>, Vec<SuccessionObstacle>), Rule> {
        let mut wanted: HashMap<(SuccessionItemKind, Uuid), &CustomerRef> = HashMap::new();
        let successors: HashMap<CustomerId, CustomerRef> =
            self.successors.iter().map(|c| (c.id, c.reference())).collect();
        let known: HashMap<(SuccessionItemKind, Uuid), ()> =
            open.iter().map(|thing| ((thing.kind, thing.id), ())).collect();
        for (n, item) in named.iter().enumerate() {
            let at = |rule: Rule| rule.at(format!("/items/{n}"));
            if !known.contains_key(&(item.kind, item.id)) {
                let detail = format!("This {} is not among what the predecessors pass on.", item.kind);
                return Err(at(Rule::new(RuleCode::UnknownReference, detail)));
            }
            let Some(successor) = successors.get(&item.successor) else {
                return Err(at(broken("It is named to none of the successors.")));
            };
            if wanted.insert((item.kind, item.id), successor).is_some() {
                return Err(at(broken("It is named twice; each thing goes on under one successor.")));
            }
        }
        let (mut items, mut obstacles) = (vec![], vec![]);
        for thing in open {
            let Some(predecessor) = self.predecessors.iter().find(|c| c.id == thing.predecessor) else {
                continue;
            };
            let successor = wanted
                .get(&(thing.kind, thing.id))
                .copied()
                .or(self.otherwise.as_ref())
                .cloned();
            if successor.is_none() {
                let detail = format!("{} is named to no successor.", thing.label);
                obstacles.push(broken(detail).into());
            }
            items.push(SuccessionItem {
                kind: thing.kind,
                id: thing.id,
                label: thing.label,
                predecessor: predecessor.reference(),
                successor,
            });
        }
        Ok((items, obstacles))
    }

    /// Whether the customer is one of those that end.
    pub fn ends(&self, customer: CustomerId) -> bool {
        self.predecessors.iter().any(|ended| ended.id == customer)
    }
}

impl Customer {
    /// The customer ends, and these go on.
    pub fn succeeded(self, by: Vec<CustomerRef>) -> Self {
        Self {
            version: self.version + 1,
            status: CustomerStatus::Inactive,
            succeeded_by: by,
            ..self
        }
    }

    /// The customer as a part of another one. `above` are that one's ancestors, nearest first; `height` the number of levels of
    /// this customer's own subtree.
    pub fn under(self, parent: Option<CustomerRef>, above: &[CustomerId], height: usize) -> Result<Self, Rule> {
        let customer = Self {
            version: self.version + 1,
            parent,
            ..self
        };
        customer.check_place(above, height)?;
        Ok(customer)
    }

    /// Refuses what would write to a customer that others succeeded (R25).
    pub fn must_go_on(&self) -> Result<(), Rule> {
        if self.succeeded_by.is_empty() {
            return Ok(());
        }
        let by: Vec<&str> = self.succeeded_by.iter().map(|c| c.code.as_str()).collect();
        let detail = format!(
            "Customer {} was succeeded by {}: name the successor instead.",
            self.code,
            by.join(" and ")
        );
        Err(broken(detail))
    }
}

impl Agreement {
    /// The customer's successor holds it from the first day on; no version of it is touched.
    pub fn passed_on(self, to: &Customer, first_day: NaiveDate) -> Self {
        let mut former_holders = self.former_holders;
        former_holders.extend(self.customer.map(|customer| FormerHolder {
            customer,
            last_day: first_day.pred_opt().unwrap_or(first_day),
        }));
        Self {
            version: self.version + 1,
            customer: Some(to.reference()),
            with: OtherParty::of(to),
            former_holders,
            ..self
        }
    }
}

/// What goes on under the successor as it is.
macro_rules! passed_on {
    ($($thing:ident $($changed_at:ident)?),*) => {$(
        impl $thing {
            /// It goes on under its customer's successor, and is otherwise as it was.
            pub fn passed_on(self, to: CustomerRef $(, $changed_at: DateTime<Utc>)?) -> Self {
                Self {
                    version: self.version + 1,
                    customer: to,
                    $($changed_at,)?
                    ..self
                }
            }
        }
    )*};
}
passed_on!(Contact, ServiceUsage, Meeting, MeetingSeries, PlannedActivity changed_at, BusinessNeed changed_at);

impl Improvement {
    /// It is for the successor in its customer's stead.
    pub fn passed_on(self, from: CustomerId, to: CustomerRef, now: DateTime<Utc>) -> Self {
        let mut customers: Vec<CustomerRef> = self.customers.into_iter().filter(|c| c.id != from).collect();
        if customers.iter().all(|customer| customer.id != to.id) {
            customers.push(to);
        }
        customers.sort_by(|one, other| one.code.as_str().cmp(other.code.as_str()));
        Self {
            version: self.version + 1,
            customers,
            changed_at: now,
            ..self
        }
    }
}

impl ServiceUsage {
    /// What the successor uses of it from the first day on: the days on which it doesn't use the service already.
    /// `others` are the successor's usages of the same service.
    pub fn left_for(&self, first_day: NaiveDate, others: &[ServiceUsage]) -> Result<Vec<Period>, Rule> {
        let whole = self.period()?;
        let mut left = vec![Period {
            since: whole.since.max(first_day),
            until: whole.until,
        }];
        for other in others {
            let taken = other.period()?;
            left = left.into_iter().flat_map(|period| period.without(&taken)).collect();
        }
        Ok(left)
    }
}

#[cfg(test)]
#[path = "succession_tests.rs"]
mod tests;
