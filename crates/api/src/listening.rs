//! Listening to the log: one look at where it ends for all who wait for it to grow.
use std::time::Duration;

use actix_web::web;
use persistence::events::{self, LogCursor};
use tokio::sync::{Notify, watch};

use crate::State;

/// How often is looked while somebody listens.
const LOOK: Duration = Duration::from_millis(50);
/// How long is waited after a look that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Where the log ends, as far as was looked; none once the service stops.
pub struct Head {
    place: watch::Sender<Option<LogCursor>>,
    followed: Notify,
}

impl Default for Head {
    fn default() -> Self {
        Self {
            place: watch::Sender::new(Some(LogCursor::ORIGIN)),
            followed: Notify::new(),
        }
    }
}

impl Head {
    /// For somebody who listens from now on.
    pub fn follow(&self) -> watch::Receiver<Option<LogCursor>> {
        let receiver = self.place.subscribe();
        self.followed.notify_one();
        receiver
    }

    /// Ends all listening: the service stops.
    pub fn no_more(&self) {
        self.place.send_replace(None);
    }

    fn is_at(&self, end: LogCursor) {
        self.place.send_if_modified(|place| match place {
            Some(known) if *known != end => {
                *known = end;
                true
            }
            _ => false,
        });
    }
}

/// Looks where the log ends as long as somebody listens, whichever instance it grew by. While nobody does, the database is
/// left alone.
pub async fn watch_log(state: web::Data<State>) {
    loop {
        if state.head.place.receiver_count() == 0 {
            state.head.followed.notified().await;
        }
        match events::end(&state.db).await {
            Ok(end) => {
                state.head.is_at(end);
                tokio::time::sleep(LOOK).await;
            }
            Err(e) => {
                tracing::warn!(error = %e, "the end of the log could not be looked for; it is tried again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
