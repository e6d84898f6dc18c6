//! A ready token for every kind of caller of the demo.
use chrono::Duration;
use persistence::clients;

use super::{
    DemoError,
    fill::{DELIVERY, DESK, PORTFOLIO, STRATEGY, TRIAL},
    municipality::{CONTACTS, PERSONS, TEAMS},
};
use crate::{State, identity::Kind};

/// What the tokens are called, and for whom they are.
pub const CALLERS: [(&str, Who); 11] = [
    ("administrator", Who::Named(Kind::Administrator, "registerforvaltaren")),
    ("auditor", Who::Named(Kind::Auditor, "revisorn")),
    ("brm", Who::Person(TEAMS[0].business_relationship_manager)),
    ("delivery_manager", Who::Person(TEAMS[0].delivery_manager)),
    ("decider", Who::Contact("customer")),
    ("purchaser", Who::Contact("purchaser")),
    ("desk", Who::Client(DESK)),
    ("portfolio", Who::Client(PORTFOLIO)),
    ("delivery", Who::Client(DELIVERY)),
    ("strategy", Who::Client(STRATEGY)),
    ("trial", Who::Client(TRIAL)),
];

/// Whom a token is for.
#[derive(Clone, Copy)]
pub enum Who {
    Named(Kind, &'static str),
    /// By the place in the data.
    Person(usize),
    /// The first team's first customer's contact with this mandate.
    Contact(&'static str),
    Client(&'static str),
}

impl Who {
    /// In plain words, for whoever chooses a token.
    pub fn spoken(self) -> String {
        match self {
            Self::Named(_, name) => name.into(),
            Self::Person(place) => PERSONS.get(place).map(|p| p.name).unwrap_or_default().into(),
            Self::Contact(mandate) => contact(mandate)
                .map(|c| format!("{}, {}", c.name, c.customer))
                .unwrap_or_default(),
            Self::Client(name) => name.into(),
        }
    }
}

fn contact(mandate: &str) -> Option<&'static super::municipality::ContactSeed> {
    let customer = TEAMS.first()?.customers.first()?;
    CONTACTS
        .iter()
        .find(|c| c.customer == *customer && c.mandate == mandate)
}

/// A token for each kind of caller.
pub async fn all_tokens(state: &State, lifetime: Duration) -> Result<Vec<(&'static str, String)>, DemoError> {
    let mut tokens = vec![];
    for (name, who) in CALLERS {
        tokens.push((name, token_of(state, name, who, lifetime).await?));
    }
    Ok(tokens)
}

/// A token for one of them.
async fn token_of(state: &State, name: &'static str, who: Who, lifetime: Duration) -> Result<String, DemoError> {
    let reader = state.db.reader();
    let missing = DemoError::NotFilled(name);
    let now = state.clock.now();
    let (kind, subject) = match who {
        Who::Named(kind, subject) => (kind, subject.to_owned()),
        Who::Person(place) => {
            let email = PERSONS.get(place).map(|p| p.email).unwrap_or_default();
            let found = clients::find_persons(&reader, email).await?;
            (Kind::Person, found.first().ok_or(missing)?.to_string())
        }
        Who::Contact(mandate) => {
            let email = contact(mandate).map(|c| c.email).unwrap_or_default();
            let found = clients::find_contacts(&reader, email).await?;
            (Kind::Contact, found.first().ok_or(missing)?.to_string())
        }
        Who::Client(client) => {
            let client_name = client.parse().map_err(|_| DemoError::NotFilled(name))?;
            let client = clients::by_name(&reader, &client_name).await.map_err(|e| match e {
                persistence::Error::NotFound => missing,
                other => other.into(),
            })?;
            return Ok(state.tokens.issue_to(&client, lifetime, now)?);
        }
    };
    Ok(state.tokens.issue(kind, &subject, String::new(), lifetime, now)?)
}
