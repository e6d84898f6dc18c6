//! What may be tried, and by whom. Days are told from the day on which the step is made.
use proptest::{option, prelude::*, sample::select};

pub const PERSONS: usize = 7;
pub const CUSTOMERS: usize = 4;
pub const CONTACTS: usize = 4;
pub const TEAMS: usize = 2;
/// The destinations, and the systems that pull their feeds.
pub const FORUMS: [&str; 3] = ["service_portfolio", "delivery", "strategy"];
pub const ROLES: [&str; 3] = ["business_relationship_manager", "delivery_manager", "service_owner"];

/// Who tries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    Administrator,
    Auditor,
    Person(usize),
    Contact(usize),
    Desk,
    Forum(usize),
    /// The forum that has the request, or had it last.
    Addressee,
}

#[derive(Debug, Clone)]
pub enum Act {
    Join {
        team: usize,
        person: usize,
        role: usize,
        first: i64,
        last: Option<i64>,
    },
    Leave {
        team: usize,
        member: usize,
        last: i64,
        successor: Option<usize>,
    },
    Depart {
        person: usize,
        last: i64,
    },
    /// None takes the exception back.
    Except {
        team: usize,
        last: Option<i64>,
    },
    Move {
        customer: usize,
        parent: Option<usize>,
    },
    Assign {
        customer: usize,
        team: usize,
        first: i64,
        last: Option<i64>,
    },
    Unassign {
        customer: usize,
        nth: usize,
        last: i64,
    },
    Raise {
        customer: usize,
        service: usize,
    },
    Change {
        title: u8,
        service: usize,
    },
    Investigate,
    Endorse,
    Route {
        to: usize,
    },
    Dismiss {
        declined: bool,
    },
    Withdraw,
    /// On the latest hand-over, or one before it.
    Acknowledge {
        back: usize,
        reference: u8,
    },
    Decide {
        back: usize,
        accept: bool,
        reference: u8,
    },
    Fulfil {
        back: usize,
        reference: u8,
    },
    Wait,
}

#[derive(Debug, Clone)]
pub struct Step {
    pub by: By,
    pub act: Act,
    /// Which of the requests there are.
    pub matter: usize,
    /// With an ETag from before.
    pub stale: bool,
}

fn anyone() -> impl Strategy<Value = By> {
    prop_oneof![
        1 => select(vec![By::Administrator, By::Auditor, By::Desk]),
        3 => (0..PERSONS).prop_map(By::Person),
        2 => (0..CONTACTS).prop_map(By::Contact),
        1 => (0..FORUMS.len()).prop_map(By::Forum),
    ]
}

/// Mostly who usually does it, so that sequences get somewhere.
fn mostly(usual: impl Strategy<Value = By>, act: impl Strategy<Value = Act>) -> impl Strategy<Value = (By, Act)> {
    (prop_oneof![12 => usual, 1 => anyone()], act)
}

fn register() -> impl Strategy<Value = Act> {
    let (team, person, customer) = (0..TEAMS, 0..PERSONS, 0..CUSTOMERS);
    let (first, last) = (-3i64..6, -2i64..8);
    let role = 0..ROLES.len();
    prop_oneof![
        4 => (team.clone(), person.clone(), role, first.clone(), option::of(last.clone()))
            .prop_map(|(team, person, role, first, last)| Act::Join { team, person, role, first, last }),
        5 => (team.clone(), 0usize..8, last.clone(), option::of(person.clone()))
            .prop_map(|(team, member, last, successor)| Act::Leave { team, member, last, successor }),
        1 => (person, last.clone()).prop_map(|(person, last)| Act::Depart { person, last }),
        2 => (team.clone(), option::weighted(0.7, last.clone())).prop_map(|(team, last)| Act::Except { team, last }),
        2 => (customer.clone(), option::of(customer.clone())).prop_map(|(customer, parent)| Act::Move { customer, parent }),
        4 => (customer.clone(), team, first, option::of(last.clone()))
            .prop_map(|(customer, team, first, last)| Act::Assign { customer, team, first, last }),
        2 => (customer, 0usize..3, last).prop_map(|(customer, nth, last)| Act::Unassign { customer, nth, last }),
    ]
}

/// What is done with a request, by those who usually do it.
fn matter() -> impl Strategy<Value = (By, Act)> {
    let person = || (0..PERSONS).prop_map(By::Person);
    let contact = || (0..CONTACTS).prop_map(By::Contact);
    let forum = || prop_oneof![6 => Just(By::Addressee), 1 => (0..FORUMS.len()).prop_map(By::Forum)];
    let manager = || select(vec![0, 0, 0, 1, 3, 4]).prop_map(By::Person);
    let raise = (0..CUSTOMERS, 0usize..2).prop_map(|(customer, service)| Act::Raise { customer, service });
    let change = (0u8..3, 0usize..2).prop_map(|(title, service)| Act::Change { title, service });
    let back = || prop_oneof![5 => Just(0usize), 1 => 1usize..3];
    let acknowledge = (back(), 0u8..2).prop_map(|(back, reference)| Act::Acknowledge { back, reference });
    let decide = (back(), any::<bool>(), 0u8..2).prop_map(|(back, accept, reference)| Act::Decide {
        back,
        accept,
        reference,
    });
    let fulfil = (back(), 0u8..2).prop_map(|(back, reference)| Act::Fulfil { back, reference });
    let usual_raiser = prop_oneof![contact(), person(), Just(By::Desk)];
    prop_oneof![
        2 => mostly(usual_raiser, raise),
        3 => mostly(prop_oneof![contact(), person(), Just(By::Desk)], change),
        1 => mostly(person(), Just(Act::Investigate)),
        5 => mostly(contact(), Just(Act::Endorse)),
        8 => mostly(manager(), (0..FORUMS.len()).prop_map(|to| Act::Route { to })),
        1 => mostly(manager(), any::<bool>().prop_map(|declined| Act::Dismiss { declined })),
        1 => mostly(prop_oneof![contact(), manager(), Just(By::Desk)], Just(Act::Withdraw)),
        3 => mostly(forum(), acknowledge),
        6 => mostly(forum(), decide),
        2 => mostly(forum(), fulfil),
    ]
}

pub fn step() -> impl Strategy<Value = Step> {
    let act = prop_oneof![
        9 => mostly(Just(By::Administrator), register()),
        12 => matter(),
        1 => Just((By::Administrator, Act::Wait)),
    ];
    (act, 0usize..2, prop::bool::weighted(0.04)).prop_map(|((by, act), matter, stale)| Step { by, act, matter, stale })
}
