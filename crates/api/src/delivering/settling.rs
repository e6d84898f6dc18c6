//! What became of tries: written down in batches, with what follows for the delivery, its thing and its destination.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::{
    access::Scope,
    events::{Actor, ActorKind},
    vocabulary::*,
    webhooks::*,
};
use persistence::{
    store::Origin,
    webhooks::{self as store, Settled, Standing, Waiting},
};
use uuid::Uuid;

use super::{Ended, Interrupted, Lanes, Sender};

/// A destination that has only failed for so long is given up when a delivery to it is.
const DEAD: chrono::Duration = chrono::Duration::hours(24);

impl Sender {
    /// Whatever became of tries here, another instance makes its own.
    pub(super) fn forget_ended(&mut self) {
        while let Ok(ended) = self.ended.try_recv() {
            if let Some(lanes) = self.lanes.get_mut(&ended.subscription) {
                lanes.ended(ended.delivery.subject, ended.delivery.position, None);
            }
        }
    }

    /// Writes down what became of the tries that have ended.
    pub(super) async fn settle(&mut self) -> Result<(), Interrupted> {
        let ended: Vec<Ended> = std::iter::from_fn(|| self.ended.try_recv().ok()).collect();
        if ended.is_empty() {
            return Ok(());
        }
        let gone = self.gone(&ended);
        let (mut settled, mut standings, mut given_up) = (vec![], HashMap::new(), vec![]);
        for Ended {
            subscription,
            mut delivery,
            attempt,
            sent,
        } in ended
        {
            let lanes = self.lanes.entry(subscription).or_default();
            if let Some(until) = attempt.left_alone_until() {
                lanes.leave_alone(until);
            }
            delivery.attempts.push(attempt.clone());
            let (state, due_at) = match outcome(&delivery.attempts, rand::random()) {
                (DeliveryState::Waiting, _) if !sent || gone.contains(&subscription) => (DeliveryState::Failed, None),
                stands => stands,
            };
            settled.push(Settled {
                delivery: delivery.id,
                state,
                due_at,
                attempts: delivery.attempts.clone(),
            });
            let (subject, position) = (delivery.subject, delivery.position);
            let again = due_at.map(|due_at| Waiting { due_at, ..delivery });
            lanes.ended(subject, position, again);
            if sent {
                self.note_standing(subscription, &attempt, &mut standings);
            }
            if sent && state == DeliveryState::Failed {
                given_up.push((subscription, attempt));
            }
        }
        let recovered = standings.iter().filter(|(_, standing)| standing.outage_since.is_some());
        let recovered: Vec<WebhookSubscriptionId> = recovered.map(|(id, _)| *id).collect();
        let now = self.state.clock.now();
        store::settle(&self.state.db, settled, standings.into_iter().collect(), now).await?;
        for id in recovered {
            self.lanes.get_mut(&id).into_iter().for_each(Lanes::clear);
        }
        for (subscription, attempt) in given_up {
            self.stop_sending(subscription, &attempt).await?;
        }
        Ok(())
    }

    /// Whose destination is gone: what was on its way to them when they said so is not tried again.
    fn gone(&self, ended: &[Ended]) -> HashSet<WebhookSubscriptionId> {
        let now = ended
            .iter()
            .filter(|one| one.attempt.is_gone())
            .map(|one| one.subscription);
        let disabled = |state| state == WebhookState::Disabled;
        let before = self.known.iter().filter(|one| disabled(one.subscription.state));
        before.map(|one| one.subscription.id).chain(now).collect()
    }

    /// Notes when a row of failures begins and ends.
    fn note_standing(
        &mut self,
        id: WebhookSubscriptionId,
        attempt: &DeliveryAttempt,
        changed: &mut HashMap<WebhookSubscriptionId, Standing>,
    ) {
        let Some(one) = self.known.iter_mut().find(|one| one.subscription.id == id) else {
            return;
        };
        let failing_since = match (attempt.succeeded(), one.failing_since) {
            (true, Some(_)) => None,
            (false, None) => Some(attempt.at),
            _ => return,
        };
        let failed = std::mem::replace(&mut one.failing_since, failing_since);
        let standing = changed.entry(id).or_default();
        standing.failing_since = failing_since;
        if let Some(since) = failed.filter(|since| ends_outage(*since, attempt.ended_at())) {
            standing.outage_since = Some(since);
        }
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
