//! The signing service, as a port: orders go to the one configured address, and to no other; what comes of them comes
//! back through the API, told by the service's own client.
use std::time::Duration;

use actix_web::web;
use domain::{
    agreements::{Party, SignedBy},
    events::{Actor, ActorKind},
    vocabulary::*,
};
use persistence::{
    agreements::{self as store, Errand},
    store::Origin,
};
use serde::Serialize;

use crate::{State, http::operations::BASE, program::SigningService};

/// How often is looked for orders that are due.
const ROUND: Duration = Duration::from_secs(1);
/// How long the service may take for one; shorter than the shortest wait before an order is sent again.
const PATIENCE: Duration = Duration::from_secs(15);

/// Somebody who may sign.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signatory<'a> {
    party: Party,
    /// As the result names them.
    by: SignedBy,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a EmailAddress>,
}

/// An order as it is sent: its id makes a repeat harmless.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Order<'a> {
    order: SigningOrderId,
    title: &'a Name,
    agreement: &'a str,
    version: i32,
    /// SHA-256 of `document`.
    digest: &'a Digest,
    /// The canonical content (RFC 8785), as text.
    document: String,
    /// For each party one of them signs.
    signatories: Vec<Signatory<'a>>,
    /// Where the result is told, and with `refusal` for its last part, that there will be none.
    callback: String,
}

impl<'a> Order<'a> {
    fn of(errand: &'a Errand, origin: &str) -> Result<Self, serde_json::Error> {
        let Errand { order, version, .. } = errand;
        Ok(Self {
            order: order.id,
            title: &version.content.title,
            agreement: &order.agreement.number,
            version: version.number.0,
            digest: &order.digest,
            document: version.canonical()?,
            signatories: signatories(errand),
            callback: format!("{origin}{BASE}/signing-orders/{}/result", order.id),
        })
    }
}

fn signatories(errand: &Errand) -> Vec<Signatory<'_>> {
    let other = errand.order.agreement.kind.other_party();
    let provider = errand.version.proposal.iter().map(|proposal| Signatory {
        party: Party::Provider,
        by: SignedBy::Person(PersonId(proposal.deed.by.id)),
        name: proposal.deed.by.name.as_str(),
        email: errand.proposer_email.as_ref(),
    });
    let customer = errand.deciders.iter().map(|contact| Signatory {
        party: other,
        by: SignedBy::Contact(contact.id),
        name: contact.name.as_str(),
        email: contact.email.as_ref(),
    });
    let mut all: Vec<_> = provider.chain(customer).collect();
    // Another function or a supplier has no contacts here; it signs by whoever signs for it.
    if other == Party::Counterparty
        && let Ok(name) = errand.version.with.name.as_str().parse()
    {
        all.push(Signatory {
            party: other,
            by: SignedBy::Name(name),
            name: errand.version.with.name.as_str(),
            email: None,
        });
    }
    all
}

/// Why an order was not taken; it is sent again.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error(transparent)]
    Store(#[from] persistence::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Service(#[from] ureq::Error),
    #[error("it answered {0}")]
    Answered(u16),
    #[error(transparent)]
    Sending(#[from] tokio::task::JoinError),
}

/// Sends what is due, over and over, while the service runs.
pub async fn keep_sending(state: web::Data<State>, service: SigningService) {
    let agent = agent();
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        let due = match state.db.take_due_signing_orders(state.clock.now()).await {
            Ok(due) => due,
            Err(e) => {
                tracing::warn!(error = %e, "no signing orders could be looked for; the next round tries again");
                continue;
            }
        };
        for id in due {
            if let Err(e) = send(&state, &agent, &service, id).await {
                tracing::warn!(order = %id, error = %e, "the signing service did not take an order; it is sent again");
            }
        }
    }
}

/// Who is asked is the configured address and nobody that it points to.
fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .tls_config(
            ureq::tls::TlsConfig::builder()
                .root_certs(ureq::tls::RootCerts::PlatformVerifier)
                .build(),
        )
        .build()
        .into()
}

async fn send(
    state: &State,
    agent: &ureq::Agent,
    service: &SigningService,
    id: SigningOrderId,
) -> Result<(), NotTaken> {
    let now = state.clock.now();
    let today = state.settings.local_date(now);
    let Some(errand) = store::errand(&state.db.reader(), id, today).await? else {
        return Ok(());
    };
    let body = serde_json::to_string(&Order::of(&errand, &state.settings.public_origin())?)?;
    let mut request = agent
        .post(&service.url)
        .header("content-type", "application/json")
        .header("idempotency-key", id.to_string());
    if !service.token.is_empty() {
        request = request.header("authorization", format!("Bearer {}", service.token));
    }
    // It waits on a thread of its own, as everything does that waits without letting others go on.
    let reply = tokio::task::spawn_blocking(move || request.send(body)).await??;
    if !reply.status().is_success() {
        return Err(NotTaken::Answered(reply.status().as_u16()));
    }
    let origin = Origin {
        actor: Actor {
            kind: ActorKind::Operator,
            id: "signing".into(),
            acting_for: None,
        },
        request_id: uuid::Uuid::now_v7().to_string(),
        now,
        today,
    };
    Ok(state.db.signing_order_was_taken(&origin, id).await?)
}
