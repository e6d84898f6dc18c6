//! What waits for one destination: for each thing its events one after the other, the things side by side, so many at once.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use persistence::webhooks::Waiting;
use uuid::Uuid;

/// How many tries of one destination run at once.
pub const AT_ONCE: usize = 4;
/// How much of what waits is held at a time; the rest stays in the store.
pub const HELD: usize = 1_000;

/// What waits for one destination.
///
/// Held is everything up to a place in the log. Where the store holds more, what is due beyond that place is held too, if nothing
/// earlier of its thing waits; so what waits long is in nobody's way.
#[derive(Default)]
pub struct Lanes {
    /// What waits of each thing, by the events' places in the log.
    things: HashMap<Uuid, BTreeMap<i64, Waiting>>,
    /// Of each thing that nothing runs of, the earliest, by when it is due.
    heads: BTreeSet<(DateTime<Utc>, i64, Uuid)>,
    /// Of which thing which place is being tried.
    running: HashMap<Uuid, i64>,
    held: usize,
    through: i64,
    more: bool,
    left_alone_until: Option<DateTime<Utc>>,
    looked_beyond_at: Option<DateTime<Utc>>,
}

impl Lanes {
    /// Takes what was noted just now, unless earlier ones are in the store alone.
    pub fn add(&mut self, waits: Waiting) {
        self.more |= self.held >= HELD;
        if !self.more {
            self.through = waits.position;
            self.put(waits);
        }
    }

    /// Takes what the store has after the place up to which everything is held; less than `HELD` is all.
    pub fn extend(&mut self, waiting: Vec<Waiting>) {
        self.more = waiting.len() >= HELD;
        self.through = waiting.last().map_or(self.through, |last| last.position);
        waiting.into_iter().for_each(|waits| self.put(waits));
    }

    /// Takes what is due beyond that place, of each thing the earliest.
    pub fn extend_beyond(&mut self, due: Vec<Waiting>, now: DateTime<Utc>) {
        self.looked_beyond_at = Some(now);
        due.into_iter().for_each(|waits| self.put(waits));
    }

    fn put(&mut self, waits: Waiting) {
        if self.running.get(&waits.subject) != Some(&waits.position) {
            self.change(waits.subject, |thing| thing.insert(waits.position, waits));
        }
    }

    /// Changes what waits of a thing, and keeps its earliest among the heads.
    fn change<R>(&mut self, subject: Uuid, deed: impl FnOnce(&mut BTreeMap<i64, Waiting>) -> R) -> R {
        let place =
            |thing: &BTreeMap<i64, Waiting>| thing.values().next().map(|one| (one.due_at, one.position, subject));
        let thing = self.things.entry(subject).or_default();
        if let Some(head) = place(thing) {
            self.heads.remove(&head);
        }
        self.held -= thing.len();
        let done = deed(thing);
        self.held += thing.len();
        match place(thing) {
            None => {
                self.things.remove(&subject);
            }
            Some(head) if !self.running.contains_key(&subject) => {
                self.heads.insert(head);
            }
            Some(_) => {}
        }
        done
    }

    /// Up to which place everything is held.
    pub fn through(&self) -> i64 {
        self.through
    }

    /// Whether the store holds more than is held here.
    pub fn has_more(&self) -> bool {
        self.more
    }

    /// Whether the store is to be read: little is left here, and there is more.
    pub fn is_to_be_filled(&self) -> bool {
        self.more && self.held < HELD / 2
    }

    /// Whether what is due beyond is to be looked for: nothing that is held is, and the last look is a second ago.
    pub fn is_held_up(&self, now: DateTime<Utc>) -> bool {
        let looked = self
            .looked_beyond_at
            .is_some_and(|at| (now - at).num_milliseconds() < 1_000);
        let idle = self.running.len() < AT_ONCE && self.left_alone_until.is_none_or(|until| until <= now);
        self.more && idle && !looked && self.heads.first().is_none_or(|(due_at, ..)| *due_at > now)
    }

    /// Whether a try runs.
    pub fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// Forgets what waits, since the store knows better; what runs is let run.
    pub fn clear(&mut self) {
        *self = Self {
            running: std::mem::take(&mut self.running),
            left_alone_until: self.left_alone_until,
            more: true,
            ..Self::default()
        };
    }

    /// Nothing is begun until then: the destination asked for it.
    pub fn leave_alone(&mut self, until: DateTime<Utc>) {
        self.left_alone_until = self.left_alone_until.max(Some(until));
    }

    /// The destination is tried again, whatever it asked for: its owner wishes so.
    pub fn resume(&mut self) {
        self.left_alone_until = None;
    }

    /// What is to be sent now: of each thing the earliest, if it is due and nothing of that thing runs.
    pub fn ready(&mut self, now: DateTime<Utc>) -> Vec<Waiting> {
        let mut taken = vec![];
        while let Some((due_at, position, subject)) = self.heads.first().copied()
            && self.next_due().is_some_and(|due| due <= now)
            && due_at <= now
        {
            self.running.insert(subject, position);
            taken.extend(self.change(subject, |thing| thing.remove(&position)));
        }
        taken
    }

    /// The try of a thing's event at this place has ended; with `again` it waits for the next.
    pub fn ended(&mut self, subject: Uuid, position: i64, again: Option<Waiting>) {
        if self.running.get(&subject) != Some(&position) {
            return;
        }
        self.running.remove(&subject);
        // What lies beyond is read when it is due.
        let again = again.filter(|waits| !self.more || waits.position <= self.through);
        self.change(subject, |thing| thing.extend(again.map(|waits| (position, waits))));
    }

    /// When the next one may be sent, as far as is held here; none while as many run as may.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let (due_at, ..) = self.heads.first().filter(|_| self.running.len() < AT_ONCE)?;
        Some(self.left_alone_until.map_or(*due_at, |until| until.max(*due_at)))
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

    fn subject(n: u128) -> Uuid {
        Uuid::from_u128(n)
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
        lanes.ended(subject(7), 1, Some(waits(1, 7, 60)));
        assert_eq!(positions(&mut lanes), [0i64; 0]);
        assert_eq!(lanes.next_due(), Some(now() + Duration::seconds(60)));
        lanes.ended(subject(8), 2, None);
        assert_eq!(lanes.ready(now() + Duration::seconds(60)).len(), 1);
        lanes.ended(subject(7), 1, None);
        assert_eq!(positions(&mut lanes), [3]);
    }

    #[test]
    fn so_many_run_at_once() {
        let mut lanes = Lanes::default();
        (1..=10).for_each(|n| lanes.add(waits(n, n as u128, 0)));
        assert_eq!(positions(&mut lanes).len(), AT_ONCE);
        assert_eq!(lanes.next_due(), None);
        lanes.ended(subject(2), 2, None);
        assert_eq!(positions(&mut lanes), [5]);
    }

    #[test]
    fn what_overflows_is_left_to_the_store_and_overtakes_nothing() {
        let mut lanes = Lanes::default();
        (1..=HELD as i64).for_each(|n| lanes.add(waits(n, 1, 0)));
        assert!(!lanes.has_more());
        lanes.add(waits(HELD as i64 + 1, 2, 0));
        assert!(lanes.has_more() && lanes.through() == HELD as i64 && !lanes.is_to_be_filled());
        for n in 1..=600 {
            assert_eq!(positions(&mut lanes), [n]);
            lanes.ended(subject(1), n, None);
        }
        // A later one must not slip in before what the store holds.
        lanes.add(waits(HELD as i64 + 2, 2, 0));
        assert_eq!(positions(&mut lanes), [601]);
        assert!(lanes.is_to_be_filled());
        lanes.extend(vec![waits(HELD as i64 + 1, 2, 0), waits(HELD as i64 + 2, 2, 0)]);
        assert!(!lanes.has_more() && positions(&mut lanes) == [HELD as i64 + 1]);
    }

    #[test]
    fn a_thousand_that_wait_long_hold_up_nothing_that_is_due_beyond_them() {
        let mut lanes = Lanes::default();
        let full = (1..=HELD as i64).map(|n| waits(n, n as u128, 3600)).collect();
        lanes.clear();
        lanes.extend(full);
        assert!(lanes.is_held_up(now()));
        let beyond = HELD as i64 + 7;
        lanes.extend_beyond(vec![waits(beyond, 5000, 0)], now());
        assert_eq!(positions(&mut lanes), [beyond]);
        // The store is not asked over and over, and what failed beyond is left to it.
        assert!(!lanes.is_held_up(now()) && lanes.is_held_up(now() + Duration::seconds(1)));
        lanes.ended(subject(5000), beyond, Some(waits(beyond, 5000, 5)));
        assert_eq!(lanes.next_due(), Some(now() + Duration::hours(1)));
    }

    #[test]
    fn a_destination_that_asks_for_it_is_left_alone_whatever_is_due() {
        let mut lanes = Lanes::default();
        (1..=3).for_each(|n| lanes.add(waits(n, n as u128, 0)));
        lanes.leave_alone(now() + Duration::seconds(40));
        lanes.leave_alone(now() + Duration::seconds(20));
        assert_eq!(positions(&mut lanes), [0i64; 0]);
        assert_eq!(lanes.next_due(), Some(now() + Duration::seconds(40)));
        assert_eq!(lanes.ready(now() + Duration::seconds(40)).len(), 3);
        lanes.resume();
        assert_eq!(positions(&mut lanes), [0i64; 0]);
    }

    #[test]
    fn what_runs_is_not_taken_twice_and_an_earlier_run_ends_no_later_one() {
        let mut lanes = Lanes::default();
        lanes.add(waits(1, 1, 0));
        assert_eq!(positions(&mut lanes), [1]);
        lanes.clear();
        lanes.extend(vec![waits(1, 1, 0), waits(2, 1, 0)]);
        assert_eq!(positions(&mut lanes), [0i64; 0]);
        lanes.ended(subject(1), 1, None);
        assert_eq!(positions(&mut lanes), [2]);
        lanes.ended(subject(1), 1, None);
        assert!(lanes.is_running());
    }
}
