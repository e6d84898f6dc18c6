//! Where webhooks go in the tests: a small server that keeps what it got and answers as it is told.
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What came in.
#[derive(Debug, Clone)]
pub struct Received {
    pub headers: HashMap<String, String>,
    pub bytes: Vec<u8>,
    pub body: Value,
    pub at: Instant,
}

impl Received {
    /// The id of the event.
    pub fn id(&self) -> &str {
        self.body["id"].as_str().expect("an id")
    }

    /// The thing that it is about.
    pub fn subject(&self) -> &str {
        self.body["subject"].as_str().expect("a subject")
    }

    pub fn kind(&self) -> &str {
        self.body["type"].as_str().expect("a type")
    }
}

/// How it answers.
#[derive(Debug, Clone)]
pub enum Reply {
    /// With a status and further header lines.
    Status(u16, &'static str),
    /// After a while with a status.
    Late(Duration, u16),
    /// Never.
    Silence,
    /// By hanging up.
    HangUp,
}

type Script = Box<dyn Fn(&Received, usize) -> Reply + Send + Sync>;

/// A server on a free port.
pub struct Receiver {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    script: Arc<Mutex<Script>>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Takes everything.
    pub async fn start() -> Self {
        Self::answering(|_, _| Reply::Status(204, "")).await
    }

    /// Answers what comes in by the script, which is told how often the same event came before.
    pub async fn answering(script: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(Box::new(script)));
        let (kept, told) = (received.clone(), script.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, kept.clone(), told.clone()));
            }
        });
        Self {
            address,
            received,
            script,
            task,
        }
    }

    /// Answers otherwise from now on.
    pub fn answer(&self, script: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) {
        *self.script.lock().expect("no panic") = Box::new(script);
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Everything so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no panic").clone()
    }

    /// Everything, once enough is there.
    pub async fn until(&self, enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        for _ in 0..1200 {
            let received = self.received();
            if enough(&received) {
                return received;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let kinds: Vec<String> = self.received().iter().map(|r| r.kind().to_owned()).collect();
        panic!("not enough came: {kinds:?}");
    }

    pub async fn many(&self, many: usize) -> Vec<Received> {
        self.until(|received| received.len() >= many).await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, kept: Arc<Mutex<Vec<Received>>>, script: Arc<Mutex<Script>>) {
    let Some(received) = read(&mut stream).await else {
        return;
    };
    let reply = {
        let mut kept = kept.lock().expect("no panic");
        let before = kept.iter().filter(|other| other.id() == received.id()).count();
        let reply = script.lock().expect("no panic")(&received, before);
        kept.push(received);
        reply
    };
    let reply = match reply {
        Reply::Late(after, status) => {
            tokio::time::sleep(after).await;
            Reply::Status(status, "")
        }
        at_once => at_once,
    };
    match reply {
        Reply::HangUp | Reply::Late(..) => {}
        Reply::Silence => tokio::time::sleep(Duration::from_secs(60)).await,
        Reply::Status(status, headers) => {
            let head = format!("HTTP/1.1 {status} Told\r\ncontent-length: 4\r\nconnection: close\r\n{headers}\r\nsvar");
            let head = match status {
                204 => "HTTP/1.1 204 Taken\r\nconnection: close\r\n\r\n".to_owned(),
                _ => head,
            };
            // Who sent may have given up.
            let _ = stream.write_all(head.as_bytes()).await;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = vec![];
    let mut buffer = [0; 4096];
    loop {
        let n = stream.read(&mut buffer).await.ok()?;
        if n == 0 {
            return None;
        }
        bytes.extend_from_slice(&buffer[..n]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let headers: HashMap<String, String> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length: usize = headers.get("content-length")?.parse().ok()?;
        if bytes.len() < end + 4 + length {
            continue;
        }
        let bytes = bytes[end + 4..end + 4 + length].to_vec();
        return Some(Received {
            body: serde_json::from_slice(&bytes).ok()?,
            headers,
            bytes,
            at: Instant::now(),
        });
    }
}
