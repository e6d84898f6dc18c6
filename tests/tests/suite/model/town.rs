//! What the rules of domain.md §3 and §6 make of each step, written day by day and without the domain's code.
use chrono::{Days, NaiveDate};

use super::steps::{Act, By, ROLES, Step};

/// Every day named in a sequence lies nearer than this.
const HORIZON: u64 = 40;
/// Status, and the rule or code.
pub type Refusal = (u16, &'static str);

#[derive(Debug, Clone)]
pub struct Member {
    pub id: String,
    pub person: usize,
    pub role: usize,
    pub first: NaiveDate,
    pub last: Option<NaiveDate>,
}

#[derive(Debug, Clone)]
pub struct Team {
    pub id: String,
    pub members: Vec<Member>,
    /// The last day of the leave for one person to be both managers.
    pub exception: Option<NaiveDate>,
    /// From this day on a departure may have left it incomplete.
    pub bereft: Option<NaiveDate>,
}

#[derive(Debug, Clone)]
pub struct Assignment {
    pub id: String,
    pub team: usize,
    pub first: NaiveDate,
    pub last: Option<NaiveDate>,
}

#[derive(Debug, Clone)]
pub struct Customer {
    pub id: String,
    pub parent: Option<usize>,
    pub assignments: Vec<Assignment>,
    /// Which of the two services it uses.
    pub uses: Vec<usize>,
}

#[derive(Debug, Clone)]
pub struct HandOver {
    pub id: String,
    pub to: usize,
    pub state: &'static str,
    pub acknowledged: Option<u8>,
    pub decided: Option<(bool, u8)>,
    pub fulfilled: Option<u8>,
}

impl HandOver {
    pub fn is_live(&self) -> bool {
        ["handed_over", "acknowledged", "accepted"].contains(&self.state)
    }
}

#[derive(Debug, Clone)]
pub struct Matter {
    pub id: String,
    pub customer: usize,
    pub raised_by: By,
    pub status: &'static str,
    pub title: u8,
    pub service: usize,
    pub endorsed_by: Vec<usize>,
    pub hand_overs: Vec<HandOver>,
}

/// A contact's customer, and whether their mandate is `customer`.
#[derive(Debug, Clone)]
pub struct Contact {
    pub id: String,
    pub customer: usize,
    pub decides: bool,
}

#[derive(Debug, Clone)]
pub struct Person {
    pub id: String,
    pub last: Option<NaiveDate>,
}

/// The little world of one sequence, as it should be. What is made gets its id from the reply.
#[derive(Debug, Clone)]
pub struct Town {
    pub today: NaiveDate,
    pub persons: Vec<Person>,
    pub teams: Vec<Team>,
    pub customers: Vec<Customer>,
    pub contacts: Vec<Contact>,
    pub matters: Vec<Matter>,
    /// What the feeds must tell: destination, request, number of the hand-over, kind.
    pub told: Vec<(usize, usize, usize, &'static str)>,
}

pub fn holds(first: NaiveDate, last: Option<NaiveDate>, day: NaiveDate) -> bool {
    first <= day && last.is_none_or(|last| day <= last)
}

impl Team {
    fn in_role(&self, role: usize, day: NaiveDate) -> Vec<usize> {
        let there = self
            .members
            .iter()
            .filter(|m| m.role == role && holds(m.first, m.last, day));
        there.map(|m| m.person).collect()
    }

    fn complete(&self, day: NaiveDate) -> bool {
        (0..ROLES.len()).all(|role| !self.in_role(role, day).is_empty())
    }
}

impl Town {
    pub fn day(&self, offset: i64) -> NaiveDate {
        self.today + chrono::Duration::days(offset)
    }

    fn days(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let today = self.today;
        (0..HORIZON).map(move |n| today + Days::new(n))
    }

    /// The assignment that counts for a customer on a day: its own, or its nearest ancestor's.
    pub fn responsible(&self, customer: usize, day: NaiveDate) -> Option<(usize, usize)> {
        let mut place = Some(customer);
        while let Some(here) = place {
            if let Some(a) = self.customers[here]
                .assignments
                .iter()
                .find(|a| holds(a.first, a.last, day))
            {
                return Some((here, a.team));
            }
            place = self.customers[here].parent;
        }
        None
    }

    fn within(&self, customer: usize, ancestor: usize) -> bool {
        let mut place = Some(customer);
        while let Some(here) = place {
            if here == ancestor {
                return true;
            }
            place = self.customers[here].parent;
        }
        false
    }

    fn serves(&self, team: usize, day: NaiveDate) -> bool {
        let mut all = self.customers.iter().flat_map(|c| &c.assignments);
        all.any(|a| a.team == team && holds(a.first, a.last, day))
    }

    fn has_left(&self, by: By) -> bool {
        matches!(by, By::Person(p) if self.persons[p].last.is_some_and(|last| last < self.today))
    }

    /// What becomes of the town, or why the step is refused.
    pub fn after(&self, step: &Step) -> Result<Self, Refusal> {
        if self.has_left(step.by) {
            return Err((401, "unauthenticated"));
        }
        let mut town = self.clone();
        match &step.act {
            Act::Wait => town.today = self.day(1),
            Act::Raise { customer, service } => town.raise(step.by, *customer, *service)?,
            Act::Join { .. }
            | Act::Leave { .. }
            | Act::Depart { .. }
            | Act::Except { .. }
            | Act::Move { .. }
            | Act::Assign { .. }
            | Act::Unassign { .. } => {
                match step.by {
                    By::Administrator => {}
                    By::Desk | By::Forum(_) if !matches!(step.act, Act::Except { .. }) => {
                        return Err((403, "insufficient_scope"));
                    }
                    _ => return Err((403, "forbidden")),
                }
                if let Act::Leave { team, member, .. } = &step.act
                    && self.teams[*team].members.get(*member).is_none()
                {
                    return Err(if step.stale {
                        (412, "precondition_failed")
                    } else {
                        (404, "not_found")
                    });
                }
                if let Act::Unassign { customer, nth, .. } = &step.act
                    && self.customers[*customer].assignments.get(*nth).is_none()
                {
                    return Err(if step.stale {
                        (412, "precondition_failed")
                    } else {
                        (404, "not_found")
                    });
                }
                if step.stale {
                    return Err((412, "precondition_failed"));
                }
                town.register(&step.act)?;
            }
            _ => town.treat(step)?,
        }
        Ok(town)
    }

    /// The step with the forum that it is for.
    pub fn addressed(&self, step: &Step) -> Step {
        let mut step = step.clone();
        if step.by == By::Addressee {
            let matter = &self.matters[step.matter % self.matters.len()];
            step.by = By::Forum(matter.hand_overs.last().map_or(0, |h| h.to));
        }
        step
    }

    fn register(&mut self, act: &Act) -> Result<(), Refusal> {
        match *act {
            Act::Join {
                team,
                person,
                role,
                first,
                last,
            } => {
                let (first, last) = (self.day(first), last.map(|n| self.day(n)));
                let gone = |left: NaiveDate| first > left || last.is_none_or(|last| last > left);
                if self.persons[person].last.is_some_and(gone) {
                    return Err((409, "state"));
                }
                if last.is_some_and(|last| last < first) {
                    return Err((409, "date_order"));
                }
                let mut after = self.teams[team].clone();
                after.members.push(Member {
                    id: String::new(),
                    person,
                    role,
                    first,
                    last,
                });
                self.judge(team, after)
            }
            Act::Leave {
                team,
                member,
                last,
                successor,
            } => {
                let last = self.day(last);
                let mut after = self.teams[team].clone();
                let ended = &mut after.members[member];
                if self.persons[ended.person].last.is_some_and(|left| last > left) {
                    return Err((409, "state"));
                }
                if successor.is_some_and(|person| self.persons[person].last.is_some()) {
                    return Err((409, "state"));
                }
                if last < ended.first {
                    return Err((409, "date_order"));
                }
                ended.last = Some(last);
                let role = ended.role;
                if let Some(person) = successor {
                    let first = last + Days::new(1);
                    after.members.push(Member {
                        id: String::new(),
                        person,
                        role,
                        first,
                        last: None,
                    });
                }
                self.judge(team, after)
            }
            Act::Depart { person, last } => {
                let last = self.day(last);
                self.persons[person].last = Some(last);
                for team in &mut self.teams {
                    let lost = |m: &Member| m.person == person && m.last.is_none_or(|until| until > last);
                    if team.members.iter().any(lost) {
                        let from = last + Days::new(1);
                        team.bereft = Some(team.bereft.map_or(from, |already| already.min(from)));
                    }
                    team.members.retain(|m| m.person != person || m.first <= last);
                    for member in team.members.iter_mut().filter(|m| lost(m)) {
                        member.last = Some(last);
                    }
                }
                Ok(())
            }
            Act::Except { team, last } => {
                let last = last.map(|n| self.day(n));
                if last.is_some_and(|last| last < self.today) {
                    return Err((409, "date_order"));
                }
                let after = Team {
                    exception: last,
                    ..self.teams[team].clone()
                };
                self.judge(team, after)
            }
            Act::Move { customer, parent } => {
                if parent.is_some_and(|parent| self.within(parent, customer)) {
                    return Err((409, "hierarchy"));
                }
                self.customers[customer].parent = parent;
                Ok(())
            }
            Act::Assign {
                customer,
                team,
                first,
                last,
            } => {
                let (first, last) = (self.day(first), last.map(|n| self.day(n)));
                if last.is_some_and(|last| last < first) {
                    return Err((409, "date_order"));
                }
                if self
                    .days()
                    .any(|day| holds(first, last, day) && !self.teams[team].complete(day))
                {
                    return Err((409, "R3"));
                }
                let meets = |a: &Assignment| {
                    last.is_none_or(|last| a.first <= last) && a.last.is_none_or(|until| first <= until)
                };
                let assignments = &mut self.customers[customer].assignments;
                if assignments.iter().any(|a| meets(a) && a.first >= first) {
                    return Err((409, "R3"));
                }
                for earlier in assignments.iter_mut().filter(|a| meets(a)) {
                    earlier.last = Some(first - Days::new(1));
                }
                assignments.push(Assignment {
                    id: String::new(),
                    team,
                    first,
                    last,
                });
                Ok(())
            }
            Act::Unassign { customer, nth, last } => {
                let last = self.day(last);
                let ended = &mut self.customers[customer].assignments[nth];
                if last < ended.first {
                    return Err((409, "date_order"));
                }
                if ended.last.is_some_and(|until| until < last) {
                    return Err((409, "R3"));
                }
                ended.last = Some(last);
                Ok(())
            }
            _ => unreachable!("not of the register"),
        }
    }

    /// R1 and R2 for a changed team on every day from today on.
    fn judge(&mut self, team: usize, after: Team) -> Result<(), Refusal> {
        for day in self.days() {
            let (managers, deliverers) = (after.in_role(0, day), after.in_role(1, day));
            if managers.len() > 1 || deliverers.len() > 1 {
                return Err((409, "R1"));
            }
            let excepted = after.exception.is_some_and(|last| day <= last);
            if !managers.is_empty() && managers == deliverers && !excepted {
                return Err((409, "R2"));
            }
            if self.teams[team].complete(day) && !after.complete(day) && self.serves(team, day) {
                return Err((409, "R1"));
            }
        }
        self.teams[team] = after;
        Ok(())
    }

    fn may_see(&self, by: By, customer: usize) -> bool {
        match by {
            By::Person(p) => {
                let mut all = self.teams.iter().flat_map(|t| &t.members);
                all.any(|m| m.person == p && holds(m.first, m.last, self.today))
            }
            By::Contact(k) => {
                let contact = &self.contacts[k];
                contact.customer == customer || contact.decides && self.within(customer, contact.customer)
            }
            _ => true,
        }
    }

    /// Whether a person has one of the roles in the team that is responsible today.
    fn has_role(&self, person: usize, roles: &[usize], customer: usize) -> bool {
        let team = self
            .responsible(customer, self.today)
            .map(|(_, team)| &self.teams[team]);
        team.is_some_and(|team| {
            roles
                .iter()
                .any(|role| team.in_role(*role, self.today).contains(&person))
        })
    }

    fn raise(&mut self, by: By, customer: usize, service: usize) -> Result<(), Refusal> {
        match by {
            By::Administrator | By::Auditor => return Err((403, "forbidden")),
            By::Forum(_) => return Err((403, "insufficient_scope")),
            By::Contact(_) if !self.may_see(by, customer) => return Err((409, "unknown_reference")),
            _ => {}
        }
        self.matters.push(Matter {
            id: String::new(),
            customer,
            raised_by: by,
            status: "received",
            title: 0,
            service,
            endorsed_by: vec![],
            hand_overs: vec![],
        });
        Ok(())
    }

    /// Whether the caller's kind, eyes and role allow the act on the request.
    fn admit(&self, by: By, act: &Act, matter: &Matter) -> Result<(), Refusal> {
        let forum_act = matches!(act, Act::Acknowledge { .. } | Act::Decide { .. } | Act::Fulfil { .. });
        match (by, act) {
            (By::Administrator | By::Auditor, _) => return Err((403, "forbidden")),
            (By::Forum(_) | By::Desk, Act::Change { .. } | Act::Withdraw) if by != By::Desk => {
                return Err((403, "insufficient_scope"));
            }
            (By::Desk, _) if forum_act => return Err((403, "insufficient_scope")),
            (By::Desk, Act::Change { .. } | Act::Withdraw) => {}
            (By::Forum(_), _) if forum_act => return Ok(()),
            (By::Desk | By::Forum(_), _) => return Err((403, "forbidden")),
            (By::Contact(_), Act::Endorse | Act::Change { .. } | Act::Withdraw) => {}
            (By::Person(_), Act::Endorse) | (By::Contact(_), _) => return Err((403, "forbidden")),
            (By::Person(_), _) if forum_act => return Err((403, "forbidden")),
            (By::Person(_) | By::Addressee, _) => {}
        }
        let raised = matter.raised_by == by;
        if !self.may_see(by, matter.customer) && !raised {
            return Err((404, "not_found"));
        }
        let permitted = match (by, act) {
            (By::Person(p), Act::Change { .. }) => raised || self.has_role(p, &[0, 1, 2], matter.customer),
            (By::Person(p), Act::Withdraw) => raised || self.has_role(p, &[0], matter.customer),
            (By::Person(p), Act::Investigate) => self.has_role(p, &[0, 1, 2], matter.customer),
            (By::Person(p), Act::Route { to: 1 } | Act::Dismiss { .. }) => self.has_role(p, &[0, 1], matter.customer),
            (By::Person(p), _) => self.has_role(p, &[0], matter.customer),
            (By::Contact(k), Act::Change { .. } | Act::Withdraw) => raised || self.contacts[k].decides,
            (By::Desk, _) => raised,
            _ => true,
        };
        if permitted { Ok(()) } else { Err((403, "not_permitted")) }
    }

    fn treat(&mut self, step: &Step) -> Result<(), Refusal> {
        let index = step.matter % self.matters.len();
        self.admit(step.by, &step.act, &self.matters[index])?;
        match step.act {
            Act::Acknowledge { back, .. } | Act::Decide { back, .. } | Act::Fulfil { back, .. } => {
                let By::Forum(forum) = step.by else {
                    unreachable!("only forums are admitted")
                };
                return self.forum_acts(index, back, forum, &step.act);
            }
            Act::Endorse => {}
            _ if step.stale => return Err((412, "precondition_failed")),
            _ => {}
        }
        let customer = self.matters[index].customer;
        let uses = self.customers[customer].uses.clone();
        let town = &mut self.told;
        let matter = &mut self.matters[index];
        let with_team = ["received", "investigating", "declined"].contains(&matter.status);
        let changeable = with_team || matter.status == "routed";
        let latest = matter.hand_overs.len().wrapping_sub(1);
        match step.act {
            Act::Change { title, service } => {
                if !changeable {
                    return Err((409, "state"));
                }
                if (title, service) != (matter.title, matter.service) {
                    matter.endorsed_by.clear();
                }
                (matter.title, matter.service) = (title, service);
                if matter.status == "routed" {
                    let to = matter.hand_overs[latest].to;
                    if to == 1 && !uses.contains(&service) {
                        return Err((409, "R14"));
                    }
                    town.push((to, index, latest, "changed"));
                }
            }
            Act::Endorse => {
                let By::Contact(contact) = step.by else {
                    unreachable!("only contacts are admitted")
                };
                if !self.contacts[contact].decides {
                    return Err((409, "R14"));
                }
                if !changeable {
                    return Err((409, "state"));
                }
                if !matter.endorsed_by.contains(&contact) {
                    matter.endorsed_by.push(contact);
                    if matter.status == "routed" {
                        town.push((matter.hand_overs[latest].to, index, latest, "changed"));
                    }
                }
            }
            Act::Investigate if matter.status == "received" => matter.status = "investigating",
            Act::Route { to } if changeable => {
                let unfit = match to {
                    0 => matter.endorsed_by.is_empty(),
                    1 => !uses.contains(&matter.service),
                    _ => false,
                };
                if unfit {
                    return Err((409, "R14"));
                }
                if matter.status == "routed" {
                    matter.hand_overs[latest].state = "withdrawn";
                    town.push((matter.hand_overs[latest].to, index, latest, "withdrawn"));
                }
                matter.status = "routed";
                town.push((to, index, matter.hand_overs.len(), "routed"));
                let state = "handed_over";
                let (id, acknowledged, decided, fulfilled) = (String::new(), None, None, None);
                matter.hand_overs.push(HandOver {
                    id,
                    to,
                    state,
                    acknowledged,
                    decided,
                    fulfilled,
                });
            }
            Act::Dismiss { declined } if with_team && (!declined || matter.status == "declined") => {
                matter.status = "dismissed";
            }
            Act::Withdraw if changeable || matter.status == "accepted" => {
                if matter.hand_overs.last().is_some_and(HandOver::is_live) {
                    matter.hand_overs[latest].state = "withdrawn";
                    town.push((matter.hand_overs[latest].to, index, latest, "withdrawn"));
                }
                matter.status = "withdrawn";
            }
            _ => return Err((409, "state")),
        }
        Ok(())
    }

    /// The hand-over that is so many before the latest, or the first.
    pub fn hand_over(&self, matter: usize, back: usize) -> Option<usize> {
        let count = self.matters[matter].hand_overs.len();
        (count > 0).then(|| count.saturating_sub(1 + back))
    }

    fn forum_acts(&mut self, matter: usize, back: usize, forum: usize, act: &Act) -> Result<(), Refusal> {
        let nth = self.hand_over(matter, back).ok_or((404, "not_found"))?;
        let matter = &mut self.matters[matter];
        let (current, endorsed) = (nth + 1 == matter.hand_overs.len(), !matter.endorsed_by.is_empty());
        let hand_over = &mut matter.hand_overs[nth];
        if hand_over.to != forum {
            return Err((404, "not_found"));
        }
        if !current || hand_over.state == "withdrawn" {
            return Err((409, "old_hand_over"));
        }
        match *act {
            Act::Acknowledge { reference, .. } => match hand_over.acknowledged {
                Some(earlier) if earlier != reference => return Err((409, "state")),
                Some(_) => {}
                None => {
                    hand_over.acknowledged = Some(reference);
                    if hand_over.state == "handed_over" {
                        hand_over.state = "acknowledged";
                    }
                }
            },
            Act::Decide { accept, reference, .. } if hand_over.decided != Some((accept, reference)) => {
                let open = matter.status == "routed" || !accept && matter.status == "accepted";
                if !open {
                    return Err((409, "state"));
                }
                if accept && hand_over.to == 0 && !endorsed {
                    return Err((409, "R14"));
                }
                matter.status = if accept { "accepted" } else { "declined" };
                hand_over.state = matter.status;
                hand_over.decided = Some((accept, reference));
            }
            Act::Fulfil { reference, .. } if hand_over.fulfilled != Some(reference) => {
                if matter.status != "accepted" {
                    return Err((409, "state"));
                }
                (matter.status, hand_over.state) = ("fulfilled", "fulfilled");
                hand_over.fulfilled = Some(reference);
            }
            _ => {}
        }
        Ok(())
    }
}
