//! What waits for one destination: for each thing its events one after the other, the things side by side, so many at once.
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use persistence::webhooks::Waiting;
use uuid::Uuid;

/// How many tries of one destination run at once.
pub const AT_ONCE: usize = 4;
/// How much of what waits is held at a time; the rest stays in the store.
pub const HELD: usize = 1_000;

/// What waits for one destination, by the events' places in the log.
#[derive(Default)]
pub struct Lanes {
    waiting: BTreeMap<i64, Waiting>,
    running: HashMap<Uuid, i64>,
    /// Whether the store holds more than is held here.
    pub more: bool,
}

impl Lanes {
    /// Takes what was read from the store, or was noted just now.
    pub fn add(&mut self, waits: Waiting) {
        let beyond = self.waiting.len() >= HELD && self.last() < waits.position;
        if self.more || beyond {
            // What is in between would be overtaken.
            self.more = true;
        } else if self.running.values().all(|position| *position != waits.position) {
            self.waiting.insert(waits.position, waits);
        }
    }

    /// The last place that is held.
    pub fn last(&self) -> i64 {
        self.waiting.last_key_value().map_or(0, |(position, _)| *position)
    }

    /// Whether the store is to be read: little is left here, and there is more.
    pub fn is_to_be_filled(&self) -> bool {
        self.more && self.waiting.len() < HELD / 2
    }

    /// Whether a try runs.
    pub fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// Forgets what waits; what runs is let run.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.more = true;
    }

    /// What is to be sent now: of each thing the earliest, if it is due and nothing of that thing runs.
    pub fn ready(&mut self, now: DateTime<Utc>) -> Vec<Waiting> {
        let free = AT_ONCE.saturating_sub(self.running.len());
        if free == 0 {
            return vec![];
        }
        let due = self.heads().filter(|waits| waits.due_at <= now);
        let due: Vec<i64> = due.map(|waits| waits.position).take(free).collect();
        let taken = due.into_iter().filter_map(|position| self.waiting.remove(&position));
        let taken: Vec<Waiting> = taken.collect();
        self.running
            .extend(taken.iter().map(|waits| (waits.subject, waits.position)));
        taken
    }

    /// Of each thing that nothing runs of, the earliest.
    fn heads(&self) -> impl Iterator<Item = &Waiting> {
        let mut seen: HashSet<Uuid> = self.running.keys().copied().collect();
        self.waiting.values().filter(move |waits| seen.insert(waits.subject))
    }

    /// A try has ended; with `again` it waits for the next.
    pub fn ended(&mut self, subject: Uuid, again: Option<Waiting>) {
        self.running.remove(&subject);
        if let Some(waits) = again {
            self.waiting.insert(waits.position, waits);
        }
    }

    /// When the next one is due, as far as is held here.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        match self.running.len() < AT_ONCE {
            true => self.heads().map(|waits| waits.due_at).min(),
            false => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use domain::vocabulary::DeliveryId;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-01-15T10:00:00Z".parse().unwrap()
    }

    fn waits(position: i64, subject: u128, in_seconds: i64) -> Waiting {
        Waiting {
            id: DeliveryId(Uuid::from_u128(position as u128)),
            position,
            subject: Uuid::from_u128(subject),
            due_at: now() + Duration::seconds(in_seconds),
            attempts: vec![],
        }
    }

    fn positions(lanes: &mut Lanes) -> Vec<i64> {
        lanes.ready(now()).iter().map(|waits| waits.position).collect()
    }

    #[test]
    fn a_thing_waits_for_its_earlier_event_and_for_no_other_thing() {
        let mut lanes = Lanes::default();
        for (position, subject) in [(1, 7), (2, 8), (3, 7), (4, 9)] {
            lanes.add(waits(position, subject, 0));
        }
        assert_eq!(positions(&mut lanes), [1, 2, 4]);
        assert_eq!(positions(&mut lanes), [0i64; 0]);
        // The first one failed: its follower waits with it.
        lanes.ended(Uuid::from_u128(7), Some(waits(1, 7, 60)));
        assert_eq!(positions(&mut lanes), [0i64; 0]);
        assert_eq!(lanes.next_due(), Some(now() + Duration::seconds(60)));
        lanes.ended(Uuid::from_u128(8), None);
        assert_eq!(lanes.ready(now() + Duration::seconds(60)).len(), 1);
        lanes.ended(Uuid::from_u128(7), None);
        assert_eq!(positions(&mut lanes), [3]);
    }

    #[test]
    fn so_many_run_at_once() {
        let mut lanes = Lanes::default();
        (1..=10).for_each(|n| lanes.add(waits(n, n as u128, 0)));
        assert_eq!(positions(&mut lanes).len(), AT_ONCE);
        assert_eq!(lanes.next_due(), None);
        lanes.ended(Uuid::from_u128(2), None);
        assert_eq!(positions(&mut lanes), [5]);
    }

    #[test]
    fn what_overflows_is_left_to_the_store_and_overtakes_nothing() {
        let mut lanes = Lanes::default();
        (1..=HELD as i64).for_each(|n| lanes.add(waits(n, 1, 0)));
        assert!(!lanes.more);
        lanes.add(waits(HELD as i64 + 1, 2, 0));
        assert!(lanes.more && lanes.last() == HELD as i64 && !lanes.is_to_be_filled());
        // A later one must not slip in before what the store holds.
        lanes.waiting.retain(|position, _| *position < 10);
        lanes.add(waits(HELD as i64 + 2, 2, 0));
        assert!(lanes.last() < 10 && lanes.is_to_be_filled());
    }

    #[test]
    fn what_runs_is_not_taken_twice() {
        let mut lanes = Lanes::default();
        lanes.add(waits(1, 1, 0));
        assert_eq!(positions(&mut lanes), [1]);
        lanes.clear();
        lanes.more = false;
        lanes.add(waits(1, 1, 0));
        assert!(lanes.waiting.is_empty());
    }
}
