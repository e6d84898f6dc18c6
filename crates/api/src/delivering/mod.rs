//! Sending webhooks: one instance at a time notes for each subscription the events that it wants, and sends what waits. When
//! it dies, another goes on within seconds, from what was written down; so an event may come twice, and none is lost.
mod destinations;
mod lanes;
mod posting;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use actix_web::web;
use chrono::{DateTime, Utc};
use domain::{
    access::Scope,
    events::{Actor, ActorKind, Event, SubjectKind},
    vocabulary::*,
    webhooks::*,
};
use persistence::{
    events::{Held, LogCursor, Outlet, Stretch, sealed, sealed_at},
    store::Origin,
    webhooks::{self as store, Settled, Subscribed, Waiting},
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;

pub use destinations::{Networks, NotAllowed};
use lanes::{HELD, Lanes};
use posting::Postman;

use crate::State;

/// The outlet's name in the store.
const OUTLET: &str = "webhooks";
/// How many events are noted at a time.
const AT_A_TIME: u64 = 200;
/// For how long what is known of the subscriptions is believed, and how long nothing is done where nothing is to do.
const BELIEVED: Duration = Duration::from_secs(1);
/// After this long a hold is renewed.
const RENEWED: Duration = Duration::from_secs(2);
/// How long after a failure the next round begins.
const PAUSE: Duration = Duration::from_secs(1);
/// A destination that has only failed for so long is given up when a delivery to it is.
const DEAD: chrono::Duration = chrono::Duration::hours(24);

/// Why a round ended; the next goes on.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error(transparent)]
    Store(#[from] persistence::Error),
}

/// Sends what happens to who wants to know, over and over, while the service runs.
pub async fn keep_delivering(state: web::Data<State>) {
    let origin = state.settings.public_origin();
    let patience = Duration::from_secs(state.settings.webhook_timeout_seconds.into());
    let postman = match Postman::new(state.settings.networks(), &origin, patience) {
        Ok(postman) => postman,
        Err(e) => return tracing::error!(error = %e, "webhooks cannot be sent"),
    };
    let outlet = Outlet::of(OUTLET, Uuid::now_v7());
    let (tell, ended) = mpsc::unbounded_channel();
    let mut sender = Sender {
        state,
        postman,
        outlet,
        place: LogCursor::ORIGIN,
        held_since: None,
        known: vec![],
        known_since: None,
        lanes: HashMap::new(),
        tell,
        ended,
    };
    loop {
        if let Err(e) = sender.go_on().await {
            tracing::warn!(error = %e, "webhooks wait; it is tried again");
            sender.held_since = None;
            sender.lanes.values_mut().for_each(Lanes::clear);
            sleep(PAUSE).await;
        }
    }
}

/// A try that has ended.
struct Ended {
    subscription: WebhookSubscriptionId,
    delivery: Waiting,
    attempt: DeliveryAttempt,
}

struct Sender {
    state: web::Data<State>,
    postman: Postman,
    outlet: Outlet,
    /// How far events are noted.
    place: LogCursor,
    held_since: Option<Instant>,
    known: Vec<Subscribed>,
    known_since: Option<Instant>,
    lanes: HashMap<WebhookSubscriptionId, Lanes>,
    tell: mpsc::UnboundedSender<Ended>,
    ended: mpsc::UnboundedReceiver<Ended>,
}

impl Sender {
    /// Works until something is in the way.
    async fn go_on(&mut self) -> Result<(), Interrupted> {
        let mut head: Option<watch::Receiver<Option<LogCursor>>> = None;
        loop {
            self.look_at_subscriptions().await?;
            if self.known.is_empty() {
                // Nobody wants to know: nobody listens to the log.
                head = None;
                sleep(BELIEVED).await;
                continue;
            }
            let head = head.get_or_insert_with(|| self.state.head.follow());
            let grown = head
                .borrow_and_update()
                .is_some_and(|end| end.position > self.place.position);
            if (grown || self.something_is_due()) && !self.hold().await? {
                // What was begun is the other instance's now, whatever becomes of it here.
                while self.ended.try_recv().is_ok() {}
                sleep(BELIEVED).await;
                continue;
            }
            if self.held_since.is_some() {
                self.note_events().await?;
                self.fill().await?;
                self.send().await?;
            }
            self.wait(head).await;
            self.settle().await?;
        }
    }

    /// Reads the subscriptions anew, where what is known is old.
    async fn look_at_subscriptions(&mut self) -> Result<(), Interrupted> {
        if self.known_since.is_some_and(|since| since.elapsed() < BELIEVED) {
            return Ok(());
        }
        let known = store::subscribed(&self.state.db).await?;
        for one in &known {
            let replayed = |before: &Subscribed| before.replays != one.replays;
            let before = self
                .known
                .iter()
                .find(|before| before.subscription.id == one.subscription.id);
            if before.is_some_and(replayed) {
                self.lanes.entry(one.subscription.id).or_default().clear();
            }
        }
        let there: HashSet<_> = known.iter().map(|one| one.subscription.id).collect();
        self.lanes.retain(|id, _| there.contains(id));
        self.known = known;
        self.known_since = Some(Instant::now());
        Ok(())
    }

    /// Whether the outlet is in this instance's hands; where it comes to them, what waits is read from the store.
    async fn hold(&mut self) -> Result<bool, Interrupted> {
        if self.held_since.is_some_and(|since| since.elapsed() < RENEWED) {
            return Ok(true);
        }
        let began = Instant::now();
        let held = self.outlet.take(&self.state.db, self.state.clock.now()).await?;
        let was_held = self.held_since.is_some();
        self.held_since = held.map(|_| began);
        let Some(Held { anew, at }) = held else {
            self.lanes.clear();
            return Ok(false);
        };
        self.place = at;
        if anew || !was_held {
            self.lanes.clear();
            for id in store::who_waits(&self.state.db).await? {
                self.lanes.entry(id).or_default().clear();
            }
        }
        Ok(true)
    }

    /// Notes, for who wants them, the events that nobody noted yet.
    async fn note_events(&mut self) -> Result<(), Interrupted> {
        // What was before all of them is looked at for none of them.
        let first = self
            .known
            .iter()
            .map(|one| one.begins)
            .min_by_key(|begins| begins.position);
        if let Some(first) = first.filter(|first| first.position > self.place.position) {
            self.place = first;
        }
        loop {
            let Stretch { items, next, more } = sealed(&self.state.db, self.place, AT_A_TIME).await?;
            if items.is_empty() {
                return Ok(());
            }
            // What was changed of a subscription or a client holds for what comes after it.
            let of_ours = [SubjectKind::WebhookSubscription, SubjectKind::Client];
            if items
                .iter()
                .any(|(_, event)| of_ours.contains(&event.body.subject.kind))
            {
                self.known_since = None;
                self.look_at_subscriptions().await?;
            }
            let mut wanted = vec![];
            for (_, event) in &items {
                let takers = self.known.iter().filter(|one| takes(one, event));
                wanted.extend(takers.map(|one| (one.subscription.id, event)));
            }
            let now = self.state.clock.now();
            match store::fan_out(&self.state.db, &self.outlet, wanted, next, now).await? {
                None => {
                    self.held_since = None;
                    self.lanes.clear();
                    return Ok(());
                }
                Some(noted) => {
                    for (subscription, waits) in noted {
                        self.lanes.entry(subscription).or_default().add(waits);
                    }
                }
            }
            self.place = next;
            if !more {
                return Ok(());
            }
        }
    }

    /// Reads what waits from the store, where little of it is held.
    async fn fill(&mut self) -> Result<(), Interrupted> {
        for (id, lanes) in &mut self.lanes {
            if !lanes.is_to_be_filled() {
                continue;
            }
            let limit = HELD as u64;
            let waiting = store::waiting(&self.state.db, *id, lanes.last(), limit).await?;
            lanes.more = false;
            let all = waiting.len() < HELD;
            waiting.into_iter().for_each(|waits| lanes.add(waits));
            lanes.more |= !all;
        }
        Ok(())
    }

    /// Begins every try that is due.
    async fn send(&mut self) -> Result<(), Interrupted> {
        let now = self.state.clock.now();
        let mut ready = vec![];
        for one in self.known.iter().filter(|one| may_send(one)) {
            let Some(lanes) = self.lanes.get_mut(&one.subscription.id) else {
                continue;
            };
            ready.extend(
                lanes
                    .ready(now)
                    .into_iter()
                    .map(|waits| (one.subscription.clone(), waits)),
            );
        }
        if ready.is_empty() {
            return Ok(());
        }
        let places: HashSet<i64> = ready.iter().map(|(_, waits)| waits.position).collect();
        let events = sealed_at(&self.state.db, places.into_iter().collect()).await?;
        let events: HashMap<i64, Event> = events.into_iter().map(|event| (event.position, event)).collect();
        for (subscription, delivery) in ready {
            let Some(event) = events.get(&delivery.position).cloned() else {
                continue;
            };
            let (postman, tell) = (self.postman.clone(), self.tell.clone());
            tokio::spawn(async move {
                let attempt = postman.post(&subscription, event, now).await;
                // Nobody listens any more when the service ends; then it is sent again.
                let _ = tell.send(Ended {
                    subscription: subscription.id,
                    delivery,
                    attempt,
                });
            });
        }
        Ok(())
    }

    /// Waits until something happens: the log grows, a try ends, something is due.
    async fn wait(&mut self, head: &mut watch::Receiver<Option<LogCursor>>) {
        let due = self.lanes_that_send().filter_map(Lanes::next_due).min();
        let until_due = due.map(|due| (due - self.state.clock.now()).to_std().unwrap_or_default());
        let patience = until_due
            .unwrap_or(BELIEVED)
            .min(BELIEVED)
            .max(Duration::from_millis(5));
        let place = self.place.position;
        let grown = head.wait_for(|end| end.is_some_and(|end| end.position > place));
        let one = async {
            tokio::select! {
                _ = grown => None,
                ended = self.ended.recv() => ended,
            }
        };
        if let Ok(Some(ended)) = timeout(patience, one).await {
            // Back to where it is settled with the others.
            let _ = self.tell.send(ended);
        }
    }

    fn lanes_that_send(&self) -> impl Iterator<Item = &Lanes> {
        let those = self.known.iter().filter(|one| may_send(one));
        those.filter_map(|one| self.lanes.get(&one.subscription.id))
    }

    fn something_is_due(&self) -> bool {
        let now = self.state.clock.now();
        // What is not known to wait may wait: whoever held the outlet before may have left it.
        self.held_since.is_none()
            // A hold lasts as long as a try does, so that nobody else begins it meanwhile.
            || self.lanes.values().any(Lanes::is_running)
            || self
                .lanes_that_send()
                .any(|lanes| lanes.more || lanes.next_due().is_some_and(|due| due <= now))
    }

    /// Writes down what became of the tries that have ended.
    async fn settle(&mut self) -> Result<(), Interrupted> {
        let (mut settled, mut failing, mut given_up) = (vec![], HashMap::new(), vec![]);
        while let Ok(Ended {
            subscription,
            mut delivery,
            attempt,
        }) = self.ended.try_recv()
        {
            delivery.attempts.push(attempt.clone());
            let (state, due_at) = outcome(&delivery.attempts, rand::random());
            self.note_failing(subscription, &attempt, &mut failing);
            if attempt.is_gone() || state == DeliveryState::Failed {
                given_up.push((subscription, attempt));
            }
            settled.push(Settled {
                subscription,
                delivery: delivery.id,
                state,
                due_at,
                attempts: delivery.attempts.clone(),
            });
            let subject = delivery.subject;
            let again = due_at.map(|due_at| Waiting { due_at, ..delivery });
            self.lanes.entry(subscription).or_default().ended(subject, again);
        }
        if settled.is_empty() {
            return Ok(());
        }
        store::settle(&self.state.db, settled, failing.into_iter().collect()).await?;
        for (subscription, attempt) in given_up {
            self.stop_sending(subscription, &attempt).await?;
        }
        Ok(())
    }

    /// Notes when a row of failures begins and ends.
    fn note_failing(
        &mut self,
        id: WebhookSubscriptionId,
        attempt: &DeliveryAttempt,
        changed: &mut HashMap<WebhookSubscriptionId, Option<DateTime<Utc>>>,
    ) {
        let Some(one) = self.known.iter_mut().find(|one| one.subscription.id == id) else {
            return;
        };
        let since = match (attempt.succeeded(), one.failing_since) {
            (true, Some(_)) => None,
            (false, None) => Some(attempt.at),
            _ => return,
        };
        one.failing_since = since;
        changed.insert(id, since);
    }

    /// A destination that is gone is told nothing more, a dead one nothing until somebody resumes it.
    async fn stop_sending(&mut self, id: WebhookSubscriptionId, last: &DeliveryAttempt) -> Result<(), Interrupted> {
        let now = self.state.clock.now();
        let known = self.known.iter().find(|one| one.subscription.id == id);
        let dead = known
            .and_then(|one| one.failing_since)
            .is_some_and(|since| now - since >= DEAD);
        if !last.is_gone() && !dead {
            return Ok(());
        }
        let origin = Origin {
            actor: Actor {
                kind: ActorKind::Operator,
                id: "webhooks".into(),
                acting_for: None,
            },
            request_id: Uuid::now_v7().to_string(),
            now,
            today: self.state.settings.local_date(now),
        };
        store::stop(
            &self.state.db,
            &origin,
            &Scope::unlimited("webhooks"),
            id,
            last.is_gone(),
        )
        .await?;
        self.known_since = None;
        Ok(())
    }
}

/// Whether an event is noted for a subscription.
fn takes(one: &Subscribed, event: &Event) -> bool {
    event.position > one.begins.position
        && one.works
        && one.subscription.state != WebhookState::Disabled
        && one.subscription.wants(event, one.visible.as_deref())
}

/// Whether what waits for a subscription is sent.
fn may_send(one: &Subscribed) -> bool {
    one.works && one.subscription.state == WebhookState::Active
}

/// How a delivery stands after these tries, and when the next one is due.
fn outcome(attempts: &[DeliveryAttempt], chance: f64) -> (DeliveryState, Option<DateTime<Utc>>) {
    match attempts.last() {
        Some(last) if last.succeeded() => (DeliveryState::Delivered, None),
        Some(last) if last.is_gone() => (DeliveryState::Failed, None),
        Some(last) => match next_try(attempts.len(), last, chance) {
            Some(due_at) => (DeliveryState::Waiting, Some(due_at)),
            None => (DeliveryState::Failed, None),
        },
        None => (DeliveryState::Waiting, None),
    }
}
