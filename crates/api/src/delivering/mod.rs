//! Sending webhooks: one instance at a time notes for each subscription the events that it wants, and sends what waits. When
//! it dies, another goes on within seconds, from what was written down; so an event may come twice, and none is lost.
mod destinations;
mod lanes;
mod posting;
mod settling;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use actix_web::web;
use domain::{
    events::{Event, SubjectKind},
    vocabulary::*,
    webhooks::*,
};
use persistence::{
    events::{Held, LogCursor, Outlet, Stretch, sealed, sealed_at},
    webhooks::{self as store, Subscribed, Waiting},
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
/// How many events are read at a time, and about how many deliveries are noted in one transaction.
const AT_A_TIME: u64 = 200;
const NOTED_TOGETHER: usize = 2_000;
/// For how long what is known of the subscriptions is believed, and how long nothing is done where nothing is to do.
const BELIEVED: Duration = Duration::from_secs(1);
/// After this long a hold is renewed.
const RENEWED: Duration = Duration::from_secs(2);
/// How long after a failure the next round begins.
const PAUSE: Duration = Duration::from_secs(1);

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
            sender.let_go();
            sleep(PAUSE).await;
        }
    }
}

/// A try that has ended.
struct Ended {
    subscription: WebhookSubscriptionId,
    delivery: Waiting,
    attempt: DeliveryAttempt,
    /// Whether there was anything to send: the log may not hold the event any more.
    sent: bool,
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
                self.forget_ended();
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
                let lanes = self.lanes.entry(one.subscription.id).or_default();
                lanes.clear();
                lanes.resume();
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
            self.let_go();
            return Ok(false);
        };
        self.place = at;
        if anew || !was_held {
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
        let Stretch { items, .. } = sealed(&self.state.db, self.place, AT_A_TIME).await?;
        // What was changed of a subscription or a client holds for what comes after it.
        let of_ours = [SubjectKind::WebhookSubscription, SubjectKind::Client];
        if items
            .iter()
            .any(|(_, event)| of_ours.contains(&event.body.subject.kind))
        {
            self.known_since = None;
            self.look_at_subscriptions().await?;
        }
        let (mut wanted, last) = (vec![], items.len());
        for (n, (place, event)) in items.iter().enumerate() {
            let takers = self.known.iter().filter(|one| takes(one, event));
            wanted.extend(takers.map(|one| (one.subscription.id, event)));
            if wanted.len() >= NOTED_TOGETHER || n + 1 == last {
                if !self.note(&wanted, *place).await? {
                    return Ok(());
                }
                wanted.clear();
            }
        }
        Ok(())
    }

    /// Notes these, and that everything up to a place is noted; false where the outlet is another instance's by now.
    async fn note(&mut self, wanted: &[(WebhookSubscriptionId, &Event)], to: LogCursor) -> Result<bool, Interrupted> {
        let now = self.state.clock.now();
        let Some(noted) = store::fan_out(&self.state.db, &self.outlet, wanted, to, now).await? else {
            self.let_go();
            return Ok(false);
        };
        for (subscription, waits) in noted {
            self.lanes.entry(subscription).or_default().add(waits);
        }
        self.place = to;
        Ok(true)
    }

    /// The outlet is in other hands, or may be: what waits is for them to know.
    fn let_go(&mut self) {
        self.held_since = None;
        self.lanes.values_mut().for_each(Lanes::clear);
    }

    /// Reads what waits from the store, where little of it is held or nothing that is held is due.
    async fn fill(&mut self) -> Result<(), Interrupted> {
        let (db, now) = (&self.state.db, self.state.clock.now());
        for one in self.known.iter().filter(|one| may_send(one)) {
            let id = one.subscription.id;
            let Some(lanes) = self.lanes.get_mut(&id) else {
                continue;
            };
            if lanes.is_to_be_filled() {
                lanes.extend(store::waiting(db, id, lanes.through(), HELD as u64).await?);
            }
            if lanes.is_held_up(now) {
                let due = store::due_beyond(db, id, lanes.through(), now, HELD as u64).await?;
                lanes.extend_beyond(due, now);
            }
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
        let events = match sealed_at(&self.state.db, places.into_iter().collect()).await {
            Ok(events) => events,
            Err(e) => {
                for (subscription, delivery) in ready {
                    let lanes = self.lanes.entry(subscription.id).or_default();
                    lanes.ended(delivery.subject, delivery.position, Some(delivery));
                }
                return Err(e.into());
            }
        };
        let events: HashMap<i64, Event> = events.into_iter().map(|event| (event.position, event)).collect();
        for (subscription, delivery) in ready {
            let (postman, tell) = (self.postman.clone(), self.tell.clone());
            let event = events.get(&delivery.position).cloned();
            tokio::spawn(async move {
                let sent = event.is_some();
                let attempt = match event {
                    Some(event) => postman.post(&subscription, event, now).await,
                    None => DeliveryAttempt {
                        error: Some("The log does not hold the event any more.".into()),
                        ..DeliveryAttempt::begin(now)
                    },
                };
                // Nobody listens any more when the service ends; then it is sent again.
                let _ = tell.send(Ended {
                    subscription: subscription.id,
                    delivery,
                    attempt,
                    sent,
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
                .any(|lanes| lanes.has_more() || lanes.next_due().is_some_and(|due| due <= now))
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
