//! HTTP/1.1 by hand, so that the load costs little beside what it measures.
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::Failure;

/// How many connections ask at a time.
pub const CONNECTIONS: usize = 16;

/// When a measurement ends, whichever comes first.
#[derive(Clone, Copy)]
pub struct Limit {
    pub count: u64,
    pub time: Duration,
}

/// A request as it goes over the wire.
pub fn request(method: &str, path: &str, token: &str, body: Option<&str>) -> Vec<u8> {
    let body = body.unwrap_or_default();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// One connection, used again and again.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(1 << 18),
        })
    }

    /// Sends a request and gives head and body of the reply, if it is a success.
    pub fn exchange(&mut self, request: &[u8]) -> Result<(&str, &str), Failure> {
        self.stream.write_all(request)?;
        self.received.clear();
        let mut chunk = [0; 1 << 16];
        let mut ends = None;
        loop {
            let n = self.stream.read(&mut chunk)?;
            if n == 0 && !matches!(ends, Some((_, usize::MAX))) {
                return Err("the connection was closed".into());
            }
            let seen = self.received.len().saturating_sub(3);
            self.received.extend_from_slice(&chunk[..n]);
            if ends.is_none() {
                let blank = self.received[seen..].windows(4).position(|w| w == b"\r\n\r\n");
                ends = match blank {
                    Some(at) => {
                        let head = &self.received[..seen + at];
                        Some((
                            seen + at,
                            length(head)?.map_or(usize::MAX, |length| seen + at + 4 + length),
                        ))
                    }
                    None => None,
                };
            }
            if let Some((head, whole)) = ends
                && (self.received.len() >= whole || n == 0)
            {
                let whole = whole.min(self.received.len());
                let head_text = std::str::from_utf8(&self.received[..head])?;
                let body = std::str::from_utf8(&self.received[head + 4..whole])?;
                if !head_text.starts_with("HTTP/1.1 2") {
                    return Err(format!("{head_text}\n{body}").into());
                }
                return Ok((head_text, body));
            }
        }
    }
}

/// How long the body is; none where it goes on until the connection is closed.
fn length(head: &[u8]) -> Result<Option<usize>, Failure> {
    let head = std::str::from_utf8(head)?.to_ascii_lowercase();
    let value = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    if value.is_none() && !head.contains("connection: close") {
        return Err("a reply without a length".into());
    }
    Ok(value.map(|value| value.trim().parse()).transpose()?)
}

/// Replies a second, when all connections ask for these requests in turn.
pub fn measure(address: SocketAddr, requests: &[Vec<u8>], limit: Limit) -> Result<f64, Failure> {
    let asked = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let asked = asked.clone();
                scope.spawn(move || -> Result<u64, Failure> {
                    let mut connection = Connection::open(address)?;
                    let mut answered = 0;
                    loop {
                        let n = asked.fetch_add(1, Ordering::Relaxed);
                        if n >= limit.count || began.elapsed() >= limit.time {
                            return Ok(answered);
                        }
                        let which = usize::try_from(n)? % requests.len();
                        connection.exchange(&requests[which])?;
                        answered += 1;
                    }
                })
            })
            .collect();
        let mut answered = 0;
        for one in running {
            answered += one.join().map_err(|_| "a connection's thread ended early")??;
        }
        #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
        Ok(answered as f64 / began.elapsed().as_secs_f64())
    })
}
