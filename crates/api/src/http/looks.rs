//! Reads that are made over and over, of everything at once: that somebody makes them is put on record once an hour, so that a
//! system that polls costs one row an hour, and not one each time. Where the record cannot be written, the read goes on, and
//! the next one tries again. (Free text is put on record each time, with what is read: see `persistence::access_records`.)
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
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

/// Who looked at what in the hour that runs.
type Seen = HashSet<(String, String, Option<Uuid>)>;

/// What is on record of the hour that runs, as far as this instance knows.
#[derive(Debug, Default)]
pub struct Looks(Mutex<(i64, Seen)>);

impl Looks {
    /// Puts a watched read on record, unless it is for this hour.
    pub async fn note(&self, state: &State, pass: &Pass, path: &str, request_id: &str) {
        let operation = &pass.operation.id;
        let Some((_, kind)) = WATCHED.iter().find(|(watched, _)| watched == operation) else {
            return;
        };
        let subject = kind.and_then(|kind| Some((kind, path.split('/').find_map(|part| part.parse().ok())?)));
        let (now, actor) = (state.clock.now(), pass.scope.caller.actor());
        let look = (
            format!("{}:{}", actor.kind, actor.id),
            operation.clone(),
            subject.map(|(_, id)| id),
        );
        if !self.is_first(now.timestamp().div_euclid(HOUR), &look) {
            return;
        }
        let origin = Origin {
            actor,
            request_id: request_id.to_owned(),
            now,
            today: state.settings.local_date(now),
        };
        if let Err(e) = state.db.note_look(&origin, operation, subject).await {
            tracing::error!("the access record of {operation} in {request_id}: {e}");
            self.hold().1.remove(&look);
        }
    }

    fn is_first(&self, hour: i64, look: &(String, String, Option<Uuid>)) -> bool {
        let mut known = self.hold();
        if known.0 != hour {
            *known = (hour, HashSet::new());
        }
        known.1.insert(look.clone())
    }

    fn hold(&self) -> std::sync::MutexGuard<'_, (i64, Seen)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
