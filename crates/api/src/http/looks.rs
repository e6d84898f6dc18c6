//! Reads that are made over and over, of everything at once: that somebody makes them is put on record once an hour, so that a
//! system that polls costs one row an hour, and not one each time. Where the record cannot be written, the read goes on, and
//! the next one tries again. (Free text is put on record each time, with what is read: see `persistence::access_records`.)
use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::events::SubjectKind;
use persistence::store::Origin;
use uuid::Uuid;

use super::call::Pass;
use crate::State;

/// The operations, and of what kind the thing is that their path names.
const WATCHED: [(&str, Option<SubjectKind>); 4] = [
    ("listEvents", None),
    ("getEventStream", None),
    ("getBacklog", None),
    ("getAgreementExport", Some(SubjectKind::Agreement)),
];
const HOUR: i64 = 3600;

/// A watched read.
pub struct Look {
    origin: Origin,
    operation: String,
    subject: Option<(SubjectKind, Uuid)>,
}

impl Look {
    /// The read that a call is, if it is watched.
    pub fn of(state: &State, pass: &Pass, path: &str, request_id: String) -> Option<Self> {
        let operation = &pass.operation.id;
        let (_, kind) = WATCHED.iter().find(|(watched, _)| watched == operation)?;
        let named = || path.split('/').find_map(|part| part.parse().ok());
        let now = state.clock.now();
        Some(Self {
            origin: Origin {
                actor: pass.scope.caller.actor(),
                request_id,
                now,
                today: state.settings.local_date(now),
            },
            operation: operation.clone(),
            subject: kind.and_then(|kind| Some((kind, named()?))),
        })
    }

    /// What it is known by within its hour.
    fn key(&self) -> String {
        let (actor, subject) = (&self.origin.actor, self.subject.map(|(_, id)| id));
        format!("{}:{} {} {subject:?}", actor.kind, actor.id, self.operation)
    }
}

/// What is on record of the hour that runs, as far as this instance knows.
#[derive(Debug, Default)]
pub struct Looks(Mutex<(i64, HashSet<String>)>);

impl Looks {
    /// Puts a read that was answered on record, unless it is for this hour.
    pub async fn note(&self, state: &State, look: Look) {
        let key = look.key();
        if !self.is_first(look.origin.now.timestamp().div_euclid(HOUR), &key) {
            return;
        }
        if let Err(e) = state.db.note_look(&look.origin, &look.operation, look.subject).await {
            tracing::error!(
                "the access record of {} in {}: {e}",
                look.operation,
                look.origin.request_id
            );
            self.hold().1.remove(&key);
        }
    }

    fn is_first(&self, hour: i64, key: &str) -> bool {
        let mut known = self.hold();
        if known.0 != hour {
            *known = (hour, HashSet::new());
        }
        known.1.insert(key.to_owned())
    }

    fn hold(&self) -> MutexGuard<'_, (i64, HashSet<String>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
