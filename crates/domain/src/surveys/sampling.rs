//! Whom a round asks: drawn so that anybody who has the seed can draw it again; and which customers an anonymous answer may be
//! told of.
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::FEWEST_ANONYMOUS;
use crate::vocabulary::{ContactId, CustomerId, ServiceId};

/// Whom a round asks of those who could be asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SampleRule {
    /// All of them.
    #[default]
    All,
    /// So many, drawn.
    Random {
        /// How many.
        #[schema(minimum = 1, maximum = 2000, example = 100)]
        size: u32,
    },
    /// So many of each customer, drawn.
    Stratified {
        /// How many of each.
        #[serde(rename = "sizePerCustomer")]
        #[schema(minimum = 1, maximum = 2000, example = 10)]
        size_per_customer: u32,
    },
    /// So many of each service, drawn: a service's contacts are those of the customers that use it on the day. Somebody who is
    /// asked counts for each service that their customer uses.
    StratifiedByService {
        /// How many of each.
        #[serde(rename = "sizePerService")]
        #[schema(minimum = 1, maximum = 2000, example = 10)]
        size_per_service: u32,
    },
}

impl SampleRule {
    /// Whether it goes by what customers use.
    pub fn is_by_service(&self) -> bool {
        matches!(self, Self::StratifiedByService { .. })
    }
}

/// Which services each customer uses.
pub type Uses = BTreeMap<CustomerId, BTreeSet<ServiceId>>;

/// Somebody who could be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Who.
    pub contact: ContactId,
    /// Of which customer.
    pub customer: CustomerId,
}

/// Those who are asked: the first ones by SHA-256(seed ‖ contact's id), by which they come. By service, those who are among the
/// first of any.
pub fn draw(frame: &[Candidate], rule: &SampleRule, uses: &Uses, seed: &str) -> Vec<Candidate> {
    let mut drawn = frame.to_vec();
    drawn.sort_by_cached_key(|candidate| {
        let place = Sha256::digest(format!("{seed}{}", candidate.contact));
        (<[u8; 32]>::from(place), candidate.contact)
    });
    match rule {
        SampleRule::All => {}
        SampleRule::Random { size } => drawn.truncate(usize::try_from(*size).unwrap_or(usize::MAX)),
        SampleRule::Stratified { size_per_customer } => {
            let mut first = FirstOf::new(*size_per_customer);
            drawn.retain(|candidate| first.take(candidate.customer));
        }
        SampleRule::StratifiedByService { size_per_service } => {
            let mut first = FirstOf::new(*size_per_service);
            drawn.retain(|candidate| {
                let services = uses.get(&candidate.customer).into_iter().flatten();
                // Counted for each of them, whether they are asked for another or not.
                services.fold(false, |asked, service| first.take(*service) | asked)
            });
        }
    }
    drawn
}

/// Counts those who come, stratum by stratum.
struct FirstOf<S> {
    size: u32,
    come: BTreeMap<S, u32>,
}

impl<S: Ord> FirstOf<S> {
    fn new(size: u32) -> Self {
        Self {
            size,
            come: BTreeMap::new(),
        }
    }

    /// Whether the next of a stratum is among its first.
    fn take(&mut self, stratum: S) -> bool {
        let come = self.come.entry(stratum).or_default();
        *come += 1;
        *come <= self.size
    }
}

/// The customers that an anonymous answer may be told of: those of whom enough were invited. The others stand together as
/// the rest; where that would be fewer than enough, the smallest of the former joins it, for the rest is known by what is
/// told of all others.
pub fn strata(invited: impl IntoIterator<Item = CustomerId>) -> BTreeSet<CustomerId> {
    let mut sizes = BTreeMap::<CustomerId, usize>::new();
    for customer in invited {
        *sizes.entry(customer).or_default() += 1;
    }
    let (mut told, rest): (Vec<_>, Vec<_>) = sizes
        .into_iter()
        .map(|(customer, size)| (size, customer))
        .partition(|(size, _)| *size >= FEWEST_ANONYMOUS);
    let mut rest: usize = rest.into_iter().map(|(size, _)| size).sum();
    told.sort_unstable_by(|a, b| b.cmp(a));
    while (1..FEWEST_ANONYMOUS).contains(&rest)
        && let Some((size, _)) = told.pop()
    {
        rest += size;
    }
    told.into_iter().map(|(_, customer)| customer).collect()
}
