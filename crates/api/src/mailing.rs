//! Mail: what waits in line goes to the one configured mail server. What it took is recorded and never sent again; should
//! the program die before that, the mail goes out again under the same `Message-ID`, by which it is known.
use std::time::Duration;

use actix_web::web;
use domain::{
    agreements::Language,
    notifications::Posted,
    vocabulary::{InvitationId, NotificationId},
};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use persistence::notifications::{self as store, Errand};

use crate::{State, program::MailServer, rooms::surveys::inviting::letter};

/// How often is looked for what is due.
const ROUND: Duration = Duration::from_secs(1);

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Why nothing can be sent.
#[derive(Debug, thiserror::Error)]
pub enum Unsendable {
    #[error("the setting mail_server_url is not usable: {0}")]
    Server(#[from] lettre::transport::smtp::Error),
    #[error("the setting mail_from is not usable: {0}")]
    From(#[from] lettre::address::AddressError),
}

/// Where mail goes, and from whom it comes.
pub struct Post {
    transport: Transport,
    from: Mailbox,
    patience: Duration,
}

impl Post {
    /// As the settings say.
    pub fn of(server: &MailServer) -> Result<Self, Unsendable> {
        let transport = Transport::from_url(&server.url)?.timeout(Some(server.patience)).build();
        Ok(Self {
            transport,
            from: server.from.parse()?,
            patience: server.patience,
        })
    }

    /// The same words for the same errand, whoever sends it and however often, with whose link is in them and its digest; none
    /// where nobody is to be told.
    fn message(&self, state: &State, errand: &Errand) -> Result<Option<(Message, InvitationId, String)>, Unwritable> {
        let Errand {
            notification,
            round,
            invitation: Some(invitation),
        } = errand
        else {
            return Ok(None);
        };
        let Some(email) = &invitation.email else {
            return Ok(None);
        };
        let [sv, en] = [Language::Sv, Language::En]
            .map(|language| letter(state, round, invitation, notification.reminder, language));
        let to = Mailbox::new(Some(notification.recipient.name.to_string()), email.as_str().parse()?);
        let message = Message::builder()
            .message_id(Some(format!("<{}@{}>", notification.id, self.from.email.domain())))
            .from(self.from.clone())
            .to(to)
            .subject(sv.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{}\n— In English —\n\n{}\n\n{}", sv.body, en.subject, en.body))?;
        Ok(Some((message, invitation.id, sv.digest)))
    }

    async fn send(&self, message: Message) -> Posted {
        // The transport's own limit is for connecting alone: a server that falls silent would hold up all that waits.
        match tokio::time::timeout(self.patience, self.transport.send(message)).await {
            Ok(Ok(_)) => Posted::Taken,
            Ok(Err(refused)) if refused.is_permanent() => Posted::Refused(whole(&refused)),
            Ok(Err(failed)) => Posted::Failed(whole(&failed)),
            Err(_) => Posted::Failed("The mail server took too long.".into()),
        }
    }
}

/// An error with what caused it.
fn whole(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        told = format!("{told}: {next}");
        cause = next.source();
    }
    told
}

/// Why no mail can be written to somebody.
#[derive(Debug, thiserror::Error)]
enum Unwritable {
    #[error(transparent)]
    Address(#[from] lettre::address::AddressError),
    #[error(transparent)]
    Message(#[from] lettre::error::Error),
}

/// Sends what is due, over and over, while the service runs.
pub async fn keep_sending(state: web::Data<State>, post: Post) {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        loop {
            let id = match state.db.take_due_notification(state.clock.now()).await {
                Ok(Some(id)) => id,
                Ok(None) => break,
                Err(e) => {
                    tracing::warn!(error = %e, "no mail could be looked for; the next round tries again");
                    break;
                }
            };
            if let Err(e) = send(&state, &post, id).await {
                tracing::warn!(notification = %id, error = %e, "a mail was not sent; it is tried again");
            }
        }
    }
}

async fn send(state: &State, post: &Post, id: NotificationId) -> Result<(), persistence::Error> {
    let now = state.clock.now();
    let errand = store::errand(&state.db.reader(), id, state.settings.local_date(now)).await?;
    let posted = match post.message(state, &errand) {
        Ok(Some((message, invitation, digest))) => {
            // Its link works before it is on its way.
            state.db.know_link(&state.housekeeping(), invitation, digest).await?;
            post.send(message).await
        }
        Err(unwritable) => Posted::Refused(unwritable.to_string()),
        Ok(None) => Posted::Pointless("The round is over, or there is nobody left to tell.".into()),
    };
    let origin = state.housekeeping();
    state.db.settle_notification(&origin, errand.notification, posted).await
}
