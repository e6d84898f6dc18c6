//! The door of the connections, outside the document: whatever a product sends is taken in as it comes, once it has shown
//! who it is. What is kept is answered with 202, also when it could not be mapped: it can be mended here and replayed,
//! and sending it again would be of no use. What is not kept is answered with the problem that kept it out.
use std::{net::IpAddr, time::Duration};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::header::{self, HeaderMap},
    web,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use domain::{access::Caller, clients::digest, connections::*, measurements::digest_text, vocabulary::*};
use hmac::{Hmac, Mac};
use ipnet::IpNet;
use persistence::{UnitOfWork, connections as store, store::Origin};
use serde_json::json;
use sha2::Digest as _;

use super::intake::{self, Mapped};
use crate::{
    State,
    http::{
        Problem,
        frame::{CallerName, RequestId},
    },
};

/// The largest document, in bytes.
const LARGEST: usize = 256 * 1024;
/// How long a sender may take to send it.
const PATIENCE: Duration = Duration::from_secs(15);

/// The route outside the document.
pub fn route(config: &mut web::ServiceConfig) {
    config.route("/inbound/{connectionId}", web::post().to(receive));
}

async fn receive(
    state: web::Data<State>,
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let connection = known(&state, &id).await?;
    if !is_within(&connection.authentication.ranges(), sender(&state, &request)) {
        return Err(Problem::UnknownSender);
    }
    let reading = tokio::time::timeout(PATIENCE, payload.to_bytes_limited(LARGEST));
    let bytes = reading.await.map_err(|_| Problem::TimedOut)?;
    let bytes = bytes.map_err(|_| Problem::TooLarge { limit: LARGEST })?;
    let bytes = bytes.map_err(|e| Problem::Malformed(format!("The body cannot be read: {e}.")))?;
    let now = state.clock.now();
    let secrets: Vec<&str> = connection.working(now).collect();
    if !shows(&connection.authentication, &secrets, request.headers(), &bytes) {
        return Err(Problem::UnknownSender);
    }
    let caller = intake::caller(&state.db.reader(), &connection, now).await?;
    let caller = caller.ok_or(Problem::UnknownSender)?;
    request.extensions_mut().insert(CallerName(caller.actor().id));
    connection.must_be_active()?;
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    let origin = Origin {
        actor: caller.actor(),
        request_id: request_id.unwrap_or_default(),
        now,
        today: state.settings.local_date(now),
    };
    let kept = take_in(&state, &origin, (&connection, &caller), &bytes).await?;
    Ok(HttpResponse::Accepted().json(json!({"id": kept.id, "outcome": kept.handled.outcome})))
}

/// The connection that the address names. Who asks for one that is not there learns no more than who has not its secret.
async fn known(state: &State, id: &str) -> Result<Connection, Problem> {
    let id: ConnectionId = id.parse().map_err(|_| Problem::UnknownSender)?;
    match store::get(&state.db.reader(), id).await {
        Err(persistence::Error::NotFound) => Err(Problem::UnknownSender),
        found => Ok(found?),
    }
}

/// Whether documents may come from an address: none named is anywhere.
fn is_within(ranges: &[IpNet], address: IpAddr) -> bool {
    ranges.is_empty() || ranges.iter().any(|range| range.contains(&address.to_canonical()))
}

/// Where a request comes from: the nearest address that is not one of our own proxies'.
fn sender(state: &State, request: &HttpRequest) -> IpAddr {
    let proxies = &state.settings.trusted_proxies;
    let trusted = |address: &IpAddr| !proxies.is_empty() && is_within(proxies, *address);
    let peer = request.peer_addr().map(|peer| peer.ip());
    let mut nearest = peer.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED));
    let told = request
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|v| v.to_str().ok());
    let told: Vec<&str> = told.flat_map(|line| line.split(',')).map(str::trim).collect();
    for hop in told.into_iter().rev() {
        match hop.parse() {
            Ok(before) if trusted(&nearest) => nearest = before,
            _ => break,
        }
    }
    nearest
}

/// Whether the sender shows, by what is sent, that it knows one of the secrets.
fn shows(by: &Authentication, secrets: &[&str], headers: &HeaderMap, body: &[u8]) -> bool {
    let sent = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let of_scheme = |wanted: &str| {
        let (scheme, rest) = sent?.split_once(' ')?;
        scheme.eq_ignore_ascii_case(wanted).then(|| rest.trim())
    };
    let known = |secret: &str| {
        let digest = digest(secret);
        // All are compared, each to its end: the time tells nothing.
        secrets
            .iter()
            .fold(false, |any, kept| any | same(kept.as_bytes(), digest.as_bytes()))
    };
    match by.method {
        AuthenticationMethod::Network => true,
        AuthenticationMethod::Bearer => of_scheme("bearer").is_some_and(known),
        AuthenticationMethod::Basic => {
            let told = of_scheme("basic").and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
            let told = told.and_then(|bytes| String::from_utf8(bytes).ok());
            let user = by.user.as_ref().map(|user| user.as_str()).unwrap_or_default();
            told.as_deref()
                .and_then(|text| text.split_once(':'))
                .is_some_and(|(name, secret)| known(secret) & same(name.as_bytes(), user.as_bytes()))
        }
        AuthenticationMethod::Hmac => {
            let signature = by.signature.as_ref();
            signature.is_some_and(|signature| signed(signature, secrets, headers, body))
        }
    }
}

fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

fn signed(by: &SenderSignature, secrets: &[&str], headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &HeaderName| headers.get(name.as_str()).and_then(|v| v.to_str().ok());
    let sent = header(&by.header).and_then(|text| {
        let prefix = by.prefix.as_ref().map(|prefix| prefix.as_str()).unwrap_or_default();
        text.trim().strip_prefix(prefix)
    });
    let sent = sent.and_then(|text| match by.encoding {
        SignatureEncoding::Hex => crate::http::reply::unhex(&text.to_ascii_lowercase()),
        SignatureEncoding::Base64 => BASE64_STANDARD.decode(text).ok(),
    });
    let appended = match &by.timestamp_header {
        None => Some(""),
        Some(name) => header(name),
    };
    let (Some(sent), Some(appended)) = (sent, appended) else {
        return false;
    };
    let pieces = [body, appended.as_bytes()];
    secrets.iter().fold(false, |any, secret| {
        any | match by.algorithm {
            SignatureAlgorithm::Sha256 => {
                Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).is_ok_and(|mac| verifies(mac, &pieces, &sent))
            }
            SignatureAlgorithm::Sha1 => {
                Hmac::<sha1::Sha1>::new_from_slice(secret.as_bytes()).is_ok_and(|mac| verifies(mac, &pieces, &sent))
            }
        }
    })
}

/// Compares in constant time.
fn verifies<M: Mac>(mut mac: M, pieces: &[&[u8]], sent: &[u8]) -> bool {
    pieces.iter().for_each(|piece| mac.update(piece));
    mac.verify_slice(sent).is_ok()
}

/// Maps and applies what came in, and keeps it with what became of it.
async fn take_in(
    state: &State,
    origin: &Origin,
    by: (&Connection, &Caller),
    bytes: &[u8],
) -> Result<ReceivedDocument, Problem> {
    let content = Content::of(bytes);
    let mapped = intake::map(state, by.0, origin.now, &content.text).await?;
    let kept = state.db.write(origin, async |unit: &mut UnitOfWork| {
        keep(state, unit, by, &content, &mapped).await
    });
    let problem = match kept.await {
        Err(problem) if intake::is_kept(&problem) => intake::refusal(&problem),
        done => return done,
    };
    let keeping = state.db.write(origin, async |unit: &mut UnitOfWork| {
        let failed = Handled::failed(mapped.output.clone(), problem.clone());
        Ok(content.keep(unit, by.0, unit.new_id(), failed).await?)
    });
    keeping.await
}

/// A document as it came.
pub struct Content {
    text: String,
    digest: String,
}

impl Content {
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            // What is no text is kept as far as it is, for whoever has to mend its sender.
            text: String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}"),
            digest: digest_text(sha2::Sha256::digest(bytes).into()),
        }
    }

    async fn keep(
        &self,
        unit: &UnitOfWork,
        connection: &Connection,
        id: DocumentId,
        handled: Handled,
    ) -> Result<ReceivedDocument, persistence::Error> {
        let document = ReceivedDocument {
            id,
            connection: connection.id,
            received_at: unit.now(),
            handled_at: unit.now(),
            replays: 0,
            content: self.text.clone(),
            handled,
        };
        store::insert_document(unit, &document, &self.digest).await?;
        Ok(document)
    }
}

/// Applies what came in and keeps it, in one unit of work.
pub async fn keep(
    state: &State,
    unit: &mut UnitOfWork,
    by: (&Connection, &Caller),
    content: &Content,
    mapped: &Mapped,
) -> Result<ReceivedDocument, Problem> {
    let id = unit.new_id();
    // Held to the end: of two alike that come at once, the second finds the first.
    store::load(unit, by.0.id).await?;
    let handled = match &mapped.told {
        _ if store::is_known(unit, by.0.id, &content.digest).await? => Handled::duplicate(),
        Err(problem) => Handled::failed(mapped.output.clone(), problem.clone()),
        Ok(told) => {
            let results = intake::apply(state, unit, by, id, told).await?;
            Handled::of(mapped.output.clone(), results)
        }
    };
    Ok(content.keep(unit, by.0, id, handled).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_bound_where_documents_come_from() {
        let ranges: Vec<IpNet> = ["10.20.0.0/16", "2001:db8::/32"]
            .map(|range| range.parse().unwrap())
            .into();
        for (address, within) in [
            ("10.20.3.4", true),
            ("::ffff:10.20.3.4", true),
            ("10.21.0.1", false),
            ("2001:db8::1", true),
            ("2001:db9::1", false),
        ] {
            assert_eq!(is_within(&ranges, address.parse().unwrap()), within, "{address}");
        }
        assert!(is_within(&[], "192.0.2.1".parse().unwrap()));
    }
}
