//! One try: an event as a CloudEvent, signed as Standard Webhooks says, posted within bounds of time and size.
use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use domain::{
    events::{CloudEvent, Event},
    webhooks::{DeliveryAttempt, KEPT_OF_ANSWER, WebhookSubscription},
};
use reqwest::{Client, Response, header, redirect::Policy};
use tokio::time::Instant;

use super::destinations::Networks;
use crate::http::{document::events::SCHEMAS, operations::BASE};

/// How many bytes of an answer are read.
const READ: usize = 4 * KEPT_OF_ANSWER;
/// How long an error may be, in characters.
const LONGEST_ERROR: usize = 500;

/// What sends.
#[derive(Clone)]
pub struct Postman {
    networks: Networks,
    secured: Client,
    plain: Client,
    origin: Arc<str>,
}

impl Postman {
    /// Sends for the service at `origin`, to these networks, each within a time.
    pub fn new(networks: Networks, origin: &str, patience: Duration) -> Result<Self, reqwest::Error> {
        let client = |plain: bool| {
            Client::builder()
                .dns_resolver(Arc::new(networks.resolver(plain)))
                .redirect(Policy::none())
                .no_proxy()
                .timeout(patience)
                .connect_timeout(patience)
                .pool_max_idle_per_host(2)
                .user_agent(concat!("kundansvar/", env!("CARGO_PKG_VERSION")))
                .https_only(!plain)
                .build()
        };
        Ok(Self {
            secured: client(false)?,
            plain: client(true)?,
            origin: origin.into(),
            networks,
        })
    }

    /// Posts an event, and tells how that went.
    pub async fn post(&self, to: &WebhookSubscription, event: Event, now: DateTime<Utc>) -> DeliveryAttempt {
        let began = Instant::now();
        let mut attempt = DeliveryAttempt::begin(now);
        match self.answer(to, event, now).await {
            Ok(response) => {
                attempt.status = Some(response.status().as_u16());
                attempt.retry_after = retry_after(&response, now);
                attempt.answer = Some(beginning(response).await).filter(|text| !text.is_empty());
            }
            Err(e) => attempt.error = Some(in_full(&*e).chars().take(LONGEST_ERROR).collect()),
        }
        attempt.milliseconds = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        attempt
    }

    async fn answer(
        &self,
        to: &WebhookSubscription,
        event: Event,
        now: DateTime<Utc>,
    ) -> Result<Response, Box<dyn std::error::Error + Send + Sync>> {
        let url = self.networks.check(to.destination.as_str())?;
        let id = event.body.id.to_string();
        let body = serde_json::to_vec(&CloudEvent::of(event, &self.origin, BASE, SCHEMAS))?;
        let at = now.timestamp();
        let mut signatures = vec![];
        for secret in to.secrets.in_force(now) {
            signatures.push(standardwebhooks::Webhook::new(secret)?.sign(&id, at, &body)?);
        }
        let client = if url.scheme() == "http" {
            &self.plain
        } else {
            &self.secured
        };
        let request = client
            .post(url)
            .header(header::CONTENT_TYPE, CloudEvent::MEDIA_TYPE)
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", signatures.join(" "))
            .body(body);
        Ok(request.send().await?)
    }
}

/// The error with what lies behind it.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut behind = error.source();
    while let Some(cause) = behind {
        told.push_str(": ");
        told.push_str(&cause.to_string());
        behind = cause.source();
    }
    told
}

/// The beginning of what was answered, as far as it comes in time and is text.
async fn beginning(mut response: Response) -> String {
    let mut bytes = vec![];
    while bytes.len() < READ {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            _ => break,
        }
    }
    bytes.truncate(READ);
    let text = String::from_utf8_lossy(&bytes);
    text.chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .take(KEPT_OF_ANSWER)
        .collect()
}

/// How many seconds the destination wants to be left alone (RFC 9110, 10.2.3).
fn retry_after(response: &Response, now: DateTime<Utc>) -> Option<i64> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = match text.parse::<i64>() {
        Ok(seconds) => seconds,
        Err(_) => (DateTime::parse_from_rfc2822(text).ok()?.to_utc() - now).num_seconds(),
    };
    Some(seconds.clamp(0, 86_400))
}
