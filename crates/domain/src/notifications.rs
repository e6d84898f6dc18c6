//! Notifications: what is told to people by mail. What a mail server took is never sent again; what it did not take is
//! tried for days.
use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::vocabulary::*;

/// How long is waited after each try that failed, in seconds: two days in all. The last one is followed by none.
const WAITS: [i64; 8] = [60, 300, 900, 3_600, 10_800, 21_600, 43_200, 92_340];
/// For so long one instance has a notification to itself; one that dies over it leaves it to another then.
pub const HELD: Duration = Duration::minutes(5);
/// So much of what a server said is kept, in characters.
const KEPT_OF_FAULT: usize = 500;

word! {
    /// Where a notification stands.
    NotificationState {
        /// To be sent, or sent again.
        Queued,
        /// The mail server took it.
        Sent,
        /// No mail server takes it: the address is refused, or none could be reached for two days.
        Bounced,
        /// It is not to be sent any more: what it was about is over.
        Suppressed,
    }
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Posted {
    /// The server took it.
    Taken,
    /// The server will never take it.
    Refused(String),
    /// It was not taken now.
    Failed(String),
    /// It was not tried: what it is about is over.
    Pointless(String),
}

/// An invitation or a reminder that is sent by mail.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// Its id; the mail's `Message-ID` begins with it.
    pub id: NotificationId,
    /// The round that it is about.
    pub round: SurveyRoundId,
    /// The invitation that it brings.
    pub invitation: InvitationId,
    /// Which reminder it is; 0 is the invitation itself.
    #[schema(minimum = 0, maximum = 5, example = 0)]
    pub reminder: u32,
    /// Who is told.
    pub recipient: ContactRef,
    /// Where it stands.
    pub state: NotificationState,
    /// How often it was tried.
    #[schema(minimum = 0, maximum = 1000, example = 1)]
    pub attempts: u32,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<Utc>>,
    /// Why it was not taken the last time, as the mail server or the connection told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500, example = "451 try again later")]
    pub fault: Option<String>,
    /// When it was put in line.
    pub created_at: DateTime<Utc>,
    /// Since when it waits no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
}

/// What was put in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Queued {
    /// How many notifications are new in it.
    #[schema(minimum = 0, maximum = 2000, example = 112)]
    pub queued: u32,
    /// How many of those who should be told have no address; their links can be made with `createInvitationLinks`.
    #[schema(minimum = 0, maximum = 2000, example = 3)]
    pub without_address: u32,
}

impl Notification {
    /// In line, to be sent at once.
    pub fn queue(
        id: NotificationId,
        (round, invitation, reminder): (SurveyRoundId, InvitationId, u32),
        recipient: ContactRef,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            round,
            invitation,
            reminder,
            recipient,
            state: NotificationState::Queued,
            attempts: 0,
            due_at: Some(now),
            fault: None,
            created_at: now,
            ended_at: None,
        }
    }

    /// The notification after a try; `attempts` counts it already.
    pub fn after(self, posted: Posted, now: DateTime<Utc>) -> Self {
        let tried = usize::try_from(self.attempts).unwrap_or(usize::MAX);
        let again = tried
            .checked_sub(1)
            .and_then(|n| WAITS.get(n))
            .map(|wait| now + Duration::seconds(*wait));
        let (state, fault) = match posted {
            Posted::Taken => (NotificationState::Sent, None),
            Posted::Refused(why) => (NotificationState::Bounced, Some(why)),
            Posted::Failed(why) if again.is_none() => (NotificationState::Bounced, Some(why)),
            Posted::Failed(why) => (NotificationState::Queued, Some(why)),
            Posted::Pointless(why) => (NotificationState::Suppressed, Some(why)),
        };
        let waits = state == NotificationState::Queued;
        Self {
            state,
            due_at: again.filter(|_| waits),
            fault: fault.map(|why| told(&why)),
            ended_at: (!waits).then_some(now),
            ..self
        }
    }
}

/// What a server said, in one line.
fn told(why: &str) -> String {
    let one_line = why.chars().map(|c| if c.is_control() { ' ' } else { c });
    one_line.take(KEPT_OF_FAULT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queued() -> Notification {
        let id = |n| uuid::Uuid::from_u128(n);
        let recipient = ContactRef {
            id: ContactId(id(4)),
            name: "Eva Berg".parse().unwrap(),
        };
        let about = (SurveyRoundId(id(2)), InvitationId(id(3)), 0);
        Notification::queue(NotificationId(id(1)), about, recipient, now())
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    #[test]
    fn what_fails_is_tried_for_two_days_and_then_given_up() {
        let (mut one, mut at) = (queued(), now());
        while one.state == NotificationState::Queued {
            at = one.due_at.unwrap();
            one.attempts += 1;
            one = one.after(Posted::Failed("451 later\r\nplease".into()), at);
        }
        assert_eq!(at - now(), Duration::days(2));
        assert_eq!(one.state, NotificationState::Bounced);
        assert_eq!((one.due_at, one.ended_at), (None, Some(at)));
        assert_eq!(one.fault.as_deref(), Some("451 later  please"));
    }

    #[test]
    fn what_is_taken_refused_or_pointless_waits_no_more() {
        let ended = [
            (Posted::Taken, NotificationState::Sent),
            (Posted::Refused("550 nobody here".into()), NotificationState::Bounced),
            (Posted::Pointless("over".into()), NotificationState::Suppressed),
        ];
        for (posted, state) in ended {
            let mut one = queued();
            one.attempts = 1;
            let one = one.after(posted, now());
            assert_eq!((one.state, one.due_at, one.ended_at), (state, None, Some(now())));
        }
        assert_eq!(told(&"x".repeat(2_000)).len(), KEPT_OF_FAULT);
    }
}
